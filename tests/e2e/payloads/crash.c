// SPDX-License-Identifier: MIT
/*
 * crash.c - writes where nothing is mapped, three calls deep, with a known value in memory and in a global.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/slab.h>

unsigned long *crash_cookie;

/* It calls something, so that it has a frame of its own: compilers give none to a function that needs none. */
static noinline void crash_inner(unsigned long *where)
{
	pr_info("about to write to %lx\n", (unsigned long)where);
	*where = 1;
	barrier();
}

static noinline void crash_outer(unsigned long *where)
{
	crash_inner(where);
	barrier();
}

static void crashes(struct kunit *test)
{
	crash_cookie = kmalloc(64, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, crash_cookie);
	*crash_cookie = 0x1badb002deadbeefUL;
	pr_info("cookie at %lx\n", (unsigned long)crash_cookie);
	crash_outer((unsigned long *)0xdead000000UL);
}

static struct kunit_case cases[] = {KUNIT_CASE(crashes), {}};
static struct kunit_suite suite = {.name = "crash", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
