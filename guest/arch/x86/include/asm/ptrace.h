/* SPDX-License-Identifier: MIT */
/*
 * asm/ptrace.h - what an exception or interrupt found in the registers. entry.S builds it on the stack.
 */
#ifndef ASM_PTRACE_H
#define ASM_PTRACE_H

#include "shared/trap.h"

/** arch_explain_fault - more lines about the exception that ends the run: whose memory it was. */
void arch_explain_fault(const struct pt_regs *regs);

static inline unsigned long instruction_pointer(const struct pt_regs *regs)
{
	return regs->ip;
}

#endif
