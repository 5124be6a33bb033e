// SPDX-License-Identifier: MIT
/*
 * main.c - mmvisor's subcommands: one table.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "vmm/clock.h"
#include "vmm/run.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *says;
} commands[] = {
	{"run", cmd_run,
	 "run [options] [SUITE-GLOB | payload.ko]...   boot a guest, run suites and payloads, check it"},
#if HAVE_REPLAY
	{"replay", cmd_replay, "replay [options] TRACE                       replay a recorded kmem trace in a guest"},
#endif
	{"list", cmd_list, "list                                         built-in suites and their cases"},
	{"host", cmd_host, "host                                         what this machine's KVM offers"},
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

void run_error(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	va_start(ap, fmt);
	flockfile(stderr);
	fputs("mmvisor: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	funlockfile(stderr);
	va_end(ap);
}

static int usage(void)
{
	puts("usage:");
	for (size_t i = 0; i < NR_COMMANDS; i++)
		printf("  mmvisor %s\n", commands[i].says);
	puts("mmvisor run --help tells the options.");
	return RUN_OK;
}

int main(int argc, char **argv)
{
	clock_note_start();
	/* Whoever reads along through a pipe sees each line when it is printed. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* And if they go away, the run still ends tidily. */
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		run_error("no command: say run, replay, list or host; mmvisor --help tells more");
		return RUN_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help"))
		return usage();
	for (size_t i = 0; i < NR_COMMANDS; i++) {
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	}
	run_error("%s: unknown command; there are run, replay, list and host", argv[1]);
	return RUN_USAGE;
}
