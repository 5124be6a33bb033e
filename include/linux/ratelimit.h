/* SPDX-License-Identifier: MIT */
/*
 * ratelimit.h - at most so many messages in so much time.
 *
 * Context: any. Two CPUs that ask at once may both be let through.
 */
#ifndef _LINUX_RATELIMIT_H
#define _LINUX_RATELIMIT_H

#include <linux/jiffies.h>
#include <linux/types.h>

/**
 * struct ratelimit_state - @burst in @interval ticks
 * @missed: refused since the last one that was let through
 */
struct ratelimit_state {
	int interval;
	int burst;
	int printed;
	int missed;
	unsigned long begin;
};

#define RATELIMIT_STATE_INIT(name, interval_init, burst_init)                                                          \
	{                                                                                                              \
		.interval = (interval_init), .burst = (burst_init)                                                     \
	}
#define DEFINE_RATELIMIT_STATE(name, interval_init, burst_init)                                                        \
	struct ratelimit_state name = RATELIMIT_STATE_INIT(name, interval_init, burst_init)
#define DEFAULT_RATELIMIT_INTERVAL (5 * HZ)
#define DEFAULT_RATELIMIT_BURST 10

/** __ratelimit - may one more be printed? If so, rs->missed says how many were refused before it. */
static inline bool __ratelimit(struct ratelimit_state *rs)
{
	unsigned long now = jiffies;

	if (!rs->begin || time_after(now, rs->begin + (unsigned long)rs->interval)) {
		rs->begin = now ? now : 1;
		rs->printed = 0;
	}
	if (rs->printed >= rs->burst) {
		rs->missed++;
		return false;
	}
	rs->printed++;
	return true;
}

/** ratelimit_state_reset - forget what was printed. */
static inline void ratelimit_state_reset(struct ratelimit_state *rs)
{
	rs->begin = 0;
	rs->printed = 0;
	rs->missed = 0;
}

#endif
