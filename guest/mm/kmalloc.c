// SPDX-License-Identifier: MIT
/*
 * kmalloc.c - memory of any size: size classes of caches up to 8 KiB, whole pages beyond.
 *
 * Shape:   kmalloc_caches[type][class]: 13 classes (8, 16, 32, 64, 96, 128, 192, 256, 512, 1k, 2k, 4k, 8k) for each of
 *          four types, by what the mask says about zone, reclaim and accounting. All of them are part of the image, so a
 *          kmalloc() of constant size and mask knows its cache's address when it is compiled.
 *          Beyond: a block of pages with owner OWNER_KMALLOC, whose first page's entry knows the order.
 * Always:  a power-of-two size is aligned to itself: the class is as large, its objects start on a slab's first byte, and
 *          the class's size divides that of a slab.
 * kfree() (slab.c) finds out from the entry of the block behind the address which of the two it is.
 * Locking: none of its own.
 */
#include <linux/export.h>
#include <linux/sprintf.h>
#include <linux/string.h>

#include "slab.h"

#define KMALLOC_CACHE(prefix, text, bytes, more)                                                                       \
	{                                                                                                              \
		.name = prefix text, .object_size = (bytes), .flags = SLAB_KMALLOC | (more), .refcount = 1,            \
		.align = (bytes) & -(bytes), .usersize = (bytes),                                                      \
	}
#define KMALLOC_SET(prefix, more)                                                                                      \
	{                                                                                                              \
		KMALLOC_CACHE(prefix, "8", 8, more), KMALLOC_CACHE(prefix, "16", 16, more),                            \
			KMALLOC_CACHE(prefix, "32", 32, more), KMALLOC_CACHE(prefix, "64", 64, more),                  \
			KMALLOC_CACHE(prefix, "96", 96, more), KMALLOC_CACHE(prefix, "128", 128, more),                \
			KMALLOC_CACHE(prefix, "192", 192, more), KMALLOC_CACHE(prefix, "256", 256, more),              \
			KMALLOC_CACHE(prefix, "512", 512, more), KMALLOC_CACHE(prefix, "1k", 1024, more),              \
			KMALLOC_CACHE(prefix, "2k", 2048, more), KMALLOC_CACHE(prefix, "4k", 4096, more),              \
			KMALLOC_CACHE(prefix, "8k", 8192, more),                                                       \
	}

struct kmem_cache kmalloc_caches[NR_KMALLOC_TYPES][KMALLOC_NR_CLASSES] = {
	[KMALLOC_NORMAL] = KMALLOC_SET("kmalloc-", 0),
	[KMALLOC_DMA] = KMALLOC_SET("dma-kmalloc-", SLAB_CACHE_DMA),
	[KMALLOC_RECLAIM] = KMALLOC_SET("kmalloc-rcl-", SLAB_RECLAIM_ACCOUNT),
	[KMALLOC_CGROUP] = KMALLOC_SET("kmalloc-cg-", SLAB_ACCOUNT),
};
EXPORT_SYMBOL(kmalloc_caches);

/* Class by (size - 1) / 8, for sizes up to 192. */
static const u8 small_class[24] = {0, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 6};

static __always_inline unsigned int class_of(size_t size)
{
	if (size <= 192)
		return small_class[(size - 1) / 8];
	return size <= 256 ? 7 : 63 - (unsigned int)__builtin_clzl(size - 1);
}

void *kmalloc_large(size_t size, gfp_t gfp)
{
	unsigned int order = get_order(size);
	struct page *page;

	if (unlikely(size > KMALLOC_MAX_SIZE)) {
		WARN_ONCE(!(gfp & __GFP_NOWARN), "kmalloc: %zu bytes are more than the largest block has\n", size);
		return NULL;
	}
	page = alloc_pages_owner(slab_fix_gfp(gfp) | __GFP_COMP, order, OWNER_KMALLOC);
	return page ? page_address(page) : NULL;
}
EXPORT_SYMBOL(kmalloc_large);

void *__kmalloc(size_t size, gfp_t gfp)
{
	if (unlikely(size > KMALLOC_MAX_CACHE_SIZE))
		return kmalloc_large(size, gfp);
	if (unlikely(!size))
		return ZERO_SIZE_PTR;
	return __kmalloc_cache(&kmalloc_caches[kmalloc_type(gfp)][class_of(size)], gfp, size);
}
EXPORT_SYMBOL(__kmalloc);

void kfree_large(const void *obj)
{
	struct page *head;

	if (ZERO_OR_NULL_PTR(obj))
		return;
	head = obj_head(obj);
	if (!head || head->owner != OWNER_KMALLOC || page_address(head) != obj)
		WARN(1, "kfree(%lx): Not a kmalloc allocation\n", (unsigned long)obj);
	else
		__free_pages(head, head->order);
}

/* What @obj holds; and in @asked what its user may use of it: the same, but where debugging knows better. */
static size_t size_of(const void *obj, size_t *asked)
{
	const struct slab *page = obj_page(obj);
	const struct page *head;

	*asked = 0;
	if (likely(page)) {
		*asked = slab_debug_asked(page->slab_cache, obj);
		return page->slab_cache->object_size;
	}
	head = obj_head(obj);
	if (WARN_ON_ONCE(!head || head->owner != OWNER_KMALLOC))
		return 0;
	return *asked = PAGE_SIZE << head->order;
}

/* The user of an object in a slab goes over to using @size bytes of it. */
static void resize(const void *obj, size_t size)
{
	const struct slab *slab = obj_page(obj);

	if (slab)
		slab_debug_resize(slab->slab_cache, (void *)obj, size);
}

/* Who asks how much there is may use it all. */
size_t ksize(const void *obj)
{
	size_t asked, size;

	if (ZERO_OR_NULL_PTR(obj))
		return 0;
	size = size_of(obj, &asked);
	if (MM_DEBUG && asked != size)
		resize(obj, size);
	return size;
}
EXPORT_SYMBOL(ksize);

/* As alloc_pages_nolock(): locks of caches are held with interrupts off, so nothing but an NMI can find one taken by its own CPU. */
void *kmalloc_nolock(size_t size, gfp_t gfp, int node)
{
	(void)node;
	if (WARN_ON_ONCE(gfp & ~(__GFP_ACCOUNT | __GFP_ZERO | __GFP_NO_OBJ_EXT)))
		return NULL;
	if (size > KMALLOC_MAX_CACHE_SIZE || in_nmi())
		return NULL;
	return __kmalloc(size, gfp | __GFP_NOWARN | __GFP_NOMEMALLOC);
}
EXPORT_SYMBOL(kmalloc_nolock);

void kfree_nolock(const void *obj)
{
	BUG_ON(in_nmi());
	kfree(obj);
}
EXPORT_SYMBOL(kfree_nolock);

void kfree_sensitive(const void *obj)
{
	size_t size = ksize(obj);

	if (size)
		memset((void *)obj, 0, size);
	barrier_data(obj);
	kfree(obj);
}
EXPORT_SYMBOL(kfree_sensitive);

size_t kmalloc_size_roundup(size_t size)
{
	if (!size || size == SIZE_MAX)
		return size;
	if (size <= KMALLOC_MAX_CACHE_SIZE)
		return kmalloc_size(class_of(size));
	return size > KMALLOC_MAX_SIZE ? size : PAGE_SIZE << get_order(size);
}
EXPORT_SYMBOL(kmalloc_size_roundup);

/*
 * The block does not know what was asked for, only what it holds (but for debugging). So all of that is copied, and with
 * __GFP_ZERO everything behind the new size is kept zero: then the contents of a block that was always asked for with
 * __GFP_ZERO go on as zeros, whatever a later call adds.
 */
static void *stay(const void *obj, size_t size, size_t asked, gfp_t gfp)
{
	if (gfp & __GFP_ZERO)
		memset((char *)obj + min(size, asked), 0, max(size, asked) - min(size, asked));
	if (MM_DEBUG)
		resize(obj, size);
	return (void *)obj;
}

void *krealloc(const void *obj, size_t size, gfp_t gfp)
{
	size_t have, asked;
	void *fresh;

	if (unlikely(!size)) {
		kfree(obj);
		return ZERO_SIZE_PTR;
	}
	if (ZERO_OR_NULL_PTR(obj))
		return __kmalloc(size, gfp);
	have = size_of(obj, &asked);
	if (size <= have)
		return stay(obj, size, asked, gfp);
	fresh = __kmalloc(size, gfp);
	if (!fresh)
		return NULL;
	memcpy(fresh, obj, asked);
	kfree(obj);
	return fresh;
}
EXPORT_SYMBOL(krealloc);

void *krealloc_node_align(const void *obj, size_t size, unsigned long align, gfp_t gfp, int node)
{
	size_t have;
	void *fresh;

	(void)node; /* one node */
	if (!size || ZERO_OR_NULL_PTR(obj) || !((unsigned long)obj & (align - 1)))
		return krealloc(obj, size, gfp);
	/* It lies badly, whatever its size. Whether a new one does better is a matter of its size. */
	size_of(obj, &have);
	fresh = __kmalloc(size, gfp);
	if (!fresh)
		return NULL;
	memcpy(fresh, obj, min(size, have));
	kfree(obj);
	return fresh;
}
EXPORT_SYMBOL(krealloc_node_align);
