// SPDX-License-Identifier: MIT
/*
 * sim_kernel.c - what guest/mm calls of the execution core, on a machine with one real thread: RCU callbacks wait until the
 * test says that a grace period is over (or somebody waits for one), a task that sleeps runs what the test gave, user
 * memory ends where the test says.
 *
 * Each simulated CPU has its own callbacks, and they run on it, in their order, as softirqs do.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include "tests/unit/arch/include/asm/sections.h"
#include "tests/unit/arch/include/asm/uaccess.h"
#include "tests/unit/arch/sim.h"

#define SIM_CPUS 64

const char sim_text[SIM_PIECE] = {1};
const char sim_rodata[SIM_PIECE] = "a constant of the kernel";

/* ---- RCU ---- */

struct queue {
	struct rcu_head *first, **last;
};

static struct queue waiting[SIM_CPUS];
static unsigned long nr_waiting;

void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	struct queue *q = &waiting[sim_cpu];

	if (!q->last)
		q->last = &q->first;
	head->next = NULL;
	head->func = func;
	*q->last = head;
	q->last = &head->next;
	nr_waiting++;
}

unsigned long sim_rcu_waiting(void)
{
	return nr_waiting;
}

/* Those that were called for before now. What they call for in turn waits for the next one. */
void sim_grace_period(void)
{
	struct rcu_head *ready[SIM_CPUS];
	unsigned int me = sim_cpu;

	for (unsigned int cpu = 0; cpu < SIM_CPUS; cpu++) {
		ready[cpu] = waiting[cpu].first;
		waiting[cpu].first = NULL;
		waiting[cpu].last = NULL;
	}
	preempt_count_add(SOFTIRQ_OFFSET);
	for (sim_cpu = 0; sim_cpu < SIM_CPUS; sim_cpu++) {
		while (ready[sim_cpu]) {
			struct rcu_head *head = ready[sim_cpu];

			ready[sim_cpu] = head->next;
			nr_waiting--;
			head->func(head);
		}
	}
	preempt_count_sub(SOFTIRQ_OFFSET);
	sim_cpu = me;
}

void synchronize_rcu(void)
{
	sim_grace_period();
}

void rcu_barrier(void)
{
	sim_grace_period();
}

/* ---- waiting ---- */

void (*sim_on_sleep)(void);
unsigned long sim_sleeps;
long sim_sleep_ticks;

void __might_sleep(const char *file, int line)
{
	if (preempt_count() || irqs_disabled())
		warn_at(file, line, "sleeping function called from invalid context\n");
}

void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry, int state)
{
	(void)state;
	if (list_empty(&entry->entry))
		list_add_tail(&entry->entry, &wq->head);
}

void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry)
{
	(void)wq;
	list_del_init(&entry->entry);
}

void __wake_up(struct wait_queue_head *wq, unsigned int states, int nr)
{
	(void)states;
	(void)nr;
	while (!list_empty(&wq->head))
		list_del_init(wq->head.next);
}

/* Nobody else runs: without something that the test does meanwhile this would be for ever. */
long schedule_timeout(long timeout)
{
	sim_sleep_ticks = timeout;
	sim_sleeps++;
	if (!sim_on_sleep) {
		fprintf(stderr, "sim: a task sleeps, and nobody is there to wake it\n");
		abort();
	}
	sim_on_sleep();
	return 0;
}

/* ---- threads: there is one. Who would start another is not called by tests ---- */

bool kthread_should_stop(void)
{
	return false;
}

struct task_struct *__kthread_create(int (*fn)(void *data), void *data, const char *namefmt, ...)
{
	(void)fn;
	(void)data;
	fprintf(stderr, "sim: no thread to run %s\n", namefmt);
	abort();
}

int wake_up_process(struct task_struct *task)
{
	(void)task;
	return 0;
}

bool tryget_task_struct(struct task_struct *task)
{
	task->refs++;
	return true;
}

void put_task_struct(struct task_struct *task)
{
	task->refs--;
}

int send_sig(int sig, struct task_struct *task, int priv)
{
	(void)priv;
	task->pending |= PENDING_KILL;
	return sig == SIGKILL ? 0 : -EINVAL;
}

void (*sim_on_trylock)(void);

bool mutex_trylock(struct mutex *lock)
{
	(void)lock;
	if (sim_on_trylock)
		sim_on_trylock();
	return true;
}

/* ---- user memory: addresses below sim_user_hole are not mapped; a copy that comes to its upper end stops ---- */

unsigned long sim_user_hole = 65536, sim_user_end = ~0UL;

unsigned long arch_copy_user(void *to, const void *from, unsigned long n)
{
	bool writes = (unsigned long)to < sim_user_hole || sim_user_end - (unsigned long)to < 65536;
	unsigned long user = writes ? (unsigned long)to : (unsigned long)from, part = n;

	if (user < sim_user_hole)
		return n;
	if (user >= sim_user_end)
		part = 0;
	else if (n > sim_user_end - user)
		part = sim_user_end - user;
	memcpy(to, from, part);
	return n - part;
}
