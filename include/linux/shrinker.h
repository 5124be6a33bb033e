/* SPDX-License-Identifier: MIT */
/*
 * shrinker.h - caches that can be made smaller when memory is short: their owners say how much there is to be had, and give it
 * back piece by piece (guest/mm/shrinker.c).
 *
 * Both callbacks run in whatever task allocates, with whatever locks it holds: they look at sc->gfp_mask, and return SHRINK_STOP
 * when the request forbids what they would have to do (a file system without __GFP_FS, I/O without __GFP_IO).
 */
#ifndef _LINUX_SHRINKER_H
#define _LINUX_SHRINKER_H

#include <linux/compiler.h>
#include <linux/list.h>
#include <linux/types.h>

#include "shared/shrinker.h"

/**
 * struct shrink_control - one call
 * @gfp_mask:   of the request that memory is wanted for
 * @nr_to_scan: objects to look at
 * @nr_scanned: set to @nr_to_scan before; the callback may say less
 */
struct shrink_control {
	gfp_t gfp_mask;
	int nid;
	unsigned long nr_to_scan;
	unsigned long nr_scanned;
	void *memcg;
};

#define SHRINK_STOP (~0UL)      /* scan_objects(): cannot do anything now */
#define SHRINK_EMPTY (~0UL - 1) /* count_objects(): there is nothing */

/* What it costs to make an object anew, in disk seeks. */
#define DEFAULT_SEEKS 2

/** shrinker_alloc - a shrinker to be filled in; seeks is DEFAULT_SEEKS. Return: NULL without memory. Context: may sleep. */
struct shrinker *shrinker_alloc(unsigned int flags, const char *fmt, ...) __printf(2, 3);
/** shrinker_register - from now on it is called. */
void shrinker_register(struct shrinker *s);
/** shrinker_free - wait until nobody is in its callbacks; it is not called again. NULL is fine. Context: may sleep. */
void shrinker_free(struct shrinker *s);

/** register_shrinker, unregister_shrinker - the same for a structure of the caller's (the way of older kernels). Return: 0 */
int register_shrinker(struct shrinker *s, const char *fmt, ...) __printf(2, 3);
void unregister_shrinker(struct shrinker *s);
int prealloc_shrinker(struct shrinker *s, const char *fmt, ...) __printf(2, 3);
void register_shrinker_prepared(struct shrinker *s);
void free_prealloced_shrinker(struct shrinker *s);
/** synchronize_shrinkers - wait until every callback that runs now is over. Context: may sleep. */
void synchronize_shrinkers(void);

#endif
