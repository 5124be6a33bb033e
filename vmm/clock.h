/* SPDX-License-Identifier: MIT */
/*
 * clock.h - when this program was started.
 */
#ifndef MMV_VMM_CLOCK_H
#define MMV_VMM_CLOCK_H

#include <stdint.h>

/** clock_note_start - first thing in main(). */
void clock_note_start(void);

/**
 * clock_exec - when the program was executed, ns of CLOCK_MONOTONIC
 * The kernel tells a process's start in hundredths of a second only. So: the time main() began, less the processor time
 * used until then, which is what exec and the dynamic linker took.
 */
uint64_t clock_exec(void);

#endif
