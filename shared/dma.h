/* SPDX-License-Identifier: MIT */
/*
 * dma.h - memory for devices as the guest keeps it and the inspector reads it: devices, pools of small blocks, bounce buffers,
 * and (debug kernel) every mapping.
 *
 * Letters behind a field: see mm.h. (D) is mm_root.dma's lock.
 */
#ifndef MMV_SHARED_DMA_H
#define MMV_SHARED_DMA_H

#include "shared/types.h"

/* ---- devices ---- */

/** struct device_dma_parameters - what a device's lists of pieces must look like. */
struct device_dma_parameters {
	uint32_t max_segment_size;
	uint32_t min_align_mask;
	uint64_t segment_boundary_mask;
};

/**
 * struct device - somebody who reads and writes memory by itself
 * @dma_mask:          the highest address that it can be told for one transfer; NULL: none at all
 * @coherent_dma_mask: the same for memory that it keeps
 * @bus_dma_limit:     the highest address that gets through to memory, 0: any
 * @dma_pools:         struct dma_pool, by its node (D)
 * @devres:            what goes back when its driver lets go of it, the newest first (D)
 *
 * A page block with OWNER_DMA is a buffer of the device that page->private points to, page->index bytes long.
 */
struct device {
	struct list_head node; /* (D) on dma_root.devices; empty while it is not added */
	char name[24];         /* (c) */
	GPTR(unsigned long long) dma_mask;
	unsigned long long coherent_dma_mask;
	unsigned long long bus_dma_limit;
	unsigned long long own_dma_mask; /* where @dma_mask points if nobody says otherwise */
	GPTR(struct device_dma_parameters) dma_parms;
	struct device_dma_parameters own_dma_parms;
	GPTR(void) driver_data;
	GPTR(void) platform_data;
	GPTR(const char) driver_name; /* NULL: no driver has it */
	struct list_head dma_pools;
	struct list_head devres;
};

/* ---- pools of small coherent blocks ---- */

/**
 * struct dma_pool - blocks of one size, all coherent memory of one device
 * @size:       of a block; a multiple of its alignment
 * @allocation: bytes of one of its pages, a power of two
 * @boundary:   no block crosses a multiple of it
 * @avail, @full: struct dma_page with and without a free block
 */
struct dma_pool {
	struct mm_lock lock;
	struct list_head node; /* (D) on device->dma_pools */
	GPTR(struct device) dev;
	char name[32];
	uint32_t size, allocation, boundary;
	uint32_t order;               /* of @allocation */
	struct list_head avail, full; /* (L) */
	uint64_t nr_pages, nr_active; /* (L) */
	uint64_t blocks_per_page;     /* (c) */
};

/**
 * struct dma_page - one allocation of a pool
 * @first: offset of its first free block, or the pool's @allocation; a free block begins with the next one's offset (u32)
 *
 * The head page's mapping leads here.
 */
struct dma_page {
	struct list_head node;
	GPTR(struct dma_pool) pool;
	GPTR(void) vaddr;
	uint64_t dma;
	uint32_t in_use, first;
};

/* ---- bounce buffers ---- */

#define IO_TLB_SHIFT 11
#define IO_TLB_SIZE (1UL << IO_TLB_SHIFT)
#define IO_TLB_SEGSIZE 128 /* slots: no mapping crosses a multiple of it */

/**
 * struct io_tlb_slot - one slot of the pool
 * @orig:   the address that the slot's first byte stands for; 0: the slot is free
 * @left:   bytes of the mapping from the slot's first byte on
 * @first:  number of the mapping's first slot; @nr: its slots, and
 * @offset: of the mapping's first byte: both in the first slot only
 */
struct io_tlb_slot {
	gpa_t orig;
	GPTR(struct device) dev;
	uint64_t left;
	uint32_t first;
	uint16_t nr, offset;
};
MMV_SIZE(struct io_tlb_slot, 32);

/** struct io_tlb_area - a part of the pool with a lock of its own. @used: slots (L); @next: where to look first (L) */
struct io_tlb_area {
	struct mm_lock lock;
	uint64_t used, next;
};

/**
 * struct io_tlb_mem - the pool
 * @start, @end: its addresses; equal: there is none
 * @bitmap: a bit for each slot in use, under the lock of its area
 * @full:  mappings that found no room (a)
 */
struct io_tlb_mem {
	gpa_t start, end;
	uint64_t nslabs, area_nslabs;
	uint32_t nareas, force;
	GPTR(struct io_tlb_area) areas;
	GPTR(struct io_tlb_slot) slots;
	GPTR(uint64_t) bitmap;
	uint64_t full, mapped; /* (a) */
};

/* ---- the debug kernel's record of every mapping ---- */

enum dma_debug_type { DMA_DEBUG_SINGLE, DMA_DEBUG_SG, DMA_DEBUG_COHERENT, DMA_DEBUG_NONCOHERENT, DMA_DEBUG_RESOURCE };
#define DMA_DEBUG_TYPE_NAMES                                                                                           \
	{                                                                                                              \
		"single", "scatter-gather", "coherent", "non-coherent", "resource"                                     \
	}
#define DMA_DIRECTION_NAMES                                                                                            \
	{                                                                                                              \
		"DMA_BIDIRECTIONAL", "DMA_TO_DEVICE", "DMA_FROM_DEVICE", "DMA_NONE"                                    \
	}

/**
 * struct dma_debug_entry - a live mapping
 * @phys: of the memory behind it: differs from @addr if it is bounced
 * @next: number of the next entry in the same bucket or on the free list, 0: none
 */
struct dma_debug_entry {
	GPTR(struct device) dev; /* NULL: not in use */
	uint64_t addr;
	uint64_t size;
	gpa_t phys;
	uint32_t next;
	uint32_t stack; /* depot handle */
	uint32_t sg_nents;
	uint8_t type, dir, checked, reserved;
};
MMV_SIZE(struct dma_debug_entry, 48);

/**
 * struct dma_debug - entries [1, nr); those from @fresh on were never used
 * @buckets: numbers of entries, by dma_debug_bucket() of their address
 */
struct dma_debug {
	struct mm_lock lock;
	GPTR(struct dma_debug_entry) entries; /* NULL: off */
	GPTR(uint32_t) buckets;
	uint32_t nr, nr_buckets;
	uint32_t fresh, free, used; /* (L) */
	uint32_t lost;              /* (L) mappings that found no entry */
};

static inline uint32_t dma_debug_bucket(uint64_t addr, uint32_t nr_buckets)
{
	return (uint32_t)(addr >> IO_TLB_SHIFT) & (nr_buckets - 1);
}

/** struct dma_root - hangs on mm_root. */
struct dma_root {
	struct mm_lock lock;
	struct list_head devices; /* (D) */
	uint64_t nr_coherent;     /* (a) blocks with OWNER_DMA */
	uint64_t kept_pages;      /* (a) of drivers, for the rest of the run: no payload has leaked them */
	struct io_tlb_mem io_tlb;
	struct dma_debug debug;
};

#endif
