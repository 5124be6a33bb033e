// SPDX-License-Identifier: MIT
/*
 * reclaim.c - damage to what reclaim is asked for, to raised marks, to counts of pages on their way, to the list of shrinkers.
 * The image's file system has a shrinker.
 */
#include "tests/sabotage/image.h"

static gva_t node(size_t field)
{
	return image_root()->node.va + field;
}
#define NODE(field) node(offsetof(struct pglist_data, field))

static gva_t shrinker(void)
{
	gva_t head = view_root_addr(image_view()) + offsetof(struct mm_root, shrinkers), at = peek64(head);

	ck_assert_msg(at != head, "there is no shrinker");
	return at - offsetof(struct shrinker, list);
}

static void kswapd_is_another(void)
{
	poke64(NODE(kswapd), peek64(NODE(kcompactd)));
}

static void kcompactd_is_nowhere(void)
{
	add64(NODE(kcompactd), 64);
}

static void impossible_zone(void)
{
	poke32(NODE(kswapd_highest), MAX_NR_ZONES + 1);
}

static void kswapd_not_woken(void)
{
	poke32(NODE(kswapd_highest), ZONE_NORMAL);
	poke32(NODE(kswapd_failures), 0);
}

static void kcompactd_not_woken(void)
{
	poke32(NODE(kcompactd_order), 3);
}

static void too_high(void)
{
	struct zone z;

	zone_copy(ZONE_NORMAL, &z);
	poke64(AT(zone_addr(ZONE_NORMAL), struct zone, watermark_boost), z.managed_pages);
}

static void count(unsigned int item, int64_t by)
{
	add64(NODE(stat) + item * sizeof(int64_t), by);
}

static void one_more_writeback(void)
{
	count(NR_WRITEBACK, 1);
}

static void one_more_swapcache(void)
{
	count(NR_SWAPCACHE, 1);
}

static void mapped_file(void)
{
	count(NR_FILE_MAPPED, 4);
}

static void shrinker_back(void)
{
	add64(AT(shrinker(), struct shrinker, list.prev), 8);
}

static void shrinker_nowhere(void)
{
	poke64(view_root_addr(image_view()) + offsetof(struct mm_root, shrinkers), 0xffff777700000000);
}

static void shrinker_kept(void)
{
	poke32(AT(shrinker(), struct shrinker, refcount), 2);
}

static void shrinker_owes(void)
{
	poke64(AT(shrinker(), struct shrinker, nr_deferred), (uint64_t)-5);
}

const struct sabotage reclaim_sabotage[] = {
	{"reclaim.thread", "kswapd is another thread", kswapd_is_another, ""},
	{"reclaim.thread", "kcompactd is no thread", kcompactd_is_nowhere, ""},
	{"reclaim.thread", "asked for a zone that there is not", impossible_zone, "reclaim.wanted"},
	{"reclaim.wanted", "kswapd asked for memory, and asleep", kswapd_not_woken, ""},
	{"reclaim.wanted", "kcompactd asked for a block, and asleep", kcompactd_not_woken, ""},
	{"zone.boost", "a mark raised above all memory", too_high, ""},
	{"vmstat.node", "nr_writeback", one_more_writeback, ""},
	{"vmstat.node", "nr_swapcached", one_more_swapcache, ""},
	{"vmstat.node", "nr_mapped", mapped_file, ""},
	{"shrinker.linked", "a prev that is off", shrinker_back, ""},
	{"shrinker.linked", "a list that leads nowhere", shrinker_nowhere, ""},
	{"shrinker.count", "somebody in it for ever", shrinker_kept, ""},
	{"shrinker.count", "objects owed to it", shrinker_owes, ""},
};
const unsigned int nr_reclaim_sabotage = sizeof(reclaim_sabotage) / sizeof(reclaim_sabotage[0]);
