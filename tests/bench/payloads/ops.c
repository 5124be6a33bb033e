// SPDX-License-Identifier: MIT
/*
 * ops.c - what one operation of each allocator costs, in ticks of the TSC: guest instructions where the machine counts them
 * (tools/nested.sh --icount). The same source is a payload of mmvisor and a module of Linux; platform.h is what differs.
 *
 * A row is a function that does an operation (or a pair of them) so many times. It is timed in batches with warm caches; the
 * least batch that no interrupt hit is what the row costs, without what an empty loop costs. One line a row:
 * "bench: NAME COST", the cost per operation, rounded.
 *
 * Add a row: write its loop, add it to rows[]; its target, if there is one, goes to tests/bench/targets.txt.
 */
#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/gfp.h>
#include <linux/interrupt.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "platform.h"

#define BATCHES 40
#define WARM_UP 6
#define HELD 512

static void *held[HELD];
static struct kmem_cache *cache;
/* A device that reaches all memory: nothing is bounced. */
static struct device *device;
static struct dma_pool *pool;
static void *buffer;

/* Keeps the compiler from merging an allocation with its free, or leaving out an empty loop. */
#define USE(x) asm volatile("" : : "r"(x) : "memory")

static void empty(unsigned int n)
{
	while (n--)
		USE(n);
}

#define PAIR(name, alloc, release)                                                                                     \
	static void name(unsigned int n)                                                                               \
	{                                                                                                              \
		while (n--) {                                                                                          \
			void *p = (void *)(alloc);                                                                     \
                                                                                                                       \
			USE(p);                                                                                        \
			release;                                                                                       \
		}                                                                                                      \
	}

PAIR(kmalloc_8, kmalloc(8, GFP_KERNEL), kfree(p))
PAIR(kmalloc_64, kmalloc(64, GFP_KERNEL), kfree(p))
PAIR(kmalloc_256, kmalloc(256, GFP_KERNEL), kfree(p))
PAIR(kmalloc_1024, kmalloc(1024, GFP_KERNEL), kfree(p))
PAIR(kmalloc_4096, kmalloc(4096, GFP_KERNEL), kfree(p))
PAIR(kmalloc_8192, kmalloc(8192, GFP_KERNEL), kfree(p))
PAIR(kmalloc_16, kmalloc(16, GFP_KERNEL), kfree(p))
PAIR(kmalloc_32, kmalloc(32, GFP_KERNEL), kfree(p))
PAIR(kmalloc_96, kmalloc(96, GFP_KERNEL), kfree(p))
PAIR(kmalloc_128, kmalloc(128, GFP_KERNEL), kfree(p))
PAIR(kmalloc_192, kmalloc(192, GFP_KERNEL), kfree(p))
PAIR(kmalloc_512, kmalloc(512, GFP_KERNEL), kfree(p))
PAIR(kmalloc_2048, kmalloc(2048, GFP_KERNEL), kfree(p))
PAIR(kmalloc_64k, kmalloc(65536, GFP_KERNEL), kfree(p))
PAIR(kmalloc_64_atomic, kmalloc(64, GFP_ATOMIC), kfree(p))
PAIR(kzalloc_256, kzalloc(256, GFP_KERNEL), kfree(p))
PAIR(cache_192, kmem_cache_alloc(cache, GFP_KERNEL), kmem_cache_free(cache, p))
PAIR(pages_0, alloc_pages(GFP_KERNEL, 0), __free_pages(p, 0))
PAIR(pages_1, alloc_pages(GFP_KERNEL, 1), __free_pages(p, 1))
PAIR(pages_2, alloc_pages(GFP_KERNEL, 2), __free_pages(p, 2))
PAIR(pages_3, alloc_pages(GFP_KERNEL, 3), __free_pages(p, 3))
PAIR(pages_4, alloc_pages(GFP_KERNEL, 4), __free_pages(p, 4))
PAIR(pages_9, alloc_pages(GFP_KERNEL, 9), __free_pages(p, 9))
PAIR(pages_0_atomic, alloc_pages(GFP_ATOMIC, 0), __free_pages(p, 0))
PAIR(pages_1_atomic, alloc_pages(GFP_ATOMIC, 1), __free_pages(p, 1))
PAIR(pages_2_atomic, alloc_pages(GFP_ATOMIC, 2), __free_pages(p, 2))
PAIR(pages_3_atomic, alloc_pages(GFP_ATOMIC, 3), __free_pages(p, 3))
PAIR(pages_4_atomic, alloc_pages(GFP_ATOMIC, 4), __free_pages(p, 4))
PAIR(pages_9_atomic, alloc_pages(GFP_ATOMIC, 9), __free_pages(p, 9))
PAIR(zeroed_page, get_zeroed_page(GFP_KERNEL), free_page((unsigned long)p))
PAIR(vmalloc_1, vmalloc(PAGE_SIZE), vfree(p))
PAIR(vmalloc_4, vmalloc(4 * PAGE_SIZE), vfree(p))
PAIR(vmalloc_16, vmalloc(16 * PAGE_SIZE), vfree(p))
PAIR(vmalloc_64, vmalloc(64 * PAGE_SIZE), vfree(p))
PAIR(vmalloc_512, vmalloc(512 * PAGE_SIZE), vfree(p))
PAIR(kvmalloc_128k, kvmalloc(128 << 10, GFP_KERNEL), kvfree(p))
PAIR(krealloc_64_128, krealloc(kmalloc(64, GFP_KERNEL), 128, GFP_KERNEL), kfree(p))

static void dma_coherent_4k(unsigned int n)
{
	while (n--) {
		dma_addr_t addr;
		void *p = dma_alloc_coherent(device, 4096, &addr, GFP_KERNEL);

		USE(p);
		dma_free_coherent(device, 4096, p, addr);
	}
}

static void dma_pool_64(unsigned int n)
{
	while (n--) {
		dma_addr_t addr;
		void *p = dma_pool_alloc(pool, GFP_KERNEL, &addr);

		USE(p);
		dma_pool_free(pool, p, addr);
	}
}

static void dma_single_4k(unsigned int n)
{
	while (n--) {
		dma_addr_t addr = dma_map_single(device, buffer, 4096, DMA_TO_DEVICE);

		if (!dma_mapping_error(device, addr))
			dma_unmap_single(device, addr, 4096, DMA_TO_DEVICE);
	}
}

static void cache_bulk32(unsigned int n)
{
	while (n--) {
		kmem_cache_alloc_bulk(cache, GFP_KERNEL, 32, held);
		kmem_cache_free_bulk(cache, 32, held);
	}
}

static void pages_bulk32(unsigned int n)
{
	while (n--) {
		memset(held, 0, 32 * sizeof(*held));
		alloc_pages_bulk_array(GFP_KERNEL, 32, (struct page **)held);
		for (unsigned int i = 0; i < 32; i++)
			__free_page((struct page *)held[i]);
	}
}

/* First touches of @n pages of the user's memory; mapping them is shared out among them. The other half: they go. */
static unsigned long user_at;

static void user_touch(unsigned int n)
{
	user_at = vm_mmap(NULL, 0, n * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	for (unsigned int i = 0; i < n; i++)
		USE(copy_to_user((void __user *)(user_at + i * PAGE_SIZE), "", 1));
}

static void user_unmap(unsigned int n)
{
	vm_munmap(user_at, n * PAGE_SIZE);
}

/* Halves of a burst: @n allocations, and @n frees in the opposite or the same order. */
static void kmalloc_64_alloc(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		held[i] = kmalloc(64, GFP_KERNEL);
}

static void kmalloc_1024_alloc(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		held[i] = kmalloc(1024, GFP_KERNEL);
}

static void kfree_lifo(unsigned int n)
{
	while (n--)
		kfree(held[n]);
}

static void kfree_fifo(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		kfree(held[i]);
}

static void pages_0_alloc(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		held[i] = alloc_pages(GFP_KERNEL, 0);
}

static void pages_0_lifo(unsigned int n)
{
	while (n--)
		__free_pages(held[n], 0);
}

static void pages_0_fifo(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		__free_pages(held[i], 0);
}

/**
 * struct row - one line
 * @n:      operations in a batch
 * @second: a burst's other half, timed apart; it goes by @second_name
 */
static const struct row {
	const char *name;
	unsigned int n;
	void (*first)(unsigned int n);
	const char *second_name;
	void (*second)(unsigned int n);
} rows[] = {
	{"kmalloc_8.pair", 64, kmalloc_8, NULL, NULL},
	{"kmalloc_16.pair", 64, kmalloc_16, NULL, NULL},
	{"kmalloc_32.pair", 64, kmalloc_32, NULL, NULL},
	{"kmalloc_64.pair", 64, kmalloc_64, NULL, NULL},
	{"kmalloc_96.pair", 64, kmalloc_96, NULL, NULL},
	{"kmalloc_128.pair", 64, kmalloc_128, NULL, NULL},
	{"kmalloc_192.pair", 64, kmalloc_192, NULL, NULL},
	{"kmalloc_256.pair", 64, kmalloc_256, NULL, NULL},
	{"kmalloc_512.pair", 64, kmalloc_512, NULL, NULL},
	{"kmalloc_1024.pair", 64, kmalloc_1024, NULL, NULL},
	{"kmalloc_2048.pair", 64, kmalloc_2048, NULL, NULL},
	{"kmalloc_4096.pair", 64, kmalloc_4096, NULL, NULL},
	{"kmalloc_8192.pair", 64, kmalloc_8192, NULL, NULL},
	{"kmalloc_64k.pair", 32, kmalloc_64k, NULL, NULL},
	{"kmalloc_64_atomic.pair", 64, kmalloc_64_atomic, NULL, NULL},
	{"kzalloc_256.pair", 64, kzalloc_256, NULL, NULL},
	{"krealloc_64_128.total", 64, krealloc_64_128, NULL, NULL},
	{"batch512_kmalloc_64.alloc_lifo", 512, kmalloc_64_alloc, "batch512_kmalloc_64.free_lifo", kfree_lifo},
	{"batch512_kmalloc_64.alloc_fifo", 512, kmalloc_64_alloc, "batch512_kmalloc_64.free_fifo", kfree_fifo},
	{"batch512_kmalloc_1024.alloc_lifo", 512, kmalloc_1024_alloc, "batch512_kmalloc_1024.free_lifo", kfree_lifo},
	{"batch512_kmalloc_1024.alloc_fifo", 512, kmalloc_1024_alloc, "batch512_kmalloc_1024.free_fifo", kfree_fifo},
	{"kmem_cache_192.pair", 64, cache_192, NULL, NULL},
	{"kmem_cache_192_bulk32.pair", 8, cache_bulk32, NULL, NULL},
	{"alloc_pages_0.pair", 64, pages_0, NULL, NULL},
	{"alloc_pages_1.pair", 64, pages_1, NULL, NULL},
	{"alloc_pages_2.pair", 64, pages_2, NULL, NULL},
	{"alloc_pages_3.pair", 64, pages_3, NULL, NULL},
	{"alloc_pages_4.pair", 32, pages_4, NULL, NULL},
	{"alloc_pages_9.pair", 32, pages_9, NULL, NULL},
	{"alloc_pages_0_atomic.pair", 64, pages_0_atomic, NULL, NULL},
	{"alloc_pages_1_atomic.pair", 64, pages_1_atomic, NULL, NULL},
	{"alloc_pages_2_atomic.pair", 64, pages_2_atomic, NULL, NULL},
	{"alloc_pages_3_atomic.pair", 64, pages_3_atomic, NULL, NULL},
	{"alloc_pages_4_atomic.pair", 32, pages_4_atomic, NULL, NULL},
	{"alloc_pages_9_atomic.pair", 32, pages_9_atomic, NULL, NULL},
	{"batch256_pages_0.alloc_lifo", 256, pages_0_alloc, "batch256_pages_0.free_lifo", pages_0_lifo},
	{"batch256_pages_0.alloc_fifo", 256, pages_0_alloc, "batch256_pages_0.free_fifo", pages_0_fifo},
	{"alloc_pages_bulk32.pair", 8, pages_bulk32, NULL, NULL},
	{"get_zeroed_page.pair", 32, zeroed_page, NULL, NULL},
	{"vmalloc_1.pair", 16, vmalloc_1, NULL, NULL},
	{"vmalloc_4.pair", 16, vmalloc_4, NULL, NULL},
	{"vmalloc_16.pair", 8, vmalloc_16, NULL, NULL},
	{"vmalloc_64.pair", 4, vmalloc_64, NULL, NULL},
	{"vmalloc_512.pair", 1, vmalloc_512, NULL, NULL},
	{"kvmalloc_128k.pair", 16, kvmalloc_128k, NULL, NULL},
	{"dma_alloc_coherent_4k.pair", 32, dma_coherent_4k, NULL, NULL},
	{"dma_pool_64.pair", 64, dma_pool_64, NULL, NULL},
	{"dma_map_single_4k.pair", 64, dma_single_4k, NULL, NULL},
	{"anon_64_pages.fault", 64, user_touch, "anon_64_pages.unmap", user_unmap},
};

/* One batch, or all ones if an interrupt came in. */
static u64 time_batch(void (*fn)(unsigned int n), unsigned int n)
{
	unsigned int cpu = raw_smp_processor_id();
	unsigned long ticks = bench_ticks();
	u64 start = rdtsc(), end;

	fn(n);
	end = rdtsc();
	return bench_ticks() == ticks && raw_smp_processor_id() == cpu ? end - start : U64_MAX;
}

static void print_row(const char *name, u64 best, u64 nothing, unsigned int n)
{
	if (best == U64_MAX)
		pr_info("bench: %s none: an interrupt came into every batch\n", name);
	else
		pr_info("bench: %s %llu\n", name, (unsigned long long)((best - nothing + n / 2) / n));
}

static void run_row(const struct row *row)
{
	u64 nothing = U64_MAX, first = U64_MAX, second = U64_MAX;

	for (unsigned int i = 0; i < WARM_UP + BATCHES; i++) {
		u64 none = time_batch(empty, row->n);
		u64 one = time_batch(row->first, row->n);
		u64 two = row->second ? time_batch(row->second, row->n) : U64_MAX;

		if (i < WARM_UP)
			continue;
		nothing = min(nothing, none);
		first = min(first, one);
		second = min(second, two);
	}
	print_row(row->name, first, nothing, row->n);
	if (row->second)
		print_row(row->second_name, second, nothing, row->n);
}

/* ---- kswapd ---- */

/* Pages of a file that reclaim takes: all clean, used once; and runs of kswapd that are counted: those that free so many. */
#define FILE_PAGES 40000UL
#define RECLAIM_RUNS 4
#define RECLAIM_LEAST 64UL

static struct list_head hoard[BENCH_ORDERS];

/* Everything that is free above the min marks, the largest blocks first, without anybody being woken for it. */
static void take_all_free(void)
{
	for (unsigned int order = BENCH_ORDERS; order-- > 0;) {
		struct page *page;

		while ((page = alloc_pages(__GFP_MOVABLE | __GFP_HIGHMEM | __GFP_NOWARN | __GFP_NOMEMALLOC, order)))
			list_add(&page->lru, &hoard[order]);
	}
}

static void give_all_back(void)
{
	struct page *page, *next;

	for (unsigned int order = 0; order < BENCH_ORDERS; order++)
		list_for_each_entry_safe (page, next, &hoard[order], lru) {
			page->lru = (struct list_head){NULL, NULL};
			__free_pages(page, order);
		}
}

/*
 * What kswapd itself needs for each page that it frees, of a file's clean pages: from the min marks to the high ones. The least of
 * a few runs.
 */
static int kswapd_row(void)
{
	struct address_space *mapping = bench_mapping_begin();
	u64 best = U64_MAX;

	if (!mapping)
		return -ENOMEM;
	for (unsigned int order = 0; order < BENCH_ORDERS; order++)
		INIT_LIST_HEAD(&hoard[order]);
	for (unsigned long i = 0; i < FILE_PAGES; i++) {
		struct page *page = read_mapping_page(mapping, i, NULL);

		if (IS_ERR(page))
			return (int)PTR_ERR(page);
		put_page(page);
	}
	for (unsigned int i = 0; i < RECLAIM_RUNS; i++) {
		unsigned long freed = bench_kswapd_freed();
		struct page *page;
		u64 took;

		take_all_free();
		bench_kswapd_begin();
		/* One of the two kernels has the second in the first. NOLINTNEXTLINE(misc-redundant-expression) */
		page = alloc_pages(GFP_NOWAIT | __GFP_NOWARN, 0);
		took = bench_kswapd_ticks();
		freed = bench_kswapd_freed() - freed;
		if (page)
			__free_pages(page, 0);
		if (freed >= RECLAIM_LEAST)
			best = min(best, took / freed);
	}
	give_all_back();
	bench_mapping_end(mapping);
	print_row("kswapd.page", best, 0, 1);
	return 0;
}

static int make_device(void)
{
	device = bench_device();
	if (!device)
		return -ENODEV;
	buffer = kmalloc(4096, GFP_KERNEL);
	if (!buffer || dma_set_mask_and_coherent(device, DMA_BIT_MASK(64)))
		return -ENOMEM;
	pool = dma_pool_create("bench", device, 64, 64, 0);
	return pool ? 0 : -ENOMEM;
}

static int ops(void)
{
	int err = make_device();
	struct mm_struct *mm = err ? NULL : bench_mm_begin();

	cache = kmem_cache_create("bench-192", 192, 0, 0, NULL);
	if (err || !cache)
		return err ? err : -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		run_row(&rows[i]);
	kmem_cache_destroy(cache);
	dma_pool_destroy(pool);
	kfree(buffer);
	bench_device_done(device);
	bench_mm_end(mm);
	return kswapd_row();
}

BENCH_MODULE(ops);
