// SPDX-License-Identifier: MIT
/*
 * swap_cache.c - pages in memory that have a slot of a swap device: found by the slot, whoever looks.
 *
 * Shape:  an array of pages for each device, by slot. A page that is in it has PG_SWAPCACHE, its slot's number in private, and one
 *         reference for being there; its slot's byte has SWAP_HAS_CACHE. All of that changes together, under the device's lock.
 * Locks:  a page enters and leaves with its own lock held; who looks one up takes that lock, and then looks whether it is
 *         still the page of that slot.
 * Always: a page that is not PG_DIRTY, nor dirty by an entry, and not under writeback is the same as its slot on disk.
 * Contexts: try_to_free_swap() also in the interrupt that ends writing. The others: task.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/page-flags.h>
#include <linux/sched.h>

#include "user_mm.h"

bool add_to_swap(struct page *page)
{
	swp_entry_t entry;

	if (WARN_ON_ONCE(!PageLocked(page) || PageSwapCache(page)))
		return false;
	get_page(page);
	entry = swap_slot_get(page);
	if (!entry.val) {
		put_page(page);
		return false;
	}
	/* There is no copy of it anywhere. */
	set_page_dirty(page);
	mod_node_page_state(&mm_node, NR_SWAPCACHE, 1);
	return true;
}

void __delete_from_swap_cache(struct page *page)
{
	swp_entry_t entry = {page->private};
	struct swap_info *si = swap_info_of(entry);
	unsigned long irq, at = swp_offset(entry);

	if (WARN_ON_ONCE(!PageSwapCache(page) || !si))
		return;
	irq = mm_lock_write(&si->lock);
	MM_CHECK(si->cache[at] == page && si->swap_map[at] & SWAP_HAS_CACHE);
	si->cache[at] = NULL;
	si->nr_cached--;
	si->swap_map[at] &= (uint8_t)~SWAP_HAS_CACHE;
	ClearPageSwapCache(page);
	page->private = 0;
	if (!(si->swap_map[at] & SWAP_MAP_COUNT))
		swap_slot_put(si, at);
	mm_unlock_write(&si->lock, irq);
	mod_node_page_state(&mm_node, NR_SWAPCACHE, -1);
}

void delete_from_swap_cache(struct page *page)
{
	set_page_dirty(page);
	__delete_from_swap_cache(page);
	put_page(page);
}

void swap_cache_forget(struct page *page)
{
	WARN_ON_ONCE(page_mapped(page));
	__delete_from_swap_cache(page);
	put_page(page);
}

bool try_to_free_swap(struct page *page)
{
	if (!PageSwapCache(page) || PageWriteback(page) || page_swapcount(page))
		return false;
	delete_from_swap_cache(page);
	return true;
}

struct page *lookup_swap_cache(swp_entry_t entry)
{
	struct swap_info *si = swap_info_of(entry);
	struct page *page;
	unsigned long irq;

	if (!si)
		return NULL;
	irq = mm_lock_read(&si->lock);
	page = si->flags & SWP_USED ? si->cache[swp_offset(entry)] : NULL;
	/* None: reclaim is about to free it. */
	if (page && !get_page_unless_zero(page))
		page = NULL;
	mm_unlock_read(&si->lock, irq);
	return page;
}

int replace_swap_cache_page(struct page *old, struct page *new, int extra)
{
	swp_entry_t entry = {old->private};
	struct swap_info *si = swap_info_of(entry);
	unsigned long irq, at = swp_offset(entry);

	if (WARN_ON_ONCE(!PageSwapCache(old) || !si))
		return -EAGAIN;
	irq = mm_lock_write(&si->lock);
	/* Whoever looks the slot up now passes over the page, and looks again. */
	if (!page_ref_freeze(old, 1 + extra)) {
		mm_unlock_write(&si->lock, irq);
		return -EAGAIN;
	}
	get_page(new);
	new->mapping = old->mapping;
	new->index = old->index;
	new->private = entry.val;
	SetPageSwapCache(new);
	si->cache[at] = new;
	ClearPageSwapCache(old);
	old->private = 0;
	old->mapping = 0;
	page_ref_unfreeze(old, extra);
	mm_unlock_write(&si->lock, irq);
	return 0;
}

/* A new page for a slot that has none. Return: 0, -EEXIST: it has one, or is about to lose it, -ENOENT: it is free. */
static int enter(struct page *page, swp_entry_t entry)
{
	struct swap_info *si = swap_info_of(entry);
	unsigned long irq, at = swp_offset(entry);
	int err = 0;

	if (!si)
		return -ENOENT;
	irq = mm_lock_write(&si->lock);
	/* Nothing holds the slot: its device may have gone since. */
	if (!(si->flags & SWP_USED) || !(si->swap_map[at] & (SWAP_MAP_COUNT | SWAP_HAS_CACHE))) {
		err = -ENOENT;
	} else if (si->swap_map[at] & SWAP_HAS_CACHE) {
		err = -EEXIST;
	} else {
		si->swap_map[at] |= SWAP_HAS_CACHE;
		si->cache[at] = page;
		si->nr_cached++;
		page->private = entry.val;
		SetPageSwapCache(page);
	}
	mm_unlock_write(&si->lock, irq);
	return err;
}

/* The page that is to be read: locked, with a reference for the cache and one for the caller. */
static struct page *new_page(gfp_t gfp)
{
	struct page *page = alloc_pages_owner(gfp, 0, OWNER_ANON);

	if (page) {
		SetPageSwapBacked(page);
		WARN_ON_ONCE(!trylock_page(page));
		get_page(page);
	}
	return page;
}

static void free_new_page(struct page *page)
{
	unlock_page(page);
	put_page(page);
	put_page(page);
}

/* @ahead: nobody has asked for it yet */
static struct page *read_slot(swp_entry_t entry, gfp_t gfp, bool ahead, bool *from_disk)
{
	for (;;) {
		struct page *page = lookup_swap_cache(entry);
		int err;

		if (page)
			return page;
		page = new_page(gfp);
		if (!page)
			return NULL;
		err = enter(page, entry);
		if (!err) {
			*from_disk = true;
			mod_node_page_state(&mm_node, NR_SWAPCACHE, 1);
			lru_cache_add(page);
			if (ahead)
				SetPageReclaim(page);
			swap_readpage(page);
			return page;
		}
		free_new_page(page);
		if (err == -ENOENT)
			return NULL;
		cond_resched();
	}
}

struct page *read_swap_cache(swp_entry_t entry, gfp_t gfp, bool *from_disk)
{
	return read_slot(entry, gfp, false, from_disk);
}

struct page *read_swap_ahead(swp_entry_t entry, gfp_t gfp)
{
	bool from_disk = false;
	struct page *page = read_slot(entry, gfp, true, &from_disk);

	if (from_disk)
		count_vm_event(SWAP_RA);
	return page;
}

bool swap_slot_only_on_disk(swp_entry_t entry)
{
	struct swap_info *si = swap_info_of(entry);
	unsigned long irq;
	bool only = false;

	if (!si)
		return false;
	irq = mm_lock_read(&si->lock);
	if (si->flags & SWP_USED) {
		uint8_t byte = si->swap_map[swp_offset(entry)];

		only = byte & SWAP_MAP_COUNT && !(byte & (SWAP_HAS_CACHE | SWAP_MAP_FAILED));
	}
	mm_unlock_read(&si->lock, irq);
	return only;
}

unsigned long nr_swapcache_pages(void)
{
	return global_node_page_state(NR_SWAPCACHE);
}
EXPORT_SYMBOL(nr_swapcache_pages);

/* ---- all of them ---- */

/* The page of the first slot from *@at on that has one and is not needed by any entry, with a reference. */
static struct page *next_unneeded(struct swap_info *si, uint32_t *at)
{
	struct page *page = NULL;
	unsigned long irq;

	irq = mm_lock_read(&si->lock);
	for (; si->flags & SWP_USED && *at < si->max && !page; (*at)++)
		if (si->cache[*at] && !(si->swap_map[*at] & SWAP_MAP_COUNT) && get_page_unless_zero(si->cache[*at]))
			page = si->cache[*at];
	mm_unlock_read(&si->lock, irq);
	return page;
}

void swap_cache_empty(struct swap_info *si)
{
	struct page *page;
	uint32_t at = 0;

	while (READ_ONCE(si->nr_cached) && (page = next_unneeded(si, &at))) {
		lock_page(page);
		wait_on_page_writeback(page);
		try_to_free_swap(page);
		unlock_page(page);
		put_page(page);
		cond_resched();
	}
}

void swap_cache_trim(void)
{
	for (unsigned int i = 0; i < MAX_SWAPFILES; i++)
		swap_cache_empty(&swap_infos[i]);
}
