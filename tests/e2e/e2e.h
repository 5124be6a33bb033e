/* SPDX-License-Identifier: MIT */
/*
 * e2e.h - the harness of the end-to-end tests: start the real programs, look at what they leave.
 *
 * Every test runs in a process and an empty folder of its own (fixture_in/fixture_out). When it ends, the folder must
 * hold only what the test took out with keep(), and no process that it or the program started may be left: that is
 * checked for every test, not only for those about bad input. Programs are found next to this one: build/e2e/test_e2e
 * drives build/mmvisor.
 */
#ifndef MMV_TESTS_E2E_H
#define MMV_TESTS_E2E_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct json_object;

enum { RUN_SIGNALLED = 1000, RUN_STUCK = 2000 };

/** struct proc - a program that was started; @code: exit code, RUN_SIGNALLED + signal, or RUN_STUCK. */
struct proc {
	pid_t pid;
	int fd_out, fd_err;
	int code;
	double ms;
	char *out, *err; /* what it printed, once it ended */
	char line[1024]; /* its command line, for messages */
};

/** enum who - as whom a program runs. */
enum who {
	AS_SELF,
	AS_NOBODY,      /* an unprivileged user (only root can do that) */
	KVM_IS_MISSING, /* as root in a mount namespace where /dev is empty */
	KVM_IS_ODD,     /* as root in a mount namespace where /dev/kvm is another device */
};

/** folders_begin, folders_end - around all tests: the folder that holds theirs; a failed test can't clean up for
 * itself. */
void folders_begin(void);
void folders_end(void);
void fixture_in(void);
void fixture_out(void);

/** program_path - absolute path of a built file, such as "mmvisor" or "kernel.elf"; in a static buffer per call. */
const char *program_path(const char *name);

/** keep - the test expects this file in its folder and has looked at it: remove it. Fails if it isn't there. */
void keep(const char *name);

/** skip - this test can't be done here; say why and return from the test at once. */
void skip(const char *why);

bool in_emulated_machine(void);

/** proc_start - start argv (NULL terminated); argv[0] is looked up by program_path() unless it has a slash or is gdb.
 */
void proc_start(struct proc *p, enum who who, const char *const *argv);
/** proc_wait - wait at most @seconds, then kill it; fills code, out, err. */
void proc_wait(struct proc *p, unsigned int seconds);
/** proc_saw - wait until its stdout has @text, at most @seconds. */
bool proc_saw(struct proc *p, const char *text, unsigned int seconds);

/** start_lingering - a guest with two CPUs and a control socket that stays busy so long; return when it is ready. */
void start_lingering(struct proc *p, const char *socket, unsigned int seconds);

/** run - start, wait at most LIMIT seconds, return what came of it: run("mmvisor", "list"). */
#define run(...) run_argv(LIMIT, AS_SELF, (const char *const[]){__VA_ARGS__, NULL})
#define run_as(who, ...) run_argv(LIMIT, who, (const char *const[]){__VA_ARGS__, NULL})
struct proc *run_argv(unsigned int seconds, enum who who, const char *const *argv);
#define LIMIT 300

/**
 * what_matters - the end of a long output, and from before that what says what failed: the first lines of that sort
 *
 * For messages. A test that failed may be thousands of lines away from the end.
 */
const char *what_matters(const char *text);

/** expect_code - it ended with @code, else fail and show the ends of both outputs. */
void expect_code(const struct proc *p, int code);
/** expect_out, expect_err - this extended regular expression matches somewhere. */
void expect_out(const struct proc *p, const char *regex);
/** expect_one_error - stderr is exactly one line, begins with "PROGRAM: " and holds @word (any case). */
void expect_one_error(const struct proc *p, const char *prog, const char *word);

bool matches(const char *text, const char *regex);

/** write_file, read_file - whole files; fail the test if it can't be done. */
void write_file(const char *name, const void *data, size_t size);
char *read_file(const char *name, size_t *size);

/** json_file - parse the file, fail the test if it is not one JSON object. */
struct json_object *json_file(const char *name);
struct json_object *json_text(const char *text);
/** json_int - the number at a path such as "invariants.broken"; fails the test if there is none. */
int64_t json_int(struct json_object *o, const char *path);

/** json_member - what lies at such a path; fails the test if there is nothing. */
struct json_object *json_member(struct json_object *o, const char *path);

/** control_connect - to a control socket; control_send - bytes as they are */
int control_connect(const char *path);
void control_send(int fd, const void *bytes, size_t size);
/** control_reply - the next line, parsed; NULL if the VMM has hung up */
struct json_object *control_reply(int fd);
/** control_ok - ask, and fail the test unless it is done; control_refused - unless it is refused with @word in the error */
struct json_object *control_ok(int fd, const char *request);
void control_refused(int fd, const char *request, const char *word);

/** schema_complaint - what is wrong with @o by the definition @name of @schema (schema.c); NULL: nothing */
const char *schema_complaint(struct json_object *schema, const char *name, struct json_object *o);

/** xml_count - the file is well-formed XML; how many elements of that name are in it? */
int xml_count(const char *name, const char *element);

Suite *suite_run(void);
/** suite_release, suite_release_4cpu, suite_debug - everything that is linked into a kernel: minutes each */
Suite *suite_release(void);
Suite *suite_release_4cpu(void);
Suite *suite_debug(void);
Suite *suite_bad(void);
Suite *suite_core(void);
Suite *suite_live(void);
Suite *suite_install(void);
Suite *suite_schema(void);
Suite *suite_inspect(void);
Suite *suite_control(void);
Suite *suite_replay(void);
Suite *suite_payload(void);
Suite *suite_fault(void);
Suite *suite_disk(void);
Suite *suite_swap(void);
Suite *suite_dma(void);
Suite *suite_map(void);
Suite *suite_areas(void);
Suite *suite_sched(void);
Suite *suite_zone(void);
Suite *suite_timeline(void);

#endif
