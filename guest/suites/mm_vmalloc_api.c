// SPDX-License-Identifier: MIT
/*
 * mm_vmalloc_api.c - suite: what of the vmalloc API is used seldom. Who is asked when addresses run out, areas that are taken apart,
 * frames that are no RAM, memory types and small pages, frees in softirqs, areas that fail in the middle.
 */
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/notifier.h>
#include <linux/set_memory.h>
#include <linux/timer.h>
#include <linux/uaccess.h>
#include <mmvisor/fail_page_alloc.h>

#include "mm_suite.h"

static bool faults(const void *addr)
{
	char c;

	return copy_from_kernel_nofault(&c, addr, 1) != 0;
}

/* ---- addresses run out ---- */

/* Of 32 TiB there are seven with their guard pages. */
#define ROOM (4UL << 40)

static struct vm_struct *rooms[16];
static unsigned int nr_rooms, asked;
static bool generous;

static int give_one_back(struct notifier_block *nb, unsigned long action, void *data)
{
	(void)nb;
	(void)action;
	asked++;
	if (!generous || !nr_rooms)
		return NOTIFY_OK;
	free_vm_area(rooms[--nr_rooms]);
	*(unsigned long *)data += ROOM >> PAGE_SHIFT;
	return NOTIFY_OK;
}

static void others_are_asked_to_give_back(struct kunit *test)
{
	struct notifier_block giver = {.notifier_call = give_one_back};
	unsigned int full;
	struct vm_struct *vm;

	asked = 0;
	generous = false;
	KUNIT_ASSERT_EQ(test, register_vmap_purge_notifier(&giver), 0);
	while (nr_rooms < ARRAY_SIZE(rooms) && (vm = get_vm_area(ROOM, VM_MAP)))
		rooms[nr_rooms++] = vm;
	full = nr_rooms;
	KUNIT_EXPECT_EQ(test, full, 7U);
	KUNIT_EXPECT_EQ(test, asked, 1U);
	generous = true;
	vm = get_vm_area(ROOM, VM_MAP);
	KUNIT_EXPECT_NOT_NULL(test, vm);
	KUNIT_EXPECT_EQ(test, asked, 2U);
	KUNIT_EXPECT_EQ(test, nr_rooms, full - 1);
	KUNIT_EXPECT_EQ(test, unregister_vmap_purge_notifier(&giver), 0);
	KUNIT_EXPECT_NULL(test, get_vm_area(ROOM, VM_MAP));
	KUNIT_EXPECT_EQ(test, asked, 2U);
	free_vm_area(vm);
	while (nr_rooms)
		free_vm_area(rooms[--nr_rooms]);
}

/* ---- taking areas apart ---- */

static void areas_taken_apart(struct kunit *test)
{
	for (unsigned long nr = 1; nr <= 3; nr += 2) {
		char *p = vmalloc(nr * PAGE_SIZE);
		struct vm_struct *vm;

		KUNIT_ASSERT_NOT_NULL(test, p);
		mm_mark(p, nr * PAGE_SIZE, nr);
		KUNIT_EXPECT_NULL(test, remove_vm_area(p + PAGE_SIZE));
		vm = remove_vm_area(p);
		KUNIT_ASSERT_NOT_NULL(test, vm);
		KUNIT_EXPECT_EQ(test, (unsigned long)vm->addr, (unsigned long)p);
		KUNIT_EXPECT_EQ(test, (unsigned long)vm->nr_pages, nr);
		KUNIT_EXPECT_TRUE(test, faults(p));
		KUNIT_EXPECT_NULL(test, find_vm_area(p));
		KUNIT_EXPECT_NULL(test, remove_vm_area(p));
		/* The pages are still ours, with what was in them. */
		KUNIT_EXPECT_EQ(test, *(unsigned long *)page_address(vm->pages[0]), (unsigned long)p ^ nr);
		for (unsigned long i = 0; i < nr; i++) {
			KUNIT_EXPECT_EQ(test, page_count(vm->pages[i]), 1);
			__free_page(vm->pages[i]);
		}
		if (vm->pages != &vm->one)
			kvfree(vm->pages);
		kfree(vm);
	}
}

static void frames_that_are_no_ram(struct kunit *test)
{
	unsigned long pfns[2] = {DEV_GPA >> PAGE_SHIFT, DEV_GPA >> PAGE_SHIFT}, ram;
	struct page *page = alloc_page(GFP_KERNEL);
	char *m = vmap_pfn(pfns, 2, pgprot_noncached(PAGE_KERNEL));

	KUNIT_ASSERT_TRUE(test, m && page);
	/* The page of the exit port: reading it has no effect. */
	KUNIT_EXPECT_EQ(test, readq(m + 8), *(volatile u64 *)(DEV_VA + 8));
	KUNIT_EXPECT_EQ(test, readq(m + PAGE_SIZE + 8), readq(m + 8));
	KUNIT_EXPECT_TRUE(test, faults(m + 2 * PAGE_SIZE));
	vunmap(m);
	KUNIT_EXPECT_TRUE(test, faults(m) && faults(m + PAGE_SIZE));
	ram = page_to_pfn(page);
	kunit_expect_warnings(test, 1);
	KUNIT_EXPECT_NULL(test, vmap_pfn(&ram, 1, PAGE_KERNEL));
	__free_page(page);
}

/* ---- memory types, small pages ---- */

/* The entry that maps @va, and its level: 1 for 4 KiB. */
static unsigned long entry_of(const void *va, unsigned int *level)
{
	unsigned long entry = mm_root.cr3;

	for (*level = 4; *level; --*level) {
		const unsigned long *table = __va(entry & PTE_PFN_MASK);

		entry = table[(unsigned long)va >> (PAGE_SHIFT + 9 * (*level - 1)) & 511];
		if (!(entry & _PAGE_PRESENT) || entry & _PAGE_PSE || *level == 1)
			break;
	}
	return entry;
}

/* Both in the area and in the direct map. */
static void expect_type(struct kunit *test, const char *p, unsigned long nr, unsigned long type)
{
	unsigned int level;

	for (unsigned long i = 0; i < nr; i++) {
		const char *at = p + i * PAGE_SIZE;

		KUNIT_EXPECT_EQ(test, entry_of(at, &level) & _PAGE_CACHE_MASK, type);
		KUNIT_EXPECT_EQ(test, entry_of(page_address(vmalloc_to_page(at)), &level) & _PAGE_CACHE_MASK, type);
		KUNIT_EXPECT_TRUE(test, mm_marked(at, PAGE_SIZE, i));
	}
}

static void memory_types(struct kunit *test)
{
	char *p = vmalloc(3 * PAGE_SIZE);
	unsigned long va = (unsigned long)p;

	KUNIT_ASSERT_NOT_NULL(test, p);
	for (unsigned long i = 0; i < 3; i++)
		mm_mark(p + i * PAGE_SIZE, PAGE_SIZE, i);
	expect_type(test, p, 3, 0);
	KUNIT_EXPECT_EQ(test, set_memory_uc(va, 3), 0);
	expect_type(test, p, 3, _PAGE_PCD);
	KUNIT_EXPECT_EQ(test, set_memory_wb(va, 2), 0);
	expect_type(test, p, 2, 0);
	/* No memory type here combines writes: uncached. */
	KUNIT_EXPECT_EQ(test, set_memory_wc(va, 1), 0);
	expect_type(test, p, 1, _PAGE_PCD);
	KUNIT_EXPECT_EQ(test, set_memory_wb(va, 3), 0);
	expect_type(test, p, 3, 0);
	/* A change happens as a whole or not at all: the guard page has no entry. */
	KUNIT_EXPECT_EQ(test, set_memory_uc(va, 4), -EFAULT);
	KUNIT_EXPECT_EQ(test, set_memory_uc(va + 8, 1), -EINVAL);
	expect_type(test, p, 3, 0);
	vfree(p);
}

static void small_pages_for_large(struct kunit *test)
{
	char *p = vmalloc_huge(PMD_SIZE, GFP_KERNEL);
	unsigned int level;

	KUNIT_ASSERT_NOT_NULL(test, p);
	if (!is_vm_area_hugepages(p))
		kunit_skip(test, "no large page to be had");
	for (unsigned long at = 0; at < PMD_SIZE; at += 64 * PAGE_SIZE)
		mm_mark(p + at, PAGE_SIZE, at);
	entry_of(p, &level);
	KUNIT_EXPECT_EQ(test, level, 2U);
	KUNIT_EXPECT_EQ(test, set_memory_4k((unsigned long)p + 5 * PAGE_SIZE, 1), 0);
	entry_of(p, &level);
	KUNIT_EXPECT_EQ(test, level, 1U);
	for (unsigned long at = 0; at < PMD_SIZE; at += 64 * PAGE_SIZE)
		KUNIT_EXPECT_TRUE(test, mm_marked(p + at, PAGE_SIZE, at));
	vfree(p);
	mm_drain();
	KUNIT_EXPECT_TRUE(test, faults(p) && faults(p + 5 * PAGE_SIZE));
}

/* ---- in softirqs ---- */

/** struct late - something to free in a tasklet and in a timer */
struct late {
	struct tasklet_struct tasklet;
	struct timer_list timer;
	void *area[2];
	struct completion done[2];
};

static void free_in_tasklet(struct tasklet_struct *t)
{
	struct late *l = from_tasklet(l, t, tasklet);

	vfree(l->area[0]);
	complete(&l->done[0]);
}

static void free_in_timer(struct timer_list *t)
{
	struct late *l = from_timer(l, t, timer);

	vfree(l->area[1]);
	complete(&l->done[1]);
}

static void frees_in_softirqs(struct kunit *test)
{
	struct late l;

	tasklet_setup(&l.tasklet, free_in_tasklet);
	timer_setup(&l.timer, free_in_timer, 0);
	for (unsigned int i = 0; i < 2; i++) {
		init_completion(&l.done[i]);
		l.area[i] = vmalloc(3 * PAGE_SIZE);
		KUNIT_ASSERT_NOT_NULL(test, l.area[i]);
	}
	tasklet_schedule(&l.tasklet);
	mod_timer(&l.timer, jiffies + 1);
	for (unsigned int i = 0; i < 2; i++) {
		wait_for_completion(&l.done[i]);
		KUNIT_EXPECT_NULL(test, find_vm_area(l.area[i]));
	}
	tasklet_kill(&l.tasklet);
	timer_delete_sync(&l.timer);
	mm_drain();
	KUNIT_EXPECT_TRUE(test, faults(l.area[0]) && faults(l.area[1]));
}

/* ---- failing in the middle ---- */

#define MANY 520

static struct fail_page_alloc before_failing;

/* This task gets @pages pages, and then no more. */
static void *vmalloc_with(unsigned long pages, bool huge)
{
	void *p;

	fail_page_alloc = (struct fail_page_alloc){.max_order = MAX_PAGE_ORDER};
	fail_page_alloc.attr = (struct fault_attr){.interval = 1, .task = current};
	atomic_set(&fail_page_alloc.attr.space, (int)pages);
	atomic_set(&fail_page_alloc.attr.times, -1);
	fail_page_alloc.attr.probability = 100;
	p = huge ? vmalloc_huge(MANY * PAGE_SIZE, GFP_KERNEL | __GFP_NOWARN)
		 : __vmalloc(MANY * PAGE_SIZE, GFP_KERNEL | __GFP_NOWARN);
	fail_page_alloc = before_failing;
	return p;
}

static void fails_in_the_middle(struct kunit *test)
{
	static const unsigned int given[] = {0, 2, 300, 514, 3 * MANY};
	struct mm_usage before, now;

	if (!fail_page_alloc_works())
		kunit_skip(test, "only the debug kernel fails on purpose");
	before_failing = fail_page_alloc;
	mm_drain();
	mm_usage(&before);
	for (unsigned int i = 0; i < ARRAY_SIZE(given); i++) {
		void *p = vmalloc_with(given[i], i & 1);

		KUNIT_EXPECT_EQ_MSG(test, !p, given[i] < MANY, "%u pages", given[i]);
		vfree(p);
		mm_drain();
		mm_usage(&now);
		KUNIT_EXPECT_EQ_MSG(test, now.pages, before.pages, "%u pages", given[i]);
		KUNIT_EXPECT_EQ_MSG(test, now.objects, before.objects, "%u pages", given[i]);
		KUNIT_EXPECT_EQ(test, now.areas, before.areas);
	}
}

static struct kunit_case api_cases[] = {KUNIT_CASE(others_are_asked_to_give_back), KUNIT_CASE(areas_taken_apart),
					KUNIT_CASE(frames_that_are_no_ram),        KUNIT_CASE(memory_types),
					KUNIT_CASE(small_pages_for_large),         KUNIT_CASE(frees_in_softirqs),
					KUNIT_CASE(fails_in_the_middle),           {}};

static struct kunit_suite api_suite = {
	.name = "mm_vmalloc_api",
	.init = mm_case_begin,
	.exit = mm_case_end,
	.test_cases = api_cases,
};
kunit_test_suite(api_suite);
