/* SPDX-License-Identifier: MIT */
/*
 * virtio.h - the block devices: virtio-blk over virtio-mmio, as far as this project uses it.
 *
 * Names and numbers: OASIS, Virtual I/O Device (VIRTIO) Version 1.1: section 2.6 (split virtqueues), 4.2.2 (MMIO device
 * register layout), 5.2 (block device). Everything is little endian. One queue per device. Registers are 4 bytes wide;
 * the configuration space may be read in any width.
 *
 * One addition: virtio-mmio knows no MSI and there is no wired interrupt here, so each device has three registers of our own at
 * the end of its page, as the DMA engine has them. Writing the data arms the interrupt. An MSI needs no
 * acknowledgement: the driver need not write to INTERRUPT_ACK.
 */
#ifndef MMV_SHARED_VIRTIO_H
#define MMV_SHARED_VIRTIO_H

#include "shared/types.h"

#define BLK_GPA(n) (0xfe020000UL + (n)*0x1000)
#define BLK_MAX_DEVICES 8

/* ---- registers ---- */

#define VIRTIO_MMIO_MAGIC_VALUE 0x000
#define VIRTIO_MMIO_MAGIC 0x74726976 /* "virt" */
#define VIRTIO_MMIO_VERSION 0x004
#define VIRTIO_MMIO_DEVICE_ID 0x008
#define VIRTIO_MMIO_VENDOR_ID 0x00c
#define VIRTIO_MMIO_VENDOR 0x726f7369 /* "isor" */
#define VIRTIO_MMIO_DEVICE_FEATURES 0x010
#define VIRTIO_MMIO_DEVICE_FEATURES_SEL 0x014
#define VIRTIO_MMIO_DRIVER_FEATURES 0x020
#define VIRTIO_MMIO_DRIVER_FEATURES_SEL 0x024
#define VIRTIO_MMIO_QUEUE_SEL 0x030
#define VIRTIO_MMIO_QUEUE_NUM_MAX 0x034
#define VIRTIO_MMIO_QUEUE_NUM 0x038
#define VIRTIO_MMIO_QUEUE_READY 0x044
#define VIRTIO_MMIO_QUEUE_NOTIFY 0x050
#define VIRTIO_MMIO_INTERRUPT_STATUS 0x060
#define VIRTIO_MMIO_INTERRUPT_ACK 0x064
#define VIRTIO_MMIO_STATUS 0x070
#define VIRTIO_MMIO_QUEUE_DESC_LOW 0x080
#define VIRTIO_MMIO_QUEUE_DESC_HIGH 0x084
#define VIRTIO_MMIO_QUEUE_DRIVER_LOW 0x090
#define VIRTIO_MMIO_QUEUE_DRIVER_HIGH 0x094
#define VIRTIO_MMIO_QUEUE_DEVICE_LOW 0x0a0
#define VIRTIO_MMIO_QUEUE_DEVICE_HIGH 0x0a4
#define VIRTIO_MMIO_CONFIG_GENERATION 0x0fc
#define VIRTIO_MMIO_CONFIG 0x100
/* Ours. */
#define VIRTIO_MMV_MSI_ADDR_LOW 0xff0
#define VIRTIO_MMV_MSI_ADDR_HIGH 0xff4
#define VIRTIO_MMV_MSI_DATA 0xff8

#define VIRTIO_ID_BLOCK 2

#define VIRTIO_STATUS_ACKNOWLEDGE 1
#define VIRTIO_STATUS_DRIVER 2
#define VIRTIO_STATUS_DRIVER_OK 4
#define VIRTIO_STATUS_FEATURES_OK 8
#define VIRTIO_STATUS_NEEDS_RESET 64
#define VIRTIO_STATUS_FAILED 128

#define VIRTIO_INT_USED 1
#define VIRTIO_INT_CONFIG 2

#define VIRTIO_F_VERSION_1 32

/* ---- split virtqueue ---- */

#define VIRTQ_MAX 256 /* largest queue, in descriptors: a power of two */

#define VIRTQ_DESC_F_NEXT 1
#define VIRTQ_DESC_F_WRITE 2
#define VIRTQ_DESC_F_INDIRECT 4
#define VIRTQ_AVAIL_F_NO_INTERRUPT 1

struct virtq_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};
MMV_SIZE(struct virtq_desc, 16);

struct virtq_avail {
	uint16_t flags;
	uint16_t idx;
	uint16_t ring[];
};

struct virtq_used_elem {
	uint32_t id;
	uint32_t len;
};

struct virtq_used {
	uint16_t flags;
	uint16_t idx;
	struct virtq_used_elem ring[];
};
MMV_AT(struct virtq_used, ring, 4);

/* ---- block device ---- */

#define VIRTIO_BLK_F_SEG_MAX 2
#define VIRTIO_BLK_F_RO 5
#define VIRTIO_BLK_F_BLK_SIZE 6
#define VIRTIO_BLK_F_FLUSH 9
#define VIRTIO_BLK_F_DISCARD 13

#define BLK_SECTOR_SHIFT 9
#define BLK_SECTOR_SIZE (1U << BLK_SECTOR_SHIFT)
#define BLK_ID_BYTES 20

/** struct virtio_blk_config - the configuration space, as far as our features reach. @capacity: in sectors of 512 bytes */
struct virtio_blk_config {
	uint64_t capacity;
	uint32_t size_max;
	uint32_t seg_max;
	uint8_t geometry[4];
	uint32_t blk_size;
	uint8_t topology[8];
	uint8_t writeback, unused0;
	uint16_t num_queues;
	uint32_t max_discard_sectors;
	uint32_t max_discard_seg;
	uint32_t discard_sector_alignment;
};
MMV_SIZE(struct virtio_blk_config, 48);

enum virtio_blk_type {
	VIRTIO_BLK_T_IN = 0,
	VIRTIO_BLK_T_OUT = 1,
	VIRTIO_BLK_T_FLUSH = 4,
	VIRTIO_BLK_T_GET_ID = 8,
	VIRTIO_BLK_T_DISCARD = 11,
};

enum virtio_blk_status { VIRTIO_BLK_S_OK = 0, VIRTIO_BLK_S_IOERR = 1, VIRTIO_BLK_S_UNSUPP = 2 };

/** struct virtio_blk_req - the first bytes of a request; data, if any, and one byte of status follow. */
struct virtio_blk_req {
	uint32_t type;
	uint32_t reserved;
	uint64_t sector;
};
MMV_SIZE(struct virtio_blk_req, 16);

/** struct virtio_blk_range - one element of a discard. */
struct virtio_blk_range {
	uint64_t sector;
	uint32_t num_sectors;
	uint32_t flags;
};
MMV_SIZE(struct virtio_blk_range, 16);

#endif
