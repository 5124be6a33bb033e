// SPDX-License-Identifier: MIT
/*
 * fs.c - files: what is written is read, from memory and from the disk; names and inodes that nobody uses can be had back; who writes
 * too much waits; an error of the disk reaches whoever wrote. Runs on the scratch device.
 */
#include <kunit/report.h>
#include <kunit/test.h>
#include <linux/lockdep.h>
#include <linux/slab.h>
#include <linux/vmstat.h>
#include <linux/writeback.h>

#include "files.h"
#include "mm_suite.h"

/* ---- contents ---- */

#define PAGES 12UL

static void what_is_written_is_read(struct kunit *test)
{
	struct super_block *sb = fresh(test, 0);
	struct file *file = opened(test, sb, "a", O_CREAT);
	size_t size = PAGES * PAGE_SIZE + 1000;

	KUNIT_EXPECT_TRUE(test, put(file, 1, 0, size));
	KUNIT_EXPECT_EQ(test, i_size_read(file->f_inode), (loff_t)size);
	KUNIT_EXPECT_TRUE(test, has(file, 1, 0, size));
	KUNIT_EXPECT_GT(test, file->f_mapping->nrdirty, 0UL);
	/* Dirty pages stay, whoever wants their memory. */
	KUNIT_EXPECT_EQ(test, forget_pages(file), 0UL);
	KUNIT_EXPECT_EQ(test, vfs_fsync(file, 0), 0);
	KUNIT_EXPECT_EQ(test, file->f_mapping->nrdirty, 0UL);
	KUNIT_EXPECT_EQ(test, file->f_mapping->nrwriteback, 0UL);
	KUNIT_EXPECT_EQ(test, forget_pages(file), PAGES + 1);
	KUNIT_EXPECT_EQ(test, file->f_mapping->nrpages, 0UL);
	KUNIT_EXPECT_TRUE(test, has(file, 1, 0, size));
	/* A piece in the middle, over the edge of a page that must be read first. */
	KUNIT_EXPECT_EQ(test, vfs_fsync(file, 0), 0);
	forget_pages(file);
	KUNIT_EXPECT_TRUE(test, put(file, 2, 3 * PAGE_SIZE - 512, 1024));
	filp_close(file);
	sb = again(test, sb);
	file = opened(test, sb, "a", 0);
	KUNIT_EXPECT_TRUE(test, has(file, 1, 0, 3 * PAGE_SIZE - 512));
	KUNIT_EXPECT_TRUE(test, has(file, 2, 3 * PAGE_SIZE - 512, 1024));
	KUNIT_EXPECT_TRUE(test, has(file, 1, 3 * PAGE_SIZE + 512, size - 3 * PAGE_SIZE - 512));
	filp_close(file);
	KUNIT_EXPECT_EQ(test, fs_umount(sb), 0);
}

static bool all_zero(struct file *file, loff_t pos, size_t len)
{
	memset(buffer, 0xff, len);
	return kernel_read(file, buffer, len, &pos) == (ssize_t)len && !memchr_inv(buffer, 0, len);
}

/* Holes, cut ends and what a file grows by read as zeros, wherever the blocks have been before. */
static void holes_and_ends(struct kunit *test)
{
	struct super_block *sb = fresh(test, 0);
	struct file *file = opened(test, sb, "old", O_CREAT);
	struct fs_usage before, after;
	loff_t far = (loff_t)(FS_NAME_MAX + 2000) * (loff_t)PAGE_SIZE;

	KUNIT_EXPECT_TRUE(test, put(file, 3, 0, 16 * PAGE_SIZE));
	filp_close(file);
	KUNIT_EXPECT_EQ(test, sync_filesystem(sb), 0);
	KUNIT_EXPECT_EQ(test, vfs_unlink(sb, "old"), 0);
	fs_usage(sb, &before);
	file = opened(test, sb, "new", O_CREAT);
	/* Through the lists of blocks: one list, and a list of lists. */
	KUNIT_EXPECT_TRUE(test, put(file, 4, 12 * PAGE_SIZE, PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, put(file, 4, far, 512));
	KUNIT_EXPECT_EQ(test, vfs_fsync(file, 0), 0);
	forget_pages(file);
	KUNIT_EXPECT_TRUE(test, all_zero(file, 10 * PAGE_SIZE, 2 * PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, has(file, 4, 12 * PAGE_SIZE, PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, all_zero(file, far - (loff_t)PAGE_SIZE, PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, has(file, 4, far, 512));
	/* Cut within a page, grown again. */
	KUNIT_EXPECT_EQ(test, vfs_truncate(file, 12 * (loff_t)PAGE_SIZE + 512), 0);
	KUNIT_EXPECT_EQ(test, vfs_truncate(file, 14 * (loff_t)PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, vfs_fsync(file, 0), 0);
	forget_pages(file);
	KUNIT_EXPECT_TRUE(test, has(file, 4, 12 * PAGE_SIZE, 512));
	KUNIT_EXPECT_TRUE(test, all_zero(file, 12 * (loff_t)PAGE_SIZE + 512, PAGE_SIZE - 512));
	KUNIT_EXPECT_EQ(test, vfs_truncate(file, 0), 0);
	filp_close(file);
	KUNIT_EXPECT_EQ(test, vfs_unlink(sb, "new"), 0);
	fs_usage(sb, &after);
	/* But for the directory's own, no block is gone. */
	KUNIT_EXPECT_EQ(test, after.free_blocks, before.free_blocks);
	KUNIT_EXPECT_TRUE(test, IS_ERR(file_open(sb, "new", O_RDWR)));
	KUNIT_EXPECT_EQ(test, fs_umount(sb), 0);
}

/* ---- reading ahead ---- */

#define AHEAD 24UL

static void pages_are_read_ahead(struct kunit *test)
{
	struct super_block *sb = fresh(test, 0);
	struct file *file = opened(test, sb, "a", O_CREAT);
	loff_t pos = 0;
	u64 first;

	KUNIT_EXPECT_TRUE(test, put(file, 5, 0, AHEAD * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, vfs_fsync(file, 0), 0);
	KUNIT_EXPECT_GE(test, drop_pagecache(), AHEAD);
	KUNIT_EXPECT_EQ(test, file->f_mapping->nrpages, 0UL);
	/* One word wanted from the start: more is read, but not all. */
	KUNIT_EXPECT_EQ(test, kernel_read(file, &first, sizeof(first), &pos), (ssize_t)sizeof(first));
	KUNIT_EXPECT_GT(test, file->f_mapping->nrpages, 1UL);
	KUNIT_EXPECT_LT(test, file->f_mapping->nrpages, AHEAD);
	/* Going on makes the window larger. */
	pos = PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, kernel_read(file, &first, sizeof(first), &pos), (ssize_t)sizeof(first));
	KUNIT_EXPECT_TRUE(test, has(file, 5, 0, AHEAD * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, file->f_mapping->nrpages, AHEAD);
	KUNIT_EXPECT_GE(test, file->f_ra.size, 8u);
	/* Jumping about reads what is asked for. */
	forget_pages(file);
	filp_close(file);
	file = opened(test, sb, "a", 0);
	pos = 20 * PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, kernel_read(file, &first, sizeof(first), &pos), (ssize_t)sizeof(first));
	KUNIT_EXPECT_EQ(test, first, word(5, 20 * PAGE_SIZE / sizeof(u64)));
	KUNIT_EXPECT_EQ(test, file->f_mapping->nrpages, 1UL);
	filp_close(file);
	KUNIT_EXPECT_EQ(test, fs_umount(sb), 0);
}

/* ---- names ---- */

#define FILES 10U

static void names_and_inodes(struct kunit *test)
{
	struct super_block *sb = fresh(test, 0);
	struct fs_usage usage;
	char name[16];

	for (unsigned int i = 0; i < FILES; i++) {
		struct file *file;

		snprintf(name, sizeof(name), "file%u", i);
		file = opened(test, sb, name, O_CREAT);
		KUNIT_EXPECT_TRUE(test, put(file, i, 0, 64));
		filp_close(file);
	}
	KUNIT_EXPECT_TRUE(test, IS_ERR(file_open(sb, "nobody", O_RDWR)));
	KUNIT_EXPECT_EQ(test, PTR_ERR(file_open(sb, "", O_RDWR)), (long)-EINVAL);
	fs_usage(sb, &usage);
	KUNIT_EXPECT_EQ(test, usage.inodes, FILES + 1UL);
	KUNIT_EXPECT_EQ(test, usage.dentries, FILES + 1UL);
	for (unsigned int i = 0; i < FILES; i += 2) {
		snprintf(name, sizeof(name), "file%u", i);
		KUNIT_EXPECT_EQ(test, vfs_unlink(sb, name), 0);
	}
	KUNIT_EXPECT_EQ(test, vfs_unlink(sb, "file0"), -ENOENT);
	sb = again(test, sb);
	fs_usage(sb, &usage);
	KUNIT_EXPECT_EQ(test, usage.inodes, 1UL);
	KUNIT_EXPECT_EQ(test, usage.dentries, 0UL);
	for (unsigned int i = 0; i < FILES; i++) {
		struct file *file;

		snprintf(name, sizeof(name), "file%u", i);
		file = file_open(sb, name, O_RDWR);
		KUNIT_EXPECT_EQ(test, IS_ERR(file), i % 2 == 0);
		if (IS_ERR(file))
			continue;
		KUNIT_EXPECT_TRUE(test, has(file, i, 0, 64));
		filp_close(file);
	}
	KUNIT_EXPECT_EQ(test, fs_umount(sb), 0);
}

/* Names and inodes that nobody uses go without a page of those in use; and not for who may hold a file system's locks. */
static void unused_names_go_alone(struct kunit *test)
{
	struct super_block *sb = fresh(test, 0);
	struct file *used = opened(test, sb, "used", O_CREAT);
	unsigned long scanned, stolen;
	struct fs_usage usage;
	char name[16];

	KUNIT_EXPECT_TRUE(test, put(used, 1, 0, 4 * PAGE_SIZE));
	for (unsigned int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "file%u", i);
		filp_close(opened(test, sb, name, O_CREAT));
	}
	KUNIT_EXPECT_EQ(test, sync_filesystem(sb), 0);
	fs_usage(sb, &usage);
	KUNIT_EXPECT_EQ(test, usage.inodes, FILES + 2UL);
	scanned = vm_events(SLABS_SCANNED);
	try_to_free_pages(0, GFP_NOFS);
	fs_usage(sb, &usage);
	KUNIT_EXPECT_EQ(test, usage.inodes, FILES + 2UL);
	KUNIT_EXPECT_EQ(test, usage.dentries, FILES + 1UL);
	KUNIT_EXPECT_EQ(test, vm_events(SLABS_SCANNED), scanned);
	stolen = vm_events(PGSTEAL_FILE);
	drop_caches(2);
	fs_usage(sb, &usage);
	KUNIT_EXPECT_EQ(test, usage.inodes, 2UL);
	KUNIT_EXPECT_EQ(test, usage.dentries, 0UL);
	KUNIT_EXPECT_GE(test, vm_events(SLABS_SCANNED) - scanned, 2UL * FILES);
	KUNIT_EXPECT_EQ(test, vm_events(PGSTEAL_FILE), stolen);
	filp_close(used);
	KUNIT_EXPECT_EQ(test, fs_umount(sb), 0);
}

/* ---- too much ---- */

/* With a limit that is soon reached, writers wait until the flusher has written; nothing of it goes missing. */
static void writers_wait(struct kunit *test)
{
	struct super_block *sb = fresh(test, 0);
	struct file *file = opened(test, sb, "a", O_CREAT);
	unsigned int ratio = vm_dirty_ratio, background = dirty_background_ratio;
	unsigned long limit, unused, most = 0, written = global_node_page_state(NR_WRITTEN);
	size_t size;

	vm_dirty_ratio = dirty_background_ratio = 0;
	global_dirty_limits(&unused, &limit);
	size = 2 * limit * PAGE_SIZE;
	for (size_t at = 0; at < size; at += CHUNK) {
		KUNIT_EXPECT_TRUE(test, put(file, 6, (loff_t)at, CHUNK));
		most = max(most, global_node_page_state(NR_FILE_DIRTY) + global_node_page_state(NR_WRITEBACK));
	}
	vm_dirty_ratio = ratio;
	dirty_background_ratio = background;
	/* They look at every eighth page, and a chunk is written in one go. */
	KUNIT_EXPECT_LE(test, most, limit + 8 + CHUNK / PAGE_SIZE);
	KUNIT_EXPECT_GE(test, global_node_page_state(NR_WRITTEN) - written, limit - 12);
	KUNIT_EXPECT_EQ(test, vfs_fsync(file, 0), 0);
	forget_pages(file);
	KUNIT_EXPECT_TRUE(test, has(file, 6, 0, size));
	filp_close(file);
	KUNIT_EXPECT_EQ(test, fs_umount(sb), 0);
}

/* ---- errors ---- */

/* On a device that fails now and then: whoever syncs is told, tries again, and in the end it is all there. */
static void errors_reach_the_writer(struct kunit *test)
{
	struct super_block *sb = fresh(test, 0);
	struct file *file = opened(test, sb, "a", O_CREAT), *other = opened(test, sb, "a", 0);
	unsigned int errors = 0, tries = 0;
	bool other_knows;
	int err;

	KUNIT_EXPECT_TRUE(test, put(file, 7, 0, PAGES * PAGE_SIZE));
	do {
		err = vfs_fsync(file, 0);
		if (err) {
			KUNIT_EXPECT_EQ(test, err, -EIO);
			errors++;
		}
	} while (err && ++tries < 50);
	KUNIT_EXPECT_EQ(test, err, 0);
	/* Everybody who had it open is told, once. */
	other_knows = vfs_fsync(other, 0) != 0;
	KUNIT_EXPECT_EQ(test, other_knows, errors > 0);
	pr_info("fs: %u syncs failed\n", errors);
	forget_pages(file);
	for (tries = 0; tries < 20 && !has(file, 7, 0, PAGES * PAGE_SIZE); tries++)
		;
	KUNIT_EXPECT_LT(test, tries, 20u);
	filp_close(file);
	filp_close(other);
	for (tries = 0; tries < 20 && sync_filesystem(sb); tries++)
		;
	fs_umount(sb);
}

/* ---- reclaim ---- */

/* What reclaim does to a page: not while it is dirty; written, it goes, and its place remembers when. */
static void reclaim_writes_and_takes(struct kunit *test)
{
	struct super_block *sb = fresh(test, 0);
	struct file *file = opened(test, sb, "a", O_CREAT);
	struct address_space *mapping = file->f_mapping;
	struct writeback_control wbc = {.nr_to_write = 1, .for_reclaim = true};
	unsigned long refaults = global_node_page_state(WORKINGSET_REFAULT_FILE);
	struct page *page;

	KUNIT_EXPECT_TRUE(test, put(file, 9, 0, 4 * PAGE_SIZE));
	lru_add_drain_all();
	page = find_lock_page(mapping, 1);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, remove_mapping(mapping, page), 0);
	/* The flusher may have been there. */
	if (clear_page_dirty_for_io(page)) {
		KUNIT_EXPECT_EQ(test, mapping->a_ops->writepage(page, &wbc), 0);
		wait_on_page_writeback(page);
		lock_page(page);
	}
	KUNIT_EXPECT_FALSE(test, PageDirty(page));
	KUNIT_EXPECT_EQ(test, remove_mapping(mapping, page), 1);
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 1);
	unlock_page(page);
	put_page(page);
	KUNIT_EXPECT_EQ(test, mapping->nrpages, 3UL);
	KUNIT_EXPECT_EQ(test, mapping->nrshadows, 1UL);
	KUNIT_EXPECT_TRUE(test, has(file, 9, 0, 4 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, mapping->nrpages, 4UL);
	KUNIT_EXPECT_EQ(test, mapping->nrshadows, 0UL);
	KUNIT_EXPECT_EQ(test, global_node_page_state(WORKINGSET_REFAULT_FILE), refaults + 1);
	filp_close(file);
	KUNIT_EXPECT_EQ(test, fs_umount(sb), 0);
}

static void careless_write(struct kunit *test, unsigned int flags)
{
	struct super_block *sb = fresh(test, flags);
	struct file *file = opened(test, sb, "a", O_CREAT);

	KUNIT_EXPECT_TRUE(test, put(file, 8, 0, 12 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, vfs_fsync(file, 0), 0);
	filp_close(file);
	KUNIT_EXPECT_EQ(test, fs_umount(sb), 0);
}

/* A file system that allocates with its locks held as if nobody could come back to it is found out before it stops for good. */
static void without_nofs_the_recursion_is_found(struct kunit *test)
{
	unsigned long before = lockdep_reports(LOCKDEP_RECLAIM);

	careless_write(test, 0);
	KUNIT_EXPECT_EQ(test, lockdep_reports(LOCKDEP_RECLAIM), before);
	if (!lockdep_is_on())
		return;
	kunit_expect_warnings(test, 1);
	careless_write(test, FS_CARELESS);
	KUNIT_EXPECT_EQ(test, lockdep_reports(LOCKDEP_RECLAIM), before + 1);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(what_is_written_is_read),
	KUNIT_CASE(holes_and_ends),
	KUNIT_CASE(pages_are_read_ahead),
	KUNIT_CASE(names_and_inodes),
	KUNIT_CASE(unused_names_go_alone),
	KUNIT_CASE(writers_wait),
	KUNIT_CASE(errors_reach_the_writer),
	KUNIT_CASE(reclaim_writes_and_takes),
	KUNIT_CASE(without_nofs_the_recursion_is_found),
	{},
};

static struct kunit_suite suite = {.name = "fs", .test_cases = cases};
kunit_test_suite(suite);
