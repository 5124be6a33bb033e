// SPDX-License-Identifier: MIT
/*
 * slab_debug.c - what caches with debugging do besides; see slab_debug.h for who calls it when.
 *
 * SLAB_CONSISTENCY_CHECKS: an object that comes back must be one of its slab's, and not on its free list already.
 * Locking: the cache's lock is held around slab_debug_alloc() and slab_debug_free().
 */
#include "slab.h"

#if MM_DEBUG

slab_flags_t slab_debug_flags(const char *name, unsigned int object_size, slab_flags_t flags)
{
	(void)name;
	(void)object_size;
	return flags & ~(SLAB_DEBUG_FLAGS & ~SLAB_CONSISTENCY_CHECKS);
}

void slab_debug_layout(struct kmem_cache *s)
{
	(void)s;
}

bool slab_debug_fail(const struct kmem_cache *s, gfp_t gfp)
{
	(void)s;
	(void)gfp;
	return false;
}

void slab_debug_new(struct kmem_cache *s, struct slab *slab)
{
	MM_CHECK(slab->objects <= s->objs_per_slab);
}

void slab_debug_object(struct kmem_cache *s, struct slab *slab, void *obj)
{
	MM_CHECK(slab_owns(s, slab, obj));
}

bool slab_debug_alloc(struct kmem_cache *s, struct slab *slab, void *obj, size_t orig_size, unsigned long caller)
{
	(void)orig_size;
	(void)caller;
	return slab_owns(s, slab, obj);
}

bool slab_debug_free(struct kmem_cache *s, struct slab *slab, void *obj, unsigned long caller)
{
	(void)caller;
	for (void *o = slab->freelist; o; o = get_free_link(s, o)) {
		if (o == obj) {
			slab_bad_free("double free", s, obj);
			return false;
		}
	}
	return true;
}

void slab_debug_discard(struct kmem_cache *s, struct slab *slab)
{
	(void)s;
	MM_CHECK(!slab->inuse);
}

void slab_debug_cache(struct kmem_cache *s, bool made)
{
	(void)s;
	(void)made;
}

void slab_debug_remaining(struct kmem_cache *s, struct slab *slab, void *obj)
{
	(void)s;
	(void)slab;
	(void)obj;
}

#endif
