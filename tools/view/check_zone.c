// SPDX-License-Identifier: MIT
/*
 * check_zone.c - boot memory and zones: what RAM there is, what was taken of it, and what each zone says it got.
 *
 * Everything here is computed anew from memblock, which itself is compared with the machine's regions.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tools/view/check_impl.h"

#define PFN_DOWN(x) ((x) >> MMV_PAGE_SHIFT)
#define PFN_UP(x) (((x) + MMV_PAGE_SIZE - 1) >> MMV_PAGE_SHIFT)
#define BLOCK_PAGES (1UL << MAX_PAGE_ORDER)

static const struct {
	uint64_t start, end; /* bytes */
} limits[MAX_NR_ZONES] = {
	[ZONE_DMA] = {0, DMA_END},
	[ZONE_DMA32] = {DMA_END, DMA32_END},
	[ZONE_NORMAL] = {DMA32_END, DIRECT_MAP_SIZE},
};

/* Where a zone's pages lie. ZONE_MOVABLE, if there is one, takes the top of memory. */
static uint64_t zone_start(const struct check_ctx *c, unsigned int zone)
{
	return zone == ZONE_MOVABLE ? c->root->movable_pfn : PFN_DOWN(limits[zone].start);
}

static uint64_t zone_end(const struct check_ctx *c, unsigned int zone)
{
	if (zone == ZONE_MOVABLE)
		return PFN_DOWN(DIRECT_MAP_SIZE);
	return PFN_DOWN(limits[zone].end) < c->root->movable_pfn ? PFN_DOWN(limits[zone].end) : c->root->movable_pfn;
}

/* ---- facts from memblock ---- */

/* Index of the first range that ends after @addr. Ranges are sorted, or their fault was reported and order does not matter. */
static uint64_t range_after(const struct memblock_type *t, gpa_t addr)
{
	uint64_t i = 0;

	while (i < t->cnt && t->regions[i].base + t->regions[i].size <= addr)
		i++;
	return i;
}

bool range_reserved(const struct check_ctx *c, gpa_t start, gpa_t end)
{
	uint64_t i = range_after(&c->mb.reserved, start);

	return i < c->mb.reserved.cnt && c->mb.reserved.regions[i].base <= start &&
	       c->mb.reserved.regions[i].base + c->mb.reserved.regions[i].size >= end;
}

bool page_reserved(const struct check_ctx *c, uint64_t pfn)
{
	uint64_t i = range_after(&c->mb.reserved, pfn << MMV_PAGE_SHIFT);

	return i < c->mb.reserved.cnt && c->mb.reserved.regions[i].base < (pfn + 1) << MMV_PAGE_SHIFT;
}

bool page_ram(const struct check_ctx *c, uint64_t pfn)
{
	uint64_t i = range_after(&c->mb.memory, pfn << MMV_PAGE_SHIFT);
	const struct memblock_region *r = &c->mb.memory.regions[i];

	return i < c->mb.memory.cnt && r->base <= pfn << MMV_PAGE_SHIFT &&
	       r->base + r->size >= (pfn + 1) << MMV_PAGE_SHIFT;
}

bool frame_fresh(const struct check_ctx *c, uint64_t pfn)
{
	for (int i = 0; i < MAX_NR_ZONES; i++) {
		const struct zone *z = &c->zones[i].z;

		if (!c->zones[i].exists)
			continue;
		for (uint64_t f = 0; f < z->nr_fresh && f < MMV_NR_FRESH; f++)
			if (pfn >= z->fresh[f].start && pfn < z->fresh[f].end)
				return true;
	}
	return false;
}

static unsigned int put(struct segment *seg, unsigned int n, uint64_t start, uint64_t end, enum segment_kind kind)
{
	if (start < end && n < MAX_SEGMENTS)
		seg[n++] = (struct segment){start, end, kind};
	return n;
}

/* Managed RAM [start, end), cut where fresh ranges begin and end. */
static unsigned int put_managed(const struct zone *z, struct segment *seg, unsigned int n, uint64_t start, uint64_t end)
{
	while (start < end) {
		uint64_t from = end, to = end;

		for (uint64_t f = 0; f < z->nr_fresh && f < MMV_NR_FRESH; f++) {
			uint64_t lo = z->fresh[f].start > start ? z->fresh[f].start : start;

			if (lo < z->fresh[f].end && lo < from) {
				from = lo;
				to = z->fresh[f].end < end ? z->fresh[f].end : end;
			}
		}
		n = put(seg, n, start, from, SEG_MANAGED);
		n = put(seg, n, from, to, SEG_FRESH);
		start = to;
	}
	return n;
}

/* RAM [start, end): reserved pieces and what is between them. A page is reserved if any byte of it is. */
static unsigned int put_ram(const struct check_ctx *c, const struct zone *z, struct segment *seg, unsigned int n,
			    uint64_t start, uint64_t end)
{
	for (uint64_t i = 0; i < c->mb.reserved.cnt && start < end; i++) {
		const struct memblock_region *r = &c->mb.reserved.regions[i];
		uint64_t from = PFN_DOWN(r->base), to = PFN_UP(r->base + r->size);

		if (to <= start || from >= end)
			continue;
		from = from > start ? from : start;
		to = to < end ? to : end;
		n = put_managed(z, seg, n, start, from);
		n = put(seg, n, from, to, SEG_RESERVED);
		start = to;
	}
	return put_managed(z, seg, n, start, end);
}

/* The part of a RAM range that lies within a zone's limits, in whole pages. */
static bool clip(const struct check_ctx *c, unsigned int zone, const struct memblock_region *r, uint64_t *start,
		 uint64_t *end)
{
	uint64_t lo = zone_start(c, zone), hi = zone_end(c, zone);

	*start = PFN_UP(r->base) > lo ? PFN_UP(r->base) : lo;
	*end = PFN_DOWN(r->base + r->size) < hi ? PFN_DOWN(r->base + r->size) : hi;
	return *start < *end;
}

unsigned int zone_segments(const struct check_ctx *c, const struct check_zone *z, struct segment *seg)
{
	unsigned int n = 0;
	uint64_t start, end;

	for (uint64_t i = 0; i < c->mb.memory.cnt; i++)
		if (clip(c, (unsigned int)(z - c->zones), &c->mb.memory.regions[i], &start, &end))
			n = put_ram(c, &z->z, seg, n, start, end);
	return n;
}

/* ---- memblock ---- */

static void check_type(struct check_ctx *c, struct memblock_type *t, const char *what)
{
	const uint64_t max = sizeof(t->regions) / sizeof(t->regions[0]);
	gva_t addr = c->root->memblock.va;
	struct check_fault *f;
	gpa_t last = 0;

	if (t->cnt > max) {
		f = check_fault(c, R_MEMBLOCK_SORTED, CHECK_NO_PFN, addr, "memblock %s", what);
		check_got(f, "%lu ranges", t->cnt);
		check_want(f, "at most %lu", max);
		t->cnt = max;
	}
	for (uint64_t i = 0; i < t->cnt; i++) {
		struct memblock_region *r = &t->regions[i];

		if (!r->size || r->base > DIRECT_MAP_SIZE || r->size > DIRECT_MAP_SIZE) {
			f = check_fault(c, R_MEMBLOCK_SORTED, CHECK_NO_PFN, addr, "memblock %s range %lu", what, i);
			check_got(f, "%#lx of %#lx bytes", r->base, r->size);
			check_want(f, "a range that is not empty and lies in the direct map");
			r->base = last;
			r->size = 0;
		} else if (i && r->base <= last) {
			f = check_fault(c, R_MEMBLOCK_SORTED, PFN_DOWN(r->base), addr, "memblock %s range %lu", what,
					i);
			check_got(f, "start %#lx", r->base);
			check_want(f, "more than %#lx, the end of the one before", last);
		}
		if (r->base + r->size > last)
			last = r->base + r->size;
	}
}

static void check_ram(struct check_ctx *c)
{
	check_ran(c, R_MEMBLOCK_RAM);
	for (uint64_t i = 0; i < c->mb.memory.cnt; i++) {
		struct memblock_region *r = &c->mb.memory.regions[i];

		for (gpa_t at = r->base; at < r->base + r->size;) {
			uint64_t len = r->base + r->size - at;
			struct check_fault *f;

			if (view_span(c->v, at, &len)) {
				at += len;
				continue;
			}
			f = check_fault(c, R_MEMBLOCK_RAM, PFN_DOWN(at), 0, "memblock memory range %lu", i);
			check_got(f, "no memory at %#lx", at);
			check_want(f, "RAM in all of %#lx..%#lx", r->base, r->base + r->size);
			/* nobody can look at what is not there */
			r->size = at - r->base;
			break;
		}
	}
}

static bool load_memblock(struct check_ctx *c)
{
	struct check_fault *f;

	check_ran(c, R_MEMBLOCK_SORTED);
	if (view_read(c->v, c->root->memblock.va, &c->mb, sizeof(c->mb))) {
		f = check_fault(c, R_MEMBLOCK_SORTED, CHECK_NO_PFN, c->root->memblock.va, "memblock");
		check_got(f, "a pointer to nowhere");
		check_want(f, "struct memblock");
		memset(&c->mb, 0, sizeof(c->mb));
		return false;
	}
	check_type(c, &c->mb.memory, "memory");
	check_type(c, &c->mb.reserved, "reserved");
	check_ram(c);
	return true;
}

/* ---- zones ---- */

static void check_span(struct check_ctx *c, unsigned int i)
{
	struct check_zone *z = &c->zones[i];
	uint64_t start, end, first = 0, last = 0, present = 0;
	struct check_fault *f;

	for (uint64_t m = 0; m < c->mb.memory.cnt; m++) {
		if (!clip(c, i, &c->mb.memory.regions[m], &start, &end))
			continue;
		if (!present || start < first)
			first = start;
		if (end > last)
			last = end;
		present += end - start;
	}
	if (z->z.start_pfn != first || z->z.spanned_pages != last - first) {
		f = check_fault(c, R_ZONE_SPAN, z->z.start_pfn, z->addr, "zone %.8s", z->z.name);
		check_got(f, "%lu pages from pfn %#lx", z->z.spanned_pages, z->z.start_pfn);
		check_want(f, "%lu pages from pfn %#lx", last - first, first);
	}
	if (z->z.present_pages != present) {
		f = check_fault(c, R_ZONE_PRESENT, CHECK_NO_PFN, z->addr, "zone %.8s", z->z.name);
		check_got(f, "%lu pages present", z->z.present_pages);
		check_want(f, "%lu", present);
	}
	/* What is looked at from here on is what exists, whatever the zone says. */
	z->first = first;
	z->end = last;
}

static void check_managed(struct check_ctx *c, struct check_zone *z)
{
	struct segment seg[MAX_SEGMENTS];
	unsigned int n = zone_segments(c, z, seg);
	uint64_t managed = 0;
	struct check_fault *f;

	for (unsigned int i = 0; i < n; i++) {
		if (seg[i].kind == SEG_RESERVED)
			z->reserved += seg[i].end - seg[i].start;
		else
			managed += seg[i].end - seg[i].start;
		if (seg[i].kind == SEG_FRESH)
			z->fresh += seg[i].end - seg[i].start;
	}
	if (z->z.managed_pages != managed) {
		f = check_fault(c, R_ZONE_MANAGED, CHECK_NO_PFN, z->addr, "zone %.8s", z->z.name);
		check_got(f, "%lu pages managed", z->z.managed_pages);
		check_want(f, "%lu: present - %lu reserved", managed, z->reserved);
	}
}

/* Managed RAM only, and no two overlap: their lengths must add up to what the segments say is fresh. */
static void check_fresh(struct check_ctx *c, struct check_zone *z)
{
	struct check_fault *f;
	uint64_t sum = 0;

	check_ran(c, R_ZONE_FRESH);
	if (z->z.nr_fresh > MMV_NR_FRESH) {
		f = check_fault(c, R_ZONE_FRESH, CHECK_NO_PFN, z->addr, "zone %.8s", z->z.name);
		check_got(f, "%lu fresh ranges", z->z.nr_fresh);
		check_want(f, "at most %d", MMV_NR_FRESH);
		return;
	}
	for (uint64_t i = 0; i < z->z.nr_fresh; i++) {
		const struct pfn_range *r = &z->z.fresh[i];

		if (r->start > r->end || (r->start | r->end) % BLOCK_PAGES) {
			f = check_fault(c, R_ZONE_FRESH, r->start, z->addr, "zone %.8s fresh range %lu", z->z.name, i);
			check_got(f, "%#lx..%#lx", r->start, r->end);
			check_want(f, "whole blocks of %lu pages", BLOCK_PAGES);
			continue;
		}
		sum += r->end - r->start;
	}
	if (sum != z->fresh) {
		f = check_fault(c, R_ZONE_FRESH, CHECK_NO_PFN, z->addr, "zone %.8s", z->z.name);
		check_got(f, "%lu pages in fresh ranges", sum);
		check_want(f, "%lu: those of managed RAM, each once", z->fresh);
	}
}

static void check_marks(struct check_ctx *c, const struct check_zone *z)
{
	const uint64_t *w = z->z.watermark;
	struct check_fault *f;

	check_ran(c, R_ZONE_MARKS);
	if (z->z.nr_free > z->z.managed_pages) {
		f = check_fault(c, R_ZONE_MARKS, CHECK_NO_PFN, z->addr, "zone %.8s", z->z.name);
		check_got(f, "%lu pages free", z->z.nr_free);
		check_want(f, "at most %lu", z->z.managed_pages);
	}
	if (w[WMARK_MIN] <= w[WMARK_LOW] && w[WMARK_LOW] <= w[WMARK_HIGH] && w[WMARK_HIGH] <= z->z.managed_pages)
		return;
	f = check_fault(c, R_ZONE_MARKS, CHECK_NO_PFN, z->addr, "zone %.8s", z->z.name);
	check_got(f, "min %lu low %lu high %lu", w[WMARK_MIN], w[WMARK_LOW], w[WMARK_HIGH]);
	check_want(f, "ascending, at most %lu", z->z.managed_pages);
}

/* Is a CPU taking a block from its own lists of the zone, or giving it one? */
static bool pcp_in_flux(struct check_ctx *c, unsigned int zone)
{
	for (unsigned int cpu = 0; cpu < c->root->nr_cpus && cpu < MMV_NR_CPUS; cpu++) {
		struct per_cpu_pages pcp;

		if (!view_read(c->v, c->root->pcp.va + (cpu * MAX_NR_ZONES + zone) * sizeof(pcp), &pcp, sizeof(pcp)) &&
		    PCP_BUSY(&pcp))
			return true;
	}
	return false;
}

static void check_reserve(struct check_ctx *c, unsigned int i)
{
	const struct check_zone *z = &c->zones[i];
	uint32_t ratio = c->root->tuning.reserve_ratio[i];
	uint64_t above = 0;

	for (unsigned int j = 0; j < MAX_NR_ZONES; j++) {
		uint64_t want;
		struct check_fault *f;

		above += j > i && c->zones[j].exists ? c->zones[j].z.managed_pages : 0;
		want = j > i && ratio && z->z.managed_pages ? above / ratio : 0;
		if (z->z.lowmem_reserve[j] == want)
			continue;
		f = check_fault(c, R_ZONE_RESERVE, CHECK_NO_PFN, z->addr + offsetof(struct zone, lowmem_reserve),
				"zone %.8s against requests for zone %u", z->z.name, j);
		check_got(f, "%lu pages", z->z.lowmem_reserve[j]);
		check_want(f, "%lu: %lu / %u", want, above, ratio);
	}
}

/* The shares were rounded down: a page may be missing for each zone. */
static void check_min_free(struct check_ctx *c)
{
	const struct zone_tuning *t = &c->root->tuning;
	uint64_t sum = 0, zones = 0;
	struct check_fault *f;

	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		const struct zone *z = &c->zones[i].z;
		const uint64_t *w = z->watermark;
		uint64_t by_scale = z->managed_pages * t->watermark_scale / 10000;

		if (!c->zones[i].exists || !z->managed_pages)
			continue;
		check_ran(c, R_ZONE_MIN_FREE);
		if (i != ZONE_MOVABLE) {
			sum += w[WMARK_MIN];
			zones++;
		}
		if (w[WMARK_LOW] - w[WMARK_MIN] == w[WMARK_HIGH] - w[WMARK_LOW] &&
		    (i == ZONE_MOVABLE ||
		     w[WMARK_LOW] - w[WMARK_MIN] == (w[WMARK_MIN] / 4 > by_scale ? w[WMARK_MIN] / 4 : by_scale)))
			continue;
		f = check_fault(c, R_ZONE_MIN_FREE, CHECK_NO_PFN, c->zones[i].addr, "zone %.8s", z->name);
		check_got(f, "min %lu low %lu high %lu", w[WMARK_MIN], w[WMARK_LOW], w[WMARK_HIGH]);
		check_want(f, "twice the same distance: min / 4 or %lu", by_scale);
	}
	if (!zones || (sum <= t->min_free_pages && sum + zones > t->min_free_pages))
		return;
	f = check_fault(c, R_ZONE_MIN_FREE, CHECK_NO_PFN, c->root->zones.va, "all zones");
	check_got(f, "min marks of %lu pages together", sum);
	check_want(f, "%lu, less what rounding took", t->min_free_pages);
}

static void check_zone(struct check_ctx *c, unsigned int i)
{
	struct check_zone *z = &c->zones[i];
	struct check_fault *f;
	char what[32];

	z->addr = c->root->zones.va + i * sizeof(struct zone);
	if (view_read(c->v, z->addr, &z->z, sizeof(z->z))) {
		f = check_fault(c, R_ZONE_SPAN, CHECK_NO_PFN, z->addr, "zone %u", i);
		check_got(f, "a pointer to nowhere");
		check_want(f, "struct zone");
		return;
	}
	check_ran_all(c, R_ZONE_SPAN, R_ZONE_MANAGED);
	check_span(c, i);
	if (z->first >= z->end)
		return;
	z->exists = true;
	snprintf(what, sizeof(what), "zone %.8s", z->z.name);
	check_marks(c, z);
	check_managed(c, z);
	if (!check_lock(c, &z->z.lock, z->addr + offsetof(struct zone, lock), what) || pcp_in_flux(c, i)) {
		z->flux = c->any_flux = true;
		check_flux(c, R_ZONE_FRESH, R_ZONE_FRESH);
	} else {
		check_fresh(c, z);
	}
	z->listed = mmap(NULL, (z->end - z->first) / 8 + 1, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (z->listed == MAP_FAILED) {
		fprintf(stderr, "out of memory while checking\n");
		abort();
	}
}

void check_zones(struct check_ctx *c)
{
	const struct view_region *r;

	for (unsigned int i = 0; (r = view_region(c->v, i)); i++)
		c->max_pfn = PFN_DOWN(r->gpa + r->size);
	c->have_mb = load_memblock(c);
	for (unsigned int i = 0; c->have_mb && i < MAX_NR_ZONES; i++)
		check_zone(c, i);
	for (unsigned int i = 0; c->have_mb && i < MAX_NR_ZONES; i++) {
		if (!c->zones[i].exists)
			continue;
		check_ran(c, R_ZONE_RESERVE);
		check_reserve(c, i);
	}
	if (c->have_mb)
		check_min_free(c);
}
