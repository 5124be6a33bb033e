// SPDX-License-Identifier: MIT
/*
 * page_leaks.c - who holds pages that were allocated after some moment: a walk over all entries of pages, for the end of a payload.
 *
 * Debug kernel only: the entries of page_debug.c say when a block was allocated and from where.
 * Locking: none. The numbers are exact while nobody allocates.
 */
#include <linux/mm.h>
#include <linux/mmdebug.h>

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
