// SPDX-License-Identifier: MIT
/*
 * mm_page.c - suite: the page allocator. Blocks of every order, zones by mask, fallback, exhaustion and recovery, references,
 * all CPUs and interrupts at once. Every case gives back what it took: the count of free pages is the same before and after.
 */
#include "mm_suite.h"

static unsigned long free_before;

static int page_init(struct kunit *test)
{
	mm_case_begin(test);
	free_before = nr_free_pages();
	return 0;
}

static void every_order(struct kunit *test)
{
	for (unsigned int order = 0; order <= MAX_PAGE_ORDER; order++) {
		struct page *page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order);

		KUNIT_ASSERT_NOT_NULL_MSG(test, page, "order %u", order);
		KUNIT_EXPECT_EQ(test, page_to_pfn(page) & ((1UL << order) - 1), 0UL);
		KUNIT_EXPECT_EQ(test, free_before - nr_free_pages(), 1UL << order);
		KUNIT_EXPECT_EQ(test, page_count(page), 1);
		mm_mark(page_address(page), PAGE_SIZE << order, order);
		KUNIT_EXPECT_TRUE(test, mm_marked(page_address(page), PAGE_SIZE << order, order));
		__free_pages(page, order);
		KUNIT_EXPECT_EQ(test, nr_free_pages(), free_before);
	}
}

/* Does any zone with memory serve the mask? */
static bool zone_for(gfp_t gfp)
{
	for (int i = (int)gfp_zone(gfp); i >= 0; i--)
		if (managed_zone(&mm_zones[i]))
			return true;
	return false;
}

/* Highest address + 1 that a mask may get, by the zone bits. */
static void zones_by_mask(struct kunit *test)
{
	static const struct {
		gfp_t gfp;
		phys_addr_t limit;
	} cases[] = {
		{GFP_KERNEL, ~0ULL},
		{GFP_KERNEL | GFP_DMA, DMA_END},
		{GFP_KERNEL | GFP_DMA32, DMA32_END},
		{GFP_KERNEL | GFP_DMA | GFP_DMA32, DMA_END},
		{GFP_HIGHUSER, ~0ULL},
		{GFP_HIGHUSER_MOVABLE, ~0ULL},
		{GFP_KERNEL | __GFP_MOVABLE | GFP_DMA32, DMA32_END},
		{GFP_HIGHUSER | GFP_DMA, DMA_END},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct page *page = alloc_pages(cases[i].gfp | __GFP_NOWARN, 1);

		if (!zone_for(cases[i].gfp)) {
			KUNIT_EXPECT_NULL(test, page);
			continue;
		}
		KUNIT_ASSERT_NOT_NULL_MSG(test, page, "mask %#x", cases[i].gfp);
		KUNIT_EXPECT_LT_MSG(test, page_to_phys(page), cases[i].limit, "mask %#x", cases[i].gfp);
		KUNIT_EXPECT_LE((test), (int)page_zonenum(page), (int)gfp_zone(cases[i].gfp));
		__free_pages(page, 1);
	}
}

static bool all_zero(const unsigned long *p, size_t bytes)
{
	for (size_t i = 0; i < bytes / sizeof(*p); i++)
		if (p[i])
			return false;
	return true;
}

static void zeroed_pages(struct kunit *test)
{
	/* Dirty some pages that are handed out again next. */
	for (int round = 0; round < 2; round++) {
		unsigned long addr = __get_free_pages(GFP_KERNEL | __GFP_ZERO, 1);

		KUNIT_ASSERT_NE(test, addr, 0UL);
		KUNIT_EXPECT_TRUE(test, all_zero((void *)addr, 2 * PAGE_SIZE));
		for (size_t at = 0; at < 2 * PAGE_SIZE; at += 512)
			*(unsigned long *)(addr + at) = addr;
		free_pages(addr, 1);
	}
	free_pages(0, 3);
}

static void references(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, 2);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_TRUE(test, PageHead(page) && PageTail(page + 3));
	KUNIT_EXPECT_PTR_EQ(test, compound_head(page + 3), page);
	KUNIT_EXPECT_EQ(test, page_size(page), 4 * PAGE_SIZE);
	get_page(page + 1);
	KUNIT_EXPECT_EQ(test, page_count(page + 2), 2);
	put_page(page);
	KUNIT_EXPECT_EQ(test, free_before - nr_free_pages(), 4UL);
	put_page(page + 3);
	KUNIT_EXPECT_EQ(test, nr_free_pages(), free_before);
}

static void exact_and_split(struct kunit *test)
{
	void *p = alloc_pages_exact(5 * PAGE_SIZE + 1, GFP_KERNEL);
	struct page *page;

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, free_before - nr_free_pages(), 6UL);
	free_pages_exact(p, 5 * PAGE_SIZE + 1);
	KUNIT_EXPECT_EQ(test, nr_free_pages(), free_before);

	page = alloc_pages(GFP_KERNEL, 3);
	KUNIT_ASSERT_NOT_NULL(test, page);
	split_page(page, 3);
	for (unsigned int i = 0; i < 8; i++)
		__free_page(page + (i * 5) % 8);
}

static void bulk(struct kunit *test)
{
	struct page *pages[40] = {NULL};
	unsigned long got = alloc_pages_bulk_array(GFP_KERNEL, ARRAY_SIZE(pages), pages);

	KUNIT_EXPECT_EQ(test, got, ARRAY_SIZE(pages));
	KUNIT_EXPECT_EQ(test, free_before - nr_free_pages(), got);
	for (unsigned long i = 0; i < got; i++)
		__free_page(pages[i]);
}

/* Take blocks, largest first, until not even one page is left for the mask. They hang on @held, their order in ->private. */
static void take_all(gfp_t gfp, struct list_head *held)
{
	for (int order = MAX_PAGE_ORDER; order >= 0; order--) {
		struct page *page;

		while ((page = alloc_pages(gfp | __GFP_NOWARN, (unsigned int)order))) {
			page->private = (unsigned long)order;
			list_add(&page->lru, held);
		}
	}
}

static void give_all(struct list_head *held)
{
	struct page *page, *next;

	list_for_each_entry_safe (page, next, held, lru) {
		list_del(&page->lru);
		__free_pages(page, (unsigned int)page->private);
	}
}

/* Everything is taken that a mask without __GFP_MOVABLE may have, and nothing of where only movable pages may lie. */
static void expect_exhausted(struct kunit *test, uint64_t movable_before)
{
	for (int i = 0; i <= (int)gfp_zone(GFP_NOWAIT); i++) {
		const struct zone *zone = &mm_zones[i];

		if (managed_zone(zone))
			KUNIT_EXPECT_LE_MSG(test, zone->nr_free,
					    zone->watermark[WMARK_MIN] + zone->lowmem_reserve[ZONE_NORMAL], "%s",
					    zone->name);
	}
	KUNIT_EXPECT_EQ(test, mm_zones[ZONE_MOVABLE].nr_free, movable_before);
}

/* kswapd, once awake, gives back at its own time: who counts pages lets it sleep. */
#define NOWAIT_ALONE (GFP_NOWAIT & ~__GFP_KSWAPD_RECLAIM)
#define ATOMIC_ALONE (GFP_ATOMIC & ~__GFP_KSWAPD_RECLAIM)

static void exhaustion_and_recovery(struct kunit *test)
{
	LIST_HEAD(held);
	uint64_t movable;
	unsigned long left;

	drain_all_pages(NULL);
	movable = mm_zones[ZONE_MOVABLE].nr_free;
	take_all(NOWAIT_ALONE, &held);
	expect_exhausted(test, movable);
	left = nr_free_pages();
	KUNIT_EXPECT_NULL(test, alloc_page(NOWAIT_ALONE));
	/* Who cannot wait and is important may go on, to a point. */
	take_all(ATOMIC_ALONE, &held);
	KUNIT_EXPECT_LT(test, nr_free_pages(), left);
	KUNIT_EXPECT_NULL(test, alloc_page(ATOMIC_ALONE | __GFP_NOWARN));
	KUNIT_EXPECT_GT(test, nr_free_pages(), 0UL);
	give_all(&held);
	KUNIT_EXPECT_EQ(test, nr_free_pages(), free_before);
	every_order(test);
}

static void fallback_goes_down(struct kunit *test)
{
	LIST_HEAD(held);
	bool seen[MAX_NR_ZONES] = {false};
	struct page *page;

	take_all(NOWAIT_ALONE, &held);
	list_for_each_entry (page, &held, lru)
		seen[page_zonenum(page)] = true;
	give_all(&held);
	KUNIT_EXPECT_FALSE(test, seen[ZONE_MOVABLE]);
	/* A zone that is not kept for others whole is reached by a request that could have had the highest. */
	for (int i = 0; i <= (int)gfp_zone(GFP_NOWAIT); i++) {
		const struct zone *zone = &mm_zones[i];

		if (zone->managed_pages > zone->watermark[WMARK_MIN] + zone->lowmem_reserve[ZONE_NORMAL] + 1024)
			KUNIT_EXPECT_TRUE_MSG(test, seen[i], "%s", zone->name);
	}
}

static void failures_are_silent_if_asked(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, alloc_pages(GFP_KERNEL | __GFP_NOWARN, MAX_PAGE_ORDER + 1));
	KUNIT_EXPECT_EQ(test, __get_free_pages(GFP_KERNEL | __GFP_NOWARN, MAX_PAGE_ORDER + 1), 0UL);
}

static void bad_frees_are_named(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);

	KUNIT_ASSERT_NOT_NULL(test, page);
	kunit_expect_warnings(test, 3);
	__free_pages(page, 1);     /* wrong order */
	__free_pages(page + 1, 0); /* inside a block */
	__free_pages(page, 2);
	__free_pages(page, 2); /* again */
}

/* ---- many at once ---- */

#define HELD 24

static gfp_t random_mask(struct rnd_state *rnd)
{
	static const gfp_t masks[] = {GFP_KERNEL, GFP_ATOMIC, GFP_NOWAIT, GFP_KERNEL | GFP_DMA32,
				      GFP_KERNEL | __GFP_COMP};

	return masks[mm_below(rnd, ARRAY_SIZE(masks))] | __GFP_NOWARN;
}

static void churn(struct mm_worker *w)
{
	struct {
		struct page *page;
		unsigned int order;
	} held[HELD] = {{NULL, 0}};

	for (unsigned int step = 0; step < mm_steps(600); step++) {
		unsigned int i = mm_below(&w->rnd, HELD);

		if (held[i].page) {
			void *p = page_address(held[i].page);

			w->errors += !mm_marked(p, PAGE_SIZE << held[i].order, w->cpu);
			__free_pages(held[i].page, held[i].order);
			held[i].page = NULL;
			continue;
		}
		held[i].order = mm_below(&w->rnd, mm_below(&w->rnd, 8) ? 3 : 7);
		held[i].page = alloc_pages(random_mask(&w->rnd), held[i].order);
		if (held[i].page)
			mm_mark(page_address(held[i].page), PAGE_SIZE << held[i].order, w->cpu);
	}
	for (unsigned int i = 0; i < HELD; i++)
		if (held[i].page)
			__free_pages(held[i].page, held[i].order);
}

static void all_cpus_at_once(struct kunit *test)
{
	mm_on_all_cpus(test, churn);
}

static void use_in_interrupt(void *info)
{
	atomic_t *errors = info;

	for (unsigned int order = 0; order < 4; order++) {
		struct page *page = alloc_pages(GFP_ATOMIC, order);

		if (!page || !irqs_disabled())
			atomic_inc(errors);
		if (page)
			__free_pages(page, order);
	}
}

static void churn_interrupted(struct mm_worker *w)
{
	atomic_t errors = ATOMIC_INIT(0);

	for (unsigned int i = 0; i < 10; i++) {
		struct page *page = alloc_pages(GFP_KERNEL, i % 4);

		on_each_cpu(use_in_interrupt, &errors, 1);
		if (page)
			__free_pages(page, i % 4);
	}
	w->errors += (unsigned int)atomic_read(&errors);
}

static void in_interrupts(struct kunit *test)
{
	mm_on_all_cpus(test, churn_interrupted);
}

static struct kunit_case page_cases[] = {KUNIT_CASE(every_order),
					 KUNIT_CASE(zones_by_mask),
					 KUNIT_CASE(zeroed_pages),
					 KUNIT_CASE(references),
					 KUNIT_CASE(exact_and_split),
					 KUNIT_CASE(bulk),
					 KUNIT_CASE(exhaustion_and_recovery),
					 KUNIT_CASE(fallback_goes_down),
					 KUNIT_CASE(failures_are_silent_if_asked),
					 KUNIT_CASE(bad_frees_are_named),
					 KUNIT_CASE(all_cpus_at_once),
					 KUNIT_CASE(in_interrupts),
					 {}};

static struct kunit_suite page_suite = {
	.name = "mm_page",
	.init = page_init,
	.exit = mm_case_end,
	.test_cases = page_cases,
};
kunit_test_suite(page_suite);
