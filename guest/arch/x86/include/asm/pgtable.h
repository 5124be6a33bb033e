/* SPDX-License-Identifier: MIT */
/*
 * asm/pgtable.h - page table entries, and the primitives by which guest/mm changes the kernel's mappings.
 *
 * There is one set of kernel page tables, used by every CPU. What the primitives touch lies in the vmalloc and module areas.
 * The lower half belongs to user address spaces, each with a top table of its own and what guest/mm hangs below it.
 *
 * Bits of a kernel entry that maps something: A always; D if and only if it may be written to; NX unless it is code; never G (there is
 * one set of tables, and reloading %cr3 shall drop everything); never the bit for user mode.
 */
#ifndef ASM_PGTABLE_H
#define ASM_PGTABLE_H

#include <stdint.h>

#include <asm/page.h>

#define _PAGE_PRESENT 0x001UL
#define _PAGE_RW 0x002UL
#define _PAGE_USER 0x004UL
#define _PAGE_PWT 0x008UL
#define _PAGE_PCD 0x010UL
#define _PAGE_ACCESSED 0x020UL
#define _PAGE_DIRTY 0x040UL
#define _PAGE_PSE 0x080UL
#define _PAGE_GLOBAL 0x100UL
#define _PAGE_NX (1UL << 63)
#define PTE_PFN_MASK 0x000ffffffffff000UL
/* Which memory type: power-on's table has write-back, write-through, uncached-minus and uncached behind these. */
#define _PAGE_CACHE_MASK (_PAGE_PCD | _PAGE_PWT)
#define MAX_PHYS_BITS 52

#include <linux/gfp_types.h>

/** pgprot_t - the rights of a mapping: the flag bits of its entries. */
typedef struct {
	uint64_t pgprot;
} pgprot_t;

#define __pgprot(x) ((pgprot_t){(x)})
#define pgprot_val(p) ((p).pgprot)

/* Accessed and dirty are set from the start: nobody asks for them, and the CPU need not write them. */
#define _PAGE_KERNEL_BITS (_PAGE_PRESENT | _PAGE_ACCESSED)
#define PAGE_KERNEL __pgprot(_PAGE_KERNEL_BITS | _PAGE_RW | _PAGE_DIRTY | _PAGE_NX)
#define PAGE_KERNEL_RO __pgprot(_PAGE_KERNEL_BITS | _PAGE_NX)
#define PAGE_KERNEL_EXEC __pgprot(_PAGE_KERNEL_BITS)
#define PAGE_KERNEL_ROX PAGE_KERNEL_EXEC
#define PAGE_KERNEL_NOCACHE pgprot_noncached(PAGE_KERNEL)

static inline pgprot_t pgprot_cache(pgprot_t prot, uint64_t type)
{
	return __pgprot((pgprot_val(prot) & ~_PAGE_CACHE_MASK) | type);
}

#define pgprot_noncached(prot) pgprot_cache(prot, _PAGE_PCD | _PAGE_PWT)
#define pgprot_uncached_minus(prot) pgprot_cache(prot, _PAGE_PCD)
#define pgprot_writethrough(prot) pgprot_cache(prot, _PAGE_PWT)
#define pgprot_writecombine(prot) pgprot_uncached_minus(prot)

struct page;

struct list_head;

/**
 * arch_vmap_pages - map pages, one after another
 * @va: page aligned, in the vmalloc or module area; nothing is mapped there
 * @gfp: for tables that are missing
 *
 * A page that is writable is not executable, whatever @prot says.
 * Return: 0, or -ENOMEM and then nothing of it is mapped, but it may be remembered until a flush.
 */
int arch_vmap_pages(unsigned long va, struct page **pages, unsigned long nr, pgprot_t prot, gfp_t gfp);

/** arch_vmap_range - map [pa, pa + size), with pages of 2 MiB where both addresses allow. See arch_vmap_pages(). */
int arch_vmap_range(unsigned long va, uint64_t pa, unsigned long size, pgprot_t prot, gfp_t gfp);

/**
 * arch_vunmap_range - take away whatever is mapped in [va, va + size)
 *
 * Does not flush: CPUs may use the old mapping until arch_flush_tlb_kernel_range() returns. Context: any.
 */
void arch_vunmap_range(unsigned long va, unsigned long size);
/** arch_vunmap_mapped - the same for a range of which every page is mapped: quicker */
void arch_vunmap_mapped(unsigned long va, unsigned long size);

/**
 * arch_unhook_tables - take the tables for [start, end) that have become empty out of the tree
 *
 * They go on @gone by their page's lru. A CPU may still look at them until a flush of everything: then pgtable_free() them.
 */
void arch_unhook_tables(unsigned long start, unsigned long end, struct list_head *gone);

/** arch_flush_tlb_local - this CPU forgets [start, end). */
void arch_flush_tlb_local(unsigned long start, unsigned long end);

/**
 * arch_flush_tlb_kernel_range - when it returns, no CPU remembers an old translation of [start, end)
 *
 * Context: with several CPUs online: interrupts on, no lock held that another CPU takes with interrupts off.
 */
void arch_flush_tlb_kernel_range(unsigned long start, unsigned long end);

/** arch_flush_tlb_all - the same for everything, tables included. */
void arch_flush_tlb_all(void);

/** arch_tlb_flushes - flushes that @cpu made because another CPU asked for them. */
unsigned long arch_tlb_flushes(unsigned int cpu);

/* ---- user address spaces ---- */

/* Of an entry of a user table that maps a page: never executable, nothing else set from the start: the CPU does that. */
#define PAGE_USER_RO __pgprot(_PAGE_PRESENT | _PAGE_USER | _PAGE_NX)
#define PAGE_USER_RW __pgprot(_PAGE_PRESENT | _PAGE_USER | _PAGE_NX | _PAGE_RW)
/* Of one that leads to another table. */
#define USER_TABLE_BITS (_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED)

struct mm_struct;

/** arch_pgd_alloc, arch_pgd_free - a top table: nothing in the lower half, the kernel in the upper. 0: no memory */
uint64_t arch_pgd_alloc(gfp_t gfp);
void arch_pgd_free(uint64_t pgd);

/** arch_use_mm - the running thread goes on in @mm; NULL: in none */
void arch_use_mm(struct mm_struct *mm);

/** arch_flush_tlb_cpus - when it returns, none of @cpus remembers an old translation of [start, end). As for kernel ranges. */
void arch_flush_tlb_cpus(uint64_t cpus, unsigned long start, unsigned long end);

/** arch_vmalloc_to_page - the page behind a mapped address, or NULL. */
struct page *arch_vmalloc_to_page(const void *va);

#endif
