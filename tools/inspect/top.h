/* SPDX-License-Identifier: MIT */
/*
 * top.h - what mm-inspect top looks at (top.c), and how it shows it (top_frame.c).
 */
#ifndef MMV_TOOLS_INSPECT_TOP_H
#define MMV_TOOLS_INSPECT_TOP_H

#include "tools/inspect/inspect.h"
#include "tools/view/thread.h"
#include "tools/view/vmstat.h"

enum top_sort { TOP_BY_MEMORY, TOP_BY_OBJECTS, TOP_BY_GROWTH, TOP_BY_NAME };

/**
 * struct top_sample - one look
 * @at: when, in seconds; 0: there is none
 * @status: of a live guest, as the control socket gives it; NULL for a core
 */
struct top_sample {
	double at;
	double paused_ms;
	struct json_object *status;
	struct list_zone zones[MAX_NR_ZONES];
	int nr_zones;
	struct list_memory memory;
	struct list_cache *caches;
	int nr_caches;
	struct view_threads threads;
	struct view_vmstat vmstat;
	bool has_vmstat;
};

/** struct top_screen - @rows: lines that fit; 0: any number */
struct top_screen {
	unsigned int rows, columns;
	enum top_sort sort;
	bool keys; /* there is somebody to press them */
};

/** top_frame - @now beside @before, whose @at is 0 if it is the first one. Sorts the rows of @now. */
void top_frame(const struct inspect *in, const struct top_screen *screen, struct top_sample *now,
	       const struct top_sample *before, FILE *out);

/** top_json - the same as an object */
struct json_object *top_json(struct top_sample *now, const struct top_sample *before);

#endif
