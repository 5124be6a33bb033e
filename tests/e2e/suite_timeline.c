// SPDX-License-Identifier: MIT
/*
 * suite_timeline.c - samples over time: what a guest did to its memory can be read off them, and drawn.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/e2e.h"

/* What the payload holds. */
#define HELD (16 << 8)

static struct json_object *array_of(struct json_object *o, const char *name)
{
	struct json_object *a = NULL;

	ck_assert_msg(json_object_object_get_ex(o, name, &a) && json_object_is_type(a, json_type_array), "no %s", name);
	return a;
}

/* Free pages of all zones in a sample. */
static int64_t free_in(struct json_object *series, struct json_object *sample)
{
	int64_t sum = 0;

	for (size_t i = 0; i < json_object_array_length(series); i++) {
		if (strncmp(json_object_get_string(json_object_array_get_idx(series, i)), "free.", 5))
			continue;
		sum += json_object_get_int64(json_object_array_get_idx(sample, i));
	}
	return sum;
}

START_TEST(samples_show_what_was_held)
{
	struct proc *p = run("mmvisor", "run", "--timeline", "t.json,ms=5", program_path("e2e/hoard.ko"));
	struct json_object *o, *series, *samples, *test;
	int64_t most = 0, least = INT64_MAX, last = 0;
	double at = 0;

	expect_code(p, 0);
	o = json_file("t.json");
	series = array_of(o, "series");
	samples = array_of(o, "samples");
	ck_assert_int_eq(json_int(o, "version"), 1);
	ck_assert_uint_eq(json_object_array_length(array_of(o, "zones")), 3);
	ck_assert_uint_eq(json_object_array_length(array_of(o, "kills")), 0);
	/* The payload alone takes 180 ms; a busy host may skip some. */
	ck_assert_uint_ge(json_object_array_length(samples), 5);
	for (size_t i = 0; i < json_object_array_length(samples); i++) {
		struct json_object *row = json_object_array_get_idx(samples, i);
		double ms = json_object_get_double(json_object_array_get_idx(row, 0));

		ck_assert_uint_eq(json_object_array_length(row), json_object_array_length(series));
		ck_assert(ms >= at);
		at = ms;
		last = free_in(series, row);
		most = last > most ? last : most;
		least = last < least ? last : least;
	}
	ck_assert_int_ge(most - least, HELD);
	/* The last sample is of the stopped guest: everything is back. */
	ck_assert_int_ge(last - least, HELD);
	test = json_object_array_get_idx(array_of(o, "tests"), 0);
	ck_assert_int_ge(json_int(test, "to") - json_int(test, "from"), 150);
	keep("t.json");
}
END_TEST

START_TEST(pictures)
{
	struct proc *p = run("mmvisor", "run", "--timeline", "<t>.json", program_path("e2e/hoard.ko"));
	char *page;
	size_t size;

	expect_code(p, 0);
	p = run("mm-inspect", "timeline", "<t>.json");
	expect_code(p, 0);
	expect_out(p, "^[0-9]+ samples in [0-9]+ ms, 1 tests, 0 OOM kills; engine (kvm|kvm-emulated|nested)$");
	expect_out(p, "^  free\\.Normal +\\|.{72}\\| [0-9]+ to [0-9]+$");
	p = run("mm-inspect", "timeline", "--svg", "t.svg", "--html", "t.html", "<t>.json");
	expect_code(p, 0);
	ck_assert_int_eq(xml_count("t.svg", "svg"), 1);
	ck_assert_int_ge(xml_count("t.svg", "polyline"), 3);
	page = read_file("t.html", &size);
	ck_assert_ptr_nonnull(strstr(page, "&lt;t&gt;.json"));
	ck_assert_ptr_nonnull(strstr(page, "\"free.Normal\""));
	ck_assert_ptr_null(strstr(page, "<t>"));
	p = run("mm-inspect", "timeline", "--json", "<t>.json");
	expect_code(p, 0);
	ck_assert_int_eq(json_int(json_text(p->out), "version"), 1);
	struct proc *schema = run("mm-inspect", "schema");
	const char *why = schema_complaint(json_text(schema->out), "timeline", json_text(p->out));

	ck_assert_msg(!why, "timeline: %s", why);
	keep("<t>.json");
	keep("t.svg");
	keep("t.html");
}
END_TEST

static const struct {
	const char *text, *word;
} bad_files[] = {
	{"", "no JSON"},
	{"[1,2]", "version"},
	{"{\"version\":1}", "series"},
	{"{\"version\":1,\"series\":[\"free\"],\"samples\":[]}", "series"},
	{"{\"version\":1,\"series\":[\"ms\",\"a\"],\"samples\":[[1]]}", "samples"},
	{"{\"version\":1,\"series\":[\"ms\"],\"samples\":[[2],[1]]}", "samples"},
	{"{\"version\":1,\"series\":[\"ms\",7],\"samples\":[3]}", "samples"},
};

START_TEST(bad_input_is_named)
{
	struct proc *p;

	for (size_t i = 0; i < sizeof(bad_files) / sizeof(bad_files[0]); i++) {
		write_file("bad.json", bad_files[i].text, strlen(bad_files[i].text));
		p = run("mm-inspect", "timeline", "bad.json");
		expect_code(p, 2);
		expect_one_error(p, "mm-inspect", bad_files[i].word);
	}
	/* Nothing in it is not wrong. */
	write_file("bad.json", "{\"version\":1,\"series\":[\"ms\"],\"samples\":[]}", 43);
	p = run("mm-inspect", "timeline", "--svg", "t.svg", "bad.json");
	expect_code(p, 0);
	ck_assert_int_eq(xml_count("t.svg", "svg"), 1);
	keep("t.svg");
	keep("bad.json");
	p = run("mmvisor", "run", "--timeline", "t.json,ms=0", program_path("e2e/hoard.ko"));
	expect_code(p, 2);
	expect_one_error(p, "mmvisor", "--timeline");
	p = run("mmvisor", "run", "--timeline", "missing/t.json", program_path("e2e/hoard.ko"));
	expect_code(p, 2);
	expect_one_error(p, "mmvisor", "missing/t.json");
}
END_TEST

Suite *suite_timeline(void)
{
	Suite *s = suite_create("timeline");
	TCase *t = tcase_create("timeline");

	tcase_set_timeout(t, 2 * LIMIT);
	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_add_test(t, samples_show_what_was_held);
	tcase_add_test(t, pictures);
	tcase_add_test(t, bad_input_is_named);
	suite_add_tcase(s, t);
	return s;
}
