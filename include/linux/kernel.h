/* SPDX-License-Identifier: MIT */
/*
 * kernel.h - what nearly all kernel code expects to find here.
 */
#ifndef _LINUX_KERNEL_H
#define _LINUX_KERNEL_H

#include <stdarg.h>
#include <linux/align.h>
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/kconfig.h>
#include <linux/kstrtox.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/panic.h>
#include <linux/printk.h>
#include <linux/sprintf.h>
#include <linux/stddef.h>
#include <linux/stringify.h>
#include <linux/types.h>

#define ARRAY_SIZE(arr) (sizeof(arr) / sizeof((arr)[0]) + __must_be_array(arr))
#define upper_32_bits(n) ((u32)(((u64)(n)) >> 32))
#define lower_32_bits(n) ((u32)((n)&0xffffffff))
#define PTR_IF(cond, ptr) ((cond) ? (ptr) : NULL)
#define u64_to_user_ptr(x) ((void *)(uintptr_t)(x))
#define REPEAT_BYTE(x) ((~0ul / 0xff) * (x))

/* How far the kernel is; sleeping checks mean something from SYSTEM_RUNNING on. */
enum system_states { SYSTEM_BOOTING, SYSTEM_SCHEDULING, SYSTEM_RUNNING, SYSTEM_HALT };
extern enum system_states system_state;

/** might_sleep - complain (with a stack trace, failing the running test) if the caller may not sleep here */
#define might_sleep() __might_sleep(__FILE__, __LINE__)
#define might_sleep_if(cond)                                                                                           \
	do {                                                                                                           \
		if (cond)                                                                                              \
			might_sleep();                                                                                 \
	} while (0)
/** cant_sleep - complain if the caller might be able to sleep: it relies on not being preempted */
#define cant_sleep() __cant_sleep(__FILE__, __LINE__)
/**
 * non_block_start, non_block_end - the running thread may be preempted in between, but not wait for anything
 *
 * They nest. might_sleep() and allocations that may sleep complain.
 */
void non_block_start(void);
void non_block_end(void);
void __might_sleep(const char *file, int line);
void __cant_sleep(const char *file, int line);

#include <linux/bug.h>

#endif
