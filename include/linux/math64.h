/* SPDX-License-Identifier: MIT */
/* math64.h - 64-bit divisions under Linux's names: plain ones on this machine. */
#ifndef _LINUX_MATH64_H
#define _LINUX_MATH64_H

#include <linux/math.h>

static inline u64 div_u64_rem(u64 dividend, u32 divisor, u32 *remainder)
{
	*remainder = (u32)(dividend % divisor);
	return dividend / divisor;
}

static inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}

static inline s64 div_s64(s64 dividend, s32 divisor)
{
	return dividend / divisor;
}

static inline u64 div64_u64(u64 dividend, u64 divisor)
{
	return dividend / divisor;
}

static inline s64 div64_s64(s64 dividend, s64 divisor)
{
	return dividend / divisor;
}

#define do_div(n, base)                                                                                                \
	({                                                                                                             \
		u32 __dd_base = (base);                                                                                \
		u32 __dd_rem = (u32)((n) % __dd_base);                                                                 \
		(n) /= __dd_base;                                                                                      \
		__dd_rem;                                                                                              \
	})

/** mul_u64_u64_shr - (a * b) >> shift with a 128-bit product */
static inline u64 mul_u64_u64_shr(u64 a, u64 b, unsigned int shift)
{
	return (u64)(((unsigned __int128)a * b) >> shift);
}

static inline u64 mul_u64_u32_shr(u64 a, u32 mul, unsigned int shift)
{
	return mul_u64_u64_shr(a, mul, shift);
}

#endif
