// SPDX-License-Identifier: MIT
/*
 * lockab.c - takes two locks, one inside the other; with reverse=1, the other way round.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/spinlock.h>

static bool reverse;
module_param(reverse, bool, 0444);

static DEFINE_SPINLOCK(lock_a);
static DEFINE_SPINLOCK(lock_b);

static void takes_both(struct kunit *test)
{
	spinlock_t *outer = reverse ? &lock_b : &lock_a, *inner = reverse ? &lock_a : &lock_b;

	(void)test;
	spin_lock(outer);
	spin_lock(inner);
	spin_unlock(inner);
	spin_unlock(outer);
}

static struct kunit_case cases[] = {KUNIT_CASE(takes_both), {}};
static struct kunit_suite suite = {.name = "lockab", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
