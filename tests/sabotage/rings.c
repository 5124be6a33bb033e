// SPDX-License-Identifier: MIT
/*
 * rings.c - damage to rings of descriptors, to the accounts of blocks, and to memory that nobody has used or that was cleared.
 *
 * The image has a disk with a request in flight (the interrupt that would end it never comes), and a channel of the DMA engine.
 */
#include <string.h>

#include "shared/devices.h"
#include "shared/virtio.h"
#include "tests/sabotage/image.h"

/* ---- rings ---- */

static gva_t ring_of(uint32_t kind, struct mm_ring *ring)
{
	gva_t head = view_root_addr(image_view()) + offsetof(struct mm_root, rings);

	for (gva_t at = peek64(head); at != head; at = peek64(at)) {
		peek(at - offsetof(struct mm_ring, node), ring, sizeof(*ring));
		if (ring->kind == kind)
			return at - offsetof(struct mm_ring, node);
	}
	ck_abort_msg("no ring of kind %u", kind);
	return 0;
}

/* A descriptor in use that another one follows. */
static gva_t chained(struct mm_ring *ring)
{
	bool free[VIRTQ_MAX] = {false};
	uint32_t at_free;

	ring_of(RING_VIRTQ, ring);
	/* Free ones still say what they said when they were in use. */
	at_free = ring->first;
	for (uint32_t n = 0; n < ring->nr && at_free < VIRTQ_MAX; n++) {
		free[at_free] = true;
		at_free = peek16(AT(ring->desc.va + at_free * sizeof(struct virtq_desc), struct virtq_desc, next));
	}
	for (uint32_t n = 0; n < ring->size; n++) {
		gva_t at = ring->desc.va + n * sizeof(struct virtq_desc);

		if (!free[n] && peek16(AT(at, struct virtq_desc, flags)) & VIRTQ_DESC_F_NEXT)
			return at;
	}
	ck_abort_msg("no request in flight");
	return 0;
}

static void ring_prev(void)
{
	struct mm_ring ring;

	add64(AT(ring_of(RING_VIRTQ, &ring), struct mm_ring, node.prev), 8);
}

static void ring_lost(void)
{
	poke64(view_root_addr(image_view()) + offsetof(struct mm_root, rings), 0xffff777700000000);
}

static void ring_counts_more(void)
{
	struct mm_ring ring;
	gva_t at = ring_of(RING_VIRTQ, &ring);

	poke32(AT(at, struct mm_ring, nr), ring.nr + 100);
}

static void ring_free_circle(void)
{
	struct mm_ring ring;

	ring_of(RING_VIRTQ, &ring);
	poke16(AT(ring.desc.va + ring.first * sizeof(struct virtq_desc), struct virtq_desc, next),
	       (uint16_t)ring.first);
}

static void ring_free_wild(void)
{
	struct mm_ring ring;

	poke32(AT(ring_of(RING_VIRTQ, &ring), struct mm_ring, first), 0xfffff);
}

static void ring_engine_index(void)
{
	struct mm_ring ring;
	gva_t at = ring_of(RING_ENGINE, &ring);

	poke32(AT(at, struct mm_ring, first), ring.size);
}

static void chain_into_free(void)
{
	struct mm_ring ring;
	gva_t at = chained(&ring);

	poke16(AT(at, struct virtq_desc, next), (uint16_t)ring.first);
}

static void chain_circle(void)
{
	struct mm_ring ring;
	gva_t at = chained(&ring);

	poke16(AT(at, struct virtq_desc, next), (uint16_t)((at - ring.desc.va) / sizeof(struct virtq_desc)));
}

/* The buffer of a request is freed while the device may still write to it. */
static void buffer_freed(void)
{
	struct mm_ring ring;
	unsigned int zone;

	poke64(AT(chained(&ring), struct virtq_desc, addr), free_page_head(0, &zone) << MMV_PAGE_SHIFT);
}

static void buffer_nowhere(void)
{
	struct mm_ring ring;

	poke64(AT(chained(&ring), struct virtq_desc, addr), 1UL << 45);
}

static void buffer_too_long(void)
{
	struct mm_ring ring;

	poke32(AT(chained(&ring), struct virtq_desc, len), 64U << 20);
}

static void engine_writes_free(void)
{
	struct dma_desc desc = {.op = DMA_FILL, .len = 64, .status = DMA_PENDING};
	struct mm_ring ring;
	gva_t at = ring_of(RING_ENGINE, &ring);
	unsigned int zone;

	desc.dst = free_page_head(0, &zone) << MMV_PAGE_SHIFT;
	poke(ring.desc.va + ring.first * sizeof(desc), &desc, sizeof(desc));
	poke32(AT(at, struct mm_ring, nr), 1);
}

/* ---- accounts, and memory that is zero ---- */

static void flow_allocs(void)
{
	add64(AT(zone_addr(ZONE_NORMAL), struct zone, nr_allocs), 1);
}

static void flow_frees(void)
{
	add64(AT(zone_addr(ZONE_DMA), struct zone, nr_frees), -3);
}

static void fresh_written(void)
{
	poke8(DIRECT_MAP + (fresh_page(ZONE_DMA32) << MMV_PAGE_SHIFT) + 77, 1);
}

static void zeroed_written(void)
{
	struct zone z;
	struct page p;

	zone_copy(ZONE_NORMAL, &z);
	for (uint64_t pfn = z.start_pfn; pfn < z.start_pfn + z.spanned_pages; pfn++) {
		if (view_page(image_view(), pfn, &p) || p.state != PAGE_FREE || !(p.flags & PG_ZEROED))
			continue;
		poke64(DIRECT_MAP + (pfn << MMV_PAGE_SHIFT) + 4088, 0xdead);
		return;
	}
	ck_abort_msg("no free block that nobody has used");
}

/* A cache whose free objects are all zero, as if it had been made with init_on_free=1; then a byte of one is written. */
static void freed_object_written(void)
{
	gva_t cache = cache_named("rich-empty"), obj;
	struct kmem_cache s;

	peek(cache, &s, sizeof(s));
	for (gva_t at = s.empty.next.va; at != cache + offsetof(struct kmem_cache, empty); at = peek64(at)) {
		gva_t slab = at - offsetof(struct slab, slab_list);

		for (obj = peek64(AT(slab, struct slab, freelist)); obj; obj = peek64(obj + s.offset))
			for (uint32_t i = 0; i < s.object_size; i++)
				if (i < s.offset || i >= s.offset + 8)
					poke8(obj + i, 0);
	}
	poke32(AT(cache, struct kmem_cache, init), SLAB_INIT_FREE);
	obj = peek64(AT(s.empty.next.va - offsetof(struct slab, slab_list), struct slab, freelist));
	poke8(obj + s.object_size - 1, 0x41);
}

const struct sabotage ring_sabotage[] = {
	{"ring.linked", "prev off", ring_prev, ""},
	{"ring.linked", "link to nowhere", ring_lost, ""},
	{"ring.free", "more than there are", ring_counts_more, ""},
	{"ring.free", "circle", ring_free_circle, ""},
	{"ring.free", "first out of the ring", ring_free_wild, ""},
	{"ring.free", "the engine's index out of its ring", ring_engine_index, ""},
	{"ring.chain", "into a free descriptor", chain_into_free, ""},
	{"ring.chain", "circle", chain_circle, ""},
	{"ring.buffer", "a request's memory is free", buffer_freed, ""},
	{"ring.buffer", "a request's memory does not exist", buffer_nowhere, ""},
	{"ring.buffer", "beyond what was allocated", buffer_too_long, ""},
	{"ring.buffer", "the engine fills free memory", engine_writes_free, ""},
	{"zone.flow", "a block handed out that nobody has", flow_allocs, ""},
	{"zone.flow", "blocks given back that were not", flow_frees, ""},
	{"page.zeroed", "a fresh page written", fresh_written, ""},
	{"page.zeroed", "a page of a block that nobody has used written", zeroed_written, ""},
	{"slab.init_free", "a free object written", freed_object_written, ""},
};
const unsigned int nr_ring_sabotage = sizeof(ring_sabotage) / sizeof(ring_sabotage[0]);
