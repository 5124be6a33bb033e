/* SPDX-License-Identifier: MIT */
/*
 * fault-inject.h - failures on purpose, so that the paths behind them are walked before somebody needs them.
 *
 * A struct fault_attr says how often; whoever can fail asks should_fail(). Boot arguments set the ones that the allocators ask:
 *
 *     fail_page_alloc=<interval>,<probability>,<space>,<times>
 *
 * In both kernels. Which calls fail follows from the run's seed and the order of the questions.
 */
#ifndef _LINUX_FAULT_INJECT_H
#define _LINUX_FAULT_INJECT_H

#include <linux/atomic.h>
#include <linux/types.h>

struct task_struct;

/**
 * struct fault_attr - how often to fail
 * @probability: of 100; 0: never
 * @interval:    only every so-manieth question may fail
 * @times:       failures left; -1: no end
 * @space:       "size" that must be asked for first
 * @verbose:     0 fail silently, 1 with a line, 2 with a stack trace; ten reports for each boot
 * @task:        only what this task asks outside interrupts; NULL: everybody
 */
struct fault_attr {
	unsigned long probability;
	unsigned long interval;
	atomic_t times;
	atomic_t space;
	unsigned long verbose;
	struct task_struct *task;
	/* private: */
	const char *name;
	u32 count;
	u32 rolls;
	u32 said;
};

#define FAULT_ATTR_INITIALIZER                                                                                         \
	{                                                                                                              \
		.interval = 1, .times = ATOMIC_INIT(1), .verbose = 2                                                   \
	}
#define DECLARE_FAULT_ATTR(attr_name)                                                                                  \
	struct fault_attr attr_name = {.interval = 1, .times = ATOMIC_INIT(1), .verbose = 2, .name = #attr_name}

enum fault_flags {
	FAULT_NOWARN = 1, /* whatever @verbose says */
};

/**
 * setup_fault_attr - "<interval>,<probability>,<space>,<times>"
 * Return: 1; 0 if @str is not that, then @attr is unchanged.
 */
int setup_fault_attr(struct fault_attr *attr, const char *str);

bool should_fail_slow(struct fault_attr *attr, long size, int flags);

/** should_fail_ex - shall this one fail? Context: any. */
static inline bool should_fail_ex(struct fault_attr *attr, long size, int flags)
{
	return unlikely(attr->probability) && should_fail_slow(attr, size, flags);
}

static inline bool should_fail(struct fault_attr *attr, long size)
{
	return should_fail_ex(attr, size, 0);
}

/** fault_inject_seed - what the dice start from */
void fault_inject_seed(u64 seed);

#endif
