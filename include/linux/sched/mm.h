/* SPDX-License-Identifier: MIT */
/*
 * sched/mm.h - scopes: what a thread's allocations may not do for a while, whatever their masks say.
 *
 *	unsigned int token = memalloc_nofs_save();
 *	...			every allocation in here acts as GFP_NOFS, also those of callees who never heard of it
 *	memalloc_nofs_restore(token);
 *
 * A save gives the bits that it newly set, its restore takes exactly those away: so scopes nest, and an inner one never widens
 * an outer one. They belong to the thread (PF_MEMALLOC_* in its flags), not to what it starts elsewhere. A thread that
 * ends inside a scope is reported.
 *
 * Interrupts look at the flags of the thread they interrupt; as they may not sleep, what the scopes take away they
 * do not have anyway.
 */
#ifndef _LINUX_SCHED_MM_H
#define _LINUX_SCHED_MM_H

#include <linux/gfp_types.h>
#include <linux/jiffies.h>
#include <linux/sched.h>

/* What a scope can set. */
#define PF_MEMALLOC_SCOPES (PF_MEMALLOC | PF_MEMALLOC_NOFS | PF_MEMALLOC_NOIO | PF_MEMALLOC_PIN)

/** memalloc_flags_save - set PF_MEMALLOC_* bits of the running thread. Return: the token for memalloc_flags_restore(). */
static inline unsigned int memalloc_flags_save(unsigned int flags)
{
	unsigned int newly = flags & ~current->flags;

	current->flags |= newly;
	return newly;
}

/** memalloc_flags_restore - end the scope whose token it is; scopes end in the reverse order of their beginnings. */
static inline void memalloc_flags_restore(unsigned int token)
{
	current->flags &= ~token;
}

/** memalloc_noio_save - no allocation starts I/O or enters a filesystem (__GFP_IO and __GFP_FS are ignored) */
static inline unsigned int memalloc_noio_save(void)
{
	return memalloc_flags_save(PF_MEMALLOC_NOIO);
}

static inline void memalloc_noio_restore(unsigned int token)
{
	memalloc_flags_restore(token);
}

/** memalloc_nofs_save - no allocation enters a filesystem (__GFP_FS is ignored) */
static inline unsigned int memalloc_nofs_save(void)
{
	return memalloc_flags_save(PF_MEMALLOC_NOFS);
}

static inline void memalloc_nofs_restore(unsigned int token)
{
	memalloc_flags_restore(token);
}

/** memalloc_noreclaim_save - allocations do not reclaim and may use all reserves: for those who free memory by it */
static inline unsigned int memalloc_noreclaim_save(void)
{
	return memalloc_flags_save(PF_MEMALLOC);
}

static inline void memalloc_noreclaim_restore(unsigned int token)
{
	memalloc_flags_restore(token);
}

/** memalloc_pin_save - pages will be held for long: none comes from where pages must be movable (__GFP_MOVABLE is ignored) */
static inline unsigned int memalloc_pin_save(void)
{
	return memalloc_flags_save(PF_MEMALLOC_PIN);
}

static inline void memalloc_pin_restore(unsigned int token)
{
	memalloc_flags_restore(token);
}

/** memalloc_retry_wait - before an allocation with @gfp that failed is tried again: a moment, longer for who was not waited for. */
static inline void memalloc_retry_wait(gfp_t gfp)
{
	bool waited = gfp & __GFP_DIRECT_RECLAIM && !(gfp & __GFP_NORETRY);

	schedule_timeout_uninterruptible(waited ? 1 : HZ / 50);
}

/* ---- user address spaces ---- */

struct mm_struct;

/** mm_alloc - an address space with nothing in it, and one user. Return: NULL if there is no memory. Context: task, may sleep. */
struct mm_struct *mm_alloc(void);
/** dup_mm - a copy of one: both share all pages until one of them writes. Context: task, may sleep. Return: NULL: no memory */
struct mm_struct *dup_mm(struct mm_struct *old);
/** mmput - one user less; the last one takes its memory away. Context: task, may sleep. */
void mmput(struct mm_struct *mm);
/** mmget, mmgrab - one user more; one more that needs the structure only. The caller is one already. Context: any. */
void mmget(struct mm_struct *mm);
void mmgrab(struct mm_struct *mm);
/** mmget_not_zero - one user more, unless its memory is on its way out. Context: any. */
bool mmget_not_zero(struct mm_struct *mm);
/** mmdrop - the counterpart of mmgrab(). Context: task. */
void mmdrop(struct mm_struct *mm);
/** get_task_mm - @task's address space with a user more, or NULL. Context: any task. */
struct mm_struct *get_task_mm(struct task_struct *task);

/** kthread_use_mm - user addresses are those of @mm from now on; the caller is one of its users. Context: task, in none so far. */
void kthread_use_mm(struct mm_struct *mm);
/** kthread_unuse_mm - and now there are none any more. The caller still is a user of @mm: mmput(). */
void kthread_unuse_mm(struct mm_struct *mm);

/** current_gfp_context - what is left of @gfp in the scopes of the running thread. Context: any. */
static inline gfp_t current_gfp_context(gfp_t gfp)
{
	const struct task_struct *task = current;
	unsigned int flags = task ? READ_ONCE(task->flags) : 0;

	if (likely(!(flags & (PF_MEMALLOC_NOIO | PF_MEMALLOC_NOFS | PF_MEMALLOC_PIN))))
		return gfp;
	if (flags & PF_MEMALLOC_NOIO)
		gfp &= ~(__GFP_IO | __GFP_FS);
	else if (flags & PF_MEMALLOC_NOFS)
		gfp &= ~__GFP_FS;
	if (flags & PF_MEMALLOC_PIN)
		gfp &= ~__GFP_MOVABLE;
	return gfp;
}

#endif
