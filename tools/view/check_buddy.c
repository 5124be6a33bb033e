// SPDX-License-Identifier: MIT
/*
 * check_buddy.c - the free lists of every zone and the CPUs' own, walked as lists.
 *
 * A node whose prev is not the node we came from ends the walk: so a walk passes no node twice, and ends after at most as
 * many steps as there are pages. What was passed is marked; check_page.c compares the marks with the memory map.
 */
#include "tools/view/check_impl.h"

static bool mark_listed(struct check_zone *z, uint64_t pfn)
{
	uint64_t bit = pfn - z->first;
	bool was = z->listed[bit / 8] >> bit % 8 & 1;

	z->listed[bit / 8] |= (uint8_t)(1u << bit % 8);
	return was;
}

/* One entry. Return: false if the walk cannot go on from here. */
static bool check_entry(struct check_ctx *c, struct check_zone *z, unsigned int order, unsigned int type, gva_t at,
			gva_t prev, struct page *page)
{
	gva_t addr = at - offsetof(struct page, lru);
	struct check_fault *f;
	uint64_t pfn;

	if (view_pfn_of(addr, &pfn) || pfn < z->first || pfn >= z->end || view_page(c->v, pfn, page)) {
		f = check_fault(c, R_BUDDY_ENTRY, CHECK_NO_PFN, prev, "zone %.8s, free list of order %u", z->z.name,
				order);
		check_got(f, "a link to %#lx", at);
		check_want(f, "an entry of pfn %#lx..%#lx", z->first, z->end);
		return false;
	}
	if (page->lru.prev.va != prev) {
		f = check_fault(c, R_BUDDY_LINKED, pfn, at, "zone %.8s, free list of order %u", z->z.name, order);
		check_got(f, "prev %#lx", page->lru.prev.va);
		check_want(f, "%#lx, whose next this is", prev);
		return false;
	}
	if (page->state != PAGE_FREE || page->order != order || page->migratetype != type) {
		f = check_fault(c, R_BUDDY_ENTRY, pfn, addr, "zone %.8s, free list of order %u", z->z.name, order);
		check_got(f, "state %u, order %u, type %u", page->state, page->order, page->migratetype);
		check_want(f, "state %u (free), order %u, type %u", PAGE_FREE, order, type);
	}
	if (mark_listed(z, pfn)) {
		f = check_fault(c, R_BUDDY_COMPLETE, pfn, addr, "zone %.8s, free list of order %u", z->z.name, order);
		check_got(f, "a block that is on another free list too");
		check_want(f, "one list");
	}
	return true;
}

/* One list of an order. Return: its length, as far as it could be walked; *whole: all the way round. */
static uint64_t walk_free_list(struct check_ctx *c, struct check_zone *z, unsigned int order, unsigned int type,
			       bool *whole)
{
	const struct list_head *list = &z->z.free_area[order].free_list[type];
	gva_t head = z->addr + offsetof(struct zone, free_area) + order * sizeof(struct free_area) +
		     offsetof(struct free_area, free_list) + type * sizeof(*list);
	gva_t prev = head, at = list->next.va;
	struct check_fault *f;
	struct page page;
	uint64_t n = 0;

	for (; at != head; n++) {
		if (!check_entry(c, z, order, type, at, prev, &page)) {
			*whole = false;
			return n;
		}
		prev = at;
		at = page.lru.next.va;
	}
	if (list->prev.va != prev) {
		f = check_fault(c, R_BUDDY_LINKED, CHECK_NO_PFN, head, "zone %.8s, free list of order %u", z->z.name,
				order);
		check_got(f, "last entry %#lx", list->prev.va);
		check_want(f, "%#lx", prev);
	}
	return n;
}

static void check_free_lists(struct check_ctx *c, struct check_zone *z, unsigned int order)
{
	const struct free_area *area = &z->z.free_area[order];
	struct check_fault *f;
	bool whole = true;
	uint64_t n = 0;

	for (unsigned int type = 0; type < MIGRATE_TYPES; type++)
		n += walk_free_list(c, z, order, type, &whole);
	if (whole && n != area->nr_free) {
		f = check_fault(c, R_BUDDY_COUNT, CHECK_NO_PFN,
				z->addr + offsetof(struct zone, free_area) + order * sizeof(*area),
				"zone %.8s, free lists of order %u", z->z.name, order);
		check_got(f, "nr_free %lu", area->nr_free);
		check_want(f, "%lu, the length of the lists", n);
	}
}

/* ---- per-CPU lists ---- */

/* One list of blocks that are linked by lru.next. Return: the pages on it. */
static uint64_t walk_pcp_list(struct check_ctx *c, struct check_zone *z, unsigned int cpu, unsigned int list, gva_t at)
{
	unsigned int order = PCP_LIST_ORDER(list);
	struct check_fault *f;
	uint64_t pages = 0;
	struct page page;

	while (at) {
		uint64_t pfn;

		if (view_pfn_of(at, &pfn) || pfn < z->first || pfn >= z->end || view_page(c->v, pfn, &page)) {
			f = check_fault(c, R_PCP_ENTRY, CHECK_NO_PFN, at, "zone %.8s, list %u of CPU %u", z->z.name,
					list, cpu);
			check_got(f, "a link to %#lx", at);
			check_want(f, "an entry of pfn %#lx..%#lx", z->first, z->end);
			return pages;
		}
		if (page.state != PAGE_PCP || page.order != order || page.migratetype != PCP_LIST_TYPE(list)) {
			f = check_fault(c, R_PCP_ENTRY, pfn, at, "zone %.8s, list %u of CPU %u", z->z.name, list, cpu);
			check_got(f, "state %u, order %u, type %u", page.state, page.order, page.migratetype);
			check_want(f, "state %u (per-CPU), order %u, type %u", PAGE_PCP, order, PCP_LIST_TYPE(list));
			return pages;
		}
		if (mark_listed(z, pfn)) {
			f = check_fault(c, R_PCP_ENTRY, pfn, at, "zone %.8s, list %u of CPU %u", z->z.name, list, cpu);
			check_got(f, "a block that is on a list already");
			check_want(f, "one list");
			return pages;
		}
		pages += 1UL << order;
		at = page.lru.next.va;
	}
	return pages;
}

/* Where a CPU keeps its lists of a zone. */
static gva_t pcp_addr(const struct check_ctx *c, const struct check_zone *z, unsigned int cpu)
{
	return c->root->pcp.va + (cpu * MAX_NR_ZONES + (gva_t)(z - c->zones)) * sizeof(struct per_cpu_pages);
}

static void check_pcp(struct check_ctx *c, struct check_zone *z, unsigned int cpu, const struct per_cpu_pages *pcp)
{
	struct check_fault *f;
	uint64_t pages = 0;

	for (unsigned int list = 0; list < NR_PCP_LISTS; list++)
		pages += walk_pcp_list(c, z, cpu, list, pcp->lists[list].va);
	if (pages == pcp->count)
		return;
	f = check_fault(c, R_PCP_COUNT, CHECK_NO_PFN, pcp_addr(c, z, cpu), "zone %.8s, CPU %u", z->z.name, cpu);
	check_got(f, "count %u", pcp->count);
	check_want(f, "%lu, the pages on its lists", pages);
}

static void check_bounds(struct check_ctx *c, const struct check_zone *z, unsigned int cpu,
			 const struct per_cpu_pages *pcp, const struct per_cpu_pages *first)
{
	bool ran = cpu < c->root->nr_cpus_online;
	struct check_fault *f;

	if (pcp->batch && pcp->batch <= pcp->high && pcp->batch == first->batch && pcp->high == first->high &&
	    (ran || !pcp->count))
		return;
	f = check_fault(c, R_PCP_BOUNDS, CHECK_NO_PFN, pcp_addr(c, z, cpu), "zone %.8s, CPU %u", z->z.name, cpu);
	check_got(f, "count %u, batch %u, high %u", pcp->count, pcp->batch, pcp->high);
	check_want(f, "%sbatch %u, high %u as CPU 0, and above 0", ran ? "" : "no pages: that CPU never ran; ",
		   first->batch, first->high);
}

static void check_pcps(struct check_ctx *c, struct check_zone *z, unsigned int zone)
{
	struct per_cpu_pages pcp, first = {0};

	for (unsigned int cpu = 0; cpu < c->root->nr_cpus && cpu < MMV_NR_CPUS; cpu++) {
		if (view_read(c->v, c->root->pcp.va + (cpu * MAX_NR_ZONES + zone) * sizeof(pcp), &pcp, sizeof(pcp)))
			continue;
		if (!cpu)
			first = pcp;
		check_pcp(c, z, cpu, &pcp);
		if (z->z.managed_pages)
			check_bounds(c, z, cpu, &pcp, &first);
	}
}

static void check_total(struct check_ctx *c, const struct check_zone *z)
{
	uint64_t sum = 0, fresh = 0;
	struct check_fault *f;

	for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++)
		sum += z->z.free_area[o].nr_free << o;
	for (uint64_t i = 0; i < z->z.nr_fresh && i < MMV_NR_FRESH; i++)
		fresh += z->z.fresh[i].end - z->z.fresh[i].start;
	sum -= z->z.nr_type[MIGRATE_ISOLATE];
	if (sum + fresh == z->z.nr_free)
		return;
	f = check_fault(c, R_BUDDY_TOTAL, CHECK_NO_PFN, z->addr + offsetof(struct zone, nr_free), "zone %.8s",
			z->z.name);
	check_got(f, "nr_free %lu", z->z.nr_free);
	check_want(f, "%lu: %lu by the lists' counts, isolated ones apart, + %lu fresh", sum + fresh, sum, fresh);
}

void check_buddy(struct check_ctx *c)
{
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		struct check_zone *z = &c->zones[i];

		if (!z->exists)
			continue;
		if (z->flux) {
			check_flux(c, R_BUDDY_LINKED, R_BUDDY_TOTAL);
			check_flux(c, R_PCP_ENTRY, R_PCP_BOUNDS);
			continue;
		}
		check_ran_all(c, R_BUDDY_LINKED, R_BUDDY_ENTRY);
		check_ran_all(c, R_BUDDY_COUNT, R_BUDDY_TOTAL);
		for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++)
			check_free_lists(c, z, o);
		check_total(c, z);
		check_ran_all(c, R_PCP_ENTRY, R_PCP_BOUNDS);
		check_pcps(c, z, i);
	}
}
