/* SPDX-License-Identifier: MIT */
/*
 * mempool.h - a reserve of elements: an allocation that may sleep always succeeds, as long as elements come back.
 *
 * A user takes one element at a time and gives it back without needing another one for that; then no number of users
 * can block each other for good.
 */
#ifndef _LINUX_MEMPOOL_H
#define _LINUX_MEMPOOL_H

#include <linux/gfp.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "shared/mempool.h"

static inline bool mempool_initialized(const mempool_t *pool)
{
	return pool->elements != NULL;
}

/** mempool_is_saturated - is the reserve full? */
static inline bool mempool_is_saturated(const mempool_t *pool)
{
	return READ_ONCE(pool->curr_nr) >= pool->min_nr;
}

/** mempool_create - a pool that keeps @min_nr elements. Return: NULL if it cannot. Context: task. */
mempool_t *mempool_create(int min_nr, mempool_alloc_t *alloc, mempool_free_t *free, void *pool_data);
mempool_t *mempool_create_node(int min_nr, mempool_alloc_t *alloc, mempool_free_t *free, void *pool_data, gfp_t gfp,
			       int node);
/** mempool_init - the same in a structure of the caller's. Return: 0 or -ENOMEM; then mempool_exit() is not needed. */
int mempool_init(mempool_t *pool, int min_nr, mempool_alloc_t *alloc, mempool_free_t *free, void *pool_data);
int mempool_init_node(mempool_t *pool, int min_nr, mempool_alloc_t *alloc, mempool_free_t *free, void *pool_data,
		      gfp_t gfp, int node);
/** mempool_exit - free the reserve; elements that are out are the caller's affair. */
void mempool_exit(mempool_t *pool);
/** mempool_destroy - the same for a pool that was created; NULL is fine. */
void mempool_destroy(mempool_t *pool);

/** mempool_resize - keep @min_nr (> 0) from now on. Return: 0, or -ENOMEM; growing may fill the reserve later. */
int mempool_resize(mempool_t *pool, int min_nr);

/**
 * mempool_alloc - an element
 *
 * First without effort, then from the reserve, then with effort; then, if @gfp allows to block, waits for an element to come
 * back: never NULL. __GFP_ZERO is not supported: an element of the reserve is as it came back.
 */
void *mempool_alloc(mempool_t *pool, gfp_t gfp);
/**
 * mempool_alloc_bulk - fill @elements up to @nr; @allocated of them are there already, the others are NULL
 *
 * Waits until all can be had: from the reserve come all that are missing, or none, so two callers cannot block each other half
 * way. @nr must not be more than the pool keeps. Return: 0. Context: task.
 */
int mempool_alloc_bulk(mempool_t *pool, void **elements, unsigned int nr, unsigned int allocated);
/** mempool_free_bulk - to the reserve, as many as fit. Return: how many it took, from the first on: the rest is the caller's. */
unsigned int mempool_free_bulk(mempool_t *pool, void **elements, unsigned int nr);
/** mempool_alloc_preallocated - from the reserve or not at all. Context: any. */
void *mempool_alloc_preallocated(mempool_t *pool);
/** mempool_free - to the reserve if that is not full; NULL is fine. Context: any. */
void mempool_free(void *element, mempool_t *pool);

/* Stock functions: objects of a cache without constructor, kmalloc() of a fixed size, pages of a fixed order. */
void *mempool_alloc_slab(gfp_t gfp, void *pool_data);
void mempool_free_slab(void *element, void *pool_data);
void *mempool_kmalloc(gfp_t gfp, void *pool_data);
void mempool_kfree(void *element, void *pool_data);
void *mempool_alloc_pages(gfp_t gfp, void *pool_data);
void mempool_free_pages(void *element, void *pool_data);

static inline int mempool_init_slab_pool(mempool_t *pool, int min_nr, struct kmem_cache *s)
{
	return mempool_init(pool, min_nr, mempool_alloc_slab, mempool_free_slab, (void *)s);
}

static inline mempool_t *mempool_create_slab_pool(int min_nr, struct kmem_cache *s)
{
	return mempool_create(min_nr, mempool_alloc_slab, mempool_free_slab, (void *)s);
}

static inline int mempool_init_kmalloc_pool(mempool_t *pool, int min_nr, size_t size)
{
	return mempool_init(pool, min_nr, mempool_kmalloc, mempool_kfree, (void *)size);
}

static inline mempool_t *mempool_create_kmalloc_pool(int min_nr, size_t size)
{
	return mempool_create(min_nr, mempool_kmalloc, mempool_kfree, (void *)size);
}

static inline int mempool_init_page_pool(mempool_t *pool, int min_nr, int order)
{
	return mempool_init(pool, min_nr, mempool_alloc_pages, mempool_free_pages, (void *)(long)order);
}

static inline mempool_t *mempool_create_page_pool(int min_nr, int order)
{
	return mempool_create(min_nr, mempool_alloc_pages, mempool_free_pages, (void *)(long)order);
}

#endif
