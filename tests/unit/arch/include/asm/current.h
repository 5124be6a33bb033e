/* SPDX-License-Identifier: MIT */
/* asm/current.h of the host build. */
#ifndef ASM_CURRENT_H
#define ASM_CURRENT_H

struct task_struct;
extern struct task_struct sim_task;

/* A function, as on the machine: there may be nobody before the scheduler is up, so callers ask. */
static inline struct task_struct *get_current(void)
{
	return &sim_task;
}
#define current get_current()

#endif
