// SPDX-License-Identifier: MIT
/*
 * lru.c - the lists on which pages of files and processes wait until somebody needs their memory (shared/node.h).
 *
 * Shape:   five lists: inactive and active of anonymous and of file pages, and those that cannot be got back now. Pages come in
 *          at the front and are taken from the back. What one CPU does to many pages goes through its batches: LRU_BATCH_SIZE
 *          pages wait until they are treated under one hold of the lock.
 * Always:  PG_LRU <=> on exactly one list, the one that page_lru() names. size[zone][list] is the length of the list's part in
 *          the zone, NR_INACTIVE_ANON and so on the whole length. PG_ISOLATED <=> counted in NR_ISOLATED_*; such a page
 *          is not PG_LRU. A batch holds a reference of each of its pages, whoever isolated holds one, a list holds none: the last
 *          put_page() takes a page off its list.
 * Sync:    a page without references may still be on its list for a moment: who takes pages off under the lock takes a
 *          reference by get_page_unless_zero(), and passes over those that have none.
 * Locking: lruvec->lock, interrupts off; nothing is taken under it. Batches: interrupts off on their CPU.
 * Contexts: any.
 * Not here: who goes when memory is short (vmscan.c), and how soon a page that comes back was wanted again (workingset.c).
 */
#include <linux/export.h>
#include <linux/list.h>
#include <linux/pagemap.h>
#include <linux/smp.h>
#include <linux/swap.h>

#include "reclaim.h"

/* ---- on a list and off it. Needs: the lock ---- */

static void resize(struct page *page, enum lru_list lru, long delta)
{
	mm_node.lruvec.size[page_zonenum(page)][lru] += (uint64_t)delta;
	mod_node_page_state(&mm_node, (enum node_stat_item)(NR_INACTIVE_ANON + lru), delta);
}

static void list_page(struct page *page, bool front)
{
	enum lru_list lru = page_lru(page);

	if (front)
		list_add(&page->lru, &mm_node.lruvec.lists[lru]);
	else
		list_add_tail(&page->lru, &mm_node.lruvec.lists[lru]);
	SetPageLRU(page);
	resize(page, lru, 1);
}

static void unlist_page(struct page *page)
{
	resize(page, page_lru(page), -1);
	list_del(&page->lru);
	ClearPageLRU(page);
}

/* May it be got back at all? */
bool page_evictable(const struct page *page)
{
	return !PageMlocked(page) && !mapping_unevictable(page_mapping(page));
}

/* A page that is on no list joins the one where it belongs now. */
static void settle_page(struct page *page)
{
	if (page_evictable(page)) {
		if (TestClearPageUnevictable(page))
			count_vm_event(UNEVICTABLE_PGRESCUED);
	} else {
		ClearPageActive(page);
		if (!TestSetPageUnevictable(page))
			count_vm_event(UNEVICTABLE_PGCULLED);
	}
	list_page(page, true);
}

/* ---- batches ---- */

/* One page of a batch. */
static void treat(struct page *page, enum lru_batch_kind kind)
{
	if (kind == LRU_BATCH_ADD) {
		settle_page(page);
		return;
	}
	/* It was isolated, or freed but for the batch's reference, meanwhile. */
	if (!PageLRU(page) || PageUnevictable(page))
		return;
	if ((kind == LRU_BATCH_ACTIVATE) == PageActive(page) && kind != LRU_BATCH_ROTATE)
		return;
	unlist_page(page);
	if (kind == LRU_BATCH_ACTIVATE) {
		SetPageActive(page);
		count_vm_event(PGACTIVATE);
	} else if (kind == LRU_BATCH_DEACTIVATE) {
		ClearPageActive(page);
		ClearPageReferenced(page);
		count_vm_event(PGDEACTIVATE);
	} else {
		ClearPageActive(page);
		count_vm_event(PGROTATED);
	}
	list_page(page, kind != LRU_BATCH_ROTATE);
}

/* Interrupts are off. The pages' references are dropped when the batch is empty and the lock is free. */
static void drain_batch(struct lru_batch *batch, enum lru_batch_kind kind)
{
	struct page *pages[LRU_BATCH_SIZE];
	uint32_t nr = batch->nr;

	if (!nr)
		return;
	batch->seq++;
	barrier();
	mm_lock_write_noirq(&mm_node.lruvec.lock);
	for (uint32_t i = 0; i < nr; i++) {
		pages[i] = batch->pages[i];
		treat(pages[i], kind);
		batch->pages[i] = NULL;
	}
	batch->nr = 0;
	mm_unlock_write_noirq(&mm_node.lruvec.lock);
	barrier();
	batch->seq++;
	for (uint32_t i = 0; i < nr; i++)
		put_page(pages[i]);
}

static void batch_page(struct page *page, enum lru_batch_kind kind)
{
	unsigned long irq = arch_local_irq_save();
	struct lru_batch *batch = &mm_node.lru_cpus[raw_smp_processor_id()].batch[kind];

	page_ref_inc(page);
	batch->seq++;
	barrier();
	batch->pages[batch->nr++] = page;
	barrier();
	batch->seq++;
	if (batch->nr == LRU_BATCH_SIZE)
		drain_batch(batch, kind);
	arch_local_irq_restore(irq);
}

void lru_add_drain(void)
{
	unsigned long irq = arch_local_irq_save();
	struct lru_cpu *mine = &mm_node.lru_cpus[raw_smp_processor_id()];

	for (unsigned int kind = 0; kind < NR_LRU_BATCHES; kind++)
		drain_batch(&mine->batch[kind], (enum lru_batch_kind)kind);
	arch_local_irq_restore(irq);
}
EXPORT_SYMBOL(lru_add_drain);

static void drain_here(void *unused)
{
	(void)unused;
	lru_add_drain();
}

static bool has_waiting(int cpu, void *unused)
{
	const struct lru_cpu *its = &mm_node.lru_cpus[cpu];
	uint32_t nr = 0;

	(void)unused;
	for (unsigned int kind = 0; kind < NR_LRU_BATCHES; kind++)
		nr += READ_ONCE(its->batch[kind].nr);
	return nr != 0;
}

/* The others are interrupted and waited for: so in a task that holds no spinlock, which may be one that reclaims. */
void lru_add_drain_all(void)
{
	on_each_cpu_cond(has_waiting, drain_here, NULL, 1);
}
EXPORT_SYMBOL(lru_add_drain_all);

bool lru_drain_waiting(void)
{
	bool any = false;

	for (uint32_t cpu = 0; cpu < mm_root.nr_cpus && !any; cpu++)
		any = has_waiting((int)cpu, NULL);
	if (any)
		lru_add_drain_all();
	return any;
}

/* ---- a page's way ---- */

void lru_cache_add(struct page *page)
{
	MM_CHECK(!PageLRU(page) && !PageIsolated(page) && !page->order);
	MM_CHECK(page->owner == OWNER_CACHE || page->owner == OWNER_ANON);
	batch_page(page, LRU_BATCH_ADD);
}
EXPORT_SYMBOL(lru_cache_add);

/* Used again before it came out of this CPU's batch: it joins the active list right away. Return: was it there? */
static bool activate_in_batch(struct page *page)
{
	unsigned long irq = arch_local_irq_save();
	struct lru_batch *batch = &mm_node.lru_cpus[raw_smp_processor_id()].batch[LRU_BATCH_ADD];
	bool found = false;

	for (uint32_t i = batch->nr; i-- > 0 && !found;)
		found = batch->pages[i] == page;
	if (found)
		SetPageActive(page);
	arch_local_irq_restore(irq);
	return found;
}

void activate_page(struct page *page)
{
	if (PageLRU(page) && !PageActive(page) && !PageUnevictable(page))
		batch_page(page, LRU_BATCH_ACTIVATE);
}
EXPORT_SYMBOL(activate_page);

void deactivate_page(struct page *page)
{
	if (PageLRU(page) && PageActive(page) && !PageUnevictable(page))
		batch_page(page, LRU_BATCH_DEACTIVATE);
}
EXPORT_SYMBOL(deactivate_page);

void rotate_reclaimable_page(struct page *page)
{
	if (PageLRU(page) && !PageUnevictable(page) && !PageLocked(page) && !PageDirty(page))
		batch_page(page, LRU_BATCH_ROTATE);
}
EXPORT_SYMBOL(rotate_reclaimable_page);

void mark_page_accessed(struct page *page)
{
	if (!PageReferenced(page)) {
		SetPageReferenced(page);
		return;
	}
	if (PageUnevictable(page) || PageActive(page))
		return;
	if (PageLRU(page))
		activate_page(page);
	else if (!activate_in_batch(page))
		return;
	ClearPageReferenced(page);
	workingset_activation(page);
}
EXPORT_SYMBOL(mark_page_accessed);

/* ---- isolation ---- */

/* Needs: the lock; a reference for whoever isolates. */
static void isolate(struct page *page)
{
	unlist_page(page);
	SetPageIsolated(page);
	mod_node_page_state(&mm_node, (enum node_stat_item)(NR_ISOLATED_ANON + page_is_file_lru(page)), 1);
}

static void unisolate(struct page *page)
{
	if (TestClearPageIsolated(page))
		mod_node_page_state(&mm_node, (enum node_stat_item)(NR_ISOLATED_ANON + page_is_file_lru(page)), -1);
}

int isolate_lru_page(struct page *page)
{
	unsigned long irq;
	int err = -EBUSY;

	if (!PageLRU(page))
		return -EBUSY;
	irq = mm_lock_write(&mm_node.lruvec.lock);
	if (PageLRU(page) && get_page_unless_zero(page)) {
		isolate(page);
		err = 0;
	}
	mm_unlock_write(&mm_node.lruvec.lock, irq);
	return err;
}
EXPORT_SYMBOL(isolate_lru_page);

unsigned long isolate_lru_pages(enum lru_list lru, unsigned long nr_to_scan, enum zone_type highest,
				struct list_head *pages, unsigned long *nr_scanned)
{
	struct list_head *list = &mm_node.lruvec.lists[lru];
	unsigned long irq = mm_lock_write(&mm_node.lruvec.lock), scanned = 0, taken = 0, skipped = 0;

	/* Pages of higher zones cost little to pass over, but the list may be full of them: not without an end. */
	while (scanned < nr_to_scan && skipped < 16 * nr_to_scan && !list_empty(list)) {
		struct page *page = list_last_entry(list, struct page, lru);

		if (page_zonenum(page) > highest || !get_page_unless_zero(page)) {
			skipped++;
			if (page_zonenum(page) > highest)
				count_vm_event((enum vm_event_item)(PGSCAN_SKIP_DMA + page_zonenum(page)));
			list_move(&page->lru, list);
			continue;
		}
		scanned++;
		taken++;
		isolate(page);
		list_add(&page->lru, pages);
	}
	mm_unlock_write(&mm_node.lruvec.lock, irq);
	*nr_scanned = scanned;
	return taken;
}

void putback_lru_pages(struct list_head *pages)
{
	struct page *page, *next;
	unsigned long irq = mm_lock_write(&mm_node.lruvec.lock);

	list_for_each_entry_safe (page, next, pages, lru) {
		list_del(&page->lru);
		unisolate(page);
		settle_page(page);
	}
	mm_unlock_write(&mm_node.lruvec.lock, irq);
}

void putback_lru_page(struct page *page)
{
	unsigned long irq = mm_lock_write(&mm_node.lruvec.lock);

	unisolate(page);
	settle_page(page);
	mm_unlock_write(&mm_node.lruvec.lock, irq);
	put_page(page);
}
EXPORT_SYMBOL(putback_lru_page);

void lru_page_release(struct page *page)
{
	/* Without a reference it cannot join a list any more, but it may be passed over on one right now. */
	if (PageLRU(page)) {
		unsigned long irq = mm_lock_write(&mm_node.lruvec.lock);

		unlist_page(page);
		mm_unlock_write(&mm_node.lruvec.lock, irq);
	}
	unisolate(page);
	if (page->flags & (PG_LOCKED | PG_WRITEBACK | PG_SWAPCACHE))
		bad_page(page, "last reference gone while locked, written or in swap");
}

/* ---- how long the lists are ---- */

unsigned long lruvec_lru_size(enum lru_list lru, enum zone_type highest)
{
	unsigned long size = 0;

	for (unsigned int zone = 0; zone <= (unsigned int)highest && zone < MAX_NR_ZONES; zone++)
		size += READ_ONCE(mm_node.lruvec.size[zone][lru]);
	return size;
}

void lru_note_cost(bool file, unsigned long pages)
{
	struct lruvec *lruvec = &mm_node.lruvec;
	unsigned long irq = mm_lock_write(&lruvec->lock), size = 0;

	for (unsigned int lru = 0; lru < LRU_UNEVICTABLE; lru++)
		size += lruvec_lru_size((enum lru_list)lru, MAX_NR_ZONES - 1);
	lruvec->cost[file] += pages;
	/* What was long ago counts less and less. */
	if (lruvec->cost[0] + lruvec->cost[1] > size / 4) {
		lruvec->cost[0] /= 2;
		lruvec->cost[1] /= 2;
	}
	mm_unlock_write(&lruvec->lock, irq);
}
