// SPDX-License-Identifier: MIT
/*
 * user_table.c - page tables of user address spaces: the levels below the top one.
 *
 * Shape:  as the machine walks them: four levels of 512 entries, pages of 4 KiB only. All tables are OWNER_PGTABLE pages.
 * Counts: page->private of a table below the top one is how many of its entries are not zero.
 * Locks:  page_table_lock. Tables are added by whoever holds mmap_lock, taken away by whoever holds it alone: so who holds it may
 *         rely on a table that he saw, and rmap walks, which do not, find it under page_table_lock or not at all.
 * Not here: what entries mean (fault.c, rmap.c, zap.c), flushes (their callers).
 */
#include <linux/errno.h>
#include <linux/export.h>

#include "user_mm.h"

static uint64_t *entry_at(uint64_t *table, unsigned long addr, unsigned int level)
{
	return &table[addr >> (PAGE_SHIFT + 9 * (level - 1)) & (TABLE_ENTRIES - 1)];
}

static uint64_t *table_at(uint64_t entry)
{
	return __va(entry & PTE_PFN_MASK);
}

/* The table of @level for @addr, or of the lowest level above it that there is one of; @level says which. */
static uint64_t *lowest_table(const struct mm_struct *mm, unsigned long addr, unsigned int *level)
{
	uint64_t *table = __va(mm->pgd);
	unsigned int l = 4;

	while (l > *level) {
		uint64_t entry = READ_ONCE(*entry_at(table, addr, l));

		if (!entry)
			break;
		table = table_at(entry);
		l--;
	}
	*level = l;
	return table;
}

pte_t *user_pte(const struct mm_struct *mm, unsigned long addr)
{
	unsigned int level = 1;
	uint64_t *table = lowest_table(mm, addr, &level);

	return level == 1 ? (pte_t *)entry_at(table, addr, 1) : NULL;
}

static void count(struct mm_struct *mm, const uint64_t *table, long by)
{
	if (__pa(table) != mm->pgd)
		virt_to_page(table)->private += (uint64_t)by;
}

int user_tables_alloc(struct mm_struct *mm, unsigned long addr)
{
	struct page *spare = NULL;
	unsigned int level;

	for (;;) {
		uint64_t *table;

		user_lock(mm);
		level = 1;
		table = lowest_table(mm, addr, &level);
		if (level > 1 && spare) {
			WRITE_ONCE(*entry_at(table, addr, level), page_to_phys(spare) | USER_TABLE_BITS);
			count(mm, table, 1);
			mm->tables++;
			spare = NULL;
			level--;
		}
		user_unlock(mm);
		if (level == 1)
			break;
		spare = pgtable_alloc(GFP_KERNEL);
		if (!spare)
			return -ENOMEM;
	}
	if (spare)
		pgtable_free(spare);
	return 0;
}

void user_pte_install(pte_t *ptep, pte_t pte)
{
	MM_CHECK(pte_none(ptep_get(ptep)) && !pte_none(pte));
	virt_to_page(ptep)->private ++;
	set_pte(ptep, pte);
}

pte_t user_pte_clear(pte_t *ptep)
{
	pte_t old = ptep_get_and_clear(ptep);

	MM_CHECK(!pte_none(old));
	virt_to_page(ptep)->private --;
	return old;
}

/* The lowest table for @addr, and those above it that become empty by that. Return: where the next one begins. */
static unsigned long trim_at(struct mm_struct *mm, unsigned long addr, struct list_head *gone)
{
	unsigned int level = 1, lowest;
	uint64_t *table = lowest_table(mm, addr, &level);

	lowest = level;
	while (level < 4 && !virt_to_page(table)->private) {
		unsigned int above = level + 1;
		uint64_t *upper = lowest_table(mm, addr, &above);

		WRITE_ONCE(*entry_at(upper, addr, above), 0);
		count(mm, upper, -1);
		mm->tables--;
		list_add(&virt_to_page(table)->lru, gone);
		table = upper;
		level = above;
	}
	/* Behind that table; or, where there is none, behind the entry that would lead to it. */
	return (addr | ((1UL << (PAGE_SHIFT + 9 * max(lowest - 1, 1U))) - 1)) + 1;
}

void user_tables_trim(struct mm_struct *mm, unsigned long start, unsigned long end, struct list_head *gone)
{
	while (start < end)
		start = trim_at(mm, start, gone);
}

uint64_t mm_pagemap(struct mm_struct *mm, unsigned long addr)
{
	pte_t pte = __pte(0), *ptep;

	user_lock(mm);
	ptep = user_pte(mm, addr);
	if (ptep)
		pte = ptep_get(ptep);
	user_unlock(mm);
	if (pte_none(pte))
		return 0;
	if (!pte_present(pte))
		return PM_SWAP | swp_offset(pte_to_swp_entry(pte));
	return PM_PRESENT | pte_pfn(pte) | (pte_write(pte) ? PM_WRITE : 0) | (pte_dirty(pte) ? PM_DIRTY : 0) |
	       (pte_young(pte) ? PM_ACCESSED : 0);
}
EXPORT_SYMBOL(mm_pagemap);
