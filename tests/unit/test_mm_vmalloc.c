// SPDX-License-Identifier: MIT
/* test_mm_vmalloc.c - vmalloc, address space and kvmalloc on the host. See test_mm_page.c for seeds and steps. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "tests/runner.h"
#include "tests/unit/pc.h"

static const char zeros[PAGE_SIZE];

START_TEST(contents_and_edges)
{
	static const size_t sizes[] = {1, 4095, 4096, 4097, 100000, MiB(3)};
	size_t size = sizes[_i], whole = PAGE_ALIGN(size);
	unsigned long before;
	char *p;

	boot();
	before = usage();
	p = vzalloc(size);
	ck_assert_ptr_nonnull(p);
	ck_assert(PAGE_ALIGNED(p) && is_vmalloc_addr(p) && is_vmalloc_addr(p + whole - 1));
	ck_assert(!is_vmalloc_addr(&p) && !is_vmalloc_addr((void *)VMALLOC_END));
	for (size_t i = 0; i < whole; i += PAGE_SIZE)
		ck_assert_mem_eq(p + i, zeros, PAGE_SIZE);
	memset(p, 0x3c, whole);
	for (size_t i = 0; i < whole; i += PAGE_SIZE) {
		struct page *page = vmalloc_to_page(p + i);

		ck_assert_int_eq(page->owner, OWNER_VMALLOC);
		ck_assert_int_eq(((char *)page_address(page))[7], 0x3c);
	}
	ck_assert_uint_eq(vmalloc_nr_pages(), whole >> PAGE_SHIFT);
	ck_assert_uint_eq(get_vm_area_size(find_vm_area(p)), whole);
	ck_assert_ptr_eq(find_vm_area(p + whole - 1), find_vm_area(p));
	ck_assert(sim_faults(p + whole));
	ck_assert(!sim_faults(p + whole - 1));
	assert_valid();
	vfree(p);
	ck_assert(sim_faults(p));
	ck_assert_ptr_null(find_vm_area(p));
	ck_assert_ptr_null(vmalloc_to_page(p));
	ck_assert_uint_eq(usage(), before);
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

START_TEST(lowest_address_first)
{
	char *a, *b, *c, *d;

	/*  a 1 page, b 3, c 1, each with its guard:  |a.|bbb.|c.|
	 *  b goes; a request of 2 pages fits its place, the next of 2 does not fit what is left of it */
	boot();
	a = vmalloc(PAGE_SIZE);
	b = vmalloc(3 * PAGE_SIZE);
	c = vmalloc(PAGE_SIZE);
	ck_assert_ptr_eq(a, (char *)VMALLOC_START);
	ck_assert_ptr_eq(b, a + 2 * PAGE_SIZE);
	ck_assert_ptr_eq(c, b + 4 * PAGE_SIZE);
	vfree(b);
	d = vmalloc(2 * PAGE_SIZE);
	ck_assert_ptr_eq(d, b);
	b = vmalloc(2 * PAGE_SIZE);
	ck_assert_ptr_eq(b, c + 2 * PAGE_SIZE);
	vfree(a);
	vfree(b);
	vfree(c);
	vfree(d);
	assert_valid();
	ck_assert_uint_eq(mm_root.vmalloc->nr_free, 1);
	ck_assert_uint_eq(mm_root.vmalloc->nr_busy, 0);
}
END_TEST

START_TEST(ranges_rights_and_alignment)
{
	char *p, *q;

	boot();
	p = __vmalloc_node_range(5000, MiB(1), MODULES_START, MODULES_END, GFP_KERNEL, PAGE_KERNEL_RO, 0, NUMA_NO_NODE,
				 NULL);
	ck_assert_ptr_nonnull(p);
	ck_assert((unsigned long)p >= MODULES_START && (unsigned long)p < MODULES_END);
	ck_assert_uint_eq((unsigned long)p % MiB(1), 0);
	ck_assert(!is_vmalloc_addr(p) && is_vmalloc_or_module_addr(p));
	ck_assert(sim_write_faults(p) && !sim_faults(p));
	q = __vmalloc_node_range(PAGE_SIZE, 1, VMALLOC_START + MiB(5), VMALLOC_END, GFP_KERNEL, PAGE_KERNEL,
				 VM_NO_GUARD, NUMA_NO_NODE, NULL);
	ck_assert_ptr_eq(q, (char *)VMALLOC_START + MiB(5));
	ck_assert_uint_eq(find_vm_area(q)->size, PAGE_SIZE);
	assert_valid();
	ck_assert_ptr_null(__vmalloc_node_range(PAGE_SIZE, 1, VMALLOC_START, VMALLOC_START + PAGE_SIZE,
						GFP_KERNEL | __GFP_NOWARN, PAGE_KERNEL, 0, NUMA_NO_NODE, NULL));
	vfree(p);
	vfree(q);
	assert_valid();
	p = vmalloc_32(PAGE_SIZE);
	ck_assert_uint_lt(page_to_phys(vmalloc_to_page(p)), GiB(4));
	vfree(p);
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

START_TEST(refused_requests)
{
	unsigned long before;

	boot();
	before = usage();
	ck_assert_ptr_null(vmalloc(GiB(64)));
	ck_assert_ptr_null(vmalloc(SIZE_MAX));
	ck_assert_ptr_nonnull(strstr(sim_log(), "vmalloc error: size 68719476736, exceeds total pages"));
	ck_assert_ptr_null(vmalloc_array(SIZE_MAX / 2, 3));
	/* All of memory but not more than there is: fails in the middle and gives everything back. */
	ck_assert_ptr_null(vmalloc(totalram_pages() * PAGE_SIZE));
	ck_assert_uint_eq(usage(), before);
	ck_assert_uint_eq(sim_warnings(), 0);
	ck_assert_ptr_null(vmalloc(0));
	ck_assert_uint_eq(sim_warnings(), 1);
	vfree(NULL);
	ck_assert_uint_eq(sim_warnings(), 1);
}
END_TEST

START_TEST(mistakes_are_named)
{
	char *p, *m;
	struct page *page;

	boot();
	p = vmalloc(2 * PAGE_SIZE);
	vfree(p + 1);
	ck_assert_ptr_nonnull(strstr(sim_log(), "Trying to vfree() bad address"));
	vfree(p + PAGE_SIZE);
	ck_assert_ptr_nonnull(strstr(sim_log(), "Trying to vfree() nonexistent vm area"));
	ck_assert_uint_eq(sim_warnings(), 2);
	assert_valid();
	vfree(p);
	ck_assert_uint_eq(sim_warnings(), 2);
	vfree(p);
	ck_assert_uint_eq(sim_warnings(), 3);
	page = alloc_page(GFP_KERNEL);
	ck_assert_ptr_null(vmap(&page, 1, VM_MAP | VM_NO_GUARD, PAGE_KERNEL));
	ck_assert_uint_eq(sim_warnings(), 4);
	m = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
	sim_interrupt_enter();
	vunmap(m);
	sim_interrupt_exit();
	ck_assert_uint_eq(sim_warnings(), 5);
	ck_assert(!sim_faults(m));
	vunmap(m);
	__free_page(page);
	assert_valid();
}
END_TEST

START_TEST(mapping_ones_own_pages)
{
	struct page *pages[3], **given;
	unsigned long before;
	char *m;

	boot();
	before = usage();
	alloc_pages_bulk_array(GFP_KERNEL, 2, memset(pages, 0, sizeof(pages)));
	pages[2] = pages[0];
	m = vmap(pages, 3, VM_MAP, __pgprot(1 | _PAGE_RW));
	ck_assert_ptr_nonnull(m);
	memset(pages, 0, sizeof(void *)); /* the caller's array is the caller's */
	m = vmap((struct page *[]){pages[1]}, 1, VM_MAP, PAGE_KERNEL);
	ck_assert_ptr_nonnull(m);
	assert_valid();
	vunmap(m);
	m = (char *)VMALLOC_START;
	m[8] = 77;
	pages[0] = pages[2];
	assert_valid();
	ck_assert_int_eq(((char *)page_address(pages[0]))[8], 77);
	ck_assert_uint_eq(vmalloc_nr_pages(), 0);
	vunmap(m);
	ck_assert_int_eq(page_count(pages[0]), 1);
	__free_page(pages[0]);
	__free_page(pages[1]);
	ck_assert_uint_eq(usage(), before);

	given = kvmalloc_array(2, sizeof(*given), GFP_KERNEL | __GFP_ZERO);
	alloc_pages_bulk_array(GFP_KERNEL, 2, given);
	m = vmap(given, 2, VM_MAP | VM_MAP_PUT_PAGES, PAGE_KERNEL);
	ck_assert_ptr_nonnull(m);
	vfree(m);
	ck_assert_uint_eq(usage(), before);
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

START_TEST(free_in_an_interrupt_waits_for_a_task)
{
	unsigned long before;
	char *p, *q;

	boot();
	before = usage();
	p = vmalloc(5000);
	q = vmalloc(5000);
	sim_interrupt_enter();
	vfree(p);
	sim_interrupt_exit();
	ck_assert_uint_eq(mm_root.vmalloc->nr_lazy, 1);
	ck_assert(!sim_faults(p));
	assert_valid();
	vfree_atomic(q);
	ck_assert_uint_eq(mm_root.vmalloc->nr_lazy, 2);
	ck_assert_uint_eq(sim_warnings(), 0);
	vfree(p);
	ck_assert_uint_eq(sim_warnings(), 1); /* queued is gone: a second time is a mistake */
	mm_drain();
	ck_assert_uint_eq(usage(), before);
	/* Any vfree() of a task that goes beyond the budget does it too. */
	p = vmalloc(5000);
	vfree_atomic(p);
	vfree(vmalloc(5000));
	ck_assert(sim_faults(p));
	ck_assert_uint_eq(usage(), before);
}
END_TEST

START_TEST(addresses_run_out)
{
	/* 1 GiB of addresses in pieces of 64 MiB; pages are there for two. Areas of somebody's pages take no memory of their own. */
	static struct page *pages[16384];
	struct page *page;
	unsigned int n = 0;
	void *m[32];

	boot();
	page = alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER);
	for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = page + i % MAX_ORDER_NR_PAGES;
	while (n < 32 && (m[n] = vmap(pages, ARRAY_SIZE(pages), VM_MAP, PAGE_KERNEL)))
		n++;
	ck_assert_uint_eq(n, 15); /* the sixteenth has no room for its guard page */
	ck_assert_ptr_nonnull(strstr(sim_log(), "no address range is large enough"));
	vunmap(m[7]);
	m[7] = vmap(pages, ARRAY_SIZE(pages), VM_MAP, PAGE_KERNEL);
	ck_assert_ptr_nonnull(m[7]);
	while (n--)
		vunmap(m[n]);
	__free_pages(page, MAX_PAGE_ORDER);
	assert_valid();
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

static const char *const slab_debugs[] = {"-", "FZU", "FZPU"};

START_TEST(kvmalloc_both_ways)
{
	struct page *all[200];
	unsigned long before;
	unsigned int n = 0;
	char *p;

	sim_slab_debug = slab_debugs[_i];
	boot();
	before = usage();
	p = kvmalloc(3000, GFP_KERNEL);
	ck_assert(!is_vmalloc_addr(p));
	kvfree(p);
	p = kvzalloc(100000, GFP_KERNEL);
	ck_assert(!is_vmalloc_addr(p));
	kvfree(p);
	/* No block of 1 MiB any more, but pages enough. */
	while ((all[n] = alloc_pages(GFP_NOWAIT, 8)))
		n++;
	for (unsigned int i = 0; i < 4; i++) {
		split_page(all[i], 8);
		for (unsigned int j = 0; j < 256; j += 2)
			__free_page(all[i] + j);
	}
	p = kvzalloc(MiB(1), GFP_KERNEL);
	ck_assert_ptr_nonnull(p);
	ck_assert(is_vmalloc_addr(p));
	memset(p, 5, MiB(1));
	p = kvrealloc(p, MiB(1) + PAGE_SIZE, GFP_KERNEL);
	ck_assert_int_eq(p[MiB(1) - 1], 5);
	ck_assert_ptr_null(kvmalloc(MiB(2), GFP_NOWAIT));
	kvfree(p);
	while (n-- > 4)
		__free_pages(all[n], 8);
	for (unsigned int i = 0; i < 4; i++)
		for (unsigned int j = 1; j < 256; j += 2)
			__free_page(all[i] + j);
	p = kvmalloc(SIZE_MAX, GFP_KERNEL | __GFP_NOWARN);
	ck_assert_ptr_null(p);
	ck_assert_ptr_null(kvmalloc_array(SIZE_MAX / 2, 4, GFP_KERNEL | __GFP_NOWARN));
	p = kvmemdup("hello", 6, GFP_KERNEL);
	p = kvrealloc(p, 9000, GFP_KERNEL);
	ck_assert_str_eq(p, "hello");
	kvfree_sensitive(p, 6);
	ck_assert_uint_eq(usage(), before);
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

START_TEST(every_refusal_unwinds)
{
	static const size_t sizes[] = {PAGE_SIZE, 30 * PAGE_SIZE, 700 * PAGE_SIZE};
	unsigned long before;

	boot();
	before = usage();
	for (long n = 0;; n++) {
		void *p;

		sim_fail_at(n);
		p = n & 1 ? vmalloc(sizes[_i]) : vzalloc(sizes[_i]);
		sim_fail_at(-1);
		ck_assert_int_lt(n, 1000);
		assert_valid();
		vfree(p);
		ck_assert_msg(usage() == before, "leak when call %ld is refused", n);
		if (p && !sim_fail_hit()) {
			ck_assert_int_gt(n, 3);
			break;
		}
	}
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

/* ---- random areas against a model: a list of intervals and a pattern in every page ---- */

struct holding {
	char *p;
	size_t size; /* whole pages */
	bool module;
};

enum { SLOTS = 200 };
static struct holding held[SLOTS];

/* Disjoint from all others, guard pages included; and first fit: no lower place is free. */
static void check_place(const struct holding *h, unsigned long step)
{
	for (unsigned int i = 0; i < SLOTS; i++) {
		const struct holding *o = &held[i];

		if (o == h || !o->p)
			continue;
		ck_assert_msg(h->p + h->size + PAGE_SIZE <= o->p || o->p + o->size + PAGE_SIZE <= h->p,
			      "step %lu: %p + %zx and %p + %zx overlap", step, h->p, h->size, o->p, o->size);
	}
}

static bool room_at(const char *at, size_t size, const struct holding *except)
{
	for (unsigned int i = 0; i < SLOTS; i++) {
		const struct holding *o = &held[i];

		if (o != except && o->p && at < o->p + o->size + PAGE_SIZE && o->p < at + size + PAGE_SIZE)
			return false;
	}
	return true;
}

/* A lowest fit begins at the start of the space or behind some area. */
static void check_lowest(const struct holding *h, unsigned long step)
{
	char *start = (char *)(h->module ? MODULES_START : VMALLOC_START);

	ck_assert_msg(h->p == start || !room_at(start, h->size, h), "step %lu: %p is not the lowest", step, h->p);
	for (unsigned int i = 0; i < SLOTS; i++) {
		char *at;

		if (!held[i].p || held[i].module != h->module)
			continue;
		at = held[i].p + held[i].size + PAGE_SIZE;
		ck_assert_msg(at >= h->p || !room_at(at, h->size, h), "step %lu: %p is not the lowest: %p", step, h->p,
			      at);
	}
}

static void take(struct holding *h, unsigned long step)
{
	h->module = sim_below(4) == 0;
	h->size = (1 + (sim_below(10) ? sim_below(12) : sim_below(300))) * PAGE_SIZE;
	h->p = h->module ? __vmalloc_node_range(h->size, 1, MODULES_START, MODULES_END, GFP_KERNEL | __GFP_NOWARN,
						PAGE_KERNEL, 0, NUMA_NO_NODE, NULL)
			 : __vmalloc(h->size, GFP_KERNEL | __GFP_NOWARN);
	if (!h->p)
		return;
	check_place(h, step);
	check_lowest(h, step);
	for (size_t i = 0; i < h->size; i += PAGE_SIZE)
		*(char **)(h->p + i) = h->p + i;
}

START_TEST(random_areas_against_the_model)
{
	unsigned long steps = sim_steps(4000), before;

	boot();
	before = usage();
	for (unsigned long step = 0; step < steps; step++) {
		struct holding *h = &held[sim_below(SLOTS)];

		sim_cpu = sim_below(2);
		if (!h->p) {
			take(h, step);
		} else {
			for (size_t i = 0; i < h->size; i += PAGE_SIZE)
				ck_assert_msg(*(char **)(h->p + i) == h->p + i, "step %lu: %p changed", step, h->p + i);
			if (sim_below(4))
				vfree(h->p);
			else
				vfree_atomic(h->p), vm_unmap_aliases();
			h->p = NULL;
		}
		if (step % 512 == 0)
			assert_valid();
	}
	for (unsigned int i = 0; i < SLOTS; i++)
		vfree(held[i].p);
	ck_assert_uint_eq(usage(), before);
	ck_assert_uint_eq(sim_mapped_pages(), 0);
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

static Suite *vmalloc_suite(void)
{
	Suite *s = suite_create("mm_vmalloc");
	TCase *t = tcase_create("vmalloc");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, contents_and_edges, 0, 6);
	tcase_add_test(t, lowest_address_first);
	tcase_add_test(t, ranges_rights_and_alignment);
	tcase_add_test(t, refused_requests);
	tcase_add_test(t, mistakes_are_named);
	tcase_add_test(t, mapping_ones_own_pages);
	tcase_add_test(t, free_in_an_interrupt_waits_for_a_task);
	tcase_add_test(t, addresses_run_out);
	tcase_add_loop_test(t, kvmalloc_both_ways, 0, ARRAY_SIZE(slab_debugs));
	tcase_add_loop_test(t, every_refusal_unwinds, 0, 3);
	tcase_add_test(t, random_areas_against_the_model);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return run_to_end(srunner_create(vmalloc_suite()));
}
