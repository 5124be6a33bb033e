// SPDX-License-Identifier: MIT
/*
 * rwsem.c - reader-writer semaphores.
 *
 * Shape:  sem->count says who holds it; who has to wait stands in sem->waiters, first come first.
 * Always: while anybody waits, newcomers queue behind, so the head of the queue waits only for holders. A waiter is let in by
 *         whoever made room: it takes the count for the waiter, takes it off the queue and wakes it; the waiter has nothing
 *         left to do. Readers at the head are let in together.
 * Locks:  sem->lock, interrupts off.
 */
#include <linux/bug.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/rwsem.h>
#include <linux/sched.h>

/** struct waiter - on the waiter's stack. @task: becomes NULL when it was let in */
struct waiter {
	struct list_head node;
	struct task_struct *task;
	bool writer;
};

/* Needs: sem->lock. */
static bool take_read(struct rw_semaphore *sem)
{
	if (sem->count < 0)
		return false;
	sem->count++;
	return true;
}

static bool take_write(struct rw_semaphore *sem, struct task_struct *task)
{
	if (sem->count)
		return false;
	sem->count = -1;
	sem->owner = task;
	return true;
}

/* Let in who may go. */
static void let_in(struct rw_semaphore *sem)
{
	while (!list_empty(&sem->waiters)) {
		struct waiter *w = list_first_entry(&sem->waiters, struct waiter, node);
		struct task_struct *task = w->task;

		if (!(w->writer ? take_write(sem, task) : take_read(sem)))
			return;
		list_del(&w->node);
		/* @w may be gone right after this. */
		smp_store_release(&w->task, NULL);
		wake_up_process(task);
	}
}

/* The waiter shall end. Return: 0 if it was let in meanwhile, or -EINTR. */
static int leave_queue(struct rw_semaphore *sem, struct waiter *w)
{
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&sem->lock, flags);
	if (w->task) {
		list_del(&w->node);
		/* A writer at the head kept readers behind it from those who read already. */
		let_in(sem);
		err = -EINTR;
	}
	spin_unlock_irqrestore(&sem->lock, flags);
	return err;
}

/* Needs: sem->lock with interrupts off; gives both back. */
static int wait_for_it(struct rw_semaphore *sem, bool writer, unsigned int state, unsigned long flags)
{
	struct waiter w = {.task = current, .writer = writer};
	int err = 0;

	list_add_tail(&w.node, &sem->waiters);
	spin_unlock_irqrestore(&sem->lock, flags);
	for (;;) {
		set_current_state(state);
		if (!smp_load_acquire(&w.task))
			break;
		if (signal_pending_state(state, current)) {
			err = leave_queue(sem, &w);
			break;
		}
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	return err;
}

/* What the lock checker wants to know; nothing in the release kernel. */
static __always_inline void tell_taking(struct rw_semaphore *sem, unsigned int flags)
{
	if (mm_debug_hooks())
		lockdep_acquire_ip(sem, &sem->class, flags | HELD_SLEEPS, 0, _RET_IP_);
}

static __always_inline void tell_taken(struct rw_semaphore *sem)
{
	if (mm_debug_hooks())
		lockdep_got(sem);
}

static __always_inline void tell_gone(struct rw_semaphore *sem)
{
	if (mm_debug_hooks())
		lockdep_release(sem);
}

static __always_inline int take(struct rw_semaphore *sem, bool writer, unsigned int state)
{
	unsigned long flags;
	int err = 0;

	might_sleep();
	tell_taking(sem, writer ? 0 : HELD_READ);
	spin_lock_irqsave(&sem->lock, flags);
	if (unlikely(writer && sem->owner == current))
		panic("rwsem %px is held for writing by this task already", sem);
	if (!list_empty(&sem->waiters) || !(writer ? take_write(sem, current) : take_read(sem)))
		err = wait_for_it(sem, writer, state, flags);
	else
		spin_unlock_irqrestore(&sem->lock, flags);
	if (err)
		tell_gone(sem);
	else
		tell_taken(sem);
	return err;
}

void down_read(struct rw_semaphore *sem)
{
	(void)take(sem, false, TASK_UNINTERRUPTIBLE);
}
EXPORT_SYMBOL(down_read);

void down_write(struct rw_semaphore *sem)
{
	(void)take(sem, true, TASK_UNINTERRUPTIBLE);
}
EXPORT_SYMBOL(down_write);

int down_read_killable(struct rw_semaphore *sem)
{
	return take(sem, false, TASK_KILLABLE);
}
EXPORT_SYMBOL(down_read_killable);

int down_write_killable(struct rw_semaphore *sem)
{
	return take(sem, true, TASK_KILLABLE);
}
EXPORT_SYMBOL(down_write_killable);

int down_read_trylock(struct rw_semaphore *sem)
{
	unsigned long flags;
	bool got;

	spin_lock_irqsave(&sem->lock, flags);
	got = list_empty(&sem->waiters) && take_read(sem);
	spin_unlock_irqrestore(&sem->lock, flags);
	if (got)
		tell_taking(sem, HELD_TRY | HELD_READ);
	return got;
}
EXPORT_SYMBOL(down_read_trylock);

int down_write_trylock(struct rw_semaphore *sem)
{
	unsigned long flags;
	bool got;

	spin_lock_irqsave(&sem->lock, flags);
	got = list_empty(&sem->waiters) && take_write(sem, current);
	spin_unlock_irqrestore(&sem->lock, flags);
	if (got)
		tell_taking(sem, HELD_TRY);
	return got;
}
EXPORT_SYMBOL(down_write_trylock);

void up_read(struct rw_semaphore *sem)
{
	unsigned long flags;

	tell_gone(sem);
	spin_lock_irqsave(&sem->lock, flags);
	if (!WARN_ON(sem->count <= 0) && !--sem->count)
		let_in(sem);
	spin_unlock_irqrestore(&sem->lock, flags);
}
EXPORT_SYMBOL(up_read);

void up_write(struct rw_semaphore *sem)
{
	unsigned long flags;

	tell_gone(sem);
	spin_lock_irqsave(&sem->lock, flags);
	if (!WARN_ON(sem->count != -1 || sem->owner != current)) {
		sem->count = 0;
		sem->owner = NULL;
		let_in(sem);
	}
	spin_unlock_irqrestore(&sem->lock, flags);
}
EXPORT_SYMBOL(up_write);

void downgrade_write(struct rw_semaphore *sem)
{
	unsigned long flags;

	spin_lock_irqsave(&sem->lock, flags);
	if (!WARN_ON(sem->count != -1 || sem->owner != current)) {
		sem->count = 1;
		sem->owner = NULL;
		let_in(sem);
	}
	spin_unlock_irqrestore(&sem->lock, flags);
}
EXPORT_SYMBOL(downgrade_write);
