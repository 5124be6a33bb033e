// SPDX-License-Identifier: MIT
/*
 * lines.c - asks for two interrupt lines of the DMA engine and lets it do nothing: who calls its handlers is somebody outside.
 *
 * It says how often each ran whenever that changes, and ends when both have run twice.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/smp.h>
#include <mmvisor/dma_engine.h>

#define TIMES 2
#define SECONDS 50

static int where = -1; /* the CPU that the storm's handler ran on */

static void finished(void *arg, const struct dma_desc *desc)
{
	(void)arg;
	(void)desc;
	WARN(1, "nothing was submitted\n");
}

static void stormy(void *arg)
{
	(void)arg;
	where = (int)smp_processor_id();
}

static void handlers_run(struct kunit *test)
{
	unsigned long before = dma_engine_irqs(0), seen_queue = 0, seen_storm = 0;
	struct dma_channel *ch = dma_channel_open(0, 0, 4, finished, NULL);
	int storm = dma_storm_start(0, 1, 0, stormy, NULL);

	KUNIT_ASSERT_FALSE(test, IS_ERR(ch));
	KUNIT_ASSERT_GE(test, storm, 0);
	pr_info("lines: ready\n");
	for (int ms = 0; ms < SECONDS * 1000 && (seen_queue < TIMES || seen_storm < TIMES); ms++) {
		unsigned long queue = dma_engine_irqs(0) - before, of_storm = dma_storm_count(storm);

		if (queue != seen_queue)
			pr_info("lines: the queue's handler ran: %lu\n", queue);
		if (of_storm != seen_storm)
			pr_info("lines: the storm's handler ran on CPU %d: %lu\n", where, of_storm);
		seen_queue = queue;
		seen_storm = of_storm;
		msleep(1);
	}
	dma_channel_close(ch);
	KUNIT_EXPECT_EQ(test, dma_storm_stop(storm), TIMES);
	KUNIT_EXPECT_EQ(test, seen_queue, TIMES);
}

static struct kunit_case cases[] = {KUNIT_CASE(handlers_run), {}};
static struct kunit_suite suite = {.name = "lines", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
