/* SPDX-License-Identifier: MIT */
/*
 * mmap_lock.h - the lock of an address space's areas: faults hold it shared, whoever changes areas alone.
 *
 * Outermost of all locks of user memory (rmap.h has the order). Nobody takes it to reclaim.
 */
#ifndef _LINUX_MMAP_LOCK_H
#define _LINUX_MMAP_LOCK_H

#include <linux/build_bug.h>
#include <linux/rwsem.h>
#include "shared/mm.h"

static inline struct rw_semaphore *mm_rwsem(struct mm_struct *mm)
{
	BUILD_BUG_ON(sizeof(struct rw_semaphore) > sizeof(mm->mmap_lock));
	return (struct rw_semaphore *)mm->mmap_lock;
}

static inline void mmap_read_lock(struct mm_struct *mm)
{
	down_read(mm_rwsem(mm));
}

static inline bool mmap_read_trylock(struct mm_struct *mm)
{
	return down_read_trylock(mm_rwsem(mm));
}

static inline void mmap_read_unlock(struct mm_struct *mm)
{
	up_read(mm_rwsem(mm));
}

static inline void mmap_write_lock(struct mm_struct *mm)
{
	down_write(mm_rwsem(mm));
}

static inline void mmap_write_unlock(struct mm_struct *mm)
{
	up_write(mm_rwsem(mm));
}

#endif
