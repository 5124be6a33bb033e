/* SPDX-License-Identifier: MIT */
/*
 * suite_run.c - guests that run to their end: layouts, processors, both kernels, payloads, reports, time-out.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/e2e.h"

#define SUITES_LIMIT 900
#define EMPTY "--append", "kunit.action=none", "--json", "r.json"

/* An empty run ended well, and the inspector really looked. */
static void expect_empty_run(const struct proc *p)
{
	expect_code(p, 0);
	ck_assert_str_eq(p->err, "");

	struct json_object *o = json_file("r.json");

	ck_assert_int_eq(json_int(o, "passed"), 0);
	ck_assert_int_eq(json_int(o, "failed"), 0);
	ck_assert_int_ge(json_int(o, "invariants.checked"), 5);
	ck_assert_int_eq(json_int(o, "invariants.broken"), 0);
	ck_assert_int_ge(json_int(o, "ms.launch"), 0);
	ck_assert_int_ge(json_int(o, "ms.boot"), 0);
	ck_assert_int_ge(json_int(o, "ms.suites"), 0);
	keep("r.json");
}

START_TEST(empty_run)
{
	expect_empty_run(run("mmvisor", "run", EMPTY));
}
END_TEST

static const char *const layouts[] = {
	"dma=16M",
	"dma32=32M",
	"normal=32M",
	"dma=8M,normal=32M",
	"dma=1M,dma32=16M",
	"dma=16M,dma32=48M,normal=1G",
	"normal=32M@5G,normal=16M@9G",
	"dma32=16M@64M,dma32=16M@256M,normal=32M@4G",
	"dma=3M,dma32=8196K,normal=20484K@4100M",
	"dma=16M,dma32=1G,normal=64G",
};

START_TEST(odd_layout)
{
	expect_empty_run(run("mmvisor", "run", "--mem", layouts[_i], EMPTY));
}
END_TEST

static const char *const cpus[] = {"1", "2", "4"};

START_TEST(several_cpus)
{
	struct proc *p = run("mmvisor", "run", "--cpus", cpus[_i], "--json", "r.json", program_path("e2e/hello.ko"));

	expect_code(p, 0);
	ck_assert_int_eq(json_int(json_file("r.json"), "passed"), 1);
	keep("r.json");
}
END_TEST

/*
 * Everything that is linked into the kernels. In the emulated machine the cases suites-* do that, with
 * more processors and layouts.
 */
static const char *const everything[][6] = {
	{"mmvisor", "run", "--cpus", "1"},
	{"mmvisor", "run", "--cpus", "4"},
	/* What takes all memory and gives it back writes poison to it, at a tenth of a millisecond a page. */
	{"mmvisor", "run", "--debug-kernel", "--mem", "dma=16M,dma32=16M,normal=32M"},
};

START_TEST(all_suites)
{
	const char *argv[8] = {NULL};
	unsigned int n = 0;

	for (; everything[_i][n]; n++)
		argv[n] = everything[_i][n];
	argv[n++] = "--json";
	argv[n++] = "r.json";

	struct proc *p = run_argv(SUITES_LIMIT, AS_SELF, argv);

	expect_code(p, 0);

	struct json_object *o = json_file("r.json");

	ck_assert_int_ge(json_int(o, "passed"), 20);
	ck_assert_int_eq(json_int(o, "failed"), 0);
	ck_assert_int_eq(json_int(o, "invariants.broken"), 0);
	keep("r.json");
}
END_TEST

START_TEST(debug_kernel)
{
	struct proc *p = run("mmvisor", "run", "--debug-kernel", "--cpus", "2", program_path("e2e/hello.ko"));

	expect_code(p, 0);
	expect_out(p, "hello from a payload: 64 bytes, 64 usable");
}
END_TEST

START_TEST(several_dma_engines)
{
	expect_empty_run(run("mmvisor", "run", "--dma", "bits=24", "--dma", "bits=32", "--dma", "bits=36", EMPTY));
}
END_TEST

START_TEST(list_names_suites_and_cases)
{
	struct proc *p = run("mmvisor", "list");
	unsigned int lines = 0;

	expect_code(p, 0);
	ck_assert_str_eq(p->err, "");
	for (const char *c = p->out; *c; c++)
		lines += *c == '\n';
	ck_assert_uint_ge(lines, 10);
}
END_TEST

START_TEST(host_says_what_it_offers)
{
	struct proc *p = run("mmvisor", "host");

	expect_code(p, 0);
	expect_out(p, "[Ii]nstructions");
	expect_out(p, "[Ee]ngine");
}
END_TEST

START_TEST(payload_passes)
{
	struct proc *p = run("mmvisor", "run", "--junit", "r.xml", "--json", "r.json", program_path("e2e/hello.ko"));

	expect_code(p, 0);
	ck_assert_str_eq(p->err, "");
	expect_out(p, "^KTAP version 2$");
	expect_out(p, "hello from a payload: 64 bytes, 64 usable");
	expect_out(p, "^ +ok 1 hello$");
	/* The case, and the run as a whole. */
	ck_assert_int_eq(xml_count("r.xml", "testcase"), 2);
	ck_assert_int_eq(xml_count("r.xml", "failure"), 0);

	struct json_object *o = json_file("r.json");

	ck_assert_int_eq(json_int(o, "passed"), 1);
	ck_assert_int_eq(json_int(o, "failed"), 0);
	ck_assert_int_eq(json_int(o, "skipped"), 0);
	keep("r.xml");
	keep("r.json");
}
END_TEST

START_TEST(two_payloads)
{
	struct proc *p =
		run("mmvisor", "run", "--json", "r.json", program_path("e2e/hello.ko"), program_path("e2e/failing.ko"));

	expect_code(p, 1);

	struct json_object *o = json_file("r.json");

	ck_assert_int_eq(json_int(o, "passed"), 2);
	ck_assert_int_eq(json_int(o, "failed"), 1);
	ck_assert_int_eq(json_int(o, "skipped"), 1);
	keep("r.json");
}
END_TEST

START_TEST(payload_fails)
{
	struct proc *p = run("mmvisor", "run", "--junit", "r.xml", "--json", "r.json", program_path("e2e/failing.ko"));

	expect_code(p, 1);
	expect_out(p, "^ +ok 1 passes$");
	expect_out(p, "^ +not ok 2 fails");
	expect_out(p, "^ +ok 3 skips # SKIP");
	ck_assert_int_eq(xml_count("r.xml", "testcase"), 4);
	ck_assert_int_eq(xml_count("r.xml", "failure"), 1);
	ck_assert_int_eq(xml_count("r.xml", "skipped"), 1);

	struct json_object *o = json_file("r.json");

	ck_assert_int_eq(json_int(o, "passed"), 1);
	ck_assert_int_eq(json_int(o, "failed"), 1);
	ck_assert_int_eq(json_int(o, "skipped"), 1);
	ck_assert_int_eq(json_int(o, "invariants.broken"), 0);
	keep("r.xml");
	keep("r.json");
}
END_TEST

START_TEST(payload_leaks)
{
	struct proc *p = run("mmvisor", "run", "--json", "r.json", program_path("e2e/leaking.ko"));

	expect_code(p, 1);
	expect_out(p, "leak");
	ck_assert_int_ge(json_int(json_file("r.json"), "failed"), 1);
	keep("r.json");
}
END_TEST

START_TEST(no_check_says_so)
{
	struct proc *p = run("mmvisor", "run", "--no-check", EMPTY);

	expect_code(p, 0);
	ck_assert_int_eq(json_int(json_file("r.json"), "invariants.checked"), 0);
	keep("r.json");
}
END_TEST

START_TEST(hang_is_stopped)
{
	struct proc *p = run("mmvisor", "run", "--timeout", "4", "--json", "r.json", program_path("e2e/hang.ko"));

	expect_code(p, 5);
	ck_assert_msg(p->ms < 60e3, "a time-out of 4 s took %.0f ms", p->ms);
	expect_one_error(p, "mmvisor", "time");
	/* Where every vCPU stood. */
	ck_assert_msg(matches(p->out, "\\[<[0-9a-f]{16}>\\]"), "no backtrace: %s", p->out);
	expect_out(p, "hang\\.ko|spins_here|hangs");
	keep("r.json");
}
END_TEST

/* The watchdog shows every thread: where it stands, through interrupts, and what it holds or waits for. */
START_TEST(stuck_guest_shows_its_threads)
{
	/* Until then it has to be stuck: on a slow host booting alone may take the shorter time. */
	static const char *const seconds[] = {"6", "60"};
	struct proc *p = NULL;

	for (unsigned int i = 0; i < 2; i++) {
		p = run("mmvisor", "run", "--debug-kernel", "--cpus", "2", "--timeout", seconds[i], "--core", "k.core",
			program_path("e2e/stuck.ko"));
		expect_code(p, 5);
		if (matches(p->out, "^  waits for &stuck_mutex") && matches(p->out, "holds &irq_lock"))
			break;
	}
	expect_out(p, "runs victim/1/[0-9]+  running on CPU 1  in hard interrupt, preemption off, interrupts off");
	expect_out(p, "holds &task_lock .*taken at is_interrupted\\+");
	expect_out(p, "holds &irq_lock .*by a hard interrupt, taken at spins_in_irq\\+");
	expect_out(p, "^  .* handle_interrupt\\+");
	expect_out(p, "^  .* is_interrupted\\+");
	expect_out(p, "^holder/[0-9]+  waiting on CPU");
	expect_out(p, "^  holds &stuck_mutex .*taken at holder\\+");
	expect_out(p, "^  waits for &stuck_mutex .*at waiter\\+");
	p = run("mm-inspect", "threads", "--module", program_path("e2e/stuck.ko"), "k.core");
	expect_code(p, 0);
	expect_out(p, "^holder/[0-9]+  waiting on CPU");
	expect_out(p, "^  .* msleep\\+");
	expect_out(p, "^  waits for &stuck_mutex .*at waiter\\+.*stuck");
	expect_out(p, "^swapper/1/0  runnable");
	p = run("mm-inspect", "threads", "--json", "k.core");
	expect_code(p, 0);
	json_text(p->out);
	expect_out(p, "\"context\": *\"hard interrupt");
	keep("k.core");
}
END_TEST

/* Where ring 0 is emulated this instruction cannot run: it must be named, not just refused. Elsewhere it runs. */
START_TEST(refused_instruction_is_named)
{
	struct proc *p = run("mmvisor", "run", program_path("e2e/badinsn.ko"));

	if (p->code == 0) {
		skip("refused_instruction_is_named: this KVM executes crc32 in ring 0");
		return;
	}
	expect_code(p, 4);
	ck_assert_msg(matches(p->err, "f2 ?0f ?38 ?f1") || matches(p->out, "f2 ?0f ?38 ?f1"),
		      "the bytes are not named:\n%s\n%s", p->out, p->err);
	ck_assert_msg(matches(p->err, "refused_here|badinsn") || matches(p->out, "refused_here"), "no symbol:\n%s\n%s",
		      p->out, p->err);
}
END_TEST

START_TEST(interrupt_while_off_is_dropped)
{
	struct proc *p = run("mmvisor", "run", program_path("e2e/offirq.ko"));

	if (p->code == 4 && matches(p->err, "cannot emulate|emulat")) {
		skip("interrupt_while_off_is_dropped: this KVM refuses \"int n\" in ring 0");
		return;
	}
	expect_code(p, 0);
	expect_out(p, "[0-9]+ interrupts came while interrupts were off, and were dropped");
}
END_TEST

START_TEST(same_seed_is_taken)
{
	struct proc *p = run("mmvisor", "run", "--seed", "12345", EMPTY);

	expect_empty_run(p);
}
END_TEST

START_TEST(one_suite_by_glob)
{
	struct proc *list = run("mmvisor", "list");
	char glob[64], all[64];

	expect_code(list, 0);
	/* The first word of the list is a suite (possibly followed by a colon or a case). */
	ck_assert_int_eq(sscanf(list->out, " %63[a-zA-Z0-9_-]", all), 1);
	snprintf(glob, sizeof(glob), "%.*s*", (int)strlen(all) - 1, all);

	struct proc *p = run("mmvisor", "run", "--json", "r.json", glob);

	expect_code(p, 0);
	ck_assert_int_ge(json_int(json_file("r.json"), "passed"), 1);
	ck_assert_msg(strstr(p->out, all), "suite %s did not run", all);
	keep("r.json");
}
END_TEST

/* Of a long output a message shows the end, and what failed long before. */
START_TEST(what_failed_is_shown)
{
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);
	const char *seen;

	ck_assert_str_eq(what_matters("short\n"), "short\n");
	fputs("ok 1 one\n# two: EXPECTATION FAILED at a.c:3\n    Expected 1 + 1 == 3, but\n        1 + 1 == 2\n", f);
	fputs("not ok 2 two\n", f);
	while (ftell(f) < 1 << 16)
		fputs("ok 3 nothing to see here\n", f);
	fputs("the end\n", f);
	fclose(f);
	seen = what_matters(text);
	ck_assert_uint_lt(strlen(seen), 6000);
	ck_assert_msg(!strncmp(seen, "# two: EXPECTATION FAILED at a.c:3\n", 35), "%s", seen);
	ck_assert_ptr_nonnull(strstr(seen, "but\n        1 + 1 == 2\nnot ok 2 two\n"));
	ck_assert_str_eq(seen + strlen(seen) - 8, "the end\n");
	ck_assert_ptr_null(strstr(seen, "ok 1 one"));
	/* However much failed. A line does not end the text: NOLINTBEGIN(bugprone-not-null-terminated-result) */
	for (char *p = text; p[64]; p += 25)
		memcpy(p, "not ok 4 nothing to see \n", 25);
	/* NOLINTEND(bugprone-not-null-terminated-result) */
	seen = what_matters(text);
	ck_assert_uint_lt(strlen(seen), 6000);
	ck_assert_ptr_nonnull(strstr(seen, "the end\n"));
	free(text);
}
END_TEST

Suite *suite_run(void)
{
	Suite *s = suite_create("run");
	TCase *t = tcase_create("run");

	tcase_set_timeout(t, LIMIT + 20);
	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_add_test(t, empty_run);
	tcase_add_loop_test(t, odd_layout, 0, (int)(sizeof(layouts) / sizeof(layouts[0])));
	tcase_add_loop_test(t, several_cpus, 0, (int)(sizeof(cpus) / sizeof(cpus[0])));
	tcase_add_test(t, debug_kernel);
	tcase_add_test(t, several_dma_engines);
	tcase_add_test(t, list_names_suites_and_cases);
	tcase_add_test(t, host_says_what_it_offers);
	tcase_add_test(t, payload_passes);
	tcase_add_test(t, two_payloads);
	tcase_add_test(t, payload_fails);
	tcase_add_test(t, payload_leaks);
	tcase_add_test(t, no_check_says_so);
	tcase_add_test(t, hang_is_stopped);
	tcase_add_test(t, stuck_guest_shows_its_threads);
	tcase_add_test(t, refused_instruction_is_named);
	tcase_add_test(t, interrupt_while_off_is_dropped);
	tcase_add_test(t, same_seed_is_taken);
	tcase_add_test(t, one_suite_by_glob);
	tcase_add_test(t, what_failed_is_shown);
	suite_add_tcase(s, t);
	return s;
}

static Suite *everything_of(int nr)
{
	Suite *s = suite_create("everything");
	TCase *t = tcase_create("suites");

	tcase_set_timeout(t, SUITES_LIMIT + 20);
	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_add_loop_test(t, all_suites, nr, in_emulated_machine() ? nr : nr + 1);
	suite_add_tcase(s, t);
	return s;
}

Suite *suite_release(void)
{
	return everything_of(0);
}

Suite *suite_release_4cpu(void)
{
	return everything_of(1);
}

Suite *suite_debug(void)
{
	return everything_of(2);
}
