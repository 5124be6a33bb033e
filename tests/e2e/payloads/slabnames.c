// SPDX-License-Identifier: MIT
/*
 * slabnames.c - every name of the slab and kmalloc API that a payload may use, used once, as source written for Linux uses it:
 * compiles, loads, gives back what it takes.
 */
#include <kunit/test.h>
#include <linux/mempool.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

struct item {
	int a;
	char text[16];
	struct rcu_head rcu;
	unsigned int nr;
	long tail[];
};

static void caches(struct kunit *test)
{
	static const slab_flags_t flags[] = {SLAB_HWCACHE_ALIGN,
					     SLAB_RECLAIM_ACCOUNT,
					     SLAB_TEMPORARY,
					     SLAB_ACCOUNT,
					     SLAB_TYPESAFE_BY_RCU,
					     SLAB_DESTROY_BY_RCU,
					     SLAB_CACHE_DMA32,
					     SLAB_NO_MERGE,
					     SLAB_MEM_SPREAD,
					     SLAB_RED_ZONE,
					     SLAB_POISON,
					     SLAB_STORE_USER,
					     SLAB_CONSISTENCY_CHECKS,
					     SLAB_NOLEAKTRACE,
					     SLAB_FAILSLAB,
					     SLAB_DEBUG_OBJECTS,
					     SLAB_KASAN,
					     SLAB_NO_USER_FLAGS,
					     SLAB_SKIP_KFENCE,
					     SLAB_PANIC};
	struct kmem_cache_args args = {.align = 16, .useroffset = 4, .usersize = 16, .sheaf_capacity = 8};
	struct kmem_cache *s;
	struct slab_sheaf *sheaf;
	void *p[4];

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		char name[16];

		snprintf(name, sizeof(name), "names-%zu", i);
		s = kmem_cache_create(name, sizeof(struct item), 0, flags[i], NULL);
		KUNIT_ASSERT_NOT_NULL(test, s);
		kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
		kmem_cache_destroy(s);
	}
	kmem_cache_destroy(KMEM_CACHE(item, SLAB_NO_MERGE));
	kmem_cache_destroy(KMEM_CACHE_USERCOPY(item, SLAB_NO_MERGE, text));
	s = kmem_cache_create("names-args", sizeof(struct item), &args, 0);
	KUNIT_ASSERT_NOT_NULL(test, s);
	KUNIT_EXPECT_EQ(test, kmem_cache_size(s), (unsigned int)sizeof(struct item));
	KUNIT_EXPECT_TRUE(test, slab_is_available());
	p[0] = kmem_cache_zalloc(s, GFP_KERNEL);
	p[1] = kmem_cache_alloc_node(s, GFP_KERNEL, NUMA_NO_NODE);
	p[2] = kmem_cache_alloc_lru(s, NULL, GFP_KERNEL);
	p[3] = kmem_cache_alloc(s, GFP_ATOMIC);
	KUNIT_EXPECT_TRUE(test, kmem_cache_charge(p[0], GFP_KERNEL));
	KUNIT_EXPECT_TRUE(test, kmem_dump_obj(p[0]));
	kmem_cache_free_bulk(s, 4, p);
	KUNIT_EXPECT_EQ(test, kmem_cache_alloc_bulk(s, GFP_KERNEL, 4, p), 4);
	kfree_bulk(4, p);
	sheaf = kmem_cache_prefill_sheaf(s, GFP_KERNEL, 4);
	KUNIT_ASSERT_NOT_NULL(test, sheaf);
	kfree(kmem_cache_alloc_from_sheaf(s, GFP_KERNEL, sheaf));
	kmem_cache_return_sheaf(s, GFP_KERNEL, sheaf);
	kmem_cache_shrink(s);
	kmem_cache_destroy(s);
}

static void sizes(struct kunit *test)
{
	struct item *it;
	char *text;
	int sum;

	_Static_assert(ARCH_KMALLOC_MINALIGN >= 8 && ARCH_SLAB_MINALIGN >= 8 && KMALLOC_MIN_SIZE == 8, "alignment");
	_Static_assert(KMALLOC_MAX_CACHE_SIZE == 8192 && KMALLOC_MAX_SIZE == 4 << 20 && KMALLOC_MAX_ORDER == 10,
		       "sizes");
	KUNIT_EXPECT_TRUE(test, ZERO_OR_NULL_PTR(ZERO_SIZE_PTR));
	kfree(kmalloc_node(10, GFP_KERNEL, 0));
	kfree(kzalloc_node(10, GFP_KERNEL, 0));
	kfree(kmalloc_large(10000, GFP_KERNEL));
	kfree(kmalloc_track_caller(10, GFP_KERNEL));
	kfree(kmalloc_node_track_caller(10, GFP_KERNEL, 0));
	kfree(kmalloc_array(3, 5, GFP_KERNEL));
	kfree(kcalloc(3, 5, GFP_KERNEL));
	kfree(kmalloc_array_node(3, 5, GFP_KERNEL, 0));
	kfree(kcalloc_node(3, 5, GFP_KERNEL, 0));
	it = krealloc(kmalloc(struct_size(it, tail, 3), GFP_KERNEL), struct_size(it, tail, 9), GFP_KERNEL);
	it = krealloc_array(it, 9, 99, GFP_KERNEL);
	KUNIT_EXPECT_GE(test, ksize(it), kmalloc_size_roundup(struct_size_t(struct item, tail, 9)));
	kfree_rcu(it, rcu);
	it = kvzalloc(struct_size(it, tail, 9000), GFP_KERNEL);
	kvfree_rcu(it, rcu);
	kfree_rcu_mightsleep(kzalloc_obj(struct item));
	kvfree_rcu_mightsleep(kvmalloc_objs(struct item, 900, GFP_KERNEL));
	kfree(kmalloc_flex(struct item, tail, 5));
	kfree_sensitive(kmemdup("abc", 4, GFP_KERNEL));
	kfree_nolock(kmalloc_nolock(100, __GFP_ZERO, NUMA_NO_NODE));
	kzfree(kmemdup_nul("abc", 2, GFP_KERNEL));
	kfree(kmemdup_array("abcdef", 2, 3, GFP_KERNEL));
	kfree_const(kstrdup_const("a payload's constant", GFP_KERNEL));
	text = kasprintf(GFP_KERNEL, "%d", 7);
	KUNIT_EXPECT_STREQ(test, text, "7");
	kfree(text);
	kfree(kstrdup("abc", GFP_KERNEL));
	kfree(kstrndup("abc", 2, GFP_KERNEL));
	kvfree(kvmalloc_node(20000, GFP_KERNEL, 0));
	kvfree(kvzalloc_node(20000, GFP_KERNEL, 0));
	kvfree(kvmalloc_array(200, 100, GFP_KERNEL));
	kvfree(kvcalloc(200, 100, GFP_KERNEL));
	kvfree(kvmalloc_array_node(200, 100, GFP_KERNEL, 0));
	kvfree(kvcalloc_node(200, 100, GFP_KERNEL, 0));
	kvfree(kvmalloc_node_align(20000, 64, GFP_KERNEL, 0));
	kvfree(kvmemdup("abc", 4, GFP_KERNEL));
	kvfree_sensitive(kvrealloc(kvmalloc(100, GFP_KERNEL), 20000, GFP_KERNEL), 20000);
	KUNIT_EXPECT_EQ(test, size_add(array_size(2, 3), size_sub(array3_size(2, 3, 4), 4)), (size_t)26);
	KUNIT_EXPECT_EQ(test, size_mul(SIZE_MAX, 2), SIZE_MAX);
	KUNIT_EXPECT_EQ(test, flex_array_size(it, tail, 3), 3 * sizeof(long));
	KUNIT_EXPECT_TRUE(test, check_add_overflow(0x7fffffff, 1, &sum));
	KUNIT_EXPECT_FALSE(test, check_sub_overflow(3, 1, &sum));
	KUNIT_EXPECT_FALSE(test, check_mul_overflow(3, 2, &sum));
	KUNIT_EXPECT_TRUE(test, check_shl_overflow(1, 31, &sum));
	kvfree_rcu_barrier();
	rcu_barrier();
}

static void pools(struct kunit *test)
{
	mempool_t *p = mempool_create_kmalloc_pool(2, 64), q;
	void *e;

	KUNIT_ASSERT_NOT_NULL(test, p);
	e = mempool_alloc(p, GFP_KERNEL);
	mempool_free(e, p);
	KUNIT_EXPECT_EQ(test, mempool_resize(p, 4), 0);
	mempool_destroy(p);
	KUNIT_EXPECT_EQ(test, mempool_init_page_pool(&q, 2, 1), 0);
	mempool_exit(&q);
	p = mempool_create_node(1, mempool_kmalloc, mempool_kfree, (void *)32, GFP_KERNEL, 0);
	e = mempool_alloc_preallocated(p);
	KUNIT_EXPECT_NOT_NULL(test, e);
	mempool_free(e, p);
	mempool_destroy(p);
}

static struct kunit_case cases[] = {KUNIT_CASE(caches), KUNIT_CASE(sizes), KUNIT_CASE(pools), {}};
static struct kunit_suite suite = {.name = "slabnames", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
