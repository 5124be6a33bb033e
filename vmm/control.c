// SPDX-License-Identifier: MIT
/*
 * control.c - see control.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "shared/control.h"
#include "vmm/control.h"
#include "vmm/vm.h"

_Static_assert(sizeof(((struct ctl_info *)0)->regions) / sizeof(struct mem_region) >= RAM_MAX_SLOTS, "all slots fit");

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
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
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
	c->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
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

int control_open(struct control *c, struct vm *vm, const char *path, int epoll)
{
	int err;

	*c = (struct control){.vm = vm, .fd = -1, .epoll = epoll};
	for (unsigned int i = 0; i < CONTROL_MAX_CLIENTS; i++)
		c->clients[i].fd = -1;
	if (!path)
		return 0;
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

static void pause_for(struct control *c, struct control_client *cl)
{
	vm_pause(c->vm);
	cl->pauses++;
	if (!c->pauses++)
		c->paused_since = vm_now();
}

static void resume_for(struct control *c, struct control_client *cl)
{
	cl->pauses--;
	if (!--c->pauses)
		c->paused_ns += vm_now() - c->paused_since;
	vm_resume(c->vm);
}

static void drop(struct control *c, struct control_client *cl)
{
	while (cl->pauses)
		resume_for(c, cl);
	close(cl->fd); /* takes it out of the epoll set */
	cl->fd = -1;
}

static void accept_client(struct control *c)
{
	int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	for (unsigned int i = 0; i < CONTROL_MAX_CLIENTS; i++) {
		struct control_client *cl = &c->clients[i];

		if (cl->fd >= 0)
			continue;
		*cl = (struct control_client){.fd = fd};
		if (watch(c, fd, cl))
			drop(c, cl);
		return;
	}
	close(fd);
}

static bool send_packet(int fd, const void *data, size_t size, const int *fds, unsigned int nr_fds)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * RAM_MAX_SLOTS)];
	} control;
	struct iovec iov = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	if (nr_fds) {
		struct cmsghdr *cm;

		memset(&control, 0, sizeof(control));
		msg.msg_control = control.room;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * nr_fds);
		cm = CMSG_FIRSTHDR(&msg);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(sizeof(int) * nr_fds);
		memcpy(CMSG_DATA(cm), fds, sizeof(int) * nr_fds);
	}
	return sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size;
}

static bool send_info(struct control *c, int fd, const struct ctl_reply *head)
{
	const struct vm *vm = c->vm;
	struct ctl_info info = {.head = *head, .nr_regions = vm->ram.nr, .nr_cpus = vm->nr_cpus};
	int fds[RAM_MAX_SLOTS];

	info.root = atomic_load(&vm->root);
	snprintf(info.kernel, sizeof(info.kernel), "%s", vm->kernel);
	for (unsigned int i = 0; i < vm->ram.nr; i++) {
		info.regions[i] = vm->ram.slots[i].region;
		fds[i] = vm->ram.slots[i].fd;
	}
	return send_packet(fd, &info, sizeof(info), fds, vm->ram.nr);
}

static bool send_regs(struct control *c, int fd, struct ctl_reply *head, uint32_t cpu)
{
	struct ctl_regs regs = {.head = *head};

	if (!c->pauses)
		head->error = EBUSY;
	else if (cpu >= c->vm->nr_cpus)
		head->error = EINVAL;
	else
		head->error = (uint32_t)-vcpu_regs(&c->vm->cpus[cpu], &regs.regs);
	if (head->error)
		return send_packet(fd, head, sizeof(*head), NULL, 0);
	return send_packet(fd, &regs, sizeof(regs), NULL, 0);
}

/* Return: false if the client is to be dropped. */
static bool answer(struct control *c, struct control_client *cl, const struct ctl_request *rq, ssize_t len)
{
	struct ctl_reply reply = {.magic = CTL_MAGIC, .version = CTL_VERSION};

	if (len != (ssize_t)sizeof(*rq) || rq->magic != CTL_MAGIC || rq->version != CTL_VERSION) {
		reply.error = EPROTO;
		return send_packet(cl->fd, &reply, sizeof(reply), NULL, 0);
	}
	reply.cmd = rq->cmd;
	switch (rq->cmd) {
	case CTL_INFO:
		return send_info(c, cl->fd, &reply);
	case CTL_REGS:
		return send_regs(c, cl->fd, &reply, rq->arg);
	case CTL_PAUSE:
		pause_for(c, cl);
		break;
	case CTL_RESUME:
		if (cl->pauses)
			resume_for(c, cl);
		else
			reply.error = EINVAL;
		break;
	default:
		reply.error = EOPNOTSUPP;
	}
	return send_packet(cl->fd, &reply, sizeof(reply), NULL, 0);
}

static void serve(struct control *c, struct control_client *cl)
{
	struct ctl_request rq;
	/* MSG_TRUNC: the real length, so that a packet that is too long is noticed. */
	ssize_t len = recv(cl->fd, &rq, sizeof(rq), MSG_DONTWAIT | MSG_TRUNC);

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len <= 0 || !answer(c, cl, &rq, len))
		drop(c, cl);
}

bool control_event(struct control *c, void *tag)
{
	if (tag == c) {
		accept_client(c);
		return true;
	}
	for (unsigned int i = 0; i < CONTROL_MAX_CLIENTS; i++) {
		if (tag == &c->clients[i]) {
			if (c->clients[i].fd >= 0)
				serve(c, &c->clients[i]);
			return true;
		}
	}
	return false;
}

void control_close(struct control *c)
{
	for (unsigned int i = 0; i < CONTROL_MAX_CLIENTS; i++) {
		if (c->clients[i].fd >= 0)
			drop(c, &c->clients[i]);
	}
	if (c->fd >= 0)
		close(c->fd);
	if (c->path)
		unlink(c->path);
	c->fd = -1;
	c->path = NULL;
}
