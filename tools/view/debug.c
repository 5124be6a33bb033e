// SPDX-License-Identifier: MIT
/*
 * debug.c - reading the stack depot and the debug kernel's entries of pages. See debug.h.
 *
 * Handles and entries come out of a guest that may be broken: everything is bounded by what the depot's description
 * says, and that by what can be read.
 */
#include <json-c/json.h>
#include <string.h>

#include "shared/gfp_names.h"
#include "tools/view/debug.h"

#define RECORD_WORDS (sizeof(struct stack_record) / sizeof(uint32_t))

bool view_depot(const struct view *v, struct stack_depot *depot)
{
	const struct mm_root *root = view_root(v, NULL);

	return root && root->stack_depot.va && !view_read(v, root->stack_depot.va, depot, sizeof(*depot)) &&
	       depot->pool.va;
}

unsigned int view_stack(const struct view *v, uint32_t handle, gva_t *entries, unsigned int max)
{
	struct {
		uint32_t next, hash, nr;
		uint32_t entries[STACK_DEPOT_MAX_DEPTH];
	} record;
	struct stack_depot depot;
	unsigned int nr;

	_Static_assert(offsetof(typeof(record), entries) == sizeof(struct stack_record), "the same record");
	if (!handle || !view_depot(v, &depot) || handle > depot.words || depot.words - handle < RECORD_WORDS)
		return 0;
	if (view_read(v, depot.pool.va + handle * sizeof(uint32_t), &record, sizeof(struct stack_record)) ||
	    record.nr > STACK_DEPOT_MAX_DEPTH || RECORD_WORDS + record.nr > depot.words - handle)
		return 0;
	nr = record.nr < max ? record.nr : max;
	if (view_read(v, depot.pool.va + (handle + RECORD_WORDS) * sizeof(uint32_t), record.entries,
		      nr * sizeof(uint32_t)))
		return 0;
	for (unsigned int i = 0; i < nr; i++)
		entries[i] = STACK_ENTRY(record.entries[i]);
	return nr;
}

unsigned int print_stack(const struct view *v, const struct symtab *s, uint32_t handle, const char *indent, FILE *out)
{
	gva_t entries[STACK_DEPOT_MAX_DEPTH];
	unsigned int nr = view_stack(v, handle, entries, STACK_DEPOT_MAX_DEPTH);
	char name[200];

	for (unsigned int i = 0; i < nr; i++)
		fprintf(out, "%s%s\n", indent, symtab_format(s, entries[i], name, sizeof(name)));
	return nr;
}

struct json_object *json_stack(const struct view *v, const struct symtab *s, uint32_t handle)
{
	struct json_object *list = json_object_new_array();
	gva_t entries[STACK_DEPOT_MAX_DEPTH];
	unsigned int nr = view_stack(v, handle, entries, STACK_DEPOT_MAX_DEPTH);
	char name[200];

	for (unsigned int i = 0; i < nr; i++)
		json_object_array_add(list, json_object_new_string(symtab_format(s, entries[i], name, sizeof(name))));
	return list;
}

bool view_page_debug(const struct view *v, struct page_debug *debug)
{
	const struct mm_root *root = view_root(v, NULL);

	return root && root->page_debug.va && !view_read(v, root->page_debug.va, debug, sizeof(*debug)) &&
	       debug->ext.va;
}

int view_page_ext(const struct view *v, uint64_t pfn, struct page_ext *ext)
{
	struct page_debug debug;

	if (!view_page_debug(v, &debug) || pfn >= PAGE_EXT_SIZE / sizeof(*ext))
		return -1;
	return view_read(v, debug.ext.va + pfn * sizeof(*ext), ext, sizeof(*ext)) ? -1 : 0;
}

int view_page_story(const struct view *v, uint64_t pfn, uint64_t *head, struct page_ext *ext)
{
	bool found = false;

	for (unsigned int order = 0; order <= MAX_PAGE_ORDER; order++) {
		uint64_t at = pfn & ~((1UL << order) - 1);
		struct page_ext e;

		if (view_page_ext(v, at, &e))
			break;
		if (!(e.flags & (PAGE_EXT_USED | PAGE_EXT_FREED)) || e.order > MAX_PAGE_ORDER ||
		    (pfn - at) >> e.order || (found && ext->tsc >= e.tsc))
			continue;
		*head = at;
		*ext = e;
		found = true;
	}
	return found ? 0 : -1;
}

char *view_gfp_names(uint32_t gfp, char *buf, size_t size)
{
	static const struct flag_name names[] = GFP_NAMES;
	size_t at = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((gfp & names[i].bits) != names[i].bits)
			continue;
		gfp &= ~names[i].bits;
		at += (size_t)snprintf(buf + at, size - at, "%s%s", at ? "|" : "", names[i].name);
		if (at >= size)
			return buf;
	}
	if (gfp || !at)
		snprintf(buf + at, size - at, "%s%#x", at ? "|" : "", gfp);
	return buf;
}
