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

/* Is there a zone in which it could help? */
static void compact_for(unsigned int order, enum zone_type highest)
{
	count_vm_event(KCOMPACTD_WAKE);
	for (unsigned int i = 0; i <= highest && i < MAX_NR_ZONES; i++) {
		struct compact_control cc = {
			.zone = &mm_zones[i],
			.order = order,
			.type = MIGRATE_MOVABLE,
			.highest = highest,
			.gfp = GFP_KERNEL,
			.mode = MIGRATE_SYNC_LIGHT,
		};
		enum compact_result ret;

		if (!managed_zone(cc.zone) || compaction_deferred(cc.zone, order) ||
		    compaction_suitable(cc.zone, order, highest) != COMPACT_CONTINUE)
			continue;
		ret = compact_zone(&cc);
		if (ret == COMPACT_SUCCESS) {
			compaction_defer_reset(cc.zone, order, false);
		} else if (ret == COMPACT_COMPLETE || ret == COMPACT_PARTIAL_SKIPPED) {
			drain_all_pages(cc.zone);
			compaction_defer(cc.zone, order);
		}
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
		spin_unlock_irq(&kcompactd_lock);
		compact_for(order, highest);
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
