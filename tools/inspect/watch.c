// SPDX-License-Identifier: MIT
/*
 * watch.c - see watch.h. On a terminal each look takes the place of the one before it; elsewhere they follow each other, and
 * as JSON each is one line.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/inspect/watch.h"

double watch_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void watch_sleep(double since, double seconds)
{
	double left = since + seconds - watch_now();
	struct timespec ts;

	if (left <= 0)
		return;
	ts.tv_sec = (time_t)left;
	ts.tv_nsec = (long)((left - (double)ts.tv_sec) * 1e9);
	nanosleep(&ts, NULL);
}

static void wall_time(char *buf, size_t size)
{
	struct timespec ts;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	n = strftime(buf, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + n, size - n, ".%03ldZ", ts.tv_nsec / 1000000);
}

static void show_json(const char *name, unsigned long round, const struct look *look)
{
	struct json_object *o = json_object_new_object();
	char at[40];

	wall_time(at, sizeof(at));
	json_object_object_add(o, "time", json_object_new_string(at));
	json_object_object_add(o, "round", json_object_new_uint64(round));
	json_object_object_add(o, "command", json_object_new_string(name));
	json_object_object_add(o, "exit", json_object_new_int(look->ret));
	json_object_object_add(o, "paused_ms", json_object_new_double(look->paused_ms));
	json_object_object_add(o, "result", json_tokener_parse(look->text));
	printf("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

static void show_text(const struct inspect *in, const char *name, unsigned long round, const struct look *look)
{
	char at[40];

	wall_time(at, sizeof(at));
	if (isatty(STDOUT_FILENO))
		fputs("\033[H\033[2J", stdout);
	else if (round > 1)
		putchar('\n');
	printf("%s  %s %s, look %lu, guest paused for %.2f ms\n\n%s", at, name, in->source, round, look->paused_ms,
	       look->text);
}

int watch(const struct inspect *in, const char *name, void (*take)(void *ctx, struct look *look), void *ctx)
{
	int worst = INSPECT_HOLDS;

	for (unsigned long round = 1; !in->count || round <= in->count; round++) {
		double start = watch_now();
		struct look look = {0};

		take(ctx, &look);
		if (look.ret == INSPECT_USAGE) {
			free(look.text);
			/* A guest that has ended has taken its socket away, or is about to. */
			if (round > 1 && (access(in->source, F_OK) || strstr(look.err, "ended")))
				return worst;
			fprintf(stderr, "mm-inspect: %s\n", look.err);
			return INSPECT_USAGE;
		}
		if (in->json)
			show_json(name, round, &look);
		else
			show_text(in, name, round, &look);
		free(look.text);
		if (fflush(stdout)) {
			fprintf(stderr, "mm-inspect: standard output: %s\n", strerror(errno));
			return INSPECT_USAGE;
		}
		if (look.ret > worst)
			worst = look.ret;
		if (round != in->count)
			watch_sleep(start, in->interval);
	}
	return worst;
}
