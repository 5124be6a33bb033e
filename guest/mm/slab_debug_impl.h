/* SPDX-License-Identifier: MIT */
/*
 * slab_debug_impl.h - what slab_debug.c (options, life of an object), slab_check.c (judging), slab_report.c (telling) share.
 *
 * A slot, from one object to the next, with everything on (shared/slab.h has the fields):
 *
 *     object | right red zone | link | track of allocation, track of free | size asked for | padding | left red zone of the next
 *
 * Before the first object lies its left red zone, before that padding; behind the last slot the slab's tail is padding as well.
 */
#ifndef GUEST_MM_SLAB_DEBUG_IMPL_H
#define GUEST_MM_SLAB_DEBUG_IMPL_H

#include <linux/poison.h>
#include <linux/string.h>

#include "slab.h"

/* Objects of one slab at most: kmem_cache.objs_per_slab has 16 bits. */
#define SLAB_MAX_OBJECTS 65536u

/** struct object_map - by index: which objects of a slab are on its free list. One for all, see slab_map_get(). */
struct object_map {
	unsigned long bits[SLAB_MAX_OBJECTS / BITS_PER_LONG];
};

static inline unsigned int slab_index(const struct kmem_cache *s, const struct slab *slab, const void *obj)
{
	return (unsigned int)((const char *)obj - slab_objects(s, slab)) / s->size;
}

static inline void *slab_nth(const struct kmem_cache *s, const struct slab *slab, unsigned int n)
{
	return slab_objects(s, slab) + (unsigned long)n * s->size;
}

/* The object in whose slot @addr lies, the first or last one if it lies in the slab's paddings. */
static inline void *slab_near(const struct kmem_cache *s, const struct slab *slab, const void *addr)
{
	long off = (const char *)addr - slab_objects(s, slab) + s->red_left;

	return slab_nth(s, slab, off < 0 ? 0 : min_t(unsigned int, (uint32_t)off / s->size, slab->objects - 1U));
}

static inline struct slab_track *slab_track(const struct kmem_cache *s, const void *obj, enum slab_track_kind kind)
{
	return s->track ? (struct slab_track *)((char *)obj + s->track) + kind : NULL;
}

static inline uint32_t *slab_orig(const struct kmem_cache *s, const void *obj)
{
	return s->orig ? (uint32_t *)((char *)obj + s->orig) : NULL;
}

/* Where an object's metadata ends and the padding of its slot begins. */
static inline uint32_t slab_meta_end(const struct kmem_cache *s)
{
	uint32_t end = s->offset >= s->inuse ? s->offset + (uint32_t)sizeof(void *) : s->inuse;

	if (s->track)
		end = s->track + NR_SLAB_TRACKS * (uint32_t)sizeof(struct slab_track);
	return s->orig ? s->orig + (uint32_t)sizeof(uint64_t) : end;
}

/* What the user may write: what was asked for, as far as that is known. */
static inline uint32_t slab_user_size(const struct kmem_cache *s, const void *obj)
{
	const uint32_t *orig = slab_orig(s, obj);

	return orig && *orig <= s->object_size ? *orig : s->object_size;
}

/* ---- slab_report.c ---- */

/** slab_bug - begin a report: the head, and it is counted: whoever runs a test fails unless it expected this. */
__printf(2, 3) void slab_bug(const struct kmem_cache *s, const char *fmt, ...);
/** slab_fix - how the damage was repaired. */
__printf(2, 3) void slab_fix(const struct kmem_cache *s, const char *fmt, ...);
/** slab_trailer - everything about an object and its slab, and the stack of whoever found out. */
void slab_trailer(const struct kmem_cache *s, const struct slab *slab, const void *obj);
/** slab_object_bug, slab_slab_bug - whole reports. */
void slab_object_bug(const struct kmem_cache *s, const struct slab *slab, const void *obj, const char *what);
__printf(3, 4) void slab_slab_bug(const struct kmem_cache *s, const struct slab *slab, const char *fmt, ...);
/** slab_print_tracks - who allocated and freed an object, with stacks. */
void slab_print_tracks(const struct kmem_cache *s, const void *obj);

/* ---- slab_check.c: all need the cache's lock; what is wrong is reported and repaired ---- */

/** slab_check_object - are an object's surroundings (and, if free, its body) as they should be? @state: SLUB_RED_*. */
bool slab_check_object(const struct kmem_cache *s, const struct slab *slab, void *obj, u8 state);
/** slab_check_slab - do the counts of a slab agree with its cache? */
bool slab_check_slab(const struct kmem_cache *s, struct slab *slab);
/** slab_check_padding - the bytes before the first and behind the last slot. */
bool slab_check_padding(const struct kmem_cache *s, const struct slab *slab);
/**
 * slab_check_free_list - follow it; a broken one is cut, and rebuilt from what the red zones say if there are any
 * @map: gets what is on it, may be NULL
 */
bool slab_check_free_list(const struct kmem_cache *s, struct slab *slab, struct object_map *map);
/** slab_is_free - is the object on its slab's free list? */
bool slab_is_free(const struct kmem_cache *s, const struct slab *slab, const void *obj);
/** slab_mark - red zones and body of an object that becomes free or goes to a user. @state: SLUB_RED_*. */
void slab_mark(const struct kmem_cache *s, void *obj, u8 state);

#endif
