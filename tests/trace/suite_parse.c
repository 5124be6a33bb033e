// SPDX-License-Identifier: MIT
/*
 * suite_parse.c - single lines: the same event as three programs write it, odd task names, odd values, what is no event.
 */
#include <string.h>

#include "tests/trace/tt.h"

static struct trace_event parse(const char *line)
{
	struct trace_error err;
	struct trace_event ev;

	ck_assert_msg(!trace_parse_line(line, strlen(line), &ev, &err), "%s", err.text);
	return ev;
}

static const char *refuse(const char *line)
{
	static struct trace_error err;
	struct trace_event ev;

	ck_assert_msg(trace_parse_line(line, strlen(line), &ev, &err), "taken: %s", line);
	return err.text;
}

#define SLAB_FIELDS                                                                                                    \
	"call_site=f+0x1/0x2 ptr=00000000e8ef0bb5 name=radix_tree_node bytes_req=576 bytes_alloc=584 "                 \
	"gfp_flags=GFP_NOWAIT|__GFP_ACCOUNT node=-1 accounted=true"

/* ftrace, trace-cmd report (with and without flags), perf script, and each with what it may add. */
static const char *const same_event[] = {
	"             cc1-17667   [001] d..1.  1605.257315: kmem_cache_alloc: " SLAB_FIELDS,
	"             cc1-17667   [001]  1605.257315: kmem_cache_alloc:     " SLAB_FIELDS,
	"             cc1-17667 [001] d..1.  1605.257315: kmem_cache_alloc:     " SLAB_FIELDS,
	"             cc1-17667   (  17667) [001] d..1.  1605.257315: kmem_cache_alloc: " SLAB_FIELDS,
	"cc1 17667 [001]  1605.257315:              kmem:kmem_cache_alloc: " SLAB_FIELDS,
	"cc1 17667/17668 [001]  1605.257315: kmem:kmem_cache_alloc: (f+0x1) " SLAB_FIELDS,
	"cc1-17667   [001] d..1.  1605.257315: kmem_cache_alloc_node: " SLAB_FIELDS,
};

START_TEST(formats)
{
	struct trace_event ev = parse(same_event[_i]);

	ck_assert_int_eq(ev.kind, TRACE_CACHE_ALLOC);
	ck_assert_uint_eq(ev.cpu, 1);
	ck_assert_int_eq(ev.pid, _i == 5 ? 17668 : 17667);
	ck_assert_uint_eq(ev.key, 0xe8ef0bb5);
	ck_assert_uint_eq(ev.bytes_req, 576);
	ck_assert_uint_eq(ev.bytes_alloc, 584);
	ck_assert_uint_eq(ev.gfp, trace_gfp_bit("GFP_NOWAIT") | trace_gfp_bit("__GFP_ACCOUNT"));
	ck_assert_uint_eq(ev.name_len, strlen("radix_tree_node"));
	ck_assert_int_eq(strncmp(ev.name, "radix_tree_node", ev.name_len), 0);
	ck_assert_double_eq_tol(ev.seconds, 1605.257315, 1e-6);
	ck_assert(!ev.null);
}
END_TEST

/* Task names are whatever somebody wrote to /proc/self/comm. */
static const struct {
	const char *line;
	int pid;
} tasks[] = {
	{"     Web Content-1234  [007] .....  1.5: kfree: call_site=f ptr=0000000012345678", 1234},
	{"   [kworker] [3]-77    [007] .....  1.5: kfree: call_site=f ptr=0000000012345678", 77},
	{"    a-b-c-9-1234       [007] .....  1.5: kfree: call_site=f ptr=0000000012345678", 1234},
	{"          <idle>-0     [007] ..s1.  1.5: kfree: call_site=f ptr=0000000012345678", 0},
	{"    kworker/u8:2-41    [007] .....  1.5: kfree: call_site=f ptr=0000000012345678", 41},
	{"         x: [2] 5:-6   [007] .....  1.5: kfree: call_site=f ptr=0000000012345678", 6},
	{"               ...-123 [007] .....  105: kfree: call_site=f ptr=0000000012345678", 123},
};

START_TEST(task_names)
{
	struct trace_event ev = parse(tasks[_i].line);

	ck_assert_int_eq(ev.kind, TRACE_KFREE);
	ck_assert_uint_eq(ev.cpu, 7);
	ck_assert_int_eq(ev.pid, tasks[_i].pid);
	ck_assert_uint_eq(ev.key, 0x12345678);
}
END_TEST

START_TEST(pages)
{
	struct trace_event ev = parse("a-1 [000] .....  1.0: mm_page_alloc: page=00000000fc3d0790 pfn=0x182a1a order=3 "
				      "migratetype=1 gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_ZERO|__GFP_COMP");

	ck_assert_int_eq(ev.kind, TRACE_PAGE_ALLOC);
	ck_assert_uint_eq(ev.key, 0x182a1a);
	ck_assert_uint_eq(ev.order, 3);
	ck_assert_uint_eq(ev.gfp & trace_gfp_bit("__GFP_MOVABLE"), trace_gfp_bit("__GFP_MOVABLE"));
	/* older kernels print the frame number in decimal */
	ev = parse("a-1 [000] .....  1.0: mm_page_free: page=0xffffea0004 pfn=1583642 order=0");
	ck_assert_int_eq(ev.kind, TRACE_PAGE_FREE);
	ck_assert_uint_eq(ev.key, 1583642);
	ev = parse("a-1 [000] .....  1.0: mm_page_free_batched: page=ffffea0004 pfn=1583642 cold=0");
	ck_assert_int_eq(ev.kind, TRACE_PAGE_BATCHED);
	ev = parse("a-1 [000] .....  1.0: mm_page_alloc: page=0000000000000000 pfn=0x0 order=9 migratetype=0 "
		   "gfp_flags=GFP_NOWAIT");
	ck_assert(ev.null);
	ev = parse("a-1 [000] .....  1.0: mm_page_alloc: page=(null) pfn=0 order=9 migratetype=0 gfp_flags=GFP_NOWAIT");
	ck_assert(ev.null);
}
END_TEST

START_TEST(nulls)
{
	ck_assert(parse("a-1 [000] .....  1.0: kfree: call_site=f ptr=0000000000000000").null);
	ck_assert(parse("a-1 [000] .....  1.0: kfree: call_site=f ptr=(null)").null);
	/* what kmalloc(0) returned */
	ck_assert(parse("a-1 [000] .....  1.0: kfree: call_site=f ptr=0x10").null);
	ck_assert(parse("a-1 [000] .....  1.0: kmalloc: call_site=f ptr=0000000000000000 bytes_req=8 bytes_alloc=8 "
			"gfp_flags=GFP_ATOMIC")
			  .null);
	ck_assert(!parse("a-1 [000] .....  1.0: kfree: call_site=f ptr=0x11").null);
}
END_TEST

static const struct {
	const char *text;
	uint64_t n;
} lost_lines[] = {
	{"CPU:0 [LOST 12 EVENTS]", 12},
	{"CPU:13 [LOST 1 EVENTS]", 1},
	{"CPU:1 [57 EVENTS DROPPED]", 57},
	{"CPU:1 [EVENTS DROPPED]", 1},
};

START_TEST(lost)
{
	struct trace_event ev = parse(lost_lines[_i].text);

	ck_assert_int_eq(ev.kind, TRACE_LOST);
	ck_assert_uint_eq(ev.lost, lost_lines[_i].n);
}
END_TEST

static const char *const fillers[] = {
	"",
	"# entries-in-buffer/entries-written: 70619/70619   #P:2",
	"cpus=4",
	"version = 6",
	"CPU 1 is empty",
	" => __traceiter_kfree",
	"##### CPU 1 buffer started ####",
	"\tffffffff811d4d5a kfree+0xea ([kernel.kallsyms])",
};

START_TEST(filler)
{
	ck_assert_int_eq(parse(fillers[_i]).kind, TRACE_NOTHING);
}
END_TEST

static const char *const others[] = {
	"a-1 [000] .....  1.0: rss_stat: mm_id=1 curr=1 type=MM_ANONPAGES size=4096B",
	"a-1 [000] .....  1.0: mm_page_alloc_extfrag: page=1 pfn=0x1 alloc_order=0",
	"a-1 [000] .....  1.0: mm_page_pcpu_drain: page=1 pfn=0x1 order=0 migratetype=1",
	"a-1 [000] .....  1.0: kmallocx: ptr=1",
	"a-1 [000] .....  1.0: <stack trace>",
};

START_TEST(other_events)
{
	ck_assert_int_eq(parse(others[_i]).kind, TRACE_OTHER);
}
END_TEST

static const struct {
	const char *line, *says;
} bad_lines[] = {
	{"hello", "not a line"},
	{"a-1 [000] .....  : kfree: ptr=1", "not a line"},
	{"a-1 [0x0] .....  1.0: kfree: ptr=1", "not a line"},
	{"a-1 [000] .....  1.0: kfree: call_site=f", "ptr="},
	{"a-1 [000] .....  1.0: kfree: call_site=f ptr=xyz", "not a number"},
	{"a-1 [000] .....  1.0: kmalloc: ptr=12345678 bytes_req=8 gfp_flags=GFP_KERNEL", "bytes_alloc="},
	{"a-1 [000] .....  1.0: kmalloc: ptr=12345678 bytes_req=8 bytes_alloc=8", "gfp_flags="},
	{"a-1 [000] .....  1.0: kmalloc: ptr=12345678 bytes_req=-8 bytes_alloc=8 gfp_flags=0", "not a number"},
	{"a-1 [000] .....  1.0: kmalloc: ptr=12345678 bytes_req=99999999999 bytes_alloc=8 gfp_flags=0", "4 GiB"},
	{"a-1 [000] .....  1.0: kmalloc: ptr=12345678 bytes_req=8 bytes_alloc=8 gfp_flags=GFP_NONSENSE",
	 "unknown flag"},
	{"a-1 [000] .....  1.0: kmem_cache_alloc: ptr=12345678 name=x bytes_req=0 bytes_alloc=8 gfp_flags=0",
	 "no bytes"},
	{"a-1 [000] .....  1.0: mm_page_alloc: page=1 order=0 gfp_flags=GFP_KERNEL", "pfn="},
	{"a-1 [000] .....  1.0: mm_page_alloc: page=1 pfn=0x1 order=64 gfp_flags=GFP_KERNEL", "no order"},
	{"a-1 [000] .....  1.0: mm_page_free: page=1 pfn=0x99999999999999999 order=0", "not a number"},
};

START_TEST(bad)
{
	const char *why = refuse(bad_lines[_i].line);

	ck_assert_msg(strstr(why, bad_lines[_i].says), "\"%s\" does not say \"%s\"", why, bad_lines[_i].says);
}
END_TEST

START_TEST(gfp_names)
{
	uint32_t gfp;

	ck_assert_int_eq(trace_gfp_parse("GFP_KERNEL", 10, &gfp), 0);
	ck_assert_uint_eq(gfp, 0xcc0);
	ck_assert_int_eq(trace_gfp_parse("GFP_KERNEL|__GFP_ZERO", 21, &gfp), 0);
	ck_assert_uint_eq(gfp, 0xdc0);
	ck_assert_int_eq(trace_gfp_parse("0xdc0", 5, &gfp), 0);
	ck_assert_uint_eq(gfp, 0xdc0);
	ck_assert_int_eq(trace_gfp_parse("GFP_NOFS|0x100", 14, &gfp), 0);
	ck_assert_uint_eq(gfp, 0xd40);
	/* the composite names must not be found by their beginnings */
	ck_assert_int_eq(trace_gfp_parse("GFP_HIGHUSER_MOVABLE", 20, &gfp), 0);
	ck_assert_uint_eq(gfp, 0x100cca);
	ck_assert_int_eq(trace_gfp_parse("GFP_HIGHUSER", 12, &gfp), 0);
	ck_assert_uint_eq(gfp, 0x100cc2);
	/* of older and of tagging kernels: worth nothing, but known */
	ck_assert_int_eq(trace_gfp_parse("GFP_KERNEL|__GFP_SKIP_KASAN_POISON|__GFP_COLD", 45, &gfp), 0);
	ck_assert_uint_eq(gfp, 0xcc0);
	ck_assert_int_eq(trace_gfp_parse("none", 4, &gfp), 0);
	ck_assert_uint_eq(gfp, 0);
	ck_assert_int_ne(trace_gfp_parse("GFP_KERNE", 9, &gfp), 0);
	ck_assert_int_ne(trace_gfp_parse("GFP_KERNEL||__GFP_ZERO", 22, &gfp), 0);
}
END_TEST

/* What the kernel would have printed for a mask comes out again. */
START_TEST(gfp_texts)
{
	static const char *const masks[] = {
		"GFP_KERNEL",
		"GFP_KERNEL|__GFP_ZERO",
		"GFP_HIGHUSER_MOVABLE|__GFP_ZERO|__GFP_COMP",
		"GFP_NOWAIT|__GFP_NORETRY",
		"GFP_ATOMIC|__GFP_RECLAIMABLE|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP",
		"__GFP_IO|__GFP_NOMEMALLOC",
		"0",
	};
	char text[256];
	uint32_t gfp;

	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		ck_assert_int_eq(trace_gfp_parse(masks[i], strlen(masks[i]), &gfp), 0);
		ck_assert_str_eq(trace_gfp_text(gfp, text, sizeof(text)), masks[i]);
	}
	/* too long for its place: cut, not more */
	trace_gfp_text(0xffffffff, text, 20);
	ck_assert_uint_eq(strlen(text), 19);
}
END_TEST

/* A cache may be called anything. */
START_TEST(names_with_blanks)
{
	struct trace_event ev = parse("a-1 [000] .....  1.0: kmem_cache_alloc: call_site=f ptr=12345678 name=my cache "
				      "bytes_req=8 bytes_alloc=8 gfp_flags=GFP_KERNEL node=-1");

	ck_assert_uint_eq(ev.name_len, 8);
	ck_assert_int_eq(strncmp(ev.name, "my cache", 8), 0);
	ev = parse("a-1 [000] .....  1.0: kmem_cache_free: call_site=f ptr=12345678 name=my cache");
	ck_assert_uint_eq(ev.name_len, 8);
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

Suite *suite_parse(void)
{
	Suite *s = suite_create("parse");
	TCase *t = tcase_create("parse");

	tcase_add_loop_test(t, formats, 0, N(same_event));
	tcase_add_loop_test(t, task_names, 0, N(tasks));
	tcase_add_test(t, pages);
	tcase_add_test(t, nulls);
	tcase_add_loop_test(t, lost, 0, N(lost_lines));
	tcase_add_loop_test(t, filler, 0, N(fillers));
	tcase_add_loop_test(t, other_events, 0, N(others));
	tcase_add_loop_test(t, bad, 0, N(bad_lines));
	tcase_add_test(t, gfp_names);
	tcase_add_test(t, gfp_texts);
	tcase_add_test(t, names_with_blanks);
	suite_add_tcase(s, t);
	return s;
}
