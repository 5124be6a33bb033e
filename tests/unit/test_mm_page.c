// SPDX-License-Identifier: MIT
/*
 * test_mm_page.c - memblock, zones and the page allocator on the host.
 *
 * Check forks for every test, so each boots a machine of its own. Random tests print their seed; MM_TEST_SEED and
 * MM_TEST_STEPS repeat or lengthen them.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/mmdebug.h>

#include "tests/runner.h"
#include "tests/unit/zones.h"

static const struct sim_range only_normal[] = {{GiB(4), GiB(1)}, {0, 0}};
static const struct sim_range half_normal[] = {{GiB(4), MiB(128)}, {0, 0}};
static const struct sim_range small_normal[] = {{GiB(4), MiB(16)}, {0, 0}};

/* ---- memblock ---- */

START_TEST(memblock_merges_and_finds)
{
	u64 pos = 0;
	phys_addr_t lo, hi, at;

	/*  RAM     1     2     3     4     5 MiB
	 *        |###########|     |###########|      two calls that touch make the second piece
	 *  taken      |##|            |#|
	 */
	ck_assert_int_eq(memblock_add(MiB(1), MiB(1)), 0);
	ck_assert_int_eq(memblock_add(MiB(4), MiB(1)), 0);
	ck_assert_int_eq(memblock_add(MiB(3), MiB(1)), 0);
	ck_assert_uint_eq(memblock.memory.cnt, 2);
	ck_assert_uint_eq(memblock_phys_mem_size(), MiB(3));
	ck_assert_uint_eq(memblock_end_of_DRAM(), MiB(5));
	memblock_reserve(MiB(1) + 0x1000, 0x2000);
	memblock_reserve(MiB(3) + 0x800, 0x100);

	ck_assert(memblock_next_free(&pos, &lo, &hi));
	ck_assert(lo == MiB(1) && hi == MiB(1) + 0x1000);
	ck_assert(memblock_next_free(&pos, &lo, &hi));
	ck_assert(lo == MiB(1) + 0x3000 && hi == MiB(2));
	ck_assert(memblock_next_free(&pos, &lo, &hi));
	ck_assert(lo == MiB(3) && hi == MiB(3) + 0x800);
	ck_assert(memblock_next_free(&pos, &lo, &hi));
	ck_assert(lo == MiB(3) + 0x900 && hi == MiB(5));
	ck_assert(!memblock_next_free(&pos, &lo, &hi));

	at = memblock_phys_alloc_range(0x3000, 0x1000, 0, MiB(2));
	ck_assert_uint_eq(at, MiB(2) - 0x3000);
	at = memblock_phys_alloc(MiB(1), MiB(1));
	ck_assert_uint_eq(at, MiB(4));
	ck_assert_uint_eq(memblock_phys_alloc(MiB(4), 1), 0);
	ck_assert(memblock_is_reserved(MiB(4)) && !memblock_is_reserved(MiB(5)));
	ck_assert(memblock_is_memory(MiB(5) - 1) && !memblock_is_memory(MiB(5)) && !memblock_is_memory(MiB(2)));
}
END_TEST

START_TEST(memblock_random_against_bytes)
{
	static unsigned char ram[256], taken[256];

	for (unsigned int n = 0; n < 60; n++) {
		unsigned int base = sim_below(250), size = sim_below(6);
		unsigned char *map = n & 1 ? taken : ram;

		if ((n & 1 ? memblock_reserve : memblock_add)(base, size))
			break;
		memset(map + base, 1, size);
		for (unsigned int i = 0; i < 256; i++) {
			ck_assert_int_eq(memblock_is_memory(i), ram[i]);
			ck_assert_int_eq(memblock_is_reserved(i), taken[i]);
		}
		for (uint64_t i = 1; i < memblock.memory.cnt; i++)
			ck_assert(memblock.memory.regions[i - 1].base + memblock.memory.regions[i - 1].size <
				  memblock.memory.regions[i].base);
	}
}
END_TEST

/* ---- zones ---- */

START_TEST(zones_of_a_pc)
{
	sim_start(pc, 2);
	assert_valid();
	ck_assert_uint_eq(mm_zones[ZONE_DMA].spanned_pages, 4096);
	ck_assert_uint_eq(mm_zones[ZONE_DMA].present_pages, 4096 - 0x60);
	ck_assert_uint_eq(mm_zones[ZONE_DMA32].start_pfn, 4096);
	ck_assert_uint_eq(mm_zones[ZONE_NORMAL].start_pfn, (GiB(4) + 0x3000) >> PAGE_SHIFT);
	ck_assert_uint_eq(mm_zones[ZONE_MOVABLE].managed_pages, 0);
	for (int i = 0; i < 3; i++) {
		const struct zone *z = &mm_zones[i];
		uint64_t above = 0;

		ck_assert(z->watermark[WMARK_MIN] < z->watermark[WMARK_LOW]);
		ck_assert_uint_eq(z->watermark[WMARK_HIGH] - z->watermark[WMARK_LOW],
				  z->watermark[WMARK_LOW] - z->watermark[WMARK_MIN]);
		for (int j = 0; j <= i; j++)
			ck_assert_uint_eq(z->lowmem_reserve[j], 0);
		for (int j = i + 1; j < MAX_NR_ZONES; j++) {
			above += mm_zones[j].managed_pages;
			ck_assert_uint_eq(z->lowmem_reserve[j], above / (i == ZONE_NORMAL ? 32 : 256));
		}
	}
}
END_TEST

START_TEST(watermarks_of_one_gigabyte)
{
	const struct zone *z = &mm_zones[ZONE_NORMAL];

	sim_start(only_normal, 1);
	assert_valid();
	/* sqrt(16 * 1 GiB in KiB) = 4096 KiB; the boot arrays took a few pages of the 262144. */
	ck_assert_uint_ge(z->managed_pages, 262144 - 128);
	ck_assert_uint_eq(z->watermark[WMARK_MIN], 1023);
	ck_assert_uint_eq(z->watermark[WMARK_LOW], 1023 + 262);
	ck_assert_uint_eq(z->watermark[WMARK_HIGH], 1023 + 524);
}
END_TEST

START_TEST(boot_touches_only_the_ends)
{
	/* 64 GiB: struct pages of 1 GiB, of which boot may write those at the ragged ends and no others. */
	static const struct sim_range big[] = {{GiB(4) + 0x1000, GiB(64)}, {0, 0}};
	const struct zone *z = &mm_zones[ZONE_NORMAL];
	unsigned long touched = 0;

	sim_start(big, 1);
	for (unsigned int o = 0; o < MAX_PAGE_ORDER; o++)
		touched += z->free_area[o].nr_free;
	ck_assert_uint_le(touched, 40);
	ck_assert_uint_eq(z->free_area[MAX_PAGE_ORDER].nr_free, 0);
	ck_assert_uint_eq(z->nr_fresh, 1);
	ck_assert_uint_ge(z->fresh[0].end - z->fresh[0].start, (GiB(64) - MiB(16)) >> PAGE_SHIFT);
}
END_TEST

START_TEST(zone_by_gfp_bits)
{
	static const enum zone_type expect[16] = {
		[0x0] = ZONE_NORMAL,
		[0x1] = ZONE_DMA,
		[0x2] = ZONE_NORMAL,
		[0x4] = ZONE_DMA32,
		[0x8] = ZONE_NORMAL,
		[0x9] = ZONE_DMA,
		[0xa] = ZONE_MOVABLE,
		[0xc] = ZONE_DMA32,
		/* More than one of DMA, DMA32, HIGHMEM: the zone that everybody reaches. */
		[0x3] = ZONE_DMA,
		[0x5] = ZONE_DMA,
		[0x6] = ZONE_DMA,
		[0x7] = ZONE_DMA,
		[0xb] = ZONE_DMA,
		[0xd] = ZONE_DMA,
		[0xe] = ZONE_DMA,
		[0xf] = ZONE_DMA,
	};
	struct page *page;

	ck_assert_int_eq(gfp_zone(_i), expect[_i]);
	ck_assert_int_eq(gfp_zone(GFP_KERNEL | (gfp_t)_i), expect[_i]);
	sim_start(pc, 1);
	page = alloc_pages(GFP_KERNEL | (gfp_t)_i, 0);
	ck_assert_ptr_nonnull(page);
	ck_assert_int_eq(page_zonenum(page), expect[_i] == ZONE_MOVABLE ? ZONE_NORMAL : expect[_i]);
}
END_TEST

/* ---- blocks ---- */

static const char empty_zero_page[PAGE_SIZE];

START_TEST(every_order)
{
	struct census before, after;
	struct page *page;

	sim_start(pc, 1);
	ck_assert_ptr_null(validate_zones(&before));
	page = alloc_pages(GFP_KERNEL, (unsigned int)_i);
	ck_assert_ptr_nonnull(page);
	ck_assert_uint_eq(page_to_pfn(page) & ((1UL << _i) - 1), 0);
	ck_assert_int_eq(page_count(page), 1);
	ck_assert_int_eq(page->owner, OWNER_RAW);
	memset(page_address(page), 0xee, PAGE_SIZE << _i);
	assert_valid();
	ck_assert_ptr_null(validate_zones(&after));
	ck_assert_uint_eq(before.free + before.pcp - after.free - after.pcp, 1UL << _i);
	__free_pages(page, (unsigned int)_i);
	assert_valid();
	ck_assert_ptr_null(validate_zones(&after));
	ck_assert_uint_eq(before.free + before.pcp, after.free + after.pcp);

	/* The same memory again, now dirty: it must be cleared when asked. */
	page = alloc_pages(GFP_KERNEL | __GFP_ZERO, (unsigned int)_i);
	for (unsigned long i = 0; i < 1UL << _i; i++)
		ck_assert_mem_eq(page_address(page + i), empty_zero_page, PAGE_SIZE);
	__free_pages(page, (unsigned int)_i);
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

START_TEST(all_freed_is_all_merged)
{
	static struct page *pages[8192];
	unsigned long before[NR_PAGE_ORDERS];
	unsigned int n = 0;

	sim_start(small_normal, 1);
	/* Once through everything, so that no range is fresh any more. */
	while ((pages[n] = alloc_page(GFP_NOWAIT | __GFP_MEMALLOC)))
		n++;
	ck_assert_uint_eq(nr_free_pages(), 0);
	assert_valid();
	for (unsigned int i = 0; i < n; i++)
		__free_page(pages[(i * 7919UL) % n]);
	drain_all_pages(NULL);
	for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++)
		before[o] = mm_zones[ZONE_NORMAL].free_area[o].nr_free;
	assert_valid();
	/* Largest possible: of four, boot took pages of the last, and the first slabs got a pageblock of another. */
	ck_assert_uint_eq(before[MAX_PAGE_ORDER], 2);
}
END_TEST

START_TEST(exact_keeps_only_what_was_asked)
{
	size_t size = ((size_t)_i + 1) * 1500;
	unsigned long pages = PAGE_ALIGN(size) >> PAGE_SHIFT, before;
	char *p;

	sim_start(pc, 1);
	before = nr_free_pages();
	p = alloc_pages_exact(size, GFP_KERNEL | __GFP_ZERO);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(before - nr_free_pages(), pages);
	assert_valid();
	for (unsigned long i = 0; i < pages; i++)
		ck_assert_int_eq(page_ref_count(virt_to_page(p + i * PAGE_SIZE)), 1);
	memset(p, 1, size);
	free_pages_exact(p, size);
	ck_assert_uint_eq(nr_free_pages(), before);
	assert_valid();
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

START_TEST(split_gives_independent_pages)
{
	struct page *page;
	unsigned long before;

	sim_start(pc, 1);
	before = nr_free_pages();
	page = alloc_pages(GFP_KERNEL, (unsigned int)_i);
	split_page(page, (unsigned int)_i);
	assert_valid();
	for (unsigned long i = 0; i < 1UL << _i; i += 2)
		__free_page(page + i);
	assert_valid();
	for (unsigned long i = 1; i < 1UL << _i; i += 2)
		put_page(page + i);
	ck_assert_uint_eq(nr_free_pages(), before);
	assert_valid();
}
END_TEST

START_TEST(references)
{
	struct page *page;
	unsigned long before;

	sim_start(pc, 1);
	before = nr_free_pages();
	page = alloc_pages(GFP_KERNEL | __GFP_COMP, 3);
	ck_assert(PageCompound(page) && PageHead(page) && !PageTail(page));
	ck_assert(PageTail(page + 5) && compound_head(page + 5) == page);
	ck_assert_uint_eq(page_size(page), 8 * PAGE_SIZE);
	get_page(page + 7);
	ck_assert_int_eq(page_count(page + 3), 2);
	__free_pages(page, 3);
	ck_assert_int_eq(page_count(page), 1);
	put_page(page + 2);
	ck_assert_uint_eq(nr_free_pages(), before);
	ck_assert(!get_page_unless_zero(page));

	/* Not compound, and somebody looks at the first page: the rest goes at once, the first with the last reference. */
	page = alloc_pages(GFP_KERNEL, 3);
	ck_assert(get_page_unless_zero(page));
	__free_pages(page, 3);
	ck_assert_uint_eq(nr_free_pages(), before - 1);
	assert_valid();
	put_page(page);
	ck_assert_uint_eq(nr_free_pages(), before);
	assert_valid();
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

START_TEST(bulk_fills_the_gaps)
{
	struct page *pages[100] = {NULL}, *mine;
	unsigned long before;

	sim_start(pc, 1);
	mine = alloc_page(GFP_KERNEL);
	before = nr_free_pages();
	pages[10] = mine;
	pages[99] = mine;
	ck_assert_uint_eq(alloc_pages_bulk_array(GFP_KERNEL | __GFP_ZERO, 100, pages), 100);
	ck_assert_uint_eq(before - nr_free_pages(), 98);
	ck_assert(pages[10] == mine && pages[99] == mine);
	pages[99] = alloc_page(GFP_KERNEL);
	assert_valid();
	free_pages_bulk_array(100, pages);
	ck_assert_uint_eq(nr_free_pages(), before + 1);
	assert_valid();
	/* More than there is: as far as it goes, and no complaint for it. */
	static struct page *many[20000];
	unsigned long got = alloc_pages_bulk_array(GFP_NOWAIT, 20000, many);

	ck_assert_uint_lt(got, 20000);
	ck_assert_ptr_null(many[got]);
	assert_valid();
	free_pages_bulk_array(got, many);
	assert_valid();
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

/* ---- rights ---- */

/* Free pages left in the zone when @gfp first fails. */
static unsigned long drain_with(gfp_t gfp, struct list_head *held)
{
	struct page *page;

	while ((page = alloc_page(gfp | __GFP_NOWARN))) {
		page->lru.next = held->next;
		held->next = &page->lru;
	}
	return nr_free_pages();
}

START_TEST(how_deep_each_mask_goes)
{
	struct list_head held = {NULL, NULL};
	const struct zone *z = &mm_zones[ZONE_NORMAL];
	uint64_t min;

	sim_start(small_normal, 1);
	min = z->watermark[WMARK_MIN];
	ck_assert_uint_gt(min, 16);
	ck_assert_uint_eq(drain_with(GFP_KERNEL, &held), min);
	ck_assert_uint_eq(drain_with(GFP_NOWAIT, &held), min);
	ck_assert_uint_eq(drain_with(GFP_KERNEL & ~__GFP_RECLAIM, &held), min);
	ck_assert_uint_eq(drain_with(GFP_KERNEL | __GFP_HIGH, &held), min - min / 2);
	ck_assert_uint_eq(drain_with(GFP_ATOMIC | __GFP_NOMEMALLOC, &held), min - min / 2);
	ck_assert_uint_eq(drain_with(GFP_ATOMIC, &held), min - min / 2 - (min - min / 2) / 4);
	ck_assert_uint_eq(drain_with(GFP_NOWAIT | __GFP_MEMALLOC | __GFP_NOMEMALLOC, &held),
			  min - min / 2 - (min - min / 2) / 4);
	ck_assert_uint_eq(drain_with(GFP_NOWAIT | __GFP_MEMALLOC, &held), 0);
	ck_assert(page_is_pfmemalloc(list_entry(held.next, struct page, lru)));
	assert_valid();
}
END_TEST

START_TEST(fallback_goes_down_and_keeps_reserves)
{
	struct list_head held = {NULL, NULL};
	const struct zone *dma = &mm_zones[ZONE_DMA], *dma32 = &mm_zones[ZONE_DMA32], *normal = &mm_zones[ZONE_NORMAL];

	sim_start(pc, 1);
	drain_with(GFP_KERNEL, &held);
	ck_assert_uint_eq(normal->nr_free, normal->watermark[WMARK_MIN]);
	ck_assert_uint_eq(dma32->nr_free, dma32->watermark[WMARK_MIN] + dma32->lowmem_reserve[ZONE_NORMAL]);
	ck_assert_uint_eq(dma->nr_free, dma->watermark[WMARK_MIN] + dma->lowmem_reserve[ZONE_NORMAL]);
	/* Who can use less may have what was kept from the others. */
	drain_with(GFP_KERNEL | GFP_DMA32, &held);
	ck_assert_uint_eq(normal->nr_free, normal->watermark[WMARK_MIN]);
	ck_assert_uint_eq(dma32->nr_free, dma32->watermark[WMARK_MIN]);
	ck_assert_uint_eq(dma->nr_free, dma->watermark[WMARK_MIN] + dma->lowmem_reserve[ZONE_DMA32]);
	drain_with(GFP_KERNEL | GFP_DMA, &held);
	ck_assert_uint_eq(dma->nr_free, dma->watermark[WMARK_MIN]);
	assert_valid();
}
END_TEST

START_TEST(failure_is_reported_once_in_ten_seconds)
{
	struct list_head held = {NULL, NULL};
	extern volatile unsigned long jiffies;

	sim_start(small_normal, 1);
	drain_with(GFP_KERNEL, &held);
	ck_assert_str_eq(sim_log(), "");
	ck_assert_ptr_null(alloc_pages(GFP_KERNEL | __GFP_NOWARN, 2));
	ck_assert_str_eq(sim_log(), "");
	ck_assert_ptr_null(alloc_pages(GFP_KERNEL, 2));
	ck_assert_ptr_nonnull(strstr(sim_log(), "page allocation failure: order:2, mode:0xcc0(GFP_KERNEL)"));
	ck_assert_ptr_nonnull(strstr(sim_log(), "Normal free:"));
	sim_log_clear();
	ck_assert_ptr_null(alloc_pages(GFP_KERNEL, 2));
	ck_assert_str_eq(sim_log(), "");
	jiffies += 1001;
	ck_assert_ptr_null(alloc_pages(GFP_ATOMIC, 9));
	ck_assert_ptr_nonnull(strstr(sim_log(), "order:9, mode:0x820(GFP_ATOMIC)"));
	ck_assert_ptr_nonnull(strstr(sim_log(), "1 more page allocation failures"));
	ck_assert_uint_eq(sim_warnings(), 0);

	ck_assert_ptr_null(alloc_pages(GFP_KERNEL | __GFP_NOWARN, MAX_PAGE_ORDER + 1));
	ck_assert_uint_eq(sim_warnings(), 0);
	ck_assert_ptr_null(alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER + 1));
	ck_assert_uint_eq(sim_warnings(), 1);
	ck_assert_ptr_null(alloc_pages(__GFP_NOFAIL | GFP_NOWAIT, 2));
	ck_assert_uint_eq(sim_warnings(), 2);
}
END_TEST

START_TEST(sleeping_masks_are_refused_in_interrupts)
{
	struct page *page;

	sim_start(pc, 1);
	sim_interrupt_enter();
	page = alloc_page(GFP_ATOMIC);
	ck_assert_ptr_nonnull(page);
	__free_page(page);
	ck_assert_uint_eq(sim_warnings(), 0);
	page = alloc_page(GFP_KERNEL);
	ck_assert_uint_eq(sim_warnings(), 1);
	__free_page(page);
	sim_interrupt_exit();
	assert_valid();
}
END_TEST

/* ---- mistakes: each is named, and hurts nobody ---- */

static void expect_report(const char *what, unsigned long pfn)
{
	char text[64];

	ck_assert_uint_eq(sim_warnings(), 1);
	snprintf(text, sizeof(text), "pfn:%05lx: %s", pfn, what);
	ck_assert_msg(strstr(sim_log(), text), "'%s' not in: %s", text, sim_log());
	sim_log_clear();
	assert_valid();
}

START_TEST(bad_frees)
{
	struct page *page, *other;
	unsigned long pfn, free;

	sim_start(pc, 1);
	other = alloc_pages(GFP_KERNEL, 0);
	page = alloc_pages(GFP_KERNEL, 4);
	pfn = page_to_pfn(page);
	free = nr_free_pages();

	__free_pages(page, 3);
	expect_report("freed with another order", pfn);
	__free_pages(page + 1, 0);
	expect_report("freed but not allocated", pfn + 1);
	__free_pages(pfn_to_page(0), 0);
	expect_report("freed but not allocated", 0);
	page->mapping = 0x1234;
	__free_pages(page, 4);
	ck_assert_uint_eq(sim_warnings(), 1);
	sim_log_clear();
	page->mapping = 0;
	page->refcount = 1;
	page[3].private = 7;
	__free_pages(page, 4);
	ck_assert_uint_eq(sim_warnings(), 1);
	ck_assert_ptr_nonnull(strstr(sim_log(), "a tail that is not zero"));
	sim_log_clear();
	page[3].private = 0;
	page->refcount = 1;
	ck_assert_uint_eq(nr_free_pages(), free);

	__free_pages(page, 4);
	ck_assert_uint_eq(nr_free_pages(), free + 16);
	__free_pages(page, 4);
	expect_report("freed but not allocated", pfn);
	ck_assert_uint_eq(nr_free_pages(), free + 16);
	put_page(page);
	expect_report("put but not allocated", pfn);
	__free_page(other);
	assert_valid();
}
END_TEST

START_TEST(free_pages_of_a_wild_address)
{
	sim_start(pc, 1);
	free_pages(PAGE_OFFSET + 0xa0000, 0); /* the hole: ends in a BUG */
}
END_TEST

/* Pages in whole free pageblocks. */
static unsigned long whole_free(const struct zone *zone)
{
	unsigned long pages = 0;

	drain_all_pages(NULL);
	for (unsigned int o = PAGEBLOCK_ORDER; o < NR_PAGE_ORDERS; o++)
		pages += zone->free_area[o].nr_free << o;
	for (uint64_t i = 0; i < zone->nr_fresh; i++)
		pages += zone->fresh[i].end - zone->fresh[i].start;
	return pages;
}

/* Nearly everything taken, half of it freed at random: hardly a pageblock is free. Then pages come and go. */
START_TEST(churn_empties_the_far_part)
{
	static struct page *pages[MiB(128) >> PAGE_SHIFT];
	struct zone *zone = &mm_zones[ZONE_NORMAL];
	unsigned long n, keep;

	sim_start(half_normal, 1);
	for (n = 0; n < zone->managed_pages * 9 / 10; n++) {
		pages[n] = alloc_pages(GFP_KERNEL | __GFP_MOVABLE, 0);
		ck_assert_ptr_nonnull(pages[n]);
	}
	for (keep = n / 2; n > keep; n--) {
		unsigned long i = sim_below((uint32_t)n);

		__free_pages(pages[i], 0);
		pages[i] = pages[n - 1];
	}
	ck_assert_uint_lt(whole_free(zone), zone->managed_pages / 5);
	for (unsigned int step = 0; step < 100; step++) {
		for (; n > keep - keep / 10; n--) {
			unsigned long i = sim_below((uint32_t)n);

			__free_pages(pages[i], 0);
			pages[i] = pages[n - 1];
		}
		/* In so little memory the CPU's own lists would hand most of them out again. */
		drain_all_pages(NULL);
		for (; n < keep; n++)
			pages[n] = alloc_pages(GFP_KERNEL | __GFP_MOVABLE, 0);
	}
	ck_assert_uint_gt(whole_free(zone), zone->managed_pages / 3);
	assert_valid();
	while (n--)
		__free_pages(pages[n], 0);
	ck_assert_uint_ge(whole_free(zone), zone->managed_pages - 2 * MAX_ORDER_NR_PAGES);
	assert_valid();
}
END_TEST

/* ---- random operations against a model: one byte a page says whose it is ---- */

struct holding {
	struct page *page;
	unsigned int order;
};

static unsigned char *owner_of;
static uint64_t owner_pages;

static void model_take(const struct page *page, unsigned int order, unsigned long step)
{
	unsigned long pfn = page_to_pfn(page);

	ck_assert_msg(!(pfn & ((1UL << order) - 1)), "step %lu: block %lx of order %u", step, pfn, order);
	for (unsigned long i = pfn; i < pfn + (1UL << order); i++) {
		ck_assert_msg(pfn_valid(i) && !memblock_is_reserved(i << PAGE_SHIFT), "step %lu: page %lx", step, i);
		ck_assert_msg(!owner_of[i], "step %lu: page %lx is somebody's already", step, i);
		owner_of[i] = 1;
	}
	owner_pages += 1UL << order;
}

static void model_give(const struct page *page, unsigned int order)
{
	memset(owner_of + page_to_pfn(page), 0, 1UL << order);
	owner_pages -= 1UL << order;
}

static struct page *random_alloc(unsigned int *order)
{
	static const gfp_t masks[] = {GFP_KERNEL,
				      GFP_ATOMIC,
				      GFP_NOWAIT,
				      GFP_KERNEL | GFP_DMA,
				      GFP_KERNEL | GFP_DMA32,
				      GFP_KERNEL | __GFP_COMP,
				      GFP_HIGHUSER_MOVABLE,
				      GFP_ATOMIC | __GFP_MEMALLOC};
	gfp_t gfp = masks[sim_below(ARRAY_SIZE(masks))] | __GFP_NOWARN;

	/* Small orders are common, the largest happens. */
	*order = sim_below(16) ? sim_below(4) : sim_below(NR_PAGE_ORDERS);
	sim_cpu = sim_below(2);
	return alloc_pages(gfp, *order);
}

START_TEST(random_blocks_against_the_model)
{
	enum { SLOTS = 2000 };
	static struct holding held[SLOTS];
	unsigned long steps = sim_steps(60000), managed;

	sim_start(pc, 2);
	owner_of = calloc(mm_root.max_pfn, 1);
	managed = nr_free_pages();
	for (unsigned long step = 0; step < steps; step++) {
		struct holding *h = &held[sim_below(SLOTS)];

		if (h->page) {
			model_give(h->page, h->order);
			__free_pages(h->page, h->order);
			h->page = NULL;
		} else if ((h->page = random_alloc(&h->order))) {
			model_take(h->page, h->order, step);
			*(unsigned long *)page_address(h->page) = step;
		}
		ck_assert_msg(nr_free_pages() + owner_pages == managed, "step %lu: a page is lost", step);
		if (step % 4096 == 0)
			assert_valid();
	}
	for (unsigned int i = 0; i < SLOTS; i++)
		if (held[i].page)
			__free_pages(held[i].page, held[i].order);
	ck_assert_uint_eq(nr_free_pages(), managed);
	assert_valid();
	ck_assert_uint_eq(sim_warnings(), 0);
	free(owner_of);
}
END_TEST

START_TEST(owners_are_counted)
{
	unsigned long was[NR_PAGE_OWNERS], is[NR_PAGE_OWNERS];
	struct page *page[MAX_PAGE_ORDER + 1];

	sim_start(pc, 1);
	page_owners(was);
	for (unsigned int order = 0; order <= MAX_PAGE_ORDER; order++)
		page[order] = alloc_pages(GFP_KERNEL, order);
	page_owners(is);
	ck_assert_uint_eq(is[OWNER_RAW] - was[OWNER_RAW], (2UL << MAX_PAGE_ORDER) - 1);
	for (unsigned int i = 0; i < NR_PAGE_OWNERS; i++)
		ck_assert(i == OWNER_RAW || is[i] == was[i]);
	for (unsigned int order = 0; order <= MAX_PAGE_ORDER; order++)
		__free_pages(page[order], order);
	page_owners(is);
	ck_assert_mem_eq(is, was, sizeof(is));
	/* Everything that there is: what has no owner is reserved. */
	while (alloc_pages(GFP_KERNEL | __GFP_MEMALLOC | __GFP_NOWARN, 0))
		;
	page_owners(is);
	for (unsigned int i = 1; i < NR_PAGE_OWNERS; i++)
		is[0] += is[i];
	ck_assert_uint_eq(is[0] + nr_free_pages(), totalram_pages());
}
END_TEST

static Suite *page_suite(void)
{
	Suite *s = suite_create("mm_page");
	TCase *t = tcase_create("page");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, memblock_merges_and_finds);
	tcase_add_test(t, memblock_random_against_bytes);
	tcase_add_test(t, zones_of_a_pc);
	tcase_add_test(t, watermarks_of_one_gigabyte);
	tcase_add_test(t, boot_touches_only_the_ends);
	tcase_add_loop_test(t, zone_by_gfp_bits, 0, 16);
	tcase_add_loop_test(t, every_order, 0, NR_PAGE_ORDERS);
	tcase_add_test(t, all_freed_is_all_merged);
	tcase_add_loop_test(t, exact_keeps_only_what_was_asked, 0, 24);
	tcase_add_loop_test(t, split_gives_independent_pages, 0, NR_PAGE_ORDERS);
	tcase_add_test(t, references);
	tcase_add_test(t, bulk_fills_the_gaps);
	tcase_add_test(t, how_deep_each_mask_goes);
	tcase_add_test(t, fallback_goes_down_and_keeps_reserves);
	tcase_add_test(t, failure_is_reported_once_in_ten_seconds);
	tcase_add_test(t, sleeping_masks_are_refused_in_interrupts);
	tcase_add_test(t, bad_frees);
	tcase_add_test_raise_signal(t, free_pages_of_a_wild_address, SIGILL);
	tcase_add_test(t, churn_empties_the_far_part);
	tcase_add_test(t, random_blocks_against_the_model);
	tcase_add_test(t, owners_are_counted);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return run_to_end(srunner_create(page_suite()));
}
