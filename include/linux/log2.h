/* SPDX-License-Identifier: MIT */
/* log2.h - logarithms and powers of two; constants stay constants. */
#ifndef _LINUX_LOG2_H
#define _LINUX_LOG2_H

#include <linux/bitops.h>

#define ilog2(n)                                                                                                       \
	(__builtin_constant_p(n) ? ((n) < 2 ? 0 : 63 - __builtin_clzll((n) < 2 ? 1 : (n))) : fls64((u64)(n)) - 1)

static inline bool is_power_of_2(unsigned long n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

static inline unsigned long __roundup_pow_of_two(unsigned long n)
{
	return 1UL << fls64(n - 1);
}

/* Of 0 it is not defined. */
static inline unsigned long __rounddown_pow_of_two(unsigned long n)
{
	return 1UL << (fls64(n | 1) - 1);
}

#define roundup_pow_of_two(n)                                                                                          \
	(__builtin_constant_p(n) ? ((n) == 1 ? 1UL : (1UL << (ilog2((n)-1) + 1))) : __roundup_pow_of_two(n))
#define rounddown_pow_of_two(n) (__builtin_constant_p(n) ? (1UL << ilog2(n)) : __rounddown_pow_of_two(n))
/** order_base_2 - the smallest order with n <= 1 << order */
#define order_base_2(n) ((n) > 1 ? ilog2((n)-1) + 1 : 0)
#define bits_per(n) ((n) < 2 ? 1 : ilog2(n) + 1)

#endif
