/* SPDX-License-Identifier: MIT */
/*
 * slabs.h - objects: which of a slab's are in use, what an address in a slab is, and who holds what.
 *
 * Walks are bounded, and end where the guest's structures make no sense: judging them is check.h's job.
 */
#ifndef MMV_TOOLS_SLABS_H
#define MMV_TOOLS_SLABS_H

#include <stdbool.h>

#include "tools/view/list.h"
#include "tools/view/view.h"

/* ---- slabs ---- */

enum object_state { OBJECT_USED, OBJECT_FREE, OBJECT_CPU };

/**
 * struct slab_picture - one slab of a cache.
 * @list: name of the list that it is on
 * @state: enum object_state for each of @objects
 */
struct slab_picture {
	uint64_t pfn;
	unsigned int order, objects, inuse;
	const char *list;
	uint8_t *state;
};

/**
 * view_slabs - every slab of the cache at @cache
 * @fn: gets the cache, a slab, and may stop the walk by returning false
 * Return: 0, or -1 and one line in @err: the cache or one of its lists cannot be walked.
 */
int view_slabs(const struct view *v, gva_t cache,
	       bool (*fn)(void *ctx, const struct kmem_cache *s, const struct slab_picture *p), void *ctx, char *err);

/* ---- one object ---- */

/**
 * struct slab_object - what is known about an address inside a slab.
 * @offset: of the address from the object's start; less than 0: in front of the first one
 * @where: which part of the object's slot it is: "object", "red zone", "link", "track", "size", "padding"
 * @cpu: OBJECT_CPU: in whose array it waits
 * @asked: what kmalloc() was asked for; 0: unknown
 * @has_track: the debug kernel kept who allocated and freed it
 */
struct slab_object {
	char cache[33];
	gva_t cache_addr;
	struct kmem_cache s;
	uint64_t slab_pfn;
	unsigned int order, index, objects, inuse;
	gva_t start;
	int64_t offset;
	const char *where;
	enum object_state state;
	unsigned int cpu;
	uint32_t asked;
	bool has_track[NR_SLAB_TRACKS];
	struct slab_track track[NR_SLAB_TRACKS];
};

/** view_object - the object behind an address of the direct map. Return: 0; -1: it is in no slab. */
int view_object(const struct view *v, gva_t va, struct slab_object *o);

/* ---- who holds what ---- */

/**
 * struct holder - objects of one cache that came from one place.
 * @stack: handle for view_stack(); 0 and @caller 0: unknown (the release kernel)
 */
struct holder {
	char cache[33];
	uint32_t stack;
	gva_t caller;
	uint64_t objects, bytes;
};

/** view_holders - all objects in use, by cache and stack, most bytes first; free() @holders. Return: how many, or -1. */
int view_holders(const struct view *v, struct holder **holders, char *err);

/** struct waste - where the bytes of a cache's slabs went: their sum is @bytes. */
struct waste {
	uint64_t bytes;    /* pages of its slabs */
	uint64_t used;     /* in the hands of users: object_size each */
	uint64_t cached;   /* in CPUs' arrays */
	uint64_t free;     /* in free objects */
	uint64_t padding;  /* alignment and debugging data around objects */
	uint64_t leftover; /* at the ends of slabs */
};

/** view_waste - the same of one row of list_caches(). */
struct waste view_waste(const struct list_cache *c);

#endif
