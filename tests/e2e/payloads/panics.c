// SPDX-License-Identifier: MIT
/*
 * panics.c - stops at a BUG().
 */
#include <kunit/test.h>
#include <linux/bug.h>
#include <linux/module.h>

static noinline void panics_here(void)
{
	BUG();
}

static void panics(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, true);
	panics_here();
}

static struct kunit_case cases[] = {KUNIT_CASE(panics), {}};
static struct kunit_suite suite = {.name = "panics", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
