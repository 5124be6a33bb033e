// SPDX-License-Identifier: MIT
/*
 * summary.c - what a person reads at the end of a run, and the files they asked for.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "vmm/crash.h"
#include "vmm/report.h"
#include "vmm/run_state.h"

static void print_failures(const struct ktap *k)
{
	for (unsigned int i = 0; i < k->nr_results; i++) {
		const struct ktap_result *r = &k->results[i];

		if (r->status == KTAP_FAIL)
			printf("mmvisor: failed: %s%s%s\n", r->suite, *r->suite ? "." : "", r->name);
		else if (r->status == KTAP_SKIP)
			printf("mmvisor: skipped: %s%s%s: %s\n", r->suite, *r->suite ? "." : "", r->name,
			       *r->diag ? r->diag : "no reason given");
	}
}

static void print_error(const struct run_state *s, const struct run_result *res)
{
	run_error("%s%s%s", res->reason, s->core_written ? ": see the core in " : "",
		  s->core_written ? s->cfg.core : "");
}

static void print_end(struct run_state *s, struct run_result *res)
{
	switch (res->end) {
	case END_CRASH:
	case END_TIMEOUT:
		crash_report(&s->vm, res->view);
		print_error(s, res);
		break;
	case END_USAGE:
	case END_SIGNAL:
	case END_QUIT:
		run_error("%s", res->reason);
		break;
	default:
		if (res->broken)
			print_error(s, res);
		else if (res->incomplete)
			run_error("the results are incomplete: %s", res->reason);
	}
}

static void print_check(const struct run_state *s)
{
	char verdict[512];

	if (!s->check_tried)
		return;
	if (!s->check_done)
		run_error("invariants not checked: %s", s->check_err);
	else if (s->check.broken)
		check_print(&s->check, stdout);
	else
		printf("mmvisor: %s\n", check_verdict(&s->check, verdict, sizeof(verdict)));
}

static int write_files(const struct run_state *s, const struct run_result *res, struct json_object *extra)
{
	int err = 0, e;

	if (s->cfg.junit) {
		e = report_junit(res, s->cfg.junit);
		if (e)
			run_error("--junit %s: %s", s->cfg.junit, strerror(-e));
		err = e ? e : err;
	}
	if (s->cfg.json) {
		e = report_json(res, s->cfg.json, extra);
		if (e)
			run_error("--json %s: %s", s->cfg.json, strerror(-e));
		err = e ? e : err;
	}
	if (s->cfg.timeline) {
		e = timeline_write(&s->timeline, res, s->cfg.timeline);
		if (e)
			run_error("--timeline %s: %s", s->cfg.timeline, strerror(-e));
		err = e ? e : err;
	}
	return err;
}

int run_report(const struct run_config *cfg, struct run_result *res, struct json_object *extra)
{
	struct run_state *s = res->state;

	(void)cfg; /* the run's own copy has what was chosen for it */
	if (res->end == END_SETUP)
		return res->exit_code;
	print_failures(&s->ktap);
	print_end(s, res);
	print_check(s);
	dma_print(&s->vm);
	if (res->exit_code && res->exit_code != RUN_USAGE)
		printf("mmvisor: seed %" PRIu64 " (run again with --seed %" PRIu64 ")\n", s->cfg.seed, s->cfg.seed);
	printf("mmvisor: %u passed, %u failed, %u skipped; launch %.1f ms, boot %.1f ms, suites %.1f ms; engine %s\n",
	       res->passed, res->failed, res->skipped, res->ms_launch, res->ms_boot, res->ms_suites, res->engine);
	if (write_files(s, res, extra) && res->exit_code == RUN_OK)
		res->exit_code = RUN_USAGE;
	return res->exit_code;
}
