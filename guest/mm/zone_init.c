// SPDX-License-Identifier: MIT
/*
 * zone_init.c - from the ranges of memblock to zones, their free memory, reserves and watermarks.
 *
 * Cost:    by ranges. Whole 4 MiB blocks become entries of zone->fresh without a look at their struct pages; only the
 *          ragged ends of a range, at most ten blocks each, are filed one by one. So 64 GiB boot as fast as 64 MiB.
 * Formulas: min_free_kbytes = sqrt(16 * KiB), 128..262144; a zone's share of it by size is its min mark; low and high
 *          stand max(min / 4, 0.1 % of the zone) apart. lowmem_reserve[j] of zone i = pages of zones i+1..j / ratio.
 * Locking: none; one CPU, before anybody allocates.
 */
#include <linux/list.h>
#include <linux/memblock.h>

#include "internal.h"

struct zone mm_zones[MAX_NR_ZONES];
struct zone *zonelists[MAX_NR_ZONES][MAX_NR_ZONES + 1];
struct pfn_range zone_solid[MAX_NR_ZONES];

/* [first pfn, last + 1) by zone. MOVABLE gets its pages by order, not by address: none so far. */
static const struct pfn_range zone_limits[MAX_NR_ZONES] = {
	[ZONE_DMA] = {0, DMA_END >> PAGE_SHIFT},
	[ZONE_DMA32] = {DMA_END >> PAGE_SHIFT, DMA32_END >> PAGE_SHIFT},
	[ZONE_NORMAL] = {DMA32_END >> PAGE_SHIFT, DIRECT_MAP_SIZE >> PAGE_SHIFT},
};

static const unsigned int reserve_ratio[MAX_NR_ZONES] = {256, 256, 32, 0};

#define MIN_FREE_KB_LOW 128
#define MIN_FREE_KB_HIGH 262144
#define WATERMARK_SCALE 10 /* of 10,000: the distance between marks in a large zone */

/* The part of [start, end) bytes that lies in @zone, in whole pages. False if there is none. */
static bool clip(const struct zone *zone, phys_addr_t start, phys_addr_t end, struct pfn_range *part)
{
	const struct pfn_range *limit = &zone_limits[zone_idx(zone)];

	part->start = max_t(uint64_t, PFN_UP(start), limit->start);
	part->end = min_t(uint64_t, PFN_DOWN(end), limit->end);
	return part->start < part->end;
}

static void zone_span(struct zone *zone)
{
	struct pfn_range part, *solid = &zone_solid[zone_idx(zone)];
	uint64_t end = 0;

	for (uint64_t i = 0; i < memblock.memory.cnt; i++) {
		const struct memblock_region *r = &memblock.memory.regions[i];
		uint64_t first, last;

		if (!clip(zone, r->base, r->base + r->size, &part))
			continue;
		if (!zone->present_pages)
			zone->start_pfn = part.start;
		zone->present_pages += part.end - part.start;
		end = part.end;
		first = (part.start + MAX_ORDER_NR_PAGES - 1) & ~(MAX_ORDER_NR_PAGES - 1);
		last = part.end & ~(MAX_ORDER_NR_PAGES - 1);
		if (first < last && last - first > solid->end - solid->start)
			*solid = (struct pfn_range){first, last};
	}
	if (end)
		zone->spanned_pages = end - zone->start_pfn;
}

/* File [pfn, end) as blocks, each as large as its alignment and the rest allow. */
static void file_ragged(struct zone *zone, uint64_t pfn, uint64_t end)
{
	while (pfn < end) {
		unsigned int order = pfn ? (unsigned int)__builtin_ctzl(pfn) : MAX_PAGE_ORDER;

		if (order > MAX_PAGE_ORDER)
			order = MAX_PAGE_ORDER;
		while (pfn + (1UL << order) > end)
			order--;
		zone_file_block(zone, pfn_to_page(pfn), order, PG_ZEROED);
		pfn += 1UL << order;
	}
}

static void zone_add_free(struct zone *zone, const struct pfn_range *part)
{
	uint64_t first = (part->start + MAX_ORDER_NR_PAGES - 1) & ~(MAX_ORDER_NR_PAGES - 1);
	uint64_t last = part->end & ~(MAX_ORDER_NR_PAGES - 1);

	zone->managed_pages += part->end - part->start;
	zone->nr_free += part->end - part->start;
	if (first >= last || zone->nr_fresh == MMV_NR_FRESH) {
		file_ragged(zone, part->start, part->end);
		return;
	}
	zone->fresh[zone->nr_fresh++] = (struct pfn_range){first, last};
	file_ragged(zone, part->start, first);
	file_ragged(zone, last, part->end);
}

static void zone_setup(struct zone *zone, const char *name)
{
	struct pfn_range part;
	phys_addr_t start, end;
	u64 pos = 0;

	for (size_t i = 0; i < sizeof(zone->name) - 1 && name[i]; i++)
		zone->name[i] = name[i];
	for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++)
		for (unsigned int t = 0; t < MIGRATE_TYPES; t++)
			INIT_LIST_HEAD(&zone->free_area[o].free_list[t]);
	zone_span(zone);
	if (!zone->present_pages)
		return;
	while (memblock_next_free(&pos, &start, &end))
		if (clip(zone, start, end, &part))
			zone_add_free(zone, &part);
}

static void setup_zonelists(void)
{
	for (int highest = 0; highest < MAX_NR_ZONES; highest++) {
		struct zone **entry = zonelists[highest];

		for (int i = highest; i >= 0; i--)
			if (managed_zone(&mm_zones[i]))
				*entry++ = &mm_zones[i];
		*entry = NULL;
	}
}

static void setup_reserves(void)
{
	for (int i = 0; i < MAX_NR_ZONES; i++) {
		uint64_t above = 0;

		for (int j = i + 1; j < MAX_NR_ZONES; j++) {
			above += mm_zones[j].managed_pages;
			if (managed_zone(&mm_zones[i]) && reserve_ratio[i])
				mm_zones[i].lowmem_reserve[j] = above / reserve_ratio[i];
		}
	}
}

/* Integer square root, rounded down. */
static uint64_t root_of(uint64_t x)
{
	uint64_t root = 0;

	for (uint64_t bit = 1UL << 31; bit; bit >>= 1)
		if ((root | bit) * (root | bit) <= x)
			root |= bit;
	return root;
}

static void setup_watermarks(void)
{
	uint64_t total = totalram_pages();
	uint64_t min_kb = root_of(16 * (total << (PAGE_SHIFT - 10)));
	uint64_t min_pages;
	struct zone *zone;

	min_kb = clamp_t(uint64_t, min_kb, MIN_FREE_KB_LOW, MIN_FREE_KB_HIGH);
	min_pages = min_kb >> (PAGE_SHIFT - 10);
	for_each_zone (zone) {
		uint64_t share, delta;

		if (!managed_zone(zone))
			continue;
		share = min_pages * zone->managed_pages / total;
		delta = max_t(uint64_t, share / 4, zone->managed_pages * WATERMARK_SCALE / 10000);
		zone->watermark[WMARK_MIN] = share;
		zone->watermark[WMARK_LOW] = share + delta;
		zone->watermark[WMARK_HIGH] = share + 2 * delta;
	}
}

void pageblocks_boot_alloc(void)
{
	size_t blocks = (mm_root.max_pfn + PAGEBLOCK_PAGES - 1) >> PAGEBLOCK_ORDER;

	mm_root.movable_pfn = ~0UL;
	mm_root.pageblocks = memblock_alloc(PAGE_ALIGN(blocks), PAGE_SIZE);
	mm_root.pcp = memblock_alloc(PAGE_ALIGN(sizeof(*mm_root.pcp) * MAX_NR_ZONES * mm_root.nr_cpus), PAGE_SIZE);
	BUG_ON(!mm_root.pageblocks || !mm_root.pcp);
}

void zones_init(void)
{
	static const char *const names[] = ZONE_NAMES;

	for (int i = 0; i < MAX_NR_ZONES; i++)
		zone_setup(&mm_zones[i], names[i]);
	setup_zonelists();
	setup_reserves();
	setup_watermarks();
}
