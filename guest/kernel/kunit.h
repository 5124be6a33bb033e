/* SPDX-License-Identifier: MIT */
/*
 * kunit.h - the runner's side of include/kunit/.
 */
#ifndef KERNEL_KUNIT_H
#define KERNEL_KUNIT_H

#include <kunit/test.h>

/** kunit_say - a line of the report, indented by the level of the test it belongs to */
__printf(2, 3) void kunit_say(int depth, const char *fmt, ...);

/** kunit_result - "ok 3 name", with the reason if it was skipped */
void kunit_result(int depth, unsigned int number, const char *name, enum kunit_status status, const char *comment);

/** kunit_release_all - undo what the case registered */
void kunit_release_all(struct kunit *test);

/** kunit_set_failed - note a failure; a skip does not hide it */
void kunit_set_failed(struct kunit *test);

/** kunit_depth - level of the case that runs */
int kunit_depth(void);

/**
 * kunit_run_suite - run a suite's cases and say how they went, its own result included
 * @all: without asking what was chosen on the command line
 *
 * Context: task; one run at a time. Return: KUNIT_FAILURE if anything failed.
 */
enum kunit_status kunit_run_suite(struct kunit_suite *suite, unsigned int number, int depth, bool all);

/* Built-in suites, and which of them the command line chose: */

/** kunit_unmatched - a glob of the command line that fits no suite or no case, or NULL */
const char *kunit_unmatched(void);

/** kunit_count_chosen - chosen built-in suites */
unsigned int kunit_count_chosen(void);

/** kunit_run_chosen - run them, numbered from @number on, at the top level */
void kunit_run_chosen(unsigned int number);

/** kunit_list - print "suite.case" for everything that a run without arguments would run */
void kunit_list(void);

#endif
