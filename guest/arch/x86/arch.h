/* SPDX-License-Identifier: MIT */
/*
 * arch.h - what the files of this room share among themselves, in the order in which boot.c calls it.
 */
#ifndef X86_ARCH_H
#define X86_ARCH_H

#include <linux/types.h>
#include <asm/processor.h>
#include <asm/ptrace.h>

struct mm_struct;

/* Linker script. */
extern char kernel_start[], kernel_end[];
#include <asm/sections.h>
extern char boot_stack_guard[], boot_stack_top[], boot_ist_guard[], boot_ist_top[], boot_irq_guard[], boot_irq_top[];

/* entry.S */
extern char idt_stubs[], wake_entry[], secondary_entry[], thread_trampoline[];
void trap_entry(struct pt_regs *regs);

/* desc.c: GDT, TSS, IDT */

#define IST_NONE 0
#define IST_CRASH 1 /* double fault, NMI, machine check: none of them may trust the stack it finds */

struct idt_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));
extern struct idt_pointer idt_ptr;

/** idt_set_gate - vector @n enters at @handler, on IST stack @ist. Gates nobody set end in a "segment not present". */
void idt_set_gate(unsigned int n, const void *handler, unsigned int ist);

/** idt_use_vector - let vector @n in, through the common path to trap_entry(). */
void idt_use_vector(unsigned int n);

/** traps_init - gates of all exceptions, and load the IDT. First thing on the boot CPU. */
void traps_init(void);

/** desc_init_cpu - own GDT and TSS for this CPU; @ist_top: end of its stack for IST_CRASH. Per-CPU area in place. */
void desc_init_cpu(const void *ist_top);

/* stack.c */

struct stack_range;

/** stack_init_cpu - @irq_top, @ist_top: ends of @cpu's stacks, of IRQ_STACK_SIZE and IST_STACK_SIZE. Before it takes interrupts. */
void stack_init_cpu(unsigned int cpu, void *irq_top, void *ist_top);

/** stack_publish - tell readers of the guest's memory where @cpu's stacks are. After sched_prepare_cpu(). */
void stack_publish(unsigned int cpu);

/** stack_guard_of - does @addr lie in the unmapped page under a stack of this CPU? Then that stack ran over. Context: any. */
bool stack_guard_of(unsigned long addr, struct stack_range *range);

/* fdt.c */

/** fdt_parse - fill boot_info; what is wrong with the tree ends the run with one line. */
void fdt_parse(const void *fdt);

/* paging.c */

/** paging_init - own page tables, from memblock; load them. */
void paging_init(void);

/** paging_protect_image - the kernel's text and constants become read-only in the direct map too. After mm_init(). */
void paging_protect_image(void);

/** paging_fault - map what is meant to be mapped on first touch. Return: true if @addr was that. Context: any. */
bool paging_fault(unsigned long addr);

/** paging_on_touch - is a part of the direct map filled in that way? */
bool paging_on_touch(void);

/* apic.c */

void apic_init_cpu(void);
void apic_eoi(void);
uint32_t apic_id(void);
void apic_send_ipi(uint32_t apic_id, unsigned int vector);

/** apic_timer_init_cpu - start this CPU's tick. */
void apic_timer_init_cpu(void);

/** apic_timer_rearm - from the timer interrupt: arrange for the next one. */
void apic_timer_rearm(void);

/* irq.c */

void irq_init(void);
void handle_interrupt(struct pt_regs *regs);

/* restart.c */

/** restart_sequence - if an interrupt came into a restartable sequence, begin that again, or finish it. */
void restart_sequence(struct pt_regs *regs);

/* What finishes the sequences of asm/pcp_cpu.h: named in .restart_table. */
void restart_pcp_pop(const struct pt_regs *regs);
void restart_pcp_push(const struct pt_regs *regs);

/* step.c */

/** step_trap - was this debug exception asked for (mmvisor/step.h)? */
bool step_trap(struct pt_regs *regs);

/* smp.c */

/** smp_prepare - number the CPUs. Before mm_init(). */
void smp_prepare(void);

/** smp_boot - bring every other CPU online; returns when all are. */
void smp_boot(void);

void secondary_main(unsigned int cpu) __attribute__((noreturn));
void handle_call_ipi(void);

/** send_ipi_to - interrupt the CPUs of a bit mask; only online ones, a parked CPU has no stack for it. */
void send_ipi_to(unsigned long cpus, unsigned int vector);

/* tlb.c */

void tlb_handle_flush(void);

/* user.c */

/** arch_switch_mm - this CPU goes from one address space (NULL: the kernel's own) to another. Needs: interrupts off. */
void arch_switch_mm(struct mm_struct *prev, struct mm_struct *next);

/** user_fault - an exception at a user address: make the page accessible. Return: false if that cannot be. May sleep. */
bool user_fault(const struct pt_regs *regs, unsigned long addr);

/* extable.c */

/** fixup_exception - if regs->ip is allowed to fault, send it on. */
bool fixup_exception(struct pt_regs *regs);

void x86_start(gpa_t fdt, gpa_t phys, uint64_t tsc) __attribute__((noreturn));

#endif
