/* SPDX-License-Identifier: MIT */
/* completion.h - "it has happened", for one waiter or for all; complete() may come before wait_for_completion(). */
#ifndef _LINUX_COMPLETION_H
#define _LINUX_COMPLETION_H

#include <linux/wait.h>

/** struct completion - @done: how many waiters may still pass; UINT_MAX: everybody, for good */
struct completion {
	unsigned int done;
	struct wait_queue_head wait;
};

#define COMPLETION_INITIALIZER(work)                                                                                   \
	{                                                                                                              \
		0, __WAIT_QUEUE_HEAD_INITIALIZER((work).wait)                                                          \
	}
#define DECLARE_COMPLETION(work) struct completion work = COMPLETION_INITIALIZER(work)
#define DECLARE_COMPLETION_ONSTACK(work) DECLARE_COMPLETION(work)

#define init_completion(c)                                                                                             \
	do {                                                                                                           \
		struct completion *__done = (c);                                                                       \
		__done->done = 0;                                                                                      \
		init_waitqueue_head(&__done->wait);                                                                    \
	} while (0)

static inline void reinit_completion(struct completion *x)
{
	x->done = 0;
}

void complete(struct completion *x);
void complete_all(struct completion *x);
void wait_for_completion(struct completion *x);
/** wait_for_completion_timeout - Return: ticks left, at least 1; 0 if the time ran out. */
unsigned long wait_for_completion_timeout(struct completion *x, unsigned long timeout);
bool try_wait_for_completion(struct completion *x);
bool completion_done(struct completion *x);

/** wait_for_completion_killable - Return: 0, or -ERESTARTSYS: the waiter shall end. */
int wait_for_completion_killable(struct completion *x);
#define wait_for_completion_interruptible(x) wait_for_completion_killable(x)

#endif
