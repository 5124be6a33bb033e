// SPDX-License-Identifier: MIT
/*
 * contig.c - ranges of pages by number: somebody wants [start, end) and nothing else.
 *
 * Way:     the pageblocks that the range touches are isolated: their free pages go to lists that nobody allocates from. Then
 *          all CPUs empty their own lists; from here on every free page of the range lies in a free block of its zone, and
 *          stays there. If that is all of them, the blocks are cut at the ends of the range and taken; if not, somebody holds
 *          a page and the range cannot be had. In the end the pageblocks are what they were before.
 * Cost:    by the size of the range. Memory that nobody touched yet is made ordinary free memory first, as far as it lies in
 *          the pageblocks concerned.
 * Locking: zone->lock for each pageblock; contig_lock keeps ranges that touch the same pageblocks from each other's throats.
 * Not here: moving away what is in the way (reclaim).
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/memblock.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "pages.h"

static DEFINE_MUTEX(contig_lock);

/* ---- the range ---- */

/* All of one zone, and given to the page allocator. Cost: by ranges of memory, not by pages. */
static struct zone *zone_of_range(unsigned long start, unsigned long end)
{
	struct zone *zone;
	phys_addr_t lo, hi;
	u64 pos = 0;

	if (start >= end || end > mm_root.max_pfn)
		return NULL;
	zone = page_zone(pfn_to_page(start));
	if (page_zone(pfn_to_page(end - 1)) != zone)
		return NULL;
	while (memblock_next_free(&pos, &lo, &hi))
		if (PFN_UP(lo) <= start && PFN_DOWN(hi) >= end)
			return zone;
	return NULL;
}

/* Needs: the zone's lock, all pageblocks isolated. Is every page of [pfn, end) in a free block? */
static bool all_free(unsigned long pfn, unsigned long end)
{
	while (pfn < end) {
		const struct page *head = page_block(pfn_to_page(pfn));
		unsigned long next = page_to_pfn(head) + (1UL << head->order);

		if (head->state != PAGE_FREE || next <= pfn)
			return false;
		pfn = next;
	}
	return true;
}

/* One page of a free block becomes a block of its own, used. */
static void take_page(struct page *page, uint64_t word, int refcount)
{
	page->refcount = refcount;
	page_set_word(page, word);
}

/* The free block @head, off its list: its pages within [start, end) are taken, the others stay free. */
static void take_part(struct zone *zone, struct page *head, unsigned int order, unsigned long start, unsigned long end,
		      uint64_t word, int refcount)
{
	unsigned long pfn = page_to_pfn(head), half = order ? 1UL << (order - 1) : 0;
	uint32_t flags = head->flags;

	if (pfn >= end || pfn + (1UL << order) <= start) {
		zone_list_block(zone, head, order, MIGRATE_ISOLATE, flags);
		return;
	}
	if (order && (pfn < start || pfn + (1UL << order) > end)) {
		/* Neither all in nor all out: by halves, of which the flags are the whole's. */
		head[half].flags = flags;
		take_part(zone, head, order - 1, start, end, word, refcount);
		take_part(zone, head + half, order - 1, start, end, word, refcount);
		return;
	}
	word |= (uint64_t)flags << 32 | PAGE_WORD_ZONE(zone_idx(zone));
	zone->nr_allocs += 1UL << order;
	head->lru = (struct list_head){NULL, NULL};
	for (unsigned long i = 0; i < 1UL << order; i++)
		take_page(head + i, word, refcount);
}

/* All pages of [start, end), which is free and isolated. Block by block, so that interrupts are not off for long. */
static int take_range(struct zone *zone, unsigned long start, unsigned long end, uint64_t word, int refcount)
{
	unsigned long irq = mm_lock_write(&zone->lock), pfn = start;

	if (!all_free(start, end)) {
		mm_unlock_write(&zone->lock, irq);
		return -EBUSY;
	}
	while (pfn < end) {
		struct page *head = page_block(pfn_to_page(pfn));
		unsigned int order = head->order;

		pfn = page_to_pfn(head) + (1UL << order);
		zone_unlist_block(zone, head, order);
		take_part(zone, head, order, start, end, word, refcount);
		mm_unlock_write(&zone->lock, irq);
		irq = mm_lock_write(&zone->lock);
	}
	mm_unlock_write(&zone->lock, irq);
	return 0;
}

static unsigned long block_down(unsigned long pfn)
{
	return pfn & ~(PAGEBLOCK_PAGES - 1);
}

static void unisolate(struct zone *zone, unsigned long start, unsigned long end)
{
	for (unsigned long pfn = block_down(start); pfn < end; pfn += PAGEBLOCK_PAGES) {
		unsigned long irq = mm_lock_write(&zone->lock);

		unisolate_pageblock(zone, pfn);
		mm_unlock_write(&zone->lock, irq);
	}
}

static int isolate(struct zone *zone, unsigned long start, unsigned long end)
{
	for (unsigned long pfn = block_down(start); pfn < end; pfn += PAGEBLOCK_PAGES) {
		unsigned long irq = mm_lock_write(&zone->lock);
		int err = isolate_pageblock(zone, pfn);

		mm_unlock_write(&zone->lock, irq);
		if (err) {
			unisolate(zone, start, pfn);
			return err;
		}
	}
	return 0;
}

static int contig_range(unsigned long start, unsigned long end, uint64_t word, int refcount)
{
	struct zone *zone = zone_of_range(start, end);
	int err;

	if (!zone)
		return -EINVAL;
	mutex_lock(&contig_lock);
	err = isolate(zone, start, end);
	if (!err) {
		drain_all_pages(zone);
		err = take_range(zone, start, end, word, refcount);
		unisolate(zone, start, end);
	}
	mutex_unlock(&contig_lock);
	return err;
}

static void finish_range(unsigned long start, unsigned long end, gfp_t gfp)
{
	for (unsigned long pfn = start; pfn < end; pfn++) {
		struct page *page = pfn_to_page(pfn);

		page_debug_alloc(page, 0, gfp);
		if (gfp & __GFP_ZERO && !(page->flags & PG_ZEROED))
			arch_clear_pages(page_address(page), 0);
	}
}

static int alloc_range(unsigned long start, unsigned long end, gfp_t gfp, uint32_t flags)
{
	uint64_t word = PAGE_WORD(PAGE_USED, 0, OWNER_RAW, flags) | PAGE_WORD_TYPE(MIGRATE_MOVABLE);
	int err;

	might_alloc(gfp);
	gfp |= init_mem.on_alloc;
	err = contig_range(start, end, word, flags & PG_FROZEN ? 0 : 1);
	if (!err)
		finish_range(start, end, gfp);
	return err;
}

int alloc_contig_range(unsigned long start, unsigned long end, unsigned int type, gfp_t gfp)
{
	/* Older callers say what the range is, newer ones give flags: of both only "movable" makes sense without CMA. */
	if (type != MIGRATE_MOVABLE && type != ACR_FLAGS_NONE)
		return -EINVAL;
	return alloc_range(start, end, gfp, 0);
}
EXPORT_SYMBOL(alloc_contig_range);

/* ---- anywhere ---- */

/* Where an untouched range that holds @pfn ends; 0: there is none. */
static unsigned long fresh_end(const struct zone *zone, unsigned long pfn)
{
	for (uint64_t i = 0; i < zone->nr_fresh; i++)
		if (pfn >= zone->fresh[i].start && pfn < zone->fresh[i].end)
			return zone->fresh[i].end;
	return 0;
}

/* What holds @pfn: is it free? *next: where that ends. */
static bool piece_free(struct zone *zone, unsigned long pfn, unsigned long *next)
{
	unsigned long irq = mm_lock_read(&zone->lock);
	bool is_free = true;

	*next = fresh_end(zone, pfn);
	if (!*next) {
		const struct page *head = page_block(pfn_to_page(pfn));

		is_free = head->state == PAGE_FREE || head->state == PAGE_PCP;
		*next = max_t(unsigned long, page_to_pfn(head) + (1UL << head->order), pfn + 1);
	}
	mm_unlock_read(&zone->lock, irq);
	return is_free;
}

/* No page of it is in use: it may be a moment later. Else *next: behind what is in the way. */
static bool looks_free(struct zone *zone, unsigned long pfn, unsigned long end, unsigned long *next)
{
	while (pfn < end) {
		if (!piece_free(zone, pfn, next))
			return false;
		pfn = *next;
	}
	return true;
}

/* In the free stretch [start, end) of boot memory. */
static struct page *find_in(struct zone *zone, unsigned long start, unsigned long end, unsigned long nr, gfp_t gfp,
			    uint32_t flags)
{
	unsigned long align = is_power_of_2(nr) ? nr : 1, pfn = ALIGN(start, align);

	while (pfn < end && nr <= end - pfn) {
		unsigned long next = pfn + align;

		if (looks_free(zone, pfn, pfn + nr, &next) && !alloc_range(pfn, pfn + nr, gfp, flags))
			return pfn_to_page(pfn);
		pfn = ALIGN(max_t(unsigned long, next, pfn + align), align);
		cond_resched();
	}
	return NULL;
}

static struct page *find_range(unsigned long nr, gfp_t gfp, int nid, const nodemask_t *nodes, uint32_t flags)
{
	if (!nr || (nid != NUMA_NO_NODE && !node_online(nid)) || (nodes && !node_isset(0, *nodes)))
		return NULL;
	for (struct zone **z = zonelists[gfp_zone(gfp)]; *z; z++) {
		phys_addr_t lo, hi;
		u64 pos = 0;

		while (memblock_next_free(&pos, &lo, &hi)) {
			unsigned long start = max_t(unsigned long, PFN_UP(lo), (*z)->start_pfn);
			unsigned long end = min_t(unsigned long, PFN_DOWN(hi), zone_end_pfn(*z));
			struct page *page = start < end ? find_in(*z, start, end, nr, gfp, flags) : NULL;

			if (page)
				return page;
		}
	}
	return NULL;
}

struct page *alloc_contig_pages(unsigned long nr, gfp_t gfp, int nid, nodemask_t *nodemask)
{
	return find_range(nr, gfp, nid, nodemask, 0);
}
EXPORT_SYMBOL(alloc_contig_pages);

struct page *alloc_contig_frozen_pages(unsigned long nr, gfp_t gfp, int nid, nodemask_t *nodemask)
{
	return find_range(nr, gfp, nid, nodemask, PG_FROZEN);
}
EXPORT_SYMBOL(alloc_contig_frozen_pages);

void free_contig_range(unsigned long pfn, unsigned long nr)
{
	unsigned long in_use = 0;

	for (; nr--; pfn++) {
		in_use += page_count(pfn_to_page(pfn)) != 1;
		__free_page(pfn_to_page(pfn));
	}
	WARN(in_use, "%lu pages are still in use!\n", in_use);
}
EXPORT_SYMBOL(free_contig_range);

void free_contig_frozen_range(unsigned long pfn, unsigned long nr)
{
	for (; nr--; pfn++)
		free_frozen_pages(pfn_to_page(pfn), 0);
}
EXPORT_SYMBOL(free_contig_frozen_range);
