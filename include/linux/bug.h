/* SPDX-License-Identifier: MIT */
/*
 * bug.h - what to do about the impossible.
 *
 * BUG: going on would corrupt memory; the run ends with registers and a stack trace. WARN: say so with a stack trace, count it
 * (a test in which it happens fails), go on. Neither is for what a payload's arguments can cause.
 */
#ifndef _LINUX_BUG_H
#define _LINUX_BUG_H

#include <linux/build_bug.h>
#include <linux/compiler.h>

/** bug_at - say where; the instruction after it ends the run with the registers of that place. */
void bug_at(const char *file, int line);
/** warn_at - print the place, the message (if @fmt is not NULL) and a stack trace; count it. */
__printf(3, 4) void warn_at(const char *file, int line, const char *fmt, ...);
/** warn_count - warn_at() and report_note() calls since boot */
unsigned long warn_count(void);

/**
 * report_note - a report that looks different from a WARN's is being printed: count it like one
 * @what: its line, as a test may announce it (kunit/report.h); a copy of the beginning is kept
 *
 * Context: any.
 */
void report_note(const char *what);
/** report_seen - how many of the last reports, from number @since of warn_count() on, say @text? */
unsigned int report_seen(unsigned long since, const char *text);

#define BUG()                                                                                                          \
	do {                                                                                                           \
		bug_at(__FILE__, __LINE__);                                                                            \
		__builtin_trap();                                                                                      \
	} while (0)
#define BUG_ON(cond)                                                                                                   \
	do {                                                                                                           \
		if (unlikely(cond))                                                                                    \
			BUG();                                                                                         \
	} while (0)

#define WARN_ON(cond)                                                                                                  \
	({                                                                                                             \
		bool __warn_on = !!(cond);                                                                             \
		if (unlikely(__warn_on))                                                                               \
			warn_at(__FILE__, __LINE__, NULL);                                                             \
		unlikely(__warn_on);                                                                                   \
	})
#define WARN(cond, fmt, ...)                                                                                           \
	({                                                                                                             \
		bool __warn_on = !!(cond);                                                                             \
		if (unlikely(__warn_on))                                                                               \
			warn_at(__FILE__, __LINE__, fmt, ##__VA_ARGS__);                                               \
		unlikely(__warn_on);                                                                                   \
	})
#define WARN_ON_ONCE(cond)                                                                                             \
	({                                                                                                             \
		static bool __warned;                                                                                  \
		bool __warn_once = !!(cond);                                                                           \
		if (unlikely(__warn_once && !__warned)) {                                                              \
			__warned = true;                                                                               \
			warn_at(__FILE__, __LINE__, NULL);                                                             \
		}                                                                                                      \
		unlikely(__warn_once);                                                                                 \
	})
#define WARN_ONCE(cond, fmt, ...)                                                                                      \
	({                                                                                                             \
		static bool __warned;                                                                                  \
		bool __warn_once = !!(cond);                                                                           \
		if (unlikely(__warn_once && !__warned)) {                                                              \
			__warned = true;                                                                               \
			warn_at(__FILE__, __LINE__, fmt, ##__VA_ARGS__);                                               \
		}                                                                                                      \
		unlikely(__warn_once);                                                                                 \
	})
#define CHECK_DATA_CORRUPTION(cond, fmt, ...) WARN(cond, fmt, ##__VA_ARGS__)

#endif
