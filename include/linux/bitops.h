/* SPDX-License-Identifier: MIT */
/*
 * bitops.h - bits in words and in arrays of words.
 *
 * Names without underscores are atomic, those with are not. Counting bits is done by hand, because the processors that
 * this runs on need not have popcnt; finding them uses bsf and bsr, which leave their result open for 0: ask first.
 */
#ifndef _LINUX_BITOPS_H
#define _LINUX_BITOPS_H

#include <linux/bits.h>
#include <linux/types.h>

static __always_inline void set_bit(long nr, volatile unsigned long *addr)
{
	__atomic_fetch_or(addr + BIT_WORD(nr), BIT_MASK(nr), __ATOMIC_SEQ_CST);
}

static __always_inline void clear_bit(long nr, volatile unsigned long *addr)
{
	__atomic_fetch_and(addr + BIT_WORD(nr), ~BIT_MASK(nr), __ATOMIC_SEQ_CST);
}

static __always_inline void change_bit(long nr, volatile unsigned long *addr)
{
	__atomic_fetch_xor(addr + BIT_WORD(nr), BIT_MASK(nr), __ATOMIC_SEQ_CST);
}

static __always_inline bool test_and_set_bit(long nr, volatile unsigned long *addr)
{
	return __atomic_fetch_or(addr + BIT_WORD(nr), BIT_MASK(nr), __ATOMIC_SEQ_CST) & BIT_MASK(nr);
}

static __always_inline bool test_and_clear_bit(long nr, volatile unsigned long *addr)
{
	return __atomic_fetch_and(addr + BIT_WORD(nr), ~BIT_MASK(nr), __ATOMIC_SEQ_CST) & BIT_MASK(nr);
}

static __always_inline bool test_and_change_bit(long nr, volatile unsigned long *addr)
{
	return __atomic_fetch_xor(addr + BIT_WORD(nr), BIT_MASK(nr), __ATOMIC_SEQ_CST) & BIT_MASK(nr);
}

static __always_inline bool test_bit(long nr, const volatile unsigned long *addr)
{
	return (addr[BIT_WORD(nr)] >> (nr % BITS_PER_LONG)) & 1;
}

static __always_inline void __set_bit(long nr, volatile unsigned long *addr)
{
	addr[BIT_WORD(nr)] |= BIT_MASK(nr);
}

static __always_inline void __clear_bit(long nr, volatile unsigned long *addr)
{
	addr[BIT_WORD(nr)] &= ~BIT_MASK(nr);
}

static __always_inline void __assign_bit(long nr, volatile unsigned long *addr, bool value)
{
	if (value)
		__set_bit(nr, addr);
	else
		__clear_bit(nr, addr);
}

static __always_inline bool __test_and_set_bit(long nr, volatile unsigned long *addr)
{
	bool old = test_bit(nr, addr);

	__set_bit(nr, addr);
	return old;
}

static __always_inline bool __test_and_clear_bit(long nr, volatile unsigned long *addr)
{
	bool old = test_bit(nr, addr);

	__clear_bit(nr, addr);
	return old;
}

/** __ffs - number of the lowest set bit; undefined for 0 */
static __always_inline unsigned long __ffs(unsigned long word)
{
	return (unsigned long)__builtin_ctzl(word);
}

/** __fls - number of the highest set bit; undefined for 0 */
static __always_inline unsigned long __fls(unsigned long word)
{
	return BITS_PER_LONG - 1 - (unsigned long)__builtin_clzl(word);
}

#define ffz(x) __ffs(~(x))

/** fls - highest set bit counted from 1; 0 for 0 */
static __always_inline int fls(unsigned int x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}

static __always_inline int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

static __always_inline int fls_long(unsigned long x)
{
	return fls64(x);
}

/* ffs - lowest set bit counted from 1; 0 for 0. A C library brings its own. */
#if __STDC_HOSTED__
int ffs(int x);
#else
static __always_inline int ffs(int x)
{
	return x ? __builtin_ctz((unsigned int)x) + 1 : 0;
}
#endif

static inline unsigned int hweight64(u64 w)
{
	w -= (w >> 1) & 0x5555555555555555ull;
	w = (w & 0x3333333333333333ull) + ((w >> 2) & 0x3333333333333333ull);
	w = (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return (unsigned int)((w * 0x0101010101010101ull) >> 56);
}

static inline unsigned int hweight32(u32 w)
{
	return hweight64(w);
}

static inline unsigned int hweight_long(unsigned long w)
{
	return hweight64(w);
}

#define hweight8(w) hweight64((u8)(w))
#define hweight16(w) hweight64((u16)(w))

static inline u64 rol64(u64 word, unsigned int shift)
{
	return (word << (shift & 63)) | (word >> ((-shift) & 63));
}

static inline u64 ror64(u64 word, unsigned int shift)
{
	return (word >> (shift & 63)) | (word << ((-shift) & 63));
}

static inline u32 rol32(u32 word, unsigned int shift)
{
	return (word << (shift & 31)) | (word >> ((-shift) & 31));
}

static inline u32 ror32(u32 word, unsigned int shift)
{
	return (word >> (shift & 31)) | (word << ((-shift) & 31));
}

static inline unsigned long __find_from(const unsigned long *addr, unsigned long size, unsigned long start,
					unsigned long flip)
{
	unsigned long i, word;

	if (start >= size)
		return size;
	word = (addr[BIT_WORD(start)] ^ flip) & (~0UL << (start % BITS_PER_LONG));
	for (i = BIT_WORD(start); !word; word = addr[i] ^ flip) {
		i++;
		if (i * BITS_PER_LONG >= size)
			return size;
	}
	i = i * BITS_PER_LONG + __ffs(word);
	return i < size ? i : size;
}

/** find_next_bit - first set bit in [start, size), or @size */
static inline unsigned long find_next_bit(const unsigned long *addr, unsigned long size, unsigned long start)
{
	return __find_from(addr, size, start, 0);
}

static inline unsigned long find_next_zero_bit(const unsigned long *addr, unsigned long size, unsigned long start)
{
	return __find_from(addr, size, start, ~0UL);
}

#define find_first_bit(addr, size) find_next_bit((addr), (size), 0)
#define find_first_zero_bit(addr, size) find_next_zero_bit((addr), (size), 0)
#define for_each_set_bit(bit, addr, size)                                                                              \
	for ((bit) = find_first_bit((addr), (size)); (bit) < (size); (bit) = find_next_bit((addr), (size), (bit) + 1))
#define for_each_clear_bit(bit, addr, size)                                                                            \
	for ((bit) = find_first_zero_bit((addr), (size)); (bit) < (size);                                              \
	     (bit) = find_next_zero_bit((addr), (size), (bit) + 1))

#endif
