/* SPDX-License-Identifier: MIT */
/*
 * vmalloc.h - memory that is contiguous in virtual addresses only, with a guard page behind each piece.
 *
 * Context: task, may sleep; vfree() also in interrupts, where the work waits for the next vmalloc call of a task.
 */
#ifndef _LINUX_VMALLOC_H
#define _LINUX_VMALLOC_H

#include <linux/types.h>
#include <linux/gfp.h>
#include <linux/overflow.h>
#include <asm/pgtable.h>

#define VMALLOC_TOTAL (VMALLOC_END - VMALLOC_START)

/** vmalloc - @size bytes, rounded up to pages. Return: page aligned address for vfree(), or NULL. */
void *vmalloc(unsigned long size);
/** vzalloc - the same, zero. */
void *vzalloc(unsigned long size);
/** vmalloc_32 - the same from pages below 4 GiB. */
void *vmalloc_32(unsigned long size);
/** vmalloc_user - zero, for memory that user processes may map. */
void *vmalloc_user(unsigned long size);
/** __vmalloc - with a mask of one's own; it must allow sleeping. */
void *__vmalloc(unsigned long size, gfp_t gfp);

/**
 * __vmalloc_node_range - everything said
 * @align:    a power of two
 * @start, @end: inside the vmalloc range or the module range
 * @vm_flags: VM_*, added to VM_ALLOC
 * @caller:   recorded as who asked
 */
void *__vmalloc_node_range(unsigned long size, unsigned long align, unsigned long start, unsigned long end, gfp_t gfp,
			   pgprot_t prot, unsigned long vm_flags, int node, const void *caller);

static inline void *__vmalloc_node(unsigned long size, unsigned long align, gfp_t gfp, int node, const void *caller)
{
	return __vmalloc_node_range(size, align, VMALLOC_START, VMALLOC_END, gfp, PAGE_KERNEL, 0, node, caller);
}

static inline void *vmalloc_node(unsigned long size, int node)
{
	(void)node;
	return vmalloc(size);
}

static inline void *vzalloc_node(unsigned long size, int node)
{
	(void)node;
	return vzalloc(size);
}

static inline void *vmalloc_array(size_t n, size_t size)
{
	return vmalloc(size_mul(n, size));
}

static inline void *vcalloc(size_t n, size_t size)
{
	return vzalloc(size_mul(n, size));
}

/**
 * vfree - unmap, and free the pages; NULL is fine
 *
 * Where nobody may wait for other CPUs (interrupts, spinlocks, interrupts off) the area is queued, and goes with the
 * next vmalloc(), vfree() or mm_drain() of a task.
 */
void vfree(const void *addr);

/** vfree_atomic - always queue. */
void vfree_atomic(const void *addr);

/**
 * vmap - map pages one has, one after another
 * @flags: VM_MAP; with VM_MAP_PUT_PAGES vfree() puts the pages and frees the array, which must be a kvmalloc()
 * @prot:  execution is never allowed
 */
void *vmap(struct page **pages, unsigned int count, unsigned long flags, pgprot_t prot);

/** vunmap - undo vmap(); the pages stay. Task context only: anywhere else it warns and does nothing. */
void vunmap(const void *addr);

/** vmalloc_to_page - the page behind an address of an area, NULL if nothing is mapped. */
struct page *vmalloc_to_page(const void *addr);
unsigned long vmalloc_to_pfn(const void *addr);

/** is_vmalloc_addr - does it lie in the vmalloc range? (Not: is anything there.) */
static inline bool is_vmalloc_addr(const void *addr)
{
	return (unsigned long)addr - VMALLOC_START < VMALLOC_END - VMALLOC_START;
}

static inline bool is_vmalloc_or_module_addr(const void *addr)
{
	return is_vmalloc_addr(addr) || (unsigned long)addr - MODULES_START < MODULES_END - MODULES_START;
}

/** find_vm_area - the area that holds @addr, its guard page included; NULL if none does. It may go at any time. */
struct vm_struct *find_vm_area(const void *addr);

static inline size_t get_vm_area_size(const struct vm_struct *area)
{
	return area->flags & VM_NO_GUARD ? area->size : area->size - PAGE_SIZE;
}

/** vmalloc_nr_pages - pages in all vmalloc() areas. */
unsigned long vmalloc_nr_pages(void);

/** vm_unmap_aliases - when it returns, no stale mapping of anything freed is left anywhere. */
void vm_unmap_aliases(void);

#endif
