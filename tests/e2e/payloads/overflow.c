// SPDX-License-Identifier: MIT
/*
 * overflow.c - a thread that calls itself until its stack is full.
 */
#include <kunit/test.h>
#include <linux/module.h>

static unsigned int depth;

static noinline int digs_deeper(volatile int *above)
{
	volatile int here[16] = {*above};

	/* A bound that no stack is deep enough for. */
	return ++depth < 1000000 ? digs_deeper(here) + here[depth % 16] : 0;
}

static void overflows(struct kunit *test)
{
	volatile int top = 1;

	KUNIT_EXPECT_EQ(test, digs_deeper(&top), 0);
}

static struct kunit_case cases[] = {KUNIT_CASE(overflows), {}};
static struct kunit_suite suite = {.name = "overflow", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
