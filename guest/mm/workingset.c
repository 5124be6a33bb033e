// SPDX-License-Identifier: MIT
/*
 * workingset.c - pages that come back soon after they left: was the cache too small for what is in use?
 *
 * Clock:   lruvec.nonresident_age grows by one for each page that is evicted from an inactive list or leaves it for an active
 *          one: that is how far pages on the inactive list have moved on.
 * Shadow:  what stays in a page's place when it is evicted: the clock then, and whether the page had once been active. The
 *          difference to the clock when it is wanted again is the refault distance: so many places more would have kept it. If
 *          that is no more than there are pages which could have made room, it is active at once, and competes with them.
 * Always:  a shadow's clock is not ahead of the node's. Its bits: shared/pagecache.h.
 * Contexts: any. Locking: none.
 */
#include <linux/export.h>
#include <linux/pagemap.h>
#include <linux/swap.h>

#include "reclaim.h"

static unsigned long now(void)
{
	return __atomic_load_n(&mm_node.lruvec.nonresident_age, __ATOMIC_RELAXED) & SHADOW_CLOCK_MASK;
}

static void age_by(unsigned long pages)
{
	__atomic_fetch_add(&mm_node.lruvec.nonresident_age, pages, __ATOMIC_RELAXED);
}

void workingset_activation(const struct page *page)
{
	(void)page;
	age_by(1);
}

unsigned long workingset_eviction(const struct page *page)
{
	unsigned long shadow = now() << 1 | (PageWorkingset(page) ? SHADOW_WORKINGSET : 0);

	age_by(1);
	return shadow;
}
EXPORT_SYMBOL(workingset_eviction);

/* Pages that would have had to go so that the other could stay. */
static unsigned long rivals(bool file)
{
	const enum zone_type all = MAX_NR_ZONES - 1;
	unsigned long size = lruvec_lru_size(LRU_ACTIVE_FILE, all);

	if (!file)
		size += lruvec_lru_size(LRU_INACTIVE_FILE, all);
	if (get_nr_swap_pages()) {
		size += lruvec_lru_size(LRU_ACTIVE_ANON, all);
		if (file)
			size += lruvec_lru_size(LRU_INACTIVE_ANON, all);
	}
	return size;
}

void workingset_refault(struct page *page, unsigned long shadow)
{
	unsigned int file = page_is_file_lru(page);
	unsigned long distance = (now() - (shadow >> 1)) & SHADOW_CLOCK_MASK;

	mod_node_page_state(&mm_node, (enum node_stat_item)(WORKINGSET_REFAULT_ANON + file), 1);
	if (distance > rivals(file))
		return;
	SetPageActive(page);
	age_by(1);
	mod_node_page_state(&mm_node, (enum node_stat_item)(WORKINGSET_ACTIVATE_ANON + file), 1);
	if (!(shadow & SHADOW_WORKINGSET))
		return;
	SetPageWorkingset(page);
	lru_note_cost(file, 1);
	mod_node_page_state(&mm_node, (enum node_stat_item)(WORKINGSET_RESTORE_ANON + file), 1);
}
EXPORT_SYMBOL(workingset_refault);
