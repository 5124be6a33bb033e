// SPDX-License-Identifier: MIT
/*
 * main.c - a run, from the first thread to the exit code: what the VMM asked for, in this order: a replay, each payload, the
 * built-in suites.
 */
#include <linux/fs.h>
#include <linux/interrupt.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/compaction.h>
#include <linux/oom.h>
#include <linux/mm.h>
#include <linux/stackdepot.h>
#include <linux/string.h>
#include <linux/swap.h>

#include "guest/drivers/exit.h"
#include "guest/kernel/kunit.h"
#include "guest/kernel/main.h"
#include "guest/kernel/sched.h"
#include "shared/replay.h"

void end_run(enum exit_code code)
{
	console_flush();
	exit_run(code);
}

/* What cannot be found is said before anything runs: then nothing does. */
static bool asked_for_the_impossible(void)
{
	const char *glob = kunit_unmatched();

	if (glob)
		printk(KERN_EMERG "mmvisor: no suite matches '%s'\n", glob);
	return glob;
}

static enum exit_code run_all(void)
{
	unsigned int number = 1;

	if (boot_info.replay) {
		int err = replay_run(boot_info.replay, boot_info.replay_size);

		if (err < 0)
			return EXIT_GUEST_USAGE;
	}
	if (boot_info.nr_modules + kunit_count_chosen() == 0)
		return EXIT_GUEST_DONE;
	kunit_say(0, "KTAP version 2");
	kunit_say(0, "1..%u", boot_info.nr_modules + kunit_count_chosen());
	for (uint32_t i = 0; i < boot_info.nr_modules; i++) {
		enum exit_code code = module_run(&boot_info.modules[i], number++);

		if (code != EXIT_GUEST_DONE)
			return code;
	}
	kunit_run_chosen(number);
	return EXIT_GUEST_DONE;
}

static int kernel_main(void *unused)
{
	enum exit_code code = EXIT_GUEST_DONE;
	char action[16] = "";

	(void)unused;
	cmdline_get("kunit.action", action, sizeof(action));
	if (asked_for_the_impossible())
		end_run(EXIT_GUEST_USAGE);
	ksoftirqd_start();
	workqueue_start();
	fs_init();
	kswapd_run();
	mm_root.tsc_booted = rdtsc();
	exit_mark(MARK_BOOTED);
	user_mm_init();
	kcompactd_run();
	oom_init();
	swap_init();
	if (!strcmp(action, "list"))
		kunit_list();
	else if (strcmp(action, "none") != 0)
		code = run_all();
	stack_depot_say();
	if (irqs_while_off())
		pr_notice("mmvisor: %lu interrupts came while interrupts were off, and were dropped: this processor is "
			  "emulated, and delivered them twice\n",
			  irqs_while_off());
	mm_root.tsc_done = rdtsc();
	exit_mark(MARK_DONE);
	det_report();
	end_run(code);
}

void start_kernel(void)
{
	struct task_struct *task;
	char level[8];

	exit_announce_root(&mm_root);
	if (cmdline_get("loglevel", level, sizeof(level)) && kstrtoint(level, 10, &console_loglevel))
		pr_warn("loglevel=%s is no number\n", level);
	if (!det_init())
		end_run(EXIT_GUEST_USAGE);
	arch_local_irq_enable();
	task = kthread_create(kernel_main, NULL, "kernel_main");
	if (IS_ERR(task))
		panic("no memory for the first thread");
	kthread_bind(task, 0);
	system_state = SYSTEM_RUNNING;
	wake_up_process(task);
	sched_idle();
}
