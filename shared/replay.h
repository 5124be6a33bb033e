/* SPDX-License-Identifier: MIT */
/*
 * replay.h - a recorded kmem trace as the guest performs it, and what the guest reports back.
 *
 * One image, made by the host (tools/trace), placed in the blob, read and written in place by the guest:
 *
 *   struct replay_header      where everything lies
 *   struct replay_cache[]     kmem caches to create, in order of first use
 *   struct replay_class[]     every distinct (kind, cache, size, order, gfp): what an op does
 *   struct replay_stream[]    one per CPU: where its ops lie
 *   u64 ops[]                 REPLAY_OP(): code, class, slot
 *   -- the guest writes from here on; the host hands it over as zeros --
 *   struct replay_slot[]      one per object that is alive at the same time: where it is and what it is
 *   struct replay_result      then its arrays: progress per stream, kmem_cache per cache, counts per stream and class
 *
 * Living in the blob, slots and result take no RAM from the allocators under test.
 *
 * Order: a stream's ops happen in order. A stream that takes over an object from another one has a REPLAY_WAIT in
 * front, which names that stream and how many of its ops must be finished. All waits point backwards in the order of
 * the trace, so there is always a stream that can go on. Further waits keep the streams from running far ahead of each
 * other, so that about as much is alive at a time as was in the trace.
 *
 * The image is untrusted input to the guest (replay_check(), then every op is checked as it comes), and the result is
 * untrusted input to the host, which compares it with the image that it made itself.
 */
#ifndef MMV_SHARED_REPLAY_H
#define MMV_SHARED_REPLAY_H

#include "shared/types.h"

#define REPLAY_MAGIC 0x79616c7065725f76UL /* "v_replay" */
#define REPLAY_VERSION 1
#define REPLAY_ALIGN 64

#define REPLAY_MAX_STREAMS 64
#define REPLAY_MAX_CACHES 4096
#define REPLAY_MAX_CLASSES (1u << 20)
#define REPLAY_NR_FAULTS 16

/* ---- GFP flags: names and values on both sides; the guest asserts that its own headers agree ---- */

#define REPLAY_GFP_BITS(X)                                                                                             \
	X(__GFP_DMA, 0x01)                                                                                             \
	X(__GFP_HIGHMEM, 0x02)                                                                                         \
	X(__GFP_DMA32, 0x04)                                                                                           \
	X(__GFP_MOVABLE, 0x08)                                                                                         \
	X(__GFP_RECLAIMABLE, 0x10)                                                                                     \
	X(__GFP_HIGH, 0x20)                                                                                            \
	X(__GFP_IO, 0x40)                                                                                              \
	X(__GFP_FS, 0x80)                                                                                              \
	X(__GFP_ZERO, 0x100)                                                                                           \
	X(__GFP_DIRECT_RECLAIM, 0x400)                                                                                 \
	X(__GFP_KSWAPD_RECLAIM, 0x800)                                                                                 \
	X(__GFP_WRITE, 0x1000)                                                                                         \
	X(__GFP_NOWARN, 0x2000)                                                                                        \
	X(__GFP_RETRY_MAYFAIL, 0x4000)                                                                                 \
	X(__GFP_NOFAIL, 0x8000)                                                                                        \
	X(__GFP_NORETRY, 0x10000)                                                                                      \
	X(__GFP_MEMALLOC, 0x20000)                                                                                     \
	X(__GFP_COMP, 0x40000)                                                                                         \
	X(__GFP_NOMEMALLOC, 0x80000)                                                                                   \
	X(__GFP_HARDWALL, 0x100000)                                                                                    \
	X(__GFP_THISNODE, 0x200000)                                                                                    \
	X(__GFP_ACCOUNT, 0x400000)

/** REPLAY_GFP_ALL - every bit that has a name above. */
#define REPLAY_GFP_OR(name, value) | (value)
#define REPLAY_GFP_ALL (0u REPLAY_GFP_BITS(REPLAY_GFP_OR))

/* ---- the image ---- */

enum replay_kind {
	REPLAY_KMALLOC = 0, /* kmalloc(size, gfp) */
	REPLAY_CACHE = 1,   /* kmem_cache_alloc(cache, gfp) */
	REPLAY_PAGES = 2,   /* alloc_pages(gfp, order) */
	NR_REPLAY_KINDS
};

/* Ops: code in bits 56..63, class (or stream, for a wait) in 32..55, slot (or number of ops) in 0..31. */
enum replay_code {
	REPLAY_NOP = 0,    /* a page that turned out to be the traced kernel's own */
	REPLAY_ALLOC = 1,  /* class, slot: allocate, put the address into the slot */
	REPLAY_FREE = 2,   /* class, slot: the natural way for its kind */
	REPLAY_KFREE = 3,  /* class, slot: an object of a cache, given back by kfree() */
	REPLAY_UNSEEN = 4, /* as REPLAY_FREE, of an object whose free the trace does not show */
	REPLAY_WAIT = 5,   /* stream, n: until that stream has finished n ops */
	NR_REPLAY_CODES
};

#define REPLAY_OP(code, class, slot) ((uint64_t)(code) << 56 | (uint64_t)(class) << 32 | (uint32_t)(slot))
#define REPLAY_OP_CODE(op) ((unsigned int)((op) >> 56))
#define REPLAY_OP_CLASS(op) ((unsigned int)((op) >> 32) & 0xffffff)
#define REPLAY_OP_SLOT(op) ((uint32_t)(op))

struct replay_header {
	uint64_t magic;
	uint32_t version;
	uint32_t header_size;
	uint64_t total_size; /* of the image, slots and result included */
	uint32_t nr_streams;
	uint32_t nr_caches;
	uint32_t nr_classes;
	uint32_t nr_slots;
	uint64_t nr_ops; /* all streams, waits and nops included */
	uint64_t caches_off;
	uint64_t classes_off;
	uint64_t streams_off;
	uint64_t ops_off;
	uint64_t slots_off;
	uint64_t result_off;
};
MMV_SIZE(struct replay_header, 96);

#define REPLAY_F_HWCACHE 1u /* objects were padded to cache lines */

struct replay_cache {
	char name[32];
	uint32_t object_size; /* bytes_req in the trace */
	uint32_t traced_size; /* bytes_alloc in the trace: what the traced kernel spent on one object */
	uint32_t flags;       /* REPLAY_F_* */
	uint32_t pad;
};
MMV_SIZE(struct replay_cache, 48);

struct replay_class {
	uint8_t kind;   /* enum replay_kind */
	uint8_t order;  /* REPLAY_PAGES */
	uint16_t cache; /* REPLAY_CACHE */
	uint32_t gfp;
	uint32_t size;        /* bytes asked for */
	uint32_t traced_size; /* bytes the traced kernel spent */
};
MMV_SIZE(struct replay_class, 16);

struct replay_stream {
	uint64_t ops_off; /* from the start of the image */
	uint32_t nr_ops;
	uint32_t traced_cpu; /* the first CPU that was mapped here */
};
MMV_SIZE(struct replay_stream, 16);

/**
 * struct replay_slot - an object, from its REPLAY_ALLOC to its free.
 * @object: address of it, or of its struct page; 0 if the allocation failed
 * @class: 1 + its class; 0: the slot is free
 */
struct replay_slot {
	uint64_t object;
	uint32_t class;
	uint32_t pad;
};
MMV_SIZE(struct replay_slot, 16);

/* ---- the result ---- */

enum replay_state {
	REPLAY_NOT_STARTED = 0,
	REPLAY_RUNNING = 1,
	REPLAY_DONE = 2,
	REPLAY_BAD = 3, /* the image is not what it should be: fault[0] says where */
};

enum replay_fault_what {
	REPLAY_F_NOMEM = 1,    /* an allocation failed */
	REPLAY_F_CORRUPT = 2,  /* an object's mark was not there any more when it was freed */
	REPLAY_F_NOT_ZERO = 3, /* __GFP_ZERO memory was not zero */
	REPLAY_F_BAD_OP = 4,   /* an op that cannot be: bad code, class, slot, a slot in use twice */
	REPLAY_F_NO_CACHE = 5, /* kmem_cache_create() failed */
	REPLAY_F_STUCK = 6,    /* no stream can go on */
};

struct replay_fault {
	uint32_t what; /* enum replay_fault_what, 0: none */
	uint32_t stream;
	uint32_t op; /* index in the stream */
	uint32_t class;
	uint64_t address;
};
MMV_SIZE(struct replay_fault, 24);

/** struct replay_progress - one stream's own line: nobody else writes it. */
struct replay_progress {
	uint64_t done; /* ops finished: what a REPLAY_WAIT looks at */
	uint64_t corrupt;
	uint64_t not_zero;
	uint64_t waits;     /* that really had to wait */
	uint64_t unseen[3]; /* by enum replay_kind: of the frees, those by REPLAY_UNSEEN */
	uint64_t pad;
};
MMV_SIZE(struct replay_progress, 64);

/** struct replay_count - what one stream did with one class. */
struct replay_count {
	uint32_t allocs; /* that succeeded */
	uint32_t failed;
	uint32_t frees;
	uint32_t skipped; /* frees of what had failed to be allocated */
};
MMV_SIZE(struct replay_count, 16);

struct replay_result {
	uint64_t magic; /* REPLAY_MAGIC once the guest has accepted the image */
	uint32_t version;
	uint32_t state; /* enum replay_state */
	uint32_t nr_streams, nr_caches, nr_classes;
	uint32_t nr_faults; /* may exceed what @faults holds */
	uint64_t tsc_start, tsc_end;
	struct replay_fault faults[REPLAY_NR_FAULTS];
	uint64_t slab_peak, slab_end; /* bytes of pages in slabs and large kmalloc(), less what there was before */
	/* struct replay_progress [nr_streams], gva_t kmem_cache [nr_caches], struct replay_count
	 * [nr_streams][nr_classes] */
};
MMV_SIZE(struct replay_result, 448);

/* ---- where the result's arrays lie ---- */

static inline uint64_t replay_progress_off(void)
{
	return sizeof(struct replay_result);
}

static inline uint64_t replay_caches_off(uint32_t nr_streams)
{
	return replay_progress_off() + (uint64_t)nr_streams * sizeof(struct replay_progress);
}

static inline uint64_t replay_counts_off(uint32_t nr_streams, uint32_t nr_caches)
{
	return replay_caches_off(nr_streams) + (((uint64_t)nr_caches * sizeof(gva_t) + 15) & ~(uint64_t)15);
}

static inline uint64_t replay_result_size(uint32_t nr_streams, uint32_t nr_caches, uint32_t nr_classes)
{
	return replay_counts_off(nr_streams, nr_caches) +
	       (uint64_t)nr_streams * nr_classes * sizeof(struct replay_count);
}

/* ---- is this an image? ---- */

/* An array of @count times @each bytes at @off lies behind the header and ends at @end or before. */
static inline int replay_inside(uint64_t off, uint64_t count, uint64_t each, uint64_t end)
{
	return off % 8 == 0 && off >= sizeof(struct replay_header) && off <= end && count <= (end - off) / each;
}

/**
 * replay_check - judge everything of an image but the ops themselves
 * @h: 8-byte aligned
 * @size: bytes that can be read at @h
 * Return: NULL, or what is wrong. After NULL every array that the header names lies inside the image, and what the
 * guest writes (slots, result) overlaps nothing that it reads.
 */
static inline const char *replay_check(const struct replay_header *h, uint64_t size)
{
	const struct replay_cache *cache;
	const struct replay_class *class;
	const struct replay_stream *stream;
	uint64_t nr_ops = 0;
	uint32_t i;

	if (size < sizeof(*h) || h->magic != REPLAY_MAGIC)
		return "not an op stream";
	if (h->version != REPLAY_VERSION || h->header_size != sizeof(*h))
		return "op stream of another version";
	if (h->total_size > size)
		return "op stream is cut short";
	if (!h->nr_streams || h->nr_streams > REPLAY_MAX_STREAMS || h->nr_caches > REPLAY_MAX_CACHES ||
	    h->nr_classes > REPLAY_MAX_CLASSES)
		return "op stream with impossible counts";
	if (!replay_inside(h->caches_off, h->nr_caches, sizeof(struct replay_cache), h->slots_off) ||
	    !replay_inside(h->classes_off, h->nr_classes, sizeof(struct replay_class), h->slots_off) ||
	    !replay_inside(h->streams_off, h->nr_streams, sizeof(struct replay_stream), h->slots_off) ||
	    !replay_inside(h->slots_off, h->nr_slots, sizeof(struct replay_slot), h->result_off) ||
	    !replay_inside(h->result_off, 1, replay_result_size(h->nr_streams, h->nr_caches, h->nr_classes),
			   h->total_size))
		return "op stream whose parts lie outside it";
	cache = (const struct replay_cache *)((const char *)h + h->caches_off);
	class = (const struct replay_class *)((const char *)h + h->classes_off);
	for (i = 0; i < h->nr_classes; i++)
		if (class[i].kind >= NR_REPLAY_KINDS || class[i].order >= 64 || (class[i].gfp & ~REPLAY_GFP_ALL) ||
		    (class[i].kind == REPLAY_CACHE &&
		     (class[i].cache >= h->nr_caches || class[i].size > cache[class[i].cache].object_size)))
			return "op stream with an impossible class";
	stream = (const struct replay_stream *)((const char *)h + h->streams_off);
	for (i = 0; i < h->nr_streams; i++) {
		if (!replay_inside(stream[i].ops_off, stream[i].nr_ops, sizeof(uint64_t), h->slots_off))
			return "op stream whose ops lie outside it";
		nr_ops += stream[i].nr_ops;
	}
	return nr_ops == h->nr_ops ? (const char *)0 : "op stream with a wrong number of ops";
}

#if MM_GUEST
/**
 * replay_run - perform an image, report into it, print progress and one KTAP result
 * What is still allocated at the end stays so, for the inspector to look at.
 * Context: the first kernel thread, once, all CPUs online.
 * Return: 0: every operation was done as recorded; 1: some failed (the result says which); -EINVAL: not an image that this
 * guest can perform, after a console line that begins with "mmvisor: ".
 */
int replay_run(const void *ops, size_t size);
#endif

#endif
