/* SPDX-License-Identifier: MIT */
/*
 * dma.h - the DMA engine: reaches only so many address bits, and touches nothing when a request is wrong.
 *
 * A thread per engine takes descriptors from the guest's rings, one step of one queue after the other: a step copies and
 * checks a descriptor, or moves DMA_STEP bytes, or writes back what came of it. It is inside the VM's gate and under
 * @lock meanwhile; so a paused guest's memory stands still, and once a register write has reset the engine it touches nothing.
 * Registers are written by vCPU threads (inside the gate) under @lock. Lock order: gate, dma.lock, storms.lock, vm.irq_lock.
 */
#ifndef MMV_VMM_DMA_H
#define MMV_VMM_DMA_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "shared/devices.h"
#include "vmm/dma_job.h"
#include "vmm/dma_storm.h"
#include "vmm/ram.h"

struct json_object;
struct vm;

/* Bytes moved between two looks at who waits for the engine: a tenth of a millisecond or so. */
#define DMA_STEP (256UL << 10)

/** struct dma_queue - under the engine's lock. @at: where the descriptor of @job came from */
struct dma_queue {
	gpa_t ring, head_gpa;
	uint64_t ring_size;
	uint32_t head, tail;
	uint64_t msi_addr;
	uint64_t error, error_addr; /* as DMA_QUEUE_ERROR, DMA_QUEUE_ERROR_ADDR */
	bool bell_bound, busy;
	int irq; /* eventfd: MSI, by irqfd; -1 before it is armed */
	gpa_t at;
	struct dma_job job;
};

/** struct dma_stats - what happened since the engine was made; under its lock. */
struct dma_stats {
	uint64_t done[NR_DMA_OPS]; /* carried out, by command */
	uint64_t bytes;
	uint64_t refused;         /* descriptors */
	uint64_t stopped;         /* queues, for a bad ring or head */
	uint64_t why[NR_DMA_WHY]; /* of both */
	uint64_t irqs, resets;
	/* the last error: of which queue, what, where */
	unsigned int last_queue;
	uint64_t last, last_addr;
	uint32_t last_op;
};

struct dma {
	struct vm *vm;
	unsigned int index;
	unsigned int bits;
	int bell; /* eventfd: doorbell of all queues, and the call to stop */
	pthread_t thread;
	bool started;
	_Atomic(unsigned int) waiting; /* vCPUs that want the lock: they go first */
	pthread_mutex_t lock;
	/* under lock */
	bool complained;
	struct dma_queue queues[DMA_QUEUES];
	struct dma_stats stats;
	struct dma_storms storms; /* under its own lock */
};

/** dma_init - 0 or -errno; dma_deinit() is due in either case. */
int dma_init(struct dma *d, struct vm *vm, unsigned int index, unsigned int bits);
int dma_start(struct dma *d);
/** dma_join - the VM's gate is stopped: wait for the threads. */
void dma_join(struct dma *d);
void dma_deinit(struct dma *d);

void dma_reg_write(struct dma *d, unsigned int reg, uint64_t value);
uint64_t dma_reg_read(struct dma *d, unsigned int reg);

/** dma_service - one step for each queue that has something to do. Return: whether any had. Context: inside the gate. */
bool dma_service(struct dma *d);

/** dma_json - what every engine did, as one object. The threads must have ended. */
struct json_object *dma_json(struct vm *vm);
/** dma_print - a line for each engine that refused something. The threads must have ended. */
void dma_print(struct vm *vm);

#endif
