// SPDX-License-Identifier: MIT
/*
 * kunit.c - suites about the test runner itself.
 *
 * "kunit" must pass. "kunit_selftest_fail" holds one case for each way to fail, and one that passes: it runs only when asked
 * for by name, and its result must be exactly 1 passed, 6 failed, 1 skipped: a runner that cannot fail proves nothing.
 */
#include <kunit/test-bug.h>
#include <linux/completion.h>
#include <linux/kthread.h>

static unsigned int order[4];
static unsigned int nr_order;

static void note(void *ctx)
{
	order[nr_order++ % ARRAY_SIZE(order)] = (unsigned int)(unsigned long)ctx;
}

static void registers_actions(struct kunit *test)
{
	nr_order = 0;
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, note, (void *)1), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, note, (void *)2), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, note, (void *)3), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, note, (void *)4), 0);
	kunit_remove_action(test, note, (void *)2);
	KUNIT_EXPECT_EQ(test, nr_order, 0U);
	kunit_release_action(test, note, (void *)3);
	KUNIT_EXPECT_EQ(test, nr_order, 1U);
	KUNIT_EXPECT_EQ(test, order[0], 3U);
}

/* Relies on the case before it: what that one registered was undone, the newest first. */
static void actions_ran_in_reverse(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, nr_order, 3U);
	KUNIT_EXPECT_EQ(test, order[1], 4U);
	KUNIT_EXPECT_EQ(test, order[2], 1U);
}

static void memory_is_managed(struct kunit *test)
{
	u8 *p = kunit_kzalloc(test, 100, GFP_KERNEL);
	u32 *q = kunit_kcalloc(test, 10, sizeof(*q), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_NOT_NULL(test, q);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, 100));
	KUNIT_EXPECT_NULL(test, memchr_inv(q, 0, 10 * sizeof(*q)));
	KUNIT_EXPECT_NULL(test, kunit_kmalloc_array(test, SIZE_MAX / 2, 4, GFP_KERNEL));
	kunit_kfree(test, p);
}

static void knows_the_running_test(struct kunit *test)
{
	KUNIT_EXPECT_PTR_EQ(test, kunit_get_current_test(), test);
	KUNIT_EXPECT_STREQ(test, test->name, "knows_the_running_test");
}

static void evaluates_operands_once(struct kunit *test)
{
	int n = 0;

	KUNIT_EXPECT_EQ(test, ++n, 1);
	KUNIT_EXPECT_LT(test, n++, 2);
	KUNIT_EXPECT_TRUE(test, n++ == 2);
	KUNIT_EXPECT_EQ(test, n, 3);
}

static void compares_as_c_does(struct kunit *test)
{
	KUNIT_EXPECT_GT(test, -1, -2);
	/* An int beside an unsigned long is converted, as everywhere in C. */
	KUNIT_EXPECT_EQ(test, -1, ULONG_MAX);
	KUNIT_EXPECT_LE(test, (u8)255, 255);
	KUNIT_EXPECT_MEMEQ(test, "abc", "abd", 2);
	KUNIT_EXPECT_MEMNEQ(test, "abc", "abd", 3);
	KUNIT_EXPECT_STRNEQ(test, "a", "b");
	KUNIT_EXPECT_NOT_ERR_OR_NULL(test, test);
}

static void expected_warnings_are_fine(struct kunit *test)
{
	kunit_expect_warnings(test, 1);
	WARN(true, "this warning is expected\n");
}

static void expected_reports_are_fine(struct kunit *test)
{
	KUNIT_EXPECT_REPORT(test, "expected", WARN(true, "this report is expected\n"));
	for (int i = 0; i < 40; i++)
		KUNIT_EXPECT_REPORT(test, "the next", report_note("and the next one"));
}

static const struct pair {
	const char *name;
	int value, square;
} pairs[] = {{"one", 1, 1}, {"two", 2, 4}, {"three", 3, 9}};

KUNIT_ARRAY_PARAM_DESC(pairs, pairs, name);

static void takes_parameters(struct kunit *test)
{
	const struct pair *p = test->param_value;

	KUNIT_EXPECT_EQ(test, p->value * p->value, p->square);
	KUNIT_EXPECT_PTR_EQ(test, p, &pairs[test->param_index]);
}

static void can_be_skipped(struct kunit *test)
{
	kunit_skip(test, "to see a skip with its reason");
	KUNIT_FAIL(test, "a skipped case went on");
}

static struct kunit_case good_cases[] = {
	KUNIT_CASE(registers_actions),
	KUNIT_CASE(actions_ran_in_reverse),
	KUNIT_CASE(memory_is_managed),
	KUNIT_CASE(knows_the_running_test),
	KUNIT_CASE(evaluates_operands_once),
	KUNIT_CASE(compares_as_c_does),
	KUNIT_CASE(expected_warnings_are_fine),
	KUNIT_CASE(expected_reports_are_fine),
	KUNIT_CASE_PARAM(takes_parameters, pairs_gen_params),
	{},
};

static struct kunit_suite good_suite = {
	.name = "kunit",
	.test_cases = good_cases,
};

/* ---- each of these must fail, but for the first and the last ---- */

static bool went_on, exit_ran;

static int fail_init(struct kunit *test)
{
	exit_ran = false;
	return strcmp(test->name, "init_fails") ? 0 : -EINVAL;
}

static void fail_exit(struct kunit *test)
{
	(void)test;
	exit_ran = true;
}

static void passes(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, exit_ran);
}

static void expectation_fails(struct kunit *test)
{
	went_on = false;
	KUNIT_EXPECT_EQ_MSG(test, test->param_index, 1, "as it should");
	went_on = true;
}

static void assertion_ends_the_case(struct kunit *test)
{
	/* The expectation before let its case go on and its exit run; should that be wrong, this is no failure, and seen. */
	if (!went_on)
		return;
	KUNIT_ASSERT_STREQ(test, test->name, "something else");
	panic("an assertion failed and the case went on");
}

static void warning_fails(struct kunit *test)
{
	WARN_ON(test);
}

static void another_report_fails(struct kunit *test)
{
	KUNIT_EXPECT_REPORT(test, "this one", WARN(true, "that one\n"));
}

static void missing_warning_fails(struct kunit *test)
{
	kunit_expect_warnings(test, 1);
}

static void init_fails(struct kunit *test)
{
	(void)test;
	panic("init failed and the case ran");
}

static int fails_elsewhere(void *data)
{
	KUNIT_EXPECT_NULL(data, data);
	return 0;
}

static void failure_in_another_thread(struct kunit *test)
{
	struct task_struct *task = kthread_create(fails_elsewhere, test, "fails");

	if (IS_ERR(task))
		return;
	get_task_struct(task);
	wake_up_process(task);
	while (test->status == KUNIT_SUCCESS)
		cond_resched();
	kthread_stop(task);
	put_task_struct(task);
}

static struct kunit_case bad_cases[] = {
	KUNIT_CASE(passes),
	KUNIT_CASE(expectation_fails),
	KUNIT_CASE(assertion_ends_the_case),
	KUNIT_CASE(warning_fails),
	KUNIT_CASE(missing_warning_fails),
	KUNIT_CASE(another_report_fails),
	KUNIT_CASE(init_fails),
	KUNIT_CASE(failure_in_another_thread),
	KUNIT_CASE(can_be_skipped),
	{},
};

static struct kunit_suite bad_suite = {
	.name = "kunit_selftest_fail",
	.init = fail_init,
	.exit = fail_exit,
	.test_cases = bad_cases,
	.manual = true,
};

kunit_test_suites(&good_suite, &bad_suite);
