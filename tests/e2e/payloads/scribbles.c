// SPDX-License-Identifier: MIT
/*
 * scribbles.c - every case passes, but an entry of the memory map inside a free block has been written to.
 */
#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>

static void scribbles(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL, 9);

	KUNIT_ASSERT_NOT_NULL(test, page);
	__free_pages(page, 9);
	page[101].private = 5;
}

static struct kunit_case cases[] = {KUNIT_CASE(scribbles), {}};
static struct kunit_suite suite = {.name = "scribbles", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
