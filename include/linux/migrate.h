/* SPDX-License-Identifier: MIT */
/*
 * migrate.h - the contents of a page go to another page, and whoever had the one has the other (guest/mm/migrate.c).
 */
#ifndef _LINUX_MIGRATE_H
#define _LINUX_MIGRATE_H

#include <linux/migrate_mode.h>
#include <linux/mm.h>

/* Where a page is to go: a page of order 0 that nobody else knows, or NULL: stop. Where it was not needed: give it back. */
typedef struct page *new_page_t(struct page *page, unsigned long private);
typedef void free_page_t(struct page *page, unsigned long private);

/**
 * migrate_pages - move pages that were isolated from their LRU lists
 * @from:    linked by page->lru, isolated by isolate_lru_page() with no other reference of the caller's. What stays on it could not be moved: putback_movable_pages()
 * @get, @put: where to; @put may be NULL: freed
 * @private: for those
 * @mode:    how long to wait for a page
 * @moved:   out: how many were; may be NULL
 *
 * Pages that were moved, or that nobody wanted any more, are off the list and not isolated any more.
 * Context: task, may sleep. Return: pages left, or -ENOMEM: @get had no more.
 */
int migrate_pages(struct list_head *from, new_page_t get, free_page_t put, unsigned long private,
		  enum migrate_mode mode, int reason, unsigned int *moved);

/** putback_movable_pages - what was not moved goes back to where it was. */
void putback_movable_pages(struct list_head *pages);

#endif
