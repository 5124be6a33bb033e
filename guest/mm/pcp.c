// SPDX-License-Identifier: MIT
/*
 * pcp.c - each CPU's own lists of free blocks: what makes most allocations and frees a matter of a few stores.
 *
 * Shape:   struct per_cpu_pages (shared/zone.h) for each CPU and zone: a stack of blocks, linked through their entries, for
 *          each of the orders 0..3 and each mobility, and one for each mobility of blocks of a pageblock. An empty stack is
 *          refilled with a batch of blocks under one hold of the zone's lock, cut from as large a block as the batch needs;
 *          when there are more than pcp->high pages on all stacks, a batch goes back.
 * Blocks:  where two blocks of a pageblock for each CPU are no more than a 16th of the zone, pcp->high has room for them
 *          beside four batches, so that taking and freeing one splits and merges nothing. In a smaller zone they would keep
 *          too much from the other CPUs: there blocks of a pageblock go straight to the zone, unless the marks ask for a
 *          pcp->high that large anyway.
 * Marks:   blocks on a CPU's lists are not counted as free by the zone, so handing one out needs no look at its marks. Taking
 *          them from the zone does: a refill leaves the zone above the low mark, and takes less than a batch for that.
 *          Deeper digging goes block by block, past these lists (page_alloc.c).
 * Always:  pcp->count == sum over lists of blocks << order, at most pcp->high and a block on its way back; a block on a list is PAGE_PCP with the list's order
 *          and type, its other fields zero; the type is that of its pageblock when it came here.
 * Locking: none. A CPU's lists are its own, with interrupts off or in a restartable sequence (asm/pcp_cpu.h); so they serve any
 *          context. PCP_BUSY() tells readers from outside. Others make a CPU empty its lists by interrupting it
 *          (drain_all_pages()).
 * Sync:    a free block's pageblock type is read with interrupts off until it is on its list, or in the sequence that puts it there.
 *          So who isolates a pageblock and then drains all CPUs knows that none of its blocks is on, or on its way to, any
 *          CPU's list.
 * Not here: NMIs.
 */
#include <linux/export.h>
#include <linux/smp.h>

#include "pages.h"

uint64_t pcp_distance[GFP_ZONEMASK + 1];

/* ---- sizes ---- */

#define BATCH_MIN 7
#define BATCH_MAX 63

/* A 1024th of the zone, at most a quarter MiB at once; one less than a power of two. */
static uint32_t batch_of(const struct zone *zone)
{
	uint64_t batch = zone->managed_pages / 1024 / 4, power = 1;

	batch += batch / 2;
	while (2 * power <= batch + 1 && power < BATCH_MAX + 1)
		power *= 2;
	return (uint32_t)max_t(uint64_t, power - 1, BATCH_MIN);
}

/* What a CPU needs so as to keep two blocks of a pageblock beside what it holds of the small orders. */
#define BLOCKS_KEPT (2 * PAGEBLOCK_PAGES)

/* All CPUs together hold as much as lies below the low mark, or four batches each; never more than an eighth of the zone. */
static uint32_t high_of(const struct zone *zone, uint32_t batch)
{
	uint64_t high = zone->watermark[WMARK_LOW] / mm_root.nr_cpus;
	uint64_t most = zone->managed_pages / 8 / mm_root.nr_cpus;

	high = max_t(uint64_t, high, 4 * batch);
	if (BLOCKS_KEPT <= most / 2)
		high = max_t(uint64_t, high, 4 * batch + BLOCKS_KEPT);
	return (uint32_t)max_t(uint64_t, min_t(uint64_t, high, most), 1);
}

static void pcp_setup_zone(const struct zone *zone)
{
	for (uint32_t cpu = 0; cpu < mm_root.nr_cpus; cpu++) {
		struct per_cpu_pages *pcp = pcp_of(cpu, zone_idx(zone));

		pcp->batch = batch_of(zone);
		pcp->high = high_of(zone, pcp->batch);
		pcp->batch = min_t(uint32_t, pcp->batch, pcp->high);
	}
}

void pcp_setup(void)
{
	struct zone *zone;

	for_each_zone (zone)
		if (managed_zone(zone))
			pcp_setup_zone(zone);
	for (gfp_t bits = 0; bits <= GFP_ZONEMASK; bits++) {
		const struct zone *first = zonelists[gfp_zone(bits)][0];

		/* Nothing there: a zone without memory has empty lists, and then the search finds no zone either. */
		pcp_distance[bits] = sizeof(struct per_cpu_pages) * (first ? zone_idx(first) : gfp_zone(bits));
	}
}

/* ---- taking ---- */

/* A free block becomes pieces of @order, first in address first on the list. */
static void push_pieces(struct per_cpu_pages *pcp, struct page *page, unsigned int have, unsigned int list,
			uint64_t extra)
{
	unsigned int order = PCP_LIST_ORDER(list);
	uint64_t word = PAGE_WORD(PAGE_PCP, order, 0, 0) | PAGE_WORD_TYPE(PCP_LIST_TYPE(list)) | extra;
	struct page *last = page + (1UL << have) - (1UL << order);
	struct page *next = pcp->lists[list];

	for (struct page *at = last;; at -= 1UL << order) {
		at->lru = (struct list_head){(struct list_head *)next, NULL};
		page_set_word(at, word);
		next = at;
		if (at == page)
			break;
	}
	pcp->lists[list] = page;
	pcp->count += 1u << have;
}

/* How many blocks to take from a zone that must keep so much. */
static unsigned int batch_for(const struct zone *zone, const struct per_cpu_pages *pcp, unsigned int order,
			      uint64_t floor)
{
	uint64_t nr = max_t(uint64_t, pcp->batch >> order, order < PCP_ORDERS ? 2 : 1);
	uint64_t room = zone->nr_free - floor - zone->nr_type[MIGRATE_HIGHATOMIC];

	nr = min_t(uint64_t, nr, room >> order);
	if (pcp->count + (nr << order) > pcp->high)
		nr = pcp->high > pcp->count ? (pcp->high - pcp->count) >> order : 0;
	return nr ? (unsigned int)nr : 1;
}

/* A batch from the zone. Needs: pcp_begin(). Return: false if nothing can be had. */
static noinline bool refill(struct zone *zone, struct per_cpu_pages *pcp, unsigned int order, unsigned int wanted,
			    uint64_t floor, unsigned int rights)
{
	unsigned int list = (unsigned int)pcp_list(order, wanted), nr = 1;
	bool got = false;

	mm_lock_write_noirq(&zone->lock);
	if (zone_passes(zone, order, floor, rights))
		for (nr = batch_for(zone, pcp, order, floor); nr;) {
			unsigned int type = wanted, have = order, piece = order;
			struct page *page = zone_pick(zone, &have, &type, rights);
			uint32_t flags;

			if (!page)
				break;
			/* Of a pageblock that belongs to another type, one block is enough. */
			while (type == wanted && piece < have && 2u << (piece - order) <= nr)
				piece++;
			flags = page->flags;
			zone_split(zone, page, have, piece, type, flags);
			push_pieces(pcp, page, piece, list, (uint64_t)flags << 32 | PAGE_WORD_ZONE(zone_idx(zone)));
			zone->nr_free -= 1ULL << piece;
			nr = type == wanted ? nr - (1u << (piece - order)) : 0;
			got = true;
		}
	mm_unlock_write_noirq(&zone->lock);
	return got;
}

struct page *pcp_alloc(struct zone *zone, unsigned int order, unsigned int type, uint64_t floor, unsigned int rights,
		       uint64_t extra)
{
	unsigned long irq = arch_local_irq_save();
	struct per_cpu_pages *pcp = pcp_of(raw_smp_processor_id(), zone_idx(zone));
	struct page **list = &pcp->lists[pcp_list(order, type)];
	struct page *page = NULL;

	pcp_begin(pcp);
	if (*list || refill(zone, pcp, order, type, floor, rights))
		page = pcp_pop(pcp, list, *list, order, extra);
	pcp_end(pcp, page ? 1 : 0, 0);
	arch_local_irq_restore(irq);
	return page;
}

unsigned long pcp_alloc_bulk(struct zone *zone, unsigned int type, uint64_t floor, uint64_t extra, unsigned long nr,
			     struct page **pages)
{
	unsigned long irq = arch_local_irq_save(), got = 0;
	struct per_cpu_pages *pcp = pcp_of(raw_smp_processor_id(), zone_idx(zone));
	struct page **list = &pcp->lists[PCP_LIST(0, type)];

	pcp_begin(pcp);
	while (got < nr && (*list || refill(zone, pcp, 0, type, floor, 0)))
		pages[got++] = pcp_pop(pcp, list, *list, 0, extra);
	pcp_end(pcp, got, 0);
	arch_local_irq_restore(irq);
	return got;
}

/* ---- giving back ---- */

/* Up to @pages pages of a list to the zone. Needs: the zone's lock. Return: pages given. */
static unsigned long give_back(struct zone *zone, struct per_cpu_pages *pcp, unsigned int list, unsigned long pages)
{
	unsigned int order = PCP_LIST_ORDER(list);
	struct page *page = pcp->lists[list];
	unsigned long given = 0;

	while (page && given < pages) {
		struct page *next = (struct page *)page->lru.next;

		zone_merge_block(zone, page, order, page->flags & PG_ZEROED);
		given += 1UL << order;
		page = next;
	}
	pcp->lists[list] = page;
	pcp->count -= (uint32_t)given;
	return given;
}

noinline void pcp_shrink(struct zone *zone, unsigned int list)
{
	unsigned long irq = arch_local_irq_save();
	struct per_cpu_pages *pcp = pcp_of(raw_smp_processor_id(), zone_idx(zone));
	unsigned long pages = pcp->batch;

	/* An interrupt, or another CPU that this thread moved to: nothing to do. */
	if (pcp->count <= pcp->high) {
		arch_local_irq_restore(irq);
		return;
	}
	if (pcp->count - pages > pcp->high)
		pages = pcp->count - pcp->high;
	pcp_begin(pcp);
	mm_lock_write_noirq(&zone->lock);
	for (unsigned int i = 0; i < NR_PCP_LISTS && pages; i++) {
		pages -= min_t(unsigned long, pages, give_back(zone, pcp, list, pages));
		list = list + 1 < NR_PCP_LISTS ? list + 1 : 0;
	}
	mm_unlock_write_noirq(&zone->lock);
	pcp_end(pcp, 0, 0);
	arch_local_irq_restore(irq);
}

static unsigned long drain_pcp(struct zone *zone)
{
	unsigned long irq = arch_local_irq_save();
	struct per_cpu_pages *pcp = pcp_of(raw_smp_processor_id(), zone_idx(zone));
	unsigned long pages = pcp->count;

	if (pages) {
		pcp_begin(pcp);
		mm_lock_write_noirq(&zone->lock);
		for (unsigned int list = 0; list < NR_PCP_LISTS; list++)
			give_back(zone, pcp, list, ~0UL);
		mm_unlock_write_noirq(&zone->lock);
		pcp_end(pcp, 0, 0);
	}
	arch_local_irq_restore(irq);
	return pages;
}

unsigned long pcp_drain_this(struct zone *zone)
{
	unsigned long pages = 0;

	if (zone)
		return drain_pcp(zone);
	for_each_zone (zone)
		pages += drain_pcp(zone);
	return pages;
}

void drain_local_pages(struct zone *zone)
{
	pcp_drain_this(zone);
}
EXPORT_SYMBOL(drain_local_pages);

static void drain_here(void *zone)
{
	pcp_drain_this(zone);
}

void drain_all_pages(struct zone *zone)
{
	on_each_cpu(drain_here, zone, 1);
}
EXPORT_SYMBOL(drain_all_pages);

unsigned long pcp_pages(const struct zone *zone)
{
	unsigned long pages = 0;

	for (uint32_t cpu = 0; cpu < mm_root.nr_cpus; cpu++)
		pages += READ_ONCE(pcp_of(cpu, zone_idx(zone))->count);
	return pages;
}
