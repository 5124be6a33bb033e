/* SPDX-License-Identifier: MIT */
/*
 * mm_suite.h - what the suites of the allocators share: the same work in a thread on every CPU, work in an interrupt, and
 * patterns that say whose memory it is.
 *
 * Loops are sized for a machine that runs two million instructions a second: a suite takes about a million. In the debug kernel an
 * allocation is dozens of times as long: on such a machine loops are shorter (mm_steps()).
 */
#ifndef GUEST_SUITES_MM_SUITE_H
#define GUEST_SUITES_MM_SUITE_H

#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include <linux/smp.h>

/**
 * struct mm_worker - one CPU's share of a job
 * @rnd:    its own sequence
 * @errors: what it found wrong; checked when all are done
 */
struct mm_worker {
	struct rnd_state rnd;
	unsigned int cpu;
	unsigned int errors;
	void (*job)(struct mm_worker *w);
	struct completion done;
};

static int mm_worker_thread(void *data)
{
	struct mm_worker *w = data;

	if (w->job)
		w->job(w);
	complete(&w->done);
	return 0;
}

static inline u32 mm_below(struct rnd_state *rnd, u32 limit)
{
	return (u32)((u64)prandom_u32_state(rnd) * limit >> 32);
}

/** mm_on_all_cpus - run @job in a thread on each CPU at once; every worker must end without errors. */
static inline void mm_on_all_cpus(struct kunit *test, void (*job)(struct mm_worker *w))
{
	struct mm_worker *crew = kcalloc(nr_cpu_ids, sizeof(*crew), GFP_KERNEL);
	u64 seed = get_random_u64();
	unsigned int cpu;

	KUNIT_ASSERT_NOT_NULL(test, crew);
	for_each_online_cpu (cpu) {
		struct task_struct *t;

		crew[cpu].cpu = cpu;
		crew[cpu].job = job;
		prandom_seed_state(&crew[cpu].rnd, seed + cpu);
		init_completion(&crew[cpu].done);
		t = kthread_run_on_cpu(mm_worker_thread, &crew[cpu], cpu, "mm/%u");
		if (IS_ERR(t)) {
			KUNIT_FAIL(test, "no thread on CPU %u", cpu);
			complete(&crew[cpu].done);
		}
	}
	for_each_online_cpu (cpu)
		wait_for_completion(&crew[cpu].done);
	for_each_online_cpu (cpu)
		KUNIT_EXPECT_EQ_MSG(test, crew[cpu].errors, 0U, "CPU %u", cpu);
	kfree(crew);
}

/* What the allocators' users hold, when a case began. */
static struct mm_usage mm_before;

/*
 * Threads that ended are kept for the next ones, up to a number, and freed when another one begins. So first there were as
 * many at once as there will be, and then one more that does nothing: from there on what users hold can be compared.
 */
static inline void mm_settle(void)
{
	struct mm_worker last = {.job = NULL};
	struct task_struct *t;

	init_completion(&last.done);
	t = kthread_run(mm_worker_thread, &last, "mm/last");
	if (!IS_ERR(t))
		wait_for_completion(&last.done);
	msleep(10);
	mm_drain();
}

static atomic_t mm_arrived = ATOMIC_INIT(0);

static void mm_wait_for_all(struct mm_worker *w)
{
	(void)w;
	atomic_inc(&mm_arrived);
	while (atomic_read(&mm_arrived) < (int)num_online_cpus())
		msleep(1);
}

/* Do 64 small allocations take more than ten milliseconds? */
static bool mm_slow;

static inline void mm_measure(void)
{
	u64 from = ktime_get_ns();

	for (unsigned int i = 0; i < 64; i++)
		kfree(kmalloc(64, GFP_KERNEL));
	mm_slow = ktime_get_ns() - from > 10 * NSEC_PER_MSEC;
}

/** mm_steps - @steps of a loop, a quarter of them where allocations are slow. */
static inline unsigned int mm_steps(unsigned int steps)
{
	return mm_slow ? steps / 4 : steps;
}

static inline int mm_case_begin(struct kunit *test)
{
	static bool warm;

	if (!warm) {
		mm_on_all_cpus(test, mm_wait_for_all);
		mm_measure();
	}
	warm = true;
	mm_settle();
	mm_usage(&mm_before);
	return 0;
}

/* No more than before? Threads may need a moment to be gone. */
static inline void mm_case_end(struct kunit *test)
{
	struct mm_usage now;

	for (unsigned int tries = 0; tries < 20; tries++) {
		mm_drain();
		mm_usage(&now);
		if (now.pages <= mm_before.pages && now.objects <= mm_before.objects && now.areas <= mm_before.areas)
			return;
		mm_settle();
	}
	KUNIT_EXPECT_EQ(test, now.pages, mm_before.pages);
	KUNIT_EXPECT_EQ(test, now.objects, mm_before.objects);
	KUNIT_EXPECT_EQ(test, now.areas, mm_before.areas);
}

/* First and last word of a piece of memory carry its address, mixed with a tag. */
static inline void mm_mark(void *p, size_t size, unsigned long tag)
{
	if (size < sizeof(long)) {
		memset(p, (int)tag, size);
		return;
	}
	*(unsigned long *)p = (unsigned long)p ^ tag;
	*(unsigned long *)((char *)p + (size & ~7UL) - 8) = (unsigned long)p ^ tag;
}

static inline bool mm_marked(const void *p, size_t size, unsigned long tag)
{
	if (size < sizeof(long)) {
		for (size_t i = 0; i < size; i++)
			if (((const unsigned char *)p)[i] != (unsigned char)tag)
				return false;
		return true;
	}
	return *(const unsigned long *)p == ((unsigned long)p ^ tag) &&
	       *(const unsigned long *)((const char *)p + (size & ~7UL) - 8) == ((unsigned long)p ^ tag);
}

#endif
