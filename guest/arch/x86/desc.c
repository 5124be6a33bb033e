/* SPDX-License-Identifier: MIT */
/*
 * desc.c - descriptor tables: one IDT for all CPUs, a GDT and a TSS for each.
 *
 * Segments are flat and never change. The TSS is there for the IST only: the stack on which double fault, NMI and machine
 * check run, because a kernel stack that ran into its guard page can take no frame.
 * A gate is filled in when somebody wants its vector: filling all 256 would cost more than the rest of this file.
 */
#include <linux/percpu.h>

#include <asm/msr.h>

#include "guest/arch/x86/arch.h"
#include "shared/boot.h"

#define GATE_INTERRUPT 0x8e00U /* present, DPL 0, 64-bit interrupt gate */
#define TSS_SELECTOR 0x18

struct gate {
	uint16_t offset_low, selector;
	uint16_t type;
	uint16_t offset_mid;
	uint32_t offset_high, zero;
};

struct tss {
	uint32_t zero0;
	uint64_t rsp[3];
	uint64_t zero1;
	uint64_t ist[7];
	uint64_t zero2;
	uint16_t zero3, iomap;
} __attribute__((packed));

_Static_assert(sizeof(struct gate) == 16, "as the CPU reads it");
_Static_assert(sizeof(struct tss) == 104, "as the CPU reads it");

static struct gate idt[256] __attribute__((aligned(16)));
struct idt_pointer idt_ptr = {.limit = sizeof(idt) - 1, .base = (uint64_t)idt};

static DEFINE_PER_CPU(struct tss, cpu_tss);
static DEFINE_PER_CPU(uint64_t[5], cpu_gdt);

/* libfdt was compiled with a stack protector: it reads its canary at %fs:0x28. */
static const uint64_t canary_area[6];

void idt_set_gate(unsigned int n, const void *handler, unsigned int ist)
{
	uint64_t addr = (uint64_t)handler;

	idt[n] = (struct gate){
		.offset_low = (uint16_t)addr,
		.selector = BOOT_CS,
		.type = (uint16_t)(GATE_INTERRUPT | ist),
		.offset_mid = (uint16_t)(addr >> 16),
		.offset_high = (uint32_t)(addr >> 32),
	};
}

void idt_use_vector(unsigned int n)
{
	idt_set_gate(n, idt_stubs + 16 * n, IST_NONE);
}

static void load_idt(void)
{
	asm volatile("lidt %0" : : "m"(idt_ptr));
}

void traps_init(void)
{
	for (unsigned int n = 0; n < 32; n++)
		idt_use_vector(n);
	load_idt();
	wrmsr(MSR_GS_BASE, 0);
	wrmsr(MSR_FS_BASE, (uint64_t)canary_area);
}

void desc_init_cpu(const void *ist_top)
{
	struct tss *tss = this_cpu_ptr(&cpu_tss);
	uint64_t *gdt = *this_cpu_ptr(&cpu_gdt);
	uint64_t base = (uint64_t)tss;
	struct idt_pointer ptr = {.limit = sizeof(cpu_gdt) - 1, .base = (uint64_t)gdt};

	tss->ist[IST_CRASH - 1] = (uint64_t)ist_top;
	tss->iomap = sizeof(*tss);

	gdt[1] = 0x00af9b000000ffffUL; /* BOOT_CS */
	gdt[2] = 0x00cf93000000ffffUL; /* BOOT_DS */
	gdt[3] = (sizeof(*tss) - 1) | (base & 0xffffff) << 16 | 0x89UL << 40 | (base >> 24 & 0xff) << 56;
	gdt[4] = base >> 32;
	asm volatile("lgdt %0" : : "m"(ptr));
	asm volatile("ltr %w0" : : "r"(TSS_SELECTOR));
	load_idt();
	wrmsr(MSR_FS_BASE, (uint64_t)canary_area);

	/* The IST is known now: gates are shared, so every CPU before this one has its own already. */
	idt_set_gate(2, idt_stubs + 16 * 2, IST_CRASH);
	idt_set_gate(8, idt_stubs + 16 * 8, IST_CRASH);
	idt_set_gate(18, idt_stubs + 16 * 18, IST_CRASH);
}
