// SPDX-License-Identifier: MIT
/*
 * replay_report.c - a replay in figures: what was done, what is left, what the memory looks like.
 *
 * Counts of the trace are ours, counts of the guest were checked by trace_totals(); free blocks and slabs are read from
 * the guest's memory by tools/view. bytes_alloc is what the recorded kernel spent, the guest's bytes are
 * whole slabs, so the difference is what the guest's caches hold in reserve or waste.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "tools/view/list.h"
#include "vmm/replay_report.h"

#define TOP_CACHES 14
#define BAR_WIDTH 20
#define ZONE_WIDTH 84

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static uint64_t sum(const uint64_t n[NR_REPLAY_KINDS])
{
	return n[REPLAY_KMALLOC] + n[REPLAY_CACHE] + n[REPLAY_PAGES];
}

/* "512", "12.3 KiB", "4.0 MiB": at most nine characters. */
static const char *bytes_text(uint64_t bytes, char buf[16])
{
	static const char *const unit[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	double n = (double)bytes;
	unsigned int u = 0;

	while (n >= 1024 && u < 4) {
		n /= 1024;
		u++;
	}
	snprintf(buf, 16, u ? "%.1f %s" : "%.0f %s", n, unit[u]);
	return buf;
}

static unsigned int percent_of(uint64_t part, uint64_t whole)
{
	return whole ? (unsigned int)(100.0 * (double)part / (double)whole + 0.5) : 0;
}

static const char *bar(uint64_t part, uint64_t whole, char buf[BAR_WIDTH + 1])
{
	uint64_t full = whole ? (uint64_t)((double)part / (double)whole * BAR_WIDTH + 0.5) : 0;

	if (full > BAR_WIDTH)
		full = BAR_WIDTH;
	memset(buf, '#', full);
	memset(buf + full, '.', BAR_WIDTH - full);
	buf[BAR_WIDTH] = '\0';
	return buf;
}

void replay_report_trace(FILE *out, const char *path, const struct trace_program *prog)
{
	const struct trace_stats *st = &prog->stats;
	char peak[16];

	fprintf(out, "trace: %s, %" PRIu64 " events of %u CPU%s in %.3f s, at most %s alive at a time\n",
		base_name(path), st->events, st->nr_cpus, st->nr_cpus == 1 ? "" : "s", st->seconds,
		bytes_text(st->peak_bytes, peak));
	if (st->lost)
		fprintf(out, "trace: %" PRIu64 " events were lost while recording: expect frees without allocations\n",
			st->lost);
}

/* ---- operations ---- */

static void report_operations(FILE *out, const struct trace_program *prog, const struct trace_totals *t)
{
	static const char *const alloc_names[] = {"kmalloc", "kmem_cache_alloc", "alloc_pages"};
	static const char *const free_names[] = {"kfree", "kmem_cache_free", "free_pages"};
	const struct trace_stats *st = &prog->stats;

	fprintf(out, "\n%-22s %10s %10s %10s\n", "operations", "recorded", "done", "failed");
	for (unsigned int k = 0; k < NR_REPLAY_KINDS; k++)
		fprintf(out, "  %-20s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 "\n", alloc_names[k], st->allocs[k],
			t->allocs[k], t->failed[k]);
	for (unsigned int k = 0; k < NR_REPLAY_KINDS; k++)
		fprintf(out, "  %-20s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 "  never seen allocated: %" PRIu64 "\n",
			free_names[k], st->frees[k] + st->unknown[k], t->frees[k] - t->unseen[k], t->skipped[k],
			st->unknown[k]);
}

static void note(FILE *out, uint64_t n, const char *text)
{
	if (n)
		fprintf(out, "  %-20s %10" PRIu64 "  %s\n", "", n, text);
}

static void report_notes(FILE *out, const struct trace_program *prog, const struct trace_totals *t)
{
	const struct trace_stats *st = &prog->stats;
	char text[256];

	note(out, st->internal_slab, "internal: pages that the recorded kernel got for its own slabs");
	note(out, st->internal_kmalloc, "internal: pages that the recorded kernel got for large kmalloc()");
	note(out, st->failed, "allocations that failed in the recorded kernel already");
	note(out, st->reused, "objects freed unseen (address in use again), freed here at that moment");
	note(out, st->split_frees, "frees of a part of a block");
	note(out, st->null_frees, "frees of NULL");
	note(out, st->internal_frees, "frees of internal pages");
	note(out, st->moved, "objects freed on another CPU than they were allocated on");
	note(out, t->waits, "times that a CPU had to wait for another one");
	note(out, t->corrupt, "OBJECTS OVERWRITTEN while they were allocated");
	note(out, t->not_zero, "OBJECTS NOT ZERO that had to be");
	for (unsigned int i = 0; i < REPLAY_NR_FAULTS && i < t->nr_faults && i < 5; i++)
		fprintf(out, "  ! %s\n", trace_fault_text(prog, &t->faults[i], text, sizeof(text)));
	if (t->nr_faults > 5)
		fprintf(out, "  ! and %" PRIu64 " more\n", t->nr_faults - 5);
}

static void report_live(FILE *out, const struct trace_totals *t)
{
	static const char *const names[] = {"kmalloc", "slab objects", "page blocks"};
	char text[16];

	fprintf(out, "\n%-22s %10s %11s\n", "live at the end", "objects", "bytes_alloc");
	for (unsigned int k = 0; k < NR_REPLAY_KINDS; k++)
		fprintf(out, "  %-20s %10" PRIu64 " %11s\n", names[k], t->live[k], bytes_text(t->live_bytes[k], text));
}

/* ---- free memory ---- */

/* The zone's memory from left to right: in use, then free in blocks of the smallest to the largest order. */
static void zone_picture(FILE *out, const struct list_zone *z)
{
	static const char order_names[] = "0123456789A";
	uint64_t used = z->managed > z->nr_free ? z->managed - z->nr_free : 0, passed = used;
	char picture[ZONE_WIDTH + 1];
	size_t at = z->managed ? (size_t)((double)used / (double)z->managed * ZONE_WIDTH + 0.5) : 0;

	at = at > ZONE_WIDTH ? ZONE_WIDTH : at;
	memset(picture, '#', at);
	for (unsigned int o = 0; o < NR_PAGE_ORDERS && z->managed; o++) {
		size_t end;

		passed += z->free[o] << o;
		end = (size_t)((double)passed / (double)z->managed * ZONE_WIDTH + 0.5);
		end = end > ZONE_WIDTH ? ZONE_WIDTH : end;
		if (end > at) {
			memset(picture + at, order_names[o], end - at);
			at = end;
		}
	}
	picture[at] = '\0';
	fprintf(out, "  %-8s [%-*s]\n", z->name, ZONE_WIDTH, picture);
}

static void report_zones(FILE *out, const struct view *v)
{
	struct list_zone zones[MAX_NR_ZONES];
	char err[VIEW_ERR_MAX], text[16];
	int nr = list_zones(v, zones, err);

	if (nr < 0) {
		fprintf(out, "\nfree blocks: %s\n", err);
		return;
	}
	fprintf(out, "\n%-30s", "free blocks by order");
	for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++)
		fprintf(out, " %5u", o);
	fputc('\n', out);
	for (int i = 0; i < nr; i++) {
		fprintf(out, "  %-8s %10s %3u%% free", zones[i].name, bytes_text(zones[i].nr_free * 4096, text),
			percent_of(zones[i].nr_free, zones[i].managed));
		for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++)
			fprintf(out, " %5" PRIu64, zones[i].free[o]);
		fputc('\n', out);
	}
	fprintf(out, "\nmemory: # in use, 0..9 and A free in blocks of that order\n");
	for (int i = 0; i < nr; i++)
		zone_picture(out, &zones[i]);
}

/* ---- slabs ---- */

struct slab_row {
	char name[40];
	uint64_t live, live_req, live_alloc, slab_bytes;
};

static int by_bytes(const void *a, const void *b)
{
	const struct slab_row *x = a, *y = b;
	uint64_t bx = x->slab_bytes > x->live_alloc ? x->slab_bytes : x->live_alloc;
	uint64_t by = y->slab_bytes > y->live_alloc ? y->slab_bytes : y->live_alloc;

	return (bx < by) - (bx > by);
}

static void add_row(struct slab_row *to, const struct slab_row *from)
{
	to->live += from->live;
	to->live_req += from->live_req;
	to->live_alloc += from->live_alloc;
	to->slab_bytes += from->slab_bytes;
}

/* A row for each recorded cache, one for all kmalloc() of a size: the guest's caches are found by address and by name. */
static unsigned int slab_rows(const struct trace_totals *t, const struct list_cache *caches, int nr,
			      struct slab_row *rows)
{
	for (unsigned int i = 0; i < t->nr_use; i++) {
		const struct trace_cache_use *u = &t->use[i];
		struct slab_row *r = &rows[i];

		*r = (struct slab_row){.live = u->live, .live_req = u->live_req, .live_alloc = u->live_alloc};
		if (u->name)
			snprintf(r->name, sizeof(r->name), "%.31s", u->name);
		else
			snprintf(r->name, sizeof(r->name), "kmalloc-%u", u->traced_size);
		for (int c = 0; c < nr; c++) {
			const char *kmalloc = strstr(caches[c].name, "kmalloc-");
			const char *dash = kmalloc ? strrchr(kmalloc, '-') : NULL;
			bool same = u->name ? u->addr && caches[c].addr == u->addr
					    : dash && caches[c].object_size == u->traced_size;

			if (same)
				r->slab_bytes += caches[c].slabs * caches[c].pages_per_slab * 4096;
		}
	}
	return t->nr_use;
}

static void print_row(FILE *out, const struct slab_row *r)
{
	char traced[16], guest[16], text[BAR_WIDTH + 1];

	fprintf(out, "  %-20.20s %10" PRIu64 " %11s %11s  [%s] %3u%%\n", r->name, r->live,
		bytes_text(r->live_alloc, traced), bytes_text(r->slab_bytes, guest),
		bar(r->live_req, r->slab_bytes, text), percent_of(r->live_req, r->slab_bytes));
}

static void report_slabs(FILE *out, const struct trace_totals *t, const struct view *v)
{
	struct list_cache *caches = NULL;
	char err[VIEW_ERR_MAX];
	int nr = list_caches(v, &caches, err);
	struct slab_row *rows = calloc(t->nr_use + 1, sizeof(*rows));
	struct slab_row all = {.name = "all of them"}, rest = {.name = "others"};
	unsigned int n;

	if (nr < 0 || !rows) {
		fprintf(out, "\nslab use: %s\n", nr < 0 ? err : "out of memory");
		goto out;
	}
	n = slab_rows(t, caches, nr, rows);
	qsort(rows, n, sizeof(*rows), by_bytes);
	fprintf(out, "\n%-22s %10s %11s %11s  %s\n", "slab use", "live", "bytes_alloc", "guest slabs",
		"bytes asked for, of the guest's slabs");
	for (unsigned int i = 0; i < n; i++) {
		add_row(&all, &rows[i]);
		if (i < TOP_CACHES)
			print_row(out, &rows[i]);
		else
			add_row(&rest, &rows[i]);
	}
	if (n > TOP_CACHES) {
		snprintf(rest.name, sizeof(rest.name), "%u others", n - TOP_CACHES);
		print_row(out, &rest);
	}
	print_row(out, &all);
out:
	free(rows);
	free(caches);
}

/* ---- what the trace took ---- */

/* Object memory: the guest's pages beside what the recorded kernel counted for the same objects. */
static void report_memory(FILE *out, const struct trace_program *prog, const struct trace_totals *t)
{
	const struct trace_stats *st = &prog->stats;
	const struct {
		const char *when;
		uint64_t guest, alloc, req;
	} rows[] = {{"peak", t->slab_peak, st->slab_alloc.peak, st->slab_req.peak},
		    {"end", t->slab_end, st->slab_alloc.now, st->slab_req.now}};
	char guest[16], alloc[16], req[16];

	fprintf(out, "\n%-22s %11s %11s %11s\n", "memory for objects", "guest", "bytes_alloc", "bytes_req");
	for (unsigned int i = 0; i < 2; i++)
		fprintf(out, "  %-20s %11s %11s %11s  guest: %u%% of bytes_alloc, %u%% of bytes_req\n", rows[i].when,
			bytes_text(rows[i].guest, guest), bytes_text(rows[i].alloc, alloc),
			bytes_text(rows[i].req, req), percent_of(rows[i].guest, rows[i].alloc),
			percent_of(rows[i].guest, rows[i].req));
}

static const char *size_text(uint64_t bytes, char buf[24])
{
	snprintf(buf, 24, bytes % (1 << 20) ? "%" PRIu64 "K" : "%" PRIu64 "M",
		 bytes % (1 << 20) ? bytes >> 10 : bytes >> 20);
	return buf;
}

static void report_guest(FILE *out, const struct trace_totals *t, const struct run_config *cfg,
			 const struct run_result *res)
{
	char text[24];

	fprintf(out, "\n%" PRIu64 " operations in %.2f s", t->ops, res->ms_suites / 1000);
	if (res->ms_suites > 0)
		fprintf(out, ": %.0f a second", (double)t->ops / res->ms_suites * 1000);
	fprintf(out, ", on %u vCPU%s (%s) with", cfg->cpus, cfg->cpus == 1 ? "" : "s", res->engine ? res->engine : "?");
	for (unsigned int i = 0; i < cfg->mem.nr_ranges; i++)
		fprintf(out, " %s=%s", mem_zone_name(cfg->mem.ranges[i].zone),
			size_text(cfg->mem.ranges[i].size, text));
	fputc('\n', out);
}

void replay_report(FILE *out, const struct trace_program *prog, const struct trace_totals *t,
		   const struct run_config *cfg, const struct run_result *res)
{
	report_operations(out, prog, t);
	report_notes(out, prog, t);
	report_live(out, t);
	if (res->view) {
		report_zones(out, res->view);
		report_slabs(out, t, res->view);
	}
	report_memory(out, prog, t);
	report_guest(out, t, cfg, res);
	fputc('\n', out);
}

static struct json_object *json_level(uint64_t guest, uint64_t alloc, uint64_t req)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "guest", json_object_new_uint64(guest));
	json_object_object_add(o, "bytes_alloc", json_object_new_uint64(alloc));
	json_object_object_add(o, "bytes_req", json_object_new_uint64(req));
	return o;
}

static struct json_object *json_memory(const struct trace_stats *st, const struct trace_totals *t)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "peak", json_level(t ? t->slab_peak : 0, st->slab_alloc.peak, st->slab_req.peak));
	json_object_object_add(o, "end", json_level(t ? t->slab_end : 0, st->slab_alloc.now, st->slab_req.now));
	return o;
}

struct json_object *replay_json(const struct trace_program *prog, const struct trace_totals *t)
{
	const struct trace_stats *st = &prog->stats;
	struct json_object *extra = json_object_new_object();
	struct json_object *r = json_object_new_object();

	json_object_object_add(r, "events", json_object_new_uint64(st->events));
	json_object_object_add(r, "allocations", json_object_new_uint64(t ? sum(t->allocs) : 0));
	json_object_object_add(r, "internal", json_object_new_uint64(st->internal_slab + st->internal_kmalloc));
	json_object_object_add(r, "failed", json_object_new_uint64(st->failed + (t ? sum(t->failed) : 0)));
	json_object_object_add(r, "frees", json_object_new_uint64(t ? sum(t->frees) - sum(t->unseen) : 0));
	json_object_object_add(r, "unknown_frees", json_object_new_uint64(sum(st->unknown)));
	json_object_object_add(r, "memory", json_memory(st, t));
	json_object_object_add(extra, "replay", r);
	return extra;
}
