/* SPDX-License-Identifier: MIT */
/*
 * mmvisor/dma_engine.h - the machine's DMA engines: devices that reach only so many bits of address.
 *
 * Addresses are guest-physical. An engine refuses a request whose source or destination it cannot reach, or where no
 * RAM is, and then touches nothing. Requests of one engine are carried out one at a time, in the order of submission.
 */
#ifndef MMVISOR_DMA_ENGINE_H
#define MMVISOR_DMA_ENGINE_H

#include <stdint.h>

#include "shared/devices.h"

/** struct dma_request - @result, @status: filled in when it is finished. */
struct dma_request {
	enum dma_op op;
	uint64_t src, dst, len;
	uint64_t result;
	enum dma_status status;
};

/** dma_engine_count - how many engines this machine has. */
unsigned int dma_engine_count(void);

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
 * DMA_ENGINE_BATCH; -ENOMEM; -ETIMEDOUT if the engine does not answer.
 */
int dma_engine_run(unsigned int n, struct dma_request *req, unsigned int nr);

#define DMA_ENGINE_BATCH 32

#endif
