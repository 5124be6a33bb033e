// SPDX-License-Identifier: MIT
/*
 * test_mm_compaction.c - what the thread that compacts does when it is woken: a machine in which a pageblock can come free if
 * everything is done for it.
 *
 * A program's pages lie in the lowest pageblocks, every second one of them given back; everything else is held, but single pages in
 * the three highest blocks of the largest order.
 */
#include <check.h>
#include <stdlib.h>

#include <linux/compaction.h>
#include <linux/mman.h>
#include <linux/pgtable.h>
#include <linux/sched/mm.h>
#include <linux/swap.h>
#include <linux/vmstat.h>

#include "guest/mm/compaction.h"
#include "guest/mm/pages.h"
#include "guest/mm/user_mm.h"
#include "tests/unit/arch/sim.h"
#include "tests/unit/validate.h"

#define MiB(n) ((uint64_t)(n) << 20)
/* The first lies elsewhere, the others fill the lowest block. */
#define PAGES (MAX_ORDER_NR_PAGES + 1)
#define MOVABLE (__GFP_MOVABLE | __GFP_MEMALLOC | __GFP_NOWARN)

static const struct sim_range ram[] = {{MiB(16), MiB(32)}, {}};

static struct page *blocks[16];
static unsigned int nr_blocks;

static struct zone *zone(void)
{
	return &mm_zones[ZONE_DMA32];
}

/* All of the largest blocks, in order of address; then all that is left, which stays lost. */
static void take_everything(void)
{
	struct page *page;

	while ((page = alloc_pages(MOVABLE, MAX_PAGE_ORDER))) {
		unsigned int at = nr_blocks++;

		for (; at && blocks[at - 1] > page; at--)
			blocks[at] = blocks[at - 1];
		blocks[at] = page;
	}
	ck_assert_uint_ge(nr_blocks, 5);
	for (unsigned int order = MAX_PAGE_ORDER; order-- > 0;)
		while (alloc_pages(MOVABLE, order))
			;
}

static void scatter(struct page *block)
{
	split_page(block, MAX_PAGE_ORDER);
	for (unsigned long i = 1; i < MAX_ORDER_NR_PAGES; i += 2)
		__free_page(block + i);
}

/* @waiting: a page in each pageblock waits in a batch of CPU 1 to become active. Return: where the program's pages are */
static unsigned long make_scene(bool waiting)
{
	unsigned long at;

	sim_start(ram, 2);
	user_mm_init();
	kthread_use_mm(mm_alloc());
	at = vm_mmap(NULL, 0, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	/* Whatever else the kernel needs for it lies elsewhere. */
	ck_assert_int_eq(fault_in_user(at, FAULT_FLAG_WRITE), 0);
	for (unsigned long i = 0; i < PAGES; i++)
		ck_assert_int_eq(user_tables_alloc(current->mm, at + i * PAGE_SIZE), 0);
	take_everything();
	/* The second one because of the marks. */
	__free_pages(blocks[0], MAX_PAGE_ORDER);
	__free_pages(blocks[1], MAX_PAGE_ORDER);
	sim_cpu = 1;
	for (unsigned long i = 1; i < PAGES; i++)
		ck_assert_int_eq(fault_in_user(at + i * PAGE_SIZE, FAULT_FLAG_WRITE), 0);
	lru_add_drain_all();
	for (unsigned long i = 10; waiting && i < PAGES; i += 100)
		activate_page(pfn_to_page(pte_pfn(*user_pte(current->mm, at + i * PAGE_SIZE))));
	sim_cpu = 0;
	drain_all_pages(NULL);
	for (unsigned int order = MAX_PAGE_ORDER + 1; order-- > 0;)
		while (alloc_pages(MOVABLE, order))
			;
	for (unsigned int i = 1; i <= 3; i++)
		scatter(blocks[nr_blocks - i]);
	for (unsigned long i = 1; i < PAGES; i += 2)
		zap_vma_range(find_vma(current->mm, at), at + i * PAGE_SIZE, at + (i + 1) * PAGE_SIZE);
	drain_all_pages(NULL);
	ck_assert_int_eq(compaction_suitable(zone(), PAGEBLOCK_ORDER, ZONE_NORMAL), COMPACT_CONTINUE);
	return at;
}

static bool block_is_there(void)
{
	struct page *page = alloc_pages(MOVABLE, PAGEBLOCK_ORDER);

	if (page)
		__free_pages(page, PAGEBLOCK_ORDER);
	return page;
}

static void end_scene(unsigned long at)
{
	struct mm_struct *mm = current->mm;

	for (unsigned long i = 0; i < PAGES; i += 2)
		ck_assert(pte_present(*user_pte(mm, at + i * PAGE_SIZE)));
	kthread_unuse_mm(mm);
	mmput(mm);
	lru_add_drain_all();
	ck_assert_uint_eq(global_node_page_state(NR_ISOLATED_ANON), 0);
	ck_assert_uint_eq(sim_warnings(), 0);
	assert_valid();
}

START_TEST(a_block_comes_free)
{
	unsigned long at = make_scene(false);

	kcompactd_do(PAGEBLOCK_ORDER, ZONE_NORMAL);
	ck_assert(block_is_there());
	ck_assert_uint_eq(zone()->compact_defer_shift, 0);
	end_scene(at);
}
END_TEST

START_TEST(pages_in_a_batch_are_moved)
{
	unsigned long at = make_scene(true);

	kcompactd_do(PAGEBLOCK_ORDER, ZONE_NORMAL);
	ck_assert(block_is_there());
	end_scene(at);
}
END_TEST

/* The last run stopped behind everything that can be moved. */
START_TEST(from_the_ends_if_the_middle_has_nothing)
{
	unsigned long at = make_scene(false);

	zone()->compact_cached_migrate_pfn[0] = zone()->compact_cached_migrate_pfn[1] =
		page_to_pfn(blocks[nr_blocks - 4]);
	zone()->compact_cached_free_pfn = page_to_pfn(blocks[nr_blocks - 1]);
	kcompactd_do(PAGEBLOCK_ORDER, ZONE_NORMAL);
	ck_assert(block_is_there());
	ck_assert_uint_eq(zone()->compact_defer_shift, 0);
	end_scene(at);
}
END_TEST

/* Nothing can be moved: it is put off. */
START_TEST(in_vain)
{
	sim_start(ram, 2);
	user_mm_init();
	take_everything();
	for (unsigned int i = 1; i <= 3; i++)
		scatter(blocks[nr_blocks - i]);
	drain_all_pages(NULL);
	kcompactd_do(PAGEBLOCK_ORDER, ZONE_NORMAL);
	ck_assert(!block_is_there());
	ck_assert_uint_eq(zone()->compact_defer_shift, 1);
	assert_valid();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mm_compaction");
	TCase *t = tcase_create("compaction");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_block_comes_free);
	tcase_add_test(t, pages_in_a_batch_are_moved);
	tcase_add_test(t, from_the_ends_if_the_middle_has_nothing);
	tcase_add_test(t, in_vain);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
