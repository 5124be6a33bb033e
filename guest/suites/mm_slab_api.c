// SPDX-License-Identifier: MIT
/*
 * mm_slab_api.c - suite: caches and kmalloc() where it matters that the machine is real: objects pushed and popped while
 * interrupts storm in on the same arrays, readers that hold what others free, deferred frees on all CPUs at once, mempools that
 * make tasks wait; and merging, regions for user space, scopes.
 */
#include <linux/cleanup.h>
#include <linux/interrupt.h>
#include <linux/mempool.h>
#include <linux/rcupdate.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>
#include <mmvisor/dma_engine.h>

#include "mm_suite.h"

/* ---- interrupts in the middle of it ---- */

#define STORM_HELD 24

static struct kmem_cache *stormed;

/** struct storm_cpu - what the handler on one CPU holds; only that touches it */
static struct storm_cpu {
	void *held[STORM_HELD];
	unsigned int next;
	unsigned int errors;
	unsigned long calls;
} storms[MMV_NR_CPUS];

/* Hard-IRQ context: free the oldest one after a look at it, allocate another. */
static void storm_step(void *arg)
{
	struct storm_cpu *c = arg;
	void **slot = &c->held[c->next++ % STORM_HELD];

	c->calls++;
	if (*slot) {
		c->errors += !mm_marked(*slot, 64, (unsigned long)c);
		kmem_cache_free(stormed, *slot);
	}
	*slot = kmem_cache_alloc(stormed, GFP_ATOMIC);
	if (*slot)
		mm_mark(*slot, 64, (unsigned long)c);
	kfree(kmalloc(64, GFP_ATOMIC));
}

/* The same arrays from a task on the same CPU, as fast as it can. */
static void under_storm(struct mm_worker *w)
{
	void *held[40] = {NULL};

	for (unsigned int step = 0; step < mm_steps(1500); step++) {
		void **slot = &held[mm_below(&w->rnd, ARRAY_SIZE(held))];

		if (*slot) {
			w->errors += !mm_marked(*slot, 64, (unsigned long)w);
			kmem_cache_free(stormed, *slot);
			*slot = NULL;
			continue;
		}
		*slot = kmem_cache_alloc(stormed, step & 1 ? GFP_KERNEL : GFP_NOWAIT);
		if (*slot)
			mm_mark(*slot, 64, (unsigned long)w);
		kfree(kmalloc(64, GFP_KERNEL));
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(held); i++)
		if (held[i])
			kmem_cache_free(stormed, held[i]);
}

static void interrupt_storm(struct kunit *test)
{
	int handles[MMV_NR_CPUS] = {0};
	unsigned int cpu;

	if (!dma_engine_count())
		kunit_skip(test, "no DMA engine in this machine (--dma bits=N)");
	stormed = kmem_cache_create("t_storm", 64, 0, SLAB_NO_MERGE, NULL);
	KUNIT_ASSERT_NOT_NULL(test, stormed);
	for_each_online_cpu (cpu) {
		memset(&storms[cpu], 0, sizeof(storms[cpu]));
		handles[cpu] = cpu < 4 ? dma_storm_start(0, cpu, mm_steps(4000), storm_step, &storms[cpu]) : -1;
		KUNIT_EXPECT_TRUE(test, cpu >= 4 || handles[cpu] >= 0);
	}
	mm_on_all_cpus(test, under_storm);
	for_each_online_cpu (cpu) {
		if (handles[cpu] < 0)
			continue;
		/* However short the work was: some must have come in. */
		for (unsigned int i = 0; i < 500 && !dma_storm_count(handles[cpu]); i++)
			msleep(10);
		dma_storm_stop(handles[cpu]);
		KUNIT_EXPECT_GT(test, storms[cpu].calls, 0UL);
		KUNIT_EXPECT_EQ(test, storms[cpu].errors, 0U);
		for (unsigned int i = 0; i < STORM_HELD; i++)
			kfree(storms[cpu].held[i]);
	}
	KUNIT_EXPECT_EQ(test, kmem_cache_objects(stormed), 0UL);
	kmem_cache_destroy(stormed);
}

/* ---- softirqs and work items ---- */

static void *handed;

static void in_tasklet(struct tasklet_struct *t)
{
	(void)t;
	handed = kmalloc(500, GFP_ATOMIC);
	kfree(kzalloc(40, GFP_ATOMIC));
}

static void in_work(struct work_struct *work)
{
	(void)work;
	kfree(handed);
	handed = kmalloc(3000, GFP_KERNEL);
}

static void from_softirq_to_work(struct kunit *test)
{
	struct tasklet_struct t;
	struct work_struct w;

	tasklet_setup(&t, in_tasklet);
	INIT_WORK_ONSTACK(&w, in_work);
	tasklet_schedule(&t);
	for (unsigned int i = 0; i < 500 && !READ_ONCE(handed); i++)
		msleep(1);
	tasklet_kill(&t);
	KUNIT_ASSERT_NOT_NULL(test, handed);
	schedule_work(&w);
	flush_work(&w);
	destroy_work_on_stack(&w);
	KUNIT_EXPECT_GE(test, ksize(handed), 3000UL);
	kfree(handed);
	handed = NULL;
}

/* ---- RCU ---- */

/** struct version - @value and its complement agree as long as it is whole */
struct version {
	unsigned long value, complement;
	struct rcu_head rcu;
};

static struct version __rcu *shown;
static struct kmem_cache *versions;

/* CPU 0 replaces the version, the others read it: none may see one that is somebody else's already. */
static void replace_and_read(struct mm_worker *w)
{
	for (unsigned int step = 0; step < mm_steps(400); step++) {
		struct version *v;

		if (w->cpu == 0) {
			v = kmem_cache_alloc(versions, GFP_KERNEL);
			if (!v)
				continue;
			v->value = step;
			v->complement = ~(unsigned long)step;
			v = xchg(&shown, v);
			if (v)
				kfree_rcu(v, rcu);
			continue;
		}
		rcu_read_lock();
		v = rcu_dereference(shown);
		if (v)
			w->errors += v->value != ~v->complement;
		rcu_read_unlock();
		kfree(kmalloc(sizeof(struct version), GFP_KERNEL));
	}
}

static void readers_see_whole_versions(struct kunit *test)
{
	versions = kmem_cache_create("t_versions", sizeof(struct version), 0, SLAB_NO_MERGE, NULL);
	KUNIT_ASSERT_NOT_NULL(test, versions);
	mm_on_all_cpus(test, replace_and_read);
	kfree_rcu_mightsleep(shown);
	shown = NULL;
	/* Waits for what is still on its way. */
	kmem_cache_destroy(versions);
}

static void defer_frees(struct mm_worker *w)
{
	for (unsigned int step = 0; step < mm_steps(300); step++) {
		struct version *v = kvmalloc(mm_below(&w->rnd, 20) ? 64 : 9000, GFP_KERNEL);

		if (!v)
			continue;
		v->value = step;
		if (step % 50)
			kvfree_rcu(v, rcu);
		else
			kvfree_rcu_mightsleep(v);
	}
}

static void deferred_frees_everywhere(struct kunit *test)
{
	mm_on_all_cpus(test, defer_frees);
	kvfree_rcu_barrier();
}

/* Objects come and go, and what was one stays one: the value says so in every state. */
static void typesafe_ctor(void *obj)
{
	((struct version *)obj)->complement = 0x7e5afe;
}

static void *typesafe_seen[16];

static void typesafe_worker(struct mm_worker *w)
{
	for (unsigned int step = 0; step < mm_steps(400); step++) {
		struct version **slot = (struct version **)&typesafe_seen[mm_below(&w->rnd, 16)];
		struct version *v;

		rcu_read_lock();
		v = READ_ONCE(*slot);
		if (v)
			w->errors += READ_ONCE(v->complement) != 0x7e5afe;
		rcu_read_unlock();
		v = kmem_cache_alloc(versions, GFP_KERNEL);
		if (!v)
			continue;
		v->value = step;
		v = xchg(slot, v);
		if (v)
			kmem_cache_free(versions, v);
		if (!(step & 127))
			kmem_cache_shrink(versions);
	}
}

static void typesafe_objects(struct kunit *test)
{
	versions = kmem_cache_create("t_typesafe", sizeof(struct version), 0, SLAB_TYPESAFE_BY_RCU, typesafe_ctor);
	KUNIT_ASSERT_NOT_NULL(test, versions);
	mm_on_all_cpus(test, typesafe_worker);
	for (unsigned int i = 0; i < ARRAY_SIZE(typesafe_seen); i++) {
		if (typesafe_seen[i])
			kmem_cache_free(versions, typesafe_seen[i]);
		typesafe_seen[i] = NULL;
	}
	kmem_cache_destroy(versions);
}

/* ---- mempools ---- */

static mempool_t *elements;

static void *never(gfp_t gfp, void *data)
{
	(void)gfp;
	return READ_ONCE(*(bool *)data) ? kmalloc(100, GFP_NOWAIT) : NULL;
}

static void never_free(void *element, void *data)
{
	(void)data;
	kfree(element);
}

/* More takers than elements, and no memory behind: each waits for another one to give back. */
static void share_elements(struct mm_worker *w)
{
	for (unsigned int step = 0; step < 30; step++) {
		unsigned long *e = mempool_alloc(elements, GFP_KERNEL);

		w->errors += !e;
		if (!e)
			continue;
		mm_mark(e, 100, w->cpu);
		if (!(step % 8))
			msleep(1);
		w->errors += !mm_marked(e, 100, w->cpu);
		mempool_free(e, elements);
	}
}

static void mempool_makes_tasks_wait(struct kunit *test)
{
	static bool memory = true;

	memory = true;
	elements = mempool_create(2, never, never_free, &memory);
	KUNIT_ASSERT_NOT_NULL(test, elements);
	memory = false;
	KUNIT_EXPECT_TRUE(test, mempool_is_saturated(elements));
	mm_on_all_cpus(test, share_elements);
	KUNIT_EXPECT_TRUE(test, mempool_is_saturated(elements));
	mempool_destroy(elements);
}

/* ---- caches ---- */

static void merging(struct kunit *test)
{
	struct kmem_cache *a = kmem_cache_create("t_merge_a", 416, 0, 0, NULL);
	struct kmem_cache *b = kmem_cache_create("t_merge_b", 412, 0, 0, NULL);
	struct kmem_cache *c = kmem_cache_create("t_merge_c", 416, 0, SLAB_NO_MERGE, NULL);
	void *p;

	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_EXPECT_TRUE(test, a != c && b != c);
	p = kmem_cache_alloc(b, GFP_KERNEL);
	/* Whether merged or (debugging, slab_nomerge) not: a's end does not concern b. */
	kmem_cache_destroy(a);
	mm_mark(p, 412, 1);
	KUNIT_EXPECT_TRUE(test, mm_marked(p, 412, 1));
	kmem_cache_free(b, p);
	kmem_cache_destroy(b);
	kmem_cache_destroy(c);
}

static void user_copies(struct kunit *test)
{
	struct kmem_cache *s = kmem_cache_create_usercopy("t_user", 96, 0, 0, 16, 32, NULL);
	char on_stack[64] = "on the stack", *p;

	KUNIT_ASSERT_NOT_NULL(test, s);
	p = kmem_cache_zalloc(s, GFP_KERNEL);
	check_object_size(p + 16, 32, true);
	check_object_size(on_stack, sizeof(on_stack), true);
	check_object_size("a constant", 11, true);
	/* Nothing is mapped there yet: nothing is copied, and what was to be read is zero. */
	p[20] = 1;
	KUNIT_EXPECT_EQ(test, copy_from_user(p + 16, (void __user *)0x400000, 32), 32UL);
	KUNIT_EXPECT_EQ(test, p[20], 0);
	KUNIT_EXPECT_EQ(test, copy_to_user((void __user *)0x400000, on_stack, 20), 20UL);
	KUNIT_EXPECT_EQ(test, copy_to_user((void __user *)PAGE_OFFSET, on_stack, 20), 20UL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(memdup_user((void __user *)0x400000, 20)), (long)-EFAULT);
	KUNIT_EXPECT_EQ(test, PTR_ERR(strndup_user((void __user *)0x400000, 20)), (long)-EFAULT);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static char *scoped(bool keep)
{
	char *p __free(kfree) = kstrdup("in scope", GFP_KERNEL);

	if (keep)
		return_ptr(p);
	return NULL;
}

static void scopes_and_constants(struct kunit *test)
{
	const char *text = kstrdup_const(test->name, GFP_KERNEL);
	char *p = scoped(true);

	/* The suite is part of the kernel: its names are constants of the kernel. */
	KUNIT_EXPECT_PTR_EQ(test, (const void *)text, (const void *)test->name);
	kfree_const(text);
	KUNIT_EXPECT_STREQ(test, p, "in scope");
	kfree(p);
	KUNIT_EXPECT_NULL(test, scoped(false));
}

static struct kunit_case api_cases[] = {KUNIT_CASE(interrupt_storm),
					KUNIT_CASE(from_softirq_to_work),
					KUNIT_CASE(readers_see_whole_versions),
					KUNIT_CASE(deferred_frees_everywhere),
					KUNIT_CASE(typesafe_objects),
					KUNIT_CASE(mempool_makes_tasks_wait),
					KUNIT_CASE(merging),
					KUNIT_CASE(user_copies),
					KUNIT_CASE(scopes_and_constants),
					{}};

static struct kunit_suite api_suite = {
	.name = "mm_slab_api",
	.init = mm_case_begin,
	.exit = mm_case_end,
	.test_cases = api_cases,
};
kunit_test_suite(api_suite);
