// SPDX-License-Identifier: MIT
/*
 * scale.c - how often the zones' locks are taken per operation of the page allocator while every CPU works at once. Counts, not
 * times: they are the same on a slow machine and on a fast one.
 *
 * A row is a loop that each CPU runs OPS operations of, all of them between the same two readings. An operation is an allocation
 * and its free. One line a row: "scale: NAME CPUS OPERATIONS LOCKS INSTRUCTIONS", LOCKS a thousand operations. INSTRUCTIONS an
 * operation: ticks of the TSC, so only where the machine counts those (tools/nested.sh --icount); the least of all rounds of all
 * CPUs, because one processor runs them in turn there, and in the others it ran somebody else too.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/gfp.h>
#include <linux/kthread.h>
#include <linux/mmzone.h>
#include <linux/module.h>
#include <linux/smp.h>

#define HELD 64
#define ROUNDS 16
#define OPS (HELD * ROUNDS)

static struct page *held[NR_CPUS][HELD];
static u64 best[NR_CPUS]; /* ticks of the quickest round, by CPU */

static unsigned int pairs(unsigned int cpu, unsigned int order)
{
	unsigned int failed = 0;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		u64 start = rdtsc();

		for (unsigned int i = 0; i < HELD; i++) {
			struct page *page = alloc_pages(GFP_KERNEL, order);

			if (page)
				__free_pages(page, order);
			else
				failed++;
		}
		best[cpu] = min(best[cpu], (rdtsc() - start) / HELD);
	}
	return failed;
}

static unsigned int bursts(unsigned int cpu, unsigned int order)
{
	/* Of the large ones as many as all CPUs can have at once. */
	unsigned int width = order ? 4 : HELD, failed = 0;
	struct page **mine = held[cpu];

	for (unsigned int done = 0; done < OPS; done += width) {
		u64 start = rdtsc();

		for (unsigned int i = 0; i < width; i++)
			mine[i] = alloc_pages(GFP_KERNEL, order);
		for (unsigned int i = 0; i < width; i++) {
			if (mine[i])
				__free_pages(mine[i], order);
			else
				failed++;
		}
		best[cpu] = min(best[cpu], (rdtsc() - start) / width);
	}
	return failed;
}

static const struct row {
	const char *name;
	unsigned int (*fn)(unsigned int cpu, unsigned int order);
	unsigned int order;
} rows[] = {
	{"order0.pair", pairs, 0}, {"order0.burst", bursts, 0}, {"order3.pair", pairs, 3},
	{"order9.pair", pairs, 9}, {"order9.burst", bursts, 9},
};

static const struct row *row;
static atomic_t missing, failures;
static DECLARE_COMPLETION(done);

static int work(void *unused)
{
	unsigned int failed;

	(void)unused;
	failed = row->fn(raw_smp_processor_id(), row->order);
	atomic_add((int)failed, &failures);
	if (atomic_dec_and_test(&missing))
		complete(&done);
	return 0;
}

/* Each change of what a lock covers moves its generation by two. */
static u64 locks_taken(void)
{
	struct zone *zone;
	u64 sum = 0;

	for_each_zone (zone)
		sum += READ_ONCE(zone->lock.seq) / 2;
	return sum;
}

static bool on_all_cpus(void)
{
	unsigned int nr = num_online_cpus();

	atomic_set(&missing, (int)nr);
	for (unsigned int cpu = 0; cpu < nr; cpu++)
		if (IS_ERR_OR_NULL(kthread_run_on_cpu(work, NULL, cpu, "scale/%u")))
			return false;
	wait_for_completion(&done);
	return true;
}

static void measure(struct kunit *test)
{
	u64 nr = (u64)num_online_cpus() * OPS;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 locks, least = U64_MAX;

		row = &rows[i];
		/* Once to fill the lists. */
		KUNIT_ASSERT_TRUE(test, on_all_cpus());
		for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
			best[cpu] = U64_MAX;
		locks = locks_taken();
		KUNIT_ASSERT_TRUE(test, on_all_cpus());
		locks = locks_taken() - locks;
		for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
			least = min(least, best[cpu]);
		pr_info("scale: %s %u %llu %llu %llu\n", row->name, num_online_cpus(), nr, (locks * 1000 + nr / 2) / nr,
			least);
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&failures), 0);
}

static struct kunit_case cases[] = {KUNIT_CASE(measure), {}};
static struct kunit_suite suite = {.name = "scale", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
