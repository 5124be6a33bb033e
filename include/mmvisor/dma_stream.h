/* SPDX-License-Identifier: MIT */
/*
 * mmvisor/dma_stream.h - a receiver as network drivers are: a ring of buffers that the device fills, emptied by its interrupt.
 *
 * The engine copies packets from a pattern into the buffers. The interrupt handler takes a filled buffer off, puts a new one
 * from GFP_ATOMIC in its place, and leaves the filled one to a worker, which compares it with the pattern. Where GFP_ATOMIC
 * fails, the worker refills from GFP_KERNEL.
 */
#ifndef MMVISOR_DMA_STREAM_H
#define MMVISOR_DMA_STREAM_H

#include <linux/types.h>

/**
 * struct dma_stream_config - what to receive
 * @buffers:    in the ring, a power of two, 2..256
 * @size:       bytes of a packet
 * @packets:    so many
 * @fail_every: the so-manieth GFP_ATOMIC request is not made, as if it had failed; 0: all are made
 */
struct dma_stream_config {
	unsigned int engine, cpu, buffers, size;
	unsigned long packets;
	unsigned int fail_every;
};

/**
 * struct dma_stream_stats - what came of it
 * @corrupt: packets that differ from the pattern; @refused: by the engine
 * @atomic, @atomic_failed: allocations in the interrupt; @refilled: from the worker; @unmapped: bounce pool was full
 */
struct dma_stream_stats {
	unsigned long received, bytes, corrupt, refused;
	unsigned long atomic, atomic_failed, refilled, unmapped;
};

/**
 * dma_stream_run - receive all packets
 * Context: task, may sleep. Return: 0, or -errno: as dma_channel_open(), -ETIMEDOUT, -EIO if the queue stopped.
 */
int dma_stream_run(const struct dma_stream_config *cfg, struct dma_stream_stats *stats);

#endif
