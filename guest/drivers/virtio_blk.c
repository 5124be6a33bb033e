// SPDX-License-Identifier: MIT
/*
 * virtio_blk.c - driver of the block devices (VIRTIO 1.1, sections 2.6, 3.1, 4.2 and 5.2; shared/virtio.h).
 *
 * Shape:  a device has one queue of QUEUE_SIZE descriptors. A bio becomes one chain: header, its pieces, status. The header and the
 *         status of the chain that begins with descriptor n lie in slot n. Free descriptors are linked through ->next.
 * Full:   a bio that finds too few free descriptors, or others waiting, waits at the end of @waiting; each interrupt lets as many
 *         in as fit. A bio is never refused for want of room.
 * Locks:  dev->lock, interrupts off. Bios end without it: their owners may submit the next one.
 * Memory: all of it is taken at boot. Submitting and ending need none, so they work when there is none.
 */
#include <linux/blkdev.h>
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/interrupt.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/spinlock.h>

#include <asm/apic.h>

#include "guest/drivers/devwin.h"
#include "guest/drivers/ring.h"
#include "guest/drivers/virtio_blk.h"
#include "guest/kernel/boot_info.h"

#define QUEUE_SIZE VIRTQ_MAX
#define NOWHERE 0xffff

_Static_assert(BIO_MAX_VECS + 2 <= QUEUE_SIZE, "the largest bio fits an empty queue");

/** struct slot - what a chain needs beside the bio's own pages. @used: descriptors in the chain */
struct slot {
	struct virtio_blk_req head;
	struct virtio_blk_range range;
	struct bio *bio;
	uint16_t used;
	uint8_t status;
};

/** struct queue_memory - as the device sees it. */
struct queue_memory {
	struct virtq_desc desc[QUEUE_SIZE];
	uint16_t avail_flags, avail_idx, avail_ring[QUEUE_SIZE];
	uint16_t used_flags, used_idx;
	struct virtq_used_elem used_ring[QUEUE_SIZE];
	struct slot slots[QUEUE_SIZE];
};
_Static_assert(offsetof(struct queue_memory, used_flags) % 4 == 0, "the used ring is aligned to 4");

/** struct block_device - (c) constant after boot, (L) its lock */
struct block_device {
	spinlock_t lock;
	gpa_t base; /* (c) */
	bool swap, scratch, read_only;
	sector_t sectors;
	char name[8];
	struct queue_memory *q;
	struct mm_ring ring;                /* (L) free descriptors */
	uint16_t seen;                      /* (L) used entries that were looked at, free running */
	struct bio *waiting, **waiting_end; /* (L) */
};

static struct block_device devices[BLK_MAX_DEVICES];
static unsigned int nr_devices;

/* ---- the queue; all of these need the lock ---- */

static uint16_t take_desc(struct block_device *dev, uint16_t after)
{
	struct virtq_desc *desc = dev->q->desc;
	uint16_t n = (uint16_t)dev->ring.first;

	dev->ring.first = desc[n].next;
	dev->ring.nr--;
	if (after != NOWHERE) {
		desc[after].next = n;
		desc[after].flags |= VIRTQ_DESC_F_NEXT;
	}
	return n;
}

static uint16_t add_desc(struct block_device *dev, uint16_t after, gpa_t addr, unsigned int len, uint16_t flags)
{
	uint16_t n = take_desc(dev, after);

	dev->q->desc[n] = (struct virtq_desc){.addr = addr, .len = len, .flags = flags};
	return n;
}

static void free_chain(struct block_device *dev, uint16_t head)
{
	struct virtq_desc *desc = dev->q->desc;
	uint16_t n = head;

	while (desc[n].flags & VIRTQ_DESC_F_NEXT)
		n = desc[n].next;
	desc[n].flags = 0;
	desc[n].next = (uint16_t)dev->ring.first;
	dev->ring.first = head;
	dev->ring.nr += dev->q->slots[head].used;
}

static uint32_t type_of(const struct bio *bio)
{
	static const uint32_t types[] = {
		[REQ_OP_READ] = VIRTIO_BLK_T_IN,
		[REQ_OP_WRITE] = VIRTIO_BLK_T_OUT,
		[REQ_OP_FLUSH] = VIRTIO_BLK_T_FLUSH,
		[REQ_OP_DISCARD] = VIRTIO_BLK_T_DISCARD,
	};

	return types[bio_op(bio)];
}

static unsigned int descs_for(const struct bio *bio)
{
	return 2U + bio->bi_vcnt + (bio_op(bio) == REQ_OP_DISCARD);
}

static void enqueue(struct block_device *dev, struct bio *bio)
{
	struct queue_memory *q = dev->q;
	uint16_t head = (uint16_t)dev->ring.first, at;
	struct slot *slot = &q->slots[head];

	slot->head = (struct virtio_blk_req){.type = type_of(bio), .sector = bio->bi_iter.bi_sector};
	slot->bio = bio;
	slot->used = (uint16_t)descs_for(bio);
	slot->status = VIRTIO_BLK_S_IOERR;
	at = add_desc(dev, NOWHERE, __pa(&slot->head), sizeof(slot->head), 0);
	if (bio_op(bio) == REQ_OP_DISCARD) {
		slot->range =
			(struct virtio_blk_range){.sector = bio->bi_iter.bi_sector, .num_sectors = bio_sectors(bio)};
		at = add_desc(dev, at, __pa(&slot->range), sizeof(slot->range), 0);
	}
	for (unsigned int i = 0; i < bio->bi_vcnt; i++) {
		const struct bio_vec *v = &bio->bi_io_vec[i];

		at = add_desc(dev, at, page_to_phys(v->bv_page) + v->bv_offset, v->bv_len,
			      bio_op(bio) == REQ_OP_READ ? VIRTQ_DESC_F_WRITE : 0);
	}
	add_desc(dev, at, __pa(&slot->status), sizeof(slot->status), VIRTQ_DESC_F_WRITE);
	q->avail_ring[q->avail_idx % QUEUE_SIZE] = head;
	/* The device must find all of the above once it sees the index. */
	__atomic_store_n(&q->avail_idx, (uint16_t)(q->avail_idx + 1), __ATOMIC_RELEASE);
}

/* As many of those that wait as fit. Return: did any? */
static bool let_in(struct block_device *dev)
{
	bool any = false;

	while (dev->waiting && descs_for(dev->waiting) <= dev->ring.nr) {
		struct bio *bio = dev->waiting;

		dev->waiting = bio->bi_next;
		if (!dev->waiting)
			dev->waiting_end = &dev->waiting;
		enqueue(dev, bio);
		any = true;
	}
	return any;
}

static void ring_bell(const struct block_device *dev)
{
	dev_write32(dev->base + VIRTIO_MMIO_QUEUE_NOTIFY, 0);
}

/* What the device has finished, linked by ->bi_next. */
static struct bio *collect(struct block_device *dev)
{
	struct bio *first = NULL, **end = &first;
	uint16_t done = __atomic_load_n(&dev->q->used_idx, __ATOMIC_ACQUIRE);

	while (dev->seen != done) {
		const struct virtq_used_elem *e = &dev->q->used_ring[dev->seen++ % QUEUE_SIZE];
		struct slot *slot = &dev->q->slots[e->id % QUEUE_SIZE];
		struct bio *bio = slot->bio;

		if (WARN_ON(!bio))
			continue;
		bio->bi_status = slot->status == VIRTIO_BLK_S_OK       ? BLK_STS_OK
				 : slot->status == VIRTIO_BLK_S_UNSUPP ? BLK_STS_NOTSUPP
								       : BLK_STS_IOERR;
		slot->bio = NULL;
		free_chain(dev, (uint16_t)e->id);
		bio->bi_next = NULL;
		*end = bio;
		end = &bio->bi_next;
	}
	return first;
}

/* ---- from outside ---- */

static irqreturn_t blk_interrupt(int irq, void *data)
{
	struct block_device *dev = data;
	struct bio *bio;

	(void)irq;
	spin_lock(&dev->lock);
	bio = collect(dev);
	if (let_in(dev))
		ring_bell(dev);
	spin_unlock(&dev->lock);
	while (bio) {
		struct bio *next = bio->bi_next;

		bio->bi_next = NULL;
		bio_endio(bio);
		bio = next;
	}
	return IRQ_HANDLED;
}

/* Is this something that the device can be asked? */
static bool bio_makes_sense(const struct block_device *dev, const struct bio *bio)
{
	unsigned int op = bio_op(bio);
	sector_t nr = bio_sectors(bio);

	if (op > REQ_OP_DISCARD || bio->bi_vcnt > BIO_MAX_VECS || bio->bi_iter.bi_size % SECTOR_SIZE)
		return false;
	if (dev->read_only && (op == REQ_OP_WRITE || op == REQ_OP_DISCARD))
		return false;
	return nr <= dev->sectors && bio->bi_iter.bi_sector <= dev->sectors - nr;
}

/* In the deterministic mode a transfer ends where it begins, not when the device likes: its interrupt is waited for on the spot. */
static void settle(const struct block_device *dev)
{
	if (in_interrupt() || irqs_disabled())
		return;
	while (READ_ONCE(dev->seen) != READ_ONCE(dev->q->avail_idx) || READ_ONCE(dev->waiting))
		cpu_relax();
}

void submit_bio(struct bio *bio)
{
	struct block_device *dev = bio->bi_bdev;
	unsigned long flags;

	bio->bi_next = NULL;
	bio->bi_status = BLK_STS_OK;
	if (!bio_makes_sense(dev, bio)) {
		bio_io_error(bio);
		return;
	}
	/* The unlock is a point of the deterministic mode: nobody else may run before the device is done. */
	preempt_disable();
	spin_lock_irqsave(&dev->lock, flags);
	*dev->waiting_end = bio;
	dev->waiting_end = &bio->bi_next;
	if (let_in(dev))
		ring_bell(dev);
	spin_unlock_irqrestore(&dev->lock, flags);
	if (unlikely(sched_det))
		settle(dev);
	preempt_enable();
}
EXPORT_SYMBOL(submit_bio);

struct block_device *blkdev_nth(unsigned int n)
{
	return n < nr_devices ? &devices[n] : NULL;
}
EXPORT_SYMBOL(blkdev_nth);

bool bdev_is_swap(const struct block_device *bdev)
{
	return bdev->swap;
}
EXPORT_SYMBOL(bdev_is_swap);

bool bdev_is_scratch(const struct block_device *bdev)
{
	return bdev->scratch;
}
EXPORT_SYMBOL(bdev_is_scratch);

bool bdev_read_only(const struct block_device *bdev)
{
	return bdev->read_only;
}
EXPORT_SYMBOL(bdev_read_only);

sector_t bdev_nr_sectors(const struct block_device *bdev)
{
	return bdev->sectors;
}
EXPORT_SYMBOL(bdev_nr_sectors);

const char *bdev_name(const struct block_device *bdev)
{
	return bdev->name;
}
EXPORT_SYMBOL(bdev_name);

/* ---- boot ---- */

static void set_address(const struct block_device *dev, unsigned int low, const void *at)
{
	gpa_t gpa = __pa(at);

	dev_write32(dev->base + low, (uint32_t)gpa);
	dev_write32(dev->base + low + 4, (uint32_t)(gpa >> 32));
}

static int set_up_queue(struct block_device *dev)
{
	dev->q = alloc_pages_exact(sizeof(*dev->q), GFP_KERNEL | __GFP_ZERO);
	if (!dev->q)
		return -ENOMEM;
	for (unsigned int i = 0; i + 1 < QUEUE_SIZE; i++)
		dev->q->desc[i].next = (uint16_t)(i + 1);
	dev->ring = (struct mm_ring){.lock = &dev->lock, .desc = dev->q->desc, .kind = RING_VIRTQ, .size = QUEUE_SIZE};
	dev->ring.nr = QUEUE_SIZE;
	dev->waiting_end = &dev->waiting;
	dev_write32(dev->base + VIRTIO_MMIO_QUEUE_SEL, 0);
	if (dev_read32(dev->base + VIRTIO_MMIO_QUEUE_NUM_MAX) < QUEUE_SIZE)
		return -ENODEV;
	dev_write32(dev->base + VIRTIO_MMIO_QUEUE_NUM, QUEUE_SIZE);
	set_address(dev, VIRTIO_MMIO_QUEUE_DESC_LOW, dev->q->desc);
	set_address(dev, VIRTIO_MMIO_QUEUE_DRIVER_LOW, &dev->q->avail_flags);
	set_address(dev, VIRTIO_MMIO_QUEUE_DEVICE_LOW, &dev->q->used_flags);
	dev_write32(dev->base + VIRTIO_MMIO_QUEUE_READY, 1);
	return dev_read32(dev->base + VIRTIO_MMIO_QUEUE_READY) ? 0 : -EIO;
}

static uint64_t read_features(const struct block_device *dev)
{
	uint64_t features = 0;

	for (unsigned int i = 0; i < 2; i++) {
		dev_write32(dev->base + VIRTIO_MMIO_DEVICE_FEATURES_SEL, i);
		features |= (uint64_t)dev_read32(dev->base + VIRTIO_MMIO_DEVICE_FEATURES) << (i * 32);
	}
	return features;
}

/* Everything that is offered and known here; the order of steps is that of section 3.1.1. */
static int agree(struct block_device *dev)
{
	const uint64_t known = 1UL << VIRTIO_F_VERSION_1 | 1UL << VIRTIO_BLK_F_SEG_MAX | 1UL << VIRTIO_BLK_F_RO |
			       1UL << VIRTIO_BLK_F_BLK_SIZE | 1UL << VIRTIO_BLK_F_FLUSH | 1UL << VIRTIO_BLK_F_DISCARD;
	uint32_t status = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER;
	uint64_t features;

	if (dev_read32(dev->base + VIRTIO_MMIO_MAGIC_VALUE) != VIRTIO_MMIO_MAGIC ||
	    dev_read32(dev->base + VIRTIO_MMIO_VERSION) != 2 ||
	    dev_read32(dev->base + VIRTIO_MMIO_DEVICE_ID) != VIRTIO_ID_BLOCK)
		return -ENODEV;
	dev_write32(dev->base + VIRTIO_MMIO_STATUS, 0);
	dev_write32(dev->base + VIRTIO_MMIO_STATUS, status);
	features = read_features(dev) & known;
	for (unsigned int i = 0; i < 2; i++) {
		dev_write32(dev->base + VIRTIO_MMIO_DRIVER_FEATURES_SEL, i);
		dev_write32(dev->base + VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(features >> (i * 32)));
	}
	dev_write32(dev->base + VIRTIO_MMIO_STATUS, status | VIRTIO_STATUS_FEATURES_OK);
	if (!(dev_read32(dev->base + VIRTIO_MMIO_STATUS) & VIRTIO_STATUS_FEATURES_OK))
		return -ENODEV;
	dev->read_only = features & 1UL << VIRTIO_BLK_F_RO;
	dev->sectors = dev_read32(dev->base + VIRTIO_MMIO_CONFIG) |
		       (sector_t)dev_read32(dev->base + VIRTIO_MMIO_CONFIG + 4) << 32;
	return 0;
}

static int attach_interrupt(struct block_device *dev)
{
	struct msi_msg msg;
	int err, irq = msi_alloc_irq(0, &msg);

	if (irq < 0)
		return irq;
	err = request_irq((unsigned int)irq, blk_interrupt, 0, dev->name, dev);
	if (err) {
		msi_free_irq(irq);
		return err;
	}
	dev_write32(dev->base + VIRTIO_MMV_MSI_ADDR_LOW, (uint32_t)msg.address);
	dev_write32(dev->base + VIRTIO_MMV_MSI_ADDR_HIGH, (uint32_t)(msg.address >> 32));
	dev_write32(dev->base + VIRTIO_MMV_MSI_DATA, (uint32_t)msg.data);
	return 0;
}

static int set_up(struct block_device *dev)
{
	int err = agree(dev);

	if (!err)
		err = attach_interrupt(dev);
	if (!err)
		err = set_up_queue(dev);
	if (!err)
		dev_write32(dev->base + VIRTIO_MMIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER |
								    VIRTIO_STATUS_FEATURES_OK |
								    VIRTIO_STATUS_DRIVER_OK);
	else
		dev_write32(dev->base + VIRTIO_MMIO_STATUS, VIRTIO_STATUS_FAILED);
	return err;
}

void virtio_blk_init(void)
{
	if (boot_info.nr_disks)
		bio_init_reserve();
	for (unsigned int i = 0; i < boot_info.nr_disks; i++) {
		struct block_device *dev = &devices[nr_devices];
		int err;

		spin_lock_init(&dev->lock);
		dev->base = boot_info.disks[i].base;
		dev->swap = boot_info.disks[i].swap;
		dev->scratch = boot_info.disks[i].scratch;
		snprintf(dev->name, sizeof(dev->name), "vd%c", 'a' + i);
		err = set_up(dev);
		if (err)
			panic("%s: the block device does not come up: error %d", dev->name, err);
		ring_add(&dev->ring, dev->name);
		nr_devices++;
	}
}
