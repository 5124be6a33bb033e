/* SPDX-License-Identifier: MIT */
/* asm/current.h of the host build. */
#ifndef ASM_CURRENT_H
#define ASM_CURRENT_H

struct task_struct;
extern struct task_struct sim_task;
#define current (&sim_task)

#endif
