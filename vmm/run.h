/* SPDX-License-Identifier: MIT */
/*
 * run.h - one run of a guest, from configuration to verdict: what `run`, `list`, `host` and `replay` are made of.
 *
 *	run_guest(&cfg, &res)       boot, run until the guest ends (or is ended), check its memory
 *	run_report(&cfg, &res, x)   summary on stdout, --junit, --json (with @x merged in); gives the exit code
 *	run_free(&res)              takes the guest's memory down: res.view is gone after it
 *
 * Nothing of a run is global, but there is one at a time in a process: signals and the controlling clock are shared.
 * In every case, also a failed one, run_guest() leaves no file behind but those that were asked for.
 */
#ifndef MMV_VMM_RUN_H
#define MMV_VMM_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "shared/devices.h"
#include "shared/types.h"
#include "shared/virtio.h"
#include "vmm/disk.h"
#include "vmm/memspec.h"

struct json_object;
struct view;
struct vm;
struct ktap;
struct run_state;

/** enum run_exit - what the process ends with (design: a contract, scripts depend on it). */
enum run_exit {
	RUN_OK = 0,      /* everything passed and the invariants hold */
	RUN_FAILED = 1,  /* a test failed, or the results are incomplete */
	RUN_USAGE = 2,   /* usage or bad input */
	RUN_BROKEN = 3,  /* an invariant is broken */
	RUN_CRASHED = 4, /* panic, triple fault, KVM internal error */
	RUN_TIMEOUT = 5,
	RUN_NO_KVM = 6,
};

/** The watchdog's default, in seconds: long enough for all suites on a KVM that emulates ring 0. */
#define RUN_TIMEOUT_DEFAULT 600

/**
 * struct run_config - what to run. Filled by options_parse() (vmm/options.h) or by hand from run_config_init().
 * @cpus: 0: not given, run_guest() takes one
 * @timeout: seconds; 0: never
 * @seed: given to the guest; random if !@have_seed, and printed with every failure
 * @timeline, @timeline_ms: file for samples of the running guest (vmm/timeline.h), NULL: none; ms between two
 * @replay: a compiled op stream (shared/replay.h), placed in the guest's blob; NULL: none
 * @quiet_console: the guest's console text does not go to stdout (it is parsed all the same)
 * @on_line: called with each finished console line, symbolized, without its newline; from a vCPU's thread, one call at a
 *           time; true: the line was dealt with and is not printed
 */
struct run_config {
	struct mem_spec mem;
	unsigned int cpus;
	unsigned int nr_dma;
	unsigned int dma_bits[DMA_MAX_ENGINES];
	unsigned int nr_disks;
	struct disk_spec disks[BLK_MAX_DEVICES];
	bool no_scratch, no_swap; /* --scratch none, --swap none, or there is one already */
	const char *kernel;
	bool debug_kernel;
	const char **modules;
	unsigned int nr_modules;
	const char **suites;
	unsigned int nr_suites;
	const char *append;
	uint64_t seed;
	bool have_seed;
	unsigned int timeout;
	const char *core;
	bool core_always;
	const char *control;
	const char *junit;
	const char *json;
	const char *timeline;
	unsigned int timeline_ms;
	bool check;
	const void *replay;
	uint64_t replay_size;
	bool quiet_console;
	bool (*on_line)(void *ctx, const char *line);
	void *on_line_ctx;
};

/** enum run_end - how the guest's execution ended. */
enum run_end {
	END_DONE,  /* the guest said EXIT_GUEST_DONE */
	END_USAGE, /* EXIT_GUEST_USAGE: it was asked for something that does not exist */
	END_CRASH, /* panic, triple fault, KVM internal error, entry failure */
	END_TIMEOUT,
	END_SIGNAL, /* the user interrupted it */
	END_QUIT,   /* so did a tool, on the control socket */
	END_SETUP,  /* it never ran: the reason was printed, @exit_code says the rest */
};

/** struct run_result - what came of it. Valid until run_free(). */
struct run_result {
	enum run_end end;
	int exit_code;                        /* enum run_exit; final after run_report() */
	char reason[256];                     /* one line, for END_CRASH and friends */
	const char *engine;                   /* "kvm" or "kvm-emulated": who executes ring 0 */
	unsigned int passed, failed, skipped; /* test cases */
	bool incomplete;                      /* the KTAP plan was not fulfilled */
	unsigned int checked, broken;         /* invariants; 0 and 0 without a check */
	double ms_launch, ms_boot, ms_suites; /* exec to first guest instruction, to MARK_BOOTED, to MARK_DONE */
	gva_t root;                           /* struct mm_root, 0 if the guest never said */
	struct view *view; /* the guest's memory after the end; NULL if it never ran or never said its root */
	struct ktap *ktap; /* every result, for reports */
	struct vm *vm;
	struct run_state *state; /* the VMM's own */
};

/** run_config_init - defaults: 64 + 64 MiB in three zones, one 24-bit DMA engine, check on. */
void run_config_init(struct run_config *cfg);

/**
 * run_guest - boot a guest, run it to its end, check its invariants from outside
 * Errors that keep it from running are printed (one line, stderr) and leave END_SETUP.
 * Return: res->exit_code so far.
 */
int run_guest(const struct run_config *cfg, struct run_result *res);

/**
 * run_report - print the summary, write --junit and --json
 * @extra: members to add to the JSON object (not consumed), or NULL
 * Return: the final exit code.
 */
int run_report(const struct run_config *cfg, struct run_result *res, struct json_object *extra);

/** run_free - give back everything a run holds. */
void run_free(struct run_result *res);

/** run_error - print "mmvisor: …" as one line on stderr. */
void run_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Subcommands: one table in main.c. argv[0] is the subcommand's name. */
int cmd_run(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_host(int argc, char **argv);
int cmd_replay(int argc, char **argv);

#endif
