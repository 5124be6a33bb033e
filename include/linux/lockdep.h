/* SPDX-License-Identifier: MIT */
/*
 * lockdep.h - the lock checker of the debug kernel.
 *
 * Locks are sorted into classes: all that one place in the code makes. The checker notes which class was taken while which was
 * held, and in what contexts, and so finds deadlocks that have not happened yet:
 *
 *   inversion   A is taken under B here, and B under A there (also over more than two classes)
 *   recursion   a lock is taken under another of its class
 *   interrupt   a lock that interrupts or softirqs take is held elsewhere with them on; or leads to one that is
 *   reclaim     a lock that reclaim takes is held by an allocation that may enter reclaim (fs_reclaim_acquire())
 *   sleep       sleeping with a spinlock held
 *   exit        a thread ends with a lock held
 *   not held    a lock is given back by somebody who does not hold it
 *   freed       memory is freed that holds a lock which the freeing thread holds
 *
 * Each is reported once for the same classes, by a WARN: the running test fails, unless it said that it expects one
 * (kunit_expect_warnings()). The tables are bounded: when one is full, that is said once and what does not fit is not checked.
 *
 * In the release kernel everything here is empty.
 */
#ifndef _LINUX_LOCKDEP_H
#define _LINUX_LOCKDEP_H

#include <linux/gfp_types.h>
#include <linux/lockdep_types.h>
#include <linux/spinlock.h>

enum lockdep_report {
	LOCKDEP_INVERSION,
	LOCKDEP_RECURSION,
	LOCKDEP_INTERRUPT,
	LOCKDEP_RECLAIM,
	LOCKDEP_SLEEP,
	LOCKDEP_EXIT,
	LOCKDEP_NOT_HELD,
	LOCKDEP_FREED,
	LOCKDEP_FULL,
	NR_LOCKDEP_REPORTS,
};

/** lockdep_reports - how many reports of a kind there were since boot; 0 in the release kernel */
unsigned long lockdep_reports(enum lockdep_report kind);

/** lockdep_is_on - is there a checker, that is: does the debug kernel run? */
bool lockdep_is_on(void);

/** lockdep_set_class - this lock is of another kind than the others that are made where it was made */
#define lockdep_set_class_and_name(lock, key, name) lockdep_init_class(&(lock)->class, key, name, 0)
#define lockdep_set_class(lock, key) lockdep_set_class_and_name(lock, key, #key)
#define lockdep_set_subclass_name(lock, key, name, sub) lockdep_init_class(&(lock)->class, key, name, sub)

/** lockdep_depth - locks that the running thread holds */
unsigned int lockdep_depth(void);

/** lockdep_task_exit - the running thread ends: it may hold nothing. */
void lockdep_task_exit(void);

/** lockdep_free_range - the memory goes away (a module's): so do classes whose keys lie in it. */
void lockdep_free_range(const void *start, size_t size);

/** debug_check_no_locks_freed - the memory is about to be freed: no lock that the running context holds may lie in it. */
void __debug_check_no_locks_freed(const void *start, unsigned long size);
static inline void debug_check_no_locks_freed(const void *start, unsigned long size)
{
	if (mm_debug_hooks())
		__debug_check_no_locks_freed(start, size);
}

/**
 * fs_reclaim_acquire, fs_reclaim_release - this context reclaims memory for a request with mask @gfp
 *
 * A lock taken in between is one that reclaim needs: nobody may hold it in an allocation that can enter reclaim in the
 * same way. With __GFP_FS in the mask that means allocations with __GFP_FS, with __GFP_IO alone those with __GFP_IO. Scopes
 * (sched/mm.h), PF_MEMALLOC and __GFP_NOLOCKDEP count. might_alloc() is the other side.
 */
void __fs_reclaim_acquire(gfp_t gfp);
void __fs_reclaim_release(gfp_t gfp);
/** __lockdep_may_reclaim - an allocation with mask @gfp might enter reclaim right here */
void __lockdep_may_reclaim(gfp_t gfp);

static inline void fs_reclaim_acquire(gfp_t gfp)
{
	if (mm_debug_hooks())
		__fs_reclaim_acquire(gfp);
}

static inline void fs_reclaim_release(gfp_t gfp)
{
	if (mm_debug_hooks())
		__fs_reclaim_release(gfp);
}

static inline void lockdep_may_reclaim(gfp_t gfp)
{
	if (mm_debug_hooks() && (gfp & __GFP_DIRECT_RECLAIM))
		__lockdep_may_reclaim(gfp);
}

#define lockdep_assert_not_held(lock) WARN_ON(mm_debug_hooks() && lockdep_is_held(lock))
#define lockdep_assert_irqs_disabled() WARN_ON(mm_debug_hooks() && !irqs_disabled())
#define lockdep_assert_irqs_enabled() WARN_ON(mm_debug_hooks() && irqs_disabled())
#define lockdep_assert_in_softirq() WARN_ON(mm_debug_hooks() && (!in_softirq() || in_hardirq()))

#endif
