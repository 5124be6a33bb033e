/* SPDX-License-Identifier: MIT */
/*
 * suite_schema.c - everything that comes as JSON has the form that tools/schema/mm-inspect.json says, and every command is in it.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/e2e/e2e.h"

#define SOCKET "j.sock"

static struct json_object *schema;

static void load_schema(void)
{
	struct proc *p = run("mm-inspect", "schema");

	expect_code(p, 0);
	schema = json_text(p->out);
}

static void expect_form(const char *name, struct json_object *o)
{
	const char *why = schema_complaint(schema, name, o);

	ck_assert_msg(!why, "%s: %s", name, why);
}

/* Commands of which there is no sense in asking every source: they are looked at below. */
static bool is_special(const char *name)
{
	static const char *const names[] = {"page",    "vtop",  "diff",   "snapshot",
					    "control", "watch", "schema", "timeline"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* Every command that --help names, on @source. Return: how many. */
static unsigned int expect_all_forms(const char *source)
{
	struct proc *help = run("mm-inspect", "--help");
	unsigned int n = 0;
	char *save = NULL;

	for (char *line = strtok_r(help->out, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char name[32];
		struct proc *p;

		if (strncmp(line, "  ", 2) || line[2] == ' ' || sscanf(line + 2, "%31[a-z]", name) != 1)
			continue;
		ck_assert_msg(json_object_object_get_ex(json_member(schema, "$defs"), name, NULL) ||
				      !strcmp(name, "schema"),
			      "tools/schema/mm-inspect.json has nothing for %s", name);
		if (is_special(name))
			continue;
		p = !strcmp(name, "top") ? run("mm-inspect", name, "--json", "--count", "1", source)
					 : run("mm-inspect", name, "--json", "--verbose", source);
		ck_assert_msg(p->code == 0 || p->code == 3, "%s: %d: %s", p->line, p->code, p->err);
		expect_form(name, json_text(p->out));
		n++;
	}
	return n;
}

static char *address_in(const struct proc *guest)
{
	static char out[65536];
	char *at;

	ck_assert_int_gt((int)pread(guest->fd_out, out, sizeof(out) - 1, 0), 0);
	at = strstr(out, "vmalloc area at ");
	ck_assert_ptr_nonnull(at);
	return strtok(at + strlen("vmalloc area at "), " \n");
}

static void expect_one(const char *name, struct proc *p)
{
	expect_code(p, 0);
	expect_form(name, json_text(p->out));
}

START_TEST(live_guest)
{
	static const char *const requests[] = {"status", "stats", "log", "fds", "pause", "regs", "resume"};
	const char *const argv[] = {"mmvisor",
				    "run",
				    "--debug-kernel",
				    "--cpus",
				    "2",
				    "--control",
				    SOCKET,
				    "--json",
				    "r.json",
				    "--append",
				    "linger.seconds=600",
				    program_path("e2e/linger.ko"),
				    NULL};
	struct proc guest;

	load_schema();
	proc_start(&guest, AS_SELF, argv);
	ck_assert_msg(proc_saw(&guest, "linger: ready", 60), "the guest did not get ready");

	char *address = address_in(&guest);

	expect_one("snapshot", run("mm-inspect", "snapshot", "--json", SOCKET, "j.core"));
	expect_one("watch", run("mm-inspect", "watch", "--json", "--count", "1", SOCKET));
	expect_one("check", run("mm-inspect", "check", "--json", SOCKET));
	expect_one("top", run("mm-inspect", "top", "--json", "--count", "1", SOCKET));
	int fd = control_connect(SOCKET);

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		char request[64], name[64];

		snprintf(request, sizeof(request), "{\"cmd\": \"%s\", \"id\": %zu}", requests[i], i);
		snprintf(name, sizeof(name), "control-%s", requests[i]);
		expect_form(name, control_ok(fd, request));
	}
	control_send(fd, "{\"cmd\": \"regs\"}\n", 16);
	expect_form("control-refusal", control_reply(fd));
	expect_form("control-inject", control_ok(fd, "{\"cmd\": \"inject\", \"cpu\": 0, \"vector\": 255}"));
	expect_form("control-quit", control_ok(fd, "{\"cmd\": \"quit\"}"));
	proc_wait(&guest, 20);
	expect_code(&guest, 1);
	expect_form("mmvisor", json_file("r.json"));
	keep("r.json");
	ck_assert_uint_ge(expect_all_forms("j.core"), 14);
	expect_one("check-list", run("mm-inspect", "check", "--list", "--json"));
	expect_one("page", run("mm-inspect", "page", "--json", "j.core", address));
	expect_one("page", run("mm-inspect", "page", "--json", "j.core", "0"));
	expect_one("vtop", run("mm-inspect", "vtop", "--json", "j.core", address));
	expect_one("bt", run("mm-inspect", "bt", "--json", "j.core", "1"));
	keep("j.core");
}
END_TEST

/* The release kernel, nothing loaded; and a guest that is broken. */
START_TEST(cores)
{
	struct proc *p = run("mmvisor", "run", "--append", "kunit.action=none", "--core", "a.core", "--core-always");

	load_schema();
	expect_code(p, 0);
	expect_all_forms("a.core");
	p = run("mmvisor", "run", "--core", "b.core", program_path("e2e/scribbles.ko"));
	expect_code(p, 3);
	p = run("mm-inspect", "check", "--json", "b.core");
	expect_code(p, 3);
	expect_form("check", json_text(p->out));
	expect_one("diff", run("mm-inspect", "diff", "--json", "a.core", "b.core"));
	keep("a.core");
	keep("b.core");
}
END_TEST

/* The checker itself: what differs is seen, and where it is. */
START_TEST(other_forms_are_noticed)
{
	static const struct {
		const char *name, *json, *word;
	} cases[] = {
		{"meminfo", "{}", "lacks present_pages"},
		{"hex", "12", "not of type string"},
		{"hex", "\"12\"", "does not look right"},
		{"log", "{\"lost\": 0, \"lines\": [{\"seconds\": 1, \"text\": 2}]}", ".lines[0].text"},
		{"log", "{\"lost\": 0, \"lines\": [], \"more\": 1}", ".more"},
		{"control-pause", "{\"ok\": true, \"cmd\": \"pose\", \"pauses\": 1, \"root\": \"0x1\", \"stop_ms\": 1}",
		 "none of the values"},
		{"counts", "{\"a\": 1, \"b\": \"x\"}", ".b"},
		{"bt", "{\"cpus\": 3}", "lacks"},
	};

	load_schema();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *why = schema_complaint(schema, cases[i].name, json_tokener_parse(cases[i].json));

		ck_assert_msg(why && strstr(why, cases[i].word), "%s %s: %s", cases[i].name, cases[i].json,
			      why ? why : "it was taken");
	}
}
END_TEST

Suite *suite_schema(void)
{
	Suite *s = suite_create("schema");
	TCase *t = tcase_create("schema");

	tcase_set_timeout(t, LIMIT + 20);
	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_add_test(t, live_guest);
	tcase_add_test(t, cores);
	tcase_add_test(t, other_forms_are_noticed);
	suite_add_tcase(s, t);
	return s;
}
