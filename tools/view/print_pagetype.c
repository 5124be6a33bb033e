// SPDX-License-Identifier: MIT
/*
 * print_pagetype.c - free memory by migratetype and its fragmentation: pagetypeinfo, extfrag.
 *
 * pagetypeinfo counts what the memory map says, block by block; buddyinfo and extfrag go by the zones' own counts. A pageblock is
 * mixed if a block in use was asked for as another type than the pageblock's. Linux needs its page owner for that and
 * shows it only then; the same kernel shows it here.
 *
 * The two indices, for a request of one order, in thousandths:
 *   fragmentation  -1000 if a block is free that is large enough; else near 0: too little is free, near 1000: enough is
 *                  free, in too small pieces
 *   unusable       share of the free pages that lie in blocks too small for the request
 */
#include <json-c/json.h>
#include <string.h>

#include "tools/view/debug.h"
#include "tools/view/list.h"
#include "tools/view/pagemap.h"

/* Text shows no more than this of a type and order: Linux stops counting there. */
#define MOST_SHOWN 100000UL

static const char *const type_names[] = MIGRATE_TYPE_NAMES;

/** struct type_counts - of one zone: free blocks, pageblocks, mixed pageblocks. */
struct type_counts {
	uint64_t free[MIGRATE_TYPES][NR_PAGE_ORDERS];
	uint64_t blocks[MIGRATE_TYPES];
	uint64_t mixed[MIGRATE_TYPES];
};

/** struct types - all zones. @next, @next_mixed: first pageblock not counted yet; runs come in address order. */
struct types {
	struct pagemap map;
	bool has_owner;
	struct type_counts zone[MAX_NR_ZONES];
	uint64_t next, next_mixed;
	unsigned int next_zone;
};

static unsigned int block_type(const struct pagemap *m, uint64_t block)
{
	unsigned int type = block < m->nr_blocks ? PAGEBLOCK_TYPE(m->blocks[block]) : MIGRATE_TYPES;

	return type < MIGRATE_TYPES ? type : MIGRATE_TYPES;
}

/* The pageblocks in which a run has pages. One that two zones share counts in both. */
static void count_blocks(struct types *t, const struct map_run *r, struct type_counts *c)
{
	uint64_t last = (r->pfn + r->nr - 1) >> PAGEBLOCK_ORDER;

	if (r->zone != t->next_zone) {
		t->next_zone = r->zone;
		t->next = t->next_mixed = 0;
	}
	for (uint64_t b = r->pfn >> PAGEBLOCK_ORDER; b <= last; b++) {
		unsigned int type = block_type(&t->map, b);

		if (type == MIGRATE_TYPES)
			continue;
		if (b >= t->next) {
			t->next = b + 1;
			c->blocks[type]++;
		}
		if (b >= t->next_mixed && r->kind == MAP_USED && r->migratetype != type) {
			t->next_mixed = b + 1;
			c->mixed[type]++;
		}
	}
}

static int count_types(const struct view *v, struct types *t, char *err)
{
	struct page_debug debug;

	memset(t, 0, sizeof(*t));
	t->has_owner = view_page_debug(v, &debug) && debug.owner;
	if (pagemap_collect(v, &t->map, err)) {
		pagemap_free(&t->map);
		return -1;
	}
	for (size_t i = 0; i < t->map.nr_runs; i++) {
		const struct map_run *r = &t->map.runs[i];

		if (r->zone >= t->map.nr_zones)
			continue;
		if (r->kind == MAP_FREE || r->kind == MAP_FRESH)
			t->zone[r->zone].free[r->migratetype][r->order] += r->nr >> r->order;
		count_blocks(t, r, &t->zone[r->zone]);
	}
	return 0;
}

/* ---- pagetypeinfo ---- */

static void print_free(const struct types *t, unsigned int zone, FILE *out)
{
	for (unsigned int type = 0; type < MIGRATE_TYPES; type++) {
		fprintf(out, "Node %4d, zone %8s, type %12s ", 0, t->map.zones[zone].name, type_names[type]);
		for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++) {
			uint64_t n = t->zone[zone].free[type][o];

			fprintf(out, "%s%6lu ", n > MOST_SHOWN ? ">" : "", n > MOST_SHOWN ? MOST_SHOWN : n);
		}
		fprintf(out, "\n");
	}
}

static void print_by_type(const struct types *t, const char *head, bool mixed, FILE *out)
{
	fprintf(out, "\n%-23s", head);
	for (unsigned int type = 0; type < MIGRATE_TYPES; type++)
		fprintf(out, "%12s ", type_names[type]);
	fprintf(out, "\n");
	for (unsigned int i = 0; i < t->map.nr_zones; i++) {
		const uint64_t *n = mixed ? t->zone[i].mixed : t->zone[i].blocks;

		fprintf(out, "Node %d, zone %8s ", 0, t->map.zones[i].name);
		for (unsigned int type = 0; type < MIGRATE_TYPES; type++)
			fprintf(out, "%12lu ", n[type]);
		fprintf(out, "\n");
	}
}

int print_pagetypeinfo(const struct view *v, FILE *out, char *err)
{
	struct types t;

	if (count_types(v, &t, err))
		return -1;
	fprintf(out, "Page block order: %d\nPages per block:  %lu\n\n", PAGEBLOCK_ORDER, PAGEBLOCK_PAGES);
	fprintf(out, "%-43s ", "Free pages count per migrate type at order");
	for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++)
		fprintf(out, "%6u ", o);
	fprintf(out, "\n");
	for (unsigned int i = 0; i < t.map.nr_zones; i++)
		print_free(&t, i, out);
	print_by_type(&t, "Number of blocks type ", false, out);
	if (t.has_owner)
		print_by_type(&t, "Number of mixed blocks ", true, out);
	pagemap_free(&t.map);
	return 0;
}

static void put(struct json_object *o, const char *name, uint64_t x)
{
	json_object_object_add(o, name, json_object_new_int64((int64_t)x));
}

static struct json_object *json_types(const struct types *t, unsigned int zone)
{
	struct json_object *o = json_object_new_object(), *types = json_object_new_array();

	put(o, "node", 0);
	json_object_object_add(o, "zone", json_object_new_string(t->map.zones[zone].name));
	for (unsigned int type = 0; type < MIGRATE_TYPES; type++) {
		struct json_object *one = json_object_new_object(), *free = json_object_new_array();

		json_object_object_add(one, "type", json_object_new_string(type_names[type]));
		for (unsigned int o2 = 0; o2 < NR_PAGE_ORDERS; o2++)
			json_object_array_add(free, json_object_new_int64((int64_t)t->zone[zone].free[type][o2]));
		json_object_object_add(one, "free", free);
		put(one, "blocks", t->zone[zone].blocks[type]);
		if (t->has_owner)
			put(one, "mixed_blocks", t->zone[zone].mixed[type]);
		json_object_array_add(types, one);
	}
	json_object_object_add(o, "types", types);
	return o;
}

struct json_object *json_pagetypeinfo(const struct view *v, char *err)
{
	struct json_object *o, *zones;
	struct types t;

	if (count_types(v, &t, err))
		return NULL;
	o = json_object_new_object();
	zones = json_object_new_array();
	put(o, "pageblock_order", PAGEBLOCK_ORDER);
	put(o, "pages_per_block", PAGEBLOCK_PAGES);
	for (unsigned int i = 0; i < t.map.nr_zones; i++)
		json_object_array_add(zones, json_types(&t, i));
	json_object_object_add(o, "zones", zones);
	pagemap_free(&t.map);
	return o;
}

/* ---- extfrag ---- */

/** struct contig - what is free, seen by a request of one order: blocks, pages, and how often it could be served. */
struct contig {
	uint64_t blocks, pages, suitable;
};

static struct contig contig_of(const struct list_zone *z, unsigned int order)
{
	struct contig c = {0};

	for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++) {
		c.blocks += z->free[o];
		c.pages += z->free[o] << o;
		if (o >= order)
			c.suitable += z->free[o] << (o - order);
	}
	return c;
}

static int frag_index(const struct list_zone *z, unsigned int order)
{
	struct contig c = contig_of(z, order);

	if (!c.blocks)
		return 0;
	if (c.suitable)
		return -1000;
	return 1000 - (int)((1000 + c.pages * 1000 / (1UL << order)) / c.blocks);
}

static int unusable_index(const struct list_zone *z, unsigned int order)
{
	struct contig c = contig_of(z, order);

	return c.pages ? (int)((c.pages - (c.suitable << order)) * 1000 / c.pages) : 1000;
}

static const struct {
	const char *name, *title;
	int (*of)(const struct list_zone *z, unsigned int order);
} indices[] = {
	{"extfrag_index", "Fragmentation index at order", frag_index},
	{"unusable_index", "Unusable free space index at order", unusable_index},
};
#define NR_INDICES (sizeof(indices) / sizeof(indices[0]))

/* Thousandths as a number with three decimals. */
static void print_milli(int x, FILE *out)
{
	fprintf(out, "%s%d.%03d ", x < 0 ? "-" : "", x < 0 ? -x / 1000 : x / 1000, x < 0 ? -x % 1000 : x % 1000);
}

int print_extfrag(const struct view *v, FILE *out, char *err)
{
	struct list_zone zones[MAX_NR_ZONES];
	int n = list_zones(v, zones, err);

	for (size_t k = 0; n >= 0 && k < NR_INDICES; k++) {
		fprintf(out, "%s%s 0..%d\n", k ? "\n" : "", indices[k].title, MAX_PAGE_ORDER);
		for (int i = 0; i < n; i++) {
			fprintf(out, "Node 0, zone %8s ", zones[i].name);
			for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++)
				print_milli(indices[k].of(&zones[i], o), out);
			fprintf(out, "\n");
		}
	}
	return n < 0 ? -1 : 0;
}

struct json_object *json_extfrag(const struct view *v, char *err)
{
	struct list_zone zones[MAX_NR_ZONES];
	int n = list_zones(v, zones, err);
	struct json_object *a = n < 0 ? NULL : json_object_new_array();

	for (int i = 0; i < n; i++) {
		struct json_object *o = json_object_new_object();

		put(o, "node", 0);
		json_object_object_add(o, "zone", json_object_new_string(zones[i].name));
		for (size_t k = 0; k < NR_INDICES; k++) {
			struct json_object *list = json_object_new_array();

			for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++)
				json_object_array_add(list, json_object_new_int(indices[k].of(&zones[i], order)));
			json_object_object_add(o, indices[k].name, list);
		}
		json_object_array_add(a, o);
	}
	return a;
}
