/* SPDX-License-Identifier: MIT */
/*
 * suite_replay.c - recorded traces: the shipped one as a whole, its beginning as plain text, and damaged ones.
 *
 * The numbers are checked against a count made here, straight from the text of the trace.
 */
#include <json-c/json.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/e2e.h"

#define TRACE "../tests/data/compile.kmem.txt.xz"
#define SHORT_TRACE "../tests/data/files-part.kmem.txt.xz"

/* The text of a shipped trace. */
static char *trace_text(const char *name)
{
	size_t size, room = 64 << 20;
	uint8_t *packed = (uint8_t *)read_file(program_path(name), &size);
	uint8_t *text = malloc(room);
	lzma_stream z = LZMA_STREAM_INIT;

	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(lzma_stream_decoder(&z, UINT64_MAX, 0), LZMA_OK);
	z.next_in = packed;
	z.avail_in = size;
	z.next_out = text;
	z.avail_out = room - 1;
	ck_assert_int_eq(lzma_code(&z, LZMA_FINISH), LZMA_STREAM_END);
	text[z.total_out] = 0;
	lzma_end(&z);
	free(packed);
	return (char *)text;
}

static int64_t count_of(const char *text, const char *word)
{
	int64_t n = 0;

	for (const char *at = text; (at = strstr(at, word)); at++)
		n++;
	return n;
}

/* Where line number @lines begins. */
static size_t lines_end(const char *text, unsigned int lines)
{
	const char *at = text;

	while (lines-- && (at = strchr(at, '\n')))
		at++;
	ck_assert_ptr_nonnull(at);
	return (size_t)(at - text);
}

/* Every allocation event is accounted for, and no free is invented. */
static void expect_equation(const char *text)
{
	struct json_object *o = json_file("r.json");
	int64_t events = count_of(text, ": kmalloc: ") + count_of(text, ": kmem_cache_alloc: ") +
			 count_of(text, ": mm_page_alloc: ");
	int64_t frees = count_of(text, ": kfree: ") + count_of(text, ": kmem_cache_free: ") +
			count_of(text, ": mm_page_free: ") + count_of(text, ": mm_page_free_batched: ");

	ck_assert_int_eq(json_int(o, "replay.allocations") + json_int(o, "replay.internal") +
				 json_int(o, "replay.failed"),
			 events);
	ck_assert_int_gt(json_int(o, "replay.allocations"), 0);
	ck_assert_int_le(json_int(o, "replay.frees") + json_int(o, "replay.unknown_frees"), frees);
	ck_assert_int_gt(json_int(o, "replay.frees"), 0);
	ck_assert_int_ge(json_int(o, "replay.events"), events);
	/* pages are whole, objects are rounded up: never less than what was asked for */
	ck_assert_int_ge(json_int(o, "replay.memory.peak.bytes_alloc"), json_int(o, "replay.memory.peak.bytes_req"));
	ck_assert_int_gt(json_int(o, "replay.memory.peak.guest"), json_int(o, "replay.memory.peak.bytes_req") / 2);
	ck_assert_int_ge(json_int(o, "replay.memory.peak.guest"), json_int(o, "replay.memory.end.guest"));
	ck_assert_int_ge(json_int(o, "replay.memory.end.guest"), json_int(o, "replay.memory.end.bytes_req"));
	ck_assert_int_ge(json_int(o, "invariants.checked"), 5);
	ck_assert_int_eq(json_int(o, "invariants.broken"), 0);
	keep("r.json");
}

static void expect_summary(const struct proc *p)
{
	expect_out(p, "kmalloc");
	expect_out(p, "kmem_cache_alloc");
	expect_out(p, "[Uu]nknown|never seen");
	expect_out(p, "[Ll]ive");
	expect_out(p, "DMA32");
	expect_out(p, "bytes_alloc");
	expect_out(p, "memory for objects");
	expect_out(p, "peak .*of bytes_alloc.*of bytes_req");
	expect_out(p, "[Ii]nvariants");
}

START_TEST(whole_trace)
{
	/* The long one takes a minute where ring 0 is emulated: there the emulated machine replays it. */
	const char *trace = in_emulated_machine() ? TRACE : SHORT_TRACE;
	struct proc *p = run("mmvisor", "replay", "--json", "r.json", program_path(trace));

	expect_code(p, 0);
	ck_assert_str_eq(p->err, "");
	expect_summary(p);
	expect_equation(trace_text(trace));
}
END_TEST

/* The first lines as plain text, on one processor in little memory. */
START_TEST(plain_text_trace)
{
	char *text = trace_text(TRACE);
	size_t n = lines_end(text, 6000);

	text[n] = 0;
	write_file("t.txt", text, n);

	struct proc *p = run("mmvisor", "replay", "--mem", "dma=16M,dma32=16M", "--json", "r.json", "t.txt");

	keep("t.txt");
	expect_code(p, 0);
	expect_summary(p);
	expect_equation(text);
}
END_TEST

START_TEST(replay_on_debug_kernel)
{
	char *text = trace_text(TRACE);
	size_t n = lines_end(text, 1500);

	text[n] = 0;
	write_file("t.txt", text, n);

	struct proc *p = run("mmvisor", "replay", "--debug-kernel", "--json", "r.json", "t.txt");

	keep("t.txt");
	expect_code(p, 0);
	expect_equation(text);
}
END_TEST

static void bad_trace(const char *name, const void *data, size_t size)
{
	write_file(name, data, size);

	struct proc *p = run("mmvisor", "replay", "--json", "r.json", "--core", "r.core", name);

	keep(name);
	expect_code(p, 2);
	expect_one_error(p, "mmvisor", name);
}

START_TEST(trace_cut_in_the_archive)
{
	size_t size;
	char *packed = read_file(program_path(TRACE), &size);

	bad_trace("cut.xz", packed, _i ? size / 2 : size - 7);
}
END_TEST

START_TEST(trace_cut_in_a_line)
{
	char *text = trace_text(TRACE);
	size_t n = lines_end(text, 500);

	/* In the middle of an event, after its name. */
	bad_trace("cut.txt", text, n + 95);
}
END_TEST

START_TEST(trace_of_nothing)
{
	bad_trace("empty.txt", "", 0);
}
END_TEST

START_TEST(trace_of_something_else)
{
	static const char poem[] = "Roses are red,\nviolets are blue,\nthis is no trace,\nwhat can we do?\n";

	bad_trace("poem.txt", poem, sizeof(poem) - 1);
}
END_TEST

START_TEST(trace_of_bytes)
{
	char bytes[4096];

	for (unsigned int n = 0; n < sizeof(bytes); n++)
		bytes[n] = (char)(n * 197 + n / 7);
	bad_trace("bytes.bin", bytes, sizeof(bytes));
}
END_TEST

START_TEST(trace_is_a_folder)
{
	struct proc *p = run("mmvisor", "replay", "/");

	expect_code(p, 2);
	expect_one_error(p, "mmvisor", "/");
}
END_TEST

Suite *suite_replay(void)
{
	Suite *s = suite_create("replay");
	TCase *t = tcase_create("replay");

	tcase_set_timeout(t, LIMIT + 20);
	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_add_test(t, whole_trace);
	tcase_add_test(t, plain_text_trace);
	tcase_add_test(t, replay_on_debug_kernel);
	tcase_add_loop_test(t, trace_cut_in_the_archive, 0, 2);
	tcase_add_test(t, trace_cut_in_a_line);
	tcase_add_test(t, trace_of_nothing);
	tcase_add_test(t, trace_of_something_else);
	tcase_add_test(t, trace_of_bytes);
	tcase_add_test(t, trace_is_a_folder);
	suite_add_tcase(s, t);
	return s;
}
