/* SPDX-License-Identifier: MIT */
/*
 * vmstat.h - counts of pages by what they are, and of things that happened. The lists of both are in shared/vmstat.h. A count
 * of pages is exact at the moment it is read; events are those of all CPUs since boot.
 */
#ifndef _LINUX_VMSTAT_H
#define _LINUX_VMSTAT_H

#include <linux/mmzone.h>

enum zone_stat_item {
	NR_FREE_PAGES, /* free, on the zone's lists and untouched */
	NR_PCP_PAGES,  /* free, kept by CPUs */
	NR_VM_ZONE_STAT_ITEMS
};

/* Not kept among the node's counts but taken from the allocators when somebody asks. */
#define NR_SLAB_PAGES ((enum node_stat_item)NR_VM_NODE_STAT_ITEMS)      /* slabs */
#define NR_PAGETABLE ((enum node_stat_item)(NR_VM_NODE_STAT_ITEMS + 1)) /* page tables made after boot */

unsigned long zone_page_state(const struct zone *zone, enum zone_stat_item item);
unsigned long global_zone_page_state(enum zone_stat_item item);
unsigned long global_node_page_state(enum node_stat_item item);

static inline unsigned long node_page_state(const struct pglist_data *node, enum node_stat_item item)
{
	(void)node;
	return global_node_page_state(item);
}

/** mod_node_page_state - @delta pages more (or less, if negative) are what @item says. Context: any. */
void mod_node_page_state(struct pglist_data *node, enum node_stat_item item, long delta);

/** inc_node_page_state, dec_node_page_state - the same for one page */
static inline void inc_node_page_state(struct page *page, enum node_stat_item item)
{
	(void)page;
	mod_node_page_state(&mm_node, item, 1);
}

static inline void dec_node_page_state(struct page *page, enum node_stat_item item)
{
	(void)page;
	mod_node_page_state(&mm_node, item, -1);
}

/** count_vm_events - it happened @nr times. Context: any. */
void count_vm_events(enum vm_event_item item, unsigned long nr);
/** count_vm_event - it happened */
static inline void count_vm_event(enum vm_event_item item)
{
	count_vm_events(item, 1);
}

/** vm_events - how often it happened since boot */
unsigned long vm_events(enum vm_event_item item);
/** all_vm_events - all of them: @sum has NR_VM_EVENT_ITEMS entries */
void all_vm_events(unsigned long *sum);

#endif
