// SPDX-License-Identifier: MIT
/*
 * rcu.c - grace periods: when has every CPU been outside of all readers?
 *
 * Shape:  shared/rcu.h. Grace periods are numbered and follow each other; rcu.waiting has a bit for each CPU that the one under
 *         way still waits for. Callbacks go through three lists of their CPU.
 * Always: readers are not preempted, so a CPU is outside of all of them when it switches tasks, idles, or takes an interrupt in
 *         code that could have been preempted: rcu_quiet() is called there. A callback on the wait list has a grace
 *         period that began after it came.
 * Kicks:  a CPU that idles when a grace period begins is interrupted, because it may not come by otherwise; one with
 *         callbacks waiting for the one that ended is, too. Every other one comes by at its next tick at the latest.
 * Locks:  rcu.lock, interrupts off; the lists belong to their CPU, with interrupts off (lock.seq tells readers from outside).
 */
#include <linux/bug.h>
#include <linux/completion.h>
#include <linux/export.h>
#include <linux/interrupt.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include "guest/kernel/sched.h"

/* So many callbacks, then whatever else the CPU has to do. */
#define BATCH 64

static struct rcu_state rcu;

/** struct barrier - rcu_barrier(): the last callback of each CPU */
static struct barrier {
	struct mutex mutex;
	atomic_t left;
	struct completion done;
} barrier = {.mutex = __MUTEX_INITIALIZER(barrier.mutex)};
static DEFINE_PER_CPU(struct rcu_head, barrier_head);

/* ---- a CPU's lists; all with interrupts off ---- */

static void chain_init(struct rcu_chain *c)
{
	c->head = NULL;
	c->tail = &c->head;
	c->nr = 0;
}

/* All of @from goes behind what @to has. */
static void chain_move(struct rcu_chain *from, struct rcu_chain *to)
{
	if (!from->nr)
		return;
	*to->tail = from->head;
	to->tail = from->tail;
	to->nr += from->nr;
	chain_init(from);
}

static struct rcu_cpu *this_rcu(void)
{
	return &this_mm_cpu()->rcu;
}

/* ---- grace periods; all with rcu.lock held ---- */

static void begin(void)
{
	unsigned int me = raw_smp_processor_id(), cpu;

	rcu.latest++;
	/* A full barrier: what was unlinked before is seen by readers that begin from here on. */
	__atomic_store_n(&rcu.waiting, READ_ONCE(cpu_online_bits), __ATOMIC_SEQ_CST);
	for_each_online_cpu (cpu) {
		if (cpu != me && READ_ONCE(mm_cpus[cpu].curr) == mm_cpus[cpu].idle)
			smp_send_reschedule(cpu);
	}
}

static void end(void)
{
	unsigned int me = raw_smp_processor_id(), cpu;

	WRITE_ONCE(rcu.completed, rcu.latest);
	if (rcu.wanted > rcu.completed)
		begin();
	for_each_online_cpu (cpu) {
		const struct rcu_cpu *r = &mm_cpus[cpu].rcu;

		if (cpu != me && READ_ONCE(r->lists[RCU_WAIT].nr) && READ_ONCE(r->wait_gp) <= rcu.completed)
			smp_send_reschedule(cpu);
	}
}

/* Return: the number of a grace period that begins from here on; it is under way or will be. */
static uint64_t want(void)
{
	uint64_t gp;

	__spin_acquire(&rcu.lock);
	mm_write_begin(&rcu.lock);
	gp = rcu.latest + 1;
	rcu.wanted = max(rcu.wanted, gp);
	if (rcu.completed == rcu.latest)
		begin();
	mm_write_end(&rcu.lock);
	__spin_release(&rcu.lock);
	return gp;
}

static void report(unsigned long me)
{
	__spin_acquire(&rcu.lock);
	mm_write_begin(&rcu.lock);
	if (rcu.waiting & me) {
		rcu.waiting &= ~me;
		if (!rcu.waiting)
			end();
	}
	mm_write_end(&rcu.lock);
	__spin_release(&rcu.lock);
}

/* ---- callbacks ---- */

/* Needs: interrupts off. Move callbacks as far as they may go. */
static void advance(struct rcu_cpu *r)
{
	mm_write_begin(&r->lock);
	if (r->lists[RCU_WAIT].nr && r->wait_gp <= READ_ONCE(rcu.completed)) {
		/* What the readers read was read before their CPUs reported. */
		smp_mb();
		chain_move(&r->lists[RCU_WAIT], &r->lists[RCU_DONE]);
	}
	if (!r->lists[RCU_WAIT].nr && r->lists[RCU_NEXT].nr) {
		r->wait_gp = want();
		chain_move(&r->lists[RCU_NEXT], &r->lists[RCU_WAIT]);
	}
	mm_write_end(&r->lock);
	if (r->lists[RCU_DONE].nr)
		softirq_mark(RCU_SOFTIRQ);
}

void rcu_quiet(void)
{
	unsigned long me = 1UL << raw_smp_processor_id();
	struct rcu_cpu *r = this_rcu();

	if (unlikely(READ_ONCE(rcu.waiting) & me))
		report(me);
	if (unlikely(r->lists[RCU_WAIT].nr) && r->wait_gp <= READ_ONCE(rcu.completed))
		advance(r);
}

void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	unsigned long flags = arch_local_irq_save();
	struct rcu_cpu *r = this_rcu();
	struct rcu_chain *next = &r->lists[RCU_NEXT];

	mm_write_begin(&r->lock);
	head->func = func;
	head->next = NULL;
	*next->tail = head;
	next->tail = &head->next;
	next->nr++;
	mm_write_end(&r->lock);
	if (!r->lists[RCU_WAIT].nr)
		advance(r);
	arch_local_irq_restore(flags);
}
EXPORT_SYMBOL(call_rcu);

static struct rcu_head *pop_done(struct rcu_cpu *r)
{
	struct rcu_chain *done = &r->lists[RCU_DONE];
	struct rcu_head *head;

	arch_local_irq_disable();
	head = done->head;
	if (head) {
		mm_write_begin(&r->lock);
		done->head = head->next;
		done->nr--;
		if (!done->head)
			done->tail = &done->head;
		r->called++;
		mm_write_end(&r->lock);
	}
	arch_local_irq_enable();
	return head;
}

static void rcu_action(struct softirq_action *a)
{
	struct rcu_cpu *r = this_rcu();
	struct rcu_head *head;
	unsigned int nr;

	(void)a;
	for (nr = 0; nr < BATCH && (head = pop_done(r)); nr++)
		head->func(head);
	arch_local_irq_disable();
	advance(r);
	arch_local_irq_enable();
}

/* ---- waiting ---- */

/** struct waiter - on the stack of who waits */
struct waiter {
	struct rcu_head head;
	struct completion done;
};

static void waited(struct rcu_head *head)
{
	complete(&container_of(head, struct waiter, head)->done);
}

/* With one CPU, whoever can sleep is proof that nobody reads. */
static bool alone(void)
{
	might_sleep();
	return num_online_cpus() == 1;
}

static void wait_for_grace(void (*hurry)(void))
{
	struct waiter w;

	init_completion(&w.done);
	call_rcu(&w.head, waited);
	if (hurry)
		hurry();
	wait_for_completion(&w.done);
}

void synchronize_rcu(void)
{
	if (!alone())
		wait_for_grace(NULL);
}
EXPORT_SYMBOL(synchronize_rcu);

void synchronize_rcu_expedited(void)
{
	if (!alone())
		wait_for_grace(kick_all_cpus_sync);
}
EXPORT_SYMBOL(synchronize_rcu_expedited);

static void barrier_passed(struct rcu_head *head)
{
	(void)head;
	if (atomic_dec_and_test(&barrier.left))
		complete(&barrier.done);
}

static void add_barrier(void *unused)
{
	(void)unused;
	atomic_inc(&barrier.left);
	call_rcu(this_cpu_ptr(&barrier_head), barrier_passed);
}

void rcu_barrier(void)
{
	might_sleep();
	mutex_lock(&barrier.mutex);
	init_completion(&barrier.done);
	/* One for ourselves, so that it is not over before all CPUs have theirs. */
	atomic_set(&barrier.left, 1);
	on_each_cpu(add_barrier, NULL, 1);
	if (!atomic_dec_and_test(&barrier.left))
		wait_for_completion(&barrier.done);
	mutex_unlock(&barrier.mutex);
}
EXPORT_SYMBOL(rcu_barrier);

unsigned long get_state_synchronize_rcu(void)
{
	/* What the caller has unlinked must be out before the number is read. */
	smp_mb();
	return READ_ONCE(rcu.latest) + 1;
}
EXPORT_SYMBOL(get_state_synchronize_rcu);

unsigned long start_poll_synchronize_rcu(void)
{
	unsigned long flags, gp;

	smp_mb();
	flags = arch_local_irq_save();
	gp = want();
	arch_local_irq_restore(flags);
	return gp;
}
EXPORT_SYMBOL(start_poll_synchronize_rcu);

bool poll_state_synchronize_rcu(unsigned long ticket)
{
	if ((long)(READ_ONCE(rcu.completed) - ticket) < 0)
		return false;
	smp_mb();
	return true;
}
EXPORT_SYMBOL(poll_state_synchronize_rcu);

void cond_synchronize_rcu(unsigned long ticket)
{
	if (!poll_state_synchronize_rcu(ticket))
		synchronize_rcu();
}
EXPORT_SYMBOL(cond_synchronize_rcu);

void rcu_init_cpu(unsigned int cpu)
{
	for (unsigned int i = 0; i < RCU_LISTS; i++)
		chain_init(&mm_cpus[cpu].rcu.lists[i]);
}

void rcu_init(void)
{
	mm_root.rcu = &rcu;
	open_softirq(RCU_SOFTIRQ, rcu_action);
}
