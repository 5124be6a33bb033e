/* SPDX-License-Identifier: MIT */
/*
 * smp.c - the other CPUs: per-CPU areas, bringing them online, interrupting them, stopping them for good.
 *
 * Bring-up: a parked vCPU watches its release word (entry.S). Per CPU: an area copied from what was linked (not from CPU
 * 0's live one), three stacks with guard pages (vmalloc), then the word, then a wake-up interrupt. All are released
 * first and waited for together. A CPU is online once its bit is in cpu_online_bits; it sets it itself, last.
 * Not here: what they are interrupted for (guest/kernel/smp.c).
 */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/panic.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include <asm/apic.h>
#include <asm/msr.h>
#include <asm/pcp_cpu.h>
#include <asm/slab_cpu.h>
#include <asm/stacktrace.h>

#include "guest/arch/x86/arch.h"
#include "guest/kernel/boot_info.h"
#include "guest/kernel/main.h"

#define ONLINE_TIMEOUT_S 30

/* Read by parked vCPUs in entry.S. */
uint64_t *park_release[NR_CPUS];
void *secondary_stacks[NR_CPUS];

unsigned long __per_cpu_offset[NR_CPUS];
EXPORT_SYMBOL(__per_cpu_offset);
DEFINE_PER_CPU(unsigned long, this_cpu_off);
EXPORT_SYMBOL(this_cpu_off);
DEFINE_PER_CPU(unsigned int, cpu_number);
EXPORT_SYMBOL(cpu_number);

unsigned int nr_cpu_ids = 1;
EXPORT_SYMBOL(nr_cpu_ids);
unsigned long cpu_online_bits = 1;
EXPORT_SYMBOL(cpu_online_bits);

extern char per_cpu_template[]; /* linker script: room for the per-CPU section as it was linked */
static void *ist_tops[NR_CPUS];

static bool stopping; /* nobody takes this back */

void smp_prepare(void)
{
	nr_cpu_ids = boot_info.nr_cpus;
	if (nr_cpu_ids > 1)
		memcpy(per_cpu_template, __per_cpu_start, (size_t)(__per_cpu_end - __per_cpu_start));
}

static void prepare_cpu(unsigned int cpu)
{
	size_t size = (size_t)(__per_cpu_end - __per_cpu_start);
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_ZERO, get_order(size));
	char *stack = vmalloc(THREAD_SIZE), *ist = vmalloc(IST_STACK_SIZE), *irq = vmalloc(IRQ_STACK_SIZE);

	if (!page || !stack || !ist || !irq)
		panic("no memory for CPU %u of %u: give the guest more, or fewer --cpus", cpu, nr_cpu_ids);
	set_page_owner(page, OWNER_PERCPU);
	memcpy(page_address(page), per_cpu_template, size);
	__per_cpu_offset[cpu] = (unsigned long)page_address(page) - (unsigned long)__per_cpu_start;
	*arch_per_cpu_ptr(&this_cpu_off, cpu) = __per_cpu_offset[cpu];
	*arch_per_cpu_ptr(&cpu_number, cpu) = cpu;
	*arch_per_cpu_ptr(&slab_cpu_offset, cpu) = cpu * sizeof(struct slab_cpu);
	*arch_per_cpu_ptr(&pcp_cpu_base, cpu) = (unsigned long)&mm_root.pcp[cpu * MAX_NR_ZONES];
	random_init_cpu(cpu);
	secondary_stacks[cpu] = stack + THREAD_SIZE;
	ist_tops[cpu] = ist + IST_STACK_SIZE;
	stack_init_cpu(cpu, irq + IRQ_STACK_SIZE, ist_tops[cpu]);
	sched_prepare_cpu(cpu, stack);
	stack_publish(cpu);
}

static void release_cpu(unsigned int cpu)
{
	uint64_t *word = __va(boot_info.cpus[cpu].release_addr);

	__atomic_store_n(word, (uint64_t)secondary_entry, __ATOMIC_SEQ_CST);
	__atomic_store_n(&park_release[cpu], word, __ATOMIC_SEQ_CST);
	apic_send_ipi(boot_info.cpus[cpu].apic_id, WAKE_VECTOR);
}

void smp_boot(void)
{
	uint64_t start;

	for (unsigned int cpu = 1; cpu < nr_cpu_ids; cpu++)
		prepare_cpu(cpu);
	for (unsigned int cpu = 1; cpu < nr_cpu_ids; cpu++)
		release_cpu(cpu);
	start = rdtsc();
	for (unsigned int cpu = 1; cpu < nr_cpu_ids; cpu++) {
		while (!cpu_online(cpu)) {
			cpu_relax();
			if (rdtsc() - start > ONLINE_TIMEOUT_S * tsc_hz)
				panic("CPU %u did not come online within %d s", cpu, ONLINE_TIMEOUT_S);
		}
	}
	mm_root.nr_cpus_online = num_online_cpus();
}

/* First C code of every other CPU, on its own stack: becomes its idle task. */
void secondary_main(unsigned int cpu)
{
	wrmsr(MSR_GS_BASE, __per_cpu_offset[cpu]);
	desc_init_cpu(ist_tops[cpu]);
	apic_init_cpu();
	if (apic_id() != boot_info.cpus[cpu].apic_id)
		panic("CPU %u has APIC id %u, the FDT says %u", cpu, apic_id(), boot_info.cpus[cpu].apic_id);
	__atomic_fetch_or(&cpu_online_bits, 1UL << cpu, __ATOMIC_SEQ_CST);
	/* A mapping that went away before the bit was seen may have been remembered. */
	write_cr3(read_cr3());
	apic_timer_init_cpu();
	sched_secondary_start();
}

void send_ipi_to(unsigned long cpus, unsigned int vector)
{
	for (; cpus; cpus &= cpus - 1)
		apic_send_ipi(boot_info.cpus[__builtin_ctzl(cpus)].apic_id, vector);
}

void handle_call_ipi(void)
{
	if (unlikely(__atomic_load_n(&stopping, __ATOMIC_RELAXED)))
		for (;;)
			arch_halt();
	smp_handle_calls();
}

void arch_send_call(unsigned long cpus)
{
	send_ipi_to(cpus, CALL_FUNCTION_VECTOR);
}

void smp_send_reschedule(unsigned int cpu)
{
	apic_send_ipi(boot_info.cpus[cpu].apic_id, RESCHEDULE_VECTOR);
}

void smp_send_stop(void)
{
	/* No lock and no answer: whoever holds the lock or does not answer may be what went wrong. */
	__atomic_store_n(&stopping, true, __ATOMIC_SEQ_CST);
	send_ipi_to(cpu_online_bits & ~(1UL << raw_smp_processor_id()), CALL_FUNCTION_VECTOR);
}
