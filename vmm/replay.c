// SPDX-License-Identifier: MIT
/*
 * replay.c - `mmvisor replay`: compile a recorded trace, have a guest perform it, tell what came of it.
 *
 * Not given, --cpus is as many as the trace has and --mem the default, with its NORMAL range enlarged until the most that
 * was alive at a time in the trace fits twice: what a cache spends on half-used slabs is then no reason to fail. A
 * guest that shall run short is asked for with --mem.
 *
 * An allocation that fails in the guest and did not in the trace makes the replay a failed test.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/view/view.h"
#include "vmm/host.h"
#include "vmm/options.h"
#include "vmm/replay_report.h"
#include "vmm/run.h"

#define BAR_WIDTH 40
#define MIB (1ull << 20)

/* ---- progress ---- */

static void draw_bar(const char *what, unsigned int percent, const char *more)
{
	unsigned int full = percent * BAR_WIDTH / 100;

	printf("\r%s [%.*s%*s] %3u%% %s\033[K", what, (int)full, "########################################",
	       (int)(BAR_WIDTH - full), "", percent, more);
	fflush(stdout);
}

static void erase_bar(void)
{
	printf("\r\033[K");
	fflush(stdout);
}

static void reading_progress(void *ctx, double done)
{
	(void)ctx;
	draw_bar("reading the trace ", (unsigned int)(100 * done), "");
}

/* The guest says how far it is in lines of its own: on a terminal they become one bar. */
static bool on_line(void *ctx, const char *line)
{
	unsigned int percent;
	const char *more;

	(void)ctx;
	if (sscanf(line, "replay: %u%%", &percent) != 1 || percent > 100) {
		erase_bar();
		return false;
	}
	more = strchr(line, '(');
	draw_bar("replaying in guest", percent, more ? more : "");
	return true;
}

/* ---- defaults that depend on the trace ---- */

static bool mem_given(int argc, char **argv)
{
	/* getopt_long() takes an unambiguous beginning of a name, too. */
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (!strncmp(argv[i], "--me", 4) || !strncmp(argv[i], "--m=", 4) || !strcmp(argv[i], "--m"))
			return true;
	return false;
}

static int fit_memory(struct run_config *cfg, const struct trace_stats *st)
{
	uint64_t all = mem_spec_bytes(&cfg->mem);
	uint64_t need = 2 * st->peak_bytes;
	char text[128], why[256];

	if (need <= all)
		return 0;
	snprintf(text, sizeof(text), "dma=16M,dma32=48M,normal=%lluM",
		 (unsigned long long)(64 + (need - all + 2 * MIB - 1) / (2 * MIB) * 2));
	if (mem_spec_parse(&cfg->mem, text, why, sizeof(why))) {
		run_error("--mem %s: %s; the trace needs that much", text, why);
		return -EINVAL;
	}
	return 0;
}

/* How many streams there may be: as asked, else what this host's KVM can run. */
static int compile(struct run_config *cfg, const char *path, struct trace_program *prog)
{
	struct trace_options opt = {.max_streams = cfg->cpus};
	struct trace_error err;
	struct kvm_host host;
	bool tty = isatty(STDOUT_FILENO);
	int ret;

	if (tty)
		opt.progress = reading_progress;
	ret = trace_compile(path, &opt, prog, &err);
	if (tty)
		erase_bar();
	if (ret) {
		run_error("%s", err.text);
		return RUN_USAGE;
	}
	if (cfg->cpus)
		return RUN_OK;
	ret = kvm_host_open(&host);
	opt.max_streams = ret ? 0 : host.max_vcpus;
	kvm_host_close(&host);
	if (ret)
		return ret;
	if (prog->image->nr_streams > opt.max_streams) {
		trace_program_free(prog);
		if (trace_compile(path, &opt, prog, &err)) {
			run_error("%s", err.text);
			return RUN_USAGE;
		}
	}
	cfg->cpus = prog->image->nr_streams;
	return RUN_OK;
}

/* ---- after the run ---- */

static int read_totals(const struct trace_program *prog, const struct run_result *res, struct trace_totals *t,
		       struct trace_error *err)
{
	const struct replay_header *h = prog->image;
	size_t size = replay_result_size(h->nr_streams, h->nr_caches, h->nr_classes);
	char why[VIEW_ERR_MAX] = "the guest never said where its memory is described";
	const struct mm_root *root = res->view ? view_root(res->view, why) : NULL;
	void *result;
	int ret;

	if (!root || !root->replay_result) {
		snprintf(err->text, sizeof(err->text), "replay result: %s",
			 root ? "the guest did not get that far" : why);
		return -ENOENT;
	}
	result = malloc(size);
	if (!result || view_read(res->view, root->replay_result, result, size)) {
		snprintf(err->text, sizeof(err->text), "replay result: not readable at %#lx",
			 (unsigned long)root->replay_result);
		free(result);
		return -EFAULT;
	}
	ret = trace_totals(prog, result, size, t, err);
	free(result);
	return ret;
}

/* Everything that was asked for was tried, unless the run was cut off. */
static bool complete(const struct trace_program *prog, const struct trace_totals *t)
{
	for (unsigned int k = 0; k < NR_REPLAY_KINDS; k++)
		if (t->allocs[k] + t->failed[k] != prog->stats.allocs[k])
			return false;
	return t->state == REPLAY_DONE;
}

static int finish(const struct run_config *cfg, const struct trace_program *prog, struct run_result *res)
{
	struct trace_totals totals;
	struct trace_error err;
	struct json_object *extra;
	bool told = !read_totals(prog, res, &totals, &err);
	int code;

	if (told)
		replay_report(stdout, prog, &totals, cfg, res);
	else if (res->end == END_DONE)
		run_error("%s", err.text);
	extra = replay_json(prog, told ? &totals : NULL);
	code = run_report(cfg, res, extra);
	json_object_put(extra);
	if (code == RUN_OK && (!told || !complete(prog, &totals))) {
		if (told)
			run_error("the guest ended before the replay did");
		code = RUN_FAILED;
	}
	if (told)
		trace_totals_free(&totals);
	return code;
}

static int replay(struct options *o, int argc, char **argv)
{
	struct run_config *cfg = &o->cfg;
	struct trace_program prog;
	struct run_result res;
	int code = compile(cfg, o->args[0], &prog);

	if (code == RUN_OK && !mem_given(argc, argv) && fit_memory(cfg, &prog.stats))
		code = RUN_USAGE;
	if (code != RUN_OK)
		goto out;
	replay_report_trace(stdout, o->args[0], &prog);
	cfg->replay = prog.image;
	cfg->replay_size = prog.image->total_size;
	if (isatty(STDOUT_FILENO))
		cfg->on_line = on_line;
	code = run_guest(cfg, &res);
	if (res.end != END_SETUP)
		code = finish(cfg, &prog, &res);
	run_free(&res);
out:
	trace_program_free(&prog);
	return code;
}

static const char usage[] =
	"mmvisor replay [options] TRACE\n"
	"\n"
	"TRACE holds kmem:* events as text of ftrace, `trace-cmd report` or `perf script`, plain or packed by xz.\n"
	"Without --cpus the guest has as many vCPUs as the trace has CPUs; without --mem, room for twice what was "
	"alive at\n"
	"a time in the trace. An allocation that fails here and did not in the trace makes the replay a failed test.";

int cmd_replay(int argc, char **argv)
{
	struct options o;
	int code = RUN_USAGE;

	if (options_parse(&o, argc, argv, usage)) {
		options_free(&o);
		return RUN_USAGE;
	}
	if (o.help)
		code = RUN_OK;
	else if (o.nr_args != 1)
		run_error("replay: give one trace, %u were given", o.nr_args);
	else
		code = replay(&o, argc, argv);
	options_free(&o);
	return code;
}
