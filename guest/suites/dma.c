// SPDX-License-Identifier: MIT
/*
 * dma.c - suite: the DMA engines do what they are told, refuse what they cannot reach, and interrupt when they are done.
 *
 * Runs on the first engine; its buffers are coherent memory.
 */
#include <kunit/test.h>
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/smp.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <mmvisor/dma_engine.h>

#define ENGINE 0
#define BUF_SIZE (2 * PAGE_SIZE)
/* Never RAM (shared/layout.h): the hole below 1 MiB. */
#define NO_RAM HOLE_START

/** struct dma_bufs - two buffers within reach, as the CPU and as the engine see them. */
struct dma_bufs {
	unsigned char *a, *b;
	dma_addr_t a_phys, b_phys;
};

static unsigned char *dma_buf(struct kunit *test, dma_addr_t *addr)
{
	unsigned char *p = dma_alloc_coherent(dma_engine_device(ENGINE), BUF_SIZE, addr, GFP_KERNEL | __GFP_NOWARN);

	if (!p)
		kunit_skip(test, "no memory within the engine's %u bits", dma_engine_bits(ENGINE));
	return p;
}

static int dma_test_init(struct kunit *test)
{
	struct dma_bufs *bufs;

	if (!dma_engine_count())
		kunit_skip(test, "no DMA engine in this machine (--dma bits=N)");
	bufs = kunit_kzalloc(test, sizeof(*bufs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bufs);
	test->priv = bufs;
	bufs->a = dma_buf(test, &bufs->a_phys);
	bufs->b = dma_buf(test, &bufs->b_phys);
	for (unsigned int i = 0; i < 256; i++) {
		bufs->a[i] = (unsigned char)(i * 7 + 1);
		bufs->b[i] = 0xee;
	}
	return 0;
}

static void dma_test_exit(struct kunit *test)
{
	struct dma_bufs *bufs = test->priv;

	if (!bufs)
		return;
	dma_free_coherent(dma_engine_device(ENGINE), BUF_SIZE, bufs->a, bufs->a_phys);
	dma_free_coherent(dma_engine_device(ENGINE), BUF_SIZE, bufs->b, bufs->b_phys);
}

/* One request; its status. */
static enum dma_status run_one(struct kunit *test, struct dma_request *req)
{
	KUNIT_ASSERT_EQ(test, dma_engine_run(ENGINE, req, 1), 0);
	return req->status;
}

static void expect_untouched(struct kunit *test)
{
	struct dma_bufs *bufs = test->priv;

	for (unsigned int i = 0; i < 256; i++)
		KUNIT_ASSERT_EQ_MSG(test, bufs->b[i], 0xee, "byte %u of the destination changed", i);
}

static void dma_copies(struct kunit *test)
{
	struct dma_bufs *bufs = test->priv;
	struct dma_request req = {.op = DMA_COPY, .src = bufs->a_phys + 3, .dst = bufs->b_phys + 1, .len = 200};

	KUNIT_EXPECT_EQ(test, run_one(test, &req), DMA_OK);
	KUNIT_EXPECT_EQ(test, memcmp(bufs->b + 1, bufs->a + 3, 200), 0);
	KUNIT_EXPECT_EQ(test, bufs->b[0], 0xee);
	KUNIT_EXPECT_EQ(test, bufs->b[201], 0xee);
}

static void dma_fills_across_pages(struct kunit *test)
{
	struct dma_bufs *bufs = test->priv;
	struct dma_request req = {.op = DMA_FILL, .src = 0x1234, .dst = bufs->b_phys + PAGE_SIZE - 2, .len = 4};

	bufs->b[PAGE_SIZE - 3] = 1;
	bufs->b[PAGE_SIZE + 2] = 2;
	KUNIT_EXPECT_EQ(test, run_one(test, &req), DMA_OK);
	KUNIT_EXPECT_EQ(test, bufs->b[PAGE_SIZE - 3], 1);
	for (unsigned long i = PAGE_SIZE - 2; i < PAGE_SIZE + 2; i++)
		KUNIT_EXPECT_EQ(test, bufs->b[i], 0x34);
	KUNIT_EXPECT_EQ(test, bufs->b[PAGE_SIZE + 2], 2);
}

/* CRC-32C, bit by bit, as a second opinion. */
static u32 crc32c_of(const unsigned char *p, size_t n)
{
	u32 crc = ~0U;

	while (n--) {
		crc ^= *p++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
	}
	return ~crc;
}

static void dma_computes_crc32c(struct kunit *test)
{
	struct dma_bufs *bufs = test->priv;
	struct dma_request req = {.op = DMA_CRC32C, .src = bufs->b_phys, .len = 9};

	memcpy(bufs->b, "123456789", 9);
	KUNIT_EXPECT_EQ(test, run_one(test, &req), DMA_OK);
	KUNIT_EXPECT_EQ(test, req.result, 0xe3069283UL);
	req = (struct dma_request){.op = DMA_CRC32C, .src = bufs->a_phys + 1, .len = 255};
	KUNIT_EXPECT_EQ(test, run_one(test, &req), DMA_OK);
	KUNIT_EXPECT_EQ(test, req.result, (u64)crc32c_of(bufs->a + 1, 255));
}

/* Pieces of the source in one order, of the destination in another: the lists lie behind the data. */
static void dma_gathers_and_scatters(struct kunit *test)
{
	struct dma_bufs *bufs = test->priv;
	struct dma_sg *src = (struct dma_sg *)(bufs->a + 1024), *dst = (struct dma_sg *)(bufs->b + 1024);
	struct dma_request req = {.op = DMA_COPY,
				  .flags = DMA_F_SRC_SG | DMA_F_DST_SG,
				  .src = bufs->a_phys + 1024,
				  .src_nr = 3,
				  .dst = bufs->b_phys + 1024,
				  .dst_nr = 2,
				  .len = 60};
	static const unsigned char from[] = {200, 100, 0};

	for (unsigned int i = 0; i < 3; i++)
		src[i] = (struct dma_sg){.addr = bufs->a_phys + from[i], .len = 20};
	dst[0] = (struct dma_sg){.addr = bufs->b_phys + 128, .len = 33};
	dst[1] = (struct dma_sg){.addr = bufs->b_phys, .len = 27};
	KUNIT_EXPECT_EQ(test, run_one(test, &req), DMA_OK);
	for (unsigned int i = 0; i < 60; i++)
		KUNIT_ASSERT_EQ(test, i < 33 ? bufs->b[128 + i] : bufs->b[i - 33], bufs->a[from[i / 20] + i % 20]);
	KUNIT_EXPECT_EQ(test, bufs->b[27], 0xee);
	KUNIT_EXPECT_EQ(test, bufs->b[161], 0xee);
	/* A list that does not add up, one with an unreachable piece, one that is too long: nothing moves. */
	dst[1].len = 28;
	KUNIT_EXPECT_EQ(test, run_one(test, &req), DMA_BAD_LEN);
	dst[1] = (struct dma_sg){.addr = NO_RAM, .len = 27};
	bufs->b[128] = 0xee;
	KUNIT_EXPECT_EQ(test, run_one(test, &req), DMA_BAD_DST);
	KUNIT_EXPECT_EQ(test, req.why, DMA_WHY_HOLE);
	KUNIT_EXPECT_EQ(test, req.bad_addr, NO_RAM);
	KUNIT_EXPECT_EQ(test, bufs->b[128], 0xee);
	req.src_nr = DMA_SG_MAX + 1;
	KUNIT_EXPECT_EQ(test, run_one(test, &req), DMA_BAD_LIST);
}

/* Each request reads what the one before it wrote. */
static void dma_keeps_order(struct kunit *test)
{
	struct dma_bufs *bufs = test->priv;
	struct dma_request req[DMA_ENGINE_BATCH];

	for (unsigned int i = 0; i < DMA_ENGINE_BATCH; i++)
		req[i] = (struct dma_request){
			.op = DMA_COPY,
			.src = i ? bufs->b_phys + 16 * (i - 1) : bufs->a_phys,
			.dst = bufs->b_phys + 16 * i,
			.len = 16,
		};
	KUNIT_ASSERT_EQ(test, dma_engine_run(ENGINE, req, DMA_ENGINE_BATCH), 0);
	for (unsigned int i = 0; i < DMA_ENGINE_BATCH; i++)
		KUNIT_EXPECT_EQ(test, req[i].status, DMA_OK);
	KUNIT_EXPECT_EQ(test, memcmp(bufs->b + 16 * (DMA_ENGINE_BATCH - 1), bufs->a, 16), 0);
}

static void dma_refuses_addresses_beyond_its_width(struct kunit *test)
{
	struct dma_bufs *bufs = test->priv;
	unsigned int bits = dma_engine_bits(ENGINE);
	struct dma_request src = {.op = DMA_COPY, .src = 1UL << (bits & 63), .dst = bufs->b_phys, .len = 64};
	struct dma_request dst = {.op = DMA_FILL, .src = 0xff, .dst = 1UL << (bits & 63), .len = 64};
	struct dma_request straddle = {
		.op = DMA_COPY, .src = (1UL << (bits & 63)) - 32, .dst = bufs->b_phys, .len = 64};

	if (bits >= 64)
		kunit_skip(test, "a 64-bit engine has no address beyond its width");
	KUNIT_EXPECT_EQ(test, run_one(test, &src), DMA_BAD_SRC);
	KUNIT_EXPECT_EQ(test, src.why, DMA_WHY_WIDTH);
	KUNIT_EXPECT_EQ(test, src.bad_addr, 1UL << (bits & 63));
	KUNIT_EXPECT_EQ(test, run_one(test, &dst), DMA_BAD_DST);
	KUNIT_EXPECT_EQ(test, run_one(test, &straddle), DMA_BAD_SRC);
	expect_untouched(test);
}

/* RAM that is there, but too high: the bytes must still be what they were. */
static void dma_does_not_touch_high_memory(struct kunit *test)
{
	struct dma_bufs *bufs = test->priv;
	unsigned int bits = dma_engine_bits(ENGINE);
	unsigned char *high = (unsigned char *)__get_free_page(GFP_KERNEL);
	struct dma_request req = {.op = DMA_COPY, .src = bufs->a_phys, .len = 64};
	enum dma_status status;
	bool same = true;

	KUNIT_ASSERT_NOT_NULL(test, high);
	if (bits >= 64 || !(virt_to_phys(high) >> bits)) {
		free_page((unsigned long)high);
		kunit_skip(test, "no memory beyond %u bits", bits);
	}
	memset(high, 0x5c, 64);
	req.dst = virt_to_phys(high);
	status = run_one(test, &req);
	for (unsigned int i = 0; i < 64; i++)
		same &= high[i] == 0x5c;
	free_page((unsigned long)high);
	KUNIT_EXPECT_EQ(test, status, DMA_BAD_DST);
	KUNIT_EXPECT_TRUE(test, same);
}

static void dma_refuses_addresses_without_ram(struct kunit *test)
{
	struct dma_bufs *bufs = test->priv;
	struct dma_request src = {.op = DMA_COPY, .src = NO_RAM, .dst = bufs->b_phys, .len = 64};
	struct dma_request dst = {.op = DMA_FILL, .dst = NO_RAM, .len = 1};

	struct dma_request wrap = {.op = DMA_CRC32C, .src = ~0UL - 7, .len = 16};

	KUNIT_EXPECT_EQ(test, run_one(test, &src), DMA_BAD_SRC);
	KUNIT_EXPECT_EQ(test, src.why, DMA_WHY_HOLE);
	KUNIT_EXPECT_EQ(test, run_one(test, &dst), DMA_BAD_DST);
	KUNIT_EXPECT_EQ(test, run_one(test, &wrap), DMA_BAD_SRC);
	KUNIT_EXPECT_EQ(test, wrap.why, dma_engine_bits(ENGINE) < 64 ? DMA_WHY_WIDTH : DMA_WHY_WRAP);
	expect_untouched(test);
}

static void dma_refuses_nonsense(struct kunit *test)
{
	struct dma_bufs *bufs = test->priv;
	struct dma_request empty = {.op = DMA_COPY, .src = bufs->a_phys, .dst = bufs->b_phys, .len = 0};
	struct dma_request huge = {.op = DMA_COPY, .src = bufs->a_phys, .dst = bufs->b_phys, .len = ~0UL};
	struct dma_request odd = {.op = (enum dma_op)99, .src = bufs->a_phys, .dst = bufs->b_phys, .len = 64};
	struct dma_request over = {.op = DMA_COPY, .src = bufs->b_phys, .dst = bufs->b_phys + 8, .len = 64};

	KUNIT_EXPECT_EQ(test, run_one(test, &empty), DMA_BAD_LEN);
	KUNIT_EXPECT_EQ(test, run_one(test, &huge), DMA_BAD_LEN);
	KUNIT_EXPECT_EQ(test, run_one(test, &odd), DMA_BAD_OP);
	KUNIT_EXPECT_EQ(test, run_one(test, &over), DMA_BAD_DST);
	expect_untouched(test);
	KUNIT_EXPECT_EQ(test, dma_engine_run(ENGINE, &odd, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, dma_engine_run(dma_engine_count(), &odd, 1), -ENODEV);
}

static void dma_interrupts_once_per_batch(struct kunit *test)
{
	unsigned long before = dma_engine_irqs(ENGINE);

	for (unsigned int nr = 1; nr <= DMA_ENGINE_BATCH; nr *= 2) {
		struct dma_request req[DMA_ENGINE_BATCH];

		for (unsigned int i = 0; i < nr; i++)
			req[i] = (struct dma_request){.op = DMA_IRQ};
		KUNIT_ASSERT_EQ(test, dma_engine_run(ENGINE, req, nr), 0);
		KUNIT_EXPECT_EQ(test, req[nr - 1].status, DMA_OK);
		before++;
		KUNIT_EXPECT_EQ(test, dma_engine_irqs(ENGINE), before);
	}
}

static void channel_done(void *arg, const struct dma_desc *desc)
{
	(void)desc;
	++*(unsigned int *)arg;
}

/* The engine is in the middle of something long when its queue is reset: from then on it touches nothing. */
static void dma_stops_at_a_reset(struct kunit *test)
{
	enum { BIG = 256 << 10, FILLS = 16 };
	struct dma_desc d = {.op = DMA_FILL, .src = 0x77, .len = BIG};
	struct dma_channel *ch;
	unsigned int done = 0;
	dma_addr_t addr;
	char *big = dma_alloc_coherent(dma_engine_device(ENGINE), BIG, &addr, GFP_KERNEL | __GFP_NOWARN);

	if (!big)
		kunit_skip(test, "no memory for it within the engine's reach");
	ch = dma_channel_open(ENGINE, 0, 32, channel_done, &done);
	KUNIT_ASSERT_FALSE(test, IS_ERR(ch));
	d.dst = addr;
	for (unsigned int i = 0; i < FILLS; i++)
		KUNIT_EXPECT_EQ(test, dma_channel_submit(ch, &d), 0);
	dma_channel_close(ch);
	for (unsigned int i = 0; i < BIG; i += 512)
		big[i] = 0x33;
	KUNIT_EXPECT_EQ(test, done, 0U);
	msleep(20);
	for (unsigned int i = 0; i < BIG; i += 512)
		if (big[i] != 0x33)
			KUNIT_FAIL(test, "byte %u was written after the reset", i);
	dma_free_coherent(dma_engine_device(ENGINE), BIG, big, addr);
}

/* Every queue but the batches' own, each once; a ring that is full says so. */
static void dma_channels_come_and_go(struct kunit *test)
{
	struct dma_channel *ch[DMA_QUEUES];
	struct dma_desc d = {.op = DMA_IRQ};
	unsigned int done = 0, nr = 0;

	while (nr < DMA_QUEUES) {
		ch[nr] = dma_channel_open(ENGINE, nr % nr_cpu_ids, 4, channel_done, &done);
		if (IS_ERR(ch[nr]))
			break;
		nr++;
	}
	KUNIT_EXPECT_EQ(test, nr, (unsigned int)DMA_QUEUES - 1);
	KUNIT_EXPECT_EQ(test, PTR_ERR(ch[nr]), -EBUSY);
	for (unsigned int i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, dma_channel_submit(ch[0], &d), 0);
	KUNIT_EXPECT_EQ(test, dma_channel_submit(ch[0], &d), -ENOSPC);
	while (nr)
		dma_channel_close(ch[--nr]);
	KUNIT_EXPECT_EQ(test, PTR_ERR(dma_channel_open(ENGINE, 0, 3, channel_done, &done)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(dma_channel_open(ENGINE, nr_cpu_ids, 4, channel_done, &done)), -ENODEV);
}

static struct kunit_case dma_cases[] = {KUNIT_CASE(dma_copies),
					KUNIT_CASE(dma_fills_across_pages),
					KUNIT_CASE(dma_computes_crc32c),
					KUNIT_CASE(dma_gathers_and_scatters),
					KUNIT_CASE(dma_keeps_order),
					KUNIT_CASE(dma_refuses_addresses_beyond_its_width),
					KUNIT_CASE(dma_does_not_touch_high_memory),
					KUNIT_CASE(dma_refuses_addresses_without_ram),
					KUNIT_CASE(dma_refuses_nonsense),
					KUNIT_CASE(dma_interrupts_once_per_batch),
					KUNIT_CASE(dma_stops_at_a_reset),
					KUNIT_CASE(dma_channels_come_and_go),
					{}};

static struct kunit_suite dma_suite = {
	.name = "dma_engine",
	.init = dma_test_init,
	.exit = dma_test_exit,
	.test_cases = dma_cases,
};
kunit_test_suite(dma_suite);
