/* SPDX-License-Identifier: MIT */
/*
 * reclaim.h - what the files that get memory back share.
 *
 *   lru.c         the lists
 *   workingset.c  how soon what was evicted is wanted again
 *   vmscan.c      which pages go, and their way out; direct reclaim
 *   kswapd.c      the thread that does it beforehand
 *   shrinker.c    caches of others that can be made smaller
 *   page_slow.c   who asks for all of it: the page allocator when nothing is left
 *
 * Lock order: reclaim takes page locks, i_pages locks and anon_vma locks by itself, and the LRU's lock inside none of them but with
 * any of them held.
 */
#ifndef GUEST_MM_RECLAIM_H
#define GUEST_MM_RECLAIM_H

#include <linux/list.h>
#include <linux/swap.h>

#include "internal.h"

/* Rounds without progress after which a request, or kswapd, gives up. */
#define MAX_RECLAIM_RETRIES 16
/* Reclaim begins by looking at size >> DEF_PRIORITY pages of each list. */
#define DEF_PRIORITY 12

/* ---- lru.c ---- */

/** page_evictable - may the page be got back, as far as it is known? */
bool page_evictable(const struct page *page);

/**
 * isolate_lru_pages - take pages off the end of a list, onto @pages, each with a reference
 * @highest: pages of higher zones go to the front instead
 * @nr_scanned: out: pages looked at that are of use
 * Return: how many.
 */
unsigned long isolate_lru_pages(enum lru_list lru, unsigned long nr_to_scan, enum zone_type highest,
				struct list_head *pages, unsigned long *nr_scanned);
/** putback_lru_pages - all pages of a list of one's own to where they belong; the references are kept. */
void putback_lru_pages(struct list_head *pages);
/** lru_page_release - the last reference of a page is gone: off its list. Context: any. */
void lru_page_release(struct page *page);
/** lru_drain_waiting - all CPUs' batches are emptied. Context: task, may sleep. Return: did anything wait there? */
bool lru_drain_waiting(void);
/** lruvec_lru_size - pages on a list that lie in zones up to @highest */
unsigned long lruvec_lru_size(enum lru_list lru, enum zone_type highest);
/** lru_note_cost - it cost I/O, or will, to get @pages of a kind back */
void lru_note_cost(bool file, unsigned long pages);

/* ---- vmscan.c ---- */

/**
 * struct reclaim_stat - what a stretch of pages was like
 * @dirty: of files; @unqueued_dirty: of those, nobody writes them yet
 * @writeback: being written; @immediate: of those, for reclaim's sake, and they came round again
 */
struct reclaim_stat {
	unsigned long dirty, unqueued_dirty, writeback, immediate, file_taken, taken;
};

/**
 * struct scan_control - one attempt to get memory back
 * @priority: size >> priority pages of each list are looked at
 * @highest:  the highest zone whose pages are of use
 * @may_swap: anonymous pages too
 * @force_deactivate: active pages go down whatever the inactive list has
 * @skipped_deactivate: out: forcing it might bring something
 * @stat:     of the node, at this priority
 */
struct scan_control {
	gfp_t gfp;
	unsigned int order;
	int priority;
	enum zone_type highest;
	unsigned long nr_to_reclaim, nr_scanned, nr_reclaimed;
	bool may_writepage, may_swap, kswapd, force_deactivate, skipped_deactivate;
	struct reclaim_stat stat;
};

/** shrink_node - one round at a priority: the lists, then the caches of others */
void shrink_node(struct scan_control *sc);
/** reclaim_idle - memory that nobody uses though it is not free: empty slabs, vfree()s that wait. Return: pages. Context: task. */
unsigned long reclaim_idle(void);
/** zone_reclaimable_pages - pages of a zone on lists that can be got back */
unsigned long zone_reclaimable_pages(const struct zone *zone);

enum throttle_reason { THROTTLE_WRITEBACK, THROTTLE_ISOLATED, THROTTLE_NOPROGRESS };
/** reclaim_throttle - wait a little, until somebody got on or the time of the reason is over. Context: task. */
void reclaim_throttle(enum throttle_reason reason);
/** reclaim_unthrottle - somebody got on. Context: any. */
void reclaim_unthrottle(void);

/* ---- shrink_page.c ---- */

/**
 * shrink_page_list - free what can be freed of isolated pages; what cannot stays on the list
 * @stat: added to
 * Return: pages freed.
 */
unsigned long shrink_page_list(struct list_head *pages, const struct scan_control *sc, struct reclaim_stat *stat);

/* ---- shrinker.c ---- */

/** shrink_slab - every shrinker, at a priority. Return: objects freed. Context: task, may sleep. */
unsigned long shrink_slab(gfp_t gfp, int priority);

/* ---- kswapd.c ---- */

/** wakeup_kswapd - a request of @order for zones up to @highest found the low mark missed. Context: any. */
void wakeup_kswapd(gfp_t gfp, unsigned int order, enum zone_type highest);
/** kswapd_throttle - a user of memory waits while even kswapd's reserve is running out. Context: task, may sleep. */
void kswapd_throttle(gfp_t gfp);
/** boost_watermark - mobilities were mixed: the marks rise until kswapd has made room. Needs: the zone's lock. */
void boost_watermark(struct zone *zone);

#endif
