// SPDX-License-Identifier: MIT
/*
 * test_mm_vmap.c - every other way to get addresses, on the host: vm_map_ram(), vmap(), get_vm_area(), vmap_pfn(), ioremap(), large
 * pages, vrealloc(), masks that cannot wait; the purge and who is asked to give something back.
 *
 * Random steps go against a model: for each thing held, its addresses, and the pages that must be behind them. Each inner
 * allocation of each call is refused once. See test_mm_page.c for seeds and steps.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/notifier.h>
#include <linux/vmalloc.h>

#include "guest/mm/vmalloc.h"
#include "tests/runner.h"
#include "tests/unit/pc.h"

/* Between the two pieces, and in a file that is as long as RAM: a device's memory that can be read here too. */
#define DEVICE MiB(512)

static const struct sim_range with_device[] = {
	{0, 0xa0000}, {0x100000, MiB(15)}, {MiB(16), MiB(48)}, {GiB(4), MiB(64)}, {0, 0},
};

enum { FOREIGN = 600 };
static struct page *foreign[FOREIGN]; /* pages that areas show but do not own */

static void start(void)
{
	sim_start(with_device, 2);
}

/* The first word of each foreign page is its number. */
static void get_foreign(void)
{
	for (unsigned long i = 0; i < FOREIGN; i++) {
		foreign[i] = alloc_page(GFP_KERNEL);
		ck_assert_ptr_nonnull(foreign[i]);
		*(unsigned long *)page_address(foreign[i]) = i;
	}
}

static void put_foreign(void)
{
	vm_unmap_aliases();
	for (unsigned long i = 0; i < FOREIGN; i++) {
		ck_assert_int_eq(page_count(foreign[i]), 1);
		ck_assert_uint_eq(*(unsigned long *)page_address(foreign[i]), i);
		__free_page(foreign[i]);
	}
}

/* ---- the model ---- */

enum kind { OWN, LARGE, MAPPED, GIVEN, SMALL, ROOM, DEVICES, FRAMES, NR_KINDS };

/**
 * struct held - one thing
 * @p, @nr: first page and number of pages; @p NULL: the slot is empty
 * @guard:  a page behind it that is nobody's
 * @first:  MAPPED, SMALL: number of the foreign page that is first
 */
struct held {
	enum kind kind;
	char *p;
	unsigned int nr, guard, first;
	struct vm_struct *room;
};

enum { SLOTS = 120 };
static struct held slots[SLOTS];

static void check_place(const struct held *h, unsigned long step)
{
	char *end = h->p + (h->nr + h->guard) * PAGE_SIZE;

	ck_assert_msg(is_vmalloc_addr(h->p) && PAGE_ALIGNED(h->p), "step %lu: kind %d at %p", step, h->kind, h->p);
	for (unsigned int i = 0; i < SLOTS; i++) {
		const struct held *o = &slots[i];

		if (o == h || !o->p)
			continue;
		ck_assert_msg(end <= o->p || o->p + (o->nr + o->guard) * PAGE_SIZE <= h->p,
			      "step %lu: kind %d at %p + %u and kind %d at %p + %u overlap", step, h->kind, h->p, h->nr,
			      o->kind, o->p, o->nr);
	}
}

/* What must be readable at page @i; and what the tables must say. */
static void check_page(const struct held *h, unsigned int i, unsigned long step)
{
	char *at = h->p + i * PAGE_SIZE;
	struct page *page = vmalloc_to_page(at);

	switch (h->kind) {
	case OWN:
	case LARGE:
	case GIVEN:
		ck_assert_msg(*(char **)at == at, "step %lu: %p of kind %d changed", step, at, h->kind);
		break;
	case MAPPED:
	case SMALL:
		ck_assert_msg(page == foreign[(h->first + i) % FOREIGN], "step %lu: %p shows another page", step, at);
		ck_assert_uint_eq(*(unsigned long *)at, (h->first + i) % FOREIGN);
		break;
	case ROOM:
		ck_assert_msg(!page, "step %lu: something is mapped at %p", step, at);
		break;
	case DEVICES:
	case FRAMES:
		ck_assert_uint_eq(page_to_phys(page), DEVICE + (uint64_t)(h->first + i) * PAGE_SIZE);
		break;
	default:
		ck_abort();
	}
}

static void check_held(const struct held *h, unsigned long step)
{
	for (unsigned int i = 0; i < h->nr; i++)
		check_page(h, i, step);
	if (h->guard)
		ck_assert_ptr_null(vmalloc_to_page(h->p + h->nr * PAGE_SIZE));
}

/* ---- taking ---- */

static void *map_given(unsigned int nr)
{
	struct page **given = kvmalloc_array(nr, sizeof(*given), GFP_KERNEL | __GFP_ZERO);
	unsigned long got = given ? alloc_pages_bulk_array(GFP_KERNEL, nr, given) : 0;
	void *p = got == nr ? vmap(given, nr, VM_MAP | VM_MAP_PUT_PAGES, PAGE_KERNEL) : NULL;

	if (p || !given)
		return p;
	free_pages_bulk_array(got, given);
	kvfree(given);
	return NULL;
}

static void *map_foreign(unsigned int first, unsigned int nr, bool small)
{
	struct page *pages[FOREIGN];

	for (unsigned int i = 0; i < nr; i++)
		pages[i] = foreign[(first + i) % FOREIGN];
	return small ? vm_map_ram(pages, nr, NUMA_NO_NODE) : vmap(pages, nr, VM_MAP, PAGE_KERNEL);
}

static void *map_frames(unsigned int first, unsigned int nr)
{
	unsigned long pfns[FOREIGN];

	for (unsigned int i = 0; i < nr; i++)
		pfns[i] = (DEVICE >> PAGE_SHIFT) + first + i;
	return vmap_pfn(pfns, nr, PAGE_KERNEL);
}

static void *take_kind(struct held *h)
{
	switch (h->kind) {
	case OWN:
		return __vmalloc(h->nr * PAGE_SIZE, sim_below(2) ? GFP_KERNEL : GFP_NOWAIT | __GFP_NOWARN);
	case LARGE:
		return vmalloc_huge(h->nr * PAGE_SIZE, GFP_KERNEL | __GFP_NOWARN);
	case MAPPED:
	case SMALL:
		return map_foreign(h->first, h->nr, h->kind == SMALL);
	case GIVEN:
		return map_given(h->nr);
	case ROOM:
		h->room = get_vm_area(h->nr * PAGE_SIZE, VM_MAP);
		return h->room ? (void *)h->room->addr : NULL;
	case DEVICES:
		return (void *)ioremap(DEVICE + (uint64_t)h->first * PAGE_SIZE, h->nr * PAGE_SIZE);
	default:
		return map_frames(h->first, h->nr);
	}
}

static void take(struct held *h, enum kind kind, unsigned long step)
{
	unsigned int most = kind == LARGE ? 1300 : kind == SMALL && sim_below(4) ? VMAP_MAX_ALLOC : 80;

	*h = (struct held){
		.kind = kind, .nr = 1 + sim_below(most), .guard = kind != SMALL, .first = sim_below(FOREIGN)};
	h->p = take_kind(h);
	if (!h->p)
		return;
	check_place(h, step);
	for (unsigned int i = 0; i < h->nr && (kind == OWN || kind == LARGE || kind == GIVEN); i++)
		*(char **)(h->p + i * PAGE_SIZE) = h->p + i * PAGE_SIZE;
	check_held(h, step);
}

/* ---- giving back ---- */

/* The description is ours, and so are the pages. */
static void remove_and_free(struct held *h)
{
	struct vm_struct *vm = remove_vm_area(h->p);

	ck_assert_ptr_nonnull(vm);
	ck_assert_uint_eq(vm->addr, (unsigned long)h->p);
	ck_assert(sim_faults(h->p));
	ck_assert_ptr_null(find_vm_area(h->p));
	if (h->kind == OWN) {
		ck_assert_uint_eq(vm->nr_pages, h->nr);
		for (unsigned int i = 0; i < h->nr; i++)
			__free_page(vm->pages[i]);
	}
	if (vm->pages != &vm->one)
		kvfree(vm->pages);
	kfree(vm);
}

static void give(struct held *h, unsigned long step)
{
	check_held(h, step);
	if ((h->kind == OWN || h->kind == ROOM) && !sim_below(4))
		remove_and_free(h);
	else if (h->kind == OWN && sim_below(2))
		vfree_atomic(h->p);
	else if (h->kind == SMALL)
		vm_unmap_ram(h->p, h->nr);
	else if (h->kind == MAPPED)
		vunmap(h->p);
	else if (h->kind == ROOM)
		free_vm_area(h->room);
	else if (h->kind == DEVICES)
		iounmap(h->p);
	else if (h->kind == FRAMES)
		vunmap(h->p);
	else
		vfree(h->p);
	h->p = NULL;
}

/* Another size; the contents of what is in both stay. */
static void resize(struct held *h, unsigned long step)
{
	unsigned int nr = 1 + sim_below(60), same = min(nr, h->nr);
	char *p = vrealloc(h->p, nr * PAGE_SIZE, GFP_KERNEL | __GFP_NOWARN), *old = h->p;

	if (!p)
		return;
	for (unsigned int i = 0; i < same; i++)
		ck_assert_msg(*(char **)(p + i * PAGE_SIZE) == old + i * PAGE_SIZE, "step %lu: vrealloc lost page %u",
			      step, i);
	h->p = p;
	/* It does not shrink: what it had it has. */
	h->nr = max(nr, h->nr);
	check_place(h, step);
	for (unsigned int i = 0; i < h->nr; i++)
		*(char **)(p + i * PAGE_SIZE) = p + i * PAGE_SIZE;
}

static void step_once(unsigned long step)
{
	struct held *h = &slots[sim_below(SLOTS)];

	sim_cpu = sim_below(2);
	if (!h->p)
		take(h, sim_below(40) ? sim_below(2) ? SMALL : sim_below(NR_KINDS) : LARGE, step);
	else if (h->kind == OWN && !sim_below(3))
		resize(h, step);
	else
		give(h, step);
	if (!sim_below(200))
		vm_unmap_aliases();
	if (step % 256 == 0)
		assert_valid();
}

/* Budgets for what may wait for the purge: none, so that each goes at once; a little; much. */
static const unsigned long budgets[] = {0, 300, 100000};

START_TEST(random_mappings_against_the_model)
{
	unsigned long steps = sim_steps(3000), before;

	start();
	before = usage();
	vmap_lazy_budget = budgets[_i];
	get_foreign();
	for (unsigned long step = 0; step < steps; step++)
		step_once(step);
	for (unsigned int i = 0; i < SLOTS; i++)
		if (slots[i].p)
			give(&slots[i], steps);
	put_foreign();
	mm_drain();
	ck_assert_uint_eq(usage(), before);
	ck_assert_uint_eq(sim_mapped_pages(), 0);
	ck_assert_uint_eq(mm_root.vmalloc->nr_free, 1);
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

/* ---- each inner allocation is refused once ---- */

/* Take and give back one thing of a kind. Return: was it there? */
static bool once(enum kind kind, unsigned int nr)
{
	struct held h = {.kind = kind, .nr = nr, .guard = kind != SMALL};

	h.p = take_kind(&h);
	if (h.p && kind == OWN)
		vfree(h.p);
	else if (h.p && kind == SMALL)
		vm_unmap_ram(h.p, nr);
	else if (h.p && kind == DEVICES)
		iounmap(h.p);
	else if (h.p && kind == ROOM)
		free_vm_area(h.room);
	else if (h.p && (kind == MAPPED || kind == FRAMES))
		vunmap(h.p);
	else
		vfree(h.p);
	return h.p;
}

static const struct {
	enum kind kind;
	unsigned int nr, least; /* so many refusals there are at least: description, addresses, ... */
} refused[] = {
	{MAPPED, 1, 2},  {MAPPED, 30, 3},  {MAPPED, 600, 4}, {SMALL, 1, 2},   {SMALL, VMAP_MAX_ALLOC, 2},
	{SMALL, 200, 1}, {GIVEN, 40, 4},   {ROOM, 3, 2},     {DEVICES, 4, 3}, {DEVICES, 600, 3},
	{FRAMES, 3, 2},  {LARGE, 1100, 4},
};

START_TEST(every_refusal_unwinds)
{
	enum kind kind = refused[_i].kind;
	unsigned long before;

	start();
	get_foreign();
	before = usage();
	for (long n = 0;; n++) {
		bool there;

		ck_assert_int_lt(n, 3000);
		sim_fail_at(n);
		there = once(kind, refused[_i].nr);
		sim_fail_at(-1);
		vm_unmap_aliases();
		ck_assert_uint_eq(sim_mapped_pages(), 0);
		ck_assert_uint_eq(sim_tables(), 0);
		ck_assert_msg(usage() == before, "kind %d leaks when call %ld is refused", kind, n);
		if (!sim_fail_hit()) {
			ck_assert(there);
			ck_assert_int_ge(n, refused[_i].least);
			break;
		}
	}
	put_foreign();
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

/* In an interrupt nothing may wait: what had been mapped goes later, and nothing is lost either. */
START_TEST(every_refusal_in_an_interrupt_unwinds)
{
	unsigned long before;
	bool done = false;

	start();
	before = usage();
	for (long n = 0; !done; n++) {
		void *p;

		ck_assert_int_lt(n, 300);
		sim_interrupt_enter();
		sim_fail_at(n);
		p = __vmalloc(30 * PAGE_SIZE, (n & 1 ? GFP_ATOMIC : GFP_NOWAIT) | __GFP_NOWARN);
		sim_fail_at(-1);
		done = !sim_fail_hit();
		ck_assert(!done || p);
		vfree(p);
		sim_interrupt_exit();
		assert_valid();
		mm_drain();
		ck_assert_uint_eq(sim_mapped_pages(), 0);
		ck_assert_msg(usage() == before, "leak when call %ld is refused", n);
	}
	ck_assert_uint_eq(sim_warnings(), 0);
	sim_interrupt_enter();
	ck_assert_ptr_null(vmalloc(PAGE_SIZE));
	ck_assert_ptr_null(get_vm_area(PAGE_SIZE, VM_MAP));
	ck_assert_ptr_null(ioremap(DEVICE, PAGE_SIZE));
	sim_interrupt_exit();
	ck_assert_uint_eq(sim_warnings(), 3);
	ck_assert_uint_eq(usage(), before);
}
END_TEST

/* ---- addresses run out ---- */

static struct vm_struct *rooms[32];
static unsigned int nr_rooms, asked[2], order_of[2], calls;
static bool generous;

static int give_one_back(struct notifier_block *nb, unsigned long action, void *data)
{
	ck_assert_uint_eq(action, 0);
	(void)nb;
	asked[0]++;
	order_of[0] = ++calls;
	if (!generous || !nr_rooms)
		return NOTIFY_OK;
	free_vm_area(rooms[--nr_rooms]);
	*(unsigned long *)data += MiB(64) >> PAGE_SHIFT;
	return NOTIFY_OK;
}

static int only_look(struct notifier_block *nb, unsigned long action, void *data)
{
	(void)nb, (void)action, (void)data;
	asked[1]++;
	order_of[1] = ++calls;
	return NOTIFY_DONE;
}

START_TEST(others_are_asked_to_give_back)
{
	struct notifier_block giver = {.notifier_call = give_one_back}, looker = {only_look, NULL, 7};
	unsigned long before;
	struct vm_struct *vm;

	start();
	before = usage();
	ck_assert_int_eq(register_vmap_purge_notifier(&giver), 0);
	ck_assert_int_eq(register_vmap_purge_notifier(&looker), 0);
	while ((vm = get_vm_area(MiB(64), VM_MAP)))
		rooms[nr_rooms++] = vm;
	ck_assert_uint_eq(nr_rooms, 15);
	/* Nobody was asked before there was need; the one of higher priority first. */
	ck_assert(asked[0] == 1 && asked[1] == 1);
	ck_assert_uint_gt(order_of[0], order_of[1]);
	ck_assert_ptr_nonnull(strstr(sim_log(), "no address range is large enough"));
	generous = true;
	vm = get_vm_area(MiB(64), VM_MAP);
	ck_assert_ptr_nonnull(vm);
	ck_assert(asked[0] == 2 && asked[1] == 2 && nr_rooms == 14);
	/* What is lazy only is taken without asking. */
	vmap_lazy_budget = 1000000;
	free_vm_area(vm);
	vm = get_vm_area(MiB(64), VM_MAP);
	ck_assert_ptr_nonnull(vm);
	ck_assert_uint_eq(asked[0], 2);
	/* Who cannot wait does not ask. */
	sim_log_clear();
	ck_assert_ptr_null(__vmalloc(MiB(64), GFP_NOWAIT & ~__GFP_NOWARN));
	ck_assert_ptr_nonnull(strstr(sim_log(), "no address range is large enough"));
	ck_assert_uint_eq(asked[0], 2);
	ck_assert_int_eq(unregister_vmap_purge_notifier(&giver), 0);
	ck_assert_int_ne(unregister_vmap_purge_notifier(&giver), 0);
	ck_assert_ptr_null(get_vm_area(MiB(64), VM_MAP));
	ck_assert(asked[0] == 2 && asked[1] == 3);
	ck_assert_int_eq(unregister_vmap_purge_notifier(&looker), 0);
	free_vm_area(vm);
	while (nr_rooms)
		free_vm_area(rooms[--nr_rooms]);
	mm_drain();
	ck_assert_uint_eq(usage(), before);
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

/* ---- details ---- */

START_TEST(large_pages)
{
	unsigned long before, size = 3 * PMD_SIZE + 7 * PAGE_SIZE;
	char *p;

	start();
	before = usage();
	p = vmalloc_huge(size, GFP_KERNEL | __GFP_ZERO);
	ck_assert(p && is_vm_area_hugepages(p));
	ck_assert_uint_eq((unsigned long)p % PMD_SIZE, 0);
	ck_assert_uint_eq(sim_large_mappings(), 3);
	ck_assert(sim_faults(p + size) && !sim_faults(p + size - 1));
	for (size_t i = 0; i < size; i += PAGE_SIZE) {
		ck_assert_uint_eq(*(unsigned long *)(p + i), 0);
		ck_assert_int_eq(page_count(vmalloc_to_page(p + i)), 1);
	}
	vfree(p);
	/* Below a large page, and for who does not ask for it: none. */
	p = vmalloc_huge(PMD_SIZE - PAGE_SIZE, GFP_KERNEL);
	ck_assert(p && !is_vm_area_hugepages(p));
	vfree(p);
	p = vmalloc(size);
	ck_assert(p && !is_vm_area_hugepages(p));
	ck_assert_uint_eq(sim_large_mappings(), 3);
	vfree(p);
	mm_drain();
	ck_assert_uint_eq(sim_tables(), 0);
	ck_assert_uint_eq(usage(), before);
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

START_TEST(mistakes_are_named)
{
	unsigned long pfn, before;
	struct page *page;
	char *p, *m, *r;

	start();
	before = usage();
	page = alloc_page(GFP_KERNEL);
	pfn = page_to_pfn(page);
	ck_assert_ptr_null(vmap(&page, 0, VM_MAP, PAGE_KERNEL));
	ck_assert_ptr_null(vm_map_ram(&page, 0, NUMA_NO_NODE));
	ck_assert_ptr_null(get_vm_area(0, VM_MAP));
	ck_assert_ptr_null(ioremap(DEVICE, 0));
	free_vm_area(NULL);
	iounmap(NULL);
	vm_unmap_ram(NULL, 1);
	ck_assert_ptr_null(remove_vm_area((void *)VMALLOC_START));
	ck_assert_uint_eq(sim_warnings(), 0);

	ck_assert_ptr_null(vmap_pfn(&pfn, 1, PAGE_KERNEL));
	ck_assert_ptr_nonnull(strstr(sim_log(), "vmap_pfn of RAM"));
	ck_assert_ptr_null(ioremap(page_to_phys(page) + 8, 8));
	ck_assert_ptr_nonnull(strstr(sim_log(), "ioremap of RAM"));
	ck_assert_uint_eq(sim_warnings(), 2);

	/* Each goes the way it came: nothing else takes it down. */
	p = vmalloc(3 * PAGE_SIZE);
	m = vm_map_ram(&page, 1, NUMA_NO_NODE);
	r = ioremap(DEVICE + 5, 3);
	ck_assert(p && m && r);
	vunmap(p);
	iounmap(p);
	vm_unmap_ram(p, 3);
	vm_unmap_ram(m, VMAP_BLOCK_PAGES + 1);
	vfree(m);
	ck_assert_uint_eq(sim_warnings(), 7);
	ck_assert_ptr_null(remove_vm_area(p + PAGE_SIZE));
	ck_assert(!sim_faults(p) && !sim_faults(m) && !sim_faults(r));
	vfree(p);
	vm_unmap_ram(m, 1);
	iounmap(r);
	__free_page(page);
	vm_unmap_aliases();
	mm_drain();
	ck_assert_uint_eq(usage(), before);
	ck_assert_uint_eq(sim_warnings(), 7);
}
END_TEST

static Suite *vmap_suite(void)
{
	Suite *s = suite_create("mm_vmap");
	TCase *t = tcase_create("vmap");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, random_mappings_against_the_model, 0, ARRAY_SIZE(budgets));
	tcase_add_loop_test(t, every_refusal_unwinds, 0, ARRAY_SIZE(refused));
	tcase_add_test(t, every_refusal_in_an_interrupt_unwinds);
	tcase_add_test(t, others_are_asked_to_give_back);
	tcase_add_test(t, large_pages);
	tcase_add_test(t, mistakes_are_named);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return run_to_end(srunner_create(vmap_suite()));
}
