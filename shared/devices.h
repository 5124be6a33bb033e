/* SPDX-License-Identifier: MIT */
/*
 * devices.h - register layouts of the emulated devices. All are little endian, in the device window
 * (DEV_GPA), one 4 KiB page each; registers are 8 bytes wide and must be accessed as such.
 *
 * Unknown registers read 0 and swallow writes. Nothing that a guest writes here can hurt the VMM.
 */
#ifndef MMV_SHARED_DEVICES_H
#define MMV_SHARED_DEVICES_H

#include "shared/types.h"

#define DEV_PAGE 0x1000
#define CONSOLE_GPA (0xfe000000UL)
#define EXIT_GPA (0xfe001000UL)
#define DMA_GPA(n) (0xfe010000UL + (n)*DEV_PAGE)
#define DMA_MAX_ENGINES 8

/* Console: the guest names a buffer once, fills it, and rings once per line. */
#define CONSOLE_BUF 0x00   /* w: gpa of the buffer */
#define CONSOLE_SIZE 0x08  /* w: its size in bytes, at most CONSOLE_MAX */
#define CONSOLE_WRITE 0x10 /* w: print this many bytes from the start of the buffer */
#define CONSOLE_MAX 4096

/* Exit port: how a run ends, and what the guest says about itself on the way. */
#define EXIT_CODE 0x00 /* w: enum exit_code; the VMM stops all vCPUs, the write does not return */
#define EXIT_ROOT 0x08 /* w: virtual address of struct mm_root (shared/mm.h), once it is consistent */
#define EXIT_MARK 0x10 /* w: enum exit_mark: a phase begins; the VMM takes the time */

enum exit_code {
	EXIT_GUEST_DONE = 0, /* everything asked for was run; results are on the console as KTAP */
	EXIT_GUEST_USAGE =
		2, /* asked for something that does not exist (unknown suite, bad module, bad op stream): the reason
				 * is the last console line, which begins with "mmvisor: " */
	EXIT_GUEST_PANIC = 4, /* panic(): the writing vCPU stands in panic(), its frames are intact */
};

enum exit_mark {
	MARK_BOOTED = 1, /* boot is over, the first payload instruction comes next */
	MARK_DONE = 2,   /* payloads are over */
};

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
