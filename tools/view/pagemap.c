// SPDX-License-Identifier: MIT
/*
 * pagemap.c - the walk over all RAM: see pagemap.h.
 *
 * RAM is what memblock says; of it, what memblock reserved and what lies in no zone is MAP_RESERVED, what a zone calls fresh is
 * MAP_FRESH, and the rest is blocks, each of which tells by its head where the next one begins.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/view/pagemap.h"
#include "tools/view/view_impl.h"

#define MAX_RUNS (1UL << 24)
#define MAX_NAMES 4096
#define MAX_BLOCKS (1UL << 25) /* of 2 MiB: as far as the direct map reaches */

struct walk {
	const struct view *v;
	struct pagemap *m;
	struct memblock memblock;
	struct pfn_range reserved[2 * MMV_NR_RANGES];
	uint64_t nr_reserved;
	struct zone zones[MAX_NR_ZONES];
};

/* Room for one more, at least doubling. Return: 0 or -1. */
static int grow(void **array, size_t have, size_t *cap, size_t most, size_t size)
{
	size_t want = *cap ? *cap * 2 : 256;
	void *bigger;

	if (have < *cap)
		return 0;
	if (have >= most)
		return -1;
	bigger = realloc(*array, want * size);
	if (!bigger)
		return -1;
	*array = bigger;
	*cap = want;
	return 0;
}

static bool same(const struct map_run *a, const struct map_run *b)
{
	return a->kind == b->kind && a->owner == b->owner && a->order == b->order && a->migratetype == b->migratetype &&
	       a->zone == b->zone && a->name == b->name;
}

static int add(struct walk *w, struct map_run run)
{
	struct pagemap *m = w->m;
	struct map_run *last = m->nr_runs ? &m->runs[m->nr_runs - 1] : NULL;

	m->pages[run.kind] += run.nr;
	if (run.kind == MAP_USED)
		m->owned[run.owner] += run.nr;
	if (last && last->pfn + last->nr == run.pfn && same(last, &run)) {
		last->nr += run.nr;
		return 0;
	}
	if (grow((void **)&m->runs, m->nr_runs, &m->cap_runs, MAX_RUNS, sizeof(*m->runs)) || !m->runs)
		return -1;
	m->runs[m->nr_runs++] = run;
	return 0;
}

/* The name of a slab cache, read once. */
static uint32_t name_of(struct walk *w, gva_t cache)
{
	struct pagemap *m = w->m;
	size_t cap = m->cap_names;

	for (uint32_t i = 0; i < m->nr_names; i++)
		if (m->names[i].cache == cache)
			return i;
	if (grow((void **)&m->names, m->nr_names, &cap, MAX_NAMES, sizeof(*m->names)))
		return MAP_NO_NAME;
	m->cap_names = (uint32_t)cap;
	m->names[m->nr_names].cache = cache;
	if (view_read_str(w->v, cache + offsetof(struct kmem_cache, name), m->names[m->nr_names].text,
			  sizeof(m->names[0].text)))
		snprintf(m->names[m->nr_names].text, sizeof(m->names[0].text), "(unreadable)");
	return m->nr_names++;
}

/* The zone of a page and where in it the page's stretch of one kind ends. */
static uint32_t zone_at(const struct walk *w, uint64_t pfn, uint64_t *end)
{
	for (uint32_t i = 0; i < w->m->nr_zones; i++) {
		const struct map_zone *z = &w->m->zones[i];

		if (pfn >= z->start && pfn - z->start < z->spanned) {
			if (*end > z->start + z->spanned)
				*end = z->start + z->spanned;
			return i;
		}
		if (z->start > pfn && *end > z->start)
			*end = z->start;
	}
	return MAX_NR_ZONES;
}

/* Is @pfn in one of the ranges? @end comes down to where that changes. */
static bool in_range(const struct pfn_range *ranges, uint64_t nr, uint64_t pfn, uint64_t *end)
{
	for (uint64_t i = 0; i < nr; i++) {
		if (pfn >= ranges[i].start && pfn < ranges[i].end) {
			if (*end > ranges[i].end)
				*end = ranges[i].end;
			return true;
		}
		if (ranges[i].start > pfn && ranges[i].start<ranges[i].end && * end> ranges[i].start)
			*end = ranges[i].start;
	}
	return false;
}

/* A page that is reserved in part is reserved. */
static void list_reserved(struct walk *w)
{
	const struct memblock_type *t = &w->memblock.reserved;

	for (uint64_t i = 0; i < t->cnt && i < 2 * MMV_NR_RANGES; i++)
		w->reserved[w->nr_reserved++] = (struct pfn_range){
			t->regions[i].base >> MMV_PAGE_SHIFT,
			(t->regions[i].base + t->regions[i].size + MMV_PAGE_SIZE - 1) >> MMV_PAGE_SHIFT};
}

/* What the entry at @pfn says, at most up to @end. */
static struct map_run block_at(struct walk *w, uint64_t pfn, uint64_t end, uint32_t zone)
{
	struct map_run run = {.pfn = pfn, .nr = 1, .kind = MAP_LOST, .zone = zone, .name = MAP_NO_NAME};
	struct page page;

	if (view_page(w->v, pfn, &page) || page.order > MAX_PAGE_ORDER || pfn & ((1UL << page.order) - 1) ||
	    page.owner >= NR_PAGE_OWNERS || page.migratetype >= MIGRATE_TYPES)
		return run;
	switch (page.state) {
	case PAGE_FREE:
		run.kind = MAP_FREE;
		break;
	case PAGE_PCP:
		run.kind = MAP_PCP;
		break;
	case PAGE_USED:
		run.kind = MAP_USED;
		run.owner = page.owner;
		break;
	default:
		return run;
	}
	run.order = page.order;
	run.migratetype = page.migratetype;
	run.nr = 1UL << page.order < end - pfn ? 1UL << page.order : end - pfn;
	if (page.owner == OWNER_SLAB)
		run.name = name_of(w, ((const struct slab *)&page)->slab_cache.va);
	return run;
}

/* Blocks, one after the other. */
static int walk_blocks(struct walk *w, uint64_t pfn, uint64_t end, uint32_t zone)
{
	while (pfn < end) {
		struct map_run run = block_at(w, pfn, end, zone);

		if (add(w, run))
			return -1;
		pfn += run.nr;
	}
	return 0;
}

/* A piece of RAM: stretches that are all reserved, all fresh, or blocks. */
static int walk_ram(struct walk *w, uint64_t pfn, uint64_t end)
{
	uint64_t stop;

	for (; pfn < end; pfn = stop) {
		struct map_run run = {.pfn = pfn, .kind = MAP_RESERVED, .name = MAP_NO_NAME};

		stop = end;
		run.zone = zone_at(w, pfn, &stop);
		if (run.zone < MAX_NR_ZONES && !in_range(w->reserved, w->nr_reserved, pfn, &stop)) {
			if (!in_range(w->zones[run.zone].fresh, MMV_NR_FRESH, pfn, &stop)) {
				if (walk_blocks(w, pfn, stop, run.zone))
					return -1;
				continue;
			}
			run.kind = MAP_FRESH;
			run.order = MAX_PAGE_ORDER;
			run.migratetype = MIGRATE_MOVABLE;
		}
		run.nr = stop - pfn;
		if (add(w, run))
			return -1;
	}
	return 0;
}

static int read_zones(struct walk *w, const struct mm_root *root, char *err)
{
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		struct zone *z = &w->zones[w->m->nr_zones];
		struct map_zone *out = &w->m->zones[w->m->nr_zones];

		if (view_read(w->v, root->zones.va + i * sizeof(*z), z, sizeof(*z))) {
			view_err(err, "zone %u at %#lx: no memory is mapped there", i, root->zones.va + i * sizeof(*z));
			return -1;
		}
		if (!z->managed_pages)
			continue;
		snprintf(out->name, sizeof(out->name), "%.8s", z->name);
		out->start = z->start_pfn;
		out->spanned = z->spanned_pages;
		w->m->nr_zones++;
	}
	return 0;
}

static int read_pageblocks(struct walk *w, const struct mm_root *root)
{
	uint64_t nr = (root->max_pfn + PAGEBLOCK_PAGES - 1) >> PAGEBLOCK_ORDER;

	if (!nr || nr > MAX_BLOCKS)
		return -1;
	w->m->blocks = malloc(nr);
	w->m->nr_blocks = w->m->blocks ? nr : 0;
	return w->m->blocks ? view_read(w->v, root->pageblocks.va, w->m->blocks, nr) : -1;
}

/* What memblock calls RAM, as far as it exists: the guest's word alone could mean 64 TiB. */
static int walk_region(struct walk *w, const struct memblock_region *r)
{
	const struct view_region *slot;

	for (unsigned int i = 0; (slot = view_region(w->v, i)); i++) {
		gpa_t from = r->base > slot->gpa ? r->base : slot->gpa;
		gpa_t end = slot->gpa + slot->size, to = r->size < end - r->base ? r->base + r->size : end;

		if (!slot->is_ram || r->base >= end || from >= to)
			continue;
		if (walk_ram(w, from >> MMV_PAGE_SHIFT, to >> MMV_PAGE_SHIFT))
			return -1;
	}
	return 0;
}

int pagemap_collect(const struct view *v, struct pagemap *m, char *err)
{
	const struct mm_root *root = view_root(v, err);
	struct walk w = {.v = v, .m = m};

	memset(m, 0, sizeof(*m));
	if (!root || read_zones(&w, root, err))
		return -1;
	if (view_read(v, root->memblock.va, &w.memblock, sizeof(w.memblock)) ||
	    w.memblock.memory.cnt > 2 * MMV_NR_RANGES || read_pageblocks(&w, root)) {
		view_err(err, "memblock or the pageblocks' types cannot be read");
		return -1;
	}
	list_reserved(&w);
	for (uint64_t i = 0; i < w.memblock.memory.cnt; i++) {
		const struct memblock_region *r = &w.memblock.memory.regions[i];

		if (walk_region(&w, r)) {
			view_err(err, "memory at %#lx: more than this program can draw", r->base);
			return -1;
		}
	}
	return 0;
}

void pagemap_free(struct pagemap *m)
{
	free(m->runs);
	free(m->names);
	free(m->blocks);
	memset(m, 0, sizeof(*m));
}

const char *map_class_label(unsigned int class)
{
	static const char *const kinds[NR_MAP_KINDS] = {"reserved", "untouched", "free", "free (CPU)", "used", "lost"};
	static const char *const owners[] = PAGE_OWNER_NAMES;

	return class < NR_MAP_KINDS ? kinds[class] : class < NR_MAP_CLASSES ? owners[class - NR_MAP_KINDS] : "no RAM";
}

const char *map_run_label(const struct map_run *run)
{
	return map_class_label(MAP_CLASS(run->kind, run->owner));
}

/* Fill in who has most of a cell's pages. */
static void decide(struct map_cell *cell, const uint64_t by_class[NR_MAP_CLASSES])
{
	cell->most = NR_MAP_CLASSES;
	cell->share = cell->ram = 0;
	for (unsigned int i = 0; i < NR_MAP_CLASSES; i++) {
		cell->ram += by_class[i];
		if (by_class[i] > cell->share) {
			cell->share = by_class[i];
			cell->most = i;
		}
	}
}

uint64_t pagemap_cells(const struct pagemap *m, unsigned int zone, uint64_t pages,
		       void (*cb)(void *ctx, const struct map_cell *cell), void *ctx)
{
	const struct map_zone *z = &m->zones[zone];
	uint64_t end = z->start + z->spanned, nr = 0;
	size_t i = 0;

	for (uint64_t pfn = z->start & ~(pages - 1); pfn < end; pfn += pages, nr++) {
		uint64_t by_class[NR_MAP_CLASSES] = {0};
		uint64_t from = pfn < z->start ? z->start : pfn, to = pfn + pages < end ? pfn + pages : end;
		struct map_cell cell = {.pfn = from, .nr = to - from};

		while (i < m->nr_runs && m->runs[i].pfn + m->runs[i].nr <= from)
			i++;
		for (size_t k = i; k < m->nr_runs && m->runs[k].pfn < to; k++) {
			const struct map_run *r = &m->runs[k];
			uint64_t a = r->pfn > from ? r->pfn : from, b = r->pfn + r->nr < to ? r->pfn + r->nr : to;

			by_class[MAP_CLASS(r->kind, r->owner)] += b - a;
		}
		decide(&cell, by_class);
		cb(ctx, &cell);
	}
	return nr;
}
