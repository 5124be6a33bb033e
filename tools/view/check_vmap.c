// SPDX-License-Identifier: MIT
/*
 * check_vmap.c - what is mapped beside vmalloc()'s own pages: devices, small mappings of vm_map_ram(), and that nothing is mapped
 * twice unless somebody asked for that.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/view/check_impl.h"

#define MAX_BLOCKS (1UL << 16)

/* ---- devices ---- */

void check_device(struct check_ctx *c, const char *space, const struct vm_struct *vm)
{
	const struct leaves *l = &c->vm_leaves;
	uint64_t end = vm->addr + vm->size - (vm->flags & VM_NO_GUARD ? 0 : MMV_PAGE_SIZE);
	gpa_t first = vm->phys & ~(MMV_PAGE_SIZE - 1);

	for (size_t i = leaf_from(l, vm->addr); i < l->nr && l->at[i].va < end; i++) {
		const struct check_leaf *leaf = &l->at[i];
		bool ram = page_ram(c, leaf->gpa >> MMV_PAGE_SHIFT);
		struct check_fault *f;

		if (!ram && (!vm->phys || leaf->gpa == first + (leaf->va - vm->addr)))
			continue;
		f = check_fault(c, R_VM_DEVICE, leaf->gpa >> MMV_PAGE_SHIFT, leaf->va, "%s, device area at %#lx", space,
				vm->addr);
		check_got(f, "%#lx mapped%s", leaf->gpa, ram ? ", which is RAM" : "");
		if (vm->phys)
			check_want(f, "%#lx", first + (leaf->va - vm->addr));
		else
			check_want(f, "no RAM");
	}
}

/* ---- vm_map_ram() ---- */

static bool is_mapped(const struct check_ctx *c, gva_t va)
{
	size_t at = leaf_from(&c->vm_leaves, va);

	return at < c->vm_leaves.nr && c->vm_leaves.at[at].va <= va;
}

static void block_fault(struct check_ctx *c, gva_t addr, const char *got, uint64_t x, const char *want)
{
	struct check_fault *f = check_fault(c, R_VM_BLOCK, CHECK_NO_PFN, addr, "vmap block at %#lx", addr);

	check_got(f, "%s %lu", got, x);
	check_want(f, "%s", want);
}

static void check_block(struct check_ctx *c, gva_t addr, const struct vmap_block *vb, gva_t start, gva_t area)
{
	uint64_t used = 0;

	for (unsigned int i = 0; i < VMAP_BLOCK_PAGES; i++) {
		bool bit = vb->used[i / 64] >> (i % 64) & 1;

		used += bit;
		/* Between taking a page and mapping it, and the other way round, its bit is set. */
		if (!bit && is_mapped(c, start + i * MMV_PAGE_SIZE))
			block_fault(c, addr, "a mapping at unused page", i, "none");
		else if (bit && !c->busy && !is_mapped(c, start + i * MMV_PAGE_SIZE))
			block_fault(c, addr, "nothing mapped at used page", i, "a page");
	}
	if (vb->va.va != area)
		block_fault(c, addr, "an area of address", vb->va.va, "the area that leads to it");
	if (used + vb->free + vb->dirty != VMAP_BLOCK_PAGES)
		block_fault(c, addr, "a sum of used, free and dirty pages of", used + vb->free + vb->dirty, "1024");
	if (vb->free > VMAP_BLOCK_PAGES || vb->next_page + vb->free != VMAP_BLOCK_PAGES)
		block_fault(c, addr, "a sum of next_page and free of", (uint64_t)vb->next_page + vb->free, "1024");
	if (vb->dirty_max > VMAP_BLOCK_PAGES || (vb->dirty_max && vb->dirty_min >= vb->dirty_max))
		block_fault(c, addr, "a dirty range that begins at", vb->dirty_min, "one inside the block, or none");
}

void check_ram_piece(struct check_ctx *c, gva_t start, gva_t end, gva_t block, gva_t area)
{
	struct vmap_block vb;
	struct vmap_slot slot;

	if (!block) {
		/* A block whose area is being made or let go does not lead to it; a mapping of its own has all its pages. */
		for (gva_t va = start; !c->busy && va < end; va += MMV_PAGE_SIZE)
			if (!is_mapped(c, va))
				block_fault(c, area, "nothing mapped at page", (va - start) / MMV_PAGE_SIZE, "a page");
		return;
	}
	if (view_read(c->v, block, &vb, sizeof(vb)) || vb.cpu >= c->root->nr_cpus ||
	    view_read(c->v, c->root->vmap_slots.va + vb.cpu * sizeof(slot), &slot, sizeof(slot))) {
		block_fault(c, area, "an area that leads to no block, but to", block, "a block");
		return;
	}
	if (slot.lock.seq & 1)
		check_flux(c, R_VM_BLOCK, R_VM_BLOCK);
	else
		check_block(c, block, &vb, start, area);
}

static void check_slot(struct check_ctx *c, gva_t addr, unsigned int cpu, const struct vmap_slot *slot)
{
	gva_t head = addr + offsetof(struct vmap_slot, blocks), prev = head;
	bool has_current = !slot->current_block.va;
	struct vmap_block vb;
	uint64_t n = 0;

	for (gva_t at = slot->blocks.next.va; at != head; prev = at, at = vb.list.next.va, n++) {
		if (n == MAX_BLOCKS || view_read(c->v, at, &vb, sizeof(vb)) || vb.list.prev.va != prev ||
		    vb.cpu != cpu) {
			block_fault(c, addr, "a list that breaks after blocks:", n,
				    "one that is closed, of this CPU's blocks");
			return;
		}
		has_current = has_current || at == slot->current_block.va;
	}
	if (n != slot->nr)
		block_fault(c, addr, "a count of blocks of", slot->nr, "the length of their list");
	if (!has_current)
		block_fault(c, addr, "a current block that is not on the list, of CPU", cpu, "one of them");
}

void check_vm_blocks(struct check_ctx *c)
{
	check_ran(c, R_VM_BLOCK);
	for (unsigned int cpu = 0; cpu < c->root->nr_cpus && cpu < MMV_NR_CPUS; cpu++) {
		gva_t addr = c->root->vmap_slots.va + cpu * sizeof(struct vmap_slot);
		struct vmap_slot slot;

		if (view_read(c->v, addr, &slot, sizeof(slot)))
			block_fault(c, addr, "no memory for the slot of CPU", cpu, "struct vmap_slot");
		else if (!check_lock(c, &slot.lock, addr, "vmap slot"))
			check_flux(c, R_VM_BLOCK, R_VM_BLOCK);
		else
			check_slot(c, addr, cpu, &slot);
	}
}

/* ---- once ---- */

/** struct spot - one 4 KiB page of RAM that is mapped in vmalloc or module space, by somebody who did not ask for sharing. */
struct spot {
	uint64_t pfn;
	gva_t va;
};

static int by_pfn(const void *a, const void *b)
{
	const struct spot *x = a, *y = b;

	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

void check_mapped_once(struct check_ctx *c)
{
	const struct leaves *l = &c->vm_leaves;
	struct spot *spots;
	size_t n = 0, nr = 0;

	/* Whose a mapping is must be known of all of them. */
	if (c->vm_partial) {
		check_flux(c, R_VM_ONCE, R_VM_ONCE);
		return;
	}
	check_ran(c, R_VM_ONCE);
	for (size_t i = 0; i < l->nr; i++)
		nr += l->at[i].size >> MMV_PAGE_SHIFT;
	if (nr > c->max_pfn * 4 || nr < 2)
		return;
	spots = calloc(nr, sizeof(*spots));
	if (!spots) {
		fprintf(stderr, "out of memory while checking\n");
		abort();
	}
	for (size_t i = 0; i < l->nr; i++)
		for (uint64_t at = 0; at < l->at[i].size; at += MMV_PAGE_SIZE)
			if (!l->at[i].shared)
				spots[n++] = (struct spot){(l->at[i].gpa + at) >> MMV_PAGE_SHIFT, l->at[i].va + at};
	qsort(spots, n, sizeof(*spots), by_pfn);
	for (size_t i = 1; i < n; i++) {
		struct check_fault *f;

		if (spots[i].pfn != spots[i - 1].pfn || !page_ram(c, spots[i].pfn))
			continue;
		f = check_fault(c, R_VM_ONCE, spots[i].pfn, spots[i].va, "page of RAM");
		check_got(f, "mapped at %#lx and at %#lx", spots[i - 1].va, spots[i].va);
		check_want(f, "one place: nobody asked for a second by vmap() or vm_map_ram()");
	}
	free(spots);
}
