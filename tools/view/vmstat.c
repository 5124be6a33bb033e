// SPDX-License-Identifier: MIT
/*
 * vmstat.c - see vmstat.h. Nothing here follows a link: arrays of known length at addresses that view_read() checks.
 */
#include <string.h>

#include "tools/view/view_impl.h"
#include "tools/view/vmstat.h"

static const char *const node_names[] = NODE_STAT_NAMES, *const event_names[] = VM_EVENT_NAMES;

const char *view_node_stat_name(unsigned int item)
{
	return item < NR_VM_NODE_STAT_ITEMS ? node_names[item] : "";
}

const char *view_vm_event_name(unsigned int item)
{
	return item < NR_VM_EVENT_ITEMS ? event_names[item] : "";
}

static void add_swap(const struct view *v, const struct mm_root *root, struct view_vmstat *s)
{
	for (unsigned int i = 0; i < MAX_SWAPFILES && root->swaps.va; i++) {
		gva_t at = root->swaps.va + i * sizeof(struct swap_info);
		uint32_t flags, pages, used;

		if (view_read(v, at + offsetof(struct swap_info, flags), &flags, sizeof(flags)) ||
		    view_read(v, at + offsetof(struct swap_info, pages), &pages, sizeof(pages)) ||
		    view_read(v, at + offsetof(struct swap_info, inuse_pages), &used, sizeof(used)))
			return;
		s->swap_pages += flags & SWP_USED ? pages : 0;
		s->swap_used += flags & SWP_USED ? used : 0;
	}
}

bool view_vmstat(const struct view *v, struct view_vmstat *s)
{
	const struct mm_root *root = view_root(v, NULL);
	struct vm_event_cpu cpu;
	gva_t node, events;

	memset(s, 0, sizeof(*s));
	node = root ? root->node.va : 0;
	if (!node || view_read(v, node + offsetof(struct pglist_data, stat), s->node, sizeof(s->node)) ||
	    view_read(v, node + offsetof(struct pglist_data, events), &events, sizeof(events))) {
		memset(s, 0, sizeof(*s));
		return false;
	}
	for (unsigned int i = 0; events && i < root->nr_cpus && i < MMV_NR_CPUS; i++) {
		if (view_read(v, events + i * sizeof(cpu), &cpu, sizeof(cpu)))
			break;
		for (unsigned int k = 0; k < NR_VM_EVENT_ITEMS; k++)
			s->event[k] += cpu.event[k];
	}
	add_swap(v, root, s);
	return true;
}
