/* SPDX-License-Identifier: MIT */
/*
 * slab_debug.h - where slab debugging looks in. Debug kernel only: in the release kernel all of this is nothing.
 *
 * A cache with one of SLAB_DEBUG_FLAGS has per-CPU arrays of capacity 0, so the fast paths, which do not know about
 * debugging, come past here with every object: slab_take_one() and slab_put_one() in slab_page.c.
 */
#ifndef GUEST_MM_SLAB_DEBUG_H
#define GUEST_MM_SLAB_DEBUG_H

#include <linux/slab.h>

#include "shared/slab.h"

#define SLAB_DEBUG_FLAGS (SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER | SLAB_TRACE)

/** slab_debugged - does every object of this cache go through the hooks below? */
static inline bool slab_debugged(const struct kmem_cache *s)
{
	return MM_DEBUG && (s->flags & SLAB_DEBUG_FLAGS);
}

#if MM_DEBUG

/** slab_debug_setup - the value of slub_debug=; before any cache is made. Return: 1, 0 if it makes no sense. */
int slab_debug_setup(char *value);

/** slab_debug_flags - what the boot options add to or take from a new cache's flags. */
slab_flags_t slab_debug_flags(const char *name, unsigned int object_size, slab_flags_t flags);

/* Bytes of the left red zone. */
#define SLAB_RED_LEFT 16

/**
 * slab_debug_layout - where in a slot things lie: first, red_left, inuse, offset, track, orig, poison, random, size
 * Before: object_size, align, flags, ctor as they will be; offset and size as without debugging.
 */
void slab_debug_layout(struct kmem_cache *s);

/** slab_debug_fail - shall this request fail on purpose? Context: any; interrupts as the caller had them. */
bool slab_debug_fail(const struct kmem_cache *s, gfp_t gfp);

/** slab_debug_new - a slab's pages as they came, before any constructor. Nobody else knows the slab yet. */
void slab_debug_new(struct kmem_cache *s, struct slab *slab);

/** slab_debug_object - a fresh, free object, after its constructor, before it is linked. */
void slab_debug_object(struct kmem_cache *s, struct slab *slab, void *obj);

/** slab_debug_list - before the first object of a slab's free list is taken: a list that leads astray is repaired. */
void slab_debug_list(struct kmem_cache *s, struct slab *slab);

/**
 * slab_debug_alloc - an object on its way to a user: off the free list already, the cache's lock held
 * @orig_size: what kmalloc() was asked for; the object's size in other caches
 * Return: false if it or its slab is damaged: then no object of this slab is handed out any more.
 */
bool slab_debug_alloc(struct kmem_cache *s, struct slab *slab, void *obj, size_t orig_size, unsigned long caller);

/** slab_debug_free - an object that comes back, not linked yet, the lock held. Return: false: leave it alone. */
bool slab_debug_free(struct kmem_cache *s, struct slab *slab, void *obj, unsigned long caller);

/** slab_debug_freed - do the red zones say that @addr lies in a free object? For whoever holds no lock: a guess at worst. */
bool slab_debug_freed(const void *addr);

/** slab_debug_discard - an empty slab that nobody knows any more, before its pages go. */
void slab_debug_discard(struct kmem_cache *s, struct slab *slab);

/** slab_debug_asked - how much of an object its user asked for, as far as that is known; else all of it. */
size_t slab_debug_asked(const struct kmem_cache *s, const void *obj);

/** slab_debug_resize - the user of an object now asks for @size of it: what lies behind is red zone. */
void slab_debug_resize(struct kmem_cache *s, void *obj, size_t size);

/** slab_debug_remaining - say who allocated an object that outlives its cache; under the cache's lock. */
void slab_debug_remaining(struct kmem_cache *s, struct slab *slab, void *obj);

#else

static inline slab_flags_t slab_debug_flags(const char *name, unsigned int object_size, slab_flags_t flags)
{
	(void)name;
	(void)object_size;
	return flags & ~SLAB_DEBUG_FLAGS;
}

#define slab_debug_layout(s) ((void)(s))
#define slab_debug_fail(s, gfp) false
#define slab_debug_new(s, slab) ((void)(s))
#define slab_debug_object(s, slab, obj) ((void)(s))
#define slab_debug_list(s, slab) ((void)(s))
#define slab_debug_asked(s, obj) ((void)(obj), (size_t)(s)->object_size)
#define slab_debug_resize(s, obj, size) ((void)(s), (void)(obj), (void)(size))
#define slab_debug_alloc(s, slab, obj, orig_size, caller) ((void)(orig_size), (void)(caller), true)
#define slab_debug_free(s, slab, obj, caller) ((void)(caller), true)
#define slab_debug_discard(s, slab) ((void)(s))
#define slab_debug_remaining(s, slab, obj) ((void)(s))

#endif

#endif
