// SPDX-License-Identifier: MIT
/*
 * triple.c - takes the interrupt table away and faults: no handler is left for that, nor for the double fault.
 */
#include <kunit/test.h>
#include <linux/irqflags.h>
#include <linux/module.h>

static noinline void falls_through(void)
{
	const struct {
		u16 limit;
		u64 base;
	} __packed nothing = {0, 0};

	local_irq_disable();
	asm volatile("lidt %0\n\tud2" : : "m"(nothing));
	barrier();
}

static void triple(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, true);
	falls_through();
}

static struct kunit_case cases[] = {KUNIT_CASE(triple), {}};
static struct kunit_suite suite = {.name = "triple", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
