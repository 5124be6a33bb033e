// SPDX-License-Identifier: MIT
/*
 * virtio_blk.c - registers and thread of a block device: see virtio_blk.h.
 *
 * The states of a device are the bits of its status register (VIRTIO 1.1, section 2.1): requests are served from DRIVER_OK to the
 * next reset, unless the queue turns out to be broken; then NEEDS_RESET is set and the user is told once.
 */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vmm/irq.h"
#include "vmm/vm.h"

#define BIT64(n) (1UL << (n))

static uint64_t offered(const struct virtio_blk *b)
{
	return BIT64(VIRTIO_F_VERSION_1) | BIT64(VIRTIO_BLK_F_SEG_MAX) | BIT64(VIRTIO_BLK_F_BLK_SIZE) |
	       BIT64(VIRTIO_BLK_F_FLUSH) |
	       (b->disk.spec.read_only ? BIT64(VIRTIO_BLK_F_RO) : BIT64(VIRTIO_BLK_F_DISCARD));
}

int virtio_blk_init(struct virtio_blk *b, struct vm *vm, unsigned int index, const struct disk_spec *spec)
{
	b->vm = vm;
	b->index = index;
	b->irq = -1;
	pthread_mutex_init(&b->lock, NULL);
	b->disk.fd = -1;
	b->bell = eventfd(0, EFD_CLOEXEC);
	if (b->bell < 0)
		return -errno;
	b->irq = eventfd(0, EFD_CLOEXEC);
	if (b->irq < 0)
		return -errno;
	return disk_open(&b->disk, spec);
}

void virtio_blk_deinit(struct virtio_blk *b)
{
	if (b->bell >= 0)
		close(b->bell);
	if (b->irq >= 0)
		close(b->irq);
	disk_close(&b->disk);
	pthread_mutex_destroy(&b->lock);
}

static void ring(int fd)
{
	uint64_t one = 1;

	/* Fails only if the counter is full, and then it is being rung already. */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

/* Once per device: a guest must not be able to flood the user's terminal. Needs: lock. */
static void complain(struct virtio_blk *b, const char *why)
{
	if (!b->complained)
		run_error("disk%u: %s: requests are ignored until the guest's driver resets it", b->index, why);
	b->complained = true;
}

/* Needs: lock. */
static void raise_irq(struct virtio_blk *b)
{
	if (b->irq_due && irq_route(b->vm, IRQ_BLK_LINE(b->index), b->irq, b->msi_addr, b->msi_data))
		complain(b, "KVM refuses the MSI address that the guest's driver set");
	b->irq_due = false;
	ring(b->irq);
}

static void broken(struct virtio_blk *b, const char *why)
{
	complain(b, why);
	b->broken = true;
	b->status |= VIRTIO_STATUS_NEEDS_RESET;
	b->interrupt_status |= VIRTIO_INT_CONFIG;
	raise_irq(b);
}

/* ---- the queue ---- */

/* Serve one request. Return: false if there was none. Needs: inside the gate. */
static bool serve(struct virtio_blk *b)
{
	const struct ram *ram = &b->vm->ram;
	struct vq_chain chain;
	const char *why = "";
	uint32_t written;
	int got = 0;

	pthread_mutex_lock(&b->lock);
	if ((b->status & VIRTIO_STATUS_DRIVER_OK) && b->queue_ready && !b->broken)
		got = vq_pop(ram, &b->vq, &chain, &why);
	if (got > 0 && !blk_request(ram, &b->disk, &chain, &written)) {
		got = -1;
		why = "a request has no place for its status";
	}
	if (got < 0) {
		broken(b, why);
	} else if (got > 0) {
		vq_push(ram, &b->vq, &chain, written);
		b->interrupt_status |= VIRTIO_INT_USED;
		if (vq_wants_interrupt(ram, &b->vq))
			raise_irq(b);
	}
	pthread_mutex_unlock(&b->lock);
	return got > 0;
}

static void *blk_thread(void *arg)
{
	struct virtio_blk *b = arg;
	uint64_t rung;
	bool more;

	pthread_setname_np(pthread_self(), "disk");
	for (;;) {
		if (read(b->bell, &rung, sizeof(rung)) < 0 && errno != EINTR)
			break;
		do {
			if (!gate_enter(&b->vm->gate))
				return NULL;
			more = serve(b);
			gate_leave(&b->vm->gate);
		} while (more);
	}
	return NULL;
}

int virtio_blk_start(struct virtio_blk *b)
{
	int err = pthread_create(&b->thread, NULL, blk_thread, b);

	b->started = !err;
	return -err;
}

void virtio_blk_join(struct virtio_blk *b)
{
	if (!b->started)
		return;
	ring(b->bell);
	pthread_join(b->thread, NULL);
	b->started = false;
}

/* ---- registers; all of these need the lock ---- */

static void reset(struct virtio_blk *b)
{
	b->vq = (struct virtqueue){0};
	b->queue_ready = b->broken = false;
	b->status = b->features_sel = b->driver_features_sel = b->queue_sel = b->interrupt_status = 0;
	b->driver_features = 0;
}

static void set_status(struct virtio_blk *b, uint32_t value)
{
	if (!value) {
		reset(b);
		return;
	}
	/* Features that were not offered, or the old ring layout: the driver reads the bit back and finds it clear. */
	if ((value & VIRTIO_STATUS_FEATURES_OK) &&
	    ((b->driver_features & ~offered(b)) || !(b->driver_features & BIT64(VIRTIO_F_VERSION_1))))
		value &= ~(uint32_t)VIRTIO_STATUS_FEATURES_OK;
	b->status |= value;
	if (value & VIRTIO_STATUS_DRIVER_OK)
		ring(b->bell);
}

static void set_ready(struct virtio_blk *b, uint32_t value)
{
	const char *why = "";

	b->queue_ready = false;
	if (!value)
		return;
	if (!vq_usable(&b->vm->ram, &b->vq, &why)) {
		complain(b, why);
		return;
	}
	b->vq.last_avail = b->vq.used_idx = 0;
	b->queue_ready = true;
}

static void half(uint64_t *whole, bool high, uint32_t value)
{
	unsigned int shift = high ? 32 : 0;

	*whole = (*whole & ~(0xffffffffUL << shift)) | (uint64_t)value << shift;
}

/* Turn the doorbell into an ioeventfd, once it has been rung: until then, and without it, the register works by exits. */
static void bind_bell(struct virtio_blk *b)
{
	struct kvm_ioeventfd io = {.addr = BLK_GPA(b->index) + VIRTIO_MMIO_QUEUE_NOTIFY, .len = 4, .fd = b->bell};

	if (!b->bell_bound)
		b->bell_bound = !ioctl(b->vm->fd, KVM_IOEVENTFD, &io);
}

/* The queue's own registers: there is one queue, writes for others are ignored; a queue in use keeps its place. */
static bool queue_write(struct virtio_blk *b, unsigned int reg, uint32_t value)
{
	struct virtqueue *vq = &b->vq;
	bool fixed = b->queue_sel || b->queue_ready;

	switch (reg) {
	case VIRTIO_MMIO_QUEUE_NUM:
		if (!fixed)
			vq->size = value <= VIRTQ_MAX ? (uint16_t)value : 0;
		return true;
	case VIRTIO_MMIO_QUEUE_READY:
		if (!b->queue_sel)
			set_ready(b, value);
		return true;
	case VIRTIO_MMIO_QUEUE_DESC_LOW:
	case VIRTIO_MMIO_QUEUE_DESC_HIGH:
		if (!fixed)
			half(&vq->desc, reg == VIRTIO_MMIO_QUEUE_DESC_HIGH, value);
		return true;
	case VIRTIO_MMIO_QUEUE_DRIVER_LOW:
	case VIRTIO_MMIO_QUEUE_DRIVER_HIGH:
		if (!fixed)
			half(&vq->avail, reg == VIRTIO_MMIO_QUEUE_DRIVER_HIGH, value);
		return true;
	case VIRTIO_MMIO_QUEUE_DEVICE_LOW:
	case VIRTIO_MMIO_QUEUE_DEVICE_HIGH:
		if (!fixed)
			half(&vq->used, reg == VIRTIO_MMIO_QUEUE_DEVICE_HIGH, value);
		return true;
	}
	return false;
}

static void reg_write(struct virtio_blk *b, unsigned int reg, uint32_t value)
{
	if (queue_write(b, reg, value))
		return;
	switch (reg) {
	case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
		b->features_sel = value;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
		b->driver_features_sel = value;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES:
		if (b->driver_features_sel < 2 && !(b->status & VIRTIO_STATUS_FEATURES_OK))
			half(&b->driver_features, b->driver_features_sel, value);
		break;
	case VIRTIO_MMIO_QUEUE_SEL:
		b->queue_sel = value;
		break;
	case VIRTIO_MMIO_QUEUE_NOTIFY:
		ring(b->bell);
		bind_bell(b);
		break;
	case VIRTIO_MMIO_INTERRUPT_ACK:
		b->interrupt_status &= ~value;
		break;
	case VIRTIO_MMIO_STATUS:
		set_status(b, value);
		break;
	case VIRTIO_MMV_MSI_ADDR_LOW:
	case VIRTIO_MMV_MSI_ADDR_HIGH:
		half(&b->msi_addr, reg == VIRTIO_MMV_MSI_ADDR_HIGH, value);
		break;
	case VIRTIO_MMV_MSI_DATA:
		irq_note(b->vm, IRQ_BLK_LINE(b->index), b->msi_addr, value);
		b->msi_data = value;
		b->irq_due = true;
		break;
	}
}

static uint32_t reg_read(const struct virtio_blk *b, unsigned int reg)
{
	switch (reg) {
	case VIRTIO_MMIO_MAGIC_VALUE:
		return VIRTIO_MMIO_MAGIC;
	case VIRTIO_MMIO_VERSION:
		return 2;
	case VIRTIO_MMIO_DEVICE_ID:
		return VIRTIO_ID_BLOCK;
	case VIRTIO_MMIO_VENDOR_ID:
		return VIRTIO_MMIO_VENDOR;
	case VIRTIO_MMIO_DEVICE_FEATURES:
		return b->features_sel < 2 ? (uint32_t)(offered(b) >> (b->features_sel * 32)) : 0;
	case VIRTIO_MMIO_QUEUE_NUM_MAX:
		return b->queue_sel ? 0 : VIRTQ_MAX;
	case VIRTIO_MMIO_QUEUE_READY:
		return !b->queue_sel && b->queue_ready;
	case VIRTIO_MMIO_INTERRUPT_STATUS:
		return b->interrupt_status;
	case VIRTIO_MMIO_STATUS:
		return b->status;
	}
	return 0;
}

static void config_read(const struct virtio_blk *b, unsigned int at, uint8_t *data, unsigned int len)
{
	struct virtio_blk_config config = {
		.capacity = b->disk.sectors,
		.seg_max = BLK_SEG_MAX,
		.blk_size = BLK_SECTOR_SIZE,
		.num_queues = 1,
		.max_discard_sectors = BLK_DISCARD_MAX_SECTORS,
		.max_discard_seg = 1,
		.discard_sector_alignment = 1,
	};

	if (at < sizeof(config) && len <= sizeof(config) - at)
		memcpy(data, (const uint8_t *)&config + at, len);
}

void virtio_blk_access(struct virtio_blk *b, unsigned int reg, uint8_t *data, unsigned int len, bool write)
{
	bool config = reg >= VIRTIO_MMIO_CONFIG && reg < VIRTIO_MMV_MSI_ADDR_LOW;
	uint32_t value = 0;

	if (!write)
		memset(data, 0, len);
	if (!config && (len != sizeof(value) || reg % sizeof(value)))
		return;
	pthread_mutex_lock(&b->lock);
	if (config && !write) {
		config_read(b, reg - VIRTIO_MMIO_CONFIG, data, len);
	} else if (!config && write) {
		memcpy(&value, data, sizeof(value));
		reg_write(b, reg, value);
	} else if (!config) {
		value = reg_read(b, reg);
		memcpy(data, &value, sizeof(value));
	}
	pthread_mutex_unlock(&b->lock);
}
