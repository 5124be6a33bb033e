// SPDX-License-Identifier: MIT
/*
 * signals.c - suite: a thread that shall end learns of it where it waits killably, and nowhere else.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>

/* Long enough for a thread to get to sleep; nothing depends on whether it did. */
#define MOMENT 2
#define FOREVER (60 * HZ)

/**
 * struct sleeper - a thread and what it waits by
 * @ready: it is about to wait; @result: what the wait returned
 */
struct sleeper {
	int (*wait)(struct sleeper *s);
	struct completion ready, never;
	struct mutex mutex;
	struct rw_semaphore sem;
	wait_queue_head_t queue;
	bool happened;
	long result;
};

static int by_event(struct sleeper *s)
{
	return wait_event_killable(s->queue, READ_ONCE(s->happened));
}

static int by_interruptible_event(struct sleeper *s)
{
	return wait_event_interruptible(s->queue, READ_ONCE(s->happened));
}

static int by_timed_event(struct sleeper *s)
{
	return (int)wait_event_interruptible_timeout(s->queue, READ_ONCE(s->happened), FOREVER);
}

static int by_completion(struct sleeper *s)
{
	return wait_for_completion_killable(&s->never);
}

static int by_mutex(struct sleeper *s)
{
	int err = mutex_lock_killable(&s->mutex);

	if (!err)
		mutex_unlock(&s->mutex);
	return err;
}

static int by_read(struct sleeper *s)
{
	int err = down_read_killable(&s->sem);

	if (!err)
		up_read(&s->sem);
	return err;
}

static int by_write(struct sleeper *s)
{
	int err = down_write_killable(&s->sem);

	if (!err)
		up_write(&s->sem);
	return err;
}

static int by_time(struct sleeper *s)
{
	(void)s;
	return schedule_timeout_killable(FOREVER) ? -EINTR : 0;
}

static int sleeper_fn(void *data)
{
	struct sleeper *s = data;

	complete(&s->ready);
	return s->wait(s);
}

static void sleeper_init(struct sleeper *s, int (*wait)(struct sleeper *s))
{
	*s = (struct sleeper){.wait = wait};
	init_completion(&s->ready);
	init_completion(&s->never);
	mutex_init(&s->mutex);
	init_rwsem(&s->sem);
	init_waitqueue_head(&s->queue);
}

/* A thread that may end before anybody asks it to; with a signal in its way if it is to have one from the start. */
static struct task_struct *start(struct kunit *test, struct sleeper *s, bool killed)
{
	struct task_struct *task = kthread_create(sleeper_fn, s, "sleeper");

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	get_task_struct(task);
	if (killed)
		KUNIT_EXPECT_EQ(test, send_sig(SIGKILL, task, 1), 0);
	wake_up_process(task);
	wait_for_completion(&s->ready);
	return task;
}

/* kthread_stop() wakes by itself, so the thread's wait must be over before: its end says so. */
static int finish(struct task_struct *task)
{
	int ret;

	while (!(READ_ONCE(task->flags) & PF_EXITING))
		schedule_timeout_uninterruptible(1);
	ret = kthread_stop(task);
	put_task_struct(task);
	return ret;
}

static const struct {
	const char *name;
	int (*wait)(struct sleeper *s);
	int result;
} waits[] = {
	{"wait_event_killable", by_event, -ERESTARTSYS},
	{"wait_event_interruptible", by_interruptible_event, -ERESTARTSYS},
	{"wait_event_interruptible_timeout", by_timed_event, -ERESTARTSYS},
	{"wait_for_completion_killable", by_completion, -ERESTARTSYS},
	{"mutex_lock_killable", by_mutex, -EINTR},
	{"down_read_killable", by_read, -EINTR},
	{"down_write_killable", by_write, -EINTR},
	{"schedule_timeout_killable", by_time, -EINTR},
};

/* @early: the signal is there before the wait begins. */
static void kill_sleepers(struct kunit *test, bool early)
{
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++) {
		struct task_struct *task;
		struct sleeper s;

		sleeper_init(&s, waits[i].wait);
		mutex_lock(&s.mutex);
		down_write(&s.sem);
		task = start(test, &s, early);
		if (!early) {
			schedule_timeout_uninterruptible(MOMENT);
			KUNIT_EXPECT_FALSE_MSG(test, READ_ONCE(task->flags) & PF_EXITING, "%s did not wait",
					       waits[i].name);
			KUNIT_EXPECT_EQ(test, send_sig(SIGKILL, task, 1), 0);
		}
		KUNIT_EXPECT_EQ_MSG(test, finish(task), waits[i].result, "%s", waits[i].name);
		/* Nobody stands in the queue any more: what it waited for can be had. */
		up_write(&s.sem);
		mutex_unlock(&s.mutex);
		KUNIT_EXPECT_TRUE(test, mutex_trylock(&s.mutex));
		KUNIT_EXPECT_TRUE(test, down_write_trylock(&s.sem));
		mutex_unlock(&s.mutex);
		up_write(&s.sem);
	}
}

static void a_signal_ends_killable_waits(struct kunit *test)
{
	kill_sleepers(test, false);
}

static void a_signal_before_the_wait(struct kunit *test)
{
	kill_sleepers(test, true);
}

static int by_plain_completion(struct sleeper *s)
{
	wait_for_completion(&s->never);
	return fatal_signal_pending(current) ? 1 : 0;
}

static void other_waits_go_on(struct kunit *test)
{
	struct task_struct *task;
	struct sleeper s;

	sleeper_init(&s, by_plain_completion);
	task = start(test, &s, false);
	KUNIT_EXPECT_EQ(test, send_sig(SIGKILL, task, 1), 0);
	schedule_timeout_uninterruptible(MOMENT);
	KUNIT_EXPECT_FALSE(test, READ_ONCE(task->flags) & PF_EXITING);
	complete(&s.never);
	KUNIT_EXPECT_EQ(test, finish(task), 1);
	KUNIT_EXPECT_EQ(test, send_sig(2, current, 1), -EINVAL);
	KUNIT_EXPECT_FALSE(test, signal_pending(current));
}

/* Readers behind a writer that goes away join those that are in. */
static void readers_behind_a_killed_writer(struct kunit *test)
{
	struct task_struct *writer;
	struct sleeper s;

	sleeper_init(&s, by_write);
	down_read(&s.sem);
	writer = start(test, &s, false);
	while (!rwsem_is_contended(&s.sem))
		schedule_timeout_uninterruptible(1);
	KUNIT_EXPECT_FALSE(test, down_read_trylock(&s.sem));
	send_sig(SIGKILL, writer, 1);
	KUNIT_EXPECT_EQ(test, finish(writer), -EINTR);
	KUNIT_EXPECT_TRUE(test, down_read_trylock(&s.sem));
	up_read(&s.sem);
	up_read(&s.sem);
}

/* ---- wake-ups and signals at once: none is lost ---- */

#define ROUNDS 8

static int lock_once(struct sleeper *s)
{
	if (mutex_lock_killable(&s->mutex))
		return -EINTR;
	schedule_timeout_uninterruptible(1);
	mutex_unlock(&s->mutex);
	return 0;
}

static void a_signal_takes_no_wake_up_along(struct kunit *test)
{
	struct task_struct *task[3];
	struct sleeper s;

	sleeper_init(&s, lock_once);
	for (unsigned int round = 0; round < ROUNDS; round++) {
		mutex_lock(&s.mutex);
		for (size_t i = 0; i < ARRAY_SIZE(task); i++) {
			task[i] = start(test, &s, false);
		}
		/* Unlock and signal, in either order, on the heels of each other. */
		if (round & 1)
			send_sig(SIGKILL, task[round % 3], 1);
		mutex_unlock(&s.mutex);
		if (!(round & 1))
			send_sig(SIGKILL, task[round % 3], 1);
		for (size_t i = 0; i < ARRAY_SIZE(task); i++) {
			int ret = finish(task[i]);

			KUNIT_EXPECT_TRUE(test, ret == 0 || (ret == -EINTR && i == round % 3));
		}
		KUNIT_EXPECT_FALSE(test, mutex_is_locked(&s.mutex));
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_signal_ends_killable_waits),
	KUNIT_CASE(a_signal_before_the_wait),
	KUNIT_CASE(other_waits_go_on),
	KUNIT_CASE(readers_behind_a_killed_writer),
	KUNIT_CASE(a_signal_takes_no_wake_up_along),
	{},
};

static struct kunit_suite suite = {.name = "signals", .test_cases = cases};
kunit_test_suite(suite);
