// SPDX-License-Identifier: MIT
/*
 * reclaim_gfp.c - suite: what each mask does when nothing is free, proved by the counters of vmstat and by what shrinkers saw.
 *
 * Every case begins with all memory hoarded by a mask that wakes nobody, down to the min mark (or below), so the next
 * request takes the slow way. A shrinker has a store of pages and notes every call: which mask, which thread. Where no mercy is
 * to be shown the OOM killer is off.
 */
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mmzone.h>
#include <linux/oom.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#include <linux/shrinker.h>
#include <linux/swap.h>
#include <linux/vmstat.h>

#include "mm_suite.h"
#include "pressure.h"

/* Neither direct reclaim nor kswapd. */
#define GFP_QUIET ((GFP_KERNEL & ~__GFP_RECLAIM) | __GFP_NOWARN)
/* Direct reclaim alone: kswapd does not get in first. */
#define GFP_DIRECT (GFP_KERNEL & ~__GFP_KSWAPD_RECLAIM)

/* ---- the store ---- */

#define STORE_PAGES 12
/* What cases leave free for who runs them. */
#define SLACK_BLOCKS 32

/**
 * struct store - pages that a shrinker gives back
 * @need:    only for masks with all of these
 * @kswapd:  kswapd too; else it comes in vain, since anybody may wake it at any time
 * @after:   not before somebody has reclaimed so often
 * @calls:   scans, @refused: those without @need
 */
static struct {
	struct list_head pages;
	unsigned long nr;
	gfp_t need, seen_any;
	bool kswapd;
	unsigned long after;
	atomic_t calls, refused, by_kswapd;
	spinlock_t lock;
	struct shrinker *shrinker;
} store;

static unsigned long store_count(struct shrinker *s, struct shrink_control *sc)
{
	(void)s;
	(void)sc;
	return READ_ONCE(store.nr) ? READ_ONCE(store.nr) : SHRINK_EMPTY;
}

static struct page *store_take(void)
{
	struct page *page = NULL;

	spin_lock(&store.lock);
	if (!list_empty(&store.pages)) {
		page = list_first_entry(&store.pages, struct page, lru);
		list_del(&page->lru);
		store.nr--;
	}
	spin_unlock(&store.lock);
	return page;
}

static unsigned long stalls(void);
static unsigned long store_give(unsigned long blocks);

static unsigned long store_scan(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long freed = 0;
	struct page *page;

	(void)s;
	if (current->flags & PF_KSWAPD) {
		if (!store.kswapd)
			return SHRINK_STOP;
		atomic_inc(&store.by_kswapd);
	}
	atomic_inc(&store.calls);
	store.seen_any |= sc->gfp_mask;
	if ((sc->gfp_mask & store.need) != store.need || stalls() < store.after) {
		atomic_inc(&store.refused);
		return SHRINK_STOP;
	}
	while (freed < sc->nr_to_scan && (page = store_take())) {
		__free_page(page);
		freed++;
	}
	mm_account_reclaimed_pages(freed);
	return freed;
}

static void store_fill(struct kunit *test, unsigned long pages, gfp_t need)
{
	store.need = need;
	store.seen_any = 0;
	store.kswapd = false;
	store.after = 0;
	atomic_set(&store.calls, 0);
	atomic_set(&store.refused, 0);
	atomic_set(&store.by_kswapd, 0);
	while (store.nr < pages) {
		struct page *page = alloc_page(GFP_QUIET);

		/* What was given back last may be of a low zone, or wait on another CPU's lists. */
		if (!page && store_give(SLACK_BLOCKS))
			continue;
		KUNIT_ASSERT_NOT_NULL(test, page);
		spin_lock(&store.lock);
		list_add(&page->lru, &store.pages);
		store.nr++;
		spin_unlock(&store.lock);
	}
}

/* ---- the hoard, and what happened since ---- */

static LIST_HEAD(hoard);
static DEFINE_SPINLOCK(hoard_lock);
static unsigned long events[NR_VM_EVENT_ITEMS];
static uint64_t oom_invoked;
/* How often kswapd was woken, and ran, while everything was hoarded. */
static unsigned long woken_by_hoard;
/* Blocks that a case took from below the min mark. */
static unsigned long deep;

/* Return: blocks. */
static unsigned long hoard_with(gfp_t gfp, int order)
{
	unsigned long blocks = 0;

	for (; order >= 0; order--) {
		struct page *page;

		while ((page = alloc_pages(gfp, (unsigned int)order))) {
			page->private = (unsigned long)order;
			spin_lock(&hoard_lock);
			list_add(&page->lru, &hoard);
			spin_unlock(&hoard_lock);
			blocks++;
		}
	}
	return blocks;
}

/* Up to @blocks of them, the last taken first. Return: how many. */
static unsigned long store_give(unsigned long blocks)
{
	unsigned long given;

	for (given = 0; given < blocks; given++) {
		struct page *page;

		spin_lock(&hoard_lock);
		page = list_first_entry_or_null(&hoard, struct page, lru);
		if (page)
			list_del(&page->lru);
		spin_unlock(&hoard_lock);
		if (!page)
			break;
		__free_pages(page, (unsigned int)page->private);
	}
	return given;
}

static unsigned long since(enum vm_event_item item)
{
	return vm_events(item) - events[item];
}

static unsigned long stalls(void)
{
	return since(ALLOCSTALL_DMA) + since(ALLOCSTALL_DMA32) + since(ALLOCSTALL_NORMAL) + since(ALLOCSTALL_MOVABLE);
}

static unsigned long kills_asked(void)
{
	return mm_root.oom->invoked - oom_invoked;
}

static void note_events(void)
{
	all_vm_events(events);
	oom_invoked = mm_root.oom->invoked;
}

/* Everything is taken, but for a store of @pages for masks with @need. */
static void run_dry(struct kunit *test, unsigned long pages, gfp_t need)
{
	store_fill(test, pages, need);
	/* What other CPUs keep for themselves is found by who may wait. */
	drain_all_pages(NULL);
	hoard_with(GFP_QUIET, MAX_PAGE_ORDER);
	note_events();
}

/* The part of the low zones, too, that is kept from requests for any zone. */
static void run_low_zones_dry(struct kunit *test, unsigned long pages)
{
	run_dry(test, pages, 0);
	hoard_with(GFP_QUIET | GFP_DMA32, MAX_PAGE_ORDER);
	hoard_with(GFP_QUIET | GFP_DMA, MAX_PAGE_ORDER);
	note_events();
}

/*
 * To the bottom of what GFP_ATOMIC may have: large blocks as long as they are there, and not as somebody for whom blocks would be set
 * aside. Return: blocks.
 */
static unsigned long dig(void)
{
	return hoard_with(GFP_ATOMIC | __GFP_NOMEMALLOC | __GFP_NOWARN, MAX_PAGE_ORDER) +
	       hoard_with(GFP_ATOMIC | __GFP_NOWARN, 0);
}

static void gfp_suite_exit(struct kunit_suite *suite)
{
	(void)suite;
	store_give(~0UL);
	oom_killer_enable();
}

static int gfp_init(struct kunit *test)
{
	static bool hoarded;

	/* Once for all of them: it takes a while. */
	if (!hoarded) {
		INIT_LIST_HEAD(&store.pages);
		spin_lock_init(&store.lock);
		mm_case_begin(test);
		KUNIT_ASSERT_TRUE(test, oom_killer_disable(HZ));
		/* What other suites left it with. */
		WRITE_ONCE(mm_node.kswapd_failures, 0);
		woken_by_hoard = vm_events(KSWAPD_WAKE) + vm_events(PAGEOUTRUN);
		hoard_with(GFP_QUIET, MAX_PAGE_ORDER);
		woken_by_hoard = vm_events(KSWAPD_WAKE) + vm_events(PAGEOUTRUN) - woken_by_hoard;
		store_give(SLACK_BLOCKS);
		hoarded = true;
	}
	store.shrinker = shrinker_alloc(0, "reclaim_gfp");
	KUNIT_ASSERT_NOT_NULL(test, store.shrinker);
	store.shrinker->count_objects = store_count;
	store.shrinker->scan_objects = store_scan;
	store.shrinker->batch = 8;
	store.shrinker->seeks = 0;
	shrinker_register(store.shrinker);
	return 0;
}

static void gfp_exit(struct kunit *test)
{
	struct page *page;

	(void)test;
	/* What was taken from below the min mark first: until then nobody has anything of it. */
	store_give(deep);
	deep = 0;
	store_give(SLACK_BLOCKS);
	shrinker_free(store.shrinker);
	while ((page = store_take()))
		__free_page(page);
}

/* One page by a mask; given back right away. Return: was it there? */
static bool try_page(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp | __GFP_NOWARN, order);

	if (page)
		__free_pages(page, order);
	return page;
}

/* The same after a look whether somebody has freed something meanwhile. */
static bool try_dry(gfp_t gfp, unsigned int order)
{
	drain_all_pages(NULL);
	hoard_with(GFP_QUIET, 0);
	return try_page(gfp, order);
}

/* ---- who may not wait ---- */

static void without_reclaim_nobody_is_woken(struct kunit *test)
{
	run_dry(test, STORE_PAGES, 0);
	KUNIT_EXPECT_FALSE(test, try_page(GFP_KERNEL & ~__GFP_RECLAIM, 0));
	KUNIT_EXPECT_EQ(test, since(KSWAPD_WAKE), 0UL);
	KUNIT_EXPECT_EQ(test, stalls(), 0UL);
	KUNIT_EXPECT_EQ(test, atomic_read(&store.calls), 0);
	/* Nor was it before: if it had given up nobody could wake it now. */
	KUNIT_EXPECT_EQ(test, woken_by_hoard, 0UL);
	KUNIT_EXPECT_LT(test, READ_ONCE(mm_node.kswapd_failures), 16U);
}

/* It fails, but has woken who makes room: soon it does not fail any more. */
static void nowait_wakes_kswapd_and_fails(struct kunit *test)
{
	run_dry(test, STORE_PAGES, 0);
	KUNIT_EXPECT_FALSE(test, try_page(GFP_NOWAIT, 0));
	/* Not before: it may be at work already, and would be quicker than the request. */
	WRITE_ONCE(store.kswapd, true);
	KUNIT_EXPECT_GE(test, since(KSWAPD_WAKE), 1UL);
	for (unsigned int i = 0; i < 500 && READ_ONCE(store.nr); i++)
		msleep(1);
	KUNIT_EXPECT_TRUE(test, try_page(GFP_NOWAIT, 0));
	KUNIT_EXPECT_EQ(test, stalls(), 0UL);
	KUNIT_EXPECT_GE(test, atomic_read(&store.by_kswapd), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&store.by_kswapd), atomic_read(&store.calls));
}

static void atomic_digs_into_the_reserve(struct kunit *test)
{
	struct page *page;

	run_dry(test, 0, 0);
	KUNIT_EXPECT_FALSE(test, try_page(GFP_QUIET, 0));
	page = alloc_page(GFP_ATOMIC);
	KUNIT_EXPECT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, stalls(), 0UL);
	if (page)
		__free_page(page);
	deep = dig();
	KUNIT_EXPECT_FALSE(test, try_page(GFP_ATOMIC, 0));
	KUNIT_EXPECT_EQ(test, stalls(), 0UL);
}

/* ---- who may ---- */

static void small_requests_reclaim_until_it_works(struct kunit *test)
{
	unsigned int got = 0;

	if (too_large(test))
		return;
	run_dry(test, STORE_PAGES, 0);
	for (; got < STORE_PAGES / 2; got++) {
		struct page *page = alloc_page(GFP_DIRECT);

		if (!page)
			break;
		spin_lock(&hoard_lock);
		page->private = 0;
		list_add(&page->lru, &hoard);
		spin_unlock(&hoard_lock);
	}
	KUNIT_EXPECT_EQ(test, got, (unsigned int)STORE_PAGES / 2);
	KUNIT_EXPECT_GE(test, stalls(), 1UL);
	KUNIT_EXPECT_EQ(test, since(KSWAPD_WAKE), 0UL);
	KUNIT_EXPECT_EQ(test, atomic_read(&store.by_kswapd), 0);
	KUNIT_EXPECT_EQ(test, kills_asked(), 0UL);
}

static void noretry_gives_up_after_one_round(struct kunit *test)
{
	run_dry(test, 0, 0);
	KUNIT_EXPECT_FALSE(test, try_page(GFP_DIRECT | __GFP_NORETRY, 0));
	KUNIT_EXPECT_EQ(test, stalls(), 1UL);
	KUNIT_EXPECT_EQ(test, kills_asked(), 0UL);
	/* What the one round brings is good enough. */
	store_give(8);
	store_fill(test, 8, 0);
	KUNIT_EXPECT_TRUE(test, try_dry(GFP_DIRECT | __GFP_NORETRY, 0));
}

static void retry_mayfail_never_kills(struct kunit *test)
{
	run_dry(test, 0, 0);
	KUNIT_EXPECT_FALSE(test, try_page(GFP_DIRECT | __GFP_RETRY_MAYFAIL, 0));
	KUNIT_EXPECT_GE(test, stalls(), 1UL);
	KUNIT_EXPECT_EQ(test, kills_asked(), 0UL);
}

/* ---- pages that might be had ---- */

#define BUSY 16UL

static const struct address_space_operations no_ops = {.readpage = NULL};
static struct address_space busy;

/* A few pages of a file on the lists, locked: there is hope, but for now they stay. */
static void busy_begin(struct kunit *test)
{
	address_space_init(&busy, NULL, &no_ops, GFP_KERNEL, "busy");
	for (unsigned long i = 0; i < BUSY; i++) {
		struct page *page = page_cache_alloc(GFP_QUIET);

		KUNIT_ASSERT_NOT_NULL(test, page);
		KUNIT_ASSERT_EQ(test, add_to_page_cache_lru(page, &busy, i, GFP_QUIET), 0);
		put_page(page);
	}
	lru_add_drain_all();
	/* kswapd would have them in its hands now and then, where they are no hope: it has given up. */
	WRITE_ONCE(mm_node.kswapd_failures, 16);
	for (unsigned int i = 0; i < 500 && READ_ONCE(mm_node.kswapd_running); i++)
		msleep(1);
}

static void busy_end(void)
{
	WRITE_ONCE(mm_node.kswapd_failures, 0);
	for (unsigned long i = 0; i < BUSY; i++) {
		struct page *page = find_get_page(&busy, i);

		unlock_page(page);
		put_page(page);
	}
	truncate_inode_pages_final(&busy);
	address_space_exit(&busy);
	/* The next case finds nothing that is not used but not free either. */
	mm_drain();
}

/* Reclaim brings something at the third attempt only. Who tries once fails; who tries hard has it, and nobody was killed. */
static void retry_mayfail_gets_what_noretry_does_not(struct kunit *test)
{
	if (too_large(test))
		return;
	busy_begin(test);
	run_dry(test, STORE_PAGES / 2, 0);
	store.after = 3;
	KUNIT_EXPECT_FALSE(test, try_page(GFP_DIRECT | __GFP_NORETRY, 0));
	KUNIT_EXPECT_EQ(test, stalls(), 1UL);
	KUNIT_EXPECT_GE(test, atomic_read(&store.refused), 1);
	note_events();
	KUNIT_EXPECT_TRUE(test, try_page(GFP_DIRECT | __GFP_RETRY_MAYFAIL, 0));
	KUNIT_EXPECT_EQ(test, stalls(), 3UL);
	KUNIT_EXPECT_LT(test, store.nr, (unsigned long)STORE_PAGES / 2);
	KUNIT_EXPECT_EQ(test, kills_asked(), 0UL);
	busy_end();
}

/* The same without that bit asks for a kill. */
static void small_requests_ask_for_a_kill(struct kunit *test)
{
	run_dry(test, 0, 0);
	KUNIT_EXPECT_FALSE(test, try_page(GFP_DIRECT, 0));
	KUNIT_EXPECT_GE(test, kills_asked(), 1UL);
	KUNIT_EXPECT_EQ(test, since(OOM_KILL), 0UL);
}

static void costly_orders_never_kill(struct kunit *test)
{
	run_dry(test, 0, 0);
	KUNIT_EXPECT_FALSE(test, try_page(GFP_DIRECT, PAGE_ALLOC_COSTLY_ORDER + 1));
	KUNIT_EXPECT_EQ(test, stalls(), 1UL);
	KUNIT_EXPECT_FALSE(test, try_page(GFP_DIRECT | __GFP_RETRY_MAYFAIL, PAGE_ALLOC_COSTLY_ORDER + 1));
	KUNIT_EXPECT_EQ(test, kills_asked(), 0UL);
}

/* A death may bring no page of a low zone: small as the request is, it fails. */
static void low_zones_never_kill(struct kunit *test)
{
	run_low_zones_dry(test, 0);
	KUNIT_EXPECT_FALSE(test, try_page(GFP_DIRECT | GFP_DMA32, 0));
	KUNIT_EXPECT_FALSE(test, try_page(GFP_DIRECT | GFP_DMA, 0));
	KUNIT_EXPECT_GE(test, since(ALLOCSTALL_DMA32), 1UL);
	KUNIT_EXPECT_GE(test, since(ALLOCSTALL_DMA), 1UL);
	KUNIT_EXPECT_EQ(test, kills_asked(), 0UL);
}

/* GFP_DMA is no mask of its own: it names a zone, and may do nothing. */
static void a_zone_alone_may_do_nothing(struct kunit *test)
{
	if (too_large(test))
		return;
	run_low_zones_dry(test, STORE_PAGES);
	KUNIT_EXPECT_FALSE(test, try_page(GFP_DMA, 0));
	KUNIT_EXPECT_EQ(test, since(KSWAPD_WAKE), 0UL);
	KUNIT_EXPECT_EQ(test, stalls(), 0UL);
}

/* ---- __GFP_NOFAIL ---- */

static int give_later(void *done)
{
	/* It has tried, and tries again. */
	while (stalls() < 2)
		msleep(1);
	store_give(deep + 8);
	deep = 0;
	complete(done);
	return 0;
}

/* Nothing can be reclaimed, nobody may be killed, the reserve is gone: it waits until somebody frees something. */
static void nofail_waits_for_others(struct kunit *test)
{
	struct completion done;
	struct task_struct *t;
	struct page *page;

	init_completion(&done);
	t = kthread_create(give_later, &done, "give_later");
	KUNIT_ASSERT_FALSE(test, IS_ERR(t));
	run_dry(test, 0, 0);
	deep = dig();
	note_events();
	wake_up_process(t);
	page = alloc_page(GFP_DIRECT | __GFP_NOFAIL | __GFP_RETRY_MAYFAIL);
	KUNIT_EXPECT_NOT_NULL(test, page);
	KUNIT_EXPECT_GE(test, stalls(), 2UL);
	KUNIT_EXPECT_EQ(test, kills_asked(), 0UL);
	if (page)
		__free_page(page);
	wait_for_completion(&done);
}

/* ---- scopes ---- */

/* A mask without __GFP_FS or __GFP_IO does not reach a cache that would need it; the store stays full. kswapd may do all. */
static void callbacks_see_the_mask(struct kunit *test)
{
	if (too_large(test))
		return;
	run_dry(test, STORE_PAGES, __GFP_FS);
	KUNIT_EXPECT_FALSE(test, try_dry((GFP_NOFS & ~__GFP_KSWAPD_RECLAIM) | __GFP_NORETRY, 0));
	KUNIT_EXPECT_FALSE(test, try_dry((GFP_NOIO & ~__GFP_KSWAPD_RECLAIM) | __GFP_NORETRY, 0));
	KUNIT_EXPECT_EQ(test, store.nr, (unsigned long)STORE_PAGES);
	KUNIT_EXPECT_GE(test, atomic_read(&store.refused), 2);
	KUNIT_EXPECT_EQ(test, store.seen_any & __GFP_FS, 0U);
	store.need = __GFP_IO;
	KUNIT_EXPECT_FALSE(test, try_dry(GFP_NOIO & ~__GFP_KSWAPD_RECLAIM, 0));
	KUNIT_EXPECT_EQ(test, store.nr, (unsigned long)STORE_PAGES);
	KUNIT_EXPECT_TRUE(test, try_dry(GFP_NOFS & ~__GFP_KSWAPD_RECLAIM, 0));
	KUNIT_EXPECT_LT(test, store.nr, (unsigned long)STORE_PAGES);
}

static noinline bool deep_down(unsigned int depth)
{
	if (depth)
		return deep_down(depth - 1);
	return try_dry(GFP_DIRECT | __GFP_NORETRY, 0);
}

static void scopes_reach_far_down(struct kunit *test)
{
	unsigned int token;

	run_dry(test, STORE_PAGES, __GFP_FS);
	token = memalloc_nofs_save();
	KUNIT_EXPECT_FALSE(test, deep_down(8));
	memalloc_nofs_restore(token);
	KUNIT_EXPECT_EQ(test, store.seen_any & (__GFP_FS | __GFP_IO), __GFP_IO);
	token = memalloc_noio_save();
	store.seen_any = 0;
	KUNIT_EXPECT_FALSE(test, deep_down(8));
	memalloc_noio_restore(token);
	KUNIT_EXPECT_EQ(test, store.seen_any & (__GFP_FS | __GFP_IO), 0U);
	KUNIT_EXPECT_EQ(test, store.nr, (unsigned long)STORE_PAGES);
	KUNIT_EXPECT_TRUE(test, deep_down(8));
}

/* Who frees memory for others does not wait for itself: no reclaim, but all reserves. */
static void who_reclaims_does_not_reclaim(struct kunit *test)
{
	unsigned int token;

	run_dry(test, STORE_PAGES, 0);
	deep = dig();
	note_events();
	token = memalloc_noreclaim_save();
	KUNIT_EXPECT_FALSE(test, try_page(GFP_DIRECT | __GFP_NOMEMALLOC, 0));
	KUNIT_EXPECT_TRUE(test, try_page(GFP_DIRECT, 0));
	memalloc_noreclaim_restore(token);
	KUNIT_EXPECT_EQ(test, stalls(), 0UL);
	KUNIT_EXPECT_EQ(test, since(KSWAPD_WAKE), 0UL);
}

/* The last case: nothing of what all of them took is missing. */
static void everything_comes_back(struct kunit *test)
{
	store_give(~0UL);
	KUNIT_EXPECT_EQ(test, store.nr, 0UL);
	KUNIT_EXPECT_EQ(test, isolated_pages(), 0UL);
	shrinker_free(store.shrinker);
	store.shrinker = NULL;
	mm_case_end(test);
}

static struct kunit_case gfp_cases[] = {
	KUNIT_CASE(without_reclaim_nobody_is_woken),
	KUNIT_CASE(nowait_wakes_kswapd_and_fails),
	KUNIT_CASE(atomic_digs_into_the_reserve),
	KUNIT_CASE(small_requests_reclaim_until_it_works),
	KUNIT_CASE(noretry_gives_up_after_one_round),
	KUNIT_CASE(retry_mayfail_never_kills),
	KUNIT_CASE(retry_mayfail_gets_what_noretry_does_not),
	KUNIT_CASE(small_requests_ask_for_a_kill),
	KUNIT_CASE(costly_orders_never_kill),
	KUNIT_CASE(low_zones_never_kill),
	KUNIT_CASE(a_zone_alone_may_do_nothing),
	KUNIT_CASE(nofail_waits_for_others),
	KUNIT_CASE(callbacks_see_the_mask),
	KUNIT_CASE(scopes_reach_far_down),
	KUNIT_CASE(who_reclaims_does_not_reclaim),
	KUNIT_CASE(everything_comes_back),
	{},
};

static struct kunit_suite gfp_suite = {
	.name = "reclaim_gfp",
	.suite_exit = gfp_suite_exit,
	.init = gfp_init,
	.exit = gfp_exit,
	.test_cases = gfp_cases,
};
kunit_test_suite(gfp_suite);
