/* SPDX-License-Identifier: MIT */
/*
 * slab.h - what the files of the slab allocator share:
 *
 *   slab.c        objects: the per-CPU arrays, allocating and freeing
 *   slab_page.c   slabs: objects linked inside them, lists, new ones, giving them back
 *   slab_cache.c  caches: geometry, merging, making and ending them, shrinking, questions
 *   slab_debug.*  what caches with debugging do besides
 *   kmalloc.c     sizes
 *
 * See slab.c for structure and locking.
 */
#ifndef GUEST_MM_SLAB_H
#define GUEST_MM_SLAB_H

#include <linux/list.h>
#include <linux/slab.h>

#include "internal.h"
#include "slab_debug.h"

/* No slab has more objects. */
#define SLAB_OBJECTS_MAX 8192

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
	head = page_block(page);
	return unlikely((unsigned long)(page - head) >> head->order) ? NULL : head;
}

/**
 * obj_page - entry of the very page behind @obj, if that page belongs to a slab; else NULL. Any pointer may be asked about.
 *
 * All pages of a slab say owner and slab_cache (shared/page.h). What else a slab knows only its head says: obj_slab().
 */
static __always_inline struct slab *obj_page(const void *obj)
{
	struct page *page;

	if (unlikely((unsigned long)obj - PAGE_OFFSET >= direct_map_bytes))
		return NULL;
	page = direct_map_page(obj);
	return likely(page->owner == OWNER_SLAB) ? (struct slab *)page : NULL;
}

/** obj_slab - the slab behind an address that lies in a slab of @s. */
static __always_inline struct slab *obj_slab(const struct kmem_cache *s, const void *obj)
{
	unsigned long pfn = ((unsigned long)obj - PAGE_OFFSET) >> PAGE_SHIFT;
	struct page *head = pfn_to_page(pfn >> s->order << s->order);

	if (unlikely(!page_is_block(head, PAGE_USED, s->order)))
		head = page_block(pfn_to_page(pfn));
	return (struct slab *)head;
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

/** slab_nearest - the object whose slot holds @addr, which lies behind the start of the slab's first object. */
static inline void *slab_nearest(const struct kmem_cache *s, const struct slab *slab, const void *addr)
{
	unsigned long offset = (unsigned long)addr - (unsigned long)slab_objects(s, slab);
	unsigned int index = min((uint32_t)offset / s->size, slab->objects - 1U);

	return slab_objects(s, slab) + (unsigned long)index * s->size;
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

/** slab_uncached - does every object of this cache take the slow way, to be looked at or cleared? */
static inline bool slab_uncached(const struct kmem_cache *s)
{
	return slab_debugged(s) || unlikely(s->init);
}

/* ---- init_mem.c ---- */

/** slab_init_flags - SLAB_INIT_* of a new cache whose constructor and flags are known */
uint32_t slab_init_flags(const struct kmem_cache *s);

/* ---- slab_page.c ---- */

/** slab_refill - fill the array to half from slabs that have something. Needs: interrupts off. Return: objects in it. */
unsigned int slab_refill(struct kmem_cache *s, struct slab_cpu *c);

/** slab_drain - the last @nr objects of the array back. Needs: interrupts off, or an array that nobody uses. */
void slab_drain(struct kmem_cache *s, struct slab_cpu *c, unsigned int nr);

/** slab_take_one - one object past the arrays, for a cache with debugging. Return: NULL if no slab has one. */
void *slab_take_one(struct kmem_cache *s, size_t orig_size, unsigned long caller);

/** slab_put_one - and back. */
void slab_put_one(struct kmem_cache *s, void *obj, unsigned long caller);

/** slab_refile - a slab whose inuse was @old: to the list where it belongs now. Needs: the lock. */
void slab_refile(struct kmem_cache *s, struct slab *slab, unsigned int old);

/** slab_fix_gfp - a mask without what no slab and no kmalloc() can promise; complains if there was any. */
gfp_t slab_fix_gfp(gfp_t gfp);

/** slab_grow - one slab more. Context: as @gfp allows. Return: false if there is no memory. */
bool slab_grow(struct kmem_cache *s, gfp_t gfp);

/** slab_discard_empty - give all but @keep empty slabs back. Return: pages given back or on their way. Context: any. */
unsigned long slab_discard_empty(struct kmem_cache *s, uint64_t keep);

/** slab_dying_pages - pages of slabs that wait for an RCU grace period before they are free. */
unsigned long slab_dying_pages(void);

/** slab_sort_partial - fullest first, so that the others get a chance to become empty. */
void slab_sort_partial(struct kmem_cache *s);

/* ---- slab.c ---- */

/** slab_bad_free - @obj is not what @call says it is: report, and leave it alone. */
void slab_bad_free(const char *call, const struct kmem_cache *s, const void *obj);

/* ---- slab_cache.c ---- */

/** cache_register - put a cache whose geometry is known into use. @cpu: zeroed array of mm_root.nr_cpus; @cap: 0: usual. */
void cache_register(struct kmem_cache *s, struct slab_cpu *cpu, uint32_t cap);

/**
 * cache_geometry - where things lie, order and objects per slab, from object_size, align, flags and ctor
 * @freeptr: where in a free object the link shall lie; -1: anywhere
 */
void cache_geometry(struct kmem_cache *s, int freeptr);

/** slab_map_free - a bit for each object on the slab's free list. @map: SLAB_OBJECTS_MAX bits. Under the lock. */
void slab_map_free(const struct kmem_cache *s, const struct slab *slab, unsigned long *map);

/* ---- kmalloc.c ---- */

/** kfree_large - the rest of kfree(): @obj lies in no slab. */
void kfree_large(const void *obj);

#endif
