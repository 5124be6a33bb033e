// SPDX-License-Identifier: MIT
/*
 * shrink_page.c - a page's way out: looked at, unmapped, written if need be, taken out of its file or of the swap cache, freed.
 *
 *   used since?      mapped and touched by a CPU, or looked up: it stays; used twice, or by several: it becomes active
 *   anonymous        gets a slot in swap (needs __GFP_IO), and is dirty by that
 *   mapped           its mappings are replaced by swap entries
 *   under writeback  becomes active and is marked, so that the end of the write sends it to the end of the list
 *   dirty, of a file the flusher writes it: marked, active; kswapd writes it itself only if it came round marked, and the node
 *                    has nothing but such pages
 *   dirty, in swap   written here (needs __GFP_IO)
 *   clean            leaves its mapping if nobody but that and we have it
 *
 * CPUs may use old mappings of a page until try_to_unmap_flush(): so that comes before any page is written or freed.
 * Always:  pages on the caller's list are isolated and referenced by it; each leaves this file freed or on that list.
 * Locking: each page's lock, by trying. Context: task that may sleep.
 */
#include <linux/pagemap.h>
#include <linux/rmap.h>
#include <linux/sched.h>
#include <linux/writeback.h>

#include "reclaim.h"

enum page_use { USE_NONE, USE_NONE_CLEAN, USE_KEEP, USE_ACTIVATE };
enum pageout { PAGE_KEEP, PAGE_ACTIVATE, PAGE_SENT, PAGE_CLEAN };
enum fate { FATE_FREE, FATE_KEEP, FATE_KEEP_UNLOCKED, FATE_ACTIVATE };

/* Was it used since it was looked at last? Needs: its lock. */
static enum page_use page_use(struct page *page)
{
	unsigned long vm_flags = 0;
	int mappings = page_referenced(page, 1, &vm_flags);
	bool looked_up = TestClearPageReferenced(page);

	if (vm_flags & VM_LOCKED)
		return USE_ACTIVATE;
	if (mappings) {
		SetPageReferenced(page);
		if (looked_up || mappings > 1 || (vm_flags & VM_EXEC && page_is_file_lru(page)))
			return USE_ACTIVATE;
		return USE_KEEP;
	}
	return looked_up && page_is_file_lru(page) ? USE_NONE_CLEAN : USE_NONE;
}

/* May it be written, in this request? */
static bool may_write(const struct page *page, const struct scan_control *sc)
{
	if (!sc->may_writepage)
		return false;
	return sc->gfp & __GFP_FS || (PageSwapCache(page) && sc->gfp & __GFP_IO);
}

/* Begin to write a dirty page. PAGE_SENT: it is unlocked. */
static enum pageout pageout(struct page *page)
{
	struct writeback_control wbc = {.nr_to_write = SWAP_CLUSTER_MAX,
					.range_end = LLONG_MAX,
					.sync_mode = WB_SYNC_NONE,
					.for_reclaim = true};
	/* Anonymous pages have none: swap writes them. */
	struct address_space *mapping = PageSwapCache(page) ? NULL : page_mapping(page);
	int err;

	/* Somebody else is about to use it: it would be dirty again at once. */
	if (page_ref_count(page) != 2)
		return PAGE_KEEP;
	if (!PageSwapCache(page) && (!mapping || !mapping->a_ops->writepage))
		return PAGE_ACTIVATE;
	if (!clear_page_dirty_for_io(page))
		return PAGE_CLEAN;
	SetPageReclaim(page);
	err = mapping ? mapping->a_ops->writepage(page, &wbc) : swap_writepage(page);
	if (err == AOP_WRITEPAGE_ACTIVATE) {
		ClearPageReclaim(page);
		return PAGE_ACTIVATE;
	}
	if (err < 0 && mapping)
		mapping_set_error(mapping, err);
	/* Written already, or not at all. */
	if (!PageWriteback(page))
		ClearPageReclaim(page);
	mod_node_page_state(&mm_node, NR_VMSCAN_WRITE, 1);
	return PAGE_SENT;
}

/* A locked, dirty page. FATE_FREE: it is clean, and locked. */
static enum fate clean_page(struct page *page, enum page_use use, const struct scan_control *sc)
{
	if (page_is_file_lru(page) &&
	    (!sc->kswapd || !PageReclaim(page) || !(READ_ONCE(mm_node.flags) & PGDAT_DIRTY))) {
		mod_node_page_state(&mm_node, NR_VMSCAN_IMMEDIATE, 1);
		SetPageReclaim(page);
		return FATE_ACTIVATE;
	}
	if (use == USE_NONE_CLEAN || !may_write(page, sc))
		return FATE_KEEP;
	try_to_unmap_flush();
	switch (pageout(page)) {
	case PAGE_KEEP:
		return FATE_KEEP;
	case PAGE_ACTIVATE:
		return FATE_ACTIVATE;
	case PAGE_CLEAN:
		return FATE_FREE;
	case PAGE_SENT:
		break;
	}
	/* A fast disk may be done already. */
	if (PageWriteback(page) || PageDirty(page) || !trylock_page(page))
		return FATE_KEEP_UNLOCKED;
	return PageDirty(page) || PageWriteback(page) ? FATE_KEEP : FATE_FREE;
}

/* A clean, locked page that nobody maps: away with it, if only its mapping and the caller have it. */
static bool detach_page(struct page *page, gfp_t gfp)
{
	struct address_space *mapping = page_mapping(page);

	if (mapping)
		return try_to_release_page(page, gfp) && remove_mapping(mapping, page);
	if (!PageSwapCache(page)) {
		/* Out of its file or its last mapping since it was isolated: nobody else has it. */
		return !page_mapped(page) && page_ref_count(page) == 1;
	}
	if (!page_ref_freeze(page, 2))
		return false;
	/* A fault may have made it dirty between the look above and now. */
	if (PageDirty(page)) {
		page_ref_unfreeze(page, 2);
		return false;
	}
	__delete_from_swap_cache(page);
	page_ref_unfreeze(page, 1);
	return true;
}

/* A locked page under writeback: it will come round again. */
static enum fate wait_for_write(struct page *page, const struct scan_control *sc, struct reclaim_stat *stat)
{
	if (sc->kswapd && PageReclaim(page) && READ_ONCE(mm_node.flags) & PGDAT_WRITEBACK) {
		stat->immediate++;
	} else {
		SetPageReclaim(page);
		stat->writeback++;
	}
	return FATE_ACTIVATE;
}

/* A locked page. FATE_FREE: it belongs to nobody now but the caller, still locked. */
static enum fate shrink_page(struct page *page, const struct scan_control *sc, struct reclaim_stat *stat)
{
	enum page_use use;
	enum fate fate;

	if (!page_evictable(page))
		return FATE_KEEP;
	if (page_is_file_lru(page) && PageDirty(page)) {
		stat->dirty++;
		stat->unqueued_dirty += !PageWriteback(page);
	}
	if (PageWriteback(page))
		return wait_for_write(page, sc, stat);
	use = page_use(page);
	if (use == USE_ACTIVATE || use == USE_KEEP)
		return use == USE_ACTIVATE ? FATE_ACTIVATE : FATE_KEEP;
	if (PageAnon(page) && !PageSwapCache(page) && page_mapped(page)) {
		if (!(sc->gfp & __GFP_IO) || !sc->may_swap)
			return FATE_KEEP;
		if (!add_to_swap(page))
			return FATE_ACTIVATE;
	}
	if (page_mapped(page) && !try_to_unmap(page, TTU_BATCH_FLUSH))
		return FATE_ACTIVATE;
	if (PageDirty(page)) {
		fate = clean_page(page, use, sc);
		if (fate != FATE_FREE)
			return fate;
	}
	return detach_page(page, sc->gfp) ? FATE_FREE : FATE_KEEP;
}

/* Locked, and it stays for now. */
static void activate(struct page *page)
{
	if (PageSwapCache(page) && vm_swap_full())
		try_to_free_swap(page);
	if (page_evictable(page) && !PageActive(page)) {
		SetPageActive(page);
		count_vm_event(PGACTIVATE);
	}
}

unsigned long shrink_page_list(struct list_head *pages, const struct scan_control *sc, struct reclaim_stat *stat)
{
	unsigned long freed = 0;
	struct page *page, *next;
	LIST_HEAD(keep);
	LIST_HEAD(gone);

	list_for_each_entry_safe (page, next, pages, lru) {
		enum fate fate = FATE_KEEP_UNLOCKED;

		cond_resched();
		list_del(&page->lru);
		if (trylock_page(page))
			fate = shrink_page(page, sc, stat);
		if (fate == FATE_ACTIVATE)
			activate(page);
		if (fate != FATE_KEEP_UNLOCKED)
			unlock_page(page);
		list_add_tail(&page->lru, fate == FATE_FREE ? &gone : &keep);
		freed += fate == FATE_FREE;
	}
	try_to_unmap_flush();
	list_for_each_entry_safe (page, next, &gone, lru) {
		list_del(&page->lru);
		put_page(page);
	}
	list_splice(&keep, pages);
	return freed;
}
