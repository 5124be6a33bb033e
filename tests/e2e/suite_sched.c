/* SPDX-License-Identifier: MIT */
/*
 * suite_sched.c - the deterministic mode: the same seed gives the same interleaving of threads, another seed another one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/e2e.h"

#define DET "--append", "sched.deterministic"

/* The rest of the line that has @key in it, in memory that the test's end gives back. */
static char *line_with(const struct proc *p, const char *key)
{
	const char *at = strstr(p->out, key);

	ck_assert_msg(at, "no line with \"%s\" in:\n%s", key, p->out);

	char *copy = strndup(at, strcspn(at, "\n"));

	ck_assert_ptr_nonnull(copy);
	return copy;
}

static struct proc *interleave(const char *seed, const char *kernel)
{
	struct proc *p = kernel ? run("mmvisor", "run", DET, "--seed", seed, kernel, program_path("e2e/interleave.ko"))
				: run("mmvisor", "run", DET, "--seed", seed, program_path("e2e/interleave.ko"));

	expect_code(p, 0);
	ck_assert_msg(!strstr(p->out, "may not repeat"), "%s", p->out);
	return p;
}

static const char *const kernels[] = {NULL, "--debug-kernel"};

START_TEST(the_seed_decides_who_runs)
{
	char *turns[3], *order[3];
	static const char *const seeds[] = {"7", "7", "8"};

	for (unsigned int i = 0; i < 3; i++) {
		struct proc *p = interleave(seeds[i], kernels[_i]);

		turns[i] = line_with(p, "turns: ");
		order[i] = line_with(p, "# sched.deterministic: ");
	}
	ck_assert_uint_ge(strlen(turns[0]), 100);
	ck_assert_str_eq(turns[0], turns[1]);
	ck_assert_str_eq(order[0], order[1]);
	ck_assert_str_ne(turns[0], turns[2]);
	ck_assert_str_ne(order[0], order[2]);
	for (unsigned int i = 0; i < 3; i++) {
		free(turns[i]);
		free(order[i]);
	}
}
END_TEST

START_TEST(suites_pass_in_any_order)
{
	static const char *const seeds[] = {"1", "2", "3"};
	struct proc *p = run("mmvisor", "run", DET, "--seed", seeds[_i], "threads", "waiting", "locks", "workqueue",
			     "rcu", "rwsem", "softirq", "timers");

	expect_code(p, 0);
	expect_out(p, "^# sched.deterministic: seed [123], [0-9]+ points, [0-9]+ switches");
}
END_TEST

START_TEST(one_cpu_only)
{
	struct proc *p = run("mmvisor", "run", DET, "--cpus", "2", program_path("e2e/hello.ko"));

	expect_code(p, 2);
	expect_out(p, "sched.deterministic.*--cpus 1");
}
END_TEST

START_TEST(off_unless_asked_for)
{
	struct proc *p = run("mmvisor", "run", "--append", "sched.deterministic=0", program_path("e2e/hello.ko"));

	expect_code(p, 0);
	ck_assert_ptr_null(strstr(p->out, "# sched.deterministic"));
}
END_TEST

Suite *suite_sched(void)
{
	Suite *s = suite_create("sched");
	TCase *tc = tcase_create("deterministic");

	tcase_add_checked_fixture(tc, fixture_in, fixture_out);
	tcase_set_timeout(tc, 4 * LIMIT);
	tcase_add_loop_test(tc, the_seed_decides_who_runs, 0, 2);
	tcase_add_loop_test(tc, suites_pass_in_any_order, 0, in_emulated_machine() ? 3 : 1);
	tcase_add_test(tc, one_cpu_only);
	tcase_add_test(tc, off_unless_asked_for);
	suite_add_tcase(s, tc);
	return s;
}
