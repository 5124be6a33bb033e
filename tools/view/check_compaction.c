// SPDX-License-Identifier: MIT
/*
 * check_compaction.c - where compaction goes on, and what it puts off: words of each zone that nothing else constrains.
 */
#include "tools/view/check_impl.h"

/* COMPACT_MAX_DEFER_SHIFT of the guest. */
#define MAX_DEFER_SHIFT 6

static void bad_cursor(struct check_ctx *c, const struct check_zone *z, size_t field, const char *which, uint64_t pfn)
{
	struct check_fault *f = check_fault(c, R_COMPACT_CURSOR, CHECK_NO_PFN, z->addr + field, "zone %.8s, %s scanner",
					    z->z.name, which);

	check_got(f, "goes on at page %#lx", pfn);
	check_want(f, "0, or a pageblock of %#lx..%#lx", z->z.start_pfn, z->z.start_pfn + z->z.spanned_pages);
}

/* Pageblocks that have a page of the zone. Only the first may begin inside one. */
static bool is_place(const struct check_zone *z, uint64_t pfn)
{
	uint64_t first = z->z.start_pfn & ~(PAGEBLOCK_PAGES - 1), end = z->z.start_pfn + z->z.spanned_pages;

	return !pfn || pfn == z->z.start_pfn || (pfn >= first && pfn < end && !(pfn % PAGEBLOCK_PAGES));
}

static void check_cursors(struct check_ctx *c, const struct check_zone *z)
{
	uint64_t free = z->z.compact_cached_free_pfn;

	if (!is_place(z, free))
		bad_cursor(c, z, offsetof(struct zone, compact_cached_free_pfn), "free page", free);
	for (unsigned int i = 0; i < 2; i++) {
		uint64_t pfn = z->z.compact_cached_migrate_pfn[i];
		size_t field = offsetof(struct zone, compact_cached_migrate_pfn) + i * sizeof(pfn);

		/* One past the last pageblock is where a scanner stops. */
		if (!is_place(z, pfn) && pfn != z->z.start_pfn + z->z.spanned_pages)
			bad_cursor(c, z, field, i ? "synchronous" : "asynchronous", pfn);
	}
}

static void check_deferral(struct check_ctx *c, const struct check_zone *z)
{
	int32_t order = z->z.compact_order_failed;
	struct check_fault *f;

	if (z->z.compact_defer_shift <= MAX_DEFER_SHIFT && order >= 0 && order <= NR_PAGE_ORDERS)
		return;
	f = check_fault(c, R_COMPACT_DEFER, CHECK_NO_PFN, z->addr + offsetof(struct zone, compact_defer_shift),
			"zone %.8s", z->z.name);
	check_got(f, "compact_defer_shift %u, compact_order_failed %d", z->z.compact_defer_shift, order);
	check_want(f, "at most %u, and an order", MAX_DEFER_SHIFT);
}

void check_compaction(struct check_ctx *c)
{
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		if (!c->zones[i].exists)
			continue;
		check_ran_all(c, R_COMPACT_CURSOR, R_COMPACT_DEFER);
		check_cursors(c, &c->zones[i]);
		check_deferral(c, &c->zones[i]);
	}
}
