/* SPDX-License-Identifier: MIT */
/*
 * assert.h - the machinery behind the expectations of kunit/test.h.
 *
 * A macro evaluates each operand once and compares; only a failure calls a function, with the values and the source text.
 */
#ifndef _KUNIT_ASSERT_H
#define _KUNIT_ASSERT_H

#include <linux/compiler.h>
#include <linux/types.h>

struct kunit;

enum kunit_assert_type { KUNIT_EXPECTATION, KUNIT_ASSERTION };

/** struct kunit_loc - where, and what was written there. @op: the comparison, NULL for a lone condition */
struct kunit_loc {
	const char *file;
	int line;
	enum kunit_assert_type type;
	const char *op;
	const char *left, *right;
};

/* Each reports and marks the test failed; with KUNIT_ASSERTION it does not return. @fmt may be NULL. */
__printf(3, 4) void kunit_fail_unary(struct kunit *test, const struct kunit_loc *loc, const char *fmt, ...);
__printf(6, 7) void kunit_fail_int(struct kunit *test, const struct kunit_loc *loc, long long left, long long right,
				   bool is_unsigned, const char *fmt, ...);
__printf(5, 6) void kunit_fail_ptr(struct kunit *test, const struct kunit_loc *loc, const void *left, const void *right,
				   const char *fmt, ...);
__printf(5, 6) void kunit_fail_str(struct kunit *test, const struct kunit_loc *loc, const char *left, const char *right,
				   const char *fmt, ...);
__printf(6, 7) void kunit_fail_mem(struct kunit *test, const struct kunit_loc *loc, const void *left, const void *right,
				   size_t size, const char *fmt, ...);

/*
 * An analyzer is told that an assertion ends here. The compiler is not: it would put nothing behind the call, and its return address
 * would be in another function.
 */
#ifdef __clang_analyzer__
#define __KUNIT_END(TYPE)                                                                                              \
	do {                                                                                                           \
		if ((TYPE) == KUNIT_ASSERTION)                                                                         \
			__builtin_unreachable();                                                                       \
	} while (0)
#else
#define __KUNIT_END(TYPE) ((void)0)
#endif

#define __KUNIT_LOC(TYPE, OP, LEFT, RIGHT)                                                                             \
	static const struct kunit_loc __loc = {__FILE__, __LINE__, TYPE, OP, LEFT, RIGHT}

#define __KUNIT_TRUE(test, TYPE, text, cond, fmt, ...)                                                                 \
	do {                                                                                                           \
		if (unlikely(!(cond))) {                                                                               \
			__KUNIT_LOC(TYPE, NULL, text, NULL);                                                           \
			kunit_fail_unary(test, &__loc, fmt, ##__VA_ARGS__);                                            \
			__KUNIT_END(TYPE);                                                                             \
		}                                                                                                      \
	} while (0)

/* The common type, as C's own rules choose it, without its warning about signs: a difference has that type. */
#define __KUNIT_INT(test, TYPE, left, op, right, fmt, ...)                                                             \
	do {                                                                                                           \
		const __typeof__(left) __kl = (left);                                                                  \
		const __typeof__(right) __kr = (right);                                                                \
		typedef __typeof__(__kl - __kr) __kt;                                                                  \
		if (unlikely(!((__kt)__kl op(__kt) __kr))) {                                                           \
			__KUNIT_LOC(TYPE, #op, #left, #right);                                                         \
			kunit_fail_int(test, &__loc, (long long)__kl, (long long)__kr, (__kt)-1 > (__kt)0, fmt,        \
				       ##__VA_ARGS__);                                                                 \
			__KUNIT_END(TYPE);                                                                             \
		}                                                                                                      \
	} while (0)

#define __KUNIT_PTR(test, TYPE, left, op, right, fmt, ...)                                                             \
	do {                                                                                                           \
		const volatile void *__kl = (left);                                                                    \
		const volatile void *__kr = (right);                                                                   \
		if (unlikely(!(__kl op __kr))) {                                                                       \
			__KUNIT_LOC(TYPE, #op, #left, #right);                                                         \
			kunit_fail_ptr(test, &__loc, (const void *)__kl, (const void *)__kr, fmt, ##__VA_ARGS__);      \
			__KUNIT_END(TYPE);                                                                             \
		}                                                                                                      \
	} while (0)

#define __KUNIT_STR(test, TYPE, left, op, right, fmt, ...)                                                             \
	do {                                                                                                           \
		const char *__kl = (left);                                                                             \
		const char *__kr = (right);                                                                            \
		if (unlikely(!__kl || !__kr || !(strcmp(__kl, __kr) op 0))) {                                          \
			__KUNIT_LOC(TYPE, #op, #left, #right);                                                         \
			kunit_fail_str(test, &__loc, __kl, __kr, fmt, ##__VA_ARGS__);                                  \
			__KUNIT_END(TYPE);                                                                             \
		}                                                                                                      \
	} while (0)

#define __KUNIT_MEM(test, TYPE, left, op, right, size, fmt, ...)                                                       \
	do {                                                                                                           \
		const void *__kl = (left);                                                                             \
		const void *__kr = (right);                                                                            \
		const size_t __ks = (size);                                                                            \
		if (unlikely(!__kl || !__kr || !(memcmp(__kl, __kr, __ks) op 0))) {                                    \
			__KUNIT_LOC(TYPE, #op, #left, #right);                                                         \
			kunit_fail_mem(test, &__loc, __kl, __kr, __ks, fmt, ##__VA_ARGS__);                            \
			__KUNIT_END(TYPE);                                                                             \
		}                                                                                                      \
	} while (0)

#define __KUNIT_NOT_ERR(test, TYPE, ptr, fmt, ...)                                                                     \
	do {                                                                                                           \
		const void *__kp = (ptr);                                                                              \
		if (unlikely(IS_ERR_OR_NULL(__kp))) {                                                                  \
			__KUNIT_LOC(TYPE, "not an error or", #ptr, "NULL");                                            \
			kunit_fail_ptr(test, &__loc, __kp, NULL, fmt, ##__VA_ARGS__);                                  \
			__KUNIT_END(TYPE);                                                                             \
		}                                                                                                      \
	} while (0)

#endif
