/* SPDX-License-Identifier: MIT */
/*
 * sprintf.h - text into buffers.
 *
 * Conversions: d i u x X o c s p %, flags - 0 + space #, width and precision (also *), lengths hh h l ll z t. Beyond C:
 *   %p, %px  the pointer as 16 hexadecimal digits       %pS, %pB  [<16 digits>]: the host adds the symbol
 *   %pe      an error pointer as -EINVAL and the like   %pV       struct va_format
 *   %pGg     a gfp_t by its address, in words           %pGp      struct page.flags by its address, in words
 */
#ifndef _LINUX_SPRINTF_H
#define _LINUX_SPRINTF_H

#include <stdarg.h>
#include <linux/compiler.h>
#include <linux/types.h>

/** struct va_format - a format with its arguments, for %pV */
struct va_format {
	const char *fmt;
	va_list *va;
};

/* The standard four: as in C. The sc* forms return what was really stored. */
__printf(3, 0) int vsnprintf(char *buf, size_t size, const char *fmt, va_list args);
__printf(3, 4) int snprintf(char *buf, size_t size, const char *fmt, ...);
__printf(2, 3) int sprintf(char *buf, const char *fmt, ...);
__printf(2, 0) int vsprintf(char *buf, const char *fmt, va_list args);
__printf(3, 0) int vscnprintf(char *buf, size_t size, const char *fmt, va_list args);
__printf(3, 4) int scnprintf(char *buf, size_t size, const char *fmt, ...);

#endif
