// SPDX-License-Identifier: MIT
/*
 * open_socket.c - a live guest as a view, through the VMM's control socket (shared/control.h).
 *
 * The VMM hands over descriptors of the guest's memory, which are mapped here read-only. It is trusted no further than
 * the guest: sizes are compared with the files', what a reply lacks is an error. If this process dies, the VMM resumes the
 * guest by itself.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/view/view_impl.h"

#define REPLY_SECONDS 10
/* Writing a core takes as long as the disk does. */
#define SNAPSHOT_SECONDS 600
#define REPLY_MAX (64UL << 20)
#define PIECE 65536

/* ---- lines ---- */

static int send_line(const struct view *v, const char *text, char *err)
{
	size_t len = strlen(text);
	struct iovec iov[2] = {{.iov_base = (void *)(uintptr_t)text, .iov_len = len}, {.iov_base = "\n", .iov_len = 1}};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};

	if (sendmsg(v->sock, &msg, MSG_NOSIGNAL) == (ssize_t)len + 1)
		return 0;
	view_err(err, "control socket: %s: has the guest ended?", strerror(errno));
	return -EIO;
}

/* Descriptors that came along; those that nobody expects are closed. */
static void keep_fds(struct view *v, struct msghdr *msg, bool wanted)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			if (wanted && v->nr_pins < VIEW_MAX_REGIONS)
				v->pin[v->nr_pins++] = fd;
			else
				close(fd);
		}
	}
}

static ssize_t receive_piece(struct view *v, char *buf, size_t size, bool with_fds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * VIEW_MAX_REGIONS)];
	} control;
	struct iovec iov = {.iov_base = buf, .iov_len = size};
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	ssize_t n;

	do
		n = recvmsg(v->sock, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		keep_fds(v, &msg, with_fds);
	return n;
}

/* One line, without its newline; free() it. There is one reply to a request, so nothing may follow it. */
static char *receive_line(struct view *v, bool with_fds, char *err)
{
	char *line = NULL, *more;
	size_t len = 0;
	ssize_t n;

	do {
		more = len < REPLY_MAX ? realloc(line, len + PIECE) : NULL;
		if (!more) {
			view_err(err, "control socket: the answer is too long");
			free(line);
			return NULL;
		}
		line = more;
		n = receive_piece(v, line + len, PIECE, with_fds);
		if (n <= 0) {
			if (!n || errno == ECONNRESET)
				view_err(err, "control socket: closed: the guest has ended");
			else
				view_err(err, "control socket: no answer: %s", strerror(errno));
			free(line);
			return NULL;
		}
		len += (size_t)n;
	} while (!memchr(line + len - n, '\n', (size_t)n));
	if (line[len - 1] == '\n') {
		line[len - 1] = '\0';
		return line;
	}
	view_err(err, "control socket: the answer is not mmvisor's");
	free(line);
	return NULL;
}

static struct json_object *exchange(struct view *v, const char *request, bool with_fds, char *err)
{
	struct json_object *o = NULL;
	/* Whoever was turned away may not be able to send any more, but was told why. */
	bool sent = !send_line(v, request, err);
	char *line = receive_line(v, with_fds, sent ? err : NULL);

	if (!line)
		return NULL;
	o = json_tokener_parse(line);
	free(line);
	if (json_object_is_type(o, json_type_object))
		return o;
	json_object_put(o);
	view_err(err, "control socket: the answer is not mmvisor's");
	return NULL;
}

struct json_object *view_ask(struct view *v, const char *request, char *err)
{
	if (v->sock >= 0)
		return exchange(v, request, false, err);
	view_err(err, "a core has no control socket: give that of a running guest");
	return NULL;
}

/* The reply if it says "ok". */
static struct json_object *call(struct view *v, const char *request, bool with_fds, char *err)
{
	struct json_object *o = exchange(v, request, with_fds, err), *ok, *why;

	if (!o || (json_object_object_get_ex(o, "ok", &ok) && json_object_get_boolean(ok)))
		return o;
	if (json_object_object_get_ex(o, "error", &why) && json_object_is_type(why, json_type_string))
		view_err(err, "control socket: refused: %.200s", json_object_get_string(why));
	else
		view_err(err, "control socket: the answer is not mmvisor's");
	json_object_put(o);
	return NULL;
}

/* ---- members ---- */

/* A number, or a string in hexadecimal. Return: is there one? */
static bool number(struct json_object *o, const char *name, uint64_t *x)
{
	struct json_object *m;
	char *end;

	if (!json_object_object_get_ex(o, name, &m))
		return false;
	if (json_object_is_type(m, json_type_int)) {
		*x = json_object_get_uint64(m);
		return true;
	}
	if (!json_object_is_type(m, json_type_string))
		return false;
	*x = strtoull(json_object_get_string(m), &end, 16);
	return end != json_object_get_string(m) && !*end;
}

static int lacks(const char *name, char *err)
{
	view_err(err, "control socket: the answer lacks \"%s\"", name);
	return -EPROTO;
}

/* ---- opening ---- */

static int map_region(struct view *v, struct json_object *o, int fd, char *err)
{
	struct view_region r = {.fd = fd};
	struct json_object *ram;
	struct stat st;
	void *p;

	if (!number(o, "gpa", &r.gpa) || !number(o, "bytes", &r.size) || !number(o, "offset", &r.offset) ||
	    !json_object_object_get_ex(o, "ram", &ram))
		return lacks("regions", err);
	r.is_ram = json_object_get_boolean(ram);
	if (fstat(fd, &st) || r.offset > (uint64_t)st.st_size || r.size > (uint64_t)st.st_size - r.offset) {
		view_err(err, "control socket: region at %#lx is larger than its file", r.gpa);
		return -1;
	}
	p = mmap(NULL, r.size, PROT_READ, MAP_SHARED | MAP_NORESERVE, fd, (off_t)r.offset);
	if (p == MAP_FAILED) {
		view_err(err, "control socket: region at %#lx cannot be mapped: %s", r.gpa, strerror(errno));
		return -1;
	}
	r.host = p;
	if (view_add_region(v, &r, err)) {
		munmap(p, r.size);
		return -1;
	}
	return 0;
}

static int map_regions(struct view *v, char *err)
{
	struct json_object *o = call(v, "{\"cmd\": \"fds\"}", true, err), *list;
	int ret = 0;

	if (!o)
		return -1;
	v->own_maps = true;
	if (!json_object_object_get_ex(o, "regions", &list) || !json_object_is_type(list, json_type_array)) {
		ret = lacks("regions", err);
	} else if (json_object_array_length(list) != v->nr_pins || !v->nr_pins) {
		view_err(err,
			 "control socket: %zu memory regions announced, %u descriptors came: are there more open files "
			 "than allowed (ulimit -n)?",
			 json_object_array_length(list), v->nr_pins);
		ret = -1;
	}
	for (unsigned int i = 0; !ret && i < v->nr_pins; i++)
		ret = map_region(v, json_object_array_get_idx(list, i), v->pin[i], err);
	json_object_put(o);
	return ret;
}

static void take_modules(struct view *v, struct json_object *status)
{
	struct json_object *list;

	if (!json_object_object_get_ex(status, "modules", &list) || !json_object_is_type(list, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(list); i++)
		view_add_module(v, json_object_get_string(json_object_array_get_idx(list, i)), 4096);
}

static int read_status(struct view *v, char *err)
{
	struct json_object *o = call(v, "{\"cmd\": \"status\"}", false, err), *kernel;
	uint64_t version, cpus;
	int ret = 0;

	if (!o)
		return -1;
	if (!number(o, "protocol", &version) || version != CTL_VERSION) {
		view_err(err, "control socket: speaks another version than this program, %d", CTL_VERSION);
		ret = -1;
	} else if (!number(o, "cpus", &cpus) || !number(o, "root", &v->root_addr)) {
		ret = lacks("root", err);
	} else {
		v->nr_cpus = cpus < MMV_NR_CPUS ? (unsigned int)cpus : MMV_NR_CPUS;
		if (json_object_object_get_ex(o, "kernel", &kernel))
			snprintf(v->kernel, sizeof(v->kernel), "%.255s", json_object_get_string(kernel));
		take_modules(v, o);
	}
	json_object_put(o);
	return ret;
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
	v->sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
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

	if (!v)
		return NULL;
	if (connect_to(v, path, err) || read_status(v, err) || map_regions(v, err))
		return view_fail(v);
	/* Registers are only needed where the root does not show the way to the page tables by itself. */
	view_settle(v);
	if (!v->root_ok && v->root_addr && (view_pause(v, err) || view_resume(v, err)))
		return view_fail(v);
	return v;
}

/* ---- pausing ---- */

static int take_regs(struct json_object *o, struct guest_regs *g, char *err)
{
	uint64_t x;

#define TAKE_REG(name)                                                                                                 \
	if (!number(o, #name, &x))                                                                                     \
		return lacks(#name, err);                                                                              \
	g->name = (__typeof__(g->name))x;
	GUEST_REGS(TAKE_REG)
#undef TAKE_REG
	return 0;
}

static int read_regs(struct view *v, char *err)
{
	struct json_object *o = call(v, "{\"cmd\": \"regs\"}", false, err), *list;
	int ret = 0;

	if (!o)
		return -EIO;
	if (!json_object_object_get_ex(o, "cpus", &list) || !json_object_is_type(list, json_type_array) ||
	    json_object_array_length(list) < v->nr_cpus)
		ret = lacks("cpus", err);
	for (unsigned int i = 0; !ret && i < v->nr_cpus; i++)
		ret = take_regs(json_object_array_get_idx(list, i), &v->regs[i], err);
	json_object_put(o);
	return ret;
}

int view_pause(struct view *v, char *err)
{
	struct json_object *o;
	int ret = 0;

	if (v->sock < 0 || v->paused)
		return 0;
	o = call(v, "{\"cmd\": \"pause\"}", false, err);
	if (!o)
		return -EIO;
	v->paused = true;
	v->pause_start = view_now();
	/* The guest may have announced itself since the last look. */
	if (!number(o, "root", &v->root_addr))
		ret = lacks("root", err);
	json_object_put(o);
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
	struct json_object *o;

	if (v->sock < 0 || !v->paused)
		return 0;
	v->paused = false;
	o = call(v, "{\"cmd\": \"resume\"}", false, err);
	v->paused_ns += view_now() - v->pause_start;
	json_object_put(o);
	return o ? 0 : -EIO;
}

/* ---- log and snapshot ---- */

static void write_line(FILE *f, struct json_object *line, bool first)
{
	struct json_object *text, *ms;
	uint64_t n;
	double us;

	if (!number(line, "n", &n) || !json_object_object_get_ex(line, "ms", &ms) ||
	    !json_object_object_get_ex(line, "text", &text))
		return;
	us = json_object_get_double(ms) * 1000;
	if (first && n)
		fprintf(f, "LOST %" PRIu64 "\n", n);
	fprintf(f, "[%5.0f.%06.0f] %s\n", (double)(uint64_t)(us / 1e6), us - 1e6 * (double)(uint64_t)(us / 1e6),
		json_object_get_string(text));
}

char *view_live_log(struct view *v, char *err)
{
	struct json_object *o = call(v, "{\"cmd\": \"log\"}", false, err), *list;
	char *text = NULL;
	size_t size, nr;
	FILE *f;

	if (!o)
		return NULL;
	f = open_memstream(&text, &size);
	nr = f && json_object_object_get_ex(o, "lines", &list) ? json_object_array_length(list) : 0;
	for (size_t i = 0; i < nr; i++)
		write_line(f, json_object_array_get_idx(list, i), i == 0);
	json_object_put(o);
	if (f && !fclose(f))
		return text;
	free(text);
	view_err(err, "out of memory");
	return NULL;
}

struct json_object *view_snapshot(struct view *v, const char *path, char *err)
{
	struct timeval patient = {.tv_sec = SNAPSHOT_SECONDS}, usual = {.tv_sec = REPLY_SECONDS};
	struct json_object *o;
	char *whole, cwd[4096];

	if (v->sock < 0) {
		view_err(err, "a core is a snapshot already: give the control socket of a running guest");
		return NULL;
	}
	/* The VMM may have been started elsewhere. */
	if (path[0] != '/' && !getcwd(cwd, sizeof(cwd))) {
		view_err(err, "%.200s: %s", path, strerror(errno));
		return NULL;
	}
	if (asprintf(&whole, "%s%s%s", path[0] == '/' ? "" : cwd, path[0] == '/' ? "" : "/", path) < 0) {
		view_err(err, "out of memory");
		return NULL;
	}
	o = json_object_new_object();
	json_object_object_add(o, "cmd", json_object_new_string("snapshot"));
	json_object_object_add(o, "file", json_object_new_string(whole));
	free(whole);
	setsockopt(v->sock, SOL_SOCKET, SO_RCVTIMEO, &patient, sizeof(patient));

	struct json_object *reply =
		call(v, json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
		     false, err);

	setsockopt(v->sock, SOL_SOCKET, SO_RCVTIMEO, &usual, sizeof(usual));
	json_object_put(o);
	return reply;
}
