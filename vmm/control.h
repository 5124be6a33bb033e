/* SPDX-License-Identifier: MIT */
/*
 * control.h - the VMM's end of the control socket (protocol: shared/control.h).
 *
 * Served by the thread that waits for the run's end, with epoll: nothing here waits for a client. A client that says
 * nonsense gets an error; one that does not read its replies, or goes away, is dropped, and its pauses with it.
 * control.c has sockets and clients, control_verbs.c what can be asked.
 */
#ifndef MMV_VMM_CONTROL_H
#define MMV_VMM_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/lines.h"
#include "vmm/ram.h"

#define CONTROL_MAX_CLIENTS 16

struct ktap;
struct vm;

/** struct control_client - @lines.fd -1: free place. @pauses: how many of the pauses in force are its own. */
struct control_client {
	struct control *control;
	struct lines lines;
	unsigned int pauses;
	bool waits; /* for room in its socket */
};

/**
 * struct control - @ktap: results so far, under the console's lock
 * @fds: the guest's memory once more, for reading only; as many as slots
 * @nr_pauses, @stop_ns, @max_stop_ns: how often the guest was paused, and how long it took until it stood, last and at most
 * @max_paused_ns: the longest that it stood
 */
struct control {
	struct vm *vm;
	const struct ktap *ktap;
	const char *path;
	int fd;
	int epoll;
	unsigned int pauses; /* all clients' */
	uint64_t paused_since, paused_ns;
	uint64_t nr_pauses, stop_ns, max_stop_ns, max_paused_ns;
	uint64_t refused; /* connections of other users */
	int fds[RAM_MAX_SLOTS];
	struct control_client clients[CONTROL_MAX_CLIENTS];
};

/**
 * control_open - create the socket at @path (NULL: none wanted) and watch it
 * @epoll: events arrive there with a pointer into @c
 * Return: 0, or -EINVAL after one line on stderr. control_close() is due in either case.
 */
int control_open(struct control *c, struct vm *vm, const struct ktap *ktap, const char *path, int epoll);

/** control_event - serve what epoll reported; @tag is its data pointer. Return: false if it was not ours. */
bool control_event(struct control *c, void *tag);

/** control_close - drop all clients, resume the guest, remove the socket file. */
void control_close(struct control *c);

/** control_paused_ns - for how long clients have kept the guest paused so far. */
uint64_t control_paused_ns(const struct control *c);

/** control_pause, control_resume - one pause more or less of this client */
void control_pause(struct control_client *cl);
void control_resume(struct control_client *cl);

/**
 * control_answer - answer one request (control_verbs.c)
 * @line: a 0 ends it; NULL: it was too long
 * Return: false if the client is to be dropped.
 */
bool control_answer(struct control_client *cl, const char *line, size_t len);

#endif
