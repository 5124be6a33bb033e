// SPDX-License-Identifier: MIT
/*
 * spinlock.c - the way through a spinlock that is taken. The way through a free one is inline.
 */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/spinlock.h>

void spin_acquire_slow(spinlock_t *lock, uint32_t me)
{
	if (READ_ONCE(lock->word) == me)
		panic("spinlock %px is held by this CPU already", lock);
	/* Look without writing until it seems free: the line stays shared among those who wait. */
	do {
		while (READ_ONCE(lock->word))
			cpu_relax();
	} while (!__spin_try(lock, me));
}
EXPORT_SYMBOL(spin_acquire_slow);
