/* SPDX-License-Identifier: MIT */
/*
 * oom.h - what oom.c and oom_reap.c share.
 */
#ifndef GUEST_MM_OOM_H
#define GUEST_MM_OOM_H

#include <linux/sched.h>
#include "shared/mm.h"

/** oom_reap_later - @task was chosen: if its memory is not given back soon, it is taken. Needs: oom_lock. Context: any task. */
void oom_reap_later(struct task_struct *task, struct mm_struct *mm);
/** oom_reap_under_way - is there memory of a victim that is to come back and has not? */
bool oom_reap_under_way(void);

#endif
