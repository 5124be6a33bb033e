// SPDX-License-Identifier: MIT
/*
 * leak_pages.c - who holds pages that are no slab's and no area's: by owner, and by stack where the debug kernel wrote one down.
 *
 * Only heads of blocks are read, through the runs of pagemap.h. Places are kept sorted, so that each block is one search.
 */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "shared/page.h"
#include "tools/inspect/inspect.h"
#include "tools/inspect/leak_pages.h"
#include "tools/view/debug.h"
#include "tools/view/pagemap.h"

static int by_place(const struct page_holder *h, unsigned int owner, uint32_t stack)
{
	if (h->owner != owner)
		return h->owner < owner ? -1 : 1;
	return h->stack == stack ? 0 : h->stack < stack ? -1 : 1;
}

static int by_pages(const void *a, const void *b)
{
	const struct page_holder *x = a, *y = b;

	if (x->pages != y->pages)
		return x->pages < y->pages ? 1 : -1;
	return by_place(x, y->owner, y->stack);
}

/* The place's entry, made if need be; NULL: no memory. */
static struct page_holder *holder_of(struct page_holders *all, unsigned int owner, uint32_t stack)
{
	size_t low = 0, high = all->nr;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int cmp = by_place(&all->h[mid], owner, stack);

		if (!cmp)
			return &all->h[mid];
		if (cmp < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (all->nr == all->cap) {
		size_t cap = all->cap ? 2 * all->cap : 64;
		struct page_holder *h = realloc(all->h, cap * sizeof(*h));

		if (!h)
			return NULL;
		all->h = h;
		all->cap = cap;
	}
	memmove(&all->h[low + 1], &all->h[low], (all->nr - low) * sizeof(*all->h));
	all->nr++;
	all->h[low] = (struct page_holder){.owner = owner, .stack = stack};
	return &all->h[low];
}

static bool add_run(const struct view *v, const struct map_run *run, struct page_holders *all)
{
	uint64_t size = 1ULL << run->order;

	for (uint64_t pfn = run->pfn; pfn < run->pfn + run->nr; pfn += size) {
		struct page_ext ext = {0};
		struct page_holder *h;

		if (view_page_ext(v, pfn, &ext) || !(ext.flags & PAGE_EXT_USED))
			ext.alloc_stack = 0;
		h = holder_of(all, run->owner, ext.alloc_stack);
		if (!h)
			return false;
		h->blocks++;
		h->pages += size;
	}
	return true;
}

int page_holders_collect(const struct view *v, struct page_holders *all, char *err)
{
	struct pagemap m;
	int bad;

	*all = (struct page_holders){0};
	bad = pagemap_collect(v, &m, err);
	for (size_t i = 0; !bad && i < m.nr_runs; i++) {
		const struct map_run *run = &m.runs[i];

		if (run->kind != MAP_USED || run->owner == OWNER_SLAB || run->owner == OWNER_VMALLOC)
			continue;
		if (!add_run(v, run, all)) {
			snprintf(err, VIEW_ERR_MAX, "no memory for the holders of pages");
			bad = -1;
		}
	}
	pagemap_free(&m);
	if (all->nr)
		qsort(all->h, all->nr, sizeof(*all->h), by_pages);
	return bad;
}

static const char *owner_label(const struct page_holder *h)
{
	return map_class_label(MAP_CLASS(MAP_USED, h->owner));
}

void print_page_holders(const struct inspect *in, const struct page_holders *all)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < all->nr; i++)
		pages += all->h[i].pages;
	fprintf(in->out, "\n%lu page%s besides, from %zu place%s\n", pages, pages == 1 ? "" : "s", all->nr,
		all->nr == 1 ? "" : "s");
	for (size_t i = 0; i < all->nr; i++) {
		const struct page_holder *h = &all->h[i];

		fprintf(in->out, "\n%lu page%s in %lu block%s, %s%s\n", h->pages, h->pages == 1 ? "" : "s", h->blocks,
			h->blocks == 1 ? "" : "s", owner_label(h), h->stack ? ", allocated at" : "");
		print_stack(in->view, in->symbols, h->stack, "    ", in->out);
	}
}

struct json_object *json_page_holders(const struct inspect *in, const struct page_holders *all)
{
	struct json_object *a = json_object_new_array();

	for (size_t i = 0; i < all->nr; i++) {
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "owner", json_object_new_string(owner_label(&all->h[i])));
		json_object_object_add(o, "blocks", json_object_new_uint64(all->h[i].blocks));
		json_object_object_add(o, "pages", json_object_new_uint64(all->h[i].pages));
		json_object_object_add(o, "stack", json_stack(in->view, in->symbols, all->h[i].stack));
		json_object_array_add(a, o);
	}
	return a;
}
