// SPDX-License-Identifier: MIT
/*
 * softirq.c - what interrupts leave for later: softirqs, tasklets, and the threads that take over when there is too much.
 *
 * Shape:  mm_cpu.softirq_pending has a bit for each softirq that waits on that CPU; tasklets wait on two lists of their CPU.
 * Always: while a CPU serves softirqs, SOFTIRQ_OFFSET is in its preempt count: no task runs, no other serving nests.
 *         A tasklet has TASKLET_STATE_SCHED from tasklet_schedule() until just before it runs, TASKLET_STATE_RUN while it does.
 *         A scheduled tasklet that is disabled is taken off its list and marked; whoever enables it puts it back.
 * When:   on the way out of an interrupt and at local_bh_enable(), on the interrupt stack; in the idle loop; in ksoftirqd/N on its
 *         own stack, after SOFTIRQ_RESTARTS rounds or when somebody waits for the CPU.
 * Locks:  none: all of it belongs to one CPU and is touched with interrupts off.
 */
#include <linux/bug.h>
#include <linux/export.h>
#include <linux/interrupt.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/percpu.h>
#include <linux/smp.h>

#include <asm/stacktrace.h>

#include "guest/kernel/main.h"
#include "guest/kernel/sched.h"

#define SOFTIRQ_RESTARTS 10

/* Besides TASKLET_STATE_SCHED and TASKLET_STATE_RUN: scheduled, but disabled, so on no list. */
#define TASKLET_STATE_PARKED 2

/** struct tasklet_list - (p) @tail: the link to write the next one to */
struct tasklet_list {
	struct tasklet_struct *head;
	struct tasklet_struct **tail;
};

static struct softirq_action softirq_vec[NR_SOFTIRQS];
static DEFINE_PER_CPU(struct tasklet_list, tasklets);
static DEFINE_PER_CPU(struct tasklet_list, hi_tasklets);
static DEFINE_PER_CPU(struct task_struct *, ksoftirqd);
static DEFINE_PER_CPU(unsigned long, thread_turns);

/* Needs: interrupts off. */
static void wake_ksoftirqd(void)
{
	struct task_struct *task = this_cpu_read(ksoftirqd);

	if (task)
		wake_up_process(task);
}

static void serve(struct mm_cpu *me, unsigned int pending)
{
	unsigned int count = preempt_count();

	while (pending) {
		unsigned int nr = (unsigned int)__builtin_ctz(pending);
		struct softirq_action *a = &softirq_vec[nr];
		void (*action)(struct softirq_action *) = READ_ONCE(a->action);

		pending &= pending - 1;
		me->softirqs++;
		if (action)
			action(a);
		if (unlikely(preempt_count() != count))
			panic("softirq %u (%ps) changed the preempt count from 0x%x to 0x%x", nr, action, count,
			      preempt_count());
	}
}

/* Needs: interrupts off, not in an interrupt. Interrupts are on while actions run. */
static void serve_pending(void)
{
	struct mm_cpu *me = this_mm_cpu();
	unsigned int rounds = SOFTIRQ_RESTARTS;

	preempt_count_add(SOFTIRQ_OFFSET);
	do {
		unsigned int pending = me->softirq_pending;

		me->softirq_pending = 0;
		arch_local_irq_enable();
		serve(me, pending);
		arch_local_irq_disable();
	} while (me->softirq_pending && --rounds && (sched_det || !need_resched()));
	if (me->softirq_pending)
		wake_ksoftirqd();
	preempt_count_sub(SOFTIRQ_OFFSET);
}

void do_softirq(void)
{
	unsigned long flags;

	if (in_interrupt())
		return;
	flags = arch_local_irq_save();
	if (this_mm_cpu()->softirq_pending)
		arch_call_on_irq_stack(serve_pending);
	arch_local_irq_restore(flags);
}

void softirq_irq_exit(void)
{
	if (unlikely(this_mm_cpu()->softirq_pending) && !in_interrupt())
		serve_pending();
}

void local_bh_enable(void)
{
	WARN_ON_ONCE(in_hardirq());
	if (mm_debug_hooks() && preempt_count() == SOFTIRQ_DISABLE_OFFSET)
		debug_bh_on();
	/* Not preemptible until the softirqs are served. */
	preempt_count_sub(SOFTIRQ_DISABLE_OFFSET - 1);
	if (unlikely(this_mm_cpu()->softirq_pending) && !in_interrupt() && !arch_irqs_disabled())
		do_softirq();
	preempt_enable();
}
EXPORT_SYMBOL(local_bh_enable);

void softirq_mark(unsigned int nr)
{
	this_mm_cpu()->softirq_pending |= 1U << nr;
}

void raise_softirq_irqoff(unsigned int nr)
{
	softirq_mark(nr);
	/* In an interrupt, or with softirqs disabled, they are served on the way out, and the idle loop looks for them. */
	if (!in_interrupt() && !(current->flags & PF_IDLE))
		wake_ksoftirqd();
}
EXPORT_SYMBOL(raise_softirq_irqoff);

void raise_softirq(unsigned int nr)
{
	unsigned long flags = arch_local_irq_save();

	raise_softirq_irqoff(nr);
	arch_local_irq_restore(flags);
}
EXPORT_SYMBOL(raise_softirq);

void open_softirq(int nr, void (*action)(struct softirq_action *a))
{
	if (!WARN_ON(nr < 0 || nr >= NR_SOFTIRQS))
		WRITE_ONCE(softirq_vec[nr].action, action);
}
EXPORT_SYMBOL(open_softirq);

unsigned int local_softirq_pending(void)
{
	return this_mm_cpu()->softirq_pending;
}
EXPORT_SYMBOL(local_softirq_pending);

unsigned long softirq_count_served(unsigned int cpu)
{
	return cpu < nr_cpu_ids ? READ_ONCE(mm_cpus[cpu].softirqs) : 0;
}
EXPORT_SYMBOL_GPL(softirq_count_served);

unsigned long ksoftirqd_turns(unsigned int cpu)
{
	return cpu < nr_cpu_ids ? READ_ONCE(per_cpu(thread_turns, cpu)) : 0;
}
EXPORT_SYMBOL_GPL(ksoftirqd_turns);

/* ---- tasklets ---- */

static void put_tasklet(struct tasklet_struct *t, bool high)
{
	struct tasklet_list *list = high ? this_cpu_ptr(&hi_tasklets) : this_cpu_ptr(&tasklets);

	t->next = NULL;
	*list->tail = t;
	list->tail = &t->next;
	raise_softirq_irqoff(high ? HI_SOFTIRQ : TASKLET_SOFTIRQ);
}

void __tasklet_schedule(struct tasklet_struct *t, bool high)
{
	unsigned long flags = arch_local_irq_save();

	put_tasklet(t, high);
	arch_local_irq_restore(flags);
}
EXPORT_SYMBOL(__tasklet_schedule);

/* It is enabled and was taken off its list: put it back, once. */
static void unpark(struct tasklet_struct *t)
{
	if (test_and_clear_bit(TASKLET_STATE_PARKED, &t->state))
		__tasklet_schedule(t, false);
}

/* @t is off its list. */
static void run_tasklet(struct tasklet_struct *t, bool high)
{
	if (test_and_set_bit(TASKLET_STATE_RUN, &t->state)) {
		/* It runs on another CPU: after that. */
		__tasklet_schedule(t, high);
		return;
	}
	if (atomic_read(&t->count)) {
		set_bit(TASKLET_STATE_PARKED, &t->state);
		clear_bit(TASKLET_STATE_RUN, &t->state);
		if (!atomic_read(&t->count))
			unpark(t);
		return;
	}
	if (!test_and_clear_bit(TASKLET_STATE_SCHED, &t->state))
		panic("tasklet %px was on a list and not scheduled", t);
	if (t->use_callback)
		t->callback(t);
	else
		t->func(t->data);
	/* A full barrier: what it did is seen by whoever finds that it does not run. */
	test_and_clear_bit(TASKLET_STATE_RUN, &t->state);
}

static void run_tasklets(struct tasklet_list *list, bool high)
{
	struct tasklet_struct *t;

	arch_local_irq_disable();
	t = list->head;
	list->head = NULL;
	list->tail = &list->head;
	arch_local_irq_enable();
	while (t) {
		struct tasklet_struct *next = t->next;

		run_tasklet(t, high);
		t = next;
	}
}

static void tasklet_action(struct softirq_action *a)
{
	(void)a;
	run_tasklets(this_cpu_ptr(&tasklets), false);
}

static void tasklet_hi_action(struct softirq_action *a)
{
	(void)a;
	run_tasklets(this_cpu_ptr(&hi_tasklets), true);
}

void tasklet_setup(struct tasklet_struct *t, void (*callback)(struct tasklet_struct *t))
{
	*t = (struct tasklet_struct){.callback = callback, .use_callback = true};
}
EXPORT_SYMBOL(tasklet_setup);

void tasklet_init(struct tasklet_struct *t, void (*func)(unsigned long data), unsigned long data)
{
	*t = (struct tasklet_struct){.func = func, .data = data};
}
EXPORT_SYMBOL(tasklet_init);

void tasklet_unlock_wait(struct tasklet_struct *t)
{
	while (test_bit(TASKLET_STATE_RUN, &t->state))
		cpu_relax();
}
EXPORT_SYMBOL(tasklet_unlock_wait);

void tasklet_kill(struct tasklet_struct *t)
{
	might_sleep();
	while (test_and_set_bit(TASKLET_STATE_SCHED, &t->state)) {
		/* A disabled one would not go away by itself. */
		if (test_and_clear_bit(TASKLET_STATE_PARKED, &t->state))
			break;
		schedule_timeout_uninterruptible(1);
	}
	tasklet_unlock_wait(t);
	clear_bit(TASKLET_STATE_SCHED, &t->state);
}
EXPORT_SYMBOL(tasklet_kill);

void tasklet_disable_nosync(struct tasklet_struct *t)
{
	atomic_inc(&t->count);
}
EXPORT_SYMBOL(tasklet_disable_nosync);

void tasklet_disable(struct tasklet_struct *t)
{
	tasklet_disable_nosync(t);
	tasklet_unlock_wait(t);
}
EXPORT_SYMBOL(tasklet_disable);

void tasklet_enable(struct tasklet_struct *t)
{
	if (atomic_dec_and_test(&t->count))
		unpark(t);
}
EXPORT_SYMBOL(tasklet_enable);

/* ---- ksoftirqd ---- */

static int ksoftirqd_thread(void *unused)
{
	(void)unused;
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		arch_local_irq_disable();
		if (!this_mm_cpu()->softirq_pending) {
			arch_local_irq_enable();
			schedule();
			continue;
		}
		__set_current_state(TASK_RUNNING);
		this_cpu_inc(thread_turns);
		serve_pending();
		arch_local_irq_enable();
		cond_resched();
	}
	return 0;
}

void ksoftirqd_start(void)
{
	unsigned int cpu;

	for_each_online_cpu (cpu) {
		struct task_struct *task = kthread_create_on_cpu(ksoftirqd_thread, NULL, cpu, "ksoftirqd/%u");

		if (IS_ERR(task))
			panic("no memory for ksoftirqd/%u", cpu);
		/* It has its first turn when it is first needed. */
		WRITE_ONCE(per_cpu(ksoftirqd, cpu), task);
	}
}

void softirq_init_cpu(unsigned int cpu)
{
	struct tasklet_list *low = per_cpu_ptr(&tasklets, cpu), *high = per_cpu_ptr(&hi_tasklets, cpu);

	low->tail = &low->head;
	high->tail = &high->head;
}

void softirq_init(void)
{
	open_softirq(HI_SOFTIRQ, tasklet_hi_action);
	open_softirq(TASKLET_SOFTIRQ, tasklet_action);
}
