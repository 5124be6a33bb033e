// SPDX-License-Identifier: MIT
/*
 * pages.c - damage to the root, boot memory, zones, the memory map and the free lists.
 */
#include <string.h>

#include "tests/sabotage/image.h"

#define NORMAL ZONE_NORMAL

static gva_t page_at(uint64_t pfn)
{
	return view_page_addr(pfn);
}

/* ---- root, locks, boot memory ---- */

static void root_magic(void)
{
	poke64(AT(view_root_addr(image_view()), struct mm_root, magic), 0x1122334455667788);
}

static void lock_left_odd(void)
{
	gva_t seq = AT(zone_addr(NORMAL), struct zone, lock.seq);

	poke32(seq, peek32(seq) + 1);
}

static void lock_of_no_cpu(void)
{
	poke32(AT(cache_named("kmalloc-64"), struct kmem_cache, lock.word), 63);
}

static gva_t memblock_of(struct memblock *mb)
{
	peek(image_root()->memblock.va, mb, sizeof(*mb));
	return image_root()->memblock.va;
}

static void memblock_append(size_t type, uint64_t base, uint64_t size)
{
	gva_t t = image_root()->memblock.va + type;
	uint64_t cnt = peek64(AT(t, struct memblock_type, cnt));

	poke64(t + offsetof(struct memblock_type, regions) + cnt * sizeof(struct memblock_region), base);
	poke64(t + offsetof(struct memblock_type, regions) + cnt * sizeof(struct memblock_region) + 8, size);
	poke64(AT(t, struct memblock_type, cnt), cnt + 1);
}

static void memblock_empty_range(void)
{
	memblock_append(offsetof(struct memblock, reserved), 1UL << 40, 0);
}

static void memblock_count(void)
{
	poke64(AT(image_root()->memblock.va, struct memblock, reserved.cnt), 1UL << 60);
}

static void memblock_order(void)
{
	struct memblock mb;
	gva_t at = memblock_of(&mb);
	struct memblock_region swap = mb.reserved.regions[0];

	ck_assert_uint_ge(mb.reserved.cnt, 2);
	mb.reserved.regions[0] = mb.reserved.regions[1];
	mb.reserved.regions[1] = swap;
	poke(at, &mb, sizeof(mb));
}

static void memblock_no_ram(void)
{
	memblock_append(offsetof(struct memblock, memory), 1UL << 40, 1UL << 20);
}

/* ---- zones ---- */

static void zone_span(void)
{
	add64(AT(zone_addr(NORMAL), struct zone, spanned_pages), 1);
}

static void zone_start(void)
{
	add64(AT(zone_addr(ZONE_DMA), struct zone, start_pfn), 1);
}

static void zone_present(void)
{
	add64(AT(zone_addr(NORMAL), struct zone, present_pages), -1);
}

static void zone_managed(void)
{
	add64(AT(zone_addr(ZONE_DMA32), struct zone, managed_pages), 1);
}

static void zone_fresh_twice(void)
{
	gva_t z = zone_addr(NORMAL);
	uint64_t nr = peek64(AT(z, struct zone, nr_fresh));
	struct zone copy;

	zone_copy(NORMAL, &copy);
	poke(AT(z, struct zone, fresh) + nr * sizeof(struct pfn_range), &copy.fresh[0], sizeof(struct pfn_range));
	poke64(AT(z, struct zone, nr_fresh), nr + 1);
}

static void zone_fresh_many(void)
{
	poke64(AT(zone_addr(NORMAL), struct zone, nr_fresh), 1UL << 40);
}

static void zone_marks(void)
{
	add64(AT(zone_addr(NORMAL), struct zone, watermark[WMARK_MIN]), 1L << 32);
}

/* ---- the memory map ---- */

static void page_unmapped(void)
{
	poke64(pte_addr(page_at(fresh_page(ZONE_DMA32) + 4096), 1), 0);
}

static void wipe(uint64_t pfn)
{
	static const struct page zero;

	poke(page_at(pfn), &zero, sizeof(zero));
}

static void page_lost(void)
{
	wipe(used_page(OWNER_RAW, 0));
}

static void page_lost_block(void)
{
	wipe(used_page(OWNER_RAW, 5));
}

static void page_reserved(void)
{
	poke32(AT(page_at(reserved_page()), struct page, refcount), 1);
}

static void page_fresh(void)
{
	poke8(AT(page_at(fresh_page(NORMAL) + 77), struct page, flags), 1);
}

static void page_owner(void)
{
	poke8(AT(page_at(used_page(OWNER_RAW, 3)), struct page, owner), 77);
}

static void page_state(void)
{
	poke8(AT(page_at(used_page(OWNER_RAW, 4)), struct page, state), 9);
}

static void page_order(void)
{
	poke8(AT(page_at(used_page(OWNER_RAW, 2)), struct page, order), 200);
}

/* Two single pages become one block that begins at an odd page. */
static void page_misaligned(void)
{
	struct zone z;
	struct page a, b;

	zone_copy(NORMAL, &z);
	for (uint64_t pfn = z.start_pfn | 1; pfn + 1 < z.start_pfn + z.spanned_pages; pfn += 2) {
		page_copy(pfn, &a);
		page_copy(pfn + 1, &b);
		if (a.state != PAGE_USED || b.state != PAGE_USED || a.owner != OWNER_RAW || b.owner != OWNER_RAW ||
		    a.order || b.order)
			continue;
		wipe(pfn + 1);
		poke8(AT(page_at(pfn), struct page, order), 1);
		return;
	}
	ck_abort_msg("no two single pages at an odd place");
}

/* The last block under the hole at 640 KiB reaches into it. */
static void page_into_hole(void)
{
	uint64_t pfn = (HOLE_START >> MMV_PAGE_SHIFT) - 1, head;
	struct page p;

	ck_assert_int_eq(view_page_head(image_view(), pfn, &head, &p), 0);
	poke8(AT(page_at(head), struct page, order), p.order + 1);
}

static void page_head_inside(void)
{
	struct page p = {.state = PAGE_USED, .refcount = 1};

	poke(page_at(used_page(OWNER_RAW, 4) + 5), &p, sizeof(p));
}

/* A free block grows over its neighbour: what a free of the wrong order does. */
static void page_free_overlap(void)
{
	unsigned int zone;
	struct page p = {.state = PAGE_FREE, .order = 2};

	poke(page_at(free_page_head(5, &zone) + 4), &p, sizeof(p));
}

static void page_tail(void)
{
	poke32(AT(page_at(used_page(OWNER_RAW, 6) + 33), struct page, refcount), 1);
}

static void page_tail_of_free(void)
{
	unsigned int zone;

	poke64(AT(page_at(free_page_head(5, &zone) + 3), struct page, mapping), 0xffff888000001000);
}

static void page_free_refcount(void)
{
	unsigned int zone;

	poke32(AT(page_at(free_page_head(0, &zone)), struct page, refcount), 1);
}

static void page_free_private(void)
{
	unsigned int zone;

	poke64(AT(page_at(free_page_head(2, &zone)), struct page, private), 2);
}

static void page_refcount_zero(void)
{
	poke32(AT(page_at(used_page(OWNER_RAW, 0)), struct page, refcount), 0);
}

static void page_refcount_negative(void)
{
	poke32(AT(page_at(used_page(OWNER_SLAB, 0)), struct page, refcount), (uint32_t)-7);
}

/* ---- free lists ---- */

static gva_t free_area_of(unsigned int zone, unsigned int order)
{
	return AT(zone_addr(zone), struct zone, free_area) + order * sizeof(struct free_area);
}

static gva_t typed_list(unsigned int zone, unsigned int order, unsigned int type)
{
	return free_area_of(zone, order) + offsetof(struct free_area, free_list) + type * sizeof(struct list_head);
}

/* The list of an order that has something, of the same type as free_page_head() finds. */
static gva_t free_list(unsigned int zone, unsigned int order)
{
	unsigned int type = 0;
	struct zone z;

	zone_copy(zone, &z);
	while (type < MIGRATE_TYPES - 1 && !(z.avail[type] >> order & 1))
		type++;
	return typed_list(zone, order, type);
}

static void list_prev(void)
{
	unsigned int zone;

	add64(AT(page_at(free_page_head(0, &zone)), struct page, lru.prev), 64);
}

static void list_tail(void)
{
	unsigned int zone;

	free_page_head(0, &zone);
	add64(AT(free_list(zone, 0), struct list_head, prev), 64);
}

/* A cycle that leaves the head out. */
static void list_cycle(void)
{
	for (unsigned int order = 0; order <= MAX_PAGE_ORDER; order++) {
		for (unsigned int type = 0; type < MIGRATE_PCPTYPES; type++) {
			gva_t head = typed_list(NORMAL, order, type), first = peek64(head), second = peek64(first);

			if (first == head || second == head)
				continue;
			poke64(second, first);
			return;
		}
	}
	ck_abort_msg("no free list has two blocks");
}

static void list_nowhere(void)
{
	unsigned int zone;

	poke64(AT(page_at(free_page_head(0, &zone)), struct page, lru.next), 0xdead000000000100);
}

static void list_other_zone(void)
{
	unsigned int zone;
	uint64_t other;

	free_page_head(0, &zone);
	other = zone == ZONE_DMA ? fresh_page(NORMAL) : 0x100;
	poke64(AT(free_list(zone, 0), struct list_head, next), AT(page_at(other), struct page, lru));
}

static void list_wrong_order(void)
{
	unsigned int zone, other = 0;
	uint64_t pfn = free_page_head(3, &zone);
	gva_t node = AT(page_at(pfn), struct page, lru);

	while (other == 3 || !peek64(AT(free_area_of(zone, other), struct free_area, nr_free)))
		ck_assert_uint_lt(++other, NR_PAGE_ORDERS);
	unlink_node(node);
	link_after(node, free_list(zone, other));
	add64(AT(free_area_of(zone, 3), struct free_area, nr_free), -1);
	add64(AT(free_area_of(zone, other), struct free_area, nr_free), 1);
}

static void list_forgotten(void)
{
	unsigned int zone;
	uint64_t pfn = free_page_head(1, &zone);

	unlink_node(AT(page_at(pfn), struct page, lru));
	add64(AT(free_area_of(zone, 1), struct free_area, nr_free), -1);
	add64(AT(zone_addr(zone), struct zone, nr_free), -2);
}

static void count_up(void)
{
	unsigned int zone;

	free_page_head(0, &zone);
	add64(AT(free_area_of(zone, 0), struct free_area, nr_free), 1);
}

static void total_up(void)
{
	add64(AT(zone_addr(NORMAL), struct zone, nr_free), 1);
}

/* Split a free block and put both halves on the list below. */
static void unmerged(void)
{
	unsigned int zone;
	uint64_t pfn = free_page_head(2, &zone), half = pfn + 2;
	uint8_t type = peek8(AT(page_at(pfn), struct page, migratetype));
	struct page p = {.state = PAGE_FREE, .order = 1, .migratetype = type};

	unlink_node(AT(page_at(pfn), struct page, lru));
	poke(page_at(pfn), &p, sizeof(p));
	poke(page_at(half), &p, sizeof(p));
	link_after(AT(page_at(pfn), struct page, lru), typed_list(zone, 1, type));
	link_after(AT(page_at(half), struct page, lru), typed_list(zone, 1, type));
	add64(AT(free_area_of(zone, 2), struct free_area, nr_free), -1);
	add64(AT(free_area_of(zone, 1), struct free_area, nr_free), 2);
}

/* ---- the CPUs' own lists ---- */

static gva_t pcp_addr(unsigned int cpu, unsigned int zone)
{
	return image_root()->pcp.va + (cpu * MAX_NR_ZONES + zone) * sizeof(struct per_cpu_pages);
}

/* A block that was allocated again, and is still on the list that it came from. */
static void pcp_used(void)
{
	poke64(AT(pcp_addr(0, NORMAL), struct per_cpu_pages, lists[0]), page_at(used_page(OWNER_RAW, 0)));
}

static void pcp_count_up(void)
{
	uint32_t count = peek32(AT(pcp_addr(0, NORMAL), struct per_cpu_pages, count));

	poke32(AT(pcp_addr(0, NORMAL), struct per_cpu_pages, count), count + 10);
}

static void pcp_no_batch(void)
{
	poke32(AT(pcp_addr(0, NORMAL), struct per_cpu_pages, batch), 0);
}

static void pcp_other_high(void)
{
	gva_t high = AT(pcp_addr(1, NORMAL), struct per_cpu_pages, high);

	poke32(high, peek32(high) + 7);
}

/* ---- pageblocks, marks, reserves ---- */

static void reserve_off(void)
{
	add64(AT(zone_addr(ZONE_DMA), struct zone, lowmem_reserve[NORMAL]), 1);
}

static void reserve_of_itself(void)
{
	add64(AT(zone_addr(NORMAL), struct zone, lowmem_reserve[NORMAL]), 5);
}

static void marks_too_high(void)
{
	for (unsigned int i = 0; i < NR_WMARK; i++)
		add64(AT(zone_addr(NORMAL), struct zone, watermark) + i * sizeof(uint64_t), 100);
}

static void marks_uneven(void)
{
	add64(AT(zone_addr(NORMAL), struct zone, watermark[WMARK_HIGH]), 1);
}

static void more_than_all(void)
{
	add64(AT(zone_addr(NORMAL), struct zone, nr_free), 1L << 30);
}

static gva_t block_byte(uint64_t pfn)
{
	return image_root()->pageblocks.va + (pfn >> PAGEBLOCK_ORDER);
}

static void block_unknown(void)
{
	poke8(block_byte(fresh_page(NORMAL)), 0x55);
}

static void block_other_type(void)
{
	unsigned int zone;
	gva_t byte = block_byte(free_page_head(1, &zone));

	poke8(byte, PAGEBLOCK_TYPE(peek8(byte)) == MIGRATE_RECLAIMABLE ? PAGEBLOCK_BYTE(MIGRATE_MOVABLE)
								       : PAGEBLOCK_BYTE(MIGRATE_RECLAIMABLE));
}

static void block_count(void)
{
	add64(AT(zone_addr(NORMAL), struct zone, nr_type[MIGRATE_MOVABLE]), -1);
}

static void block_avail(void)
{
	gva_t bits = AT(zone_addr(NORMAL), struct zone, avail[MIGRATE_RECLAIMABLE]);

	poke16(bits, peek16(bits) ^ 1);
}

static void highatomic_count(void)
{
	add64(AT(zone_addr(NORMAL), struct zone, nr_highatomic), PAGEBLOCK_PAGES);
}

static void highatomic_block(void)
{
	poke8(block_byte(fresh_page(NORMAL)), PAGEBLOCK_BYTE(MIGRATE_HIGHATOMIC));
}

static void isolated_count(void)
{
	add64(AT(zone_addr(NORMAL), struct zone, nr_isolated), 1);
}

static void isolated_block(void)
{
	poke8(block_byte(fresh_page(NORMAL)), PAGEBLOCK_ISOLATED);
}

#define LISTS "pageblock.avail pageblock.count buddy.complete buddy.linked buddy.entry buddy.count"
const struct sabotage page_sabotage[] = {
	{"root.valid", "magic overwritten", root_magic, ""},
	{"lock.sane", "count left odd", lock_left_odd, ""},
	{"lock.sane", "held by a CPU that does not exist", lock_of_no_cpu, ""},
	{"memblock.sorted", "empty range", memblock_empty_range, ""},
	{"memblock.sorted", "count out of bounds", memblock_count, ""},
	{"memblock.sorted", "two ranges swapped", memblock_order,
	 "zone.managed zone.fresh zone.balance page.reserved page.one_state page.inside page.kind page.overlap "
	 "pgtable.table "
	 "map.vmemmap buddy.merged page.fresh page.tails slab.page"},
	{"memblock.ram", "range without memory", memblock_no_ram, "zone.span zone.present"},
	{"zone.span", "one page too long", zone_span, ""},
	{"zone.span", "starts one page late", zone_start, ""},
	{"zone.present", "one page missing", zone_present, ""},
	{"zone.managed", "one page too many", zone_managed, "zone.balance zone.lowmem_reserve zone.min_free"},
	{"zone.fresh", "a range twice", zone_fresh_twice, "buddy.total"},
	{"zone.fresh", "absurd count", zone_fresh_many, "buddy.total"},
	{"zone.watermarks", "min above low", zone_marks, "zone.min_free"},
	{"zone.balance", "a used block forgotten", page_lost_block, "page.one_state"},
	{"page.mapped", "hole in the memory map", page_unmapped, ""},
	{"page.one_state", "a used page forgotten", page_lost, "zone.balance"},
	{"page.reserved", "reference on a reserved page", page_reserved, ""},
	{"page.fresh", "flag on a fresh page", page_fresh, ""},
	{"page.kind", "unknown owner", page_owner, "zone.balance page.one_state"},
	{"page.kind", "unknown state", page_state, "zone.balance page.one_state"},
	{"page.kind", "order out of range", page_order, "zone.balance page.one_state"},
	{"page.aligned", "block at an odd page", page_misaligned, ""},
	{"page.inside", "block into the hole", page_into_hole, "zone.balance buddy.entry page.aligned pageblock.count"},
	{"page.overlap", "used head inside a used block", page_head_inside, ""},
	{"page.overlap", "free head inside a free block", page_free_overlap, ""},
	{"page.tails", "reference on a tail of a used block", page_tail, ""},
	{"page.tails", "mapping on a tail of a free block", page_tail_of_free, ""},
	{"page.free_clean", "reference on a free page", page_free_refcount, ""},
	{"page.free_clean", "private word on a free page", page_free_private, ""},
	{"page.refcount", "no reference on a used page", page_refcount_zero, ""},
	{"page.refcount", "negative count on a slab", page_refcount_negative, ""},
	{"buddy.linked", "prev off by one entry", list_prev, LISTS},
	{"buddy.linked", "head's prev off by one entry", list_tail, ""},
	{"buddy.linked", "cycle", list_cycle, LISTS},
	{"buddy.entry", "link to nowhere", list_nowhere, LISTS},
	{"buddy.entry", "link into another zone", list_other_zone, LISTS},
	{"buddy.entry", "block on the list of another order", list_wrong_order, "buddy.total pageblock.avail"},
	{"buddy.complete", "free block on no list", list_forgotten, "pageblock.avail"},
	{"pcp.entry", "an allocated block on a CPU's list", pcp_used, "pcp.count"},
	{"pcp.count", "a CPU's count too high", pcp_count_up, ""},
	{"buddy.count", "nr_free of an order too high", count_up, "buddy.total"},
	{"buddy.total", "nr_free of a zone too high", total_up, ""},
	{"buddy.merged", "two free buddies", unmerged, "pageblock.avail"},
	{"pcp.bounds", "no batch", pcp_no_batch, ""},
	{"pcp.bounds", "another high mark on one CPU", pcp_other_high, ""},
	{"zone.lowmem_reserve", "a page too many", reserve_off, ""},
	{"zone.lowmem_reserve", "a reserve against itself", reserve_of_itself, ""},
	{"zone.min_free", "marks of one zone too high", marks_too_high, ""},
	{"zone.min_free", "high farther than low", marks_uneven, ""},
	{"zone.watermarks", "more free than managed", more_than_all, "buddy.total"},
	{"pageblock.kind", "a type that no pageblock has", block_unknown, ""},
	{"pageblock.free", "type changed under free blocks", block_other_type, ""},
	{"pageblock.count", "a page too few", block_count, ""},
	{"pageblock.avail", "a bit flipped", block_avail, ""},
	{"pageblock.highatomic", "more pages than blocks", highatomic_count, ""},
	{"pageblock.highatomic", "a block that nobody counted", highatomic_block, ""},
	{"pageblock.isolated", "more than there are", isolated_count, ""},
	{"pageblock.isolated", "a block that nobody counted", isolated_block, ""},
};
const unsigned int nr_page_sabotage = sizeof(page_sabotage) / sizeof(page_sabotage[0]);
