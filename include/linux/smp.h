/* SPDX-License-Identifier: MIT */
/*
 * linux/smp.h - the CPUs: which there are, which run, and how to make another one do something.
 *
 * CPU numbers are dense: 0 .. nr_cpu_ids - 1 are possible, and after boot all of them are online.
 */
#ifndef LINUX_SMP_H
#define LINUX_SMP_H

#include <stdbool.h>

#include <asm/processor.h>

#define NR_CPUS MMV_NR_CPUS

extern unsigned int nr_cpu_ids;
extern unsigned long cpu_online_bits;

/* Only while the caller cannot move to another CPU: preemption or interrupts off. */
#define smp_processor_id() raw_smp_processor_id()

static inline bool cpu_online(unsigned int cpu)
{
	return (*(volatile unsigned long *)&cpu_online_bits >> cpu) & 1;
}

unsigned int num_online_cpus(void);
#define num_possible_cpus() nr_cpu_ids

#define for_each_possible_cpu(cpu) for ((cpu) = 0; (cpu) < nr_cpu_ids; (cpu)++)
#define for_each_online_cpu(cpu)                                                                                       \
	for_each_possible_cpu (cpu)                                                                                    \
		if (!cpu_online(cpu)) {                                                                                \
		} else

typedef void (*smp_call_func_t)(void *info);

/**
 * smp_call_function_single - run @func on one CPU
 * @func: runs there in hard-IRQ context (directly, with interrupts off, if @cpu is this one)
 * @wait: return only after @func did
 *
 * Context: interrupts on, unless @cpu is this one; the caller may not hold a lock that @cpu takes with interrupts off.
 * Return: 0, or -ENXIO if @cpu is not online.
 */
int smp_call_function_single(unsigned int cpu, smp_call_func_t func, void *info, int wait);

/** smp_call_function - run @func on all other online CPUs. Context: as smp_call_function_single(). */
void smp_call_function(smp_call_func_t func, void *info, int wait);

/** on_each_cpu - run @func on all online CPUs, this one included. Context: as smp_call_function_single(). */
void on_each_cpu(smp_call_func_t func, void *info, int wait);

/** smp_send_reschedule - make @cpu look at its run queue soon; it also leaves halt. Context: any. */
void smp_send_reschedule(unsigned int cpu);

/** smp_send_stop - the other CPUs stop for good as soon as they take interrupts. Context: any; for panic(). */
void smp_send_stop(void);

#define get_cpu()                                                                                                      \
	({                                                                                                             \
		preempt_disable();                                                                                     \
		smp_processor_id();                                                                                    \
	})
#define put_cpu() preempt_enable()

#include <linux/preempt.h>

#endif
