// SPDX-License-Identifier: MIT
/*
 * block.c - which blocks are free, and which belong to a file.
 *
 * The map of blocks and the blocks that list blocks are pages of the device's mapping; they are changed under alloc_lock. Who only wants
 * to know a page's block reads without it: he holds the page's lock, and blocks are given back only after the pages are gone.
 */
#include "fs.h"

static struct page *bitmap_page(struct super_block *sb, u64 block)
{
	return meta_page(sb, FS_BITMAP + block / FS_BLOCK_BITS);
}

/* Changes to pages of the device's mapping: under their lock, so that no half of one is written. */
static void changed(struct page *page)
{
	set_page_dirty(page);
	unlock_page(page);
	put_page(page);
}

long count_free_blocks(struct super_block *sb)
{
	long left = 0;

	for (u64 block = 0; block < sb->disk.blocks; block += FS_BLOCK_BITS) {
		struct page *page = bitmap_page(sb, block);
		const unsigned long *map;

		if (IS_ERR(page))
			return PTR_ERR(page);
		map = page_address(page);
		for (unsigned int i = 0; i < FS_BLOCK_BITS / BITS_PER_LONG; i++)
			if (~map[i])
				left += hweight_long(~map[i]);
		put_page(page);
	}
	return left;
}

/* A free block of [from, to), taken; 0: none. */
static long take_from(struct super_block *sb, u64 from, u64 to)
{
	while (from < to) {
		u64 base = from / FS_BLOCK_BITS * FS_BLOCK_BITS;
		unsigned long end = min((u64)FS_BLOCK_BITS, to - base), bit;
		struct page *page = bitmap_page(sb, from);

		if (IS_ERR(page))
			return PTR_ERR(page);
		lock_page(page);
		bit = find_next_zero_bit(page_address(page), end, from - base);
		if (bit < end) {
			__set_bit((long)bit, page_address(page));
			changed(page);
			return (long)(base + bit);
		}
		unlock_page(page);
		put_page(page);
		from = base + FS_BLOCK_BITS;
	}
	return 0;
}

long block_alloc(struct super_block *sb)
{
	long block = take_from(sb, sb->hint, sb->disk.blocks);

	if (!block)
		block = take_from(sb, sb->disk.data_at, sb->hint);
	if (block <= 0)
		return block ? block : -ENOSPC;
	sb->hint = (unsigned long)block + 1;
	sb->free_blocks--;
	return block;
}

void block_free(struct super_block *sb, u64 block)
{
	struct page *page = bitmap_page(sb, block);

	/* A map that cannot be read: the block is lost until the file system is made anew. */
	if (IS_ERR(page))
		return;
	lock_page(page);
	WARN_ON(!__test_and_clear_bit((long)(block % FS_BLOCK_BITS), page_address(page)));
	changed(page);
	sb->free_blocks++;
}

/* ---- of a file ---- */

/* A new block of block numbers, all 0. */
static long new_list(struct super_block *sb)
{
	long block = block_alloc(sb);
	struct page *page;

	if (block < 0)
		return block;
	page = find_or_create_page(&sb->meta, (pgoff_t)block, mapping_gfp_mask(&sb->meta));
	if (!page) {
		block_free(sb, (u64)block);
		return -ENOMEM;
	}
	memset(page_address(page), 0, PAGE_SIZE);
	SetPageUptodate(page);
	changed(page);
	return block;
}

/* What is to be in an empty place: a list or a block of data. */
static long make_block(struct super_block *sb, bool list)
{
	return list ? new_list(sb) : block_alloc(sb);
}

/* Entry @at of a list of blocks. */
static long step(struct super_block *sb, u64 list, unsigned long at, bool create, bool is_list)
{
	struct page *page = meta_page(sb, list);
	long block;
	u32 *entry;

	if (IS_ERR(page))
		return PTR_ERR(page);
	entry = (u32 *)page_address(page) + at;
	block = READ_ONCE(*entry);
	if (!block && create) {
		block = make_block(sb, is_list);
		if (block > 0) {
			lock_page(page);
			WRITE_ONCE(*entry, (u32)block);
			changed(page);
			return block;
		}
	}
	put_page(page);
	return block;
}

/* Entry @at of the inode's own. */
static long first_step(struct inode *inode, unsigned int at, bool create)
{
	long block = READ_ONCE(inode->i_map[at]);

	if (!block && create) {
		block = make_block(inode->i_sb, at >= FS_DIRECT);
		if (block > 0) {
			inode->i_map[at] = (u32)block;
			inode_mark_dirty(inode);
		}
	}
	return block;
}

long map_block(struct inode *inode, pgoff_t index, bool create)
{
	struct super_block *sb = inode->i_sb;
	long block;

	if (index < FS_DIRECT)
		return first_step(inode, (unsigned int)index, create);
	index -= FS_DIRECT;
	if (index < FS_PER_BLOCK) {
		block = first_step(inode, FS_DIRECT, create);
		return block > 0 ? step(sb, (u64)block, index, create, false) : block;
	}
	index -= FS_PER_BLOCK;
	if (index >= FS_PER_BLOCK * FS_PER_BLOCK)
		return -EFBIG;
	block = first_step(inode, FS_DIRECT + 1, create);
	if (block > 0)
		block = step(sb, (u64)block, index / FS_PER_BLOCK, create, true);
	return block > 0 ? step(sb, (u64)block, index % FS_PER_BLOCK, create, false) : block;
}

/*
 * Give back what a list of blocks names from its entry @from on, where each entry stands for @each pages; and itself if nothing is left
 * before that. Return: is it gone? or -errno
 */
static int free_list(struct super_block *sb, u64 list, unsigned long from, unsigned long each)
{
	struct page *page = meta_page(sb, list);
	u32 *entry;

	if (IS_ERR(page))
		return (int)PTR_ERR(page);
	entry = page_address(page);
	for (unsigned long i = from / each; i < FS_PER_BLOCK; i++) {
		unsigned long part = i == from / each ? from % each : 0;
		int gone = 1;

		if (!entry[i])
			continue;
		if (each > 1)
			gone = free_list(sb, entry[i], part, 1);
		else
			block_free(sb, entry[i]);
		if (gone < 0) {
			put_page(page);
			return gone;
		}
		if (gone)
			WRITE_ONCE(entry[i], 0);
	}
	lock_page(page);
	if (from) {
		changed(page);
		return 0;
	}
	/* Nobody must write it any more: the block may become part of a file. */
	wait_on_page_writeback(page);
	cancel_dirty_page(page);
	delete_from_page_cache(page);
	unlock_page(page);
	put_page(page);
	block_free(sb, list);
	return 1;
}

int unmap_blocks(struct inode *inode, pgoff_t first)
{
	struct super_block *sb = inode->i_sb;
	int gone = 0;

	for (pgoff_t i = first; i < FS_DIRECT; i++) {
		if (inode->i_map[i])
			block_free(sb, inode->i_map[i]);
		inode->i_map[i] = 0;
	}
	for (unsigned int level = 0; level < 2 && gone >= 0; level++) {
		unsigned long each = level ? FS_PER_BLOCK : 1, before = FS_DIRECT + (level ? FS_PER_BLOCK : 0);
		unsigned long from = first > before ? first - before : 0;
		u32 *entry = &inode->i_map[FS_DIRECT + level];

		if (!*entry || from >= each * FS_PER_BLOCK)
			continue;
		gone = free_list(sb, *entry, from, each);
		if (gone > 0)
			*entry = 0;
	}
	inode_mark_dirty(inode);
	return gone < 0 ? gone : 0;
}
