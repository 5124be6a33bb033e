/* SPDX-License-Identifier: MIT */
/*
 * hardirq.h - the frame around every hard interrupt.
 *
 * irq_enter() right after the registers are saved, irq_exit() when the work is done, both on the interrupt stack with interrupts
 * off; the interrupt controller has been told of the end before irq_exit(), because it serves pending
 * softirqs, with interrupts on meanwhile: other interrupts nest here. When the outermost
 * interrupt is back on the stack of the task it calls irq_exit_resched(): only there may another task be switched to.
 */
#ifndef _LINUX_HARDIRQ_H
#define _LINUX_HARDIRQ_H

#include <linux/preempt.h>

static __always_inline void irq_enter(void)
{
	preempt_count_add(HARDIRQ_OFFSET);
}

void irq_exit(void);

/** irq_exit_resched - interrupts off, on the stack of a task: switch if somebody else should run and nothing forbids it. */
void irq_exit_resched(void);

#endif
