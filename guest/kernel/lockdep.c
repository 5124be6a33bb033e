// SPDX-License-Identifier: MIT
/*
 * lockdep.c - the lock checker's entry points: what the running context takes, holds and gives back.
 *
 * Shape:  task->held[0 .. nr_held): what it holds, oldest first; locks of interrupts on top of it follow, marked by their level.
 *         A lock is checked against those of its own level, from the newest to the first that was waited for: what that one
 *         was taken under is in the graph already.
 * Always: only the task, and interrupts on top of it, touch held[], with interrupts off.
 * Contexts: any; before a CPU has a task nothing is checked.
 * Not here: the graph (lockdep_graph.c), words (lockdep_report.c).
 *
 * In the release kernel the functions exist for payloads' sake, and are empty.
 */
#include "guest/kernel/lockdep.h"

#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/sched/mm.h>
#include <linux/string.h>

#include "guest/kernel/main.h"

const bool kernel_is_debug = MM_CONTEXT_CHECKS;
EXPORT_SYMBOL(kernel_is_debug);

#if MM_CONTEXT_CHECKS

extern char kernel_start[], kernel_end[];

static DEFINE_PER_CPU(unsigned int, lockdep_off);
static struct mm_held_lock idle_held[MMV_NR_CPUS][MMV_MAX_HELD];
static bool held_overflow; /* somebody held more than there is room for: a lock not found may be one of those */

void lockdep_enter(void)
{
	this_cpu_inc(lockdep_off);
}

void lockdep_leave(void)
{
	this_cpu_dec(lockdep_off);
}

void lockdep_idle_init(struct task_struct *idle, unsigned int cpu)
{
	idle->held = idle_held[cpu];
}

/* The running task if its locks are kept, else NULL. Needs: interrupts off. */
static struct task_struct *holder(void)
{
	struct task_struct *task = current;

	return task && task->held && !this_cpu_read(lockdep_off) ? task : NULL;
}

static bool is_static(gva_t addr)
{
	return addr - (gva_t)kernel_start < (gva_t)(kernel_end - kernel_start) ||
	       addr - MODULES_START < MODULES_END - MODULES_START;
}

/* A lock that nobody initialized is its own class if it is static; else those that are first taken at one place are one. */
static unsigned int class_of(const void *lock, uint32_t *class, unsigned int sub, unsigned long ip)
{
	const struct mm_lock_class *c;
	unsigned int id = READ_ONCE(*class);

	if (unlikely(!id || id >= MMV_LOCK_CLASSES)) {
		id = class_find(is_static((gva_t)lock) ? (gva_t)lock : ip, 0, NULL);
		WRITE_ONCE(*class, id);
	}
	if (likely(!sub) || !id)
		return id;
	c = &lock_classes[id];
	return class_find(c->key, c->sub + sub, c->name);
}

void lockdep_init_class(uint32_t *class, const struct lock_class_key *key, const char *name, unsigned int sub)
{
	unsigned long irq = arch_local_irq_save();

	WRITE_ONCE(*class, class_find((gva_t)key, sub, name));
	arch_local_irq_restore(irq);
}
EXPORT_SYMBOL(lockdep_init_class);

static void note_use(unsigned int id, unsigned int level, bool irqs_on, unsigned long ip)
{
	if (level == 2)
		class_use(id, LOCK_USED_IN_HARDIRQ, ip);
	else if (level == 1)
		class_use(id, LOCK_USED_IN_SOFTIRQ, ip);
	if (irqs_on) {
		class_use(id, LOCK_HARDIRQS_ON, ip);
		if (level == 0 && !softirq_count())
			class_use(id, LOCK_SOFTIRQS_ON, ip);
	}
}

static void check_order(const struct task_struct *task, unsigned int id, unsigned int level, unsigned long ip)
{
	for (unsigned int i = task->nr_held; i--;) {
		const struct mm_held_lock *h = &task->held[i];

		if (held_level(h) != level)
			return;
		if (h->class)
			graph_add(h, id, ip);
		if (!(h->flags & HELD_TRY))
			return;
	}
}

/* Not inline anywhere: reports leave out so many frames. */
noinline void lockdep_acquire_ip(const void *lock, uint32_t *class, unsigned int flags, unsigned int sub,
				 unsigned long ip)
{
	unsigned long irq = arch_local_irq_save();
	struct task_struct *task = holder();
	unsigned int id, level;

	if (unlikely(!task))
		goto out;
	id = class_of(lock, class, sub, ip);
	level = interrupt_context_level();
	if (likely(id)) {
		if (!(flags & HELD_SLEEPS))
			note_use(id, level, !arch_irqs_disabled_flags(irq), ip);
		if (task->nr_held && !(flags & HELD_TRY))
			check_order(task, id, level, ip);
	}
	if (unlikely(task->nr_held >= MMV_MAX_HELD)) {
		held_overflow = true;
		report_full("locks held by one thread");
		goto out;
	}
	task->held[task->nr_held] = (struct mm_held_lock){
		.lock = (gva_t)lock,
		.class = id,
		.ip = (uint32_t)ip,
		.flags = flags | level << HELD_LEVEL_SHIFT | (flags & (HELD_TRY | HELD_PSEUDO) ? 0 : HELD_WAITS),
	};
	task->nr_held++;
out:
	arch_local_irq_restore(irq);
}
EXPORT_SYMBOL(lockdep_acquire_ip);

void lockdep_acquire(const void *lock, uint32_t *class, unsigned int flags, unsigned int sub)
{
	lockdep_acquire_ip(lock, class, flags, sub, _RET_IP_);
}
EXPORT_SYMBOL(lockdep_acquire);

static struct mm_held_lock *find_held(const struct task_struct *task, const void *lock)
{
	for (unsigned int i = task->nr_held; i--;) {
		if (task->held[i].lock == (gva_t)lock)
			return &task->held[i];
	}
	return NULL;
}

void lockdep_got(const void *lock)
{
	unsigned long irq = arch_local_irq_save();
	struct task_struct *task = holder();
	struct mm_held_lock *h = task ? find_held(task, lock) : NULL;

	if (h)
		h->flags &= ~HELD_WAITS;
	arch_local_irq_restore(irq);
}
EXPORT_SYMBOL(lockdep_got);

void lockdep_acquired(struct mm_lock *lock)
{
	lock->ip = (uint32_t)_RET_IP_;
	lockdep_got(lock);
}
EXPORT_SYMBOL(lockdep_acquired);

static void drop(struct task_struct *task, struct mm_held_lock *h)
{
	unsigned int after = task->nr_held - 1 - (unsigned int)(h - task->held);

	task->nr_held--;
	if (after)
		memmove(h, h + 1, after * sizeof(*h));
}

void lockdep_release(const void *lock)
{
	unsigned long irq = arch_local_irq_save();
	struct task_struct *task = holder();
	struct mm_held_lock *h;

	if (unlikely(!task))
		goto out;
	h = find_held(task, lock);
	if (likely(h)) {
		drop(task, h);
	} else if (!held_overflow) {
		lockdep_enter();
		report_plain(LOCKDEP_NOT_HELD, "a lock is given back that is not held", lock, 0, _RET_IP_);
		lockdep_leave();
	}
out:
	arch_local_irq_restore(irq);
}
EXPORT_SYMBOL(lockdep_release);

bool lockdep_is_held(const void *lock)
{
	unsigned long irq = arch_local_irq_save();
	struct task_struct *task = holder();
	bool held = !task || find_held(task, lock);

	arch_local_irq_restore(irq);
	return held;
}
EXPORT_SYMBOL(lockdep_is_held);

unsigned int lockdep_depth(void)
{
	return current ? current->nr_held : 0;
}
EXPORT_SYMBOL(lockdep_depth);

bool lockdep_is_on(void)
{
	return true;
}

/* Interrupts, or softirqs alone, are about to be on: is anything held that they take? Needs: interrupts off. */
void lockdep_opens(bool hard)
{
	struct task_struct *task = holder();
	unsigned int level = interrupt_context_level();

	if (!task)
		return;
	for (unsigned int i = task->nr_held; i--;) {
		const struct mm_held_lock *h = &task->held[i];

		if (held_level(h) != level)
			return;
		if (h->flags & HELD_SLEEPS || !h->class)
			continue;
		if (hard)
			class_use(h->class, LOCK_HARDIRQS_ON, held_ip(h));
		if (level == 0 && !(hard && softirq_count()))
			class_use(h->class, LOCK_SOFTIRQS_ON, held_ip(h));
	}
}

bool lockdep_holds_spinlock(void)
{
	struct task_struct *task = current;

	for (unsigned int i = 0; task && task->held && i < task->nr_held; i++) {
		if (!(task->held[i].flags & HELD_SLEEPS))
			return true;
	}
	return false;
}

void lockdep_task_exit(void)
{
	struct task_struct *task = current;
	struct mm_held_lock *h;

	if (!task->held || !task->nr_held)
		return;
	h = &task->held[task->nr_held - 1];
	report_plain(LOCKDEP_EXIT, "a thread ends with a lock held", (void *)h->lock, h->class, held_ip(h));
	task->nr_held = 0;
}

void __debug_check_no_locks_freed(const void *start, unsigned long size)
{
	unsigned long irq = arch_local_irq_save();
	struct task_struct *task = holder();

	for (unsigned int i = 0; task && i < task->nr_held; i++) {
		const struct mm_held_lock *h = &task->held[i];

		if (h->lock - (gva_t)start >= size)
			continue;
		lockdep_enter();
		report_plain(LOCKDEP_FREED, "memory is freed that holds a held lock", (void *)h->lock, h->class,
			     held_ip(h));
		lockdep_leave();
		break;
	}
	arch_local_irq_restore(irq);
}
EXPORT_SYMBOL(__debug_check_no_locks_freed);

/* ---- reclaim: two locks that are none, one for what __GFP_FS allows and one for __GFP_IO ---- */

static struct lock_class_key fs_key, io_key;
static uint32_t fs_reclaim, io_reclaim;

/* What this context may do in reclaim for @gfp: what is left of the mask. */
static gfp_t reclaim_rights(gfp_t gfp)
{
	struct task_struct *task = current;

	gfp = current_gfp_context(gfp);
	if (!(gfp & __GFP_DIRECT_RECLAIM) || (__GFP_NOLOCKDEP && gfp & __GFP_NOLOCKDEP) || !task ||
	    task->flags & PF_MEMALLOC || !in_task())
		return 0;
	if (unlikely(!fs_reclaim)) {
		lockdep_init_class(&io_reclaim, &io_key, "reclaim with __GFP_IO", 0);
		lockdep_init_class(&fs_reclaim, &fs_key, "reclaim with __GFP_FS", 0);
	}
	return gfp & (__GFP_FS | __GFP_IO);
}

void __fs_reclaim_acquire(gfp_t gfp)
{
	gfp_t rights = reclaim_rights(gfp);

	if (rights & __GFP_FS)
		lockdep_acquire_ip(&fs_reclaim, &fs_reclaim, HELD_PSEUDO | HELD_SLEEPS, 0, _RET_IP_);
	else if (rights)
		lockdep_acquire_ip(&io_reclaim, &io_reclaim, HELD_PSEUDO | HELD_SLEEPS, 0, _RET_IP_);
}
EXPORT_SYMBOL(__fs_reclaim_acquire);

/* What was taken, if anything: the thread's rights may have changed meanwhile. */
void __fs_reclaim_release(gfp_t gfp)
{
	(void)gfp;
	if (!lockdep_depth())
		return;
	if (lockdep_is_held(&fs_reclaim))
		lockdep_release(&fs_reclaim);
	else if (lockdep_is_held(&io_reclaim))
		lockdep_release(&io_reclaim);
}
EXPORT_SYMBOL(__fs_reclaim_release);

static void pass_through(uint32_t *map)
{
	lockdep_acquire_ip(map, map, HELD_PSEUDO | HELD_SLEEPS, 0, _RET_IP_);
	lockdep_release(map);
}

void __lockdep_may_reclaim(gfp_t gfp)
{
	gfp_t rights;

	if (likely(!lockdep_depth()))
		return;
	rights = reclaim_rights(gfp);
	if (rights & __GFP_FS)
		pass_through(&fs_reclaim);
	if (rights & __GFP_IO)
		pass_through(&io_reclaim);
}
EXPORT_SYMBOL(__lockdep_may_reclaim);

#else

void lockdep_init_class(uint32_t *class, const struct lock_class_key *key, const char *name, unsigned int sub)
{
	(void)class, (void)key, (void)name, (void)sub;
}
EXPORT_SYMBOL(lockdep_init_class);

void lockdep_acquire_ip(const void *lock, uint32_t *class, unsigned int flags, unsigned int sub, unsigned long ip)
{
	(void)lock, (void)class, (void)flags, (void)sub, (void)ip;
}
EXPORT_SYMBOL(lockdep_acquire_ip);

void lockdep_acquire(const void *lock, uint32_t *class, unsigned int flags, unsigned int sub)
{
	(void)lock, (void)class, (void)flags, (void)sub;
}
EXPORT_SYMBOL(lockdep_acquire);

void lockdep_acquired(struct mm_lock *lock)
{
	(void)lock;
}
EXPORT_SYMBOL(lockdep_acquired);

void lockdep_got(const void *lock)
{
	(void)lock;
}
EXPORT_SYMBOL(lockdep_got);

void lockdep_release(const void *lock)
{
	(void)lock;
}
EXPORT_SYMBOL(lockdep_release);

bool lockdep_is_held(const void *lock)
{
	(void)lock;
	return true;
}
EXPORT_SYMBOL(lockdep_is_held);

unsigned int lockdep_depth(void)
{
	return 0;
}
EXPORT_SYMBOL(lockdep_depth);

bool lockdep_is_on(void)
{
	return false;
}

unsigned long lockdep_reports(enum lockdep_report kind)
{
	(void)kind;
	return 0;
}

void __debug_check_no_locks_freed(const void *start, unsigned long size)
{
	(void)start, (void)size;
}
EXPORT_SYMBOL(__debug_check_no_locks_freed);

void __fs_reclaim_acquire(gfp_t gfp)
{
	(void)gfp;
}
EXPORT_SYMBOL(__fs_reclaim_acquire);

void __fs_reclaim_release(gfp_t gfp)
{
	(void)gfp;
}
EXPORT_SYMBOL(__fs_reclaim_release);

void __lockdep_may_reclaim(gfp_t gfp)
{
	(void)gfp;
}
EXPORT_SYMBOL(__lockdep_may_reclaim);

#endif

EXPORT_SYMBOL(lockdep_is_on);
EXPORT_SYMBOL(lockdep_reports);
