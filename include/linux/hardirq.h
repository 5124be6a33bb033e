/* SPDX-License-Identifier: MIT */
/*
 * hardirq.h - the frame around every hard interrupt.
 *
 * irq_enter() right after the registers are saved, irq_exit() last before they are restored, both with interrupts off;
 * the interrupt controller has been told of the end before irq_exit(), because irq_exit() may switch to another task.
 */
#ifndef _LINUX_HARDIRQ_H
#define _LINUX_HARDIRQ_H

#include <linux/preempt.h>

static __always_inline void irq_enter(void)
{
	preempt_count_add(HARDIRQ_OFFSET);
}

void irq_exit(void);

#endif
