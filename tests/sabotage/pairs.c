// SPDX-License-Identifier: MIT
/*
 * pairs.c - what shows only beside an earlier moment: the image as it was loaded, and then damaged.
 */
#include "tests/sabotage/image.h"

static void zone_moved(void)
{
	add64(AT(zone_addr(ZONE_DMA), struct zone, start_pfn), 1);
}

static void links_reseeded(void)
{
	add64(AT(cache_named("kmalloc-64"), struct kmem_cache, random), 1);
}

static void cache_resized(void)
{
	poke32(AT(cache_named("kmalloc-128"), struct kmem_cache, size), 256);
}

static void tables_elsewhere(void)
{
	add64(view_root_addr(image_view()) + offsetof(struct mm_root, cr3), 4096);
}

static void allocs_shrunk(void)
{
	poke64(AT(zone_addr(ZONE_NORMAL), struct zone, nr_allocs), 0);
}

static void turns_shrunk(void)
{
	poke64(AT(image_root()->cpus.va, struct mm_cpu, switches), 0);
}

static void event_wrapped(void)
{
	gva_t events = peek64(AT(image_root()->node.va, struct pglist_data, events));

	poke64(events + PGFAULT * sizeof(uint64_t), 0);
}

/* A slab's page is a page table, and nobody has freed anything. */
static void owner_changed(void)
{
	poke8(AT(view_page_addr(used_page(OWNER_SLAB, 0)), struct page, owner), OWNER_PGTABLE);
}

const struct sabotage pair_sabotage[] = {
	{"pair.constant", "a zone begins elsewhere", zone_moved, ""},
	{"pair.constant", "a cache's links have another seed", links_reseeded, ""},
	{"pair.constant", "a cache's objects have another size", cache_resized, ""},
	{"pair.constant", "other page tables", tables_elsewhere, ""},
	{"pair.counters", "fewer blocks handed out", allocs_shrunk, ""},
	{"pair.counters", "fewer turns taken", turns_shrunk, ""},
	{"pair.counters", "fewer faults", event_wrapped, ""},
	{"pair.owner", "a slab became a page table", owner_changed, ""},
};
const unsigned int nr_pair_sabotage = sizeof(pair_sabotage) / sizeof(pair_sabotage[0]);
