// SPDX-License-Identifier: MIT
/*
 * mempool.c - reserves of elements for those who must make progress when memory is short (see linux/mempool.h).
 *
 * Shape:   a stack of min_nr elements. Allocating asks the pool's own function first, so the reserve is touched only when
 *          memory is short; freeing fills the reserve first.
 * Always:  0 <= curr_nr <= min_nr. Whoever sleeps was on the wait queue before the lock was dropped under which the reserve
 *          was empty, so the element that comes back next wakes him.
 *          Every pool that has a reserve is on mm_root.mempools.
 * Locking: pool->lock, interrupts off, around the stack. The pool's functions are called without it. mm_root.mempool_lock,
 *          interrupts off, around the list of pools; neither nests inside the other.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/mempool.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "internal.h"

/* Somebody may give memory back without waking us: look again after so long. */
#define LOOK_AGAIN (5 * HZ)

/* Needs the lock, and an element in the reserve. */
static void *take_element(mempool_t *pool)
{
	BUG_ON(pool->curr_nr <= 0);
	return pool->elements[--pool->curr_nr];
}

static void add_element(mempool_t *pool, void *element)
{
	BUG_ON(pool->curr_nr >= pool->min_nr);
	pool->elements[pool->curr_nr++] = element;
}

/* ---- making and ending ---- */

static enum mempool_kind kind_of(mempool_alloc_t *alloc)
{
	if (alloc == mempool_alloc_slab)
		return MEMPOOL_SLAB;
	if (alloc == mempool_kmalloc)
		return MEMPOOL_KMALLOC;
	return alloc == mempool_alloc_pages ? MEMPOOL_PAGES : MEMPOOL_OTHER;
}

static void show(mempool_t *pool)
{
	unsigned long irq = mm_lock_write(&mm_root.mempool_lock);

	list_add_tail(&pool->list, &mm_root.mempools);
	mm_unlock_write(&mm_root.mempool_lock, irq);
}

static void hide(mempool_t *pool)
{
	unsigned long irq = mm_lock_write(&mm_root.mempool_lock);

	list_del(&pool->list);
	mm_unlock_write(&mm_root.mempool_lock, irq);
}

void mempool_exit(mempool_t *pool)
{
	/* All zero: never made, or ended already. */
	if (!pool->elements)
		return;
	hide(pool);
	while (pool->curr_nr)
		pool->free(take_element(pool), pool->pool_data);
	kfree(pool->elements);
	pool->elements = NULL;
}
EXPORT_SYMBOL(mempool_exit);

int mempool_init_node(mempool_t *pool, int min_nr, mempool_alloc_t *alloc, mempool_free_t *free, void *pool_data,
		      gfp_t gfp, int node)
{
	spin_lock_init(&pool->lock);
	init_waitqueue_head(&pool->wait);
	pool->min_nr = min_nr;
	pool->curr_nr = 0;
	pool->pool_data = pool_data;
	pool->alloc = alloc;
	pool->free = free;
	pool->elements = kmalloc_array_node(max(1, min_nr), sizeof(void *), gfp, node);
	if (!pool->elements)
		return -ENOMEM;
	pool->kind = kind_of(alloc);
	pool->reserved = 0;
	show(pool);
	while (pool->curr_nr < min_nr) {
		void *element = alloc(gfp, pool_data);

		if (!element) {
			mempool_exit(pool);
			return -ENOMEM;
		}
		add_element(pool, element);
	}
	return 0;
}
EXPORT_SYMBOL(mempool_init_node);

int mempool_init(mempool_t *pool, int min_nr, mempool_alloc_t *alloc, mempool_free_t *free, void *pool_data)
{
	return mempool_init_node(pool, min_nr, alloc, free, pool_data, GFP_KERNEL, NUMA_NO_NODE);
}
EXPORT_SYMBOL(mempool_init);

mempool_t *mempool_create_node(int min_nr, mempool_alloc_t *alloc, mempool_free_t *free, void *pool_data, gfp_t gfp,
			       int node)
{
	mempool_t *pool = kzalloc_node(sizeof(*pool), gfp, node);

	if (pool && mempool_init_node(pool, min_nr, alloc, free, pool_data, gfp, node)) {
		kfree(pool);
		return NULL;
	}
	return pool;
}
EXPORT_SYMBOL(mempool_create_node);

mempool_t *mempool_create(int min_nr, mempool_alloc_t *alloc, mempool_free_t *free, void *pool_data)
{
	return mempool_create_node(min_nr, alloc, free, pool_data, GFP_KERNEL, NUMA_NO_NODE);
}
EXPORT_SYMBOL(mempool_create);

void mempool_destroy(mempool_t *pool)
{
	if (!pool)
		return;
	mempool_exit(pool);
	kfree(pool);
}
EXPORT_SYMBOL(mempool_destroy);

/* ---- resizing ---- */

/* Elements beyond @min_nr go. */
static void shrink_to(mempool_t *pool, int min_nr)
{
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	while (pool->curr_nr > min_nr) {
		void *element = take_element(pool);

		spin_unlock_irqrestore(&pool->lock, flags);
		pool->free(element, pool->pool_data);
		spin_lock_irqsave(&pool->lock, flags);
	}
	pool->min_nr = min_nr;
	spin_unlock_irqrestore(&pool->lock, flags);
}

/* Room for @min_nr elements. Return: false if somebody else has resized it meanwhile. */
static bool enlarge(mempool_t *pool, void **elements, int min_nr)
{
	unsigned long flags;
	void **old = elements;

	spin_lock_irqsave(&pool->lock, flags);
	if (min_nr > pool->min_nr) {
		memcpy(elements, pool->elements, (size_t)pool->curr_nr * sizeof(*elements));
		old = pool->elements;
		pool->elements = elements;
		pool->min_nr = min_nr;
	}
	spin_unlock_irqrestore(&pool->lock, flags);
	kfree(old);
	return old != elements;
}

/* With what memory there is. Return: false if there is no more of that. */
static bool fill_one(mempool_t *pool)
{
	void *element = pool->alloc(GFP_KERNEL, pool->pool_data);
	unsigned long flags;

	if (!element)
		return false;
	spin_lock_irqsave(&pool->lock, flags);
	if (pool->curr_nr < pool->min_nr) {
		add_element(pool, element);
		element = NULL;
	}
	spin_unlock_irqrestore(&pool->lock, flags);
	if (element)
		pool->free(element, pool->pool_data);
	return !element;
}

int mempool_resize(mempool_t *pool, int min_nr)
{
	void **elements;

	BUG_ON(min_nr <= 0);
	might_sleep();
	if (min_nr <= pool->min_nr) {
		shrink_to(pool, min_nr);
		return 0;
	}
	elements = kmalloc_array((size_t)min_nr, sizeof(*elements), GFP_KERNEL);
	if (!elements)
		return -ENOMEM;
	if (enlarge(pool, elements, min_nr))
		while (!mempool_is_saturated(pool) && fill_one(pool))
			;
	return 0;
}
EXPORT_SYMBOL(mempool_resize);

/* ---- elements ---- */

void *mempool_alloc_preallocated(mempool_t *pool)
{
	void *element = NULL;
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	if (pool->curr_nr)
		element = take_element(pool);
	spin_unlock_irqrestore(&pool->lock, flags);
	return element;
}
EXPORT_SYMBOL(mempool_alloc_preallocated);

/* From the reserve; if that is empty, sleep until something came back, or for a while. */
static void *take_or_wait(mempool_t *pool)
{
	void *element = NULL;
	unsigned long flags;
	DEFINE_WAIT(wait);

	spin_lock_irqsave(&pool->lock, flags);
	if (pool->curr_nr)
		element = take_element(pool);
	else
		prepare_to_wait(&pool->wait, &wait, TASK_UNINTERRUPTIBLE);
	spin_unlock_irqrestore(&pool->lock, flags);
	if (!element) {
		schedule_timeout(LOOK_AGAIN);
		finish_wait(&pool->wait, &wait);
	}
	return element;
}

void *mempool_alloc(mempool_t *pool, gfp_t gfp)
{
	gfp_t full = gfp | __GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN;
	void *element;

	WARN_ON_ONCE(gfp & __GFP_ZERO);
	might_alloc(gfp);
	element = pool->alloc(full & ~(__GFP_DIRECT_RECLAIM | __GFP_IO), pool->pool_data);
	if (likely(element))
		return element;
	element = mempool_alloc_preallocated(pool);
	while (!element && (full & (__GFP_DIRECT_RECLAIM | __GFP_IO))) {
		element = pool->alloc(full, pool->pool_data);
		if (element || !(full & __GFP_DIRECT_RECLAIM))
			break;
		element = take_or_wait(pool);
	}
	return element;
}
EXPORT_SYMBOL(mempool_alloc);

/* Fill the gaps with what can be had by @gfp. Return: how many are left. */
static unsigned int fill_gaps(mempool_t *pool, void **elements, unsigned int nr, unsigned int missing, gfp_t gfp)
{
	for (unsigned int i = 0; i < nr && missing; i++) {
		if (elements[i])
			continue;
		elements[i] = pool->alloc(gfp, pool->pool_data);
		if (!elements[i])
			break;
		missing--;
	}
	return missing;
}

/* The same from the reserve, all or none; if none, sleep until something came back, or for a while. */
static bool take_all_or_wait(mempool_t *pool, void **elements, unsigned int nr, unsigned int missing)
{
	unsigned long flags;
	DEFINE_WAIT(wait);
	bool enough;

	spin_lock_irqsave(&pool->lock, flags);
	enough = pool->curr_nr >= (int)missing;
	if (!enough)
		prepare_to_wait(&pool->wait, &wait, TASK_UNINTERRUPTIBLE);
	for (unsigned int i = 0; enough && i < nr; i++)
		if (!elements[i])
			elements[i] = take_element(pool);
	spin_unlock_irqrestore(&pool->lock, flags);
	if (!enough) {
		schedule_timeout(LOOK_AGAIN);
		finish_wait(&pool->wait, &wait);
	}
	return enough;
}

int mempool_alloc_bulk(mempool_t *pool, void **elements, unsigned int nr, unsigned int allocated)
{
	gfp_t full = GFP_KERNEL | __GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN;
	unsigned int missing = nr - allocated;

	WARN_ON_ONCE(nr > (unsigned int)READ_ONCE(pool->min_nr) || allocated > nr);
	might_alloc(GFP_KERNEL);
	missing = fill_gaps(pool, elements, nr, missing, full & ~(__GFP_DIRECT_RECLAIM | __GFP_IO));
	while (missing) {
		missing = fill_gaps(pool, elements, nr, missing, full);
		if (missing && take_all_or_wait(pool, elements, nr, missing))
			break;
	}
	return 0;
}
EXPORT_SYMBOL(mempool_alloc_bulk);

unsigned int mempool_free_bulk(mempool_t *pool, void **elements, unsigned int nr)
{
	unsigned int taken = 0;
	unsigned long flags;

	/* Whoever took the reserve down did so before these elements could be freed: no need for the lock to see that. */
	if (unlikely(READ_ONCE(pool->curr_nr) < pool->min_nr)) {
		spin_lock_irqsave(&pool->lock, flags);
		while (taken < nr && pool->curr_nr < pool->min_nr)
			add_element(pool, elements[taken++]);
		spin_unlock_irqrestore(&pool->lock, flags);
	}
	if (waitqueue_active(&pool->wait))
		wake_up_all(&pool->wait);
	return taken;
}
EXPORT_SYMBOL(mempool_free_bulk);

void mempool_free(void *element, mempool_t *pool)
{
	unsigned long flags;

	if (unlikely(!element))
		return;
	/* Whoever took the reserve down did so before this element could be freed: no need for the lock to see that. */
	if (unlikely(READ_ONCE(pool->curr_nr) < pool->min_nr)) {
		spin_lock_irqsave(&pool->lock, flags);
		if (likely(pool->curr_nr < pool->min_nr)) {
			add_element(pool, element);
			element = NULL;
		}
		spin_unlock_irqrestore(&pool->lock, flags);
	}
	if (element)
		pool->free(element, pool->pool_data);
	if (waitqueue_active(&pool->wait))
		wake_up(&pool->wait);
}
EXPORT_SYMBOL(mempool_free);

/* ---- stock functions ---- */

void *mempool_alloc_slab(gfp_t gfp, void *pool_data)
{
	struct kmem_cache *s = pool_data;

	WARN_ON_ONCE(s->ctor);
	return kmem_cache_alloc(s, gfp);
}
EXPORT_SYMBOL(mempool_alloc_slab);

void mempool_free_slab(void *element, void *pool_data)
{
	kmem_cache_free(pool_data, element);
}
EXPORT_SYMBOL(mempool_free_slab);

void *mempool_kmalloc(gfp_t gfp, void *pool_data)
{
	return kmalloc((size_t)pool_data, gfp);
}
EXPORT_SYMBOL(mempool_kmalloc);

void mempool_kfree(void *element, void *pool_data)
{
	(void)pool_data;
	kfree(element);
}
EXPORT_SYMBOL(mempool_kfree);

void *mempool_alloc_pages(gfp_t gfp, void *pool_data)
{
	return alloc_pages(gfp, (unsigned int)(long)pool_data);
}
EXPORT_SYMBOL(mempool_alloc_pages);

void mempool_free_pages(void *element, void *pool_data)
{
	__free_pages(element, (unsigned int)(long)pool_data);
}
EXPORT_SYMBOL(mempool_free_pages);
