/* SPDX-License-Identifier: MIT */
/*
 * traps.c - exceptions: each is named and decoded, recovered from if its instruction was allowed to fault, and else ends the
 * run through die().
 */
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/panic.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include <asm/stacktrace.h>

#include "guest/arch/x86/arch.h"
#include "guest/arch/x86/fault.h"
#include "shared/boot.h"

#define TRAP_DEBUG 1
#define TRAP_NMI 2
#define TRAP_DOUBLE_FAULT 8
#define TRAP_GENERAL_PROTECTION 13
#define TRAP_PAGE_FAULT 14

/* The selector in an error code: which table, which entry. */
#define ERR_EXTERNAL 0x1UL
#define ERR_IDT 0x2UL
#define ERR_LDT 0x4UL

static const char *const trap_names[32] = {
	"divide error",
	"debug",
	"NMI",
	"breakpoint",
	"overflow",
	"bound range exceeded",
	"invalid opcode",
	"device not available",
	"double fault",
	"coprocessor segment overrun",
	"invalid TSS",
	"segment not present",
	"stack segment fault",
	"general protection fault",
	"page fault",
	"reserved exception 15",
	"x87 exception",
	"alignment check",
	"machine check",
	"SIMD exception",
	"virtualization exception",
	"control protection exception",
	"reserved exception 22",
	"reserved exception 23",
	"reserved exception 24",
	"reserved exception 25",
	"reserved exception 26",
	"reserved exception 27",
	"hypervisor injection exception",
	"VMM communication exception",
	"security exception",
	"reserved exception 31",
};

static void describe_fault(char *buf, size_t size, const char *name, const struct fault_info *f)
{
	size_t n = (size_t)scnprintf(buf, size, "%s: ", name);

	fault_text(f, buf + n, size - n);
}

static void describe_selector(char *buf, size_t size, const char *name, unsigned long err)
{
	snprintf(buf, size, "%s: %s entry %lu%s", name,
		 err & ERR_IDT   ? "IDT"
		 : err & ERR_LDT ? "LDT"
				 : "GDT",
		 err >> 3 & 0x1fff, err & ERR_EXTERNAL ? ", external" : "");
}

static void describe_overflow(char *buf, size_t size, const struct pt_regs *regs, const struct stack_range *stack)
{
	struct task_struct *task = current;

	snprintf(buf, size, "kernel stack overflow: %s 0x%lx-0x%lx of task %s/%d, stack pointer 0x%lx", stack->name,
		 stack->low, stack->high, task ? task->comm : "(boot)", task ? task->pid : 0, regs->sp);
}

/*
 * A stack that ran over its end: a push into the guard page, which becomes a double fault, because the page fault could not be
 * pushed either; or, if the stack pointer itself is still above it, a plain page fault there.
 */
static bool is_overflow(const struct pt_regs *regs, unsigned long addr, struct stack_range *stack)
{
	if (regs->vector != TRAP_PAGE_FAULT && regs->vector != TRAP_DOUBLE_FAULT)
		return false;
	return stack_guard_of(addr, stack) || (regs->vector == TRAP_DOUBLE_FAULT && stack_guard_of(regs->sp, stack));
}

static void handle_exception(struct pt_regs *regs)
{
	unsigned long cr2 = read_cr2();
	unsigned long v = regs->vector, err = regs->error_code;
	struct stack_range stack;
	struct fault_info fault;
	char text[320];

	if (v == TRAP_PAGE_FAULT && !(err & X86_PF_PROT) && paging_fault(cr2))
		return;
	if (v == TRAP_PAGE_FAULT && user_fault(regs, cr2))
		return;
	if (v != TRAP_NMI && v != TRAP_DOUBLE_FAULT && fixup_exception(regs))
		return;
	fault_examine(regs, cr2, &fault);
	if (v != TRAP_NMI && v != TRAP_DOUBLE_FAULT && fault_caught(regs, &fault))
		return;
	fault_keep(&fault);
	if (is_overflow(regs, cr2, &stack))
		describe_overflow(text, sizeof(text), regs, &stack);
	else if (fault.kind != FAULT_OTHER || v == TRAP_PAGE_FAULT)
		describe_fault(text, sizeof(text), trap_names[v], &fault);
	else if (v == TRAP_DOUBLE_FAULT)
		snprintf(text, sizeof(text),
			 "double fault: an exception could not be delivered, last page fault at 0x%lx", cr2);
	else if (err && v >= 10 && v <= TRAP_GENERAL_PROTECTION)
		describe_selector(text, sizeof(text), trap_names[v], err);
	else
		snprintf(text, sizeof(text), "%s", trap_names[v]);
	die(regs, text, err);
}

void trap_entry(struct pt_regs *regs)
{
	/* Tests ask for thousands of these. */
	if (regs->vector == TRAP_DEBUG && step_trap(regs))
		return;
	handle_exception(regs);
}
