/* SPDX-License-Identifier: MIT */
/*
 * asm/irqflags.h - the interrupt flag of this CPU. Each is a compiler barrier.
 */
#ifndef ASM_IRQFLAGS_H
#define ASM_IRQFLAGS_H

#define X86_EFLAGS_FIXED 0x2
#define X86_EFLAGS_IF 0x200

#ifndef __ASSEMBLER__

#include <stdbool.h>

static inline unsigned long arch_local_save_flags(void)
{
	unsigned long flags;

	asm volatile("pushfq; popq %0" : "=r"(flags) : : "memory");
	return flags;
}

static inline void arch_local_irq_disable(void)
{
	asm volatile("cli" : : : "memory");
}

static inline void arch_local_irq_enable(void)
{
	asm volatile("sti" : : : "memory");
}

static inline bool arch_irqs_disabled_flags(unsigned long flags)
{
	return !(flags & X86_EFLAGS_IF);
}

static inline bool arch_irqs_disabled(void)
{
	return arch_irqs_disabled_flags(arch_local_save_flags());
}

static inline unsigned long arch_local_irq_save(void)
{
	unsigned long flags = arch_local_save_flags();

	arch_local_irq_disable();
	return flags;
}

static inline void arch_local_irq_restore(unsigned long flags)
{
	if (!arch_irqs_disabled_flags(flags))
		arch_local_irq_enable();
}

/* Enable interrupts and wait for one; none can slip in between the two. */
static inline void arch_safe_halt(void)
{
	asm volatile("sti; hlt" : : : "memory");
}

/* Wait with interrupts as they are: with interrupts off this CPU stops for good. */
static inline void arch_halt(void)
{
	asm volatile("hlt" : : : "memory");
}

#endif
#endif
