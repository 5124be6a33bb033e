// SPDX-License-Identifier: MIT
/*
 * page_leaks.c - who holds pages: walks over all entries of pages, for the end of a payload.
 *
 * How many of each owner, any kernel can say: two counts show what came in between. The debug kernel's entries (page_debug.c) say also
 * when a block was allocated, and from where.
 * Locking: none. The numbers are exact while nobody allocates.
 */
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/mmdebug.h>
#include <linux/string.h>

#include "page_debug.h"
#include "pages.h"

/* Pages. What is not aligned to so much, at the edge of RAM, may be overlooked. */
#define HOLE_STEP 256UL

static void add_block(struct page_leak *leaks, unsigned int *nr, unsigned int max, const struct page *page, u32 stack)
{
	struct page_leak *l = leaks;

	while (l < leaks + *nr && (l->stack != stack || l->owner != page->owner))
		l++;
	if (l == leaks + max)
		l--; /* no room: the last one stands for the rest */
	if (l == leaks + *nr) {
		*l = (struct page_leak){.stack = stack, .owner = page->owner};
		++*nr;
	}
	l->blocks++;
	l->pages += 1UL << page->order;
}

unsigned int page_leaks(u64 since, struct page_leak *leaks, unsigned int max)
{
	unsigned long pfn = 0, skip;
	unsigned int nr = 0;

	if (!MM_DEBUG || !page_ext_of(0))
		return 0;
	for (; pfn < mm_root.max_pfn; pfn += skip) {
		const struct page *page = pfn_to_page(pfn);
		const struct page_ext *e = page_ext_of(pfn);

		/* Holes may be huge. */
		skip = pfn_valid(pfn) ? 1 : HOLE_STEP;
		if (skip == HOLE_STEP)
			continue;
		/* A free block has no users; a block's tails, and memory of no allocator, say nothing themselves. */
		if (page->state == PAGE_FREE || page->state == PAGE_USED)
			skip = 1UL << page->order;
		if (page->state != PAGE_USED)
			continue;
		if (e->flags & PAGE_EXT_USED && e->tsc > since && page->owner != OWNER_SLAB &&
		    page->owner != OWNER_PGTABLE)
			add_block(leaks, &nr, max, page, e->alloc_stack);
	}
	return nr;
}

/* @pfn, or where the fresh range ends that it lies in: what nobody has touched has no owner, and may be a terabyte. */
static unsigned long behind_fresh(const struct zone *zone, unsigned long pfn)
{
	for (unsigned int i = 0; i < zone->nr_fresh; i++)
		if (pfn >= zone->fresh[i].start && pfn < zone->fresh[i].end)
			return zone->fresh[i].end;
	return pfn;
}

/* Fresh ranges begin at blocks of this size. */
#define BLOCK_MASK ((1UL << MAX_PAGE_ORDER) - 1)

/* Pages from @pfn to before @end: all of the zone, all of them RAM. */
static void count_range(const struct zone *zone, unsigned long pfn, unsigned long end, unsigned long *pages)
{
	while (pfn < end) {
		const struct page *page = pfn_to_page(pfn);

		if (!(pfn & BLOCK_MASK) && behind_fresh(zone, pfn) != pfn) {
			pfn = behind_fresh(zone, pfn);
			continue;
		}
		if (page->state == PAGE_USED && page->owner < NR_PAGE_OWNERS)
			pages[page->owner] += 1UL << page->order;
		pfn += page->state == PAGE_USED || page->state == PAGE_FREE ? 1UL << page->order : 1;
	}
}

void page_owners(unsigned long pages[NR_PAGE_OWNERS])
{
	memset(pages, 0, NR_PAGE_OWNERS * sizeof(*pages));
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		const struct zone *zone = &mm_zones[i];

		for (uint64_t r = 0; r < memblock.memory.cnt; r++) {
			const struct memblock_region *ram = &memblock.memory.regions[r];
			unsigned long start = max_t(unsigned long, PFN_UP(ram->base), zone->start_pfn);
			unsigned long end = min_t(unsigned long, PFN_DOWN(ram->base + ram->size),
						  zone->start_pfn + zone->spanned_pages);

			count_range(zone, start, end, pages);
		}
	}
}
