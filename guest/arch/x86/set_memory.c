/* SPDX-License-Identifier: MIT */
/*
 * set_memory.c - other rights for pages that are mapped.
 *
 * Shape:  a change is bits to set and bits to clear in every entry of a range. First every large page that the range covers in
 *         part is split into a table that says the same, and everything is checked; only then entries change, so a change
 *         either happens or does not. What is not in the direct map has a second mapping there, which changes along.
 * Always: no entry is writable and executable: a change that would make one is refused. In the direct map nothing is ever
 *         executable. D is set if and only if RW is.
 *         A page made "not present" keeps its address in its entry, so the entry is not zero and its table knows that it is in use.
 * Locks:  entries change by compare-and-swap under table_lock (tables.h), so changes to neighbours do not lose each other. Who
 *         changes the same page at the same time gets one of the two.
 * Splitting leaves the translation as it is, so a CPU that still has the large one is right until bits change; then all flush.
 */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/set_memory.h>
#include <linux/vmalloc.h>

#include "guest/arch/x86/arch.h"
#include "guest/arch/x86/tables.h"

/** struct change - what to do; @small: map by 4 KiB entries */
struct change {
	unsigned long set, clear;
	bool small;
};

static unsigned long changed(unsigned long value, const struct change *c)
{
	value = (value & ~c->clear) | c->set;
	return value & _PAGE_RW ? value | _PAGE_DIRTY : value & ~_PAGE_DIRTY;
}

static bool in_direct_map(unsigned long va)
{
	return va - DIRECT_MAP < DIRECT_MAP_SIZE;
}

/* The entry for @va, which is not zero; NULL if nothing is mapped. */
static unsigned long *find_entry(unsigned long va, unsigned int *level)
{
	unsigned long *entry = table_walk(va, level);

	if (*entry)
		return entry;
	/* A part of the direct map that nobody has touched yet. */
	if (!in_direct_map(va) || !paging_fault(va))
		return NULL;
	entry = table_walk(va, level);
	return *entry ? entry : NULL;
}

/* A table in place of the large page: entries of one level less, same rights. */
static int split(unsigned long *entry, unsigned int level)
{
	unsigned long value = *(volatile unsigned long *)entry, size = level_size(level), *table;
	struct page *page = pgtable_alloc(GFP_KERNEL);
	unsigned long bits = value & ~PTE_PFN_MASK;

	if (!page)
		return -ENOMEM;
	if (level == 2)
		bits &= ~_PAGE_PSE;
	table = page_address(page);
	for (unsigned long i = 0; i < 512; i++)
		table[i] = ((value & PTE_PFN_MASK & ~(size - 1)) + i * level_size(level - 1)) | bits;
	page->private = 512;
	/* If it has changed meanwhile, look again: somebody else may have split it. */
	if (!table_replace(entry, value, page_to_phys(page) | TABLE_BITS))
		pgtable_free(page);
	return 0;
}

/* Make entries end where the range does, and see whether the change may be made. */
static int prepare(unsigned long va, unsigned long end, const struct change *c)
{
	while (va < end) {
		unsigned int level;
		unsigned long *entry = find_entry(va, &level), size, value;
		int err;

		if (!entry)
			return -EFAULT;
		size = level_size(level);
		value = changed(*entry, c);
		if (value & _PAGE_PRESENT && value & _PAGE_RW && !(value & _PAGE_NX))
			return -EINVAL;
		if (level > 1 && (c->small || va & (size - 1) || end - va < size)) {
			err = split(entry, level);
			if (err)
				return err;
			continue;
		}
		va += size;
	}
	return 0;
}

static void apply(unsigned long va, unsigned long end, const struct change *c)
{
	while (va < end) {
		unsigned int level;
		unsigned long *entry = table_walk(va, &level), old;

		do {
			old = *(volatile unsigned long *)entry;
		} while (!table_replace(entry, old, changed(old, c)));
		va += level_size(level);
	}
}

/* Where the page at @va, which is mapped, lies in the direct map; 0: nowhere else. */
static unsigned long alias_of(unsigned long va)
{
	unsigned int level;
	unsigned long entry, pa;

	if (in_direct_map(va))
		return 0;
	entry = *table_walk(va, &level);
	pa = (entry & PTE_PFN_MASK & ~(level_size(level) - 1)) | (va & (level_size(level) - 1));
	return pfn_valid(pa >> PAGE_SHIFT) ? (unsigned long)__va(pa) : 0;
}

static int for_aliases(unsigned long va, unsigned long end, const struct change *c, bool do_it)
{
	int err = 0;

	for (; va < end && !err; va += PAGE_SIZE) {
		unsigned long alias = alias_of(va);

		if (!alias)
			continue;
		if (do_it)
			apply(alias, alias + PAGE_SIZE, c);
		else
			err = prepare(alias, alias + PAGE_SIZE, c);
	}
	return err;
}

static int change(unsigned long va, int numpages, unsigned long set, unsigned long clear, bool small)
{
	struct change c = {set, clear, small};
	struct change alias = {set & ~_PAGE_NX, clear & ~_PAGE_NX, small};
	unsigned long end = va + ((unsigned long)numpages << PAGE_SHIFT);
	bool both = alias.set || alias.clear;
	int err;

	if (numpages <= 0)
		return numpages ? -EINVAL : 0;
	if (va & ~PAGE_MASK || end < va)
		return -EINVAL;
	vm_unmap_aliases();
	err = prepare(va, end, &c);
	if (!err && both)
		err = for_aliases(va, end, &alias, false);
	if (err)
		return err;
	if (both)
		for_aliases(va, end, &alias, true);
	apply(va, end, &c);
	arch_flush_tlb_all();
	return 0;
}

int set_memory_ro(unsigned long addr, int numpages)
{
	return change(addr, numpages, 0, _PAGE_RW, false);
}
EXPORT_SYMBOL(set_memory_ro);

int set_memory_rw(unsigned long addr, int numpages)
{
	return change(addr, numpages, _PAGE_RW, 0, false);
}
EXPORT_SYMBOL(set_memory_rw);

int set_memory_x(unsigned long addr, int numpages)
{
	if (in_direct_map(addr))
		return -EINVAL;
	return change(addr, numpages, 0, _PAGE_NX, false);
}
EXPORT_SYMBOL(set_memory_x);

int set_memory_nx(unsigned long addr, int numpages)
{
	return change(addr, numpages, _PAGE_NX, 0, false);
}
EXPORT_SYMBOL(set_memory_nx);

int set_memory_rox(unsigned long addr, int numpages)
{
	if (in_direct_map(addr))
		return -EINVAL;
	return change(addr, numpages, 0, _PAGE_RW | _PAGE_NX, false);
}
EXPORT_SYMBOL(set_memory_rox);

int set_memory_np(unsigned long addr, int numpages)
{
	return change(addr, numpages, 0, _PAGE_PRESENT, false);
}
EXPORT_SYMBOL(set_memory_np);

int set_memory_p(unsigned long addr, int numpages)
{
	return change(addr, numpages, _PAGE_PRESENT, 0, false);
}
EXPORT_SYMBOL(set_memory_p);

int set_memory_4k(unsigned long addr, int numpages)
{
	return change(addr, numpages, 0, 0, true);
}
EXPORT_SYMBOL(set_memory_4k);

int set_memory_uc(unsigned long addr, int numpages)
{
	return change(addr, numpages, _PAGE_PCD, _PAGE_CACHE_MASK, false);
}
EXPORT_SYMBOL(set_memory_uc);

int set_memory_wc(unsigned long addr, int numpages)
{
	return set_memory_uc(addr, numpages);
}
EXPORT_SYMBOL(set_memory_wc);

int set_memory_wb(unsigned long addr, int numpages)
{
	return change(addr, numpages, 0, _PAGE_CACHE_MASK, false);
}
EXPORT_SYMBOL(set_memory_wb);

/* ---- the direct map ---- */

static int change_direct(struct page *page, unsigned long set, unsigned long clear)
{
	unsigned long va = (unsigned long)page_address(page);
	struct change c = {set, clear, false};
	int err = prepare(va, va + PAGE_SIZE, &c);

	if (!err)
		apply(va, va + PAGE_SIZE, &c);
	return err;
}

int set_direct_map_invalid_noflush(struct page *page)
{
	return change_direct(page, 0, _PAGE_PRESENT);
}
EXPORT_SYMBOL(set_direct_map_invalid_noflush);

int set_direct_map_default_noflush(struct page *page)
{
	return change_direct(page, pgprot_val(PAGE_KERNEL), _PAGE_CACHE_MASK);
}
EXPORT_SYMBOL(set_direct_map_default_noflush);

bool kernel_page_present(struct page *page)
{
	unsigned int level;
	unsigned long *entry = find_entry((unsigned long)page_address(page), &level);

	return entry && *entry & _PAGE_PRESENT;
}
EXPORT_SYMBOL(kernel_page_present);

void paging_protect_image(void)
{
	unsigned long va = (unsigned long)__va(__pa(__text_start));
	struct change c = {0, _PAGE_RW, false};
	unsigned long end = va + (unsigned long)(__rodata_end - __text_start);

	BUG_ON(prepare(va, end, &c));
	apply(va, end, &c);
	arch_flush_tlb_all();
}
