// SPDX-License-Identifier: MIT
/*
 * vmscan.c - getting memory back: how many pages of which list are looked at, and when that is enough.
 *
 * A pass:  at priority p, size >> p pages of each list, SWAP_CLUSTER_MAX at a time: from 12 down to 0, until enough is
 *          free. Inactive pages go (shrink_page.c); active ones become inactive while there are few inactive ones. Then shrinkers
 *          give up the same share of what they have.
 * Choice:  between anonymous and file pages by swappiness and by what each kind cost lately; files alone where nothing can be
 *          swapped or where they have inactive pages enough; anonymous alone when hardly any file page is left.
 * Masks:   without __GFP_IO anonymous pages without a slot stay; without __GFP_FS dirty file pages do. Callbacks see the mask.
 * Recursion: who reclaims has PF_MEMALLOC: its own allocations neither reclaim nor stop at a mark.
 * Waiting: for writeback when there is nothing else at the list's end, while others have isolated more than is left, and when
 *          nothing at all goes; each time for so many ticks at most, and until somebody got on.
 * Locking: none of its own. Context: task that may sleep.
 */
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/rmap.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>
#include <linux/writeback.h>

#include "reclaim.h"

int vm_swappiness = 60;
EXPORT_SYMBOL(vm_swappiness);

/* ---- waiting ---- */

static DECLARE_WAIT_QUEUE_HEAD(reclaim_wait);

void reclaim_throttle(enum throttle_reason reason)
{
	static const long ticks[] = {
		[THROTTLE_WRITEBACK] = HZ / 10,
		[THROTTLE_ISOLATED] = HZ / 50,
		[THROTTLE_NOPROGRESS] = 1,
	};
	DEFINE_WAIT(wait);

	/* Who makes progress for the others must not wait for them. */
	if (current->flags & (PF_WQ_WORKER | PF_LOCAL_THROTTLE)) {
		cond_resched();
		return;
	}
	prepare_to_wait(&reclaim_wait, &wait, TASK_UNINTERRUPTIBLE);
	__atomic_fetch_add(&mm_node.nr_throttled, 1, __ATOMIC_SEQ_CST);
	schedule_timeout(ticks[reason]);
	__atomic_fetch_sub(&mm_node.nr_throttled, 1, __ATOMIC_SEQ_CST);
	finish_wait(&reclaim_wait, &wait);
}

void reclaim_unthrottle(void)
{
	if (READ_ONCE(mm_node.nr_throttled))
		wake_up_all(&reclaim_wait);
}

/* Do others hold more of a kind than is left on its list? Who may not do everything may hold more: others may wait for him. */
static bool too_many_isolated(bool file, const struct scan_control *sc)
{
	unsigned long isolated = global_node_page_state((enum node_stat_item)(NR_ISOLATED_ANON + file));
	unsigned long inactive = lruvec_lru_size(file ? LRU_INACTIVE_FILE : LRU_INACTIVE_ANON, MAX_NR_ZONES - 1);

	if (sc->kswapd)
		return false;
	return isolated > (gfp_has_io_fs(sc->gfp) ? inactive / 8 + SWAP_CLUSTER_MAX : inactive + 2 * SWAP_CLUSTER_MAX);
}

/* ---- one list ---- */

static void count_scan(const struct scan_control *sc, bool file, unsigned long nr)
{
	count_vm_events(sc->kswapd ? PGSCAN_KSWAPD : PGSCAN_DIRECT, nr);
	count_vm_events(file ? PGSCAN_FILE : PGSCAN_ANON, nr);
}

static void count_steal(const struct scan_control *sc, bool file, unsigned long nr)
{
	count_vm_events(sc->kswapd ? PGSTEAL_KSWAPD : PGSTEAL_DIRECT, nr);
	count_vm_events(file ? PGSTEAL_FILE : PGSTEAL_ANON, nr);
}

/* Back to the lists, and the references dropped. */
static void give_back(struct list_head *pages)
{
	while (!list_empty(pages)) {
		struct page *page = list_first_entry(pages, struct page, lru);

		list_del(&page->lru);
		putback_lru_page(page);
	}
}

static unsigned long shrink_inactive_list(enum lru_list lru, unsigned long nr_to_scan, struct scan_control *sc)
{
	bool file = lru == LRU_INACTIVE_FILE, waited = false;
	struct reclaim_stat stat = {0};
	unsigned long scanned, taken, freed;
	LIST_HEAD(pages);

	while (too_many_isolated(file, sc)) {
		if (waited)
			return 0;
		waited = true;
		reclaim_throttle(THROTTLE_ISOLATED);
		/* Whoever is to die need not wait for memory: the allocator lets him have some. */
		if (fatal_signal_pending(current))
			return SWAP_CLUSTER_MAX;
	}
	lru_add_drain();
	taken = isolate_lru_pages(lru, nr_to_scan, sc->highest, &pages, &scanned);
	sc->nr_scanned += scanned;
	count_scan(sc, file, scanned);
	if (!taken)
		return 0;
	freed = shrink_page_list(&pages, sc, &stat);
	count_steal(sc, file, freed);
	lru_note_cost(file, stat.dirty + stat.writeback);
	give_back(&pages);
	/* The list's end is full of pages that nobody has begun to write: whoever should be writing is behind. */
	if (stat.unqueued_dirty == taken)
		wakeup_flusher_threads(WB_REASON_VMSCAN);
	sc->stat.dirty += stat.dirty;
	sc->stat.unqueued_dirty += stat.unqueued_dirty;
	sc->stat.writeback += stat.writeback;
	sc->stat.immediate += stat.immediate;
	sc->stat.taken += taken;
	sc->stat.file_taken += file ? taken : 0;
	if (freed)
		reclaim_unthrottle();
	return freed;
}

/* Active pages become inactive, in the order in which they are found. Whether they were used meanwhile is seen when they come round. */
static void shrink_active_list(enum lru_list lru, unsigned long nr_to_scan, struct scan_control *sc)
{
	bool file = lru == LRU_ACTIVE_FILE;
	unsigned long scanned, taken, moved = 0;
	struct page *page;
	LIST_HEAD(pages);

	lru_add_drain();
	taken = isolate_lru_pages(lru, nr_to_scan, sc->highest, &pages, &scanned);
	count_vm_events(PGREFILL, scanned);
	list_for_each_entry (page, &pages, lru) {
		unsigned long vm_flags;

		cond_resched();
		if (!page_evictable(page))
			continue;
		/* Code that runs stays: it is shared, and everything waits for it. */
		if (page_referenced(page, 0, &vm_flags) && vm_flags & VM_EXEC && file)
			continue;
		ClearPageActive(page);
		SetPageWorkingset(page);
		moved++;
	}
	count_vm_events(PGDEACTIVATE, moved);
	sc->nr_scanned += taken;
	give_back(&pages);
}

/* ---- which lists, and how much of each ---- */

static unsigned long root_of(unsigned long x)
{
	unsigned long root = 0;

	while ((root + 1) * (root + 1) <= x)
		root++;
	return root;
}

/* Are there too few inactive pages for them to be a fair sample? The more memory, the smaller the share that will do. */
static bool inactive_is_low(bool file)
{
	enum lru_list lru = file ? LRU_INACTIVE_FILE : LRU_INACTIVE_ANON;
	unsigned long inactive = lruvec_lru_size(lru, MAX_NR_ZONES - 1);
	unsigned long active = lruvec_lru_size((enum lru_list)(lru + LRU_ACTIVE), MAX_NR_ZONES - 1);
	unsigned long gib = (inactive + active) >> (30 - PAGE_SHIFT);

	return inactive * (gib ? root_of(10 * gib) : 1) < active;
}

static bool can_swap(const struct scan_control *sc)
{
	return sc->may_swap && get_nr_swap_pages() > 0;
}

/* Hardly any file page is left: taking those would only thrash. */
static bool file_is_tiny(const struct scan_control *sc)
{
	unsigned long file = lruvec_lru_size(LRU_INACTIVE_FILE, MAX_NR_ZONES - 1) +
			     lruvec_lru_size(LRU_ACTIVE_FILE, MAX_NR_ZONES - 1);
	unsigned long high = 0;
	const struct zone *zone;

	for_each_zone (zone)
		high += zone->watermark[WMARK_HIGH];
	return file + nr_free_pages() <= high && !inactive_is_low(false) &&
	       lruvec_lru_size(LRU_INACTIVE_ANON, MAX_NR_ZONES - 1) >> sc->priority;
}

/* Inactive ones, for a pass at this priority. Of short lists scan_counts() takes more than the priority says: so a cluster will do. */
static bool enough_file_pages(const struct scan_control *sc)
{
	unsigned long inactive = lruvec_lru_size(LRU_INACTIVE_FILE, sc->highest);

	return inactive >> sc->priority || (sc->priority <= DEF_PRIORITY - 2 && inactive >= SWAP_CLUSTER_MAX);
}

/* Parts of 2 * 100 that each kind bears: [0] anonymous, [1] file. */
static void shares(const struct scan_control *sc, unsigned long part[2])
{
	const struct lruvec *lruvec = &mm_node.lruvec;
	unsigned long cost[2], total;

	part[0] = 0;
	part[1] = 200;
	if (!can_swap(sc) || !vm_swappiness)
		return;
	if (!sc->priority) {
		part[0] = 200;
		return;
	}
	if (file_is_tiny(sc)) {
		part[0] = 200;
		part[1] = 0;
		return;
	}
	if (!inactive_is_low(true) && enough_file_pages(sc))
		return;
	/* What costs half of all I/O bears half as much as what costs none. */
	total = READ_ONCE(lruvec->cost[0]) + READ_ONCE(lruvec->cost[1]);
	cost[0] = total + READ_ONCE(lruvec->cost[0]) + 1;
	cost[1] = total + READ_ONCE(lruvec->cost[1]) + 1;
	total = cost[0] + cost[1];
	part[0] = (unsigned long)vm_swappiness * total / cost[0];
	part[1] = (200 - (unsigned long)vm_swappiness) * total / cost[1];
	total = part[0] + part[1];
	part[0] = part[0] * 200 / total;
	part[1] = 200 - part[0];
}

static void scan_counts(const struct scan_control *sc, unsigned long nr[NR_LRU_LISTS])
{
	unsigned long part[2];

	shares(sc, part);
	for (unsigned int lru = 0; lru < LRU_UNEVICTABLE; lru++) {
		unsigned long size = lruvec_lru_size((enum lru_list)lru, sc->highest);
		unsigned long share = part[lru >= LRU_INACTIVE_FILE];

		nr[lru] = (size >> sc->priority) * min(share, 200UL) / 200;
		/* Of a short list everything is little; but at the end it counts. */
		if (!nr[lru] && share && size && sc->priority <= DEF_PRIORITY - 2)
			nr[lru] = min(size, SWAP_CLUSTER_MAX);
	}
}

static unsigned long shrink_list(enum lru_list lru, unsigned long nr, struct scan_control *sc)
{
	if (!(lru & LRU_ACTIVE))
		return shrink_inactive_list(lru, nr, sc);
	if (sc->force_deactivate || inactive_is_low(lru == LRU_ACTIVE_FILE))
		shrink_active_list(lru, nr, sc);
	else
		sc->skipped_deactivate = true;
	return 0;
}

static void shrink_lruvec(struct scan_control *sc)
{
	unsigned long nr[NR_LRU_LISTS] = {0}, got = 0;

	scan_counts(sc, nr);
	while (nr[LRU_INACTIVE_ANON] || nr[LRU_ACTIVE_FILE] || nr[LRU_INACTIVE_FILE]) {
		for (unsigned int lru = 0; lru < LRU_UNEVICTABLE; lru++) {
			unsigned long part = min(nr[lru], SWAP_CLUSTER_MAX);

			nr[lru] -= part;
			if (part)
				got += shrink_list((enum lru_list)lru, part, sc);
		}
		cond_resched();
		/* Enough; at the first passes the lists lose evenly all the same, or the shorter one would never be looked at. */
		if (got >= sc->nr_to_reclaim && (sc->kswapd || sc->priority < DEF_PRIORITY))
			break;
	}
	sc->nr_reclaimed += got;
	if (can_swap(sc) && inactive_is_low(false))
		shrink_active_list(LRU_ACTIVE_ANON, SWAP_CLUSTER_MAX, sc);
}

/* ---- a round ---- */

unsigned long reclaim_idle(void)
{
	unsigned long before = current->slab_freed;

	slab_reclaim();
	return vmalloc_purge() + current->slab_freed - before;
}

/* What the pages were like says what the node is waiting for. */
static void judge_node(const struct scan_control *sc)
{
	const struct reclaim_stat *stat = &sc->stat;

	if (sc->kswapd) {
		if (stat->writeback && stat->writeback == stat->taken)
			__atomic_fetch_or(&mm_node.flags, PGDAT_WRITEBACK, __ATOMIC_RELAXED);
		if (stat->file_taken && stat->unqueued_dirty == stat->file_taken)
			__atomic_fetch_or(&mm_node.flags, PGDAT_DIRTY, __ATOMIC_RELAXED);
		if (stat->immediate)
			reclaim_throttle(THROTTLE_WRITEBACK);
	} else if (stat->taken && stat->writeback + stat->dirty == stat->taken && sc->gfp & __GFP_IO) {
		reclaim_throttle(THROTTLE_WRITEBACK);
	}
}

void shrink_node(struct scan_control *sc)
{
	unsigned long before = sc->nr_reclaimed, slab = current->slab_freed;

	sc->stat = (struct reclaim_stat){0};
	shrink_lruvec(sc);
	shrink_slab(sc->gfp, sc->priority);
	sc->nr_reclaimed += current->slab_freed - slab;
	judge_node(sc);
	/* Somebody gets memory again: the node is not hopeless. */
	if (sc->nr_reclaimed > before)
		WRITE_ONCE(mm_node.kswapd_failures, 0);
}

unsigned long zone_reclaimable_pages(const struct zone *zone)
{
	const uint64_t *size = mm_node.lruvec.size[zone_idx(zone)];
	unsigned long pages = READ_ONCE(size[LRU_INACTIVE_FILE]) + READ_ONCE(size[LRU_ACTIVE_FILE]);

	if (get_nr_swap_pages())
		pages += READ_ONCE(size[LRU_INACTIVE_ANON]) + READ_ONCE(size[LRU_ACTIVE_ANON]);
	return pages;
}

/* ---- direct reclaim ---- */

static unsigned long direct_rounds(struct scan_control *sc)
{
	for (sc->priority = DEF_PRIORITY; sc->priority >= 0; sc->priority--) {
		shrink_node(sc);
		if (sc->nr_reclaimed >= sc->nr_to_reclaim)
			break;
		/* There were pages, and none of them went. */
		if (sc->priority == 1 && !sc->nr_reclaimed && sc->nr_scanned)
			reclaim_throttle(THROTTLE_NOPROGRESS);
	}
	return sc->nr_reclaimed;
}

unsigned long try_to_free_pages(unsigned int order, gfp_t gfp)
{
	struct scan_control sc = {
		.gfp = current_gfp_context(gfp),
		.order = order,
		.highest = gfp_zone(gfp),
		.nr_to_reclaim = max_t(unsigned long, SWAP_CLUSTER_MAX, 1UL << order),
		.may_writepage = true,
		.may_swap = true,
	};
	unsigned int token;
	unsigned long got;

	kswapd_throttle(sc.gfp);
	count_vm_event((enum vm_event_item)(ALLOCSTALL_DMA + sc.highest));
	fs_reclaim_acquire(sc.gfp);
	token = memalloc_noreclaim_save();
	sc.nr_reclaimed = reclaim_idle();
	got = direct_rounds(&sc);
	/* What waits in some CPU's batch is on no list, or held by the batch. */
	if (!got && lru_drain_waiting())
		got = direct_rounds(&sc);
	if (!got && sc.skipped_deactivate) {
		sc.force_deactivate = true;
		got = direct_rounds(&sc);
	}
	memalloc_noreclaim_restore(token);
	fs_reclaim_release(sc.gfp);
	return got;
}
EXPORT_SYMBOL(try_to_free_pages);

/* ---- on demand ---- */

/* Every clean page of a file, active or not, that nobody uses. What is dirty stays. */
static void drop_file_pages(void)
{
	struct scan_control sc = {.gfp = GFP_KERNEL, .highest = MAX_NR_ZONES - 1};
	unsigned int token = memalloc_noreclaim_save();
	unsigned long left, freed;

	do {
		left = lruvec_lru_size(LRU_ACTIVE_FILE, sc.highest);
		for (; left; left -= min(left, SWAP_CLUSTER_MAX))
			shrink_active_list(LRU_ACTIVE_FILE, SWAP_CLUSTER_MAX, &sc);
		freed = 0;
		left = lruvec_lru_size(LRU_INACTIVE_FILE, sc.highest);
		for (; left; left -= min(left, SWAP_CLUSTER_MAX))
			freed += shrink_inactive_list(LRU_INACTIVE_FILE, SWAP_CLUSTER_MAX, &sc);
	} while (freed);
	memalloc_noreclaim_restore(token);
}

void drop_caches(unsigned int what)
{
	unsigned long freed;

	lru_add_drain_all();
	if (what & 1) {
		drop_file_pages();
		count_vm_event(DROP_PAGECACHE);
	}
	if (what & 2) {
		/* One round may only have made the next one possible. */
		for (unsigned int i = 0; i < DEF_PRIORITY; i++) {
			freed = shrink_slab(GFP_KERNEL, 0);
			if (!freed || freed >> i <= 1)
				break;
		}
		reclaim_idle();
		count_vm_event(DROP_SLAB);
	}
}
EXPORT_SYMBOL(drop_caches);
