// SPDX-License-Identifier: MIT
/*
 * zap.c - mappings of user memory taken away: pages, swap entries, and tables that have become empty.
 *
 * Order:  entries are cleared under page_table_lock, at most one table's at a time; then no CPU remembers them (one flush for
 *         many pages); only then are the pages' references dropped, and tables freed.
 * Locks:  mmap_lock, at least shared: areas stay. Alone if tables shall go.
 * Not here: whether anybody may (mmap.c; the OOM killer's reaper).
 */
#include <linux/export.h>
#include <linux/page-flags.h>
#include <linux/sched.h>

#include "user_mm.h"

#define ZAP_BATCH 64

/** struct zap - pages whose entries are gone, but which CPUs may still remember */
struct zap {
	struct mm_struct *mm;
	struct page *pages[ZAP_BATCH];
	unsigned int nr;
	unsigned long start, end; /* where their entries were */
};

/* Nobody maps it here any more. Its slot goes too if nobody else needs either. */
static void release(struct page *page)
{
	if (PageMlocked(page) && !page_mapped(page))
		munlock_page(page);
	if (PageSwapCache(page) && !page_mapped(page) && trylock_page(page)) {
		try_to_free_swap(page);
		unlock_page(page);
	}
	put_page(page);
}

static void flush_batch(struct zap *z)
{
	if (!z->nr)
		return;
	arch_flush_tlb_cpus(__atomic_load_n(&z->mm->cpus, __ATOMIC_SEQ_CST), z->start, z->end);
	while (z->nr)
		release(z->pages[--z->nr]);
	cond_resched();
}

static void zap_entry(struct zap *z, pte_t *ptep, unsigned long addr)
{
	struct mm_struct *mm = z->mm;
	pte_t pte = user_pte_clear(ptep);

	if (pte_present(pte)) {
		struct page *page = pfn_to_page(pte_pfn(pte));

		mm->rss[MM_ANONPAGES]--;
		page_remove_rmap(page);
		if (!z->nr)
			z->start = addr;
		z->end = addr + PAGE_SIZE;
		z->pages[z->nr++] = page;
	} else if (is_migration_entry(pte_to_swp_entry(pte))) {
		mm->rss[MM_ANONPAGES]--;
	} else {
		mm->rss[MM_SWAPENTS]--;
		free_swap_and_cache(pte_to_swp_entry(pte));
	}
}

/* Entries of one table, as many as fit the batch. Return: where it stopped. */
static unsigned long zap_table(struct zap *z, unsigned long addr, unsigned long end)
{
	pte_t *ptep;

	user_lock(z->mm);
	ptep = user_pte(z->mm, addr);
	for (; ptep && addr < end && z->nr < ZAP_BATCH; addr += PAGE_SIZE, ptep++)
		if (!pte_none(ptep_get(ptep)))
			zap_entry(z, ptep, addr);
	user_unlock(z->mm);
	return ptep ? addr : end;
}

static void zap_pages(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct zap z = {.mm = mm};

	while (start < end) {
		start = zap_table(&z, start, user_table_end(start, end));
		if (z.nr == ZAP_BATCH)
			flush_batch(&z);
	}
	flush_batch(&z);
}

void zap_vma_range(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	might_sleep();
	zap_pages(vma->vm_mm, max(start, (unsigned long)vma->vm_start), min(end, (unsigned long)vma->vm_end));
}
EXPORT_SYMBOL(zap_vma_range);

/* A CPU may remember a table, too: so everything is flushed before it is freed. */
static void free_tables(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct page *page, *next;
	LIST_HEAD(gone);

	user_lock(mm);
	user_tables_trim(mm, start, end, &gone);
	user_unlock(mm);
	if (list_empty(&gone))
		return;
	arch_flush_tlb_cpus(__atomic_load_n(&mm->cpus, __ATOMIC_SEQ_CST), 0, USER_END);
	list_for_each_entry_safe (page, next, &gone, lru)
		pgtable_free(page);
}

void unmap_areas(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	for (; vma && vma->vm_start < end; vma = next_vma(vma)) {
		zap_vma_range(vma, vma->vm_start, vma->vm_end);
		free_tables(mm, vma->vm_start, vma->vm_end);
	}
}
