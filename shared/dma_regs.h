/* SPDX-License-Identifier: MIT */
/*
 * dma_regs.h - the DMA engine: a device that reaches only so many bits of address. One page of registers for each.
 *
 * Registers are 8 bytes wide and must be accessed as such. Unknown registers read 0 and swallow writes. Nothing that a guest
 * writes here or into memory can hurt the VMM.
 */
#ifndef MMV_SHARED_DMA_REGS_H
#define MMV_SHARED_DMA_REGS_H

#include "shared/types.h"

/* An engine. */
#define DMA_BITS 0x00      /* r: address width in bits: it reaches [0, 1 << bits) */
#define DMA_NR_QUEUES 0x08 /* r: how many queues it has: DMA_QUEUES */
#define DMA_RESET 0x10   /* w: anything: as after power-on. Afterwards it touches no memory and raises no interrupt. */
#define DMA_REFUSED 0x18 /* r: errors since it was made: descriptors and rings refused */

#define DMA_QUEUES 4

/*
 * A queue of it. The guest stores descriptors into the ring, then the index behind the last one into the head, then rings. The
 * engine takes turns among its queues; those of one queue are carried out one after the other.
 * A queue whose ring or head makes no sense stops, says why in DMA_QUEUE_ERROR, interrupts, and waits for its reset.
 */
#define DMA_QUEUE(q) (0x100 + (q)*0x80)
#define DMA_RING 0x00      /* w: gpa of the descriptor ring, a multiple of 64 */
#define DMA_RING_SIZE 0x08 /* w: descriptors in it: a power of two, 2..DMA_RING_MAX */
#define DMA_HEAD 0x10      /* w: descriptors up to this index (free running, u32) may be executed; rings as well */
#define DMA_TAIL 0x18      /* r: descriptors finished (free running) */
#define DMA_MSI_ADDR 0x20  /* w: MSI address as the guest's local APIC wants it */
#define DMA_MSI_DATA 0x28  /* w: MSI data; writing it arms the interrupt */
#define DMA_HEAD_GPA                                                                                                   \
	0x30 /* w: gpa, 4-byte aligned, of a u32: from now on the head is taken from there, not from DMA_HEAD */
#define DMA_BELL 0x38        /* w: anything: look at the head. After DMA_HEAD_GPA an ioeventfd: no exit to user space */
#define DMA_QUEUE_ERROR 0x40 /* r: enum dma_status | enum dma_why << 32; 0: it runs */
#define DMA_QUEUE_ERROR_ADDR 0x48 /* r: the address (or head index) that is wrong */
#define DMA_QUEUE_RESET 0x50      /* w: anything: this queue as after power-on, but its MSI stays armed */
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
	DMA_COPY = 1,   /* src -> dst, len bytes; ranges may not overlap */
	DMA_FILL = 2,   /* dst, len bytes of the low byte of @src */
	DMA_CRC32C = 3, /* of len bytes at src, into @result (Castagnoli, start value and final inversion ~0) */
	DMA_IRQ = 4,    /* nothing but the interrupt */
	NR_DMA_OPS
};
#define DMA_OP_NAMES                                                                                                   \
	{                                                                                                              \
		"none", "copy", "fill", "crc32c", "irq"                                                                \
	}

enum dma_status {
	DMA_PENDING = 0,
	DMA_OK = 1,
	DMA_BAD_OP = 2,   /* no such command, or flags that it does not have */
	DMA_BAD_SRC = 3,  /* @bad_addr in the source, @why: nothing was read or written */
	DMA_BAD_DST = 4,  /* in the destination */
	DMA_BAD_LEN = 5,  /* 0 or too long, or a list that does not add up to it */
	DMA_BAD_LIST = 6, /* in the list of pieces itself, or too many */
	DMA_BAD_RING = 7, /* of a queue: the ring */
	DMA_BAD_HEAD = 8, /* of a queue: the head, or where it lies */
};

/** enum dma_why - what is wrong with an address. */
enum dma_why {
	DMA_WHY_NONE = 0,
	DMA_WHY_WIDTH = 1,   /* beyond the engine's address width */
	DMA_WHY_NO_RAM = 2,  /* no RAM there */
	DMA_WHY_HOLE = 3,    /* in the hole below 1 MiB */
	DMA_WHY_WRAP = 4,    /* address plus length exceeds 64 bits */
	DMA_WHY_OVERLAP = 5, /* source and destination of a copy overlap here */
	DMA_WHY_ALIGN = 6,   /* not a multiple of what it must be; not a size that there is; an index out of bounds */
	NR_DMA_WHY
};

#define DMA_F_IRQ 1    /* raise the MSI when this descriptor is finished; errors always do */
#define DMA_F_SRC_SG 2 /* @src is the gpa of a list of @src_nr pieces */
#define DMA_F_DST_SG 4 /* @dst is the gpa of a list of @dst_nr pieces */

/** struct dma_sg - a piece of memory. Lists of them lie within the engine's width, too. */
struct dma_sg {
	uint64_t addr;
	uint32_t len; /* not 0 */
	uint32_t reserved;
};
MMV_SIZE(struct dma_sg, 16);
#define DMA_SG_MAX 256 /* pieces in a list */

/** struct dma_desc - one request; the guest writes the "in" part, the engine the "out" part. */
struct dma_desc {
	uint64_t src, dst;       /* in */
	uint64_t len;            /* in: 1..DMA_LEN_MAX, in all */
	uint32_t op;             /* in: enum dma_op */
	uint32_t flags;          /* in: DMA_F_* */
	uint16_t src_nr, dst_nr; /* in */
	uint32_t tag;            /* in: the guest's own */
	uint64_t result;         /* out */
	uint64_t bad_addr;       /* out: the first address that is wrong */
	uint32_t why;            /* out: enum dma_why */
	uint32_t status;         /* out: enum dma_status, written last */
};
MMV_SIZE(struct dma_desc, 64);

#endif
