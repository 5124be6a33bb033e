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

#include "tools/inspect/inspect.h"

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
	 "prove or refute the invariants (--list: which, and which not and why; --only RULES, --skip RULES)"},
	{"buddyinfo", cmd_buddyinfo, NULL, "free blocks by zone and order"},
	{"zoneinfo", cmd_zoneinfo, NULL, "zones: sizes, watermarks, protection, counters, per-CPU lists"},
	{"pagetypeinfo", cmd_pagetypeinfo, NULL,
	 "free blocks and pageblocks by migratetype (debug kernel: mixed ones)"},
	{"extfrag", cmd_extfrag, NULL, "by order: fragmentation index, share of free memory that is unusable"},
	{"slabinfo", cmd_slabinfo, NULL, "slab caches: objects and slabs (--verbose: where their bytes went)"},
	{"vmallocinfo", cmd_vmallocinfo, NULL, "vmalloc and module areas"},
	{"meminfo", cmd_meminfo, NULL, "all memory by owner"},
	{"map", cmd_map, NULL, "all memory as a picture (--html FILE, --svg FILE; else for a terminal)"},
	{"leaks", cmd_leaks, NULL, "who holds objects and areas, by stack (debug kernel) or cache"},
	{"threads", cmd_threads, NULL, "threads: state, context, stack, held locks (debug kernel)"},
	{"dma", cmd_dma, NULL, "devices: buffers, pools, bounce buffers, mappings (--verbose: stacks, debug kernel)"},
	{"timeline", cmd_timeline, NULL,
	 "a run over time, from the file of mmvisor --timeline FILE (--html FILE, --svg FILE; else for a terminal)"},
	{"page", cmd_page, "PFN|ADDRESS", "what a page is, and whose"},
	{"vtop", cmd_vtop, "ADDRESS", "walk the page tables for a kernel address"},
	{"log", cmd_log, NULL, "what the guest has printed"},
	{"snapshot", cmd_snapshot, "FILE", "write a core of a running guest, which goes on"},
	{"control", cmd_control, "REQUEST", "one request to the VMM: status, stats, quit, or a line of JSON"},
};
#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* Commands that ask the VMM alone: the guest goes on meanwhile. */
static bool flows(const struct command *cmd)
{
	return cmd->run == cmd_log || cmd->run == cmd_snapshot || cmd->run == cmd_control;
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
static void load_symbols(struct inspect *in)
{
	const char *path = in->kernel ? in->kernel : view_kernel(in->view);

	if (path[0])
		in->symbols = symtab_open(path, NULL);
	if (in->symbols)
		symtab_add_modules(in->symbols, in->view, in->modules, in->nr_modules);
}

static int run(const struct command *cmd, struct inspect *in)
{
	char err[VIEW_ERR_MAX] = "", *text = NULL;
	size_t size = 0;
	int ret = INSPECT_USAGE;
	bool is_file = cmd->run == cmd_timeline;

	in->view = is_file ? NULL : view_open(in->source, err);
	if (!in->view && !is_file)
		return fail("%s", err);
	in->out = open_memstream(&text, &size);
	if (!in->out) {
		view_close(in->view);
		return fail("out of memory");
	}
	if (is_file)
		ret = cmd->run(in, err);
	else
		load_symbols(in);
	if (!is_file && (flows(cmd) || !view_pause(in->view, err))) {
		ret = cmd->run(in, err);
		view_resume(in->view, NULL);
	}
	fclose(in->out);
	if (ret == INSPECT_USAGE)
		fail("%s%s%s", strstr(err, in->source) ? "" : in->source, strstr(err, in->source) ? "" : ": ", err);
	else if (fwrite(text, 1, size, stdout) != size || fflush(stdout))
		ret = fail("standard output: %s", strerror(errno));
	if (ret != INSPECT_USAGE && !is_file && view_kind(in->view) == VIEW_LIVE && !flows(cmd))
		fprintf(stderr, "guest paused for %.2f ms\n", (double)view_paused_ns(in->view) / 1e6);
	free(text);
	symtab_close(in->symbols);
	view_close(in->view);
	return ret;
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

enum { OPT_JSON = 256, OPT_VERBOSE, OPT_LIST, OPT_ONLY, OPT_SKIP, OPT_HTML, OPT_SVG, OPT_KERNEL, OPT_MODULE };
static const struct option options[] = {
	{"json", no_argument, NULL, OPT_JSON},
	{"verbose", no_argument, NULL, OPT_VERBOSE},
	{"list", no_argument, NULL, OPT_LIST},
	{"only", required_argument, NULL, OPT_ONLY},
	{"skip", required_argument, NULL, OPT_SKIP},
	{"html", required_argument, NULL, OPT_HTML},
	{"svg", required_argument, NULL, OPT_SVG},
	{"kernel", required_argument, NULL, OPT_KERNEL},
	{"module", required_argument, NULL, OPT_MODULE},
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

/* What is left after the options: COMMAND SOURCE [ARGUMENT]. */
static int dispatch(struct inspect *in, char **args, int n, bool list)
{
	const struct command *cmd;

	if (!n)
		return fail("which command? see mm-inspect --help");
	cmd = find_command(args[0]);
	if (!cmd)
		return fail("no command '%s': see mm-inspect --help", args[0]);
	if ((list || in->only || in->skip) && cmd->run != cmd_check)
		return fail("%s: --list, --only and --skip belong to check", cmd->name);
	if ((in->html || in->svg) && cmd->run != cmd_map && cmd->run != cmd_timeline)
		return fail("%s: --html and --svg belong to map and timeline", cmd->name);
	if (list)
		return n == 1 ? print_list(in->json) : fail("check --list takes no source");
	if (n != (cmd->arg ? 3 : 2))
		return fail("usage: mm-inspect %s SOURCE%s%s", cmd->name, cmd->arg ? " " : "",
			    cmd->arg ? cmd->arg : "");
	in->source = args[1];
	in->arg = cmd->arg ? args[2] : NULL;
	return run(cmd, in);
}

int main(int argc, char **argv)
{
	struct inspect in = {0};
	bool list = false;
	int opt;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (opt) {
		case OPT_JSON:
			in.json = true;
			break;
		case OPT_VERBOSE:
			in.verbose = true;
			break;
		case OPT_LIST:
			list = true;
			break;
		case OPT_ONLY:
			in.only = optarg;
			break;
		case OPT_SKIP:
			in.skip = optarg;
			break;
		case OPT_HTML:
			in.html = optarg;
			break;
		case OPT_SVG:
			in.svg = optarg;
			break;
		case OPT_KERNEL:
			in.kernel = optarg;
			break;
		case OPT_MODULE:
			if (in.nr_modules == INSPECT_MAX_MODULES)
				return fail("more than %d modules", INSPECT_MAX_MODULES);
			in.modules[in.nr_modules++] = optarg;
			break;
		case 'h':
			usage(stdout);
			return INSPECT_HOLDS;
		case ':':
			return fail("option '%s' needs a value", argv[optind - 1]);
		default:
			return fail("unknown option '%s': see mm-inspect --help", argv[optind - 1]);
		}
	}
	return dispatch(&in, argv + optind, argc - optind, list);
}
