// SPDX-License-Identifier: MIT
/*
 * compile.c - a trace into an op stream.
 *
 * Reads the events once, in their order. Two tables hold what is alive at that point: objects by address, blocks by
 * page frame number. An allocation takes a slot and becomes an op on its CPU's stream; a free looks the object up and
 * becomes an op on the stream of the CPU that freed it, with a wait in front if another stream made the object.
 *
 * Always: a slot is used by one object at a time, and is taken again only by the stream that freed the last one, so the
 * order within that stream is enough. A wait names an op that is already there, so streams cannot block each other.
 *
 * Traces are not complete. Recording starts in the middle: frees of what was allocated before are counted as unknown.
 * Some frees are not traced (bulk, RCU batches) or were lost: when an address is handed out again while its object
 * still lives here, the object was freed unseen, and is freed at that point. A block may be freed in parts: it goes
 * with its last one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/trace/internal.h"

#define PAGE_BYTES 4096ull
/* The largest that any architecture's kernel can be configured for. */
#define MAX_TRACED_ORDER 16u
/* What a slot number must not reach: the op has 32 bits for it. */
#define MAX_SLOTS 0x7fffffffu
#define NR_CPUS_KNOWN 65536u

/* A block that is being freed page by page. */
struct block {
	uint32_t class, slot, op;
	uint32_t pages_left;
	uint8_t stream;
};

struct slots {
	uint32_t *free;
	size_t nr, cap;
};

struct compiler {
	const struct trace_options *opt;
	struct trace_input *in;
	struct trace_error *err;
	struct trace_stats st;
	struct trace_parts parts;
	struct trace_map objects, pages;
	struct trace_contexts contexts;
	struct block *blocks;
	size_t nr_blocks, cap_blocks;
	unsigned int nr_large;                 /* live blocks of more than one page */
	uint16_t stream_of_cpu[NR_CPUS_KNOWN]; /* + 1; 0: not seen yet */
	struct slots slots[REPLAY_MAX_STREAMS];
	uint32_t *class_hash;
	size_t class_hash_cap;
	/* waited[s][t]: ops of t that s is known to follow; mark[]: ops at the last two checkpoints */
	uint32_t waited[REPLAY_MAX_STREAMS][REPLAY_MAX_STREAMS];
	uint32_t mark[2][REPLAY_MAX_STREAMS];
	uint64_t checkpoint, next_checkpoint;
	uint64_t synced[REPLAY_MAX_STREAMS];
	double first_second;
};

static int no_memory(struct compiler *c)
{
	trace_say(c->err, "out of memory after %lu lines of the trace", (unsigned long)trace_input_lineno(c->in));
	return -ENOMEM;
}

/* ---- caches and classes ---- */

static int cache_index(struct compiler *c, const struct trace_event *ev, uint16_t *index)
{
	struct replay_cache cache = {.object_size = (uint32_t)ev->bytes_req, .traced_size = (uint32_t)ev->bytes_alloc};
	size_t len = ev->name_len < sizeof(cache.name) ? ev->name_len : sizeof(cache.name) - 1;

	memcpy(cache.name, ev->name, len);
	/* Kernels before 6.1 do not trace the name: the size has to tell caches apart. */
	if (!len)
		snprintf(cache.name, sizeof(cache.name), "unnamed-%u", cache.object_size);
	/* Padded to the next cache line and no further: that is what SLAB_HWCACHE_ALIGN does. */
	if (ev->bytes_alloc % 64 == 0 && ev->bytes_alloc > ev->bytes_req && ev->bytes_alloc - ev->bytes_req < 64)
		cache.flags = REPLAY_F_HWCACHE;
	for (size_t i = c->parts.nr_caches; i-- > 0;) {
		const struct replay_cache *k = &c->parts.caches[i];

		if (k->object_size == cache.object_size && !strcmp(k->name, cache.name)) {
			*index = (uint16_t)i;
			return 0;
		}
	}
	if (c->parts.nr_caches == REPLAY_MAX_CACHES)
		return trace_fail(c->err, "more than %u slab caches", REPLAY_MAX_CACHES);
	if (trace_grow((void **)&c->parts.caches, &c->parts.cap_caches, c->parts.nr_caches + 1, sizeof(cache)))
		return no_memory(c);
	c->parts.caches[c->parts.nr_caches] = cache;
	*index = (uint16_t)c->parts.nr_caches++;
	return 0;
}

static size_t class_place(const struct compiler *c, const struct replay_class *k)
{
	uint64_t words[2];
	uint64_t h;

	memcpy(words, k, sizeof(words));
	h = (words[0] * 0x9e3779b97f4a7c15ull) ^ (words[1] * 0xc2b2ae3d27d4eb4full);
	return (size_t)(h >> 24) & (c->class_hash_cap - 1);
}

static int class_rehash(struct compiler *c)
{
	free(c->class_hash);
	c->class_hash_cap = c->class_hash_cap ? 2 * c->class_hash_cap : 1024;
	c->class_hash = calloc(c->class_hash_cap, sizeof(*c->class_hash));
	if (!c->class_hash)
		return no_memory(c);
	for (size_t i = 0; i < c->parts.nr_classes; i++) {
		size_t h = class_place(c, &c->parts.classes[i]);

		while (c->class_hash[h])
			h = (h + 1) & (c->class_hash_cap - 1);
		c->class_hash[h] = (uint32_t)i + 1;
	}
	return 0;
}

static int class_index(struct compiler *c, const struct replay_class *k, uint32_t *index)
{
	size_t h;

	if (2 * (c->parts.nr_classes + 1) > c->class_hash_cap && class_rehash(c))
		return -ENOMEM;
	for (h = class_place(c, k); c->class_hash[h]; h = (h + 1) & (c->class_hash_cap - 1)) {
		*index = c->class_hash[h] - 1;
		if (!memcmp(&c->parts.classes[*index], k, sizeof(*k)))
			return 0;
	}
	if (c->parts.nr_classes == REPLAY_MAX_CLASSES)
		return trace_fail(c->err, "more than %u different kinds of allocation", REPLAY_MAX_CLASSES);
	if (trace_grow((void **)&c->parts.classes, &c->parts.cap_classes, c->parts.nr_classes + 1, sizeof(*k)))
		return no_memory(c);
	c->parts.classes[c->parts.nr_classes] = *k;
	*index = (uint32_t)c->parts.nr_classes++;
	c->class_hash[h] = *index + 1;
	return 0;
}

static int class_of(struct compiler *c, const struct trace_event *ev, uint32_t *index)
{
	struct replay_class k = {.gfp = ev->gfp};

	if (ev->kind == TRACE_PAGE_ALLOC) {
		k.kind = REPLAY_PAGES;
		k.order = ev->order;
	} else {
		k.kind = ev->kind == TRACE_KMALLOC ? REPLAY_KMALLOC : REPLAY_CACHE;
		k.size = (uint32_t)ev->bytes_req;
		k.traced_size = (uint32_t)ev->bytes_alloc;
		if (k.kind == REPLAY_CACHE && cache_index(c, ev, &k.cache))
			return -EINVAL;
	}
	return class_index(c, &k, index);
}

static uint64_t class_bytes(const struct compiler *c, uint32_t class)
{
	const struct replay_class *k = &c->parts.classes[class];

	return k->kind == REPLAY_PAGES ? PAGE_BYTES << (k->order & 31) : k->traced_size;
}

/* ---- streams ---- */

/* New CPUs get a stream each while there are some left, then share them in turn. */
static unsigned int stream_of(struct compiler *c, unsigned int cpu)
{
	unsigned int max = c->opt->max_streams;
	unsigned int s;

	if (c->stream_of_cpu[cpu])
		return c->stream_of_cpu[cpu] - 1u;
	if (!max || max > REPLAY_MAX_STREAMS)
		max = REPLAY_MAX_STREAMS;
	s = c->st.nr_cpus++ % max;
	if (s == c->parts.nr_streams)
		c->parts.streams[c->parts.nr_streams++].cpu = cpu;
	else if (cpu < c->parts.streams[s].cpu)
		c->parts.streams[s].cpu = cpu;
	c->stream_of_cpu[cpu] = (uint16_t)(s + 1);
	return s;
}

static int push_op(struct compiler *c, unsigned int s, uint64_t op)
{
	struct trace_ops *ops = &c->parts.streams[s];

	if (ops->nr == UINT32_MAX)
		return trace_fail(c->err, "more than %u operations on CPU %u", UINT32_MAX, ops->cpu);
	if (trace_grow((void **)&ops->op, &ops->cap, ops->nr + 1, sizeof(op)))
		return no_memory(c);
	ops->op[ops->nr++] = op;
	return 0;
}

/* From here on, @s follows the first @ops ops of @on. */
static int push_wait(struct compiler *c, unsigned int s, unsigned int on, uint32_t ops)
{
	if (s == on || c->waited[s][on] >= ops)
		return 0;
	c->waited[s][on] = ops;
	return push_op(c, s, REPLAY_OP(REPLAY_WAIT, on, ops));
}

/*
 * Keep the streams together: what comes after a checkpoint waits until all streams have passed the checkpoint before
 * it. The distance grows with the square of the streams, as the waits of one checkpoint do.
 */
static int keep_together(struct compiler *c, unsigned int s)
{
	unsigned int n = c->parts.nr_streams;

	if (c->st.events >= c->next_checkpoint) {
		memcpy(c->mark[0], c->mark[1], sizeof(c->mark[0]));
		for (unsigned int t = 0; t < n; t++)
			c->mark[1][t] = (uint32_t)c->parts.streams[t].nr;
		c->checkpoint++;
		c->next_checkpoint = c->st.events + (8u * n * n > 256 ? 8u * n * n : 256);
	}
	if (c->synced[s] == c->checkpoint)
		return 0;
	c->synced[s] = c->checkpoint;
	for (unsigned int t = 0; t < n; t++)
		if (push_wait(c, s, t, c->mark[0][t]))
			return -EINVAL;
	return 0;
}

static int take_slot(struct compiler *c, unsigned int s, uint32_t *slot)
{
	if (c->slots[s].nr) {
		*slot = c->slots[s].free[--c->slots[s].nr];
		return 0;
	}
	if (c->parts.nr_slots == MAX_SLOTS)
		return trace_fail(c->err, "more than %u objects alive at a time", MAX_SLOTS);
	*slot = c->parts.nr_slots++;
	return 0;
}

static int drop_slot(struct compiler *c, unsigned int s, uint32_t slot)
{
	struct slots *list = &c->slots[s];

	if (trace_grow((void **)&list->free, &list->cap, list->nr + 1, sizeof(slot)))
		return no_memory(c);
	list->free[list->nr++] = slot;
	return 0;
}

/* ---- objects ---- */

static void raise(struct trace_level *l, uint64_t by)
{
	l->now += by;
	if (l->now > l->peak)
		l->peak = l->now;
}

static void count_live(struct compiler *c, uint32_t class)
{
	const struct replay_class *k = &c->parts.classes[class];

	c->st.live_bytes += class_bytes(c, class);
	if (c->st.live_bytes > c->st.peak_bytes)
		c->st.peak_bytes = c->st.live_bytes;
	if (k->kind != REPLAY_PAGES) {
		raise(&c->st.slab_alloc, k->traced_size);
		raise(&c->st.slab_req, k->size);
	}
}

static int push_free(struct compiler *c, unsigned int s, const struct trace_obj *o, enum replay_code code)
{
	const struct replay_class *k = &c->parts.classes[o->class];

	c->st.live_bytes -= class_bytes(c, o->class);
	if (k->kind != REPLAY_PAGES) {
		c->st.slab_alloc.now -= k->traced_size;
		c->st.slab_req.now -= k->size;
	}
	c->st.moved += o->stream != s;
	if (push_wait(c, s, o->stream, o->op + 1) || push_op(c, s, REPLAY_OP(code, o->class, o->slot)))
		return -EINVAL;
	return drop_slot(c, s, o->slot);
}

/* One page of a block that is freed in parts has gone; with the last one, the block has. */
static int drop_piece(struct compiler *c, unsigned int s, const struct trace_obj *piece, enum replay_code code,
		      bool *last)
{
	struct block *b = &c->blocks[piece->slot];
	struct trace_obj o = {.class = b->class, .slot = b->slot, .op = b->op, .stream = b->stream};

	*last = --b->pages_left == 0;
	return *last && b->class != UINT32_MAX ? push_free(c, s, &o, code) : 0;
}

/* Its address is in use again, so it was freed and nobody saw it. */
static int drop_unseen(struct compiler *c, unsigned int s, struct trace_map *m, struct trace_obj *found)
{
	struct trace_obj o = *found;
	bool last;

	trace_map_del(m, found);
	if (m == &c->pages && o.type != OBJ_PIECE)
		c->nr_large -= o.order > 0;
	c->st.reused++;
	if (o.type == OBJ_PIECE)
		return drop_piece(c, s, &o, REPLAY_UNSEEN, &last);
	return o.type == OBJ_LIVE ? push_free(c, s, &o, REPLAY_UNSEEN) : 0;
}

/* The live block that covers @pfn, if any. */
static struct trace_obj *block_at(struct compiler *c, uint64_t pfn)
{
	struct trace_obj *o = trace_map_find(&c->pages, pfn);

	for (unsigned int order = 1; !o && c->nr_large && order <= MAX_TRACED_ORDER; order++) {
		o = trace_map_find(&c->pages, pfn & ~((1ull << order) - 1));
		if (o && (o->type == OBJ_PIECE || o->key + (1ull << o->order) <= pfn))
			o = NULL;
	}
	return o;
}

/* Everything in [pfn, pfn + 2^order) that is still alive here was freed unseen. */
static int clear_range(struct compiler *c, unsigned int s, uint64_t pfn, unsigned int order)
{
	for (uint64_t p = pfn; p - pfn < 1ull << order; p++) {
		struct trace_obj *o = block_at(c, p);

		if (o && drop_unseen(c, s, &c->pages, o))
			return -EINVAL;
	}
	return 0;
}

static int on_alloc(struct compiler *c, const struct trace_event *ev, unsigned int s)
{
	bool page = ev->kind == TRACE_PAGE_ALLOC;
	struct trace_map *m = page ? &c->pages : &c->objects;
	struct trace_obj *old = page ? NULL : trace_map_find(m, ev->key);
	struct trace_obj o = {.key = ev->key, .stream = (uint8_t)s, .order = ev->order, .type = OBJ_LIVE};

	if (ev->null) {
		c->st.failed++;
		return 0;
	}
	if (page && ev->order > MAX_TRACED_ORDER)
		return trace_fail(c->err, "order=%u: no kernel hands out such blocks", ev->order);
	if ((old && drop_unseen(c, s, m, old)) || (page && clear_range(c, s, ev->key, ev->order)))
		return -EINVAL;
	if (class_of(c, ev, &o.class) || take_slot(c, s, &o.slot))
		return -EINVAL;
	o.op = (uint32_t)c->parts.streams[s].nr;
	if (push_op(c, s, REPLAY_OP(REPLAY_ALLOC, o.class, o.slot)))
		return -EINVAL;
	if (trace_map_add(m, &o) || (trace_is_candidate(ev) && trace_context_note(&c->contexts, ev, o.stream, o.op)))
		return no_memory(c);
	c->nr_large += page && ev->order;
	c->st.allocs[c->parts.classes[o.class].kind]++;
	count_live(c, o.class);
	return 0;
}

static int on_slab_free(struct compiler *c, const struct trace_event *ev, unsigned int s)
{
	struct trace_obj *found = ev->null ? NULL : trace_map_find(&c->objects, ev->key);
	struct trace_obj o;
	bool cache;

	if (ev->null) {
		c->st.null_frees++;
		return 0;
	}
	if (!found) {
		c->st.unknown[ev->kind == TRACE_KFREE ? REPLAY_KMALLOC : REPLAY_CACHE]++;
		return 0;
	}
	o = *found;
	trace_map_del(&c->objects, found);
	cache = c->parts.classes[o.class].kind == REPLAY_CACHE;
	c->st.frees[cache ? REPLAY_CACHE : REPLAY_KMALLOC]++;
	return push_free(c, s, &o, cache && ev->kind == TRACE_KFREE ? REPLAY_KFREE : REPLAY_FREE);
}

/* Turn a block into pieces, one entry a page. */
static int split(struct compiler *c, struct trace_obj *found)
{
	struct trace_obj o = *found;
	struct trace_obj piece = {.type = OBJ_PIECE, .slot = (uint32_t)c->nr_blocks};

	if (c->nr_blocks == UINT32_MAX ||
	    trace_grow((void **)&c->blocks, &c->cap_blocks, c->nr_blocks + 1, sizeof(*c->blocks)))
		return no_memory(c);
	c->blocks[c->nr_blocks++] = (struct block){
		.class = o.type == OBJ_LIVE ? o.class : UINT32_MAX,
		.slot = o.slot,
		.op = o.op,
		.stream = o.stream,
		.pages_left = 1u << o.order,
	};
	trace_map_del(&c->pages, found);
	c->nr_large--;
	for (uint64_t i = 0; i < 1ull << o.order; i++) {
		piece.key = o.key + i;
		if (trace_map_add(&c->pages, &piece))
			return no_memory(c);
	}
	return 0;
}

/* A free of [pfn, pfn + 2^order) that does not match what was allocated: part of a block, or several pieces. */
static int free_pieces(struct compiler *c, const struct trace_event *ev, unsigned int s)
{
	bool any = false, gone = false;

	for (uint64_t p = ev->key; p - ev->key < 1ull << ev->order; p++) {
		struct trace_obj *found = block_at(c, p);
		struct trace_obj piece;
		bool last;

		if (found && found->type != OBJ_PIECE) {
			if (split(c, found))
				return -ENOMEM;
			found = trace_map_find(&c->pages, p);
		}
		if (!found)
			continue;
		piece = *found;
		trace_map_del(&c->pages, found);
		if (drop_piece(c, s, &piece, REPLAY_FREE, &last))
			return -EINVAL;
		any = true;
		gone |= last && c->blocks[piece.slot].class != UINT32_MAX;
	}
	if (gone)
		c->st.frees[REPLAY_PAGES]++;
	else if (any)
		c->st.split_frees++;
	else
		c->st.unknown[REPLAY_PAGES]++;
	return 0;
}

static int on_page_free(struct compiler *c, const struct trace_event *ev, unsigned int s)
{
	struct trace_obj *found = trace_map_find(&c->pages, ev->key);
	struct trace_obj o;

	if (ev->order > MAX_TRACED_ORDER)
		return trace_fail(c->err, "order=%u: no kernel has such blocks", ev->order);
	if (!found || found->order != ev->order || found->type == OBJ_PIECE)
		return free_pieces(c, ev, s);
	o = *found;
	trace_map_del(&c->pages, found);
	c->nr_large -= o.order > 0;
	if (o.type == OBJ_INTERNAL) {
		c->st.internal_frees++;
		return 0;
	}
	c->st.frees[REPLAY_PAGES]++;
	return push_free(c, s, &o, REPLAY_FREE);
}

/* ---- the traced kernel's own pages ---- */

/* The op goes, the pages stay known, so that their free is recognised. */
static int make_internal(struct compiler *c, const struct trace_candidate *page, uint64_t *counter)
{
	struct trace_obj *o = trace_map_find(&c->pages, page->pfn);

	if (!o || o->type != OBJ_LIVE || o->op != page->op || o->stream != page->stream)
		return 0;
	c->parts.streams[page->stream].op[page->op] = REPLAY_OP(REPLAY_NOP, 0, 0);
	o->type = OBJ_INTERNAL;
	c->st.allocs[REPLAY_PAGES]--;
	c->st.live_bytes -= class_bytes(c, o->class);
	(*counter)++;
	return drop_slot(c, page->stream, o->slot);
}

static int settle(struct compiler *c, const struct trace_event *ev)
{
	struct trace_context *ctx = trace_context_find(&c->contexts, ev);

	if (!ctx || trace_is_candidate(ev))
		return 0;
	for (unsigned int i = 0; i < ctx->nr && (ev->kind == TRACE_KMALLOC || ev->kind == TRACE_CACHE_ALLOC); i++) {
		struct trace_candidate *page = &ctx->pages[i];
		uint64_t *counter = trace_made_by_kmalloc(page, ev) ? &c->st.internal_kmalloc : &c->st.internal_slab;

		if (counter == &c->st.internal_slab && !trace_made_by_slab(page->gfp, ev->gfp))
			continue;
		if (make_internal(c, page, counter))
			return -ENOMEM;
	}
	trace_context_settle(&c->contexts, ctx);
	return 0;
}

/* ---- events ---- */

static int on_event(struct compiler *c, const struct trace_event *ev)
{
	unsigned int s;

	if (ev->kind < TRACE_KMALLOC)
		return 0;
	s = stream_of(c, ev->cpu);
	if (settle(c, ev) || keep_together(c, s))
		return -EINVAL;
	switch (ev->kind) {
	case TRACE_KMALLOC:
	case TRACE_CACHE_ALLOC:
	case TRACE_PAGE_ALLOC:
		return on_alloc(c, ev, s);
	case TRACE_KFREE:
	case TRACE_CACHE_FREE:
		return on_slab_free(c, ev, s);
	case TRACE_PAGE_FREE:
		return on_page_free(c, ev, s);
	default:
		return 0;
	}
}

static int read_events(struct compiler *c, const char *path)
{
	const char *line;
	size_t len;
	int ret;

	while ((ret = trace_input_line(c->in, &line, &len, c->err)) > 0) {
		struct trace_error why;
		struct trace_event ev;

		c->st.lines++;
		if (trace_parse_line(line, len, &ev, &why))
			return trace_fail(c->err, "%s:%lu: %s", path, (unsigned long)c->st.lines, why.text);
		c->st.seen[ev.kind]++;
		if (ev.kind == TRACE_LOST)
			c->st.lost += ev.lost;
		if (ev.kind == TRACE_NOTHING || ev.kind == TRACE_LOST)
			continue;
		if (!c->st.events++)
			c->first_second = ev.seconds;
		c->st.seconds = ev.seconds - c->first_second;
		if (on_event(c, &ev)) {
			why = *c->err;
			if (strncmp(why.text, "out of memory", 13))
				trace_say(c->err, "%s:%lu: %s", path, (unsigned long)c->st.lines, why.text);
			return -EINVAL;
		}
		if (c->opt->progress && c->st.events % 8192 == 0)
			c->opt->progress(c->opt->ctx, trace_input_progress(c->in));
	}
	return ret;
}

static void compiler_free(struct compiler *c)
{
	trace_input_close(c->in);
	trace_map_free(&c->objects);
	trace_map_free(&c->pages);
	free(c->contexts.tab);
	free(c->blocks);
	free(c->class_hash);
	free(c->parts.caches);
	free(c->parts.classes);
	for (unsigned int s = 0; s < REPLAY_MAX_STREAMS; s++) {
		free(c->slots[s].free);
		free(c->parts.streams[s].op);
	}
	free(c);
}

int trace_compile(const char *path, const struct trace_options *opt, struct trace_program *prog,
		  struct trace_error *err)
{
	static const struct trace_options defaults;
	struct compiler *c = calloc(1, sizeof(*c));
	int ret = -EINVAL;

	memset(prog, 0, sizeof(*prog));
	if (!c)
		return trace_fail(err, "%s: out of memory", path);
	c->opt = opt ? opt : &defaults;
	c->err = err;
	c->next_checkpoint = 256;
	c->in = trace_input_open(path, err);
	if (!c->in || read_events(c, path))
		goto out;
	if (!c->st.seen[TRACE_KMALLOC] && !c->st.seen[TRACE_CACHE_ALLOC] && !c->st.seen[TRACE_PAGE_ALLOC]) {
		trace_say(err, "%s: no allocation events in %lu lines: record with `trace-cmd record -e kmem`", path,
			  (unsigned long)c->st.lines);
		goto out;
	}
	prog->stats = c->st;
	prog->image = trace_image(&c->parts);
	if (!prog->image)
		trace_say(err, "%s: out of memory for the op stream", path);
	else
		ret = 0;
out:
	compiler_free(c);
	return ret;
}

void trace_program_free(struct trace_program *prog)
{
	free(prog->image);
	memset(prog, 0, sizeof(*prog));
}
