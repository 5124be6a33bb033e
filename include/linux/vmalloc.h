/* SPDX-License-Identifier: MIT */
/*
 * vmalloc.h - memory that is contiguous in virtual addresses only, with a guard page behind each piece.
 *
 * Context: building needs a task, unless the mask forbids to wait; vfree() is for any context.
 */
#ifndef _LINUX_VMALLOC_H
#define _LINUX_VMALLOC_H

#include <linux/errno.h>
#include <linux/types.h>
#include <linux/gfp.h>
#include <linux/overflow.h>
#include <asm/pgtable.h>

#define VMALLOC_TOTAL (VMALLOC_END - VMALLOC_START)

/** vmalloc - @size bytes, rounded up to pages. Return: page aligned address for vfree(), or NULL. */
void *vmalloc(unsigned long size);
/** vzalloc - the same, zero. */
void *vzalloc(unsigned long size);
void *vmalloc_node(unsigned long size, int node);
void *vzalloc_node(unsigned long size, int node);
/** vmalloc_32 - the same from pages below 4 GiB; vmalloc_32_user: zero, for user processes to map. */
void *vmalloc_32(unsigned long size);
void *vmalloc_32_user(unsigned long size);
/** vmalloc_user - zero, for memory that user processes may map. */
void *vmalloc_user(unsigned long size);
/** vmalloc_huge - mapped by 2 MiB pages as far as there are any; boot option nohugevmalloc: never. */
void *vmalloc_huge(unsigned long size, gfp_t gfp);
/**
 * __vmalloc - with a mask of one's own
 *
 * Without __GFP_DIRECT_RECLAIM it never waits, neither for pages nor for tables, and may be called in atomic context. __GFP_NOFAIL
 * waits for ever. Zones may be restricted. Bits about mobility and compound pages mean nothing here: a warning, once.
 */
void *__vmalloc(unsigned long size, gfp_t gfp);

/**
 * __vmalloc_node_range - everything said
 * @align:    a power of two
 * @start, @end: inside the vmalloc range or the module range
 * @prot:     not writable and executable at once: execution is taken away then, with a warning
 * @vm_flags: VM_*, added to VM_ALLOC; VM_ALLOW_HUGE_VMAP for large pages
 * @caller:   recorded as who asked
 */
void *__vmalloc_node_range(unsigned long size, unsigned long align, unsigned long start, unsigned long end, gfp_t gfp,
			   pgprot_t prot, unsigned long vm_flags, int node, const void *caller);

/** __vmalloc_node - @caller NULL: whoever calls. */
void *__vmalloc_node(unsigned long size, unsigned long align, gfp_t gfp, int node, const void *caller);

static inline void *vmalloc_huge_node(unsigned long size, gfp_t gfp, int node)
{
	(void)node;
	return vmalloc_huge(size, gfp);
}

/** __vmalloc_array - n * size bytes; NULL if that is no number. */
void *__vmalloc_array(size_t n, size_t size, gfp_t gfp);

static inline void *vmalloc_array(size_t n, size_t size)
{
	return __vmalloc_array(n, size, GFP_KERNEL);
}

static inline void *__vcalloc(size_t n, size_t size, gfp_t gfp)
{
	return __vmalloc_array(n, size, gfp | __GFP_ZERO);
}

static inline void *vcalloc(size_t n, size_t size)
{
	return __vcalloc(n, size, GFP_KERNEL);
}

/**
 * vrealloc - another size for what vmalloc() gave
 *
 * NULL: as __vmalloc(). Size 0: as vfree(), and NULL. What fits stays where it is; else a larger area with the old contents.
 * Return: NULL if that cannot be had: then the old one is still there.
 */
void *vrealloc(const void *addr, size_t size, gfp_t gfp);

/**
 * vfree - unmap, and free the pages; NULL is fine
 *
 * Pages and addresses are anybody's again only after all CPUs have forgotten the mapping, which is done for many areas at once:
 * vm_unmap_aliases() and mm_drain() do it now. Where nobody may wait (interrupts, spinlocks, interrupts off) unmapping
 * is left to a task as well.
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

/** vmap_pfn - map what is no RAM, page by page. */
void *vmap_pfn(unsigned long *pfns, unsigned int count, pgprot_t prot);

/**
 * vm_map_ram - map pages for a short time: quick, without a guard page, readable and writable
 * Context: task. Return: the address, or NULL.
 */
void *vm_map_ram(struct page **pages, unsigned int count, int node);
/** vm_unmap_ram - undo, with the same @count. Context: task. */
void vm_unmap_ram(const void *mem, unsigned int count);

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

/** is_vm_area_hugepages - may the area be mapped by large pages? */
bool is_vm_area_hugepages(const void *addr);

/** set_vm_flush_reset_perms - set_memory_*() of this area is undone, for the direct map, when it is freed. */
static inline void set_vm_flush_reset_perms(const void *addr)
{
	struct vm_struct *vm = find_vm_area(addr);

	if (vm)
		vm->flags |= VM_FLUSH_RESET_PERMS;
}

/** get_vm_area - addresses without anything mapped: an area of @size bytes and a guard page. Context: task. */
struct vm_struct *get_vm_area(unsigned long size, unsigned long flags);
struct vm_struct *get_vm_area_caller(unsigned long size, unsigned long flags, const void *caller);
/** free_vm_area - unmap and give the addresses back. */
void free_vm_area(struct vm_struct *area);
/** remove_vm_area - the same for an address. Return: the area's description, which the caller kfree()s; NULL: no area. */
struct vm_struct *remove_vm_area(const void *addr);

struct notifier_block;
/** register_vmap_purge_notifier - @nb is called when addresses run out; it adds what it gave back to *(unsigned long *)data. */
int register_vmap_purge_notifier(struct notifier_block *nb);
int unregister_vmap_purge_notifier(struct notifier_block *nb);

struct vm_area_struct;
/**
 * remap_vmalloc_range - map an area into a user process
 *
 * There are no user processes yet. Return: -EINVAL always, as for an area without VM_USERMAP.
 */
static inline int remap_vmalloc_range(struct vm_area_struct *vma, void *addr, unsigned long pgoff)
{
	(void)vma;
	(void)addr;
	(void)pgoff;
	return -EINVAL;
}

static inline int remap_vmalloc_range_partial(struct vm_area_struct *vma, unsigned long uaddr, void *kaddr,
					      unsigned long pgoff, unsigned long size)
{
	(void)uaddr;
	(void)size;
	return remap_vmalloc_range(vma, kaddr, pgoff);
}

/** vmalloc_nr_pages - pages in all vmalloc() areas. */
unsigned long vmalloc_nr_pages(void);

/** vm_unmap_aliases - when it returns, no stale mapping of anything freed is left anywhere. */
void vm_unmap_aliases(void);

#endif
