// SPDX-License-Identifier: MIT
/*
 * debugged.c - damage to what the debug kernel remembers, in an image of that kernel with a zone Movable.
 */
#include "tests/sabotage/image.h"
#include "tools/view/debug.h"

static gva_t ext_addr(uint64_t pfn)
{
	struct page_debug debug;

	ck_assert(view_page_debug(image_view(), &debug));
	return debug.ext.va + pfn * sizeof(struct page_ext);
}

static void owner_forgotten(void)
{
	poke8(AT(ext_addr(used_page(OWNER_RAW, 0)), struct page_ext, flags), 0);
}

static void owner_wrong_order(void)
{
	poke8(AT(ext_addr(used_page(OWNER_RAW, 3)), struct page_ext, order), 2);
}

static void owner_of_free(void)
{
	unsigned int zone;
	gva_t flags = AT(ext_addr(free_page_head(2, &zone)), struct page_ext, flags);

	poke8(flags, peek8(flags) | PAGE_EXT_USED);
}

/* A free block whose first page has poison, at the close or at the wide strides. */
static uint64_t poisoned_page(uint8_t flag)
{
	struct zone z;

	zone_copy(ZONE_NORMAL, &z);
	for (uint64_t pfn = z.start_pfn; pfn < z.start_pfn + z.spanned_pages; pfn++) {
		struct page p;

		page_copy(pfn, &p);
		if ((p.state == PAGE_FREE || p.state == PAGE_PCP) &&
		    peek8(AT(ext_addr(pfn), struct page_ext, flags)) & flag)
			return pfn;
	}
	ck_abort_msg("no free page with poison %#x", flag);
	return 0;
}

static void poison_first_word(void)
{
	poke64(DIRECT_MAP + (poisoned_page(PAGE_EXT_POISON) << MMV_PAGE_SHIFT), 0x1234);
}

static void poison_one_bit(void)
{
	poke8(DIRECT_MAP + (poisoned_page(PAGE_EXT_POISON) << MMV_PAGE_SHIFT) + MMV_PAGE_SIZE - 1, 0xab);
}

static void poison_of_large_block(void)
{
	poke64(DIRECT_MAP + (poisoned_page(PAGE_EXT_COARSE) << MMV_PAGE_SHIFT), 0);
}

/* A record that a bucket leads to. */
static gva_t some_record(struct stack_depot *d)
{
	ck_assert(view_depot(image_view(), d));
	for (uint32_t b = 0; b < 1u << d->bucket_bits; b++)
		if (peek32(d->buckets.va + b * sizeof(uint32_t)))
			return d->pool.va + peek32(d->buckets.va + b * sizeof(uint32_t)) * sizeof(uint32_t);
	ck_abort_msg("no stack was kept");
	return 0;
}

static void depot_entry(void)
{
	struct stack_depot d;
	gva_t r = some_record(&d) + sizeof(struct stack_record);

	poke32(r, peek32(r) ^ 1);
}

static void depot_cycle(void)
{
	struct stack_depot d;
	gva_t r = some_record(&d);

	poke32(AT(r, struct stack_record, next), (uint32_t)((r - d.pool.va) / sizeof(uint32_t)));
}

static void depot_nowhere(void)
{
	struct stack_depot d;

	poke32(AT(some_record(&d), struct stack_record, next), 0xfffffff0);
}

static void movable_pinned(void)
{
	struct zone z;

	zone_copy(ZONE_MOVABLE, &z);
	for (uint64_t pfn = z.start_pfn; pfn < z.start_pfn + z.spanned_pages; pfn++) {
		struct page p;

		page_copy(pfn, &p);
		if (p.state != PAGE_USED)
			continue;
		poke8(AT(view_page_addr(pfn), struct page, migratetype), MIGRATE_UNMOVABLE);
		return;
	}
	ck_abort_msg("nothing is allocated in zone Movable");
}

const struct sabotage debug_sabotage[] = {
	{"debug.owner", "a used page whose owner was forgotten", owner_forgotten, ""},
	{"debug.owner", "a used block of another order", owner_wrong_order, ""},
	{"debug.owner", "a free block with an owner", owner_of_free, ""},
	{"debug.poison", "a word written after the free", poison_first_word, ""},
	{"debug.poison", "one bit in the last byte", poison_one_bit, ""},
	{"debug.poison", "a word of a large block", poison_of_large_block, ""},
	{"debug.depot", "a changed return address", depot_entry, ""},
	{"debug.depot", "a chain without end", depot_cycle, ""},
	{"debug.depot", "a link to nowhere", depot_nowhere, ""},
	{"zone.movable", "an unmovable block", movable_pinned, ""},
};
const unsigned int nr_debug_sabotage = sizeof(debug_sabotage) / sizeof(debug_sabotage[0]);
