/* SPDX-License-Identifier: MIT */
/*
 * kthread.h - kernel threads.
 *
 * A thread ends when its function returns. kthread_stop() asks it to, waits, and gives its result; every thread that
 * somebody holds a pointer to must be stopped by it, once. A thread that nobody stops is freed when it ends.
 */
#ifndef _LINUX_KTHREAD_H
#define _LINUX_KTHREAD_H

#include <linux/err.h>
#include <linux/sched.h>

/** kthread_create - a thread that does not run yet: wake_up_process() starts it. Return: it, or ERR_PTR. */
__printf(3, 4) struct task_struct *__kthread_create(int (*fn)(void *data), void *data, const char *namefmt, ...);
#define kthread_create(fn, data, namefmt, ...) __kthread_create(fn, data, namefmt, ##__VA_ARGS__)
#define kthread_create_on_node(fn, data, node, namefmt, ...) kthread_create(fn, data, namefmt, ##__VA_ARGS__)
/** kthread_create_on_cpu - the same, on a CPU; a %u in @namefmt is that CPU's number. */
struct task_struct *kthread_create_on_cpu(int (*fn)(void *data), void *data, unsigned int cpu, const char *namefmt);
/** kthread_bind - choose the CPU; only before its first turn. */
void kthread_bind(struct task_struct *task, unsigned int cpu);

/** kthread_run - create and start. */
#define kthread_run(fn, data, namefmt, ...)                                                                            \
	({                                                                                                             \
		struct task_struct *__kt = kthread_create(fn, data, namefmt, ##__VA_ARGS__);                           \
		if (!IS_ERR(__kt))                                                                                     \
			wake_up_process(__kt);                                                                         \
		__kt;                                                                                                  \
	})
#define kthread_run_on_cpu(fn, data, cpu, namefmt)                                                                     \
	({                                                                                                             \
		struct task_struct *__kt = kthread_create_on_cpu(fn, data, cpu, namefmt);                              \
		if (!IS_ERR(__kt))                                                                                     \
			wake_up_process(__kt);                                                                         \
		__kt;                                                                                                  \
	})

/** kthread_stop - ask it to end, wait, free it. Return: what its function returned; -EINTR if it never ran. */
int kthread_stop(struct task_struct *task);
/** kthread_should_stop - was kthread_stop() called for the running thread? */
bool kthread_should_stop(void);
/** kthread_exit - end the running thread. */
void kthread_exit(long result) __attribute__((__noreturn__));
void *kthread_data(struct task_struct *task);

/* Keep the thread's result after it ended, for a kthread_stop() to come. */
struct task_struct *get_task_struct(struct task_struct *task);
void put_task_struct(struct task_struct *task);
/** tryget_task_struct - the same for a thread that may be ending. Return: is there anything left to keep? */
bool tryget_task_struct(struct task_struct *task);

#endif
