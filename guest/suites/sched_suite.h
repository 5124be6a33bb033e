/* SPDX-License-Identifier: MIT */
/*
 * sched_suite.h - what the suites of scheduling, interrupts and timers share: patience, and where they are.
 */
#ifndef GUEST_SUITES_SCHED_SUITE_H
#define GUEST_SUITES_SCHED_SUITE_H

#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/smp.h>

#define PATIENCE (20 * HZ)

/* Wait until it is so, or far too long. */
#define UNTIL(cond)                                                                                                    \
	({                                                                                                             \
		unsigned long __end = jiffies + PATIENCE;                                                              \
		while (!(cond) && time_before(jiffies, __end))                                                         \
			schedule_timeout_uninterruptible(1);                                                           \
		!!(cond);                                                                                              \
	})

/** this_cpu - the one it runs on just now, and perhaps not any more. */
static inline unsigned int this_cpu(void)
{
	unsigned int cpu = get_cpu();

	put_cpu();
	return cpu;
}

#endif
