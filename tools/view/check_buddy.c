// SPDX-License-Identifier: MIT
/*
 * check_buddy.c - the free lists of every zone, walked as lists.
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
static bool check_entry(struct check_ctx *c, struct check_zone *z, unsigned int order, gva_t at, gva_t prev,
			struct page *page)
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
	if (page->state != PAGE_FREE || page->order != order) {
		f = check_fault(c, R_BUDDY_ENTRY, pfn, addr, "zone %.8s, free list of order %u", z->z.name, order);
		check_got(f, "state %u, order %u", page->state, page->order);
		check_want(f, "state %u (free), order %u", PAGE_FREE, order);
	}
	if (mark_listed(z, pfn)) {
		f = check_fault(c, R_BUDDY_COMPLETE, pfn, addr, "zone %.8s, free list of order %u", z->z.name, order);
		check_got(f, "a block that is on another free list too");
		check_want(f, "one list");
	}
	return true;
}

static void check_free_list(struct check_ctx *c, struct check_zone *z, unsigned int order, uint64_t *pages)
{
	const struct free_area *area = &z->z.free_area[order];
	gva_t head = z->addr + offsetof(struct zone, free_area) + order * sizeof(*area) +
		     offsetof(struct free_area, free_list);
	gva_t prev = head, at = area->free_list.next.va;
	struct check_fault *f;
	struct page page;
	uint64_t n = 0;

	for (; at != head; n++) {
		if (!check_entry(c, z, order, at, prev, &page))
			return;
		prev = at;
		at = page.lru.next.va;
	}
	if (area->free_list.prev.va != prev) {
		f = check_fault(c, R_BUDDY_LINKED, CHECK_NO_PFN, head, "zone %.8s, free list of order %u", z->z.name,
				order);
		check_got(f, "last entry %#lx", area->free_list.prev.va);
		check_want(f, "%#lx", prev);
	}
	if (n != area->nr_free) {
		f = check_fault(c, R_BUDDY_COUNT, CHECK_NO_PFN, head, "zone %.8s, free list of order %u", z->z.name,
				order);
		check_got(f, "nr_free %lu", area->nr_free);
		check_want(f, "%lu, the length of the list", n);
	}
	*pages += n << order;
}

static void check_total(struct check_ctx *c, const struct check_zone *z)
{
	uint64_t sum = 0, fresh = 0;
	struct check_fault *f;

	for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++)
		sum += z->z.free_area[o].nr_free << o;
	for (uint64_t i = 0; i < z->z.nr_fresh && i < MMV_NR_RANGES; i++)
		fresh += z->z.fresh[i].end - z->z.fresh[i].start;
	if (sum + fresh == z->z.nr_free)
		return;
	f = check_fault(c, R_BUDDY_TOTAL, CHECK_NO_PFN, z->addr + offsetof(struct zone, nr_free), "zone %.8s",
			z->z.name);
	check_got(f, "nr_free %lu", z->z.nr_free);
	check_want(f, "%lu: %lu by the lists' counts + %lu fresh", sum + fresh, sum, fresh);
}

void check_buddy(struct check_ctx *c)
{
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		struct check_zone *z = &c->zones[i];
		uint64_t pages = 0;

		if (!z->exists)
			continue;
		if (z->flux) {
			check_flux(c, R_BUDDY_LINKED, R_BUDDY_TOTAL);
			continue;
		}
		check_ran_all(c, R_BUDDY_LINKED, R_BUDDY_ENTRY);
		check_ran_all(c, R_BUDDY_COUNT, R_BUDDY_TOTAL);
		for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++)
			check_free_list(c, z, o, &pages);
		check_total(c, z);
	}
}
