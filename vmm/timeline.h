/* SPDX-License-Identifier: MIT */
/*
 * timeline.h - samples of a running guest, taken from outside: free pages by zone, what reclaim does, swap, OOM kills.
 *
 * The guest is not stopped for them and does not know: every so many milliseconds the thread that waits for the run's end reads
 * counters out of the guest's memory, through struct mm_root. A counter is one word, so it is never half of two values, but
 * two counters of one sample need not be of the same instant.
 *
 * There are at most TIMELINE_SAMPLES: when they are full every other one is dropped, and from then on the interval is twice what it
 * was. So a run of any length gives a file of bounded size.
 *
 * The file is one JSON object; timeline_write() says what is in it, `mm-inspect timeline` draws it.
 */
#ifndef MMV_VMM_TIMELINE_H
#define MMV_VMM_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "shared/mm.h"

struct vm;
struct view;
struct run_result;

#define TIMELINE_SAMPLES 4096
#define TIMELINE_MS_DEFAULT 10
#define TIMELINE_MS_MAX 60000
/* Kills that are kept with their particulars; beyond them only the counter counts. */
#define TIMELINE_KILLS 256
#define TIMELINE_SERIES 192

/** struct timeline_zone - what does not change about a zone. @index: which one it is */
struct timeline_zone {
	unsigned int index;
	char name[9];
	uint64_t managed, mark[NR_WMARK];
};

/**
 * struct timeline - @fd: -1: nobody asked for one
 * @view: opened at the first sample after the guest said its root
 * @rows: @nr of them, 1 + @nr_series words each: ns since the guest's first instruction, then the series
 */
struct timeline {
	struct vm *vm;
	int fd;
	uint64_t interval_ns;
	struct view *view;
	struct mm_root root;
	unsigned int nr_zones;
	struct timeline_zone zones[MAX_NR_ZONES];
	unsigned int nr_series;
	const char *names[TIMELINE_SERIES];
	char zone_names[MAX_NR_ZONES][16];
	uint64_t *rows;
	unsigned int nr, dropped;
	uint64_t seen_kills;
	unsigned int nr_kills;
	struct oom_event kills[TIMELINE_KILLS];
};

/** timeline_open - @ms: between samples; 0: no timeline. Return: 0 or -errno. timeline_close() is due in either case. */
int timeline_open(struct timeline *t, struct vm *vm, unsigned int ms);
void timeline_close(struct timeline *t);

/** timeline_event - @t->fd is readable, or the guest has ended: take a sample, if the guest is so far. */
void timeline_event(struct timeline *t);

/** timeline_write - the JSON file. Return: 0 or -errno, and then there is no file. */
int timeline_write(const struct timeline *t, const struct run_result *res, const char *path);

#endif
