// SPDX-License-Identifier: MIT
/*
 * page_api.c - the rest of the page allocator's interface: addresses, exact sizes, many at once, splitting, references,
 * counts. All of it stands on alloc_pages_owner() and __free_pages(), and on this:
 *
 * Splitting: a block becomes independent pages by giving each of them an entry of its own. That changes what the entries
 *            of the zone say, so it happens under the zone's lock, in portions that keep interrupts off only shortly.
 */
#include <linux/export.h>
#include <linux/list.h>
#include <linux/memblock.h>
#include <linux/string.h>

#include "pages.h"

/* Largest block whose entries are written under one hold of the lock. */
#define SPLIT_ORDER 6

unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp & ~__GFP_HIGHMEM, order);

	return page ? (unsigned long)page_address(page) : 0;
}
EXPORT_SYMBOL(__get_free_pages);

unsigned long get_zeroed_page(gfp_t gfp)
{
	return __get_free_pages(gfp | __GFP_ZERO, 0);
}
EXPORT_SYMBOL(get_zeroed_page);

void free_pages(unsigned long addr, unsigned int order)
{
	if (!addr)
		return;
	BUG_ON(!virt_addr_valid((const void *)addr));
	__free_pages(virt_to_page(addr), order);
}
EXPORT_SYMBOL(free_pages);

/* The word of an allocated block's entry, for a part of it of another order. */
static uint64_t part_word(const struct page *page, unsigned int order)
{
	return (page_word(page) & ~(0xff00ULL | (uint64_t)PG_COMP << 32)) | (uint64_t)order << 8;
}

/* Two blocks of one order less. Upper half first: at every moment each page has one head that covers it. */
static void halve_used(struct page *page, unsigned int order)
{
	struct zone *zone = page_zone(page);
	uint64_t word = part_word(page, order - 1);
	struct page *upper = page + (1UL << (order - 1));
	unsigned long irq;

	page_debug_split(page, order, order - 1);
	irq = mm_lock_write(&zone->lock);
	upper->refcount = page->refcount ? 1 : 0;
	page_set_word(upper, word);
	page_set_word(page, word);
	zone->nr_allocs++;
	mm_unlock_write(&zone->lock, irq);
}

/* Every page a block of its own. */
static void split_used(struct page *page, unsigned int order)
{
	struct zone *zone = page_zone(page);
	uint64_t word = part_word(page, 0);
	unsigned long irq;

	for (; order > SPLIT_ORDER; order--) {
		halve_used(page, order);
		split_used(page + (1UL << (order - 1)), order - 1);
	}
	if (!order)
		return;
	page_debug_split(page, order, 0);
	irq = mm_lock_write(&zone->lock);
	for (unsigned long i = (1UL << order) - 1; i > 0; i--) {
		page[i].refcount = page->refcount ? 1 : 0;
		page_set_word(page + i, word);
	}
	page_set_word(page, word);
	zone->nr_allocs += (1UL << order) - 1;
	mm_unlock_write(&zone->lock, irq);
}

void split_page(struct page *page, unsigned int order)
{
	BUG_ON(order > MAX_PAGE_ORDER || !page_is_block(page, PAGE_USED, order));
	BUG_ON((order && page->flags & PG_COMP) || page_ref_count(page) <= 0);
	split_used(page, order);
}
EXPORT_SYMBOL(split_page);

/* Keep the first @nr pages of a block, each by itself, and free the rest in pieces as large as possible. */
static void keep_exact(struct page *page, unsigned int order, unsigned long nr)
{
	while (order && nr < 1UL << order) {
		unsigned long half = 1UL << (order - 1);

		halve_used(page, order);
		order--;
		if (nr <= half) {
			__free_pages(page + half, order);
		} else {
			split_used(page, order);
			page += half;
			nr -= half;
		}
	}
	split_used(page, order);
}

void *alloc_pages_exact(size_t size, gfp_t gfp)
{
	unsigned int order = get_order(size);
	unsigned long nr = PAGE_ALIGN(size) >> PAGE_SHIFT;
	struct page *page;

	WARN_ON_ONCE(gfp & (__GFP_COMP | __GFP_HIGHMEM));
	page = alloc_pages(gfp & ~(__GFP_COMP | __GFP_HIGHMEM), order);
	if (!page)
		return NULL;
	keep_exact(page, order, nr);
	return page_address(page);
}
EXPORT_SYMBOL(alloc_pages_exact);

void *alloc_pages_exact_nid(int nid, size_t size, gfp_t gfp)
{
	BUG_ON(nid != NUMA_NO_NODE && !node_online(nid));
	return alloc_pages_exact(size, gfp);
}
EXPORT_SYMBOL(alloc_pages_exact_nid);

void free_pages_exact(void *virt, size_t size)
{
	unsigned long addr = (unsigned long)virt;

	for (unsigned long end = addr + PAGE_ALIGN(size); addr < end; addr += PAGE_SIZE)
		free_page(addr);
}
EXPORT_SYMBOL(free_pages_exact);

unsigned long alloc_pages_bulk_array(gfp_t gfp, unsigned long nr, struct page **pages)
{
	return alloc_pages_bulk_owner(gfp, nr, pages, OWNER_RAW);
}
EXPORT_SYMBOL(alloc_pages_bulk_array);

unsigned long alloc_pages_bulk_list(gfp_t gfp, unsigned long nr, struct list_head *list)
{
	unsigned long done = 0;

	while (done < nr) {
		struct page *pages[16] = {NULL};
		unsigned long want = min_t(unsigned long, nr - done, ARRAY_SIZE(pages));
		unsigned long got = alloc_pages_bulk_array(gfp, want, pages);

		for (unsigned long i = 0; i < got; i++)
			list_add(&pages[i]->lru, list);
		done += got;
		if (got < want)
			break;
	}
	return done;
}
EXPORT_SYMBOL(alloc_pages_bulk_list);

struct page *alloc_frozen_pages(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp, order);

	if (page) {
		page->flags |= PG_FROZEN;
		set_page_count(page, 0);
	}
	return page;
}
EXPORT_SYMBOL(alloc_frozen_pages);

/*
 * The zones' locks are held with interrupts off, so nothing but an NMI can find one taken by the CPU that it runs on; and the
 * CPU's own lists wait for nobody.
 */
struct page *alloc_pages_nolock(gfp_t gfp, int nid, unsigned int order)
{
	BUG_ON(nid != NUMA_NO_NODE && !node_online(nid));
	if (WARN_ON_ONCE(gfp & ~__GFP_ACCOUNT) || order > MAX_PAGE_ORDER)
		return NULL;
	gfp |= __GFP_ZERO | __GFP_NOWARN | __GFP_NOMEMALLOC | (order ? __GFP_COMP : 0);
	return in_nmi() ? NULL : alloc_pages(gfp, order);
}
EXPORT_SYMBOL(alloc_pages_nolock);

void free_pages_nolock(struct page *page, unsigned int order)
{
	BUG_ON(in_nmi());
	__free_pages(page, order);
}
EXPORT_SYMBOL(free_pages_nolock);

/* ---- references ---- */

void get_page(struct page *page)
{
	page = compound_head(page);
	if (WARN_ON_ONCE(page_ref_count(page) <= 0))
		return;
	page_ref_inc(page);
}
EXPORT_SYMBOL(get_page);

bool try_get_page(struct page *page)
{
	page = compound_head(page);
	if (WARN_ON_ONCE(page_ref_count(page) <= 0))
		return false;
	page_ref_inc(page);
	return true;
}
EXPORT_SYMBOL(try_get_page);

/* ---- questions ---- */

bool pfn_valid(unsigned long pfn)
{
	return memblock_is_memory((phys_addr_t)pfn << PAGE_SHIFT);
}
EXPORT_SYMBOL(pfn_valid);

bool virt_addr_valid(const volatile void *addr)
{
	unsigned long at = (unsigned long)addr;

	return at - PAGE_OFFSET < mm_root.max_pfn << PAGE_SHIFT && pfn_valid((at - PAGE_OFFSET) >> PAGE_SHIFT);
}
EXPORT_SYMBOL(virt_addr_valid);

bool PageReserved(const struct page *page)
{
	return memblock_is_reserved(page_to_phys(page));
}
EXPORT_SYMBOL(PageReserved);

unsigned long totalram_pages(void)
{
	return nr_managed_pages;
}
EXPORT_SYMBOL(totalram_pages);

unsigned long zone_page_state(const struct zone *zone, enum zone_stat_item item)
{
	switch (item) {
	case NR_FREE_PAGES:
		return READ_ONCE(zone->nr_free);
	case NR_PCP_PAGES:
		return pcp_pages(zone);
	default:
		return 0;
	}
}
EXPORT_SYMBOL(zone_page_state);

unsigned long global_zone_page_state(enum zone_stat_item item)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_zone (zone)
		sum += zone_page_state(zone, item);
	return sum;
}
EXPORT_SYMBOL(global_zone_page_state);

unsigned long nr_free_pages(void)
{
	return global_zone_page_state(NR_FREE_PAGES) + global_zone_page_state(NR_PCP_PAGES);
}
EXPORT_SYMBOL(nr_free_pages);

unsigned long nr_free_buffer_pages(void)
{
	unsigned long sum = 0;

	for (int i = 0; i <= ZONE_NORMAL; i++)
		if (mm_zones[i].managed_pages > mm_zones[i].watermark[WMARK_HIGH])
			sum += mm_zones[i].managed_pages - mm_zones[i].watermark[WMARK_HIGH];
	return sum;
}
EXPORT_SYMBOL(nr_free_buffer_pages);

unsigned long totalreserve_pages(void)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_zone (zone) {
		uint64_t most = 0;

		for (int j = 0; j < MAX_NR_ZONES; j++)
			most = max_t(uint64_t, most, zone->lowmem_reserve[j]);
		sum += min_t(uint64_t, most + zone->watermark[WMARK_HIGH], zone->managed_pages);
	}
	return sum;
}

long si_mem_available(void)
{
	return max_t(long, (long)nr_free_pages() - (long)totalreserve_pages(), 0);
}
EXPORT_SYMBOL(si_mem_available);

void si_meminfo(struct sysinfo *info)
{
	*info = (struct sysinfo){
		.totalram = totalram_pages(),
		.freeram = nr_free_pages(),
		.mem_unit = PAGE_SIZE,
	};
}
EXPORT_SYMBOL(si_meminfo);

/* ---- page tables ---- */

static unsigned long nr_pgtable;

struct page *pgtable_alloc(gfp_t gfp)
{
	struct page *page = alloc_pages_owner(gfp | __GFP_ZERO, 0, OWNER_PGTABLE);

	if (page)
		__atomic_fetch_add(&nr_pgtable, 1, __ATOMIC_RELAXED);
	return page;
}

void pgtable_free(struct page *page)
{
	__atomic_fetch_sub(&nr_pgtable, 1, __ATOMIC_RELAXED);
	__free_page(page);
}

unsigned long pgtable_pages(void)
{
	return __atomic_load_n(&nr_pgtable, __ATOMIC_RELAXED);
}
