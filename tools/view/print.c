// SPDX-License-Identifier: MIT
/*
 * print.c - listings of list.h as text in Linux's formats, and as JSON. Those of zones: print_zone.c, print_pagetype.c.
 */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "tools/view/list.h"

#define KIB(pages) ((pages) << (MMV_PAGE_SHIFT - 10))

static struct json_object *number(uint64_t x)
{
	return json_object_new_int64((int64_t)x);
}

static void put(struct json_object *o, const char *name, uint64_t x)
{
	json_object_object_add(o, name, number(x));
}

static void put_hex(struct json_object *o, const char *name, uint64_t x)
{
	char text[24];

	snprintf(text, sizeof(text), "%#lx", x);
	json_object_object_add(o, name, json_object_new_string(text));
}

static struct json_object *numbers(const uint64_t *x, unsigned int n)
{
	struct json_object *a = json_object_new_array();

	for (unsigned int i = 0; i < n; i++)
		json_object_array_add(a, number(x[i]));
	return a;
}

/* ---- buddyinfo ---- */

int print_buddyinfo(const struct view *v, FILE *out, char *err)
{
	struct list_zone zones[MAX_NR_ZONES];
	int n = list_zones(v, zones, err);

	for (int i = 0; i < n; i++) {
		fprintf(out, "Node 0, zone %8s ", zones[i].name);
		for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++)
			fprintf(out, "%6lu ", zones[i].free[o]);
		fprintf(out, "\n");
	}
	return n < 0 ? -1 : 0;
}

struct json_object *json_buddyinfo(const struct view *v, char *err)
{
	struct list_zone zones[MAX_NR_ZONES];
	int n = list_zones(v, zones, err);
	struct json_object *a = n < 0 ? NULL : json_object_new_array();

	for (int i = 0; i < n; i++) {
		struct json_object *o = json_object_new_object();

		put(o, "node", 0);
		json_object_object_add(o, "zone", json_object_new_string(zones[i].name));
		json_object_object_add(o, "free", numbers(zones[i].free, NR_PAGE_ORDERS));
		put(o, "free_pages", zones[i].nr_free);
		put(o, "fresh_pages", zones[i].fresh_pages);
		json_object_array_add(a, o);
	}
	return a;
}

/* ---- slabinfo ---- */

int print_slabinfo(const struct view *v, FILE *out, char *err)
{
	struct list_cache *caches;
	int n = list_caches(v, &caches, err);

	if (n < 0)
		return -1;
	fprintf(out, "slabinfo - version: 2.1\n");
	fprintf(out, "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>");
	fprintf(out, " : tunables <limit> <batchcount> <sharedfactor>");
	fprintf(out, " : slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	for (int i = 0; i < n; i++) {
		const struct list_cache *c = &caches[i];

		fprintf(out, "%-17s %6lu %6lu %6u %4u %4u : tunables %4u %4u %4u : slabdata %6lu %6lu %6lu\n", c->name,
			c->active, c->total, c->size, c->objs_per_slab, c->pages_per_slab, 0u, 0u, 0u, c->slabs,
			c->slabs, 0UL);
	}
	free(caches);
	return 0;
}

struct json_object *json_slabinfo(const struct view *v, char *err)
{
	struct list_cache *caches;
	int n = list_caches(v, &caches, err);
	struct json_object *a = n < 0 ? NULL : json_object_new_array();

	for (int i = 0; i < n; i++) {
		const struct list_cache *c = &caches[i];
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "name", json_object_new_string(c->name));
		put_hex(o, "address", c->addr);
		put(o, "active_objs", c->active);
		put(o, "cpu_cached", c->cached);
		put(o, "num_objs", c->total);
		put(o, "object_size", c->object_size);
		put(o, "size", c->size);
		put(o, "objs_per_slab", c->objs_per_slab);
		put(o, "pages_per_slab", c->pages_per_slab);
		put(o, "slabs", c->slabs);
		put(o, "partial", c->partial);
		put(o, "full", c->full);
		put(o, "empty", c->empty);
		put(o, "refills", c->refills);
		put(o, "drains", c->drains);
		json_object_array_add(a, o);
	}
	if (n >= 0)
		free(caches);
	return a;
}

/* ---- vmallocinfo ---- */

/* The words of the format, in its order. */
static const struct {
	uint64_t flag;
	const char *word;
} area_words[] = {
	{VM_IOREMAP, "ioremap"}, {VM_SPARSE, "sparse"}, {VM_ALLOC, "vmalloc"},
	{VM_MAP, "vmap"},        {VM_USERMAP, "user"},  {VM_DMA_COHERENT, "dma-coherent"},
};
#define NR_AREA_WORDS (sizeof(area_words) / sizeof(area_words[0]))

static bool has_vpages(const struct list_area *a)
{
	return a->pages - VMALLOC_START < VMALLOC_END - VMALLOC_START;
}

static void print_area(const struct list_area *a, const struct symtab *s, FILE *out)
{
	char name[160];

	fprintf(out, "0x%016lx-0x%016lx %7ld", a->start, a->end, (long)(a->end - a->start));
	if (a->ram || a->lazy) {
		fprintf(out, a->lazy ? " unpurged vm_area\n" : " vm_map_ram\n");
		return;
	}
	if (a->caller)
		fprintf(out, " %s", symtab_format(s, a->caller, name, sizeof(name)));
	if (a->nr_pages)
		fprintf(out, " pages=%lu", a->nr_pages);
	if (a->phys)
		fprintf(out, " phys=0x%016lx", a->phys);
	for (size_t i = 0; i < NR_AREA_WORDS; i++)
		if (a->flags & area_words[i].flag)
			fprintf(out, " %s", area_words[i].word);
	if (has_vpages(a))
		fprintf(out, " vpages");
	if (a->nr_pages)
		fprintf(out, " N0=%lu", a->nr_pages);
	fputc('\n', out);
}

int print_vmallocinfo(const struct view *v, const struct symtab *s, FILE *out, char *err)
{
	struct list_area *areas;
	int n = list_areas(v, &areas, err);

	for (int i = 0; i < n; i++)
		print_area(&areas[i], s, out);
	if (n >= 0)
		free(areas);
	return n < 0 ? -1 : 0;
}

static struct json_object *json_area(const struct list_area *a, const struct symtab *s)
{
	struct json_object *o = json_object_new_object(), *words = json_object_new_array();
	char name[160];

	put_hex(o, "start", a->start);
	put_hex(o, "end", a->end);
	put(o, "bytes", a->end - a->start);
	put(o, "pages", a->nr_pages);
	json_object_object_add(o, "kind",
			       json_object_new_string(a->lazy  ? "unpurged vm_area"
						      : a->ram ? "vm_map_ram"
							       : "vm_area"));
	for (size_t i = 0; i < NR_AREA_WORDS; i++)
		if (a->flags & area_words[i].flag)
			json_object_array_add(words, json_object_new_string(area_words[i].word));
	json_object_object_add(o, "flags", words);
	if (a->caller)
		json_object_object_add(o, "caller",
				       json_object_new_string(symtab_format(s, a->caller, name, sizeof(name))));
	if (a->phys)
		put_hex(o, "phys", a->phys);
	json_object_object_add(o, "vpages", json_object_new_boolean(has_vpages(a)));
	json_object_object_add(o, "module", json_object_new_boolean(a->module));
	return o;
}

struct json_object *json_vmallocinfo(const struct view *v, const struct symtab *s, char *err)
{
	struct list_area *areas;
	int n = list_areas(v, &areas, err);
	struct json_object *list = n < 0 ? NULL : json_object_new_array();

	for (int i = 0; i < n; i++)
		json_object_array_add(list, json_area(&areas[i], s));
	if (n >= 0)
		free(areas);
	return list;
}

/* ---- meminfo ---- */

static const char *const owner_names[] = PAGE_OWNER_NAMES;
_Static_assert(sizeof(owner_names) / sizeof(owner_names[0]) == NR_PAGE_OWNERS, "a name for every owner");

int print_meminfo(const struct view *v, FILE *out, char *err)
{
	struct list_memory m;

	if (list_memory(v, &m, err))
		return -1;
	fprintf(out, "MemTotal:       %8lu kB\n", KIB(m.managed));
	fprintf(out, "MemFree:        %8lu kB\n", KIB(m.free));
	fprintf(out, "MemReserved:    %8lu kB\n", KIB(m.present - m.managed));
	fprintf(out, "Slab:           %8lu kB\n", KIB(m.owner[OWNER_SLAB]));
	fprintf(out, "SlabEmpty:      %8lu kB\n", KIB(m.slab_empty));
	fprintf(out, "KmallocLarge:   %8lu kB\n", KIB(m.owner[OWNER_KMALLOC]));
	fprintf(out, "VmallocUsed:    %8lu kB\n", KIB(m.owner[OWNER_VMALLOC]));
	fprintf(out, "PageTables:     %8lu kB\n", KIB(m.owner[OWNER_PGTABLE]));
	fprintf(out, "KernelStack:    %8lu kB\n", KIB(m.owner[OWNER_STACK]));
	fprintf(out, "Percpu:         %8lu kB\n", KIB(m.owner[OWNER_PERCPU]));
	fprintf(out, "Dma:            %8lu kB\n", KIB(m.owner[OWNER_DMA]));
	fprintf(out, "Cached:         %8lu kB\n", KIB(m.owner[OWNER_CACHE]));
	fprintf(out, "AnonPages:      %8lu kB\n", KIB(m.owner[OWNER_ANON]));
	fprintf(out, "RawPages:       %8lu kB\n", KIB(m.owner[OWNER_RAW]));
	return 0;
}

struct json_object *json_meminfo(const struct view *v, char *err)
{
	struct json_object *o, *owners;
	struct list_memory m;

	if (list_memory(v, &m, err))
		return NULL;
	o = json_object_new_object();
	owners = json_object_new_object();
	put(o, "present_pages", m.present);
	put(o, "managed_pages", m.managed);
	put(o, "free_pages", m.free);
	for (unsigned int i = 0; i < NR_PAGE_OWNERS; i++)
		put(owners, owner_names[i], m.owner[i]);
	json_object_object_add(o, "owner_pages", owners);
	put(o, "slab_empty_pages", m.slab_empty);
	return o;
}
