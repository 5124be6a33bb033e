// SPDX-License-Identifier: MIT
/*
 * linger.c - allocates and frees for a while, so that a tool can look at a guest that is busy.
 *
 * It holds 300 objects of a cache of its own, 5 blocks of 8 pages and one vmalloc area all the time, and keeps churning
 * kmalloc objects. linger.seconds=N: how long, 6 if nobody says; a test that quits its guest wants it longer.
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

static unsigned int seconds = 6;
module_param(seconds, uint, 0);

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

static void linger(struct kunit *test)
{
	struct kmem_cache *cache = kmem_cache_create("linger", 72, 0, SLAB_NO_MERGE, NULL);
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
	pr_info("linger: vmalloc area at %lx\n", (unsigned long)area);
	pr_info("linger: ready\n");
	churn(test, jiffies + seconds * HZ);
	vfree(area);
	for (n = 0; n < BLOCKS; n++)
		free_pages(block[n], 3);
	for (n = 0; n < HELD; n++)
		kmem_cache_free(cache, held[n]);
	kmem_cache_destroy(cache);
}

static struct kunit_case cases[] = {KUNIT_CASE(linger), {}};
static struct kunit_suite suite = {.name = "linger", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
