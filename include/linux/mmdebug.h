/* SPDX-License-Identifier: MIT */
/*
 * mmdebug.h - what a page is, in words; checks of memory management's callers.
 */
#ifndef _LINUX_MMDEBUG_H
#define _LINUX_MMDEBUG_H

#include <linux/bug.h>
#include <linux/mm_types.h>

/**
 * dump_page - print a page's entry, @reason, and in the debug kernel who allocated and who freed it
 *
 * Context: any. The page may be in any state, or not exist.
 */
void dump_page(const struct page *page, const char *reason);

/** dump_page_owner - the debug kernel's part of dump_page(); nothing in the release kernel */
void dump_page_owner(const struct page *page);

/** struct page_leak - allocated blocks of one owner, all from one place */
struct page_leak {
	unsigned long pages, blocks;
	u32 stack; /* depot_stack_handle_t */
	u32 owner; /* enum page_owner */
};

/**
 * page_leaks - blocks in use that were allocated after the time stamp @since, slabs and page tables left out, by owner and stack
 * Return: how many of @leaks (@max) were filled; the last one stands for the rest if there are more. Release kernel: 0.
 */
unsigned int page_leaks(u64 since, struct page_leak *leaks, unsigned int max);

/** page_owners - how many pages each class of owners has. Exact while nobody allocates. Time: what is not fresh is looked at. */
void page_owners(unsigned long pages[NR_PAGE_OWNERS]);

/** page_debug_init - the entries of all pages are in place at @ext: watch pages from the first allocation on. */
void page_debug_init(struct page_ext *ext);

#define VM_BUG_ON(cond) BUG_ON(cond)
#define VM_WARN_ON(cond) ((void)WARN_ON(cond))
#define VM_WARN_ON_ONCE(cond) ((void)WARN_ON_ONCE(cond))
#define VM_BUG_ON_PAGE(cond, page)                                                                                     \
	do {                                                                                                           \
		if (unlikely(cond)) {                                                                                  \
			dump_page(page, "VM_BUG_ON_PAGE(" #cond ")");                                                  \
			BUG();                                                                                         \
		}                                                                                                      \
	} while (0)

#endif
