/* SPDX-License-Identifier: MIT */
/*
 * mmvisor/tick.h - run something inside the timer interrupt: for tests that want to be in that one.
 */
#ifndef MMVISOR_TICK_H
#define MMVISOR_TICK_H

/**
 * tick_call - run @fn once, in the next interrupt that @cpu takes from its local APIC's timer
 *
 * In hard-IRQ context: interrupts off, may not sleep. One call can wait for each CPU.
 * Context: any.
 * Return: 0, -ENXIO if @cpu is not online, -EBUSY if another call waits there.
 */
int tick_call(unsigned int cpu, void (*fn)(void *arg), void *arg);

#endif
