/* SPDX-License-Identifier: MIT */
/*
 * fs.h - what the files of the file system share, and what its disk looks like.
 *
 *   super.c   mount and its opposite; the device's own mapping, where the blocks below are read and changed
 *   block.c   which blocks are free, which belong to which file
 *   inode.c   inodes in memory, those that nobody uses, and getting them back
 *   dentry.c  names: in the directory, and remembered
 *   aops.c    pages of files, from and to blocks
 *   file.c    open, read, write, sync
 *   init.c    the flusher, the shrinker
 *
 * Disk, in blocks of a page: the super block; one bit per block, set: taken; FS_INODES inodes; data. There is one directory, the file
 * FS_ROOT, of entries of 64 bytes. Numbers are little endian.
 */
#ifndef GUEST_FS_FS_H
#define GUEST_FS_FS_H

#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#define FS_MAGIC 0x7366626176766d6dUL
#define FS_BITMAP 1U /* first block of the map */
#define FS_INODES 256U
#define FS_ROOT 1UL
#define FS_DIRECT 10U
#define FS_PER_BLOCK (PAGE_SIZE / sizeof(u32))
#define FS_BLOCK_BITS (PAGE_SIZE * 8)
#define FS_MAX_BLOCKS (FS_DIRECT + FS_PER_BLOCK + FS_PER_BLOCK * FS_PER_BLOCK)

struct disk_super {
	u64 magic, blocks, inodes_at, data_at;
};

struct disk_inode {
	u32 used, nlink;
	u64 size;
	u32 map[12];
};
_Static_assert(sizeof(struct disk_inode) == 64, "64 to a block");

struct disk_entry {
	u32 ino; /* 0: nothing here */
	char name[FS_NAME_MAX + 1];
};
_Static_assert(sizeof(struct disk_entry) == 64, "64 to a block");

/**
 * struct super_block - a mounted file system
 * @meta:       the device's mapping: everything but data
 * @alloc_lock: the map of blocks, inodes on the disk, which blocks a file has; taken by reclaim
 * @token:      (alloc_lock) scope of its holder
 * @iget_lock:  one inode is read at a time
 */
struct super_block {
	struct block_device *bdev;
	unsigned int flags;
	struct disk_super disk;
	struct address_space meta;
	struct mutex alloc_lock, iget_lock;
	unsigned int token;
	unsigned long free_blocks, hint; /* alloc_lock */
	struct list_head inodes;         /* (I) */
	struct list_head list;           /* every super block */
	struct inode *root;
};

static inline sector_t block_sector(u64 block)
{
	return block * PAGE_SECTORS;
}

/* super.c */
struct page *meta_page(struct super_block *sb, u64 block);
/** alloc_begin, alloc_end - hold alloc_lock; nothing allocated in between enters a file system */
void alloc_begin(struct super_block *sb);
void alloc_end(struct super_block *sb);

/* block.c; all need alloc_lock but map_block() for reading */
long block_alloc(struct super_block *sb);
void block_free(struct super_block *sb, u64 block);
long count_free_blocks(struct super_block *sb);
/** map_block - the block of a page of a file: 0: none; @create: make one. Return: or -errno */
long map_block(struct inode *inode, pgoff_t index, bool create);
/** unmap_blocks - give back the blocks from page @first on. Return: 0 or -errno */
int unmap_blocks(struct inode *inode, pgoff_t first);

/* inode.c */
void inodes_init(void);
struct inode *inode_get(struct super_block *sb, unsigned long ino);
/** inode_new - one that no name leads to yet */
struct inode *inode_new(struct super_block *sb);
void inode_put(struct inode *inode);
void inode_mark_dirty(struct inode *inode);
/** inode_write - bring what the disk says of it up to date, in memory */
int inode_write(struct inode *inode);
/** inode_next - the one in memory with the least number beyond @after, with a reference */
struct inode *inode_next(struct super_block *sb, unsigned long after);
/** inodes_drop - all of a file system that nobody uses. Return: how many were in use */
unsigned int inodes_drop(struct super_block *sb);
unsigned long inodes_unused(void);
unsigned long inodes_shrink(unsigned long nr);
void inodes_count(struct super_block *sb, struct fs_usage *usage);

/* dentry.c */
void dentries_init(void);
/** lookup - number of the file with that name; 0: none; or -errno. Needs: the directory's rwsem */
long lookup(struct super_block *sb, const char *name);
int enter(struct super_block *sb, const char *name, unsigned long ino);
int strike_out(struct super_block *sb, const char *name);
void dentries_drop(struct super_block *sb);
unsigned long dentries_unused(void);
unsigned long dentries_shrink(unsigned long nr);
void dentries_count(struct super_block *sb, struct fs_usage *usage);

/* aops.c */
extern const struct address_space_operations file_aops, meta_aops;

/* file.c */
ssize_t inode_read(struct inode *inode, struct file *file, void *buf, size_t count, loff_t pos);
ssize_t inode_write_data(struct inode *inode, const void *buf, size_t count, loff_t pos);

#endif
