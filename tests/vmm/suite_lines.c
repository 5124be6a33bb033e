// SPDX-License-Identifier: MIT
/*
 * suite_lines.c - lines on a socket that come in any pieces and go out when the peer reads; and the log's ring.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/vmm/suites.h"
#include "vmm/klog.h"
#include "vmm/lines.h"

static struct lines conn;
static int peer;

/* What was delivered: lines joined by '|', "!" for one that was too long. */
static char got[1 << 20];
static bool close_on_line;

static void on_line(void *ctx, char *line, size_t len)
{
	ck_assert_ptr_eq(ctx, got);
	if (line)
		ck_assert_uint_ge(len, strlen(line));
	append(got, sizeof(got), line ? line : "!");
	append(got, sizeof(got), "|");
	if (close_on_line)
		lines_close(&conn);
}

static void setup(void)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	lines_init(&conn, fds[0]);
	peer = fds[1];
	got[0] = '\0';
	close_on_line = false;
}

static void teardown(void)
{
	lines_close(&conn);
	lines_close(&conn);
	close(peer);
}

static void give(const char *text)
{
	ck_assert_int_eq(send(peer, text, strlen(text), 0), (ssize_t)strlen(text));
	ck_assert(lines_receive(&conn, on_line, got));
}

START_TEST(pieces_become_lines)
{
	give("on");
	ck_assert_str_eq(got, "");
	give("e\ntwo\n\nthr");
	ck_assert_str_eq(got, "one|two||");
	give("ee\n");
	ck_assert_str_eq(got, "one|two||three|");
	/* nothing there is no error, the end is */
	ck_assert(lines_receive(&conn, on_line, got));
	shutdown(peer, SHUT_WR);
	ck_assert(!lines_receive(&conn, on_line, got));
}
END_TEST

/* CTL_LINE_MAX bytes with the newline fit, one more does not; it is reported once, and the next line is whole again. */
START_TEST(too_long)
{
	static char line[3 * CTL_LINE_MAX];

	memset(line, 'x', CTL_LINE_MAX - 1);
	line[CTL_LINE_MAX - 1] = '\n';
	give(line);
	ck_assert_uint_eq(strlen(got), CTL_LINE_MAX);
	for (unsigned int extra = 0; extra < 2 * CTL_LINE_MAX; extra += 1021) {
		got[0] = '\0';
		memset(line, 'x', CTL_LINE_MAX + extra);
		line[CTL_LINE_MAX + extra] = '\0';
		ck_assert_int_gt(send(peer, line, strlen(line), 0), 0);
		ck_assert_int_eq(send(peer, "\nnext\n", 6, 0), 6);
		while (!strstr(got, "next"))
			ck_assert(lines_receive(&conn, on_line, got));
		ck_assert_str_eq(got, "!|next|");
	}
}
END_TEST

START_TEST(closed_in_the_middle)
{
	close_on_line = true;
	ck_assert_int_eq(send(peer, "one\ntwo\n", 8, 0), 8);
	ck_assert(!lines_receive(&conn, on_line, got));
	ck_assert_str_eq(got, "one|");
	ck_assert_int_eq(conn.fd, -1);
}
END_TEST

/* Random text in random pieces comes out as the model has it: split at newlines, long lines replaced. */
START_TEST(random_pieces)
{
	uint64_t seed = (uint64_t)time(NULL) | 1;
	static char want[1 << 20], text[200000], piece[5000];
	size_t len = 0, at = 0, line = 0;

	printf("random_pieces: seed %lu\n", seed);
	want[0] = '\0';
	while (len < sizeof(text) - 20000) {
		size_t n = next_random(&seed) % 8 ? next_random(&seed) % 90 : next_random(&seed) % (3 * CTL_LINE_MAX);

		memset(text + len, 'a' + (int)(next_random(&seed) % 26), n);
		len += n;
		text[len++] = '\n';
	}
	for (size_t i = 0; i < len; i++) {
		if (text[i] != '\n')
			continue;
		if (i - line >= CTL_LINE_MAX)
			append(want, sizeof(want), "!");
		else
			snprintf(want + strlen(want), sizeof(want) - strlen(want), "%.*s", (int)(i - line),
				 text + line);
		append(want, sizeof(want), "|");
		line = i + 1;
	}
	while (at < len) {
		size_t n = 1 + next_random(&seed) % sizeof(piece);

		n = n < len - at ? n : len - at;
		ck_assert_int_eq(send(peer, text + at, n, 0), (ssize_t)n);
		at += n;
		for (int left = 1; left;) {
			ck_assert(lines_receive(&conn, on_line, got));
			ck_assert_int_eq(ioctl(conn.fd, FIONREAD, &left), 0);
		}
	}
	ck_assert_str_eq(got, want);
}
END_TEST

/* The peer does not read: everything waits, and comes in order when it does. Descriptors come with the line that they belong to. */
START_TEST(waits_for_the_reader)
{
	static char line[10000], in[20000];
	unsigned int sent = 0, lines = 0;
	int pipe_ends[2];

	ck_assert_int_eq(pipe(pipe_ends), 0);
	memset(line, 'y', sizeof(line) - 1);
	while (!lines_waiting(&conn)) {
		ck_assert(lines_send(&conn, line, NULL, 0));
		sent++;
	}
	ck_assert(lines_send(&conn, "with", pipe_ends, 2));
	ck_assert(lines_send(&conn, "without", NULL, 0));
	/* a second set while the first has not gone is too much */
	ck_assert(!lines_send(&conn, "again", pipe_ends, 1));

	size_t total = (size_t)sent * sizeof(line) + 5 + 8, have = 0;
	unsigned int fds = 0;
	char tail[16] = "";

	while (have < total) {
		union {
			struct cmsghdr align;
			char room[CMSG_SPACE(sizeof(int) * 4)];
		} control;
		struct iovec iov = {.iov_base = in, .iov_len = sizeof(in)};
		struct msghdr msg = {
			.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(peer, &msg, MSG_DONTWAIT);

		if (n < 0) {
			ck_assert_int_eq(errno, EAGAIN);
			ck_assert(lines_flush(&conn));
			continue;
		}
		if (CMSG_FIRSTHDR(&msg)) {
			int got_fds[2];

			ck_assert_uint_eq(CMSG_FIRSTHDR(&msg)->cmsg_len, CMSG_LEN(2 * sizeof(int)));
			memcpy(got_fds, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(got_fds));
			close(got_fds[0]);
			close(got_fds[1]);
			ck_assert(!strncmp(in, "with\n", 5));
			fds += 2;
		}
		for (ssize_t i = 0; i < n; i++)
			lines += in[i] == '\n';
		if (n >= 8)
			memcpy(tail, in + n - 8, 8);
		have += (size_t)n;
		ck_assert(lines_flush(&conn));
	}
	ck_assert_uint_eq(have, total);
	ck_assert_uint_eq(lines, sent + 2);
	ck_assert_uint_eq(fds, 2);
	ck_assert_str_eq(tail, "without\n");
	ck_assert(!lines_waiting(&conn));
	close(pipe_ends[0]);
	close(pipe_ends[1]);
}
END_TEST

START_TEST(too_much_unread)
{
	size_t size = 1 << 20;
	char *line = malloc(size);
	unsigned int n = 0;

	memset(line, 'z', size - 1);
	line[size - 1] = '\0';
	while (lines_send(&conn, line, NULL, 0))
		ck_assert_uint_lt(++n, 64);
	ck_assert_uint_ge(n, CTL_UNREAD_MAX / size - 1);
	free(line);
	shutdown(peer, SHUT_RDWR);
	close(peer);
	ck_assert(!lines_flush(&conn));
	peer = dup(0);
}
END_TEST

/* ---- the log ---- */

struct walk {
	uint64_t first, nr;
	const char *last;
};

static void see(void *ctx, uint64_t number, const struct klog_line *l)
{
	struct walk *w = ctx;

	if (!w->nr++)
		w->first = number;
	w->last = l->text;
}

START_TEST(log_keeps_the_newest)
{
	static struct klog k;
	struct walk w = {0};
	char text[64], *note = NULL;
	size_t size;
	FILE *f;

	klog_init(&k);
	ck_assert_uint_eq(klog_each(&k, 0, see, &w), 0);
	for (unsigned int i = 0; i < KLOG_LINES + 10; i++) {
		snprintf(text, sizeof(text), "line %u", i);
		klog_add(&k, i * 1000UL, text);
	}
	ck_assert_uint_eq(klog_each(&k, 0, see, &w), KLOG_LINES + 10);
	ck_assert_uint_eq(w.first, 10);
	ck_assert_uint_eq(w.nr, KLOG_LINES);
	ck_assert_str_eq(w.last, text);
	memset(&w, 0, sizeof(w));
	klog_each(&k, KLOG_LINES + 8, see, &w);
	ck_assert_uint_eq(w.nr, 2);
	f = open_memstream(&note, &size);
	klog_write(&k, f);
	fclose(f);
	ck_assert(!strncmp(note, "LOST 10\n[    0.000010] line 10\n", 31));
	free(note);
	/* By bytes, too: of long lines there is room for fewer. */
	char *big = malloc(100000);

	memset(big, 'b', 99999);
	big[99999] = '\0';
	for (unsigned int i = 0; i < 100; i++)
		klog_add(&k, 0, big);
	memset(&w, 0, sizeof(w));
	klog_each(&k, 0, see, &w);
	ck_assert_uint_eq(w.nr, KLOG_BYTES / 99999);
	ck_assert_uint_le(k.bytes, KLOG_BYTES);
	free(big);
	klog_deinit(&k);
}
END_TEST

Suite *suite_lines(void)
{
	Suite *s = suite_create("lines");
	TCase *t = tcase_create("lines"), *log = tcase_create("klog");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, pieces_become_lines);
	tcase_add_test(t, too_long);
	tcase_add_test(t, closed_in_the_middle);
	tcase_add_test(t, random_pieces);
	tcase_add_test(t, waits_for_the_reader);
	tcase_add_test(t, too_much_unread);
	tcase_add_test(log, log_keeps_the_newest);
	suite_add_tcase(s, t);
	suite_add_tcase(s, log);
	return s;
}
