// SPDX-License-Identifier: MIT
/*
 * mm_slab.c - suite: caches of objects. Geometry, constructors, zones, bulk, objects freed on another CPU, mistakes. Every case
 * gives back what it took: users hold as many objects before and after.
 */
#include "mm_suite.h"

static void sizes_and_alignments(struct kunit *test)
{
	static const struct {
		unsigned int size, align;
		slab_flags_t flags;
		unsigned long aligned;
	} cases[] = {
		{1, 0, 0, 8},       {24, 0, 0, 8},   {24, 0, SLAB_HWCACHE_ALIGN, 32}, {100, 0, SLAB_HWCACHE_ALIGN, 64},
		{100, 256, 0, 256}, {3000, 0, 0, 8}, {9000, 4096, 0, 4096},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kmem_cache *s =
			kmem_cache_create("t_geometry", cases[i].size, cases[i].align, cases[i].flags, NULL);
		void *p[12];

		KUNIT_ASSERT_NOT_NULL(test, s);
		KUNIT_EXPECT_EQ(test, kmem_cache_size(s), cases[i].size);
		for (unsigned int n = 0; n < ARRAY_SIZE(p); n++) {
			p[n] = kmem_cache_alloc(s, GFP_KERNEL);
			KUNIT_EXPECT_EQ(test, (unsigned long)p[n] & (cases[i].aligned - 1), 0UL);
			mm_mark(p[n], cases[i].size, n);
		}
		for (unsigned int n = 0; n < ARRAY_SIZE(p); n++) {
			KUNIT_EXPECT_TRUE(test, mm_marked(p[n], cases[i].size, n));
			kmem_cache_free(s, p[n]);
		}
		kmem_cache_destroy(s);
	}
}

struct built {
	unsigned long a, b;
	char pad[40];
};

static void build(void *obj)
{
	struct built *o = obj;

	o->a = 0x1111;
	o->b = 0x2222;
}

static void constructors(struct kunit *test)
{
	struct kmem_cache *s = kmem_cache_create("t_ctor", sizeof(struct built), 0, 0, build);
	struct built *o[80];

	KUNIT_ASSERT_NOT_NULL(test, s);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(o); i++) {
			o[i] = kmem_cache_alloc(s, GFP_KERNEL);
			KUNIT_EXPECT_TRUE(test, o[i] && o[i]->a == 0x1111 && o[i]->b == 0x2222);
		}
		for (size_t i = 0; i < ARRAY_SIZE(o); i++)
			kmem_cache_free(s, o[i]);
	}
	kmem_cache_destroy(s);
}

static void two_forms_of_creation(struct kunit *test)
{
	struct kmem_cache_args args = {.align = 64, .ctor = build};
	struct kmem_cache *s = kmem_cache_create("t_args", sizeof(struct built), &args, SLAB_PANIC);
	struct kmem_cache *t = KMEM_CACHE(built, SLAB_HWCACHE_ALIGN);
	struct built *o;

	KUNIT_ASSERT_NOT_NULL(test, s);
	KUNIT_ASSERT_NOT_NULL(test, t);
	o = kmem_cache_alloc(s, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, (unsigned long)o % 64, 0UL);
	KUNIT_EXPECT_EQ(test, o->b, 0x2222UL);
	kmem_cache_free(s, o);
	o = kmem_cache_zalloc(t, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, o->a | o->b, 0UL);
	kfree(o);
	kmem_cache_destroy(s);
	kmem_cache_destroy(t);
	kmem_cache_destroy(NULL);
}

static void zones_of_caches(struct kunit *test)
{
	struct kmem_cache *s;
	void *p;

	if (!managed_zone(&mm_zones[ZONE_DMA]))
		kunit_skip(test, "no DMA zone");
	s = kmem_cache_create("t_dma", 64, 0, SLAB_CACHE_DMA, NULL);
	KUNIT_ASSERT_NOT_NULL(test, s);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	KUNIT_EXPECT_LT(test, virt_to_phys(p), (phys_addr_t)DMA_END);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static void bulk(struct kunit *test)
{
	struct kmem_cache *s = kmem_cache_create("t_bulk", 96, 0, 0, NULL);
	void **p = kcalloc(150, sizeof(void *), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	KUNIT_ASSERT_NOT_NULL(test, p);
	for (size_t nr = 10; nr <= 150; nr += 70) {
		KUNIT_ASSERT_EQ(test, kmem_cache_alloc_bulk(s, GFP_KERNEL, nr, p), (int)nr);
		for (size_t i = 0; i < nr; i++)
			mm_mark(p[i], 96, i);
		for (size_t i = 0; i < nr; i++)
			KUNIT_EXPECT_TRUE(test, mm_marked(p[i], 96, i));
		KUNIT_EXPECT_EQ(test, kmem_cache_objects(s), nr);
		kmem_cache_free_bulk(nr == 80 ? NULL : s, nr, p);
		KUNIT_EXPECT_EQ(test, kmem_cache_objects(s), 0UL);
	}
	kfree(p);
	kmem_cache_destroy(s);
}

static void shrink_gives_pages_back(struct kunit *test)
{
	struct kmem_cache *s = kmem_cache_create("t_shrink", 512, 0, 0, NULL);
	void *p[64];

	KUNIT_ASSERT_NOT_NULL(test, s);
	KUNIT_ASSERT_EQ(test, kmem_cache_alloc_bulk(s, GFP_KERNEL, ARRAY_SIZE(p), p), (int)ARRAY_SIZE(p));
	KUNIT_EXPECT_GE(test, kmem_cache_pages(s), 8UL);
	KUNIT_EXPECT_EQ(test, kmem_cache_shrink(s), 1);
	kmem_cache_free_bulk(s, ARRAY_SIZE(p), p);
	KUNIT_EXPECT_EQ(test, kmem_cache_shrink(s), 0);
	KUNIT_EXPECT_EQ(test, kmem_cache_pages(s), 0UL);
	kmem_cache_destroy(s);
}

static void mistakes_are_named(struct kunit *test)
{
	struct kmem_cache *s = kmem_cache_create("t_wrong", 64, 0, SLAB_NO_MERGE, NULL);
	struct kmem_cache *t = kmem_cache_create("t_other", 64, 0, SLAB_NO_MERGE, NULL);
	void *p;

	KUNIT_ASSERT_NOT_NULL(test, s);
	KUNIT_ASSERT_NOT_NULL(test, t);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	kunit_expect_warnings(test, 4);
	kmem_cache_free(t, p);     /* not its cache */
	kmem_cache_free(s, &test); /* not an object at all */
	kmem_cache_destroy(s);     /* not yet */
	KUNIT_EXPECT_EQ(test, kmem_cache_objects(s), 1UL);
	kmem_cache_free(s, p);
	kmem_cache_free(s, p); /* twice */
	KUNIT_EXPECT_EQ(test, kmem_cache_objects(s), 0UL);
	kmem_cache_destroy(s);
	kmem_cache_destroy(t);
}

/* ---- one CPU allocates, the next frees ---- */

#define RING 64

static struct kmem_cache *shared;
static void *ring[RING];

/* Swap a marked object of one's own against whatever lies there, check it and free it. */
static void exchange(struct mm_worker *w)
{
	for (unsigned int step = 0; step < mm_steps(500); step++) {
		unsigned long *o = kmem_cache_alloc(shared, step & 1 ? GFP_KERNEL : GFP_ATOMIC);

		if (!o) {
			w->errors++;
			continue;
		}
		mm_mark(o, 128, 0x5a);
		o = xchg(&ring[mm_below(&w->rnd, RING)], o);
		if (!o)
			continue;
		w->errors += !mm_marked(o, 128, 0x5a);
		*o = 0;
		kmem_cache_free(shared, o);
	}
}

static void freed_on_another_cpu(struct kunit *test)
{
	shared = kmem_cache_create("t_ring", 128, 0, SLAB_HWCACHE_ALIGN, NULL);
	KUNIT_ASSERT_NOT_NULL(test, shared);
	mm_on_all_cpus(test, exchange);
	for (unsigned int i = 0; i < RING; i++) {
		kfree(ring[i]);
		ring[i] = NULL;
	}
	KUNIT_EXPECT_EQ(test, kmem_cache_objects(shared), 0UL);
	kmem_cache_destroy(shared);
}

static void use_in_interrupt(void *info)
{
	void *p = kmem_cache_alloc(shared, GFP_ATOMIC);

	if (!p)
		atomic_inc((atomic_t *)info);
	else
		kmem_cache_free(shared, p);
}

static void interrupted(struct mm_worker *w)
{
	atomic_t errors = ATOMIC_INIT(0);
	void *p[8];

	for (unsigned int i = 0; i < 8; i++) {
		p[i] = kmem_cache_alloc(shared, GFP_KERNEL);
		on_each_cpu(use_in_interrupt, &errors, 1);
	}
	for (unsigned int i = 0; i < 8; i++)
		kfree(p[i]);
	w->errors += (unsigned int)atomic_read(&errors);
}

static void in_interrupts(struct kunit *test)
{
	shared = kmem_cache_create("t_irq", 200, 0, 0, NULL);
	KUNIT_ASSERT_NOT_NULL(test, shared);
	mm_on_all_cpus(test, interrupted);
	KUNIT_EXPECT_EQ(test, kmem_cache_objects(shared), 0UL);
	kmem_cache_destroy(shared);
}

static struct kunit_case slab_cases[] = {KUNIT_CASE(sizes_and_alignments),
					 KUNIT_CASE(constructors),
					 KUNIT_CASE(two_forms_of_creation),
					 KUNIT_CASE(zones_of_caches),
					 KUNIT_CASE(bulk),
					 KUNIT_CASE(shrink_gives_pages_back),
					 KUNIT_CASE(mistakes_are_named),
					 KUNIT_CASE(freed_on_another_cpu),
					 KUNIT_CASE(in_interrupts),
					 {}};

static struct kunit_suite slab_suite = {
	.name = "mm_slab",
	.init = mm_case_begin,
	.exit = mm_case_end,
	.test_cases = slab_cases,
};
kunit_test_suite(slab_suite);
