/* SPDX-License-Identifier: MIT */
/*
 * pages.h - what the files of the page allocator share.
 *
 *   page_alloc.c   which zone serves a request, how deep it may go   (policy)
 *   page_slow.c    what is tried, and in which order, when nothing is left
 *   page_free.c    references dropped, blocks on their way back
 *   pcp.c          each CPU's own lists of blocks, filled from and emptied into the zones, many at a time
 *   buddy.c        one zone: free lists, splitting, merging, untouched ranges
 *   mobility.c     types of pageblocks: claimed, stolen from, set aside
 *   contig.c       ranges of pages that somebody wants as they are
 *   page_api.c     the rest of <linux/gfp.h> and <linux/mm.h>; page_frag.c: fragments of pages
 *   zone_init.c    all of it at boot
 *
 * A block passes through these states; its entry says which (shared/page.h):
 *
 *   fresh --take_fresh--> PAGE_FREE <--refill, spill--> PAGE_PCP <--pop, push--> PAGE_USED
 *                             ^------------ direct: large orders, deep rights ------^
 *
 * Only the holder of the zone's lock changes where blocks begin and end, so whoever holds it can walk the entries from block
 * to block, though PAGE_PCP and PAGE_USED may turn into each other under his eyes.
 */
#ifndef GUEST_MM_PAGES_H
#define GUEST_MM_PAGES_H

#include <linux/list.h>
#include <linux/string.h>

#include "internal.h"
#include "page_debug.h"

/* ---- rights: what a request may do to a zone ---- */

#define RIGHT_NO_MARKS (1u << 0)    /* marks do not count at all */
#define RIGHT_MIN_RESERVE (1u << 1) /* half of the min mark */
#define RIGHT_NON_BLOCK (1u << 2)   /* a quarter of the rest, with the former; HIGHATOMIC blocks as a last resort */
#define RIGHT_HIGHATOMIC (1u << 3)  /* HIGHATOMIC blocks first, and make one of them */
#define RIGHT_OOM (1u << 4)         /* half of the min mark; HIGHATOMIC blocks as a last resort */
#define RIGHT_NO_FRAGMENT (1u << 5) /* no type may get into a pageblock of another: rather try the next zone */
#define RIGHT_RESERVES (RIGHT_MIN_RESERVE | RIGHT_NON_BLOCK | RIGHT_HIGHATOMIC | RIGHT_OOM)

/* ---- entries ---- */

/* The migratetype's place in an entry's first word. */
#define PAGE_WORD_TYPE(type) ((uint64_t)(type) << 24)

/* The zone's place there: of blocks on a CPU's list or in use. */
#define PAGE_WORD_ZONE(zone) ((uint64_t)(zone) << (32 + PG_ZONE_SHIFT))

/* ---- pageblocks ---- */

static inline unsigned int pageblock_type(unsigned long pfn)
{
	return PAGEBLOCK_TYPE(mm_root.pageblocks[pfn >> PAGEBLOCK_ORDER]);
}

/* Needs: lock of the block's zone. */
static inline void set_pageblock_type(unsigned long pfn, unsigned int type)
{
	mm_root.pageblocks[pfn >> PAGEBLOCK_ORDER] = PAGEBLOCK_BYTE(type);
}

/* ---- init_mem.c ---- */

/**
 * struct init_mem - what boot arguments say about clearing; constant after boot
 * @alloc_orders, @free_orders: blocks of lower orders may go the quick way, which clears nothing
 * @on_alloc: __GFP_ZERO if whatever is allocated shall be clear
 * @on_free:  whatever is freed shall be
 */
struct init_mem {
	unsigned int alloc_orders, free_orders;
	gfp_t on_alloc;
	bool on_free;
};
extern struct init_mem init_mem;

/** page_clear_free - on the way back, before it is poisoned */
static inline void page_clear_free(struct page *page, unsigned int order)
{
	if (unlikely(init_mem.on_free))
		arch_clear_pages(page_address(page), order);
}

/* ---- buddy.c; all of these need the zone's lock ---- */

/** zone_list_block - a block is free: its entry says so, and its list has it. */
void zone_list_block(struct zone *zone, struct page *page, unsigned int order, unsigned int type, uint32_t flags);
/** zone_unlist_block - off its list. The entry still says PAGE_FREE. */
void zone_unlist_block(struct zone *zone, struct page *page, unsigned int order);

/**
 * zone_pick - a free block of at least *@order, off its list
 * @order: what is wanted; then what the block has
 * @type:  what is wanted; then the type of the pageblock that the block lies in, for the parts that are not needed
 * @rights: RIGHT_NO_FRAGMENT and the HIGHATOMIC rights matter
 *
 * zone->nr_free still counts it. Return: NULL if there is none.
 */
struct page *zone_pick(struct zone *zone, unsigned int *order, unsigned int *type, unsigned int rights);

/** zone_split - list the upper halves of a block until it has @order. */
static inline void zone_split(struct zone *zone, struct page *page, unsigned int have, unsigned int order,
			      unsigned int type, uint32_t flags)
{
	while (have > order) {
		have--;
		zone_list_block(zone, page + (1UL << have), have, type, flags);
	}
}

/**
 * zone_merge_block - give a block back, merged with its free buddies as far as that goes
 * @flags: PG_ZEROED if nobody touched it
 *
 * Its entry is that of a used or per-CPU block whose fields but the first word and the links are zero.
 */
void zone_merge_block(struct zone *zone, struct page *page, unsigned int order, uint32_t flags);

/** zone_passes - may a request take a block of @order, with so much left free beyond @floor (marks and reserves)? */
bool zone_passes(const struct zone *zone, unsigned int order, uint64_t floor, unsigned int rights);

/** zone_has_block - is there a free block of @order that a request of any type may have? Without the lock: just now. */
bool zone_has_block(const struct zone *zone, unsigned int order);

/** take_fresh - the first largest block of the untouched ranges; NULL if there is none left. */
struct page *take_fresh(struct zone *zone);
/** zone_file_fresh - make what is untouched of [start, end) ordinary free blocks. False: no room to note the pieces. */
bool zone_file_fresh(struct zone *zone, unsigned long start, unsigned long end);

/** zone_has_solid - does the page lie where every buddy has a struct page and is of the zone? False proves nothing. */
static inline bool zone_has_solid(const struct zone *zone, unsigned long pfn)
{
	const struct pfn_range *solid = &zone_solid[zone_idx(zone)];

	return pfn - solid->start < solid->end - solid->start;
}

/* ---- mobility.c; all of these need the zone's lock, but those that take it ---- */

/** zone_pick_other - the same as zone_pick() when the lists of the wanted type have nothing. */
struct page *zone_pick_other(struct zone *zone, unsigned int *order, unsigned int *type, unsigned int rights);
/** reserve_highatomic - the block just allocated lies in a pageblock that is to be kept for the likes of it. Takes the lock. */
void reserve_highatomic(struct zone *zone, struct page *page, unsigned int order);
/** unreserve_highatomic - give one pageblock back; the last one too if @force. Takes the lock. Return: was there one? */
bool unreserve_highatomic(struct zone *zone, unsigned int type, bool force);

/** isolate_pageblock - nobody allocates from it any more. Return: 0, -EBUSY (set aside already), -ENOMEM. */
int isolate_pageblock(struct zone *zone, unsigned long pfn);
/** unisolate_pageblock - it is what it was before. */
void unisolate_pageblock(struct zone *zone, unsigned long pfn);

/* ---- pcp.c ---- */

/**
 * pcp_distance - by zone bits of a mask: bytes from a CPU's first struct to that of the first zone to try. Constant after
 * boot.
 */
extern uint64_t pcp_distance[GFP_ZONEMASK + 1];

void pcp_setup(void);

static inline struct per_cpu_pages *pcp_of(unsigned int cpu, unsigned int zone)
{
	return &mm_root.pcp[cpu * MAX_NR_ZONES + zone];
}

/** pcp_list - number of the list for blocks of @order, -1 if such blocks have none. */
static inline int pcp_list(unsigned int order, unsigned int type)
{
	if (order < PCP_ORDERS)
		return (int)PCP_LIST(order, type);
	return order == PAGEBLOCK_ORDER ? (int)PCP_LIST_BLOCK(type) : -1;
}

/* What goes on between these two is on nobody's account: a reader sees it by PCP_BUSY(). Interrupts are off. */
static inline void pcp_begin(struct per_cpu_pages *pcp)
{
	pcp->seq--;
	barrier();
}

/* @allocs, @frees: blocks that became somebody's, or were somebody's, in between */
static inline void pcp_end(struct per_cpu_pages *pcp, unsigned long allocs, unsigned long frees)
{
	barrier();
	pcp->nr_allocs += allocs;
	pcp->nr_frees += frees;
	barrier();
	WRITE_ONCE(pcp->seq, (uint32_t)(pcp->nr_allocs + pcp->nr_frees));
}

/** pcp_pop - the first block of a list, @page, off it; it is used now. Needs: pcp_begin(). */
static __always_inline struct page *pcp_pop(struct per_cpu_pages *pcp, struct page **list, struct page *page,
					    unsigned int order, uint64_t extra)
{
	*list = (struct page *)page->lru.next;
	pcp->count -= 1u << order;
	page_set_word(page, page_word(page) - PAGE_PCP + PAGE_USED + extra);
	page->refcount = 1;
	return page;
}

/**
 * pcp_alloc - from this CPU's lists of a zone, refilled if need be
 * @floor: what must stay free in the zone if blocks are taken from it
 * @extra: owner and flags for the entry's word
 */
struct page *pcp_alloc(struct zone *zone, unsigned int order, unsigned int type, uint64_t floor, unsigned int rights,
		       uint64_t extra);
/** pcp_alloc_bulk - the same, up to @nr single pages. Return: how many. */
unsigned long pcp_alloc_bulk(struct zone *zone, unsigned int type, uint64_t floor, uint64_t extra, unsigned long nr,
			     struct page **pages);
/** pcp_shrink - if there are more than pcp->high pages, a batch goes back. @list: where to begin. Context: any. */
void pcp_shrink(struct zone *zone, unsigned int list);
/** pcp_drain_this - all of this CPU's lists back to their zones. Context: any. Return: pages. */
unsigned long pcp_drain_this(struct zone *zone);
/** pcp_pages - pages on all CPUs' lists of a zone. */
unsigned long pcp_pages(const struct zone *zone);

/* ---- page_alloc.c ---- */

/**
 * struct page_request - what is asked for, and by whom
 * @extra: owner and flags of the new entry
 */
struct page_request {
	gfp_t gfp;
	unsigned int order, type;
	enum zone_type highest;
	uint64_t extra;
};

/** zone_low_mark - what must stay free for requests that are not urgent */
static inline uint64_t zone_low_mark(const struct zone *zone)
{
	return zone->watermark[WMARK_LOW] + READ_ONCE(zone->watermark_boost);
}

/** page_rights_of, page_special_rights - what a mask alone gives (RIGHT_*); what the running thread is allowed beyond that */
unsigned int page_rights_of(gfp_t gfp, unsigned int order);
unsigned int page_special_rights(gfp_t gfp);
/** page_floor_of - pages that must stay free in a zone, reserves apart */
uint64_t page_floor_of(const struct zone *zone, unsigned int rights);
/** page_take_by_right - a block from the first allowed zone that has one above what the rights leave; or NULL */
struct page *page_take_by_right(const struct page_request *r, unsigned int rights);
/** page_take_above - the same above a mark */
struct page *page_take_above(const struct page_request *r, enum zone_watermarks mark);

/* ---- page_slow.c ---- */

/** page_alloc_slow - the low mark stopped a request in every zone. Context: as its mask. Return: the block, or NULL. */
struct page *page_alloc_slow(const struct page_request *r);

/* What may be carried over from a mask to the entry of a used block: PG_COMP stands where the bit lands. */
#define COMP_SHIFT 21
_Static_assert((uint64_t)__GFP_COMP << COMP_SHIFT == (uint64_t)PG_COMP << 32, "see PAGE_EXTRA");
#define PAGE_EXTRA(gfp, owner) ((uint64_t)(owner) << 16 | (uint64_t)((gfp)&__GFP_COMP) << COMP_SHIFT)

#endif
