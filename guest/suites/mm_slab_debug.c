// SPDX-License-Identifier: MIT
/*
 * mm_slab_debug.c - suite: slab debugging finds what it should. Each case does one thing that no kernel code may do and expects the
 * report that names it, and nothing else; afterwards the damage is repaired and the cache whole. Debug kernel; with the boot
 * argument slub_debug= that leaves a check out, its case is skipped.
 */
#include <mmvisor/failslab.h>

#include "mm_suite.h"

#define ALL_CHECKS (SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER)

static struct kmem_cache *bench;

static int debug_begin(struct kunit *test)
{
	if (!mm_root.debug) {
		kunit_mark_skipped(test, "the release kernel does not check");
		return 0;
	}
	mm_case_begin(test);
	bench = kmem_cache_create("t_debug", 100, 0, ALL_CHECKS, NULL);
	return bench ? 0 : -ENOMEM;
}

static void debug_end(struct kunit *test)
{
	if (!mm_root.debug)
		return;
	KUNIT_EXPECT_EQ(test, validate_slab_cache(bench), 0UL);
	KUNIT_EXPECT_EQ(test, kmem_cache_objects(bench), 0UL);
	kmem_cache_destroy(bench);
	mm_case_end(test);
}

/* The compiler must not know what this is, or it complains about what these tests are for. */
static void *wild(void *p)
{
	asm volatile("" : "+r"(p));
	return p;
}

static void poke(void *p, long offset, int value)
{
	((volatile char *)wild(p))[offset] = (char)value;
}

static void overflow_to_the_right(struct kunit *test)
{
	char *p = kmem_cache_alloc(bench, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	poke(p, 100, 'A');
	KUNIT_EXPECT_REPORT(test, "Right Redzone overwritten", kmem_cache_free(bench, p));
}

static void overflow_to_the_left(struct kunit *test)
{
	char *p = kmem_cache_alloc(bench, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	poke(p, -1, 'A');
	KUNIT_EXPECT_REPORT(test, "Left Redzone overwritten", kmem_cache_free(bench, p));
}

static void beyond_what_kmalloc_was_asked_for(struct kunit *test)
{
	char *p = kmalloc(100, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	poke(p, 100, 'A');
	KUNIT_EXPECT_REPORT(test, "kmalloc Redzone overwritten", kfree(p));
	/* Whoever asks how much there is may use it. */
	p = kmalloc(100, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, ksize(p), 128UL);
	poke(p, 127, 'A');
	kfree(p);
	p = krealloc(kmalloc(100, GFP_KERNEL), 110, GFP_KERNEL);
	poke(p, 109, 'A');
	p = krealloc(p, 50, GFP_KERNEL);
	poke(p, 50, 'A');
	KUNIT_EXPECT_REPORT(test, "kmalloc Redzone overwritten", kfree(p));
}

static void zeroed_up_to_what_was_asked_for(struct kunit *test)
{
	unsigned char *p = kzalloc(70, GFP_KERNEL);

	for (unsigned int i = 0; i < 70; i++)
		KUNIT_EXPECT_EQ(test, p[i], 0);
	p = krealloc(p, 90, GFP_KERNEL | __GFP_ZERO);
	p = krealloc(p, 300, GFP_KERNEL | __GFP_ZERO);
	for (unsigned int i = 0; i < 300; i++)
		KUNIT_EXPECT_EQ(test, p[i], 0);
	kfree(p);
}

static void write_after_free_is_found_by_the_next_user(struct kunit *test)
{
	char *p = kmem_cache_alloc(bench, GFP_KERNEL), *q;

	KUNIT_ASSERT_NOT_NULL(test, p);
	kmem_cache_free(bench, p);
	poke(p, 40, 'A');
	KUNIT_EXPECT_REPORT(test, "Poison overwritten", q = kmem_cache_alloc(bench, GFP_KERNEL));
	KUNIT_EXPECT_PTR_EQ(test, p, q);
	kmem_cache_free(bench, q);
	poke(p, 99, 'A');
	KUNIT_EXPECT_REPORT(test, "End Poison overwritten", q = kmem_cache_alloc(bench, GFP_KERNEL));
	kmem_cache_free(bench, q);
}

static void write_after_free_is_found_by_validation(struct kunit *test)
{
	char *p = kmem_cache_alloc(bench, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	kmem_cache_free(bench, p);
	poke(p, 0, 'A');
	KUNIT_EXPECT_REPORT(test, "Poison overwritten", KUNIT_EXPECT_EQ(test, validate_slab_cache(bench), 1UL));
	poke(p, -3, 'A');
	KUNIT_EXPECT_REPORT(test, "Left Redzone overwritten", KUNIT_EXPECT_EQ(test, validate_slab_all(), 1UL));
}

static void write_after_free_is_found_when_the_slab_goes(struct kunit *test)
{
	char *p = kmem_cache_alloc(bench, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	kmem_cache_free(bench, p);
	poke(p, 8, 'A');
	KUNIT_EXPECT_REPORT(test, "Poison overwritten", kmem_cache_shrink(bench));
}

static void contents_tell_the_state(struct kunit *test)
{
	unsigned char *p = kmem_cache_alloc(bench, GFP_KERNEL);

	KUNIT_EXPECT_EQ(test, p[0], 0x5a);
	KUNIT_EXPECT_EQ(test, p[99], 0x5a);
	kmem_cache_free(bench, p);
	p = wild(p);
	KUNIT_EXPECT_EQ(test, p[0], 0x6b);
	KUNIT_EXPECT_EQ(test, p[99], 0xa5);
	KUNIT_EXPECT_EQ(test, p[-1], 0xbb);
	p = kmem_cache_zalloc(bench, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, p[99], 0);
	KUNIT_EXPECT_EQ(test, p[100], 0xcc);
	KUNIT_EXPECT_EQ(test, p[-1], 0xcc);
	kmem_cache_free(bench, p);
}

static void freed_twice(struct kunit *test)
{
	char *p = kmem_cache_alloc(bench, GFP_KERNEL), *q = kmem_cache_alloc(bench, GFP_KERNEL);

	kmem_cache_free(bench, p);
	kmem_cache_free(bench, q);
	KUNIT_EXPECT_REPORT(test, "already free", kmem_cache_free(bench, p)); /* NOLINT(clang-analyzer-unix.Malloc) */
	p = kmalloc(30, GFP_KERNEL);
	kfree(p);
	KUNIT_EXPECT_REPORT(test, "already free", kfree(p)); /* NOLINT(clang-analyzer-unix.Malloc) */
}

static void not_an_object(struct kunit *test)
{
	char *p = kmem_cache_alloc(bench, GFP_KERNEL), *k = kmalloc(64, GFP_KERNEL);
	static char here[64];

	KUNIT_EXPECT_REPORT(test, "Invalid object pointer", kmem_cache_free(bench, p + 8));
	KUNIT_EXPECT_REPORT(test, "Invalid object pointer", kfree(k + 1));
	KUNIT_EXPECT_REPORT(test, "different cache",
			    kmem_cache_free(bench, k)); /* not freed above: NOLINT(clang-analyzer-unix.Malloc) */
	KUNIT_EXPECT_REPORT(test, "not a Slab page", kmem_cache_free(bench, here));
	KUNIT_EXPECT_REPORT(test, "Not a kmalloc allocation", kfree(here));
	kmem_cache_free(bench, p);
	kfree(k);
}

/* ---- damage to slabs themselves ---- */

static struct slab *slab_of(void *obj)
{
	return (struct slab *)virt_to_head_page(obj);
}

static void slab_padding(struct kunit *test)
{
	char *p = kmem_cache_alloc(bench, GFP_KERNEL);
	struct slab *slab = slab_of(p);
	char *end = (char *)page_address((struct page *)slab) + (PAGE_SIZE << slab->order);

	KUNIT_ASSERT_NOT_NULL(test, p);
	poke(end, -1, 'A');
	KUNIT_EXPECT_REPORT(test, "Padding overwritten", validate_slab_cache(bench));
	kmem_cache_free(bench, p);
}

static void object_padding(struct kunit *test)
{
	struct kmem_cache *s = kmem_cache_create("t_padding", 40, 256, ALL_CHECKS, NULL);
	char *p;

	KUNIT_ASSERT_NOT_NULL(test, s);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	poke(p, (long)(s->size - s->red_left) - 1, 'A');
	KUNIT_EXPECT_REPORT(test, "Object padding overwritten", kmem_cache_free(s, p));
	kmem_cache_destroy(s);
	s = kmem_cache_create("t_align", 36, 0, SLAB_CONSISTENCY_CHECKS | SLAB_POISON, NULL);
	KUNIT_ASSERT_NOT_NULL(test, s);
	if (!(s->flags & SLAB_RED_ZONE)) {
		p = kmem_cache_alloc(s, GFP_KERNEL);
		poke(p, 37, 'A');
		KUNIT_EXPECT_REPORT(test, "Alignment padding overwritten", kmem_cache_free(s, p));
	}
	kmem_cache_destroy(s);
}

/* The link of a free object leads into the middle of nowhere. */
static void corrupt_link(struct kunit *test)
{
	char *p = kmem_cache_alloc(bench, GFP_KERNEL), *q = kmem_cache_alloc(bench, GFP_KERNEL);

	kmem_cache_free(bench, q);
	kmem_cache_free(bench, p);
	/* Changed for sure: what it is has been mixed with a random number. */
	poke(p, bench->offset + 2, (char)(p[bench->offset + 2] ^ 0x77));
	KUNIT_EXPECT_REPORT(test, "Freechain corrupt", p = kmem_cache_alloc(bench, GFP_KERNEL));
	KUNIT_EXPECT_NOT_NULL(test, p);
	kmem_cache_free(bench, p);
}

static void corrupt_list_head(struct kunit *test)
{
	char *p = kmem_cache_alloc(bench, GFP_KERNEL), *q;

	slab_of(p)->freelist = p + 8;
	KUNIT_EXPECT_REPORT(test, "Freepointer corrupt", q = kmem_cache_alloc(bench, GFP_KERNEL));
	KUNIT_EXPECT_PTR_NE(test, q, p);
	kmem_cache_free(bench, p);
	kmem_cache_free(bench, q);
}

static void counts_that_do_not_agree(struct kunit *test)
{
	char *p = kmem_cache_alloc(bench, GFP_KERNEL);
	struct slab *slab = slab_of(p);

	slab->inuse = 2;
	bench->nr_out++;
	KUNIT_EXPECT_REPORT(test, "Wrong object count", validate_slab_cache(bench));
	KUNIT_EXPECT_EQ(test, slab->inuse, 1);
	slab->objects--;
	KUNIT_EXPECT_REPORT(test, "Wrong number of objects", validate_slab_cache(bench));
	bench->nr_partial++;
	KUNIT_EXPECT_REPORT(test, "partial slabs counted", validate_slab_cache(bench));
	bench->nr_partial--;
	kmem_cache_free(bench, p);
}

/* ---- knowing who ---- */

static void links_are_not_addresses(struct kunit *test)
{
	void *p = kmem_cache_alloc(bench, GFP_KERNEL), *q = kmem_cache_alloc(bench, GFP_KERNEL);
	unsigned long link;

	kmem_cache_free(bench, q);
	kmem_cache_free(bench, p);
	link = *(unsigned long *)((char *)wild(p) + bench->offset);
	KUNIT_EXPECT_NE(test, link, (unsigned long)q);
	KUNIT_EXPECT_EQ(test, slab_link(bench->random, (unsigned long)p + bench->offset, link), (unsigned long)q);
}

static void destroyed_with_objects_out(struct kunit *test)
{
	struct kmem_cache *s = kmem_cache_create("t_left", 64, 0, 0, NULL);
	void *p;

	KUNIT_ASSERT_NOT_NULL(test, s);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	KUNIT_EXPECT_REPORT(test, "Slab cache still has objects", kmem_cache_destroy(s));
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static noinline void *take_from_bench(void)
{
	void *p = kmem_cache_alloc(bench, GFP_KERNEL);

	barrier();
	return p;
}

static void leaks_are_known_by_stack(struct kunit *test)
{
	struct slab_leak leaks[4];
	u32 since;
	void *p[3];

	if (!bench->track)
		kunit_skip(test, "no user tracking");
	since = slab_serial();
	p[0] = take_from_bench();
	p[1] = kmem_cache_alloc(bench, GFP_KERNEL);
	p[2] = take_from_bench();
	kmem_cache_free(bench, p[1]);
	KUNIT_ASSERT_EQ(test, slab_leaks(since, leaks, ARRAY_SIZE(leaks)), 2U);
	KUNIT_EXPECT_PTR_EQ(test, (void *)leaks[0].cache, (void *)bench);
	KUNIT_EXPECT_EQ(test, leaks[0].objects, 1UL);
	KUNIT_EXPECT_EQ(test, leaks[0].bytes, 100UL);
	KUNIT_EXPECT_NE(test, leaks[0].stack, 0U);
	KUNIT_EXPECT_NE(test, leaks[0].stack, leaks[1].stack);
	KUNIT_EXPECT_EQ(test, leaks[0].caller, leaks[1].caller);
	KUNIT_EXPECT_EQ(test, slab_leaks(slab_serial(), leaks, ARRAY_SIZE(leaks)), 0U);
	KUNIT_EXPECT_EQ(test, slab_leaks(since, leaks, 1), 1U);
	KUNIT_EXPECT_EQ(test, leaks[0].objects, 2UL);
	kmem_cache_free(bench, p[0]);
	kmem_cache_free(bench, p[2]);
}

static void any_address_is_explained(struct kunit *test)
{
	void *p = kmem_cache_alloc(bench, GFP_KERNEL), *v = vmalloc(100);
	static int here;

	KUNIT_EXPECT_TRUE(test, kmem_dump_obj((char *)p + 10));
	kmem_cache_free(bench, p);
	KUNIT_EXPECT_TRUE(test, kmem_dump_obj(p));
	KUNIT_EXPECT_FALSE(test, kmem_dump_obj(&here));
	KUNIT_EXPECT_FALSE(test, kmem_dump_obj(NULL));
	mem_dump_obj(v);
	mem_dump_obj(NULL);
	mem_dump_obj(ZERO_SIZE_PTR);
	mem_dump_obj(&here);
	mem_dump_obj((void *)0x123456789abcdef0);
	vfree(v);
}

/* ---- failures on purpose ---- */

static void failslab_fails(struct kunit *test)
{
	struct failslab was = failslab;
	void *p[10];
	unsigned int failed = 0;

	failslab.attr.probability = 100;
	failslab.attr.interval = 2;
	failslab.attr.verbose = 0;
	failslab.attr.task = current;
	atomic_set(&failslab.attr.times, 3);
	/* by default those that may sleep are spared */
	p[0] = kmem_cache_alloc(bench, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, p[0]);
	kmem_cache_free(bench, p[0]);
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
		p[i] = kmem_cache_alloc(bench, GFP_NOWAIT);
		failed += !p[i];
	}
	KUNIT_EXPECT_EQ(test, failed, 3U);
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		if (p[i])
			kmem_cache_free(bench, p[i]);
	atomic_set(&failslab.attr.times, -1);
	failslab.attr.interval = 1;
	failslab.ignore_gfp_wait = false;
	KUNIT_EXPECT_NULL(test, kmalloc(10, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kstrdup("x", GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, kmem_cache_alloc_bulk(bench, GFP_KERNEL, ARRAY_SIZE(p), p), 0);
	failslab.cache_filter = true;
	p[0] = kmem_cache_alloc(bench, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, p[0]);
	failslab = was;
	kmem_cache_free(bench, p[0]);
}

/* A structure of three parts, of which any may be refused: then what there is of it goes, and nothing leaks. */
static bool build_and_drop(void)
{
	char **table = kcalloc(4, sizeof(*table), GFP_KERNEL);
	bool built = table;

	for (unsigned int i = 0; built && i < 4; i++) {
		table[i] = kasprintf(GFP_KERNEL, "part %u", i);
		built = table[i];
	}
	for (unsigned int i = 0; table && i < 4; i++)
		kfree(table[i]);
	kfree(table);
	return built;
}

static void nothing_leaks_when_allocations_fail(struct kunit *test)
{
	struct failslab was = failslab;
	unsigned int built = 0;

	failslab.attr.probability = 20;
	failslab.attr.verbose = 0;
	failslab.attr.task = current;
	failslab.ignore_gfp_wait = false;
	atomic_set(&failslab.attr.times, -1);
	for (unsigned int i = 0; i < 60; i++)
		built += build_and_drop();
	failslab = was;
	KUNIT_EXPECT_GT(test, built, 0U);
	KUNIT_EXPECT_LT(test, built, 60U);
}

static struct kunit_case debug_cases[] = {
	KUNIT_CASE(contents_tell_the_state),
	KUNIT_CASE(overflow_to_the_right),
	KUNIT_CASE(overflow_to_the_left),
	KUNIT_CASE(beyond_what_kmalloc_was_asked_for),
	KUNIT_CASE(zeroed_up_to_what_was_asked_for),
	KUNIT_CASE(write_after_free_is_found_by_the_next_user),
	KUNIT_CASE(write_after_free_is_found_by_validation),
	KUNIT_CASE(write_after_free_is_found_when_the_slab_goes),
	KUNIT_CASE(freed_twice),
	KUNIT_CASE(not_an_object),
	KUNIT_CASE(slab_padding),
	KUNIT_CASE(object_padding),
	KUNIT_CASE(corrupt_link),
	KUNIT_CASE(corrupt_list_head),
	KUNIT_CASE(counts_that_do_not_agree),
	KUNIT_CASE(links_are_not_addresses),
	KUNIT_CASE(destroyed_with_objects_out),
	KUNIT_CASE(leaks_are_known_by_stack),
	KUNIT_CASE(any_address_is_explained),
	KUNIT_CASE(failslab_fails),
	KUNIT_CASE(nothing_leaks_when_allocations_fail),
	{},
};

static struct kunit_suite debug_suite = {
	.name = "mm_slab_debug",
	.init = debug_begin,
	.exit = debug_end,
	.test_cases = debug_cases,
};
kunit_test_suite(debug_suite);
