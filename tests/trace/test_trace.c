// SPDX-License-Identifier: MIT
/*
 * test_trace.c - runs the suites of the trace compiler, and what they share.
 */
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/runner.h"
#include "tests/trace/tt.h"

static char folder[64];

void fixture_in(void)
{
	strcpy(folder, "/tmp/test_trace.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

void fixture_out(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	ck_assert_int_eq(system(command), 0);
}

const char *tt_write(const char *name, const void *bytes, size_t size)
{
	static char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, size, f), size);
	ck_assert_int_eq(fclose(f), 0);
	return path;
}

const char *tt_pack(const char *name, const void *bytes, size_t size)
{
	size_t room = size + 4096, used = 0;
	uint8_t *packed = malloc(room);
	const char *path;

	ck_assert_ptr_nonnull(packed);
	ck_assert_int_eq(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC64, NULL, bytes, size, packed, &used, room), LZMA_OK);
	path = tt_write(name, packed, used);
	free(packed);
	return path;
}

char *tt_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "r");
	char *bytes;

	ck_assert_msg(f, "%s is not there: run the tests in the top folder", path);
	fseek(f, 0, SEEK_END);
	*size = (size_t)ftell(f);
	rewind(f);
	bytes = malloc(*size + 1);
	ck_assert_ptr_nonnull(bytes);
	ck_assert_uint_eq(fread(bytes, 1, *size, f), *size);
	bytes[*size] = '\0';
	fclose(f);
	return bytes;
}

char *tt_unpack(const char *path, size_t *size)
{
	size_t room = 64u << 20, in = 0, packed_size;
	uint8_t *packed = (uint8_t *)tt_file(path, &packed_size);
	uint8_t *text = malloc(room);
	uint64_t limit = UINT64_MAX;

	ck_assert_ptr_nonnull(text);
	*size = 0;
	ck_assert_int_eq(lzma_stream_buffer_decode(&limit, 0, NULL, packed, &in, packed_size, text, size, room - 1),
			 LZMA_OK);
	text[*size] = '\0';
	free(packed);
	return (char *)text;
}

struct trace_program *tt_compile(const char *text, unsigned int streams)
{
	static struct trace_program programs[8];
	static unsigned int nr;
	struct trace_options opt = {.max_streams = streams};
	struct trace_program *p = &programs[nr++ % 8];
	struct trace_error err;

	trace_program_free(p);
	ck_assert_msg(!trace_compile(tt_write("t.txt", text, strlen(text)), &opt, p, &err), "%s", err.text);
	ck_assert_pstr_eq(replay_check(p->image, p->image->total_size), NULL);
	return p;
}

const char *tt_error(const char *text, size_t size)
{
	static struct trace_error err;
	struct trace_program p;

	err.text[0] = '\0';
	ck_assert_msg(trace_compile(tt_write("bad.txt", text, size), NULL, &p, &err), "it compiled: %.80s", text);
	ck_assert_ptr_null(p.image);
	ck_assert_str_ne(err.text, "");
	ck_assert_ptr_null(strchr(err.text, '\n'));
	return err.text;
}

int main(void)
{
	SRunner *sr = srunner_create(suite_parse());

	srunner_add_suite(sr, suite_input());
	srunner_add_suite(sr, suite_compile());
	srunner_add_suite(sr, suite_owner());
	srunner_add_suite(sr, suite_totals());
	srunner_add_suite(sr, suite_whole());
	return run_to_end(sr);
}
