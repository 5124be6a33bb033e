/* SPDX-License-Identifier: MIT */
/*
 * runner.h - the end of every Check program's main().
 */
#ifndef MMV_TESTS_RUNNER_H
#define MMV_TESTS_RUNNER_H

#include <check.h>

/** run_to_end - run all suites of @r, free it. Return: the exit code: 0 if nothing failed. */
int run_to_end(SRunner *r);

#endif
