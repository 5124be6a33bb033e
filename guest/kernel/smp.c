// SPDX-License-Identifier: MIT
/*
 * smp.c - sets of CPUs, and functions that run on other CPUs.
 *
 * Shape:  every CPU has one call of its own that many CPUs can be asked to do (struct call), and two things that others ask of it:
 *         call_from, a bit for each CPU whose call it shall do, and a list of single calls whose memory others keep.
 * Always: call.waiting has a bit for each CPU that has not answered; the call is used again only when it is 0. A CPU is
 *         asked by setting a bit of its call_from (or linking to its list) and interrupting it, both needed only if nothing was
 *         there before: it takes all that is there at once.
 * Locks:  none; a CPU fills its own call with interrupts off, and waits for answers with interrupts on.
 */
#include <linux/atomic.h>
#include <linux/bug.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/smp.h>

/** struct call - @waiting: (a); the rest is constant while it is not 0 */
struct call {
	smp_call_func_t func;
	void *info;
	bool wait;
	unsigned long waiting;
};

static DEFINE_PER_CPU(struct call, my_call);
static DEFINE_PER_CPU(unsigned long, call_from);        /* (a) */
static DEFINE_PER_CPU(call_single_data_t *, call_list); /* (a) newest first */

struct cpumask cpu_possible_bits;
EXPORT_SYMBOL(cpu_possible_bits);

#define ONE(n)                                                                                                         \
	{                                                                                                              \
		{                                                                                                      \
			1UL << (n)                                                                                     \
		}                                                                                                      \
	}
#define EIGHT(n) ONE(n), ONE(n + 1), ONE(n + 2), ONE(n + 3), ONE(n + 4), ONE(n + 5), ONE(n + 6), ONE(n + 7)
const struct cpumask cpu_single[NR_CPUS] = {EIGHT(0),  EIGHT(8),  EIGHT(16), EIGHT(24),
					    EIGHT(32), EIGHT(40), EIGHT(48), EIGHT(56)};
EXPORT_SYMBOL(cpu_single);

unsigned int num_online_cpus(void)
{
	return cpumask_weight(cpu_online_mask);
}
EXPORT_SYMBOL(num_online_cpus);

static void call_here(smp_call_func_t func, void *info)
{
	unsigned long flags = arch_local_irq_save();

	func(info);
	arch_local_irq_restore(flags);
}

/* ---- being asked ---- */

static void answer(unsigned int from)
{
	struct call *c = per_cpu_ptr(&my_call, from);
	unsigned long me = 1UL << raw_smp_processor_id();
	smp_call_func_t func = c->func;
	void *info = c->info;
	bool wait = c->wait;

	if (!wait)
		__atomic_fetch_and(&c->waiting, ~me, __ATOMIC_SEQ_CST);
	func(info);
	if (wait)
		__atomic_fetch_and(&c->waiting, ~me, __ATOMIC_SEQ_CST);
}

static void answer_singles(void)
{
	call_single_data_t *list = xchg(this_cpu_ptr(&call_list), NULL), *turned = NULL;

	while (list) {
		call_single_data_t *next = list->next;

		list->next = turned;
		turned = list;
		list = next;
	}
	while (turned) {
		call_single_data_t *csd = turned;
		smp_call_func_t func = csd->func;
		void *info = csd->info;

		turned = csd->next;
		smp_store_release(&csd->pending, 0);
		func(info);
	}
}

void smp_handle_calls(void)
{
	unsigned long from = xchg(this_cpu_ptr(&call_from), 0);

	for (; from; from &= from - 1)
		answer((unsigned int)__builtin_ctzl(from));
	answer_singles();
}

/* ---- asking ---- */

/* Needs: preemption off, interrupts on, @cpus online and without this one. */
static void call_cpus(unsigned long cpus, smp_call_func_t func, void *info, bool wait)
{
	struct call *c = this_cpu_ptr(&my_call);
	unsigned long ask = 0;

	if (!cpus)
		return;
	/* A CPU that waits here with interrupts off does not answer another one that does the same. */
	WARN_ON_ONCE(irqs_disabled());
	for (;;) {
		while (__atomic_load_n(&c->waiting, __ATOMIC_ACQUIRE))
			cpu_relax();
		arch_local_irq_disable();
		if (!c->waiting)
			break;
		/* A softirq was faster. */
		arch_local_irq_enable();
	}
	c->func = func;
	c->info = info;
	c->wait = wait;
	__atomic_store_n(&c->waiting, cpus, __ATOMIC_SEQ_CST);
	for (unsigned long left = cpus; left; left &= left - 1) {
		unsigned int cpu = (unsigned int)__builtin_ctzl(left);

		if (!__atomic_fetch_or(per_cpu_ptr(&call_from, cpu), 1UL << raw_smp_processor_id(), __ATOMIC_SEQ_CST))
			ask |= 1UL << cpu;
	}
	arch_send_call(ask);
	arch_local_irq_enable();
	if (wait) {
		while (__atomic_load_n(&c->waiting, __ATOMIC_ACQUIRE) & cpus)
			cpu_relax();
	}
}

int smp_call_function_single(unsigned int cpu, smp_call_func_t func, void *info, int wait)
{
	int ret = 0;

	preempt_disable();
	if (cpu == smp_processor_id())
		call_here(func, info);
	else if (cpu < nr_cpu_ids && cpu_online(cpu))
		call_cpus(1UL << cpu, func, info, wait);
	else
		ret = -ENXIO;
	preempt_enable();
	return ret;
}
EXPORT_SYMBOL(smp_call_function_single);

int smp_call_function_single_async(int cpu, call_single_data_t *csd)
{
	call_single_data_t **list, *first;
	unsigned int free = 0;
	int ret = 0;

	if (cpu < 0 || (unsigned int)cpu >= nr_cpu_ids || !cpu_online((unsigned int)cpu))
		return -ENXIO;
	if (!try_cmpxchg(&csd->pending, &free, 1))
		return -EBUSY;
	preempt_disable();
	if ((unsigned int)cpu == smp_processor_id()) {
		csd->pending = 0;
		call_here(csd->func, csd->info);
	} else {
		list = per_cpu_ptr(&call_list, (unsigned int)cpu);
		first = READ_ONCE(*list);
		do {
			csd->next = first;
		} while (!try_cmpxchg(list, &first, csd));
		if (!first)
			arch_send_call(1UL << cpu);
	}
	preempt_enable();
	return ret;
}
EXPORT_SYMBOL(smp_call_function_single_async);

void smp_call_function_many(const struct cpumask *mask, smp_call_func_t func, void *info, bool wait)
{
	preempt_disable();
	call_cpus(mask->bits[0] & cpu_online_bits & ~(1UL << smp_processor_id()), func, info, wait);
	preempt_enable();
}
EXPORT_SYMBOL(smp_call_function_many);

int smp_call_function_any(const struct cpumask *mask, smp_call_func_t func, void *info, int wait)
{
	unsigned int cpu;
	int ret;

	preempt_disable();
	cpu = smp_processor_id();
	if (!cpumask_test_cpu(cpu, mask))
		cpu = cpumask_any_and(mask, cpu_online_mask);
	ret = smp_call_function_single(cpu, func, info, wait);
	preempt_enable();
	return ret;
}
EXPORT_SYMBOL(smp_call_function_any);

void smp_call_function(smp_call_func_t func, void *info, int wait)
{
	smp_call_function_many(cpu_online_mask, func, info, wait);
}
EXPORT_SYMBOL(smp_call_function);

void on_each_cpu_mask(const struct cpumask *mask, smp_call_func_t func, void *info, bool wait)
{
	preempt_disable();
	smp_call_function_many(mask, func, info, wait);
	if (cpumask_test_cpu(smp_processor_id(), mask))
		call_here(func, info);
	preempt_enable();
}
EXPORT_SYMBOL(on_each_cpu_mask);

void on_each_cpu(smp_call_func_t func, void *info, int wait)
{
	on_each_cpu_mask(cpu_online_mask, func, info, wait);
}
EXPORT_SYMBOL(on_each_cpu);

void on_each_cpu_cond(smp_cond_func_t cond, smp_call_func_t func, void *info, bool wait)
{
	struct cpumask mask = CPU_MASK_NONE;
	unsigned int cpu;

	preempt_disable();
	for_each_online_cpu (cpu) {
		if (cond((int)cpu, info))
			__cpumask_set_cpu(cpu, &mask);
	}
	on_each_cpu_mask(&mask, func, info, wait);
	preempt_enable();
}
EXPORT_SYMBOL(on_each_cpu_cond);

static void do_nothing(void *unused)
{
	(void)unused;
}

void kick_all_cpus_sync(void)
{
	smp_mb();
	smp_call_function(do_nothing, NULL, 1);
}
EXPORT_SYMBOL(kick_all_cpus_sync);
