/* SPDX-License-Identifier: MIT */
/*
 * spinlock.h - mutual exclusion by spinning, in every context.
 *
 * The lock is struct mm_lock of shared/types.h: the inspector sees who holds it (word = 1 + CPU) and whether what it covers
 * is being changed (seq). Whoever holds one does not sleep and is not preempted. A lock that an interrupt handler takes
 * is taken with interrupts off everywhere else. Taking a lock that this CPU holds already ends the run.
 */
#ifndef _LINUX_SPINLOCK_H
#define _LINUX_SPINLOCK_H

#include <asm/processor.h>
#include <linux/irqflags.h>
#include <linux/lockdep_types.h>
#include <linux/preempt.h>
#include <linux/types.h>

typedef struct mm_lock spinlock_t;
typedef struct mm_lock raw_spinlock_t;

#define __SPIN_LOCK_UNLOCKED(name)                                                                                     \
	{                                                                                                              \
		0, 0, 0, 0                                                                                             \
	}
#define DEFINE_SPINLOCK(name) spinlock_t name = __SPIN_LOCK_UNLOCKED(name)
#define DEFINE_RAW_SPINLOCK(name) DEFINE_SPINLOCK(name)

/** spin_acquire_slow - wait until @lock is free and take it (guest/lib/spinlock.c). */
void spin_acquire_slow(spinlock_t *lock, uint32_t me);

static inline void __spin_lock_init(spinlock_t *lock)
{
	*lock = (spinlock_t)__SPIN_LOCK_UNLOCKED(*lock);
}

/* To the lock checker, all locks that one spin_lock_init() makes are of one kind. */
#define spin_lock_init(l)                                                                                              \
	do {                                                                                                           \
		static struct lock_class_key __spin_key;                                                               \
		spinlock_t *__spin_new = (l);                                                                          \
		__spin_lock_init(__spin_new);                                                                          \
		if (mm_debug_hooks())                                                                                  \
			lockdep_init_class(&__spin_new->class, &__spin_key, #l, 0);                                    \
	} while (0)

static __always_inline bool __spin_try(spinlock_t *lock, uint32_t me)
{
	uint32_t expect = 0;

	return __atomic_compare_exchange_n(&lock->word, &expect, me, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static __always_inline void __spin_acquire(spinlock_t *lock)
{
	uint32_t me = raw_smp_processor_id() + 1;

	if (unlikely(!__spin_try(lock, me)))
		spin_acquire_slow(lock, me);
}

static __always_inline void __spin_release(spinlock_t *lock)
{
	__atomic_store_n(&lock->word, 0, __ATOMIC_RELEASE);
}

static __always_inline void spin_lock(spinlock_t *lock)
{
	preempt_disable();
	lockdep_spin_acquire(lock, 0, 0);
	__spin_acquire(lock);
	lockdep_spin_acquired(lock);
}

/** spin_lock_nested - take a lock under another of its kind; @subclass says in which role */
static __always_inline void spin_lock_nested(spinlock_t *lock, unsigned int subclass)
{
	(void)subclass;
	preempt_disable();
	lockdep_spin_acquire(lock, 0, subclass);
	__spin_acquire(lock);
	lockdep_spin_acquired(lock);
}

static __always_inline void spin_unlock(spinlock_t *lock)
{
	lockdep_spin_release(lock);
	__spin_release(lock);
	preempt_enable();
}

static __always_inline bool spin_trylock(spinlock_t *lock)
{
	preempt_disable();
	if (__spin_try(lock, raw_smp_processor_id() + 1)) {
		lockdep_spin_acquire(lock, HELD_TRY, 0);
		lockdep_spin_acquired(lock);
		return true;
	}
	preempt_enable();
	return false;
}

static __always_inline void spin_lock_irq(spinlock_t *lock)
{
	local_irq_disable();
	spin_lock(lock);
}

static __always_inline void spin_unlock_irq(spinlock_t *lock)
{
	lockdep_spin_release(lock);
	__spin_release(lock);
	local_irq_enable();
	preempt_enable();
}

static __always_inline unsigned long __spin_lock_irqsave(spinlock_t *lock)
{
	unsigned long flags = __local_irq_save();

	spin_lock(lock);
	return flags;
}

static __always_inline void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	lockdep_spin_release(lock);
	__spin_release(lock);
	local_irq_restore(flags);
	preempt_enable();
}

#define spin_lock_irqsave(lock, flags)                                                                                 \
	do {                                                                                                           \
		(flags) = __spin_lock_irqsave(lock);                                                                   \
	} while (0)

#define spin_trylock_irqsave(lock, flags)                                                                              \
	({                                                                                                             \
		(flags) = __local_irq_save();                                                                          \
		bool __got = spin_trylock(lock);                                                                       \
		if (!__got)                                                                                            \
			local_irq_restore(flags);                                                                      \
		__got;                                                                                                 \
	})

static __always_inline void spin_lock_bh(spinlock_t *lock)
{
	local_bh_disable();
	spin_lock(lock);
}

static __always_inline void spin_unlock_bh(spinlock_t *lock)
{
	spin_unlock(lock);
	local_bh_enable();
}

static __always_inline bool spin_is_locked(const spinlock_t *lock)
{
	return READ_ONCE(lock->word) != 0;
}

/** spin_is_mine - does this CPU hold @lock? Only meaningful where the caller cannot move. */
static __always_inline bool spin_is_mine(const spinlock_t *lock)
{
	return READ_ONCE(lock->word) == raw_smp_processor_id() + 1;
}

#define assert_spin_locked(lock) BUG_ON(!spin_is_locked(lock))
#define lockdep_assert_held(lock) ((void)(lock), WARN_ON(mm_debug_hooks() && !lockdep_is_held(lock)))

#define raw_spin_lock_init(l) spin_lock_init(l)
#define raw_spin_lock(l) spin_lock(l)
#define raw_spin_unlock(l) spin_unlock(l)
#define raw_spin_trylock(l) spin_trylock(l)
#define raw_spin_lock_irq(l) spin_lock_irq(l)
#define raw_spin_unlock_irq(l) spin_unlock_irq(l)
#define raw_spin_lock_irqsave(l, f) spin_lock_irqsave(l, f)
#define raw_spin_unlock_irqrestore(l, f) spin_unlock_irqrestore(l, f)

/**
 * mm_write_begin, mm_write_end - what @lock covers is being changed in between, so a reader from outside must not trust it
 *
 * Needs: @lock held. They do not nest. x86 keeps stores in order, so the compiler's barrier is enough.
 */
static __always_inline void mm_write_begin(struct mm_lock *lock)
{
	WRITE_ONCE(lock->seq, lock->seq + 1);
	barrier();
}

static __always_inline void mm_write_end(struct mm_lock *lock)
{
	barrier();
	WRITE_ONCE(lock->seq, lock->seq + 1);
}

#include <linux/bug.h>

#endif
