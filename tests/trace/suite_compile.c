// SPDX-License-Identifier: MIT
/*
 * suite_compile.c - small traces into op streams: objects, unknown and unseen frees, blocks freed in parts, moves
 * between CPUs, folding of CPUs, lost events.
 *
 * Streams are written in a shorthand: A allocation, F free, K kfree() of a cache's object, U unseen free, . nop, and W3 a wait for 3 ops
 * of the other stream.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/trace/tt.h"

#define EV(cpu, what) "t-" #cpu "1   [00" #cpu "] .....  1.000000: " what "\n"
#define KMALLOC(cpu, ptr)                                                                                              \
	EV(cpu, "kmalloc: call_site=f ptr=00000000" ptr " bytes_req=20 bytes_alloc=32 gfp_flags=GFP_KERNEL node=-1")
#define KFREE(cpu, ptr) EV(cpu, "kfree: call_site=f ptr=00000000" ptr)
#define OBJ(cpu, ptr, cache)                                                                                           \
	EV(cpu, "kmem_cache_alloc: call_site=f ptr=00000000" ptr " name=" cache                                        \
		" bytes_req=184 bytes_alloc=192 gfp_flags=GFP_KERNEL node=-1")
#define OBJFREE(cpu, ptr, cache) EV(cpu, "kmem_cache_free: call_site=f ptr=00000000" ptr " name=" cache)
#define PAGES(cpu, pfn, order)                                                                                         \
	EV(cpu, "mm_page_alloc: page=00000000fc3d0790 pfn=0x" pfn " order=" order                                      \
		" migratetype=1 gfp_flags=GFP_HIGHUSER_MOVABLE")
#define PFREE(cpu, pfn, order) EV(cpu, "mm_page_free: page=00000000fc3d0790 pfn=0x" pfn " order=" order)

static const char *stream(const struct trace_program *p, unsigned int s)
{
	static char text[4][1024];
	char *t = text[s];

	*t = '\0';
	for (uint32_t i = 0; i < trace_streams(p->image)[s].nr_ops; i++) {
		uint64_t op = trace_ops(p->image, s)[i];

		if (REPLAY_OP_CODE(op) == REPLAY_WAIT)
			sprintf(t + strlen(t), "W%u", REPLAY_OP_SLOT(op));
		else
			sprintf(t + strlen(t), "%c", ".AFKU"[REPLAY_OP_CODE(op)]);
	}
	return t;
}

static uint64_t events(const struct trace_stats *st, bool frees)
{
	return frees ? st->seen[TRACE_KFREE] + st->seen[TRACE_CACHE_FREE] + st->seen[TRACE_PAGE_FREE]
		     : st->seen[TRACE_KMALLOC] + st->seen[TRACE_CACHE_ALLOC] + st->seen[TRACE_PAGE_ALLOC];
}

static uint64_t all(const uint64_t n[NR_REPLAY_KINDS])
{
	return n[0] + n[1] + n[2];
}

/* Compile, check both equations, and have the model perform it. */
static struct trace_program *play(const char *text, unsigned int streams)
{
	struct trace_program *p = tt_compile(text, streams);
	const struct trace_stats *st = &p->stats;
	struct model m = {.fail_at = UINT64_MAX};

	ck_assert_uint_eq(all(st->allocs) + st->internal_slab + st->internal_kmalloc + st->failed, events(st, false));
	ck_assert_uint_eq(all(st->frees) + all(st->unknown) + st->null_frees + st->internal_frees + st->split_frees,
			  events(st, true));
	for (m.seed = 0; m.seed < 5; m.seed++) {
		struct model again = m;

		model_run(&again, p->image);
	}
	return p;
}

START_TEST(simple)
{
	struct trace_program *p =
		play(KMALLOC(0, "11111111") OBJ(0, "22222222", "filp") PAGES(0, "1000", "0") KFREE(0, "11111111")
			     OBJFREE(0, "22222222", "filp") PFREE(0, "1000", "0"),
		     0);

	ck_assert_str_eq(stream(p, 0), "AAAFFF");
	ck_assert_uint_eq(p->stats.allocs[REPLAY_KMALLOC], 1);
	ck_assert_uint_eq(p->stats.allocs[REPLAY_CACHE], 1);
	ck_assert_uint_eq(p->stats.allocs[REPLAY_PAGES], 1);
	ck_assert_uint_eq(all(p->stats.frees), 3);
	ck_assert_uint_eq(p->stats.live_bytes, 0);
	ck_assert_uint_eq(p->stats.peak_bytes, 32 + 192 + 4096);
	ck_assert_uint_eq(p->stats.slab_alloc.peak, 32 + 192);
	ck_assert_uint_eq(p->stats.slab_alloc.now, 0);
	ck_assert_uint_le(p->stats.slab_req.peak, 32 + 192);
	ck_assert_uint_gt(p->stats.slab_req.peak, 0);
	ck_assert_uint_eq(p->image->nr_slots, 3);
	ck_assert_uint_eq(p->image->nr_caches, 1);
	ck_assert_str_eq(trace_caches(p->image)[0].name, "filp");
	ck_assert_uint_eq(trace_caches(p->image)[0].object_size, 184);
	ck_assert_uint_eq(trace_caches(p->image)[0].traced_size, 192);
	ck_assert_uint_eq(trace_caches(p->image)[0].flags, REPLAY_F_HWCACHE);
}
END_TEST

START_TEST(slots_are_reused)
{
	struct trace_program *p = play(KMALLOC(0, "11111111") KFREE(0, "11111111") KMALLOC(0, "22222222")
					       KFREE(0, "22222222") KMALLOC(0, "11111111"),
				       0);

	ck_assert_str_eq(stream(p, 0), "AFAFA");
	ck_assert_uint_eq(p->image->nr_slots, 1);
}
END_TEST

/* Frees of what was allocated before the recording began are counted, and nothing is done. */
START_TEST(unknown_frees)
{
	struct trace_program *p = play(KFREE(0, "99999999") OBJFREE(0, "88888888", "filp") PFREE(0, "1000", "0")
					       KFREE(0, "00000000") KMALLOC(0, "11111111"),
				       0);

	ck_assert_str_eq(stream(p, 0), "A");
	ck_assert_uint_eq(p->stats.unknown[REPLAY_KMALLOC], 1);
	ck_assert_uint_eq(p->stats.unknown[REPLAY_CACHE], 1);
	ck_assert_uint_eq(p->stats.unknown[REPLAY_PAGES], 1);
	ck_assert_uint_eq(p->stats.null_frees, 1);
	ck_assert_uint_eq(all(p->stats.frees), 0);
}
END_TEST

START_TEST(freed_twice)
{
	struct trace_program *p = play(KMALLOC(0, "11111111") KFREE(0, "11111111") KFREE(0, "11111111"), 0);

	ck_assert_str_eq(stream(p, 0), "AF");
	ck_assert_uint_eq(p->stats.unknown[REPLAY_KMALLOC], 1);
}
END_TEST

/* The address comes back without a free: the old object went unseen, by RCU or in bulk. */
START_TEST(address_in_use_again)
{
	struct trace_program *p =
		play(OBJ(0, "11111111", "maple_node") OBJ(0, "11111111", "maple_node")
			     OBJFREE(0, "11111111", "maple_node") PAGES(0, "1000", "0") PAGES(0, "1000", "0"),
		     0);

	ck_assert_str_eq(stream(p, 0), "AUAFAUA");
	ck_assert_uint_eq(p->stats.reused, 2);
	ck_assert_uint_eq(p->stats.live_bytes, 4096);
}
END_TEST

START_TEST(kfree_of_a_caches_object)
{
	struct trace_program *p = play(OBJ(0, "11111111", "maple_node") KFREE(0, "11111111"), 0);

	ck_assert_str_eq(stream(p, 0), "AK");
	ck_assert_uint_eq(p->stats.frees[REPLAY_CACHE], 1);
}
END_TEST

START_TEST(failed_in_the_trace)
{
	struct trace_program *p = play(
		KMALLOC(0, "00000000")
			EV(0, "mm_page_alloc: page=0000000000000000 pfn=0x0 order=9 migratetype=0 gfp_flags=GFP_NOWAIT")
				KMALLOC(0, "11111111"),
		0);

	ck_assert_uint_eq(p->stats.failed, 2);
	ck_assert_str_eq(stream(p, 0), "A");
}
END_TEST

/* mm_page_free_batched says again what mm_page_free said. */
START_TEST(batched)
{
	struct trace_program *p = play(PAGES(0, "1000", "0") PFREE(0, "1000", "0")
					       EV(0, "mm_page_free_batched: page=00000000fc3d0790 pfn=0x1000 order=0"),
				       0);

	ck_assert_str_eq(stream(p, 0), "AF");
	ck_assert_uint_eq(p->stats.seen[TRACE_PAGE_BATCHED], 1);
	ck_assert_uint_eq(all(p->stats.unknown), 0);
}
END_TEST

/*  pfn 1000 .. 1003: one block of order 2; 1001 goes, then 1002-1003 as order 1, then 1000: the block goes */
START_TEST(freed_in_parts)
{
	struct trace_program *p =
		play(PAGES(0, "1000", "2") PFREE(0, "1001", "0") PFREE(0, "1001", "0") PFREE(0, "1002", "1")
			     KMALLOC(0, "11111111") PFREE(0, "1000", "0") PAGES(0, "1001", "0"),
		     0);

	ck_assert_str_eq(stream(p, 0), "AAFA");
	ck_assert_uint_eq(p->stats.split_frees, 2);
	ck_assert_uint_eq(p->stats.frees[REPLAY_PAGES], 1);
	ck_assert_uint_eq(p->stats.unknown[REPLAY_PAGES], 1);
}
END_TEST

/* A part of a block is handed out again: the whole block had been freed unseen. And the other way round. */
START_TEST(range_in_use_again)
{
	struct trace_program *p = play(PAGES(0, "1000", "2") PAGES(0, "1002", "0") PAGES(0, "1000", "3"), 0);

	ck_assert_str_eq(stream(p, 0), "AUAUA");
	ck_assert_uint_eq(p->stats.reused, 2);
	ck_assert_uint_eq(p->stats.live_bytes, 8 * 4096);
}
END_TEST

/* The free waits for the allocation, which is the other stream's first op; a second object needs no second wait. */
START_TEST(moves)
{
	struct trace_program *p =
		play(KMALLOC(0, "22222222") KMALLOC(0, "11111111") KFREE(1, "11111111") KFREE(1, "22222222"), 0);

	ck_assert_uint_eq(p->image->nr_streams, 2);
	ck_assert_str_eq(stream(p, 0), "AA");
	ck_assert_str_eq(stream(p, 1), "W2FF");
	ck_assert_uint_eq(p->stats.moved, 2);
}
END_TEST

/* An object that is handed on for ever, and the slot that goes with it. */
START_TEST(ping_pong)
{
	char text[65536];
	size_t used = 0;
	struct trace_program *p;

	for (int i = 0; i < 60; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s",
					 i % 2 ? KMALLOC(1, "11111111") KFREE(0, "11111111")
					       : KMALLOC(0, "11111111") KFREE(1, "11111111"));
	p = play(text, 0);
	ck_assert_uint_eq(p->stats.moved, 60);
	ck_assert_uint_le(p->image->nr_slots, 2);
}
END_TEST

/* Streams come in the order of their CPUs, whoever was first in the trace; waits follow. */
START_TEST(cpus_in_order)
{
	struct trace_program *p = play(KMALLOC(5, "11111111") KMALLOC(2, "22222222") KFREE(2, "11111111"), 0);

	ck_assert_uint_eq(trace_streams(p->image)[0].traced_cpu, 2);
	ck_assert_uint_eq(trace_streams(p->image)[1].traced_cpu, 5);
	ck_assert_str_eq(stream(p, 0), "AW1F");
	ck_assert_str_eq(stream(p, 1), "A");
	ck_assert_uint_eq(REPLAY_OP_CLASS(trace_ops(p->image, 0)[1]), 1);
}
END_TEST

/* More CPUs than the guest has: they share streams, in the trace's order, and need no waits among themselves. */
START_TEST(folded)
{
	const char *text = KMALLOC(0, "11111111") KMALLOC(1, "22222222") KFREE(2, "11111111") KFREE(3, "22222222");
	struct trace_program *p = play(text, 1);

	ck_assert_uint_eq(p->image->nr_streams, 1);
	ck_assert_uint_eq(p->stats.nr_cpus, 4);
	ck_assert_str_eq(stream(p, 0), "AAFF");
	p = play(text, 2);
	ck_assert_uint_eq(p->image->nr_streams, 2);
	ck_assert_str_eq(stream(p, 0), "AF");
	ck_assert_str_eq(stream(p, 1), "AF");
}
END_TEST

START_TEST(lost_events)
{
	struct trace_program *p = play(
		KMALLOC(0, "11111111") "CPU:0 [LOST 12 EVENTS]\n" KMALLOC(0, "22222222") "CPU:1 [LOST 3 EVENTS]\n", 0);

	ck_assert_uint_eq(p->stats.lost, 15);
	ck_assert_uint_eq(p->stats.events, 2);
}
END_TEST

/* One stream does nothing but allocate, the other nothing but free, far later: it must not be left behind for ever. */
START_TEST(kept_together)
{
	size_t room = 4000 * 160;
	char *text = malloc(room);
	size_t used = 0;
	struct model m = {.fail_at = UINT64_MAX};
	struct trace_program *p;

	for (unsigned int i = 0; i < 2000; i++) {
		used += (size_t)snprintf(text + used, room - used,
					 "t-1 [000] .....  1.0: mm_page_alloc: page=1 pfn=0x%x order=0 migratetype=0 "
					 "gfp_flags=GFP_KERNEL\n",
					 0x1000 + i);
		used += (size_t)snprintf(text + used, room - used,
					 "t-2 [001] .....  1.0: mm_page_free: page=1 pfn=0x%x order=0\n", 0x1000 + i);
	}
	p = tt_compile(text, 0);
	ck_assert_uint_eq(p->stats.peak_bytes, 4096);
	/* the first stream goes on for as long as it can: without the waits it would have 2000 pages alive */
	model_run(&m, p->image);
	ck_assert_uint_lt(m.peak_bytes, 600 * 4096);
	free(text);
}
END_TEST

/* Kernels before 6.1 do not say which cache; two caches may have one name; long names are cut. */
START_TEST(cache_names)
{
	struct trace_program *p = play(
		EV(0, "kmem_cache_alloc: call_site=f ptr=0000000011111111 bytes_req=40 bytes_alloc=40 "
		      "gfp_flags=GFP_KERNEL") EV(0, "kmem_cache_alloc: call_site=f ptr=0000000022222222 name=x "
						    "bytes_req=40 bytes_alloc=40 gfp_flags=GFP_KERNEL")
			EV(0, "kmem_cache_alloc: call_site=f ptr=0000000033333333 name=x bytes_req=48 bytes_alloc=48 "
			      "gfp_flags=GFP_KERNEL") EV(0, "kmem_cache_alloc: call_site=f ptr=0000000044444444 "
							    "name=a_name_that_is_longer_than_a_cache_can_have "
							    "bytes_req=48 bytes_alloc=48 gfp_flags=GFP_KERNEL"),
		0);

	ck_assert_uint_eq(p->image->nr_caches, 4);
	ck_assert_str_eq(trace_caches(p->image)[0].name, "unnamed-40");
	ck_assert_str_eq(trace_caches(p->image)[1].name, "x");
	ck_assert_str_eq(trace_caches(p->image)[2].name, "x");
	ck_assert_uint_eq(strlen(trace_caches(p->image)[3].name), 31);
}
END_TEST

/* An image is refused wherever a number in its head is wrong. */
START_TEST(image_check)
{
	struct trace_program *p = play(OBJ(0, "11111111", "filp") KMALLOC(1, "22222222"), 0);
	struct replay_header *h = p->image;
	struct replay_header good = *h;
	struct replay_class *class = (struct replay_class *)((char *)h + h->classes_off);

	ck_assert_pstr_ne(replay_check(h, h->total_size - 1), NULL);
	ck_assert_pstr_ne(replay_check(h, 10), NULL);
#define BREAK(field, value)                                                                                            \
	do {                                                                                                           \
		h->field = (value);                                                                                    \
		ck_assert_msg(replay_check(h, good.total_size), #field " = %lu passes", (unsigned long)h->field);      \
		*h = good;                                                                                             \
	} while (0)
	BREAK(magic, 0);
	BREAK(version, 99);
	BREAK(nr_streams, 0);
	BREAK(nr_streams, 65);
	BREAK(nr_streams, 1);
	BREAK(nr_caches, 0);
	BREAK(nr_classes, UINT32_MAX);
	BREAK(nr_slots, UINT32_MAX);
	BREAK(nr_ops, 5);
	BREAK(caches_off, 4);
	BREAK(classes_off, good.total_size);
	BREAK(classes_off, UINT64_MAX - 7);
	BREAK(slots_off, 8);
	BREAK(result_off, good.total_size - 8);
	BREAK(result_off, good.slots_off - 64);
	class->kind = 7;
	ck_assert_pstr_ne(replay_check(h, good.total_size), NULL);
	class->kind = REPLAY_CACHE;
	class->size++;
	ck_assert_pstr_ne(replay_check(h, good.total_size), NULL);
	class->size--;
	class->gfp |= 0x80000000;
	ck_assert_pstr_ne(replay_check(h, good.total_size), NULL);
	class->gfp &= 0x7fffffff;
	ck_assert_pstr_eq(replay_check(h, good.total_size), NULL);
	class->order = 64;
	ck_assert_pstr_ne(replay_check(h, good.total_size), NULL);
	class->order = 0;
	class->cache = 1;
	ck_assert_pstr_ne(replay_check(h, good.total_size), NULL);
}
END_TEST

Suite *suite_compile(void)
{
	Suite *s = suite_create("compile");
	TCase *t = tcase_create("compile");

	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, simple);
	tcase_add_test(t, slots_are_reused);
	tcase_add_test(t, unknown_frees);
	tcase_add_test(t, freed_twice);
	tcase_add_test(t, address_in_use_again);
	tcase_add_test(t, kfree_of_a_caches_object);
	tcase_add_test(t, failed_in_the_trace);
	tcase_add_test(t, batched);
	tcase_add_test(t, freed_in_parts);
	tcase_add_test(t, range_in_use_again);
	tcase_add_test(t, moves);
	tcase_add_test(t, ping_pong);
	tcase_add_test(t, cpus_in_order);
	tcase_add_test(t, folded);
	tcase_add_test(t, lost_events);
	tcase_add_test(t, kept_together);
	tcase_add_test(t, cache_names);
	tcase_add_test(t, image_check);
	suite_add_tcase(s, t);
	return s;
}
