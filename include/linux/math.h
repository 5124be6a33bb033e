/* SPDX-License-Identifier: MIT */
/* math.h - divisions that round, and absolute values. */
#ifndef _LINUX_MATH_H
#define _LINUX_MATH_H

#include <linux/types.h>

#define __round_mask(x, y) ((__typeof__(x))((y)-1))
/* round_up()/round_down(): @y is a power of two. roundup()/rounddown(): anything. */
#define round_up(x, y) ((((x)-1) | __round_mask(x, y)) + 1)
#define round_down(x, y) ((x) & ~__round_mask(x, y))
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))
#define DIV_ROUND_DOWN_ULL(ll, d) ((unsigned long long)(ll) / (d))
#define DIV_ROUND_UP_ULL(ll, d) DIV_ROUND_DOWN_ULL((unsigned long long)(ll) + (d)-1, (d))
#define DIV_ROUND_CLOSEST(x, d)                                                                                        \
	({                                                                                                             \
		__typeof__(x) __drc_x = (x);                                                                           \
		__typeof__(d) __drc_d = (d);                                                                           \
		(((__typeof__(x))-1) > 0 || ((__typeof__(d))-1) > 0 || ((__drc_x > 0) == (__drc_d > 0)))               \
			? ((__drc_x + (__drc_d / 2)) / __drc_d)                                                        \
			: ((__drc_x - (__drc_d / 2)) / __drc_d);                                                       \
	})
#define roundup(x, y)                                                                                                  \
	({                                                                                                             \
		__typeof__(y) __ru_y = (y);                                                                            \
		(((x) + (__ru_y - 1)) / __ru_y) * __ru_y;                                                              \
	})
#define rounddown(x, y)                                                                                                \
	({                                                                                                             \
		__typeof__(x) __rd_x = (x);                                                                            \
		__rd_x - (__rd_x % (y));                                                                               \
	})
#if !__STDC_HOSTED__ /* a C library brings abs() as a function */
#define abs(x)                                                                                                         \
	({                                                                                                             \
		__typeof__(x) __abs_x = (x);                                                                           \
		__abs_x < 0 ? -__abs_x : __abs_x;                                                                      \
	})
#endif
#define abs_diff(a, b)                                                                                                 \
	({                                                                                                             \
		__typeof__(a) __ad_a = (a);                                                                            \
		__typeof__(a) __ad_b = (b);                                                                            \
		__ad_a > __ad_b ? __ad_a - __ad_b : __ad_b - __ad_a;                                                   \
	})
#define mult_frac(x, n, d)                                                                                             \
	({                                                                                                             \
		__typeof__(x) __mf_x = (x);                                                                            \
		__typeof__(n) __mf_n = (n);                                                                            \
		__typeof__(d) __mf_d = (d);                                                                            \
		(__mf_x / __mf_d) * __mf_n + (__mf_x % __mf_d) * __mf_n / __mf_d;                                      \
	})
#define sector_div(n, base)                                                                                            \
	({                                                                                                             \
		__typeof__(n) __sd_r = (n) % (base);                                                                   \
		(n) /= (base);                                                                                         \
		__sd_r;                                                                                                \
	})

#endif
