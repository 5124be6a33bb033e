/* SPDX-License-Identifier: MIT */
/*
 * rcu.h - callbacks that wait for a grace period, as the guest keeps them and the inspector reads them.
 *
 * Each CPU has three lists, in the order in which a callback goes through them; each is a chain of callback_head.next
 * that ends with 0, and @tail points at the last link (or at the list's own head while it is empty).
 *
 *   next   called for since the last grace period was asked for
 *   wait   their grace period has number @wait_gp
 *   done   it is over: the softirq calls them
 *
 * @lock.seq is odd while the CPU changes its lists (only the CPU itself does, with interrupts off); the lock itself is
 * never taken. A callback that is being called is on no list any more.
 */
#ifndef MMV_SHARED_RCU_H
#define MMV_SHARED_RCU_H

#include "shared/types.h"

struct callback_head;
typedef void callback_fn(struct callback_head *head);

/** struct callback_head - something to be called later, for instance after a grace period. Usually inside an object. */
struct callback_head {
	GPTR(struct callback_head) next;
	GPTR(callback_fn) func;
};
MMV_SIZE(struct callback_head, 16);

enum rcu_list { RCU_NEXT, RCU_WAIT, RCU_DONE, RCU_LISTS };

/** struct rcu_cpu - one CPU's callbacks (p). @pending: how many are on its lists */
struct rcu_cpu {
	struct mm_lock lock;
	struct rcu_chain {
		GPTR(struct callback_head) head;
		GPTR(GPTR(struct callback_head)) tail;
		uint64_t nr;
	} lists[RCU_LISTS];
	uint64_t wait_gp;
	uint64_t called; /* callbacks called since boot */
};

/**
 * struct rcu_state - the grace periods, for all CPUs
 * @latest:    number of the one under way, or of the last one
 * @completed: number of the last one that is over; equal to @latest: none is under way
 * @wanted:    highest number that somebody waits for
 * @waiting:   a bit for each CPU that has not yet been outside all readers since @latest began
 */
struct rcu_state {
	struct mm_lock lock;
	uint64_t latest;
	uint64_t completed;
	uint64_t wanted;
	uint64_t waiting;
};

#endif
