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
 * struct slab_cpu - one CPU's array of ready objects of one cache. Its owner is the CPU: see asm/slab_cpu.h.
 * @cap:    how many it holds at most (c): smaller for large objects; 0 with debugging or SLAB_INIT_*: all goes to the slabs
 * @busy:   nonzero while objects move between the array and their slabs. A single push or pop needs no mark: it becomes
 *          visible with one store to @nr.
 * @refills, @drains: how often objects came from their slabs, went back to them
 */
struct slab_cpu {
	uint32_t nr;                   /* (p) */
	uint32_t cap;                  /* (c) */
	uint64_t busy;                 /* (p) */
	uint64_t refills, drains;      /* (p) since boot */
	GPTR(void) objs[SLAB_CPU_CAP]; /* (p) [0, nr): allocated in their slab's eyes, free in the user's */
};
MMV_SIZE(struct slab_cpu, 512);

/**
 * struct kmem_cache - objects of one size.
 * @cpu:     array of mm_root.nr_cpus entries
 * @size:    bytes from one object to the next
 * @offset:  where, counted from the object, a free one keeps the link to the next free one
 * @nr_out:  sum of inuse over its slabs: less what waits in arrays, that is what users hold
 * @useroffset, @usersize: the part of an object that copies to and from user space may touch
 * @nr_pages: of all its slabs
 * @refcount: how many kmem_cache_create() calls it stands for
 *
 * Always: a slab of order o has ((PAGE_SIZE << o) - first) / size objects, o is order or min_order; a slab is on partial if 0 < inuse < objects, on full if inuse == objects, on
 * empty if inuse == 0; nr_partial, nr_full, nr_empty are the lengths, and their sum is nr_slabs.
 */
struct kmem_cache {
	GPTR(struct slab_cpu) cpu; /* (c) */
	uint32_t size;             /* (c) */
	uint32_t object_size;      /* under slab_lock: what was asked for, the most that a merged cache was asked for */
	uint32_t align;            /* (c) */
	uint32_t offset;           /* (c) */
	uint32_t flags;            /* (c) SLAB_* */
	uint32_t gfp;              /* (c) added to every slab's gfp mask */
	GPTR(void) ctor;           /* (c) void (*)(void *) */
	uint8_t order, min_order;  /* (c) of its slabs: usually; when memory was short */
	uint16_t objs_per_slab;    /* (c) in a slab of the usual order */
	uint32_t refcount;         /* under slab_lock */

	char name[32];                                    /* (c) */
	uint32_t useroffset, usersize;                    /* under slab_lock */
	struct list_head list;                            /* on mm_root.slab_caches, under slab_lock */
	struct mm_lock lock;                              /* what follows */
	struct list_head partial, full, empty;            /* (L) struct slab, by slab_list */
	uint64_t nr_slabs, nr_partial, nr_full, nr_empty; /* (L) */
	uint64_t nr_out, nr_pages;                        /* (L) */

	/* What debugging adds to a slab and to each object in it; all zero: nothing. See struct slab_track. */
	uint32_t first;    /* (c) offset of a slab's first object */
	uint32_t red_left; /* (c) bytes of red zone in front of every object */
	uint32_t inuse;    /* (c) from an object's start to its metadata: the object and its right red zone */
	uint32_t track;    /* (c) offset of struct slab_track[NR_SLAB_TRACKS] in an object's slot; 0: not kept */
	uint32_t orig;     /* (c) offset of the size that was asked for, 32 bits; 0: not kept */
	uint32_t poison;   /* (c) SLAB_POISONED_* */
	uint64_t random;   /* (c) 0: links are plain addresses; else see slab_link() */

	uint32_t init; /* (c) SLAB_INIT_*; if any, its arrays have capacity 0 */
	uint32_t reserved;
};

/* Slabs without an object in use that a cache keeps for the next burst. */
#define SLAB_EMPTY_KEEP 4

#define SLAB_POISONED_PAD 1u  /* bytes that are nobody's hold POISON_INUSE */
#define SLAB_POISONED_BODY 2u /* free objects hold POISON_FREE, and POISON_END as their last byte */

#define SLAB_INIT_ALLOC 1u /* objects are cleared on their way out */
#define SLAB_INIT_FREE 2u  /* and on their way back */

/**
 * slab_link - encode or decode the link that lies at @at: the same operation both ways
 * A link that somebody overwrote, or read without knowing @random, leads nowhere.
 */
static inline uint64_t slab_link(uint64_t random, uint64_t at, uint64_t word)
{
	return random ? word ^ random ^ __builtin_bswap64(at) : word;
}

/**
 * struct slab_track - who did something to an object, and when.
 * @addr:   whom the call returned to
 * @when:   jiffies
 * @serial: grows with every such record, in all caches
 * @handle: the stack, in the stack depot; 0: unknown
 *
 * A slot of a cache with everything on, from one object to the next:
 *	object | right red zone (to inuse) | link | track of allocation, of free | size asked for | padding | left red zone of the next
 */
struct slab_track {
	gva_t addr;
	uint64_t when;
	uint32_t handle;
	uint32_t cpu;
	int32_t pid;
	uint32_t serial;
};
MMV_SIZE(struct slab_track, 32);
enum slab_track_kind { TRACK_ALLOC, TRACK_FREE, NR_SLAB_TRACKS };

#endif
