/* SPDX-License-Identifier: MIT */
/*
 * page.h - a page frame's own entry: which block it heads, who holds it.
 *
 * Letters behind a field: see mm.h.
 */
#ifndef MMV_SHARED_PAGE_H
#define MMV_SHARED_PAGE_H

#include "shared/layout.h"
#include "shared/types.h"

/** enum page_state - what a page's own entry says. Only heads of blocks say something. */
enum page_state {
	PAGE_QUIET = 0, /* tail, fresh or reserved */
	PAGE_FREE = 1,  /* head of a free block of 2^order pages, on zone->free_area[order] */
	PAGE_USED = 2,  /* head of an allocated block of 2^order pages */
	PAGE_PCP = 3,   /* head of a free block of 2^order pages that waits on a list of struct per_cpu_pages */
};

/**
 * enum migratetype - how the pages of a block may be got rid of, which is also how pageblocks are kept apart.
 * The first MIGRATE_PCPTYPES are what requests ask for; blocks of the others are set aside.
 */
enum migratetype {
	MIGRATE_UNMOVABLE = 0,
	MIGRATE_MOVABLE = 1,
	MIGRATE_RECLAIMABLE = 2,
	MIGRATE_PCPTYPES = 3,
	MIGRATE_HIGHATOMIC = 3, /* kept for requests that cannot wait */
	MIGRATE_CMA = 4,        /* the number is reserved: nothing makes such blocks yet */
	MIGRATE_ISOLATE = 5,    /* nobody may allocate from it */
	MIGRATE_TYPES = 6
};
#define MIGRATE_TYPE_NAMES                                                                                             \
	{                                                                                                              \
		"Unmovable", "Movable", "Reclaimable", "HighAtomic", "CMA", "Isolate"                                  \
	}

/** enum page_owner - who holds an allocated block. Every one has exactly one owner. */
enum page_owner {
	OWNER_RAW = 0, /* alloc_pages() and friends, nobody said more */
	OWNER_SLAB,    /* a slab: struct slab lies over the head entry */
	OWNER_KMALLOC, /* kmalloc() beyond the largest size class */
	OWNER_VMALLOC, /* backs a vmalloc area */
	OWNER_PGTABLE, /* a page table made after boot, of the kernel or of a process */
	OWNER_STACK,   /* a kernel stack */
	OWNER_PERCPU,  /* per-CPU data */
	OWNER_DMA,     /* dma_alloc_coherent() and descriptor rings */
	OWNER_CACHE,   /* holds a page of a file: page->mapping says which file, page->index where in it */
	OWNER_ANON,    /* memory of a process that no file stands behind */
	NR_PAGE_OWNERS
};
#define PAGE_OWNER_NAMES                                                                                               \
	{                                                                                                              \
		"raw", "slab", "kmalloc", "vmalloc", "page-table", "stack", "percpu", "dma", "cache", "anon"           \
	}

#define PG_COMP (1u << 7)       /* allocated with __GFP_COMP: the head's reference count keeps the whole block */
#define PG_PFMEMALLOC (1u << 1) /* came from the emergency reserve */
#define PG_ZEROED (1u << 2)     /* free: never used since power-on, so every byte of the block is still zero */
#define PG_FROZEN (1u << 3)     /* PAGE_USED: lives without a reference count; it stays 0 */
#define PG_ZONE_SHIFT 8         /* PAGE_PCP, PAGE_USED: enum zone_type */
#define PG_ZONE (3u << PG_ZONE_SHIFT)

/*
 * PAGE_USED, single pages of OWNER_CACHE and OWNER_ANON: (a). Whoever changes one uses a locked instruction, because others
 * change others at the same time.
 */
#define PG_LOCKED (1u << 16)      /* somebody works on its contents or its place */
#define PG_WAITERS (1u << 17)     /* somebody waits for PG_LOCKED or PG_WRITEBACK to go */
#define PG_REFERENCED (1u << 18)  /* used once since it was looked at last */
#define PG_UPTODATE (1u << 19)    /* its contents are those of the file, or newer */
#define PG_DIRTY (1u << 20)       /* they are newer */
#define PG_WRITEBACK (1u << 21)   /* they are on their way to the disk */
#define PG_LRU (1u << 22)         /* on one of the node's LRU lists */
#define PG_ACTIVE (1u << 23)      /* belongs on an active list */
#define PG_SWAPBACKED (1u << 24)  /* goes to swap, not to a file: belongs on an anon list */
#define PG_SWAPCACHE (1u << 25)   /* has a place in swap: page->private says which */
#define PG_RECLAIM (1u << 26)     /* is being written so that it can be freed */
#define PG_UNEVICTABLE (1u << 27) /* belongs on the unevictable list */
#define PG_ISOLATED (1u << 28)    /* taken off its list by somebody who will put it back or free it */
#define PG_MLOCKED (1u << 29)     /* some process wants it to stay */
#define PG_ERROR (1u << 30)       /* reading or writing it failed */
#define PG_WORKINGSET (1u << 31)  /* was active once: coming back from disk soon after it left tells of thrashing */
#define PG_LRU_FLAGS 0xffff0000u

/**
 * struct page - one page frame.
 *
 * On a PAGE_FREE head everything but state, order, migratetype, flags and lru is zero; on a PAGE_PCP head lru.prev is
 * what it was, too.
 *
 * Tails stay all zero, so the head of any page is found by clearing the lowest set bit of its pfn until an
 * entry that is not PAGE_QUIET appears: blocks are aligned to their size, and nothing inside a block speaks. One
 * exception, which changes nothing of that: the tails of a slab name its owner and its cache (struct slab).
 */
struct page {
	uint8_t state;       /* (L of the zone) enum page_state */
	uint8_t order;       /* (L) of the block that this entry heads */
	uint8_t owner;       /* (o) enum page_owner while PAGE_USED, else 0 */
	uint8_t migratetype; /* PAGE_FREE, PAGE_PCP: (L) the list; PAGE_USED: (o) what was asked for. enum migratetype */
	uint32_t flags;      /* (L) PAGE_FREE, (o) PAGE_USED: PG_* */
	int32_t refcount;    /* (a) >= 1 on an allocated head (but PG_FROZEN), 0 otherwise */
	int32_t mapcount;    /* (a) */
	struct list_head lru; /* PAGE_FREE: (L) free_area list; PAGE_PCP: (p) next; PAGE_USED: (o) free to use */
	uint64_t mapping;     /* (o) */
	uint64_t index;       /* (o) */
	uint64_t private;     /* (o) */
	uint64_t memcg_data;  /* (o) */
};
MMV_SIZE(struct page, 64);

/**
 * struct slab - the same entry while OWNER_SLAB.
 *
 * In the tails of a slab, owner and slab_cache are the head's, all else is zero: the cache of an object follows from any
 * page, without a search for the head. They are written before the head becomes OWNER_SLAB and cleared after it
 * ceased to be.
 *
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

#endif
