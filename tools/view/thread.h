/* SPDX-License-Identifier: MIT */
/*
 * thread.h - the guest's threads: what each does, in which context, how it came there, and which locks it holds.
 *
 * Running ones are walked by their vCPU's registers, through interrupt stacks into what was interrupted; sleeping ones by the
 * stack pointer that they saved. Locks are known for guests with the debug kernel only. Lists are followed with bounds: from
 * a damaged one comes what could be read, and a word about the damage.
 */
#ifndef MMV_TOOLS_THREAD_H
#define MMV_TOOLS_THREAD_H

#include <stdio.h>

#include "tools/view/view.h"

#define THREADS_MAX 4096

struct json_object;

/**
 * struct view_lock - a lock that is held
 * @name: its class
 * @ip:   where it was taken
 * @level: 0 by the thread, 1 by a softirq on top of it, 2 by a hard interrupt
 */
struct view_lock {
	gva_t addr, ip;
	char name[MMV_LOCK_NAME];
	unsigned int flags, level;
};

/**
 * struct view_thread - one thread.
 * @task:    a copy
 * @running: the vCPU whose registers are its, or -1
 * @preempt_count: of that vCPU, without the bit that asks for a switch
 * @stack:   program counter, then return addresses
 */
struct view_thread {
	gva_t addr;
	struct task_struct task;
	char name[TASK_COMM_LEN + 1];
	int running;
	uint32_t preempt_count;
	bool irqs_off;
	unsigned int nr_stack, nr_held;
	gva_t stack[VIEW_MAX_FRAMES];
	struct view_lock held[MMV_MAX_HELD];
};

/**
 * struct view_threads - all of them, in the order of the guest's list
 * @damage: "" or what is wrong with the list
 */
struct view_threads {
	struct view_thread *at;
	unsigned int nr;
	char damage[128];
};

/** view_threads_read - @stacks: also walk those. Return: 0, or -1 and one line in @err. view_threads_free() what it gives. */
int view_threads_read(const struct view *v, struct view_threads *t, bool stacks, char *err);
void view_threads_free(struct view_threads *t);

/** view_thread_at - one thread, wherever it is linked. Return: 0, or -1 if there is no memory. */
int view_thread_at(const struct view *v, gva_t addr, struct view_thread *t);

/** view_cpu_thread - the thread that @cpu runs. Return: 0, or -1: it is not known. */
int view_cpu_thread(const struct view *v, unsigned int cpu, struct view_thread *t);

/** thread_state, thread_context - in a word, such as "sleeping"; "task, preemption off, interrupts off" */
const char *thread_state(const struct view_thread *t);
char *thread_context(const struct view_thread *t, char *buf, size_t size);

/** struct thread_names - how addresses are named. @name writes "symbol+0x1/0x2", or the bare address. */
struct thread_names {
	void (*name)(void *ctx, gva_t addr, bool is_return, char *buf, size_t size);
	void *ctx;
};

/** print_thread - several lines. @stack: also how it came there */
void print_thread(const struct view_thread *t, const struct thread_names *n, bool stack, FILE *out);
int print_threads(const struct view *v, const struct thread_names *n, FILE *out, char *err);
struct json_object *json_thread(const struct view_thread *t, const struct thread_names *n);
struct json_object *json_threads(const struct view *v, const struct thread_names *n, char *err);

#endif
