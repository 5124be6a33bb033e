/* SPDX-License-Identifier: MIT */
/*
 * crash.h - what is printed when a guest did not end by itself: registers, symbolized backtraces, the offending
 * instruction. All vCPUs have ended.
 */
#ifndef MMV_VMM_CRASH_H
#define MMV_VMM_CRASH_H

#include <stddef.h>

struct vm;
struct view;

/**
 * crash_report - print registers, thread, held locks and backtrace of every vCPU, the one that crashed first; after a time-out
 * also every thread that no vCPU runs
 * @view: the guest's memory; NULL: registers only
 */
void crash_report(struct vm *vm, struct view *view);

/** crash_reason - the run's end in one line; an instruction that KVM cannot emulate is named. Return: @buf. */
char *crash_reason(struct vm *vm, struct view *view, char *buf, size_t size);

#endif
