/* SPDX-License-Identifier: MIT */
/*
 * fs.h - files: a small file system on a block device, as a user of memory sees it (guest/fs).
 *
 *	fs_mkfs(bdev);
 *	sb = fs_mount(bdev, 0);
 *	file = file_open(sb, "name", O_RDWR | O_CREAT);
 *	kernel_write(file, buf, len, &pos);
 *	err = vfs_fsync(file, 0);
 *	filp_close(file);
 *	err = fs_umount(sb);
 *
 * Data go through the page cache, and so do the file system's own blocks: both are reclaimed, both are written by the flusher. An
 * error of a write that was put off reaches the next vfs_fsync() of everybody who had the file open, once.
 * Locks, outermost first: inode->i_rwsem, super_block->alloc_lock, a page's. Reclaim takes alloc_lock: who holds it allocates as GFP_NOFS.
 */
#ifndef _LINUX_FS_H
#define _LINUX_FS_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/rwsem.h>
#include <linux/types.h>

struct block_device;
struct super_block;

#define O_RDWR 02
#define O_CREAT 0100
#define O_TRUNC 01000

/* fs_mount(): this one forgets that it may be called from reclaim: its locks are held across allocations with __GFP_FS */
#define FS_CARELESS 1u
#define FS_NAME_MAX 59

/* inode.i_state */
#define I_DIRTY 1u   /* what the disk says of it is old */
#define I_FREEING 2u /* on its way out: no new users */

/**
 * struct inode - a file, while somebody uses it or remembers it
 * @i_map: where its blocks are: 10 direct, the block that lists more, the block that lists such blocks
 * @i_count, @i_state, @i_nlink, lists: (I) the lock of all inodes
 */
struct inode {
	struct super_block *i_sb; /* (c) */
	unsigned long i_ino;      /* (c) */
	unsigned int i_count;     /* (I) */
	unsigned int i_state;     /* (I) */
	unsigned int i_nlink;     /* (I) */
	u32 i_map[12];            /* alloc_lock */
	struct rw_semaphore i_rwsem;
	struct address_space i_data;
	struct list_head i_list; /* (I) super_block.inodes */
	struct list_head i_lru;  /* (I) unused ones, the one that became so first in front */
};

/** struct file - an inode in use. @f_wb_err, @f_sb_err: write errors of the file and of the file system's blocks it knows of */
struct file {
	struct inode *f_inode;
	struct address_space *f_mapping;
	struct file_ra_state f_ra;
	errseq_t f_wb_err, f_sb_err;
};

static inline loff_t i_size_read(const struct inode *inode)
{
	return (loff_t)READ_ONCE(inode->i_data.size);
}

/** fs_mkfs - an empty file system. Return: 0 or -errno. Context: task, as all of these. */
int fs_mkfs(struct block_device *bdev);
/** fs_mount - Return: it, or ERR_PTR(-EINVAL): there is none on the device; -EIO; -ENOMEM */
struct super_block *fs_mount(struct block_device *bdev, unsigned int flags);
/** fs_umount - write everything and forget it; no file may be open. Return: 0, or the error of what could not be written and is lost */
int fs_umount(struct super_block *sb);
/** sync_filesystem - everything is on the disk when this returns 0 */
int sync_filesystem(struct super_block *sb);

/** file_open - Return: it, or ERR_PTR: -ENOENT, -ENOSPC, -ENAMETOOLONG, ... */
struct file *file_open(struct super_block *sb, const char *name, int flags);
void filp_close(struct file *file);
ssize_t kernel_read(struct file *file, void *buf, size_t count, loff_t *pos);
/** kernel_write - Return: bytes taken, fewer than @count if there is no more space; or -errno */
ssize_t kernel_write(struct file *file, const void *buf, size_t count, loff_t *pos);
/** vfs_fsync - the file is on the disk when this returns 0; else what went wrong since the last time it was asked */
int vfs_fsync(struct file *file, int datasync);
/** vfs_truncate - Return: 0 or -errno */
int vfs_truncate(struct file *file, loff_t size);
/** vfs_unlink - the name goes now, the file with its last user */
int vfs_unlink(struct super_block *sb, const char *name);

/** struct fs_usage - @inodes, @dentries: in memory; @blocks: free on the disk */
struct fs_usage {
	unsigned long inodes, dentries, free_blocks;
};
void fs_usage(struct super_block *sb, struct fs_usage *usage);

/** fs_init - caches and shrinkers; the flusher runs. Once, when threads can be made. */
void fs_init(void);

#endif
