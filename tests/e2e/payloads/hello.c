// SPDX-License-Identifier: MIT
/*
 * hello.c - the payload of the README: allocates, expects, frees.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/slab.h>

static void hello(struct kunit *test)
{
	char *p = kmalloc(64, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	pr_info("hello from a payload: 64 bytes, %zu usable\n", ksize(p));
	KUNIT_EXPECT_GE(test, ksize(p), (size_t)64);
	kfree(p);
}

static struct kunit_case cases[] = {KUNIT_CASE(hello), {}};
static struct kunit_suite suite = {.name = "hello", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
