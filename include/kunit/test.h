/* SPDX-License-Identifier: MIT */
/*
 * test.h - tests in the kernel: suites of cases, with Linux's KUnit names. Results come out as KTAP.
 *
 * Every case runs in a thread of its own, so that a failed assertion can end it: KUNIT_EXPECT_* notes a failure and goes on,
 * KUNIT_ASSERT_* ends the case. A WARN during a case fails it too. What kunit_kmalloc() and kunit_add_action() registered is
 * undone after the case, newest first, whatever happened. Cases of a run follow each other; none overlap.
 */
#ifndef _KUNIT_TEST_H
#define _KUNIT_TEST_H

#include <kunit/assert.h>
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>

#define KUNIT_PARAM_DESC_SIZE 128
#define KUNIT_STATUS_COMMENT_SIZE 256

enum kunit_status { KUNIT_SUCCESS, KUNIT_FAILURE, KUNIT_SKIPPED };

enum kunit_speed { KUNIT_SPEED_UNSET, KUNIT_SPEED_VERY_SLOW, KUNIT_SPEED_SLOW, KUNIT_SPEED_NORMAL };

/** struct kunit_attributes - for code that sets them; the speed is not used */
struct kunit_attributes {
	enum kunit_speed speed;
};

/**
 * struct kunit - one case while it runs
 * @priv:        the user's own
 * @param_value: the parameter of this turn of a parameterized case
 */
struct kunit {
	void *priv;
	const char *name;
	const void *param_value;
	int param_index;
	unsigned long expected_warnings;
	enum kunit_status status;                       /* (L) */
	char status_comment[KUNIT_STATUS_COMMENT_SIZE]; /* (L) why it was skipped */
	spinlock_t lock;
	struct list_head resources; /* (L) newest first */
};

/**
 * struct kunit_case - a test
 * @generate_params: given the last parameter (NULL at first), the next one or NULL; writes its name into @desc
 */
struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *prev, char *desc);
	struct kunit_attributes attr;
};

/**
 * struct kunit_suite - tests that belong together; @test_cases ends with an empty one
 * @suite_init, @suite_exit: before the first and after the last case; if the first fails, no case runs
 * @init, @exit:             before and after each case, @exit also after a failed one
 * @manual:                  runs only if it is asked for by its exact name
 */
struct kunit_suite {
	const char name[256];
	int (*suite_init)(struct kunit_suite *suite);
	void (*suite_exit)(struct kunit_suite *suite);
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
	struct kunit_attributes attr;
	bool manual;
};

#define KUNIT_CASE(fn)                                                                                                 \
	{                                                                                                              \
		.run_case = fn, .name = #fn                                                                            \
	}
#define KUNIT_CASE_ATTR(fn, attributes)                                                                                \
	{                                                                                                              \
		.run_case = fn, .name = #fn, .attr = attributes                                                        \
	}
#define KUNIT_CASE_SLOW(fn)                                                                                            \
	{                                                                                                              \
		.run_case = fn, .name = #fn, .attr.speed = KUNIT_SPEED_SLOW                                            \
	}
#define KUNIT_CASE_PARAM(fn, gen)                                                                                      \
	{                                                                                                              \
		.run_case = fn, .name = #fn, .generate_params = gen                                                    \
	}
#define KUNIT_CASE_PARAM_ATTR(fn, gen, attributes)                                                                     \
	{                                                                                                              \
		.run_case = fn, .name = #fn, .generate_params = gen, .attr = attributes                                \
	}

/** KUNIT_ARRAY_PARAM - write name_gen_params() that walks @array; @get_desc(element, char *desc) may be NULL */
#define KUNIT_ARRAY_PARAM(name, array, get_desc)                                                                       \
	static const void *name##_gen_params(const void *prev, char *desc)                                             \
	{                                                                                                              \
		__typeof__((array)[0]) *__next = prev ? ((__typeof__(__next))prev) + 1 : (array);                      \
		void (*__desc)(__typeof__(__next), char *) = get_desc;                                                 \
		if (__next - (array) >= (long)ARRAY_SIZE(array))                                                       \
			return NULL;                                                                                   \
		if (__desc)                                                                                            \
			__desc(__next, desc);                                                                          \
		return __next;                                                                                         \
	}

/** KUNIT_ARRAY_PARAM_DESC - the same, the name being a string member of the elements */
#define KUNIT_ARRAY_PARAM_DESC(name, array, desc_member)                                                               \
	static const void *name##_gen_params(const void *prev, char *desc)                                             \
	{                                                                                                              \
		__typeof__((array)[0]) *__next = prev ? ((__typeof__(__next))prev) + 1 : (array);                      \
		if (__next - (array) >= (long)ARRAY_SIZE(array))                                                       \
			return NULL;                                                                                   \
		strscpy(desc, __next->desc_member, KUNIT_PARAM_DESC_SIZE);                                             \
		return __next;                                                                                         \
	}

/* Suites of a file: found by their section, in the kernel as in a payload. */
#define kunit_test_suites(...)                                                                                         \
	static struct kunit_suite *const __UNIQUE_ID(kunit_suites)[]                                                   \
		__attribute__((__used__, __section__(".kunit_test_suites"), __aligned__(8))) = {__VA_ARGS__}
#define kunit_test_suite(suite) kunit_test_suites(&suite)
#define kunit_test_init_section_suites(...) kunit_test_suites(__VA_ARGS__)
#define kunit_test_init_section_suite(suite) kunit_test_suite(suite)
#define kunit_suite_for_each_test_case(suite, test_case)                                                               \
	for ((test_case) = (suite)->test_cases; (test_case)->run_case; (test_case)++)

/* ---- verdicts besides the expectations ---- */

/** kunit_mark_skipped - note that the case is skipped, and why; it goes on. */
__printf(2, 3) void kunit_mark_skipped(struct kunit *test, const char *fmt, ...);
/** kunit_expect_warnings - the case provokes @nr WARNs: it fails with any other number of them. */
static inline void kunit_expect_warnings(struct kunit *test, unsigned long nr)
{
	test->expected_warnings = nr;
}

/** kunit_abort - end the case's thread here. */
void kunit_abort(struct kunit *test) __attribute__((__noreturn__));
#define kunit_skip(test, fmt, ...)                                                                                     \
	do {                                                                                                           \
		kunit_mark_skipped(test, fmt, ##__VA_ARGS__);                                                          \
		kunit_abort(test);                                                                                     \
	} while (0)

/** kunit_log_line - a diagnostic line, "# case: text" */
__printf(3, 4) void kunit_log_line(const char *level, struct kunit *test, const char *fmt, ...);
#define kunit_printk(level, test, fmt, ...) kunit_log_line(level, test, fmt, ##__VA_ARGS__)
#define kunit_info(test, fmt, ...) kunit_log_line(KERN_INFO, test, fmt, ##__VA_ARGS__)
#define kunit_warn(test, fmt, ...) kunit_log_line(KERN_WARNING, test, fmt, ##__VA_ARGS__)
#define kunit_err(test, fmt, ...) kunit_log_line(KERN_ERR, test, fmt, ##__VA_ARGS__)

#include <kunit/report.h>
#include <kunit/resource.h>

/* ---- expectations: note a failure, go on ---- */

#define KUNIT_SUCCEED(test) ((void)(test))
#define KUNIT_FAIL(test, fmt, ...) __KUNIT_TRUE(test, KUNIT_EXPECTATION, NULL, false, fmt, ##__VA_ARGS__)
#define KUNIT_FAIL_AND_ABORT(test, fmt, ...) __KUNIT_TRUE(test, KUNIT_ASSERTION, NULL, false, fmt, ##__VA_ARGS__)

#define KUNIT_EXPECT_TRUE(test, c) KUNIT_EXPECT_TRUE_MSG(test, c, NULL)
#define KUNIT_EXPECT_TRUE_MSG(test, c, fmt, ...) __KUNIT_TRUE(test, KUNIT_EXPECTATION, #c, c, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_FALSE(test, c) KUNIT_EXPECT_FALSE_MSG(test, c, NULL)
#define KUNIT_EXPECT_FALSE_MSG(test, c, fmt, ...)                                                                      \
	__KUNIT_TRUE(test, KUNIT_EXPECTATION, "!(" #c ")", !(c), fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_EQ(test, l, r) KUNIT_EXPECT_EQ_MSG(test, l, r, NULL)
#define KUNIT_EXPECT_EQ_MSG(test, l, r, fmt, ...) __KUNIT_INT(test, KUNIT_EXPECTATION, l, ==, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_NE(test, l, r) KUNIT_EXPECT_NE_MSG(test, l, r, NULL)
#define KUNIT_EXPECT_NE_MSG(test, l, r, fmt, ...) __KUNIT_INT(test, KUNIT_EXPECTATION, l, !=, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_LT(test, l, r) KUNIT_EXPECT_LT_MSG(test, l, r, NULL)
#define KUNIT_EXPECT_LT_MSG(test, l, r, fmt, ...) __KUNIT_INT(test, KUNIT_EXPECTATION, l, <, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_LE(test, l, r) KUNIT_EXPECT_LE_MSG(test, l, r, NULL)
#define KUNIT_EXPECT_LE_MSG(test, l, r, fmt, ...) __KUNIT_INT(test, KUNIT_EXPECTATION, l, <=, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_GT(test, l, r) KUNIT_EXPECT_GT_MSG(test, l, r, NULL)
#define KUNIT_EXPECT_GT_MSG(test, l, r, fmt, ...) __KUNIT_INT(test, KUNIT_EXPECTATION, l, >, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_GE(test, l, r) KUNIT_EXPECT_GE_MSG(test, l, r, NULL)
#define KUNIT_EXPECT_GE_MSG(test, l, r, fmt, ...) __KUNIT_INT(test, KUNIT_EXPECTATION, l, >=, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_PTR_EQ(test, l, r) KUNIT_EXPECT_PTR_EQ_MSG(test, l, r, NULL)
#define KUNIT_EXPECT_PTR_EQ_MSG(test, l, r, fmt, ...) __KUNIT_PTR(test, KUNIT_EXPECTATION, l, ==, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_PTR_NE(test, l, r) KUNIT_EXPECT_PTR_NE_MSG(test, l, r, NULL)
#define KUNIT_EXPECT_PTR_NE_MSG(test, l, r, fmt, ...) __KUNIT_PTR(test, KUNIT_EXPECTATION, l, !=, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_STREQ(test, l, r) KUNIT_EXPECT_STREQ_MSG(test, l, r, NULL)
#define KUNIT_EXPECT_STREQ_MSG(test, l, r, fmt, ...) __KUNIT_STR(test, KUNIT_EXPECTATION, l, ==, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_STRNEQ(test, l, r) KUNIT_EXPECT_STRNEQ_MSG(test, l, r, NULL)
#define KUNIT_EXPECT_STRNEQ_MSG(test, l, r, fmt, ...) __KUNIT_STR(test, KUNIT_EXPECTATION, l, !=, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_MEMEQ(test, l, r, size) KUNIT_EXPECT_MEMEQ_MSG(test, l, r, size, NULL)
#define KUNIT_EXPECT_MEMEQ_MSG(test, l, r, size, fmt, ...)                                                             \
	__KUNIT_MEM(test, KUNIT_EXPECTATION, l, ==, r, size, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_MEMNEQ(test, l, r, size) KUNIT_EXPECT_MEMNEQ_MSG(test, l, r, size, NULL)
#define KUNIT_EXPECT_MEMNEQ_MSG(test, l, r, size, fmt, ...)                                                            \
	__KUNIT_MEM(test, KUNIT_EXPECTATION, l, !=, r, size, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_NULL(test, p) KUNIT_EXPECT_NULL_MSG(test, p, NULL)
#define KUNIT_EXPECT_NULL_MSG(test, p, fmt, ...) __KUNIT_PTR(test, KUNIT_EXPECTATION, p, ==, NULL, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_NOT_NULL(test, p) KUNIT_EXPECT_NOT_NULL_MSG(test, p, NULL)
#define KUNIT_EXPECT_NOT_NULL_MSG(test, p, fmt, ...)                                                                   \
	__KUNIT_PTR(test, KUNIT_EXPECTATION, p, !=, NULL, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_NOT_ERR_OR_NULL(test, p) KUNIT_EXPECT_NOT_ERR_OR_NULL_MSG(test, p, NULL)
#define KUNIT_EXPECT_NOT_ERR_OR_NULL_MSG(test, p, fmt, ...)                                                            \
	__KUNIT_NOT_ERR(test, KUNIT_EXPECTATION, p, fmt, ##__VA_ARGS__)

/* ---- assertions: a failure ends the case ---- */

#define KUNIT_ASSERT_TRUE(test, c) KUNIT_ASSERT_TRUE_MSG(test, c, NULL)
#define KUNIT_ASSERT_TRUE_MSG(test, c, fmt, ...) __KUNIT_TRUE(test, KUNIT_ASSERTION, #c, c, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_FALSE(test, c) KUNIT_ASSERT_FALSE_MSG(test, c, NULL)
#define KUNIT_ASSERT_FALSE_MSG(test, c, fmt, ...)                                                                      \
	__KUNIT_TRUE(test, KUNIT_ASSERTION, "!(" #c ")", !(c), fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_EQ(test, l, r) KUNIT_ASSERT_EQ_MSG(test, l, r, NULL)
#define KUNIT_ASSERT_EQ_MSG(test, l, r, fmt, ...) __KUNIT_INT(test, KUNIT_ASSERTION, l, ==, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_NE(test, l, r) KUNIT_ASSERT_NE_MSG(test, l, r, NULL)
#define KUNIT_ASSERT_NE_MSG(test, l, r, fmt, ...) __KUNIT_INT(test, KUNIT_ASSERTION, l, !=, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_LT(test, l, r) KUNIT_ASSERT_LT_MSG(test, l, r, NULL)
#define KUNIT_ASSERT_LT_MSG(test, l, r, fmt, ...) __KUNIT_INT(test, KUNIT_ASSERTION, l, <, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_LE(test, l, r) KUNIT_ASSERT_LE_MSG(test, l, r, NULL)
#define KUNIT_ASSERT_LE_MSG(test, l, r, fmt, ...) __KUNIT_INT(test, KUNIT_ASSERTION, l, <=, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_GT(test, l, r) KUNIT_ASSERT_GT_MSG(test, l, r, NULL)
#define KUNIT_ASSERT_GT_MSG(test, l, r, fmt, ...) __KUNIT_INT(test, KUNIT_ASSERTION, l, >, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_GE(test, l, r) KUNIT_ASSERT_GE_MSG(test, l, r, NULL)
#define KUNIT_ASSERT_GE_MSG(test, l, r, fmt, ...) __KUNIT_INT(test, KUNIT_ASSERTION, l, >=, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_PTR_EQ(test, l, r) KUNIT_ASSERT_PTR_EQ_MSG(test, l, r, NULL)
#define KUNIT_ASSERT_PTR_EQ_MSG(test, l, r, fmt, ...) __KUNIT_PTR(test, KUNIT_ASSERTION, l, ==, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_PTR_NE(test, l, r) KUNIT_ASSERT_PTR_NE_MSG(test, l, r, NULL)
#define KUNIT_ASSERT_PTR_NE_MSG(test, l, r, fmt, ...) __KUNIT_PTR(test, KUNIT_ASSERTION, l, !=, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_STREQ(test, l, r) KUNIT_ASSERT_STREQ_MSG(test, l, r, NULL)
#define KUNIT_ASSERT_STREQ_MSG(test, l, r, fmt, ...) __KUNIT_STR(test, KUNIT_ASSERTION, l, ==, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_STRNEQ(test, l, r) KUNIT_ASSERT_STRNEQ_MSG(test, l, r, NULL)
#define KUNIT_ASSERT_STRNEQ_MSG(test, l, r, fmt, ...) __KUNIT_STR(test, KUNIT_ASSERTION, l, !=, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_MEMEQ(test, l, r, size) KUNIT_ASSERT_MEMEQ_MSG(test, l, r, size, NULL)
#define KUNIT_ASSERT_MEMEQ_MSG(test, l, r, size, fmt, ...)                                                             \
	__KUNIT_MEM(test, KUNIT_ASSERTION, l, ==, r, size, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_MEMNEQ(test, l, r, size) KUNIT_ASSERT_MEMNEQ_MSG(test, l, r, size, NULL)
#define KUNIT_ASSERT_MEMNEQ_MSG(test, l, r, size, fmt, ...)                                                            \
	__KUNIT_MEM(test, KUNIT_ASSERTION, l, !=, r, size, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_NULL(test, p) KUNIT_ASSERT_NULL_MSG(test, p, NULL)
#define KUNIT_ASSERT_NULL_MSG(test, p, fmt, ...) __KUNIT_PTR(test, KUNIT_ASSERTION, p, ==, NULL, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_NOT_NULL(test, p) KUNIT_ASSERT_NOT_NULL_MSG(test, p, NULL)
#define KUNIT_ASSERT_NOT_NULL_MSG(test, p, fmt, ...) __KUNIT_PTR(test, KUNIT_ASSERTION, p, !=, NULL, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p) KUNIT_ASSERT_NOT_ERR_OR_NULL_MSG(test, p, NULL)
#define KUNIT_ASSERT_NOT_ERR_OR_NULL_MSG(test, p, fmt, ...)                                                            \
	__KUNIT_NOT_ERR(test, KUNIT_ASSERTION, p, fmt, ##__VA_ARGS__)

#include <kunit/fault.h>

#endif
