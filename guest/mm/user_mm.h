/* SPDX-License-Identifier: MIT */
/*
 * user_mm.h - what the files of user memory share.
 *
 *   mm_struct.c   address spaces: made, copied, used, given back
 *   mmap.c        areas: made, cut, locked in memory, removed
 *   user_table.c  page tables below the top one
 *   fault.c       what happens when an address is touched: zeros, back from swap, a copy of one's own
 *   zap.c         mappings taken away
 *   gup.c         pages behind user addresses, held for somebody else
 *   rmap.c        from a page to its mappings
 *   swap_slots.c  devices and slots; swap_cache.c: pages that have one; swap_io.c: reading and writing them;
 *                 swap_readahead.c: reading more than is asked for
 *
 * Locks and their order: <linux/rmap.h>. page_table_lock is held with interrupts on and for one table's entries at a time.
 * Entries are not zero only in tables that count them (page->private of each table below the top one), so that
 * a table whose count is 0 can go: only who holds mmap_lock alone takes tables away.
 */
#ifndef GUEST_MM_USER_MM_H
#define GUEST_MM_USER_MM_H

#include <linux/list.h>
#include <linux/mmap_lock.h>
#include <linux/pgtable.h>
#include <linux/rmap.h>
#include <linux/swap.h>

#include "internal.h"

/* User addresses that areas may have: not the first ones, so that a pointer that is nearly NULL faults. */
#define USER_START (16 * PAGE_SIZE)
#define USER_END ((1UL << 47) - PAGE_SIZE)
#define TABLE_ENTRIES 512

/* Of user_mm_init(): the caches that the files keep. */
void vma_init(void);
void rmap_init(void);

/* ---- user_table.c ---- */

/** user_lock, user_unlock - page_table_lock, and entries are being changed in between */
static inline void user_lock(struct mm_struct *mm)
{
	spin_lock(&mm->page_table_lock);
	mm_write_begin(&mm->page_table_lock);
}

static inline void user_unlock(struct mm_struct *mm)
{
	mm_write_end(&mm->page_table_lock);
	spin_unlock(&mm->page_table_lock);
}

/** user_pte - the entry for @addr, or NULL: there is no table. Needs: user_lock(). */
pte_t *user_pte(const struct mm_struct *mm, unsigned long addr);

/** user_tables_alloc - from now on there is one. Needs: mmap_lock. May sleep. Return: 0 or -ENOMEM. */
int user_tables_alloc(struct mm_struct *mm, unsigned long addr);

/** user_pte_install, user_pte_clear - an entry that was zero becomes something; or the other way round. Needs: user_lock(). */
void user_pte_install(pte_t *ptep, pte_t pte);
pte_t user_pte_clear(pte_t *ptep);

/** user_tables_trim - empty tables for [start, end) leave the tree. Needs: mmap_lock alone, user_lock(). They go on @gone by lru. */
void user_tables_trim(struct mm_struct *mm, unsigned long start, unsigned long end, struct list_head *gone);

/* How far the table reaches that has the entry of @addr, clipped to @end. */
static inline unsigned long user_table_end(unsigned long addr, unsigned long end)
{
	unsigned long next = (addr & ~(PMD_SIZE - 1)) + PMD_SIZE;

	return next < end ? next : end;
}

/* ---- zap.c ---- */

/** unmap_areas - the same as zap_vma_range() for [start, end), which may hold several areas; tables too. Needs: mmap_lock alone. */
void unmap_areas(struct mm_struct *mm, unsigned long start, unsigned long end);

/* ---- mmap.c ---- */

/** exit_mmap - all areas, all pages, all tables but the top one. Nobody uses it any more. */
void exit_mmap(struct mm_struct *mm);

/** new_vma, insert_vma - an area, not anywhere yet; into the tree. Needs: mmap_lock alone. */
struct vm_area_struct *new_vma(struct mm_struct *mm, unsigned long start, unsigned long end, unsigned long flags,
			       unsigned long pgoff);
void insert_vma(struct vm_area_struct *vma);

/** mlock_page - a page of a locked area stays; munlock_page: unless another locked area has it. Context: task, no lock but mmap_lock. */
void mlock_page(struct page *page);
void munlock_page(struct page *page);

/* ---- swap_slots.c ---- */

extern struct swap_info swap_infos[MAX_SWAPFILES];

/** swap_info_of - the device of a slot, if it is in use */
struct swap_info *swap_info_of(swp_entry_t entry);
/** swap_slot_get - a free slot for @page of the swap cache. Return: 0 if there is none. */
swp_entry_t swap_slot_get(struct page *page);
/** swap_slot_put - a slot whose byte became 0, or SWAP_MAP_FAILED alone. Needs: the device's lock. */
void swap_slot_put(struct swap_info *si, unsigned long offset);
/** swap_slot_failed - writing it failed; is_swap_slot_failed - did it? */
void swap_slot_failed(swp_entry_t entry);
bool is_swap_slot_failed(swp_entry_t entry);

/* ---- swap_cache.c ---- */

/** read_swap_ahead - read_swap_cache() for a page that nobody wants yet: it is marked */
struct page *read_swap_ahead(swp_entry_t entry, gfp_t gfp);
/** swap_slot_only_on_disk - does an entry lead there, and is there no page? Just now. */
bool swap_slot_only_on_disk(swp_entry_t entry);
/** swap_cache_forget - a page that could not be read: nobody has mapped it. Needs: its lock. */
void swap_cache_forget(struct page *page);
/** swap_cache_trim - pages without any entry give up their slots. Context: task, may sleep. */
void swap_cache_trim(void);
/** swap_cache_empty - all pages of a device, when no entry leads there any more. Context: task, may sleep. */
void swap_cache_empty(struct swap_info *si);

/* ---- swap_readahead.c ---- */

/** swap_read_around - a slot had to be read: begin to read those around it that may be wanted, too. Context: task. */
void swap_read_around(swp_entry_t entry);
/** swap_was_read_ahead - @page was found in the swap cache: is that because of a guess? It counts as a good one then. */
bool swap_was_read_ahead(struct page *page);

/* ---- swap_io.c ---- */

/** swap_readpage - begin to read a page of the swap cache; it is unlocked when that is over, uptodate if it worked */
void swap_readpage(struct page *page);
/** swap_io_init - what reading and writing need. Return: 0 or -ENOMEM. */
int swap_io_init(void);

/* ---- fault.c ---- */

/** swap_in_area - nothing of an area is on this device any more. Needs: mmap_lock. Return: 0, -ENOMEM, -EIO. */
int swap_in_area(struct vm_area_struct *vma, unsigned int type);

#endif
