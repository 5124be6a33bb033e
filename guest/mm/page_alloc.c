// SPDX-License-Identifier: MIT
/*
 * page_alloc.c - blocks of 2^order pages: the buddy system of each zone, and which zone serves whom.
 *
 * Shape:   zone->free_area[o] lists free blocks of 2^o pages by the entry of their first page; nothing else in a block
 *          says anything (zero is valid). zone->fresh are ranges of whole largest blocks that were never touched; one is
 *          taken from the front when nothing on the lists is large enough.
 * Always:  a free block's buddy of the same order is not free, below the largest order;
 *          zone->nr_free == sum(free_area[o].nr_free << o) + pages in fresh;
 *          a PAGE_FREE entry is zero but for its first word and its list links, an entry inside a block is all zero.
 *          PG_ZEROED on a block says that nobody ever wrote to it: RAM arrives zeroed, so clearing it can be left out.
 * Locking: zone->lock covers lists, counts, fresh ranges and the state of every free page of the zone. Interrupts are off
 *          under it, so any context may allocate and free. An allocated block's entry belongs to its owner.
 * Rights:  a request is served from the highest zone it allows downwards, first while the zone stays above its low mark,
 *          then down to the min mark or, with __GFP_HIGH and others, below it. Each zone keeps lowmem_reserve pages from
 *          requests that could have gone higher.
 * Not here: per-CPU page lists, mobility grouping, background reclaim, killing: a request that neither empty slabs
 *          nor waiting vfree()s can help fails, whatever its mask (but __GFP_NOFAIL waits).
 * Source:  K. C. Knowlton, A Fast Storage Allocator, 1965.
 */
#include <linux/export.h>
#include <linux/highmem.h>
#include <linux/list.h>
#include <linux/memblock.h>
#include <linux/sched.h>

#include <linux/sched/mm.h>

#include "internal.h"
#include "page_debug.h"

gfp_t gfp_allowed_mask = __GFP_BITS_MASK;

/* Ends the search for a zone: marks do not count. */
#define NO_MARK (~0ULL)

/* ---- one zone; all of these need its lock ---- */

static void list_block(struct zone *zone, struct page *page, unsigned int order, uint32_t flags)
{
	struct free_area *area = &zone->free_area[order];

	page_set_word(page, PAGE_WORD(PAGE_FREE, order, 0, flags) | (uint64_t)MIGRATE_MOVABLE << 24);
	list_add(&page->lru, &area->free_list[MIGRATE_MOVABLE]);
	area->nr_free++;
	zone->nr_type[MIGRATE_MOVABLE] += 1UL << order;
	zone->avail[MIGRATE_MOVABLE] |= (uint16_t)(1u << order);
}

/* Off its list. The entry still says PAGE_FREE. */
static void unlist_block(struct zone *zone, struct page *page, unsigned int order)
{
	MM_CHECK(page_is_block(page, PAGE_FREE, order));
	__list_del_entry(&page->lru);
	zone->free_area[order].nr_free--;
	zone->nr_type[MIGRATE_MOVABLE] -= 1UL << order;
	if (list_empty(&zone->free_area[order].free_list[MIGRATE_MOVABLE]))
		zone->avail[MIGRATE_MOVABLE] &= (uint16_t) ~(1u << order);
}

void zone_file_block(struct zone *zone, struct page *page, unsigned int order, uint32_t flags)
{
	list_block(zone, page, order, flags);
}

/* The first largest block of the fresh ranges, still quiet; NULL if there is none left. */
static noinline struct page *take_fresh(struct zone *zone)
{
	for (uint64_t i = 0; i < zone->nr_fresh; i++) {
		struct pfn_range *range = &zone->fresh[i];

		if (range->start < range->end) {
			struct page *page = pfn_to_page(range->start);

			range->start += MAX_ORDER_NR_PAGES;
			return page;
		}
	}
	return NULL;
}

/* A free block of at least @order, off its list; its order and its PG_ZEROED. NULL: none. */
static __always_inline struct page *find_block(struct zone *zone, unsigned int *order, uint32_t *flags)
{
	struct page *page;

	for (unsigned int o = *order; o <= MAX_PAGE_ORDER; o++) {
		struct free_area *area = &zone->free_area[o];

		if (!area->nr_free)
			continue;
		page = list_first_entry(&area->free_list[MIGRATE_MOVABLE], struct page, lru);
		unlist_block(zone, page, o);
		*order = o;
		*flags = page->flags;
		return page;
	}
	page = take_fresh(zone);
	*order = MAX_PAGE_ORDER;
	*flags = PG_ZEROED;
	return page;
}

/**
 * take_block - allocate from one zone
 * @floor: more than this must stay free, or NO_MARK
 * @used:  the new entry's word but for the flags that it inherits
 */
static __always_inline struct page *take_block(struct zone *zone, unsigned int order, uint64_t floor, uint64_t used)
{
	struct page *page = NULL;
	unsigned int have = order;
	unsigned long irq;
	uint32_t flags;

	irq = mm_lock_write(&zone->lock);
	if (floor != NO_MARK && zone->nr_free < floor + (1ULL << order))
		goto out;
	page = find_block(zone, &have, &flags);
	if (!page)
		goto out;
	while (have > order) {
		have--;
		list_block(zone, page + (1UL << have), have, flags);
	}
	page_set_word(page, used | (uint64_t)flags << 32);
	page->refcount = 1;
	zone->nr_free -= 1ULL << order;
	zone->nr_allocs++;
out:
	mm_unlock_write(&zone->lock, irq);
	return page;
}

bool zone_has_page(const struct zone *zone, unsigned long pfn)
{
	return pfn - zone->start_pfn < zone->spanned_pages && memblock_is_memory((phys_addr_t)pfn << PAGE_SHIFT);
}

/*
 * Give a block back, merged with its free buddies as far as that goes. Needs: zone lock; the entry of a used block
 * whose fields but the first word and the links are zero.
 */
static void merge_block(struct zone *zone, struct page *page, unsigned int order)
{
	const struct pfn_range *solid = &zone_solid[zone - mm_zones];
	unsigned long pfn = page_to_pfn(page);
	bool inside = pfn - solid->start < solid->end - solid->start;

	zone->nr_free += 1ULL << order;
	zone->nr_frees++;
	page_set_word(page, 0);
	page->lru = (struct list_head){NULL, NULL};
	while (order < MAX_PAGE_ORDER) {
		unsigned long mate = pfn ^ (1UL << order);
		struct page *buddy = page + mate - pfn;

		if (!inside && !zone_has_page(zone, mate))
			break;
		if (!page_is_block(buddy, PAGE_FREE, order))
			break;
		unlist_block(zone, buddy, order);
		page_set_word(buddy, 0);
		buddy->lru = (struct list_head){NULL, NULL};
		page += (mate & pfn) - pfn;
		pfn &= mate;
		order++;
	}
	list_block(zone, page, order, 0);
}

/* ---- allocation ---- */

/* How far below the min mark may this request go, and may it ignore marks altogether? */
static uint64_t min_floor(const struct zone *zone, gfp_t gfp)
{
	uint64_t min = zone->watermark[WMARK_MIN];

	if ((gfp & (__GFP_MEMALLOC | __GFP_NOMEMALLOC)) == __GFP_MEMALLOC)
		return NO_MARK;
	if (gfp & __GFP_HIGH) {
		min -= min / 2;
		if (!(gfp & (__GFP_DIRECT_RECLAIM | __GFP_NOMEMALLOC)))
			min -= min / 4;
	}
	return min;
}

/* Every allowed zone, at the mark that the request has a right to. */
static struct page *take_at_min(gfp_t gfp, unsigned int order, uint64_t used)
{
	enum zone_type highest = gfp_zone(gfp);

	for (struct zone **z = zonelists[highest]; *z; z++) {
		uint64_t floor = min_floor(*z, gfp);
		uint64_t word = used;
		struct page *page;

		if (floor == NO_MARK)
			word |= (uint64_t)PG_PFMEMALLOC << 32;
		else
			floor += (*z)->lowmem_reserve[highest];
		page = take_block(*z, order, floor, word);
		if (page)
			return page;
	}
	return NULL;
}

/* Give back what no object needs. Return: pages. */
static unsigned long reclaim(gfp_t gfp)
{
	unsigned long pages;

	fs_reclaim_acquire(gfp);
	pages = slab_reclaim() + vmalloc_purge();
	fs_reclaim_release(gfp);
	return pages;
}

/* The low mark stopped it in every zone. */
static noinline struct page *alloc_slow(gfp_t gfp, unsigned int order, uint64_t used)
{
	bool may_wait = gfpflags_allow_blocking(gfp);
	struct page *page;

	gfp = current_gfp_context(gfp);
	page = take_at_min(gfp, order, used);
	if (page)
		return page;
	if (may_wait && reclaim(gfp)) {
		page = take_at_min(gfp, order, used);
		if (page)
			return page;
	}
	if (gfp & __GFP_NOFAIL) {
		WARN_ONCE(!may_wait, "page allocation: __GFP_NOFAIL without __GFP_DIRECT_RECLAIM cannot be kept\n");
		while (may_wait && !page) {
			cond_resched();
			cpu_relax();
			reclaim(gfp);
			page = take_at_min(gfp | __GFP_HIGH, order, used);
		}
		if (page)
			return page;
	}
	alloc_failed(gfp, order);
	return NULL;
}

static noinline struct page *order_too_large(gfp_t gfp, unsigned int order)
{
	WARN_ONCE(!(gfp & __GFP_NOWARN), "page allocation: order %u is beyond the largest, %u\n", order,
		  MAX_PAGE_ORDER);
	return NULL;
}

noinline gfp_t sleeping_in_atomic(gfp_t gfp)
{
	/* Before the scheduler runs there is nobody to wait for, and interrupts are off because it is early. */
	if (!mm_root.tsc_booted)
		return gfp;
	WARN(1, "allocation that may sleep (gfp %#x) in atomic context: preempt count %#x, interrupts %s\n", gfp,
	     (unsigned int)preempt_count(), arch_irqs_disabled() ? "off" : "on");
	if (mm_debug_hooks())
		debug_show_atomic();
	return gfp & ~__GFP_DIRECT_RECLAIM;
}

void might_alloc(gfp_t gfp)
{
	mm_alloc_enters(gfp);
	if ((gfp & __GFP_DIRECT_RECLAIM) && sleep_forbidden())
		sleeping_in_atomic(gfp);
}
EXPORT_SYMBOL(might_alloc);

static void clear_block(struct page *page, unsigned int order)
{
	if (!(page->flags & PG_ZEROED))
		memset(page_address(page), 0, PAGE_SIZE << order);
}

struct page *alloc_pages_owner(gfp_t gfp, unsigned int order, enum page_owner owner)
{
	uint64_t used = PAGE_WORD(PAGE_USED, order, owner, gfp & __GFP_COMP ? PG_COMP : 0);
	enum zone_type highest;
	struct page *page = NULL;

	if (unlikely(order > MAX_PAGE_ORDER))
		return order_too_large(gfp, order);
	gfp &= gfp_allowed_mask;
	/* What the thread's scopes take away matters in the slow way, but for where a movable page may lie. */
	if (unlikely(gfp & __GFP_MOVABLE))
		gfp = current_gfp_context(gfp);
	mm_alloc_enters(gfp);
	if ((gfp & __GFP_DIRECT_RECLAIM) && unlikely(sleep_forbidden()))
		gfp = sleeping_in_atomic(gfp);
	if (page_debug_refuse(gfp, order))
		return NULL;
	highest = gfp_zone(gfp);
	for (struct zone **z = zonelists[highest]; *z; z++) {
		uint64_t floor = (*z)->watermark[WMARK_LOW] + (*z)->lowmem_reserve[highest];

		page = take_block(*z, order, floor, used);
		if (likely(page))
			break;
	}
	if (unlikely(!page)) {
		page = alloc_slow(gfp, order, used);
		if (!page)
			return NULL;
	}
	page_debug_alloc(page, order, gfp);
	if (gfp & __GFP_ZERO)
		clear_block(page, order);
	return page;
}
EXPORT_SYMBOL(alloc_pages_owner);

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	return alloc_pages_owner(gfp, order, OWNER_RAW);
}
EXPORT_SYMBOL(alloc_pages);

/* Pages of a bulk request taken under one hold of the lock. */
#define BULK_BATCH 32

/* Up to @nr single pages into the NULL entries of @pages. Return: entries looked at. */
static unsigned long take_singles(struct zone *zone, uint64_t floor, uint64_t used, unsigned long nr,
				  struct page **pages)
{
	unsigned long i, irq = mm_lock_write(&zone->lock);

	for (i = 0; i < nr; i++) {
		unsigned int have = 0;
		struct page *page;
		uint32_t flags;

		if (pages[i])
			continue;
		if (zone->nr_free <= floor)
			break;
		page = find_block(zone, &have, &flags);
		if (!page)
			break;
		while (have > 0) {
			have--;
			list_block(zone, page + (1UL << have), have, flags);
		}
		page_set_word(page, used | (uint64_t)flags << 32);
		page->refcount = 1;
		zone->nr_free--;
		zone->nr_allocs++;
		pages[i] = page;
	}
	mm_unlock_write(&zone->lock, irq);
	return i;
}

static unsigned long clear_new(gfp_t gfp, struct page **pages, unsigned long from, unsigned long to)
{
	for (; (MM_DEBUG || gfp & __GFP_ZERO) && from < to; from++) {
		page_debug_alloc(pages[from], 0, gfp);
		if (gfp & __GFP_ZERO)
			clear_block(pages[from], 0);
	}
	return to;
}

unsigned long alloc_pages_bulk_owner(gfp_t gfp, unsigned long nr, struct page **pages, enum page_owner owner)
{
	uint64_t used = PAGE_WORD(PAGE_USED, 0, owner, gfp & __GFP_COMP ? PG_COMP : 0);
	unsigned long done = 0;

	might_alloc(gfp & gfp_allowed_mask);
	while (done < nr) {
		enum zone_type highest = gfp_zone(gfp);
		struct zone *zone = *zonelists[highest];
		unsigned long batch = min_t(unsigned long, nr - done, BULK_BATCH), got = 0;

		if (pages[done]) {
			done++;
			continue;
		}
		/* Only entries that are NULL are new; a run of them is what is cleared. */
		while (got < batch && !pages[done + got])
			got++;
		batch = got;
		got = zone ? take_singles(zone, zone->watermark[WMARK_LOW] + zone->lowmem_reserve[highest], used, batch,
					  pages + done)
			   : 0;
		done = clear_new(gfp, pages, done, done + got);
		if (got == batch)
			continue;
		/* The best zone is low: on, page by page, with everything a single request may try. */
		pages[done] = alloc_pages_owner(gfp, 0, owner);
		if (!pages[done])
			break;
		done++;
	}
	return done;
}

/* ---- freeing ---- */

/* Nobody holds the block any more: is its entry fit to be a free one's? Then it is one's, but for state, order and links. */
static bool clean_block(struct page *page, unsigned int order)
{
	if (unlikely(page->mapping | page->memcg_data | (uint32_t)page->mapcount)) {
		bad_page(page, "freed while mapping, mapcount or memcg_data is set");
		return false;
	}
	page->index = 0;
	page->private = 0;
	return page_debug_free(page, order);
}

void free_block(struct page *page, unsigned int order)
{
	struct zone *zone = page_zone(page);
	unsigned long irq;

	if (!clean_block(page, order))
		return;
	irq = mm_lock_write(&zone->lock);
	merge_block(zone, page, order);
	mm_unlock_write(&zone->lock, irq);
}

/*
 * The head keeps a reference that somebody took on the quiet: it shrinks to its first page, which the last put_page()
 * frees; the rest goes now. Only for blocks without __GFP_COMP.
 */
static noinline void free_all_but_first(struct page *page, unsigned int order)
{
	struct zone *zone = page_zone(page);
	unsigned long irq = mm_lock_write(&zone->lock);

	page_set_word(page, PAGE_WORD(PAGE_USED, 0, page->owner, page->flags));
	while (order-- > 0) {
		page_debug_free(page + (1UL << order), order);
		merge_block(zone, page + (1UL << order), order);
	}
	mm_unlock_write(&zone->lock, irq);
}

/* Drop a reference of what should be an allocated block of that order. True if it was the last. */
static bool drop_block(struct page *page, unsigned int order)
{
	int left;

	if (unlikely(order > MAX_PAGE_ORDER || !page_is_block(page, PAGE_USED, order))) {
		bad_page(page, page->state == PAGE_USED ? "freed with another order than it was allocated with"
							: "freed but not allocated");
		return false;
	}
	left = __atomic_sub_fetch(&page->refcount, 1, __ATOMIC_SEQ_CST);
	if (likely(!left))
		return true;
	if (left < 0)
		bad_page(page, "freed with no reference left");
	else if (order && !(page->flags & PG_COMP))
		free_all_but_first(page, order);
	return false;
}

void __free_pages(struct page *page, unsigned int order)
{
	if (likely(drop_block(page, order)))
		free_block(page, order);
}
EXPORT_SYMBOL(__free_pages);

void free_pages_bulk_array(unsigned long nr, struct page **pages)
{
	while (nr) {
		struct zone *zone = page_zone(*pages);
		unsigned long irq = mm_lock_write(&zone->lock);

		for (unsigned int n = 0; nr && n < BULK_BATCH && page_zone(*pages) == zone; n++, nr--, pages++)
			if (drop_block(*pages, 0) && clean_block(*pages, 0))
				merge_block(zone, *pages, 0);
		mm_unlock_write(&zone->lock, irq);
	}
}
EXPORT_SYMBOL(free_pages_bulk_array);
