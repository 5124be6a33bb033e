// SPDX-License-Identifier: MIT
/*
 * check_anon.c - anonymous pages: who maps them, and whether they lead back there.
 *
 * What check_user.c found is sorted by page, so that all entries of one page stand together. Flags of a page and its counts are
 * compared where no address space was left out; while the guest works, only what changes under page_table_lock.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/view/check_user.h"

#define MAX_AREAS 65536

static int by_page(const void *a, const void *b)
{
	const struct user_map *x = a, *y = b;

	return x->pfn != y->pfn ? (x->pfn < y->pfn ? -1 : 1) : x->va < y->va ? -1 : x->va > y->va;
}

static struct check_fault *page_fault(struct check_ctx *c, enum rule rule, uint64_t pfn, gva_t va)
{
	return check_fault(c, rule, pfn, va ? va : view_page_addr(pfn), "anonymous page");
}

/* One mapping: does the page say that it is here? */
static void check_leads_back(struct check_ctx *c, const struct page *p, const struct user_map *m)
{
	uint64_t index = m->vma.vm_pgoff + ((m->va - m->vma.vm_start) >> MMV_PAGE_SHIFT);
	struct check_fault *f;

	if (p->mapping == (m->vma.anon_vma.va | PAGE_MAPPING_ANON) && m->vma.anon_vma.va && p->index == index)
		return;
	f = page_fault(c, R_RMAP_LEADS_BACK, m->pfn, m->va);
	check_got(f, "mapping %#lx, index %#lx", p->mapping, p->index);
	check_want(f, "%#lx, %#lx: the area at %#lx maps it", m->vma.anon_vma.va | PAGE_MAPPING_ANON, index, m->area);
}

static uint64_t swap_count(const struct check_ctx *c, const struct page *p)
{
	uint64_t n = 0;

	if (!(p->flags & PG_SWAPCACHE))
		return 0;
	for (long i = vec_find(&c->swap_refs, p->private); i >= 0 && c->swap_refs.at[i] == p->private; i--)
		n++;
	/* vec_find() gives any of several. */
	for (long i = vec_find(&c->swap_refs, p->private) + 1;
	     i > 0 && (size_t)i < c->swap_refs.nr && c->swap_refs.at[i] == p->private; i++)
		n++;
	return n;
}

static void check_counts(struct check_ctx *c, const struct page *p, const struct user_map *m, uint64_t nr)
{
	int32_t least = (int32_t)nr + ((p->flags & PG_SWAPCACHE) != 0);
	struct check_fault *f;

	if (p->mapcount == (int32_t)nr && p->refcount >= least)
		return;
	f = page_fault(c, R_RMAP_COUNT, m->pfn, m->va);
	check_got(f, "mapcount %d, refcount %d", p->mapcount, p->refcount);
	check_want(f, "%" PRIu64 " mappings, %d references or more", nr, least);
}

static void check_sharing(struct check_ctx *c, const struct page *p, const struct user_map *m, uint64_t nr)
{
	uint64_t all = nr + swap_count(c, p);

	for (uint64_t i = 0; i < nr && all > 1; i++) {
		struct check_fault *f;

		if (!(m[i].entry & VIEW_PTE_WRITE))
			continue;
		f = page_fault(c, R_MM_SHARED, m->pfn, m[i].va);
		check_got(f, "writable at %#lx", m[i].va);
		check_want(f, "not writable: %" PRIu64 " entries lead to it", all);
	}
}

static void check_mlocked(struct check_ctx *c, const struct page *p, const struct user_map *m, uint64_t nr)
{
	bool locked = false, kept = p->flags & PG_MLOCKED;
	struct check_fault *f;

	for (uint64_t i = 0; i < nr; i++)
		locked |= (m[i].vma.vm_flags & VM_LOCKED) != 0;
	/* On a list it is on the right one; on its way to one, it will be. */
	if (locked == kept && (!(p->flags & PG_LRU) || kept == !!(p->flags & PG_UNEVICTABLE)))
		return;
	f = page_fault(c, R_ANON_MLOCKED, m->pfn, m->va);
	check_got(f, "flags %#x", p->flags);
	check_want(f, locked ? "mlocked and unevictable" : "neither mlocked nor unevictable: no locked area maps it");
}

/* A page that nobody is said to have written to, and that has no other copy, is as it was given out: zeros. */
static void check_dirty(struct check_ctx *c, const struct page *p, const struct user_map *m, uint64_t nr)
{
	const uint64_t *words = view_phys(c->v, m->pfn << MMV_PAGE_SHIFT, MMV_PAGE_SIZE);
	struct check_fault *f;

	if (!words || p->flags & (PG_DIRTY | PG_SWAPCACHE | PG_WRITEBACK | PG_LOCKED))
		return;
	for (uint64_t i = 0; i < nr; i++)
		if (m[i].entry & VIEW_PTE_DIRTY)
			return;
	for (unsigned int i = 0; i < MMV_PAGE_SIZE / sizeof(*words); i++) {
		if (!((const volatile uint64_t *)words)[i])
			continue;
		f = page_fault(c, R_ANON_DIRTY, m->pfn, m->va);
		check_got(f, "%#" PRIx64 " in it, and no mark that anybody wrote it", words[i]);
		check_want(f, "a dirty bit, PG_DIRTY, or zeros");
		return;
	}
}

static void check_page_maps(struct check_ctx *c, const struct user_map *m, uint64_t nr)
{
	struct page p;

	if (view_page(c->v, m->pfn, &p))
		return;
	for (uint64_t i = 0; i < nr; i++)
		check_leads_back(c, &p, &m[i]);
	check_sharing(c, &p, m, nr);
	if (c->busy) {
		check_flux(c, R_RMAP_COUNT, R_RMAP_COUNT);
		check_flux(c, R_ANON_DIRTY, R_ANON_MLOCKED);
		return;
	}
	check_counts(c, &p, m, nr);
	check_dirty(c, &p, m, nr);
	check_mlocked(c, &p, m, nr);
}

/* ---- pages that nobody maps ---- */

/* Pages that wait in a CPU's batch: it has a reference, whoever else had one. */
static void note_batches(struct check_ctx *c, struct vec *pages)
{
	struct pglist_data node;

	if (view_read(c->v, c->root->node.va, &node, sizeof(node)))
		return;
	for (uint32_t cpu = 0; cpu < c->root->nr_cpus && cpu < MMV_NR_CPUS; cpu++) {
		struct lru_cpu l;

		if (view_read(c->v, node.lru_cpus.va + cpu * sizeof(l), &l, sizeof(l)))
			return;
		for (unsigned int kind = 0; kind < NR_LRU_BATCHES; kind++)
			for (uint32_t i = 0; i < l.batch[kind].nr && i < LRU_BATCH_SIZE; i++) {
				uint64_t pfn;

				if (!view_pfn_of(l.batch[kind].pages[i].va, &pfn))
					vec_add(pages, pfn);
			}
	}
}

/* The node counts pages that are mapped. */
static void check_node(struct check_ctx *c, uint64_t nr)
{
	struct check_fault *f;
	int64_t stat;

	if (c->busy ||
	    view_read(c->v, c->root->node.va + offsetof(struct pglist_data, stat[NR_ANON_MAPPED]), &stat, sizeof(stat)))
		return;
	if (stat == (int64_t)nr)
		return;
	f = check_fault(c, R_RMAP_COUNT, CHECK_NO_PFN, c->root->node.va, "node");
	check_got(f, "nr_anon_pages %ld", stat);
	check_want(f, "%" PRIu64 " anonymous pages that are mapped", nr);
}

static void check_held(struct check_ctx *c, struct vec *mapped)
{
	note_batches(c, mapped);
	vec_sort(mapped);
	for (size_t i = 0; i < c->anon_pages.nr; i++) {
		struct check_fault *f;
		struct page p;

		if (vec_find(mapped, c->anon_pages.at[i]) >= 0 || view_page(c->v, c->anon_pages.at[i], &p) ||
		    p.flags & PG_SWAPCACHE || p.owner != OWNER_ANON)
			continue;
		if (c->busy || c->user_moving) {
			check_flux(c, R_ANON_HELD, R_ANON_HELD);
			continue;
		}
		f = page_fault(c, R_ANON_HELD, c->anon_pages.at[i], 0);
		check_got(f, "no entry that maps it, no slot, no batch; refcount %d, flags %#x", p.refcount, p.flags);
		check_want(f, "freed, or in use");
	}
}

/* ---- anon_vmas ---- */

static void areas_fault(struct check_ctx *c, gva_t at, const char *got, const char *want)
{
	struct check_fault *f = check_fault(c, R_RMAP_AREAS, CHECK_NO_PFN, at, "anon_vma %#lx", at);

	check_got(f, "%s", got);
	check_want(f, "%s", want);
}

static void check_anon_vma(struct check_ctx *c, gva_t addr)
{
	gva_t head = addr + offsetof(struct anon_vma, areas), node, prev = head;
	struct anon_vma a;
	uint32_t n = 0;

	if (view_read(c->v, addr, &a, sizeof(a))) {
		areas_fault(c, addr, "nothing readable", "an anon_vma: an area names it");
		return;
	}
	if (!check_lock(c, &a.lock, addr, "anon_vma")) {
		check_flux(c, R_RMAP_AREAS, R_RMAP_AREAS);
		return;
	}
	for (node = a.areas.next.va; node != head && n <= a.nr_areas && n < MAX_AREAS; n++) {
		gva_t area = node - offsetof(struct vm_area_struct, anon_vma_node);
		struct vm_area_struct vma;

		if (view_read(c->v, area, &vma, sizeof(vma)) || vma.anon_vma_node.prev.va != prev ||
		    vma.anon_vma.va != addr) {
			areas_fault(c, addr, "a link that leads to no area of it", "areas that name it");
			return;
		}
		prev = node;
		node = vma.anon_vma_node.next.va;
	}
	if (node != head || n != a.nr_areas || a.areas.prev.va != prev)
		areas_fault(c, addr, "a list that is not as long as nr_areas", "as many areas as it counts");
	else if (!c->busy && a.refcount != (int32_t)n)
		areas_fault(c, addr, "another refcount than areas", "one reference for each area");
}

static void check_anon_vmas(struct check_ctx *c)
{
	struct vec seen = {0};

	for (size_t i = 0; i < c->user_maps.nr; i++)
		if (c->user_maps.at[i].vma.anon_vma.va)
			vec_add(&seen, c->user_maps.at[i].vma.anon_vma.va);
	vec_sort(&seen);
	for (size_t i = 0; i < seen.nr; i++)
		if (!i || seen.at[i] != seen.at[i - 1])
			check_anon_vma(c, seen.at[i]);
	vec_free(&seen);
}

void check_anon(struct check_ctx *c)
{
	struct user_maps *m = &c->user_maps;
	struct vec mapped = {0};

	if (!c->root->mms.next.va)
		return;
	if (c->users_flux || c->any_flux) {
		check_flux(c, R_MM_SHARED, R_ANON_MLOCKED);
		return;
	}
	check_ran_all(c, R_MM_SHARED, R_ANON_MLOCKED);
	vec_sort(&c->swap_refs);
	if (m->nr)
		qsort(m->at, m->nr, sizeof(*m->at), by_page);
	for (size_t i = 0, n; i < m->nr; i += n) {
		for (n = 1; i + n < m->nr && m->at[i + n].pfn == m->at[i].pfn; n++)
			;
		vec_add(&mapped, m->at[i].pfn);
		check_page_maps(c, &m->at[i], n);
	}
	check_node(c, mapped.nr);
	check_held(c, &mapped);
	check_anon_vmas(c);
	vec_free(&mapped);
}
