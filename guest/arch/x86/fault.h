/* SPDX-License-Identifier: MIT */
/* fault.h - exceptions and the addresses behind them: fault.c and fault_decode.c for traps.c. */
#ifndef X86_FAULT_H
#define X86_FAULT_H

#include <mmvisor/fault.h>
#include <asm/ptrace.h>

/** fault_operand - the address that the instruction at regs->ip touches or goes to. Return: false if that cannot be told. */
bool fault_operand(const struct pt_regs *regs, unsigned long *addr);

/** fault_examine - what kind of fault is it? @cr2: as it was when the exception came in. */
void fault_examine(const struct pt_regs *regs, unsigned long cr2, struct fault_info *f);

/** fault_caught - if this task expects a fault, send it on to where it wants to go on. */
bool fault_caught(struct pt_regs *regs, const struct fault_info *f);

/** fault_keep - remember this fault, so that the report can tell the whole story (arch_explain_fault()). */
void fault_keep(const struct fault_info *f);

/** fault_catch_enter - the part of fault_catch_begin() that is not about registers. */
void fault_catch_enter(struct fault_catch *c);

#endif
