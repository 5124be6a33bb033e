// SPDX-License-Identifier: MIT
/*
 * page_writeback.c - dirty pages: how they become so, how they are written, how many there may be.
 *
 * A page of a mapping is clean, dirty (PG_DIRTY, mark DIRTY), or being written (PG_WRITEBACK, mark WRITEBACK), or both of the
 * last. The mark DIRTY outlives the flag a little: from clear_page_dirty_for_io() to set_page_writeback(), under the page's
 * lock, so that whoever syncs sees the page by one mark or the other.
 *
 * Always: nrdirty and nrwriteback of a mapping are its marks; NR_FILE_DIRTY and NR_WRITEBACK the flags; a mapping with dirty pages
 *         is on page_cache.dirty or about to be put there by whoever dirtied it.
 * Failed: a page that could not be written stays dirty and gets PG_ERROR: the flusher leaves it alone, the next sync tries again.
 *         Who syncs, and who has the file open, is told (mapping_set_error()).
 * Locks:  the array's lock for flags together with marks. A mapping that the flusher works at is marked AS_FLUSHING under
 *         page_cache.lock: address_space_exit() waits for that.
 */
#include <linux/blkdev.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/sched/mm.h>
#include <linux/swap.h>
#include <linux/wait.h>
#include <linux/writeback.h>

#include "page_cache.h"

unsigned int dirty_background_ratio = 10, vm_dirty_ratio = 20;
unsigned int dirty_writeback_interval = 500, dirty_expire_interval = 3000;

static DECLARE_WAIT_QUEUE_HEAD(flusher_wait);
static DECLARE_WAIT_QUEUE_HEAD(throttle_wait);
static DECLARE_WAIT_QUEUE_HEAD(idle_wait);
static unsigned int reasons; /* bits of enum wb_reason */

/* ---- the list of dirty mappings ---- */

void mapping_put_on_dirty_list(struct address_space *mapping)
{
	unsigned long irq;

	if (!list_empty(&mapping->io_list))
		return;
	irq = mm_lock_write(&page_cache.lock);
	if (list_empty(&mapping->io_list) && !test_bit(AS_EXITING, (unsigned long *)&mapping->flags)) {
		mapping->dirtied_when = jiffies;
		list_add_tail(&mapping->io_list, &page_cache.dirty);
	}
	mm_unlock_write(&page_cache.lock, irq);
}

/* The first mapping that is dirty since before @before and not being flushed, pinned; NULL if there is none. */
static struct address_space *pin_dirty(unsigned long before)
{
	struct address_space *mapping, *found = NULL;
	unsigned long irq = mm_lock_write(&page_cache.lock);

	list_for_each_entry (mapping, &page_cache.dirty, io_list) {
		unsigned long *flags = (unsigned long *)&mapping->flags;

		if (test_bit(AS_FLUSHING, flags) || test_bit(AS_EXITING, flags) ||
		    time_after((unsigned long)mapping->dirtied_when, before))
			continue;
		set_bit(AS_FLUSHING, flags);
		found = mapping;
		break;
	}
	mm_unlock_write(&page_cache.lock, irq);
	return found;
}

/* Done with it for now: at the end of the list if it is dirty still, as of @now. */
static void unpin(struct address_space *mapping)
{
	unsigned long irq = mm_lock_write(&page_cache.lock);

	list_del_init(&mapping->io_list);
	if (READ_ONCE(mapping->nrdirty)) {
		mapping->dirtied_when = jiffies;
		list_add_tail(&mapping->io_list, &page_cache.dirty);
	}
	clear_bit(AS_FLUSHING, (unsigned long *)&mapping->flags);
	mm_unlock_write(&page_cache.lock, irq);
	wake_up_all(&idle_wait);
}

/* Mapping *@nr of all, or the next that is not busy, pinned; its number. NULL: there are no more. */
static struct address_space *pin_nth(unsigned long *nr)
{
	struct address_space *mapping, *found = NULL;
	unsigned long at = 0, irq = mm_lock_write(&page_cache.lock);

	list_for_each_entry (mapping, &page_cache.mappings, list) {
		unsigned long *flags = (unsigned long *)&mapping->flags;

		if (at++ < *nr || test_bit(AS_FLUSHING, flags) || test_bit(AS_EXITING, flags))
			continue;
		set_bit(AS_FLUSHING, flags);
		found = mapping;
		*nr = at - 1;
		break;
	}
	mm_unlock_write(&page_cache.lock, irq);
	return found;
}

unsigned long drop_pagecache(void)
{
	struct address_space *mapping;
	unsigned long dropped = 0;

	lru_add_drain_all();
	for (unsigned long nr = 0; (mapping = pin_nth(&nr)); nr++) {
		dropped += invalidate_mapping_pages(mapping, 0, ULONG_MAX);
		unpin(mapping);
	}
	return dropped;
}
EXPORT_SYMBOL(drop_pagecache);

void mapping_wait_unpinned(struct address_space *mapping)
{
	wait_event(idle_wait, !test_bit(AS_FLUSHING, (unsigned long *)&mapping->flags));
}

/* ---- a page's state ---- */

bool set_page_dirty(struct page *page)
{
	struct address_space *mapping = page_mapping(page);
	unsigned long flags;

	if (!mapping)
		return !TestSetPageDirty(page);
	xa_lock_irqsave(&mapping->i_pages, flags);
	if (TestSetPageDirty(page)) {
		xa_unlock_irqrestore(&mapping->i_pages, flags);
		return false;
	}
	MM_CHECK(page_mapping(page) == mapping);
	if (!__xa_get_mark(&mapping->i_pages, page->index, PAGECACHE_TAG_DIRTY)) {
		__xa_set_mark(&mapping->i_pages, page->index, PAGECACHE_TAG_DIRTY);
		mapping->nrdirty++;
	}
	inc_node_page_state(page, NR_FILE_DIRTY);
	inc_node_page_state(page, NR_DIRTIED);
	xa_unlock_irqrestore(&mapping->i_pages, flags);
	mapping_put_on_dirty_list(mapping);
	return true;
}
EXPORT_SYMBOL(set_page_dirty);

bool clear_page_dirty_for_io(struct page *page)
{
	MM_CHECK(PageLocked(page));
	if (!TestClearPageDirty(page))
		return false;
	if (page_mapping(page))
		dec_node_page_state(page, NR_FILE_DIRTY);
	return true;
}
EXPORT_SYMBOL(clear_page_dirty_for_io);

/* Needs: the array's lock. */
static void drop_dirty_mark(struct address_space *mapping, struct page *page)
{
	if (PageDirty(page) || !__xa_get_mark(&mapping->i_pages, page->index, PAGECACHE_TAG_DIRTY))
		return;
	__xa_clear_mark(&mapping->i_pages, page->index, PAGECACHE_TAG_DIRTY);
	mapping->nrdirty--;
}

void cancel_dirty_page(struct page *page)
{
	struct address_space *mapping = page_mapping(page);
	unsigned long flags;

	clear_page_dirty_for_io(page);
	if (!mapping)
		return;
	xa_lock_irqsave(&mapping->i_pages, flags);
	drop_dirty_mark(mapping, page);
	xa_unlock_irqrestore(&mapping->i_pages, flags);
}
EXPORT_SYMBOL(cancel_dirty_page);

void redirty_page_for_writepage(struct writeback_control *wbc, struct page *page)
{
	wbc->pages_skipped++;
	set_page_dirty(page);
}
EXPORT_SYMBOL(redirty_page_for_writepage);

void set_page_writeback(struct page *page)
{
	struct address_space *mapping = page_mapping(page);
	unsigned long flags;

	MM_CHECK(PageLocked(page));
	if (!mapping) {
		if (!TestSetPageWriteback(page))
			inc_node_page_state(page, NR_WRITEBACK);
		return;
	}
	xa_lock_irqsave(&mapping->i_pages, flags);
	if (!TestSetPageWriteback(page)) {
		__xa_set_mark(&mapping->i_pages, page->index, PAGECACHE_TAG_WRITEBACK);
		mapping->nrwriteback++;
		inc_node_page_state(page, NR_WRITEBACK);
	}
	drop_dirty_mark(mapping, page);
	__xa_clear_mark(&mapping->i_pages, page->index, PAGECACHE_TAG_TOWRITE);
	xa_unlock_irqrestore(&mapping->i_pages, flags);
}
EXPORT_SYMBOL(set_page_writeback);

void end_page_writeback(struct page *page)
{
	struct address_space *mapping = page_mapping(page);
	unsigned long flags;

	/* It may be reclaimed as soon as the flag is gone. */
	page_ref_inc(page);
	if (TestClearPageReclaim(page))
		rotate_reclaimable_page(page);
	if (mapping) {
		xa_lock_irqsave(&mapping->i_pages, flags);
		BUG_ON(!TestClearPageWriteback(page));
		__xa_clear_mark(&mapping->i_pages, page->index, PAGECACHE_TAG_WRITEBACK);
		mapping->nrwriteback--;
		dec_node_page_state(page, NR_WRITEBACK);
		xa_unlock_irqrestore(&mapping->i_pages, flags);
	} else {
		BUG_ON(!TestClearPageWriteback(page));
		dec_node_page_state(page, NR_WRITEBACK);
	}
	inc_node_page_state(page, NR_WRITTEN);
	page_wake_waiters(page);
	if (waitqueue_active(&throttle_wait))
		wake_up_all(&throttle_wait);
	put_page(page);
}
EXPORT_SYMBOL(end_page_writeback);

/* ---- on its way ---- */

static void write_over(struct bio *bio)
{
	int err = blk_status_to_errno(bio->bi_status);

	for (unsigned int i = 0; i < bio->bi_vcnt; i++) {
		struct page *page = bio->bi_io_vec[i].bv_page;

		if (err) {
			SetPageError(page);
			mapping_set_error(page_mapping(page), err);
			set_page_dirty(page);
		}
		end_page_writeback(page);
	}
	bio_put(bio);
}

void writeback_submit(struct writeback_control *wbc)
{
	struct bio *bio = wbc->bio;

	wbc->bio = NULL;
	if (bio) {
		count_vm_events(PGPGOUT, bio->bi_iter.bi_size >> 10);
		submit_bio(bio);
	}
}
EXPORT_SYMBOL(writeback_submit);

void writeback_add_page(struct writeback_control *wbc, struct page *page, struct block_device *bdev, u64 sector)
{
	struct bio *bio = wbc->bio;

	if (bio && (bio->bi_bdev != bdev || bio_end_sector(bio) != sector || bio->bi_vcnt == bio->bi_max_vecs))
		writeback_submit(wbc);
	if (!wbc->bio) {
		unsigned short most = wbc->for_reclaim || wbc->nr_to_write == 1 ? 1 : BIO_RESERVE_VECS;

		/* Does not fail, as nothing of ours is held back. */
		bio = bio_alloc(bdev, most, REQ_OP_WRITE, GFP_NOIO);
		bio->bi_iter.bi_sector = sector;
		bio->bi_end_io = write_over;
		wbc->bio = bio;
	}
	bio_add_page(wbc->bio, page, PAGE_SIZE, 0);
	set_page_writeback(page);
	unlock_page(page);
}
EXPORT_SYMBOL(writeback_add_page);

/* Every page of the range that is dirty now is to be written by this sync, and none that becomes dirty meanwhile. */
static void mark_for_sync(struct address_space *mapping, pgoff_t index, pgoff_t end)
{
	unsigned long flags;

	xa_lock_irqsave(&mapping->i_pages, flags);
	while (__xa_find(&mapping->i_pages, &index, end, PAGECACHE_TAG_DIRTY)) {
		__xa_set_mark(&mapping->i_pages, index, PAGECACHE_TAG_TOWRITE);
		if (!++index)
			break;
	}
	xa_unlock_irqrestore(&mapping->i_pages, flags);
}

/* Locked, dirty no more, and to be written; or else unlocked. */
static bool ready_to_write(struct address_space *mapping, struct page *page, struct writeback_control *wbc)
{
	bool sync = wbc->sync_mode == WB_SYNC_ALL;

	if (!trylock_page(page)) {
		/* Its holder might wait for a page that we hold back. */
		writeback_submit(wbc);
		lock_page(page);
	}
	if (page_mapping(page) == mapping && PageWriteback(page) && sync) {
		writeback_submit(wbc);
		wait_on_page_writeback(page);
	}
	if (page_mapping(page) == mapping && !PageWriteback(page) && (sync || !PageError(page)) &&
	    clear_page_dirty_for_io(page)) {
		ClearPageError(page);
		return true;
	}
	unlock_page(page);
	return false;
}

static int write_one(struct address_space *mapping, struct page *page, struct writeback_control *wbc)
{
	int err;

	if (!ready_to_write(mapping, page, wbc))
		return 0;
	err = mapping->a_ops->writepage(page, wbc);
	if (err == AOP_WRITEPAGE_ACTIVATE) {
		unlock_page(page);
		return 0;
	}
	wbc->nr_to_write--;
	return err;
}

int write_cache_pages(struct address_space *mapping, struct writeback_control *wbc)
{
	pgoff_t index = (pgoff_t)wbc->range_start >> PAGE_SHIFT, last = (pgoff_t)wbc->range_end >> PAGE_SHIFT;
	xa_mark_t tag = wbc->sync_mode == WB_SYNC_ALL ? PAGECACHE_TAG_TOWRITE : PAGECACHE_TAG_DIRTY;
	struct page *pages[16];
	unsigned int nr;
	int first = 0;

	if (wbc->sync_mode == WB_SYNC_ALL)
		mark_for_sync(mapping, index, last);
	while (wbc->nr_to_write > 0 &&
	       (nr = find_get_pages_tag(mapping, &index, last, tag, ARRAY_SIZE(pages), pages))) {
		for (unsigned int i = 0; i < nr; i++) {
			int err = wbc->nr_to_write > 0 ? write_one(mapping, pages[i], wbc) : 0;

			first = first ? first : err;
			put_page(pages[i]);
		}
		if (!index)
			break;
	}
	writeback_submit(wbc);
	return first;
}
EXPORT_SYMBOL(write_cache_pages);

static int do_writepages(struct address_space *mapping, struct writeback_control *wbc)
{
	if (mapping->a_ops->writepages)
		return mapping->a_ops->writepages(mapping, wbc);
	return mapping->a_ops->writepage ? write_cache_pages(mapping, wbc) : 0;
}

int filemap_fdatawrite_range(struct address_space *mapping, loff_t start, loff_t end)
{
	struct writeback_control wbc = {
		.nr_to_write = LONG_MAX, .range_start = start, .range_end = end, .sync_mode = WB_SYNC_ALL};

	return do_writepages(mapping, &wbc);
}
EXPORT_SYMBOL(filemap_fdatawrite_range);

int write_one_page(struct page *page)
{
	struct writeback_control wbc = {.nr_to_write = 1, .sync_mode = WB_SYNC_ALL};
	struct address_space *mapping = page_mapping(page);
	int err = 0;

	wait_on_page_writeback(page);
	if (!clear_page_dirty_for_io(page)) {
		unlock_page(page);
		return 0;
	}
	ClearPageError(page);
	err = mapping->a_ops->writepage(page, &wbc);
	writeback_submit(&wbc);
	if (!err)
		wait_on_page_writeback(page);
	return err ? err : PageError(page) ? -EIO : 0;
}
EXPORT_SYMBOL(write_one_page);

/* ---- how much ---- */

void global_dirty_limits(unsigned long *background, unsigned long *dirty)
{
	unsigned long have =
		nr_free_pages() + global_node_page_state(NR_INACTIVE_FILE) + global_node_page_state(NR_ACTIVE_FILE);
	unsigned long kept = totalreserve_pages();

	have = have > kept ? have - kept : 0;
	*dirty = max(have * vm_dirty_ratio / 100, 16UL);
	*background = min(have * dirty_background_ratio / 100, *dirty / 2);
}

static unsigned long nr_dirty_now(void)
{
	return global_node_page_state(NR_FILE_DIRTY) + global_node_page_state(NR_WRITEBACK);
}

void wakeup_flusher_threads(enum wb_reason reason)
{
	__atomic_fetch_or(&reasons, 1u << reason, __ATOMIC_SEQ_CST);
	if (waitqueue_active(&flusher_wait))
		wake_up_all(&flusher_wait);
}
EXPORT_SYMBOL(wakeup_flusher_threads);

/* So many pauses without a single page written: the disk does not take them, and waiting does not help. */
#define FRUITLESS_PAUSES 20

static void throttle(void)
{
	unsigned long background, limit, written = global_node_page_state(NR_WRITTEN);
	unsigned int fruitless = 0;
	DEFINE_WAIT(wait);

	for (;;) {
		unsigned long dirty = nr_dirty_now();

		global_dirty_limits(&background, &limit);
		if (dirty > background)
			wakeup_flusher_threads(WB_REASON_BACKGROUND);
		if (dirty <= limit || fruitless == FRUITLESS_PAUSES || fatal_signal_pending(current))
			break;
		prepare_to_wait(&throttle_wait, &wait, TASK_UNINTERRUPTIBLE);
		schedule_timeout(max(HZ / 20, 1));
		finish_wait(&throttle_wait, &wait);
		fruitless = written == global_node_page_state(NR_WRITTEN) ? fruitless + 1 : 0;
		written = global_node_page_state(NR_WRITTEN);
	}
}

void balance_dirty_pages_ratelimited(struct address_space *mapping)
{
	static unsigned int calls;

	(void)mapping;
	might_sleep();
	/* Counting free pages looks at every CPU: not for each page. */
	if (__atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED) % 8 == 0)
		throttle();
}
EXPORT_SYMBOL(balance_dirty_pages_ratelimited);

/* ---- the flusher ---- */

#define FLUSH_BATCH 256

static unsigned long nr_dirty_mappings(void)
{
	const struct list_head *at;
	unsigned long nr = 0, irq = mm_lock_read(&page_cache.lock);

	list_for_each (at, &page_cache.dirty)
		nr++;
	mm_unlock_read(&page_cache.lock, irq);
	return nr;
}

/* Up to a batch of each mapping that is dirty since before @before, again and again. Return: pages written. */
static unsigned long flush_older(unsigned long before, unsigned long enough)
{
	unsigned long done = 0, last;

	do {
		unsigned long nr = nr_dirty_mappings();
		struct address_space *mapping;

		last = done;
		/* Who had its turn goes to the end. */
		while (nr-- && done < enough && (mapping = pin_dirty(before))) {
			struct writeback_control wbc = {.nr_to_write = FLUSH_BATCH, .range_end = LONG_MAX};

			do_writepages(mapping, &wbc);
			done += (unsigned long)(FLUSH_BATCH - wbc.nr_to_write);
			unpin(mapping);
		}
	} while (done != last && done < enough);
	return done;
}

unsigned long writeback_round(void)
{
	unsigned int why = __atomic_exchange_n(&reasons, 0, __ATOMIC_SEQ_CST);
	unsigned long background, limit, done = 0, now;

	done += flush_older(jiffies - dirty_expire_interval * HZ / 100, ULONG_MAX);
	if (why & (1u << WB_REASON_VMSCAN | 1u << WB_REASON_SYNC))
		done += flush_older(jiffies, 4 * FLUSH_BATCH);
	for (;;) {
		global_dirty_limits(&background, &limit);
		if (global_node_page_state(NR_FILE_DIRTY) <= background)
			break;
		now = flush_older(jiffies, FLUSH_BATCH);
		if (!now)
			break;
		done += now;
	}
	return done;
}

void writeback_wait(void)
{
	wait_event_timeout(flusher_wait, READ_ONCE(reasons), (long)(dirty_writeback_interval * HZ / 100));
}
