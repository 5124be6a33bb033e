// SPDX-License-Identifier: MIT
/* pageapi.c - every name of the page allocator's interface, used once as any code for Linux would; nothing may be left. */
#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/module.h>
#include <linux/oom.h>
#include <linux/page_frag_cache.h>
#include <linux/sched/mm.h>

/* Masks and bits, old names too: all in one number, so that none can be missing. */
static const gfp_t bits[] = {
	__GFP_DMA,
	__GFP_HIGHMEM,
	__GFP_DMA32,
	__GFP_MOVABLE,
	__GFP_RECLAIMABLE,
	__GFP_HIGH,
	__GFP_IO,
	__GFP_FS,
	__GFP_ZERO,
	__GFP_ATOMIC,
	__GFP_DIRECT_RECLAIM,
	__GFP_KSWAPD_RECLAIM,
	__GFP_WRITE,
	__GFP_NOWARN,
	__GFP_RETRY_MAYFAIL,
	__GFP_NOFAIL,
	__GFP_NORETRY,
	__GFP_MEMALLOC,
	__GFP_COMP,
	__GFP_NOMEMALLOC,
	__GFP_HARDWALL,
	__GFP_THISNODE,
	__GFP_ACCOUNT,
	__GFP_ZEROTAGS,
	__GFP_SKIP_ZERO,
	__GFP_SKIP_KASAN,
	__GFP_SKIP_KASAN_UNPOISON,
	__GFP_SKIP_KASAN_POISON,
	__GFP_NOLOCKDEP,
	__GFP_NO_OBJ_EXT,
	__GFP_RECLAIM,
	GFP_ZONEMASK,
	__GFP_BITS_MASK,
	GFP_ATOMIC,
	GFP_KERNEL,
	GFP_KERNEL_ACCOUNT,
	GFP_NOWAIT,
	GFP_NOIO,
	GFP_NOFS,
	GFP_USER,
	GFP_HIGHUSER,
	GFP_HIGHUSER_MOVABLE,
	GFP_DMA,
	GFP_DMA32,
	GFP_TRANSHUGE_LIGHT,
	GFP_TRANSHUGE,
	__GFP_WAIT,
	__GFP_HIGHIO,
	__GFP_REPEAT,
	__GFP_COLD,
	__GFP_NOTRACK,
	__GFP_OTHER_NODE,
	GFP_TEMPORARY,
	GFP_IOFS,
	GFP_THISNODE,
	GFP_RECLAIM,
	GFP_NOWARN,
	GFP_AUTOMATIC,
	_GFP_WAIT,
	_GFP_HIGH,
	_GFP_IO,
	_GFP_FS,
	_GFP_HIGHIO,
	_GFP_DMA,
	_GFP_HIGHMEM,
	_GFP_DMA32,
};

static void masks(struct kunit *test)
{
	gfp_t all = 0;

	for (size_t i = 0; i < ARRAY_SIZE(bits); i++)
		all |= bits[i];
	KUNIT_EXPECT_EQ(test, all & ~__GFP_BITS_MASK, 0U);
	KUNIT_EXPECT_EQ(test, __GFP_BITS_MASK >> __GFP_BITS_SHIFT, 0U);
	KUNIT_EXPECT_EQ(test, gfp_allowed_mask, __GFP_BITS_MASK);
	KUNIT_EXPECT_TRUE(test, gfpflags_allow_blocking(GFP_KERNEL) && !gfpflags_allow_blocking(GFP_ATOMIC));
	KUNIT_EXPECT_TRUE(test, gfpflags_allow_spinning(GFP_ATOMIC) && !gfpflags_allow_spinning(GFP_DMA));
	KUNIT_EXPECT_TRUE(test, gfp_has_io_fs(GFP_KERNEL) && gfp_has_flags(GFP_NOIO, __GFP_RECLAIM));
	KUNIT_EXPECT_EQ(test, gfp_zone(GFP_KERNEL), ZONE_NORMAL);
	KUNIT_EXPECT_EQ(test, gfp_migratetype(GFP_HIGHUSER_MOVABLE), (int)MIGRATE_MOVABLE);
	KUNIT_EXPECT_TRUE(test, gfp_compaction_allowed(GFP_NOFS) && !gfp_compaction_allowed(GFP_NOIO));
	KUNIT_EXPECT_FALSE(test, gfp_pfmemalloc_allowed(GFP_KERNEL));
	KUNIT_EXPECT_TRUE(test, gfp_pfmemalloc_allowed(GFP_KERNEL | __GFP_MEMALLOC));
	KUNIT_EXPECT_EQ(
		test,
		(int)(MIGRATE_UNMOVABLE + MIGRATE_RECLAIMABLE + MIGRATE_HIGHATOMIC + MIGRATE_CMA + MIGRATE_ISOLATE),
		14);
}

static void calls(struct kunit *test)
{
	nodemask_t nodes = NODE_MASK_ALL;
	struct page *page, *array[4] = {NULL};
	unsigned long addr;
	LIST_HEAD(list);
	void *p;

	__free_page(alloc_page(GFP_KERNEL));
	__free_pages(alloc_pages(GFP_KERNEL, 1), 1);
	__free_page(alloc_pages_node(NUMA_NO_NODE, GFP_KERNEL, 0));
	__free_page(__alloc_pages_node(0, GFP_KERNEL, 0));
	__free_page(__alloc_pages(GFP_KERNEL, 0, 0, &nodes));
	free_page(__get_free_page(GFP_KERNEL));
	addr = __get_free_pages(GFP_KERNEL, 2);
	free_pages(addr, 2);
	addr = __get_dma_pages(GFP_KERNEL | __GFP_NOWARN, 0);
	free_page(addr);
	free_page(get_zeroed_page(GFP_KERNEL));
	p = alloc_pages_exact(5000, GFP_KERNEL);
	free_pages_exact(p, 5000);
	p = alloc_pages_exact_nid(0, 5000, GFP_KERNEL);
	free_pages_exact(p, 5000);
	KUNIT_EXPECT_EQ(test, alloc_pages_bulk_array(GFP_KERNEL, 1, array), 1UL);
	KUNIT_EXPECT_EQ(test, alloc_pages_bulk(GFP_KERNEL, 2, array), 2UL);
	KUNIT_EXPECT_EQ(test, alloc_pages_bulk_node(GFP_KERNEL, 0, 3, array), 3UL);
	KUNIT_EXPECT_EQ(test, alloc_pages_bulk_array_node(GFP_KERNEL, 0, 4, array), 4UL);
	KUNIT_EXPECT_EQ(test, alloc_pages_bulk_array_mempolicy(GFP_KERNEL, 4, array), 4UL);
	for (size_t i = 0; i < ARRAY_SIZE(array); i++)
		__free_page(array[i]);
	KUNIT_EXPECT_EQ(test, alloc_pages_bulk_list(GFP_KERNEL, 1, &list), 1UL);
	__free_page(list_first_entry(&list, struct page, lru));
	page = alloc_pages(GFP_KERNEL, 1);
	split_page(page, 1);
	__free_page(page);
	__free_page(page + 1);
	page = alloc_contig_pages(3, GFP_KERNEL, NUMA_NO_NODE, NULL);
	free_contig_range(page_to_pfn(page), 3);
	KUNIT_EXPECT_EQ(test, alloc_contig_range(page_to_pfn(page), page_to_pfn(page) + 2, ACR_FLAGS_NONE, GFP_KERNEL),
			0);
	free_contig_range(page_to_pfn(page), 2);
	KUNIT_EXPECT_EQ(test, alloc_contig_range(5, 6, ACR_FLAGS_CMA + MIGRATE_CMA, GFP_KERNEL), -EINVAL);
	page = alloc_contig_frozen_pages(2, GFP_KERNEL, NUMA_NO_NODE, NULL);
	free_contig_frozen_range(page_to_pfn(page), 2);
	free_frozen_pages(alloc_frozen_pages(GFP_KERNEL, 0), 0);
	free_pages_nolock(alloc_pages_nolock(0, 0, 1), 1);
	free_pages_nolock(try_alloc_pages(0, 0), 0);
	__free_page(alloc_page_vma(GFP_HIGHUSER_MOVABLE, NULL, 0));
	drain_local_pages(NULL);
	drain_all_pages(NULL);
	KUNIT_EXPECT_EQ(test, get_order(PAGE_SIZE + 1), 1U);
	KUNIT_EXPECT_EQ(test, MAX_ORDER_NR_PAGES, 1UL << MAX_PAGE_ORDER);
	KUNIT_EXPECT_EQ(test, MAX_ORDER, NR_PAGE_ORDERS);
	KUNIT_EXPECT_EQ(test, 1UL << pageblock_order, pageblock_nr_pages);
	KUNIT_EXPECT_EQ(test, PAGE_ALLOC_COSTLY_ORDER, 3);
}

static void fragments(struct kunit *test)
{
	struct page_frag_cache nc = {0};
	void *a = page_frag_alloc(&nc, 100, GFP_KERNEL), *b = page_frag_alloc_align(&nc, 100, GFP_KERNEL, ~63u);

	KUNIT_EXPECT_PTR_EQ(test, virt_to_head_page(a), virt_to_head_page(b));
	page_frag_free(a);
	page_frag_free(b);
	__page_frag_cache_drain(virt_to_head_page(nc.va), nc.bias);
}

static void references(struct kunit *test)
{
	struct folio *folio = folio_alloc(GFP_KERNEL, 1), *other = __folio_alloc(GFP_KERNEL, 0, 0, NULL);
	struct page *page = folio_page(folio, 0);

	KUNIT_EXPECT_TRUE(test, PageHead(page) && PageTail(page + 1) && PageCompound(page + 1) && !PageBuddy(page));
	KUNIT_EXPECT_TRUE(test, !PageSlab(page) && !PageReserved(page) && !PageHighMem(page));
	KUNIT_EXPECT_EQ(test, compound_order(page) + compound_nr(page) + page_size(page), 3 + 2 * PAGE_SIZE);
	KUNIT_EXPECT_PTR_EQ(test, compound_head(page + 1), page);
	KUNIT_EXPECT_PTR_EQ(test, page_folio(page + 1), folio);
	KUNIT_EXPECT_EQ(test, folio_order(folio) + folio_nr_pages(folio) + folio_size(folio), 3 + 2 * PAGE_SIZE);
	KUNIT_EXPECT_PTR_EQ(test, virt_to_folio(folio_address(folio)), folio);
	get_page(page + 1);
	folio_get(folio);
	KUNIT_EXPECT_TRUE(test, get_page_unless_zero(page) && try_get_page(page));
	page_ref_add(page, 2);
	page_ref_inc(page);
	KUNIT_EXPECT_EQ(test, page_count(page + 1), 8);
	page_ref_dec(page);
	page_ref_sub(page, 2);
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 5);
	KUNIT_EXPECT_FALSE(test, put_page_testzero(page));
	set_page_count(page, 2);
	folio_put(folio);
	init_page_count(page);
	put_page(page);
	folio_put(other);
	folio_put(__folio_alloc_node(GFP_KERNEL, 0, 0));
	folio_put(vma_alloc_folio(GFP_HIGHUSER_MOVABLE, 0, NULL, 0));
}

static void addresses(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL, 1);
	void *addr = page_address(page);
	unsigned long pfn = page_to_pfn(page);
	char buf[8] = "frames";

	KUNIT_EXPECT_PTR_EQ(test, virt_to_page(addr), page);
	KUNIT_EXPECT_PTR_EQ(test, page_to_virt(page), addr);
	KUNIT_EXPECT_PTR_EQ(test, pfn_to_page(pfn), page);
	KUNIT_EXPECT_PTR_EQ(test, pfn_to_online_page(pfn), page);
	KUNIT_EXPECT_PTR_EQ(test, phys_to_page(page_to_phys(page)), page);
	KUNIT_EXPECT_PTR_EQ(test, phys_to_virt(virt_to_phys(addr)), addr);
	KUNIT_EXPECT_PTR_EQ(test, __va(__pa(addr)), addr);
	KUNIT_EXPECT_PTR_EQ(test, nth_page(page, 1), page + 1);
	KUNIT_EXPECT_TRUE(test, pfn_valid(pfn) && virt_addr_valid(addr) && virt_to_pfn(addr) == pfn);
	KUNIT_EXPECT_EQ(test, PHYS_PFN(PFN_PHYS(pfn)), pfn);
	KUNIT_EXPECT_EQ(test, PFN_UP(1) + PFN_DOWN(PAGE_SIZE) + PAGE_ALIGN(1) / PAGE_SIZE, 3UL);
	KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(addr) && !offset_in_page(addr));
	KUNIT_EXPECT_PTR_EQ(test, page_zone(page), &mm_zones[page_zonenum(page)]);
	KUNIT_EXPECT_EQ(test, page_to_nid(page), 0);
	clear_page(addr);
	copy_page((char *)addr + PAGE_SIZE, addr);
	clear_highpage(page);
	copy_highpage(page + 1, page);
	memcpy_to_page(page, 5, buf, sizeof(buf));
	memset(buf, 0, sizeof(buf));
	memcpy_from_page(buf, page, 5, sizeof(buf));
	KUNIT_EXPECT_STREQ(test, buf, "frames");
	memzero_page(page, 0, 100);
	kunmap(page);
	KUNIT_EXPECT_PTR_EQ(test, kmap(page), addr);
	addr = kmap_local_page(page);
	kunmap_local(addr);
	addr = kmap_atomic(page);
	kunmap_atomic(addr);
	__free_pages(page, 1);
}

static void counts(struct kunit *test)
{
	struct sysinfo info;

	si_meminfo(&info);
	KUNIT_EXPECT_EQ(test, info.totalram, totalram_pages());
	KUNIT_EXPECT_GT(test, nr_free_pages() + nr_free_buffer_pages(), 0UL);
	KUNIT_EXPECT_GT(test, si_mem_available(), 0L);
	KUNIT_EXPECT_LE(test, global_zone_page_state(NR_FREE_PAGES), totalram_pages());
	KUNIT_EXPECT_LE(test, zone_page_state(&mm_zones[gfp_zone(GFP_KERNEL)], NR_FREE_PAGES), totalram_pages());
	KUNIT_EXPECT_LE(test, global_node_page_state(NR_PAGETABLE), totalram_pages());
	KUNIT_EXPECT_LE(test, zone_managed_pages(&mm_zones[ZONE_NORMAL]), totalram_pages());
	KUNIT_EXPECT_FALSE(test, tsk_is_oom_victim(current));
}

static struct kunit_case cases[] = {KUNIT_CASE(masks),
				    KUNIT_CASE(calls),
				    KUNIT_CASE(fragments),
				    KUNIT_CASE(references),
				    KUNIT_CASE(addresses),
				    KUNIT_CASE(counts),
				    {}};
static struct kunit_suite pageapi_suite = {.name = "pageapi", .test_cases = cases};
kunit_test_suite(pageapi_suite);
MODULE_LICENSE("MIT");
