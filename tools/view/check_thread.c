// SPDX-License-Identifier: MIT
/*
 * check_thread.c - threads, their stacks, contexts and locks.
 *
 * Every thread is read once (thread.h); a list that is being changed is left alone. What a thread may do only for a while -
 * hold a lock, be inside a scope - is judged when the guest says that it is done, and for threads that no CPU runs.
 * Held locks are known for the debug kernel; a guest that keeps none holds none.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/view/check_impl.h"
#include "tools/view/thread.h"

#define STACK_END_MAGIC 0x57AC6E9DUL
#define SCOPES (PF_MEMALLOC | PF_MEMALLOC_NOFS | PF_MEMALLOC_NOIO | PF_MEMALLOC_PIN)
/* Bits of a preempt count that nothing uses, but for the one that asks for a switch. */
#define PREEMPT_UNUSED 0x7f000000U

static struct check_fault *fault(struct check_ctx *c, enum rule rule, const struct view_thread *t)
{
	return check_fault(c, rule, CHECK_NO_PFN, t->addr, "thread %s/%d", t->name, t->task.pid);
}

static bool off_cpu(const struct view_thread *t)
{
	return t->running < 0 && !t->task.on_cpu;
}

/* ---- stacks ---- */

static void check_stack(struct check_ctx *c, const struct view_thread *t)
{
	gva_t low = t->task.stack.va, sp = t->task.thread.sp;
	struct check_fault *f;
	uint64_t magic;
	gpa_t gpa;

	for (gva_t at = low; at < low + MMV_THREAD_SIZE; at += MMV_PAGE_SIZE) {
		if (!view_translate(c->v, view_cr3(c->v), at, &gpa, NULL, NULL))
			continue;
		f = fault(c, R_THREAD_STACK, t);
		check_got(f, "no page at %#lx of its stack", at);
		check_want(f, "%#lx..%#lx mapped", low, low + MMV_THREAD_SIZE);
		return;
	}
	if (!view_translate(c->v, view_cr3(c->v), low - MMV_PAGE_SIZE, &gpa, NULL, NULL)) {
		f = fault(c, R_THREAD_STACK, t);
		check_got(f, "a page is mapped under its stack, at %#lx", low - MMV_PAGE_SIZE);
		check_want(f, "nothing there");
	}
	/* The stack of a thread is made ready when it is first woken. */
	if (t->task.__state & TASK_NEW)
		return;
	if (view_read(c->v, low, &magic, sizeof(magic)) || magic != STACK_END_MAGIC) {
		f = fault(c, R_THREAD_STACK, t);
		check_got(f, "last word of the stack %#lx", magic);
		check_want(f, "%#lx", STACK_END_MAGIC);
	}
	if (off_cpu(t) && (sp <= low || sp >= low + MMV_THREAD_SIZE)) {
		f = fault(c, R_THREAD_STACK, t);
		check_got(f, "saved stack pointer %#lx", sp);
		check_want(f, "inside %#lx..%#lx", low, low + MMV_THREAD_SIZE);
	}
}

/* ---- what each CPU runs ---- */

static bool on_some_stack(const struct view_threads *all, const struct mm_cpu *cpu, gva_t sp)
{
	if (sp - cpu->irq_stack <= cpu->irq_stack_end - cpu->irq_stack ||
	    sp - cpu->crash_stack <= cpu->crash_stack_end - cpu->crash_stack)
		return true;
	for (unsigned int i = 0; i < all->nr; i++) {
		if (sp - all->at[i].task.stack.va <= MMV_THREAD_SIZE)
			return true;
	}
	return false;
}

static bool listed(const struct view_threads *all, gva_t addr)
{
	for (unsigned int i = 0; i < all->nr; i++) {
		if (all->at[i].addr == addr)
			return true;
	}
	return false;
}

static void check_cpu(struct check_ctx *c, const struct view_threads *all, unsigned int n)
{
	gva_t addr = c->root->cpus.va + n * sizeof(struct mm_cpu);
	const struct guest_regs *regs = view_regs(c->v, n);
	struct check_fault *f;
	struct mm_cpu cpu;
	uint32_t count;

	if (view_read(c->v, addr, &cpu, sizeof(cpu))) {
		f = check_fault(c, R_THREAD_CPU, CHECK_NO_PFN, addr, "CPU %u", n);
		check_got(f, "no memory there");
		check_want(f, "struct mm_cpu");
		return;
	}
	if (!listed(all, cpu.curr.va) || !listed(all, cpu.idle.va)) {
		f = check_fault(c, R_THREAD_CPU, CHECK_NO_PFN, addr, "CPU %u", n);
		check_got(f, "runs %#lx, idle thread %#lx", cpu.curr.va, cpu.idle.va);
		check_want(f, "threads of the list");
		return;
	}
	if (view_read(c->v, cpu.preempt_count.va, &count, sizeof(count)) || count & PREEMPT_UNUSED) {
		f = check_fault(c, R_THREAD_ATOMIC, CHECK_NO_PFN, cpu.preempt_count.va, "CPU %u", n);
		check_got(f, "preempt count %#x", count);
		check_want(f, "none of the bits %#x", PREEMPT_UNUSED);
	}
	/* A vCPU that was reset, or has not begun, stands elsewhere. */
	if (regs && n < c->root->nr_cpus_online && regs->cs == 8 && regs->rip >= VMALLOC_START && regs->rsp &&
	    !on_some_stack(all, &cpu, regs->rsp)) {
		f = check_fault(c, R_THREAD_CPU, CHECK_NO_PFN, addr, "CPU %u", n);
		check_got(f, "stack pointer %#lx", regs->rsp);
		check_want(f, "on a thread's stack, or its own for interrupts");
	}
}

/* ---- contexts and locks ---- */

static void check_context(struct check_ctx *c, const struct view_thread *t)
{
	struct check_fault *f;

	if (!off_cpu(t))
		return;
	for (unsigned int i = 0; i < t->nr_held; i++) {
		if (t->held[i].flags & HELD_SLEEPS)
			continue;
		f = fault(c, R_THREAD_ATOMIC, t);
		check_got(f, "not on a CPU, with spinlock %s", t->held[i].name);
		check_want(f, "no thread sleeps in an atomic section");
	}
	if (c->busy) {
		check_flux(c, R_THREAD_SCOPE, R_THREAD_SCOPE);
		return;
	}
	if (t->task.flags & SCOPES && !(t->task.flags & PF_KSWAPD)) {
		f = fault(c, R_THREAD_SCOPE, t);
		check_got(f, "flags %#x", t->task.flags);
		check_want(f, "no memalloc scope when all is done");
	}
}

static void check_held(struct check_ctx *c, const struct view_thread *t)
{
	struct check_fault *f;
	struct mm_lock lock;

	if (t->task.nr_held > MMV_MAX_HELD) {
		f = fault(c, R_LOCK_HELD, t);
		check_got(f, "%u locks", t->task.nr_held);
		check_want(f, "%u at most", MMV_MAX_HELD);
		return;
	}
	for (unsigned int i = 0; i < t->nr_held; i++) {
		const struct view_lock *l = &t->held[i];

		if (l->flags & (HELD_WAITS | HELD_PSEUDO))
			continue;
		if (off_cpu(t) && !c->busy) {
			f = fault(c, R_LOCK_QUIET, t);
			check_got(f, "holds %s at %#lx", l->name, l->addr);
			check_want(f, "nothing, when all is done");
		}
		if (l->flags & HELD_SLEEPS || t->running < 0)
			continue;
		if (view_read(c->v, l->addr, &lock, sizeof(lock)) || lock.word != (uint32_t)t->running + 1) {
			f = fault(c, R_LOCK_HELD, t);
			check_got(f, "holds %s at %#lx, whose word is %u", l->name, l->addr, lock.word);
			check_want(f, "%d: CPU %d, where it runs", t->running + 1, t->running);
		}
	}
}

/* ---- the graph of lock classes ---- */

static struct mm_lock_class classes[MMV_LOCK_CLASSES];

/* Take away classes that nothing is left to be taken under, until none is left: what remains is a cycle. */
static void check_order(struct check_ctx *c)
{
	unsigned int nr = c->root->nr_lock_classes, left = nr;
	bool gone[MMV_LOCK_CLASSES] = {false}, more = true;
	struct check_fault *f;

	if (!c->root->lock_classes.va)
		return;
	if (nr > MMV_LOCK_CLASSES || view_read(c->v, c->root->lock_classes.va, classes, nr * sizeof(classes[0]))) {
		f = check_fault(c, R_LOCK_ORDER, CHECK_NO_PFN, c->root->lock_classes.va, "classes of locks");
		check_got(f, "%u of them", nr);
		check_want(f, "%u at most, in memory", MMV_LOCK_CLASSES);
		return;
	}
	while (more) {
		more = false;
		for (unsigned int i = 0; i < nr; i++) {
			bool free = !gone[i];

			for (unsigned int j = 0; free && j < nr; j++)
				free = gone[j] || !(classes[i].after[j / 64] >> j % 64 & 1);
			if (free) {
				gone[i] = more = true;
				left--;
			}
		}
	}
	for (unsigned int i = 0; left && i < nr; i++) {
		if (gone[i])
			continue;
		f = check_fault(c, R_LOCK_ORDER, CHECK_NO_PFN, c->root->lock_classes.va + i * sizeof(classes[0]),
				"class %u, %.40s", i, classes[i].name);
		check_got(f, "it and %u more were taken under each other", left - 1);
		check_want(f, "an order");
		return;
	}
}

void check_threads(struct check_ctx *c)
{
	struct view_threads all;
	char err[VIEW_ERR_MAX];
	struct check_fault *f;

	check_ran_all(c, R_THREAD_LINKED, R_LOCK_ORDER);
	check_order(c);
	if (!c->root->cpus.va)
		return;
	if (c->root->task_lock.word || view_threads_read(c->v, &all, false, err)) {
		check_flux(c, R_THREAD_LINKED, R_LOCK_QUIET);
		return;
	}
	if (all.damage[0]) {
		f = check_fault(c, R_THREAD_LINKED, CHECK_NO_PFN,
				view_root_addr(c->v) + offsetof(struct mm_root, tasks), "threads");
		check_got(f, "%.90s", all.damage);
		check_want(f, "threads that lead to each other and back");
	}
	for (unsigned int i = 0; i < all.nr; i++) {
		check_stack(c, &all.at[i]);
		check_context(c, &all.at[i]);
		check_held(c, &all.at[i]);
	}
	for (unsigned int n = 0; !all.damage[0] && n < c->root->nr_cpus && n < MMV_NR_CPUS; n++)
		check_cpu(c, &all, n);
	view_threads_free(&all);
}
