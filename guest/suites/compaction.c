// SPDX-License-Identifier: MIT
/*
 * compaction.c - suite: free memory that is scattered becomes large blocks, and nobody whose pages were moved notices.
 *
 * A program, or a file, fills a stretch of memory low in a zone; everything else is hoarded, but single pages high in it; then every
 * second page of these goes. Now plenty is free and nothing is large, but for a piece where the kernel's own pages go meanwhile: one of
 * them in each pageblock, and no pageblock would come free. On a fast machine the block that is wanted is a whole pageblock.
 */
#include <linux/compaction.h>

#include "files.h"
#include "pressure.h"

static unsigned int wanted_order(void)
{
	return machine_is_fast() ? PAGEBLOCK_ORDER : 4;
}

/**
 * struct scene - see above. The thread that runs the test is the program.
 * @addr:  @pages of memory, of which the even ones are there
 */
struct scene {
	struct mm_struct *mm;
	unsigned long addr, pages;
	unsigned int order;
	struct hoard hoard;
};

#define TAG 0xc0ffee

/* Where requests are tried first: blocks below, blocks above, and those where the kernel's own pages are. */
#define SCENE_LEAST ((26UL << 20) >> PAGE_SHIFT)

static bool no_room(struct kunit *test)
{
	if (too_large(test))
		return true;
	if (first_zone()->managed_pages >= SCENE_LEAST)
		return false;
	kunit_skip(test, "the zone that is used first is too small for large blocks at both of its ends");
	return true;
}

/* Every odd page goes. */
static void thin_out(struct kunit *test, struct scene *s)
{
	for (unsigned long i = 1; i < s->pages; i += 2)
		KUNIT_EXPECT_EQ(test, vm_munmap(s->addr + i * PAGE_SIZE, PAGE_SIZE), 0);
}

/* Everything is held but a stretch at the bottom, for @pages and what it takes to have them without reclaim. */
static void room_below(struct scene *s)
{
	unsigned long need = s->pages + PAGEBLOCK_PAGES + first_zone_marks();
	struct page *low;

	hoard_init(&s->hoard);
	hoard_everything(&s->hoard);
	for (unsigned long got = 0; got < need; got += MAX_ORDER_NR_PAGES) {
		low = end_block(&s->hoard, false);
		if (low)
			__free_pages(low, MAX_PAGE_ORDER);
	}
}

/* What is left of it is held too, and above there are holes. */
static void holes_above(struct scene *s)
{
	lru_settle();
	hoard_everything(&s->hoard);
	scatter_highest(&s->hoard, compact_gap(s->order) + first_zone_marks());
}

static void scene_begin(struct kunit *test, struct scene *s, unsigned int order)
{
	struct page *room = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order - 1);

	s->order = order;
	s->pages = 2UL << s->order;
	s->mm = mm_alloc();
	KUNIT_ASSERT_NOT_NULL(test, s->mm);
	kthread_use_mm(s->mm);
	s->addr = user_map(s->pages);
	KUNIT_ASSERT_NE(test, s->addr, 0UL);
	room_below(s);
	for (unsigned long i = 0; i < s->pages; i++)
		KUNIT_EXPECT_EQ(test, write_page(s->addr, i, TAG), 0);
	holes_above(s);
	if (room)
		__free_pages(room, order - 1);
	thin_out(test, s);
	drain_all_pages(NULL);
}

static void scene_end(struct kunit *test, struct scene *s)
{
	for (unsigned long i = 0; i < s->pages; i += 2)
		KUNIT_EXPECT_EQ_MSG(test, check_page(s->addr, i, TAG), 0, "page %lu", i);
	hoard_free(&s->hoard);
	kthread_unuse_mm(s->mm);
	mmput(s->mm);
	lru_settle();
	KUNIT_EXPECT_EQ(test, isolated_pages(), 0UL);
}

static struct page *try_block(gfp_t gfp, unsigned int order)
{
	return alloc_pages((gfp & ~__GFP_RECLAIM) | __GFP_NOWARN, order);
}

/* On one CPU: what is freed on one and drained on another stays on the first one's lists, and the block in pieces. */
static enum compact_result compact_here(gfp_t gfp, unsigned int order)
{
	enum compact_result ret;

	migrate_disable();
	ret = try_to_compact_pages(gfp, order, COMPACT_PRIO_SYNC_FULL);
	migrate_enable();
	return ret;
}

static void pages_move_out_of_the_way(struct kunit *test)
{
	unsigned long scanned = vm_events(COMPACTMIGRATE_SCANNED), moved = vm_events(PGMIGRATE_SUCCESS);
	struct scene s;
	struct page *page;

	if (no_room(test))
		return;
	scene_begin(test, &s, wanted_order());
	KUNIT_EXPECT_NULL(test, try_block(GFP_HIGHUSER_MOVABLE, s.order));
	/* Who may start no I/O may not wait for it either. */
	KUNIT_EXPECT_EQ(test, try_to_compact_pages(GFP_NOIO, s.order, COMPACT_PRIO_SYNC_FULL), COMPACT_SKIPPED);
	KUNIT_EXPECT_EQ(test, vm_events(COMPACTMIGRATE_SCANNED), scanned);
	KUNIT_EXPECT_EQ(test, vm_events(PGMIGRATE_SUCCESS), moved);
	/* Pages of processes depend on no file's locks. */
	KUNIT_EXPECT_EQ(test, compact_here(GFP_NOFS | __GFP_MOVABLE, s.order), COMPACT_SUCCESS);
	KUNIT_EXPECT_GT(test, vm_events(PGMIGRATE_SUCCESS), moved);
	page = try_block(GFP_HIGHUSER_MOVABLE, s.order);
	KUNIT_EXPECT_NOT_NULL(test, page);
	if (page)
		__free_pages(page, s.order);
	scene_end(test, &s);
}

/* ---- pages of files ---- */

#define FILE_ID 31

/* Number @page of the file's pages that are in memory; 0: is not. */
static unsigned long pfn_of(struct file *file, unsigned long page)
{
	struct page *p = find_get_page(file->f_mapping, page);
	unsigned long pfn = p ? page_to_pfn(p) : 0;

	if (p)
		put_page(p);
	return pfn;
}

/* Of the even pages, those that lie elsewhere now. */
static unsigned long count_moved(struct file *file, const struct scene *s, const unsigned long *where)
{
	unsigned long moved = 0;

	for (unsigned long i = 0; i < s->pages; i += 2)
		moved += pfn_of(file, i) && pfn_of(file, i) != where[i / 2];
	return moved;
}

/* Of the even pages nearly all are written anew. */
static bool is_changed(unsigned long i)
{
	return i % 16;
}

static unsigned int tag_of(unsigned long i)
{
	return FILE_ID + is_changed(i);
}

/* Of the even pages those in memory must say what they should, wherever they lie; nothing is read for that. */
static bool good_in_memory(struct file *file, const struct scene *s)
{
	bool good = true;

	for (unsigned long i = 0; i < s->pages; i += 2) {
		struct page *page = find_get_page(file->f_mapping, i);

		if (!page)
			continue;
		memcpy(buffer, page_address(page), PAGE_SIZE);
		good &= is_filled(tag_of(i), (loff_t)(i * PAGE_SIZE), PAGE_SIZE);
		put_page(page);
	}
	return good;
}

/* And all of them once they are read. */
static bool good_when_read(struct file *file, const struct scene *s)
{
	bool good = true;

	for (unsigned long i = 0; i < s->pages; i += 2)
		good &= has(file, tag_of(i), (loff_t)(i * PAGE_SIZE), PAGE_SIZE);
	return good;
}

static void note_places(struct file *file, const struct scene *s, unsigned long *where)
{
	for (unsigned long i = 0; i < s->pages; i += 2)
		where[i / 2] = pfn_of(file, i);
}

/* A changed page that kswapd cannot have: writing it failed before, so that only who syncs tries again. */
static void keep_dirty(struct kunit *test, struct file *file, unsigned long i)
{
	struct page *page = find_lock_page(file->f_mapping, i);

	KUNIT_EXPECT_NOT_NULL(test, page);
	if (!page)
		return;
	SetPageError(page);
	set_page_dirty(page);
	unlock_page(page);
	put_page(page);
}

/* Like a program's pages, a file's: the odd ones go, and most of the others are changed and not written yet. */
static struct file *file_below(struct kunit *test, struct scene *s, struct super_block *sb, unsigned long *where)
{
	struct file *file = opened(test, sb, "moves", O_CREAT);

	room_below(s);
	KUNIT_EXPECT_TRUE(test, put(file, FILE_ID, 0, s->pages * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, vfs_fsync(file, 0), 0);
	for (unsigned long i = 0; i < s->pages; i += 2)
		if (is_changed(i))
			KUNIT_EXPECT_TRUE(test, put(file, tag_of(i), (loff_t)(i * PAGE_SIZE), PAGE_SIZE));
	/* When all are: whoever writes beside that many pages that stay dirty is made to wait for each. */
	for (unsigned long i = 0; i < s->pages; i += 2)
		if (is_changed(i))
			keep_dirty(test, file, i);
	note_places(file, s, where);
	holes_above(s);
	for (unsigned long i = 1; i < s->pages; i += 2)
		invalidate_mapping_pages(file->f_mapping, i, i);
	drain_all_pages(NULL);
	return file;
}

/* Who may hold a file's locks leaves files alone. That nobody else moves pages meanwhile is all but certain. */
static void expect_nofs_moves_none(struct kunit *test, struct file *file, const struct scene *s, unsigned long *where)
{
	unsigned long moved = 0, woken;

	for (unsigned int tries = 0; tries < 5; tries++) {
		woken = vm_events(KCOMPACTD_WAKE);
		note_places(file, s, where);
		try_to_compact_pages(GFP_NOFS | __GFP_MOVABLE, s->order, COMPACT_PRIO_SYNC_FULL);
		moved = count_moved(file, s, where);
		if (!moved || woken == vm_events(KCOMPACTD_WAKE))
			break;
	}
	KUNIT_EXPECT_EQ(test, moved, 0UL);
}

/* Where requests are tried first: blocks for the file and for the holes, and one or the other that is in use in parts. */
#define ENOUGH_BLOCKS 12

static bool has_many_blocks(void)
{
	return first_zone()->managed_pages >= ENOUGH_BLOCKS * MAX_ORDER_NR_PAGES;
}

static void pages_of_files_move_with_their_contents(struct kunit *test)
{
	struct scene s = {.order = machine_is_fast() ? 6 : 2};
	unsigned long *where, read, moved;
	struct super_block *sb;
	struct file *file;

	if (too_large(test))
		return;
	if (!has_many_blocks())
		kunit_skip(test, "what the file system needs beside the file leaves no large block in so small a zone");
	/* Between them lie pages of the kernel's that cannot be moved. */
	s.pages = 8UL << s.order;
	where = kunit_kzalloc(test, 2 * s.pages * sizeof(*where), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, where);
	sb = fresh(test, 0);
	moved = vm_events(PGMIGRATE_SUCCESS);
	file = file_below(test, &s, sb, where);
	KUNIT_EXPECT_NULL(test, try_block(GFP_HIGHUSER_MOVABLE, s.order));
	expect_nofs_moves_none(test, file, &s, where + s.pages);
	KUNIT_EXPECT_EQ(test, compact_here(GFP_KERNEL | __GFP_MOVABLE, s.order), COMPACT_SUCCESS);
	/* That may have taken other pages alone, the file system's own: now all that can be moved moves up. */
	compact_memory();
	KUNIT_EXPECT_GE(test, count_moved(file, &s, where), s.pages / 8);
	KUNIT_EXPECT_GE(test, vm_events(PGMIGRATE_SUCCESS) - moved, count_moved(file, &s, where));
	KUNIT_EXPECT_TRUE(test, good_in_memory(file, &s));
	/* What goes to the disk and comes back is the same. */
	read = vm_events(PGPGIN);
	hoard_free(&s.hoard);
	KUNIT_EXPECT_EQ(test, vfs_fsync(file, 0), 0);
	KUNIT_EXPECT_GE(test, forget_pages(file), s.pages / 4);
	KUNIT_EXPECT_EQ(test, file->f_mapping->nrpages, 0UL);
	KUNIT_EXPECT_TRUE(test, good_when_read(file, &s));
	KUNIT_EXPECT_GT(test, vm_events(PGPGIN), read);
	filp_close(file);
	KUNIT_EXPECT_EQ(test, fs_umount(sb), 0);
	drop_caches(3);
	KUNIT_EXPECT_EQ(test, isolated_pages(), 0UL);
}

/* ---- the thread ---- */

static void the_thread_does_it_ahead_of_time(struct kunit *test)
{
	unsigned long woken = vm_events(KCOMPACTD_WAKE), moved = vm_events(PGMIGRATE_SUCCESS);
	struct scene s;
	struct page *page = NULL;

	if (no_room(test))
		return;
	scene_begin(test, &s, wanted_order());
	for (unsigned int i = 0; i < 500 && !page; i++) {
		if (i % 50 == 0)
			wakeup_kcompactd(s.order, ZONE_NORMAL);
		msleep(10);
		/* The thread may have changed its CPU: what it freed on the other one is on that one's lists. */
		drain_all_pages(NULL);
		page = try_block(GFP_HIGHUSER_MOVABLE, s.order);
	}
	KUNIT_EXPECT_NOT_NULL(test, page);
	/* The block may be there a moment before the thread has counted what it moved. */
	for (unsigned int i = 0; i < 500 && vm_events(PGMIGRATE_SUCCESS) == moved; i++)
		msleep(10);
	KUNIT_EXPECT_GT(test, vm_events(KCOMPACTD_WAKE), woken);
	KUNIT_EXPECT_GT(test, vm_events(PGMIGRATE_SUCCESS), moved);
	if (page)
		__free_pages(page, s.order);
	scene_end(test, &s);
}

/* What earlier cases, or the thread, tried in vain. */
static void forget_failures(void)
{
	struct zone *zone;

	for_each_zone (zone)
		compaction_defer_reset(zone, 0, true);
}

/* Nothing can be moved: all that is held is held for good. It is tried once, and then not for a while. */
static void failure_puts_it_off(struct kunit *test)
{
	enum compact_result first = COMPACT_SKIPPED, next = COMPACT_SKIPPED;
	unsigned int order = 6, late = 0;
	struct hoard h;

	hoard_init(&h);
	hoard_everything(&h);
	scatter_highest(&h, compact_gap(order) + first_zone_marks());
	/* The thread's own tries count, too: without one of those in between. */
	for (unsigned int tries = 0; tries < 10; tries++) {
		unsigned long woken = vm_events(KCOMPACTD_WAKE);

		forget_failures();
		first = try_to_compact_pages(GFP_KERNEL, order, COMPACT_PRIO_SYNC_FULL);
		next = try_to_compact_pages(GFP_KERNEL, order, COMPACT_PRIO_SYNC_LIGHT);
		if (woken == vm_events(KCOMPACTD_WAKE))
			break;
		msleep(20);
	}
	KUNIT_EXPECT_EQ(test, first, COMPACT_COMPLETE);
	KUNIT_EXPECT_EQ(test, next, COMPACT_DEFERRED);
	/* A smaller one may do better. */
	next = try_to_compact_pages(GFP_KERNEL, order - 1, COMPACT_PRIO_SYNC_LIGHT);
	KUNIT_EXPECT_NE(test, next, COMPACT_DEFERRED);
	while (late < 1U << COMPACT_MAX_DEFER_SHIFT && next != COMPACT_COMPLETE && next != COMPACT_PARTIAL_SKIPPED) {
		next = try_to_compact_pages(GFP_KERNEL, order, COMPACT_PRIO_SYNC_LIGHT);
		late++;
	}
	KUNIT_EXPECT_LT(test, late, 1U << COMPACT_MAX_DEFER_SHIFT);
	hoard_free(&h);
	forget_failures();
}

/* ---- pages move while their owner writes to them ---- */

#define BUSY_PAGES 16

struct writer {
	struct mm_struct *mm;
	unsigned long addr;
	unsigned long rounds;
	unsigned int errors;
};

/* Adds one to a word of each page, again and again, in order: whoever misses a step sees it. */
static int writer_fn(void *data)
{
	struct writer *w = data;

	kthread_use_mm(w->mm);
	for (; !kthread_should_stop(); w->rounds++) {
		for (unsigned long i = 0; i < BUSY_PAGES; i++) {
			u64 __user *at = (u64 __user *)(w->addr + i * PAGE_SIZE + 8 * i);
			u64 word = 0;

			w->errors += copy_from_user(&word, at, sizeof(word)) != 0 || word != w->rounds;
			word++;
			w->errors += copy_to_user(at, &word, sizeof(word)) != 0;
		}
		cond_resched();
	}
	kthread_unuse_mm(w->mm);
	return 0;
}

static void writers_do_not_notice(struct kunit *test)
{
	unsigned long moved = vm_events(PGMIGRATE_SUCCESS);
	struct writer w = {.mm = mm_alloc()};
	struct task_struct *task;
	struct page *low;
	struct hoard h;

	if (no_room(test))
		return;
	KUNIT_ASSERT_NOT_NULL(test, w.mm);
	/* The writer's pages below, somewhere to go above. */
	hoard_init(&h);
	hoard_everything(&h);
	low = end_block(&h, false);
	if (low)
		__free_pages(low, MAX_PAGE_ORDER);
	kthread_use_mm(w.mm);
	w.addr = user_map(BUSY_PAGES);
	for (unsigned long i = 0; w.addr && i < BUSY_PAGES; i++)
		KUNIT_EXPECT_EQ(test, clear_user((void __user *)(w.addr + i * PAGE_SIZE), PAGE_SIZE), 0UL);
	kthread_unuse_mm(w.mm);
	KUNIT_ASSERT_NE(test, w.addr, 0UL);
	scatter_highest(&h, BUSY_PAGES);
	task = kthread_run(writer_fn, &w, "writer");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	for (unsigned int i = 0; i < 100 && vm_events(PGMIGRATE_SUCCESS) < moved + BUSY_PAGES; i++) {
		compact_memory();
		msleep(10);
	}
	KUNIT_EXPECT_GT(test, vm_events(PGMIGRATE_SUCCESS), moved);
	kthread_stop(task);
	KUNIT_EXPECT_EQ(test, w.errors, 0U);
	KUNIT_EXPECT_GT(test, w.rounds, 0UL);
	hoard_free(&h);
	mmput(w.mm);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(pages_move_out_of_the_way),
	KUNIT_CASE(the_thread_does_it_ahead_of_time),
	KUNIT_CASE(failure_puts_it_off),
	KUNIT_CASE(writers_do_not_notice),
	/* The last one: what the file system keeps lies where others want large blocks. */
	KUNIT_CASE(pages_of_files_move_with_their_contents),
	{},
};

static struct kunit_suite suite = {.name = "compaction", .test_cases = cases};
kunit_test_suite(suite);
