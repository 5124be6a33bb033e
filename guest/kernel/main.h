/* SPDX-License-Identifier: MIT */
/*
 * main.h - what the files of this room share among themselves and with the machine's boot code.
 */
#ifndef KERNEL_MAIN_H
#define KERNEL_MAIN_H

#include <linux/types.h>

#include "guest/kernel/boot_info.h"
#include "shared/devices.h"

struct pt_regs;
struct task_struct;

/** start_kernel - the machine is ready: start the first thread, become the boot CPU's idle task. */
void start_kernel(void) __attribute__((__noreturn__));

/** end_run - print what is left to print, then end the run. */
void end_run(enum exit_code code) __attribute__((__noreturn__));

/* cmdline.c */

/** cmdline_get - the value of @key=value among the boot arguments, copied to @buf. Return: false if it is not there. */
bool cmdline_get(const char *key, char *buf, size_t size);

/** cmdline_setup - hand the boot arguments to those who asked for them by __setup(); before the allocators start */
void cmdline_setup(void);

/* printk.c */

/** console_flush - this CPU's unfinished line, as it stands */
void console_flush(void);

/** console_bust - from now on this CPU prints alone and waits for no lock: the end is near. */
void console_bust(void);

/* panic.c */

/** backtrace - print the return addresses from frame @bp on */
void backtrace(unsigned long bp);

/* context.c, lockdep.c */

/** check_task_end - the running thread ends: nothing may be open that it began, such as a scope, an atomic section, a lock. */
void check_task_end(void);

/** lockdep_idle_init - room for the locks of a CPU's idle task; debug kernel only */
void lockdep_idle_init(struct task_struct *idle, unsigned int cpu);

/* sched.c, kthread.c, timer.c */

/** sched_idle - a CPU's idle task's life */
void sched_idle(void) __attribute__((__noreturn__));

/** sched_finish - first thing in a thread's first turn, with the task that ran before it */
void sched_finish(struct task_struct *prev);

/** task_left - @task had its last turn: its stack is out of use. Context: any. */
void task_left(struct task_struct *task);

/** kthread_total - threads that hold memory: alive, ended, or kept for the next ones */
unsigned int kthread_total(void);

/**
 * kthread_trim - wait for threads that are ending, then free what is left of ended ones until there are @total at most
 *
 * So that what threads hold can be kept out of a count of memory. Context: task.
 */
void kthread_trim(unsigned int total);

/** kthread_join - wait until @task's function is done; the caller holds a reference. Context: task. */
void kthread_join(struct task_struct *task);

/** task_add, task_del - keep the list of all tasks */
void task_add(struct task_struct *task);
void task_del(struct task_struct *task);

/** task_count - tasks there are, dead ones not yet freed included */
unsigned int task_count(void);

/** timer_tick - bring jiffies up to date, see to the timers that are due. Context: hard interrupt. */
void timer_tick(void);

void timer_init(void);
/** random_init - the boot CPU's sequence; random_init_cpu() - another's, as soon as it has its per-CPU data */
void random_init(u64 seed);
void random_init_cpu(unsigned int cpu);

/* module.c */

/** module_run - load @mod, run it, unload it, look for what it left behind. Return: what the run can go on with. */
enum exit_code module_run(const struct boot_module *mod, unsigned int number);

#endif
