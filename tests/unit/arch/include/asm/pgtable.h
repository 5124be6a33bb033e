/* SPDX-License-Identifier: MIT */
/*
 * asm/pgtable.h of the host build - page tables as data, and real mappings of the simulated RAM so that accesses work, and
 * fault where they must. Harsher than a machine: an unmapped page stays reachable until the flush (a stale TLB entry), and
 * the flush checks that nobody else got the page or the address in between.
 */
#ifndef ASM_PGTABLE_H
#define ASM_PGTABLE_H

#include <stdint.h>
#include <asm/page.h>

#include <linux/gfp_types.h>

#define _PAGE_PRESENT 0x001UL
#define _PAGE_RW 0x002UL
#define _PAGE_USER 0x004UL
#define _PAGE_ACCESSED 0x020UL
#define _PAGE_DIRTY 0x040UL
#define PTE_PFN_MASK 0x000ffffffffff000UL
#define _PAGE_PCD 0x010UL
#define _PAGE_PWT 0x008UL
#define _PAGE_USER 0x004UL
#define _PAGE_ACCESSED 0x020UL
#define _PAGE_DIRTY 0x040UL
#define _PAGE_NX (1UL << 63)
#define PTE_PFN_MASK 0x000ffffffffff000UL
#define MAX_PHYS_BITS 52

typedef struct {
	uint64_t pgprot;
} pgprot_t;

#define __pgprot(x) ((pgprot_t){(x)})
#define pgprot_val(p) ((p).pgprot)

#define PAGE_KERNEL __pgprot(1 | _PAGE_RW | _PAGE_NX)
#define PAGE_KERNEL_RO __pgprot(1 | _PAGE_NX)
#define PAGE_KERNEL_EXEC __pgprot(1)
#define pgprot_noncached(prot) __pgprot(pgprot_val(prot) | _PAGE_PCD | _PAGE_PWT)
#define pgprot_uncached_minus(prot) __pgprot(pgprot_val(prot) | _PAGE_PCD)
#define pgprot_writethrough(prot) __pgprot(pgprot_val(prot) | _PAGE_PWT)
#define pgprot_writecombine(prot) pgprot_uncached_minus(prot)

struct page;
struct list_head;

int arch_vmap_pages(unsigned long va, struct page **pages, unsigned long nr, pgprot_t prot, gfp_t gfp);
int arch_vmap_range(unsigned long va, uint64_t pa, unsigned long size, pgprot_t prot, gfp_t gfp);
void arch_vunmap_range(unsigned long va, unsigned long size);
void arch_vunmap_mapped(unsigned long va, unsigned long size);
void arch_unhook_tables(unsigned long start, unsigned long end, struct list_head *gone);
void arch_flush_tlb_local(unsigned long start, unsigned long end);
void arch_flush_tlb_kernel_range(unsigned long start, unsigned long end);
void arch_flush_tlb_all(void);
struct page *arch_vmalloc_to_page(const void *va);

/* User address spaces are data only: tests walk them, and set the bits that a CPU would. */
#define PAGE_USER_RO __pgprot(_PAGE_PRESENT | _PAGE_USER | _PAGE_NX)
#define PAGE_USER_RW __pgprot(_PAGE_PRESENT | _PAGE_USER | _PAGE_NX | _PAGE_RW)
#define USER_TABLE_BITS (_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED)

struct mm_struct;
uint64_t arch_pgd_alloc(gfp_t gfp);
void arch_pgd_free(uint64_t pgd);
void arch_use_mm(struct mm_struct *mm);
void arch_flush_tlb_cpus(uint64_t cpus, unsigned long start, unsigned long end);

#endif
