/* SPDX-License-Identifier: MIT */
/*
 * virtio_blk.h - a block device: its registers (virtio-mmio), and the thread that serves its one queue.
 *
 * Registers are written by vCPU threads, requests are served by the device's own thread, both under @lock, one request at a time:
 * so a reset waits for the request in flight and none begins after it. The thread is inside the VM's gate while it works.
 */
#ifndef MMV_VMM_VIRTIO_BLK_H
#define MMV_VMM_VIRTIO_BLK_H

#include <pthread.h>
#include <stdbool.h>

#include "vmm/blk_request.h"

struct vm;

/**
 * struct virtio_blk - @bell: eventfd: doorbell, and the call to stop; @irq: eventfd: MSI, by irqfd
 * @irq_due: KVM has not been told yet where the MSI goes; with @bell_bound what a disk costs only once it is used
 * @broken: the driver broke the queue's rules; only a reset helps
 */
struct virtio_blk {
	struct vm *vm;
	unsigned int index;
	int bell, irq;
	pthread_t thread;
	bool started;
	struct disk disk;
	pthread_mutex_t lock;
	/* under lock */
	struct virtqueue vq;
	bool queue_ready, broken, complained, bell_bound, irq_due;
	uint32_t status, features_sel, driver_features_sel, queue_sel, interrupt_status;
	uint32_t msi_data;
	uint64_t driver_features, msi_addr;
};

/** virtio_blk_init - 0 or -errno, from the disk behind it or from here; virtio_blk_deinit() is due in either case. */
int virtio_blk_init(struct virtio_blk *b, struct vm *vm, unsigned int index, const struct disk_spec *spec);
int virtio_blk_start(struct virtio_blk *b);
/** virtio_blk_join - the VM's gate is stopped: wait for the thread. */
void virtio_blk_join(struct virtio_blk *b);
void virtio_blk_deinit(struct virtio_blk *b);

/** virtio_blk_access - a guest's access to the device's page: @len bytes at @reg. Anything but what the layout allows reads 0. */
void virtio_blk_access(struct virtio_blk *b, unsigned int reg, uint8_t *data, unsigned int len, bool write);

#endif
