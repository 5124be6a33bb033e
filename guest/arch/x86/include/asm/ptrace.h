/* SPDX-License-Identifier: MIT */
/*
 * asm/ptrace.h - what an exception or interrupt found in the registers. entry.S builds it on the stack.
 */
#ifndef ASM_PTRACE_H
#define ASM_PTRACE_H

/** struct pt_regs - @vector: the number of the gate; @error_code: pushed by the CPU, or 0. */
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long vector, error_code;
	unsigned long ip, cs, flags, sp, ss;
};

_Static_assert(sizeof(struct pt_regs) == 176, "entry.S knows this layout, and calls need a multiple of 16");

static inline unsigned long instruction_pointer(const struct pt_regs *regs)
{
	return regs->ip;
}

#endif
