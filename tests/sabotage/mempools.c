// SPDX-License-Identifier: MIT
/*
 * mempools.c - damage to reserves of elements. The image has one of each kind, all full.
 */
#include "tests/sabotage/image.h"

static gva_t pool_of(enum mempool_kind kind, struct mempool *p)
{
	gva_t head = view_root_addr(image_view()) + offsetof(struct mm_root, mempools);

	for (gva_t at = peek64(head); at != head; at = peek64(at)) {
		gva_t pool = at - offsetof(struct mempool, list);

		peek(pool, p, sizeof(*p));
		if (p->kind == kind && p->curr_nr >= 2)
			return pool;
	}
	ck_abort_msg("no mempool of kind %d", kind);
	return 0;
}

static void prev_off(void)
{
	struct mempool p;

	add64(AT(pool_of(MEMPOOL_SLAB, &p), struct mempool, list.prev), 8);
}

static void lost(void)
{
	poke64(view_root_addr(image_view()) + offsetof(struct mm_root, mempools), 0xffff777700000000);
}

static void more_than_room(void)
{
	struct mempool p;
	gva_t at = pool_of(MEMPOOL_KMALLOC, &p);

	poke32(AT(at, struct mempool, curr_nr), (uint32_t)p.min_nr + 1);
}

static void less_than_none(void)
{
	struct mempool p;

	poke32(AT(pool_of(MEMPOOL_PAGES, &p), struct mempool, curr_nr), (uint32_t)-1);
}

static void one_twice(void)
{
	struct mempool p;

	pool_of(MEMPOOL_OTHER, &p);
	poke64(p.elements.va, peek64(p.elements.va + 8));
}

static void one_freed(void)
{
	gva_t cache = cache_named("rich-empty");
	uint64_t pfn = first_slab(cache, offsetof(struct kmem_cache, empty));
	struct mempool p;
	struct page slab;

	pool_of(MEMPOOL_KMALLOC, &p);
	page_copy(pfn, &slab);
	poke64(p.elements.va, ((struct slab *)&slab)->freelist.va);
}

static void of_another_cache(void)
{
	struct mempool p, q;

	pool_of(MEMPOOL_KMALLOC, &q);
	pool_of(MEMPOOL_SLAB, &p);
	poke64(p.elements.va, peek64(q.elements.va));
}

static void page_freed(void)
{
	struct mempool p;
	unsigned int zone;

	pool_of(MEMPOOL_PAGES, &p);
	poke64(p.elements.va + 8, view_page_addr(free_page_head(0, &zone)));
}

const struct sabotage mempool_sabotage[] = {
	{"mempool.linked", "prev off", prev_off, ""},
	{"mempool.linked", "link to nowhere", lost, ""},
	{"mempool.count", "more elements than room", more_than_room, ""},
	{"mempool.count", "less than none", less_than_none, ""},
	{"mempool.elements", "one twice", one_twice, ""},
	{"mempool.elements", "a free object", one_freed, ""},
	{"mempool.elements", "an object of another cache", of_another_cache, ""},
	{"mempool.elements", "a free page", page_freed, ""},
};
const unsigned int nr_mempool_sabotage = sizeof(mempool_sabotage) / sizeof(mempool_sabotage[0]);
