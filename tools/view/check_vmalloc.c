// SPDX-License-Identifier: MIT
/*
 * check_vmalloc.c - the address spaces of vmalloc and modules: their pieces, what is mapped there, and whose pages those are.
 *
 * Mappings come from check_pgtable.c, ascending by address; areas are compared with them by going through both at once.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/view/check_impl.h"

#define MAX_PIECES (1UL << 24)
#define MAX_MODULES 1024

enum kind { FREE, BUSY, LAZY, PURGING };
static const char *const kind_names[] = {"free", "busy", "lazy", "purging"};
static const size_t kind_lists[] = {
	offsetof(struct vmap_space, free),
	offsetof(struct vmap_space, busy),
	offsetof(struct vmap_space, lazy),
	offsetof(struct vmap_space, purging),
};

/** struct piece - one vmap_area. @addr: of the structure in the guest. */
struct piece {
	gva_t start, end;
	gva_t addr, vm, block;
	enum kind kind;
	uint32_t flags;
};

struct pieces {
	struct piece *at;
	size_t nr, cap;
};

/**
 * struct space - one space while it is judged.
 * @all: busy and free pieces; sorted by address once both lists were walked
 * @busy_nodes, @free_nodes: addresses of their rb_nodes, in the order of the lists
 */
struct space {
	struct check_ctx *c;
	struct vmap_space s;
	gva_t addr;
	const char *name;
	struct pieces all;
	struct vec busy_nodes, free_nodes;
	uint64_t nr_pages, lazy_pages;
	bool building; /* some area is being built or taken down */
};

static void piece_add(struct pieces *p, struct piece x)
{
	if (p->nr == p->cap) {
		struct piece *more;

		p->cap = p->cap ? p->cap * 2 : 64;
		more = reallocarray(p->at, p->cap, sizeof(*more));
		if (!more) {
			fprintf(stderr, "out of memory while checking\n");
			abort();
		}
		p->at = more;
	}
	p->at[p->nr++] = x;
}

static int piece_order(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* ---- lists ---- */

static bool kind_fits(const struct piece *p)
{
	if (p->kind == FREE)
		return !p->vm && !p->flags;
	return p->flags & VMAP_RAM ? !p->vm : p->vm != 0;
}

static void check_piece(struct space *k, const struct piece *p, gva_t last)
{
	struct check_fault *f;

	if (p->start < p->end && !((p->start | p->end) % MMV_PAGE_SIZE) && p->start >= k->s.start &&
	    p->end <= k->s.end && p->start >= last && kind_fits(p))
		return;
	f = check_fault(k->c, R_VM_SORTED, CHECK_NO_PFN, p->addr, "%s, %s piece", k->name, kind_names[p->kind]);
	check_got(f, "%#lx..%#lx, flags %#x%s", p->start, p->end, p->flags,
		  kind_fits(p) ? "" : ", vm pointer of the other kind");
	check_want(f, "whole pages from %#lx on, inside %#lx..%#lx", last, k->s.start, k->s.end);
}

/* Return: length of the list as far as it could be walked; false in @whole if that is not all. */
static uint64_t walk_list(struct space *k, enum kind kind, bool *whole)
{
	gva_t head = k->addr + kind_lists[kind], prev = head, first;
	bool sorted = kind == FREE || kind == BUSY;
	uint64_t n = 0, last = k->s.start;
	struct list_head list;
	const char *wrong = NULL;
	struct vmap_area va;
	struct check_fault *f;

	memcpy(&list, (const char *)&k->s + kind_lists[kind], sizeof(list));
	first = list.next.va;
	for (gva_t at = first; at != head; at = va.list.next.va, n++) {
		gva_t addr = at - offsetof(struct vmap_area, list);
		struct piece p;

		if (view_read(k->c->v, addr, &va, sizeof(va)))
			wrong = "a link to nowhere";
		else if (va.list.prev.va != prev)
			wrong = "a node whose prev is not its predecessor";
		else if (n == MAX_PIECES)
			wrong = "no end";
		if (wrong)
			break;
		p = (struct piece){va.va_start, va.va_end, addr, va.vm.va, va.block.va, kind, va.flags};
		check_piece(k, &p, last);
		piece_add(&k->all, p);
		if (sorted) {
			vec_add(kind == BUSY ? &k->busy_nodes : &k->free_nodes,
				addr + offsetof(struct vmap_area, node));
			last = p.end > last ? p.end : last;
		}
		prev = at;
	}
	if (!wrong && list.prev.va != prev)
		wrong = "a last node that is not the end of the walk";
	*whole = !wrong;
	if (wrong) {
		f = check_fault(k->c, R_VM_LINKED, CHECK_NO_PFN, prev, "%s, %s list, after %lu pieces", k->name,
				kind_names[kind], n);
		check_got(f, "%s", wrong);
		check_want(f, "links that agree both ways");
	}
	return n;
}

static void check_length(struct space *k, const char *what, uint64_t got, uint64_t want)
{
	struct check_fault *f;

	if (got == want)
		return;
	f = check_fault(k->c, R_VM_COUNT, CHECK_NO_PFN, k->addr, "%s", k->name);
	check_got(f, "%s %lu", what, got);
	check_want(f, "%lu", want);
}

/* Pieces sorted by address: no gap, no overlap, no two free ones that touch. */
static void check_cover(struct space *k)
{
	gva_t pos = k->s.start;
	struct check_fault *f;

	for (size_t i = 0; i <= k->all.nr; i++) {
		const struct piece *p = i < k->all.nr ? &k->all.at[i] : NULL, *before = i ? &k->all.at[i - 1] : NULL;
		gva_t start = p ? p->start : k->s.end;

		if (start != pos) {
			f = check_fault(k->c, R_VM_COVER, CHECK_NO_PFN, p ? p->addr : k->addr, "%s", k->name);
			check_got(f, "%s %#lx..%#lx", start > pos ? "nothing at" : "an overlap at",
				  start > pos ? pos : start, start > pos ? start : pos);
			check_want(f, "every address in one piece");
		}
		if (p && before && p->kind == FREE && before->kind == FREE && p->start == before->end) {
			f = check_fault(k->c, R_VM_MERGED, CHECK_NO_PFN, p->addr, "%s, free piece %#lx..%#lx", k->name,
					p->start, p->end);
			check_got(f, "the free piece before it ends where it begins");
			check_want(f, "one piece from %#lx", before->start);
		}
		if (p && p->end > pos)
			pos = p->end;
	}
}

/* ---- areas ---- */

size_t leaf_from(const struct leaves *l, gva_t va)
{
	size_t lo = 0, hi = l->nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (l->at[mid].va + l->at[mid].size <= va)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void check_owner_of(struct space *k, const struct vm_struct *vm, uint64_t pfn, gva_t va)
{
	struct check_ctx *c = k->c;
	struct check_fault *f;
	struct page head;

	if (frame_state(c, pfn, &head) == PAGE_USED && (!(vm->flags & VM_ALLOC) || head.owner == OWNER_VMALLOC))
		return;
	/* vmap() may show reserved pages: the kernel's own, or a device's buffer */
	if (!(vm->flags & VM_ALLOC) && page_ram(c, pfn) && page_reserved(c, pfn))
		return;
	f = check_fault(c, R_VM_PAGES, pfn, va, "%s, area at %#lx", k->name, vm->addr);
	check_got(f, head.state == PAGE_USED ? "a page owned by %s" : "a page that is not allocated%s",
		  head.state == PAGE_USED ? owner_name(head.owner) : "");
	check_want(f, "an allocated page%s", vm->flags & VM_ALLOC ? ", owned by vmalloc" : "");
}

/* Page @i of an area: what pages[] says, and what is mapped. */
static void check_one_page(struct space *k, const struct vm_struct *vm, uint64_t i, gva_t page, struct vec *own)
{
	gva_t va = vm->addr + i * MMV_PAGE_SIZE;
	const struct leaves *l = &k->c->vm_leaves;
	size_t at = leaf_from(l, va);
	struct check_fault *f;
	uint64_t pfn;

	if (view_pfn_of(page, &pfn)) {
		f = check_fault(k->c, R_VM_PAGES, CHECK_NO_PFN, vm->pages.va + i * 8, "%s, area at %#lx, page %lu",
				k->name, vm->addr, i);
		check_got(f, "%#lx", page);
		check_want(f, "the address of a struct page");
		return;
	}
	check_owner_of(k, vm, pfn, va);
	if (vm->flags & VM_ALLOC)
		vec_add(own, pfn);
	if (at < l->nr && l->at[at].va <= va && l->at[at].gpa + (va - l->at[at].va) == pfn << MMV_PAGE_SHIFT)
		return;
	f = check_fault(k->c, R_VM_MAPPED, pfn, va, "%s, area at %#lx, page %lu", k->name, vm->addr, i);
	if (at < l->nr && l->at[at].va <= va)
		check_got(f, "pfn %#lx mapped", (l->at[at].gpa + (va - l->at[at].va)) >> MMV_PAGE_SHIFT);
	else
		check_got(f, "nothing mapped");
	check_want(f, "pfn %#lx", pfn);
}

static void check_area_pages(struct space *k, const struct vm_struct *vm, struct vec *own)
{
	gva_t batch[512];

	for (uint64_t i = 0; i < vm->nr_pages; i += 512) {
		uint64_t n = vm->nr_pages - i < 512 ? vm->nr_pages - i : 512;
		struct check_fault *f;

		if (view_read(k->c->v, vm->pages.va + i * 8, batch, n * 8)) {
			f = check_fault(k->c, R_VM_AREA, CHECK_NO_PFN, vm->pages.va, "%s, area at %#lx", k->name,
					vm->addr);
			check_got(f, "its array of pages ends at %lu of %lu", i, vm->nr_pages);
			check_want(f, "one entry for each page");
			return;
		}
		for (uint64_t j = 0; j < n; j++)
			check_one_page(k, vm, i + j, batch[j], own);
	}
}

/* Pages that a freed area still has. */
static void add_lazy_pages(struct check_ctx *c, const struct vm_struct *vm, struct vec *own)
{
	for (uint64_t i = 0; i < vm->nr_pages; i++) {
		uint64_t page, pfn;

		if (view_read(c->v, vm->pages.va + i * 8, &page, sizeof(page)) || view_pfn_of(page, &pfn))
			return;
		vec_add(own, pfn);
	}
}

static void check_guard(struct space *k, const struct vm_struct *vm, const struct piece *p)
{
	const struct leaves *l = &k->c->vm_leaves;
	gva_t guard = p->end - MMV_PAGE_SIZE;
	size_t at = leaf_from(l, guard);
	struct check_fault *f;

	if (vm->flags & VM_NO_GUARD || at == l->nr || l->at[at].va >= p->end)
		return;
	f = check_fault(k->c, R_VM_GUARD, l->at[at].gpa >> MMV_PAGE_SHIFT, guard, "%s, area at %#lx", k->name,
			vm->addr);
	check_got(f, "pfn %#lx mapped", l->at[at].gpa >> MMV_PAGE_SHIFT);
	check_want(f, "nothing");
}

/* What vmalloc() and vmap() made has pages for its whole size, addresses without pages have none. */
static bool count_fits(const struct vm_struct *vm, uint64_t room)
{
	if (vm->flags & VM_ALLOC || (vm->flags & VM_MAP && vm->pages.va))
		return vm->nr_pages == room;
	return vm->nr_pages <= room && (vm->pages.va || !vm->nr_pages);
}

static void check_area(struct space *k, const struct piece *p, struct vec *own)
{
	struct check_ctx *c = k->c;
	uint64_t guard, room;
	struct vm_struct vm;
	struct check_fault *f;

	if (view_read(c->v, p->vm, &vm, sizeof(vm))) {
		f = check_fault(c, R_VM_AREA, CHECK_NO_PFN, p->addr, "%s, area at %#lx", k->name, p->start);
		check_got(f, "vm %#lx, which is nowhere", p->vm);
		check_want(f, "struct vm_struct");
		return;
	}
	if (vm.flags & VM_ALLOC)
		k->nr_pages += vm.nr_pages;
	if (vm.flags & VM_UNINITIALIZED) {
		k->building = true;
		check_flux(c, R_VM_AREA, R_VM_GUARD);
		return;
	}
	guard = vm.flags & VM_NO_GUARD ? 0 : MMV_PAGE_SIZE;
	room = vm.size > guard ? (vm.size - guard) / MMV_PAGE_SIZE : 0;
	if (vm.addr != p->start || vm.size != p->end - p->start || !count_fits(&vm, room) || vm.nr_pages > c->max_pfn) {
		f = check_fault(c, R_VM_AREA, CHECK_NO_PFN, p->vm, "%s, area at %#lx", k->name, p->start);
		check_got(f, "address %#lx, %#lx bytes, %lu pages", vm.addr, vm.size, vm.nr_pages);
		check_want(f, "address %#lx, %#lx bytes, pages for all but the guard", p->start, p->end - p->start);
		/* What cannot be trusted for its length is not walked. */
		if (vm.nr_pages > (p->end - p->start) / MMV_PAGE_SIZE || vm.nr_pages > c->max_pfn)
			return;
	}
	vm.addr = p->start;
	check_area_pages(k, &vm, own);
	check_guard(k, &vm, p);
	if (vm.flags & VM_IOREMAP)
		check_device(k->c, k->name, &vm);
}

/* Freed, not flushed: its pages are still owned, and nothing is mapped there unless that is left to the purge. */
static void check_lazy(struct space *k, const struct piece *p, struct vec *own)
{
	const struct leaves *l = &k->c->vm_leaves;
	size_t at = leaf_from(l, p->start);
	struct vm_struct vm = {0};
	struct check_fault *f;

	k->lazy_pages += (p->end - p->start) / MMV_PAGE_SIZE;
	if (p->vm && !view_read(k->c->v, p->vm, &vm, sizeof(vm)) && vm.flags & VM_ALLOC &&
	    vm.nr_pages <= (p->end - p->start) / MMV_PAGE_SIZE)
		add_lazy_pages(k->c, &vm, own);
	if (p->kind == PURGING || !(p->flags & (VMAP_QUEUED | VMAP_UNMAPPED))) {
		k->building = true;
		check_flux(k->c, R_VM_LAZY, R_VM_LAZY);
		return;
	}
	if (!(p->flags & VMAP_UNMAPPED) || at == l->nr || l->at[at].va >= p->end)
		return;
	f = check_fault(k->c, R_VM_LAZY, l->at[at].gpa >> MMV_PAGE_SHIFT, l->at[at].va, "%s, lazy piece %#lx..%#lx",
			k->name, p->start, p->end);
	check_got(f, "pfn %#lx mapped", l->at[at].gpa >> MMV_PAGE_SHIFT);
	check_want(f, "nothing: it says that it is unmapped");
}

static bool may_be_mapped(const struct piece *p)
{
	return p->kind == BUSY || (p->kind != FREE && !(p->flags & VMAP_UNMAPPED));
}

/* Everything mapped in the space lies in a busy piece, or in one that waits for being unmapped. */
static void check_outside(struct space *k)
{
	const struct leaves *l = &k->c->vm_leaves;
	struct check_fault *f;
	size_t i = 0;

	for (size_t at = leaf_from(l, k->s.start); at < l->nr && l->at[at].va < k->s.end; at++) {
		gva_t va = l->at[at].va, end = va + l->at[at].size;

		while (i < k->all.nr && (!may_be_mapped(&k->all.at[i]) || k->all.at[i].end <= va))
			i++;
		if (i < k->all.nr && k->all.at[i].start <= va && end <= k->all.at[i].end)
			continue;
		f = check_fault(k->c, R_VM_OUTSIDE, l->at[at].gpa >> MMV_PAGE_SHIFT, va, "%s", k->name);
		check_got(f, "%#lx bytes mapped at %#lx", l->at[at].size, va);
		check_want(f, "nothing outside busy areas");
	}
}

/* ---- one space ---- */

/* What vmap() and vm_map_ram() show may be mapped elsewhere too; what ioremap() shows need not be memory. */
static void mark_leaves(struct space *k, const struct piece *p)
{
	struct leaves *l = &k->c->vm_leaves;
	struct vm_struct vm = {0};

	if (p->vm && view_read(k->c->v, p->vm, &vm, sizeof(vm)))
		return;
	for (size_t i = leaf_from(l, p->start); i < l->nr && l->at[i].va < p->end; i++) {
		l->at[i].shared = !(vm.flags & VM_ALLOC);
		if (!l->at[i].memory && !(vm.flags & VM_IOREMAP))
			leaf_fault(k->c, R_PT_LEAF, &l->at[i], "an address without memory",
				   "RAM or the blob: this is no device area");
	}
}

static void check_pieces(struct space *k, struct vec *own)
{
	for (size_t i = 0; i < k->all.nr; i++) {
		const struct piece *p = &k->all.at[i];

		mark_leaves(k, p);
		if (p->kind == BUSY && p->flags & VMAP_RAM)
			check_ram_piece(k->c, p->start, p->end, p->flags & VMAP_BLOCK ? p->block : 0, p->addr);
		else if (p->kind == BUSY)
			check_area(k, p, own);
		else if (p->kind != FREE)
			check_lazy(k, p, own);
	}
}

static void check_space(struct space *k, struct vec *own)
{
	bool whole[4], all = true;
	uint64_t nr[4];

	check_ran_all(k->c, R_VM_LINKED, R_VM_PAGES);
	for (enum kind kind = FREE; kind <= PURGING; kind++) {
		nr[kind] = walk_list(k, kind, &whole[kind]);
		all = all && whole[kind];
	}
	if (k->all.nr)
		qsort(k->all.at, k->all.nr, sizeof(*k->all.at), piece_order);
	if (whole[BUSY]) {
		check_length(k, "nr_busy", k->s.nr_busy, nr[BUSY]);
		check_vm_tree(k->c, k->addr + offsetof(struct vmap_space, busy_root), &k->s.busy_root, &k->busy_nodes,
			      false, k->name);
	}
	if (whole[FREE]) {
		check_length(k, "nr_free", k->s.nr_free, nr[FREE]);
		check_vm_tree(k->c, k->addr + offsetof(struct vmap_space, free_root), &k->s.free_root, &k->free_nodes,
			      true, k->name);
	}
	if (all)
		check_cover(k);
	check_pieces(k, own);
	if (whole[BUSY])
		check_length(k, "nr_pages", k->s.nr_pages, k->nr_pages);
	if (whole[LAZY] && whole[PURGING]) {
		check_length(k, "nr_lazy", k->s.nr_lazy, nr[LAZY] + nr[PURGING]);
		check_length(k, "lazy_pages", k->s.lazy_pages, k->lazy_pages);
	}
	if (all)
		check_outside(k);
	else
		k->c->vm_partial = true;
}

/* Return: false if some area was in flux, so that totals over all areas prove nothing. */
static bool load_space(struct check_ctx *c, gva_t addr, const char *name, struct vec *own, struct space *k)
{
	struct check_fault *f;
	char what[32];

	*k = (struct space){.c = c, .addr = addr, .name = name};
	if (view_read(c->v, addr, &k->s, sizeof(k->s))) {
		f = check_fault(c, R_VM_LINKED, CHECK_NO_PFN, addr, "%s", name);
		check_got(f, "a pointer to nowhere");
		check_want(f, "struct vmap_space");
		c->vm_partial = true;
		return false;
	}
	snprintf(what, sizeof(what), "%s space", name);
	if (!check_lock(c, &k->s.lock, addr, what)) {
		check_flux(c, R_VM_LINKED, R_VM_PAGES);
		c->vm_partial = true;
		return false;
	}
	check_space(k, own);
	return !k->building;
}

/* ---- all areas together ---- */

static void check_own(struct check_ctx *c, struct vec *own, bool at_rest)
{
	struct check_fault *f;

	vec_sort(own);
	for (size_t i = 1; i < own->nr; i++) {
		if (own->at[i] != own->at[i - 1])
			continue;
		f = check_fault(c, R_VM_PAGES, own->at[i], view_page_addr(own->at[i]), "page of a vmalloc area");
		check_got(f, "in two areas, or twice in one");
		check_want(f, "one place");
	}
	if (!at_rest || c->any_flux) {
		check_flux(c, R_VM_OWNED, R_VM_OWNED);
		return;
	}
	check_ran(c, R_VM_OWNED);
	for (size_t i = 0; i < c->vm_pages.nr; i++) {
		if (vec_find(own, c->vm_pages.at[i]) >= 0)
			continue;
		if (c->busy) {
			check_flux(c, R_VM_OWNED, R_VM_OWNED);
			continue;
		}
		f = check_fault(c, R_VM_OWNED, c->vm_pages.at[i], view_page_addr(c->vm_pages.at[i]),
				"page owned by vmalloc");
		check_got(f, "in no area");
		check_want(f, "in one");
	}
}

/* ---- modules ---- */

static bool in_busy(const struct space *k, gva_t addr, uint64_t size)
{
	for (size_t i = 0; i < k->all.nr; i++)
		if (k->all.at[i].kind == BUSY && addr >= k->all.at[i].start && addr < k->all.at[i].end)
			return size <= k->all.at[i].end - addr;
	return false;
}

static void check_module(struct check_ctx *c, const struct space *space, gva_t addr, const struct mm_module *mod)
{
	const uint64_t max = sizeof(mod->sections) / sizeof(mod->sections[0]);
	struct check_fault *f;

	if (mod->nr_sections > max) {
		f = check_fault(c, R_MODULE_SECTIONS, CHECK_NO_PFN, addr, "module %.55s", mod->name);
		check_got(f, "%lu sections", mod->nr_sections);
		check_want(f, "at most %lu", max);
		return;
	}
	for (uint64_t i = 0; i < mod->nr_sections; i++) {
		const struct mm_module_section *s = &mod->sections[i];

		if (!s->addr || in_busy(space, s->addr, s->size))
			continue;
		f = check_fault(c, R_MODULE_SECTIONS, CHECK_NO_PFN, s->addr, "module %.50s, section %u", mod->name,
				s->index);
		check_got(f, "%#lx bytes at %#lx", s->size, s->addr);
		check_want(f, "inside one busy area of module space");
	}
}

static void check_modules(struct check_ctx *c, const struct space *space)
{
	gva_t head = view_root_addr(c->v) + offsetof(struct mm_root, modules);
	struct mm_module mod;
	unsigned int n = 0;

	check_ran(c, R_MODULE_SECTIONS);
	for (gva_t at = c->root->modules.next.va; at != head; at = mod.list.next.va) {
		gva_t addr = at - offsetof(struct mm_module, list);
		struct check_fault *f;

		if (n++ < MAX_MODULES && !view_read(c->v, addr, &mod, sizeof(mod))) {
			check_module(c, space, addr, &mod);
			continue;
		}
		f = check_fault(c, R_MODULE_SECTIONS, CHECK_NO_PFN, at, "list of modules");
		check_got(f, n > MAX_MODULES ? "no end" : "a link to nowhere");
		check_want(f, "a closed list");
		return;
	}
}

static void free_space(struct space *k)
{
	free(k->all.at);
	vec_free(&k->busy_nodes);
	vec_free(&k->free_nodes);
}

void check_vmalloc(struct check_ctx *c)
{
	struct space vmalloc, module;
	struct vec own = {0};
	bool at_rest;

	c->vm_partial = false;
	at_rest = load_space(c, c->root->vmalloc.va, "vmalloc", &own, &vmalloc);
	at_rest = load_space(c, c->root->module_space.va, "module space", &own, &module) && at_rest;
	check_own(c, &own, at_rest);
	check_vm_blocks(c);
	check_mapped_once(c);
	if (module.all.nr)
		check_modules(c, &module);
	free_space(&vmalloc);
	free_space(&module);
	vec_free(&own);
}
