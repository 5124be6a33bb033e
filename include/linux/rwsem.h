/* SPDX-License-Identifier: MIT */
/*
 * rwsem.h - many readers or one writer, by sleeping: task context only, not recursive.
 *
 * Whoever comes first gets it first: a reader that comes after a waiting writer waits behind it. So a reader that takes it
 * twice may wait for itself.
 */
#ifndef _LINUX_RWSEM_H
#define _LINUX_RWSEM_H

#include <linux/list.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

/**
 * struct rw_semaphore - (L) all of it
 * @count:   readers that hold it; -1: a writer does; 0: free
 * @owner:   the writer that holds it, or NULL
 * @waiters: who waits, in the order of coming
 * @class:   debug kernel: its class to the lock checker
 */
struct rw_semaphore {
	spinlock_t lock;
	int count;
	struct task_struct *owner;
	struct list_head waiters;
	uint32_t class;
};

#define __RWSEM_INITIALIZER(name)                                                                                      \
	{                                                                                                              \
		__SPIN_LOCK_UNLOCKED((name).lock), 0, NULL, LIST_HEAD_INIT((name).waiters), 0                          \
	}
#define DECLARE_RWSEM(name) struct rw_semaphore name = __RWSEM_INITIALIZER(name)

static inline void __init_rwsem(struct rw_semaphore *sem)
{
	spin_lock_init(&sem->lock);
	sem->count = 0;
	sem->owner = NULL;
	INIT_LIST_HEAD(&sem->waiters);
	sem->class = 0;
}

#define init_rwsem(s)                                                                                                  \
	do {                                                                                                           \
		static struct lock_class_key __rwsem_key;                                                              \
		struct rw_semaphore *__rwsem_new = (s);                                                                \
		__init_rwsem(__rwsem_new);                                                                             \
		if (mm_debug_hooks())                                                                                  \
			lockdep_init_class(&__rwsem_new->class, &__rwsem_key, #s, 0);                                  \
	} while (0)

/** down_read, down_write - wait for it. Context: task, may sleep. */
void down_read(struct rw_semaphore *sem);
void down_write(struct rw_semaphore *sem);
/** down_read_trylock, down_write_trylock - only if nobody has to be waited for. Return: 1 if it is ours. Context: task. */
int down_read_trylock(struct rw_semaphore *sem);
int down_write_trylock(struct rw_semaphore *sem);
/** up_read, up_write - give it back. Context: task. */
void up_read(struct rw_semaphore *sem);
void up_write(struct rw_semaphore *sem);
/** downgrade_write - a writer becomes a reader, without anybody in between */
void downgrade_write(struct rw_semaphore *sem);

static inline int rwsem_is_locked(struct rw_semaphore *sem)
{
	return READ_ONCE(sem->count) != 0;
}

/** rwsem_is_contended - does anybody wait? */
static inline int rwsem_is_contended(struct rw_semaphore *sem)
{
	return !list_empty(&sem->waiters);
}

/** down_read_killable, down_write_killable - Return: 0, or -EINTR: the caller shall end, and does not have it. */
int down_read_killable(struct rw_semaphore *sem);
int down_write_killable(struct rw_semaphore *sem);

#define down_read_interruptible(sem) down_read_killable(sem)
#define down_read_nested(sem, subclass) down_read(sem)
#define down_write_nested(sem, subclass) down_write(sem)

#endif
