/* SPDX-License-Identifier: MIT */
/*
 * asm/cmpxchg.h - the locked operations that <linux/atomic.h> may be built on: GCC's builtins already are single
 * locked instructions on x86; nothing here needs assembly.
 */
#ifndef ASM_CMPXCHG_H
#define ASM_CMPXCHG_H

#define arch_xchg(p, v) __atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)

#define arch_cmpxchg(p, o, n)                                                                                          \
	({                                                                                                             \
		__typeof__(*(p)) __cx_old = (o);                                                                       \
		__atomic_compare_exchange_n((p), &__cx_old, (n), 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);               \
		__cx_old;                                                                                              \
	})

#endif
