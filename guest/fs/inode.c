// SPDX-License-Identifier: MIT
/*
 * inode.c - inodes in memory: each at most once, with its users counted; those without users are remembered until memory is short.
 *
 * States: in use (i_count > 0) - unused (on the list of those, i_lru) - going (I_FREEING: taken off it by whoever lets it go).
 * Always: every inode in memory is on its file system's list; on the list of unused ones if and only if i_count is 0 and it is not going.
 * Locks:  inode_lock covers lists, counts and states. Reading one in: iget_lock, one at a time. Writing one to its block: alloc_lock.
 * Going:  also from reclaim, with whatever its caller holds: so that takes alloc_lock and locks of pages nobody uses, no more.
 */
#include <linux/delay.h>
#include <linux/swap.h>

#include "fs.h"

static DEFINE_SPINLOCK(inode_lock);
static LIST_HEAD(unused);
static unsigned long nr_unused;
static struct kmem_cache *inode_cache;

void inodes_init(void)
{
	inode_cache = kmem_cache_create("fs_inode", sizeof(struct inode), 0, SLAB_RECLAIM_ACCOUNT | SLAB_PANIC, NULL);
}

/* ---- the block it lies in ---- */

static struct page *inode_page(struct super_block *sb, unsigned long ino, struct disk_inode **at)
{
	const unsigned long per = PAGE_SIZE / sizeof(struct disk_inode);
	struct page *page = meta_page(sb, sb->disk.inodes_at + ino / per);

	if (!IS_ERR(page))
		*at = (struct disk_inode *)page_address(page) + ino % per;
	return page;
}

void inode_mark_dirty(struct inode *inode)
{
	__atomic_fetch_or(&inode->i_state, I_DIRTY, __ATOMIC_SEQ_CST);
}

/* Needs: alloc_lock. */
static int write_locked(struct inode *inode)
{
	struct disk_inode *at;
	struct page *page;

	if (!(__atomic_fetch_and(&inode->i_state, ~I_DIRTY, __ATOMIC_SEQ_CST) & I_DIRTY))
		return 0;
	page = inode_page(inode->i_sb, inode->i_ino, &at);
	if (IS_ERR(page)) {
		inode_mark_dirty(inode);
		return (int)PTR_ERR(page);
	}
	lock_page(page);
	*at = (struct disk_inode){
		.used = inode->i_nlink != 0, .nlink = inode->i_nlink, .size = (u64)i_size_read(inode)};
	memcpy(at->map, inode->i_map, sizeof(at->map));
	set_page_dirty(page);
	unlock_page(page);
	put_page(page);
	return 0;
}

int inode_write(struct inode *inode)
{
	int err;

	if (!(READ_ONCE(inode->i_state) & I_DIRTY))
		return 0;
	alloc_begin(inode->i_sb);
	err = write_locked(inode);
	alloc_end(inode->i_sb);
	return err;
}

/* ---- in ---- */

/* Needs: inode_lock. */
static void use(struct inode *inode)
{
	if (!inode->i_count++) {
		list_del_init(&inode->i_lru);
		nr_unused--;
	}
}

/* NULL: not in memory; ERR_PTR(-EAGAIN): on its way out. Needs: inode_lock. */
static struct inode *find(struct super_block *sb, unsigned long ino)
{
	struct inode *inode;

	list_for_each_entry (inode, &sb->inodes, i_list) {
		if (inode->i_ino != ino)
			continue;
		return inode->i_state & I_FREEING ? ERR_PTR(-EAGAIN) : inode;
	}
	return NULL;
}

static struct inode *make(struct super_block *sb, unsigned long ino)
{
	struct inode *inode = kmem_cache_zalloc(inode_cache, GFP_KERNEL);
	char name[16];

	if (!inode)
		return NULL;
	inode->i_sb = sb;
	inode->i_ino = ino;
	inode->i_count = 1;
	init_rwsem(&inode->i_rwsem);
	INIT_LIST_HEAD(&inode->i_lru);
	snprintf(name, sizeof(name), "%s:%lu", bdev_name(sb->bdev), ino);
	address_space_init(&inode->i_data, inode, &file_aops, GFP_USER | __GFP_HIGHMEM | __GFP_MOVABLE, name);
	return inode;
}

static void unmake(struct inode *inode)
{
	address_space_exit(&inode->i_data);
	kmem_cache_free(inode_cache, inode);
}

static void publish(struct inode *inode)
{
	spin_lock(&inode_lock);
	list_add(&inode->i_list, &inode->i_sb->inodes);
	spin_unlock(&inode_lock);
}

/* Not in memory: read it. Needs: iget_lock. */
static struct inode *read_in(struct super_block *sb, unsigned long ino)
{
	struct inode *inode = make(sb, ino);
	struct disk_inode *at;
	struct page *page;

	if (!inode)
		return ERR_PTR(-ENOMEM);
	page = inode_page(sb, ino, &at);
	if (IS_ERR(page) || !at->used) {
		unmake(inode);
		if (IS_ERR(page))
			return ERR_CAST(page);
		put_page(page);
		return ERR_PTR(-ENOENT);
	}
	inode->i_nlink = at->nlink;
	inode->i_data.size = at->size;
	memcpy(inode->i_map, at->map, sizeof(at->map));
	put_page(page);
	publish(inode);
	return inode;
}

struct inode *inode_get(struct super_block *sb, unsigned long ino)
{
	struct inode *inode;

	if (ino >= FS_INODES)
		return ERR_PTR(-EINVAL);
	mutex_lock(&sb->iget_lock);
	for (;;) {
		spin_lock(&inode_lock);
		inode = find(sb, ino);
		if (inode && !IS_ERR(inode))
			use(inode);
		spin_unlock(&inode_lock);
		if (!IS_ERR(inode))
			break;
		/* Whoever lets it go writes it first: what is read then is right. */
		msleep(1);
	}
	if (!inode)
		inode = read_in(sb, ino);
	mutex_unlock(&sb->iget_lock);
	return inode;
}

/* A number that no file has. Needs: alloc_lock. */
static long take_number(struct super_block *sb)
{
	for (unsigned long ino = FS_ROOT + 1; ino < FS_INODES; ino++) {
		struct disk_inode *at;
		struct page *page = inode_page(sb, ino, &at);

		if (IS_ERR(page))
			return PTR_ERR(page);
		if (!at->used) {
			lock_page(page);
			*at = (struct disk_inode){.used = 1, .nlink = 1};
			set_page_dirty(page);
			unlock_page(page);
			put_page(page);
			return (long)ino;
		}
		put_page(page);
	}
	return -ENOSPC;
}

static void give_number_back(struct super_block *sb, unsigned long ino)
{
	struct disk_inode *at;
	struct page *page;

	alloc_begin(sb);
	page = inode_page(sb, ino, &at);
	if (!IS_ERR(page)) {
		lock_page(page);
		at->used = 0;
		set_page_dirty(page);
		unlock_page(page);
		put_page(page);
	}
	alloc_end(sb);
}

struct inode *inode_new(struct super_block *sb)
{
	struct inode *inode;
	long ino;

	alloc_begin(sb);
	ino = take_number(sb);
	alloc_end(sb);
	if (ino < 0)
		return ERR_PTR(ino);
	inode = make(sb, (unsigned long)ino);
	if (!inode) {
		give_number_back(sb, (unsigned long)ino);
		return ERR_PTR(-ENOMEM);
	}
	inode->i_nlink = 1;
	inode_mark_dirty(inode);
	publish(inode);
	return inode;
}

/* ---- out ---- */

/* Nobody has it, I_FREEING is set. */
static void let_go(struct inode *inode)
{
	struct super_block *sb = inode->i_sb;

	truncate_inode_pages_final(&inode->i_data);
	alloc_begin(sb);
	if (!inode->i_nlink)
		unmap_blocks(inode, 0);
	if (write_locked(inode))
		mapping_set_error(&sb->meta, -EIO);
	alloc_end(sb);
	spin_lock(&inode_lock);
	list_del(&inode->i_list);
	spin_unlock(&inode_lock);
	unmake(inode);
}

void inode_put(struct inode *inode)
{
	bool last;

	spin_lock(&inode_lock);
	last = !--inode->i_count;
	if (last && inode->i_nlink) {
		list_add_tail(&inode->i_lru, &unused);
		nr_unused++;
		last = false;
	} else if (last) {
		__atomic_fetch_or(&inode->i_state, I_FREEING, __ATOMIC_SEQ_CST);
	}
	spin_unlock(&inode_lock);
	if (last)
		let_go(inode);
}

struct inode *inode_next(struct super_block *sb, unsigned long after)
{
	struct inode *inode, *next = NULL;

	spin_lock(&inode_lock);
	list_for_each_entry (inode, &sb->inodes, i_list)
		if (inode->i_ino > after && !(inode->i_state & I_FREEING) && (!next || inode->i_ino < next->i_ino))
			next = inode;
	if (next)
		use(next);
	spin_unlock(&inode_lock);
	return next;
}

/* Off the list of unused ones. Needs: inode_lock. */
static void begin_to_let_go(struct inode *inode)
{
	list_del_init(&inode->i_lru);
	nr_unused--;
	__atomic_fetch_or(&inode->i_state, I_FREEING, __ATOMIC_SEQ_CST);
}

unsigned int inodes_drop(struct super_block *sb)
{
	unsigned int used = 0;

	for (;;) {
		struct inode *inode, *next = NULL;

		used = 0;
		spin_lock(&inode_lock);
		list_for_each_entry (inode, &sb->inodes, i_list) {
			used += inode->i_count || inode->i_state & I_FREEING;
			if (!inode->i_count && !(inode->i_state & I_FREEING))
				next = inode;
		}
		if (next)
			begin_to_let_go(next);
		spin_unlock(&inode_lock);
		if (!next)
			return used;
		let_go(next);
	}
}

unsigned long inodes_unused(void)
{
	return READ_ONCE(nr_unused);
}

/* The one that was unused longest; one that has pages to write goes to the end. NULL: none. Needs: inode_lock. */
static struct inode *oldest(void)
{
	struct inode *inode = list_first_entry_or_null(&unused, struct inode, i_lru);

	if (!inode)
		return NULL;
	if (inode->i_data.nrdirty || inode->i_data.nrwriteback) {
		list_move_tail(&inode->i_lru, &unused);
		return NULL;
	}
	begin_to_let_go(inode);
	return inode;
}

unsigned long inodes_shrink(unsigned long nr)
{
	unsigned long gone = 0;

	while (nr--) {
		struct inode *inode;
		unsigned long pages;

		spin_lock(&inode_lock);
		inode = oldest();
		spin_unlock(&inode_lock);
		if (!inode)
			continue;
		pages = inode->i_data.nrpages;
		let_go(inode);
		count_vm_events(current->flags & PF_KSWAPD ? KSWAPD_INODESTEAL : PGINODESTEAL, pages);
		gone++;
	}
	return gone;
}

void inodes_count(struct super_block *sb, struct fs_usage *usage)
{
	const struct list_head *at;

	spin_lock(&inode_lock);
	list_for_each (at, &sb->inodes)
		usage->inodes++;
	spin_unlock(&inode_lock);
}
