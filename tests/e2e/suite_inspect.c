/* SPDX-License-Identifier: MIT */
/*
 * suite_inspect.c - mm-inspect's views that repeat or compare: watch, top, bt, log, diff.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/e2e/e2e.h"

#define SOCKET "i.sock"
/* Nobody waits for its end. */
#define FOR_LONG 600

static void quit(struct proc *p)
{
	struct proc *q = run("mm-inspect", "control", SOCKET, "quit");

	expect_code(q, 0);
	proc_wait(p, 20);
	expect_code(p, 1);
}

static unsigned int count_lines(const char *text)
{
	unsigned int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

START_TEST(watch_repeats)
{
	struct proc guest, *p;
	char *save = NULL;

	start_lingering(&guest, SOCKET, FOR_LONG);
	p = run("mm-inspect", "watch", SOCKET, "--count", "2", "--interval", "0.05");
	expect_code(p, 0);
	expect_out(p, "check " SOCKET ", look 2, guest paused for [0-9.]+ ms");
	expect_out(p, "^[0-9]+ invariants hold");
	p = run("mm-inspect", "watch", "meminfo", SOCKET, "--json", "--count", "3", "--interval", "0.05");
	expect_code(p, 0);
	ck_assert_uint_eq(count_lines(p->out), 3);

	int64_t n = 0;

	for (char *line = strtok_r(p->out, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct json_object *o = json_text(line);

		ck_assert_int_eq(json_int(o, "round"), ++n);
		ck_assert_str_eq(json_object_get_string(json_member(o, "command")), "meminfo");
		ck_assert_int_gt(json_int(o, "result.managed_pages"), 30000);
		ck_assert(json_object_get_double(json_member(o, "paused_ms")) > 0);
	}
	/* Who watches until the end has not failed. */
	const char *const argv[] = {"mm-inspect", "watch", "buddyinfo", SOCKET, "--interval", "0.05", NULL};
	struct proc watcher;

	proc_start(&watcher, AS_SELF, argv);
	ck_assert(proc_saw(&watcher, "look 2", 20));
	quit(&guest);
	proc_wait(&watcher, 20);
	expect_code(&watcher, 0);
	p = run("mm-inspect", "watch", SOCKET);
	expect_code(p, 2);
	expect_one_error(p, "mm-inspect", SOCKET);
}
END_TEST

START_TEST(top_shows_who_is_busy)
{
	struct proc guest, *p;
	struct json_object *o, *list;
	char *second;

	start_lingering(&guest, SOCKET, FOR_LONG);
	p = run("mm-inspect", "top", SOCKET, "--count", "2", "--interval", "0.2");
	expect_code(p, 0);
	expect_out(p, "^mm-inspect top  " SOCKET "  running on [a-z-]+, 2 CPUs");
	expect_out(p, "^Normal +[0-9]+ +[0-9]+ .*%$");
	expect_out(p, "^linger +3[0-9][0-9] ");
	expect_out(p, "^ +[0-9]+ kunit:linger +(running|runnable) ");
	p = run("mm-inspect", "top", "--json", SOCKET, "--count", "2", "--interval", "0.2");
	expect_code(p, 0);
	ck_assert_uint_eq(count_lines(p->out), 2);
	second = strchr(p->out, '\n') + 1;
	o = json_text(second);
	ck_assert_int_eq(json_int(o, "status.cpus"), 2);
	ck_assert(json_object_get_double(json_member(o, "seconds")) > 0);
	list = json_member(o, "zones");
	ck_assert_uint_eq(json_object_array_length(list), 3);
	ck_assert_uint_gt(json_object_array_length(json_member(o, "threads")), 3);
	ck_assert_int_ge(json_int(o, "vmstat.oom_kill.count"), 0);
	ck_assert_int_gt(json_int(o, "owner_pages.slab"), 10);
	/* A core stands still: one look. */
	p = run("mm-inspect", "snapshot", SOCKET, "i.core");
	expect_code(p, 0);
	quit(&guest);
	p = run("mm-inspect", "top", "i.core");
	expect_code(p, 0);
	expect_out(p, "a core: nothing moves");
	keep("i.core");
}
END_TEST

/* On a terminal: it draws, takes keys, and gives the screen back. */
START_TEST(top_on_a_terminal)
{
	struct proc guest, *p;
	char command[700];

	if (access("/usr/bin/script", X_OK)) {
		skip("top_on_a_terminal: there is no script(1) here");
		return;
	}
	start_lingering(&guest, SOCKET, FOR_LONG);
	snprintf(command, sizeof(command),
		 "stty rows 24 cols 90; (sleep 0.6; printf g; sleep 0.3; printf q) | script -qec 'stty rows 24 cols "
		 "90; %s top " SOCKET " --interval 0.2' /dev/null",
		 program_path("mm-inspect"));
	p = run("sh", "-c", command);
	expect_code(p, 0);
	ck_assert_ptr_nonnull(strstr(p->out, "\033[?1049h"));
	ck_assert_ptr_nonnull(strstr(p->out, "q quit; caches by: m memory"));
	ck_assert_ptr_nonnull(strstr(p->out, "\033[?1049l"));
	quit(&guest);
}
END_TEST

START_TEST(backtraces)
{
	struct proc guest, *p;
	struct json_object *cpu;

	start_lingering(&guest, SOCKET, FOR_LONG);
	p = run("mm-inspect", "bt", SOCKET);
	expect_code(p, 0);
	expect_out(p, "^vCPU 0  ");
	expect_out(p, "^vCPU 1  ");
	expect_out(p, "^    rax +[0-9a-f]{16}  rbx ");
	/* Frames of the payload have names without being told where its file is. */
	expect_out(p, "^#[0-9]+ +\\[<[0-9a-f]{16}>\\] (churn|linger)\\+0x[0-9a-f]+/0x[0-9a-f]+ \\[linger.ko\\]$");
	p = run("mm-inspect", "bt", "--json", SOCKET, "cpu1");
	expect_code(p, 0);
	cpu = json_member(json_text(p->out), "cpus");
	ck_assert_uint_eq(json_object_array_length(cpu), 1);
	cpu = json_object_array_get_idx(cpu, 0);
	ck_assert_int_eq(json_int(cpu, "cpu"), 1);
	ck_assert_ptr_nonnull(json_member(cpu, "registers.rip"));
	ck_assert_uint_gt(json_object_array_length(json_member(cpu, "stack")), 1);
	p = run("mm-inspect", "bt", SOCKET, "1");
	expect_code(p, 0);
	expect_out(p, "^kernel_main/1  waiting");
	expect_out(p, "kthread_join\\+");
	for (unsigned int i = 0; i < 4; i++) {
		static const char *const wrong[] = {"cpu2", "cpu", "12x", "4711"};

		p = run("mm-inspect", "bt", SOCKET, wrong[i]);
		expect_code(p, 2);
	}
	quit(&guest);
}
END_TEST

/* What the crashing vCPU did, and what the guest said before: from the core alone. */
START_TEST(post_mortem)
{
	struct proc *p = run("mmvisor", "run", "--cpus", "2", "--core", "p.core", program_path("e2e/crash.ko"));
	struct json_object *o;

	expect_code(p, 4);
	p = run("mm-inspect", "bt", "p.core");
	expect_code(p, 0);
	expect_out(p, "^vCPU [01] \\(crashed\\)");
	expect_out(p, "crash_inner[a-z0-9.]*\\+0x[0-9a-f]+/0x[0-9a-f]+ \\[crash.ko\\]");
	expect_out(p, "crash_outer[a-z0-9.]*\\+0x[0-9a-f]+/0x[0-9a-f]+ \\[crash.ko\\]");
	p = run("mm-inspect", "log", "p.core");
	expect_code(p, 0);
	expect_out(p, "^\\[ *[0-9]+\\.[0-9]{6}\\] .*Kernel panic: ");
	expect_out(p, "crash_inner[a-z0-9.]*\\+0x");
	p = run("mm-inspect", "log", "--json", "p.core");
	expect_code(p, 0);
	o = json_text(p->out);
	ck_assert_int_eq(json_int(o, "lost"), 0);
	ck_assert_uint_gt(json_object_array_length(json_member(o, "lines")), 10);
	keep("p.core");
}
END_TEST

static struct json_object *row_of(struct json_object *list, const char *key, const char *name)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);

		if (!strcmp(json_object_get_string(json_member(o, key)), name))
			return o;
	}
	ck_abort_msg("no row with %s %s in %s", key, name, json_object_get_string(list));
	return NULL;
}

/* One guest with a payload that holds things, one with nothing: the difference is what the payload holds. */
START_TEST(diff_names_what_grew)
{
	struct json_object *o, *row;
	struct proc guest, *p;

	p = run("mmvisor", "run", "--cpus", "2", "--append", "kunit.action=none", "--core", "a.core", "--core-always");
	expect_code(p, 0);
	start_lingering(&guest, SOCKET, FOR_LONG);
	p = run("mm-inspect", "snapshot", SOCKET, "b.core");
	expect_code(p, 0);
	quit(&guest);
	p = run("mm-inspect", "diff", "--json", "a.core", "b.core");
	expect_code(p, 0);
	o = json_text(p->out);
	row = row_of(json_member(o, "caches"), "cache", "linger");
	ck_assert_int_eq(json_int(row, "objects.before"), 0);
	ck_assert_int_eq(json_int(row, "objects.after"), 300);
	ck_assert_int_eq(json_int(row, "bytes.after"), 300 * 72);
	ck_assert_str_eq(json_object_get_string(json_member(row, "only")), "after");
	p = run("mm-inspect", "diff", "a.core", "b.core");
	expect_code(p, 0);
	expect_out(p, "^  linger +21600 +\\+21600 +300 +\\+300 .* new$");
	p = run("mm-inspect", "diff", "a.core", "a.core");
	expect_code(p, 0);
	ck_assert_str_eq(p->out, "nothing is different\n");
	p = run("mm-inspect", "diff", "a.core", "nowhere.core");
	expect_code(p, 2);
	expect_one_error(p, "mm-inspect", "nowhere.core");
	keep("a.core");
	keep("b.core");
}
END_TEST

START_TEST(bad_words)
{
	static const char *const lines[][6] = {
		{"mm-inspect", "watch"},
		{"mm-inspect", "watch", "top", "x"},
		{"mm-inspect", "check", "x", "--interval", "1"},
		{"mm-inspect", "watch", "x", "--interval", "0"},
		{"mm-inspect", "watch", "x", "--count", "-1"},
		{"mm-inspect", "diff", "x"},
		{"mm-inspect", "snapshot", "x"},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct proc *p = run_argv(LIMIT, AS_SELF, lines[i]);

		expect_code(p, 2);
		expect_one_error(p, "mm-inspect", "");
	}
}
END_TEST

Suite *suite_inspect(void)
{
	Suite *s = suite_create("inspect");
	TCase *t = tcase_create("inspect");

	tcase_set_timeout(t, LIMIT + 20);
	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_add_test(t, watch_repeats);
	tcase_add_test(t, top_shows_who_is_busy);
	tcase_add_test(t, top_on_a_terminal);
	tcase_add_test(t, backtraces);
	tcase_add_test(t, post_mortem);
	tcase_add_test(t, diff_names_what_grew);
	tcase_add_test(t, bad_words);
	suite_add_tcase(s, t);
	return s;
}
