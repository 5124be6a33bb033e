/* SPDX-License-Identifier: MIT */
/*
 * dma.h - what the files of the DMA API share: the root, reach, and the debug kernel's record of mappings.
 */
#ifndef GUEST_MM_DMA_H
#define GUEST_MM_DMA_H

#include <linux/dma-mapping.h>
#include <linux/string.h>
#include <linux/swiotlb.h>

#include "internal.h"
#include "shared/dma.h"

extern struct dma_root dma_root;

/** dma_reaches - does [addr, addr + size) lie at or below both limits? 0 is no limit. */
static inline bool dma_reaches(u64 mask, u64 bus_limit, u64 addr, size_t size)
{
	u64 limit = min_not_zero(mask, bus_limit), last = addr + size - 1;

	return last >= addr && (!limit || last <= limit);
}

/** dma_in_pool - is_swiotlb_buffer() without a call. */
static inline bool dma_in_pool(u64 addr)
{
	return addr - dma_root.io_tlb.start < dma_root.io_tlb.end - dma_root.io_tlb.start;
}

/** dma_map_one - the mapping without any record. */
dma_addr_t dma_map_one(struct device *dev, phys_addr_t phys, size_t size, enum dma_data_direction dir,
		       unsigned long attrs);
void dma_unmap_one(struct device *dev, dma_addr_t addr, size_t size, enum dma_data_direction dir, unsigned long attrs);

/* ---- debug kernel: every mapping is recorded, every call compared with the record ---- */

/** struct dma_ref - what a call says about a mapping. @nents: of a list; each entry of it is a record */
struct dma_ref {
	struct device *dev;
	dma_addr_t addr;
	size_t size;
	phys_addr_t phys;
	enum dma_debug_type type;
	enum dma_data_direction dir;
	unsigned int nents;
};

#if MM_DEBUG >= 1
void dma_debug_init(void);
void dma_debug_map(const struct dma_ref *ref);
void dma_debug_unmap(const struct dma_ref *ref);
void dma_debug_sync(const struct dma_ref *ref, bool for_cpu);
void dma_debug_checked(struct device *dev, dma_addr_t addr);
/* Does the memory belong to those that nobody may map? */
void dma_debug_memory(struct device *dev, phys_addr_t phys, size_t size);
void dma_debug_segment(struct device *dev, dma_addr_t addr, size_t size);
void dma_debug_release(struct device *dev);
#else
static inline void dma_debug_init(void)
{
}
#define dma_debug_map(ref) ((void)(ref))
#define dma_debug_unmap(ref) ((void)(ref))
#define dma_debug_sync(ref, for_cpu) ((void)(ref))
#define dma_debug_checked(dev, addr) ((void)(dev))
#define dma_debug_memory(dev, phys, size) ((void)(dev))
#define dma_debug_segment(dev, addr, size) ((void)(dev))
#define dma_debug_release(dev) ((void)(dev))
#endif

#endif
