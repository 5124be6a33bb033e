// SPDX-License-Identifier: MIT
/*
 * check.c - mm-inspect check: the verdict.
 *
 * A live guest is stopped wherever it happens to be. What a lock's count shows to be mid-update is skipped by the check
 * itself. To be safe from what it does not show, a fault in a live guest counts only if it is still there, at the same
 * page and address, after the guest has run on.
 */
#include <json-c/json.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/inspect/inspect.h"
#include "tools/view/view_impl.h"

#define CONFIRM_ROUNDS 4
#define CONFIRM_MS 20

/* Is @name among the comma-separated @list? A name may end in '*'. */
static bool listed(const char *list, const char *name)
{
	while (list && *list) {
		size_t n = strcspn(list, ",");
		bool prefix = n && list[n - 1] == '*';

		if (prefix ? !strncmp(list, name, n - 1) : strlen(name) == n && !strncmp(list, name, n))
			return true;
		list += n + (list[n] == ',');
	}
	return false;
}

/* Rules that were not asked for do not count. */
static void select_rules(const struct inspect *in, struct check_report *r)
{
	unsigned int nr, n = 0;
	const struct check_rule *rules = check_rules(&nr);

	for (unsigned int i = 0; i < nr; i++) {
		if ((!in->only || listed(in->only, rules[i].name)) && !listed(in->skip, rules[i].name))
			continue;
		r->checked -= r->ran[i];
		r->broken -= r->found[i] != 0;
		r->total_faults -= r->found[i];
		r->ran[i] = false;
		r->found[i] = r->flux[i] = 0;
	}
	for (unsigned int i = 0; i < r->nr_faults; i++)
		if (r->found[r->faults[i].rule])
			r->faults[n++] = r->faults[i];
	r->nr_faults = n;
}

static int check_selection(const struct inspect *in, char *err)
{
	const char *lists[] = {in->only, in->skip};

	for (int k = 0; k < 2; k++) {
		for (const char *p = lists[k]; p && *p;) {
			size_t n = strcspn(p, ",");
			unsigned int nr;
			const struct check_rule *rules = check_rules(&nr);
			char one[64];
			bool known = false;

			snprintf(one, sizeof(one), "%.*s", (int)(n < 63 ? n : 63), p);
			for (unsigned int i = 0; i < nr; i++)
				known |= listed(one, rules[i].name);
			if (!known) {
				snprintf(err, VIEW_ERR_MAX, "no invariant is called '%s': see mm-inspect check --list",
					 one);
				return -1;
			}
			p += n + (p[n] == ',');
		}
	}
	return 0;
}

static int run_on(struct inspect *in, char *err)
{
	struct timespec wait = {.tv_nsec = CONFIRM_MS * 1000000L};

	if (view_resume(in->view, err))
		return -1;
	nanosleep(&wait, NULL);
	return view_pause(in->view, err);
}

static int confirm(struct inspect *in, struct check_report *r, char *err)
{
	for (int i = 0; i < CONFIRM_ROUNDS && (r->broken || r->total_flux); i++) {
		struct check_report again;
		int ret;

		if (run_on(in, err))
			return -1;
		check_report_init(&again);
		ret = view_check(in->view, &again, err);
		if (ret >= 0)
			check_confirm(r, &again);
		check_report_free(&again);
		if (ret < 0)
			return -1;
	}
	return 0;
}

/* ---- how quick it was ---- */

#define SUM_BYTES (64UL << 20)
#define MAX_SUMMERS 16

/** struct summer - a thread that only reads: what memory gives at best */
struct summer {
	pthread_t thread;
	const uint64_t *at;
	uint64_t sum;
};

static void *add_up(void *arg)
{
	struct summer *s = arg;

	for (size_t i = 0; i < SUM_BYTES / sizeof(*s->at); i++)
		s->sum += s->at[i];
	return NULL;
}

/* Bytes a second that @nr threads read from memory of their own. 0: not known. */
static double bandwidth(unsigned int nr)
{
	struct summer all[MAX_SUMMERS] = {0};
	uint64_t start = 0, sum = 0;
	unsigned int started = 0;

	nr = nr < MAX_SUMMERS ? nr : MAX_SUMMERS;
	for (unsigned int i = 0; i < nr; i++) {
		uint64_t *mine = malloc(SUM_BYTES);

		if (!mine)
			break;
		memset(mine, (int)i + 1, SUM_BYTES);
		all[started++].at = mine;
	}
	start = view_now();
	for (unsigned int i = 1; i < started; i++)
		if (pthread_create(&all[i].thread, NULL, add_up, &all[i]))
			add_up(&all[i]);
	if (started)
		add_up(&all[0]);
	for (unsigned int i = 1; i < started; i++)
		if (all[i].thread)
			pthread_join(all[i].thread, NULL);
	start = view_now() - start;
	for (unsigned int i = 0; i < started; i++) {
		sum += all[i].sum;
		free((void *)(uintptr_t)all[i].at);
	}
	return start && sum ? (double)(started * SUM_BYTES) * 1e9 / (double)start : 0;
}

/* Entries that exist are what costs; those in holes of the file are passed over. */
static void put_speed(struct inspect *in, const struct check_report *r, struct json_object *o)
{
	double seconds = r->scan_ns ? (double)r->scan_ns / 1e9 : 1e-9;
	double bytes = (double)r->pages_read * sizeof(struct page) / seconds, most = bandwidth(r->workers);

	if (o) {
		json_object_object_add(o, "scan_ms", json_object_new_double(seconds * 1e3));
		json_object_object_add(o, "threads", json_object_new_int((int)r->workers));
		json_object_object_add(o, "pages_per_second", json_object_new_double((double)r->pages / seconds));
		json_object_object_add(o, "bytes_per_second", json_object_new_double(bytes));
		json_object_object_add(o, "memory_bytes_per_second", json_object_new_double(most));
		return;
	}
	fprintf(in->out,
		"memory map: %lu pages, %lu entries that exist, in %.2f ms by %u thread%s: %.1f M pages/s, %.2f GB/s "
		"of the %.1f GB/s that memory gives (%.0f %%)\n",
		r->pages, r->pages_read, seconds * 1e3, r->workers, r->workers == 1 ? "" : "s",
		(double)r->pages / seconds / 1e6, bytes / 1e9, most / 1e9, most > 0 ? bytes * 100 / most : 0);
}

/* Against an earlier core of the same run. */
static int compare(struct inspect *in, struct check_report *r, char *err)
{
	struct view *old = view_open(in->since, err);
	int ret = old ? view_check_pair(old, in->view, r, err) : -1;

	view_close(old);
	return ret < 0 ? -1 : 0;
}

int cmd_check(struct inspect *in, char *err)
{
	struct check_report r;
	int ret = INSPECT_USAGE;

	if (check_selection(in, err))
		return ret;
	check_report_init(&r);
	if (view_check(in->view, &r, err) >= 0 && (view_kind(in->view) != VIEW_LIVE || !confirm(in, &r, err)) &&
	    (!in->since || !compare(in, &r, err))) {
		select_rules(in, &r);
		/* What stands around a fault is read while it stands still. */
		if (!r.broken)
			view_resume(in->view, NULL);
		ret = r.broken ? INSPECT_BROKEN : INSPECT_HOLDS;
		if (in->json) {
			struct json_object *o = check_json_more(&r, fault_json, in);

			if (view_kind(in->view) == VIEW_LIVE)
				json_object_object_add(o, "paused_ms",
						       json_object_new_double((double)view_paused_ns(in->view) / 1e6));
			if (in->verbose)
				put_speed(in, &r, o);
			inspect_json(in, o);
		} else {
			check_print_more(&r, in->out, fault_print, in);
			if (in->verbose)
				put_speed(in, &r, NULL);
		}
	}
	check_report_free(&r);
	return ret;
}
