/* SPDX-License-Identifier: MIT */
/*
 * report.h - tests that provoke a report (a WARN, or what a debug check prints) and want just that one.
 *
 * Included by test.h.
 */
#ifndef _KUNIT_REPORT_H
#define _KUNIT_REPORT_H

#include <linux/bug.h>

/**
 * KUNIT_EXPECT_REPORT - do @statement; it must cause exactly one report, whose line contains @text
 *
 * Adds to what kunit_expect_warnings() announced. Nobody else may cause reports meanwhile.
 */
#define KUNIT_EXPECT_REPORT(test, text, statement)                                                                     \
	do {                                                                                                           \
		unsigned long __since = warn_count();                                                                  \
		statement;                                                                                             \
		(test)->expected_warnings += warn_count() - __since;                                                   \
		KUNIT_EXPECT_EQ_MSG(test, warn_count() - __since, 1UL, "reports, expected one: '%s'", text);           \
		KUNIT_EXPECT_EQ_MSG(test, report_seen(__since, text), 1U, "reports that say '%s'", text);              \
	} while (0)

#endif
