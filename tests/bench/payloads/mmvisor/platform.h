/* SPDX-License-Identifier: MIT */
/*
 * platform.h - what ops.c needs of the kernel it measures; this one: mmvisor's guest. The other: ../linux/platform.h.
 */
#ifndef BENCH_PLATFORM_H
#define BENCH_PLATFORM_H

#include <kunit/test.h>
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mmzone.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#include <linux/vmstat.h>

/* A batch that an interrupt came into is not counted; ticks stand for them. */
#define bench_ticks() cpu_timer_ticks(raw_smp_processor_id())

/* A device for what devices need; NULL if it cannot be had. */
static struct device *bench_device(void)
{
	static struct device dev;

	return device_register(&dev) ? NULL : &dev;
}
#define bench_device_done(dev) device_unregister(dev)

/* Memory of a user, for the running thread. */
static struct mm_struct *bench_mm_begin(void)
{
	struct mm_struct *mm = mm_alloc();

	if (mm)
		kthread_use_mm(mm);
	return mm;
}

static void bench_mm_end(struct mm_struct *mm)
{
	if (!mm)
		return;
	kthread_unuse_mm(mm);
	mmput(mm);
}

/* A file without a disk. */
#define BENCH_ORDERS NR_PAGE_ORDERS

static int bench_readpage(struct file *file, struct page *page)
{
	(void)file;
	SetPageUptodate(page);
	unlock_page(page);
	return 0;
}

static const struct address_space_operations bench_aops = {.readpage = bench_readpage};

static struct address_space *bench_mapping_begin(void)
{
	static struct address_space mapping;

	address_space_init(&mapping, NULL, &bench_aops, GFP_HIGHUSER_MOVABLE, "bench");
	return &mapping;
}

static void bench_mapping_end(struct address_space *mapping)
{
	truncate_inode_pages_final(mapping);
	address_space_exit(mapping);
}

/* Pages that kswapd has freed since boot. */
#define bench_kswapd_freed() vm_events(PGSTEAL_KSWAPD)

/*
 * From before kswapd is woken until it sleeps again: how long had it the processor? There is one, and whoever yields it to kswapd
 * has it back when kswapd is done.
 */
static u64 bench_kswapd_before;
#define bench_kswapd_begin() (bench_kswapd_before = rdtsc())

static u64 bench_kswapd_ticks(void)
{
	while (READ_ONCE(mm_node.kswapd->__state) == TASK_RUNNING)
		yield();
	return rdtsc() - bench_kswapd_before;
}

/* Once, in a task. */
#define BENCH_MODULE(fn)                                                                                               \
	static void measure(struct kunit *test)                                                                        \
	{                                                                                                              \
		KUNIT_ASSERT_EQ(test, fn(), 0);                                                                        \
	}                                                                                                              \
	static struct kunit_case cases[] = {KUNIT_CASE(measure), {}};                                                  \
	static struct kunit_suite suite = {.name = "ops", .test_cases = cases};                                        \
	kunit_test_suite(suite);                                                                                       \
	MODULE_LICENSE("MIT")

#endif
