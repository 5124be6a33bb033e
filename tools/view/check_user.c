// SPDX-License-Identifier: MIT
/*
 * check_user.c - user address spaces: their list, areas, page tables and counters.
 *
 * Every entry that leads to a page or a slot is kept for check_anon.c and check_swap.c, with the area that it lies in. An address
 * space whose page tables are being changed is left alone, and then so is everything that adds up over all of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/view/check_user.h"

#define PTE_ADDR 0x000ffffffffff000ULL
#define ENTRIES 512
#define KERNEL_ENTRY 256
#define MAX_SPACES 4096
#define MAX_DEPTH 48
#define MAX_AREAS 65536
/* Of a struct rw_semaphore: how it is held lies behind its lock. */
#define RWSEM_COUNT 16

/** struct space - one address space, while it is looked at */
struct space {
	struct check_ctx *c;
	struct page_set *tables;
	gva_t addr;
	struct mm_struct mm;
	struct user_area *areas;
	size_t nr_areas, cap_areas, last_area;
	uint64_t nr_tables;
	int64_t rss[NR_MM_COUNTERS];
	char name[40];
};

static void *more(void *at, size_t *cap, size_t size)
{
	*cap = *cap ? *cap * 2 : 64;
	at = reallocarray(at, *cap, size);
	if (!at) {
		fprintf(stderr, "out of memory while checking\n");
		abort();
	}
	return at;
}

static struct check_fault *fault(struct space *s, enum rule rule, gva_t at)
{
	return check_fault(s->c, rule, CHECK_NO_PFN, at, "%s", s->name);
}

static void unlike(struct space *s, enum rule rule, gva_t at, const char *what, int64_t got, int64_t want)
{
	struct check_fault *f;

	if (got == want)
		return;
	f = fault(s, rule, at);
	check_got(f, "%s %ld", what, got);
	check_want(f, "%ld", want);
}

/* ---- areas ---- */

static void check_one_area(struct space *s, const struct user_area *a, uint64_t end_before)
{
	const struct vm_area_struct *v = &a->vma;
	struct check_fault *f;

	if (!((v->vm_start | v->vm_end) & (MMV_PAGE_SIZE - 1)) && v->vm_start < v->vm_end &&
	    v->vm_end <= (1UL << 47) - MMV_PAGE_SIZE && v->vm_start >= end_before && v->vm_mm.va == s->addr)
		return;
	f = fault(s, R_MM_AREAS, a->addr);
	check_got(f, "area %#lx..%#lx behind one that ends at %#lx", v->vm_start, v->vm_end, end_before);
	check_want(f, "an area of this address space, page aligned, in ascending order, apart from the others");
}

static void keep_area(struct space *s, gva_t node, const struct vm_area_struct *vma)
{
	if (s->nr_areas == s->cap_areas)
		s->areas = more(s->areas, &s->cap_areas, sizeof(*s->areas));
	s->areas[s->nr_areas++] =
		(struct user_area){.addr = node - offsetof(struct vm_area_struct, vm_rb), .vma = *vma};
}

/* One side of the tree, in order: bounded in depth, and by the number of areas that there should be. */
static bool walk_areas(struct space *s, gva_t node, gva_t parent, unsigned int depth)
{
	struct vm_area_struct vma;

	if (!node)
		return true;
	if (depth == MAX_DEPTH || s->nr_areas > s->mm.map_count || s->nr_areas > MAX_AREAS ||
	    view_read(s->c->v, node - offsetof(struct vm_area_struct, vm_rb), &vma, sizeof(vma)) ||
	    (vma.vm_rb.parent_color & ~3UL) != parent || !walk_areas(s, vma.vm_rb.left.va, node, depth + 1))
		return false;
	keep_area(s, node, &vma);
	return walk_areas(s, vma.vm_rb.right.va, node, depth + 1);
}

static void check_areas(struct space *s)
{
	uint64_t end = 0, total = 0, locked = 0;

	if (!walk_areas(s, s->mm.areas.node.va, 0, 0)) {
		struct check_fault *f = fault(s, R_MM_AREAS, s->mm.areas.node.va);

		check_got(f, "a tree that leads astray after %zu areas", s->nr_areas);
		check_want(f, "%lu areas", s->mm.map_count);
		return;
	}
	for (size_t i = 0; i < s->nr_areas; i++) {
		const struct vm_area_struct *v = &s->areas[i].vma;
		uint64_t pages = (v->vm_end - v->vm_start) >> MMV_PAGE_SHIFT;

		check_one_area(s, &s->areas[i], end);
		end = v->vm_end;
		total += pages;
		locked += v->vm_flags & VM_LOCKED ? pages : 0;
	}
	unlike(s, R_MM_AREAS, s->addr, "map_count", (int64_t)s->mm.map_count, (int64_t)s->nr_areas);
	unlike(s, R_MM_AREAS, s->addr, "total_vm", (int64_t)s->mm.total_vm, (int64_t)total);
	unlike(s, R_MM_AREAS, s->addr, "locked_vm", (int64_t)s->mm.locked_vm, (int64_t)locked);
}

static bool is_in(const struct space *s, size_t i, gva_t va)
{
	return i < s->nr_areas && va >= s->areas[i].vma.vm_start && va < s->areas[i].vma.vm_end;
}

/* The one of the entry before, mostly. (In a damaged tree they need not be in order.) */
static const struct user_area *area_at(struct space *s, gva_t va)
{
	if (is_in(s, s->last_area, va))
		return &s->areas[s->last_area];
	for (size_t i = 0; i < s->nr_areas; i++) {
		if (!is_in(s, i, va))
			continue;
		s->last_area = i;
		return &s->areas[i];
	}
	return NULL;
}

/* ---- page tables ---- */

static void entry_fault(struct space *s, enum rule rule, gva_t va, uint64_t entry, const char *got, const char *want)
{
	struct check_fault *f =
		check_fault(s->c, rule, (entry & PTE_ADDR) >> MMV_PAGE_SHIFT, va, "%s, entry %#lx", s->name, entry);

	check_got(f, "%s", got);
	check_want(f, "%s", want);
}

static void keep_map(struct space *s, gva_t va, uint64_t entry, const struct user_area *area)
{
	struct user_maps *m = &s->c->user_maps;

	if (m->nr == m->cap)
		m->at = more(m->at, &m->cap, sizeof(*m->at));
	m->at[m->nr++] = (struct user_map){.pfn = (entry & PTE_ADDR) >> MMV_PAGE_SHIFT,
					   .va = va,
					   .entry = entry,
					   .mm = s->addr,
					   .area = area->addr,
					   .vma = area->vma};
}

static void check_present(struct space *s, gva_t va, uint64_t entry, const struct user_area *area)
{
	uint64_t pfn = (entry & PTE_ADDR) >> MMV_PAGE_SHIFT;
	struct page head;

	s->rss[MM_ANONPAGES]++;
	if (!(entry & VIEW_PTE_USER) || !(entry & VIEW_PTE_NX) || entry & (VIEW_PTE_GLOBAL | VIEW_PTE_HUGE))
		entry_fault(s, R_MM_INSIDE, va, entry, "rights or size that no user page has",
			    "user, not executable, 4 KiB");
	if (entry & VIEW_PTE_WRITE && !(area->vma.vm_flags & VM_WRITE))
		entry_fault(s, R_MM_INSIDE, va, entry, "writable", "the rights of its area, which is read-only");
	if (!page_ram(s->c, pfn) || frame_state(s->c, pfn, &head) != PAGE_USED || head.owner != OWNER_ANON) {
		entry_fault(s, R_MM_INSIDE, va, entry, "a page that is none of user memory", "an anonymous page");
		return;
	}
	keep_map(s, va, entry, area);
}

static void check_entry(struct space *s, gva_t va, uint64_t entry)
{
	const struct user_area *area = area_at(s, va);
	uint64_t type = entry >> PTE_SWAP_TYPE_SHIFT & PTE_SWAP_TYPE_MASK;

	if (!area) {
		entry_fault(s, R_MM_INSIDE, va, entry, "an entry outside of all areas", "none");
		return;
	}
	if (entry & VIEW_PTE_PRESENT) {
		check_present(s, va, entry, area);
	} else if (!(entry & PTE_SWAP_ENTRY)) {
		entry_fault(s, R_MM_INSIDE, va, entry, "neither present nor a swap entry", "one of them");
	} else if (type >= SWP_MIGRATION_READ) {
		s->rss[MM_ANONPAGES]++;
		s->c->user_moving++;
	} else {
		s->rss[MM_SWAPENTS]++;
		vec_add(&s->c->swap_refs, type << 56 | entry >> PTE_SWAP_OFFSET_SHIFT);
	}
}

/* A table of @level, which covers addresses from @va on. */
static void walk_table(struct space *s, gpa_t gpa, gva_t va, unsigned int level)
{
	const volatile uint64_t *table = table_enter(s->c, s->tables, gpa, va, level);
	unsigned int end = level == 4 ? KERNEL_ENTRY : ENTRIES, used = 0;
	uint64_t step = 1ULL << (12 + 9 * (level - 1));

	if (!table)
		return;
	for (unsigned int i = 0; i < end; i++, va += step) {
		uint64_t e = table[i];

		used += e != 0;
		if (e && level == 1)
			check_entry(s, va, e);
		else if (e & VIEW_PTE_PRESENT && !(e & VIEW_PTE_HUGE))
			walk_table(s, e & PTE_ADDR, va, level - 1);
		else if (e)
			entry_fault(s, R_MM_INSIDE, va, e, "neither a table nor empty", "one of them");
	}
	if (level < 4) {
		s->nr_tables++;
		table_leave(s->c, gpa >> MMV_PAGE_SHIFT, va - ENTRIES * step, level, used);
	}
}

static void check_kernel_half(struct space *s)
{
	const volatile uint64_t *mine = view_phys(s->c->v, s->mm.pgd, MMV_PAGE_SIZE);
	const volatile uint64_t *kernel = view_phys(s->c->v, view_cr3(s->c->v), MMV_PAGE_SIZE);

	for (unsigned int i = KERNEL_ENTRY; mine && kernel && i < ENTRIES; i++) {
		struct check_fault *f;

		if ((mine[i] | VIEW_PTE_ACCESSED) == (kernel[i] | VIEW_PTE_ACCESSED))
			continue;
		f = fault(s, R_MM_KERNEL_HALF, s->mm.pgd + i * sizeof(uint64_t));
		check_got(f, "entry %u of its top table is %#lx", i, mine[i]);
		check_want(f, "the kernel's, %#lx", kernel[i]);
	}
}

/* ---- one address space ---- */

/* Is it at rest? Somebody who changes areas holds the lock alone; nothing shows when he is between two steps. */
static bool at_rest(struct space *s)
{
	int32_t held;

	memcpy(&held, (const char *)s->mm.mmap_lock + RWSEM_COUNT, sizeof(held));
	return check_lock(s->c, &s->mm.page_table_lock, s->addr + offsetof(struct mm_struct, page_table_lock),
			  "page tables") &&
	       !(s->c->busy && held < 0);
}

static void check_space(struct space *s)
{
	struct check_ctx *c = s->c;

	snprintf(s->name, sizeof(s->name), "address space %#lx", s->addr);
	if (!at_rest(s)) {
		check_flux(c, R_MM_AREAS, R_MM_RSS);
		c->users_flux = true;
		return;
	}
	check_areas(s);
	if (s->mm.pgd % MMV_PAGE_SIZE) {
		struct check_fault *f = fault(s, R_MM_KERNEL_HALF, s->addr + offsetof(struct mm_struct, pgd));

		check_got(f, "a top table at %#lx", s->mm.pgd);
		check_want(f, "one that is a page");
		c->users_flux = true;
		return;
	}
	walk_table(s, s->mm.pgd, 0, 4);
	check_kernel_half(s);
	unlike(s, R_MM_RSS, s->addr, "MM_ANONPAGES", s->mm.rss[MM_ANONPAGES], s->rss[MM_ANONPAGES]);
	unlike(s, R_MM_RSS, s->addr, "MM_SWAPENTS", s->mm.rss[MM_SWAPENTS], s->rss[MM_SWAPENTS]);
	unlike(s, R_MM_RSS, s->addr, "MM_FILEPAGES", s->mm.rss[MM_FILEPAGES], 0);
	unlike(s, R_MM_RSS, s->addr, "MM_SHMEMPAGES", s->mm.rss[MM_SHMEMPAGES], 0);
	unlike(s, R_MM_RSS, s->addr, "tables", (int64_t)s->mm.tables, (int64_t)s->nr_tables);
	if (s->mm.mm_users < 0 || s->mm.mm_count < (s->mm.mm_users ? 1 : 0)) {
		struct check_fault *f = fault(s, R_MM_LIST, s->addr);

		check_got(f, "%d users, %d references", s->mm.mm_users, s->mm.mm_count);
		check_want(f, "none below 0, and a reference for all users");
	}
}

/* CPUs that have it loaded are those that run a thread of it. A CPU between two threads says nothing. */
static void check_cpus(struct check_ctx *c, gva_t addr, const struct mm_struct *mm)
{
	for (uint32_t cpu = 0; cpu < c->root->nr_cpus && cpu < MMV_NR_CPUS; cpu++) {
		struct task_struct task;
		struct check_fault *f;
		struct mm_cpu q;
		bool runs;

		if (view_read(c->v, c->root->cpus.va + cpu * sizeof(q), &q, sizeof(q)) || q.lock.seq & 1 ||
		    view_read(c->v, q.curr.va, &task, sizeof(task)))
			continue;
		runs = task.mm.va == addr;
		if (runs == (mm->cpus >> cpu & 1))
			continue;
		if (c->busy) {
			check_flux(c, R_MM_CPUS, R_MM_CPUS);
			continue;
		}
		f = check_fault(c, R_MM_CPUS, CHECK_NO_PFN, addr, "address space %#lx, CPU %u", addr, cpu);
		check_got(f, "cpus %#lx", mm->cpus);
		check_want(f, runs ? "that CPU's bit: it runs a thread of it" : "not that CPU's bit");
	}
}

static void list_fault(struct check_ctx *c, gva_t at, const char *got, uint64_t n)
{
	struct check_fault *f = check_fault(c, R_MM_LIST, CHECK_NO_PFN, at, "list of address spaces");

	check_got(f, "%s after %lu", got, n);
	check_want(f, "%lu of them", c->root->nr_mms);
}

static void check_listed(struct check_ctx *c, struct page_set *tables)
{
	gva_t head = view_root_addr(c->v) + offsetof(struct mm_root, mms), prev = head;
	gva_t node = c->root->mms.next.va;
	uint64_t n = 0;

	for (; node != head; n++) {
		struct space s = {.c = c, .tables = tables, .addr = node};

		if (n > c->root->nr_mms || n == MAX_SPACES || view_read(c->v, node, &s.mm, sizeof(s.mm)) ||
		    s.mm.mmlist.prev.va != prev) {
			list_fault(c, node, "a link that leads astray", n);
			c->users_flux = true;
			return;
		}
		check_space(&s);
		check_cpus(c, s.addr, &s.mm);
		free(s.areas);
		prev = node;
		node = s.mm.mmlist.next.va;
	}
	if (n != c->root->nr_mms || c->root->mms.prev.va != prev)
		list_fault(c, head, "the end", n);
}

void check_user_tables(struct check_ctx *c, struct page_set *tables)
{
	if (!c->root->mms.next.va)
		return;
	check_ran_all(c, R_MM_LIST, R_MM_RSS);
	if (!check_lock(c, &c->root->mm_list_lock, view_root_addr(c->v) + offsetof(struct mm_root, mm_list_lock),
			"address spaces")) {
		check_flux(c, R_MM_LIST, R_MM_RSS);
		c->users_flux = true;
		return;
	}
	check_listed(c, tables);
}
