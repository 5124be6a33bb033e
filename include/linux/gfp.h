/* SPDX-License-Identifier: MIT */
/*
 * gfp.h - the page allocator: blocks of 2^order physically contiguous pages.
 *
 * What comes from a call here is given back by its counterpart, with the same order or size. Allocation and freeing
 * work in any context that the mask allows: with __GFP_DIRECT_RECLAIM only where sleeping is allowed.
 */
#ifndef _LINUX_GFP_H
#define _LINUX_GFP_H

#include <linux/types.h>
#include <linux/gfp_types.h>
#include <linux/mmzone.h>

static inline bool gfpflags_allow_blocking(const gfp_t gfp)
{
	return (gfp & __GFP_DIRECT_RECLAIM) != 0;
}

static inline bool gfpflags_allow_spinning(const gfp_t gfp)
{
	return (gfp & __GFP_RECLAIM) != 0;
}

static inline bool gfp_has_io_fs(gfp_t gfp)
{
	return (gfp & (__GFP_IO | __GFP_FS)) == (__GFP_IO | __GFP_FS);
}

static inline bool gfp_has_flags(gfp_t gfp, gfp_t flags)
{
	return (gfp & flags) == flags;
}

/*
 * Highest zone by the four zone bits, four bits an entry. More than one of DMA, DMA32 and HIGHMEM is a mistake and gets
 * the zone that everybody can reach.
 */
#define GFP_ZONE_ENTRY(bits, zone) ((unsigned long)(zone) << ((bits)*4))
#define GFP_ZONE_TABLE                                                                                                 \
	(GFP_ZONE_ENTRY(0x0, ZONE_NORMAL) | GFP_ZONE_ENTRY(0x1, ZONE_DMA) | GFP_ZONE_ENTRY(0x2, ZONE_NORMAL) |         \
	 GFP_ZONE_ENTRY(0x4, ZONE_DMA32) | GFP_ZONE_ENTRY(0x8, ZONE_NORMAL) | GFP_ZONE_ENTRY(0x9, ZONE_DMA) |          \
	 GFP_ZONE_ENTRY(0xa, ZONE_MOVABLE) | GFP_ZONE_ENTRY(0xc, ZONE_DMA32))

/** gfp_zone - the highest zone that @gfp may take from. */
static inline enum zone_type gfp_zone(gfp_t gfp)
{
	return (enum zone_type)((GFP_ZONE_TABLE >> ((gfp & GFP_ZONEMASK) * 4)) & 0xf);
}

/** gfp_allowed_mask - what requests may contain just now: no reclaim before the scheduler runs. */
extern gfp_t gfp_allowed_mask;

/**
 * alloc_pages - 2^order contiguous pages
 *
 * The block is aligned to its size. Its first page carries the reference count, 1; with __GFP_COMP it stands for the
 * whole block and put_page() frees it.
 * Return: the first page, or NULL.
 */
struct page *alloc_pages(gfp_t gfp, unsigned int order);
#define alloc_page(gfp) alloc_pages(gfp, 0)

/** alloc_pages_owner - the same, with the owner class (enum page_owner) recorded. */
struct page *alloc_pages_owner(gfp_t gfp, unsigned int order, enum page_owner owner);

static inline struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order)
{
	(void)nid; /* one node */
	return alloc_pages(gfp, order);
}
#define __alloc_pages_node(nid, gfp, order) alloc_pages_node(nid, gfp, order)

/** __get_free_pages - the same as an address in the direct map; 0 on failure. __GFP_HIGHMEM is ignored. */
unsigned long __get_free_pages(gfp_t gfp, unsigned int order);
#define __get_free_page(gfp) __get_free_pages((gfp), 0)
#define __get_dma_pages(gfp, order) __get_free_pages((gfp) | GFP_DMA, (order))

/** get_zeroed_page - one page of zeros; 0 on failure. */
unsigned long get_zeroed_page(gfp_t gfp);

/** __free_pages - drop a reference of the block; the last one frees it. @order must be that of the allocation. */
void __free_pages(struct page *page, unsigned int order);
#define __free_page(page) __free_pages((page), 0)

/** free_pages - the same by address; 0 is fine. */
void free_pages(unsigned long addr, unsigned int order);
#define free_page(addr) free_pages((addr), 0)

/**
 * alloc_pages_exact - @size bytes, rounded up to whole pages, contiguous
 *
 * The pages are independent of each other; what the enclosing block has beyond them goes back at once.
 * Return: address, or NULL. Give back with free_pages_exact() and the same size.
 */
void *alloc_pages_exact(size_t size, gfp_t gfp);
void free_pages_exact(void *virt, size_t size);

/** split_page - turn a block without __GFP_COMP into 2^order independent pages. */
void split_page(struct page *page, unsigned int order);

/**
 * alloc_pages_bulk_array - fill the NULL entries of @pages with single pages
 * Return: how many entries from the start are filled now; may be less than @nr.
 */
unsigned long alloc_pages_bulk_array(gfp_t gfp, unsigned long nr, struct page **pages);
unsigned long alloc_pages_bulk_owner(gfp_t gfp, unsigned long nr, struct page **pages, enum page_owner owner);
#define alloc_pages_bulk(gfp, nr, pages) alloc_pages_bulk_array(gfp, nr, pages)

static inline unsigned long alloc_pages_bulk_array_node(gfp_t gfp, int nid, unsigned long nr, struct page **pages)
{
	(void)nid;
	return alloc_pages_bulk_array(gfp, nr, pages);
}

/** free_pages_bulk_array - drop one reference of each of @nr order-0 pages. */
void free_pages_bulk_array(unsigned long nr, struct page **pages);

/** gfp_names - a mask in words, what %pGg prints. Return: @buf. */
char *gfp_names(char *buf, size_t size, gfp_t gfp);
/** page_flag_names - the same for struct page.flags and %pGp */
char *page_flag_names(char *buf, size_t size, u32 flags);

/** might_alloc - complain (with a stack trace, failing the running test) if @gfp may sleep where nobody may. */
void might_alloc(gfp_t gfp);

#endif
