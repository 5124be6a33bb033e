// SPDX-License-Identifier: MIT
/*
 * timeline_svg.c - `mm-inspect timeline --svg` and `--html`: panels one below the other over the same time.
 *
 * Each zone's free pages with its marks; then what reclaim, swap and compaction did. Counters of events are drawn as what was added from
 * sample to sample. Suites are bands along the top, OOM kills lines across everything. A panel of which nothing ever
 * happened is left out. The page for browsers is the picture and a script that shows the values under the pointer.
 */
#include <json-c/json.h>
#include <string.h>

#include "tools/inspect/map.h"
#include "tools/inspect/timeline.h"

#define LEFT 150
#define PLOT 1000
#define RIGHT 200
#define WIDTH (LEFT + PLOT + RIGHT)
#define TOP 76
#define PANEL 110
#define GAP 34
#define MAX_CURVES 6

/** struct panel - @rate: the series count events */
static const struct panel {
	const char *title;
	bool rate;
	const char *series[MAX_CURVES];
} panels[] = {
	{"pages on LRU lists",
	 false,
	 {"nr_inactive_anon", "nr_active_anon", "nr_inactive_file", "nr_active_file", "nr_unevictable"}},
	{"reclaim: pages scanned", true, {"pgscan_kswapd", "pgscan_direct"}},
	{"reclaim: pages freed", true, {"pgsteal_kswapd", "pgsteal_direct"}},
	{"dirty and under writeback", false, {"nr_dirty", "nr_writeback"}},
	{"swap: slots in use", false, {"swap_used"}},
	{"swap: pages in, out", true, {"pswpin", "pswpout"}},
	{"faults", true, {"pgfault", "pgmajfault"}},
	{"compaction: pages moved, blocks won, failed", true, {"pgmigrate_success", "compact_success", "compact_fail"}},
	{"allocations that had to reclaim",
	 true,
	 {"allocstall_dma", "allocstall_dma32", "allocstall_normal", "allocstall_movable"}},
	{"fragmentation: free pages in blocks of order 0 to 4",
	 false,
	 {"free_order_0", "free_order_1", "free_order_2", "free_order_3", "free_order_4"}},
	{"fragmentation: free pages in blocks of order 5 to 10",
	 false,
	 {"free_order_5", "free_order_6", "free_order_7", "free_order_8", "free_order_9", "free_order_10"}},
	{"fragmentation: free memory of no use for a block of order 3, 6, 9, in thousandths",
	 false,
	 {"unusable_order_3", "unusable_order_6", "unusable_order_9"}},
	{"address spaces, OOM victims", false, {"address_spaces", "oom_victims"}},
};
#define NR_PANELS (sizeof(panels) / sizeof(panels[0]))

static const char *const colors[MAX_CURVES] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"};

/** struct canvas - @y: top of the panel that comes next */
struct canvas {
	const struct timeline_data *t;
	FILE *out;
	unsigned int y;
};

/* Text that may hold anything goes into markup through this. */
static void put_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '>')
			fputs("&gt;", out);
		else if (*text == '&')
			fputs("&amp;", out);
		else if (*text == '"')
			fputs("&quot;", out);
		else
			fputc((unsigned char)*text < ' ' ? '?' : *text, out);
	}
}

static double x_of(const struct timeline_data *t, double ms)
{
	double end = timeline_end(t);

	return LEFT + (ms > end ? end : ms) / end * PLOT;
}

/* A level, or what was added since the sample before. */
static double value_of(const struct timeline_data *t, int series, unsigned int i, bool rate)
{
	const double *v = t->value + (size_t)series * t->nr;

	if (!rate)
		return v[i];
	return i && v[i] > v[i - 1] ? v[i] - v[i - 1] : 0;
}

static double most(const struct timeline_data *t, const int *series, unsigned int nr, bool rate)
{
	double max = 0;

	for (unsigned int s = 0; s < nr; s++)
		for (unsigned int i = 0; i < t->nr; i++)
			max = value_of(t, series[s], i, rate) > max ? value_of(t, series[s], i, rate) : max;
	return max;
}

/* Neighbours that fall on the same spot are one point. */
static void put_curve(const struct canvas *c, int series, bool rate, double max, const char *color)
{
	double at = -1, high = -1;

	fprintf(c->out, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.2\" points=\"", color);
	for (unsigned int i = 0; i < c->t->nr; i++) {
		double x = x_of(c->t, c->t->ms[i]), y = c->y + PANEL - value_of(c->t, series, i, rate) / max * PANEL;

		if (i && x - at < 0.25 && y - high < 0.25 && high - y < 0.25)
			continue;
		fprintf(c->out, "%.1f,%.1f ", x, y);
		at = x;
		high = y;
	}
	fputs("\"/>\n", c->out);
}

static void put_frame(const struct canvas *c, const char *title, double max)
{
	char size[32];

	fprintf(c->out,
		"<rect x=\"%d\" y=\"%u\" width=\"%d\" height=\"%d\" fill=\"#fbfbf8\" stroke=\"#c8c8c0\"/>\n"
		"<text x=\"%d\" y=\"%u\" font-weight=\"bold\">",
		LEFT, c->y, PLOT, PANEL, LEFT, c->y - 5);
	put_text(c->out, title);
	fprintf(c->out,
		"</text>\n<text x=\"%d\" y=\"%u\" text-anchor=\"end\">%.0f</text>\n"
		"<text x=\"%d\" y=\"%u\" text-anchor=\"end\" fill=\"#777\">%s</text>\n"
		"<text x=\"%d\" y=\"%u\" text-anchor=\"end\">0</text>\n",
		LEFT - 6, c->y + 9, max, LEFT - 6, c->y + 23, map_size(size, sizeof(size), (uint64_t)max), LEFT - 6,
		c->y + PANEL);
}

static void put_mark(const struct canvas *c, const char *name, double pages, double max, const char *color)
{
	double y = c->y + PANEL - pages / max * PANEL;

	if (pages <= max)
		fprintf(c->out,
			"<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-dasharray=\"4 3\">"
			"<title>%s %.0f</title></line>\n",
			LEFT, LEFT + PLOT, y, y, color, name, pages);
}

static void put_zone(struct canvas *c, const struct tl_zone *z)
{
	double max;
	char title[TL_NAME + 32];

	if (z->free < 0)
		return;
	max = c->t->series[z->free].max > z->high ? c->t->series[z->free].max : z->high;
	max = max > 0 ? max : 1;
	snprintf(title, sizeof(title), "zone %s: free pages", z->name);
	put_frame(c, title, max);
	put_mark(c, "min", z->min, max, "#c00000");
	put_mark(c, "low", z->low, max, "#e07000");
	put_mark(c, "high", z->high, max, "#70a000");
	put_curve(c, z->free, false, max, colors[0]);
	fprintf(c->out,
		"<text x=\"%d\" y=\"%u\">of %.0f; marks</text><text x=\"%d\" y=\"%u\">%.0f, %.0f, %.0f</text>\n",
		LEFT + PLOT + 8, c->y + 12, z->managed, LEFT + PLOT + 8, c->y + 26, z->min, z->low, z->high);
	c->y += PANEL + GAP;
}

/* Return: is there anything to see? Only then it is drawn, or (@dry) counted. */
static bool put_panel(struct canvas *c, const struct panel *p, bool dry)
{
	int series[MAX_CURVES];
	const char *color[MAX_CURVES];
	unsigned int nr = 0;
	double max;

	for (unsigned int i = 0; i < MAX_CURVES && p->series[i]; i++) {
		int s = timeline_find(c->t, p->series[i]);

		if (s >= 0 && most(c->t, &s, 1, p->rate) > 0) {
			color[nr] = colors[i];
			series[nr++] = s;
		}
	}
	if (!nr || dry)
		return nr != 0;
	max = most(c->t, series, nr, p->rate);
	put_frame(c, p->title, max);
	for (unsigned int i = 0; i < nr; i++) {
		put_curve(c, series[i], p->rate, max, color[i]);
		fprintf(c->out, "<text x=\"%d\" y=\"%u\" fill=\"%s\">", LEFT + PLOT + 8, c->y + 12 + 14 * i, color[i]);
		put_text(c->out, c->t->series[series[i]].name);
		fputs("</text>\n", c->out);
	}
	c->y += PANEL + GAP;
	return true;
}

/* A band for each suite along the top, a tick for each case. */
static void put_suites(const struct canvas *c)
{
	const struct timeline_data *t = c->t;
	double free_from = 0;

	for (unsigned int i = 0, next; i < t->nr_spans; i = next) {
		double x = x_of(t, t->spans[i].from), to;

		for (next = i + 1; next < t->nr_spans && !strcmp(t->spans[next].suite, t->spans[i].suite);)
			next++;
		to = x_of(t, t->spans[next - 1].to);
		fprintf(c->out,
			"<rect x=\"%.1f\" y=\"46\" width=\"%.1f\" height=\"8\" fill=\"%s\" stroke=\"#fff\"><title>", x,
			to > x ? to - x : 0.5, i & 1 ? "#b8c4d0" : "#8fa3b5");
		put_text(c->out, t->spans[i].suite);
		fputs("</title></rect>\n", c->out);
		if (x >= free_from) {
			fprintf(c->out, "<text x=\"%.1f\" y=\"42\" font-size=\"9\">", x);
			put_text(c->out, t->spans[i].suite);
			fputs("</text>\n", c->out);
			free_from = x + 6 * (double)strlen(t->spans[i].suite) + 6;
		}
	}
	for (unsigned int i = 0; i < t->nr_spans; i++) {
		bool bad = !strcmp(t->spans[i].result, "failed");
		double x = x_of(t, t->spans[i].from), to = x_of(t, t->spans[i].to);

		fprintf(c->out, "<rect x=\"%.1f\" y=\"54\" width=\"%.1f\" height=\"5\" fill=\"%s\"><title>", x,
			to > x ? to - x : 0.5,
			bad     ? "#c00000"
			: i & 1 ? "#d8dde2"
				: "#c2cad2");
		put_text(c->out, t->spans[i].name);
		fprintf(c->out, ": %.1f ms</title></rect>\n", t->spans[i].to - t->spans[i].from);
	}
}

static void put_kills(const struct canvas *c)
{
	for (unsigned int i = 0; i < c->t->nr_kills; i++) {
		const struct tl_kill *k = &c->t->kills[i];
		double x = x_of(c->t, k->ms);

		fprintf(c->out,
			"<line x1=\"%.1f\" x2=\"%.1f\" y1=\"60\" y2=\"%u\" stroke=\"#c00000\" stroke-width=\"0.8\">"
			"<title>killed: ",
			x, x, c->y - GAP);
		put_text(c->out, k->comm);
		fprintf(c->out, " (%ld), %.0f pages in memory, %.0f in swap</title></line>\n", k->pid, k->rss, k->swap);
	}
}

static void put_times(const struct canvas *c)
{
	double end = timeline_end(c->t);

	for (unsigned int i = 0; i <= 10; i++)
		fprintf(c->out, "<text x=\"%d\" y=\"%u\" text-anchor=\"middle\" fill=\"#555\">%.0f ms</text>\n",
			LEFT + (int)i * PLOT / 10, c->y - GAP + 16, end * i / 10);
}

void timeline_svg(const struct timeline_data *t, const char *source, FILE *out)
{
	struct canvas c = {t, out, TOP + 20};
	unsigned int nr = 0;

	for (unsigned int i = 0; i < t->nr_zones; i++)
		nr += t->zones[i].free >= 0;
	for (size_t i = 0; i < NR_PANELS; i++)
		nr += put_panel(&c, &panels[i], true);
	fprintf(out,
		"<svg id=\"timeline\" xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%u\" viewBox=\"0 0 %d "
		"%u\" font-family=\"sans-serif\" font-size=\"11\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n<text x=\"16\" y=\"24\" "
		"font-size=\"15\">Memory over time: ",
		WIDTH, TOP + 20 + nr * (PANEL + GAP) + 10, WIDTH, TOP + 20 + nr * (PANEL + GAP) + 10);
	put_text(out, source);
	fputs("</text>\n", out);
	put_suites(&c);
	for (unsigned int i = 0; i < t->nr_zones; i++)
		put_zone(&c, &t->zones[i]);
	for (size_t i = 0; i < NR_PANELS; i++)
		put_panel(&c, &panels[i], false);
	put_times(&c);
	put_kills(&c);
	fputs("</svg>\n", out);
}

/* ---- for a browser ---- */

static void put_json(FILE *out, const char *name, struct json_object *o)
{
	fprintf(out, "const %s = ", name);
	/* No '<', so that no text can end the script. */
	for (const char *c = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN); *c; c++) {
		if (*c == '<')
			fputs("\\u003c", out);
		else
			fputc(*c, out);
	}
	fputs(";\n", out);
	json_object_put(o);
}

static const char script[] =
	"const svg = document.getElementById('timeline'), tip = document.getElementById('tip');\n"
	"const line = document.createElementNS('http://www.w3.org/2000/svg', 'line');\n"
	"line.setAttribute('y1', 60); line.setAttribute('y2', svg.viewBox.baseVal.height);\n"
	"line.setAttribute('x1', -9); line.setAttribute('x2', -9);\n"
	"line.setAttribute('stroke', '#000'); line.setAttribute('pointer-events', 'none'); svg.append(line);\n"
	"function show(e) {\n"
	"  const box = svg.getBoundingClientRect(), x = (e.clientX - box.left) * svg.viewBox.baseVal.width / "
	"box.width;\n"
	"  const at = (x - LEFT) / PLOT * END;\n"
	"  if (at < 0 || at > END || !MS.length) { tip.style.display = 'none'; return; }\n"
	"  let lo = 0, hi = MS.length - 1;\n"
	"  while (lo < hi) { const mid = (lo + hi + 1) >> 1; if (MS[mid] <= at) lo = mid; else hi = mid - 1; }\n"
	"  line.setAttribute('x1', x); line.setAttribute('x2', x);\n"
	"  const test = TESTS.find(t => t[1] <= at && at < t[2]);\n"
	"  tip.textContent = [MS[lo] + ' ms' + (test ? ', ' + test[0] : '')]\n"
	"    .concat(NAMES.map((n, s) => n + ': ' + VALUES[s][lo])).join('\\n');\n"
	"  tip.style.display = 'block';\n"
	"  tip.style.left = Math.min(e.pageX + 14, document.documentElement.clientWidth - 260) + 'px';\n"
	"  tip.style.top = e.pageY + 14 + 'px';\n"
	"}\n"
	"svg.addEventListener('mousemove', show);\n"
	"svg.addEventListener('mouseleave', () => { tip.style.display = 'none'; });\n";

static struct json_object *tests_json(const struct timeline_data *t)
{
	struct json_object *all = json_object_new_array();

	for (unsigned int i = 0; i < t->nr_spans; i++) {
		struct json_object *one = json_object_new_array();
		char name[2 * TL_NAME + 2];

		snprintf(name, sizeof(name), "%s.%s", t->spans[i].suite, t->spans[i].name);
		json_object_array_add(one, json_object_new_string(name));
		json_object_array_add(one, json_object_new_double(t->spans[i].from));
		json_object_array_add(one, json_object_new_double(t->spans[i].to));
		json_object_array_add(all, one);
	}
	return all;
}

void timeline_html(const struct timeline_data *t, const char *source, FILE *out)
{
	struct json_object *names = json_object_new_array(), *values = json_object_new_array(),
			   *ms = json_object_new_array();

	for (unsigned int i = 0; i < t->nr; i++)
		json_object_array_add(ms, json_object_new_double(t->ms[i]));
	for (unsigned int s = 0; s < t->nr_series; s++) {
		struct json_object *one = json_object_new_array();

		for (unsigned int i = 0; i < t->nr; i++)
			json_object_array_add(one, json_object_new_int64((int64_t)t->value[(size_t)s * t->nr + i]));
		json_object_array_add(values, one);
		json_object_array_add(names, json_object_new_string(t->series[s].name));
	}
	fputs("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Memory over time</title>\n"
	      "<style>body { margin: 0; } #tip { position: absolute; display: none; pointer-events: none; white-space: "
	      "pre; background: #1c1c1cee; color: #fff; padding: 6px 8px; border-radius: 4px; font: 11px sans-serif; "
	      "}</style></head><body>\n",
	      out);
	timeline_svg(t, source, out);
	fprintf(out, "<div id=\"tip\"></div>\n<script>\n'use strict';\nconst LEFT = %d, PLOT = %d, END = %f;\n", LEFT,
		PLOT, timeline_end(t));
	put_json(out, "NAMES", names);
	put_json(out, "MS", ms);
	put_json(out, "VALUES", values);
	put_json(out, "TESTS", tests_json(t));
	fprintf(out, "%s</script></body></html>\n", script);
}
