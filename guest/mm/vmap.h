/* SPDX-License-Identifier: MIT */
/* vmap.h - address space (vmap_space.c) as vmalloc.c and vmap_ram.c use it. See there for structure and locking. */
#ifndef GUEST_MM_VMAP_H
#define GUEST_MM_VMAP_H

#include <mmvisor/fault.h>

#include "internal.h"

/** vmap_space_init - everything in [start, end) is free. Return: 0 or -ENOMEM. */
int vmap_space_init(struct vmap_space *space, unsigned long start, unsigned long end);

/**
 * struct vmap_wish - what addresses are wanted
 * @align: a power of two
 * @start, @end: inside the space
 * @flags: VMAP_* of the piece
 */
struct vmap_wish {
	unsigned long size, align, start, end;
	uint32_t flags;
};

/**
 * vmap_reserve - find room, and put @vm there (NULL: nobody says what it is for)
 * @out: the busy piece
 *
 * The lowest place that fits. Fills @vm->addr. Context: as @gfp allows.
 * Return: 0, -ENOMEM for no memory, -ENOSPC for no room.
 */
int vmap_reserve(struct vmap_space *space, struct vm_struct *vm, const struct vmap_wish *w, gfp_t gfp,
		 struct vmap_area **out);

typedef bool vmap_may_go_t(const struct vmap_area *va);

/**
 * vmap_retire - the busy piece that begins at @addr, if @may_go says so under the lock, becomes lazy
 *
 * It is the caller's until he sets VMAP_UNMAPPED or VMAP_QUEUED in its flags; then it is the purge's.
 * Context: any. Return: the piece; NULL if there is none.
 */
struct vmap_area *vmap_retire(struct vmap_space *space, unsigned long addr, vmap_may_go_t *may_go);

/** vmap_take_lazy - all lazy pieces that nobody is at go to space->purging. Return: how many. */
unsigned long vmap_take_lazy(struct vmap_space *space);

/** vmap_release - a piece from space->purging becomes free, joined with what is free beside it. Return: what it was for. */
struct vm_struct *vmap_release(struct vmap_space *space, struct vmap_area *va);

/** vmap_find - the area that holds @addr, or NULL. Needs: the space's lock, or that the area cannot go. */
struct vmap_area *vmap_find(const struct vmap_space *space, unsigned long addr);

/** vmap_space_of - the space that @addr lies in, or NULL. */
static inline struct vmap_space *vmap_space_of(unsigned long addr)
{
	if (likely(addr - vmalloc_space.start < vmalloc_space.end - vmalloc_space.start))
		return &vmalloc_space;
	if (addr - module_space.start < module_space.end - module_space.start)
		return &module_space;
	return NULL;
}

#endif
