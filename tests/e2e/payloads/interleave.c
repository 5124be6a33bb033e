// SPDX-License-Identifier: MIT
/*
 * interleave.c - threads that get into each other's way, and note who had which turn: to be compared between runs.
 *
 * They meet at a spinlock, a mutex, a wait queue, a work queue, timers, RCU and a disk, so each of them is part of what has to
 * repeat.
 */
#include <kunit/test.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#define THREADS 4
#define STEPS 24

static DEFINE_SPINLOCK(log_lock);
static char turns[1024];
static unsigned int nr_turns;
static DEFINE_MUTEX(mutex);
static DECLARE_COMPLETION(done);

static void note(char who)
{
	unsigned long flags;

	spin_lock_irqsave(&log_lock, flags);
	if (nr_turns < sizeof(turns) - 1)
		turns[nr_turns++] = who;
	spin_unlock_irqrestore(&log_lock, flags);
}

static void work_fn(struct work_struct *work)
{
	note('w');
	kfree(work);
}

static void rcu_fn(struct rcu_head *head)
{
	note('r');
	kfree(head);
}

static void disk_is_done(struct bio *bio)
{
	note('D');
	__free_page(bio->bi_io_vec[0].bv_page);
	bio_put(bio);
}

static void ask_the_disk(void)
{
	struct bio *bio = bio_alloc(blkdev_nth(0), 1, REQ_OP_READ, GFP_KERNEL);

	bio_add_page(bio, alloc_page(GFP_KERNEL), PAGE_SIZE, 0);
	bio->bi_end_io = disk_is_done;
	submit_bio(bio);
}

static void step(char who, unsigned int i)
{
	struct work_struct *work;
	struct rcu_head *head;

	switch (i % 6) {
	case 1:
		mutex_lock(&mutex);
		note(who);
		cond_resched();
		mutex_unlock(&mutex);
		break;
	case 2:
		work = kmalloc(sizeof(*work), GFP_KERNEL);
		INIT_WORK(work, work_fn);
		schedule_work(work);
		break;
	case 3:
		head = kmalloc(sizeof(*head), GFP_KERNEL);
		call_rcu(head, rcu_fn);
		break;
	case 4:
		msleep((i + (unsigned int)who) % 3 * 10);
		break;
	case 5:
		ask_the_disk();
		break;
	default:
		cond_resched();
	}
	note(who);
}

static int walker(void *data)
{
	char who = (char)(long)data;

	for (unsigned int i = 0; i < STEPS; i++)
		step(who, i);
	complete(&done);
	return 0;
}

static void interleave(struct kunit *test)
{
	for (long i = 0; i < THREADS; i++)
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, kthread_run(walker, (void *)('a' + i), "walker-%ld", i));
	for (unsigned int i = 0; i < THREADS; i++)
		wait_for_completion(&done);
	rcu_barrier();
	flush_scheduled_work();
	pr_info("turns: %s\n", turns);
	KUNIT_EXPECT_EQ(test, nr_turns, (unsigned int)(THREADS * STEPS + THREADS * STEPS / 6 * 4));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(interleave),
	{},
};
static struct kunit_suite suite = {.name = "interleave", .test_cases = cases};

kunit_test_suite(suite);
MODULE_LICENSE("MIT");
