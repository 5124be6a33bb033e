/* SPDX-License-Identifier: MIT */
/*
 * sched.h - tasks, and giving the CPU away.
 *
 * Every task is a kernel thread on one CPU's run queue; runnable ones take turns of a tick each. A task is preempted
 * wherever its preempt count is 0 and interrupts are on.
 */
#ifndef _LINUX_SCHED_H
#define _LINUX_SCHED_H

#include <asm/current.h>
#include <asm/processor.h>
#include <linux/preempt.h>
#include <linux/types.h>

#define TASK_COMM_LEN 16

#define TASK_RUNNING 0x0000
#define TASK_INTERRUPTIBLE 0x0001
#define TASK_UNINTERRUPTIBLE 0x0002
#define TASK_DEAD 0x0080
#define TASK_NEW 0x0800
#define TASK_IDLE TASK_UNINTERRUPTIBLE
#define TASK_NORMAL (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)

#define PF_IDLE 0x00000002
#define PF_EXITING 0x00000004
#define PF_WQ_WORKER 0x00000020
#define PF_MEMALLOC 0x00000800
#define PF_MEMALLOC_NOFS 0x00040000
#define PF_MEMALLOC_NOIO 0x00080000
#define PF_KSWAPD 0x00020000
#define PF_KTHREAD 0x00200000
#define PF_MEMALLOC_PIN 0x10000000

#define MAX_SCHEDULE_TIMEOUT LONG_MAX

struct kunit;

/**
 * struct task_struct - a thread
 * @refs:    1 for itself until its last turn is over, more by get_task_struct()
 * @on_rq:   running or on the queue, that is: not asleep
 * @on_cpu:  its stack is in use
 * @kthread: guest/kernel/kthread.c's own
 *
 * (q) its run queue's lock, (s) only itself, (c) constant, (a) atomic. Tasks switch with a preempt count of 0 only, so they
 * need not keep one.
 */
struct task_struct {
	struct thread_struct thread; /* first: what __switch_to() saves */
	unsigned int __state;        /* TASK_*: written by itself, made TASK_RUNNING by wakers (q) */
	unsigned int flags;          /* (s) PF_* */
	unsigned int cpu;            /* (c) after its first turn */
	bool on_rq;                  /* (q) */
	bool on_cpu;                 /* its CPU */
	int pid;                     /* (c) */
	char comm[TASK_COMM_LEN];    /* (c) */
	void *stack;                 /* (c) lowest address, THREAD_SIZE bytes */
	struct list_head run_node;   /* (q) */
	struct list_head tasks;      /* all tasks, under the list's lock */
	void *kthread;               /* (c) */
	int refs;                    /* (a) */
	struct kunit *kunit_test;    /* (s) the test that it runs, or NULL */
	u64 switches;                /* (q) turns it had */
};

_Static_assert(offsetof(struct task_struct, thread) == 0, "the switch code saves the stack pointer at the start");

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
long schedule_timeout_uninterruptible(long timeout);
/** wake_up_process - make a sleeping task runnable. Return: 1 if it slept. Context: any. */
int wake_up_process(struct task_struct *task);
/** wake_up_state - the same, only if it sleeps in one of @states. */
int wake_up_state(struct task_struct *task, unsigned int states);

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

#define signal_pending(task) 0
#define fatal_signal_pending(task) 0

#endif
