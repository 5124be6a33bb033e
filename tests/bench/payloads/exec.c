// SPDX-License-Identifier: MIT
/*
 * exec.c - what the execution core costs, in ticks of the TSC: guest instructions where the machine counts them (tools/nested.sh
 * --icount), cycles elsewhere.
 *
 * A row is a way from one place to another, gone so many times; the least is what it costs. One line a row: "bench: NAME COST".
 * What passes an interrupt controller holds what the hypervisor under the guest executes for it, too.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/stringify.h>
#include <linux/workqueue.h>
#include <mmvisor/dma_engine.h>

#include <asm/apic.h>

#define ROUNDS 300
#define PATIENCE (60 * HZ)

static u64 best, started;

static void row_begin(void)
{
	best = U64_MAX;
}

static void took(u64 ticks)
{
	best = min(best, ticks);
}

static void row_end(const char *name)
{
	pr_info("bench: %s %llu\n", name, (unsigned long long)best);
}

/* ---- from task to task ---- */

static bool over;
static DECLARE_COMPLETION(ping);
static DECLARE_COMPLETION(pong);

static int yield_back(void *unused)
{
	(void)unused;
	while (!READ_ONCE(over))
		yield();
	complete(&pong);
	return 0;
}

static int answer(void *unused)
{
	(void)unused;
	for (;;) {
		wait_for_completion(&ping);
		if (READ_ONCE(over))
			break;
		complete(&pong);
	}
	complete(&pong);
	return 0;
}

static void start_here(struct kunit *test, int (*fn)(void *))
{
	over = false;
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, kthread_run_on_cpu(fn, NULL, task_cpu(current), "partner/%u"));
}

static void switches(struct kunit *test)
{
	start_here(test, yield_back);
	row_begin();
	for (unsigned int i = 0; i < ROUNDS; i++) {
		u64 start = rdtsc();

		/* There and back. */
		yield();
		took((rdtsc() - start) / 2);
	}
	row_end("context_switch.yield");
	over = true;
	wait_for_completion(&pong);

	start_here(test, answer);
	row_begin();
	for (unsigned int i = 0; i < ROUNDS; i++) {
		u64 start = rdtsc();

		complete(&ping);
		wait_for_completion(&pong);
		took((rdtsc() - start) / 2);
	}
	row_end("context_switch.sleep_and_wake");
	over = true;
	complete(&ping);
	wait_for_completion(&pong);
}

/* ---- softirqs ---- */

static void arrive(struct tasklet_struct *t)
{
	(void)t;
	took(rdtsc() - started);
	complete(&pong);
}

static DECLARE_TASKLET(tasklet, arrive);

static void leave(void *unused)
{
	(void)unused;
	started = rdtsc();
	tasklet_schedule(&tasklet);
}

static void softirqs(struct kunit *test)
{
	int storm;

	row_begin();
	for (unsigned int i = 0; i < ROUNDS; i++) {
		local_bh_disable();
		started = rdtsc();
		tasklet_schedule(&tasklet);
		local_bh_enable();
		wait_for_completion(&pong);
	}
	row_end("softirq.raise_to_handler_in_task");

	storm = dma_storm_start(0, task_cpu(current), 0, leave, NULL);
	KUNIT_ASSERT_GE(test, storm, 0);
	row_begin();
	for (unsigned int i = 0; i < ROUNDS; i++) {
		dma_storm_fire(storm);
		KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&pong, PATIENCE), 0UL);
	}
	row_end("softirq.raise_to_handler_in_interrupt");
	dma_storm_stop(storm);
	tasklet_kill(&tasklet);
}

/* ---- interrupts ---- */

/* An "int" for each vector that a device may have: the way in without anybody outside who delivers it. */
#define INT_STUB_SIZE 4
asm(".balign 16\n"
    "int_stubs:\n"
    "vector = " __stringify(FIRST_DEVICE_VECTOR) "\n"
						 ".rept " __stringify(LAST_DEVICE_VECTOR) " - " __stringify(
							 FIRST_DEVICE_VECTOR) " + 1\n"
									      ".balign 4\n"
									      "int $vector\n"
									      "ret\n"
									      "vector = vector + 1\n"
									      ".endr\n");
extern char int_stubs[];

static u64 seen;

static irqreturn_t arrive_irq(int irq, void *dev)
{
	(void)irq;
	(void)dev;
	took(rdtsc() - READ_ONCE(seen));
	return IRQ_HANDLED;
}

static bool arrived;

static void arrive_storm(void *unused)
{
	(void)unused;
	took(rdtsc() - READ_ONCE(seen));
	WRITE_ONCE(arrived, true);
}

static void interrupts(struct kunit *test)
{
	struct msi_msg msg;
	int irq = msi_alloc_irq(task_cpu(current), &msg), storm;
	void (*raise)(void) = (void (*)(void))(int_stubs + (irq - FIRST_DEVICE_VECTOR) * INT_STUB_SIZE);

	KUNIT_ASSERT_GT(test, irq, 0);
	KUNIT_ASSERT_EQ(test, request_irq((unsigned int)irq, arrive_irq, 0, "bench", NULL), 0);
	row_begin();
	for (unsigned int i = 0; i < ROUNDS; i++) {
		WRITE_ONCE(seen, rdtsc());
		raise();
	}
	row_end("interrupt.entry_to_handler");
	free_irq((unsigned int)irq, NULL);
	msi_free_irq(irq);

	/* The same from the last instruction that the interrupted code had done, the delivery included. */
	storm = dma_storm_start(0, task_cpu(current), 0, arrive_storm, NULL);
	KUNIT_ASSERT_GE(test, storm, 0);
	row_begin();
	for (unsigned int i = 0; i < ROUNDS; i++) {
		WRITE_ONCE(arrived, false);
		dma_storm_fire(storm);
		while (!READ_ONCE(arrived))
			WRITE_ONCE(seen, rdtsc());
	}
	row_end("interrupt.interrupted_code_to_handler");
	dma_storm_stop(storm);
}

/* ---- work items, callbacks ---- */

static void arrive_work(struct work_struct *work)
{
	(void)work;
	took(rdtsc() - started);
}

static DECLARE_WORK(work, arrive_work);

static void nothing(struct rcu_head *head)
{
	(void)head;
}

static void deferred(struct kunit *test)
{
	static struct rcu_head heads[ROUNDS];

	(void)test;
	row_begin();
	for (unsigned int i = 0; i < ROUNDS; i++) {
		started = rdtsc();
		schedule_work(&work);
		flush_work(&work);
	}
	row_end("workqueue.queue_to_work");
	row_begin();
	for (unsigned int i = 0; i < ROUNDS; i++) {
		u64 start = rdtsc();

		call_rcu(&heads[i], nothing);
		took(rdtsc() - start);
	}
	row_end("call_rcu");
	rcu_barrier();
}

/* ---- locks, uncontended ---- */

static DEFINE_SPINLOCK(spin);
static DEFINE_MUTEX(mutex);

#define PAIR(name, lock, unlock)                                                                                       \
	do {                                                                                                           \
		row_begin();                                                                                           \
		for (unsigned int i = 0; i < ROUNDS; i++) {                                                            \
			u64 start = rdtsc();                                                                           \
                                                                                                                       \
			for (unsigned int k = 0; k < 16; k++) {                                                        \
				lock;                                                                                  \
				unlock;                                                                                \
			}                                                                                              \
			took((rdtsc() - start) / 16);                                                                  \
		}                                                                                                      \
		row_end(name);                                                                                         \
	} while (0)

static void locks(struct kunit *test)
{
	unsigned long flags;

	(void)test;
	PAIR("rcu_read_lock.pair", rcu_read_lock(), rcu_read_unlock());
	PAIR("spin_lock.pair", spin_lock(&spin), spin_unlock(&spin));
	PAIR("spin_lock_irqsave.pair", spin_lock_irqsave(&spin, flags), spin_unlock_irqrestore(&spin, flags));
	PAIR("local_bh_disable.pair", local_bh_disable(), local_bh_enable());
	PAIR("mutex.pair", mutex_lock(&mutex), mutex_unlock(&mutex));
}

/* ---- from CPU to CPU ---- */

static void answer_call(void *unused)
{
	(void)unused;
}

static void ipis(struct kunit *test)
{
	unsigned int other;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs a second CPU to interrupt (--cpus 2)");
	migrate_disable();
	other = task_cpu(current) ? 0 : 1;
	row_begin();
	for (unsigned int i = 0; i < ROUNDS; i++) {
		u64 start = rdtsc();

		smp_call_function_single(other, answer_call, NULL, 1);
		took(rdtsc() - start);
	}
	row_end("ipi.round_trip");
	migrate_enable();
}

static struct kunit_case cases[] = {
	KUNIT_CASE(switches),
	KUNIT_CASE(softirqs),
	KUNIT_CASE(interrupts),
	KUNIT_CASE(deferred),
	KUNIT_CASE(locks),
	KUNIT_CASE(ipis),
	{},
};
static struct kunit_suite suite = {.name = "exec", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
