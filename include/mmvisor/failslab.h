/* SPDX-License-Identifier: MIT */
/*
 * failslab.h - slab allocations that fail on purpose (debug kernel).
 *
 *     failslab=<interval>,<probability>,<space>,<times>     as fail_page_alloc= (linux/fault-inject.h)
 *     failslab.cache-filter=1        only caches with the mark: slub_debug=A,CACHE
 *     failslab.ignore-gfp-wait=0     also requests that may sleep; by default those are spared
 *
 * Requests with __GFP_NOFAIL never fail. A suite may set the same by hand; it puts back what it found.
 */
#ifndef _MMVISOR_FAILSLAB_H
#define _MMVISOR_FAILSLAB_H

#include <linux/fault-inject.h>

struct failslab {
	struct fault_attr attr;
	bool ignore_gfp_wait;
	bool cache_filter;
};

/** failslab - what slab allocations ask. There is one in the debug kernel only: in the release kernel it has no effect. */
extern struct failslab failslab;

#endif
