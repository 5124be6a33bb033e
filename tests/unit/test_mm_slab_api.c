// SPDX-License-Identifier: MIT
/*
 * test_mm_slab_api.c - the rest of the slab API on the host: merging, user-space regions, RCU, kfree_rcu(), and random use of
 * all of it, and of what test_mm_kmalloc.c tests, against a model. See test_mm_page.c for seeds and steps.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <asm/sections.h>

#include "tests/runner.h"
#include "tests/unit/pc.h"

/* ---- merging ---- */

static void ctor(void *obj)
{
	memset(obj, 0x5c, 40);
}

START_TEST(compatible_caches_are_one)
{
	struct kmem_cache *a, *b, *c;
	unsigned long before;
	void *p;

	boot();
	before = usage();
	a = kmem_cache_create("first", 100, 0, 0, NULL);
	b = kmem_cache_create("second", 97, 0, 0, NULL);
	c = kmem_cache_create("third", 104, 8, 0, NULL);
	ck_assert_ptr_eq(a, b);
	ck_assert_ptr_eq(a, c);
	ck_assert_uint_eq(a->refcount, 3);
	/* The largest request counts. */
	ck_assert_uint_eq(kmem_cache_size(a), 104);
	p = kmem_cache_alloc(b, GFP_KERNEL);
	kmem_cache_destroy(a);
	kmem_cache_destroy(c);
	/* Two names less, but an object and a name are left. */
	ck_assert_uint_eq(a->refcount, 1);
	ck_assert_uint_eq(kmem_cache_objects(b), 1);
	kmem_cache_free(b, p);
	kmem_cache_destroy(b);
	ck_assert_uint_eq(usage(), before);
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

START_TEST(what_keeps_caches_apart)
{
	static const struct {
		unsigned int size, align;
		slab_flags_t flags;
		void (*ctor)(void *);
	} apart[] = {
		{112, 0, 0, NULL},  /* a word of waste */
		{100, 64, 0, NULL}, /* 104 is no multiple */
		{100, 0, SLAB_HWCACHE_ALIGN, NULL},
		{100, 0, SLAB_RECLAIM_ACCOUNT, NULL},
		{100, 0, SLAB_ACCOUNT, NULL},
		{100, 0, SLAB_CACHE_DMA, NULL},
		{100, 0, SLAB_CACHE_DMA32, NULL},
		{100, 0, SLAB_NO_MERGE, NULL},
		{100, 0, SLAB_NOLEAKTRACE, NULL},
		{100, 0, SLAB_TYPESAFE_BY_RCU, NULL},
		{100, 0, 0, ctor},
		{88, 0, 0, NULL}, /* fits, but wastes two words */
	};
	struct kmem_cache *s, *seen[ARRAY_SIZE(apart)], *again, *user;

	boot();
	s = kmem_cache_create("s", 100, 0, 0, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(apart); i++) {
		char name[16];

		snprintf(name, sizeof(name), "apart%zu", i);
		seen[i] = kmem_cache_create(name, apart[i].size, apart[i].align, apart[i].flags, apart[i].ctor);
		ck_assert_ptr_nonnull(seen[i]);
		ck_assert_msg(seen[i] != s, "%zu was merged", i);
	}
	/* Sharing goes on among those that agree. */
	again = kmem_cache_create("again", 99, 0, SLAB_RECLAIM_ACCOUNT, NULL);
	ck_assert_ptr_eq(again, seen[3]);
	user = kmem_cache_create_usercopy("user", 100, 0, 0, 8, 16, NULL);
	ck_assert_ptr_ne(user, s);
	/* kmalloc()'s own stay by themselves. */
	ck_assert_ptr_ne(kmem_cache_create("like-kmalloc", 64, 0, 0, NULL), &kmalloc_caches[0][3]);
	ck_assert_uint_eq(sim_warnings(), 0);
	assert_valid();
}
END_TEST

START_TEST(bad_arguments)
{
	struct kmem_cache_args link = {.use_freeptr_offset = true, .freeptr_offset = 8};
	struct kmem_cache_args far = {.use_freeptr_offset = true, .freeptr_offset = 32};
	struct kmem_cache *s;

	boot();
	ck_assert_ptr_null(kmem_cache_create("t", 32, &link, 0));
	ck_assert_ptr_null(kmem_cache_create("t", 32, &far, SLAB_TYPESAFE_BY_RCU));
	ck_assert_ptr_nonnull(strstr(sim_log(), "kmem_cache_create_usercopy(t) failed with error -22"));
	ck_assert_uint_eq(sim_warnings(), 0);
	s = kmem_cache_create("t", 32, &link, SLAB_TYPESAFE_BY_RCU);
	ck_assert_uint_eq(s->offset, 8);
	ck_assert_uint_eq(s->size, 32);
	/* A region that is not inside: said, and none. */
	s = kmem_cache_create_usercopy("u", 32, 0, 0, 24, 16, NULL);
	ck_assert_uint_eq(sim_warnings(), 1);
	ck_assert_uint_eq(s->usersize, 0);
	s = kmem_cache_create("plain", 32, NULL, SLAB_NO_MERGE);
	ck_assert_ptr_nonnull(s);
	ck_assert_ptr_null(kmem_cache_create("", 8, NULL, 0));
	ck_assert_ptr_nonnull(strstr(sim_log(), "integrity check failed"));
}
END_TEST

START_TEST(panic_if_it_must_exist)
{
	boot();
	kmem_cache_create("must", 0, 0, SLAB_PANIC, NULL);
}
END_TEST

struct tagged {
	long a;
	char text[24];
	long b;
};

START_TEST(macros_make_caches)
{
	struct kmem_cache *s, *u;

	boot();
	s = KMEM_CACHE(tagged, SLAB_NO_MERGE);
	u = KMEM_CACHE_USERCOPY(tagged, SLAB_NO_MERGE, text);
	ck_assert_uint_eq(sim_warnings(), 1); /* one name for two */
	ck_assert_str_eq(s->name, "tagged");
	ck_assert_uint_eq(u->useroffset, offsetof(struct tagged, text));
	ck_assert_uint_eq(u->usersize, 24);
}
END_TEST

START_TEST(destroying_names_what_is_left)
{
	struct kmem_cache *s;
	char want[64];
	void *p[3];

	boot();
	s = kmem_cache_create("busy", 500, 0, SLAB_NO_MERGE, NULL);
	for (int i = 0; i < 3; i++)
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, p[1]);
	kmem_cache_destroy(s);
	ck_assert_ptr_nonnull(strstr(sim_log(), "Objects remaining in busy on __kmem_cache_shutdown()"));
	ck_assert_ptr_nonnull(strstr(sim_log(), "Slab cache still has objects when called from"));
	snprintf(want, sizeof(want), "Object 0x%lx @offset", (unsigned long)p[0]);
	ck_assert_ptr_nonnull(strstr(sim_log(), want));
	snprintf(want, sizeof(want), "Object 0x%lx @offset", (unsigned long)p[1]);
	ck_assert_ptr_null(strstr(sim_log(), want));
	/* It goes on. */
	p[1] = kmem_cache_alloc(s, GFP_KERNEL);
	ck_assert_ptr_nonnull(p[1]);
	kmem_cache_free_bulk(s, 3, p);
	kmem_cache_destroy(s);
	ck_assert_uint_eq(sim_warnings(), 1);
	assert_valid();
}
END_TEST

/* ---- memory is short: slabs of the least order ---- */

START_TEST(slabs_of_the_least_order)
{
	struct page *pages[40000];
	struct kmem_cache *s;
	unsigned int n = 0, small = 0;
	void *p[64];

	boot();
	s = kmem_cache_create("orders", 1024, 0, SLAB_NO_MERGE, NULL);
	ck_assert_uint_gt(s->order, s->min_order);
	while ((pages[n] = alloc_page(GFP_NOWAIT | __GFP_MEMALLOC)))
		n++;
	/* Every second page free: no two in a row. */
	for (unsigned int i = 0; i < n; i++)
		if (!(page_to_pfn(pages[i]) & 1))
			__free_page(pages[i]);
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
		p[i] = kmem_cache_alloc(s, GFP_NOWAIT);
		ck_assert_ptr_nonnull(p[i]);
		memset(p[i], 1, 1024);
		small += virt_to_head_page(p[i])->order == s->min_order;
	}
	ck_assert_uint_gt(small, 0);
	assert_valid();
	kmem_cache_free_bulk(s, ARRAY_SIZE(p), p);
	kmem_cache_shrink(s);
	ck_assert_uint_eq(kmem_cache_pages(s), 0);
	assert_valid();
}
END_TEST

START_TEST(shrinking_sorts_by_fullness)
{
	struct kmem_cache *s;
	void *p[200];
	unsigned int last = ~0u;
	struct slab *slab;

	boot();
	s = kmem_cache_create("sort", 400, 0, SLAB_NO_MERGE, NULL);
	ck_assert_int_eq(kmem_cache_alloc_bulk(s, GFP_KERNEL, 200, p), 200);
	for (int i = 0; i < 200; i++)
		if (sim_below(3))
			kmem_cache_free(s, p[i]);
	ck_assert_int_eq(kmem_cache_shrink(s), 1);
	ck_assert_uint_gt(s->nr_partial, 2);
	list_for_each_entry (slab, &s->partial, slab_list) {
		ck_assert_uint_le(slab->inuse, last);
		last = slab->inuse;
	}
	assert_valid();
}
END_TEST

/* ---- RCU ---- */

START_TEST(typesafe_pages_outlive_their_objects)
{
	struct kmem_cache *s;
	unsigned long free, *p[100];

	boot();
	s = kmem_cache_create("rcu", 300, 0, SLAB_TYPESAFE_BY_RCU, NULL);
	for (int i = 0; i < 100; i++) {
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
		*p[i] = (unsigned long)p[i];
	}
	free = nr_free_pages();
	for (int i = 0; i < 100; i++)
		kmem_cache_free(s, p[i]);
	kmem_cache_shrink(s);
	ck_assert_uint_eq(kmem_cache_pages(s), 0);
	/* A reader that found one before still finds what it held. */
	ck_assert_uint_eq(nr_free_pages(), free);
	ck_assert_uint_gt(sim_rcu_waiting(), 0);
	for (int i = 0; i < 100; i++)
		ck_assert_uint_eq(*p[i], (unsigned long)p[i]);
	sim_grace_period();
	ck_assert_uint_gt(nr_free_pages(), free);
	kmem_cache_destroy(s);
	mm_drain();
	assert_valid();
}
END_TEST

struct node {
	long payload[3];
	struct rcu_head rcu;
	char rest[40];
};

START_TEST(deferred_frees_wait_for_a_grace_period)
{
	enum { MANY = 1800 };
	static struct node *n[MANY];
	struct kmem_cache *s;
	unsigned long before, held;

	boot();
	mm_drain();
	before = usage();
	s = kmem_cache_create("nodes", sizeof(struct node), 0, SLAB_NO_MERGE, NULL);
	for (int i = 0; i < MANY; i++) {
		n[i] = i % 3 ? kmem_cache_alloc(s, GFP_KERNEL) : kvmalloc(i % 2 ? 9000 : 70, GFP_KERNEL);
		n[i]->payload[0] = i;
	}
	held = kmem_cache_objects(s);
	for (int i = 0; i < MANY; i++) {
		sim_cpu = sim_below(4);
		kvfree_rcu(n[i], rcu);
	}
	ck_assert_uint_eq(kmem_cache_objects(s), held);
	for (int i = 0; i < MANY; i++)
		ck_assert_int_eq(n[i]->payload[0], i);
	kvfree_rcu_barrier();
	ck_assert_uint_eq(kmem_cache_objects(s), 0);
	/* One block for hundreds: what waits is few callbacks. */
	kfree_rcu((struct node *)NULL, rcu);
	ck_assert_uint_eq(sim_rcu_waiting(), 0);
	kmem_cache_destroy(s);
	mm_drain();
	ck_assert_uint_eq(usage(), before);
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

START_TEST(deferred_frees_without_memory)
{
	struct node *n[40];
	unsigned long before;
	void *plain;

	boot();
	mm_drain();
	before = usage();
	for (int i = 0; i < 40; i++)
		n[i] = i % 2 ? kmalloc(sizeof(struct node), GFP_KERNEL) : vmalloc(sizeof(struct node));
	plain = kmalloc(100, GFP_KERNEL);
	/* Refuse every block: each goes by its own head. */
	for (int i = 0; i < 40; i++) {
		sim_fail_at(0);
		kvfree_rcu(n[i], rcu);
		sim_fail_at(-1);
	}
	ck_assert_uint_ge(sim_rcu_waiting(), 20);
	sim_fail_at(0);
	/* And one without a head is waited for. */
	kvfree_rcu_mightsleep(plain);
	sim_fail_at(-1);
	kvfree_rcu_barrier();
	plain = kmalloc(100, GFP_KERNEL);
	kfree_rcu_mightsleep(plain);
	mm_drain();
	ck_assert_uint_eq(usage(), before);
}
END_TEST

START_TEST(deferred_free_twice_is_named)
{
	struct node *a, *b;

	boot();
	a = kmalloc(sizeof(*a), GFP_KERNEL);
	b = kmalloc(sizeof(*b), GFP_KERNEL);
	kfree_rcu(a, rcu);
	kfree_rcu(b, rcu);
	kfree_rcu(b, rcu);
	ck_assert_uint_eq(sim_warnings(), 1);
	ck_assert_ptr_nonnull(strstr(sim_log(), "Double-freed call"));
	kvfree_rcu_barrier();
	assert_valid();
}
END_TEST

START_TEST(destroying_waits_for_deferred_frees)
{
	struct kmem_cache *s;

	boot();
	s = kmem_cache_create("deferred", sizeof(struct node), 0, SLAB_NO_MERGE, NULL);
	for (int i = 0; i < 20; i++)
		kfree_rcu((struct node *)kmem_cache_alloc(s, GFP_KERNEL), rcu);
	kmem_cache_destroy(s);
	ck_assert_uint_eq(sim_warnings(), 0);
	assert_valid();
}
END_TEST

/* ---- user space ---- */

static char user_page[8192];

static void user(void)
{
	/* The test's own memory plays the user's, but for its upper half. */
	sim_user_end = (unsigned long)user_page + 4096;
}

START_TEST(copies_to_and_from_user_space)
{
	char *p;

	boot();
	user();
	p = kmalloc(100, GFP_KERNEL);
	memset(user_page, 7, sizeof(user_page));
	ck_assert_uint_eq(copy_from_user(p, user_page, 100), 0);
	ck_assert_int_eq(p[99], 7);
	/* Half of it is not there: so much is left, and zero. */
	ck_assert_uint_eq(copy_from_user(p, user_page + 4096 - 60, 100), 40);
	ck_assert(p[59] == 7 && !p[60] && !p[99]);
	ck_assert_uint_eq(copy_to_user((void *)16, p, 10), 10);
	ck_assert_uint_eq(copy_to_user((void *)~0UL, p, 10), 10);
	ck_assert_uint_eq(clear_user(user_page, 200), 0);
	ck_assert(!user_page[199] && user_page[200] == 7);
	kfree(p);
	strcpy(user_page, "a name");
	p = strndup_user(user_page, 100);
	ck_assert_str_eq(p, "a name");
	kfree(p);
	ck_assert_int_eq(PTR_ERR(strndup_user(user_page, 6)), -EINVAL);
	ck_assert_int_eq(PTR_ERR(strndup_user((char *)16, 6)), -EFAULT);
	p = memdup_user_nul(user_page, 3);
	ck_assert_str_eq(p, "a n");
	kfree(p);
	ck_assert_int_eq(PTR_ERR(memdup_user(user_page + 4000, 200)), -EFAULT);
	p = vmemdup_user(user_page, 3000);
	ck_assert_mem_eq(p, user_page, 3000);
	kvfree(p);
	sim_fail_at(0);
	ck_assert_int_eq(PTR_ERR(memdup_user(user_page, 20)), -ENOMEM);
}
END_TEST

START_TEST(what_may_be_copied)
{
	struct kmem_cache *s;
	char *p;

	boot();
	user();
	s = kmem_cache_create_usercopy("region", 96, 0, 0, 16, 32, NULL);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	check_object_size(p + 16, 32, true);
	check_object_size(p + 47, 1, true);
	check_object_size(p + 20, 0, true);
	p = kmalloc(192, GFP_KERNEL);
	check_object_size(p, 192, false);
	p = kmalloc(20000, GFP_KERNEL);
	check_object_size(p + 100, 20000, false);
	p = vmalloc(5000);
	check_object_size(p + 5000, 3192, false);
	check_object_size(user_page, sizeof(user_page), true);
	check_object_size(sim_rodata, SIM_PIECE, true);
}
END_TEST

/* Each of these ends the run. */
START_TEST(what_may_not_be_copied)
{
	struct kmem_cache *s, *plain;
	char *p, *q, *k, *large, *area;

	boot();
	s = kmem_cache_create_usercopy("region", 96, 0, 0, 16, 32, NULL);
	plain = kmem_cache_create("plain", 96, 0, 0, NULL);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	q = kmem_cache_alloc(plain, GFP_KERNEL);
	k = kmalloc(192, GFP_KERNEL);
	large = kmalloc(20000, GFP_KERNEL);
	area = vmalloc(5000);
	switch (_i) {
	case 0:
		return check_object_size(p + 15, 8, true); /* begins too early */
	case 1:
		return check_object_size(p + 16, 33, true); /* ends too late */
	case 2:
		return check_object_size(p + 60, 4, true); /* behind it */
	case 3:
		return check_object_size(q, 1, true); /* a cache that allows nothing */
	case 4:
		return check_object_size(k + 100, 93, false); /* into the next object */
	case 5:
		return check_object_size(large, 32769, true); /* out of the block */
	case 6:
		return check_object_size(area + 100, 8093, true); /* out of the area */
	case 7:
		return check_object_size(sim_text + 3, 8, true); /* code */
	case 8:
		return check_object_size(NULL, 8, true);
	case 9:
		return check_object_size((void *)~7UL, 16, true); /* wraps */
	}
}
END_TEST

/* ---- everything at once, against a model: each object holds a pattern of its own ---- */

enum kind { NOTHING, OBJECT, KMALLOC, KVMALLOC };

struct thing {
	enum kind kind;
	unsigned char *p;
	size_t size;
	unsigned char mark;
	struct kmem_cache *s;
};

static struct kmem_cache *caches[6];
static mempool_t *reserve;

static void make_caches(void)
{
	caches[0] = kmem_cache_create("m0", 40, 0, 0, NULL);
	caches[1] = kmem_cache_create("m1", 36, 0, 0, NULL);
	caches[2] = kmem_cache_create("m2", 200, 64, SLAB_RECLAIM_ACCOUNT, NULL);
	caches[3] = kmem_cache_create("m3", 700, 0, SLAB_TYPESAFE_BY_RCU, NULL);
	caches[4] = kmem_cache_create("m4", 1500, 0, SLAB_HWCACHE_ALIGN, NULL);
	caches[5] = kmem_cache_create("m5", 3000, 0, SLAB_CACHE_DMA32, NULL);
	reserve = mempool_create_slab_pool(4, caches[2]);
	ck_assert_ptr_eq(caches[0], caches[1]);
	ck_assert_ptr_nonnull(reserve);
}

static void check_thing(const struct thing *t, unsigned long step)
{
	size_t i = 0;

	while (i < t->size && t->p[i] == t->mark)
		i++;
	ck_assert_msg(i == t->size, "step %lu: byte %zu of %zu at %p changed", step, i, t->size, (void *)t->p);
}

static void make_thing(struct thing *t, unsigned long step)
{
	gfp_t gfp = sim_below(2) ? GFP_KERNEL : GFP_NOWAIT | (sim_below(2) ? __GFP_ZERO : 0);
	unsigned int c = sim_below(ARRAY_SIZE(caches));

	t->mark = (unsigned char)step;
	switch (sim_below(4)) {
	case 0:
		t->kind = OBJECT;
		t->s = caches[c];
		t->size = c == 1 ? 36 : kmem_cache_size(t->s);
		t->p = c == 2 && sim_below(2) ? mempool_alloc(reserve, GFP_NOWAIT) : kmem_cache_alloc(t->s, gfp);
		break;
	case 1:
		t->kind = KVMALLOC;
		t->size = 1 + sim_below(30000);
		t->p = kvmalloc(t->size, gfp | __GFP_NOWARN);
		break;
	default:
		t->kind = KMALLOC;
		t->size = 1 + sim_below(sim_below(10) ? 500 : 12000);
		t->p = kmalloc(t->size, gfp | __GFP_NOWARN);
	}
	if (!t->p)
		t->kind = NOTHING;
	else
		memset(t->p, t->mark, t->size);
}

static void resize_thing(struct thing *t, unsigned long step)
{
	size_t size = 1 + sim_below(20000);
	void *p = t->kind == KMALLOC ? krealloc(t->p, size, GFP_KERNEL | __GFP_NOWARN)
				     : kvrealloc(t->p, size, GFP_KERNEL | __GFP_NOWARN);

	if (!p)
		return;
	t->p = p;
	t->size = min(size, t->size);
	check_thing(t, step);
	t->size = size;
	memset(t->p, t->mark, size);
}

static void end_thing(struct thing *t)
{
	switch (sim_below(4)) {
	case 0:
		if (t->size >= sizeof(struct node)) {
			struct node *n = (struct node *)t->p;

			kvfree_rcu(n, rcu);
			break;
		}
		/* fall through */
	case 1:
		kvfree_rcu_mightsleep(t->p);
		break;
	case 2:
		if (t->kind == OBJECT)
			kmem_cache_free_bulk(t->s, 1, (void **)&t->p);
		else
			kvfree_sensitive(t->p, t->size);
		break;
	default:
		if (t->kind == OBJECT && t->s == caches[2])
			mempool_free(t->p, reserve);
		else
			kvfree(t->p);
	}
	t->kind = NOTHING;
}

START_TEST(random_use_of_all_of_it)
{
	enum { SLOTS = 1500 };
	static struct thing things[SLOTS];
	unsigned long steps = sim_steps(60000), before;

	boot();
	mm_drain();
	before = usage();
	make_caches();
	for (unsigned long step = 0; step < steps; step++) {
		struct thing *t = &things[sim_below(SLOTS)];

		sim_cpu = sim_below(4);
		if (!sim_below(40))
			sim_fail_at(sim_below(3));
		if (t->kind == NOTHING) {
			make_thing(t, step);
		} else {
			check_thing(t, step);
			if (t->kind != OBJECT && sim_below(4) == 0)
				resize_thing(t, step);
			else
				end_thing(t);
		}
		sim_fail_at(-1);
		if (!sim_below(60))
			sim_grace_period();
		if (!sim_below(900))
			kmem_cache_shrink(caches[sim_below(ARRAY_SIZE(caches))]);
		if (!sim_below(3000))
			mempool_resize(reserve, 1 + (int)sim_below(8));
		if (step % 8192 == 0)
			assert_valid();
	}
	for (unsigned int i = 0; i < SLOTS; i++)
		if (things[i].kind != NOTHING)
			end_thing(&things[i]);
	mempool_destroy(reserve);
	for (unsigned int i = 0; i < ARRAY_SIZE(caches); i++)
		kmem_cache_destroy(caches[i]);
	mm_drain();
	ck_assert_uint_eq(usage(), before);
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

static Suite *api_suite(void)
{
	Suite *s = suite_create("mm_slab_api");
	TCase *t = tcase_create("api");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, compatible_caches_are_one);
	tcase_add_test(t, what_keeps_caches_apart);
	tcase_add_test(t, bad_arguments);
	tcase_add_test_raise_signal(t, panic_if_it_must_exist, SIGABRT);
	tcase_add_test(t, macros_make_caches);
	tcase_add_test(t, destroying_names_what_is_left);
	tcase_add_test(t, slabs_of_the_least_order);
	tcase_add_test(t, shrinking_sorts_by_fullness);
	tcase_add_test(t, typesafe_pages_outlive_their_objects);
	tcase_add_test(t, deferred_frees_wait_for_a_grace_period);
	tcase_add_test(t, deferred_frees_without_memory);
	tcase_add_test(t, deferred_free_twice_is_named);
	tcase_add_test(t, destroying_waits_for_deferred_frees);
	tcase_add_test(t, copies_to_and_from_user_space);
	tcase_add_test(t, what_may_be_copied);
	tcase_add_loop_test_raise_signal(t, what_may_not_be_copied, SIGILL, 0, 10);
	tcase_add_test(t, random_use_of_all_of_it);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return run_to_end(srunner_create(api_suite()));
}
