// SPDX-License-Identifier: MIT
/*
 * dma_pool.c - small blocks of coherent memory.
 *
 * Shape:   a pool's pages are on @avail while they have a free block, else on @full. A page's free blocks form a chain: each
 *          begins with the offset of the next. The page's head entry leads from a block back to its struct dma_page: both are
 *          aligned to their size.
 * Always:  nr_active == sum of in_use; nr_pages == entries of both lists; a page's chain has blocks_per_page - in_use links,
 *          all inside it, at the starts of blocks, none twice. Pages stay until the pool is destroyed.
 * Debug:   free blocks are filled with 0xa7 behind the link, handed-out ones with 0xa9; both are looked at.
 * Locking: pool->lock, interrupts off. Context: alloc as its gfp mask, free any; create and destroy: task.
 */
#include <linux/export.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include <linux/dmapool.h>

#include "dma.h"

#define POISON_FREED 0xa7
#define POISON_ALLOCATED 0xa9

static u32 *link_of(const struct dma_page *page, u32 offset)
{
	return (u32 *)((char *)page->vaddr + offset);
}

/* The block that follows the one at @offset, which neither crosses the boundary nor the end; the allocation's size: none. */
static u32 next_block(const struct dma_pool *pool, u32 offset)
{
	u32 next = offset + pool->size;

	if (next / pool->boundary != (next + pool->size - 1) / pool->boundary)
		next = round_up(next, pool->boundary);
	return next + pool->size <= pool->allocation ? next : pool->allocation;
}

static inline void poison(const struct dma_pool *pool, void *block, int what, size_t from)
{
#if MM_DEBUG >= 1
	memset((char *)block + from, what, pool->size - from);
#else
	(void)pool;
	(void)block;
	(void)what;
	(void)from;
#endif
}

/* ---- debug ---- */

#if MM_DEBUG >= 1
static void check_poison(const struct dma_pool *pool, const struct dma_page *page, u32 offset)
{
	const u8 *block = (const u8 *)page->vaddr + offset;

	for (u32 i = sizeof(u32); i < pool->size; i++) {
		if (block[i] == POISON_FREED)
			continue;
		WARN(1, "dma_pool_alloc %s, %#lx (corrupted): byte %u of a free block is %#x\n", pool->name,
		     (unsigned long)block, i, block[i]);
		break;
	}
}

/* Is it free already? Needs: lock. */
static bool already_free(const struct dma_pool *pool, const struct dma_page *page, u32 offset)
{
	u32 at = page->first;

	for (unsigned int n = 0; at < pool->allocation && n <= pool->blocks_per_page; n++) {
		if (at == offset)
			return true;
		at = *link_of(page, at);
	}
	return false;
}
#else
#define check_poison(pool, page, offset) ((void)(offset))
#define already_free(pool, page, offset) false
#endif

/* ---- pools ---- */

static bool nonsense(size_t size, size_t align, size_t boundary)
{
	return !size || size > INT_MAX || (align & (align - 1)) || (boundary & (boundary - 1)) ||
	       (boundary && boundary < size);
}

struct dma_pool *dma_pool_create(const char *name, struct device *dev, size_t size, size_t align, size_t boundary)
{
	struct dma_pool *pool;
	unsigned long irq;

	if (!dev || nonsense(size, align, boundary))
		return NULL;
	size = round_up(max_t(size_t, size, sizeof(u32)), align ? align : 1);
	if (boundary && boundary < size)
		return NULL;
	pool = kzalloc(sizeof(*pool), GFP_KERNEL);
	if (!pool)
		return NULL;
	pool->dev = dev;
	strscpy(pool->name, name, sizeof(pool->name));
	pool->order = (u32)get_order(size);
	pool->allocation = (u32)(PAGE_SIZE << pool->order);
	pool->size = (u32)size;
	pool->boundary = boundary ? (u32)min_t(size_t, boundary, pool->allocation) : pool->allocation;
	for (u32 at = 0; at < pool->allocation; at = next_block(pool, at))
		pool->blocks_per_page++;
	INIT_LIST_HEAD(&pool->avail);
	mm_lock_kind(&pool->lock, "DMA pool");
	INIT_LIST_HEAD(&pool->full);
	irq = mm_lock_write(&dma_root.lock);
	list_add_tail(&pool->node, &dev->dma_pools);
	mm_unlock_write(&dma_root.lock, irq);
	return pool;
}
EXPORT_SYMBOL(dma_pool_create);

/* A page of free blocks that is not in the pool yet. */
static struct dma_page *new_page(struct dma_pool *pool, gfp_t gfp)
{
	struct dma_page *page = kmalloc(sizeof(*page), gfp);
	dma_addr_t dma;

	if (!page)
		return NULL;
	*page = (struct dma_page){.pool = pool};
	page->vaddr = dma_alloc_coherent(pool->dev, pool->allocation, &dma, gfp);
	/* Bounce buffers that stand in for pages are aligned to a page only. */
	if (page->vaddr && (unsigned long)page->vaddr & (pool->allocation - 1)) {
		dma_free_coherent(pool->dev, pool->allocation, page->vaddr, dma);
		page->vaddr = NULL;
	}
	if (!page->vaddr) {
		kfree(page);
		return NULL;
	}
	page->dma = dma;
	for (u32 at = 0; at < pool->allocation;) {
		u32 next = next_block(pool, at);

		poison(pool, link_of(page, at), POISON_FREED, 0);
		*link_of(page, at) = next;
		at = next;
	}
	virt_to_page(page->vaddr)->mapping = (uint64_t)page;
	return page;
}

static __always_inline void *take_block(struct dma_pool *pool, dma_addr_t *handle)
{
	struct dma_page *page = list_first_entry_or_null(&pool->avail, struct dma_page, node);
	u32 offset;

	if (!page)
		return NULL;
	offset = page->first;
	check_poison(pool, page, offset);
	page->first = *link_of(page, offset);
	page->in_use++;
	pool->nr_active++;
	if (page->first >= pool->allocation)
		list_move(&page->node, &pool->full);
	*handle = page->dma + offset;
	return link_of(page, offset);
}

void *dma_pool_alloc(struct dma_pool *pool, gfp_t gfp, dma_addr_t *handle)
{
	gfp_t more = gfp & ~__GFP_ZERO;
	struct dma_page *page;
	unsigned long irq;
	void *block;

	if ((gfp & __GFP_DIRECT_RECLAIM) && unlikely(sleep_forbidden()))
		might_alloc(gfp);
	irq = mm_lock_write(&pool->lock);
	block = take_block(pool, handle);
	mm_unlock_write(&pool->lock, irq);
	if (unlikely(!block)) {
		page = new_page(pool, more);
		if (!page)
			return NULL;
		irq = mm_lock_write(&pool->lock);
		list_add(&page->node, &pool->avail);
		pool->nr_pages++;
		block = take_block(pool, handle);
		mm_unlock_write(&pool->lock, irq);
	}
	if (gfp & __GFP_ZERO)
		memset(block, 0, pool->size);
	else
		poison(pool, block, POISON_ALLOCATED, 0);
	return block;
}
EXPORT_SYMBOL(dma_pool_alloc);

/* Every allocation of a pool is aligned to its size, so a block leads to its page without a search. */
static inline struct dma_page *page_of(const struct dma_pool *pool, const void *vaddr)
{
	unsigned long start = (unsigned long)vaddr & ~((unsigned long)pool->allocation - 1);

	if (MM_DEBUG && !virt_addr_valid((void *)start))
		return NULL;
	if (MM_DEBUG && virt_to_page((void *)start)->owner != OWNER_DMA &&
	    !is_swiotlb_buffer(NULL, __pa((void *)start)))
		return NULL;
	return (struct dma_page *)virt_to_page((void *)start)->mapping;
}

/* What is wrong with giving this back? NULL: nothing. */
static inline const char *bad_block(const struct dma_pool *pool, const struct dma_page *page, const void *vaddr,
				    dma_addr_t handle)
{
	u32 offset;

	if (!page || page->pool != pool)
		return "bad vaddr";
	offset = (u32)((const char *)vaddr - (const char *)page->vaddr);
	if (handle - page->dma != offset)
		return "bad dma";
	if (MM_DEBUG && offset % pool->boundary % pool->size)
		return "bad vaddr";
	return already_free(pool, page, offset) ? "already free" : NULL;
}

void dma_pool_free(struct dma_pool *pool, void *vaddr, dma_addr_t handle)
{
	struct dma_page *page = page_of(pool, vaddr);
	unsigned long irq = mm_lock_write(&pool->lock);
	const char *wrong = bad_block(pool, page, vaddr, handle);

	if (likely(!wrong)) {
		poison(pool, vaddr, POISON_FREED, sizeof(u32));
		*(u32 *)vaddr = page->first;
		if (page->first >= pool->allocation)
			list_move(&page->node, &pool->avail);
		page->first = (u32)((char *)vaddr - (char *)page->vaddr);
		page->in_use--;
		pool->nr_active--;
	}
	mm_unlock_write(&pool->lock, irq);
	WARN(wrong != NULL, "dma_pool_free %s, %#lx/%#llx (%s)\n", pool->name, (unsigned long)vaddr, handle, wrong);
}
EXPORT_SYMBOL(dma_pool_free);

static void drop_pages(struct dma_pool *pool, struct list_head *pages)
{
	struct dma_page *page, *next;

	list_for_each_entry_safe (page, next, pages, node) {
		virt_to_page(page->vaddr)->mapping = 0;
		if (page->in_use)
			WARN(1, "dma_pool_destroy %s, %#lx busy: %u blocks in use, its page is lost\n", pool->name,
			     (unsigned long)page->vaddr, page->in_use);
		else
			dma_free_coherent(pool->dev, pool->allocation, page->vaddr, page->dma);
		list_del(&page->node);
		kfree(page);
	}
}

void dma_pool_destroy(struct dma_pool *pool)
{
	unsigned long irq;

	if (!pool)
		return;
	irq = mm_lock_write(&dma_root.lock);
	list_del(&pool->node);
	mm_unlock_write(&dma_root.lock, irq);
	drop_pages(pool, &pool->avail);
	drop_pages(pool, &pool->full);
	kfree(pool);
}
EXPORT_SYMBOL(dma_pool_destroy);

int dma_pools_show(struct device *dev, char *buf, size_t size)
{
	int len = scnprintf(buf, size, "poolinfo - 0.1\n");
	unsigned long irq = mm_lock_read(&dma_root.lock);
	struct dma_pool *pool;

	list_for_each_entry (pool, &dev->dma_pools, node)
		len += scnprintf(buf + len, size - (size_t)len, "%-16s %4lu %4lu %4u %2lu\n", pool->name,
				 (unsigned long)pool->nr_active,
				 (unsigned long)(pool->nr_pages * pool->blocks_per_page), pool->size,
				 (unsigned long)pool->nr_pages);
	mm_unlock_read(&dma_root.lock, irq);
	return len;
}
EXPORT_SYMBOL(dma_pools_show);

/* ---- destroyed with the driver ---- */

static void dmam_pool_release(struct device *dev, void *res)
{
	(void)dev;
	dma_pool_destroy(*(struct dma_pool **)res);
}

static int dmam_pool_match(struct device *dev, void *res, void *match_data)
{
	(void)dev;
	return *(struct dma_pool **)res == match_data;
}

struct dma_pool *dmam_pool_create(const char *name, struct device *dev, size_t size, size_t align, size_t boundary)
{
	struct dma_pool **res = devres_alloc(dmam_pool_release, sizeof(*res), GFP_KERNEL);

	if (!res)
		return NULL;
	*res = dma_pool_create(name, dev, size, align, boundary);
	if (!*res) {
		devres_free(res);
		return NULL;
	}
	devres_add(dev, res);
	return *res;
}
EXPORT_SYMBOL(dmam_pool_create);

void dmam_pool_destroy(struct dma_pool *pool)
{
	WARN_ON(devres_release(pool->dev, dmam_pool_release, dmam_pool_match, pool));
}
EXPORT_SYMBOL(dmam_pool_destroy);
