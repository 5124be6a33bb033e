// SPDX-License-Identifier: MIT
/*
 * open_socket.c - a live guest as a view, through the VMM's control socket (shared/control.h).
 *
 * The VMM hands over descriptors of the guest's memory, which are mapped here read-only. It is trusted no further than
 * the guest: sizes are compared with the files'. If this process dies, the VMM resumes the guest by itself.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/view/view_impl.h"

#define REPLY_SECONDS 10

static int ask(struct view *v, uint32_t cmd, uint32_t arg, char *err)
{
	struct ctl_request req = {.magic = CTL_MAGIC, .version = CTL_VERSION, .cmd = cmd, .arg = arg};

	if (send(v->sock, &req, sizeof(req), MSG_NOSIGNAL) == (ssize_t)sizeof(req))
		return 0;
	view_err(err, "control socket: %s: has the guest ended?", strerror(errno));
	return -EIO;
}

static int check_head(const struct ctl_reply *head, ssize_t got, uint32_t cmd, char *err)
{
	if (got == 0 || (got < 0 && errno == ECONNRESET)) {
		view_err(err, "control socket: closed: the guest has ended");
		return -EIO;
	}
	if (got < 0) {
		view_err(err, "control socket: no answer: %s", strerror(errno));
		return -EIO;
	}
	if ((size_t)got < sizeof(*head) || head->magic != CTL_MAGIC || head->cmd != cmd) {
		view_err(err, "control socket: the answer is not mmvisor's");
		return -EPROTO;
	}
	if (head->version != CTL_VERSION) {
		view_err(err, "control socket: speaks version %u, this program %u", head->version, CTL_VERSION);
		return -EPROTO;
	}
	if (head->error) {
		view_err(err, "control socket: refused: %s", strerror((int)head->error));
		return -EIO;
	}
	return 0;
}

static int call(struct view *v, uint32_t cmd, uint32_t arg, void *reply, size_t size, char *err)
{
	ssize_t got;
	int ret = ask(v, cmd, arg, err);

	if (ret)
		return ret;
	got = recv(v->sock, reply, size, 0);
	ret = check_head(reply, got, cmd, err);
	if (!ret && (size_t)got != size) {
		view_err(err, "control socket: answer of %zd bytes instead of %zu", got, size);
		ret = -EPROTO;
	}
	return ret;
}

static int receive_info(struct view *v, struct ctl_info *info, char *err)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * VIEW_MAX_REGIONS)];
	} control;
	struct iovec iov = {.iov_base = info, .iov_len = sizeof(*info)};
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	ssize_t got = recvmsg(v->sock, &msg, MSG_CMSG_CLOEXEC);

	for (struct cmsghdr *c = got > 0 ? CMSG_FIRSTHDR(&msg) : NULL; c; c = CMSG_NXTHDR(&msg, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			if (v->nr_pins < VIEW_MAX_REGIONS)
				v->pin[v->nr_pins++] = fd;
			else
				close(fd);
		}
	}
	if (check_head(&info->head, got, CTL_INFO, err))
		return -1;
	if ((size_t)got == sizeof(*info) && info->nr_regions == v->nr_pins && info->nr_regions)
		return 0;
	view_err(err, "control socket: %u memory regions announced, %u descriptors came", info->nr_regions, v->nr_pins);
	return -1;
}

static int map_regions(struct view *v, const struct ctl_info *info, char *err)
{
	v->own_maps = true;
	for (unsigned int i = 0; i < info->nr_regions; i++) {
		const struct mem_region *m = &info->regions[i];
		struct view_region r = {
			.gpa = m->gpa, .size = m->size, .fd = v->pin[i], .offset = m->offset, .is_ram = m->is_ram};
		struct stat st;
		void *p;

		if (fstat(r.fd, &st) || m->offset > (uint64_t)st.st_size ||
		    m->size > (uint64_t)st.st_size - m->offset) {
			view_err(err, "control socket: region at %#lx is larger than its file", m->gpa);
			return -1;
		}
		p = mmap(NULL, m->size, PROT_READ, MAP_SHARED | MAP_NORESERVE, r.fd, (off_t)m->offset);
		if (p == MAP_FAILED) {
			view_err(err, "control socket: region at %#lx cannot be mapped: %s", m->gpa, strerror(errno));
			return -1;
		}
		r.host = p;
		if (view_add_region(v, &r, err)) {
			munmap(p, m->size);
			return -1;
		}
	}
	return 0;
}

static int read_regs(struct view *v, char *err)
{
	for (unsigned int i = 0; i < v->nr_cpus; i++) {
		struct ctl_regs reply;
		int ret = call(v, CTL_REGS, i, &reply, sizeof(reply), err);

		if (ret)
			return ret;
		v->regs[i] = reply.regs;
	}
	return 0;
}

/* The guest may have announced itself since the last look. */
static int refresh_root(struct view *v, char *err)
{
	struct ctl_info info;
	unsigned int keep = v->nr_pins;
	int saved[VIEW_MAX_REGIONS], ret;

	if (ask(v, CTL_INFO, 0, err))
		return -EIO;
	memcpy(saved, v->pin, sizeof(saved));
	v->nr_pins = 0;
	ret = receive_info(v, &info, err);
	for (unsigned int i = 0; i < v->nr_pins; i++)
		close(v->pin[i]);
	memcpy(v->pin, saved, sizeof(saved));
	v->nr_pins = keep;
	if (!ret)
		v->root_addr = info.root;
	return ret;
}

int view_pause(struct view *v, char *err)
{
	struct ctl_reply reply;
	int ret;

	if (v->sock < 0 || v->paused)
		return 0;
	ret = call(v, CTL_PAUSE, 0, &reply, sizeof(reply), err);
	if (ret)
		return ret;
	v->paused = true;
	v->pause_start = view_now();
	if (!v->root_addr)
		ret = refresh_root(v, err);
	if (!ret)
		ret = read_regs(v, err);
	if (ret)
		view_resume(v, NULL);
	else
		view_settle(v);
	return ret;
}

int view_resume(struct view *v, char *err)
{
	struct ctl_reply reply;

	if (v->sock < 0 || !v->paused)
		return 0;
	v->paused = false;
	v->paused_ns += view_now() - v->pause_start;
	return call(v, CTL_RESUME, 0, &reply, sizeof(reply), err);
}

static int connect_to(struct view *v, const char *path, char *err)
{
	struct timeval tv = {.tv_sec = REPLY_SECONDS};
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(sa.sun_path)) {
		view_err(err, "%s: too long for a socket", path);
		return -1;
	}
	memcpy(sa.sun_path, path, strlen(path));
	v->sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (v->sock < 0 || connect(v->sock, (struct sockaddr *)&sa, sizeof(sa))) {
		view_err(err, "%s: %s%s", path, strerror(errno), errno == ECONNREFUSED ? ": its guest has ended" : "");
		return -1;
	}
	setsockopt(v->sock, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	return 0;
}

struct view *view_open_socket(const char *path, char *err)
{
	struct view *v = view_alloc(VIEW_LIVE, err);
	struct ctl_info info;

	if (!v)
		return NULL;
	if (connect_to(v, path, err) || ask(v, CTL_INFO, 0, err) || receive_info(v, &info, err) ||
	    map_regions(v, &info, err))
		return view_fail(v);
	v->root_addr = info.root;
	v->nr_cpus = info.nr_cpus < MMV_NR_CPUS ? info.nr_cpus : MMV_NR_CPUS;
	snprintf(v->kernel, sizeof(v->kernel), "%.*s", (int)sizeof(info.kernel) - 1, info.kernel);
	/* Registers are only needed where the root does not show the way to the page tables by itself. */
	view_settle(v);
	if (!v->root_ok && v->root_addr && (view_pause(v, err) || view_resume(v, err)))
		return view_fail(v);
	return v;
}
