/* SPDX-License-Identifier: MIT */
/*
 * page-flags.h - questions about a page, answered from its block's head.
 *
 * State is read through these, never by comparing raw fields. Compound blocks have no entry for their tails: the head
 * of a page is found by clearing the lowest set bit of its number until an entry speaks (see shared/mm.h).
 */
#ifndef _LINUX_PAGE_FLAGS_H
#define _LINUX_PAGE_FLAGS_H

#include <linux/compiler.h>
#include <linux/mmzone.h>

#define page_to_pfn(page) ((unsigned long)((page)-vmemmap))
#define pfn_to_page(pfn) (vmemmap + (pfn))

/** page_is_free, page_is_used - does this entry head a free, an allocated block? */
static inline bool page_is_free(const struct page *page)
{
	return page->state == PAGE_FREE;
}

static inline bool page_is_used(const struct page *page)
{
	return page->state == PAGE_USED;
}

/**
 * page_block - the head that @page's number leads to, whether or not that block reaches as far as @page
 *
 * Needs a page of an allocated or free block, or one whose whole aligned 4 MiB have struct pages.
 */
static inline struct page *page_block(const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);

	while (page->state == PAGE_QUIET && (pfn & (MAX_ORDER_NR_PAGES - 1))) {
		pfn &= pfn - 1;
		page = pfn_to_page(pfn);
	}
	return (struct page *)page;
}

/** page_head - head of the allocated block that holds @page, or NULL if it is free or nobody's. */
static inline struct page *page_head(const struct page *page)
{
	struct page *head = page_block(page);

	if (head->state != PAGE_USED || (unsigned long)(page - head) >> head->order)
		return NULL;
	return head;
}

/** compound_head - the head if @page lies in an allocated block, else @page itself. */
static inline struct page *compound_head(const struct page *page)
{
	struct page *head = page_head(page);

	return head ? head : (struct page *)page;
}

static inline bool PageCompound(const struct page *page)
{
	const struct page *head = page_head(page);

	return head && (head->flags & PG_COMP) && head->order;
}

static inline bool PageHead(const struct page *page)
{
	return page_is_used(page) && (page->flags & PG_COMP) && page->order;
}

static inline bool PageTail(const struct page *page)
{
	return !page_is_used(page) && PageCompound(page);
}

static inline bool PageBuddy(const struct page *page)
{
	return page_is_free(page);
}

static inline bool PageSlab(const struct page *page)
{
	const struct page *head = page_head(page);

	return head && head->owner == OWNER_SLAB;
}

/** PageReserved - was this page never given to the page allocator? */
bool PageReserved(const struct page *page);

static inline bool PageHighMem(const struct page *page)
{
	(void)page;
	return false;
}

static inline bool page_is_pfmemalloc(const struct page *page)
{
	return (page->flags & PG_PFMEMALLOC) != 0;
}

/* ---- PG_LOCKED and above: pages of files and processes; locked instructions, because every bit has its own writers ---- */

static inline bool page_test_flag(const struct page *page, u32 bit)
{
	return (__atomic_load_n(&page->flags, __ATOMIC_RELAXED) & bit) != 0;
}

static inline void page_set_flag(struct page *page, u32 bit)
{
	__atomic_fetch_or(&page->flags, bit, __ATOMIC_SEQ_CST);
}

static inline void page_clear_flag(struct page *page, u32 bit)
{
	__atomic_fetch_and(&page->flags, ~bit, __ATOMIC_SEQ_CST);
}

static inline bool page_test_and_set_flag(struct page *page, u32 bit)
{
	return (__atomic_fetch_or(&page->flags, bit, __ATOMIC_SEQ_CST) & bit) != 0;
}

static inline bool page_test_and_clear_flag(struct page *page, u32 bit)
{
	return (__atomic_fetch_and(&page->flags, ~bit, __ATOMIC_SEQ_CST) & bit) != 0;
}

/* PageName(), SetPageName(), ClearPageName(), TestSetPageName(), TestClearPageName() for PG_NAME */
#define PAGE_FLAG_CALLS(Name, NAME)                                                                                    \
	static inline bool Page##Name(const struct page *page)                                                         \
	{                                                                                                              \
		return page_test_flag(page, PG_##NAME);                                                                \
	}                                                                                                              \
	static inline void SetPage##Name(struct page *page)                                                            \
	{                                                                                                              \
		page_set_flag(page, PG_##NAME);                                                                        \
	}                                                                                                              \
	static inline void ClearPage##Name(struct page *page)                                                          \
	{                                                                                                              \
		page_clear_flag(page, PG_##NAME);                                                                      \
	}                                                                                                              \
	static inline bool TestSetPage##Name(struct page *page)                                                        \
	{                                                                                                              \
		return page_test_and_set_flag(page, PG_##NAME);                                                        \
	}                                                                                                              \
	static inline bool TestClearPage##Name(struct page *page)                                                      \
	{                                                                                                              \
		return page_test_and_clear_flag(page, PG_##NAME);                                                      \
	}

PAGE_FLAG_CALLS(Locked, LOCKED)
PAGE_FLAG_CALLS(Waiters, WAITERS)
PAGE_FLAG_CALLS(Referenced, REFERENCED)
PAGE_FLAG_CALLS(Uptodate, UPTODATE)
PAGE_FLAG_CALLS(Dirty, DIRTY)
PAGE_FLAG_CALLS(Writeback, WRITEBACK)
PAGE_FLAG_CALLS(LRU, LRU)
PAGE_FLAG_CALLS(Active, ACTIVE)
PAGE_FLAG_CALLS(SwapBacked, SWAPBACKED)
PAGE_FLAG_CALLS(SwapCache, SWAPCACHE)
PAGE_FLAG_CALLS(Reclaim, RECLAIM)
PAGE_FLAG_CALLS(Unevictable, UNEVICTABLE)
PAGE_FLAG_CALLS(Isolated, ISOLATED)
PAGE_FLAG_CALLS(Mlocked, MLOCKED)
PAGE_FLAG_CALLS(Error, ERROR)
PAGE_FLAG_CALLS(Workingset, WORKINGSET)

/** PageAnon - does page->mapping say that it belongs to no file? */
static inline bool PageAnon(const struct page *page)
{
	return (READ_ONCE(page->mapping) & PAGE_MAPPING_ANON) != 0;
}

#endif
