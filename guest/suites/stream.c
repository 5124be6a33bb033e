// SPDX-License-Identifier: MIT
/*
 * stream.c - suite: files that are read once, from end to end, while a program works on memory of its own: what is read once makes
 * room for what is read next, and not what is in use.
 *
 * The machine is made small by hoarding: what is left holds the program's pages, what kswapd wants to keep free, and a few pages of
 * the file. The counters of vmstat say who had to go. On a slow machine the file is a hole: its pages need no disk.
 */
#include <linux/vmstat.h>

#include "files.h"
#include "pressure.h"

/**
 * struct stage - a program's hot pages, and the file that goes by
 * @hot:   pages at @addr, all touched between any two steps
 * @pages: of the file; @step: read at a time
 * @room:  that the file's pages have
 */
struct stage {
	struct super_block *sb;
	struct file *file;
	struct mm_struct *mm;
	unsigned long addr, hot, pages, room;
	struct hoard hoard;
	unsigned long events[NR_VM_EVENT_ITEMS];
	unsigned long refaults;
};

#define STEP 16
#define TAG 0x407
#define FILE_ID 11

static unsigned long since(const struct stage *s, enum vm_event_item item)
{
	return vm_events(item) - s->events[item];
}

/* A file on the disk, and nothing of it in memory. */
static void make_file(struct kunit *test, struct stage *s)
{
	s->sb = fresh(test, 0);
	s->file = opened(test, s->sb, "stream", O_CREAT);
	if (machine_is_fast())
		KUNIT_EXPECT_TRUE(test, put(s->file, FILE_ID, 0, s->pages * PAGE_SIZE));
	else
		KUNIT_EXPECT_EQ(test, vfs_truncate(s->file, (loff_t)(s->pages * PAGE_SIZE)), 0);
	KUNIT_EXPECT_EQ(test, vfs_fsync(s->file, 0), 0);
	forget_pages(s->file);
}

static void stage_begin(struct kunit *test, struct stage *s)
{
	if (too_large(test))
		return;
	if (get_nr_swap_pages() < 2 * s->hot)
		kunit_skip(test, "needs swap: else a hot page has nowhere to go");
	make_file(test, s);
	s->mm = mm_alloc();
	KUNIT_ASSERT_NOT_NULL(test, s->mm);
	kthread_use_mm(s->mm);
	s->addr = user_map(s->hot);
	KUNIT_ASSERT_NE(test, s->addr, 0UL);
	hoard_but(&s->hoard, s->hot + s->room);
	for (unsigned long i = 0; i < s->hot; i++)
		KUNIT_EXPECT_EQ(test, write_page(s->addr, i, TAG), 0);
	all_vm_events(s->events);
	s->refaults = global_node_page_state(WORKINGSET_REFAULT_ANON);
}

static void stage_end(struct kunit *test, struct stage *s)
{
	for (unsigned long i = 0; i < s->hot; i++)
		KUNIT_EXPECT_EQ_MSG(test, check_page(s->addr, i, TAG), 0, "page %lu", i);
	hoard_free(&s->hoard);
	kthread_unuse_mm(s->mm);
	mmput(s->mm);
	filp_close(s->file);
	KUNIT_EXPECT_EQ(test, fs_umount(s->sb), 0);
	lru_settle();
}

/* The program looks at each of its pages. Return: were they all there, and as they should be? */
static bool work(const struct stage *s)
{
	bool good = true;

	for (unsigned long i = 0; i < s->hot; i++) {
		u64 first = 0;

		good &= !copy_from_user(&first, (const void __user *)word_at(s->addr, i, 0), sizeof(first));
		good &= first == word_of(TAG, i, 0);
	}
	return good;
}

static bool read_step(const struct stage *s, unsigned long page)
{
	loff_t pos = (loff_t)(page * PAGE_SIZE);

	if (machine_is_fast())
		return has(s->file, FILE_ID, pos, STEP * PAGE_SIZE);
	for (unsigned int i = 0; i < STEP; i++) {
		u64 x = 1;

		if (kernel_read(s->file, &x, sizeof(x), &pos) != (ssize_t)sizeof(x) || x)
			return false;
		pos += PAGE_SIZE - sizeof(x);
	}
	return true;
}

/* Some may go before they are known to be hot, or while a slow processor is long on its way back to them. */
static unsigned long few(const struct stage *s)
{
	return machine_is_fast() ? s->hot / 8 : s->hot / 2;
}

static void hot_pages_outlive_a_stream(struct kunit *test)
{
	struct stage s = {.hot = machine_is_fast() ? 64 : 8};

	s.room = pages_between_marks() + 64;
	/* What other CPUs' lists give back is room, too. */
	s.pages = s.room + 64UL * (num_online_cpus() - 1);
	s.pages = ALIGN(machine_is_fast() ? 2 * (s.hot + s.pages) : s.pages + s.room / 2, STEP);
	stage_begin(test, &s);
	for (unsigned long page = 0; page < s.pages; page += STEP) {
		KUNIT_EXPECT_TRUE_MSG(test, read_step(&s, page), "page %lu of the file", page);
		KUNIT_EXPECT_TRUE_MSG(test, work(&s), "at page %lu of the file", page);
	}
	/* The file's pages went, as there was no room for all of them. */
	KUNIT_EXPECT_GE(test, since(&s, PGSTEAL_FILE), s.room / 4);
	KUNIT_EXPECT_LT(test, s.file->f_mapping->nrpages, s.pages);
	/* The program's did not. */
	KUNIT_EXPECT_LE(test, since(&s, PSWPOUT), few(&s));
	KUNIT_EXPECT_LE(test, since(&s, PSWPIN), few(&s));
	KUNIT_EXPECT_LE(test, since(&s, PGSTEAL_ANON), few(&s));
	KUNIT_EXPECT_LE(test, global_node_page_state(WORKINGSET_REFAULT_ANON) - s.refaults, few(&s));
	KUNIT_EXPECT_GE(test, get_mm_rss(s.mm), s.hot - few(&s));
	KUNIT_EXPECT_EQ(test, since(&s, OOM_KILL), 0UL);
	stage_end(test, &s);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(hot_pages_outlive_a_stream),
	{},
};

static struct kunit_suite suite = {.name = "stream", .test_cases = cases};
kunit_test_suite(suite);
