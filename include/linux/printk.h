/* SPDX-License-Identifier: MIT */
/*
 * printk.h - the kernel's voice.
 *
 * Context: any. Each CPU collects a line and hands it over whole, so lines of several CPUs never mix. A level below
 * console_loglevel is shown (the bootarg loglevel=N sets it; 7 unless told).
 */
#ifndef _LINUX_PRINTK_H
#define _LINUX_PRINTK_H

#include <stdarg.h>
#include <linux/compiler.h>
#include <linux/kern_levels.h>
#include <linux/types.h>

extern int console_loglevel;

/** printk - print; the level is part of the format: printk(KERN_INFO "..."). Return: bytes printed. */
__printf(1, 2) int printk(const char *fmt, ...);
__printf(1, 0) int vprintk(const char *fmt, va_list args);
#define _printk printk

/**
 * printk_capture - from now on keep a copy of all lines in @buf, a string of less than @size bytes; what does not fit is
 * lost. NULL: no more. For tests that look at reports.
 */
void printk_capture(char *buf, unsigned int size);

/** dump_stack - who called whom, as raw return addresses that the host turns into names. */
void dump_stack(void);

static inline __printf(1, 2) int no_printk(const char *fmt, ...)
{
	(void)fmt;
	return 0;
}

#ifndef pr_fmt
#define pr_fmt(fmt) fmt
#endif
#define pr_emerg(fmt, ...) printk(KERN_EMERG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_alert(fmt, ...) printk(KERN_ALERT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_crit(fmt, ...) printk(KERN_CRIT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err(fmt, ...) printk(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn(fmt, ...) printk(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warning pr_warn
#define pr_notice(fmt, ...) printk(KERN_NOTICE pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info(fmt, ...) printk(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)
#define pr_cont(fmt, ...) printk(KERN_CONT fmt, ##__VA_ARGS__)
#define pr_debug(fmt, ...)                                                                                             \
	do {                                                                                                           \
		if (console_loglevel > 7)                                                                              \
			printk(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__);                                                 \
	} while (0)
#define pr_devel(fmt, ...) pr_debug(fmt, ##__VA_ARGS__)

#define printk_once(fmt, ...)                                                                                          \
	do {                                                                                                           \
		static bool __said;                                                                                    \
		if (!__said) {                                                                                         \
			__said = true;                                                                                 \
			printk(fmt, ##__VA_ARGS__);                                                                    \
		}                                                                                                      \
	} while (0)
#define pr_err_once(fmt, ...) printk_once(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn_once(fmt, ...) printk_once(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info_once(fmt, ...) printk_once(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)

/* Limited: ten of each per boot; after that the reader knows. */
#define printk_ratelimited(fmt, ...)                                                                                   \
	do {                                                                                                           \
		static unsigned int __said;                                                                            \
		if (__said < 10) {                                                                                     \
			__said++;                                                                                      \
			printk(fmt, ##__VA_ARGS__);                                                                    \
		}                                                                                                      \
	} while (0)
#define pr_err_ratelimited(fmt, ...) printk_ratelimited(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn_ratelimited(fmt, ...) printk_ratelimited(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info_ratelimited(fmt, ...) printk_ratelimited(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)

enum { DUMP_PREFIX_NONE, DUMP_PREFIX_ADDRESS, DUMP_PREFIX_OFFSET };

/** print_hex_dump - @len bytes at @buf in lines of @rowsize (16 or 32), in groups of @groupsize (1, 2, 4 or 8). */
void print_hex_dump(const char *level, const char *prefix, int prefix_type, int rowsize, int groupsize, const void *buf,
		    size_t len, bool ascii);

#endif
