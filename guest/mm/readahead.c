// SPDX-License-Identifier: MIT
/*
 * readahead.c - reading what will be asked for next.
 *
 * A reader that goes forward has a window [start, start + size) of pages that were read for it; the page size - async_size from
 * its start carries PG_RECLAIM (on a clean page that means "go on reading"): who comes there makes the next window, twice as
 * large up to ra_pages, before it is needed. Whoever jumps gets what it asks for and no more.
 *
 * Not enough memory for a page ahead is no error: what is not read ahead is read when it is asked for.
 */
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/sched/mm.h>
#include <linux/swap.h>

#include "page_cache.h"

#define RA_PAGES 32U

void file_ra_state_init(struct file_ra_state *ra, struct address_space *mapping)
{
	(void)mapping;
	*ra = (struct file_ra_state){.ra_pages = RA_PAGES, .prev_pos = -1};
}
EXPORT_SYMBOL(file_ra_state_init);

struct page *readahead_page(struct readahead_control *ractl)
{
	struct page *page;

	if (!ractl->nr)
		return NULL;
	page = find_get_page(ractl->mapping, ractl->index);
	BUG_ON(!page || !PageLocked(page));
	ractl->index++;
	ractl->nr--;
	return page;
}
EXPORT_SYMBOL(readahead_page);

/* The pages of @ractl are read, or given up. */
static void begin_reading(struct readahead_control *ractl)
{
	struct page *page;

	if (!ractl->nr)
		return;
	ractl->mapping->a_ops->readahead(ractl);
	while ((page = readahead_page(ractl))) {
		ClearPageReclaim(page);
		unlock_page(page);
		put_page(page);
	}
}

/* New pages of [start, start + nr) into the cache, and begin to read them; @mark: where the next window is asked for. */
static void read_stretch(struct address_space *mapping, struct file *file, pgoff_t start, unsigned long nr,
			 pgoff_t mark)
{
	gfp_t gfp = mapping_gfp_mask(mapping) | __GFP_NORETRY | __GFP_NOWARN;
	struct readahead_control ractl = {.file = file, .mapping = mapping, .index = start};
	unsigned int token = memalloc_nofs_save();

	for (pgoff_t index = start; index < start + nr; index++) {
		struct page *page = page_cache_alloc(gfp);

		if (!page)
			break;
		if (add_to_page_cache_lru(page, mapping, index, gfp)) {
			/* It is there already, or there is no memory: a gap in what can be read at once. */
			put_page(page);
			begin_reading(&ractl);
			ractl.index = index + 1;
			continue;
		}
		if (index == mark)
			SetPageReclaim(page);
		ractl.nr++;
		put_page(page);
	}
	begin_reading(&ractl);
	memalloc_nofs_restore(token);
}

static void read_window(struct address_space *mapping, struct file_ra_state *ra, struct file *file)
{
	pgoff_t pages = (mapping->size + PAGE_SIZE - 1) >> PAGE_SHIFT;

	if (ra->start >= pages)
		return;
	ra->size = (unsigned int)min((pgoff_t)ra->size, pages - ra->start);
	if (ra->async_size > ra->size)
		ra->async_size = ra->size;
	read_stretch(mapping, file, ra->start, ra->size,
		     ra->async_size ? ra->start + ra->size - ra->async_size : ULONG_MAX);
}

void page_cache_sync_readahead(struct address_space *mapping, struct file_ra_state *ra, struct file *file,
			       pgoff_t index, unsigned long req)
{
	bool goes_on =
		index == (pgoff_t)(ra->prev_pos >> PAGE_SHIFT) + 1 || index == (pgoff_t)(ra->prev_pos >> PAGE_SHIFT);

	if (!mapping->a_ops->readahead)
		return;
	req = min(req, (unsigned long)ra->ra_pages);
	if (!index || goes_on) {
		ra->start = index;
		ra->size = (unsigned int)min(roundup_pow_of_two(req) * 4, (unsigned long)ra->ra_pages);
		ra->async_size = ra->size > req ? ra->size - (unsigned int)req : ra->size;
		read_window(mapping, ra, file);
	} else {
		pgoff_t pages = (mapping->size + PAGE_SIZE - 1) >> PAGE_SHIFT;

		if (index < pages)
			read_stretch(mapping, file, index, min(req, pages - index), ULONG_MAX);
	}
}
EXPORT_SYMBOL(page_cache_sync_readahead);

void page_cache_async_readahead(struct address_space *mapping, struct file_ra_state *ra, struct file *file,
				struct page *page, unsigned long req)
{
	/* The same bit means something else while a page is dirty or being written. */
	if (!mapping->a_ops->readahead || PageWriteback(page) || PageDirty(page))
		return;
	ClearPageReclaim(page);
	if (page->index < ra->start || page->index >= ra->start + ra->size) {
		ra->start = page->index + 1;
		ra->size = (unsigned int)min(roundup_pow_of_two(req) * 2, (unsigned long)ra->ra_pages);
	} else {
		ra->start += ra->size;
		ra->size = min(ra->size * 2, ra->ra_pages);
	}
	ra->async_size = ra->size;
	read_window(mapping, ra, file);
}
EXPORT_SYMBOL(page_cache_async_readahead);
