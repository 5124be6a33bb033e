// SPDX-License-Identifier: MIT
/*
 * mm_kmalloc.c - suite: the kmalloc family. Every size class and type, large sizes, sizes that cannot be, krealloc, copies, random
 * mixes on all CPUs.
 */
#include "mm_suite.h"

/* The two sides of every border between classes. */
static void every_class(struct kunit *test)
{
	for (unsigned int class = 0; class < KMALLOC_NR_CLASSES; class ++) {
		size_t top = kmalloc_size(class), below = class ? kmalloc_size(class - 1) : 0;
		size_t sizes[] = {below + 1, (below + top) / 2 + 1, top};

		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
			size_t align = sizes[i] & -sizes[i];
			void *p = kmalloc(sizes[i], GFP_KERNEL);

			KUNIT_ASSERT_NOT_NULL(test, p);
			KUNIT_EXPECT_EQ(test, ksize(p), top);
			KUNIT_EXPECT_EQ(test, kmalloc_size_roundup(sizes[i]), top);
			KUNIT_EXPECT_EQ_MSG(test, (unsigned long)p & (align - 1), 0UL, "%lu bytes", sizes[i]);
			mm_mark(p, sizes[i], i);
			KUNIT_EXPECT_TRUE(test, mm_marked(p, sizes[i], i));
			kfree(p);
		}
	}
}

/* Sizes and masks that the compiler knows: another way through kmalloc(). */
static void constant_sizes(struct kunit *test)
{
	void *p[] = {kmalloc(8, GFP_KERNEL),   kmalloc(96, GFP_KERNEL),  kmalloc(100, GFP_ATOMIC),
		     kzalloc(192, GFP_KERNEL), kmalloc(193, GFP_NOWAIT), kmalloc(8192, GFP_KERNEL),
		     kmalloc(8193, GFP_KERNEL)};
	static const size_t room[] = {8, 96, 128, 192, 256, 8192, 16384};

	for (size_t i = 0; i < ARRAY_SIZE(p); i++) {
		KUNIT_EXPECT_NOT_NULL(test, p[i]);
		KUNIT_EXPECT_EQ(test, ksize(p[i]), room[i]);
		kfree(p[i]);
	}
}

static void types(struct kunit *test)
{
	void *p;

	if (managed_zone(&mm_zones[ZONE_DMA])) {
		p = kmalloc(100, GFP_KERNEL | GFP_DMA);
		KUNIT_EXPECT_LT(test, virt_to_phys(p), (phys_addr_t)DMA_END);
		kfree(p);
		p = kmalloc(20000, GFP_KERNEL | GFP_DMA);
		KUNIT_EXPECT_LT(test, virt_to_phys(p), (phys_addr_t)DMA_END);
		kfree(p);
	}
	p = kmalloc(100, GFP_KERNEL | __GFP_RECLAIMABLE);
	KUNIT_EXPECT_EQ(test, kmem_cache_objects(&kmalloc_caches[KMALLOC_RECLAIM][kmalloc_index(100)]), 1UL);
	kfree(p);
	p = kmalloc(100, GFP_KERNEL_ACCOUNT);
	KUNIT_EXPECT_EQ(test, kmem_cache_objects(&kmalloc_caches[KMALLOC_CGROUP][kmalloc_index(100)]), 1UL);
	kfree(p);
}

static void large_sizes(struct kunit *test)
{
	for (size_t size = 8193; size <= KMALLOC_MAX_SIZE; size = size * 2 - 1) {
		void *p = kmalloc(size, GFP_KERNEL | __GFP_NOWARN);

		KUNIT_ASSERT_NOT_NULL_MSG(test, p, "%lu bytes", size);
		KUNIT_EXPECT_EQ(test, ksize(p), PAGE_SIZE << get_order(size));
		KUNIT_EXPECT_EQ(test, offset_in_page(p), 0UL);
		mm_mark(p, size, size);
		KUNIT_EXPECT_TRUE(test, mm_marked(p, size, size));
		kfree(p);
	}
}

static void sizes_that_cannot_be(struct kunit *test)
{
	volatile size_t none = 0, huge = SIZE_MAX;

	KUNIT_EXPECT_PTR_EQ(test, kmalloc(none, GFP_KERNEL), ZERO_SIZE_PTR);
	KUNIT_EXPECT_EQ(test, ksize(ZERO_SIZE_PTR), 0UL);
	kfree(ZERO_SIZE_PTR);
	kfree(NULL);
	KUNIT_EXPECT_NULL(test, kmalloc(huge, GFP_KERNEL | __GFP_NOWARN));
	KUNIT_EXPECT_NULL(test, kmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL | __GFP_NOWARN));
	KUNIT_EXPECT_NULL(test, kmalloc_array(huge / 4, 5, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kcalloc(huge, huge, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kmalloc(array3_size(huge, 2, 2), GFP_KERNEL | __GFP_NOWARN));
}

static void zeroed(struct kunit *test)
{
	for (size_t size = 8; size <= 2048; size *= 4) {
		unsigned char *p = kmalloc(size, GFP_KERNEL);

		memset(p, 0xff, size);
		kfree(p);
		p = kzalloc(size, GFP_KERNEL);
		KUNIT_EXPECT_TRUE(test, !p[0] && !memcmp(p, p + 1, size - 1));
		kfree_sensitive(p);
	}
}

static void reallocation(struct kunit *test)
{
	char *p = krealloc(NULL, 20, GFP_KERNEL), *q;

	KUNIT_ASSERT_NOT_NULL(test, p);
	strscpy(p, "nineteen characters", 20);
	KUNIT_EXPECT_PTR_EQ(test, (char *)krealloc(p, 32, GFP_KERNEL), p);
	KUNIT_EXPECT_PTR_EQ(test, (char *)krealloc(p, 20, GFP_KERNEL), p);
	q = krealloc(p, 5000, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, q);
	KUNIT_EXPECT_STREQ(test, q, "nineteen characters");
	p = krealloc(q, 50000, GFP_KERNEL);
	KUNIT_EXPECT_STREQ(test, p, "nineteen characters");
	KUNIT_EXPECT_NULL(test, krealloc(p, KMALLOC_MAX_SIZE + 1, GFP_KERNEL | __GFP_NOWARN));
	KUNIT_EXPECT_PTR_EQ(test, krealloc(p, 0, GFP_KERNEL), ZERO_SIZE_PTR);
}

static void copies(struct kunit *test)
{
	char *p = kstrdup("a string", GFP_KERNEL);

	KUNIT_EXPECT_STREQ(test, p, "a string");
	kfree(p);
	p = kasprintf(GFP_KERNEL, "%s %d", "number", 42);
	KUNIT_EXPECT_STREQ(test, p, "number 42");
	kfree(p);
	p = kstrndup("a string", 3, GFP_KERNEL);
	KUNIT_EXPECT_STREQ(test, p, "a s");
	kfree(p);
	KUNIT_EXPECT_NULL(test, kstrdup(NULL, GFP_KERNEL));
}

static void mistakes_are_named(struct kunit *test)
{
	unsigned long page = __get_free_page(GFP_KERNEL);
	void *p = kmalloc(64, GFP_KERNEL);

	kunit_expect_warnings(test, 3);
	kfree((void *)page); /* a page that nobody kmalloced */
	kfree(test->name);   /* constant data of the kernel */
	kfree(p);
	kfree(p); /* twice */ /* NOLINT(clang-analyzer-unix.Malloc) */
	free_page(page);
}

static void sleeping_where_nobody_may(struct kunit *test)
{
	void *p;

	kunit_expect_warnings(test, 1);
	preempt_disable();
	p = kmalloc(64, GFP_ATOMIC);
	kfree(p);
	p = kmalloc(64, GFP_KERNEL);
	preempt_enable();
	kfree(p);
}

static void kvmalloc_family(struct kunit *test)
{
	char *p = kvmalloc(100, GFP_KERNEL);

	KUNIT_EXPECT_FALSE(test, is_vmalloc_addr(p));
	p = kvrealloc(p, 20000, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	kvfree(p);
	/* More than kmalloc() ever gives. */
	p = kvmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_TRUE(test, is_vmalloc_addr(p));
	mm_mark(p, KMALLOC_MAX_SIZE, 3);
	kvfree(p);
	KUNIT_EXPECT_NULL(test, kvmalloc_array(SIZE_MAX / 2, 4, GFP_KERNEL | __GFP_NOWARN));
	kvfree(NULL);
}

#define HELD 40

static void churn(struct mm_worker *w)
{
	struct {
		void *p;
		size_t size;
	} held[HELD] = {{NULL, 0}};

	for (unsigned int step = 0; step < mm_steps(800); step++) {
		unsigned int i = mm_below(&w->rnd, HELD);

		if (held[i].p) {
			w->errors += !mm_marked(held[i].p, held[i].size, w->cpu);
			kfree(held[i].p);
			held[i].p = NULL;
			continue;
		}
		held[i].size = 1 + mm_below(&w->rnd, mm_below(&w->rnd, 16) ? 600 : 20000);
		held[i].p = kmalloc(held[i].size, (step & 3 ? GFP_KERNEL : GFP_ATOMIC) | __GFP_NOWARN);
		if (held[i].p)
			mm_mark(held[i].p, held[i].size, w->cpu);
	}
	for (unsigned int i = 0; i < HELD; i++)
		kfree(held[i].p);
}

static void all_cpus_at_once(struct kunit *test)
{
	mm_on_all_cpus(test, churn);
}

static struct kunit_case kmalloc_cases[] = {KUNIT_CASE(every_class),
					    KUNIT_CASE(constant_sizes),
					    KUNIT_CASE(types),
					    KUNIT_CASE(large_sizes),
					    KUNIT_CASE(sizes_that_cannot_be),
					    KUNIT_CASE(zeroed),
					    KUNIT_CASE(reallocation),
					    KUNIT_CASE(copies),
					    KUNIT_CASE(mistakes_are_named),
					    KUNIT_CASE(sleeping_where_nobody_may),
					    KUNIT_CASE(kvmalloc_family),
					    KUNIT_CASE(all_cpus_at_once),
					    {}};

static struct kunit_suite kmalloc_suite = {
	.name = "mm_kmalloc",
	.init = mm_case_begin,
	.exit = mm_case_end,
	.test_cases = kmalloc_cases,
};
kunit_test_suite(kmalloc_suite);
