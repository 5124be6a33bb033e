/* SPDX-License-Identifier: MIT */
/*
 * blk_request.h - what one virtio-blk request asks for, and doing it (VIRTIO 1.1, section 5.2.6).
 *
 * Nothing of a request is believed: sectors are checked against the disk, every buffer against RAM, before the first byte moves.
 * No KVM, no threads: tests and the fuzzer link it by itself.
 */
#ifndef MMV_VMM_BLK_REQUEST_H
#define MMV_VMM_BLK_REQUEST_H

#include "vmm/disk.h"
#include "vmm/virtqueue.h"

/** What the configuration space promises, and requests are held to. */
#define BLK_SEG_MAX (VIRTQ_MAX - 2)
#define BLK_DISCARD_MAX_SECTORS (1U << 22)

/**
 * blk_request - perform the request in @chain
 * @written: receives how many bytes of the guest were written, the status byte included
 * Return: false if there is no place for the status: the request cannot be answered, the queue is broken.
 */
bool blk_request(const struct ram *ram, struct disk *disk, const struct vq_chain *chain, uint32_t *written);

#endif
