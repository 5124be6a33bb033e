// SPDX-License-Identifier: MIT
/*
 * rcu.c - suite: a grace period waits for every reader, and for nobody else.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/smp.h>

#define PATIENCE (20 * HZ)

static unsigned int other_cpu(void)
{
	unsigned int cpu = get_cpu();

	put_cpu();
	return cpu ? 0 : 1;
}

static struct task_struct *start_on(struct kunit *test, unsigned int cpu, int (*fn)(void *), void *data)
{
	struct task_struct *task = kthread_create_on_cpu(fn, data, cpu, "rcu/%u");

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	get_task_struct(task);
	wake_up_process(task);
	return task;
}

static void stop(struct task_struct *task)
{
	kthread_stop(task);
	put_task_struct(task);
}

/** struct reader - somebody who reads for long. @state: 1 reading, 2 may end, 3 ended */
struct reader {
	unsigned int state;
};

static int read_until_told(void *data)
{
	struct reader *r = data;
	unsigned long end = jiffies + PATIENCE;

	rcu_read_lock();
	WRITE_ONCE(r->state, 1);
	while (READ_ONCE(r->state) != 2 && time_before(jiffies, end))
		cpu_relax();
	WRITE_ONCE(r->state, 3);
	rcu_read_unlock();
	return 0;
}

static int wait_for_readers(void *data)
{
	synchronize_rcu();
	complete(data);
	return 0;
}

static void a_reader_is_waited_for(struct kunit *test)
{
	DECLARE_COMPLETION(over);
	struct reader r = {0};
	struct task_struct *reader, *writer;

	if (num_online_cpus() < 2)
		kunit_skip(test, "with one CPU nobody can wait while somebody reads (--cpus 2)");
	reader = start_on(test, other_cpu(), read_until_told, &r);
	while (!READ_ONCE(r.state))
		schedule_timeout_uninterruptible(1);
	writer = start_on(test, other_cpu() ? 0 : 1, wait_for_readers, &over);
	/* Long enough for any number of grace periods without readers. */
	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&over, 8), 0UL);
	KUNIT_EXPECT_EQ(test, READ_ONCE(r.state), 1U);
	WRITE_ONCE(r.state, 2);
	KUNIT_EXPECT_NE(test, wait_for_completion_timeout(&over, PATIENCE), 0UL);
	KUNIT_EXPECT_EQ(test, READ_ONCE(r.state), 3U);
	stop(reader);
	stop(writer);
}

static int spin_until_stopped(void *unused)
{
	(void)unused;
	while (!kthread_should_stop())
		cpu_relax();
	return 0;
}

static void nobody_else_is(struct kunit *test)
{
	struct task_struct *spinner[NR_CPUS];
	unsigned long start = jiffies;
	unsigned int cpu;

	/* All others idle. */
	for (unsigned int i = 0; i < 5; i++)
		synchronize_rcu();
	for (unsigned int i = 0; i < 5; i++)
		synchronize_rcu_expedited();
	/* Tasks that never give their CPU away. */
	for_each_online_cpu (cpu)
		spinner[cpu] = start_on(test, cpu, spin_until_stopped, NULL);
	for (unsigned int i = 0; i < 3; i++)
		synchronize_rcu();
	rcu_barrier();
	for_each_online_cpu (cpu)
		stop(spinner[cpu]);
	KUNIT_EXPECT_TRUE(test, time_before(jiffies, start + PATIENCE));
}

/** struct called - callbacks and the order in which they came */
struct called {
	struct rcu_head head;
	unsigned int number, level;
	atomic_t *next;
	bool in_order;
};

static void note_call(struct rcu_head *head)
{
	struct called *c = container_of(head, struct called, head);

	c->level = interrupt_context_level();
	c->in_order = (unsigned int)atomic_inc_return(c->next) == c->number;
}

static void callbacks_come_in_order(struct kunit *test)
{
	struct called *c = kunit_kcalloc(test, 100, sizeof(*c), GFP_KERNEL);
	atomic_t next = ATOMIC_INIT(0);

	KUNIT_ASSERT_NOT_NULL(test, c);
	migrate_disable();
	for (unsigned int i = 0; i < 100; i++) {
		c[i].number = i + 1;
		c[i].next = &next;
		call_rcu(&c[i].head, note_call);
		if (i % 16 == 0)
			schedule_timeout_uninterruptible(1);
	}
	migrate_enable();
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, atomic_read(&next), 100);
	for (unsigned int i = 0; i < 100; i++) {
		KUNIT_EXPECT_TRUE_MSG(test, c[i].in_order, "callback %u", i);
		KUNIT_EXPECT_EQ(test, c[i].level, 1U);
	}
}

static atomic_t passed;

static void note_passed(struct rcu_head *head)
{
	kfree(head);
	atomic_inc(&passed);
}

static void call_some(void *unused)
{
	(void)unused;
	for (unsigned int i = 0; i < 8; i++) {
		struct rcu_head *head = kmalloc(sizeof(*head), GFP_ATOMIC);

		if (!head)
			panic("no memory for a callback");
		call_rcu(head, note_passed);
	}
}

static void the_barrier_waits_for_every_cpu(struct kunit *test)
{
	for (int round = 1; round <= 3; round++) {
		atomic_set(&passed, 0);
		on_each_cpu(call_some, NULL, 1);
		rcu_barrier();
		KUNIT_EXPECT_EQ(test, atomic_read(&passed), 8 * (int)num_online_cpus());
	}
}

static void tickets_come_true(struct kunit *test)
{
	unsigned long ticket = start_poll_synchronize_rcu(), end = jiffies + PATIENCE;

	while (!poll_state_synchronize_rcu(ticket) && time_before(jiffies, end))
		schedule_timeout_uninterruptible(1);
	KUNIT_EXPECT_TRUE(test, poll_state_synchronize_rcu(ticket));
	ticket = get_state_synchronize_rcu();
	KUNIT_EXPECT_FALSE(test, poll_state_synchronize_rcu(ticket));
	cond_synchronize_rcu(ticket);
	if (num_online_cpus() > 1)
		KUNIT_EXPECT_TRUE(test, poll_state_synchronize_rcu(ticket));
}

/* ---- readers see no freed object ---- */

#define ALIVE 0x600d600d600dUL
#define GONE 0xdeaddeaddeadUL

/** struct thing - what is read and replaced. @mark: ALIVE until its grace period is over */
struct thing {
	struct rcu_head rcu;
	unsigned long mark, twin;
};

static struct thing *the_thing;
static atomic_t bad_reads, reads, things_left;
static bool torture_over;

static void thing_free(struct rcu_head *head)
{
	struct thing *t = container_of(head, struct thing, rcu);

	WRITE_ONCE(t->mark, GONE);
	WRITE_ONCE(t->twin, GONE);
	kfree(t);
	atomic_dec(&things_left);
}

static void read_once(unsigned int delay)
{
	struct thing *t;

	rcu_read_lock();
	t = rcu_dereference(the_thing);
	if (READ_ONCE(t->mark) != ALIVE)
		atomic_inc(&bad_reads);
	while (delay--)
		cpu_relax();
	if (READ_ONCE(t->twin) != ALIVE)
		atomic_inc(&bad_reads);
	rcu_read_unlock();
	atomic_inc(&reads);
}

static void read_in_softirq(struct tasklet_struct *t)
{
	(void)t;
	read_once(5);
}

static int torture_reader(void *unused)
{
	struct tasklet_struct tasklet;
	unsigned int n = 0;

	(void)unused;
	tasklet_setup(&tasklet, read_in_softirq);
	while (!READ_ONCE(torture_over)) {
		read_once(n++ % 64);
		if (n % 8 == 0)
			tasklet_schedule(&tasklet);
		if (n % 32 == 0)
			schedule_timeout_uninterruptible(1);
	}
	tasklet_kill(&tasklet);
	return 0;
}

static struct thing *new_thing(void)
{
	struct thing *t = kmalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		panic("no memory for a thing");
	t->mark = ALIVE;
	t->twin = ALIVE;
	atomic_inc(&things_left);
	return t;
}

static void readers_see_nothing_freed(struct kunit *test)
{
	struct task_struct *readers[NR_CPUS];
	struct thing *old;
	unsigned int cpu;

	torture_over = false;
	atomic_set(&reads, 0);
	atomic_set(&bad_reads, 0);
	rcu_assign_pointer(the_thing, new_thing());
	for_each_online_cpu (cpu)
		readers[cpu] = start_on(test, cpu, torture_reader, NULL);
	for (unsigned int i = 0; i < 240; i++) {
		old = rcu_replace_pointer(the_thing, new_thing(), true);
		if (i % 40 == 39) {
			synchronize_rcu();
			thing_free(&old->rcu);
		} else {
			call_rcu(&old->rcu, thing_free);
		}
		if (i % 4 == 0)
			schedule_timeout_uninterruptible(1);
	}
	WRITE_ONCE(torture_over, true);
	for_each_online_cpu (cpu)
		stop(readers[cpu]);
	old = rcu_replace_pointer(the_thing, NULL, true);
	call_rcu(&old->rcu, thing_free);
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, atomic_read(&bad_reads), 0);
	KUNIT_EXPECT_GT(test, atomic_read(&reads), 100);
	KUNIT_EXPECT_EQ(test, atomic_read(&things_left), 0);
}

/** struct node - an entry of a list that is read without a lock */
struct node {
	struct list_head list;
	struct rcu_head rcu;
	unsigned long mark;
};

static void node_free(struct rcu_head *head)
{
	struct node *n = container_of(head, struct node, rcu);

	n->mark = GONE;
	kfree(n);
}

static LIST_HEAD(nodes);

static int walk_list(void *data)
{
	while (!kthread_should_stop()) {
		struct node *n;

		rcu_read_lock();
		list_for_each_entry_rcu(n, &nodes, list)
		{
			if (READ_ONCE(n->mark) != ALIVE)
				atomic_inc(data);
		}
		rcu_read_unlock();
		cond_resched();
	}
	return 0;
}

static void lists_are_walked_while_they_change(struct kunit *test)
{
	atomic_t bad = ATOMIC_INIT(0);
	struct task_struct *walker = start_on(test, num_online_cpus() > 1 ? other_cpu() : 0, walk_list, &bad);
	struct node *n, *next;

	for (unsigned int i = 0; i < 120; i++) {
		n = kmalloc(sizeof(*n), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, n);
		n->mark = ALIVE;
		if (i % 2)
			list_add_rcu(&n->list, &nodes);
		else
			list_add_tail_rcu(&n->list, &nodes);
		if (i % 3) {
			n = list_first_entry(&nodes, struct node, list);
			list_del_rcu(&n->list);
			call_rcu(&n->rcu, node_free);
		}
		cond_resched();
	}
	list_for_each_entry_safe (n, next, &nodes, list) {
		list_del_rcu(&n->list);
		call_rcu(&n->rcu, node_free);
	}
	stop(walker);
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, atomic_read(&bad), 0);
}

static struct kunit_case rcu_cases[] = {
	KUNIT_CASE(a_reader_is_waited_for),
	KUNIT_CASE(nobody_else_is),
	KUNIT_CASE(callbacks_come_in_order),
	KUNIT_CASE(the_barrier_waits_for_every_cpu),
	KUNIT_CASE(tickets_come_true),
	KUNIT_CASE(readers_see_nothing_freed),
	KUNIT_CASE(lists_are_walked_while_they_change),
	{},
};
static struct kunit_suite rcu_suite = {.name = "rcu", .test_cases = rcu_cases};

kunit_test_suite(rcu_suite);
