/* SPDX-License-Identifier: MIT */
/*
 * tlb.c - make every CPU forget old translations.
 *
 * One shoot-down at a time: the request lies in one place, guarded by a lock that is waited for with interrupts on, so that a
 * waiting CPU still answers the one before. The CPU that asks flushes itself, interrupts the others and waits until
 * each has answered; only then may the pages be used again. No mapping is global: reloading %cr3 drops all. Of a user address
 * space only the CPUs that have it loaded are asked; one that has left it by the time it answers has forgotten it anyway.
 */
#include <linux/bug.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/smp.h>

#include <asm/apic.h>
#include <asm/pgtable.h>

#include "guest/arch/x86/arch.h"

/* From here on one reload costs less than page by page. */
#define FLUSH_SINGLE_MAX 32

static unsigned int flush_lock;
static unsigned long flush_start, flush_end;
static unsigned long flush_waiting; /* a bit for each CPU that has not answered */

static DEFINE_PER_CPU(unsigned long, flushes_answered);

/*
 * Boot argument tlb.no_shootdown: other CPUs are not told. For the test that proves that the suites notice: a kernel booted
 * like that is broken.
 */
static bool no_shootdown;

static int set_no_shootdown(char *value)
{
	no_shootdown = !*value;
	return no_shootdown;
}
__setup("tlb.no_shootdown", set_no_shootdown);

void arch_flush_tlb_local(unsigned long start, unsigned long end)
{
	if ((end - start) >> PAGE_SHIFT > FLUSH_SINGLE_MAX) {
		write_cr3(read_cr3());
		return;
	}
	for (unsigned long va = start & PAGE_MASK; va < end; va += PAGE_SIZE)
		asm volatile("invlpg (%0)" : : "r"(va) : "memory");
}

void tlb_handle_flush(void)
{
	arch_flush_tlb_local(flush_start, flush_end);
	this_cpu_inc(flushes_answered);
	__atomic_fetch_and(&flush_waiting, ~(1UL << raw_smp_processor_id()), __ATOMIC_RELEASE);
}

void arch_flush_tlb_cpus(uint64_t cpus, unsigned long start, unsigned long end)
{
	unsigned long me, others;

	preempt_disable();
	me = 1UL << raw_smp_processor_id();
	others = cpus & __atomic_load_n(&cpu_online_bits, __ATOMIC_ACQUIRE) & ~me;
	if (cpus & me)
		arch_flush_tlb_local(start, end);
	if (others && likely(!no_shootdown)) {
		/* A CPU that waits here with interrupts off does not answer another one that does the same. */
		WARN_ON_ONCE(irqs_disabled());
		while (__atomic_exchange_n(&flush_lock, 1, __ATOMIC_ACQUIRE))
			cpu_relax();
		flush_start = start;
		flush_end = end;
		__atomic_store_n(&flush_waiting, others, __ATOMIC_SEQ_CST);
		send_ipi_to(others, TLB_FLUSH_VECTOR);
		while (__atomic_load_n(&flush_waiting, __ATOMIC_ACQUIRE))
			cpu_relax();
		__atomic_store_n(&flush_lock, 0, __ATOMIC_RELEASE);
	}
	preempt_enable();
}

void arch_flush_tlb_kernel_range(unsigned long start, unsigned long end)
{
	arch_flush_tlb_cpus(~0UL, start, end);
}

void arch_flush_tlb_all(void)
{
	arch_flush_tlb_kernel_range(0, ~0UL);
}

unsigned long arch_tlb_flushes(unsigned int cpu)
{
	return cpu < nr_cpu_ids ? *(volatile unsigned long *)per_cpu_ptr(&flushes_answered, cpu) : 0;
}
EXPORT_SYMBOL_GPL(arch_tlb_flushes);
