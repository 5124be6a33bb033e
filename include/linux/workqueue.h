/* SPDX-License-Identifier: MIT */
/*
 * workqueue.h - functions to be called later in a task, where they may sleep.
 *
 * A work item runs once for however often it was queued before it began; while it runs it may be queued again, and then
 * runs again afterwards, never twice at once. The queue says where:
 *
 *   (none)            on the CPU that queued it, or the one named by queue_work_on(); workers are shared by all queues
 *   WQ_UNBOUND        on any CPU; workers are shared by all such queues
 *   WQ_MEM_RECLAIM    there is always a worker for it, even if no memory is left to make one; one item at a time then
 *   ordered           one item at a time, in the order of queueing (alloc_ordered_workqueue())
 *
 * @max_active limits how many items of a bound queue are worked on at once on each CPU, of an unbound one in all; 0: 256.
 * queue_work() may be called in any context, everything that flushes, drains, waits or makes queues in task context only.
 */
#ifndef _LINUX_WORKQUEUE_H
#define _LINUX_WORKQUEUE_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/container_of.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/timer.h>

struct workqueue_struct;
struct work_struct;
struct worker_pool;
typedef void (*work_func_t)(struct work_struct *work);

/**
 * struct work_struct - something to be done
 * @data:  WORK_STRUCT_* bits and, above them, the pool it is or was queued to (a)
 * @entry: in the pool's or the queue's list while it waits
 * @wq:    the queue it was put on last
 */
struct work_struct {
	atomic_long_t data;
	struct list_head entry;
	work_func_t func;
	struct workqueue_struct *wq;
};

#define WORK_STRUCT_PENDING_BIT 0
#define WORK_STRUCT_PENDING 1UL

/** struct delayed_work - a work item and the timer that queues it. @cpu: where, WORK_CPU_UNBOUND: the timer's CPU */
struct delayed_work {
	struct work_struct work;
	struct timer_list timer;
	struct workqueue_struct *wq;
	int cpu;
};

/** struct rcu_work - a work item that is queued after a grace period */
struct rcu_work {
	struct work_struct work;
	struct rcu_head rcu;
	struct workqueue_struct *wq;
};

#define WORK_CPU_UNBOUND NR_CPUS
#define WQ_MAX_ACTIVE 512
#define WQ_DFL_ACTIVE 256

enum wq_flags {
	WQ_UNBOUND = 1 << 1,
	WQ_FREEZABLE = 1 << 2,
	WQ_MEM_RECLAIM = 1 << 3,
	WQ_HIGHPRI = 1 << 4,
	WQ_CPU_INTENSIVE = 1 << 5,
	WQ_SYSFS = 1 << 6,
	WQ_POWER_EFFICIENT = 1 << 7,
	WQ_PERCPU = 1 << 8,
	__WQ_ORDERED = 1 << 17,
};

enum { WORK_BUSY_PENDING = 1 << 0, WORK_BUSY_RUNNING = 1 << 1 };

extern struct workqueue_struct *const system_wq;
extern struct workqueue_struct *const system_highpri_wq;
extern struct workqueue_struct *const system_long_wq;
extern struct workqueue_struct *const system_unbound_wq;
#define system_percpu_wq system_wq
#define system_dfl_wq system_unbound_wq
#define system_power_efficient_wq system_unbound_wq

void delayed_work_timer_fn(struct timer_list *t);

#define __WORK_INITIALIZER(n, f)                                                                                       \
	{                                                                                                              \
		.entry = LIST_HEAD_INIT((n).entry), .func = (f)                                                        \
	}
#define DECLARE_WORK(n, f) struct work_struct n = __WORK_INITIALIZER(n, f)
#define DECLARE_DELAYED_WORK(n, f)                                                                                     \
	struct delayed_work n = {                                                                                      \
		.work = __WORK_INITIALIZER((n).work, f),                                                               \
		.timer = __TIMER_INITIALIZER(delayed_work_timer_fn, TIMER_IRQSAFE),                                    \
	}

static inline void INIT_WORK(struct work_struct *work, work_func_t func)
{
	atomic_long_set(&work->data, 0);
	INIT_LIST_HEAD(&work->entry);
	work->func = func;
	work->wq = NULL;
}

static inline void INIT_DELAYED_WORK(struct delayed_work *dwork, work_func_t func)
{
	INIT_WORK(&dwork->work, func);
	timer_setup(&dwork->timer, delayed_work_timer_fn, TIMER_IRQSAFE);
}

static inline void INIT_RCU_WORK(struct rcu_work *rwork, work_func_t func)
{
	INIT_WORK(&rwork->work, func);
}

#define INIT_WORK_ONSTACK(work, func) INIT_WORK(work, func)
#define INIT_DELAYED_WORK_ONSTACK(dwork, func) INIT_DELAYED_WORK(dwork, func)
#define INIT_DEFERRABLE_WORK(dwork, func) INIT_DELAYED_WORK(dwork, func)
#define destroy_work_on_stack(work) ((void)(work))
#define destroy_delayed_work_on_stack(dwork) ((void)(dwork))

static inline struct delayed_work *to_delayed_work(struct work_struct *work)
{
	return container_of(work, struct delayed_work, work);
}

static inline struct rcu_work *to_rcu_work(struct work_struct *work)
{
	return container_of(work, struct rcu_work, work);
}

/** work_pending - is it queued, and has not begun? */
#define work_pending(w) ((atomic_long_read(&(w)->data) & WORK_STRUCT_PENDING) != 0)
#define delayed_work_pending(dw) work_pending(&(dw)->work)

/**
 * alloc_workqueue - make a queue
 * @fmt: its name
 * @flags: WQ_*; @max_active: see the top of the file
 *
 * Context: task. Return: it, or NULL. Give it back with destroy_workqueue().
 */
__printf(1, 4) struct workqueue_struct *alloc_workqueue(const char *fmt, unsigned int flags, int max_active, ...);
#define alloc_ordered_workqueue(fmt, flags, ...)                                                                       \
	alloc_workqueue(fmt, WQ_UNBOUND | __WQ_ORDERED | (flags), 1, ##__VA_ARGS__)
#define create_workqueue(name) alloc_workqueue("%s", WQ_MEM_RECLAIM, 1, name)
#define create_singlethread_workqueue(name) alloc_ordered_workqueue("%s", WQ_MEM_RECLAIM, name)

/** destroy_workqueue - drain @wq, then free it. Context: task. */
void destroy_workqueue(struct workqueue_struct *wq);

/** queue_work_on - put @work on @wq, on @cpu. Return: false if it is queued already. Context: any. */
bool queue_work_on(int cpu, struct workqueue_struct *wq, struct work_struct *work);
/** queue_delayed_work_on - the same after @delay ticks */
bool queue_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay);
/** mod_delayed_work_on - queue after @delay ticks from now, whether it is queued or not. Return: true if it was. Context: any. */
bool mod_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay);
/** queue_rcu_work - queue after a grace period. Return: false if it is on its way already. */
bool queue_rcu_work(struct workqueue_struct *wq, struct rcu_work *rwork);

/** flush_work - wait until @work, as it was queued last, is done. Return: false if there was nothing to wait for. */
bool flush_work(struct work_struct *work);
/** flush_delayed_work - queue it at once if its time has not come, then wait. */
bool flush_delayed_work(struct delayed_work *dwork);
bool flush_rcu_work(struct rcu_work *rwork);
/** cancel_work - take it off its queue; it may be running. Return: true if it was queued. Context: any. */
bool cancel_work(struct work_struct *work);
bool cancel_delayed_work(struct delayed_work *dwork);
/** cancel_work_sync - the same and wait: when it returns, @work neither is queued nor runs, even if it queues itself. */
bool cancel_work_sync(struct work_struct *work);
bool cancel_delayed_work_sync(struct delayed_work *dwork);
/** work_busy - WORK_BUSY_*, a hint */
unsigned int work_busy(struct work_struct *work);

/** flush_workqueue - wait until everything that is on @wq now is done. */
void flush_workqueue(struct workqueue_struct *wq);
/** drain_workqueue - the same until @wq is empty; only items of @wq itself may queue more meanwhile. */
void drain_workqueue(struct workqueue_struct *wq);

/** schedule_on_each_cpu - @func in a task on every CPU; returns when all are done. Return: 0 or -ENOMEM. */
int schedule_on_each_cpu(work_func_t func);
/** work_on_cpu - fn(arg) in a task on @cpu. Return: what it returned. */
long work_on_cpu(int cpu, long (*fn)(void *arg), void *arg);
/** current_work - the item that the running task works on, or NULL */
struct work_struct *current_work(void);

static inline bool queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	return queue_work_on(WORK_CPU_UNBOUND, wq, work);
}

static inline bool queue_delayed_work(struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay)
{
	return queue_delayed_work_on(WORK_CPU_UNBOUND, wq, dwork, delay);
}

static inline bool mod_delayed_work(struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay)
{
	return mod_delayed_work_on(WORK_CPU_UNBOUND, wq, dwork, delay);
}

static inline bool schedule_work_on(int cpu, struct work_struct *work)
{
	return queue_work_on(cpu, system_wq, work);
}

static inline bool schedule_work(struct work_struct *work)
{
	return queue_work(system_wq, work);
}

static inline bool schedule_delayed_work_on(int cpu, struct delayed_work *dwork, unsigned long delay)
{
	return queue_delayed_work_on(cpu, system_wq, dwork, delay);
}

static inline bool schedule_delayed_work(struct delayed_work *dwork, unsigned long delay)
{
	return queue_delayed_work(system_wq, dwork, delay);
}

#define flush_scheduled_work() flush_workqueue(system_wq)

#endif
