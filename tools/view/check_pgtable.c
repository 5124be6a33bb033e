// SPDX-License-Identifier: MIT
/*
 * check_pgtable.c - page tables: every table, every mapping of the kernel, once. Those of user address spaces: check_user.c.
 *
 * The walk goes four levels deep with its own stack. A table that was already walked is a fault and is not entered
 * again, so the walk is bounded by the number of pages there are, whatever the tables say.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/view/check_user.h"

#define PTE_ADDR 0x000ffffffffff000ULL
#define ENTRIES 512
/* A larger page of code is none of ours: other rules report it. */
#define CODE_MAX (2UL << 20)
#define KERNEL_HALF 0xffff800000000000UL

static bool set_put(struct page_set *s, uint64_t x);

static void set_grow(struct page_set *s)
{
	struct page_set more = {.cap = s->cap ? s->cap * 2 : 1024};

	more.at = calloc(more.cap, sizeof(*more.at));
	if (!more.at) {
		fprintf(stderr, "out of memory while checking\n");
		abort();
	}
	for (size_t i = 0; i < s->cap; i++)
		if (s->at[i])
			set_put(&more, s->at[i] - 1);
	free(s->at);
	*s = more;
}

static size_t set_slot(const struct page_set *s, uint64_t x)
{
	size_t i = (x * 0x9e3779b97f4a7c15ULL >> 20) & (s->cap - 1);

	while (s->at[i] && s->at[i] != x + 1)
		i = (i + 1) & (s->cap - 1);
	return i;
}

/* Return: whether it was new. */
static bool set_put(struct page_set *s, uint64_t x)
{
	size_t i;

	if (s->nr * 2 >= s->cap)
		set_grow(s);
	i = set_slot(s, x);
	if (s->at[i])
		return false;
	s->at[i] = x + 1;
	s->nr++;
	return true;
}

static bool set_has(const struct page_set *s, uint64_t x)
{
	return s->cap && s->at[set_slot(s, x)];
}

/** struct walk - one level each: the table, the next entry to look at, and the rights so far. */
struct walk {
	struct check_ctx *c;
	struct page_set tables;
	struct level {
		const uint64_t *table;
		unsigned int next, used;
		gva_t va;
		uint64_t all, any, pfn;
	} level[5];         /* [4] is the top, [0] unused */
	struct vec lazy;    /* starts and ends of areas that wait for their purge: until then their tables are there */
	struct vec code;    /* pfns that may be executed */
	struct vec direct;  /* starts and ends of what the direct map maps, merged */
	struct vec backing; /* likewise one pair for each mapping of the memory map */
};

void leaf_fault(struct check_ctx *c, enum rule rule, const struct check_leaf *l, const char *got, const char *want)
{
	struct check_fault *f = check_fault(c, rule, l->gpa >> MMV_PAGE_SHIFT, l->va, "mapping of %#lx bytes", l->size);

	check_got(f, "%s (to %#lx, %s%s)", got, l->gpa, l->flags & VIEW_PTE_WRITE ? "w" : "-",
		  l->flags & VIEW_PTE_NX ? "-" : "x");
	check_want(f, "%s", want);
}

static bool leads_to_memory(const struct check_ctx *c, const struct check_leaf *l)
{
	for (uint64_t done = 0; done < l->size;) {
		uint64_t n = l->size - done;

		if (!view_span(c->v, l->gpa + done, &n))
			return false;
		done += n;
	}
	return true;
}

static void push_pair(struct vec *v, uint64_t start, uint64_t end)
{
	if (v->nr && v->at[v->nr - 1] == start) {
		v->at[v->nr - 1] = end;
		return;
	}
	vec_add(v, start);
	vec_add(v, end);
}

static void keep_leaf(struct check_ctx *c, const struct check_leaf *l, bool memory)
{
	struct leaves *v = &c->vm_leaves;

	if (v->nr == v->cap) {
		struct check_leaf *more;

		v->cap = v->cap ? v->cap * 2 : 256;
		more = reallocarray(v->at, v->cap, sizeof(*more));
		if (!more) {
			fprintf(stderr, "out of memory while checking\n");
			abort();
		}
		v->at = more;
	}
	v->at[v->nr] = *l;
	v->at[v->nr++].memory = memory;
}

/* No page that somebody can reach at this address may be free. Goes by blocks: a large mapping has few. */
static void check_frame(struct check_ctx *c, const struct check_leaf *l)
{
	uint64_t pfn = l->gpa >> MMV_PAGE_SHIFT, end = pfn + (l->size >> MMV_PAGE_SHIFT);

	while (pfn < end) {
		bool fresh = frame_fresh(c, pfn);
		struct check_fault *f;
		struct page head;

		if (!fresh && frame_state(c, pfn, &head) != PAGE_FREE) {
			pfn = head.state == PAGE_USED ? (pfn | ((1UL << head.order) - 1)) + 1 : pfn + 1;
			continue;
		}
		f = check_fault(c, R_BUDDY_UNMAPPED, pfn, l->va, "mapping of %#lx bytes", l->size);
		check_got(f, fresh ? "a fresh page" : "a page of a free block of order %u", fresh ? 0 : head.order);
		check_want(f, "allocated pages");
		return;
	}
}

static bool in(gva_t va, gva_t start, gva_t end)
{
	return va >= start && va < end;
}

/* A page whose place in the direct map is not as usual must be in use: set_memory_*() must be undone before it is freed. */
static void check_in_use(struct check_ctx *c, const struct check_leaf *l, const char *what)
{
	uint64_t pfn = l->gpa >> MMV_PAGE_SHIFT, end = pfn + (l->size >> MMV_PAGE_SHIFT);

	for (; pfn < end; pfn++) {
		struct check_fault *f;
		struct page head;

		if (page_reserved(c, pfn) || !page_ram(c, pfn) ||
		    (!frame_fresh(c, pfn) && frame_state(c, pfn, &head) != PAGE_FREE))
			continue;
		f = check_fault(c, R_MAP_RIGHTS, pfn, DIRECT_MAP + (pfn << MMV_PAGE_SHIFT), "free page");
		check_got(f, "%s in the direct map", what);
		check_want(f, "the usual rights: they were to be restored when it was freed");
		return;
	}
}

static void check_area(struct walk *w, const struct check_leaf *l)
{
	struct check_ctx *c = w->c;
	bool memory = leads_to_memory(c, l);

	if (in(l->va, DIRECT_MAP, DIRECT_MAP + DIRECT_MAP_SIZE)) {
		if (!(l->flags & VIEW_PTE_WRITE))
			check_in_use(c, l, "read-only");
		if (!(l->flags & VIEW_PTE_NX))
			leaf_fault(c, R_PT_NX, l, "executable in the direct map", "not executable");
		if (l->gpa != l->va - DIRECT_MAP)
			leaf_fault(c, R_MAP_DIRECT, l, "an address that is not its own",
				   "direct map: address - DIRECT_MAP");
		else
			push_pair(&w->direct, l->gpa, l->gpa + l->size);
	} else if (in(l->va, VMEMMAP, VMEMMAP + VMEMMAP_SIZE) ||
		   (c->root->debug && in(l->va, PAGE_EXT, PAGE_EXT + PAGE_EXT_SIZE))) {
		if (!range_reserved(c, l->gpa, l->gpa + l->size))
			leaf_fault(c, R_MAP_VMEMMAP, l, "memory map in RAM that is not reserved", "reserved RAM");
		vec_add(&w->backing, l->gpa);
		vec_add(&w->backing, l->gpa + l->size);
	} else if (in(l->va, KERNEL_BASE, KERNEL_BASE + KERNEL_SIZE)) {
		if (l->gpa != c->root->phys_base + (l->va - KERNEL_BASE))
			leaf_fault(c, R_MAP_KERNEL, l, "kernel image elsewhere", "where it was loaded");
		check_frame(c, l);
	} else if (in(l->va, VMALLOC_START, VMALLOC_END) || in(l->va, MODULES_START, MODULES_END)) {
		/* A device's registers may be mapped here: whose area it is decides, in check_vmalloc.c. */
		keep_leaf(c, l, memory);
		if (memory)
			check_frame(c, l);
		memory = true;
	} else if (in(l->va, DEV_VA, DEV_VA + DEV_SIZE)) {
		memory = l->gpa == DEV_GPA + (l->va - DEV_VA);
	} else {
		leaf_fault(c, R_PT_AREA, l, "a mapping in no area", "none");
	}
	if (!memory)
		leaf_fault(c, R_PT_LEAF, l, "an address without memory", "RAM, the blob, or the device window");
}

/* A always, D if and only if it may be written to, G never: there is one set of tables, reloading %cr3 drops everything. */
static void check_bits(struct check_ctx *c, const struct check_leaf *l)
{
	bool ok = l->entry & VIEW_PTE_ACCESSED && !(l->entry & VIEW_PTE_GLOBAL) &&
		  !(l->entry & VIEW_PTE_DIRTY) == !(l->entry & VIEW_PTE_WRITE);

	if (!ok)
		leaf_fault(c, R_PT_BITS, l,
			   l->entry & VIEW_PTE_GLOBAL        ? "global"
			   : !(l->entry & VIEW_PTE_ACCESSED) ? "not accessed"
			   : l->entry & VIEW_PTE_DIRTY       ? "dirty, but read-only"
							     : "writable, but not dirty",
			   "accessed, dirty where writable, not global");
}

#define CACHE_BITS (VIEW_PTE_NOCACHE | 1ULL << 3)

/* RAM has one memory type everywhere: that of its place in the direct map, which is write-back unless somebody changed both. */
static void check_type(struct walk *w, const struct check_leaf *l)
{
	struct check_ctx *c = w->c;
	uint64_t type = l->entry & CACHE_BITS, entry;
	bool ram = page_ram(c, l->gpa >> MMV_PAGE_SHIFT);

	if (!ram && in(l->va, DEV_VA, DEV_VA + DEV_SIZE) && !type)
		leaf_fault(c, R_PT_CACHE, l, "device registers cached", "uncached");
	if (!ram || in(l->va, DIRECT_MAP, DIRECT_MAP + DIRECT_MAP_SIZE) || !type)
		return;
	if (view_entry(c->v, DIRECT_MAP + l->gpa, &entry) || (entry & CACHE_BITS) != type)
		leaf_fault(c, R_PT_CACHE, l, "RAM with another memory type than in the direct map", "one type");
}

/* Frames that are code somewhere. */
static void note_code(struct walk *w, const struct check_leaf *l)
{
	if (l->flags & VIEW_PTE_NX || l->size > CODE_MAX)
		return;
	for (uint64_t at = 0; at < l->size; at += MMV_PAGE_SIZE)
		vec_add(&w->code, (l->gpa + at) >> MMV_PAGE_SHIFT);
}

static void check_leaf(struct walk *w, const struct check_leaf *l)
{
	struct check_ctx *c = w->c;

	check_bits(c, l);
	check_type(w, l);
	note_code(w, l);

	if (l->gpa & (l->size - 1))
		leaf_fault(c, R_PT_LEAF, l, "an unaligned address", "a multiple of its size");
	if (l->flags & VIEW_PTE_WRITE && !(l->flags & VIEW_PTE_NX))
		leaf_fault(c, R_PT_WX, l, "writable and executable", "one of them");
	if (l->flags & VIEW_PTE_USER)
		leaf_fault(c, R_PT_USER, l, "open to user mode", "kernel only");
	check_area(w, l);
}

const uint64_t *table_enter(struct check_ctx *c, struct page_set *tables, gpa_t gpa, gva_t va, unsigned int level)
{
	uint64_t pfn = gpa >> MMV_PAGE_SHIFT;
	const uint64_t *table = view_phys(c->v, gpa, MMV_PAGE_SIZE);
	struct check_fault *f;
	struct page head;

	if (!table || !page_ram(c, pfn)) {
		f = check_fault(c, R_PT_TABLE, pfn, va, "table of level %u", level);
		check_got(f, "a table at %#lx", gpa);
		check_want(f, "one in RAM");
		return NULL;
	}
	if (!set_put(tables, pfn)) {
		f = check_fault(c, R_PT_UNIQUE, pfn, va, "table of level %u", level);
		check_got(f, "a table that another entry leads to as well");
		check_want(f, "one entry for each table");
		return NULL;
	}
	if (!page_reserved(c, pfn) && (frame_state(c, pfn, &head) != PAGE_USED || head.owner != OWNER_PGTABLE)) {
		f = check_fault(c, R_PT_TABLE, pfn, va, "table of level %u", level);
		check_got(f, head.state == PAGE_USED ? "a page owned by %s" : "a page that nobody allocated (%s)",
			  head.state == PAGE_USED ? owner_name(head.owner) : "free");
		check_want(f, "reserved, or owned by %s", owner_name(OWNER_PGTABLE));
	}
	return table;
}

static gva_t sign_extend(gva_t va)
{
	return va & 1UL << 47 ? va | KERNEL_HALF : va;
}

/* Made not present: it keeps its address. In the direct map only a page that is in use may be like that. */
static void hidden_entry(struct walk *w, uint64_t e, gva_t va, uint64_t size)
{
	struct check_leaf l = {
		.va = va, .size = size, .gpa = e & PTE_ADDR & (size > MMV_PAGE_SIZE ? ~0x1000ULL : ~0ULL)};

	if (!in(va, DIRECT_MAP, DIRECT_MAP + DIRECT_MAP_SIZE) || l.gpa != va - DIRECT_MAP)
		return;
	check_in_use(w->c, &l, "made not present");
	push_pair(&w->direct, l.gpa, l.gpa + size);
}

#define MAX_LAZY (1UL << 20)

/* Addresses of freed areas of one list; a broken list is somebody else's business. */
static void note_lazy(struct walk *w, gva_t head)
{
	struct list_head list;
	struct vmap_area va;
	uint64_t n = 0;

	if (view_read(w->c->v, head, &list, sizeof(list)))
		return;
	for (gva_t at = list.next.va; at != head && n < MAX_LAZY; at = va.list.next.va, n++) {
		if (view_read(w->c->v, at - offsetof(struct vmap_area, list), &va, sizeof(va)))
			return;
		vec_add(&w->lazy, va.va_start);
		vec_add(&w->lazy, va.va_end);
	}
}

static void note_all_lazy(struct walk *w)
{
	const gva_t spaces[] = {w->c->root->vmalloc.va, w->c->root->module_space.va};

	for (int i = 0; i < 2; i++) {
		note_lazy(w, spaces[i] + offsetof(struct vmap_space, lazy));
		note_lazy(w, spaces[i] + offsetof(struct vmap_space, purging));
	}
}

static bool waits_for_purge(const struct walk *w, gva_t start, uint64_t size)
{
	for (size_t i = 0; i + 1 < w->lazy.nr; i += 2)
		if (w->lazy.at[i] < start + size && start < w->lazy.at[i + 1])
			return true;
	return false;
}

void table_leave(struct check_ctx *c, uint64_t pfn, gva_t va, unsigned int level, unsigned int used)
{
	struct check_fault *f;
	struct page page;

	if (view_page(c->v, pfn, &page) || page.state != PAGE_USED || page.owner != OWNER_PGTABLE)
		return;
	if (c->busy) { /* a count grows before and shrinks after its entries do */
		check_flux(c, R_PT_COUNT, R_PT_EMPTY);
		return;
	}
	if (page.private != used) {
		f = check_fault(c, R_PT_COUNT, pfn, va, "table of level %u", level);
		check_got(f, "a count of %lu", page.private);
		check_want(f, "%u, its entries in use", used);
	}
	if (!used && level < 3) {
		f = check_fault(c, R_PT_EMPTY, pfn, va, "table of level %u", level);
		check_got(f, "no entry in use");
		check_want(f, "freed, or at least one");
	}
}

/* A table of the kernel's whose entries were all seen. That of a freed area stays until the purge. */
static void leave_table(struct walk *w, const struct level *l, unsigned int level)
{
	gva_t va = sign_extend(l->va);

	if (l->used || level >= 3 || !waits_for_purge(w, va, ENTRIES << (12 + 9 * (level - 1))))
		table_leave(w->c, l->pfn, va, level, l->used);
}

static void walk_entry(struct walk *w, unsigned int *depth)
{
	struct level *l = &w->level[*depth];
	uint64_t e = ((const volatile uint64_t *)l->table)[l->next];
	uint64_t size = 1ULL << (12 + 9 * (*depth - 1));
	gva_t va = sign_extend(l->va + l->next * size);

	l->next++;
	l->used += e != 0;
	if (!(e & VIEW_PTE_PRESENT)) {
		if (e)
			hidden_entry(w, e, va, size);
		return;
	}
	if (*depth == 1 || (*depth < 4 && e & VIEW_PTE_HUGE)) {
		struct check_leaf leaf = {.va = va, .size = size, .entry = e};

		/* bit 12 of a large page's entry selects its memory type */
		leaf.gpa = e & PTE_ADDR & (size > MMV_PAGE_SIZE ? ~0x1000ULL : ~0ULL);
		leaf.flags = (l->all & e & (VIEW_PTE_WRITE | VIEW_PTE_USER)) | ((l->any | e) & VIEW_PTE_NX) |
			     VIEW_PTE_PRESENT;
		check_leaf(w, &leaf);
		return;
	}
	const uint64_t *table = table_enter(w->c, &w->tables, e & PTE_ADDR, va, *depth - 1);

	if (!table)
		return;
	(*depth)--;
	w->level[*depth] = (struct level){.table = table,
					  .va = va,
					  .all = l->all & e,
					  .any = l->any | e,
					  .pfn = (e & PTE_ADDR) >> MMV_PAGE_SHIFT};
}

static void walk_tables(struct walk *w)
{
	unsigned int depth = 4;
	const uint64_t *top = table_enter(w->c, &w->tables, view_cr3(w->c->v), 0, 4);

	if (!top)
		return;
	w->level[4] = (struct level){.table = top, .all = ~0ULL};
	while (depth <= 4) {
		if (w->level[depth].next < ENTRIES) {
			walk_entry(w, &depth);
			continue;
		}
		if (depth < 4)
			leave_table(w, &w->level[depth], depth);
		depth++;
	}
}

/* What is code by one address must not be writable by another: by its place in the direct map. */
static void check_code(struct walk *w)
{
	struct check_ctx *c = w->c;

	for (size_t i = 0; i < w->code.nr; i++) {
		gva_t va = DIRECT_MAP + (w->code.at[i] << MMV_PAGE_SHIFT);
		struct check_fault *f;
		uint64_t entry;

		if (!page_ram(c, w->code.at[i]) || view_entry(c->v, va, &entry) || !(entry & VIEW_PTE_WRITE))
			continue;
		f = check_fault(c, R_PT_ALIAS, w->code.at[i], va, "page of code");
		check_got(f, "writable in the direct map");
		check_want(f, "read-only by every address");
	}
}

/* May [pos, to) be missing? A guest without 1 GiB pages maps the whole GiBs of a range when it first touches them. */
static bool comes_on_touch(const struct check_ctx *c, const struct memblock_region *r, gpa_t pos, gpa_t to)
{
	const gpa_t gib = 1UL << 30;

	return c->root->direct_on_touch && pos >= (r->base + gib - 1) / gib * gib &&
	       to <= (r->base + r->size) / gib * gib;
}

/* Every byte of RAM was found in the direct map. */
static void check_direct(struct walk *w)
{
	struct check_ctx *c = w->c;
	struct check_fault *f;
	size_t at = 0;

	for (uint64_t i = 0; i < c->mb.memory.cnt; i++) {
		gpa_t pos = c->mb.memory.regions[i].base, end = pos + c->mb.memory.regions[i].size;

		while (pos < end) {
			while (at < w->direct.nr && w->direct.at[at + 1] <= pos)
				at += 2;
			if (at < w->direct.nr && w->direct.at[at] <= pos) {
				pos = w->direct.at[at + 1];
				continue;
			}
			gpa_t to = at < w->direct.nr && w->direct.at[at] < end ? w->direct.at[at] : end;

			if (comes_on_touch(c, &c->mb.memory.regions[i], pos, to)) {
				pos = to;
				continue;
			}
			f = check_fault(c, R_MAP_DIRECT, pos >> MMV_PAGE_SHIFT, DIRECT_MAP + pos, "RAM %#lx..%#lx", pos,
					to);
			check_got(f, "not in the direct map");
			check_want(f, "mapped at %#lx", DIRECT_MAP + pos);
			pos = to;
		}
	}
}

static int by_start(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return x[0] < y[0] ? -1 : x[0] > y[0];
}

static void check_backing(struct walk *w)
{
	struct vec *b = &w->backing;
	struct check_fault *f;

	if (b->nr)
		qsort(b->at, b->nr / 2, 2 * sizeof(*b->at), by_start);
	for (size_t i = 2; i + 1 < b->nr; i += 2) {
		if (b->at[i] >= b->at[i - 1])
			continue;
		f = check_fault(w->c, R_MAP_VMEMMAP, b->at[i] >> MMV_PAGE_SHIFT, 0, "memory map");
		check_got(f, "RAM at %#lx mapped twice", b->at[i]);
		check_want(f, "each piece once");
	}
}

static void check_owned(struct walk *w)
{
	struct check_ctx *c = w->c;
	struct check_fault *f;

	if (c->any_flux) {
		check_flux(c, R_PT_OWNED, R_PT_OWNED);
		return;
	}
	check_ran(c, R_PT_OWNED);
	for (size_t i = 0; i < c->pt_pages.nr; i++) {
		if (set_has(&w->tables, c->pt_pages.at[i]))
			continue;
		if (c->busy) {
			check_flux(c, R_PT_OWNED, R_PT_OWNED);
			continue;
		}
		f = check_fault(c, R_PT_OWNED, c->pt_pages.at[i], view_page_addr(c->pt_pages.at[i]), "page owned by %s",
				owner_name(OWNER_PGTABLE));
		check_got(f, "no entry leads to it");
		check_want(f, "a table in use");
	}
}

void check_tables(struct check_ctx *c)
{
	struct walk w = {.c = c};

	if (!c->have_mb)
		return;
	check_ran_all(c, R_PT_TABLE, R_PT_UNIQUE);
	check_ran_all(c, R_PT_LEAF, R_MAP_KERNEL);
	check_ran(c, R_BUDDY_UNMAPPED);
	note_all_lazy(&w);
	walk_tables(&w);
	check_user_tables(c, &w.tables);
	check_code(&w);
	check_direct(&w);
	check_backing(&w);
	check_owned(&w);
	free(w.tables.at);
	vec_free(&w.lazy);
	vec_free(&w.code);
	vec_free(&w.direct);
	vec_free(&w.backing);
}
