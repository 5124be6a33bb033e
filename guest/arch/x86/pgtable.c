/* SPDX-License-Identifier: MIT */
/*
 * pgtable.c - changes to the kernel's page tables while it runs: what vmalloc and the module loader stand on.
 *
 * Shape:  four levels of 512 entries. All CPUs use the one set that paging.c made. In the areas that change, pages are
 *         mapped by entries of 4 KiB only.
 * Tables: made on demand (pgtable_alloc()) and kept when they become empty: the address space is used again, and so are
 *         they; they count as OWNER_PGTABLE. A new table is put in place by compare-and-swap, so two CPUs that need
 *         the same one agree without a lock, and the loser gives its page back.
 * Locks:  none. Callers own the addresses that they change, so no two write the same entry; tables never go away.
 * Not here: who may use which address (guest/mm), the flush (tlb.c).
 */
#include <linux/errno.h>
#include <linux/mm.h>

#include <asm/pgtable.h>

#include "guest/arch/x86/arch.h"

#define TABLE_BITS (_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED)

static unsigned long *entry_in(unsigned long *table, unsigned long va, unsigned int level)
{
	return &table[va >> (PAGE_SHIFT + 9 * (level - 1)) & 511];
}

static unsigned long *table_of(unsigned long entry)
{
	return __va(entry & PTE_PFN_MASK);
}

/**
 * walk - the entry that maps @va, or the one where the tables end
 * @level: out: 1 for a 4 KiB page, 2 and 3 for larger ones; an entry that is not present ends the walk at any level
 */
static unsigned long *walk(unsigned long va, unsigned int *level)
{
	unsigned long *table = __va(kernel_cr3);

	for (unsigned int l = 4;; l--) {
		unsigned long *entry = entry_in(table, va, l);
		unsigned long value = *(volatile unsigned long *)entry;

		if (l == 1 || !(value & _PAGE_PRESENT) || value & _PAGE_PSE) {
			*level = l;
			return entry;
		}
		table = table_of(value);
	}
}

/* The 4 KiB entry for @va, its tables made if missing; NULL: no memory. */
static unsigned long *walk_alloc(unsigned long va)
{
	unsigned long *table = __va(kernel_cr3);

	for (unsigned int l = 4; l > 1; l--) {
		unsigned long *entry = entry_in(table, va, l);
		unsigned long value = *(volatile unsigned long *)entry;

		if (!(value & _PAGE_PRESENT)) {
			struct page *page = pgtable_alloc();

			if (!page)
				return NULL;
			value = page_to_phys(page) | TABLE_BITS;
			if (!__sync_bool_compare_and_swap(entry, 0, value)) {
				pgtable_free(page);
				value = *(volatile unsigned long *)entry;
			}
		}
		table = table_of(value);
	}
	return entry_in(table, va, 1);
}

int arch_vmap_pages(unsigned long va, struct page **pages, unsigned long nr, pgprot_t prot)
{
	unsigned long *entry = NULL;

	for (unsigned long i = 0; i < nr; i++, entry++) {
		unsigned long at = va + (i << PAGE_SHIFT);

		if (!entry || !(at & (PMD_SIZE - 1)))
			entry = walk_alloc(at);
		if (!entry) {
			arch_vunmap_range(va, i << PAGE_SHIFT);
			return -ENOMEM;
		}
		*(volatile unsigned long *)entry = page_to_phys(pages[i]) | pgprot_val(prot);
	}
	return 0;
}

void arch_vunmap_range(unsigned long va, unsigned long size)
{
	unsigned long end = va + size;

	while (va < end) {
		unsigned int level;
		unsigned long *entry = walk(va, &level);
		unsigned long step = 1UL << (PAGE_SHIFT + 9 * (level - 1));

		if (level > 1) {
			va = (va & ~(step - 1)) + step;
			if (!va) /* past the end of the address space */
				return;
			continue;
		}
		do {
			*(volatile unsigned long *)entry++ = 0;
			va += PAGE_SIZE;
		} while (va < end && va & (PMD_SIZE - 1));
	}
}

int arch_set_memory(unsigned long va, unsigned long nr_pages, pgprot_t prot)
{
	unsigned int level;

	for (unsigned long i = 0; i < nr_pages; i++) {
		if (!(*walk(va + (i << PAGE_SHIFT), &level) & _PAGE_PRESENT) || level != 1)
			return -EINVAL;
	}
	for (unsigned long i = 0; i < nr_pages; i++) {
		unsigned long *entry = walk(va + (i << PAGE_SHIFT), &level);

		*(volatile unsigned long *)entry = (*entry & PTE_PFN_MASK) | pgprot_val(prot);
	}
	arch_flush_tlb_kernel_range(va, va + (nr_pages << PAGE_SHIFT));
	return 0;
}

struct page *arch_vmalloc_to_page(const void *va)
{
	unsigned int level;
	unsigned long addr = (unsigned long)va, entry = *walk(addr, &level);
	unsigned long page_mask = (1UL << (PAGE_SHIFT + 9 * (level - 1))) - 1;

	if (!(entry & _PAGE_PRESENT))
		return NULL;
	return phys_to_page((entry & PTE_PFN_MASK & ~page_mask) | (addr & page_mask & PAGE_MASK));
}
