// SPDX-License-Identifier: MIT
/*
 * dma_storm.c - suite: interrupts out of nowhere arrive in hard-IRQ context on the CPU that was asked for, one by one or at a
 * rate, and stop when told.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <mmvisor/dma_engine.h>

/* How long a test waits for what must come. */
#define PATIENCE (10 * HZ)

/** struct seen - what the handler noticed. */
struct seen {
	unsigned long calls, wrong_cpu, not_hardirq, irqs_on;
	unsigned long enough; /* @done after so many calls */
	unsigned int cpu;
	struct completion done;
};

static void look(void *arg)
{
	struct seen *s = arg;

	s->wrong_cpu += smp_processor_id() != s->cpu;
	s->not_hardirq += !in_hardirq();
	s->irqs_on += !irqs_disabled();
	if (++s->calls == s->enough)
		complete(&s->done);
}

static int storm_test_init(struct kunit *test)
{
	if (!dma_engine_count())
		kunit_skip(test, "no DMA engine in this machine (--dma bits=N)");
	return 0;
}

static void seen_init(struct seen *s, unsigned int cpu, unsigned long enough)
{
	*s = (struct seen){.cpu = cpu, .enough = enough};
	init_completion(&s->done);
}

static void expect_seen(struct kunit *test, const struct seen *s, unsigned long calls)
{
	KUNIT_EXPECT_EQ(test, s->calls, calls);
	KUNIT_EXPECT_EQ(test, s->wrong_cpu, 0UL);
	KUNIT_EXPECT_EQ(test, s->not_hardirq, 0UL);
	KUNIT_EXPECT_EQ(test, s->irqs_on, 0UL);
}

static void storm_fires_single_interrupts(struct kunit *test)
{
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
		struct seen seen;
		int storm;

		seen_init(&seen, cpu, 1);
		storm = dma_storm_start(0, cpu, 0, look, &seen);
		KUNIT_ASSERT_GE(test, storm, 0);
		for (int i = 0; i < 3; i++) {
			seen.enough = seen.calls + 1;
			dma_storm_fire(storm);
			KUNIT_EXPECT_NE(test, wait_for_completion_timeout(&seen.done, PATIENCE), 0UL);
		}
		KUNIT_EXPECT_EQ(test, dma_storm_stop(storm), 3UL);
		expect_seen(test, &seen, 3);
	}
}

static void storm_keeps_coming_until_it_is_stopped(struct kunit *test)
{
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
		unsigned long calls;
		struct seen seen;
		int storm;

		seen_init(&seen, cpu, 20);
		storm = dma_storm_start(0, cpu, 1000, look, &seen);
		KUNIT_ASSERT_GE(test, storm, 0);
		KUNIT_EXPECT_NE(test, wait_for_completion_timeout(&seen.done, PATIENCE), 0UL);
		calls = dma_storm_stop(storm);
		KUNIT_EXPECT_GE(test, calls, 20UL);
		expect_seen(test, &seen, calls);
		msleep(20);
		KUNIT_EXPECT_EQ(test, seen.calls, calls);
	}
}

/* As fast as they come, on every CPU at once: this thread still gets its turns, and its timer ticks. */
static void storm_lets_the_guest_go_on(struct kunit *test)
{
	struct seen seen[DMA_NR_STORMS];
	int storm[DMA_NR_STORMS];
	unsigned long before = jiffies;

	for (unsigned int i = 0; i < DMA_NR_STORMS; i++) {
		seen_init(&seen[i], i % nr_cpu_ids, 3);
		storm[i] = dma_storm_start(0, seen[i].cpu, DMA_STORM_MAX_HZ, look, &seen[i]);
		KUNIT_EXPECT_GE(test, storm[i], 0);
	}
	KUNIT_EXPECT_EQ(test, dma_storm_start(0, 0, 100, look, &seen[0]), -EBUSY);
	for (unsigned int i = 0; i < DMA_NR_STORMS; i++)
		KUNIT_EXPECT_NE(test, wait_for_completion_timeout(&seen[i].done, PATIENCE), 0UL);
	msleep(10);
	KUNIT_EXPECT_GT(test, jiffies, before);
	for (unsigned int i = 0; i < DMA_NR_STORMS; i++)
		expect_seen(test, &seen[i], dma_storm_stop(storm[i]));
}

static void storm_refuses_nonsense(struct kunit *test)
{
	struct seen seen;

	seen_init(&seen, 0, 0);
	KUNIT_EXPECT_EQ(test, dma_storm_start(dma_engine_count(), 0, 1, look, &seen), -ENODEV);
	KUNIT_EXPECT_EQ(test, dma_storm_start(0, nr_cpu_ids, 1, look, &seen), -ENODEV);
	KUNIT_EXPECT_EQ(test, dma_storm_start(0, 0, DMA_STORM_MAX_HZ + 1, look, &seen), -EINVAL);
	KUNIT_EXPECT_EQ(test, dma_storm_start(0, 0, 1, NULL, &seen), -EINVAL);
	KUNIT_EXPECT_EQ(test, dma_storm_stop(-1), 0UL);
	KUNIT_EXPECT_EQ(test, dma_storm_count(1 << 20), 0UL);
}

static struct kunit_case storm_cases[] = {KUNIT_CASE(storm_fires_single_interrupts),
					  KUNIT_CASE(storm_keeps_coming_until_it_is_stopped),
					  KUNIT_CASE(storm_lets_the_guest_go_on),
					  KUNIT_CASE(storm_refuses_nonsense),
					  {}};

static struct kunit_suite storm_suite = {
	.name = "dma_storm",
	.init = storm_test_init,
	.test_cases = storm_cases,
};
kunit_test_suite(storm_suite);
