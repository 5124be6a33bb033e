// SPDX-License-Identifier: MIT
/*
 * two_a.c - with two_b.c: a payload of two files, each with a function that the other calls.
 */
#include <kunit/test.h>
#include <linux/module.h>

int twice(int n);
int half(int n);

int half(int n)
{
	return n / 2;
}

static void there_and_back(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, half(twice(21)), 21);
}

static struct kunit_case cases[] = {KUNIT_CASE(there_and_back), {}};
static struct kunit_suite suite = {.name = "two_files", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
