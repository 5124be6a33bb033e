// SPDX-License-Identifier: MIT
/*
 * check_pageblock.c - types of pageblocks against what lies in them, and the zones' accounts by type.
 *
 * check_page.c brings every free head here. The table of types is read a piece at a time and the last piece kept: the pass over
 * the memory map goes upwards.
 */
#include <string.h>

#include "tools/view/check_impl.h"

#define PIECE 4096

static const char *type_name(unsigned int type)
{
	static const char *const names[] = MIGRATE_TYPE_NAMES;

	return type < MIGRATE_TYPES ? names[type] : "no type";
}

/* The byte of a pageblock. Return: false if it cannot be read. */
static bool block_byte(struct check_ctx *c, uint64_t pfn, uint8_t *byte)
{
	uint64_t at = pfn >> PAGEBLOCK_ORDER, first = at / PIECE * PIECE;
	uint64_t end = (c->root->max_pfn + PAGEBLOCK_PAGES - 1) >> PAGEBLOCK_ORDER;
	uint64_t n = end - first < PIECE ? end - first : PIECE;

	if (at >= end)
		return false;
	if (c->blocks.first != first || !c->blocks.nr) {
		c->blocks.first = first;
		c->blocks.nr = view_read(c->v, c->root->pageblocks.va + first, c->blocks.bytes, n) ? 0 : n;
	}
	if (at - first >= c->blocks.nr)
		return false;
	*byte = c->blocks.bytes[at - first];
	return true;
}

void check_block_type(struct check_ctx *c, struct check_zone *z, uint64_t pfn, const struct page *p)
{
	z->type_pages[p->migratetype < MIGRATE_TYPES ? p->migratetype : 0] += 1UL << p->order;
	for (uint64_t at = pfn; at < pfn + (1UL << p->order); at += PAGEBLOCK_PAGES) {
		struct check_fault *f;
		uint8_t byte;

		if (!block_byte(c, at, &byte) || PAGEBLOCK_TYPE(byte) == p->migratetype)
			continue;
		f = check_fault(c, R_BLOCK_FREE, pfn, view_page_addr(pfn), "zone %.8s, free block of order %u",
				z->z.name, p->order);
		check_got(f, "type %u (%s)", p->migratetype, type_name(p->migratetype));
		check_want(f, "%u (%s), as its pageblock", PAGEBLOCK_TYPE(byte), type_name(PAGEBLOCK_TYPE(byte)));
		return;
	}
}

void check_movable_only(struct check_ctx *c, struct check_zone *z, uint64_t pfn, const struct page *p)
{
	struct check_fault *f;

	if (z != &c->zones[ZONE_MOVABLE] || p->migratetype == MIGRATE_MOVABLE)
		return;
	f = check_fault(c, R_ZONE_MOVABLE, pfn, view_page_addr(pfn), "zone %.8s, block of order %u owned by %s",
			z->z.name, p->order, owner_name(p->owner));
	check_got(f, "type %u (%s)", p->migratetype, type_name(p->migratetype));
	check_want(f, "movable pages only");
}

/* ---- accounts ---- */

static void check_counts(struct check_ctx *c, const struct check_zone *z)
{
	struct check_fault *f;

	for (unsigned int t = 0; t < MIGRATE_TYPES; t++) {
		unsigned int avail = 0;

		for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++) {
			gva_t head = z->addr + offsetof(struct zone, free_area) + o * sizeof(struct free_area) +
				     offsetof(struct free_area, free_list) + t * sizeof(struct list_head);

			avail |= (unsigned int)(z->z.free_area[o].free_list[t].next.va != head) << o;
		}
		if (z->z.nr_type[t] != z->type_pages[t]) {
			f = check_fault(c, R_BLOCK_COUNT, CHECK_NO_PFN, z->addr + offsetof(struct zone, nr_type),
					"zone %.8s, type %s", z->z.name, type_name(t));
			check_got(f, "nr_type %lu", z->z.nr_type[t]);
			check_want(f, "%lu, the free pages of that type", z->type_pages[t]);
		}
		if (z->z.avail[t] == avail)
			continue;
		f = check_fault(c, R_BLOCK_AVAIL, CHECK_NO_PFN, z->addr + offsetof(struct zone, avail),
				"zone %.8s, type %s", z->z.name, type_name(t));
		check_got(f, "avail %#x", z->z.avail[t]);
		check_want(f, "%#x: a bit for each order whose list has something", avail);
	}
}

/* Every pageblock that has pages of the zone. Return: pageblocks by type. */
static void count_blocks(struct check_ctx *c, struct check_zone *z, uint64_t count[MIGRATE_TYPES])
{
	struct segment seg[MAX_SEGMENTS];
	unsigned int n = zone_segments(c, z, seg);
	uint64_t next = 0;

	for (unsigned int i = 0; i < n; i++) {
		for (uint64_t b = seg[i].start >> PAGEBLOCK_ORDER; b << PAGEBLOCK_ORDER < seg[i].end; b++) {
			uint64_t pfn = b << PAGEBLOCK_ORDER;
			struct check_fault *f;
			uint8_t byte;

			if (b < next || !block_byte(c, pfn, &byte))
				continue;
			next = b + 1;
			if (((byte & ~PAGEBLOCK_ISOLATED) ^ MIGRATE_MOVABLE) <= MIGRATE_HIGHATOMIC) {
				count[PAGEBLOCK_TYPE(byte)]++;
				continue;
			}
			f = check_fault(c, R_BLOCK_KIND, pfn, c->root->pageblocks.va + b, "zone %.8s, pageblock %lu",
					z->z.name, b);
			check_got(f, "%#x", byte);
			check_want(f, "a type that pageblocks have");
		}
	}
}

static void check_set_aside(struct check_ctx *c, struct check_zone *z)
{
	uint64_t count[MIGRATE_TYPES] = {0}, most = z->z.managed_pages / 100 + 2 * PAGEBLOCK_PAGES;
	struct check_fault *f;

	count_blocks(c, z, count);
	if (z->z.nr_highatomic != count[MIGRATE_HIGHATOMIC] * PAGEBLOCK_PAGES || z->z.nr_highatomic > most) {
		f = check_fault(c, R_BLOCK_HIGHATOMIC, CHECK_NO_PFN, z->addr + offsetof(struct zone, nr_highatomic),
				"zone %.8s", z->z.name);
		check_got(f, "nr_highatomic %lu", z->z.nr_highatomic);
		check_want(f, "%lu: pages of such pageblocks, at most %lu", count[MIGRATE_HIGHATOMIC] * PAGEBLOCK_PAGES,
			   most);
	}
	if (z->z.nr_isolated != count[MIGRATE_ISOLATE]) {
		f = check_fault(c, R_BLOCK_ISOLATED, CHECK_NO_PFN, z->addr + offsetof(struct zone, nr_isolated),
				"zone %.8s", z->z.name);
		check_got(f, "nr_isolated %lu", z->z.nr_isolated);
		check_want(f, "%lu, the isolated pageblocks", count[MIGRATE_ISOLATE]);
	}
}

void check_pageblocks(struct check_ctx *c)
{
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		struct check_zone *z = &c->zones[i];

		if (!z->exists)
			continue;
		if (z->flux) {
			check_flux(c, R_BLOCK_KIND, R_BLOCK_ISOLATED);
			continue;
		}
		check_ran_all(c, R_BLOCK_KIND, R_BLOCK_ISOLATED);
		if (i == ZONE_MOVABLE)
			check_ran(c, R_ZONE_MOVABLE);
		check_counts(c, z);
		check_set_aside(c, z);
	}
}
