/* SPDX-License-Identifier: MIT */
/*
 * page_cache.h - what the files of the page cache share.
 *
 *   filemap.c         mappings; pages come in, are found, go
 *   page_wait.c       a page's lock, and waiting
 *   page_writeback.c  dirty pages: flags, marks, counts; how much may be dirty
 *   readahead.c       what is read before somebody asks
 *   truncate.c        stretches of a mapping thrown away
 */
#ifndef GUEST_MM_PAGE_CACHE_H
#define GUEST_MM_PAGE_CACHE_H

#include <linux/list.h>
#include <linux/pagemap.h>
#include <linux/vmstat.h>

#include "internal.h"

extern struct page_cache page_cache;

/** page_wake_waiters - a bit that somebody may wait for was cleared. Context: any. */
void page_wake_waiters(struct page *page);
void page_wait_init(void);

/** mapping_wait_unpinned - until the flusher is not at it. Needs: AS_EXITING, so that it does not come again. */
void mapping_wait_unpinned(struct address_space *mapping);

/** page_cache_take_out - the one way out: @page's slot becomes @shadow (or nothing). Needs: xa_lock, the page's lock. */
void page_cache_take_out(struct address_space *mapping, struct page *page, void *shadow);

/** page_cache_drop - the same for a page that only the array and the caller have, clean; else false. Needs: the page's lock. */
bool page_cache_drop(struct address_space *mapping, struct page *page, bool leave_shadow);

/** shadow_nodes_shrink - give up to @nr of them up. Return: how many. */
unsigned long shadow_nodes_shrink(unsigned long nr);
/** shadow_node_update - see struct xarray */
void shadow_node_update(struct xa_node *node);

#endif
