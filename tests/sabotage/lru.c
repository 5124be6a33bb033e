// SPDX-License-Identifier: MIT
/*
 * lru.c - damage to the lists of reclaim, to the batches in front of them, and to what is counted about them.
 *
 * The image has no page on a list: some pages of nobody in particular are made anonymous
 * ones and put on a list, right in all that these rules look at, and then damaged.
 */
#include <string.h>

#include "tests/sabotage/image.h"

#define LISTED 4
#define LISTED_PAGE (PG_LRU | PG_UPTODATE | PG_SWAPBACKED)

static gva_t node(void)
{
	return image_root()->node.va;
}

static gva_t stat(unsigned int item)
{
	return AT(node(), struct pglist_data, stat) + item * sizeof(int64_t);
}

static gva_t list(unsigned int lru)
{
	return AT(node(), struct pglist_data, lruvec.lists) + lru * sizeof(struct list_head);
}

static gva_t size_of(unsigned int zone, unsigned int lru)
{
	return AT(node(), struct pglist_data, lruvec.size) + (zone * NR_LRU_LISTS + lru) * sizeof(uint64_t);
}

/* Single pages on the list of inactive anonymous pages. @page: their entries */
static void make_list(gva_t page[LISTED])
{
	for (int i = 0; i < LISTED; i++) {
		page[i] = view_page_addr(used_page(OWNER_RAW, 0));
		poke8(AT(page[i], struct page, owner), OWNER_ANON);
		poke32(AT(page[i], struct page, flags), peek32(AT(page[i], struct page, flags)) | LISTED_PAGE);
		link_after(AT(page[i], struct page, lru), list(LRU_INACTIVE_ANON));
		add64(size_of(ZONE_NORMAL, LRU_INACTIVE_ANON), 1);
		add64(stat(NR_INACTIVE_ANON), 1);
	}
}

static void flag(gva_t page, uint32_t bits)
{
	poke32(AT(page, struct page, flags), peek32(AT(page, struct page, flags)) ^ bits);
}

static void list_prev(void)
{
	gva_t page[LISTED];

	make_list(page);
	add64(AT(page[1], struct page, lru.prev), 64);
}

static void list_nowhere(void)
{
	gva_t page[LISTED];

	make_list(page);
	poke64(AT(page[1], struct page, lru.next), 0xffff777700000000);
}

static void list_circle(void)
{
	gva_t page[LISTED];

	make_list(page);
	poke64(AT(page[0], struct page, lru.next), AT(page[1], struct page, lru));
}

static void entry_of_nobody(void)
{
	gva_t page[LISTED];

	make_list(page);
	poke8(AT(page[2], struct page, owner), OWNER_RAW);
}

static void entry_does_not_say_so(void)
{
	gva_t page[LISTED];

	make_list(page);
	flag(page[2], PG_LRU);
}

static void place_active(void)
{
	gva_t page[LISTED];

	make_list(page);
	flag(page[0], PG_ACTIVE);
}

static void place_unevictable(void)
{
	gva_t page[LISTED];

	make_list(page);
	flag(page[3], PG_UNEVICTABLE);
}

/* Its neighbours know nothing of it any more. */
static void page_lost(void)
{
	gva_t page[LISTED];

	make_list(page);
	unlink_node(AT(page[1], struct page, lru));
	add64(size_of(ZONE_NORMAL, LRU_INACTIVE_ANON), -1);
	add64(stat(NR_INACTIVE_ANON), -1);
}

static void size_off(void)
{
	gva_t page[LISTED];

	make_list(page);
	add64(size_of(ZONE_NORMAL, LRU_INACTIVE_ANON), 1);
}

static void stat_off(void)
{
	add64(stat(NR_ACTIVE_FILE), 2);
}

static gva_t batch(void)
{
	return AT(peek64(AT(node(), struct pglist_data, lru_cpus)), struct lru_cpu, batch[LRU_BATCH_ADD]);
}

static void batch_too_full(void)
{
	poke32(AT(batch(), struct lru_batch, nr), LRU_BATCH_SIZE + 1);
}

static void batch_add(gva_t page)
{
	poke64(AT(batch(), struct lru_batch, pages), page);
	poke32(AT(batch(), struct lru_batch, nr), 1);
}

static void batch_of_free(void)
{
	unsigned int zone;

	batch_add(view_page_addr(free_page_head(0, &zone)));
}

static void batch_of_listed(void)
{
	gva_t page[LISTED];

	make_list(page);
	batch_add(page[0]);
}

static void isolated_count(void)
{
	add64(stat(NR_ISOLATED_FILE), 1);
}

static void isolated_page(void)
{
	gva_t page[LISTED];

	make_list(page);
	unlink_node(AT(page[1], struct page, lru));
	add64(size_of(ZONE_NORMAL, LRU_INACTIVE_ANON), -1);
	add64(stat(NR_INACTIVE_ANON), -1);
	flag(page[1], PG_LRU | PG_ISOLATED);
}

static void negative(void)
{
	poke64(stat(NR_WRITEBACK), (uint64_t)-1);
}

static void event(unsigned int item, int64_t by)
{
	add64(peek64(AT(node(), struct pglist_data, events)) + item * sizeof(uint64_t), by);
}

static void stolen_unseen(void)
{
	event(PGSTEAL_KSWAPD, 100000);
}

static void back_without_leaving(void)
{
	add64(stat(WORKINGSET_ACTIVATE_FILE), 5);
}

/* What makes pages of files and processes of these pages is not complete: who checks that may say so. */
#define MADE_UP "anon.mapping anon.rmap pagecache.owner rmap.anon"
const struct sabotage lru_sabotage[] = {
	{"lru.linked", "prev off", list_prev, MADE_UP},
	{"lru.linked", "link to nowhere", list_nowhere, MADE_UP},
	{"lru.linked", "circle", list_circle, MADE_UP},
	{"lru.entry", "a page of nobody in particular", entry_of_nobody, "lru.complete lru.count " MADE_UP},
	{"lru.entry", "a page that says it is on no list", entry_does_not_say_so, "lru.count " MADE_UP},
	{"lru.place", "an active page among inactive ones", place_active, MADE_UP},
	{"lru.place", "an unevictable page among others", place_unevictable, MADE_UP},
	{"lru.complete", "a page on no list that says it is on one", page_lost, MADE_UP},
	{"lru.count", "size of a list by zone", size_off, MADE_UP},
	{"lru.count", "nr_active_file", stat_off, ""},
	{"lru.batch", "more than fits", batch_too_full, ""},
	{"lru.batch", "a free page", batch_of_free, ""},
	{"lru.batch", "a new page that is on a list", batch_of_listed, MADE_UP},
	{"lru.isolated", "nr_isolated_file", isolated_count, ""},
	{"lru.isolated", "a page that nobody put back", isolated_page, MADE_UP},
	{"vmstat.sign", "nr_writeback", negative, ""},
	{"vmstat.progress", "more stolen than scanned", stolen_unseen, ""},
	{"vmstat.progress", "more activated than refaulted", back_without_leaving, ""},
};
const unsigned int nr_lru_sabotage = sizeof(lru_sabotage) / sizeof(lru_sabotage[0]);
