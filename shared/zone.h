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

#endif
