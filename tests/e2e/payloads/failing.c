// SPDX-License-Identifier: MIT
/*
 * failing.c - one case passes, one fails, one is skipped: counts and reports must say just that.
 */
#include <kunit/test.h>
#include <linux/module.h>

static void passes(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 2 + 2, 4);
}

static void fails(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 2 + 2, 5);
}

static void skips(struct kunit *test)
{
	kunit_skip(test, "<no> such \"thing\" & more");
}

static struct kunit_case cases[] = {KUNIT_CASE(passes), KUNIT_CASE(fails), KUNIT_CASE(skips), {}};
static struct kunit_suite suite = {.name = "failing", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
