// SPDX-License-Identifier: MIT
/*
 * debug.c - suite: what reports are made of: kept stacks, and failures on purpose.
 */
#include <linux/fault-inject.h>
#include <linux/stackdepot.h>
#include <linux/stacktrace.h>

#include "mm_suite.h"

#define DEPTH 12

/* ---- traces ---- */

static noinline unsigned int trace_inner(unsigned long *store, unsigned int skip)
{
	return stack_trace_save(store, DEPTH, skip);
}

static noinline unsigned int trace_outer(unsigned long *store, unsigned int skip)
{
	unsigned int nr = trace_inner(store, skip);

	barrier();
	return nr;
}

static bool lies_in(unsigned long addr, const void *fn)
{
	return addr - (unsigned long)fn < 256;
}

static void trace_names_callers(struct kunit *test)
{
	unsigned long all[DEPTH], skipped[DEPTH];
	unsigned int nr = trace_outer(all, 0);

	KUNIT_ASSERT_GE(test, nr, 3U);
	KUNIT_EXPECT_TRUE(test, lies_in(all[0], trace_inner));
	KUNIT_EXPECT_TRUE(test, lies_in(all[1], trace_outer));
	KUNIT_EXPECT_TRUE(test, lies_in(all[2], trace_names_callers));
	KUNIT_ASSERT_EQ(test, trace_outer(skipped, 1), nr - 1);
	KUNIT_EXPECT_TRUE(test, lies_in(skipped[0], trace_outer));
	KUNIT_EXPECT_EQ(test, stack_trace_save(all, 1, 0), 1U);
}

static unsigned long from_irq[DEPTH];
static unsigned int nr_from_irq;

static void trace_in_irq(void *unused)
{
	(void)unused;
	nr_from_irq = stack_trace_save(from_irq, DEPTH, 0);
}

static void trace_in_interrupt(struct kunit *test)
{
	unsigned int cpu = nr_cpu_ids - 1;

	nr_from_irq = 0;
	KUNIT_ASSERT_EQ(test, smp_call_function_single((int)cpu, trace_in_irq, NULL, 1), 0);
	KUNIT_ASSERT_GE(test, nr_from_irq, 2U);
	KUNIT_EXPECT_TRUE(test, lies_in(from_irq[0], trace_in_irq));
}

/* ---- depot ---- */

static void depot_keeps_one(struct kunit *test)
{
	unsigned long a[4] = {0xffffffff80000010, 0xffffffff81234567, 0xffffffffa0001000,
			      (unsigned long)depot_keeps_one};
	unsigned long copy[8], *fetched;
	depot_stack_handle_t first = stack_depot_save(a, 4, GFP_KERNEL);
	depot_stack_handle_t other;

	if (!mm_root.debug) {
		KUNIT_EXPECT_EQ(test, first, 0U);
		KUNIT_EXPECT_EQ(test, stack_depot_copy(17, copy, 4), 0U);
		return;
	}
	KUNIT_ASSERT_NE(test, first, 0U);
	KUNIT_EXPECT_EQ(test, stack_depot_save(a, 4, GFP_ATOMIC), first);
	other = stack_depot_save(a, 3, 0);
	KUNIT_EXPECT_NE(test, other, first);
	KUNIT_EXPECT_EQ(test, stack_depot_copy(first, copy, ARRAY_SIZE(copy)), 4U);
	KUNIT_EXPECT_MEMEQ(test, copy, a, sizeof(a));
	KUNIT_EXPECT_EQ(test, stack_depot_copy(first, copy, 2), 2U);
	preempt_disable();
	KUNIT_EXPECT_EQ(test, stack_depot_fetch(other, &fetched), 3U);
	KUNIT_EXPECT_MEMEQ(test, fetched, a, 3 * sizeof(a[0]));
	preempt_enable();
	KUNIT_EXPECT_EQ(test, stack_depot_save(a, 0, 0), 0U);
}

static void depot_refuses_nonsense(struct kunit *test)
{
	unsigned long copy[4];

	KUNIT_EXPECT_EQ(test, stack_depot_copy(0, copy, 4), 0U);
	KUNIT_EXPECT_EQ(test, stack_depot_copy(1, copy, 4), 0U);
	KUNIT_EXPECT_EQ(test, stack_depot_copy(~0U, copy, 4), 0U);
	KUNIT_EXPECT_EQ(test, stack_depot_copy(1U << 30, copy, 4), 0U);
}

/* All CPUs come with the same few stacks: each must be found under one handle by all of them. */
#define SHARED_STACKS 24
static depot_stack_handle_t shared_handles[SHARED_STACKS];

static void depot_worker(struct mm_worker *w)
{
	for (unsigned int i = 0; i < 4 * SHARED_STACKS; i++) {
		unsigned int which = mm_below(&w->rnd, SHARED_STACKS);
		unsigned long entries[3] = {0xffffffff90000000 + which, 0xffffffff90001000, 0xffffffff90002000 + which};
		depot_stack_handle_t h = stack_depot_save(entries, 3, 0);
		depot_stack_handle_t seen = 0;

		if (!try_cmpxchg(&shared_handles[which], &seen, h) && seen != h)
			w->errors++;
	}
}

static void depot_on_all_cpus(struct kunit *test)
{
	memset(shared_handles, 0, sizeof(shared_handles));
	mm_on_all_cpus(test, depot_worker);
	for (unsigned int i = 0; mm_root.debug && i < SHARED_STACKS; i++)
		for (unsigned int j = 0; shared_handles[i] && j < i; j++)
			KUNIT_EXPECT_NE(test, shared_handles[i], shared_handles[j]);
}

/* ---- failures on purpose ---- */

static DECLARE_FAULT_ATTR(fail_test);

static int debug_init(struct kunit *test)
{
	(void)test;
	fail_test = (struct fault_attr)FAULT_ATTR_INITIALIZER;
	fail_test.verbose = 0;
	return 0;
}

static unsigned int count_failures(unsigned int questions, long size)
{
	unsigned int failed = 0;

	while (questions--)
		failed += should_fail(&fail_test, size);
	return failed;
}

static void faults_never_unless_asked(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, count_failures(100, 1), 0U);
}

static void faults_by_interval_and_times(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, setup_fault_attr(&fail_test, "4,100,0,-1"), 1);
	KUNIT_EXPECT_EQ(test, count_failures(3, 1), 0U);
	KUNIT_EXPECT_EQ(test, count_failures(1, 1), 1U);
	KUNIT_EXPECT_EQ(test, count_failures(40, 1), 10U);
	KUNIT_ASSERT_EQ(test, setup_fault_attr(&fail_test, "1,100,0,3"), 1);
	KUNIT_EXPECT_EQ(test, count_failures(10, 1), 3U);
	KUNIT_EXPECT_EQ(test, atomic_read(&fail_test.times), 0);
}

static void faults_after_space(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, setup_fault_attr(&fail_test, "1,100,1000,-1"), 1);
	KUNIT_EXPECT_EQ(test, count_failures(3, 300), 0U);
	KUNIT_EXPECT_EQ(test, count_failures(2, 300), 2U);
}

static void faults_by_probability(struct kunit *test)
{
	unsigned int failed;

	KUNIT_ASSERT_EQ(test, setup_fault_attr(&fail_test, "1,30,0,-1"), 1);
	failed = count_failures(1000, 1);
	/* 300 +- 14.5: seven times that is luck that nobody has. */
	KUNIT_EXPECT_GT(test, failed, 200U);
	KUNIT_EXPECT_LT(test, failed, 400U);
}

static int ask_once(void *data)
{
	struct completion *done = data;
	bool failed = should_fail(&fail_test, 1);

	complete(done);
	return failed;
}

static void faults_of_one_task(struct kunit *test)
{
	DECLARE_COMPLETION_ONSTACK(done);
	struct task_struct *t;

	KUNIT_ASSERT_EQ(test, setup_fault_attr(&fail_test, "1,100,0,1"), 1);
	fail_test.task = current;
	t = kthread_run(ask_once, &done, "ask");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t);
	wait_for_completion(&done);
	KUNIT_EXPECT_EQ(test, atomic_read(&fail_test.times), 1);
	KUNIT_EXPECT_EQ(test, count_failures(2, 1), 1U);
}

static void faults_refuse_nonsense(struct kunit *test)
{
	static const char *const bad[] = {"",          "1",        "1,2,3",    "1,2,3,4,5",        "a,1,1,1",
					  "1,101,0,1", "-1,1,0,1", "1,1,0,1x", "1,1,0,99999999999"};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, setup_fault_attr(&fail_test, bad[i]), 0, "%s", bad[i]);
	KUNIT_EXPECT_EQ(test, fail_test.probability, 0UL);
}

static struct kunit_case debug_cases[] = {
	KUNIT_CASE(trace_names_callers),
	KUNIT_CASE(trace_in_interrupt),
	KUNIT_CASE(depot_keeps_one),
	KUNIT_CASE(depot_refuses_nonsense),
	KUNIT_CASE(depot_on_all_cpus),
	KUNIT_CASE(faults_never_unless_asked),
	KUNIT_CASE(faults_by_interval_and_times),
	KUNIT_CASE(faults_after_space),
	KUNIT_CASE(faults_by_probability),
	KUNIT_CASE(faults_of_one_task),
	KUNIT_CASE(faults_refuse_nonsense),
	{},
};

static struct kunit_suite debug_suite = {
	.name = "debug",
	.init = debug_init,
	.test_cases = debug_cases,
};
kunit_test_suite(debug_suite);
