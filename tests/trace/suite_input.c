// SPDX-License-Identifier: MIT
/*
 * suite_input.c - files as they come: plain, packed, cut, empty, of another kind; each fault is one line that says where.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/trace/tt.h"

#define LINE                                                                                                           \
	"a-1     [000] .....  1.000000: kmalloc: call_site=f ptr=0000000012345678 bytes_req=8 bytes_alloc=8 "          \
	"gfp_flags=GFP_KERNEL\n"

static const char *error_of(const char *path)
{
	static struct trace_error err;
	struct trace_program p;

	ck_assert_int_eq(trace_compile(path, NULL, &p, &err), -EINVAL);
	return err.text;
}

static void expect(const char *error, const char *says)
{
	ck_assert_msg(strstr(error, says), "\"%s\" does not say \"%s\"", error, says);
}

START_TEST(packed_as_plain)
{
	struct trace_program a, b;
	struct trace_error err;
	const char *text = TT_HEAD LINE LINE;

	ck_assert_int_eq(trace_compile(tt_write("t", text, strlen(text)), NULL, &a, &err), 0);
	ck_assert_int_eq(trace_compile(tt_pack("t.xz", text, strlen(text)), NULL, &b, &err), 0);
	ck_assert_uint_eq(a.image->total_size, b.image->total_size);
	ck_assert_mem_eq(a.image, b.image, a.image->total_size);
	ck_assert_uint_eq(a.stats.lines, 5);
	trace_program_free(&a);
	trace_program_free(&b);
}
END_TEST

/* xz files can be glued together; what `cat a.xz b.xz` unpacks to is read. */
START_TEST(packed_twice)
{
	char both[1024];
	size_t size, total = 0;
	struct trace_program p;
	struct trace_error err;

	for (int i = 0; i < 2; i++) {
		char *one = tt_file(tt_pack("t.xz", LINE, strlen(LINE)), &size);

		ck_assert_uint_le(total + size, sizeof(both));
		memcpy(both + total, one, size);
		total += size;
		free(one);
	}
	ck_assert_int_eq(trace_compile(tt_write("two.xz", both, total), NULL, &p, &err), 0);
	ck_assert_uint_eq(p.stats.seen[TRACE_KMALLOC], 2);
	trace_program_free(&p);
}
END_TEST

/* Cut anywhere, also in the container's head and in its index. */
START_TEST(packed_cut)
{
	char text[60 * (sizeof(LINE) - 1) + 1];
	size_t size;
	char *packed;

	for (int i = 0; i < 60; i++)
		memcpy(text + (size_t)i * (sizeof(LINE) - 1), LINE, sizeof(LINE));
	packed = tt_file(tt_pack("t.xz", text, strlen(text)), &size);
	for (size_t cut = 6; cut < size; cut++)
		expect(error_of(tt_write("cut.xz", packed, cut)), "cut.xz: ");
	expect(error_of(tt_write("cut.xz", packed, size / 2)), "cut short");
	free(packed);
}
END_TEST

START_TEST(packed_damaged)
{
	char text[60 * (sizeof(LINE) - 1) + 1];
	size_t size;
	char *packed;

	for (int i = 0; i < 60; i++)
		memcpy(text + (size_t)i * (sizeof(LINE) - 1), LINE, sizeof(LINE));
	packed = tt_file(tt_pack("t.xz", text, strlen(text)), &size);
	packed[size / 2] ^= 0x55;
	expect(error_of(tt_write("bad.xz", packed, size)), "corrupt xz");
	free(packed);
}
END_TEST

static const struct {
	const char *bytes;
	size_t size;
	const char *says;
} not_traces[] = {
	{"", 0, "empty"},
	{"PERFILE2h\0\0\0", 12, "perf script"},
	{"\x17\x08"
	 "Dtracing6",
	 11, "trace-cmd report"},
	{"\x1f\x8b\x08\0", 4, "gzip"},
	{"\x28\xb5\x2f\xfd", 4, "zstd"},
	{"\177ELF\2\1\1", 7, "ELF"},
	{"Roses are red\n", 14, "bad.txt:1: not a line"},
	{LINE "what is this?\n", sizeof(LINE) + 13, "bad.txt:2: not a line"},
	{LINE "\0\n", sizeof(LINE) + 1, "bad.txt:2: a zero byte"},
	{"# only a head\n", 14, "no allocation events"},
	{"a-1 [000] .....  1.0: kfree: call_site=f ptr=0000000012345678\n", 62, "no allocation events"},
	{LINE LINE "a-1     [000] .....  1.000000: kmal", 2 * (sizeof(LINE) - 1) + 35,
	 "bad.txt:3: the last line has no end"},
};

START_TEST(not_a_trace)
{
	expect(tt_error(not_traces[_i].bytes, not_traces[_i].size), not_traces[_i].says);
}
END_TEST

START_TEST(no_file)
{
	expect(error_of("/nonexistent/trace.txt"), "/nonexistent/trace.txt: No such file");
	expect(error_of("/tmp"), "not a regular file");
}
END_TEST

/* Lines of every length around the sizes of the buffers inside. */
START_TEST(long_lines)
{
	size_t room = 400000;
	char *text = malloc(room);

	for (size_t comment = 60; comment < 65000; comment = comment * 3 / 2) {
		size_t used = 0;
		struct trace_program *p;

		for (int i = 0; i < 5; i++) {
			text[used++] = '#';
			memset(text + used, 'x', comment);
			used += comment;
			text[used++] = '\n';
			memcpy(text + used, LINE, sizeof(LINE) - 1);
			used += sizeof(LINE) - 1;
		}
		text[used] = '\0';
		p = tt_compile(text, 0);
		ck_assert_uint_eq(p->stats.seen[TRACE_KMALLOC], 5);
		ck_assert_uint_eq(p->stats.lines, 10);
	}
	memset(text, 'x', room);
	expect(tt_error(text, room), "a line of more than");
	free(text);
}
END_TEST

/* Whatever the bytes are, it is an error line or a program: never a crash (the sanitizers watch). */
START_TEST(mangled)
{
	size_t size;
	char *text = tt_unpack("tests/data/compile.kmem.txt.xz", &size);
	unsigned int seed = (unsigned int)_i + 1;

	size = 20000;
	for (int round = 0; round < 20; round++) {
		struct trace_program p;
		struct trace_error err;
		char *copy = malloc(size);

		memcpy(copy, text, size);
		for (int i = 0; i < 1 + round % 4; i++)
			copy[(size_t)rand_r(&seed) % size] =
				(char)(rand_r(&seed) % 4 ? ' ' + rand_r(&seed) % 95 : rand_r(&seed));
		if (!trace_compile(tt_write("m.txt", copy, size - (size_t)(round % 3)), NULL, &p, &err)) {
			ck_assert_pstr_eq(replay_check(p.image, p.image->total_size), NULL);
			trace_program_free(&p);
		} else {
			ck_assert_str_ne(err.text, "");
		}
		free(copy);
	}
	free(text);
}
END_TEST

#define NR(a) ((int)(sizeof(a) / sizeof((a)[0])))

Suite *suite_input(void)
{
	Suite *s = suite_create("input");
	TCase *t = tcase_create("input");

	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, packed_as_plain);
	tcase_add_test(t, packed_twice);
	tcase_add_test(t, packed_cut);
	tcase_add_test(t, packed_damaged);
	tcase_add_loop_test(t, not_a_trace, 0, NR(not_traces));
	tcase_add_test(t, no_file);
	tcase_add_test(t, long_lines);
	tcase_add_loop_test(t, mangled, 0, 5);
	suite_add_tcase(s, t);
	return s;
}
