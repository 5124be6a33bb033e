// SPDX-License-Identifier: MIT
/*
 * slab_extra.c - on top of caches: sheaves (objects set aside, so that taking one cannot fail) and buckets (size classes of
 * one owner, apart from everybody else's).
 *
 * Locking: none of its own; a sheaf belongs to whoever has it.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/sprintf.h>
#include <linux/string.h>

#include "slab.h"

/* ---- sheaves ---- */

struct slab_sheaf *kmem_cache_prefill_sheaf(struct kmem_cache *s, gfp_t gfp, unsigned int size)
{
	struct slab_sheaf *sheaf = kmalloc(struct_size(sheaf, objects, size), gfp & ~__GFP_ZERO);

	if (!sheaf)
		return NULL;
	sheaf->capacity = size;
	sheaf->size = size;
	if (size && !kmem_cache_alloc_bulk(s, gfp & ~__GFP_ZERO, size, sheaf->objects)) {
		kfree(sheaf);
		return NULL;
	}
	return sheaf;
}
EXPORT_SYMBOL(kmem_cache_prefill_sheaf);

int kmem_cache_refill_sheaf(struct kmem_cache *s, gfp_t gfp, struct slab_sheaf **sheaf, unsigned int size)
{
	struct slab_sheaf *is = *sheaf;

	if (is->size >= size)
		return 0;
	if (is->capacity < size) {
		is = krealloc(is, struct_size(is, objects, size), gfp & ~__GFP_ZERO);
		if (!is)
			return -ENOMEM;
		is->capacity = size;
		*sheaf = is;
	}
	if (!kmem_cache_alloc_bulk(s, gfp & ~__GFP_ZERO, size - is->size, is->objects + is->size))
		return -ENOMEM;
	is->size = size;
	return 0;
}
EXPORT_SYMBOL(kmem_cache_refill_sheaf);

void kmem_cache_return_sheaf(struct kmem_cache *s, gfp_t gfp, struct slab_sheaf *sheaf)
{
	(void)gfp;
	kmem_cache_free_bulk(s, sheaf->size, sheaf->objects);
	kfree(sheaf);
}
EXPORT_SYMBOL(kmem_cache_return_sheaf);

void *kmem_cache_alloc_from_sheaf(struct kmem_cache *s, gfp_t gfp, struct slab_sheaf *sheaf)
{
	void *obj;

	if (WARN_ON_ONCE(!sheaf->size))
		return NULL;
	obj = sheaf->objects[--sheaf->size];
	if (gfp & __GFP_ZERO)
		memset(obj, 0, s->object_size);
	return obj;
}
EXPORT_SYMBOL(kmem_cache_alloc_from_sheaf);

/* ---- buckets ---- */

kmem_buckets *kmem_buckets_create(const char *name, slab_flags_t flags, unsigned int useroffset, unsigned int usersize,
				  void (*ctor)(void *))
{
	kmem_buckets *b = kzalloc(sizeof(*b), GFP_KERNEL);

	for (unsigned int i = 0; b && i < KMALLOC_NR_CLASSES; i++) {
		unsigned int size = kmalloc_size(i), offset = min(useroffset, size);
		char text[32];

		snprintf(text, sizeof(text), size < 1024 ? "%s-%u" : "%s-%uk", name, size < 1024 ? size : size / 1024);
		(*b)[i] = kmem_cache_create_usercopy(text, size, min_t(unsigned int, size & -size, PAGE_SIZE),
						     flags | SLAB_NO_MERGE, usersize ? offset : 0,
						     min(usersize, size - offset), ctor);
		if ((*b)[i])
			continue;
		while (i--)
			kmem_cache_destroy((*b)[i]);
		kfree(b);
		return NULL;
	}
	return b;
}
EXPORT_SYMBOL(kmem_buckets_create);

void *kmem_buckets_alloc(kmem_buckets *b, size_t size, gfp_t gfp)
{
	if (!b || !size || size > KMALLOC_MAX_CACHE_SIZE)
		return __kmalloc(size, gfp);
	return kmem_cache_alloc((*b)[kmalloc_index(size)], gfp);
}
EXPORT_SYMBOL(kmem_buckets_alloc);

void *kmem_buckets_valloc(kmem_buckets *b, size_t size, gfp_t gfp)
{
	if (!b || size > KMALLOC_MAX_CACHE_SIZE)
		return kvmalloc(size, gfp);
	return kmem_buckets_alloc(b, size, gfp);
}
EXPORT_SYMBOL(kmem_buckets_valloc);
