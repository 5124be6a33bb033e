// SPDX-License-Identifier: MIT
/*
 * list.c - what zones, caches, address spaces and pages hold, as data.
 *
 * Walks end at a link that does not agree with where it came from; then the listing is an error: half a list would look
 * like a whole one. The owners' totals are counted block by block, skipping what does not exist.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/view/list.h"
#include "tools/view/view_impl.h"

#define MAX_ROWS (1u << 20)
#define BLOCK_PAGES (1UL << MAX_PAGE_ORDER)

/* ---- zones ---- */

/* What the CPUs keep of zone @i; what the zone gave them or got back counts for nothing then. */
static void add_pcps(const struct view *v, const struct mm_root *root, unsigned int i, struct list_zone *out)
{
	for (unsigned int cpu = 0; cpu < root->nr_cpus && cpu < MMV_NR_CPUS; cpu++) {
		struct per_cpu_pages pcp;

		if (view_read(v, root->pcp.va + (cpu * MAX_NR_ZONES + i) * sizeof(pcp), &pcp, sizeof(pcp)))
			continue;
		out->pcp_pages += pcp.count;
		out->nr_allocs += pcp.nr_allocs;
		out->nr_frees += pcp.nr_frees;
	}
}

int list_zones(const struct view *v, struct list_zone zones[MAX_NR_ZONES], char *err)
{
	const struct mm_root *root = view_root(v, err);
	int n = 0;

	if (!root)
		return -1;
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		struct list_zone *out = &zones[n];
		struct zone z;

		if (view_read(v, root->zones.va + i * sizeof(z), &z, sizeof(z))) {
			view_err(err, "zone %u at %#lx: no memory is mapped there", i, root->zones.va + i * sizeof(z));
			return -1;
		}
		if (!z.managed_pages)
			continue;
		memset(out, 0, sizeof(*out));
		snprintf(out->name, sizeof(out->name), "%.8s", z.name);
		out->start_pfn = z.start_pfn;
		out->spanned = z.spanned_pages;
		out->present = z.present_pages;
		out->managed = z.managed_pages;
		out->nr_free = z.nr_free;
		out->nr_allocs = z.nr_allocs;
		out->nr_frees = z.nr_frees;
		memcpy(out->watermark, z.watermark, sizeof(out->watermark));
		memcpy(out->lowmem_reserve, z.lowmem_reserve, sizeof(out->lowmem_reserve));
		for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++)
			out->free[o] = z.free_area[o].nr_free;
		for (uint64_t f = 0; f < z.nr_fresh && f < MMV_NR_FRESH; f++)
			out->fresh_pages += z.fresh[f].end - z.fresh[f].start;
		out->free[MAX_PAGE_ORDER] += out->fresh_pages / BLOCK_PAGES;
		add_pcps(v, root, i, out);
		n++;
	}
	return n;
}

/* ---- caches ---- */

/* A circle that misses the head comes back to a place that was marked (Brent's way: marks ever further apart). */
static void slab_sums(const struct view *v, gva_t addr, size_t offset, const struct list_head *list,
		      struct list_cache *out)
{
	gva_t head = addr + offset, marked = 0;
	uint64_t steps = 0, next_mark = 1;
	struct slab slab;

	for (gva_t at = list->next.va; at != head && at != marked; at = slab.slab_list.next.va) {
		if (++steps == next_mark) {
			marked = at;
			next_mark *= 2;
		}
		if (view_read(v, at - offsetof(struct slab, slab_list), &slab, sizeof(slab)))
			return;
		out->total += slab.objects;
		out->active += slab.inuse;
		out->pages += slab.order <= MAX_PAGE_ORDER ? 1UL << slab.order : 0;
	}
}

static void fill_cache(const struct view *v, const struct mm_root *root, gva_t addr, const struct kmem_cache *s,
		       struct list_cache *out)
{
	memset(out, 0, sizeof(*out));
	snprintf(out->name, sizeof(out->name), "%.32s", s->name);
	out->addr = addr;
	out->object_size = s->object_size;
	out->flags = s->flags;
	out->size = s->size;
	out->objs_per_slab = s->objs_per_slab;
	out->pages_per_slab = s->order <= MAX_PAGE_ORDER ? 1u << s->order : 0;
	out->slabs = s->nr_slabs;
	out->partial = s->nr_partial;
	out->full = s->nr_full;
	out->empty = s->nr_empty;
	slab_sums(v, addr, offsetof(struct kmem_cache, partial), &s->partial, out);
	slab_sums(v, addr, offsetof(struct kmem_cache, full), &s->full, out);
	slab_sums(v, addr, offsetof(struct kmem_cache, empty), &s->empty, out);
	for (unsigned int i = 0; i < root->nr_cpus && i < MMV_NR_CPUS; i++) {
		struct slab_cpu cpu;

		if (view_read(v, s->cpu.va + i * sizeof(cpu), &cpu, sizeof(cpu)))
			return;
		out->cached += cpu.nr <= SLAB_CPU_CAP ? cpu.nr : 0;
		out->refills += cpu.refills;
		out->drains += cpu.drains;
	}
}

/* Room for one more row, or NULL. */
static void *row(void **rows, unsigned int n, size_t size)
{
	if (!(n & (n - 1))) {
		void *more = n < MAX_ROWS ? reallocarray(*rows, n ? 2 * n : 1, size) : NULL;

		if (!more)
			return NULL;
		*rows = more;
	}
	return (char *)*rows + n * size;
}

int list_caches(const struct view *v, struct list_cache **caches, char *err)
{
	const struct mm_root *root = view_root(v, err);
	gva_t head = view_root_addr(v) + offsetof(struct mm_root, slab_caches), prev = head;
	struct kmem_cache s;
	unsigned int n = 0;
	void *rows = NULL;

	*caches = NULL;
	if (!root)
		return -1;
	for (gva_t at = root->slab_caches.next.va; at != head; n++) {
		gva_t addr = at - offsetof(struct kmem_cache, list);
		struct list_cache *out = row(&rows, n, sizeof(*out));

		if (!out || view_read(v, addr, &s, sizeof(s)) || s.list.prev.va != prev) {
			view_err(err, "the list of caches is broken at %#lx: see check", at);
			free(rows);
			return -1;
		}
		fill_cache(v, root, addr, &s, out);
		prev = at;
		at = s.list.next.va;
	}
	*caches = rows;
	return (int)n;
}

/* ---- areas ---- */

/** struct area_walk - rows so far, and the list that is walked: at @offset of a space */
struct area_walk {
	const struct view *v;
	void *rows;
	unsigned int n;
	size_t offset;
	bool module, lazy;
};

static int add_areas(struct area_walk *w, gva_t space, char *err)
{
	gva_t head = space + w->offset, prev = head;
	struct list_head list;
	struct vmap_area va;

	if (view_read(w->v, head, &list, sizeof(list))) {
		view_err(err, "no memory is mapped at %#lx, where an address space should be", space);
		return -1;
	}
	for (gva_t at = list.next.va; at != head; prev = at, at = va.list.next.va) {
		struct list_area *out = row(&w->rows, w->n, sizeof(*out));
		struct vm_struct vm = {0};

		if (!out || view_read(w->v, at - offsetof(struct vmap_area, list), &va, sizeof(va)) ||
		    va.list.prev.va != prev || (va.vm.va && view_read(w->v, va.vm.va, &vm, sizeof(vm)))) {
			view_err(err, "the list of areas is broken at %#lx: see check", at);
			return -1;
		}
		*out = (struct list_area){.start = va.va_start,
					  .end = va.va_end,
					  .flags = vm.flags,
					  .nr_pages = vm.nr_pages,
					  .caller = vm.caller,
					  .pages = vm.pages.va,
					  .phys = vm.phys,
					  .module = w->module,
					  .lazy = w->lazy,
					  .ram = !va.vm.va};
		w->n++;
	}
	return 0;
}

int list_areas(const struct view *v, struct list_area **areas, char *err)
{
	static const size_t lists[] = {
		offsetof(struct vmap_space, busy),
		offsetof(struct vmap_space, lazy),
		offsetof(struct vmap_space, purging),
	};
	const struct mm_root *root = view_root(v, err);
	struct area_walk w = {.v = v};

	*areas = NULL;
	if (!root)
		return -1;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		w.offset = lists[i];
		w.lazy = i > 0;
		w.module = false;
		if (!add_areas(&w, root->vmalloc.va, err)) {
			w.module = true;
			if (!add_areas(&w, root->module_space.va, err))
				continue;
		}
		free(w.rows);
		return -1;
	}
	*areas = w.rows;
	return (int)w.n;
}

/* ---- memory by owner ---- */

static bool is_fresh(const struct zone *z, uint64_t pfn, uint64_t *end)
{
	for (uint64_t f = 0; f < z->nr_fresh && f < MMV_NR_FRESH; f++) {
		if (pfn >= z->fresh[f].start && pfn < z->fresh[f].end) {
			*end = z->fresh[f].end;
			return true;
		}
	}
	return false;
}

/* One head's share. Return: the pfn after its block. */
static uint64_t count_head(struct list_memory *m, uint64_t pfn, const struct page *p)
{
	const struct slab *slab = (const struct slab *)p;

	if (p->state != PAGE_USED || p->order > MAX_PAGE_ORDER || p->owner >= NR_PAGE_OWNERS)
		return (p->state == PAGE_FREE || p->state == PAGE_PCP) && p->order <= MAX_PAGE_ORDER
			       ? pfn + (1UL << p->order)
			       : pfn + 1;
	m->owner[p->owner] += 1UL << p->order;
	if (p->owner == OWNER_SLAB && !slab->inuse)
		m->slab_empty += 1UL << p->order;
	return pfn + (1UL << p->order);
}

/* Entries of [pfn, end) as far as they exist. */
static void count_range(const struct view *v, uint64_t pfn, uint64_t end, struct list_memory *m)
{
	while (pfn < end) {
		gva_t va = view_page_addr(pfn);
		uint64_t size, n, len;
		gpa_t gpa, stop, run;

		if (view_translate(v, view_cr3(v), va, &gpa, &size, NULL)) {
			pfn += (MMV_PAGE_SIZE - va % MMV_PAGE_SIZE) / sizeof(struct page);
			continue;
		}
		n = (size - va % size) / sizeof(struct page);
		stop = gpa + (n < end - pfn ? n : end - pfn) * sizeof(struct page);
		if (!view_backed(v, gpa, stop, &run, &len)) {
			pfn += (stop - gpa) / sizeof(struct page);
			continue;
		}
		pfn += (run - gpa) / sizeof(struct page);
		for (uint64_t last = pfn + len / sizeof(struct page); pfn < last;) {
			struct page p;

			if (view_page(v, pfn, &p))
				return;
			pfn = count_head(m, pfn, &p);
		}
	}
}

int list_memory(const struct view *v, struct list_memory *m, char *err)
{
	const struct mm_root *root = view_root(v, err);

	memset(m, 0, sizeof(*m));
	if (!root)
		return -1;
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		uint64_t pfn, end, fresh_end;
		struct list_zone kept = {0};
		struct zone z;

		if (view_read(v, root->zones.va + i * sizeof(z), &z, sizeof(z))) {
			view_err(err, "zone %u: no memory is mapped there", i);
			return -1;
		}
		m->present += z.present_pages;
		m->managed += z.managed_pages;
		add_pcps(v, root, i, &kept);
		m->free += z.nr_free + kept.pcp_pages + z.nr_type[MIGRATE_ISOLATE];
		if (z.spanned_pages > VMEMMAP_SIZE / sizeof(struct page))
			continue;
		for (pfn = z.start_pfn, end = pfn + z.spanned_pages; pfn < end; pfn = fresh_end) {
			uint64_t next = end;

			if (is_fresh(&z, pfn, &fresh_end))
				continue;
			for (uint64_t f = 0; f < z.nr_fresh && f < MMV_NR_FRESH; f++)
				if (z.fresh[f].start > pfn && z.fresh[f].start < next &&
				    z.fresh[f].start < z.fresh[f].end)
					next = z.fresh[f].start;
			count_range(v, pfn, next, m);
			fresh_end = next;
		}
	}
	return 0;
}
