// SPDX-License-Identifier: MIT
/*
 * smp.c - suites: sets of CPUs, calls to other CPUs, tasks that move between CPUs, and semaphores that many hold.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/wait.h>

#include "sched_suite.h"

/* A thread that the case stops itself. */
static struct task_struct *start(struct kunit *test, int (*fn)(void *), void *data, const struct cpumask *where)
{
	struct task_struct *task = kthread_create(fn, data, "smp");

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	get_task_struct(task);
	if (where)
		KUNIT_EXPECT_EQ(test, set_cpus_allowed_ptr(task, where), 0);
	wake_up_process(task);
	return task;
}

static void stop(struct task_struct *task)
{
	kthread_stop(task);
	put_task_struct(task);
}

/* ---- sets ---- */

static void sets_of_cpus(struct kunit *test)
{
	struct cpumask a = CPU_MASK_NONE, b = CPU_MASK_NONE, c;
	unsigned int cpu, n = 0;

	KUNIT_EXPECT_TRUE(test, cpumask_empty(&a));
	KUNIT_EXPECT_GE(test, cpumask_first(&a), nr_cpu_ids);
	cpumask_copy(&a, cpu_possible_mask);
	KUNIT_EXPECT_EQ(test, (unsigned int)cpumask_weight(&a), nr_cpu_ids);
	KUNIT_EXPECT_TRUE(test, cpumask_full(&a));
	for_each_cpu(cpu, &a)
	{
		KUNIT_EXPECT_EQ(test, cpu, n++);
		KUNIT_EXPECT_TRUE(test, cpumask_equal(cpumask_of(cpu), &((struct cpumask){{1UL << cpu}})));
	}
	KUNIT_EXPECT_EQ(test, n, num_online_cpus());
	cpumask_set_cpu(0, &b);
	KUNIT_EXPECT_FALSE(test, cpumask_test_and_clear_cpu(1, &b));
	KUNIT_EXPECT_TRUE(test, cpumask_test_and_set_cpu(0, &b));
	KUNIT_EXPECT_TRUE(test, cpumask_subset(&b, &a));
	KUNIT_EXPECT_TRUE(test, cpumask_intersects(&a, &b));
	KUNIT_EXPECT_TRUE(test, cpumask_and(&c, &a, &b));
	KUNIT_EXPECT_TRUE(test, cpumask_equal(&c, &b));
	KUNIT_EXPECT_EQ(test, cpumask_andnot(&c, &a, &b), nr_cpu_ids > 1);
	KUNIT_EXPECT_EQ(test, (unsigned int)cpumask_weight(&c), nr_cpu_ids - 1);
	cpumask_complement(&c, &c);
	KUNIT_EXPECT_TRUE(test, cpumask_equal(&c, &b));
	KUNIT_EXPECT_EQ(test, cpumask_any_and(&a, &b), 0U);
	KUNIT_EXPECT_EQ(test, cpumask_any_but(&a, 0), 1U);
	KUNIT_EXPECT_GE(test, cpumask_next((int)nr_cpu_ids - 1, &a), nr_cpu_ids);
}

/* ---- calls ---- */

static atomic_t called[NR_CPUS];
static atomic_t not_in_interrupt;

static void count_call(void *info)
{
	unsigned int cpu = smp_processor_id();

	if (!irqs_disabled() || (info && cpu != *(unsigned int *)info && !in_hardirq()))
		atomic_inc(&not_in_interrupt);
	atomic_inc(&called[cpu]);
}

static int calls_in_all(void)
{
	unsigned int cpu;
	int sum = 0;

	for_each_online_cpu (cpu)
		sum += atomic_read(&called[cpu]);
	return sum;
}

static void calls_reset(void)
{
	unsigned int cpu;

	for_each_online_cpu (cpu)
		atomic_set(&called[cpu], 0);
	atomic_set(&not_in_interrupt, 0);
}

static bool odd_ones(int cpu, void *info)
{
	(void)info;
	return cpu % 2;
}

static void calls_reach_whom_they_should(struct kunit *test)
{
	int others = (int)num_online_cpus() - 1, odd = (int)num_online_cpus() / 2;
	unsigned int me;

	calls_reset();
	migrate_disable();
	me = this_cpu();
	on_each_cpu(count_call, &me, 1);
	KUNIT_EXPECT_EQ(test, calls_in_all(), others + 1);
	smp_call_function(count_call, &me, 1);
	KUNIT_EXPECT_EQ(test, calls_in_all(), 2 * others + 1);
	smp_call_function_many(cpumask_of(me), count_call, &me, true);
	KUNIT_EXPECT_EQ(test, calls_in_all(), 2 * others + 1);
	on_each_cpu_mask(cpumask_of(me), count_call, &me, true);
	KUNIT_EXPECT_EQ(test, atomic_read(&called[me]), 2);
	calls_reset();
	on_each_cpu_cond(odd_ones, count_call, &me, true);
	KUNIT_EXPECT_EQ(test, calls_in_all(), odd);
	KUNIT_EXPECT_EQ(test, smp_call_function_any(cpu_online_mask, count_call, &me, 1), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&called[me]), 1 + (int)(me % 2));
	KUNIT_EXPECT_EQ(test, smp_call_function_single(nr_cpu_ids, count_call, &me, 1), -ENXIO);
	KUNIT_EXPECT_EQ(test, atomic_read(&not_in_interrupt), 0);
	migrate_enable();
	kick_all_cpus_sync();
}

static void calls_without_waiting(struct kunit *test)
{
	call_single_data_t csd[4];
	unsigned int cpu;

	calls_reset();
	for_each_online_cpu (cpu) {
		atomic_set(&called[cpu], 0);
		for (unsigned int i = 0; i < 4; i++) {
			INIT_CSD(&csd[i], count_call, NULL);
			local_irq_disable();
			if (smp_call_function_single_async((int)cpu, &csd[i]))
				atomic_inc(&not_in_interrupt);
			local_irq_enable();
		}
		KUNIT_EXPECT_TRUE(test, UNTIL(atomic_read(&called[cpu]) == 4));
		KUNIT_EXPECT_EQ(test, smp_call_function_single(cpu, count_call, NULL, 0), 0);
		KUNIT_EXPECT_TRUE(test, UNTIL(atomic_read(&called[cpu]) == 5));
	}
	KUNIT_EXPECT_EQ(test, smp_call_function_single_async((int)nr_cpu_ids, &csd[0]), -ENXIO);
	KUNIT_EXPECT_EQ(test, atomic_read(&not_in_interrupt), 0);
}

#define CALL_ROUNDS 25

static int call_everybody(void *data)
{
	for (unsigned int i = 0; i < CALL_ROUNDS; i++)
		on_each_cpu(count_call, NULL, i % 2);
	complete(data);
	return 0;
}

static void everybody_calls_everybody(struct kunit *test)
{
	int cpus = (int)num_online_cpus();
	struct task_struct *tasks[NR_CPUS] = {NULL};
	DECLARE_COMPLETION(done);
	unsigned int cpu;

	calls_reset();
	for_each_online_cpu (cpu)
		tasks[cpu] = start(test, call_everybody, &done, cpumask_of(cpu));
	for_each_online_cpu (cpu)
		wait_for_completion(&done);
	for_each_online_cpu (cpu)
		stop(tasks[cpu]);
	KUNIT_EXPECT_TRUE(test, UNTIL(calls_in_all() == cpus * cpus * CALL_ROUNDS));
	KUNIT_EXPECT_EQ(test, calls_in_all(), cpus * cpus * CALL_ROUNDS);
}

static struct kunit_case call_cases[] = {
	KUNIT_CASE(sets_of_cpus),
	KUNIT_CASE(calls_reach_whom_they_should),
	KUNIT_CASE(calls_without_waiting),
	KUNIT_CASE(everybody_calls_everybody),
	{},
};
static struct kunit_suite call_suite = {.name = "smp", .test_cases = call_cases};

/* ---- moving ---- */

/** struct mover - a thread that notes where it has been */
struct mover {
	unsigned long seen; /* a bit for each CPU */
	unsigned int cpu;
	unsigned long turns;
	bool sleepy;
};

static int move_around(void *data)
{
	struct mover *m = data;

	while (!kthread_should_stop()) {
		unsigned int cpu = this_cpu();

		WRITE_ONCE(m->cpu, cpu);
		WRITE_ONCE(m->seen, m->seen | 1UL << cpu);
		WRITE_ONCE(m->turns, m->turns + 1);
		if (m->sleepy)
			schedule_timeout_interruptible(1);
	}
	return 0;
}

/* It ran after the call, and only there. */
static bool stays_on(struct mover *m, unsigned int cpu)
{
	unsigned long turns;

	WRITE_ONCE(m->seen, 0);
	turns = READ_ONCE(m->turns);
	if (!UNTIL(READ_ONCE(m->turns) > turns + 3))
		return false;
	WRITE_ONCE(m->seen, 0);
	turns = READ_ONCE(m->turns);
	return UNTIL(READ_ONCE(m->turns) > turns + 3) && READ_ONCE(m->seen) == 1UL << cpu;
}

static void tasks_go_where_they_are_sent(struct kunit *test)
{
	for (unsigned int kind = 0; kind < 2; kind++) {
		struct mover m = {.sleepy = kind};
		struct task_struct *task = start(test, move_around, &m, NULL);
		unsigned int cpu;

		for_each_online_cpu (cpu) {
			KUNIT_EXPECT_EQ(test, set_cpus_allowed_ptr(task, cpumask_of(cpu)), 0);
			KUNIT_EXPECT_TRUE_MSG(test, stays_on(&m, cpu), "CPU %u, %s", cpu, kind ? "sleeping" : "busy");
		}
		KUNIT_EXPECT_EQ(test, set_cpus_allowed_ptr(task, &CPU_MASK_NONE), -EINVAL);
		stop(task);
	}
}

static int go_everywhere(void *data)
{
	struct mover *m = data;
	unsigned int cpu;

	for_each_online_cpu (cpu) {
		set_cpus_allowed_ptr(current, cpumask_of(cpu));
		if (this_cpu() == cpu)
			m->seen |= 1UL << cpu;
	}
	set_cpus_allowed_ptr(current, cpu_possible_mask);
	migrate_disable();
	cpu = this_cpu();
	m->turns = 1;
	for (unsigned int i = 0; i < 6; i++) {
		schedule_timeout_uninterruptible(1);
		if (this_cpu() != cpu)
			m->turns = 0;
	}
	migrate_enable();
	return 0;
}

static void tasks_send_themselves(struct kunit *test)
{
	struct mover m = {0};
	struct task_struct *task = kthread_create(go_everywhere, &m, "mover"), *bound;
	unsigned int tries = 0;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	get_task_struct(task);
	wake_up_process(task);
	while (!READ_ONCE(m.turns) && tries++ < 200)
		msleep(10);
	stop(task);
	KUNIT_EXPECT_EQ(test, m.seen, cpu_online_mask->bits[0]);
	KUNIT_EXPECT_EQ(test, m.turns, 1UL);
	bound = kthread_create_on_cpu(move_around, &m, 0, "bound/%u");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bound);
	KUNIT_EXPECT_EQ(test, set_cpus_allowed_ptr(bound, cpu_possible_mask), -EINVAL);
	kthread_stop(bound);
}

static void work_spreads(struct kunit *test)
{
	unsigned int nr = 2 * num_online_cpus();
	struct mover *m = kunit_kcalloc(test, nr, sizeof(*m), GFP_KERNEL);
	struct task_struct **tasks = kunit_kcalloc(test, nr, sizeof(*tasks), GFP_KERNEL);
	unsigned long end = jiffies + PATIENCE, used = 0;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs a second CPU to move to (--cpus 2)");
	KUNIT_ASSERT_NOT_NULL(test, m);
	KUNIT_ASSERT_NOT_NULL(test, tasks);
	/* All start on one CPU, and never sleep; then they may go anywhere. */
	for (unsigned int i = 0; i < nr; i++)
		tasks[i] = start(test, move_around, &m[i], cpumask_of(0));
	for (unsigned int i = 0; i < nr; i++)
		KUNIT_EXPECT_EQ(test, set_cpus_allowed_ptr(tasks[i], cpu_possible_mask), 0);
	while (used != cpu_online_mask->bits[0] && time_before(jiffies, end)) {
		schedule_timeout_uninterruptible(1);
		for (unsigned int i = 0; i < nr; i++)
			used |= READ_ONCE(m[i].seen);
	}
	KUNIT_EXPECT_EQ(test, used, cpu_online_mask->bits[0]);
	for (unsigned int i = 0; i < nr; i++) {
		KUNIT_EXPECT_TRUE(test, UNTIL(READ_ONCE(m[i].turns)));
		stop(tasks[i]);
	}
}

/** struct partner - one of two that wake each other */
struct partner {
	struct wait_queue_head *wq;
	unsigned int *turn, me, rounds;
	struct completion *done;
};

static int play(void *data)
{
	struct partner *p = data;

	for (unsigned int i = 0; i < p->rounds; i++) {
		wait_event(*p->wq, READ_ONCE(*p->turn) % 2 == p->me);
		WRITE_ONCE(*p->turn, READ_ONCE(*p->turn) + 1);
		wake_up_all(p->wq);
	}
	complete(p->done);
	return 0;
}

static void wakers_and_sleepers_race(struct kunit *test)
{
	unsigned int pairs = num_online_cpus() + 1;
	struct game {
		struct wait_queue_head wq;
		unsigned int turn;
		struct partner p[2];
	} *games = kunit_kcalloc(test, pairs, sizeof(*games), GFP_KERNEL);
	DECLARE_COMPLETION(done);

	KUNIT_ASSERT_NOT_NULL(test, games);
	for (unsigned int i = 0; i < pairs; i++) {
		init_waitqueue_head(&games[i].wq);
		for (unsigned int k = 0; k < 2; k++) {
			games[i].p[k] = (struct partner){&games[i].wq, &games[i].turn, k, 60, &done};
			if (IS_ERR(kthread_run(play, &games[i].p[k], "play-%u", i)))
				panic("no memory for a thread");
		}
	}
	/* A wake-up that is lost is never made up for. */
	for (unsigned int i = 0; i < 2 * pairs; i++)
		KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&done, 3 * PATIENCE), 0UL);
	for (unsigned int i = 0; i < pairs; i++)
		KUNIT_EXPECT_EQ(test, games[i].turn, 120U);
}

/** struct crowd - exclusive waiters */
struct crowd {
	struct wait_queue_head wq;
	atomic_t waiting, woken;
	int passes;
};

static int wait_in_line(void *data)
{
	struct crowd *c = data;
	DEFINE_WAIT(wait);

	prepare_to_wait_exclusive(&c->wq, &wait, TASK_UNINTERRUPTIBLE);
	atomic_inc(&c->waiting);
	schedule();
	finish_wait(&c->wq, &wait);
	atomic_inc(&c->woken);
	return 0;
}

static void one_wake_up_wakes_one(struct kunit *test)
{
	struct crowd c = {.passes = 0};
	struct task_struct *tasks[5];

	init_waitqueue_head(&c.wq);
	for (unsigned int i = 0; i < ARRAY_SIZE(tasks); i++)
		tasks[i] = start(test, wait_in_line, &c, NULL);
	KUNIT_ASSERT_TRUE(test, UNTIL(atomic_read(&c.waiting) == ARRAY_SIZE(tasks)));
	msleep(20);
	wake_up(&c.wq);
	KUNIT_EXPECT_TRUE(test, UNTIL(atomic_read(&c.woken) >= 1));
	msleep(20);
	KUNIT_EXPECT_EQ(test, atomic_read(&c.woken), 1);
	wake_up_nr(&c.wq, 2);
	KUNIT_EXPECT_TRUE(test, UNTIL(atomic_read(&c.woken) >= 3));
	msleep(20);
	KUNIT_EXPECT_EQ(test, atomic_read(&c.woken), 3);
	wake_up_all(&c.wq);
	KUNIT_EXPECT_TRUE(test, UNTIL(atomic_read(&c.woken) == ARRAY_SIZE(tasks)));
	for (unsigned int i = 0; i < ARRAY_SIZE(tasks); i++)
		stop(tasks[i]);
}

static struct kunit_case move_cases[] = {
	KUNIT_CASE(tasks_go_where_they_are_sent), KUNIT_CASE(tasks_send_themselves), KUNIT_CASE(work_spreads),
	KUNIT_CASE(wakers_and_sleepers_race),     KUNIT_CASE(one_wake_up_wakes_one), {},
};
static struct kunit_suite move_suite = {.name = "balance", .test_cases = move_cases};

/* ---- rwsem ---- */

/** struct library - readers and writers */
struct library {
	struct rw_semaphore sem;
	atomic_t readers, writers, most, wrong, left;
	unsigned long value;
	struct completion done;
};

static void be_inside(struct library *l, bool writer)
{
	int readers, writers;

	if (writer)
		atomic_inc(&l->writers);
	else
		atomic_inc(&l->readers);
	readers = atomic_read(&l->readers);
	writers = atomic_read(&l->writers);
	if (writer ? readers || writers != 1 : writers)
		atomic_inc(&l->wrong);
	if (readers > atomic_read(&l->most))
		atomic_set(&l->most, readers);
	if (writer)
		l->value++;
	schedule_timeout_uninterruptible(1);
	if (writer)
		atomic_dec(&l->writers);
	else
		atomic_dec(&l->readers);
}

static int visit(void *data)
{
	struct library *l = data;
	unsigned int me = (unsigned int)atomic_inc_return(&l->left);

	for (unsigned int i = 0; i < 8; i++) {
		if ((i + me) % 4 == 0) {
			down_write(&l->sem);
			be_inside(l, true);
			if (i % 2) {
				downgrade_write(&l->sem);
				be_inside(l, false);
				up_read(&l->sem);
			} else {
				up_write(&l->sem);
			}
		} else {
			down_read(&l->sem);
			be_inside(l, false);
			up_read(&l->sem);
		}
	}
	complete(&l->done);
	return 0;
}

static void readers_share_and_writers_do_not(struct kunit *test)
{
	struct library l = {.value = 0};

	init_rwsem(&l.sem);
	init_completion(&l.done);
	for (unsigned int i = 0; i < 6; i++)
		if (IS_ERR(kthread_run(visit, &l, "visit-%u", i)))
			panic("no memory for a thread");
	for (unsigned int i = 0; i < 6; i++)
		KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&l.done, 3 * PATIENCE), 0UL);
	KUNIT_EXPECT_EQ(test, atomic_read(&l.wrong), 0);
	KUNIT_EXPECT_EQ(test, l.value, 12UL);
	KUNIT_EXPECT_GT(test, atomic_read(&l.most), 1);
	KUNIT_EXPECT_FALSE(test, rwsem_is_locked(&l.sem));
}

static int write_once(void *data)
{
	struct library *l = data;

	down_write(&l->sem);
	l->value++;
	up_write(&l->sem);
	complete(&l->done);
	return 0;
}

static void trying_does_not_wait(struct kunit *test)
{
	struct library l = {.value = 0};
	struct task_struct *writer;

	init_rwsem(&l.sem);
	init_completion(&l.done);
	KUNIT_EXPECT_EQ(test, down_read_trylock(&l.sem), 1);
	KUNIT_EXPECT_EQ(test, down_read_trylock(&l.sem), 1);
	KUNIT_EXPECT_EQ(test, down_write_trylock(&l.sem), 0);
	writer = start(test, write_once, &l, NULL);
	KUNIT_EXPECT_TRUE(test, UNTIL(rwsem_is_contended(&l.sem)));
	/* Newcomers stand behind the writer that waits. */
	KUNIT_EXPECT_EQ(test, down_read_trylock(&l.sem), 0);
	up_read(&l.sem);
	KUNIT_EXPECT_EQ(test, l.value, 0UL);
	up_read(&l.sem);
	wait_for_completion(&l.done);
	stop(writer);
	KUNIT_EXPECT_EQ(test, l.value, 1UL);
	KUNIT_EXPECT_EQ(test, down_write_trylock(&l.sem), 1);
	KUNIT_EXPECT_EQ(test, down_read_trylock(&l.sem), 0);
	up_write(&l.sem);
}

static struct kunit_case rwsem_cases[] = {
	KUNIT_CASE(readers_share_and_writers_do_not),
	KUNIT_CASE(trying_does_not_wait),
	{},
};
static struct kunit_suite rwsem_suite = {.name = "rwsem", .test_cases = rwsem_cases};

kunit_test_suites(&call_suite, &move_suite, &rwsem_suite);
