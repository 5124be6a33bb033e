/* SPDX-License-Identifier: MIT */
/*
 * swap.h - pages on LRU lists and getting them back; anonymous pages on their way to disk and back.
 *
 * A page gets a slot (add_to_swap()), its mappings become swap entries (try_to_unmap()), it is written if it is dirty
 * (swap_writepage()), and can then be freed (delete_from_swap_cache() with nobody else holding it). All that time it is found
 * by its slot: whoever faults meanwhile gets the page back. Locks: rmap.h.
 *
 * LRU lists: shared/node.h, guest/mm/lru.c; reclaim: guest/mm/vmscan.c.
 */
#ifndef _LINUX_SWAP_H
#define _LINUX_SWAP_H

#include <linux/blk_types.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/swapops.h>

/* Pages that reclaim treats together. */
#define SWAP_CLUSTER_MAX 32UL

/* ---- LRU lists ---- */

/**
 * lru_cache_add - a page joins the list that its flags say, some time soon
 *
 * It is one of OWNER_CACHE or OWNER_ANON, of order 0, on no list; the caller holds a reference, the batch takes another.
 * Context: any.
 */
void lru_cache_add(struct page *page);

/** lru_cache_add_anon - the same for a page that belongs to no file: PG_SWAPBACKED is set */
static inline void lru_cache_add_anon(struct page *page)
{
	SetPageSwapBacked(page);
	lru_cache_add(page);
}

/** lru_add_drain - this CPU's batches do now what they wait with. Context: any. */
void lru_add_drain(void);
/** lru_add_drain_all - all CPUs' batches. Context: task, interrupts on. */
void lru_add_drain_all(void);

/**
 * mark_page_accessed - somebody used the page
 *
 * inactive, unreferenced: referenced; inactive, referenced: active; active, unreferenced: referenced.
 */
void mark_page_accessed(struct page *page);
/** activate_page - to the active list, if it is on an inactive one. Context: any. */
void activate_page(struct page *page);
/** deactivate_page - to the front of the inactive list, if it is on an active one. Context: any. */
void deactivate_page(struct page *page);
/** rotate_reclaimable_page - written, so that it can be freed: to the end of the inactive list, active or not. Context: any. */
void rotate_reclaimable_page(struct page *page);

/**
 * isolate_lru_page - take a page off its list
 *
 * The caller holds a reference; one more is taken. The page is marked PG_ISOLATED and counted in NR_ISOLATED_* until it is
 * put back, or its last reference goes. Context: any. Return: 0, or -EBUSY if it is on none (any more).
 */
int isolate_lru_page(struct page *page);
/** putback_lru_page - back to the list that its flags say, and the reference of isolate_lru_page() is dropped. */
void putback_lru_page(struct page *page);

/** page_is_file_lru - 1 if it belongs on a file list, 0 if on an anon one */
static inline unsigned int page_is_file_lru(const struct page *page)
{
	return !PageSwapBacked(page);
}

/** page_lru - the list that the page's flags name */
static inline enum lru_list page_lru(const struct page *page)
{
	if (PageUnevictable(page))
		return LRU_UNEVICTABLE;
	return (enum lru_list)(LRU_BASE + (page_is_file_lru(page) ? LRU_FILE : 0) +
			       (PageActive(page) ? LRU_ACTIVE : 0));
}

/* ---- the working set ---- */

/** workingset_eviction - the page leaves for want of memory. Return: the number that shall stay in its place (62 bits) */
unsigned long workingset_eviction(const struct page *page);
/** workingset_refault - @page takes the place of such a number: before it joins its list */
void workingset_refault(struct page *page, unsigned long shadow);
/** workingset_activation - the page was found to be in use */
void workingset_activation(const struct page *page);

/* ---- getting pages back ---- */

/** vm_swappiness - 0..200: how much sooner anonymous pages go than those of files; 100: both cost the same */
extern int vm_swappiness;
/** page_cluster - with a page at most 2^page_cluster - 1 others around it are read from swap; 0: none */
extern unsigned int page_cluster;

/**
 * try_to_free_pages - direct reclaim: what the page allocator does when nothing is left
 * @order: of the block that is wanted
 * Return: pages got back. Context: task, may sleep.
 */
unsigned long try_to_free_pages(unsigned int order, gfp_t gfp);

/** mm_account_reclaimed_pages - a shrinker's callback gave so many pages back that are not those of slabs */
static inline void mm_account_reclaimed_pages(unsigned long pages)
{
	current->slab_freed += pages;
}

/** kswapd_run - start its thread. Context: task, once. */
void kswapd_run(void);

/**
 * drop_caches - give back every clean page of a file (1), whatever shrinkers can (2), or both (3)
 * Context: task, may sleep.
 */
void drop_caches(unsigned int what);

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
/**
 * replace_swap_cache_page - @new takes the place of @old, both locked, @old with @extra references beyond the cache's
 * Return: 0, or -EAGAIN: somebody has another. Flags and contents are the caller's affair.
 */
int replace_swap_cache_page(struct page *old, struct page *new, int extra);
/** try_to_free_swap - give up its slot if no entry leads there and it is not being written. Return: did it? */
bool try_to_free_swap(struct page *page);
/** lookup_swap_cache - the page of a slot with a reference, or NULL. Context: any task. */
struct page *lookup_swap_cache(swp_entry_t entry);
/** read_swap_cache - the same, read from disk if it is not there: still locked then, until it is read. Return: NULL: no memory, or no slot */
struct page *read_swap_cache(swp_entry_t entry, gfp_t gfp, bool *from_disk);

/**
 * swap_writepage - begin to write a page of the swap cache; unlocks it
 * It is under writeback until it is written. If that fails it is dirty again, stays, and its slot is never given out again.
 * Return: 0, or AOP_WRITEPAGE_ACTIVATE: still locked and dirty, because its slot is such a one.
 */
int swap_writepage(struct page *page);
/** nr_swapcache_pages - pages of the swap cache */
unsigned long nr_swapcache_pages(void);

#endif
