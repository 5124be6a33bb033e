/* SPDX-License-Identifier: MIT */
/*
 * dmapool.h - small blocks of coherent memory.
 */
#ifndef _LINUX_DMAPOOL_H
#define _LINUX_DMAPOOL_H

#include <linux/device.h>
#include <linux/gfp.h>

/**
 * dma_pool_create - a pool of blocks for @dev
 * @size:     of a block, not 0; at least 4, and rounded up to @align
 * @align:    a power of two, 0: 1
 * @boundary: a power of two of at least @size that no block crosses, or 0
 *
 * Context: task, may sleep. Return: the pool or NULL.
 */
struct dma_pool *dma_pool_create(const char *name, struct device *dev, size_t size, size_t align, size_t boundary);
/** dma_pool_destroy - all blocks must be back: pages with blocks in use are reported and lost. NULL is fine. */
void dma_pool_destroy(struct dma_pool *pool);

/** dma_pool_alloc - a block, its device address in @handle; NULL if there is no memory. Context: as @gfp. */
void *dma_pool_alloc(struct dma_pool *pool, gfp_t gfp, dma_addr_t *handle);

static inline void *dma_pool_zalloc(struct dma_pool *pool, gfp_t gfp, dma_addr_t *handle)
{
	return dma_pool_alloc(pool, gfp | __GFP_ZERO, handle);
}

/** dma_pool_free - give a block back. Context: any. */
void dma_pool_free(struct dma_pool *pool, void *vaddr, dma_addr_t handle);

/** dmam_pool_create - destroyed by device_release_driver(). */
struct dma_pool *dmam_pool_create(const char *name, struct device *dev, size_t size, size_t align, size_t boundary);
void dmam_pool_destroy(struct dma_pool *pool);

/** dma_pools_show - "poolinfo" as text: name, blocks in use, blocks, size, pages. Return: length. */
int dma_pools_show(struct device *dev, char *buf, size_t size);

#endif
