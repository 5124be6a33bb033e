// SPDX-License-Identifier: MIT
/*
 * churn.c - how many blocks of 2 MiB are free after many rounds of random frees and allocations. One line: "churn: NAME BLOCKS-FREE
 * BLOCKS FREE-PAGES".
 *
 * Three ways: "filled" takes half of memory, of mixed sizes and mobilities, and goes on from there; "emptied" takes nine tenths of it
 * and frees half of that at random, so that nearly every block has a page in use when it begins; "single" does the same with single
 * pages that can be moved. Each round frees a tenth of what is held, at random, and takes as much again. Nothing is moved by
 * anybody: what is free is what placing alone kept free, or made free.
 *
 * "single" is the method of LLFree's published figures (nine tenths taken, half of that freed at random, 100 rounds of a tenth), but
 * for the size of memory and the number of CPUs.
 */
#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/vmalloc.h>

#define ROUNDS 100
#define BLOCK_ORDER 9

static struct held {
	struct page *page;
	unsigned int order;
} * held;
static unsigned long nr_held, most, pages_held;
static bool mixed;

/* Mostly single pages that can be moved; if mixed, a fifth is larger, a quarter cannot be moved. */
static bool take_one(void)
{
	u32 dice = get_random_u32();
	unsigned int order = mixed && dice % 10 >= 8 ? 1 + dice % 3 : 0;
	gfp_t gfp = GFP_HIGHUSER_MOVABLE;
	struct page *page;

	if (mixed && (dice >> 8) % 8 == 0)
		gfp = GFP_KERNEL;
	else if (mixed && (dice >> 8) % 8 == 1)
		gfp = GFP_KERNEL | __GFP_RECLAIMABLE;
	page = nr_held < most ? alloc_pages(gfp | __GFP_NOWARN | __GFP_NORETRY, order) : NULL;
	if (!page)
		return false;
	held[nr_held++] = (struct held){page, order};
	pages_held += 1UL << order;
	return true;
}

static void give_one(void)
{
	unsigned long i = get_random_u32_below((u32)nr_held);

	__free_pages(held[i].page, held[i].order);
	pages_held -= 1UL << held[i].order;
	held[i] = held[--nr_held];
}

static void take_until(unsigned long pages)
{
	while (pages_held < pages && take_one())
		;
}

static void give_until(unsigned long pages)
{
	while (pages_held > pages)
		give_one();
}

static unsigned long free_blocks(void)
{
	unsigned long blocks = 0;
	struct zone *zone;

	drain_all_pages(NULL);
	for_each_zone (zone) {
		for (unsigned int o = BLOCK_ORDER; o < NR_PAGE_ORDERS; o++)
			blocks += zone->free_area[o].nr_free << (o - BLOCK_ORDER);
		for (u64 i = 0; i < zone->nr_fresh; i++)
			blocks += (zone->fresh[i].end - zone->fresh[i].start) >> BLOCK_ORDER;
	}
	return blocks;
}

/* From @first percent of memory in use to @then percent. */
static void churn(struct kunit *test, const char *name, unsigned int first, unsigned int then)
{
	unsigned long total = totalram_pages(), part = total / 100 * then;

	take_until(total / 100 * first);
	give_until(part);
	pr_info("churn: %s.begin %lu %lu %lu\n", name, free_blocks(), total >> BLOCK_ORDER, nr_free_pages());
	for (unsigned int round = 0; round < ROUNDS; round++) {
		give_until(part - part / 10);
		take_until(part);
	}
	KUNIT_EXPECT_GE(test, pages_held, part);
	pr_info("churn: %s %lu %lu %lu\n", name, free_blocks(), total >> BLOCK_ORDER, nr_free_pages());
	give_until(0);
}

static void all(struct kunit *test)
{
	most = totalram_pages();
	held = vmalloc(most * sizeof(*held));
	KUNIT_ASSERT_NOT_NULL(test, held);
	mixed = true;
	churn(test, "filled", 50, 50);
	churn(test, "emptied", 90, 45);
	mixed = false;
	churn(test, "single", 90, 45);
	vfree(held);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(all),
	{},
};
static struct kunit_suite suite = {.name = "churn", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
