/* SPDX-License-Identifier: MIT */
/*
 * blk_types.h - a piece of work for a block device: pages, and where they go.
 */
#ifndef _LINUX_BLK_TYPES_H
#define _LINUX_BLK_TYPES_H

#include <linux/mm_types.h>
#include <linux/types.h>

typedef u64 sector_t;
typedef unsigned int blk_opf_t;
typedef u8 blk_status_t;

#define SECTOR_SHIFT 9
#define SECTOR_SIZE (1U << SECTOR_SHIFT)
#define PAGE_SECTORS_SHIFT (PAGE_SHIFT - SECTOR_SHIFT)
#define PAGE_SECTORS (1U << PAGE_SECTORS_SHIFT)

enum req_op { REQ_OP_READ = 0, REQ_OP_WRITE = 1, REQ_OP_FLUSH = 2, REQ_OP_DISCARD = 3 };
#define REQ_OP_MASK 0xffu

#define BLK_STS_OK ((blk_status_t)0)
#define BLK_STS_NOTSUPP ((blk_status_t)1)
#define BLK_STS_RESOURCE ((blk_status_t)9)
#define BLK_STS_IOERR ((blk_status_t)10)

struct block_device;
struct bio;
typedef void bio_end_io_t(struct bio *bio);

/** struct bio_vec - bytes [bv_offset, bv_offset + bv_len) of a block of pages that begins with bv_page. */
struct bio_vec {
	struct page *bv_page;
	unsigned int bv_len;
	unsigned int bv_offset;
};

/** struct bvec_iter - @bi_sector: first sector on the device; @bi_size: bytes in all. */
struct bvec_iter {
	sector_t bi_sector;
	unsigned int bi_size;
};

/**
 * struct bio - one transfer between pages and successive sectors
 * @bi_end_io: called when it is over, from the device's interrupt or, if it never got there, from submit_bio(): it must not sleep
 */
struct bio {
	struct bio *bi_next; /* the driver's, while it waits there */
	struct block_device *bi_bdev;
	blk_opf_t bi_opf;
	blk_status_t bi_status;
	bool bi_reserve; /* bio.c's: it comes from the reserve */
	unsigned short bi_vcnt;
	unsigned short bi_max_vecs;
	struct bvec_iter bi_iter;
	bio_end_io_t *bi_end_io;
	void *bi_private;
	struct bio_vec bi_io_vec[];
};

#define bio_op(bio) ((enum req_op)((bio)->bi_opf & REQ_OP_MASK))
#define op_is_write(op) (((op)&1) != 0)

#endif
