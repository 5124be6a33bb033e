// SPDX-License-Identifier: MIT
/*
 * virtqueue.c - taking requests from a guest's queue, and giving them back: see virtqueue.h.
 */
#include <stdatomic.h>
#include <stddef.h>

#include "vmm/virtqueue.h"

static uint64_t avail_bytes(uint16_t size)
{
	return offsetof(struct virtq_avail, ring) + size * sizeof(uint16_t);
}

static uint64_t used_bytes(uint16_t size)
{
	return offsetof(struct virtq_used, ring) + size * sizeof(struct virtq_used_elem);
}

bool vq_usable(const struct ram *ram, const struct virtqueue *vq, const char **why)
{
	if (!vq->size || vq->size > VIRTQ_MAX || (vq->size & (vq->size - 1)))
		*why = "the queue's size is no power of two up to 256";
	else if (vq->desc % 16 || !ram_range_ok(ram, vq->desc, vq->size * sizeof(struct virtq_desc)))
		*why = "the descriptor table is not in RAM, or not aligned to 16 bytes";
	else if (vq->avail % 2 || !ram_range_ok(ram, vq->avail, avail_bytes(vq->size)))
		*why = "the available ring is not in RAM, or not aligned to 2 bytes";
	else if (vq->used % 4 || !ram_range_ok(ram, vq->used, used_bytes(vq->size)))
		*why = "the used ring is not in RAM, or not aligned to 4 bytes";
	else
		return true;
	return false;
}

/* vq_usable() has said that the whole queue is RAM, and RAM stays: these cannot fail. */
static uint16_t read16(const struct ram *ram, gpa_t gpa)
{
	uint16_t value = 0;

	ram_read(ram, gpa, &value, sizeof(value));
	return value;
}

static int walk(const struct ram *ram, const struct virtqueue *vq, struct vq_chain *chain, const char **why)
{
	uint16_t at = chain->head;
	struct virtq_desc d;

	for (chain->nr = 0; chain->nr < vq->size; chain->nr++) {
		if (at >= vq->size) {
			*why = "a descriptor number is beyond the queue";
			return -1;
		}
		ram_read(ram, vq->desc + at * sizeof(d), &d, sizeof(d));
		if (d.flags & VIRTQ_DESC_F_INDIRECT) {
			*why = "an indirect descriptor, which was not offered";
			return -1;
		}
		chain->buf[chain->nr] = (struct vq_buf){d.addr, d.len, d.flags & VIRTQ_DESC_F_WRITE};
		if (!(d.flags & VIRTQ_DESC_F_NEXT)) {
			chain->nr++;
			return 1;
		}
		at = d.next;
	}
	*why = "a chain is longer than the queue";
	return -1;
}

int vq_pop(const struct ram *ram, struct virtqueue *vq, struct vq_chain *chain, const char **why)
{
	uint16_t idx = read16(ram, vq->avail + offsetof(struct virtq_avail, idx));
	uint16_t slot = vq->last_avail & (vq->size - 1);
	int got;

	if (idx == vq->last_avail)
		return 0;
	/* What the index covers must be read after it. */
	atomic_thread_fence(memory_order_acquire);
	if ((uint16_t)(idx - vq->last_avail) > vq->size) {
		*why = "the available index is further ahead than the queue is long";
		return -1;
	}
	chain->head = read16(ram, vq->avail + offsetof(struct virtq_avail, ring) + slot * sizeof(uint16_t));
	got = walk(ram, vq, chain, why);
	if (got > 0)
		vq->last_avail++;
	return got;
}

void vq_push(const struct ram *ram, struct virtqueue *vq, const struct vq_chain *chain, uint32_t len)
{
	struct virtq_used_elem e = {.id = chain->head, .len = len};
	uint16_t slot = vq->used_idx & (vq->size - 1);

	ram_write(ram, vq->used + offsetof(struct virtq_used, ring) + slot * sizeof(e), &e, sizeof(e));
	vq->used_idx++;
	/* The driver must find the element once it sees the index. */
	atomic_thread_fence(memory_order_release);
	ram_write(ram, vq->used + offsetof(struct virtq_used, idx), &vq->used_idx, sizeof(vq->used_idx));
	/* And the look at its wish for interrupts must come after that. */
	atomic_thread_fence(memory_order_seq_cst);
}

bool vq_wants_interrupt(const struct ram *ram, const struct virtqueue *vq)
{
	return !(read16(ram, vq->avail) & VIRTQ_AVAIL_F_NO_INTERRUPT);
}
