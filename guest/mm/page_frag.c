// SPDX-License-Identifier: MIT
/*
 * page_frag.c - pieces of pages (see <linux/page_frag_cache.h>).
 *
 * Count:   a new block gets many references at once, the bias; each piece takes one of them along, which costs nothing. When
 *          the block is used up, the rest of the bias is taken off the count in one step: what is left then are the pieces
 *          out there. If none is, the same block is cut again.
 * Locking: none; the cache's user sees to that. Pieces are freed by anybody.
 */
#include <linux/export.h>
#include <linux/page_frag_cache.h>

#include "pages.h"

#define FRAG_BIAS PAGE_FRAG_CACHE_MAX_SIZE

void __page_frag_cache_drain(struct page *page, unsigned int count)
{
	if (page_ref_sub_and_test(page, (int)count))
		free_block(page, page->order);
}
EXPORT_SYMBOL(__page_frag_cache_drain);

void page_frag_cache_drain(struct page_frag_cache *nc)
{
	if (nc->va)
		__page_frag_cache_drain(virt_to_head_page(nc->va), nc->bias);
	page_frag_cache_init(nc);
}
EXPORT_SYMBOL(page_frag_cache_drain);

/* A block to cut from: large if that is easily had. */
static bool new_block(struct page_frag_cache *nc, gfp_t gfp)
{
	gfp_t large = (gfp & ~__GFP_DIRECT_RECLAIM) | __GFP_COMP | __GFP_NOWARN | __GFP_NORETRY | __GFP_NOMEMALLOC;
	struct page *page = alloc_pages(large, PAGE_FRAG_CACHE_MAX_ORDER);

	if (!page)
		page = alloc_page(gfp);
	if (!page)
		return false;
	page_ref_add(page, FRAG_BIAS);
	*nc = (struct page_frag_cache){.va = page_address(page),
				       .size = (unsigned int)(PAGE_SIZE << page->order),
				       .offset = (unsigned int)(PAGE_SIZE << page->order),
				       .bias = FRAG_BIAS + 1,
				       .pfmemalloc = page_is_pfmemalloc(page)};
	return true;
}

/* The block is used up. If no piece of it is out there any more it is as good as new; else it is theirs. */
static bool recycle(struct page_frag_cache *nc)
{
	struct page *page = virt_to_head_page(nc->va);

	if (!page_ref_sub_and_test(page, (int)nc->bias)) {
		nc->va = NULL;
		return false;
	}
	if (nc->pfmemalloc) {
		free_block(page, page->order);
		nc->va = NULL;
		return false;
	}
	set_page_count(page, FRAG_BIAS + 1);
	nc->bias = FRAG_BIAS + 1;
	nc->offset = nc->size;
	return true;
}

void *page_frag_alloc_align(struct page_frag_cache *nc, unsigned int size, gfp_t gfp, unsigned int align_mask)
{
	if (!nc->va && !new_block(nc, gfp))
		return NULL;
	if (nc->offset < size) {
		/* What no block can hold must not cost one after the other. */
		if (size > nc->size && nc->size == PAGE_FRAG_CACHE_MAX_SIZE)
			return NULL;
		if (!recycle(nc) && !new_block(nc, gfp))
			return NULL;
		if (size > nc->size)
			return NULL;
	}
	nc->offset = (nc->offset - size) & align_mask;
	nc->bias--;
	return (char *)nc->va + nc->offset;
}
EXPORT_SYMBOL(page_frag_alloc_align);

void page_frag_free(void *addr)
{
	put_page(virt_to_page(addr));
}
EXPORT_SYMBOL(page_frag_free);
