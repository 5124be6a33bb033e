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
#define VM_UNINITIALIZED 0x20 /* being built: some of its pages may not be mapped yet */
#define VM_NO_GUARD 0x40
#define VM_KASAN 0x80
#define VM_FLUSH_RESET_PERMS 0x100 /* vfree(): the direct map of its pages gets its usual rights back */
#define VM_MAP_PUT_PAGES 0x200     /* vmap(): vfree() drops a reference of each page, and the array */
#define VM_ALLOW_HUGE_VMAP 0x400   /* may be mapped by 2 MiB pages */
#define VM_DEFER_KMEMLEAK 0x800
#define VM_SPARSE 0x1000

/**
 * struct vm_struct - what an area is for.
 * @size: bytes, the guard page at the end included (unless VM_NO_GUARD)
 * @one:  the array of pages of an area that has only one
 *
 * An area is on its space's busy list before its pages are mapped (VM_UNINITIALIZED covers that) and leaves it before they
 * are unmapped. In between page i is mapped at addr + i * PAGE_SIZE. A VM_ALLOC area has pages for its whole size but the
 * guard; an area without pages (VM_IOREMAP, vmap_pfn()) maps what is nobody's RAM, one range from @phys on if that is set.
 */
struct vm_struct {
	gva_t addr;
	uint64_t size;
	uint64_t flags; /* VM_* */
	uint64_t nr_pages;
	GPTR(GPTR(struct page)) pages; /* nr_pages entries */
	GPTR(struct page) one;
	gva_t caller;         /* who asked */
	gpa_t phys;           /* VM_IOREMAP: first byte behind it */
	uint32_t page_order;  /* 9: mapped by 2 MiB pages where those fit, else 0 */
	uint32_t alloc_stack; /* debug kernel: stack depot handles */
	uint32_t free_stack;
	uint32_t reserved;
};
MMV_SIZE(struct vm_struct, 80);

#define VMAP_RAM 0x1    /* from vm_map_ram(): no vm_struct */
#define VMAP_BLOCK 0x2  /* with VMAP_RAM: the area of a struct vmap_block, cut into small mappings */
#define VMAP_QUEUED 0x4 /* lazy: freed where nobody may wait: still mapped, the purge unmaps it */
#define VMAP_UNMAPPED                                                                                                  \
	0x8 /* lazy: nothing is mapped there any more; without this or QUEUED somebody is at it just now */

/**
 * struct vmap_area - a piece of the address space: busy, lazy or free.
 * @list: the space's list of its kind; busy and free ones are sorted by address
 * @node: the space's busy or free tree; nothing while lazy
 * @subtree_max: free tree only: the largest piece in the subtree under this node, bytes
 * @vm:   busy, lazy: what it is for, NULL with VMAP_RAM; NULL in a free piece
 * @block: with VMAP_BLOCK: the block
 */
struct vmap_area {
	gva_t va_start;
	gva_t va_end;
	struct rb_node node;
	struct list_head list;
	GPTR(struct vm_struct) vm;
	uint64_t subtree_max;
	uint32_t flags; /* VMAP_* */
	uint32_t reserved;
	GPTR(struct vmap_block) block;
};
MMV_SIZE(struct vmap_area, 88);

/** struct vmap_past - an area that was freed, for the report of a touch after that. */
#define VMAP_NR_PAST 32
struct vmap_past {
	gva_t start, end;
	gva_t caller;
	uint32_t alloc_stack, free_stack;
};

/**
 * struct vmap_space - one range of addresses, cut into areas: vmalloc has one, modules have one.
 *
 * Always: busy, lazy and free pieces together cover [start, end) without gap or overlap; no two free pieces touch.
 * Lazy pieces were freed; a CPU may still remember where they led, so until every TLB has been flushed neither the addresses
 * nor the pages behind are anybody else's. @purging holds those for which that is under way.
 */
struct vmap_space {
	struct mm_lock lock;
	gva_t start, end;                    /* (c) */
	struct list_head busy, free;         /* (L) sorted by address */
	struct rb_root busy_root, free_root; /* (L) */
	uint64_t nr_busy, nr_free;           /* (L) entries */
	uint64_t nr_pages;                   /* (L) sum of nr_pages over busy VM_ALLOC areas */
	struct list_head lazy, purging;      /* (L) freed, not flushed */
	uint64_t nr_lazy;                    /* (L) entries of both */
	uint64_t lazy_pages;                 /* (L) pages of address space in both */
	uint64_t nr_past;                    /* (L) areas ever freed; the last ones are in @past */
	struct vmap_past past[VMAP_NR_PAST]; /* (L) */
};

/* ---- vm_map_ram(): small mappings that come and go quickly ---- */

#define VMAP_BLOCK_PAGES 1024 /* addresses of one block */
#define VMAP_MAX_ALLOC 64     /* pages of the largest mapping that a block serves */

/**
 * struct vmap_block - a piece of address space that one CPU hands out from front to back.
 * @next_page: first page that was never handed out; pages before it are in use or dirty
 * @free:  pages at and after next_page
 * @dirty: pages that were mapped and are not any more; a TLB may remember them
 * @dirty_min, @dirty_max: those that no flush has covered yet lie in between; min >= max: none
 * @cpu:   index of its slot
 * @used:  a bit for each page that is handed out now
 *
 * Always: free + dirty + bits in @used == VMAP_BLOCK_PAGES. Addresses of a block are used once; one whose pages are all dirty
 * is let go and becomes lazy.
 */
struct vmap_block {
	struct list_head list; /* (L of the slot) */
	GPTR(struct vmap_area) va;
	uint32_t next_page, free, dirty;      /* (L of the slot) */
	uint32_t dirty_min, dirty_max;        /* (L of the slot) */
	uint32_t cpu;                         /* (c) */
	uint64_t used[VMAP_BLOCK_PAGES / 64]; /* (L of the slot) */
};
MMV_SIZE(struct vmap_block, 176);

/** struct vmap_slot - the blocks of one CPU; @current_block: where the next mapping comes from, NULL if there is none. */
struct vmap_slot {
	struct mm_lock lock;
	struct list_head blocks;               /* (L) */
	GPTR(struct vmap_block) current_block; /* (L) one of them */
	uint64_t nr;                           /* (L) */
};
MMV_SIZE(struct vmap_slot, 48);

#endif
