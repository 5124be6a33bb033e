/* SPDX-License-Identifier: MIT */
/*
 * platform.h - what ops.c needs of the kernel it measures; this one: Linux. The other: ../mmvisor/platform.h.
 */
#ifndef BENCH_PLATFORM_H
#define BENCH_PLATFORM_H

#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/platform_device.h>
#include <linux/sched.h>
#include <asm/msr.h>

/* A batch that an interrupt came into is not counted; ticks stand for them. */
#define bench_ticks() jiffies

/* A device for what devices need; NULL if it cannot be had. */
static struct platform_device *bench_pdev;

static struct device *bench_device(void)
{
	bench_pdev = platform_device_register_simple("bench", -1, NULL, 0);
	return IS_ERR(bench_pdev) ? NULL : &bench_pdev->dev;
}
#define bench_device_done(dev) platform_device_unregister(bench_pdev)

/* Memory of a user: whoever loads the module is one. */
#define bench_mm_begin() (current->mm)
#define bench_mm_end(mm) ((void)(mm))

/* Once, when the module is loaded. Some of what it calls is for modules under the GPL only. */
#define BENCH_MODULE(fn)                                                                                               \
	static int __init measure(void)                                                                                \
	{                                                                                                              \
		return fn();                                                                                           \
	}                                                                                                              \
	module_init(measure);                                                                                          \
	static void __exit leave(void)                                                                                 \
	{                                                                                                              \
	}                                                                                                              \
	module_exit(leave);                                                                                            \
	MODULE_LICENSE("Dual MIT/GPL")

#endif
