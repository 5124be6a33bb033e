// SPDX-License-Identifier: MIT
/*
 * dma_sg.c - tables of pieces, and mapping them.
 *
 * A table's parts are pages of entries; the last entry of a part links to the next part. Pieces are mapped one by one; the
 * mapped form has as many entries as the table.
 * Locking: none: a table belongs to its caller. Context: any; allocations as their gfp mask.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/slab.h>

#include "dma.h"

/* ---- tables ---- */

struct scatterlist *sg_next(struct scatterlist *sg)
{
	if (sg_is_last(sg))
		return NULL;
	sg++;
	return unlikely(sg_is_chain(sg)) ? sg_chain_ptr(sg) : sg;
}
EXPORT_SYMBOL(sg_next);

struct scatterlist *sg_last(struct scatterlist *sgl, unsigned int nents)
{
	struct scatterlist *sg, *last = NULL;
	unsigned int i;

	for_each_sg(sgl, sg, nents, i) last = sg;
	return last;
}
EXPORT_SYMBOL(sg_last);

int sg_nents(struct scatterlist *sg)
{
	int n = 0;

	for (; sg; sg = sg_next(sg))
		n++;
	return n;
}
EXPORT_SYMBOL(sg_nents);

void sg_init_table(struct scatterlist *sgl, unsigned int nents)
{
	memset(sgl, 0, nents * sizeof(*sgl));
	sg_mark_end(&sgl[nents - 1]);
}
EXPORT_SYMBOL(sg_init_table);

void sg_init_one(struct scatterlist *sg, const void *buf, unsigned int len)
{
	sg_init_table(sg, 1);
	sg_set_buf(sg, buf, len);
}
EXPORT_SYMBOL(sg_init_one);

void sg_free_table(struct sg_table *table)
{
	struct scatterlist *part = table->sgl;
	unsigned int left = table->orig_nents;

	while (part) {
		struct scatterlist *next = NULL;

		if (left > SG_MAX_SINGLE_ALLOC) {
			next = sg_chain_ptr(&part[SG_MAX_SINGLE_ALLOC - 1]);
			left -= SG_MAX_SINGLE_ALLOC - 1;
		}
		kfree(part);
		part = next;
	}
	*table = (struct sg_table){};
}
EXPORT_SYMBOL(sg_free_table);

int sg_alloc_table(struct sg_table *table, unsigned int nents, gfp_t gfp)
{
	struct scatterlist *prev = NULL;
	unsigned int left = nents;

	*table = (struct sg_table){};
	if (!nents)
		return -EINVAL;
	while (left) {
		unsigned int here = left > SG_MAX_SINGLE_ALLOC ? SG_MAX_SINGLE_ALLOC : left;
		unsigned int used = here == left ? here : here - 1;
		struct scatterlist *part = kmalloc_array(here, sizeof(*part), gfp);

		if (!part) {
			/* What is there already ends with the last part: its link is missing, its entries count. */
			if (table->sgl)
				table->orig_nents++;
			sg_free_table(table);
			return -ENOMEM;
		}
		sg_init_table(part, here);
		if (prev)
			sg_chain(prev, SG_MAX_SINGLE_ALLOC, part);
		else
			table->sgl = part;
		prev = part;
		left -= used;
		table->orig_nents = table->nents = nents - left;
	}
	return 0;
}
EXPORT_SYMBOL(sg_alloc_table);

/* From @pages[i] on: how many follow each other in memory? */
static unsigned int run_of(struct page **pages, unsigned int i, unsigned int nr)
{
	unsigned int n = 1;

	while (i + n < nr && pages[i + n] == pages[i] + n && (n + 1) << PAGE_SHIFT > n << PAGE_SHIFT)
		n++;
	return n;
}

int sg_alloc_table_from_pages(struct sg_table *table, struct page **pages, unsigned int nr, unsigned int offset,
			      unsigned long size, gfp_t gfp)
{
	unsigned int runs = 0, at = 0, i;
	struct scatterlist *sg;
	int err;

	for (unsigned int p = 0; p < nr; p += run_of(pages, p, nr))
		runs++;
	err = sg_alloc_table(table, runs, gfp);
	if (err)
		return err;
	for_each_sgtable_sg(table, sg, i)
	{
		unsigned int n = run_of(pages, at, nr);
		unsigned long len = ((unsigned long)n << PAGE_SHIFT) - offset;

		len = min(len, size);
		sg_set_page(sg, pages[at], (unsigned int)len, offset);
		size -= len;
		offset = 0;
		at += n;
	}
	return 0;
}
EXPORT_SYMBOL(sg_alloc_table_from_pages);

static size_t sg_copy(struct scatterlist *sgl, unsigned int nents, char *buf, size_t len, bool to_buffer)
{
	struct scatterlist *sg;
	size_t done = 0;
	unsigned int i;

	for_each_sg(sgl, sg, nents, i)
	{
		size_t n = min_t(size_t, sg->length, len - done);

		if (to_buffer)
			memcpy(buf + done, sg_virt(sg), n);
		else
			memcpy(sg_virt(sg), buf + done, n);
		done += n;
	}
	return done;
}

size_t sg_copy_from_buffer(struct scatterlist *sgl, unsigned int nents, const void *buf, size_t len)
{
	return sg_copy(sgl, nents, (char *)(unsigned long)buf, len, false);
}
EXPORT_SYMBOL(sg_copy_from_buffer);

size_t sg_copy_to_buffer(struct scatterlist *sgl, unsigned int nents, void *buf, size_t len)
{
	return sg_copy(sgl, nents, buf, len, true);
}
EXPORT_SYMBOL(sg_copy_to_buffer);

/* ---- mapping ---- */

static struct dma_ref ref_of(struct device *dev, struct scatterlist *sg, unsigned int nents,
			     enum dma_data_direction dir)
{
	return (struct dma_ref){.dev = dev,
				.addr = sg_dma_address(sg),
				.size = sg_dma_len(sg),
				.phys = sg_phys(sg),
				.type = DMA_DEBUG_SG,
				.dir = dir,
				.nents = nents};
}

/* 0 or -EIO; then nothing is mapped. */
static int map_all(struct device *dev, struct scatterlist *sgl, unsigned int nents, enum dma_data_direction dir,
		   unsigned long attrs)
{
	struct scatterlist *sg, *undo;
	unsigned int i, j;

	for_each_sg(sgl, sg, nents, i)
	{
		dma_debug_memory(dev, sg_phys(sg), sg->length);
		sg->dma_address = dma_map_one(dev, sg_phys(sg), sg->length, dir, attrs);
		if (sg->dma_address == DMA_MAPPING_ERROR)
			break;
		sg_dma_len(sg) = sg->length;
	}
	if (i == nents)
		return 0;
	for_each_sg(sgl, undo, i, j)
		dma_unmap_one(dev, sg_dma_address(undo), sg_dma_len(undo), dir, attrs | DMA_ATTR_SKIP_CPU_SYNC);
	return -EIO;
}

static int map_table(struct device *dev, struct scatterlist *sgl, int nents, enum dma_data_direction dir,
		     unsigned long attrs)
{
	struct scatterlist *sg;
	int i, err;

	BUG_ON(!valid_dma_direction(dir));
	if (WARN_ON_ONCE(!dev->dma_mask))
		return -EIO;
	if (nents <= 0)
		return -EINVAL;
	err = map_all(dev, sgl, (unsigned int)nents, dir, attrs);
	if (err)
		return err;
	for_each_sg(sgl, sg, nents, i)
	{
		struct dma_ref ref = ref_of(dev, sg, (unsigned int)nents, dir);

		dma_debug_segment(dev, ref.addr, ref.size);
		dma_debug_map(&ref);
	}
	return 0;
}

unsigned int dma_map_sg_attrs(struct device *dev, struct scatterlist *sg, int nents, enum dma_data_direction dir,
			      unsigned long attrs)
{
	return map_table(dev, sg, nents, dir, attrs) ? 0 : (unsigned int)nents;
}
EXPORT_SYMBOL(dma_map_sg_attrs);

int dma_map_sgtable(struct device *dev, struct sg_table *sgt, enum dma_data_direction dir, unsigned long attrs)
{
	int err = map_table(dev, sgt->sgl, (int)sgt->orig_nents, dir, attrs);

	if (!err)
		sgt->nents = sgt->orig_nents;
	return err;
}
EXPORT_SYMBOL_GPL(dma_map_sgtable);

void dma_unmap_sg_attrs(struct device *dev, struct scatterlist *sgl, int nents, enum dma_data_direction dir,
			unsigned long attrs)
{
	struct scatterlist *sg;
	int i;

	BUG_ON(!valid_dma_direction(dir));
	for_each_sg(sgl, sg, nents, i)
	{
		struct dma_ref ref = ref_of(dev, sg, (unsigned int)nents, dir);

		dma_debug_unmap(&ref);
		dma_unmap_one(dev, ref.addr, ref.size, dir, attrs);
	}
}
EXPORT_SYMBOL(dma_unmap_sg_attrs);

static void sync_all(struct device *dev, struct scatterlist *sgl, int nents, enum dma_data_direction dir, bool for_cpu)
{
	struct scatterlist *sg;
	int i;

	BUG_ON(!valid_dma_direction(dir));
	for_each_sg(sgl, sg, nents, i)
	{
		struct dma_ref ref = ref_of(dev, sg, (unsigned int)nents, dir);

		dma_debug_sync(&ref, for_cpu);
		if (is_swiotlb_buffer(dev, ref.addr) && dir != (for_cpu ? DMA_TO_DEVICE : DMA_FROM_DEVICE))
			swiotlb_sync(dev, ref.addr, ref.size, for_cpu);
	}
}

void dma_sync_sg_for_cpu(struct device *dev, struct scatterlist *sg, int nents, enum dma_data_direction dir)
{
	sync_all(dev, sg, nents, dir, true);
}
EXPORT_SYMBOL(dma_sync_sg_for_cpu);

void dma_sync_sg_for_device(struct device *dev, struct scatterlist *sg, int nents, enum dma_data_direction dir)
{
	sync_all(dev, sg, nents, dir, false);
}
EXPORT_SYMBOL(dma_sync_sg_for_device);
