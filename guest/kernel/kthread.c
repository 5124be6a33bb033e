// SPDX-License-Identifier: MIT
/*
 * kthread.c - the life of a kernel thread: made, started, asked to stop, ended, freed.
 *
 * A thread and its bookkeeping are one object, its stack is a vmalloc area (so an overflow meets a guard page). The last
 * reference may be dropped where nobody can free a stack, for instance by the CPU that just left it: such threads wait
 * on the list of the dead until a task comes by. A few dead ones are kept whole for the next that are made, because mapping
 * a stack and telling every CPU that it is gone is most of a short thread's cost.
 */
#include <linux/completion.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/sched/mm.h>
#include <linux/oom.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include <asm/stacktrace.h>

#include "guest/kernel/main.h"
#include "guest/kernel/sched.h"

#define KEEP_THREADS 8
/* A thread that is ending on this CPU needs one turn; on another it may need a while. */
#define ENDING_YIELDS 20

/** struct kthread - a task and what is particular to threads. @exited: its function is done, @result is there */
struct kthread {
	struct task_struct task;
	int (*fn)(void *data);
	void *data;
	long result;
	bool should_stop;
	struct completion exited;
#if MM_CONTEXT_CHECKS
	struct mm_held_lock held[MMV_MAX_HELD];
#endif
};

static DEFINE_SPINLOCK(dead_lock);
static LIST_HEAD(dead);         /* (L) ended, to be recycled or freed; by run_node */
static LIST_HEAD(spare);        /* (L) memory and stacks for the next ones; by run_node */
static unsigned int nr_spare;   /* (L) */
static int last_pid;            /* (a) */
static unsigned int nr_threads; /* (a) alive, dead and spare ones */
static int nr_ending;           /* (a) threads between the end of their function and of their last turn */

static struct kthread *to_kthread(struct task_struct *task)
{
	return task->kthread;
}

static void bury_later(struct task_struct *task)
{
	unsigned long flags;

	spin_lock_irqsave(&dead_lock, flags);
	list_add(&task->run_node, &dead);
	spin_unlock_irqrestore(&dead_lock, flags);
}

struct task_struct *get_task_struct(struct task_struct *task)
{
	__atomic_fetch_add(&task->refs, 1, __ATOMIC_RELAXED);
	return task;
}
EXPORT_SYMBOL(get_task_struct);

bool tryget_task_struct(struct task_struct *task)
{
	int32_t refs = READ_ONCE(task->refs);

	while (refs > 0)
		if (__atomic_compare_exchange_n(&task->refs, &refs, refs + 1, true, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			return true;
	return false;
}
EXPORT_SYMBOL(tryget_task_struct);

void put_task_struct(struct task_struct *task)
{
	if (__atomic_sub_fetch(&task->refs, 1, __ATOMIC_SEQ_CST) == 0)
		bury_later(task);
}
EXPORT_SYMBOL(put_task_struct);

void task_left(struct task_struct *task)
{
	put_task_struct(task);
	__atomic_fetch_sub(&nr_ending, 1, __ATOMIC_RELEASE);
}

static void free_kthread(struct kthread *k)
{
	__atomic_fetch_sub(&nr_threads, 1, __ATOMIC_RELAXED);
	vfree(k->task.stack);
	kfree(k);
}

/* Take the dead off the list of tasks; keep up to @keep of them, free the others. Context: task. */
static void bury(unsigned int keep)
{
	struct task_struct *task;

	for (;;) {
		bool kept = false;

		spin_lock_irq(&dead_lock);
		task = list_first_entry_or_null(&dead, struct task_struct, run_node);
		if (task) {
			list_del(&task->run_node);
			task_del(task);
			kept = nr_spare < keep;
			if (kept) {
				list_add(&task->run_node, &spare);
				nr_spare++;
			}
		}
		spin_unlock_irq(&dead_lock);
		if (!task)
			return;
		if (!kept)
			free_kthread(to_kthread(task));
	}
}

static struct kthread *take_spare(void)
{
	struct task_struct *task;

	spin_lock_irq(&dead_lock);
	task = list_first_entry_or_null(&spare, struct task_struct, run_node);
	if (task) {
		list_del(&task->run_node);
		nr_spare--;
	}
	spin_unlock_irq(&dead_lock);
	return task ? to_kthread(task) : NULL;
}

unsigned int kthread_total(void)
{
	return __atomic_load_n(&nr_threads, __ATOMIC_RELAXED);
}

void kthread_trim(unsigned int total)
{
	struct kthread *k;

	workqueue_trim();
	/* Whoever waited for a thread may be faster than the thread on its last steps. */
	for (unsigned int tries = 0; __atomic_load_n(&nr_ending, __ATOMIC_ACQUIRE); tries++) {
		if (tries < ENDING_YIELDS)
			yield();
		else
			schedule_timeout_uninterruptible(1);
	}
	bury(UINT_MAX);
	while (kthread_total() > total && (k = take_spare()))
		free_kthread(k);
}

static struct kthread *new_kthread(void)
{
	struct kthread *k;
	void *stack;

	bury(KEEP_THREADS);
	k = take_spare();
	if (k)
		return k;
	k = kmalloc(sizeof(*k), GFP_KERNEL);
	stack = vmalloc(THREAD_SIZE);
	if (!k || !stack) {
		kfree(k);
		vfree(stack);
		return NULL;
	}
	k->task.stack = stack;
	__atomic_fetch_add(&nr_threads, 1, __ATOMIC_RELAXED);
	return k;
}

void kthread_exit(long result)
{
	struct kthread *k = to_kthread(current);

	check_task_end();
	if (WARN_ON(k->task.mm))
		kthread_unuse_mm(k->task.mm);
	exit_oom_victim();
	k->result = result;
	k->task.flags |= PF_EXITING;
	__atomic_fetch_add(&nr_ending, 1, __ATOMIC_RELAXED);
	/* From here on somebody may wait for the last reference, but the stack is ours until the switch is done. */
	complete_all(&k->exited);
	arch_local_irq_disable();
	WRITE_ONCE(k->task.__state, TASK_DEAD);
	schedule();
	panic("thread %s came back from the dead", k->task.comm);
}
EXPORT_SYMBOL(kthread_exit);

static void kthread_first_turn(struct task_struct *prev, void *arg)
{
	struct kthread *k = arg;

	sched_finish(prev);
	arch_local_irq_enable();
	/* Asked to stop before it ever ran: then it never does. */
	kthread_exit(READ_ONCE(k->should_stop) ? -EINTR : k->fn(k->data));
}

void kthread_prepare(struct task_struct *task)
{
	*(unsigned long *)task->stack = STACK_END_MAGIC;
	arch_thread_init(&task->thread, (char *)task->stack + THREAD_SIZE, kthread_first_turn, to_kthread(task));
}

static struct task_struct *make(int (*fn)(void *data), void *data, const char *fmt, va_list args)
{
	struct kthread *k = new_kthread();
	struct task_struct *task;
	void *stack;

	if (!k)
		return ERR_PTR(-ENOMEM);
	task = &k->task;
	stack = task->stack;
	memset(k, 0, sizeof(*k));
	task->stack = stack;
	task->kthread = k;
#if MM_CONTEXT_CHECKS
	task->held = k->held;
#endif
	task->__state = TASK_NEW;
	task->flags = PF_KTHREAD;
	task->cpu = ~0u;
	task->cpus_mask = ~0UL;
	task->refs = 1;
	task->pid = __atomic_add_fetch(&last_pid, 1, __ATOMIC_RELAXED);
	INIT_LIST_HEAD(&task->run_node);
	vsnprintf(task->comm, sizeof(task->comm), fmt, args);
	k->fn = fn;
	k->data = data;
	init_completion(&k->exited);
	task_add(task);
	return task;
}

struct task_struct *__kthread_create(int (*fn)(void *data), void *data, const char *namefmt, ...)
{
	struct task_struct *task;
	va_list args;

	might_sleep();
	va_start(args, namefmt);
	task = make(fn, data, namefmt, args);
	va_end(args);
	return task;
}
EXPORT_SYMBOL(__kthread_create);

struct task_struct *kthread_create_on_cpu(int (*fn)(void *data), void *data, unsigned int cpu, const char *namefmt)
{
	/* The format is the caller's; its only conversion is the CPU's number. */
	struct task_struct *task = __kthread_create(fn, data, namefmt, cpu);

	if (!IS_ERR(task))
		kthread_bind(task, cpu);
	return task;
}
EXPORT_SYMBOL(kthread_create_on_cpu);

void kthread_bind(struct task_struct *task, unsigned int cpu)
{
	if (WARN_ON(task->__state != TASK_NEW || cpu >= nr_cpu_ids || !cpu_online(cpu)))
		return;
	task->cpu = cpu;
	task->cpus_mask = 1UL << cpu;
	task->flags |= PF_NO_SETAFFINITY;
}
EXPORT_SYMBOL(kthread_bind);

int kthread_stop(struct task_struct *task)
{
	struct kthread *k = to_kthread(task);
	long result;

	might_sleep();
	get_task_struct(task);
	WRITE_ONCE(k->should_stop, true);
	wake_up_process(task);
	wait_for_completion(&k->exited);
	result = k->result;
	put_task_struct(task);
	return (int)result;
}
EXPORT_SYMBOL(kthread_stop);

void kthread_join(struct task_struct *task)
{
	wait_for_completion(&to_kthread(task)->exited);
}

bool kthread_should_stop(void)
{
	struct kthread *k = to_kthread(current);

	return k && READ_ONCE(k->should_stop);
}
EXPORT_SYMBOL(kthread_should_stop);

void *kthread_data(struct task_struct *task)
{
	return to_kthread(task)->data;
}
EXPORT_SYMBOL(kthread_data);
