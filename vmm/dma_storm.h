/* SPDX-License-Identifier: MIT */
/*
 * dma_storm.h - an engine's storm channels: interrupts at a rate, from a thread of their own.
 *
 * The thread is made when the first rate is set. It touches no guest memory, so a pause need not wait for it; while the
 * guest is paused it raises nothing.
 */
#ifndef MMV_VMM_DMA_STORM_H
#define MMV_VMM_DMA_STORM_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "shared/devices.h"

struct vm;

/** struct dma_storm - one channel; under the storms' lock but for @acked. @next, @sent_at: ns, vm_now() */
struct dma_storm {
	int irq; /* eventfd, -1 before it is armed */
	uint64_t msi_addr;
	uint64_t period, next, sent_at;
	uint64_t sent, missed;
	bool waiting, late;
	atomic_bool acked;
};

struct dma_storms {
	struct vm *vm;
	unsigned int first_line;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	bool started, stop, complained;
	struct dma_storm ch[DMA_NR_STORMS];
};

void dma_storms_init(struct dma_storms *s, struct vm *vm, unsigned int first_line);
/** dma_storms_join - end the thread, for good. */
void dma_storms_join(struct dma_storms *s);
void dma_storms_deinit(struct dma_storms *s);
/** dma_storms_reset - every channel silent and disarmed, as after power-on. */
void dma_storms_reset(struct dma_storms *s);

/** dma_storm_write, dma_storm_read - a register of the storm block, @reg >= DMA_STORM(0). */
void dma_storm_write(struct dma_storms *s, unsigned int reg, uint64_t value);
uint64_t dma_storm_read(struct dma_storms *s, unsigned int reg);
/** dma_storms_sent - interrupts that all channels together have raised. */
uint64_t dma_storms_sent(struct dma_storms *s);

#endif
