// SPDX-License-Identifier: MIT
/*
 * aops.c - pages of files and of the device's mapping, from and to blocks.
 *
 * Blocks of a file are there before its pages are dirty (kernel_write() sees to it): so writing a page to get memory needs no
 * more than to know where it goes.
 */
#include <linux/sched/mm.h>
#include <linux/vmstat.h>
#include <linux/writeback.h>

#include "fs.h"

/* ---- reading ---- */

static void read_over(struct bio *bio)
{
	for (unsigned int i = 0; i < bio->bi_vcnt; i++) {
		struct page *page = bio->bi_io_vec[i].bv_page;

		if (bio->bi_status)
			SetPageError(page);
		else
			SetPageUptodate(page);
		unlock_page(page);
	}
	bio_put(bio);
}

static struct bio *new_read(struct block_device *bdev, u64 block, unsigned short pages)
{
	struct bio *bio = bio_alloc(bdev, min(pages, (unsigned short)BIO_RESERVE_VECS), REQ_OP_READ, GFP_NOFS);

	bio->bi_iter.bi_sector = block_sector(block);
	bio->bi_end_io = read_over;
	return bio;
}

static void submit_read(struct bio *bio)
{
	count_vm_events(PGPGIN, bio->bi_iter.bi_size >> 10);
	submit_bio(bio);
}

static void read_block(struct page *page, struct block_device *bdev, u64 block)
{
	struct bio *bio = new_read(bdev, block, 1);

	bio_add_page(bio, page, PAGE_SIZE, 0);
	submit_read(bio);
}

static void zero_page(struct page *page)
{
	memset(page_address(page), 0, PAGE_SIZE);
	SetPageUptodate(page);
	unlock_page(page);
}

static int file_readpage(struct file *file, struct page *page)
{
	struct inode *inode = page_mapping(page)->host;
	unsigned int token = memalloc_nofs_save();
	long block = map_block(inode, page->index, false);

	(void)file;
	memalloc_nofs_restore(token);
	if (block < 0) {
		SetPageError(page);
		unlock_page(page);
		return (int)block;
	}
	if (block)
		read_block(page, inode->i_sb->bdev, (u64)block);
	else
		zero_page(page);
	return 0;
}

static void file_readahead(struct readahead_control *ractl)
{
	struct inode *inode = ractl->mapping->host;
	struct bio *bio = NULL;

	while (ractl->nr) {
		long block = map_block(inode, ractl->index, false);
		struct page *page;

		if (block < 0)
			break;
		page = readahead_page(ractl);
		/* The array keeps it while it is locked. */
		put_page(page);
		if (bio &&
		    (!block || bio_end_sector(bio) != block_sector((u64)block) || bio->bi_vcnt == bio->bi_max_vecs)) {
			submit_read(bio);
			bio = NULL;
		}
		if (!block) {
			zero_page(page);
			continue;
		}
		if (!bio)
			bio = new_read(inode->i_sb->bdev, (u64)block, (unsigned short)(ractl->nr + 1));
		bio_add_page(bio, page, PAGE_SIZE, 0);
	}
	if (bio)
		submit_read(bio);
}

/* ---- writing ---- */

/* Reclaim and the flusher leave alone what failed before: who syncs must hear of it. */
static bool is_hopeless(const struct page *page, const struct writeback_control *wbc)
{
	return PageError(page) && wbc->sync_mode == WB_SYNC_NONE;
}

static int file_writepage(struct page *page, struct writeback_control *wbc)
{
	struct address_space *mapping = page_mapping(page);
	struct inode *inode = mapping->host;
	unsigned int token;
	long block;

	if (is_hopeless(page, wbc)) {
		redirty_page_for_writepage(wbc, page);
		return AOP_WRITEPAGE_ACTIVATE;
	}
	token = memalloc_nofs_save();
	block = map_block(inode, page->index, false);
	memalloc_nofs_restore(token);
	if (WARN_ON_ONCE(!block))
		block = -EIO;
	if (block < 0) {
		SetPageError(page);
		mapping_set_error(mapping, (int)block);
		redirty_page_for_writepage(wbc, page);
		unlock_page(page);
		return (int)block;
	}
	writeback_add_page(wbc, page, inode->i_sb->bdev, block_sector((u64)block));
	if (wbc->for_reclaim)
		writeback_submit(wbc);
	return 0;
}

/* ---- the device's mapping: page n is block n ---- */

static struct super_block *super_of(struct address_space *meta)
{
	return container_of(meta, struct super_block, meta);
}

static int meta_readpage(struct file *file, struct page *page)
{
	(void)file;
	read_block(page, super_of(page_mapping(page))->bdev, page->index);
	return 0;
}

static int meta_writepage(struct page *page, struct writeback_control *wbc)
{
	if (is_hopeless(page, wbc)) {
		redirty_page_for_writepage(wbc, page);
		return AOP_WRITEPAGE_ACTIVATE;
	}
	writeback_add_page(wbc, page, super_of(page_mapping(page))->bdev, block_sector(page->index));
	if (wbc->for_reclaim)
		writeback_submit(wbc);
	return 0;
}

const struct address_space_operations file_aops = {
	.readpage = file_readpage,
	.readahead = file_readahead,
	.writepage = file_writepage,
};

const struct address_space_operations meta_aops = {
	.readpage = meta_readpage,
	.writepage = meta_writepage,
};
