// SPDX-License-Identifier: MIT
/*
 * diff.c - mm-inspect diff A B: what is different between two guests, or between two moments of one.
 *
 * Both become the same table: rows with a section, a key and up to four numbers. Sorted by section and key, rows of A and B with
 * the same key meet; a row that only one has is compared with zeros. Keys are names, never addresses, so that snapshots of
 * different runs can be compared as well.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "tools/inspect/inspect.h"
#include "tools/inspect/leak_pages.h"
#include "tools/view/debug.h"
#include "tools/view/slabs.h"
#include "tools/view/thread.h"
#include "tools/view/pagemap.h"
#include "tools/view/vmstat.h"

#define MAX_VALUES 4
#define MAX_ROWS (1u << 20)
/* Of a section's rows only so many are printed; JSON has all. */
#define SHOWN_ROWS 40

enum {
	SECTION_ZONES,
	SECTION_ORDERS,
	SECTION_OWNERS,
	SECTION_CACHES,
	SECTION_STACKS,
	SECTION_PAGES,
	SECTION_AREAS,
	SECTION_THREADS,
	SECTION_VMSTAT,
	NR_SECTIONS
};

/** struct section - @says: its heading; @values: what its numbers are; rows with the largest change of the first one come first */
static const struct section {
	const char *name, *says, *key;
	const char *values[MAX_VALUES];
} sections[NR_SECTIONS] = {
	[SECTION_ZONES] = {"zones",
			   "Zones, in pages; blocks handed out and taken back",
			   "zone",
			   {"free", "cpu_lists", "allocs", "frees"}},
	[SECTION_ORDERS] = {"orders", "Free blocks by order", "order", {"blocks"}},
	[SECTION_OWNERS] = {"owners", "Pages by owner", "owner", {"pages"}},
	[SECTION_CACHES] = {"caches", "Slab caches", "cache", {"bytes", "objects", "slabs", "pages"}},
	[SECTION_STACKS] = {"stacks", "Objects by who allocated them", "stack", {"bytes", "objects"}},
	[SECTION_PAGES] = {"page_stacks", "Other pages by who allocated them", "stack", {"pages", "blocks"}},
	[SECTION_AREAS] = {"areas", "vmalloc and module areas by who asked for them", "caller", {"pages", "areas"}},
	[SECTION_THREADS] = {"threads", "Threads: turns they had", "thread", {"switches"}},
	[SECTION_VMSTAT] = {"vmstat", "Counts", "item", {"count"}},
};

/** struct row - @key: its own; for a stack, the cache or owner and then one frame a line. @in: bit 0: A has it, bit 1: B */
struct row {
	unsigned int section, in;
	char *key;
	int64_t value[2][MAX_VALUES];
};

struct table {
	struct row *rows;
	unsigned int nr, cap, side;
	bool full;
};

static void add(struct table *t, unsigned int section, const char *key, int64_t v0, int64_t v1, int64_t v2, int64_t v3)
{
	struct row *r;

	if (t->nr == t->cap) {
		unsigned int cap = t->cap ? 2 * t->cap : 256;
		struct row *rows = cap <= MAX_ROWS ? reallocarray(t->rows, cap, sizeof(*rows)) : NULL;

		if (!rows) {
			t->full = true;
			return;
		}
		t->rows = rows;
		t->cap = cap;
	}
	r = &t->rows[t->nr];
	*r = (struct row){.section = section, .in = 1U << t->side, .key = strdup(key)};
	if (!r->key) {
		t->full = true;
		return;
	}
	r->value[t->side][0] = v0;
	r->value[t->side][1] = v1;
	r->value[t->side][2] = v2;
	r->value[t->side][3] = v3;
	t->nr++;
}

/* ---- one side ---- */

static int take_zones(struct table *t, const struct view *v, char *err)
{
	struct list_zone zones[MAX_NR_ZONES];
	int n = list_zones(v, zones, err);
	char key[40];

	for (int i = 0; i < n; i++) {
		const struct list_zone *z = &zones[i];

		add(t, SECTION_ZONES, z->name, (int64_t)z->nr_free, (int64_t)z->pcp_pages, (int64_t)z->nr_allocs,
		    (int64_t)z->nr_frees);
		for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++) {
			snprintf(key, sizeof(key), "%.8s, order %u", z->name, o);
			add(t, SECTION_ORDERS, key, (int64_t)z->free[o], 0, 0, 0);
		}
	}
	return n < 0 ? -1 : 0;
}

static int take_owners(struct table *t, const struct view *v, char *err)
{
	static const char *const names[] = PAGE_OWNER_NAMES;
	struct list_memory m;

	if (list_memory(v, &m, err))
		return -1;
	for (unsigned int i = 0; i < NR_PAGE_OWNERS; i++)
		add(t, SECTION_OWNERS, names[i], (int64_t)m.owner[i], 0, 0, 0);
	add(t, SECTION_OWNERS, "free", (int64_t)m.free, 0, 0, 0);
	return 0;
}

static int take_caches(struct table *t, const struct view *v, char *err)
{
	struct list_cache *caches;
	int n = list_caches(v, &caches, err);

	for (int i = 0; i < n; i++) {
		const struct list_cache *c = &caches[i];
		int64_t objects = (int64_t)(c->active - c->cached);

		add(t, SECTION_CACHES, c->name, objects * c->object_size, objects, (int64_t)c->slabs,
		    (int64_t)c->pages);
	}
	free(caches);
	return n < 0 ? -1 : 0;
}

/* A row whose key is @name and the frames. */
static void add_stack(struct table *t, unsigned int section, const char *name, const struct symtab *s,
		      const gva_t *entries, unsigned int nr, int64_t v0, int64_t v1)
{
	char key[4096], frame[200];
	size_t at = (size_t)snprintf(key, sizeof(key), "%s", name);

	for (unsigned int k = 0; k < nr && at < sizeof(key); k++)
		at += (size_t)snprintf(key + at, sizeof(key) - at, "\n%s",
				       symtab_format(s, entries[k], frame, sizeof(frame)));
	add(t, section, key, v0, v1, 0, 0);
}

static int take_stacks(struct table *t, const struct view *v, const struct symtab *s, char *err)
{
	struct holder *holders;
	int n = view_holders(v, &holders, err);

	for (int i = 0; i < n; i++) {
		const struct holder *h = &holders[i];
		gva_t entries[32];
		unsigned int nr = view_stack(v, h->stack, entries, 32);

		/* The release kernel keeps no stacks: then the cache says it already. */
		if (!nr && !h->caller)
			continue;
		if (!nr)
			entries[nr++] = h->caller;
		add_stack(t, SECTION_STACKS, h->cache, s, entries, nr, (int64_t)h->bytes, (int64_t)h->objects);
	}
	free(holders);
	return n < 0 ? -1 : 0;
}

/* Pages that are neither slabs nor areas. The release kernel knows their owners only, which the pages by owner say. */
static int take_page_stacks(struct table *t, const struct view *v, const struct symtab *s, char *err)
{
	struct page_holders all;
	int ret = page_holders_collect(v, &all, err);

	for (size_t i = 0; !ret && i < all.nr; i++) {
		const struct page_holder *h = &all.h[i];
		gva_t entries[32];
		unsigned int nr = view_stack(v, h->stack, entries, 32);

		if (nr)
			add_stack(t, SECTION_PAGES, map_class_label(MAP_CLASS(MAP_USED, h->owner)), s, entries, nr,
				  (int64_t)h->pages, (int64_t)h->blocks);
	}
	free(all.h);
	return ret;
}

static int take_areas(struct table *t, const struct view *v, const struct symtab *s, char *err)
{
	struct list_area *areas;
	int n = list_areas(v, &areas, err);

	for (int i = 0; i < n; i++) {
		char name[200];

		symtab_format(s, areas[i].caller, name, sizeof(name));
		add(t, SECTION_AREAS,
		    areas[i].lazy     ? "(freed, not flushed yet)"
		    : areas[i].caller ? name
				      : "(unknown)",
		    (int64_t)areas[i].nr_pages, 1, 0, 0);
	}
	free(areas);
	return n < 0 ? -1 : 0;
}

static void take_threads(struct table *t, const struct view *v)
{
	struct view_threads all;
	char err[VIEW_ERR_MAX], key[64];

	/* There are none before the scheduler is up. */
	if (view_threads_read(v, &all, false, err))
		return;
	for (unsigned int i = 0; i < all.nr; i++) {
		snprintf(key, sizeof(key), "%s/%d", all.at[i].name, all.at[i].task.pid);
		add(t, SECTION_THREADS, key, (int64_t)all.at[i].task.switches, 0, 0, 0);
	}
	view_threads_free(&all);
}

static void take_vmstat(struct table *t, const struct view *v)
{
	struct view_vmstat s;

	if (!view_vmstat(v, &s))
		return;
	for (unsigned int i = 0; i < NR_VM_NODE_STAT_ITEMS; i++)
		add(t, SECTION_VMSTAT, view_node_stat_name(i), s.node[i], 0, 0, 0);
	for (unsigned int i = 0; i < NR_VM_EVENT_ITEMS; i++)
		add(t, SECTION_VMSTAT, view_vm_event_name(i), (int64_t)s.event[i], 0, 0, 0);
	add(t, SECTION_VMSTAT, "swap_used", (int64_t)s.swap_used, 0, 0, 0);
}

static int take(struct table *t, unsigned int side, const struct view *v, const struct symtab *s, char *err)
{
	t->side = side;
	if (take_zones(t, v, err) || take_owners(t, v, err) || take_caches(t, v, err) || take_stacks(t, v, s, err) ||
	    take_page_stacks(t, v, s, err) || take_areas(t, v, s, err))
		return -1;
	take_threads(t, v);
	take_vmstat(t, v);
	if (!t->full)
		return 0;
	snprintf(err, VIEW_ERR_MAX, "too much to compare: out of memory, or more than %u rows", MAX_ROWS);
	return -1;
}

/* ---- both ---- */

static int by_key(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return x->section != y->section ? (int)x->section - (int)y->section : strcmp(x->key, y->key);
}

static int64_t delta(const struct row *r, unsigned int value)
{
	return r->value[1][value] - r->value[0][value];
}

static bool changed(const struct row *r)
{
	for (unsigned int i = 0; i < MAX_VALUES; i++)
		if (delta(r, i))
			return true;
	return r->in != 3;
}

static int by_change(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	uint64_t dx, dy;

	if (x->section != y->section)
		return (int)x->section - (int)y->section;
	for (unsigned int i = 0; i < MAX_VALUES; i++) {
		dx = (uint64_t)llabs(delta(x, i));
		dy = (uint64_t)llabs(delta(y, i));
		if (dx != dy)
			return dx < dy ? 1 : -1;
	}
	return strcmp(x->key, y->key);
}

/* Rows of one key become one; those without a change go. */
static void merge(struct table *t)
{
	unsigned int n = 0;

	if (t->nr)
		qsort(t->rows, t->nr, sizeof(*t->rows), by_key);
	for (unsigned int i = 0; i < t->nr; i++) {
		struct row *r = &t->rows[i], *last = n ? &t->rows[n - 1] : NULL;

		if (!last || by_key(last, r)) {
			t->rows[n++] = *r;
			continue;
		}
		for (unsigned int k = 0; k < MAX_VALUES; k++) {
			last->value[0][k] += r->value[0][k];
			last->value[1][k] += r->value[1][k];
		}
		last->in |= r->in;
		free(r->key);
	}
	t->nr = n;
	n = 0;
	for (unsigned int i = 0; i < t->nr; i++) {
		if (changed(&t->rows[i]))
			t->rows[n++] = t->rows[i];
		else
			free(t->rows[i].key);
	}
	t->nr = n;
	if (n)
		qsort(t->rows, n, sizeof(*t->rows), by_change);
}

static void print_row(FILE *out, const struct section *s, const struct row *r)
{
	size_t name = strcspn(r->key, "\n");

	fprintf(out, "  %-28.*s", (int)name, r->key);
	for (unsigned int i = 0; i < MAX_VALUES && s->values[i]; i++)
		fprintf(out, "  %12" PRId64 " %+10" PRId64, r->value[1][i], delta(r, i));
	fputs(r->in == 1 ? "  gone\n" : r->in == 2 ? "  new\n" : "\n", out);
	for (const char *p = r->key + name; *p;) {
		size_t n = strcspn(p + 1, "\n");

		fprintf(out, "      %.*s\n", (int)n, p + 1);
		p += n + 1;
	}
}

static void print_table(const struct table *t, FILE *out)
{
	for (unsigned int i = 0, shown = 0; i < t->nr; i++) {
		const struct section *s = &sections[t->rows[i].section];

		if (!i || t->rows[i - 1].section != t->rows[i].section) {
			shown = 0;
			fprintf(out, "%s%s: now, and the change\n  %-28s", i ? "\n" : "", s->says, s->key);
			for (unsigned int k = 0; k < MAX_VALUES && s->values[k]; k++)
				fprintf(out, "  %12s %10s", s->values[k], "");
			fputc('\n', out);
		}
		if (shown++ < SHOWN_ROWS)
			print_row(out, s, &t->rows[i]);
		else if (shown == SHOWN_ROWS + 1)
			fputs("  and more that changed less: --json has all\n", out);
	}
	if (!t->nr)
		fputs("nothing is different\n", out);
}

static struct json_object *json_row(const struct section *s, const struct row *r)
{
	struct json_object *o = json_object_new_object(), *frames;
	size_t name = strcspn(r->key, "\n");

	if (r->section == SECTION_STACKS || r->section == SECTION_PAGES) {
		json_object_object_add(o, r->section == SECTION_STACKS ? "cache" : "owner",
				       json_object_new_string_len(r->key, (int)name));
		frames = json_object_new_array();
		for (const char *p = r->key + name; *p;) {
			size_t n = strcspn(p + 1, "\n");

			json_object_array_add(frames, json_object_new_string_len(p + 1, (int)n));
			p += n + 1;
		}
		json_object_object_add(o, "stack", frames);
	} else {
		json_object_object_add(o, s->key, json_object_new_string(r->key));
	}
	for (unsigned int i = 0; i < MAX_VALUES && s->values[i]; i++) {
		struct json_object *pair = json_object_new_object();

		json_object_object_add(pair, "before", json_object_new_int64(r->value[0][i]));
		json_object_object_add(pair, "after", json_object_new_int64(r->value[1][i]));
		json_object_object_add(o, s->values[i], pair);
	}
	if (r->in != 3)
		json_object_object_add(o, "only", json_object_new_string(r->in == 1 ? "before" : "after"));
	return o;
}

static struct json_object *json_table(const struct table *t)
{
	struct json_object *o = json_object_new_object();

	for (unsigned int i = 0; i < NR_SECTIONS; i++) {
		struct json_object *list = json_object_new_array();

		for (unsigned int k = 0; k < t->nr; k++)
			if (t->rows[k].section == i)
				json_object_array_add(list, json_row(&sections[i], &t->rows[k]));
		json_object_object_add(o, sections[i].name, list);
	}
	return o;
}

/* ---- the command ---- */

static int take_second(struct inspect *in, struct table *t, char *err)
{
	struct symtab *symbols;
	struct view *v;
	int ret = -1;

	in->source = in->arg; /* what goes wrong from here on, goes wrong there */
	v = view_open(in->arg, err);
	if (!v)
		return -1;
	symbols = inspect_symbols(in, v);
	if (!view_pause(v, err)) {
		ret = take(t, 1, v, symbols, err);
		view_resume(v, NULL);
	}
	symtab_close(symbols);
	view_close(v);
	return ret;
}

int cmd_diff(struct inspect *in, char *err)
{
	struct table t = {0};
	int ret = take(&t, 0, in->view, in->symbols, err);

	view_resume(in->view, NULL);
	if (!ret)
		ret = take_second(in, &t, err);
	if (!ret) {
		merge(&t);
		if (in->json)
			inspect_json(in, json_table(&t));
		else
			print_table(&t, in->out);
	}
	for (unsigned int i = 0; i < t.nr; i++)
		free(t.rows[i].key);
	free(t.rows);
	return ret ? INSPECT_USAGE : INSPECT_HOLDS;
}
