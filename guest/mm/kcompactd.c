// SPDX-License-Identifier: MIT
/*
 * kcompactd.c - the thread that compacts ahead of time: kswapd wakes it when it has freed enough for a large block but none
 * is there.
 *
 * What is wanted is the largest order asked for since it went to sleep and the highest zone that may serve it: mm_node.kcompactd_order,
 * kcompactd_highest. Zones in which it failed lately are left alone as in direct compaction.
 * Locking: kcompactd_lock over those two.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/swap.h>
#include <linux/vmstat.h>
#include <linux/wait.h>

#include "compaction.h"
#include "internal.h"
#include "reclaim.h"

static DEFINE_SPINLOCK(kcompactd_lock);
static DECLARE_WAIT_QUEUE_HEAD(kcompactd_wait);

void wakeup_kcompactd(unsigned int order, enum zone_type highest)
{
	unsigned long flags;

	if (!order || !READ_ONCE(mm_node.kcompactd))
		return;
	spin_lock_irqsave(&kcompactd_lock, flags);
	mm_node.kcompactd_order = max(mm_node.kcompactd_order, order);
	mm_node.kcompactd_highest = max_t(uint32_t, mm_node.kcompactd_highest, highest);
	spin_unlock_irqrestore(&kcompactd_lock, flags);
	wake_up(&kcompactd_wait);
}
EXPORT_SYMBOL(wakeup_kcompactd);

/*
 * A run that began in the middle and found nothing is followed by one from the ends. The thread may have changed its CPU on the
 * way: what it freed on the others is on their lists, in pieces, until those are emptied.
 */
static enum compact_result compact_thoroughly(struct zone *zone, unsigned int order, enum zone_type highest)
{
	enum compact_result ret = COMPACT_PARTIAL_SKIPPED;

	for (unsigned int run = 0; run < 2 && ret == COMPACT_PARTIAL_SKIPPED; run++) {
		struct compact_control cc = {
			.zone = zone,
			.order = order,
			.type = MIGRATE_MOVABLE,
			.highest = highest,
			.gfp = GFP_KERNEL,
			.mode = MIGRATE_SYNC_LIGHT,
		};

		ret = compact_zone(&cc);
		if (ret != COMPACT_COMPLETE && ret != COMPACT_PARTIAL_SKIPPED)
			break;
		drain_all_pages(zone);
		if (compaction_suitable(zone, order, highest) == COMPACT_SUCCESS)
			ret = COMPACT_SUCCESS;
	}
	return ret;
}

void kcompactd_do(unsigned int order, enum zone_type highest)
{
	count_vm_event(KCOMPACTD_WAKE);
	/* Pages that wait in some CPU's batch can be moved by nobody. */
	lru_drain_waiting();
	for (unsigned int i = 0; i <= highest && i < MAX_NR_ZONES; i++) {
		struct zone *zone = &mm_zones[i];
		enum compact_result ret;

		/* Is it a zone in which it could help? */
		if (!managed_zone(zone) || compaction_deferred(zone, order) ||
		    compaction_suitable(zone, order, highest) != COMPACT_CONTINUE)
			continue;
		ret = compact_thoroughly(zone, order, highest);
		if (ret == COMPACT_SUCCESS)
			compaction_defer_reset(zone, order, false);
		else if (ret == COMPACT_COMPLETE || ret == COMPACT_PARTIAL_SKIPPED)
			compaction_defer(zone, order);
	}
}

static int kcompactd(void *unused)
{
	(void)unused;
	for (;;) {
		unsigned int order;
		enum zone_type highest;

		wait_event(kcompactd_wait, READ_ONCE(mm_node.kcompactd_order) != 0);
		spin_lock_irq(&kcompactd_lock);
		order = mm_node.kcompactd_order;
		highest = mm_node.kcompactd_highest;
		mm_node.kcompactd_order = 0;
		mm_node.kcompactd_highest = 0;
		WRITE_ONCE(mm_node.kcompactd_running, 1);
		spin_unlock_irq(&kcompactd_lock);
		kcompactd_do(order, highest);
		WRITE_ONCE(mm_node.kcompactd_running, 0);
	}
	return 0;
}

void kcompactd_run(void)
{
	struct task_struct *task = kthread_run(kcompactd, NULL, "kcompactd0");

	if (IS_ERR(task))
		panic("no memory for the thread kcompactd0");
	mm_node.kcompactd = task;
}
