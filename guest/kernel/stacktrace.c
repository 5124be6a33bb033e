// SPDX-License-Identifier: MIT
/*
 * stacktrace.c - return addresses by frame pointers.
 *
 * The debug kernel takes a trace for every allocation, so frames on the running task's own stack are read as they are; frames
 * elsewhere (an interrupt's stack, the boot stacks) are read with faults allowed. Callers' frames lie higher, but for the
 * step from one stack to another: a few of those are followed, so a damaged chain ends soon.
 */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/stacktrace.h>
#include <linux/uaccess.h>

#include <asm/page.h>

/* Ways from one stack to another: crash stack, interrupt stack, task's stack. */
#define MAX_STACK_CHANGES 3

/** struct frame - what a frame pointer points at */
struct frame {
	unsigned long bp;
	unsigned long ret;
};

static bool read_frame(struct frame *f, unsigned long bp, unsigned long own)
{
	if (bp % sizeof(long) || bp < PAGE_OFFSET)
		return false;
	if (own && bp - own <= THREAD_SIZE - sizeof(*f)) {
		*f = *(const struct frame *)bp;
		return true;
	}
	return !copy_from_kernel_nofault(f, (const void *)bp, sizeof(*f));
}

noinline unsigned int stack_trace_save(unsigned long *store, unsigned int size, unsigned int skip)
{
	struct task_struct *task = current;
	unsigned long own = task ? (unsigned long)task->stack : 0;
	unsigned long bp = (unsigned long)__builtin_frame_address(0);
	unsigned int n = 0, changes = 0;
	struct frame f;

	while (n < size && read_frame(&f, bp, own) && f.ret) {
		if (skip)
			skip--;
		else
			store[n++] = f.ret;
		if (f.bp - bp >= THREAD_SIZE && changes++ == MAX_STACK_CHANGES)
			break;
		bp = f.bp;
	}
	return n;
}
EXPORT_SYMBOL(stack_trace_save);

void stack_trace_print(const unsigned long *entries, unsigned int nr, int spaces)
{
	for (unsigned int i = 0; i < nr; i++)
		printk(KERN_EMERG "%*s [<%016lx>]\n", spaces, "", entries[i]);
}
EXPORT_SYMBOL(stack_trace_print);
