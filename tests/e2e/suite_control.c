/* SPDX-License-Identifier: MIT */
/*
 * suite_control.c - the control socket: every request, and what is none.
 *
 * Each test quits its guest, so none waits for a payload to end by itself.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "tests/e2e/e2e.h"

#define SOCKET "ctl.sock"
/* Nobody waits for its end. */
#define FOR_LONG 600
#define MAX_REGIONS 32

/* ---- a client ---- */

int control_connect(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct timeval patience = {.tv_sec = 20};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

void control_send(int fd, const void *bytes, size_t size)
{
	ck_assert_int_eq(send(fd, bytes, size, MSG_NOSIGNAL), (ssize_t)size);
}

/* A byte at a time: what follows belongs to the next reply. */
struct json_object *control_reply(int fd)
{
	static char line[1 << 20];
	size_t len = 0;
	ssize_t n;

	while ((n = recv(fd, line + len, 1, 0)) == 1 && line[len] != '\n')
		ck_assert_uint_lt(++len, sizeof(line));
	if (n <= 0) {
		ck_assert_msg(!n || errno == ECONNRESET, "no reply: %s", strerror(errno));
		return NULL;
	}
	line[len] = 0;
	return json_text(line);
}

static struct json_object *ask(int fd, const char *request)
{
	control_send(fd, request, strlen(request));
	control_send(fd, "\n", 1);

	struct json_object *o = control_reply(fd);

	ck_assert_msg(o, "%s: it hung up", request);
	return o;
}

struct json_object *control_ok(int fd, const char *request)
{
	struct json_object *o = ask(fd, request);

	ck_assert_msg(json_object_get_boolean(json_member(o, "ok")), "%s: %s", request, json_object_get_string(o));
	return o;
}

void control_refused(int fd, const char *request, const char *word)
{
	struct json_object *o = ask(fd, request);

	ck_assert_msg(!json_object_get_boolean(json_member(o, "ok")), "%s: it was taken", request);
	ck_assert_msg(strstr(json_object_get_string(json_member(o, "error")), word), "%s: %s", request,
		      json_object_get_string(o));
}

static const char *text_of(struct json_object *o, const char *path)
{
	return json_object_get_string(json_member(o, path));
}

/* It ends because it was told to: that is no success, and says so. */
static void quit(struct proc *p, int fd)
{
	control_ok(fd, "{\"cmd\": \"quit\"}");
	proc_wait(p, 20);
	expect_code(p, 1);
	expect_one_error(p, "mmvisor", "ended by quit on the control socket, in linger");
	ck_assert_int_ne(access(SOCKET, F_OK), 0);
	ck_assert_ptr_null(control_reply(fd));
	close(fd);
}

/* ---- what it does ---- */

START_TEST(says_how_it_is)
{
	struct json_object *o;
	struct proc guest;

	start_lingering(&guest, SOCKET, FOR_LONG);
	int fd = control_connect(SOCKET);

	o = control_ok(fd, "{\"cmd\": \"status\", \"id\": \"first\"}");
	ck_assert_str_eq(text_of(o, "id"), "first");
	ck_assert_str_eq(text_of(o, "state"), "running");
	ck_assert_int_eq(json_int(o, "pid"), guest.pid);
	ck_assert_int_eq(json_int(o, "cpus"), 2);
	ck_assert_int_eq(json_int(o, "ram_bytes"), (128 << 20) - (384 << 10));
	ck_assert(strstr(text_of(o, "where"), "linger"));
	ck_assert(!strncmp(text_of(o, "root"), "0xffffffff8", 11));
	control_refused(fd, "{\"cmd\": \"regs\"}", "pause it first");
	control_refused(fd, "{\"cmd\": \"resume\"}", "has not paused");
	o = control_ok(fd, "{\"cmd\": \"pause\", \"id\": 17}");
	ck_assert_int_eq(json_int(o, "id"), 17);
	ck_assert_str_eq(text_of(control_ok(fd, "{\"cmd\":\"status\"}"), "state"), "paused");
	o = json_member(control_ok(fd, "{\"cmd\": \"regs\"}"), "cpus");
	ck_assert_uint_eq(json_object_array_length(o), 2);
	ck_assert(!strncmp(text_of(json_object_array_get_idx(o, 1), "rip"), "0xffffffff", 10));
	control_ok(fd, "{\"cmd\": \"resume\"}");
	o = control_ok(fd, "{\"cmd\": \"stats\"}");
	ck_assert_int_eq(json_int(o, "pauses.count"), 1);
	ck_assert_uint_eq(json_object_array_length(json_member(o, "cpus")), 2);
	ck_assert_int_gt(json_int(json_object_array_get_idx(json_member(o, "cpus"), 0), "exits"), 3);
	ck_assert_uint_eq(json_object_array_length(json_member(o, "dma.engines")), 1);
	quit(&guest, fd);
}
END_TEST

START_TEST(hands_out_the_log)
{
	struct json_object *o, *lines, *last;
	struct proc guest;

	start_lingering(&guest, SOCKET, FOR_LONG);
	int fd = control_connect(SOCKET);

	o = control_ok(fd, "{\"cmd\": \"log\"}");
	lines = json_member(o, "lines");
	last = json_object_array_get_idx(lines, json_object_array_length(lines) - 1);
	ck_assert_str_eq(text_of(last, "text"), "linger: ready");
	ck_assert_int_eq(json_int(o, "next"), json_int(last, "n") + 1);
	ck_assert_int_eq(json_int(json_object_array_get_idx(lines, 0), "n"), 0);

	char from[64];

	snprintf(from, sizeof(from), "{\"cmd\": \"log\", \"from\": %ld}", (long)json_int(last, "n"));
	ck_assert_uint_eq(json_object_array_length(json_member(control_ok(fd, from), "lines")), 1);
	control_refused(fd, "{\"cmd\": \"log\", \"from\": -1}", "from");

	struct proc *p = run("mm-inspect", "log", SOCKET);

	expect_code(p, 0);
	expect_out(p, "^\\[ *[0-9]+\\.[0-9]{6}\\] linger: ready$");
	quit(&guest, fd);
}
END_TEST

/* The descriptors show the memory, and do not let anybody write to it. */
START_TEST(memory_is_for_reading)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * MAX_REGIONS)];
	} control;
	char line[8192];
	struct iovec iov = {.iov_base = line, .iov_len = sizeof(line) - 1};
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	struct proc guest;
	int fds[MAX_REGIONS];

	start_lingering(&guest, SOCKET, FOR_LONG);
	int fd = control_connect(SOCKET);

	control_send(fd, "{\"cmd\": \"fds\"}\n", 15);

	ssize_t n = recvmsg(fd, &msg, 0);
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	ck_assert_int_gt((int)n, 0);
	line[n] = 0;
	ck_assert_ptr_nonnull(c);

	struct json_object *regions = json_member(json_text(line), "regions");
	size_t nr = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	/* DMA below and above the hole, DMA32, NORMAL, the blob. */
	ck_assert_uint_eq(nr, 5);
	ck_assert_uint_eq(json_object_array_length(regions), nr);
	memcpy(fds, CMSG_DATA(c), nr * sizeof(int));
	for (size_t i = 0; i < nr; i++) {
		size_t size = (size_t)json_int(json_object_array_get_idx(regions, i), "bytes");
		struct stat st;

		ck_assert_int_eq(fstat(fds[i], &st), 0);
		ck_assert_uint_eq((size_t)st.st_size, size);
		ck_assert_ptr_ne(mmap(NULL, size, PROT_READ, MAP_SHARED, fds[i], 0), MAP_FAILED);
		ck_assert_ptr_eq(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fds[i], 0), MAP_FAILED);
		ck_assert_int_lt(pwrite(fds[i], "x", 1, 0), 0);
		ck_assert_int_ne(ftruncate(fds[i], 0), 0);
		close(fds[i]);
	}
	quit(&guest, fd);
}
END_TEST

START_TEST(snapshot_is_a_core)
{
	struct json_object *o;
	struct proc guest, *p;
	char file[512], request[600];

	start_lingering(&guest, SOCKET, FOR_LONG);
	int fd = control_connect(SOCKET);

	snprintf(request, sizeof(request), "{\"cmd\": \"snapshot\", \"file\": \"%s/s.core\"}",
		 getcwd(file, sizeof(file)));
	o = control_ok(fd, request);
	ck_assert_int_gt(json_int(o, "bytes"), 127 << 20);
	ck_assert_int_lt(json_int(o, "stored"), 64 << 20);
	ck_assert_str_eq(text_of(control_ok(fd, "{\"cmd\": \"status\"}"), "state"), "running");
	control_refused(fd, "{\"cmd\": \"snapshot\"}", "file");
	control_refused(fd, "{\"cmd\": \"snapshot\", \"file\": \"/nowhere/s.core\"}", "/nowhere/s.core");
	ck_assert_int_eq(mkfifo("pipe", 0600), 0);
	control_refused(fd, "{\"cmd\": \"snapshot\", \"file\": \"pipe\"}", "not a regular file");
	keep("pipe");
	p = run("mm-inspect", "snapshot", SOCKET, "t.core");
	expect_code(p, 0);
	quit(&guest, fd);
	p = run("mm-inspect", "slabinfo", "s.core");
	expect_code(p, 0);
	expect_out(p, "^linger +3[0-9][0-9] ");
	if (!access("/usr/bin/gdb", X_OK)) {
		p = run("gdb", "-nx", "-batch", "-ex", "p/x mm_root.magic", "-ex", "info threads",
			program_path("kernel.elf"), "s.core");
		expect_code(p, 0);
		expect_out(p, "0x746f6f725f766d6d");
		expect_out(p, "^[* ]+2 ");
	}
	p = run("mm-inspect", "check", "t.core");
	expect_code(p, 0);
	keep("s.core");
	keep("t.core");
}
END_TEST

/* A shoot-down that nobody asked for does no harm; an NMI is a way to say: drop dead and tell me where you were. */
START_TEST(interrupts_on_demand)
{
	struct proc guest;

	start_lingering(&guest, SOCKET, FOR_LONG);
	int fd = control_connect(SOCKET);

	control_refused(fd, "{\"cmd\": \"inject\"}", "say");
	control_refused(fd, "{\"cmd\": \"inject\", \"cpu\": 2, \"vector\": 240}", "cpu");
	control_refused(fd, "{\"cmd\": \"inject\", \"cpu\": 1, \"vector\": 14}", "exception");
	control_refused(fd, "{\"cmd\": \"inject\", \"cpu\": 1, \"vector\": 256}", "vector");
	control_refused(fd, "{\"cmd\": \"inject\", \"line\": \"dma0.queue9\"}", "dma0.queue9");
	control_refused(fd, "{\"cmd\": \"inject\", \"line\": \"dma0.queue0\"}", "has not asked");
	control_ok(fd, "{\"cmd\": \"inject\", \"cpu\": 1, \"vector\": 255}");
	usleep(20000);
	ck_assert_str_eq(text_of(control_ok(fd, "{\"cmd\": \"status\"}"), "state"), "running");
	control_ok(fd, "{\"cmd\": \"inject\", \"cpu\": 1, \"nmi\": true}");
	proc_wait(&guest, 20);
	expect_code(&guest, 4);
	expect_one_error(&guest, "mmvisor", "kernel panic on vCPU 1");
	ck_assert_ptr_null(control_reply(fd));
	close(fd);
}
END_TEST

static int64_t cpu_of_line(struct json_object *lines, const char *name)
{
	for (size_t i = 0; i < json_object_array_length(lines); i++)
		if (!strcmp(text_of(json_object_array_get_idx(lines, i), "line"), name))
			return json_int(json_object_array_get_idx(lines, i), "cpu");
	return -1;
}

/* The device itself does nothing all the time: what the handlers count was asked for here. */
START_TEST(a_device_line_runs_its_handler)
{
	const char *const argv[] = {
		"mmvisor", "run", "--cpus", "2", "--control", SOCKET, "--timeout", "300", program_path("e2e/lines.ko"),
		NULL};
	static const char *const effects[] = {"queue1\"}", "lines: the queue's handler ran: 1\n",
					      "storm0\"}", "lines: the storm's handler ran on CPU 1: 1\n",
					      "queue1\"}", "lines: the queue's handler ran: 2\n",
					      "storm0\"}", "lines: the storm's handler ran on CPU 1: 2\n"};
	struct json_object *lines;
	struct proc guest;
	char request[80];

	proc_start(&guest, AS_SELF, argv);
	ck_assert_msg(proc_saw(&guest, "lines: ready", 60), "the guest did not get ready");
	int fd = control_connect(SOCKET);

	lines = json_member(control_ok(fd, "{\"cmd\": \"stats\"}"), "interrupts");
	ck_assert_int_eq(cpu_of_line(lines, "dma0.queue1"), 0);
	ck_assert_int_eq(cpu_of_line(lines, "dma0.storm0"), 1);
	for (size_t i = 0; i < sizeof(effects) / sizeof(effects[0]); i += 2) {
		snprintf(request, sizeof(request), "{\"cmd\": \"inject\", \"line\": \"dma0.%s", effects[i]);
		control_ok(fd, request);
		ck_assert_msg(proc_saw(&guest, effects[i + 1], 20), "%s: no %s", request, effects[i + 1]);
	}
	proc_wait(&guest, 20);
	expect_code(&guest, 0);
	close(fd);
}
END_TEST

/* ---- what it does not ---- */

/* Let @pid have @nr descriptors more than it has, and no others. */
static void leave_descriptors(pid_t pid, unsigned int nr)
{
	bool used[1024] = {false};
	struct rlimit limit = {.rlim_max = 4096};
	char path[32];
	struct dirent *e;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);

	DIR *dir = opendir(path);

	ck_assert_ptr_nonnull(dir);
	while ((e = readdir(dir)))
		if (e->d_name[0] != '.' && strtoul(e->d_name, NULL, 10) < 1024)
			used[strtoul(e->d_name, NULL, 10)] = true;
	closedir(dir);
	for (unsigned int left = nr; left || used[limit.rlim_cur]; limit.rlim_cur++)
		left -= !used[limit.rlim_cur];
	ck_assert_int_eq(prlimit(pid, RLIMIT_NOFILE, &limit, NULL), 0);
}

/* Clock ticks that the thread which serves the socket has had of a processor. */
static unsigned long ticks(pid_t pid)
{
	unsigned long user, sys;
	char path[64], text[512];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, pid);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), f));
	fclose(f);
	ck_assert_int_eq(
		sscanf(strrchr(text, ')'), ") %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu", &user, &sys), 2);
	return user + sys;
}

/* Who was turned away may find the door shut before it can ask. */
static void told_and_gone(const char *why)
{
	int fd = control_connect(SOCKET);
	struct json_object *o = control_reply(fd);

	ck_assert_msg(o && strstr(text_of(o, "error"), why), "instead of '%s': %s", why,
		      o ? json_object_get_string(o) : "nothing");
	ck_assert_ptr_null(control_reply(fd));
	close(fd);
}

/* No descriptor left: new clients hear why, nothing spins, the guest and those who are in go on, and so does all when there are some. */
START_TEST(descriptors_run_out)
{
	struct proc guest, *p;
	unsigned long before;
	int in[2], late;

	start_lingering(&guest, SOCKET, FOR_LONG);
	in[0] = control_connect(SOCKET);
	control_ok(in[0], "{\"cmd\": \"status\"}");
	leave_descriptors(guest.pid, 1);
	in[1] = control_connect(SOCKET);
	control_ok(in[1], "{\"cmd\": \"status\"}");
	for (int i = 0; i < 20; i++)
		told_and_gone("no file descriptor left");
	p = run("mm-inspect", "check", SOCKET);
	expect_code(p, 2);
	expect_one_error(p, "mm-inspect", "no file descriptor left");
	control_refused(in[0], "{\"cmd\": \"snapshot\", \"file\": \"s.core\"}", "Too many open files");
	ck_assert_int_ne(access("s.core", F_OK), 0);
	ck_assert_int_eq(json_int(control_ok(in[1], "{\"cmd\": \"stats\"}"), "turned_away_connections"), 21);
	close(in[1]);
	/* The place is free as soon as the VMM has seen that: a reply to somebody else comes after. */
	control_ok(in[0], "{\"cmd\": \"status\"}");
	control_ok(in[0], "{\"cmd\": \"snapshot\", \"file\": \"s.core\"}");
	p = run("mm-inspect", "check", "s.core");
	expect_code(p, 0);
	keep("s.core");
	/* Fewer than it has, so not even the one that is kept aside is of use: who comes waits. */
	struct rlimit none = {.rlim_cur = 3, .rlim_max = 4096};

	ck_assert_int_eq(prlimit(guest.pid, RLIMIT_NOFILE, &none, NULL), 0);
	before = ticks(guest.pid);
	late = control_connect(SOCKET);
	usleep(350000);
	ck_assert_str_eq(text_of(control_ok(in[0], "{\"cmd\": \"status\"}"), "state"), "running");
	ck_assert_uint_le(ticks(guest.pid) - before, 9);
	none.rlim_cur = 1024;
	ck_assert_int_eq(prlimit(guest.pid, RLIMIT_NOFILE, &none, NULL), 0);
	control_ok(late, "{\"cmd\": \"status\"}");
	close(late);
	p = run("mm-inspect", "check", SOCKET);
	expect_code(p, 0);
	quit(&guest, in[0]);
}
END_TEST

/* As many as there are places, and one more. */
START_TEST(places_run_out)
{
	struct proc guest;
	int in[16];

	start_lingering(&guest, SOCKET, FOR_LONG);
	for (int i = 0; i < 16; i++) {
		in[i] = control_connect(SOCKET);
		control_ok(in[i], "{\"cmd\": \"status\"}");
	}
	told_and_gone("too many connections");
	for (int i = 1; i < 16; i++) {
		control_ok(in[i], "{\"cmd\": \"status\"}");
		close(in[i]);
	}
	ck_assert_int_eq(json_int(control_ok(in[0], "{\"cmd\": \"stats\"}"), "turned_away_connections"), 1);
	in[1] = control_connect(SOCKET);
	control_ok(in[1], "{\"cmd\": \"status\"}");
	close(in[1]);
	quit(&guest, in[0]);
}
END_TEST

START_TEST(nonsense_is_refused_and_nothing_else_happens)
{
	static const char *const lines[] = {"",
					    "x",
					    "[]",
					    "7",
					    "null",
					    "\"status\"",
					    "{",
					    "{}",
					    "{\"cmd\": 7}",
					    "{\"cmd\": \"stat\"}",
					    "{\"cmd\": \"status\"} {\"cmd\": \"quit\"}",
					    "{\"cmd\": \"status\", \"x\": [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}",
					    "{\"cmd\": \"quit\\u0000\"}",
					    "{\"cmd\": \"\xff\xfe\"}",
					    "{'cmd': 'quit'}"};
	struct proc guest;

	start_lingering(&guest, SOCKET, FOR_LONG);
	int fd = control_connect(SOCKET);

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		control_refused(fd, lines[i], "");

	/* A 0 in the middle of a line, and lines that are too long: dropped up to their end. */
	control_send(fd, "{\"cmd\":\0\"quit\"}\n", 16);
	ck_assert(!json_object_get_boolean(json_member(control_reply(fd), "ok")));

	char *junk = malloc(100000);

	memset(junk, '{', 100000);
	control_send(fd, junk, 100000);
	control_refused(fd, "", "more than 4096");
	ck_assert_str_eq(text_of(control_ok(fd, "{\"cmd\": \"status\"}"), "state"), "running");
	/* Several at once, and one in pieces. */
	control_send(fd, "{\"cmd\":\"status\"}\n{\"cmd\":\"status\"}\n{\"cm", 38);
	control_send(fd, "d\":\"status\",\"id\":3}\n", 20);
	control_reply(fd);
	control_reply(fd);
	ck_assert_int_eq(json_int(control_reply(fd), "id"), 3);
	quit(&guest, fd);
	free(junk);
}
END_TEST

/* Thousands of requests with bytes that were turned, from many clients that come and go; some do not read. */
START_TEST(mutated_requests)
{
	static const char *const seeds[] = {"{\"cmd\": \"status\", \"id\": 5}\n",
					    "{\"cmd\": \"log\", \"from\": 12}\n",
					    "{\"cmd\": \"fds\"}\n",
					    "{\"cmd\": \"pause\"}\n{\"cmd\": \"regs\"}\n",
					    "{\"cmd\": \"inject\", \"line\": \"blk0\"}\n",
					    "{\"cmd\": \"stats\"}\n"};
	unsigned int seed = (unsigned int)time(NULL);
	struct proc guest;
	char bytes[256];

	printf("mutated_requests: seed %u\n", seed);
	start_lingering(&guest, SOCKET, FOR_LONG);
	for (int n = 0; n < 300; n++) {
		int fd = control_connect(SOCKET);

		for (int k = 0; k < 10; k++) {
			const char *from = seeds[(unsigned int)rand_r(&seed) % 6];
			size_t size = strlen(from);

			memcpy(bytes, from, size);
			for (int i = rand_r(&seed) % 4; i > 0; i--)
				bytes[(unsigned int)rand_r(&seed) % size] = (char)rand_r(&seed);
			/* It may have thrown us out. */
			if (send(fd, bytes, size, MSG_NOSIGNAL) < 0)
				break;
		}
		close(fd);
	}
	int fd = control_connect(SOCKET);

	ck_assert_str_eq(text_of(control_ok(fd, "{\"cmd\": \"status\"}"), "state"), "running");
	quit(&guest, fd);
}
END_TEST

/* One that never reads is thrown out when too much waits for it; others do not notice. */
START_TEST(who_does_not_read_is_thrown_out)
{
	struct proc guest;
	ssize_t n = 0;

	start_lingering(&guest, SOCKET, FOR_LONG);
	int deaf = control_connect(SOCKET), fd = control_connect(SOCKET);
	struct timeval brief = {.tv_sec = 60};

	/* Held by the other one as well: its clock goes on while it is paused, and the payload would end at once. */
	control_ok(deaf, "{\"cmd\": \"pause\"}");
	control_ok(fd, "{\"cmd\": \"pause\"}");
	setsockopt(deaf, SOL_SOCKET, SO_SNDTIMEO, &brief, sizeof(brief));
	for (int i = 0; i < 200000 && n >= 0; i++)
		n = send(deaf, "{\"cmd\": \"regs\"}\n", 16, MSG_NOSIGNAL);
	ck_assert_msg(n < 0 && (errno == EPIPE || errno == ECONNRESET), "it is still there");
	ck_assert_int_eq(json_int(control_ok(fd, "{\"cmd\": \"status\"}"), "pauses"), 1);
	close(deaf);
	quit(&guest, fd);
}
END_TEST

/* By the file's mode; and if somebody changes that, by who they are. */
START_TEST(others_stay_out)
{
	struct proc guest, *p;
	struct stat st;

	if (geteuid() != 0) {
		skip("others_stay_out: needs root, to be somebody else");
		return;
	}
	start_lingering(&guest, SOCKET, FOR_LONG);
	ck_assert_int_eq(stat(SOCKET, &st), 0);
	ck_assert_int_eq(st.st_mode & 0077, 0);
	p = run_as(AS_NOBODY, "mm-inspect", "check", SOCKET);
	expect_code(p, 2);
	expect_one_error(p, "mm-inspect", "Permission denied");
	ck_assert_int_eq(chmod(SOCKET, 0777), 0);
	p = run_as(AS_NOBODY, "mm-inspect", "check", SOCKET);
	expect_code(p, 2);
	expect_one_error(p, "mm-inspect", "belongs to another user");
	int fd = control_connect(SOCKET);

	ck_assert_int_eq(json_int(control_ok(fd, "{\"cmd\": \"stats\"}"), "refused_connections"), 1);
	quit(&guest, fd);
}
END_TEST

Suite *suite_control(void)
{
	Suite *s = suite_create("control");
	TCase *t = tcase_create("control");

	tcase_set_timeout(t, LIMIT + 20);
	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_add_test(t, says_how_it_is);
	tcase_add_test(t, hands_out_the_log);
	tcase_add_test(t, memory_is_for_reading);
	tcase_add_test(t, snapshot_is_a_core);
	tcase_add_test(t, interrupts_on_demand);
	tcase_add_test(t, nonsense_is_refused_and_nothing_else_happens);
	tcase_add_test(t, mutated_requests);
	tcase_add_test(t, who_does_not_read_is_thrown_out);
	tcase_add_test(t, others_stay_out);
	suite_add_tcase(s, t);
	t = tcase_create("control-limits");
	tcase_set_timeout(t, LIMIT + 20);
	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_add_test(t, a_device_line_runs_its_handler);
	tcase_add_test(t, descriptors_run_out);
	tcase_add_test(t, places_run_out);
	suite_add_tcase(s, t);
	return s;
}
