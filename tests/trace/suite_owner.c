// SPDX-License-Identifier: MIT
/*
 * suite_owner.c - page allocations of the traced kernel's own: recognised, and not confused with what looks like them.
 *
 * Each case is a trace and how many of its page allocations are internal, for slabs and for large kmalloc().
 */
#include <string.h>

#include "tests/trace/tt.h"

#define T(task, flags, what) task " [001] " flags "  1.000000: " what "\n"
#define PAGE(pfn, order, gfp)                                                                                          \
	"mm_page_alloc: page=00000000fc3d0790 pfn=0x" pfn " order=" order " migratetype=0 gfp_flags=" gfp
#define OBJECT(gfp)                                                                                                    \
	"kmem_cache_alloc: call_site=f ptr=00000000e8ef0bb5 name=x bytes_req=576 bytes_alloc=584 gfp_flags=" gfp       \
	" node=-1"
#define KM(ptr, size, gfp)                                                                                             \
	"kmalloc: call_site=f ptr=" ptr " bytes_req=" size " bytes_alloc=" size " gfp_flags=" gfp " node=-1"
#define FREE "kfree: call_site=f ptr=0000000012345678"

#define TASK "tar-17"
#define FIRST_TRY "__GFP_RECLAIMABLE|__GFP_IO|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|__GFP_NOMEMALLOC"

static const struct {
	const char *what, *text;
	unsigned int slab, kmalloc;
} cases[] = {
	{"a slab without waiting",
	 T(TASK, "d..1.", PAGE("1000", "1", "GFP_NOWAIT|__GFP_RECLAIMABLE|__GFP_NORETRY|__GFP_COMP"))
		 T(TASK, "d..1.", OBJECT("GFP_NOWAIT|__GFP_ACCOUNT")),
	 1, 0},
	{"a large slab tried for first",
	 T(TASK, ".....", PAGE("1000", "2", FIRST_TRY)) T(TASK, ".....", OBJECT("GFP_NOFS")), 1, 0},
	{"a slab for an object that must not fail",
	 T(TASK, ".....", PAGE("1000", "0", "GFP_NOFS|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP"))
		 T(TASK, ".....", OBJECT("GFP_NOFS|__GFP_ZERO|__GFP_NOFAIL|__GFP_ACCOUNT")),
	 1, 0},
	{"two slabs for one object",
	 T(TASK, ".....", PAGE("1000", "2", FIRST_TRY)) T(TASK, ".....", PAGE("1004", "2", FIRST_TRY))
		 T(TASK, ".....", OBJECT("GFP_NOFS")),
	 2, 0},
	{"another task in between",
	 T(TASK, ".....", PAGE("1000", "2", FIRST_TRY)) T("cc1-5", ".....", FREE) T(TASK, ".....", OBJECT("GFP_NOFS")),
	 1, 0},
	{"an interrupt in between",
	 T(TASK, ".....", PAGE("1000", "2", FIRST_TRY)) T(TASK, "..s1.", FREE) T(TASK, "..h1.", FREE)
		 T(TASK, ".....", OBJECT("GFP_NOFS")),
	 1, 0},
	{"something else in between",
	 T(TASK, ".....", PAGE("1000", "2", FIRST_TRY)) T(TASK, ".....", FREE) T(TASK, ".....", OBJECT("GFP_NOFS")), 0,
	 0},
	{"an ordinary page in between",
	 T(TASK, ".....", PAGE("1000", "2", FIRST_TRY)) T(TASK, ".....", PAGE("2000", "0", "GFP_KERNEL"))
		 T(TASK, ".....", OBJECT("GFP_NOFS")),
	 0, 0},
	{"nothing after it", T(TASK, ".....", PAGE("1000", "2", FIRST_TRY)), 0, 0},
	{"an object with another mask",
	 T(TASK, ".....", PAGE("1000", "2", FIRST_TRY)) T(TASK, ".....", OBJECT("GFP_ATOMIC")), 0, 0},
	{"the page cache",
	 T(TASK, ".....", PAGE("1000", "4", "GFP_HIGHUSER_MOVABLE|__GFP_WRITE|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP"))
		 T(TASK, ".....", OBJECT("GFP_NOFS|__GFP_ZERO|__GFP_NOFAIL|__GFP_ACCOUNT")),
	 0, 0},
	{"read-ahead",
	 T(TASK, ".....",
	   PAGE("1000", "0",
		"GFP_NOFS|__GFP_HIGHMEM|__GFP_MOVABLE|__GFP_NOWARN|__GFP_NORETRY|"
		"__GFP_COMP|__GFP_HARDWALL")) T(TASK, ".....", OBJECT("GFP_NOFS")),
	 0, 0},
	{"a page table",
	 T(TASK, ".....", PAGE("1000", "0", "GFP_KERNEL_ACCOUNT|__GFP_ZERO|__GFP_COMP"))
		 T(TASK, ".....", OBJECT("GFP_KERNEL")),
	 0, 0},
	{"a network fragment, softirq",
	 T(TASK, "..s1.", PAGE("1000", "3", "GFP_ATOMIC|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|__GFP_NOMEMALLOC"))
		 T(TASK, "..s1.", OBJECT("GFP_ATOMIC")),
	 0, 0},
	{"a network fragment, task",
	 T(TASK, ".....",
	   PAGE("1000", "3",
		"__GFP_IO|__GFP_FS|__GFP_KSWAPD_RECLAIM|__GFP_NOWARN|"
		"__GFP_NORETRY|__GFP_COMP")) T(TASK, ".....", OBJECT("GFP_KERNEL")),
	 0, 0},
	{"a large kmalloc()",
	 T(TASK, ".....", PAGE("1000", "2", "GFP_KERNEL|__GFP_ZERO|__GFP_COMP"))
		 T(TASK, ".....", KM("00000000e8ef0bb5", "16384", "GFP_KERNEL|__GFP_ZERO")),
	 0, 1},
	{"a large kmalloc(), its address in clear",
	 T(TASK, ".....", PAGE("1000", "2", "GFP_KERNEL|__GFP_COMP"))
		 T(TASK, ".....", KM("0xffff9c4041000000", "16384", "GFP_KERNEL")),
	 0, 1},
	{"a large kmalloc() at another address",
	 T(TASK, ".....", PAGE("1000", "2", "GFP_KERNEL|__GFP_COMP"))
		 T(TASK, ".....", KM("0xffff9c4041001000", "16384", "GFP_KERNEL")),
	 0, 0},
	{"a large kmalloc() of another size",
	 T(TASK, ".....", PAGE("1000", "2", "GFP_KERNEL|__GFP_COMP"))
		 T(TASK, ".....", KM("00000000e8ef0bb5", "32768", "GFP_KERNEL")),
	 0, 0},
	{"a kmalloc() from a cache",
	 T(TASK, ".....", PAGE("1000", "1", "GFP_KERNEL|__GFP_COMP"))
		 T(TASK, ".....", KM("00000000e8ef0bb5", "8192", "GFP_KERNEL")),
	 0, 0},
	{"the idle tasks of two CPUs",
	 "<idle>-0 [001] .....  1.0: " PAGE("1000", "2",
					    FIRST_TRY) "\n"
						       "<idle>-0 [000] .....  1.0: " OBJECT("GFP_NOFS") "\n",
	 0, 0},
	{"perf, which tells no context",
	 "tar 17 [001] 1.0: kmem:" PAGE("1000", "2", FIRST_TRY) "\n"
								"tar 17 [001] 1.0: kmem:" OBJECT("GFP_NOFS") "\n",
	 1, 0},
};

START_TEST(recognised)
{
	struct trace_program *p = tt_compile(cases[_i].text, 0);
	const struct trace_stats *st = &p->stats;
	struct model m = {.fail_at = UINT64_MAX};
	unsigned int nops = 0;

	ck_assert_msg(st->internal_slab == cases[_i].slab && st->internal_kmalloc == cases[_i].kmalloc,
		      "%s: %lu and %lu", cases[_i].what, (unsigned long)st->internal_slab,
		      (unsigned long)st->internal_kmalloc);
	ck_assert_uint_eq(st->allocs[REPLAY_PAGES] + cases[_i].slab + cases[_i].kmalloc, st->seen[TRACE_PAGE_ALLOC]);
	for (uint32_t i = 0; i < trace_streams(p->image)[0].nr_ops; i++)
		nops += REPLAY_OP_CODE(trace_ops(p->image, 0)[i]) == REPLAY_NOP;
	ck_assert_uint_eq(nops, cases[_i].slab + cases[_i].kmalloc);
	model_run(&m, p->image);
}
END_TEST

/* What went in internally comes out internally: no free is done, and none is unknown. */
START_TEST(freed_again)
{
	struct trace_program *p = tt_compile(
		T(TASK, ".....", PAGE("1000", "2", FIRST_TRY)) T(TASK, ".....", OBJECT("GFP_NOFS"))
			T(TASK, ".....", "kmem_cache_free: call_site=f ptr=00000000e8ef0bb5 name=x")
				T(TASK, ".....", "mm_page_free: page=00000000fc3d0790 pfn=0x1000 order=2")
					T(TASK, ".....", "mm_page_free: page=00000000fc3d0790 pfn=0x1000 order=2"),
		0);

	ck_assert_uint_eq(p->stats.internal_slab, 1);
	ck_assert_uint_eq(p->stats.internal_frees, 1);
	ck_assert_uint_eq(p->stats.unknown[REPLAY_PAGES], 1);
	ck_assert_uint_eq(p->stats.frees[REPLAY_CACHE], 1);
	ck_assert_uint_eq(p->stats.live_bytes, 0);
}
END_TEST

Suite *suite_owner(void)
{
	Suite *s = suite_create("owner");
	TCase *t = tcase_create("owner");

	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_add_loop_test(t, recognised, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(t, freed_again);
	suite_add_tcase(s, t);
	return s;
}
