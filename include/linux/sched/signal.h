/* SPDX-License-Identifier: MIT */
/*
 * sched/signal.h - the one signal that there is: SIGKILL, "end, and soon".
 *
 * A thread is not torn down from outside: it learns of the signal where it waits killably (TASK_KILLABLE and
 * TASK_INTERRUPTIBLE sleeps end, the call returns -EINTR or -ERESTARTSYS), where its own memory is faulted in, and where an
 * allocation goes round in circles; it gives back what it holds and returns from its function. The signal stays pending until
 * then. A thread that serves others and may not just end does not look, as kernel threads on Linux do not.
 */
#ifndef _LINUX_SCHED_SIGNAL_H
#define _LINUX_SCHED_SIGNAL_H

#include <linux/sched.h>

#define SIGKILL 9

/** send_sig - @sig is SIGKILL: the only one there is. Context: any. Return: 0, or -EINVAL for another. */
int send_sig(int sig, struct task_struct *task, int priv);

/** flush_signals - the running thread, or one that never ran, forgets that it shall end. Only tests need that. */
void flush_signals(struct task_struct *task);

#endif
