// SPDX-License-Identifier: MIT
/*
 * shrinker.c - caches of others that are made smaller when memory is short (linux/shrinker.h).
 *
 * How much: of a cache with n objects that may go, reclaim at priority p asks for (n >> p) * 4 / seeks, so that all caches
 *          lose the same share as the LRU lists; half of it where making an object anew costs nothing. What is less than a
 *          batch, or was refused, is owed (nr_deferred) and asked for by a later call; twice of what there is at most.
 * Always:  a shrinker is on the list <=> SHRINKER_REGISTERED; refcount is 1 for that and 1 for each walk that is in it. It
 *          leaves the list when all are gone, so a walk that holds it finds its successor.
 * Locking: shrinker_lock around the list and the counts, nothing is called under it.
 * Contexts: task that may sleep.
 */
#include <linux/export.h>
#include <linux/sched.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/sprintf.h>
#include <linux/wait.h>

#include "reclaim.h"

#define SHRINK_BATCH 128

static DEFINE_SPINLOCK(shrinker_lock);
static DECLARE_WAIT_QUEUE_HEAD(shrinker_wait);

/* ---- who is there ---- */

static void put_shrinker(struct shrinker *s)
{
	spin_lock(&shrinker_lock);
	s->refcount--;
	spin_unlock(&shrinker_lock);
	if (waitqueue_active(&shrinker_wait))
		wake_up_all(&shrinker_wait);
}

/* The one after @s, which the caller holds and lets go; the first for NULL. */
static struct shrinker *next_shrinker(struct shrinker *s)
{
	struct shrinker *next = s;

	spin_lock(&shrinker_lock);
	do {
		next = next ? list_next_entry(next, list) : list_first_entry(&mm_root.shrinkers, struct shrinker, list);
		if (&next->list == &mm_root.shrinkers)
			next = NULL;
	} while (next && !(next->flags & SHRINKER_REGISTERED));
	if (next)
		next->refcount++;
	spin_unlock(&shrinker_lock);
	if (s)
		put_shrinker(s);
	return next;
}

void shrinker_register(struct shrinker *s)
{
	WARN_ON(!s->count_objects || !s->scan_objects);
	spin_lock(&shrinker_lock);
	s->refcount = 1;
	s->flags |= SHRINKER_REGISTERED;
	list_add_tail(&s->list, &mm_root.shrinkers);
	spin_unlock(&shrinker_lock);
}
EXPORT_SYMBOL(shrinker_register);

/* Nobody is in it any more, and nobody will be. */
static void unregister(struct shrinker *s)
{
	if (!(s->flags & SHRINKER_REGISTERED))
		return;
	spin_lock(&shrinker_lock);
	s->flags &= ~SHRINKER_REGISTERED;
	spin_unlock(&shrinker_lock);
	put_shrinker(s);
	wait_event(shrinker_wait, !READ_ONCE(s->refcount));
	spin_lock(&shrinker_lock);
	list_del(&s->list);
	spin_unlock(&shrinker_lock);
}

struct shrinker *shrinker_alloc(unsigned int flags, const char *fmt, ...)
{
	struct shrinker *s = kzalloc(sizeof(*s), GFP_KERNEL);
	va_list args;

	if (!s)
		return NULL;
	s->flags = flags | SHRINKER_ALLOCATED;
	s->seeks = DEFAULT_SEEKS;
	va_start(args, fmt);
	vsnprintf(s->name, sizeof(s->name), fmt, args);
	va_end(args);
	return s;
}
EXPORT_SYMBOL(shrinker_alloc);

void shrinker_free(struct shrinker *s)
{
	if (!s)
		return;
	unregister(s);
	if (s->flags & SHRINKER_ALLOCATED)
		kfree(s);
}
EXPORT_SYMBOL(shrinker_free);

/* A structure of the caller's own, which may have been registered before. */
static void prepare(struct shrinker *s, const char *fmt, va_list args)
{
	s->flags &= ~(SHRINKER_REGISTERED | SHRINKER_ALLOCATED);
	s->nr_deferred = 0;
	vsnprintf(s->name, sizeof(s->name), fmt, args);
}

int prealloc_shrinker(struct shrinker *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	prepare(s, fmt, args);
	va_end(args);
	return 0;
}
EXPORT_SYMBOL(prealloc_shrinker);

void register_shrinker_prepared(struct shrinker *s)
{
	shrinker_register(s);
}
EXPORT_SYMBOL(register_shrinker_prepared);

void free_prealloced_shrinker(struct shrinker *s)
{
	unregister(s);
}
EXPORT_SYMBOL(free_prealloced_shrinker);

int register_shrinker(struct shrinker *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	prepare(s, fmt, args);
	va_end(args);
	shrinker_register(s);
	return 0;
}
EXPORT_SYMBOL(register_shrinker);

void unregister_shrinker(struct shrinker *s)
{
	unregister(s);
}
EXPORT_SYMBOL(unregister_shrinker);

void synchronize_shrinkers(void)
{
	for (struct shrinker *s = next_shrinker(NULL); s; s = next_shrinker(s))
		wait_event(shrinker_wait, READ_ONCE(s->refcount) <= 2);
}
EXPORT_SYMBOL(synchronize_shrinkers);

/* ---- making them smaller ---- */

/* New work for a cache of @freeable objects. */
static unsigned long new_work(const struct shrinker *s, unsigned long freeable, int priority)
{
	return s->seeks ? (freeable >> priority) * 4 / (unsigned int)s->seeks : freeable / 2;
}

/* Batch by batch. Return: objects freed; *@scanned: looked at. */
static unsigned long scan_batches(struct shrinker *s, struct shrink_control *sc, unsigned long total,
				  unsigned long freeable, unsigned long *scanned)
{
	unsigned long batch = s->batch ? (unsigned long)s->batch : SHRINK_BATCH, freed = 0;

	while (total && (total >= batch || total >= freeable)) {
		unsigned long nr = min(batch, total), got;

		sc->nr_to_scan = nr;
		sc->nr_scanned = nr;
		got = s->scan_objects(s, sc);
		if (got == SHRINK_STOP)
			break;
		freed += got;
		count_vm_events(SLABS_SCANNED, sc->nr_scanned);
		/* A callback that looks at nothing and does not say so would keep us here. */
		nr = max(min(sc->nr_scanned, nr), 1UL);
		total -= nr;
		*scanned += nr;
		cond_resched();
	}
	return freed;
}

static unsigned long shrink_one(struct shrinker *s, gfp_t gfp, int priority)
{
	struct shrink_control sc = {.gfp_mask = gfp};
	unsigned long freeable = s->count_objects(s, &sc), delta, owed, freed, scanned = 0;

	if (!freeable || freeable == SHRINK_EMPTY)
		return 0;
	owed = (unsigned long)__atomic_exchange_n(&s->nr_deferred, 0, __ATOMIC_RELAXED);
	delta = new_work(s, freeable, priority);
	freed = scan_batches(s, &sc, min((owed >> priority) + delta, 2 * freeable), freeable, &scanned);
	owed += delta;
	owed -= min(owed, scanned);
	/* What grew out of all proportion is forgotten. */
	__atomic_fetch_add(&s->nr_deferred, (long)min(owed, 2 * freeable), __ATOMIC_RELAXED);
	return freed;
}

unsigned long shrink_slab(gfp_t gfp, int priority)
{
	unsigned long freed = 0;

	for (struct shrinker *s = next_shrinker(NULL); s; s = next_shrinker(s))
		freed += shrink_one(s, gfp, priority);
	return freed;
}
