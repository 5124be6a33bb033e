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

/**
 * page_debug_free - the last reference of a block is gone: note by whom, and poison it
 * Return: false if it is not fit to be free (that was said): leave it alone.
 */
bool page_debug_free(struct page *page, unsigned int order);

/** page_debug_split - an allocated block of @order becomes blocks of order @to, all of the same owner. */
void page_debug_split(struct page *page, unsigned int order, unsigned int to);

/** page_debug_refuse - shall this request fail on purpose (fail_page_alloc.c)? */
bool page_debug_refuse(gfp_t gfp, unsigned int order);

#else

static __always_inline void page_debug_alloc(struct page *page, unsigned int order, gfp_t gfp)
{
	(void)page, (void)order, (void)gfp;
}

static __always_inline bool page_debug_free(struct page *page, unsigned int order)
{
	(void)page, (void)order;
	return true;
}

static __always_inline void page_debug_split(struct page *page, unsigned int order, unsigned int to)
{
	(void)page, (void)order, (void)to;
}

static __always_inline bool page_debug_refuse(gfp_t gfp, unsigned int order)
{
	(void)gfp, (void)order;
	return false;
}

#endif

#endif
