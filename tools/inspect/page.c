// SPDX-License-Identifier: MIT
/*
 * page.c - mm-inspect page and vtop: one page, one address.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "tools/inspect/inspect.h"
#include "tools/view/debug.h"

#define KERNEL_HALF 0xffff800000000000UL

static const char *const owner_names[] = PAGE_OWNER_NAMES;
static const char *const state_names[] = {"quiet", "free", "used", "free, kept by a CPU"};

static int number(const char *text, uint64_t *x, char *err)
{
	char *end;

	errno = 0;
	*x = strtoull(text, &end, 0);
	if (end == text || *end) {
		/* an address as messages print them: hex without 0x */
		errno = 0;
		*x = strtoull(text, &end, 16);
	}
	if (end == text || *end || errno || text[0] == '-') {
		snprintf(err, VIEW_ERR_MAX, "'%.80s' is not a number", text);
		return -1;
	}
	return 0;
}

/* A pfn, an address of a struct page, or an address in the page. */
static int find_pfn(const struct inspect *in, uint64_t x, uint64_t *pfn, char *err)
{
	gpa_t gpa;

	*pfn = x;
	if (x < KERNEL_HALF)
		return 0;
	if (!view_pfn_of(x, pfn))
		return 0;
	if (view_translate(in->view, view_cr3(in->view), x, &gpa, NULL, NULL)) {
		snprintf(err, VIEW_ERR_MAX, "%#lx is not mapped in the guest", x);
		return -1;
	}
	*pfn = gpa >> MMV_PAGE_SHIFT;
	return 0;
}

/* ---- what a page is ---- */

/**
 * struct page_facts - the answer.
 * @place: reserved, fresh, free, used, lost, or no RAM
 */
struct page_facts {
	uint64_t pfn, head;
	const char *place;
	char zone[9];
	struct page page;
	bool has_head;
	char cache[33];
	bool has_story; /* the debug kernel knows who had it last, as part of the block at @story_head */
	uint64_t story_head;
	struct page_ext story;
};

static bool in_ranges(const struct memblock_type *t, uint64_t pfn)
{
	for (uint64_t i = 0; i < t->cnt && i < sizeof(t->regions) / sizeof(t->regions[0]); i++)
		if (t->regions[i].base < (pfn + 1) << MMV_PAGE_SHIFT &&
		    t->regions[i].base + t->regions[i].size > pfn << MMV_PAGE_SHIFT)
			return true;
	return false;
}

/* Zone of the page, and whether it lies in one of its fresh ranges. */
static bool find_zone(const struct inspect *in, const struct mm_root *root, struct page_facts *f)
{
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		struct zone z;

		if (view_read(in->view, root->zones.va + i * sizeof(z), &z, sizeof(z)) || f->pfn < z.start_pfn ||
		    f->pfn - z.start_pfn >= z.spanned_pages)
			continue;
		snprintf(f->zone, sizeof(f->zone), "%.8s", z.name);
		for (uint64_t k = 0; k < z.nr_fresh && k < MMV_NR_FRESH; k++)
			if (f->pfn >= z.fresh[k].start && f->pfn < z.fresh[k].end)
				return true;
	}
	return false;
}

static void find_cache(const struct inspect *in, struct page_facts *f)
{
	const struct slab *slab = (const struct slab *)&f->page;
	struct kmem_cache s;

	if (f->page.owner == OWNER_SLAB && !view_read(in->view, slab->slab_cache.va, &s, sizeof(s)))
		snprintf(f->cache, sizeof(f->cache), "%.32s", s.name);
}

static int find_facts(const struct inspect *in, uint64_t pfn, struct page_facts *f, char *err)
{
	const struct mm_root *root = view_root(in->view, err);
	struct memblock mb;
	bool fresh;

	memset(f, 0, sizeof(*f));
	f->pfn = pfn;
	if (!root)
		return -1;
	if (view_read(in->view, root->memblock.va, &mb, sizeof(mb))) {
		snprintf(err, VIEW_ERR_MAX, "memblock at %#lx: no memory is mapped there", root->memblock.va);
		return -1;
	}
	fresh = find_zone(in, root, f);
	if (!in_ranges(&mb.memory, pfn)) {
		f->place = "no RAM";
	} else if (in_ranges(&mb.reserved, pfn)) {
		f->place = "reserved";
	} else if (fresh) {
		f->place = "fresh";
	} else if (!view_page_head(in->view, pfn, &f->head, &f->page)) {
		f->has_head = true;
		f->place = f->page.state < 4 ? state_names[f->page.state] : "lost";
		if (f->page.state == PAGE_USED)
			find_cache(in, f);
	} else {
		f->place = "lost";
	}
	f->has_story = !view_page_story(in->view, pfn, &f->story_head, &f->story);
	return 0;
}

static const char *owner_of(const struct page *p)
{
	return p->owner < NR_PAGE_OWNERS ? owner_names[p->owner] : "unknown";
}

const char *page_in_short(const struct inspect *in, uint64_t pfn, uint64_t *start, uint64_t *end, char *buf,
			  size_t size)
{
	struct page_facts f;
	char err[VIEW_ERR_MAX];
	int n;

	*start = pfn;
	*end = pfn + 1;
	if (find_facts(in, pfn, &f, err)) {
		snprintf(buf, size, "pfn %#lx: unknown", pfn);
		return buf;
	}
	if (f.has_head && f.page.order <= MAX_PAGE_ORDER) {
		*start = f.head;
		*end = f.head + (1UL << f.page.order);
	}
	n = snprintf(buf, size, "pfn %#lx: %s", *start, f.place);
	if (f.has_head && n > 0 && (size_t)n < size)
		n += snprintf(buf + n, size - (size_t)n, ", order %u", f.page.order);
	if (f.has_head && f.page.state == PAGE_USED && n > 0 && (size_t)n < size)
		snprintf(buf + n, size - (size_t)n, ", %s%s%s, refcount %d", owner_of(&f.page), f.cache[0] ? " " : "",
			 f.cache, f.page.refcount);
	return buf;
}

static void print_story(const struct inspect *in, const struct page_facts *f)
{
	const struct page_ext *e = &f->story;
	char names[200];

	if (!f->has_story)
		return;
	fprintf(in->out, "  allocated by thread %d, order %u at pfn %#lx, mask %#x(%s)%s\n", e->pid, e->order,
		f->story_head, e->gfp, view_gfp_names(e->gfp, names, sizeof(names)),
		e->alloc_stack ? "" : ", stack unknown");
	print_stack(in->view, in->symbols, e->alloc_stack, "    ", in->out);
	if (!(e->flags & PAGE_EXT_FREED))
		return;
	fprintf(in->out, "  freed by thread %d%s\n", e->free_pid, e->free_stack ? "" : ", stack unknown");
	print_stack(in->view, in->symbols, e->free_stack, "    ", in->out);
}

static struct json_object *json_story(const struct inspect *in, const struct page_facts *f)
{
	struct json_object *o = json_object_new_object();
	const struct page_ext *e = &f->story;
	char names[200];

	json_object_object_add(o, "head", json_object_new_int64((int64_t)f->story_head));
	json_object_object_add(o, "order", json_object_new_int(e->order));
	json_object_object_add(o, "gfp", json_object_new_string(view_gfp_names(e->gfp, names, sizeof(names))));
	json_object_object_add(o, "thread", json_object_new_int(e->pid));
	json_object_object_add(o, "tsc", json_object_new_int64((int64_t)e->tsc));
	json_object_object_add(o, "stack", json_stack(in->view, in->symbols, e->alloc_stack));
	json_object_object_add(o, "freed", json_object_new_boolean(e->flags & PAGE_EXT_FREED));
	if (e->flags & PAGE_EXT_FREED) {
		json_object_object_add(o, "free_thread", json_object_new_int(e->free_pid));
		json_object_object_add(o, "free_stack", json_stack(in->view, in->symbols, e->free_stack));
	}
	return o;
}

static void print_facts(FILE *out, const struct page_facts *f)
{
	const struct slab *slab = (const struct slab *)&f->page;

	fprintf(out, "page %#lx (physical %#lx, entry %#lx): %s%s%s\n", f->pfn, f->pfn << MMV_PAGE_SHIFT,
		view_page_addr(f->pfn), f->place, f->zone[0] ? ", zone " : "", f->zone);
	if (!f->has_head)
		return;
	fprintf(out, "  block    pfn %#lx, order %u (%lu pages)%s\n", f->head, f->page.order,
		f->page.order <= MAX_PAGE_ORDER ? 1UL << f->page.order : 0,
		f->head == f->pfn ? "" : ", this is a tail");
	fprintf(out, "  flags    %#x%s%s%s\n", f->page.flags, f->page.flags & PG_COMP ? " compound" : "",
		f->page.flags & PG_PFMEMALLOC ? " pfmemalloc" : "", f->page.flags & PG_ZEROED ? " zeroed" : "");
	if (f->page.state != PAGE_USED)
		return;
	fprintf(out, "  owner    %s\n  refcount %d\n", owner_of(&f->page), f->page.refcount);
	if (f->page.owner == OWNER_SLAB)
		fprintf(out, "  slab     cache %s, %u of %u objects in use, first free %#lx\n", f->cache, slab->inuse,
			slab->objects, slab->freelist.va);
	else
		fprintf(out, "  mapping  %#lx\n  index    %#lx\n  private  %#lx\n", f->page.mapping, f->page.index,
			f->page.private);
}

static void add_hex(struct json_object *o, const char *name, uint64_t x)
{
	char text[24];

	snprintf(text, sizeof(text), "%#lx", x);
	json_object_object_add(o, name, json_object_new_string(text));
}

static struct json_object *json_facts(const struct page_facts *f)
{
	struct json_object *o = json_object_new_object();
	const struct slab *slab = (const struct slab *)&f->page;

	json_object_object_add(o, "pfn", json_object_new_int64((int64_t)f->pfn));
	add_hex(o, "physical", f->pfn << MMV_PAGE_SHIFT);
	add_hex(o, "entry", view_page_addr(f->pfn));
	json_object_object_add(o, "state", json_object_new_string(f->place));
	json_object_object_add(o, "zone", f->zone[0] ? json_object_new_string(f->zone) : NULL);
	if (!f->has_head)
		return o;
	json_object_object_add(o, "head", json_object_new_int64((int64_t)f->head));
	json_object_object_add(o, "order", json_object_new_int(f->page.order));
	json_object_object_add(o, "flags", json_object_new_int64(f->page.flags));
	if (f->page.state != PAGE_USED)
		return o;
	json_object_object_add(o, "owner", json_object_new_string(owner_of(&f->page)));
	json_object_object_add(o, "refcount", json_object_new_int(f->page.refcount));
	if (f->page.owner == OWNER_SLAB) {
		json_object_object_add(o, "cache", json_object_new_string(f->cache));
		json_object_object_add(o, "inuse", json_object_new_int(slab->inuse));
		json_object_object_add(o, "objects", json_object_new_int(slab->objects));
	}
	return o;
}

/* What is behind the number: the byte at an address, the first one of a page given by its number or its entry. */
static gva_t address_meant(uint64_t x, uint64_t pfn)
{
	uint64_t unused;

	return x < KERNEL_HALF || !view_pfn_of(x, &unused) ? DIRECT_MAP + (pfn << MMV_PAGE_SHIFT) : x;
}

int cmd_page(struct inspect *in, char *err)
{
	struct json_object *o;
	struct page_facts f;
	uint64_t x, pfn;

	if (number(in->arg, &x, err) || find_pfn(in, x, &pfn, err) || find_facts(in, pfn, &f, err))
		return INSPECT_USAGE;
	if (!strcmp(f.place, "no RAM")) {
		snprintf(err, VIEW_ERR_MAX, "the guest has no RAM page %#lx", pfn);
		return INSPECT_USAGE;
	}
	if (!in->json) {
		print_facts(in->out, &f);
		where_print(in, address_meant(x, pfn));
		print_story(in, &f);
		return INSPECT_HOLDS;
	}
	o = json_facts(&f);
	if (f.has_story)
		json_object_object_add(o, "allocation", json_story(in, &f));
	where_json(in, address_meant(x, pfn), o);
	inspect_json(in, o);
	return INSPECT_HOLDS;
}

/* ---- vtop ---- */

static const char *const level_names[] = {"", "PTE", "PMD", "PUD", "PML4"};

static void flag_names(uint64_t flags, char *buf, size_t size)
{
	snprintf(buf, size, "%s %s %s%s%s%s%s", flags & VIEW_PTE_WRITE ? "RW" : "RO", flags & VIEW_PTE_NX ? "NX" : "X",
		 flags & VIEW_PTE_USER ? "USER" : "KERNEL", flags & VIEW_PTE_NOCACHE ? " UC" : "",
		 flags & VIEW_PTE_GLOBAL ? " GLOBAL" : "", flags & VIEW_PTE_ACCESSED ? " ACCESSED" : "",
		 flags & VIEW_PTE_DIRTY ? " DIRTY" : "");
}

static struct json_object *json_walk(uint64_t va, gpa_t gpa, uint64_t size, const char *flags,
				     const struct view_step *steps, int n, const char *symbol)
{
	struct json_object *o = json_object_new_object(), *walk = json_object_new_array();

	add_hex(o, "virtual", va);
	add_hex(o, "physical", gpa);
	json_object_object_add(o, "page_size", json_object_new_int64((int64_t)size));
	json_object_object_add(o, "flags", json_object_new_string(flags));
	if (symbol)
		json_object_object_add(o, "symbol", json_object_new_string(symbol));
	for (int i = 0; i < n; i++) {
		struct json_object *step = json_object_new_object();

		json_object_object_add(step, "level", json_object_new_string(level_names[steps[i].level]));
		add_hex(step, "entry_at", steps[i].entry_gpa);
		add_hex(step, "entry", steps[i].entry);
		json_object_array_add(walk, step);
	}
	json_object_object_add(o, "walk", walk);
	return o;
}

int cmd_vtop(struct inspect *in, char *err)
{
	uint64_t va, size, flags;
	struct view_step steps[4];
	struct symbol_at at;
	char names[80], symbol[200];
	bool named;
	gpa_t gpa;
	int n;

	if (number(in->arg, &va, err))
		return INSPECT_USAGE;
	n = view_walk(in->view, view_cr3(in->view), va, steps);
	if (view_translate(in->view, view_cr3(in->view), va, &gpa, &size, &flags)) {
		snprintf(err, VIEW_ERR_MAX, "%#lx is not mapped in the guest: %s entry %#lx", va,
			 n ? level_names[steps[n - 1].level] : "no", n ? steps[n - 1].entry : 0);
		return INSPECT_USAGE;
	}
	flag_names(flags, names, sizeof(names));
	named = !symtab_find(in->symbols, va, &at);
	symtab_format(in->symbols, va, symbol, sizeof(symbol));
	if (in->json) {
		struct json_object *o = json_walk(va, gpa, size, names, steps, n, named ? symbol : NULL);

		where_json(in, va, o);
		inspect_json(in, o);
		return INSPECT_HOLDS;
	}
	fprintf(in->out, "%-16s  %s\n%016lx  %lx\n\n", "VIRTUAL", "PHYSICAL", va, gpa);
	if (named)
		fprintf(in->out, "%6s: %s\n", "SYMBOL", symbol);
	for (int i = 0; i < n; i++)
		fprintf(in->out, "%6s: %12lx => %016lx\n", level_names[steps[i].level], steps[i].entry_gpa,
			steps[i].entry);
	fprintf(in->out, "%6s: %12lx  (%lu KiB)  %s\n", "PAGE", gpa & ~(size - 1), size >> 10, names);
	where_print(in, va);
	return INSPECT_HOLDS;
}
