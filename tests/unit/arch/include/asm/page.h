/* SPDX-License-Identifier: MIT */
/*
 * asm/page.h of the host build - where the simulated machine lies in a test program's address space.
 *
 * The areas of the guest's map get addresses that a user process may have. Each keeps its meaning: the direct map is
 * simulated RAM, an unmapped page there is a hole and faults.
 */
#ifndef ASM_PAGE_H
#define ASM_PAGE_H

#include "shared/layout.h"

#define PAGE_SHIFT MMV_PAGE_SHIFT
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))

#define PMD_SHIFT 21
#define PMD_SIZE (1UL << PMD_SHIFT)

#define THREAD_SIZE_ORDER 2
#define THREAD_SIZE (PAGE_SIZE << THREAD_SIZE_ORDER) /* MMV_THREAD_SIZE of shared/task.h */

#define PAGE_OFFSET 0x200000000000UL

struct page;
#define SIM_VMEMMAP 0x300000000000UL
#define vmemmap ((struct page *)SIM_VMEMMAP)

/* Small on purpose: tests fill them. */
#undef VMALLOC_START
#undef VMALLOC_END
#undef MODULES_START
#undef MODULES_END
#define VMALLOC_START 0x400000000000UL
#define VMALLOC_END (VMALLOC_START + (1UL << 30))
#define MODULES_START 0x480000000000UL
#define MODULES_END (MODULES_START + (64UL << 20))

#define __pa(va) ((unsigned long)(va)-PAGE_OFFSET)
#define __va(pa) ((void *)((unsigned long)(pa) + PAGE_OFFSET))

/* A call, so that the sanitizers see it. */
#define arch_clear_pages(addr, order) memset(addr, 0, PAGE_SIZE << (order))

#endif
