// SPDX-License-Identifier: MIT
/*
 * test_mm_folio.c - what is built on blocks of pages: fragments, folios, lists, frozen pages.
 */
#include <check.h>
#include <string.h>

#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/page_frag_cache.h>

#include "tests/runner.h"
#include "tests/unit/zones.h"

START_TEST(fragments_share_a_page)
{
	struct page_frag_cache nc = {0};
	unsigned long before;
	void *frags[600];

	sim_start(pc, 1);
	before = nr_free_pages();
	for (unsigned int i = 0; i < ARRAY_SIZE(frags); i++) {
		frags[i] = page_frag_alloc_align(&nc, 1 + i % 700, GFP_ATOMIC, ~63u);
		ck_assert_ptr_nonnull(frags[i]);
		ck_assert_uint_eq((unsigned long)frags[i] % 64, 0);
		memset(frags[i], (int)i, 1 + i % 700);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(frags); i++) {
		for (unsigned int k = 0; k < 1 + i % 700; k++)
			ck_assert_uint_eq(((unsigned char *)frags[i])[k], (unsigned char)i);
		page_frag_free(frags[i]);
	}
	/* With all pieces back the block is cut again. */
	ck_assert_uint_le(before - nr_free_pages(), 8);
	for (unsigned int i = 0; i < 1000; i++) {
		void *p = page_frag_alloc(&nc, 1000, GFP_ATOMIC);

		ck_assert_ptr_nonnull(p);
		page_frag_free(p);
	}
	ck_assert_uint_le(before - nr_free_pages(), 8);
	ck_assert_ptr_null(page_frag_alloc(&nc, PAGE_FRAG_CACHE_MAX_SIZE + 1, GFP_ATOMIC));
	page_frag_cache_drain(&nc);
	ck_assert_uint_eq(nr_free_pages(), before);
	assert_valid();
	ck_assert_uint_eq(sim_warnings(), 0);
}
END_TEST

START_TEST(folios_lists_and_frozen_pages)
{
	unsigned long before;
	struct folio *folio;
	struct page *page, *next;
	LIST_HEAD(list);

	sim_start(pc, 1);
	before = nr_free_pages();
	folio = folio_alloc(GFP_KERNEL, 3);
	ck_assert_uint_eq(folio_nr_pages(folio), 8);
	ck_assert_uint_eq(folio_size(folio), 8 * PAGE_SIZE);
	ck_assert_ptr_eq(page_folio(folio_page(folio, 5)), folio);
	ck_assert_ptr_eq(virt_to_folio((char *)folio_address(folio) + 5 * PAGE_SIZE), folio);
	folio_get(folio);
	folio_put(folio);
	ck_assert_int_eq(folio_ref_count(folio), 1);
	folio_put(folio);
	ck_assert_uint_eq(nr_free_pages(), before);

	ck_assert_uint_eq(alloc_pages_bulk_list(GFP_KERNEL, 100, &list), 100);
	list_for_each_entry_safe (page, next, &list, lru)
		__free_page(page);
	ck_assert_uint_eq(nr_free_pages(), before);

	page = alloc_frozen_pages(GFP_KERNEL, 2);
	ck_assert_int_eq(page_ref_count(page), 0);
	assert_valid();
	free_frozen_pages(page, 2);
	page = alloc_pages_nolock(0, NUMA_NO_NODE, 2);
	ck_assert(PageHead(page) && !*(unsigned long *)page_address(page));
	free_pages_nolock(page, 2);
	ck_assert_uint_eq(nr_free_pages(), before);
	ck_assert_uint_eq(sim_warnings(), 0);
	page = alloc_page(GFP_KERNEL);
	free_frozen_pages(page, 0);
	ck_assert_uint_eq(sim_warnings(), 1);
	__free_page(page);
	assert_valid();
}
END_TEST

static Suite *folio_suite(void)
{
	Suite *s = suite_create("mm_folio");
	TCase *t = tcase_create("folio");

	tcase_set_timeout(t, 300);
	tcase_add_test(t, fragments_share_a_page);
	tcase_add_test(t, folios_lists_and_frozen_pages);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return run_to_end(srunner_create(folio_suite()));
}
