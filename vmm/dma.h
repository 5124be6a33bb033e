/* SPDX-License-Identifier: MIT */
/*
 * dma.h - the DMA engine: reaches only so many address bits, and touches nothing when a request is wrong.
 *
 * A thread per engine takes descriptors from the guest's ring, copies each once, checks the copy, performs it, writes the
 * result back and raises the MSI. Registers are written by vCPU threads under @lock. The thread is inside the VM's gate
 * while it works on a descriptor, so a paused guest's memory stands still.
 */
#ifndef MMV_VMM_DMA_H
#define MMV_VMM_DMA_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "shared/devices.h"
#include "vmm/dma_storm.h"
#include "vmm/ram.h"

struct vm;

struct dma {
	struct vm *vm;
	unsigned int index;
	unsigned int bits;
	int bell; /* eventfd: doorbell, and the call to stop */
	int irq;  /* eventfd: MSI, by irqfd */
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	/* under lock */
	gpa_t ring, head_gpa;
	uint64_t ring_size;
	uint32_t head;
	uint64_t msi_addr;
	uint32_t msi_data;
	bool bell_bound, complained;
	_Atomic(uint32_t) tail;
	struct dma_storms storms; /* under its own lock */
};

/**
 * dma_check - may this request be performed?
 * Return: DMA_OK, or which part is wrong. Looks at @desc only: pass a private copy.
 */
enum dma_status dma_check(const struct ram *ram, const struct dma_desc *desc, unsigned int bits);

/** dma_reachable - is [gpa, gpa + len) RAM below 1 << @bits? */
bool dma_reachable(const struct ram *ram, gpa_t gpa, uint64_t len, unsigned int bits);

/** dma_perform - do what dma_check() allowed. Return: the sum for DMA_SUM, else 0. */
uint64_t dma_perform(const struct ram *ram, const struct dma_desc *desc);

/** dma_init - 0 or -errno; dma_deinit() is due in either case. */
int dma_init(struct dma *d, struct vm *vm, unsigned int index, unsigned int bits);
int dma_start(struct dma *d);
/** dma_join - the VM's gate is stopped: wait for the thread. */
void dma_join(struct dma *d);
void dma_deinit(struct dma *d);

void dma_reg_write(struct dma *d, unsigned int reg, uint64_t value);
uint64_t dma_reg_read(struct dma *d, unsigned int reg);

#endif
