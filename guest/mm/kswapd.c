// SPDX-License-Identifier: MIT
/*
 * kswapd.c - the thread that gets memory back before anybody has to wait for it.
 *
 * Woken:   by requests that may (__GFP_KSWAPD_RECLAIM) and found every zone at its low mark, with the largest order and the
 *          highest zone among them. It works until one zone that they could use is at its high mark and has a block of the
 *          order, from priority 12 to 1; once it has freed enough for a block to come together, order 0 will do and kcompactd is
 *          woken for the rest.
 * Hopeless: MAX_RECLAIM_RETRIES runs in a row that freed nothing: it is not woken any more until some reclaim succeeds.
 * Boost:   when a request of one mobility had to take from a pageblock of another, the zone's low mark rises by a
 *          pageblock (at most 1.5 times the high mark), so that kswapd comes sooner and next time there is more to choose from. It
 *          frees as many pages for that, but writes nothing, swaps nothing, and does not insist; then the boost is over.
 * Throttle: users of memory wait when half of the min reserve is gone and kswapd is at work: the reserve is for who frees.
 * Always:  kswapd_highest is MAX_NR_ZONES <=> nobody asked since the last run began.
 * Locking: none; the words that wakers write are atomics. Boost: the zone's lock.
 */
#include <linux/compaction.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/lockdep.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include "pages.h"
#include "reclaim.h"

/* Of 10,000 parts of the high mark: how far marks may rise. */

static DECLARE_WAIT_QUEUE_HEAD(kswapd_wait);
static DECLARE_WAIT_QUEUE_HEAD(pfmemalloc_wait);

/* ---- is it balanced? ---- */

static bool zone_is_balanced(const struct zone *zone, unsigned int order, enum zone_type highest)
{
	uint64_t mark = zone->watermark[WMARK_HIGH] + zone->lowmem_reserve[highest];

	return zone_passes(zone, order, mark, 0) && zone_has_block(zone, order);
}

/* One zone that the request can use is enough. Boosts do not count: nothing shall be swapped for their sake. */
static bool node_is_balanced(unsigned int order, enum zone_type highest)
{
	bool any = false;

	for (unsigned int i = 0; i <= (unsigned int)highest && i < MAX_NR_ZONES; i++) {
		if (!managed_zone(&mm_zones[i]))
			continue;
		any = true;
		if (zone_is_balanced(&mm_zones[i], order, highest))
			return true;
	}
	return !any;
}

/* Pages by which the marks are raised. */
static unsigned long node_boost(enum zone_type highest, uint64_t by_zone[MAX_NR_ZONES])
{
	unsigned long sum = 0;

	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		by_zone[i] = i <= (unsigned int)highest ? READ_ONCE(mm_zones[i].watermark_boost) : 0;
		sum += by_zone[i];
	}
	return sum;
}

void boost_watermark(struct zone *zone)
{
	uint64_t most = max_t(uint64_t, zone->watermark[WMARK_HIGH] * WATERMARK_BOOST_FACTOR / 10000, PAGEBLOCK_PAGES);

	/* In a zone of a few pageblocks it would keep everything. */
	if (zone->managed_pages < 4 * PAGEBLOCK_PAGES || !mm_node.kswapd)
		return;
	WRITE_ONCE(zone->watermark_boost, min_t(uint64_t, zone->watermark_boost + PAGEBLOCK_PAGES, most));
	count_vm_event(WATERMARK_BOOST);
}

static void take_boost_away(const uint64_t by_zone[MAX_NR_ZONES])
{
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		unsigned long irq;

		if (!by_zone[i])
			continue;
		irq = mm_lock_write(&mm_zones[i].lock);
		WRITE_ONCE(mm_zones[i].watermark_boost,
			   mm_zones[i].watermark_boost - min(by_zone[i], mm_zones[i].watermark_boost));
		mm_unlock_write(&mm_zones[i].lock, irq);
	}
}

/* ---- throttling ---- */

/* Is there still enough of the min reserve for who frees memory? */
static bool reserve_is_safe(void)
{
	unsigned long reserve = 0, free = 0;

	if (READ_ONCE(mm_node.kswapd_failures) >= MAX_RECLAIM_RETRIES)
		return true;
	for (unsigned int i = 0; i <= ZONE_NORMAL; i++) {
		const struct zone *zone = &mm_zones[i];

		if (!managed_zone(zone) || !zone_reclaimable_pages(zone))
			continue;
		reserve += zone->watermark[WMARK_MIN];
		free += READ_ONCE(zone->nr_free);
	}
	return !reserve || free > reserve / 2;
}

void kswapd_throttle(gfp_t gfp)
{
	/* The kernel's own threads may be who frees, and who is to die shall get on with it. */
	if (!current->mm || fatal_signal_pending(current) || reserve_is_safe())
		return;
	count_vm_event(PGSCAN_DIRECT_THROTTLE);
	wakeup_kswapd(gfp, 0, gfp_zone(gfp));
	/* Who holds locks of a file system might be what kswapd waits for. */
	if (gfp & __GFP_FS)
		wait_event_timeout(pfmemalloc_wait, reserve_is_safe() || fatal_signal_pending(current), 10 * HZ);
	else
		wait_event_timeout(pfmemalloc_wait, reserve_is_safe(), HZ);
}

/* ---- a run ---- */

/* Return: were so many pages looked at that going on at the same priority may be enough? */
static bool shrink_once(struct scan_control *sc)
{
	sc->nr_to_reclaim = 0;
	for (unsigned int i = 0; i <= (unsigned int)sc->highest; i++)
		if (managed_zone(&mm_zones[i]))
			sc->nr_to_reclaim += max_t(unsigned long, mm_zones[i].watermark[WMARK_HIGH], SWAP_CLUSTER_MAX);
	shrink_node(sc);
	/* What was freed is for all CPUs. */
	pcp_drain_this(NULL);
	if (sc->order && sc->nr_reclaimed >= compact_gap(sc->order))
		sc->order = 0;
	return sc->nr_scanned >= sc->nr_to_reclaim;
}

/* From one priority to the next until there is balance. @boost: pages to free for raised marks alone; 0: for requests. */
static void run_priorities(struct scan_control *sc, unsigned long boost)
{
	while (sc->priority >= 1) {
		unsigned long before = sc->nr_reclaimed, got;
		bool enough, balanced = node_is_balanced(sc->order, sc->highest);

		if (!balanced && boost && sc->priority < DEF_PRIORITY - 2)
			boost = 0;
		if (balanced && !boost)
			break;
		sc->may_writepage = sc->may_swap = !boost;
		sc->nr_scanned = 0;
		enough = shrink_once(sc);
		got = sc->nr_reclaimed - before;
		if (waitqueue_active(&pfmemalloc_wait) && reserve_is_safe())
			wake_up_all(&pfmemalloc_wait);
		if (boost && !got && sc->priority < DEF_PRIORITY - 2)
			break;
		boost -= min(boost, got);
		if (!enough || !got)
			sc->priority--;
		if (kthread_should_stop())
			break;
	}
}

static void balance_node(unsigned int order, enum zone_type highest)
{
	struct scan_control sc = {
		.gfp = GFP_KERNEL, .order = order, .highest = highest, .priority = DEF_PRIORITY, .kswapd = true};
	uint64_t boosts[MAX_NR_ZONES];
	unsigned long boost = node_boost(highest, boosts);

	WRITE_ONCE(mm_node.kswapd_running, 1);
	count_vm_event(PAGEOUTRUN);
	fs_reclaim_acquire(GFP_KERNEL);
	sc.nr_reclaimed = reclaim_idle();
	pcp_drain_this(NULL);
	run_priorities(&sc, boost);
	fs_reclaim_release(GFP_KERNEL);
	if (!sc.nr_reclaimed && !node_is_balanced(sc.order, highest))
		__atomic_fetch_add(&mm_node.kswapd_failures, 1, __ATOMIC_RELAXED);
	else if (sc.nr_reclaimed)
		WRITE_ONCE(mm_node.kswapd_failures, 0);
	if (boost)
		take_boost_away(boosts);
	/* What is left of the wish is a matter of order, not of amount. */
	if (boost || (order && !sc.order))
		wakeup_kcompactd(order ? order : PAGEBLOCK_ORDER, highest);
	WRITE_ONCE(mm_node.kswapd_running, 0);
}

/* ---- the thread ---- */

/* Is there nothing to do? Then nothing is known of what the lists hold any more. */
static bool may_sleep(unsigned int order, enum zone_type highest)
{
	if (waitqueue_active(&pfmemalloc_wait))
		wake_up_all(&pfmemalloc_wait);
	if (READ_ONCE(mm_node.kswapd_failures) >= MAX_RECLAIM_RETRIES)
		return true;
	if (!node_is_balanced(order, highest))
		return false;
	__atomic_fetch_and(&mm_node.flags, ~(PGDAT_DIRTY | PGDAT_WRITEBACK), __ATOMIC_RELAXED);
	return true;
}

static bool asked(void)
{
	return READ_ONCE(mm_node.kswapd_highest) != MAX_NR_ZONES || kthread_should_stop();
}

/* First shortly: who needs memory now will need more. */
static void wait_for_work(unsigned int order, enum zone_type highest)
{
	if (may_sleep(order, highest)) {
		if (wait_event_timeout(kswapd_wait, asked(), HZ / 10)) {
			count_vm_event(KSWAPD_LOW_WMARK_HIT_QUICKLY);
			return;
		}
		if (!may_sleep(order, highest)) {
			count_vm_event(KSWAPD_HIGH_WMARK_HIT_QUICKLY);
			return;
		}
		wait_event(kswapd_wait, asked());
	} else if (READ_ONCE(mm_node.kswapd_failures)) {
		/* Nothing went: let others get on before the next try. It is at work: what it is asked for meanwhile it takes up then. */
		WRITE_ONCE(mm_node.kswapd_running, 1);
		wait_event_timeout(kswapd_wait, kthread_should_stop(), 1);
	}
}

static int kswapd(void *unused)
{
	unsigned int order = 0;
	enum zone_type highest = MAX_NR_ZONES - 1;

	(void)unused;
	current->flags |= PF_MEMALLOC | PF_KSWAPD;
	while (!kthread_should_stop()) {
		uint32_t asked_highest;

		wait_for_work(order, highest);
		asked_highest = __atomic_exchange_n(&mm_node.kswapd_highest, MAX_NR_ZONES, __ATOMIC_SEQ_CST);
		if (asked_highest < MAX_NR_ZONES) {
			highest = (enum zone_type)asked_highest;
			order = __atomic_exchange_n(&mm_node.kswapd_order, 0, __ATOMIC_SEQ_CST);
		}
		balance_node(order, highest);
		/* A larger block than that is compaction's business. */
		order = 0;
	}
	current->flags &= ~(uint32_t)(PF_MEMALLOC | PF_KSWAPD);
	return 0;
}

/* The larger of what is wanted already and what this request wants. MAX_NR_ZONES is nothing. */
static void raise(uint32_t *word, uint32_t to, uint32_t none)
{
	uint32_t old = READ_ONCE(*word);

	while ((old == none || old < to) &&
	       !__atomic_compare_exchange_n(word, &old, to, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
}

void wakeup_kswapd(gfp_t gfp, unsigned int order, enum zone_type highest)
{
	uint64_t boosts[MAX_NR_ZONES];

	if (!mm_node.kswapd)
		return;
	if (READ_ONCE(mm_node.kswapd_failures) >= MAX_RECLAIM_RETRIES ||
	    (node_is_balanced(order, highest) && !node_boost(highest, boosts))) {
		/* Memory there is, but in pieces. Who cannot do it himself has it done. */
		if (order && !gfpflags_allow_blocking(gfp))
			wakeup_kcompactd(order, highest);
		return;
	}
	raise(&mm_node.kswapd_order, order, 0);
	raise(&mm_node.kswapd_highest, highest, MAX_NR_ZONES);
	if (!waitqueue_active(&kswapd_wait))
		return;
	count_vm_event(KSWAPD_WAKE);
	wake_up(&kswapd_wait);
}

void kswapd_run(void)
{
	struct task_struct *task = kthread_run(kswapd, NULL, "kswapd0");

	if (IS_ERR(task))
		panic("no memory for kswapd");
	mm_node.kswapd = task;
}
