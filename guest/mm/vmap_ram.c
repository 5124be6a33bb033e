// SPDX-License-Identifier: MIT
/*
 * vmap_ram.c - mappings of a few pages that come and go quickly: no area, no tree, one flush for many of them.
 *
 * Shape:   each CPU has a slot of blocks, VMAP_BLOCK_PAGES of addresses each, and hands out its current block from front to back.
 *          An address is used once; a block of which every page was used and given back is let go as a whole, and the purge
 *          (vmap_purge.c) makes its addresses free after a flush. Mappings beyond VMAP_MAX_ALLOC pages get addresses
 *          of their own.
 * Always:  see struct vmap_block.
 * Locking: the slot's lock, with interrupts off, covers its blocks, whoever gives pages back. Blocks are made before and freed
 *          after it is held. A block with a page in use stays.
 * Contexts: mapping and unmapping need a task.
 * Not here: guard pages: these mappings have none, as on Linux.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/list.h>
#include <linux/sched.h>

#include "vmalloc.h"

struct vmap_slot vmap_slots[MMV_NR_CPUS];

static struct kmem_cache *block_cache;

#define BLOCK_BYTES ((unsigned long)VMAP_BLOCK_PAGES << PAGE_SHIFT)

static void set_used(struct vmap_block *vb, unsigned int first, unsigned int nr, bool used)
{
	for (unsigned int i = first; i < first + nr; i++) {
		uint64_t bit = 1UL << (i % 64);

		MM_CHECK(!(vb->used[i / 64] & bit) == used);
		vb->used[i / 64] ^= bit;
	}
}

/* Addresses from the slot's current block; 0: it has not so many. */
static unsigned long take_pages(struct vmap_slot *slot, unsigned int nr)
{
	unsigned long addr = 0, irq = mm_lock_write(&slot->lock);
	struct vmap_block *vb = slot->current_block;

	if (vb && vb->free >= nr) {
		addr = vb->va->va_start + ((unsigned long)vb->next_page << PAGE_SHIFT);
		set_used(vb, vb->next_page, nr, true);
		vb->next_page += nr;
		vb->free -= nr;
	}
	mm_unlock_write(&slot->lock, irq);
	return addr;
}

/* What is left of a block that is no longer current: nobody will use it. Needs: the slot's lock. */
static void write_off(struct vmap_block *vb)
{
	vb->dirty += vb->free;
	vb->free = 0;
	vb->next_page = VMAP_BLOCK_PAGES;
}

/* Take a block without a page in use out of its slot. Needs: the slot's lock. */
static void unlist(struct vmap_slot *slot, struct vmap_block *vb)
{
	if (slot->current_block == vb)
		slot->current_block = NULL;
	list_del(&vb->list);
	slot->nr--;
}

static bool is_block(const struct vmap_area *va)
{
	return va->flags & VMAP_BLOCK;
}

/* Nobody finds the block any more: its addresses become lazy. */
static void let_go(struct vmap_block *vb)
{
	struct vmap_area *va = vmap_retire(&vmalloc_space, vb->va->va_start, is_block);

	BUG_ON(!va);
	va->block = NULL;
	kmem_cache_free(block_cache, vb);
	vmap_unmap_lazy(va);
}

/* A fresh block becomes the slot's current one. */
static bool new_block(struct vmap_slot *slot)
{
	struct vmap_wish wish = {BLOCK_BYTES, PAGE_SIZE, VMALLOC_START, VMALLOC_END, VMAP_RAM | VMAP_BLOCK};
	struct vmap_block *vb = kmem_cache_zalloc(block_cache, GFP_KERNEL), *old, *gone = NULL;
	unsigned long irq;

	if (!vb)
		return false;
	if (vmap_get_room(&vmalloc_space, NULL, &wish, GFP_KERNEL, &vb->va)) {
		kmem_cache_free(block_cache, vb);
		return false;
	}
	vb->va->block = vb;
	vb->free = VMAP_BLOCK_PAGES;
	vb->dirty_min = VMAP_BLOCK_PAGES;
	vb->cpu = (uint32_t)(slot - vmap_slots);
	irq = mm_lock_write(&slot->lock);
	old = slot->current_block;
	if (old) {
		write_off(old);
		if (old->dirty == VMAP_BLOCK_PAGES) {
			unlist(slot, old);
			gone = old;
		}
	}
	list_add(&vb->list, &slot->blocks);
	slot->nr++;
	slot->current_block = vb;
	mm_unlock_write(&slot->lock, irq);
	if (gone)
		let_go(gone);
	return true;
}

static unsigned long get_small(unsigned int nr)
{
	struct vmap_slot *slot = &vmap_slots[raw_smp_processor_id()];
	unsigned long addr = take_pages(slot, nr);

	/* Whoever is faster may use the block up. */
	while (!addr && new_block(slot))
		addr = take_pages(slot, nr);
	return addr;
}

static unsigned long get_large(unsigned long nr)
{
	struct vmap_wish wish = {nr << PAGE_SHIFT, PAGE_SIZE, VMALLOC_START, VMALLOC_END, VMAP_RAM};
	struct vmap_area *va;

	return vmap_get_room(&vmalloc_space, NULL, &wish, GFP_KERNEL, &va) ? 0 : va->va_start;
}

void *vm_map_ram(struct page **pages, unsigned int count, int node)
{
	unsigned long addr;

	(void)node;
	if (!count || count > totalram_pages() || !area_may_be_built(GFP_KERNEL, "vm_map_ram"))
		return NULL;
	addr = count <= VMAP_MAX_ALLOC ? get_small(count) : get_large(count);
	if (!addr)
		return NULL;
	if (!arch_vmap_pages(addr, pages, count, PAGE_KERNEL, GFP_KERNEL))
		return (void *)addr;
	vm_unmap_ram((void *)addr, count);
	return NULL;
}
EXPORT_SYMBOL(vm_map_ram);

static void put_small(struct vmap_block *vb, unsigned long addr, unsigned int nr)
{
	struct vmap_slot *slot = &vmap_slots[vb->cpu];
	unsigned int first = (unsigned int)((addr - vb->va->va_start) >> PAGE_SHIFT);
	unsigned long end = addr + ((unsigned long)nr << PAGE_SHIFT), irq;
	bool last;

	arch_vunmap_range(addr, end - addr);
	if (MM_DEBUG)
		arch_flush_tlb_kernel_range(addr, end);
	else
		arch_flush_tlb_local(addr, end);
	irq = mm_lock_write(&slot->lock);
	set_used(vb, first, nr, false);
	vb->dirty += nr;
	vb->dirty_min = min(vb->dirty_min, first);
	vb->dirty_max = max(vb->dirty_max, first + nr);
	last = vb->dirty == VMAP_BLOCK_PAGES;
	if (last)
		unlist(slot, vb);
	mm_unlock_write(&slot->lock, irq);
	if (last)
		let_go(vb);
}

static bool is_large(const struct vmap_area *va)
{
	return (va->flags & (VMAP_RAM | VMAP_BLOCK)) == VMAP_RAM;
}

void vm_unmap_ram(const void *mem, unsigned int count)
{
	unsigned long addr = (unsigned long)mem, size = (unsigned long)count << PAGE_SHIFT, irq;
	struct vmap_block *vb = NULL;
	struct vmap_area *va = NULL;
	bool fits;

	if (!mem || !area_may_be_built(GFP_KERNEL, "vm_unmap_ram"))
		return;
	irq = mm_lock_read(&vmalloc_space.lock);
	va = vmap_find(&vmalloc_space, addr);
	fits = va && PAGE_ALIGNED(addr) && va->flags & VMAP_RAM && size <= va->va_end - addr;
	if (fits && va->flags & VMAP_BLOCK)
		vb = va->block;
	else
		fits = fits && va->va_start == addr && va->va_end - addr == size;
	mm_unlock_read(&vmalloc_space.lock, irq);
	if (WARN(!fits, "Trying to vm_unmap_ram() %u pages at %lx, where it mapped none\n", count, addr))
		return;
	if (vb)
		put_small(vb, addr, count);
	else
		area_take_down(addr, is_large);
}
EXPORT_SYMBOL(vm_unmap_ram);

/* ---- for the purge ---- */

void vmap_ram_retire(void)
{
	for (unsigned int cpu = 0; cpu < mm_root.nr_cpus; cpu++) {
		struct vmap_slot *slot = &vmap_slots[cpu];
		struct vmap_block *vb, *next;
		unsigned long irq;
		LIST_HEAD(idle);

		if (!READ_ONCE(slot->nr))
			continue;
		irq = mm_lock_write(&slot->lock);
		list_for_each_entry_safe (vb, next, &slot->blocks, list) {
			if (vb->free + vb->dirty < VMAP_BLOCK_PAGES)
				continue;
			unlist(slot, vb);
			list_add(&vb->list, &idle);
		}
		mm_unlock_write(&slot->lock, irq);
		list_for_each_entry_safe (vb, next, &idle, list) {
			struct vmap_area *va = vmap_retire(&vmalloc_space, vb->va->va_start, is_block);

			va->block = NULL;
			__atomic_fetch_or(&va->flags, VMAP_UNMAPPED, __ATOMIC_RELEASE);
			kmem_cache_free(block_cache, vb);
		}
	}
}

void vmap_ram_dirty(unsigned long *start, unsigned long *end)
{
	for (unsigned int cpu = 0; cpu < mm_root.nr_cpus; cpu++) {
		struct vmap_slot *slot = &vmap_slots[cpu];
		struct vmap_block *vb;
		unsigned long irq;

		if (!READ_ONCE(slot->nr))
			continue;
		irq = mm_lock_write(&slot->lock);
		list_for_each_entry (vb, &slot->blocks, list) {
			if (vb->dirty_min >= vb->dirty_max)
				continue;
			*start = min(*start, vb->va->va_start + ((unsigned long)vb->dirty_min << PAGE_SHIFT));
			*end = max(*end, vb->va->va_start + ((unsigned long)vb->dirty_max << PAGE_SHIFT));
			vb->dirty_min = VMAP_BLOCK_PAGES;
			vb->dirty_max = 0;
		}
		mm_unlock_write(&slot->lock, irq);
	}
}

void vmap_ram_init(void)
{
	block_cache = KMEM_CACHE(vmap_block, SLAB_PANIC);
	for (unsigned int cpu = 0; cpu < mm_root.nr_cpus; cpu++)
		INIT_LIST_HEAD(&vmap_slots[cpu].blocks);
}
