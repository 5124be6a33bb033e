/* SPDX-License-Identifier: MIT */
/*
 * tt.h - what the tests of the trace compiler share: traces from strings, and a model of the guest.
 *
 * Every test runs in a process of its own; what it writes lies in a folder that goes when it ends.
 */
#ifndef MMV_TESTS_TT_H
#define MMV_TESTS_TT_H

#include <check.h>

#include "tools/trace/trace.h"

Suite *suite_parse(void);
Suite *suite_input(void);
Suite *suite_compile(void);
Suite *suite_owner(void);
Suite *suite_totals(void);
Suite *suite_whole(void);

void fixture_in(void);
void fixture_out(void);

/** tt_write - a file of these bytes in this test's folder. Return: its path, valid until the next call. */
const char *tt_write(const char *name, const void *bytes, size_t size);
/** tt_pack - the same, packed by xz. */
const char *tt_pack(const char *name, const void *bytes, size_t size);
/** tt_file - all of a file of the source tree. */
char *tt_file(const char *path, size_t *size);
/** tt_unpack - the text in an xz file, NUL terminated. */
char *tt_unpack(const char *path, size_t *size);

/** tt_compile - a text that must compile; freed with the test's process. @streams: 0, or how many at most. */
struct trace_program *tt_compile(const char *text, unsigned int streams);
/** tt_error - a text that must not compile. Return: the error line. */
const char *tt_error(const char *text, size_t size);

/* What a real trace begins with. */
#define TT_HEAD "# tracer: nop\n#\n#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"

/* ---- the model: a guest in which malloc() is the allocator ---- */

/**
 * struct model - how an op stream is to be performed
 * @seed: which stream goes next is random; 0: always the first that can
 * @fail_at: this allocation (counted over all streams from 0) fails; UINT64_MAX: none
 */
struct model {
	unsigned int seed;
	uint64_t fail_at;
	uint64_t peak_bytes;
};

/**
 * model_run - perform @image, check every rule of shared/replay.h, and fill its result part
 * Fails the test when a slot is used twice, a free does not match its allocation, an object is not there, or nothing can go on.
 */
void model_run(struct model *m, struct replay_header *image);

/** model_result - where the image's result lies, and its size. */
void *model_result(const struct replay_header *image, size_t *size);

#endif
