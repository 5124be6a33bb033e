// SPDX-License-Identifier: MIT
/*
 * migrate.c - moving pages: the contents go to another page, and whoever had the one has the other.
 *
 * Way:     1. the page is off its LRU list, so reclaim does not come by, and locked, so nobody else moves, writes or frees it.
 *          2. its mappings become migration entries: whoever touches the address waits, and asks again.
 *          3. the page cache or the swap cache gives its place to the new page, if nobody has a reference beyond those that are
 *             known (1 for the isolation, 1 for the place). That is the point of no return.
 *          4. contents and flags are copied; the migration entries map the new page.
 *          If 3 fails the entries map the old page again, and nobody has noticed but by waiting.
 * Which:   single pages of OWNER_CACHE and OWNER_ANON. Pages under writeback are waited for by MIGRATE_SYNC only.
 * Always:  a page is isolated (lru.c counts it) from the scanner until it is moved, freed or put back.
 * Locking: the page's lock; below it those of rmap.h. A page that cannot be had without waiting is left alone by MIGRATE_ASYNC, and
 *          by who reclaims (PF_MEMALLOC): he may hold another page's lock.
 */
#include <linux/export.h>
#include <linux/highmem.h>
#include <linux/list.h>
#include <linux/migrate.h>
#include <linux/pagemap.h>
#include <linux/rmap.h>
#include <linux/sched.h>
#include <linux/swap.h>
#include <linux/vmstat.h>

#include "internal.h"

/* Rounds over the pages that were busy. */
#define ROUNDS 3

/* What goes with the contents. */
#define MOVED_FLAGS                                                                                                    \
	(PG_REFERENCED | PG_UPTODATE | PG_DIRTY | PG_ACTIVE | PG_SWAPBACKED | PG_ERROR | PG_WORKINGSET | PG_MLOCKED |  \
	 PG_UNEVICTABLE)

/* ---- isolation ---- */

void putback_movable_pages(struct list_head *pages)
{
	while (!list_empty(pages)) {
		struct page *page = list_first_entry(pages, struct page, lru);

		list_del(&page->lru);
		putback_lru_page(page);
	}
}
EXPORT_SYMBOL(putback_movable_pages);

/* ---- the place ---- */

/* @new is where @old was: found by its file and index, or by its slot, or by its areas. Both are locked, nothing maps @old. */
static int move_place(struct page *new, struct page *old)
{
	struct address_space *mapping = page_mapping(old);

	if (mapping)
		return replace_page_cache_page(old, new, 1);
	if (PageSwapCache(old))
		return replace_swap_cache_page(old, new, 1);
	if (page_ref_count(old) != 1)
		return -EAGAIN;
	new->mapping = old->mapping;
	new->index = old->index;
	old->mapping = 0;
	return 0;
}

static void copy_contents(struct page *new, struct page *old)
{
	unsigned int flags = READ_ONCE(old->flags) & MOVED_FLAGS;

	copy_highpage(new, old);
	__atomic_fetch_or(&new->flags, flags, __ATOMIC_SEQ_CST);
	/* What kind of page it was counts until it is freed. */
	__atomic_fetch_and(&old->flags, ~(uint32_t)((MOVED_FLAGS & ~PG_SWAPBACKED) | PG_RECLAIM), __ATOMIC_SEQ_CST);
}

/* May it be moved now, and does what is to come not have to wait longer than @mode allows? Needs: its lock. */
static int settle(struct page *page, enum migrate_mode mode)
{
	if (PageWriteback(page)) {
		if (mode != MIGRATE_SYNC)
			return -EBUSY;
		wait_on_page_writeback(page);
	}
	/* It left its file meanwhile, and is about to be freed. */
	if (!page->mapping && !PageSwapCache(page))
		return -EBUSY;
	return 0;
}

/* Needs: both locked. Return: 0; then everything knows @new, and nothing @old but its isolation. */
static int move_locked(struct page *new, struct page *old)
{
	struct anon_vma *anon_vma = PageAnon(old) ? page_get_anon_vma(old) : NULL;
	bool was_mapped = page_mapped(old);
	int err = -EAGAIN;

	/* Without it the areas could go while nothing but migration entries tells of the page. */
	if (was_mapped && PageAnon(old) && !anon_vma)
		return -EAGAIN;
	if (was_mapped)
		try_to_migrate(old);
	if (!page_mapped(old))
		err = move_place(new, old);
	if (!err)
		copy_contents(new, old);
	if (was_mapped)
		remove_migration_ptes(old, err ? old : new);
	if (anon_vma)
		put_anon_vma(anon_vma);
	return err;
}

static bool lock_for(struct page *page, enum migrate_mode mode)
{
	if (trylock_page(page))
		return true;
	if (mode == MIGRATE_ASYNC || current->flags & PF_MEMALLOC)
		return false;
	lock_page(page);
	return true;
}

static int move_page(struct page *new, struct page *old, enum migrate_mode mode)
{
	int err;

	if (!lock_for(old, mode))
		return -EAGAIN;
	err = settle(old, mode);
	if (!err) {
		/* Nobody knows it yet. */
		BUG_ON(!trylock_page(new));
		err = move_locked(new, old);
		unlock_page(new);
	}
	unlock_page(old);
	return err;
}

/* ---- lists of pages ---- */

/* Return: 0: it is off the list; else it stays there. */
static int migrate_one(struct page *page, new_page_t get, free_page_t put, unsigned long private,
		       enum migrate_mode mode)
{
	struct page *new;
	int err;

	/* Nobody wants it any more. */
	if (page_ref_count(page) == 1 && !page_mapping(page)) {
		list_del(&page->lru);
		put_page(page);
		return 0;
	}
	new = get(page, private);
	if (!new)
		return -ENOMEM;
	new->owner = page->owner;
	err = move_page(new, page, mode);
	if (err) {
		new->owner = OWNER_RAW;
		if (put)
			put(new, private);
		else
			__free_page(new);
		return err;
	}
	list_del(&page->lru);
	put_page(page);
	lru_cache_add(new);
	put_page(new);
	return 0;
}

int migrate_pages(struct list_head *from, new_page_t get, free_page_t put, unsigned long private,
		  enum migrate_mode mode, int reason, unsigned int *moved)
{
	unsigned int done = 0, left = 0;
	int err = 0;

	(void)reason;
	for (unsigned int round = 0; round < ROUNDS && err != -ENOMEM; round++) {
		bool again = false;
		struct page *page, *next;

		left = 0;
		list_for_each_entry_safe (page, next, from, lru) {
			err = migrate_one(page, get, put, private, mode);
			done += !err;
			left += err != 0;
			again |= err == -EAGAIN;
			if (err == -ENOMEM)
				break;
			cond_resched();
		}
		if (!again)
			break;
	}
	count_vm_events(PGMIGRATE_SUCCESS, done);
	count_vm_events(PGMIGRATE_FAIL, left);
	if (moved)
		*moved = done;
	return err == -ENOMEM ? -ENOMEM : (int)left;
}
EXPORT_SYMBOL(migrate_pages);
