// SPDX-License-Identifier: MIT
/*
 * slab.c - objects of one size, from caches: each CPU's array of ready ones, and what happens when it is empty or full.
 *
 * Shape:   two layers. Each CPU has an array of ready objects per cache; allocating pops, freeing pushes. Under it, slabs
 *          (slab_page.c). An empty array is refilled, a full one drained, by half its capacity, so the lists below are
 *          touched once in many operations, and neither a run of allocations nor a pair at the border can make
 *          every operation slow.
 * Always:  what waits in an array counts as in use in its slab's eyes; users hold nr_out less that.
 * Locking: an array belongs to its CPU. Push and pop are restartable sequences (asm/slab_cpu.h): no lock, no atomic
 *          operation, interrupts stay on. Whoever does more with an array turns them off. Other CPUs' arrays are reached
 *          by interrupting those CPUs.
 * Freed:   on any CPU, in any context but NMI, into that CPU's array. The cache of an object follows from its page.
 * Debug:   caches with debugging, and those whose objects are always cleared (init_mem.c), have arrays of capacity 0: always empty and full, so each object takes the slow way,
 *          and only that one knows about debugging (slab_debug.h).
 * Not here: slabs (slab_page.c), caches (slab_cache.c), sizes (kmalloc.c), deferred frees (kfree_rcu.c).
 * Source:  J. Bonwick, The Slab Allocator, 1994; with J. Adams, Magazines and Vmem, 2001.
 */
#include <linux/export.h>
#include <linux/string.h>
#include <asm/slab_cpu.h>

#include "slab.h"

/* ---- allocating ---- */

/* Needs: interrupts off, an object in the array. */
static void *pop(struct slab_cpu *c)
{
	uint32_t nr = c->nr - 1;
	void *obj = c->objs[nr];

	barrier();
	WRITE_ONCE(c->nr, nr);
	return obj;
}

static noinline void out_of_memory_for(const struct kmem_cache *s, gfp_t gfp)
{
	if (gfp & __GFP_NOWARN)
		return;
	pr_warn_ratelimited("SLUB: Unable to allocate memory on node -1, gfp=%#x\n"
			    "  cache: %s, object size: %u, buffer size: %u, default order: %u, min order: %u\n"
			    "  node 0: slabs: %lu, objs: %lu, free: %lu\n",
			    gfp, s->name, s->object_size, s->size, s->order, s->min_order, (unsigned long)s->nr_slabs,
			    (unsigned long)(s->nr_pages << PAGE_SHIFT) / s->size,
			    (unsigned long)((s->nr_pages << PAGE_SHIFT) / s->size - s->nr_out));
}

/* An object from this CPU's array, filled if need be; past the array where each one is looked at or cleared. */
static void *take(struct kmem_cache *s, size_t orig_size, unsigned long caller)
{
	unsigned long irq;
	struct slab_cpu *c;
	void *obj;

	if (slab_uncached(s))
		return slab_take_one(s, orig_size, caller);
	irq = arch_local_irq_save();
	c = this_slab_cpu(s);
	obj = c->nr || slab_refill(s, c) ? pop(c) : NULL;
	arch_local_irq_restore(irq);
	return obj;
}

/* The array is empty, or there is something to clear. Interrupts as the caller had them. */
static noinline void *alloc_slow(struct kmem_cache *s, gfp_t gfp, size_t orig_size, unsigned long caller)
{
	void *obj = take(s, orig_size, caller);

	while (unlikely(!obj)) {
		bool grown = slab_grow(s, gfp);

		/* Even if not: somebody may have freed meanwhile. */
		obj = take(s, orig_size, caller);
		if (!grown && !obj) {
			out_of_memory_for(s, gfp);
			return NULL;
		}
	}
	/* Behind what was asked for lies a red zone, if that is known. */
	if (gfp & __GFP_ZERO || s->init & SLAB_INIT_ALLOC)
		memset(obj, 0, slab_debug_asked(s, obj));
	return obj;
}

/* The request may sleep, and it may not. */
static noinline void *alloc_misplaced(struct kmem_cache *s, gfp_t gfp, size_t orig_size, unsigned long caller)
{
	return alloc_slow(s, sleeping_in_atomic(gfp), orig_size, caller);
}

/* Every instruction counts here: calls only where nothing is left to do, so that no register need be saved. */
static __always_inline void *slab_alloc(struct kmem_cache *s, gfp_t gfp, size_t orig_size)
{
	void *obj;

	mm_alloc_enters(gfp);
	if (MM_DEBUG && slab_debug_fail(s, gfp))
		return NULL;
	if (likely(gfp & __GFP_DIRECT_RECLAIM) && unlikely(sleep_forbidden()))
		return alloc_misplaced(s, gfp, orig_size, _RET_IP_);
	if (unlikely(gfp & __GFP_ZERO))
		goto slow;
	arch_slab_pop(s, obj, slow);
	return obj;
slow:
	return alloc_slow(s, gfp, orig_size, _RET_IP_);
}

__restartable void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp)
{
	return slab_alloc(s, gfp, s->object_size);
}
EXPORT_SYMBOL(kmem_cache_alloc);

__restartable void *__kmalloc_cache(struct kmem_cache *s, gfp_t gfp, size_t size)
{
	return slab_alloc(s, gfp, size);
}
EXPORT_SYMBOL(__kmalloc_cache);

/* ---- freeing ---- */

/* The array is full, or the object lies on top of it already. Interrupts as the caller had them. */
static noinline void free_slow(struct kmem_cache *s, void *obj, unsigned long caller)
{
	struct slab_cpu *c;
	unsigned long irq;

	if (slab_uncached(s)) {
		slab_put_one(s, obj, caller);
		return;
	}
	irq = arch_local_irq_save();
	c = this_slab_cpu(s);
	if (c->nr && c->objs[c->nr - 1] == obj) {
		slab_bad_free("double free", s, obj);
	} else {
		if (c->nr == c->cap)
			slab_drain(s, c, (c->cap + 1) / 2);
		c->objs[c->nr] = obj;
		barrier();
		WRITE_ONCE(c->nr, c->nr + 1);
	}
	arch_local_irq_restore(irq);
}

static __always_inline void slab_free(struct kmem_cache *s, void *obj)
{
	debug_check_no_locks_freed(obj, s->object_size);
	arch_slab_push(s, obj, slow);
	return;
slow:
	free_slow(s, obj, _RET_IP_);
}

/* In the debug kernel: is it really one of the slab's? */
static __always_inline bool plausible(const struct kmem_cache *s, const void *obj)
{
	return !MM_DEBUG || slab_owns(s, obj_slab(s, obj), obj);
}

__restartable void kmem_cache_free(struct kmem_cache *s, void *obj)
{
	const struct slab *page = obj_page(obj);

	if (likely(page && page->slab_cache == s && plausible(s, obj)))
		slab_free(s, obj);
	else
		slab_bad_free("kmem_cache_free", s, obj);
}
EXPORT_SYMBOL(kmem_cache_free);

__restartable void kfree(const void *obj)
{
	const struct slab *page = obj_page(obj);

	if (unlikely(!page))
		kfree_large(obj);
	else if (likely(plausible(page->slab_cache, obj)))
		slab_free(page->slab_cache, (void *)obj);
	else
		slab_bad_free("kfree", NULL, obj);
}
EXPORT_SYMBOL(kfree);

/* ---- many at once ---- */

/* As many as wait in this CPU's array. Interrupts are off. */
static size_t pop_many(struct kmem_cache *s, size_t nr, void **p)
{
	struct slab_cpu *c = this_slab_cpu(s);
	uint32_t take = min_t(size_t, c->nr, nr), left = c->nr - take;

	memcpy(p, &c->objs[left], take * sizeof(void *));
	barrier();
	WRITE_ONCE(c->nr, left);
	return take;
}

int kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, size_t nr, void **p)
{
	size_t done = 0;

	might_alloc(gfp);
	if (MM_DEBUG && slab_debug_fail(s, gfp))
		return 0;
	for (;;) {
		unsigned long irq = arch_local_irq_save();

		done += pop_many(s, nr - done, p + done);
		arch_local_irq_restore(irq);
		if (done == nr)
			break;
		p[done] = alloc_slow(s, gfp & ~__GFP_ZERO, s->object_size, _RET_IP_);
		if (!p[done]) {
			kmem_cache_free_bulk(s, done, p);
			return 0;
		}
		done++;
	}
	if (gfp & __GFP_ZERO)
		for (size_t i = 0; i < nr; i++)
			memset(p[i], 0, s->object_size);
	return (int)nr;
}
EXPORT_SYMBOL(kmem_cache_alloc_bulk);

/*
 * Push until the array is full or something is odd. Interrupts are off. Return: how many.
 *
 * Every instruction of the loop counts: only a slab's page has its cache's address there, so its owner need not be looked at.
 */
static size_t push_many(struct kmem_cache *s, size_t nr, void **p)
{
	struct slab_cpu *c = this_slab_cpu(s);
	const struct slab *pages = (const struct slab *)vmemmap;
	unsigned long limit = direct_map_bytes;
	uint32_t at = c->nr;
	/* One index for both: what is read at @from goes to @from + @apart. */
	unsigned long from = (unsigned long)p, apart = (unsigned long)&c->objs[at] - from;
	unsigned long end = from + min_t(size_t, nr, c->cap - at) * sizeof(void *);

	if (unlikely(at && c->objs[at - 1] == p[0]))
		return 0;
	for (; from < end; from += sizeof(void *)) {
		void *obj = *(void **)from;
		unsigned long offset = (unsigned long)obj - PAGE_OFFSET;

		if (unlikely(offset >= limit || pages[offset >> PAGE_SHIFT].slab_cache != s || !plausible(s, obj)))
			break;
		*(void **)(from + apart) = obj;
	}
	nr = (from - (unsigned long)p) / sizeof(void *);
	barrier();
	WRITE_ONCE(c->nr, at + (uint32_t)nr);
	return nr;
}

void kmem_cache_free_bulk(struct kmem_cache *s, size_t nr, void **p)
{
	while (nr) {
		unsigned long irq;
		size_t done = 0;

		if (s) {
			irq = arch_local_irq_save();
			done = push_many(s, nr, p);
			arch_local_irq_restore(irq);
		}
		p += done;
		nr -= done;
		if (!nr)
			break;
		if (s)
			kmem_cache_free(s, *p);
		else
			kfree(*p);
		p++;
		nr--;
	}
}
EXPORT_SYMBOL(kmem_cache_free_bulk);

/* ---- complaints ---- */

void slab_bad_free(const char *call, const struct kmem_cache *s, const void *obj)
{
	const struct slab *slab = obj_page(obj);

	if (!slab) {
		WARN(1, "%s(%s, %lx): Object is not a Slab page!\n", call, s ? s->name : "-", (unsigned long)obj);
		return;
	}
	if (s && slab->slab_cache != s) {
		WARN(1, "%s(%s, %lx): object belongs to different cache %s\n", call, s->name, (unsigned long)obj,
		     slab->slab_cache->name);
		return;
	}
	s = slab->slab_cache;
	slab = obj_slab(s, obj);
	if (!slab_owns(s, slab, obj))
		WARN(1, "%s(%s, %lx): Invalid object pointer: slab %lx, objects of %u bytes\n", call, s->name,
		     (unsigned long)obj, (unsigned long)slab_address(slab), s->size);
	else
		WARN(1, "%s(%s, %lx): Object already free\n", call, s->name, (unsigned long)obj);
}
