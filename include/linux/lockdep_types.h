/* SPDX-License-Identifier: MIT */
/* lockdep_types.h - what a lock needs to take part in the lock checker; see lockdep.h. */
#ifndef _LINUX_LOCKDEP_TYPES_H
#define _LINUX_LOCKDEP_TYPES_H

#include <linux/debug_hooks.h>

#include "shared/lock.h"

#define MAX_LOCKDEP_SUBCLASSES 8

/** struct lock_class_key - stands for a kind of lock: its address counts. It must be static. */
struct lock_class_key {
	char sub[MAX_LOCKDEP_SUBCLASSES];
};

/**
 * lockdep_init_class - say which class a lock belongs to
 * @class: the word in the lock that keeps it
 * @name:  copied
 */
void lockdep_init_class(uint32_t *class, const struct lock_class_key *key, const char *name, unsigned int sub);

/**
 * lockdep_acquire - the running context takes @lock, or is about to wait for it
 * @class: the lock's word for its class; if it is 0 the class is made of the lock's address (static locks) or of the caller's
 * @flags: HELD_TRY, HELD_READ, HELD_SLEEPS, HELD_PSEUDO
 * @sub:   0, or what tells apart locks of one class that nest on purpose
 *
 * Context: any.
 */
void lockdep_acquire(const void *lock, uint32_t *class, unsigned int flags, unsigned int sub);

/** lockdep_acquire_ip - the same on behalf of somebody who called from @ip */
void lockdep_acquire_ip(const void *lock, uint32_t *class, unsigned int flags, unsigned int sub, unsigned long ip);

struct mm_lock;
/** lockdep_acquired - the caller has got the spinlock: remember where */
void lockdep_acquired(struct mm_lock *lock);

/** lockdep_got - the running context no longer waits for @lock: it has it */
void lockdep_got(const void *lock);

/** lockdep_release - the running context gives @lock back. Context: any. */
void lockdep_release(const void *lock);

/** lockdep_is_held - does the running context hold @lock? Only the debug kernel knows; the release kernel says yes. */
bool lockdep_is_held(const void *lock);

/* For struct mm_lock. */
#define lockdep_spin_acquire(l, flags, sub)                                                                            \
	do {                                                                                                           \
		if (mm_debug_hooks())                                                                                  \
			lockdep_acquire(l, &(l)->class, flags, sub);                                                   \
	} while (0)
#define lockdep_spin_acquired(l)                                                                                       \
	do {                                                                                                           \
		if (mm_debug_hooks())                                                                                  \
			lockdep_acquired(l);                                                                           \
	} while (0)
#define lockdep_spin_release(l)                                                                                        \
	do {                                                                                                           \
		if (mm_debug_hooks())                                                                                  \
			lockdep_release(l);                                                                            \
	} while (0)

#endif
