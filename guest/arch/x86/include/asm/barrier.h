/* SPDX-License-Identifier: MIT */
/*
 * asm/barrier.h - memory order. x86 reorders only a store with a later load, so only smp_mb() costs anything.
 *
 * The fence instructions are missing on KVMs that emulate ring 0; a locked addition to the stack orders as much.
 */
#ifndef ASM_BARRIER_H
#define ASM_BARRIER_H

#define barrier() asm volatile("" : : : "memory")

#define smp_mb() asm volatile("lock; addl $0, -4(%%rsp)" : : : "memory", "cc")
#define smp_rmb() barrier()
#define smp_wmb() barrier()
#define mb() smp_mb()
#define rmb() smp_mb()
#define wmb() barrier()
#define dma_rmb() barrier()
#define dma_wmb() barrier()

#define smp_store_release(p, v)                                                                                        \
	do {                                                                                                           \
		barrier();                                                                                             \
		*(volatile __typeof__(*(p)) *)(p) = (v);                                                               \
	} while (0)

#define smp_load_acquire(p)                                                                                            \
	({                                                                                                             \
		__typeof__(*(p)) __v = *(volatile __typeof__(*(p)) *)(p);                                              \
		barrier();                                                                                             \
		__v;                                                                                                   \
	})

#endif
