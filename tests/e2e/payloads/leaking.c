// SPDX-License-Identifier: MIT
/*
 * leaking.c - its case passes, but it leaves memory behind: unloading it must say so.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/slab.h>

static void *lost[8];

static void leaks(struct kunit *test)
{
	for (unsigned int n = 0; n < 8; n++) {
		lost[n] = kmalloc(192, GFP_KERNEL);
		KUNIT_EXPECT_NOT_NULL(test, lost[n]);
	}
}

static struct kunit_case cases[] = {KUNIT_CASE(leaks), {}};
static struct kunit_suite suite = {.name = "leaking", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
