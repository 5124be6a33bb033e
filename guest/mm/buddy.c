// SPDX-License-Identifier: MIT
/*
 * buddy.c - one zone's free blocks of 2^order pages: found, split, merged.
 *
 * Shape:   zone->free_area[o].free_list[t] lists free blocks of 2^o pages whose pageblock is of type t, by the entry of their
 *          first page; nothing else in a block says anything (zero is valid). zone->avail[t] has a bit for each order whose
 *          list has something, so the smallest sufficient block is found by one scan of a word. zone->fresh are ranges of
 *          whole largest blocks that were never touched; one is taken from the front when nothing on the lists will do.
 * Packing: a block in the far part of the zone, its last zone->far[type] pages, is taken only if no near one is found, however much
 *          larger; lists have near ones first. So what is in use there goes by and by, and whole pageblocks become free,
 *          though nothing is moved. The far part grows a little with each block that is taken near, and shrinks by much with
 *          each that is not: it becomes as large as it can be.
 * Always:  a free block's buddy of the same order is not free, below the largest order (but for pageblocks, of which those
 *          set aside merge with their like only);
 *          zone->nr_free and zone->nr_type[] are what the lists and ranges hold (shared/zone.h);
 *          a PAGE_FREE entry is zero but for its first word and its list links, an entry inside a block is all zero.
 *          PG_ZEROED on a block says that nobody ever wrote to it: RAM arrives zeroed, so clearing it can be left out.
 * Locking: zone->lock, for everything here. Interrupts are off under it.
 * Not here: whose request it is, and what the other types and zones have: mobility.c, page_alloc.c.
 * Source:  K. C. Knowlton, A Fast Storage Allocator, 1965.
 */
#include <linux/memblock.h>

#include "pages.h"

/* Parts of the span: what a block that had to be taken in the far part takes from it, and what another adds. */
#define FAR_SHRINK_SHIFT 6
#define FAR_GROW_SHIFT 16
/* Heads of a list that are looked at for a near block. */
#define NEAR_TRIES 8

static __always_inline bool is_far(const struct zone *zone, unsigned long pfn, unsigned int type)
{
	return pfn + zone->far[type] >= zone->start_pfn + zone->spanned_pages;
}

void zone_list_block(struct zone *zone, struct page *page, unsigned int order, unsigned int type, uint32_t flags)
{
	struct free_area *area = &zone->free_area[order];

	page_set_word(page, PAGE_WORD(PAGE_FREE, order, 0, flags) | PAGE_WORD_TYPE(type));
	list_add(&page->lru, &area->free_list[type]);
	area->nr_free++;
	zone->nr_type[type] += 1UL << order;
	zone->avail[type] |= (uint16_t)(1u << order);
}

void zone_unlist_block(struct zone *zone, struct page *page, unsigned int order)
{
	struct free_area *area = &zone->free_area[order];
	unsigned int type = page->migratetype;

	MM_CHECK(page_is_block(page, PAGE_FREE, order) && type < MIGRATE_TYPES);
	__list_del_entry(&page->lru);
	area->nr_free--;
	zone->nr_type[type] -= 1UL << order;
	if (list_empty(&area->free_list[type]))
		zone->avail[type] &= (uint16_t) ~(1u << order);
}

/* ---- untouched ranges ---- */

noinline struct page *take_fresh(struct zone *zone)
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

/* A range that is not needed any more, or a new one. NULL: none. */
static struct pfn_range *spare_range(struct zone *zone)
{
	for (uint64_t i = 0; i < zone->nr_fresh; i++)
		if (zone->fresh[i].start == zone->fresh[i].end)
			return &zone->fresh[i];
	return zone->nr_fresh < MMV_NR_FRESH ? &zone->fresh[zone->nr_fresh++] : NULL;
}

bool zone_file_fresh(struct zone *zone, unsigned long start, unsigned long end)
{
	start &= ~(MAX_ORDER_NR_PAGES - 1);
	end = (end + MAX_ORDER_NR_PAGES - 1) & ~(MAX_ORDER_NR_PAGES - 1);
	for (uint64_t i = 0; i < zone->nr_fresh; i++) {
		struct pfn_range *range = &zone->fresh[i];
		unsigned long from = max_t(unsigned long, range->start, start);
		unsigned long to = min_t(unsigned long, range->end, end);

		if (from >= to)
			continue;
		if (to < range->end && from > range->start) {
			struct pfn_range *rest = spare_range(zone);

			if (!rest)
				return false;
			*rest = (struct pfn_range){to, range->end};
			range->end = from;
		} else if (from > range->start) {
			range->end = from;
		} else {
			range->start = to;
		}
		for (; from < to; from += MAX_ORDER_NR_PAGES)
			zone_list_block(zone, pfn_to_page(from), MAX_PAGE_ORDER, MIGRATE_MOVABLE, PG_ZEROED);
	}
	return true;
}

/* ---- taking ---- */

/*
 * The list of the smallest sufficient blocks begins with a far one: the smallest near block instead, if there is one among the first
 * of the lists; far ones that are met go to the end. Else the smallest, and the far part was too large.
 */
static noinline struct page *pick_near(struct zone *zone, unsigned int *order, unsigned int type)
{
	struct page *page = NULL;
	unsigned int smallest = *order;

	for (unsigned int o = smallest; o <= MAX_PAGE_ORDER; o++) {
		struct list_head *list = &zone->free_area[o].free_list[type];

		if (!(zone->avail[type] & 1u << o))
			continue;
		for (unsigned int i = 0; i < NEAR_TRIES; i++) {
			page = list_first_entry(list, struct page, lru);
			if (!is_far(zone, page_to_pfn(page), type)) {
				*order = o;
				return page;
			}
			list_move_tail(&page->lru, list);
		}
	}
	zone->far[type] -= min(zone->far[type], zone->spanned_pages >> FAR_SHRINK_SHIFT);
	return list_first_entry(&zone->free_area[smallest].free_list[type], struct page, lru);
}

/* The smallest sufficient block of a type, off its list: a near one if there is one. */
static __always_inline struct page *pick_typed(struct zone *zone, unsigned int *order, unsigned int type)
{
	unsigned int avail = (unsigned int)zone->avail[type] >> *order;
	struct page *page;

	if (!avail)
		return NULL;
	*order += (unsigned int)__builtin_ctz(avail);
	page = list_first_entry(&zone->free_area[*order].free_list[type], struct page, lru);
	if (unlikely(is_far(zone, page_to_pfn(page), type)))
		page = pick_near(zone, order, type);
	else
		zone->far[type] += (zone->spanned_pages >> FAR_GROW_SHIFT) + 1;
	zone_unlist_block(zone, page, *order);
	return page;
}

struct page *zone_pick(struct zone *zone, unsigned int *order, unsigned int *type, unsigned int rights)
{
	struct page *page;

	if (unlikely(rights & RIGHT_HIGHATOMIC)) {
		page = pick_typed(zone, order, MIGRATE_HIGHATOMIC);
		if (page) {
			*type = MIGRATE_HIGHATOMIC;
			return page;
		}
	}
	page = pick_typed(zone, order, *type);
	if (likely(page))
		return page;
	page = zone_pick_other(zone, order, type, rights);
	if (!page && (rights & (RIGHT_NON_BLOCK | RIGHT_OOM))) {
		page = pick_typed(zone, order, MIGRATE_HIGHATOMIC);
		*type = MIGRATE_HIGHATOMIC;
	}
	return page;
}

bool zone_passes(const struct zone *zone, unsigned int order, uint64_t floor, unsigned int rights)
{
	uint64_t unusable = (1UL << order) - 1;

	if (rights & RIGHT_NO_MARKS)
		return true;
	if (!(rights & RIGHT_RESERVES))
		unusable += zone->nr_type[MIGRATE_HIGHATOMIC];
	return zone->nr_free > floor + unusable;
}

bool zone_has_block(const struct zone *zone, unsigned int order)
{
	for (unsigned int type = 0; type < MIGRATE_PCPTYPES; type++)
		if (READ_ONCE(zone->avail[type]) >> order)
			return true;
	for (uint64_t i = 0; i < READ_ONCE(zone->nr_fresh); i++)
		if (zone->fresh[i].start < zone->fresh[i].end)
			return true;
	return !order;
}

/* ---- giving back ---- */

bool zone_has_page(const struct zone *zone, unsigned long pfn)
{
	return pfn - zone->start_pfn < zone->spanned_pages && memblock_is_memory((phys_addr_t)pfn << PAGE_SHIFT);
}

/*
 * Two whole pageblocks become one block: of the type of the one that is freed. False if either is set aside and the other
 * is not: they stay apart.
 */
static noinline bool match_types(unsigned long mate, unsigned int type)
{
	unsigned int other = pageblock_type(mate);

	if (other == type)
		return true;
	if (other >= MIGRATE_PCPTYPES || type >= MIGRATE_PCPTYPES)
		return false;
	set_pageblock_type(mate, type);
	return true;
}

/* Will the block probably be merged soon, because only its buddy keeps it from that? Then it is handed out last. */
static bool near_merge(const struct zone *zone, unsigned long pfn, unsigned int order)
{
	unsigned long mate = (pfn & ~(1UL << order)) ^ (2UL << order);

	return order + 1 < MAX_PAGE_ORDER && zone_has_solid(zone, mate) &&
	       page_is_block(pfn_to_page(mate), PAGE_FREE, order + 1);
}

void zone_merge_block(struct zone *zone, struct page *page, unsigned int order, uint32_t flags)
{
	unsigned long pfn = page_to_pfn(page);
	bool inside = zone_has_solid(zone, pfn);
	unsigned int type = pageblock_type(pfn);

	if (likely(type != MIGRATE_ISOLATE))
		zone->nr_free += 1ULL << order;
	page_set_word(page, 0);
	page->lru = (struct list_head){NULL, NULL};
	while (order < MAX_PAGE_ORDER) {
		unsigned long mate = pfn ^ (1UL << order);
		struct page *buddy = page + mate - pfn;

		if (!inside && !zone_has_page(zone, mate))
			break;
		if (!page_is_block(buddy, PAGE_FREE, order))
			break;
		if (unlikely(order >= PAGEBLOCK_ORDER) && !match_types(mate, type))
			break;
		zone_unlist_block(zone, buddy, order);
		flags &= buddy->flags;
		page_set_word(buddy, 0);
		buddy->lru = (struct list_head){NULL, NULL};
		page += (mate & pfn) - pfn;
		pfn &= mate;
		order++;
	}
	zone_list_block(zone, page, order, type, flags);
	if (is_far(zone, pfn, type) || near_merge(zone, pfn, order))
		list_move_tail(&page->lru, &zone->free_area[order].free_list[type]);
}
