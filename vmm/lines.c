// SPDX-License-Identifier: MIT
/*
 * lines.c - see lines.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vmm/lines.h"

void lines_init(struct lines *l, int fd)
{
	memset(l, 0, sizeof(*l));
	l->fd = fd;
}

void lines_close(struct lines *l)
{
	if (l->fd >= 0)
		close(l->fd);
	free(l->out);
	l->fd = -1;
	l->out = NULL;
	l->out_len = l->out_done = l->out_cap = 0;
	l->nr_fds = 0;
}

/* ---- in ---- */

/* Hand out the finished lines of @in; what is left moves to the front. Return: false if @fn closed the connection. */
static bool deliver(struct lines *l, void (*fn)(void *ctx, char *line, size_t len), void *ctx)
{
	size_t from = 0;
	char *end;

	while ((end = memchr(l->in + from, '\n', l->in_len - from))) {
		size_t len = (size_t)(end - (l->in + from));
		bool skipped = l->skips;

		*end = '\0';
		l->skips = false;
		if (!skipped)
			fn(ctx, l->in + from, len);
		if (l->fd < 0)
			return false;
		from += len + 1;
	}
	l->in_len -= from;
	memmove(l->in, l->in + from, l->in_len);
	if (l->in_len < sizeof(l->in))
		return true;
	l->in_len = 0;
	if (!l->skips) {
		l->skips = true;
		fn(ctx, NULL, 0);
	}
	return l->fd >= 0;
}

bool lines_receive(struct lines *l, void (*fn)(void *ctx, char *line, size_t len), void *ctx)
{
	ssize_t n = recv(l->fd, l->in + l->in_len, sizeof(l->in) - l->in_len, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (!n)
		return false;
	l->in_len += (size_t)n;
	return deliver(l, fn, ctx);
}

/* ---- out ---- */

/* One piece. Return: bytes taken, 0 if the socket is full, -1 if the peer has gone. */
static ssize_t send_piece(struct lines *l)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * LINES_MAX_FDS)];
	} control;
	struct iovec iov = {.iov_base = l->out + l->out_done, .iov_len = l->out_len - l->out_done};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	bool with_fds = l->nr_fds && l->out_done == l->fds_at;
	ssize_t n;

	if (l->nr_fds && l->out_done < l->fds_at)
		iov.iov_len = l->fds_at - l->out_done;
	if (with_fds) {
		struct cmsghdr *cm;

		memset(&control, 0, sizeof(control));
		msg.msg_control = control.room;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * l->nr_fds);
		cm = CMSG_FIRSTHDR(&msg);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(sizeof(int) * l->nr_fds);
		memcpy(CMSG_DATA(cm), l->fds, sizeof(int) * l->nr_fds);
	}
	n = sendmsg(l->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (with_fds && n)
		l->nr_fds = 0;
	return n;
}

bool lines_flush(struct lines *l)
{
	while (lines_waiting(l)) {
		ssize_t n = send_piece(l);

		if (n < 0)
			return false;
		if (!n)
			return true;
		l->out_done += (size_t)n;
	}
	l->out_len = l->out_done = 0;
	return true;
}

/* Room for @more bytes at the end. */
static bool make_room(struct lines *l, size_t more)
{
	size_t waiting = l->out_len - l->out_done, cap;
	char *out;

	if (more > CTL_UNREAD_MAX || waiting > CTL_UNREAD_MAX - more)
		return false;
	if (l->out_cap - l->out_len >= more)
		return true;
	if (waiting)
		memmove(l->out, l->out + l->out_done, waiting);
	l->fds_at -= l->out_done;
	l->out_len = waiting;
	l->out_done = 0;
	if (l->out_cap >= waiting + more)
		return true;
	cap = 2 * (waiting + more);
	out = realloc(l->out, cap);
	if (!out)
		return false;
	l->out = out;
	l->out_cap = cap;
	return true;
}

bool lines_send(struct lines *l, const char *text, const int *fds, unsigned int nr_fds)
{
	size_t len = strlen(text);

	/* One set of descriptors on its way is enough for everybody who reads what they ask for. */
	if (nr_fds > LINES_MAX_FDS || (nr_fds && l->nr_fds) || !make_room(l, len + 1))
		return false;
	if (nr_fds) {
		l->fds_at = l->out_len;
		l->nr_fds = nr_fds;
		memcpy(l->fds, fds, sizeof(int) * nr_fds);
	}
	memcpy(l->out + l->out_len, text, len);
	l->out[l->out_len + len] = '\n';
	l->out_len += len + 1;
	return lines_flush(l);
}
