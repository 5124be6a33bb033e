/* SPDX-License-Identifier: MIT */
/*
 * suite_live.c - a guest that is looked at while it runs, through its control socket: by mm-inspect, and by a client
 * that misbehaves.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "shared/control.h"
#include "tests/e2e/e2e.h"

#define SOCKET "live.sock"

/* Start the payload that stays busy for some seconds; return when it is ready. */
static void start_live(struct proc *p)
{
	const char *const argv[] = {"mmvisor", "run", "--cpus", "2", "--control", SOCKET, program_path("e2e/linger.ko"),
				    NULL};

	proc_start(p, AS_SELF, argv);
	if (proc_saw(p, "linger: ready", 60))
		return;
	proc_wait(p, 1);
	ck_abort_msg("the guest did not get ready: code %d\nstdout: %s\nstderr: %s", p->code, p->out, p->err);
}

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

	start_live(&guest);
	for (int n = 0; n < 10; n++) {
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

	start_live(&guest);
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

static int connect_to(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static uint32_t ask(int fd, uint32_t cmd, uint32_t arg)
{
	struct ctl_request q = {CTL_MAGIC, CTL_VERSION, cmd, arg};
	union {
		struct ctl_reply head;
		struct ctl_info info;
		struct ctl_regs regs;
	} r;

	ck_assert_int_eq(send(fd, &q, sizeof(q), MSG_NOSIGNAL), sizeof(q));
	ck_assert_int_ge(recv(fd, &r, sizeof(r), 0), (int)sizeof(r.head));
	ck_assert_uint_eq(r.head.magic, CTL_MAGIC);
	ck_assert_uint_eq(r.head.cmd, cmd);
	return r.head.error;
}

/* Pauses nest over connections; one that goes away without resuming must not leave the guest standing. */
START_TEST(a_client_that_dies_resumes_the_guest)
{
	struct proc guest;

	start_live(&guest);
	int one = connect_to(SOCKET), two = connect_to(SOCKET);

	ck_assert_uint_eq(ask(one, CTL_PAUSE, 0), 0);
	ck_assert_uint_eq(ask(two, CTL_PAUSE, 0), 0);
	ck_assert_uint_eq(ask(one, CTL_REGS, 0), 0);
	ck_assert_uint_eq(ask(one, CTL_REGS, 1), 0);
	ck_assert_uint_ne(ask(one, CTL_REGS, 2), 0);
	close(two);
	/* Longer than the payload lasts: a guest that ran on would be gone by then. */
	sleep(5);
	ck_assert_uint_eq(ask(one, CTL_REGS, 0), 0);
	close(one);
	end_live(&guest);
}
END_TEST

START_TEST(nonsense_on_the_socket)
{
	struct proc guest;
	char junk[9000];

	memset(junk, 0xa5, sizeof(junk));
	start_live(&guest);
	for (size_t n = 0; n < sizeof(junk); n = n * 3 + 1) {
		int fd = connect_to(SOCKET);

		send(fd, junk, n, MSG_NOSIGNAL);
		close(fd);
	}
	int fd = connect_to(SOCKET);
	struct ctl_request q[] = {{CTL_MAGIC, CTL_VERSION + 1, CTL_PAUSE, 0},
				  {CTL_MAGIC, CTL_VERSION, 77, 0},
				  {CTL_MAGIC, CTL_VERSION, CTL_REGS, 0},
				  {CTL_MAGIC, CTL_VERSION, CTL_RESUME, 0}};
	struct ctl_reply r;

	/* A version, a command, registers of a running guest, resuming what was not paused: refused, nothing worse. */
	for (unsigned int n = 0; n < 3; n++) {
		send(fd, &q[n], sizeof(q[n]), MSG_NOSIGNAL);
		ssize_t got = recv(fd, &r, sizeof(r), 0);

		ck_assert_msg(got <= 0 || (got >= (ssize_t)sizeof(r) && r.error), "request %u was taken", n);
		if (got <= 0) {
			close(fd);
			fd = connect_to(SOCKET);
		}
	}
	send(fd, &q[3], sizeof(q[3]), MSG_NOSIGNAL);
	close(fd);
	struct proc *p = run("mm-inspect", "check", SOCKET);

	expect_code(p, 0);
	end_live(&guest);
}
END_TEST

START_TEST(interrupted_run_cleans_up)
{
	struct proc guest;

	start_live(&guest);
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
	tcase_add_test(t, nonsense_on_the_socket);
	tcase_add_loop_test(t, interrupted_run_cleans_up, 0, 2);
	tcase_add_test(t, nobody_listens);
	suite_add_tcase(s, t);
	return s;
}
