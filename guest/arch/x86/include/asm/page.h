/* SPDX-License-Identifier: MIT */
/*
 * asm/page.h - page size, and the two fixed translations between physical and virtual addresses.
 *
 * Every byte of RAM (and of the blob) has one address in the direct map; the kernel image has a second one at
 * KERNEL_BASE. __pa() knows both. It knows nothing about vmalloc addresses: see arch_vmalloc_to_page().
 */
#ifndef ASM_PAGE_H
#define ASM_PAGE_H

#include "shared/layout.h"

#define PAGE_SHIFT MMV_PAGE_SHIFT
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))

#define PMD_SHIFT 21
#define PMD_SIZE (1UL << PMD_SHIFT)
#define PUD_SHIFT 30
#define PUD_SIZE (1UL << PUD_SHIFT)
#define PGDIR_SHIFT 39
#define PGDIR_SIZE (1UL << PGDIR_SHIFT)

/* A kernel stack; the page below one is never mapped. */
#define THREAD_SIZE_ORDER 2
#define THREAD_SIZE (PAGE_SIZE << THREAD_SIZE_ORDER) /* MMV_THREAD_SIZE of shared/task.h */

#define PAGE_OFFSET DIRECT_MAP

struct page;
#define vmemmap ((struct page *)VMEMMAP)

/* Where KERNEL_BASE was loaded. */
extern unsigned long phys_base;

static inline unsigned long arch_pa(unsigned long va)
{
	return va >= KERNEL_BASE ? va - KERNEL_BASE + phys_base : va - DIRECT_MAP;
}

#define __pa(va) arch_pa((unsigned long)(va))
#define __va(pa) ((void *)((unsigned long)(pa) + DIRECT_MAP))

/** arch_clear_pages - 2^@order pages are zero: eight bytes a step, as memset() does, without what it asks first. */
static inline __attribute__((__always_inline__)) void arch_clear_pages(void *addr, unsigned int order)
{
	unsigned long words = PAGE_SIZE / 8 << order;

	asm volatile("rep stosq" : "+D"(addr), "+c"(words) : "a"(0UL) : "memory");
}

#endif
