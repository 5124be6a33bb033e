// SPDX-License-Identifier: MIT
/*
 * dma_api.c - suite: what a device cannot reach does not reach it, and what the DMA API gives it does.
 *
 * On the machine's first engine. What needs memory beyond its reach is skipped where there is none.
 */
#include <kunit/test.h>
#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/memblock.h>
#include <linux/mmzone.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/swiotlb.h>
#include <mmvisor/dma_engine.h>
#include <mmvisor/dma_stream.h>

#define ENGINE 0
/* The debug kernel looks at every byte and keeps every stack: it gets a fifth of the work. */
#define WORK(n) (mm_root.dma->debug.entries ? (n) / 5 : (n))

static struct device *dev;

static int dma_api_init(struct kunit *test)
{
	dma_addr_t addr;
	void *p;

	dev = dma_engine_device(ENGINE);
	if (!dev)
		kunit_skip(test, "no DMA engine in this machine (--dma bits=N)");
	p = dma_alloc_coherent(dev, PAGE_SIZE, &addr, GFP_KERNEL | __GFP_NOWARN);
	if (!p)
		kunit_skip(test, "no memory within the engine's %u bits", dma_engine_bits(ENGINE));
	dma_free_coherent(dev, PAGE_SIZE, p, addr);
	return 0;
}

/* Memory that nobody asked for the device. Skips the case where the device reaches it. */
static void *far_memory(struct kunit *test, size_t size)
{
	char *p = kunit_kmalloc(test, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	if (virt_to_phys(p) + size - 1 <= dma_get_mask(dev))
		kunit_skip(test, "the engine's %u bits reach all memory", dma_engine_bits(ENGINE));
	return p;
}

static void need_bounce(struct kunit *test)
{
	if (!is_swiotlb_active(dev))
		kunit_skip(test, "no pool of bounce buffers in this machine");
}

/* Plain memory can be mapped one way or the other. */
static void need_mapping(struct kunit *test)
{
	dma_addr_t addr;
	void *p = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);

	addr = dma_map_single_attrs(dev, p, PAGE_SIZE, DMA_TO_DEVICE, DMA_ATTR_NO_WARN);
	if (dma_mapping_error(dev, addr))
		kunit_skip(test, "plain memory is beyond the engine's %u bits, and there are no bounce buffers",
			   dma_engine_bits(ENGINE));
	dma_unmap_single(dev, addr, PAGE_SIZE, DMA_TO_DEVICE);
}

static enum dma_status run(struct kunit *test, struct dma_request *req)
{
	KUNIT_ASSERT_EQ(test, dma_engine_run(ENGINE, req, 1), 0);
	return req->status;
}

static bool all_are(const void *p, unsigned char byte, size_t n)
{
	return !memchr_inv(p, byte, n);
}

/* ---- masks ---- */

static void masks_say_what_is_reached(struct kunit *test)
{
	struct device mine;
	u64 required = dma_get_required_mask(dev);

	device_initialize(&mine);
	KUNIT_EXPECT_EQ(test, dma_get_mask(&mine), DMA_BIT_MASK(32));
	KUNIT_EXPECT_EQ(test, dma_set_mask_and_coherent(&mine, DMA_BIT_MASK(64)), 0);
	KUNIT_EXPECT_FALSE(test, dma_addressing_limited(&mine));
	if (!is_swiotlb_force_bounce(&mine))
		KUNIT_EXPECT_EQ(test, dma_max_mapping_size(&mine), SIZE_MAX);
	KUNIT_EXPECT_EQ(test, dma_set_mask(&mine, DMA_BIT_MASK(12)), -EIO);
	KUNIT_EXPECT_EQ(test, dma_get_mask(&mine), DMA_BIT_MASK(64));
	KUNIT_EXPECT_EQ(test, dma_set_mask(&mine, DMA_BIT_MASK(24)), 0);
	KUNIT_EXPECT_EQ(test, dma_addressing_limited(&mine), required > DMA_BIT_MASK(24));
	mine.dma_mask = NULL;
	KUNIT_EXPECT_EQ(test, dma_set_mask(&mine, DMA_BIT_MASK(64)), -EIO);
	KUNIT_EXPECT_EQ(test, required & (required + 1), 0ULL);
	KUNIT_EXPECT_GE(test, required, memblock_end_of_DRAM() - 1);
}

/* ---- coherent memory ---- */

static void coherent_memory_is_clear_aligned_and_within_reach(struct kunit *test)
{
	static const size_t sizes[] = {1, 64, PAGE_SIZE, PAGE_SIZE + 1, 5 * PAGE_SIZE};

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		dma_addr_t addr;
		char *p = dma_alloc_coherent(dev, sizes[i], &addr, GFP_KERNEL | GFP_DMA32);

		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_EQ(test, addr, virt_to_phys(p));
		KUNIT_EXPECT_LE(test, addr + PAGE_ALIGN(sizes[i]) - 1, dma_get_mask(dev));
		KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(p));
		KUNIT_EXPECT_TRUE(test, all_are(p, 0, PAGE_ALIGN(sizes[i])));
		memset(p, 0x55, sizes[i]);
		dma_free_coherent(dev, sizes[i], p, addr);
	}
	dma_free_coherent(dev, PAGE_SIZE, NULL, 0);
}

/* The highest zone that the mask allows, for every mask that there is. */
static void coherent_memory_follows_the_mask(struct kunit *test)
{
	struct device mine;

	device_initialize(&mine);
	for (unsigned int bits = 24; bits <= 64; bits++) {
		dma_addr_t addr;
		void *p;

		if (dma_set_mask_and_coherent(&mine, DMA_BIT_MASK(bits)))
			continue;
		p = dma_alloc_coherent(&mine, PAGE_SIZE, &addr, GFP_KERNEL | __GFP_NOWARN);
		if (!p)
			continue; /* a machine without memory that low */
		KUNIT_EXPECT_LE_MSG(test, addr + PAGE_SIZE - 1, DMA_BIT_MASK(bits), "%u bits", bits);
		if (bits == 64)
			KUNIT_EXPECT_NE(test, page_zonenum(virt_to_page(p)), ZONE_DMA);
		dma_free_coherent(&mine, PAGE_SIZE, p, addr);
	}
}

static void other_ways_to_the_same_memory(struct kunit *test)
{
	struct sg_table *sgt, described;
	dma_addr_t addr;
	struct page *page;
	char *p;

	p = dma_alloc_noncoherent(dev, 100, &addr, DMA_FROM_DEVICE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	dma_sync_single_for_cpu(dev, addr, 100, DMA_FROM_DEVICE);
	dma_free_noncoherent(dev, 100, p, addr, DMA_FROM_DEVICE);
	sgt = dma_alloc_noncontiguous(dev, 3 * PAGE_SIZE, DMA_BIDIRECTIONAL, GFP_KERNEL, 0);
	KUNIT_ASSERT_NOT_NULL(test, sgt);
	KUNIT_EXPECT_EQ(test, sg_dma_len(sgt->sgl), 3 * PAGE_SIZE);
	KUNIT_EXPECT_PTR_EQ(test, dma_vmap_noncontiguous(dev, 3 * PAGE_SIZE, sgt), sg_virt(sgt->sgl));
	dma_free_noncontiguous(dev, 3 * PAGE_SIZE, sgt, DMA_BIDIRECTIONAL);
	page = dma_alloc_attrs(dev, PAGE_SIZE, &addr, GFP_KERNEL, DMA_ATTR_NO_KERNEL_MAPPING);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, page_to_phys(page), addr);
	KUNIT_EXPECT_EQ(test, dma_get_sgtable(dev, &described, NULL, addr, PAGE_SIZE), 0);
	KUNIT_EXPECT_PTR_EQ(test, sg_page(described.sgl), page);
	sg_free_table(&described);
	dma_free_attrs(dev, PAGE_SIZE, page, addr, DMA_ATTR_NO_KERNEL_MAPPING);
	KUNIT_EXPECT_FALSE(test, dma_can_mmap(dev));
	KUNIT_EXPECT_EQ(test, dma_mmap_coherent(dev, NULL, NULL, 0, 0), -ENXIO);
}

static void managed_memory_goes_with_the_driver(struct kunit *test)
{
	struct device mine;
	dma_addr_t addr;
	struct dma_pool *pool;
	void *p;

	KUNIT_ASSERT_EQ(test, device_register(&mine), 0);
	KUNIT_EXPECT_EQ(test, device_add(&mine), -EEXIST);
	dma_set_mask_and_coherent(&mine, DMA_BIT_MASK(64));
	KUNIT_EXPECT_NOT_NULL(test, dmam_alloc_coherent(&mine, PAGE_SIZE, &addr, GFP_KERNEL));
	p = dmam_alloc_coherent(&mine, PAGE_SIZE, &addr, GFP_KERNEL);
	dmam_free_coherent(&mine, PAGE_SIZE, p, addr);
	pool = dmam_pool_create("managed", &mine, 32, 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, pool);
	p = dma_pool_alloc(pool, GFP_KERNEL, &addr);
	dma_pool_free(pool, p, addr);
	device_unregister(&mine);
	KUNIT_EXPECT_TRUE(test, list_empty(&mine.devres));
	KUNIT_EXPECT_TRUE(test, list_empty(&mine.dma_pools));
}

/* ---- the point of it ---- */

static void plain_memory_is_refused_by_the_device(struct kunit *test)
{
	char *p = far_memory(test, 256);
	struct dma_request req = {.op = DMA_FILL, .src = 0xaa, .dst = virt_to_phys(p), .len = 256};

	memset(p, 0x11, 256);
	KUNIT_EXPECT_EQ(test, run(test, &req), DMA_BAD_DST);
	KUNIT_EXPECT_EQ(test, req.why, DMA_WHY_WIDTH);
	KUNIT_EXPECT_EQ(test, req.bad_addr, virt_to_phys(p));
	KUNIT_EXPECT_TRUE(test, all_are(p, 0x11, 256));
}

static void dma_memory_is_taken_by_the_device(struct kunit *test)
{
	char *p = kunit_kmalloc(test, 256, GFP_KERNEL | GFP_DMA | __GFP_NOWARN);
	struct dma_request req = {.op = DMA_FILL, .src = 0xaa, .len = 256};

	if (!p || virt_to_phys(p) + 255 > dma_get_mask(dev))
		kunit_skip(test, "no DMA zone that the engine reaches");
	req.dst = dma_map_single(dev, p, 256, DMA_FROM_DEVICE);
	KUNIT_ASSERT_EQ(test, dma_mapping_error(dev, req.dst), 0);
	if (!is_swiotlb_force_bounce(dev))
		KUNIT_EXPECT_EQ(test, req.dst, virt_to_phys(p));
	KUNIT_EXPECT_EQ(test, run(test, &req), DMA_OK);
	dma_unmap_single(dev, req.dst, 256, DMA_FROM_DEVICE);
	KUNIT_EXPECT_TRUE(test, all_are(p, 0xaa, 256));
}

static void far_memory_is_bounced(struct kunit *test)
{
	char *p = far_memory(test, 6000);
	struct dma_request fill = {.op = DMA_FILL, .src = 0xaa, .len = 2000};
	struct dma_request sum[2] = {{.op = DMA_CRC32C, .len = 6000}, {.op = DMA_CRC32C, .len = 6000}};
	unsigned long used = swiotlb_used();
	dma_addr_t addr;

	need_bounce(test);
	memset(p, 0x11, 6000);
	addr = dma_map_single(dev, p, 6000, DMA_BIDIRECTIONAL);
	KUNIT_ASSERT_EQ(test, dma_mapping_error(dev, addr), 0);
	KUNIT_EXPECT_TRUE(test, is_swiotlb_buffer(dev, addr));
	KUNIT_EXPECT_TRUE(test, dma_need_sync(dev, addr));
	KUNIT_EXPECT_EQ(test, swiotlb_used() - used, 3UL);
	KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(addr));
	/* The device writes the middle; the CPU sees it after the sync, and only the part that was synced. */
	fill.dst = addr + 2000;
	KUNIT_EXPECT_EQ(test, run(test, &fill), DMA_OK);
	KUNIT_EXPECT_TRUE(test, all_are(p, 0x11, 6000));
	dma_sync_single_range_for_cpu(dev, addr, 3000, 1000, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_TRUE(test,
			  all_are(p, 0x11, 3000) && all_are(p + 3000, 0xaa, 1000) && all_are(p + 4000, 0x11, 2000));
	/* What the CPU writes reaches the device after the sync. */
	sum[0].src = sum[1].src = addr;
	KUNIT_EXPECT_EQ(test, run(test, &sum[0]), DMA_OK);
	p[5999] = 0x22;
	dma_sync_single_for_device(dev, addr + 5999, 1, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_EQ(test, run(test, &sum[1]), DMA_OK);
	KUNIT_EXPECT_NE(test, sum[0].result, sum[1].result);
	dma_unmap_single(dev, addr, 6000, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_TRUE(test, all_are(p, 0x11, 2000) && all_are(p + 2000, 0xaa, 2000) && p[5999] == 0x22);
	KUNIT_EXPECT_EQ(test, swiotlb_used(), used);
}

/* A device that writes less than was mapped must not bring somebody else's bytes along. */
static void bounce_buffers_do_not_leak_old_contents(struct kunit *test)
{
	char *p = far_memory(test, 4096);
	dma_addr_t addr;

	need_bounce(test);
	for (unsigned int round = 0; round < 2; round++) {
		memset(p, round ? 0x11 : 0x99, 4096);
		addr = dma_map_single(dev, p, 4096, round ? DMA_FROM_DEVICE : DMA_TO_DEVICE);
		KUNIT_ASSERT_EQ(test, dma_mapping_error(dev, addr), 0);
		dma_unmap_single(dev, addr, 4096, round ? DMA_FROM_DEVICE : DMA_TO_DEVICE);
		KUNIT_EXPECT_TRUE(test, all_are(p, round ? 0x11 : 0x99, 4096));
	}
}

static void bounce_pool_runs_dry_and_recovers(struct kunit *test)
{
	enum { SLOTS = 32, SIZE = SLOTS * 2048 };
	size_t largest = swiotlb_max_mapping_size(dev);
	unsigned int max = (unsigned int)(swiotlb_nslabs() / SLOTS), nr = 0;
	char *p = far_memory(test, largest + 1);
	dma_addr_t *addr = kunit_kcalloc(test, max + 1, sizeof(*addr), GFP_KERNEL), again;
	unsigned long used = swiotlb_used();

	need_bounce(test);
	KUNIT_EXPECT_EQ(test, dma_max_mapping_size(dev), largest);
	KUNIT_ASSERT_NOT_NULL(test, addr);
	/* Larger than a segment: never. */
	again = dma_map_single_attrs(dev, p, largest + 1, DMA_TO_DEVICE, DMA_ATTR_NO_WARN);
	KUNIT_EXPECT_EQ(test, dma_mapping_error(dev, again), -ENOMEM);
	while (nr <= max) {
		addr[nr] = dma_map_single(dev, p, SIZE, DMA_TO_DEVICE);
		if (dma_mapping_error(dev, addr[nr]))
			break;
		nr++;
	}
	KUNIT_EXPECT_LE(test, nr, max);
	KUNIT_EXPECT_EQ(test, swiotlb_used(), used + nr * SLOTS);
	KUNIT_ASSERT_GT(test, nr, 0U);
	dma_unmap_single(dev, addr[--nr], SIZE, DMA_TO_DEVICE);
	again = dma_map_single(dev, p, SIZE, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, dma_mapping_error(dev, again), 0);
	dma_unmap_single(dev, again, SIZE, DMA_TO_DEVICE);
	while (nr)
		dma_unmap_single(dev, addr[--nr], SIZE, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, swiotlb_used(), used);
}

/* ---- the zone runs dry ---- */

/* Everything that @gfp gives, largest blocks first, chained by its first word. */
static unsigned long drain(gfp_t gfp, struct page **chain)
{
	unsigned long pages = 0;

	*chain = NULL;
	for (int order = MAX_PAGE_ORDER; order >= 0; order--) {
		struct page *page;

		while ((page = alloc_pages(gfp | __GFP_NOWARN, (unsigned int)order))) {
			page->index = (unsigned long)order;
			page->private = (unsigned long)*chain;
			*chain = page;
			pages += 1UL << order;
		}
	}
	return pages;
}

static void undrain(struct page *chain)
{
	while (chain) {
		struct page *next = (struct page *)chain->private;

		__free_pages(chain, (unsigned int)chain->index);
		chain = next;
	}
}

static void need_dma_zone_device(struct kunit *test)
{
	if (dma_engine_bits(ENGINE) != 24 || !populated_zone(&mm_zones[ZONE_DMA]))
		kunit_skip(test, "needs a 24-bit engine and a DMA zone");
}

static void an_exhausted_zone_fails_clearly_and_recovers(struct kunit *test)
{
	struct page *chain;
	dma_addr_t addr;
	void *p;

	need_dma_zone_device(test);
	drain(GFP_DMA | GFP_ATOMIC, &chain);
	p = dma_alloc_coherent(dev, PAGE_SIZE, &addr, GFP_NOWAIT);
	undrain(chain);
	KUNIT_EXPECT_NULL(test, p);
	p = dma_alloc_coherent(dev, PAGE_SIZE, &addr, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, p);
	dma_free_coherent(dev, PAGE_SIZE, p, addr);
}

/* Somebody takes all memory that is to be had without asking for the DMA zone: what is kept there for its users stays. */
static void a_drained_machine_keeps_memory_for_the_device(struct kunit *test)
{
	const struct zone *zone = &mm_zones[ZONE_DMA];
	unsigned long kept = zone->lowmem_reserve[ZONE_NORMAL];
	struct page *chain;
	dma_addr_t addr[8];
	void *p[8] = {};

	need_dma_zone_device(test);
	if (kept < 16 || !populated_zone(&mm_zones[ZONE_NORMAL]))
		kunit_skip(test, "nothing is kept back in a DMA zone this small");
	drain(GFP_NOWAIT, &chain);
	for (unsigned int i = 0; i < 8; i++)
		p[i] = dma_alloc_coherent(dev, PAGE_SIZE, &addr[i], GFP_NOWAIT);
	undrain(chain);
	for (unsigned int i = 0; i < 8; i++) {
		KUNIT_EXPECT_NOT_NULL(test, p[i]);
		dma_free_coherent(dev, PAGE_SIZE, p[i], addr[i]);
	}
}

/* ---- pieces and pools ---- */

static void lists_of_pieces_are_mapped_and_copied(struct kunit *test)
{
	enum { PIECES = 5, PIECE = 700 };
	struct scatterlist sg[PIECES], *s;
	struct dma_sg *list;
	struct dma_request req = {.op = DMA_COPY, .flags = DMA_F_SRC_SG, .src_nr = PIECES, .len = PIECES * PIECE};
	dma_addr_t list_addr, out_addr;
	char *data[PIECES], *out;
	unsigned int i, n;

	need_mapping(test);
	list = dma_alloc_coherent(dev, PAGE_SIZE, &list_addr, GFP_KERNEL);
	out = dma_alloc_coherent(dev, PAGE_SIZE, &out_addr, GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, list && out);
	sg_init_table(sg, PIECES);
	for (i = 0; i < PIECES; i++) {
		data[i] = kunit_kmalloc(test, PIECE, GFP_KERNEL);
		memset(data[i], (int)i + 1, PIECE);
		sg_set_buf(&sg[i], data[i], PIECE);
	}
	n = dma_map_sg(dev, sg, PIECES, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, n, (unsigned int)PIECES);
	for_each_sg(sg, s, n, i) list[i] = (struct dma_sg){.addr = sg_dma_address(s), .len = sg_dma_len(s)};
	req.src = list_addr;
	req.dst = out_addr;
	KUNIT_EXPECT_EQ(test, run(test, &req), DMA_OK);
	dma_sync_sg_for_device(dev, sg, PIECES, DMA_TO_DEVICE);
	dma_unmap_sg(dev, sg, PIECES, DMA_TO_DEVICE);
	for (i = 0; i < PIECES; i++)
		KUNIT_EXPECT_TRUE(test, all_are(out + i * PIECE, (unsigned char)(i + 1), PIECE));
	dma_free_coherent(dev, PAGE_SIZE, list, list_addr);
	dma_free_coherent(dev, PAGE_SIZE, out, out_addr);
}

static void tables_of_pieces_chain(struct kunit *test)
{
	enum { NR = 300 };
	struct sg_table t;
	struct scatterlist *s;
	unsigned int i, n = 0;

	KUNIT_ASSERT_EQ(test, sg_alloc_table(&t, NR, GFP_KERNEL), 0);
	for_each_sgtable_sg(&t, s, i)
	{
		sg_set_page(s, virt_to_page(test), i + 1, 0);
		n += sg_is_last(s);
	}
	KUNIT_EXPECT_EQ(test, i, (unsigned int)NR);
	KUNIT_EXPECT_EQ(test, n, 1U);
	KUNIT_EXPECT_EQ(test, sg_nents(t.sgl), NR);
	KUNIT_EXPECT_EQ(test, sg_last(t.sgl, NR)->length, (unsigned int)NR);
	sg_free_table(&t);
	KUNIT_EXPECT_EQ(test, sg_alloc_table(&t, 0, GFP_KERNEL), -EINVAL);
}

static void pools_give_blocks_that_keep_apart(struct kunit *test)
{
	enum { BLOCKS = 150 };
	struct dma_pool *pool = dma_pool_create("suite", dev, 100, 8, 1024);
	dma_addr_t addr[BLOCKS];
	char *p[BLOCKS], text[200];

	KUNIT_ASSERT_NOT_NULL(test, pool);
	for (unsigned int i = 0; i < BLOCKS; i++) {
		p[i] = i % 2 ? dma_pool_zalloc(pool, GFP_KERNEL, &addr[i]) : dma_pool_alloc(pool, GFP_KERNEL, &addr[i]);
		KUNIT_ASSERT_NOT_NULL(test, p[i]);
		KUNIT_EXPECT_EQ(test, addr[i], virt_to_phys(p[i]));
		KUNIT_EXPECT_EQ(test, addr[i] % 8, 0ULL);
		KUNIT_EXPECT_EQ(test, addr[i] / 1024, (addr[i] + 99) / 1024);
		KUNIT_EXPECT_LE(test, addr[i] + 99, dma_get_mask(dev));
		if (i % 2)
			KUNIT_EXPECT_TRUE(test, all_are(p[i], 0, 100));
		memset(p[i], (int)i, 100);
	}
	KUNIT_EXPECT_GT(test, dma_pools_show(dev, text, sizeof(text)), 0);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(text, "suite             150"), "%s", text);
	for (unsigned int i = 0; i < BLOCKS; i++) {
		KUNIT_EXPECT_TRUE(test, all_are(p[i], (unsigned char)i, 100));
		dma_pool_free(pool, p[i], addr[i]);
	}
	dma_pool_destroy(pool);
	dma_pool_destroy(NULL);
	KUNIT_EXPECT_NULL(test, dma_pool_create("none", dev, 0, 0, 0));
	KUNIT_EXPECT_NULL(test, dma_pool_create("odd", dev, 8, 3, 0));
	KUNIT_EXPECT_NULL(test, dma_pool_create("bound", dev, 64, 0, 32));
	KUNIT_EXPECT_NULL(test, dma_pool_create("bound", dev, 64, 0, 96));
}

/* ---- millions of bytes, while interrupts rain ---- */

static void count_irq(void *arg)
{
	++*(unsigned long *)arg;
}

/* From far memory through the device to far memory; sums by the device, contents by the CPU. */
static void move_chunk(struct kunit *test, char *from, char *to, size_t size)
{
	struct dma_request req[3] = {
		{.op = DMA_COPY, .len = size}, {.op = DMA_CRC32C, .len = size}, {.op = DMA_CRC32C, .len = size}};

	req[0].src = req[1].src = dma_map_single(dev, from, size, DMA_TO_DEVICE);
	KUNIT_ASSERT_EQ(test, dma_mapping_error(dev, req[0].src), 0);
	req[0].dst = req[2].src = dma_map_single(dev, to, size, DMA_FROM_DEVICE);
	KUNIT_ASSERT_EQ(test, dma_mapping_error(dev, req[0].dst), 0);
	KUNIT_ASSERT_EQ(test, dma_engine_run(ENGINE, req, 3), 0);
	for (unsigned int i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, req[i].status, DMA_OK);
	KUNIT_EXPECT_EQ(test, req[1].result, req[2].result);
	dma_unmap_single(dev, req[0].src, size, DMA_TO_DEVICE);
	dma_unmap_single(dev, req[0].dst, size, DMA_FROM_DEVICE);
}

static void millions_of_bytes_arrive_under_a_storm(struct kunit *test)
{
	enum { CHUNK = 128 << 10, CHUNKS = 20 };
	size_t size = CHUNK;
	char *from = kunit_kmalloc(test, CHUNK, GFP_KERNEL), *to = kunit_kmalloc(test, CHUNK, GFP_KERNEL);
	unsigned long irqs = 0;
	struct rnd_state rnd;
	int storm;

	need_mapping(test);
	KUNIT_ASSERT_TRUE(test, from && to);
	if (is_swiotlb_active(dev) && swiotlb_nslabs() < 2 * IO_TLB_SEGSIZE)
		size /= 4;
	storm = dma_storm_start(ENGINE, nr_cpu_ids - 1, 2000, count_irq, &irqs);
	KUNIT_ASSERT_GE(test, storm, 0);
	get_random_bytes(from, CHUNK);
	prandom_seed_state(&rnd, get_random_u64());
	for (unsigned int i = 0; i < WORK(CHUNKS); i++) {
		u32 at = prandom_u32_state(&rnd) % (u32)(size - 4096);

		from[at] = (char)~from[at];
		move_chunk(test, from, to, size);
		KUNIT_EXPECT_EQ(test, memcmp(from + at, to + at, 4096), 0);
		KUNIT_EXPECT_EQ(test, from[at], to[at]);
	}
	KUNIT_EXPECT_GT(test, dma_storm_stop(storm), 0UL);
	KUNIT_EXPECT_EQ(test, memcmp(from, to, size), 0);
}

/* ---- a driver at work ---- */

static void expect_stream(struct kunit *test, const struct dma_stream_config *cfg, struct dma_stream_stats *st)
{
	KUNIT_EXPECT_EQ(test, dma_stream_run(cfg, st), 0);
	KUNIT_EXPECT_EQ(test, st->received, cfg->packets);
	KUNIT_EXPECT_EQ(test, st->bytes, cfg->packets * cfg->size);
	KUNIT_EXPECT_EQ(test, st->corrupt, 0UL);
	KUNIT_EXPECT_EQ(test, st->refused, 0UL);
}

static void a_driver_receives(struct kunit *test)
{
	struct dma_stream_config cfg = {.engine = ENGINE, .buffers = 16, .size = 1500, .packets = WORK(200)};
	struct dma_stream_stats st;

	need_mapping(test);
	for (cfg.cpu = 0; cfg.cpu < nr_cpu_ids && cfg.cpu < 2; cfg.cpu++) {
		expect_stream(test, &cfg, &st);
		KUNIT_EXPECT_GT(test, st.atomic, 0UL);
	}
}

static void a_driver_refills_what_its_interrupt_could_not(struct kunit *test)
{
	struct dma_stream_config cfg = {
		.engine = ENGINE, .buffers = 8, .size = 512, .packets = WORK(150), .fail_every = 2};
	struct dma_stream_stats st;

	need_mapping(test);
	expect_stream(test, &cfg, &st);
	KUNIT_EXPECT_GT(test, st.atomic_failed, 0UL);
	KUNIT_EXPECT_GT(test, st.refilled, 0UL);
}

/* The machine is full up to its marks and interrupts rain: the driver lives on what there is for GFP_ATOMIC. */
static void a_driver_survives_pressure_and_a_storm(struct kunit *test)
{
	struct dma_stream_config cfg = {.engine = ENGINE, .buffers = 16, .size = 1024, .packets = WORK(150)};
	struct dma_stream_stats st;
	unsigned long irqs = 0;
	struct page *chain;
	int storm, err;

	need_mapping(test);
	storm = dma_storm_start(ENGINE, 0, 1000, count_irq, &irqs);
	KUNIT_ASSERT_GE(test, storm, 0);
	drain(GFP_NOWAIT, &chain);
	/* Give back a little: the ring itself and the worker's buffers need memory. */
	for (unsigned int i = 0; i < 64 && chain; i++) {
		struct page *next = (struct page *)chain->private;

		__free_pages(chain, (unsigned int)chain->index);
		chain = next;
	}
	err = dma_stream_run(&cfg, &st);
	undrain(chain);
	dma_storm_stop(storm);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_EQ(test, st.received, cfg.packets);
	KUNIT_EXPECT_EQ(test, st.corrupt, 0UL);
}

static struct kunit_case dma_api_cases[] = {KUNIT_CASE(masks_say_what_is_reached),
					    KUNIT_CASE(coherent_memory_is_clear_aligned_and_within_reach),
					    KUNIT_CASE(coherent_memory_follows_the_mask),
					    KUNIT_CASE(other_ways_to_the_same_memory),
					    KUNIT_CASE(managed_memory_goes_with_the_driver),
					    KUNIT_CASE(plain_memory_is_refused_by_the_device),
					    KUNIT_CASE(dma_memory_is_taken_by_the_device),
					    KUNIT_CASE(far_memory_is_bounced),
					    KUNIT_CASE(bounce_buffers_do_not_leak_old_contents),
					    KUNIT_CASE(bounce_pool_runs_dry_and_recovers),
					    KUNIT_CASE(an_exhausted_zone_fails_clearly_and_recovers),
					    KUNIT_CASE(a_drained_machine_keeps_memory_for_the_device),
					    KUNIT_CASE(lists_of_pieces_are_mapped_and_copied),
					    KUNIT_CASE(tables_of_pieces_chain),
					    KUNIT_CASE(pools_give_blocks_that_keep_apart),
					    KUNIT_CASE(millions_of_bytes_arrive_under_a_storm),
					    KUNIT_CASE(a_driver_receives),
					    KUNIT_CASE(a_driver_refills_what_its_interrupt_could_not),
					    KUNIT_CASE(a_driver_survives_pressure_and_a_storm),
					    {}};

static struct kunit_suite dma_api_suite = {
	.name = "dma_api",
	.init = dma_api_init,
	.test_cases = dma_api_cases,
};
kunit_test_suite(dma_api_suite);
