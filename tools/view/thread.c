// SPDX-License-Identifier: MIT
/*
 * thread.c - see thread.h.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/view/thread.h"
#include "tools/view/view_impl.h"

#define RFLAGS_IF 0x200

/* What a thread that left its CPU has on its stack: see arch_switch_stack() in the guest's entry.S. */
struct saved_frame {
	gva_t r15, r14, r13, r12, rbx, rbp, ret;
};

static bool keep_frame(void *ctx, gva_t pc)
{
	struct view_thread *t = ctx;

	if (t->nr_stack < VIEW_MAX_FRAMES)
		t->stack[t->nr_stack++] = pc;
	return true;
}

static bool read_cpu(const struct view *v, unsigned int cpu, struct mm_cpu *c)
{
	const struct mm_root *root = view_root(v, NULL);

	return root && root->cpus.va && cpu < root->nr_cpus && cpu < MMV_NR_CPUS &&
	       !view_read(v, root->cpus.va + cpu * sizeof(*c), c, sizeof(*c));
}

static void find_cpu(const struct view *v, struct view_thread *t)
{
	const struct guest_regs *regs;
	struct mm_cpu c;
	uint32_t count;

	t->running = -1;
	for (unsigned int cpu = 0; cpu < view_nr_cpus(v); cpu++) {
		if (!read_cpu(v, cpu, &c) || c.curr.va != t->addr)
			continue;
		t->running = (int)cpu;
		if (!view_read(v, c.preempt_count.va, &count, sizeof(count)))
			t->preempt_count = count & 0x7fffffff;
		regs = view_regs(v, cpu);
		t->irqs_off = regs && !(regs->rflags & RFLAGS_IF);
		return;
	}
}

static void read_stack(const struct view *v, struct view_thread *t)
{
	struct saved_frame f;
	const struct guest_regs *regs = t->running >= 0 ? view_regs(v, (unsigned int)t->running) : NULL;
	gva_t low = t->task.stack.va, sp = t->task.thread.sp;

	if (regs) {
		view_backtrace(v, regs, keep_frame, t);
		return;
	}
	/* A thread that has ended has given up its stack; one that never ran has come from nowhere yet. */
	if (t->task.__state & (TASK_DEAD | TASK_NEW) || sp < low || sp - low > MMV_THREAD_SIZE - sizeof(f) ||
	    view_read(v, sp, &f, sizeof(f)))
		return;
	keep_frame(t, f.ret);
	view_frames(v, f.rbp, keep_frame, t);
}

static void read_held(const struct view *v, struct view_thread *t)
{
	const struct mm_root *root = view_root(v, NULL);
	unsigned int nr = t->task.nr_held < MMV_MAX_HELD ? t->task.nr_held : MMV_MAX_HELD;
	struct mm_held_lock h;

	if (!root || !t->task.held.va)
		return;
	for (unsigned int i = 0; i < nr; i++) {
		struct view_lock *l = &t->held[t->nr_held];

		if (view_read(v, t->task.held.va + i * sizeof(h), &h, sizeof(h)))
			return;
		*l = (struct view_lock){.addr = h.lock,
					.ip = held_ip(&h),
					.flags = h.flags,
					.level = (h.flags & HELD_LEVEL) >> HELD_LEVEL_SHIFT};
		if (!h.class || h.class >= root->nr_lock_classes || h.class >= MMV_LOCK_CLASSES ||
		    view_read_str(v,
				  root->lock_classes.va + h.class * sizeof(struct mm_lock_class) +
					  offsetof(struct mm_lock_class, name),
				  l->name, sizeof(l->name)))
			snprintf(l->name, sizeof(l->name), "(no class)");
		t->nr_held++;
	}
}

static int read_thread(const struct view *v, gva_t addr, struct view_thread *t, bool stack)
{
	memset(t, 0, sizeof(*t));
	t->addr = addr;
	if (view_read(v, addr, &t->task, sizeof(t->task)) ||
	    view_read_str(v, addr + offsetof(struct task_struct, comm), t->name, sizeof(t->name)))
		return -1;
	find_cpu(v, t);
	if (stack)
		read_stack(v, t);
	read_held(v, t);
	return 0;
}

int view_thread_at(const struct view *v, gva_t addr, struct view_thread *t)
{
	return read_thread(v, addr, t, true);
}

int view_cpu_thread(const struct view *v, unsigned int cpu, struct view_thread *t)
{
	struct mm_cpu c;

	return read_cpu(v, cpu, &c) && c.curr.va ? view_thread_at(v, c.curr.va, t) : -1;
}

static int add_thread(const struct view *v, struct view_threads *t, gva_t addr, bool stack)
{
	struct view_thread *more;

	if (t->nr % 64 == 0) {
		more = realloc(t->at, (t->nr + 64) * sizeof(*more));
		if (!more)
			return -1;
		t->at = more;
	}
	if (read_thread(v, addr, &t->at[t->nr], stack))
		return -1;
	t->nr++;
	return 0;
}

int view_threads_read(const struct view *v, struct view_threads *t, bool stacks, char *err)
{
	const struct mm_root *root = view_root(v, err);
	gva_t head, at, prev, back;

	memset(t, 0, sizeof(*t));
	if (!root)
		return -1;
	if (!root->cpus.va) {
		view_err(err, "the guest has no threads yet");
		return -1;
	}
	head = view_root_addr(v) + offsetof(struct mm_root, tasks);
	for (at = root->tasks.next.va, prev = head; at != head; prev = at, at = t->at[t->nr - 1].task.tasks.next.va) {
		if (t->nr == THREADS_MAX) {
			snprintf(t->damage, sizeof(t->damage), "the list does not end after %u threads",
				 (unsigned int)THREADS_MAX);
			break;
		}
		if (view_read(v, at + offsetof(struct list_head, prev), &back, sizeof(back)) || back != prev ||
		    add_thread(v, t, at - offsetof(struct task_struct, tasks), stacks)) {
			snprintf(t->damage, sizeof(t->damage), "the list is broken after %u threads, at %#lx", t->nr,
				 (unsigned long)at);
			break;
		}
	}
	return 0;
}

void view_threads_free(struct view_threads *t)
{
	free(t->at);
	memset(t, 0, sizeof(*t));
}
