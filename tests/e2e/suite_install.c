/* SPDX-License-Identifier: MIT */
/*
 * suite_install.c - what make install puts in place works there; manuals and completion know every command and option.
 *
 * These look at files of the source tree, which is not in the emulated machine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/e2e/e2e.h"

/* Is this file of the source tree here? If not, say that the test is skipped. */
static bool have(const char *test, const char *file)
{
	char why[200];

	if (!access(program_path(file), R_OK))
		return true;
	snprintf(why, sizeof(why), "%s: there is no source tree here", test);
	skip(why);
	return false;
}

START_TEST(installed_programs_work)
{
	static const char *const others[] = {"share/man/man1/mmvisor.1",
					     "share/man/man1/mm-inspect.1",
					     "share/bash-completion/completions/mmvisor",
					     "share/bash-completion/completions/mm-inspect",
					     "share/zsh/site-functions/_mmvisor",
					     "share/zsh/site-functions/_mm-inspect",
					     "share/doc/mmvisor/README.md",
					     "share/doc/mmvisor/docs/running.md",
					     "share/doc/mmvisor/mm-inspect.json",
					     "lib/mmvisor/kernel-debug.elf"};
	char dest[600], folder[512], path[700];
	struct proc *p;

	if (!have("installed_programs_work", "../Makefile"))
		return;
	ck_assert_ptr_nonnull(getcwd(folder, sizeof(folder)));
	snprintf(dest, sizeof(dest), "DESTDIR=%s/root", folder);
	p = run("env", "-u", "MAKEFLAGS", "-u", "MFLAGS", "-u", "MAKELEVEL", "make", "-s", "-C", program_path(".."),
		"install", dest, "PREFIX=/opt/mmv");
	expect_code(p, 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(path, sizeof(path), "root/opt/mmv/%s", others[i]);
		ck_assert_msg(access(path, R_OK) == 0, "%s is missing", path);
	}
	/* Headers, kernel and all from where they are now. */
	p = run("root/opt/mmv/bin/mmvisor-cc", program_path("../tests/e2e/payloads/hello.c"), "-o", "hello.ko");
	expect_code(p, 0);
	p = run("root/opt/mmv/bin/mmvisor", "run", "--core", "h.core", "--core-always", "hello.ko");
	expect_code(p, 0);
	p = run("root/opt/mmv/bin/mm-inspect", "bt", "h.core");
	expect_code(p, 0);
	expect_out(p, "^#0 +\\[<[0-9a-f]{16}>\\] [a-z_]+\\+0x");
	p = run("rm", "-r", "root");
	expect_code(p, 0);
	keep("hello.ko");
	keep("h.core");
}
END_TEST

/* "--no-check" as troff has it: "\-\-no\-check". */
static bool names_option(const char *manual, const char *option)
{
	char text[128] = "";

	for (const char *p = option; *p; p++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), *p == '-' ? "\\-" : "%c", *p);
	return strstr(manual, text);
}

/* Each word "--option" of @help. Return: how many. */
static unsigned int expect_options(const char *manual, char *help, const char *name)
{
	unsigned int n = 0;
	char option[64];

	for (char *p = help; (p = strstr(p, "--")); p += 2) {
		if (sscanf(p, "%63[a-z-]", option) != 1 || strlen(option) < 4)
			continue;
		ck_assert_msg(names_option(manual, option), "%s does not tell of %s", name, option);
		n++;
	}
	return n;
}

START_TEST(manuals_tell_everything)
{
	struct proc *p;
	char *manual, *save = NULL;

	if (!have("manuals_tell_everything", "../tools/man/mmvisor.1"))
		return;
	manual = read_file(program_path("../tools/man/mmvisor.1"), NULL);
	p = run("mmvisor", "run", "--help");
	expect_code(p, 0);
	ck_assert_uint_gt(expect_options(manual, p->out, "mmvisor.1"), 15);
	manual = read_file(program_path("../tools/man/mm-inspect.1"), NULL);
	p = run("mm-inspect", "--help");
	expect_code(p, 0);
	ck_assert_uint_gt(expect_options(manual, p->out, "mm-inspect.1"), 8);
	for (char *line = strtok_r(p->out, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char name[32], entry[4][48];
		bool found = false;

		if (strncmp(line, "  ", 2) || line[2] == ' ' || sscanf(line + 2, "%31[a-z]", name) != 1)
			continue;
		snprintf(entry[0], sizeof(entry[0]), "\n.B %s\n", name);
		snprintf(entry[1], sizeof(entry[1]), "\n.BI %s\\~", name);
		for (int i = 0; i < 2; i++)
			found |= strstr(manual, entry[i]) != NULL;
		ck_assert_msg(found, "mm-inspect.1 has no entry for %s", name);
	}
	if (access("/usr/bin/groff", X_OK)) {
		skip("manuals_tell_everything: there is no groff here to look for mistakes of form");
		return;
	}
	for (int i = 0; i < 2; i++) {
		p = run("groff", "-man", "-Tutf8", "-ww", "-z",
			program_path(i ? "../tools/man/mmvisor.1" : "../tools/man/mm-inspect.1"));
		expect_code(p, 0);
		ck_assert_str_eq(p->err, "");
	}
}
END_TEST

/* What bash offers after these words. */
static struct proc *complete(const char *file, const char *function, const char *words)
{
	char script[1500], source[600];

	snprintf(source, sizeof(source), "%s", program_path(file));
	snprintf(script, sizeof(script),
		 "source %s; COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); %s; printf '%%s\\n' "
		 "\"${COMPREPLY[@]}\"",
		 source, words, function);

	struct proc *p = run("bash", "-c", script);

	/* bash does not wait for what it read from by <(…). */
	while (waitpid(-1, NULL, 0) > 0)
		;
	return p;
}

START_TEST(completion_offers_what_there_is)
{
	const char *file = "../tools/completion/mm-inspect";
	struct proc *p;
	char words[600];

	if (!have("completion_offers_what_there_is", file))
		return;
	snprintf(words, sizeof(words), "%s bud", program_path("mm-inspect"));
	p = complete(file, "_mm_inspect", words);
	expect_code(p, 0);
	ck_assert_str_eq(p->out, "buddyinfo\n");
	snprintf(words, sizeof(words), "%s watch --json v", program_path("mm-inspect"));
	p = complete(file, "_mm_inspect", words);
	expect_out(p, "^vmallocinfo$");
	expect_out(p, "^vtop$");
	snprintf(words, sizeof(words), "%s check --only page.ta", program_path("mm-inspect"));
	p = complete(file, "_mm_inspect", words);
	expect_out(p, "^page\\.tails$");
	write_file("some.core", "", 0);
	snprintf(words, sizeof(words), "%s check some", program_path("mm-inspect"));
	p = complete(file, "_mm_inspect", words);
	ck_assert_str_eq(p->out, "some.core\n");
	keep("some.core");
	write_file("a.ko", "", 0);
	write_file("a.c", "", 0);
	file = "../tools/completion/mmvisor";
	snprintf(words, sizeof(words), "%s run --debug-kernel a", program_path("mmvisor"));
	p = complete(file, "_mmvisor", words);
	ck_assert_str_eq(p->out, "a.ko\n");
	keep("a.ko");
	keep("a.c");
	snprintf(words, sizeof(words), "%s run --no", program_path("mmvisor"));
	p = complete(file, "_mmvisor", words);
	ck_assert_str_eq(p->out, "--no-check\n");
	snprintf(words, sizeof(words), "%s re", program_path("mmvisor"));
	p = complete(file, "_mmvisor", words);
	ck_assert_str_eq(p->out, "replay\n");
}
END_TEST

/* What zsh offers: compadd and _files, which choose among it and show it, only say what they are given. */
static struct proc *complete_zsh(const char *file, const char *words)
{
	char script[1500];

	snprintf(script, sizeof(script),
		 "compadd() { shift; print -l -- $@ }; _files() { print files $@ }; words=(%s); CURRENT=$#words; "
		 "complete() { source %s }; complete",
		 words, program_path(file));
	return run("zsh", "-f", "-c", script);
}

START_TEST(completion_for_zsh)
{
	const char *file = "../tools/completion/zsh/_mm-inspect";
	struct proc *p;
	char words[600];

	if (!have("completion_for_zsh", file))
		return;
	if (access("/usr/bin/zsh", X_OK)) {
		skip("completion_for_zsh: there is no zsh here");
		return;
	}
	snprintf(words, sizeof(words), "%s watch --json v", program_path("mm-inspect"));
	p = complete_zsh(file, words);
	expect_code(p, 0);
	expect_out(p, "^vmallocinfo$");
	snprintf(words, sizeof(words), "%s check --only page.ta", program_path("mm-inspect"));
	p = complete_zsh(file, words);
	expect_out(p, "^page\\.tails$");
	snprintf(words, sizeof(words), "%s check some", program_path("mm-inspect"));
	p = complete_zsh(file, words);
	ck_assert_str_eq(p->out, "files\n");
	file = "../tools/completion/zsh/_mmvisor";
	snprintf(words, sizeof(words), "%s run --debug-kernel a", program_path("mmvisor"));
	p = complete_zsh(file, words);
	ck_assert_str_eq(p->out, "files -g *.ko\n");
	snprintf(words, sizeof(words), "%s run --no", program_path("mmvisor"));
	p = complete_zsh(file, words);
	expect_out(p, "^--no-check$");
	snprintf(words, sizeof(words), "%s re", program_path("mmvisor"));
	p = complete_zsh(file, words);
	expect_out(p, "^replay$");
}
END_TEST

Suite *suite_install(void)
{
	Suite *s = suite_create("install");
	TCase *t = tcase_create("install");

	tcase_set_timeout(t, LIMIT + 20);
	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_add_test(t, installed_programs_work);
	tcase_add_test(t, manuals_tell_everything);
	tcase_add_test(t, completion_offers_what_there_is);
	tcase_add_test(t, completion_for_zsh);
	suite_add_tcase(s, t);
	return s;
}
