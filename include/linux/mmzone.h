/* SPDX-License-Identifier: MIT */
/*
 * mmzone.h - zones: ranges of physical memory that differ in who can reach them.
 *
 *   DMA     [0, 16 MiB)      devices with 24 address bits
 *   DMA32   [16 MiB, 4 GiB)  devices with 32
 *   Normal  [4 GiB, ..)      everybody else
 *   Movable top of memory    pages that can be moved away, if the boot arguments ask for it (movablecore=, kernelcore=)
 * Any of them may have no memory. A request names the highest zone it can use and falls back downwards.
 */
#ifndef _LINUX_MMZONE_H
#define _LINUX_MMZONE_H

#include <linux/mm_types.h>
#include <linux/nodemask.h>
#include <asm/page.h>

#define MAX_ORDER_NR_PAGES (1UL << MAX_PAGE_ORDER)
/* Orders above this one are "costly": nobody moves mountains for them. */
#define PAGE_ALLOC_COSTLY_ORDER 3

#define pageblock_order PAGEBLOCK_ORDER
#define pageblock_nr_pages PAGEBLOCK_PAGES
/* The name of older kernels, when it was the number of orders. */
#define MAX_ORDER NR_PAGE_ORDERS

/** mm_zones - all of them by enum zone_type; managed_pages 0 means not there. */
extern struct zone mm_zones[MAX_NR_ZONES];

static inline unsigned long zone_end_pfn(const struct zone *zone)
{
	return zone->start_pfn + zone->spanned_pages;
}

static inline unsigned long zone_managed_pages(const struct zone *zone)
{
	return zone->managed_pages;
}

static inline bool populated_zone(const struct zone *zone)
{
	return zone->present_pages != 0;
}

static inline bool managed_zone(const struct zone *zone)
{
	return zone->managed_pages != 0;
}

static inline enum zone_type zone_idx(const struct zone *zone)
{
	return (enum zone_type)(zone - mm_zones);
}

typedef struct pglist_data pg_data_t;
/** mm_node - the memory node: there is one */
extern struct pglist_data mm_node;
#define NODE_DATA(nid) ((void)(nid), &mm_node)

#define for_each_zone(zone) for ((zone) = mm_zones; (zone) < mm_zones + MAX_NR_ZONES; (zone)++)

#endif
