// SPDX-License-Identifier: MIT
/*
 * zone_init.c - from the ranges of memblock to zones, their free memory, reserves and watermarks.
 *
 * Told by: boot arguments  min_free_kbytes=N                at least so much is kept back
 *                          watermark_scale_factor=N         of 10,000: the distance between marks, 1..3000
 *                          lowmem_reserve_ratio=A,B,C,D     by zone, 0: no reserve
 *                          movablecore=SIZE, kernelcore=SIZE  ZONE_MOVABLE gets so much, or all but so much (K, M, G, or %)
 *
 * Cost:    by ranges. Whole 4 MiB blocks become entries of zone->fresh without a look at their struct pages; only the
 *          ragged ends of a range, at most ten blocks each, are filed one by one. So 64 GiB boot as fast as 64 MiB.
 * Formulas: min_free_kbytes = sqrt(16 * KiB), 128..262144; a zone's share of it by size is its min mark; low and high
 *          stand max(min / 4, 0.1 % of the zone) apart. lowmem_reserve[j] of zone i = pages of zones i+1..j / ratio.
 * Locking: none; one CPU, before anybody allocates.
 */
#include <linux/list.h>
#include <linux/memblock.h>

#include <linux/export.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/string.h>

#include <asm/pcp_cpu.h>

#include "pages.h"

struct zone mm_zones[MAX_NR_ZONES];
EXPORT_SYMBOL(mm_zones);
struct zone *zonelists[MAX_NR_ZONES][MAX_NR_ZONES + 1];
struct pfn_range zone_solid[MAX_NR_ZONES];

/* [first pfn, last + 1) by zone, before MOVABLE gets its share of the top. */
static const struct pfn_range zone_limits[MAX_NR_ZONES] = {
	[ZONE_DMA] = {0, DMA_END >> PAGE_SHIFT},
	[ZONE_DMA32] = {DMA_END >> PAGE_SHIFT, DMA32_END >> PAGE_SHIFT},
	[ZONE_NORMAL] = {DMA32_END >> PAGE_SHIFT, DIRECT_MAP_SIZE >> PAGE_SHIFT},
	[ZONE_MOVABLE] = {0, DIRECT_MAP_SIZE >> PAGE_SHIFT},
};

#define MIN_FREE_KB_LOW 128
#define MIN_FREE_KB_HIGH 262144
#define SCALE_MAX 3000

/* ---- boot arguments ---- */

/** struct core_size - an amount of memory: bytes, or percent of all */
struct core_size {
	uint64_t bytes;
	unsigned int percent;
};

static uint64_t user_min_free_kb;
static unsigned int watermark_scale = 10; /* of 10,000: the distance between marks in a large zone */
static unsigned int reserve_ratio[MAX_NR_ZONES] = {256, 256, 32, 0};
static struct core_size movable_core, kernel_core;

/* The number at *p, which moves behind it. False: there is none. */
static bool take_number(const char **p, uint64_t *x)
{
	const char *start = *p;

	for (*x = 0; **p >= '0' && **p <= '9' && *x < 1ULL << 50; (*p)++)
		*x = *x * 10 + (uint64_t)(**p - '0');
	return *p != start;
}

static int set_min_free(char *value)
{
	const char *p = value;
	uint64_t kb;

	if (!take_number(&p, &kb) || *p)
		return 0;
	user_min_free_kb = kb;
	return 1;
}
__setup("min_free_kbytes=", set_min_free);

static int set_scale(char *value)
{
	const char *p = value;
	uint64_t scale;

	if (!take_number(&p, &scale) || *p || !scale || scale > SCALE_MAX)
		return 0;
	watermark_scale = (unsigned int)scale;
	return 1;
}
__setup("watermark_scale_factor=", set_scale);

static int set_ratio(char *value)
{
	unsigned int ratios[MAX_NR_ZONES];
	const char *p = value;

	memcpy(ratios, reserve_ratio, sizeof(ratios));
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		uint64_t ratio;

		if (!take_number(&p, &ratio) || ratio > UINT32_MAX)
			return 0;
		ratios[i] = (unsigned int)ratio;
		if (!*p)
			break;
		if (*p++ != ',')
			return 0;
	}
	if (p != value && (*p || p[-1] == ','))
		return 0;
	memcpy(reserve_ratio, ratios, sizeof(ratios));
	return 1;
}
__setup("lowmem_reserve_ratio=", set_ratio);

static int set_core(struct core_size *core, const char *p)
{
	static const char units[] = "KMGT";
	const char *unit;
	uint64_t x;

	if (!take_number(&p, &x))
		return 0;
	if (*p == '%') {
		if (x > 100 || p[1])
			return 0;
		*core = (struct core_size){0, (unsigned int)x};
		return 1;
	}
	unit = *p ? strchr(units, *p & ~0x20) : NULL;
	if (*p && (!unit || p[1]))
		return 0;
	*core = (struct core_size){x << (unit ? 10 * (unit - units + 1) : 0), 0};
	return 1;
}

static int set_movable_core(char *value)
{
	return set_core(&movable_core, value);
}
__setup("movablecore=", set_movable_core);

static int set_kernel_core(char *value)
{
	return set_core(&kernel_core, value);
}
__setup("kernelcore=", set_kernel_core);

/* ---- ZONE_MOVABLE ---- */

static uint64_t core_pages(const struct core_size *core, uint64_t all)
{
	return core->percent ? all * core->percent / 100 : core->bytes >> PAGE_SHIFT;
}

/* Pages that are to be in ZONE_MOVABLE. */
static uint64_t movable_pages(void)
{
	uint64_t all = memblock_phys_mem_size() >> PAGE_SHIFT, wanted = core_pages(&movable_core, all);
	uint64_t kernel = core_pages(&kernel_core, all);

	if (kernel && kernel < all)
		wanted = max_t(uint64_t, wanted, all - kernel);
	return wanted;
}

/* Where ZONE_MOVABLE begins: it takes from the top of the highest zone, in whole blocks, and leaves the others alone. */
static uint64_t find_movable(void)
{
	uint64_t wanted = movable_pages(), pfn = ~0UL;

	for (uint64_t i = memblock.memory.cnt; wanted && i-- > 0;) {
		const struct memblock_region *r = &memblock.memory.regions[i];
		uint64_t top = PFN_DOWN(memblock_end_of_DRAM() - 1), bottom = 0;
		uint64_t end = PFN_DOWN(r->base + r->size), start;

		bottom = top >= DMA32_END >> PAGE_SHIFT ? DMA32_END >> PAGE_SHIFT
			 : top >= DMA_END >> PAGE_SHIFT ? DMA_END >> PAGE_SHIFT
							: 0;
		start = max_t(uint64_t, PFN_UP(r->base), bottom);
		if (start >= end)
			break;
		if (end - start > wanted)
			start = end - wanted;
		pfn = (start + MAX_ORDER_NR_PAGES - 1) & ~(MAX_ORDER_NR_PAGES - 1);
		wanted -= end - start;
	}
	return pfn;
}

/* ---- zones ---- */

static struct pfn_range limit_of(const struct zone *zone)
{
	struct pfn_range limit = zone_limits[zone_idx(zone)];

	if (zone_idx(zone) == ZONE_MOVABLE)
		limit.start = mm_root.movable_pfn;
	else
		limit.end = min_t(uint64_t, limit.end, mm_root.movable_pfn);
	return limit;
}

/* The part of [start, end) bytes that lies in @zone, in whole pages. False if there is none. */
static bool clip(const struct zone *zone, phys_addr_t start, phys_addr_t end, struct pfn_range *part)
{
	struct pfn_range limit = limit_of(zone);

	part->start = max_t(uint64_t, PFN_UP(start), limit.start);
	part->end = min_t(uint64_t, PFN_DOWN(end), limit.end);
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
		zone_list_block(zone, pfn_to_page(pfn), order, MIGRATE_MOVABLE, PG_ZEROED);
		pfn += 1UL << order;
	}
}

unsigned long nr_managed_pages;

static void zone_add_free(struct zone *zone, const struct pfn_range *part)
{
	uint64_t first = (part->start + MAX_ORDER_NR_PAGES - 1) & ~(MAX_ORDER_NR_PAGES - 1);
	uint64_t last = part->end & ~(MAX_ORDER_NR_PAGES - 1);

	zone->managed_pages += part->end - part->start;
	nr_managed_pages += part->end - part->start;
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

/* Pages of the zones that the kernel lives in. */
static uint64_t kernel_pages(void)
{
	return totalram_pages() - mm_zones[ZONE_MOVABLE].managed_pages;
}

static uint64_t min_pages(void)
{
	uint64_t kb = root_of(16 * (kernel_pages() << (PAGE_SHIFT - 10)));

	kb = clamp_t(uint64_t, kb, MIN_FREE_KB_LOW, MIN_FREE_KB_HIGH);
	/* More than a quarter would leave no room for anything else. */
	kb = max_t(uint64_t, kb, min_t(uint64_t, user_min_free_kb, kernel_pages() << (PAGE_SHIFT - 10) >> 2));
	return kb >> (PAGE_SHIFT - 10);
}

static void setup_watermarks(void)
{
	uint64_t total = kernel_pages(), all = min_pages();
	struct zone *zone;

	for_each_zone (zone) {
		uint64_t share, delta, min;

		if (!managed_zone(zone))
			continue;
		share = total ? all * zone->managed_pages / total : 0;
		min = share;
		if (zone_idx(zone) == ZONE_MOVABLE)
			min = clamp_t(uint64_t, zone->managed_pages / 1024, 32, 128);
		delta = max_t(uint64_t, share / 4, zone->managed_pages * watermark_scale / 10000);
		zone->watermark[WMARK_MIN] = min;
		zone->watermark[WMARK_LOW] = min + delta;
		zone->watermark[WMARK_HIGH] = min + 2 * delta;
	}
}

void pageblocks_boot_alloc(void)
{
	size_t blocks = (mm_root.max_pfn + PAGEBLOCK_PAGES - 1) >> PAGEBLOCK_ORDER;

	mm_root.movable_pfn = find_movable();
	mm_root.pageblocks = memblock_alloc(PAGE_ALIGN(blocks), PAGE_SIZE);
	mm_root.pcp = memblock_alloc(PAGE_ALIGN(sizeof(*mm_root.pcp) * MAX_NR_ZONES * mm_root.nr_cpus), PAGE_SIZE);
	BUG_ON(!mm_root.pageblocks || !mm_root.pcp);
	arch_pcp_boot();
}

void zones_init(void)
{
	static const char *const names[] = ZONE_NAMES;

	nr_managed_pages = 0;
	for (int i = 0; i < MAX_NR_ZONES; i++)
		zone_setup(&mm_zones[i], names[i]);
	setup_zonelists();
	setup_reserves();
	setup_watermarks();
	mm_root.tuning = (struct zone_tuning){.min_free_pages = min_pages(), .watermark_scale = watermark_scale};
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		mm_root.tuning.reserve_ratio[i] = reserve_ratio[i];
	pcp_setup();
}
