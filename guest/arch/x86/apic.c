/* SPDX-License-Identifier: MIT */
/*
 * apic.c - the local APIC of this CPU, in x2APIC mode: every register is an MSR. Interrupts to other CPUs, the tick.
 *
 * The tick comes from the TSC-deadline timer where CPUID announces it: each deadline follows from the one before, so
 * ticks do not drift; after a pause longer than a period (the host had other things to do) the missed ones are
 * dropped. Elsewhere the APIC's own counter runs periodically, at a speed measured once against the TSC.
 */
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/panic.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/smp.h>

#include <asm/apic.h>
#include <asm/msr.h>

#include "guest/arch/x86/arch.h"
#include "guest/kernel/boot_info.h"

/* x2APIC registers, as MSR numbers. */
#define APIC_ID (MSR_X2APIC + 0x2)
#define APIC_TPR (MSR_X2APIC + 0x8)
#define APIC_EOI (MSR_X2APIC + 0xb)
#define APIC_SVR (MSR_X2APIC + 0xf)
#define APIC_ICR (MSR_X2APIC + 0x30)
#define APIC_LVT_TIMER (MSR_X2APIC + 0x32)
#define APIC_TMICT (MSR_X2APIC + 0x38)
#define APIC_TMCCT (MSR_X2APIC + 0x39)
#define APIC_TDCR (MSR_X2APIC + 0x3e)

#define APIC_BASE_ENABLE 0xc00UL /* on, x2APIC */
#define APIC_SVR_ENABLE 0x100UL
#define APIC_TIMER_PERIODIC (1UL << 17)
#define APIC_TIMER_DEADLINE (2UL << 17)
#define APIC_LVT_MASKED (1UL << 16)
#define APIC_TDCR_BY_1 0xbUL
#define ICR_ASSERT (1UL << 14)

#define CPUID1_ECX_X2APIC (1U << 21)
#define CPUID1_ECX_DEADLINE (1U << 24)

uint64_t tsc_hz;
EXPORT_SYMBOL(tsc_hz);

static bool use_deadline;
static uint32_t counts_per_tick; /* periodic mode only */
static uint64_t tsc_per_tick;
static DEFINE_PER_CPU(uint64_t, next_tick);

/* What this machine has; asked once, on the boot CPU. */
static void probe(void)
{
	uint32_t eax, ebx, ecx, edx;

	cpuid(1, &eax, &ebx, &ecx, &edx);
	if (!(ecx & CPUID1_ECX_X2APIC))
		panic("this CPU has no x2APIC");
	use_deadline = ecx & CPUID1_ECX_DEADLINE;
	tsc_per_tick = tsc_hz / HZ;
}

void apic_init_cpu(void)
{
	if (raw_smp_processor_id() == 0)
		probe();
	wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE);
	wrmsr(APIC_SVR, APIC_SVR_ENABLE | SPURIOUS_VECTOR);
	wrmsr(APIC_TPR, 0);
}

void apic_eoi(void)
{
	wrmsr(APIC_EOI, 0);
}

uint32_t apic_id(void)
{
	return (uint32_t)rdmsr(APIC_ID);
}

void apic_send_ipi(uint32_t id, unsigned int vector)
{
	wrmsr(APIC_ICR, (uint64_t)id << 32 | ICR_ASSERT | vector);
}

/* How far does the APIC's counter come in a hundredth of a tick? */
static void calibrate(void)
{
	uint64_t start, gone;
	uint32_t counted;

	wrmsr(APIC_LVT_TIMER, APIC_LVT_MASKED | TIMER_VECTOR);
	wrmsr(APIC_TMICT, ~0U);
	start = rdtsc();
	do {
		gone = rdtsc() - start;
	} while (gone < tsc_per_tick / 100);
	counted = ~0U - (uint32_t)rdmsr(APIC_TMCCT);
	counts_per_tick = (uint32_t)(counted * tsc_per_tick / gone);
	wrmsr(APIC_TMICT, 0);
}

void apic_timer_init_cpu(void)
{
	wrmsr(APIC_TDCR, APIC_TDCR_BY_1);
	if (use_deadline) {
		wrmsr(APIC_LVT_TIMER, APIC_TIMER_DEADLINE | TIMER_VECTOR);
		this_cpu_write(next_tick, rdtsc());
		apic_timer_rearm();
		return;
	}
	if (!counts_per_tick)
		calibrate();
	wrmsr(APIC_LVT_TIMER, APIC_TIMER_PERIODIC | TIMER_VECTOR);
	wrmsr(APIC_TMICT, counts_per_tick);
}

void apic_timer_rearm(void)
{
	uint64_t now, next;

	if (!use_deadline)
		return;
	now = rdtsc();
	next = this_cpu_read(next_tick) + tsc_per_tick;
	if (next <= now)
		next = now + tsc_per_tick;
	this_cpu_write(next_tick, next);
	wrmsr(MSR_TSC_DEADLINE, next);
}
