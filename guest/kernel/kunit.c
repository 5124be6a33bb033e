// SPDX-License-Identifier: MIT
/*
 * kunit.c - runs suites and reports in KTAP (version 2).
 *
 *	KTAP version 2
 *	1..1
 *	    KTAP version 2
 *	    # Subtest: slab
 *	    1..2
 *	    ok 1 alloc
 *	    # free: EXPECTATION FAILED at ...
 *	    not ok 2 free
 *	not ok 1 slab
 *
 * A case, and what its suite does before and after it, each runs in a new thread on the runner's CPU, while the runner
 * waits. A WARN anywhere in the kernel during a case fails it, unless the case said that it provokes so many.
 */
#include <linux/export.h>
#include <linux/glob.h>
#include <linux/kthread.h>
#include <linux/smp.h>

#include "guest/kernel/kunit.h"
#include "guest/kernel/main.h"

#define INDENT 4

/** struct attempt - something that an assertion may end. */
struct attempt {
	struct kunit *test;
	void (*fn)(struct attempt *a);
	struct kunit_suite *suite;
	struct kunit_case *test_case;
};

static int running_depth;

int kunit_depth(void)
{
	return running_depth;
}

void kunit_say(int depth, const char *fmt, ...)
{
	struct va_format text;
	va_list args;

	va_start(args, fmt);
	text.fmt = fmt;
	text.va = &args;
	printk(KERN_EMERG "%*s%pV\n", depth * INDENT, "", &text);
	va_end(args);
}

void kunit_result(int depth, unsigned int number, const char *name, enum kunit_status status, const char *comment)
{
	bool skipped = status == KUNIT_SKIPPED;

	kunit_say(depth, "%sok %u %s%s%s", status == KUNIT_FAILURE ? "not " : "", number, name,
		  skipped ? " # SKIP " : "", skipped ? comment : "");
}

void kunit_set_failed(struct kunit *test)
{
	unsigned long flags;

	spin_lock_irqsave(&test->lock, flags);
	test->status = KUNIT_FAILURE;
	spin_unlock_irqrestore(&test->lock, flags);
}

void kunit_mark_skipped(struct kunit *test, const char *fmt, ...)
{
	unsigned long flags;
	va_list args;

	spin_lock_irqsave(&test->lock, flags);
	if (test->status != KUNIT_FAILURE)
		test->status = KUNIT_SKIPPED;
	va_start(args, fmt);
	vsnprintf(test->status_comment, sizeof(test->status_comment), fmt, args);
	va_end(args);
	spin_unlock_irqrestore(&test->lock, flags);
}
EXPORT_SYMBOL_GPL(kunit_mark_skipped);

void kunit_abort(struct kunit *test)
{
	(void)test;
	kthread_exit(0);
}
EXPORT_SYMBOL_GPL(kunit_abort);

static int attempt_thread(void *data)
{
	struct attempt *a = data;

	current->kunit_test = a->test;
	a->fn(a);
	return 0;
}

/* Run a->fn in a thread of its own, to its end or to an assertion. */
static void attempt(struct attempt *a)
{
	struct task_struct *task;
	unsigned int cpu;

	preempt_disable();
	cpu = smp_processor_id();
	preempt_enable();
	task = kthread_create(attempt_thread, a, "kunit:%s", a->test->name);
	if (IS_ERR(task)) {
		kunit_say(running_depth, "# %s: no memory for a thread", a->test->name);
		kunit_set_failed(a->test);
		return;
	}
	kthread_bind(task, cpu);
	get_task_struct(task);
	wake_up_process(task);
	kthread_join(task);
	put_task_struct(task);
}

static void run_body(struct attempt *a)
{
	int err = a->suite->init ? a->suite->init(a->test) : 0;

	if (err) {
		kunit_say(running_depth, "# %s: failed to initialize: %d", a->test->name, err);
		kunit_set_failed(a->test);
	} else if (a->test->status != KUNIT_SKIPPED) {
		a->test_case->run_case(a->test);
	}
}

static void run_exit(struct attempt *a)
{
	a->suite->exit(a->test);
}

static void run_cleanup(struct attempt *a)
{
	kunit_release_all(a->test);
}

/* One turn of a case; @test says how it went. */
static void run_once(struct kunit *test, struct kunit_suite *suite, struct kunit_case *test_case)
{
	struct attempt a = {.test = test, .fn = run_body, .suite = suite, .test_case = test_case};
	unsigned long warned = warn_count();

	test->status = KUNIT_SUCCESS;
	test->status_comment[0] = 0;
	test->priv = NULL;
	test->expected_warnings = 0;
	attempt(&a);
	if (suite->exit) {
		a.fn = run_exit;
		attempt(&a);
	}
	if (!list_empty(&test->resources)) {
		a.fn = run_cleanup;
		attempt(&a);
	}
	warned = warn_count() - warned;
	if (warned != test->expected_warnings) {
		kunit_say(running_depth, "# %s: %lu warning%s, expected %lu", test->name, warned,
			  warned == 1 ? "" : "s", test->expected_warnings);
		kunit_set_failed(test);
	}
}

/* The sum of two: one failure fails both, and only if all were skipped is the whole skipped. */
static enum kunit_status both(enum kunit_status a, enum kunit_status b)
{
	if (a == KUNIT_FAILURE || b == KUNIT_FAILURE)
		return KUNIT_FAILURE;
	return a == KUNIT_SKIPPED && b == KUNIT_SKIPPED ? KUNIT_SKIPPED : KUNIT_SUCCESS;
}

static void run_params(struct kunit *test, struct kunit_suite *suite, struct kunit_case *test_case)
{
	enum kunit_status sum = KUNIT_SKIPPED;
	char desc[KUNIT_PARAM_DESC_SIZE];
	const void *param = NULL;
	unsigned int nr = 0;

	/* The plan comes first, so the parameters are counted before. */
	desc[0] = 0;
	while ((param = test_case->generate_params(param, desc)))
		nr++;
	if (!nr) {
		test->status = KUNIT_SKIPPED;
		strscpy(test->status_comment, "no parameters", sizeof(test->status_comment));
		return;
	}
	running_depth++;
	kunit_say(running_depth, "KTAP version 2");
	kunit_say(running_depth, "# Subtest: %s", test_case->name);
	kunit_say(running_depth, "1..%u", nr);
	for (unsigned int i = 0; i < nr; i++) {
		desc[0] = 0;
		param = test_case->generate_params(param, desc);
		if (!desc[0])
			snprintf(desc, sizeof(desc), "param-%u", i);
		test->param_value = param;
		test->param_index = (int)i;
		run_once(test, suite, test_case);
		kunit_result(running_depth, i + 1, desc, test->status, test->status_comment);
		sum = both(sum, test->status);
	}
	running_depth--;
	test->status = sum;
	test->status_comment[0] = 0;
}

static enum kunit_status run_case(struct kunit_suite *suite, struct kunit_case *test_case, unsigned int number)
{
	struct kunit test = {.name = test_case->name};

	spin_lock_init(&test.lock);
	INIT_LIST_HEAD(&test.resources);
	if (test_case->generate_params)
		run_params(&test, suite, test_case);
	else
		run_once(&test, suite, test_case);
	kunit_result(running_depth, number, test_case->name, test.status, test.status_comment);
	return test.status;
}

/* ---- choosing ---- */

/* Does one "suite" or "suite.case" glob choose this? @test_case NULL: anything of the suite. */
static bool glob_chooses(const char *glob, const struct kunit_suite *suite, const struct kunit_case *test_case)
{
	const char *dot = strchr(glob, '.');
	char suite_glob[sizeof(suite->name)];

	snprintf(suite_glob, sizeof(suite_glob), "%.*s", dot ? (int)(dot - glob) : (int)strlen(glob), glob);
	if (suite->manual ? strcmp(suite_glob, suite->name) != 0 : !glob_match(suite_glob, suite->name))
		return false;
	if (!dot)
		return true;
	if (test_case)
		return glob_match(dot + 1, test_case->name);
	kunit_suite_for_each_test_case(suite, test_case)
	{
		if (glob_match(dot + 1, test_case->name))
			return true;
	}
	return false;
}

/* The globs of the command line, each ended by a NUL; NULL behind the last. */
static const char *next_glob(const char *prev)
{
	const char *end = boot_info.suites + boot_info.suites_len;

	if (!boot_info.suites_len)
		return NULL;
	if (!prev)
		return boot_info.suites;
	prev += strlen(prev) + 1;
	return prev < end ? prev : NULL;
}

static bool chosen(const struct kunit_suite *suite, const struct kunit_case *test_case)
{
	const char *glob = next_glob(NULL);

	/* None given: everything, unless the run is about something else. */
	if (!glob)
		return !suite->manual && !boot_info.nr_modules && !boot_info.replay;
	for (; glob; glob = next_glob(glob))
		if (glob_chooses(glob, suite, test_case))
			return true;
	return false;
}

extern struct kunit_suite *const __start_kunit_test_suites[];
extern struct kunit_suite *const __stop_kunit_test_suites[];

#define for_each_suite(p) for ((p) = __start_kunit_test_suites; (p) < __stop_kunit_test_suites; (p)++)

const char *kunit_unmatched(void)
{
	struct kunit_suite *const *suite;
	const char *glob;

	for (glob = next_glob(NULL); glob; glob = next_glob(glob)) {
		bool fits = false;

		for_each_suite(suite) fits |= glob_chooses(glob, *suite, NULL);
		if (!fits)
			return glob;
	}
	return NULL;
}

unsigned int kunit_count_chosen(void)
{
	struct kunit_suite *const *suite;
	unsigned int nr = 0;

	for_each_suite(suite) nr += chosen(*suite, NULL);
	return nr;
}

void kunit_run_chosen(unsigned int number)
{
	struct kunit_suite *const *suite;

	for_each_suite(suite) if (chosen(*suite, NULL)) kunit_run_suite(*suite, number++, 0, false);
}

void kunit_list(void)
{
	struct kunit_suite *const *suite;
	struct kunit_case *test_case;

	for_each_suite(suite)
	{
		kunit_suite_for_each_test_case(*suite, test_case)
		{
			if (chosen(*suite, test_case))
				kunit_say(0, "%s.%s", (*suite)->name, test_case->name);
		}
	}
}

/* ---- a suite ---- */

/* In the debug kernel: what did the suite's cases overwrite in slabs that no allocation or free came across? */
static bool left_damage(const struct kunit_suite *suite)
{
	unsigned long wrong = validate_slab_all();

	if (wrong)
		kunit_say(0, "# %s: damage: %lu place%s in slabs overwritten", suite->name, wrong,
			  wrong == 1 ? "" : "s");
	return wrong;
}

enum kunit_status kunit_run_suite(struct kunit_suite *suite, unsigned int number, int depth, bool all)
{
	enum kunit_status sum = KUNIT_SKIPPED;
	struct kunit_case *test_case;
	unsigned int nr = 0;
	int err;

	kunit_suite_for_each_test_case(suite, test_case) nr += all || chosen(suite, test_case);
	err = suite->suite_init ? suite->suite_init(suite) : 0;
	if (err) {
		kunit_say(depth, "# %s: failed to initialize the suite: %d", suite->name, err);
		kunit_result(depth, number, suite->name, KUNIT_FAILURE, "");
		return KUNIT_FAILURE;
	}
	running_depth = depth + 1;
	kunit_say(running_depth, "KTAP version 2");
	kunit_say(running_depth, "# Subtest: %s", suite->name);
	kunit_say(running_depth, "1..%u", nr);
	nr = 0;
	kunit_suite_for_each_test_case(suite, test_case)
	{
		if (all || chosen(suite, test_case))
			sum = both(sum, run_case(suite, test_case, ++nr));
	}
	if (suite->suite_exit)
		suite->suite_exit(suite);
	running_depth = depth;
	/* A payload's suites are followed by its end, which looks. */
	if (!depth && left_damage(suite))
		sum = KUNIT_FAILURE;
	kunit_result(depth, number, suite->name, nr || sum == KUNIT_FAILURE ? sum : KUNIT_SUCCESS, "");
	return sum;
}
