// SPDX-License-Identifier: MIT
/*
 * test_mm_filemap.c - the page cache on the host: random reads, writes, syncs, truncations, evictions and disk errors against a
 * model that knows, for each page, what must be read and what may be on the disk.
 */
#include <check.h>
#include <string.h>

#include <linux/bio.h>
#include <linux/kernel.h>
#include <linux/pagemap.h>
#include <linux/swap.h>
#include <linux/vmstat.h>
#include <linux/writeback.h>

#include "guest/mm/page_cache.h"
#include "tests/runner.h"
#include "tests/unit/arch/sim.h"
#include "tests/unit/validate.h"

#define MiB(n) ((uint64_t)(n) << 20)

static const struct sim_range ram[] = {{0, 0xa0000}, {0x100000, MiB(15)}, {MiB(16), MiB(16)}, {0, 0}};

/* ---- a disk: one word a page; the word of a page is all that is looked at ---- */

enum { PAGES = 200 };
static uint64_t disk[PAGES];
static unsigned int fail_every; /* writes; 0: none */
static unsigned long writes, failures;

static uint64_t *word_of(struct page *page)
{
	return page_address(page);
}

static blk_status_t on_bio(struct bio *bio)
{
	uint64_t at = bio->bi_iter.bi_sector / PAGE_SECTORS;

	if (bio_op(bio) == REQ_OP_WRITE && fail_every && ++writes % fail_every == 0) {
		failures++;
		return BLK_STS_IOERR;
	}
	for (unsigned int i = 0; i < bio->bi_vcnt; i++, at++) {
		ck_assert_uint_lt(at, PAGES);
		if (bio_op(bio) == REQ_OP_WRITE)
			disk[at] = *word_of(bio->bi_io_vec[i].bv_page);
		else
			*word_of(bio->bi_io_vec[i].bv_page) = disk[at];
	}
	return BLK_STS_OK;
}

static int readpage(struct file *file, struct page *page)
{
	(void)file;
	*word_of(page) = disk[page->index];
	SetPageUptodate(page);
	unlock_page(page);
	return 0;
}

static int writepage(struct page *page, struct writeback_control *wbc)
{
	writeback_add_page(wbc, page, NULL, page->index * PAGE_SECTORS);
	return 0;
}

static const struct address_space_operations ops = {.readpage = readpage, .writepage = writepage};

/* ---- the model ---- */

static struct address_space mapping;
static uint64_t model[PAGES];

static void boot(void)
{
	sim_start(ram, 1);
	sim_on_bio = on_bio;
	address_space_init(&mapping, NULL, &ops, GFP_KERNEL, "test");
	mapping.size = PAGES * PAGE_SIZE;
}

static struct page *get(unsigned long index)
{
	struct page *page = read_mapping_page(&mapping, index, NULL);

	ck_assert(!IS_ERR(page));
	return page;
}

static void write_word(unsigned long index, uint64_t word)
{
	struct page *page = get(index);

	lock_page(page);
	*word_of(page) = word;
	ClearPageError(page);
	set_page_dirty(page);
	unlock_page(page);
	put_page(page);
	model[index] = word;
}

/* Reclaim's way: isolated or not, only clean pages go, and leave a shadow. */
static void evict(unsigned long index)
{
	struct page *page;
	bool clean;

	lru_add_drain_all();
	page = find_lock_page(&mapping, index);
	if (!page)
		return;
	clean = !PageDirty(page);
	ck_assert_int_eq(remove_mapping(&mapping, page), clean);
	unlock_page(page);
	put_page(page);
	ck_assert_ptr_eq(find_get_page(&mapping, index), clean ? NULL : page);
	if (!clean)
		put_page(page);
}

static void cut(unsigned long index)
{
	truncate_inode_pages(&mapping, (loff_t)(index * PAGE_SIZE));
	for (unsigned long i = index; i < PAGES; i++)
		model[i] = disk[i] = 0;
}

static void check_counts(void)
{
	unsigned long pages = 0, shadows = 0, dirty = 0, index;
	void *entry;

	xa_for_each(&mapping.i_pages, index, entry)
	{
		struct page *page = entry;
		bool marked;

		if (xa_is_value(entry)) {
			shadows++;
			continue;
		}
		marked = xa_get_mark(&mapping.i_pages, index, PAGECACHE_TAG_DIRTY);
		pages++;
		dirty += marked;
		if (page->mapping != (uint64_t)(uintptr_t)&mapping || page->index != index ||
		    PageDirty(page) != marked || PageWriteback(page) || PageLocked(page))
			ck_abort_msg("page %lu is not as it should be: flags %#x", index, page->flags);
	}
	ck_assert_uint_eq(mapping.nrpages, pages);
	ck_assert_uint_eq(mapping.nrshadows, shadows);
	ck_assert_uint_eq(mapping.nrdirty, dirty);
	ck_assert_uint_eq(mapping.nrwriteback, 0);
	ck_assert_uint_eq(global_node_page_state(NR_FILE_PAGES), pages);
	ck_assert_uint_eq(global_node_page_state(NR_FILE_DIRTY), dirty);
	ck_assert_uint_eq(global_node_page_state(NR_WRITEBACK), 0);
}

static void check_contents(void)
{
	for (unsigned long i = 0; i < PAGES; i++) {
		struct page *page = get(i);

		if (*word_of(page) != model[i])
			ck_abort_msg("page %lu reads %#lx and should read %#lx", i, *word_of(page), model[i]);
		put_page(page);
	}
}

/* A sync also tells of what went wrong when nobody waited, since the last one. */
static void sync_until_it_works(void)
{
	static unsigned long told;
	unsigned int tries = 0;
	int err;

	do {
		err = filemap_write_and_wait(&mapping);
		ck_assert_int_eq(err, failures != told ? -EIO : 0);
		told = failures;
	} while (err && ++tries < 100);
	ck_assert_int_eq(err, 0);
	ck_assert_uint_eq(mapping.nrdirty, 0);
	for (unsigned long i = 0; i < PAGES; i++)
		if (disk[i] != model[i])
			ck_abort_msg("page %lu did not reach the disk", i);
}

static void step(void)
{
	unsigned long index = sim_below(PAGES);

	switch (sim_below(40)) {
	case 0:
		sync_until_it_works();
		break;
	case 1:
		if (!sim_below(8))
			cut(index);
		break;
	case 2:
		lru_add_drain_all();
		invalidate_mapping_pages(&mapping, index, index + sim_below(50));
		break;
	case 3:
		shadow_nodes_shrink(sim_below(3));
		break;
	case 4:
		dirty_expire_interval = 0;
		writeback_round();
		break;
	case 5 ... 14:
		evict(index);
		break;
	case 15 ... 29:
		write_word(index, sim_random());
		break;
	default:
		put_page(get(index));
	}
}

static const unsigned int error_rates[] = {0, 3, 7};

START_TEST(random_steps_against_the_model)
{
	unsigned long steps = sim_steps(4000);

	boot();
	fail_every = error_rates[_i];
	for (unsigned long n = 0; n < steps; n++) {
		step();
		if (n % 100 == 0)
			check_counts();
	}
	sync_until_it_works();
	ck_assert_int_eq(failures > 0, fail_every > 0);
	check_contents();
	check_counts();
	truncate_inode_pages_final(&mapping);
	check_counts();
	ck_assert_uint_eq(mapping.nrshadows, 0);
	ck_assert_uint_eq(page_cache.nr_shadow_nodes, 0);
	address_space_exit(&mapping);
	assert_valid();
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

/* What failed is dirty still, the flusher does not touch it, and each who asks hears of it once. */
START_TEST(a_failed_write)
{
	errseq_t one, other;

	boot();
	one = errseq_sample(&mapping.wb_err);
	other = errseq_sample(&mapping.wb_err);
	write_word(7, 77);
	fail_every = 1;
	ck_assert_int_eq(filemap_write_and_wait(&mapping), -EIO);
	ck_assert_uint_eq(mapping.nrdirty, 1);
	fail_every = 0;
	dirty_expire_interval = 0;
	ck_assert_uint_eq(writeback_round(), 0);
	ck_assert_uint_eq(disk[7], 0);
	ck_assert_int_eq(errseq_check_and_advance(&mapping.wb_err, &one), -EIO);
	ck_assert_int_eq(errseq_check_and_advance(&mapping.wb_err, &one), 0);
	ck_assert_int_eq(errseq_check_and_advance(&mapping.wb_err, &other), -EIO);
	ck_assert_int_eq(filemap_write_and_wait(&mapping), 0);
	ck_assert_uint_eq(disk[7], 77);
	ck_assert_uint_eq(mapping.nrdirty, 0);
	/* Nobody had seen the first error when the second party came: then it is told too. */
	other = errseq_sample(&mapping.wb_err);
	ck_assert_int_eq(errseq_check(&mapping.wb_err, other), 0);
	truncate_inode_pages_final(&mapping);
	address_space_exit(&mapping);
}
END_TEST

/* Each allocation refused once: nothing is left behind, and the page can be had afterwards. */
START_TEST(a_refused_page)
{
	boot();
	for (long n = 0;; n++) {
		struct page *page;

		sim_fail_at(n);
		page = pagecache_get_page(&mapping, 5000, FGP_LOCK | FGP_CREAT, GFP_KERNEL | __GFP_NOWARN);
		if (page) {
			bool hit = sim_fail_hit();

			unlock_page(page);
			put_page(page);
			truncate_inode_pages(&mapping, 0);
			if (!hit)
				break;
			continue;
		}
		ck_assert_uint_eq(mapping.nrpages, 0);
		ck_assert_uint_eq(mapping.i_pages.nr_nodes, 0);
	}
	sim_fail_at(-1);
	ck_assert_uint_eq(global_node_page_state(NR_FILE_PAGES), 0);
	truncate_inode_pages_final(&mapping);
	address_space_exit(&mapping);
}
END_TEST

static Suite *filemap_suite(void)
{
	Suite *s = suite_create("mm_filemap");
	TCase *t = tcase_create("filemap");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, random_steps_against_the_model, 0, ARRAY_SIZE(error_rates));
	tcase_add_test(t, a_failed_write);
	tcase_add_test(t, a_refused_page);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return run_to_end(srunner_create(filemap_suite()));
}
