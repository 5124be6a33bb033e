// SPDX-License-Identifier: MIT
/*
 * clock.c - see clock.h.
 */
#include <time.h>

#include "vmm/clock.h"

static uint64_t exec_ns;

static uint64_t read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000UL + (uint64_t)ts.tv_nsec;
}

void clock_note_start(void)
{
	exec_ns = read_clock(CLOCK_MONOTONIC) - read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t clock_exec(void)
{
	return exec_ns;
}
