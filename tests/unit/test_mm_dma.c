// SPDX-License-Identifier: MIT
/*
 * test_mm_dma.c - memory for devices on the simulated machine: masks, bounce buffers and pools against simple models.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/swiotlb.h>

#include "tests/runner.h"
#include "tests/unit/arch/sim.h"
#include "tests/unit/validate.h"

static const struct sim_range machine[] = {
	{0x1000, 0x9f000}, {0x100000, 15UL << 20}, {16UL << 20, 48UL << 20}, {4UL << 30, 64UL << 20}, {},
};

static struct device dev;

/* A machine whose narrowest device has so many address bits; @dev is that device. */
static void start(unsigned int bits)
{
	swiotlb_limit_bits = bits;
	sim_start(machine, 2);
	ck_assert_int_eq(device_register(&dev), 0);
	ck_assert_int_eq(dma_set_mask_and_coherent(&dev, DMA_BIT_MASK(bits)), 0);
}

/* What the bits of the pool say, what its slots say, what its areas say. */
static void check_pool(unsigned long expected)
{
	const struct io_tlb_mem *m = &mm_root.dma->io_tlb;
	unsigned long bits = 0, slots = 0;

	for (unsigned long i = 0; i < m->nslabs; i++) {
		bits += m->bitmap[i / 64] >> (i % 64) & 1;
		slots += m->slots[i].orig != 0;
	}
	ck_assert_uint_eq(bits, expected);
	ck_assert_uint_eq(slots, expected);
	ck_assert_uint_eq(swiotlb_used(), expected);
}

START_TEST(masks)
{
	start(24);
	ck_assert_int_eq(dma_set_mask(&dev, DMA_BIT_MASK(20)), -EIO);
	ck_assert_int_eq(dma_set_mask(&dev, DMA_BIT_MASK(64)), 0);
	ck_assert(!dma_addressing_limited(&dev));
	ck_assert_uint_eq(dma_get_required_mask(&dev), DMA_BIT_MASK(33));
	ck_assert_uint_eq(dma_max_mapping_size(&dev), SIZE_MAX);
	ck_assert_int_eq(dma_set_mask(&dev, DMA_BIT_MASK(32)), 0);
	ck_assert(dma_addressing_limited(&dev));
	ck_assert_uint_eq(dma_max_mapping_size(&dev), 256 << 10);
	dma_set_min_align_mask(&dev, 4095);
	ck_assert_uint_eq(dma_max_mapping_size(&dev), 252 << 10);
}
END_TEST

/* The zone is the highest that the mask allows; when it is empty, the next lower one serves. */
START_TEST(zones_follow_the_mask)
{
	static const struct {
		unsigned int bits, zone;
	} wants[] = {{24, ZONE_DMA}, {31, ZONE_DMA32}, {32, ZONE_DMA32}, {33, ZONE_NORMAL}, {64, ZONE_NORMAL}};
	dma_addr_t addr;
	void *p;

	start(24);
	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
		dma_set_mask_and_coherent(&dev, DMA_BIT_MASK(wants[i].bits));
		p = dma_alloc_coherent(&dev, 5000, &addr, GFP_KERNEL);
		ck_assert_ptr_nonnull(p);
		ck_assert_uint_eq(page_zonenum(virt_to_page(p)), wants[i].zone);
		dma_free_coherent(&dev, 5000, p, addr);
	}
	/* 25 bits: DMA32 begins within reach and goes on beyond. */
	dma_set_mask_and_coherent(&dev, DMA_BIT_MASK(25));
	for (unsigned int i = 0; i < 300; i++) {
		p = dma_alloc_coherent(&dev, 64 << 10, &addr, GFP_KERNEL | __GFP_NOWARN);
		if (!p)
			break;
		ck_assert_uint_le(addr + (64 << 10) - 1, DMA_BIT_MASK(25));
	}
	assert_valid();
}
END_TEST

/* One check for all bytes: Check reports each one to its parent. */
static bool all_are(const void *p, unsigned char byte, size_t n)
{
	const unsigned char *b = p;

	while (n && *b == byte) {
		b++;
		n--;
	}
	return !n;
}

enum { MAPS = 200 };
static struct {
	dma_addr_t addr;
	char *buf;
	size_t size;
	enum dma_data_direction dir;
	unsigned char fill;
} maps[MAPS];

static void map_some(unsigned int i, unsigned long *slots)
{
	size_t size = 1 + sim_below(sim_below(4) ? 5000 : 100000);

	maps[i].buf = kmalloc(size, GFP_KERNEL);
	ck_assert_ptr_nonnull(maps[i].buf);
	maps[i].size = size;
	maps[i].dir = sim_below(3);
	maps[i].fill = (unsigned char)sim_random();
	memset(maps[i].buf, maps[i].fill, size);
	sim_cpu = sim_below(2);
	maps[i].addr = dma_map_single_attrs(&dev, maps[i].buf, size, maps[i].dir, DMA_ATTR_NO_WARN);
	if (dma_mapping_error(&dev, maps[i].addr)) {
		kfree(maps[i].buf);
		maps[i].buf = NULL;
		return;
	}
	ck_assert_uint_le(maps[i].addr + size - 1, DMA_BIT_MASK(24));
	if (size >= PAGE_SIZE)
		ck_assert_uint_eq(maps[i].addr % PAGE_SIZE, 0);
	*slots += (size + IO_TLB_SIZE - 1) / IO_TLB_SIZE;
}

/* The device sees what the CPU wrote; the CPU sees what the device wrote, or not, as the direction says. */
static void unmap_it(unsigned int i, unsigned long *slots)
{
	unsigned char *device_side = phys_to_virt(maps[i].addr), seen = maps[i].fill;

	ck_assert(all_are(device_side, maps[i].fill, maps[i].size));
	if (maps[i].dir != DMA_TO_DEVICE) {
		memset(device_side, (unsigned char)~maps[i].fill, maps[i].size);
		seen = (unsigned char)~maps[i].fill;
	}
	dma_unmap_single(&dev, maps[i].addr, maps[i].size, maps[i].dir);
	ck_assert(all_are(maps[i].buf, seen, maps[i].size));
	*slots -= (maps[i].size + IO_TLB_SIZE - 1) / IO_TLB_SIZE;
	kfree(maps[i].buf);
	maps[i].buf = NULL;
}

START_TEST(bounce_buffers_against_the_model)
{
	unsigned long slots = 0, steps = sim_steps(1000), refused = 0;

	start(24);
	ck_assert_uint_gt(swiotlb_nslabs(), 0);
	for (unsigned long n = 0; n < steps; n++) {
		unsigned int i = sim_below(MAPS);

		if (maps[i].buf)
			unmap_it(i, &slots);
		else
			map_some(i, &slots);
		refused += !maps[i].buf;
		if (n % 64 == 0)
			check_pool(slots);
	}
	for (unsigned int i = 0; i < MAPS; i++)
		if (maps[i].buf)
			unmap_it(i, &slots);
	check_pool(0);
	ck_assert_uint_gt(refused, 0);
	ck_assert_uint_eq(sim_warnings(), 0);
	assert_valid();
}
END_TEST

START_TEST(bounced_parts_are_synced)
{
	char *p, *device_side;
	dma_addr_t addr;

	start(24);
	dma_set_min_align_mask(&dev, 511);
	p = kmalloc(10000, GFP_KERNEL);
	memset(p, 1, 10000);
	addr = dma_map_single(&dev, p + 100, 9000, DMA_BIDIRECTIONAL);
	ck_assert_int_eq(dma_mapping_error(&dev, addr), 0);
	ck_assert_uint_eq(addr & 511, (virt_to_phys(p) + 100) & 511);
	device_side = phys_to_virt(addr);
	memset(device_side, 2, 9000);
	dma_sync_single_for_cpu(&dev, addr + 3000, 2500, DMA_BIDIRECTIONAL);
	ck_assert(all_are(p, 1, 3100) && all_are(p + 3100, 2, 2500) && all_are(p + 5600, 1, 4400));
	dma_unmap_single_attrs(&dev, addr, 9000, DMA_BIDIRECTIONAL, DMA_ATTR_SKIP_CPU_SYNC);
	ck_assert(all_are(p, 1, 3100) && all_are(p + 3100, 2, 2500) && all_are(p + 5600, 1, 4400));
	check_pool(0);
}
END_TEST

enum { BLOCKS = 400 };

START_TEST(pools_against_the_model)
{
	static const struct {
		size_t size, align, boundary;
	} kinds[] = {{1, 0, 0}, {24, 8, 0}, {100, 4, 256}, {512, 512, 512}, {3000, 64, 4096}, {6000, 16, 0}};
	unsigned long steps = sim_steps(500);
	char *block[BLOCKS] = {};
	dma_addr_t addr[BLOCKS];

	start(24);
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		struct dma_pool *pool =
			dma_pool_create("model", &dev, kinds[k].size, kinds[k].align, kinds[k].boundary);
		unsigned long held = 0;

		ck_assert_ptr_nonnull(pool);
		for (unsigned long n = 0; n < steps; n++) {
			unsigned int i = sim_below(BLOCKS);

			if (block[i]) {
				ck_assert(all_are(block[i], (unsigned char)i, kinds[k].size));
				dma_pool_free(pool, block[i], addr[i]);
				block[i] = NULL;
				held--;
			} else {
				block[i] = dma_pool_alloc(pool, GFP_KERNEL, &addr[i]);
				ck_assert_ptr_nonnull(block[i]);
				ck_assert_uint_eq(addr[i], virt_to_phys(block[i]));
				if (kinds[k].align)
					ck_assert_uint_eq(addr[i] % kinds[k].align, 0);
				if (kinds[k].boundary)
					ck_assert_uint_eq(addr[i] / kinds[k].boundary,
							  (addr[i] + kinds[k].size - 1) / kinds[k].boundary);
				memset(block[i], (int)i, kinds[k].size);
				held++;
			}
			ck_assert_uint_eq(pool->nr_active, held);
		}
		for (unsigned int i = 0; i < BLOCKS; i++) {
			if (block[i])
				dma_pool_free(pool, block[i], addr[i]);
			block[i] = NULL;
		}
		dma_pool_destroy(pool);
		ck_assert_uint_eq(mm_root.dma->nr_coherent, 0);
	}
	ck_assert_uint_eq(sim_warnings(), 0);
	assert_valid();
}
END_TEST

/* Every inner allocation may be the one that fails: then nothing is left behind. */
START_TEST(failures_leave_nothing)
{
	start(24);
	for (long n = 0;; n++) {
		struct dma_pool *pool;
		struct sg_table t;
		dma_addr_t addr;
		void *p;

		sim_fail_at(n);
		pool = dmam_pool_create("fails", &dev, 64, 0, 0);
		p = pool ? dma_pool_alloc(pool, GFP_KERNEL | __GFP_NOWARN, &addr) : NULL;
		if (p)
			dma_pool_free(pool, p, addr);
		(void)!dmam_alloc_coherent(&dev, PAGE_SIZE, &addr, GFP_KERNEL | __GFP_NOWARN);
		if (!sg_alloc_table(&t, 300, GFP_KERNEL | __GFP_NOWARN))
			sg_free_table(&t);
		device_release_driver(&dev);
		ck_assert(list_empty(&dev.devres) && list_empty(&dev.dma_pools));
		ck_assert_uint_eq(mm_root.dma->nr_coherent, 0);
		if (!sim_fail_hit())
			break;
	}
	sim_fail_at(-1);
	assert_valid();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dma");
	TCase *t = tcase_create("dma");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, masks);
	tcase_add_test(t, zones_follow_the_mask);
	tcase_add_test(t, bounce_buffers_against_the_model);
	tcase_add_test(t, bounced_parts_are_synced);
	tcase_add_test(t, pools_against_the_model);
	tcase_add_test(t, failures_leave_nothing);
	suite_add_tcase(s, t);
	return run_to_end(srunner_create(s));
}
