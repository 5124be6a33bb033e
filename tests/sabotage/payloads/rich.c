// SPDX-License-Identifier: MIT
/*
 * rich.c - leaves the allocators in a state where every invariant has something to hold for, and panics, so that a core of
 * exactly that moment exists.
 *
 * What there is then: used and free blocks of many orders, caches with partial, full and empty slabs, objects waiting in
 * arrays of CPUs, vmalloc areas with free pieces between them, one of large pages, one that was freed but not purged, a vmap
 * area, a mapping by vm_map_ram(), one of device registers, page tables made after boot, a loaded module; a device with
 * coherent memory, a pool with a page in part free, a mapping that is bounced and (debug kernel: recorded) ones that are not;
 * reserves of elements of every kind; a file with clean and dirty pages and one that was evicted; a request to a disk and a channel of
 * the DMA engine; threads that wait for their turn, callbacks that wait for a grace period; the running thread's user address space and a copy of
 * it, with pages that are shared, copied, only read, locked, on disk, and both in memory and on disk.
 */
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/bug.h>
#include <linux/cpumask.h>
#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/panic.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <mmvisor/dma_engine.h>

#define OBJECTS 1200
#define OWN_PAGE 0x72696368UL /* tests/sabotage/image.c knows it */
#define AREAS 12
#define SINGLES 96
#define CALLBACKS 4
/* The block of this order is what vmap() shows: damage to other blocks does not touch the area. */
#define SHOWN 7

static void *objects[OBJECTS], *burst[OBJECTS];
static void *areas[AREAS];
static struct page *singles[SINGLES], *blocks[MAX_PAGE_ORDER + 1][2];

static void fill_caches(struct kunit *test)
{
	struct kmem_cache *mixed = kmem_cache_create("rich-mixed", 88, 0, SLAB_NO_MERGE, NULL);
	struct kmem_cache *done = kmem_cache_create("rich-empty", 120, 0, SLAB_NO_MERGE, NULL);

	KUNIT_ASSERT_NOT_NULL(test, mixed);
	KUNIT_ASSERT_NOT_NULL(test, done);
	for (int i = 0; i < OBJECTS; i++)
		objects[i] = kmem_cache_alloc(mixed, GFP_KERNEL);
	/* The first third stays whole: full slabs. Of the rest every second object goes: partial ones. */
	for (int i = OBJECTS / 3; i < OBJECTS; i += 2)
		kmem_cache_free(mixed, objects[i]);
	for (int i = 0; i < OBJECTS; i++)
		burst[i] = kmem_cache_alloc(done, GFP_KERNEL);
	for (int i = 0; i < OBJECTS; i++)
		kmem_cache_free(done, burst[i]);
	for (size_t size = 8; size <= KMALLOC_MAX_CACHE_SIZE; size *= 2)
		KUNIT_ASSERT_NOT_NULL(test, kmalloc(size, GFP_KERNEL));
	KUNIT_ASSERT_NOT_NULL(test, kmalloc(5 * KMALLOC_MAX_CACHE_SIZE, GFP_KERNEL));
}

static void fill_pages(struct kunit *test)
{
	for (int i = 0; i < SINGLES; i++)
		singles[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
	for (int order = 0; order <= MAX_PAGE_ORDER; order++)
		for (int i = 0; i < 2; i++)
			blocks[order][i] = alloc_pages(GFP_KERNEL, order);
	KUNIT_ASSERT_NOT_NULL(test, singles[SINGLES - 1]);
	/* To be found by: there are other single pages, which devices use. */
	singles[0]->private = OWN_PAGE;
	KUNIT_ASSERT_NOT_NULL(test, blocks[MAX_PAGE_ORDER][1]);
	/* For a guest with a zone for such pages. */
	for (int i = 0; i < 4; i++)
		KUNIT_ASSERT_NOT_NULL(test, alloc_pages(GFP_HIGHUSER_MOVABLE, 0));
	/* Holes of one page between single pages, and one block of each order free. */
	for (int i = SINGLES / 2; i < SINGLES; i += 2)
		__free_page(singles[i]);
	for (int order = 0; order <= MAX_PAGE_ORDER; order++)
		__free_pages(blocks[order][0], order);
}

static void fill_areas(struct kunit *test)
{
	struct page *shown[3];

	for (int i = 0; i < AREAS; i++)
		areas[i] = vmalloc((unsigned long)(i + 1) * PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, areas[AREAS - 1]);
	for (int i = 1; i < AREAS; i += 2)
		vfree(areas[i]);
	vm_unmap_aliases();
	for (int i = 0; i < 3; i++)
		shown[i] = blocks[SHOWN][1] + i;
	KUNIT_ASSERT_NOT_NULL(test, vmap(shown, 3, VM_MAP, PAGE_KERNEL));
	KUNIT_ASSERT_NOT_NULL(test, vm_map_ram(shown, 3, NUMA_NO_NODE));
	KUNIT_ASSERT_NOT_NULL(test, ioremap(DEV_GPA, 3 * PAGE_SIZE));
	KUNIT_ASSERT_NOT_NULL(test, vmalloc_huge(5UL << 20, GFP_KERNEL));
	/* Freed where nobody may wait: it is there still, and waits for its purge. */
	vfree_atomic(vmalloc(2 * PAGE_SIZE));
}

/* The machine's engine reaches 24 bits: what kmalloc() gives is beyond them. */
static void fill_devices(struct kunit *test)
{
	struct device *dev = dma_engine_device(0);
	struct dma_pool *pool;
	dma_addr_t addr[8];
	void *block[8];

	KUNIT_ASSERT_NOT_NULL(test, dev);
	KUNIT_ASSERT_NOT_NULL(test, dma_alloc_coherent(dev, 3 * PAGE_SIZE, &addr[0], GFP_KERNEL));
	pool = dma_pool_create("rich", dev, 96, 32, 0);
	KUNIT_ASSERT_NOT_NULL(test, pool);
	for (int i = 0; i < 8; i++)
		block[i] = dma_pool_alloc(pool, GFP_KERNEL, &addr[i]);
	for (int i = 1; i < 8; i += 2)
		dma_pool_free(pool, block[i], addr[i]);
	addr[0] = dma_map_single(dev, kmalloc(3 * PAGE_SIZE, GFP_KERNEL), 3 * PAGE_SIZE, DMA_FROM_DEVICE);
	KUNIT_ASSERT_EQ(test, dma_mapping_error(dev, addr[0]), 0);
	addr[1] = dma_map_single(dev, kmalloc(512, GFP_KERNEL | GFP_DMA), 512, DMA_BIDIRECTIONAL);
	KUNIT_ASSERT_EQ(test, dma_mapping_error(dev, addr[1]), 0);
}

/* A file with clean pages, dirty ones and one that was evicted: the only entry of its node. */
static void fill_files(struct kunit *test)
{
	static char bytes[PAGE_SIZE];
	struct block_device *bdev = NULL;
	struct super_block *sb;
	struct file *file;
	struct page *page;
	loff_t pos;

	for (unsigned int i = 0; !bdev || !bdev_is_scratch(bdev); i++) {
		bdev = blkdev_nth(i);
		KUNIT_ASSERT_NOT_NULL(test, bdev);
	}
	KUNIT_ASSERT_EQ(test, fs_mkfs(bdev), 0);
	sb = fs_mount(bdev, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, sb);
	file = file_open(sb, "rich", O_RDWR | O_CREAT);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	for (pos = 0; pos < 6 * (loff_t)PAGE_SIZE;)
		KUNIT_ASSERT_EQ(test, kernel_write(file, bytes, PAGE_SIZE, &pos), (ssize_t)PAGE_SIZE);
	pos = 100 * PAGE_SIZE;
	KUNIT_ASSERT_EQ(test, kernel_write(file, bytes, PAGE_SIZE, &pos), (ssize_t)PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, vfs_fsync(file, 0), 0);
	lru_add_drain_all();
	page = find_lock_page(file->f_mapping, 100);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, remove_mapping(file->f_mapping, page), 1);
	unlock_page(page);
	put_page(page);
	for (pos = 0; pos < 3 * (loff_t)PAGE_SIZE;)
		KUNIT_ASSERT_EQ(test, kernel_write(file, bytes, PAGE_SIZE, &pos), (ssize_t)PAGE_SIZE);
	lru_add_drain_all();
}

/* Which page of the first area is what, tests/sabotage/users.c knows. */
static void fill_users(struct kunit *test)
{
	struct mm_struct *mm = mm_alloc(), *copy;
	unsigned long at, locked;
	u64 x;

	KUNIT_ASSERT_NOT_NULL(test, mm);
	kthread_use_mm(mm);
	at = vm_mmap(NULL, 0, 12 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	locked = vm_mmap(NULL, 1UL << 32, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_LOCKED, 0);
	KUNIT_ASSERT_EQ(test, locked, 1UL << 32);
	for (u64 i = 0; i < 6; i++)
		KUNIT_ASSERT_EQ(test, put_user(i + 1, (u64 *)(at + i * PAGE_SIZE)), 0);
	KUNIT_ASSERT_EQ(test, get_user(x, (u64 *)(at + 6 * PAGE_SIZE)), 0);
	KUNIT_ASSERT_EQ(test, vm_pageout(at, 2 * PAGE_SIZE), 2L);
	copy = dup_mm(mm);
	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_ASSERT_EQ(test, get_user(x, (u64 *)(at + PAGE_SIZE)), 0);
	KUNIT_ASSERT_EQ(test, x, 2UL);
	KUNIT_ASSERT_EQ(test, put_user(33UL, (u64 *)(at + 2 * PAGE_SIZE)), 0);
	lru_add_drain_all();
}

static int has_no_turn(void *unused)
{
	(void)unused;
	return 0;
}

static void never_called(struct rcu_head *head)
{
	(void)head;
}

static void not_looked_at(void *unused, const struct dma_desc *desc)
{
	(void)unused;
	(void)desc;
}

/* A request that the disk may answer, but nobody will hear of it; a channel of the engine that has nothing to do. */
static void fill_rings(struct kunit *test, struct bio **bio)
{
	KUNIT_ASSERT_NOT_NULL(test, blkdev_nth(0));
	*bio = bio_alloc(blkdev_nth(0), 2, REQ_OP_READ, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, *bio);
	for (int i = 0; i < 2; i++)
		KUNIT_ASSERT_EQ(test, bio_add_page(*bio, alloc_page(GFP_KERNEL), PAGE_SIZE, 0), (int)PAGE_SIZE);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dma_channel_open(0, 0, 8, not_looked_at, NULL));
}

/* From here on nothing else happens on this CPU. */
static void fill_queues(struct kunit *test)
{
	struct bio *bio = NULL;
	struct rcu_head *heads[CALLBACKS];
	struct task_struct *tasks[3];

	for (int i = 0; i < 3; i++) {
		tasks[i] = kthread_create_on_cpu(has_no_turn, NULL, 0, "rich/%u");
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, tasks[i]);
	}
	for (int i = 0; i < CALLBACKS; i++) {
		heads[i] = kmalloc(128, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, heads[i]);
	}
	fill_rings(test, &bio);
	KUNIT_ASSERT_EQ(test, set_cpus_allowed_ptr(current, cpumask_of(0)), 0);
	rcu_barrier();
	local_irq_disable();
	for (int i = 0; i < 3; i++)
		wake_up_process(tasks[i]);
	/* The first one gets a grace period to wait for, the others wait for the next one to begin. */
	for (int i = 0; i < CALLBACKS; i++)
		call_rcu(heads[i], never_called);
	submit_bio(bio);
}

static void *own_element(gfp_t gfp, void *unused)
{
	return kmalloc(40, gfp);
}

static void own_free(void *element, void *unused)
{
	kfree(element);
}

/* Reserves of each kind, full. */
static void fill_pools(struct kunit *test)
{
	struct kmem_cache *s = kmem_cache_create("rich-pool", 136, 0, SLAB_NO_MERGE, NULL);

	KUNIT_ASSERT_NOT_NULL(test, mempool_create_slab_pool(4, s));
	KUNIT_ASSERT_NOT_NULL(test, mempool_create_kmalloc_pool(3, 300));
	KUNIT_ASSERT_NOT_NULL(test, mempool_create_page_pool(3, 1));
	KUNIT_ASSERT_NOT_NULL(test, mempool_create(3, own_element, own_free, NULL));
}

static void rich(struct kunit *test)
{
	fill_caches(test);
	fill_pools(test);
	fill_pages(test);
	fill_areas(test);
	fill_devices(test);
	fill_files(test);
	fill_users(test);
	fill_queues(test);
	panic("rich: as intended");
}

static struct kunit_case cases[] = {KUNIT_CASE(rich), {}};
static struct kunit_suite suite = {.name = "rich", .test_cases = cases};
kunit_test_suite(suite);
MODULE_LICENSE("MIT");
