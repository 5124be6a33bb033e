/* SPDX-License-Identifier: MIT */
/*
 * platform.h - what ops.c needs of the kernel it measures; this one: mmvisor's guest. The other: ../linux/platform.h.
 */
#ifndef BENCH_PLATFORM_H
#define BENCH_PLATFORM_H

#include <kunit/test.h>
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/sched/mm.h>

/* A batch that an interrupt came into is not counted; ticks stand for them. */
#define bench_ticks() cpu_timer_ticks(raw_smp_processor_id())

/* A device for what devices need; NULL if it cannot be had. */
static struct device *bench_device(void)
{
	static struct device dev;

	return device_register(&dev) ? NULL : &dev;
}
#define bench_device_done(dev) device_unregister(dev)

/* Memory of a user, for the running thread. */
static struct mm_struct *bench_mm_begin(void)
{
	struct mm_struct *mm = mm_alloc();

	if (mm)
		kthread_use_mm(mm);
	return mm;
}

static void bench_mm_end(struct mm_struct *mm)
{
	if (!mm)
		return;
	kthread_unuse_mm(mm);
	mmput(mm);
}

/* Once, in a task. */
#define BENCH_MODULE(fn)                                                                                               \
	static void measure(struct kunit *test)                                                                        \
	{                                                                                                              \
		KUNIT_ASSERT_EQ(test, fn(), 0);                                                                        \
	}                                                                                                              \
	static struct kunit_case cases[] = {KUNIT_CASE(measure), {}};                                                  \
	static struct kunit_suite suite = {.name = "ops", .test_cases = cases};                                        \
	kunit_test_suite(suite);                                                                                       \
	MODULE_LICENSE("MIT")

#endif
