/* SPDX-License-Identifier: MIT */
/* minmax.h - the smaller and the larger, each argument evaluated once. */
#ifndef _LINUX_MINMAX_H
#define _LINUX_MINMAX_H

#include <linux/build_bug.h>
#include <linux/types.h>

/* A comparison of pointers to different types warns: that is how min(int, long) is refused. */
#define __cmp_same_types(x, y) ((void)(sizeof((__typeof__(x) *)1 == (__typeof__(y) *)1)))
#define __careful(op, x, y, ux, uy)                                                                                    \
	({                                                                                                             \
		__typeof__(x) ux = (x);                                                                                \
		__typeof__(y) uy = (y);                                                                                \
		ux op uy ? ux : uy;                                                                                    \
	})
#define __min_max(op, x, y)                                                                                            \
	({                                                                                                             \
		__cmp_same_types(x, y);                                                                                \
		__careful(op, x, y, __UNIQUE_ID(ux_), __UNIQUE_ID(uy_));                                               \
	})
/* Constant arguments give a constant, so that arrays can be sized by it. */
#define __const_or(op, x, y)                                                                                           \
	__builtin_choose_expr(__is_constexpr((x) - (y)), ((x)op(y) ? (x) : (y)), __min_max(op, x, y))

#define min(x, y) __const_or(<, x, y)
#define max(x, y) __const_or(>, x, y)
#define min3(x, y, z) min((__typeof__(x))min(x, y), z)
#define max3(x, y, z) max((__typeof__(x))max(x, y), z)
#define min_t(type, x, y) __careful(<, (type)(x), (type)(y), __UNIQUE_ID(ux_), __UNIQUE_ID(uy_))
#define max_t(type, x, y) __careful(>, (type)(x), (type)(y), __UNIQUE_ID(ux_), __UNIQUE_ID(uy_))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define min_not_zero(x, y)                                                                                             \
	({                                                                                                             \
		__typeof__(x) __nz_x = (x);                                                                            \
		__typeof__(y) __nz_y = (y);                                                                            \
		__nz_x == 0 ? __nz_y : ((__nz_y == 0) ? __nz_x : min(__nz_x, __nz_y));                                 \
	})
#define clamp(val, lo, hi) min((__typeof__(val))max(val, lo), hi)
#define clamp_t(type, val, lo, hi) min_t(type, max_t(type, val, lo), hi)
#define clamp_val(val, lo, hi) clamp_t(__typeof__(val), val, lo, hi)
#define swap(a, b)                                                                                                     \
	do {                                                                                                           \
		__typeof__(a) __swap_tmp = (a);                                                                        \
		(a) = (b);                                                                                             \
		(b) = __swap_tmp;                                                                                      \
	} while (0)
#define in_range(val, start, len) ((u64)(val) - (u64)(start) < (u64)(len))

#endif
