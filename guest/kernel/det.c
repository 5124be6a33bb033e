// SPDX-License-Identifier: MIT
/*
 * det.c - the deterministic mode: the same seed gives the same interleaving of threads. Boot option sched.deterministic, one
 * CPU.
 *
 * Interrupts come when they come, so nothing that decides may hang on them. Instead:
 *
 *   points   Whenever a task's preempt count falls to 0 with interrupts on (every spin_unlock(), every preempt_enable()), and at
 *            cond_resched(), the task could be preempted; these points are counted. After a number of them drawn from the seed
 *            the task is preempted, and which of the waiting tasks is next is drawn too. need_resched stays on all the
 *            time, so the inline preempt_enable() takes its slow way and normal runs pay nothing for this.
 *   time     jiffies counts POINTS_PER_JIFFY points as a tick. Timers, time-outs and grace periods go by it; softirqs are
 *            served at points only. While nothing can run, real ticks move jiffies, one each: whoever waits for a
 *            device waits about as long as ever, and what is woken at which jiffy does not depend on it.
 *   escape   A task that meets no point for QUIET_TICKS real ticks waits for time itself: then real ticks move jiffies and
 *            preempt, and the report at the end says how often, because such a run may not repeat.
 *
 * Disks are waited for where they are asked (virtio_blk.c). Not reproducible: what a task makes of ktime_get(), and where another
 * device's interrupt strikes (its handler runs at once; what it wakes waits for the next point). Nothing here is locked: there is one CPU, and interrupts only touch what the comments say.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/prandom.h>
#include <linux/string.h>
#include <linux/smp.h>

#include "guest/kernel/main.h"
#include "guest/kernel/sched.h"

#define POINTS_PER_JIFFY 200
/* Points to the next switch: 1 .. this, evenly. */
#define POINTS_MAX 12
#define QUIET_TICKS 100

bool sched_det;

static struct rnd_state rnd;
static unsigned int points_left = 1; /* to the next switch */
static unsigned int points_in_jiffy;
static unsigned long points, switches, forced;
static u64 order = 0xcbf29ce484222325ull; /* of all switches so far: who, and after how many points */
static unsigned int quiet;                /* real ticks since the last point; written by the tick, too */
static bool halted;                       /* the CPU waits for an interrupt in det_idle() */

bool det_init(void)
{
	char value[8];

	if (!cmdline_get("sched.deterministic", value, sizeof(value)) || !strcmp(value, "0"))
		return true;
	if (nr_cpu_ids > 1) {
		printk(KERN_EMERG "mmvisor: sched.deterministic: works with one CPU only (--cpus 1)\n");
		return false;
	}
	prandom_seed_state(&rnd, boot_info.seed);
	sched_det = true;
	return true;
}

static unsigned int below(unsigned int limit)
{
	return (unsigned int)((u64)prandom_u32_state(&rnd) * limit >> 32);
}

/* Needs: interrupts off. */
static void next_jiffy(void)
{
	jiffies = jiffies + 1;
	timer_check();
}

void det_point(void)
{
	unsigned long flags;
	bool now = false;

	/* What is done here passes points of its own: they do not count. */
	preempt_disable();
	WRITE_ONCE(quiet, 0);
	points++;
	if (++points_in_jiffy >= POINTS_PER_JIFFY) {
		points_in_jiffy = 0;
		flags = arch_local_irq_save();
		next_jiffy();
		rcu_quiet();
		arch_local_irq_restore(flags);
	}
	if (!--points_left) {
		points_left = 1 + below(POINTS_MAX);
		now = true;
	}
	preempt_enable_no_resched();
	do_softirq();
	if (now)
		sched_switch_here();
}

unsigned int det_pick(unsigned int nr)
{
	return nr > 1 ? below(nr) : 0;
}

void det_switched(const struct task_struct *task)
{
	switches++;
	order = (order ^ (u64)(unsigned int)task->pid) * 0x100000001b3ull;
	order = (order ^ points) * 0x100000001b3ull;
}

bool det_tick(void)
{
	/* One a halt: ticks that were late come in a row, and the second would be in before the first one's timers have run. */
	if (halted && !this_mm_cpu()->nr) {
		halted = false;
		next_jiffy();
		return true;
	}
	quiet++;
	if (quiet <= QUIET_TICKS)
		return false;
	forced++;
	next_jiffy();
	return true;
}

void det_idle(void)
{
	halted = true;
	arch_safe_halt();
	halted = false;
	do_softirq();
}

void det_report(void)
{
	if (!sched_det)
		return;
	printk(KERN_EMERG "# sched.deterministic: seed %llu, %lu points, %lu switches, order %016llx\n",
	       (u64)boot_info.seed, points, switches, order);
	if (forced)
		printk(KERN_EMERG
		       "# sched.deterministic: %lu times nothing moved but real time: this run may not repeat\n",
		       forced);
}
