// SPDX-License-Identifier: MIT
/*
 * stuck.c - comes to nothing in several ways at once: a thread sleeps with a mutex, another waits for it, and on the second CPU an
 * interrupt with a lock spins on top of a thread that holds another. The watchdog must show all of it.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

static struct mutex stuck_mutex;
static spinlock_t task_lock, irq_lock;
static bool in_section;

static int holder(void *unused)
{
	(void)unused;
	mutex_lock(&stuck_mutex);
	msleep(1000000);
	mutex_unlock(&stuck_mutex);
	return 0;
}

static int waiter(void *unused)
{
	(void)unused;
	mutex_lock(&stuck_mutex);
	mutex_unlock(&stuck_mutex);
	return 0;
}

static noinline void spins_in_irq(void *unused)
{
	(void)unused;
	spin_lock(&irq_lock);
	for (;;)
		cpu_relax();
}

static noinline int is_interrupted(void *unused)
{
	(void)unused;
	spin_lock(&task_lock);
	WRITE_ONCE(in_section, true);
	for (;;)
		cpu_relax();
	return 0;
}

static void gets_stuck(struct kunit *test)
{
	struct task_struct *task;

	mutex_init(&stuck_mutex);
	spin_lock_init(&task_lock);
	spin_lock_init(&irq_lock);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, kthread_run(holder, NULL, "holder"));
	while (!mutex_is_locked(&stuck_mutex))
		msleep(1);
	task = kthread_run_on_cpu(waiter, NULL, 0, "waiter/%u");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	/* Until it waits, for good. */
	while (READ_ONCE(task->__state) == TASK_RUNNING)
		msleep(1);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, kthread_run_on_cpu(is_interrupted, NULL, 1, "victim/%u"));
	while (!READ_ONCE(in_section))
		msleep(1);
	smp_call_function_single(1, spins_in_irq, NULL, 1);
}

static struct kunit_case cases[] = {KUNIT_CASE(gets_stuck), {}};
static struct kunit_suite suite = {.name = "stuck", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
