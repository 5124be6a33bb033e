// SPDX-License-Identifier: MIT
/*
 * dma_debug.c - suite: the debug kernel reports each wrong use of the DMA API once, in words that say what was wrong.
 *
 * On a device of its own that reaches everything. What a wrong call leaves behind is put right again before the case ends.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#define SIZE 512

static struct device dev;
static char *buf;

static int dma_debug_test_init(struct kunit *test)
{
	if (!mm_root.dma->debug.entries)
		kunit_skip(test, "only the debug kernel watches mappings");
	KUNIT_ASSERT_EQ(test, device_register(&dev), 0);
	dev_set_name(&dev, "suite");
	KUNIT_ASSERT_EQ(test, dma_set_mask_and_coherent(&dev, DMA_BIT_MASK(64)), 0);
	buf = kunit_kzalloc(test, SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	return 0;
}

static void dma_debug_test_exit(struct kunit *test)
{
	(void)test;
	if (mm_root.dma->debug.entries && !list_empty(&dev.node))
		device_unregister(&dev);
}

static dma_addr_t map(struct kunit *test, enum dma_data_direction dir)
{
	dma_addr_t addr = dma_map_single(&dev, buf, SIZE, dir);

	KUNIT_ASSERT_EQ(test, dma_mapping_error(&dev, addr), 0);
	return addr;
}

static void right_use_is_quiet(struct kunit *test)
{
	dma_addr_t addr = map(test, DMA_BIDIRECTIONAL);

	dma_sync_single_for_cpu(&dev, addr, SIZE, DMA_BIDIRECTIONAL);
	dma_sync_single_range_for_device(&dev, addr, SIZE - 8, 8, DMA_BIDIRECTIONAL);
	dma_unmap_single(&dev, addr, SIZE, DMA_BIDIRECTIONAL);
	addr = map(test, DMA_FROM_DEVICE);
	dma_sync_single_for_cpu(&dev, addr, SIZE, DMA_FROM_DEVICE);
	dma_sync_single_for_device(&dev, addr, SIZE, DMA_FROM_DEVICE);
	dma_unmap_single(&dev, addr, SIZE, DMA_FROM_DEVICE);
}

static void unmap_twice(struct kunit *test)
{
	dma_addr_t addr = map(test, DMA_TO_DEVICE);

	dma_unmap_single(&dev, addr, SIZE, DMA_TO_DEVICE);
	KUNIT_EXPECT_REPORT(test, "has not allocated", dma_unmap_single(&dev, addr, SIZE, DMA_TO_DEVICE));
	KUNIT_EXPECT_REPORT(test, "invalid DMA memory address",
			    dma_unmap_single(&dev, DMA_MAPPING_ERROR, SIZE, DMA_TO_DEVICE));
}

static void map_twice(struct kunit *test)
{
	dma_addr_t addr = map(test, DMA_FROM_DEVICE), again = 0;

	KUNIT_EXPECT_REPORT(test, "overlapping mappings", again = map(test, DMA_FROM_DEVICE));
	dma_unmap_single(&dev, again, SIZE, DMA_FROM_DEVICE);
	dma_unmap_single(&dev, addr, SIZE, DMA_FROM_DEVICE);
}

static void map_what_overlaps(struct kunit *test)
{
	dma_addr_t addr = map(test, DMA_TO_DEVICE), part = 0;

	/* Two readers may share; a writer may not. */
	part = dma_map_single(&dev, buf + 64, 64, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, dma_mapping_error(&dev, part), 0);
	dma_unmap_single(&dev, part, 64, DMA_TO_DEVICE);
	KUNIT_EXPECT_REPORT(test, "overlapping mappings", part = dma_map_single(&dev, buf + 64, 64, DMA_FROM_DEVICE));
	KUNIT_EXPECT_EQ(test, dma_mapping_error(&dev, part), 0);
	dma_unmap_single(&dev, part, 64, DMA_FROM_DEVICE);
	dma_unmap_single(&dev, addr, SIZE, DMA_TO_DEVICE);
}

static void unmap_with_another_size(struct kunit *test)
{
	dma_addr_t addr = map(test, DMA_TO_DEVICE);

	KUNIT_EXPECT_REPORT(test, "different size", dma_unmap_single(&dev, addr, SIZE - 1, DMA_TO_DEVICE));
}

static void unmap_with_another_direction(struct kunit *test)
{
	dma_addr_t addr = map(test, DMA_TO_DEVICE);

	KUNIT_EXPECT_REPORT(test, "different direction", dma_unmap_single(&dev, addr, SIZE, DMA_FROM_DEVICE));
}

static void unmap_with_another_function(struct kunit *test)
{
	dma_addr_t addr = map(test, DMA_TO_DEVICE);
	struct scatterlist sg;

	sg_init_one(&sg, buf, SIZE);
	sg_dma_address(&sg) = addr;
	sg_dma_len(&sg) = SIZE;
	KUNIT_EXPECT_REPORT(test, "wrong function", dma_unmap_sg(&dev, &sg, 1, DMA_TO_DEVICE));
}

static void unmap_fewer_pieces(struct kunit *test)
{
	struct scatterlist sg[2];

	sg_init_table(sg, 2);
	sg_set_buf(&sg[0], buf, 100);
	sg_set_buf(&sg[1], buf + 256, 100);
	KUNIT_ASSERT_EQ(test, dma_map_sg(&dev, sg, 2, DMA_TO_DEVICE), 2U);
	KUNIT_EXPECT_REPORT(test, "different entry count", dma_unmap_sg(&dev, sg, 1, DMA_TO_DEVICE));
	KUNIT_EXPECT_REPORT(test, "different entry count", dma_unmap_sg(&dev, &sg[1], 1, DMA_TO_DEVICE));
}

static void free_coherent_wrongly(struct kunit *test)
{
	dma_addr_t addr;
	char *p = dma_alloc_coherent(&dev, PAGE_SIZE, &addr, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	/* The address of somebody else's memory; then the right one, which the record no longer knows. */
	KUNIT_EXPECT_REPORT(test, "different size", dma_free_coherent(&dev, PAGE_SIZE - 1, p, addr));
}

static void forget_the_check(struct kunit *test)
{
	dma_addr_t addr = dma_map_single(&dev, buf, SIZE, DMA_TO_DEVICE);

	KUNIT_EXPECT_REPORT(test, "failed to check map error", dma_unmap_single(&dev, addr, SIZE, DMA_TO_DEVICE));
}

static void sync_what_is_not_mapped(struct kunit *test)
{
	dma_addr_t addr = map(test, DMA_FROM_DEVICE);

	KUNIT_EXPECT_REPORT(test, "outside allocated range",
			    dma_sync_single_for_cpu(&dev, addr + 8, SIZE, DMA_FROM_DEVICE));
	KUNIT_EXPECT_REPORT(test, "with different direction",
			    dma_sync_single_for_cpu(&dev, addr, SIZE, DMA_BIDIRECTIONAL));
	dma_unmap_single(&dev, addr, SIZE, DMA_FROM_DEVICE);
	KUNIT_EXPECT_REPORT(test, "sync DMA memory it has not allocated",
			    dma_sync_single_for_cpu(&dev, addr, SIZE, DMA_FROM_DEVICE));
	addr = map(test, DMA_TO_DEVICE);
	KUNIT_EXPECT_REPORT(test, "read-only DMA memory for cpu",
			    dma_sync_single_for_cpu(&dev, addr, SIZE, DMA_TO_DEVICE));
	dma_unmap_single(&dev, addr, SIZE, DMA_TO_DEVICE);
}

static void map_a_stack(struct kunit *test)
{
	char here[64] = "";
	dma_addr_t addr = 0;

	KUNIT_EXPECT_REPORT(test, "maps memory from stack",
			    addr = dma_map_single(&dev, here, sizeof(here), DMA_TO_DEVICE));
	KUNIT_EXPECT_EQ(test, dma_mapping_error(&dev, addr), -ENOMEM);
}

static void map_vmalloc_memory(struct kunit *test)
{
	char *p = vmalloc(PAGE_SIZE);
	dma_addr_t addr = 0;

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_REPORT(test, "vmalloc memory", addr = dma_map_single(&dev, p, PAGE_SIZE, DMA_TO_DEVICE));
	KUNIT_EXPECT_EQ(test, dma_mapping_error(&dev, addr), -ENOMEM);
	/* Page by page it is fine. */
	addr = dma_map_page(&dev, vmalloc_to_page(p), 0, PAGE_SIZE, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, dma_mapping_error(&dev, addr), 0);
	dma_unmap_page(&dev, addr, PAGE_SIZE, DMA_TO_DEVICE);
	vfree(p);
}

static void map_free_memory(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL, 3);
	dma_addr_t addr = 0;

	KUNIT_ASSERT_NOT_NULL(test, page);
	__free_pages(page, 3);
	KUNIT_EXPECT_REPORT(test, "maps free memory", addr = dma_map_page(&dev, page, 0, 64, DMA_TO_DEVICE));
	KUNIT_EXPECT_EQ(test, dma_mapping_error(&dev, addr), 0);
	KUNIT_EXPECT_REPORT(test, "freed while mapped", dma_unmap_page(&dev, addr, 64, DMA_TO_DEVICE));
}

static void free_what_is_mapped(struct kunit *test)
{
	char *p = kmalloc(SIZE, GFP_KERNEL);
	dma_addr_t addr;

	KUNIT_ASSERT_NOT_NULL(test, p);
	addr = dma_map_single(&dev, p, SIZE, DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(test, dma_mapping_error(&dev, addr), 0);
	dma_sync_single_for_cpu(&dev, addr, SIZE, DMA_FROM_DEVICE);
	kfree(p);
	KUNIT_EXPECT_REPORT(test, "freed while mapped", dma_sync_single_for_cpu(&dev, addr, SIZE, DMA_FROM_DEVICE));
	KUNIT_EXPECT_REPORT(test, "freed while mapped", dma_unmap_single(&dev, addr, SIZE, DMA_FROM_DEVICE));
}

static void map_the_kernel(struct kunit *test)
{
	static const char constant[64] = "not for devices";
	void *const at[] = {(void *)(unsigned long)constant, (void *)(unsigned long)printk};

	for (unsigned int i = 0; i < ARRAY_SIZE(at); i++) {
		dma_addr_t addr = 0;

		KUNIT_EXPECT_REPORT(test, "kernel text or rodata",
				    addr = dma_map_single(&dev, at[i], 16, DMA_TO_DEVICE));
		KUNIT_EXPECT_EQ(test, dma_mapping_error(&dev, addr), -ENOMEM);
		/* By another of its names. */
		KUNIT_EXPECT_REPORT(test, "kernel text or rodata",
				    addr = dma_map_single(&dev, __va(virt_to_phys(at[i])), 16, DMA_TO_DEVICE));
		KUNIT_EXPECT_EQ(test, dma_mapping_error(&dev, addr), 0);
		dma_unmap_single(&dev, addr, 16, DMA_TO_DEVICE);
	}
}

static void map_pieces_that_are_too_long(struct kunit *test)
{
	struct scatterlist sg;

	dma_set_max_seg_size(&dev, 256);
	sg_init_one(&sg, buf, SIZE);
	KUNIT_EXPECT_REPORT(test, "longer than the device", (void)dma_map_sg(&dev, &sg, 1, DMA_TO_DEVICE));
	dma_unmap_sg(&dev, &sg, 1, DMA_TO_DEVICE);
	dma_set_max_seg_size(&dev, 65536);
	dma_set_seg_boundary(&dev, 127);
	KUNIT_EXPECT_REPORT(test, "across the device's boundary", (void)dma_map_sg(&dev, &sg, 1, DMA_TO_DEVICE));
	dma_unmap_sg(&dev, &sg, 1, DMA_TO_DEVICE);
}

static void leave_with_mappings(struct kunit *test)
{
	dma_addr_t addr = map(test, DMA_TO_DEVICE);

	KUNIT_EXPECT_REPORT(test, "pending DMA allocations", device_release_driver(&dev));
	dma_unmap_single(&dev, addr, SIZE, DMA_TO_DEVICE);
}

/* ---- pools ---- */

static void misuse_a_pool(struct kunit *test)
{
	struct dma_pool *pool = dma_pool_create("misused", &dev, 64, 0, 0), *other;
	dma_addr_t addr, second;
	char *p, *q;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	other = dma_pool_create("other", &dev, 64, 0, 0);
	p = dma_pool_alloc(pool, GFP_KERNEL, &addr);
	q = dma_pool_alloc(pool, GFP_KERNEL, &second);
	KUNIT_ASSERT_TRUE(test, p && q && other);
	KUNIT_EXPECT_EQ(test, (unsigned char)p[10], 0xa9);
	KUNIT_EXPECT_REPORT(test, "(bad dma)", dma_pool_free(pool, p, addr + 64));
	KUNIT_EXPECT_REPORT(test, "(bad vaddr)", dma_pool_free(pool, p + 8, addr + 8));
	KUNIT_EXPECT_REPORT(test, "(bad vaddr)", dma_pool_free(other, p, addr));
	KUNIT_EXPECT_REPORT(test, "(bad vaddr)", dma_pool_free(pool, buf, addr));
	dma_pool_free(pool, p, addr);
	KUNIT_EXPECT_REPORT(test, "already free", dma_pool_free(pool, p, addr));
	p[20] = 1;
	KUNIT_EXPECT_REPORT(test, "(corrupted)", p = dma_pool_alloc(pool, GFP_KERNEL, &addr));
	dma_pool_free(pool, p, addr);
	dma_pool_free(pool, q, second);
	dma_pool_destroy(other);
	dma_pool_destroy(pool);
}

/* The pages of a pool that is destroyed with blocks in use are lost: here they are taken back by hand. */
static void destroy_a_busy_pool(struct kunit *test)
{
	struct dma_pool *pool = dma_pool_create("busy", &dev, 64, 0, 0);
	dma_addr_t addr;
	void *p;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	p = dma_pool_alloc(pool, GFP_KERNEL, &addr);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_REPORT(test, "busy", dma_pool_destroy(pool));
	dma_free_coherent(&dev, PAGE_SIZE, (void *)((unsigned long)p & PAGE_MASK), addr & PAGE_MASK);
}

static struct kunit_case dma_debug_cases[] = {KUNIT_CASE(right_use_is_quiet),
					      KUNIT_CASE(unmap_twice),
					      KUNIT_CASE(map_twice),
					      KUNIT_CASE(map_what_overlaps),
					      KUNIT_CASE(unmap_with_another_size),
					      KUNIT_CASE(unmap_with_another_direction),
					      KUNIT_CASE(unmap_with_another_function),
					      KUNIT_CASE(unmap_fewer_pieces),
					      KUNIT_CASE(free_coherent_wrongly),
					      KUNIT_CASE(forget_the_check),
					      KUNIT_CASE(sync_what_is_not_mapped),
					      KUNIT_CASE(map_a_stack),
					      KUNIT_CASE(map_vmalloc_memory),
					      KUNIT_CASE(map_free_memory),
					      KUNIT_CASE(free_what_is_mapped),
					      KUNIT_CASE(map_the_kernel),
					      KUNIT_CASE(map_pieces_that_are_too_long),
					      KUNIT_CASE(leave_with_mappings),
					      KUNIT_CASE(misuse_a_pool),
					      KUNIT_CASE(destroy_a_busy_pool),
					      {}};

static struct kunit_suite dma_debug_suite = {
	.name = "dma_debug",
	.init = dma_debug_test_init,
	.exit = dma_debug_test_exit,
	.test_cases = dma_debug_cases,
};
kunit_test_suite(dma_debug_suite);
