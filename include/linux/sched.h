/* SPDX-License-Identifier: MIT */
/*
 * sched.h - tasks, and giving the CPU away.
 *
 * Every task is a kernel thread (struct task_struct: shared/task.h) on one CPU's run queue; runnable ones take turns of a tick
 * each, and move to a CPU with less to do unless they are bound. A task is preempted wherever its preempt count is 0 and
 * interrupts are on.
 */
#ifndef _LINUX_SCHED_H
#define _LINUX_SCHED_H

#include <asm/current.h>
#include <asm/processor.h>
#include <linux/preempt.h>
#include <linux/limits.h>
#include <linux/types.h>

#include "shared/task.h"

#define TASK_IDLE (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)
#define TASK_KILLABLE (TASK_UNINTERRUPTIBLE | TASK_WAKEKILL)
#define TASK_NORMAL (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)

#define MAX_SCHEDULE_TIMEOUT LONG_MAX

_Static_assert(THREAD_SIZE == MMV_THREAD_SIZE, "what the inspector takes for a stack");

struct cpumask;

#define task_cpu(t) ((t)->cpu)
#define task_pid_nr(t) ((t)->pid)

#define get_current_state() READ_ONCE(current->__state)
#define __set_current_state(state) WRITE_ONCE(current->__state, (state))
/* A full barrier after it: the state must be seen before the condition is looked at. */
#define set_current_state(state)                                                                                       \
	do {                                                                                                           \
		WRITE_ONCE(current->__state, (state));                                                                 \
		smp_mb();                                                                                              \
	} while (0)

/** schedule - let others run; returns when this task's turn comes again. Context: task, nothing held. */
void schedule(void);
/** yield - go to the end of the queue. */
void yield(void);
/** schedule_timeout - sleep in the current state until woken or so many ticks passed. Return: ticks left. */
long schedule_timeout(long timeout);
long schedule_timeout_interruptible(long timeout);
long schedule_timeout_killable(long timeout);
long schedule_timeout_uninterruptible(long timeout);
/** wake_up_process - make a sleeping task runnable. Return: 1 if it slept. Context: any. */
int wake_up_process(struct task_struct *task);
/** wake_up_state - the same, only if it sleeps in one of @states. */
int wake_up_state(struct task_struct *task, unsigned int states);

/**
 * set_cpus_allowed_ptr - say on which CPUs @task may run from now on
 * @mask: at least one of them online
 *
 * When it returns, @task does not run anywhere else any more: it was moved if it had to be.
 * Context: task, may sleep. Return: 0, or -EINVAL if no CPU is left, or if @task is bound to its CPU for good.
 */
int set_cpus_allowed_ptr(struct task_struct *task, const struct cpumask *mask);

/** migrate_disable, migrate_enable - the running task stays on its CPU in between, but may sleep and be preempted; they nest. */
static inline void migrate_disable(void)
{
	current->no_migrate++;
	barrier();
}

void migrate_enable(void);

/** cond_resched - switch if somebody waits for this CPU. Return: 1 if it did. Context: task, may sleep. */
int cond_resched(void);

static inline bool need_resched(void)
{
	return !(this_cpu_read(__preempt_count) & PREEMPT_NEED_RESCHED);
}

/* ---- for the machine's side ---- */

/** sched_init - the calling CPU's code becomes its idle task; threads can be made, and run once it idles. */
void sched_init(void);
/** sched_prepare_cpu - before another CPU starts: its run queue, and its idle task on the stack that begins at @stack. */
void sched_prepare_cpu(unsigned int cpu, void *stack);
/** sched_secondary_start - the calling CPU has nothing to do: wait for threads, for good. */
void sched_secondary_start(void) __attribute__((__noreturn__));
/** tick - from the timer interrupt, HZ times a second, on every CPU */
void tick(void);

/* ---- signals: see linux/sched/signal.h ---- */

/** fatal_signal_pending - shall @task end? */
static inline int fatal_signal_pending(const struct task_struct *task)
{
	return (READ_ONCE(task->pending) & PENDING_KILL) != 0;
}

static inline int signal_pending(const struct task_struct *task)
{
	return fatal_signal_pending(task);
}

/** signal_pending_state - is there a signal that ends a sleep in @state? */
static inline int signal_pending_state(unsigned int state, const struct task_struct *task)
{
	return state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL) && signal_pending(task);
}

#endif
