/* SPDX-License-Identifier: MIT */
/*
 * swiotlb.h - bounce buffers: a pool of memory that every device of the machine reaches.
 *
 * Boot argument: swiotlb=SLOTS[,AREAS][,force|noforce], slots of IO_TLB_SIZE bytes. Without it there is a pool if some
 * device of the machine does not reach all RAM.
 */
#ifndef _LINUX_SWIOTLB_H
#define _LINUX_SWIOTLB_H

#include <linux/device.h>
#include <linux/dma-direction.h>

/** swiotlb_limit_bits - address bits of the machine's narrowest device; set before mm_init(). */
extern unsigned int swiotlb_limit_bits;

/** swiotlb_init - take the pool from memblock. */
void swiotlb_init(void);

/** is_swiotlb_active - is there a pool? */
bool is_swiotlb_active(struct device *dev);
/** is_swiotlb_force_bounce - must every mapping be bounced? */
bool is_swiotlb_force_bounce(struct device *dev);
/** is_swiotlb_buffer - does the address lie in it? */
bool is_swiotlb_buffer(struct device *dev, phys_addr_t addr);
/** swiotlb_max_mapping_size - how large a bounced mapping may be. */
size_t swiotlb_max_mapping_size(struct device *dev);

/** swiotlb_nslabs, swiotlb_used - slots there are, and in use. */
unsigned long swiotlb_nslabs(void);
unsigned long swiotlb_used(void);

/** swiotlb_map - a slot group for @size bytes at @phys, its contents copied in. Return: address or DMA_MAPPING_ERROR. */
dma_addr_t swiotlb_map(struct device *dev, phys_addr_t phys, size_t size, enum dma_data_direction dir,
		       unsigned long attrs);
/** swiotlb_unmap - copy back if the device wrote; the slots are free. */
void swiotlb_unmap(struct device *dev, phys_addr_t addr, size_t size, enum dma_data_direction dir, unsigned long attrs);
/** swiotlb_sync - copy the part at @addr, which need not be the mapping's start. */
void swiotlb_sync(struct device *dev, phys_addr_t addr, size_t size, bool for_cpu);
/** swiotlb_alloc - whole pages of the pool themselves, cleared; swiotlb_free() gives them back. Return: address, 0: none. */
phys_addr_t swiotlb_alloc(struct device *dev, size_t size);
void swiotlb_free(struct device *dev, phys_addr_t addr);
/** swiotlb_orig - the address that @addr in the pool stands for, 0 if none. */
phys_addr_t swiotlb_orig(phys_addr_t addr);

#endif
