// SPDX-License-Identifier: MIT
/*
 * cost.c - suite: what an operation of each allocator may need at most, in instructions of the release kernel.
 *
 * Instructions, not time: the code is stepped through (mmvisor/step.h), so the counts are the same on every engine, and those that
 * tests/bench/ops.sh finds in its machine, but for a few in which calls differ. Limits are the targets that the measurement has
 * (tests/bench/targets.txt) and a tenth: what breaks one is a slow way taken where a quick one was, or work that nobody noticed.
 * Real interrupts between two steps may empty a list, or send a restartable sequence back to its beginning.
 * Not here: what takes thousands of steps, such as large areas. The measurement itself compares those with their targets.
 */
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <mmvisor/step.h>

#include "shared/vmalloc.h"

#include "mm_suite.h"
#include "pressure.h"

#define BULK 32
#define TRIES 10
/* Where each step takes long, a tick comes every few: what a restartable sequence does before its first store, at most. */
#define SEQUENCE 16
static struct kmem_cache *cache;
static unsigned int order;

static void nothing(void *arg)
{
	(void)arg;
}

/* Sizes are constants, as most callers have them: the cache is chosen by the compiler. */
#define KMALLOC_PAIR(size)                                                                                             \
	static void kmalloc_##size(void *arg)                                                                          \
	{                                                                                                              \
		(void)arg;                                                                                             \
		kfree(kmalloc(size, GFP_KERNEL));                                                                      \
	}
KMALLOC_PAIR(8)
KMALLOC_PAIR(64)
KMALLOC_PAIR(1024)
KMALLOC_PAIR(8192)

static void cache_pair(void *arg)
{
	(void)arg;
	kmem_cache_free(cache, kmem_cache_alloc(cache, GFP_KERNEL));
}

static void bulk_pair(void *arg)
{
	void **held = arg;

	kmem_cache_alloc_bulk(cache, GFP_KERNEL, BULK, held);
	kmem_cache_free_bulk(cache, BULK, held);
}

static void pages_pair(void *arg)
{
	(void)arg;
	__free_pages(alloc_pages(GFP_KERNEL, order), order);
}

static void vmalloc_pair(void *arg)
{
	(void)arg;
	vfree(vmalloc(PAGE_SIZE));
}

/* Instructions of @body and of the steps around it. ULONG_MAX: another task came in between, so that not all were counted. */
static unsigned long steps_of(void (*body)(void *arg), void *arg)
{
	struct step_test step = {.body = body, .arg = arg};

	step_interrupt(&step, ULONG_MAX);
	return step.lost ? ULONG_MAX : step.ran;
}

/* Those of @body alone, without what a sequence took that a real interrupt sent back. ULONG_MAX: that many were, that none are left. */
static unsigned long count_of(void (*body)(void *arg), void *arg)
{
	unsigned long around = steps_of(nothing, NULL), sent_back = restart_sent_back(), again, steps;

	steps = steps_of(body, arg);
	again = around + (restart_sent_back() - sent_back) * SEQUENCE;
	return steps > again ? steps - again : ULONG_MAX;
}

/* Within a tenth of the target, once what it uses is warm? Interrupts add to it: several may try. */
static void at_most(struct kunit *test, const char *name, void (*body)(void *arg), void *arg, unsigned long target)
{
	unsigned long limit = target + target / 10, count = ULONG_MAX;

	/* Whoever was here before may have left a CPU's lists full, so that each free gives some back. */
	drain_all_pages(NULL);
	body(arg);
	body(arg);
	for (unsigned int i = 0; i < TRIES && count > limit; i++)
		count = min(count, count_of(body, arg));
	KUNIT_EXPECT_LE_MSG(test, count, limit, "%s", name);
}

/* Do CPUs keep blocks of 2 MiB for themselves (guest/mm/pcp.c)? In a small zone each comes from the zone's own lists. */
static bool blocks_are_kept(void)
{
	struct zone *zone, *last = NULL;

	for_each_zone (zone)
		if (managed_zone(zone) && zone_idx(zone) != ZONE_MOVABLE)
			last = zone;
	return last->managed_pages / 16 >= 2 * pageblock_nr_pages * num_online_cpus();
}

/* An emulated processor that is otherwise quick may need most of a millisecond for a step: then ticks are all that gets on. */
#define STEP_NS_MOST 300000

static int cost_init(struct kunit *test)
{
	u64 start, steps;

	if (mm_root.debug)
		kunit_skip(test, "the debug kernel does more");
	/* The first steps are slow where code is translated. */
	steps_of(nothing, NULL);
	start = ktime_get_ns();
	steps = steps_of(nothing, NULL);
	if (machine_is_fast() && ktime_get_ns() - start > steps * STEP_NS_MOST)
		kunit_skip(test, "a step takes too long here; the counts are those of other machines");
	return 0;
}

static void objects(struct kunit *test)
{
	static void *held[BULK];

	at_most(test, "kmalloc(8) and kfree()", kmalloc_8, NULL, 60);
	at_most(test, "kmalloc(64) and kfree()", kmalloc_64, NULL, 60);
	at_most(test, "kmalloc(1024) and kfree()", kmalloc_1024, NULL, 60);
	at_most(test, "kmalloc(8192) and kfree()", kmalloc_8192, NULL, 60);
	cache = kmem_cache_create("cost-192", 192, 0, 0, NULL);
	KUNIT_ASSERT_NOT_NULL(test, cache);
	at_most(test, "kmem_cache_alloc() and kmem_cache_free()", cache_pair, NULL, 55);
	at_most(test, "32 objects at once", bulk_pair, held, 600);
	kmem_cache_destroy(cache);
}

static void blocks(struct kunit *test)
{
	order = 0;
	at_most(test, "a page", pages_pair, NULL, 100);
	order = 3;
	at_most(test, "8 pages", pages_pair, NULL, 130);
	order = PAGEBLOCK_ORDER;
	at_most(test, "a block of 2 MiB", pages_pair, NULL, blocks_are_kept() ? 200 : 1000);
}

/*
 * The target is for the few areas that there are after boot. Other suites leave stacks and gaps between them; the trees are balanced,
 * so that the searches of a pair go one step farther down for twice as many, at 17 instructions (measured).
 */
static unsigned long area_target(void)
{
	const struct vmap_space *space = (const struct vmap_space *)(unsigned long)mm_root.vmalloc;
	unsigned long target = 900;

	if (space->nr_busy > 16)
		target += 17 * (unsigned long)(ilog2(space->nr_busy) - 3);
	/* More than one free piece: a search, a cut and a merge instead of a look at the only one. */
	if (space->nr_free > 1)
		target += 17 * (unsigned long)(ilog2(space->nr_free) + 4);
	return target;
}

static void area(struct kunit *test)
{
	at_most(test, "vmalloc() and vfree() of a page", vmalloc_pair, NULL, area_target());
}

static struct kunit_case cases[] = {
	KUNIT_CASE(objects),
	KUNIT_CASE(blocks),
	KUNIT_CASE(area),
	{},
};
static struct kunit_suite suite = {.name = "cost", .init = cost_init, .test_cases = cases};
kunit_test_suite(suite);
