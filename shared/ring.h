/* SPDX-License-Identifier: MIT */
/*
 * ring.h - rings of descriptors that devices take requests from, as the guest keeps them and the inspector reads them.
 *
 * Drivers hang theirs on mm_root.rings, under mm_root.ring_lock, for as long as a device looks at it.
 */
#ifndef MMV_SHARED_RING_H
#define MMV_SHARED_RING_H

#include "shared/types.h"

enum mm_ring_kind {
	RING_VIRTQ = 1, /* struct virtq_desc (virtio.h) */
	RING_ENGINE,    /* struct dma_desc (dma_regs.h) */
};

/**
 * struct mm_ring - one ring
 * @lock: what the rest is under, except @node
 * @first: RING_VIRTQ: the first free descriptor, others follow by ->next; RING_ENGINE: the oldest that is not finished
 * @nr:    RING_VIRTQ: free descriptors; RING_ENGINE: those not finished, of which the last is (first + nr - 1) % size
 */
struct mm_ring {
	struct list_head node;
	char name[16];             /* (c) */
	GPTR(struct mm_lock) lock; /* (c) */
	GPTR(void) desc;           /* (c) @size of them */
	uint32_t kind, size;       /* (c) */
	uint32_t first, nr;
};
MMV_SIZE(struct mm_ring, 64);

#endif
