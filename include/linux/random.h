/* SPDX-License-Identifier: MIT */
/*
 * random.h - numbers that look random and come again with the same --seed (as far as the order of the callers does).
 *
 * Nothing here is a secret. Context: any.
 */
#ifndef _LINUX_RANDOM_H
#define _LINUX_RANDOM_H

#include <linux/types.h>

u32 get_random_u32(void);
u64 get_random_u64(void);
void get_random_bytes(void *buf, size_t len);
/** get_random_u32_below - evenly from [0, ceil); 0 for ceil 0 */
u32 get_random_u32_below(u32 ceil);
/** get_random_u32_inclusive - evenly from [floor, ceil] */
u32 get_random_u32_inclusive(u32 floor, u32 ceil);

#define get_random_int() get_random_u32()
#define get_random_long() ((unsigned long)get_random_u64())
#define get_random_u8() ((u8)get_random_u32())
#define get_random_u16() ((u16)get_random_u32())
#define prandom_u32() get_random_u32()
#define prandom_u32_max(ceil) get_random_u32_below(ceil)

#endif
