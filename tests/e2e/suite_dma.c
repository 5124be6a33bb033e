// SPDX-License-Identifier: MIT
/*
 * suite_dma.c - the DMA engines as a user meets them: widths, what is refused and counted, a hostile guest.
 *
 * HOSTILE_SECONDS says how long a guest is hostile (2).
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/e2e.h"

/* Chance decides what a hostile guest gets done: its canaries and the VMM's exit code judge it. */
static void hostile(const char *cpus, const char *msi)
{
	const char *seconds = getenv("HOSTILE_SECONDS");
	char append[64];
	struct proc *p;

	snprintf(append, sizeof(append), "hostile.seconds=%.8s hostile.msi=%s", seconds ? seconds : "2", msi);
	p = run("mmvisor", "run", "--cpus", cpus, "--dma", "bits=24", "--dma", "bits=24", "--append", append, "--json",
		"r.json", program_path("e2e/hostile.ko"));
	if (*msi == '1') {
		/* Interrupts out of control may kill the guest (4), stop it (5) or fail it (1); the VMM reports it and ends. */
		ck_assert_msg(p->code == 0 || p->code == 1 || p->code == 4 || p->code == 5, "%s: code %d\n%s", p->line,
			      p->code, p->err);
		keep("r.json");
		return;
	}
	expect_code(p, 0);

	struct json_object *o = json_file("r.json");

	ck_assert_int_eq(json_int(o, "passed"), 1);
	ck_assert_int_eq(json_int(o, "invariants.broken"), 0);
	ck_assert_int_gt(json_int(o, "dma.errors"), 10);
	ck_assert_int_gt(json_int(o, "dma.requests"), 10);
	expect_out(p, "dma[01] \\(24 bits\\): [0-9]+ requests, [0-9]+ refused");
	keep("r.json");
}

START_TEST(hostile_guest)
{
	hostile("1", "0");
}
END_TEST

START_TEST(hostile_guest_on_two_cpus)
{
	hostile("2", "0");
}
END_TEST

START_TEST(hostile_guest_with_interrupts)
{
	hostile("1", "1");
}
END_TEST

static const char *const widths[] = {"20", "24", "28", "31", "32", "36", "40", "64"};

/* The suites skip what a width makes impossible, and pass the rest. */
START_TEST(any_width)
{
	char bits[16];
	struct proc *p;

	snprintf(bits, sizeof(bits), "bits=%s", widths[_i]);
	p = run("mmvisor", "run", "--dma", bits, "--json", "r.json", "dma_engine");
	expect_code(p, 0);

	struct json_object *o = json_file("r.json");

	ck_assert_int_ge(json_int(o, "passed"), 8);
	ck_assert_int_ge(json_int(o, "dma.errors"), 8);
	ck_assert_int_ge(json_int(o, "dma.interrupts"), 8);
	keep("r.json");
}
END_TEST

START_TEST(bounced_by_force)
{
	struct proc *p = run("mmvisor", "run", "--dma", "bits=64", "--append", "swiotlb=1024,2,force", "dma_api");

	expect_code(p, 0);
}
END_TEST

Suite *suite_dma(void)
{
	Suite *s = suite_create("dma");
	TCase *t = tcase_create("dma");

	tcase_set_timeout(t, 4 * LIMIT);
	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_add_test(t, hostile_guest);
	tcase_add_test(t, hostile_guest_on_two_cpus);
	tcase_add_test(t, hostile_guest_with_interrupts);
	tcase_add_loop_test(t, any_width, 0, (int)(sizeof(widths) / sizeof(widths[0])));
	tcase_add_test(t, bounced_by_force);
	suite_add_tcase(s, t);
	return s;
}
