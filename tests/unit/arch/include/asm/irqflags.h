/* SPDX-License-Identifier: MIT */
/*
 * asm/irqflags.h of the host build - the interrupt flag is a variable, the same for all simulated CPUs: only one of them
 * runs at a time.
 */
#ifndef ASM_IRQFLAGS_H
#define ASM_IRQFLAGS_H

#include <stdbool.h>

#define X86_EFLAGS_IF 0x200UL

extern unsigned long sim_irq_flags;

static inline unsigned long arch_local_save_flags(void)
{
	return sim_irq_flags;
}

static inline void arch_local_irq_disable(void)
{
	sim_irq_flags &= ~X86_EFLAGS_IF;
}

static inline void arch_local_irq_enable(void)
{
	sim_irq_flags |= X86_EFLAGS_IF;
}

static inline bool arch_irqs_disabled_flags(unsigned long flags)
{
	return !(flags & X86_EFLAGS_IF);
}

static inline bool arch_irqs_disabled(void)
{
	return arch_irqs_disabled_flags(sim_irq_flags);
}

static inline unsigned long arch_local_irq_save(void)
{
	unsigned long flags = sim_irq_flags;

	arch_local_irq_disable();
	return flags;
}

static inline void arch_local_irq_restore(unsigned long flags)
{
	if (!arch_irqs_disabled_flags(flags))
		arch_local_irq_enable();
}

#endif
