/* SPDX-License-Identifier: MIT */
/*
 * files.h - what suites share that use files: a fresh file system on the scratch device, and contents that are a function of file and
 * offset, so that a page in the wrong place is seen.
 *
 * Not for many threads: one buffer for each suite.
 */
#ifndef GUEST_SUITES_FILES_H
#define GUEST_SUITES_FILES_H

#include <kunit/test.h>
#include <linux/blkdev.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/swap.h>

static inline struct block_device *scratch(struct kunit *test)
{
	struct block_device *bdev;

	for (unsigned int i = 0; (bdev = blkdev_nth(i)); i++)
		if (bdev_is_scratch(bdev))
			return bdev;
	kunit_skip(test, "no --scratch in this machine");
	return NULL;
}

/* An empty file system on it; a device that fails now and then is asked again. */
static inline struct super_block *fresh(struct kunit *test, unsigned int flags)
{
	struct block_device *bdev = scratch(test);
	struct super_block *sb = ERR_PTR(-EIO);
	int err = -EIO;

	for (unsigned int tries = 0; err && tries < 20; tries++)
		err = fs_mkfs(bdev);
	KUNIT_ASSERT_EQ(test, err, 0);
	for (unsigned int tries = 0; IS_ERR(sb) && tries < 20; tries++)
		sb = fs_mount(bdev, flags);
	KUNIT_ASSERT_FALSE(test, IS_ERR(sb));
	return sb;
}

static inline struct super_block *again(struct kunit *test, struct super_block *sb)
{
	KUNIT_EXPECT_EQ(test, fs_umount(sb), 0);
	sb = fs_mount(scratch(test), 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(sb));
	return sb;
}

/* What word @at of file @id is. */
static inline u64 word(unsigned int id, u64 at)
{
	return (at + 1) * 0x9e3779b97f4a7c15ull ^ (u64)id << 56;
}

#define CHUNK (4 * PAGE_SIZE)
#define STRIDE 16 /* words looked at: the machine is slow */
static u64 buffer[CHUNK / sizeof(u64)];

static inline void fill(unsigned int id, loff_t pos, size_t len)
{
	for (size_t i = 0; i < len / sizeof(u64); i += STRIDE)
		buffer[i] = word(id, (u64)pos / sizeof(u64) + i);
}

static inline bool is_filled(unsigned int id, loff_t pos, size_t len)
{
	for (size_t i = 0; i < len / sizeof(u64); i += STRIDE)
		if (buffer[i] != word(id, (u64)pos / sizeof(u64) + i))
			return false;
	return true;
}

static inline bool put(struct file *file, unsigned int id, loff_t pos, size_t size)
{
	while (size) {
		size_t len = min(size, (size_t)CHUNK);

		fill(id, pos, len);
		if (kernel_write(file, buffer, len, &pos) != (ssize_t)len)
			return false;
		size -= len;
	}
	return true;
}

static inline bool has(struct file *file, unsigned int id, loff_t pos, size_t size)
{
	while (size) {
		size_t len = min(size, (size_t)CHUNK);
		loff_t at = pos;

		memset(buffer, 0, len);
		if (kernel_read(file, buffer, len, &at) != (ssize_t)len || !is_filled(id, pos, len))
			return false;
		pos = at;
		size -= len;
	}
	return true;
}

static inline struct file *opened(struct kunit *test, struct super_block *sb, const char *name, int flags)
{
	struct file *file = file_open(sb, name, O_RDWR | flags);

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	return file;
}

static inline unsigned long forget_pages(struct file *file)
{
	lru_add_drain_all();
	return invalidate_mapping_pages(file->f_mapping, 0, ULONG_MAX);
}

#endif
