// SPDX-License-Identifier: MIT
/*
 * oom.c - the OOM killer: when nothing can be reclaimed, whose memory is given up.
 *
 * Locking: oom_lock around a decision; who asks takes it by try. mm_root.task_lock while threads are looked at.
 */
#include <linux/export.h>
#include <linux/notifier.h>
#include <linux/oom.h>
#include <linux/sched/signal.h>

#include "internal.h"

DEFINE_MUTEX(oom_lock);

struct mm_oom mm_oom;

void mark_oom_victim(struct task_struct *task)
{
	if (!(__atomic_fetch_or(&task->pending, PENDING_MEMDIE, __ATOMIC_RELAXED) & PENDING_MEMDIE))
		__atomic_fetch_add(&mm_oom.victims, 1, __ATOMIC_RELAXED);
}
EXPORT_SYMBOL(mark_oom_victim);

void exit_oom_victim(void)
{
	struct task_struct *task = current;

	if (!tsk_is_oom_victim(task))
		return;
	__atomic_fetch_and(&task->pending, ~PENDING_MEMDIE, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&mm_oom.victims, 1, __ATOMIC_RELEASE);
}
EXPORT_SYMBOL(exit_oom_victim);
