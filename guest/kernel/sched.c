// SPDX-License-Identifier: MIT
/*
 * sched.c - who runs: each CPU takes the tasks of its own queue in turn.
 *
 * Shape:  rq->queue holds runnable tasks, the longest waiting first; the running one and the idle task are not on it.
 *         A task is given to a CPU when it starts and stays there, so its queue's lock never changes.
 * Always: task->on_rq says "running or queued"; a task with on_rq false is asleep and only a waker changes it; rq->nr counts
 *         the tasks with on_rq true, without idle.
 * Turns:  a tick asks for a switch if anybody waits. The switch happens where the preempt count allows: on the way out
 *         of the interrupt, at preempt_enable(), or when the task calls schedule().
 * Locks:  rq->lock, with interrupts off. It is released before the switch: only this CPU takes tasks from its queue, so
 *         a task that is woken while its CPU is leaving it waits there until the CPU is done.
 * Wishes: need_resched is bit 31 of the CPU's preempt count, and only that CPU writes it. Others set rq->kicked and send an
 *         interrupt, on whose way out the bit is set.
 * Not here: priorities, moving tasks between CPUs.
 */
#include <linux/atomic.h>
#include <linux/export.h>
#include <linux/hardirq.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include <asm/stacktrace.h>

#include "guest/kernel/main.h"

DEFINE_PER_CPU(unsigned int, __preempt_count) = PREEMPT_ENABLED;
EXPORT_SYMBOL(__preempt_count);

static struct mm_cpu cpus[NR_CPUS] ____cacheline_aligned;
static DEFINE_PER_CPU(struct task_struct, idle_task);
static unsigned int nr_tasks; /* under mm_root.task_lock */

static struct mm_cpu *this_rq(void)
{
	return &cpus[raw_smp_processor_id()];
}

void task_add(struct task_struct *task)
{
	unsigned long flags;

	spin_lock_irqsave(&mm_root.task_lock, flags);
	list_add_tail(&task->tasks, &mm_root.tasks);
	nr_tasks++;
	spin_unlock_irqrestore(&mm_root.task_lock, flags);
}

void task_del(struct task_struct *task)
{
	unsigned long flags;

	spin_lock_irqsave(&mm_root.task_lock, flags);
	list_del(&task->tasks);
	nr_tasks--;
	spin_unlock_irqrestore(&mm_root.task_lock, flags);
}

unsigned int task_count(void)
{
	return READ_ONCE(nr_tasks);
}

/* Needs: interrupts off, both. */
static void set_need_resched(void)
{
	unsigned int word = this_cpu_read(__preempt_count);

	this_cpu_write(__preempt_count, word & ~PREEMPT_NEED_RESCHED);
}

static void clear_need_resched(void)
{
	unsigned int word = this_cpu_read(__preempt_count);

	this_cpu_write(__preempt_count, word | PREEMPT_NEED_RESCHED);
}

/* Needs: interrupts off. Make @rq's CPU look at its queue if it has nothing else to do. */
static void kick_if_idle(struct mm_cpu *rq, unsigned int cpu)
{
	if (rq->curr != rq->idle)
		return;
	if (cpu == raw_smp_processor_id()) {
		set_need_resched();
	} else {
		WRITE_ONCE(rq->kicked, 1);
		smp_send_reschedule(cpu);
	}
}

static void enqueue(struct mm_cpu *rq, struct task_struct *task)
{
	task->__state = TASK_RUNNING;
	if (!task->on_rq) {
		task->on_rq = true;
		rq->nr++;
		list_add_tail(&task->run_node, &rq->queue);
	}
}

/* Needs: interrupts off, rq->lock. The next in turn; @prev goes to the end if it can go on. */
static struct task_struct *pick_next(struct mm_cpu *rq, struct task_struct *prev, bool preempt)
{
	struct task_struct *next;

	if (prev != rq->idle) {
		/* Whoever is preempted on its way to sleep gets there in its next turn. */
		if (prev->__state == TASK_RUNNING || preempt) {
			list_add_tail(&prev->run_node, &rq->queue);
		} else {
			prev->on_rq = false;
			rq->nr--;
		}
	}
	next = list_first_entry_or_null(&rq->queue, struct task_struct, run_node);
	if (!next)
		return rq->idle;
	list_del(&next->run_node);
	return next;
}

static void switch_tasks(bool preempt)
{
	unsigned long flags = arch_local_irq_save();
	struct mm_cpu *rq = this_rq();
	struct task_struct *prev = rq->curr;
	struct task_struct *next;

	__spin_acquire(&rq->lock);
	clear_need_resched();
	next = pick_next(rq, prev, preempt);
	rq->curr = next;
	if (next != prev) {
		rq->switches++;
		next->switches++;
		next->on_cpu = true;
	}
	__spin_release(&rq->lock);
	if (next != prev)
		sched_finish(__switch_to(prev, next));
	arch_local_irq_restore(flags);
}

void sched_finish(struct task_struct *prev)
{
	WRITE_ONCE(prev->on_cpu, false);
	if (unlikely(prev->__state == TASK_DEAD))
		task_left(prev);
}

void schedule(void)
{
	struct task_struct *task = current;

	if (unlikely(in_atomic())) {
		debug_show_atomic();
		panic("BUG: scheduling while atomic: %s/%d/0x%08x", task->comm, task->pid, preempt_count());
	}
	do {
		switch_tasks(false);
	} while (need_resched());
}
EXPORT_SYMBOL(schedule);

void preempt_schedule(void)
{
	if (arch_irqs_disabled())
		return;
	do {
		switch_tasks(true);
	} while (need_resched() && preemptible());
}
EXPORT_SYMBOL(preempt_schedule);

void irq_exit(void)
{
	struct mm_cpu *rq = this_rq();

	if (READ_ONCE(rq->kicked)) {
		WRITE_ONCE(rq->kicked, 0);
		set_need_resched();
	}
	preempt_count_sub(HARDIRQ_OFFSET);
}

void irq_exit_resched(void)
{
	/* Interrupts stay off: the task that is left here comes back to return from its interrupt. */
	if (this_cpu_read(__preempt_count) == 0)
		switch_tasks(true);
}

void tick(void)
{
	struct mm_cpu *rq = this_rq();

	timer_tick();
	if (!list_empty(&rq->queue))
		set_need_resched();
}

void yield(void)
{
	__set_current_state(TASK_RUNNING);
	schedule();
}
EXPORT_SYMBOL(yield);

int cond_resched(void)
{
	if (!need_resched() || !preemptible())
		return 0;
	switch_tasks(true);
	return 1;
}
EXPORT_SYMBOL(cond_resched);

/* The CPU with the fewest tasks; this one if it is among them. */
static unsigned int least_busy_cpu(void)
{
	unsigned int best = raw_smp_processor_id();
	unsigned int least = READ_ONCE(cpus[best].nr);
	unsigned int cpu;

	for_each_online_cpu (cpu) {
		unsigned int nr = READ_ONCE(cpus[cpu].nr);

		if (nr < least) {
			least = nr;
			best = cpu;
		}
	}
	return best;
}

/* First turn of @task: where it was bound to, or where there is least to do. Return: 1, or 0 if another waker was first. */
static int sched_start(struct task_struct *task)
{
	unsigned int expect = TASK_NEW;
	unsigned long flags;
	struct mm_cpu *rq;

	if (!try_cmpxchg(&task->__state, &expect, TASK_RUNNING))
		return 0;
	if (task->cpu == ~0u)
		task->cpu = least_busy_cpu();
	rq = &cpus[task->cpu];
	spin_lock_irqsave(&rq->lock, flags);
	enqueue(rq, task);
	kick_if_idle(rq, task->cpu);
	spin_unlock_irqrestore(&rq->lock, flags);
	return 1;
}

int wake_up_state(struct task_struct *task, unsigned int states)
{
	unsigned long flags;
	unsigned int seen;
	struct mm_cpu *rq;
	int woken = 0;

	/* The caller's news must be out before the state is looked at: the sleeper does it the other way round. */
	smp_mb();
	seen = READ_ONCE(task->__state);
	if (!(seen & states))
		return 0;
	if (seen == TASK_NEW)
		return sched_start(task);
	rq = &cpus[task->cpu];
	spin_lock_irqsave(&rq->lock, flags);
	if (task->__state & states) {
		enqueue(rq, task);
		kick_if_idle(rq, task->cpu);
		woken = 1;
	}
	spin_unlock_irqrestore(&rq->lock, flags);
	return woken;
}
EXPORT_SYMBOL(wake_up_state);

int wake_up_process(struct task_struct *task)
{
	return wake_up_state(task, TASK_NORMAL | TASK_NEW);
}
EXPORT_SYMBOL(wake_up_process);

void sched_idle(void)
{
	for (;;) {
		arch_local_irq_disable();
		if (need_resched())
			arch_local_irq_enable();
		else
			arch_safe_halt();
		if (need_resched())
			schedule();
	}
}

void sched_prepare_cpu(unsigned int cpu, void *stack)
{
	struct mm_cpu *rq = &cpus[cpu];
	struct task_struct *idle = per_cpu_ptr(&idle_task, cpu);

	INIT_LIST_HEAD(&rq->queue);
	INIT_LIST_HEAD(&idle->run_node);
	idle->cpu = cpu;
	idle->flags = PF_IDLE | PF_KTHREAD;
	idle->on_rq = true;
	idle->on_cpu = true;
	idle->refs = 1;
	idle->stack = stack;
	*(unsigned long *)stack = STACK_END_MAGIC;
	if (mm_debug_hooks())
		lockdep_idle_init(idle, cpu);
	snprintf(idle->comm, sizeof(idle->comm), "swapper/%u", cpu);
	idle->cpus_mask = 1UL << cpu;
	rq->idle = idle;
	rq->preempt_count = per_cpu_ptr(&__preempt_count, cpu);
	rq->curr = idle;
	per_cpu(current_task, cpu) = idle;
	timer_init_cpu(cpu);
	task_add(idle);
}

extern char boot_stack_guard[];

void sched_init(void)
{
	mm_root.cpus = cpus;
	sched_prepare_cpu(0, boot_stack_guard + PAGE_SIZE);
	timer_init();
}

void sched_secondary_start(void)
{
	arch_local_irq_enable();
	sched_idle();
}
