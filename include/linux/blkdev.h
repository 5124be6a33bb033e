/* SPDX-License-Identifier: MIT */
/*
 * blkdev.h - block devices: what --disk, --scratch and --swap put into the machine, the last two by default.
 */
#ifndef _LINUX_BLKDEV_H
#define _LINUX_BLKDEV_H

#include <linux/bio.h>
#include <linux/blk_types.h>

/** blkdev_nth - device @n, or NULL. As on the command line, then those that are there by default. Constant after boot. */
struct block_device *blkdev_nth(unsigned int n);
/** bdev_is_swap - is it the machine's place to swap to? */
bool bdev_is_swap(const struct block_device *bdev);
/** bdev_is_scratch - may tests overwrite it? */
bool bdev_is_scratch(const struct block_device *bdev);
bool bdev_read_only(const struct block_device *bdev);
/** bdev_nr_sectors - its size in sectors of 512 bytes. */
sector_t bdev_nr_sectors(const struct block_device *bdev);
const char *bdev_name(const struct block_device *bdev);

/** blkdev_issue_flush - what was written is on the disk when this returns 0. Context: task, may sleep. */
int blkdev_issue_flush(struct block_device *bdev);
/** blkdev_issue_discard - the sectors' contents are not needed any more; they read as zeros. Context: task, may sleep. */
int blkdev_issue_discard(struct block_device *bdev, sector_t sector, sector_t nr, gfp_t gfp);

#endif
