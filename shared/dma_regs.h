/* SPDX-License-Identifier: MIT */
/*
 * dma_regs.h - the DMA engine: a device that reaches only so many bits of address.
 *
 * Registers are 8 bytes wide and must be accessed as such. Unknown registers read 0 and swallow writes. Nothing that a guest
 * writes here or into memory can hurt the VMM.
 */
#ifndef MMV_SHARED_DMA_REGS_H
#define MMV_SHARED_DMA_REGS_H

#include "shared/types.h"

/* DMA engine: reaches only addresses below 1 << address-bits. */
#define DMA_RING 0x00      /* w: gpa of the descriptor ring */
#define DMA_RING_SIZE 0x08 /* w: descriptors in it: a power of two, 2..DMA_RING_MAX */
#define DMA_HEAD 0x10      /* w: doorbell: descriptors up to this index (free running, u32) may be executed */
#define DMA_TAIL 0x18      /* r: descriptors finished (free running) */
#define DMA_MSI_ADDR 0x20  /* w: MSI address as the guest's local APIC wants it */
#define DMA_MSI_DATA 0x28  /* w: MSI data; writing it arms the interrupt */
#define DMA_BITS 0x30      /* r: address width in bits */
/*
 * w: gpa, 4-byte aligned, of a u32 in RAM. From then on the head is taken from there: the guest stores the index, then
 * writes anything to DMA_HEAD, which has become an ioeventfd (no exit to user space, and so no value).
 */
#define DMA_HEAD_GPA 0x38
#define DMA_RING_MAX 1024
#define DMA_LEN_MAX (1UL << 30)

/*
 * Storms: DMA_NR_STORMS channels, each a source of interrupts of its own: one at a time (DMA_STORM_FIRE) or DMA_STORM_HZ a
 * second. The periodic ones never outrun the guest: none is raised before the one before it was acknowledged, and a guest
 * that needed longer than a period is left alone for as long again.
 */
#define DMA_NR_STORMS 8
#define DMA_STORM(c) (0x800 + (c)*0x40)
#define DMA_STORM_MSI_ADDR 0x00 /* w */
#define DMA_STORM_MSI_DATA 0x08 /* w: arms the interrupt */
#define DMA_STORM_HZ 0x10  /* w: interrupts a second, at most DMA_STORM_MAX_HZ; 0 stops it: none is raised afterwards */
#define DMA_STORM_ACK 0x18 /* w: anything: the interrupt was handled */
#define DMA_STORM_FIRE 0x20   /* w: anything: raise one now */
#define DMA_STORM_SENT 0x28   /* r: interrupts raised since the engine was made */
#define DMA_STORM_MISSED 0x30 /* r: periods without one, because the guest was late */
#define DMA_STORM_MAX_HZ 20000

enum dma_op {
	DMA_COPY = 1, /* src -> dst, len bytes; ranges may not overlap */
	DMA_FILL = 2, /* dst, len bytes of the low byte of @src */
	DMA_SUM = 3,  /* sum of len bytes at src, as u64, into @result */
	DMA_IRQ = 4,  /* nothing but the interrupt */
};

enum dma_status {
	DMA_PENDING = 0,
	DMA_OK = 1,
	DMA_BAD_OP = 2,
	DMA_BAD_SRC = 3, /* outside the width or outside RAM: nothing was touched */
	DMA_BAD_DST = 4,
	DMA_BAD_LEN = 5,
};

#define DMA_F_IRQ 1 /* raise the MSI when this descriptor is finished */

/** struct dma_desc - one request; the guest writes the "in" part, the engine the "out" part. */
struct dma_desc {
	uint64_t src, dst; /* in */
	uint64_t len;      /* in: 1..DMA_LEN_MAX */
	uint32_t op;       /* in: enum dma_op */
	uint32_t flags;    /* in: DMA_F_* */
	uint64_t result;   /* out */
	uint32_t status;   /* out: enum dma_status, written last */
	uint32_t tag;      /* in: the guest's own */
	uint64_t pad[2];
};
MMV_SIZE(struct dma_desc, 64);

#endif
