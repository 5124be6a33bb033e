/* SPDX-License-Identifier: MIT */
/*
 * virtqueue.h - the device's side of a split virtqueue (VIRTIO 1.1, section 2.6).
 *
 * The guest owns the memory and may change it at any time: descriptors are copied once, the copy is checked, and what is
 * used later is the copy. A chain is never longer than the queue, so a loop ends. No KVM, no threads: tests link it by
 * itself.
 */
#ifndef MMV_VMM_VIRTQUEUE_H
#define MMV_VMM_VIRTQUEUE_H

#include "shared/virtio.h"
#include "vmm/ram.h"

/** struct virtqueue - @size: 0 or a power of two up to VIRTQ_MAX. @last_avail: free running, what was taken. */
struct virtqueue {
	gpa_t desc, avail, used;
	uint16_t size;
	uint16_t last_avail;
	uint16_t used_idx;
};

/** struct vq_buf - @writes: the device writes there; else it reads. */
struct vq_buf {
	gpa_t addr;
	uint32_t len;
	bool writes;
};

/** struct vq_chain - one request: its first descriptor's number, and all its buffers in order. */
struct vq_chain {
	uint16_t head;
	uint16_t nr;
	struct vq_buf buf[VIRTQ_MAX];
};

/**
 * vq_usable - do the three parts of the queue lie in RAM, aligned as they must be? Else, *@why says what is wrong.
 */
bool vq_usable(const struct ram *ram, const struct virtqueue *vq, const char **why);

/**
 * vq_pop - take the next request
 * Return: 1: @chain holds it; 0: there is none; -1: the guest has broken the rules of the queue, *@why says which: nothing
 *         more can be taken before a reset.
 */
int vq_pop(const struct ram *ram, struct virtqueue *vq, struct vq_chain *chain, const char **why);

/** vq_push - give it back: the device has written @len bytes. */
void vq_push(const struct ram *ram, struct virtqueue *vq, const struct vq_chain *chain, uint32_t len);

/** vq_wants_interrupt - has the driver not asked to be left alone? */
bool vq_wants_interrupt(const struct ram *ram, const struct virtqueue *vq);

#endif
