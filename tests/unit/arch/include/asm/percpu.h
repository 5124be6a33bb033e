/* SPDX-License-Identifier: MIT */
/* asm/percpu.h of the host build - per-CPU variables of guest/kernel exist once: what guest/mm keeps per CPU is its own. */
#ifndef ASM_PERCPU_H
#define ASM_PERCPU_H

#define ARCH_PER_CPU_ATTR

#define arch_this_cpu_read(var) (var)
#define arch_this_cpu_read_stable(var) (var)
#define arch_this_cpu_write(var, val) ((void)((var) = (val)))
#define arch_this_cpu_add(var, val) ((void)((var) += (__typeof__(var))(val)))
#define arch_this_cpu_ptr(ptr) (ptr)
#define arch_per_cpu_ptr(ptr, cpu) ((void)(cpu), (ptr))

#endif
