/* SPDX-License-Identifier: MIT */
/*
 * mmvisor/page_report.h - reports of page allocations that failed, for tests of them.
 */
#ifndef _MMVISOR_PAGE_REPORT_H
#define _MMVISOR_PAGE_REPORT_H

#include <linux/ratelimit.h>

/** page_alloc_report_limit - one report in ten seconds; a test that wants one resets it first. */
extern struct ratelimit_state page_alloc_report_limit;

#endif
