// SPDX-License-Identifier: MIT
/*
 * model.c - a guest on the host: performs an op stream, one op at a time, in any order that the format allows.
 *
 * Slow and obvious. It does not share code with the guest's replayer: the two meet only in shared/replay.h.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/trace/tt.h"

struct object {
	void *memory;
	uint32_t class;
	bool used, failed;
};

struct state {
	struct model *m;
	struct replay_header *h;
	struct object *slots;
	struct replay_progress *progress;
	struct replay_count *counts;
	uint64_t allocs, live_bytes;
};

void *model_result(const struct replay_header *h, size_t *size)
{
	*size = replay_result_size(h->nr_streams, h->nr_caches, h->nr_classes);
	return (char *)(uintptr_t)h + h->result_off;
}

static uint64_t bytes_of(const struct replay_class *k)
{
	return k->kind == REPLAY_PAGES ? 4096ull << k->order : k->traced_size;
}

static void alloc(struct state *s, unsigned int stream, uint64_t op)
{
	struct object *o = &s->slots[REPLAY_OP_SLOT(op)];
	uint32_t class = REPLAY_OP_CLASS(op);
	struct replay_count *n = &s->counts[stream * s->h->nr_classes + class];

	ck_assert_uint_lt(class, s->h->nr_classes);
	ck_assert_uint_lt(REPLAY_OP_SLOT(op), s->h->nr_slots);
	ck_assert_msg(!o->used, "slot %u is used twice", REPLAY_OP_SLOT(op));
	*o = (struct object){.class = class, .used = true, .failed = s->allocs++ == s->m->fail_at};
	if (o->failed) {
		n->failed++;
		return;
	}
	o->memory = malloc(1);
	ck_assert_ptr_nonnull(o->memory);
	n->allocs++;
	s->live_bytes += bytes_of(&trace_classes(s->h)[class]);
	if (s->live_bytes > s->m->peak_bytes)
		s->m->peak_bytes = s->live_bytes;
}

static void give_back(struct state *s, unsigned int stream, uint64_t op)
{
	struct object *o = &s->slots[REPLAY_OP_SLOT(op)];
	uint32_t class = REPLAY_OP_CLASS(op);
	struct replay_count *n = &s->counts[stream * s->h->nr_classes + class];

	ck_assert_uint_lt(class, s->h->nr_classes);
	ck_assert_uint_lt(REPLAY_OP_SLOT(op), s->h->nr_slots);
	ck_assert_msg(o->used, "slot %u is freed and holds nothing", REPLAY_OP_SLOT(op));
	ck_assert_msg(o->class == class, "slot %u is freed as class %u and holds class %u", REPLAY_OP_SLOT(op), class,
		      o->class);
	if (REPLAY_OP_CODE(op) == REPLAY_KFREE)
		ck_assert_int_eq(trace_classes(s->h)[class].kind, REPLAY_CACHE);
	o->used = false;
	if (o->failed) {
		n->skipped++;
		return;
	}
	free(o->memory);
	n->frees++;
	s->progress[stream].unseen[trace_classes(s->h)[class].kind] += REPLAY_OP_CODE(op) == REPLAY_UNSEEN;
	s->live_bytes -= bytes_of(&trace_classes(s->h)[class]);
}

/* One op of a stream; false: it has to wait, or is through. */
static bool step(struct state *s, unsigned int stream)
{
	struct replay_progress *p = &s->progress[stream];
	uint64_t op;

	if (p->done == trace_streams(s->h)[stream].nr_ops)
		return false;
	op = trace_ops(s->h, stream)[p->done];
	switch (REPLAY_OP_CODE(op)) {
	case REPLAY_NOP:
		break;
	case REPLAY_ALLOC:
		alloc(s, stream, op);
		break;
	case REPLAY_FREE:
	case REPLAY_KFREE:
	case REPLAY_UNSEEN:
		give_back(s, stream, op);
		break;
	case REPLAY_WAIT:
		ck_assert_uint_lt(REPLAY_OP_CLASS(op), s->h->nr_streams);
		ck_assert_uint_ne(REPLAY_OP_CLASS(op), stream);
		if (s->progress[REPLAY_OP_CLASS(op)].done < REPLAY_OP_SLOT(op)) {
			p->waits++;
			return false;
		}
		break;
	default:
		ck_abort_msg("op code %u", REPLAY_OP_CODE(op));
	}
	p->done++;
	return true;
}

static bool finished(const struct state *s)
{
	for (unsigned int i = 0; i < s->h->nr_streams; i++)
		if (s->progress[i].done < trace_streams(s->h)[i].nr_ops)
			return false;
	return true;
}

/* Somebody goes on: the first who can, starting from a random stream, for a random number of ops. */
static bool turn(struct state *s)
{
	unsigned int first = s->m->seed ? (unsigned int)rand_r(&s->m->seed) % s->h->nr_streams : 0;
	unsigned int ops = s->m->seed ? 1 + (unsigned int)rand_r(&s->m->seed) % 5000 : UINT32_MAX;

	for (unsigned int i = 0; i < s->h->nr_streams; i++) {
		unsigned int stream = (first + i) % s->h->nr_streams;
		unsigned int done = 0;

		while (done < ops && step(s, stream))
			done++;
		if (done)
			return true;
	}
	return false;
}

void model_run(struct model *m, struct replay_header *h)
{
	size_t size;
	struct replay_result *r = model_result(h, &size);
	struct state s = {
		.m = m,
		.h = h,
		.slots = calloc(h->nr_slots + 1, sizeof(struct object)),
		.progress = (void *)((char *)r + replay_progress_off()),
		.counts = (void *)((char *)r + replay_counts_off(h->nr_streams, h->nr_caches)),
	};

	ck_assert_pstr_eq(replay_check(h, h->total_size), NULL);
	ck_assert_ptr_nonnull(s.slots);
	memset(r, 0, size);
	m->peak_bytes = 0;
	while (!finished(&s))
		ck_assert_msg(turn(&s), "no stream can go on");
	for (uint32_t i = 0; i < h->nr_slots; i++)
		if (s.slots[i].used)
			free(s.slots[i].memory);
	free(s.slots);
	r->magic = REPLAY_MAGIC;
	r->version = REPLAY_VERSION;
	r->state = REPLAY_DONE;
	r->nr_streams = h->nr_streams;
	r->nr_caches = h->nr_caches;
	r->nr_classes = h->nr_classes;
}
