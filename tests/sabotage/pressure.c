// SPDX-License-Identifier: MIT
/*
 * pressure.c - damage to what compaction and the OOM killer keep.
 */
#include "tests/sabotage/image.h"

static gva_t normal(size_t field)
{
	return zone_addr(ZONE_NORMAL) + field;
}

static void scanner_outside(void)
{
	struct zone z;

	zone_copy(ZONE_NORMAL, &z);
	poke64(normal(offsetof(struct zone, compact_cached_free_pfn)), z.start_pfn - PAGEBLOCK_PAGES);
}

static void scanner_beyond(void)
{
	struct zone z;

	zone_copy(ZONE_NORMAL, &z);
	poke64(normal(offsetof(struct zone, compact_cached_migrate_pfn)) + 8,
	       z.start_pfn + z.spanned_pages + PAGEBLOCK_PAGES);
}

static void scanner_inside_a_pageblock(void)
{
	struct zone z;

	zone_copy(ZONE_NORMAL, &z);
	poke64(normal(offsetof(struct zone, compact_cached_migrate_pfn)), z.start_pfn + 7);
}

static void deferred_for_ever(void)
{
	poke32(normal(offsetof(struct zone, compact_defer_shift)), 31);
}

static void failed_order_is_none(void)
{
	poke32(normal(offsetof(struct zone, compact_order_failed)), (uint32_t)-1);
}

static void victims_that_stay(void)
{
	poke32(AT(image_root()->oom.va, struct mm_oom, victims), 1);
}

static void mark_without_count(void)
{
	gva_t task = image_root()->tasks.next.va - offsetof(struct task_struct, tasks);

	poke32(AT(task, struct task_struct, pending), PENDING_MEMDIE | PENDING_KILL);
}

const struct sabotage pressure_sabotage[] = {
	{"compaction.cursor", "free pages are looked for below the zone", scanner_outside, ""},
	{"compaction.cursor", "movable pages are looked for above the zone", scanner_beyond, ""},
	{"compaction.cursor", "a scanner inside a pageblock", scanner_inside_a_pageblock, ""},
	{"compaction.deferral", "compaction put off for two thousand million requests", deferred_for_ever, ""},
	{"compaction.deferral", "failed for an order that is none", failed_order_is_none, ""},
	{"oom.victims", "a victim too many", victims_that_stay, ""},
	{"oom.victims", "a thread with the mark that nobody counted", mark_without_count, ""},
};
const unsigned int nr_pressure_sabotage = sizeof(pressure_sabotage) / sizeof(pressure_sabotage[0]);
