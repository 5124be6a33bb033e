/* SPDX-License-Identifier: MIT */
/*
 * mm.h - the allocators' own structures, as the guest keeps them and the inspector reads them.
 *
 * Letters behind a field say what protects it: (c) constant after boot, (L) the structure's lock,
 * (a) written with atomics, (p) only its own CPU writes it, with interrupts off, (o) the page's owner.
 *
 * "Zero is valid": a struct page of zeros says nothing by itself. Such a page is a tail of the block
 * whose head covers it, or lies in a zone's fresh range (free, never handed out), or was never given to
 * the page allocator (reserved: see struct memblock). So guest RAM that nobody asked for costs nothing.
 */
#ifndef MMV_SHARED_MM_H
#define MMV_SHARED_MM_H

#include "shared/layout.h"
#include "shared/types.h"

/* ---- pages ---- */

/** enum page_state - what a page's own entry says. Only heads of blocks say something. */
enum page_state {
	PAGE_QUIET = 0, /* tail, fresh or reserved */
	PAGE_FREE = 1,  /* head of a free block of 2^order pages, on zone->free_area[order] */
	PAGE_USED = 2,  /* head of an allocated block of 2^order pages */
};

/** enum page_owner - who holds an allocated block. Every one has exactly one owner. */
enum page_owner {
	OWNER_RAW = 0, /* alloc_pages() and friends, nobody said more */
	OWNER_SLAB,    /* a slab: struct slab lies over the head entry */
	OWNER_KMALLOC, /* kmalloc() beyond the largest size class */
	OWNER_VMALLOC, /* backs a vmalloc area */
	OWNER_PGTABLE, /* a page table made after boot */
	OWNER_STACK,   /* a kernel stack */
	OWNER_PERCPU,  /* per-CPU data */
	OWNER_DMA,     /* dma_alloc_coherent() and descriptor rings */
	NR_PAGE_OWNERS
};
#define PAGE_OWNER_NAMES                                                                                               \
	{                                                                                                              \
		"raw", "slab", "kmalloc", "vmalloc", "page-table", "stack", "percpu", "dma"                            \
	}

#define PG_COMP (1u << 0)       /* allocated with __GFP_COMP: the head's reference count keeps the whole block */
#define PG_PFMEMALLOC (1u << 1) /* came from the emergency reserve */
#define PG_ZEROED (1u << 2)     /* PAGE_FREE: never used since power-on, so every byte of the block is still zero */

/**
 * struct page - one page frame.
 *
 * On a PAGE_FREE head everything but state, order, flags and lru is zero.
 *
 * Tails stay all zero, so the head of any page is found by clearing the lowest set bit of its pfn until an
 * entry that is not PAGE_QUIET appears: blocks are aligned to their size, and nothing inside a block speaks.
 */
struct page {
	uint8_t state;        /* (L of the zone) enum page_state */
	uint8_t order;        /* (L) of the block that this entry heads */
	uint8_t owner;        /* (o) enum page_owner while PAGE_USED, else 0 */
	uint8_t migratetype;  /* (L) */
	uint32_t flags;       /* (L) PAGE_FREE, (o) PAGE_USED: PG_* */
	int32_t refcount;     /* (a) >= 1 on an allocated head, 0 otherwise */
	int32_t mapcount;     /* (a) */
	struct list_head lru; /* PAGE_FREE: (L) free_area list; PAGE_USED: (o) free to use */
	uint64_t mapping;     /* (o) */
	uint64_t index;       /* (o) */
	uint64_t private;     /* (o) */
	uint64_t memcg_data;  /* (o) */
};
MMV_SIZE(struct page, 64);

/**
 * struct slab - the same entry while OWNER_SLAB.
 * @slab_list: (L of the cache) on cache->partial, cache->full or (no object out) cache->empty
 * @freelist:  (L) first free object, NULL if none; each free object holds, at cache->offset, the address of the next
 * @inuse:     (L) objects that are not on @freelist; those waiting in per-CPU arrays count as in use
 */
struct slab {
	uint8_t state, order, owner, migratetype;
	uint32_t flags;
	int32_t refcount;
	int32_t mapcount;
	struct list_head slab_list;
	GPTR(struct kmem_cache) slab_cache;
	GPTR(void) freelist;
	uint16_t inuse;
	uint16_t objects;
	uint32_t reserved;
	uint64_t memcg_data;
};
MMV_SIZE(struct slab, sizeof(struct page));
#define MMV_SAME_PLACE(a, b) _Static_assert(offsetof(struct page, a) == offsetof(struct slab, b), #a " / " #b)
MMV_SAME_PLACE(state, state);
MMV_SAME_PLACE(order, order);
MMV_SAME_PLACE(owner, owner);
MMV_SAME_PLACE(flags, flags);
MMV_SAME_PLACE(refcount, refcount);
MMV_SAME_PLACE(lru, slab_list);
MMV_SAME_PLACE(mapping, slab_cache);
MMV_SAME_PLACE(memcg_data, memcg_data);

/* ---- zones ---- */

enum zone_type { ZONE_DMA, ZONE_DMA32, ZONE_NORMAL, ZONE_MOVABLE, MAX_NR_ZONES };
#define ZONE_NAMES                                                                                                     \
	{                                                                                                              \
		"DMA", "DMA32", "Normal", "Movable"                                                                    \
	}

enum zone_watermarks { WMARK_MIN, WMARK_LOW, WMARK_HIGH, NR_WMARK };

/** struct pfn_range - pages [start, end). */
struct pfn_range {
	uint64_t start, end;
};

struct free_area {
	struct list_head free_list; /* (L) heads, linked by page->lru */
	uint64_t nr_free;           /* (L) blocks on it */
};
MMV_SIZE(struct free_area, 24);

/**
 * struct zone - the pages of one address range, and the free ones among them.
 * @spanned_pages: from @start_pfn to the end of the last range, holes included
 * @present_pages: of those, RAM
 * @managed_pages: of those, given to the page allocator: present minus reserved
 * @nr_free:       pages on the free lists and in @fresh
 * @fresh:         ranges of whole 2^MAX_PAGE_ORDER blocks that nobody has touched yet; taken from the front when
 *                 free_area[MAX_PAGE_ORDER] is empty, never added to
 *
 * Always: nr_free == sum(free_area[o].nr_free << o) + sum(fresh[i].end - fresh[i].start);
 * a free block's buddy of the same order is not free (below MAX_PAGE_ORDER).
 */
struct zone {
	struct mm_lock lock;
	char name[8];                          /* (c) */
	uint64_t start_pfn;                    /* (c) */
	uint64_t spanned_pages;                /* (c) */
	uint64_t present_pages;                /* (c) */
	uint64_t managed_pages;                /* (c) */
	uint64_t nr_free;                      /* (L) written, read anywhere */
	uint64_t watermark[NR_WMARK];          /* (c) pages */
	uint64_t lowmem_reserve[MAX_NR_ZONES]; /* (c) pages kept from requests that may use zone [i] */
	struct free_area free_area[NR_PAGE_ORDERS];
	uint64_t nr_fresh; /* (L) entries of @fresh in use; emptied ones stay with start == end */
	struct pfn_range fresh[MMV_NR_RANGES];
	uint64_t nr_allocs, nr_frees; /* (L) blocks, since boot */
};

/* ---- boot memory ---- */

struct memblock_region {
	gpa_t base;
	uint64_t size;
};

struct memblock_type {
	uint64_t cnt;
	struct memblock_region regions[2 * MMV_NR_RANGES];
};

/**
 * struct memblock - RAM as the VMM described it, and what was taken from it before the page allocator started.
 * Both sorted, no overlaps, neighbours merged. Constant after boot; "reserved" pages are never in a zone's managed.
 */
struct memblock {
	struct memblock_type memory;
	struct memblock_type reserved;
};

/* ---- slab caches ---- */

#define SLAB_CPU_CAP 60

/**
 * struct slab_cpu - one CPU's array of ready objects of one cache. Its owner is the CPU: interrupts off, no lock.
 * @cap: how many it holds at most (c): smaller for large objects
 * @busy: nonzero while objects move between the array and their slabs. A single push or pop needs no mark: it becomes
 *        visible with one store to @nr.
 */
struct slab_cpu {
	uint32_t nr;                   /* (p) */
	uint32_t cap;                  /* (c) */
	uint64_t busy;                 /* (p) */
	uint64_t allocs, frees;        /* (p) since boot */
	GPTR(void) objs[SLAB_CPU_CAP]; /* (p) [0, nr): allocated in their slab's eyes, free in the user's */
};
MMV_SIZE(struct slab_cpu, 512);

/**
 * struct kmem_cache - objects of one size.
 * @size:   bytes from one object to the next
 * @offset: where in a free object the link to the next free one lies
 * @cpu:    array of mm_root.nr_cpus entries
 *
 * Always: objects == nr_slabs * objs_per_slab; a slab is on partial if 0 < inuse < objects, on full if inuse == objects, on
 * empty if inuse == 0; nr_partial, nr_full, nr_empty are the lengths, and their sum is nr_slabs.
 */
struct kmem_cache {
	struct mm_lock lock;
	struct list_head list;                            /* on mm_root.slab_caches, under slab_lock */
	char name[32];                                    /* (c) */
	uint32_t object_size;                             /* (c) what was asked for */
	uint32_t size;                                    /* (c) */
	uint32_t align;                                   /* (c) */
	uint32_t offset;                                  /* (c) */
	uint32_t flags;                                   /* (c) SLAB_* */
	uint32_t refcount;                                /* users of a merged cache, under slab_lock */
	uint16_t order;                                   /* (c) of its slabs */
	uint16_t objs_per_slab;                           /* (c) */
	uint32_t gfp;                                     /* (c) added to every slab's gfp mask */
	GPTR(void) ctor;                                  /* (c) void (*)(void *) */
	struct list_head partial, full, empty;            /* (L) struct slab, by slab_list */
	uint64_t nr_slabs, nr_partial, nr_full, nr_empty; /* (L) */
	GPTR(struct slab_cpu) cpu;                        /* (c) */
};

/* ---- vmalloc ---- */

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

/* ---- modules: so that the host can put names to addresses ---- */

/** struct mm_module - a loaded payload. Linked on mm_root.modules. */
struct mm_module {
	struct list_head list;
	char name[56]; /* file name as given */
	uint64_t nr_sections;
	struct mm_module_section {
		uint32_t index; /* section number in the object file */
		uint32_t flags; /* sh_flags */
		gva_t addr;     /* where it was put */
		uint64_t size;
	} sections[32];
};

/* ---- the root ---- */

#define MM_ROOT_MAGIC 0x746f6f725f766d6dUL /* "mmv_root" */
#define MM_ROOT_VERSION 1

/**
 * struct mm_root - where everything begins; its address goes out by EXIT_ROOT.
 * @size, @page_size: sizeof(struct mm_root), sizeof(struct page): a reader with other ideas must refuse
 */
struct mm_root {
	uint64_t magic;
	uint32_t version;
	uint32_t size;
	uint32_t page_size;
	uint32_t debug;   /* 1 in the debug kernel */
	uint32_t nr_cpus; /* present */
	uint32_t nr_cpus_online;
	gpa_t phys_base; /* where KERNEL_BASE was loaded */
	gva_t kernel_start, kernel_end;
	gpa_t cr3;        /* the kernel's page tables */
	uint64_t max_pfn; /* one past the last page of RAM */
	GPTR(struct memblock) memblock;
	GPTR(struct zone) zones; /* MAX_NR_ZONES of them; managed_pages 0: not there */
	struct mm_lock slab_lock;
	struct list_head slab_caches;
	GPTR(struct vmap_space) vmalloc;
	GPTR(struct vmap_space) module_space;
	struct list_head modules;
	uint64_t tsc_entry, tsc_booted; /* rdtsc at the kernel's entry and at MARK_BOOTED */
	uint64_t tsc_done;              /* at MARK_DONE: no allocation or free is under way any more; 0 before */
	gva_t replay_result;            /* struct replay_result (shared/replay.h), 0 if none */
	uint32_t
		direct_on_touch; /* 1: whole GiBs of a RAM range enter the direct map when first touched (no 1 GiB pages) */
	uint32_t reserved;
};

#endif
