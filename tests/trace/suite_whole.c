// SPDX-License-Identifier: MIT
/*
 * suite_whole.c - the shipped traces as a whole (a compile job; a part of a job on many small files, which makes the kernel
 * get new slabs): against an independent count by awk over the text, in the three programs' formats, and performed by the
 * model in many orders, on one to four streams.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/trace/tt.h"

#define TRACE "tests/data/compile.kmem.txt.xz"
#define PART "tests/data/files-part.kmem.txt.xz"

static struct trace_program whole(const char *path, unsigned int streams)
{
	struct trace_options opt = {.max_streams = streams};
	struct trace_program p;
	struct trace_error err;

	ck_assert_msg(!trace_compile(path, &opt, &p, &err), "%s", err.text);
	ck_assert_pstr_eq(replay_check(p.image, p.image->total_size), NULL);
	return p;
}

struct counted {
	const char *name;
	uint64_t ours;
};

START_TEST(awk_agrees)
{
	const char *path = _i ? PART : TRACE;
	struct trace_program p = whole(path, 0);
	const struct trace_stats *st = &p.stats;
	const struct counted counts[] = {
		{"events", st->events},
		{"kmalloc", st->allocs[REPLAY_KMALLOC]},
		{"cache", st->allocs[REPLAY_CACHE]},
		{"pages", st->allocs[REPLAY_PAGES] + st->internal_slab},
		{"internal", st->internal_slab},
		{"kmalloc_frees", st->frees[REPLAY_KMALLOC]},
		{"cache_frees", st->frees[REPLAY_CACHE]},
		{"page_frees", st->frees[REPLAY_PAGES]},
		{"internal_frees", st->internal_frees},
		{"unknown", st->unknown[0] + st->unknown[1] + st->unknown[2]},
		{"null_frees", st->null_frees},
		{"reused", st->reused},
	};
	size_t size;
	char *text = tt_unpack(path, &size);
	char command[512], name[64];
	unsigned long n, compared = 0;
	FILE *f;

	snprintf(command, sizeof(command), "awk -f tests/trace/count.awk %s", tt_write("whole.txt", text, size));
	f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	while (fscanf(f, "%63s %lu", name, &n) == 2)
		for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
			if (!strcmp(name, counts[i].name)) {
				ck_assert_msg(n == counts[i].ours, "%s: awk counts %lu, we %lu", name, n,
					      (unsigned long)counts[i].ours);
				compared++;
			}
	ck_assert_int_eq(pclose(f), 0);
	ck_assert_uint_eq(compared, sizeof(counts) / sizeof(counts[0]));
	ck_assert_uint_gt(st->internal_slab, 0);
	ck_assert_uint_eq(st->internal_slab, _i ? 25 : 1);
	ck_assert_uint_eq(st->failed, 0);
	trace_program_free(&p);
	free(text);
}
END_TEST

static uint64_t all(const uint64_t n[NR_REPLAY_KINDS])
{
	return n[0] + n[1] + n[2];
}

/* allocations + internal + failed = the allocation events, also as the guest's result says it. */
START_TEST(performed)
{
	unsigned int streams = 1 + (unsigned int)_i % 4;
	struct trace_program p = whole(_i < 8 ? TRACE : PART, streams);
	const struct trace_stats *st = &p.stats;
	struct model m = {.seed = (unsigned int)_i, .fail_at = UINT64_MAX};
	struct trace_totals t;
	struct trace_error err;
	size_t size;
	void *result = model_result(p.image, &size);

	ck_assert_uint_eq(p.image->nr_streams, streams < 2 ? 1 : 2);
	model_run(&m, p.image);
	ck_assert_msg(!trace_totals(&p, result, size, &t, &err), "%s", err.text);
	ck_assert_uint_eq(all(t.allocs) + st->internal_slab + st->internal_kmalloc + st->failed,
			  st->seen[TRACE_KMALLOC] + st->seen[TRACE_CACHE_ALLOC] + st->seen[TRACE_PAGE_ALLOC]);
	/* frees that the trace shows, and those that must have happened unseen */
	ck_assert_uint_eq(all(t.frees), all(st->frees) + st->reused);
	ck_assert_uint_eq(all(t.unseen), st->reused);
	ck_assert_uint_eq(all(t.live_bytes), st->live_bytes);
	/* one stream keeps the trace's order, so it has the trace's peak; more of them may drift apart, a little */
	if (streams == 1)
		ck_assert_uint_eq(m.peak_bytes, st->peak_bytes);
	else
		ck_assert_uint_lt(m.peak_bytes, st->peak_bytes + st->peak_bytes / 4);
	trace_totals_free(&t);
	trace_program_free(&p);
}
END_TEST

/* The same trace as the other two programs would have written it. */
START_TEST(other_writers)
{
	static const char *const rewrite[] = {
		/* trace-cmd report: no header, two blanks less, the event's fields in a column */
		"BEGIN { print \"cpus=2\" } !/^#/ { sub(/: *[a-z_]+: /, \"&   \"); print }",
		/* perf script: "task pid [cpu] time: kmem:event: fields", flags gone */
		"!/^#/ { pid = $1; sub(/.*-/, \"\", pid); task = $1; sub(/-[0-9]+$/, \"\", task); at = index($0, \": "
		"\"); "
		"printf \"%s %s %s %s kmem:%s\\n\", task, pid, $2, $4, substr($0, at + 2) }",
	};
	struct trace_program ours = whole(TRACE, 0), p;
	struct trace_error err;
	size_t size;
	char *text = tt_unpack(TRACE, &size);
	char command[1024], from[256], to[256];

	snprintf(to, sizeof(to), "%s", tt_write("out.txt", "", 0));
	snprintf(from, sizeof(from), "%s", tt_write("whole.txt", text, size));
	snprintf(command, sizeof(command), "awk '%s' %s > %s", rewrite[_i], from, to);
	ck_assert_int_eq(system(command), 0);
	ck_assert_msg(!trace_compile(to, NULL, &p, &err), "%s", err.text);
	ck_assert_uint_eq(p.stats.events, ours.stats.events);
	ck_assert_uint_eq(p.stats.internal_slab, ours.stats.internal_slab);
	ck_assert_uint_eq(p.image->total_size, ours.image->total_size);
	ck_assert_mem_eq(p.image, ours.image, p.image->total_size);
	trace_program_free(&p);
	trace_program_free(&ours);
	free(text);
}
END_TEST

Suite *suite_whole(void)
{
	Suite *s = suite_create("whole");
	TCase *t = tcase_create("whole");

	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, awk_agrees, 0, 2);
	tcase_add_loop_test(t, performed, 0, 12);
	tcase_add_loop_test(t, other_writers, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
