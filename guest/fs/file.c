// SPDX-License-Identifier: MIT
/*
 * file.c - files opened, read, written, cut, synced.
 *
 * Readers take no lock but each page's, and that only until it is read in. Writers and who cuts hold the inode's rwsem.
 */
#include <linux/export.h>
#include <linux/sched.h>
#include <linux/swap.h>
#include <linux/writeback.h>

#include "fs.h"

/* ---- reading ---- */

/* The page, in memory and read; ERR_PTR otherwise. */
static struct page *page_for_reading(struct inode *inode, struct file *file, pgoff_t index, unsigned long pages)
{
	struct address_space *mapping = &inode->i_data;
	struct page *page = find_get_page(mapping, index);

	if (!page && file) {
		page_cache_sync_readahead(mapping, &file->f_ra, file, index, pages);
		page = find_get_page(mapping, index);
	}
	if (page && file && PageReclaim(page))
		page_cache_async_readahead(mapping, &file->f_ra, file, page, pages);
	if (page && PageUptodate(page))
		return page;
	/* Being read, or not there: the slow way does both. */
	if (page) {
		wait_on_page_locked(page);
		put_page(page);
	}
	return read_mapping_page(mapping, index, file);
}

ssize_t inode_read(struct inode *inode, struct file *file, void *buf, size_t count, loff_t pos)
{
	size_t done = 0;

	while (done < count && pos < i_size_read(inode)) {
		unsigned int offset = (unsigned int)pos & (PAGE_SIZE - 1);
		size_t len = min(count - done, (size_t)PAGE_SIZE - offset);
		struct page *page;

		page = page_for_reading(inode, file, (pgoff_t)pos >> PAGE_SHIFT,
					DIV_ROUND_UP(offset + count - done, PAGE_SIZE));
		if (IS_ERR(page))
			return done ? (ssize_t)done : PTR_ERR(page);
		len = min(len, (size_t)max(i_size_read(inode) - pos, 0L));
		memcpy((char *)buf + done, (char *)page_address(page) + offset, len);
		mark_page_accessed(page);
		put_page(page);
		if (!len)
			break;
		done += len;
		pos += (loff_t)len;
		if (file)
			file->f_ra.prev_pos = pos - 1;
	}
	return (ssize_t)done;
}

ssize_t kernel_read(struct file *file, void *buf, size_t count, loff_t *pos)
{
	ssize_t n;

	if (*pos < 0)
		return -EINVAL;
	n = inode_read(file->f_inode, file, buf, count, *pos);
	if (n > 0)
		*pos += n;
	return n;
}
EXPORT_SYMBOL(kernel_read);

/* ---- writing ---- */

/* The page locked, and uptodate unless all of it will be written over. -EAGAIN: it went away meanwhile. */
static struct page *page_for_writing(struct inode *inode, pgoff_t index, unsigned int len)
{
	struct address_space *mapping = &inode->i_data;
	struct page *page;

	if (len == PAGE_SIZE) {
		page = pagecache_get_page(mapping, index, FGP_LOCK | FGP_CREAT | FGP_WRITE | FGP_ACCESSED,
					  mapping_gfp_mask(mapping));
		return page ? page : ERR_PTR(-ENOMEM);
	}
	page = read_mapping_page(mapping, index, NULL);
	if (IS_ERR(page))
		return page;
	lock_page(page);
	if (page_mapping(page) == mapping && PageUptodate(page))
		return page;
	unlock_page(page);
	put_page(page);
	return ERR_PTR(-EAGAIN);
}

/* One page's worth. Return: bytes or -errno. Needs: i_rwsem. */
static ssize_t write_piece(struct inode *inode, const char *from, unsigned int len, loff_t pos)
{
	unsigned int offset = (unsigned int)pos & (PAGE_SIZE - 1);
	pgoff_t index = (pgoff_t)pos >> PAGE_SHIFT;
	struct page *page;
	long block;

	do {
		page = page_for_writing(inode, index, len);
	} while (IS_ERR(page) && PTR_ERR(page) == -EAGAIN);
	if (IS_ERR(page))
		return PTR_ERR(page);
	/* Only now a block: what is not written over is read from where the page was before, or from nowhere. */
	alloc_begin(inode->i_sb);
	block = map_block(inode, index, true);
	alloc_end(inode->i_sb);
	if (block > 0) {
		memcpy((char *)page_address(page) + offset, from, len);
		SetPageUptodate(page);
		ClearPageError(page);
		set_page_dirty(page);
		if (pos + (loff_t)len > i_size_read(inode)) {
			WRITE_ONCE(inode->i_data.size, (u64)pos + len);
			inode_mark_dirty(inode);
		}
	}
	unlock_page(page);
	put_page(page);
	return block > 0 ? (ssize_t)len : block;
}

ssize_t inode_write_data(struct inode *inode, const void *buf, size_t count, loff_t pos)
{
	size_t done = 0;

	while (done < count) {
		unsigned int offset = (unsigned int)pos & (PAGE_SIZE - 1);
		ssize_t n = write_piece(inode, (const char *)buf + done,
					(unsigned int)min(count - done, (size_t)PAGE_SIZE - offset), pos);

		if (n < 0)
			return done ? (ssize_t)done : n;
		done += (size_t)n;
		pos += n;
		balance_dirty_pages_ratelimited(&inode->i_data);
		cond_resched();
	}
	return (ssize_t)done;
}

ssize_t kernel_write(struct file *file, const void *buf, size_t count, loff_t *pos)
{
	struct inode *inode = file->f_inode;
	ssize_t n;

	if (*pos < 0 || (u64)*pos + count > FS_MAX_BLOCKS << PAGE_SHIFT)
		return -EINVAL;
	down_write(&inode->i_rwsem);
	n = inode_write_data(inode, buf, count, *pos);
	up_write(&inode->i_rwsem);
	if (n > 0)
		*pos += n;
	return n;
}
EXPORT_SYMBOL(kernel_write);

int vfs_fsync(struct file *file, int datasync)
{
	struct inode *inode = file->f_inode;
	struct super_block *sb = inode->i_sb;
	int err = filemap_write_and_wait(&inode->i_data), more;

	(void)datasync;
	more = inode_write(inode);
	err = err ? err : more;
	more = filemap_write_and_wait(&sb->meta);
	err = err ? err : more;
	more = blkdev_issue_flush(sb->bdev);
	err = err ? err : more;
	/* What failed since the last time, also while nobody waited. */
	more = errseq_check_and_advance(&inode->i_data.wb_err, &file->f_wb_err);
	err = err ? err : more;
	more = errseq_check_and_advance(&sb->meta.wb_err, &file->f_sb_err);
	return err ? err : more;
}
EXPORT_SYMBOL(vfs_fsync);

/* Needs: i_rwsem. */
static int cut(struct inode *inode, loff_t size)
{
	struct super_block *sb = inode->i_sb;
	loff_t old = i_size_read(inode);
	int err = 0;

	if (size < old && size & (loff_t)(PAGE_SIZE - 1)) {
		/* So that the rest of the page is cleared where it counts. */
		struct page *page = read_mapping_page(&inode->i_data, (pgoff_t)size >> PAGE_SHIFT, NULL);

		if (IS_ERR(page))
			return (int)PTR_ERR(page);
		put_page(page);
		alloc_begin(sb);
		err = (int)min(map_block(inode, (pgoff_t)size >> PAGE_SHIFT, true), 0L);
		alloc_end(sb);
		if (err)
			return err;
	}
	WRITE_ONCE(inode->i_data.size, (u64)size);
	inode_mark_dirty(inode);
	if (size >= old)
		return 0;
	truncate_inode_pages(&inode->i_data, size);
	alloc_begin(sb);
	err = unmap_blocks(inode, (pgoff_t)(size + (loff_t)PAGE_SIZE - 1) >> PAGE_SHIFT);
	alloc_end(sb);
	return err;
}

int vfs_truncate(struct file *file, loff_t size)
{
	struct inode *inode = file->f_inode;
	int err;

	if (size < 0 || (u64)size > FS_MAX_BLOCKS << PAGE_SHIFT)
		return -EINVAL;
	down_write(&inode->i_rwsem);
	err = cut(inode, size);
	up_write(&inode->i_rwsem);
	return err;
}
EXPORT_SYMBOL(vfs_truncate);

/* ---- names ---- */

/* A new file under that name. Needs: the directory's rwsem. */
static struct inode *create(struct super_block *sb, const char *name)
{
	struct inode *inode = inode_new(sb);
	int err;

	if (IS_ERR(inode))
		return inode;
	err = enter(sb, name, inode->i_ino);
	if (!err)
		return inode;
	inode->i_nlink = 0;
	inode_mark_dirty(inode);
	inode_put(inode);
	return ERR_PTR(err);
}

static struct inode *inode_by_name(struct super_block *sb, const char *name, int flags)
{
	struct inode *inode;
	long ino;

	down_write(&sb->root->i_rwsem);
	ino = lookup(sb, name);
	if (ino > 0)
		inode = inode_get(sb, (unsigned long)ino);
	else if (ino < 0)
		inode = ERR_PTR(ino);
	else
		inode = flags & O_CREAT ? create(sb, name) : ERR_PTR(-ENOENT);
	up_write(&sb->root->i_rwsem);
	return inode;
}

struct file *file_open(struct super_block *sb, const char *name, int flags)
{
	struct inode *inode;
	struct file *file;
	int err = 0;

	if (!*name || strlen(name) > FS_NAME_MAX)
		return ERR_PTR(*name ? -ENAMETOOLONG : -EINVAL);
	file = kzalloc(sizeof(*file), GFP_KERNEL);
	if (!file)
		return ERR_PTR(-ENOMEM);
	inode = inode_by_name(sb, name, flags);
	if (IS_ERR(inode)) {
		kfree(file);
		return ERR_CAST(inode);
	}
	file->f_inode = inode;
	file->f_mapping = &inode->i_data;
	file_ra_state_init(&file->f_ra, file->f_mapping);
	file->f_wb_err = errseq_sample(&inode->i_data.wb_err);
	file->f_sb_err = errseq_sample(&sb->meta.wb_err);
	if (flags & O_TRUNC)
		err = vfs_truncate(file, 0);
	if (!err)
		return file;
	filp_close(file);
	return ERR_PTR(err);
}
EXPORT_SYMBOL(file_open);

void filp_close(struct file *file)
{
	inode_put(file->f_inode);
	kfree(file);
}
EXPORT_SYMBOL(filp_close);

int vfs_unlink(struct super_block *sb, const char *name)
{
	struct inode *inode = NULL;
	long ino;
	int err;

	down_write(&sb->root->i_rwsem);
	ino = lookup(sb, name);
	err = ino < 0 ? (int)ino : ino ? 0 : -ENOENT;
	if (!err) {
		inode = inode_get(sb, (unsigned long)ino);
		err = IS_ERR(inode) ? (int)PTR_ERR(inode) : strike_out(sb, name);
	}
	up_write(&sb->root->i_rwsem);
	if (!IS_ERR_OR_NULL(inode)) {
		if (!err) {
			inode->i_nlink = 0;
			inode_mark_dirty(inode);
		}
		inode_put(inode);
	}
	return err;
}
EXPORT_SYMBOL(vfs_unlink);
