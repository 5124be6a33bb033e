/* SPDX-License-Identifier: MIT */
/*
 * suite_live.c - a guest that is looked at while it runs, through its control socket: by mm-inspect, and by a client
 * that goes away. (suite_control.c has what can be said on the socket.)
 */
#include <json-c/json.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/e2e/e2e.h"

#define SOCKET "live.sock"

/* It went on as if nobody had looked, and took its socket away. */
static void end_live(struct proc *p)
{
	proc_wait(p, 60);
	expect_code(p, 0);
	expect_out(p, "^ +ok 1 linger$");
	ck_assert_int_ne(access(SOCKET, F_OK), 0);
}

START_TEST(inspector_looks_at_a_live_guest)
{
	struct proc guest, *p;

	/* Programs take their time in there. */
	start_lingering(&guest, SOCKET, in_emulated_machine() ? 20 : 6);
	for (int n = 0; n < 5; n++) {
		p = run("mm-inspect", "check", SOCKET);
		expect_code(p, 0);
	}
	p = run("mm-inspect", "slabinfo", SOCKET);
	expect_code(p, 0);
	expect_out(p, "^linger +3[0-9][0-9] ");
	p = run("mm-inspect", "buddyinfo", SOCKET);
	expect_code(p, 0);
	expect_out(p, "Normal|NORMAL");
	p = run("mm-inspect", "buddyinfo", "--json", SOCKET);
	expect_code(p, 0);
	json_text(p->out);
	p = run("mm-inspect", "threads", SOCKET);
	expect_code(p, 0);
	expect_out(p, "^kunit:linger/[0-9]+  (running|runnable) on CPU [01]");
	expect_out(p, "^kernel_main/[0-9]+  waiting on CPU");
	expect_out(p, "^  .* kthread_join\\+");
	end_live(&guest);
}
END_TEST

START_TEST(addresses_of_a_live_guest)
{
	struct proc guest, *p;

	start_lingering(&guest, SOCKET, 6);
	char *out = calloc(1, 65536), *at;

	ck_assert_int_gt((int)pread(guest.fd_out, out, 65535, 0), 0);
	at = strstr(out, "vmalloc area at ");
	ck_assert_ptr_nonnull(at);

	char *addr = strtok(at + strlen("vmalloc area at "), " \n");

	p = run("mm-inspect", "vtop", SOCKET, addr);
	expect_code(p, 0);
	p = run("mm-inspect", "page", SOCKET, addr);
	expect_code(p, 0);
	expect_out(p, "vmalloc");
	end_live(&guest);
}
END_TEST

/* Pauses nest over connections; one that goes away without resuming must not leave the guest standing. */
START_TEST(a_client_that_dies_resumes_the_guest)
{
	struct proc guest;

	start_lingering(&guest, SOCKET, 6);
	int one = control_connect(SOCKET), two = control_connect(SOCKET);

	control_ok(one, "{\"cmd\": \"pause\"}");
	control_ok(two, "{\"cmd\": \"pause\"}");
	ck_assert_int_eq(json_object_array_length(json_member(control_ok(one, "{\"cmd\": \"regs\"}"), "cpus")), 2);
	close(two);
	ck_assert_int_eq(json_int(control_ok(one, "{\"cmd\": \"stats\"}"), "pauses.count"), 1);

	/* It does not move: the guest's own count of ticks is in its registers and memory, and its log is at its end. */
	int64_t exits = json_int(control_ok(one, "{\"cmd\": \"stats\"}"), "log_lines");

	usleep(300000);
	ck_assert_int_eq(json_int(control_ok(one, "{\"cmd\": \"stats\"}"), "log_lines"), exits);
	control_ok(one, "{\"cmd\": \"regs\"}");
	close(one);
	end_live(&guest);
}
END_TEST

START_TEST(interrupted_run_cleans_up)
{
	struct proc guest;

	start_lingering(&guest, SOCKET, 6);
	kill(guest.pid, _i ? SIGTERM : SIGINT);
	proc_wait(&guest, 20);
	ck_assert_msg(guest.code != RUN_STUCK && guest.code != 0, "ended with %d", guest.code);
	ck_assert_int_ne(access(SOCKET, F_OK), 0);
}
END_TEST

START_TEST(nobody_listens)
{
	write_file("dead.sock", "", 0);

	struct proc *p = run("mm-inspect", "check", "dead.sock");

	keep("dead.sock");
	expect_code(p, 2);
	expect_one_error(p, "mm-inspect", "dead.sock");
}
END_TEST

Suite *suite_live(void)
{
	Suite *s = suite_create("live");
	TCase *t = tcase_create("live");

	tcase_set_timeout(t, LIMIT + 20);
	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_add_test(t, inspector_looks_at_a_live_guest);
	tcase_add_test(t, addresses_of_a_live_guest);
	tcase_add_test(t, a_client_that_dies_resumes_the_guest);
	tcase_add_loop_test(t, interrupted_run_cleans_up, 0, 2);
	tcase_add_test(t, nobody_listens);
	suite_add_tcase(s, t);
	return s;
}
