// SPDX-License-Identifier: MIT
/*
 * test_mm_policy.c - the page allocator with all kinds of requests at random, against a model: a byte for each page says whose it
 * is. Prints its seed; MM_TEST_SEED and MM_TEST_STEPS repeat or lengthen it. And how long who failed waits before the next try.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>

#include "tests/runner.h"
#include "tests/unit/zones.h"

enum { SLOTS = 3000, CPUS = 3 };
static struct slot {
	struct page *page;
	unsigned int order; /* or, with @range, the number of pages */
	bool range;
} slots[SLOTS];
static unsigned char *owned;
static uint64_t owned_pages;

static void model_take(const struct page *page, unsigned long nr, unsigned long step)
{
	unsigned long pfn = page_to_pfn(page);

	for (unsigned long i = pfn; i < pfn + nr; i++) {
		ck_assert_msg(pfn_valid(i) && !memblock_is_reserved(i << PAGE_SHIFT), "step %lu: page %lx", step, i);
		ck_assert_msg(!owned[i], "step %lu: page %lx is somebody's already", step, i);
		owned[i] = 1;
	}
	owned_pages += nr;
}

static void give(struct slot *s)
{
	unsigned long nr = s->range ? s->order : 1UL << s->order;

	memset(owned + page_to_pfn(s->page), 0, nr);
	owned_pages -= nr;
	if (s->range)
		free_contig_range(page_to_pfn(s->page), nr);
	else
		__free_pages(s->page, s->order);
	s->page = NULL;
}

static gfp_t random_gfp(void)
{
	static const gfp_t masks[] = {GFP_KERNEL,
				      GFP_KERNEL,
				      GFP_ATOMIC,
				      GFP_NOWAIT,
				      GFP_USER,
				      GFP_NOFS,
				      GFP_KERNEL | __GFP_HIGH,
				      GFP_ATOMIC | __GFP_MEMALLOC};
	static const gfp_t kinds[] = {0,         __GFP_MOVABLE, __GFP_RECLAIMABLE, __GFP_MOVABLE | __GFP_HIGHMEM,
				      GFP_DMA32, GFP_DMA,       __GFP_COMP,        __GFP_ZERO};

	return masks[sim_below(ARRAY_SIZE(masks))] | kinds[sim_below(ARRAY_SIZE(kinds))] | __GFP_NOWARN | __GFP_NORETRY;
}

static void take_random(struct slot *s, unsigned long step)
{
	gfp_t gfp = random_gfp();
	unsigned int order = sim_below(16) ? sim_below(5) : sim_below(NR_PAGE_ORDERS);

	s->range = false;
	s->order = order;
	s->page = alloc_pages(gfp, order);
	if (!s->page)
		return;
	ck_assert_msg(!(page_to_pfn(s->page) & ((1UL << order) - 1)), "step %lu", step);
	ck_assert_msg(page_zonenum(s->page) <= gfp_zone(gfp), "step %lu: zone", step);
	ck_assert_msg(s->page->migratetype == gfp_migratetype(gfp), "step %lu: type", step);
	if (gfp & __GFP_ZERO)
		for (unsigned long i = 0; i < 1UL << order; i++)
			ck_assert_msg(!*(unsigned long *)page_address(s->page + i), "step %lu: not zero", step);
	model_take(s->page, 1UL << order, step);
	for (unsigned long i = 0; i < 1UL << order; i++)
		*(unsigned long *)page_address(s->page + i) = step + 1;
}

/* A range somewhere: had exactly if nobody owns a page of it, within the memory of one zone. */
static void take_range(struct slot *s, unsigned long step)
{
	unsigned long start = sim_below((uint32_t)mm_root.max_pfn), nr = 1 + sim_below(2000);
	bool is_free = true, managed = true;
	int err;

	/* Nearly everything below 4 GiB is no memory. */
	if (sim_below(4) && mm_zones[ZONE_NORMAL].spanned_pages)
		start = NORMAL->start_pfn + sim_below((uint32_t)NORMAL->spanned_pages);
	for (unsigned long i = start; i < start + nr && managed; i++) {
		managed = pfn_valid(i) && !memblock_is_reserved(i << PAGE_SHIFT) &&
			  page_zone(pfn_to_page(i)) == page_zone(pfn_to_page(start));
		is_free = is_free && !(managed && owned[i]);
	}
	err = alloc_contig_range(start, start + nr, MIGRATE_MOVABLE, GFP_KERNEL);
	if (!managed) {
		ck_assert_msg(err == -EINVAL, "step %lu: %d for no range", step, err);
	} else if (!is_free) {
		ck_assert_msg(err == -EBUSY || err == -ENOMEM, "step %lu: %d for a range in use", step, err);
	} else if (!err) {
		s->page = pfn_to_page(start);
		s->order = (unsigned int)nr;
		s->range = true;
		model_take(s->page, nr, step);
	} else {
		/* Slabs hold pages that the model knows nothing of, HIGHATOMIC blocks are not to be had. */
		ck_assert_msg(err == -EBUSY || err == -ENOMEM, "step %lu: %d for a free range", step, err);
	}
}

static void random_step(unsigned long step)
{
	struct slot *s = &slots[sim_below(SLOTS)];
	uint32_t what = sim_below(1000);

	sim_cpu = sim_below(CPUS);
	if (!what)
		drain_all_pages(NULL);
	if (s->page)
		give(s);
	else if (what < 3)
		take_range(s, step);
	else
		take_random(s, step);
}

START_TEST(random_policy_against_the_model)
{
	static const struct sim_range large[] = {{0x100000, MiB(15)},
						 {MiB(16), MiB(48)},
						 {GiB(4) + 0x3000, MiB(220)},
						 {GiB(5), MiB(30) + 0x7000},
						 {0, 0}};
	unsigned long steps = sim_steps(40000), all;

	if (_i & 1)
		boot_argument("movablecore=", "24M", 1);
	sim_start(_i & 2 ? large : pc, CPUS);
	owned = calloc(mm_root.max_pfn, 1);
	all = nr_free_pages();
	for (unsigned long step = 0; step < steps; step++) {
		random_step(step);
		if (step % 64 == 0)
			ck_assert_msg(nr_free_pages() + owned_pages == all, "step %lu: %lu pages are lost", step,
				      all - nr_free_pages() - owned_pages);
		if (step % 16384 == 0)
			assert_valid();
	}
	assert_valid();
	for (unsigned int i = 0; i < SLOTS; i++)
		if (slots[i].page)
			give(&slots[i]);
	ck_assert_uint_eq(nr_free_pages(), all);
	drain_all_pages(NULL);
	assert_valid();
	ck_assert_uint_eq(sim_warnings(), 0);
	free(owned);
}
END_TEST

static void nothing(void)
{
}

/* The request itself has waited if it could reclaim and tried hard: then a tick will do. */
START_TEST(a_moment_before_the_next_try)
{
	static const struct {
		gfp_t gfp;
		long ticks;
	} waits[] = {
		{GFP_KERNEL, 1},
		{GFP_NOFS, 1},
		{GFP_KERNEL | __GFP_RETRY_MAYFAIL, 1},
		{GFP_KERNEL | __GFP_NORETRY, HZ / 50},
		{GFP_NOWAIT, HZ / 50},
		{GFP_ATOMIC, HZ / 50},
		{0, HZ / 50},
	};

	ck_assert_int_gt(HZ / 50, 1);
	sim_start(pc, 1);
	sim_on_sleep = nothing;
	for (unsigned int i = 0; i < ARRAY_SIZE(waits); i++) {
		memalloc_retry_wait(waits[i].gfp);
		ck_assert_uint_eq(sim_sleeps, i + 1);
		ck_assert_msg(sim_sleep_ticks == waits[i].ticks, "mask %u: %ld ticks", i, sim_sleep_ticks);
	}
	sim_on_sleep = NULL;
}
END_TEST

static Suite *policy_suite(void)
{
	Suite *s = suite_create("mm_policy");
	TCase *t = tcase_create("policy");

	tcase_set_timeout(t, 300);
	tcase_add_test(t, a_moment_before_the_next_try);
	tcase_add_loop_test(t, random_policy_against_the_model, 0, 4);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return run_to_end(srunner_create(policy_suite()));
}
