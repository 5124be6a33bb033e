// SPDX-License-Identifier: MIT
/*
 * check_mempool.c - reserves of elements: as many as they say, none of them twice, and each still allocated.
 *
 * What must be behind an element, the pool's kind says; of elements that the owner's functions make, nothing is known but that
 * they differ. A pool whose lock is held is being changed and is left alone.
 */
#include <stdio.h>
#include <string.h>

#include "tools/view/check_impl.h"
#include "tools/view/slabs.h"

#define MAX_POOLS 65536
#define MAX_ELEMENTS (1 << 20)

struct pool_check {
	struct check_ctx *c;
	gva_t at;
	struct mempool pool;
};

static struct check_fault *pool_fault(const struct pool_check *k, enum rule rule, gva_t at)
{
	static const char *const kinds[] = MEMPOOL_KIND_NAMES;

	return check_fault(k->c, rule, CHECK_NO_PFN, at, "mempool at %#lx (%s), reserve of %d", k->at,
			   k->pool.kind < NR_MEMPOOL_KINDS ? kinds[k->pool.kind] : "no kind", k->pool.min_nr);
}

/* A used block with this owner begins at the page. */
static bool is_block(const struct pool_check *k, uint64_t pfn, unsigned int owner)
{
	struct page page;

	return !view_page(k->c->v, pfn, &page) && page.state == PAGE_USED && (!owner || page.owner == owner);
}

/* Return: NULL, or what is wrong with the element. */
static const char *wrong(const struct pool_check *k, gva_t element)
{
	struct slab_object o;
	uint64_t pfn;

	switch (k->pool.kind) {
	case MEMPOOL_PAGES:
		if (view_pfn_of(element, &pfn) || !is_block(k, pfn, 0))
			return "no allocated page";
		return NULL;
	case MEMPOOL_KMALLOC:
		if (element - DIRECT_MAP < DIRECT_MAP_SIZE && !(element % MMV_PAGE_SIZE) &&
		    is_block(k, (element - DIRECT_MAP) >> MMV_PAGE_SHIFT, OWNER_KMALLOC))
			return NULL;
		/* fallthrough */
	case MEMPOOL_SLAB:
		if (view_object(k->c->v, element, &o) || o.start != element)
			return "no object";
		if (o.state != OBJECT_USED)
			return "a free object";
		if (k->pool.kind == MEMPOOL_SLAB && o.cache_addr != k->pool.pool_data.va)
			return "an object of another cache";
		return NULL;
	default:
		return element ? NULL : "nothing";
	}
}

static void check_elements(const struct pool_check *k)
{
	struct vec seen = {0};
	struct check_fault *f;

	check_ran(k->c, R_MEMPOOL_ELEMENTS);
	for (int i = 0; i < k->pool.curr_nr; i++) {
		gva_t at = k->pool.elements.va + (gva_t)i * sizeof(gva_t), element;
		const char *why = view_read(k->c->v, at, &element, sizeof(element)) ? "unreadable" : NULL;

		if (!why)
			why = wrong(k, element);
		if (!why) {
			vec_add(&seen, element);
			continue;
		}
		f = pool_fault(k, R_MEMPOOL_ELEMENTS, at);
		check_got(f, "element %d is %s", i, why);
		check_want(f, "an allocated element");
	}
	vec_sort(&seen);
	for (size_t i = 1; i < seen.nr; i++) {
		if (seen.at[i] != seen.at[i - 1])
			continue;
		f = pool_fault(k, R_MEMPOOL_ELEMENTS, seen.at[i]);
		check_got(f, "element %#lx twice", seen.at[i]);
		check_want(f, "once");
	}
	vec_free(&seen);
}

static void check_pool(const struct pool_check *k)
{
	const struct mempool *p = &k->pool;
	struct check_fault *f;

	if (!check_lock(k->c, &p->lock, k->at + offsetof(struct mempool, lock), "a mempool")) {
		check_flux(k->c, R_MEMPOOL_COUNT, R_MEMPOOL_ELEMENTS);
		return;
	}
	check_ran(k->c, R_MEMPOOL_COUNT);
	if (p->curr_nr >= 0 && p->curr_nr <= p->min_nr && p->min_nr <= MAX_ELEMENTS) {
		check_elements(k);
		return;
	}
	f = pool_fault(k, R_MEMPOOL_COUNT, k->at + offsetof(struct mempool, curr_nr));
	check_got(f, "%d elements", p->curr_nr);
	check_want(f, "0 to %d", p->min_nr);
}

void check_mempools(struct check_ctx *c)
{
	gva_t head = view_root_addr(c->v) + offsetof(struct mm_root, mempools), prev = head;
	gva_t at = c->root->mempools.next.va;
	struct check_fault *f;

	if (!check_lock(c, &c->root->mempool_lock, view_root_addr(c->v) + offsetof(struct mm_root, mempool_lock),
			"the list of mempools")) {
		check_flux(c, R_MEMPOOL_LINKED, R_MEMPOOL_ELEMENTS);
		return;
	}
	check_ran(c, R_MEMPOOL_LINKED);
	for (unsigned int n = 0; at != head; n++) {
		struct pool_check k = {.c = c, .at = at - offsetof(struct mempool, list)};

		if (n == MAX_POOLS || view_read(c->v, k.at, &k.pool, sizeof(k.pool)) || k.pool.list.prev.va != prev ||
		    k.pool.kind >= NR_MEMPOOL_KINDS) {
			f = check_fault(c, R_MEMPOOL_LINKED, CHECK_NO_PFN, at, "list of mempools");
			check_got(f, "no mempool, or one that does not lead back");
			check_want(f, "a mempool whose prev is %#lx", prev);
			return;
		}
		check_pool(&k);
		prev = at;
		at = k.pool.list.next.va;
	}
	if (c->root->mempools.prev.va == prev)
		return;
	f = check_fault(c, R_MEMPOOL_LINKED, CHECK_NO_PFN, head, "list of mempools");
	check_got(f, "last mempool at %#lx", c->root->mempools.prev.va);
	check_want(f, "%#lx", prev);
}
