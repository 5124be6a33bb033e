/* SPDX-License-Identifier: MIT */
/*
 * process.c - the context switch between two kernel threads: callee-saved registers on the stack, the stack pointer, and the user
 * address space if they have not the same.
 */
#include <linux/export.h>
#include <linux/percpu.h>
#include <linux/sched.h>

#include <asm/current.h>

#include "guest/arch/x86/arch.h"

DEFINE_PER_CPU(struct task_struct *, current_task);
EXPORT_SYMBOL(current_task);

/** struct first_frame - what arch_switch_stack() takes from the stack of a thread that has not run yet. */
struct first_frame {
	unsigned long r15, r14, r13, r12, bx, bp;
	void *ret;
	unsigned long end[2]; /* where a frame walk stops; keeps calls on a multiple of 16 */
};

void arch_thread_init(struct thread_struct *t, void *top, void (*fn)(struct task_struct *prev, void *arg), void *arg)
{
	struct first_frame *f = (struct first_frame *)top - 1;

	*f = (struct first_frame){
		.r12 = (unsigned long)fn,
		.r13 = (unsigned long)arg,
		.ret = thread_trampoline,
	};
	t->sp = (unsigned long)f;
}

struct task_struct *__switch_to(struct task_struct *prev, struct task_struct *next)
{
	arch_this_cpu_write(current_task, next);
	if (unlikely(prev->mm != next->mm))
		arch_switch_mm(prev->mm, next->mm);
	return arch_switch_stack(&prev->thread, &next->thread, prev);
}
