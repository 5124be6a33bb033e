/* SPDX-License-Identifier: MIT */
/*
 * slab.h - caches of objects of one size, and each CPU's array of ready ones.
 *
 * Letters behind a field: see mm.h.
 */
#ifndef MMV_SHARED_SLAB_H
#define MMV_SHARED_SLAB_H

#include "shared/page.h"
#include "shared/types.h"

#define SLAB_CPU_CAP 60

/**
 * struct slab_cpu - one CPU's array of ready objects of one cache. Its owner is the CPU: interrupts off, no lock.
 * @cap: how many it holds at most (c): smaller for large objects
 * @busy: nonzero while objects move between the array and their slabs. A single push or pop needs no mark: it becomes
 *        visible with one store to @nr.
 */
struct slab_cpu {
	uint32_t nr;                   /* (p) */
	uint32_t cap;                  /* (c) */
	uint64_t busy;                 /* (p) */
	uint64_t allocs, frees;        /* (p) since boot */
	GPTR(void) objs[SLAB_CPU_CAP]; /* (p) [0, nr): allocated in their slab's eyes, free in the user's */
};
MMV_SIZE(struct slab_cpu, 512);

/**
 * struct kmem_cache - objects of one size.
 * @size:   bytes from one object to the next
 * @offset: where in a free object the link to the next free one lies
 * @cpu:    array of mm_root.nr_cpus entries
 *
 * Always: objects == nr_slabs * objs_per_slab; a slab is on partial if 0 < inuse < objects, on full if inuse == objects, on
 * empty if inuse == 0; nr_partial, nr_full, nr_empty are the lengths, and their sum is nr_slabs.
 */
struct kmem_cache {
	struct mm_lock lock;
	struct list_head list;                            /* on mm_root.slab_caches, under slab_lock */
	char name[32];                                    /* (c) */
	uint32_t object_size;                             /* (c) what was asked for */
	uint32_t size;                                    /* (c) */
	uint32_t align;                                   /* (c) */
	uint32_t offset;                                  /* (c) */
	uint32_t flags;                                   /* (c) SLAB_* */
	uint32_t refcount;                                /* users of a merged cache, under slab_lock */
	uint16_t order;                                   /* (c) of its slabs */
	uint16_t objs_per_slab;                           /* (c) */
	uint32_t gfp;                                     /* (c) added to every slab's gfp mask */
	GPTR(void) ctor;                                  /* (c) void (*)(void *) */
	struct list_head partial, full, empty;            /* (L) struct slab, by slab_list */
	uint64_t nr_slabs, nr_partial, nr_full, nr_empty; /* (L) */
	GPTR(struct slab_cpu) cpu;                        /* (c) */
};

#endif
