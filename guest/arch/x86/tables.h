/* SPDX-License-Identifier: MIT */
/*
 * tables.h - page tables as the files of this room that change them see them (pgtable.c, set_memory.c, paging.c).
 */
#ifndef X86_TABLES_H
#define X86_TABLES_H

#include <linux/types.h>

#include <asm/page.h>
#include <asm/pgtable.h>

#define TABLE_BITS (_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED)

/* Physical address of the top table. */
extern uint64_t kernel_cr3;

/* How much one entry of a table of @level covers. */
static inline unsigned long level_size(unsigned int level)
{
	return 1UL << (PAGE_SHIFT + 9 * (level - 1));
}

static inline unsigned long *entry_in(unsigned long *table, unsigned long va, unsigned int level)
{
	return &table[va >> (PAGE_SHIFT + 9 * (level - 1)) & 511];
}

static inline unsigned long *table_of(unsigned long entry)
{
	return __va(entry & PTE_PFN_MASK);
}

/**
 * table_walk - the entry that maps @va, or the one where the tables end
 * @level: out: 1 for a 4 KiB page, 2 and 3 for larger ones; an entry that is not present ends the walk at any level
 */
unsigned long *table_walk(unsigned long va, unsigned int *level);

/** table_count - so many more (fewer) entries of @table are in use. Growing from 0 needs the lock that keeps it hooked. */
void table_count(const unsigned long *table, long by);

/** tables_lock, tables_unlock - the lock that guards the shape of the kernel's tables. Interrupts are off in between. */
unsigned long tables_lock(void);
void tables_unlock(unsigned long irq);

/** pgds_follow - an entry of the kernel's top table is new: all top tables get it. Needs: tables_lock(). */
void pgds_follow(const unsigned long *entry);

/** table_replace - @entry from @old to @value, unless it is something else by now. */
bool table_replace(unsigned long *entry, unsigned long old, unsigned long value);

#endif
