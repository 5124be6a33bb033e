/* SPDX-License-Identifier: MIT */
/*
 * slab.h - what slab.c (objects), slab_cache.c (caches) and kmalloc.c share. See slab.c for structure and locking.
 */
#ifndef GUEST_MM_SLAB_H
#define GUEST_MM_SLAB_H

#include <linux/list.h>
#include <linux/slab.h>

#include "internal.h"

/* Slabs without an object in use that a cache keeps for the next burst. */
#define SLAB_EMPTY_KEEP 4

static inline struct slab_cpu *this_slab_cpu(const struct kmem_cache *s)
{
	return &s->cpu[raw_smp_processor_id()];
}

static inline void *slab_address(const struct slab *slab)
{
	return page_address((const struct page *)slab);
}

/** direct_map_bytes - the direct map ends behind the last byte of RAM. Constant after boot. */
extern unsigned long direct_map_bytes;

/** obj_head - entry of the allocated block behind @obj; NULL if there is none. Any pointer may be asked about. */
static __always_inline struct page *obj_head(const void *obj)
{
	struct page *page, *head;

	if (unlikely((unsigned long)obj - PAGE_OFFSET >= direct_map_bytes))
		return NULL;
	page = direct_map_page(obj);
	if (likely(page->owner == OWNER_SLAB))
		return page;
	head = page_block(page);
	return unlikely((unsigned long)(page - head) >> head->order) ? NULL : head;
}

/** slab_objects - the first object of a slab. */
static inline char *slab_objects(const struct kmem_cache *s, const struct slab *slab)
{
	return (char *)slab_address(slab) + (MM_DEBUG ? s->first : 0);
}

/** slab_owns - is @obj the address of one of the slab's objects? */
static inline bool slab_owns(const struct kmem_cache *s, const struct slab *slab, const void *obj)
{
	unsigned long offset = (unsigned long)obj - (unsigned long)slab_objects(s, slab);

	return offset < (unsigned long)slab->objects * s->size && (uint32_t)offset % s->size == 0;
}

/** get_free_link, set_free_link - the free object behind a free one. Encoded in the debug kernel. */
static inline void *get_free_link(const struct kmem_cache *s, const void *obj)
{
	const uint64_t *at = (const uint64_t *)((const char *)obj + s->offset);

	return (void *)(MM_DEBUG ? slab_link(s->random, (uint64_t)(uintptr_t)at, *at) : *at);
}

static inline void set_free_link(const struct kmem_cache *s, void *obj, const void *next)
{
	uint64_t *at = (uint64_t *)((char *)obj + s->offset), word = (uint64_t)(uintptr_t)next;

	*at = MM_DEBUG ? slab_link(s->random, (uint64_t)(uintptr_t)at, word) : word;
}

/** kfree_large - the rest of kfree(): @head is no slab, or NULL. */
void kfree_large(const struct page *head, const void *obj);

/** slab_bad_free - @obj is not what @call says it is: report, and leave it alone. */
void slab_bad_free(const char *call, const struct kmem_cache *s, const void *obj);

/** slab_drain_cpu - all objects of one CPU's array back to their slabs. Needs: nobody else uses that array. */
void slab_drain_cpu(struct kmem_cache *s, struct slab_cpu *c);

/** slab_discard_empty - give all but @keep empty slabs back. Return: pages given back. Context: any. */
unsigned long slab_discard_empty(struct kmem_cache *s, uint64_t keep);

/** cache_register - put a cache whose geometry is known into use. @cpu: zeroed array of mm_root.nr_cpus. */
void cache_register(struct kmem_cache *s, struct slab_cpu *cpu);

/** cache_geometry - size, offset, order and objects per slab from object_size, align, flags and ctor. */
void cache_geometry(struct kmem_cache *s);

#endif
