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
#include "vmm/dma_job.h"

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

static void expect_why(gpa_t gpa, uint64_t len, unsigned int bits, enum dma_why why, gpa_t where)
{
	gpa_t bad;

	ck_assert_int_eq(dma_range_why(&ram, gpa, len, bits, &bad), why);
	if (why)
		ck_assert_uint_eq(bad, where);
}

START_TEST(width)
{
	expect_why(0x4000, 0x1000, 16, DMA_WHY_NONE, 0);
	expect_why(0x8000, 0x4000, 16, DMA_WHY_NONE, 0);
	expect_why(0x4fff, 1, 15, DMA_WHY_NONE, 0);
	expect_why(0x8000, 1, 15, DMA_WHY_WIDTH, 0x8000);
	expect_why(0x4000, 1, 14, DMA_WHY_WIDTH, 0x4000);
	/* up to the last byte below the limit */
	expect_why(0x3fff, 1, 14, DMA_WHY_NONE, 0);
	expect_why(0x3fff, 2, 14, DMA_WHY_WIDTH, 0x4000);
	expect_why(0x1000, 0x4000, 64, DMA_WHY_NONE, 0);
	expect_why(0x1000, 0x4001, 64, DMA_WHY_NO_RAM, 0x5000);
	expect_why(UINT64_MAX - 1, 4, 64, DMA_WHY_WRAP, UINT64_MAX - 1);
	expect_why(UINT64_MAX - 1, 2, 64, DMA_WHY_NO_RAM, UINT64_MAX - 1);
	expect_why(UINT64_MAX - 1, 4, 63, DMA_WHY_WIDTH, UINT64_MAX - 1);
	expect_why(0x4fff, UINT64_MAX - 0x4fff, 64, DMA_WHY_NO_RAM, 0x5000);
	expect_why(0x1000, 1, 1, DMA_WHY_WIDTH, 0x1000);
	expect_why(HOLE_START, 1, 64, DMA_WHY_HOLE, HOLE_START);
	expect_why(HOLE_END, 1, 64, DMA_WHY_NO_RAM, HOLE_END);
}
END_TEST

static struct dma_job job;

static enum dma_status begin(struct dma_desc d, unsigned int bits)
{
	job.desc = d;
	ck_assert_int_eq(dma_job_begin(&job, &ram, bits), job.desc.status == DMA_OK);
	return job.desc.status;
}

static enum dma_status check(uint32_t op, uint64_t src, uint64_t dst, uint64_t len, unsigned int bits)
{
	return begin((struct dma_desc){.op = op, .src = src, .dst = dst, .len = len}, bits);
}

START_TEST(requests)
{
	ck_assert_int_eq(check(DMA_COPY, 0x1000, 0x8000, 0x4000, 16), DMA_OK);
	ck_assert_int_eq(check(DMA_COPY, 0x1000, 0x8000, 0x4000, 15), DMA_BAD_DST);
	ck_assert_int_eq(check(DMA_COPY, 0x8000, 0x1000, 0x4000, 15), DMA_BAD_SRC);
	ck_assert_int_eq(check(DMA_COPY, 0x8000, 0x9000, 0x1001, 16), DMA_BAD_DST);
	ck_assert_uint_eq(job.desc.bad_addr, 0x9000);
	ck_assert_int_eq(check(DMA_COPY, 0x8000, 0x9000, 0x1000, 16), DMA_OK);
	ck_assert_int_eq(check(DMA_COPY, 0x9000, 0x8000, 0x1001, 16), DMA_BAD_DST);
	ck_assert_int_eq(check(DMA_FILL, 0xffffffff, 0x1000, 1, 16), DMA_OK);
	ck_assert_int_eq(check(DMA_CRC32C, 0x1000, 0xffffffff, 1, 16), DMA_OK);
	ck_assert_int_eq(check(DMA_CRC32C, 0x10000, 0, 1, 64), DMA_BAD_SRC);
	ck_assert_int_eq(check(DMA_COPY, 0x1000, 0x8000, 0, 16), DMA_BAD_LEN);
	ck_assert_int_eq(check(DMA_COPY, 0x1000, 0x8000, DMA_LEN_MAX + 1, 16), DMA_BAD_LEN);
	ck_assert_int_eq(check(DMA_IRQ, 1, 2, 3, 1), DMA_OK);
	ck_assert_int_eq(check(0, 0x1000, 0x8000, 1, 16), DMA_BAD_OP);
	ck_assert_int_eq(check(77, 0x1000, 0x8000, 1, 16), DMA_BAD_OP);
	ck_assert_int_eq(begin((struct dma_desc){.op = DMA_IRQ, .flags = DMA_F_SRC_SG}, 16), DMA_BAD_OP);
	ck_assert_int_eq(
		begin((struct dma_desc){.op = DMA_COPY, .flags = 8, .src = 0x1000, .dst = 0x8000, .len = 1}, 16),
		DMA_BAD_OP);
}
END_TEST

static void run(struct dma_desc d)
{
	ck_assert_int_eq(begin(d, 64), DMA_OK);
	while (!dma_job_step(&job, &ram, 7))
		;
}

START_TEST(lists)
{
	struct dma_desc d = {
		.op = DMA_COPY, .flags = DMA_F_SRC_SG | DMA_F_DST_SG, .src = 0x1100, .dst = 0x1200, .len = 50};
	struct dma_sg src[2] = {{.addr = 0x9ff0, .len = 0x20}, {.addr = 0x2000, .len = 18}};
	struct dma_sg dst[3] = {{.addr = 0x4ff0, .len = 0x10}, {.addr = 0x3000, .len = 33}, {.addr = 0x3100, .len = 1}};

	ram_write(&ram, 0x1100, src, sizeof(src));
	ram_write(&ram, 0x1200, dst, sizeof(dst));
	d.src_nr = 2;
	d.dst_nr = 3;
	run(d);
	ck_assert_int_eq(memory[0][0x3fff], 0x22);
	ck_assert_int_eq(memory[0][0x2000], 0x33);
	ck_assert_int_eq(memory[0][0x200f], 0x33);
	ck_assert_int_eq(memory[0][0x2010], 0x11);
	ck_assert_int_eq(memory[0][0x2100], 0x11);
	d.len = 51;
	ck_assert_int_eq(begin(d, 64), DMA_BAD_LEN);
	d.len = 50;
	ck_assert_int_eq(begin(d, 15), DMA_BAD_SRC);
	d.dst_nr = 0;
	ck_assert_int_eq(begin(d, 64), DMA_BAD_LIST);
	d.dst_nr = DMA_SG_MAX + 1;
	ck_assert_int_eq(begin(d, 64), DMA_BAD_LIST);
	d.dst_nr = 3;
	d.dst = 0x4ff0;
	ck_assert_int_eq(begin(d, 64), DMA_BAD_LIST);
	ck_assert_uint_eq(job.desc.bad_addr, 0x5000);
	d.dst = 0x1200;
	dst[1].len = 0;
	ram_write(&ram, 0x1200, dst, sizeof(dst));
	ck_assert_int_eq(begin(d, 64), DMA_BAD_LEN);
}
END_TEST

/* What the guest changes after the look at it changes nothing. */
START_TEST(looks_once)
{
	struct dma_sg src = {.addr = 0x2000, .len = 64}, evil = {.addr = 0x10000, .len = 0xffffffff};

	ram_write(&ram, 0x1100, &src, sizeof(src));
	ck_assert_int_eq(begin((struct dma_desc){.op = DMA_COPY,
						 .flags = DMA_F_SRC_SG,
						 .src = 0x1100,
						 .src_nr = 1,
						 .dst = 0x8000,
						 .len = 64},
			       64),
			 DMA_OK);
	ram_write(&ram, 0x1100, &evil, sizeof(evil));
	while (!dma_job_step(&job, &ram, 7))
		;
	ck_assert_int_eq(memory[1][63], 0x11);
	ck_assert_int_eq(memory[1][64], 0x22);
}
END_TEST

START_TEST(does_what_it_should)
{
	run((struct dma_desc){.op = DMA_FILL, .src = 0xabcdef42, .dst = 0x9ff0, .len = 0x20});
	ck_assert_int_eq(memory[1][0x1fef], 0x22);
	ck_assert_int_eq(memory[1][0x1ff0], 0x42);
	ck_assert_int_eq(memory[2][0xf], 0x42);
	ck_assert_int_eq(memory[2][0x10], 0x33);
	run((struct dma_desc){.op = DMA_COPY, .src = 0x9fef, .dst = 0x1001, .len = 0x22});
	ck_assert_int_eq(memory[0][0], 0x11);
	ck_assert_int_eq(memory[0][1], 0x22);
	ck_assert_int_eq(memory[0][2], 0x42);
	ck_assert_int_eq(memory[0][0x22], 0x33);
	ck_assert_int_eq(memory[0][0x23], 0x11);
	ram_write(&ram, 0x9ffc, "123456789", 9);
	run((struct dma_desc){.op = DMA_CRC32C, .src = 0x9ffc, .len = 9});
	ck_assert_uint_eq(job.desc.result, 0xe3069283);
}
END_TEST

/* Eight bytes at a time and one at a time agree, from any start. */
START_TEST(crc_in_pieces)
{
	uint64_t seed = 88172645463325252UL;
	uint8_t text[300];

	for (unsigned int i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)next_random(&seed);
	for (unsigned int from = 0; from < 9; from++) {
		for (unsigned int n = 0; from + n <= sizeof(text); n++) {
			uint32_t crc = ~0U;

			for (unsigned int i = 0; i < n; i++)
				crc = dma_crc32c(crc, text + from + i, 1);
			ck_assert_uint_eq(dma_crc32c(~0U, text + from, n), crc);
		}
	}
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
		if (begin(d, (unsigned int)(next_random(&seed) % 64) + 1) != DMA_OK)
			continue;
		while (!dma_job_step(&job, &ram, 1 + next_random(&seed) % 0x2000))
			;
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
	tcase_add_test(t, lists);
	tcase_add_test(t, looks_once);
	tcase_add_test(t, does_what_it_should);
	tcase_add_test(t, crc_in_pieces);
	tcase_add_test(t, copy_in_and_out);
	tcase_add_loop_test(t, random_requests, 0, 4);
	suite_add_tcase(s, t);
	return s;
}
