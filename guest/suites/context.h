/* SPDX-License-Identifier: MIT */
/*
 * context.h - run a function in every context there is, for real: of a task in each kind of atomic section, of softirqs by a
 * tasklet and by a timer, of hard interrupts by the tick, by a device's MSI and by another CPU.
 */
#ifndef GUEST_SUITES_CONTEXT_H
#define GUEST_SUITES_CONTEXT_H

#include <linux/types.h>

enum test_context {
	CTX_TASK,
	CTX_PREEMPT_OFF,
	CTX_SPINLOCK,
	CTX_RCU,
	CTX_IRQ_OFF,
	CTX_BH_OFF,
	CTX_TASKLET,
	CTX_TIMER,
	CTX_TICK,
	CTX_MSI,
	CTX_IPI,
	NR_TEST_CONTEXTS,
};

extern const char *const context_names[NR_TEST_CONTEXTS];

/** context_exists - can this machine do it? An MSI needs a DMA engine, an IPI a second CPU. */
bool context_exists(enum test_context ctx);

/**
 * run_in_context - run fn(arg) in @ctx; on this CPU, but for CTX_IPI, which is on another
 * Context: task, bound to its CPU, may sleep.
 * Return: whether it ran: false only for what does not exist, or has too many users at once.
 */
bool run_in_context(enum test_context ctx, void (*fn)(void *arg), void *arg);

#endif
