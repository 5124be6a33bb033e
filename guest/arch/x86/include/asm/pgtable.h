/* SPDX-License-Identifier: MIT */
/*
 * asm/pgtable.h - page table entries, and the primitives by which guest/mm changes the kernel's mappings.
 *
 * There is one set of page tables, used by every CPU. What the primitives touch lies in the vmalloc and module areas.
 */
#ifndef ASM_PGTABLE_H
#define ASM_PGTABLE_H

#include <stdint.h>

#include <asm/page.h>

#define _PAGE_PRESENT 0x001UL
#define _PAGE_RW 0x002UL
#define _PAGE_PWT 0x008UL
#define _PAGE_PCD 0x010UL
#define _PAGE_ACCESSED 0x020UL
#define _PAGE_DIRTY 0x040UL
#define _PAGE_PSE 0x080UL
#define _PAGE_NX (1UL << 63)
#define PTE_PFN_MASK 0x000ffffffffff000UL

/** pgprot_t - the rights of a mapping: the flag bits of its entries. */
typedef struct {
	uint64_t pgprot;
} pgprot_t;

#define __pgprot(x) ((pgprot_t){(x)})
#define pgprot_val(p) ((p).pgprot)

/* Accessed and dirty are set from the start: nobody asks for them, and the CPU need not write them. */
#define _PAGE_KERNEL_BITS (_PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_DIRTY)
#define PAGE_KERNEL __pgprot(_PAGE_KERNEL_BITS | _PAGE_RW | _PAGE_NX)
#define PAGE_KERNEL_RO __pgprot(_PAGE_KERNEL_BITS | _PAGE_NX)
#define PAGE_KERNEL_EXEC __pgprot(_PAGE_KERNEL_BITS)
#define PAGE_KERNEL_NOCACHE __pgprot(_PAGE_KERNEL_BITS | _PAGE_RW | _PAGE_NX | _PAGE_PCD | _PAGE_PWT)

struct page;

/**
 * arch_vmap_pages - map pages, one after another
 * @va: page aligned, in the vmalloc or module area; nothing is mapped there
 *
 * Context: task context, may allocate page tables (pgtable_alloc()).
 * Return: 0, or -ENOMEM and then nothing of it is mapped.
 */
int arch_vmap_pages(unsigned long va, struct page **pages, unsigned long nr, pgprot_t prot);

/**
 * arch_vunmap_range - take away whatever is mapped in [va, va + size)
 *
 * Does not flush: other CPUs may use the old mapping until arch_flush_tlb_kernel_range() returns.
 */
void arch_vunmap_range(unsigned long va, unsigned long size);

/**
 * arch_flush_tlb_kernel_range - when it returns, no CPU remembers an old translation of [start, end)
 *
 * Context: with several CPUs online: interrupts on, no lock held that another CPU takes with interrupts off.
 */
void arch_flush_tlb_kernel_range(unsigned long start, unsigned long end);

/**
 * arch_set_memory - change the rights of mapped pages, and flush
 *
 * Context: as arch_flush_tlb_kernel_range().
 * Return: 0, or -EINVAL if a page of the range is not mapped by an entry of its own; then nothing was changed.
 */
int arch_set_memory(unsigned long va, unsigned long nr_pages, pgprot_t prot);

/** arch_vmalloc_to_page - the page behind a mapped address, or NULL. */
struct page *arch_vmalloc_to_page(const void *va);

#endif
