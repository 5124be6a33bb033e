// SPDX-License-Identifier: MIT
/*
 * filemap.c - the page cache: pages of files and block devices, found by mapping and index.
 *
 * Shape:  each mapping has an array of its pages (shared/pagecache.h); all mappings are on page_cache.mappings.
 * Always: the slot @index of a mapping's array holds a page if and only if that page's mapping and index say so; the array has
 *         a reference of it; nrpages and nrshadows are exact.
 * Locks:  the array's lock covers slots, marks, counts, and the mapping field of its pages; it is taken with interrupts off, as a
 *         write ends in one. page_cache.lock covers the list of mappings. Neither is held across anything that waits.
 * Going:  a page whose references are frozen at 0 is taken out under the array's lock, so who looks up under it never sees one.
 * Not here: reading and writing, which are the mapping's own affair (struct address_space_operations).
 */
#include <linux/export.h>
#include <linux/string.h>
#include <linux/swap.h>

#include "page_cache.h"

struct page_cache page_cache = {
	.mappings = LIST_HEAD_INIT(page_cache.mappings),
	.dirty = LIST_HEAD_INIT(page_cache.dirty),
	.shadow_nodes = LIST_HEAD_INIT(page_cache.shadow_nodes),
};

void filemap_init(void)
{
	page_wait_init();
}

/* ---- mappings ---- */

void address_space_init(struct address_space *mapping, struct inode *host, const struct address_space_operations *a_ops,
			gfp_t gfp, const char *name)
{
	unsigned long irq;

	memset(mapping, 0, sizeof(*mapping));
	xa_init(&mapping->i_pages);
	mapping->i_pages.update = (gva_t)shadow_node_update;
	mapping->host = host;
	mapping->a_ops = a_ops;
	mapping->gfp_mask = gfp;
	strscpy(mapping->name, name, sizeof(mapping->name));
	INIT_LIST_HEAD(&mapping->io_list);
	irq = mm_lock_write(&page_cache.lock);
	list_add_tail(&mapping->list, &page_cache.mappings);
	page_cache.nr_mappings++;
	mm_unlock_write(&page_cache.lock, irq);
}
EXPORT_SYMBOL(address_space_init);

void address_space_exit(struct address_space *mapping)
{
	unsigned long irq;

	set_bit(AS_EXITING, (unsigned long *)&mapping->flags);
	mapping_wait_unpinned(mapping);
	WARN_ON(mapping->nrpages || mapping->nrshadows);
	irq = mm_lock_write(&page_cache.lock);
	list_del_init(&mapping->list);
	list_del_init(&mapping->io_list);
	page_cache.nr_mappings--;
	mm_unlock_write(&page_cache.lock, irq);
}
EXPORT_SYMBOL(address_space_exit);

void mapping_set_error(struct address_space *mapping, int err)
{
	if (!err)
		return;
	errseq_set(&mapping->wb_err, err);
	set_bit(err == -ENOSPC ? AS_ENOSPC : AS_EIO, (unsigned long *)&mapping->flags);
}
EXPORT_SYMBOL(mapping_set_error);

/* ---- in ---- */

struct page *page_cache_alloc(gfp_t gfp)
{
	return alloc_pages_owner(gfp, 0, OWNER_CACHE);
}
EXPORT_SYMBOL(page_cache_alloc);

/* The page into its slot, where nothing or a shadow may be. Return: 0, -EEXIST, -ENOMEM, -ESTALE; *@shadow: what was there. */
static int insert(struct address_space *mapping, struct page *page, pgoff_t index, gfp_t gfp, void **shadow)
{
	struct xarray *xa = &mapping->i_pages;
	unsigned long flags;
	void *want = NULL, *found;
	int err = 0;

	xa_lock_irqsave(xa, flags);
	for (;;) {
		found = __xa_cmpxchg(xa, index, want, page, gfp, &flags);
		if (found == want || !xa_is_value(found))
			break;
		want = found;
	}
	if (found != want) {
		err = xa_is_err(found) ? xa_err(found) : -EEXIST;
	} else if (test_bit(AS_EXITING, (unsigned long *)&mapping->flags)) {
		__xa_erase(xa, index);
		mapping->nrshadows -= want != NULL;
		err = -ESTALE;
	} else {
		mapping->nrpages++;
		mapping->nrshadows -= want != NULL;
		inc_node_page_state(page, NR_FILE_PAGES);
		*shadow = want;
	}
	xa_unlock_irqrestore(xa, flags);
	return err;
}

int add_to_page_cache_lru(struct page *page, struct address_space *mapping, pgoff_t index, gfp_t gfp)
{
	void *shadow = NULL;
	int err;

	SetPageLocked(page);
	page->mapping = (uint64_t)(uintptr_t)mapping;
	page->index = index;
	page_ref_inc(page);
	err = insert(mapping, page, index, gfp, &shadow);
	if (err) {
		page->mapping = 0;
		page->index = 0;
		page_ref_dec(page);
		ClearPageLocked(page);
		return err;
	}
	if (shadow)
		workingset_refault(page, xa_to_value(shadow));
	lru_cache_add(page);
	return 0;
}
EXPORT_SYMBOL(add_to_page_cache_lru);

/* ---- out ---- */

void page_cache_take_out(struct address_space *mapping, struct page *page, void *shadow)
{
	MM_CHECK(!PageWriteback(page));
	if (shadow)
		__xa_replace(&mapping->i_pages, page->index, shadow);
	else
		__xa_erase(&mapping->i_pages, page->index);
	mapping->nrpages--;
	mapping->nrshadows += shadow != NULL;
	page->mapping = 0;
	dec_node_page_state(page, NR_FILE_PAGES);
}

void delete_from_page_cache(struct page *page)
{
	struct address_space *mapping = page_mapping(page);
	unsigned long flags;

	BUG_ON(!mapping || !PageLocked(page));
	WARN_ON(PageDirty(page));
	xa_lock_irqsave(&mapping->i_pages, flags);
	page_cache_take_out(mapping, page, NULL);
	xa_unlock_irqrestore(&mapping->i_pages, flags);
	put_page(page);
}
EXPORT_SYMBOL(delete_from_page_cache);

bool page_cache_drop(struct address_space *mapping, struct page *page, bool leave_shadow)
{
	unsigned long flags;
	bool gone = false;

	BUG_ON(!PageLocked(page));
	xa_lock_irqsave(&mapping->i_pages, flags);
	/* Somebody may make it dirty with a reference only: so first none is left, then it is looked at. */
	if (page_mapping(page) == mapping && page_ref_freeze(page, 2)) {
		gone = !PageDirty(page) && !PageWriteback(page);
		if (gone)
			page_cache_take_out(mapping, page,
					    leave_shadow ? xa_mk_value(workingset_eviction(page)) : NULL);
		page_ref_unfreeze(page, gone ? 1 : 2);
	}
	xa_unlock_irqrestore(&mapping->i_pages, flags);
	return gone;
}

int remove_mapping(struct address_space *mapping, struct page *page)
{
	return page_cache_drop(mapping, page, !test_bit(AS_EXITING, (unsigned long *)&mapping->flags));
}
EXPORT_SYMBOL(remove_mapping);

int replace_page_cache_page(struct page *old, struct page *new, int extra)
{
	struct address_space *mapping = page_mapping(old);
	unsigned long flags;

	BUG_ON(!mapping || !PageLocked(old) || !PageLocked(new));
	xa_lock_irqsave(&mapping->i_pages, flags);
	if (PageWriteback(old) || !page_ref_freeze(old, extra + 1)) {
		xa_unlock_irqrestore(&mapping->i_pages, flags);
		return -EAGAIN;
	}
	new->mapping = old->mapping;
	new->index = old->index;
	page_ref_inc(new);
	__xa_replace(&mapping->i_pages, old->index, new);
	old->mapping = 0;
	page_ref_unfreeze(old, extra);
	xa_unlock_irqrestore(&mapping->i_pages, flags);
	return 0;
}
EXPORT_SYMBOL(replace_page_cache_page);

bool try_to_release_page(struct page *page, gfp_t gfp)
{
	const struct address_space *mapping = page_mapping(page);

	if (!mapping || !mapping->a_ops->releasepage)
		return true;
	return mapping->a_ops->releasepage(page, gfp);
}
EXPORT_SYMBOL(try_to_release_page);

/* ---- looking up ---- */

struct page *find_get_page(struct address_space *mapping, pgoff_t index)
{
	unsigned long flags;
	struct page *page;

	xa_lock_irqsave(&mapping->i_pages, flags);
	page = __xa_load(&mapping->i_pages, index);
	if (xa_is_value(page))
		page = NULL;
	if (page)
		page_ref_inc(page);
	xa_unlock_irqrestore(&mapping->i_pages, flags);
	return page;
}
EXPORT_SYMBOL(find_get_page);

/* A new one, locked; NULL: no memory; ERR_PTR(-EEXIST): somebody was quicker. */
static struct page *create(struct address_space *mapping, pgoff_t index, unsigned int fgp, gfp_t gfp)
{
	struct page *page;
	int err;

	if (fgp & FGP_WRITE)
		gfp |= __GFP_WRITE;
	if (fgp & FGP_NOFS)
		gfp &= ~__GFP_FS;
	page = page_cache_alloc(gfp);
	if (!page)
		return NULL;
	err = add_to_page_cache_lru(page, mapping, index, gfp);
	if (!err)
		return page;
	put_page(page);
	return err == -EEXIST ? ERR_PTR(err) : NULL;
}

/* Lock what was looked up. Return: is it still a page of the mapping? If not, or if it cannot be waited for, its reference is gone. */
static bool lock_found(struct address_space *mapping, struct page *page, unsigned int fgp)
{
	if (fgp & FGP_NOWAIT) {
		if (!trylock_page(page)) {
			put_page(page);
			return false;
		}
	} else {
		lock_page(page);
	}
	if (page_mapping(page) == mapping)
		return true;
	unlock_page(page);
	put_page(page);
	return false;
}

struct page *pagecache_get_page(struct address_space *mapping, pgoff_t index, unsigned int fgp, gfp_t gfp)
{
	for (;;) {
		struct page *page = find_get_page(mapping, index);

		if (page) {
			if ((fgp & FGP_LOCK) && !lock_found(mapping, page, fgp)) {
				if (fgp & FGP_NOWAIT)
					return NULL;
				continue;
			}
			if (fgp & FGP_ACCESSED)
				mark_page_accessed(page);
			return page;
		}
		if (!(fgp & FGP_CREAT))
			return NULL;
		page = create(mapping, index, fgp, gfp);
		if (!IS_ERR(page))
			return page;
	}
}
EXPORT_SYMBOL(pagecache_get_page);

unsigned int find_get_pages_tag(struct address_space *mapping, pgoff_t *index, pgoff_t end, xa_mark_t tag,
				unsigned int nr, struct page **pages)
{
	unsigned int got = 0;
	unsigned long flags;
	void *entry;

	xa_lock_irqsave(&mapping->i_pages, flags);
	while (got < nr && *index <= end && (entry = __xa_find(&mapping->i_pages, index, end, tag))) {
		if (!xa_is_value(entry)) {
			pages[got] = entry;
			page_ref_inc(pages[got++]);
		}
		if (!++*index)
			break;
	}
	xa_unlock_irqrestore(&mapping->i_pages, flags);
	return got;
}
EXPORT_SYMBOL(find_get_pages_tag);

/* Read a locked page that is not uptodate, and wait. Return: 0 or -errno. */
static int read_locked_page(struct address_space *mapping, struct page *page, struct file *file)
{
	int err;

	ClearPageError(page);
	err = mapping->a_ops->readpage(file, page);
	if (err)
		return err;
	wait_on_page_locked(page);
	return PageUptodate(page) ? 0 : -EIO;
}

struct page *read_mapping_page(struct address_space *mapping, pgoff_t index, struct file *file)
{
	gfp_t gfp = mapping_gfp_mask(mapping);

	for (;;) {
		struct page *page = find_get_page(mapping, index);
		int err;

		if (!page)
			page = pagecache_get_page(mapping, index, FGP_LOCK | FGP_CREAT, gfp);
		else if (!PageUptodate(page))
			lock_page(page);
		else
			return page;
		if (!page)
			return ERR_PTR(-ENOMEM);
		if (page_mapping(page) != mapping) {
			unlock_page(page);
			put_page(page);
			continue;
		}
		if (PageUptodate(page)) {
			unlock_page(page);
			return page;
		}
		err = read_locked_page(mapping, page, file);
		if (!err)
			return page;
		put_page(page);
		return ERR_PTR(err);
	}
}
EXPORT_SYMBOL(read_mapping_page);

/* ---- writing and waiting ---- */

static int collect_error(struct address_space *mapping)
{
	unsigned long *flags = (unsigned long *)&mapping->flags;
	int err = 0;

	if (test_and_clear_bit(AS_ENOSPC, flags))
		err = -ENOSPC;
	if (test_and_clear_bit(AS_EIO, flags))
		err = -EIO;
	return err;
}

int filemap_fdatawait_range(struct address_space *mapping, loff_t start, loff_t end)
{
	pgoff_t index = (pgoff_t)start >> PAGE_SHIFT, last = (pgoff_t)end >> PAGE_SHIFT;
	struct page *pages[16];
	unsigned int nr;

	while ((nr = find_get_pages_tag(mapping, &index, last, PAGECACHE_TAG_WRITEBACK, ARRAY_SIZE(pages), pages))) {
		for (unsigned int i = 0; i < nr; i++) {
			wait_on_page_writeback(pages[i]);
			put_page(pages[i]);
		}
		if (!index)
			break;
	}
	return collect_error(mapping);
}
EXPORT_SYMBOL(filemap_fdatawait_range);

int filemap_write_and_wait_range(struct address_space *mapping, loff_t start, loff_t end)
{
	int err = filemap_fdatawrite_range(mapping, start, end), late;

	/* Without I/O there is nothing to wait for; else also for what was begun before an error. */
	late = filemap_fdatawait_range(mapping, start, end);
	return err ? err : late;
}
EXPORT_SYMBOL(filemap_write_and_wait_range);

int filemap_write_and_wait(struct address_space *mapping)
{
	return filemap_write_and_wait_range(mapping, 0, LONG_MAX);
}
EXPORT_SYMBOL(filemap_write_and_wait);
