// SPDX-License-Identifier: MIT
/*
 * vmalloc_pages.c - the pages behind an area: taken in blocks as large as there are, kept one by one, given back in blocks.
 *
 * Shape:  an area's pages are single ones, each with an entry and a reference count of its own, because whoever looks a page
 *         up (vmalloc_to_page()) may take a reference and keep it beyond the area. To ask for them one by one costs far more
 *         than to split a block, so blocks are asked for first, without effort, the largest first; what they do not
 *         give comes page by page with all that the caller's mask allows.
 * Back:   neighbours that nobody else holds are made one block again, JOIN_ORDER at most at a time, so that interrupts stay off
 *         only shortly; the rest goes page by page. The debug kernel gives every page back by itself: it looks at each.
 * Always: while entries change, the zone's lock is held for writing, and at its end each page has one head that covers it.
 */
#include <linux/list.h>

#include "vmalloc.h"

#define JOIN_ORDER 6
/* A smaller block is not worth a request of its own. */
#define SMALLEST_BLOCK 2

/* What a mask allows when it is about convenience only. */
static gfp_t easy_gfp(gfp_t gfp)
{
	return (gfp & ~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL | __GFP_RETRY_MAYFAIL)) | __GFP_NOWARN | __GFP_NORETRY;
}

static bool take_block(struct page **pages, unsigned int order, gfp_t gfp)
{
	struct page *page = alloc_pages_owner(easy_gfp(gfp), order, OWNER_VMALLOC);

	if (!page)
		return false;
	split_page(page, order);
	for (unsigned long i = 0; i < 1UL << order; i++)
		pages[i] = page + i;
	return true;
}

unsigned long vmalloc_take_many(struct page **pages, unsigned long nr, unsigned int map_order, gfp_t gfp)
{
	unsigned int order = MAX_PAGE_ORDER;
	unsigned long done = 0;

	/* Where large pages are wanted a larger block would do as well, but it is harder to get. */
	if (map_order)
		order = map_order;
	while (nr - done >= 1UL << SMALLEST_BLOCK && order >= SMALLEST_BLOCK) {
		if (nr - done < 1UL << order || !take_block(pages + done, order, gfp))
			order--;
		else
			done += 1UL << order;
	}
	if (done < nr)
		done += alloc_pages_bulk_owner(gfp | __GFP_NOWARN, nr - done, pages + done, OWNER_VMALLOC);
	return done;
}

/* ---- giving back ---- */

#if MM_DEBUG
void vmalloc_give_pages(struct page **pages, unsigned long nr)
{
	free_pages_bulk_array(nr, pages);
}
#else

/* Is this page held by the area alone, and has nobody left anything in its entry? */
static bool alone(const struct page *page)
{
	uint64_t left = page->mapping | page->index | page->private | page->memcg_data | (uint32_t)page->mapcount;

	return page_is_block(page, PAGE_USED, 0) && page->refcount == 1 && !left;
}

/* How many of @pages, from the first on, can be one block: its order. */
static unsigned int joinable(struct page **pages, unsigned long nr)
{
	struct page *first = *pages;
	unsigned long n = 0, most = 1UL << JOIN_ORDER;

	while (page_to_pfn(first) & (most - 1))
		most >>= 1;
	while (most > nr)
		most >>= 1;
	while (n < most && pages[n] == first + n && alone(first + n))
		n++;
	return n ? 63 - (unsigned int)__builtin_clzl(n) : 0;
}

static void join(struct page *page, unsigned int order)
{
	struct zone *zone = page_zone(page);
	unsigned long irq = mm_lock_write(&zone->lock);

	for (unsigned long i = (1UL << order) - 1; i > 0; i--) {
		page[i].refcount = 0;
		page[i].lru = (struct list_head){NULL, NULL};
		page_set_word(page + i, 0);
	}
	page_set_word(page, (page_word(page) & ~PAGE_WORD_KIND) | PAGE_WORD(PAGE_USED, order, 0, 0));
	zone->nr_frees += (1UL << order) - 1;
	mm_unlock_write(&zone->lock, irq);
}

void vmalloc_give_pages(struct page **pages, unsigned long nr)
{
	while (nr) {
		unsigned int order = nr >> SMALLEST_BLOCK ? joinable(pages, nr) : 0;
		unsigned long n = 1UL << order;

		if (order < SMALLEST_BLOCK) {
			n = nr < 1UL << SMALLEST_BLOCK ? nr : 1;
			free_pages_bulk_array(n, pages);
		} else {
			join(*pages, order);
			__free_pages(*pages, order);
		}
		pages += n;
		nr -= n;
	}
}
#endif
