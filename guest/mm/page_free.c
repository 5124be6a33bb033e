// SPDX-License-Identifier: MIT
/*
 * page_free.c - blocks on their way back: the last reference goes, the entry is looked at, the block joins this CPU's list or,
 * if it is too large or set aside, its zone.
 *
 * Contexts: any.
 * Mistakes: what is handed in is compared with the entry before anything is changed; what does not fit is named (bad_page())
 *           and left alone, so a mistake costs a leak at worst.
 */
#include <linux/export.h>

#include "pages.h"

/* Past the CPU's lists. */
static noinline void free_to_zone(struct page *page, unsigned int order)
{
	struct zone *zone = page_zone(page);
	unsigned long irq = mm_lock_write(&zone->lock);

	zone_merge_block(zone, page, order, 0);
	zone->nr_frees++;
	mm_unlock_write(&zone->lock, irq);
}

/*
 * Onto a list of this CPU. The type of the pageblock is read with interrupts off (see pcp.c). False: the block is not for
 * these lists.
 */
static __always_inline bool push(struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page), irq = arch_local_irq_save();
	unsigned int byte = mm_root.pageblocks[pfn >> PAGEBLOCK_ORDER], type = byte ^ MIGRATE_MOVABLE;
	unsigned int zone = page_zonenum(page), list;
	struct per_cpu_pages *pcp = pcp_of(raw_smp_processor_id(), zone);

	if (unlikely(type >= MIGRATE_PCPTYPES)) {
		if (type != MIGRATE_HIGHATOMIC) {
			arch_local_irq_restore(irq);
			return false;
		}
		type = MIGRATE_MOVABLE;
	}
	list = order < PCP_ORDERS ? PCP_LIST(order, type) : PCP_LIST_BLOCK(type);
	pcp_begin(pcp);
	page->lru.next = (struct list_head *)pcp->lists[list];
	page_set_word(page, PAGE_WORD(PAGE_PCP, order, 0, 0) | PAGE_WORD_TYPE(type));
	pcp->lists[list] = page;
	pcp->count += 1u << order;
	pcp->nr_frees++;
	if (unlikely(pcp->count > pcp->high))
		pcp_shrink(&mm_zones[zone], pcp, list);
	pcp_end(pcp);
	arch_local_irq_restore(irq);
	return true;
}

static noinline void free_large(struct page *page, unsigned int order)
{
	/* Worth keeping only where more than one fits. */
	if (order != PAGEBLOCK_ORDER || pcp_of(0, page_zonenum(page))->high < 2 * PAGEBLOCK_PAGES || !push(page, order))
		free_to_zone(page, order);
}

/* Nobody holds the block any more: is its entry fit to be a free one's? Then it is one's, but for the first word and links. */
static __always_inline bool clean_block(struct page *page, unsigned int order)
{
	if (unlikely(page->mapping | page->memcg_data | (uint32_t)page->mapcount)) {
		bad_page(page, "freed while mapping, mapcount or memcg_data is set");
		return false;
	}
	page->index = 0;
	page->private = 0;
	return page_debug_free(page, order);
}

static __always_inline void free_clean(struct page *page, unsigned int order)
{
	if (unlikely(!clean_block(page, order)))
		return;
	if (unlikely(order >= PCP_ORDERS))
		free_large(page, order);
	else if (unlikely(!push(page, order)))
		free_to_zone(page, order);
}

void free_block(struct page *page, unsigned int order)
{
	free_clean(page, order);
}

/*
 * The head keeps a reference that somebody took on the quiet: it shrinks to its first page, which the last put_page()
 * frees; the rest goes now. Only for blocks without __GFP_COMP.
 */
static noinline void free_all_but_first(struct page *page, unsigned int order)
{
	struct zone *zone = page_zone(page);
	unsigned long irq = mm_lock_write(&zone->lock);

	page_debug_split(page, order, 0);
	page_set_word(page, page_word(page) & ~0xff00ULL);
	while (order-- > 0) {
		if (page_debug_free(page + (1UL << order), order))
			zone_merge_block(zone, page + (1UL << order), order, 0);
	}
	mm_unlock_write(&zone->lock, irq);
}

/* The entry is not that of an allocated block of the order, or the reference was not the last. */
static noinline void free_odd(struct page *page, unsigned int order, int left)
{
	if (order > MAX_PAGE_ORDER || !page_is_block(page, PAGE_USED, order))
		bad_page(page, page->state == PAGE_USED ? "freed with another order than it was allocated with"
							: "freed but not allocated");
	else if (left < 0)
		bad_page(page, "freed with no reference left");
	else if (order && !(page->flags & PG_COMP))
		free_all_but_first(page, order);
}

void __free_pages(struct page *page, unsigned int order)
{
	int left = 0;

	if (unlikely(order > MAX_PAGE_ORDER || !page_is_block(page, PAGE_USED, order))) {
		free_odd(page, order, 0);
		return;
	}
	left = __atomic_sub_fetch(&page->refcount, 1, __ATOMIC_SEQ_CST);
	if (unlikely(left)) {
		free_odd(page, order, left);
		return;
	}
	free_clean(page, order);
}
EXPORT_SYMBOL(__free_pages);

void free_pages_bulk_array(unsigned long nr, struct page **pages)
{
	while (nr--)
		__free_pages(*pages++, 0);
}
EXPORT_SYMBOL(free_pages_bulk_array);

void put_page(struct page *page)
{
	int left;

	page = compound_head(page);
	if (page->state != PAGE_USED) {
		bad_page(page, "put but not allocated");
		return;
	}
	left = __atomic_sub_fetch(&page->refcount, 1, __ATOMIC_SEQ_CST);
	if (left < 0)
		bad_page(page, "put with no reference left");
	else if (!left)
		free_block(page, page->order);
}
EXPORT_SYMBOL(put_page);

void free_frozen_pages(struct page *page, unsigned int order)
{
	if (order > MAX_PAGE_ORDER || !page_is_block(page, PAGE_USED, order))
		free_odd(page, order, 0);
	else if (!(page->flags & PG_FROZEN) || page_ref_count(page))
		bad_page(page, "freed as frozen and is not");
	else
		free_clean(page, order);
}
EXPORT_SYMBOL(free_frozen_pages);
