// SPDX-License-Identifier: MIT
/*
 * slab_validate.c - going through all objects: is everything as it should be, and who holds what was never given back.
 *
 * Debug kernel only. Each cache is gone through under its lock, with interrupts off: that takes as long as there are objects in it, so
 * this is for the end of a payload, and for whoever asks.
 */
#include <linux/export.h>
#include <linux/sort.h>

#include "slab_debug_impl.h"

#if MM_DEBUG

static struct object_map scan_map;
/* Holder of scan_map; innermost but for slab_check.c's. */
static struct mm_lock scan_lock;

/* Return: what was found wrong. */
static unsigned long validate_slab(struct kmem_cache *s, struct slab *slab)
{
	unsigned long wrong = !slab_check_slab(s, slab);

	wrong += !slab_check_free_list(s, slab, &scan_map);
	wrong += !slab_check_padding(s, slab);
	for (unsigned int i = 0; i < slab->objects; i++)
		wrong += !slab_check_object(s, slab, slab_nth(s, slab, i),
					    test_bit(i, scan_map.bits) ? SLUB_RED_INACTIVE : SLUB_RED_ACTIVE);
	return wrong;
}

static unsigned long validate_list(struct kmem_cache *s, struct list_head *list, uint64_t count, const char *name)
{
	unsigned long wrong = 0;
	struct slab *slab, *next;
	uint64_t n = 0;

	list_for_each_entry_safe (slab, next, list, slab_list) {
		unsigned int old = slab->inuse;

		wrong += validate_slab(s, slab);
		if (slab->inuse != old)
			slab_refile(s, slab, old);
		n++;
	}
	if (n != count) {
		slab_bug(s, "%lu %s slabs counted but counter=%lu", (unsigned long)n, name, (unsigned long)count);
		wrong++;
	}
	return wrong;
}

unsigned long validate_slab_cache(struct kmem_cache *s)
{
	unsigned long wrong, irq;

	if (!slab_debugged(s))
		return 0;
	irq = mm_lock_write(&s->lock);
	__spin_acquire(&scan_lock);
	wrong = validate_list(s, &s->partial, s->nr_partial, "partial");
	wrong += validate_list(s, &s->full, s->nr_full, "full");
	wrong += validate_list(s, &s->empty, s->nr_empty, "empty");
	__spin_release(&scan_lock);
	mm_unlock_write(&s->lock, irq);
	return wrong;
}
EXPORT_SYMBOL(validate_slab_cache);

unsigned long validate_slab_all(void)
{
	unsigned long irq = mm_lock_read(&mm_root.slab_lock);
	unsigned long wrong = 0;
	struct kmem_cache *s;

	list_for_each_entry (s, &mm_root.slab_caches, list)
		wrong += validate_slab_cache(s);
	mm_unlock_read(&mm_root.slab_lock, irq);
	return wrong;
}
EXPORT_SYMBOL(validate_slab_all);

/* ---- who holds what ---- */

/** struct tally - objects by cache and stack, while they are counted. */
struct tally {
	struct slab_leak *at;
	unsigned int nr, max;
	u32 since;
};

static void tally_add(struct tally *t, struct kmem_cache *s, const void *obj)
{
	const struct slab_track *track = slab_track(s, obj, TRACK_ALLOC);
	struct slab_leak *l = t->at;

	if ((s32)(track->serial - t->since) <= 0)
		return;
	while (l < t->at + t->nr && (l->cache != s || l->stack != track->handle || l->caller != track->addr))
		l++;
	if (l == t->at + t->max)
		l--; /* no room: the last one stands for the rest */
	if (l == t->at + t->nr)
		*l = (struct slab_leak){.cache = s, .stack = track->handle, .caller = track->addr};
	t->nr = max_t(unsigned int, t->nr, (unsigned int)(l - t->at) + 1);
	l->objects++;
	l->bytes += slab_user_size(s, obj);
}

static void tally_list(struct tally *t, struct kmem_cache *s, struct list_head *list)
{
	struct slab *slab;

	list_for_each_entry (slab, list, slab_list) {
		slab_check_free_list(s, slab, &scan_map);
		for (unsigned int i = 0; i < slab->objects; i++)
			if (!test_bit(i, scan_map.bits))
				tally_add(t, s, slab_nth(s, slab, i));
	}
}

static int by_bytes(const void *a, const void *b)
{
	const struct slab_leak *x = a, *y = b;

	return x->bytes < y->bytes ? 1 : -(x->bytes > y->bytes);
}

unsigned int slab_leaks(u32 since, struct slab_leak *leaks, unsigned int max)
{
	struct tally t = {.at = leaks, .max = max, .since = since};
	unsigned long irq = mm_lock_read(&mm_root.slab_lock);
	struct kmem_cache *s;

	list_for_each_entry (s, &mm_root.slab_caches, list) {
		if (!s->track)
			continue;
		__spin_acquire(&s->lock);
		__spin_acquire(&scan_lock);
		tally_list(&t, s, &s->partial);
		tally_list(&t, s, &s->full);
		__spin_release(&scan_lock);
		__spin_release(&s->lock);
	}
	mm_unlock_read(&mm_root.slab_lock, irq);
	sort(leaks, t.nr, sizeof(*leaks), by_bytes, NULL);
	return t.nr;
}

#else

u32 slab_serial(void)
{
	return 0;
}

unsigned int slab_leaks(u32 since, struct slab_leak *leaks, unsigned int max)
{
	(void)since;
	(void)leaks;
	(void)max;
	return 0;
}

unsigned long validate_slab_cache(struct kmem_cache *s)
{
	(void)s;
	return 0;
}
EXPORT_SYMBOL(validate_slab_cache);

unsigned long validate_slab_all(void)
{
	return 0;
}
EXPORT_SYMBOL(validate_slab_all);

#endif
