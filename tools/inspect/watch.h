/* SPDX-License-Identifier: MIT */
/*
 * watch.h - a command again and again.
 */
#ifndef MMV_TOOLS_INSPECT_WATCH_H
#define MMV_TOOLS_INSPECT_WATCH_H

#include "tools/inspect/inspect.h"

/** struct look - what one run of a command gave. @text: free() it; @ret: INSPECT_* */
struct look {
	char *text;
	int ret;
	double paused_ms;
	char err[VIEW_ERR_MAX];
};

/**
 * watch - look, show, wait for the interval, until in->count looks were taken or the guest has ended
 * @name: the command's
 * @take: takes one
 * Return: INSPECT_*: the worst that a look gave; the end of the guest is no error if there was one look at least.
 */
int watch(const struct inspect *in, const char *name, void (*take)(void *ctx, struct look *look), void *ctx);

/** watch_sleep - until @seconds after @since (CLOCK_MONOTONIC, in seconds). watch_now() is such a time. */
void watch_sleep(double since, double seconds);
double watch_now(void);

#endif
