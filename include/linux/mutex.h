/* SPDX-License-Identifier: MIT */
/*
 * mutex.h - mutual exclusion by sleeping: task context only, unlocked by whoever locked it, not recursive.
 */
#ifndef _LINUX_MUTEX_H
#define _LINUX_MUTEX_H

#include <linux/wait.h>

/** struct mutex - @owner: NULL when free; (a) */
struct mutex {
	struct task_struct *owner;
	struct wait_queue_head wait;
};

#define __MUTEX_INITIALIZER(name)                                                                                      \
	{                                                                                                              \
		NULL, __WAIT_QUEUE_HEAD_INITIALIZER((name).wait)                                                       \
	}
#define DEFINE_MUTEX(name) struct mutex name = __MUTEX_INITIALIZER(name)

static inline void mutex_init(struct mutex *lock)
{
	lock->owner = NULL;
	init_waitqueue_head(&lock->wait);
}

void mutex_lock(struct mutex *lock);
bool mutex_trylock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);

static inline int mutex_lock_interruptible(struct mutex *lock)
{
	mutex_lock(lock);
	return 0;
}

static inline bool mutex_is_locked(struct mutex *lock)
{
	return READ_ONCE(lock->owner) != NULL;
}

static inline void mutex_destroy(struct mutex *lock)
{
	(void)lock;
}

#define mutex_lock_killable(lock) mutex_lock_interruptible(lock)
#define mutex_lock_nested(lock, subclass) mutex_lock(lock)

#endif
