// SPDX-License-Identifier: MIT
/*
 * totals.c - reads what a guest reported about a replay, and adds it up.
 *
 * The report is the guest's word. It is believed where the program that the guest was given allows it: no stream can have
 * finished more ops, and no class more allocations or frees, than were asked for.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/trace/internal.h"

struct planned {
	uint32_t allocs, frees;
};

struct report {
	const struct trace_program *prog;
	const struct replay_header *h;
	const struct replay_result *r;
	const struct replay_progress *progress;
	const gva_t *caches;
	const struct replay_count *counts;
};

static int open_report(struct report *rep, const void *result, size_t size, struct trace_error *err)
{
	const struct replay_header *h = rep->h;
	const struct replay_result *r = result;

	if (size < replay_result_size(h->nr_streams, h->nr_caches, h->nr_classes))
		return trace_fail(err, "replay result: cut short");
	if (r->magic != REPLAY_MAGIC || r->version != REPLAY_VERSION)
		return trace_fail(err, "replay result: the guest has not started the replay");
	if (r->nr_streams != h->nr_streams || r->nr_caches != h->nr_caches || r->nr_classes != h->nr_classes)
		return trace_fail(err, "replay result: not that of this trace");
	rep->r = r;
	rep->progress = (const void *)((const char *)result + replay_progress_off());
	rep->caches = (const void *)((const char *)result + replay_caches_off(h->nr_streams));
	rep->counts = (const void *)((const char *)result + replay_counts_off(h->nr_streams, h->nr_caches));
	return 0;
}

/* What one stream was asked to do, by class. */
static void plan(const struct report *rep, unsigned int s, struct planned *p, uint64_t *real_ops)
{
	const uint64_t *op = trace_ops(rep->h, s);
	uint64_t done = rep->progress[s].done;

	memset(p, 0, rep->h->nr_classes * sizeof(*p));
	for (uint32_t i = 0; i < trace_streams(rep->h)[s].nr_ops; i++) {
		unsigned int code = REPLAY_OP_CODE(op[i]);

		if (code == REPLAY_ALLOC)
			p[REPLAY_OP_CLASS(op[i])].allocs++;
		else if (code == REPLAY_FREE || code == REPLAY_KFREE || code == REPLAY_UNSEEN)
			p[REPLAY_OP_CLASS(op[i])].frees++;
		else
			continue;
		*real_ops += i < done;
	}
}

static int check_stream(const struct report *rep, unsigned int s, const struct planned *p, struct trace_error *err)
{
	const struct replay_count *n = rep->counts + (size_t)s * rep->h->nr_classes;

	if (rep->progress[s].done > trace_streams(rep->h)[s].nr_ops)
		return trace_fail(err, "replay result: stream %u claims %lu operations of %u", s,
				  (unsigned long)rep->progress[s].done, trace_streams(rep->h)[s].nr_ops);
	for (uint32_t k = 0; k < rep->h->nr_classes; k++)
		if ((uint64_t)n[k].allocs + n[k].failed > p[k].allocs ||
		    (uint64_t)n[k].frees + n[k].skipped > p[k].frees)
			return trace_fail(err, "replay result: stream %u claims more than it was asked for", s);
	return 0;
}

/* The row for a class: its cache's, or the one for kmalloc() of its size. */
static struct trace_cache_use *row(const struct report *rep, struct trace_totals *t, const struct replay_class *k)
{
	struct trace_cache_use *u;

	if (k->kind == REPLAY_CACHE)
		return &t->use[k->cache];
	for (u = t->use + rep->h->nr_caches; u < t->use + t->nr_use; u++)
		if (u->traced_size == k->traced_size)
			return u;
	*u = (struct trace_cache_use){.traced_size = k->traced_size};
	t->nr_use++;
	return u;
}

/* One class over all streams. */
static int add_class(const struct report *rep, struct trace_totals *t, uint32_t class, struct trace_error *err)
{
	const struct replay_class *k = &trace_classes(rep->h)[class];
	uint64_t allocs = 0, failed = 0, frees = 0, skipped = 0, live;

	for (unsigned int s = 0; s < rep->h->nr_streams; s++) {
		const struct replay_count *n = &rep->counts[(size_t)s * rep->h->nr_classes + class];

		allocs += n->allocs;
		failed += n->failed;
		frees += n->frees;
		skipped += n->skipped;
	}
	if (frees > allocs || skipped > failed)
		return trace_fail(err, "replay result: more freed than allocated");
	live = allocs - frees;
	t->allocs[k->kind] += allocs;
	t->failed[k->kind] += failed;
	t->frees[k->kind] += frees;
	t->skipped[k->kind] += skipped;
	t->live[k->kind] += live;
	if (k->kind == REPLAY_PAGES) {
		t->live_blocks[k->order] += live;
		t->live_bytes[k->kind] += live * (4096ull << (k->order < 32 ? k->order : 32));
	} else {
		struct trace_cache_use *u = row(rep, t, k);

		u->allocs += allocs;
		u->failed += failed;
		u->live += live;
		u->live_req += live * k->size;
		u->live_alloc += live * k->traced_size;
		t->live_bytes[k->kind] += live * k->traced_size;
	}
	return 0;
}

static int add_up(const struct report *rep, struct trace_totals *t, struct trace_error *err)
{
	const struct replay_header *h = rep->h;
	struct planned *p = calloc((size_t)h->nr_classes + 1, sizeof(*p));
	int ret = -EINVAL;

	t->use = calloc((size_t)h->nr_caches + h->nr_classes + 1, sizeof(*t->use));
	if (!p || !t->use) {
		trace_say(err, "replay result: out of memory");
		goto out;
	}
	for (unsigned int i = 0; i < h->nr_caches; i++) {
		const struct replay_cache *c = &trace_caches(h)[i];

		t->use[i] = (struct trace_cache_use){.name = c->name,
						     .object_size = c->object_size,
						     .traced_size = c->traced_size,
						     .addr = rep->caches[i]};
	}
	t->nr_use = h->nr_caches;
	for (unsigned int s = 0; s < h->nr_streams; s++) {
		plan(rep, s, p, &t->ops);
		if (check_stream(rep, s, p, err))
			goto out;
		t->corrupt += rep->progress[s].corrupt;
		t->not_zero += rep->progress[s].not_zero;
		t->waits += rep->progress[s].waits;
		for (unsigned int k = 0; k < NR_REPLAY_KINDS; k++)
			t->unseen[k] += rep->progress[s].unseen[k];
	}
	for (uint32_t k = 0; k < h->nr_classes; k++)
		if (add_class(rep, t, k, err))
			goto out;
	for (unsigned int k = 0; k < NR_REPLAY_KINDS; k++)
		if (t->unseen[k] > t->frees[k]) {
			trace_say(err, "replay result: more unseen frees than frees");
			goto out;
		}
	ret = 0;
out:
	free(p);
	return ret;
}

int trace_totals(const struct trace_program *prog, const void *result, size_t size, struct trace_totals *t,
		 struct trace_error *err)
{
	struct report rep = {.prog = prog, .h = prog->image};

	memset(t, 0, sizeof(*t));
	if (open_report(&rep, result, size, err) || add_up(&rep, t, err)) {
		trace_totals_free(t);
		return -EINVAL;
	}
	t->state = rep.r->state;
	t->nr_faults = rep.r->nr_faults;
	memcpy(t->faults, rep.r->faults, sizeof(t->faults));
	t->slab_peak = rep.r->slab_peak;
	t->slab_end = rep.r->slab_end;
	if (rep.r->tsc_end > rep.r->tsc_start)
		t->ticks = rep.r->tsc_end - rep.r->tsc_start;
	return 0;
}

void trace_totals_free(struct trace_totals *t)
{
	free(t->use);
	t->use = NULL;
	t->nr_use = 0;
}

static void class_text(const struct replay_header *h, uint32_t class, char *buf, size_t size)
{
	const struct replay_class *k;
	char gfp[192];

	if (class >= h->nr_classes) {
		snprintf(buf, size, "?");
		return;
	}
	k = &trace_classes(h)[class];
	trace_gfp_text(k->gfp, gfp, sizeof(gfp));
	if (k->kind == REPLAY_KMALLOC)
		snprintf(buf, size, "kmalloc(%u, %s)", k->size, gfp);
	else if (k->kind == REPLAY_CACHE)
		snprintf(buf, size, "kmem_cache_alloc(%.31s, %s)", trace_caches(h)[k->cache].name, gfp);
	else
		snprintf(buf, size, "alloc_pages(%s, order %u)", gfp, k->order);
}

char *trace_fault_text(const struct trace_program *prog, const struct replay_fault *f, char *buf, size_t size)
{
	static const char *const what[] = {
		[REPLAY_F_NOMEM] = "failed",
		[REPLAY_F_CORRUPT] = "was overwritten before it was freed",
		[REPLAY_F_NOT_ZERO] = "was to be zeroed and is not",
		[REPLAY_F_BAD_OP] = "is part of an operation that cannot be",
		[REPLAY_F_NO_CACHE] = "has no cache: kmem_cache_create() failed",
		[REPLAY_F_STUCK] = "waits for something that never happens",
	};
	char class[256], at[32] = "";

	buf[0] = '\0';
	if (!f->what)
		return buf;
	class_text(prog->image, f->class, class, sizeof(class));
	if (f->address)
		snprintf(at, sizeof(at), ", at %#lx", (unsigned long)f->address);
	snprintf(buf, size, "%s %s (stream %u, operation %u%s)", class,
		 f->what < sizeof(what) / sizeof(what[0]) ? what[f->what] : "did something unknown", f->stream, f->op,
		 at);
	return buf;
}
