/* SPDX-License-Identifier: MIT */
/*
 * asm/percpu.h - per-CPU variables: %gs holds the distance from the linked copy to this CPU's own.
 *
 * CPU 0 uses the linked copy itself (distance 0), so per-CPU variables work from the first instruction; every other CPU
 * gets a copy of it as it was when that CPU was started. The operations here are single instructions: an
 * interrupt cannot split them. <linux/percpu.h> gives them their usual names.
 *
 * They take scalars of 1, 2, 4 or 8 bytes.
 */
#ifndef ASM_PERCPU_H
#define ASM_PERCPU_H

#include "shared/layout.h"

#define PER_CPU_SECTION ".data..percpu"
#define ARCH_PER_CPU_ATTR __attribute__((section(PER_CPU_SECTION)))

extern unsigned long __per_cpu_offset[MMV_NR_CPUS];
extern char __per_cpu_start[], __per_cpu_end[];

extern unsigned long this_cpu_off;
extern unsigned int cpu_number;

#define arch_this_cpu_read(var)                                                                                        \
	({                                                                                                             \
		__typeof__(var) __pcp_val;                                                                             \
		asm volatile("mov %%gs:%1, %0" : "=q"(__pcp_val) : "m"(var));                                          \
		__pcp_val;                                                                                             \
	})

/* For values that do not change while the caller can look, such as its own task: the compiler may read it once. */
#define arch_this_cpu_read_stable(var)                                                                                 \
	({                                                                                                             \
		__typeof__(var) __pcp_val;                                                                             \
		asm("mov %%gs:%P1, %0" : "=q"(__pcp_val) : "p"(&(var)));                                               \
		__pcp_val;                                                                                             \
	})

#define arch_this_cpu_write(var, val)                                                                                  \
	do {                                                                                                           \
		__typeof__(var) __pcp_val = (val);                                                                     \
		asm volatile("mov %1, %%gs:%0" : "=m"(var) : "q"(__pcp_val) : "memory");                               \
	} while (0)

#define arch_this_cpu_add(var, val)                                                                                    \
	do {                                                                                                           \
		__typeof__(var) __pcp_val = (__typeof__(var))(val);                                                    \
		asm volatile("add %1, %%gs:%0" : "+m"(var) : "q"(__pcp_val) : "memory", "cc");                         \
	} while (0)

#define arch_this_cpu_ptr(ptr) ((__typeof__(ptr))((unsigned long)(ptr) + arch_this_cpu_read(this_cpu_off)))

#define arch_per_cpu_ptr(ptr, cpu) ((__typeof__(ptr))((unsigned long)(ptr) + __per_cpu_offset[(cpu)]))

#endif
