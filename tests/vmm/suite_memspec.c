// SPDX-License-Identifier: MIT
/*
 * suite_memspec.c - --mem: what it accepts, where things go, what it refuses and how.
 */
#include <errno.h>
#include <string.h>

#include "tests/vmm/suites.h"
#include "vmm/memspec.h"

#define MIB (1UL << 20)
#define GIB (1UL << 30)

static struct mem_spec spec;
static char why[256];

static void parse(const char *text)
{
	int err = mem_spec_parse(&spec, text, why, sizeof(why));

	ck_assert_msg(!err, "%s: %s", text, why);
}

static void expect_slot(unsigned int i, gpa_t gpa, uint64_t size)
{
	ck_assert_uint_lt(i, spec.nr_slots);
	ck_assert_uint_eq(spec.slots[i].gpa, gpa);
	ck_assert_uint_eq(spec.slots[i].size, size);
}

START_TEST(default_layout)
{
	parse(MEM_SPEC_DEFAULT);
	/* 0    640K  1M        16M          64M       4G          */
	/* |####|.....|#########|############|.........|###########| */
	ck_assert_uint_eq(spec.nr_ranges, 3);
	ck_assert_uint_eq(spec.nr_slots, 4);
	expect_slot(0, 0, HOLE_START);
	expect_slot(1, HOLE_END, DMA_END - HOLE_END);
	expect_slot(2, DMA_END, 48 * MIB);
	expect_slot(3, DMA32_END, 64 * MIB);
	ck_assert_uint_eq(mem_spec_bytes(&spec), 128 * MIB - (HOLE_END - HOLE_START));
	ck_assert_uint_eq(mem_spec_end(&spec), DMA32_END + 64 * MIB);
}
END_TEST

START_TEST(sizes)
{
	static const struct {
		const char *text;
		uint64_t value;
		int err;
	} t[] = {
		{"0", 0, 0},
		{"4096", 4096, 0},
		{"0x1000", 4096, 0},
		{"3K", 3072, 0},
		{"3k", 3072, 0},
		{"2M", 2 * MIB, 0},
		{"1G", GIB, 0},
		{"1T", 1UL << 40, 0},
		{"16777215T", 16777215UL << 40, 0},
		{"16777216T", 0, -ERANGE},
		{"18446744073709551615", UINT64_MAX, 0},
		{"18446744073709551616", 0, -ERANGE},
		{"", 0, -EINVAL},
		{"-1", 0, -EINVAL},
		{" 1", 0, -EINVAL},
		{"M", 0, -EINVAL},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		uint64_t value = 0;
		const char *end;
		int err = mem_parse_size(t[i].text, &end, &value);

		ck_assert_msg(err == t[i].err, "'%s': %d", t[i].text, err);
		if (!err)
			ck_assert_msg(value == t[i].value && !*end, "'%s': %lu, rest '%s'", t[i].text, value, end);
	}
}
END_TEST

START_TEST(ranges_fill_gaps)
{
	parse("normal=64M@4G,normal=32M,normal=16M@4160M,dma32=1M");
	/* the one without address takes the first place behind both others */
	ck_assert_uint_eq(spec.nr_slots, 4);
	expect_slot(0, DMA_END, MIB);
	expect_slot(1, 4 * GIB, 64 * MIB);
	expect_slot(2, 4160 * MIB, 16 * MIB);
	expect_slot(3, 4176 * MIB, 32 * MIB);
}
END_TEST

START_TEST(hole_is_cut_out)
{
	parse("dma=768K");
	ck_assert_uint_eq(spec.nr_slots, 1);
	expect_slot(0, 0, HOLE_START);
	parse("dma=640K,dma=1M");
	ck_assert_uint_eq(spec.nr_slots, 2);
	expect_slot(1, HOLE_END, MIB);
	parse("dma=1M@512K");
	ck_assert_uint_eq(spec.nr_slots, 2);
	expect_slot(0, 512 << 10, 128 << 10);
	expect_slot(1, HOLE_END, 512 << 10);
}
END_TEST

START_TEST(last_byte_of_a_zone)
{
	parse("dma=15M@1M");
	parse("dma32=4K@0xfdfff000");
	expect_slot(0, DEV_GPA - 4096, 4096);
	parse("normal=4K@0x3ffffffff000");
	expect_slot(0, DIRECT_MAP_SIZE - 4096, 4096);
}
END_TEST

static const struct {
	const char *text;
	const char *word;
} refused[] = {
	{"", "no range"},
	{",", "not dma="},
	{"normal=64M,", "not dma="},
	{"normal", "not dma="},
	{"=64M", "not dma="},
	{"fast=64M", "not dma="},
	{"normal=", "not a size"},
	{"normal=64Q", "not understood"},
	{"normal=64M@", "not an address"},
	{"normal=64M@4G@5G", "not understood"},
	{"normal=0", "zero"},
	{"normal=1000", "aligned"},
	{"normal=64M@0x100000800", "aligned"},
	{"normal=64M@1G", "outside"},
	{"dma32=1M@4K", "outside"},
	{"dma32=1M@0xfe000000", "device window"},
	{"dma32=1M@0xfffff000", "device window"},
	{"normal=64M@4095M", "device window"},
	{"dma32=2M@0xfdf00000", "device window begins"},
	{"dma32=8K@0xfdfff000", "run past"},
	{"normal=8K@0x3ffffffff000", "run past"},
	{"dma=4K@640K", "hole"},
	{"dma=4K@1020K", "hole"},
	{"dma=17M", "no room"},
	{"dma=16M,dma=4K", "no room"},
	{"dma32=4G", "no room"},
	{"normal=64T", "no room"},
	{"normal=16777215T@4G", "run past"},
	{"normal=99999999999T", "not a size"},
	{"normal=1G@4G,normal=1G@4G", "overlap"},
	{"dma32=32M@64M,dma32=32M@80M", "overlap"},
};

START_TEST(refuses)
{
	ck_assert_int_eq(mem_spec_parse(&spec, refused[_i].text, why, sizeof(why)), -EINVAL);
	ck_assert_msg(strstr(why, refused[_i].word), "'%s': %s", refused[_i].text, why);
	ck_assert_ptr_null(strchr(why, '\n'));
}
END_TEST

START_TEST(number_of_ranges_is_bounded)
{
	char text[4096] = "";

	for (unsigned int i = 0; i < MMV_NR_RANGES; i++)
		append(text, sizeof(text), i ? ",dma32=4K" : "dma32=4K");
	parse(text);
	ck_assert_uint_eq(spec.nr_slots, MMV_NR_RANGES);
	append(text, sizeof(text), ",dma32=4K");
	ck_assert_int_eq(mem_spec_parse(&spec, text, why, sizeof(why)), -EINVAL);
	/* As many ranges as there may be, one of which needs two slots. */
	text[0] = '\0';
	append(text, sizeof(text), "dma=16M");
	for (unsigned int i = 1; i < MMV_NR_RANGES; i++)
		append(text, sizeof(text), ",dma32=4K");
	ck_assert_int_eq(mem_spec_parse(&spec, text, why, sizeof(why)), -EINVAL);
}
END_TEST

/* Whatever is accepted holds what the rest of the VMM relies on. */
START_TEST(anything_accepted_is_sound)
{
	static const char *const words[] = {"dma=", "dma32=", "normal=", ",",    "@",         "4K",
					    "1M",   "16M",    "3G",      "4G",   "0x800",     "1T",
					    "63T",  "640K",   "768K",    "4096", "0xfe000000"};
	uint64_t seed = 88172645463325252UL + (uint64_t)_i;
	unsigned int accepted = 0;

	for (unsigned int n = 0; n < 20000; n++) {
		char text[128] = "";

		for (unsigned int k = next_random(&seed) % 10 + 1; k; k--)
			append(text, sizeof(text), words[next_random(&seed) % (sizeof(words) / sizeof(words[0]))]);
		if (mem_spec_parse(&spec, text, why, sizeof(why)))
			continue;
		accepted++;
		for (unsigned int i = 0; i < spec.nr_slots; i++) {
			const struct mem_range *s = &spec.slots[i];

			ck_assert_msg(s->size && !(s->size % MMV_PAGE_SIZE) && !(s->gpa % MMV_PAGE_SIZE), "%s", text);
			ck_assert_msg(s->gpa + s->size <= HOLE_START || s->gpa >= HOLE_END, "%s", text);
			ck_assert_msg(s->gpa + s->size <= DEV_GPA || s->gpa >= DMA32_END, "%s", text);
			ck_assert_msg(!i || s[-1].gpa + s[-1].size <= s->gpa, "%s", text);
		}
	}
	ck_assert_uint_gt(accepted, 10);
}
END_TEST

Suite *suite_memspec(void)
{
	Suite *s = suite_create("memspec");
	TCase *t = tcase_create("memspec");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, default_layout);
	tcase_add_test(t, sizes);
	tcase_add_test(t, ranges_fill_gaps);
	tcase_add_test(t, hole_is_cut_out);
	tcase_add_test(t, last_byte_of_a_zone);
	tcase_add_loop_test(t, refuses, 0, (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_test(t, number_of_ranges_is_bounded);
	tcase_add_loop_test(t, anything_accepted_is_sound, 0, 4);
	suite_add_tcase(s, t);
	return s;
}
