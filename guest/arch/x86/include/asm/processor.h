/* SPDX-License-Identifier: MIT */
/*
 * asm/processor.h - the CPU: who am I, wait a little, count cycles, control registers, context switch.
 */
#ifndef ASM_PROCESSOR_H
#define ASM_PROCESSOR_H

#include <stdint.h>

#include <asm/barrier.h>
#include <asm/percpu.h>
#include <asm/page.h>

#define X86_PF_PROT 0x1UL   /* the page is there: a right was missing */
#define X86_PF_WRITE 0x2UL  /* a write */
#define X86_PF_USER 0x4UL   /* from CPL 3 */
#define X86_PF_RSVD 0x8UL   /* a reserved bit is set in an entry */
#define X86_PF_INSTR 0x10UL /* an instruction fetch */

static inline unsigned int raw_smp_processor_id(void)
{
	return arch_this_cpu_read(cpu_number);
}

static inline void cpu_relax(void)
{
	asm volatile("pause" : : : "memory");
}

static inline uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

static inline void cpuid(uint32_t leaf, uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx)
{
	asm volatile("cpuid" : "=a"(*eax), "=b"(*ebx), "=c"(*ecx), "=d"(*edx) : "a"(leaf), "c"(0));
}

static inline unsigned long read_cr2(void)
{
	unsigned long v;

	asm volatile("mov %%cr2, %0" : "=r"(v) : : "memory");
	return v;
}

static inline unsigned long read_cr3(void)
{
	unsigned long v;

	asm volatile("mov %%cr3, %0" : "=r"(v) : : "memory");
	return v;
}

static inline void write_cr3(unsigned long v)
{
	asm volatile("mov %0, %%cr3" : : "r"(v) : "memory");
}

static inline unsigned long read_cr0(void)
{
	unsigned long v;

	asm volatile("mov %%cr0, %0" : "=r"(v) : : "memory");
	return v;
}

static inline unsigned long read_cr4(void)
{
	unsigned long v;

	asm volatile("mov %%cr4, %0" : "=r"(v) : : "memory");
	return v;
}

/* Cycles of the time-stamp counter per second, from the VMM; the same on every CPU. */
extern uint64_t tsc_hz;

struct task_struct;
struct thread_struct;

/**
 * arch_thread_init - prepare a stack for its first turn
 * @top: end of the stack, 16-byte aligned
 * @fn:  runs first, with interrupts off, with the task that ran before; it must not return
 */
void arch_thread_init(struct thread_struct *t, void *top, void (*fn)(struct task_struct *prev, void *arg), void *arg);

/**
 * arch_switch_stack - leave the running task and go on with another where that one left
 * @save: the running task's thread
 * @load: the other's
 * @prev: handed through: the running task
 *
 * Context: interrupts off.
 * Return: when this task's turn comes again, the task that ran before it.
 */
struct task_struct *arch_switch_stack(struct thread_struct *save, struct thread_struct *load, struct task_struct *prev);

/**
 * __switch_to - make @next the running task of this CPU
 *
 * Context: interrupts off, this CPU's run queue decided.
 * Return: when @prev's turn comes again, the task that ran before it then.
 */
struct task_struct *__switch_to(struct task_struct *prev, struct task_struct *next);

#endif
