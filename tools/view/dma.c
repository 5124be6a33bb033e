// SPDX-License-Identifier: MIT
/*
 * dma.c - listings of devices' memory: see dma.h.
 *
 * All is collected as a JSON object first, and text is made of that: one walk, bounded as in check_dma.c, for both forms.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "shared/mm.h"
#include "tools/view/debug.h"
#include "tools/view/dma.h"
#include "tools/view/view_impl.h"

#define MAX_NODES 4096
#define MAX_SLOTS (1UL << 22)
#define MAX_ENTRIES (1U << 21)

struct dma_list {
	const struct view *v;
	const struct symtab *s;
	struct dma_root root;
};

static void put(struct json_object *o, const char *name, uint64_t value)
{
	json_object_object_add(o, name, json_object_new_uint64(value));
}

static uint64_t get(struct json_object *o, const char *name)
{
	return json_object_get_uint64(json_object_object_get(o, name));
}

static const char *text(struct json_object *o, const char *name)
{
	return json_object_get_string(json_object_object_get(o, name));
}

static void put_name(struct json_object *o, const char *key, const char *name, size_t size)
{
	char copy[64];
	size_t n = 0;

	for (; n < size && n < sizeof(copy) - 1 && name[n]; n++)
		copy[n] = (char)(name[n] >= ' ' && name[n] < 0x7f ? name[n] : '?');
	copy[n] = '\0';
	json_object_object_add(o, key, json_object_new_string(copy));
}

static void put_device(const struct dma_list *l, struct json_object *o, gva_t addr)
{
	struct device dev;

	if (view_read(l->v, addr, &dev, sizeof(dev)))
		json_object_object_add(o, "device", NULL);
	else
		put_name(o, "device", dev.name, sizeof(dev.name));
}

/* The nodes of a list, at most MAX_NODES. Return: how many. */
static unsigned int nodes_of(const struct view *v, gva_t head, gva_t *nodes)
{
	unsigned int n = 0;
	struct list_head at;

	for (gva_t node = head; n < MAX_NODES; nodes[n++] = node) {
		if (view_read(v, node, &at, sizeof(at)))
			break;
		node = at.next.va;
		if (node == head)
			break;
	}
	return n;
}

static struct json_object *pools_json(const struct dma_list *l, gva_t head, gva_t *nodes)
{
	struct json_object *all = json_object_new_array();
	unsigned int n = nodes_of(l->v, head, nodes);

	for (unsigned int i = 0; i < n; i++) {
		struct json_object *o;
		struct dma_pool pool;

		if (view_read(l->v, nodes[i] - offsetof(struct dma_pool, node), &pool, sizeof(pool)))
			break;
		o = json_object_new_object();
		put_name(o, "name", pool.name, sizeof(pool.name));
		put(o, "size", pool.size);
		put(o, "boundary", pool.boundary);
		put(o, "in_use", pool.nr_active);
		put(o, "blocks", pool.nr_pages * pool.blocks_per_page);
		put(o, "pages", pool.nr_pages);
		json_object_array_add(all, o);
	}
	return all;
}

/* What @addr keeps, found by the memory map. */
static void put_buffers(const struct dma_list *l, struct json_object *o, gva_t addr)
{
	const struct mm_root *root = view_root(l->v, NULL);
	uint64_t buffers = 0, pages = 0, bytes = 0, end = 0;
	const struct view_region *r;

	for (unsigned int i = 0; (r = view_region(l->v, i)); i++)
		end = (r->gpa + r->size) >> MMV_PAGE_SHIFT > end ? (r->gpa + r->size) >> MMV_PAGE_SHIFT : end;
	/* Where there is memory: what the guest says may be anything. */
	for (uint64_t pfn = 0; pfn < end && pfn < root->max_pfn;) {
		struct page p;
		gpa_t at = pfn << MMV_PAGE_SHIFT;

		if (!view_phys(l->v, at, 1)) {
			/* Holes are large and aligned. */
			pfn = (pfn | 15) + 1;
			continue;
		}
		if (view_page(l->v, pfn, &p) || p.state != PAGE_USED || p.order > MAX_PAGE_ORDER) {
			pfn++;
			continue;
		}
		if (p.owner == OWNER_DMA && p.private == addr) {
			buffers++;
			pages += 1UL << p.order;
			bytes += p.index;
		}
		pfn += 1UL << p.order;
	}
	put(o, "buffers", buffers);
	put(o, "buffer_bytes", bytes);
	put(o, "buffer_pages", pages);
}

static struct json_object *devices_json(const struct dma_list *l)
{
	gva_t head = view_root(l->v, NULL)->dma.va + offsetof(struct dma_root, devices);
	gva_t *nodes = calloc(MAX_NODES, sizeof(*nodes)), *inner = calloc(MAX_NODES, sizeof(*inner));
	struct json_object *all = json_object_new_array();
	unsigned int n = nodes && inner ? nodes_of(l->v, head, nodes) : 0;

	for (unsigned int i = 0; i < n; i++) {
		gva_t addr = nodes[i] - offsetof(struct device, node);
		unsigned long long mask = 0;
		struct json_object *o;
		struct device dev;

		if (view_read(l->v, addr, &dev, sizeof(dev)))
			break;
		if (view_read(l->v, dev.dma_mask.va, &mask, sizeof(mask)))
			mask = 0;
		o = json_object_new_object();
		put_name(o, "name", dev.name, sizeof(dev.name));
		put(o, "mask", mask);
		put(o, "coherent_mask", dev.coherent_dma_mask);
		put(o, "bus_limit", dev.bus_dma_limit);
		put_buffers(l, o, addr);
		json_object_object_add(o, "pools", pools_json(l, addr + offsetof(struct device, dma_pools), inner));
		json_object_array_add(all, o);
	}
	free(nodes);
	free(inner);
	return all;
}

static struct json_object *bounce_json(const struct dma_list *l)
{
	const struct io_tlb_mem *m = &l->root.io_tlb;
	struct json_object *o = json_object_new_object(), *maps = json_object_new_array();
	uint64_t used = 0;

	put(o, "start", m->start);
	put(o, "end", m->end);
	put(o, "slots", m->nslabs);
	put(o, "areas", m->nareas);
	for (uint64_t i = 0; i < m->nslabs && i < MAX_SLOTS; i++) {
		struct json_object *map;
		struct io_tlb_slot slot;

		if (view_read(l->v, m->slots.va + i * sizeof(slot), &slot, sizeof(slot)))
			break;
		used += slot.orig != 0;
		if (!slot.orig || !slot.nr)
			continue;
		map = json_object_new_object();
		put_device(l, map, slot.dev.va);
		put(map, "slot", i);
		put(map, "slots", slot.nr);
		put(map, "address", m->start + i * IO_TLB_SIZE + slot.offset);
		put(map, "memory", slot.orig + slot.offset);
		put(map, "size", slot.left - slot.offset);
		json_object_array_add(maps, map);
	}
	put(o, "used", used);
	put(o, "full", m->full);
	put(o, "mapped", m->mapped);
	json_object_object_add(o, "mappings", maps);
	return o;
}

static struct json_object *mappings_json(const struct dma_list *l)
{
	static const char *const types[] = DMA_DEBUG_TYPE_NAMES;
	static const char *const dirs[] = DMA_DIRECTION_NAMES;
	const struct dma_debug *t = &l->root.debug;
	uint32_t nr = t->fresh < t->nr ? t->fresh : t->nr;
	struct json_object *all = json_object_new_array();

	for (uint32_t i = 1; t->entries.va && i < nr && i < MAX_ENTRIES; i++) {
		struct dma_debug_entry e;
		struct json_object *o;

		if (view_read(l->v, t->entries.va + i * sizeof(e), &e, sizeof(e)))
			break;
		if (!e.dev.va)
			continue;
		o = json_object_new_object();
		put_device(l, o, e.dev.va);
		put(o, "address", e.addr);
		put(o, "memory", e.phys);
		put(o, "size", e.size);
		json_object_object_add(o, "type",
				       json_object_new_string(e.type <= DMA_DEBUG_RESOURCE ? types[e.type] : "?"));
		json_object_object_add(o, "direction", json_object_new_string(e.dir < 4 ? dirs[e.dir] : "?"));
		json_object_object_add(o, "checked", json_object_new_boolean(e.checked));
		json_object_object_add(o, "stack", json_stack(l->v, l->s, e.stack));
		json_object_array_add(all, o);
	}
	return all;
}

struct json_object *json_dma(const struct view *v, const struct symtab *s, char *err)
{
	const struct mm_root *root = view_root(v, err);
	struct dma_list l = {.v = v, .s = s};
	struct json_object *o;

	if (!root)
		return NULL;
	if (view_read(v, root->dma.va, &l.root, sizeof(l.root))) {
		view_err(err, "the guest's list of devices at %#lx cannot be read", root->dma.va);
		return NULL;
	}
	o = json_object_new_object();
	json_object_object_add(o, "devices", devices_json(&l));
	json_object_object_add(o, "bounce", bounce_json(&l));
	put(o, "recorded", l.root.debug.entries.va != 0);
	json_object_object_add(o, "mappings", mappings_json(&l));
	return o;
}

/* ---- text ---- */

static void print_device(struct json_object *d, FILE *out)
{
	struct json_object *pools = json_object_object_get(d, "pools");

	fprintf(out, "%-16s %#18" PRIx64 " %#18" PRIx64 " %7" PRIu64 " %10" PRIu64 " %7" PRIu64 "\n", text(d, "name"),
		get(d, "mask"), get(d, "coherent_mask"), get(d, "buffers"), get(d, "buffer_bytes"),
		get(d, "buffer_pages"));
	for (size_t i = 0; i < json_object_array_length(pools); i++) {
		struct json_object *p = json_object_array_get_idx(pools, i);

		fprintf(out,
			"    pool %-24s %4" PRIu64 " of %4" PRIu64 " blocks of %" PRIu64 " bytes, %" PRIu64 " pages\n",
			text(p, "name"), get(p, "in_use"), get(p, "blocks"), get(p, "size"), get(p, "pages"));
	}
}

static void print_mapping(struct json_object *m, bool verbose, FILE *out)
{
	struct json_object *stack = json_object_object_get(m, "stack");

	fprintf(out, "%-16s %#14" PRIx64 " %#14" PRIx64 " %9" PRIu64, text(m, "device"), get(m, "address"),
		get(m, "memory"), get(m, "size"));
	if (!json_object_object_get(m, "type")) {
		fprintf(out, "  slots %" PRIu64 "+%" PRIu64 "\n", get(m, "slot"), get(m, "slots"));
		return;
	}
	fprintf(out, "  %s, %s\n", text(m, "type"), text(m, "direction"));
	for (size_t i = 0; verbose && stack && i < json_object_array_length(stack); i++)
		fprintf(out, "    %s\n", json_object_get_string(json_object_array_get_idx(stack, i)));
}

int print_dma(const struct view *v, const struct symtab *s, bool verbose, FILE *out, char *err)
{
	struct json_object *o = json_dma(v, s, err), *list, *bounce;

	if (!o)
		return -1;
	fprintf(out, "%-16s %18s %18s %7s %10s %7s\n", "device", "mask", "coherent mask", "buffers", "bytes", "pages");
	list = json_object_object_get(o, "devices");
	for (size_t i = 0; i < json_object_array_length(list); i++)
		print_device(json_object_array_get_idx(list, i), out);
	bounce = json_object_object_get(o, "bounce");
	fprintf(out,
		"\nbounce buffers: [%#" PRIx64 ", %#" PRIx64 "), %" PRIu64 " of %" PRIu64 " slots in use, %" PRIu64
		" mappings so far, %" PRIu64 " found no room\n",
		get(bounce, "start"), get(bounce, "end"), get(bounce, "used"), get(bounce, "slots"),
		get(bounce, "mapped"), get(bounce, "full"));
	list = json_object_object_get(bounce, "mappings");
	for (size_t i = 0; i < json_object_array_length(list); i++)
		print_mapping(json_object_array_get_idx(list, i), verbose, out);
	list = json_object_object_get(o, "mappings");
	if (get(o, "recorded"))
		fprintf(out, "\nmappings: %zu\n", json_object_array_length(list));
	else
		fprintf(out, "\nmappings: only the debug kernel keeps a record\n");
	for (size_t i = 0; i < json_object_array_length(list); i++)
		print_mapping(json_object_array_get_idx(list, i), verbose, out);
	json_object_put(o);
	return 0;
}
