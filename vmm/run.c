// SPDX-License-Identifier: MIT
/*
 * run.c - one run from configuration to verdict (run.h), and the `run` subcommand.
 *
 * The thread that calls run_guest() starts the others and then waits in one epoll set for: the run's end, a signal from
 * the user, the watchdog, and the control socket's clients.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "tools/view/check.h"
#include "vmm/clock.h"
#include "vmm/control.h"
#include "vmm/core.h"
#include "vmm/crash.h"
#include "vmm/ktap.h"
#include "vmm/options.h"
#include "vmm/report.h"
#include "vmm/run_state.h"

/* How a guest's panic begins on its console. */
#define PANIC_PREFIX "Kernel panic: "

void run_config_init(struct run_config *cfg)
{
	char why[8];

	memset(cfg, 0, sizeof(*cfg));
	mem_spec_parse(&cfg->mem, MEM_SPEC_DEFAULT, why, sizeof(why));
	cfg->nr_dma = 1;
	cfg->dma_bits[0] = 24;
	cfg->timeout = RUN_TIMEOUT_DEFAULT;
	cfg->check = true;
}

/* ---- console ---- */

/* Called under the console's lock, from a vCPU's thread or after all have ended. */
static void on_console_line(void *ctx, const char *line)
{
	struct run_state *s = ctx;
	char text[2 * CONSOLE_LINE];

	symbols_line(&s->vm, line, text, sizeof(text));
	klog_add(&s->vm.klog, vm_now() - atomic_load(&s->vm.t_start), text);
	ktap_line(&s->ktap, text, vm_now());
	if (!strncmp(text, "mmvisor: ", 9))
		snprintf(s->complaint, sizeof(s->complaint), "%.255s", text + 9);
	if (!strncmp(text, PANIC_PREFIX, strlen(PANIC_PREFIX)) && !*s->panic)
		snprintf(s->panic, sizeof(s->panic), "%.159s", text + strlen(PANIC_PREFIX));
	if (s->cfg.on_line && s->cfg.on_line(s->cfg.on_line_ctx, text))
		return;
	if (s->cfg.quiet_console)
		return;
	puts(text);
	if (s->ktap.suite_ended)
		printf("# mmvisor: %s done; %u passed, %u failed, %u skipped so far\n", s->ktap.suite_name,
		       s->ktap.passed, s->ktap.failed, s->ktap.skipped);
}

/* ---- waiting ---- */

static int block_signals(sigset_t *old)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	pthread_sigmask(SIG_BLOCK, &set, old);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void on_signal(struct run_state *s)
{
	struct signalfd_siginfo info;

	if (read(s->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	s->vm.end.signal = (int)info.ssi_signo;
	vm_end(&s->vm, END_SIGNAL, ~0U, "ended by signal %u (%s)", info.ssi_signo, strsignal((int)info.ssi_signo));
}

/* Milliseconds until the watchdog bites; -1: it does not (switched off, or a tool holds the guest). */
static int patience(struct run_state *s)
{
	uint64_t spent, limit = s->cfg.timeout * 1000000000UL;

	if (!s->cfg.timeout || s->control.pauses)
		return -1;
	spent = vm_now() - s->started - control_paused_ns(&s->control);
	return spent >= limit ? 0 : (int)((limit - spent) / 1000000 + 1);
}

static void wait_for_end(struct run_state *s)
{
	struct epoll_event ev[8];

	while (!s->ended) {
		int ms = patience(s), again = control_wait_ms(&s->control), n = 0;

		if (ms)
			n = epoll_wait(s->epoll, ev, 8, again >= 0 && (ms < 0 || again < ms) ? again : ms);
		control_listen_again(&s->control);
		if (!ms) {
			vm_end(&s->vm, END_TIMEOUT, ~0U, "time-out after %u s", s->cfg.timeout);
			break;
		}
		for (int i = 0; i < n; i++) {
			if (ev[i].data.ptr == &s->vm.end_fd)
				s->ended = true;
			else if (ev[i].data.ptr == &s->signal_fd)
				on_signal(s);
			else if (ev[i].data.ptr == &s->timeline)
				timeline_event(&s->timeline);
			else
				control_event(&s->control, ev[i].data.ptr);
		}
	}
}

static int watch(struct run_state *s, int fd, void *tag)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = tag};

	return epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev);
}

/* The guest runs from here to its end; afterwards no thread but this one is left. Return: 0 or an enum run_exit. */
static int execute(struct run_state *s)
{
	sigset_t old;
	int err = 0;

	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->signal_fd = block_signals(&old);
	if (s->epoll < 0 || s->signal_fd < 0 || watch(s, s->vm.end_fd, &s->vm.end_fd) ||
	    watch(s, s->signal_fd, &s->signal_fd) || (s->timeline.fd >= 0 && watch(s, s->timeline.fd, &s->timeline))) {
		run_error("setting up: %s", strerror(errno));
		err = RUN_CRASHED;
	} else if (control_open(&s->control, &s->vm, &s->ktap, s->cfg.control, s->epoll)) {
		err = RUN_USAGE;
	} else {
		s->started = vm_now();
		err = vm_start(&s->vm);
		if (err)
			run_error("starting threads: %s", strerror(-err));
		else
			wait_for_end(s);
		err = err ? RUN_CRASHED : 0;
	}
	control_close(&s->control);
	vm_stop(&s->vm);
	timeline_event(&s->timeline);
	if (s->signal_fd >= 0)
		close(s->signal_fd);
	if (s->epoll >= 0)
		close(s->epoll);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err;
}

/* ---- after the end ---- */

static double ms_between(uint64_t from, uint64_t to)
{
	return from && to > from ? (double)(to - from) / 1e6 : 0;
}

/* Payloads bring results unless they were told not to, or a replay takes their place. */
static bool expects_results(const struct run_config *cfg)
{
	return !cfg->replay && !(cfg->append && strstr(cfg->append, "kunit.action="));
}

static void add_reason(struct run_result *res, const char *link, const char *what)
{
	size_t len = strlen(res->reason);

	snprintf(res->reason + len, sizeof(res->reason) - len, "%s%s", link, what);
}

static void take_results(struct run_state *s, struct run_result *res)
{
	struct ktap *k = &s->ktap;
	struct vm *vm = &s->vm;
	char where[160];

	ktap_where(k, where, sizeof(where));
	ktap_end(k);
	if (!k->documents && expects_results(&s->cfg) && vm->end.how == END_DONE) {
		k->incomplete = true;
		snprintf(k->why, sizeof(k->why), "no test results on the console");
	}
	res->end = vm->end.how;
	res->engine = vm->host.engine;
	res->passed = k->passed;
	res->failed = k->failed;
	res->skipped = k->skipped;
	res->incomplete = k->incomplete;
	res->root = atomic_load(&vm->root);
	res->ms_launch = ms_between(clock_exec(), atomic_load(&vm->t_start));
	res->ms_boot = ms_between(atomic_load(&vm->t_start), atomic_load(&vm->t_booted));
	res->ms_suites = ms_between(atomic_load(&vm->t_booted), atomic_load(&vm->t_done));
	crash_reason(vm, res->view, res->reason, sizeof(res->reason));
	if (res->end == END_TIMEOUT && *where)
		add_reason(res, " in ", where);
	if (res->end == END_CRASH && *s->panic)
		add_reason(res, ": ", s->panic);
	if (res->end == END_USAGE && *s->complaint)
		snprintf(res->reason, sizeof(res->reason), "%s", s->complaint);
	if (res->end == END_QUIT) {
		add_reason(res, *where ? ", in " : "", where);
		res->incomplete = true;
	}
	if (res->end == END_DONE)
		snprintf(res->reason, sizeof(res->reason), "%s", k->incomplete ? k->why : "done");
}

static void check_invariants(struct run_state *s, struct run_result *res)
{
	/* Stopped from outside, anywhere: what is half done then would be called broken. */
	if (!s->cfg.check || res->end == END_SIGNAL || res->end == END_QUIT || res->end == END_USAGE)
		return;
	s->check_tried = true;
	if (!res->view || !res->root) {
		snprintf(s->check_err, sizeof(s->check_err), "the guest never said where its structures are");
		return;
	}
	if (view_check(res->view, &s->check, s->check_err) < 0)
		return;
	s->check_done = true;
	res->checked = s->check.checked;
	res->broken = s->check.broken;
	if (res->broken && res->end == END_DONE)
		check_verdict(&s->check, res->reason, sizeof(res->reason));
}

static int judge(const struct run_state *s, const struct run_result *res)
{
	switch (res->end) {
	case END_CRASH:
		return RUN_CRASHED;
	case END_TIMEOUT:
		return RUN_TIMEOUT;
	case END_USAGE:
		return RUN_USAGE;
	case END_SIGNAL:
		return 128 + s->vm.end.signal;
	default:
		break;
	}
	if (res->broken)
		return RUN_BROKEN;
	/* Asked for a verdict and got none: that is no success. */
	if (res->failed || res->incomplete || (s->check_tried && !s->check_done))
		return RUN_FAILED;
	return RUN_OK;
}

static void leave_core(struct run_state *s, struct run_result *res)
{
	bool due = res->end == END_CRASH || res->end == END_TIMEOUT || res->broken || s->cfg.core_always;

	int err;

	if (!s->cfg.core || !due)
		return;
	err = core_write(&s->vm, res->view, s->cfg.core, res->reason);
	s->core_written = err >= 0;
	if (err < 0)
		run_error("--core %s: %s: give a place with room for it", s->cfg.core, strerror(-err));
	else if (err == CORE_SHORT)
		run_error("--core %s: very many mappings: the rest is only in the direct map", s->cfg.core);
}

/* ---- the whole ---- */

static void choose_seed(struct run_config *cfg)
{
	if (cfg->have_seed)
		return;
	/* Cannot fail for so few bytes on a machine that has been up for a moment; if it does, 0 is a seed too. */
	if (getrandom(&cfg->seed, sizeof(cfg->seed), GRND_NONBLOCK) != sizeof(cfg->seed))
		cfg->seed = 0;
}

/* Better now than after the run. */
static int check_output(const char *option, const char *path)
{
	char *copy, *slash;
	int err = 0;

	if (!path)
		return 0;
	copy = strdup(path);
	slash = copy ? strrchr(copy, '/') : NULL;
	if (slash)
		slash[slash == copy] = '\0';
	if (access(slash ? copy : ".", W_OK)) {
		run_error("%s %s: %s: give a path in a directory that you can write to", option, path, strerror(errno));
		err = RUN_USAGE;
	}
	free(copy);
	return err;
}

static int prepare(struct run_state *s)
{
	struct boot_files files;
	int err = check_output("--core", s->cfg.core);

	if (!err)
		err = check_output("--junit", s->cfg.junit);
	if (!err)
		err = check_output("--json", s->cfg.json);
	if (!err)
		err = check_output("--timeline", s->cfg.timeline);
	if (err)
		return err;
	err = boot_files_load(&files, &s->cfg);
	if (!err) {
		s->vm.kernel = realpath(files.kernel.path, NULL);
		err = vm_create(&s->vm, &s->cfg, boot_blob_size(&files, &s->cfg));
		s->vm_made = true;
	}
	if (!err)
		err = vm_boot_prepare(&s->vm, &files);
	if (!err && timeline_open(&s->timeline, &s->vm, s->cfg.timeline ? s->cfg.timeline_ms : 0)) {
		run_error("--timeline %s: %s", s->cfg.timeline, strerror(errno));
		err = RUN_CRASHED;
	}
	boot_files_free(&files);
	return err;
}

int run_guest(const struct run_config *cfg, struct run_result *res)
{
	struct run_state *s = calloc(1, sizeof(*s));
	int err;

	memset(res, 0, sizeof(*res));
	res->end = END_SETUP;
	res->state = s;
	if (!s) {
		run_error("out of memory");
		return res->exit_code = RUN_CRASHED;
	}
	s->cfg = *cfg;
	choose_seed(&s->cfg);
	ktap_init(&s->ktap);
	check_report_init(&s->check);
	s->timeline.fd = -1;
	console_init(&s->vm.console, &s->vm.ram, on_console_line, s);
	res->ktap = &s->ktap;
	err = prepare(s);
	if (!err)
		err = execute(s);
	if (err)
		return res->exit_code = err;
	res->vm = &s->vm;
	console_flush(&s->vm.console);
	res->view = symbols_view(&s->vm, NULL);
	take_results(s, res);
	check_invariants(s, res);
	res->exit_code = judge(s, res);
	leave_core(s, res);
	return res->exit_code;
}

void run_free(struct run_result *res)
{
	struct run_state *s = res->state;

	view_close(res->view);
	if (!s)
		return;
	timeline_close(&s->timeline);
	if (s->vm_made)
		vm_destroy(&s->vm);
	symbols_close(&s->vm.symbols);
	console_deinit(&s->vm.console);
	ktap_free(&s->ktap);
	check_report_free(&s->check);
	free(s->vm.kernel);
	free(s);
	memset(res, 0, sizeof(*res));
}
