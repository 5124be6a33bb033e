// SPDX-License-Identifier: MIT
#include <kunit/test.h>

static void hello(struct kunit *test)
{
	char *p = kunit_kzalloc(test, 64, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, p[63], 0);
}

static struct kunit_case cases[] = {KUNIT_CASE(hello), {}};
static struct kunit_suite suite = {.name = "hello", .test_cases = cases};
kunit_test_suite(suite);
