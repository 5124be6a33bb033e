/* SPDX-License-Identifier: MIT */
/*
 * mmvisor/step.h - an interrupt exactly behind the instruction that a test names: for code that must bear one anywhere.
 */
#ifndef MMVISOR_STEP_H
#define MMVISOR_STEP_H

#include <linux/types.h>

/**
 * struct step_test - one run of step_interrupt()
 * @body:      what is interrupted: instruction by instruction until then, at full speed afterwards. Must not sleep.
 * @interrupt: in hard-IRQ context, interrupts off
 * @arg:       for both
 * @ran:       set: instructions of @body (and a few around it) before the interrupt, or all if there was none
 * @came:      set: the interrupt came
 * @lost:      set: another task came in between, behind @ran instructions, and nothing was stepped from there on
 */
struct step_test {
	void (*body)(void *arg);
	void (*interrupt)(void *arg);
	void *arg;
	unsigned long ran;
	bool came;
	bool lost;
};

/**
 * step_interrupt - run t->body, and behind its @n-th instruction t->interrupt, after what every interrupt does first
 *
 * Context: task; one at a time on all CPUs. An interrupt may come between any two instructions, so that @n need not be reached,
 * and @body may lose its CPU to another task (@lost).
 */
void step_interrupt(struct step_test *t, unsigned long n);

/**
 * restart_sent_back, restart_finished - restartable sequences that an interrupt found before their first store, and so sent back to
 * their beginning; and behind it, and so finished. On all CPUs since boot.
 */
unsigned long restart_sent_back(void);
unsigned long restart_finished(void);

#endif
