// SPDX-License-Identifier: MIT
/* test_mm_slab.c - slab caches and the kmalloc family on the host. See test_mm_page.c for seeds and steps. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "tests/runner.h"
#include "tests/unit/pc.h"

/* ---- caches ---- */

START_TEST(geometry_of_caches)
{
	static const struct {
		unsigned int size, align;
		slab_flags_t flags;
		unsigned int want_align, want_size;
	} cases[] = {
		{1, 0, 0, 8, 8},
		{8, 0, 0, 8, 8},
		{13, 0, 0, 8, 16},
		{13, 0, SLAB_HWCACHE_ALIGN, 16, 16},
		{40, 0, SLAB_HWCACHE_ALIGN, 64, 64},
		{32, 0, SLAB_HWCACHE_ALIGN, 32, 32},
		{100, 0, SLAB_HWCACHE_ALIGN, 64, 128},
		{100, 128, 0, 128, 128},
		{24, 0, SLAB_TYPESAFE_BY_RCU, 8, 32},
		{5000, 4096, 0, 4096, 8192},
		{40000, 0, 0, 8, 40000},
		{1 << 22, 0, 0, 8, 1 << 22},
	};

	boot();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kmem_cache *s = kmem_cache_create("t", cases[i].size, cases[i].align, cases[i].flags, NULL);
		char *p;

		ck_assert_ptr_nonnull(s);
		ck_assert_uint_eq(s->align, cases[i].want_align);
		ck_assert_uint_eq(s->size, cases[i].want_size);
		ck_assert_uint_ge(s->objs_per_slab, 1);
		ck_assert_uint_le((size_t)s->objs_per_slab * s->size, PAGE_SIZE << s->order);
		ck_assert_uint_eq(kmem_cache_size(s), cases[i].size);
		p = kmem_cache_alloc(s, GFP_KERNEL);
		ck_assert_ptr_nonnull(p);
		ck_assert_uint_eq((unsigned long)p % s->align, 0);
		ck_assert_uint_eq(ksize(p), cases[i].size);
		memset(p, 0xff, cases[i].size);
		assert_valid();
		kmem_cache_free(s, p);
		kmem_cache_destroy(s);
	}
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

START_TEST(bad_caches_are_refused)
{
	boot();
	ck_assert_ptr_null(kmem_cache_create(NULL, 8, 0, 0, NULL));
	ck_assert_ptr_null(kmem_cache_create("", 8, 0, 0, NULL));
	ck_assert_ptr_null(kmem_cache_create("t", 0, 0, 0, NULL));
	ck_assert_ptr_null(kmem_cache_create("t", KMALLOC_MAX_SIZE + 1, 0, 0, NULL));
	ck_assert_ptr_null(kmem_cache_create("t", 8, 24, 0, NULL));
	ck_assert_ptr_null(kmem_cache_create("t", 8, 0, 0x80000000u, NULL));
	ck_assert_ptr_nonnull(strstr(sim_log(), "kmem_cache_create_usercopy(t) failed with error -22"));
	sim_interrupt_enter();
	ck_assert_ptr_null(kmem_cache_create("t", 8, 0, 0, NULL));
	sim_interrupt_exit();
	ck_assert_uint_eq(sim_warnings(), 0);
	ck_assert_ptr_nonnull(kmem_cache_create("t", 8, 0, 0, NULL));
	ck_assert_ptr_nonnull(kmem_cache_create("t", 8, 0, 0, NULL));
	ck_assert_uint_eq(sim_warnings(), 1);
	ck_assert_ptr_nonnull(strstr(sim_log(), "kmem_cache of name 't' already exists"));
	usage();
}
END_TEST

static void set_pattern(void *obj)
{
	memset(obj, 0x5c, 48);
}

START_TEST(constructed_objects_stay_constructed)
{
	struct kmem_cache_args args = {.ctor = set_pattern, .align = 16};
	unsigned long before;
	struct kmem_cache *s;
	char *p[500], pattern[48];

	boot();
	before = usage();
	s = kmem_cache_create("ctor", 48, &args, SLAB_HWCACHE_ALIGN);
	set_pattern(pattern);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 500; i++) {
			p[i] = kmem_cache_alloc(s, GFP_KERNEL);
			ck_assert_mem_eq(p[i], pattern, 48);
		}
		for (int i = 0; i < 500; i++)
			kmem_cache_free(s, p[i]);
		assert_valid();
	}
	kmem_cache_destroy(s);
	ck_assert_uint_eq(usage(), before);
}
END_TEST

START_TEST(zones_of_caches)
{
	struct kmem_cache *dma, *dma32;
	boot();
	dma = kmem_cache_create("dma", 64, 0, SLAB_CACHE_DMA, NULL);
	dma32 = kmem_cache_create("dma32", 64, 0, SLAB_CACHE_DMA32, NULL);
	ck_assert_int_eq(page_zonenum(virt_to_page(kmem_cache_alloc(dma, GFP_KERNEL))), ZONE_DMA);
	ck_assert_int_eq(page_zonenum(virt_to_page(kmem_cache_alloc(dma32, GFP_KERNEL))), ZONE_DMA32);
	ck_assert_int_eq(page_zonenum(virt_to_page(kmalloc(64, GFP_KERNEL | GFP_DMA))), ZONE_DMA);
	ck_assert_int_eq(page_zonenum(virt_to_page(kmalloc(64, GFP_KERNEL))), ZONE_NORMAL);
	ck_assert_uint_eq(sim_warnings(), 0);
	/* A zone that a plain cache cannot promise: said, and ignored. */
	ck_assert_ptr_nonnull(kmalloc(8192, GFP_KERNEL | GFP_DMA32));
	ck_assert_ptr_nonnull(strstr(sim_log(), "Unexpected gfp: 0x4 (GFP_DMA32)"));
	usage();
}
END_TEST

START_TEST(destroy_with_objects_out_keeps_the_cache)
{
	unsigned long before;
	struct kmem_cache *s;
	void *p;

	boot();
	before = usage();
	s = kmem_cache_create("busy", 100, 0, 0, NULL);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_destroy(s);
	ck_assert_uint_eq(sim_warnings(), 1);
	ck_assert_ptr_nonnull(strstr(sim_log(), "kmem_cache_destroy busy: Slab cache still has objects"));
	ck_assert_uint_eq(kmem_cache_objects(s), 1);
	assert_valid();
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
	kmem_cache_destroy(NULL);
	ck_assert_uint_eq(sim_warnings(), 1);
	ck_assert_uint_eq(usage(), before);
}
END_TEST

START_TEST(shrink_gives_everything_back)
{
	struct kmem_cache *s;
	unsigned long free;
	void *p[1000];

	boot();
	s = kmem_cache_create("shrink", 200, 0, 0, NULL);
	free = nr_free_pages();
	for (int i = 0; i < 1000; i++) {
		sim_cpu = (unsigned int)i % 4;
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
	}
	for (int i = 0; i < 1000; i++) {
		sim_cpu = (unsigned int)i / 3 % 4;
		kmem_cache_free(s, p[i]);
	}
	ck_assert_uint_lt(nr_free_pages(), free);
	ck_assert_int_eq(kmem_cache_shrink(s), 0);
	ck_assert_uint_eq(nr_free_pages(), free);
	p[0] = kmem_cache_alloc(s, GFP_KERNEL);
	ck_assert_int_eq(kmem_cache_shrink(s), 1);
	kmem_cache_free(s, p[0]);
	usage();
}
END_TEST

START_TEST(bulk)
{
	unsigned long before;
	struct kmem_cache *s;
	void *p[300];

	boot();
	before = usage();
	s = kmem_cache_create("bulk", 96, 0, 0, NULL);
	for (size_t n = 0; n <= 300; n += 25) {
		ck_assert_int_eq(kmem_cache_alloc_bulk(s, GFP_KERNEL | __GFP_ZERO, n, p), (int)n);
		for (size_t i = 0; i < n; i++) {
			ck_assert_uint_eq(*(uint64_t *)p[i], 0);
			memset(p[i], 0xaa, 96);
		}
		assert_valid();
		ck_assert_uint_eq(kmem_cache_objects(s), n);
		kmem_cache_free_bulk(n & 1 ? NULL : s, n, p);
		assert_valid();
	}
	kmem_cache_destroy(s);
	ck_assert_uint_eq(usage(), before);
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

/* ---- kmalloc ---- */

START_TEST(every_size)
{
	unsigned long before;

	boot();
	before = usage();
	for (size_t size = 1; size <= 3 * KMALLOC_MAX_CACHE_SIZE; size += size < 300 ? 1 : 61) {
		size_t align = size & -size;
		char *p = kmalloc(size, GFP_KERNEL);

		ck_assert_ptr_nonnull(p);
		ck_assert_uint_ge(ksize(p), size);
		ck_assert_uint_eq(ksize(p), kmalloc_size_roundup(size));
		if (size > 8 && size <= 8192)
			ck_assert_uint_lt(ksize(p), 2 * size);
		if (size <= 8192)
			ck_assert_uint_eq(kmalloc_size(kmalloc_index(size)), ksize(p));
		ck_assert_msg((unsigned long)p % (align < PAGE_SIZE ? align : PAGE_SIZE) == 0, "%zu at %p", size, p);
		memset(p, 0x77, size);
		kfree(p);
	}
	for (unsigned int order = 0; order <= MAX_PAGE_ORDER; order++) {
		char *p = kmalloc(PAGE_SIZE << order, GFP_KERNEL);

		ck_assert_uint_eq((unsigned long)p % (PAGE_SIZE << order), 0);
		kfree(p);
	}
	ck_assert_uint_eq(usage(), before);
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

START_TEST(types_and_names)
{
	static const struct {
		gfp_t gfp;
		const char *name;
	} cases[] = {
		{GFP_KERNEL, "kmalloc-96"},
		{GFP_ATOMIC | __GFP_ZERO, "kmalloc-96"},
		{GFP_KERNEL | GFP_DMA, "dma-kmalloc-96"},
		{GFP_KERNEL | __GFP_RECLAIMABLE, "kmalloc-rcl-96"},
		{GFP_KERNEL_ACCOUNT, "kmalloc-cg-96"},
		{GFP_KERNEL_ACCOUNT | __GFP_RECLAIMABLE, "kmalloc-rcl-96"},
		{GFP_KERNEL_ACCOUNT | __GFP_RECLAIMABLE | GFP_DMA, "dma-kmalloc-96"},
	};

	boot();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		void *p = kmalloc(80, cases[i].gfp);
		struct slab *slab = (struct slab *)virt_to_head_page(p);

		ck_assert_str_eq(slab->slab_cache->name, cases[i].name);
		kfree(p);
	}
	usage();
}
END_TEST

START_TEST(odd_sizes)
{
	volatile size_t huge = SIZE_MAX, big = KMALLOC_MAX_SIZE + 1, none = 0;
	unsigned long before;

	boot();
	before = usage();
	ck_assert_ptr_eq(kmalloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
	ck_assert_ptr_eq(kmalloc(none, GFP_KERNEL), ZERO_SIZE_PTR);
	kfree(ZERO_SIZE_PTR);
	kfree(NULL);
	ck_assert_uint_eq(ksize(ZERO_SIZE_PTR), 0);
	ck_assert_uint_eq(ksize(NULL), 0);
	ck_assert_ptr_null(kmalloc(huge, GFP_KERNEL | __GFP_NOWARN));
	ck_assert_ptr_null(kmalloc(big, GFP_KERNEL | __GFP_NOWARN));
	ck_assert_uint_eq(sim_warnings(), 0);
	ck_assert_ptr_null(kmalloc(big, GFP_KERNEL));
	ck_assert_uint_eq(sim_warnings(), 1);
	ck_assert_ptr_null(kcalloc(huge / 2, 3, GFP_KERNEL));
	ck_assert_ptr_null(kmalloc_array(huge, huge, GFP_KERNEL));
	ck_assert_ptr_null(krealloc_array(NULL, huge, 8, GFP_KERNEL));
	ck_assert_uint_eq(sim_warnings(), 1);
	ck_assert_uint_eq(kmalloc_size_roundup(0), 0);
	ck_assert_uint_eq(kmalloc_size_roundup(SIZE_MAX), SIZE_MAX);
	ck_assert_uint_eq(kmalloc_size_roundup(8193), 16384);
	ck_assert_uint_eq(size_mul(huge, 2), SIZE_MAX);
	ck_assert_uint_eq(size_add(huge, 1), SIZE_MAX);
	ck_assert_uint_eq(size_sub(1, 2), SIZE_MAX);
	ck_assert_uint_eq(array3_size(big, huge, 2), SIZE_MAX);
	ck_assert_uint_eq(usage(), before);
}
END_TEST

START_TEST(realloc_rules)
{
	unsigned long before;
	char *p, *q;

	boot();
	before = usage();
	p = krealloc(NULL, 30, GFP_KERNEL);
	memset(p, 1, 30);
	ck_assert_ptr_eq(krealloc(p, 10, GFP_KERNEL), p);
	ck_assert_ptr_eq(krealloc(p, 32, GFP_KERNEL), p);
	q = krealloc(p, 33, GFP_KERNEL);
	ck_assert_ptr_ne(p, q);
	ck_assert_int_eq(q[29], 1);
	ck_assert_ptr_null(krealloc(q, KMALLOC_MAX_SIZE + 1, GFP_KERNEL | __GFP_NOWARN));
	ck_assert_int_eq(q[29], 1);
	ck_assert_ptr_eq(krealloc(q, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	ck_assert_uint_eq(usage(), before);

	/* With __GFP_ZERO all along, whatever is added is zero, in place or not. */
	p = krealloc(NULL, 20, GFP_KERNEL | __GFP_ZERO);
	memset(p, 9, 20);
	p = krealloc(p, 8, GFP_KERNEL | __GFP_ZERO);
	p = krealloc(p, 32, GFP_KERNEL | __GFP_ZERO);
	for (int i = 8; i < 32; i++)
		ck_assert_int_eq(p[i], 0);
	p = krealloc(p, 20000, GFP_KERNEL | __GFP_ZERO);
	ck_assert(!p[8] && !memcmp(p + 8, p + 9, 20000 - 9));
	ck_assert_int_eq(p[7], 9);
	kfree_sensitive(p);
	ck_assert_uint_eq(usage(), before);
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

START_TEST(copies)
{
	unsigned long before;
	char *p;

	boot();
	before = usage();
	p = kstrdup("twelve bytes", GFP_KERNEL);
	ck_assert_str_eq(p, "twelve bytes");
	kfree(p);
	p = kstrndup("twelve bytes", 6, GFP_KERNEL);
	ck_assert_str_eq(p, "twelve");
	kfree(p);
	p = kmemdup_nul("twelve", 3, GFP_KERNEL);
	ck_assert_str_eq(p, "twe");
	kfree(p);
	p = kasprintf(GFP_KERNEL, "%s-%d", "cache", 64);
	ck_assert_str_eq(p, "cache-64");
	kfree(p);
	p = kmemdup("abcd", 4, GFP_KERNEL);
	ck_assert_mem_eq(p, "abcd", 4);
	kfree(p);
	ck_assert_ptr_null(kstrdup(NULL, GFP_KERNEL));
	ck_assert_uint_eq(usage(), before);
}
END_TEST

/* ---- mistakes ---- */

static void expect_report(const char *what)
{
	ck_assert_uint_eq(sim_warnings(), 1);
	ck_assert_msg(strstr(sim_log(), what) != NULL, "'%s' not in: %s", what, sim_log());
	sim_log_clear();
	assert_valid();
}

START_TEST(bad_frees_are_named)
{
	struct kmem_cache *a, *b;
	char *p, *large, *page;
	static char image[64];

	boot();
	a = kmem_cache_create("a", 100, 0, SLAB_NO_MERGE, NULL);
	b = kmem_cache_create("b", 100, 0, SLAB_NO_MERGE, NULL);
	p = kmem_cache_alloc(a, GFP_KERNEL);
	large = kmalloc(20000, GFP_KERNEL);
	page = (char *)__get_free_page(GFP_KERNEL);

	kmem_cache_free(b, p);
	expect_report("object belongs to different cache a");
	kmem_cache_free(a, page);
	expect_report("Object is not a Slab page!");
	kmem_cache_free(a, image);
	expect_report("Object is not a Slab page!");
	kfree(p + 8);
	expect_report("Invalid object pointer");
	kfree(page);
	expect_report("Not a kmalloc allocation");
	kfree(image);
	expect_report("Not a kmalloc allocation");
	kfree(large + PAGE_SIZE);
	expect_report("Not a kmalloc allocation");
	kfree((void *)(PAGE_OFFSET + MiB(30)));
	expect_report("Not a kmalloc allocation");
	kfree(p);
	kfree(p);
	expect_report("Object already free");
	ck_assert_uint_eq(kmem_cache_objects(a), 0);
	kfree(large);
	ck_assert_uint_eq(sim_warnings(), 0);
	free_page((unsigned long)page);
	usage();
}
END_TEST

START_TEST(broken_free_list_ends_the_run)
{
	struct kmem_cache *s;
	struct slab *slab;
	void *p;

	boot();
	s = kmem_cache_create("s", 2048, 0, 0, NULL);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	slab = (struct slab *)virt_to_head_page(p);
	/* Somebody writes over a free object. */
	ck_assert_ptr_nonnull(slab->freelist);
	*(unsigned long *)((char *)slab->freelist + s->offset) = 0x4141414141414141UL;
	for (int i = 0; i < 100; i++)
		kmem_cache_alloc(s, GFP_KERNEL);
}
END_TEST

START_TEST(sleeping_in_interrupts_is_named)
{
	void *p;

	boot();
	sim_interrupt_enter();
	p = kmalloc(100, GFP_ATOMIC);
	kfree(p);
	ck_assert_uint_eq(sim_warnings(), 0);
	p = kmalloc(100, GFP_KERNEL);
	ck_assert_uint_eq(sim_warnings(), 1);
	kfree(p);
	sim_interrupt_exit();
	usage();
}
END_TEST

/* ---- every allocation on the way is refused once ---- */

struct attempt {
	const char *name;
	void *(*make)(void);
	void (*undo)(void *);
};

static void *make_cache_(void)
{
	return kmem_cache_create("fails", 300, 0, 0, NULL);
}

static void undo_cache(void *s)
{
	kmem_cache_destroy(s);
}

static void *make_objects(void)
{
	struct kmem_cache *s = kmem_cache_create("objects", 700, 0, 0, NULL);
	void **p;

	if (!s)
		return NULL;
	p = kmalloc(100 * sizeof(void *), GFP_KERNEL);
	if (!p || !kmem_cache_alloc_bulk(s, GFP_KERNEL, 99, p)) {
		kfree(p);
		kmem_cache_destroy(s);
		return NULL;
	}
	p[99] = s;
	return p;
}

static void undo_objects(void *arg)
{
	void **p = arg;

	kmem_cache_free_bulk(p[99], 99, p);
	kmem_cache_destroy(p[99]);
	kfree(p);
}

static void *make_large(void)
{
	return kmalloc(100000, GFP_KERNEL);
}

static void undo_kfree(void *p)
{
	kfree(p);
}

static const struct attempt attempts[] = {
	{"cache", make_cache_, undo_cache},
	{"objects", make_objects, undo_objects},
	{"large", make_large, undo_kfree},
};

START_TEST(every_refusal_unwinds)
{
	const struct attempt *a = &attempts[_i];
	unsigned long before;

	boot();
	mm_drain();
	before = usage();
	for (long n = 0;; n++) {
		void *result;

		sim_fail_at(n);
		result = a->make();
		sim_fail_at(-1);
		ck_assert_msg(n < 1000, "%s never succeeds", a->name);
		if (result) {
			a->undo(result);
			ck_assert_uint_eq(usage(), before);
			if (!sim_fail_hit()) {
				ck_assert_int_gt(n, 0);
				break;
			}
		}
		ck_assert_msg(usage() == before, "%s leaks when call %ld is refused", a->name, n);
	}
	mm_drain();
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

/* ---- random operations against a model: each object holds a pattern of its own, to its last byte ---- */

struct holding {
	unsigned char *p;
	size_t size;
	unsigned char mark;
};

static void check_holding(const struct holding *h, unsigned long step)
{
	size_t i = 0;

	while (i < h->size && h->p[i] == h->mark)
		i++;
	ck_assert_msg(i == h->size, "step %lu: byte %zu of %zu at %p changed", step, i, h->size, h->p);
}

static size_t random_size(void)
{
	switch (sim_below(8)) {
	case 0:
		return sim_below(20000);
	case 1:
		return sim_below(2) ? 4096 : 8192;
	default:
		return 1 + sim_below(600);
	}
}

START_TEST(random_objects_against_the_model)
{
	static const gfp_t masks[] = {GFP_KERNEL,         GFP_ATOMIC, GFP_KERNEL | GFP_DMA,
				      GFP_KERNEL_ACCOUNT, GFP_NOWAIT, GFP_KERNEL | __GFP_ZERO};
	enum { SLOTS = 3000 };
	static struct holding held[SLOTS];
	unsigned long steps = sim_steps(60000), before;

	boot();
	mm_drain();
	before = usage();
	for (unsigned long step = 0; step < steps; step++) {
		struct holding *h = &held[sim_below(SLOTS)];
		gfp_t gfp = masks[sim_below(ARRAY_SIZE(masks))];

		sim_cpu = sim_below(4);
		if (!h->p) {
			h->size = random_size();
			h->mark = (unsigned char)step;
			h->p = kmalloc(h->size, gfp | __GFP_NOWARN);
			if (ZERO_OR_NULL_PTR(h->p))
				h->size = 0;
			if ((gfp & __GFP_ZERO) && h->size)
				ck_assert(!h->p[0] && !h->p[h->size - 1] && !memcmp(h->p, h->p + 1, h->size - 1));
			memset(h->p, h->mark, h->size);
		} else if (sim_below(5) == 0) {
			size_t size = random_size();
			unsigned char *p;

			check_holding(h, step);
			p = krealloc(h->p, size, GFP_KERNEL | __GFP_NOWARN);
			if (p) {
				h->p = p;
				h->size = min(size, h->size);
				check_holding(h, step);
				h->size = size;
				memset(h->p, h->mark, ZERO_OR_NULL_PTR(p) ? 0 : size);
			}
		} else {
			check_holding(h, step);
			kfree(h->p);
			h->p = NULL;
		}
		if (sim_below(2000) == 0)
			kmem_cache_shrink(&kmalloc_caches[0][sim_below(KMALLOC_NR_CLASSES)]);
		if (step % 8192 == 0)
			assert_valid();
	}
	for (unsigned int i = 0; i < SLOTS; i++)
		kfree(held[i].p);
	mm_drain();
	ck_assert_uint_eq(usage(), before);
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

START_TEST(short_of_memory_empty_slabs_help)
{
	struct kmem_cache *s;
	void *p[600], *pages[40000];
	unsigned int n = 0;

	/* 600 objects of 2 KiB, all freed: the pages sit in the cache's empty slabs and arrays. Everything else is taken. */
	boot();
	s = kmem_cache_create("s", 2048, 0, 0, NULL);
	ck_assert_int_eq(kmem_cache_alloc_bulk(s, GFP_KERNEL, 600, p), 600);
	while ((pages[n] = (void *)__get_free_page(GFP_NOWAIT)))
		n++;
	kmem_cache_free_bulk(s, 600, p);
	while ((pages[n] = (void *)__get_free_page(GFP_NOWAIT)))
		n++;
	ck_assert_ptr_null(alloc_page(GFP_NOWAIT));
	ck_assert_uint_gt(kmem_cache_pages(s), 0);
	ck_assert_ptr_nonnull(alloc_page(GFP_KERNEL));
	ck_assert_uint_eq(kmem_cache_pages(s), 0);
	assert_valid();
}
END_TEST

static Suite *slab_suite(void)
{
	Suite *s = suite_create("mm_slab");
	TCase *t = tcase_create("slab");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, geometry_of_caches);
	tcase_add_test(t, bad_caches_are_refused);
	tcase_add_test(t, constructed_objects_stay_constructed);
	tcase_add_test(t, zones_of_caches);
	tcase_add_test(t, destroy_with_objects_out_keeps_the_cache);
	tcase_add_test(t, shrink_gives_everything_back);
	tcase_add_test(t, bulk);
	tcase_add_test(t, every_size);
	tcase_add_test(t, types_and_names);
	tcase_add_test(t, odd_sizes);
	tcase_add_test(t, realloc_rules);
	tcase_add_test(t, copies);
	tcase_add_test(t, bad_frees_are_named);
	tcase_add_test_raise_signal(t, broken_free_list_ends_the_run, SIGILL);
	tcase_add_test(t, sleeping_in_interrupts_is_named);
	tcase_add_loop_test(t, every_refusal_unwinds, 0, (int)ARRAY_SIZE(attempts));
	tcase_add_test(t, random_objects_against_the_model);
	tcase_add_test(t, short_of_memory_empty_slabs_help);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return run_to_end(srunner_create(slab_suite()));
}
