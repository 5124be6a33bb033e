// SPDX-License-Identifier: MIT
/*
 * suite_dma.c - which guest-physical addresses a DMA request may touch, and that nothing else is touched.
 *
 *	gpa   0x1000     0x5000     0x8000      0xa000   0xc000    0x10000
 *	      |## low ###|          |## a ######|## b ###|          | blob: no RAM
 */
#include <stdlib.h>
#include <string.h>

#include "tests/vmm/suites.h"
#include "vmm/dma.h"

static struct ram ram;
static uint8_t *memory[4];

static void add(unsigned int i, gpa_t gpa, uint64_t size, bool is_ram)
{
	memory[i] = malloc(size);
	memset(memory[i], 0x11 * (int)(i + 1), size);
	ram.slots[i] =
		(struct ram_slot){.region = {.gpa = gpa, .size = size, .is_ram = is_ram}, .fd = -1, .host = memory[i]};
	ram.nr = i + 1;
}

static void setup(void)
{
	add(0, 0x1000, 0x4000, true);
	add(1, 0x8000, 0x2000, true);
	add(2, 0xa000, 0x2000, true);
	add(3, 0x10000, 0x1000, false);
}

static void teardown(void)
{
	for (unsigned int i = 0; i < 4; i++)
		free(memory[i]);
}

START_TEST(ranges)
{
	ck_assert(ram_range_ok(&ram, 0x1000, 0x4000));
	ck_assert(!ram_range_ok(&ram, 0x1000, 0x4001));
	ck_assert(!ram_range_ok(&ram, 0xfff, 1));
	ck_assert(!ram_range_ok(&ram, 0xfff, 2));
	ck_assert(ram_range_ok(&ram, 0x4fff, 1));
	ck_assert(!ram_range_ok(&ram, 0x5000, 1));
	/* two slots that touch are one piece of RAM */
	ck_assert(ram_range_ok(&ram, 0x8000, 0x4000));
	ck_assert(ram_range_ok(&ram, 0x9fff, 2));
	ck_assert(!ram_range_ok(&ram, 0xbfff, 2));
	/* the blob is none */
	ck_assert(!ram_range_ok(&ram, 0x10000, 1));
	/* sums that overflow */
	ck_assert(!ram_range_ok(&ram, 0x1000, UINT64_MAX));
	ck_assert(!ram_range_ok(&ram, UINT64_MAX, 2));
	ck_assert(ram_range_ok(&ram, 0xdeadbeef, 0));
}
END_TEST

START_TEST(width)
{
	ck_assert(dma_reachable(&ram, 0x4000, 0x1000, 16));
	ck_assert(dma_reachable(&ram, 0x8000, 0x4000, 16));
	ck_assert(dma_reachable(&ram, 0x4fff, 1, 15));
	ck_assert(!dma_reachable(&ram, 0x8000, 1, 15));
	ck_assert(!dma_reachable(&ram, 0x4000, 1, 14));
	/* up to the last byte below the limit */
	ck_assert(dma_reachable(&ram, 0x3fff, 1, 14));
	ck_assert(!dma_reachable(&ram, 0x3fff, 2, 14));
	ck_assert(dma_reachable(&ram, 0x1000, 0x4000, 64));
	ck_assert(!dma_reachable(&ram, UINT64_MAX - 1, 4, 64));
	ck_assert(!dma_reachable(&ram, 0x1000, 1, 1));
}
END_TEST

static enum dma_status check(uint32_t op, uint64_t src, uint64_t dst, uint64_t len, unsigned int bits)
{
	struct dma_desc d = {.op = op, .src = src, .dst = dst, .len = len};

	return dma_check(&ram, &d, bits);
}

START_TEST(requests)
{
	ck_assert_int_eq(check(DMA_COPY, 0x1000, 0x8000, 0x4000, 16), DMA_OK);
	ck_assert_int_eq(check(DMA_COPY, 0x1000, 0x8000, 0x4000, 15), DMA_BAD_DST);
	ck_assert_int_eq(check(DMA_COPY, 0x8000, 0x1000, 0x4000, 15), DMA_BAD_SRC);
	ck_assert_int_eq(check(DMA_COPY, 0x8000, 0x9000, 0x1001, 16), DMA_BAD_DST);
	ck_assert_int_eq(check(DMA_COPY, 0x8000, 0x9000, 0x1000, 16), DMA_OK);
	ck_assert_int_eq(check(DMA_COPY, 0x9000, 0x8000, 0x1001, 16), DMA_BAD_DST);
	ck_assert_int_eq(check(DMA_FILL, 0xffffffff, 0x1000, 1, 16), DMA_OK);
	ck_assert_int_eq(check(DMA_SUM, 0x1000, 0xffffffff, 1, 16), DMA_OK);
	ck_assert_int_eq(check(DMA_SUM, 0x10000, 0, 1, 64), DMA_BAD_SRC);
	ck_assert_int_eq(check(DMA_COPY, 0x1000, 0x8000, 0, 16), DMA_BAD_LEN);
	ck_assert_int_eq(check(DMA_COPY, 0x1000, 0x8000, DMA_LEN_MAX + 1, 16), DMA_BAD_LEN);
	ck_assert_int_eq(check(DMA_IRQ, 1, 2, 3, 1), DMA_OK);
	ck_assert_int_eq(check(0, 0x1000, 0x8000, 1, 16), DMA_BAD_OP);
	ck_assert_int_eq(check(77, 0x1000, 0x8000, 1, 16), DMA_BAD_OP);
}
END_TEST

START_TEST(does_what_it_should)
{
	struct dma_desc d = {.op = DMA_FILL, .src = 0xabcdef42, .dst = 0x9ff0, .len = 0x20};

	dma_perform(&ram, &d);
	ck_assert_int_eq(memory[1][0x1fef], 0x22);
	ck_assert_int_eq(memory[1][0x1ff0], 0x42);
	ck_assert_int_eq(memory[2][0xf], 0x42);
	ck_assert_int_eq(memory[2][0x10], 0x33);
	d = (struct dma_desc){.op = DMA_SUM, .src = 0x9fef, .len = 0x22};
	ck_assert_uint_eq(dma_perform(&ram, &d), 0x22 + 0x20 * 0x42 + 0x33);
	d = (struct dma_desc){.op = DMA_COPY, .src = 0x9fef, .dst = 0x1001, .len = 0x22};
	dma_perform(&ram, &d);
	ck_assert_int_eq(memory[0][0], 0x11);
	ck_assert_int_eq(memory[0][1], 0x22);
	ck_assert_int_eq(memory[0][2], 0x42);
	ck_assert_int_eq(memory[0][0x22], 0x33);
	ck_assert_int_eq(memory[0][0x23], 0x11);
}
END_TEST

START_TEST(copy_in_and_out)
{
	uint8_t buf[32];

	memset(buf, 0x77, sizeof(buf));
	ck_assert_int_eq(ram_write(&ram, 0x9ff0, buf, sizeof(buf)), 0);
	memset(buf, 0, sizeof(buf));
	ck_assert_int_eq(ram_read(&ram, 0x9ff0, buf, sizeof(buf)), 0);
	ck_assert_int_eq(buf[31], 0x77);
	/* all or nothing */
	ck_assert_int_ne(ram_write(&ram, 0xbff0, buf, sizeof(buf)), 0);
	ck_assert_int_eq(memory[2][0x1ff0], 0x33);
	ck_assert_int_eq(ram_read(&ram, 0x10000, buf, 1), 0);
}
END_TEST

/* What is accepted is performed; the sanitizer sees the first byte outside a slot. */
START_TEST(random_requests)
{
	uint64_t seed = 362436069UL + (uint64_t)_i;
	unsigned int done = 0;

	for (unsigned int n = 0; n < 100000; n++) {
		struct dma_desc d = {
			.op = (uint32_t)(next_random(&seed) % 6),
			.src = next_random(&seed) % 0x12000,
			.dst = next_random(&seed) % 0x12000,
			.len = next_random(&seed) % 0x3000,
		};

		if (next_random(&seed) % 16 == 0)
			d.len = next_random(&seed);
		if (dma_check(&ram, &d, (unsigned int)(next_random(&seed) % 64) + 1) != DMA_OK)
			continue;
		dma_perform(&ram, &d);
		done++;
	}
	ck_assert_uint_gt(done, 1000);
}
END_TEST

Suite *suite_dma(void)
{
	Suite *s = suite_create("dma");
	TCase *t = tcase_create("dma");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, ranges);
	tcase_add_test(t, width);
	tcase_add_test(t, requests);
	tcase_add_test(t, does_what_it_should);
	tcase_add_test(t, copy_in_and_out);
	tcase_add_loop_test(t, random_requests, 0, 4);
	suite_add_tcase(s, t);
	return s;
}
