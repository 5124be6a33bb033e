/* SPDX-License-Identifier: MIT */
/* sort.h - sort an array in place (heap sort: no memory, no bad cases, not stable). */
#ifndef _LINUX_SORT_H
#define _LINUX_SORT_H

#include <linux/types.h>

/** sort - @swap_func NULL: elements are swapped bytewise */
void sort(void *base, size_t num, size_t size, cmp_func_t cmp, swap_func_t swap_func);
void sort_r(void *base, size_t num, size_t size, cmp_r_func_t cmp, swap_func_t swap_func, const void *priv);
/** bsearch - an element of a sorted array for which @cmp(key, element) is 0, or NULL */
void *bsearch(const void *key, const void *base, size_t num, size_t size, cmp_func_t cmp);

#endif
