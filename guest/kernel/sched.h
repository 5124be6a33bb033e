/* SPDX-License-Identifier: MIT */
/*
 * sched.h - what scheduler, softirqs, timers, RCU and work queues share among themselves.
 *
 * Lock order, outermost first: the work queues' lock, a wait queue's, a timer base's, RCU's; a run queue's lock is taken
 * under any of them, and nothing under it but another run queue's (lower CPU number first).
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include <linux/sched.h>
#include <linux/smp.h>

#include "guest/kernel/boot_info.h"
#include "shared/task.h"

extern struct mm_cpu mm_cpus[NR_CPUS];

/** this_mm_cpu - this CPU's entry. Needs: no move to another CPU while it is used. */
static inline struct mm_cpu *this_mm_cpu(void)
{
	return &mm_cpus[raw_smp_processor_id()];
}

/* ---- sched.c ---- */

/** sched_kick - make @cpu take an interrupt, and switch there if somebody waits. Context: any. */
void sched_kick(unsigned int cpu);

/** sched_switch_here - what the deterministic mode does at a point it has chosen. Context: preemptible. */
void sched_switch_here(void);

/* ---- kthread.c ---- */

/** kthread_prepare - before a thread's first turn: its stack was not touched so far. Context: any. */
void kthread_prepare(struct task_struct *task);

/* ---- softirq.c ---- */

void softirq_init(void);
void softirq_init_cpu(unsigned int cpu);

/** do_softirq - serve what is pending, on the interrupt stack. Context: not in an interrupt. */
void do_softirq(void);

/** softirq_irq_exit - on the way out of an interrupt. Needs: interrupts off, the interrupt counted out. */
void softirq_irq_exit(void);

/** softirq_mark - serve @nr with the next ones; wakes nobody for it. Needs: interrupts off. */
void softirq_mark(unsigned int nr);

/** ksoftirqd_start - the thread for each CPU. Context: task. */
void ksoftirqd_start(void);

/* ---- timer.c ---- */

/** timer_check - raise the timers' softirq if one is due on this CPU. Needs: interrupts off. */
void timer_check(void);

/* ---- rcu.c ---- */

void rcu_init(void);
void rcu_init_cpu(unsigned int cpu);

/** rcu_quiet - this CPU is outside of all readers now. Needs: interrupts off. */
void rcu_quiet(void);

/* ---- workqueue.c ---- */

void workqueue_init(void);

/** workqueue_start - the first workers. Context: task. */
void workqueue_start(void);

/** workqueue_trim - end workers that more work than usual had made necessary. Context: task. */
void workqueue_trim(void);

/** wq_worker_sleeping, wq_worker_running - from schedule(), before and after a worker sleeps */
void wq_worker_sleeping(struct task_struct *task);
void wq_worker_running(struct task_struct *task);

/* ---- det.c ---- */

/** det_init - look for the boot option. Return: false if it was given where it cannot work. */
bool det_init(void);

/** det_point - the running task could be preempted here. Context: preemptible. */
void det_point(void);

/** det_pick - which of @nr waiting tasks is next */
unsigned int det_pick(unsigned int nr);

/** det_switched - @task gets its turn */
void det_switched(const struct task_struct *task);

/** det_tick - a real tick. Return: true if the mode has to give way: nothing moved for too long. */
bool det_tick(void);

/** det_idle - nothing can run: wait, and let time pass. Needs: interrupts off; they are on when it returns. */
void det_idle(void);

/** det_report - say what happened, at the end of a run */
void det_report(void);

#endif
