// SPDX-License-Identifier: MIT
/*
 * test_mm_kmalloc.c - mempools on the host, and the corners of kmalloc(), krealloc(), kvmalloc() and what builds on them.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <asm/sections.h>

#include "tests/runner.h"
#include "tests/unit/pc.h"

static struct kmem_cache *cache_of(const void *obj)
{
	return ((struct slab *)virt_to_page(obj))->slab_cache;
}

/* ---- mempools ---- */

static mempool_t *pool;
static void *out[8];

static void give_one_back(void)
{
	mempool_free(out[0], pool);
	out[0] = NULL;
}

START_TEST(mempools_never_fail_who_may_wait)
{
	struct kmem_cache *s;
	unsigned long before;

	boot();
	before = usage();
	s = kmem_cache_create("elements", 120, 0, SLAB_NO_MERGE, NULL);
	pool = mempool_create_slab_pool(3, s);
	ck_assert(mempool_is_saturated(pool));
	/* Memory is there: the reserve stays. */
	out[0] = mempool_alloc(pool, GFP_KERNEL);
	ck_assert_int_eq(pool->curr_nr, 3);
	/* No memory: from the reserve, until it is empty. */
	for (int i = 1; i <= 3; i++) {
		sim_fail_at(0);
		out[i] = mempool_alloc(pool, GFP_NOWAIT);
		ck_assert_ptr_nonnull(out[i]);
		ck_assert_int_eq(pool->curr_nr, 3 - i);
	}
	ck_assert_ptr_null(mempool_alloc_preallocated(pool));
	sim_fail_at(0);
	ck_assert_ptr_null(mempool_alloc(pool, GFP_NOWAIT));
	/* May sleep: wait for an element, and that is what comes. */
	sim_on_sleep = give_one_back;
	sim_fail_always(true);
	out[4] = out[0];
	ck_assert_ptr_eq(mempool_alloc(pool, GFP_KERNEL), out[4]);
	sim_fail_always(false);
	ck_assert_uint_eq(sim_sleeps, 1);
	/* Back: the reserve first, then the cache. */
	for (int i = 1; i <= 4; i++)
		mempool_free(out[i], pool);
	mempool_free(NULL, pool);
	ck_assert_int_eq(pool->curr_nr, 3);
	ck_assert_uint_eq(kmem_cache_objects(s), 3);
	ck_assert_int_eq(mempool_resize(pool, 6), 0);
	ck_assert_int_eq(pool->curr_nr, 6);
	ck_assert_int_eq(mempool_resize(pool, 2), 0);
	ck_assert_uint_eq(kmem_cache_objects(s), 2);
	mempool_destroy(pool);
	mempool_destroy(NULL);
	kmem_cache_destroy(s);
	ck_assert_uint_eq(usage(), before);
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

START_TEST(mempools_of_every_kind)
{
	unsigned long before;
	mempool_t p;

	boot();
	before = usage();
	ck_assert_int_eq(mempool_init_kmalloc_pool(&p, 4, 300), 0);
	ck_assert_uint_ge(ksize(p.elements[0]), 300);
	mempool_exit(&p);
	ck_assert_int_eq(mempool_init_page_pool(&p, 4, 2), 0);
	ck_assert_uint_eq(((struct page *)p.elements[0])->order, 2);
	mempool_exit(&p);
	/* Refused at each step: nothing is left behind. */
	for (long n = 0; n < 8; n++) {
		sim_fail_at(n);
		if (!mempool_init_kmalloc_pool(&p, 5, 64)) {
			sim_fail_at(-1);
			mempool_exit(&p);
		}
		sim_fail_at(-1);
		ck_assert_uint_eq(usage(), before);
	}
}
END_TEST

static void give_two_back(void)
{
	ck_assert_uint_eq(mempool_free_bulk(pool, out, 2), 2);
}

START_TEST(mempools_in_bulk)
{
	struct kmem_cache *s;
	void *e[4] = {NULL}, *more[2] = {NULL};
	unsigned long before;

	boot();
	before = usage();
	s = kmem_cache_create("elements", 120, 0, SLAB_NO_MERGE, NULL);
	pool = mempool_create_slab_pool(4, s);
	/* Memory is there: the reserve stays. One was there already. */
	e[1] = kmem_cache_alloc(s, GFP_KERNEL);
	ck_assert_int_eq(mempool_alloc_bulk(pool, e, 4, 1), 0);
	ck_assert_int_eq(pool->curr_nr, 4);
	ck_assert_uint_eq(kmem_cache_objects(s), 8);
	/* The reserve is full: all that is the caller's. */
	ck_assert_uint_eq(mempool_free_bulk(pool, e, 4), 0);
	kmem_cache_free_bulk(s, 4, e);
	kmem_cache_shrink(s);
	/* No memory: what is missing comes from the reserve, all at once. */
	memset(e, 0, sizeof(e));
	sim_fail_always(true);
	ck_assert_int_eq(mempool_alloc_bulk(pool, e, 3, 0), 0);
	ck_assert_int_eq(pool->curr_nr, 1);
	/* Two are not there: none is taken until they are. */
	out[0] = e[0];
	out[1] = e[1];
	sim_on_sleep = give_two_back;
	ck_assert_int_eq(mempool_alloc_bulk(pool, more, 2, 0), 0);
	sim_fail_always(false);
	ck_assert_uint_eq(sim_sleeps, 1);
	ck_assert_int_eq(pool->curr_nr, 1);
	ck_assert_ptr_ne(more[0], more[1]);
	ck_assert_uint_eq(mempool_free_bulk(pool, more, 2), 2);
	ck_assert_uint_eq(mempool_free_bulk(pool, &e[2], 1), 1);
	ck_assert(mempool_is_saturated(pool));
	mempool_destroy(pool);
	kmem_cache_destroy(s);
	ck_assert_uint_eq(usage(), before);
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

static unsigned int pools(void)
{
	unsigned int n = 0;
	mempool_t *p;

	list_for_each_entry (p, &mm_root.mempools, list)
		n++;
	return n;
}

START_TEST(mempools_can_be_found)
{
	struct kmem_cache *s;
	mempool_t p = {.elements = NULL};
	unsigned int others;

	boot();
	others = pools();
	mempool_exit(&p);
	ck_assert_int_eq(mempool_init_page_pool(&p, 2, 0), 0);
	s = kmem_cache_create("elements", 120, 0, SLAB_NO_MERGE, NULL);
	pool = mempool_create_slab_pool(1, s);
	ck_assert_uint_eq(pools(), others + 2);
	ck_assert_int_eq(p.kind, MEMPOOL_PAGES);
	ck_assert_int_eq(pool->kind, MEMPOOL_SLAB);
	mempool_exit(&p);
	mempool_exit(&p);
	mempool_destroy(pool);
	kmem_cache_destroy(s);
	ck_assert_uint_eq(pools(), others);
}
END_TEST

START_TEST(nolock_waits_for_nobody)
{
	unsigned long before;
	char *p;

	boot();
	before = usage();
	p = kmalloc_nolock(100, __GFP_ZERO, NUMA_NO_NODE);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(p[i], 0);
	kfree_nolock(p);
	ck_assert_ptr_null(kmalloc_nolock(KMALLOC_MAX_CACHE_SIZE + 1, 0, NUMA_NO_NODE));
	sim_fail_always(true);
	/* What is at hand may be given; then nothing, and nobody sleeps. */
	ck_assert_ptr_null(kmalloc_nolock(KMALLOC_MAX_CACHE_SIZE, 0, NUMA_NO_NODE));
	sim_fail_always(false);
	ck_assert_uint_eq(sim_sleeps, 0);
	ck_assert_uint_eq(sim_warnings(), 0);
	/* A mask that could wait is a mistake. */
	ck_assert_ptr_null(kmalloc_nolock(8, GFP_KERNEL, NUMA_NO_NODE));
	ck_assert_uint_eq(sim_warnings(), 1);
	ck_assert_uint_eq(usage(), before);
}
END_TEST

/* ---- corners of kmalloc() and kin ---- */

START_TEST(krealloc_in_every_corner)
{
	volatile size_t huge = SIZE_MAX;
	unsigned long before;
	char *p, *q;

	boot();
	before = usage();
	/* NULL and ZERO_SIZE_PTR are like kmalloc(), size 0 frees. */
	p = krealloc(ZERO_SIZE_PTR, 10, GFP_KERNEL);
	ck_assert(!ZERO_OR_NULL_PTR(p));
	ck_assert_ptr_eq(krealloc(p, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	ck_assert_ptr_eq(krealloc(NULL, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	ck_assert_uint_eq(usage(), before);
	/* Never to a smaller class; a failure leaves all as it was. */
	p = kmalloc(5000, GFP_KERNEL);
	p[0] = 1;
	ck_assert_ptr_eq(krealloc(p, 1, GFP_KERNEL), p);
	sim_fail_at(0);
	ck_assert_ptr_null(krealloc(p, 9000, GFP_KERNEL));
	ck_assert_int_eq(p[0], 1);
	ck_assert_ptr_null(krealloc(p, huge, GFP_KERNEL | __GFP_NOWARN));
	ck_assert_ptr_null(krealloc_array(p, huge / 4, 8, GFP_KERNEL));
	ck_assert_int_eq(p[0], 1);
	/* Slab to pages, and the contents come along. */
	q = krealloc(p, 100000, GFP_KERNEL);
	ck_assert_int_eq(q[0], 1);
	ck_assert_uint_eq(ksize(q), 131072);
	ck_assert_ptr_eq(krealloc(q, 131072, GFP_KERNEL), q);
	kfree(q);
	q = krealloc_array(NULL, 10, 10, GFP_KERNEL);
	ck_assert_uint_eq(ksize(q), 128);
	p = krealloc_node_align(q, 120, 64, GFP_KERNEL, 0);
	ck_assert_uint_eq((unsigned long)p & 63, 0);
	kfree(p);
	ck_assert_uint_eq(usage(), before);
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

START_TEST(constants_are_not_copied)
{
	const char *a, *b;
	char *text;

	boot();
	a = kstrdup_const(sim_rodata, GFP_KERNEL);
	b = kstrdup_const("of the test", GFP_KERNEL);
	ck_assert_ptr_eq(a, sim_rodata);
	ck_assert_str_eq(b, "of the test");
	ck_assert_ptr_ne(b, NULL);
	kfree_const(a);
	kfree_const(b);
	ck_assert_ptr_null(kstrdup_const(NULL, GFP_KERNEL));
	ck_assert_ptr_null(kmemdup_nul(NULL, 4, GFP_KERNEL));
	text = kmemdup_array(sim_rodata, 4, 8, GFP_KERNEL);
	ck_assert_mem_eq(text, sim_rodata, 32);
	kfree(text);
	ck_assert_ptr_null(kmemdup_array(sim_rodata, SIZE_MAX, 8, GFP_KERNEL | __GFP_NOWARN));
	ck_assert_uint_eq(sim_warnings(), 0);
	assert_valid();
}
END_TEST

static char *leave_early(bool keep)
{
	char *p __free(kfree) = kmalloc(500, GFP_KERNEL);
	void *q __free(kvfree) = kvmalloc(50000, GFP_KERNEL);

	if (!p || !q)
		return NULL;
	strcpy(p, "kept");
	if (keep)
		return_ptr(p);
	return NULL;
}

START_TEST(scopes_free)
{
	unsigned long before;
	char *p;

	boot();
	before = usage();
	ck_assert_ptr_null(leave_early(false));
	mm_drain();
	ck_assert_uint_eq(usage(), before);
	p = leave_early(true);
	ck_assert_str_eq(p, "kept");
	kfree(p);
	mm_drain();
	ck_assert_uint_eq(usage(), before);
}
END_TEST

START_TEST(kvmalloc_rules)
{
	volatile size_t huge = SIZE_MAX;
	char *p;

	boot();
	/* Up to a page there is no second way. */
	sim_fail_at(0);
	ck_assert_ptr_null(kvmalloc(4096, GFP_KERNEL));
	/* Beyond, vmalloc() helps; but not who may not sleep. */
	sim_fail_at(0);
	p = kvmalloc(20000, GFP_KERNEL);
	ck_assert(is_vmalloc_addr(p));
	strcpy(p, "goes along");
	sim_fail_at(0);
	ck_assert_ptr_null(kvmalloc(20000, GFP_NOWAIT));
	p = kvrealloc(p, 60000, GFP_KERNEL);
	ck_assert_str_eq(p, "goes along");
	p = kvrealloc(p, 100, GFP_KERNEL);
	ck_assert_str_eq(p, "goes along");
	ck_assert_ptr_eq(kvrealloc(p, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	p = kvrealloc(NULL, 10, GFP_KERNEL);
	strcpy(p, "small");
	p = kvrealloc(p, 70000, GFP_KERNEL | __GFP_ZERO);
	ck_assert_str_eq(p, "small");
	kvfree_sensitive(p, 70000);
	kvfree(NULL);
	ck_assert_ptr_null(kvmalloc_array(huge, 2, GFP_KERNEL));
	ck_assert_ptr_null(kvcalloc_node(huge / 2, 3, GFP_KERNEL, 0));
	ck_assert_uint_eq(sim_warnings(), 0);
	ck_assert_ptr_null(kvmalloc(1UL << 31, GFP_KERNEL | __GFP_NOWARN));
	ck_assert_uint_eq(sim_warnings(), 0);
	ck_assert_ptr_null(kvmalloc(1UL << 31, GFP_KERNEL));
	ck_assert_uint_eq(sim_warnings(), 1);
	mm_drain();
	assert_valid();
}
END_TEST

START_TEST(sheaves_and_buckets)
{
	struct slab_sheaf *sheaf;
	struct kmem_cache *s;
	kmem_buckets *b;
	void *p[12];

	boot();
	s = kmem_cache_create("sheaf", 72, 0, SLAB_NO_MERGE, NULL);
	sheaf = kmem_cache_prefill_sheaf(s, GFP_KERNEL, 10);
	ck_assert_uint_eq(kmem_cache_sheaf_size(sheaf), 10);
	ck_assert_int_eq(kmem_cache_refill_sheaf(s, GFP_KERNEL, &sheaf, 12), 0);
	for (int i = 0; i < 12; i++) {
		sim_fail_always(true);
		p[i] = kmem_cache_alloc_from_sheaf(s, GFP_KERNEL | __GFP_ZERO, sheaf);
		sim_fail_always(false);
		ck_assert_ptr_nonnull(p[i]);
	}
	ck_assert_int_eq(kmem_cache_refill_sheaf(s, GFP_KERNEL, &sheaf, 5), 0);
	kmem_cache_return_sheaf(s, GFP_KERNEL, sheaf);
	kmem_cache_free_bulk(s, 12, p);
	ck_assert_uint_eq(kmem_cache_objects(s), 0);
	b = kmem_buckets_create("mine", 0, 0, 64, NULL);
	p[0] = kmem_buckets_alloc(b, 1500, GFP_KERNEL);
	ck_assert_str_eq(cache_of(p[0])->name, "mine-2k");
	p[1] = kmem_buckets_valloc(b, 50000, GFP_KERNEL);
	p[2] = kmem_buckets_alloc(b, 0, GFP_KERNEL);
	ck_assert_ptr_eq(p[2], ZERO_SIZE_PTR);
	kfree(p[0]);
	kvfree(p[1]);
	ck_assert_uint_eq(sim_warnings(), 0);
	assert_valid();
}
END_TEST
static Suite *kmalloc_suite(void)
{
	Suite *s = suite_create("mm_kmalloc");
	TCase *t = tcase_create("kmalloc");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, mempools_never_fail_who_may_wait);
	tcase_add_test(t, mempools_of_every_kind);
	tcase_add_test(t, mempools_in_bulk);
	tcase_add_test(t, mempools_can_be_found);
	tcase_add_test(t, nolock_waits_for_nobody);
	tcase_add_test(t, krealloc_in_every_corner);
	tcase_add_test(t, constants_are_not_copied);
	tcase_add_test(t, scopes_free);
	tcase_add_test(t, kvmalloc_rules);
	tcase_add_test(t, sheaves_and_buckets);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return run_to_end(srunner_create(kmalloc_suite()));
}
