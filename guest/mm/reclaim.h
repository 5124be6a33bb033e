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
/** lruvec_lru_size - pages on a list that lie in zones up to @highest */
unsigned long lruvec_lru_size(enum lru_list lru, enum zone_type highest);
/** lru_note_cost - it cost I/O, or will, to get @pages of a kind back */
void lru_note_cost(bool file, unsigned long pages);

/* ---- swap ---- */

/** swap_room - slots of swap devices that are free */
static inline unsigned long swap_room(void)
{
	const struct swap_info *swaps = mm_root.swaps;
	unsigned long room = 0;

	for (unsigned int i = 0; swaps && i < MAX_SWAPFILES; i++)
		if (READ_ONCE(swaps[i].flags) & SWP_WRITEOK)
			room += READ_ONCE(swaps[i].pages) - READ_ONCE(swaps[i].inuse_pages);
	return room;
}

#endif
