// SPDX-License-Identifier: MIT
/*
 * restart.c - suite: an allocation or a free may be interrupted behind any of its instructions, by somebody who allocates and frees
 * too; nobody gets what another has, and nothing is lost.
 *
 * Exhaustive: each case is run once for each instruction that it takes (on a slow machine for each fourth). What storms of
 * interrupts add is chance.
 */
#include <kunit/test.h>
#include <linux/debug_hooks.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <mmvisor/step.h>

#include "mm_suite.h"

/* More instructions than an allocation from a CPU's own list takes. */
#define LIMIT 400
/* Where stepping through a pair takes longer, each fourth instruction has to do, beginning anywhere. */
#define SLOW_US 2000

/** struct hold - what the interrupted code and the interrupt took; @held is from before, for either to free */
struct hold {
	gfp_t gfp;
	unsigned int order;
	void *mine, *its, *held;
};

static void *take_page(struct hold *h)
{
	return alloc_pages(h->gfp & ~__GFP_DIRECT_RECLAIM, h->order);
}

static void drop_page(struct hold *h, void *page)
{
	__free_pages(page, h->order);
}

static void alloc_body(void *arg)
{
	struct hold *h = arg;

	h->mine = alloc_pages(h->gfp, h->order);
}

static void free_body(void *arg)
{
	struct hold *h = arg;

	__free_pages(h->held, h->order);
}

/* The list is another one afterwards: what was first is taken, what was second is first. */
static void take_two_give_one(void *arg)
{
	struct hold *h = arg;
	void *other;

	h->its = take_page(h);
	other = take_page(h);
	drop_page(h, other);
}

static void kmalloc_body(void *arg)
{
	((struct hold *)arg)->mine = kmalloc(64, GFP_KERNEL);
}

static void kfree_body(void *arg)
{
	kfree(((struct hold *)arg)->held);
}

static void kmalloc_two_kfree_one(void *arg)
{
	struct hold *h = arg;
	void *other;

	h->its = kmalloc(64, GFP_NOWAIT);
	other = kmalloc(64, GFP_NOWAIT);
	kfree(other);
}

/** struct way - what is interrupted, and by whom */
struct way {
	void (*alloc)(void *arg);
	void (*release)(void *arg);
	void (*interrupt)(void *arg);
};

static const struct way pages_way = {alloc_body, free_body, take_two_give_one};
static const struct way slab_way = {kmalloc_body, kfree_body, kmalloc_two_kfree_one};

/* An allocation, then a free, each interrupted behind instruction @n. Return: it came in one of them, or another task did. */
static bool both_at(struct kunit *test, const struct way *way, struct hold *h, unsigned long n)
{
	struct step_test alloc = {.body = way->alloc, .interrupt = way->interrupt, .arg = h};
	struct step_test release = {.body = way->release, .interrupt = way->interrupt, .arg = h};
	void *first;

	h->its = NULL;
	step_interrupt(&alloc, n);
	KUNIT_ASSERT_NOT_NULL(test, h->mine);
	KUNIT_ASSERT_TRUE_MSG(test, h->mine != h->its, "both have one thing after an interrupt behind instruction %lu",
			      n);
	first = h->its;
	h->its = NULL;
	h->held = h->mine;
	step_interrupt(&release, n);
	KUNIT_ASSERT_TRUE_MSG(test, !first || first != h->its, "taken twice, behind instruction %lu of a free", n);
	if (way == &pages_way) {
		if (first)
			drop_page(h, first);
		if (h->its)
			drop_page(h, h->its);
	} else {
		kfree(first);
		kfree(h->its);
	}
	return alloc.came || alloc.lost || release.came || release.lost;
}

/* Each @stride-th instruction, beginning with one of the first. */
static void each(struct kunit *test, const struct way *way, struct hold *h, unsigned long stride)
{
	unsigned long n = 1 + get_random_u32_below((u32)stride);

	while (n < LIMIT && both_at(test, way, h, n))
		n += stride;
	KUNIT_EXPECT_LT(test, n, (unsigned long)LIMIT);
}

static void everywhere(struct kunit *test, const struct way *way, struct hold *h)
{
	unsigned long back, finished, stride = 1;
	unsigned long want_back, want_finished;
	ktime_t start;

	if (mm_debug_hooks())
		kunit_skip(test, "the debug kernel takes too many steps; the sequences are the same");
	back = restart_sent_back();
	finished = restart_finished();
	/* So that the lists have something. */
	both_at(test, way, h, ~0UL);
	start = ktime_get();
	both_at(test, way, h, ~0UL);
	if (ktime_us_delta(ktime_get(), start) > SLOW_US)
		stride = 4;
	/* A few instructions lie in a sequence; in a page's, also behind the first store. A slab's has only one. */
	want_back = 8 / stride;
	want_finished = way == &pages_way ? 4 / stride : 0;
	each(test, way, h, stride);
	/* Strides may miss those few, and real interrupts move a sequence on. */
	for (unsigned int tries = 0; tries < 3; tries++)
		if (restart_sent_back() - back < want_back || restart_finished() - finished < want_finished)
			each(test, way, h, 1);
	KUNIT_EXPECT_GE(test, restart_sent_back() - back, want_back);
	KUNIT_EXPECT_GE(test, restart_finished() - finished, want_finished);
}

static void page_for_the_kernel(struct kunit *test)
{
	everywhere(test, &pages_way, &(struct hold){.gfp = GFP_KERNEL});
}

/* Masks that are not the commonest have a sequence of their own. */
static void movable_pages(struct kunit *test)
{
	everywhere(test, &pages_way, &(struct hold){.gfp = GFP_HIGHUSER_MOVABLE, .order = 2});
}

static void object(struct kunit *test)
{
	everywhere(test, &slab_way, &(struct hold){.gfp = GFP_KERNEL});
}

/** struct between - a task that gets its first turn while the waker is being stepped */
struct between {
	struct task_struct *task;
	bool turn;
};

static int take_turn(void *data)
{
	WRITE_ONCE(((struct between *)data)->turn, true);
	while (!kthread_should_stop())
		msleep(1);
	return 0;
}

static void give_way(void *arg)
{
	struct between *b = arg;

	/* No tick may do it: behind an interrupt nothing is stepped. */
	local_irq_disable();
	wake_up_process(b->task);
	while (!READ_ONCE(b->turn))
		schedule();
	local_irq_enable();
}

static void stays(void *arg)
{
	(void)arg;
}

/* Code that is stepped may find at a preempt_enable() that a tick has asked for the CPU: the next task must not be stepped. */
static void another_task_in_between(struct kunit *test)
{
	struct between b = {};
	struct step_test step = {.body = give_way, .arg = &b};

	migrate_disable();
	b.task = kthread_create_on_cpu(take_turn, &b, smp_processor_id(), "between/%u");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, b.task);
	step_interrupt(&step, ULONG_MAX);
	migrate_enable();
	KUNIT_EXPECT_EQ(test, kthread_stop(b.task), 0);
	KUNIT_EXPECT_TRUE(test, b.turn);
	KUNIT_EXPECT_FALSE(test, step.came);
	KUNIT_EXPECT_TRUE(test, step.lost);
	/* Nothing is left behind: the next is stepped to its end. */
	step.body = stays;
	step_interrupt(&step, ULONG_MAX);
	KUNIT_EXPECT_FALSE(test, step.lost);
	KUNIT_EXPECT_GT(test, step.ran, 0UL);
}

static int begin(struct kunit *test)
{
	mm_case_begin(test);
	return 0;
}

static struct kunit_case cases[] = {
	KUNIT_CASE(page_for_the_kernel),
	KUNIT_CASE(movable_pages),
	KUNIT_CASE(object),
	KUNIT_CASE(another_task_in_between),
	{},
};
static struct kunit_suite suite = {.name = "restart", .init = begin, .exit = mm_case_end, .test_cases = cases};
kunit_test_suite(suite);
