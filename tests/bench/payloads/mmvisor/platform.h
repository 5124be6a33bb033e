/* SPDX-License-Identifier: MIT */
/*
 * platform.h - what ops.c needs of the kernel it measures; this one: mmvisor's guest. The other: ../linux/platform.h.
 */
#ifndef BENCH_PLATFORM_H
#define BENCH_PLATFORM_H

#include <kunit/test.h>
#include <linux/device.h>
#include <linux/jiffies.h>

/* A batch that an interrupt came into is not counted; ticks stand for them. */
#define bench_ticks() cpu_timer_ticks(raw_smp_processor_id())

/* A device for what devices need; NULL if it cannot be had. */
static struct device *bench_device(void)
{
	static struct device dev;

	return device_register(&dev) ? NULL : &dev;
}
#define bench_device_done(dev) device_unregister(dev)

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
