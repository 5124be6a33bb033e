// SPDX-License-Identifier: MIT
/*
 * mobility.c - pageblocks by migratetype: what happens when the lists of the wanted type have nothing, and blocks set aside.
 *
 * Why:     one page that cannot move spoils 2 MiB for everybody who wants a large block. So requests of a kind are kept to
 *          pageblocks of their own, and a pageblock changes its type as rarely, and as wholly, as possible.
 * Order:   a request of type t that finds no block on t's lists
 *            1. claims: the largest free block of another type, by the order in fallbacks[]. A block of a pageblock's size
 *               makes its pageblock one of type t; only as many as the request needs, the rest stays what it was. Of a
 *               smaller block the whole pageblock becomes t's if at least half of it is free or of t's kind already. Small
 *               blocks are not claimed for MOVABLE requests: those can be moved out of the way again.
 *            2. steals: the smallest sufficient block of another type; the pageblock stays what it is.
 *          Under RIGHT_NO_FRAGMENT only whole pageblocks are claimed and nothing is stolen. Untouched memory counts as free
 *          largest blocks of type MOVABLE.
 * HIGHATOMIC: pageblocks kept for requests of more than a page that cannot wait, at most 1 % of a zone (rounded up to
 *          pageblocks; none if that is less than one). Made when such a request succeeded in need, given back when others are
 *          in need.
 * Kinds:   a used block's entry tells what was asked for, so how much of a pageblock is of which kind is counted, not guessed.
 * Always:  zone->nr_highatomic, zone->nr_isolated are the pageblocks of those types; nothing else on the lists changes but by
 *          zone_list_block() and zone_unlist_block().
 * Locking: the zone's lock.
 */
#include "pages.h"
#include "reclaim.h"

/* Smallest block that is worth a look at its pageblock for the sake of a MOVABLE request. */
#define CLAIM_ORDER (PAGEBLOCK_ORDER / 2)

static const uint8_t fallbacks[MIGRATE_PCPTYPES][2] = {
	[MIGRATE_UNMOVABLE] = {MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE},
	[MIGRATE_MOVABLE] = {MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE},
	[MIGRATE_RECLAIMABLE] = {MIGRATE_UNMOVABLE, MIGRATE_MOVABLE},
};

/* ---- one pageblock ---- */

/**
 * struct pageblock_use - what a pageblock's pages are
 * @movable: allocated as such
 */
struct pageblock_use {
	unsigned int free, movable;
};

/* Visit the blocks of a pageblock that is not part of a larger block. @fn gets each head's number; none may merge. */
static void count_pageblock(const struct zone *zone, unsigned long pfn, struct pageblock_use *use)
{
	unsigned long end = pfn + PAGEBLOCK_PAGES;

	*use = (struct pageblock_use){0, 0};
	while (pfn < end) {
		const struct page *page = pfn_to_page(pfn);

		if (!zone_has_solid(zone, pfn) && !zone_has_page(zone, pfn)) {
			pfn++;
			continue;
		}
		if (page->state == PAGE_FREE)
			use->free += 1u << page->order;
		else if (page->state != PAGE_QUIET && page->migratetype == MIGRATE_MOVABLE)
			use->movable += 1u << page->order;
		pfn += 1UL << page->order;
	}
}

/* The first free block from *@pfn on, which goes on to behind it; NULL before @end. What is not of the zone is passed over. */
static struct page *next_free_block(const struct zone *zone, unsigned long *pfn, unsigned long end)
{
	while (*pfn < end) {
		struct page *page = pfn_to_page(*pfn);

		if (!zone_has_solid(zone, *pfn) && !zone_has_page(zone, *pfn)) {
			(*pfn)++;
			continue;
		}
		*pfn += 1UL << page->order;
		if (page->state == PAGE_FREE)
			return page;
	}
	return NULL;
}

/* All free blocks of the pageblock to the lists of @type. None is larger than the pageblock. Return: pages. */
static unsigned long move_free_blocks(struct zone *zone, unsigned long pfn, unsigned int type)
{
	unsigned long end = pfn + PAGEBLOCK_PAGES, moved = 0;
	struct page *page;

	while ((page = next_free_block(zone, &pfn, end))) {
		unsigned int order = page->order;

		zone_unlist_block(zone, page, order);
		zone_list_block(zone, page, order, type, page->flags);
		moved += 1UL << order;
	}
	return moved;
}

/*
 * The pageblock changed from a type that is set aside to one that is not: its free blocks to the lists of that, merged with
 * what is next to it. Only a block of the whole pageblock can grow by that. zone->nr_free grows by what is moved.
 */
static void refile_free_blocks(struct zone *zone, unsigned long pfn)
{
	unsigned long end = pfn + PAGEBLOCK_PAGES;
	struct page *page;

	while ((page = next_free_block(zone, &pfn, end))) {
		unsigned int order = page->order;
		uint32_t flags = page->flags;

		zone_unlist_block(zone, page, order);
		zone_merge_block(zone, page, order, flags);
	}
}

/* If a free block of more than the pageblock covers it: two blocks of a pageblock each. */
static void cut_to_pageblock(struct zone *zone, unsigned long pfn)
{
	struct page *head = page_block(pfn_to_page(pfn));
	unsigned int order = head->order, type = head->migratetype;

	if (head->state != PAGE_FREE || order <= PAGEBLOCK_ORDER)
		return;
	zone_unlist_block(zone, head, order);
	zone_split(zone, head, order, PAGEBLOCK_ORDER, type, head->flags);
	zone_list_block(zone, head, PAGEBLOCK_ORDER, type, head->flags);
}

/* ---- other types ---- */

/* A block of at least a pageblock, off its list: as many pageblocks as @order needs change to @type. */
static struct page *claim_whole(struct zone *zone, struct page *page, unsigned int *have, unsigned int order,
				unsigned int old, unsigned int type, uint32_t flags)
{
	unsigned int keep = max_t(unsigned int, order, PAGEBLOCK_ORDER);

	zone_split(zone, page, *have, keep, old, flags);
	*have = keep;
	for (unsigned long i = 0; i < 1UL << keep; i += PAGEBLOCK_PAGES) {
		set_pageblock_type(page_to_pfn(page) + i, type);
		zone->nr_claims++;
	}
	/* The entry still says what flags the block has. */
	page_set_word(page, PAGE_WORD(PAGE_FREE, keep, 0, flags) | PAGE_WORD_TYPE(type));
	return page;
}

/* The pageblock of a smaller free block, on its list still: all of it for @type, if it is of that kind enough. */
static bool claim_part(struct zone *zone, struct page *page, unsigned int old, unsigned int type)
{
	unsigned long pfn = page_to_pfn(page) & ~(PAGEBLOCK_PAGES - 1);
	struct pageblock_use use;
	unsigned int alike = 0;

	count_pageblock(zone, pfn, &use);
	if (type == MIGRATE_MOVABLE)
		alike = use.movable;
	else if (old == MIGRATE_MOVABLE)
		alike = PAGEBLOCK_PAGES - use.free - use.movable;
	if (use.free + alike < PAGEBLOCK_PAGES / 2)
		return false;
	move_free_blocks(zone, pfn, type);
	set_pageblock_type(pfn, type);
	zone->nr_claims++;
	zone->nr_part_claims++;
	return true;
}

static struct page *first_block(const struct zone *zone, unsigned int order, unsigned int type)
{
	if (!(zone->avail[type] >> order & 1))
		return NULL;
	return list_first_entry(&zone->free_area[order].free_list[type], struct page, lru);
}

/* A block of exactly order @at that belongs to @old, for @type. */
static struct page *claim_at(struct zone *zone, unsigned int at, unsigned int old, unsigned int *order,
			     unsigned int type)
{
	struct page *page = first_block(zone, at, old);
	uint32_t flags = PG_ZEROED;

	if (page) {
		if (at < PAGEBLOCK_ORDER) {
			if (!claim_part(zone, page, old, type))
				return NULL;
			zone_unlist_block(zone, page, at);
			*order = at;
			return page;
		}
		flags = page->flags;
		zone_unlist_block(zone, page, at);
	} else if (at == MAX_PAGE_ORDER && old == MIGRATE_MOVABLE) {
		page = take_fresh(zone);
	}
	if (page) {
		unsigned int have = at;

		page = claim_whole(zone, page, &have, *order, old, type, flags);
		*order = have;
	}
	return page;
}

static struct page *claim(struct zone *zone, unsigned int *order, unsigned int type, unsigned int smallest)
{
	for (unsigned int at = MAX_PAGE_ORDER + 1; at-- > smallest;) {
		if (at < CLAIM_ORDER && type == MIGRATE_MOVABLE)
			break;
		for (unsigned int i = 0; i < ARRAY_SIZE(fallbacks[type]); i++) {
			struct page *page = claim_at(zone, at, fallbacks[type][i], order, type);

			if (page)
				return page;
		}
	}
	return NULL;
}

static struct page *steal(struct zone *zone, unsigned int *order, unsigned int *type)
{
	for (unsigned int at = *order; at <= MAX_PAGE_ORDER; at++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(fallbacks[*type]); i++) {
			struct page *page = first_block(zone, at, fallbacks[*type][i]);

			if (!page)
				continue;
			zone_unlist_block(zone, page, at);
			zone->nr_steals++;
			boost_watermark(zone);
			*order = at;
			*type = fallbacks[*type][i];
			return page;
		}
	}
	return NULL;
}

noinline struct page *zone_pick_other(struct zone *zone, unsigned int *order, unsigned int *type, unsigned int rights)
{
	unsigned int smallest = *order;
	struct page *page = NULL;

	if (*type == MIGRATE_MOVABLE)
		page = take_fresh(zone);
	if (page) {
		*order = MAX_PAGE_ORDER;
		page_set_word(page,
			      PAGE_WORD(PAGE_FREE, MAX_PAGE_ORDER, 0, PG_ZEROED) | PAGE_WORD_TYPE(MIGRATE_MOVABLE));
		return page;
	}
	if (rights & RIGHT_NO_FRAGMENT)
		smallest = max_t(unsigned int, smallest, PAGEBLOCK_ORDER);
	page = claim(zone, order, *type, smallest);
	if (page || rights & RIGHT_NO_FRAGMENT)
		return page;
	return steal(zone, order, type);
}

/* ---- HIGHATOMIC ---- */

static uint64_t highatomic_limit(const struct zone *zone)
{
	uint64_t share = zone->managed_pages / 100;

	return share < PAGEBLOCK_PAGES ? 0 : (share + PAGEBLOCK_PAGES - 1) & ~(PAGEBLOCK_PAGES - 1);
}

void reserve_highatomic(struct zone *zone, struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page) & ~(PAGEBLOCK_PAGES - 1), irq;
	unsigned long end = max_t(unsigned long, pfn + PAGEBLOCK_PAGES, page_to_pfn(page) + (1UL << order));

	if (READ_ONCE(zone->nr_highatomic) >= highatomic_limit(zone))
		return;
	irq = mm_lock_write(&zone->lock);
	for (; pfn < end && zone->nr_highatomic < highatomic_limit(zone); pfn += PAGEBLOCK_PAGES) {
		if (pageblock_type(pfn) >= MIGRATE_PCPTYPES)
			continue;
		/* The block just allocated covers it wholly, or nothing larger than the pageblock lies in it. */
		if (order < PAGEBLOCK_ORDER)
			move_free_blocks(zone, pfn, MIGRATE_HIGHATOMIC);
		set_pageblock_type(pfn, MIGRATE_HIGHATOMIC);
		zone->nr_highatomic += PAGEBLOCK_PAGES;
	}
	mm_unlock_write(&zone->lock, irq);
}

bool unreserve_highatomic(struct zone *zone, unsigned int type, bool force)
{
	unsigned long irq;
	bool done = false;

	if (READ_ONCE(zone->nr_highatomic) <= (force ? 0 : PAGEBLOCK_PAGES))
		return false;
	irq = mm_lock_write(&zone->lock);
	for (unsigned int o = 0; o <= MAX_PAGE_ORDER && !done; o++) {
		struct page *page = first_block(zone, o, MIGRATE_HIGHATOMIC);
		unsigned long pfn;

		if (!page)
			continue;
		pfn = page_to_pfn(page) & ~(PAGEBLOCK_PAGES - 1);
		cut_to_pageblock(zone, pfn);
		zone->nr_free -= move_free_blocks(zone, pfn, type);
		set_pageblock_type(pfn, type);
		refile_free_blocks(zone, pfn);
		zone->nr_highatomic -= PAGEBLOCK_PAGES;
		done = true;
	}
	mm_unlock_write(&zone->lock, irq);
	return done;
}

/* ---- isolation ---- */

int isolate_pageblock(struct zone *zone, unsigned long pfn)
{
	if (pageblock_type(pfn) >= MIGRATE_PCPTYPES)
		return -EBUSY;
	if (!zone_file_fresh(zone, pfn, pfn + PAGEBLOCK_PAGES))
		return -ENOMEM;
	cut_to_pageblock(zone, pfn);
	zone->nr_free -= move_free_blocks(zone, pfn, MIGRATE_ISOLATE);
	zone->nr_isolated++;
	mm_root.pageblocks[pfn >> PAGEBLOCK_ORDER] |= PAGEBLOCK_ISOLATED;
	return 0;
}

void unisolate_pageblock(struct zone *zone, unsigned long pfn)
{
	cut_to_pageblock(zone, pfn);
	zone->nr_isolated--;
	mm_root.pageblocks[pfn >> PAGEBLOCK_ORDER] &= (uint8_t)~PAGEBLOCK_ISOLATED;
	refile_free_blocks(zone, pfn);
}
