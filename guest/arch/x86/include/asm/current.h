/* SPDX-License-Identifier: MIT */
/*
 * asm/current.h - the running task. Never NULL once the scheduler is up.
 */
#ifndef ASM_CURRENT_H
#define ASM_CURRENT_H

#include <asm/percpu.h>

struct task_struct;

extern struct task_struct *current_task;

static inline struct task_struct *get_current(void)
{
	return arch_this_cpu_read_stable(current_task);
}

#define current get_current()

#endif
