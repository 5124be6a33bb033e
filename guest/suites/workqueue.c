// SPDX-License-Identifier: MIT
/*
 * workqueue.c - suite: work items run in tasks, where and as often as they should, and can be waited for and taken back.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#define PATIENCE (20 * HZ)

/** struct job - a work item, and what it found. @again: queue yourself so many times more; @gate: wait for it if not NULL */
struct job {
	struct work_struct work;
	struct delayed_work delayed;
	struct rcu_work rcu;
	atomic_t runs, inside, overlaps;
	atomic_t again;
	struct completion *gate;
	struct completion done;
	unsigned int cpu, count;
	bool in_worker, in_rescuer, irqs_off;
	struct work_struct *current_seen;
	unsigned long when;
};

static void run_job(struct job *j)
{
	if (atomic_inc_return(&j->inside) != 1)
		atomic_inc(&j->overlaps);
	j->count = preempt_count();
	j->irqs_off = irqs_disabled();
	j->in_worker = current->flags & PF_WQ_WORKER && !strncmp(current->comm, "kworker/", 8);
	j->in_rescuer = !strncmp(current->comm, "kworker/R-", 10);
	j->current_seen = current_work();
	preempt_disable();
	j->cpu = smp_processor_id();
	preempt_enable();
	j->when = jiffies;
	if (j->gate)
		wait_for_completion(j->gate);
	atomic_inc(&j->runs);
	if (atomic_add_unless(&j->again, -1, 0))
		schedule_work(&j->work);
	atomic_dec(&j->inside);
	complete(&j->done);
}

static void job_fn(struct work_struct *work)
{
	run_job(container_of(work, struct job, work));
}

static void delayed_fn(struct work_struct *work)
{
	run_job(container_of(to_delayed_work(work), struct job, delayed));
}

static void rcu_fn(struct work_struct *work)
{
	run_job(container_of(to_rcu_work(work), struct job, rcu));
}

static void job_init(struct job *j)
{
	memset(j, 0, sizeof(*j));
	INIT_WORK(&j->work, job_fn);
	INIT_DELAYED_WORK(&j->delayed, delayed_fn);
	INIT_RCU_WORK(&j->rcu, rcu_fn);
	init_completion(&j->done);
}

static struct job *jobs(struct kunit *test, unsigned int nr)
{
	struct job *j = kunit_kcalloc(test, nr, sizeof(*j), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, j);
	for (unsigned int i = 0; i < nr; i++)
		job_init(&j[i]);
	return j;
}

static bool done(struct job *j)
{
	return wait_for_completion_timeout(&j->done, PATIENCE) != 0;
}

static void items_run_in_tasks(struct kunit *test)
{
	struct job *j = jobs(test, 1);
	unsigned int cpu;

	for_each_online_cpu (cpu) {
		KUNIT_EXPECT_TRUE(test, schedule_work_on((int)cpu, &j->work));
		KUNIT_ASSERT_TRUE(test, done(j));
		KUNIT_EXPECT_EQ(test, j->cpu, cpu);
		KUNIT_EXPECT_EQ(test, j->count, 0U);
		KUNIT_EXPECT_FALSE(test, j->irqs_off);
		KUNIT_EXPECT_TRUE(test, j->in_worker);
		KUNIT_EXPECT_PTR_EQ(test, j->current_seen, &j->work);
		/* While its worker is not through with it, an item that is queued again stays with that one. */
		flush_work(&j->work);
	}
	KUNIT_EXPECT_NULL(test, current_work());
	KUNIT_EXPECT_EQ(test, atomic_read(&j->runs), (int)num_online_cpus());
	KUNIT_EXPECT_FALSE(test, flush_work(&j->work));
}

static void queued_twice_is_once(struct kunit *test)
{
	DECLARE_COMPLETION(gate);
	struct job *j = jobs(test, 2);

	j[0].gate = &gate;
	migrate_disable();
	KUNIT_EXPECT_TRUE(test, schedule_work(&j[0].work));
	while (!(work_busy(&j[0].work) & WORK_BUSY_RUNNING))
		schedule_timeout_uninterruptible(1);
	KUNIT_EXPECT_FALSE(test, work_pending(&j[0].work));
	/* While it runs it can be queued again, once; and it runs again afterwards, not at once. */
	KUNIT_EXPECT_TRUE(test, schedule_work(&j[0].work));
	KUNIT_EXPECT_FALSE(test, schedule_work(&j[0].work));
	KUNIT_EXPECT_TRUE(test, queue_work(system_unbound_wq, &j[1].work));
	migrate_enable();
	KUNIT_EXPECT_TRUE(test, done(&j[1]));
	msleep(20);
	KUNIT_EXPECT_EQ(test, atomic_read(&j[0].runs), 0);
	complete_all(&gate);
	flush_work(&j[0].work);
	KUNIT_EXPECT_EQ(test, atomic_read(&j[0].runs), 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&j[0].overlaps), 0);
	flush_work(&j[1].work);
}

static void a_sleeping_item_holds_nobody_up(struct kunit *test)
{
	DECLARE_COMPLETION(gate);
	struct job *j = jobs(test, 4);

	/* All on one CPU; the last one lets the others go. */
	for (unsigned int i = 0; i < 3; i++) {
		j[i].gate = &gate;
		schedule_work_on(0, &j[i].work);
	}
	schedule_work_on(0, &j[3].work);
	KUNIT_EXPECT_TRUE(test, done(&j[3]));
	for (unsigned int i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, atomic_read(&j[i].runs), 0);
	complete_all(&gate);
	for (unsigned int i = 0; i < 4; i++)
		flush_work(&j[i].work);
	for (unsigned int i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, atomic_read(&j[i].runs), 1);
}

/* Everything that a request which may not wait can get, linked by ->lru; so a request that may wait gets nothing. */
static void hoard(struct list_head *pages)
{
	struct page *page;

	for (int order = MAX_PAGE_ORDER; order >= 0; order--) {
		while ((page = alloc_pages(GFP_ATOMIC | __GFP_NOWARN, (unsigned int)order))) {
			page->private = (unsigned long)order;
			list_add(&page->lru, pages);
		}
	}
}

static void give_back(struct list_head *pages)
{
	struct page *page, *next;

	list_for_each_entry_safe (page, next, pages, lru) {
		unsigned int order = (unsigned int)page->private;

		list_del(&page->lru);
		page->private = 0;
		__free_pages(page, order);
	}
}

#define BLOCKERS 24

static void without_memory_the_rescuer_comes(struct kunit *test)
{
	struct workqueue_struct *wq = alloc_workqueue("rescued", WQ_MEM_RECLAIM, 0);
	struct job *j = jobs(test, BLOCKERS + 1), *urgent = &j[BLOCKERS];
	DECLARE_COMPLETION(gate);
	LIST_HEAD(pages);
	bool came;

	KUNIT_ASSERT_NOT_NULL(test, wq);
	hoard(&pages);
	/* They take up every worker that there is, and then there is no memory for one more. */
	for (unsigned int i = 0; i < BLOCKERS; i++) {
		j[i].gate = &gate;
		schedule_work_on(0, &j[i].work);
	}
	queue_work_on(0, wq, &urgent->work);
	came = done(urgent);
	give_back(&pages);
	complete_all(&gate);
	KUNIT_EXPECT_TRUE(test, came);
	KUNIT_EXPECT_TRUE(test, urgent->in_rescuer);
	for (unsigned int i = 0; i < BLOCKERS; i++) {
		flush_work(&j[i].work);
		KUNIT_EXPECT_EQ(test, atomic_read(&j[i].runs), 1);
	}
	destroy_workqueue(wq);
}

static void cancelled_items_do_not_run(struct kunit *test)
{
	DECLARE_COMPLETION(gate);
	struct job *j = jobs(test, 3);

	/* One that is queued: the CPU's worker sleeps in another, and one only is let through. */
	struct workqueue_struct *wq = alloc_workqueue("narrow", 0, 1);

	KUNIT_ASSERT_NOT_NULL(test, wq);
	j[0].gate = &gate;
	queue_work_on(0, wq, &j[0].work);
	queue_work_on(0, wq, &j[1].work);
	queue_work_on(0, wq, &j[2].work);
	KUNIT_EXPECT_TRUE(test, work_pending(&j[1].work));
	KUNIT_EXPECT_TRUE(test, cancel_work(&j[1].work));
	KUNIT_EXPECT_FALSE(test, cancel_work(&j[1].work));
	KUNIT_EXPECT_TRUE(test, cancel_work_sync(&j[2].work));
	complete_all(&gate);
	/* One that runs is waited for. */
	cancel_work_sync(&j[0].work);
	KUNIT_EXPECT_EQ(test, atomic_read(&j[0].inside), 0);
	destroy_workqueue(wq);
	KUNIT_EXPECT_EQ(test, atomic_read(&j[1].runs), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&j[2].runs), 0);
	/* One that queues itself is stopped for good. */
	atomic_set(&j[1].again, 1000000);
	schedule_work(&j[1].work);
	KUNIT_EXPECT_TRUE(test, done(&j[1]));
	cancel_work_sync(&j[1].work);
	KUNIT_EXPECT_EQ(test, work_busy(&j[1].work), 0U);
	KUNIT_EXPECT_EQ(test, atomic_read(&j[1].overlaps), 0);
}

static void delayed_items_wait(struct kunit *test)
{
	struct job *j = jobs(test, 1);
	unsigned long start = jiffies;
	bool first, second;

	/* A slow machine may have three ticks in between. */
	local_irq_disable();
	first = schedule_delayed_work(&j->delayed, 3);
	second = schedule_delayed_work(&j->delayed, 1);
	local_irq_enable();
	KUNIT_EXPECT_TRUE(test, first);
	KUNIT_EXPECT_FALSE(test, second);
	KUNIT_ASSERT_TRUE(test, done(j));
	KUNIT_EXPECT_TRUE(test, time_after_eq(j->when, start + 3));
	/* Far away, then near. */
	KUNIT_EXPECT_TRUE(test, schedule_delayed_work(&j->delayed, 1000 * HZ));
	KUNIT_EXPECT_TRUE(test, mod_delayed_work(system_wq, &j->delayed, 1));
	KUNIT_ASSERT_TRUE(test, done(j));
	KUNIT_EXPECT_FALSE(test, mod_delayed_work(system_wq, &j->delayed, 1000 * HZ));
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&j->delayed));
	flush_delayed_work(&j->delayed);
	KUNIT_EXPECT_EQ(test, atomic_read(&j->runs), 3);
	schedule_delayed_work(&j->delayed, 1000 * HZ);
	KUNIT_EXPECT_TRUE(test, cancel_delayed_work_sync(&j->delayed));
	KUNIT_EXPECT_FALSE(test, cancel_delayed_work(&j->delayed));
	msleep(50);
	KUNIT_EXPECT_EQ(test, atomic_read(&j->runs), 3);
}

/* Whether there was something to wait for: on a slow machine a tick may come before the question, and then there was not. */
static void flushing_tells_whether_it_waited(struct kunit *test)
{
	struct job *j = jobs(test, 1);
	bool work = false, delayed = false, rcu = false;

	KUNIT_EXPECT_FALSE(test, flush_work(&j->work));
	KUNIT_EXPECT_FALSE(test, flush_delayed_work(&j->delayed));
	KUNIT_EXPECT_FALSE(test, flush_rcu_work(&j->rcu));
	for (unsigned int tries = 0; tries < 10 && !(work && delayed && rcu); tries++) {
		schedule_work(&j->work);
		work |= flush_work(&j->work);
		schedule_delayed_work(&j->delayed, 1000 * HZ);
		delayed |= flush_delayed_work(&j->delayed);
		queue_rcu_work(system_wq, &j->rcu);
		rcu |= flush_rcu_work(&j->rcu);
	}
	KUNIT_EXPECT_TRUE(test, work);
	KUNIT_EXPECT_TRUE(test, delayed);
	KUNIT_EXPECT_TRUE(test, rcu);
	KUNIT_EXPECT_FALSE(test, flush_work(&j->work));
}

static void flushing_waits_for_all(struct kunit *test)
{
	struct workqueue_struct *wq = alloc_workqueue("flushed-%d", WQ_MEM_RECLAIM, 0, 7);
	struct job *j = jobs(test, 24);
	unsigned int cpu = 0;

	KUNIT_ASSERT_NOT_NULL(test, wq);
	for (unsigned int i = 0; i < 24; i++) {
		queue_work_on((int)cpu, wq, &j[i].work);
		cpu = (cpu + 1) % num_online_cpus();
	}
	flush_workqueue(wq);
	for (unsigned int i = 0; i < 24; i++)
		KUNIT_EXPECT_EQ(test, atomic_read(&j[i].runs), 1);
	destroy_workqueue(wq);
}

/* ---- order ---- */

static atomic_t position;

/** struct turn - an item that notes which turn it had */
struct turn {
	struct work_struct work;
	int had;
	atomic_t *inside;
	bool alone;
};

static void take_turn(struct work_struct *work)
{
	struct turn *t = container_of(work, struct turn, work);

	t->alone = atomic_inc_return(t->inside) == 1;
	t->had = atomic_inc_return(&position);
	if (t->had % 4 == 0)
		schedule_timeout_uninterruptible(1);
	atomic_dec(t->inside);
}

static void ordered_queues_keep_order(struct kunit *test)
{
	struct workqueue_struct *wq = alloc_ordered_workqueue("ordered", 0);
	struct turn *t = kunit_kcalloc(test, 20, sizeof(*t), GFP_KERNEL);
	atomic_t inside = ATOMIC_INIT(0);

	KUNIT_ASSERT_NOT_NULL(test, wq);
	KUNIT_ASSERT_NOT_NULL(test, t);
	atomic_set(&position, 0);
	for (unsigned int i = 0; i < 20; i++) {
		t[i].inside = &inside;
		INIT_WORK(&t[i].work, take_turn);
		queue_work(wq, &t[i].work);
	}
	destroy_workqueue(wq);
	for (int i = 0; i < 20; i++) {
		KUNIT_EXPECT_EQ(test, t[i].had, i + 1);
		KUNIT_EXPECT_TRUE(test, t[i].alone);
	}
}

static void grace_periods_come_before(struct kunit *test)
{
	struct job *j = jobs(test, 1);
	bool first, second;

	rcu_read_lock();
	first = queue_rcu_work(system_wq, &j->rcu);
	second = queue_rcu_work(system_wq, &j->rcu);
	rcu_read_unlock();
	KUNIT_EXPECT_TRUE(test, first);
	KUNIT_EXPECT_FALSE(test, second);
	flush_rcu_work(&j->rcu);
	KUNIT_EXPECT_EQ(test, atomic_read(&j->runs), 1);
}

static long where(void *arg)
{
	(void)arg;
	return (long)task_cpu(current) + 100;
}

static atomic_t been[NR_CPUS];

static void been_here(struct work_struct *work)
{
	(void)work;
	atomic_inc(&been[task_cpu(current)]);
}

static void calls_in_tasks(struct kunit *test)
{
	unsigned int cpu;

	for_each_online_cpu (cpu) {
		atomic_set(&been[cpu], 0);
		KUNIT_EXPECT_EQ(test, work_on_cpu((int)cpu, where, NULL), (long)cpu + 100);
	}
	KUNIT_ASSERT_EQ(test, schedule_on_each_cpu(been_here), 0);
	for_each_online_cpu (cpu)
		KUNIT_EXPECT_EQ(test, atomic_read(&been[cpu]), 1);
}

/* ---- races ---- */

#define RACE_JOBS 6

/** struct contest - threads that queue, cancel and flush the same items */
struct contest {
	struct job jobs[RACE_JOBS];
	struct workqueue_struct *wq;
	atomic_t queued, cancelled, left;
	struct completion done;
};

static int contender(void *data)
{
	struct contest *c = data;

	for (unsigned int i = 0; i < 60; i++) {
		struct job *j = &c->jobs[get_random_u32_below(RACE_JOBS)];

		switch (get_random_u32_below(8)) {
		case 0:
			atomic_add(cancel_work_sync(&j->work), &c->cancelled);
			break;
		case 1:
			atomic_add(cancel_work(&j->work), &c->cancelled);
			break;
		case 2:
			flush_work(&j->work);
			break;
		case 3:
			if (!queue_delayed_work(c->wq, &j->delayed, get_random_u32_below(2)))
				cancel_delayed_work_sync(&j->delayed);
			break;
		default:
			atomic_add(queue_work_on((int)get_random_u32_below(num_online_cpus()), c->wq, &j->work),
				   &c->queued);
		}
		cond_resched();
	}
	if (atomic_dec_and_test(&c->left))
		complete(&c->done);
	return 0;
}

static void none_is_lost_in_a_crowd(struct kunit *test)
{
	struct contest *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	int runs = 0;

	KUNIT_ASSERT_NOT_NULL(test, c);
	c->wq = alloc_workqueue("crowd", 0, 2);
	KUNIT_ASSERT_NOT_NULL(test, c->wq);
	init_completion(&c->done);
	for (unsigned int i = 0; i < RACE_JOBS; i++)
		job_init(&c->jobs[i]);
	atomic_set(&c->left, (int)num_online_cpus() + 1);
	for (unsigned int i = 0; i <= num_online_cpus(); i++)
		if (IS_ERR(kthread_run(contender, c, "contender-%u", i)))
			panic("no memory for a thread");
	wait_for_completion(&c->done);
	for (unsigned int i = 0; i < RACE_JOBS; i++)
		cancel_delayed_work_sync(&c->jobs[i].delayed);
	/* Each item runs once for each time that it was queued, or was taken back. */
	for (unsigned int i = 0; i < RACE_JOBS; i++) {
		flush_work(&c->jobs[i].work);
		KUNIT_EXPECT_EQ(test, work_busy(&c->jobs[i].work), 0U);
	}
	destroy_workqueue(c->wq);
	for (unsigned int i = 0; i < RACE_JOBS; i++)
		runs += atomic_read(&c->jobs[i].runs);
	KUNIT_EXPECT_GE(test, runs, atomic_read(&c->queued) - atomic_read(&c->cancelled));
	KUNIT_EXPECT_GT(test, runs, 0);
}

static struct kunit_case workqueue_cases[] = {
	KUNIT_CASE(items_run_in_tasks),
	KUNIT_CASE(queued_twice_is_once),
	KUNIT_CASE(a_sleeping_item_holds_nobody_up),
	KUNIT_CASE(without_memory_the_rescuer_comes),
	KUNIT_CASE(cancelled_items_do_not_run),
	KUNIT_CASE(delayed_items_wait),
	KUNIT_CASE(flushing_tells_whether_it_waited),
	KUNIT_CASE(flushing_waits_for_all),
	KUNIT_CASE(ordered_queues_keep_order),
	KUNIT_CASE(grace_periods_come_before),
	KUNIT_CASE(calls_in_tasks),
	KUNIT_CASE(none_is_lost_in_a_crowd),
	{},
};
static struct kunit_suite workqueue_suite = {.name = "workqueue", .test_cases = workqueue_cases};

kunit_test_suite(workqueue_suite);
