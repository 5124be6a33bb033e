// SPDX-License-Identifier: MIT
/*
 * workqueue.c - work items, the queues that they are put on, and the threads that work.
 *
 * Shape:  a pool of workers for each CPU, bound to it, and one for unbound queues; every queue (workqueue_struct) has a share
 *         (struct pwq) of each pool that it uses. An item waits in pool->works, or in pwq->inactive while its queue has
 *         max_active items in that pool already; a worker takes it from the head.
 * Always: WORK_STRUCT_PENDING is set from queueing until just before the item runs; whoever sets it owns the item until it
 *         is in a list (or its timer runs). An item that is worked on is named by its worker, which is in pool->busy; if it
 *         comes up again meanwhile, it goes to that worker's own list, so it never runs twice at once.
 *         A bound pool lets one worker at a time run: nr_running counts those that neither sleep nor idle, and whoever
 *         makes it 0 while there is work wakes another worker. The unbound pool wakes one for each item.
 *         A worker that idles is always there for each CPU. More are made by the thread kworkerd when work waits and every
 *         worker sleeps; if there is no memory for one, the rescuers of queues with WQ_MEM_RECLAIM take over their items.
 * Flush:  each item of a queue counts in wq->in_flight under the queue's colour at that time; a flush changes the colour and waits for
 *         the old one to run out. To wait for one item, a barrier goes right behind it, in the same list.
 * Locks:  wq_lock for all of it, interrupts off: items are few, and it makes "where is it now?" a question with one
 *         answer. flush_mutex lets one flush at a time change a queue's colour.
 */
#include <linux/bug.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "guest/kernel/sched.h"
#include "guest/kernel/workqueue.h"

/* Above WORK_STRUCT_PENDING in work->data. */
#define WORK_INACTIVE 0x2UL   /* in pwq->inactive */
#define WORK_COLOR 0x4UL      /* its colour */
#define WORK_BARRIER 0x8UL    /* waits for the item before it in the list */
#define WORK_CANCELING 0x10UL /* PENDING is kept by somebody who cancels it */
#define WORK_POOL_SHIFT 8     /* which pool */

DEFINE_SPINLOCK(wq_lock);
struct worker_pool wq_pools[WQ_NR_POOLS];
static LIST_HEAD(all_queues);

static struct pwq system_pwqs[NR_CPUS], unbound_pwqs[1];
static struct workqueue_struct system_queue = {.name = "events", .pwqs = system_pwqs};
static struct workqueue_struct unbound_queue = {.name = "events_unbound", .flags = WQ_UNBOUND, .pwqs = unbound_pwqs};
struct workqueue_struct *const system_wq = &system_queue;
EXPORT_SYMBOL(system_wq);
struct workqueue_struct *const system_highpri_wq = &system_queue;
EXPORT_SYMBOL(system_highpri_wq);
struct workqueue_struct *const system_long_wq = &system_queue;
EXPORT_SYMBOL(system_long_wq);
struct workqueue_struct *const system_unbound_wq = &unbound_queue;
EXPORT_SYMBOL(system_unbound_wq);

static unsigned long *bits_of(struct work_struct *work)
{
	return (unsigned long *)&work->data.counter;
}

static unsigned long data_of(const struct work_struct *work)
{
	return (unsigned long)READ_ONCE(work->data.counter);
}

static void set_data(struct work_struct *work, unsigned long data)
{
	WRITE_ONCE(work->data.counter, (s64)data);
}

static struct worker_pool *pool_of(unsigned long data)
{
	return &wq_pools[data >> WORK_POOL_SHIFT];
}

static struct pwq *pwq_in(struct workqueue_struct *wq, const struct worker_pool *pool)
{
	return &wq->pwqs[pool->cpu < 0 ? 0 : pool->cpu];
}

/* Needs: wq_lock. Who works on @work right now, or NULL. */
static struct worker *worker_on(const struct work_struct *work)
{
	struct worker *w;

	for (unsigned int i = 0; i < WQ_NR_POOLS; i++) {
		if (!wq_pools[i].works.next)
			continue; /* a CPU that is not there */
		list_for_each_entry (w, &wq_pools[i].busy, node) {
			if (w->work == work)
				return w;
		}
	}
	return NULL;
}

/* ---- putting items on ---- */

/* Needs: wq_lock. Behind @work in the list @head come the barriers that wait for it: move them all to the end of @to. */
static void move_with_barriers(struct work_struct *work, struct list_head *head, struct list_head *to)
{
	struct list_head *pos = &work->entry;

	do {
		struct list_head *next = pos->next;

		list_move_tail(pos, to);
		pos = next;
	} while (pos != head && data_of(list_entry(pos, struct work_struct, entry)) & WORK_BARRIER);
}

/* Needs: wq_lock. */
static void activate(struct pwq *pwq, struct worker_pool *pool, struct work_struct *work)
{
	pwq->nr_active++;
	set_data(work, data_of(work) & ~WORK_INACTIVE);
	move_with_barriers(work, &pwq->inactive, &pool->works);
	wq_kick(pool);
}

/* Needs: wq_lock. @work, as it was put on with @data, is done or cancelled. */
static void item_gone(struct workqueue_struct *wq, struct worker_pool *pool, unsigned long data)
{
	struct pwq *pwq = pwq_in(wq, pool);

	if (!(data & WORK_INACTIVE)) {
		pwq->nr_active--;
		if (!list_empty(&pwq->inactive) && pwq->nr_active < wq->max_active)
			activate(pwq, pool, list_first_entry(&pwq->inactive, struct work_struct, entry));
	}
	if (!--wq->in_flight[!!(data & WORK_COLOR)])
		wake_up_all(&wq->flushed);
}

/* Needs: interrupts off, PENDING set by the caller. */
static void put_work(int cpu, struct workqueue_struct *wq, struct work_struct *work)
{
	struct worker_pool *pool;
	struct pwq *pwq;
	unsigned long data;

	spin_lock(&wq_lock);
	if (wq->flags & WQ_UNBOUND)
		pool = &wq_pools[WQ_UNBOUND_POOL];
	else
		pool = &wq_pools[cpu == WORK_CPU_UNBOUND ? raw_smp_processor_id() : (unsigned int)cpu];
	WARN_ONCE(wq->draining && !(current->flags & PF_WQ_WORKER), "work queued on %s, which is being drained\n",
		  wq->name);
	pwq = pwq_in(wq, pool);
	data = WORK_STRUCT_PENDING | (wq->color ? WORK_COLOR : 0) | (unsigned long)(pool - wq_pools) << WORK_POOL_SHIFT;
	wq->in_flight[wq->color]++;
	work->wq = wq;
	if (pwq->nr_active < wq->max_active) {
		pwq->nr_active++;
		set_data(work, data);
		list_add_tail(&work->entry, &pool->works);
		wq_kick(pool);
	} else {
		set_data(work, data | WORK_INACTIVE);
		list_add_tail(&work->entry, &pwq->inactive);
	}
	spin_unlock(&wq_lock);
}

static bool cpu_fits(int cpu)
{
	return cpu == WORK_CPU_UNBOUND || !WARN_ON(cpu < 0 || cpu >= (int)nr_cpu_ids || !cpu_online((unsigned int)cpu));
}

bool queue_work_on(int cpu, struct workqueue_struct *wq, struct work_struct *work)
{
	unsigned long flags;
	bool mine;

	if (!cpu_fits(cpu))
		return false;
	local_irq_save(flags);
	mine = !test_and_set_bit(WORK_STRUCT_PENDING_BIT, bits_of(work));
	if (mine)
		put_work(cpu, wq, work);
	local_irq_restore(flags);
	return mine;
}
EXPORT_SYMBOL(queue_work_on);

void delayed_work_timer_fn(struct timer_list *t)
{
	struct delayed_work *dwork = from_timer(dwork, t, timer);
	unsigned long flags;

	local_irq_save(flags);
	put_work(dwork->cpu, dwork->wq, &dwork->work);
	local_irq_restore(flags);
}
EXPORT_SYMBOL(delayed_work_timer_fn);

/* Needs: interrupts off, PENDING set by the caller. */
static void put_delayed(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay)
{
	if (!delay) {
		put_work(cpu, wq, &dwork->work);
		return;
	}
	dwork->wq = wq;
	dwork->cpu = cpu;
	dwork->timer.expires = jiffies + delay;
	if (cpu == WORK_CPU_UNBOUND)
		add_timer(&dwork->timer);
	else
		add_timer_on(&dwork->timer, cpu);
}

bool queue_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay)
{
	unsigned long flags;
	bool mine;

	if (!cpu_fits(cpu))
		return false;
	local_irq_save(flags);
	mine = !test_and_set_bit(WORK_STRUCT_PENDING_BIT, bits_of(&dwork->work));
	if (mine)
		put_delayed(cpu, wq, dwork, delay);
	local_irq_restore(flags);
	return mine;
}
EXPORT_SYMBOL(queue_delayed_work_on);

static void rcu_work_passed(struct rcu_head *head)
{
	struct rcu_work *rwork = container_of(head, struct rcu_work, rcu);
	unsigned long flags;

	local_irq_save(flags);
	put_work(WORK_CPU_UNBOUND, rwork->wq, &rwork->work);
	local_irq_restore(flags);
}

bool queue_rcu_work(struct workqueue_struct *wq, struct rcu_work *rwork)
{
	if (test_and_set_bit(WORK_STRUCT_PENDING_BIT, bits_of(&rwork->work)))
		return false;
	rwork->wq = wq;
	call_rcu(&rwork->rcu, rcu_work_passed);
	return true;
}
EXPORT_SYMBOL(queue_rcu_work);

/* ---- working: called by workers (worker.c) ---- */

/* Needs: wq_lock. Take what is next off pool->works into w->own. Return: false if there was nothing. */
bool wq_take(struct worker_pool *pool, struct worker *w)
{
	while (!list_empty(&pool->works)) {
		struct work_struct *work = list_first_entry(&pool->works, struct work_struct, entry);
		struct worker *other = data_of(work) & WORK_BARRIER ? NULL : worker_on(work);

		move_with_barriers(work, &pool->works, other ? &other->own : &w->own);
		if (!other)
			return true;
	}
	return false;
}

/* Needs: wq_lock. The same with an item of @wq, if there is one. */
bool wq_take_of(struct workqueue_struct *wq, struct worker_pool *pool, struct worker *w)
{
	struct work_struct *work;
	LIST_HEAD(front);

	list_for_each_entry (work, &pool->works, entry) {
		if (work->wq != wq || data_of(work) & WORK_BARRIER)
			continue;
		move_with_barriers(work, &pool->works, &front);
		list_splice(&front, &pool->works);
		return wq_take(pool, w);
	}
	return false;
}

/* Needs: wq_lock with interrupts off. Do the first item of w->own; without the lock, and interrupts on, meanwhile. */
void wq_do(struct worker_pool *pool, struct worker *w)
{
	struct work_struct *work = list_first_entry(&w->own, struct work_struct, entry);
	unsigned long data = data_of(work);
	struct workqueue_struct *wq = work->wq;
	work_func_t func = work->func;
	/* Others shall go on meanwhile. Rescuers are not counted. */
	bool alone = wq && wq->flags & WQ_CPU_INTENSIVE && w->pool;

	list_del_init(&work->entry);
	w->work = work;
	w->wq = wq;
	/* From here on it may be queued again, and after its function has begun, it may be gone. */
	set_data(work, data & (~0UL << WORK_POOL_SHIFT));
	if (alone) {
		pool->nr_running--;
		wq_kick(pool);
	}
	spin_unlock_irq(&wq_lock);
	func(work);
	if (unlikely(in_atomic() || irqs_disabled()))
		panic("work item %ps left the preempt count at 0x%x, interrupts %s", func, preempt_count(),
		      irqs_disabled() ? "off" : "on");
	spin_lock_irq(&wq_lock);
	if (alone)
		pool->nr_running++;
	w->work = NULL;
	w->wq = NULL;
	/* It may have come here from another pool, where it ran before. */
	if (wq && !(data & WORK_BARRIER))
		item_gone(wq, pool_of(data), data);
}

/* ---- taking items off, and waiting for them ---- */

/* Needs: wq_lock. Off its list; who waits for it has nothing to wait for any more. */
static void take_off(struct work_struct *work, unsigned long data)
{
	struct worker_pool *pool = pool_of(data);
	struct list_head *head = &pwq_in(work->wq, pool)->inactive, *next = work->entry.next;

	list_del_init(&work->entry);
	if (!(data & WORK_INACTIVE))
		return;
	/* In the list of what may not begin yet, barriers would wait for others. */
	while (next != head && data_of(list_entry(next, struct work_struct, entry)) & WORK_BARRIER) {
		struct list_head *pos = next;

		next = pos->next;
		list_move_tail(pos, &pool->works);
	}
	wq_kick(pool);
}

/** struct barrier - a work item that says that the one before it is done */
struct barrier {
	struct work_struct work;
	struct completion done;
};

static void barrier_reached(struct work_struct *work)
{
	complete(&container_of(work, struct barrier, work)->done);
}

/* Needs: wq_lock. */
static void add_barrier(struct barrier *b, struct list_head *behind)
{
	INIT_WORK(&b->work, barrier_reached);
	init_completion(&b->done);
	set_data(&b->work, WORK_STRUCT_PENDING | WORK_BARRIER);
	list_add(&b->work.entry, behind);
}

/* @running_only: not if it only waits. Return: false if there was nothing to wait for. */
static bool wait_for_work(struct work_struct *work, bool running_only)
{
	struct worker *w = NULL;
	struct barrier b;

	might_sleep();
	spin_lock_irq(&wq_lock);
	if (!running_only && !list_empty(&work->entry) && data_of(work) & WORK_STRUCT_PENDING) {
		add_barrier(&b, &work->entry);
	} else {
		w = worker_on(work);
		if (!w) {
			spin_unlock_irq(&wq_lock);
			return false;
		}
		if (WARN(w->task == current, "work item %ps waits for itself\n", work->func)) {
			spin_unlock_irq(&wq_lock);
			return false;
		}
		add_barrier(&b, &w->own);
	}
	spin_unlock_irq(&wq_lock);
	wait_for_completion(&b.done);
	return true;
}

bool flush_work(struct work_struct *work)
{
	return wait_for_work(work, false);
}
EXPORT_SYMBOL(flush_work);

bool flush_delayed_work(struct delayed_work *dwork)
{
	local_irq_disable();
	if (timer_delete(&dwork->timer))
		put_work(dwork->cpu, dwork->wq, &dwork->work);
	local_irq_enable();
	return flush_work(&dwork->work);
}
EXPORT_SYMBOL(flush_delayed_work);

bool flush_rcu_work(struct rcu_work *rwork)
{
	if (!work_pending(&rwork->work) && !work_busy(&rwork->work))
		return false;
	rcu_barrier();
	flush_work(&rwork->work);
	return true;
}
EXPORT_SYMBOL(flush_rcu_work);

enum grabbed { GRAB_AGAIN = -2, GRAB_CANCELING = -1, GRAB_IDLE, GRAB_PENDING };

/*
 * Needs: interrupts off. Become the owner of PENDING, wherever the item is; @delayed: it may be with its timer.
 * Return: GRAB_IDLE or GRAB_PENDING if that worked, for what it was before; GRAB_AGAIN: its owner is just putting it somewhere.
 */
static enum grabbed grab(struct work_struct *work, bool delayed)
{
	enum grabbed ret = GRAB_AGAIN;
	unsigned long data;

	if (delayed && timer_delete(&to_delayed_work(work)->timer))
		return GRAB_PENDING;
	if (!test_and_set_bit(WORK_STRUCT_PENDING_BIT, bits_of(work)))
		return GRAB_IDLE;
	spin_lock(&wq_lock);
	data = data_of(work);
	if (data & WORK_CANCELING) {
		ret = GRAB_CANCELING;
	} else if (data & WORK_STRUCT_PENDING && !list_empty(&work->entry)) {
		take_off(work, data);
		item_gone(work->wq, pool_of(data), data);
		ret = GRAB_PENDING;
	}
	spin_unlock(&wq_lock);
	return ret;
}

/* Nobody owns it any more. Needs: PENDING, taken by grab(). */
static void let_go(struct work_struct *work)
{
	smp_mb();
	set_data(work, data_of(work) & (~0UL << WORK_POOL_SHIFT));
}

static bool cancel(struct work_struct *work, bool delayed)
{
	enum grabbed got;
	unsigned long flags;

	do {
		local_irq_save(flags);
		got = grab(work, delayed);
		if (got == GRAB_PENDING || got == GRAB_IDLE)
			let_go(work);
		local_irq_restore(flags);
		cpu_relax();
	} while (got == GRAB_AGAIN);
	return got == GRAB_PENDING;
}

static bool cancel_sync(struct work_struct *work, bool delayed)
{
	enum grabbed got;

	might_sleep();
	for (;;) {
		local_irq_disable();
		got = grab(work, delayed);
		/* While PENDING is ours it cannot be queued, not by itself either. */
		if (got == GRAB_PENDING || got == GRAB_IDLE)
			set_data(work, data_of(work) | WORK_CANCELING | WORK_STRUCT_PENDING);
		local_irq_enable();
		if (got == GRAB_PENDING || got == GRAB_IDLE)
			break;
		schedule_timeout_uninterruptible(1);
	}
	wait_for_work(work, true);
	let_go(work);
	return got == GRAB_PENDING;
}

bool cancel_work(struct work_struct *work)
{
	return cancel(work, false);
}
EXPORT_SYMBOL(cancel_work);

bool cancel_delayed_work(struct delayed_work *dwork)
{
	return cancel(&dwork->work, true);
}
EXPORT_SYMBOL(cancel_delayed_work);

bool cancel_work_sync(struct work_struct *work)
{
	return cancel_sync(work, false);
}
EXPORT_SYMBOL(cancel_work_sync);

bool cancel_delayed_work_sync(struct delayed_work *dwork)
{
	return cancel_sync(&dwork->work, true);
}
EXPORT_SYMBOL(cancel_delayed_work_sync);

bool mod_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay)
{
	enum grabbed got;
	unsigned long flags;

	if (!cpu_fits(cpu))
		return false;
	do {
		local_irq_save(flags);
		got = grab(&dwork->work, true);
		if (got == GRAB_PENDING || got == GRAB_IDLE)
			put_delayed(cpu, wq, dwork, delay);
		local_irq_restore(flags);
	} while (got == GRAB_AGAIN);
	return got != GRAB_IDLE;
}
EXPORT_SYMBOL(mod_delayed_work_on);

unsigned int work_busy(struct work_struct *work)
{
	unsigned int busy = work_pending(work) ? WORK_BUSY_PENDING : 0;
	unsigned long flags;

	spin_lock_irqsave(&wq_lock, flags);
	if (worker_on(work))
		busy |= WORK_BUSY_RUNNING;
	spin_unlock_irqrestore(&wq_lock, flags);
	return busy;
}
EXPORT_SYMBOL(work_busy);

/* ---- queues ---- */

void flush_workqueue(struct workqueue_struct *wq)
{
	unsigned int color;

	might_sleep();
	WARN(current->flags & PF_WQ_WORKER && ((struct worker *)current->worker)->wq == wq,
	     "an item of workqueue %s flushes its own queue\n", wq->name);
	mutex_lock(&wq->flush_mutex);
	spin_lock_irq(&wq_lock);
	color = wq->color;
	wq->color = !color;
	spin_unlock_irq(&wq_lock);
	wait_event(wq->flushed, !READ_ONCE(wq->in_flight[color]));
	/* Whoever woke us holds this until it is done with @wq. */
	spin_lock_irq(&wq_lock);
	spin_unlock_irq(&wq_lock);
	mutex_unlock(&wq->flush_mutex);
}
EXPORT_SYMBOL(flush_workqueue);

void drain_workqueue(struct workqueue_struct *wq)
{
	spin_lock_irq(&wq_lock);
	wq->draining++;
	spin_unlock_irq(&wq_lock);
	do {
		flush_workqueue(wq);
	} while (READ_ONCE(wq->in_flight[0]) || READ_ONCE(wq->in_flight[1]));
	spin_lock_irq(&wq_lock);
	wq->draining--;
	spin_unlock_irq(&wq_lock);
}
EXPORT_SYMBOL(drain_workqueue);

static void init_queue(struct workqueue_struct *wq, int max_active)
{
	unsigned int nr = wq->flags & WQ_UNBOUND ? 1 : nr_cpu_ids;

	if (max_active <= 0)
		max_active = WQ_DFL_ACTIVE;
	wq->max_active = (unsigned int)min(max_active, WQ_MAX_ACTIVE);
	mutex_init(&wq->flush_mutex);
	init_waitqueue_head(&wq->flushed);
	for (unsigned int i = 0; i < nr; i++)
		INIT_LIST_HEAD(&wq->pwqs[i].inactive);
	spin_lock_irq(&wq_lock);
	list_add_tail(&wq->list, &all_queues);
	spin_unlock_irq(&wq_lock);
}

struct workqueue_struct *alloc_workqueue(const char *fmt, unsigned int flags, int max_active, ...)
{
	unsigned int nr = flags & WQ_UNBOUND ? 1 : nr_cpu_ids;
	struct workqueue_struct *wq = kzalloc(sizeof(*wq), GFP_KERNEL);
	va_list args;

	if (!wq)
		return NULL;
	wq->pwqs = kcalloc(nr, sizeof(*wq->pwqs), GFP_KERNEL);
	wq->flags = flags;
	va_start(args, max_active);
	vsnprintf(wq->name, sizeof(wq->name), fmt, args);
	va_end(args);
	if (wq->pwqs) {
		init_queue(wq, max_active);
		if (!(flags & WQ_MEM_RECLAIM) || wq_rescuer_start(wq))
			return wq;
		spin_lock_irq(&wq_lock);
		list_del(&wq->list);
		spin_unlock_irq(&wq_lock);
	}
	kfree(wq->pwqs);
	kfree(wq);
	return NULL;
}
EXPORT_SYMBOL(alloc_workqueue);

void destroy_workqueue(struct workqueue_struct *wq)
{
	drain_workqueue(wq);
	spin_lock_irq(&wq_lock);
	list_del(&wq->list);
	spin_unlock_irq(&wq_lock);
	wq_rescuer_stop(wq);
	kfree(wq->pwqs);
	kfree(wq);
}
EXPORT_SYMBOL(destroy_workqueue);

void wq_call_rescuers(void)
{
	struct workqueue_struct *wq;

	spin_lock_irq(&wq_lock);
	list_for_each_entry (wq, &all_queues, list) {
		if (wq->rescuer)
			wake_up_process(wq->rescuer);
	}
	spin_unlock_irq(&wq_lock);
}

/* ---- conveniences ---- */

int schedule_on_each_cpu(work_func_t func)
{
	struct work_struct *works = kcalloc(nr_cpu_ids, sizeof(*works), GFP_KERNEL);
	unsigned int cpu;

	if (!works)
		return -ENOMEM;
	for_each_online_cpu (cpu) {
		INIT_WORK(&works[cpu], func);
		schedule_work_on((int)cpu, &works[cpu]);
	}
	for_each_online_cpu (cpu)
		flush_work(&works[cpu]);
	kfree(works);
	return 0;
}
EXPORT_SYMBOL(schedule_on_each_cpu);

/** struct call_work - work_on_cpu() */
struct call_work {
	struct work_struct work;
	long (*fn)(void *arg);
	void *arg;
	long ret;
};

static void call_work_fn(struct work_struct *work)
{
	struct call_work *c = container_of(work, struct call_work, work);

	c->ret = c->fn(c->arg);
}

long work_on_cpu(int cpu, long (*fn)(void *arg), void *arg)
{
	struct call_work c = {.fn = fn, .arg = arg};

	INIT_WORK_ONSTACK(&c.work, call_work_fn);
	if (!schedule_work_on(cpu, &c.work))
		return -EINVAL;
	flush_work(&c.work);
	return c.ret;
}
EXPORT_SYMBOL(work_on_cpu);

struct work_struct *current_work(void)
{
	return current->flags & PF_WQ_WORKER ? ((struct worker *)current->worker)->work : NULL;
}
EXPORT_SYMBOL(current_work);

void workqueue_init(void)
{
	for (unsigned int i = 0; i < WQ_NR_POOLS; i++) {
		struct worker_pool *pool = &wq_pools[i];

		if (i >= nr_cpu_ids && i != WQ_UNBOUND_POOL)
			continue;
		pool->cpu = i == WQ_UNBOUND_POOL ? -1 : (int)i;
		INIT_LIST_HEAD(&pool->works);
		INIT_LIST_HEAD(&pool->idle);
		INIT_LIST_HEAD(&pool->busy);
	}
	init_queue(&system_queue, 0);
	init_queue(&unbound_queue, 0);
}
