/* SPDX-License-Identifier: MIT */
/*
 * mmvisor/fail_page_alloc.h - have page allocations fail, from a suite or a payload. Boot arguments: see the README.
 *
 * Only the debug kernel asks: fail_page_alloc_works() says whether it is one. A test that sets @attr puts everything back.
 */
#ifndef _MMVISOR_FAIL_PAGE_ALLOC_H
#define _MMVISOR_FAIL_PAGE_ALLOC_H

#include <linux/fault-inject.h>
#include <linux/gfp_types.h>

/**
 * struct fail_page_alloc - which page allocations fail
 * @attr:            how often
 * @min_order, @max_order: orders that may
 * @gfp:             only masks with all of these bits
 * @ignore_gfp_wait: requests that may wait never fail
 */
struct fail_page_alloc {
	struct fault_attr attr;
	unsigned int min_order, max_order;
	gfp_t gfp;
	bool ignore_gfp_wait;
};

extern struct fail_page_alloc fail_page_alloc;

/** fail_page_alloc_works - is this the kernel that asks? */
bool fail_page_alloc_works(void);

#endif
