/* SPDX-License-Identifier: MIT */
/*
 * suite_fault.c - wrong accesses in a payload, as its author sees them; and a kernel without TLB shoot-down, which the suites
 * must find out.
 */
#include <stdio.h>

#include "tests/e2e/e2e.h"

#define AREA ", allocated by \\[<[0-9a-f]{16}>\\] make_area\\+"

static const struct {
	const char *how, *report;
} faults[] = {
	{"guard",
	 "page fault: write to 0x[0-9a-f]+003: the guard page of a vmalloc area, in the vmalloc area; 0x2003 bytes "
	 "into, behind the area 0x[0-9a-f]+-0x[0-9a-f]+" AREA},
	{"freed", "page fault: write to 0x[0-9a-f]+005: freed vmalloc memory, .*in what was the area .*" AREA},
	{"exec", "page fault: fetch from 0x[0-9a-f]+: not executable, .*in the area .*" AREA},
	{"text", "page fault: write to 0x[0-9a-f]+: read-only, in the module area"},
	{"wild", "general protection fault: access to 0x1234567812345678: a non-canonical address"},
	{"user", "page fault: write to 0x400000: a user address"},
	/* A BUG that was expected says nothing about what comes later. */
	{"afterbug", "page fault: write to 0x[0-9a-f]+003: the guard page of a vmalloc area, .*" AREA},
};

START_TEST(named_for_what_it_is)
{
	char how[32], want[300];
	struct proc *p;

	snprintf(how, sizeof(how), "faulty.how=%s", faults[_i].how);
	snprintf(want, sizeof(want), "^Kernel panic: %s", faults[_i].report);
	p = run("mmvisor", "run", "--append", how, program_path("e2e/faulty.ko"));
	expect_code(p, 4);
	expect_out(p, want);
}
END_TEST

/* Behind the report of a bad access stands whose object that was. */
START_TEST(objects_are_named)
{
	struct proc *p = run("mmvisor", "run", "--append", "faulty.how=object", program_path("e2e/faulty.ko"));

	expect_code(p, 4);
	expect_out(p, "^Kernel panic: page fault: write to 0x[0-9a-f]+9: read-only");
	expect_out(p, "^ slab kmalloc-2k start [0-9a-f]+ pointer offset 9 size 2048: allocated$");
}
END_TEST

START_TEST(copies_beyond_what_may_be_copied)
{
	struct proc *p = run("mmvisor", "run", "--append", "faulty.how=usercopy", program_path("e2e/faulty.ko"));

	expect_code(p, 4);
	expect_out(p, "^usercopy: Kernel memory exposure attempt detected from SLUB object 'secrets' \\(offset 0, size "
		      "9\\)!$");
	expect_out(p, "copy_too_much\\+.*faulty\\.ko");
}
END_TEST

/* The debug kernel has whole stacks. */
START_TEST(stacks_in_the_debug_kernel)
{
	struct proc *p =
		run("mmvisor", "run", "--debug-kernel", "--append", "faulty.how=freed", program_path("e2e/faulty.ko"));

	expect_code(p, 4);
	expect_out(p, "^The area was allocated by:$");
	expect_out(p, "^ \\[<[0-9a-f]{16}>\\] make_area\\+.*faulty\\.ko");
	expect_out(p, "^The area was freed by:$");
}
END_TEST

START_TEST(expected_faults_pass)
{
	expect_code(run("mmvisor", "run", "--append", "faulty.how=expected", program_path("e2e/faulty.ko")), 0);
}
END_TEST

START_TEST(another_fault_than_expected_fails)
{
	struct proc *p = run("mmvisor", "run", "--append", "faulty.how=mistaken", program_path("e2e/faulty.ko"));

	expect_code(p, 1);
	expect_out(p,
		   "expected the guard page of a vmalloc area at 0x[0-9a-f]+, but found: write to 0x[0-9a-f]+: freed");
}
END_TEST

START_TEST(without_shootdown_the_suite_fails)
{
	struct proc *p = run("mmvisor", "run", "--cpus", "2", "mm_vmalloc.other_cpus_forget");

	expect_code(p, 0);
	p = run("mmvisor", "run", "--cpus", "2", "--append", "tlb.no_shootdown", "mm_vmalloc.other_cpus_forget");
	expect_code(p, 1);
	expect_out(p, "^ +not ok 1 other_cpus_forget$");
}
END_TEST

Suite *suite_fault(void)
{
	Suite *s = suite_create("fault");
	TCase *t = tcase_create("fault");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_add_loop_test(t, named_for_what_it_is, 0, (int)(sizeof(faults) / sizeof(faults[0])));
	tcase_add_test(t, objects_are_named);
	tcase_add_test(t, copies_beyond_what_may_be_copied);
	tcase_add_test(t, stacks_in_the_debug_kernel);
	tcase_add_test(t, expected_faults_pass);
	tcase_add_test(t, another_fault_than_expected_fails);
	tcase_add_test(t, without_shootdown_the_suite_fails);
	suite_add_tcase(s, t);
	return s;
}
