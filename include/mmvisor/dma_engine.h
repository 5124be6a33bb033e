/* SPDX-License-Identifier: MIT */
/*
 * mmvisor/dma_engine.h - the machine's DMA engines: devices that reach only so many bits of address.
 *
 * Addresses here are the engine's: guest-physical ones, as dma_map_single() and dma_alloc_coherent() give them for
 * dma_engine_device(). An engine refuses a request that names memory which it cannot reach, or where no RAM is, and then
 * touches nothing. Requests of one channel are carried out one at a time, in the order of submission.
 */
#ifndef MMVISOR_DMA_ENGINE_H
#define MMVISOR_DMA_ENGINE_H

#include <stdint.h>

#include "shared/devices.h"
#include "shared/dma.h"

/** struct dma_request - @result to @status: filled in when it is finished. See struct dma_desc. */
struct dma_request {
	enum dma_op op;
	unsigned int flags; /* DMA_F_SRC_SG, DMA_F_DST_SG */
	uint64_t src, dst, len;
	uint16_t src_nr, dst_nr;
	uint64_t result, bad_addr;
	enum dma_why why;
	enum dma_status status;
};

/** dma_engine_count - how many engines this machine has. */
unsigned int dma_engine_count(void);

/** dma_engine_device - engine @n as the DMA API wants it, masks set; NULL without such an engine. */
struct device *dma_engine_device(unsigned int n);

/** dma_engine_bits - address bits of engine @n. */
unsigned int dma_engine_bits(unsigned int n);

/** dma_engine_irqs - completion interrupts that engine @n has raised so far. */
unsigned long dma_engine_irqs(unsigned int n);

/**
 * dma_engine_run - carry out @nr requests on engine @n and sleep until the last one is finished
 *
 * The completion arrives by MSI; each request has its own @status.
 * Context: task context, may sleep.
 * Return: 0 when all were carried out or refused; -ENODEV without such an engine; -EINVAL if @nr is 0 or larger than
 * DMA_ENGINE_BATCH; -ENOMEM; -EIO if the queue stopped; -ETIMEDOUT if the engine does not answer.
 */
int dma_engine_run(unsigned int n, struct dma_request *req, unsigned int nr);

#define DMA_ENGINE_BATCH 32

/* ---- channels: an engine's queues, one user each, asynchronous ---- */

struct dma_channel;

/**
 * dma_channel_fn - a descriptor is finished: in hard-IRQ context, in the order of submission
 * @desc: a copy with the "out" part filled in; NULL: the queue itself has stopped, nothing more will be finished
 */
typedef void (*dma_channel_fn)(void *arg, const struct dma_desc *desc);

/**
 * dma_channel_open - take a queue of engine @n
 * @cpu:  where its interrupts arrive
 * @size: descriptors in its ring, a power of two, 2..DMA_RING_MAX
 *
 * Queue 0 is dma_engine_run()'s, the others are for whoever asks first.
 * Context: task context, may sleep.
 * Return: the channel or ERR_PTR: -ENODEV, -EINVAL, -EBUSY if no queue is left, -ENOMEM if no memory is within its reach.
 */
struct dma_channel *dma_channel_open(unsigned int n, unsigned int cpu, unsigned int size, dma_channel_fn fn, void *arg);

/**
 * dma_channel_submit - one more request; with DMA_F_IRQ in its flags, @fn is called soon after it is finished
 * Context: any.
 * Return: 0, or -ENOSPC while the ring is full.
 */
int dma_channel_submit(struct dma_channel *ch, const struct dma_desc *desc);

/**
 * dma_channel_close - reset the queue, whatever it is doing, and give it back
 *
 * When it returns, @fn is not running, will not be called again, and the engine touches nothing that it was told of.
 * Context: task context, interrupts on.
 */
void dma_channel_close(struct dma_channel *ch);

/* ---- interrupts out of nowhere ---- */

/** dma_storm_fn - called in hard-IRQ context: interrupts off, may not sleep. */
typedef void (*dma_storm_fn)(void *arg);

/**
 * dma_storm_start - interrupts from engine @n, on a CPU, at a rate
 * @cpu: where they arrive; several storms may run at once, also on one CPU (DMA_NR_STORMS for each engine)
 * @hz:  interrupts a second, at most DMA_STORM_MAX_HZ; 0: none but those of dma_storm_fire()
 * @fn:  called for each
 *
 * However slow the guest: the next interrupt comes only after the last one's handler has returned, and a guest that was late
 * is left alone for as long again as it took. So what the storm interrupts always makes progress; dma_storm_count() says how many there were.
 *
 * Context: task context, may sleep.
 * Return: a handle >= 0 for the calls below; -ENODEV without such an engine or CPU, -EINVAL, -EBUSY if no channel is left.
 */
int dma_storm_start(unsigned int n, unsigned int cpu, unsigned int hz, dma_storm_fn fn, void *arg);

/** dma_storm_fire - one interrupt now, whatever the rate. Two that are fired before the first is handled may come as one. */
void dma_storm_fire(int storm);

/** dma_storm_count - how often @fn was called since the storm began. Context: any. */
unsigned long dma_storm_count(int storm);

/**
 * dma_storm_stop - no more of it: when it returns, @fn is not running and will not be called again
 * Context: task context, interrupts on.
 * Return: dma_storm_count() at the end.
 */
unsigned long dma_storm_stop(int storm);

#endif
