/* SPDX-License-Identifier: MIT */
/*
 * preempt.h - in which context does this code run? One word per CPU answers, laid out as Linux's:
 *
 *   bits  0- 7  preemption disabled so many times (every spinlock counts)
 *   bits  8-15  softirq: bit 8 while one is served, local_bh_disable() adds 0x200
 *   bits 16-19  hard interrupts nested so deep
 *   bits 20-23  NMIs nested so deep
 *   bit  31     somebody else should run here, inverted: so "may switch and should" is the word being 0
 *
 * A task keeps its own value while it does not run. Whoever supplies the machine (guest/kernel, or the arch of the
 * host build) defines __preempt_count and preempt_schedule().
 */
#ifndef _LINUX_PREEMPT_H
#define _LINUX_PREEMPT_H

#include <linux/compiler.h>
#include <linux/irqflags.h>
#include <linux/percpu.h>

#define PREEMPT_SHIFT 0
#define SOFTIRQ_SHIFT 8
#define HARDIRQ_SHIFT 16
#define NMI_SHIFT 20
#define PREEMPT_MASK 0x000000ff
#define SOFTIRQ_MASK 0x0000ff00
#define HARDIRQ_MASK 0x000f0000
#define NMI_MASK 0x00f00000
#define PREEMPT_OFFSET 1
#define SOFTIRQ_OFFSET (1 << SOFTIRQ_SHIFT)
#define SOFTIRQ_DISABLE_OFFSET (2 * SOFTIRQ_OFFSET)
#define HARDIRQ_OFFSET (1 << HARDIRQ_SHIFT)
#define NMI_OFFSET (1 << NMI_SHIFT)
#define PREEMPT_NEED_RESCHED 0x80000000u
/* What the word is on a CPU that nobody asked anything of: count 0, no wish to switch. */
#define PREEMPT_ENABLED PREEMPT_NEED_RESCHED

DECLARE_PER_CPU(unsigned int, __preempt_count);

/** preempt_schedule - switch to another task, if that is possible here; called when the word became 0. */
void preempt_schedule(void);

/* The machine may know how to do these in one instruction. */
#if __has_include(<asm/preempt.h>)
#include <asm/preempt.h>
#endif
#ifndef arch_preempt_count_inc
#define arch_preempt_count_inc() this_cpu_add(__preempt_count, 1)
#define arch_preempt_count_dec_and_test()                                                                              \
	({                                                                                                             \
		this_cpu_sub(__preempt_count, 1);                                                                      \
		this_cpu_read(__preempt_count) == 0;                                                                   \
	})
#endif

static __always_inline unsigned int preempt_count(void)
{
	return this_cpu_read(__preempt_count) & ~PREEMPT_NEED_RESCHED;
}

#define preempt_count_add(val) this_cpu_add(__preempt_count, (val))
#define preempt_count_sub(val) this_cpu_sub(__preempt_count, (val))

static __always_inline void preempt_disable(void)
{
	arch_preempt_count_inc();
	if (mm_debug_hooks() && preempt_count() == PREEMPT_OFFSET)
		debug_preempt_off();
}

static __always_inline void preempt_enable_no_resched(void)
{
	preempt_count_sub(1);
}

static __always_inline void preempt_enable(void)
{
	if (unlikely(arch_preempt_count_dec_and_test()))
		preempt_schedule();
}

#define preempt_disable_notrace() preempt_disable()
#define preempt_enable_notrace() preempt_enable()

static __always_inline void local_bh_disable(void)
{
	preempt_count_add(SOFTIRQ_DISABLE_OFFSET);
	if (mm_debug_hooks() && preempt_count() == SOFTIRQ_DISABLE_OFFSET)
		debug_preempt_off();
}

/** local_bh_enable - softirqs may run on this CPU again; those that came meanwhile do so before it returns. */
void local_bh_enable(void);

#define hardirq_count() (preempt_count() & HARDIRQ_MASK)
#define softirq_count() (preempt_count() & SOFTIRQ_MASK)
#define nmi_count() (preempt_count() & NMI_MASK)
#define irq_count_mask() (preempt_count() & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_MASK))

#define in_nmi() (nmi_count() != 0)
#define in_hardirq() (hardirq_count() != 0)
#define in_irq() in_hardirq()
#define in_serving_softirq() ((preempt_count() & SOFTIRQ_OFFSET) != 0)
#define in_softirq() (softirq_count() != 0)
#define in_interrupt() (irq_count_mask() != 0)
#define in_task() ((preempt_count() & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_OFFSET)) == 0)
#define in_atomic() (preempt_count() != 0)
#define preemptible() (preempt_count() == 0 && !irqs_disabled())

/** interrupt_context_level - 0 task, 1 softirq, 2 hard interrupt, 3 NMI */
static inline unsigned char interrupt_context_level(void)
{
	if (in_nmi())
		return 3;
	if (in_hardirq())
		return 2;
	return in_serving_softirq() ? 1 : 0;
}

#endif
