/* SPDX-License-Identifier: MIT */
/*
 * page_frag_cache.h - pieces of pages, for many small buffers that die in about the order in which they were made.
 *
 * The pieces of a block share its reference count; the block is free when the last of them and the cache itself are done
 * with it. A cache belongs to its user, who lets only one call at a time into it.
 */
#ifndef _LINUX_PAGE_FRAG_CACHE_H
#define _LINUX_PAGE_FRAG_CACHE_H

#include <linux/gfp.h>

#define PAGE_FRAG_CACHE_MAX_ORDER 3
#define PAGE_FRAG_CACHE_MAX_SIZE (PAGE_SIZE << PAGE_FRAG_CACHE_MAX_ORDER)

/**
 * struct page_frag_cache - all zero to begin with
 * @va:     the block that is being cut, NULL: none yet
 * @offset: where the next piece ends: they are cut from the end downwards
 * @size:   of the block
 * @bias:   references that the cache took in advance and did not give away yet
 */
struct page_frag_cache {
	void *va;
	unsigned int offset;
	unsigned int size;
	unsigned int bias;
	bool pfmemalloc;
};

static inline void page_frag_cache_init(struct page_frag_cache *nc)
{
	*nc = (struct page_frag_cache){NULL, 0, 0, 0, false};
}

/**
 * page_frag_alloc_align - @size bytes that start at a multiple of -@align_mask
 * Return: address, or NULL if there is no memory, or the piece is larger than the block that could be had.
 */
void *page_frag_alloc_align(struct page_frag_cache *nc, unsigned int size, gfp_t gfp, unsigned int align_mask);

static inline void *page_frag_alloc(struct page_frag_cache *nc, unsigned int size, gfp_t gfp)
{
	return page_frag_alloc_align(nc, size, gfp, ~0u);
}

/** page_frag_free - one piece, by any address in it. Context: any. */
void page_frag_free(void *addr);

/** page_frag_cache_drain - give up the block that is being cut. */
void page_frag_cache_drain(struct page_frag_cache *nc);

/** __page_frag_cache_drain - drop @count references of a block. */
void __page_frag_cache_drain(struct page *page, unsigned int count);

#endif
