// SPDX-License-Identifier: MIT
/*
 * test_sabotage.c - the checkers are checked: an untouched image must be fault-free, and every deliberate corruption must be
 * reported under the name of its rule. Other rules may speak up only if the table says so. With --matrix: the table of who
 * noticed what (make sabotage-table); with --fuzz: random damage only (make fuzz-cores).
 */
#include <stdlib.h>
#include <string.h>

#include "tests/sabotage/image.h"

#define SECONDS 120
/* Which saboteurs are tried with several threads: every so many. */
#define EVERY 13

static struct check_report report;

static void check_image(void)
{
	char err[VIEW_ERR_MAX] = "";

	ck_assert_msg(image_check(&report, err) >= 0, "%s", err);
}

static void check_pair(void)
{
	char err[VIEW_ERR_MAX] = "";

	ck_assert_msg(image_check_pair(&report, err) >= 0, "%s", err);
}

/* A rule about two moments: not of a check of one. */
static bool of_pair(const char *rule)
{
	return !strncmp(rule, "pair.", 5);
}

START_TEST(untouched_pair_holds)
{
	check_pair();
	check_print(&report, stdout);
	ck_assert_uint_eq(report.broken, 0);
	ck_assert_uint_eq(report.checked, 3);
	check_report_free(&report);
}
END_TEST

START_TEST(untouched_image_holds)
{
	unsigned int nr;

	check_image();
	check_print(&report, stdout);
	check_rules(&nr);
	matrix_untouched(false, &report);
	ck_assert_uint_eq(report.broken, 0);
	ck_assert_uint_eq(report.total_faults, 0);
	/* Every rule had something to look at: the image is rich enough to break each. */
	for (unsigned int i = 0; i < nr; i++)
		ck_assert_msg(report.ran[i] || of_pair(check_rules(&nr)[i].name) ||
				      sabotage_of_debug_kernel(check_rules(&nr)[i].name),
			      "%s was not evaluated", check_rules(&nr)[i].name);
	check_report_free(&report);
}
END_TEST

/* Every fault says of what it is, where that is, what is there and what should be. */
static void expect_whole(const struct check_rule *rules)
{
	for (unsigned int i = 0; i < report.nr_faults; i++) {
		const struct check_fault *f = &report.faults[i];

		ck_assert_msg(f->object[0] && f->got[0] && f->want[0] && (f->addr || f->pfn != CHECK_NO_PFN),
			      "%s: '%s', pfn %#lx, at %#lx, found '%s', expected '%s'", rules[f->rule].name, f->object,
			      f->pfn, f->addr, f->got, f->want);
	}
}

static void sabotage(bool debug, int n)
{
	const struct sabotage *s = sabotage_nth(debug, n);
	int rule = check_rule_find(s->rule);
	unsigned int nr;
	const struct check_rule *rules = check_rules(&nr);

	ck_assert_msg(rule >= 0, "no rule is called %s", s->rule);
	s->breaks();
	if (of_pair(s->rule))
		check_pair();
	else
		check_image();
	matrix_note(debug, n, (unsigned int)rule, &report);
	if (!report.found[rule])
		check_print(&report, stdout);
	ck_assert_msg(report.found[rule], "%s (%s) was not reported", s->rule, s->what);
	expect_whole(rules);
	for (unsigned int i = 0; i < nr; i++) {
		if (!report.found[i] || i == (unsigned int)rule || sabotage_may(s, rules[i].name))
			continue;
		check_print(&report, stdout);
		ck_abort_msg("%s (%s): %s was reported too, and should not", s->rule, s->what, rules[i].name);
	}
	check_report_free(&report);
}

START_TEST(all_are_noticed)
{
	sabotage(false, _i);
}
END_TEST

/* However many threads look at the memory map, and whoever is first: the same faults in the same order. */
START_TEST(threads_find_the_same)
{
	struct check_report other;
	char err[VIEW_ERR_MAX];
	unsigned int nr;

	check_rules(&nr);
	sabotage_nth(false, _i * EVERY)->breaks();
	ck_assert_int_ge(image_check_by(1, &report, err), 0);
	ck_assert_int_ge(image_check_by(3, &other, err), 0);
	/* Damage to the root ends the check before there is a memory map to look at. */
	ck_assert_uint_eq(other.workers, report.workers ? 3 : 0);
	ck_assert_uint_eq(report.pages, other.pages);
	ck_assert_uint_eq(report.total_faults, other.total_faults);
	ck_assert_uint_eq(report.nr_faults, other.nr_faults);
	for (unsigned int i = 0; i < nr; i++)
		ck_assert_uint_eq(report.found[i], other.found[i]);
	for (unsigned int i = 0; i < report.nr_faults; i++)
		ck_assert_str_eq(report.faults[i].got, other.faults[i].got);
	check_report_free(&report);
	check_report_free(&other);
}
END_TEST

START_TEST(debug_are_noticed)
{
	sabotage(true, _i);
}
END_TEST

static bool covered(const char *rule)
{
	const struct sabotage *s;

	for (int debug = 0; debug < 2; debug++)
		for (int i = 0; (s = sabotage_nth(debug, i)); i++)
			if (!strcmp(s->rule, rule))
				return true;
	return false;
}

START_TEST(every_rule_has_a_saboteur)
{
	unsigned int nr;
	const struct check_rule *rules = check_rules(&nr);

	for (unsigned int i = 0; i < nr; i++) {
		ck_assert_msg(covered(rules[i].name), "nobody sabotages %s", rules[i].name);
		for (unsigned int j = 0; j < i; j++)
			ck_assert_str_ne(rules[i].name, rules[j].name);
		ck_assert_msg(rules[i].says && rules[i].numbers, "%s is not described", rules[i].name);
	}
}
END_TEST

/* The list of invariants cannot rot: each number has a rule, or a reason why there is none, and not both. */
START_TEST(every_number_has_a_rule_or_a_reason)
{
	unsigned int nr_gaps;
	const struct check_gap *gaps = check_gaps(&nr_gaps);

	for (unsigned int number = 1; number <= CHECK_NUMBERS; number++) {
		unsigned int reasons = 0;

		for (unsigned int i = 0; i < nr_gaps; i++)
			reasons += number >= gaps[i].first && number <= gaps[i].last;
		ck_assert_msg(reasons + check_numbered(number) == 1, "%u: %s rule, %u reasons", number,
			      check_numbered(number) ? "a" : "no", reasons);
	}
	for (unsigned int i = 0; i < nr_gaps; i++) {
		ck_assert_msg(strlen(gaps[i].what) > 4 && strlen(gaps[i].why) > 4, "%u: says nothing", gaps[i].first);
		ck_assert_uint_ge(gaps[i].last, gaps[i].first);
		ck_assert_uint_ge(gaps[i].first, 1);
		ck_assert_uint_le(gaps[i].last, CHECK_NUMBERS);
		ck_assert(!i || gaps[i].first > gaps[i - 1].last);
	}
}
END_TEST

/* A page between its last reference and the free list, in a guest that was stopped at work. */
START_TEST(a_guest_at_work_is_not_accused)
{
	int rule = check_rule_find("page.refcount");
	const struct sabotage *s;
	int i = 0;

	do {
		s = sabotage_nth(false, i++);
		ck_assert_ptr_nonnull(s);
	} while (strcmp(s->what, "no reference on a used page") != 0);
	image_done(false);
	s->breaks();
	check_image();
	ck_assert_uint_eq(report.broken, 0);
	ck_assert_uint_ne(report.flux[rule], 0);
	check_report_free(&report);
}
END_TEST

START_TEST(untouched_debug_image_holds)
{
	check_image();
	check_print(&report, stdout);
	matrix_untouched(true, &report);
	ck_assert_uint_eq(report.broken, 0);
	for (int i = 0; sabotage_nth(true, i); i++)
		ck_assert_msg(report.ran[check_rule_find(sabotage_nth(true, i)->rule)], "%s was not evaluated",
			      sabotage_nth(true, i)->rule);
	check_report_free(&report);
}
END_TEST

static TCase *debug_tests(bool programs)
{
	TCase *t = tcase_create("debug");

	tcase_set_timeout(t, SECONDS);
	tcase_add_unchecked_fixture(t, image_load_debug, image_unload);
	tcase_add_test(t, untouched_debug_image_holds);
	tcase_add_loop_test(t, debug_are_noticed, 0, sabotage_count(true));
	if (programs)
		add_debug_program_tests(t);
	return t;
}

int main(int argc, char **argv)
{
	static const char *const random_damage[] = {"robust", "commands", "commands-debug"};
	Suite *s = suite_create("sabotage");
	TCase *t = tcase_create("rules");
	SRunner *r;
	bool table = argc > 1 && !strcmp(argv[1], "--matrix"), fuzz = argc > 1 && !strcmp(argv[1], "--fuzz");
	int failed;

	matrix_begin();
	tcase_set_timeout(t, SECONDS);
	tcase_add_unchecked_fixture(t, image_load, image_unload);
	tcase_add_test(t, untouched_image_holds);
	tcase_add_test(t, untouched_pair_holds);
	tcase_add_test(t, every_rule_has_a_saboteur);
	tcase_add_test(t, every_number_has_a_rule_or_a_reason);
	tcase_add_test(t, a_guest_at_work_is_not_accused);
	tcase_add_loop_test(t, all_are_noticed, 0, sabotage_count(false));
	tcase_add_loop_test(t, threads_find_the_same, 0, sabotage_count(false) / EVERY);
	suite_add_tcase(s, t);
	suite_add_tcase(s, debug_tests(!table));
	if (!table) {
		suite_add_tcase(s, robust_tests());
		suite_add_tcase(s, command_tests());
		suite_add_tcase(s, command_debug_tests());
		suite_add_tcase(s, program_tests());
	}
	r = srunner_create(s);
	for (size_t i = 0; fuzz && i < sizeof(random_damage) / sizeof(random_damage[0]); i++)
		srunner_run(r, NULL, random_damage[i], CK_NORMAL);
	if (!fuzz)
		srunner_run(r, NULL, NULL, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	if (table && matrix_print() != EXIT_SUCCESS)
		return EXIT_FAILURE;
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
