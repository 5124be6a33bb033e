// SPDX-License-Identifier: MIT
/*
 * truncate.c - stretches of a mapping thrown away: whatever is there (truncation), or only what nobody needs (invalidation).
 */
#include <linux/export.h>
#include <linux/string.h>
#include <linux/swap.h>

#include "page_cache.h"

/* Locked, of this mapping, not being written. */
static bool grab(struct address_space *mapping, struct page *page)
{
	lock_page(page);
	if (page_mapping(page) == mapping) {
		wait_on_page_writeback(page);
		return true;
	}
	unlock_page(page);
	return false;
}

static void drop_pages(struct address_space *mapping, pgoff_t index)
{
	struct page *pages[16];
	unsigned int nr;

	while ((nr = find_get_pages_tag(mapping, &index, ULONG_MAX, XA_PRESENT, ARRAY_SIZE(pages), pages))) {
		for (unsigned int i = 0; i < nr; i++) {
			if (grab(mapping, pages[i])) {
				cancel_dirty_page(pages[i]);
				delete_from_page_cache(pages[i]);
				unlock_page(pages[i]);
			}
			put_page(pages[i]);
		}
		if (!index)
			break;
	}
}

static void drop_shadows(struct address_space *mapping, pgoff_t index)
{
	unsigned long flags;
	void *entry;

	xa_lock_irqsave(&mapping->i_pages, flags);
	while (mapping->nrshadows && (entry = __xa_find(&mapping->i_pages, &index, ULONG_MAX, XA_PRESENT))) {
		if (xa_is_value(entry)) {
			__xa_erase(&mapping->i_pages, index);
			mapping->nrshadows--;
		}
		if (!++index)
			break;
	}
	xa_unlock_irqrestore(&mapping->i_pages, flags);
}

/* What lies behind the end must read as zeros if the file grows again. */
static void clear_rest(struct address_space *mapping, loff_t start)
{
	unsigned int offset = (unsigned int)start & (PAGE_SIZE - 1);
	struct page *page = offset ? find_lock_page(mapping, (pgoff_t)start >> PAGE_SHIFT) : NULL;

	if (!page)
		return;
	wait_on_page_writeback(page);
	if (PageUptodate(page)) {
		memset((char *)page_address(page) + offset, 0, PAGE_SIZE - offset);
		set_page_dirty(page);
	}
	unlock_page(page);
	put_page(page);
}

void truncate_inode_pages(struct address_space *mapping, loff_t start)
{
	pgoff_t first = (pgoff_t)(start + (loff_t)PAGE_SIZE - 1) >> PAGE_SHIFT;

	clear_rest(mapping, start);
	drop_pages(mapping, first);
	drop_shadows(mapping, first);
}
EXPORT_SYMBOL(truncate_inode_pages);

void truncate_inode_pages_final(struct address_space *mapping)
{
	set_bit(AS_EXITING, (unsigned long *)&mapping->flags);
	truncate_inode_pages(mapping, 0);
}
EXPORT_SYMBOL(truncate_inode_pages_final);

unsigned long invalidate_mapping_pages(struct address_space *mapping, pgoff_t start, pgoff_t end)
{
	struct page *pages[16];
	unsigned long dropped = 0;
	unsigned int nr;

	while ((nr = find_get_pages_tag(mapping, &start, end, XA_PRESENT, ARRAY_SIZE(pages), pages))) {
		for (unsigned int i = 0; i < nr; i++) {
			if (trylock_page(pages[i])) {
				dropped += page_cache_drop(mapping, pages[i], false);
				unlock_page(pages[i]);
			}
			put_page(pages[i]);
		}
		if (!start)
			break;
	}
	return dropped;
}
EXPORT_SYMBOL(invalidate_mapping_pages);
