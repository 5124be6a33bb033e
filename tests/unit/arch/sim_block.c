// SPDX-License-Identifier: MIT
/*
 * sim_block.c - block I/O of the simulated machine: a bio goes to the test's function, which says what came of it, and is over when
 * submit_bio() returns.
 */
#include <stdio.h>
#include <stdlib.h>

#include <linux/bio.h>

#include "tests/unit/arch/sim.h"

blk_status_t (*sim_on_bio)(struct bio *bio);

struct bio *bio_alloc(struct block_device *bdev, unsigned short nr_vecs, blk_opf_t opf, gfp_t gfp)
{
	struct bio *bio = calloc(1, sizeof(*bio) + nr_vecs * sizeof(struct bio_vec));

	(void)gfp;
	if (!bio)
		abort();
	bio->bi_bdev = bdev;
	bio->bi_opf = opf;
	bio->bi_max_vecs = nr_vecs;
	return bio;
}

void bio_put(struct bio *bio)
{
	free(bio);
}

int bio_add_page(struct bio *bio, struct page *page, unsigned int len, unsigned int offset)
{
	if (bio->bi_vcnt == bio->bi_max_vecs)
		return 0;
	bio->bi_io_vec[bio->bi_vcnt++] = (struct bio_vec){page, len, offset};
	bio->bi_iter.bi_size += len;
	return (int)len;
}

int blk_status_to_errno(blk_status_t status)
{
	return status ? -5 : 0;
}

void submit_bio(struct bio *bio)
{
	if (!sim_on_bio) {
		fprintf(stderr, "sim: I/O, and there is no device\n");
		abort();
	}
	bio->bi_status = sim_on_bio(bio);
	bio->bi_end_io(bio);
}
