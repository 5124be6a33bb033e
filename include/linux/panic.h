/* SPDX-License-Identifier: MIT */
/* panic.h - the end. */
#ifndef _LINUX_PANIC_H
#define _LINUX_PANIC_H

#include <linux/compiler.h>

/** panic - say why, print registers, context and a stack trace, stop every CPU, end the run. Context: any. */
__printf(1, 2) void panic(const char *fmt, ...) __attribute__((__noreturn__));

struct pt_regs;

/** die - an exception that nobody handles: panic() with the registers of the place where it happened. */
void die(const struct pt_regs *regs, const char *what, unsigned long error_code) __attribute__((__noreturn__));

#endif
