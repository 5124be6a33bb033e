// SPDX-License-Identifier: MIT
/*
 * dma_mapping.c - masks, and telling a device of memory for a while.
 *
 * A device's address is the guest-physical one and caches are coherent: a mapping is a comparison with what the device
 * reaches, and a bounce buffer where it does not. The release kernel keeps no record of mappings that are not bounced.
 * Locking: none here. Context: any, but for the masks: task.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include <asm/sections.h>

#include "dma.h"

/* The narrowest zone: whoever has a mask of so many bits can be given memory. */
#define ZONE_DMA_BITS 24

/* ---- masks ---- */

static u64 last_byte_of_ram(void)
{
	return ((u64)mm_root.max_pfn << PAGE_SHIFT) - 1;
}

int dma_supported(struct device *dev, u64 mask)
{
	(void)dev;
	return mask >= min_t(u64, DMA_BIT_MASK(ZONE_DMA_BITS), last_byte_of_ram());
}
EXPORT_SYMBOL(dma_supported);

int dma_set_mask(struct device *dev, u64 mask)
{
	if (!dev->dma_mask || !dma_supported(dev, mask))
		return -EIO;
	*dev->dma_mask = mask;
	return 0;
}
EXPORT_SYMBOL(dma_set_mask);

int dma_set_coherent_mask(struct device *dev, u64 mask)
{
	if (!dma_supported(dev, mask))
		return -EIO;
	dev->coherent_dma_mask = mask;
	return 0;
}
EXPORT_SYMBOL(dma_set_coherent_mask);

u64 dma_get_required_mask(struct device *dev)
{
	(void)dev;
	return (1ULL << (fls64(last_byte_of_ram() | 1) - 1)) * 2 - 1;
}
EXPORT_SYMBOL_GPL(dma_get_required_mask);

bool dma_addressing_limited(struct device *dev)
{
	return min_not_zero(dma_get_mask(dev), dev->bus_dma_limit) < dma_get_required_mask(dev);
}
EXPORT_SYMBOL_GPL(dma_addressing_limited);

size_t dma_max_mapping_size(struct device *dev)
{
	if (is_swiotlb_active(dev) && (dma_addressing_limited(dev) || is_swiotlb_force_bounce(dev)))
		return swiotlb_max_mapping_size(dev);
	return SIZE_MAX;
}
EXPORT_SYMBOL_GPL(dma_max_mapping_size);

size_t dma_opt_mapping_size(struct device *dev)
{
	return dma_max_mapping_size(dev);
}
EXPORT_SYMBOL_GPL(dma_opt_mapping_size);

bool dma_need_sync(struct device *dev, dma_addr_t addr)
{
	return is_swiotlb_buffer(dev, addr);
}
EXPORT_SYMBOL_GPL(dma_need_sync);

unsigned long dma_get_merge_boundary(struct device *dev)
{
	(void)dev;
	return 0; /* nothing translates addresses, so nothing merges pieces */
}
EXPORT_SYMBOL_GPL(dma_get_merge_boundary);

int dma_set_max_seg_size(struct device *dev, unsigned int size)
{
	if (!dev->dma_parms)
		return -EIO;
	dev->dma_parms->max_segment_size = size;
	return 0;
}
EXPORT_SYMBOL_GPL(dma_set_max_seg_size);

int dma_set_seg_boundary(struct device *dev, unsigned long mask)
{
	if (!dev->dma_parms)
		return -EIO;
	dev->dma_parms->segment_boundary_mask = mask;
	return 0;
}
EXPORT_SYMBOL_GPL(dma_set_seg_boundary);

int dma_set_min_align_mask(struct device *dev, unsigned int mask)
{
	if (!dev->dma_parms)
		return -EIO;
	dev->dma_parms->min_align_mask = mask;
	return 0;
}
EXPORT_SYMBOL_GPL(dma_set_min_align_mask);

/* ---- one mapping ---- */

static noinline dma_addr_t out_of_reach(struct device *dev, phys_addr_t phys, size_t size)
{
	WARN_ONCE(1, "%s: DMA addr %#llx+%zu overflow (mask %llx, bus limit %llx).\n", dev_name(dev), phys, size,
		  *dev->dma_mask, dev->bus_dma_limit);
	return DMA_MAPPING_ERROR;
}

dma_addr_t dma_map_one(struct device *dev, phys_addr_t phys, size_t size, enum dma_data_direction dir,
		       unsigned long attrs)
{
	if (unlikely(dma_root.io_tlb.force))
		return swiotlb_map(dev, phys, size, dir, attrs);
	if (likely(dma_reaches(*dev->dma_mask, dev->bus_dma_limit, phys, size)))
		return phys;
	if (is_swiotlb_active(dev))
		return swiotlb_map(dev, phys, size, dir, attrs);
	return attrs & DMA_ATTR_NO_WARN ? DMA_MAPPING_ERROR : out_of_reach(dev, phys, size);
}

void dma_unmap_one(struct device *dev, dma_addr_t addr, size_t size, enum dma_data_direction dir, unsigned long attrs)
{
	if (unlikely(is_swiotlb_buffer(dev, addr)))
		swiotlb_unmap(dev, addr, size, dir, attrs);
}

dma_addr_t dma_map_phys(struct device *dev, phys_addr_t phys, size_t size, enum dma_data_direction dir,
			unsigned long attrs)
{
	struct dma_ref ref = {.dev = dev, .size = size, .phys = phys, .type = DMA_DEBUG_SINGLE, .dir = dir};

	BUG_ON(!valid_dma_direction(dir));
	if (WARN_ON_ONCE(!dev->dma_mask))
		return DMA_MAPPING_ERROR;
	dma_debug_memory(dev, phys, size);
	ref.addr = dma_map_one(dev, phys, size, dir, attrs);
	if (likely(ref.addr != DMA_MAPPING_ERROR))
		dma_debug_map(&ref);
	return ref.addr;
}
EXPORT_SYMBOL_GPL(dma_map_phys);

dma_addr_t dma_map_page_attrs(struct device *dev, struct page *page, size_t offset, size_t size,
			      enum dma_data_direction dir, unsigned long attrs)
{
	return dma_map_phys(dev, page_to_phys(page) + offset, size, dir, attrs);
}
EXPORT_SYMBOL(dma_map_page_attrs);

static noinline dma_addr_t reject_address(struct device *dev, const void *ptr, size_t size)
{
	unsigned long stack = (unsigned long)current->stack;

	if (stack && (unsigned long)ptr - stack < THREAD_SIZE)
		WARN(1, "DMA-API: %s: device driver maps memory from stack [addr=%#lx]\n", dev_name(dev),
		     (unsigned long)ptr);
	else if (overlaps_kernel_text((unsigned long)ptr, size) || is_kernel_rodata((unsigned long)ptr))
		WARN(1, "DMA-API: %s: device driver maps memory from kernel text or rodata [addr=%#lx] [len=%zu]\n",
		     dev_name(dev), (unsigned long)ptr, size);
	else if (is_vmalloc_or_module_addr(ptr))
		WARN(1, "%s: rejecting DMA map of vmalloc memory [addr=%#lx]\n", dev_name(dev), (unsigned long)ptr);
	else
		WARN(1, "%s: rejecting DMA map of what is no memory [addr=%#lx]\n", dev_name(dev), (unsigned long)ptr);
	return DMA_MAPPING_ERROR;
}

dma_addr_t dma_map_single_attrs(struct device *dev, void *ptr, size_t size, enum dma_data_direction dir,
				unsigned long attrs)
{
	unsigned long off = (unsigned long)ptr - PAGE_OFFSET;

	if (unlikely(off >= DIRECT_MAP_SIZE))
		return reject_address(dev, ptr, size);
	return dma_map_phys(dev, off, size, dir, attrs);
}
EXPORT_SYMBOL(dma_map_single_attrs);

void dma_unmap_page_attrs(struct device *dev, dma_addr_t addr, size_t size, enum dma_data_direction dir,
			  unsigned long attrs)
{
	struct dma_ref ref = {.dev = dev, .addr = addr, .size = size, .type = DMA_DEBUG_SINGLE, .dir = dir};

	BUG_ON(!valid_dma_direction(dir));
	dma_debug_unmap(&ref);
	dma_unmap_one(dev, addr, size, dir, attrs);
}
EXPORT_SYMBOL(dma_unmap_page_attrs);

int dma_mapping_error(struct device *dev, dma_addr_t addr)
{
	dma_debug_checked(dev, addr);
	return unlikely(addr == DMA_MAPPING_ERROR) ? -ENOMEM : 0;
}
EXPORT_SYMBOL(dma_mapping_error);

dma_addr_t dma_map_resource(struct device *dev, phys_addr_t phys, size_t size, enum dma_data_direction dir,
			    unsigned long attrs)
{
	struct dma_ref ref = {
		.dev = dev, .addr = phys, .size = size, .phys = phys, .type = DMA_DEBUG_RESOURCE, .dir = dir};

	BUG_ON(!valid_dma_direction(dir));
	if (WARN_ON_ONCE(!dev->dma_mask))
		return DMA_MAPPING_ERROR;
	if (WARN_ON_ONCE(virt_addr_valid(__va(phys))))
		return DMA_MAPPING_ERROR;
	if (!dma_reaches(*dev->dma_mask, dev->bus_dma_limit, phys, size))
		return attrs & DMA_ATTR_NO_WARN ? DMA_MAPPING_ERROR : out_of_reach(dev, phys, size);
	dma_debug_map(&ref);
	return phys;
}
EXPORT_SYMBOL(dma_map_resource);

void dma_unmap_resource(struct device *dev, dma_addr_t addr, size_t size, enum dma_data_direction dir,
			unsigned long attrs)
{
	struct dma_ref ref = {.dev = dev, .addr = addr, .size = size, .type = DMA_DEBUG_RESOURCE, .dir = dir};

	(void)attrs;
	BUG_ON(!valid_dma_direction(dir));
	dma_debug_unmap(&ref);
}
EXPORT_SYMBOL(dma_unmap_resource);

/* ---- who may touch it now ---- */

void dma_sync_single_for_cpu(struct device *dev, dma_addr_t addr, size_t size, enum dma_data_direction dir)
{
	struct dma_ref ref = {.dev = dev, .addr = addr, .size = size, .dir = dir};

	BUG_ON(!valid_dma_direction(dir));
	dma_debug_sync(&ref, true);
	if (unlikely(is_swiotlb_buffer(dev, addr)) && dir != DMA_TO_DEVICE)
		swiotlb_sync(dev, addr, size, true);
}
EXPORT_SYMBOL(dma_sync_single_for_cpu);

void dma_sync_single_for_device(struct device *dev, dma_addr_t addr, size_t size, enum dma_data_direction dir)
{
	struct dma_ref ref = {.dev = dev, .addr = addr, .size = size, .dir = dir};

	BUG_ON(!valid_dma_direction(dir));
	dma_debug_sync(&ref, false);
	if (unlikely(is_swiotlb_buffer(dev, addr)) && dir != DMA_FROM_DEVICE)
		swiotlb_sync(dev, addr, size, false);
}
EXPORT_SYMBOL(dma_sync_single_for_device);
