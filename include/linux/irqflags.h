/* SPDX-License-Identifier: MIT */
/*
 * linux/irqflags.h - turn this CPU's interrupts off and on.
 */
#ifndef LINUX_IRQFLAGS_H
#define LINUX_IRQFLAGS_H

#include <asm/irqflags.h>
#include <linux/debug_hooks.h>

static inline __attribute__((__always_inline__)) void local_irq_disable(void)
{
	if (mm_debug_hooks() && !arch_irqs_disabled()) {
		arch_local_irq_disable();
		debug_irqs_off();
		return;
	}
	arch_local_irq_disable();
}

static inline __attribute__((__always_inline__)) void local_irq_enable(void)
{
	if (mm_debug_hooks() && arch_irqs_disabled())
		debug_irqs_on();
	arch_local_irq_enable();
}

static inline __attribute__((__always_inline__)) unsigned long __local_irq_save(void)
{
	unsigned long flags = arch_local_irq_save();

	if (mm_debug_hooks() && !arch_irqs_disabled_flags(flags))
		debug_irqs_off();
	return flags;
}

static inline __attribute__((__always_inline__)) void local_irq_restore(unsigned long flags)
{
	if (mm_debug_hooks() && !arch_irqs_disabled_flags(flags) && arch_irqs_disabled())
		debug_irqs_on();
	arch_local_irq_restore(flags);
}

#define local_save_flags(flags)                                                                                        \
	do {                                                                                                           \
		(flags) = arch_local_save_flags();                                                                     \
	} while (0)
#define local_irq_save(flags)                                                                                          \
	do {                                                                                                           \
		(flags) = __local_irq_save();                                                                          \
	} while (0)
#define irqs_disabled() arch_irqs_disabled()
#define irqs_disabled_flags(flags) arch_irqs_disabled_flags(flags)

#endif
