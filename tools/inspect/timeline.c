// SPDX-License-Identifier: MIT
/*
 * timeline.c - `mm-inspect timeline`: the file of `mmvisor --timeline` is read, checked, and shown.
 *
 * The file may be anything: every member is looked at before it is used, what has the wrong form is refused with its name.
 */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "tools/inspect/inspect.h"
#include "tools/inspect/timeline.h"
#include "tools/view/view_impl.h"

#define TEXT_COLUMNS 72
#define MAX_SAMPLES (1u << 20)
#define MAX_LIST (1u << 16)

static struct json_object *member(struct json_object *o, const char *key, enum json_type type)
{
	struct json_object *m = NULL;

	if (!json_object_is_type(o, json_type_object) || !json_object_object_get_ex(o, key, &m))
		return NULL;
	return json_object_is_type(m, type) ? m : NULL;
}

static void copy_text(char *to, size_t size, struct json_object *o, const char *key)
{
	struct json_object *m = member(o, key, json_type_string);

	snprintf(to, size, "%s", m ? json_object_get_string(m) : "?");
}

static double amount(struct json_object *o, const char *key)
{
	struct json_object *m = NULL;
	double d = json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, key, &m)
			   ? json_object_get_double(m)
			   : 0;

	return d >= 0 && d < 1e18 ? d : 0;
}

/* A list of objects: room for each. */
static void *list(struct json_object *top, const char *key, size_t size, unsigned int *nr, struct json_object **array)
{
	size_t n;

	*array = member(top, key, json_type_array);
	n = *array ? json_object_array_length(*array) : 0;
	*nr = (unsigned int)(n < MAX_LIST ? n : MAX_LIST);
	return calloc(*nr + 1, size);
}

static int take_lists(struct timeline_data *t, struct json_object *top)
{
	struct json_object *zones, *spans, *kills;

	t->zones = list(top, "zones", sizeof(*t->zones), &t->nr_zones, &zones);
	t->spans = list(top, "tests", sizeof(*t->spans), &t->nr_spans, &spans);
	t->kills = list(top, "kills", sizeof(*t->kills), &t->nr_kills, &kills);
	if (!t->zones || !t->spans || !t->kills)
		return -1;
	for (unsigned int i = 0; i < t->nr_zones; i++) {
		struct json_object *o = json_object_array_get_idx(zones, i);
		struct tl_zone *z = &t->zones[i];
		char name[TL_NAME + 8];

		copy_text(z->name, sizeof(z->name), o, "name");
		z->managed = amount(o, "managed");
		z->min = amount(o, "min");
		z->low = amount(o, "low");
		z->high = amount(o, "high");
		snprintf(name, sizeof(name), "free.%s", z->name);
		z->free = timeline_find(t, name);
	}
	for (unsigned int i = 0; i < t->nr_spans; i++) {
		struct json_object *o = json_object_array_get_idx(spans, i);

		copy_text(t->spans[i].suite, TL_NAME, o, "suite");
		copy_text(t->spans[i].name, TL_NAME, o, "name");
		copy_text(t->spans[i].result, sizeof(t->spans[i].result), o, "result");
		t->spans[i].from = amount(o, "from");
		t->spans[i].to = amount(o, "to");
	}
	for (unsigned int i = 0; i < t->nr_kills; i++) {
		struct json_object *o = json_object_array_get_idx(kills, i);

		copy_text(t->kills[i].comm, TL_NAME, o, "comm");
		t->kills[i].ms = amount(o, "ms");
		t->kills[i].rss = amount(o, "rss");
		t->kills[i].swap = amount(o, "swap");
		t->kills[i].pid = (long)amount(o, "pid");
	}
	return 0;
}

/* The names; the first one must be the time. */
static int take_series(struct timeline_data *t, struct json_object *series)
{
	size_t n = series ? json_object_array_length(series) : 0;

	if (!n || n - 1 > TL_MAX_SERIES)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(series, i));

		if (!name || (!i && strcmp(name, "ms")))
			return -1;
		if (i)
			snprintf(t->series[t->nr_series++].name, TL_NAME, "%s", name);
	}
	return 0;
}

static int take_samples(struct timeline_data *t, struct json_object *samples)
{
	size_t n = samples ? json_object_array_length(samples) : 0;

	if (!samples || n > MAX_SAMPLES)
		return -1;
	t->ms = calloc(n + 1, sizeof(*t->ms));
	t->value = calloc((n + 1) * (t->nr_series + 1), sizeof(*t->value));
	if (!t->ms || !t->value)
		return -1;
	t->nr = (unsigned int)n;
	for (size_t i = 0; i < n; i++) {
		struct json_object *row = json_object_array_get_idx(samples, i);

		if (!json_object_is_type(row, json_type_array) || json_object_array_length(row) != t->nr_series + 1)
			return -1;
		t->ms[i] = json_object_get_double(json_object_array_get_idx(row, 0));
		if (!(t->ms[i] >= (i ? t->ms[i - 1] : 0)) || t->ms[i] > 1e12)
			return -1;
		for (unsigned int s = 0; s < t->nr_series; s++) {
			double v = json_object_get_double(json_object_array_get_idx(row, s + 1));
			struct tl_series *series = &t->series[s];

			v = v >= 0 && v < 1e18 ? v : 0;
			t->value[(size_t)s * n + i] = v;
			series->min = !i || v < series->min ? v : series->min;
			series->max = !i || v > series->max ? v : series->max;
		}
	}
	return 0;
}

int timeline_load(struct timeline_data *t, const char *path, char *err)
{
	struct json_object *top, *series;
	const char *bad = NULL;

	memset(t, 0, sizeof(*t));
	top = json_object_from_file(path);
	if (!top) {
		view_err(err, "%s: it cannot be read, or is no JSON: give a file that mmvisor --timeline wrote", path);
		return -1;
	}
	series = member(top, "series", json_type_array);
	if (amount(top, "version") != 1)
		bad = "version";
	else if (take_series(t, series))
		bad = "series";
	else if (take_samples(t, member(top, "samples", json_type_array)))
		bad = "samples";
	else if (take_lists(t, top))
		bad = "lists";
	copy_text(t->engine, sizeof(t->engine), top, "engine");
	json_object_put(top);
	if (bad)
		view_err(err, "%s: '%s' is not what mmvisor --timeline writes", path, bad);
	return bad ? -1 : 0;
}

void timeline_free(struct timeline_data *t)
{
	free(t->zones);
	free(t->spans);
	free(t->kills);
	free(t->ms);
	free(t->value);
	memset(t, 0, sizeof(*t));
}

int timeline_find(const struct timeline_data *t, const char *name)
{
	for (unsigned int i = 0; i < t->nr_series; i++)
		if (!strcmp(t->series[i].name, name))
			return (int)i;
	return -1;
}

double timeline_end(const struct timeline_data *t)
{
	return t->nr && t->ms[t->nr - 1] > 1 ? t->ms[t->nr - 1] : 1;
}

/* ---- for a terminal ---- */

/* One line: the mean of what falls into each column, by ten signs from the least to the most. */
static void text_line(const struct timeline_data *t, unsigned int s, FILE *out)
{
	static const char signs[] = " .:-=+*#%@";
	const struct tl_series *series = &t->series[s];
	double range = series->max - series->min, end = timeline_end(t), last = series->min;
	unsigned int i = 0;

	fprintf(out, "  %-24.24s |", series->name);
	for (unsigned int c = 0; c < TEXT_COLUMNS; c++) {
		double sum = 0;
		unsigned int n = 0;

		for (; i < t->nr && (t->ms[i] <= end * (c + 1) / TEXT_COLUMNS || c == TEXT_COLUMNS - 1); i++, n++)
			sum += t->value[(size_t)s * t->nr + i];
		last = n ? sum / n : last;
		fputc(signs[range > 0 ? (int)((last - series->min) / range * 9.0 + 0.5) : 0], out);
	}
	fprintf(out, "| %.0f to %.0f\n", series->min, series->max);
}

void timeline_text(const struct timeline_data *t, FILE *out)
{
	fprintf(out, "%u samples in %.0f ms, %u tests, %u OOM kills; engine %s\n", t->nr, timeline_end(t), t->nr_spans,
		t->nr_kills, t->engine);
	for (unsigned int i = 0; i < t->nr_zones; i++)
		fprintf(out, "  zone %-8s %8.0f pages, marks %.0f %.0f %.0f\n", t->zones[i].name, t->zones[i].managed,
			t->zones[i].min, t->zones[i].low, t->zones[i].high);
	for (unsigned int s = 0; s < t->nr_series; s++)
		if (t->series[s].max > t->series[s].min)
			text_line(t, s, out);
	for (unsigned int i = 0; i < t->nr_kills; i++)
		fprintf(out, "  killed at %.0f ms: %s (%ld), %.0f pages in memory, %.0f in swap\n", t->kills[i].ms,
			t->kills[i].comm, t->kills[i].pid, t->kills[i].rss, t->kills[i].swap);
}

/* ---- the command ---- */

static int draw(const struct inspect *in, const struct timeline_data *t, const char *path, char *err,
		void (*to)(const struct timeline_data *t, const char *source, FILE *out))
{
	FILE *f = picture_open(path, err);

	if (!f)
		return -1;
	to(t, in->source, f);
	return picture_close(in, f, path, err);
}

int cmd_timeline(struct inspect *in, char *err)
{
	struct timeline_data t;
	int bad = timeline_load(&t, in->source, err);

	if (!bad && in->svg)
		bad = draw(in, &t, in->svg, err, timeline_svg);
	if (!bad && in->html)
		bad = draw(in, &t, in->html, err, timeline_html);
	if (!bad && in->json)
		bad = inspect_json(in, json_object_from_file(in->source));
	else if (!bad && !in->svg && !in->html)
		timeline_text(&t, in->out);
	timeline_free(&t);
	return bad ? INSPECT_USAGE : INSPECT_HOLDS;
}
