// SPDX-License-Identifier: MIT
/*
 * context_alloc.c - suites: every legal mask gives memory in every context, on all CPUs at once and under a storm of device
 * interrupts; every mask that may sleep is caught where nobody may; scopes nest.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/gfp.h>
#include <linux/lockdep.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#include <mmvisor/dma_engine.h>

#include "context.h"
#include "mm_suite.h"

/** struct mask - @sleeps: legal in a task with nothing held only. @pages_only: not for slab */
struct mask {
	const char *name;
	gfp_t gfp;
	bool sleeps, pages_only;
};

#define MASK(m, sleep, pages)                                                                                          \
	{                                                                                                              \
#m, m, sleep, pages                                                                                    \
	}

static const struct mask masks[] = {
	MASK(GFP_ATOMIC, false, false),
	MASK(GFP_NOWAIT, false, false),
	MASK(GFP_ATOMIC | __GFP_ZERO, false, false),
	MASK(GFP_ATOMIC | __GFP_NOMEMALLOC | __GFP_NOWARN, false, false),
	MASK(GFP_NOWAIT | __GFP_RECLAIMABLE, false, false),
	MASK(GFP_NOWAIT | __GFP_ACCOUNT, false, false),
	MASK(GFP_ATOMIC | __GFP_COMP, false, true),
	MASK(__GFP_HIGH, false, false),
	MASK(GFP_KERNEL, true, false),
	MASK(GFP_KERNEL | __GFP_ZERO, true, false),
	MASK(GFP_NOFS, true, false),
	MASK(GFP_NOIO, true, false),
	MASK(GFP_USER, true, false),
	MASK(GFP_KERNEL_ACCOUNT, true, false),
	MASK(GFP_KERNEL | __GFP_NORETRY, true, false),
	MASK(GFP_KERNEL | __GFP_RETRY_MAYFAIL, true, false),
	MASK(GFP_HIGHUSER_MOVABLE, true, true),
	MASK(__GFP_DIRECT_RECLAIM, true, false),
};

/* The ways to ask: what comes back is given back in the same place. Return: did it fail? */
static bool by_kmalloc(gfp_t gfp)
{
	void *p = kmalloc(100, gfp);

	kfree(p);
	return !p;
}

static bool by_large_kmalloc(gfp_t gfp)
{
	void *p = kmalloc(3 * KMALLOC_MAX_CACHE_SIZE, gfp);

	kfree(p);
	return !p;
}

static struct kmem_cache *ctx_cache;

static bool by_cache(gfp_t gfp)
{
	void *p = kmem_cache_alloc(ctx_cache, gfp);

	if (p)
		kmem_cache_free(ctx_cache, p);
	return !p;
}

static bool by_page(gfp_t gfp)
{
	struct page *page = alloc_page(gfp);

	if (page)
		__free_page(page);
	return !page;
}

static bool by_pages(gfp_t gfp)
{
	struct page *page = alloc_pages(gfp, 2);

	if (page)
		__free_pages(page, 2);
	return !page;
}

static bool (*const ways[])(gfp_t gfp) = {by_page, by_pages, by_kmalloc, by_large_kmalloc, by_cache};
#define PAGE_WAYS 2

static int make_cache(struct kunit_suite *s)
{
	(void)s;
	ctx_cache = kmem_cache_create("ctx-alloc", 72, 0, 0, NULL);
	return ctx_cache ? 0 : -ENOMEM;
}

static void drop_cache(struct kunit_suite *s)
{
	(void)s;
	kmem_cache_destroy(ctx_cache);
}

/** struct round - one context's turn. @first_mask, @first_way: what failed first, for who has to look */
struct round {
	enum test_context ctx;
	unsigned int errors, first_mask, first_way;
};

static void allocate_legally(void *arg)
{
	struct round *r = arg;

	for (unsigned int m = 0; m < ARRAY_SIZE(masks); m++) {
		if (masks[m].sleeps && r->ctx != CTX_TASK)
			continue;
		for (unsigned int w = 0; w < (masks[m].pages_only ? PAGE_WAYS : ARRAY_SIZE(ways)); w++) {
			if (!ways[w](masks[m].gfp))
				continue;
			if (!r->errors++) {
				r->first_mask = m;
				r->first_way = w;
			}
		}
	}
}

/* MSIs come from few channels and an engine is slow: with many CPUs at once some find none free. */
static void all_contexts_here(struct mm_worker *w)
{
	for (unsigned int ctx = 0; ctx < NR_TEST_CONTEXTS; ctx++) {
		struct round r = {.ctx = ctx};
		bool ran = run_in_context(ctx, allocate_legally, &r);

		if (!ran && context_exists(ctx) && ctx != CTX_MSI) {
			pr_err("%s on CPU %u did not run\n", context_names[ctx], w->cpu);
			w->errors++;
		}
		if (r.errors)
			pr_err("%s on CPU %u: %u failed, first %s by way %u\n", context_names[ctx], w->cpu, r.errors,
			       masks[r.first_mask].name, r.first_way);
		w->errors += r.errors;
	}
}

static void legal_masks_everywhere(struct kunit *test)
{
	unsigned long before = warn_count();

	mm_on_all_cpus(test, all_contexts_here);
	KUNIT_EXPECT_EQ(test, warn_count() - before, 0UL);
}

/* ---- the same, interrupted ---- */

/** struct gale - a storm on one CPU: @calls handled, @errors of them without memory */
struct gale {
	int storm;
	unsigned long calls, errors;
};

static void blow(void *arg)
{
	struct gale *g = arg;
	gfp_t gfp = g->calls & 1 ? GFP_ATOMIC : GFP_NOWAIT;

	g->errors += by_kmalloc(gfp) + by_page(gfp) + by_cache(gfp);
	g->calls++;
}

#define STORM_HZ 2000
#define MAX_GALES 4

static void legal_masks_in_a_storm(struct kunit *test)
{
	struct gale gales[MAX_GALES] = {{0}};
	unsigned long before = warn_count();
	unsigned int nr = 0;

	if (!dma_engine_count())
		kunit_skip(test, "needs a DMA engine (--dma bits=24)");
	for (; nr < min_t(unsigned int, MAX_GALES, num_online_cpus()); nr++) {
		gales[nr].storm = dma_storm_start(0, nr, STORM_HZ, blow, &gales[nr]);
		KUNIT_EXPECT_GE(test, gales[nr].storm, 0);
	}
	mm_on_all_cpus(test, all_contexts_here);
	for (unsigned int i = 0; i < nr; i++) {
		if (gales[i].storm < 0)
			continue;
		/* A fast machine is through before the first gust. */
		for (unsigned int tries = 0; !READ_ONCE(gales[i].calls) && tries < 1000; tries++)
			msleep(1);
		KUNIT_EXPECT_EQ(test, dma_storm_stop(gales[i].storm), gales[i].calls);
		KUNIT_EXPECT_GT(test, gales[i].calls, 0UL);
		KUNIT_EXPECT_EQ(test, gales[i].errors, 0UL);
	}
	KUNIT_EXPECT_EQ(test, warn_count() - before, 0UL);
}

/* ---- illegal ones ---- */

struct attempt {
	gfp_t gfp;
	bool (*way)(gfp_t gfp);
};

static void try_it(void *arg)
{
	const struct attempt *a = arg;

	a->way(a->gfp);
}

static bool by_vmalloc(gfp_t gfp)
{
	void *p = __vmalloc(PAGE_SIZE, gfp);

	if (p)
		vfree_atomic(p);
	return !p;
}

/* Each mask once in each context, by one of the ways in turn: a report is long, and a slow machine prints it. */
static void illegal_masks_are_caught(struct kunit *test)
{
	unsigned int turn = 0;

	for (unsigned int ctx = CTX_TASK + 1; ctx < NR_TEST_CONTEXTS; ctx++) {
		if (!context_exists(ctx))
			continue;
		for (unsigned int m = 0; m < ARRAY_SIZE(masks); m++) {
			unsigned int nr = masks[m].pages_only ? PAGE_WAYS : ARRAY_SIZE(ways);
			struct attempt a = {masks[m].gfp, ways[turn++ % nr]};

			if (masks[m].sleeps)
				KUNIT_EXPECT_REPORT(test, "in atomic context", run_in_context(ctx, try_it, &a));
		}
	}
}

/* vmalloc() sleeps whatever its mask. */
static void vmalloc_is_caught(struct kunit *test)
{
	struct attempt a = {GFP_KERNEL, by_vmalloc};

	for (unsigned int ctx = CTX_TASK + 1; ctx < NR_TEST_CONTEXTS; ctx++) {
		if (context_exists(ctx))
			KUNIT_EXPECT_REPORT(test, "in atomic context", run_in_context(ctx, try_it, &a));
	}
}

/* Plenty of memory hides nothing: the array of the CPU is full when the illegal request comes. */
static void caught_with_memory_at_hand(struct kunit *test)
{
	struct attempt a = {GFP_KERNEL, by_cache};

	KUNIT_EXPECT_FALSE(test, by_cache(GFP_KERNEL));
	KUNIT_EXPECT_REPORT(test, "in atomic context", run_in_context(CTX_SPINLOCK, try_it, &a));
}

static void allocating_in_non_block(struct kunit *test)
{
	non_block_start();
	if (lockdep_is_on())
		KUNIT_EXPECT_REPORT(test, "non_block", by_kmalloc(GFP_KERNEL));
	KUNIT_EXPECT_FALSE(test, by_kmalloc(GFP_NOWAIT));
	non_block_end();
	KUNIT_EXPECT_FALSE(test, by_kmalloc(GFP_KERNEL));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(legal_masks_everywhere),
	KUNIT_CASE(legal_masks_in_a_storm),
	KUNIT_CASE(illegal_masks_are_caught),
	KUNIT_CASE(vmalloc_is_caught),
	KUNIT_CASE(caught_with_memory_at_hand),
	KUNIT_CASE(allocating_in_non_block),
	{},
};
static struct kunit_suite suite = {
	.name = "context_alloc", .suite_init = make_cache, .suite_exit = drop_cache, .test_cases = cases};

/* ---- scopes ---- */

static void scopes_take_away(struct kunit *test)
{
	unsigned int token;

	KUNIT_EXPECT_EQ(test, current_gfp_context(GFP_KERNEL), GFP_KERNEL);
	token = memalloc_nofs_save();
	KUNIT_EXPECT_EQ(test, current_gfp_context(GFP_KERNEL), GFP_NOFS);
	KUNIT_EXPECT_EQ(test, current_gfp_context(GFP_ATOMIC), GFP_ATOMIC);
	memalloc_nofs_restore(token);
	token = memalloc_noio_save();
	KUNIT_EXPECT_EQ(test, current_gfp_context(GFP_KERNEL), GFP_NOIO);
	memalloc_noio_restore(token);
	token = memalloc_pin_save();
	KUNIT_EXPECT_EQ(test, current_gfp_context(GFP_HIGHUSER_MOVABLE), GFP_HIGHUSER_MOVABLE & ~__GFP_MOVABLE);
	memalloc_pin_restore(token);
	token = memalloc_noreclaim_save();
	KUNIT_EXPECT_TRUE(test, current->flags & PF_MEMALLOC);
	memalloc_noreclaim_restore(token);
	KUNIT_EXPECT_EQ(test, current->flags & PF_MEMALLOC_SCOPES, 0U);
	KUNIT_EXPECT_EQ(test, current_gfp_context(GFP_HIGHUSER_MOVABLE), GFP_HIGHUSER_MOVABLE);
}

/* An inner scope neither widens nor, at its end, ends the outer one. */
static void scopes_nest(struct kunit *test)
{
	unsigned int outer = memalloc_noio_save(), inner = memalloc_nofs_save(), same = memalloc_noio_save();

	KUNIT_EXPECT_EQ(test, current_gfp_context(GFP_KERNEL), GFP_NOIO);
	KUNIT_EXPECT_EQ(test, same, 0U);
	memalloc_noio_restore(same);
	KUNIT_EXPECT_EQ(test, current_gfp_context(GFP_KERNEL), GFP_NOIO);
	memalloc_nofs_restore(inner);
	KUNIT_EXPECT_EQ(test, current_gfp_context(GFP_KERNEL), GFP_NOIO);
	memalloc_noio_restore(outer);
	KUNIT_EXPECT_EQ(test, current_gfp_context(GFP_KERNEL), GFP_KERNEL);
	outer = memalloc_flags_save(PF_MEMALLOC_NOFS | PF_MEMALLOC_PIN);
	inner = memalloc_flags_save(PF_MEMALLOC_NOFS | PF_MEMALLOC);
	KUNIT_EXPECT_EQ(test, inner, (unsigned int)PF_MEMALLOC);
	memalloc_flags_restore(inner);
	memalloc_flags_restore(outer);
	KUNIT_EXPECT_EQ(test, current->flags & PF_MEMALLOC_SCOPES, 0U);
}

struct elsewhere {
	struct work_struct work;
	gfp_t gfp;
};

static void note_mask(struct work_struct *work)
{
	container_of(work, struct elsewhere, work)->gfp = current_gfp_context(GFP_KERNEL);
}

static void scopes_stay_with_their_thread(struct kunit *test)
{
	unsigned int token = memalloc_noio_save();
	struct elsewhere e = {.gfp = 0};

	INIT_WORK_ONSTACK(&e.work, note_mask);
	schedule_work(&e.work);
	flush_work(&e.work);
	memalloc_noio_restore(token);
	KUNIT_EXPECT_EQ(test, e.gfp, GFP_KERNEL);
}

static void allocating_in_scopes(struct kunit *test)
{
	static const unsigned int scopes[] = {PF_MEMALLOC, PF_MEMALLOC_NOFS, PF_MEMALLOC_NOIO, PF_MEMALLOC_PIN};

	for (unsigned int i = 0; i < ARRAY_SIZE(scopes); i++) {
		unsigned int token = memalloc_flags_save(scopes[i]);

		for (unsigned int m = 0; m < ARRAY_SIZE(masks); m++)
			KUNIT_EXPECT_FALSE_MSG(test, by_pages(masks[m].gfp), "%s in scope %#x", masks[m].name,
					       scopes[i]);
		memalloc_flags_restore(token);
	}
}

static int forgetful(void *began)
{
	memalloc_nofs_save();
	complete(began);
	return 0;
}

static void run_forgetful(struct kunit *test)
{
	DECLARE_COMPLETION_ONSTACK(began);
	struct task_struct *task = kthread_create(forgetful, &began, "forgetful");

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	get_task_struct(task);
	wake_up_process(task);
	/* One that is stopped before its first turn never runs. */
	wait_for_completion(&began);
	kthread_stop(task);
	put_task_struct(task);
}

static void a_stale_scope_is_reported(struct kunit *test)
{
	KUNIT_EXPECT_REPORT(test, "ends inside a memalloc scope", run_forgetful(test));
}

static struct kunit_case scope_cases[] = {
	KUNIT_CASE(scopes_take_away),
	KUNIT_CASE(scopes_nest),
	KUNIT_CASE(scopes_stay_with_their_thread),
	KUNIT_CASE(allocating_in_scopes),
	KUNIT_CASE(a_stale_scope_is_reported),
	{},
};
static struct kunit_suite scope_suite = {.name = "memalloc_scope", .test_cases = scope_cases};
kunit_test_suites(&suite, &scope_suite);
