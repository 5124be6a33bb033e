// SPDX-License-Identifier: MIT
/*
 * wait.c - wait queues, and the two things built on them: completions and mutexes.
 *
 * A waiter is on the queue's list from prepare_to_wait() to finish_wait(); a waker takes nobody off, it only wakes, except
 * that exclusive waiters stand at the end and each wake-up reaches so many of them. Locks: wq->lock, interrupts off; a
 * run queue's lock is taken under it.
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/wait.h>

static void join(struct wait_queue_head *wq, struct wait_queue_entry *entry, int state, bool exclusive)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	if (list_empty(&entry->entry)) {
		entry->flags = exclusive ? WQ_FLAG_EXCLUSIVE : 0;
		if (exclusive)
			list_add_tail(&entry->entry, &wq->head);
		else
			list_add(&entry->entry, &wq->head);
	}
	set_current_state((unsigned int)state);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry, int state)
{
	join(wq, entry, state, false);
}
EXPORT_SYMBOL(prepare_to_wait);

void prepare_to_wait_exclusive(struct wait_queue_head *wq, struct wait_queue_entry *entry, int state)
{
	join(wq, entry, state, true);
}
EXPORT_SYMBOL(prepare_to_wait_exclusive);

void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry)
{
	unsigned long flags;

	__set_current_state(TASK_RUNNING);
	spin_lock_irqsave(&wq->lock, flags);
	list_del_init(&entry->entry);
	spin_unlock_irqrestore(&wq->lock, flags);
}
EXPORT_SYMBOL(finish_wait);

void __wake_up_locked(struct wait_queue_head *wq, unsigned int states, int nr)
{
	struct wait_queue_entry *entry, *next;

	list_for_each_entry_safe (entry, next, &wq->head, entry) {
		bool exclusive = entry->flags & WQ_FLAG_EXCLUSIVE;

		if (wake_up_state(entry->task, states) && exclusive && nr && !--nr)
			return;
	}
}
EXPORT_SYMBOL(__wake_up_locked);

void __wake_up(struct wait_queue_head *wq, unsigned int states, int nr)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	__wake_up_locked(wq, states, nr);
	spin_unlock_irqrestore(&wq->lock, flags);
}
EXPORT_SYMBOL(__wake_up);

/* ---- completions: @done is under wait.lock ---- */

void complete(struct completion *x)
{
	unsigned long flags;

	spin_lock_irqsave(&x->wait.lock, flags);
	if (x->done != UINT_MAX)
		x->done++;
	__wake_up_locked(&x->wait, TASK_NORMAL, 1);
	spin_unlock_irqrestore(&x->wait.lock, flags);
}
EXPORT_SYMBOL(complete);

void complete_all(struct completion *x)
{
	unsigned long flags;

	spin_lock_irqsave(&x->wait.lock, flags);
	x->done = UINT_MAX;
	__wake_up_locked(&x->wait, TASK_NORMAL, 0);
	spin_unlock_irqrestore(&x->wait.lock, flags);
}
EXPORT_SYMBOL(complete_all);

bool try_wait_for_completion(struct completion *x)
{
	unsigned long flags;
	bool done;

	spin_lock_irqsave(&x->wait.lock, flags);
	done = x->done != 0;
	if (done && x->done != UINT_MAX)
		x->done--;
	spin_unlock_irqrestore(&x->wait.lock, flags);
	return done;
}
EXPORT_SYMBOL(try_wait_for_completion);

bool completion_done(struct completion *x)
{
	unsigned long flags;
	bool done;

	/* Under the lock, so that complete() is over and the caller may throw @x away. */
	spin_lock_irqsave(&x->wait.lock, flags);
	done = x->done != 0;
	spin_unlock_irqrestore(&x->wait.lock, flags);
	return done;
}
EXPORT_SYMBOL(completion_done);

void wait_for_completion(struct completion *x)
{
	might_sleep();
	wait_event_exclusive(x->wait, try_wait_for_completion(x));
}
EXPORT_SYMBOL(wait_for_completion);

int wait_for_completion_killable(struct completion *x)
{
	return wait_event_killable_exclusive(x->wait, try_wait_for_completion(x));
}
EXPORT_SYMBOL(wait_for_completion_killable);

unsigned long wait_for_completion_timeout(struct completion *x, unsigned long timeout)
{
	DEFINE_WAIT(wait);
	long left = (long)min(timeout, (unsigned long)MAX_SCHEDULE_TIMEOUT);
	bool done;

	might_sleep();
	for (;;) {
		prepare_to_wait_exclusive(&x->wait, &wait, TASK_UNINTERRUPTIBLE);
		done = try_wait_for_completion(x);
		if (done || !left)
			break;
		left = schedule_timeout(left);
	}
	finish_wait(&x->wait, &wait);
	return done ? (unsigned long)max(left, 1L) : 0;
}
EXPORT_SYMBOL(wait_for_completion_timeout);

/* ---- mutexes ---- */

static bool mutex_take(struct mutex *lock)
{
	struct task_struct *nobody = NULL;

	return try_cmpxchg(&lock->owner, &nobody, current);
}

bool mutex_trylock(struct mutex *lock)
{
	if (!mutex_take(lock))
		return false;
	if (mm_debug_hooks())
		lockdep_acquire_ip(lock, &lock->class, HELD_TRY | HELD_SLEEPS, 0, _RET_IP_);
	return true;
}
EXPORT_SYMBOL(mutex_trylock);

static __always_inline int mutex_wait(struct mutex *lock, unsigned int subclass, bool killable)
{
	int err = 0;

	might_sleep();
	if (mm_debug_hooks())
		lockdep_acquire_ip(lock, &lock->class, HELD_SLEEPS, subclass, _RET_IP_);
	if (!mutex_take(lock)) {
		if (READ_ONCE(lock->owner) == current)
			panic("mutex %px is held by this task already", lock);
		if (killable)
			err = wait_event_killable_exclusive(lock->wait, mutex_take(lock));
		else
			wait_event_exclusive(lock->wait, mutex_take(lock));
	}
	if (mm_debug_hooks()) {
		if (err)
			lockdep_release(lock);
		else
			lockdep_got(lock);
	}
	return err ? -EINTR : 0;
}

void mutex_lock(struct mutex *lock)
{
	(void)mutex_wait(lock, 0, false);
}
EXPORT_SYMBOL(mutex_lock);

int mutex_lock_killable(struct mutex *lock)
{
	return mutex_wait(lock, 0, true);
}
EXPORT_SYMBOL(mutex_lock_killable);

void mutex_lock_nested(struct mutex *lock, unsigned int subclass)
{
	(void)mutex_wait(lock, subclass, false);
}
EXPORT_SYMBOL(mutex_lock_nested);

void mutex_unlock(struct mutex *lock)
{
	if (mm_debug_hooks())
		lockdep_release(lock);
	WARN_ON(READ_ONCE(lock->owner) != current);
	/* The exchange is a full barrier: a waiter is on the queue before it tries, so one of us sees the other. */
	(void)xchg(&lock->owner, NULL);
	if (waitqueue_active(&lock->wait))
		wake_up(&lock->wait);
}
EXPORT_SYMBOL(mutex_unlock);
