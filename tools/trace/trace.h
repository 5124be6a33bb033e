/* SPDX-License-Identifier: MIT */
/*
 * trace.h - recorded kmem traces: read, understand, compile into an op stream (shared/replay.h).
 *
 *	trace_compile(path, …)      text (ftrace, trace-cmd report, perf script), plain or xz → struct trace_program
 *	trace_totals(prog, …)       what a guest did with it, added up and compared
 *
 * Inside: input.c gives lines, parse.c makes events of them, gfp.c knows the flags' names, map.c finds live objects,
 * owner.c recognises the traced kernel's own page allocations, compile.c turns events into ops, image.c lays out
 * the image, totals.c reads a result.
 *
 * A trace is untrusted: every error is one line with file and line number, and nothing is allocated because a number
 * in the text says so.
 */
#ifndef MMV_TOOLS_TRACE_TRACE_H
#define MMV_TOOLS_TRACE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/replay.h"

/** struct trace_error - one line without newline: what, where, what to do. */
struct trace_error {
	char text[512];
};

/* ---- lines ---- */

struct trace_input;

/** trace_input_open - open a plain or xz-compressed text. Return: NULL and @err. */
struct trace_input *trace_input_open(const char *path, struct trace_error *err);
void trace_input_close(struct trace_input *in);

/**
 * trace_input_line - the next line, without its newline, terminated by NUL
 * @len: its length; NUL bytes in the text stay in it
 * Return: 1 and the line, valid until the next call; 0 at the end; -EINVAL and @err.
 */
int trace_input_line(struct trace_input *in, const char **line, size_t *len, struct trace_error *err);
uint64_t trace_input_lineno(const struct trace_input *in);
/** trace_input_progress - how much of the file has been read, 0..1. */
double trace_input_progress(const struct trace_input *in);

/* ---- events ---- */

enum trace_kind {
	TRACE_NOTHING,      /* a comment, a header, a stack */
	TRACE_OTHER,        /* an event that says nothing about allocations */
	TRACE_LOST,         /* @lost events are missing here */
	TRACE_KMALLOC,      /* kmalloc, kmalloc_node */
	TRACE_CACHE_ALLOC,  /* kmem_cache_alloc, kmem_cache_alloc_node */
	TRACE_PAGE_ALLOC,   /* mm_page_alloc */
	TRACE_KFREE,        /* kfree */
	TRACE_CACHE_FREE,   /* kmem_cache_free */
	TRACE_PAGE_FREE,    /* mm_page_free */
	TRACE_PAGE_BATCHED, /* mm_page_free_batched: says again what an mm_page_free says */
	NR_TRACE_KINDS
};

/**
 * struct trace_event - one line of a trace, understood.
 * @context: what ran on top of the task: 0 unknown, '.' the task itself, 'h' 's' 'H' 'z' … interrupts
 * @null: the allocation failed in the traced kernel, or nothing was freed
 * @key: identity of the object: its (perhaps hashed) address, or the page frame number
 * @name: cache name, points into the line; "" if the trace has none
 */
struct trace_event {
	enum trace_kind kind;
	unsigned int cpu;
	int pid;
	char context;
	bool null;
	uint8_t order;
	uint32_t gfp;
	uint64_t key;
	uint64_t bytes_req, bytes_alloc;
	uint64_t lost;
	double seconds;
	const char *name;
	size_t name_len;
};

/** trace_parse_line - understand one line. Return: 0, or -EINVAL and what is wrong with it in @err (without file name).
 */
int trace_parse_line(const char *line, size_t len, struct trace_event *ev, struct trace_error *err);

/** trace_gfp_parse - "GFP_KERNEL|__GFP_ZERO", "0xcc0" → the guest's bits. Return: 0, or -EINVAL: a name nobody knows.
 */
int trace_gfp_parse(const char *text, size_t len, uint32_t *gfp);
/** trace_gfp_bit - value of one of the names in REPLAY_GFP_BITS or of the composite masks, 0 if unknown. */
uint32_t trace_gfp_bit(const char *name);
/** trace_gfp_text - the other way round, as the kernel prints it. Return: @buf. */
char *trace_gfp_text(uint32_t gfp, char *buf, size_t size);

/* ---- the program ---- */

/**
 * struct trace_options
 * @max_streams: CPUs of the guest; a trace of more CPUs is folded onto them (0: REPLAY_MAX_STREAMS)
 * @progress: called now and then with 0..1
 */
struct trace_options {
	unsigned int max_streams;
	void (*progress)(void *ctx, double done);
	void *ctx;
};

/**
 * struct trace_stats - what the trace holds, counted while reading.
 *
 * Always: alloc events == sum(allocs) + sum(internal) + failed;
 * free events == sum(frees) + sum(unknown) + null_frees + internal_frees + split_frees.
 *
 * @events: lines with an event, of any kind; @seen: by kind
 * @allocs, @frees, @unknown: by enum replay_kind; kfree() of a cache's object counts as REPLAY_CACHE
 * @internal: page allocations of the traced kernel itself: for a slab, for a large kmalloc()
 * @failed: allocations that failed in the traced kernel: not repeated
 * @unknown: frees of objects never seen allocated
 * @split_frees: frees of a part of a block; the block goes when its last part goes
 * @reused: objects that must have been freed unseen, because their address was handed out again; freed at that moment
 * @peak_bytes: most bytes alive at a time (bytes_alloc of objects, pages of blocks)
 * @slab_alloc, @slab_req: the same of objects alone: what the traced kernel spent, what was asked for
 */
struct trace_stats {
	uint64_t lines, events;
	uint64_t seen[NR_TRACE_KINDS];
	uint64_t lost;
	uint64_t allocs[NR_REPLAY_KINDS], frees[NR_REPLAY_KINDS], unknown[NR_REPLAY_KINDS];
	uint64_t internal_slab, internal_kmalloc;
	uint64_t failed, null_frees, internal_frees, split_frees, reused;
	uint64_t moved;
	uint64_t peak_bytes, live_bytes;
	struct trace_level {
		uint64_t now, peak;
	} slab_alloc, slab_req;
	unsigned int nr_cpus;
	double seconds;
};

/** struct trace_program - a compiled trace. @image is what the guest gets; keep it unchanged to read results against.
 */
struct trace_program {
	struct replay_header *image;
	struct trace_stats stats;
};

/** trace_compile - read a whole trace and compile it. Return: 0, or -EINVAL/-ENOMEM and one line in @err. */
int trace_compile(const char *path, const struct trace_options *opt, struct trace_program *prog,
		  struct trace_error *err);
void trace_program_free(struct trace_program *prog);

static inline const struct replay_cache *trace_caches(const struct replay_header *h)
{
	return (const struct replay_cache *)((const char *)h + h->caches_off);
}

static inline const struct replay_class *trace_classes(const struct replay_header *h)
{
	return (const struct replay_class *)((const char *)h + h->classes_off);
}

static inline const struct replay_stream *trace_streams(const struct replay_header *h)
{
	return (const struct replay_stream *)((const char *)h + h->streams_off);
}

static inline const uint64_t *trace_ops(const struct replay_header *h, unsigned int stream)
{
	return (const uint64_t *)((const char *)h + trace_streams(h)[stream].ops_off);
}

/* ---- what came of it ---- */

/** struct trace_cache_use - one cache (or all of kmalloc() with one bytes_alloc) at the end. */
struct trace_cache_use {
	const char *name; /* of the cache, in the program's image; NULL for kmalloc() */
	uint32_t object_size, traced_size;
	gva_t addr; /* the guest's struct kmem_cache, 0 if it has none */
	uint64_t allocs, failed, live;
	uint64_t live_req, live_alloc; /* bytes, as the traced kernel counts */
};

/** struct trace_totals - a result, added up. */
struct trace_totals {
	enum replay_state state;
	uint64_t ops; /* finished, waits and nops not counted */
	uint64_t allocs[NR_REPLAY_KINDS], failed[NR_REPLAY_KINDS], frees[NR_REPLAY_KINDS], skipped[NR_REPLAY_KINDS];
	uint64_t unseen[NR_REPLAY_KINDS]; /* of the frees, those that the trace does not show */
	uint64_t live[NR_REPLAY_KINDS], live_bytes[NR_REPLAY_KINDS];
	uint64_t live_blocks[64]; /* by order */
	uint64_t corrupt, not_zero, waits;
	uint64_t nr_faults;
	struct replay_fault faults[REPLAY_NR_FAULTS];
	uint64_t ticks;               /* of the guest's TSC */
	uint64_t slab_peak, slab_end; /* bytes of pages that the guest's slabs and large kmalloc() took for it */
	struct trace_cache_use *use;
	unsigned int nr_use;
};

/**
 * trace_totals - add up what a guest reported
 * @result: replay_result_size() bytes copied out of the guest: nothing in them is trusted
 * Return: 0, or -EINVAL and in @err what cannot be true.
 */
int trace_totals(const struct trace_program *prog, const void *result, size_t size, struct trace_totals *t,
		 struct trace_error *err);
void trace_totals_free(struct trace_totals *t);

/** trace_fault_text - one fault in words, "" for none. Return: @buf. */
char *trace_fault_text(const struct trace_program *prog, const struct replay_fault *f, char *buf, size_t size);

#endif
