// SPDX-License-Identifier: MIT
/*
 * context.c - may this code sleep? Who says no, and since when.
 *
 * Shape:  per CPU, the callers of whoever made the preempt count leave 0, and of whoever turned interrupts off (debug kernel).
 * Always: a note is of the section that is open, or empty: preempt notes are overwritten when the next section begins and mean
 *         nothing while the count is 0; interrupt notes are emptied when they come on.
 *         Interrupts arrive with the count raised and interrupts off by the machine: they leave no notes, and those
 *         of the interrupted code stay as they are.
 * Contexts: any. Not here: which locks are held (lockdep.c).
 */
#include <linux/debug_hooks.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/sched/mm.h>
#include <linux/stacktrace.h>

#include <asm/page.h>
#include <asm/stacktrace.h>

#include "guest/kernel/lockdep.h"
#include "guest/kernel/main.h"

#if MM_CONTEXT_CHECKS

#define NOTE_DEPTH 6

/** struct note - return addresses, innermost first */
struct note {
	unsigned int nr;
	unsigned long callers[NOTE_DEPTH];
};

static DEFINE_PER_CPU(struct note, preempt_note);
static DEFINE_PER_CPU(struct note, irqs_note);

struct frame {
	const struct frame *next;
	unsigned long ret;
};

/*
 * Frames on this stack only, read as they are: this runs for every lock that is taken. All code keeps frame pointers, and the
 * first frame of every stack has none.
 */
static __always_inline unsigned int walk(const struct frame *f, unsigned long *entries, unsigned int size)
{
	unsigned int n = 0;

	while (n < size && f->ret) {
		const struct frame *next = f->next;

		entries[n++] = f->ret;
		if ((unsigned long)next - (unsigned long)f >= THREAD_SIZE)
			break;
		f = next;
	}
	return n;
}

noinline unsigned int callers_of_here(unsigned long *entries, unsigned int size)
{
	const struct frame *own = __builtin_frame_address(0);

	return walk(own, entries, size);
}

noinline void debug_preempt_off(void)
{
	struct note *n = this_cpu_ptr(&preempt_note);

	n->nr = walk(__builtin_frame_address(0), n->callers, NOTE_DEPTH);
}
EXPORT_SYMBOL(debug_preempt_off);

noinline void debug_irqs_off(void)
{
	struct note *n = this_cpu_ptr(&irqs_note);

	n->nr = walk(__builtin_frame_address(0), n->callers, NOTE_DEPTH);
}
EXPORT_SYMBOL(debug_irqs_off);

void debug_irqs_on(void)
{
	this_cpu_ptr(&irqs_note)->nr = 0;
	lockdep_opens(true);
}
EXPORT_SYMBOL(debug_irqs_on);

void debug_bh_on(void)
{
	unsigned long irq = arch_local_irq_save();

	if (!arch_irqs_disabled_flags(irq))
		lockdep_opens(false);
	arch_local_irq_restore(irq);
}
EXPORT_SYMBOL(debug_bh_on);

static void show_note(const char *what, const struct note *note)
{
	struct note n = *note;

	if (!n.nr || n.nr > NOTE_DEPTH)
		return;
	printk(KERN_EMERG "%s:\n", what);
	stack_trace_print(n.callers, n.nr, 0);
}

static void show_sections(void)
{
	if (lockdep_holds_spinlock())
		lockdep_count(LOCKDEP_SLEEP);
	lockdep_show_held(current);
	if (preempt_count() & (PREEMPT_MASK | (SOFTIRQ_MASK & ~SOFTIRQ_OFFSET)))
		show_note("Preemption disabled at", this_cpu_ptr(&preempt_note));
	if (arch_irqs_disabled())
		show_note("Interrupts disabled at", this_cpu_ptr(&irqs_note));
}

#else

void debug_preempt_off(void)
{
}
EXPORT_SYMBOL(debug_preempt_off);

void debug_irqs_off(void)
{
}
EXPORT_SYMBOL(debug_irqs_off);

void debug_irqs_on(void)
{
}
EXPORT_SYMBOL(debug_irqs_on);

void debug_bh_on(void)
{
}
EXPORT_SYMBOL(debug_bh_on);

static void show_sections(void)
{
}

#endif

void debug_show_atomic(void)
{
	struct task_struct *task = current;

	printk(KERN_EMERG "in_atomic(): %d, irqs_disabled(): %d, non_block: %u, pid: %d, name: %s\n", in_atomic() != 0,
	       irqs_disabled(), task ? task->non_block : 0, task ? task->pid : 0, task ? task->comm : "(boot)");
	printk(KERN_EMERG "preempt_count: %x, expected: 0\n", preempt_count());
	show_sections();
}

void debug_might_alloc(unsigned int gfp)
{
	struct task_struct *task = current;

	/* An atomic context is found by the allocator itself. */
	if (task && task->non_block && in_task() && system_state == SYSTEM_RUNNING) {
		WARN(1, "allocation that may sleep (gfp %#x) inside non_block_start()\n", gfp);
		debug_show_atomic();
	}
	lockdep_may_reclaim(gfp);
}
EXPORT_SYMBOL(debug_might_alloc);

static bool may_sleep(void)
{
	struct task_struct *task = current;

	return preemptible() && !(task && (task->non_block || task->flags & PF_IDLE));
}

void __might_sleep(const char *file, int line)
{
	if (likely(may_sleep()) || system_state != SYSTEM_RUNNING)
		return;
	warn_at(file, line, "BUG: sleeping function called from invalid context at %s:%d\n", file, line);
	debug_show_atomic();
}
EXPORT_SYMBOL(__might_sleep);

void __cant_sleep(const char *file, int line)
{
	if (likely(!preemptible()) || system_state != SYSTEM_RUNNING)
		return;
	warn_at(file, line, "BUG: assuming atomic context at %s:%d\n", file, line);
	debug_show_atomic();
}
EXPORT_SYMBOL(__cant_sleep);

void non_block_start(void)
{
	current->non_block++;
}
EXPORT_SYMBOL(non_block_start);

void non_block_end(void)
{
	WARN_ON(current->non_block == 0);
	if (current->non_block)
		current->non_block--;
}
EXPORT_SYMBOL(non_block_end);

void check_task_end(void)
{
	struct task_struct *task = current;
	unsigned int scopes = task->flags & PF_MEMALLOC_SCOPES;

	if (task->flags & PF_KSWAPD)
		scopes = 0;
	WARN(scopes, "thread %s/%d ends inside a memalloc scope (flags %#x)\n", task->comm, task->pid, scopes);
	WARN(task->non_block, "thread %s/%d ends inside non_block_start()\n", task->comm, task->pid);
	WARN(*(unsigned long *)task->stack != STACK_END_MAGIC,
	     "the last word of the stack of thread %s/%d was overwritten\n", task->comm, task->pid);
	task->flags &= ~scopes;
	task->non_block = 0;
	if (mm_debug_hooks())
		lockdep_task_exit();
}
