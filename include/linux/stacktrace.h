/* SPDX-License-Identifier: MIT */
/*
 * stacktrace.h - who called whom, as return addresses. See stackdepot.h for keeping many of them.
 */
#ifndef _LINUX_STACKTRACE_H
#define _LINUX_STACKTRACE_H

#include <linux/types.h>

/**
 * stack_trace_save - the callers of this place, innermost first
 * @skip: so many of them are left out; 0: the first entry lies in the function that called stack_trace_save()
 *
 * Context: any. A damaged stack ends the trace.
 * Return: entries stored, @size at most.
 */
unsigned int stack_trace_save(unsigned long *store, unsigned int size, unsigned int skip);

/** stack_trace_print - one line for each of @nr entries, indented by @spaces; the host completes them with names. */
void stack_trace_print(const unsigned long *entries, unsigned int nr, int spaces);

#endif
