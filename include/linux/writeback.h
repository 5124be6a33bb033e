/* SPDX-License-Identifier: MIT */
/*
 * writeback.h - dirty pages on their way to the disk: who asks for it, how much may be dirty, who waits.
 */
#ifndef _LINUX_WRITEBACK_H
#define _LINUX_WRITEBACK_H

#include <linux/types.h>

struct address_space;
struct bio;
struct block_device;
struct page;

enum writeback_sync_modes {
	WB_SYNC_NONE, /* write what can be written without waiting */
	WB_SYNC_ALL,  /* everything, also what failed before; wait for what is under way already */
};

/* Why the flusher was woken. */
enum wb_reason { WB_REASON_BACKGROUND, WB_REASON_VMSCAN, WB_REASON_SYNC, WB_REASON_PERIODIC };

/**
 * struct writeback_control - what to write
 * @nr_to_write: pages to write; counts down
 * @range_start, @range_end: bytes, inclusive
 * @for_reclaim: reclaim asks for this page: it wants the memory
 * @bio: pages that go to successive sectors, not submitted yet: for ->writepage(), by writeback_add_page()
 */
struct writeback_control {
	long nr_to_write;
	long pages_skipped;
	loff_t range_start, range_end;
	enum writeback_sync_modes sync_mode;
	bool for_reclaim;
	struct bio *bio;
};

/* ->writepage() gives the page back locked, dirty and unwritten: put it on the active list. */
#define AOP_WRITEPAGE_ACTIVATE 0x80000

/** writeback_submit - what was put together in @wbc is on its way when this returns */
void writeback_submit(struct writeback_control *wbc);
/**
 * writeback_add_page - a ->writepage()'s: write @page, all of it, to @sector
 *
 * Needs: its lock; it is under writeback and unlocked when this returns. It is submitted by writeback_submit(), or before.
 * When it is written: end_page_writeback(); if that failed it is dirty again and has PG_ERROR, and the mapping knows.
 * Context: task. Allocates as GFP_NOFS at most.
 */
void writeback_add_page(struct writeback_control *wbc, struct page *page, struct block_device *bdev, u64 sector);

/** write_cache_pages - the usual ->writepages(): ->writepage() for every dirty page of the range, in order */
int write_cache_pages(struct address_space *mapping, struct writeback_control *wbc);
/** write_one_page - write a locked page and wait for it; it comes back unlocked. Return: 0 or -errno. Context: task. */
int write_one_page(struct page *page);

/**
 * balance_dirty_pages_ratelimited - called by whoever dirtied a page of @mapping, with no lock held: waits while too much is dirty
 */
void balance_dirty_pages_ratelimited(struct address_space *mapping);

/** wakeup_flusher_threads - begin to write now. Context: any. */
void wakeup_flusher_threads(enum wb_reason reason);

/** global_dirty_limits - pages that may be dirty or under writeback: beyond the first the flusher works, beyond the second writers wait */
void global_dirty_limits(unsigned long *background, unsigned long *dirty);

/* In percent of what could be dirty; dirty_writeback_interval in hundredths of a second, as the expiry. */
extern unsigned int dirty_background_ratio, vm_dirty_ratio;
extern unsigned int dirty_writeback_interval, dirty_expire_interval;

/** writeback_round - one turn of the flusher: what is too much, what is too old, what was asked for. Return: pages written. */
unsigned long writeback_round(void);
/** writeback_wait - until there is a reason for one, or time for the next */
void writeback_wait(void);
/** writeback_start - the flusher runs from now on. Once, when threads can be made. */
void writeback_start(void);

#endif
