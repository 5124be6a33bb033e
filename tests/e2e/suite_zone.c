/* SPDX-License-Identifier: MIT */
/*
 * suite_zone.c - what mm-inspect says about zones, from several sides: the sums agree, the indices are those of the formulas, the
 * lines are Linux's.
 */
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/e2e.h"

#define CORE "z.core"
#define ORDERS 11
#define TYPES 6
#define LAST_NUMBER 245

/* Exit 0 with the core of an idle guest, or a crash with that of one whose memory is in pieces. */
static void leave_core(bool pieces, bool debug)
{
	struct proc *p = run("mmvisor", "run", "--mem", "dma=12M,normal=4M", "--cpus", "2", "--core", CORE,
			     "--core-always", debug ? "--debug-kernel" : "--no-check",
			     program_path(pieces ? "e2e/fragments.ko" : "e2e/hello.ko"));

	expect_code(p, pieces ? 4 : 0);
}

static struct json_object *listing(const char *name)
{
	struct proc *p = run("mm-inspect", name, "--json", CORE);

	expect_code(p, 0);
	return json_text(p->out);
}

static struct json_object *member(struct json_object *o, const char *name)
{
	struct json_object *m = NULL;

	ck_assert_msg(json_object_object_get_ex(o, name, &m), "no %s in %s", name, json_object_to_json_string(o));
	return m;
}

static uint64_t number(struct json_object *list, size_t i)
{
	return (uint64_t)json_object_get_int64(json_object_array_get_idx(list, i));
}

/* The entry of a zone, NULL if there is none. */
static struct json_object *zone_of(struct json_object *list, const char *zone)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);

		if (!strcmp(json_object_get_string(member(o, "zone")), zone))
			return o;
	}
	ck_abort_msg("no zone %s", zone);
	return NULL;
}

static void same_sums(struct json_object *buddy, struct json_object *types, struct json_object *zone)
{
	struct json_object *list = member(types, "types"), *free = member(buddy, "free");
	uint64_t pages = 0, isolated = 0;

	ck_assert_uint_eq(json_object_array_length(list), TYPES);
	for (unsigned int o = 0; o < ORDERS; o++) {
		uint64_t sum = 0;

		for (unsigned int t = 0; t < TYPES; t++) {
			struct json_object *one = json_object_array_get_idx(list, t);
			uint64_t n = number(member(one, "free"), o);

			sum += n;
			if (!strcmp(json_object_get_string(member(one, "type")), "Isolate"))
				isolated += n << o;
		}
		ck_assert_uint_eq(sum, number(free, o));
		pages += sum << o;
	}
	ck_assert_uint_eq((uint64_t)json_int(zone, "counters.nr_free_pages"), pages - isolated);
	ck_assert_uint_eq((uint64_t)json_int(zone, "free"), pages - isolated);
	ck_assert_uint_eq((uint64_t)json_int(buddy, "free_pages"), pages - isolated);
}

/* The formulas once more, as fractions: no order of integer divisions to share with the program. */
static void check_indices(struct json_object *buddy, struct json_object *frag)
{
	struct json_object *free = member(buddy, "free");
	double blocks = 0, pages = 0;

	for (unsigned int o = 0; o < ORDERS; o++) {
		blocks += (double)number(free, o);
		pages += ldexp((double)number(free, o), (int)o);
	}
	for (unsigned int order = 0; order < ORDERS; order++) {
		double large = 0, want = ldexp(1, (int)order);
		double index =
			(double)json_object_get_int(json_object_array_get_idx(member(frag, "extfrag_index"), order));
		double unusable =
			(double)json_object_get_int(json_object_array_get_idx(member(frag, "unusable_index"), order));

		for (unsigned int o = order; o < ORDERS; o++)
			large += ldexp((double)number(free, o), (int)o);
		if (pages > 0)
			ck_assert_double_le(fabs(unusable - 1000 * (1 - large / pages)), 1.0);
		else
			ck_assert_double_eq(unusable, 1000);
		if (blocks > 0 && large > 0)
			ck_assert_double_eq(index, -1000);
		else if (blocks > 0)
			ck_assert_double_le(fabs(index - 1000 * (1 - (1 + pages / want) / blocks)), 2.0);
		else
			ck_assert_double_eq(index, 0);
	}
}

START_TEST(every_view_of_free_memory_agrees)
{
	bool pieces = _i & 1, debug = _i & 2;
	uint64_t mixed = 0;
	bool short_of = false;

	leave_core(pieces, debug);

	struct json_object *buddy = listing("buddyinfo"), *zones = listing("zoneinfo"), *frag = listing("extfrag");
	struct json_object *types = listing("pagetypeinfo"), *by_zone = member(types, "zones");

	ck_assert_uint_eq(json_object_array_length(buddy), 2);
	ck_assert_uint_eq(json_object_array_length(by_zone), 2);
	ck_assert_uint_eq(json_object_array_length(zones), 4);
	for (size_t i = 0; i < json_object_array_length(buddy); i++) {
		struct json_object *b = json_object_array_get_idx(buddy, i);
		const char *name = json_object_get_string(member(b, "zone"));
		struct json_object *z = zone_of(zones, name), *t = zone_of(by_zone, name), *f = zone_of(frag, name);
		uint64_t blocks = 0;

		same_sums(b, t, z);
		check_indices(b, f);
		for (unsigned int k = 0; k < TYPES; k++) {
			struct json_object *one = json_object_array_get_idx(member(t, "types"), k);

			blocks += (uint64_t)json_int(one, "blocks");
			if (debug)
				mixed += (uint64_t)json_int(one, "mixed_blocks");
			else
				ck_assert(!json_object_object_get_ex(one, "mixed_blocks", NULL));
		}
		ck_assert_uint_eq(blocks, ((uint64_t)json_int(z, "spanned") + 511) / 512);
		short_of |= number(member(f, "extfrag_index"), 4) != (uint64_t)-1000;
	}
	/* The guest in pieces has what the tests are about, the idle one has not. */
	ck_assert_int_eq(short_of, pieces);
	if (pieces && debug)
		ck_assert_uint_gt(mixed, 0);
	json_object_put(buddy);
	json_object_put(zones);
	json_object_put(frag);
	json_object_put(types);
	keep(CORE);
}
END_TEST

START_TEST(lines_are_linux_s)
{
	struct proc *p;

	leave_core(false, _i);
	p = run("mm-inspect", "zoneinfo", CORE);
	expect_code(p, 0);
	expect_out(p, "^Node 0, zone      DMA\n  per-node stats\n      nr_slab_reclaimable [0-9]+\n");
	expect_out(p,
		   "\n  pages free     [0-9]+\n        boost    0\n        min      [0-9]+\n        low      [0-9]+\n"
		   "        high     [0-9]+\n        spanned  [0-9]+\n        present  [0-9]+\n"
		   "        managed  [0-9]+\n        cma      0\n"
		   "        protection: \\([0-9]+, [0-9]+, [0-9]+, [0-9]+\\)\n      nr_free_pages [0-9]+\n");
	expect_out(p, "\n  pagesets\n    cpu: 0\n              count: [0-9]+\n              high:  [0-9]+\n"
		      "              batch: [0-9]+\n  vm stats threshold: 0\n    cpu: 1\n");
	expect_out(p, "\n  node_unreclaimable:  0\n  start_pfn:           0\n");
	/* A zone without memory ends there. */
	expect_out(p, "Node 0, zone    DMA32\n  pages free     0\n(        .*\n)+Node 0, zone   Normal\n");
	p = run("mm-inspect", "pagetypeinfo", CORE);
	expect_code(p, 0);
	expect_out(p, "^Page block order: 9\nPages per block:  512\n\nFree pages count per migrate type at order  "
		      "     0      1      2      3      4      5      6      7      8      9     10 \n"
		      "Node    0, zone      DMA, type    Unmovable ( *[0-9]+ ){11}\n");
	expect_out(p, "\n\nNumber of blocks type     Unmovable      Movable  Reclaimable   HighAtomic          CMA "
		      "     Isolate \nNode 0, zone      DMA ( *[0-9]+ ){6}\n");
	ck_assert_int_eq(matches(p->out, "\n\nNumber of mixed blocks    Unmovable "), _i);
	p = run("mm-inspect", "extfrag", CORE);
	expect_code(p, 0);
	expect_out(p, "^Node 0, zone      DMA (-1\\.000 ){11}\n");
	expect_out(p, "^Node 0, zone      DMA 0\\.000 ([01]\\.[0-9]{3} ){10}\n");
	keep(CORE);
}
END_TEST

/* Marks the numbers of a text such as "55-57,84", as often as they occur; what begins with a letter is no number of the list. */
static void mark(const char *text, unsigned int seen[LAST_NUMBER + 1])
{
	while (*text) {
		char *end;
		unsigned long first = strtoul(text, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		ck_assert_uint_le(last, LAST_NUMBER);
		for (unsigned long n = first; n <= last; n++)
			seen[n]++;
		text = strchr(text, ',') ? strchr(text, ',') + 1 : "";
	}
}

/* Every number of the list of invariants has a rule, or one reason why not. */
START_TEST(the_list_leaves_nothing_out)
{
	unsigned int proved[LAST_NUMBER + 1] = {0}, left[LAST_NUMBER + 1] = {0};
	struct proc *p = run("mm-inspect", "check", "--list", "--json");
	struct json_object *list;

	expect_code(p, 0);
	list = json_text(p->out);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		bool rule = json_object_object_get_ex(o, "name", NULL);

		mark(json_object_get_string(member(o, "numbers")), rule ? proved : left);
		if (!rule)
			ck_assert_uint_gt(strlen(json_object_get_string(member(o, "not_checked"))), 5);
	}
	for (unsigned int n = 1; n <= LAST_NUMBER; n++)
		ck_assert_msg(proved[n] ? !left[n] : left[n] == 1, "number %u: %u rules, %u reasons", n, proved[n],
			      left[n]);
	json_object_put(list);
	p = run("mm-inspect", "check", "--list");
	expect_code(p, 0);
	expect_out(p, "^buddy\\.merged ");
	expect_out(p, "^66-67 +hugetlb pages: no hugetlb$");
}
END_TEST

Suite *suite_zone(void)
{
	Suite *s = suite_create("zone");
	TCase *tc = tcase_create("listings");

	tcase_add_checked_fixture(tc, fixture_in, fixture_out);
	tcase_set_timeout(tc, 4 * LIMIT);
	tcase_add_loop_test(tc, every_view_of_free_memory_agrees, 0, 4);
	tcase_add_loop_test(tc, lines_are_linux_s, 0, 2);
	tcase_add_test(tc, the_list_leaves_nothing_out);
	suite_add_tcase(s, tc);
	return s;
}
