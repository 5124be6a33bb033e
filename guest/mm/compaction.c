// SPDX-License-Identifier: MIT
/*
 * compaction.c - large blocks out of scattered free pages: what can move is moved to the other end of the zone.
 *
 * Why:     after a while free memory is many small blocks with movable pages between them. A request for a large block fails although
 *          enough is free.
 * Way:     two scanners run towards each other, a pageblock at a time. The one from below takes movable pages off their LRU lists,
 *          the one from above takes free pages out of MOVABLE pageblocks; the ones are moved to the others (migrate.c). It ends
 *          when a block of the wanted order is free, or when the scanners meet.
 * Modes:   ASYNC takes only what can be had without waiting, and only out of pageblocks of the type that is asked for; SYNC_LIGHT waits
 *          for locks; SYNC_FULL for writeback too, and begins at the zone's ends instead of where the last one stopped.
 * Pages:   single ones of the page cache and of processes. Without __GFP_FS only those of processes: a file's page may be locked by
 *          somebody who waits for the caller. Unevictable ones stay.
 * Failure: a zone that was gone through in vain is left alone for a while: 1 << compact_defer_shift requests of that order or above.
 * Always:  compact_cached_*_pfn are 0 (never run) or lie in the zone; compact_defer_shift <= COMPACT_MAX_DEFER_SHIFT.
 * Locking: the zone's lock while free pages are taken, the LRU's lock inside isolate_lru_page(). Scanning reads entries
 *          without a lock and asks again with a reference in hand.
 * Not here: when to compact (page_alloc.c), the thread that does it ahead of time (kcompactd.c).
 */
#include <linux/compaction.h>
#include <linux/export.h>
#include <linux/list.h>
#include <linux/migrate.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/swap.h>
#include <linux/vmstat.h>

#include "compaction.h"
#include "pages.h"

/* Pages that are moved together. */
#define CLUSTER 32
/* A fragmentation index up to this says: it is not that memory is scattered, there is too little. Of 1000. */
#define EXTFRAG_THRESHOLD 500

/* ---- whether ---- */

/*
 * Why would a block of @order not be had: 0: too little is free, towards 1000: it is scattered; -1000: it can be had.
 */
static int fragmentation_index(const struct zone *zone, unsigned int order)
{
	unsigned long blocks = 0, pages = 0;

	for (unsigned int o = 0; o <= MAX_PAGE_ORDER; o++) {
		unsigned long nr = READ_ONCE(zone->free_area[o].nr_free);

		if (nr && o >= order)
			return -1000;
		blocks += nr;
		pages += nr << o;
	}
	if (!blocks)
		return 0;
	return 1000 - (int)((1000 + pages * 1000 / (1UL << order)) / blocks);
}

/* Does a list, or untouched memory, have a block that large? */
static bool has_block(const struct zone *zone, unsigned int order)
{
	for (unsigned int type = 0; type < MIGRATE_PCPTYPES; type++)
		if (READ_ONCE(zone->avail[type]) >> order)
			return true;
	for (uint64_t i = 0; i < zone->nr_fresh; i++)
		if (READ_ONCE(zone->fresh[i].start) < READ_ONCE(zone->fresh[i].end))
			return true;
	return false;
}

static bool block_can_be_had(const struct zone *zone, unsigned int order, enum zone_type highest)
{
	return has_block(zone, order) &&
	       zone_passes(zone, order, zone->watermark[WMARK_MIN] + zone->lowmem_reserve[highest], 0);
}

enum compact_result compaction_suitable(const struct zone *zone, unsigned int order, enum zone_type highest)
{
	unsigned int mark = order > PAGE_ALLOC_COSTLY_ORDER ? WMARK_LOW : WMARK_MIN;
	uint64_t floor = zone->watermark[mark] + zone->lowmem_reserve[highest] + compact_gap(order);
	int index;

	if (block_can_be_had(zone, order, highest))
		return COMPACT_SUCCESS;
	if (!zone_passes(zone, 0, floor, 0))
		return COMPACT_SKIPPED;
	if (order <= PAGE_ALLOC_COSTLY_ORDER)
		return COMPACT_CONTINUE;
	index = fragmentation_index(zone, order);
	return index >= 0 && index <= EXTFRAG_THRESHOLD ? COMPACT_SKIPPED : COMPACT_CONTINUE;
}

bool compaction_zonelist_suitable(gfp_t gfp, unsigned int order)
{
	enum zone_type highest = gfp_zone(gfp);
	unsigned long reclaimable = 0;

	for (enum node_stat_item item = NR_INACTIVE_ANON; item <= NR_ACTIVE_FILE; item++)
		reclaimable += global_node_page_state(item);
	for (struct zone **z = zonelists[highest]; *z; z++) {
		uint64_t floor = (*z)->watermark[WMARK_MIN] + (*z)->lowmem_reserve[highest] + compact_gap(order);

		/* All of it cannot lie in one zone, but it is known of the node only. */
		if ((*z)->nr_free + reclaimable / order > floor)
			return true;
	}
	return false;
}

/* ---- putting it off ---- */

static bool deferred(struct zone *zone, unsigned int order)
{
	uint32_t limit = 1u << READ_ONCE(zone->compact_defer_shift);

	if (!READ_ONCE(zone->compact_defer_shift) || (int)order < READ_ONCE(zone->compact_order_failed))
		return false;
	return __atomic_add_fetch(&zone->compact_considered, 1, __ATOMIC_RELAXED) < limit;
}

static void defer(struct zone *zone, unsigned int order)
{
	uint32_t shift = READ_ONCE(zone->compact_defer_shift);

	WRITE_ONCE(zone->compact_considered, 0);
	if (shift < COMPACT_MAX_DEFER_SHIFT)
		WRITE_ONCE(zone->compact_defer_shift, shift + 1);
	if (!shift || (int)order < READ_ONCE(zone->compact_order_failed))
		WRITE_ONCE(zone->compact_order_failed, (int)order);
}

void compaction_defer_reset(struct zone *zone, unsigned int order, bool alloc_success)
{
	if (alloc_success) {
		WRITE_ONCE(zone->compact_considered, 0);
		WRITE_ONCE(zone->compact_defer_shift, 0);
	}
	if ((int)order >= READ_ONCE(zone->compact_order_failed))
		WRITE_ONCE(zone->compact_order_failed, (int)order + 1);
}

bool compaction_deferred(struct zone *zone, unsigned int order)
{
	return deferred(zone, order);
}

void compaction_defer(struct zone *zone, unsigned int order)
{
	defer(zone, order);
}

/* ---- where ---- */

static unsigned long block_of(unsigned long pfn)
{
	return pfn & ~(PAGEBLOCK_PAGES - 1);
}

static bool is_untouched(const struct zone *zone, unsigned long pfn)
{
	for (uint64_t i = 0; i < zone->nr_fresh; i++)
		if (pfn >= READ_ONCE(zone->fresh[i].start) && pfn < READ_ONCE(zone->fresh[i].end))
			return true;
	return false;
}

static bool exists(const struct zone *zone, unsigned long pfn)
{
	return zone_has_solid(zone, pfn) || zone_has_page(zone, pfn);
}

/* Nothing in it can be moved, or need be. */
static bool all_free(const struct zone *zone, unsigned long block)
{
	const struct page *head;

	if (is_untouched(zone, block))
		return true;
	if (!zone_has_solid(zone, block))
		return false;
	head = page_block(pfn_to_page(block));
	return READ_ONCE(head->state) == PAGE_FREE && READ_ONCE(head->order) >= PAGEBLOCK_ORDER;
}

static void set_out(struct compact_control *cc)
{
	struct zone *zone = cc->zone;
	unsigned long first = zone->start_pfn, last = block_of(zone_end_pfn(zone) - 1);
	unsigned int which = cc->mode != MIGRATE_ASYNC;

	cc->migrate_pfn = READ_ONCE(zone->compact_cached_migrate_pfn[which]);
	cc->free_pfn = READ_ONCE(zone->compact_cached_free_pfn);
	if (cc->whole_zone || cc->free_pfn <= first || cc->free_pfn > last)
		cc->free_pfn = last;
	if (cc->whole_zone || cc->migrate_pfn < first || cc->migrate_pfn > last)
		cc->migrate_pfn = first;
	/* They met the last time. */
	if (block_of(cc->migrate_pfn) >= cc->free_pfn) {
		cc->migrate_pfn = first;
		cc->free_pfn = last;
	}
	cc->from_start = cc->migrate_pfn == first;
}

/* The next one goes on from here; once they met, from the ends. */
static void note_place(const struct compact_control *cc, bool met)
{
	struct zone *zone = cc->zone;
	unsigned long migrate = met ? zone->start_pfn : block_of(cc->migrate_pfn);
	unsigned long free = met ? block_of(zone_end_pfn(zone) - 1) : cc->free_pfn;

	migrate = max_t(unsigned long, migrate, zone->start_pfn);
	WRITE_ONCE(zone->compact_cached_free_pfn, free);
	WRITE_ONCE(zone->compact_cached_migrate_pfn[1], migrate);
	if (cc->mode == MIGRATE_ASYNC || met)
		WRITE_ONCE(zone->compact_cached_migrate_pfn[0], migrate);
}

/* ---- what is moved ---- */

static bool is_movable(const struct page *page, bool fs)
{
	if (page->owner == OWNER_CACHE && !fs)
		return false;
	return (page->owner == OWNER_CACHE || page->owner == OWNER_ANON) && PageLRU(page) && !PageUnevictable(page);
}

/* Take it if it is what it looks like. */
static bool take_movable(struct compact_control *cc, struct page *page)
{
	bool got;

	if (!get_page_unless_zero(page))
		return false;
	/* Somebody has it for longer than a moment: in vain. */
	got = page->state == PAGE_USED && !page->order && is_movable(page, cc->gfp & __GFP_FS) &&
	      (page_mapping(page) || page_ref_count(page) <= page_mapcount(page) + 1 + PageSwapCache(page)) &&
	      !isolate_lru_page(page);
	if (got) {
		list_add_tail(&page->lru, &cc->pages);
		cc->nr_pages++;
	}
	put_page(page);
	return got;
}

/* Entries are read as they are; a block that changes meanwhile costs a few steps in vain. Return: where to go on. */
static unsigned long isolate_in_block(struct compact_control *cc, unsigned long pfn, unsigned long end)
{
	while (pfn < end && cc->nr_pages < CLUSTER) {
		struct page *page = pfn_to_page(pfn);
		unsigned int state, order;

		if (!exists(cc->zone, pfn)) {
			pfn++;
			continue;
		}
		cc->migrate_scanned++;
		state = READ_ONCE(page->state);
		order = READ_ONCE(page->order);
		if (state != PAGE_QUIET && order) {
			pfn += 1UL << min_t(unsigned int, order, MAX_PAGE_ORDER);
			continue;
		}
		if (state == PAGE_USED && is_movable(page, cc->gfp & __GFP_FS))
			take_movable(cc, page);
		pfn++;
	}
	return pfn;
}

static bool is_source(const struct compact_control *cc, unsigned long block)
{
	unsigned int type = pageblock_type(block);

	if (type >= MIGRATE_PCPTYPES || all_free(cc->zone, block))
		return false;
	return cc->mode != MIGRATE_ASYNC || !cc->direct || type == cc->type;
}

/* False: the scanners met. */
static bool isolate_pages(struct compact_control *cc)
{
	while (!cc->nr_pages && cc->migrate_pfn < cc->free_pfn) {
		unsigned long block = block_of(cc->migrate_pfn);
		unsigned long end = min(block + PAGEBLOCK_PAGES, zone_end_pfn(cc->zone));

		if (is_source(cc, block))
			cc->migrate_pfn = isolate_in_block(cc, cc->migrate_pfn, end);
		else
			cc->migrate_pfn = end;
		if (fatal_signal_pending(current))
			return false;
		cond_resched();
	}
	return cc->nr_pages != 0;
}

/* ---- where to ---- */

/* Needs: the zone's lock. A free block becomes single pages in use. */
static void take_free(struct compact_control *cc, struct page *head)
{
	struct zone *zone = cc->zone;
	unsigned int order = head->order;
	uint64_t word = PAGE_WORD(PAGE_USED, 0, OWNER_RAW, head->flags) | PAGE_WORD_TYPE(MIGRATE_MOVABLE) |
			PAGE_WORD_ZONE(zone_idx(zone));

	zone_unlist_block(zone, head, order);
	zone->nr_free -= 1UL << order;
	zone->nr_allocs += 1UL << order;
	for (unsigned long i = 0; i < 1UL << order; i++) {
		head[i].refcount = 1;
		page_set_word(&head[i], word);
		list_add_tail(&head[i].lru, &cc->fresh);
	}
	cc->nr_fresh += 1UL << order;
}

/* Free blocks of a pageblock, until there is a page for each that is to be moved. */
static void take_from_block(struct compact_control *cc, unsigned long block)
{
	unsigned long pfn = max_t(unsigned long, block, cc->zone->start_pfn);
	unsigned long end = min(block + PAGEBLOCK_PAGES, zone_end_pfn(cc->zone)), irq;

	irq = mm_lock_write(&cc->zone->lock);
	if (pageblock_type(block) != MIGRATE_MOVABLE || all_free(cc->zone, block))
		end = pfn;
	while (pfn < end && cc->nr_taken < cc->nr_pages) {
		struct page *page = pfn_to_page(pfn);
		unsigned int order;

		if (!exists(cc->zone, pfn)) {
			pfn++;
			continue;
		}
		cc->free_scanned++;
		order = page->order;
		if (page->state == PAGE_FREE) {
			take_free(cc, page);
			cc->nr_taken += 1UL << order;
		}
		pfn += 1UL << order;
	}
	mm_unlock_write(&cc->zone->lock, irq);
}

static void isolate_free(struct compact_control *cc)
{
	struct page *page, *next;

	cc->nr_taken = cc->nr_free;
	while (cc->nr_taken < cc->nr_pages && cc->free_pfn > block_of(cc->migrate_pfn)) {
		take_from_block(cc, cc->free_pfn);
		if (cc->nr_taken >= cc->nr_pages)
			break;
		if (cc->free_pfn < PAGEBLOCK_PAGES)
			break;
		cc->free_pfn -= PAGEBLOCK_PAGES;
	}
	list_for_each_entry_safe (page, next, &cc->fresh, lru) {
		list_del(&page->lru);
		page_debug_alloc(page, 0, GFP_HIGHUSER_MOVABLE);
		list_add_tail(&page->lru, &cc->free);
	}
	cc->nr_free += cc->nr_fresh;
	cc->nr_fresh = 0;
}

static struct page *get_free(struct page *page, unsigned long private)
{
	struct compact_control *cc = (struct compact_control *)private;

	(void)page;
	if (list_empty(&cc->free))
		isolate_free(cc);
	if (list_empty(&cc->free))
		return NULL;
	page = list_first_entry(&cc->free, struct page, lru);
	list_del(&page->lru);
	cc->nr_free--;
	return page;
}

static void put_free(struct page *page, unsigned long private)
{
	struct compact_control *cc = (struct compact_control *)private;

	list_add(&page->lru, &cc->free);
	cc->nr_free++;
}

static void release_free(struct compact_control *cc)
{
	while (!list_empty(&cc->free)) {
		struct page *page = list_first_entry(&cc->free, struct page, lru);

		list_del(&page->lru);
		__free_page(page);
	}
	cc->nr_free = 0;
}

/* ---- the whole ---- */

static enum compact_result finished(const struct compact_control *cc)
{
	if (cc->order && block_can_be_had(cc->zone, cc->order, cc->highest))
		return COMPACT_SUCCESS;
	if (cc->migrate_pfn >= cc->free_pfn)
		return cc->from_start ? COMPACT_COMPLETE : COMPACT_PARTIAL_SKIPPED;
	if (fatal_signal_pending(current) || (cc->direct && cc->mode == MIGRATE_ASYNC && need_resched()))
		return COMPACT_CONTENDED;
	return COMPACT_CONTINUE;
}

/* One cluster of pages. Return: COMPACT_CONTINUE, or why it ends. */
static enum compact_result step(struct compact_control *cc)
{
	unsigned int moved = 0;
	int err;

	if (isolate_pages(cc)) {
		count_vm_events(COMPACTISOLATED, cc->nr_pages);
		err = migrate_pages(&cc->pages, get_free, put_free, (unsigned long)cc, cc->mode, MR_COMPACTION, &moved);
		putback_movable_pages(&cc->pages);
		cc->nr_pages = 0;
		cc->moved += moved;
		/* What was moved waits on lists of this CPU, and can only merge in the zone. */
		lru_add_drain();
		pcp_drain_this(cc->zone);
		if (err == -ENOMEM && !moved)
			cc->migrate_pfn = max(cc->migrate_pfn, cc->free_pfn);
	}
	return finished(cc);
}

enum compact_result compact_zone(struct compact_control *cc)
{
	enum compact_result ret = COMPACT_CONTINUE;

	if (cc->order)
		ret = compaction_suitable(cc->zone, cc->order, cc->highest);
	if (ret != COMPACT_CONTINUE)
		return ret;
	INIT_LIST_HEAD(&cc->pages);
	INIT_LIST_HEAD(&cc->free);
	INIT_LIST_HEAD(&cc->fresh);
	set_out(cc);
	/* Pages that wait to get on a list cannot be taken off one. */
	lru_add_drain();
	while (ret == COMPACT_CONTINUE)
		ret = step(cc);
	release_free(cc);
	pcp_drain_this(cc->zone);
	note_place(cc, ret == COMPACT_COMPLETE || ret == COMPACT_PARTIAL_SKIPPED);
	count_vm_events(cc->direct ? COMPACTMIGRATE_SCANNED : KCOMPACTD_MIGRATE_SCANNED, cc->migrate_scanned);
	count_vm_events(cc->direct ? COMPACTFREE_SCANNED : KCOMPACTD_FREE_SCANNED, cc->free_scanned);
	return ret;
}

static enum compact_result compact_one(struct zone *zone, unsigned int order, gfp_t gfp, enum compact_priority prio)
{
	struct compact_control cc = {
		.zone = zone,
		.order = order,
		.type = gfp_migratetype(gfp),
		.highest = gfp_zone(gfp),
		.gfp = gfp,
		.mode = prio == COMPACT_PRIO_ASYNC        ? MIGRATE_ASYNC
			: prio == COMPACT_PRIO_SYNC_LIGHT ? MIGRATE_SYNC_LIGHT
							  : MIGRATE_SYNC,
		.direct = true,
		.whole_zone = prio == MIN_COMPACT_PRIORITY,
	};

	return compact_zone(&cc);
}

enum compact_result try_to_compact_pages(gfp_t gfp, unsigned int order, enum compact_priority prio)
{
	enum compact_result best = COMPACT_SKIPPED;

	if (!(gfp & __GFP_IO))
		return COMPACT_SKIPPED;
	for (struct zone **z = zonelists[gfp_zone(gfp)]; *z; z++) {
		enum compact_result ret = COMPACT_DEFERRED;

		if (prio <= MIN_COMPACT_PRIORITY || !deferred(*z, order))
			ret = compact_one(*z, order, gfp, prio);
		best = max(best, ret);
		if (ret == COMPACT_SUCCESS) {
			compaction_defer_reset(*z, order, false);
			break;
		}
		if (prio != COMPACT_PRIO_ASYNC && (ret == COMPACT_COMPLETE || ret == COMPACT_PARTIAL_SKIPPED))
			defer(*z, order);
		if ((prio == COMPACT_PRIO_ASYNC && need_resched()) || fatal_signal_pending(current))
			break;
	}
	return best;
}
EXPORT_SYMBOL(try_to_compact_pages);

void compact_memory(void)
{
	struct zone *zone;

	might_sleep();
	lru_add_drain_all();
	for_each_zone (zone) {
		struct compact_control cc = {
			.zone = zone,
			.type = MIGRATE_MOVABLE,
			.highest = zone_idx(zone),
			.gfp = GFP_KERNEL,
			.mode = MIGRATE_SYNC,
			.whole_zone = true,
		};

		if (managed_zone(zone))
			compact_zone(&cc);
	}
	drain_all_pages(NULL);
}
EXPORT_SYMBOL(compact_memory);
