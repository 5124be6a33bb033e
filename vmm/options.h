/* SPDX-License-Identifier: MIT */
/*
 * options.h - the options that `run` and `replay` share.
 */
#ifndef MMV_VMM_OPTIONS_H
#define MMV_VMM_OPTIONS_H

#include "vmm/run.h"

/**
 * struct options - a configuration and what is left of the command line.
 * @args: positional arguments in order, in argv's memory; for `run` suite globs and payloads, for `replay` the trace
 *
 * Everything that @cfg points to lies in argv or is freed by options_free().
 */
struct options {
	struct run_config cfg;
	const char **args;
	unsigned int nr_args;
	bool help; /* --help was given and answered: leave with 0 */
};

/**
 * options_parse - read argv[1..] into @o
 * @usage: first line of what --help prints
 * Return: 0, or -EINVAL after one line on stderr (exit RUN_USAGE).
 */
int options_parse(struct options *o, int argc, char **argv, const char *usage);

/** options_free - give back what options_parse() took. */
void options_free(struct options *o);

#endif
