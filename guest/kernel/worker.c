// SPDX-License-Identifier: MIT
/*
 * worker.c - the threads of the work queues: kworker/N:M, kworkerd that makes more of them, and rescuers.
 *
 * See workqueue.c for shape, invariants and lock. A worker is on pool->idle while it sleeps for lack of work, else on pool->busy.
 * The scheduler says when a busy one goes to sleep in the middle of an item (wq_worker_sleeping()).
 */
#include <linux/bug.h>
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "guest/kernel/main.h"
#include "guest/kernel/sched.h"
#include "guest/kernel/workqueue.h"

static struct task_struct *kworkerd;

/* A worker that runs goes on to the next item by itself: one is enough for a CPU. */
static bool needs_worker(const struct worker_pool *pool)
{
	return !list_empty(&pool->works) && pool->nr_running < (pool->cpu < 0 ? num_online_cpus() : 1);
}

void wq_kick(struct worker_pool *pool)
{
	if (!needs_worker(pool))
		return;
	if (!list_empty(&pool->idle)) {
		wake_up_process(list_first_entry(&pool->idle, struct worker, node)->task);
		return;
	}
	pool->starved = true;
	if (kworkerd)
		wake_up_process(kworkerd);
}

void wq_worker_sleeping(struct task_struct *task)
{
	struct worker *w = task->worker;
	unsigned long flags;

	/* Rescuers are not counted; one that idles has been taken out of the count already. */
	if (!w->pool || !w->work)
		return;
	spin_lock_irqsave(&wq_lock, flags);
	if (!w->asleep) {
		w->asleep = true;
		w->pool->nr_running--;
		wq_kick(w->pool);
	}
	spin_unlock_irqrestore(&wq_lock, flags);
}

void wq_worker_running(struct task_struct *task)
{
	struct worker *w = task->worker;
	unsigned long flags;

	if (!w->asleep)
		return;
	spin_lock_irqsave(&wq_lock, flags);
	w->asleep = false;
	w->pool->nr_running++;
	spin_unlock_irqrestore(&wq_lock, flags);
}

/* Needs: wq_lock with interrupts off. */
static void work_on(struct worker_pool *pool, struct worker *w)
{
	do {
		if (list_empty(&w->own) && !wq_take(pool, w))
			return;
		/* More than one item for several CPUs. */
		if (pool->cpu < 0)
			wq_kick(pool);
		while (!list_empty(&w->own))
			wq_do(pool, w);
	} while (pool->cpu < 0 || pool->nr_running <= 1);
}

static int worker_thread(void *data)
{
	struct worker *w = data;
	struct worker_pool *pool = w->pool;

	spin_lock_irq(&wq_lock);
	while (!w->dying) {
		list_move(&w->node, &pool->busy);
		pool->nr_idle--;
		pool->nr_running++;
		work_on(pool, w);
		pool->nr_running--;
		pool->nr_idle++;
		list_move(&w->node, &pool->idle);
		/* Another one may have gone to sleep while this one said that it runs. */
		if (needs_worker(pool))
			continue;
		set_current_state(TASK_IDLE);
		spin_unlock_irq(&wq_lock);
		schedule();
		spin_lock_irq(&wq_lock);
	}
	spin_unlock_irq(&wq_lock);
	/* @w is not ours any more. */
	current->flags &= ~(unsigned int)PF_WQ_WORKER;
	return 0;
}

__printf(4, 5) static struct worker *new_worker(struct worker_pool *pool, int (*fn)(void *), void *data,
						const char *fmt, ...)
{
	struct worker *w = kzalloc(sizeof(*w), GFP_KERNEL | __GFP_NOWARN);
	char name[TASK_COMM_LEN];
	va_list args;

	if (!w)
		return NULL;
	va_start(args, fmt);
	vsnprintf(name, sizeof(name), fmt, args);
	va_end(args);
	INIT_LIST_HEAD(&w->node);
	INIT_LIST_HEAD(&w->own);
	w->pool = pool;
	w->task = kthread_create(fn, data ? data : w, "%s", name);
	if (IS_ERR(w->task)) {
		kfree(w);
		return NULL;
	}
	w->task->flags |= PF_WQ_WORKER;
	w->task->worker = w;
	return w;
}

/* Return: false if there is no memory for it. */
static bool add_worker(struct worker_pool *pool)
{
	struct worker *w;

	if (pool->cpu < 0)
		w = new_worker(pool, worker_thread, NULL, "kworker/u:%u", pool->nr_workers);
	else
		w = new_worker(pool, worker_thread, NULL, "kworker/%d:%u", pool->cpu, pool->nr_workers);
	if (!w)
		return false;
	if (pool->cpu >= 0)
		kthread_bind(w->task, (unsigned int)pool->cpu);
	spin_lock_irq(&wq_lock);
	pool->nr_workers++;
	pool->nr_idle++;
	pool->starved = false;
	list_add(&w->node, &pool->idle);
	wq_kick(pool);
	spin_unlock_irq(&wq_lock);
	return true;
}

static bool pool_exists(const struct worker_pool *pool)
{
	return pool->works.next;
}

static bool still_starves(struct worker_pool *pool)
{
	bool starved;

	spin_lock_irq(&wq_lock);
	pool->starved = pool->starved && needs_worker(pool) && list_empty(&pool->idle);
	starved = pool->starved;
	spin_unlock_irq(&wq_lock);
	return starved;
}

/* Make workers where they are missing. Return: false if one could not be made. */
static bool feed_pools(void)
{
	bool fed = true;

	for (unsigned int i = 0; i < WQ_NR_POOLS; i++) {
		struct worker_pool *pool = &wq_pools[i];

		if (pool_exists(pool) && still_starves(pool))
			fed &= add_worker(pool);
	}
	return fed;
}

static bool anybody_starves(void)
{
	for (unsigned int i = 0; i < WQ_NR_POOLS; i++)
		if (pool_exists(&wq_pools[i]) && still_starves(&wq_pools[i]))
			return true;
	return false;
}

static int kworkerd_thread(void *unused)
{
	(void)unused;
	for (;;) {
		if (!feed_pools()) {
			/* Items may wait that would free memory. */
			wq_call_rescuers();
			schedule_timeout_uninterruptible(1);
			continue;
		}
		set_current_state(TASK_IDLE);
		if (!anybody_starves())
			schedule();
		__set_current_state(TASK_RUNNING);
	}
	return 0;
}

/* ---- rescuers ---- */

static void rescue(struct workqueue_struct *wq, struct worker_pool *pool, struct worker *w)
{
	if (pool->cpu >= 0)
		set_cpus_allowed_ptr(current, cpumask_of(pool->cpu));
	spin_lock_irq(&wq_lock);
	while (pool->starved && wq_take_of(wq, pool, w)) {
		list_move(&w->node, &pool->busy);
		while (!list_empty(&w->own))
			wq_do(pool, w);
		list_del_init(&w->node);
	}
	spin_unlock_irq(&wq_lock);
}

static int rescuer_thread(void *data)
{
	struct workqueue_struct *wq = data;
	struct worker *w = current->worker;

	for (;;) {
		set_current_state(TASK_IDLE);
		if (kthread_should_stop())
			break;
		schedule();
		__set_current_state(TASK_RUNNING);
		for (unsigned int i = 0; i < WQ_NR_POOLS; i++)
			if (pool_exists(&wq_pools[i]) && READ_ONCE(wq_pools[i].starved))
				rescue(wq, &wq_pools[i], w);
	}
	__set_current_state(TASK_RUNNING);
	current->flags &= ~(unsigned int)PF_WQ_WORKER;
	return 0;
}

bool wq_rescuer_start(struct workqueue_struct *wq)
{
	struct worker *w = new_worker(NULL, rescuer_thread, wq, "kworker/R-%s", wq->name);

	if (!w)
		return false;
	WRITE_ONCE(wq->rescuer, w->task);
	wake_up_process(w->task);
	return true;
}

void wq_rescuer_stop(struct workqueue_struct *wq)
{
	struct worker *w;

	if (!wq->rescuer)
		return;
	w = wq->rescuer->worker;
	kthread_stop(wq->rescuer);
	kfree(w);
}

/* ---- for the rest of the room ---- */

/* Take one idle worker out of @pool, if it has more than it must keep. */
static struct worker *dismiss(struct worker_pool *pool)
{
	struct worker *w = NULL;

	spin_lock_irq(&wq_lock);
	if (pool->nr_idle && pool->nr_workers > (pool->cpu < 0 ? 0 : 1)) {
		w = list_last_entry(&pool->idle, struct worker, node);
		list_del_init(&w->node);
		pool->nr_idle--;
		pool->nr_workers--;
		w->dying = true;
		get_task_struct(w->task);
		/* It may have been woken for something. */
		wq_kick(pool);
	}
	spin_unlock_irq(&wq_lock);
	return w;
}

void workqueue_trim(void)
{
	for (unsigned int i = 0; i < WQ_NR_POOLS; i++) {
		struct worker_pool *pool = &wq_pools[i];
		struct worker *w;

		while (pool_exists(pool) && (w = dismiss(pool))) {
			kthread_stop(w->task);
			put_task_struct(w->task);
			kfree(w);
		}
	}
}

void workqueue_start(void)
{
	workqueue_init();
	for (unsigned int i = 0; i < nr_cpu_ids; i++)
		if (!add_worker(&wq_pools[i]))
			panic("no memory for the first worker of CPU %u", i);
	kworkerd = kthread_create(kworkerd_thread, NULL, "kworkerd");
	if (IS_ERR(kworkerd))
		panic("no memory for kworkerd");
	if (anybody_starves())
		wake_up_process(kworkerd);
}
