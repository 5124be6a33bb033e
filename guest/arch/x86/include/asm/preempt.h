/* SPDX-License-Identifier: MIT */
/*
 * asm/preempt.h - the preempt count in single instructions: <linux/preempt.h> includes this and says what the count means.
 */
#ifndef ASM_PREEMPT_H
#define ASM_PREEMPT_H

#include <asm/percpu.h>

#define arch_preempt_count_inc() asm volatile("incl %%gs:%0" : "+m"(__preempt_count) : : "memory", "cc")

#define arch_preempt_count_dec_and_test()                                                                              \
	({                                                                                                             \
		bool __pc_zero;                                                                                        \
		asm volatile("decl %%gs:%0" : "+m"(__preempt_count), "=@ccz"(__pc_zero) : : "memory");                 \
		__pc_zero;                                                                                             \
	})

#endif
