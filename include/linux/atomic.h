/* SPDX-License-Identifier: MIT */
/*
 * atomic.h - counters that several CPUs change at once, and exchanges on any word of up to 8 bytes.
 *
 * Operations that return something order all memory accesses around them; the others order nothing, as in Linux. Built
 * on the compiler's own atomics: on x86 each is one locked instruction, and no fence is ever emitted.
 */
#ifndef _LINUX_ATOMIC_H
#define _LINUX_ATOMIC_H

#include <asm/processor.h>
#include <linux/types.h>

#define xchg(ptr, v) __atomic_exchange_n((ptr), (v), __ATOMIC_SEQ_CST)
#define xchg_relaxed(ptr, v) xchg(ptr, v)
#define cmpxchg(ptr, old, new)                                                                                         \
	({                                                                                                             \
		__typeof__(*(ptr)) __cx_seen = (old);                                                                  \
		__atomic_compare_exchange_n((ptr), &__cx_seen, (new), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);      \
		__cx_seen;                                                                                             \
	})
#define cmpxchg_relaxed(ptr, old, new) cmpxchg(ptr, old, new)
#define cmpxchg64(ptr, old, new) cmpxchg(ptr, old, new)
/** try_cmpxchg - true if *@ptr was *@oldp and is @new now; else *@oldp is what was found */
#define try_cmpxchg(ptr, oldp, new)                                                                                    \
	__atomic_compare_exchange_n((ptr), (oldp), (new), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
#define smp_mb__before_atomic() barrier()
#define smp_mb__after_atomic() barrier()
#define smp_store_mb(var, value) ((void)xchg(&(var), (value)))

#define __ATOMIC_OPS(prefix, atype, itype)                                                                             \
	static __always_inline itype prefix##_read(const atype *v)                                                     \
	{                                                                                                              \
		return READ_ONCE(v->counter);                                                                          \
	}                                                                                                              \
	static __always_inline itype prefix##_read_acquire(const atype *v)                                             \
	{                                                                                                              \
		return __atomic_load_n(&v->counter, __ATOMIC_ACQUIRE);                                                 \
	}                                                                                                              \
	static __always_inline void prefix##_set(atype *v, itype i)                                                    \
	{                                                                                                              \
		WRITE_ONCE(v->counter, i);                                                                             \
	}                                                                                                              \
	static __always_inline void prefix##_set_release(atype *v, itype i)                                            \
	{                                                                                                              \
		__atomic_store_n(&v->counter, i, __ATOMIC_RELEASE);                                                    \
	}                                                                                                              \
	static __always_inline void prefix##_add(itype i, atype *v)                                                    \
	{                                                                                                              \
		__atomic_fetch_add(&v->counter, i, __ATOMIC_RELAXED);                                                  \
	}                                                                                                              \
	static __always_inline void prefix##_sub(itype i, atype *v)                                                    \
	{                                                                                                              \
		__atomic_fetch_sub(&v->counter, i, __ATOMIC_RELAXED);                                                  \
	}                                                                                                              \
	static __always_inline void prefix##_inc(atype *v)                                                             \
	{                                                                                                              \
		prefix##_add(1, v);                                                                                    \
	}                                                                                                              \
	static __always_inline void prefix##_dec(atype *v)                                                             \
	{                                                                                                              \
		prefix##_sub(1, v);                                                                                    \
	}                                                                                                              \
	static __always_inline void prefix##_or(itype i, atype *v)                                                     \
	{                                                                                                              \
		__atomic_fetch_or(&v->counter, i, __ATOMIC_RELAXED);                                                   \
	}                                                                                                              \
	static __always_inline void prefix##_and(itype i, atype *v)                                                    \
	{                                                                                                              \
		__atomic_fetch_and(&v->counter, i, __ATOMIC_RELAXED);                                                  \
	}                                                                                                              \
	static __always_inline itype prefix##_add_return(itype i, atype *v)                                            \
	{                                                                                                              \
		return __atomic_add_fetch(&v->counter, i, __ATOMIC_SEQ_CST);                                           \
	}                                                                                                              \
	static __always_inline itype prefix##_sub_return(itype i, atype *v)                                            \
	{                                                                                                              \
		return __atomic_sub_fetch(&v->counter, i, __ATOMIC_SEQ_CST);                                           \
	}                                                                                                              \
	static __always_inline itype prefix##_fetch_add(itype i, atype *v)                                             \
	{                                                                                                              \
		return __atomic_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST);                                           \
	}                                                                                                              \
	static __always_inline itype prefix##_fetch_sub(itype i, atype *v)                                             \
	{                                                                                                              \
		return __atomic_fetch_sub(&v->counter, i, __ATOMIC_SEQ_CST);                                           \
	}                                                                                                              \
	static __always_inline itype prefix##_fetch_inc(atype *v)                                                      \
	{                                                                                                              \
		return prefix##_fetch_add(1, v);                                                                       \
	}                                                                                                              \
	static __always_inline itype prefix##_fetch_or(itype i, atype *v)                                              \
	{                                                                                                              \
		return __atomic_fetch_or(&v->counter, i, __ATOMIC_SEQ_CST);                                            \
	}                                                                                                              \
	static __always_inline itype prefix##_fetch_and(itype i, atype *v)                                             \
	{                                                                                                              \
		return __atomic_fetch_and(&v->counter, i, __ATOMIC_SEQ_CST);                                           \
	}                                                                                                              \
	static __always_inline itype prefix##_inc_return(atype *v)                                                     \
	{                                                                                                              \
		return prefix##_add_return(1, v);                                                                      \
	}                                                                                                              \
	static __always_inline itype prefix##_dec_return(atype *v)                                                     \
	{                                                                                                              \
		return prefix##_sub_return(1, v);                                                                      \
	}                                                                                                              \
	static __always_inline bool prefix##_sub_and_test(itype i, atype *v)                                           \
	{                                                                                                              \
		return prefix##_sub_return(i, v) == 0;                                                                 \
	}                                                                                                              \
	static __always_inline bool prefix##_dec_and_test(atype *v)                                                    \
	{                                                                                                              \
		return prefix##_sub_return(1, v) == 0;                                                                 \
	}                                                                                                              \
	static __always_inline bool prefix##_inc_and_test(atype *v)                                                    \
	{                                                                                                              \
		return prefix##_add_return(1, v) == 0;                                                                 \
	}                                                                                                              \
	static __always_inline itype prefix##_xchg(atype *v, itype i)                                                  \
	{                                                                                                              \
		return xchg(&v->counter, i);                                                                           \
	}                                                                                                              \
	static __always_inline itype prefix##_cmpxchg(atype *v, itype old, itype i)                                    \
	{                                                                                                              \
		return cmpxchg(&v->counter, old, i);                                                                   \
	}                                                                                                              \
	static __always_inline bool prefix##_try_cmpxchg(atype *v, itype *old, itype i)                                \
	{                                                                                                              \
		return try_cmpxchg(&v->counter, old, i);                                                               \
	}                                                                                                              \
	/* Add @i unless the value is @u; true if it was added. */                                                     \
	static __always_inline bool prefix##_add_unless(atype *v, itype i, itype u)                                    \
	{                                                                                                              \
		itype old = prefix##_read(v);                                                                          \
                                                                                                                       \
		do {                                                                                                   \
			if (old == u)                                                                                  \
				return false;                                                                          \
		} while (!prefix##_try_cmpxchg(v, &old, old + i));                                                     \
		return true;                                                                                           \
	}                                                                                                              \
	static __always_inline bool prefix##_inc_not_zero(atype *v)                                                    \
	{                                                                                                              \
		return prefix##_add_unless(v, 1, 0);                                                                   \
	}

__ATOMIC_OPS(atomic, atomic_t, int)
__ATOMIC_OPS(atomic64, atomic64_t, s64)

#define atomic_long_read(v) ((long)atomic64_read(v))
#define atomic_long_set(v, i) atomic64_set(v, i)
#define atomic_long_add(i, v) atomic64_add(i, v)
#define atomic_long_sub(i, v) atomic64_sub(i, v)
#define atomic_long_inc(v) atomic64_inc(v)
#define atomic_long_dec(v) atomic64_dec(v)
#define atomic_long_add_return(i, v) ((long)atomic64_add_return(i, v))
#define atomic_long_sub_return(i, v) ((long)atomic64_sub_return(i, v))
#define atomic_long_inc_return(v) ((long)atomic64_inc_return(v))
#define atomic_long_fetch_add(i, v) ((long)atomic64_fetch_add(i, v))
#define atomic_long_dec_and_test(v) atomic64_dec_and_test(v)
#define atomic_long_xchg(v, i) ((long)atomic64_xchg(v, i))
#define atomic_long_cmpxchg(v, o, n) ((long)atomic64_cmpxchg(v, o, n))

#endif
