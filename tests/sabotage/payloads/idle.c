// SPDX-License-Identifier: MIT
/*
 * idle.c - a guest that is up and hardly does anything for four seconds: somebody looks at it meanwhile.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/module.h>

static void idle(struct kunit *test)
{
	msleep(4000);
	KUNIT_SUCCEED(test);
}

static struct kunit_case cases[] = {KUNIT_CASE(idle), {}};
static struct kunit_suite suite = {.name = "idle", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
