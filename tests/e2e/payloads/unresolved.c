// SPDX-License-Identifier: MIT
/*
 * unresolved.c - calls what the kernel does not export: loading must be refused, naming it.
 */
#include <kunit/test.h>
#include <linux/module.h>

int nobody_exports_this(int x);

static void calls(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, nobody_exports_this(1), 1);
}

static struct kunit_case cases[] = {KUNIT_CASE(calls), {}};
static struct kunit_suite suite = {.name = "unresolved", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
