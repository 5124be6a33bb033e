/* SPDX-License-Identifier: MIT */
/*
 * shrinker.h - caches of others that reclaim makes smaller: who there is, what is owed. include/linux/shrinker.h says how they are
 * used, guest/mm/shrinker.c how they work.
 */
#ifndef MMV_SHARED_SHRINKER_H
#define MMV_SHARED_SHRINKER_H

#include "shared/types.h"

#define SHRINKER_NUMA_AWARE (1u << 0)
#define SHRINKER_MEMCG_AWARE (1u << 1)
#define SHRINKER_NONSLAB (1u << 2)
#define SHRINKER_REGISTERED (1u << 8) /* in use by shrinker.c alone */
#define SHRINKER_ALLOCATED (1u << 9)

struct shrinker;
#if MM_GUEST
struct shrink_control;
typedef unsigned long(shrinker_call_t)(struct shrinker *s, struct shrink_control *sc);
#endif

/**
 * struct shrinker - a cache
 * @count_objects: how many could go; 0: unknown; SHRINK_EMPTY
 * @scan_objects:  look at sc->nr_to_scan of them. Return: how many went, or SHRINK_STOP
 * @batch:         objects for each call of scan_objects; 0: 128
 * @seeks:         DEFAULT_SEEKS or so; 0: go first
 *
 * The rest is shrinker.c's own: @list is on mm_root.shrinkers; @refcount is 1 for that and 1 for each walk that is in it.
 */
struct shrinker {
	GPTR(shrinker_call_t) count_objects;
	GPTR(shrinker_call_t) scan_objects;
	long batch;
	int seeks;
	unsigned int flags;
	GPTR(void) private_data;

	struct list_head list;
	long nr_deferred;
	int refcount;
	char name[32];
};
MMV_SIZE(struct shrinker, 104);

#endif
