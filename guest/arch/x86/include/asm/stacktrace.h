/* SPDX-License-Identifier: MIT */
/*
 * asm/stacktrace.h - which stacks there are, and how to walk over from one to the other.
 *
 * A CPU has three kinds: the running task's, one for interrupts (hard ones, and softirqs on their way out) and one for what may
 * trust none of them (double fault, NMI, machine check). An unmapped page lies under each.
 */
#ifndef ASM_STACKTRACE_H
#define ASM_STACKTRACE_H

#include <stdbool.h>

#include <asm/page.h>

#define IRQ_STACK_SIZE (4 * PAGE_SIZE)
#define IST_STACK_SIZE (2 * PAGE_SIZE)

/* The lowest word of a thread's stack. Whoever changed it wrote past the end without meeting the guard page. */
#define STACK_END_MAGIC 0x57AC6E9DUL

struct pt_regs;

/** struct stack_range - [low, high) */
struct stack_range {
	unsigned long low, high;
	const char *name;
};

/** arch_stack_of - which of the stacks in use on this CPU holds @addr? Context: any. Return: false for none. */
bool arch_stack_of(unsigned long addr, struct stack_range *range);

/**
 * arch_frame_follows - may @next be the frame of @bp's caller?
 *
 * Callers lie higher up, except where an interrupt changed stacks.
 */
bool arch_frame_follows(unsigned long bp, unsigned long next);

/**
 * arch_hidden_caller - who called the function that was interrupted, if its frame does not say so yet or any more
 *
 * A function without a frame, or at its first or last instruction, leaves its return address to the stack pointer alone. It is
 * believed if the call before it leads to where the interrupted code lies.
 * Return: the return address, or 0.
 */
unsigned long arch_hidden_caller(const struct pt_regs *regs);

/**
 * arch_trap_caller - the same in the middle of a walk
 * @bp: a frame that holds @next and @ret
 *
 * Return: if a gate made that frame, what arch_hidden_caller() says about its registers; else 0.
 */
unsigned long arch_trap_caller(unsigned long bp, unsigned long next, unsigned long ret);

/** arch_on_irq_stack - is this code running on the CPU's interrupt stack? Context: any, does not move to another CPU. */
bool arch_on_irq_stack(void);

/**
 * arch_call_on_irq_stack - run @fn on this CPU's interrupt stack; right here if that is in use already
 *
 * Context: interrupts off; @fn may turn them on, but not switch tasks, and returns with interrupts off.
 */
void arch_call_on_irq_stack(void (*fn)(void));

#endif
