/* SPDX-License-Identifier: MIT */
/*
 * vmstat.h - the guest's counts (shared/vmstat.h) as one picture: pages by what they are, events of all CPUs together, swap.
 */
#ifndef MMV_TOOLS_VMSTAT_H
#define MMV_TOOLS_VMSTAT_H

#include <stdbool.h>

#include "shared/vmstat.h"
#include "tools/view/view.h"

/**
 * struct view_vmstat - all counts
 * @node:  pages; a count that a CPU is in the middle of moving may be below 0
 * @event: since boot
 * @swap_pages, @swap_used: of all swap areas
 */
struct view_vmstat {
	int64_t node[NR_VM_NODE_STAT_ITEMS];
	uint64_t event[NR_VM_EVENT_ITEMS];
	uint64_t swap_pages, swap_used;
};

/** view_vmstat - read them. Return: false: the guest has none yet, and everything is 0. */
bool view_vmstat(const struct view *v, struct view_vmstat *s);

/** view_node_stat_name, view_vm_event_name - Linux's name of an item */
const char *view_node_stat_name(unsigned int item);
const char *view_vm_event_name(unsigned int item);

#endif
