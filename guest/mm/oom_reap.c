// SPDX-License-Identifier: MIT
/*
 * oom_reap.c - the reaper: a victim of the OOM killer that does not get on with dying loses its memory all the same.
 *
 * Why:     a victim may wait for something that the one who needs memory holds. So a little after a kill a thread takes away the
 *          victim's private pages, behind its back: MMF_UNSTABLE makes every fault of it fail from then on, so it cannot see
 *          zeros where its data was.
 * Ends:    an entry is over when its address space has no pages left, whoever freed them; then MMF_OOM_SKIP says that there is nothing
 *          more to be had. So does giving up, after TRIES in which somebody else held the areas' lock: then the next victim
 *          can be chosen.
 * Shape:   a fixed array, because there is no memory to be had now. When it is full the victim must get on by itself.
 * Locking: reap_lock; an entry holds a reference of the structure (mmgrab()), so that it can be looked at when its last user
 *          is gone, and its areas only by mmget_not_zero().
 */
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mmap_lock.h>
#include <linux/oom.h>
#include <linux/printk.h>
#include <linux/sched/mm.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "internal.h"
#include "oom.h"

#define KB(pages) ((unsigned long)(pages) << (PAGE_SHIFT - 10))
#define QUEUE 16
/* Ticks that a victim has to give its memory back by itself, and between tries. */
#define PATIENCE (HZ / 5)
#define PAUSE (HZ / 10)
#define TRIES 10

/** struct reap - @mm: NULL: free entry */
struct reap {
	struct mm_struct *mm;
	int pid;
	char comm[TASK_COMM_LEN];
};

static DEFINE_SPINLOCK(reap_lock);
static DECLARE_WAIT_QUEUE_HEAD(reap_wait);
static struct reap queue[QUEUE]; /* (L) */
static unsigned int nr_queued;   /* (L) */

/* Nothing of it is in memory or swap any more. */
static bool is_empty(const struct mm_struct *mm)
{
	return !get_mm_rss(mm) && !get_mm_counter(mm, MM_SWAPENTS);
}

bool oom_reap_under_way(void)
{
	unsigned long flags;
	bool any = false;

	spin_lock_irqsave(&reap_lock, flags);
	for (unsigned int i = 0; i < QUEUE && !any; i++)
		any = queue[i].mm && !(READ_ONCE(queue[i].mm->flags) & MMF_OOM_SKIP) && !is_empty(queue[i].mm);
	spin_unlock_irqrestore(&reap_lock, flags);
	return any;
}

void oom_reap_later(struct task_struct *task, struct mm_struct *mm)
{
	struct reap *free = NULL;
	unsigned long flags;

	spin_lock_irqsave(&reap_lock, flags);
	for (unsigned int i = 0; i < QUEUE; i++) {
		if (queue[i].mm == mm) {
			spin_unlock_irqrestore(&reap_lock, flags);
			return;
		}
		if (!queue[i].mm && !free)
			free = &queue[i];
	}
	if (free) {
		mmgrab(mm);
		free->mm = mm;
		free->pid = task->pid;
		memcpy(free->comm, task->comm, sizeof(free->comm));
		nr_queued++;
	}
	spin_unlock_irqrestore(&reap_lock, flags);
	wake_up(&reap_wait);
}

/* Its private pages, as long as nobody changes its areas. False: somebody does. */
static bool take_memory(const struct reap *r)
{
	unsigned long before = get_mm_rss(r->mm);
	struct vm_area_struct *vma;

	if (!mmap_read_trylock(r->mm))
		return false;
	__atomic_fetch_or(&r->mm->flags, MMF_UNSTABLE, __ATOMIC_SEQ_CST);
	for_each_vma(r->mm, vma) if (!(vma->vm_flags & VM_LOCKED)) zap_vma_range(vma, vma->vm_start, vma->vm_end);
	mmap_read_unlock(r->mm);
	__atomic_fetch_add(&mm_oom.reaped, before - min(before, get_mm_rss(r->mm)), __ATOMIC_RELAXED);
	pr_info("oom_reaper: reaped process %d (%s), now anon-rss:%lukB, file-rss:%lukB, shmem-rss:%lukB\n", r->pid,
		r->comm, KB(get_mm_counter(r->mm, MM_ANONPAGES)), KB(get_mm_counter(r->mm, MM_FILEPAGES)),
		KB(get_mm_counter(r->mm, MM_SHMEMPAGES)));
	return true;
}

static void reap(const struct reap *r)
{
	bool done = false;

	for (unsigned int waited = 0; waited < PATIENCE && !is_empty(r->mm); waited += 2)
		schedule_timeout_uninterruptible(2);
	for (unsigned int tries = 0; tries < TRIES && !done && !is_empty(r->mm); tries++) {
		if (tries)
			schedule_timeout_uninterruptible(PAUSE);
		/* Without users its memory is on its way already. */
		if (!mmget_not_zero(r->mm))
			continue;
		done = take_memory(r);
		mmput(r->mm);
	}
	if (!done && !is_empty(r->mm))
		pr_info("oom_reaper: unable to reap pid:%d (%s)\n", r->pid, r->comm);
	__atomic_fetch_or(&r->mm->flags, MMF_OOM_SKIP, __ATOMIC_SEQ_CST);
}

static struct reap *first_queued(void)
{
	struct reap *r = NULL;
	unsigned long flags;

	spin_lock_irqsave(&reap_lock, flags);
	for (unsigned int i = 0; i < QUEUE && !r; i++)
		r = queue[i].mm ? &queue[i] : NULL;
	spin_unlock_irqrestore(&reap_lock, flags);
	return r;
}

static int reaper(void *unused)
{
	(void)unused;
	for (;;) {
		struct mm_struct *mm;
		struct reap *r;
		unsigned long flags;

		wait_event(reap_wait, READ_ONCE(nr_queued) != 0);
		r = first_queued();
		if (!r)
			continue;
		reap(r);
		spin_lock_irqsave(&reap_lock, flags);
		mm = r->mm;
		r->mm = NULL;
		nr_queued--;
		spin_unlock_irqrestore(&reap_lock, flags);
		mmdrop(mm);
	}
	return 0;
}

void oom_init(void)
{
	struct task_struct *task = kthread_run(reaper, NULL, "oom_reaper");

	if (IS_ERR(task))
		panic("no memory for the thread oom_reaper");
}
