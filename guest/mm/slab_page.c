// SPDX-License-Identifier: MIT
/*
 * slab_page.c - slabs: blocks of pages that belong to one cache, cut into objects.
 *
 * Shape:   free objects of a slab are linked through themselves. A cache has three lists: partial, full, empty.
 * Always:  a slab is on partial if 0 < inuse < objects, on full if inuse == objects, on empty if inuse == 0;
 *          nr_partial, nr_full, nr_empty are the lengths, nr_slabs their sum, nr_out the sum of inuse, nr_pages of pages;
 *          its order is the cache's usual one, or the least that holds an object (memory was short when it was made);
 *          inuse = objects - length of the free list: what waits in an array counts as in use;
 *          a page has OWNER_SLAB exactly while its slab is on one of the lists, and then its tails name the cache.
 * Policy:  objects come from the slab that was partial for the shortest time, so the others can become empty. Of empty
 *          ones SLAB_EMPTY_KEEP are kept for the next burst, the rest goes back when objects come back; all go when
 *          memory is short or somebody asks (kmem_cache_shrink()).
 * RCU:     pages of a SLAB_TYPESAFE_BY_RCU cache go back after a grace period. In between they are nobody's objects any
 *          more, but still hold what they held.
 * Locking: the cache's lock covers all of this. No page is allocated under it.
 */
#include <linux/export.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include <linux/sched.h>

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
void slab_refile(struct kmem_cache *s, struct slab *slab, unsigned int old)
{
	s->nr_out += (uint64_t)slab->inuse - old;
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
static void take_many(struct kmem_cache *s, struct slab *slab, struct slab_cpu *c, unsigned int nr)
{
	unsigned int old = slab->inuse, at = c->nr, end = at + nr;
	unsigned long base = (unsigned long)slab_objects(s, slab);
	unsigned long bytes = (unsigned long)slab->objects * s->size;
	void *obj = slab->freelist;

	while (at < end && obj) {
		if (unlikely((unsigned long)obj - base >= bytes))
			freelist_broken(s, slab, obj);
		MM_CHECK(slab_owns(s, slab, obj));
		c->objs[at++] = obj;
		obj = get_free_link(s, obj);
	}
	slab->freelist = obj;
	slab->inuse = (uint16_t)(old + at - c->nr);
	c->nr = at;
	slab_refile(s, slab, old);
}

/* Return: false if it is not something that this slab can take back. */
static bool put_link(struct kmem_cache *s, struct slab *slab, void *obj)
{
	if (unlikely(!slab->inuse || slab->freelist == obj || !slab_owns(s, slab, obj))) {
		slab_bad_free("kmem_cache_free", s, obj);
		return false;
	}
	set_free_link(s, obj, slab->freelist);
	slab->freelist = obj;
	slab->inuse--;
	return true;
}

/* The slab to take from: partial before empty. NULL if nothing is free. */
static struct slab *pick_slab(struct kmem_cache *s)
{
	if (!list_empty(&s->partial))
		return list_first_entry(&s->partial, struct slab, slab_list);
	if (!list_empty(&s->empty))
		return list_first_entry(&s->empty, struct slab, slab_list);
	return NULL;
}

unsigned int slab_refill(struct kmem_cache *s, struct slab_cpu *c)
{
	unsigned int want = c->cap / 2;
	struct slab *slab;

	mm_spin_acquire(&s->lock);
	mm_write_begin(&s->lock);
	c->busy = 1;
	c->refills++;
	while (c->nr < want && (slab = pick_slab(s)))
		take_many(s, slab, c, want - c->nr);
	c->busy = 0;
	mm_write_end(&s->lock);
	mm_spin_release(&s->lock);
	return c->nr;
}

/* ---- one object at a time: caches with debugging, or whose objects are always cleared ---- */

/* Something is wrong in there: what is free stays so for good, for who knows whose it is. */
static void write_off(struct kmem_cache *s, struct slab *slab, unsigned int old)
{
	slab->freelist = NULL;
	slab->inuse = slab->objects;
	slab_refile(s, slab, old);
}

void *slab_take_one(struct kmem_cache *s, size_t orig_size, unsigned long caller)
{
	unsigned long irq = mm_lock_write(&s->lock);
	struct slab *slab;
	void *obj = NULL;

	while (!obj && (slab = pick_slab(s))) {
		unsigned int old = slab->inuse;

		slab_debug_list(s, slab);
		if (unlikely(slab->inuse != old)) {
			slab_refile(s, slab, old);
			continue;
		}
		obj = slab->freelist;
		if (!slab_debug_alloc(s, slab, obj, orig_size, caller)) {
			write_off(s, slab, old);
			obj = NULL;
			continue;
		}
		slab->freelist = get_free_link(s, obj);
		slab->inuse++;
		slab_refile(s, slab, old);
		if (s->init & SLAB_INIT_FREE && s->offset < s->object_size)
			*(uint64_t *)((char *)obj + s->offset) = 0;
	}
	mm_unlock_write(&s->lock, irq);
	return obj;
}

/* ---- giving slabs back ---- */

/* All pages of a slab name its cache, the head last and first to stop. NULL: none. */
static void name_tails(struct slab *slab, struct kmem_cache *s)
{
	for (unsigned long i = 1; i < 1UL << slab->order; i++) {
		slab[i].owner = s ? OWNER_SLAB : 0;
		slab[i].slab_cache = s;
	}
}

/* Take an empty slab out of its cache: it is nobody's then. Needs: the lock. */
static void forget_slab(struct kmem_cache *s, struct slab *slab)
{
	unfile_slab(s, slab, 0);
	s->nr_slabs--;
	s->nr_pages -= 1UL << slab->order;
	set_page_owner((struct page *)slab, OWNER_RAW);
	name_tails(slab, NULL);
}

static void free_slab(struct slab *slab)
{
	struct task_struct *task = current;

	slab->slab_cache = NULL;
	/* Reclaim wants to know what its calls into caches brought. */
	if (task)
		task->slab_freed += 1UL << slab->order;
	__free_pages((struct page *)slab, slab->order);
}

/* Pages of slabs of all caches that wait for their grace period. */
static unsigned long nr_dying;

unsigned long slab_dying_pages(void)
{
	return __atomic_load_n(&nr_dying, __ATOMIC_ACQUIRE);
}

/* Its cache may be gone by now. */
static void free_slab_rcu(struct rcu_head *rcu)
{
	struct slab *slab = container_of((struct list_head *)rcu, struct slab, slab_list);
	unsigned long pages = 1UL << slab->order;

	free_slab(slab);
	__atomic_fetch_sub(&nr_dying, pages, __ATOMIC_RELEASE);
}

/* The pages of slabs that were forgotten. */
static unsigned long free_slabs(struct kmem_cache *s, struct list_head *slabs)
{
	unsigned long pages = 0;

	while (!list_empty(slabs)) {
		struct slab *slab = list_first_entry(slabs, struct slab, slab_list);

		list_del(&slab->slab_list);
		pages += 1UL << slab->order;
		slab_debug_discard(s, slab);
		if (s->flags & SLAB_TYPESAFE_BY_RCU) {
			_Static_assert(sizeof(struct rcu_head) <= sizeof(slab->slab_list), "no room for a rcu_head");
			__atomic_fetch_add(&nr_dying, 1UL << slab->order, __ATOMIC_RELAXED);
			call_rcu((struct rcu_head *)&slab->slab_list, free_slab_rcu);
		} else {
			free_slab(slab);
		}
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

unsigned long slab_discard_empty(struct kmem_cache *s, uint64_t keep)
{
	LIST_HEAD(surplus);
	unsigned long irq = mm_lock_write(&s->lock);

	collect_empty(s, keep, &surplus);
	mm_unlock_write(&s->lock, irq);
	return free_slabs(s, &surplus);
}

/* The objects at the end of the array that lie in the same slab as the last one, @nr at most. Return: how many that were. */
static unsigned int put_run(struct kmem_cache *s, struct slab_cpu *c, unsigned int nr)
{
	unsigned int at = c->nr, end = at - nr, bad = 0;
	struct slab *slab = obj_slab(s, c->objs[at - 1]);
	unsigned long base = (unsigned long)slab_address(slab), bytes = PAGE_SIZE << slab->order;
	unsigned int old = slab->inuse;

	while (at > end && (unsigned long)c->objs[at - 1] - base < bytes)
		bad += !put_link(s, slab, c->objs[--at]);
	nr = c->nr - at;
	c->nr = at;
	if (likely(nr > bad))
		slab_refile(s, slab, old);
	return nr;
}

void slab_drain(struct kmem_cache *s, struct slab_cpu *c, unsigned int nr)
{
	LIST_HEAD(surplus);
	unsigned long irq = mm_lock_write(&s->lock);

	c->busy = 1;
	c->drains++;
	while (nr)
		nr -= put_run(s, c, nr);
	c->busy = 0;
	collect_empty(s, SLAB_EMPTY_KEEP, &surplus);
	mm_unlock_write(&s->lock, irq);
	free_slabs(s, &surplus);
}

/* A free object says nothing any more, but where the next one lies. */
static void clear_free(struct kmem_cache *s, void *obj)
{
	void *next = get_free_link(s, obj);

	memset(obj, 0, s->object_size);
	set_free_link(s, obj, next);
}

void slab_put_one(struct kmem_cache *s, void *obj, unsigned long caller)
{
	LIST_HEAD(surplus);
	unsigned long irq = mm_lock_write(&s->lock);
	struct slab *slab = obj_slab(s, obj);

	if (slab_debug_free(s, slab, obj, caller) && put_link(s, slab, obj)) {
		if (s->init & SLAB_INIT_FREE)
			clear_free(s, obj);
		slab_refile(s, slab, slab->inuse + 1U);
		collect_empty(s, SLAB_EMPTY_KEEP, &surplus);
	}
	mm_unlock_write(&s->lock, irq);
	free_slabs(s, &surplus);
}

void slab_sort_partial(struct kmem_cache *s)
{
	unsigned long irq = mm_lock_write(&s->lock);
	struct slab *slab, *next, *at;
	LIST_HEAD(sorted);

	list_for_each_entry_safe (slab, next, &s->partial, slab_list) {
		struct list_head *place = &sorted;

		list_for_each_entry (at, &sorted, slab_list) {
			if (slab->inuse > at->inuse) {
				place = &at->slab_list;
				break;
			}
		}
		__list_del_entry(&slab->slab_list);
		list_add_tail(&slab->slab_list, place);
	}
	list_splice(&sorted, &s->partial);
	mm_unlock_write(&s->lock, irq);
}

/* ---- new slabs ---- */

gfp_t slab_fix_gfp(gfp_t gfp)
{
	char was[160], is[160];
	gfp_t good = gfp & ~(__GFP_DMA32 | __GFP_HIGHMEM) & __GFP_BITS_MASK;

	if (likely(good == gfp))
		return gfp;
	pr_warn("Unexpected gfp: %#x (%s). Fixing up to gfp: %#x (%s). Fix your code!\n", gfp & ~good,
		gfp_names(was, sizeof(was), gfp & ~good), good, gfp_names(is, sizeof(is), good));
	dump_stack();
	return good;
}

/* Pages for a slab: of the cache's usual order if that is easy, else of the least that holds an object. */
static struct slab *slab_pages(struct kmem_cache *s, gfp_t gfp)
{
	gfp_t easy = (gfp | __GFP_NOWARN | __GFP_NORETRY) & ~(__GFP_NOFAIL | __GFP_DIRECT_RECLAIM);
	unsigned int order = s->order;
	struct slab *slab = NULL;

	if (order > s->min_order)
		slab = (struct slab *)alloc_pages_owner(easy, order, OWNER_RAW);
	if (!slab) {
		order = s->min_order;
		slab = (struct slab *)alloc_pages_owner(gfp, order, OWNER_RAW);
	}
	if (slab)
		slab->objects = (uint16_t)(((PAGE_SIZE << order) - s->first) / s->size);
	return slab;
}

/* Cut into free objects, first to last. */
static void cut_objects(struct kmem_cache *s, struct slab *slab)
{
	void (*ctor)(void *) = (void (*)(void *))s->ctor;
	char *obj = slab_objects(s, slab);

	slab->freelist = obj;
	for (unsigned int left = slab->objects; left > 0; left--, obj += s->size) {
		if (unlikely(ctor != NULL))
			ctor(obj);
		if (slab_debugged(s))
			slab_debug_object(s, slab, obj);
		set_free_link(s, obj, left > 1 ? obj + s->size : NULL);
	}
}

/* A slab with all objects free, not on a list yet. Context: as @gfp allows; interrupts as the caller had them. */
static struct slab *new_slab(struct kmem_cache *s, gfp_t gfp)
{
	struct slab *slab = slab_pages(s, (slab_fix_gfp(gfp) & SLAB_PAGE_GFP) | s->gfp | __GFP_COMP);

	if (!slab)
		return NULL;
	WARN_ONCE((gfp & __GFP_ZERO) && s->ctor, "%s has a constructor: __GFP_ZERO makes no sense\n", s->name);
	slab->inuse = 0;
	if (slab_debugged(s))
		slab_debug_new(s, slab);
	cut_objects(s, slab);
	return slab;
}

bool slab_grow(struct kmem_cache *s, gfp_t gfp)
{
	struct slab *slab = new_slab(s, gfp);
	LIST_HEAD(surplus);
	unsigned long irq;

	if (!slab)
		return false;
	irq = mm_lock_write(&s->lock);
	slab->slab_cache = s;
	name_tails(slab, s);
	set_page_owner((struct page *)slab, OWNER_SLAB);
	s->nr_slabs++;
	s->nr_pages += 1UL << slab->order;
	file_slab(s, slab);
	/* Several may have come to this at once. */
	collect_empty(s, SLAB_EMPTY_KEEP, &surplus);
	mm_unlock_write(&s->lock, irq);
	free_slabs(s, &surplus);
	return true;
}
