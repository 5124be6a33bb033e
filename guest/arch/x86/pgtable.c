/* SPDX-License-Identifier: MIT */
/*
 * pgtable.c - changes to the kernel's page tables while it runs: what vmalloc and the module loader stand on.
 *
 * Shape:  four levels of 512 entries, in the one set that paging.c made; user address spaces have the upper half in common. In the areas that change, entries map 4 KiB
 *         or 2 MiB.
 * Tables: made on demand (pgtable_alloc(): OWNER_PGTABLE) by whoever maps, taken out of the tree when they are empty by whoever
 *         has unmapped (arch_unhook_tables()), freed after the flush that follows. The page of such a table counts in its
 *         "private" the entries that are not zero. Tables from boot are reserved memory, have no count and stay; so do
 *         tables of level 3, of which there is one for each 512 GiB in use: the tables of every user address space share them.
 * Always: the count of a table is at least its number of entries: it grows before they are written and shrinks after they were
 *         cleared. So a table whose count is 0 is empty, and nobody is about to write to it.
 * Locks:  table_lock for hooking and unhooking tables, and for growing a count. Entries that map are written without it: callers
 *         own the addresses, so no two write the same one, and the table stays because its count says so. Who unmaps what may not be
 *         mapped may come to a table that has nothing of his, and that somebody else unhooks meanwhile: so he has interrupts off
 *         from the walk to the last entry. Whoever frees an unhooked table must first have been answered by this CPU (the flush).
 * Not here: who may use which address (guest/mm), rights of what is mapped (set_memory.c), the flush (tlb.c).
 */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/spinlock.h>

#include <asm/pgtable.h>

#include "guest/arch/x86/tables.h"

static DEFINE_SPINLOCK(table_lock);

unsigned long tables_lock(void)
{
	unsigned long irq;

	spin_lock_irqsave(&table_lock, irq);
	return irq;
}

void tables_unlock(unsigned long irq)
{
	spin_unlock_irqrestore(&table_lock, irq);
}

unsigned long *table_walk(unsigned long va, unsigned int *level)
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

/*
 * The table of level 1 that was used last, for its PMD_SIZE bytes of addresses: so one word that it is read whole without a lock. It is
 * written with table_lock held, and forgotten before its table is unhooked: whoever has an entry in a table, or holds
 * the lock, may believe it.
 */
static unsigned long last_table;
#define LAST_TABLE(va, pa) (((va) >> PMD_SHIFT) << 32 | (pa) >> PAGE_SHIFT)

static unsigned long *last_table_for(unsigned long va)
{
	unsigned long word = READ_ONCE(last_table);

	return (word ^ LAST_TABLE(va, 0)) >> 32 ? NULL : __va((word & 0xffffffff) << PAGE_SHIFT);
}

/* The page of a table that is counted; NULL for one from boot. */
static struct page *counted(const unsigned long *table)
{
	struct page *page = phys_to_page((unsigned long)table - PAGE_OFFSET);

	return page->state == PAGE_USED && page->owner == OWNER_PGTABLE ? page : NULL;
}

void table_count(const unsigned long *table, long by)
{
	struct page *page = counted(table);

	if (page)
		__atomic_fetch_add(&page->private, (uint64_t)by, __ATOMIC_SEQ_CST);
}

/*
 * The table of @level for @va, with its count grown by @n. @spare is hooked in where one is missing. NULL: another one is needed,
 * or (@blocked) a large page is in the way.
 */
static unsigned long *try_table(unsigned long va, unsigned int level, unsigned int n, struct page **spare,
				bool *blocked)
{
	unsigned long *table = __va(kernel_cr3), irq;

	spin_lock_irqsave(&table_lock, irq);
	for (unsigned int l = 4; table && l > level; l--) {
		unsigned long *entry = entry_in(table, va, l);
		unsigned long value = *(volatile unsigned long *)entry;

		if (!value && *spare) {
			value = page_to_phys(*spare) | TABLE_BITS;
			*spare = NULL;
			table_count(table, 1);
			*(volatile unsigned long *)entry = value;
			if (l == 4)
				pgds_follow(entry);
		}
		*blocked = value & _PAGE_PSE;
		table = value && !*blocked ? table_of(value) : NULL;
	}
	if (table)
		table_count(table, (long)n);
	if (table && level == 1 && counted(table))
		WRITE_ONCE(last_table, LAST_TABLE(va, __pa(table)));
	spin_unlock_irqrestore(&table_lock, irq);
	return table;
}

static unsigned long *get_table(unsigned long va, unsigned int level, unsigned int n, gfp_t gfp)
{
	struct page *spare = NULL;
	unsigned long *table;
	bool blocked = false;

	while (!(table = try_table(va, level, n, &spare, &blocked))) {
		if (WARN_ONCE(blocked, "a large page is mapped at %lx\n", va))
			return NULL;
		spare = pgtable_alloc(gfp);
		if (!spare)
			return NULL;
	}
	if (spare)
		pgtable_free(spare);
	return table;
}

/* The table that was used last, if it has all of @nr entries from @va on, with its count grown by as many; else NULL. */
static unsigned long *get_last_table(unsigned long va, unsigned long nr)
{
	unsigned long *table, irq;

	if ((va & (PMD_SIZE - 1)) + (nr << PAGE_SHIFT) > PMD_SIZE)
		return NULL;
	spin_lock_irqsave(&table_lock, irq);
	table = last_table_for(va);
	if (likely(table))
		__atomic_fetch_add(&virt_to_page(table)->private, nr, __ATOMIC_SEQ_CST);
	spin_unlock_irqrestore(&table_lock, irq);
	return table;
}

static unsigned long checked_prot(pgprot_t prot)
{
	unsigned long bits = pgprot_val(prot);

	if (WARN_ONCE((bits & (_PAGE_RW | _PAGE_NX)) == _PAGE_RW, "a mapping is to be writable and executable\n"))
		bits |= _PAGE_NX;
	return bits;
}

/* Entries of one table from @va on, at most @left. */
static unsigned long in_this_table(unsigned long va, unsigned long left)
{
	unsigned long here = (PMD_SIZE - (va & (PMD_SIZE - 1))) >> PAGE_SHIFT;

	return left < here ? left : here;
}

static noinline int map_pages(unsigned long va, struct page **pages, unsigned long nr, unsigned long bits, gfp_t gfp)
{
	unsigned long n;

	for (unsigned long done = 0; done < nr; done += n) {
		unsigned long at = va + (done << PAGE_SHIFT), *entry;

		n = in_this_table(at, nr - done);
		entry = get_table(at, 1, (unsigned int)n, gfp);
		if (!entry) {
			arch_vunmap_range(va, done << PAGE_SHIFT);
			return -ENOMEM;
		}
		entry = entry_in(entry, at, 1);
		for (unsigned long i = 0; i < n; i++)
			*(volatile unsigned long *)(entry + i) = page_to_phys(pages[done + i]) | bits;
	}
	return 0;
}

int arch_vmap_pages(unsigned long va, struct page **pages, unsigned long nr, pgprot_t prot, gfp_t gfp)
{
	unsigned long bits = checked_prot(prot), *entry = get_last_table(va, nr);

	if (!entry)
		return map_pages(va, pages, nr, bits, gfp);
	entry = entry_in(entry, va, 1);
	for (unsigned long i = 0; i < nr; i++)
		*(volatile unsigned long *)(entry + i) = page_to_phys(pages[i]) | bits;
	return 0;
}

/* One large page, if that can be. An empty table that nobody has unhooked yet is in the way; then small ones do. */
static bool map_large(unsigned long va, unsigned long pa, unsigned long left, unsigned long bits, gfp_t gfp)
{
	unsigned long *table, *entry;

	if ((va | pa) & (PMD_SIZE - 1) || left < PMD_SIZE)
		return false;
	table = get_table(va, 2, 1, gfp);
	if (!table)
		return false;
	entry = entry_in(table, va, 2);
	if (*(volatile unsigned long *)entry) {
		table_count(table, -1);
		return false;
	}
	*(volatile unsigned long *)entry = pa | bits | _PAGE_PSE;
	return true;
}

int arch_vmap_range(unsigned long va, uint64_t pa, unsigned long size, pgprot_t prot, gfp_t gfp)
{
	unsigned long bits = checked_prot(prot), step;

	for (unsigned long done = 0; done < size; done += step) {
		unsigned long *entry, n;

		step = PMD_SIZE;
		if (map_large(va + done, pa + done, size - done, bits, gfp))
			continue;
		n = in_this_table(va + done, (size - done) >> PAGE_SHIFT);
		step = n << PAGE_SHIFT;
		entry = get_table(va + done, 1, (unsigned int)n, gfp);
		if (!entry) {
			arch_vunmap_range(va, done);
			return -ENOMEM;
		}
		entry = entry_in(entry, va + done, 1);
		for (unsigned long i = 0; i < n; i++)
			*(volatile unsigned long *)(entry + i) = (pa + done + (i << PAGE_SHIFT)) | bits;
	}
	return 0;
}

static unsigned long *table_with(unsigned long *entry)
{
	return (unsigned long *)((unsigned long)entry & PAGE_MASK);
}

/* Return: how many were not 0. */
static inline long clear(unsigned long *entry, unsigned long n)
{
	long cleared = 0;

	for (unsigned long i = 0; i < n; i++, entry++) {
		cleared += *entry != 0;
		*(volatile unsigned long *)entry = 0;
	}
	return cleared;
}

/* Clear the 4 KiB entries from @va on to the end of their table, or to @end. Return: where it stopped. */
static unsigned long clear_entries(unsigned long *entry, unsigned long va, unsigned long end)
{
	unsigned long n = in_this_table(va, (end - va) >> PAGE_SHIFT);
	long cleared = clear(entry, n);

	if (cleared)
		table_count(table_with(entry), -cleared);
	return va + (n << PAGE_SHIFT);
}

/* An entry above level 1 that leads to no table: nothing, a large page, or one made not present, which goes. Return: where it ends. */
static unsigned long clear_large(unsigned long *entry, unsigned long value, unsigned long va, unsigned int level)
{
	if (value) { /* it lies in one area, and goes with it */
		*(volatile unsigned long *)entry = 0;
		table_count(table_with(entry), -1);
	}
	return (va & ~(level_size(level) - 1)) + level_size(level);
}

static noinline void vunmap_range(unsigned long va, unsigned long end)
{
	while (va && va < end) { /* 0: past the end of the address space */
		unsigned int level;
		unsigned long irq = arch_local_irq_save(), *entry = table_walk(va, &level);
		unsigned long value = *(volatile unsigned long *)entry;

		if (level == 1)
			va = clear_entries(entry, va, end);
		else if ((value & (_PAGE_PRESENT | _PAGE_PSE)) != _PAGE_PRESENT)
			va = clear_large(entry, value, va, level);
		/* Else somebody has hooked a table in since the walk: it is not to be lost, and may be walked now. */
		arch_local_irq_restore(irq);
	}
}

void arch_vunmap_range(unsigned long va, unsigned long size)
{
	vunmap_range(va, va + size);
}

void arch_vunmap_mapped(unsigned long va, unsigned long size)
{
	unsigned long *table = last_table_for(va);

	if (likely(table && (va & (PMD_SIZE - 1)) + size <= PMD_SIZE))
		__atomic_fetch_sub(&virt_to_page(table)->private,
				   (uint64_t)clear(entry_in(table, va, 1), size >> PAGE_SHIFT), __ATOMIC_SEQ_CST);
	else
		vunmap_range(va, va + size);
}

/* Tables on the way to @va, by level; 0 where there is none. Return: the lowest level that has one. */
static unsigned int path_to(unsigned long va, unsigned long *tables[5])
{
	unsigned int l = 4;

	tables[4] = __va(kernel_cr3);
	for (; l > 1; l--) {
		unsigned long value = *entry_in(tables[l], va, l);

		if (!(value & _PAGE_PRESENT) || value & _PAGE_PSE)
			break;
		tables[l - 1] = table_of(value);
	}
	return l;
}

void arch_unhook_tables(unsigned long start, unsigned long end, struct list_head *gone)
{
	unsigned long *tables[5], irq, va = start;

	while (va < end) {
		unsigned int lowest;
		unsigned long next;

		spin_lock_irqsave(&table_lock, irq);
		lowest = path_to(va, tables);
		next = (va & ~(level_size(lowest + 1) - 1)) + level_size(lowest + 1);
		if (lowest > 1)
			next = (va & ~(level_size(lowest) - 1)) + level_size(lowest);
		for (unsigned int l = lowest; l < 3; l++) {
			struct page *page = counted(tables[l]);

			if (!page || __atomic_load_n(&page->private, __ATOMIC_SEQ_CST))
				break;
			if (l == 1)
				WRITE_ONCE(last_table, 0);
			*(volatile unsigned long *)entry_in(tables[l + 1], va, l + 1) = 0;
			table_count(tables[l + 1], -1);
			list_add(&page->lru, gone);
		}
		spin_unlock_irqrestore(&table_lock, irq);
		if (next <= va) /* past the end of the address space */
			return;
		va = next;
	}
}

bool table_replace(unsigned long *entry, unsigned long old, unsigned long value)
{
	unsigned long irq;
	bool same;

	spin_lock_irqsave(&table_lock, irq);
	same = *(volatile unsigned long *)entry == old;
	if (same)
		*(volatile unsigned long *)entry = value;
	spin_unlock_irqrestore(&table_lock, irq);
	return same;
}

struct page *arch_vmalloc_to_page(const void *va)
{
	unsigned int level;
	unsigned long addr = (unsigned long)va, entry = *table_walk(addr, &level);
	unsigned long page_mask = level_size(level) - 1;

	if (!(entry & _PAGE_PRESENT))
		return NULL;
	return phys_to_page((entry & PTE_PFN_MASK & ~page_mask) | (addr & page_mask & PAGE_MASK));
}
