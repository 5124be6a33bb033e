/* SPDX-License-Identifier: MIT */
/*
 * control.h - the VMM's end of the control socket (protocol: shared/control.h).
 *
 * Served by the thread that waits for the run's end, with epoll: nothing here waits for a client. A client that says
 * nonsense gets an error; one that does not read its replies, or goes away, is dropped, and its pauses with it. Who comes when there
 * is no descriptor left is told so and sent away: a descriptor is kept aside for that, for a connection that nobody can accept
 * would keep the socket readable, and this thread awake.
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
 * @spare: kept to have one to close when there are no more
 * @deaf_until: not even that helped: the socket is looked at again from then on (0: it is being looked at)
 * @nr_pauses, @stop_ns, @max_stop_ns: how often the guest was paused, and how long it took until it stood, last and at most
 * @max_paused_ns: the longest that it stood
 */
struct control {
	struct vm *vm;
	const struct ktap *ktap;
	const char *path;
	int fd;
	int epoll;
	int spare;
	uint64_t deaf_until;
	unsigned int pauses; /* all clients' */
	uint64_t paused_since, paused_ns;
	uint64_t nr_pauses, stop_ns, max_stop_ns, max_paused_ns;
	uint64_t refused;     /* connections of other users */
	uint64_t turned_away; /* connections for which there was no place, or no descriptor */
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

/** control_wait_ms - after how many milliseconds to call control_listen_again(); -1: there is no need to. */
int control_wait_ms(const struct control *c);

/** control_listen_again - look at new connections again, if it is time to. */
void control_listen_again(struct control *c);

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
