// SPDX-License-Identifier: MIT
/*
 * page_api.c - the rest of the page allocator's interface: addresses, exact sizes, many at once, splitting, references,
 * counts. All of it stands on alloc_pages_owner() and free_block(), and on this:
 *
 * Splitting: a block becomes independent pages by giving each of them an entry of its own. That changes what the entries
 *            of the zone say, so it happens under the zone's lock, in portions that keep interrupts off only shortly.
 */
#include <linux/export.h>
#include <linux/memblock.h>
#include <linux/string.h>

#include "internal.h"
#include "page_debug.h"

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

/* Two blocks of one order less. Upper half first: at every moment each page has one head that covers it. */
static void halve_used(struct page *page, unsigned int order)
{
	struct zone *zone = page_zone(page);
	uint64_t word = PAGE_WORD(PAGE_USED, order - 1, page->owner, page->flags & ~PG_COMP);
	struct page *upper = page + (1UL << (order - 1));
	unsigned long irq = mm_lock_write(&zone->lock);

	page_debug_split(page, order, order - 1);
	upper->refcount = 1;
	page_set_word(upper, word);
	page_set_word(page, word);
	mm_unlock_write(&zone->lock, irq);
}

/* Every page a block of its own. */
static void split_used(struct page *page, unsigned int order)
{
	struct zone *zone = page_zone(page);
	uint64_t word = PAGE_WORD(PAGE_USED, 0, page->owner, page->flags & ~PG_COMP);
	unsigned long irq;

	for (; order > SPLIT_ORDER; order--) {
		halve_used(page, order);
		split_used(page + (1UL << (order - 1)), order - 1);
	}
	page_debug_split(page, order, 0);
	irq = mm_lock_write(&zone->lock);
	for (unsigned long i = (1UL << order) - 1; i > 0; i--) {
		page[i].refcount = 1;
		page_set_word(page + i, word);
	}
	page_set_word(page, word);
	mm_unlock_write(&zone->lock, irq);
}

void split_page(struct page *page, unsigned int order)
{
	BUG_ON(!page_is_block(page, PAGE_USED, order) || page->flags & PG_COMP || page_ref_count(page) <= 0);
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

void put_page(struct page *page)
{
	int left;

	page = compound_head(page);
	if (page->state != PAGE_USED) {
		bad_page(page, "put but not allocated");
		return;
	}
	left = __atomic_sub_fetch(&page->refcount, 1, __ATOMIC_SEQ_CST);
	if (left < 0)
		bad_page(page, "put with no reference left");
	else if (!left)
		free_block(page, page->order);
}
EXPORT_SYMBOL(put_page);

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
	unsigned long sum = 0;
	struct zone *zone;

	for_each_zone (zone)
		sum += zone->managed_pages;
	return sum;
}
EXPORT_SYMBOL(totalram_pages);

unsigned long nr_free_pages(void)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_zone (zone)
		sum += READ_ONCE(zone->nr_free);
	return sum;
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
