// SPDX-License-Identifier: MIT
/*
 * swapper.c - user memory goes to a swap device that is too small, or fails, and comes back: what must be there is there, and who
 * touches what cannot be read is told. Says what happened; the test that runs it knows what should.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/swap.h>
#include <linux/uaccess.h>

#define PAGES 40UL

static char *pattern, *seen;

static void make_pattern(unsigned long n)
{
	for (unsigned long i = 0; i < PAGE_SIZE; i += sizeof(u64))
		*(u64 *)(pattern + i) = (n + 1) * 0x9e3779b97f4a7c15UL + i;
}

/* How many pages are not as they were written; those that could not be read are counted in @lost. */
static unsigned int wrong(unsigned long at, unsigned int *lost)
{
	unsigned int bad = 0;

	*lost = 0;
	for (unsigned long n = 0; n < PAGES; n++) {
		make_pattern(n);
		if (copy_from_user(seen, (void *)(at + n * PAGE_SIZE), PAGE_SIZE))
			++*lost;
		else if (memcmp(pattern, seen, PAGE_SIZE))
			bad++;
	}
	return bad;
}

static void out_and_back(struct kunit *test)
{
	struct mm_struct *mm = mm_alloc();
	unsigned int bad, lost, again;
	unsigned long at;
	long out;

	pattern = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);
	seen = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, mm && pattern && seen);
	kthread_use_mm(mm);
	at = vm_mmap(NULL, 0, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	for (unsigned long n = 0; n < PAGES; n++) {
		make_pattern(n);
		KUNIT_ASSERT_EQ(test, copy_to_user((void *)(at + n * PAGE_SIZE), pattern, PAGE_SIZE), 0UL);
	}
	out = vm_pageout(at, PAGES * PAGE_SIZE);
	bad = wrong(at, &lost);
	bad += wrong(at, &again);
	pr_info("swapper: %ld out, %u wrong, %u unreadable, then %u\n", out, bad, lost, again);
	out = vm_pageout(at, PAGES * PAGE_SIZE);
	bad = wrong(at, &lost);
	pr_info("swapper: again %ld out, %u wrong; %lu slots\n", out, bad, total_swap_pages());
	KUNIT_EXPECT_EQ(test, bad, 0U);
	kthread_unuse_mm(mm);
	mmput(mm);
	KUNIT_EXPECT_EQ(test, get_nr_swap_pages(), total_swap_pages());
}

static struct kunit_case cases[] = {KUNIT_CASE(out_and_back), {}};
static struct kunit_suite suite = {.name = "swapper", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
