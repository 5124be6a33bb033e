// SPDX-License-Identifier: MIT
/*
 * mm-inspect - look into a guest's memory: a live one through its control socket, or a core.
 *
 * One table of commands. A live guest is paused while a command reads and resumed before anything is printed, in every case:
 * if this program dies, the VMM sees the connection go and resumes the guest itself.
 *
 * Exit codes: 0 fine, 2 usage or a source that cannot be read, 3 an invariant is broken.
 */
#include <errno.h>
#include <getopt.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/inspect/watch.h"
#include "tools/view/view_impl.h"

static int cmd_buddyinfo(struct inspect *in, char *err);
static int cmd_zoneinfo(struct inspect *in, char *err);
static int cmd_pagetypeinfo(struct inspect *in, char *err);
static int cmd_extfrag(struct inspect *in, char *err);
static int cmd_vmallocinfo(struct inspect *in, char *err);
static int cmd_meminfo(struct inspect *in, char *err);

/** struct command - @arg: what follows SOURCE */
static const struct command {
	const char *name;
	int (*run)(struct inspect *in, char *err);
	const char *arg;
	const char *what;
} commands[] = {
	{"check", cmd_check, NULL,
	 "prove or refute the invariants (--list: which, and which not and why; --only RULES, --skip RULES; --since "
	 "CORE: against an earlier moment; --verbose: "
	 "speed)"},
	{"buddyinfo", cmd_buddyinfo, NULL, "free blocks by zone and order"},
	{"zoneinfo", cmd_zoneinfo, NULL, "zones: sizes, watermarks, protection, counters, per-CPU lists"},
	{"pagetypeinfo", cmd_pagetypeinfo, NULL,
	 "free blocks and pageblocks by migratetype (debug kernel: mixed ones)"},
	{"extfrag", cmd_extfrag, NULL, "by order: fragmentation index, share of free memory that is unusable"},
	{"slabinfo", cmd_slabinfo, NULL,
	 "slab caches: objects and slabs (--verbose: where their bytes went; --svg FILE: how full)"},
	{"mempools", cmd_mempools, NULL, "reserves of elements: how many, of what"},
	{"vmallocinfo", cmd_vmallocinfo, NULL, "vmalloc and module areas"},
	{"meminfo", cmd_meminfo, NULL, "all memory by owner"},
	{"vmstat", cmd_vmstat, NULL, "counts of pages, and of what happened, by Linux's names"},
	{"lru", cmd_lru, NULL, "pages that reclaim can take: lists by zone, batches, kswapd"},
	{"swap", cmd_swap, NULL, "swap devices: slots, clusters, reads and writes"},
	{"map", cmd_map, NULL, "all memory as a picture (--html FILE, --svg FILE; else for a terminal)"},
	{"leaks", cmd_leaks, NULL,
	 "who holds objects, areas and other pages, by stack (debug kernel) or cache and owner"},
	{"threads", cmd_threads, NULL, "threads: state, context, stack, held locks (debug kernel)"},
	{"dma", cmd_dma, NULL, "devices: buffers, pools, bounce buffers, mappings (--verbose: stacks, debug kernel)"},
	{"timeline", cmd_timeline, NULL,
	 "a run over time, from the file of mmvisor --timeline FILE (--html FILE, --svg FILE; else for a terminal)"},
	{"page", cmd_page, "PFN|ADDRESS", "what a page is, and whose"},
	{"vtop", cmd_vtop, "ADDRESS", "walk the page tables for a kernel address"},
	{"bt", cmd_bt, "[PID|cpuN]", "registers and backtrace of every vCPU, of one, or of a thread"},
	{"diff", cmd_diff, "SOURCE",
	 "what has changed from one guest or moment to another: by zone, cache, stack, area"},
	{"top", cmd_top, NULL, "zones, reclaim, caches and threads, again and again (--interval SECONDS, --count N)"},
	{"log", cmd_log, NULL, "what the guest has printed"},
	{"snapshot", cmd_snapshot, "FILE", "write a core of a running guest, which goes on"},
	{"control", cmd_control, "REQUEST", "one request to the VMM: status, stats, quit, or a line of JSON"},
};
#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* Commands that ask the VMM alone, or pause the guest themselves. */
static bool flows(const struct command *cmd)
{
	return cmd->run == cmd_log || cmd->run == cmd_snapshot || cmd->run == cmd_control || cmd->run == cmd_top;
}

/* SOURCE is a file of another kind. */
static bool is_file(const struct command *cmd)
{
	return cmd->run == cmd_timeline;
}

static void usage(FILE *out)
{
	fprintf(out,
		"usage: mm-inspect COMMAND [--json] [--verbose] [--kernel ELF] [--module FILE]... SOURCE [ARGUMENT]\n"
		"SOURCE is a control socket (mmvisor run --control SOCKET) or a core (--core FILE).\n");
	for (size_t i = 0; i < NR_COMMANDS; i++) {
		char head[40];

		snprintf(head, sizeof(head), "%s%s%s", commands[i].name, commands[i].arg ? " SOURCE " : "",
			 commands[i].arg ? commands[i].arg : "");
		fprintf(out, "  %-26s %s\n", head, commands[i].what);
	}
	fprintf(out, "  %-26s %s\n", "watch [COMMAND]", "a command (check) every --interval SECONDS, --count N times");
	fprintf(out, "  %-26s %s\n", "schema [COMMAND]", "the form of what --json prints, as JSON Schema");
}

static int fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static int fail(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "mm-inspect: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	return INSPECT_USAGE;
}

FILE *picture_open(const char *path, char *err)
{
	FILE *f = fopen(path, "we");

	if (!f)
		view_err(err, "%s: %s", path, strerror(errno));
	return f;
}

int picture_close(const struct inspect *in, FILE *f, const char *path, char *err)
{
	int bad = ferror(f);

	if (fclose(f) || bad) {
		view_err(err, "%s: cannot be written: %s", path, strerror(errno));
		remove(path);
		return -1;
	}
	fprintf(in->out, "%s\n", path);
	return 0;
}

int inspect_json(struct inspect *in, struct json_object *o)
{
	if (!o)
		return -1;
	fprintf(in->out, "%s\n",
		json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
	return 0;
}

static int done(int ret)
{
	return ret ? INSPECT_USAGE : INSPECT_HOLDS;
}

static int cmd_buddyinfo(struct inspect *in, char *err)
{
	return done(in->json ? inspect_json(in, json_buddyinfo(in->view, err))
			     : print_buddyinfo(in->view, in->out, err));
}

static int cmd_zoneinfo(struct inspect *in, char *err)
{
	return done(in->json ? inspect_json(in, json_zoneinfo(in->view, err)) : print_zoneinfo(in->view, in->out, err));
}

static int cmd_pagetypeinfo(struct inspect *in, char *err)
{
	return done(in->json ? inspect_json(in, json_pagetypeinfo(in->view, err))
			     : print_pagetypeinfo(in->view, in->out, err));
}

static int cmd_extfrag(struct inspect *in, char *err)
{
	return done(in->json ? inspect_json(in, json_extfrag(in->view, err)) : print_extfrag(in->view, in->out, err));
}

static int cmd_vmallocinfo(struct inspect *in, char *err)
{
	return done(in->json ? inspect_json(in, json_vmallocinfo(in->view, in->symbols, err))
			     : print_vmallocinfo(in->view, in->symbols, in->out, err));
}

static int cmd_meminfo(struct inspect *in, char *err)
{
	return done(in->json ? inspect_json(in, json_meminfo(in->view, err)) : print_meminfo(in->view, in->out, err));
}

/* Names are an extra: without the kernel's file addresses stay numbers. */
struct symtab *inspect_symbols(const struct inspect *in, const struct view *v)
{
	const char *path = in->kernel ? in->kernel : view_kernel(v);
	struct symtab *symbols = path[0] ? symtab_open(path, NULL) : NULL;

	const char *paths[2 * INSPECT_MAX_MODULES];
	unsigned int nr, n = 0;
	const char *const *known = view_modules(v, &nr);

	/* What was given goes first. */
	for (unsigned int i = 0; i < in->nr_modules; i++)
		paths[n++] = in->modules[i];
	for (unsigned int i = 0; i < nr && i < INSPECT_MAX_MODULES; i++)
		paths[n++] = known[i];
	if (symbols)
		symtab_add_modules(symbols, v, paths, n);
	return symbols;
}

/* The command's own part, with the guest open, paused if it is to be. */
static int execute(const struct command *cmd, struct inspect *in, char *err)
{
	int ret = INSPECT_USAGE;

	in->symbols = inspect_symbols(in, in->view);
	if (flows(cmd) || !view_pause(in->view, err)) {
		ret = cmd->run(in, err);
		view_resume(in->view, NULL);
	}
	return ret;
}

/** struct errand - a command and its arguments */
struct errand {
	const struct command *cmd;
	struct inspect *in;
};

/* One run from opening to closing. */
static void take_look(void *ctx, struct look *look)
{
	const struct errand *e = ctx;
	struct inspect *in = e->in;
	char err[VIEW_ERR_MAX] = "";
	size_t size = 0;

	look->ret = INSPECT_USAGE;
	look->text = NULL;
	in->view = NULL;
	in->symbols = NULL;
	if (!is_file(e->cmd))
		in->view = view_open(in->source, err);
	in->out = open_memstream(&look->text, &size);
	if (!in->out)
		snprintf(err, sizeof(err), "out of memory");
	else if (in->view)
		look->ret = execute(e->cmd, in, err);
	else if (is_file(e->cmd))
		look->ret = e->cmd->run(in, err);
	if (in->out)
		fclose(in->out);
	look->paused_ms = in->view ? (double)view_paused_ns(in->view) / 1e6 : 0;
	snprintf(look->err, sizeof(look->err), "%s%s%.400s", strstr(err, in->source) ? "" : in->source,
		 strstr(err, in->source) ? "" : ": ", err);
	symtab_close(in->symbols);
	view_close(in->view);
}

static int run(const struct command *cmd, struct inspect *in)
{
	struct errand errand = {cmd, in};
	struct look look;

	take_look(&errand, &look);
	if (look.ret == INSPECT_USAGE)
		fail("%s", look.err);
	else if (fputs(look.text, stdout) < 0 || fflush(stdout))
		look.ret = fail("standard output: %s", strerror(errno));
	if (look.ret != INSPECT_USAGE && look.paused_ms > 0)
		fprintf(stderr, "guest paused for %.2f ms\n", look.paused_ms);
	free(look.text);
	return look.ret;
}

static int print_list(bool json)
{
	struct inspect in = {.out = stdout};

	if (json)
		inspect_json(&in, check_list_json());
	else
		check_list(stdout);
	return INSPECT_HOLDS;
}

enum {
	OPT_JSON = 256,
	OPT_VERBOSE,
	OPT_LIST,
	OPT_ONLY,
	OPT_SKIP,
	OPT_SINCE,
	OPT_HTML,
	OPT_SVG,
	OPT_KERNEL,
	OPT_MODULE,
	OPT_INTERVAL,
	OPT_COUNT
};
static const struct option options[] = {
	{"json", no_argument, NULL, OPT_JSON},
	{"verbose", no_argument, NULL, OPT_VERBOSE},
	{"list", no_argument, NULL, OPT_LIST},
	{"only", required_argument, NULL, OPT_ONLY},
	{"skip", required_argument, NULL, OPT_SKIP},
	{"since", required_argument, NULL, OPT_SINCE},
	{"html", required_argument, NULL, OPT_HTML},
	{"svg", required_argument, NULL, OPT_SVG},
	{"kernel", required_argument, NULL, OPT_KERNEL},
	{"module", required_argument, NULL, OPT_MODULE},
	{"interval", required_argument, NULL, OPT_INTERVAL},
	{"count", required_argument, NULL, OPT_COUNT},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* Do the options that were given belong to @cmd? */
static int check_options(const struct command *cmd, const struct inspect *in, bool list, bool repeats)
{
	if ((list || in->only || in->skip || in->since) && cmd->run != cmd_check)
		return fail("%s: --list, --only, --skip and --since belong to check", cmd->name);
	if (in->html && cmd->run != cmd_map && cmd->run != cmd_timeline)
		return fail("%s: --html belongs to map and timeline", cmd->name);
	if (in->svg && cmd->run != cmd_map && cmd->run != cmd_timeline && cmd->run != cmd_slabinfo)
		return fail("%s: --svg belongs to map, timeline and slabinfo", cmd->name);
	if ((in->interval > 0 || in->count) && !repeats)
		return fail("%s: --interval and --count belong to watch and top", cmd->name);
	return INSPECT_HOLDS;
}

static int show_schema(const char *name)
{
	char err[VIEW_ERR_MAX] = "";

	return print_schema(name, stdout, err) ? fail("%s", err) : INSPECT_HOLDS;
}

/* What is left after the options: [watch] COMMAND SOURCE [ARGUMENT]. */
static int dispatch(struct inspect *in, char **args, int n, bool list)
{
	bool watched = n && !strcmp(args[0], "watch"), optional;
	const struct command *cmd;
	struct errand errand;

	if (!n)
		return fail("which command? see mm-inspect --help");
	if (!strcmp(args[0], "schema"))
		return n > 2 ? fail("usage: mm-inspect schema [COMMAND]") : show_schema(n == 2 ? args[1] : NULL);
	if (watched)
		args++, n--;
	cmd = n ? find_command(args[0]) : NULL;
	if (!cmd && watched && n)
		cmd = find_command("check"), args--, n++;
	if (!cmd && watched)
		return fail("usage: mm-inspect watch [COMMAND] SOURCE");
	if (!cmd)
		return fail("no command '%s': see mm-inspect --help", args[0]);
	if (watched && (cmd->run == cmd_top || cmd->run == cmd_snapshot))
		return fail("%s cannot be watched", cmd->name);
	if (check_options(cmd, in, list, watched || cmd->run == cmd_top))
		return INSPECT_USAGE;
	if (list)
		return n == 1 && !watched ? print_list(in->json) : fail("check --list takes no source");
	optional = cmd->arg && cmd->arg[0] == '[';
	if (n != (cmd->arg ? 3 : 2) && !(optional && n == 2))
		return fail("usage: mm-inspect %s%s SOURCE%s%s", watched ? "watch " : "", cmd->name,
			    cmd->arg ? " " : "", cmd->arg ? cmd->arg : "");
	in->source = args[1];
	in->arg = n == 3 ? args[2] : NULL;
	if (in->interval <= 0)
		in->interval = 1;
	errand = (struct errand){cmd, in};
	return watched ? watch(in, cmd->name, take_look, &errand) : run(cmd, in);
}

static int take_interval(struct inspect *in, const char *text)
{
	char *end;

	in->interval = strtod(text, &end);
	if (end == text || *end || !(in->interval >= 0.01 && in->interval <= 86400))
		return fail("--interval %s: give seconds from 0.01 to 86400", text);
	return INSPECT_HOLDS;
}

static int take_count(struct inspect *in, const char *text)
{
	char *end;

	in->count = strtoul(text, &end, 10);
	if (end == text || *end || text[0] == '-' || !in->count)
		return fail("--count %s: give a number from 1 on", text);
	return INSPECT_HOLDS;
}

static int take_module(struct inspect *in, const char *path)
{
	if (in->nr_modules == INSPECT_MAX_MODULES)
		return fail("more than %d modules", INSPECT_MAX_MODULES);
	in->modules[in->nr_modules++] = path;
	return INSPECT_HOLDS;
}

/* Return: INSPECT_USAGE if it makes no sense. */
static int take_option(struct inspect *in, int opt, const char *text, bool *list)
{
	switch (opt) {
	case OPT_JSON:
		in->json = true;
		break;
	case OPT_VERBOSE:
		in->verbose = true;
		break;
	case OPT_LIST:
		*list = true;
		break;
	case OPT_ONLY:
		in->only = text;
		break;
	case OPT_SKIP:
		in->skip = text;
		break;
	case OPT_SINCE:
		in->since = text;
		break;
	case OPT_HTML:
		in->html = text;
		break;
	case OPT_SVG:
		in->svg = text;
		break;
	case OPT_KERNEL:
		in->kernel = text;
		break;
	case OPT_MODULE:
		return take_module(in, text);
	case OPT_INTERVAL:
		return take_interval(in, text);
	case OPT_COUNT:
		return take_count(in, text);
	}
	return INSPECT_HOLDS;
}

int main(int argc, char **argv)
{
	struct inspect in = {0};
	bool list = false;
	int opt;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (opt) {
		case 'h':
			usage(stdout);
			return INSPECT_HOLDS;
		case ':':
			return fail("option '%s' needs a value", argv[optind - 1]);
		case '?':
			return fail("unknown option '%s': see mm-inspect --help", argv[optind - 1]);
		default:
			if (take_option(&in, opt, optarg, &list))
				return INSPECT_USAGE;
		}
	}
	return dispatch(&in, argv + optind, argc - optind, list);
}
