/* SPDX-License-Identifier: MIT */
/*
 * lockdep.h - what the files of the lock checker share.
 *
 *	lockdep.c         what each thread holds; the entry points
 *	lockdep_graph.c   classes, what was taken under what, and whether that can end well
 *	lockdep_report.c  how it is said
 *
 * The graph is changed under one word that is no spinlock_t, with interrupts off; looking up a class or an edge that is there
 * already needs no lock, because both only ever come.
 */
#ifndef KERNEL_LOCKDEP_H
#define KERNEL_LOCKDEP_H

#include <linux/lockdep.h>
#include <linux/sched.h>

/* Frames kept with an edge. */
#define EDGE_DEPTH 6

/** struct lock_edge - @to was taken while @from was held; @held_ip took @from, @stack took @to */
struct lock_edge {
	uint16_t from, to;
	uint32_t nr;
	unsigned long held_ip;
	unsigned long stack[EDGE_DEPTH];
};

extern struct mm_lock_class lock_classes[MMV_LOCK_CLASSES];

static inline bool has_bit(const uint64_t *bits, unsigned int n)
{
	return READ_ONCE(bits[n / 64]) >> n % 64 & 1;
}

static inline unsigned int held_level(const struct mm_held_lock *h)
{
	return (h->flags & HELD_LEVEL) >> HELD_LEVEL_SHIFT;
}

/** class_find - the class of a key, made if it is new. Return: its number, or 0 if the table is full. Context: interrupts off. */
unsigned int class_find(gva_t key, unsigned int sub, const char *name);

/** class_use - locks of the class are used so (LOCK_*, one bit). Context: interrupts off. */
void class_use(unsigned int id, unsigned int bit, unsigned long ip);

/** graph_add - class @id is taken while @held is held. Context: interrupts off. */
void graph_add(const struct mm_held_lock *held, unsigned int id, unsigned long ip);

/* lockdep_report.c: all of them with the graph locked, but for the last three. */

/** report_order - @path: nr classes, from the one that is taken to the one that is held */
void report_order(const struct mm_held_lock *held, unsigned int id, unsigned long ip, const uint16_t *path,
		  unsigned int nr);
void report_recursion(const struct mm_held_lock *held, unsigned int id, unsigned long ip);
/** report_usage - interrupts take @safe, @unsafe is held with them on, and @path leads from one to the other */
void report_usage(unsigned int used_bit, const uint16_t *path, unsigned int nr);
void report_full(const char *what);

/** report_plain - count one of @kind and warn; the caller says the rest */
void report_plain(enum lockdep_report kind, const char *what, const void *lock, unsigned int class, unsigned long ip);
/** lockdep_show_held - what @task holds, one line each */
void lockdep_show_held(const struct task_struct *task);
void lockdep_count(enum lockdep_report kind);

/** edge_find - what is known about an edge, or NULL */
const struct lock_edge *edge_find(unsigned int from, unsigned int to);

/** lockdep_enter, lockdep_leave - the checker's own doings on this CPU are not checked. Context: interrupts off. */
void lockdep_enter(void);
void lockdep_leave(void);

/** lockdep_opens - interrupts (@hard), or softirqs alone, are about to be on. Context: interrupts off. */
void lockdep_opens(bool hard);
/** lockdep_holds_spinlock - does the running context hold a lock under which nobody sleeps? */
bool lockdep_holds_spinlock(void);

/* context.c */

/** callers_of_here - so many return addresses from the caller's on, on this stack. Return: how many. */
unsigned int callers_of_here(unsigned long *entries, unsigned int size);

#endif
