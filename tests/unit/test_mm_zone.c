// SPDX-License-Identifier: MIT
/*
 * test_mm_zone.c - the page allocator's policy on the host: the CPUs' own lists, how deep each mask digs, ZONE_MOVABLE, boot
 * arguments. See test_mm_page.c for blocks as such, test_mm_mobility.c for pageblocks, test_mm_policy.c for all of it at random.
 */
#include <check.h>

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/oom.h>
#include <linux/sched.h>

#include "tests/runner.h"
#include "tests/unit/zones.h"

/* ---- the CPUs' own lists ---- */

START_TEST(lists_serve_without_the_lock)
{
	struct page *page;
	uint32_t seq;

	sim_start(normal_512m, 2);
	for (unsigned int order = 0; order < PCP_ORDERS; order++) {
		__free_pages(alloc_pages(UNMOVABLE, order), order);
		seq = NORMAL->lock.seq;
		for (unsigned int i = 0; i < 100; i++) {
			page = alloc_pages(UNMOVABLE, order);
			ck_assert_ptr_nonnull(page);
			__free_pages(page, order);
		}
		ck_assert_uint_eq(NORMAL->lock.seq, seq);
	}
	ck_assert_uint_gt(pcp_here(ZONE_NORMAL)->nr_allocs, 400);
	assert_valid();
}
END_TEST

START_TEST(lists_do_not_grow_without_end)
{
	static struct page *pages[20000];

	sim_start(normal_512m, 2);
	for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = alloc_page(UNMOVABLE);
	for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++) {
		__free_page(pages[i]);
		ck_assert_uint_le(pcp_here(ZONE_NORMAL)->count, pcp_here(ZONE_NORMAL)->high);
	}
	ck_assert_uint_ge(pcp_here(ZONE_NORMAL)->count, pcp_here(ZONE_NORMAL)->high / 2);
	assert_valid();
	drain_local_pages(NORMAL);
	ck_assert_uint_eq(pcp_here(ZONE_NORMAL)->count, 0);
	assert_valid();
}
END_TEST

START_TEST(others_lists_are_drained_in_need)
{
	unsigned long got, kept;

	sim_start(normal_64m, 4);
	/* CPU 3 keeps what it can. */
	sim_cpu = 3;
	hold_all(UNMOVABLE, 0);
	free_held();
	kept = pcp_here(ZONE_NORMAL)->count;
	ck_assert_uint_gt(kept, 0);
	sim_cpu = 0;
	/* Who may not wait does not reach it; who may, does. */
	got = hold_all(GFP_NOWAIT, 0);
	ck_assert_uint_eq(mm_root.pcp[3 * MAX_NR_ZONES + ZONE_NORMAL].count, kept);
	got += hold_all(GFP_KERNEL, 0);
	ck_assert_uint_eq(mm_root.pcp[3 * MAX_NR_ZONES + ZONE_NORMAL].count, 0);
	ck_assert_uint_eq(NORMAL->nr_free, NORMAL->watermark[WMARK_MIN]);
	ck_assert_uint_gt(got, 0);
	assert_valid();
	free_held();
	assert_valid();
}
END_TEST

START_TEST(interrupts_use_the_lists_too)
{
	struct page *page;

	sim_start(normal_64m, 1);
	for (unsigned int i = 0; i < 200; i++) {
		sim_interrupt_enter();
		page = alloc_pages(GFP_ATOMIC, i % 5);
		sim_interrupt_exit();
		ck_assert_ptr_nonnull(page);
		if (i & 1)
			sim_interrupt_enter();
		__free_pages(page, i % 5);
		if (i & 1)
			sim_interrupt_exit();
	}
	ck_assert_uint_eq(sim_warnings(), 0);
	assert_valid();
}
END_TEST

/* ---- how deep ---- */

enum who { NOBODY, MEMALLOC_TASK, VICTIM };

static const struct depth {
	const char *name;
	gfp_t gfp;
	enum who who;
	unsigned int
		eighths; /* of the min mark that stay: 8 all, 4 half, 3 what is left of it after a quarter more, 0 none */
} depths[] = {
	{"GFP_KERNEL", GFP_KERNEL, NOBODY, 8},
	{"GFP_NOFS", GFP_NOFS, NOBODY, 8},
	{"GFP_NOIO", GFP_NOIO, NOBODY, 8},
	{"GFP_USER", GFP_USER, NOBODY, 8},
	{"GFP_NOWAIT", GFP_NOWAIT, NOBODY, 8},
	{"no reclaim", GFP_KERNEL & ~__GFP_RECLAIM, NOBODY, 8},
	{"__GFP_HIGH", GFP_KERNEL | __GFP_HIGH, NOBODY, 4},
	{"GFP_ATOMIC", GFP_ATOMIC, NOBODY, 3},
	{"GFP_ATOMIC, NOMEMALLOC", GFP_ATOMIC | __GFP_NOMEMALLOC, NOBODY, 4},
	{"HIGH without wait", (GFP_KERNEL | __GFP_HIGH) & ~__GFP_DIRECT_RECLAIM, NOBODY, 3},
	{"__GFP_MEMALLOC", GFP_KERNEL | __GFP_MEMALLOC, NOBODY, 0},
	{"MEMALLOC, NOMEMALLOC", GFP_KERNEL | __GFP_MEMALLOC | __GFP_NOMEMALLOC, NOBODY, 8},
	{"PF_MEMALLOC", GFP_KERNEL, MEMALLOC_TASK, 0},
	{"PF_MEMALLOC, NOMEMALLOC", GFP_KERNEL | __GFP_NOMEMALLOC, MEMALLOC_TASK, 8},
	{"OOM victim", GFP_KERNEL, VICTIM, 4},
	{"OOM victim, NOMEMALLOC", GFP_KERNEL | __GFP_NOMEMALLOC, VICTIM, 8},
	{"NORETRY", GFP_KERNEL | __GFP_NORETRY, NOBODY, 8},
	{"RETRY_MAYFAIL", GFP_KERNEL | __GFP_RETRY_MAYFAIL, NOBODY, 8},
};

static uint64_t floor_by_depth(uint64_t min, unsigned int eighths)
{
	uint64_t half = min - min / 2;

	return eighths == 8 ? min : eighths == 4 ? half : eighths == 3 ? half - half / 4 : 0;
}

START_TEST(depth_by_mask)
{
	const struct depth *d = &depths[_i];

	sim_start(normal_64m, 2);
	current->flags |= d->who == MEMALLOC_TASK ? PF_MEMALLOC : 0;
	if (d->who == VICTIM)
		mark_oom_victim(current);
	hold_all(d->gfp, 0);
	ck_assert_msg(NORMAL->nr_free == floor_by_depth(NORMAL->watermark[WMARK_MIN], d->eighths),
		      "%s: stopped at %lu of min %lu", d->name, (unsigned long)NORMAL->nr_free,
		      (unsigned long)NORMAL->watermark[WMARK_MIN]);
	if (!d->eighths)
		ck_assert(page_is_pfmemalloc(held_blocks));
	/* In a hard interrupt what the thread may does not count. */
	if (d->who == NOBODY)
		ck_assert_ptr_null(alloc_page(d->gfp | __GFP_NOWARN));
	exit_oom_victim();
	current->flags &= ~(unsigned int)PF_MEMALLOC;
	assert_valid();
	free_held();
	assert_valid();
}
END_TEST

START_TEST(interrupts_have_no_thread)
{
	sim_start(normal_64m, 1);
	hold_all(GFP_KERNEL, 0);
	current->flags |= PF_MEMALLOC;
	mark_oom_victim(current);
	sim_interrupt_enter();
	ck_assert_ptr_null(alloc_page(GFP_NOWAIT));
	sim_interrupt_exit();
	hold(alloc_page(GFP_KERNEL));
	ck_assert_ptr_nonnull(held_blocks);
	current->flags &= ~(unsigned int)PF_MEMALLOC;
	exit_oom_victim();
	free_held();
	assert_valid();
}
END_TEST

START_TEST(depth_of_large_blocks)
{
	/* free - (2^order - 1) > floor: the largest number of blocks that leaves that. */
	unsigned int order = (unsigned int)_i;
	uint64_t min, free_pages;

	sim_start(normal_64m, 1);
	min = NORMAL->watermark[WMARK_MIN];
	hold_all(UNMOVABLE | __GFP_NORETRY, order);
	drain_all_pages(NULL);
	free_pages = NORMAL->nr_free;
	/* Either the mark stopped it, or there is no such block any more. */
	if (free_pages >= min + (1UL << order))
		for (unsigned int o = order; o <= MAX_PAGE_ORDER; o++)
			ck_assert_uint_eq(NORMAL->free_area[o].nr_free, 0);
	assert_valid();
	free_held();
	assert_valid();
}
END_TEST

START_TEST(nofail_waits_and_who_cannot_is_told)
{
	sim_start(normal_64m, 1);
	hold_all(GFP_KERNEL, 0);
	/* Half of the reserve is for those who must not fail. */
	hold(alloc_page(GFP_KERNEL | __GFP_NOFAIL));
	ck_assert_ptr_nonnull(held_blocks);
	ck_assert_uint_eq(NORMAL->nr_free, NORMAL->watermark[WMARK_MIN] - 1);
	ck_assert_uint_eq(sim_warnings(), 0);
	hold_all(GFP_ATOMIC, 0);
	ck_assert_ptr_null(alloc_page(GFP_NOWAIT | __GFP_NOFAIL));
	ck_assert_uint_eq(sim_warnings(), 1);
	free_held();
	assert_valid();
}
END_TEST

/* ---- boot arguments ---- */

START_TEST(movable_zone_by_amount)
{
	const struct zone *movable = &mm_zones[ZONE_MOVABLE];
	struct page *page;

	boot_argument("movablecore=", "16M", 1);
	sim_start(normal_64m, 1);
	ck_assert_uint_eq(movable->present_pages, MiB(16) >> PAGE_SHIFT);
	ck_assert_uint_eq(NORMAL->present_pages, MiB(48) >> PAGE_SHIFT);
	assert_valid();
	/* For those who can be moved and need no address, and for nobody else. */
	page = alloc_page(GFP_HIGHUSER_MOVABLE);
	ck_assert_uint_eq(page_zonenum(page), ZONE_MOVABLE);
	__free_page(page);
	hold_all(MOVABLE | __GFP_MEMALLOC, 0);
	hold_all(UNMOVABLE | __GFP_MEMALLOC, 0);
	ck_assert_uint_eq(NORMAL->nr_free, 0);
	ck_assert_uint_eq(movable->nr_free + pcp_here(ZONE_MOVABLE)->count, movable->managed_pages);
	hold_all(GFP_HIGHUSER_MOVABLE, 0);
	ck_assert_uint_eq(movable->nr_free, movable->watermark[WMARK_MIN]);
	/* A thread whose pages stay long has no movable ones. */
	free_held();
	current->flags |= PF_MEMALLOC_PIN;
	page = alloc_page(GFP_HIGHUSER_MOVABLE);
	ck_assert_uint_eq(page_zonenum(page), ZONE_NORMAL);
	current->flags &= ~(unsigned int)PF_MEMALLOC_PIN;
	__free_page(page);
	assert_valid();
}
END_TEST

START_TEST(movable_zone_by_the_rest)
{
	boot_argument("kernelcore=", "75%", 1);
	sim_start(pc, 1);
	/* A quarter of all, from the highest zone only. */
	ck_assert_uint_gt(mm_zones[ZONE_MOVABLE].present_pages, 3000);
	ck_assert_uint_lt(mm_zones[ZONE_MOVABLE].present_pages, 5120);
	ck_assert_uint_eq(mm_zones[ZONE_DMA].present_pages, 4096 - 0x60);
	assert_valid();
	hold_all(GFP_HIGHUSER_MOVABLE, 0);
	assert_valid();
	free_held();
	assert_valid();
}
END_TEST

START_TEST(marks_and_reserves_by_argument)
{
	boot_argument("min_free_kbytes=", "4096", 1);
	boot_argument("min_free_kbytes=", "many", 0);
	boot_argument("watermark_scale_factor=", "200", 1);
	boot_argument("watermark_scale_factor=", "0", 0);
	boot_argument("lowmem_reserve_ratio=", "16,0", 1);
	boot_argument("lowmem_reserve_ratio=", "1,2,3,4,5", 0);
	boot_argument("movablecore=", "5X", 0);
	boot_argument("kernelcore=", "101%", 0);
	sim_start(pc, 1);
	ck_assert_uint_ge(mm_zones[0].watermark[WMARK_MIN] + mm_zones[1].watermark[WMARK_MIN] +
				  mm_zones[2].watermark[WMARK_MIN],
			  1024 - 3);
	/* 2 % of the zone, or a quarter of its min mark. */
	ck_assert_uint_eq(NORMAL->watermark[WMARK_LOW] - NORMAL->watermark[WMARK_MIN],
			  max_t(uint64_t, NORMAL->managed_pages * 200 / 10000, NORMAL->watermark[WMARK_MIN] / 4));
	ck_assert_uint_eq(mm_zones[ZONE_DMA].lowmem_reserve[ZONE_DMA32], mm_zones[ZONE_DMA32].managed_pages / 16);
	ck_assert_uint_eq(mm_zones[ZONE_DMA32].lowmem_reserve[ZONE_NORMAL], 0);
	assert_valid();
}
END_TEST

static Suite *zone_suite(void)
{
	Suite *s = suite_create("mm_zone");
	TCase *t = tcase_create("zone");

	tcase_set_timeout(t, 300);
	tcase_add_test(t, lists_serve_without_the_lock);
	tcase_add_test(t, lists_do_not_grow_without_end);
	tcase_add_test(t, others_lists_are_drained_in_need);
	tcase_add_test(t, interrupts_use_the_lists_too);
	tcase_add_loop_test(t, depth_by_mask, 0, (int)ARRAY_SIZE(depths));
	tcase_add_test(t, interrupts_have_no_thread);
	tcase_add_loop_test(t, depth_of_large_blocks, 1, 5);
	tcase_add_test(t, nofail_waits_and_who_cannot_is_told);
	tcase_add_test(t, movable_zone_by_amount);
	tcase_add_test(t, movable_zone_by_the_rest);
	tcase_add_test(t, marks_and_reserves_by_argument);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return run_to_end(srunner_create(zone_suite()));
}
