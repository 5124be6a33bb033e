/* SPDX-License-Identifier: MIT */
/*
 * harness.c - processes, folders and expectations of the end-to-end tests.
 *
 * Output goes to memory files, not pipes: a program is never held up by its reader, and a live guest's output can be
 * looked at while it runs. A test's process adopts orphans, so that nothing that a program leaves behind goes unseen.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <json-c/json.h>
#include <poll.h>
#include <regex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/e2e/e2e.h"

#define NOBODY 65534

static char top[48], folder[64];

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

bool in_emulated_machine(void)
{
	return getenv("MMV_NESTED") != NULL;
}

const char *program_path(const char *name)
{
	static char paths[8][512];
	static unsigned int turn;
	char *path = paths[turn++ % 8], self[400];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	ck_assert_int_gt((int)n, 0);
	self[n] = 0;
	/* .../build/e2e/test_e2e -> .../build/NAME */
	for (int up = 0; up < 2; up++)
		*strrchr(self, '/') = 0;
	snprintf(path, sizeof(paths[0]), "%s/%s", self, name);
	return path;
}

void folders_begin(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(top, sizeof(top), "%.30s/mmv-e2e.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(top) || chmod(top, 0755)) {
		perror(top);
		exit(EXIT_FAILURE);
	}
}

static int remove_one(const char *path, const struct stat *st, int what, struct FTW *at)
{
	(void)st, (void)what, (void)at;
	return remove(path);
}

void folders_end(void)
{
	nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void fixture_in(void)
{
	snprintf(folder, sizeof(folder), "%s/test.XXXXXX", top);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chmod(folder, 0755), 0);
	ck_assert_int_eq(chdir(folder), 0);
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
}

void fixture_out(void)
{
	char left[256] = "";
	unsigned int files = 0;
	struct dirent *e;
	DIR *d = opendir(".");

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(left, sizeof(left), "%.200s", e->d_name);
		files++;
		unlink(e->d_name);
	}
	closedir(d);
	ck_assert_int_eq(chdir("/"), 0);
	rmdir(folder);
	ck_assert_msg(!files, "%u files were left behind, one of them: %s", files, left);
	ck_assert_msg(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "a process was left behind");
}

void keep(const char *name)
{
	ck_assert_msg(unlink(name) == 0, "%s: %s: it should have been there", name, strerror(errno));
}

void skip(const char *why)
{
	printf("SKIP %s\n", why);
	fflush(stdout);
}

/* Give the child's own surroundings; runs between fork and exec. */
static bool become(enum who who)
{
	switch (who) {
	case AS_SELF:
		return true;
	case AS_NOBODY:
		return !setgroups(0, NULL) && !setgid(NOBODY) && !setuid(NOBODY);
	case KVM_IS_MISSING:
	case KVM_IS_ODD:
		if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
			return false;
		if (who == KVM_IS_ODD)
			return !mount("/dev/null", "/dev/kvm", NULL, MS_BIND, NULL);
		return !mount("none", "/dev", "tmpfs", 0, NULL);
	}
	return false;
}

void proc_start(struct proc *p, enum who who, const char *const *argv)
{
	bool ours = !strchr(argv[0], '/') && (!strncmp(argv[0], "mm", 2));
	const char *path = ours ? program_path(argv[0]) : argv[0];

	memset(p, 0, sizeof(*p));
	for (unsigned int n = 0; argv[n]; n++)
		snprintf(p->line + strlen(p->line), sizeof(p->line) - strlen(p->line), "%s%s", n ? " " : "", argv[n]);
	p->fd_out = memfd_create("stdout", MFD_CLOEXEC);
	p->fd_err = memfd_create("stderr", MFD_CLOEXEC);
	ck_assert_int_ge(p->fd_out, 0);
	ck_assert_int_ge(p->fd_err, 0);
	p->ms = now_ms();
	fflush(NULL);
	p->pid = fork();
	ck_assert_int_ge(p->pid, 0);
	if (p->pid)
		return;
	/* A test that fails in the middle must not leave its guest running. */
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	int null = open("/dev/null", O_RDONLY);

	if (null < 0 || dup2(null, 0) < 0 || dup2(p->fd_out, 1) < 0 || dup2(p->fd_err, 2) < 0 || !become(who))
		_exit(120);
	execvp(path, (char *const *)argv);
	dprintf(2, "exec %s: %s\n", path, strerror(errno));
	_exit(121);
}

/* All of a memory file, as a string. */
static char *slurp(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	char *text = calloc(1, (size_t)st.st_size + 1);

	ck_assert_ptr_nonnull(text);
	for (off_t at = 0; at < st.st_size;) {
		ssize_t n = pread(fd, text + at, (size_t)(st.st_size - at), at);

		ck_assert_int_gt((int)n, 0);
		at += n;
	}
	return text;
}

void proc_wait(struct proc *p, unsigned int seconds)
{
	int pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	struct pollfd fd = {.fd = pidfd, .events = POLLIN};
	int status;

	ck_assert_int_ge(pidfd, 0);
	bool stuck = poll(&fd, 1, (int)seconds * 1000) == 0;

	if (stuck)
		kill(-p->pid, SIGKILL);
	ck_assert_int_eq(waitpid(p->pid, &status, 0), p->pid);
	close(pidfd);
	p->ms = now_ms() - p->ms;
	p->code = stuck ? RUN_STUCK : WIFSIGNALED(status) ? RUN_SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status);
	p->out = slurp(p->fd_out);
	p->err = slurp(p->fd_err);
	close(p->fd_out);
	close(p->fd_err);
}

bool proc_saw(struct proc *p, const char *text, unsigned int seconds)
{
	double until = now_ms() + seconds * 1e3;
	siginfo_t ended = {.si_pid = 0};

	while (now_ms() < until) {
		char *out = slurp(p->fd_out);
		bool seen = strstr(out, text);

		free(out);
		if (seen)
			return true;
		waitid(P_PID, (id_t)p->pid, &ended, WEXITED | WNOHANG | WNOWAIT);
		if (ended.si_pid == p->pid)
			return false;
		usleep(20000);
	}
	return false;
}

void start_lingering(struct proc *p, const char *socket, unsigned int seconds)
{
	char option[40];
	const char *const argv[] = {
		"mmvisor", "run", "--cpus", "2", "--control", socket, "--append", option, program_path("e2e/linger.ko"),
		NULL};

	snprintf(option, sizeof(option), "linger.seconds=%u", seconds);
	proc_start(p, AS_SELF, argv);
	if (proc_saw(p, "linger: ready", 60))
		return;
	proc_wait(p, 1);
	ck_abort_msg("the guest did not get ready: code %d\nstdout: %s\nstderr: %s", p->code, p->out, p->err);
}

struct proc *run_argv(unsigned int seconds, enum who who, const char *const *argv)
{
	struct proc *p = calloc(1, sizeof(*p));

	ck_assert_ptr_nonnull(p);
	proc_start(p, who, argv);
	proc_wait(p, seconds);
	return p;
}

#define TAIL 1500
#define TELLING 4000

/* Lines that say what failed: of a test's result, an expectation, a check, a crash. */
static bool is_telling(const char *line, size_t len)
{
	static const char *const words[] = {"not ok ", "EXPECTATION FAILED", "ASSERTION FAILED", "BROKEN ", "WARNING:",
					    "BUG:",    "Kernel panic",       "mmvisor: "};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (memmem(line, len, words[i], strlen(words[i])))
			return true;
	return false;
}

/* Behind an expectation the kernel says in a few lines, indented further, what it expected and what it got. */
#define EXPLAINED 5

const char *what_matters(const char *text)
{
	size_t size = strlen(text), used = 0;
	const char *tail = text + size - TAIL, *line = text, *end;
	unsigned int more = 0;
	char *both;

	if (size <= TAIL)
		return text;
	both = malloc(TELLING + TAIL + 64);
	ck_assert_ptr_nonnull(both);
	for (; line < tail && (end = strchr(line, '\n')); line = end + 1) {
		size_t len = (size_t)(end + 1 - line);

		if (is_telling(line, len))
			more = memmem(line, len, " FAILED", 7) ? EXPLAINED : 1;
		if (!more)
			continue;
		more--;
		if (used + len > TELLING)
			break;
		memcpy(both + used, line, len);
		used += len;
	}
	snprintf(both + used, TAIL + 64, "[... the last %d bytes:]\n%s", TAIL, tail);
	return both;
}

void expect_code(const struct proc *p, int code)
{
	if (p->code == code)
		return;
	ck_abort_msg("%s: ended with %d, expected %d (%s)\nstdout: %s\nstderr: %s", p->line, p->code, code,
		     p->code == RUN_STUCK ? "stopped, it took too long" : "see the outputs", what_matters(p->out),
		     what_matters(p->err));
}

bool matches(const char *text, const char *regex)
{
	regex_t re;

	ck_assert_msg(regcomp(&re, regex, REG_EXTENDED | REG_NOSUB | REG_NEWLINE) == 0, "bad expression %s", regex);
	int r = regexec(&re, text, 0, NULL, 0);

	regfree(&re);
	return r == 0;
}

void expect_out(const struct proc *p, const char *regex)
{
	if (!matches(p->out, regex))
		ck_abort_msg("%s: nothing on stdout matches: %s\nstdout: %s\nstderr: %s", p->line, regex,
			     what_matters(p->out), what_matters(p->err));
}

void expect_one_error(const struct proc *p, const char *prog, const char *word)
{
	const char *end = strchr(p->err, '\n');
	size_t n = strlen(prog);

	ck_assert_msg(end && !end[1], "%s: stderr should be one line, is: '%s'", p->line, what_matters(p->err));
	ck_assert_msg(!strncmp(p->err, prog, n) && !strncmp(p->err + n, ": ", 2), "%s: stderr begins otherwise: %s",
		      p->line, p->err);
	ck_assert_msg(strcasestr(p->err, word), "%s: stderr does not say '%s': %s", p->line, word, p->err);
}

void write_file(const char *name, const void *data, size_t size)
{
	FILE *f = fopen(name, "w");

	ck_assert_msg(f && fwrite(data, 1, size, f) == size && fclose(f) == 0, "%s: %s", name, strerror(errno));
}

char *read_file(const char *name, size_t *size)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	ck_assert_msg(fd >= 0, "%s: %s", name, strerror(errno));
	char *text = slurp(fd);
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	if (size)
		*size = (size_t)st.st_size;
	close(fd);
	return text;
}

struct json_object *json_text(const char *text)
{
	struct json_tokener *tok = json_tokener_new();
	struct json_object *o = json_tokener_parse_ex(tok, text, (int)strlen(text));
	size_t end = json_tokener_get_parse_end(tok);

	ck_assert_msg(o && (json_object_is_type(o, json_type_object) || json_object_is_type(o, json_type_array)),
		      "not JSON: %.300s", text);
	for (; isspace((unsigned char)text[end]); end++)
		;
	ck_assert_msg(!text[end], "something after the JSON: %.100s", text + end);
	json_tokener_free(tok);
	return o;
}

struct json_object *json_file(const char *name)
{
	char *text = read_file(name, NULL);
	struct json_object *o = json_text(text);

	free(text);
	return o;
}

struct json_object *json_member(struct json_object *o, const char *path)
{
	char part[64];

	for (const char *p = path; *p;) {
		size_t n = strcspn(p, ".");

		ck_assert(n < sizeof(part));
		memcpy(part, p, n);
		part[n] = 0;
		ck_assert_msg(json_object_object_get_ex(o, part, &o), "JSON has no %s (of %s)", part, path);
		p += n + (p[n] == '.');
	}
	return o;
}

int64_t json_int(struct json_object *o, const char *path)
{
	o = json_member(o, path);
	ck_assert_msg(json_object_is_type(o, json_type_int) || json_object_is_type(o, json_type_double),
		      "JSON: %s is no number", path);
	return json_object_get_int64(o);
}
