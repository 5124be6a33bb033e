// SPDX-License-Identifier: MIT
/*
 * reuse.c - what does the next user of memory find in it? With the parameter clear: nothing. Without, something must be left of the last
 * user somewhere, or this payload would not notice anything.
 */
#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

static bool clear;
module_param(clear, bool, 0444);

#define DIRT 0xee
#define MANY 40

/* Of large blocks both ends: byte by byte they take long. */
static bool is_dirty(const char *p, size_t size)
{
	size_t part = min(size, (size_t)1024);

	return memchr_inv(p, 0, part) || memchr_inv(p + size - part, 0, part);
}

static void objects(struct kunit *test)
{
	static const size_t sizes[] = {8, 100, 192, 3000, 8192, 20000, 300000};
	unsigned int dirty = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		void *p = kmalloc(sizes[i], GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, p);
		dirty += clear && is_dirty(p, sizes[i]);
		memset(p, DIRT, sizes[i]);
		kfree(p);
		p = kmalloc(sizes[i], GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, p);
		dirty += is_dirty(p, sizes[i]);
		kfree(p);
	}
	KUNIT_EXPECT_EQ(test, dirty > 0, !clear);
}

static void many_objects(struct kunit *test)
{
	struct kmem_cache *s = kmem_cache_create("reuse", 72, 0, SLAB_NO_MERGE, NULL);
	unsigned int dirty = 0;
	void *p[MANY];

	KUNIT_ASSERT_NOT_NULL(test, s);
	for (int round = 0; round < 2; round++) {
		KUNIT_ASSERT_EQ(test, kmem_cache_alloc_bulk(s, GFP_KERNEL, MANY, p), MANY);
		for (int i = 0; i < MANY; i++) {
			dirty += round && is_dirty(p[i], 72);
			memset(p[i], DIRT, 72);
		}
		kmem_cache_free_bulk(s, MANY, p);
	}
	kmem_cache_destroy(s);
	KUNIT_EXPECT_EQ(test, dirty > 0, !clear);
}

/* A constructed object keeps what it held, whatever the boot arguments say. */
static void construct(void *p)
{
	memset(p, DIRT, 72);
}

static void constructed(struct kunit *test)
{
	struct kmem_cache *s = kmem_cache_create("reuse_ctor", 72, 0, 0, construct);
	void *p;

	KUNIT_ASSERT_NOT_NULL(test, s);
	for (int round = 0; round < 2; round++) {
		p = kmem_cache_alloc(s, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_NULL(test, memchr_inv(p, DIRT, 72));
		kmem_cache_free(s, p);
	}
	kmem_cache_destroy(s);
}

static void pages(struct kunit *test)
{
	static const unsigned int orders[] = {0, 1, 3, 4, 6};
	unsigned int dirty = 0;

	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		size_t size = PAGE_SIZE << orders[i];

		for (int round = 0; round < 2; round++) {
			void *p = (void *)__get_free_pages(GFP_KERNEL, orders[i]);

			KUNIT_ASSERT_NOT_NULL(test, p);
			dirty += (clear || round) && is_dirty(p, size);
			memset(p, DIRT, size);
			free_pages((unsigned long)p, orders[i]);
		}
	}
	KUNIT_EXPECT_EQ(test, dirty > 0, !clear);
}

static void many_pages(struct kunit *test)
{
	unsigned int dirty = 0;

	for (int round = 0; round < 2; round++) {
		struct page *p[MANY] = {NULL};

		KUNIT_ASSERT_EQ(test, alloc_pages_bulk_array(GFP_KERNEL, MANY, p), (unsigned long)MANY);
		for (int i = 0; i < MANY; i++) {
			dirty += round && is_dirty(page_address(p[i]), PAGE_SIZE);
			memset(page_address(p[i]), DIRT, PAGE_SIZE);
			__free_page(p[i]);
		}
	}
	KUNIT_EXPECT_EQ(test, dirty > 0, !clear);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(objects), KUNIT_CASE(many_objects), KUNIT_CASE(constructed),
	KUNIT_CASE(pages),   KUNIT_CASE(many_pages),   {},
};
static struct kunit_suite suite = {.name = "reuse", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
