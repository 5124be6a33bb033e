// SPDX-License-Identifier: MIT
/*
 * swap_readahead.c - what went to swap together is wanted back together: around a slot that had to be read, others are read too.
 *
 * Window:  a power of two of slots, aligned, around the one that is wanted; at most 1 << page_cluster. It follows the pages that
 *          were read and then wanted since the last time, and shrinks by half at most; without any there is none, unless
 *          slots are wanted in a row.
 * What:    slots that entries lead to, that have no page in memory and are not broken.
 * Memory:  what is free above the marks: nothing is reclaimed for a guess.
 * Errors:  nobody is told. Whoever wants such a page later reads it again, and is told then.
 * Mark:    PG_RECLAIM, as with files: on a page that is not being written it says "read, and not wanted yet".
 * Locking: none: the counts are shared by all, and only guide the guess.
 */
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/page-flags.h>
#include <linux/vmstat.h>

#include "user_mm.h"

#define GFP_AHEAD ((GFP_HIGHUSER_MOVABLE & ~__GFP_RECLAIM) | __GFP_NOWARN)

unsigned int page_cluster = 3;
EXPORT_SYMBOL(page_cluster);

static unsigned int hits, last_window;
static unsigned long last_wanted;

static unsigned int window_at(unsigned long offset)
{
	unsigned int most = 1u << min(READ_ONCE(page_cluster), 6u), window;
	unsigned int paid_off = __atomic_exchange_n(&hits, 0, __ATOMIC_RELAXED);
	unsigned long before = __atomic_exchange_n(&last_wanted, offset, __ATOMIC_RELAXED);

	if (paid_off)
		window = (unsigned int)roundup_pow_of_two(paid_off + 2);
	else
		window = offset == before + 1 || before == offset + 1 ? 2 : 1;
	window = min(max(window, READ_ONCE(last_window) / 2), most);
	WRITE_ONCE(last_window, window);
	return window;
}

void swap_read_around(swp_entry_t entry)
{
	unsigned long offset = swp_offset(entry), window = window_at(offset), first = offset & ~(window - 1);

	for (unsigned long at = first; at < first + window; at++) {
		struct page *page;

		if (at == offset || !swap_slot_only_on_disk(swp_entry(swp_type(entry), at)))
			continue;
		page = read_swap_ahead(swp_entry(swp_type(entry), at), GFP_AHEAD);
		if (!page)
			break;
		put_page(page);
	}
}

bool swap_was_read_ahead(struct page *page)
{
	if (PageWriteback(page) || !TestClearPageReclaim(page))
		return false;
	__atomic_fetch_add(&hits, 1, __ATOMIC_RELAXED);
	count_vm_event(SWAP_RA_HIT);
	return true;
}
