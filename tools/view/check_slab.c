// SPDX-License-Identifier: MIT
/*
 * check_slab.c - caches, their slabs, the free objects in each, and the objects that wait in per-CPU arrays.
 *
 * Lists are walked with the same bound as elsewhere: a node whose prev is not where we came from ends the walk. Inside a
 * slab a bitmap of objects catches what is passed twice. Afterwards the slabs seen on lists are compared with those that
 * the memory map knows (check_page.c).
 */
#include <string.h>

#include "tools/view/check_impl.h"

#define MAX_OBJECTS 65536
/* More caches than anybody has: a list that long is garbage. */
#define MAX_CACHES 65536

/**
 * struct cache - one cache while it is judged.
 * @waiting: objects in per-CPU arrays, ascending
 * @whole:   all its lists could be walked to their end
 */
struct cache {
	struct check_ctx *c;
	struct kmem_cache s;
	gva_t addr;
	struct vec waiting;
	struct vec *seen;    /* pfns of slabs met on lists of all caches */
	uint64_t pages, out; /* sums over its slabs */
	bool whole;
};

/* Bytes of a slab behind what its first object follows. */
static uint64_t slab_bytes(const struct kmem_cache *s)
{
	return (MMV_PAGE_SIZE << s->order) - s->first;
}

/* How many objects a slab of that order has. Slabs have the usual order, or the least when memory was short. */
static uint64_t objects_in(const struct kmem_cache *s, unsigned int order)
{
	return ((MMV_PAGE_SIZE << order) - s->first) / s->size;
}

static gva_t slab_start(const struct kmem_cache *s, uint64_t pfn)
{
	return DIRECT_MAP + (pfn << MMV_PAGE_SHIFT) + s->first;
}

/* ---- geometry ---- */

static bool check_geometry(struct cache *k)
{
	const struct kmem_cache *s = &k->s;
	struct check_fault *f;
	bool ok;

	check_ran(k->c, R_SLAB_GEOMETRY);
	ok = s->object_size && s->size >= s->object_size && s->order <= MAX_PAGE_ORDER && s->objs_per_slab &&
	     s->min_order <= s->order && s->first < MMV_PAGE_SIZE << s->min_order && objects_in(s, s->min_order) &&
	     (uint64_t)s->size * s->objs_per_slab <= slab_bytes(s) && s->offset <= s->size &&
	     s->size - s->offset >= 8 && s->align && !(s->align & (s->align - 1)) && s->size % s->align == 0;
	/* and no more would fit */
	ok = ok && slab_bytes(s) - (uint64_t)s->size * s->objs_per_slab < s->size;
	if (ok)
		return true;
	f = check_fault(k->c, R_SLAB_GEOMETRY, CHECK_NO_PFN, k->addr, "cache %.32s", s->name);
	check_got(f, "object %u size %u align %u offset %u order %u, %u a slab", s->object_size, s->size, s->align,
		  s->offset, s->order, s->objs_per_slab);
	check_want(f, "object <= size, offset + 8 <= size, size a multiple of align, as many as fit a slab");
	return false;
}

/* ---- per-CPU arrays ---- */

/* Is @obj an object of this cache, as its slab sees it? */
static bool is_object(const struct cache *k, gva_t obj, uint64_t *pfn, const char **why)
{
	struct page head;
	const struct slab *slab = (const struct slab *)&head;
	uint64_t off;

	*pfn = CHECK_NO_PFN;
	*why = "outside the direct map";
	if (obj < DIRECT_MAP || obj - DIRECT_MAP >= DIRECT_MAP_SIZE)
		return false;
	*why = "in no slab";
	if (view_page_head(k->c->v, (obj - DIRECT_MAP) >> MMV_PAGE_SHIFT, pfn, &head) || head.state != PAGE_USED ||
	    head.owner != OWNER_SLAB)
		return false;
	*why = "in a slab of another cache";
	if (slab->slab_cache.va != k->addr)
		return false;
	*why = "not at the start of an object";
	off = obj - slab_start(&k->s, *pfn);
	return off % k->s.size == 0 && off / k->s.size < slab->objects;
}

static void check_waiting(struct cache *k, unsigned int cpu, gva_t at, gva_t obj)
{
	struct check_fault *f;
	const char *why;
	uint64_t pfn;

	if (is_object(k, obj, &pfn, &why)) {
		vec_add(&k->waiting, obj);
		return;
	}
	f = check_fault(k->c, R_SLAB_CPU_OBJECTS, pfn, at, "cache %.32s, array of CPU %u", k->s.name, cpu);
	check_got(f, "%#lx, %s", obj, why);
	check_want(f, "an object of the cache");
}

static void check_array(struct cache *k, unsigned int cpu)
{
	gva_t at = k->s.cpu.va + cpu * sizeof(struct slab_cpu);
	struct slab_cpu a;
	struct check_fault *f;

	if (view_read(k->c->v, at, &a, sizeof(a))) {
		f = check_fault(k->c, R_SLAB_CPU_BOUNDS, CHECK_NO_PFN, at, "cache %.32s, array of CPU %u", k->s.name,
				cpu);
		check_got(f, "a pointer to nowhere");
		check_want(f, "struct slab_cpu");
		return;
	}
	if (a.busy) {
		check_flux(k->c, R_SLAB_CPU_BOUNDS, R_SLAB_CPU_UNIQUE);
		return;
	}
	if (a.cap > SLAB_CPU_CAP || a.nr > a.cap) {
		f = check_fault(k->c, R_SLAB_CPU_BOUNDS, CHECK_NO_PFN, at, "cache %.32s, array of CPU %u", k->s.name,
				cpu);
		check_got(f, "%u objects, capacity %u", a.nr, a.cap);
		check_want(f, "at most its capacity, which is at most %d", SLAB_CPU_CAP);
	}
	for (uint32_t i = 0; i < a.nr && i < SLAB_CPU_CAP; i++)
		check_waiting(k, cpu, at + offsetof(struct slab_cpu, objs) + i * sizeof(a.objs[0]), a.objs[i].va);
}

static void check_arrays(struct cache *k)
{
	struct check_fault *f;

	check_ran_all(k->c, R_SLAB_CPU_BOUNDS, R_SLAB_CPU_UNIQUE);
	for (unsigned int cpu = 0; cpu < k->c->root->nr_cpus && cpu < MMV_NR_CPUS; cpu++)
		check_array(k, cpu);
	vec_sort(&k->waiting);
	for (size_t i = 1; i < k->waiting.nr; i++) {
		if (k->waiting.at[i] != k->waiting.at[i - 1])
			continue;
		f = check_fault(k->c, R_SLAB_CPU_UNIQUE, (k->waiting.at[i] - DIRECT_MAP) >> MMV_PAGE_SHIFT,
				k->waiting.at[i], "cache %.32s", k->s.name);
		check_got(f, "object %#lx in the arrays twice", k->waiting.at[i]);
		check_want(f, "once");
	}
}

/* ---- one slab ---- */

/* The first waiting object at or after @addr. */
static size_t waiting_from(const struct cache *k, gva_t addr)
{
	size_t lo = 0, hi = k->waiting.nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (k->waiting.at[mid] < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* @bits: the objects on the slab's free list. Those that wait in an array must not be among them. */
static void check_both(struct cache *k, uint64_t pfn, const struct slab *slab, const uint8_t *bits)
{
	gva_t base = slab_start(&k->s, pfn), end = base + (uint64_t)slab->objects * k->s.size;

	for (size_t i = waiting_from(k, base); i < k->waiting.nr && k->waiting.at[i] < end; i++) {
		uint64_t n = (k->waiting.at[i] - base) / k->s.size;
		struct check_fault *f;

		if (!(bits[n / 8] >> n % 8 & 1))
			continue;
		f = check_fault(k->c, R_SLAB_CPU_UNIQUE, pfn, k->waiting.at[i], "cache %.32s", k->s.name);
		check_got(f, "object %#lx on its slab's free list and in an array", k->waiting.at[i]);
		check_want(f, "one of them");
	}
}

/* Return: whether the list could be followed to its end; @nr: its length. */
static bool walk_free(struct cache *k, uint64_t pfn, const struct slab *slab, uint8_t *bits, unsigned int *nr)
{
	gva_t base = slab_start(&k->s, pfn), at = slab->freelist.va, from = 0;
	struct check_fault *f;
	uint64_t link;

	for (*nr = 0; at; (*nr)++) {
		uint64_t off = at - base, n = off / k->s.size;

		if (at < base || n >= slab->objects || off % k->s.size) {
			f = check_fault(k->c, R_SLAB_FREE_CLOSED, pfn, from ? from + k->s.offset : view_page_addr(pfn),
					"cache %.32s, slab at %#lx", k->s.name, base);
			check_got(f, "a link to %#lx", at);
			check_want(f, "a multiple of %u from %#lx, %u objects", k->s.size, base, slab->objects);
			return false;
		}
		if (bits[n / 8] >> n % 8 & 1) {
			f = check_fault(k->c, R_SLAB_FREE_ACYCLIC, pfn, at, "cache %.32s, slab at %#lx", k->s.name,
					base);
			check_got(f, "object %lu of the slab on its free list twice", n);
			check_want(f, "once");
			return false;
		}
		bits[n / 8] |= (uint8_t)(1u << n % 8);
		from = at;
		if (view_read_phys(k->c->v, at - DIRECT_MAP + k->s.offset, &link, sizeof(link)))
			return false;
		at = slab_link(k->s.random, at + k->s.offset, link);
	}
	return true;
}

static void check_free(struct cache *k, uint64_t pfn, const struct slab *slab)
{
	uint8_t bits[MAX_OBJECTS / 8];
	struct check_fault *f;
	unsigned int nr;
	bool whole;

	memset(bits, 0, (size_t)slab->objects / 8 + 1);
	whole = walk_free(k, pfn, slab, bits, &nr);
	if (whole && slab->inuse <= slab->objects && nr + slab->inuse != slab->objects) {
		f = check_fault(k->c, R_SLAB_FREE_COUNT, pfn, view_page_addr(pfn), "cache %.32s, slab at %#lx",
				k->s.name, DIRECT_MAP + (pfn << MMV_PAGE_SHIFT));
		check_got(f, "%u free objects", nr);
		check_want(f, "%d: %u objects - %u in use", slab->objects - slab->inuse, slab->objects, slab->inuse);
	}
	check_both(k, pfn, slab, bits);
	check_slab_objects(k->c, &k->s, pfn, slab, whole ? bits : NULL);
}

enum list { ON_PARTIAL, ON_FULL, ON_EMPTY, NR_LISTS };
static const char *const list_names[NR_LISTS] = {"partial", "full", "empty"};

static void check_counts(struct cache *k, uint64_t pfn, const struct slab *slab, enum list on)
{
	enum list should = !slab->inuse ? ON_EMPTY : slab->inuse >= slab->objects ? ON_FULL : ON_PARTIAL;
	struct check_fault *f;

	if (slab->objects != objects_in(&k->s, slab->order) || slab->inuse > slab->objects) {
		f = check_fault(k->c, R_SLAB_INUSE, pfn, view_page_addr(pfn), "cache %.32s, slab on its %s list",
				k->s.name, list_names[on]);
		check_got(f, "%u in use of %u", slab->inuse, slab->objects);
		check_want(f, "at most %lu of as many", objects_in(&k->s, slab->order));
	}
	if (on != should) {
		f = check_fault(k->c, R_SLAB_PLACE, pfn, view_page_addr(pfn), "cache %.32s, %u of %u objects in use",
				k->s.name, slab->inuse, slab->objects);
		check_got(f, "on the list %s", list_names[on]);
		check_want(f, "on the list %s", list_names[should]);
	}
}

/* Every page of a slab names its cache. */
static void check_tails(struct cache *k, uint64_t pfn, const struct slab *slab)
{
	struct check_fault *f;
	struct page tail;

	for (uint64_t i = 1; i < 1UL << slab->order; i++) {
		if (view_page(k->c->v, pfn + i, &tail) || (tail.owner == OWNER_SLAB && tail.mapping == k->addr))
			continue;
		f = check_fault(k->c, R_SLAB_PAGE, pfn + i, view_page_addr(pfn + i), "cache %.32s, slab at pfn %#lx",
				k->s.name, pfn);
		check_got(f, "a tail with owner %s, cache %#lx", owner_name(tail.owner), tail.mapping);
		check_want(f, "slab, cache %#lx", k->addr);
	}
}

/* A node of a list. Return: false if the walk cannot go on from it. */
static bool check_node(struct cache *k, enum list on, gva_t at, gva_t prev, struct slab *slab)
{
	struct check_ctx *c = k->c;
	struct check_fault *f;
	uint64_t pfn;

	if (view_pfn_of(at - offsetof(struct slab, slab_list), &pfn) || view_page(c->v, pfn, (struct page *)slab)) {
		f = check_fault(c, R_SLAB_LINKED, CHECK_NO_PFN, prev, "cache %.32s, list %s", k->s.name,
				list_names[on]);
		check_got(f, "a link to %#lx", at);
		check_want(f, "a slab");
		return false;
	}
	if (slab->slab_list.prev.va != prev) {
		f = check_fault(c, R_SLAB_LINKED, pfn, at, "cache %.32s, list %s", k->s.name, list_names[on]);
		check_got(f, "prev %#lx", slab->slab_list.prev.va);
		check_want(f, "%#lx, whose next this is", prev);
		return false;
	}
	vec_add(k->seen, pfn);
	if (slab->state != PAGE_USED || slab->owner != OWNER_SLAB ||
	    (slab->order != k->s.order && slab->order != k->s.min_order) || slab->slab_cache.va != k->addr) {
		f = check_fault(c, R_SLAB_PAGE, pfn, view_page_addr(pfn), "cache %.32s, list %s", k->s.name,
				list_names[on]);
		check_got(f, "state %u, owner %s, order %u, cache %#lx", slab->state, owner_name(slab->owner),
			  slab->order, slab->slab_cache.va);
		check_want(f, "used, slab, order %u or %u, cache %#lx", k->s.order, k->s.min_order, k->addr);
		return true;
	}
	check_tails(k, pfn, slab);
	check_slab_zone(c, &k->s, pfn);
	k->pages += 1UL << slab->order;
	k->out += slab->inuse;
	check_counts(k, pfn, slab, on);
	if (slab->objects <= k->s.objs_per_slab)
		check_free(k, pfn, slab);
	return true;
}

static void check_list_of(struct cache *k, enum list on, const struct list_head *list, size_t offset, uint64_t count)
{
	gva_t head = k->addr + offset, prev = head;
	struct check_fault *f;
	struct slab slab;
	uint64_t n = 0;

	for (gva_t at = list->next.va; at != head; at = slab.slab_list.next.va, n++) {
		if (!check_node(k, on, at, prev, &slab)) {
			k->whole = false;
			return;
		}
		prev = at;
	}
	if (list->prev.va != prev) {
		f = check_fault(k->c, R_SLAB_LINKED, CHECK_NO_PFN, head, "cache %.32s, list %s", k->s.name,
				list_names[on]);
		check_got(f, "last slab %#lx", list->prev.va);
		check_want(f, "%#lx", prev);
	}
	if (n != count) {
		f = check_fault(k->c, R_SLAB_COUNT, CHECK_NO_PFN, k->addr, "cache %.32s", k->s.name);
		check_got(f, "nr_%s %lu", list_names[on], count);
		check_want(f, "%lu, the length of the list", n);
	}
}

/* ---- one cache ---- */

static void check_cache(struct cache *k)
{
	const struct kmem_cache *s = &k->s;
	struct check_fault *f;

	check_ran_all(k->c, R_SLAB_LINKED, R_SLAB_PLACE);
	check_ran_all(k->c, R_SLAB_COUNT, R_SLAB_FREE_COUNT);
	k->whole = true;
	check_slab_cache(k->c, s, k->addr);
	check_arrays(k);
	check_list_of(k, ON_PARTIAL, &s->partial, offsetof(struct kmem_cache, partial), s->nr_partial);
	check_list_of(k, ON_FULL, &s->full, offsetof(struct kmem_cache, full), s->nr_full);
	check_list_of(k, ON_EMPTY, &s->empty, offsetof(struct kmem_cache, empty), s->nr_empty);
	if (s->nr_slabs != s->nr_partial + s->nr_full + s->nr_empty) {
		f = check_fault(k->c, R_SLAB_COUNT, CHECK_NO_PFN, k->addr, "cache %.32s", s->name);
		check_got(f, "nr_slabs %lu", s->nr_slabs);
		check_want(f, "%lu: %lu partial + %lu full + %lu empty", s->nr_partial + s->nr_full + s->nr_empty,
			   s->nr_partial, s->nr_full, s->nr_empty);
	}
	if (s->nr_empty > SLAB_EMPTY_KEEP) {
		f = check_fault(k->c, R_SLAB_EMPTY, CHECK_NO_PFN, k->addr, "cache %.32s", s->name);
		check_got(f, "%lu empty slabs", s->nr_empty);
		check_want(f, "at most %d", SLAB_EMPTY_KEEP);
	}
	if (k->whole && (s->nr_pages != k->pages || s->nr_out != k->out)) {
		f = check_fault(k->c, R_SLAB_COUNT, CHECK_NO_PFN, k->addr, "cache %.32s", s->name);
		check_got(f, "nr_pages %lu, nr_out %lu", s->nr_pages, s->nr_out);
		check_want(f, "%lu and %lu, as its slabs say", k->pages, k->out);
	}
	vec_free(&k->waiting);
}

/* ---- against the memory map ---- */

static void check_complete(struct check_ctx *c, struct vec *seen, const struct vec *skipped)
{
	struct check_fault *f;

	check_ran(c, R_SLAB_COMPLETE);
	vec_sort(seen);
	for (size_t i = 1; i < seen->nr; i++) {
		if (seen->at[i] != seen->at[i - 1])
			continue;
		f = check_fault(c, R_SLAB_COMPLETE, seen->at[i], view_page_addr(seen->at[i]), "slab");
		check_got(f, "on two lists");
		check_want(f, "on one");
	}
	for (size_t i = 0; i < c->slab_heads.nr; i++) {
		uint64_t pfn = c->slab_heads.at[i];
		struct slab slab;

		if (vec_find(seen, pfn) >= 0 || view_page(c->v, pfn, (struct page *)&slab) ||
		    vec_find(skipped, slab.slab_cache.va) >= 0)
			continue;
		f = check_fault(c, R_SLAB_COMPLETE, pfn, view_page_addr(pfn), "slab that names the cache at %#lx",
				slab.slab_cache.va);
		check_got(f, "on no list that can be walked to it");
		check_want(f, "on partial, full or empty of a cache");
	}
}

static void check_one(struct cache *k, struct vec *skipped)
{
	char what[48];

	k->s.name[sizeof(k->s.name) - 1] = '\0';
	snprintf(what, sizeof(what), "cache %s", k->s.name);
	if (!check_lock(k->c, &k->s.lock, k->addr + offsetof(struct kmem_cache, lock), what)) {
		check_flux(k->c, R_SLAB_LINKED, R_SLAB_LINK);
		vec_add(skipped, k->addr);
	} else if (check_geometry(k)) {
		check_cache(k);
	} else {
		vec_add(skipped, k->addr);
	}
}

static void walk_caches(struct check_ctx *c, struct vec *seen, struct vec *skipped)
{
	gva_t head = view_root_addr(c->v) + offsetof(struct mm_root, slab_caches), prev = head;
	const char *wrong = NULL;
	struct check_fault *f;
	unsigned int n = 0;

	for (gva_t at = c->root->slab_caches.next.va; at != head;) {
		struct cache k = {.c = c, .addr = at - offsetof(struct kmem_cache, list), .seen = seen};

		if (view_read(c->v, k.addr, &k.s, sizeof(k.s)))
			wrong = "a link to nowhere";
		else if (k.s.list.prev.va != prev)
			wrong = "a node whose prev is not where its predecessor lies";
		else if (++n > MAX_CACHES)
			wrong = "no end of caches";
		if (wrong) {
			f = check_fault(c, R_SLAB_CACHES, CHECK_NO_PFN, at, "list of caches");
			check_got(f, "%s", wrong);
			check_want(f, "a cache that links back to %#lx", prev);
			return;
		}
		check_one(&k, skipped);
		prev = at;
		at = k.s.list.next.va;
	}
	if (c->root->slab_caches.prev.va == prev)
		return;
	f = check_fault(c, R_SLAB_CACHES, CHECK_NO_PFN, head, "list of caches");
	check_got(f, "last cache at %#lx", c->root->slab_caches.prev.va);
	check_want(f, "%#lx", prev);
}

void check_slabs(struct check_ctx *c)
{
	struct vec seen = {0}, skipped = {0};

	if (!check_lock(c, &c->root->slab_lock, view_root_addr(c->v) + offsetof(struct mm_root, slab_lock),
			"list of caches")) {
		check_flux(c, R_SLAB_CACHES, R_SLAB_CPU_UNIQUE);
		return;
	}
	check_ran(c, R_SLAB_CACHES);
	check_ran(c, R_SLAB_LARGE); /* with the memory map: check_page.c */
	walk_caches(c, &seen, &skipped);
	vec_sort(&skipped);
	check_complete(c, &seen, &skipped);
	vec_free(&seen);
	vec_free(&skipped);
}
