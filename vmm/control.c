// SPDX-License-Identifier: MIT
/*
 * control.c - see control.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "vmm/control.h"
#include "vmm/vm.h"

_Static_assert(sizeof(((struct lines *)0)->fds) / sizeof(int) >= RAM_MAX_SLOTS, "all slots fit");

/* How long new connections wait when the machine has no descriptor for them, nor memory. */
#define DEAF_NS 100000000UL

static int watch(struct control *c, int fd, void *tag)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = tag};

	return epoll_ctl(c->epoll, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

/* A socket file without a VMM behind it is what a killed run leaves: take its place. */
static int remove_stale(const struct sockaddr_un *addr)
{
	struct stat st;
	int fd, err;

	if (lstat(addr->sun_path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	err = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) ? errno : 0;
	close(fd);
	if (!err)
		return -EADDRINUSE;
	if (err != ECONNREFUSED)
		return -EEXIST;
	return unlink(addr->sun_path) ? -errno : 0;
}

static int listen_at(struct control *c, const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	mode_t mask;
	int err;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path));
	err = remove_stale(&addr);
	if (err)
		return err;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return -errno;
	/* It gives away the guest's memory: for this user only. */
	mask = umask(077);
	err = bind(c->fd, (struct sockaddr *)&addr, sizeof(addr)) ? -errno : 0;
	umask(mask);
	if (err)
		return err;
	c->path = path;
	if (listen(c->fd, CONTROL_MAX_CLIENTS))
		return -errno;
	return watch(c, c->fd, c);
}

/* Descriptors to hand out: nobody can write to the guest's memory through them. */
static int open_read_only(struct control *c)
{
	char path[40];

	for (unsigned int i = 0; i < c->vm->ram.nr; i++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", c->vm->ram.slots[i].fd);
		c->fds[i] = open(path, O_RDONLY | O_CLOEXEC);
		if (c->fds[i] < 0)
			return -errno;
	}
	return 0;
}

/* Without one it goes on: who comes too late then waits. */
static int open_spare(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int control_open(struct control *c, struct vm *vm, const struct ktap *ktap, const char *path, int epoll)
{
	int err;

	*c = (struct control){.vm = vm, .ktap = ktap, .fd = -1, .epoll = epoll, .spare = -1};
	for (unsigned int i = 0; i < CONTROL_MAX_CLIENTS; i++)
		c->clients[i].lines.fd = -1;
	for (unsigned int i = 0; i < RAM_MAX_SLOTS; i++)
		c->fds[i] = -1;
	if (!path)
		return 0;
	err = open_read_only(c);
	if (err) {
		run_error("--control %s: opening the guest's memory through /proc: %s", path, strerror(-err));
		return -EINVAL;
	}
	c->spare = open_spare();
	err = listen_at(c, path);
	if (err)
		run_error("--control %s: %s: give a path in a directory that you can write to, shorter than 108 bytes",
			  path, strerror(-err));
	return err ? -EINVAL : 0;
}

uint64_t control_paused_ns(const struct control *c)
{
	return c->paused_ns + (c->pauses ? vm_now() - c->paused_since : 0);
}

void control_pause(struct control_client *cl)
{
	struct control *c = cl->control;
	uint64_t start = vm_now();

	vm_pause(c->vm);
	cl->pauses++;
	if (c->pauses++)
		return;
	c->paused_since = vm_now();
	c->stop_ns = c->paused_since - start;
	c->nr_pauses++;
	if (c->stop_ns > c->max_stop_ns)
		c->max_stop_ns = c->stop_ns;
}

void control_resume(struct control_client *cl)
{
	struct control *c = cl->control;

	cl->pauses--;
	if (!--c->pauses) {
		uint64_t ns = vm_now() - c->paused_since;

		c->paused_ns += ns;
		if (ns > c->max_paused_ns)
			c->max_paused_ns = ns;
	}
	vm_resume(c->vm);
}

static void drop(struct control_client *cl)
{
	while (cl->pauses)
		control_resume(cl);
	lines_close(&cl->lines); /* takes it out of the epoll set */
}

/* The socket file's mode keeps others out, but modes can be changed. */
static bool is_friend(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) && (who.uid == geteuid() || who.uid == 0);
}

static void turn_away(int fd, const char *why)
{
	/* If it cannot be told, it finds out. */
	if (send(fd, why, strlen(why), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		errno = 0;
	close(fd);
}

static int accept_fd(const struct control *c)
{
	return accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

static void listen_for(struct control *c, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = c};

	/* It is in the set: nothing can be short. */
	if (epoll_ctl(c->epoll, EPOLL_CTL_MOD, c->fd, &ev))
		run_error("--control: %s", strerror(errno));
}

/* One that was accepted in the spare descriptor's place: it hears why, and the descriptor is kept aside anew. */
static void no_room(struct control *c, int err)
{
	int fd = -1;

	if (c->spare >= 0) {
		close(c->spare);
		fd = accept_fd(c);
		if (fd >= 0) {
			c->turned_away++;
			turn_away(fd, "{\"ok\": false, \"error\": \"mmvisor has no file descriptor left: "
				      "close a connection, or raise its limit (ulimit -n)\"}\n");
		} else {
			err = errno;
		}
	}
	c->spare = open_spare();
	if (fd >= 0 || err == EAGAIN)
		return;
	/* Whatever is short: it stays in the queue and its event would come again at once. */
	listen_for(c, 0);
	c->deaf_until = vm_now() + DEAF_NS;
}

int control_wait_ms(const struct control *c)
{
	uint64_t now = vm_now();

	if (!c->deaf_until)
		return -1;
	return now < c->deaf_until ? (int)((c->deaf_until - now) / 1000000 + 1) : 0;
}

void control_listen_again(struct control *c)
{
	if (!c->deaf_until || vm_now() < c->deaf_until)
		return;
	c->deaf_until = 0;
	if (c->spare < 0)
		c->spare = open_spare();
	listen_for(c, EPOLLIN);
}

static void accept_client(struct control *c)
{
	int fd = accept_fd(c);

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
			no_room(c, errno);
		return;
	}
	if (!is_friend(fd)) {
		c->refused++;
		turn_away(fd, "{\"ok\": false, \"error\": \"this guest belongs to another user\"}\n");
		return;
	}
	for (unsigned int i = 0; i < CONTROL_MAX_CLIENTS; i++) {
		struct control_client *cl = &c->clients[i];

		if (cl->lines.fd >= 0)
			continue;
		*cl = (struct control_client){.control = c};
		lines_init(&cl->lines, fd);
		if (watch(c, fd, cl))
			drop(cl);
		return;
	}
	c->turned_away++;
	turn_away(fd, "{\"ok\": false, \"error\": \"too many connections: close one\"}\n");
}

/* What cannot be sent now is sent when epoll says that there is room. */
static void watch_room(struct control_client *cl)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = cl};

	if (lines_waiting(&cl->lines) == cl->waits)
		return;
	cl->waits = !cl->waits;
	if (cl->waits)
		ev.events |= EPOLLOUT;
	if (epoll_ctl(cl->control->epoll, EPOLL_CTL_MOD, cl->lines.fd, &ev))
		drop(cl);
}

static void on_line(void *ctx, char *line, size_t len)
{
	struct control_client *cl = ctx;

	if (!control_answer(cl, line, len))
		drop(cl);
}

static void serve(struct control_client *cl)
{
	if (!lines_flush(&cl->lines) || !lines_receive(&cl->lines, on_line, cl)) {
		if (cl->lines.fd >= 0)
			drop(cl);
		return;
	}
	watch_room(cl);
}

bool control_event(struct control *c, void *tag)
{
	if (tag == c) {
		accept_client(c);
		return true;
	}
	for (unsigned int i = 0; i < CONTROL_MAX_CLIENTS; i++) {
		if (tag == &c->clients[i]) {
			if (c->clients[i].lines.fd >= 0)
				serve(&c->clients[i]);
			return true;
		}
	}
	return false;
}

void control_close(struct control *c)
{
	if (!c->vm)
		return; /* never opened */
	for (unsigned int i = 0; i < CONTROL_MAX_CLIENTS; i++) {
		if (c->clients[i].lines.fd >= 0)
			drop(&c->clients[i]);
	}
	for (unsigned int i = 0; i < RAM_MAX_SLOTS; i++) {
		if (c->fds[i] >= 0)
			close(c->fds[i]);
		c->fds[i] = -1;
	}
	if (c->spare >= 0)
		close(c->spare);
	c->spare = -1;
	if (c->fd >= 0)
		close(c->fd);
	if (c->path)
		unlink(c->path);
	c->fd = -1;
	c->path = NULL;
}
