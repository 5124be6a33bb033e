// SPDX-License-Identifier: MIT
/*
 * mm_rights.c - suite: how deep each mask may dig, to the page; ranges; the CPUs' own lists; allocation under storms of
 * interrupts on all CPUs.
 *
 * A request of one page fails when the zone has floor + lowmem_reserve[highest zone] pages free, where the floor is a part
 * of the min mark (guest/mm/page_alloc.c). So the zones are drained until a mask first fails, and what they have then is
 * compared with that number.
 */
#include <linux/err.h>
#include <linux/mmzone.h>
#include <linux/oom.h>
#include <linux/sched/mm.h>
#include <mmvisor/dma_engine.h>

#include "mm_suite.h"

static unsigned long free_before;

static int rights_init(struct kunit *test)
{
	mm_case_begin(test);
	mm_drain();
	free_before = nr_free_pages();
	return 0;
}

/* ---- depth ---- */

/** struct drained - what a case took; @before: free pages by zone when it began */
struct drained {
	struct list_head held;
	unsigned long before[MAX_NR_ZONES];
};

static void begin_drain(struct drained *d)
{
	INIT_LIST_HEAD(&d->held);
	for (int i = 0; i < MAX_NR_ZONES; i++)
		d->before[i] = zone_page_state(&mm_zones[i], NR_FREE_PAGES);
}

static void hold_page(struct drained *d, struct page *page, unsigned int order)
{
	page->private = order;
	list_add(&page->lru, &d->held);
}

static void drain_with(struct drained *d, gfp_t gfp, int order)
{
	struct page *page;

	for (; order >= 0; order--) {
		while ((page = alloc_pages(gfp | __GFP_NOWARN | __GFP_NORETRY, (unsigned int)order)))
			hold_page(d, page, (unsigned int)order);
	}
	/* Before who tries more than once gives up, the last block that is kept for GFP_ATOMIC goes back, too. */
	if (gfpflags_allow_blocking(gfp)) {
		while ((page = alloc_page(gfp | __GFP_NOWARN | __GFP_RETRY_MAYFAIL)))
			hold_page(d, page, 0);
	}
}

static void give_all(struct drained *d)
{
	struct page *page, *next;

	list_for_each_entry_safe (page, next, &d->held, lru) {
		list_del(&page->lru);
		__free_pages(page, (unsigned int)page->private);
	}
}

/* What must be left of the min mark: 8 eighths all of it, 4 half, 3 three quarters of that half. */
static unsigned long floor_of(unsigned long min, unsigned int eighths)
{
	unsigned long half = min - min / 2;

	return eighths == 8 ? min : eighths == 4 ? half : half - half / 4;
}

static void expect_depth(struct kunit *test, const struct drained *d, const char *who, enum zone_type highest,
			 unsigned int eighths)
{
	for (int i = 0; i <= (int)highest; i++) {
		const struct zone *zone = &mm_zones[i];
		unsigned long stop = floor_of(zone->watermark[WMARK_MIN], eighths) + zone->lowmem_reserve[highest];

		if (!managed_zone(zone))
			continue;
		if (stop > d->before[i])
			stop = d->before[i];
		KUNIT_EXPECT_EQ_MSG(test, zone_page_state(zone, NR_FREE_PAGES), stop, "%s in zone %s", who, zone->name);
	}
}

/* The masks in the order in which they dig deeper; each goes on where the one before stopped. */
static void depth_by_mask(struct kunit *test)
{
	static const struct {
		const char *who;
		gfp_t gfp;
		uint32_t flag;
		unsigned int eighths;
	} steps[] = {
		{"GFP_KERNEL", GFP_KERNEL, 0, 8},
		{"GFP_NOFS", GFP_NOFS, 0, 8},
		{"GFP_NOIO", GFP_NOIO, 0, 8},
		{"GFP_NOWAIT", GFP_NOWAIT, 0, 8},
		{"GFP_KERNEL that may not reclaim", GFP_KERNEL & ~__GFP_RECLAIM, 0, 8},
		{"__GFP_MEMALLOC|__GFP_NOMEMALLOC", GFP_KERNEL | __GFP_MEMALLOC | __GFP_NOMEMALLOC, 0, 8},
		{"PF_MEMALLOC, __GFP_NOMEMALLOC", GFP_KERNEL | __GFP_NOMEMALLOC, PF_MEMALLOC, 8},
		{"an OOM victim", GFP_KERNEL, 0, 4},
		{"GFP_KERNEL|__GFP_HIGH", GFP_KERNEL | __GFP_HIGH, 0, 4},
		{"GFP_ATOMIC|__GFP_NOMEMALLOC", GFP_ATOMIC | __GFP_NOMEMALLOC, 0, 4},
		{"GFP_ATOMIC", GFP_ATOMIC, 0, 3},
	};
	enum { VICTIM = 7 };
	enum zone_type highest = gfp_zone(GFP_KERNEL);
	struct drained d;

	begin_drain(&d);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if (i == VICTIM)
			mark_oom_victim(current);
		current->flags |= steps[i].flag;
		drain_with(&d, steps[i].gfp, i ? 0 : MAX_PAGE_ORDER);
		current->flags &= ~steps[i].flag;
		if (i == VICTIM)
			exit_oom_victim();
		expect_depth(test, &d, steps[i].who, highest, steps[i].eighths);
	}
	give_all(&d);
	KUNIT_EXPECT_EQ(test, nr_free_pages(), free_before);
}

/* Below everything: a few pages, and they say where they come from. */
static void no_marks_for_who_frees_memory(struct kunit *test)
{
	struct drained d;
	unsigned int token;

	begin_drain(&d);
	drain_with(&d, GFP_KERNEL, MAX_PAGE_ORDER);
	drain_with(&d, GFP_ATOMIC, 0);
	for (unsigned int i = 0; i < 8; i++) {
		struct page *page;

		token = i & 1 ? memalloc_noreclaim_save() : 0;
		page = alloc_page(GFP_KERNEL | (i & 1 ? 0 : __GFP_MEMALLOC));
		if (i & 1)
			memalloc_noreclaim_restore(token);
		KUNIT_EXPECT_NOT_NULL(test, page);
		if (!page)
			break;
		KUNIT_EXPECT_TRUE(test, page_is_pfmemalloc(page));
		hold_page(&d, page, 0);
	}
	KUNIT_EXPECT_NULL(test, alloc_page(GFP_ATOMIC | __GFP_NOWARN));
	give_all(&d);
	KUNIT_EXPECT_EQ(test, nr_free_pages(), free_before);
}

static void lower_zones_are_kept(struct kunit *test)
{
	enum zone_type highest = gfp_zone(GFP_KERNEL | GFP_DMA32);
	struct drained d;

	if (!managed_zone(&mm_zones[ZONE_DMA32]))
		kunit_skip(test, "no DMA32 zone in this machine");
	begin_drain(&d);
	drain_with(&d, GFP_KERNEL, MAX_PAGE_ORDER);
	expect_depth(test, &d, "GFP_KERNEL", gfp_zone(GFP_KERNEL), 8);
	/* Who can use less may have what was kept from the others. */
	drain_with(&d, GFP_KERNEL | GFP_DMA32, MAX_PAGE_ORDER);
	expect_depth(test, &d, "GFP_DMA32", highest, 8);
	drain_with(&d, GFP_KERNEL | GFP_DMA, MAX_PAGE_ORDER);
	expect_depth(test, &d, "GFP_DMA", ZONE_DMA, 8);
	give_all(&d);
	KUNIT_EXPECT_EQ(test, nr_free_pages(), free_before);
}

/* ---- ranges ---- */

static void ranges(struct kunit *test)
{
	struct page *page = alloc_contig_pages(300, GFP_KERNEL, NUMA_NO_NODE, NULL);
	unsigned long pfn;

	KUNIT_ASSERT_NOT_NULL(test, page);
	pfn = page_to_pfn(page);
	KUNIT_EXPECT_EQ(test, free_before - nr_free_pages(), 300UL);
	KUNIT_EXPECT_EQ(test, alloc_contig_range(pfn + 299, pfn + 301, MIGRATE_MOVABLE, GFP_KERNEL), -EBUSY);
	mm_mark(page_address(page), 300 * PAGE_SIZE, 7);
	KUNIT_EXPECT_TRUE(test, mm_marked(page_address(page), 300 * PAGE_SIZE, 7));
	free_contig_range(pfn, 300);
	KUNIT_EXPECT_EQ(test, nr_free_pages(), free_before);
	KUNIT_EXPECT_EQ(test, alloc_contig_range(pfn + 10, pfn + 20, ACR_FLAGS_NONE, GFP_KERNEL), 0);
	free_contig_range(pfn + 10, 10);
	KUNIT_EXPECT_EQ(test, nr_free_pages(), free_before);
}

/* ---- the CPUs' lists ---- */

static void keep_some(struct mm_worker *w)
{
	for (unsigned int order = 0; order < 4; order++) {
		struct page *page = alloc_pages(GFP_KERNEL, order);

		w->errors += !page;
		if (page)
			__free_pages(page, order);
	}
}

static void lists_are_drained(struct kunit *test)
{
	mm_on_all_cpus(test, keep_some);
	KUNIT_EXPECT_GT(test, global_zone_page_state(NR_PCP_PAGES), 0UL);
	mm_drain();
	KUNIT_EXPECT_EQ(test, global_zone_page_state(NR_PCP_PAGES), 0UL);
	KUNIT_EXPECT_EQ(test, nr_free_pages(), free_before);
}

/* ---- storms ---- */

#define STORM_HZ 200

/** struct gale - a storm on one CPU: @rounds handled, @errors of them went wrong */
struct gale {
	int storm;
	unsigned int rounds, errors;
	struct page *kept;
	unsigned int order;
};

/* In a hard interrupt: free what the one before took, take something else. */
static void blow(void *arg)
{
	struct gale *g = arg;

	if (g->kept) {
		g->errors += !mm_marked(page_address(g->kept), PAGE_SIZE << g->order, g->order);
		__free_pages(g->kept, g->order);
	}
	g->order = g->rounds++ % 4;
	g->kept = alloc_pages(GFP_ATOMIC | (g->rounds & 1 ? __GFP_RECLAIMABLE : 0), g->order);
	g->errors += !g->kept;
	if (g->kept)
		mm_mark(page_address(g->kept), PAGE_SIZE << g->order, g->order);
}

static void churn(struct mm_worker *w)
{
	struct page *held[8] = {NULL};

	for (unsigned int step = 0; step < 300; step++) {
		unsigned int i = mm_below(&w->rnd, ARRAY_SIZE(held)), order = i % 4;

		if (held[i]) {
			w->errors += !mm_marked(page_address(held[i]), PAGE_SIZE << order, w->cpu);
			__free_pages(held[i], order);
			held[i] = NULL;
			continue;
		}
		held[i] = alloc_pages(i & 1 ? GFP_KERNEL : GFP_KERNEL | __GFP_MOVABLE, order);
		if (held[i])
			mm_mark(page_address(held[i]), PAGE_SIZE << order, w->cpu);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(held); i++)
		if (held[i])
			__free_pages(held[i], i % 4);
}

static void storms_on_all_cpus(struct kunit *test)
{
	struct gale *gales;
	unsigned int cpu, nr = 0;

	if (!dma_engine_count())
		kunit_skip(test, "no DMA engine in this machine: no storms");
	gales = kcalloc(nr_cpu_ids, sizeof(*gales), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, gales);
	for_each_online_cpu (cpu) {
		if (nr == DMA_NR_STORMS)
			break;
		gales[nr].storm = dma_storm_start(0, cpu, STORM_HZ, blow, &gales[nr]);
		KUNIT_EXPECT_GE(test, gales[nr].storm, 0);
		if (gales[nr].storm < 0)
			break;
		nr++;
	}
	mm_on_all_cpus(test, churn);
	for (unsigned int i = 0; i < nr; i++) {
		dma_storm_stop(gales[i].storm);
		KUNIT_EXPECT_EQ(test, gales[i].errors, 0U);
		if (gales[i].kept)
			__free_pages(gales[i].kept, gales[i].order);
	}
	kfree(gales);
}

static struct kunit_case rights_cases[] = {KUNIT_CASE(depth_by_mask),
					   KUNIT_CASE(no_marks_for_who_frees_memory),
					   KUNIT_CASE(lower_zones_are_kept),
					   KUNIT_CASE(ranges),
					   KUNIT_CASE(lists_are_drained),
					   KUNIT_CASE(storms_on_all_cpus),
					   {}};

static struct kunit_suite rights_suite = {
	.name = "mm_rights",
	.init = rights_init,
	.exit = mm_case_end,
	.test_cases = rights_cases,
};
kunit_test_suite(rights_suite);
