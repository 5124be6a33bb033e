/* SPDX-License-Identifier: MIT */
/*
 * vmstat.h - counts of pages by what they are. All are exact at the moment they are read.
 */
#ifndef _LINUX_VMSTAT_H
#define _LINUX_VMSTAT_H

#include <linux/mmzone.h>

enum zone_stat_item {
	NR_FREE_PAGES, /* free, on the zone's lists and untouched */
	NR_PCP_PAGES,  /* free, kept by CPUs */
	NR_VM_ZONE_STAT_ITEMS
};

enum node_stat_item {
	NR_SLAB_PAGES, /* slabs */
	NR_PAGETABLE,  /* page tables made after boot */
	NR_VM_NODE_STAT_ITEMS
};

unsigned long zone_page_state(const struct zone *zone, enum zone_stat_item item);
unsigned long global_zone_page_state(enum zone_stat_item item);
unsigned long global_node_page_state(enum node_stat_item item);

#endif
