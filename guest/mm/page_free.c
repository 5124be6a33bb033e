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
#include <linux/rmap.h>

#include <asm/pcp_cpu.h>

#include "pages.h"
#include "reclaim.h"

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
 * Onto a list of this CPU; the entry is that of a used block. Interrupts are off since before the type of the pageblock was
 * read (see pcp.c). Return: there are too many now, pcp_shrink() is called for.
 */
static bool push(struct page *page, uint64_t word, unsigned int order, unsigned long list)
{
	unsigned int zone = (unsigned int)(word >> (32 + PG_ZONE_SHIFT)) & (PG_ZONE >> PG_ZONE_SHIFT);
	struct per_cpu_pages *pcp = pcp_of(raw_smp_processor_id(), zone);

	pcp_begin(pcp);
	page->lru.next = (struct list_head *)pcp->lists[list];
	page_set_word(page, word);
	pcp->lists[list] = page;
	pcp->count += 1u << order;
	pcp_end(pcp, 0, 1);
	return pcp->count > pcp->high;
}

/* There are too many: blocks like this one go first, if its entry still says what it was. */
static noinline void shrink_lists_of(const struct page *page, unsigned int order)
{
	unsigned int type = READ_ONCE(page->migratetype);

	pcp_shrink(page_zone(page), PCP_LIST(order, type < MIGRATE_PCPTYPES ? type : MIGRATE_UNMOVABLE));
}

/* What of a used block's word stays when it joins a CPU's list: order, type, zone. */
#define KEPT_WORD (0xff00ff00ULL | (uint64_t)PG_ZONE << 32)

/* The block's pageblock is of another type than the block was allocated as, or it is of an order that has lists of its own. */
static noinline void free_by_block(struct page *page, unsigned int order)
{
	uint64_t word = (page_word(page) & KEPT_WORD & ~PAGE_WORD_TYPE(0xff)) | PAGE_PCP;
	unsigned long irq = arch_local_irq_save();
	unsigned int type = pageblock_type(page_to_pfn(page)), list = 0;
	bool many = false;

	/* Blocks that are set aside have no lists here; but those of HIGHATOMIC ones are as good as movable until they return. */
	if (type == MIGRATE_HIGHATOMIC)
		type = MIGRATE_MOVABLE;
	if (type < MIGRATE_PCPTYPES) {
		list = (unsigned int)pcp_list(order, type);
		many = push(page, word | PAGE_WORD_TYPE(type), order, list);
	}
	arch_local_irq_restore(irq);
	if (type >= MIGRATE_PCPTYPES)
		free_to_zone(page, order);
	else if (many)
		pcp_shrink(page_zone(page), list);
}

/* Orders 0..3. Calls stand at the end only: nothing needs to be kept across them. In __restartable code. */
static __always_inline void free_small(struct page *page, unsigned int order)
{
	const struct per_cpu_pages *pcp;

	arch_pcp_push(page, order, KEPT_WORD, pcp, other);
	/* Whose it was: by now this may be another CPU. */
	if (unlikely(READ_ONCE(pcp->count) > pcp->high))
		shrink_lists_of(page, order);
	return;
other:
	free_by_block(page, order);
}

/* Nobody holds the block any more: is its entry fit to be a free one's? Then it is one's, but for the first word and links. */
static __always_inline bool clean_entry(struct page *page)
{
	/* Reference and map count at once: the former is 0 by now. */
	if (unlikely(page->mapping | page->memcg_data | *(const uint64_t *)&page->refcount)) {
		bad_page(page, "freed while mapping, mapcount or memcg_data is set");
		return false;
	}
	page->index = 0;
	page->private = 0;
	return true;
}

/* Large blocks; with init_on_free=1 all. */
static __restartable void free_large(struct page *page, unsigned int order)
{
	if (unlikely(!clean_entry(page)))
		return;
	page_clear_free(page, order);
	if (!page_debug_free(page, order))
		return;
	if (order < PCP_ORDERS) {
		free_small(page, order);
		return;
	}
	/* Worth keeping only where more than one fits. */
	if (order == PAGEBLOCK_ORDER && pcp_of(0, page_zonenum(page))->high >= 2 * PAGEBLOCK_PAGES)
		free_by_block(page, order);
	else
		free_to_zone(page, order);
}

static __always_inline void free_clean(struct page *page, unsigned int order)
{
	if (unlikely(order >= init_mem.free_orders))
		free_large(page, order);
	else if (likely(clean_entry(page) && page_debug_free(page, order)))
		free_small(page, order);
}

__restartable void free_block(struct page *page, unsigned int order)
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
		page_clear_free(page + (1UL << order), order);
		if (page_debug_free(page + (1UL << order), order))
			zone_merge_block(zone, page + (1UL << order), order, 0);
	}
	mm_unlock_write(&zone->lock, irq);
}

/* The entry is not that of an allocated block of the order. */
static noinline void free_wrong(const struct page *page)
{
	bad_page(page, page->state == PAGE_USED ? "freed with another order than it was allocated with"
						: "freed but not allocated");
}

/* The reference was not the last. */
static noinline void free_shared(struct page *page, unsigned int order)
{
	if (page_ref_count(page) < 0)
		bad_page(page, "freed with no reference left");
	else if (order && !(page->flags & PG_COMP))
		free_all_but_first(page, order);
}

__restartable void __free_pages(struct page *page, unsigned int order)
{
	/* As numbers of more than 16 bits: an order that does not fit its byte fits no entry. */
	if (unlikely(*(const volatile uint16_t *)page != (order << 8 | PAGE_USED)))
		free_wrong(page);
	else if (likely(page_ref_dec_and_test(page)))
		free_clean(page, order);
	else
		free_shared(page, order);
}
EXPORT_SYMBOL(__free_pages);

void free_pages_bulk_array(unsigned long nr, struct page **pages)
{
	while (nr--)
		__free_pages(*pages++, 0);
}
EXPORT_SYMBOL(free_pages_bulk_array);

/* Pages of files and processes may be on a list that holds no reference. */
static void free_last(struct page *page)
{
	if (page->owner == OWNER_CACHE || page->owner == OWNER_ANON)
		lru_page_release(page);
	if (page->owner == OWNER_ANON)
		anon_page_release(page);
	free_block(page, page->order);
}

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
		free_last(page);
}
EXPORT_SYMBOL(put_page);

__restartable void free_frozen_pages(struct page *page, unsigned int order)
{
	if (order > MAX_PAGE_ORDER || !page_is_block(page, PAGE_USED, order))
		free_wrong(page);
	else if (!(page->flags & PG_FROZEN) || page_ref_count(page))
		bad_page(page, "freed as frozen and is not");
	else
		free_clean(page, order);
}
EXPORT_SYMBOL(free_frozen_pages);
