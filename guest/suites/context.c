// SPDX-License-Identifier: MIT
/*
 * context.c - see context.h; and suites: contexts can be told apart, sleeping checks know them.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <mmvisor/dma_engine.h>
#include <mmvisor/tick.h>

#include "context.h"

const char *const context_names[NR_TEST_CONTEXTS] = {
	"task",
	"preempt_disable",
	"spin_lock",
	"rcu_read_lock",
	"local_irq_disable",
	"local_bh_disable",
	"tasklet",
	"timer function",
	"timer interrupt",
	"device interrupt",
	"function call interrupt",
};

/** struct errand - what runs elsewhere. @ran: and then @done */
struct errand {
	void (*fn)(void *arg);
	void *arg;
	struct completion done;
	struct tasklet_struct tasklet;
	struct timer_list timer;
};

static void do_errand(void *arg)
{
	struct errand *e = arg;

	e->fn(e->arg);
	complete(&e->done);
}

static void errand_tasklet(struct tasklet_struct *t)
{
	do_errand(container_of(t, struct errand, tasklet));
}

static void errand_timer(struct timer_list *t)
{
	do_errand(container_of(t, struct errand, timer));
}

static unsigned int this_cpu(void)
{
	unsigned int cpu = get_cpu();

	put_cpu();
	return cpu;
}

bool context_exists(enum test_context ctx)
{
	if (ctx == CTX_MSI)
		return dma_engine_count() > 0;
	return ctx != CTX_IPI || num_online_cpus() > 1;
}

static void in_section(enum test_context ctx, void (*fn)(void *arg), void *arg)
{
	static DEFINE_SPINLOCK(section_lock);

	switch (ctx) {
	case CTX_PREEMPT_OFF:
		preempt_disable();
		fn(arg);
		preempt_enable();
		break;
	case CTX_SPINLOCK:
		spin_lock(&section_lock);
		fn(arg);
		spin_unlock(&section_lock);
		break;
	case CTX_RCU:
		rcu_read_lock();
		fn(arg);
		rcu_read_unlock();
		break;
	case CTX_IRQ_OFF:
		local_irq_disable();
		fn(arg);
		local_irq_enable();
		break;
	case CTX_BH_OFF:
		local_bh_disable();
		fn(arg);
		local_bh_enable();
		break;
	default:
		fn(arg);
	}
}

static bool by_device(struct errand *e)
{
	int storm = dma_storm_start(0, this_cpu(), 0, do_errand, e);

	if (storm < 0)
		return false;
	dma_storm_fire(storm);
	wait_for_completion(&e->done);
	dma_storm_stop(storm);
	return true;
}

static bool by_ipi(struct errand *e)
{
	unsigned int cpu, here = this_cpu();

	for_each_online_cpu (cpu) {
		if (cpu != here)
			return !smp_call_function_single(cpu, do_errand, e, 1);
	}
	return false;
}

static bool by_tick(struct errand *e)
{
	if (tick_call(this_cpu(), do_errand, e))
		return false;
	wait_for_completion(&e->done);
	return true;
}

bool run_in_context(enum test_context ctx, void (*fn)(void *arg), void *arg)
{
	struct errand e = {.fn = fn, .arg = arg};

	if (!context_exists(ctx))
		return false;
	init_completion(&e.done);
	switch (ctx) {
	case CTX_TASKLET:
		tasklet_setup(&e.tasklet, errand_tasklet);
		tasklet_schedule(&e.tasklet);
		wait_for_completion(&e.done);
		tasklet_kill(&e.tasklet);
		return true;
	case CTX_TIMER:
		timer_setup(&e.timer, errand_timer, 0);
		mod_timer(&e.timer, jiffies + 1);
		wait_for_completion(&e.done);
		timer_delete_sync(&e.timer);
		return true;
	case CTX_TICK:
		return by_tick(&e);
	case CTX_MSI:
		return by_device(&e);
	case CTX_IPI:
		return by_ipi(&e);
	default:
		in_section(ctx, fn, arg);
		return true;
	}
}

/* ---- which context is it? ---- */

/** struct looks - what the predicates of preempt.h say, one bit each, and the level */
struct looks {
	bool task, hardirq, serving, softirq, interrupt, atomic, irqs_off, preemptible;
	unsigned char level;
};

/* What linux/preempt.h promises, by context. */
static const struct looks expected[NR_TEST_CONTEXTS] = {
	[CTX_TASK] = {.task = true, .preemptible = true},
	[CTX_PREEMPT_OFF] = {.task = true, .atomic = true},
	[CTX_SPINLOCK] = {.task = true, .atomic = true},
	[CTX_RCU] = {.task = true, .atomic = true},
	[CTX_IRQ_OFF] = {.task = true, .irqs_off = true},
	[CTX_BH_OFF] = {.task = true, .softirq = true, .interrupt = true, .atomic = true},
	[CTX_TASKLET] = {.serving = true, .softirq = true, .interrupt = true, .atomic = true, .level = 1},
	[CTX_TIMER] = {.serving = true, .softirq = true, .interrupt = true, .atomic = true, .level = 1},
	[CTX_TICK] = {.hardirq = true, .interrupt = true, .atomic = true, .irqs_off = true, .level = 2},
	[CTX_MSI] = {.hardirq = true, .interrupt = true, .atomic = true, .irqs_off = true, .level = 2},
	[CTX_IPI] = {.hardirq = true, .interrupt = true, .atomic = true, .irqs_off = true, .level = 2},
};

static void look(void *arg)
{
	struct looks *l = arg;

	*l = (struct looks){
		.task = in_task(),
		.hardirq = in_hardirq(),
		.serving = in_serving_softirq(),
		.softirq = in_softirq(),
		.interrupt = in_interrupt(),
		.atomic = in_atomic(),
		.irqs_off = irqs_disabled(),
		.preemptible = preemptible(),
		.level = interrupt_context_level(),
	};
}

static const enum test_context all_contexts[] = {
	CTX_TASK,    CTX_PREEMPT_OFF, CTX_SPINLOCK, CTX_RCU, CTX_IRQ_OFF, CTX_BH_OFF,
	CTX_TASKLET, CTX_TIMER,       CTX_TICK,     CTX_MSI, CTX_IPI,
};

static void context_name(const enum test_context *ctx, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", context_names[*ctx]);
}

KUNIT_ARRAY_PARAM(contexts, all_contexts, context_name);

/* A case about one context: skipped where the machine has no such thing. */
static enum test_context context_of(struct kunit *test)
{
	enum test_context ctx = *(const enum test_context *)test->param_value;

	if (!context_exists(ctx))
		kunit_skip(test, "%s",
			   ctx == CTX_MSI ? "needs a DMA engine (--dma bits=24)" : "needs a second CPU (--cpus 2)");
	return ctx;
}

static void told_apart(struct kunit *test)
{
	enum test_context ctx = context_of(test);
	const struct looks *want = &expected[ctx];
	struct looks l = {0};

	KUNIT_ASSERT_TRUE(test, run_in_context(ctx, look, &l));
	KUNIT_EXPECT_EQ(test, l.task, want->task);
	KUNIT_EXPECT_EQ(test, l.hardirq, want->hardirq);
	KUNIT_EXPECT_EQ(test, l.serving, want->serving);
	KUNIT_EXPECT_EQ(test, l.softirq, want->softirq);
	KUNIT_EXPECT_EQ(test, l.interrupt, want->interrupt);
	KUNIT_EXPECT_EQ(test, l.atomic, want->atomic);
	KUNIT_EXPECT_EQ(test, l.irqs_off, want->irqs_off);
	KUNIT_EXPECT_EQ(test, l.preemptible, want->preemptible);
	KUNIT_EXPECT_EQ(test, l.level, want->level);
}

/* ---- sleeping checks ---- */

static void ask_to_sleep(void *unused)
{
	(void)unused;
	might_sleep();
}

static void ask_not_to_sleep(void *unused)
{
	(void)unused;
	cant_sleep();
}

static void sleeping_checks(struct kunit *test)
{
	enum test_context ctx = context_of(test);
	unsigned long before = warn_count();

	if (ctx == CTX_TASK) {
		KUNIT_EXPECT_TRUE(test, run_in_context(ctx, ask_to_sleep, NULL));
		KUNIT_EXPECT_EQ(test, warn_count() - before, 0UL);
		KUNIT_EXPECT_REPORT(test, "assuming atomic context", run_in_context(ctx, ask_not_to_sleep, NULL));
		return;
	}
	KUNIT_EXPECT_TRUE(test, run_in_context(ctx, ask_not_to_sleep, NULL));
	KUNIT_EXPECT_EQ(test, warn_count() - before, 0UL);
	KUNIT_EXPECT_REPORT(test, "sleeping function called from invalid context",
			    run_in_context(ctx, ask_to_sleep, NULL));
}

static void non_block_sections(struct kunit *test)
{
	unsigned long before = warn_count();

	non_block_start();
	non_block_start();
	non_block_end();
	KUNIT_EXPECT_TRUE(test, preemptible());
	KUNIT_EXPECT_REPORT(test, "sleeping function called from invalid context", might_sleep());
	non_block_end();
	might_sleep();
	KUNIT_EXPECT_EQ(test, warn_count() - before, 1UL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(told_apart, contexts_gen_params),
	KUNIT_CASE_PARAM(sleeping_checks, contexts_gen_params),
	KUNIT_CASE(non_block_sections),
	{},
};
static struct kunit_suite suite = {.name = "contexts", .test_cases = cases};
kunit_test_suite(suite);
