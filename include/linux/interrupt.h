/* SPDX-License-Identifier: MIT */
/*
 * linux/interrupt.h - interrupt handlers of devices.
 *
 * An interrupt number comes from msi_alloc_irq() (asm/apic.h); numbers are not shared between devices.
 */
#ifndef LINUX_INTERRUPT_H
#define LINUX_INTERRUPT_H

#include <linux/irqflags.h>

typedef enum irqreturn {
	IRQ_NONE = 0,
	IRQ_HANDLED = 1,
	IRQ_WAKE_THREAD = 2,
} irqreturn_t;

/** irq_handler_t - runs in hard-IRQ context: interrupts off, may not sleep. */
typedef irqreturn_t (*irq_handler_t)(int irq, void *dev);

/**
 * request_irq - call @handler when interrupt @irq arrives
 * @flags: must be 0: numbers are not shared
 * @name:  kept by reference
 *
 * Context: task context.
 * Return: 0, -EINVAL for a number nobody handed out or a missing handler, -EBUSY if it has a handler.
 */
int request_irq(unsigned int irq, irq_handler_t handler, unsigned long flags, const char *name, void *dev);

/**
 * free_irq - stop calling the handler; when it returns, no CPU is inside it any more
 * @dev: as given to request_irq()
 *
 * Context: task context, interrupts on.
 * Return: the @name of request_irq(), or NULL (and a warning) if @dev has no handler there.
 */
const void *free_irq(unsigned int irq, void *dev);

/** irq_count - how often @irq arrived since boot; 0 for a number that does not exist. */
unsigned long irq_count(unsigned int irq);

/** cpu_timer_ticks - timer interrupts that @cpu has taken since boot. */
unsigned long cpu_timer_ticks(unsigned int cpu);

#endif
