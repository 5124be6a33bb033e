// SPDX-License-Identifier: MIT
/*
 * oom.c - the OOM killer: nothing can be reclaimed any more, so somebody's memory is given up.
 *
 * Way:     1. notifiers: whoever registered may have something to give back. Did one? Then that was it.
 *          2. a caller that shall end anyway becomes the victim: it gets at reserves and can end.
 *          3. without __GFP_FS nobody is killed: others, who may do more, will get on. That counts as hope.
 *          4. a victim that is not gone yet is waited for. One dies at a time.
 *          5. the thread with an address space of its own whose death brings most is chosen, it and all who share that address
 *             space are sent SIGKILL, and the reaper (oom_reap.c) is told in case they are slow.
 *             With oom_kill_allocating_task it is the caller, if it may be killed at all.
 * Points:  pages in memory, in swap and of page tables; oom_score_adj moves them by so many thousandths of all RAM and swap, and
 *          -1000 keeps a thread out. So do MMF_OOM_SKIP (nothing to be had from it any more) and having no address space.
 * Unlike Linux: where nobody may be killed the request fails, instead of a panic; most payloads have no address spaces, and
 *          shall be able to use up memory. panic_on_oom=1 panics.
 * Always:  mm_oom.victims counts the threads with PENDING_MEMDIE; each of them has a thread that will end.
 * Locking: oom_lock around a decision; who asks takes it by try. Under it mm_root.task_lock while threads are looked at, and
 *          under that mm_root.mm_list_lock.
 */
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/notifier.h>
#include <linux/oom.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/swap.h>

#include "internal.h"
#include "oom.h"

#define KB(pages) ((unsigned long)(pages) << (PAGE_SHIFT - 10))
/* Threads that one kill can hit. */
#define MAX_SHARERS 64

DEFINE_MUTEX(oom_lock);
EXPORT_SYMBOL(oom_lock);

struct mm_oom mm_oom;
static RAW_NOTIFIER_HEAD(notifiers);
static bool panic_on_oom, kill_allocating_task;

static int setup_panic(char *value)
{
	return !kstrtobool(value, &panic_on_oom);
}
__setup("panic_on_oom", setup_panic);

static int setup_allocating(char *value)
{
	return !kstrtobool(value, &kill_allocating_task);
}
__setup("oom_kill_allocating_task", setup_allocating);

int register_oom_notifier(struct notifier_block *nb)
{
	int err;

	mutex_lock(&oom_lock);
	err = raw_notifier_chain_register(&notifiers, nb);
	mutex_unlock(&oom_lock);
	return err;
}
EXPORT_SYMBOL(register_oom_notifier);

int unregister_oom_notifier(struct notifier_block *nb)
{
	int err;

	mutex_lock(&oom_lock);
	err = raw_notifier_chain_unregister(&notifiers, nb);
	mutex_unlock(&oom_lock);
	return err;
}
EXPORT_SYMBOL(unregister_oom_notifier);

/* ---- victims ---- */

void mark_oom_victim(struct task_struct *task)
{
	if (!(__atomic_fetch_or(&task->pending, PENDING_MEMDIE, __ATOMIC_RELAXED) & PENDING_MEMDIE))
		__atomic_fetch_add(&mm_oom.victims, 1, __ATOMIC_RELAXED);
}
EXPORT_SYMBOL(mark_oom_victim);

void exit_oom_victim(void)
{
	struct task_struct *task = current;

	if (!tsk_is_oom_victim(task))
		return;
	__atomic_fetch_and(&task->pending, ~PENDING_MEMDIE, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&mm_oom.victims, 1, __ATOMIC_RELEASE);
}
EXPORT_SYMBOL(exit_oom_victim);

bool oom_killer_disable(long timeout)
{
	mutex_lock(&oom_lock);
	mm_oom.disabled = 1;
	mutex_unlock(&oom_lock);
	while (__atomic_load_n(&mm_oom.victims, __ATOMIC_ACQUIRE)) {
		if (timeout-- <= 0) {
			oom_killer_enable();
			return false;
		}
		schedule_timeout_uninterruptible(1);
	}
	return true;
}
EXPORT_SYMBOL(oom_killer_disable);

void oom_killer_enable(void)
{
	mutex_lock(&oom_lock);
	mm_oom.disabled = 0;
	mutex_unlock(&oom_lock);
}
EXPORT_SYMBOL(oom_killer_enable);

/* ---- who ---- */

static unsigned long table_pages(const struct mm_struct *mm)
{
	return mm_pgtables_bytes(mm) >> PAGE_SHIFT;
}

/* Needs: mm_root.mm_list_lock, which keeps task->mm. */
static long points_of(const struct task_struct *task, unsigned long totalpages)
{
	const struct mm_struct *mm = task->mm;
	long points;

	if (!mm || task->flags & (PF_IDLE | PF_EXITING) || task->oom_score_adj == OOM_SCORE_ADJ_MIN ||
	    READ_ONCE(mm->flags) & MMF_OOM_SKIP)
		return LONG_MIN;
	points = (long)(get_mm_rss(mm) + get_mm_counter(mm, MM_SWAPENTS) + table_pages(mm));
	return points + (long)task->oom_score_adj * (long)(totalpages / 1000);
}

long oom_badness(struct task_struct *task, unsigned long totalpages)
{
	unsigned long irq = mm_lock_read(&mm_root.mm_list_lock);
	long points = points_of(task, totalpages);

	mm_unlock_read(&mm_root.mm_list_lock, irq);
	return points;
}
EXPORT_SYMBOL(oom_badness);

/* Whoever is most worth it, with a reference; NULL: nobody, or (*@wait) one is dying already. */
static struct task_struct *select_victim(struct oom_control *oc, bool *wait)
{
	unsigned long irq = mm_lock_read(&mm_root.task_lock);
	struct task_struct *task;

	oc->chosen = NULL;
	oc->chosen_points = LONG_MIN;
	*wait = oom_reap_under_way();
	if (*wait)
		goto out;
	list_for_each_entry (task, &mm_root.tasks, tasks) {
		long points = oom_badness(task, oc->totalpages);

		/* Of equals the one that came last. */
		if (points == LONG_MIN || points < oc->chosen_points || tsk_is_oom_victim(task))
			continue;
		oc->chosen = task;
		oc->chosen_points = points;
	}
	if (oc->chosen && !tryget_task_struct(oc->chosen))
		oc->chosen = NULL;
out:
	mm_unlock_read(&mm_root.task_lock, irq);
	return oc->chosen;
}

/* ---- what is said ---- */

static void dump_tasks(void)
{
	unsigned long irq = mm_lock_read(&mm_root.task_lock), list_irq;
	struct task_struct *task;

	pr_info("Tasks state (memory values in pages):\n");
	pr_info("[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n");
	list_for_each_entry (task, &mm_root.tasks, tasks) {
		const struct mm_struct *mm;

		list_irq = mm_lock_read(&mm_root.mm_list_lock);
		mm = task->mm;
		if (mm)
			pr_info("[%7d]     0 %5d %8lu %8lu %14lu %8lu %13d %s\n", task->pid, task->pid,
				(unsigned long)mm->total_vm, get_mm_rss(mm), mm_pgtables_bytes(mm),
				get_mm_counter(mm, MM_SWAPENTS), task->oom_score_adj, task->comm);
		mm_unlock_read(&mm_root.mm_list_lock, list_irq);
	}
	mm_unlock_read(&mm_root.task_lock, irq);
}

/* Not more often than failed allocations are reported in full: a console is slow, and memory is short now. */
static void dump_header(const struct oom_control *oc)
{
	static DEFINE_RATELIMIT_STATE(limit, 10 * HZ, 1);
	char names[160];

	pr_warn("%s invoked oom-killer: gfp_mask=%#x(%s), order=%d, oom_score_adj=%d\n", current->comm, oc->gfp_mask,
		gfp_names(names, sizeof(names), oc->gfp_mask), oc->order, current->oom_score_adj);
	if (!__ratelimit(&limit))
		return;
	show_mem();
	dump_tasks();
}

static void note_kill(const struct oom_control *oc, const struct task_struct *task, const struct mm_struct *mm)
{
	struct oom_event *e = &mm_oom.event[mm_oom.kills % OOM_EVENTS];

	*e = (struct oom_event){
		.tsc = rdtsc(),
		.pid = task->pid,
		.order = oc->order,
		.gfp = oc->gfp_mask,
		.adj = task->oom_score_adj,
		.free = nr_free_pages(),
		.points = oc->chosen_points > 0 ? (uint64_t)oc->chosen_points : 0,
		.rss = get_mm_rss(mm),
		.swap = get_mm_counter(mm, MM_SWAPENTS),
		.tables = table_pages(mm),
	};
	memcpy(e->comm, task->comm, sizeof(e->comm));
	/* A reader outside the guest counts on the entry being there when the number says so. */
	__atomic_store_n(&mm_oom.kills, mm_oom.kills + 1, __ATOMIC_RELEASE);
	count_vm_event(OOM_KILL);
}

/* ---- killing ---- */

/* All who work in @mm, by number of references taken. */
static unsigned int sharers_of(const struct mm_struct *mm, struct task_struct **sharers)
{
	unsigned long irq = mm_lock_read(&mm_root.task_lock), list_irq;
	struct task_struct *task;
	unsigned int nr = 0;

	list_for_each_entry (task, &mm_root.tasks, tasks) {
		bool shares;

		list_irq = mm_lock_read(&mm_root.mm_list_lock);
		shares = task->mm == mm;
		mm_unlock_read(&mm_root.mm_list_lock, list_irq);
		if (shares && nr < MAX_SHARERS && tryget_task_struct(task))
			sharers[nr++] = task;
	}
	mm_unlock_read(&mm_root.task_lock, irq);
	return nr;
}

static void kill(struct oom_control *oc, struct task_struct *victim, const char *why)
{
	static struct task_struct *sharers[MAX_SHARERS]; /* under oom_lock */
	struct mm_struct *mm = get_task_mm(victim);
	unsigned int nr;

	/* It ended by itself meanwhile: as good. */
	if (!mm)
		return;
	dump_header(oc);
	pr_info("oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/,"
		"task=%s,pid=%d,uid=0\n",
		victim->comm, victim->pid);
	pr_err("%s: Killed process %d (%s) total-vm:%lukB, anon-rss:%lukB, file-rss:%lukB, shmem-rss:%lukB, UID:0 "
	       "pgtables:%lukB oom_score_adj:%d\n",
	       why, victim->pid, victim->comm, KB(mm->total_vm), KB(get_mm_counter(mm, MM_ANONPAGES)),
	       KB(get_mm_counter(mm, MM_FILEPAGES)), KB(get_mm_counter(mm, MM_SHMEMPAGES)), KB(table_pages(mm)),
	       victim->oom_score_adj);
	note_kill(oc, victim, mm);
	nr = sharers_of(mm, sharers);
	oom_reap_later(victim, mm);
	for (unsigned int i = 0; i < nr; i++) {
		mark_oom_victim(sharers[i]);
		send_sig(SIGKILL, sharers[i], 1);
		put_task_struct(sharers[i]);
	}
	mmput(mm);
}

/* A caller that is on its way out needs memory to get there. */
static bool caller_ends(void)
{
	struct task_struct *task = current;

	if (!fatal_signal_pending(task) || !task->mm || READ_ONCE(task->mm->flags) & MMF_OOM_SKIP)
		return false;
	if (!tsk_is_oom_victim(task)) {
		mark_oom_victim(task);
		oom_reap_later(task, task->mm);
	}
	return true;
}

bool out_of_memory(struct oom_control *oc)
{
	unsigned long freed = 0;
	struct task_struct *victim;
	bool wait;

	mm_oom.invoked++;
	if (mm_oom.disabled)
		return false;
	raw_notifier_call_chain(&notifiers, 0, &freed);
	mm_oom.notified += freed;
	if (freed)
		return true;
	if (caller_ends())
		return true;
	if (!(oc->gfp_mask & __GFP_FS) && oc->order >= 0)
		return true;
	oc->totalpages = totalram_pages() + total_swap_pages();
	if (panic_on_oom) {
		dump_header(oc);
		panic("Out of memory: compulsory panic_on_oom is enabled");
	}
	if (kill_allocating_task && oom_badness(current, oc->totalpages) != LONG_MIN) {
		oc->chosen_points = 0;
		kill(oc, current, "Out of memory (oom_kill_allocating_task)");
		return true;
	}
	victim = select_victim(oc, &wait);
	if (!victim)
		return wait;
	kill(oc, victim, "Out of memory");
	put_task_struct(victim);
	return true;
}
EXPORT_SYMBOL(out_of_memory);
