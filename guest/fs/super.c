// SPDX-License-Identifier: MIT
/*
 * super.c - a file system is made, mounted, synced, unmounted; its own blocks lie in a mapping of the device.
 *
 * alloc_lock is taken by whoever changes blocks or inodes, and by reclaim, which writes back inodes that nobody uses: so
 * its holder must not allocate in a way that could enter a file system. alloc_begin() sees to that for all that is called
 * inside; a file system mounted FS_CARELESS does not, to show what the lock checker says of it.
 */
#include <linux/export.h>
#include <linux/lockdep.h>
#include <linux/sched/mm.h>
#include <linux/writeback.h>

#include "fs.h"

struct page *meta_page(struct super_block *sb, u64 block)
{
	return read_mapping_page(&sb->meta, block, NULL);
}

void alloc_begin(struct super_block *sb)
{
	mutex_lock(&sb->alloc_lock);
	sb->token = sb->flags & FS_CARELESS ? 0 : memalloc_nofs_save();
}

void alloc_end(struct super_block *sb)
{
	memalloc_nofs_restore(sb->token);
	mutex_unlock(&sb->alloc_lock);
}

/* ---- an empty one ---- */

/* A block of the device, all zero, locked. */
static struct page *blank(struct address_space *meta, u64 block)
{
	struct page *page = find_or_create_page(meta, block, GFP_KERNEL);

	if (page) {
		memset(page_address(page), 0, PAGE_SIZE);
		SetPageUptodate(page);
	}
	return page;
}

static void dirty_and_unlock(struct page *page)
{
	set_page_dirty(page);
	unlock_page(page);
	put_page(page);
}

/* One block of the map, whose first bit is @base's: data are free; what there is no room for is taken. */
static void fill_map(unsigned long *map, const struct disk_super *disk, u64 base)
{
	u64 bit = disk->data_at > base ? disk->data_at - base : 0;
	u64 end = min((u64)FS_BLOCK_BITS, disk->blocks - base);

	memset(map, 0xff, PAGE_SIZE);
	while (bit < end) {
		if (bit % BITS_PER_LONG || end - bit < BITS_PER_LONG) {
			__clear_bit((long)bit++, map);
		} else {
			map[bit / BITS_PER_LONG] = 0;
			bit += BITS_PER_LONG;
		}
	}
}

static int write_empty(struct address_space *meta, const struct disk_super *disk)
{
	for (u64 block = 0; block < disk->data_at; block++) {
		struct page *page = blank(meta, block);
		char *at = page ? page_address(page) : NULL;

		if (!page)
			return -ENOMEM;
		if (!block)
			memcpy(at, disk, sizeof(*disk));
		if (block == disk->inodes_at)
			((struct disk_inode *)at)[FS_ROOT] = (struct disk_inode){.used = 1, .nlink = 1};
		if (block >= FS_BITMAP && block < disk->inodes_at)
			fill_map((unsigned long *)at, disk, (block - FS_BITMAP) * FS_BLOCK_BITS);
		dirty_and_unlock(page);
	}
	return filemap_write_and_wait(meta);
}

/* The device's mapping, with nothing in it. */
static struct super_block *new_super(struct block_device *bdev)
{
	struct super_block *sb = kzalloc(sizeof(*sb), GFP_KERNEL);

	if (!sb)
		return NULL;
	sb->bdev = bdev;
	INIT_LIST_HEAD(&sb->inodes);
	address_space_init(&sb->meta, NULL, &meta_aops, GFP_USER | __GFP_MOVABLE | __GFP_HIGHMEM, bdev_name(bdev));
	sb->meta.size = bdev_nr_sectors(bdev) << SECTOR_SHIFT;
	return sb;
}

static void free_super(struct super_block *sb)
{
	truncate_inode_pages_final(&sb->meta);
	address_space_exit(&sb->meta);
	kfree(sb);
}

int fs_mkfs(struct block_device *bdev)
{
	struct disk_super disk = {.magic = FS_MAGIC, .blocks = bdev_nr_sectors(bdev) / PAGE_SECTORS};
	struct super_block *sb;
	int err;

	disk.inodes_at = FS_BITMAP + DIV_ROUND_UP(disk.blocks, FS_BLOCK_BITS);
	disk.data_at = disk.inodes_at + FS_INODES * sizeof(struct disk_inode) / PAGE_SIZE;
	if (disk.data_at >= disk.blocks || disk.blocks > UINT_MAX)
		return -EINVAL;
	sb = new_super(bdev);
	if (!sb)
		return -ENOMEM;
	err = write_empty(&sb->meta, &disk);
	free_super(sb);
	return err;
}
EXPORT_SYMBOL(fs_mkfs);

/* ---- mounted ---- */

/* The lock checker learns at once, not when memory is short, that reclaim takes the lock. */
static void init_alloc_lock(struct super_block *sb)
{
	/* A kind of its own: what is learned of it says nothing of the others. */
	if (sb->flags & FS_CARELESS)
		mutex_init(&sb->alloc_lock);
	else
		mutex_init(&sb->alloc_lock);
	fs_reclaim_acquire(GFP_KERNEL);
	mutex_lock(&sb->alloc_lock);
	mutex_unlock(&sb->alloc_lock);
	fs_reclaim_release(GFP_KERNEL);
}

static int read_super(struct super_block *sb)
{
	struct page *page = meta_page(sb, 0);
	long left;

	if (IS_ERR(page))
		return (int)PTR_ERR(page);
	memcpy(&sb->disk, page_address(page), sizeof(sb->disk));
	put_page(page);
	if (sb->disk.magic != FS_MAGIC || sb->disk.blocks > bdev_nr_sectors(sb->bdev) / PAGE_SECTORS ||
	    sb->disk.inodes_at != FS_BITMAP + DIV_ROUND_UP(sb->disk.blocks, FS_BLOCK_BITS))
		return -EINVAL;
	left = count_free_blocks(sb);
	if (left < 0)
		return (int)left;
	sb->free_blocks = (unsigned long)left;
	sb->hint = sb->disk.data_at;
	return 0;
}

struct super_block *fs_mount(struct block_device *bdev, unsigned int flags)
{
	struct super_block *sb = new_super(bdev);
	int err;

	if (!sb)
		return ERR_PTR(-ENOMEM);
	sb->flags = flags;
	mutex_init(&sb->iget_lock);
	init_alloc_lock(sb);
	err = read_super(sb);
	if (!err) {
		sb->root = inode_get(sb, FS_ROOT);
		if (!IS_ERR(sb->root))
			return sb;
		err = (int)PTR_ERR(sb->root);
	}
	free_super(sb);
	return ERR_PTR(err);
}
EXPORT_SYMBOL(fs_mount);

int sync_filesystem(struct super_block *sb)
{
	struct inode *inode;
	unsigned long ino = 0;
	int first = 0, err;

	while ((inode = inode_next(sb, ino))) {
		ino = inode->i_ino;
		err = filemap_write_and_wait(&inode->i_data);
		first = first ? first : err;
		err = inode_write(inode);
		first = first ? first : err;
		inode_put(inode);
	}
	err = filemap_write_and_wait(&sb->meta);
	first = first ? first : err;
	err = blkdev_issue_flush(sb->bdev);
	return first ? first : err;
}
EXPORT_SYMBOL(sync_filesystem);

int fs_umount(struct super_block *sb)
{
	int err = sync_filesystem(sb);

	inode_put(sb->root);
	dentries_drop(sb);
	WARN(inodes_drop(sb), "fs: unmounted with open files\n");
	/* Inodes that go are written to their blocks. */
	filemap_write_and_wait(&sb->meta);
	free_super(sb);
	return err;
}
EXPORT_SYMBOL(fs_umount);

void fs_usage(struct super_block *sb, struct fs_usage *usage)
{
	*usage = (struct fs_usage){.free_blocks = READ_ONCE(sb->free_blocks)};
	inodes_count(sb, usage);
	dentries_count(sb, usage);
}
EXPORT_SYMBOL(fs_usage);
