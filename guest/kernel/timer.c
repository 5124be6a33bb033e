// SPDX-License-Identifier: MIT
/*
 * timer.c - time: jiffies, nanoseconds, timers, and tasks that wait for some time to pass.
 *
 * Everything is computed from the time-stamp counter, which is the same on every CPU; only in the deterministic mode (det.c)
 * jiffies counts something else.
 *
 * Shape:  each CPU has a base: a tree of armed timers in the order of their time, equal ones in the order of arming. The tick
 *         looks at base->next only; what is due runs in the timers' softirq, without the lock.
 * Always: timer->flags names the base whose lock guards the timer; TIMER_ARMED is set while it is in that base's tree; only the
 *         holder of the lock changes either. TIMER_MIGRATING: between two bases, wait.
 *         A timer whose function runs stays with the base where it does (base->running), so it never runs twice at once.
 * Locks:  base->lock, interrupts off; one at a time.
 * Not here: timers that are due between two ticks.
 */
#include <linux/bug.h>
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/interrupt.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

#include "guest/kernel/main.h"
#include "guest/kernel/sched.h"

/**
 * struct timer_base - (L) all of it
 * @next:    when the first one is due, if @nr is not 0; read by the tick without the lock
 * @running: its function runs on this base's CPU
 */
struct timer_base {
	spinlock_t lock;
	unsigned int nr;
	unsigned long next;
	struct rb_root_cached tree;
	struct timer_list *running;
};

/** struct sleeper - a task that waits for a timer; on its stack */
struct sleeper {
	struct timer_list timer;
	struct task_struct *task;
};

enum arm_how { ARM_ALWAYS, ARM_IF_ARMED, ARM_IF_SOONER };

/* Boot counts as a little before the first wrap, as in Linux, so that code which gets wraps wrong shows it soon. */
#define INITIAL_JIFFIES ((unsigned long)(unsigned int)(-300 * HZ))

volatile unsigned long jiffies = INITIAL_JIFFIES;
EXPORT_SYMBOL(jiffies);

static DEFINE_PER_CPU(struct timer_base, timer_base);
static u64 tsc_start;
static u64 tsc_per_jiffy = 1;
static u64 ns_mult; /* nanoseconds a cycle, times 2^32 */

static void run_timers(struct softirq_action *a);

void timer_init(void)
{
	tsc_start = rdtsc();
	tsc_per_jiffy = tsc_hz / HZ;
	ns_mult = ((u64)NSEC_PER_SEC << 32) / tsc_hz;
	open_softirq(TIMER_SOFTIRQ, run_timers);
}

u64 ktime_get_ns(void)
{
	return mul_u64_u64_shr(rdtsc() - tsc_start, ns_mult, 32);
}
EXPORT_SYMBOL(ktime_get_ns);

/* Bring jiffies up to date. Several CPUs may: never back. */
static unsigned long update_jiffies(void)
{
	unsigned long seen = jiffies, now;

	if (sched_det)
		return seen;
	now = INITIAL_JIFFIES + (rdtsc() - tsc_start) / tsc_per_jiffy;
	while (time_after(now, seen)) {
		if (__atomic_compare_exchange_n(&jiffies, &seen, now, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return now;
	}
	return seen;
}

/* ---- timers ---- */

/* Needs: the timer is in no tree. */
static void enqueue_timer(struct timer_base *base, struct timer_list *timer)
{
	struct rb_node **link = &base->tree.rb_root.node, *parent = NULL;
	bool first = true;

	while (*link) {
		parent = *link;
		if (time_before(timer->expires, rb_entry(parent, struct timer_list, node)->expires)) {
			link = &parent->left;
		} else {
			link = &parent->right;
			first = false;
		}
	}
	rb_link_node(&timer->node, parent, link);
	rb_insert_color_cached(&timer->node, &base->tree, first);
	WRITE_ONCE(timer->flags, timer->flags | TIMER_ARMED);
	if (first)
		WRITE_ONCE(base->next, timer->expires);
	WRITE_ONCE(base->nr, base->nr + 1);
}

static void dequeue_timer(struct timer_base *base, struct timer_list *timer)
{
	struct rb_node *first;

	rb_erase_cached(&timer->node, &base->tree);
	WRITE_ONCE(timer->flags, timer->flags & ~TIMER_ARMED);
	WRITE_ONCE(base->nr, base->nr - 1);
	first = rb_first_cached(&base->tree);
	if (first)
		WRITE_ONCE(base->next, rb_entry(first, struct timer_list, node)->expires);
}

static struct timer_base *base_of(u32 flags)
{
	return per_cpu_ptr(&timer_base, flags & TIMER_CPUMASK);
}

/* The base that guards @timer, locked, interrupts off. */
static struct timer_base *lock_base(struct timer_list *timer, unsigned long *irq)
{
	for (;;) {
		u32 flags = READ_ONCE(timer->flags);

		if (!(flags & TIMER_MIGRATING)) {
			struct timer_base *base = base_of(flags);

			spin_lock_irqsave(&base->lock, *irq);
			if (!((timer->flags ^ flags) & (TIMER_CPUMASK | TIMER_MIGRATING)))
				return base;
			spin_unlock_irqrestore(&base->lock, *irq);
		}
		cpu_relax();
	}
}

/* Change the base that guards @timer, which is not armed; @base is locked. Return: the new one, locked. */
static struct timer_base *change_base(struct timer_base *base, struct timer_list *timer, unsigned int cpu)
{
	struct timer_base *to = per_cpu_ptr(&timer_base, cpu);

	if (to == base || base->running == timer)
		return base;
	WRITE_ONCE(timer->flags, timer->flags | TIMER_MIGRATING);
	spin_unlock(&base->lock);
	spin_lock(&to->lock);
	smp_store_release(&timer->flags, (timer->flags & ~(TIMER_CPUMASK | TIMER_MIGRATING)) | cpu);
	return to;
}

/* @cpu: where, or -1: here. Return: was it armed before? */
static int arm(struct timer_list *timer, unsigned long expires, enum arm_how how, int cpu)
{
	unsigned long irq;
	struct timer_base *base = lock_base(timer, &irq);
	int was = timer_pending(timer);

	if (!timer->function || (how == ARM_IF_ARMED && !was) ||
	    (how == ARM_IF_SOONER && was && time_before_eq(timer->expires, expires))) {
		spin_unlock_irqrestore(&base->lock, irq);
		return was;
	}
	if (was)
		dequeue_timer(base, timer);
	base = change_base(base, timer, cpu < 0 ? raw_smp_processor_id() : (unsigned int)cpu);
	timer->expires = expires;
	enqueue_timer(base, timer);
	spin_unlock_irqrestore(&base->lock, irq);
	return was;
}

void timer_setup(struct timer_list *timer, void (*function)(struct timer_list *t), unsigned int flags)
{
	timer->expires = 0;
	timer->function = function;
	timer->flags = (flags & ~(TIMER_CPUMASK | TIMER_MIGRATING | TIMER_ARMED)) | raw_smp_processor_id();
}
EXPORT_SYMBOL(timer_setup);

int mod_timer(struct timer_list *timer, unsigned long expires)
{
	return arm(timer, expires, ARM_ALWAYS, -1);
}
EXPORT_SYMBOL(mod_timer);

int mod_timer_pending(struct timer_list *timer, unsigned long expires)
{
	return arm(timer, expires, ARM_IF_ARMED, -1);
}
EXPORT_SYMBOL(mod_timer_pending);

int timer_reduce(struct timer_list *timer, unsigned long expires)
{
	return arm(timer, expires, ARM_IF_SOONER, -1);
}
EXPORT_SYMBOL(timer_reduce);

void add_timer(struct timer_list *timer)
{
	if (!WARN_ON(timer_pending(timer)))
		mod_timer(timer, timer->expires);
}
EXPORT_SYMBOL(add_timer);

void add_timer_on(struct timer_list *timer, int cpu)
{
	if (!WARN_ON(timer_pending(timer) || cpu < 0 || !cpu_online((unsigned int)cpu)))
		arm(timer, timer->expires, ARM_ALWAYS, cpu);
}
EXPORT_SYMBOL(add_timer_on);

/* @shut: for good. Return: was it armed? -1 if @idle_only and its function runs. */
static int disarm(struct timer_list *timer, bool shut, bool idle_only)
{
	unsigned long irq;
	struct timer_base *base = lock_base(timer, &irq);
	int was = timer_pending(timer);

	if (idle_only && base->running == timer)
		was = -1;
	else if (was)
		dequeue_timer(base, timer);
	if (shut)
		timer->function = NULL;
	spin_unlock_irqrestore(&base->lock, irq);
	return was;
}

/* Until its function does not run; it may have armed itself again meanwhile. */
static int disarm_sync(struct timer_list *timer, bool shut)
{
	int was;

	WARN_ON_ONCE(in_hardirq());
	while ((was = disarm(timer, shut, true)) < 0)
		cpu_relax();
	return was;
}

int timer_delete(struct timer_list *timer)
{
	return disarm(timer, false, false);
}
EXPORT_SYMBOL(timer_delete);

int timer_delete_sync_try(struct timer_list *timer)
{
	return disarm(timer, false, true);
}
EXPORT_SYMBOL(timer_delete_sync_try);

int timer_delete_sync(struct timer_list *timer)
{
	return disarm_sync(timer, false);
}
EXPORT_SYMBOL(timer_delete_sync);

int timer_shutdown(struct timer_list *timer)
{
	return disarm(timer, true, false);
}
EXPORT_SYMBOL(timer_shutdown);

int timer_shutdown_sync(struct timer_list *timer)
{
	return disarm_sync(timer, true);
}
EXPORT_SYMBOL(timer_shutdown_sync);

static void call_timer(struct timer_base *base, struct timer_list *timer)
{
	void (*function)(struct timer_list *) = timer->function;
	unsigned int count = preempt_count() - 1; /* without the lock */

	dequeue_timer(base, timer);
	base->running = timer;
	spin_unlock_irq(&base->lock);
	function(timer);
	if (unlikely(preempt_count() != count))
		panic("timer function %ps changed the preempt count from 0x%x to 0x%x", function, count,
		      preempt_count());
	spin_lock_irq(&base->lock);
	base->running = NULL;
}

/* The timers' softirq. One that arms itself for at once has its next turn at the next tick: there is an end to a turn. */
static void run_timers(struct softirq_action *a)
{
	struct timer_base *base = this_cpu_ptr(&timer_base);
	unsigned long now = jiffies;
	unsigned int turns;

	(void)a;
	spin_lock_irq(&base->lock);
	for (turns = base->nr; turns; turns--) {
		struct rb_node *first = rb_first_cached(&base->tree);
		struct timer_list *timer = rb_entry_safe(first, struct timer_list, node);

		if (!timer || time_before(now, timer->expires))
			break;
		call_timer(base, timer);
	}
	spin_unlock_irq(&base->lock);
}

void timer_check(void)
{
	struct timer_base *base = this_cpu_ptr(&timer_base);

	if (READ_ONCE(base->nr) && time_after_eq(jiffies, READ_ONCE(base->next)))
		raise_softirq_irqoff(TIMER_SOFTIRQ);
}

void timer_tick(void)
{
	update_jiffies();
	timer_check();
}

/* ---- sleeping ---- */

static void wake_sleeper(struct timer_list *t)
{
	struct sleeper *me = from_timer(me, t, timer);

	wake_up_process(me->task);
}

long schedule_timeout(long timeout)
{
	struct sleeper me = {.task = current};
	unsigned long expires;

	if (timeout == MAX_SCHEDULE_TIMEOUT) {
		schedule();
		return timeout;
	}
	if (WARN_ON(timeout < 0)) {
		__set_current_state(TASK_RUNNING);
		return 0;
	}
	/*
	 * One more: a tick is under way. Ticks may be late, and the time of the last one with them: from there it would sleep
	 * too short.
	 */
	expires = update_jiffies() + (unsigned long)timeout + 1;
	timer_setup_on_stack(&me.timer, wake_sleeper, 0);
	mod_timer(&me.timer, expires);
	schedule();
	timer_delete_sync(&me.timer);
	return max((long)(expires - 1 - jiffies), 0L);
}
EXPORT_SYMBOL(schedule_timeout);

long schedule_timeout_interruptible(long timeout)
{
	__set_current_state(TASK_INTERRUPTIBLE);
	return schedule_timeout(timeout);
}
EXPORT_SYMBOL(schedule_timeout_interruptible);

long schedule_timeout_killable(long timeout)
{
	__set_current_state(TASK_KILLABLE);
	return schedule_timeout(timeout);
}
EXPORT_SYMBOL(schedule_timeout_killable);

long schedule_timeout_uninterruptible(long timeout)
{
	__set_current_state(TASK_UNINTERRUPTIBLE);
	return schedule_timeout(timeout);
}
EXPORT_SYMBOL(schedule_timeout_uninterruptible);

void msleep(unsigned int msecs)
{
	long left = (long)msecs_to_jiffies(msecs);

	might_sleep();
	do {
		left = schedule_timeout_uninterruptible(left);
	} while (left);
}
EXPORT_SYMBOL(msleep);

unsigned long msleep_interruptible(unsigned int msecs)
{
	msleep(msecs);
	return 0;
}
EXPORT_SYMBOL(msleep_interruptible);

void usleep_range(unsigned long min_us, unsigned long max_us)
{
	(void)max_us;
	might_sleep();
	if (min_us >= (unsigned long)(USEC_PER_SEC / HZ))
		schedule_timeout_uninterruptible((long)usecs_to_jiffies((unsigned int)min_us));
	else
		udelay(min_us);
}
EXPORT_SYMBOL(usleep_range);

void ndelay(unsigned long nsecs)
{
	u64 end = ktime_get_ns() + nsecs;

	while (ktime_get_ns() < end)
		cpu_relax();
}
EXPORT_SYMBOL(ndelay);

void udelay(unsigned long usecs)
{
	ndelay(usecs * NSEC_PER_USEC);
}
EXPORT_SYMBOL(udelay);

void mdelay(unsigned long msecs)
{
	ndelay(msecs * NSEC_PER_MSEC);
}
EXPORT_SYMBOL(mdelay);
