// SPDX-License-Identifier: MIT
/*
 * stack.c - the stacks of a CPU besides its tasks': whose they are, where they end, what ran over their end.
 *
 * Shape:  per CPU, the interrupt stack and the IST stack, [low, high) each; the boot CPU's lie in the image, the others' are
 *         vmalloc areas. entry.S changes to irq_stack_top when irq_stack_depth goes from 0 to 1.
 * Always: the page below each stack is unmapped. irq_stack_depth is written by its own CPU only; it counts the interrupts (and
 *         calls by arch_call_on_irq_stack()) that are under way, so it is 0 whenever tasks switch.
 * Not here: how a stack is changed (entry.S), who reports (traps.c, guest/kernel/panic.c).
 */
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include <asm/stacktrace.h>

#include "guest/arch/x86/arch.h"

/* A direct call: e8 and four bytes of distance. */
#define CALL_LENGTH 5
#define CALL_OPCODE 0xe8
/* No function of this kernel is longer. */
#define FUNCTION_MAX 0x8000UL

DEFINE_PER_CPU(unsigned long, irq_stack_top);
DEFINE_PER_CPU(unsigned int, irq_stack_depth);
static DEFINE_PER_CPU(unsigned long, ist_stack_top);

void stack_init_cpu(unsigned int cpu, void *irq_top, void *ist_top)
{
	per_cpu(irq_stack_top, cpu) = (unsigned long)irq_top;
	per_cpu(ist_stack_top, cpu) = (unsigned long)ist_top;
}

void stack_publish(unsigned int cpu)
{
	unsigned long irq = per_cpu(irq_stack_top, cpu), ist = per_cpu(ist_stack_top, cpu);
	struct mm_cpu *c = &mm_root.cpus[cpu];

	c->irq_stack = irq - IRQ_STACK_SIZE;
	c->irq_stack_end = irq;
	c->crash_stack = ist - IST_STACK_SIZE;
	c->crash_stack_end = ist;
}

static bool ends_at(unsigned long addr, unsigned long top, unsigned long size, const char *name,
		    struct stack_range *range)
{
	if (addr >= top || addr < top - size)
		return false;
	*range = (struct stack_range){top - size, top, name};
	return true;
}

/* @extra: so many bytes below each stack count as its own. */
static bool find(unsigned long addr, unsigned long extra, struct stack_range *range)
{
	struct task_struct *task = current;

	/* A top of 0 (too early in boot) makes a range that nothing lies in. */
	if (ends_at(addr, this_cpu_read(irq_stack_top), IRQ_STACK_SIZE + extra, "interrupt stack", range) ||
	    ends_at(addr, this_cpu_read(ist_stack_top), IST_STACK_SIZE + extra, "exception stack", range) ||
	    (task &&
	     ends_at(addr, (unsigned long)task->stack + THREAD_SIZE, THREAD_SIZE + extra, "task stack", range)) ||
	    ends_at(addr, (unsigned long)boot_stack_top, THREAD_SIZE + extra, "boot stack", range)) {
		range->low += extra;
		return true;
	}
	return false;
}

bool arch_stack_of(unsigned long addr, struct stack_range *range)
{
	return find(addr, 0, range);
}

bool stack_guard_of(unsigned long addr, struct stack_range *range)
{
	return find(addr, PAGE_SIZE, range) && addr < range->low;
}

bool arch_on_irq_stack(void)
{
	unsigned long here = (unsigned long)__builtin_frame_address(0);

	return this_cpu_read(irq_stack_top) - here <= IRQ_STACK_SIZE;
}

bool arch_frame_follows(unsigned long bp, unsigned long next)
{
	unsigned long irq = this_cpu_read(irq_stack_top), ist = this_cpu_read(ist_stack_top);

	if (irq - bp <= IRQ_STACK_SIZE)
		return next > bp || irq - next > IRQ_STACK_SIZE;
	if (ist - bp <= IST_STACK_SIZE)
		return next > bp || ist - next > IST_STACK_SIZE;
	return next > bp;
}

/* Does the instruction before @ret call a place of which @ip may be a part? */
static bool called_from(unsigned long ret, unsigned long ip)
{
	unsigned char insn[CALL_LENGTH];
	unsigned long target;
	int distance;

	if (ret < KERNEL_BASE || copy_from_kernel_nofault(insn, (const void *)(ret - CALL_LENGTH), sizeof(insn)) ||
	    insn[0] != CALL_OPCODE)
		return false;
	__builtin_memcpy(&distance, insn + 1, sizeof(distance));
	target = ret + (unsigned long)(long)distance;
	return ip - target < FUNCTION_MAX;
}

unsigned long arch_hidden_caller(const struct pt_regs *regs)
{
	unsigned long word[2];

	if (regs->sp % sizeof(long) || copy_from_kernel_nofault(word, (const void *)regs->sp, sizeof(word)))
		return 0;
	if (called_from(word[0], regs->ip))
		return word[0];
	/* Between the push of the old frame pointer and the load of the new one. */
	if (word[0] == regs->bp && called_from(word[1], regs->ip))
		return word[1];
	return 0;
}

unsigned long arch_trap_caller(unsigned long bp, unsigned long next, unsigned long ret)
{
	struct pt_regs regs;

	if (copy_from_kernel_nofault(&regs, (const void *)(bp + 2 * sizeof(long)), sizeof(regs)) ||
	    !trap_frame_is(&regs, next, ret))
		return 0;
	return arch_hidden_caller(&regs);
}
