// SPDX-License-Identifier: MIT
/*
 * options.c - the command line that run and replay share.
 *
 * A bad option is one line on stderr that names it and says what would be right.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/options.h"
#include "vmm/timeline.h"

enum {
	OPT_MEM = 256,
	OPT_CPUS,
	OPT_DMA,
	OPT_DISK,
	OPT_SWAP,
	OPT_SCRATCH,
	OPT_APPEND,
	OPT_SEED,
	OPT_TIMEOUT,
	OPT_KERNEL,
	OPT_DEBUG_KERNEL,
	OPT_CORE,
	OPT_CORE_ALWAYS,
	OPT_CONTROL,
	OPT_JUNIT,
	OPT_JSON,
	OPT_TIMELINE,
	OPT_NO_CHECK,
	OPT_HELP,
};

static const struct option long_options[] = {
	{"mem", required_argument, NULL, OPT_MEM},
	{"cpus", required_argument, NULL, OPT_CPUS},
	{"dma", required_argument, NULL, OPT_DMA},
	{"disk", required_argument, NULL, OPT_DISK},
	{"swap", required_argument, NULL, OPT_SWAP},
	{"scratch", required_argument, NULL, OPT_SCRATCH},
	{"append", required_argument, NULL, OPT_APPEND},
	{"seed", required_argument, NULL, OPT_SEED},
	{"timeout", required_argument, NULL, OPT_TIMEOUT},
	{"kernel", required_argument, NULL, OPT_KERNEL},
	{"debug-kernel", no_argument, NULL, OPT_DEBUG_KERNEL},
	{"core", required_argument, NULL, OPT_CORE},
	{"core-always", no_argument, NULL, OPT_CORE_ALWAYS},
	{"control", required_argument, NULL, OPT_CONTROL},
	{"junit", required_argument, NULL, OPT_JUNIT},
	{"json", required_argument, NULL, OPT_JSON},
	{"timeline", required_argument, NULL, OPT_TIMELINE},
	{"no-check", no_argument, NULL, OPT_NO_CHECK},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

static const char help_text[] =
	"\n"
	"  --mem SPEC          RAM: dma=SIZE[@ADDRESS],dma32=…,normal=…; each may be absent or repeated\n"
	"                      (default " MEM_SPEC_DEFAULT ")\n"
	"  --cpus N            vCPUs (default 1)\n"
	"  --dma bits=N        a DMA engine that reaches N address bits (20 to 64); repeat for more (default: one with "
	"24)\n"
	"  --disk FILE[,…]     a block device in that file; after it: ,ro ,bad=FIRST-LAST ,fail-read=N ,fail-write=N\n"
	"  --swap SIZE[,…]     a block device in memory, for swapping (default 64M; none: without)\n"
	"  --scratch SIZE[,…]  a block device in memory, for suites to overwrite (default 64M; none: without)\n"
	"  --append ARGS       more boot arguments for the guest kernel; for the debug kernel such as page_poison=on,\n"
	"                      fail_page_alloc=INTERVAL,PROBABILITY,SPACE,TIMES (keys: docs/debugging.md)\n"
	"  --seed N            seed for everything random in the guest (default: a new one, printed on failure)\n"
	"  --timeout SECONDS   end a run that takes longer; 0: never (default 600)\n"
	"  --kernel ELF        guest kernel (default: kernel.elf beside this program)\n"
	"  --debug-kernel      kernel-debug.elf instead\n"
	"  --core FILE         write an ELF core of the guest if it crashes, times out or breaks an invariant\n"
	"  --core-always       with --core: write it at the end of a good run too\n"
	"  --control SOCKET    let mm-inspect look at the running guest\n"
	"  --junit FILE        results as JUnit XML\n"
	"  --json FILE         summary as JSON\n"
	"  --timeline FILE[,ms=N]  free memory, reclaim, swap and OOM kills every N ms (default 10), for mm-inspect "
	"timeline\n"
	"  --no-check          skip the check of the allocators' invariants at the end\n"
	"\n"
	"Exit status: 0 passed and invariants hold; 1 a test failed; 2 usage or bad input; 3 an invariant is broken;\n"
	"4 the guest crashed; 5 time-out; 6 no usable KVM.\n";

/* A whole number in [min, max]. */
static int number(const char *opt, const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 0);
	if (!isdigit((unsigned char)*text) || *end || errno || n < min || n > max) {
		run_error("%s %s: give a whole number from %llu to %llu", opt, text, (unsigned long long)min,
			  (unsigned long long)max);
		return -EINVAL;
	}
	*value = n;
	return 0;
}

static int option_mem(struct run_config *cfg, const char *text)
{
	char why[256];

	if (mem_spec_parse(&cfg->mem, text, why, sizeof(why))) {
		run_error("--mem %s: %s", text, why);
		return -EINVAL;
	}
	return 0;
}

static int option_dma(struct run_config *cfg, const char *text, bool first)
{
	uint64_t bits;

	if (strncmp(text, "bits=", 5)) {
		run_error("--dma %s: give bits=N with N from 20 to 64", text);
		return -EINVAL;
	}
	if (first)
		cfg->nr_dma = 0;
	if (cfg->nr_dma == DMA_MAX_ENGINES) {
		run_error("--dma %s: there can be %d engines", text, DMA_MAX_ENGINES);
		return -EINVAL;
	}
	if (number("--dma bits", text + 5, 20, 64, &bits))
		return -EINVAL;
	cfg->dma_bits[cfg->nr_dma++] = (unsigned int)bits;
	return 0;
}

static const char *const disk_options[] = {
	[0] = "--disk", [OPT_SWAP - OPT_DISK] = "--swap", [OPT_SCRATCH - OPT_DISK] = "--scratch"};

static int option_disk(struct run_config *cfg, int which, char *text)
{
	const char *opt = disk_options[which - OPT_DISK];
	bool memory = which != OPT_DISK;
	char why[256], whole[256];

	cfg->no_swap |= which == OPT_SWAP;
	cfg->no_scratch |= which == OPT_SCRATCH;
	if (memory && !strcmp(text, "none"))
		return 0;
	snprintf(whole, sizeof(whole), "%s", text);
	if (cfg->nr_disks == BLK_MAX_DEVICES) {
		run_error("%s %s: there can be %d block devices", opt, whole, BLK_MAX_DEVICES);
		return -EINVAL;
	}
	if (disk_spec_parse(&cfg->disks[cfg->nr_disks], text, memory, why, sizeof(why))) {
		run_error("%s %s: %s", opt, whole, why);
		return -EINVAL;
	}
	cfg->disks[cfg->nr_disks++].swap = which == OPT_SWAP;
	return 0;
}

/* What suites find unless somebody said otherwise: sparse, so it costs nothing until it is written. */
static void default_disks(struct run_config *cfg)
{
	const struct disk_spec memory = {.size = 64UL << 20, .bad_first = 1};

	if (!cfg->no_scratch && cfg->nr_disks < BLK_MAX_DEVICES)
		cfg->disks[cfg->nr_disks++] = memory;
	if (!cfg->no_swap && cfg->nr_disks < BLK_MAX_DEVICES) {
		cfg->disks[cfg->nr_disks] = memory;
		cfg->disks[cfg->nr_disks++].swap = true;
	}
}

static int option_timeline(struct run_config *cfg, char *text)
{
	char *comma = strrchr(text, ',');
	uint64_t ms = TIMELINE_MS_DEFAULT;

	if (comma && !strncmp(comma, ",ms=", 4)) {
		if (number("--timeline FILE,ms=N with N", comma + 4, 1, TIMELINE_MS_MAX, &ms))
			return -EINVAL;
		*comma = '\0';
	}
	if (!*text) {
		run_error("--timeline: give a file to write to");
		return -EINVAL;
	}
	cfg->timeline = text;
	cfg->timeline_ms = (unsigned int)ms;
	return 0;
}

static int option_append(struct run_config *cfg, const char *text)
{
	char *joined;

	if (asprintf(&joined, "%s%s%s", cfg->append ? cfg->append : "", cfg->append ? " " : "", text) < 0) {
		run_error("out of memory");
		return -EINVAL;
	}
	free((void *)(uintptr_t)cfg->append);
	cfg->append = joined;
	return 0;
}

static int numeric_option(struct run_config *cfg, int opt, const char *text)
{
	uint64_t n;
	int err;

	switch (opt) {
	case OPT_CPUS:
		err = number("--cpus", text, 1, MMV_NR_CPUS, &n);
		if (!err)
			cfg->cpus = (unsigned int)n;
		return err;
	case OPT_TIMEOUT:
		err = number("--timeout", text, 0, INT_MAX / 1000, &n);
		if (!err)
			cfg->timeout = (unsigned int)n;
		return err;
	default:
		cfg->have_seed = true;
		return number("--seed", text, 0, UINT64_MAX, &cfg->seed);
	}
}

static int take_option(struct options *o, int opt, char *text, bool *dma_seen)
{
	struct run_config *cfg = &o->cfg;
	int err = 0;

	switch (opt) {
	case OPT_MEM:
		return option_mem(cfg, text);
	case OPT_DMA:
		err = option_dma(cfg, text, !*dma_seen);
		*dma_seen = true;
		return err;
	case OPT_DISK:
	case OPT_SWAP:
	case OPT_SCRATCH:
		return option_disk(cfg, opt, text);
	case OPT_CPUS:
	case OPT_SEED:
	case OPT_TIMEOUT:
		return numeric_option(cfg, opt, text);
	case OPT_APPEND:
		return option_append(cfg, text);
	case OPT_KERNEL:
		cfg->kernel = text;
		break;
	case OPT_DEBUG_KERNEL:
		cfg->debug_kernel = true;
		break;
	case OPT_CORE:
		cfg->core = text;
		break;
	case OPT_CORE_ALWAYS:
		cfg->core_always = true;
		break;
	case OPT_CONTROL:
		cfg->control = text;
		break;
	case OPT_JUNIT:
		cfg->junit = text;
		break;
	case OPT_JSON:
		cfg->json = text;
		break;
	case OPT_TIMELINE:
		return option_timeline(cfg, text);
	case OPT_NO_CHECK:
		cfg->check = false;
		break;
	}
	return 0;
}

static int check_together(const struct run_config *cfg)
{
	if (cfg->kernel && cfg->debug_kernel) {
		run_error("--kernel and --debug-kernel: give one of them");
		return -EINVAL;
	}
	if (cfg->core_always && !cfg->core) {
		run_error("--core-always: say where with --core FILE");
		return -EINVAL;
	}
	return 0;
}

int options_parse(struct options *o, int argc, char **argv, const char *usage)
{
	bool dma_seen = false;
	int opt, err = 0;

	memset(o, 0, sizeof(*o));
	run_config_init(&o->cfg);
	opterr = 0;
	optind = 0;
	while (!err && (opt = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (opt == ':') {
			run_error("%s: it needs a value", argv[optind - 1]);
			err = -EINVAL;
		} else if (opt == '?') {
			run_error("%s: unknown option; --help lists what there is", argv[optind - 1]);
			err = -EINVAL;
		} else if (opt == OPT_HELP) {
			printf("usage: %s\n%s", usage, help_text);
			o->help = true;
			return 0;
		} else {
			err = take_option(o, opt, optarg, &dma_seen);
		}
	}
	if (err)
		return err;
	o->args = (const char **)(uintptr_t)(argv + optind);
	o->nr_args = (unsigned int)(argc - optind);
	default_disks(&o->cfg);
	return check_together(&o->cfg);
}

void options_free(struct options *o)
{
	free((void *)(uintptr_t)o->cfg.append);
	o->cfg.append = NULL;
}
