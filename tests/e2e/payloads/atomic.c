// SPDX-License-Identifier: MIT
/*
 * atomic.c - a payload that sleeps where it may not: the report must name who asked for memory, and who took the lock.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static spinlock_t payload_lock;

static noinline void enters_atomic_section(void)
{
	spin_lock(&payload_lock);
	barrier();
}

static noinline void allocates_too_freely(void)
{
	kfree(kmalloc(64, GFP_KERNEL));
	barrier();
}

static void sleeps_with_a_lock(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, true);
	spin_lock_init(&payload_lock);
	enters_atomic_section();
	allocates_too_freely();
	spin_unlock(&payload_lock);
}

static struct kunit_case cases[] = {KUNIT_CASE(sleeps_with_a_lock), {}};
static struct kunit_suite suite = {.name = "atomic", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
