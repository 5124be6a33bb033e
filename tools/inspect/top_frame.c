// SPDX-License-Identifier: MIT
/*
 * top_frame.c - one look of mm-inspect top as lines of text or as JSON: zones, memory by owner, reclaim, caches, threads.
 *
 * Rates come from the look before. Rows are matched by address or number and name: a cache that is gone and one that is new in its
 * place differ in their names.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "tools/inspect/top.h"

#define KIB(pages) ((pages) << (MMV_PAGE_SHIFT - 10))
#define BAR 20

/** struct cache_row - @growth: pages a second */
struct cache_row {
	const struct list_cache *c;
	double growth;
};

struct thread_row {
	const struct view_thread *t;
	double rate;
};

static double rate(const struct top_sample *now, const struct top_sample *before, uint64_t a, uint64_t b)
{
	return before->at > 0 && now->at > before->at ? ((double)b - (double)a) / (now->at - before->at) : 0;
}

static const struct list_cache *cache_before(const struct top_sample *before, const struct list_cache *c)
{
	for (int i = 0; i < before->nr_caches; i++)
		if (before->caches[i].addr == c->addr && !strcmp(before->caches[i].name, c->name))
			return &before->caches[i];
	return NULL;
}

static uint64_t switches_before(const struct top_sample *before, const struct view_thread *t)
{
	for (unsigned int i = 0; i < before->threads.nr; i++)
		if (before->threads.at[i].addr == t->addr && before->threads.at[i].task.pid == t->task.pid)
			return before->threads.at[i].task.switches;
	return 0;
}

static enum top_sort sort_by;

static int compare_caches(const void *a, const void *b)
{
	const struct cache_row *x = a, *y = b;
	double d = 0;

	if (sort_by == TOP_BY_MEMORY)
		d = (double)y->c->pages - (double)x->c->pages;
	else if (sort_by == TOP_BY_OBJECTS)
		d = (double)(y->c->active - y->c->cached) - (double)(x->c->active - x->c->cached);
	else if (sort_by == TOP_BY_GROWTH)
		d = y->growth - x->growth;
	return d > 0 ? 1 : d < 0 ? -1 : strcmp(x->c->name, y->c->name);
}

static int compare_threads(const void *a, const void *b)
{
	const struct thread_row *x = a, *y = b;

	if (x->rate != y->rate)
		return x->rate < y->rate ? 1 : -1;
	return x->t->task.switches < y->t->task.switches ? 1 : -(x->t->task.switches > y->t->task.switches);
}

static struct cache_row *sorted_caches(const struct top_sample *now, const struct top_sample *before,
				       enum top_sort sort)
{
	struct cache_row *rows = calloc((size_t)now->nr_caches + 1, sizeof(*rows));

	for (int i = 0; rows && i < now->nr_caches; i++) {
		const struct list_cache *old = cache_before(before, &now->caches[i]);

		rows[i] = (struct cache_row){&now->caches[i],
					     rate(now, before, old ? old->pages : 0, now->caches[i].pages)};
	}
	sort_by = sort;
	if (rows)
		qsort(rows, (size_t)now->nr_caches, sizeof(*rows), compare_caches);
	return rows;
}

static struct thread_row *sorted_threads(const struct top_sample *now, const struct top_sample *before)
{
	struct thread_row *rows = calloc(now->threads.nr + 1, sizeof(*rows));

	for (unsigned int i = 0; rows && i < now->threads.nr; i++) {
		const struct view_thread *t = &now->threads.at[i];

		rows[i] = (struct thread_row){t, rate(now, before, switches_before(before, t), t->task.switches)};
	}
	if (rows)
		qsort(rows, now->threads.nr, sizeof(*rows), compare_threads);
	return rows;
}

/* ---- text ---- */

static const char *status_text(const struct top_sample *s, const char *name)
{
	struct json_object *o;

	return json_object_object_get_ex(s->status, name, &o) ? json_object_get_string(o) : "";
}

static int64_t status_number(struct json_object *o, const char *outer, const char *name)
{
	if (outer && !json_object_object_get_ex(o, outer, &o))
		return 0;
	return json_object_object_get_ex(o, name, &o) ? json_object_get_int64(o) : 0;
}

static void head(const struct inspect *in, const struct top_screen *screen, const struct top_sample *now, FILE *out)
{
	fprintf(out, "mm-inspect top  %s", in->source);
	if (now->status) {
		fprintf(out, "  %s on %s, %" PRId64 " CPUs, up %.1f s, paused %.2f ms\n", status_text(now, "state"),
			status_text(now, "engine"), status_number(now->status, NULL, "cpus"),
			(double)status_number(now->status, NULL, "uptime_ms") / 1e3, now->paused_ms);
		fprintf(out, "tests: %" PRId64 " passed, %" PRId64 " failed, %" PRId64 " skipped; %.*s\n",
			status_number(now->status, "tests", "passed"), status_number(now->status, "tests", "failed"),
			status_number(now->status, "tests", "skipped"), (int)screen->columns - 45,
			status_text(now, "where"));
	} else {
		fprintf(out, "  (a core: nothing moves)\n");
	}
}

static void zones(const struct top_sample *now, const struct top_sample *before, FILE *out)
{
	fprintf(out, "\n%-8s %10s %10s %23s %10s %10s\n", "ZONE", "KiB", "free", "min / low / high", "allocs/s",
		"frees/s");
	for (int i = 0; i < now->nr_zones; i++) {
		const struct list_zone *z = &now->zones[i], *old = i < before->nr_zones ? &before->zones[i] : z;
		uint64_t spare = z->nr_free + z->pcp_pages;
		double used = z->managed && spare <= z->managed ? 1 - (double)spare / (double)z->managed : 0;
		char marks[40], bar[BAR + 1];

		snprintf(marks, sizeof(marks), "%lu / %lu / %lu", KIB(z->watermark[WMARK_MIN]),
			 KIB(z->watermark[WMARK_LOW]), KIB(z->watermark[WMARK_HIGH]));
		for (int k = 0; k < BAR; k++)
			bar[k] = k < (int)(used * BAR + 0.5) ? '|' : ' ';
		bar[BAR] = '\0';
		fprintf(out, "%-8s %10lu %10lu %23s %10.0f %10.0f [%s] %.0f%%\n", z->name, KIB(z->managed), KIB(spare),
			marks, rate(now, before, old->nr_allocs, z->nr_allocs),
			rate(now, before, old->nr_frees, z->nr_frees), bar, used * 100);
	}
}

static void owners(const struct top_sample *now, FILE *out)
{
	static const char *const names[] = PAGE_OWNER_NAMES;
	const char *gap = "";

	fputs("KiB by owner: ", out);
	for (unsigned int i = 0; i < NR_PAGE_OWNERS; i++) {
		if (!now->memory.owner[i])
			continue;
		fprintf(out, "%s%s %lu", gap, names[i], KIB(now->memory.owner[i]));
		gap = ", ";
	}
	fputc('\n', out);
}

static double event_rate(const struct top_sample *now, const struct top_sample *before, unsigned int item)
{
	return rate(now, before, before->vmstat.event[item], now->vmstat.event[item]);
}

static unsigned long kib_of(const struct top_sample *s, unsigned int item)
{
	return s->vmstat.node[item] > 0 ? KIB((unsigned long)s->vmstat.node[item]) : 0;
}

static void reclaim(const struct top_sample *now, const struct top_sample *before, FILE *out)
{
	const struct view_vmstat *s = &now->vmstat;
	double stalls = 0,
	       refaults = rate(now, before,
			       (uint64_t)(before->vmstat.node[WORKINGSET_REFAULT_ANON] +
					  before->vmstat.node[WORKINGSET_REFAULT_FILE]),
			       (uint64_t)(s->node[WORKINGSET_REFAULT_ANON] + s->node[WORKINGSET_REFAULT_FILE]));

	if (!now->has_vmstat)
		return;
	for (unsigned int i = ALLOCSTALL_DMA; i <= ALLOCSTALL_MOVABLE; i++)
		stalls += event_rate(now, before, i);
	fprintf(out,
		"LRU KiB: anon %lu active, %lu inactive; file %lu active, %lu inactive; unevictable %lu; dirty %lu, in "
		"writeback %lu\n",
		kib_of(now, NR_ACTIVE_ANON), kib_of(now, NR_INACTIVE_ANON), kib_of(now, NR_ACTIVE_FILE),
		kib_of(now, NR_INACTIVE_FILE), kib_of(now, NR_UNEVICTABLE), kib_of(now, NR_FILE_DIRTY),
		kib_of(now, NR_WRITEBACK));
	fprintf(out,
		"reclaim pages/s: kswapd %.0f of %.0f scanned; direct %.0f of %.0f; %.0f refaults; %.0f stalls; swap "
		"%.0f in, %.0f out\n",
		event_rate(now, before, PGSTEAL_KSWAPD), event_rate(now, before, PGSCAN_KSWAPD),
		event_rate(now, before, PGSTEAL_DIRECT), event_rate(now, before, PGSCAN_DIRECT), refaults, stalls,
		event_rate(now, before, PSWPIN), event_rate(now, before, PSWPOUT));
	fprintf(out, "swap: %lu of %lu KiB used; OOM kills: %lu; page faults/s: %.0f, major %.0f\n", KIB(s->swap_used),
		KIB(s->swap_pages), s->event[OOM_KILL], event_rate(now, before, PGFAULT),
		event_rate(now, before, PGMAJFAULT));
}

static void caches(const struct top_screen *screen, const struct top_sample *now, const struct top_sample *before,
		   unsigned int rows, FILE *out)
{
	struct cache_row *row = sorted_caches(now, before, screen->sort);

	fprintf(out, "\n%-24s %9s %9s %6s %7s %9s %9s\n", "CACHE", "objects", "of", "use", "slabs", "KiB", "KiB/s");
	for (unsigned int i = 0, n = 0; row && i < (unsigned int)now->nr_caches && n < rows; i++) {
		const struct list_cache *c = row[i].c;
		uint64_t users = c->active - c->cached;

		if (!c->slabs)
			continue;
		n++;
		fprintf(out, "%-24s %9lu %9lu %5.1f%% %7lu %9lu %9.0f\n", c->name, users, c->total,
			c->total ? 100.0 * (double)users / (double)c->total : 0.0, c->slabs, KIB(c->pages),
			row[i].growth * (double)KIB(1UL));
	}
	free(row);
}

static void threads(const struct inspect *in, const struct top_sample *now, const struct top_sample *before,
		    unsigned int rows, FILE *out)
{
	struct thread_row *row = sorted_threads(now, before);
	char where[128];

	fprintf(out, "\n%6s %-16s %-9s %4s %11s %11s  %s\n", "PID", "THREAD", "STATE", "CPU", "switches/s", "switches",
		"AT");
	for (unsigned int i = 0; row && i < now->threads.nr && i < rows; i++) {
		const struct view_thread *t = row[i].t;

		where[0] = '\0';
		if (t->nr_stack)
			inspect_name(in->symbols, t->stack[0], t->running < 0, where, sizeof(where));
		where[strcspn(where, "+")] = '\0';
		fprintf(out, "%6d %-16s %-9s %4u %11.0f %11lu  %s\n", t->task.pid, t->name, thread_state(t),
			t->task.cpu < MMV_NR_CPUS ? t->task.cpu : 0, row[i].rate, t->task.switches, where);
	}
	free(row);
}

void top_frame(const struct inspect *in, const struct top_screen *screen, struct top_sample *now,
	       const struct top_sample *before, FILE *out)
{
	/* What does not grow: 2 lines at the top, zones, owners, reclaim, two headings with a line before each. */
	unsigned int fixed = 2 + 2 + (unsigned int)now->nr_zones + 1 + (now->has_vmstat ? 3 : 0) + 4 + screen->keys;
	unsigned int left = screen->rows > fixed + 6 ? screen->rows - fixed : 6;
	unsigned int some = now->threads.nr < left / 3 ? now->threads.nr : left / 3;

	head(in, screen, now, out);
	zones(now, before, out);
	owners(now, out);
	reclaim(now, before, out);
	caches(screen, now, before, screen->rows ? left - some : ~0U, out);
	threads(in, now, before, screen->rows ? some : ~0U, out);
	if (screen->keys)
		fputs("q quit; caches by: m memory, o objects, g growth, n name", out);
}

/* ---- JSON ---- */

static void put(struct json_object *o, const char *name, uint64_t x)
{
	json_object_object_add(o, name, json_object_new_uint64(x));
}

static void put_rate(struct json_object *o, const char *name, double x)
{
	char text[32];

	snprintf(text, sizeof(text), "%.1f", x);
	json_object_object_add(o, name, json_object_new_double_s(x, text));
}

static struct json_object *json_zones(const struct top_sample *now, const struct top_sample *before)
{
	struct json_object *list = json_object_new_array();

	for (int i = 0; i < now->nr_zones; i++) {
		const struct list_zone *z = &now->zones[i], *old = i < before->nr_zones ? &before->zones[i] : z;
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "zone", json_object_new_string(z->name));
		put(o, "managed", z->managed);
		put(o, "free", z->nr_free + z->pcp_pages);
		put(o, "min", z->watermark[WMARK_MIN]);
		put(o, "low", z->watermark[WMARK_LOW]);
		put(o, "high", z->watermark[WMARK_HIGH]);
		put_rate(o, "allocs_per_s", rate(now, before, old->nr_allocs, z->nr_allocs));
		put_rate(o, "frees_per_s", rate(now, before, old->nr_frees, z->nr_frees));
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *json_caches(const struct top_sample *now, const struct top_sample *before)
{
	struct cache_row *row = sorted_caches(now, before, TOP_BY_MEMORY);
	struct json_object *list = json_object_new_array();

	for (int i = 0; row && i < now->nr_caches; i++) {
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "cache", json_object_new_string(row[i].c->name));
		put(o, "objects", row[i].c->active - row[i].c->cached);
		put(o, "total", row[i].c->total);
		put(o, "slabs", row[i].c->slabs);
		put(o, "pages", row[i].c->pages);
		put_rate(o, "pages_per_s", row[i].growth);
		json_object_array_add(list, o);
	}
	free(row);
	return list;
}

static struct json_object *json_top_threads(const struct top_sample *now, const struct top_sample *before)
{
	struct thread_row *row = sorted_threads(now, before);
	struct json_object *list = json_object_new_array();

	for (unsigned int i = 0; row && i < now->threads.nr; i++) {
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "pid", json_object_new_int(row[i].t->task.pid));
		json_object_object_add(o, "thread", json_object_new_string(row[i].t->name));
		json_object_object_add(o, "state", json_object_new_string(thread_state(row[i].t)));
		put(o, "cpu", row[i].t->task.cpu);
		put(o, "switches", row[i].t->task.switches);
		put_rate(o, "switches_per_s", row[i].rate);
		json_object_array_add(list, o);
	}
	free(row);
	return list;
}

static struct json_object *json_vmstat(const struct top_sample *now, const struct top_sample *before)
{
	struct json_object *o = json_object_new_object();

	for (unsigned int i = 0; i < NR_VM_NODE_STAT_ITEMS; i++)
		json_object_object_add(o, view_node_stat_name(i), json_object_new_int64(now->vmstat.node[i]));
	for (unsigned int i = 0; i < NR_VM_EVENT_ITEMS; i++) {
		struct json_object *pair = json_object_new_object();

		put(pair, "count", now->vmstat.event[i]);
		put_rate(pair, "per_s", event_rate(now, before, i));
		json_object_object_add(o, view_vm_event_name(i), pair);
	}
	put(o, "swap_pages", now->vmstat.swap_pages);
	put(o, "swap_used", now->vmstat.swap_used);
	return o;
}

struct json_object *top_json(struct top_sample *now, const struct top_sample *before)
{
	static const char *const names[] = PAGE_OWNER_NAMES;
	struct json_object *o = json_object_new_object(), *by_owner = json_object_new_object();

	for (unsigned int i = 0; i < NR_PAGE_OWNERS; i++)
		put(by_owner, names[i], now->memory.owner[i]);
	put_rate(o, "seconds", before->at > 0 ? now->at - before->at : 0);
	json_object_object_add(o, "paused_ms", json_object_new_double(now->paused_ms));
	if (now->status)
		json_object_object_add(o, "status", json_object_get(now->status));
	json_object_object_add(o, "zones", json_zones(now, before));
	json_object_object_add(o, "owner_pages", by_owner);
	if (now->has_vmstat)
		json_object_object_add(o, "vmstat", json_vmstat(now, before));
	json_object_object_add(o, "caches", json_caches(now, before));
	json_object_object_add(o, "threads", json_top_threads(now, before));
	return o;
}
