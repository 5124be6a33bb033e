// SPDX-License-Identifier: MIT
/*
 * check_pair.c - two moments of one guest: what never changes has not changed, what only grows has not shrunk, and pages changed
 * hands no more often than pages were given back in between.
 *
 * Both are read as they are; each was, or is, checked by itself. Memory that nobody had touched by the later moment is passed over.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tools/view/check_impl.h"
#include "tools/view/list.h"
#include "tools/view/view_impl.h"

/** struct pair - @c: of the later one, for faults */
struct pair {
	struct check_ctx *c;
	const struct view *old, *now;
	const struct mm_root *was, *is;
};

/* ---- what never changes ---- */

static void changed(struct pair *p, const char *what, gva_t addr, uint64_t was, uint64_t is)
{
	struct check_fault *f;

	if (was == is)
		return;
	f = check_fault(p->c, R_PAIR_CONSTANT, CHECK_NO_PFN, addr, "%s", what);
	check_got(f, "%#lx", is);
	check_want(f, "%#lx, as before", was);
}

static void check_root_constants(struct pair *p)
{
	const struct mm_root *a = p->was, *b = p->is;
	gva_t at = view_root_addr(p->now);

	changed(p, "root: page tables", at, a->cr3, b->cr3);
	changed(p, "root: pages of RAM", at, a->max_pfn, b->max_pfn);
	changed(p, "root: CPUs", at, a->nr_cpus, b->nr_cpus);
	changed(p, "root: zones", at, a->zones.va, b->zones.va);
	changed(p, "root: boot memory", at, a->memblock.va, b->memblock.va);
	changed(p, "root: lists of the CPUs", at, a->pcp.va, b->pcp.va);
	changed(p, "root: types of pageblocks", at, a->pageblocks.va, b->pageblocks.va);
	changed(p, "root: vmalloc space", at, a->vmalloc.va, b->vmalloc.va);
	changed(p, "root: start of zone Movable", at, a->movable_pfn, b->movable_pfn);
}

/* Caches of the image: others may be gone, and their memory another's. */
static void check_cache_constants(struct pair *p)
{
	struct list_cache *caches;
	char err[VIEW_ERR_MAX];
	int nr = list_caches(p->now, &caches, err);

	for (int i = 0; i < nr; i++) {
		struct kmem_cache a, b;
		char what[64];

		if (caches[i].addr < KERNEL_BASE || view_read(p->old, caches[i].addr, &a, sizeof(a)) ||
		    view_read(p->now, caches[i].addr, &b, sizeof(b)))
			continue;
		snprintf(what, sizeof(what), "cache %s: geometry", caches[i].name);
		changed(p, what, caches[i].addr, (uint64_t)a.size << 32 | a.offset, (uint64_t)b.size << 32 | b.offset);
		changed(p, what, caches[i].addr, (uint64_t)a.align << 32 | a.first, (uint64_t)b.align << 32 | b.first);
		changed(p, what, caches[i].addr, a.order << 16 | a.objs_per_slab, b.order << 16 | b.objs_per_slab);
		snprintf(what, sizeof(what), "cache %s: seed of its links", caches[i].name);
		changed(p, what, caches[i].addr, a.random, b.random);
	}
	if (nr >= 0)
		free(caches);
}

/* ---- what only grows ---- */

static void grown(struct pair *p, const char *what, gva_t addr, uint64_t was, uint64_t is)
{
	struct check_fault *f;

	if (is >= was)
		return;
	f = check_fault(p->c, R_PAIR_COUNTERS, CHECK_NO_PFN, addr, "%s", what);
	check_got(f, "%lu", is);
	check_want(f, "at least %lu, as before", was);
}

/* Return: blocks given back in the zone in between. */
static uint64_t check_zone_pair(struct pair *p, unsigned int zone, struct zone *now)
{
	gva_t at = p->is->zones.va + zone * sizeof(struct zone);
	uint64_t freed = 0;
	struct zone a;
	char what[64];

	if (view_read(p->old, at, &a, sizeof(a)) || view_read(p->now, at, now, sizeof(*now)))
		return 0;
	snprintf(what, sizeof(what), "zone %.8s: bounds", now->name);
	changed(p, what, at, a.start_pfn, now->start_pfn);
	changed(p, what, at, a.spanned_pages, now->spanned_pages);
	changed(p, what, at, a.managed_pages, now->managed_pages);
	snprintf(what, sizeof(what), "zone %.8s: blocks out and back", now->name);
	grown(p, what, at, a.nr_allocs, now->nr_allocs);
	grown(p, what, at, a.nr_frees, now->nr_frees);
	grown(p, what, at, a.nr_claims, now->nr_claims);
	freed = now->nr_frees - a.nr_frees;
	for (unsigned int cpu = 0; cpu < p->is->nr_cpus && cpu < MMV_NR_CPUS; cpu++) {
		gva_t pcp = p->is->pcp.va + (cpu * MAX_NR_ZONES + zone) * sizeof(struct per_cpu_pages);
		struct per_cpu_pages x, y;

		if (view_read(p->old, pcp, &x, sizeof(x)) || view_read(p->now, pcp, &y, sizeof(y)))
			continue;
		snprintf(what, sizeof(what), "zone %.8s, CPU %u: blocks out and back", now->name, cpu);
		grown(p, what, pcp, x.nr_allocs, y.nr_allocs);
		grown(p, what, pcp, x.nr_frees, y.nr_frees);
		freed += y.nr_frees - x.nr_frees;
	}
	return freed;
}

static void check_events(struct pair *p)
{
	static const char *const names[] = VM_EVENT_NAMES;
	struct pglist_data a, b;

	if (!p->is->node.va || view_read(p->old, p->is->node.va, &a, sizeof(a)) ||
	    view_read(p->now, p->is->node.va, &b, sizeof(b)))
		return;
	grown(p, "clock of the inactive lists", p->is->node.va, a.lruvec.nonresident_age, b.lruvec.nonresident_age);
	for (unsigned int cpu = 0; cpu < p->is->nr_cpus && cpu < MMV_NR_CPUS; cpu++) {
		gva_t at = b.events.va + cpu * sizeof(struct vm_event_cpu);
		struct vm_event_cpu x, y;

		if (view_read(p->old, at, &x, sizeof(x)) || view_read(p->now, at, &y, sizeof(y)))
			continue;
		for (unsigned int i = 0; i < NR_VM_EVENT_ITEMS; i++)
			grown(p, names[i], at + i * sizeof(uint64_t), x.event[i], y.event[i]);
	}
}

static void check_cpus(struct pair *p)
{
	for (unsigned int cpu = 0; cpu < p->is->nr_cpus && cpu < MMV_NR_CPUS && p->is->cpus.va; cpu++) {
		gva_t at = p->is->cpus.va + cpu * sizeof(struct mm_cpu);
		struct mm_cpu a, b;
		char what[64];

		if (view_read(p->old, at, &a, sizeof(a)) || view_read(p->now, at, &b, sizeof(b)))
			continue;
		snprintf(what, sizeof(what), "CPU %u: turns taken", cpu);
		grown(p, what, at, a.switches, b.switches);
		snprintf(what, sizeof(what), "CPU %u: callbacks called", cpu);
		grown(p, what, at, a.rcu.called, b.rcu.called);
	}
}

/* ---- who has which page ---- */

/* Owners that a block gets when it is allocated and keeps until it is freed. */
static bool keeps(const struct page *p)
{
	return p->state == PAGE_USED && p->owner < NR_PAGE_OWNERS && p->owner != OWNER_RAW && p->owner != OWNER_CACHE &&
	       p->owner != OWNER_ANON;
}

/* Pages [start, end) whose owner has changed. @first: one of them */
static uint64_t count_changed(struct pair *p, const struct zone *z, uint64_t start, uint64_t end, uint64_t *first)
{
	uint64_t nr = 0;

	for (uint64_t pfn = start; pfn < end; pfn++) {
		struct page a, b;

		for (unsigned int i = 0; i < MMV_NR_FRESH && i < z->nr_fresh; i++)
			if (pfn >= z->fresh[i].start && pfn < z->fresh[i].end)
				pfn = z->fresh[i].end;
		if (pfn >= end || view_page(p->now, pfn, &b) || !keeps(&b) || view_page(p->old, pfn, &a) ||
		    !keeps(&a) || a.owner == b.owner)
			continue;
		*first = nr++ ? *first : pfn;
	}
	return nr;
}

/* Where there is memory: what the zone says of its size may be anything. */
static void check_owners(struct pair *p, const struct zone *z, uint64_t freed)
{
	uint64_t nr = 0, first = 0, end = z->start_pfn + z->spanned_pages;
	const struct view_region *r;
	struct check_fault *f;

	for (unsigned int i = 0; (r = view_region(p->now, i)); i++) {
		uint64_t from = r->gpa >> MMV_PAGE_SHIFT, to = (r->gpa + r->size) >> MMV_PAGE_SHIFT;

		nr += count_changed(p, z, from > z->start_pfn ? from : z->start_pfn, to < end ? to : end, &first);
	}
	if (nr <= freed)
		return;
	f = check_fault(p->c, R_PAIR_OWNER, first, view_page_addr(first), "zone %.8s", z->name);
	check_got(f, "%lu blocks have another owner, %lu were given back", nr, freed);
	check_want(f, "a free in between for each");
}

int view_check_pair(struct view *old, struct view *now, struct check_report *r, char *err)
{
	struct check_ctx c = {.v = now, .r = r};
	struct pair p = {.c = &c, .old = old, .now = now};

	p.was = view_root(old, err);
	p.is = p.was ? view_root(now, err) : NULL;
	if (!p.is)
		return -1;
	if (p.was->tsc_entry != p.is->tsc_entry || p.was->phys_base != p.is->phys_base ||
	    view_root_addr(old) != view_root_addr(now)) {
		view_err(err, "the earlier snapshot is of another run: there is nothing that must be the same");
		return -1;
	}
	c.root = p.is;
	check_ran_all(&c, R_PAIR_CONSTANT, R_PAIR_OWNER);
	check_root_constants(&p);
	check_cache_constants(&p);
	check_events(&p);
	check_cpus(&p);
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		struct zone z = {0};
		uint64_t freed = check_zone_pair(&p, i, &z);

		check_owners(&p, &z, freed);
	}
	check_tally(r);
	return (int)r->broken;
}
