// SPDX-License-Identifier: MIT
/*
 * lru.c - damage to the lists of reclaim, to the batches in front of them, and to what is counted about them.
 *
 * The image's user address spaces have pages on one of the lists at least: those are damaged.
 */
#include <string.h>

#include "tests/sabotage/image.h"

#define LISTED 4

/* The list that find_list() found. */
static unsigned int found;

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

static unsigned int zone_of(gva_t page)
{
	return (peek32(AT(page, struct page, flags)) & PG_ZONE) >> PG_ZONE_SHIFT;
}

/* The first pages of a list that has so many. @page: their entries */
static void find_list(gva_t page[LISTED])
{
	for (found = 0; found < NR_LRU_LISTS; found++) {
		gva_t at = peek64(list(found));
		int n = 0;

		for (; n < LISTED && at != list(found); at = peek64(at))
			page[n++] = at - offsetof(struct page, lru);
		if (n == LISTED)
			return;
	}
	ck_abort_msg("no list has %d pages", LISTED);
}

/* As if it had never been on the list. */
static void take_off(gva_t page)
{
	unlink_node(AT(page, struct page, lru));
	add64(size_of(zone_of(page), found), -1);
	add64(stat(NR_INACTIVE_ANON + found), -1);
}

static void flag(gva_t page, uint32_t bits)
{
	poke32(AT(page, struct page, flags), peek32(AT(page, struct page, flags)) ^ bits);
}

static void list_prev(void)
{
	gva_t page[LISTED];

	find_list(page);
	add64(AT(page[1], struct page, lru.prev), 64);
}

static void list_nowhere(void)
{
	gva_t page[LISTED];

	find_list(page);
	poke64(AT(page[1], struct page, lru.next), 0xffff777700000000);
}

static void list_circle(void)
{
	gva_t page[LISTED];

	find_list(page);
	poke64(AT(page[2], struct page, lru.next), AT(page[1], struct page, lru));
}

static void entry_of_nobody(void)
{
	gva_t page[LISTED];

	find_list(page);
	poke8(AT(page[2], struct page, owner), OWNER_RAW);
}

static void entry_does_not_say_so(void)
{
	gva_t page[LISTED];

	find_list(page);
	flag(page[2], PG_LRU);
}

static void place_active(void)
{
	gva_t page[LISTED];

	find_list(page);
	flag(page[0], PG_ACTIVE);
}

static void place_unevictable(void)
{
	gva_t page[LISTED];

	find_list(page);
	flag(page[3], PG_UNEVICTABLE);
}

/* Its neighbours know nothing of it any more. */
static void page_lost(void)
{
	gva_t page[LISTED];

	find_list(page);
	take_off(page[1]);
}

static void size_off(void)
{
	gva_t page[LISTED];

	find_list(page);
	add64(size_of(zone_of(page[0]), found), 1);
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

	find_list(page);
	batch_add(page[0]);
}

static void isolated_count(void)
{
	add64(stat(NR_ISOLATED_FILE), 1);
}

static void isolated_page(void)
{
	gva_t page[LISTED];

	find_list(page);
	take_off(page[1]);
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

const struct sabotage lru_sabotage[] = {
	{"lru.linked", "prev off", list_prev, ""},
	{"lru.linked", "link to nowhere", list_nowhere, ""},
	{"lru.linked", "circle", list_circle, ""},
	{"lru.entry", "a page of nobody in particular", entry_of_nobody,
	 "lru.complete lru.count rmap.count mm.inside rmap.leads_back mm.rss anon.held"},
	{"lru.entry", "a page that says it is on no list", entry_does_not_say_so, "lru.count"},
	{"lru.place", "an active page among inactive ones", place_active, ""},
	{"lru.place", "an unevictable page among others", place_unevictable, "anon.mlocked"},
	{"lru.complete", "a page on no list that says it is on one", page_lost, ""},
	{"lru.count", "size of a list by zone", size_off, ""},
	{"lru.count", "nr_active_file", stat_off, ""},
	{"lru.batch", "more than fits", batch_too_full, ""},
	{"lru.batch", "a free page", batch_of_free, ""},
	{"lru.batch", "a new page that is on a list", batch_of_listed, ""},
	{"lru.isolated", "nr_isolated_file", isolated_count, ""},
	{"lru.isolated", "a page that nobody put back", isolated_page, ""},
	{"vmstat.sign", "nr_writeback", negative, "vmstat.node"},
	{"vmstat.progress", "more stolen than scanned", stolen_unseen, ""},
	{"vmstat.progress", "more activated than refaulted", back_without_leaving, ""},
};
const unsigned int nr_lru_sabotage = sizeof(lru_sabotage) / sizeof(lru_sabotage[0]);
