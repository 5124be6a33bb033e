/* SPDX-License-Identifier: MIT */
/*
 * pagemap.h - the page cache: pages of files and block devices in memory; and what every page that takes part in I/O has: its
 * lock, and its being written back.
 *
 * Order of locks: inode rwsem, page lock, i_pages.xa_lock. A page's lock is held to read it in, to change whether it
 * belongs to its mapping, to begin writing it; not while it is written. It may be held across sleeping and given back by
 * an interrupt. Whoever has the lock and finds page->mapping unchanged has a page of that mapping.
 *
 * References: 1 for the array, 1 for each who looked it up, 1 for whoever isolated it. A page leaves the cache by
 * remove_mapping() (reclaim; only if nobody else has a reference) or delete_from_page_cache() (truncation).
 */
#ifndef _LINUX_PAGEMAP_H
#define _LINUX_PAGEMAP_H

#include <linux/errseq.h>
#include <linux/bitops.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/types.h>
#include <linux/xarray.h>
#include "shared/pagecache.h"

struct file;
struct inode;
struct writeback_control;
struct readahead_control;
typedef unsigned long pgoff_t;

#define page_offset(page) ((loff_t)(page)->index << PAGE_SHIFT)
#define page_index(page) ((pgoff_t)(page)->index)

/**
 * struct address_space_operations - what a file system does for its pages
 * @readpage:  fill a locked page; it is unlocked when that is over, uptodate if it worked. Return: 0 if it began.
 * @readahead: take pages of @ractl (readahead_page()), all locked, and begin to read as many as may be; optional
 * @writepage: write a locked page that was dirty and is clean now; sets writeback and unlocks it. Return: 0, -errno, or
 *             AOP_WRITEPAGE_ACTIVATE: still locked, nothing done, marked dirty again
 * @writepages: write what @wbc says; optional: write_cache_pages()
 * @releasepage: reclaim wants the page, and it has PG_PRIVATE data: may it? optional
 * @migratepage: move to another page; optional
 */
struct address_space_operations {
	int (*readpage)(struct file *file, struct page *page);
	void (*readahead)(struct readahead_control *ractl);
	int (*writepage)(struct page *page, struct writeback_control *wbc);
	int (*writepages)(struct address_space *mapping, struct writeback_control *wbc);
	bool (*releasepage)(struct page *page, gfp_t gfp);
	int (*migratepage)(struct address_space *mapping, struct page *new, struct page *old, int mode);
};

/* ---- which mapping ---- */

/** page_mapping - the mapping that a page of the page cache belongs to; NULL for others. Stable under the page's lock. */
static inline struct address_space *page_mapping(const struct page *page)
{
	unsigned long mapping = READ_ONCE(page->mapping);

	return mapping & PAGE_MAPPING_ANON ? NULL : (struct address_space *)mapping;
}

/** address_space_init - a mapping without pages; it is known to the page cache until address_space_exit() */
void address_space_init(struct address_space *mapping, struct inode *host, const struct address_space_operations *a_ops,
			gfp_t gfp, const char *name);
/** address_space_exit - every page and shadow must be gone by truncate_inode_pages_final(). */
void address_space_exit(struct address_space *mapping);

/** mapping_put_on_dirty_list - it has dirty pages: the flusher will come by. Context: any. */
void mapping_put_on_dirty_list(struct address_space *mapping);

static inline gfp_t mapping_gfp_mask(const struct address_space *mapping)
{
	return (gfp_t)mapping->gfp_mask;
}

static inline gfp_t mapping_gfp_constraint(const struct address_space *mapping, gfp_t gfp)
{
	return mapping_gfp_mask(mapping) & gfp;
}

/** mapping_set_error - a write to it failed: fsync() of everybody who has it open says so. Context: any. */
void mapping_set_error(struct address_space *mapping, int err);

static inline bool mapping_unevictable(const struct address_space *mapping)
{
	return mapping && test_bit(AS_UNEVICTABLE, (const unsigned long *)&mapping->flags);
}

/* ---- a page's lock, and its writeback ---- */

bool trylock_page(struct page *page);
/** lock_page - wait for it. Context: task, may sleep. The caller has a reference. */
void lock_page(struct page *page);
#define lock_page_killable(page) (lock_page(page), 0)
/** unlock_page - Context: any. */
void unlock_page(struct page *page);
/** wait_on_page_locked, wait_on_page_writeback - until it is not. Context: task, may sleep. The caller has a reference. */
void wait_on_page_locked(struct page *page);
void wait_on_page_writeback(struct page *page);
/** wait_on_page_writeback_timeout - the same, for at most @timeout ticks. Return: is it over? */
bool wait_on_page_writeback_timeout(struct page *page, long timeout);

/**
 * set_page_dirty - its contents are newer than the disk's (of a page of the page cache: newer than the file's)
 * Needs: the page's lock, or something else that keeps it in its mapping. Context: any. Return: was it clean before?
 */
bool set_page_dirty(struct page *page);
/** clear_page_dirty_for_io - about to be written. Needs: its lock. Return: was it dirty? */
bool clear_page_dirty_for_io(struct page *page);
/** cancel_dirty_page - its contents are not wanted any more. Needs: its lock. */
void cancel_dirty_page(struct page *page);
/** redirty_page_for_writepage - ->writepage() does not write it after all */
void redirty_page_for_writepage(struct writeback_control *wbc, struct page *page);
/** set_page_writeback - it is being written from now on. Needs: its lock; a reference until end_page_writeback(). */
void set_page_writeback(struct page *page);
/** end_page_writeback - it is written. Context: any. */
void end_page_writeback(struct page *page);

/* ---- in and out ---- */

/** filemap_init - once, when slabs work. */
void filemap_init(void);

/** page_cache_alloc - a page for a mapping; owned by the cache, not in it yet */
struct page *page_cache_alloc(gfp_t gfp);
/**
 * add_to_page_cache_lru - put a new page at @index, locked, with a reference for the array, on its LRU list
 * Return: 0, -EEXIST, -ENOMEM. Then the page is as it was.
 */
int add_to_page_cache_lru(struct page *page, struct address_space *mapping, pgoff_t index, gfp_t gfp);
/** delete_from_page_cache - out of it, and drop the array's reference. Needs: its lock; neither dirty nor under writeback. */
void delete_from_page_cache(struct page *page);
/**
 * remove_mapping - reclaim takes a clean page that nobody but the array and the caller has
 * Needs: its lock. A shadow stays if it was evicted for want of memory. Return: 1, and the caller's reference is the last
 * one; or 0.
 */
int remove_mapping(struct address_space *mapping, struct page *page);
/** replace_page_cache_page - @new takes the place of @old, both locked, @old with @extra references beyond the array's.
 * Return: 0 or -EAGAIN: somebody has another. Flags and contents are the caller's affair. */
int replace_page_cache_page(struct page *old, struct page *new, int extra);
/** try_to_release_page - may a page's private data go? */
bool try_to_release_page(struct page *page, gfp_t gfp);

/* ---- looking up: all give a reference ---- */

#define FGP_ACCESSED 0x01 /* mark_page_accessed() */
#define FGP_LOCK 0x02
#define FGP_CREAT 0x04 /* a new one, locked, not uptodate, if there is none */
#define FGP_WRITE 0x08
#define FGP_NOFS 0x10
#define FGP_NOWAIT 0x20

struct page *find_get_page(struct address_space *mapping, pgoff_t index);
/** pagecache_get_page - Return: NULL if there is none, or no memory for one (FGP_CREAT), or it is locked (FGP_NOWAIT) */
struct page *pagecache_get_page(struct address_space *mapping, pgoff_t index, unsigned int fgp, gfp_t gfp);
/** find_get_pages_tag - up to @nr pages from *@index to @end with the tag (XA_PRESENT: any), and where to go on */
unsigned int find_get_pages_tag(struct address_space *mapping, pgoff_t *index, pgoff_t end, xa_mark_t tag,
				unsigned int nr, struct page **pages);

static inline struct page *find_lock_page(struct address_space *mapping, pgoff_t index)
{
	return pagecache_get_page(mapping, index, FGP_LOCK, 0);
}

static inline struct page *find_or_create_page(struct address_space *mapping, pgoff_t index, gfp_t gfp)
{
	return pagecache_get_page(mapping, index, FGP_LOCK | FGP_ACCESSED | FGP_CREAT, gfp);
}

/** read_mapping_page - the page, read in. Return: it, or ERR_PTR. Context: task. */
struct page *read_mapping_page(struct address_space *mapping, pgoff_t index, struct file *file);

/* ---- reading ahead ---- */

/** struct file_ra_state - what a reader was read ahead: pages [start, start + size), the last async_size of them unasked */
struct file_ra_state {
	pgoff_t start;
	unsigned int size, async_size, ra_pages;
	loff_t prev_pos;
};

/**
 * struct readahead_control - pages [index, index + nr) that are in the cache, locked and not uptodate
 * readahead_page() gives one after the other, with a reference. What is left is unlocked and read when somebody needs it.
 */
struct readahead_control {
	struct file *file;
	struct address_space *mapping;
	pgoff_t index;
	unsigned int nr;
};

struct page *readahead_page(struct readahead_control *ractl);
void file_ra_state_init(struct file_ra_state *ra, struct address_space *mapping);
/** page_cache_sync_readahead - @index is not in the cache, and @req pages from there are wanted */
void page_cache_sync_readahead(struct address_space *mapping, struct file_ra_state *ra, struct file *file,
			       pgoff_t index, unsigned long req);
/** page_cache_async_readahead - @page is where the next stretch should be asked for */
void page_cache_async_readahead(struct address_space *mapping, struct file_ra_state *ra, struct file *file,
				struct page *page, unsigned long req);

/* ---- ranges ---- */

/** filemap_fdatawrite_range, filemap_fdatawait_range - begin to write bytes [start, end]; wait for what is under way */
int filemap_fdatawrite_range(struct address_space *mapping, loff_t start, loff_t end);
int filemap_fdatawait_range(struct address_space *mapping, loff_t start, loff_t end);
int filemap_write_and_wait_range(struct address_space *mapping, loff_t start, loff_t end);
int filemap_write_and_wait(struct address_space *mapping);
/** truncate_inode_pages - throw away the pages that begin at or behind byte @start, and clear the rest of the one it lies in */
void truncate_inode_pages(struct address_space *mapping, loff_t start);
/** truncate_inode_pages_final - everything, shadows too; nothing can be added afterwards */
void truncate_inode_pages_final(struct address_space *mapping);
/** invalidate_mapping_pages - throw away clean pages of [start, end] that nobody uses. Return: how many. */
unsigned long invalidate_mapping_pages(struct address_space *mapping, pgoff_t start, pgoff_t end);
/** drop_pagecache - the same for all mappings (drop_caches 1). Return: how many. Context: task. */
unsigned long drop_pagecache(void);

#endif
