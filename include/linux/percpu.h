/* SPDX-License-Identifier: MIT */
/*
 * percpu.h - variables of which every CPU has its own.
 *
 * this_cpu_read/write/add/inc/dec on scalars are one instruction each: neither an interrupt nor a move to another CPU
 * splits them. Everything else needs preemption off from this_cpu_ptr() to the last use. In the host build of guest/mm
 * another <asm/percpu.h> supplies the arch_* operations.
 */
#ifndef _LINUX_PERCPU_H
#define _LINUX_PERCPU_H

#include <asm/percpu.h>
#include <linux/types.h>

#define DECLARE_PER_CPU(type, name) extern __typeof__(type) name
#define DEFINE_PER_CPU(type, name) ARCH_PER_CPU_ATTR __typeof__(type) name
#define DEFINE_PER_CPU_ALIGNED(type, name) DEFINE_PER_CPU(type, name) ____cacheline_aligned
#define DEFINE_PER_CPU_SHARED_ALIGNED(type, name) DEFINE_PER_CPU_ALIGNED(type, name)
#define DEFINE_PER_CPU_READ_MOSTLY(type, name) DEFINE_PER_CPU(type, name)

#define per_cpu_ptr(ptr, cpu) arch_per_cpu_ptr(ptr, cpu)
#define per_cpu(var, cpu) (*per_cpu_ptr(&(var), cpu))
#define this_cpu_ptr(ptr) arch_this_cpu_ptr(ptr)
#define raw_cpu_ptr(ptr) this_cpu_ptr(ptr)
#define __this_cpu_ptr(ptr) this_cpu_ptr(ptr)

#define this_cpu_read(var) arch_this_cpu_read(var)
#define this_cpu_write(var, val) arch_this_cpu_write(var, val)
#define this_cpu_add(var, val) arch_this_cpu_add(var, val)
#define this_cpu_sub(var, val) arch_this_cpu_add(var, -(__typeof__(var))(val))
#define this_cpu_inc(var) this_cpu_add(var, 1)
#define this_cpu_dec(var) this_cpu_sub(var, 1)
#define __this_cpu_read(var) this_cpu_read(var)
#define __this_cpu_write(var, val) this_cpu_write(var, val)
#define __this_cpu_add(var, val) this_cpu_add(var, val)
#define __this_cpu_sub(var, val) this_cpu_sub(var, val)
#define __this_cpu_inc(var) this_cpu_inc(var)
#define __this_cpu_dec(var) this_cpu_dec(var)
#define raw_cpu_read(var) this_cpu_read(var)
#define raw_cpu_write(var, val) this_cpu_write(var, val)
#define raw_cpu_add(var, val) this_cpu_add(var, val)

#define get_cpu_var(var)                                                                                               \
	(*({                                                                                                           \
		preempt_disable();                                                                                     \
		this_cpu_ptr(&(var));                                                                                  \
	}))
#define put_cpu_var(var)                                                                                               \
	do {                                                                                                           \
		(void)&(var);                                                                                          \
		preempt_enable();                                                                                      \
	} while (0)
#define get_cpu_ptr(ptr)                                                                                               \
	({                                                                                                             \
		preempt_disable();                                                                                     \
		this_cpu_ptr(ptr);                                                                                     \
	})
#define put_cpu_ptr(ptr)                                                                                               \
	do {                                                                                                           \
		(void)(ptr);                                                                                           \
		preempt_enable();                                                                                      \
	} while (0)

/* Last: it wants DECLARE_PER_CPU. */
#include <linux/smp.h>

#endif
