/* SPDX-License-Identifier: MIT */
/*
 * mempool.h - reserves of elements, as the guest keeps them and the inspector reads them.
 *
 * Pools hang on mm_root.mempools, under mm_root.mempool_lock, from when they are made until they end. What an element is, its
 * kind says: by it a reader knows what must be allocated behind each pointer of the reserve.
 */
#ifndef MMV_SHARED_MEMPOOL_H
#define MMV_SHARED_MEMPOOL_H

#include "shared/lock.h"
#include "shared/types.h"

enum mempool_kind {
	MEMPOOL_OTHER,   /* the owner's functions: anything */
	MEMPOOL_SLAB,    /* objects of the cache @pool_data */
	MEMPOOL_KMALLOC, /* kmalloc() of @pool_data bytes */
	MEMPOOL_PAGES,   /* struct page of blocks of order @pool_data */
	NR_MEMPOOL_KINDS,
};
#define MEMPOOL_KIND_NAMES                                                                                             \
	{                                                                                                              \
		"other", "slab", "kmalloc", "pages"                                                                    \
	}

#if MM_GUEST
typedef void *(mempool_alloc_t)(unsigned int gfp, void *pool_data);
typedef void(mempool_free_t)(void *element, void *pool_data);
#endif

/**
 * struct mempool - the reserve
 * @elements: [0, curr_nr) lie ready; room for min_nr
 * @lock:     what min_nr, curr_nr and elements are under
 */
typedef struct mempool {
	struct mm_lock lock;
	int32_t min_nr;
	int32_t curr_nr;
	GPTR(void *) elements;
	GPTR(void) pool_data;
	GPTR(mempool_alloc_t) alloc;
	GPTR(mempool_free_t) free;
	struct wait_queue_head wait;
	struct list_head list; /* on mm_root.mempools */
	uint32_t kind;         /* (c) enum mempool_kind */
	uint32_t reserved;
} mempool_t;
MMV_SIZE(struct mempool, 112);

#endif
