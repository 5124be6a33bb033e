// SPDX-License-Identifier: MIT
/*
 * step.c - run code with the trap flag set, and interrupt it where a test says (mmvisor/step.h).
 *
 * The flag makes the CPU raise a debug exception behind each instruction. It goes with the flags that an interrupt saves, so real
 * interrupts are not stepped, whatever they switch to. The switch itself keeps no flags: where the stepped code gives its CPU away (a
 * preempt_enable() that finds a tick has asked for it), the next task finds the flag set. It is taken away there, and the rest is not
 * stepped: the caller is told and tries again.
 */
#include <linux/export.h>
#include <linux/hardirq.h>
#include <linux/sched.h>

#include <mmvisor/step.h>

#include "guest/arch/x86/arch.h"

#define EFLAGS_TF 0x100UL

/* What is being stepped, by whom, and how many instructions are left. */
static struct step_test *stepped;
static struct task_struct *stepper;
static unsigned long left;

bool step_trap(struct pt_regs *regs)
{
	struct step_test *t = stepped;

	if (!t)
		return false;
	if (stepper != current) {
		regs->flags &= ~EFLAGS_TF;
		t->lost = true;
		return true;
	}
	t->ran++;
	if (--left)
		return true;
	regs->flags &= ~EFLAGS_TF;
	restart_sequence(regs);
	irq_enter();
	t->interrupt(t->arg);
	t->came = true;
	irq_exit();
	return true;
}

void step_interrupt(struct step_test *t, unsigned long n)
{
	t->ran = 0;
	t->came = false;
	t->lost = false;
	migrate_disable();
	left = n;
	stepper = current;
	stepped = t;
	asm volatile("pushf\n"
		     "	orl %0, (%%rsp)\n"
		     "	popf\n"
		     :
		     : "i"(EFLAGS_TF)
		     : "memory", "cc");
	t->body(t->arg);
	asm volatile("pushf\n"
		     "	andl %0, (%%rsp)\n"
		     "	popf\n"
		     :
		     : "i"((int)~EFLAGS_TF)
		     : "memory", "cc");
	stepped = NULL;
	migrate_enable();
}
EXPORT_SYMBOL_GPL(step_interrupt);
