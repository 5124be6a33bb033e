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
#include <linux/bug.h>
#include <linux/nodemask.h>

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

/* Which mobility bits there are; both at once is a mistake. */
#define GFP_MOVABLE_MASK (__GFP_RECLAIMABLE | __GFP_MOVABLE)

/** gfp_migratetype - the enum migratetype that @gfp asks for. */
static inline int gfp_migratetype(const gfp_t gfp)
{
	return (int)((gfp & GFP_MOVABLE_MASK) >> 3);
}

/** gfp_compaction_allowed - may pages be moved for the sake of this request? */
static inline bool gfp_compaction_allowed(gfp_t gfp)
{
	return (gfp & __GFP_IO) != 0;
}

/** gfp_pfmemalloc_allowed - may this request, here and now, ignore all marks? */
bool gfp_pfmemalloc_allowed(gfp_t gfp);

/** gfp_allowed_mask - what requests may contain just now: no reclaim before the scheduler runs. */
extern gfp_t gfp_allowed_mask;

/** alloc_pages_owner - alloc_pages() with the owner class (enum page_owner) recorded. */
struct page *alloc_pages_owner(gfp_t gfp, unsigned int order, enum page_owner owner);

/**
 * alloc_pages - 2^order contiguous pages
 *
 * The block is aligned to its size. Its first page carries the reference count, 1; with __GFP_COMP it stands for the
 * whole block and put_page() frees it.
 * Return: the first page, or NULL.
 */
static inline struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	return alloc_pages_owner(gfp, order, OWNER_RAW);
}
#define alloc_page(gfp) alloc_pages(gfp, 0)

/** __alloc_pages - from node @nid, which must exist, if @nodemask (NULL: any) has it. */
struct page *__alloc_pages(gfp_t gfp, unsigned int order, int nid, nodemask_t *nodemask);

static inline struct page *__alloc_pages_node(int nid, gfp_t gfp, unsigned int order)
{
	return __alloc_pages(gfp, order, nid, NULL);
}

/** alloc_pages_node - from node @nid, or the nearest for NUMA_NO_NODE. */
static inline struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order)
{
	return __alloc_pages_node(nid == NUMA_NO_NODE ? numa_mem_id() : nid, gfp, order);
}

/**
 * alloc_frozen_pages - a block without a reference count: it stays 0, and free_frozen_pages() frees the block at once
 */
struct page *alloc_frozen_pages(gfp_t gfp, unsigned int order);
void free_frozen_pages(struct page *page, unsigned int order);

/**
 * alloc_pages_nolock - a block if it can be had without waiting for any lock
 * @gfp: __GFP_ACCOUNT or nothing
 *
 * The memory is zero, a block of more than a page is compound. Context: any, even where a page allocation was interrupted.
 */
struct page *alloc_pages_nolock(gfp_t gfp, int nid, unsigned int order);
#define try_alloc_pages(nid, order) alloc_pages_nolock(0, nid, order)
void free_pages_nolock(struct page *page, unsigned int order);

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
void *alloc_pages_exact_nid(int nid, size_t size, gfp_t gfp);
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
#define alloc_pages_bulk_array_mempolicy(gfp, nr, pages) alloc_pages_bulk_array(gfp, nr, pages)
#define alloc_pages_bulk_mempolicy(gfp, nr, pages) alloc_pages_bulk_array(gfp, nr, pages)

/** alloc_pages_bulk_list - add up to @nr single pages to @list, by page->lru. Return: how many. */
unsigned long alloc_pages_bulk_list(gfp_t gfp, unsigned long nr, struct list_head *list);

static inline unsigned long alloc_pages_bulk_array_node(gfp_t gfp, int nid, unsigned long nr, struct page **pages)
{
	BUG_ON(nid != NUMA_NO_NODE && !node_online(nid));
	return alloc_pages_bulk_array(gfp, nr, pages);
}
#define alloc_pages_bulk_node(gfp, nid, nr, pages) alloc_pages_bulk_array_node(gfp, nid, nr, pages)

/** free_pages_bulk_array - drop one reference of each of @nr order-0 pages. */
void free_pages_bulk_array(unsigned long nr, struct page **pages);

/** gfp_names - a mask in words, what %pGg prints. Return: @buf. */
char *gfp_names(char *buf, size_t size, gfp_t gfp);
/** page_flag_names - the same for struct page.flags and %pGp */
char *page_flag_names(char *buf, size_t size, u32 flags);

/* ---- ranges ---- */

typedef unsigned int acr_flags_t;
#define ACR_FLAGS_NONE 0u
#define ACR_FLAGS_CMA 1u

/**
 * alloc_contig_range - the pages [start, end), each by itself
 * @type: MIGRATE_MOVABLE, for now: what the range counts as; older kernels' enum and newer ones' flags both fit
 *
 * All of one zone. Pages that somebody holds are in the way (-EBUSY) for good. Context: may sleep.
 * Return: 0, -EBUSY, -EINVAL (no range of one zone's managed pages), -ENOMEM.
 */
int alloc_contig_range(unsigned long start, unsigned long end, unsigned int type, gfp_t gfp);
/** alloc_contig_pages - @nr pages in a row from anywhere; aligned to their size if @nr is a power of two. */
struct page *alloc_contig_pages(unsigned long nr, gfp_t gfp, int nid, nodemask_t *nodemask);
/** free_contig_range - drop a reference of each; a page that is not freed by that is complained about. */
void free_contig_range(unsigned long pfn, unsigned long nr);
/** alloc_contig_frozen_pages, free_contig_frozen_range - the same without reference counts. */
struct page *alloc_contig_frozen_pages(unsigned long nr, gfp_t gfp, int nid, nodemask_t *nodemask);
void free_contig_frozen_range(unsigned long pfn, unsigned long nr);

/* ---- what CPUs keep for themselves ---- */

/** drain_local_pages - this CPU's lists of free pages back to @zone, or to all zones (NULL). Context: any. */
void drain_local_pages(struct zone *zone);
/** drain_all_pages - the same for all CPUs. Context: task, interrupts on. */
void drain_all_pages(struct zone *zone);

/** might_alloc - complain (with a stack trace, failing the running test) if @gfp may sleep where nobody may. */
void might_alloc(gfp_t gfp);

#endif
