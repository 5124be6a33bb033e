/* SPDX-License-Identifier: MIT */
/*
 * console.h - the console device. Usable from the first line of C on, in any context; the caller takes care that only
 * one CPU is in it at a time.
 */
#ifndef DRIVERS_CONSOLE_H
#define DRIVERS_CONSOLE_H

#include <stddef.h>

/** console_write - print @len bytes; one doorbell for each CONSOLE_MAX bytes. */
void console_write(const char *s, size_t len);

#endif
