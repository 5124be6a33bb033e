/* SPDX-License-Identifier: MIT */
/*
 * wait.h - wait queues: tasks that wait for a condition, woken by whoever may have made it true.
 *
 * The waker changes the condition, then calls wake_up(); the waiter is on the queue with its state set before it looks at
 * the condition, so no wake-up is lost. The _interruptible and _killable forms end with -ERESTARTSYS when the waiter shall
 * end (linux/sched/signal.h); the condition counts more, if both happen.
 */
#ifndef _LINUX_WAIT_H
#define _LINUX_WAIT_H

#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

typedef struct wait_queue_head wait_queue_head_t;

#define WQ_FLAG_EXCLUSIVE 0x01

struct wait_queue_entry {
	unsigned int flags;
	struct task_struct *task;
	struct list_head entry;
};
typedef struct wait_queue_entry wait_queue_entry_t;

#define __WAIT_QUEUE_HEAD_INITIALIZER(name)                                                                            \
	{                                                                                                              \
		{0, 0, 0, 0}, LIST_HEAD_INIT((name).head)                                                              \
	}
#define DECLARE_WAIT_QUEUE_HEAD(name) struct wait_queue_head name = __WAIT_QUEUE_HEAD_INITIALIZER(name)
#define DECLARE_WAIT_QUEUE_HEAD_ONSTACK(name) DECLARE_WAIT_QUEUE_HEAD(name)
#define DEFINE_WAIT(name) struct wait_queue_entry name = {0, current, LIST_HEAD_INIT((name).entry)}

static inline void __init_waitqueue_head(struct wait_queue_head *wq)
{
	__spin_lock_init(&wq->lock);
	INIT_LIST_HEAD(&wq->head);
}

#define init_waitqueue_head(q)                                                                                         \
	do {                                                                                                           \
		static struct lock_class_key __wq_key;                                                                 \
		struct wait_queue_head *__wq_new = (q);                                                                \
		__init_waitqueue_head(__wq_new);                                                                       \
		if (mm_debug_hooks())                                                                                  \
			lockdep_init_class(&__wq_new->lock.class, &__wq_key, #q, 0);                                   \
	} while (0)

static inline bool waitqueue_active(struct wait_queue_head *wq)
{
	return !list_empty(&wq->head);
}

void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry, int state);
void prepare_to_wait_exclusive(struct wait_queue_head *wq, struct wait_queue_entry *entry, int state);
void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry);
/** __wake_up - wake every plain waiter and @nr exclusive ones (0: all of them). Context: any. */
void __wake_up(struct wait_queue_head *wq, unsigned int states, int nr);
/** __wake_up_locked - the same with wq->lock held */
void __wake_up_locked(struct wait_queue_head *wq, unsigned int states, int nr);

#define wake_up(wq) __wake_up(wq, TASK_NORMAL, 1)
#define wake_up_nr(wq, nr) __wake_up(wq, TASK_NORMAL, nr)
#define wake_up_all(wq) __wake_up(wq, TASK_NORMAL, 0)
#define wake_up_interruptible(wq) __wake_up(wq, TASK_INTERRUPTIBLE, 1)
#define wake_up_interruptible_all(wq) __wake_up(wq, TASK_INTERRUPTIBLE, 0)

#define ___wait_event(wq, condition, state, prepare, sleep)                                                            \
	do {                                                                                                           \
		DEFINE_WAIT(__wait);                                                                                   \
		for (;;) {                                                                                             \
			prepare(&(wq), &__wait, state);                                                                \
			if (condition)                                                                                 \
				break;                                                                                 \
			sleep;                                                                                         \
		}                                                                                                      \
		finish_wait(&(wq), &__wait);                                                                           \
	} while (0)

#define wait_event(wq, condition)                                                                                      \
	do {                                                                                                           \
		might_sleep();                                                                                         \
		if (!(condition))                                                                                      \
			___wait_event(wq, condition, TASK_UNINTERRUPTIBLE, prepare_to_wait, schedule());               \
	} while (0)
#define wait_event_exclusive(wq, condition)                                                                            \
	do {                                                                                                           \
		might_sleep();                                                                                         \
		if (!(condition))                                                                                      \
			___wait_event(wq, condition, TASK_UNINTERRUPTIBLE, prepare_to_wait_exclusive, schedule());     \
	} while (0)
/*
 * 0, or -ERESTARTSYS. The last look at the condition is after the waiter left the queue: a wake-up that reached it
 * before is not lost on somebody who goes away.
 */
#define ___wait_event_signal(wq, condition, state, prepare)                                                            \
	({                                                                                                             \
		DEFINE_WAIT(__wait);                                                                                   \
		int __ret = 0;                                                                                         \
		for (;;) {                                                                                             \
			prepare(&(wq), &__wait, state);                                                                \
			if (condition)                                                                                 \
				break;                                                                                 \
			if (signal_pending(current)) {                                                                 \
				__ret = -ERESTARTSYS;                                                                  \
				break;                                                                                 \
			}                                                                                              \
			schedule();                                                                                    \
		}                                                                                                      \
		finish_wait(&(wq), &__wait);                                                                           \
		if (__ret && (condition))                                                                              \
			__ret = 0;                                                                                     \
		__ret;                                                                                                 \
	})

#define wait_event_interruptible(wq, condition)                                                                        \
	({                                                                                                             \
		might_sleep();                                                                                         \
		(condition) ? 0 : ___wait_event_signal(wq, condition, TASK_INTERRUPTIBLE, prepare_to_wait);            \
	})
#define wait_event_killable(wq, condition)                                                                             \
	({                                                                                                             \
		might_sleep();                                                                                         \
		(condition) ? 0 : ___wait_event_signal(wq, condition, TASK_KILLABLE, prepare_to_wait);                 \
	})
#define wait_event_killable_exclusive(wq, condition)                                                                   \
	({                                                                                                             \
		might_sleep();                                                                                         \
		(condition) ? 0 : ___wait_event_signal(wq, condition, TASK_KILLABLE, prepare_to_wait_exclusive);       \
	})

/* Ticks left, at least 1, if the condition came true; 0 if the time ran out first. */
#define wait_event_timeout(wq, condition, timeout)                                                                     \
	({                                                                                                             \
		long __left = (timeout);                                                                               \
		might_sleep();                                                                                         \
		if (!(condition))                                                                                      \
			___wait_event(wq, (condition) || !__left, TASK_UNINTERRUPTIBLE, prepare_to_wait,               \
				      __left = schedule_timeout(__left));                                              \
		(condition) ? (__left ? __left : 1) : 0;                                                               \
	})
/* The same, or -ERESTARTSYS. */
#define wait_event_interruptible_timeout(wq, condition, timeout)                                                       \
	({                                                                                                             \
		long __left = (timeout);                                                                               \
		bool __signal = false;                                                                                 \
		might_sleep();                                                                                         \
		if (!(condition))                                                                                      \
			___wait_event(wq, (condition) || !__left || (__signal = signal_pending(current) != 0),         \
				      TASK_INTERRUPTIBLE, prepare_to_wait, __left = schedule_timeout(__left));         \
		(condition) ? (__left ? __left : 1) : __signal ? -ERESTARTSYS : 0;                                     \
	})

#include <linux/kernel.h>

#endif
