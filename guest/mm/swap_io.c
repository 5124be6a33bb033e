// SPDX-License-Identifier: MIT
/*
 * swap_io.c - pages of the swap cache written to their slots, and read from there.
 *
 * Way:    one bio for each page, begun here, ended by the device's interrupt. Bios come from a reserve, so that memory can be written
 *         out when there is none.
 * Errors: a page that could not be written is dirty again and stays in memory; its slot is never given out again, and once
 *         whoever needs the page has touched it, it gets another. A page that could not be read is not uptodate: whoever touches it
 *         gets an error, and the next one tries again.
 * Contexts: begin: task. End: hard interrupt.
 */
#include <linux/bio.h>
#include <linux/errno.h>
#include <linux/mempool.h>
#include <linux/page-flags.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/string.h>
#include <linux/writeback.h>

#include "user_mm.h"

#define RESERVE 32

static mempool_t bios;

int swap_io_init(void)
{
	return mempool_initialized(&bios)
		       ? 0
		       : mempool_init_kmalloc_pool(&bios, RESERVE, sizeof(struct bio) + sizeof(struct bio_vec));
}

static struct bio *make_bio(struct page *page, enum req_op op, bio_end_io_t *end_io)
{
	swp_entry_t entry = {page->private};
	struct bio *bio = mempool_alloc(&bios, GFP_NOIO);

	memset(bio, 0, sizeof(*bio));
	bio->bi_bdev = swap_infos[swp_type(entry)].bdev;
	bio->bi_opf = op;
	bio->bi_max_vecs = 1;
	bio->bi_iter.bi_sector = swp_offset(entry) << PAGE_SECTORS_SHIFT;
	bio->bi_end_io = end_io;
	bio_add_page(bio, page, PAGE_SIZE, 0);
	return bio;
}

static void complain(const char *what, swp_entry_t entry)
{
	printk_ratelimited(KERN_ALERT "%s error on swap device %s, slot %lu\n", what, swap_infos[swp_type(entry)].name,
			   swp_offset(entry));
}

static void count_io(uint64_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/* ---- writing ---- */

/* Nobody needs it any more: it went out of use while it was written. */
static void free_unneeded(struct page *page)
{
	if (page_mapped(page) || !trylock_page(page))
		return;
	if (!page_mapped(page))
		try_to_free_swap(page);
	unlock_page(page);
}

static void end_write(struct bio *bio)
{
	struct page *page = bio->bi_io_vec[0].bv_page;
	swp_entry_t entry = {page->private};

	if (bio->bi_status) {
		count_io(&swap_infos[swp_type(entry)].nr_write_errors);
		swap_slot_failed(entry);
		set_page_dirty(page);
		ClearPageReclaim(page);
		complain("Write", entry);
	}
	mempool_free(bio, &bios);
	end_page_writeback(page);
	free_unneeded(page);
	put_page(page);
}

int swap_writepage(struct page *page)
{
	swp_entry_t entry = {page->private};

	if (WARN_ON_ONCE(!PageLocked(page) || !PageSwapCache(page)))
		return -EINVAL;
	if (try_to_free_swap(page)) {
		unlock_page(page);
		return 0;
	}
	if (is_swap_slot_failed(entry)) {
		set_page_dirty(page);
		return AOP_WRITEPAGE_ACTIVATE;
	}
	/* What is written must be what everybody has written. */
	try_to_unmap_flush();
	count_io(&swap_infos[swp_type(entry)].nr_writes);
	count_vm_event(PSWPOUT);
	get_page(page);
	set_page_writeback(page);
	unlock_page(page);
	submit_bio(make_bio(page, REQ_OP_WRITE, end_write));
	return 0;
}

/* ---- reading ---- */

static void end_read(struct bio *bio)
{
	struct page *page = bio->bi_io_vec[0].bv_page;
	swp_entry_t entry = {page->private};

	if (bio->bi_status) {
		count_io(&swap_infos[swp_type(entry)].nr_read_errors);
		complain("Read", entry);
	} else {
		SetPageUptodate(page);
	}
	mempool_free(bio, &bios);
	get_page(page);
	/* The last entry may have gone meanwhile; whoever took it could not have the lock. */
	try_to_free_swap(page);
	unlock_page(page);
	put_page(page);
}

void swap_readpage(struct page *page)
{
	count_io(&swap_infos[swp_type((swp_entry_t){page->private})].nr_reads);
	count_vm_event(PSWPIN);
	submit_bio(make_bio(page, REQ_OP_READ, end_read));
}
