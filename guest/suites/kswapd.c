// SPDX-License-Identifier: MIT
/*
 * kswapd.c - suite: when kswapd stops, when it gives up, and who waits for it.
 *
 * All memory is hoarded down to the min marks but the pages of a file, which lie in the zone that requests try first. What happens
 * then is told by the counters of vmstat and by the node.
 */
#include <linux/pagemap.h>
#include <linux/vmstat.h>

#include "pressure.h"

/* Rounds in vain after which it gives up. */
#define FRUITLESS 16

/* ---- a file without a file system ---- */

static const struct address_space_operations ops = {.readpage = NULL};
static struct address_space mapping;

static void file_make(struct kunit *test, unsigned long pages)
{
	drop_caches(3);
	address_space_init(&mapping, NULL, &ops, GFP_KERNEL, "kswapd");
	mapping.size = pages * PAGE_SIZE;
	for (unsigned long i = 0; i < pages; i++) {
		struct page *page = page_cache_alloc(GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, page);
		KUNIT_ASSERT_EQ(test, add_to_page_cache_lru(page, &mapping, i, GFP_KERNEL), 0);
		SetPageUptodate(page);
		unlock_page(page);
		put_page(page);
	}
	lru_add_drain_all();
}

static void file_end(void)
{
	truncate_inode_pages_final(&mapping);
	address_space_exit(&mapping);
}

/* All of its pages locked: nobody can have them; or unlocked. */
static void lock_all(bool lock)
{
	for (unsigned long i = 0; i < mapping.size / PAGE_SIZE; i++) {
		struct page *page = find_get_page(&mapping, i);

		if (!page)
			continue;
		if (lock)
			lock_page(page);
		else
			unlock_page(page);
		put_page(page);
	}
}

/* ---- the machine ---- */

static unsigned long between_marks(const struct zone *zone)
{
	return zone->watermark[WMARK_HIGH] - zone->watermark[WMARK_MIN];
}

static bool is_running(void)
{
	return READ_ONCE(mm_node.kswapd_running) || READ_ONCE(mm_node.kswapd_highest) != MAX_NR_ZONES;
}

static void give_back(struct page *page)
{
	if (page)
		__free_page(page);
}

/* A request that may not wait finds every zone at its low mark. */
static void wake(void)
{
	give_back(alloc_page(GFP_NOWAIT | __GFP_NOWARN));
}

static void it_stops_at_the_high_mark(struct kunit *test)
{
	unsigned long stolen, runs, stalls = vm_events(ALLOCSTALL_NORMAL) + vm_events(ALLOCSTALL_DMA32);
	struct zone *zone = first_zone();
	/* It frees a cluster more than it must; and what other CPUs keep of what it freed is not seen as free. */
	unsigned long more = 2UL * num_online_cpus() * SWAP_CLUSTER_MAX;
	unsigned long pages = between_marks(zone) + more + between_marks(zone) / 2;
	struct hoard h;

	if (too_large(test))
		return;
	file_make(test, pages);
	hoard_init(&h);
	hoard_all(&h, 0);
	KUNIT_EXPECT_LT(test, zone_page_state(zone, NR_FREE_PAGES), zone->watermark[WMARK_LOW]);
	stolen = vm_events(PGSTEAL_KSWAPD);
	wake();
	for (unsigned int i = 0; i < 2000; i++) {
		msleep(1);
		if (!is_running() && zone_page_state(zone, NR_FREE_PAGES) >= zone->watermark[WMARK_HIGH])
			break;
	}
	KUNIT_EXPECT_GE(test, zone_page_state(zone, NR_FREE_PAGES), zone->watermark[WMARK_HIGH]);
	/* There was more to be had, and it is left alone. */
	runs = vm_events(PAGEOUTRUN);
	KUNIT_EXPECT_GE(test, vm_events(PGSTEAL_KSWAPD) - stolen, SWAP_CLUSTER_MAX);
	/* Each round looks at a larger share of the list: the last one may take half of what is left. */
	KUNIT_EXPECT_LE(test, vm_events(PGSTEAL_KSWAPD) - stolen, (pages + between_marks(zone) + more) / 2);
	KUNIT_EXPECT_GE(test, mapping.nrpages, SWAP_CLUSTER_MAX / 2);
	KUNIT_EXPECT_EQ(test, READ_ONCE(mm_node.kswapd_failures), 0U);
	msleep(20);
	KUNIT_EXPECT_EQ(test, vm_events(PAGEOUTRUN), runs);
	KUNIT_EXPECT_EQ(test, vm_events(ALLOCSTALL_NORMAL) + vm_events(ALLOCSTALL_DMA32), stalls);
	hoard_free(&h);
	file_end();
}

/* Each fruitless round looks at them again and again; but others may need some when they come free. */
#define FEW 16UL

static void it_gives_up(struct kunit *test)
{
	unsigned long wakes, runs;
	struct page *page;
	struct hoard h;

	if (too_large(test))
		return;
	file_make(test, FEW);
	lock_all(true);
	hoard_init(&h);
	hoard_all(&h, 0);
	/* A slow machine has seen some of it already. */
	if (!machine_is_fast())
		WRITE_ONCE(mm_node.kswapd_failures, FRUITLESS - 4);
	for (unsigned int i = 0; i < 2000 && READ_ONCE(mm_node.kswapd_failures) < FRUITLESS; i++) {
		wake();
		msleep(1);
	}
	/* Who asked while it was at the last round gets one more. */
	KUNIT_EXPECT_GE(test, READ_ONCE(mm_node.kswapd_failures), (unsigned int)FRUITLESS);
	for (unsigned int i = 0; i < 500 && (is_running() || READ_ONCE(mm_node.kswapd_highest) != MAX_NR_ZONES); i++)
		msleep(1);
	msleep(10);
	/* Now nobody can wake it. */
	wakes = vm_events(KSWAPD_WAKE);
	runs = vm_events(PAGEOUTRUN);
	for (unsigned int i = 0; i < 3; i++)
		wake();
	msleep(10);
	KUNIT_EXPECT_EQ(test, vm_events(KSWAPD_WAKE), wakes);
	KUNIT_EXPECT_EQ(test, vm_events(PAGEOUTRUN), runs);
	KUNIT_EXPECT_EQ(test, mapping.nrpages, FEW);
	/* Until somebody else got something. */
	lock_all(false);
	hoard_all(&h, 0);
	page = alloc_page((GFP_KERNEL & ~__GFP_KSWAPD_RECLAIM) | __GFP_NORETRY);
	KUNIT_EXPECT_NOT_NULL(test, page);
	give_back(page);
	/* It may have begun to count again: there are only a few. */
	KUNIT_EXPECT_LT(test, READ_ONCE(mm_node.kswapd_failures), (unsigned int)FRUITLESS);
	hoard_all(&h, 0);
	for (unsigned int i = 0; i < 500 && vm_events(PAGEOUTRUN) == runs; i++) {
		wake();
		msleep(1);
	}
	KUNIT_EXPECT_GT(test, vm_events(PAGEOUTRUN), runs);
	hoard_free(&h);
	file_end();
}

/* With half of the reserve gone, who has an address space leaves the rest to kswapd; kernel threads may be who frees. */
static void users_wait_for_it(struct kunit *test)
{
	unsigned long throttled = vm_events(PGSCAN_DIRECT_THROTTLE), stolen;
	struct mm_struct *mm = mm_alloc();
	struct page *page;
	struct hoard h;

	if (too_large(test))
		return;
	KUNIT_ASSERT_NOT_NULL(test, mm);
	file_make(test, first_zone()->watermark[WMARK_MIN] / 2 + (2UL + num_online_cpus()) * SWAP_CLUSTER_MAX);
	hoard_init(&h);
	/* For a tenth of a second after a run it looks again by itself; then it sleeps until somebody asks. */
	for (unsigned int i = 0; i < 500 && is_running(); i++)
		msleep(1);
	msleep(150);
	hoard_everything(&h);
	page = alloc_page((GFP_KERNEL & ~__GFP_KSWAPD_RECLAIM) | __GFP_NORETRY | __GFP_NOWARN);
	KUNIT_EXPECT_EQ(test, vm_events(PGSCAN_DIRECT_THROTTLE), throttled);
	give_back(page);
	hoard_everything(&h);
	stolen = vm_events(PGSTEAL_KSWAPD);
	/* While others may have seen it in vain: hope is what they wait for. */
	WRITE_ONCE(mm_node.kswapd_failures, 0);
	kthread_use_mm(mm);
	page = alloc_page((GFP_KERNEL & ~__GFP_KSWAPD_RECLAIM) | __GFP_NORETRY | __GFP_NOWARN);
	kthread_unuse_mm(mm);
	KUNIT_EXPECT_EQ(test, vm_events(PGSCAN_DIRECT_THROTTLE), throttled + 1);
	KUNIT_EXPECT_GE(test, vm_events(PGSTEAL_KSWAPD) - stolen, SWAP_CLUSTER_MAX);
	give_back(page);
	hoard_free(&h);
	file_end();
	mmput(mm);
}

/* Others find it as it was: content, and full of hope. */
static void leave_it_alone(struct kunit *test)
{
	(void)test;
	for (unsigned int i = 0; i < 500 && is_running(); i++)
		msleep(1);
	WRITE_ONCE(mm_node.kswapd_failures, 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(it_stops_at_the_high_mark),
	KUNIT_CASE(it_gives_up),
	KUNIT_CASE(users_wait_for_it),
	{},
};

static struct kunit_suite suite = {.name = "kswapd", .exit = leave_it_alone, .test_cases = cases};
kunit_test_suite(suite);
