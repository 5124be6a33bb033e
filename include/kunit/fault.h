/* SPDX-License-Identifier: MIT */
/*
 * kunit/fault.h - tests that expect a memory access to go wrong, and go on.
 *
 *	KUNIT_EXPECT_FAULT(test, FAULT_GUARD, p + size, p[size] = 1);
 *
 * runs the statement; it must raise an exception of that kind (mmvisor/fault.h) at that address. FAULT_OTHER is any exception without
 * a name of its own, then the address is not looked at. What the statement had begun is not undone: do not take locks or
 * change the preempt count in it, and declare volatile what it changes.
 */
#ifndef _KUNIT_FAULT_H
#define _KUNIT_FAULT_H

#include <kunit/test.h>
#include <mmvisor/fault.h>

/**
 * kunit_check_fault - was it the fault that @want says? Says what was there instead, and fails @test.
 * @out: if not NULL, gets all that is known about it
 */
void kunit_check_fault(struct kunit *test, const struct kunit_loc *loc, const struct fault_info *got,
		       enum fault_kind want, const volatile void *addr, struct fault_info *out);

#define __KUNIT_FAULT(test, TYPE, want, address, out, ...)                                                             \
	do {                                                                                                           \
		struct fault_catch __catch;                                                                            \
		__KUNIT_LOC(TYPE, NULL, #__VA_ARGS__, NULL);                                                           \
		if (!fault_catch_begin(&__catch)) {                                                                    \
			__VA_ARGS__;                                                                                   \
			barrier();                                                                                     \
			fault_catch_end(&__catch);                                                                     \
		}                                                                                                      \
		kunit_check_fault(test, &__loc, &__catch.info, want, (const volatile void *)(address), out);           \
	} while (0)

/** KUNIT_EXPECT_FAULT - the statement (last argument) must fault: what kind, and where */
#define KUNIT_EXPECT_FAULT(test, want, addr, ...)                                                                      \
	__KUNIT_FAULT(test, KUNIT_EXPECTATION, want, addr, (void *)0, __VA_ARGS__)
#define KUNIT_ASSERT_FAULT(test, want, addr, ...)                                                                      \
	__KUNIT_FAULT(test, KUNIT_ASSERTION, want, addr, (void *)0, __VA_ARGS__)
/** KUNIT_EXPECT_FAULT_INFO - the same, with all that is known about the fault in *@info */
#define KUNIT_EXPECT_FAULT_INFO(test, want, addr, info, ...)                                                           \
	__KUNIT_FAULT(test, KUNIT_EXPECTATION, want, addr, info, __VA_ARGS__)
/** KUNIT_EXPECT_NO_FAULT - the statement must not fault. */
#define KUNIT_EXPECT_NO_FAULT(test, ...)                                                                               \
	__KUNIT_FAULT(test, KUNIT_EXPECTATION, FAULT_NONE, (void *)0, (void *)0, __VA_ARGS__)

#endif
