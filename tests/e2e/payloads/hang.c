// SPDX-License-Identifier: MIT
/*
 * hang.c - never comes back: the watchdog must end it and say where it stood.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/processor.h>

static noinline void spins_here(void)
{
	for (;;)
		cpu_relax();
}

static void hangs(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, true);
	spins_here();
}

static struct kunit_case cases[] = {KUNIT_CASE(hangs), {}};
static struct kunit_suite suite = {.name = "hang", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
