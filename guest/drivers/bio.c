// SPDX-License-Identifier: MIT
/*
 * bio.c - what all users of block devices share: making a bio, waiting for one, and the two requests without data.
 *
 * A bio of few pieces comes from a reserve if there is no memory: so what reclaim writes always gets written.
 * A bio belongs to its maker until submit_bio(), to the driver until ->bi_end_io() is called, and to its maker again.
 */
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#define RESERVE 16
static mempool_t reserve;

void bio_init_reserve(void)
{
	struct bio *bio;

	if (mempool_init_kmalloc_pool(&reserve, RESERVE, struct_size(bio, bi_io_vec, BIO_RESERVE_VECS)))
		panic("no memory for the reserve of bios");
}

/* Without effort first: a bio that is being waited for serves better than one that reclaim must be begun for. */
static struct bio *alloc_some_bio(unsigned short nr_vecs, gfp_t gfp)
{
	bool sure = nr_vecs <= BIO_RESERVE_VECS && (gfp & __GFP_DIRECT_RECLAIM);
	struct bio *bio = NULL;
	size_t size = struct_size(bio, bi_io_vec, nr_vecs);

	if (!sure)
		return kzalloc(size, gfp);
	might_alloc(gfp);
	bio = kzalloc(size, (gfp & ~__GFP_DIRECT_RECLAIM) | __GFP_NOWARN);
	if (bio)
		return bio;
	bio = mempool_alloc(&reserve, gfp);
	memset(bio, 0, size);
	bio->bi_reserve = true;
	return bio;
}

struct bio *bio_alloc(struct block_device *bdev, unsigned short nr_vecs, blk_opf_t opf, gfp_t gfp)
{
	struct bio *bio;

	if (WARN_ON_ONCE(nr_vecs > BIO_MAX_VECS))
		return NULL;
	bio = alloc_some_bio(nr_vecs, gfp);
	if (bio) {
		bio->bi_bdev = bdev;
		bio->bi_opf = opf;
		bio->bi_max_vecs = nr_vecs;
	}
	return bio;
}
EXPORT_SYMBOL(bio_alloc);

void bio_put(struct bio *bio)
{
	if (bio && bio->bi_reserve)
		mempool_free(bio, &reserve);
	else
		kfree(bio);
}
EXPORT_SYMBOL(bio_put);

int bio_add_page(struct bio *bio, struct page *page, unsigned int len, unsigned int offset)
{
	if (bio->bi_vcnt == bio->bi_max_vecs || len > UINT_MAX - bio->bi_iter.bi_size)
		return 0;
	bio->bi_io_vec[bio->bi_vcnt++] = (struct bio_vec){.bv_page = page, .bv_len = len, .bv_offset = offset};
	bio->bi_iter.bi_size += len;
	return (int)len;
}
EXPORT_SYMBOL(bio_add_page);

void bio_endio(struct bio *bio)
{
	if (bio->bi_end_io)
		bio->bi_end_io(bio);
}
EXPORT_SYMBOL(bio_endio);

int blk_status_to_errno(blk_status_t status)
{
	switch (status) {
	case BLK_STS_OK:
		return 0;
	case BLK_STS_NOTSUPP:
		return -EOPNOTSUPP;
	case BLK_STS_RESOURCE:
		return -ENOMEM;
	default:
		return -EIO;
	}
}
EXPORT_SYMBOL(blk_status_to_errno);

static void wake_submitter(struct bio *bio)
{
	complete(bio->bi_private);
}

int submit_bio_wait(struct bio *bio)
{
	DECLARE_COMPLETION_ONSTACK(done);

	/* It stays until the bio is over. */
	/* cppcheck-suppress autoVariables */
	bio->bi_private = &done;
	bio->bi_end_io = wake_submitter;
	submit_bio(bio);
	wait_for_completion(&done);
	return blk_status_to_errno(bio->bi_status);
}
EXPORT_SYMBOL(submit_bio_wait);

static int submit_empty(struct block_device *bdev, enum req_op op, sector_t sector, unsigned int bytes, gfp_t gfp)
{
	struct bio *bio = bio_alloc(bdev, 0, op, gfp);
	int err;

	if (!bio)
		return -ENOMEM;
	bio->bi_iter = (struct bvec_iter){.bi_sector = sector, .bi_size = bytes};
	err = submit_bio_wait(bio);
	bio_put(bio);
	return err;
}

int blkdev_issue_flush(struct block_device *bdev)
{
	return submit_empty(bdev, REQ_OP_FLUSH, 0, 0, GFP_NOIO);
}
EXPORT_SYMBOL(blkdev_issue_flush);

int blkdev_issue_discard(struct block_device *bdev, sector_t sector, sector_t nr, gfp_t gfp)
{
	const sector_t most = 1U << 20; /* half a GiB: its bytes fit the bio's count */
	int err = 0;

	while (nr && !err) {
		sector_t now = min(nr, most);

		err = submit_empty(bdev, REQ_OP_DISCARD, sector, (unsigned int)(now << SECTOR_SHIFT), gfp);
		sector += now;
		nr -= now;
	}
	return err;
}
EXPORT_SYMBOL(blkdev_issue_discard);
