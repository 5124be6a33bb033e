/* SPDX-License-Identifier: MIT */
/*
 * timeline.h - a run's samples (mmvisor --timeline FILE, vmm/timeline.c) as read back from their file.
 */
#ifndef MMV_TOOLS_INSPECT_TIMELINE_H
#define MMV_TOOLS_INSPECT_TIMELINE_H

#include <stdint.h>
#include <stdio.h>

struct json_object;

#define TL_MAX_SERIES 256
#define TL_NAME 48

/** struct tl_series - @at: its place in a sample; @min, @max over all samples */
struct tl_series {
	char name[TL_NAME];
	double min, max;
};

/** struct tl_zone - @free: number of its series, -1: there is none */
struct tl_zone {
	char name[TL_NAME];
	double managed, min, low, high;
	int free;
};

/** struct tl_span - a test case; struct tl_kill - a life that was taken */
struct tl_span {
	char suite[TL_NAME], name[TL_NAME], result[16];
	double from, to;
};

struct tl_kill {
	char comm[TL_NAME];
	double ms, rss, swap;
	long pid;
};

/**
 * struct timeline_data - everything in the file
 * @ms, @value: times of samples; value[s * nr + i] is that of series s in sample i
 */
struct timeline_data {
	char engine[TL_NAME];
	unsigned int nr_series, nr_zones, nr_spans, nr_kills, nr;
	struct tl_series series[TL_MAX_SERIES];
	struct tl_zone *zones;
	struct tl_span *spans;
	struct tl_kill *kills;
	double *ms, *value;
};

/** timeline_load - Return: 0, or -1 with a line in @err (VIEW_ERR_MAX bytes). timeline_free() is due in either case. */
int timeline_load(struct timeline_data *t, const char *path, char *err);
void timeline_free(struct timeline_data *t);

/** timeline_find - number of a series, -1: it never was anything but 0, or there is none of that name. */
int timeline_find(const struct timeline_data *t, const char *name);

/** timeline_end - the time of the last sample, at least 1 ms. */
double timeline_end(const struct timeline_data *t);

void timeline_text(const struct timeline_data *t, FILE *out);
void timeline_svg(const struct timeline_data *t, const char *source, FILE *out);
void timeline_html(const struct timeline_data *t, const char *source, FILE *out);

#endif
