// SPDX-License-Identifier: MIT
/*
 * devices.c - damage to devices' memory: buffers, pools, bounce buffers, and the record of mappings.
 *
 * The image is the release kernel's, which keeps no record of mappings: one is made up, right in every respect, and then
 * damaged.
 */
#include <string.h>

#include "tests/sabotage/image.h"

static gva_t dma(void)
{
	return image_root()->dma.va;
}

static gva_t device(void)
{
	return peek64(AT(dma(), struct dma_root, devices)) - offsetof(struct device, node);
}

static gva_t pool(void)
{
	gva_t head = AT(device(), struct device, dma_pools);
	gva_t node = peek64(head);

	ck_assert_uint_ne(node, head);
	return node - offsetof(struct dma_pool, node);
}

/* A page of the pool that has both free blocks and used ones. */
static gva_t pool_page(struct dma_page *page)
{
	gva_t at = peek64(AT(pool(), struct dma_pool, avail)) - offsetof(struct dma_page, node);

	peek(at, page, sizeof(*page));
	ck_assert_uint_ne(page->in_use, 0);
	return at;
}

/* The first slot of the mapping that is bounced: it has several. */
static gva_t slot(struct io_tlb_slot *copy)
{
	gva_t at = peek64(AT(dma(), struct dma_root, io_tlb.slots));

	for (;; at += sizeof(*copy)) {
		peek(at, copy, sizeof(*copy));
		if (copy->nr > 2)
			return at;
	}
}

static gva_t area(void)
{
	return peek64(AT(dma(), struct dma_root, io_tlb.areas));
}

/* ---- devices and buffers ---- */

static void devices_prev(void)
{
	add64(AT(device(), struct device, node.prev), 16);
}

static void devices_nowhere(void)
{
	poke64(AT(dma(), struct dma_root, devices.next), 0xdead000000000100);
}

static void buffer_of_nobody(void)
{
	poke64(AT(view_page_addr(used_page(OWNER_DMA, 2)), struct page, private), 0x1234);
}

static void buffer_too_long(void)
{
	poke64(AT(view_page_addr(used_page(OWNER_DMA, 2)), struct page, index), 5 * MMV_PAGE_SIZE);
}

static void mask_shrinks(void)
{
	poke64(AT(device(), struct device, coherent_dma_mask), 0xffff);
}

static void coherent_count(void)
{
	add64(AT(dma(), struct dma_root, nr_coherent), 1);
}

/* ---- pools ---- */

static void pool_active(void)
{
	add64(AT(pool(), struct dma_pool, nr_active), 1);
}

static void pool_pages(void)
{
	add64(AT(pool(), struct dma_pool, nr_pages), -1);
}

static void pool_link(void)
{
	struct dma_page page;

	add64(AT(pool_page(&page), struct dma_page, node.prev), 8);
}

static void pool_page_elsewhere(void)
{
	struct dma_page page;

	add64(AT(pool_page(&page), struct dma_page, dma), MMV_PAGE_SIZE);
}

static void pool_size(void)
{
	poke32(AT(pool(), struct dma_pool, size), 0);
}

static void chain_cycle(void)
{
	struct dma_page page;

	pool_page(&page);
	poke32(page.vaddr.va + page.first, page.first);
}

static void chain_odd(void)
{
	struct dma_page page;

	pool_page(&page);
	poke32(page.vaddr.va + page.first, page.first + 8);
}

static void chain_short(void)
{
	struct dma_page page;

	pool_page(&page);
	poke32(page.vaddr.va + page.first, MMV_PAGE_SIZE);
}

/* A block is used while it is in the chain. */
static void chain_inuse(void)
{
	struct dma_page page;
	gva_t at = pool_page(&page);

	poke32(AT(at, struct dma_page, in_use), page.in_use + 1);
	add64(AT(pool(), struct dma_pool, nr_active), 1);
}

/* ---- bounce buffers ---- */

static void bounce_size(void)
{
	add64(AT(dma(), struct dma_root, io_tlb.end), MMV_PAGE_SIZE);
}

static void bounce_in_ram_of_others(void)
{
	int64_t size = (int64_t)(peek64(AT(dma(), struct dma_root, io_tlb.end)) -
				 peek64(AT(dma(), struct dma_root, io_tlb.start)));

	add64(AT(dma(), struct dma_root, io_tlb.start), -size - (4 << 20));
	add64(AT(dma(), struct dma_root, io_tlb.end), -size - (4 << 20));
}

static void area_used(void)
{
	add64(AT(area(), struct io_tlb_area, used), 1);
}

static void bit_cleared(void)
{
	struct io_tlb_slot s;
	uint64_t n = (slot(&s) - peek64(AT(dma(), struct dma_root, io_tlb.slots))) / sizeof(s);
	gva_t word = peek64(AT(dma(), struct dma_root, io_tlb.bitmap)) + n / 64 * 8;

	poke64(word, peek64(word) & ~(1UL << n % 64));
}

static void slot_lost(void)
{
	struct io_tlb_slot s;

	poke64(AT(slot(&s) + sizeof(s), struct io_tlb_slot, orig), 0);
}

static void slot_of_two(void)
{
	struct io_tlb_slot s;
	gva_t at = slot(&s) + sizeof(s);

	poke32(AT(at, struct io_tlb_slot, first), s.first + 1);
	poke16(AT(at, struct io_tlb_slot, nr), 2);
}

static void slot_orig(void)
{
	struct io_tlb_slot s;

	add64(AT(slot(&s) + sizeof(s), struct io_tlb_slot, orig), 64);
}

static void slot_beyond(void)
{
	poke64(AT(device(), struct device, own_dma_mask), 0xffff);
}

static void slot_of_free_memory(void)
{
	unsigned int zone;
	struct io_tlb_slot s;
	gva_t at = slot(&s);
	uint64_t orig = free_page_head(3, &zone) << MMV_PAGE_SHIFT;

	for (unsigned int i = 0; i < s.nr; i++)
		poke64(AT(at + i * sizeof(s), struct io_tlb_slot, orig), orig + i * IO_TLB_SIZE);
}

/* ---- mappings ---- */

/* A record of two mappings, both of memory of a block that nobody else says anything about. Return: its entries. */
static gva_t make_table(struct dma_debug_entry *e)
{
	uint64_t pfn = used_page(OWNER_RAW, 3);
	gpa_t memory = (used_page(OWNER_DMA, 2)) << MMV_PAGE_SHIFT;
	gva_t table = DIRECT_MAP + (pfn << MMV_PAGE_SHIFT);
	static const uint8_t zeros[3 * sizeof(*e)];

	poke(table, zeros, sizeof(zeros));
	for (unsigned int i = 0; i < 2; i++) {
		memset(&e[i], 0, sizeof(e[i]));
		e[i].dev.va = device();
		e[i].addr = e[i].phys = memory + i * 1024;
		e[i].size = 512;
		e[i].type = DMA_DEBUG_SINGLE;
		e[i].dir = 2;
		e[i].checked = 1;
		poke(table + (i + 1) * sizeof(*e), &e[i], sizeof(e[i]));
	}
	poke32(AT(dma(), struct dma_root, debug.nr), 64);
	poke32(AT(dma(), struct dma_root, debug.fresh), 3);
	poke32(AT(dma(), struct dma_root, debug.used), 2);
	poke64(AT(dma(), struct dma_root, debug.entries), table);
	return table + sizeof(*e);
}

static void mapping_beyond(void)
{
	struct dma_debug_entry e[2];

	poke64(AT(make_table(e), struct dma_debug_entry, addr), 1UL << 24);
}

static void mapping_of_nobody(void)
{
	struct dma_debug_entry e[2];

	add64(AT(make_table(e), struct dma_debug_entry, dev), 64);
}

static void mapping_direction(void)
{
	struct dma_debug_entry e[2];

	poke8(AT(make_table(e), struct dma_debug_entry, dir), 3);
}

static void mapping_of_free_memory(void)
{
	struct dma_debug_entry e[2];
	unsigned int zone;

	poke64(AT(make_table(e), struct dma_debug_entry, phys), free_page_head(3, &zone) << MMV_PAGE_SHIFT);
}

static void mappings_overlap(void)
{
	struct dma_debug_entry e[2];
	gva_t table = make_table(e);

	poke64(AT(table, struct dma_debug_entry, phys), e[1].phys - 100);
}

static void unasked(void)
{
	struct dma_debug_entry e[2];

	poke8(AT(make_table(e), struct dma_debug_entry, checked), 0);
}

static void table_used(void)
{
	struct dma_debug_entry e[2];

	make_table(e);
	poke32(AT(dma(), struct dma_root, debug.used), 3);
}

/* The first mapping is a piece of a list, of a device that says what pieces it takes. */
static void piece_for(uint32_t longest, uint64_t boundary)
{
	struct dma_debug_entry e[2];
	struct device_dma_parameters says = {.max_segment_size = longest, .segment_boundary_mask = boundary};
	gva_t own = AT(device(), struct device, own_dma_parms);

	poke8(AT(make_table(e), struct dma_debug_entry, type), DMA_DEBUG_SG);
	poke(own, &says, sizeof(says));
	poke64(AT(device(), struct device, dma_parms), own);
}

static void piece_too_long(void)
{
	piece_for(511, UINT32_MAX);
}

static void piece_across(void)
{
	piece_for(4096, 255);
}

#define NO_DEVICES "dma.owner dma.slot dma.mapping"
const struct sabotage device_sabotage[] = {
	{"dma.devices", "prev off", devices_prev, NO_DEVICES},
	{"dma.devices", "link to nowhere", devices_nowhere, NO_DEVICES},
	{"dma.owner", "buffer of nobody", buffer_of_nobody, ""},
	{"dma.owner", "buffer longer than its block", buffer_too_long, ""},
	{"dma.coherent", "mask below its buffers", mask_shrinks, ""},
	{"dma.count", "nr_coherent", coherent_count, ""},
	{"dma.pool", "nr_active", pool_active, ""},
	{"dma.pool", "nr_pages", pool_pages, ""},
	{"dma.pool", "prev off", pool_link, ""},
	{"dma.pool", "page elsewhere for the device", pool_page_elsewhere, ""},
	{"dma.pool", "blocks of no size", pool_size, ""},
	{"dma.pool.chain", "cycle", chain_cycle, ""},
	{"dma.pool.chain", "link into a block", chain_odd, ""},
	{"dma.pool.chain", "cut short", chain_short, ""},
	{"dma.pool.chain", "block in use and free", chain_inuse, ""},
	{"dma.bounce", "end off", bounce_size, ""},
	{"dma.bounce", "over memory of others", bounce_in_ram_of_others, ""},
	{"dma.slots", "used", area_used, ""},
	{"dma.slots", "slot in use without its bit", bit_cleared, ""},
	{"dma.slots", "slot of a mapping free", slot_lost, "dma.slot"},
	{"dma.slot", "slot of two mappings", slot_of_two, ""},
	{"dma.slot", "slot for another place", slot_orig, ""},
	{"dma.slot", "beyond its device", slot_beyond, ""},
	{"dma.mapped", "bounced memory is free", slot_of_free_memory, ""},
	{"dma.mapping", "beyond its device", mapping_beyond, ""},
	{"dma.mapping", "of nobody", mapping_of_nobody, ""},
	{"dma.mapping", "no such direction", mapping_direction, ""},
	{"dma.mapped", "memory is free", mapping_of_free_memory, ""},
	{"dma.overlap", "two that are written", mappings_overlap, ""},
	{"dma.table", "used", table_used, ""},
	{"dma.checked", "a mapping whose driver never asked", unasked, ""},
	{"dma.segment", "longer than its device takes", piece_too_long, ""},
	{"dma.segment", "across its device's boundary", piece_across, ""},
};
const unsigned int nr_device_sabotage = sizeof(device_sabotage) / sizeof(device_sabotage[0]);
