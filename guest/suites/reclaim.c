// SPDX-License-Identifier: MIT
/*
 * reclaim.c - suite: LRU lists, and which pages reclaim takes: clean pages of files, anonymous ones that go to swap; not those
 * in use, locked, dirty, or beyond what the mask allows. Shrinkers: how much they are asked for.
 *
 * Memory is not short here: reclaim is called as the page allocator would call it, so every case is quick. reclaim_gfp.c has
 * what happens when nothing is free.
 */
#include <linux/mman.h>
#include <linux/pagemap.h>
#include <linux/rmap.h>
#include <linux/sched/mm.h>
#include <linux/shrinker.h>
#include <linux/swap.h>
#include <linux/uaccess.h>
#include <linux/writeback.h>

#include "mm_suite.h"
#include "pressure.h"

#define PAGES 64UL

/* ---- a file without a file system ---- */

static unsigned long written;

static int no_readpage(struct file *file, struct page *page)
{
	(void)file;
	SetPageUptodate(page);
	unlock_page(page);
	return 0;
}

/* The flusher may come at any time: nothing is written for it, and only what reclaim asks for counts. */
static int count_writepage(struct page *page, struct writeback_control *wbc)
{
	if (wbc->for_reclaim)
		written++;
	redirty_page_for_writepage(wbc, page);
	return AOP_WRITEPAGE_ACTIVATE;
}

static const struct address_space_operations ops = {.readpage = no_readpage, .writepage = count_writepage};

static struct address_space *file_make(struct kunit *test, unsigned long pages)
{
	struct address_space *mapping = kzalloc(sizeof(*mapping), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, mapping);
	written = 0;
	address_space_init(mapping, NULL, &ops, GFP_KERNEL, "reclaim");
	mapping->size = pages * PAGE_SIZE;
	for (unsigned long i = 0; i < pages; i++) {
		struct page *page = page_cache_alloc(GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, page);
		KUNIT_ASSERT_EQ(test, add_to_page_cache_lru(page, mapping, i, GFP_KERNEL), 0);
		SetPageUptodate(page);
		unlock_page(page);
		put_page(page);
	}
	lru_add_drain_all();
	return mapping;
}

static void file_end(struct address_space *mapping)
{
	truncate_inode_pages_final(mapping);
	address_space_exit(mapping);
	kfree(mapping);
}

/* Pages [from, to) that are still there. */
static unsigned long there(struct address_space *mapping, unsigned long from, unsigned long to)
{
	unsigned long n = 0;

	for (; from < to; from++) {
		struct page *page = find_get_page(mapping, from);

		if (!page)
			continue;
		n++;
		put_page(page);
	}
	return n;
}

static struct page *page_of(struct kunit *test, struct address_space *mapping, unsigned long index)
{
	struct page *page = find_get_page(mapping, index);

	KUNIT_ASSERT_NOT_NULL(test, page);
	put_page(page);
	return page;
}

static unsigned long on_list(enum lru_list lru)
{
	return global_node_page_state((enum node_stat_item)(NR_INACTIVE_ANON + lru));
}

/* ---- lists ---- */

static void used_twice_is_active(struct kunit *test)
{
	unsigned long inactive = on_list(LRU_INACTIVE_FILE), active = on_list(LRU_ACTIVE_FILE);
	struct address_space *mapping = file_make(test, 2);
	struct page *page = page_of(test, mapping, 0);

	KUNIT_EXPECT_EQ(test, on_list(LRU_INACTIVE_FILE), inactive + 2);
	mark_page_accessed(page);
	KUNIT_EXPECT_TRUE(test, PageReferenced(page));
	mark_page_accessed(page);
	lru_add_drain_all();
	KUNIT_EXPECT_TRUE(test, PageActive(page));
	KUNIT_EXPECT_FALSE(test, PageReferenced(page));
	KUNIT_EXPECT_EQ(test, on_list(LRU_INACTIVE_FILE), inactive + 1);
	KUNIT_EXPECT_EQ(test, on_list(LRU_ACTIVE_FILE), active + 1);
	deactivate_page(page);
	lru_add_drain_all();
	KUNIT_EXPECT_FALSE(test, PageActive(page));
	KUNIT_EXPECT_EQ(test, on_list(LRU_ACTIVE_FILE), active);
	file_end(mapping);
	KUNIT_EXPECT_EQ(test, on_list(LRU_INACTIVE_FILE), inactive);
}

static void isolated_and_put_back(struct kunit *test)
{
	struct address_space *mapping = file_make(test, 1);
	struct page *page = page_of(test, mapping, 0);
	unsigned long listed = on_list(LRU_INACTIVE_FILE);

	KUNIT_EXPECT_EQ(test, isolated_pages(), 0UL);
	KUNIT_EXPECT_EQ(test, isolate_lru_page(page), 0);
	KUNIT_EXPECT_EQ(test, isolate_lru_page(page), -EBUSY);
	KUNIT_EXPECT_FALSE(test, PageLRU(page));
	KUNIT_EXPECT_EQ(test, global_node_page_state(NR_ISOLATED_FILE), 1UL);
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 2);
	KUNIT_EXPECT_EQ(test, on_list(LRU_INACTIVE_FILE), listed - 1);
	putback_lru_page(page);
	KUNIT_EXPECT_TRUE(test, PageLRU(page));
	KUNIT_EXPECT_EQ(test, isolated_pages(), 0UL);
	KUNIT_EXPECT_EQ(test, on_list(LRU_INACTIVE_FILE), listed);
	/* Who frees what is isolated leaves no trace either. */
	KUNIT_EXPECT_EQ(test, isolate_lru_page(page), 0);
	lock_page(page);
	delete_from_page_cache(page);
	unlock_page(page);
	put_page(page);
	KUNIT_EXPECT_EQ(test, isolated_pages(), 0UL);
	KUNIT_EXPECT_EQ(test, on_list(LRU_INACTIVE_FILE), listed - 1);
	file_end(mapping);
}

/* ---- pages of files ---- */

static void clean_pages_go(struct kunit *test)
{
	struct address_space *mapping = file_make(test, PAGES);
	unsigned long steals = vm_events(PGSTEAL_DIRECT), got;

	got = try_to_free_pages(0, GFP_KERNEL);
	KUNIT_EXPECT_GE(test, got, SWAP_CLUSTER_MAX);
	KUNIT_EXPECT_LE(test, there(mapping, 0, PAGES), PAGES - SWAP_CLUSTER_MAX);
	KUNIT_EXPECT_GE(test, vm_events(PGSTEAL_DIRECT) - steals, SWAP_CLUSTER_MAX);
	KUNIT_EXPECT_GE(test, vm_events(PGSCAN_FILE), vm_events(PGSTEAL_FILE));
	KUNIT_EXPECT_EQ(test, written, 0UL);
	KUNIT_EXPECT_EQ(test, isolated_pages(), 0UL);
	file_end(mapping);
}

/* What was used twice outlives what was read once: a stream does not push out the working set. */
static void active_pages_outlive_a_stream(struct kunit *test)
{
	struct address_space *mapping = file_make(test, PAGES);

	for (unsigned long i = 0; i < PAGES / 4; i++) {
		mark_page_accessed(page_of(test, mapping, i));
		mark_page_accessed(page_of(test, mapping, i));
	}
	lru_add_drain_all();
	try_to_free_pages(0, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, there(mapping, 0, PAGES / 4), PAGES / 4);
	KUNIT_EXPECT_LE(test, there(mapping, PAGES / 4, PAGES), 3 * PAGES / 4 - SWAP_CLUSTER_MAX / 2);
	file_end(mapping);
}

/* Those that somebody holds, works on, or has changed stay; who reclaims directly writes nothing. */
static void pages_in_use_stay(struct kunit *test)
{
	const unsigned long pages = machine_is_fast() ? 24 : 9;
	struct address_space *mapping = file_make(test, pages);
	unsigned long immediate = global_node_page_state(NR_VMSCAN_IMMEDIATE);

	for (unsigned long i = 0; i < pages; i += 3) {
		get_page(page_of(test, mapping, i));
		lock_page(page_of(test, mapping, i + 1));
		lock_page(page_of(test, mapping, i + 2));
		set_page_dirty(page_of(test, mapping, i + 2));
		unlock_page(page_of(test, mapping, i + 2));
	}
	for (unsigned int n = 0; n < (machine_is_fast() ? 3 : 1); n++)
		try_to_free_pages(0, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, there(mapping, 0, pages), pages);
	KUNIT_EXPECT_EQ(test, written, 0UL);
	KUNIT_EXPECT_GT(test, global_node_page_state(NR_VMSCAN_IMMEDIATE), immediate);
	for (unsigned long i = 0; i < pages; i += 3) {
		put_page(page_of(test, mapping, i));
		unlock_page(page_of(test, mapping, i + 1));
		lock_page(page_of(test, mapping, i + 2));
		cancel_dirty_page(page_of(test, mapping, i + 2));
		unlock_page(page_of(test, mapping, i + 2));
	}
	/* Then nothing keeps them. */
	for (unsigned int n = 0; n < 8 && there(mapping, 0, pages); n++)
		try_to_free_pages(0, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, there(mapping, 0, pages), 0UL);
	KUNIT_EXPECT_EQ(test, isolated_pages(), 0UL);
	file_end(mapping);
}

/* ---- waiting for the disk ---- */

/** struct disk - pages of @mapping that are being written, until somebody waits; @waited: somebody did, after so many @looks at pages */
struct disk {
	struct address_space *mapping;
	unsigned long pages, looks;
	bool waited;
	struct completion done;
};

static int disk_thread(void *data)
{
	struct disk *d = data;

	for (unsigned int i = 0; i < 5000 && !d->waited; i++) {
		msleep(1);
		d->waited = READ_ONCE(mm_node.nr_throttled) != 0;
	}
	d->looks = vm_events(PGSCAN_DIRECT) - d->looks;
	for (unsigned long i = 0; i < d->pages; i++) {
		struct page *page = find_get_page(d->mapping, i);

		if (page && PageWriteback(page))
			end_page_writeback(page);
		if (page)
			put_page(page);
	}
	complete(&d->done);
	return 0;
}

/* Who finds nothing but pages on their way to the disk waits for that; and when it is over they are the first to go. */
static void who_reclaims_waits_for_the_disk(struct kunit *test)
{
	struct disk d = {.pages = 8};
	unsigned long rotated = vm_events(PGROTATED);
	struct task_struct *task;

	drop_caches(1);
	d.mapping = file_make(test, d.pages);
	init_completion(&d.done);
	for (unsigned long i = 0; i < d.pages; i++) {
		struct page *page = page_of(test, d.mapping, i);

		lock_page(page);
		set_page_writeback(page);
		unlock_page(page);
	}
	KUNIT_EXPECT_EQ(test, READ_ONCE(mm_node.nr_throttled), 0U);
	d.looks = vm_events(PGSCAN_DIRECT);
	task = kthread_run(disk_thread, &d, "disk");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	try_to_free_pages(0, GFP_KERNEL);
	wait_for_completion(&d.done);
	KUNIT_EXPECT_TRUE(test, d.waited);
	/* At once, not when all else was tried. */
	KUNIT_EXPECT_LE(test, d.looks, 2 * d.pages);
	lru_add_drain_all();
	KUNIT_EXPECT_GE(test, vm_events(PGROTATED) - rotated, d.pages / 2);
	KUNIT_EXPECT_EQ(test, READ_ONCE(mm_node.nr_throttled), 0U);
	for (unsigned int n = 0; n < 8 && there(d.mapping, 0, d.pages); n++)
		try_to_free_pages(0, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, there(d.mapping, 0, d.pages), 0UL);
	KUNIT_EXPECT_EQ(test, written, 0UL);
	file_end(d.mapping);
}

/* ---- pages that come back ---- */

static struct page *come_back(struct kunit *test, struct address_space *mapping, unsigned long index)
{
	struct page *page = page_cache_alloc(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, add_to_page_cache_lru(page, mapping, index, GFP_KERNEL), 0);
	SetPageUptodate(page);
	unlock_page(page);
	put_page(page);
	lru_add_drain_all();
	return page;
}

/*
 * A page that comes back while more pages are active than went after it would have stayed if they had not been: it is active at once. With
 * fewer of them it would have gone anyway.
 */
static void soon_back_is_active(struct kunit *test)
{
	struct address_space *mapping = file_make(test, PAGES), *rivals = file_make(test, PAGES);
	unsigned long refaults = global_node_page_state(WORKINGSET_REFAULT_FILE);
	unsigned long active = global_node_page_state(WORKINGSET_ACTIVATE_FILE);

	for (unsigned long i = 0; i < PAGES; i++) {
		mark_page_accessed(page_of(test, rivals, i));
		mark_page_accessed(page_of(test, rivals, i));
	}
	lru_add_drain_all();
	try_to_free_pages(0, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, there(mapping, 0, 2), 0UL);
	KUNIT_EXPECT_GE(test, mapping->nrshadows, SWAP_CLUSTER_MAX);
	KUNIT_EXPECT_EQ(test, global_node_page_state(WORKINGSET_REFAULT_FILE), refaults);
	KUNIT_EXPECT_TRUE(test, PageActive(come_back(test, mapping, 0)));
	KUNIT_EXPECT_EQ(test, global_node_page_state(WORKINGSET_REFAULT_FILE), refaults + 1);
	KUNIT_EXPECT_EQ(test, global_node_page_state(WORKINGSET_ACTIVATE_FILE), active + 1);
	file_end(rivals);
	KUNIT_EXPECT_FALSE(test, PageActive(come_back(test, mapping, 1)));
	KUNIT_EXPECT_EQ(test, global_node_page_state(WORKINGSET_REFAULT_FILE), refaults + 2);
	KUNIT_EXPECT_EQ(test, global_node_page_state(WORKINGSET_ACTIVATE_FILE), active + 1);
	file_end(mapping);
}

/* drop_caches: everything clean, however much it was used; what is dirty stays, and so do shrinkers' caches. */
static void dropped_on_demand(struct kunit *test)
{
	struct address_space *mapping = file_make(test, PAGES);
	unsigned long drops = vm_events(DROP_PAGECACHE), slabs = vm_events(DROP_SLAB);

	for (unsigned long i = 0; i < PAGES / 2; i++) {
		mark_page_accessed(page_of(test, mapping, i));
		mark_page_accessed(page_of(test, mapping, i));
	}
	lock_page(page_of(test, mapping, 3));
	set_page_dirty(page_of(test, mapping, 3));
	unlock_page(page_of(test, mapping, 3));
	drop_caches(1);
	KUNIT_EXPECT_EQ(test, there(mapping, 0, PAGES), 1UL);
	KUNIT_EXPECT_EQ(test, there(mapping, 3, 4), 1UL);
	KUNIT_EXPECT_EQ(test, written, 0UL);
	KUNIT_EXPECT_EQ(test, vm_events(DROP_PAGECACHE), drops + 1);
	KUNIT_EXPECT_EQ(test, vm_events(DROP_SLAB), slabs);
	lock_page(page_of(test, mapping, 3));
	cancel_dirty_page(page_of(test, mapping, 3));
	unlock_page(page_of(test, mapping, 3));
	file_end(mapping);
}

/* ---- anonymous memory ---- */

/* User pages lie in zone MOVABLE first, where there is one. */
#define ANYWHERE (__GFP_HIGHMEM | __GFP_MOVABLE)

/* On a slow machine each look at a page takes its time. */
static unsigned long anon_pages(void)
{
	return machine_is_fast() ? PAGES : 20;
}

static struct mm_struct *anon_make(struct kunit *test, unsigned long *at)
{
	struct mm_struct *mm = mm_alloc();

	KUNIT_ASSERT_NOT_NULL(test, mm);
	kthread_use_mm(mm);
	*at = vm_mmap(NULL, 0, anon_pages() * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(*at));
	for (unsigned long i = 0; i < anon_pages(); i++)
		KUNIT_ASSERT_EQ(test, put_user(~i, (unsigned long *)(*at + i * PAGE_SIZE)), 0);
	lru_add_drain_all();
	return mm;
}

static void anon_end(struct mm_struct *mm)
{
	kthread_unuse_mm(mm);
	mmput(mm);
}

static unsigned long anon_wrong(unsigned long at)
{
	unsigned long n = 0, x = 0;

	for (unsigned long i = 0; i < anon_pages(); i++)
		n += get_user(x, (unsigned long *)(at + i * PAGE_SIZE)) || x != ~i;
	return n;
}

/* Out to the disk without anybody asking for these pages in particular, and back when they are touched. */
static void anonymous_pages_go_to_swap(struct kunit *test)
{
	unsigned long at, out = vm_events(PSWPOUT), in = vm_events(PSWPIN);
	struct mm_struct *mm;

	if (get_nr_swap_pages() < 2 * PAGES)
		kunit_skip(test, "needs --swap");
	mm = anon_make(test, &at);
	for (unsigned int n = 0; n < 40 && get_mm_rss(mm) > anon_pages() / 2; n++)
		try_to_free_pages(0, GFP_KERNEL | ANYWHERE);
	KUNIT_EXPECT_LE(test, get_mm_rss(mm), anon_pages() / 2);
	KUNIT_EXPECT_GE(test, vm_events(PSWPOUT) - out, anon_pages() / 2);
	KUNIT_EXPECT_EQ(test, anon_wrong(at), 0UL);
	KUNIT_EXPECT_GE(test, vm_events(PSWPIN) - in, 1UL);
	KUNIT_EXPECT_EQ(test, get_mm_rss(mm), anon_pages());
	KUNIT_EXPECT_EQ(test, isolated_pages(), 0UL);
	anon_end(mm);
}

/* GFP_NOIO starts no I/O: what would have to be written stays. GFP_NOFS may swap, as no file system is concerned. */
static void without_io_nothing_is_swapped(struct kunit *test)
{
	unsigned long at, out;
	struct mm_struct *mm;

	if (get_nr_swap_pages() < 2 * PAGES)
		kunit_skip(test, "needs --swap");
	mm = anon_make(test, &at);
	out = vm_events(PSWPOUT);
	for (unsigned int n = 0; n < (machine_is_fast() ? 2 : 1); n++)
		try_to_free_pages(0, GFP_NOIO | ANYWHERE);
	KUNIT_EXPECT_EQ(test, vm_events(PSWPOUT), out);
	KUNIT_EXPECT_EQ(test, get_mm_rss(mm), anon_pages());
	for (unsigned int n = 0; n < 20 && vm_events(PSWPOUT) == out; n++)
		try_to_free_pages(0, GFP_NOFS | ANYWHERE);
	KUNIT_EXPECT_GT(test, vm_events(PSWPOUT), out);
	KUNIT_EXPECT_EQ(test, anon_wrong(at), 0UL);
	anon_end(mm);
}

/* Those that are locked stay, whoever goes. */
static void locked_pages_stay(struct kunit *test)
{
	unsigned long at, kept = anon_pages() / 4, unevictable = global_node_page_state(NR_UNEVICTABLE), wrong = 0;
	struct mm_struct *mm;

	if (get_nr_swap_pages() < 2 * PAGES)
		kunit_skip(test, "needs --swap");
	mm = anon_make(test, &at);
	KUNIT_EXPECT_EQ(test, vm_mlock(at, kept * PAGE_SIZE), 0);
	lru_add_drain_all();
	KUNIT_EXPECT_EQ(test, global_node_page_state(NR_UNEVICTABLE), unevictable + kept);
	for (unsigned int n = 0; n < 40 && get_mm_rss(mm) > anon_pages() / 2; n++)
		try_to_free_pages(0, GFP_KERNEL | ANYWHERE);
	KUNIT_EXPECT_LE(test, get_mm_rss(mm), anon_pages() / 2);
	for (unsigned long i = 0; i < kept; i++)
		wrong += !(mm_pagemap(mm, at + i * PAGE_SIZE) & PM_PRESENT);
	KUNIT_EXPECT_EQ(test, wrong, 0UL);
	KUNIT_EXPECT_EQ(test, global_node_page_state(NR_UNEVICTABLE), unevictable + kept);
	KUNIT_EXPECT_EQ(test, anon_wrong(at), 0UL);
	anon_end(mm);
}

/* ---- shrinkers ---- */

/** struct cache - one that only counts; @asked: by all calls together, @most: by one */
static struct {
	unsigned long objects, asked, most, calls;
	bool stop;
} cache;

static unsigned long cache_count(struct shrinker *s, struct shrink_control *sc)
{
	(void)s;
	(void)sc;
	return cache.objects ? cache.objects : SHRINK_EMPTY;
}

static unsigned long cache_scan(struct shrinker *s, struct shrink_control *sc)
{
	(void)s;
	if (cache.stop)
		return SHRINK_STOP;
	cache.calls++;
	cache.asked += sc->nr_to_scan;
	cache.most = max(cache.most, sc->nr_to_scan);
	cache.objects -= min(cache.objects, sc->nr_to_scan);
	return sc->nr_to_scan;
}

static void shrinkers_lose_in_batches(struct kunit *test)
{
	struct shrinker *s = shrinker_alloc(0, "suite-%d", 1);
	unsigned long scanned = vm_events(SLABS_SCANNED);

	KUNIT_ASSERT_NOT_NULL(test, s);
	KUNIT_EXPECT_STREQ(test, s->name, "suite-1");
	KUNIT_EXPECT_EQ(test, s->seeks, DEFAULT_SEEKS);
	s->count_objects = cache_count;
	s->scan_objects = cache_scan;
	memset(&cache, 0, sizeof(cache));
	cache.objects = 1000;
	/* Before it is registered, and after it is gone, nobody calls it. */
	drop_caches(2);
	KUNIT_EXPECT_EQ(test, cache.calls, 0UL);
	shrinker_register(s);
	drop_caches(2);
	KUNIT_EXPECT_EQ(test, cache.objects, 0UL);
	KUNIT_EXPECT_EQ(test, cache.most, 128UL);
	KUNIT_EXPECT_EQ(test, vm_events(SLABS_SCANNED) - scanned, cache.asked);
	shrinker_free(s);
	cache.objects = 1000;
	drop_caches(2);
	KUNIT_EXPECT_EQ(test, cache.objects, 1000UL);
	shrinker_free(NULL);
}

/* What was refused is owed, and asked for when it is not refused any more: but no more than twice of what there is. */
static void refused_work_is_owed(struct kunit *test)
{
	static struct shrinker s = {
		.count_objects = cache_count, .scan_objects = cache_scan, .seeks = DEFAULT_SEEKS, .batch = 10};

	memset(&cache, 0, sizeof(cache));
	cache.objects = 500;
	cache.stop = true;
	KUNIT_ASSERT_EQ(test, register_shrinker(&s, "owed"), 0);
	drop_caches(2);
	KUNIT_EXPECT_EQ(test, s.nr_deferred, 1000L);
	KUNIT_EXPECT_EQ(test, cache.calls, 0UL);
	cache.stop = false;
	drop_caches(2);
	KUNIT_EXPECT_EQ(test, cache.objects, 0UL);
	KUNIT_EXPECT_EQ(test, cache.most, 10UL);
	unregister_shrinker(&s);
}

/* ---- for real ---- */

/* Pages that wait in the batches of another CPU are out of reach: kswapd's, for the process stays where it is. */
#define ROOM (32UL + 16 * num_online_cpus())
#define BEYOND (2 * ROOM)

/* A process that uses twice what is left of memory: it all goes out and comes back, and nothing is lost. */
static void twice_the_memory(struct kunit *test)
{
	unsigned long out = vm_events(PSWPOUT), at, wrong = 0, x;
	struct mm_struct *mm;
	struct hoard hoard;

	if (too_large(test))
		return;
	if (get_nr_swap_pages() < 2 * BEYOND)
		kunit_skip(test, "needs --swap");
	if (!machine_is_fast())
		kunit_skip(test, "takes an emulated ring 0 too long: suite pressure has a smaller one");
	mm = mm_alloc();
	KUNIT_ASSERT_NOT_NULL(test, mm);
	kthread_use_mm(mm);
	at = vm_mmap(NULL, 0, BEYOND * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	KUNIT_EXPECT_FALSE(test, IS_ERR_VALUE(at));
	migrate_disable();
	/* Neither files nor what lies on other CPUs' lists shall be what gives way. */
	drop_caches(3);
	hoard_but(&hoard, ROOM);
	for (unsigned long i = 0; i < BEYOND && !wrong; i++)
		wrong += put_user(i * 3 + 1, (unsigned long *)(at + i * PAGE_SIZE)) != 0;
	for (unsigned long i = 0; i < BEYOND; i++)
		wrong += get_user(x, (unsigned long *)(at + i * PAGE_SIZE)) || x != i * 3 + 1;
	KUNIT_EXPECT_EQ(test, wrong, 0UL);
	KUNIT_EXPECT_GE(test, vm_events(PSWPOUT) - out, BEYOND - ROOM);
	hoard_free(&hoard);
	migrate_enable();
	anon_end(mm);
	KUNIT_EXPECT_EQ(test, isolated_pages(), 0UL);
}

static int reclaim_init(struct kunit *test)
{
	mm_case_begin(test);
	return 0;
}

static void reclaim_exit(struct kunit *test)
{
	mm_case_end(test);
}

static struct kunit_case reclaim_cases[] = {
	KUNIT_CASE(used_twice_is_active),
	KUNIT_CASE(isolated_and_put_back),
	KUNIT_CASE(clean_pages_go),
	KUNIT_CASE(active_pages_outlive_a_stream),
	KUNIT_CASE(pages_in_use_stay),
	KUNIT_CASE(who_reclaims_waits_for_the_disk),
	KUNIT_CASE(soon_back_is_active),
	KUNIT_CASE(dropped_on_demand),
	KUNIT_CASE(anonymous_pages_go_to_swap),
	KUNIT_CASE(without_io_nothing_is_swapped),
	KUNIT_CASE(locked_pages_stay),
	KUNIT_CASE(shrinkers_lose_in_batches),
	KUNIT_CASE(refused_work_is_owed),
	KUNIT_CASE(twice_the_memory),
	{},
};

static struct kunit_suite reclaim_suite = {
	.name = "reclaim",
	.init = reclaim_init,
	.exit = reclaim_exit,
	.test_cases = reclaim_cases,
};
kunit_test_suite(reclaim_suite);
