// SPDX-License-Identifier: MIT
/*
 * dma_swiotlb.c - bounce buffers: where a device cannot reach, its data goes through a pool that it does reach.
 *
 * Shape:   a piece of memory from memblock in slots of 2 KiB; a bit says whether a slot is in use, a struct io_tlb_slot what
 *          for. The pool is cut into areas with a lock each; a CPU begins with its own.
 * Always:  area->used == bits set in its part of the bitmap == slots there whose @orig is not 0; a mapping's slots follow
 *          each other inside one segment of 128, carry its first slot's number, and no slot belongs to two.
 * Copies:  in when it is mapped, whatever the direction: what a former user left must not reach anybody. Back when it is
 *          unmapped or synced for the CPU, unless the device only read.
 * Locking: area->lock for bits, @used, @next and what slots say; data is copied without it: a mapping has one user.
 *          Context: any.
 * Not here: pools that grow, pools of one device.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/log2.h>
#include <linux/memblock.h>
#include <linux/printk.h>

#include "dma.h"

#define SEG_BYTES (IO_TLB_SEGSIZE * IO_TLB_SIZE)
#define POOL_MAX (64UL << 20) /* unless asked for more */
#define POOL_SHARE 16         /* of the RAM within reach */
#define NO_SLOT (~0UL)
#define FULL_REPORTS 5

unsigned int swiotlb_limit_bits = 64;
static unsigned long slots_wanted, areas_wanted;
static bool force_wanted, off_wanted;

static struct io_tlb_mem *const mem = &dma_root.io_tlb;

/* swiotlb=SLOTS[,AREAS][,force|noforce] */
static int setup_swiotlb(char *text)
{
	char *p = text;

	if (*p >= '0' && *p <= '9') {
		slots_wanted = simple_strtoul(p, &p, 0);
		off_wanted = !slots_wanted;
		p += *p == ',';
	}
	if (*p >= '0' && *p <= '9') {
		areas_wanted = simple_strtoul(p, &p, 0);
		p += *p == ',';
	}
	if (!strcmp(p, "force"))
		force_wanted = true;
	else if (!strcmp(p, "noforce"))
		off_wanted = true;
	else
		return !*p;
	return 1;
}
__setup("swiotlb=", setup_swiotlb);

/* ---- the pool ---- */

static phys_addr_t reach_end(void)
{
	return swiotlb_limit_bits < 32 ? 1ULL << swiotlb_limit_bits : DMA32_END;
}

/* Bytes of RAM that every device reaches. */
static u64 ram_within_reach(void)
{
	u64 sum = 0;

	for (u64 i = 0; i < memblock.memory.cnt; i++) {
		const struct memblock_region *r = &memblock.memory.regions[i];

		if (r->base < reach_end())
			sum += min_t(u64, r->size, reach_end() - r->base);
	}
	return sum;
}

/* Slots, a multiple of the segment's; 0: none. */
static unsigned long pool_slots(void)
{
	bool limited = swiotlb_limit_bits < 64 && memblock_end_of_DRAM() > 1ULL << swiotlb_limit_bits;
	unsigned long size;
	u64 reach;

	if (off_wanted)
		return 0;
	if (slots_wanted)
		return round_up(slots_wanted, IO_TLB_SEGSIZE);
	if (!limited && !force_wanted)
		return 0;
	reach = ram_within_reach();
	size = min_t(u64, max_t(u64, reach / POOL_SHARE, reach >= 2 * SEG_BYTES ? SEG_BYTES : 0), POOL_MAX);
	return size / SEG_BYTES * IO_TLB_SEGSIZE;
}

/* A power of two of areas of whole segments. */
static void cut_areas(void)
{
	unsigned long nr = roundup_pow_of_two(areas_wanted ? areas_wanted : mm_root.nr_cpus);

	while (nr > 1 && mem->nslabs / IO_TLB_SEGSIZE % nr)
		nr /= 2;
	mem->nareas = (u32)nr;
	mem->area_nslabs = mem->nslabs / nr;
}

void swiotlb_init(void)
{
	unsigned long slots = pool_slots();
	phys_addr_t at = 0;

	if (!slots)
		return;
	mem->nslabs = slots;
	cut_areas();
	mem->areas = memblock_alloc(PAGE_ALIGN(mem->nareas * sizeof(*mem->areas)), PAGE_SIZE);
	mem->slots = memblock_alloc(PAGE_ALIGN(slots * sizeof(*mem->slots)), PAGE_SIZE);
	mem->bitmap = memblock_alloc(PAGE_ALIGN(slots / 8), PAGE_SIZE);
	if (mem->areas && mem->slots && mem->bitmap)
		at = memblock_phys_alloc_range(slots << IO_TLB_SHIFT, PAGE_SIZE, 0, reach_end());
	if (!at) {
		pr_warn("swiotlb: no room for %lu slots below %#llx: nothing can be bounced\n", slots, reach_end());
		*mem = (struct io_tlb_mem){};
		return;
	}
	mem->start = at;
	mem->end = at + (slots << IO_TLB_SHIFT);
	mem->force = force_wanted;
}

bool is_swiotlb_active(struct device *dev)
{
	(void)dev;
	return mem->end != 0;
}
EXPORT_SYMBOL_GPL(is_swiotlb_active);

bool is_swiotlb_force_bounce(struct device *dev)
{
	(void)dev;
	return mem->force;
}
EXPORT_SYMBOL_GPL(is_swiotlb_force_bounce);

bool is_swiotlb_buffer(struct device *dev, phys_addr_t addr)
{
	(void)dev;
	return dma_in_pool(addr);
}
EXPORT_SYMBOL_GPL(is_swiotlb_buffer);

size_t swiotlb_max_mapping_size(struct device *dev)
{
	return SEG_BYTES - round_up((size_t)dma_get_min_align_mask(dev), IO_TLB_SIZE);
}
EXPORT_SYMBOL_GPL(swiotlb_max_mapping_size);

unsigned long swiotlb_nslabs(void)
{
	return mem->nslabs;
}
EXPORT_SYMBOL_GPL(swiotlb_nslabs);

unsigned long swiotlb_used(void)
{
	unsigned long used = 0;

	for (unsigned int i = 0; i < mem->nareas; i++)
		used += READ_ONCE(mem->areas[i].used);
	return used;
}
EXPORT_SYMBOL_GPL(swiotlb_used);

/* ---- slots; bits under the area's lock ---- */

static bool slot_used(unsigned long i)
{
	return mem->bitmap[i / 64] >> (i % 64) & 1;
}

/* The first of @nr free slots of the segment that begins at @seg, such that its address is like @low under @mask. */
static unsigned long find_in_segment(unsigned long seg, unsigned int nr, unsigned int stride, u64 mask, u64 low)
{
	unsigned long i = seg, end = seg + IO_TLB_SEGSIZE;

	while (i + nr <= end) {
		unsigned int n = 0;

		if (((mem->start + (i << IO_TLB_SHIFT)) & mask) != low) {
			i += stride;
			continue;
		}
		while (n < nr && !slot_used(i + n))
			n++;
		if (n == nr)
			return i;
		i += round_up(n + 1, stride);
	}
	return NO_SLOT;
}

static void take_slots(struct io_tlb_area *area, struct device *dev, unsigned long first, unsigned int nr,
		       phys_addr_t phys, size_t size, unsigned int offset)
{
	for (unsigned int i = 0; i < nr; i++) {
		mem->bitmap[(first + i) / 64] |= 1UL << ((first + i) % 64);
		mem->slots[first + i] = (struct io_tlb_slot){.orig = phys - offset + i * IO_TLB_SIZE,
							     .dev = dev,
							     .left = size + offset - i * IO_TLB_SIZE,
							     .first = (u32)first};
	}
	mem->slots[first].nr = (u16)nr;
	mem->slots[first].offset = (u16)offset;
	area->used += nr;
}

static void drop_slots(unsigned long first, unsigned int nr)
{
	struct io_tlb_area *area = &mem->areas[first / mem->area_nslabs];
	unsigned long irq = mm_lock_write(&area->lock);

	for (unsigned int i = 0; i < nr; i++) {
		mem->bitmap[(first + i) / 64] &= ~(1UL << ((first + i) % 64));
		mem->slots[first + i] = (struct io_tlb_slot){};
	}
	area->used -= nr;
	mm_unlock_write(&area->lock, irq);
}

/* @phys: what the slots stand for; 0: for themselves. */
static unsigned long find_slots(struct device *dev, phys_addr_t phys, size_t size, unsigned int offset)
{
	unsigned int nr = (unsigned int)((size + offset + IO_TLB_SIZE - 1) >> IO_TLB_SHIFT);
	u64 mask = dma_get_min_align_mask(dev) & ~(IO_TLB_SIZE - 1), low = phys & mask;
	unsigned int stride = size >= PAGE_SIZE ? PAGE_SIZE / IO_TLB_SIZE : 1;
	unsigned int first_area = raw_smp_processor_id() & (mem->nareas - 1);

	for (unsigned int a = 0; a < mem->nareas; a++) {
		unsigned int n = (first_area + a) & (mem->nareas - 1);
		struct io_tlb_area *area = &mem->areas[n];
		unsigned long from = n * mem->area_nslabs, found = NO_SLOT;
		unsigned long irq = mm_lock_write(&area->lock);

		for (unsigned long s = 0; found == NO_SLOT && s < mem->area_nslabs; s += IO_TLB_SEGSIZE)
			found = find_in_segment(from + s, nr, stride, mask, low);
		if (found != NO_SLOT)
			take_slots(area, dev, found, nr, phys ? phys : mem->start + (found << IO_TLB_SHIFT), size,
				   offset);
		mm_unlock_write(&area->lock, irq);
		if (found != NO_SLOT)
			return found;
	}
	return NO_SLOT;
}

static void copy(phys_addr_t to, phys_addr_t from, size_t size)
{
	memcpy(__va(to), __va(from), size);
}

static noinline void say_full(struct device *dev, size_t size, unsigned long attrs)
{
	unsigned long n = __atomic_fetch_add(&mem->full, 1, __ATOMIC_RELAXED);

	if (!(attrs & DMA_ATTR_NO_WARN) && n < FULL_REPORTS)
		pr_warn("%s: swiotlb buffer is full (sz: %zu bytes), total %lu (slots), used %lu (slots)\n",
			dev_name(dev), size, swiotlb_nslabs(), swiotlb_used());
}

dma_addr_t swiotlb_map(struct device *dev, phys_addr_t phys, size_t size, enum dma_data_direction dir,
		       unsigned long attrs)
{
	unsigned int offset = (unsigned int)(phys & dma_get_min_align_mask(dev) & (IO_TLB_SIZE - 1));
	unsigned long slot = NO_SLOT;
	phys_addr_t at;

	(void)dir; /* copied in for every direction */
	if (likely(size && size + offset <= SEG_BYTES))
		slot = find_slots(dev, phys, size, offset);
	if (slot == NO_SLOT) {
		say_full(dev, size, attrs);
		return DMA_MAPPING_ERROR;
	}
	at = mem->start + (slot << IO_TLB_SHIFT) + offset;
	if (unlikely(!dma_reaches(*dev->dma_mask, dev->bus_dma_limit, at, size))) {
		swiotlb_unmap(dev, at, size, dir, DMA_ATTR_SKIP_CPU_SYNC);
		WARN_ONCE(!(attrs & DMA_ATTR_NO_WARN),
			  "%s: swiotlb addr %#llx+%zu overflow (mask %llx, bus limit %llx).\n", dev_name(dev), at, size,
			  *dev->dma_mask, dev->bus_dma_limit);
		return DMA_MAPPING_ERROR;
	}
	__atomic_fetch_add(&mem->mapped, 1, __ATOMIC_RELAXED);
	copy(at, phys, size);
	return at;
}

phys_addr_t swiotlb_orig(phys_addr_t addr)
{
	const struct io_tlb_slot *slot = &mem->slots[(addr - mem->start) >> IO_TLB_SHIFT];

	return slot->orig ? slot->orig + (addr & (IO_TLB_SIZE - 1)) : 0;
}

void swiotlb_sync(struct device *dev, phys_addr_t addr, size_t size, bool for_cpu)
{
	const struct io_tlb_slot *slot = &mem->slots[(addr - mem->start) >> IO_TLB_SHIFT];
	size_t in_slot = addr & (IO_TLB_SIZE - 1);
	phys_addr_t orig = swiotlb_orig(addr);

	if (WARN(!orig, "%s: swiotlb: sync of a slot that is free\n", dev_name(dev)))
		return;
	if (WARN(slot->nr && in_slot < slot->offset, "%s: swiotlb: access before mapping start\n", dev_name(dev)))
		return;
	if (WARN(in_slot + size > slot->left, "%s: swiotlb: buffer overflow: %zu of %llu bytes\n", dev_name(dev), size,
		 (u64)(slot->left > in_slot ? slot->left - in_slot : 0)))
		size = slot->left > in_slot ? slot->left - in_slot : 0;
	if (for_cpu)
		copy(orig, addr, size);
	else
		copy(addr, orig, size);
}

void swiotlb_unmap(struct device *dev, phys_addr_t addr, size_t size, enum dma_data_direction dir, unsigned long attrs)
{
	unsigned long first = (addr - mem->start) >> IO_TLB_SHIFT;
	unsigned int nr = mem->slots[first].nr;

	if (WARN(!nr, "%s: swiotlb: unmap of %#llx, where no mapping begins\n", dev_name(dev), addr))
		return;
	if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC) && dir != DMA_TO_DEVICE)
		swiotlb_sync(dev, addr, size, true);
	drop_slots(first, nr);
}

phys_addr_t swiotlb_alloc(struct device *dev, size_t size)
{
	unsigned long slot = NO_SLOT;
	phys_addr_t at;

	size = PAGE_ALIGN(size);
	if (mem->end && size <= SEG_BYTES)
		slot = find_slots(dev, 0, size, 0);
	if (slot == NO_SLOT)
		return 0;
	at = mem->start + (slot << IO_TLB_SHIFT);
	if (!dma_reaches(dev->coherent_dma_mask, dev->bus_dma_limit, at, size)) {
		swiotlb_free(dev, at);
		return 0;
	}
	memset(__va(at), 0, size);
	return at;
}

void swiotlb_free(struct device *dev, phys_addr_t addr)
{
	unsigned long first = (addr - mem->start) >> IO_TLB_SHIFT;
	unsigned int nr = mem->slots[first].nr;

	if (!WARN(!nr, "%s: swiotlb: free of %#llx, where no buffer begins\n", dev_name(dev), addr))
		drop_slots(first, nr);
}
