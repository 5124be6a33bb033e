/* SPDX-License-Identifier: MIT */
/*
 * control.h - the VMM's end of the control socket (protocol: shared/control.h).
 *
 * Served by the thread that waits for the run's end, with epoll: nothing here waits for a client. A client that says
 * nonsense gets an error; one that does not read its replies, or goes away, is dropped, and its pauses with it.
 */
#ifndef MMV_VMM_CONTROL_H
#define MMV_VMM_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#define CONTROL_MAX_CLIENTS 16

struct vm;

/** struct control_client - @fd -1: free place. @pauses: how many of the pauses in force are its own. */
struct control_client {
	int fd;
	unsigned int pauses;
};

struct control {
	struct vm *vm;
	const char *path;
	int fd;
	int epoll;
	unsigned int pauses; /* all clients' */
	uint64_t paused_since, paused_ns;
	struct control_client clients[CONTROL_MAX_CLIENTS];
};

/**
 * control_open - create the socket at @path (NULL: none wanted) and watch it
 * @epoll: events arrive there with a pointer into @c
 * Return: 0, or -EINVAL after one line on stderr. control_close() is due in either case.
 */
int control_open(struct control *c, struct vm *vm, const char *path, int epoll);

/** control_event - serve what epoll reported; @tag is its data pointer. Return: false if it was not ours. */
bool control_event(struct control *c, void *tag);

/** control_close - drop all clients, resume the guest, remove the socket file. */
void control_close(struct control *c);

/** control_paused_ns - for how long clients have kept the guest paused so far. */
uint64_t control_paused_ns(const struct control *c);

#endif
