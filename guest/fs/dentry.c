// SPDX-License-Identifier: MIT
/*
 * dentry.c - names: entries of the directory, and those that were looked for before, found or not, remembered until memory is short.
 *
 * A remembered name says which inode, or 0 that there is no such file. It is in a hash table, and on a list where the one that was
 * used last is at the end. Nobody keeps a pointer to one: so any can go at any time.
 * Locks: dentry_lock covers table and list. The directory itself: its inode's rwsem.
 */
#include <linux/hash.h>

#include "fs.h"

/** struct dentry - @sb, @name: the key. @ino: 0: there is no such file */
struct dentry {
	struct super_block *sb;
	unsigned long ino;
	struct list_head hash, lru;
	char name[FS_NAME_MAX + 1];
};

#define HASH_BITS 6
static struct list_head table[1 << HASH_BITS];
static DEFINE_SPINLOCK(dentry_lock);
static LIST_HEAD(dentries);
static unsigned long nr_dentries;
static struct kmem_cache *dentry_cache;

void dentries_init(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++)
		INIT_LIST_HEAD(&table[i]);
	dentry_cache =
		kmem_cache_create("fs_dentry", sizeof(struct dentry), 0, SLAB_RECLAIM_ACCOUNT | SLAB_PANIC, NULL);
}

static struct list_head *bucket(const struct super_block *sb, const char *name)
{
	u64 h = (u64)(uintptr_t)sb;

	while (*name)
		h = h * 31 + (unsigned char)*name++;
	return &table[hash_64(h, HASH_BITS)];
}

/* Needs: dentry_lock, as the next. */
static struct dentry *find(struct super_block *sb, const char *name)
{
	struct dentry *d;

	list_for_each_entry (d, bucket(sb, name), hash)
		if (d->sb == sb && !strcmp(d->name, name))
			return d;
	return NULL;
}

static void forget(struct dentry *d)
{
	list_del(&d->hash);
	list_del(&d->lru);
	nr_dentries--;
	kmem_cache_free(dentry_cache, d);
}

/* From now on the name means @ino. Without memory it is not remembered, but neither is what it meant before. */
static void remember(struct super_block *sb, const char *name, unsigned long ino)
{
	struct dentry *new = kmem_cache_zalloc(dentry_cache, GFP_KERNEL), *d;

	spin_lock(&dentry_lock);
	d = find(sb, name);
	if (d)
		forget(d);
	if (new) {
		new->sb = sb;
		new->ino = ino;
		strscpy(new->name, name, sizeof(new->name));
		list_add(&new->hash, bucket(sb, name));
		list_add_tail(&new->lru, &dentries);
		nr_dentries++;
	}
	spin_unlock(&dentry_lock);
}

static bool recall(struct super_block *sb, const char *name, unsigned long *ino)
{
	struct dentry *d;

	spin_lock(&dentry_lock);
	d = find(sb, name);
	if (d) {
		*ino = d->ino;
		list_move_tail(&d->lru, &dentries);
	}
	spin_unlock(&dentry_lock);
	return d;
}

/* ---- the directory ---- */

/* Where the name is (@name NULL: where there is room), in bytes; -ENOENT: nowhere. */
static loff_t search(struct super_block *sb, const char *name, struct disk_entry *entry)
{
	loff_t size = i_size_read(sb->root);

	for (loff_t pos = 0; pos < size; pos += (loff_t)sizeof(*entry)) {
		ssize_t n = inode_read(sb->root, NULL, entry, sizeof(*entry), pos);

		if (n != (ssize_t)sizeof(*entry))
			return n < 0 ? n : -EIO;
		if (name ? entry->ino && !strncmp(entry->name, name, sizeof(entry->name)) : !entry->ino)
			return pos;
	}
	return -ENOENT;
}

long lookup(struct super_block *sb, const char *name)
{
	struct disk_entry entry;
	unsigned long ino;
	loff_t pos;

	if (recall(sb, name, &ino))
		return (long)ino;
	pos = search(sb, name, &entry);
	if (pos < 0 && pos != -ENOENT)
		return pos;
	ino = pos < 0 ? 0 : entry.ino;
	remember(sb, name, ino);
	return (long)ino;
}

int enter(struct super_block *sb, const char *name, unsigned long ino)
{
	struct disk_entry entry;
	loff_t pos = search(sb, NULL, &entry);
	ssize_t n;

	if (pos == -ENOENT)
		pos = i_size_read(sb->root);
	if (pos < 0)
		return (int)pos;
	entry = (struct disk_entry){.ino = (u32)ino};
	strscpy(entry.name, name, sizeof(entry.name));
	n = inode_write_data(sb->root, &entry, sizeof(entry), pos);
	if (n != (ssize_t)sizeof(entry))
		return n < 0 ? (int)n : -ENOSPC;
	remember(sb, name, ino);
	return 0;
}

int strike_out(struct super_block *sb, const char *name)
{
	struct disk_entry entry;
	loff_t pos = search(sb, name, &entry);
	ssize_t n;

	if (pos < 0)
		return (int)pos;
	entry = (struct disk_entry){0};
	n = inode_write_data(sb->root, &entry, sizeof(entry), pos);
	if (n < 0)
		return (int)n;
	remember(sb, name, 0);
	return 0;
}

/* ---- fewer ---- */

void dentries_drop(struct super_block *sb)
{
	struct dentry *d, *next;

	spin_lock(&dentry_lock);
	list_for_each_entry_safe (d, next, &dentries, lru)
		if (d->sb == sb)
			forget(d);
	spin_unlock(&dentry_lock);
}

unsigned long dentries_unused(void)
{
	return READ_ONCE(nr_dentries);
}

unsigned long dentries_shrink(unsigned long nr)
{
	unsigned long gone = 0;

	spin_lock(&dentry_lock);
	while (gone < nr && !list_empty(&dentries)) {
		forget(list_first_entry(&dentries, struct dentry, lru));
		gone++;
	}
	spin_unlock(&dentry_lock);
	return gone;
}

void dentries_count(struct super_block *sb, struct fs_usage *usage)
{
	const struct dentry *d;

	spin_lock(&dentry_lock);
	list_for_each_entry (d, &dentries, lru)
		usage->dentries += d->sb == sb;
	spin_unlock(&dentry_lock);
}
