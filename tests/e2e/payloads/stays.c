// SPDX-License-Identifier: MIT
/*
 * stays.c - holds things and churns until somebody ends the run: for tools that look at a guest that is busy, and tests that quit it.
 *
 * 300 objects of a cache of its own and one vmalloc area.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#define HELD 300
#define BLOCKS 5

static void *held[HELD];
static unsigned long block[BLOCKS];

static void churn(struct kunit *test, unsigned long until)
{
	while (time_before(jiffies, until)) {
		void *p = kmalloc(100, GFP_KERNEL);
		void *q = kmalloc(3000, GFP_KERNEL);

		KUNIT_ASSERT_TRUE(test, p && q);
		kfree(p);
		kfree(q);
		cond_resched();
	}
}

static void stays(struct kunit *test)
{
	struct kmem_cache *cache = kmem_cache_create("stays", 72, 0, SLAB_NO_MERGE, NULL);
	unsigned int n;
	void *area;

	KUNIT_ASSERT_NOT_NULL(test, cache);
	for (n = 0; n < HELD; n++)
		held[n] = kmem_cache_alloc(cache, GFP_KERNEL);
	for (n = 0; n < BLOCKS; n++)
		block[n] = __get_free_pages(GFP_KERNEL, 3);
	area = vmalloc(5 * PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, area);
	memset(area, 0x5c, 5 * PAGE_SIZE);
	pr_info("stays: vmalloc area at %lx\n", (unsigned long)area);
	pr_info("stays: ready\n");
	churn(test, jiffies + 600 * HZ);
	vfree(area);
	for (n = 0; n < BLOCKS; n++)
		free_pages(block[n], 3);
	for (n = 0; n < HELD; n++)
		kmem_cache_free(cache, held[n]);
	kmem_cache_destroy(cache);
}

static struct kunit_case cases[] = {KUNIT_CASE(stays), {}};
static struct kunit_suite suite = {.name = "stays", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
