// SPDX-License-Identifier: MIT
/*
 * anon.c - suite: user address spaces. Zeros on demand, the CPU's accessed and dirty bits, areas, copies that share until somebody
 * writes, pages out to swap and back, pages that stay, many threads in one address space.
 *
 * What needs swap asks for it, and says so if there is none (--swap).
 */
#include <kunit/fault.h>
#include <linux/jiffies.h>
#include <linux/mman.h>
#include <linux/mmap_lock.h>
#include <linux/rmap.h>
#include <linux/sched/mm.h>
#include <linux/swap.h>
#include <linux/uaccess.h>

#include "mm_suite.h"
#include "pressure.h"

#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static struct mm_struct *enter(struct kunit *test)
{
	struct mm_struct *mm = mm_alloc();

	KUNIT_ASSERT_NOT_NULL(test, mm);
	kthread_use_mm(mm);
	return mm;
}

static void leave(struct mm_struct *mm)
{
	kthread_unuse_mm(mm);
	mmput(mm);
}

static unsigned long map(struct kunit *test, unsigned long pages)
{
	unsigned long at = vm_mmap(NULL, 0, pages * PAGE_SIZE, RW, ANON, 0);

	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(at));
	return at;
}

static u64 mark_of(unsigned long addr, u64 tag)
{
	return (addr * 0x9e3779b97f4a7c15UL) ^ tag;
}

/* First and last word of each page. Return: 0, or -EFAULT. */
static int fill(unsigned long at, unsigned long pages, u64 tag)
{
	int err = 0;

	for (unsigned long a = at; a < at + pages * PAGE_SIZE && !err; a += PAGE_SIZE) {
		err = put_user(mark_of(a, tag), (u64 *)a);
		if (!err)
			err = put_user(mark_of(a, ~tag), (u64 *)(a + PAGE_SIZE - 8));
	}
	return err;
}

/* How many pages are not as fill() left them. */
static unsigned long wrong(unsigned long at, unsigned long pages, u64 tag)
{
	unsigned long n = 0;

	for (unsigned long a = at; a < at + pages * PAGE_SIZE; a += PAGE_SIZE) {
		u64 first = 0, last = 0;

		if (get_user(first, (u64 *)a) || get_user(last, (u64 *)(a + PAGE_SIZE - 8)) ||
		    first != mark_of(a, tag) || last != mark_of(a, ~tag))
			n++;
	}
	return n;
}

static void need_swap(struct kunit *test, unsigned long slots)
{
	if (get_nr_swap_pages() < slots)
		kunit_skip(test, "needs --swap, %lu KiB or more", slots * PAGE_SIZE >> 10);
}

/* ---- zeros, bits ---- */

static void zeros_on_demand(struct kunit *test)
{
	struct mm_struct *mm = enter(test);
	unsigned long at = map(test, 4);
	u64 x = 1, flags;

	KUNIT_EXPECT_EQ(test, get_mm_rss(mm), 0UL);
	KUNIT_EXPECT_EQ(test, mm_pagemap(mm, at), 0UL);
	KUNIT_EXPECT_EQ(test, get_user(x, (u64 *)(at + 8)), 0);
	KUNIT_EXPECT_EQ(test, x, 0UL);
	flags = mm_pagemap(mm, at);
	KUNIT_EXPECT_TRUE(test, flags & PM_PRESENT && flags & PM_ACCESSED && flags & PM_WRITE);
	KUNIT_EXPECT_FALSE(test, flags & PM_DIRTY);
	KUNIT_EXPECT_EQ(test, put_user(7UL, (u64 *)at), 0);
	KUNIT_EXPECT_TRUE(test, mm_pagemap(mm, at) & PM_DIRTY);
	/* The kernel touches it without help, too. */
	*(volatile u64 *)(at + PAGE_SIZE) = 42;
	KUNIT_EXPECT_EQ(test, *(volatile u64 *)(at + PAGE_SIZE), 42UL);
	KUNIT_EXPECT_EQ(test, get_mm_rss(mm), 2UL);
	KUNIT_EXPECT_EQ(test, vm_munmap(at, 4 * PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, get_mm_rss(mm), 0UL);
	KUNIT_EXPECT_EQ(test, mm_pgtables_bytes(mm), PAGE_SIZE);
	leave(mm);
}

/* The CPU sets the bit when it touches the page; asking takes it away. */
static void touched_or_not(struct kunit *test)
{
	struct mm_struct *mm = enter(test);
	unsigned long at = map(test, 1), vm_flags;
	struct page *page;
	u64 x;

	KUNIT_EXPECT_EQ(test, put_user(1UL, (u64 *)at), 0);
	page = pfn_to_page(mm_pagemap(mm, at) & PM_NUMBER);
	KUNIT_EXPECT_TRUE(test, PageAnon(page));
	KUNIT_EXPECT_EQ(test, page_mapcount(page), 1);
	KUNIT_EXPECT_EQ(test, page_referenced(page, 0, &vm_flags), 1);
	KUNIT_EXPECT_EQ(test, page_referenced(page, 0, &vm_flags), 0);
	KUNIT_EXPECT_FALSE(test, mm_pagemap(mm, at) & PM_ACCESSED);
	/* What this CPU remembers of the entry says that it is set. */
	kthread_unuse_mm(mm);
	kthread_use_mm(mm);
	KUNIT_EXPECT_EQ(test, get_user(x, (u64 *)at), 0);
	KUNIT_EXPECT_EQ(test, x, 1UL);
	KUNIT_EXPECT_EQ(test, page_referenced(page, 0, &vm_flags), 1);
	KUNIT_EXPECT_EQ(test, vm_flags, 0UL);
	leave(mm);
}

/* ---- areas ---- */

static void areas(struct kunit *test)
{
	struct mm_struct *mm = enter(test);
	unsigned long at = map(test, 9), ro;
	u64 x;

	KUNIT_EXPECT_EQ(test, fill(at, 9, 1), 0);
	KUNIT_EXPECT_EQ(test, vm_munmap(at + 3 * PAGE_SIZE, 3 * PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, mm->map_count, 2UL);
	KUNIT_EXPECT_EQ(test, get_mm_rss(mm), 6UL);
	KUNIT_EXPECT_EQ(test, get_user(x, (u64 *)(at + 3 * PAGE_SIZE)), -EFAULT);
	KUNIT_EXPECT_EQ(test, wrong(at, 3, 1), 0UL);
	KUNIT_EXPECT_EQ(test, wrong(at + 6 * PAGE_SIZE, 3, 1), 0UL);
	/* The hole is the first that fits; what is put there is new. */
	KUNIT_EXPECT_EQ(test, vm_mmap(NULL, 0, 3 * PAGE_SIZE, RW, ANON, 0), at + 3 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, get_user(x, (u64 *)(at + 3 * PAGE_SIZE)), 0);
	KUNIT_EXPECT_EQ(test, x, 0UL);
	KUNIT_EXPECT_EQ(test, vm_mmap(NULL, at, PAGE_SIZE, RW, ANON | MAP_FIXED_NOREPLACE, 0), (unsigned long)-EEXIST);
	KUNIT_EXPECT_EQ(test, vm_mmap(NULL, at, PAGE_SIZE, RW, ANON | MAP_FIXED, 0), at);
	KUNIT_EXPECT_EQ(test, get_user(x, (u64 *)at), 0);
	KUNIT_EXPECT_EQ(test, x, 0UL);
	ro = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ, ANON, 0);
	KUNIT_EXPECT_EQ(test, get_user(x, (u64 *)ro), 0);
	KUNIT_EXPECT_EQ(test, put_user(1UL, (u64 *)ro), -EFAULT);
	leave(mm);
}

static void refused(struct kunit *test)
{
	volatile char *nowhere = NULL;
	struct mm_struct *mm;

	KUNIT_EXPECT_EQ(test, vm_mmap(NULL, 0, PAGE_SIZE, RW, ANON, 0), (unsigned long)-EINVAL);
	mm = enter(test);
	KUNIT_EXPECT_EQ(test, vm_mmap(NULL, 0, 0, RW, ANON, 0), (unsigned long)-EINVAL);
	KUNIT_EXPECT_EQ(test, vm_mmap(NULL, 0, PAGE_SIZE, RW, MAP_ANONYMOUS, 0), (unsigned long)-EINVAL);
	KUNIT_EXPECT_EQ(test, vm_mmap(NULL, 0, PAGE_SIZE, RW | PROT_EXEC, ANON, 0), (unsigned long)-EACCES);
	KUNIT_EXPECT_EQ(test, vm_mmap(NULL, 0, 1UL << 48, RW, ANON, 0), (unsigned long)-ENOMEM);
	KUNIT_EXPECT_EQ(test, vm_mmap(NULL, PAGE_SIZE, PAGE_SIZE, RW, ANON | MAP_FIXED, 0), (unsigned long)-EINVAL);
	KUNIT_EXPECT_EQ(test, vm_munmap(123, PAGE_SIZE), -EINVAL);
	KUNIT_EXPECT_EQ(test, vm_munmap(1UL << 47, PAGE_SIZE), -EINVAL);
	KUNIT_EXPECT_EQ(test, vm_mlock(1UL << 30, PAGE_SIZE), -ENOMEM);
	KUNIT_EXPECT_FAULT(test, FAULT_USER, (void *)(1UL << 40), *(volatile char *)(1UL << 40) = 1);
	/* Meant to fault: nobody needs to know where it points. */
	OPTIMIZER_HIDE_VAR(nowhere);
	KUNIT_EXPECT_FAULT(test, FAULT_NULL, NULL, *nowhere = 1);
	leave(mm);
}

/* ---- several address spaces ---- */

static void same_address_twice(struct kunit *test)
{
	struct mm_struct *a = enter(test), *b;
	unsigned long at = map(test, 2), there;

	KUNIT_EXPECT_EQ(test, fill(at, 2, 1), 0);
	kthread_unuse_mm(a);
	b = enter(test);
	there = map(test, 2);
	KUNIT_EXPECT_EQ(test, there, at);
	KUNIT_EXPECT_EQ(test, fill(at, 2, 2), 0);
	kthread_unuse_mm(b);
	kthread_use_mm(a);
	KUNIT_EXPECT_EQ(test, wrong(at, 2, 1), 0UL);
	leave(a);
	kthread_use_mm(b);
	KUNIT_EXPECT_EQ(test, wrong(at, 2, 2), 0UL);
	leave(b);
}

static void copies_share(struct kunit *test)
{
	struct mm_struct *parent = enter(test), *child;
	unsigned long at = map(test, 4);
	struct page *page;

	KUNIT_EXPECT_EQ(test, fill(at, 4, 1), 0);
	page = pfn_to_page(mm_pagemap(parent, at) & PM_NUMBER);
	child = dup_mm(parent);
	KUNIT_ASSERT_NOT_NULL(test, child);
	KUNIT_EXPECT_EQ(test, page_mapcount(page), 2);
	KUNIT_EXPECT_FALSE(test, mm_pagemap(parent, at) & PM_WRITE);
	KUNIT_EXPECT_EQ(test, fill(at, 2, 2), 0);
	KUNIT_EXPECT_EQ(test, page_mapcount(page), 1);
	kthread_unuse_mm(parent);
	kthread_use_mm(child);
	KUNIT_EXPECT_EQ(test, wrong(at, 4, 1), 0UL);
	/* Ours alone by now: no copy is made. */
	KUNIT_EXPECT_EQ(test, fill(at, 1, 3), 0);
	KUNIT_EXPECT_EQ(test, mm_pagemap(child, at) & PM_NUMBER, page_to_pfn(page));
	leave(child);
	kthread_use_mm(parent);
	KUNIT_EXPECT_EQ(test, wrong(at, 2, 2), 0UL);
	KUNIT_EXPECT_EQ(test, wrong(at + 2 * PAGE_SIZE, 2, 1), 0UL);
	leave(parent);
}

/* ---- swap ---- */

static void out_and_back(struct kunit *test)
{
	unsigned long in = vm_events(PSWPIN), out = vm_events(PSWPOUT), at, used = get_nr_swap_pages();
	struct mm_struct *mm;

	need_swap(test, 64);
	mm = enter(test);
	at = map(test, 20);
	KUNIT_EXPECT_EQ(test, fill(at, 20, 1), 0);
	KUNIT_EXPECT_EQ(test, vm_pageout(at, 20 * PAGE_SIZE), 20L);
	KUNIT_EXPECT_EQ(test, vm_events(PSWPOUT) - out, 20UL);
	KUNIT_EXPECT_EQ(test, used - get_nr_swap_pages(), 20UL);
	KUNIT_EXPECT_EQ(test, get_mm_counter(mm, MM_SWAPENTS), 20UL);
	KUNIT_EXPECT_EQ(test, get_mm_rss(mm), 0UL);
	KUNIT_EXPECT_TRUE(test, mm_pagemap(mm, at) & PM_SWAP);
	KUNIT_EXPECT_EQ(test, wrong(at, 20, 1), 0UL);
	KUNIT_EXPECT_EQ(test, vm_events(PSWPIN) - in, 20UL);
	KUNIT_EXPECT_EQ(test, get_mm_rss(mm), 20UL);
	/* Nobody has written: what is on disk is still good, and is not written again. One page is. */
	KUNIT_EXPECT_EQ(test, fill(at, 1, 2), 0);
	KUNIT_EXPECT_EQ(test, vm_pageout(at, 20 * PAGE_SIZE), 20L);
	KUNIT_EXPECT_EQ(test, vm_events(PSWPOUT) - out, 21UL);
	KUNIT_EXPECT_EQ(test, wrong(at, 1, 2), 0UL);
	KUNIT_EXPECT_EQ(test, wrong(at + PAGE_SIZE, 19, 1), 0UL);
	leave(mm);
	mm_drain();
	KUNIT_EXPECT_EQ(test, get_nr_swap_pages(), used);
}

/* A page on disk has two owners: each gets it back, and a copy of his own when he writes. */
static void shared_on_disk(struct kunit *test)
{
	struct mm_struct *parent, *child;
	unsigned long at, used = get_nr_swap_pages();

	need_swap(test, 64);
	parent = enter(test);
	at = map(test, 6);
	KUNIT_EXPECT_EQ(test, fill(at, 6, 1), 0);
	KUNIT_EXPECT_EQ(test, vm_pageout(at, 3 * PAGE_SIZE), 3L);
	child = dup_mm(parent);
	KUNIT_ASSERT_NOT_NULL(test, child);
	KUNIT_EXPECT_EQ(test, vm_pageout(at, 6 * PAGE_SIZE), 3L);
	KUNIT_EXPECT_EQ(test, get_mm_counter(child, MM_SWAPENTS), 6UL);
	KUNIT_EXPECT_EQ(test, used - get_nr_swap_pages(), 6UL);
	KUNIT_EXPECT_EQ(test, fill(at, 2, 2), 0);
	kthread_unuse_mm(parent);
	kthread_use_mm(child);
	KUNIT_EXPECT_EQ(test, wrong(at, 6, 1), 0UL);
	leave(child);
	kthread_use_mm(parent);
	KUNIT_EXPECT_EQ(test, wrong(at, 2, 2), 0UL);
	KUNIT_EXPECT_EQ(test, wrong(at + 2 * PAGE_SIZE, 4, 1), 0UL);
	leave(parent);
	mm_drain();
	KUNIT_EXPECT_EQ(test, get_nr_swap_pages(), used);
}

static void locked_pages_stay(struct kunit *test)
{
	struct mm_struct *mm;
	unsigned long at, unevictable;

	need_swap(test, 64);
	mm = enter(test);
	at = map(test, 4);
	lru_add_drain_all();
	unevictable = global_node_page_state(NR_UNEVICTABLE);
	KUNIT_EXPECT_EQ(test, fill(at, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, vm_mlock(at, 2 * PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, get_mm_rss(mm), 2UL);
	KUNIT_EXPECT_EQ(test, mm->locked_vm, 2UL);
	KUNIT_EXPECT_EQ(test, mm->map_count, 2UL);
	lru_add_drain_all();
	KUNIT_EXPECT_EQ(test, global_node_page_state(NR_UNEVICTABLE) - unevictable, 2UL);
	KUNIT_EXPECT_EQ(test, fill(at, 4, 1), 0);
	KUNIT_EXPECT_EQ(test, vm_pageout(at, 4 * PAGE_SIZE), 2L);
	KUNIT_EXPECT_EQ(test, get_mm_rss(mm), 2UL);
	KUNIT_EXPECT_EQ(test, vm_munlock(at, 2 * PAGE_SIZE), 0);
	lru_add_drain_all();
	KUNIT_EXPECT_EQ(test, global_node_page_state(NR_UNEVICTABLE), unevictable);
	KUNIT_EXPECT_EQ(test, vm_pageout(at, 4 * PAGE_SIZE), 2L);
	KUNIT_EXPECT_EQ(test, wrong(at, 4, 1), 0UL);
	leave(mm);
}

static void swapoff_brings_back(struct kunit *test)
{
	struct mm_struct *mm;
	unsigned long at, in;

	need_swap(test, 64);
	mm = enter(test);
	at = map(test, 8);
	KUNIT_EXPECT_EQ(test, fill(at, 8, 1), 0);
	KUNIT_EXPECT_EQ(test, vm_pageout(at, 8 * PAGE_SIZE), 8L);
	in = vm_events(PSWPIN);
	KUNIT_EXPECT_EQ(test, swapoff(swap_device()), 0);
	KUNIT_EXPECT_EQ(test, vm_events(PSWPIN) - in, 8UL);
	KUNIT_EXPECT_EQ(test, get_mm_rss(mm), 8UL);
	KUNIT_EXPECT_EQ(test, vm_pageout(at, 8 * PAGE_SIZE), 0L);
	KUNIT_EXPECT_EQ(test, swapoff(swap_device()), -EINVAL);
	KUNIT_EXPECT_GE(test, swapon(swap_device()), 0);
	KUNIT_EXPECT_EQ(test, swapon(swap_device()), -EBUSY);
	KUNIT_EXPECT_EQ(test, wrong(at, 8, 1), 0UL);
	leave(mm);
}

/* ---- many threads, one address space ---- */

#define SHARED_PAGES 24

static struct mm_struct *arena;
static unsigned long arena_at;

/* Each worker has pages of its own among the others', and does to all of them what it likes. */
static void crowd(struct mm_worker *w)
{
	unsigned long end = jiffies + HZ / 20;
	u64 tag[SHARED_PAGES] = {0};

	kthread_use_mm(arena);
	/* A slow machine does a few rounds, a fast one many. */
	for (unsigned int i = 0; i < 25 || (i < 3000 && time_before(jiffies, end)); i++) {
		unsigned int n = mm_below(&w->rnd, SHARED_PAGES);
		unsigned long at = arena_at + (n * nr_cpu_ids + w->cpu) * PAGE_SIZE;
		struct mm_struct *copy;

		switch (mm_below(&w->rnd, 8)) {
		case 0:
			vm_pageout(arena_at + n * nr_cpu_ids * PAGE_SIZE, nr_cpu_ids * PAGE_SIZE);
			break;
		case 1:
			copy = i % 4 ? NULL : dup_mm(arena);
			if (copy)
				mmput(copy);
			break;
		case 2:
			w->errors += vm_mlock(at, PAGE_SIZE) != 0;
			w->errors += vm_munlock(at, PAGE_SIZE) != 0;
			break;
		case 3:
			w->errors += vm_munmap(at, PAGE_SIZE) != 0;
			w->errors += vm_mmap(NULL, at, PAGE_SIZE, RW, ANON | MAP_FIXED, 0) != at;
			tag[n] = 0;
			break;
		default:
			if (tag[n])
				w->errors += wrong(at, 1, tag[n]) != 0;
			tag[n] = ((u64)w->cpu << 32) + i + 1;
			w->errors += fill(at, 1, tag[n]) != 0;
		}
	}
	for (unsigned int n = 0; n < SHARED_PAGES; n++)
		if (tag[n])
			w->errors += wrong(arena_at + (n * nr_cpu_ids + w->cpu) * PAGE_SIZE, 1, tag[n]) != 0;
	kthread_unuse_mm(arena);
}

static void many_threads(struct kunit *test)
{
	arena = enter(test);
	arena_at = map(test, (unsigned long)SHARED_PAGES * nr_cpu_ids);
	kthread_unuse_mm(arena);
	mm_on_all_cpus(test, crowd);
	mmput(arena);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(zeros_on_demand),
	KUNIT_CASE(touched_or_not),
	KUNIT_CASE(areas),
	KUNIT_CASE(refused),
	KUNIT_CASE(same_address_twice),
	KUNIT_CASE(copies_share),
	KUNIT_CASE(out_and_back),
	KUNIT_CASE(shared_on_disk),
	KUNIT_CASE(locked_pages_stay),
	KUNIT_CASE(swapoff_brings_back),
	KUNIT_CASE(many_threads),
	{},
};

static struct kunit_suite suite = {.name = "anon", .test_cases = cases, .init = mm_case_begin, .exit = mm_case_end};
kunit_test_suite(suite);
