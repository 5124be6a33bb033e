/* SPDX-License-Identifier: MIT */
/*
 * zones.h - what the tests of the page allocator share: machines, masks, blocks that a test holds, boot arguments.
 */
#ifndef TESTS_UNIT_ZONES_H
#define TESTS_UNIT_ZONES_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include <linux/init.h>
#include <linux/mm.h>

#include "tests/unit/arch/sim.h"
#include "tests/unit/validate.h"

#define MiB(n) ((uint64_t)(n) << 20)
#define GiB(n) ((uint64_t)(n) << 30)

/* All three zones, the hole at 640 KiB, ends that no large block fits. */
static const struct sim_range pc[] = {
	{0, 0xa0000}, {0x100000, MiB(15)}, {MiB(16), MiB(32) + 0x5000}, {GiB(4) + 0x3000, MiB(24)}, {0, 0},
};
static const struct sim_range normal_64m[] = {{GiB(4), MiB(64)}, {0, 0}};
static const struct sim_range normal_512m[] = {{GiB(4), MiB(512)}, {0, 0}};

#define NORMAL (&mm_zones[ZONE_NORMAL])
#define UNMOVABLE GFP_KERNEL
#define MOVABLE (GFP_KERNEL | __GFP_MOVABLE)
#define RECLAIMABLE (GFP_KERNEL | __GFP_RECLAIMABLE)

static inline unsigned int type_of(const struct page *page)
{
	return PAGEBLOCK_TYPE(mm_root.pageblocks[page_to_pfn(page) >> PAGEBLOCK_ORDER]);
}

static inline struct per_cpu_pages *pcp_here(unsigned int zone)
{
	return &mm_root.pcp[sim_cpu * MAX_NR_ZONES + zone];
}

/* Blocks that a test holds, by page->lru.next. */
static struct page *held_blocks;

static inline void hold(struct page *page)
{
	page->lru.next = (struct list_head *)held_blocks;
	held_blocks = page;
}

static inline unsigned long hold_all(gfp_t gfp, unsigned int order)
{
	unsigned long n = 0;
	struct page *page;

	for (; (page = alloc_pages(gfp | __GFP_NOWARN, order)); n++)
		hold(page);
	return n;
}

static inline void free_held(void)
{
	while (held_blocks) {
		struct page *page = held_blocks;

		held_blocks = (struct page *)page->lru.next;
		__free_pages(page, page->order);
	}
}

/* ---- boot arguments ---- */

/* The linker knows where the section begins and ends. */
extern const struct setup_entry __start_setup_table[], __stop_setup_table[];

static inline void boot_argument(const char *key, const char *text, int expect)
{
	char value[64];

	for (const struct setup_entry *e = __start_setup_table; e < __stop_setup_table; e++) {
		if (strcmp(e->key, key) != 0)
			continue;
		snprintf(value, sizeof(value), "%s", text);
		ck_assert_msg(e->fn(value) == expect, "%s%s", key, text);
		return;
	}
	ck_abort_msg("no boot argument %s", key);
}

#endif
