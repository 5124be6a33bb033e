// SPDX-License-Identifier: MIT
/*
 * check_dma.c - memory of devices: within reach, allocated, accounted once.
 *
 * What is walked: the list of devices, each device's pools and their pages, the slots of the bounce pool, the debug kernel's
 * table of mappings. Every walk is bounded by what the structure says of itself or by a constant, whichever is smaller.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/view/check_impl.h"

#define MAX_DEVICES 4096
#define MAX_POOLS 4096
#define MAX_POOL_PAGES (1UL << 20)
#define MAX_SLOTS (1UL << 22)
#define MAX_ENTRIES (1U << 21)

struct dma_check {
	struct check_ctx *c;
	struct dma_root root;
	gva_t root_addr;
	struct vec devices; /* addresses, sorted */
	bool flux;          /* the list of devices is being changed */
};

static uint64_t lowest(uint64_t a, uint64_t b)
{
	if (!a || !b)
		return a | b;
	return a < b ? a : b;
}

/* The last address that the device reaches: for transfers, or for memory that it keeps. 0: any. */
static uint64_t reach(const struct view *v, const struct device *dev, bool coherent)
{
	unsigned long long mask = dev->coherent_dma_mask;

	if (!coherent && view_read(v, dev->dma_mask.va, &mask, sizeof(mask)))
		return 0;
	return lowest(mask, dev->bus_dma_limit);
}

static bool beyond(uint64_t limit, uint64_t addr, uint64_t size)
{
	uint64_t last = addr + size - 1;

	return last < addr || (limit && last > limit);
}

/* Walk a list of at most @max nodes. @node: 0 to begin; Return: the next node, 0 at the end or where it breaks (a fault). */
static gva_t next_node(struct dma_check *d, enum rule rule, gva_t head, gva_t node, const char *what)
{
	struct list_head at, next;
	gva_t from = node ? node : head;
	struct check_fault *f;

	if (view_read(d->c->v, from, &at, sizeof(at)) || view_read(d->c->v, at.next.va, &next, sizeof(next))) {
		f = check_fault(d->c, rule, CHECK_NO_PFN, from, "%s", what);
		check_got(f, "link to %#lx, which is nowhere", at.next.va);
		check_want(f, "a node");
		return 0;
	}
	if (next.prev.va != from) {
		f = check_fault(d->c, rule, CHECK_NO_PFN, at.next.va, "%s", what);
		check_got(f, "prev %#lx", next.prev.va);
		check_want(f, "%#lx", from);
		return 0;
	}
	return at.next.va == head ? 0 : at.next.va;
}

/* ---- devices and what they keep ---- */

static void walk_devices(struct dma_check *d)
{
	gva_t head = d->root_addr + offsetof(struct dma_root, devices), node = 0;

	check_ran(d->c, R_DMA_DEVICES);
	while ((node = next_node(d, R_DMA_DEVICES, head, node, "list of devices")) && d->devices.nr < MAX_DEVICES)
		vec_add(&d->devices, node - offsetof(struct device, node));
	vec_sort(&d->devices);
}

static bool known_device(const struct dma_check *d, gva_t dev, struct device *copy)
{
	return vec_find(&d->devices, dev) >= 0 && !view_read(d->c->v, dev, copy, sizeof(*copy));
}

/* Every block with OWNER_DMA: a device's, and within its reach. */
static void check_buffers(struct dma_check *d)
{
	struct check_ctx *c = d->c;
	struct check_fault *f;

	check_ran(c, R_DMA_OWNER);
	check_ran(c, R_DMA_COHERENT);
	for (size_t i = 0; i < c->dma_heads.nr; i++) {
		uint64_t pfn = c->dma_heads.at[i];
		struct device dev;
		struct page p;

		if (view_page(c->v, pfn, &p))
			continue;
		if (!known_device(d, p.private, &dev) || !p.index || p.index > MMV_PAGE_SIZE << p.order) {
			if (c->busy) { /* allocated, and not signed for yet */
				check_flux(c, R_DMA_OWNER, R_DMA_OWNER);
				continue;
			}
			f = check_fault(c, R_DMA_OWNER, pfn, view_page_addr(pfn), "device memory of order %u", p.order);
			check_got(f, "device %#lx, %lu bytes", p.private, p.index);
			check_want(f, "a device on the list, and bytes that fit");
			continue;
		}
		if (!beyond(reach(c->v, &dev, true), pfn << MMV_PAGE_SHIFT, p.index))
			continue;
		f = check_fault(c, R_DMA_COHERENT, pfn, view_page_addr(pfn), "buffer of device %.23s", dev.name);
		check_got(f, "%#lx and %lu bytes", pfn << MMV_PAGE_SHIFT, p.index);
		check_want(f, "nothing above %#lx", reach(c->v, &dev, true));
	}
	check_ran(c, R_DMA_COUNT);
	if (c->busy || c->any_flux) {
		check_flux(c, R_DMA_COUNT, R_DMA_COUNT);
	} else if (d->root.nr_coherent != c->dma_heads.nr) {
		f = check_fault(c, R_DMA_COUNT, CHECK_NO_PFN, d->root_addr, "blocks of device memory");
		check_got(f, "nr_coherent %lu", d->root.nr_coherent);
		check_want(f, "%zu, as the memory map has", c->dma_heads.nr);
	}
}

/* ---- pools ---- */

/* The free chain of one page: at starts of blocks, none twice, as many as are not in use. */
static void check_chain(struct dma_check *d, const struct dma_pool *pool, const struct dma_page *page, gva_t addr)
{
	uint64_t want = pool->blocks_per_page - page->in_use, n = 0;
	uint32_t at = page->first, got;
	uint8_t *seen = calloc(1, pool->allocation / 8 + 1);
	struct check_fault *f;

	for (; seen && at < pool->allocation && n <= want; n++) {
		bool bad = at % pool->boundary % pool->size || at % pool->boundary + pool->size > pool->boundary ||
			   seen[at / 8] & 1 << at % 8;

		if (bad || view_read(d->c->v, page->vaddr.va + at, &got, sizeof(got)))
			break;
		seen[at / 8] = (uint8_t)(seen[at / 8] | 1 << at % 8);
		at = got;
	}
	free(seen);
	if (n == want && at >= pool->allocation && page->in_use <= pool->blocks_per_page)
		return;
	f = check_fault(d->c, R_DMA_POOL_CHAIN, CHECK_NO_PFN, addr, "page of pool %.31s", pool->name);
	check_got(f, "%lu free blocks, then offset %u; %u in use", n, at, page->in_use);
	check_want(f, "%lu of %lu blocks, then the end", want, pool->blocks_per_page);
}

static void check_pool_page(struct dma_check *d, const struct dma_pool *pool, gva_t pool_addr, gva_t addr,
			    struct dma_page *page)
{
	struct check_fault *f;
	struct page p;
	gpa_t gpa;

	if (view_translate(d->c->v, view_cr3(d->c->v), page->vaddr.va, &gpa, NULL, NULL) || gpa != page->dma ||
	    page->pool.va != pool_addr ||
	    (frame_state(d->c, gpa >> MMV_PAGE_SHIFT, &p) != PAGE_USED &&
	     !page_reserved(d->c, gpa >> MMV_PAGE_SHIFT))) {
		f = check_fault(d->c, R_DMA_POOL, CHECK_NO_PFN, addr, "page of pool %.31s", pool->name);
		check_got(f, "memory at %#lx for the CPU, %#lx for the device, of pool %#lx", page->vaddr.va, page->dma,
			  page->pool.va);
		check_want(f, "one allocated block, and this pool");
		return;
	}
	check_chain(d, pool, page, addr);
}

static void check_pool(struct dma_check *d, gva_t addr)
{
	size_t lists[] = {offsetof(struct dma_pool, avail), offsetof(struct dma_pool, full)};
	uint64_t pages = 0, active = 0;
	struct check_fault *f;
	struct dma_pool pool;
	struct dma_page page;

	if (view_read(d->c->v, addr, &pool, sizeof(pool)))
		return;
	if (!check_lock(d->c, &pool.lock, addr, "a DMA pool")) {
		check_flux(d->c, R_DMA_POOL, R_DMA_POOL_CHAIN);
		return;
	}
	if (!pool.size || !pool.boundary || pool.allocation > 64UL << 20 || pool.size > pool.allocation) {
		f = check_fault(d->c, R_DMA_POOL, CHECK_NO_PFN, addr, "pool %.31s", pool.name);
		check_got(f, "blocks of %u in %u, boundary %u", pool.size, pool.allocation, pool.boundary);
		check_want(f, "sizes that fit together");
		return;
	}
	for (unsigned int i = 0; i < 2; i++) {
		gva_t node = 0;

		while (pages < MAX_POOL_PAGES &&
		       (node = next_node(d, R_DMA_POOL, addr + lists[i], node, "pages of a pool"))) {
			gva_t at = node - offsetof(struct dma_page, node);

			pages++;
			if (view_read(d->c->v, at, &page, sizeof(page)))
				break;
			active += page.in_use;
			check_pool_page(d, &pool, addr, at, &page);
		}
	}
	if (pages == pool.nr_pages && active == pool.nr_active)
		return;
	f = check_fault(d->c, R_DMA_POOL, CHECK_NO_PFN, addr, "pool %.31s", pool.name);
	check_got(f, "nr_pages %lu, nr_active %lu", pool.nr_pages, pool.nr_active);
	check_want(f, "%lu, %lu", pages, active);
}

static void check_pools(struct dma_check *d)
{
	check_ran_all(d->c, R_DMA_POOL, R_DMA_POOL_CHAIN);
	for (size_t i = 0; i < d->devices.nr; i++) {
		gva_t head = d->devices.at[i] + offsetof(struct device, dma_pools), node = 0;
		unsigned int n = 0;

		while (n++ < MAX_POOLS && (node = next_node(d, R_DMA_POOL, head, node, "pools of a device")))
			check_pool(d, node - offsetof(struct dma_pool, node));
	}
}

/* ---- bounce buffers ---- */

static void slot_fault(struct dma_check *d, enum rule rule, uint64_t slot, const char *got, const char *want)
{
	struct check_fault *f =
		check_fault(d->c, rule, CHECK_NO_PFN, d->root.io_tlb.slots.va + slot * sizeof(struct io_tlb_slot),
			    "bounce slot %lu", slot);

	check_got(f, "%s", got);
	check_want(f, "%s", want);
}

/* The slots of the mapping that begins at @first say so, all of them. */
static void check_bounce(struct dma_check *d, const struct io_tlb_slot *slots, uint64_t first, uint64_t end)
{
	const struct io_tlb_slot *s = &slots[first];
	struct device dev;
	struct page p;

	if (first % IO_TLB_SEGSIZE + s->nr > IO_TLB_SEGSIZE || first + s->nr > end) {
		slot_fault(d, R_DMA_SLOT, first, "a mapping that leaves its segment", "one inside");
		return;
	}
	for (unsigned int i = 0; i < s->nr; i++)
		if (slots[first + i].first != first || !slots[first + i].orig || (i && slots[first + i].nr) ||
		    slots[first + i].orig != s->orig + i * IO_TLB_SIZE ||
		    slots[first + i].left != s->left - i * IO_TLB_SIZE)
			slot_fault(d, R_DMA_SLOT, first + i, "it does not continue its mapping",
				   "one mapping to a slot");
	if (!known_device(d, s->dev.va, &dev)) {
		if (!d->flux)
			slot_fault(d, R_DMA_SLOT, first, "of no device", "a device on the list");
		return;
	}
	if (beyond(reach(d->c->v, &dev, false), d->root.io_tlb.start + first * IO_TLB_SIZE + s->offset,
		   s->left - s->offset))
		slot_fault(d, R_DMA_SLOT, first, "beyond its device's reach", "within it");
	if (!d->c->busy && !page_reserved(d->c, s->orig >> MMV_PAGE_SHIFT) &&
	    frame_state(d->c, s->orig >> MMV_PAGE_SHIFT, &p) != PAGE_USED)
		slot_fault(d, R_DMA_MAPPED, first, "it stands for memory that is not allocated", "allocated memory");
}

static void check_area(struct dma_check *d, unsigned int n, const struct io_tlb_slot *slots, const uint8_t *bits)
{
	const struct io_tlb_mem *m = &d->root.io_tlb;
	gva_t addr = m->areas.va + n * sizeof(struct io_tlb_area);
	uint64_t from = n * m->area_nslabs, end = from + m->area_nslabs, set = 0, used = 0;
	struct io_tlb_area area;
	struct check_fault *f;

	if (view_read(d->c->v, addr, &area, sizeof(area)))
		return;
	if (!check_lock(d->c, &area.lock, addr, "an area of bounce buffers")) {
		check_flux(d->c, R_DMA_SLOTS, R_DMA_SLOT);
		return;
	}
	for (uint64_t i = from; i < end; i++) {
		bool bit = bits[i / 8] >> i % 8 & 1;

		set += bit;
		used += slots[i].orig != 0;
		if (bit != (slots[i].orig != 0))
			slot_fault(d, R_DMA_SLOTS, i, bit ? "in use, for nothing" : "free, for something",
				   "both or none");
		if (slots[i].orig && slots[i].first == i)
			check_bounce(d, slots, i, end);
		else if (slots[i].orig && (slots[i].first > i || slots[i].first < from ||
					   i - slots[i].first >= slots[slots[i].first].nr))
			slot_fault(d, R_DMA_SLOT, i, "of a mapping that does not reach it", "of one that does");
	}
	if (set == area.used && used == area.used)
		return;
	f = check_fault(d->c, R_DMA_SLOTS, CHECK_NO_PFN, addr, "area %u of bounce buffers", n);
	check_got(f, "used %lu", area.used);
	check_want(f, "%lu bits, %lu slots in use", set, used);
}

static void check_slots(struct dma_check *d)
{
	const struct io_tlb_mem *m = &d->root.io_tlb;
	struct io_tlb_slot *slots;
	struct check_fault *f;
	uint8_t *bits;

	if (!m->end)
		return;
	check_ran(d->c, R_DMA_BOUNCE);
	check_ran_all(d->c, R_DMA_SLOTS, R_DMA_SLOT);
	/* in a guest at work, a page between its mapping and its freeing is nobody's fault */
	if (!d->c->busy)
		check_ran(d->c, R_DMA_MAPPED);
	if (m->nslabs > MAX_SLOTS || m->end - m->start != m->nslabs * IO_TLB_SIZE ||
	    m->nareas * m->area_nslabs != m->nslabs || m->start % MMV_PAGE_SIZE) {
		f = check_fault(d->c, R_DMA_BOUNCE, CHECK_NO_PFN, d->root_addr, "pool of bounce buffers");
		check_got(f, "[%#lx, %#lx), %lu slots, %u areas", m->start, m->end, m->nslabs, m->nareas);
		check_want(f, "sizes that fit together");
		return;
	}
	for (gpa_t at = m->start; at < m->end; at += MMV_PAGE_SIZE) {
		if (page_reserved(d->c, at >> MMV_PAGE_SHIFT) && page_ram(d->c, at >> MMV_PAGE_SHIFT))
			continue;
		f = check_fault(d->c, R_DMA_BOUNCE, at >> MMV_PAGE_SHIFT, 0, "pool of bounce buffers");
		check_got(f, "a page that is not reserved");
		check_want(f, "reserved RAM: nobody else's");
		return;
	}
	slots = calloc(m->nslabs, sizeof(*slots));
	bits = calloc(1, m->nslabs / 8 + 8);
	if (slots && bits && !view_read(d->c->v, m->slots.va, slots, m->nslabs * sizeof(*slots)) &&
	    !view_read(d->c->v, m->bitmap.va, bits, m->nslabs / 8))
		for (unsigned int i = 0; i < m->nareas; i++)
			check_area(d, i, slots, bits);
	free(slots);
	free(bits);
}

/* ---- mappings; the debug kernel knows them ---- */

static struct check_fault *map_fault(struct dma_check *d, enum rule rule, uint32_t i, const struct dma_debug_entry *e)
{
	struct check_fault *f =
		check_fault(d->c, rule, CHECK_NO_PFN, d->root.debug.entries.va + i * sizeof(struct dma_debug_entry),
			    "mapping of %lu bytes", e->size);

	check_got(f, "device %#lx, address %#lx, memory %#lx", e->dev.va, e->addr, e->phys);
	return f;
}

/* Every page behind it is allocated and held, or reserved. */
static bool all_held(struct dma_check *d, const struct dma_debug_entry *e)
{
	for (gpa_t at = e->phys & ~(MMV_PAGE_SIZE - 1); at < e->phys + e->size; at += MMV_PAGE_SIZE) {
		struct page head;

		if (page_reserved(d->c, at >> MMV_PAGE_SHIFT))
			continue;
		if (frame_state(d->c, at >> MMV_PAGE_SHIFT, &head) != PAGE_USED)
			return false;
		if (head.refcount < 1 && !(head.flags & PG_FROZEN))
			return false;
	}
	return true;
}

/* A piece of a list, against what the device says of itself. Nothing said: 64 KiB, and 4 GiB not to be crossed. */
static void check_piece(struct dma_check *d, uint32_t i, const struct dma_debug_entry *e, const struct device *dev)
{
	struct device_dma_parameters p = {0};

	if (dev->dma_parms.va)
		view_read(d->c->v, dev->dma_parms.va, &p, sizeof(p));
	if (!p.max_segment_size)
		p.max_segment_size = 65536;
	if (!p.segment_boundary_mask)
		p.segment_boundary_mask = UINT32_MAX;
	if (e->size > p.max_segment_size)
		check_want(map_fault(d, R_DMA_SEGMENT, i, e), "%u bytes at most", p.max_segment_size);
	else if (e->size && (e->addr ^ (e->addr + e->size - 1)) & ~p.segment_boundary_mask)
		check_want(map_fault(d, R_DMA_SEGMENT, i, e), "one side of the boundary %#lx",
			   p.segment_boundary_mask + 1);
}

static void check_mapping(struct dma_check *d, uint32_t i, const struct dma_debug_entry *e)
{
	bool coherent = e->type == DMA_DEBUG_COHERENT || e->type == DMA_DEBUG_NONCOHERENT;
	struct device dev;

	if (e->size > 1UL << 30 || e->dir > 2 || e->type > DMA_DEBUG_RESOURCE) {
		check_want(map_fault(d, R_DMA_MAPPING, i, e), "a size, type and direction that there are");
		return;
	}
	if (!known_device(d, e->dev.va, &dev)) {
		if (!d->flux)
			check_want(map_fault(d, R_DMA_MAPPING, i, e), "a device on the list");
		return;
	}
	if (beyond(reach(d->c->v, &dev, coherent), e->addr, e->size))
		check_want(map_fault(d, R_DMA_MAPPING, i, e), "nothing above %#lx", reach(d->c->v, &dev, coherent));
	if (e->type == DMA_DEBUG_SG)
		check_piece(d, i, e, &dev);
	if (!e->checked && !d->c->busy) {
		struct check_fault *f = map_fault(d, R_DMA_CHECKED, i, e);

		check_got(f, "nobody asked dma_mapping_error() whether it is one");
		check_want(f, "asked before it is used");
	}
	if (e->type != DMA_DEBUG_RESOURCE && !d->c->busy && !all_held(d, e))
		check_want(map_fault(d, R_DMA_MAPPED, i, e), "allocated pages with a reference");
}

static int by_phys(const void *a, const void *b)
{
	const struct dma_debug_entry *x = a, *y = b;

	return x->phys < y->phys ? -1 : x->phys > y->phys;
}

/* @live: entries in use, @nr of them: sorted here. */
static void check_overlaps(struct dma_check *d, struct dma_debug_entry *live, size_t nr)
{
	qsort(live, nr, sizeof(*live), by_phys);
	for (size_t i = 1; i < nr; i++) {
		const struct dma_debug_entry *a = &live[i - 1], *b = &live[i];

		if (a->phys + a->size <= b->phys || (a->dir == 1 && b->dir == 1) || a->type == DMA_DEBUG_RESOURCE ||
		    b->type == DMA_DEBUG_RESOURCE)
			continue;
		check_want(map_fault(d, R_DMA_OVERLAP, 0, b), "no other mapping there: one is at %#lx", a->phys);
	}
}

static void check_mappings(struct dma_check *d)
{
	const struct dma_debug *t = &d->root.debug;
	struct dma_debug_entry *all, *live;
	uint32_t nr = t->fresh < t->nr ? t->fresh : t->nr, used = 0;
	struct check_fault *f;

	if (!t->entries.va)
		return;
	check_ran_all(d->c, R_DMA_MAPPING, R_DMA_CHECKED);
	if (!check_lock(d->c, &t->lock, d->root_addr, "the record of DMA mappings") || nr > MAX_ENTRIES) {
		check_flux(d->c, R_DMA_MAPPING, R_DMA_CHECKED);
		return;
	}
	all = calloc(nr + 1UL, sizeof(*all));
	live = calloc(nr + 1UL, sizeof(*live));
	if (all && live && !view_read(d->c->v, t->entries.va, all, nr * sizeof(*all))) {
		for (uint32_t i = 1; i < nr; i++) {
			if (!all[i].dev.va)
				continue;
			live[used++] = all[i];
			check_mapping(d, i, &all[i]);
		}
		check_overlaps(d, live, used);
		if (used != t->used) {
			f = check_fault(d->c, R_DMA_TABLE, CHECK_NO_PFN, d->root_addr, "record of DMA mappings");
			check_got(f, "used %u", t->used);
			check_want(f, "%u entries in use", used);
		}
	}
	free(all);
	free(live);
}

void check_dma(struct check_ctx *c)
{
	struct dma_check d = {.c = c, .root_addr = c->root->dma.va};

	if (!d.root_addr || view_read(c->v, d.root_addr, &d.root, sizeof(d.root)))
		return;
	if (!check_lock(c, &d.root.lock, d.root_addr, "the list of devices")) {
		check_flux(c, R_DMA_DEVICES, R_DMA_CHECKED);
		return;
	}
	walk_devices(&d);
	check_buffers(&d);
	check_pools(&d);
	check_slots(&d);
	check_mappings(&d);
	vec_free(&d.devices);
}
