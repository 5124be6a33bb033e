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

#define _PAGE_RW 0x002UL
#define _PAGE_NX (1UL << 63)

typedef struct {
	uint64_t pgprot;
} pgprot_t;

#define __pgprot(x) ((pgprot_t){(x)})
#define pgprot_val(p) ((p).pgprot)

#define PAGE_KERNEL __pgprot(1 | _PAGE_RW | _PAGE_NX)
#define PAGE_KERNEL_RO __pgprot(1 | _PAGE_NX)
#define PAGE_KERNEL_EXEC __pgprot(1)

struct page;

int arch_vmap_pages(unsigned long va, struct page **pages, unsigned long nr, pgprot_t prot);
void arch_vunmap_range(unsigned long va, unsigned long size);
void arch_flush_tlb_kernel_range(unsigned long start, unsigned long end);
int arch_set_memory(unsigned long va, unsigned long nr_pages, pgprot_t prot);
struct page *arch_vmalloc_to_page(const void *va);

#endif
