/* SPDX-License-Identifier: MIT */
/*
 * suite_bad.c - bad input: each gives one clear line on stderr, the right exit code, and nothing is left behind (the
 * fixture looks for files and processes after every test).
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/e2e/e2e.h"

/* What is wrong on the command line alone: the word that the message must hold, and the arguments. */
static const struct {
	const char *word;
	const char *argv[8];
} usage[] = {
	{"command", {"mmvisor"}},
	{"frobnicate", {"mmvisor", "frobnicate"}},
	{"--frobnicate", {"mmvisor", "run", "--frobnicate"}},
	{"--disk", {"mmvisor", "run", "--disk", "x"}},
	{"--mem", {"mmvisor", "run", "--mem"}},
	{"overlap", {"mmvisor", "run", "--mem", "dma32=32M@64M,dma32=32M@80M"}},
	{"overlap", {"mmvisor", "run", "--mem", "normal=1G@4G,normal=1G@4G"}},
	{"align", {"mmvisor", "run", "--mem", "normal=64M@0x100000800"}},
	{"align", {"mmvisor", "run", "--mem", "dma32=1000001"}},
	{"dma", {"mmvisor", "run", "--mem", "dma=32M"}},
	{"mem", {"mmvisor", "run", "--mem", "dma32=64M@1M"}},
	{"mem", {"mmvisor", "run", "--mem", "fast=64M"}},
	{"mem", {"mmvisor", "run", "--mem", "normal=0"}},
	{"mem", {"mmvisor", "run", "--mem", "normal=64Q"}},
	{"mem", {"mmvisor", "run", "--mem", "normal=99999999999T"}},
	{"mem", {"mmvisor", "run", "--mem", ""}},
	{"mem", {"mmvisor", "run", "--mem", "normal=64M,,"}},
	{"cpus", {"mmvisor", "run", "--cpus", "0"}},
	{"cpus", {"mmvisor", "run", "--cpus", "1000000"}},
	{"cpus", {"mmvisor", "run", "--cpus", "two"}},
	{"cpus", {"mmvisor", "run", "--cpus", "-1"}},
	{"dma", {"mmvisor", "run", "--dma", "bits=65"}},
	{"dma", {"mmvisor", "run", "--dma", "width=24"}},
	{"seed", {"mmvisor", "run", "--seed", "x"}},
	{"timeout", {"mmvisor", "run", "--timeout", "-5"}},
	{"nofile.ko", {"mmvisor", "run", "nofile.ko"}},
	{"nofile.elf", {"mmvisor", "run", "--kernel", "nofile.elf"}},
	{"nofile.xz", {"mmvisor", "replay", "nofile.xz"}},
	{"trace", {"mmvisor", "replay"}},
	{"no_such_suite", {"mmvisor", "run", "no_such_suite"}},
	{"nowhere", {"mmvisor", "run", "--control", "nowhere/socket", "--append", "kunit.action=none"}},
	{"nowhere", {"mmvisor", "run", "--json", "nowhere/r.json", "--append", "kunit.action=none"}},
	{"nowhere", {"mmvisor", "run", "--junit", "nowhere/r.xml", "--append", "kunit.action=none"}},
};

START_TEST(bad_usage)
{
	struct proc *p = run_argv(LIMIT, AS_SELF, usage[_i].argv);

	expect_code(p, 2);
	expect_one_error(p, "mmvisor", usage[_i].word);
}
END_TEST

static const struct {
	const char *word;
	const char *argv[8];
} inspect[] = {
	{"command", {"mm-inspect"}},
	{"usage", {"mm-inspect", "check"}},
	{"frobnicate", {"mm-inspect", "frobnicate", "x"}},
	{"nothing.core", {"mm-inspect", "check", "nothing.core"}},
	{"/dev/null", {"mm-inspect", "check", "/dev/null"}},
	{"/etc/passwd", {"mm-inspect", "buddyinfo", "/etc/passwd"}},
};

START_TEST(bad_inspect_usage)
{
	struct proc *p = run_argv(LIMIT, AS_SELF, inspect[_i].argv);

	expect_code(p, 2);
	expect_one_error(p, "mm-inspect", inspect[_i].word);
}
END_TEST

/* A copy of the kernel with one byte of its ELF header changed. */
static struct proc *with_kernel_byte(size_t at, unsigned char value)
{
	size_t size;
	char *elf = read_file(program_path("kernel.elf"), &size);

	elf[at] = (char)value;
	write_file("odd.elf", elf, size);
	free(elf);

	struct proc *p = run("mmvisor", "run", "--kernel", "odd.elf", "--append", "kunit.action=none");

	keep("odd.elf");
	expect_code(p, 2);
	expect_one_error(p, "mmvisor", "odd.elf");
	return p;
}

START_TEST(kernel_of_wrong_class)
{
	expect_one_error(with_kernel_byte(EI_CLASS, ELFCLASS32), "mmvisor", "64");
}
END_TEST

START_TEST(kernel_of_wrong_machine)
{
	expect_one_error(with_kernel_byte(offsetof(Elf64_Ehdr, e_machine), EM_AARCH64), "mmvisor", "x86");
}
END_TEST

START_TEST(kernel_is_no_elf)
{
	with_kernel_byte(0, 'x');
}
END_TEST

START_TEST(kernel_of_wrong_type)
{
	with_kernel_byte(offsetof(Elf64_Ehdr, e_type), ET_REL);
}
END_TEST

START_TEST(kernel_cut_short)
{
	static const size_t lengths[] = {0, 3, 64, 200, 5000};
	size_t size;
	char *elf = read_file(program_path("kernel.elf"), &size);

	write_file("cut.elf", elf, lengths[_i]);

	struct proc *p = run("mmvisor", "run", "--kernel", "cut.elf", "--append", "kunit.action=none");

	keep("cut.elf");
	expect_code(p, 2);
	expect_one_error(p, "mmvisor", "cut.elf");
}
END_TEST

/* A payload with one change: @at 0 means cut to @value bytes. */
static void with_module(const char *word, size_t at, unsigned int value)
{
	size_t size;
	char *ko = read_file(program_path("e2e/hello.ko"), &size);

	if (at)
		ko[at] = (char)value;
	write_file("odd.ko", ko, at ? size : value);
	free(ko);

	struct proc *p = run("mmvisor", "run", "odd.ko");

	keep("odd.ko");
	expect_code(p, 2);
	expect_one_error(p, "mmvisor", word);
}

START_TEST(module_of_wrong_class)
{
	with_module("odd.ko", EI_CLASS, ELFCLASS32);
}
END_TEST

START_TEST(module_of_wrong_machine)
{
	with_module("odd.ko", offsetof(Elf64_Ehdr, e_machine), EM_AARCH64);
}
END_TEST

START_TEST(module_of_wrong_type)
{
	with_module("odd.ko", offsetof(Elf64_Ehdr, e_type), ET_EXEC);
}
END_TEST

START_TEST(module_cut_short)
{
	with_module("odd.ko", 0, 300);
}
END_TEST

START_TEST(module_empty)
{
	with_module("odd.ko", 0, 0);
}
END_TEST

START_TEST(module_with_unresolved_symbol)
{
	struct proc *p = run("mmvisor", "run", program_path("e2e/unresolved.ko"));

	expect_code(p, 2);
	expect_one_error(p, "mmvisor", "nobody_exports_this");
	expect_one_error(p, "mmvisor", "unresolved.ko");
}
END_TEST

START_TEST(refused_run_writes_no_reports)
{
	struct proc *p = run("mmvisor", "run", "--json", "r.json", "--junit", "r.xml", "--core", "r.core", "--control",
			     "r.sock", "--mem", "normal=64M@4095M");

	expect_code(p, 2);
	expect_one_error(p, "mmvisor", "mem");
}
END_TEST

/* A copy of a built program in the test's folder: others may be kept out of the folder where it was built. */
static void bring(const char *name)
{
	FILE *from = fopen(program_path(name), "r"), *to = fopen(name, "w");
	char buf[65536];
	size_t n;

	ck_assert_ptr_nonnull(from);
	ck_assert_ptr_nonnull(to);
	while ((n = fread(buf, 1, sizeof(buf), from)) > 0)
		ck_assert_uint_eq(fwrite(buf, 1, n, to), n);
	ck_assert_int_eq(ferror(from), 0);
	ck_assert_int_eq(fclose(to), 0);
	fclose(from);
	ck_assert_int_eq(chmod(name, 0755), 0);
}

START_TEST(no_permission_on_kvm)
{
	if (geteuid() != 0) {
		skip("no_permission_on_kvm: only root can become a user without permission");
		return;
	}
	bring("mmvisor");
	bring("kernel.elf");
	struct proc *p = run_as(AS_NOBODY, "./mmvisor", "run", "--append", "kunit.action=none");

	keep("mmvisor");
	keep("kernel.elf");
	if (p->code == 0) {
		skip("no_permission_on_kvm: everybody may open /dev/kvm here");
		return;
	}
	expect_code(p, 6);
	expect_one_error(p, "mmvisor", "/dev/kvm");
	/* What to do. */
	expect_one_error(p, "mmvisor", "kvm");
	ck_assert_msg(matches(p->err, "group|chmod|usermod|root|udev"), "it doesn't say what to do: %s", p->err);
}
END_TEST

START_TEST(no_kvm_at_all)
{
	if (geteuid() != 0) {
		skip("no_kvm_at_all: only root can hide /dev/kvm");
		return;
	}
	struct proc *p = run_as(_i ? KVM_IS_ODD : KVM_IS_MISSING, "mmvisor", "run", "--append", "kunit.action=none");

	if (p->code == 120) {
		skip("no_kvm_at_all: mount namespaces are not to be had here");
		return;
	}
	expect_code(p, 6);
	expect_one_error(p, "mmvisor", "/dev/kvm");
}
END_TEST

START_TEST(help_is_no_error)
{
	static const char *const argv[][4] = {
		{"mmvisor", "--help", NULL},
		{"mmvisor", "run", "--help", NULL},
		{"mmvisor", "replay", "--help", NULL},
		{"mm-inspect", "--help", NULL},
	};
	struct proc *p = run_argv(LIMIT, AS_SELF, argv[_i]);

	expect_code(p, 0);
	ck_assert_str_eq(p->err, "");
	expect_out(p, "[Uu]sage");
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

Suite *suite_bad(void)
{
	Suite *s = suite_create("bad");
	TCase *t = tcase_create("bad");

	tcase_set_timeout(t, LIMIT + 20);
	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_add_loop_test(t, bad_usage, 0, COUNT(usage));
	tcase_add_loop_test(t, bad_inspect_usage, 0, COUNT(inspect));
	tcase_add_test(t, kernel_of_wrong_class);
	tcase_add_test(t, kernel_of_wrong_machine);
	tcase_add_test(t, kernel_is_no_elf);
	tcase_add_test(t, kernel_of_wrong_type);
	tcase_add_loop_test(t, kernel_cut_short, 0, 5);
	tcase_add_test(t, module_of_wrong_class);
	tcase_add_test(t, module_of_wrong_machine);
	tcase_add_test(t, module_of_wrong_type);
	tcase_add_test(t, module_cut_short);
	tcase_add_test(t, module_empty);
	tcase_add_test(t, module_with_unresolved_symbol);
	tcase_add_test(t, refused_run_writes_no_reports);
	tcase_add_test(t, no_permission_on_kvm);
	tcase_add_loop_test(t, no_kvm_at_all, 0, 2);
	tcase_add_loop_test(t, help_is_no_error, 0, 4);
	suite_add_tcase(s, t);
	return s;
}
