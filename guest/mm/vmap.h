/* SPDX-License-Identifier: MIT */
/* vmap.h - address space (vmap_space.c) as vmalloc.c uses it. See there for structure and locking. */
#ifndef GUEST_MM_VMAP_H
#define GUEST_MM_VMAP_H

#include "internal.h"

/** vmap_space_init - everything in [start, end) is free. Return: 0 or -ENOMEM. */
int vmap_space_init(struct vmap_space *space, unsigned long start, unsigned long end);

/**
 * vmap_reserve - find room for @vm->size bytes and put @vm there
 * @align: a power of two, at least a page
 *
 * The lowest place inside [start, end) that fits. Fills @vm->addr. Context: as @gfp allows.
 * Return: 0, -ENOMEM for no memory, -ENOSPC for no room.
 */
int vmap_reserve(struct vmap_space *space, struct vm_struct *vm, unsigned long align, unsigned long start,
		 unsigned long end, gfp_t gfp);

/** vmap_release - the room of @vm is free again; @vm is in no tree any more. Nothing may be mapped there. */
void vmap_release(struct vmap_space *space, struct vm_struct *vm);

/** vmap_find - the area that holds @addr, or NULL. Needs: the space's lock, or that the area cannot go. */
struct vmap_area *vmap_find(const struct vmap_space *space, unsigned long addr);

/** vmap_space_of - the space that @addr lies in, or NULL. */
struct vmap_space *vmap_space_of(unsigned long addr);

#endif
