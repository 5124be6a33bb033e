// SPDX-License-Identifier: MIT
/*
 * sched.c - who runs: each CPU takes the tasks of its own queue in turn; tasks move to CPUs with less to do.
 *
 * Shape:  mm_cpu.queue holds runnable tasks, the longest waiting first; the running one and the idle task are not on it.
 * Always: task->on_rq says "running or queued"; a task with on_rq false is asleep and only a waker changes it; nr counts the
 *         tasks with on_rq true whose queue is this one, without idle. task->cpu changes under the lock of the queue that it
 *         names, and is on no queue then.
 *         task->on_cpu is true from the decision to run a task until its stack is out of use; nobody else may run it before.
 * Turns:  a tick asks for a switch if anybody waits. The switch happens where the preempt count allows: on the way out
 *         of the interrupt, at preempt_enable(), or when the task calls schedule().
 * Moves:  when a task wakes up and its CPU is busy but another idles; when a CPU runs out of tasks; at a tick, from a queue that is
 *         longer by two. One task at a time, never one that is bound (cpus_mask), has migrate_disable(), or whose stack is
 *         still in use. A running task that may not stay is put off by its own CPU (task->moving), which queues it elsewhere
 *         as soon as it is off the stack.
 * Locks:  mm_cpu.lock, with interrupts off and without the preempt count (nothing is preempted here); two at a time in the order
 *         of their CPUs. Released before the switch.
 * Wishes: need_resched is bit 31 of the CPU's preempt count, and only that CPU writes it. Others set mm_cpu.kicked and send an
 *         interrupt, on whose way out the bit is set.
 * Not here: priorities; the deterministic mode's choices (det.c).
 */
#include <linux/atomic.h>
#include <linux/bug.h>
#include <linux/cpumask.h>
#include <linux/export.h>
#include <linux/hardirq.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include <asm/stacktrace.h>

#include "guest/kernel/main.h"
#include "guest/kernel/sched.h"

/* A busy CPU looks every so many ticks whether another one has more to do. */
#define BALANCE_TICKS 4

DEFINE_PER_CPU(unsigned int, __preempt_count) = PREEMPT_ENABLED;
EXPORT_SYMBOL(__preempt_count);

struct mm_cpu mm_cpus[NR_CPUS] ____cacheline_aligned;
static DEFINE_PER_CPU(struct task_struct, idle_task);
static DEFINE_PER_CPU(unsigned int, balance_ticks);
static unsigned int nr_tasks; /* under mm_root.task_lock */

void task_add(struct task_struct *task)
{
	unsigned long flags;

	spin_lock_irqsave(&mm_root.task_lock, flags);
	mm_write_begin(&mm_root.task_lock);
	list_add_tail(&task->tasks, &mm_root.tasks);
	nr_tasks++;
	mm_write_end(&mm_root.task_lock);
	spin_unlock_irqrestore(&mm_root.task_lock, flags);
}

void task_del(struct task_struct *task)
{
	unsigned long flags;

	spin_lock_irqsave(&mm_root.task_lock, flags);
	mm_write_begin(&mm_root.task_lock);
	list_del(&task->tasks);
	nr_tasks--;
	mm_write_end(&mm_root.task_lock);
	spin_unlock_irqrestore(&mm_root.task_lock, flags);
}

unsigned int task_count(void)
{
	return READ_ONCE(nr_tasks);
}

/* ---- queues ---- */

static void rq_lock(struct mm_cpu *rq)
{
	__spin_acquire(&rq->lock);
	mm_write_begin(&rq->lock);
}

static void rq_unlock(struct mm_cpu *rq)
{
	mm_write_end(&rq->lock);
	__spin_release(&rq->lock);
}

static void rq_lock_both(struct mm_cpu *a, struct mm_cpu *b)
{
	rq_lock(a < b ? a : b);
	rq_lock(a < b ? b : a);
}

static void rq_unlock_both(struct mm_cpu *a, struct mm_cpu *b)
{
	rq_unlock(a);
	rq_unlock(b);
}

/* Needs: interrupts off. The queue of @task, locked: its CPU does not change. */
static struct mm_cpu *lock_rq_of(struct task_struct *task)
{
	for (;;) {
		unsigned int cpu = READ_ONCE(task->cpu);
		struct mm_cpu *rq = &mm_cpus[cpu];

		rq_lock(rq);
		if (likely(task->cpu == cpu))
			return rq;
		rq_unlock(rq);
	}
}

static bool may_run_on(const struct task_struct *task, unsigned int cpu)
{
	return task->cpus_mask >> cpu & 1;
}

static unsigned int cpu_of(const struct mm_cpu *rq)
{
	return (unsigned int)(rq - mm_cpus);
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

	/* In the deterministic mode every preempt_enable() is to come by. */
	if (!sched_det)
		this_cpu_write(__preempt_count, word | PREEMPT_NEED_RESCHED);
}

void sched_kick(unsigned int cpu)
{
	unsigned long flags = arch_local_irq_save();

	if (cpu == raw_smp_processor_id()) {
		set_need_resched();
	} else {
		WRITE_ONCE(mm_cpus[cpu].kicked, 1);
		smp_send_reschedule(cpu);
	}
	arch_local_irq_restore(flags);
}

/* Needs: @rq locked. */
static void enqueue(struct mm_cpu *rq, struct task_struct *task)
{
	task->on_rq = true;
	rq->nr++;
	list_add_tail(&task->run_node, &rq->queue);
	if (rq->curr == rq->idle)
		sched_kick(cpu_of(rq));
}

/* ---- where to run ---- */

/* The allowed CPU with the fewest tasks; @first if it is among them. */
static unsigned int least_busy_cpu(const struct task_struct *task, unsigned int first)
{
	unsigned int best = NR_CPUS, least = ~0u, cpu;

	if (may_run_on(task, first)) {
		best = first;
		least = READ_ONCE(mm_cpus[first].nr);
	}
	for_each_online_cpu (cpu) {
		unsigned int nr = READ_ONCE(mm_cpus[cpu].nr);

		if (nr < least && may_run_on(task, cpu)) {
			least = nr;
			best = cpu;
		}
	}
	return best == NR_CPUS ? first : best;
}

/* For a task that wakes up: its old CPU, unless that is busy and another one idles, or it may not run there any more. */
static unsigned int wake_cpu(const struct task_struct *task)
{
	unsigned int cpu = task->cpu, best;

	if (nr_cpu_ids == 1 || task->no_migrate)
		return cpu;
	if (may_run_on(task, cpu) && !READ_ONCE(mm_cpus[cpu].nr))
		return cpu;
	best = least_busy_cpu(task, cpu);
	return may_run_on(task, cpu) && READ_ONCE(mm_cpus[best].nr) ? cpu : best;
}

/* Needs: interrupts off, @task on no queue and off its stack, nobody else may wake it. */
static void put_on(struct task_struct *task, unsigned int cpu)
{
	for (;;) {
		struct mm_cpu *from = &mm_cpus[task->cpu], *to = &mm_cpus[cpu];
		bool ok;

		if (from == to)
			rq_lock(to);
		else
			rq_lock_both(from, to);
		/* Where it may run changes under these locks only. */
		ok = may_run_on(task, cpu) || task->no_migrate;
		if (ok) {
			WRITE_ONCE(task->cpu, cpu);
			task->moving = false;
			enqueue(to, task);
		}
		if (from != to)
			rq_unlock(from);
		rq_unlock(to);
		if (ok)
			return;
		cpu = least_busy_cpu(task, cpu);
	}
}

/* Needs: interrupts off. Take one waiting task from the longest queue that is longer than @least. */
static void pull(struct mm_cpu *me, unsigned int least)
{
	struct mm_cpu *busiest = NULL;
	struct task_struct *task;
	unsigned int cpu;

	for_each_online_cpu (cpu) {
		unsigned int nr = READ_ONCE(mm_cpus[cpu].nr);

		if (nr > least) {
			least = nr;
			busiest = &mm_cpus[cpu];
		}
	}
	if (!busiest || busiest == me)
		return;
	rq_lock_both(me, busiest);
	list_for_each_entry (task, &busiest->queue, run_node) {
		if (task->on_cpu || task->no_migrate || !may_run_on(task, cpu_of(me)))
			continue;
		list_del(&task->run_node);
		busiest->nr--;
		WRITE_ONCE(task->cpu, cpu_of(me));
		enqueue(me, task);
		break;
	}
	rq_unlock_both(me, busiest);
}

/* ---- switching ---- */

/* Needs: @rq locked. @prev is off: to the end of the queue if it can go on, or to another CPU, or asleep. */
static void put_prev(struct mm_cpu *rq, struct task_struct *prev, bool preempt)
{
	if (prev == rq->idle)
		return;
	if (unlikely(prev->pending) && !preempt && signal_pending_state(prev->__state, prev))
		prev->__state = TASK_RUNNING;
	/* Whoever is preempted on its way to sleep gets there in its next turn. */
	if (prev->__state != TASK_RUNNING && !preempt) {
		prev->on_rq = false;
		rq->nr--;
	} else if (likely(may_run_on(prev, cpu_of(rq)) || prev->no_migrate)) {
		list_add_tail(&prev->run_node, &rq->queue);
	} else {
		prev->moving = true;
		rq->nr--;
	}
}

static struct task_struct *take_next(struct mm_cpu *rq)
{
	struct list_head *pos = rq->queue.next;
	struct task_struct *next;

	if (pos == &rq->queue)
		return rq->idle;
	if (unlikely(sched_det)) {
		unsigned int nr = det_pick((unsigned int)list_count_nodes(&rq->queue));

		while (nr--)
			pos = pos->next;
	}
	next = list_entry(pos, struct task_struct, run_node);
	list_del(pos);
	return next;
}

static void switch_tasks(bool preempt)
{
	unsigned long flags = arch_local_irq_save();
	struct mm_cpu *rq = this_mm_cpu();
	struct task_struct *prev = rq->curr;
	struct task_struct *next;

	rcu_quiet();
	rq_lock(rq);
	put_prev(rq, prev, preempt);
	if (list_empty(&rq->queue) && nr_cpu_ids > 1) {
		rq_unlock(rq);
		pull(rq, 1);
		rq_lock(rq);
	}
	clear_need_resched();
	next = take_next(rq);
	rq->curr = next;
	if (next != prev) {
		rq->switches++;
		next->switches++;
		next->on_cpu = true;
		if (unlikely(sched_det))
			det_switched(next);
	}
	rq_unlock(rq);
	if (next != prev)
		sched_finish(__switch_to(prev, next));
	arch_local_irq_restore(flags);
}

void sched_finish(struct task_struct *prev)
{
	/* From here on another CPU may run it, unless it ends or has to be moved: then it is ours. */
	bool moving = prev->moving, dead = prev->__state == TASK_DEAD;

	smp_store_release(&prev->on_cpu, false);
	if (unlikely(moving))
		put_on(prev, least_busy_cpu(prev, prev->cpu));
	if (unlikely(dead))
		task_left(prev);
}

void schedule(void)
{
	struct task_struct *task = current;
	bool worker = task->flags & PF_WQ_WORKER && task->__state != TASK_RUNNING;

	if (unlikely(in_atomic())) {
		debug_show_atomic();
		panic("BUG: scheduling while atomic: %s/%d/0x%08x", task->comm, task->pid, preempt_count());
	}
	if (worker)
		wq_worker_sleeping(task);
	do {
		switch_tasks(false);
	} while (need_resched() && !sched_det);
	if (worker)
		wq_worker_running(task);
}
EXPORT_SYMBOL(schedule);

void sched_switch_here(void)
{
	switch_tasks(true);
}

void preempt_schedule(void)
{
	if (arch_irqs_disabled())
		return;
	if (unlikely(sched_det)) {
		det_point();
		return;
	}
	do {
		switch_tasks(true);
	} while (need_resched() && preemptible());
}
EXPORT_SYMBOL(preempt_schedule);

/* In the deterministic mode an interrupt leaves everything to the next point. Set by the tick that may not. */
static bool det_gives_way;

void irq_exit(void)
{
	struct mm_cpu *rq = this_mm_cpu();

	if (READ_ONCE(rq->kicked)) {
		WRITE_ONCE(rq->kicked, 0);
		set_need_resched();
	}
	preempt_count_sub(HARDIRQ_OFFSET);
	if (unlikely(sched_det) && !det_gives_way)
		return;
	softirq_irq_exit();
	/* What was interrupted could have been preempted, so it is no reader. */
	if (!preempt_count())
		rcu_quiet();
}

void irq_exit_resched(void)
{
	if (unlikely(sched_det)) {
		if (!det_gives_way)
			return;
		det_gives_way = false;
	}
	/* Interrupts stay off: the task that is left here comes back to return from its interrupt. */
	if (this_cpu_read(__preempt_count) == 0)
		switch_tasks(true);
}

void tick(void)
{
	struct mm_cpu *rq = this_mm_cpu();

	if (unlikely(sched_det)) {
		det_gives_way = det_tick();
		return;
	}
	timer_tick();
	if (!list_empty(&rq->queue))
		set_need_resched();
	if (nr_cpu_ids == 1)
		return;
	if (!rq->nr) {
		pull(rq, 1);
	} else if (this_cpu_read(balance_ticks) < BALANCE_TICKS) {
		this_cpu_inc(balance_ticks);
	} else {
		this_cpu_write(balance_ticks, 0);
		pull(rq, rq->nr + 1);
	}
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
	if (unlikely(sched_det)) {
		det_point();
		return 1;
	}
	switch_tasks(true);
	return 1;
}
EXPORT_SYMBOL(cond_resched);

/* ---- waking ---- */

/* First turn of @task: where it was bound to, or where there is least to do. Return: 1, or 0 if another waker was first. */
static int sched_start(struct task_struct *task)
{
	unsigned int expect = TASK_NEW;
	unsigned long flags;

	if (!try_cmpxchg(&task->__state, &expect, TASK_RUNNING))
		return 0;
	kthread_prepare(task);
	flags = arch_local_irq_save();
	if (task->cpu == ~0u)
		task->cpu = least_busy_cpu(task, raw_smp_processor_id());
	put_on(task, task->cpu);
	arch_local_irq_restore(flags);
	return 1;
}

/* Needs: @rq, the queue of @task, which sleeps, locked; unlocks it. */
static void wake_locked(struct mm_cpu *rq, struct task_struct *task)
{
	unsigned int cpu;

	/* Not asleep yet: it finds the state when it gets there. */
	if (task->on_rq) {
		task->__state = TASK_RUNNING;
		rq_unlock(rq);
		return;
	}
	/* While it is on its way off the stack, only its own CPU may run it next. */
	cpu = task->on_cpu && may_run_on(task, cpu_of(rq)) ? cpu_of(rq) : wake_cpu(task);
	if (cpu == cpu_of(rq)) {
		task->__state = TASK_RUNNING;
		enqueue(rq, task);
		rq_unlock(rq);
		return;
	}
	task->__state = TASK_WAKING;
	rq_unlock(rq);
	/* Another CPU's last steps of a switch, interrupts off: soon over. */
	while (smp_load_acquire(&task->on_cpu))
		cpu_relax();
	task->__state = TASK_RUNNING;
	put_on(task, cpu);
}

int wake_up_state(struct task_struct *task, unsigned int states)
{
	unsigned long flags;
	struct mm_cpu *rq;
	unsigned int seen;
	int woken = 0;

	/* The caller's news must be out before the state is looked at: the sleeper does it the other way round. */
	smp_mb();
	seen = READ_ONCE(task->__state);
	if (!(seen & states))
		return 0;
	if (seen == TASK_NEW)
		return sched_start(task);
	flags = arch_local_irq_save();
	rq = lock_rq_of(task);
	if (task->__state & states) {
		wake_locked(rq, task);
		woken = 1;
	} else {
		rq_unlock(rq);
	}
	arch_local_irq_restore(flags);
	if (woken && need_resched() && preemptible() && !sched_det)
		preempt_schedule();
	return woken;
}
EXPORT_SYMBOL(wake_up_state);

int wake_up_process(struct task_struct *task)
{
	return wake_up_state(task, TASK_NORMAL | TASK_NEW);
}
EXPORT_SYMBOL(wake_up_process);

/* ---- signals ---- */

int send_sig(int sig, struct task_struct *task, int priv)
{
	(void)priv;
	if (sig != SIGKILL)
		return -EINVAL;
	__atomic_fetch_or(&task->pending, PENDING_KILL, __ATOMIC_SEQ_CST);
	/* It sees the signal on its way to sleep, or it sleeps and is seen here. */
	wake_up_state(task, TASK_INTERRUPTIBLE | TASK_WAKEKILL);
	return 0;
}
EXPORT_SYMBOL(send_sig);

void flush_signals(struct task_struct *task)
{
	__atomic_fetch_and(&task->pending, ~PENDING_KILL, __ATOMIC_RELAXED);
}
EXPORT_SYMBOL(flush_signals);

/* ---- affinity ---- */

/* Needs: interrupts off. @task must leave a CPU that it may not use any more, if it is there. Return: is it done? */
static bool leave_cpu(struct task_struct *task)
{
	struct mm_cpu *rq = lock_rq_of(task);
	bool here = !may_run_on(task, cpu_of(rq)) && (task->on_rq || task->on_cpu);

	if (here && task->on_rq && !task->on_cpu && !task->moving) {
		list_del(&task->run_node);
		rq->nr--;
		task->moving = true;
		rq_unlock(rq);
		put_on(task, least_busy_cpu(task, task->cpu));
		return true;
	}
	rq_unlock(rq);
	if (here && rq->curr == task)
		sched_kick(cpu_of(rq));
	return !here;
}

int set_cpus_allowed_ptr(struct task_struct *task, const struct cpumask *mask)
{
	struct cpumask allowed;
	struct mm_cpu *rq;
	bool done;

	might_sleep();
	if (!cpumask_and(&allowed, mask, cpu_online_mask) || (task->flags & PF_NO_SETAFFINITY && task != current))
		return -EINVAL;
	if (READ_ONCE(task->__state) == TASK_NEW) {
		task->cpus_mask = allowed.bits[0];
		task->cpu = ~0u;
		return 0;
	}
	local_irq_disable();
	rq = lock_rq_of(task);
	task->cpus_mask = allowed.bits[0];
	rq_unlock(rq);
	done = task == current && may_run_on(task, raw_smp_processor_id());
	local_irq_enable();
	if (task == current) {
		if (!done)
			switch_tasks(true);
		return 0;
	}
	for (;;) {
		local_irq_disable();
		done = leave_cpu(task);
		local_irq_enable();
		if (done)
			return 0;
		schedule_timeout_uninterruptible(1);
	}
}
EXPORT_SYMBOL(set_cpus_allowed_ptr);

void migrate_enable(void)
{
	struct task_struct *task = current;

	barrier();
	if (WARN_ON(!task->no_migrate) || --task->no_migrate)
		return;
	/* Somebody may have said meanwhile that it must go elsewhere. */
	if (unlikely(!may_run_on(task, READ_ONCE(task->cpu))) && preemptible())
		switch_tasks(true);
}
EXPORT_SYMBOL(migrate_enable);

/* ---- idling, and how it begins ---- */

void sched_idle(void)
{
	struct mm_cpu *me = this_mm_cpu();

	for (;;) {
		arch_local_irq_disable();
		rcu_quiet();
		if (me->softirq_pending) {
			arch_local_irq_enable();
			do_softirq();
		} else if (me->nr || (need_resched() && !sched_det)) {
			arch_local_irq_enable();
		} else if (sched_det) {
			det_idle();
		} else {
			arch_safe_halt();
		}
		if (me->nr || (need_resched() && !sched_det))
			schedule();
	}
}

void sched_prepare_cpu(unsigned int cpu, void *stack)
{
	struct mm_cpu *rq = &mm_cpus[cpu];
	struct task_struct *idle = per_cpu_ptr(&idle_task, cpu);

	INIT_LIST_HEAD(&rq->queue);
	INIT_LIST_HEAD(&idle->run_node);
	idle->cpu = cpu;
	idle->cpus_mask = 1UL << cpu;
	idle->flags = PF_IDLE | PF_KTHREAD | PF_NO_SETAFFINITY;
	idle->on_rq = true;
	idle->on_cpu = true;
	idle->refs = 1;
	idle->stack = stack;
	*(unsigned long *)stack = STACK_END_MAGIC;
	if (mm_debug_hooks())
		lockdep_idle_init(idle, cpu);
	snprintf(idle->comm, sizeof(idle->comm), "swapper/%u", cpu);
	rq->idle = idle;
	rq->curr = idle;
	rq->preempt_count = per_cpu_ptr(&__preempt_count, cpu);
	per_cpu(current_task, cpu) = idle;
	cpumask_set_cpu(cpu, &cpu_possible_bits);
	softirq_init_cpu(cpu);
	rcu_init_cpu(cpu);
	task_add(idle);
}

extern char boot_stack_guard[];

void sched_init(void)
{
	mm_root.cpus = mm_cpus;
	sched_prepare_cpu(0, boot_stack_guard + PAGE_SIZE);
	softirq_init();
	timer_init();
	rcu_init();
}

void sched_secondary_start(void)
{
	arch_local_irq_enable();
	sched_idle();
}
