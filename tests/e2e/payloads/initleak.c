// SPDX-License-Identifier: MIT
/*
 * initleak.c - its case passes, but what module_init allocated is still there after module_exit: from a cache, from vmalloc,
 * and as pages. The verdict must be "failed", naming each.
 */
#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

static void *object, *area;
static unsigned long pages;

static int __init leak_init(void)
{
	object = kmalloc(200, GFP_KERNEL);
	area = vmalloc(3 * PAGE_SIZE);
	pages = __get_free_pages(GFP_KERNEL, 2);
	return object && area && pages ? 0 : -ENOMEM;
}

static void __exit leak_exit(void)
{
	pr_info("initleak: leaving without a word\n");
}

module_init(leak_init);
module_exit(leak_exit);

static void is_loaded(struct kunit *test)
{
	KUNIT_EXPECT_NOT_NULL(test, object);
	KUNIT_EXPECT_NOT_NULL(test, area);
	KUNIT_EXPECT_NE(test, pages, 0UL);
}

static struct kunit_case cases[] = {KUNIT_CASE(is_loaded), {}};
static struct kunit_suite suite = {.name = "initleak", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
