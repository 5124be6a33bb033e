// SPDX-License-Identifier: MIT
/*
 * sched.c - suites: contexts can be told apart, threads live and share CPUs, waiting and time work, locks exclude.
 *
 * Times are bounds from below only: this also runs where a CPU does two million instructions a second and shares its
 * host with others.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#define PATIENCE (20 * HZ)

static unsigned int this_cpu(void)
{
	unsigned int cpu = get_cpu();

	put_cpu();
	return cpu;
}

/* A thread on this CPU, so that the two have to share it. */
static struct task_struct *start_here(struct kunit *test, int (*fn)(void *), void *data)
{
	struct task_struct *task = kthread_run_on_cpu(fn, data, this_cpu(), "here/%u");

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	return task;
}

/* ---- contexts ---- */

static void task_context(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, in_task());
	KUNIT_EXPECT_FALSE(test, in_interrupt());
	KUNIT_EXPECT_FALSE(test, in_atomic());
	KUNIT_EXPECT_TRUE(test, preemptible());
	KUNIT_EXPECT_EQ(test, preempt_count(), 0U);
	KUNIT_EXPECT_EQ(test, interrupt_context_level(), 0);
	KUNIT_EXPECT_STREQ(test, current->comm, "kunit:task_cont"); /* cut to TASK_COMM_LEN */
}

static void atomic_sections_count(struct kunit *test)
{
	DEFINE_SPINLOCK(lock);
	unsigned int plain, locked, bh, nested;
	unsigned long flags;
	bool off, task;

	preempt_disable();
	plain = preempt_count();
	spin_lock(&lock);
	locked = preempt_count();
	spin_unlock(&lock);
	preempt_enable();
	local_bh_disable();
	bh = preempt_count();
	task = in_task() && in_interrupt() && in_softirq() && !in_serving_softirq();
	spin_lock_irqsave(&lock, flags);
	off = irqs_disabled();
	nested = preempt_count();
	spin_unlock_irqrestore(&lock, flags);
	local_bh_enable();

	KUNIT_EXPECT_EQ(test, plain, 1U);
	KUNIT_EXPECT_EQ(test, locked, 2U);
	KUNIT_EXPECT_EQ(test, bh, 0x200U);
	KUNIT_EXPECT_TRUE(test, task);
	KUNIT_EXPECT_TRUE(test, off);
	KUNIT_EXPECT_EQ(test, nested, 0x201U);
	KUNIT_EXPECT_FALSE(test, irqs_disabled());
	KUNIT_EXPECT_EQ(test, preempt_count(), 0U);
}

static void note_context(void *count)
{
	*(unsigned int *)count = preempt_count() | (irqs_disabled() ? 1U << 30 : 0);
}

static void hard_interrupt_context(struct kunit *test)
{
	unsigned int count = 0, here = this_cpu();

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs a second CPU to interrupt (--cpus 2)");
	KUNIT_ASSERT_EQ(test, smp_call_function_single(here ? 0 : 1, note_context, &count, 1), 0);
	KUNIT_EXPECT_EQ(test, count & HARDIRQ_MASK, (unsigned int)HARDIRQ_OFFSET);
	KUNIT_EXPECT_TRUE(test, count >> 30);
}

static void sleeping_in_atomic_is_reported(struct kunit *test)
{
	kunit_expect_warnings(test, 2);
	might_sleep();
	preempt_disable();
	might_sleep();
	preempt_enable();
	local_irq_disable();
	might_sleep();
	local_irq_enable();
	might_sleep_if(false);
}

static struct kunit_case context_cases[] = {
	KUNIT_CASE(task_context),
	KUNIT_CASE(atomic_sections_count),
	KUNIT_CASE(hard_interrupt_context),
	KUNIT_CASE(sleeping_in_atomic_is_reported),
	{},
};
static struct kunit_suite context_suite = {.name = "context", .test_cases = context_cases};

/* ---- threads ---- */

static int until_stopped(void *data)
{
	while (!kthread_should_stop()) {
		(*(unsigned long *)data)++;
		cond_resched();
	}
	return 77;
}

static int spin_until_stopped(void *data)
{
	/* Never gives the CPU away by itself. */
	while (!kthread_should_stop())
		WRITE_ONCE(*(unsigned long *)data, *(unsigned long *)data + 1);
	return 0;
}

static void threads_end_with_a_result(struct kunit *test)
{
	unsigned long turns = 0;
	struct task_struct *task = start_here(test, until_stopped, &turns);

	while (!READ_ONCE(turns))
		yield();
	KUNIT_EXPECT_EQ(test, kthread_stop(task), 77);
	KUNIT_EXPECT_GT(test, turns, 0UL);
}

static void stopped_before_it_ran(struct kunit *test)
{
	unsigned long turns = 0;
	struct task_struct *task = kthread_create(until_stopped, &turns, "never");

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	KUNIT_EXPECT_EQ(test, kthread_stop(task), -EINTR);
	KUNIT_EXPECT_EQ(test, turns, 0UL);
}

static void the_tick_preempts(struct kunit *test)
{
	unsigned long a = 0, b = 0, mine = 0;
	unsigned long end = jiffies + PATIENCE;
	struct task_struct *first = start_here(test, spin_until_stopped, &a);
	struct task_struct *second = start_here(test, spin_until_stopped, &b);

	/* All three only ever spin: each gets on by preemption alone. */
	while ((!READ_ONCE(a) || !READ_ONCE(b) || mine < 2) && time_before(jiffies, end))
		mine++;
	KUNIT_EXPECT_NE(test, READ_ONCE(a), 0UL);
	KUNIT_EXPECT_NE(test, READ_ONCE(b), 0UL);
	kthread_stop(first);
	kthread_stop(second);
}

static void preempt_disable_keeps_the_cpu(struct kunit *test)
{
	unsigned long other = 0, before, after, end;
	struct task_struct *task = start_here(test, spin_until_stopped, &other);

	while (!READ_ONCE(other))
		yield();
	preempt_disable();
	before = READ_ONCE(other);
	end = jiffies + 4;
	while (time_before(jiffies, end))
		cpu_relax();
	after = READ_ONCE(other);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, before, after);
	kthread_stop(task);
}

static int note_cpu(void *data)
{
	*(unsigned int *)data = this_cpu();
	return 0;
}

static void bound_threads_run_where_told(struct kunit *test)
{
	unsigned int cpu, ran;

	for_each_online_cpu (cpu) {
		struct task_struct *task;

		ran = ~0U;
		task = kthread_create_on_cpu(note_cpu, &ran, cpu, "on/%u");
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
		get_task_struct(task);
		wake_up_process(task);
		while (READ_ONCE(ran) == ~0U)
			schedule_timeout_uninterruptible(1);
		kthread_stop(task);
		put_task_struct(task);
		KUNIT_EXPECT_EQ(test, ran, cpu);
	}
}

static int wait_for_go(void *data)
{
	wait_for_completion(data);
	return 0;
}

static void many_threads_come_and_go(struct kunit *test)
{
	struct task_struct *tasks[24];
	DECLARE_COMPLETION(go);

	for (unsigned int round = 0; round < 2; round++) {
		reinit_completion(&go);
		for (unsigned int i = 0; i < ARRAY_SIZE(tasks); i++) {
			tasks[i] = kthread_create(wait_for_go, &go, "many-%u", i);
			KUNIT_ASSERT_NOT_ERR_OR_NULL(test, tasks[i]);
			get_task_struct(tasks[i]);
			wake_up_process(tasks[i]);
		}
		complete_all(&go);
		for (unsigned int i = 0; i < ARRAY_SIZE(tasks); i++) {
			int ret = kthread_stop(tasks[i]);

			/* Stopped before its first turn, or done. */
			KUNIT_EXPECT_TRUE(test, !ret || ret == -EINTR);
			put_task_struct(tasks[i]);
		}
	}
}

static struct kunit_case thread_cases[] = {
	KUNIT_CASE(threads_end_with_a_result),
	KUNIT_CASE(stopped_before_it_ran),
	KUNIT_CASE(the_tick_preempts),
	KUNIT_CASE(preempt_disable_keeps_the_cpu),
	KUNIT_CASE(bound_threads_run_where_told),
	KUNIT_CASE(many_threads_come_and_go),
	{},
};
static struct kunit_suite thread_suite = {.name = "threads", .test_cases = thread_cases};

/* ---- waiting and time ---- */

struct pingpong {
	wait_queue_head_t wq;
	int turn;
	int rounds;
};

static int pong(void *data)
{
	struct pingpong *p = data;

	for (int i = 0; i < p->rounds; i++) {
		wait_event(p->wq, READ_ONCE(p->turn) == 1);
		WRITE_ONCE(p->turn, 0);
		wake_up(&p->wq);
	}
	return 0;
}

static void no_wake_up_is_lost(struct kunit *test)
{
	struct pingpong p = {.rounds = 40};
	struct task_struct *task;

	init_waitqueue_head(&p.wq);
	task = kthread_create(pong, &p, "pong");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	get_task_struct(task);
	wake_up_process(task);
	for (int i = 0; i < p.rounds; i++) {
		WRITE_ONCE(p.turn, 1);
		wake_up(&p.wq);
		if (!wait_event_timeout(p.wq, READ_ONCE(p.turn) == 0, PATIENCE))
			panic("pong does not answer in round %d", i);
	}
	kthread_stop(task);
	put_task_struct(task);
	KUNIT_EXPECT_FALSE(test, waitqueue_active(&p.wq));
}

static void waiting_ends_in_time(struct kunit *test)
{
	DECLARE_WAIT_QUEUE_HEAD(wq);
	unsigned long start = jiffies;

	KUNIT_EXPECT_EQ(test, wait_event_timeout(wq, false, 3), 0L);
	KUNIT_EXPECT_GE(test, jiffies - start, 3UL);
	KUNIT_EXPECT_EQ(test, wait_event_timeout(wq, true, 3), 3L);
	KUNIT_EXPECT_FALSE(test, waitqueue_active(&wq));
}

static int complete_later(void *data)
{
	msleep(20);
	complete(data);
	return 0;
}

static void completions_count(struct kunit *test)
{
	DECLARE_COMPLETION(done);
	struct task_struct *task;

	complete(&done);
	complete(&done);
	wait_for_completion(&done);
	KUNIT_EXPECT_TRUE(test, completion_done(&done));
	KUNIT_EXPECT_TRUE(test, try_wait_for_completion(&done));
	KUNIT_EXPECT_FALSE(test, try_wait_for_completion(&done));
	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&done, 2), 0UL);

	task = kthread_create(complete_later, &done, "later");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	get_task_struct(task);
	wake_up_process(task);
	KUNIT_EXPECT_GT(test, wait_for_completion_timeout(&done, PATIENCE), 0UL);
	kthread_stop(task);
	put_task_struct(task);
	complete_all(&done);
	wait_for_completion(&done);
	wait_for_completion(&done);
}

static void sleeping_takes_time(struct kunit *test)
{
	unsigned long start = jiffies;
	ktime_t from = ktime_get();

	msleep(30);
	KUNIT_EXPECT_GE(test, jiffies - start, 3UL);
	KUNIT_EXPECT_GE(test, ktime_ms_delta(ktime_get(), from), 30LL);
	from = ktime_get();
	udelay(500);
	KUNIT_EXPECT_GE(test, ktime_us_delta(ktime_get(), from), 500LL);
}

static struct kunit_case wait_cases[] = {
	KUNIT_CASE(no_wake_up_is_lost),
	KUNIT_CASE(waiting_ends_in_time),
	KUNIT_CASE(completions_count),
	KUNIT_CASE(sleeping_takes_time),
	{},
};
static struct kunit_suite wait_suite = {.name = "waiting", .test_cases = wait_cases};

/* ---- locks ---- */

#define WORKERS 4
#define ROUNDS 150

struct shared {
	spinlock_t spin;
	struct mutex mutex;
	bool use_mutex;
	unsigned long value;
	atomic_t inside, overlaps, left;
	struct completion done;
};

static void work_inside(struct shared *s)
{
	unsigned long v = READ_ONCE(s->value);

	if (atomic_inc_return(&s->inside) != 1)
		atomic_inc(&s->overlaps);
	/* Under the mutex others may run meanwhile, and must still stay out. */
	if (s->use_mutex && v % 16 == 0)
		yield();
	WRITE_ONCE(s->value, v + 1);
	atomic_dec(&s->inside);
}

static int worker(void *data)
{
	struct shared *s = data;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		if (s->use_mutex)
			mutex_lock(&s->mutex);
		else
			spin_lock(&s->spin);
		work_inside(s);
		if (s->use_mutex)
			mutex_unlock(&s->mutex);
		else
			spin_unlock(&s->spin);
	}
	if (atomic_dec_and_test(&s->left))
		complete(&s->done);
	return 0;
}

static void compete(struct kunit *test, bool use_mutex)
{
	struct shared s = {.use_mutex = use_mutex, .left = ATOMIC_INIT(WORKERS)};

	spin_lock_init(&s.spin);
	mutex_init(&s.mutex);
	init_completion(&s.done);
	for (unsigned int i = 0; i < WORKERS; i++)
		if (IS_ERR(kthread_run(worker, &s, "worker-%u", i)))
			panic("no memory for worker %u", i);
	wait_for_completion(&s.done);
	KUNIT_EXPECT_EQ(test, s.value, (unsigned long)WORKERS * ROUNDS);
	KUNIT_EXPECT_EQ(test, atomic_read(&s.overlaps), 0);
	KUNIT_EXPECT_FALSE(test, mutex_is_locked(&s.mutex));
	KUNIT_EXPECT_FALSE(test, spin_is_locked(&s.spin));
}

static void spinlocks_exclude(struct kunit *test)
{
	compete(test, false);
}

static void mutexes_exclude(struct kunit *test)
{
	compete(test, true);
}

static void locks_say_who_holds_them(struct kunit *test)
{
	DEFINE_SPINLOCK(lock);
	unsigned int word, cpu, seq;
	bool again, mine;

	spin_lock(&lock);
	word = lock.word;
	cpu = smp_processor_id();
	mine = spin_is_mine(&lock);
	again = spin_trylock(&lock);
	mm_write_begin(&lock);
	seq = lock.seq;
	mm_write_end(&lock);
	spin_unlock(&lock);
	KUNIT_EXPECT_EQ(test, word, cpu + 1);
	KUNIT_EXPECT_TRUE(test, mine);
	KUNIT_EXPECT_FALSE(test, again);
	KUNIT_EXPECT_EQ(test, seq, 1U);
	KUNIT_EXPECT_EQ(test, lock.seq, 2U);
	KUNIT_EXPECT_EQ(test, lock.word, 0U);
	KUNIT_EXPECT_EQ(test, preempt_count(), 0U);
}

static int add_atomically(void *data)
{
	struct shared *s = data;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		atomic_inc(&s->inside);
		if (atomic_add_unless(&s->overlaps, 1, 100))
			__atomic_fetch_add(&s->value, 1, __ATOMIC_RELAXED);
	}
	if (atomic_dec_and_test(&s->left))
		complete(&s->done);
	return 0;
}

static void atomics_lose_nothing(struct kunit *test)
{
	struct shared s = {.left = ATOMIC_INIT(WORKERS)};

	init_completion(&s.done);
	for (unsigned int i = 0; i < WORKERS; i++)
		if (IS_ERR(kthread_run(add_atomically, &s, "adder-%u", i)))
			panic("no memory for adder %u", i);
	wait_for_completion(&s.done);
	KUNIT_EXPECT_EQ(test, atomic_read(&s.inside), WORKERS * ROUNDS);
	KUNIT_EXPECT_EQ(test, atomic_read(&s.overlaps), 100);
	KUNIT_EXPECT_EQ(test, s.value, 100UL);
}

static struct kunit_case lock_cases[] = {
	KUNIT_CASE(spinlocks_exclude),
	KUNIT_CASE(mutexes_exclude),
	KUNIT_CASE(locks_say_who_holds_them),
	KUNIT_CASE(atomics_lose_nothing),
	{},
};
static struct kunit_suite lock_suite = {.name = "locks", .test_cases = lock_cases};

kunit_test_suites(&context_suite, &thread_suite, &wait_suite, &lock_suite);
