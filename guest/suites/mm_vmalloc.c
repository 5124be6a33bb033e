// SPDX-License-Identifier: MIT
/*
 * mm_vmalloc.c - suite: virtually contiguous memory. Contents, edges that fault, memory that faults once it is freed, places, vmap,
 * frees in interrupts, all CPUs at once.
 */
#include <linux/uaccess.h>

#include "mm_suite.h"

static bool faults(const void *addr)
{
	char c;

	return copy_from_kernel_nofault(&c, addr, 1) != 0;
}

static void contents_and_edges(struct kunit *test)
{
	static const unsigned long sizes[] = {1, PAGE_SIZE, 3 * PAGE_SIZE + 5, 20 * PAGE_SIZE};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned long whole = PAGE_ALIGN(sizes[i]);
		char *p = vzalloc(sizes[i]);

		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_TRUE(test, is_vmalloc_addr(p) && PAGE_ALIGNED(p));
		for (unsigned long at = 0; at < whole; at += PAGE_SIZE) {
			KUNIT_EXPECT_EQ(test, *(long *)(p + at), 0L);
			mm_mark(p + at, PAGE_SIZE, at);
		}
		for (unsigned long at = 0; at < whole; at += PAGE_SIZE) {
			struct page *page = vmalloc_to_page(p + at);

			KUNIT_EXPECT_TRUE(test, mm_marked(p + at, PAGE_SIZE, at));
			KUNIT_EXPECT_EQ(test, *(unsigned long *)page_address(page), (unsigned long)(p + at) ^ at);
		}
		KUNIT_EXPECT_FALSE(test, faults(p + whole - 1));
		KUNIT_EXPECT_TRUE(test, faults(p + whole));
		KUNIT_EXPECT_EQ(test, get_vm_area_size(find_vm_area(p)), whole);
		vfree(p);
		KUNIT_EXPECT_TRUE(test, faults(p));
		KUNIT_EXPECT_NULL(test, vmalloc_to_page(p));
		KUNIT_EXPECT_NULL(test, find_vm_area(p));
	}
}

static void lowest_place_first(struct kunit *test)
{
	char *a = vmalloc(PAGE_SIZE), *b = vmalloc(PAGE_SIZE), *c;

	KUNIT_EXPECT_TRUE(test, a && b);
	vfree(a);
	vm_unmap_aliases();
	c = vmalloc(PAGE_SIZE);
	KUNIT_EXPECT_PTR_EQ(test, c, a);
	vfree(b);
	vfree(c);
}

static void places_and_rights(struct kunit *test)
{
	char *p = __vmalloc_node_range(PAGE_SIZE, 1UL << 20, MODULES_START, MODULES_END, GFP_KERNEL, PAGE_KERNEL_RO, 0,
				       NUMA_NO_NODE, NULL);
	long zero = 0;

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_TRUE(test, (unsigned long)p >= MODULES_START && (unsigned long)p < MODULES_END);
	KUNIT_EXPECT_EQ(test, (unsigned long)p & ((1UL << 20) - 1), 0UL);
	KUNIT_EXPECT_FALSE(test, is_vmalloc_addr(p));
	KUNIT_EXPECT_FALSE(test, faults(p));
	KUNIT_EXPECT_NE(test, copy_to_kernel_nofault(p, &zero, sizeof(zero)), 0L);
	vfree(p);
}

static void refused_requests(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, __vmalloc(1UL << 40, GFP_KERNEL | __GFP_NOWARN));
	KUNIT_EXPECT_NULL(test, __vmalloc(SIZE_MAX, GFP_KERNEL | __GFP_NOWARN));
	vfree(NULL);
	vunmap(NULL);
}

static void mapping_ones_own_pages(struct kunit *test)
{
	struct page *pages[4] = {NULL};
	volatile long *m; /* one page at two addresses: the compiler does not know */

	KUNIT_ASSERT_EQ(test, alloc_pages_bulk_array(GFP_KERNEL, 3, pages), 3UL);
	pages[3] = pages[0]; /* the first page once more at the end */
	m = vmap(pages, 4, VM_MAP, PAGE_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, (void *)m);
	m[0] = 17;
	KUNIT_EXPECT_EQ(test, m[3 * PAGE_SIZE / sizeof(*m)], 17L);
	KUNIT_EXPECT_EQ(test, *(long *)page_address(pages[0]), 17L);
	vunmap((void *)m);
	KUNIT_EXPECT_TRUE(test, faults((void *)m));
	KUNIT_EXPECT_EQ(test, *(long *)page_address(pages[0]), 17L);
	free_pages_bulk_array(3, pages);
}

static void mistakes_are_named(struct kunit *test)
{
	char *p = vmalloc(2 * PAGE_SIZE);

	kunit_expect_warnings(test, 3);
	vfree(p + 8);
	vfree(p + PAGE_SIZE);
	vfree(p);
	vfree(p);
}

static void free_it(void *p)
{
	vfree(p);
}

static void frees_in_interrupts_wait(struct kunit *test)
{
	unsigned long flags;
	void *p = vmalloc(PAGE_SIZE), *q = vmalloc(PAGE_SIZE);

	KUNIT_EXPECT_EQ(test, smp_call_function_single(num_online_cpus() - 1, free_it, p, 1), 0);
	local_irq_save(flags);
	vfree(q);
	local_irq_restore(flags);
	KUNIT_EXPECT_NULL(test, find_vm_area(p));
	KUNIT_EXPECT_NULL(test, find_vm_area(q));
	mm_drain();
	KUNIT_EXPECT_TRUE(test, faults(p) && faults(q));
}

#define HELD 6

static void churn(struct mm_worker *w)
{
	struct {
		char *p;
		unsigned long size;
	} held[HELD] = {{NULL, 0}};

	for (unsigned int step = 0; step < 24; step++) {
		unsigned int i = mm_below(&w->rnd, HELD);

		if (held[i].p) {
			for (unsigned long at = 0; at < held[i].size; at += PAGE_SIZE)
				w->errors += !mm_marked(held[i].p + at, PAGE_SIZE, w->cpu);
			vfree(held[i].p);
			held[i].p = NULL;
			continue;
		}
		held[i].size = (1 + mm_below(&w->rnd, 6)) * PAGE_SIZE;
		held[i].p = vmalloc(held[i].size);
		w->errors += !held[i].p;
		for (unsigned long at = 0; held[i].p && at < held[i].size; at += PAGE_SIZE)
			mm_mark(held[i].p + at, PAGE_SIZE, w->cpu);
	}
	for (unsigned int i = 0; i < HELD; i++)
		vfree(held[i].p);
}

static void all_cpus_at_once(struct kunit *test)
{
	mm_on_all_cpus(test, churn);
}

static struct kunit_case vmalloc_cases[] = {
	KUNIT_CASE(contents_and_edges),       KUNIT_CASE(lowest_place_first),     KUNIT_CASE(places_and_rights),
	KUNIT_CASE(refused_requests),         KUNIT_CASE(mapping_ones_own_pages), KUNIT_CASE(mistakes_are_named),
	KUNIT_CASE(frees_in_interrupts_wait), KUNIT_CASE(all_cpus_at_once),       {}};

static struct kunit_suite vmalloc_suite = {
	.name = "mm_vmalloc",
	.init = mm_case_begin,
	.exit = mm_case_end,
	.test_cases = vmalloc_cases,
};
kunit_test_suite(vmalloc_suite);
