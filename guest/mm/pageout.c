// SPDX-License-Identifier: MIT
/*
 * pageout.c - user memory written to swap and freed because its owner asks for it, not because memory is short.
 *
 * Way:    the same steps as reclaim's, in batches: off its LRU list, a slot, no mappings, written, out of the swap cache. What cannot be had
 *         (locked, in use by somebody else, no swap, a disk that fails) goes back to its list as it was.
 * Locks:  mmap_lock shared; then each page's, one batch at a time, in no order: so by trying only.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/page-flags.h>
#include <linux/sched.h>

#include "user_mm.h"

#define BATCH 16

/* The references of a page that nothing but the swap cache and the two of us (looked up, isolated) has. */
#define OUR_REFERENCES 3

/* A page that is mapped at @addr, with a reference; NULL: none. */
static struct page *page_at(struct mm_struct *mm, unsigned long addr)
{
	struct page *page = NULL;
	pte_t *ptep;

	user_lock(mm);
	ptep = user_pte(mm, addr);
	if (ptep && pte_present(ptep_get(ptep))) {
		page = pfn_to_page(pte_pfn(ptep_get(ptep)));
		get_page(page);
	}
	user_unlock(mm);
	return page;
}

/* No mapping any more, and a slot to go to. Needs: the page's lock. */
static bool make_unmapped(struct page *page)
{
	if (PageMlocked(page) || PageWriteback(page))
		return false;
	if (!PageSwapCache(page) && !add_to_swap(page))
		return false;
	return try_to_unmap(page, TTU_BATCH_FLUSH);
}

/* First half: isolated, unmapped, on its way to the disk if it must go there. Return: is it isolated? */
static bool begin(struct page *page)
{
	if (isolate_lru_page(page))
		return false;
	if (!trylock_page(page))
		return true;
	if (make_unmapped(page) && PageDirty(page)) {
		clear_page_dirty_for_io(page);
		if (!swap_writepage(page))
			return true;
	}
	unlock_page(page);
	return true;
}

/* Needs: the page's lock. Nobody has it, and its slot holds what it holds. */
static bool leave_memory(struct page *page)
{
	if (page_mapped(page) || PageDirty(page) || PageWriteback(page) || !PageSwapCache(page) ||
	    !page_ref_freeze(page, OUR_REFERENCES))
		return false;
	if (PageDirty(page)) {
		page_ref_unfreeze(page, OUR_REFERENCES);
		return false;
	}
	__delete_from_swap_cache(page);
	page_ref_unfreeze(page, 1);
	return true;
}

/* Second half. Return: is it gone? */
static bool finish(struct page *page)
{
	bool gone;

	wait_on_page_writeback(page);
	lock_page(page);
	gone = leave_memory(page);
	if (!gone && PageSwapCache(page))
		try_to_free_swap(page);
	unlock_page(page);
	if (!gone)
		putback_lru_page(page);
	put_page(page);
	return gone;
}

static unsigned long finish_batch(struct page **pages, unsigned int nr)
{
	unsigned long gone = 0;

	try_to_unmap_flush();
	while (nr)
		gone += finish(pages[--nr]);
	cond_resched();
	return gone;
}

long vm_pageout(unsigned long start, size_t len)
{
	struct mm_struct *mm = current->mm;
	struct page *pages[BATCH];
	unsigned long gone = 0;
	unsigned int nr = 0;

	might_sleep();
	if (!mm || offset_in_page(start) || len > USER_END || start > USER_END - len)
		return -EINVAL;
	/* New pages may wait in some CPU's batch. */
	lru_add_drain_all();
	mmap_read_lock(mm);
	for (unsigned long at = start; at < start + len; at += PAGE_SIZE) {
		struct page *page = page_at(mm, at);

		if (!page)
			continue;
		if (begin(page))
			pages[nr++] = page;
		else
			put_page(page);
		if (nr == BATCH) {
			gone += finish_batch(pages, nr);
			nr = 0;
		}
	}
	gone += finish_batch(pages, nr);
	mmap_read_unlock(mm);
	return (long)gone;
}
EXPORT_SYMBOL(vm_pageout);
