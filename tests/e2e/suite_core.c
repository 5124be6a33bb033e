/* SPDX-License-Identifier: MIT */
/*
 * suite_core.c - crashes and what they leave: exit code, a report with a backtrace, a core that gdb and mm-inspect
 * open.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/e2e/e2e.h"

/* Run the payload that crashes, leaving c.core; returns the address of its cookie. */
static unsigned long crash(void)
{
	struct proc *p = run("mmvisor", "run", "--cpus", "2", "--core", "c.core", program_path("e2e/crash.ko"));
	const char *cookie = strstr(p->out, "cookie at ");

	expect_code(p, 4);
	expect_one_error(p, "mmvisor", "c.core");
	expect_out(p, "crash_inner[a-z0-9.]*\\+0x[0-9a-f]+/0x[0-9a-f]+");
	expect_out(p, "crash_outer[a-z0-9.]*\\+0x[0-9a-f]+/0x[0-9a-f]+");
	expect_out(p, "000000dead000000");
	ck_assert_ptr_nonnull(cookie);
	return strtoul(cookie + strlen("cookie at "), NULL, 16);
}

START_TEST(crash_without_core)
{
	struct proc *p = run("mmvisor", "run", program_path("e2e/crash.ko"));

	expect_code(p, 4);
	expect_out(p, "crash_inner");
}
END_TEST

START_TEST(bug_is_a_crash)
{
	struct proc *p = run("mmvisor", "run", "--debug-kernel", "--json", "r.json", program_path("e2e/panics.ko"));

	expect_code(p, 4);
	expect_out(p, "panics_here");
	json_file("r.json");
	keep("r.json");
}
END_TEST

/* Registers, backtrace and memory at kernel addresses: the heap, the kernel's data, the page array. */
START_TEST(triple_fault_is_a_crash)
{
	struct proc *p = run("mmvisor", "run", "--core", "t.core", program_path("e2e/triple.ko"));

	expect_code(p, 4);
	expect_one_error(p, "mmvisor", "triple fault");
	if (!strstr(p->err, "registers at the fault are lost"))
		expect_out(p, "falls_through\\+0x");
	p = run("mm-inspect", "check", "t.core");
	expect_code(p, 0);
	keep("t.core");
}
END_TEST

/* Not a triple fault: which stack, whose, and what led there - through the interrupt stack into what was interrupted. */
START_TEST(stack_overflow_is_named)
{
	struct proc *p = run("mmvisor", "run", program_path("e2e/overflow.ko"));

	expect_code(p, 4);
	expect_one_error(p, "mmvisor", "kernel stack overflow: task stack 0x");
	expect_out(p, "stack overflow: task stack 0x[0-9a-f]+-0x[0-9a-f]+ of task kunit:overflows");
	expect_out(p, "digs_deeper\\+0x.*\n.*the same [0-9]+ times more\n.* overflows\\+0x");
	p = run("mmvisor", "run", "--cpus", "2", "--debug-kernel", program_path("e2e/irqoverflow.ko"));
	expect_code(p, 4);
	expect_one_error(p, "mmvisor", "kernel stack overflow: interrupt stack 0x");
	expect_out(p, "stack overflow: interrupt stack 0x[0-9a-f]+-0x[0-9a-f]+ of task victim/1");
	expect_out(p, "in hard IRQ, interrupts off");
	expect_out(p, "handle_interrupt\\+0x");
	expect_out(p, "is_interrupted\\+0x");
}
END_TEST

START_TEST(broken_invariant_is_named)
{
	struct proc *p =
		run("mmvisor", "run", "--json", "r.json", "--core", "s.core", program_path("e2e/scribbles.ko"));

	expect_code(p, 3);
	expect_out(p, "page\\.tails");
	expect_out(p, "^ *ok 1 scribbles");
	p = run("mm-inspect", "check", "s.core");
	expect_code(p, 3);
	expect_out(p, "page\\.tails");
	keep("s.core");
	keep("r.json");
	/* Who does not look does not see. */
	p = run("mmvisor", "run", "--no-check", program_path("e2e/scribbles.ko"));
	expect_code(p, 0);
}
END_TEST

START_TEST(gdb_opens_the_core)
{
	char cookie[64];
	unsigned long addr = crash();

	if (access("/usr/bin/gdb", X_OK)) {
		keep("c.core");
		skip("gdb_opens_the_core: there is no gdb here");
		return;
	}
	snprintf(cookie, sizeof(cookie), "x/1gx 0x%lx", addr);

	struct proc *p = run("gdb", "-nx", "-batch", "-ex", "set pagination off", "-ex", "info registers rip rsp",
			     "-ex", "bt", "-ex", cookie, "-ex", "p/x mm_root.magic", "-ex", "info threads", "-ex",
			     "x/2gx 0xffffea0000000000", program_path("kernel.elf"), "c.core");

	keep("c.core");
	expect_code(p, 0);
	expect_out(p, "^rip +0xffffffff[0-9a-f]{8}");
	expect_out(p, "^#[0-9] .* in die \\(");
	expect_out(p, "^#[1-9]");
	expect_out(p, "0x1badb002deadbeef");
	expect_out(p, "0x746f6f725f766d6d");
	/* Both vCPUs. */
	expect_out(p, "^[* ]+2 ");
	expect_out(p, "0xffffea0000000000");
	ck_assert_msg(!strstr(p->err, "Cannot access memory"), "gdb: %s", p->err);
}
END_TEST

START_TEST(inspector_opens_the_core)
{
	char addr[32];
	struct proc *p;

	snprintf(addr, sizeof(addr), "0x%lx", crash());
	/* The guest died from a wild write that hit nothing: its structures still hold. */
	p = run("mm-inspect", "check", "c.core");
	expect_code(p, 0);
	p = run("mm-inspect", "check", "--json", "c.core");
	expect_code(p, 0);
	json_text(p->out);
	p = run("mm-inspect", "buddyinfo", "c.core");
	expect_code(p, 0);
	expect_out(p, "DMA32");
	p = run("mm-inspect", "slabinfo", "c.core");
	expect_code(p, 0);
	expect_out(p, "kmalloc-64");
	p = run("mm-inspect", "vtop", "c.core", addr);
	expect_code(p, 0);
	p = run("mm-inspect", "page", "c.core", addr);
	expect_code(p, 0);
	expect_out(p, "slab");
	p = run("mm-inspect", "vtop", "c.core", "0xdead000000");
	ck_assert_int_ne(p->code, 0);
	keep("c.core");
}
END_TEST

START_TEST(core_cut_short)
{
	struct stat st;

	crash();
	ck_assert_int_eq(stat("c.core", &st), 0);
	/* From the end to the beginning: data gone, headers gone, nothing left. */
	const off_t lengths[] = {st.st_size / 2, st.st_size / 10, 4096, 700, 64, 10, 0};

	for (unsigned int n = 0; n < sizeof(lengths) / sizeof(lengths[0]); n++) {
		ck_assert_int_eq(truncate("c.core", lengths[n]), 0);

		struct proc *p = run("mm-inspect", "check", "c.core");

		expect_code(p, 2);
		expect_one_error(p, "mm-inspect", "c.core");
	}
	keep("c.core");
}
END_TEST

START_TEST(core_that_cannot_be_written)
{
	struct proc *p = run("mmvisor", "run", "--core", "nowhere/c.core", program_path("e2e/crash.ko"));

	ck_assert_msg(p->code == 2 || p->code == 4, "ended with %d", p->code);
	ck_assert_msg(strstr(p->err, "nowhere/c.core"), "stderr: %s", p->err);
}
END_TEST

Suite *suite_core(void)
{
	Suite *s = suite_create("core");
	TCase *t = tcase_create("core");

	tcase_set_timeout(t, LIMIT + 20);
	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_add_test(t, crash_without_core);
	tcase_add_test(t, bug_is_a_crash);
	tcase_add_test(t, triple_fault_is_a_crash);
	tcase_add_test(t, stack_overflow_is_named);
	tcase_add_test(t, broken_invariant_is_named);
	tcase_add_test(t, gdb_opens_the_core);
	tcase_add_test(t, inspector_opens_the_core);
	tcase_add_test(t, core_cut_short);
	tcase_add_test(t, core_that_cannot_be_written);
	suite_add_tcase(s, t);
	return s;
}
