// SPDX-License-Identifier: MIT
/*
 * check.c - mm-inspect check: the verdict.
 *
 * A live guest is stopped wherever it happens to be. What a lock's count shows to be mid-update is skipped by the check
 * itself. To be safe from what it does not show, a fault in a live guest counts only if it is still there, at the same
 * page and address, after the guest has run on.
 */
#include <json-c/json.h>
#include <string.h>
#include <time.h>

#include "tools/inspect/inspect.h"

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

int cmd_check(struct inspect *in, char *err)
{
	struct check_report r;
	int ret = INSPECT_USAGE;

	if (check_selection(in, err))
		return ret;
	check_report_init(&r);
	if (view_check(in->view, &r, err) >= 0 && (view_kind(in->view) != VIEW_LIVE || !confirm(in, &r, err))) {
		view_resume(in->view, NULL);
		select_rules(in, &r);
		ret = r.broken ? INSPECT_BROKEN : INSPECT_HOLDS;
		if (in->json) {
			struct json_object *o = check_json(&r);

			if (view_kind(in->view) == VIEW_LIVE)
				json_object_object_add(o, "paused_ms",
						       json_object_new_double((double)view_paused_ns(in->view) / 1e6));
			inspect_json(in, o);
		} else {
			check_print(&r, in->out);
		}
	}
	check_report_free(&r);
	return ret;
}
