/* SPDX-License-Identifier: MIT */
/*
 * oom.h - when there is no memory and nothing to reclaim: somebody has to die (guest/mm/oom.c).
 *
 * Who is chosen may use half of the reserve, to be done soon.
 */
#ifndef _LINUX_OOM_H
#define _LINUX_OOM_H

#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/types.h>

#define OOM_SCORE_ADJ_MIN (-1000)
#define OOM_SCORE_ADJ_MAX 1000

struct notifier_block;

/**
 * struct oom_control - who asks, for what; and what comes of it
 * @gfp_mask, @order: the request that cannot be served. order -1: nobody's request, kill somebody
 * @totalpages, @chosen, @chosen_points: out_of_memory()'s own
 */
struct oom_control {
	const nodemask_t *nodemask;
	gfp_t gfp_mask;
	int order;
	unsigned long totalpages;
	struct task_struct *chosen;
	long chosen_points;
};

/** oom_lock - one decision at a time: taken by try around out_of_memory(); whoever does not get it waits a tick and retries. */
extern struct mutex oom_lock;

/**
 * out_of_memory - free memory by whatever it takes
 *
 * Notifiers, then a thread's life. Panics if nobody is left who may be killed and it is a request that reaches everywhere.
 * Needs: oom_lock. Context: task, may sleep. Return: is there hope, so that the caller shall try again?
 */
bool out_of_memory(struct oom_control *oc);

/** oom_badness - how much memory the death of @task would bring, in pages; LONG_MIN: it must not die. */
long oom_badness(struct task_struct *task, unsigned long totalpages);

/**
 * register_oom_notifier - asked before anybody is killed
 * The callback's data is an unsigned long *: it adds the pages that it freed.
 */
int register_oom_notifier(struct notifier_block *nb);
int unregister_oom_notifier(struct notifier_block *nb);

/** oom_killer_disable - nobody is killed from now on: requests fail. Return: false if a victim was not gone in @timeout ticks. */
bool oom_killer_disable(long timeout);
void oom_killer_enable(void);

/** oom_init - start the thread that takes memory from victims. Context: task, once. */
void oom_init(void);

static inline bool tsk_is_oom_victim(const struct task_struct *task)
{
	return (READ_ONCE(task->pending) & PENDING_MEMDIE) != 0;
}

/** mark_oom_victim - @task, which does not end before this returns, may use reserves from now on. Context: any. */
void mark_oom_victim(struct task_struct *task);

/** exit_oom_victim - the running thread gave its memory back, and is none any more. Nothing if it was none. */
void exit_oom_victim(void);

#endif
