/* SPDX-License-Identifier: MIT */
/*
 * vmalloc.h - areas of virtually contiguous memory, and the address spaces that they are cut from.
 *
 * Letters behind a field: see mm.h.
 */
#ifndef MMV_SHARED_VMALLOC_H
#define MMV_SHARED_VMALLOC_H

#include "shared/page.h"
#include "shared/types.h"

#define VM_IOREMAP 0x1
#define VM_ALLOC 0x2 /* vmalloc(): pages are the area's own */
#define VM_MAP 0x4   /* vmap(): pages are somebody else's */
#define VM_USERMAP 0x8
#define VM_DMA_COHERENT 0x10
#define VM_UNINITIALIZED 0x20 /* being built or taken down: some of its pages may not be mapped */
#define VM_NO_GUARD 0x40
#define VM_MAP_PUT_PAGES 0x200 /* vmap(): vfree() drops a reference of each page, and the array */

/**
 * struct vm_struct - what an area is for.
 * @size: bytes, the guard page at the end included (unless VM_NO_GUARD)
 *
 * An area is on its space's busy list before its pages are mapped and after they are unmapped; VM_UNINITIALIZED covers
 * both. Otherwise page i is mapped at addr + i * PAGE_SIZE. A VM_ALLOC area has pages for its whole size but the guard.
 */
struct vm_struct {
	gva_t addr;
	uint64_t size;
	uint64_t flags; /* VM_* */
	uint64_t nr_pages;
	GPTR(GPTR(struct page)) pages; /* nr_pages entries */
	gva_t caller;                  /* who asked */
	GPTR(struct vm_struct) next;   /* vfree() came where nobody may wait: queued; VM_UNINITIALIZED is set */
};

/**
 * struct vmap_area - a piece of the address space, busy or free.
 * @list: the space's busy or free list, sorted by address
 * @node: the space's busy or free tree
 * @subtree_max: free tree only: the largest piece in the subtree under this node, bytes
 * @vm:   NULL in a free piece
 */
struct vmap_area {
	gva_t va_start;
	gva_t va_end;
	struct rb_node node;
	struct list_head list;
	GPTR(struct vm_struct) vm;
	uint64_t subtree_max;
};

/**
 * struct vmap_space - one range of addresses, cut into areas: vmalloc has one, modules have one.
 *
 * Always: busy and free pieces together cover [start, end) without gap or overlap; no two free pieces touch.
 */
struct vmap_space {
	struct mm_lock lock;
	gva_t start, end;                    /* (c) */
	struct list_head busy, free;         /* (L) sorted by address */
	struct rb_root busy_root, free_root; /* (L) */
	uint64_t nr_busy, nr_free;           /* (L) entries */
	uint64_t nr_pages;                   /* (L) sum of nr_pages over VM_ALLOC areas */
};

#endif
