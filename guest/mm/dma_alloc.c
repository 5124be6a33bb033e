// SPDX-License-Identifier: MIT
/*
 * dma_alloc.c - memory that a device keeps.
 *
 * Shape:   blocks of pages with OWNER_DMA; the head's private is the device, its index the size in bytes. dma_root.nr_coherent
 *          counts them.
 * Zones:   the highest that the mask allows is asked first, with its fallback; what comes back beyond the mask goes back, and
 *          the next lower one is asked; a device that does not even reach all of
 *          the lowest is given pages of the bounce pool.
 * Locking: none of its own: a block's entry belongs to its owner. Context: as the gfp mask; frees: interrupts on.
 * Not here: contiguous areas set aside at boot, memory of the device's own.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/slab.h>

#include "dma.h"

#define ZONE_BITS (__GFP_DMA | __GFP_DMA32 | __GFP_HIGHMEM)

/* The highest zone whose pages may all be within the limit, as its gfp bit. */
static gfp_t zone_within(u64 limit)
{
	if (limit <= DMA_BIT_MASK(24))
		return GFP_DMA;
	return limit <= DMA_BIT_MASK(32) ? GFP_DMA32 : 0;
}

static gfp_t next_lower(gfp_t zone)
{
	return zone ? GFP_DMA : GFP_DMA32;
}

static __always_inline struct page *record(struct device *dev, struct page *page, size_t size)
{
	page->index = size;
	page->private = (uint64_t)dev;
	__atomic_fetch_add(&dma_root.nr_coherent, 1, __ATOMIC_RELAXED);
	return page;
}

static __always_inline bool is_within(const struct page *page, unsigned int order, u64 limit)
{
	return page_to_phys(page) + (PAGE_SIZE << order) - 1 <= limit;
}

/* What the first zone gave lies beyond the limit: @page goes back. */
static noinline struct page *take_lower(struct device *dev, size_t size, gfp_t gfp, u64 limit, struct page *page)
{
	unsigned int order = get_order(size);
	gfp_t zone = zone_within(limit);
	phys_addr_t at;

	do {
		__free_pages(page, order);
		if (zone == GFP_DMA) {
			/* No zone lies within its reach, or what it gave did not: the pool of bounce buffers does. */
			at = swiotlb_alloc(dev, size);
			return at ? phys_to_page(at) : NULL;
		}
		zone = next_lower(zone);
		page = alloc_pages_owner(gfp | zone, order, OWNER_DMA);
	} while (page && !is_within(page, order, limit));
	return page ? record(dev, page, size) : NULL;
}

/* A block within the device's reach, recorded as its buffer. Return: NULL if there is none. */
static __always_inline struct page *take_pages(struct device *dev, size_t size, gfp_t gfp)
{
	u64 limit = min_not_zero(dev->coherent_dma_mask, dev->bus_dma_limit);
	unsigned int order = get_order(size);
	struct page *page = alloc_pages_owner(gfp | zone_within(limit), order, OWNER_DMA);

	if (unlikely(!page))
		return NULL;
	return likely(is_within(page, order, limit)) ? record(dev, page, size)
						     : take_lower(dev, size, gfp, limit, page);
}

static __always_inline void give_pages(struct device *dev, struct page *page, size_t size)
{
	if (unlikely(dma_in_pool(page_to_phys(page)))) {
		swiotlb_free(dev, page_to_phys(page));
		return;
	}
	__atomic_fetch_sub(&dma_root.nr_coherent, 1, __ATOMIC_RELAXED);
	__free_pages(page, get_order(size));
}

void dma_driver_keeps(long pages)
{
	__atomic_fetch_add(&dma_root.kept_pages, (uint64_t)pages, __ATOMIC_RELAXED);
}

/* May this request be made at all? */
static __always_inline bool may_alloc(struct device *dev, size_t size, gfp_t gfp)
{
	if (WARN_ON_ONCE(!dev->coherent_dma_mask))
		return false;
	return size && !WARN_ON_ONCE(gfp & __GFP_COMP);
}

void *dma_alloc_attrs(struct device *dev, size_t size, dma_addr_t *handle, gfp_t gfp, unsigned long attrs)
{
	struct dma_ref ref = {.dev = dev, .size = size, .type = DMA_DEBUG_COHERENT, .dir = DMA_BIDIRECTIONAL};
	struct page *page;

	if (unlikely(!may_alloc(dev, size, gfp)))
		return NULL;
	if (attrs & DMA_ATTR_NO_WARN)
		gfp |= __GFP_NOWARN;
	page = take_pages(dev, size, (gfp & ~ZONE_BITS) | __GFP_ZERO);
	if (unlikely(!page))
		return NULL;
	*handle = ref.addr = ref.phys = page_to_phys(page);
	dma_debug_map(&ref);
	return attrs & DMA_ATTR_NO_KERNEL_MAPPING ? (void *)page : page_address(page);
}
EXPORT_SYMBOL(dma_alloc_attrs);

void dma_free_attrs(struct device *dev, size_t size, void *cpu_addr, dma_addr_t handle, unsigned long attrs)
{
	struct dma_ref ref = {
		.dev = dev, .addr = handle, .size = size, .type = DMA_DEBUG_COHERENT, .dir = DMA_BIDIRECTIONAL};
	struct page *page;

	WARN_ON(arch_irqs_disabled());
	if (!cpu_addr)
		return;
	page = attrs & DMA_ATTR_NO_KERNEL_MAPPING ? cpu_addr : virt_to_page(cpu_addr);
	ref.phys = page_to_phys(page);
	dma_debug_unmap(&ref);
	give_pages(dev, page, size);
}
EXPORT_SYMBOL(dma_free_attrs);

struct page *dma_alloc_pages(struct device *dev, size_t size, dma_addr_t *handle, enum dma_data_direction dir,
			     gfp_t gfp)
{
	struct dma_ref ref = {.dev = dev, .size = size, .type = DMA_DEBUG_NONCOHERENT, .dir = dir};
	struct page *page;

	if (!may_alloc(dev, size, gfp) || WARN_ON_ONCE(gfp & ZONE_BITS))
		return NULL;
	page = take_pages(dev, size, gfp | __GFP_ZERO);
	if (!page)
		return NULL;
	*handle = ref.addr = ref.phys = page_to_phys(page);
	dma_debug_map(&ref);
	return page;
}
EXPORT_SYMBOL_GPL(dma_alloc_pages);

void dma_free_pages(struct device *dev, size_t size, struct page *page, dma_addr_t handle, enum dma_data_direction dir)
{
	struct dma_ref ref = {.dev = dev,
			      .addr = handle,
			      .size = size,
			      .phys = page_to_phys(page),
			      .type = DMA_DEBUG_NONCOHERENT,
			      .dir = dir};

	dma_debug_unmap(&ref);
	give_pages(dev, page, size);
}
EXPORT_SYMBOL_GPL(dma_free_pages);

/* ---- as a table ---- */

struct sg_table *dma_alloc_noncontiguous(struct device *dev, size_t size, enum dma_data_direction dir, gfp_t gfp,
					 unsigned long attrs)
{
	struct sg_table *sgt = kmalloc(sizeof(*sgt), gfp);
	struct page *page;
	dma_addr_t addr;

	if (WARN_ON_ONCE(attrs & ~DMA_ATTR_ALLOC_SINGLE_PAGES) || !sgt)
		goto no_table;
	if (sg_alloc_table(sgt, 1, gfp))
		goto no_table;
	page = dma_alloc_pages(dev, size, &addr, dir, gfp);
	if (!page)
		goto no_pages;
	sg_set_page(sgt->sgl, page, (unsigned int)PAGE_ALIGN(size), 0);
	sg_dma_address(sgt->sgl) = addr;
	sg_dma_len(sgt->sgl) = sgt->sgl->length;
	return sgt;
no_pages:
	sg_free_table(sgt);
no_table:
	kfree(sgt);
	return NULL;
}
EXPORT_SYMBOL_GPL(dma_alloc_noncontiguous);

void dma_free_noncontiguous(struct device *dev, size_t size, struct sg_table *sgt, enum dma_data_direction dir)
{
	dma_free_pages(dev, size, sg_page(sgt->sgl), sg_dma_address(sgt->sgl), dir);
	sg_free_table(sgt);
	kfree(sgt);
}
EXPORT_SYMBOL_GPL(dma_free_noncontiguous);

void *dma_vmap_noncontiguous(struct device *dev, size_t size, struct sg_table *sgt)
{
	(void)dev;
	(void)size;
	return page_address(sg_page(sgt->sgl));
}
EXPORT_SYMBOL_GPL(dma_vmap_noncontiguous);

void dma_vunmap_noncontiguous(struct device *dev, void *vaddr)
{
	(void)dev;
	(void)vaddr;
}
EXPORT_SYMBOL_GPL(dma_vunmap_noncontiguous);

int dma_get_sgtable_attrs(struct device *dev, struct sg_table *sgt, void *cpu_addr, dma_addr_t handle, size_t size,
			  unsigned long attrs)
{
	int err;

	(void)dev;
	(void)cpu_addr;
	(void)attrs;
	if (!virt_addr_valid(__va(handle)))
		return -ENXIO;
	err = sg_alloc_table(sgt, 1, GFP_KERNEL);
	if (!err)
		sg_set_page(sgt->sgl, phys_to_page(handle), (unsigned int)PAGE_ALIGN(size), 0);
	return err;
}
EXPORT_SYMBOL(dma_get_sgtable_attrs);

bool dma_can_mmap(struct device *dev)
{
	(void)dev;
	return false;
}
EXPORT_SYMBOL_GPL(dma_can_mmap);

int dma_mmap_attrs(struct device *dev, struct vm_area_struct *vma, void *cpu_addr, dma_addr_t handle, size_t size,
		   unsigned long attrs)
{
	(void)dev;
	(void)vma;
	(void)cpu_addr;
	(void)handle;
	(void)size;
	(void)attrs;
	return -ENXIO;
}
EXPORT_SYMBOL(dma_mmap_attrs);

int dma_mmap_pages(struct device *dev, struct vm_area_struct *vma, size_t size, struct page *page)
{
	return dma_mmap_attrs(dev, vma, NULL, page_to_phys(page), size, 0);
}
EXPORT_SYMBOL_GPL(dma_mmap_pages);

/* ---- given back with the driver ---- */

struct dma_devres {
	size_t size;
	void *vaddr;
	dma_addr_t handle;
	unsigned long attrs;
};

static void dmam_release(struct device *dev, void *res)
{
	struct dma_devres *d = res;

	dma_free_attrs(dev, d->size, d->vaddr, d->handle, d->attrs);
}

static int dmam_match(struct device *dev, void *res, void *match_data)
{
	struct dma_devres *d = res;

	(void)dev;
	return d->vaddr == match_data;
}

void *dmam_alloc_attrs(struct device *dev, size_t size, dma_addr_t *handle, gfp_t gfp, unsigned long attrs)
{
	struct dma_devres *d = devres_alloc(dmam_release, sizeof(*d), gfp);

	if (!d)
		return NULL;
	d->vaddr = dma_alloc_attrs(dev, size, handle, gfp, attrs);
	if (!d->vaddr) {
		devres_free(d);
		return NULL;
	}
	d->size = size;
	d->handle = *handle;
	d->attrs = attrs;
	devres_add(dev, d);
	return d->vaddr;
}
EXPORT_SYMBOL(dmam_alloc_attrs);

void dmam_free_coherent(struct device *dev, size_t size, void *vaddr, dma_addr_t handle)
{
	dma_free_coherent(dev, size, vaddr, handle);
	WARN_ON(devres_destroy(dev, dmam_release, dmam_match, vaddr));
}
EXPORT_SYMBOL(dmam_free_coherent);
