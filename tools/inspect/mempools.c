// SPDX-License-Identifier: MIT
/*
 * mempools.c - mm-inspect mempools: reserves of elements, how full they are, and what for.
 *
 * The walk is bounded and ends where the list makes no sense: judging it is the check's job.
 */
#include <json-c/json.h>

#include "tools/inspect/inspect.h"

#define MAX_POOLS 65536

/* What is in the pool, in words: "kmalloc 64", "slab NAME", "pages order 2", or the function that makes elements. */
static void describe(const struct inspect *in, const struct mempool *p, char *text, size_t size)
{
	char name[200];
	struct kmem_cache s;

	switch (p->kind) {
	case MEMPOOL_KMALLOC:
		snprintf(text, size, "kmalloc %lu", p->pool_data.va);
		break;
	case MEMPOOL_PAGES:
		snprintf(text, size, "pages order %lu", p->pool_data.va);
		break;
	case MEMPOOL_SLAB:
		if (view_read(in->view, p->pool_data.va, &s, sizeof(s)))
			s.name[0] = 0;
		snprintf(text, size, "slab %.31s", s.name);
		break;
	default:
		snprintf(text, size, "%s", symtab_format(in->symbols, p->alloc.va, name, sizeof(name)));
	}
}

static void show_row(const struct inspect *in, struct json_object *rows, gva_t at, const struct mempool *p)
{
	struct json_object *o;
	char what[220], addr[24];

	describe(in, p, what, sizeof(what));
	snprintf(addr, sizeof(addr), "%#lx", at);
	if (!rows) {
		fprintf(in->out, "%-18s %8d %8d  %s\n", addr, p->min_nr, p->curr_nr, what);
		return;
	}
	o = json_object_new_object();
	json_object_object_add(o, "address", json_object_new_string(addr));
	json_object_object_add(o, "min_nr", json_object_new_int(p->min_nr));
	json_object_object_add(o, "curr_nr", json_object_new_int(p->curr_nr));
	json_object_object_add(o, "elements", json_object_new_string(what));
	json_object_array_add(rows, o);
}

int cmd_mempools(struct inspect *in, char *err)
{
	const struct mm_root *root = view_root(in->view, err);
	struct json_object *rows = in->json ? json_object_new_array() : NULL;
	gva_t head = view_root_addr(in->view) + offsetof(struct mm_root, mempools);
	struct mempool p;

	if (!root) {
		json_object_put(rows);
		return INSPECT_USAGE;
	}
	if (!rows)
		fprintf(in->out, "%-18s %8s %8s  %s\n", "mempool", "reserve", "there", "elements");
	gva_t at = root->mempools.next.va;
	for (unsigned int n = 0; at != head && n < MAX_POOLS; n++, at = p.list.next.va) {
		gva_t pool = at - offsetof(struct mempool, list);

		if (view_read(in->view, pool, &p, sizeof(p)))
			break;
		show_row(in, rows, pool, &p);
	}
	return rows && inspect_json(in, rows) ? INSPECT_USAGE : INSPECT_HOLDS;
}
