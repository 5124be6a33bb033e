// SPDX-License-Identifier: MIT
/*
 * vmstat.c - the memory node, and what is counted about it (shared/vmstat.h, shared/node.h).
 *
 * Counts of pages are kept in the node; each is changed by one locked instruction, so it is exact. Things that happened are
 * counted for each CPU by itself, so that CPUs do not fight for the same cache line; readers add up. What the allocators
 * count for themselves (free pages, slabs, page tables) is asked of them.
 *
 * Contexts: any. Locking: none.
 */
#include <linux/export.h>
#include <linux/list.h>
#include <linux/memblock.h>
#include <linux/smp.h>

#include "internal.h"

struct pglist_data mm_node;
EXPORT_SYMBOL(mm_node);

void node_boot_alloc(void)
{
	size_t events = sizeof(*mm_node.events) * mm_root.nr_cpus;
	size_t batches = sizeof(*mm_node.lru_cpus) * mm_root.nr_cpus;

	mm_node = (struct pglist_data){.kswapd_highest = MAX_NR_ZONES};
	mm_node.events = memblock_alloc(PAGE_ALIGN(events + batches), PAGE_SIZE);
	BUG_ON(!mm_node.events);
	mm_node.lru_cpus = (struct lru_cpu *)(mm_node.events + mm_root.nr_cpus);
	for (unsigned int i = 0; i < NR_LRU_LISTS; i++)
		INIT_LIST_HEAD(&mm_node.lruvec.lists[i]);
	mm_root.node = &mm_node;
}

void mod_node_page_state(struct pglist_data *node, enum node_stat_item item, long delta)
{
	__atomic_fetch_add(&node->stat[item], delta, __ATOMIC_RELAXED);
}
EXPORT_SYMBOL(mod_node_page_state);

unsigned long global_node_page_state(enum node_stat_item item)
{
	unsigned long objects, pages;
	long count;

	if (item == NR_SLAB_PAGES) {
		slab_usage(&objects, &pages);
		return pages;
	}
	if (item == NR_PAGETABLE)
		return pgtable_pages();
	if ((unsigned int)item >= NR_VM_NODE_STAT_ITEMS)
		return 0;
	/* One CPU may have taken away what another is about to add. */
	count = __atomic_load_n(&mm_node.stat[item], __ATOMIC_RELAXED);
	return count > 0 ? (unsigned long)count : 0;
}
EXPORT_SYMBOL(global_node_page_state);

void count_vm_events(enum vm_event_item item, unsigned long nr)
{
	__atomic_fetch_add(&mm_node.events[raw_smp_processor_id()].event[item], nr, __ATOMIC_RELAXED);
}
EXPORT_SYMBOL(count_vm_events);

unsigned long vm_events(enum vm_event_item item)
{
	unsigned long sum = 0;

	for (uint32_t cpu = 0; cpu < mm_root.nr_cpus; cpu++)
		sum += READ_ONCE(mm_node.events[cpu].event[item]);
	return sum;
}
EXPORT_SYMBOL(vm_events);

void all_vm_events(unsigned long *sum)
{
	for (unsigned int i = 0; i < NR_VM_EVENT_ITEMS; i++)
		sum[i] = vm_events((enum vm_event_item)i);
}
EXPORT_SYMBOL(all_vm_events);
