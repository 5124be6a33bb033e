/* SPDX-License-Identifier: MIT */
/*
 * oom.h - what the OOM killer did, as the guest keeps it and the inspector reads it.
 *
 * Letters behind a field: see mm.h; (K) under the guest's oom_lock.
 */
#ifndef MMV_SHARED_OOM_H
#define MMV_SHARED_OOM_H

#include "shared/task.h"
#include "shared/types.h"

/* Kills that are remembered: the last ones. */
#define OOM_EVENTS 32

/**
 * struct oom_event - one kill
 * @tsc: when
 * @gfp, @order: the request that could not be served
 * @free: pages free in all zones at that moment
 * @points: the victim's badness; what it had: @rss, @swap pages, @tables of page tables
 */
struct oom_event {
	uint64_t tsc;
	int32_t pid;
	int32_t order;
	uint32_t gfp;
	int32_t adj;
	char comm[TASK_COMM_LEN];
	uint64_t free, points, rss, swap, tables;
};

/**
 * struct mm_oom - everything; hangs on mm_root
 * @victims: threads that are chosen and not gone
 * @reaped:  pages that were taken from victims before they ended by themselves
 * @notified: pages that notifiers said they freed instead
 * @event:   the nth kill is event[n % OOM_EVENTS], @kills of them so far
 */
struct mm_oom {
	uint32_t victims;                   /* (a) */
	uint32_t disabled;                  /* (K) */
	uint64_t invoked;                   /* (K) calls of out_of_memory() */
	uint64_t kills;                     /* (K) */
	uint64_t reaped;                    /* (a) */
	uint64_t notified;                  /* (K) */
	struct oom_event event[OOM_EVENTS]; /* (K) */
};

#endif
