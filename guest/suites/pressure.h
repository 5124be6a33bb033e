/* SPDX-License-Identifier: MIT */
/*
 * pressure.h - what suites share that make memory short: hoards, so that twice the memory is little; threads with an address space
 * whose pages say whose they are.
 */
#ifndef GUEST_SUITES_PRESSURE_H
#define GUEST_SUITES_PRESSURE_H

#include <kunit/test.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/oom.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/swap.h>
#include <linux/uaccess.h>
#include <linux/vmstat.h>

/* ---- how fast is this machine? ---- */

/**
 * machine_is_fast - does it run more than about 50 million instructions a second?
 *
 * Depth of tests depends on it, results do not. The best of a few tries: the host may do something else meanwhile.
 */
static inline bool machine_is_fast(void)
{
	static int fast = -1;

	if (fast >= 0)
		return fast;
	fast = 0;
	for (unsigned int tries = 0; !fast && tries < 4; tries++) {
		u64 from = ktime_get_ns();

		for (volatile unsigned int i = 0; i < 500; i++)
			;
		fast = ktime_get_ns() - from < 50000;
	}
	return fast;
}

/** too_large - cases that leave only a few pages free want marks that are small. Skips the case if they are not. */
#define PRESSURE_MOST (1UL << (32 - PAGE_SHIFT))
static inline bool too_large(struct kunit *test)
{
	if (totalram_pages() <= PRESSURE_MOST)
		return false;
	kunit_skip(test, "the marks of a machine of more than 4 GiB leave too much free");
	return true;
}

/* ---- hoards ---- */

/* Takes what is free down to the min mark, and makes nobody reclaim. Pageblocks stay movable. */
#define GFP_HOARD (__GFP_NOWARN | __GFP_NOMEMALLOC | __GFP_MOVABLE)

/** struct hoard - blocks held, by order */
struct hoard {
	struct list_head blocks[NR_PAGE_ORDERS];
};

static inline void hoard_init(struct hoard *h)
{
	for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++)
		INIT_LIST_HEAD(&h->blocks[o]);
}

static inline void hoard_pass(struct hoard *h, gfp_t gfp)
{
	for (unsigned int o = NR_PAGE_ORDERS; o-- > 0;) {
		struct page *page;

		while ((page = alloc_pages(gfp, o)))
			list_add(&page->lru, &h->blocks[o]);
	}
}

/**
 * hoard_all - every free block that @gfp reaches, largest first: untouched memory is taken without being touched
 *
 * Without a zone in @gfp: of all zones, and then what lower ones keep from requests that could go to zone MOVABLE.
 */
static inline void hoard_all(struct hoard *h, gfp_t gfp)
{
	bool any = !(gfp & GFP_ZONEMASK);

	if (gfp & __GFP_MEMALLOC)
		gfp = __GFP_MEMALLOC | __GFP_NOWARN | __GFP_MOVABLE;
	else
		gfp |= GFP_HOARD;
	if (any && managed_zone(&mm_zones[ZONE_MOVABLE]))
		hoard_pass(h, gfp | __GFP_HIGHMEM);
	hoard_pass(h, gfp);
}

/* Off the hoard and free. */
static inline void hoard_drop(struct page *page, unsigned int order)
{
	list_del(&page->lru);
	page->lru = (struct list_head){NULL, NULL};
	__free_pages(page, order);
}

/** hoard_free_zone - give back what lies in @zone. */
static inline void hoard_free_zone(struct hoard *h, const struct zone *zone)
{
	struct page *page, *next;

	for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++)
		list_for_each_entry_safe (page, next, &h->blocks[o], lru)
			if (page_zone(page) == zone)
				hoard_drop(page, o);
}

/** hoard_free - give it all back. */
static inline void hoard_free(struct hoard *h)
{
	for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++) {
		while (!list_empty(&h->blocks[o]))
			hoard_drop(list_first_entry(&h->blocks[o], struct page, lru), o);
	}
}

/* Single pages held; by page->lru. */
static inline void hold_page(struct hoard *h, struct page *page)
{
	list_add(&page->lru, &h->blocks[0]);
}

/** scatter - of a block in use, every second page becomes free; the others are held */
static inline void scatter(struct hoard *h, struct page *block, unsigned int order)
{
	split_page(block, order);
	for (unsigned long i = 0; i < 1UL << order; i += 2) {
		hold_page(h, block + i);
		__free_page(block + i + 1);
	}
}

/** hoard_everything - what the marks keep, too: nothing at all is free. */
static inline void hoard_everything(struct hoard *h)
{
	hoard_all(h, 0);
	drain_all_pages(NULL);
	hoard_all(h, __GFP_MEMALLOC);
}

/* The zone where the kernel's requests are tried first. */
static inline struct zone *first_zone(void)
{
	struct zone *zone = NULL;

	for (unsigned int i = 0; i < ZONE_MOVABLE; i++)
		if (managed_zone(&mm_zones[i]))
			zone = &mm_zones[i];
	return zone;
}

/* What it keeps from requests that could go to zone MOVABLE, users' pages. */
static inline unsigned long kept_from_users(void)
{
	return first_zone()->lowmem_reserve[ZONE_MOVABLE];
}

/* What must be free there for kswapd to be content, and compaction too, but for its gap. */
static inline unsigned long first_zone_marks(void)
{
	return first_zone()->watermark[WMARK_HIGH] + kept_from_users();
}

/* Of the largest blocks held in the zone that is used first: the highest, or the lowest; off the hoard. */
static inline struct page *end_block(struct hoard *h, bool highest)
{
	struct page *page, *best = NULL;
	struct zone *zone = first_zone();

	list_for_each_entry (page, &h->blocks[MAX_PAGE_ORDER], lru)
		if (page_zone(page) == zone && (!best || (page > best) == highest))
			best = page;
	if (best)
		list_del(&best->lru);
	return best;
}

/** scatter_highest - at least @holes single free pages, above whatever else lies in the zone */
static inline void scatter_highest(struct hoard *h, unsigned long holes)
{
	struct page *page;

	for (unsigned long got = 0; got < holes && (page = end_block(h, true)); got += 1UL << (MAX_PAGE_ORDER - 1))
		scatter(h, page, MAX_PAGE_ORDER);
	drain_all_pages(NULL);
}

/* Pages between the min marks, where a hoard ends, and the high marks, where kswapd is content. */
static inline unsigned long pages_between_marks(void)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_zone (zone)
		sum += zone->watermark[WMARK_HIGH] - zone->watermark[WMARK_MIN];
	return sum;
}

/**
 * hoard_but - hold everything but @leave pages, which are single pages of the zones that are taken first
 *
 * What the marks keep is left, too; so reclaim begins before all of them are used.
 */
static inline void hoard_but(struct hoard *h, unsigned long leave)
{
	LIST_HEAD(spare);
	struct page *page, *next;

	hoard_init(h);
	leave += kept_from_users();
	for (unsigned long i = 0; i < leave; i++) {
		page = alloc_page(GFP_KERNEL & ~__GFP_RECLAIM);
		if (!page)
			break;
		list_add(&page->lru, &spare);
	}
	drain_all_pages(NULL);
	hoard_all(h, 0);
	list_for_each_entry_safe (page, next, &spare, lru) {
		list_del(&page->lru);
		page->lru = (struct list_head){NULL, NULL};
		__free_page(page);
	}
	drain_all_pages(NULL);
}

/* ---- user memory ---- */

/* Words of each page that say what it is. */
#define PAGE_WORDS 4

static inline u64 word_of(u64 tag, unsigned long page, unsigned int i)
{
	return (tag * 0x9e3779b97f4a7c15UL + page) * 0xbf58476d1ce4e5b9UL + i;
}

/* Where in the page they lie: spread, the last one at its end. */
static inline unsigned long word_at(unsigned long addr, unsigned long page, unsigned int i)
{
	return addr + page * PAGE_SIZE + (i == PAGE_WORDS - 1 ? PAGE_SIZE - 8 : i * (PAGE_SIZE / PAGE_WORDS));
}

/** write_page - make page number @page of the memory at @addr say whose it is. Return: 0, or -EFAULT. */
static inline int write_page(unsigned long addr, unsigned long page, u64 tag)
{
	for (unsigned int i = 0; i < PAGE_WORDS; i++) {
		u64 word = word_of(tag, page, i);

		if (copy_to_user((void __user *)word_at(addr, page, i), &word, sizeof(word)))
			return -EFAULT;
	}
	return 0;
}

/** check_page - does it? Return: 0; -EFAULT: it cannot be read; -EIO: it says something else. */
static inline int check_page(unsigned long addr, unsigned long page, u64 tag)
{
	for (unsigned int i = 0; i < PAGE_WORDS; i++) {
		u64 word = 0;

		if (copy_from_user(&word, (const void __user *)word_at(addr, page, i), sizeof(word)))
			return -EFAULT;
		if (word != word_of(tag, page, i))
			return -EIO;
	}
	return 0;
}

/** user_map - memory of so many pages in the running thread's address space; 0: none to be had */
static inline unsigned long user_map(unsigned long pages)
{
	unsigned long addr =
		vm_mmap(NULL, 0, pages * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);

	return IS_ERR_VALUE(addr) ? 0 : addr;
}

/**
 * struct program - a thread with an address space of its own
 * @main:   what it does there; its result is the program's
 * @pages, @tag: for main()
 * @began:  it has its address space; @ended: and now it has none any more
 * @half, @go: for main()
 */
struct program {
	int (*main)(struct program *p);
	unsigned long pages;
	u64 tag;
	struct completion began, ended, half, go;
	struct task_struct *task;
	int adj;
	unsigned long done;
	int result;
};

static inline int program_thread(void *data)
{
	struct program *p = data;
	struct mm_struct *mm = mm_alloc();

	p->result = -ENOMEM;
	if (mm) {
		kthread_use_mm(mm);
		complete(&p->began);
		p->result = p->main(p);
		kthread_unuse_mm(mm);
		mmput(mm);
	} else {
		complete(&p->began);
	}
	complete(&p->ended);
	return p->result;
}

/** program_start - run it; returns when it has its address space. */
static inline void program_start(struct kunit *test, struct program *p, const char *name)
{
	init_completion(&p->began);
	init_completion(&p->ended);
	init_completion(&p->half);
	init_completion(&p->go);
	p->done = 0;
	p->task = kthread_create(program_thread, p, "%s", name);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p->task);
	p->task->oom_score_adj = p->adj;
	get_task_struct(p->task);
	wake_up_process(p->task);
	wait_for_completion(&p->began);
}

/** program_wait - until it has ended. Return: its result. */
static inline int program_wait(struct program *p)
{
	wait_for_completion(&p->ended);
	kthread_stop(p->task);
	put_task_struct(p->task);
	return p->result;
}

/**
 * isolated_pages - pages that somebody has isolated; waits until nobody has any
 *
 * kswapd and kcompactd may still be at what was asked of them: they finish. What is left after that is nobody's.
 */
static inline unsigned long isolated_pages(void)
{
	unsigned long n = 0;

	for (unsigned int i = 0; i < 500; i++) {
		n = global_node_page_state(NR_ISOLATED_ANON) + global_node_page_state(NR_ISOLATED_FILE);
		if (!n && !READ_ONCE(mm_node.kswapd_running) && READ_ONCE(mm_node.kswapd_highest) == MAX_NR_ZONES)
			break;
		msleep(10);
	}
	return n;
}

/** swap_device - the one that can be written to, or NULL */
static inline struct block_device *swap_device(void)
{
	struct block_device *bdev;

	for (unsigned int n = 0; (bdev = blkdev_nth(n)); n++)
		if (bdev_is_swap(bdev) && !bdev_read_only(bdev))
			return bdev;
	return NULL;
}

/** lru_settle - what waits to get on or off LRU lists, and pages on their way to the disk, have arrived. */
static inline void lru_settle(void)
{
	lru_add_drain_all();
	for (unsigned int i = 0; i < 200 && global_node_page_state(NR_WRITEBACK); i++)
		msleep(10);
}

#endif
