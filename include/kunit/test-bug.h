/* SPDX-License-Identifier: MIT */
/* test-bug.h - is this code running under a test, and if so, fail it from deep inside. */
#ifndef _KUNIT_TEST_BUG_H
#define _KUNIT_TEST_BUG_H

#include <kunit/test.h>
#include <linux/sched.h>

/** kunit_get_current_test - the test whose thread runs this, or NULL */
static inline struct kunit *kunit_get_current_test(void)
{
	return in_task() ? current->kunit_test : NULL;
}

#define kunit_fail_current_test(fmt, ...)                                                                              \
	do {                                                                                                           \
		struct kunit *__running = kunit_get_current_test();                                                    \
		if (__running)                                                                                         \
			KUNIT_FAIL(__running, fmt, ##__VA_ARGS__);                                                     \
	} while (0)

#endif
