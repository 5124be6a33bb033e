// SPDX-License-Identifier: MIT
/*
 * page_alloc.c - who gets pages from where: the policy over zones (buddy.c) and the CPUs' own lists (pcp.c).
 *
 * Way:     1. this CPU's list of the first zone allowed: a few stores (alloc_pages_owner()).
 *          2. each allowed zone, from the highest downwards, while it stays above its low mark; first without letting
 *             mobilities mix, if there is more than one zone to choose from.
 *          3. the same down to the min mark, or below it by right; straight from the zones.
 *          4. everything that takes time: page_slow.c.
 * Rights:  a zone serves a request of 2^order pages when free - unusable > floor + lowmem_reserve[highest zone allowed].
 *          unusable is 2^order - 1, and what is free in HIGHATOMIC blocks for requests without any right below.
 *          floor is the low mark, with what it is boosted by, in 2; in 3 it is, with min the min mark:
 *            min                      nobody special, __GFP_NOMEMALLOC with or without __GFP_MEMALLOC
 *            min - min/2              __GFP_HIGH; an OOM victim; __GFP_NOFAIL when everything failed
 *            3/4 of that              __GFP_HIGH that cannot wait (GFP_ATOMIC) without __GFP_NOMEMALLOC
 *            none, nor any reserve    __GFP_MEMALLOC, or PF_MEMALLOC outside hard interrupts, without __GFP_NOMEMALLOC
 * Limits:  a rise of zone->nr_free is seen at once, as are the lists of this CPU; other CPUs' only by who may wait.
 * Locking: none of its own; 1 is a restartable sequence (asm/pcp_cpu.h). Any context that the mask allows.
 * Not here: what is done when nothing is left (page_slow.c): 3 and 4 are its.
 */
#include <linux/export.h>
#include <linux/highmem.h>
#include <linux/list.h>
#include <linux/oom.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>

#include <asm/pcp_cpu.h>

#include "pages.h"

gfp_t gfp_allowed_mask = __GFP_BITS_MASK;
EXPORT_SYMBOL(gfp_allowed_mask);

/* ---- from the zones ---- */

/* One block, by the zone's own lists. */
static struct page *take_block(struct zone *zone, const struct page_request *r, uint64_t floor, unsigned int rights)
{
	unsigned int have = r->order, type = r->type;
	unsigned long irq = mm_lock_write(&zone->lock);
	struct page *page = NULL;

	if (zone_passes(zone, r->order, floor, rights))
		page = zone_pick(zone, &have, &type, rights);
	if (page) {
		uint32_t flags = page->flags | (rights & RIGHT_NO_MARKS ? PG_PFMEMALLOC : 0);

		zone_split(zone, page, have, r->order, type, page->flags);
		page_set_word(page, PAGE_WORD(PAGE_USED, r->order, 0, flags) | PAGE_WORD_TYPE(r->type) |
					    PAGE_WORD_ZONE(zone_idx(zone)) | r->extra);
		page->refcount = 1;
		zone->nr_free -= 1ULL << r->order;
		zone->nr_allocs++;
	}
	mm_unlock_write(&zone->lock, irq);
	if (page && r->order && rights & RIGHT_HIGHATOMIC)
		reserve_highatomic(zone, page, r->order);
	return page;
}

/* A zone that passed the request on may still have something for it here: what CPUs hold is nobody's reserve. */
static struct page *take_above_low(const struct page_request *r, unsigned int rights)
{
	struct zone **first = zonelists[r->highest];

	for (struct zone **z = first; *z; z++) {
		uint64_t floor = zone_low_mark(*z) + (*z)->lowmem_reserve[r->highest];
		struct page *page = NULL;

		if (pcp_list(r->order, r->type) < 0)
			page = take_block(*z, r, floor, rights);
		else if (z == first || zone_passes(*z, r->order, floor, rights))
			page = pcp_alloc(*z, r->order, r->type, floor, rights, r->extra);
		if (page)
			return page;
	}
	return NULL;
}

/* With more than one zone it is better to go on to the next than to let mobilities mix. */
static struct page *take_first(const struct page_request *r)
{
	const struct zone *first = zonelists[r->highest][0];
	struct page *page = NULL;

	if (first && zone_idx(first) == ZONE_NORMAL && managed_zone(&mm_zones[ZONE_DMA32]))
		page = take_above_low(r, RIGHT_NO_FRAGMENT);
	return page ? page : take_above_low(r, 0);
}

uint64_t page_floor_of(const struct zone *zone, unsigned int rights)
{
	uint64_t floor = zone->watermark[WMARK_MIN];

	if (rights & RIGHT_MIN_RESERVE) {
		floor -= floor / 2;
		if (rights & RIGHT_NON_BLOCK)
			floor -= floor / 4;
	}
	if (rights & RIGHT_OOM)
		floor -= floor / 2;
	return floor;
}

struct page *page_take_by_right(const struct page_request *r, unsigned int rights)
{
	for (struct zone **z = zonelists[r->highest]; *z; z++) {
		uint64_t floor = page_floor_of(*z, rights) + (*z)->lowmem_reserve[r->highest];
		struct page *page = take_block(*z, r, floor, rights);

		if (page)
			return page;
	}
	return NULL;
}

struct page *page_take_above(const struct page_request *r, enum zone_watermarks mark)
{
	for (struct zone **z = zonelists[r->highest]; *z; z++) {
		struct page *page = take_block(*z, r, (*z)->watermark[mark] + (*z)->lowmem_reserve[r->highest], 0);

		if (page)
			return page;
	}
	return NULL;
}

/* ---- rights ---- */

unsigned int page_rights_of(gfp_t gfp, unsigned int order)
{
	unsigned int rights = gfp & __GFP_HIGH ? RIGHT_MIN_RESERVE : 0;

	if (!(gfp & (__GFP_DIRECT_RECLAIM | __GFP_NOMEMALLOC))) {
		rights |= RIGHT_NON_BLOCK;
		if (order && gfp & __GFP_HIGH)
			rights |= RIGHT_HIGHATOMIC;
	}
	return rights;
}

/* Is it this task that asks, or at least a softirq on its time? Before the scheduler runs nobody is. */
static bool task_has(uint32_t flag, bool softirq)
{
	const struct task_struct *task = current;

	if (!task || !(task->flags & flag) || in_hardirq())
		return false;
	return softirq || !in_interrupt();
}

unsigned int page_special_rights(gfp_t gfp)
{
	const struct task_struct *task = current;

	if (gfp & __GFP_NOMEMALLOC)
		return 0;
	if (gfp & __GFP_MEMALLOC || task_has(PF_MEMALLOC, in_serving_softirq()))
		return RIGHT_NO_MARKS;
	return task && in_task() && tsk_is_oom_victim(task) ? RIGHT_OOM : 0;
}

bool gfp_pfmemalloc_allowed(gfp_t gfp)
{
	return page_special_rights(gfp) != 0;
}
EXPORT_SYMBOL(gfp_pfmemalloc_allowed);

/* ---- contexts ---- */

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

/* ---- the entries ---- */

static noinline void order_too_large(gfp_t gfp, unsigned int order)
{
	WARN_ONCE(!(gfp & __GFP_NOWARN), "page allocation: order %u is beyond the largest, %u\n", order,
		  MAX_PAGE_ORDER);
}

/* Rights and wrongs of a mask, once. False: it will not be served. */
static bool prepare(struct page_request *r, gfp_t gfp, unsigned int order, enum page_owner owner)
{
	if (unlikely(order > MAX_PAGE_ORDER)) {
		order_too_large(gfp, order);
		return false;
	}
	gfp = current_gfp_context(gfp & gfp_allowed_mask);
	if ((gfp & __GFP_DIRECT_RECLAIM) && unlikely(sleep_forbidden()))
		gfp = sleeping_in_atomic(gfp);
	if (WARN_ON_ONCE((gfp & GFP_MOVABLE_MASK) == GFP_MOVABLE_MASK))
		gfp &= ~__GFP_RECLAIMABLE;
	*r = (struct page_request){gfp, order, gfp_migratetype(gfp), gfp_zone(gfp), PAGE_EXTRA(gfp, owner)};
	return true;
}

static __always_inline struct page *finish(struct page *page, gfp_t gfp, unsigned int order)
{
	page_debug_alloc(page, order, gfp);
	if (gfp & __GFP_ZERO && !(page->flags & PG_ZEROED))
		arch_clear_pages(page_address(page), order);
	return page;
}

static noinline struct page *alloc_full(gfp_t gfp, unsigned int order, enum page_owner owner)
{
	struct page_request r;
	struct page *page;

	if (!prepare(&r, gfp, order, owner))
		return NULL;
	page = take_first(&r);
	if (unlikely(!page))
		page = page_alloc_slow(&r);
	return page ? finish(page, gfp, order) : NULL;
}

/* From this CPU's list, if that has something and the request needs no second look. Else NULL. In __restartable code. */
static __always_inline struct page *alloc_quick(gfp_t gfp, unsigned int list, uint64_t extra)
{
	struct page *page;

	/* Where it must not sleep the slow way says so. */
	if (likely(gfp & __GFP_DIRECT_RECLAIM) && unlikely(sleep_forbidden()))
		return NULL;
	arch_pcp_pop(pcp_distance, gfp, list, extra, page, empty);
	return page;
empty:
	return NULL;
}

/* Which lists there are for a mask's mobility: PCP_LIST(0, type). Two mobilities at once: lists that are empty. */
#define LIST_OF_MASK(gfp) (((gfp)&GFP_MOVABLE_MASK) >> 1)
_Static_assert(__GFP_MOVABLE >> 1 == PCP_LIST(0, MIGRATE_MOVABLE), "see LIST_OF_MASK");
_Static_assert(__GFP_RECLAIMABLE >> 1 == PCP_LIST(0, MIGRATE_RECLAIMABLE), "see LIST_OF_MASK");

/* Large blocks; with init_on_alloc=1 all. */
static __restartable struct page *alloc_large(gfp_t gfp, unsigned int order, enum page_owner owner)
{
	struct page *page = NULL;

	gfp |= init_mem.on_alloc;
	if (order == PAGEBLOCK_ORDER && gfp_migratetype(gfp) < MIGRATE_PCPTYPES)
		page = alloc_quick(gfp, PCP_LIST_BLOCK(gfp_migratetype(gfp)), PAGE_EXTRA(gfp, owner));
	return page ? finish(page, gfp, order) : alloc_full(gfp, order, owner);
}

/* Masks with one of these take a few steps more. */
#define GFP_UNCOMMON (__GFP_MOVABLE | __GFP_ZERO | __GFP_COMP)

static __restartable struct page *alloc_uncommon(gfp_t gfp, unsigned int order, enum page_owner owner)
{
	struct page *page;

	/* What the thread's scopes take away matters in the slow way, but for where a movable page may lie. */
	if (gfp & __GFP_MOVABLE)
		gfp = current_gfp_context(gfp);
	page = alloc_quick(gfp, LIST_OF_MASK(gfp) + order, PAGE_EXTRA(gfp, owner));
	return page ? finish(page, gfp, order) : alloc_full(gfp, order, owner);
}

__restartable struct page *alloc_pages_owner(gfp_t gfp, unsigned int order, enum page_owner owner)
{
	uint64_t extra = (uint64_t)owner << 16;
	struct page *page;

	mm_alloc_enters(gfp);
	if (page_debug_refuse(gfp, order))
		return NULL;
	if (unlikely(order >= init_mem.alloc_orders))
		return alloc_large(gfp, order, owner);
	if (unlikely(gfp & GFP_UNCOMMON))
		return alloc_uncommon(gfp, order, owner);
	/* Nothing but this is kept of @owner: what works without calls has no register to spare. */
	OPTIMIZER_HIDE_VAR(extra);
	page = alloc_quick(gfp, LIST_OF_MASK(gfp) + order, extra);
	if (unlikely(!page))
		return alloc_full(gfp, order, (enum page_owner)(extra >> 16));
	page_debug_alloc(page, order, gfp);
	return page;
}
EXPORT_SYMBOL(alloc_pages_owner);

struct page *__alloc_pages(gfp_t gfp, unsigned int order, int nid, nodemask_t *nodemask)
{
	BUG_ON(!node_online(nid));
	if (nodemask && !node_isset(nid, *nodemask))
		return NULL;
	return alloc_pages_owner(gfp, order, OWNER_RAW);
}
EXPORT_SYMBOL(__alloc_pages);

/* Pages of a bulk request taken with interrupts off. */
#define BULK_BATCH 32

static unsigned long take_singles(gfp_t gfp, enum page_owner owner, unsigned long nr, struct page **pages)
{
	enum zone_type highest = gfp_zone(gfp);
	struct zone *zone = zonelists[highest][0];

	if (!zone)
		return 0;
	return pcp_alloc_bulk(zone, gfp_migratetype(gfp), zone_low_mark(zone) + zone->lowmem_reserve[highest],
			      PAGE_EXTRA(gfp, owner), nr, pages);
}

unsigned long alloc_pages_bulk_owner(gfp_t gfp, unsigned long nr, struct page **pages, enum page_owner owner)
{
	unsigned long done = 0;

	might_alloc(gfp & gfp_allowed_mask);
	gfp |= init_mem.on_alloc;
	if (gfp & __GFP_MOVABLE)
		gfp = current_gfp_context(gfp);
	while (done < nr) {
		unsigned long run = 0, most = min_t(unsigned long, nr - done, BULK_BATCH), got = 0;

		if (pages[done]) {
			done++;
			continue;
		}
		/* Only entries that are NULL are filled. */
		while (run < most && !pages[done + run])
			run++;
		if (page_debug_refuse(gfp, 0))
			break;
		if (likely(gfp_migratetype(gfp) < MIGRATE_PCPTYPES))
			got = take_singles(gfp, owner, run, pages + done);
		for (unsigned long i = 0; i < got; i++, done++)
			finish(pages[done], gfp, 0);
		if (got == run)
			continue;
		/* The best zone is low: on, page by page, with everything a single request may try. */
		pages[done] = alloc_full(gfp, 0, owner);
		if (!pages[done])
			break;
		done++;
	}
	return done;
}
