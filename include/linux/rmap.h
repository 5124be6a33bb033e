/* SPDX-License-Identifier: MIT */
/*
 * rmap.h - from an anonymous page to everything that maps it.
 *
 * Lock order of user memory, outermost first; only the first two may sleep:
 *	mm->mmap_lock
 *	  page lock
 *	    anon_vma->lock
 *	      mm->page_table_lock
 *	        a swap device's lock, the LRU's lock
 * Reclaim takes page locks by trying only, and no mmap_lock. anon_vma->lock and page_table_lock are held with interrupts on: whoever
 * waits for one still answers TLB shoot-downs.
 */
#ifndef _LINUX_RMAP_H
#define _LINUX_RMAP_H

#include <linux/mm.h>
#include <linux/pagemap.h>

/* ---- what a page is ---- */

/** page_mapped - does any page table map it? Exact with the page locked only for pages nobody maps anew. */
static inline bool page_mapped(const struct page *page)
{
	return READ_ONCE(page->mapcount) > 0;
}

/* ---- mappings come and go. Needs: page_table_lock of the area ---- */

/** page_add_new_anon_rmap - the first mapping of a page that nobody else knows yet */
void page_add_new_anon_rmap(struct page *page, struct vm_area_struct *vma, unsigned long addr);
/** page_add_anon_rmap - one more mapping; of a page that comes from the swap cache, with the page locked */
void page_add_anon_rmap(struct page *page, struct vm_area_struct *vma, unsigned long addr);
/** page_remove_rmap - one less. The mapping's reference is the caller's to drop. */
void page_remove_rmap(struct page *page);

/* ---- anon_vmas ---- */

/** anon_vma_prepare - before the first page of an area. Needs: mmap_lock. Return: 0 or -ENOMEM. May sleep. */
int anon_vma_prepare(struct vm_area_struct *vma);
/** anon_vma_link_copy - a piece or copy of @from may map the same pages. Needs: mmap_lock, alone. */
void anon_vma_link_copy(struct vm_area_struct *vma, const struct vm_area_struct *from);
/** anon_vma_unlink - an area goes, after its pages. */
void anon_vma_unlink(struct vm_area_struct *vma);

/**
 * page_get_anon_vma - the anon_vma of a page that is mapped, kept until put_anon_vma(); NULL if nothing maps it any more
 * Context: the caller has a reference of the page.
 */
struct anon_vma *page_get_anon_vma(const struct page *page);
void put_anon_vma(struct anon_vma *anon_vma);

/* ---- walks. Context: task. Needs: a reference of the page, and its lock but for page_referenced() ---- */

/**
 * struct rmap_walk_control - what is to be done at each place
 * @arg:     handed through
 * @rmap_one: at an area that may map @page at @addr; no lock but anon_vma->lock is held. False ends the walk.
 * @done:    asked after each; true ends the walk
 */
struct rmap_walk_control {
	void *arg;
	bool (*rmap_one)(struct page *page, struct vm_area_struct *vma, unsigned long addr, void *arg);
	bool (*done)(struct page *page);
};

/** rmap_walk - every area that may map @page, which is or was mapped and whose anon_vma lives. May not sleep inside. */
void rmap_walk(struct page *page, struct rmap_walk_control *rwc);

/**
 * page_referenced - in how many mappings the CPUs have touched the page since this was asked last; takes the marks away
 * @is_locked: the caller holds its lock
 * @vm_flags:  out: VM_LOCKED if one of the areas has it
 */
int page_referenced(struct page *page, int is_locked, unsigned long *vm_flags);

/**
 * enum ttu_flags
 * @TTU_IGNORE_MLOCK: also out of locked areas
 * @TTU_BATCH_FLUSH:  CPUs may remember the mappings until try_to_unmap_flush(): the caller calls it before it writes or frees the page
 */
enum ttu_flags { TTU_IGNORE_MLOCK = 0x20, TTU_BATCH_FLUSH = 0x40 };

/**
 * try_to_unmap - swap entries instead of all mappings of a page of the swap cache; a dirty mapping makes the page dirty
 * Return: nobody maps it any more. False also for pages of a locked area, which is marked unevictable then.
 */
bool try_to_unmap(struct page *page, enum ttu_flags flags);

/** try_to_unmap_flush - every CPU forgets what TTU_BATCH_FLUSH has taken away, if anything. Context: task, interrupts on. */
void try_to_unmap_flush(void);

/** try_to_migrate - migration entries instead of all mappings: who touches them waits. Return: nobody maps it any more. */
bool try_to_migrate(struct page *page);
/** remove_migration_ptes - @old's migration entries map @new (or @old again). Needs: both locked, @new with @old's mapping and index */
void remove_migration_ptes(struct page *old, struct page *new);

/** page_mapped_in_vma - does the area map @page now? */
bool page_mapped_in_vma(struct page *page, struct vm_area_struct *vma);

/** anon_page_release - the last reference of an anonymous page is gone: it forgets whose it was. Context: any. */
void anon_page_release(struct page *page);

#endif
