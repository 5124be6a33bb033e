// SPDX-License-Identifier: MIT
/*
 * two_b.c - see two_a.c.
 */
#include <kunit/test.h>

int twice(int n);
int half(int n);

int twice(int n)
{
	return 2 * n;
}

static void back_and_there(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, twice(half(42)), 42);
}

static struct kunit_case cases[] = {KUNIT_CASE(back_and_there), {}};
static struct kunit_suite suite = {.name = "two_files_b", .test_cases = cases};
kunit_test_suites(&suite);
