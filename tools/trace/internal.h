/* SPDX-License-Identifier: MIT */
/*
 * internal.h - what the files of tools/trace share with each other.
 */
#ifndef MMV_TOOLS_TRACE_INTERNAL_H
#define MMV_TOOLS_TRACE_INTERNAL_H

#include <errno.h>

#include "tools/trace/trace.h"

/** trace_fail - put one line into @err. Value: -EINVAL. */
#define trace_fail(err, ...) (trace_say(err, __VA_ARGS__), -EINVAL)
void trace_say(struct trace_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** trace_number - all of text[0, len) as a number; base 0 takes 0x. Return: 0 or -EINVAL. */
int trace_number(const char *text, size_t len, int base, uint64_t *value);

/** trace_grow - make room for @need elements of @each bytes in *@p, of which *@cap exist. Return: 0 or -ENOMEM. */
int trace_grow(void **p, size_t *cap, size_t need, size_t each);

/* ---- map.c: objects by key, open addressing, no tombstones ---- */

/**
 * struct trace_obj - an object that lives at this point of the trace.
 * @key: its address, or page frame number
 * @slot: where the guest keeps its address; for a piece, index of its block in the compiler's table
 * @stream, @op: which op made it
 */
struct trace_obj {
	uint64_t key;
	uint32_t class;
	uint32_t slot;
	uint32_t op;
	uint8_t stream;
	uint8_t order;
	uint8_t type; /* enum trace_obj_type; 0: an empty place in the table */
};

enum trace_obj_type {
	OBJ_NONE,
	OBJ_LIVE,     /* the guest makes it too */
	OBJ_INTERNAL, /* pages of the traced kernel's allocators */
	OBJ_PIECE,    /* one page of a block that is being freed in parts */
};

struct trace_map {
	struct trace_obj *tab;
	size_t nr, cap;
};

struct trace_obj *trace_map_find(const struct trace_map *m, uint64_t key);
/** trace_map_add - @obj->key must not be in it. Return: 0 or -ENOMEM. Moves other entries. */
int trace_map_add(struct trace_map *m, const struct trace_obj *obj);
/** trace_map_del - take out what trace_map_find() gave. Moves other entries. */
void trace_map_del(struct trace_map *m, struct trace_obj *obj);
void trace_map_free(struct trace_map *m);

/* ---- owner.c: page allocations of the traced kernel's own allocators ---- */

/** struct trace_candidate - a page allocation that the next slab event of the same context may turn out to have made.
 */
struct trace_candidate {
	uint64_t pfn;
	uint32_t op;
	uint32_t gfp;
	uint8_t stream;
	uint8_t order;
};

#define TRACE_CANDIDATES 16

/** struct trace_context - a task, or an interrupt on top of it, with candidates that its next event will settle. */
struct trace_context {
	uint64_t id;
	unsigned int nr;
	struct trace_candidate pages[TRACE_CANDIDATES];
};

struct trace_contexts {
	struct trace_context *tab;
	size_t nr, cap;
};

/** trace_is_candidate - could the traced kernel's own allocators have made this? */
bool trace_is_candidate(const struct trace_event *ev);
/** trace_context_find - the open candidates of the context that @ev happened in, NULL if there are none. */
struct trace_context *trace_context_find(struct trace_contexts *c, const struct trace_event *ev);
/** trace_context_note - remember @ev, which became op number @op. Return: 0 or -ENOMEM. */
int trace_context_note(struct trace_contexts *c, const struct trace_event *ev, uint8_t stream, uint32_t op);
/** trace_context_settle - forget it: its candidates are decided. Moves other entries. */
void trace_context_settle(struct trace_contexts *c, struct trace_context *ctx);

/** trace_made_by_slab - would an allocation with @event's mask get its slab with @page's? */
bool trace_made_by_slab(uint32_t page, uint32_t event);
/** trace_made_by_kmalloc - is @page the block that the large kmalloc() @ev got? */
bool trace_made_by_kmalloc(const struct trace_candidate *page, const struct trace_event *ev);

/* ---- image.c ---- */

struct trace_ops {
	uint64_t *op;
	size_t nr, cap;
	unsigned int cpu;
};

/** struct trace_parts - everything an image is made of. */
struct trace_parts {
	struct replay_cache *caches;
	size_t nr_caches, cap_caches;
	struct replay_class *classes;
	size_t nr_classes, cap_classes;
	struct trace_ops streams[REPLAY_MAX_STREAMS];
	unsigned int nr_streams;
	uint32_t nr_slots;
};

/** trace_image - lay it out, streams sorted by CPU. NULL: out of memory or too large. */
struct replay_header *trace_image(struct trace_parts *parts);

#endif
