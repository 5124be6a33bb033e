/* SPDX-License-Identifier: MIT */
/* delay.h - waiting for time to pass: msleep() gives the CPU away (task context), udelay() burns it (any context). */
#ifndef _LINUX_DELAY_H
#define _LINUX_DELAY_H

#include <linux/types.h>

void msleep(unsigned int msecs);
unsigned long msleep_interruptible(unsigned int msecs);
/** usleep_range - sleep at least @min microseconds; less than a tick is waited for, not slept */
void usleep_range(unsigned long min, unsigned long max);
void ndelay(unsigned long nsecs);
void udelay(unsigned long usecs);
void mdelay(unsigned long msecs);
#define fsleep(usecs) usleep_range(usecs, 2 * (usecs))

static inline void ssleep(unsigned int seconds)
{
	msleep(seconds * 1000);
}

#endif
