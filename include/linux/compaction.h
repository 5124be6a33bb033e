/* SPDX-License-Identifier: MIT */
/*
 * compaction.h - large blocks out of scattered free pages: what can move makes room (guest/mm/compaction.c).
 */
#ifndef _LINUX_COMPACTION_H
#define _LINUX_COMPACTION_H

#include <linux/gfp.h>
#include <linux/mmzone.h>

/** enum compact_priority - how hard to try; the smaller, the harder. */
enum compact_priority {
	COMPACT_PRIO_SYNC_FULL = 0,
	MIN_COMPACT_PRIORITY = COMPACT_PRIO_SYNC_FULL,
	COMPACT_PRIO_SYNC_LIGHT,
	MIN_COMPACT_COSTLY_PRIORITY = COMPACT_PRIO_SYNC_LIGHT,
	DEF_COMPACT_PRIORITY = COMPACT_PRIO_SYNC_LIGHT,
	COMPACT_PRIO_ASYNC,
	INIT_COMPACT_PRIORITY = COMPACT_PRIO_ASYNC
};

/** enum compact_result - what came of it; of several zones the largest counts. */
enum compact_result {
	COMPACT_NOT_SUITABLE_ZONE, /* free memory is not what is scattered here */
	COMPACT_SKIPPED,           /* too little is free to move anything: reclaim first */
	COMPACT_DEFERRED,          /* failed lately: not tried */
	COMPACT_NO_SUITABLE_PAGE,
	COMPACT_CONTINUE,        /* worth trying */
	COMPACT_COMPLETE,        /* all of the zone was gone through, and there is no such block */
	COMPACT_PARTIAL_SKIPPED, /* the rest of it was */
	COMPACT_CONTENDED,       /* would have had to wait */
	COMPACT_SUCCESS          /* there is a block */
};

/* After a failure, 1 << compact_defer_shift further requests are turned away. */
#define COMPACT_MAX_DEFER_SHIFT 6

/** compact_gap - pages that must be free beyond the mark, so that there is room to move things to */
static inline unsigned long compact_gap(unsigned int order)
{
	return 2UL << order;
}

/** compaction_made_progress, _failed, _needs_reclaim, _withdrawn - what a result means to who asked */
static inline bool compaction_made_progress(enum compact_result result)
{
	return result == COMPACT_SUCCESS;
}

static inline bool compaction_failed(enum compact_result result)
{
	return result == COMPACT_COMPLETE;
}

static inline bool compaction_needs_reclaim(enum compact_result result)
{
	return result == COMPACT_SKIPPED;
}

static inline bool compaction_withdrawn(enum compact_result result)
{
	return result == COMPACT_DEFERRED || result == COMPACT_CONTENDED || result == COMPACT_PARTIAL_SKIPPED;
}

/**
 * try_to_compact_pages - make a block of 2^@order pages in one of the zones that @gfp allows
 *
 * Nothing is done without __GFP_IO. Without __GFP_FS only anonymous pages are moved. The block is left to whoever is first.
 * Context: task, may sleep. Return: what came of it.
 */
enum compact_result try_to_compact_pages(gfp_t gfp, unsigned int order, enum compact_priority prio);

/**
 * compaction_suitable - could a block of @order be made in @zone now?
 * @highest: the highest zone that the request may use, for its reserve
 * Return: COMPACT_SUCCESS: there is one; COMPACT_CONTINUE: yes; COMPACT_SKIPPED: not enough is free.
 */
enum compact_result compaction_suitable(const struct zone *zone, unsigned int order, enum zone_type highest);

/** compaction_zonelist_suitable - would it be worth trying if everything that can be reclaimed were free? */
bool compaction_zonelist_suitable(gfp_t gfp, unsigned int order);

/** compaction_defer_reset - a block of @order was allocated from @zone: what failed lately does not count any more */
void compaction_defer_reset(struct zone *zone, unsigned int order, bool alloc_success);

/** compact_memory - compact all zones, wholly. Context: task, may sleep. */
void compact_memory(void);

/** wakeup_kcompactd - a block of @order is wanted: let the thread see to it. Context: any where one may wake. */
void wakeup_kcompactd(unsigned int order, enum zone_type highest);

/** kcompactd_run - start the thread. Context: task, once. */
void kcompactd_run(void);

#endif
