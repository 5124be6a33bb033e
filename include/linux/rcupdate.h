/* SPDX-License-Identifier: MIT */
/*
 * rcupdate.h - read without locks what others replace: who replaced something frees the old version only after a grace
 * period, in which every CPU was outside all readers once.
 *
 * A read section is code that is not preempted: rcu_read_lock() is preempt_disable(), so readers cost two
 * instructions and do not sleep, and everything else that keeps the CPU is a reader too (interrupts, softirqs, spinlocks,
 * preempt_disable(), interrupts off). That also makes the _bh and _sched forms the same.
 *
 * A grace period ends when each CPU has switched tasks, idled, or taken a tick in code that could have been preempted. Idle
 * CPUs are interrupted once, so they hold nothing up. Callbacks run in softirq context on the CPU that asked for them, in the
 * order of call_rcu() there.
 */
#ifndef _LINUX_RCUPDATE_H
#define _LINUX_RCUPDATE_H

#include <linux/compiler.h>
#include <linux/preempt.h>
#include <linux/types.h>
#include <asm/processor.h>

static __always_inline void rcu_read_lock(void)
{
	preempt_disable();
}

static __always_inline void rcu_read_unlock(void)
{
	preempt_enable();
}

#define rcu_read_lock_bh() local_bh_disable()
#define rcu_read_unlock_bh() local_bh_enable()
#define rcu_read_lock_sched() preempt_disable()
#define rcu_read_unlock_sched() preempt_enable()
#define rcu_read_lock_held() (!preemptible())
#define rcu_read_lock_bh_held() (!preemptible())
#define rcu_read_lock_sched_held() (!preemptible())
#define rcu_read_lock_any_held() (!preemptible())

/* Publish: what was written through @v before is seen by whoever dereferences @p. */
#define rcu_assign_pointer(p, v) smp_store_release(&(p), (__typeof__(p))(v))
#define RCU_INIT_POINTER(p, v) WRITE_ONCE(p, (__typeof__(p))(v))
#define rcu_replace_pointer(p, v, cond)                                                                                \
	({                                                                                                             \
		__typeof__(p) __rp_old = (p);                                                                          \
		(void)(cond);                                                                                          \
		rcu_assign_pointer(p, v);                                                                              \
		__rp_old;                                                                                              \
	})
/* Loads that depend on the pointer stay behind it on this machine: only the compiler must not load it twice. */
#define rcu_dereference(p) READ_ONCE(p)
#define rcu_dereference_raw(p) READ_ONCE(p)
#define rcu_dereference_bh(p) READ_ONCE(p)
#define rcu_dereference_sched(p) READ_ONCE(p)
#define rcu_dereference_check(p, cond) ((void)(cond), READ_ONCE(p))
#define rcu_dereference_protected(p, cond) ((void)(cond), (p))
#define rcu_access_pointer(p) READ_ONCE(p)
#define rcu_pointer_handoff(p) (p)
#define unrcu_pointer(p) (p)

/**
 * call_rcu - call func(head) in softirq context after a grace period
 * @head: belongs to the machinery until then; not called for twice
 *
 * Context: any but NMI, interrupts on or off.
 */
void call_rcu(struct rcu_head *head, rcu_callback_t func);
#define call_rcu_hurry(head, func) call_rcu(head, func)

/** synchronize_rcu - wait for a grace period: every reader that had begun is over. Context: task, not in a reader. */
void synchronize_rcu(void);
/** synchronize_rcu_expedited - the same, and interrupt every CPU to have it sooner */
void synchronize_rcu_expedited(void);
#define synchronize_net() synchronize_rcu()
#define synchronize_sched() synchronize_rcu()

/** rcu_barrier - wait until all callbacks that were called for before, on any CPU, have run. Context: task. */
void rcu_barrier(void);

/** get_state_synchronize_rcu - a ticket: once poll_state_synchronize_rcu() says yes to it, a grace period has passed. */
unsigned long get_state_synchronize_rcu(void);
/** start_poll_synchronize_rcu - the same, and see to it that there is a grace period */
unsigned long start_poll_synchronize_rcu(void);
bool poll_state_synchronize_rcu(unsigned long ticket);
/** cond_synchronize_rcu - wait for one unless it has passed. Context: task. */
void cond_synchronize_rcu(unsigned long ticket);

static inline void init_rcu_head(struct rcu_head *head)
{
	(void)head;
}

static inline void destroy_rcu_head(struct rcu_head *head)
{
	(void)head;
}

#define init_rcu_head_on_stack(head) init_rcu_head(head)
#define destroy_rcu_head_on_stack(head) destroy_rcu_head(head)

/* kfree_rcu() and kin. */
#include <linux/kfree_rcu.h>

#endif
