/* SPDX-License-Identifier: MIT */
/*
 * swap.h - anonymous pages on their way to disk and back.
 *
 * A page gets a slot (add_to_swap()), its mappings become swap entries (try_to_unmap()), it is written if it is dirty
 * (swap_writepage()), and can then be freed (delete_from_swap_cache() with nobody else holding it). All that time it is found
 * by its slot: whoever faults meanwhile gets the page back. Locks: rmap.h.
 */
#ifndef _LINUX_SWAP_H
#define _LINUX_SWAP_H

#include <linux/blk_types.h>
#include <linux/mm.h>
#include <linux/swapops.h>

/* ---- devices ---- */

/** swapon - use a device for swapping, all of it. Return: its number or -errno. Context: task. */
int swapon(struct block_device *bdev);
/**
 * swapoff - stop using it: everything that is there comes back into memory first
 * Return: 0, -ENOMEM or -EIO (then it is in use as before), -EINVAL: it is not in use.
 */
int swapoff(struct block_device *bdev);
/** swap_init - use the devices of --swap. Context: task, once. */
void swap_init(void);

/** total_swap_pages, get_nr_swap_pages - slots there are, and those that are free */
unsigned long total_swap_pages(void);
unsigned long get_nr_swap_pages(void);

/** vm_swap_full - is so little left that pages in memory had better give up their slots? */
static inline bool vm_swap_full(void)
{
	return get_nr_swap_pages() * 2 < total_swap_pages();
}

/* ---- slots ---- */

/** swap_duplicate - one more entry of a page table leads there. Return: 0, -EINVAL: no such slot, -ENOMEM: too many. */
int swap_duplicate(swp_entry_t entry);
/** swap_free - one less; the last one frees a slot that no page belongs to */
void swap_free(swp_entry_t entry);
/** free_swap_and_cache - the same; a page that is kept for it only goes too, if that can be done without waiting */
void free_swap_and_cache(swp_entry_t entry);
/** page_swapcount - entries that lead to the slot of a page of the swap cache. Needs: its lock. */
int page_swapcount(struct page *page);

/* ---- the swap cache. Needs, unless said otherwise: the page's lock ---- */

/** add_to_swap - a slot for an anonymous page that has none; it is dirty then. Return: false if there is none, or no swap. */
bool add_to_swap(struct page *page);
/** delete_from_swap_cache - it has no slot any more, and is dirty: no copy of it is left. */
void delete_from_swap_cache(struct page *page);
/** __delete_from_swap_cache - the same for a page that is about to be freed: its count is frozen, its slot keeps the contents. */
void __delete_from_swap_cache(struct page *page);
/** try_to_free_swap - give up its slot if no entry leads there and it is not being written. Return: did it? */
bool try_to_free_swap(struct page *page);
/** lookup_swap_cache - the page of a slot with a reference, or NULL. Context: any task. */
struct page *lookup_swap_cache(swp_entry_t entry);
/** read_swap_cache - the same, read from disk if it is not there: still locked then, until it is read. Return: NULL: no memory, or no slot */
struct page *read_swap_cache(swp_entry_t entry, gfp_t gfp, bool *from_disk);

/**
 * swap_writepage - begin to write a page of the swap cache; unlocks it
 * It is under writeback until it is written. If that fails it is dirty again, stays, and its slot is never given out again.
 */
int swap_writepage(struct page *page);
/** nr_swapcache_pages - pages of the swap cache */
unsigned long nr_swapcache_pages(void);

#endif
