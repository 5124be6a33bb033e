// SPDX-License-Identifier: MIT
/*
 * reclaim_hooks.c - what reclaim asks of anonymous memory, compaction and the OOM killer where the kernel is built without
 * them: nothing maps a page, there is no swap, nothing can be moved, nobody can be killed. The real ones take precedence.
 */
#include <linux/compaction.h>
#include <linux/errno.h>
#include <linux/oom.h>
#include <linux/pagemap.h>
#include <linux/rmap.h>
#include <linux/swap.h>

#include "internal.h"

__weak int page_referenced(struct page *page, int is_locked, unsigned long *vm_flags)
{
	(void)page;
	(void)is_locked;
	*vm_flags = 0;
	return 0;
}

__weak bool try_to_unmap(struct page *page, enum ttu_flags flags)
{
	(void)flags;
	return !page_mapped(page);
}

__weak void try_to_unmap_flush(void)
{
}

__weak bool add_to_swap(struct page *page)
{
	(void)page;
	return false;
}

__weak int swap_writepage(struct page *page)
{
	(void)page;
	return -EIO;
}

__weak void __delete_from_swap_cache(struct page *page)
{
	ClearPageSwapCache(page);
}

__weak bool try_to_free_swap(struct page *page)
{
	(void)page;
	return false;
}

__weak unsigned long total_swap_pages(void)
{
	return 0;
}

__weak unsigned long get_nr_swap_pages(void)
{
	return 0;
}

__weak void anon_page_release(struct page *page)
{
	page->mapping = 0;
}

__weak enum compact_result try_to_compact_pages(gfp_t gfp, unsigned int order, enum compact_priority prio)
{
	(void)gfp;
	(void)order;
	(void)prio;
	return COMPACT_SKIPPED;
}

__weak bool compaction_zonelist_suitable(gfp_t gfp, unsigned int order)
{
	(void)gfp;
	(void)order;
	return false;
}

__weak void compaction_defer_reset(struct zone *zone, unsigned int order, bool alloc_success)
{
	(void)zone;
	(void)order;
	(void)alloc_success;
}

__weak void wakeup_kcompactd(unsigned int order, enum zone_type highest)
{
	(void)order;
	(void)highest;
}

__weak bool out_of_memory(struct oom_control *oc)
{
	(void)oc;
	mm_oom.invoked++;
	return false;
}

__weak bool oom_killer_disable(long timeout)
{
	(void)timeout;
	mm_oom.disabled = 1;
	return true;
}

__weak void oom_killer_enable(void)
{
	mm_oom.disabled = 0;
}

__weak unsigned long drop_pagecache(void)
{
	return 0;
}
