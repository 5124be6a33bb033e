// SPDX-License-Identifier: MIT
/*
 * vmap_space.c - ranges of virtual addresses, cut into busy and free pieces.
 *
 * Shape:   each piece is a struct vmap_area, on a list and in a tree by address, one pair for busy pieces and one for free
 *          ones. The free tree also keeps the largest piece of every subtree, so that the lowest piece that is large
 *          enough is found in O(log n) (for alignments up to a page; a larger one may have to look at more).
 * Always:  busy and free pieces together cover the space without gap or overlap; no two free pieces touch;
 *          subtree_max is the largest size under a node; the lists are in the order of the trees;
 *          nr_pages = sum of vm->nr_pages over busy pieces with VM_ALLOC.
 * Locking: space->lock, with interrupts off, covers all of it. Structures are allocated before and freed after it is held.
 * Policy:  first fit by lowest address.
 * Not here: what is mapped at the addresses (vmalloc.c).
 */
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/rbtree_augmented.h>

#include "vmap.h"

struct vmap_space vmalloc_space, module_space;

static struct kmem_cache *area_cache;

static inline uint64_t piece_size(const struct vmap_area *va)
{
	return va->va_end - va->va_start;
}

RB_DECLARE_CALLBACKS_MAX(static, by_size, struct vmap_area, node, uint64_t, subtree_max, piece_size);

/* ---- trees and lists; all of these need the lock ---- */

/* Where a piece that begins at @start belongs. The new piece goes on the list behind the last smaller one on the path. */
static void link_piece(struct vmap_area *va, struct rb_root *root, struct list_head *list)
{
	struct rb_node **link = &root->node, *parent = NULL;
	struct list_head *before = list;

	while (*link) {
		struct vmap_area *at = rb_entry(*link, struct vmap_area, node);

		parent = *link;
		if (va->va_start < at->va_start) {
			link = &parent->left;
		} else {
			before = &at->list;
			link = &parent->right;
		}
	}
	rb_link_node(&va->node, parent, link);
	list_add(&va->list, before);
}

static void insert_busy(struct vmap_space *space, struct vmap_area *va)
{
	link_piece(va, &space->busy_root, &space->busy);
	rb_insert_color(&va->node, &space->busy_root);
	space->nr_busy++;
	if (va->vm->flags & VM_ALLOC)
		space->nr_pages += va->vm->nr_pages;
}

static void remove_busy(struct vmap_space *space, struct vmap_area *va)
{
	rb_erase(&va->node, &space->busy_root);
	list_del(&va->list);
	space->nr_busy--;
	if (va->vm->flags & VM_ALLOC)
		space->nr_pages -= va->vm->nr_pages;
	va->vm = NULL;
}

static void insert_free(struct vmap_space *space, struct vmap_area *va)
{
	link_piece(va, &space->free_root, &space->free);
	va->subtree_max = 0;
	by_size_propagate(&va->node, NULL);
	rb_insert_augmented(&va->node, &space->free_root, &by_size);
	space->nr_free++;
}

static void remove_free(struct vmap_space *space, struct vmap_area *va)
{
	rb_erase_augmented(&va->node, &space->free_root, &by_size);
	list_del(&va->list);
	space->nr_free--;
}

/* A free piece has grown or shrunk; its place among the others is the same. */
static void resize_free(struct vmap_area *va, uint64_t start, uint64_t end)
{
	va->va_start = start;
	va->va_end = end;
	by_size_propagate(&va->node, NULL);
}

/* ---- finding room ---- */

struct wish {
	uint64_t size, align, start, end;
};

/* First address in the piece that suits, or 0. */
static uint64_t place_in(const struct vmap_area *va, const struct wish *wish)
{
	uint64_t at = ALIGN(max(va->va_start, wish->start), wish->align);
	uint64_t end = min(va->va_end, wish->end);

	return at < end && end - at >= wish->size ? at : 0;
}

/* Lowest piece under @node with a place. A subtree without a piece that large is not entered. Depth: that of the tree. */
static struct vmap_area *lowest_fit(const struct rb_node *node, const struct wish *wish)
{
	struct vmap_area *va, *found = NULL;

	if (!node)
		return NULL;
	va = rb_entry((struct rb_node *)node, struct vmap_area, node);
	if (va->subtree_max < wish->size)
		return NULL;
	if (va->va_start > wish->start)
		found = lowest_fit(node->left, wish);
	if (!found && place_in(va, wish))
		found = va;
	if (!found && va->va_end < wish->end)
		found = lowest_fit(node->right, wish);
	return found;
}

/*
 * Cut [at, at + size) out of a free piece. Uses up to two of @spare: one for the busy piece, one if free room is left on both
 * sides. Return: the busy piece.
 */
static struct vmap_area *cut_piece(struct vmap_space *space, struct vmap_area *va, uint64_t at, uint64_t size,
				   struct vmap_area *spare[2])
{
	uint64_t start = va->va_start, end = va->va_end;
	struct vmap_area *busy;

	if (at == start && at + size == end) {
		remove_free(space, va);
		return va;
	}
	busy = spare[0];
	spare[0] = NULL;
	busy->va_start = at;
	busy->va_end = at + size;
	if (at == start) {
		resize_free(va, at + size, end);
	} else {
		resize_free(va, start, at);
		if (at + size < end) {
			BUG_ON(!spare[1]);
			spare[1]->va_start = at + size;
			spare[1]->va_end = end;
			insert_free(space, spare[1]);
			spare[1] = NULL;
		}
	}
	return busy;
}

int vmap_reserve(struct vmap_space *space, struct vm_struct *vm, unsigned long align, unsigned long start,
		 unsigned long end, gfp_t gfp)
{
	struct wish wish = {vm->size, max(align, PAGE_SIZE), start, end};
	struct vmap_area *spare[2] = {NULL, NULL}, *va;
	unsigned long irq;
	int err = -ENOMEM;

	spare[0] = kmem_cache_alloc(area_cache, gfp);
	if (spare[0] && (align > PAGE_SIZE || start > space->start))
		spare[1] = kmem_cache_alloc(area_cache, gfp);
	if (!spare[0] || (!spare[1] && (align > PAGE_SIZE || start > space->start)))
		goto out;
	irq = mm_lock_write(&space->lock);
	va = lowest_fit(space->free_root.node, &wish);
	if (va) {
		va = cut_piece(space, va, place_in(va, &wish), wish.size, spare);
		vm->addr = va->va_start;
		va->vm = vm;
		va->subtree_max = 0;
		insert_busy(space, va);
	}
	mm_unlock_write(&space->lock, irq);
	err = va ? 0 : -ENOSPC;
out:
	for (int i = 0; i < 2; i++)
		if (spare[i])
			kmem_cache_free(area_cache, spare[i]);
	return err;
}

/* The free piece that ends at or before @addr, and the one after it. */
static void free_neighbours(struct vmap_space *space, uint64_t addr, struct vmap_area **below, struct vmap_area **above)
{
	struct rb_node *node = space->free_root.node;

	*below = NULL;
	*above = NULL;
	while (node) {
		struct vmap_area *va = rb_entry(node, struct vmap_area, node);

		if (va->va_start < addr) {
			*below = va;
			node = node->right;
		} else {
			*above = va;
			node = node->left;
		}
	}
}

/* Make a piece that is in no tree free, joined with what is free beside it. Return: structures to throw away. */
static void free_piece(struct vmap_space *space, struct vmap_area *va, struct vmap_area *unused[2])
{
	struct vmap_area *below, *above;

	free_neighbours(space, va->va_start, &below, &above);
	MM_CHECK((!below || below->va_end <= va->va_start) && (!above || va->va_end <= above->va_start));
	if (above && above->va_start == va->va_end) {
		va->va_end = above->va_end;
		remove_free(space, above);
		unused[0] = above;
	}
	if (below && below->va_end == va->va_start) {
		resize_free(below, below->va_start, va->va_end);
		unused[1] = va;
	} else {
		insert_free(space, va);
	}
}

void vmap_release(struct vmap_space *space, struct vm_struct *vm)
{
	struct vmap_area *va, *unused[2] = {NULL, NULL};
	unsigned long irq = mm_lock_write(&space->lock);

	va = vmap_find(space, vm->addr);
	BUG_ON(!va || va->vm != vm);
	remove_busy(space, va);
	free_piece(space, va, unused);
	mm_unlock_write(&space->lock, irq);
	for (int i = 0; i < 2; i++)
		if (unused[i])
			kmem_cache_free(area_cache, unused[i]);
}

/* ---- finding what is there ---- */

struct vmap_area *vmap_find(const struct vmap_space *space, unsigned long addr)
{
	struct rb_node *node = space->busy_root.node;

	while (node) {
		struct vmap_area *va = rb_entry(node, struct vmap_area, node);

		if (addr < va->va_start)
			node = node->left;
		else if (addr >= va->va_end)
			node = node->right;
		else
			return va;
	}
	return NULL;
}

struct vmap_space *vmap_space_of(unsigned long addr)
{
	if (addr - vmalloc_space.start < vmalloc_space.end - vmalloc_space.start)
		return &vmalloc_space;
	if (addr - module_space.start < module_space.end - module_space.start)
		return &module_space;
	return NULL;
}

int vmap_space_init(struct vmap_space *space, unsigned long start, unsigned long end)
{
	struct vmap_area *va;

	if (!area_cache)
		area_cache = KMEM_CACHE(vmap_area, SLAB_PANIC);
	va = kmem_cache_zalloc(area_cache, GFP_KERNEL);
	if (!va)
		return -ENOMEM;
	INIT_LIST_HEAD(&space->busy);
	INIT_LIST_HEAD(&space->free);
	space->start = start;
	space->end = end;
	va->va_start = start;
	va->va_end = end;
	insert_free(space, va);
	return 0;
}
