// SPDX-License-Identifier: MIT
/*
 * test_mm_mobility.c - pageblocks that are claimed, in part or whole, stolen from, and set aside: ranges and HIGHATOMIC.
 */
#include <check.h>

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>

#include "tests/runner.h"
#include "tests/unit/zones.h"

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
	while ((page = held_blocks)) {
		held_blocks = (struct page *)page->lru.next;
		if (keep(page_to_pfn(page))) {
			page->lru.next = (struct list_head *)kept;
			kept = page;
		} else {
			__free_page(page);
		}
	}
	held_blocks = kept;
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

static Suite *mobility_suite(void)
{
	Suite *s = suite_create("mm_mobility");
	TCase *t = tcase_create("mobility");

	tcase_set_timeout(t, 300);
	tcase_add_test(t, kinds_keep_to_their_pageblocks);
	tcase_add_test(t, claims_take_no_more_than_they_need);
	tcase_add_test(t, part_claims_by_halves);
	tcase_add_test(t, steals_leave_the_pageblock);
	tcase_add_test(t, no_fragmentation_while_another_zone_has_memory);
	tcase_add_test(t, two_mobilities_are_a_mistake);
	tcase_add_test(t, highatomic_reserve);
	tcase_add_test(t, no_highatomic_in_small_zones);
	tcase_add_test(t, contig_takes_what_was_asked);
	tcase_add_test(t, contig_empties_the_cpus_lists);
	tcase_add_test(t, contig_pages_from_anywhere);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return run_to_end(srunner_create(mobility_suite()));
}
