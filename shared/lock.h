/* SPDX-License-Identifier: MIT */
/*
 * lock.h - what the debug kernel's lock checker knows, for readers outside: classes of locks, and which a thread holds.
 *
 * A class is all locks that were made at one place; its number is in struct mm_lock.class of each, 0 for none yet. The
 * table hangs on mm_root.lock_classes and only grows; a class whose name and key went away with a module is marked dead.
 */
#ifndef MMV_SHARED_LOCK_H
#define MMV_SHARED_LOCK_H

#include "shared/types.h"

#define MMV_LOCK_CLASSES 256 /* a multiple of 64; class 0 is no class */
#define MMV_LOCK_NAME 48
#define MMV_MAX_HELD 24

/* mm_lock_class.usage: how locks of the class were taken. */
#define LOCK_USED_IN_HARDIRQ 0x01u
#define LOCK_USED_IN_SOFTIRQ 0x02u
#define LOCK_HARDIRQS_ON 0x04u /* held while hard interrupts could come */
#define LOCK_SOFTIRQS_ON 0x08u
#define LOCK_NR_USAGES 4

/**
 * struct mm_lock_class - a kind of lock
 * @key:    address that stands for the place where its locks are made
 * @name:   what to call it: the expression it was initialized by, or "[<address>]" of the lock or of who took it first
 * @usage:  LOCK_*
 * @sub:    number among classes of the same key (spin_lock_nested())
 * @after:  bit n: a lock of class n was taken while one of these was held
 * @before: the same seen from the other side
 * @usage_ip: who used it first in each way
 */
struct mm_lock_class {
	gva_t key;
	char name[MMV_LOCK_NAME];
	uint32_t usage;
	uint16_t sub;
	uint16_t dead;
	uint64_t after[MMV_LOCK_CLASSES / 64];
	uint64_t before[MMV_LOCK_CLASSES / 64];
	gva_t usage_ip[LOCK_NR_USAGES];
};
MMV_SIZE(struct mm_lock_class, 160);

/* mm_held_lock.flags */
#define HELD_TRY 0x1u    /* did not wait for it */
#define HELD_READ 0x2u   /* shared with other readers */
#define HELD_SLEEPS 0x4u /* may sleep while held: a mutex, a semaphore, a pseudo-lock */
#define HELD_PSEUDO 0x8u /* no lock at all: reclaim is under way */
#define HELD_WAITS 0x10u /* not yet held: still waiting for it */
#define HELD_LEVEL_SHIFT 8
#define HELD_LEVEL 0x300u /* where it was taken: 0 task, 1 softirq, 2 hard interrupt, 3 NMI */

/**
 * struct mm_held_lock - a lock that a thread holds, or an interrupt on top of it
 * @ip: low half of the address that took it (code lies in the top 2 GiB)
 */
struct mm_held_lock {
	gva_t lock;
	uint32_t class;
	uint32_t ip;
	uint32_t flags;
	uint32_t pad;
};
MMV_SIZE(struct mm_held_lock, 24);

/** held_ip - the address that took it */
static inline gva_t held_ip(const struct mm_held_lock *held)
{
	return 0xffffffff00000000UL | held->ip;
}

#endif
