/* SPDX-License-Identifier: MIT */
/*
 * linux/interrupt.h - interrupt handlers of devices, and what they leave for later: softirqs and tasklets.
 *
 * An interrupt number comes from msi_alloc_irq() (asm/apic.h); numbers are not shared between devices.
 *
 * A softirq runs on the CPU that raised it, with interrupts on and nothing else of that CPU's tasks or softirqs in between: on
 * the way out of an interrupt, at local_bh_enable(), or, if there is too much of it, in the thread ksoftirqd/N. The same
 * softirq may run on several CPUs at once; a tasklet runs on one at a time.
 */
#ifndef LINUX_INTERRUPT_H
#define LINUX_INTERRUPT_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/container_of.h>
#include <linux/hardirq.h>
#include <linux/irqflags.h>
#include <linux/types.h>

typedef enum irqreturn {
	IRQ_NONE = 0,
	IRQ_HANDLED = 1,
	IRQ_WAKE_THREAD = 2,
} irqreturn_t;

/** irq_handler_t - runs in hard-IRQ context: interrupts off, may not sleep. */
typedef irqreturn_t (*irq_handler_t)(int irq, void *dev);

/**
 * request_irq - call @handler when interrupt @irq arrives
 * @flags: must be 0: numbers are not shared
 * @name:  kept by reference
 *
 * Context: task context.
 * Return: 0, -EINVAL for a number nobody handed out or a missing handler, -EBUSY if it has a handler.
 */
int request_irq(unsigned int irq, irq_handler_t handler, unsigned long flags, const char *name, void *dev);

/**
 * free_irq - stop calling the handler; when it returns, no CPU is inside it any more
 * @dev: as given to request_irq()
 *
 * Context: task context, interrupts on.
 * Return: the @name of request_irq(), or NULL (and a warning) if @dev has no handler there.
 */
const void *free_irq(unsigned int irq, void *dev);

/** irq_count - how often @irq arrived since boot; 0 for a number that does not exist. */
unsigned long irq_count(unsigned int irq);

/** cpu_timer_ticks - timer interrupts that @cpu has taken since boot. */
unsigned long cpu_timer_ticks(unsigned int cpu);

/**
 * irqs_while_off - interrupts that came while the CPU had interrupts off, since boot, all CPUs together. They were dropped. A
 * processor delivers none; an emulated one may deliver one twice (guest/arch/x86/entry.S).
 */
unsigned long irqs_while_off(void);

/* ---- softirqs ---- */

enum {
	HI_SOFTIRQ,
	TIMER_SOFTIRQ,
	NET_TX_SOFTIRQ,
	NET_RX_SOFTIRQ,
	BLOCK_SOFTIRQ,
	IRQ_POLL_SOFTIRQ,
	TASKLET_SOFTIRQ,
	SCHED_SOFTIRQ,
	HRTIMER_SOFTIRQ,
	RCU_SOFTIRQ,
	NR_SOFTIRQS
};

struct softirq_action {
	void (*action)(struct softirq_action *a);
};

/** open_softirq - what softirq @nr does, for all CPUs; NULL takes it away. Those that the kernel uses are taken. */
void open_softirq(int nr, void (*action)(struct softirq_action *a));
/** raise_softirq - serve softirq @nr soon, on this CPU. Context: any. */
void raise_softirq(unsigned int nr);
/** raise_softirq_irqoff - the same, with interrupts off already */
void raise_softirq_irqoff(unsigned int nr);
/** local_softirq_pending - bit n: softirq n waits on this CPU. Context: not preemptible. */
unsigned int local_softirq_pending(void);
/** softirq_count_served - softirqs that @cpu has served since boot, those in ksoftirqd included */
unsigned long softirq_count_served(unsigned int cpu);
/** ksoftirqd_turns - how often @cpu's ksoftirqd had to serve some */
unsigned long ksoftirqd_turns(unsigned int cpu);

/* ---- tasklets ---- */

/**
 * struct tasklet_struct - a function that runs in softirq context, once for however often it was scheduled before it began
 * @state: TASKLET_STATE_* bits (a)
 * @count: it does not run while this is not 0 (a)
 */
struct tasklet_struct {
	struct tasklet_struct *next;
	unsigned long state;
	atomic_t count;
	bool use_callback;
	union {
		void (*func)(unsigned long data);
		void (*callback)(struct tasklet_struct *t);
	};
	unsigned long data;
};

enum { TASKLET_STATE_SCHED, TASKLET_STATE_RUN };

#define DECLARE_TASKLET(name, _callback)                                                                               \
	struct tasklet_struct name = {.count = ATOMIC_INIT(0), .callback = (_callback), .use_callback = true}
#define DECLARE_TASKLET_DISABLED(name, _callback)                                                                      \
	struct tasklet_struct name = {.count = ATOMIC_INIT(1), .callback = (_callback), .use_callback = true}
#define DECLARE_TASKLET_OLD(name, _func) struct tasklet_struct name = {.count = ATOMIC_INIT(0), .func = (_func)}

#define from_tasklet(var, callback_tasklet, tasklet_fieldname)                                                         \
	container_of(callback_tasklet, __typeof__(*(var)), tasklet_fieldname)

void tasklet_setup(struct tasklet_struct *t, void (*callback)(struct tasklet_struct *t));
void tasklet_init(struct tasklet_struct *t, void (*func)(unsigned long data), unsigned long data);

void __tasklet_schedule(struct tasklet_struct *t, bool high);

/** tasklet_schedule - run @t on this CPU soon; nothing if it is scheduled already. Context: any. */
static inline void tasklet_schedule(struct tasklet_struct *t)
{
	if (!test_and_set_bit(TASKLET_STATE_SCHED, &t->state))
		__tasklet_schedule(t, false);
}

/** tasklet_hi_schedule - the same, before all other softirqs */
static inline void tasklet_hi_schedule(struct tasklet_struct *t)
{
	if (!test_and_set_bit(TASKLET_STATE_SCHED, &t->state))
		__tasklet_schedule(t, true);
}

/** tasklet_kill - when it returns, @t neither runs nor is scheduled. Nobody may schedule it meanwhile. Context: task. */
void tasklet_kill(struct tasklet_struct *t);
/** tasklet_unlock_wait - until @t does not run anywhere. Context: not from @t, nor from a softirq that it interrupted. */
void tasklet_unlock_wait(struct tasklet_struct *t);
/** tasklet_disable - @t does not run from here to tasklet_enable(), however often it is scheduled. They nest. */
void tasklet_disable(struct tasklet_struct *t);
void tasklet_disable_nosync(struct tasklet_struct *t);
void tasklet_enable(struct tasklet_struct *t);

#endif
