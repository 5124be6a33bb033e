// SPDX-License-Identifier: MIT
/*
 * lockdep_report.c - what the lock checker found, in words: who, which locks, both orders with their stacks.
 *
 * Every report is one WARN (guest/kernel/panic.c), whose stack is the running one, followed by what led to the other order.
 * Context: any; the checker is off on this CPU meanwhile.
 */
#include "guest/kernel/lockdep.h"

#if MM_CONTEXT_CHECKS

#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/stacktrace.h>
#include <linux/string.h>

static unsigned long counts[NR_LOCKDEP_REPORTS]; /* (a) */

void lockdep_count(enum lockdep_report kind)
{
	__atomic_fetch_add(&counts[kind], 1, __ATOMIC_RELAXED);
}

unsigned long lockdep_reports(enum lockdep_report kind)
{
	return kind < NR_LOCKDEP_REPORTS ? READ_ONCE(counts[kind]) : 0;
}

static const char *name_of(unsigned int class)
{
	return class ? lock_classes[class].name : "(a lock of no class)";
}

static const char *level_name(unsigned int level)
{
	static const char *const names[] = {"", " in a softirq", " in a hard interrupt", " in an NMI"};

	return names[level & 3];
}

void lockdep_show_held(const struct task_struct *task)
{
	unsigned int nr = task && task->held ? min_t(unsigned int, task->nr_held, MMV_MAX_HELD) : 0;

	printk(KERN_EMERG "%u locks held by %s/%d%s\n", nr, task ? task->comm : "(boot)", task ? task->pid : 0,
	       nr ? ":" : ".");
	for (unsigned int i = 0; i < nr; i++) {
		const struct mm_held_lock *h = &task->held[i];

		printk(KERN_EMERG " #%u: %s (%px)%s%s, %s at [<%016lx>]\n", i, name_of(h->class), (void *)h->lock,
		       h->flags & HELD_READ ? " for reading" : "", level_name(held_level(h)),
		       h->flags & HELD_WAITS ? "waited for" : "taken", (unsigned long)held_ip(h));
	}
}

/* The known order from one class to the next along @path. */
static void show_path(const uint16_t *path, unsigned int nr)
{
	for (unsigned int i = 0; i + 1 < nr; i++) {
		const struct lock_edge *e = edge_find(path[i], path[i + 1]);

		printk(KERN_EMERG "%s was taken under %s", name_of(path[i + 1]), name_of(path[i]));
		if (!e) {
			printk(KERN_EMERG ".\n");
			continue;
		}
		printk(KERN_EMERG ", itself taken at [<%016lx>]:\n", e->held_ip);
		stack_trace_print(e->stack, e->nr, 0);
	}
}

static bool is_reclaim(unsigned int class)
{
	return !strncmp(lock_classes[class].name, "reclaim", 7);
}

void report_order(const struct mm_held_lock *held, unsigned int id, unsigned long ip, const uint16_t *path,
		  unsigned int nr)
{
	bool reclaim = is_reclaim(id) || is_reclaim(held->class);

	for (unsigned int i = 0; i < nr; i++)
		reclaim |= is_reclaim(path[i]);
	lockdep_count(reclaim ? LOCKDEP_RECLAIM : LOCKDEP_INVERSION);
	warn_at(__FILE__, __LINE__, "possible circular locking dependency%s: %s at [<%016lx>] under %s\n",
		reclaim ? " (reclaim recursion)" : "", name_of(id), ip, name_of(held->class));
	lockdep_show_held(current);
	printk(KERN_EMERG "but the other order is known:\n");
	show_path(path, nr);
}

void report_recursion(const struct mm_held_lock *held, unsigned int id, unsigned long ip)
{
	lockdep_count(is_reclaim(id) ? LOCKDEP_RECLAIM : LOCKDEP_RECURSION);
	warn_at(__FILE__, __LINE__, "possible recursive locking: %s at [<%016lx>] under a lock of its own class\n",
		name_of(id), ip);
	(void)held;
	lockdep_show_held(current);
}

void report_usage(unsigned int used_bit, const uint16_t *path, unsigned int nr)
{
	unsigned int on = used_bit == LOCK_USED_IN_HARDIRQ ? LOCK_HARDIRQS_ON : LOCK_SOFTIRQS_ON;
	const struct mm_lock_class *safe = &lock_classes[path[0]], *unsafe = &lock_classes[path[nr - 1]];
	const char *what = used_bit == LOCK_USED_IN_HARDIRQ ? "hard interrupt" : "softirq";

	lockdep_count(LOCKDEP_INTERRUPT);
	warn_at(__FILE__, __LINE__, "inconsistent lock use: %s is taken in a %s, %s with them on\n", safe->name, what,
		nr == 1 ? "and held" : unsafe->name);
	printk(KERN_EMERG "%s taken in a %s at [<%016lx>]\n", safe->name, what,
	       (unsigned long)safe->usage_ip[__builtin_ctz(used_bit)]);
	printk(KERN_EMERG "%s held with them on at [<%016lx>]\n", unsafe->name,
	       (unsigned long)unsafe->usage_ip[__builtin_ctz(on)]);
	lockdep_show_held(current);
	show_path(path, nr);
}

void report_full(const char *what)
{
	static bool said;

	if (said)
		return;
	said = true;
	lockdep_count(LOCKDEP_FULL);
	printk(KERN_EMERG "lockdep: too many %s: what is new from here on is not checked\n", what);
}

void report_plain(enum lockdep_report kind, const char *what, const void *lock, unsigned int class, unsigned long ip)
{
	lockdep_count(kind);
	warn_at(__FILE__, __LINE__, "%s: %s (%px) at [<%016lx>]\n", what, name_of(class), lock, ip);
	lockdep_show_held(current);
}

#endif
