/* SPDX-License-Identifier: MIT */
/*
 * lines.h - a stream socket that carries lines, without ever waiting for the peer.
 *
 * In: bytes are put together to lines; one that does not fit is dropped whole and reported once. Out: what the socket does not
 * take at once waits here, up to a limit. Descriptors travel with the first byte of the line that they belong to.
 * One thread at a time; no KVM, no epoll: whoever owns the socket says when it is ready.
 */
#ifndef MMV_VMM_LINES_H
#define MMV_VMM_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "shared/control.h"

#define LINES_MAX_FDS (MMV_NR_RANGES + 1)

/**
 * struct lines - one connection. @fd: -1: none
 * @in:       of an unfinished line; @skips: the rest of one that is too long is on its way
 * @out:      [@out_done, @out_len) waits to be sent
 * @fds:      belong to the byte at @fds_at of @out; borrowed from the caller until they are sent
 */
struct lines {
	int fd;
	size_t in_len;
	bool skips;
	char in[CTL_LINE_MAX];
	char *out;
	size_t out_len, out_done, out_cap;
	size_t fds_at;
	unsigned int nr_fds;
	int fds[LINES_MAX_FDS];
};

/** lines_init - take over a non-blocking socket. lines_close() gives it back; it is fine to call that twice. */
void lines_init(struct lines *l, int fd);
void lines_close(struct lines *l);

/**
 * lines_receive - take what has come, a piece at a time
 * @fn: gets each line without its newline, of @len bytes and with a 0 behind it; NULL for one that was too long. It may
 *      lines_close(): then no more is delivered.
 * Return: false if the peer has gone, or @fn closed it.
 */
bool lines_receive(struct lines *l, void (*fn)(void *ctx, char *line, size_t len), void *ctx);

/**
 * lines_send - send @text and a newline, now or when the peer reads
 * @fds: go along; at most LINES_MAX_FDS, open until they are sent
 * Return: false if the peer has gone, or has left too much unread.
 */
bool lines_send(struct lines *l, const char *text, const int *fds, unsigned int nr_fds);

/** lines_flush - try again what waits. Return: false if the peer has gone. */
bool lines_flush(struct lines *l);

/** lines_waiting - is there something that the socket has not taken yet? */
static inline bool lines_waiting(const struct lines *l)
{
	return l->out_done < l->out_len;
}

#endif
