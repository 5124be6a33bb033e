/* SPDX-License-Identifier: MIT */
/*
 * virtio_blk.h - the boot's side of the block device driver; its users see <linux/blkdev.h>.
 */
#ifndef DRIVERS_VIRTIO_BLK_H
#define DRIVERS_VIRTIO_BLK_H

/** virtio_blk_init - take the devices in boot_info into use. After the allocators, with other CPUs online or not. */
void virtio_blk_init(void);

#endif
