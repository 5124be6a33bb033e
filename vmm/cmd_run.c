// SPDX-License-Identifier: MIT
/*
 * cmd_run.c - the subcommands `run` and `list`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/options.h"

static bool is_payload(const char *arg)
{
	size_t len = strlen(arg);

	return len > 3 && !strcmp(arg + len - 3, ".ko");
}

/* Positional arguments are payloads or suite globs, in any order. */
static void sort_arguments(struct options *o, const char **modules, const char **suites)
{
	struct run_config *cfg = &o->cfg;

	cfg->modules = modules;
	cfg->suites = suites;
	for (unsigned int i = 0; i < o->nr_args; i++) {
		if (is_payload(o->args[i]))
			modules[cfg->nr_modules++] = o->args[i];
		else
			suites[cfg->nr_suites++] = o->args[i];
	}
}

static int run_and_report(const struct run_config *cfg)
{
	struct run_result res;
	int code;

	run_guest(cfg, &res);
	code = run_report(cfg, &res, NULL);
	run_free(&res);
	return code;
}

int cmd_run(int argc, char **argv)
{
	const char **names = calloc(2 * (size_t)argc, sizeof(*names));
	struct options o;
	int code = RUN_USAGE;

	if (!names) {
		run_error("out of memory");
		return RUN_USAGE;
	}
	if (!options_parse(&o, argc, argv, "mmvisor run [options] [SUITE-GLOB | payload.ko]...")) {
		sort_arguments(&o, names, names + argc);
		code = o.help ? RUN_OK : run_and_report(&o.cfg);
	}
	options_free(&o);
	free(names);
	return code;
}

/* The kernel knows its suites; what else it says while booting is not asked for here. */
static bool print_listing(void *ctx, const char *line)
{
	(void)ctx;
	puts(line);
	return true;
}

int cmd_list(int argc, char **argv)
{
	struct run_result res;
	struct options o;
	int code = RUN_USAGE;

	if (!options_parse(&o, argc, argv, "mmvisor list [--kernel ELF | --debug-kernel]") && o.nr_args) {
		run_error("list %s: it takes no names", o.args[0]);
	} else if (o.help) {
		code = RUN_OK;
	} else if (o.args) {
		o.cfg.check = false;
		o.cfg.on_line = print_listing;
		o.cfg.append = strdup("kunit.action=list");
		run_guest(&o.cfg, &res);
		code = res.exit_code;
		if (res.end != END_DONE)
			code = run_report(&o.cfg, &res, NULL);
		run_free(&res);
	}
	options_free(&o);
	return code;
}
