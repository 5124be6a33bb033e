// SPDX-License-Identifier: MIT
/*
 * slab.c - objects of one size, cut from slabs: blocks of pages that belong to one cache.
 *
 * Shape:   two layers. Each CPU has an array of ready objects per cache; allocating pops, freeing pushes. Under it,
 *          slabs: free objects of a slab are linked through themselves. An empty array is refilled, a full one drained, by
 *          half its capacity, so the lists below are touched once in many operations, and neither a run of allocations
 *          nor a pair at the border can make every operation slow.
 * Always:  a slab is on partial if 0 < inuse < objects, on full if inuse == objects, on empty if inuse == 0;
 *          nr_partial, nr_full, nr_empty are the lengths, nr_slabs their sum;
 *          inuse = objects - length of the free list: what waits in an array counts as in use;
 *          a page has OWNER_SLAB exactly while its slab is on one of the lists.
 * Locking: an array belongs to its CPU, with interrupts off: no lock, no atomic operation. cache->lock covers lists,
 *          counts and the free lists in the slabs. No page is allocated under it.
 * Freed:   on any CPU, in any context, into that CPU's array. Which slab an object belongs to follows from its address.
 * Not here: caches (slab_cache.c), sizes (kmalloc.c), poisoning and red zones, merging of caches, deferred frees.
 * Source:  J. Bonwick, The Slab Allocator, 1994; with J. Adams, Magazines and Vmem, 2001.
 */
#include <linux/export.h>
#include <linux/string.h>

#include "slab.h"

/* What a slab's pages may inherit from the request: its rights and patience, not its zone. */
#define SLAB_PAGE_GFP                                                                                                  \
	(__GFP_RECLAIM | __GFP_HIGH | __GFP_IO | __GFP_FS | __GFP_NOWARN | __GFP_RETRY_MAYFAIL | __GFP_NOFAIL |        \
	 __GFP_NORETRY | __GFP_MEMALLOC | __GFP_NOMEMALLOC | __GFP_HARDWALL | __GFP_THISNODE)

/* ---- slabs on the lists of their cache; all of these need its lock ---- */

enum slab_list { LIST_EMPTY, LIST_PARTIAL, LIST_FULL };

static enum slab_list list_of(unsigned int inuse, unsigned int objects)
{
	return !inuse ? LIST_EMPTY : inuse < objects ? LIST_PARTIAL : LIST_FULL;
}

static void count_slab(struct kmem_cache *s, enum slab_list on, int by)
{
	uint64_t *counts[] = {&s->nr_empty, &s->nr_partial, &s->nr_full};

	*counts[on] += (uint64_t)(int64_t)by;
}

static void file_slab(struct kmem_cache *s, struct slab *slab)
{
	struct list_head *lists[] = {&s->empty, &s->partial, &s->full};
	enum slab_list on = list_of(slab->inuse, slab->objects);

	list_add(&slab->slab_list, lists[on]);
	count_slab(s, on, 1);
}

static void unfile_slab(struct kmem_cache *s, struct slab *slab, unsigned int inuse)
{
	__list_del_entry(&slab->slab_list);
	count_slab(s, list_of(inuse, slab->objects), -1);
}

/* Its inuse was @old: to the list where it belongs now. */
static void refile_slab(struct kmem_cache *s, struct slab *slab, unsigned int old)
{
	if (list_of(old, slab->objects) == list_of(slab->inuse, slab->objects))
		return;
	unfile_slab(s, slab, old);
	file_slab(s, slab);
}

static noinline void freelist_broken(const struct kmem_cache *s, const struct slab *slab, const void *obj)
{
	WARN(1, "BUG %s: Freepointer corrupt: slab %lx (%u of %u in use) links to %lx\n", s->name,
	     (unsigned long)slab_address(slab), slab->inuse, slab->objects, (unsigned long)obj);
	BUG();
}

/* Move up to @nr free objects of the slab into the array. */
static void slab_take(struct kmem_cache *s, struct slab *slab, struct slab_cpu *c, unsigned int nr)
{
	unsigned int old = slab->inuse;
	unsigned long base = (unsigned long)slab_objects(s, slab);
	unsigned long bytes = (unsigned long)slab->objects * s->size;
	void *obj = slab->freelist;

	for (; nr && obj; nr--) {
		if (unlikely((unsigned long)obj - base >= bytes))
			freelist_broken(s, slab, obj);
		MM_CHECK(slab_owns(s, slab, obj));
		c->objs[c->nr++] = obj;
		slab->inuse++;
		obj = get_free_link(s, obj);
	}
	slab->freelist = obj;
	refile_slab(s, slab, old);
}

static void slab_put(struct kmem_cache *s, void *obj)
{
	struct slab *slab = (struct slab *)page_block(direct_map_page(obj));

	if (unlikely(!slab->inuse || slab->freelist == obj || !slab_owns(s, slab, obj))) {
		slab_bad_free("kmem_cache_free", s, obj);
		return;
	}
	set_free_link(s, obj, slab->freelist);
	slab->freelist = obj;
	slab->inuse--;
	refile_slab(s, slab, slab->inuse + 1U);
}

/* Fill the array to half from slabs that have something. Needs: interrupts off. Return: objects in it. */
static unsigned int refill(struct kmem_cache *s, struct slab_cpu *c)
{
	unsigned int want = c->cap / 2;

	__spin_acquire(&s->lock);
	mm_write_begin(&s->lock);
	c->busy = 1;
	while (c->nr < want) {
		struct slab *slab;

		if (!list_empty(&s->partial))
			slab = list_first_entry(&s->partial, struct slab, slab_list);
		else if (!list_empty(&s->empty))
			slab = list_first_entry(&s->empty, struct slab, slab_list);
		else
			break;
		slab_take(s, slab, c, want - c->nr);
	}
	c->busy = 0;
	mm_write_end(&s->lock);
	__spin_release(&s->lock);
	return c->nr;
}

/* Take an empty slab out of its cache: it is nobody's then. Needs: the lock. */
static void forget_slab(struct kmem_cache *s, struct slab *slab)
{
	unfile_slab(s, slab, 0);
	s->nr_slabs--;
	set_page_owner((struct page *)slab, OWNER_RAW);
	slab->slab_cache = NULL;
}

/* The pages of slabs that were forgotten. */
static unsigned long free_slabs(struct list_head *slabs)
{
	unsigned long pages = 0;

	while (!list_empty(slabs)) {
		struct slab *slab = list_first_entry(slabs, struct slab, slab_list);

		list_del(&slab->slab_list);
		pages += 1UL << slab->order;
		__free_pages((struct page *)slab, slab->order);
	}
	return pages;
}

/* All but @keep of the empty slabs, least recently filed first, to @out. Needs: the lock. */
static void collect_empty(struct kmem_cache *s, uint64_t keep, struct list_head *out)
{
	while (s->nr_empty > keep) {
		struct slab *slab = list_last_entry(&s->empty, struct slab, slab_list);

		forget_slab(s, slab);
		list_add(&slab->slab_list, out);
	}
}

/* A slab whose pages must outlive its objects by a grace period is never given back while the cache lives. */
static uint64_t empty_keep(const struct kmem_cache *s, uint64_t keep)
{
	return s->flags & SLAB_TYPESAFE_BY_RCU ? ~0ULL : keep;
}

/* The last @nr objects of the array back to their slabs. Needs: interrupts off, or an array that nobody uses. */
static void drain(struct kmem_cache *s, struct slab_cpu *c, unsigned int nr)
{
	LIST_HEAD(surplus);
	unsigned long irq = mm_lock_write(&s->lock);

	c->busy = 1;
	while (nr--)
		slab_put(s, c->objs[--c->nr]);
	c->busy = 0;
	collect_empty(s, empty_keep(s, SLAB_EMPTY_KEEP), &surplus);
	mm_unlock_write(&s->lock, irq);
	free_slabs(&surplus);
}

void slab_drain_cpu(struct kmem_cache *s, struct slab_cpu *c)
{
	drain(s, c, c->nr);
}

unsigned long slab_discard_empty(struct kmem_cache *s, uint64_t keep)
{
	LIST_HEAD(surplus);
	unsigned long irq = mm_lock_write(&s->lock);

	collect_empty(s, keep, &surplus);
	mm_unlock_write(&s->lock, irq);
	return free_slabs(&surplus);
}

/* ---- new slabs ---- */

static gfp_t slab_page_gfp(const struct kmem_cache *s, gfp_t gfp)
{
	char was[160], is[160];
	gfp_t good = gfp & ~(__GFP_DMA32 | __GFP_HIGHMEM) & __GFP_BITS_MASK;

	if (unlikely(good != gfp)) {
		pr_warn("Unexpected gfp: %#x (%s). Fixing up to gfp: %#x (%s). Fix your code!\n", gfp & ~good,
			gfp_names(was, sizeof(was), gfp & ~good), good, gfp_names(is, sizeof(is), good));
		dump_stack();
	}
	return (good & SLAB_PAGE_GFP) | s->gfp | __GFP_COMP;
}

/* A slab with all objects free, not on a list yet. Context: as @gfp allows; interrupts as the caller had them. */
static struct slab *new_slab(struct kmem_cache *s, gfp_t gfp)
{
	struct page *page = alloc_pages_owner(slab_page_gfp(s, gfp), s->order, OWNER_RAW);
	struct slab *slab = (struct slab *)page;
	void (*ctor)(void *) = (void (*)(void *))s->ctor;
	char *obj, *end;

	if (!page)
		return NULL;
	WARN_ONCE((gfp & __GFP_ZERO) && ctor, "%s has a constructor: __GFP_ZERO makes no sense\n", s->name);
	slab->inuse = 0;
	slab->objects = s->objs_per_slab;
	obj = slab_objects(s, slab);
	end = obj + (unsigned long)(slab->objects - 1) * s->size;
	slab->freelist = obj;
	for (; obj < end; obj += s->size) {
		if (ctor)
			ctor(obj);
		set_free_link(s, obj, obj + s->size);
	}
	if (ctor)
		ctor(obj);
	set_free_link(s, obj, NULL);
	return slab;
}

static void adopt_slab(struct kmem_cache *s, struct slab *slab)
{
	unsigned long irq = mm_lock_write(&s->lock);

	slab->slab_cache = s;
	set_page_owner((struct page *)slab, OWNER_SLAB);
	s->nr_slabs++;
	file_slab(s, slab);
	mm_unlock_write(&s->lock, irq);
}

/* ---- objects ---- */

/* Needs: interrupts off, @nr objects in the array, at least one. */
static __always_inline void *pop(struct slab_cpu *c, uint32_t nr)
{
	void *obj = c->objs[nr - 1];

	barrier();
	WRITE_ONCE(c->nr, nr - 1);
	c->allocs++;
	return obj;
}

/* Needs: interrupts off, room behind the @nr objects in the array. */
static __always_inline void push(struct slab_cpu *c, uint32_t nr, void *obj)
{
	c->objs[nr] = obj;
	barrier();
	WRITE_ONCE(c->nr, nr + 1);
	c->frees++;
}

static noinline void out_of_memory_for(const struct kmem_cache *s, gfp_t gfp)
{
	if (!(gfp & __GFP_NOWARN))
		pr_warn_ratelimited(
			"SLUB: Unable to allocate memory, gfp=%#x: cache: %s, object size: %u, buffer size: "
			"%u, order: %u, slabs: %lu, partial: %lu, full: %lu\n",
			gfp, s->name, s->object_size, s->size, s->order, (unsigned long)s->nr_slabs,
			(unsigned long)s->nr_partial, (unsigned long)s->nr_full);
}

/* The array is empty. Interrupts are off; @irq says how the caller had them. Returns with them off. */
static noinline void *alloc_slow(struct kmem_cache *s, gfp_t gfp, unsigned long irq)
{
	struct slab *slab;

	for (;;) {
		struct slab_cpu *c = this_slab_cpu(s);

		if (c->nr || refill(s, c))
			return pop(c, c->nr);
		arch_local_irq_restore(irq);
		slab = new_slab(s, gfp);
		if (slab)
			adopt_slab(s, slab);
		else
			out_of_memory_for(s, gfp);
		arch_local_irq_disable();
		if (!slab) {
			/* Somebody may have freed meanwhile, or this is another CPU now. */
			c = this_slab_cpu(s);
			return c->nr || refill(s, c) ? pop(c, c->nr) : NULL;
		}
	}
}

/* Whatever the straight way does not do: an empty array, clearing, complaints. Interrupts are off. */
static noinline void *alloc_with_care(struct kmem_cache *s, gfp_t gfp, unsigned long irq)
{
	struct slab_cpu *c;
	void *obj;

	if ((gfp & __GFP_DIRECT_RECLAIM) && (arch_irqs_disabled_flags(irq) || preempt_count()))
		gfp = sleeping_in_atomic(gfp);
	c = this_slab_cpu(s);
	obj = c->nr ? pop(c, c->nr) : alloc_slow(s, gfp, irq);
	arch_local_irq_restore(irq);
	if ((gfp & __GFP_ZERO) && obj)
		memset(obj, 0, s->object_size);
	return obj;
}

static noinline void *got_with_irqs_off(void *obj, gfp_t gfp)
{
	if (gfp & __GFP_DIRECT_RECLAIM)
		sleeping_in_atomic(gfp);
	return obj;
}

/* Every instruction counts from here: calls only where nothing is left to do, so that no register need be saved. */
void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp)
{
	unsigned long irq = arch_local_irq_save();
	struct slab_cpu *c = this_slab_cpu(s);
	uint32_t nr = c->nr;
	void *obj;

	if (unlikely(!nr || (gfp & __GFP_ZERO) || preempt_count()))
		return alloc_with_care(s, gfp, irq);
	obj = pop(c, nr);
	if (unlikely(arch_irqs_disabled_flags(irq)))
		return got_with_irqs_off(obj, gfp);
	arch_local_irq_enable();
	return obj;
}
EXPORT_SYMBOL(kmem_cache_alloc);

#if MM_DEBUG >= 2
/* Is the object in this CPU's array or on its slab's free list already? */
static bool already_free(struct kmem_cache *s, struct slab_cpu *c, void *obj)
{
	struct slab *slab = (struct slab *)obj_head(obj);
	bool found = false;

	for (unsigned int i = 0; i < c->nr; i++)
		found |= c->objs[i] == obj;
	__spin_acquire(&s->lock);
	for (void *o = slab->freelist; o && !found; o = get_free_link(s, o))
		found = o == obj;
	__spin_release(&s->lock);
	return found;
}
#else
#define already_free(s, c, obj) false
#endif

/* A full array, or an object that lies in it already. Interrupts are off; @irq says how the caller had them. */
static noinline void free_with_care(struct kmem_cache *s, void *obj, unsigned long irq)
{
	struct slab_cpu *c = this_slab_cpu(s);

	if ((c->nr && c->objs[c->nr - 1] == obj) || already_free(s, c, obj)) {
		slab_bad_free("double free", s, obj);
	} else {
		if (c->nr == c->cap)
			drain(s, c, c->cap / 2);
		push(c, c->nr, obj);
	}
	arch_local_irq_restore(irq);
}

/* The object on top of the array; for an empty one, something that is no object: the counter before the array. */
static __always_inline const void *top(const struct slab_cpu *c, uint32_t nr)
{
	_Static_assert(offsetof(struct slab_cpu, objs) == offsetof(struct slab_cpu, frees) + sizeof(void *),
		       "before it");
	return ((void *const *)&c->frees)[nr];
}

static __always_inline bool is_odd_free(const struct slab_cpu *c, uint32_t nr, const void *obj)
{
	return MM_DEBUG >= 2 || nr == c->cap || top(c, nr) == obj;
}

static __always_inline void slab_free(struct kmem_cache *s, void *obj)
{
	unsigned long irq = arch_local_irq_save();
	struct slab_cpu *c = this_slab_cpu(s);
	uint32_t nr = c->nr;

	if (unlikely(is_odd_free(c, nr, obj))) {
		free_with_care(s, obj, irq);
		return;
	}
	push(c, nr, obj);
	arch_local_irq_restore(irq);
}

/* Is @obj an object of @s, as far as its block tells? */
static __always_inline bool belongs_to(const struct kmem_cache *s, const void *obj)
{
	const struct page *head = obj_head(obj);

	if (unlikely(!head || head->owner != OWNER_SLAB || ((const struct slab *)head)->slab_cache != s))
		return false;
#if MM_DEBUG >= 1
	return slab_owns(s, (const struct slab *)head, obj);
#else
	return true;
#endif
}

void kmem_cache_free(struct kmem_cache *s, void *obj)
{
	if (likely(belongs_to(s, obj)))
		slab_free(s, obj);
	else
		slab_bad_free("kmem_cache_free", s, obj);
}
EXPORT_SYMBOL(kmem_cache_free);

void kfree(const void *obj)
{
	const struct page *head = obj_head(obj);

	if (unlikely(!head || head->owner != OWNER_SLAB)) {
		kfree_large(head, obj);
		return;
	}
#if MM_DEBUG >= 1
	if (!slab_owns(((const struct slab *)head)->slab_cache, (const struct slab *)head, obj)) {
		slab_bad_free("kfree", NULL, obj);
		return;
	}
#endif
	slab_free(((const struct slab *)head)->slab_cache, (void *)obj);
}
EXPORT_SYMBOL(kfree);

int kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, size_t nr, void **p)
{
	size_t done = 0;
	unsigned long irq;

	might_alloc(gfp);
	irq = arch_local_irq_save();
	while (done < nr) {
		struct slab_cpu *c = this_slab_cpu(s);
		unsigned int take = min_t(size_t, c->nr, nr - done);

		for (unsigned int i = 0; i < take; i++)
			p[done + i] = c->objs[c->nr - 1 - i];
		barrier();
		WRITE_ONCE(c->nr, c->nr - take);
		c->allocs += take;
		done += take;
		if (done == nr)
			break;
		p[done] = alloc_slow(s, gfp, irq);
		if (!p[done])
			break;
		done++;
	}
	arch_local_irq_restore(irq);
	if (done < nr) {
		kmem_cache_free_bulk(s, done, p);
		return 0;
	}
	if (gfp & __GFP_ZERO)
		for (size_t i = 0; i < nr; i++)
			memset(p[i], 0, s->object_size);
	return (int)nr;
}
EXPORT_SYMBOL(kmem_cache_alloc_bulk);

void kmem_cache_free_bulk(struct kmem_cache *s, size_t nr, void **p)
{
	unsigned long irq;

	if (!s) {
		while (nr--)
			kfree(p[nr]);
		return;
	}
	while (nr) {
		/* Interrupts stay off for one array's worth at most. */
		size_t batch = min_t(size_t, nr, SLAB_CPU_CAP);

		irq = arch_local_irq_save();
		for (size_t i = 0; i < batch; i++) {
			struct slab_cpu *c = this_slab_cpu(s);

			if (unlikely(!belongs_to(s, p[i])))
				slab_bad_free("kmem_cache_free_bulk", s, p[i]);
			else if (unlikely(is_odd_free(c, c->nr, p[i])))
				free_with_care(s, p[i], arch_local_save_flags());
			else
				push(c, c->nr, p[i]);
		}
		arch_local_irq_restore(irq);
		nr -= batch;
		p += batch;
	}
}
EXPORT_SYMBOL(kmem_cache_free_bulk);
