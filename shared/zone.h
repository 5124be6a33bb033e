/* SPDX-License-Identifier: MIT */
/*
 * zone.h - zones and the free pages in them; the RAM that was there before the page allocator.
 *
 * Letters behind a field: see mm.h.
 */
#ifndef MMV_SHARED_ZONE_H
#define MMV_SHARED_ZONE_H

#include "shared/layout.h"
#include "shared/page.h"
#include "shared/types.h"

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
	struct list_head free_list[MIGRATE_TYPES]; /* (L) heads by migratetype, linked by page->lru */
	uint64_t nr_free;                          /* (L) blocks on all of them */
};
MMV_SIZE(struct free_area, 16 * MIGRATE_TYPES + 8);

/* ---- pageblocks: stretches of 2 MiB whose free pages are all of one migratetype ---- */

#define PAGEBLOCK_ORDER 9
#define PAGEBLOCK_PAGES (1UL << PAGEBLOCK_ORDER)

/*
 * mm_root.pageblocks has a byte for every pageblock of [0, max_pfn), by pfn >> PAGEBLOCK_ORDER. So that zero is valid it
 * says MOVABLE, where all memory begins; an isolated block remembers what it was.
 */
#define PAGEBLOCK_ISOLATED 0x80u
#define PAGEBLOCK_TYPE(byte)                                                                                           \
	((byte)&PAGEBLOCK_ISOLATED ? (unsigned int)MIGRATE_ISOLATE : (unsigned int)(byte) ^ MIGRATE_MOVABLE)
#define PAGEBLOCK_BYTE(type) ((uint8_t)((type) ^ MIGRATE_MOVABLE))

/* ---- per-CPU page lists ---- */

/* Orders with a list of their own: 0..3, and that of a pageblock. */
#define PCP_ORDERS 4
/* List of an order and type; those of pageblocks come last. The lists from 12 to 15 belong to no type: always empty. */
#define PCP_LIST(order, type) ((type)*PCP_ORDERS + (order))
#define PCP_LIST_BLOCK(type) (4 * PCP_ORDERS + (type))
#define NR_PCP_LISTS (4 * PCP_ORDERS + MIGRATE_PCPTYPES)
#define PCP_LIST_ORDER(list) ((list) < 4 * PCP_ORDERS ? (list) % PCP_ORDERS : PAGEBLOCK_ORDER)
#define PCP_LIST_TYPE(list) ((list) < 4 * PCP_ORDERS ? (list) / PCP_ORDERS : (list)-4 * PCP_ORDERS)

/**
 * struct per_cpu_pages - free blocks that one CPU keeps of one zone, for itself.
 * @count:  pages on all lists
 * @seq:    what it says when nobody is changing it: see PCP_BUSY()
 * @high:   beyond this, @batch pages go back to the zone
 * @lists:  most recently freed first, linked by page->lru.next, NULL at the end. The type of a list is that of the
 *          pageblock when the block came here; it may have changed since.
 *
 * mm_root.pcp has MAX_NR_ZONES of them for CPU 0, then for CPU 1, and so on. Pages here are in no zone's nr_free.
 */
struct per_cpu_pages {
	uint32_t count;                        /* (p) */
	uint32_t seq;                          /* (p) */
	uint32_t high, batch;                  /* (c) */
	uint64_t nr_allocs, nr_frees;          /* (p) blocks from here to users and back, since boot */
	GPTR(struct page) lists[NR_PCP_LISTS]; /* (p) */
	uint64_t reserved[32 - 4 - NR_PCP_LISTS];
};
MMV_SIZE(struct per_cpu_pages, 256);

/* Is its CPU in the middle of a change? Whoever takes or frees a block counts it first and raises seq last. */
#define PCP_BUSY(pcp) ((pcp)->seq != (uint32_t)((pcp)->nr_allocs + (pcp)->nr_frees))

/**
 * struct zone - the pages of one address range, and the free ones among them.
 * @spanned_pages: from @start_pfn to the end of the last range, holes included
 * @present_pages: of those, RAM
 * @managed_pages: of those, given to the page allocator: present minus reserved
 * @nr_free:       pages on the free lists, but not the isolated, and in @fresh
 * @nr_type:       pages on the free lists of a type, of all orders
 * @avail:         bit o: the list of order o of a type has something
 * @nr_highatomic: pages of pageblocks of type HIGHATOMIC, free or not
 * @fresh:         ranges of whole 2^MAX_PAGE_ORDER blocks that nobody has touched yet, of type MOVABLE; taken from the
 *                 front when free_area[MAX_PAGE_ORDER] has none, never added to but when one is cut in two
 * @far:           by migratetype: blocks in so many last pages of the span are taken only if there are no others (buddy.c)
 *
 * Always: nr_free == sum(free_area[o].nr_free << o) - nr_type[MIGRATE_ISOLATE] + sum(fresh[i].end - fresh[i].start);
 * a free block's buddy of the same order is not free (below MAX_PAGE_ORDER), but for two of the size of a pageblock, one
 * of which is of a type that is set aside;
 * a free block's type is that of each pageblock that it lies in or covers;
 * nr_allocs - nr_frees, those of the CPUs' lists included, is the number of used blocks.
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
	uint64_t nr_type[MIGRATE_TYPES]; /* (L) */
	uint16_t avail[8];               /* (L) by migratetype */
	uint64_t nr_highatomic;          /* (L) */
	uint64_t nr_isolated;            /* (L) pageblocks that are isolated */
	uint64_t nr_fresh;               /* (L) entries of @fresh in use; emptied ones stay with start == end */
	struct pfn_range fresh[MMV_NR_FRESH];
	uint64_t nr_allocs,
		nr_frees; /* (L) blocks from the lists above to users and back, since boot; cutting and joining count too */
	uint64_t nr_claims;      /* (L) pageblocks that changed their type because a request of another found nothing */
	uint64_t nr_part_claims; /* (L) of those, not wholly free when it happened */
	uint64_t nr_steals;      /* (L) blocks given to a request of another type, the pageblock staying what it was */
	uint64_t watermark_boost;               /* (L) pages by which the low mark is raised for now */
	uint64_t compact_cached_free_pfn;       /* (a) where compaction goes on; 0: never ran */
	uint64_t compact_cached_migrate_pfn[2]; /* (a) the same for pages to move: [0] asynchronous, [1] other runs */
	uint32_t compact_considered;            /* (a) requests turned away since compaction failed */
	uint32_t compact_defer_shift;           /* (a) 1 << this many of them are; 0: none */
	int32_t compact_order_failed;           /* (a) only of this order and above */
	uint32_t compact_reserved;
	uint64_t far[MIGRATE_TYPES]; /* (L) */
};

/** WATERMARK_BOOST_FACTOR - of 10,000: a zone's boost is at most so much of its high mark, or a pageblock if that is more. */
#define WATERMARK_BOOST_FACTOR 15000

/** struct zone_tuning - what marks and reserves were computed from. */
struct zone_tuning {
	uint64_t min_free_pages;              /* shared out among all zones but MOVABLE */
	uint32_t watermark_scale;             /* of 10,000: the distance between marks in a large zone */
	uint32_t reserve_ratio[MAX_NR_ZONES]; /* 0: no reserve */
	uint32_t reserved;
};
MMV_SIZE(struct zone_tuning, 32);

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

#endif
