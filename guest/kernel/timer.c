// SPDX-License-Identifier: MIT
/*
 * timer.c - time: jiffies, nanoseconds, and tasks that wait for some to pass.
 *
 * Everything is computed from the time-stamp counter, which is the same on every CPU. Sleepers stand on their CPU's list
 * in the order of their time (rarely more than a few); each lives on its task's stack and is taken off by whoever wakes it
 * first: the tick, or the task itself when something else did. Lock: the list's, interrupts off.
 */
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/math64.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "guest/kernel/main.h"

struct sleepers {
	spinlock_t lock;
	struct list_head list;
};

/** struct sleeper - @node: (L) empty once it was woken */
struct sleeper {
	struct list_head node;
	unsigned long expires;
	struct task_struct *task;
};

/* Boot counts as a little before the first wrap, as in Linux, so that code which gets wraps wrong shows it soon. */
#define INITIAL_JIFFIES ((unsigned long)(unsigned int)(-300 * HZ))

volatile unsigned long jiffies = INITIAL_JIFFIES;
EXPORT_SYMBOL(jiffies);

static DEFINE_PER_CPU(struct sleepers, sleepers);
static u64 tsc_start;
static u64 tsc_per_jiffy = 1;
static u64 ns_mult; /* nanoseconds a cycle, times 2^32 */

void timer_init_cpu(unsigned int cpu)
{
	INIT_LIST_HEAD(&per_cpu(sleepers, cpu).list);
}

void timer_init(void)
{
	tsc_start = rdtsc();
	tsc_per_jiffy = tsc_hz / HZ;
	ns_mult = ((u64)NSEC_PER_SEC << 32) / tsc_hz;
}

u64 ktime_get_ns(void)
{
	return mul_u64_u64_shr(rdtsc() - tsc_start, ns_mult, 32);
}
EXPORT_SYMBOL(ktime_get_ns);

/* Bring jiffies up to date. Several CPUs may: never back. */
static unsigned long update_jiffies(void)
{
	unsigned long now = INITIAL_JIFFIES + (rdtsc() - tsc_start) / tsc_per_jiffy;
	unsigned long seen = jiffies;

	while (time_after(now, seen)) {
		if (__atomic_compare_exchange_n(&jiffies, &seen, now, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return now;
	}
	return seen;
}

void timer_tick(void)
{
	unsigned long now = update_jiffies();
	struct sleepers *s = this_cpu_ptr(&sleepers);
	struct sleeper *first;

	if (list_empty(&s->list))
		return;
	spin_lock(&s->lock);
	while ((first = list_first_entry_or_null(&s->list, struct sleeper, node)) &&
	       time_after_eq(now, first->expires)) {
		list_del_init(&first->node);
		wake_up_process(first->task);
	}
	spin_unlock(&s->lock);
}

static void sleeper_add(struct sleepers *s, struct sleeper *me)
{
	struct sleeper *pos;
	unsigned long flags;

	spin_lock_irqsave(&s->lock, flags);
	list_for_each_entry_reverse(pos, &s->list, node) if (time_before_eq(pos->expires, me->expires)) break;
	list_add(&me->node, &pos->node);
	spin_unlock_irqrestore(&s->lock, flags);
}

long schedule_timeout(long timeout)
{
	struct sleeper me = {.task = current};
	struct sleepers *s;
	unsigned long flags;

	if (timeout == MAX_SCHEDULE_TIMEOUT) {
		schedule();
		return timeout;
	}
	if (WARN_ON(timeout < 0)) {
		__set_current_state(TASK_RUNNING);
		return 0;
	}
	/*
	 * A task stays on its CPU, so this list is the one that its tick looks at. One more: a tick is under way. Ticks may
	 * be late, and the time of the last one with them: from there it would sleep too short.
	 */
	s = per_cpu_ptr(&sleepers, me.task->cpu);
	me.expires = update_jiffies() + (unsigned long)timeout + 1;
	sleeper_add(s, &me);
	schedule();
	spin_lock_irqsave(&s->lock, flags);
	list_del_init(&me.node);
	spin_unlock_irqrestore(&s->lock, flags);
	return max((long)(me.expires - 1 - jiffies), 0L);
}
EXPORT_SYMBOL(schedule_timeout);

long schedule_timeout_interruptible(long timeout)
{
	__set_current_state(TASK_INTERRUPTIBLE);
	return schedule_timeout(timeout);
}
EXPORT_SYMBOL(schedule_timeout_interruptible);

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
