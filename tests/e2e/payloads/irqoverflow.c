// SPDX-License-Identifier: MIT
/*
 * irqoverflow.c - an interrupt handler that calls itself until the interrupt stack is full, on the second CPU.
 */
#include <kunit/test.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/smp.h>

static unsigned int depth;
static bool there;

static noinline int digs_in_irq(volatile int *above)
{
	volatile int here[16] = {*above};

	/* A bound that no stack is deep enough for. */
	return ++depth < 1000000 ? digs_in_irq(here) + here[depth % 16] : 0;
}

static void handler(void *unused)
{
	volatile int top = 1;

	(void)unused;
	depth = (unsigned int)digs_in_irq(&top);
}

static noinline int is_interrupted(void *unused)
{
	(void)unused;
	WRITE_ONCE(there, true);
	while (!kthread_should_stop())
		cpu_relax();
	return 0;
}

static void overflows(struct kunit *test)
{
	struct task_struct *task = kthread_run_on_cpu(is_interrupted, NULL, 1, "victim/%u");

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	/* Its CPU may have switched to it, and not be in its function yet. */
	while (!READ_ONCE(there))
		cpu_relax();
	smp_call_function_single(1, handler, NULL, 1);
	KUNIT_FAIL(test, "survived");
}

static struct kunit_case cases[] = {KUNIT_CASE(overflows), {}};
static struct kunit_suite suite = {.name = "irqoverflow", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
