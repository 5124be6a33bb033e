// SPDX-License-Identifier: MIT
/*
 * show_mem.c - what there is of memory and where it is, line by line as Linux says it ("Mem-Info:"), and the report of an
 * allocation that failed.
 *
 * Kinds of memory that do not exist here (shared memory, CMA, ...) are listed with what there is of them: nothing.
 * Locking: counts are read without the zones' locks and may be a moment old; the lists of caches and of threads are counted under
 *          theirs. So: any context, but not under mm_root.slab_lock or mm_root.task_lock.
 */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmstat.h>
#include <mmvisor/page_report.h>

#include "pages.h"
#include "reclaim.h"

#define KB(pages) ((unsigned long)(pages) << (PAGE_SHIFT - 10))
#define STAT(item) global_node_page_state(item)

DEFINE_RATELIMIT_STATE(page_alloc_report_limit, 10 * HZ, 1);
EXPORT_SYMBOL(page_alloc_report_limit);

/* ---- sums ---- */

static void slab_pages(unsigned long *reclaimable, unsigned long *unreclaimable)
{
	unsigned long irq = mm_lock_read(&mm_root.slab_lock);
	struct kmem_cache *s;

	*reclaimable = *unreclaimable = 0;
	list_for_each_entry (s, &mm_root.slab_caches, list)
		*(s->flags & SLAB_RECLAIM_ACCOUNT ? reclaimable : unreclaimable) += READ_ONCE(s->nr_slabs) << s->order;
	mm_unlock_read(&mm_root.slab_lock, irq);
}

static unsigned long stack_pages(void)
{
	unsigned long irq, nr = 0;
	struct list_head *at;

	/* Before the scheduler is up there is no list yet. */
	if (!mm_root.tasks.next)
		return 0;
	irq = mm_lock_read(&mm_root.task_lock);
	list_for_each (at, &mm_root.tasks)
		nr++;
	mm_unlock_read(&mm_root.task_lock, irq);
	return nr * (MMV_THREAD_SIZE / MMV_PAGE_SIZE);
}

/* ---- lines ---- */

static void show_node(void)
{
	pr_warn("Node 0 active_anon:%lukB inactive_anon:%lukB active_file:%lukB inactive_file:%lukB unevictable:%lukB "
		"isolated(anon):%lukB isolated(file):%lukB mapped:%lukB dirty:%lukB writeback:%lukB shmem:0kB "
		"writeback_tmp:0kB kernel_stack:%lukB pagetables:%lukB sec_pagetables:0kB all_unreclaimable? %s\n",
		KB(STAT(NR_ACTIVE_ANON)), KB(STAT(NR_INACTIVE_ANON)), KB(STAT(NR_ACTIVE_FILE)),
		KB(STAT(NR_INACTIVE_FILE)), KB(STAT(NR_UNEVICTABLE)), KB(STAT(NR_ISOLATED_ANON)),
		KB(STAT(NR_ISOLATED_FILE)), KB(STAT(NR_FILE_MAPPED)), KB(STAT(NR_FILE_DIRTY)), KB(STAT(NR_WRITEBACK)),
		KB(stack_pages()), KB(pgtable_pages()),
		READ_ONCE(mm_node.kswapd_failures) >= MAX_RECLAIM_RETRIES ? "yes" : "no");
}

static void show_totals(void)
{
	unsigned long reclaimable, unreclaimable, free = 0, free_pcp = 0;
	struct zone *zone;

	slab_pages(&reclaimable, &unreclaimable);
	for_each_zone (zone) {
		free += READ_ONCE(zone->nr_free);
		free_pcp += pcp_pages(zone);
	}
	pr_warn("active_anon:%lu inactive_anon:%lu isolated_anon:%lu\n", STAT(NR_ACTIVE_ANON), STAT(NR_INACTIVE_ANON),
		STAT(NR_ISOLATED_ANON));
	pr_warn(" active_file:%lu inactive_file:%lu isolated_file:%lu\n", STAT(NR_ACTIVE_FILE), STAT(NR_INACTIVE_FILE),
		STAT(NR_ISOLATED_FILE));
	pr_warn(" unevictable:%lu dirty:%lu writeback:%lu\n", STAT(NR_UNEVICTABLE), STAT(NR_FILE_DIRTY),
		STAT(NR_WRITEBACK));
	pr_warn(" slab_reclaimable:%lu slab_unreclaimable:%lu\n", reclaimable, unreclaimable);
	pr_warn(" mapped:%lu shmem:0 pagetables:%lu\n", STAT(NR_FILE_MAPPED), pgtable_pages());
	pr_warn(" sec_pagetables:0 bounce:0\n");
	pr_warn(" kernel_misc_reclaimable:%lu\n", STAT(NR_KERNEL_MISC_RECLAIMABLE));
	pr_warn(" free:%lu free_pcp:%lu free_cma:0\n", free, free_pcp);
	show_node();
}

static void show_zone(const struct zone *zone)
{
	const uint64_t *lru = mm_node.lruvec.size[zone_idx(zone)];
	unsigned int cpu = raw_smp_processor_id();

	pr_warn("Node 0 %s free:%lukB boost:%lukB min:%lukB low:%lukB high:%lukB reserved_highatomic:%luKB "
		"active_anon:%lukB inactive_anon:%lukB active_file:%lukB inactive_file:%lukB unevictable:%lukB "
		"present:%lukB managed:%lukB mlocked:0kB bounce:0kB free_pcp:%lukB local_pcp:%lukB free_cma:0kB\n",
		zone->name, KB(READ_ONCE(zone->nr_free)), KB(READ_ONCE(zone->watermark_boost)),
		KB(zone->watermark[WMARK_MIN]), KB(zone->watermark[WMARK_LOW]), KB(zone->watermark[WMARK_HIGH]),
		KB(zone->nr_highatomic), KB(READ_ONCE(lru[LRU_ACTIVE_ANON])), KB(READ_ONCE(lru[LRU_INACTIVE_ANON])),
		KB(READ_ONCE(lru[LRU_ACTIVE_FILE])), KB(READ_ONCE(lru[LRU_INACTIVE_FILE])),
		KB(READ_ONCE(lru[LRU_UNEVICTABLE])), KB(zone->present_pages), KB(zone->managed_pages),
		KB(pcp_pages(zone)), KB(READ_ONCE(pcp_of(cpu, zone_idx(zone))->count)));
	pr_warn("lowmem_reserve[]:");
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		pr_cont(" %lu", (unsigned long)zone->lowmem_reserve[i]);
	pr_cont("\n");
}

/* " (UME)": the types whose lists of this order have something. */
static void show_types(const struct zone *zone, unsigned int order, bool fresh)
{
	static const char letters[MIGRATE_TYPES + 1] = "UMEHCI";
	char text[MIGRATE_TYPES + 1];
	unsigned int n = 0;

	for (unsigned int t = 0; t < MIGRATE_TYPES; t++) {
		const struct list_head *list = &zone->free_area[order].free_list[t];

		if (READ_ONCE(list->next) != list || (fresh && t == MIGRATE_MOVABLE))
			text[n++] = letters[t];
	}
	text[n] = '\0';
	pr_cont("(%s) ", text);
}

static void show_buddy(const struct zone *zone)
{
	unsigned long total = 0, fresh = 0;

	/* What nobody ever asked for is free in blocks of the largest order. */
	for (uint64_t i = 0; i < zone->nr_fresh; i++)
		fresh += (zone->fresh[i].end - zone->fresh[i].start) >> MAX_PAGE_ORDER;
	pr_warn("Node 0 %s: ", zone->name);
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
		unsigned long nr = READ_ONCE(zone->free_area[order].nr_free);
		bool more = order == MAX_PAGE_ORDER && fresh;

		nr += more ? fresh : 0;
		pr_cont("%lu*%lukB ", nr, KB(1UL << order));
		if (nr)
			show_types(zone, order, more);
		total += nr << order;
	}
	pr_cont("= %lukB\n", KB(total));
}

void show_mem(void)
{
	unsigned long present = 0, reserved = 0, movable;
	struct zone *zone;

	pr_warn("Mem-Info:\n");
	show_totals();
	for_each_zone (zone)
		if (managed_zone(zone))
			show_zone(zone);
	for_each_zone (zone) {
		if (managed_zone(zone))
			show_buddy(zone);
		present += zone->present_pages;
		reserved += zone->present_pages - zone->managed_pages;
	}
	movable = mm_zones[ZONE_MOVABLE].managed_pages;
	pr_warn("%lu total pagecache pages\n", STAT(NR_FILE_PAGES));
	pr_warn("%lu pages RAM\n", present);
	pr_warn("%lu pages HighMem/MovableOnly\n", movable);
	pr_warn("%lu pages reserved\n", reserved);
}
EXPORT_SYMBOL(show_mem);

/* ---- an allocation failed ---- */

static void show_place(void)
{
	struct task_struct *task = current;

	pr_warn("CPU: %u PID: %d Comm: %s preempt_count: 0x%x%s%s, interrupts %s\n", raw_smp_processor_id(), task->pid,
		task->comm, (unsigned int)preempt_count(), in_hardirq() ? ", in hard IRQ" : "",
		in_serving_softirq() ? ", in softirq" : "", arch_irqs_disabled() ? "off" : "on");
}

void alloc_failed(gfp_t gfp, unsigned int order)
{
	struct ratelimit_state *limit = &page_alloc_report_limit;
	char names[160];

	if (gfp & __GFP_NOWARN || !__ratelimit(limit))
		return;
	pr_warn("%s: page allocation failure: order:%u, mode:%#x(%s), nodemask=(null),cpuset=/,mems_allowed=0\n",
		current->comm, order, gfp, gfp_names(names, sizeof(names), gfp));
	if (limit->missed)
		pr_warn("%d more page allocation failures since the last report\n", limit->missed);
	limit->missed = 0;
	show_place();
	dump_stack();
	show_mem();
}
