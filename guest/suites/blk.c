// SPDX-License-Identifier: MIT
/*
 * blk.c - block devices: what is written is read, many at once, and every error reaches whoever asked.
 *
 * Overwrites the scratch device of the machine; a --disk is only read.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#define MANY 96

static struct block_device *first(struct kunit *test, bool scratch)
{
	struct block_device *bdev;

	for (unsigned int i = 0; (bdev = blkdev_nth(i)); i++)
		if (bdev_is_scratch(bdev) == scratch && !bdev_is_swap(bdev))
			return bdev;
	kunit_skip(test, scratch ? "no --scratch in this machine" : "no --disk in this machine");
	return NULL;
}

static int transfer(struct block_device *bdev, enum req_op op, sector_t sector, struct page *page, unsigned int len)
{
	struct bio *bio = bio_alloc(bdev, 1, op, GFP_KERNEL);
	int err;

	if (!bio)
		return -ENOMEM;
	bio->bi_iter.bi_sector = sector;
	bio_add_page(bio, page, len, 0);
	err = submit_bio_wait(bio);
	bio_put(bio);
	return err;
}

static void what_is_written_is_read(struct kunit *test)
{
	struct block_device *bdev = first(test, true);
	struct page *page = alloc_page(GFP_KERNEL);
	char *p = page_address(page);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_GT(test, bdev_nr_sectors(bdev), (sector_t)0);
	memset(p, 0x5a, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, transfer(bdev, REQ_OP_WRITE, 8, page, PAGE_SIZE), 0);
	memset(p, 0, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, transfer(bdev, REQ_OP_READ, 9, page, 2 * SECTOR_SIZE), 0);
	KUNIT_EXPECT_EQ(test, p[0], 0x5a);
	KUNIT_EXPECT_EQ(test, p[2 * SECTOR_SIZE - 1], 0x5a);
	KUNIT_EXPECT_EQ(test, p[2 * SECTOR_SIZE], 0);
	KUNIT_EXPECT_EQ(test, blkdev_issue_flush(bdev), 0);
	KUNIT_EXPECT_EQ(test, blkdev_issue_discard(bdev, 8, 1, GFP_KERNEL), 0);
	KUNIT_EXPECT_EQ(test, transfer(bdev, REQ_OP_READ, 8, page, 2 * SECTOR_SIZE), 0);
	KUNIT_EXPECT_EQ(test, p[SECTOR_SIZE - 1], 0);
	KUNIT_EXPECT_EQ(test, p[SECTOR_SIZE], 0x5a);
	__free_page(page);
}

static void beyond_the_end(struct kunit *test)
{
	struct block_device *bdev = first(test, true);
	struct page *page = alloc_page(GFP_KERNEL);
	sector_t end = bdev_nr_sectors(bdev);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, transfer(bdev, REQ_OP_READ, end - 1, page, SECTOR_SIZE), 0);
	KUNIT_EXPECT_EQ(test, transfer(bdev, REQ_OP_READ, end - 1, page, 2 * SECTOR_SIZE), -EIO);
	KUNIT_EXPECT_EQ(test, transfer(bdev, REQ_OP_WRITE, end, page, SECTOR_SIZE), -EIO);
	KUNIT_EXPECT_EQ(test, transfer(bdev, REQ_OP_WRITE, ~0ULL >> 9, page, SECTOR_SIZE), -EIO);
	KUNIT_EXPECT_EQ(test, transfer(bdev, REQ_OP_READ, 0, page, SECTOR_SIZE - 1), -EIO);
	__free_page(page);
}

static atomic_t left;
static atomic_t failed;
static struct completion all_done;

static void count_down(struct bio *bio)
{
	if (bio->bi_status)
		atomic_inc(&failed);
	if (atomic_dec_and_test(&left))
		complete(&all_done);
}

/* One page a bio, so that more are under way than the queue holds; page i goes to page i of the device. */
static void all_at_once(struct kunit *test, struct bio **bios)
{
	init_completion(&all_done);
	atomic_set(&left, MANY);
	atomic_set(&failed, 0);
	for (unsigned int i = 0; i < MANY; i++)
		submit_bio(bios[i]);
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&all_done, 60 * HZ), 0UL);
	KUNIT_EXPECT_EQ(test, atomic_read(&failed), 0);
}

static void more_than_fit(struct kunit *test)
{
	struct block_device *bdev = first(test, true);
	static struct bio *bios[MANY];

	KUNIT_ASSERT_GE(test, bdev_nr_sectors(bdev), (sector_t)MANY * PAGE_SECTORS);
	for (unsigned int i = 0; i < MANY; i++) {
		struct page *page = alloc_page(GFP_KERNEL);

		bios[i] = bio_alloc(bdev, 1, REQ_OP_WRITE, GFP_KERNEL);
		KUNIT_ASSERT_TRUE(test, page && bios[i]);
		bios[i]->bi_iter.bi_sector = (sector_t)i * PAGE_SECTORS;
		bios[i]->bi_end_io = count_down;
		memset(page_address(page), (int)i, PAGE_SIZE);
		bio_add_page(bios[i], page, PAGE_SIZE, 0);
	}
	all_at_once(test, bios);
	for (unsigned int i = 0; i < MANY; i++) {
		memset(page_address(bios[i]->bi_io_vec[0].bv_page), 0xff, PAGE_SIZE);
		bios[i]->bi_opf = REQ_OP_READ;
	}
	all_at_once(test, bios);
	for (unsigned int i = 0; i < MANY; i++) {
		struct page *page = bios[i]->bi_io_vec[0].bv_page;

		KUNIT_EXPECT_NULL(test, memchr_inv(page_address(page), (int)i, PAGE_SIZE));
		__free_page(page);
		bio_put(bios[i]);
	}
}

/* The largest bio: pieces of one sector each, out of order in memory. */
static void many_pieces(struct kunit *test)
{
	struct block_device *bdev = first(test, true);
	struct page *block = alloc_pages(GFP_KERNEL, 4);
	struct bio *bio = bio_alloc(bdev, BIO_MAX_VECS, REQ_OP_WRITE, GFP_KERNEL);
	char *p = page_address(block);

	KUNIT_ASSERT_TRUE(test, block && bio);
	for (unsigned int i = 0; i < BIO_MAX_VECS; i++) {
		memset(p + i * SECTOR_SIZE, (int)i, SECTOR_SIZE);
		KUNIT_EXPECT_EQ(test, bio_add_page(bio, block, SECTOR_SIZE, (BIO_MAX_VECS - 1 - i) * SECTOR_SIZE),
				(int)SECTOR_SIZE);
	}
	KUNIT_EXPECT_EQ(test, bio_add_page(bio, block, SECTOR_SIZE, 0), 0);
	KUNIT_EXPECT_EQ(test, submit_bio_wait(bio), 0);
	bio_put(bio);
	KUNIT_EXPECT_EQ(test, transfer(bdev, REQ_OP_READ, 0, block, BIO_MAX_VECS * SECTOR_SIZE), 0);
	for (unsigned int i = 0; i < BIO_MAX_VECS; i++)
		KUNIT_EXPECT_EQ(test, p[i * SECTOR_SIZE], (char)(BIO_MAX_VECS - 1 - i));
	__free_pages(block, 4);
}

/* What a file begins with: a line that the tests of the command write there. */
static void a_file(struct kunit *test)
{
	struct block_device *bdev = first(test, false);
	struct page *page = alloc_page(GFP_KERNEL);
	int err;

	KUNIT_ASSERT_NOT_NULL(test, page);
	err = transfer(bdev, REQ_OP_READ, 0, page, SECTOR_SIZE);
	pr_info("blk: %s, %llu sectors%s, sector 0: error %d, \"%.12s\"\n", bdev_name(bdev),
		(unsigned long long)bdev_nr_sectors(bdev), bdev_read_only(bdev) ? ", read only" : "", err,
		err ? "" : (char *)page_address(page));
	if (bdev_read_only(bdev))
		KUNIT_EXPECT_EQ(test, transfer(bdev, REQ_OP_WRITE, 0, page, SECTOR_SIZE), -EIO);
	__free_page(page);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(what_is_written_is_read),
	KUNIT_CASE(beyond_the_end),
	KUNIT_CASE(more_than_fit),
	KUNIT_CASE(many_pieces),
	KUNIT_CASE(a_file),
	{},
};

static struct kunit_suite suite = {.name = "blk", .test_cases = cases};
kunit_test_suite(suite);
