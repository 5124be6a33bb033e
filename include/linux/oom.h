/* SPDX-License-Identifier: MIT */
/*
 * oom.h - threads that were chosen to die so that others get memory: they may use half of the reserve, to be done soon.
 */
#ifndef _LINUX_OOM_H
#define _LINUX_OOM_H

#include <linux/sched.h>

static inline bool tsk_is_oom_victim(const struct task_struct *task)
{
	return (task->flags & PF_OOM_VICTIM) != 0;
}

/** mark_oom_victim - @task is the running thread, or one that does not run */
static inline void mark_oom_victim(struct task_struct *task)
{
	task->flags |= PF_OOM_VICTIM;
}

/** exit_oom_victim - the running thread is none any more */
static inline void exit_oom_victim(void)
{
	current->flags &= ~(uint32_t)PF_OOM_VICTIM;
}

#endif
