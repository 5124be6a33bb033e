// SPDX-License-Identifier: MIT
/*
 * test_sabotage.c - the checkers are checked: an untouched image must be fault-free, and every deliberate corruption must be
 * reported under the name of its rule. Other rules may speak up only if the table says so.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/sabotage/image.h"

#define SECONDS 120

static struct check_report report;

static bool word_in(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = words; at && (at = strstr(at, word)); at += len)
		if ((at == words || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
	return false;
}

static void check_image(void)
{
	char err[VIEW_ERR_MAX] = "";

	ck_assert_msg(image_check(&report, err) >= 0, "%s", err);
}

/* What only the debug kernel keeps is not in the image; saboteurs make it up, or work on an image of that kernel. */
static bool of_debug_kernel(const char *rule)
{
	static const char *const names[] = {"dma.mapping", "dma.overlap",  "dma.table",  "zone.movable",
					    "debug.owner", "debug.poison", "debug.depot"};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(rule, names[i]))
			return true;
	return strstr(rule, ".debug.");
}

START_TEST(untouched_image_holds)
{
	unsigned int nr;

	check_image();
	check_print(&report, stdout);
	check_rules(&nr);
	ck_assert_uint_eq(report.broken, 0);
	ck_assert_uint_eq(report.total_faults, 0);
	/* Every rule had something to look at: the image is rich enough to break each. */
	for (unsigned int i = 0; i < nr; i++)
		ck_assert_msg(report.ran[i] || of_debug_kernel(check_rules(&nr)[i].name), "%s was not evaluated",
			      check_rules(&nr)[i].name);
	check_report_free(&report);
}
END_TEST

static void sabotage(const struct sabotage *s)
{
	int rule = check_rule_find(s->rule);
	unsigned int nr;
	const struct check_rule *rules = check_rules(&nr);

	ck_assert_msg(rule >= 0, "no rule is called %s", s->rule);
	s->breaks();
	check_image();
	if (!report.found[rule])
		check_print(&report, stdout);
	ck_assert_msg(report.found[rule], "%s (%s) was not reported", s->rule, s->what);
	for (unsigned int i = 0; i < nr; i++) {
		if (!report.found[i] || i == (unsigned int)rule || word_in(s->may, rules[i].name))
			continue;
		check_print(&report, stdout);
		ck_abort_msg("%s (%s): %s was reported too, and should not", s->rule, s->what, rules[i].name);
	}
	check_report_free(&report);
}

#define LOOP(kind)                                                                                                     \
	START_TEST(kind##_are_noticed)                                                                                 \
	{                                                                                                              \
		sabotage(&kind##_sabotage[_i]);                                                                        \
	}                                                                                                              \
	END_TEST
LOOP(page)
LOOP(table)
LOOP(slab)
LOOP(vmalloc)
LOOP(device)
LOOP(thread)
LOOP(sched)
LOOP(debug)
LOOP(slab_debug)

static bool covered(const char *rule)
{
	const struct sabotage *tables[] = {page_sabotage,    table_sabotage,  slab_sabotage,
					   vmalloc_sabotage, device_sabotage, thread_sabotage,
					   sched_sabotage,   debug_sabotage,  slab_debug_sabotage};
	const unsigned int sizes[] = {nr_page_sabotage,    nr_table_sabotage,  nr_slab_sabotage,
				      nr_vmalloc_sabotage, nr_device_sabotage, nr_thread_sabotage,
				      nr_sched_sabotage,   nr_debug_sabotage,  nr_slab_debug_sabotage};

	for (unsigned int t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (unsigned int i = 0; i < sizes[t]; i++)
			if (!strcmp(tables[t][i].rule, rule))
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

/* A page between its last reference and the free list, in a guest that was stopped at work. */
START_TEST(a_guest_at_work_is_not_accused)
{
	int rule = check_rule_find("page.refcount");
	const struct sabotage *s = page_sabotage;

	while (strcmp(s->what, "no reference on a used page") != 0)
		ck_assert_ptr_ne(++s, page_sabotage + nr_page_sabotage);
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
	ck_assert_uint_eq(report.broken, 0);
	for (unsigned int i = 0; i < nr_debug_sabotage; i++)
		ck_assert_msg(report.ran[check_rule_find(debug_sabotage[i].rule)], "%s was not evaluated",
			      debug_sabotage[i].rule);
	check_report_free(&report);
}
END_TEST

static TCase *debug_tests(void)
{
	TCase *t = tcase_create("debug");

	tcase_set_timeout(t, SECONDS);
	tcase_add_unchecked_fixture(t, image_load_debug, image_unload);
	tcase_add_test(t, untouched_debug_image_holds);
	tcase_add_loop_test(t, debug_are_noticed, 0, (int)nr_debug_sabotage);
	tcase_add_loop_test(t, slab_debug_are_noticed, 0, (int)nr_slab_debug_sabotage);
	return t;
}

int main(void)
{
	Suite *s = suite_create("sabotage");
	TCase *t = tcase_create("rules");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, SECONDS);
	tcase_add_unchecked_fixture(t, image_load, image_unload);
	tcase_add_test(t, untouched_image_holds);
	tcase_add_test(t, every_rule_has_a_saboteur);
	tcase_add_test(t, a_guest_at_work_is_not_accused);
	tcase_add_loop_test(t, page_are_noticed, 0, (int)nr_page_sabotage);
	tcase_add_loop_test(t, table_are_noticed, 0, (int)nr_table_sabotage);
	tcase_add_loop_test(t, slab_are_noticed, 0, (int)nr_slab_sabotage);
	tcase_add_loop_test(t, vmalloc_are_noticed, 0, (int)nr_vmalloc_sabotage);
	tcase_add_loop_test(t, device_are_noticed, 0, (int)nr_device_sabotage);
	tcase_add_loop_test(t, thread_are_noticed, 0, (int)nr_thread_sabotage);
	tcase_add_loop_test(t, sched_are_noticed, 0, (int)nr_sched_sabotage);
	suite_add_tcase(s, t);
	suite_add_tcase(s, debug_tests());
	suite_add_tcase(s, robust_tests());
	suite_add_tcase(s, program_tests());
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
