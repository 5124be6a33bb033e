/* SPDX-License-Identifier: MIT */
/*
 * page_debug.h - where the page allocator tells the debug kernel what it does. In the release kernel none of this exists.
 */
#ifndef GUEST_MM_PAGE_DEBUG_H
#define GUEST_MM_PAGE_DEBUG_H

#include <linux/gfp_types.h>
#include <linux/mm_types.h>

/** page_ext_of - the debug kernel's entry of a page of RAM, NULL if there are none */
static inline struct page_ext *page_ext_of(unsigned long pfn)
{
	struct page_debug *debug = mm_root.page_debug;

	return debug && debug->ext ? debug->ext + pfn : NULL;
}

#if MM_DEBUG

/**
 * page_debug_alloc - a block left the free lists for a user: is its poison whole? And note whose it is.
 * After the entry is filled in, before the block is cleared.
 */
void page_debug_alloc(struct page *page, unsigned int order, gfp_t gfp);

/** page_debug_free - a block that passed all checks is about to go on a free list: note by whom, and poison it. */
void page_debug_free(struct page *page, unsigned int order);

/** page_debug_split - an allocated block of order @from becomes blocks of order @to, all of the same owner. */
void page_debug_split(struct page *page, unsigned int from, unsigned int to);

/** should_fail_alloc_page - does fail_page_alloc= want this request to fail? */
bool should_fail_alloc_page(gfp_t gfp, unsigned int order);

#else

static inline void page_debug_alloc(struct page *page, unsigned int order, gfp_t gfp)
{
	(void)page, (void)order, (void)gfp;
}

static inline void page_debug_free(struct page *page, unsigned int order)
{
	(void)page, (void)order;
}

static inline void page_debug_split(struct page *page, unsigned int from, unsigned int to)
{
	(void)page, (void)from, (void)to;
}

static inline bool should_fail_alloc_page(gfp_t gfp, unsigned int order)
{
	(void)gfp, (void)order;
	return false;
}

#endif

#endif
