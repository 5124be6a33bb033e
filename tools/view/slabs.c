// SPDX-License-Identifier: MIT
/*
 * slabs.c - see slabs.h. Everything is read afresh: the inspector asks about one address or one cache at a time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/view/slabs.h"
#include "tools/view/view_impl.h"

#define MAX_OBJECTS 65536u
#define MAX_SLABS (1u << 22)
#define MAX_HOLDERS (1u << 20)

/* ---- a cache ---- */

/* Can its sizes be computed with? */
static bool usable(const struct kmem_cache *s)
{
	return s->size && s->object_size <= s->size && s->order <= MAX_PAGE_ORDER &&
	       s->first < MMV_PAGE_SIZE << MAX_PAGE_ORDER;
}

static gva_t slab_first(const struct kmem_cache *s, uint64_t pfn)
{
	return DIRECT_MAP + (pfn << MMV_PAGE_SHIFT) + s->first;
}

/* Its free list, as far as it makes sense. */
static void mark_free(const struct view *v, const struct kmem_cache *s, const struct slab *slab, struct slab_picture *p)
{
	gva_t first = slab_first(s, p->pfn), at = slab->freelist.va, word;

	for (unsigned int n = 0; at && n < p->objects; n++) {
		uint64_t off = at - first;

		if (off % s->size || off / s->size >= p->objects)
			return;
		p->state[off / s->size] = OBJECT_FREE;
		if (view_read_phys(v, at - DIRECT_MAP + s->offset, &word, sizeof(word)))
			return;
		at = slab_link(s->random, at + s->offset, word);
	}
}

/* What waits in arrays. @cpu: gets whose, for the object @index; may be NULL. */
static void mark_cached(const struct view *v, const struct kmem_cache *s, struct slab_picture *p, unsigned int index,
			unsigned int *cpu)
{
	const struct mm_root *root = view_root(v, NULL);
	gva_t first = slab_first(s, p->pfn);
	struct slab_cpu a;

	for (unsigned int i = 0; root && i < root->nr_cpus && i < MMV_NR_CPUS; i++) {
		if (view_read(v, s->cpu.va + i * sizeof(a), &a, sizeof(a)))
			return;
		for (uint32_t n = 0; n < a.nr && n < SLAB_CPU_CAP; n++) {
			uint64_t off = a.objs[n].va - first;

			if (off % s->size || off / s->size >= p->objects)
				continue;
			p->state[off / s->size] = OBJECT_CPU;
			if (cpu && off / s->size == index)
				*cpu = i;
		}
	}
}

static void fill_picture(const struct view *v, const struct kmem_cache *s, uint64_t pfn, const struct slab *slab,
			 struct slab_picture *p)
{
	uint64_t fit = slab->order <= MAX_PAGE_ORDER ? ((MMV_PAGE_SIZE << slab->order) - s->first) / s->size : 0;

	p->pfn = pfn;
	p->order = slab->order;
	p->objects = slab->objects < fit ? slab->objects : (unsigned int)fit;
	p->inuse = slab->inuse;
	memset(p->state, OBJECT_USED, p->objects);
	mark_free(v, s, slab, p);
}

static int walk_list(const struct view *v, const struct kmem_cache *s, gva_t head, struct slab_picture *p,
		     bool (*fn)(void *ctx, const struct kmem_cache *s, const struct slab_picture *p), void *ctx)
{
	gva_t at, prev = head;
	struct slab slab;
	uint64_t pfn;

	if (view_read(v, head, &at, sizeof(at)))
		return -1;
	for (unsigned int n = 0; at != head; n++) {
		if (n > MAX_SLABS || view_pfn_of(at - offsetof(struct slab, slab_list), &pfn) ||
		    view_page(v, pfn, (struct page *)&slab) || slab.slab_list.prev.va != prev)
			return -1;
		fill_picture(v, s, pfn, &slab, p);
		mark_cached(v, s, p, 0, NULL);
		if (!fn(ctx, s, p))
			return 1;
		prev = at;
		at = slab.slab_list.next.va;
	}
	return 0;
}

int view_slabs(const struct view *v, gva_t cache,
	       bool (*fn)(void *ctx, const struct kmem_cache *s, const struct slab_picture *p), void *ctx, char *err)
{
	static const struct {
		const char *name;
		size_t offset;
	} lists[] = {{"partial", offsetof(struct kmem_cache, partial)},
		     {"full", offsetof(struct kmem_cache, full)},
		     {"empty", offsetof(struct kmem_cache, empty)}};
	struct slab_picture p = {.state = malloc(MAX_OBJECTS)};
	struct kmem_cache s;
	int ret = 0;

	if (!p.state || view_read(v, cache, &s, sizeof(s)) || !usable(&s)) {
		view_err(err, "the cache at %#lx cannot be read: see check", cache);
		free(p.state);
		return -1;
	}
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && !ret; i++) {
		p.list = lists[i].name;
		ret = walk_list(v, &s, cache + lists[i].offset, &p, fn, ctx);
	}
	if (ret < 0)
		view_err(err, "cache %.32s: its list of %s slabs is broken: see check", s.name, p.list);
	free(p.state);
	return ret < 0 ? -1 : 0;
}

/* ---- one object ---- */

static const char *part_of_slot(const struct kmem_cache *s, int64_t off)
{
	if (off < 0)
		return off >= -(int64_t)s->red_left ? "left red zone" : "padding";
	if (off < s->object_size)
		return "object";
	if (off < s->inuse)
		return s->red_left ? "right red zone" : "padding";
	if (s->offset >= s->object_size && off >= s->offset && off < s->offset + 8)
		return "free link";
	if (s->track && off >= s->track && off < s->track + (int64_t)(NR_SLAB_TRACKS * sizeof(struct slab_track)))
		return "record of who allocated and freed";
	if (s->orig && off >= s->orig && off < s->orig + 8)
		return "size that was asked for";
	return "padding";
}

static void read_metadata(const struct view *v, struct slab_object *o)
{
	uint32_t asked;

	if (o->s.orig && !view_read(v, o->start + o->s.orig, &asked, sizeof(asked)) && asked <= o->s.object_size)
		o->asked = asked;
	if (!o->s.track || view_read(v, o->start + o->s.track, o->track, sizeof(o->track)))
		return;
	for (int i = 0; i < NR_SLAB_TRACKS; i++)
		o->has_track[i] = o->track[i].addr != 0;
}

/* Which slot, and where in it. The left red zone lies before its object, at the end of the slot before. */
static void place_in_slot(struct slab_object *o, gva_t va)
{
	int64_t off = (int64_t)(va - slab_first(&o->s, o->slab_pfn)) + o->s.red_left;

	o->index = off < 0 ? 0 : (unsigned int)((uint64_t)off / o->s.size);
	if (o->index >= o->objects)
		o->index = o->objects ? o->objects - 1 : 0;
	o->start = slab_first(&o->s, o->slab_pfn) + (uint64_t)o->index * o->s.size;
	o->offset = (int64_t)(va - o->start);
	o->where = part_of_slot(&o->s, o->offset);
}

int view_object(const struct view *v, gva_t va, struct slab_object *o)
{
	struct slab_picture p = {.state = NULL};
	struct slab slab;
	uint64_t pfn;

	memset(o, 0, sizeof(*o));
	if (va < DIRECT_MAP || va - DIRECT_MAP >= DIRECT_MAP_SIZE ||
	    view_page_head(v, (va - DIRECT_MAP) >> MMV_PAGE_SHIFT, &pfn, (struct page *)&slab) ||
	    slab.state != PAGE_USED || slab.owner != OWNER_SLAB ||
	    view_read(v, slab.slab_cache.va, &o->s, sizeof(o->s)) || !usable(&o->s))
		return -1;
	p.state = malloc(MAX_OBJECTS);
	if (!p.state)
		return -1;
	snprintf(o->cache, sizeof(o->cache), "%.32s", o->s.name);
	o->cache_addr = slab.slab_cache.va;
	o->slab_pfn = pfn;
	o->order = slab.order;
	fill_picture(v, &o->s, pfn, &slab, &p);
	o->objects = p.objects;
	o->inuse = slab.inuse;
	place_in_slot(o, va);
	mark_cached(v, &o->s, &p, o->index, &o->cpu);
	o->state = o->objects ? p.state[o->index] : OBJECT_FREE;
	read_metadata(v, o);
	free(p.state);
	return 0;
}

/* ---- who holds what ---- */

struct tally {
	const struct view *v;
	struct holder *at;
	unsigned int nr, cap;
	bool full;
};

static struct holder *find_holder(struct tally *t, const struct kmem_cache *s, const struct slab_track *track)
{
	struct holder *h = t->at;

	for (; h < t->at + t->nr; h++)
		if (h->stack == track->handle && h->caller == track->addr &&
		    !strncmp(h->cache, s->name, sizeof(s->name)))
			return h;
	if (t->nr == t->cap) {
		unsigned int cap = t->cap ? 2 * t->cap : 64;
		struct holder *more = cap <= MAX_HOLDERS ? reallocarray(t->at, cap, sizeof(*more)) : NULL;

		if (!more)
			return NULL;
		t->at = more;
		t->cap = cap;
	}
	h = &t->at[t->nr++];
	*h = (struct holder){.stack = track->handle, .caller = track->addr};
	snprintf(h->cache, sizeof(h->cache), "%.32s", s->name);
	return h;
}

static bool tally_slab(void *ctx, const struct kmem_cache *s, const struct slab_picture *p)
{
	struct tally *t = ctx;

	for (unsigned int i = 0; i < p->objects; i++) {
		gva_t start = slab_first(s, p->pfn) + (uint64_t)i * s->size;
		struct slab_track track = {.addr = 0};
		struct holder *h;

		if (p->state[i] != OBJECT_USED)
			continue;
		if (s->track && view_read(t->v, start + s->track, &track, sizeof(track)))
			return false;
		h = find_holder(t, s, &track);
		t->full = !h;
		if (!h)
			return false;
		h->objects++;
		h->bytes += s->object_size;
	}
	return true;
}

static int by_bytes(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;

	return x->bytes < y->bytes ? 1 : -(x->bytes > y->bytes);
}

int view_holders(const struct view *v, struct holder **holders, char *err)
{
	struct list_cache *caches;
	struct tally t = {.v = v};
	int n = list_caches(v, &caches, err), ret = 0;

	*holders = NULL;
	for (int i = 0; i < n && !ret; i++)
		ret = view_slabs(v, caches[i].addr, tally_slab, &t, err);
	free(caches);
	if (t.full)
		view_err(err, "out of memory for all holders of objects");
	if (n < 0 || ret || t.full) {
		free(t.at);
		return -1;
	}
	if (t.nr)
		qsort(t.at, t.nr, sizeof(*t.at), by_bytes);
	*holders = t.at;
	return (int)t.nr;
}

struct waste view_waste(const struct list_cache *c)
{
	uint64_t users = c->active > c->cached ? c->active - c->cached : 0;
	struct waste w = {.bytes = c->pages * MMV_PAGE_SIZE};

	w.used = users * c->object_size;
	w.cached = c->cached * c->object_size;
	w.free = (c->total > c->active ? c->total - c->active : 0) * c->object_size;
	w.padding = c->total * (c->size - c->object_size);
	w.leftover = w.bytes > c->total * c->size ? w.bytes - c->total * c->size : 0;
	return w;
}
