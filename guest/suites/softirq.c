// SPDX-License-Identifier: MIT
/*
 * softirq.c - suites: softirqs, tasklets and timers run where and when they should, on every CPU.
 *
 * Bounds on time are from below only, or so far above that only "never" exceeds them.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/timer.h>
#include <mmvisor/dma_engine.h>

#include "sched_suite.h"

/** struct seen - what a function finds around it when it runs */
struct seen {
	struct tasklet_struct tasklet;
	struct timer_list timer;
	atomic_t runs;
	unsigned int count, cpu, level;
	bool irqs_off, in_thread;
	unsigned long when;
	struct completion done;
};

static void look_around(struct seen *s)
{
	s->count = preempt_count();
	s->cpu = smp_processor_id();
	s->level = interrupt_context_level();
	s->irqs_off = irqs_disabled();
	s->in_thread = !strncmp(current->comm, "ksoftirqd/", 10);
	s->when = jiffies;
	atomic_inc(&s->runs);
	complete(&s->done);
}

static void look_tasklet(struct tasklet_struct *t)
{
	struct seen *s = from_tasklet(s, t, tasklet);

	look_around(s);
}

static void look_timer(struct timer_list *t)
{
	struct seen *s = from_timer(s, t, timer);

	look_around(s);
}

static void seen_init(struct seen *s)
{
	memset(s, 0, sizeof(*s));
	tasklet_setup(&s->tasklet, look_tasklet);
	timer_setup(&s->timer, look_timer, 0);
	init_completion(&s->done);
}

static bool wait_for(struct seen *s)
{
	return wait_for_completion_timeout(&s->done, PATIENCE) != 0;
}

static void expect_softirq(struct kunit *test, const struct seen *s)
{
	KUNIT_EXPECT_EQ(test, s->count & (SOFTIRQ_MASK | HARDIRQ_MASK), (unsigned int)SOFTIRQ_OFFSET);
	KUNIT_EXPECT_EQ(test, s->level, 1U);
	KUNIT_EXPECT_FALSE(test, s->irqs_off);
}

/* ---- softirqs and tasklets ---- */

static void tasklets_run_in_softirqs(struct kunit *test)
{
	struct seen s;

	seen_init(&s);
	tasklet_schedule(&s.tasklet);
	KUNIT_ASSERT_TRUE(test, wait_for(&s));
	expect_softirq(test, &s);
	KUNIT_EXPECT_EQ(test, s.cpu, this_cpu());
	tasklet_kill(&s.tasklet);
	KUNIT_EXPECT_EQ(test, atomic_read(&s.runs), 1);
}

static void enabling_softirqs_serves_them(struct kunit *test)
{
	struct seen s;
	int held, served;

	seen_init(&s);
	local_bh_disable();
	tasklet_schedule(&s.tasklet);
	/* Twice before it ran is once. */
	tasklet_schedule(&s.tasklet);
	held = atomic_read(&s.runs);
	local_bh_enable();
	served = atomic_read(&s.runs);
	KUNIT_EXPECT_EQ(test, held, 0);
	KUNIT_EXPECT_EQ(test, served, 1);
	expect_softirq(test, &s);
	tasklet_schedule(&s.tasklet);
	KUNIT_EXPECT_TRUE(test, UNTIL(atomic_read(&s.runs) == 2));
	tasklet_kill(&s.tasklet);
}

static void disabled_tasklets_wait(struct kunit *test)
{
	struct seen s;

	seen_init(&s);
	tasklet_disable(&s.tasklet);
	tasklet_disable(&s.tasklet);
	tasklet_schedule(&s.tasklet);
	msleep(30);
	tasklet_enable(&s.tasklet);
	msleep(30);
	KUNIT_EXPECT_EQ(test, atomic_read(&s.runs), 0);
	tasklet_enable(&s.tasklet);
	KUNIT_EXPECT_TRUE(test, wait_for(&s));
	/* One that is scheduled and disabled can be killed, too. */
	tasklet_disable(&s.tasklet);
	tasklet_schedule(&s.tasklet);
	msleep(20);
	tasklet_kill(&s.tasklet);
	tasklet_enable(&s.tasklet);
	msleep(20);
	KUNIT_EXPECT_EQ(test, atomic_read(&s.runs), 1);
}

static int order[4];
static unsigned int nr_order;

static void note(unsigned long who)
{
	if (nr_order < ARRAY_SIZE(order))
		order[nr_order++] = (int)who;
}

static void high_ones_go_first(struct kunit *test)
{
	struct tasklet_struct low, low2, high;

	nr_order = 0;
	tasklet_init(&low, note, 1);
	tasklet_init(&low2, note, 2);
	tasklet_init(&high, note, 3);
	local_bh_disable();
	tasklet_schedule(&low);
	tasklet_schedule(&low2);
	tasklet_hi_schedule(&high);
	local_bh_enable();
	KUNIT_ASSERT_EQ(test, nr_order, 3U);
	KUNIT_EXPECT_EQ(test, order[0], 3);
	KUNIT_EXPECT_EQ(test, order[1], 1);
	KUNIT_EXPECT_EQ(test, order[2], 2);
}

static void schedule_it(void *data)
{
	struct seen *s = data;

	tasklet_schedule(&s->tasklet);
}

static void interrupts_leave_them_behind(struct kunit *test)
{
	unsigned int cpu;

	/* A real interrupt on each CPU; what it leaves runs there on its way out. */
	for_each_online_cpu (cpu) {
		struct seen s;
		int storm;

		seen_init(&s);
		storm = dma_storm_start(0, cpu, 0, schedule_it, &s);
		KUNIT_ASSERT_GE(test, storm, 0);
		dma_storm_fire(storm);
		KUNIT_EXPECT_TRUE(test, wait_for(&s));
		dma_storm_stop(storm);
		tasklet_kill(&s.tasklet);
		expect_softirq(test, &s);
		KUNIT_EXPECT_EQ(test, s.cpu, cpu);
	}
}

/** struct load - a tasklet that is never content. @left: how often it still comes back */
struct load {
	struct tasklet_struct tasklet;
	atomic_t left, in_thread, nested, inside;
};

static void come_again(struct tasklet_struct *t)
{
	struct load *l = from_tasklet(l, t, tasklet);

	if (atomic_inc_return(&l->inside) != 1)
		atomic_inc(&l->nested);
	if (!strncmp(current->comm, "ksoftirqd/", 10))
		atomic_inc(&l->in_thread);
	if (atomic_dec_return(&l->left) > 0)
		tasklet_schedule(t);
	atomic_dec(&l->inside);
}

static void too_much_goes_to_ksoftirqd(struct kunit *test)
{
	unsigned int cpu = this_cpu();
	unsigned long turns = ksoftirqd_turns(cpu), served = softirq_count_served(cpu);
	struct load l = {.left = ATOMIC_INIT(150)};

	tasklet_setup(&l.tasklet, come_again);
	tasklet_schedule(&l.tasklet);
	/* This thread gets its turns meanwhile, or it would never see the end. */
	KUNIT_EXPECT_TRUE(test, UNTIL(atomic_read(&l.left) == 0));
	tasklet_kill(&l.tasklet);
	KUNIT_EXPECT_GT(test, atomic_read(&l.in_thread), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&l.nested), 0);
	KUNIT_EXPECT_GT(test, ksoftirqd_turns(cpu), turns);
	KUNIT_EXPECT_GE(test, softirq_count_served(cpu) - served, 150UL);
}

static void wait_for_a_tick(struct tasklet_struct *t)
{
	struct seen *s = from_tasklet(s, t, tasklet);
	unsigned int cpu = smp_processor_id();
	unsigned long ticks = cpu_timer_ticks(cpu), end = 0;

	/* Counted in rounds: nothing here may hang if no interrupt comes. */
	while (cpu_timer_ticks(cpu) == ticks && end++ < 20000000)
		cpu_relax();
	s->when = cpu_timer_ticks(cpu) - ticks;
	complete(&s->done);
}

static void interrupts_nest_in_softirqs(struct kunit *test)
{
	struct seen s;

	seen_init(&s);
	tasklet_setup(&s.tasklet, wait_for_a_tick);
	tasklet_schedule(&s.tasklet);
	KUNIT_ASSERT_TRUE(test, wait_for(&s));
	tasklet_kill(&s.tasklet);
	KUNIT_EXPECT_GT(test, s.when, 0UL);
}

static atomic_t raised[NR_CPUS];

static void count_raised(struct softirq_action *a)
{
	(void)a;
	atomic_inc(&raised[smp_processor_id()]);
}

static void raise_one(void *unused)
{
	(void)unused;
	raise_softirq_irqoff(BLOCK_SOFTIRQ);
}

static void each_cpu_serves_its_own(struct kunit *test)
{
	unsigned int cpu;

	open_softirq(BLOCK_SOFTIRQ, count_raised);
	for_each_online_cpu (cpu)
		atomic_set(&raised[cpu], 0);
	on_each_cpu(raise_one, NULL, 1);
	for_each_online_cpu (cpu)
		KUNIT_EXPECT_TRUE_MSG(test, UNTIL(atomic_read(&raised[cpu]) == 1), "CPU %u: %d", cpu,
				      atomic_read(&raised[cpu]));
	open_softirq(BLOCK_SOFTIRQ, NULL);
}

static struct kunit_case softirq_cases[] = {
	KUNIT_CASE(tasklets_run_in_softirqs),
	KUNIT_CASE(enabling_softirqs_serves_them),
	KUNIT_CASE(disabled_tasklets_wait),
	KUNIT_CASE(high_ones_go_first),
	KUNIT_CASE(interrupts_leave_them_behind),
	KUNIT_CASE(too_much_goes_to_ksoftirqd),
	KUNIT_CASE(interrupts_nest_in_softirqs),
	KUNIT_CASE(each_cpu_serves_its_own),
	{},
};
static struct kunit_suite softirq_suite = {.name = "softirq", .test_cases = softirq_cases};

/* ---- timers ---- */

static void timers_fire_once_and_not_early(struct kunit *test)
{
	struct seen s;
	unsigned long at = jiffies + 3;
	bool pending;

	seen_init(&s);
	s.timer.expires = at;
	/* A slow machine may have three ticks in between. */
	local_irq_disable();
	add_timer(&s.timer);
	pending = timer_pending(&s.timer);
	local_irq_enable();
	KUNIT_EXPECT_TRUE(test, pending);
	KUNIT_ASSERT_TRUE(test, wait_for(&s));
	expect_softirq(test, &s);
	KUNIT_EXPECT_TRUE(test, time_after_eq(s.when, at));
	KUNIT_EXPECT_FALSE(test, timer_pending(&s.timer));
	msleep(30);
	KUNIT_EXPECT_EQ(test, atomic_read(&s.runs), 1);
	KUNIT_EXPECT_EQ(test, timer_delete_sync(&s.timer), 0);
}

static void timers_change_their_time(struct kunit *test)
{
	unsigned long far = jiffies + 1000 * HZ;
	struct seen s;

	seen_init(&s);
	KUNIT_EXPECT_EQ(test, mod_timer_pending(&s.timer, far), 0);
	KUNIT_EXPECT_FALSE(test, timer_pending(&s.timer));
	KUNIT_EXPECT_EQ(test, mod_timer(&s.timer, far), 0);
	KUNIT_EXPECT_EQ(test, timer_reduce(&s.timer, far + 1), 1);
	KUNIT_EXPECT_EQ(test, s.timer.expires, far);
	KUNIT_EXPECT_EQ(test, mod_timer(&s.timer, far + 9), 1);
	KUNIT_EXPECT_EQ(test, timer_delete(&s.timer), 1);
	KUNIT_EXPECT_EQ(test, timer_delete(&s.timer), 0);
	mod_timer(&s.timer, far);
	KUNIT_EXPECT_EQ(test, timer_reduce(&s.timer, jiffies + 1), 1);
	KUNIT_EXPECT_TRUE(test, wait_for(&s));
	/* Shut down is for good. */
	KUNIT_EXPECT_EQ(test, timer_shutdown_sync(&s.timer), 0);
	KUNIT_EXPECT_EQ(test, mod_timer(&s.timer, jiffies), 0);
	msleep(30);
	KUNIT_EXPECT_EQ(test, atomic_read(&s.runs), 1);
}

static void note_timer(struct timer_list *t)
{
	struct seen *s = from_timer(s, t, timer);

	note(s->count);
	complete(&s->done);
}

static void timers_fire_in_order(struct kunit *test)
{
	static const unsigned int delays[] = {9, 3, 6, 3};
	struct seen s[ARRAY_SIZE(delays)];
	unsigned long now;

	nr_order = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(s); i++) {
		seen_init(&s[i]);
		timer_setup(&s[i].timer, note_timer, 0);
		s[i].count = i;
	}
	/* Not to another CPU in between: its ticks are not in step with this one's. And no tick in between, which would fire some. */
	local_irq_disable();
	now = jiffies;
	for (unsigned int i = 0; i < ARRAY_SIZE(s); i++)
		mod_timer(&s[i].timer, now + delays[i]);
	local_irq_enable();
	for (unsigned int i = 0; i < ARRAY_SIZE(s); i++) {
		KUNIT_EXPECT_TRUE(test, wait_for(&s[i]));
		timer_delete_sync(&s[i].timer);
	}
	KUNIT_ASSERT_EQ(test, nr_order, 4U);
	KUNIT_EXPECT_EQ(test, order[0], 1);
	KUNIT_EXPECT_EQ(test, order[1], 3);
	KUNIT_EXPECT_EQ(test, order[2], 2);
	KUNIT_EXPECT_EQ(test, order[3], 0);
}

static void timers_fire_where_told(struct kunit *test)
{
	unsigned int cpu;

	for_each_online_cpu (cpu) {
		struct seen s;

		seen_init(&s);
		s.timer.expires = jiffies + 1;
		add_timer_on(&s.timer, (int)cpu);
		KUNIT_EXPECT_TRUE(test, wait_for(&s));
		timer_delete_sync(&s.timer);
		KUNIT_EXPECT_EQ(test, s.cpu, cpu);
	}
}

/** struct racer - a timer that is armed and deleted over and over. @alive: it may run; @late: it ran when it must not */
struct racer {
	struct timer_list timer;
	bool alive;
	atomic_t runs, late;
	unsigned int rounds;
	struct completion done;
};

static void race_timer(struct timer_list *t)
{
	struct racer *r = from_timer(r, t, timer);

	if (!READ_ONCE(r->alive))
		atomic_inc(&r->late);
	atomic_inc(&r->runs);
	/* From its own function it may be armed again. */
	mod_timer(t, jiffies);
	if (!READ_ONCE(r->alive))
		atomic_inc(&r->late);
}

static int race(void *data)
{
	struct racer *r = data;

	for (unsigned int i = 0; i < r->rounds; i++) {
		WRITE_ONCE(r->alive, true);
		mod_timer(&r->timer, jiffies + i % 2);
		if (i % 3)
			schedule_timeout_uninterruptible(1);
		else
			cond_resched();
		timer_delete_sync(&r->timer);
		/* Neither does it run, nor will it. */
		WRITE_ONCE(r->alive, false);
		if (timer_pending(&r->timer))
			atomic_inc(&r->late);
		cond_resched();
	}
	complete(&r->done);
	return 0;
}

static void deleted_timers_do_not_run(struct kunit *test)
{
	struct racer *r = kunit_kzalloc(test, nr_cpu_ids * sizeof(*r), GFP_KERNEL);
	int runs = 0;
	unsigned int cpu;

	KUNIT_ASSERT_NOT_NULL(test, r);
	for_each_online_cpu (cpu) {
		timer_setup(&r[cpu].timer, race_timer, 0);
		init_completion(&r[cpu].done);
		r[cpu].rounds = 40;
		/* Not bound: the thread may be elsewhere than its timer. */
		if (IS_ERR(kthread_run(race, &r[cpu], "race/%u", cpu)))
			panic("no memory for a thread");
	}
	for_each_online_cpu (cpu) {
		wait_for_completion(&r[cpu].done);
		KUNIT_EXPECT_EQ(test, atomic_read(&r[cpu].late), 0);
		runs += atomic_read(&r[cpu].runs);
	}
	KUNIT_EXPECT_GT(test, runs, 0);
}

static struct kunit_case timer_cases[] = {
	KUNIT_CASE(timers_fire_once_and_not_early), KUNIT_CASE(timers_change_their_time),
	KUNIT_CASE(timers_fire_in_order),           KUNIT_CASE(timers_fire_where_told),
	KUNIT_CASE(deleted_timers_do_not_run),      {},
};
static struct kunit_suite timer_suite = {.name = "timers", .test_cases = timer_cases};

kunit_test_suites(&softirq_suite, &timer_suite);
