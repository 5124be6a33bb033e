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
typedef bool (*smp_cond_func_t)(int cpu, void *info);

struct cpumask;

/**
 * struct __call_single_data - a call that somebody else keeps the memory of, for smp_call_function_single_async()
 * @next, @pending: the machinery's own; @pending is set from the call until @func begins
 */
struct __call_single_data {
	struct __call_single_data *next;
	smp_call_func_t func;
	void *info;
	unsigned int pending;
};
typedef struct __call_single_data call_single_data_t;

#define CSD_INIT(_func, _info)                                                                                         \
	{                                                                                                              \
		.func = (_func), .info = (_info)                                                                       \
	}
#define INIT_CSD(csd, _func, _info) ((void)(*(csd) = (call_single_data_t)CSD_INIT(_func, _info)))

/**
 * smp_call_function_single - run @func on one CPU
 * @func: runs there in hard-IRQ context (directly, with interrupts off, if @cpu is this one)
 * @wait: return only after @func did
 *
 * Context: interrupts on, unless @cpu is this one; the caller may not hold a lock that @cpu takes with interrupts off.
 * Return: 0, or -ENXIO if @cpu is not online.
 */
int smp_call_function_single(unsigned int cpu, smp_call_func_t func, void *info, int wait);

/**
 * smp_call_function_single_async - run csd->func(csd->info) on @cpu, soon; returns at once
 * @csd: stays valid until the function began; it may be used again from then on
 *
 * Context: any, interrupts on or off. On this CPU the function runs before the call returns.
 * Return: 0, -ENXIO if @cpu is not online, -EBUSY if @csd is still on its way.
 */
int smp_call_function_single_async(int cpu, call_single_data_t *csd);

/** smp_call_function_many - run @func on the online CPUs of @mask except this one. Context: as smp_call_function(). */
void smp_call_function_many(const struct cpumask *mask, smp_call_func_t func, void *info, bool wait);

/** smp_call_function_any - run @func on one CPU of @mask, this one if it is among them. Return: as _single. */
int smp_call_function_any(const struct cpumask *mask, smp_call_func_t func, void *info, int wait);

/** smp_call_function - run @func on all other online CPUs. Context: as smp_call_function_single(). */
void smp_call_function(smp_call_func_t func, void *info, int wait);

/** on_each_cpu - run @func on all online CPUs, this one included. Context: as smp_call_function_single(). */
void on_each_cpu(smp_call_func_t func, void *info, int wait);

/** on_each_cpu_mask - the same on the online CPUs of @mask. */
void on_each_cpu_mask(const struct cpumask *mask, smp_call_func_t func, void *info, bool wait);

/** on_each_cpu_cond - the same on those online CPUs for which @cond says so; it is asked here. */
void on_each_cpu_cond(smp_cond_func_t cond, smp_call_func_t func, void *info, bool wait);

/** kick_all_cpus_sync - when it returns, every other CPU has taken an interrupt since. */
void kick_all_cpus_sync(void);

/** smp_send_reschedule - make @cpu look at its run queue soon; it also leaves halt. Context: any. */
void smp_send_reschedule(unsigned int cpu);

/** smp_send_stop - the other CPUs stop for good as soon as they take interrupts. Context: any; for panic(). */
void smp_send_stop(void);

/* ---- for the machine's side: guest/kernel/smp.c ---- */

/** smp_handle_calls - from the interrupt that arch_send_call() made: do what other CPUs asked this one for. */
void smp_handle_calls(void);

/** arch_send_call - interrupt these online CPUs (a bit each), so that they do smp_handle_calls(). */
void arch_send_call(unsigned long cpus);

#define get_cpu()                                                                                                      \
	({                                                                                                             \
		preempt_disable();                                                                                     \
		smp_processor_id();                                                                                    \
	})
#define put_cpu() preempt_enable()

#include <linux/preempt.h>

#endif
