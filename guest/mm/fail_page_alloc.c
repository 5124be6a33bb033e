// SPDX-License-Identifier: MIT
/*
 * fail_page_alloc.c - page allocations that fail on purpose, in the debug kernel.
 *
 *   fail_page_alloc=<interval>,<probability>,<space>,<times>   how often (linux/fault-inject.h); space counts pages
 *   fail_page_alloc.min-order=N, .max-order=N                  which orders (1 and 10 unless told)
 *   fail_page_alloc.gfp=MASK                                   only requests that have all of these bits
 *   fail_page_alloc.ignore-gfp-wait=N                          1 (unless told): requests that may wait never fail
 *   fail_page_alloc.verbose=N                                  0, 1 or 2: nothing, a line, a stack
 *
 * Requests with __GFP_NOFAIL never do. A request that is made to fail ends at once: no reclaim, no report of the allocator's.
 */
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <mmvisor/fail_page_alloc.h>

#include "internal.h"
#include "page_debug.h"

struct fail_page_alloc fail_page_alloc = {
	.attr = {.interval = 1, .times = ATOMIC_INIT(1), .verbose = 2, .name = "fail_page_alloc"},
	.min_order = 1,
	.max_order = MAX_PAGE_ORDER,
	.ignore_gfp_wait = true,
};
EXPORT_SYMBOL(fail_page_alloc);

bool fail_page_alloc_works(void)
{
	return MM_DEBUG > 0;
}
EXPORT_SYMBOL(fail_page_alloc_works);

static int setup_fail(char *value)
{
	return setup_fault_attr(&fail_page_alloc.attr, value);
}
__setup("fail_page_alloc=", setup_fail);

#define FAIL_OPTION(name, key, max, field)                                                                             \
	static int setup_##name(char *value)                                                                           \
	{                                                                                                              \
		unsigned int v;                                                                                        \
                                                                                                                       \
		if (kstrtouint(value, 0, &v) || v > (max))                                                             \
			return 0;                                                                                      \
		fail_page_alloc.field = (__typeof__(fail_page_alloc.field))v;                                          \
		return 1;                                                                                              \
	}                                                                                                              \
	__setup("fail_page_alloc." key "=", setup_##name)

FAIL_OPTION(min_order, "min-order", MAX_PAGE_ORDER, min_order);
FAIL_OPTION(max_order, "max-order", MAX_PAGE_ORDER, max_order);
FAIL_OPTION(gfp, "gfp", __GFP_BITS_MASK, gfp);
FAIL_OPTION(wait, "ignore-gfp-wait", 1, ignore_gfp_wait);
FAIL_OPTION(verbose, "verbose", 2, attr.verbose);

#if MM_DEBUG
bool page_debug_refuse(gfp_t gfp, unsigned int order)
{
	const struct fail_page_alloc *f = &fail_page_alloc;

	if (likely(!f->attr.probability) || order < f->min_order || order > f->max_order || gfp & __GFP_NOFAIL)
		return false;
	if ((gfp & f->gfp) != f->gfp || (f->ignore_gfp_wait && gfp & __GFP_DIRECT_RECLAIM))
		return false;
	return should_fail_ex(&fail_page_alloc.attr, 1L << order, gfp & __GFP_NOWARN ? FAULT_NOWARN : 0);
}
#endif
