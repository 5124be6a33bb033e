// SPDX-License-Identifier: MIT
/*
 * slab.c - mm-inspect slabinfo and leaks: caches as Linux lists them, where their bytes went, a picture of every slab; and who
 * holds what was allocated.
 */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "tools/inspect/inspect.h"
#include "tools/inspect/leak_pages.h"
#include "tools/view/debug.h"
#include "tools/view/slabs.h"

/* Of holders beyond so many only the sum is shown. */
#define SHOWN_HOLDERS 200

static void put(struct json_object *o, const char *name, uint64_t x)
{
	json_object_object_add(o, name, json_object_new_uint64(x));
}

static void put_hex(struct json_object *o, const char *name, uint64_t x)
{
	char text[24];

	snprintf(text, sizeof(text), "%#lx", x);
	json_object_object_add(o, name, json_object_new_string(text));
}

/* ---- slabinfo ---- */

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* Most bytes first. */
static int by_pages(const void *a, const void *b)
{
	const struct list_cache *x = a, *y = b;

	return x->pages < y->pages ? 1 : -(x->pages > y->pages);
}

static void print_waste_row(FILE *out, const char *name, uint64_t slabs, const struct waste *w)
{
	fprintf(out, "%-24s %7lu %9lu %6.1f%% %9lu %9lu %9lu %9lu %9lu\n", name, slabs, w->bytes >> 10,
		percent(w->used, w->bytes), w->used >> 10, w->cached >> 10, w->free >> 10, w->padding >> 10,
		w->leftover >> 10);
}

static void add_waste(struct waste *sum, const struct waste *w)
{
	sum->bytes += w->bytes;
	sum->used += w->used;
	sum->cached += w->cached;
	sum->free += w->free;
	sum->padding += w->padding;
	sum->leftover += w->leftover;
}

static int print_utilisation(const struct inspect *in, char *err)
{
	struct waste sum = {0};
	struct list_cache *caches;
	int n = list_caches(in->view, &caches, err);
	uint64_t slabs = 0;

	if (n < 0)
		return -1;
	if (n)
		qsort(caches, (size_t)n, sizeof(*caches), by_pages);
	fprintf(in->out, "\nwhere the KiB of slabs went\n%-24s %7s %9s %7s %9s %9s %9s %9s %9s\n", "cache", "slabs",
		"KiB", "use", "used", "in CPUs", "free", "padding", "leftover");
	for (int i = 0; i < n; i++) {
		struct waste w = view_waste(&caches[i]);

		if (!caches[i].slabs)
			continue;
		print_waste_row(in->out, caches[i].name, caches[i].slabs, &w);
		add_waste(&sum, &w);
		slabs += caches[i].slabs;
	}
	print_waste_row(in->out, "all", slabs, &sum);
	free(caches);
	return 0;
}

/* One letter for each object of a slab: u used, c in a CPU's array, . free. */
static bool json_picture(void *ctx, const struct kmem_cache *s, const struct slab_picture *p)
{
	static const char letters[] = {[OBJECT_USED] = 'u', [OBJECT_FREE] = '.', [OBJECT_CPU] = 'c'};
	struct json_object *o = json_object_new_object();
	char *map = malloc(p->objects + 1);

	(void)s;
	if (!map)
		return false;
	for (unsigned int i = 0; i < p->objects; i++)
		map[i] = letters[p->state[i]];
	put(o, "pfn", p->pfn);
	put(o, "order", p->order);
	json_object_object_add(o, "list", json_object_new_string(p->list));
	put(o, "inuse", p->inuse);
	json_object_object_add(o, "map", json_object_new_string_len(map, (int)p->objects));
	json_object_array_add(ctx, o);
	free(map);
	return true;
}

static struct json_object *json_waste(const struct list_cache *c)
{
	struct waste w = view_waste(c);
	struct json_object *o = json_object_new_object();

	put(o, "bytes", w.bytes);
	put(o, "used", w.used);
	put(o, "cached", w.cached);
	put(o, "free", w.free);
	put(o, "padding", w.padding);
	put(o, "leftover", w.leftover);
	json_object_object_add(o, "utilisation", json_object_new_double(percent(w.used, w.bytes) / 100));
	return o;
}

/* What --verbose adds to each cache of json_slabinfo(): both list the caches in the guest's order. */
static int add_verbose(const struct inspect *in, struct json_object *rows, char *err)
{
	struct list_cache *caches;
	int n = list_caches(in->view, &caches, err), ret = 0;

	for (int i = 0; i < n && !ret; i++) {
		struct json_object *row = json_object_array_get_idx(rows, (size_t)i), *slabs;

		slabs = json_object_new_array();
		json_object_object_add(row, "memory", json_waste(&caches[i]));
		json_object_object_add(row, "slab_list", slabs);
		ret = view_slabs(in->view, caches[i].addr, json_picture, slabs, err);
	}
	free(caches);
	return n < 0 ? -1 : ret;
}

int cmd_slabinfo(struct inspect *in, char *err)
{
	struct json_object *rows;

	if (in->svg)
		return slab_svg(in, err);
	if (!in->json) {
		if (print_slabinfo(in->view, in->out, err) || (in->verbose && print_utilisation(in, err)))
			return INSPECT_USAGE;
		return INSPECT_HOLDS;
	}
	rows = json_slabinfo(in->view, err);
	if (rows && in->verbose && add_verbose(in, rows, err)) {
		json_object_put(rows);
		return INSPECT_USAGE;
	}
	return inspect_json(in, rows) ? INSPECT_USAGE : INSPECT_HOLDS;
}

/* ---- leaks ---- */

void print_origin(const struct inspect *in, const char *indent, uint32_t handle, gva_t caller)
{
	char name[200];

	if (!print_stack(in->view, in->symbols, handle, indent, in->out) && caller)
		fprintf(in->out, "%s%s\n", indent, symtab_format(in->symbols, caller, name, sizeof(name)));
}

struct json_object *json_origin(const struct inspect *in, uint32_t handle, gva_t caller)
{
	struct json_object *a = json_stack(in->view, in->symbols, handle);
	char name[200];

	if (!json_object_array_length(a) && caller)
		json_object_array_add(a,
				      json_object_new_string(symtab_format(in->symbols, caller, name, sizeof(name))));
	return a;
}

static void print_holders(const struct inspect *in, const struct holder *h, int n)
{
	uint64_t objects = 0, bytes = 0;

	for (int i = 0; i < n; i++) {
		objects += h[i].objects;
		bytes += h[i].bytes;
	}
	fprintf(in->out, "%lu objects, %lu bytes in use, from %d place%s\n", objects, bytes, n, n == 1 ? "" : "s");
	for (int i = 0; i < n && i < SHOWN_HOLDERS; i++) {
		fprintf(in->out, "\n%lu byte%s in %lu object%s of %s%s\n", h[i].bytes, h[i].bytes == 1 ? "" : "s",
			h[i].objects, h[i].objects == 1 ? "" : "s", h[i].cache, h[i].caller ? ", allocated at" : "");
		print_origin(in, "    ", h[i].stack, h[i].caller);
	}
	if (n > SHOWN_HOLDERS)
		fprintf(in->out, "\nand %d places more: --json has all\n", n - SHOWN_HOLDERS);
}

static void print_areas(const struct inspect *in, const struct list_area *areas, int n)
{
	char name[200];

	if (n)
		fprintf(in->out, "\n%d vmalloc and module area%s\n", n, n == 1 ? "" : "s");
	for (int i = 0; i < n; i++)
		fprintf(in->out, "    %#lx, %lu page%s%s, asked for by %s\n", areas[i].start, areas[i].nr_pages,
			areas[i].nr_pages == 1 ? "" : "s", areas[i].module ? " of module space" : "",
			symtab_format(in->symbols, areas[i].caller, name, sizeof(name)));
}

static struct json_object *json_holders(const struct inspect *in, const struct holder *h, int n)
{
	struct json_object *a = json_object_new_array();

	for (int i = 0; i < n; i++) {
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "cache", json_object_new_string(h[i].cache));
		put(o, "objects", h[i].objects);
		put(o, "bytes", h[i].bytes);
		if (h[i].caller)
			put_hex(o, "caller", h[i].caller);
		json_object_object_add(o, "stack", json_origin(in, h[i].stack, h[i].caller));
		json_object_array_add(a, o);
	}
	return a;
}

static struct json_object *json_areas(const struct inspect *in, const struct list_area *areas, int n)
{
	struct json_object *a = json_object_new_array();
	char name[200];

	for (int i = 0; i < n; i++) {
		struct json_object *o = json_object_new_object();

		put_hex(o, "start", areas[i].start);
		put(o, "pages", areas[i].nr_pages);
		symtab_format(in->symbols, areas[i].caller, name, sizeof(name));
		json_object_object_add(o, "caller", json_object_new_string(name));
		json_object_array_add(a, o);
	}
	return a;
}

int cmd_leaks(struct inspect *in, char *err)
{
	struct list_area *areas = NULL;
	struct page_holders pages = {0};
	struct holder *holders;
	int n = view_holders(in->view, &holders, err), nr_areas = -1;

	if (n >= 0)
		nr_areas = list_areas(in->view, &areas, err);
	if (nr_areas >= 0 && page_holders_collect(in->view, &pages, err))
		nr_areas = -1;
	if (nr_areas >= 0 && in->json) {
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "objects", json_holders(in, holders, n));
		json_object_object_add(o, "areas", json_areas(in, areas, nr_areas));
		json_object_object_add(o, "pages", json_page_holders(in, &pages));
		inspect_json(in, o);
	} else if (nr_areas >= 0) {
		print_holders(in, holders, n);
		print_areas(in, areas, nr_areas);
		print_page_holders(in, &pages);
	}
	free(pages.h);
	free(holders);
	free(areas);
	return nr_areas < 0 ? INSPECT_USAGE : INSPECT_HOLDS;
}
