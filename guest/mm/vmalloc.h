/* SPDX-License-Identifier: MIT */
/* vmalloc.h - what the files of vmalloc share beside the address space (vmap.h). */
#ifndef GUEST_MM_VMALLOC_H
#define GUEST_MM_VMALLOC_H

#include <linux/errno.h>
#include <linux/gfp.h>

#include "vmap.h"

/* How much of a stack is kept for an area. */
#define AREA_STACK_DEPTH 12

unsigned long vmalloc_take_many(struct page **pages, unsigned long nr, unsigned int map_order, gfp_t gfp);

/**
 * vmalloc_take_pages - up to @nr single pages, owned by vmalloc, into @pages (all NULL)
 * @map_order: blocks of this order are to be contiguous and aligned where possible; 0: no wish
 * Return: how many; what is there stays there if that is not all.
 */
static inline unsigned long vmalloc_take_pages(struct page **pages, unsigned long nr, unsigned int map_order, gfp_t gfp)
{
	if (nr > 1)
		return vmalloc_take_many(pages, nr, map_order, gfp);
	*pages = alloc_pages_owner(gfp | __GFP_NOWARN, 0, OWNER_VMALLOC);
	return *pages ? 1 : 0;
}

/** vmalloc_give_pages - drop one reference of each. Context: any. */
void vmalloc_give_pages(struct page **pages, unsigned long nr);

/** vm_struct_new, vm_struct_free - the description of an area, and its array of pages; the pages are not touched. */
struct vm_struct *vm_struct_new(unsigned long size, unsigned long flags, gfp_t gfp, const void *caller);
void vm_struct_free(struct vm_struct *vm);

/** area_failed - say that an area could not be had. Return: NULL. */
void *area_failed(gfp_t gfp, unsigned long size, const char *what);

/** area_refused - complain. Return: false. */
bool area_refused(const char *call);

/** area_may_be_built - is this a place for a request with that mask? Complains if not. */
static inline bool area_may_be_built(gfp_t gfp, const char *call)
{
	return likely(!gfpflags_allow_blocking(gfp) || !mm_root.tsc_booted || !sleep_forbidden()) || area_refused(call);
}

/** area_finish - the area is mapped: it is its user's from now on. */
void area_finish(struct vm_struct *vm);

/** area_take_down - retire the area at @addr: it must be finished, and fit @may_go. Return: was there one? */
bool area_take_down(unsigned long addr, vmap_may_go_t *may_go);

/** vmap_lazy_budget - pages of address space that may wait for a purge; ~0: decided by CPUs and RAM. */
extern unsigned long vmap_lazy_budget;

/** vmap_unmap_lazy - a retired piece: unmap it now, or leave that to the purge; purge if there is much. Context: any. */
void vmap_unmap_lazy(struct vmap_area *va);

/** vmap_make_room - vmap_reserve() said -ENOSPC: purge, and ask others to give room back, before it is believed. */
int vmap_make_room(struct vmap_space *space, struct vm_struct *vm, const struct vmap_wish *w, gfp_t gfp,
		   struct vmap_area **out);

/** vmap_get_room - vmap_reserve() with all that makes room. */
static inline int vmap_get_room(struct vmap_space *space, struct vm_struct *vm, const struct vmap_wish *w, gfp_t gfp,
				struct vmap_area **out)
{
	int err = vmap_reserve(space, vm, w, gfp, out);

	return unlikely(err == -ENOSPC) && gfpflags_allow_blocking(gfp) ? vmap_make_room(space, vm, w, gfp, out) : err;
}

/** vmap_purge_init - how much may wait follows from CPUs and RAM. */
void vmap_purge_init(void);

/* ---- small mappings (vmap_ram.c) ---- */

void vmap_ram_init(void);
/** vmap_ram_dirty - the range that small mappings made dirty since the last call is added to [start, end). */
void vmap_ram_dirty(unsigned long *start, unsigned long *end);
/** vmap_ram_retire - blocks without a page in use become lazy. Context: task. */
void vmap_ram_retire(void);

#endif
