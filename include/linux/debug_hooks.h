/* SPDX-License-Identifier: MIT */
/*
 * debug_hooks.h - where locks, preemption and interrupts tell the debug kernel what they do.
 *
 *	if (mm_debug_hooks())
 *		debug_preempt_off();
 *
 * The condition is constant in both kernels: the release kernel has no trace of it. A payload is compiled once and runs in
 * either kernel, so there it is a variable. The functions exist in both kernels; in the release kernel they do nothing.
 *
 * Whoever makes a CPU atomic leaves a few return addresses behind, per CPU (tasks do not switch then): so a report of sleeping
 * where nobody may can say not only who wanted to sleep, but also who forbade it.
 */
#ifndef _LINUX_DEBUG_HOOKS_H
#define _LINUX_DEBUG_HOOKS_H

#include <stdbool.h>

#if defined(MM_CONTEXT_CHECKS) && MM_CONTEXT_CHECKS
#define mm_debug_hooks() 1
#elif defined(MODULE)
extern const bool kernel_is_debug;
#define mm_debug_hooks() __builtin_expect(kernel_is_debug, 0)
#else
#define mm_debug_hooks() 0
#endif

/** debug_preempt_off - the preempt count of this CPU just left 0 */
void debug_preempt_off(void);
/** debug_bh_on - softirqs are about to be allowed in task context: held locks should know. */
void debug_bh_on(void);
/** debug_irqs_off, debug_irqs_on - interrupts were on and now are off; are off and are about to be on */
void debug_irqs_off(void);
void debug_irqs_on(void);

/**
 * debug_show_atomic - part of a report: why nobody may sleep here; in the debug kernel also what is held and who made it so
 *
 * Context: any.
 */
void debug_show_atomic(void);

/** debug_might_alloc - an allocation with this mask (gfp_t, may sleep) begins: might it enter reclaim here? */
void debug_might_alloc(unsigned int gfp);

#endif
