// SPDX-License-Identifier: MIT
/*
 * suite_totals.c - results, true and false: what the model reports adds up, and what a lying guest reports is refused.
 */
#include <string.h>

#include "tests/trace/tt.h"

static const char text[] =
	"t-1 [000] .....  1.0: kmalloc: call_site=f ptr=0000000011111111 bytes_req=20 bytes_alloc=32 "
	"gfp_flags=GFP_KERNEL\n"
	"t-1 [000] .....  1.0: kmalloc: call_site=f ptr=0000000022222222 bytes_req=30 bytes_alloc=32 "
	"gfp_flags=GFP_ATOMIC\n"
	"t-1 [000] .....  1.0: kmem_cache_alloc: call_site=f ptr=0000000033333333 name=filp bytes_req=184 "
	"bytes_alloc=192 gfp_flags=GFP_KERNEL\n"
	"t-2 [001] .....  1.0: mm_page_alloc: page=1 pfn=0x1000 order=3 migratetype=0 gfp_flags=GFP_KERNEL\n"
	"t-2 [001] .....  1.0: mm_page_alloc: page=1 pfn=0x2000 order=0 migratetype=0 gfp_flags=GFP_KERNEL\n"
	"t-2 [001] .....  1.0: mm_page_free: page=1 pfn=0x2000 order=0\n"
	"t-2 [001] .....  1.0: kfree: call_site=f ptr=0000000011111111\n";

START_TEST(add_up)
{
	struct trace_program *p = tt_compile(text, 0);
	struct model m = {.fail_at = UINT64_MAX};
	struct trace_totals t;
	struct trace_error err;
	size_t size;
	void *result = model_result(p->image, &size);

	model_run(&m, p->image);
	ck_assert_msg(!trace_totals(p, result, size, &t, &err), "%s", err.text);
	ck_assert_int_eq(t.state, REPLAY_DONE);
	ck_assert_uint_eq(t.ops, 7);
	ck_assert_uint_eq(t.allocs[REPLAY_KMALLOC], 2);
	ck_assert_uint_eq(t.frees[REPLAY_KMALLOC], 1);
	ck_assert_uint_eq(t.live[REPLAY_KMALLOC], 1);
	ck_assert_uint_eq(t.live[REPLAY_CACHE], 1);
	ck_assert_uint_eq(t.live[REPLAY_PAGES], 1);
	ck_assert_uint_eq(t.live_blocks[3], 1);
	ck_assert_uint_eq(t.live_bytes[REPLAY_PAGES], 8 * 4096);
	ck_assert_uint_eq(t.nr_use, 2);
	ck_assert_str_eq(t.use[0].name, "filp");
	ck_assert_uint_eq(t.use[0].live_req, 184);
	ck_assert_uint_eq(t.use[0].live_alloc, 192);
	ck_assert_pstr_eq(t.use[1].name, NULL);
	ck_assert_uint_eq(t.use[1].traced_size, 32);
	ck_assert_uint_eq(t.use[1].allocs, 2);
	ck_assert_uint_eq(t.use[1].live_req, 30);
	trace_totals_free(&t);
}
END_TEST

/* Whichever allocation fails, everything is still accounted for, and its free is skipped. */
START_TEST(with_a_failure)
{
	struct trace_program *p = tt_compile(text, 0);
	struct model m = {.fail_at = (uint64_t)_i};
	struct trace_totals t;
	struct trace_error err;
	size_t size;
	void *result = model_result(p->image, &size);
	uint64_t allocs = 0, failed = 0, freed = 0;

	model_run(&m, p->image);
	ck_assert_msg(!trace_totals(p, result, size, &t, &err), "%s", err.text);
	for (int k = 0; k < NR_REPLAY_KINDS; k++) {
		allocs += t.allocs[k];
		failed += t.failed[k];
		freed += t.frees[k] + t.skipped[k];
	}
	ck_assert_uint_eq(allocs, 4);
	ck_assert_uint_eq(failed, 1);
	ck_assert_uint_eq(freed, 2);
	trace_totals_free(&t);
}
END_TEST

static void expect_refused(const struct trace_program *p, const char *why)
{
	struct trace_totals t;
	struct trace_error err;
	size_t size;
	void *result = model_result(p->image, &size);

	err.text[0] = '\0';
	ck_assert_msg(trace_totals(p, result, size, &t, &err), "believed: %s", why);
	ck_assert_str_ne(err.text, "");
	ck_assert_ptr_null(t.use);
}

START_TEST(lies)
{
	struct trace_program *p = tt_compile(text, 0);
	struct model m = {.fail_at = UINT64_MAX};
	size_t size;
	struct replay_result *r = model_result(p->image, &size);
	struct replay_progress *progress = (void *)((char *)r + replay_progress_off());
	struct replay_count *n;
	struct trace_totals t;
	struct trace_error err;

	model_run(&m, p->image);
	n = (void *)((char *)r + replay_counts_off(r->nr_streams, r->nr_caches));
	ck_assert_int_ne(trace_totals(p, r, size - 1, &t, &err), 0);
	switch (_i) {
	case 0:
		r->magic = 0;
		break;
	case 1:
		r->nr_classes++;
		break;
	case 2:
		progress[1].done++;
		break;
	case 3:
		n[0].allocs++;
		break;
	case 4:
		n[0].allocs = UINT32_MAX;
		n[0].failed = UINT32_MAX;
		break;
	case 5:
		n[p->image->nr_classes].frees++; /* stream 1 freed the object of stream 0 already */
		break;
	case 6:
		n[0].allocs = 0;
		break;
	case 7:
		n[0].skipped = 1;
		break;
	case 8:
		progress[0].unseen[REPLAY_PAGES] = 2;
		break;
	}
	expect_refused(p, "a number that cannot be");
}
END_TEST

START_TEST(fault_texts)
{
	struct trace_program *p = tt_compile(text, 0);
	char buf[256];

	ck_assert_str_eq(trace_fault_text(p, &(struct replay_fault){.what = 0}, buf, sizeof(buf)), "");
	trace_fault_text(p, &(struct replay_fault){.what = REPLAY_F_NOMEM, .class = 0, .stream = 1, .op = 7}, buf,
			 sizeof(buf));
	ck_assert_str_eq(buf, "kmalloc(20, GFP_KERNEL) failed (stream 1, operation 7)");
	trace_fault_text(p, &(struct replay_fault){.what = REPLAY_F_CORRUPT, .class = 2, .address = 0x1234}, buf,
			 sizeof(buf));
	ck_assert_ptr_nonnull(strstr(buf, "filp"));
	ck_assert_ptr_nonnull(strstr(buf, "0x1234"));
	/* nothing that a guest says may lead outside a table */
	trace_fault_text(p, &(struct replay_fault){.what = 4000000000u, .class = 4000000000u}, buf, sizeof(buf));
	ck_assert_ptr_nonnull(strstr(buf, "unknown"));
}
END_TEST

Suite *suite_totals(void)
{
	Suite *s = suite_create("totals");
	TCase *t = tcase_create("totals");

	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_add_test(t, add_up);
	tcase_add_loop_test(t, with_a_failure, 0, 5);
	tcase_add_loop_test(t, lies, 0, 9);
	tcase_add_test(t, fault_texts);
	suite_add_tcase(s, t);
	return s;
}
