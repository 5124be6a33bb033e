/* SPDX-License-Identifier: MIT */
/* asm/processor.h of the host build - which simulated CPU runs is a variable; tests switch it. */
#ifndef ASM_PROCESSOR_H
#define ASM_PROCESSOR_H

#include <stdint.h>
#include <asm/page.h>
#include <asm/percpu.h>
#include <linux/compiler.h>

#define smp_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_rmb() barrier()
#define smp_wmb() barrier()

extern unsigned int sim_cpu;

static inline unsigned int raw_smp_processor_id(void)
{
	return sim_cpu;
}

static inline uint64_t rdtsc(void)
{
	return __builtin_ia32_rdtsc();
}

static inline void cpu_relax(void)
{
	barrier();
}

#endif
