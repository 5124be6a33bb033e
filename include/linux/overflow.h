/* SPDX-License-Identifier: MIT */
/* overflow.h - arithmetic on sizes that cannot wrap unnoticed: SIZE_MAX is what no allocator ever grants. */
#ifndef _LINUX_OVERFLOW_H
#define _LINUX_OVERFLOW_H

#include <linux/types.h>

#ifndef SIZE_MAX
#define SIZE_MAX (~(size_t)0)
#endif

/* Store the wrapped result in *@d; true if it did wrap. */
#define check_add_overflow(a, b, d) __builtin_add_overflow(a, b, d)
#define check_sub_overflow(a, b, d) __builtin_sub_overflow(a, b, d)
#define check_mul_overflow(a, b, d) __builtin_mul_overflow(a, b, d)

/* Shift left: wraps if bits or the sign get lost, or if the count makes no sense for the type. */
#define check_shl_overflow(a, s, d)                                                                                    \
	({                                                                                                             \
		typeof(a) __a = (a);                                                                                   \
		typeof(d) __d = (d);                                                                                   \
		unsigned long long __wide = (unsigned long long)__a;                                                   \
		long long __s = (long long)(s);                                                                        \
		bool __bad = __s < 0 || __s >= (long long)(8 * sizeof(*__d));                                          \
		*__d = (typeof(*__d))(__wide << (__bad ? 0 : __s));                                                    \
		__bad || __a<0 || *__d<0 || (unsigned long long)(*__d)>> __s != __wide;                                \
	})

/** size_mul, size_add, size_sub - saturate at SIZE_MAX. */
static inline size_t size_mul(size_t a, size_t b)
{
	size_t r;

	return __builtin_mul_overflow(a, b, &r) ? SIZE_MAX : r;
}

static inline size_t size_add(size_t a, size_t b)
{
	size_t r;

	return __builtin_add_overflow(a, b, &r) ? SIZE_MAX : r;
}

static inline size_t size_sub(size_t a, size_t b)
{
	size_t r;

	if (a == SIZE_MAX || b == SIZE_MAX)
		return SIZE_MAX;
	return __builtin_sub_overflow(a, b, &r) ? SIZE_MAX : r;
}

#define array_size(a, b) size_mul(a, b)
#define array3_size(a, b, c) size_mul(size_mul(a, b), c)

#define __member_size(p, member) sizeof(*(p)->member)
#define flex_array_size(p, member, n) size_mul(n, __member_size(p, member))
/* A compile-time constant if @n is one. */
#define struct_size(p, member, n)                                                                                      \
	__builtin_choose_expr(__builtin_constant_p(n), sizeof(*(p)) + __member_size(p, member) * (size_t)(n),          \
			      size_add(sizeof(*(p)), flex_array_size(p, member, n)))
#define struct_size_t(type, member, n) struct_size((type *)NULL, member, n)

#endif
