// SPDX-License-Identifier: MIT
/*
 * suite_ktap.c - KTAP: results, sums, plans, and everything that makes a document incomplete.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/vmm/suites.h"
#include "vmm/ktap.h"

static struct ktap k;

static void setup(void)
{
	ktap_init(&k);
}

static void teardown(void)
{
	ktap_free(&k);
}

/* Feed text line by line, and the end. */
static void feed(const char *text)
{
	char *copy = strdup(text), *at = copy, *line;
	uint64_t now = 1000000;

	while ((line = strsep(&at, "\n"))) {
		if (at || *line)
			ktap_line(&k, line, now += 1000000);
	}
	free(copy);
	ktap_end(&k);
}

static void expect(unsigned int passed, unsigned int failed, unsigned int skipped, bool incomplete)
{
	ck_assert_uint_eq(k.passed, passed);
	ck_assert_uint_eq(k.failed, failed);
	ck_assert_uint_eq(k.skipped, skipped);
	ck_assert_msg(k.incomplete == incomplete, "incomplete: %s", k.why);
}

START_TEST(nested_suites)
{
	feed("booting\n"
	     "KTAP version 2\n"
	     "1..2\n"
	     "    KTAP version 2\n"
	     "    # Subtest: slab\n"
	     "    1..3\n"
	     "    ok 1 alloc\n"
	     "    # free: EXPECTATION FAILED at x.c:3\n"
	     "    not ok 2 free\n"
	     "    ok 3 numa # SKIP one node\n"
	     "not ok 1 slab\n"
	     "ok 2 simple\n");
	expect(2, 1, 1, false);
	ck_assert_uint_eq(k.nr_results, 4);
	ck_assert_str_eq(k.results[1].suite, "slab");
	ck_assert_str_eq(k.results[1].name, "free");
	ck_assert_ptr_nonnull(strstr(k.results[1].diag, "x.c:3"));
	ck_assert_str_eq(k.results[2].diag, "one node");
	ck_assert_str_eq(k.results[3].name, "simple");
	ck_assert_str_eq(k.results[3].suite, "");
	ck_assert(k.results[1].ms > 0);
}
END_TEST

START_TEST(three_levels)
{
	feed("KTAP version 2\n1..1\n"
	     "    KTAP version 2\n    # Subtest: foo.ko\n    1..1\n"
	     "        KTAP version 2\n        # Subtest: suite\n        1..2\n"
	     "        ok 1 a\n        ok 2 b\n"
	     "    ok 1 suite\n"
	     "ok 1 foo.ko\n");
	expect(2, 0, 0, false);
	ck_assert_str_eq(k.results[0].suite, "foo.ko.suite");
}
END_TEST

/* A suite that fails by itself (it leaked) is a failure even if all its cases passed; one whose cases failed is not twice. */
START_TEST(suite_fails_by_itself)
{
	feed("KTAP version 2\n1..2\n"
	     "    KTAP version 2\n    # Subtest: s\n    1..1\n    ok 1 a\n    # leaked 3 pages\nnot ok 1 s\n"
	     "    KTAP version 2\n    # Subtest: u\n    1..1\n"
	     "        KTAP version 2\n        # Subtest: v\n        1..1\n        not ok 1 b\n"
	     "    not ok 1 v\n"
	     "not ok 2 u\n");
	expect(1, 2, 0, false);
	ck_assert_str_eq(k.results[1].name, "s");
	ck_assert_ptr_nonnull(strstr(k.results[1].diag, "leaked"));
	ck_assert_str_eq(k.results[2].name, "b");
}
END_TEST

static const char *const broken[] = {
	"KTAP version 2\n1..2\nok 1 a\n",                                                             /* one missing */
	"KTAP version 2\n1..1\nok 1 a\nok 2 b\n",                                                     /* one too many */
	"KTAP version 2\n1..2\nok 2 b\nok 1 a\n",                                                     /* out of order */
	"KTAP version 2\nok 1 a\n",                                                                   /* no plan */
	"KTAP version 2\n1..1\n",                                                                     /* silent end */
	"KTAP version 2\n",                                                                           /* sooner */
	"KTAP version 2\n1..1\n    KTAP version 2\n    # Subtest: s\n    1..2\n    ok 1 a\nok 1 s\n", /* short below */
	"KTAP version 2\n1..1\n    KTAP version 2\n    # Subtest: s\n    1..1\n    ok 1 a\n",   /* sum is missing */
	"ok 1 a\n",                                                                             /* outside any test */
	"KTAP version 2\n1..1\n        KTAP version 2\n        1..1\n        ok 1 a\nok 1 s\n", /* a level left out */
	"KTAP version 2\n1..1\n        ok 1 a\nok 1 s\n",                                       /* too deep */
	"KTAP version 2\n1..1\nok 1 a\nKTAP version 2\n1..2\nok 1 b\n", /* second document is short */
};

START_TEST(incomplete)
{
	feed(broken[_i]);
	ck_assert_msg(k.incomplete, "taken as whole: %s", broken[_i]);
	ck_assert_str_ne(k.why, "");
}
END_TEST

START_TEST(nothing_at_all)
{
	feed("just\nsome text: ok then\n1..3\n");
	expect(0, 0, 0, false);
	ck_assert_uint_eq(k.documents, 0);
}
END_TEST

START_TEST(result_lines)
{
	feed("KTAP version 2\n1..6\n"
	     "ok 1\n"
	     "ok 2 - with a dash\n"
	     "ok 3 name with words # SKIP\n"
	     "not ok 4 x # SKIP but it failed\n"
	     "ok 5 # skip lower case\n"
	     "ok 6 not a # comment\n");
	ck_assert_uint_eq(k.nr_results, 6);
	ck_assert_str_eq(k.results[0].name, "");
	ck_assert_str_eq(k.results[1].name, "with a dash");
	ck_assert_int_eq(k.results[2].status, KTAP_SKIP);
	ck_assert_str_eq(k.results[2].name, "name with words");
	ck_assert_int_eq(k.results[3].status, KTAP_FAIL);
	ck_assert_int_eq(k.results[4].status, KTAP_SKIP);
	ck_assert_int_eq(k.results[5].status, KTAP_PASS);
	expect(3, 1, 2, false);
}
END_TEST

START_TEST(knows_where_it_is)
{
	char where[100];

	ktap_line(&k, "KTAP version 2", 1);
	ktap_line(&k, "1..1", 1);
	ktap_line(&k, "    KTAP version 2", 1);
	ktap_line(&k, "    # Subtest: slab", 1);
	ktap_line(&k, "    1..5", 1);
	ktap_line(&k, "    ok 1 a", 2);
	ck_assert_str_eq(ktap_where(&k, where, sizeof(where)), "slab, after 1 of 5 results");
	ktap_line(&k, "ok 1 slab", 3);
	ck_assert(k.suite_ended);
}
END_TEST

START_TEST(any_text)
{
	static const char *const lines[] = {"KTAP version 2",
					    "1..3",
					    "1..99999999999999999999",
					    "ok 1 a",
					    "not ok 2 b",
					    "ok 3 c # SKIP",
					    "# Subtest: s",
					    "# x: failed",
					    "garbage",
					    "ok",
					    "ok 99999999999999 z",
					    "",
					    "1..",
					    "not ok",
					    "ok 1a",
					    "# SKIP",
					    "ok 1 # SKIP"};
	uint64_t seed = 521288629UL + (uint64_t)_i;

	for (unsigned int n = 0; n < 50000; n++) {
		char line[128];
		unsigned int indent = (unsigned int)(next_random(&seed) % 5) * 4 + (next_random(&seed) % 16 == 0);

		if (next_random(&seed) % 500 == 0)
			indent += 64;
		snprintf(line, sizeof(line), "%*s%s", (int)indent, "",
			 lines[next_random(&seed) % (sizeof(lines) / sizeof(lines[0]))]);
		ktap_line(&k, line, n);
	}
	ktap_end(&k);
	ck_assert_uint_eq(k.passed + k.failed + k.skipped, k.nr_results);
}
END_TEST

Suite *suite_ktap(void)
{
	Suite *s = suite_create("ktap");
	TCase *t = tcase_create("ktap");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, nested_suites);
	tcase_add_test(t, three_levels);
	tcase_add_test(t, suite_fails_by_itself);
	tcase_add_loop_test(t, incomplete, 0, (int)(sizeof(broken) / sizeof(broken[0])));
	tcase_add_test(t, nothing_at_all);
	tcase_add_test(t, result_lines);
	tcase_add_test(t, knows_where_it_is);
	tcase_add_loop_test(t, any_text, 0, 4);
	suite_add_tcase(s, t);
	return s;
}
