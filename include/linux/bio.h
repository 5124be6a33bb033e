/* SPDX-License-Identifier: MIT */
/*
 * bio.h - making, submitting and ending transfers to block devices.
 *
 *	bio = bio_alloc(bdev, 1, REQ_OP_READ, GFP_NOIO);
 *	bio->bi_iter.bi_sector = sector;
 *	bio_add_page(bio, page, PAGE_SIZE, 0);
 *	err = submit_bio_wait(bio);
 *	bio_put(bio);
 */
#ifndef _LINUX_BIO_H
#define _LINUX_BIO_H

#include <linux/blk_types.h>
#include <linux/gfp.h>

/** Most pieces in one bio: what one request of the block device can carry. */
#define BIO_MAX_VECS 128U

/** Most pieces of a bio that can be had when there is no memory at all: a reserve waits for such requests. */
#define BIO_RESERVE_VECS 32U

/**
 * bio_alloc - for up to @nr_vecs pieces
 *
 * With up to BIO_RESERVE_VECS and __GFP_DIRECT_RECLAIM it does not fail: it waits until one of the reserve comes back. So writing pages
 * to get memory works without any; but whoever waits here must have submitted what it allocated before.
 * Return: NULL if there is no memory, or @nr_vecs is more than BIO_MAX_VECS.
 */
struct bio *bio_alloc(struct block_device *bdev, unsigned short nr_vecs, blk_opf_t opf, gfp_t gfp);
void bio_put(struct bio *bio);

/** bio_add_page - one more piece. Return: @len, or 0 if the bio is full. */
int bio_add_page(struct bio *bio, struct page *page, unsigned int len, unsigned int offset);

/**
 * submit_bio - begin the transfer; ->bi_end_io() is called when it is over, ->bi_status says how
 * Bios that are submitted in turn may be performed and end in any order. Context: any.
 */
void submit_bio(struct bio *bio);

/** submit_bio_wait - the same, and wait. Return: 0 or -errno. Context: task, may sleep. */
int submit_bio_wait(struct bio *bio);

/** bio_endio - a driver's: the transfer is over. */
void bio_endio(struct bio *bio);

static inline void bio_io_error(struct bio *bio)
{
	bio->bi_status = BLK_STS_IOERR;
	bio_endio(bio);
}

/** blk_status_to_errno - 0 or -errno. */
int blk_status_to_errno(blk_status_t status);

/** bio_init_reserve - once, before the first bio. */
void bio_init_reserve(void);

#define bio_sectors(bio) ((bio)->bi_iter.bi_size >> SECTOR_SHIFT)
#define bio_end_sector(bio) ((bio)->bi_iter.bi_sector + bio_sectors(bio))

#endif
