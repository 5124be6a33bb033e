// SPDX-License-Identifier: MIT
/*
 * suite_disk.c - block devices as a user gives them: --disk, --swap, failures on purpose, words that are wrong.
 */
#include <json-c/json.h>
#include <string.h>

#include "tests/e2e/e2e.h"

#define SECTOR 512

static void make_disk(const char *name, size_t sectors)
{
	static char image[64 * SECTOR];

	memset(image, 'x', sizeof(image));
	/* Bytes of a sector, no string: NOLINTNEXTLINE(bugprone-not-null-terminated-result) */
	memcpy(image, "first sector", 12);
	write_file(name, image, sectors * SECTOR);
}

/* The number @key of device @i. */
static int64_t count(struct json_object *o, unsigned int i, const char *key)
{
	struct json_object *disks = NULL, *value = NULL;

	ck_assert(json_object_object_get_ex(o, "disks", &disks));
	ck_assert(json_object_object_get_ex(json_object_array_get_idx(disks, i), key, &value));
	return json_object_get_int64(value);
}

START_TEST(scratch_and_file)
{
	struct json_object *o;
	struct proc *p;
	size_t size;
	char *image;

	make_disk("disk.img", 64);
	p = run("mmvisor", "run", "--scratch", "1M", "--disk", "disk.img", "--json", "r.json", "blk");
	expect_code(p, 0);
	expect_out(p, "blk: vdb, 64 sectors, sector 0: error 0, \"first sector\"");
	expect_out(p, "5 passed, 0 failed, 0 skipped");
	o = json_file("r.json");
	ck_assert_int_eq(count(o, 0, "sectors"), 2048);
	ck_assert_int_gt(count(o, 0, "writes"), 96);
	ck_assert_int_eq(count(o, 0, "discards"), 1);
	ck_assert_int_eq(count(o, 0, "failed"), 0);
	ck_assert_int_eq(count(o, 1, "reads"), 1);
	ck_assert_int_eq(count(o, 1, "writes"), 0);
	image = read_file("disk.img", &size);
	ck_assert_uint_eq(size, 64 * SECTOR);
	ck_assert_int_eq(memcmp(image, "first sector", 12), 0);
	keep("disk.img");
	keep("r.json");
}
END_TEST

/* Unless told otherwise there is one to overwrite and one to swap to; otherwise there is none. */
START_TEST(by_default)
{
	struct json_object *o, *disks;
	struct proc *p = run("mmvisor", "run", "--json", "r.json", "blk");

	expect_code(p, 0);
	expect_out(p, "4 passed, 0 failed, 1 skipped");
	o = json_file("r.json");
	ck_assert_int_eq(count(o, 0, "sectors"), 131072);
	ck_assert_int_gt(count(o, 0, "writes"), 96);
	ck_assert_int_eq(count(o, 1, "sectors"), 131072);
	keep("r.json");
	p = run("mmvisor", "run", "--scratch", "none", "--swap", "none", "--json", "r.json", "blk");
	expect_code(p, 0);
	expect_out(p, "no --scratch in this machine");
	ck_assert(!json_object_object_get_ex(json_file("r.json"), "disks", &disks));
	keep("r.json");
}
END_TEST

START_TEST(read_only)
{
	struct proc *p;

	make_disk("disk.img", 8);
	p = run("mmvisor", "run", "--disk", "disk.img,ro", "--json", "r.json", "blk");
	expect_code(p, 0);
	expect_out(p, "8 sectors, read only, sector 0: error 0");
	/* the driver knows, and does not even ask */
	ck_assert_int_eq(count(json_file("r.json"), 0, "writes"), 0);
	keep("disk.img");
	keep("r.json");
}
END_TEST

START_TEST(failures_reach_whoever_asked)
{
	struct proc *p;

	make_disk("disk.img", 8);
	p = run("mmvisor", "run", "--disk", "disk.img,bad=0-0", "--json", "r.json", "blk");
	expect_code(p, 0);
	expect_out(p, "sector 0: error -5, \"\"");
	ck_assert_int_eq(count(json_file("r.json"), 0, "failed"), 1);
	keep("disk.img");
	keep("r.json");
	p = run("mmvisor", "run", "--scratch", "1M,fail-write=7", "blk");
	expect_code(p, 1);
	expect_out(p, "not ok [0-9]+ more_than_fit");
}
END_TEST

/* Files on a disk that fails now and then: whoever syncs hears of it, and in the end everything is there. */
START_TEST(files_survive_errors)
{
	struct proc *p = run("mmvisor", "run", "--scratch", "64M,fail-write=4,fail-read=9", "--json", "r.json",
			     "fs.errors_reach_the_writer");

	expect_code(p, 0);
	expect_out(p, "fs: [1-9][0-9]* syncs failed");
	ck_assert_int_gt(count(json_file("r.json"), 0, "failed"), 1);
	keep("r.json");
}
END_TEST

/* The same while memory is short and swap fails, too: everything is there in the end, and every error was told to somebody. */
START_TEST(failing_disks_and_short_memory)
{
	struct proc *p = run("mmvisor", "run", "--scratch", "64M,fail-write=4,fail-read=17", "--swap",
			     "16M,fail-write=5,fail-read=3", "--json", "r.json", "disk_errors");

	expect_code(p, 0);
	expect_out(p, "disk_errors: [1-9][0-9]* syncs failed.*; [1-9][0-9]* faults failed, [1-9][0-9]* not swapped");
	ck_assert_int_gt(count(json_file("r.json"), 0, "failed"), 1);
	ck_assert_int_gt(count(json_file("r.json"), 1, "failed"), 1);
	keep("r.json");
}
END_TEST

START_TEST(words_that_are_wrong)
{
	static const struct {
		const char *opt, *text, *word;
	} bad[] = {
		{"--disk", "missing.img", "missing.img"},
		{"--disk", "odd.img", "512"},
		{"--disk", "/dev/null", "regular file"},
		{"--disk", "odd.img,rw", "rw"},
		{"--swap", "lots", "size"},
		{"--swap", "0", "size"},
		{"--swap", "1M,bad=9", "bad=9"},
		{"--swap", "1M,fail-read=0", "fail-read=0"},
		{"--scratch", "nothing", "size"},
	};

	write_file("odd.img", "short", 5);
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct proc *p = run("mmvisor", "run", bad[i].opt, bad[i].text, "blk");

		expect_code(p, 2);
		expect_one_error(p, "mmvisor", bad[i].word);
	}
	keep("odd.img");
}
END_TEST

START_TEST(nine_are_too_many)
{
	struct proc *p = run("mmvisor", "run", "--swap", "1M", "--swap", "1M", "--swap", "1M", "--swap", "1M", "--swap",
			     "1M", "--swap", "1M", "--swap", "1M", "--swap", "1M", "--swap", "1M");

	expect_code(p, 2);
	expect_one_error(p, "mmvisor", "8 block devices");
}
END_TEST

Suite *suite_disk(void)
{
	Suite *s = suite_create("disk");
	TCase *t = tcase_create("disk");

	tcase_set_timeout(t, 4 * LIMIT);
	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_add_test(t, scratch_and_file);
	tcase_add_test(t, by_default);
	tcase_add_test(t, read_only);
	tcase_add_test(t, failures_reach_whoever_asked);
	tcase_add_test(t, files_survive_errors);
	tcase_add_test(t, failing_disks_and_short_memory);
	tcase_add_test(t, words_that_are_wrong);
	tcase_add_test(t, nine_are_too_many);
	suite_add_tcase(s, t);
	return s;
}
