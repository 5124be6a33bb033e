// SPDX-License-Identifier: MIT
/*
 * test_mm_zone.c - the page allocator's policy on the host: mobility, pageblocks that are claimed, stolen from and set aside,
 * the CPUs' own lists, how deep each mask digs, ranges, ZONE_MOVABLE, boot arguments; and all of it at random, against a
 * model. See test_mm_page.c for blocks as such.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/oom.h>
#include <linux/page_frag_cache.h>
#include <linux/sched.h>

#include "tests/unit/arch/sim.h"
#include "tests/unit/validate.h"

#define MiB(n) ((uint64_t)(n) << 20)
#define GiB(n) ((uint64_t)(n) << 30)

static const struct sim_range pc[] = {
	{0, 0xa0000}, {0x100000, MiB(15)}, {MiB(16), MiB(32) + 0x5000}, {GiB(4) + 0x3000, MiB(24)}, {0, 0},
};
static const struct sim_range normal_64m[] = {{GiB(4), MiB(64)}, {0, 0}};
static const struct sim_range normal_512m[] = {{GiB(4), MiB(512)}, {0, 0}};

#define NORMAL (&mm_zones[ZONE_NORMAL])
#define UNMOVABLE GFP_KERNEL
#define MOVABLE (GFP_KERNEL | __GFP_MOVABLE)
#define RECLAIMABLE (GFP_KERNEL | __GFP_RECLAIMABLE)

static unsigned int type_of(const struct page *page)
{
	return PAGEBLOCK_TYPE(mm_root.pageblocks[page_to_pfn(page) >> PAGEBLOCK_ORDER]);
}

static struct per_cpu_pages *pcp_here(unsigned int zone)
{
	return &mm_root.pcp[sim_cpu * MAX_NR_ZONES + zone];
}

/* Blocks that a test holds, by page->lru.next. */
static struct page *held;

static void hold(struct page *page)
{
	page->lru.next = (struct list_head *)held;
	held = page;
}

static unsigned long hold_all(gfp_t gfp, unsigned int order)
{
	unsigned long n = 0;
	struct page *page;

	for (; (page = alloc_pages(gfp | __GFP_NOWARN, order)); n++)
		hold(page);
	return n;
}

static void free_held(void)
{
	while (held) {
		struct page *page = held;

		held = (struct page *)page->lru.next;
		__free_pages(page, page->order);
	}
}

/* ---- mobility ---- */

START_TEST(kinds_keep_to_their_pageblocks)
{
	struct page *u, *m, *r;

	sim_start(normal_64m, 1);
	u = alloc_page(UNMOVABLE);
	m = alloc_page(MOVABLE);
	r = alloc_page(RECLAIMABLE);
	ck_assert_uint_eq(type_of(u), MIGRATE_UNMOVABLE);
	ck_assert_uint_eq(type_of(m), MIGRATE_MOVABLE);
	ck_assert_uint_eq(type_of(r), MIGRATE_RECLAIMABLE);
	ck_assert_uint_eq(u->migratetype, MIGRATE_UNMOVABLE);
	ck_assert_uint_eq(r->migratetype, MIGRATE_RECLAIMABLE);
	ck_assert_uint_gt(NORMAL->nr_claims, 0);
	ck_assert_uint_eq(NORMAL->nr_part_claims, 0);
	ck_assert_uint_eq(NORMAL->nr_steals, 0);
	__free_page(u);
	__free_page(m);
	__free_page(r);
	assert_valid();
	drain_all_pages(NULL);
	assert_valid();
}
END_TEST

START_TEST(claims_take_no_more_than_they_need)
{
	uint64_t claims;

	sim_start(normal_64m, 1);
	hold(alloc_pages(UNMOVABLE, 0));
	claims = NORMAL->nr_claims;
	/* One pageblock for a small request that found nothing, two for a largest block. */
	while (NORMAL->nr_claims == claims)
		hold(alloc_pages(UNMOVABLE, 5));
	ck_assert_uint_eq(NORMAL->nr_claims, claims + 1);
	claims = NORMAL->nr_claims;
	hold(alloc_pages(UNMOVABLE, MAX_PAGE_ORDER));
	ck_assert_uint_eq(NORMAL->nr_claims, claims + 2);
	assert_valid();
	free_held();
	assert_valid();
}
END_TEST

/* All memory in movable single pages, of which those are freed again that @keep says no to. */
static void movable_everywhere(bool (*keep)(unsigned long pfn))
{
	struct page *page, *kept = NULL;

	hold_all(MOVABLE | __GFP_MEMALLOC, 0);
	while ((page = held)) {
		held = (struct page *)page->lru.next;
		if (keep(page_to_pfn(page))) {
			page->lru.next = (struct list_head *)kept;
			kept = page;
		} else {
			__free_page(page);
		}
	}
	held = kept;
	drain_all_pages(NULL);
	assert_valid();
}

static bool keep_quarter(unsigned long pfn)
{
	return pfn % 64 < 16;
}

static bool keep_most(unsigned long pfn)
{
	return pfn % 64 >= 16;
}

START_TEST(part_claims_by_halves)
{
	struct page *page;

	/* Three quarters of every pageblock are free, in blocks of 32 pages: the pageblock changes hands with what is left in it. */
	sim_start(normal_64m, 1);
	movable_everywhere(keep_quarter);
	page = alloc_page(UNMOVABLE);
	ck_assert_uint_eq(type_of(page), MIGRATE_UNMOVABLE);
	ck_assert_uint_gt(NORMAL->nr_part_claims, 0);
	ck_assert_uint_eq(NORMAL->nr_steals, 0);
	assert_valid();
	__free_page(page);
	free_held();
	assert_valid();
}
END_TEST

START_TEST(steals_leave_the_pageblock)
{
	unsigned long part;
	struct page *page;

	/* A quarter is free, in blocks of 16: not enough to claim. */
	sim_start(normal_64m, 1);
	movable_everywhere(keep_most);
	part = NORMAL->nr_part_claims;
	do {
		page = alloc_page(UNMOVABLE);
		ck_assert_ptr_nonnull(page);
		hold(page);
	} while (!NORMAL->nr_steals);
	ck_assert_uint_eq(type_of(page), MIGRATE_MOVABLE);
	ck_assert_uint_eq(page->migratetype, MIGRATE_UNMOVABLE);
	ck_assert_uint_eq(NORMAL->nr_part_claims, part);
	assert_valid();
	/* Freed, it is on the list of its pageblock's type again. */
	free_held();
	assert_valid();
	drain_all_pages(NULL);
	assert_valid();
}
END_TEST

START_TEST(no_fragmentation_while_another_zone_has_memory)
{
	sim_start(pc, 1);
	/* DMA32 serves before a movable pageblock of NORMAL is stolen from. */
	for (unsigned int i = 0; i < 4000; i++)
		hold(alloc_page(i & 1 ? UNMOVABLE : MOVABLE));
	ck_assert_uint_eq(NORMAL->nr_steals, 0);
	ck_assert_uint_eq(NORMAL->nr_part_claims, 0);
	free_held();
	assert_valid();
}
END_TEST

START_TEST(two_mobilities_are_a_mistake)
{
	struct page *page;

	sim_start(normal_64m, 1);
	page = alloc_page(GFP_KERNEL | __GFP_MOVABLE | __GFP_RECLAIMABLE);
	ck_assert_uint_eq(sim_warnings(), 1);
	ck_assert_ptr_nonnull(page);
	ck_assert_uint_lt(page->migratetype, MIGRATE_PCPTYPES);
	__free_page(page);
	assert_valid();
}
END_TEST

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
		ck_assert(page_is_pfmemalloc(held));
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
	ck_assert_ptr_nonnull(held);
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
	ck_assert_ptr_nonnull(held);
	ck_assert_uint_eq(NORMAL->nr_free, NORMAL->watermark[WMARK_MIN] - 1);
	ck_assert_uint_eq(sim_warnings(), 0);
	hold_all(GFP_ATOMIC, 0);
	ck_assert_ptr_null(alloc_page(GFP_NOWAIT | __GFP_NOFAIL));
	ck_assert_uint_eq(sim_warnings(), 1);
	free_held();
	assert_valid();
}
END_TEST

/* ---- HIGHATOMIC ---- */

/* Down to the low mark, so that GFP_ATOMIC comes to the slow way. */
static void down_to_low(void)
{
	while (NORMAL->nr_free > NORMAL->watermark[WMARK_LOW] + 1100)
		hold(alloc_pages(UNMOVABLE | __GFP_NOWARN, MAX_PAGE_ORDER));
	while (NORMAL->nr_free > NORMAL->watermark[WMARK_LOW])
		hold(alloc_pages(UNMOVABLE | __GFP_NOWARN, 0));
	drain_all_pages(NULL);
	while (NORMAL->nr_free > NORMAL->watermark[WMARK_LOW])
		hold(alloc_page(UNMOVABLE | __GFP_NOWARN));
}

START_TEST(highatomic_reserve)
{
	struct page *page;
	uint64_t reserved;

	sim_start(normal_512m, 1);
	down_to_low();
	ck_assert_uint_eq(NORMAL->nr_highatomic, 0);
	page = alloc_pages(GFP_ATOMIC, 4);
	ck_assert_ptr_nonnull(page);
	reserved = NORMAL->nr_highatomic;
	ck_assert_uint_eq(reserved, PAGEBLOCK_PAGES);
	ck_assert_uint_eq(type_of(page), MIGRATE_HIGHATOMIC);
	assert_valid();
	/* The next one comes from there, and the limit is 1 % in pageblocks: 1311 pages -> 3. */
	for (unsigned int i = 0; i < 200; i++) {
		struct page *more = alloc_pages(GFP_ATOMIC | __GFP_NOWARN, 4);

		if (!more)
			break;
		hold(more);
	}
	ck_assert_uint_le(NORMAL->nr_highatomic, 3 * PAGEBLOCK_PAGES);
	assert_valid();
	/* Others in need get it back. */
	__free_pages(page, 4);
	free_held();
	drain_all_pages(NULL);
	assert_valid();
	hold_all(GFP_KERNEL, 3);
	hold_all(GFP_KERNEL, 0);
	ck_assert_uint_eq(NORMAL->nr_highatomic, 0);
	ck_assert_uint_eq(NORMAL->nr_free, NORMAL->watermark[WMARK_MIN]);
	assert_valid();
	free_held();
	assert_valid();
}
END_TEST

START_TEST(no_highatomic_in_small_zones)
{
	struct page *page;

	sim_start(normal_64m, 1);
	page = alloc_pages(UNMOVABLE, 4);
	hold_all(GFP_KERNEL, 0);
	__free_pages(page, 4);
	page = alloc_pages(GFP_ATOMIC, 4);
	ck_assert_ptr_nonnull(page);
	hold(page);
	ck_assert_uint_eq(NORMAL->nr_highatomic, 0);
	free_held();
	assert_valid();
}
END_TEST

/* ---- ranges ---- */

START_TEST(contig_takes_what_was_asked)
{
	unsigned long start, before;

	sim_start(normal_64m, 2);
	before = nr_free_pages();
	/* Untouched memory, neither end at a border of anything. */
	start = NORMAL->fresh[0].start + 2048 + 77;
	ck_assert_int_eq(alloc_contig_range(start, start + 3001, MIGRATE_MOVABLE, GFP_KERNEL), 0);
	ck_assert_uint_eq(before - nr_free_pages(), 3001);
	assert_valid();
	for (unsigned long pfn = start; pfn < start + 3001; pfn++)
		ck_assert_int_eq(page_count(pfn_to_page(pfn)), 1);
	ck_assert_int_eq(alloc_contig_range(start + 3000, start + 3002, MIGRATE_MOVABLE, GFP_KERNEL), -EBUSY);
	assert_valid();
	ck_assert_int_eq(alloc_contig_range(start + 3001, start + 3002, ACR_FLAGS_NONE, GFP_KERNEL | __GFP_ZERO), 0);
	free_contig_range(start, 3002);
	ck_assert_uint_eq(nr_free_pages(), before);
	ck_assert_uint_eq(NORMAL->nr_isolated, 0);
	drain_all_pages(NULL);
	assert_valid();
	ck_assert_int_eq(alloc_contig_range(start, start, MIGRATE_MOVABLE, GFP_KERNEL), -EINVAL);
	ck_assert_int_eq(alloc_contig_range(0, 10, MIGRATE_MOVABLE, GFP_KERNEL), -EINVAL);
	ck_assert_int_eq(alloc_contig_range(start, start + 1, MIGRATE_CMA, GFP_KERNEL), -EINVAL);
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

START_TEST(contig_empties_the_cpus_lists)
{
	unsigned long pfn;
	struct page *page;

	sim_start(normal_64m, 2);
	sim_cpu = 1;
	page = alloc_page(MOVABLE);
	pfn = page_to_pfn(page);
	__free_page(page);
	ck_assert_uint_eq(page->state, PAGE_PCP);
	sim_cpu = 0;
	ck_assert_int_eq(alloc_contig_range(pfn, pfn + 1, MIGRATE_MOVABLE, GFP_KERNEL), 0);
	ck_assert_uint_eq(page->state, PAGE_USED);
	assert_valid();
	free_contig_range(pfn, 1);
	assert_valid();
}
END_TEST

START_TEST(contig_pages_from_anywhere)
{
	unsigned long before;
	struct page *page, *frozen;

	sim_start(normal_64m, 1);
	before = nr_free_pages();
	page = alloc_contig_pages(4096, GFP_KERNEL, NUMA_NO_NODE, NULL);
	ck_assert_ptr_nonnull(page);
	ck_assert_uint_eq(page_to_pfn(page) % 4096, 0);
	frozen = alloc_contig_frozen_pages(1500, GFP_KERNEL, 0, NULL);
	ck_assert_ptr_nonnull(frozen);
	ck_assert_int_eq(page_ref_count(frozen), 0);
	assert_valid();
	ck_assert_ptr_null(alloc_contig_pages(1UL << 20, GFP_KERNEL, NUMA_NO_NODE, NULL));
	free_contig_range(page_to_pfn(page), 4096);
	free_contig_frozen_range(page_to_pfn(frozen), 1500);
	ck_assert_uint_eq(nr_free_pages(), before);
	/* A page that somebody else holds too is not free by that, and said to be in use. */
	page = alloc_contig_pages(3, GFP_KERNEL, NUMA_NO_NODE, NULL);
	get_page(page + 1);
	ck_assert_uint_eq(sim_warnings(), 0);
	free_contig_range(page_to_pfn(page), 3);
	ck_assert_uint_eq(sim_warnings(), 1);
	put_page(page + 1);
	ck_assert_uint_eq(nr_free_pages(), before);
	assert_valid();
}
END_TEST

/* ---- boot arguments ---- */

/* The linker knows where the section begins and ends. */
extern const struct setup_entry __start_setup_table[], __stop_setup_table[];

static void boot_argument(const char *key, const char *text, int expect)
{
	char value[64];

	for (const struct setup_entry *e = __start_setup_table; e < __stop_setup_table; e++) {
		if (strcmp(e->key, key) != 0)
			continue;
		snprintf(value, sizeof(value), "%s", text);
		ck_assert_msg(e->fn(value) == expect, "%s%s", key, text);
		return;
	}
	ck_abort_msg("no boot argument %s", key);
}

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

/* ---- fragments, folios, lists, frozen pages ---- */

START_TEST(fragments_share_a_page)
{
	struct page_frag_cache nc = {0};
	unsigned long before;
	void *frags[600];

	sim_start(pc, 1);
	before = nr_free_pages();
	for (unsigned int i = 0; i < ARRAY_SIZE(frags); i++) {
		frags[i] = page_frag_alloc_align(&nc, 1 + i % 700, GFP_ATOMIC, ~63u);
		ck_assert_ptr_nonnull(frags[i]);
		ck_assert_uint_eq((unsigned long)frags[i] % 64, 0);
		memset(frags[i], (int)i, 1 + i % 700);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(frags); i++) {
		for (unsigned int k = 0; k < 1 + i % 700; k++)
			ck_assert_uint_eq(((unsigned char *)frags[i])[k], (unsigned char)i);
		page_frag_free(frags[i]);
	}
	/* With all pieces back the block is cut again. */
	ck_assert_uint_le(before - nr_free_pages(), 8);
	for (unsigned int i = 0; i < 1000; i++) {
		void *p = page_frag_alloc(&nc, 1000, GFP_ATOMIC);

		ck_assert_ptr_nonnull(p);
		page_frag_free(p);
	}
	ck_assert_uint_le(before - nr_free_pages(), 8);
	ck_assert_ptr_null(page_frag_alloc(&nc, PAGE_FRAG_CACHE_MAX_SIZE + 1, GFP_ATOMIC));
	page_frag_cache_drain(&nc);
	ck_assert_uint_eq(nr_free_pages(), before);
	assert_valid();
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

START_TEST(folios_lists_and_frozen_pages)
{
	unsigned long before;
	struct folio *folio;
	struct page *page, *next;
	LIST_HEAD(list);

	sim_start(pc, 1);
	before = nr_free_pages();
	folio = folio_alloc(GFP_KERNEL, 3);
	ck_assert_uint_eq(folio_nr_pages(folio), 8);
	ck_assert_uint_eq(folio_size(folio), 8 * PAGE_SIZE);
	ck_assert_ptr_eq(page_folio(folio_page(folio, 5)), folio);
	ck_assert_ptr_eq(virt_to_folio((char *)folio_address(folio) + 5 * PAGE_SIZE), folio);
	folio_get(folio);
	folio_put(folio);
	ck_assert_int_eq(folio_ref_count(folio), 1);
	folio_put(folio);
	ck_assert_uint_eq(nr_free_pages(), before);

	ck_assert_uint_eq(alloc_pages_bulk_list(GFP_KERNEL, 100, &list), 100);
	list_for_each_entry_safe (page, next, &list, lru)
		__free_page(page);
	ck_assert_uint_eq(nr_free_pages(), before);

	page = alloc_frozen_pages(GFP_KERNEL, 2);
	ck_assert_int_eq(page_ref_count(page), 0);
	assert_valid();
	free_frozen_pages(page, 2);
	page = alloc_pages_nolock(0, NUMA_NO_NODE, 2);
	ck_assert(PageHead(page) && !*(unsigned long *)page_address(page));
	free_pages_nolock(page, 2);
	ck_assert_uint_eq(nr_free_pages(), before);
	ck_assert_uint_eq(sim_warnings(), 0);
	page = alloc_page(GFP_KERNEL);
	free_frozen_pages(page, 0);
	ck_assert_uint_eq(sim_warnings(), 1);
	__free_page(page);
	assert_valid();
}
END_TEST

/* ---- everything, at random, against the model: a byte for each page says whose it is ---- */

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

static Suite *zone_suite(void)
{
	Suite *s = suite_create("mm_zone");
	TCase *t = tcase_create("policy");

	tcase_set_timeout(t, 300);
	tcase_add_test(t, kinds_keep_to_their_pageblocks);
	tcase_add_test(t, claims_take_no_more_than_they_need);
	tcase_add_test(t, part_claims_by_halves);
	tcase_add_test(t, steals_leave_the_pageblock);
	tcase_add_test(t, no_fragmentation_while_another_zone_has_memory);
	tcase_add_test(t, two_mobilities_are_a_mistake);
	tcase_add_test(t, lists_serve_without_the_lock);
	tcase_add_test(t, lists_do_not_grow_without_end);
	tcase_add_test(t, others_lists_are_drained_in_need);
	tcase_add_test(t, interrupts_use_the_lists_too);
	tcase_add_loop_test(t, depth_by_mask, 0, (int)ARRAY_SIZE(depths));
	tcase_add_test(t, interrupts_have_no_thread);
	tcase_add_loop_test(t, depth_of_large_blocks, 1, 5);
	tcase_add_test(t, nofail_waits_and_who_cannot_is_told);
	tcase_add_test(t, highatomic_reserve);
	tcase_add_test(t, no_highatomic_in_small_zones);
	tcase_add_test(t, contig_takes_what_was_asked);
	tcase_add_test(t, contig_empties_the_cpus_lists);
	tcase_add_test(t, contig_pages_from_anywhere);
	tcase_add_test(t, movable_zone_by_amount);
	tcase_add_test(t, movable_zone_by_the_rest);
	tcase_add_test(t, marks_and_reserves_by_argument);
	tcase_add_test(t, fragments_share_a_page);
	tcase_add_test(t, folios_lists_and_frozen_pages);
	tcase_add_loop_test(t, random_policy_against_the_model, 0, 4);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(zone_suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
