/* SPDX-License-Identifier: MIT */
/*
 * mutex.h - mutual exclusion by sleeping: task context only, unlocked by whoever locked it, not recursive.
 */
#ifndef _LINUX_MUTEX_H
#define _LINUX_MUTEX_H

#include <linux/wait.h>

/** struct mutex - @owner: NULL when free; (a) @class: debug kernel: its class to the lock checker */
struct mutex {
	struct task_struct *owner;
	struct wait_queue_head wait;
	uint32_t class;
};

#define __MUTEX_INITIALIZER(name)                                                                                      \
	{                                                                                                              \
		NULL, __WAIT_QUEUE_HEAD_INITIALIZER((name).wait), 0                                                    \
	}
#define DEFINE_MUTEX(name) struct mutex name = __MUTEX_INITIALIZER(name)

static inline void __mutex_init(struct mutex *lock)
{
	lock->owner = NULL;
	init_waitqueue_head(&lock->wait);
	lock->class = 0;
}

#define mutex_init(l)                                                                                                  \
	do {                                                                                                           \
		static struct lock_class_key __mutex_key;                                                              \
		struct mutex *__mutex_new = (l);                                                                       \
		__mutex_init(__mutex_new);                                                                             \
		if (mm_debug_hooks())                                                                                  \
			lockdep_init_class(&__mutex_new->class, &__mutex_key, #l, 0);                                  \
	} while (0)

void mutex_lock(struct mutex *lock);
/** mutex_lock_nested - take a mutex under another of its kind; @subclass says in which role */
void mutex_lock_nested(struct mutex *lock, unsigned int subclass);
bool mutex_trylock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);

/** mutex_lock_killable - Return: 0, or -EINTR: the caller shall end, and does not have it. */
int mutex_lock_killable(struct mutex *lock);
#define mutex_lock_interruptible(lock) mutex_lock_killable(lock)

static inline bool mutex_is_locked(struct mutex *lock)
{
	return READ_ONCE(lock->owner) != NULL;
}

static inline void mutex_destroy(struct mutex *lock)
{
	(void)lock;
}

#endif
