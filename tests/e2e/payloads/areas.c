// SPDX-License-Identifier: MIT
/*
 * areas.c - holds an area of each sort when it panics, and nothing that was freed waits: for tools that list them.
 */
#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

static struct page *pages[3];

static noinline void make_areas(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, alloc_pages_bulk_array(GFP_KERNEL, 3, pages), 3UL);
	KUNIT_ASSERT_NOT_NULL(test, vmalloc(1));
	KUNIT_ASSERT_NOT_NULL(test, vmalloc(7 * PAGE_SIZE));
	KUNIT_ASSERT_NOT_NULL(test, vmalloc_user(2 * PAGE_SIZE));
	KUNIT_ASSERT_NOT_NULL(test, vmap(pages, 3, VM_MAP, PAGE_KERNEL));
	KUNIT_ASSERT_NOT_NULL(test, vm_map_ram(pages, 2, NUMA_NO_NODE));
	KUNIT_ASSERT_NOT_NULL(test, ioremap(DEV_GPA, 2 * PAGE_SIZE));
	vfree(vmalloc(5 * PAGE_SIZE));
	vm_unmap_aliases();
}

static void areas(struct kunit *test)
{
	make_areas(test);
	panic("areas: that was all\n");
}

static struct kunit_case cases[] = {KUNIT_CASE(areas), {}};
static struct kunit_suite suite = {.name = "areas", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
