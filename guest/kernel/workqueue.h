/* SPDX-License-Identifier: MIT */
/*
 * workqueue.h - what workqueue.c (items and queues) and worker.c (the threads) share. Everything is under wq_lock.
 */
#ifndef KERNEL_WORKQUEUE_H
#define KERNEL_WORKQUEUE_H

#include <linux/mutex.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#define WQ_UNBOUND_POOL NR_CPUS
#define WQ_NR_POOLS (NR_CPUS + 1)

/**
 * struct worker_pool - threads that do the same items
 * @cpu:   whose, or -1: any
 * @works: items that may be begun
 * @idle:  workers that wait for some; @busy: the others
 * @nr_running: workers that neither idle nor sleep
 * @starved: there is work, and nobody to do it: kworkerd makes a worker
 */
struct worker_pool {
	int cpu;
	unsigned int nr_workers;
	unsigned int nr_idle;
	unsigned int nr_running;
	bool starved;
	struct list_head works;
	struct list_head idle;
	struct list_head busy;
};

/**
 * struct worker - a thread that works
 * @node: in pool->idle or pool->busy
 * @own:  items that only it may do, in this order
 * @work, @wq: what it works on, or NULL
 * @asleep: it sleeps in the middle of an item
 * @dying: it is on no list any more and shall end
 */
struct worker {
	struct list_head node;
	struct list_head own;
	struct worker_pool *pool;
	struct task_struct *task;
	struct work_struct *work;
	struct workqueue_struct *wq;
	bool asleep;
	bool dying;
};

/** struct pwq - a queue's share of a pool. @inactive: items beyond max_active */
struct pwq {
	unsigned int nr_active;
	struct list_head inactive;
};

/**
 * struct workqueue_struct - a queue
 * @pwqs:   one for each CPU, or one if it is unbound
 * @color:  0 or 1: what new items count under
 * @in_flight: items queued and not done, by colour
 * @flushed: woken when one of @in_flight becomes 0
 * @rescuer: thread for when no memory is left, or NULL
 */
struct workqueue_struct {
	struct list_head list;
	char name[24];
	unsigned int flags;
	unsigned int max_active;
	struct pwq *pwqs;
	unsigned int color;
	unsigned int in_flight[2];
	unsigned int draining;
	struct mutex flush_mutex;
	struct wait_queue_head flushed;
	struct task_struct *rescuer;
};

extern spinlock_t wq_lock;
extern struct worker_pool wq_pools[WQ_NR_POOLS];

/* workqueue.c */
bool wq_take(struct worker_pool *pool, struct worker *w);
bool wq_take_of(struct workqueue_struct *wq, struct worker_pool *pool, struct worker *w);
void wq_do(struct worker_pool *pool, struct worker *w);
void wq_call_rescuers(void);

/* worker.c */

/** wq_kick - see to it that somebody works if there is work. Needs: wq_lock. */
void wq_kick(struct worker_pool *pool);
bool wq_rescuer_start(struct workqueue_struct *wq);
void wq_rescuer_stop(struct workqueue_struct *wq);

#endif
