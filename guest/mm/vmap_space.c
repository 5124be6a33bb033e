// SPDX-License-Identifier: MIT
/*
 * vmap_space.c - ranges of virtual addresses, cut into busy, lazy and free pieces.
 *
 * Shape:   each piece is a struct vmap_area. Busy and free ones are on a list and in a tree by address, one pair for either.
 *          The free tree also keeps the largest piece of every subtree, so that the lowest piece that is large enough is
 *          found in O(log n); for an alignment beyond a page a piece that fits wherever it begins is looked for first, and
 *          only if there is none each that may. Lazy ones (freed, but TLBs may still know them) are on a list in
 *          the order in which they came; the purge (vmalloc.c) takes them from there and makes them free.
 * Always:  busy, lazy and free pieces together cover the space without gap or overlap; no two free pieces touch;
 *          subtree_max is the largest size under a node; the lists are in the order of the trees;
 *          nr_pages = sum of vm->nr_pages over busy pieces with VM_ALLOC; lazy_pages = pages of address space in lazy ones.
 * Locking: space->lock, with interrupts off, covers all of it. Structures are allocated before and freed after it is held.
 *          What is on space->purging belongs to the one purge that runs at a time.
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
	if (va->vm && va->vm->flags & VM_ALLOC)
		space->nr_pages += va->vm->nr_pages;
}

static void remove_busy(struct vmap_space *space, struct vmap_area *va)
{
	rb_erase(&va->node, &space->busy_root);
	list_del(&va->list);
	space->nr_busy--;
	if (va->vm && va->vm->flags & VM_ALLOC)
		space->nr_pages -= va->vm->nr_pages;
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

/* First address in the piece that suits, or 0. */
static uint64_t place_in(const struct vmap_area *va, const struct vmap_wish *wish)
{
	uint64_t at = ALIGN(max(va->va_start, wish->start), wish->align);
	uint64_t end = min(va->va_end, wish->end);

	return at < end && end - at >= wish->size ? at : 0;
}

/* Lowest piece under @node with a place. A subtree without a piece that large is not entered. Depth: that of the tree. */
static struct vmap_area *lowest_fit(const struct rb_node *node, const struct vmap_wish *wish)
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

/* The piece to cut from, and where. */
static struct vmap_area *find_room(struct vmap_space *space, const struct vmap_wish *wish, uint64_t *at)
{
	struct vmap_area *va = list_first_entry_or_null(&space->free, struct vmap_area, list);

	/* Nearly always the lowest piece of all will do. */
	if (likely(va && wish->align <= PAGE_SIZE && va->va_start >= wish->start && va->va_end <= wish->end &&
		   piece_size(va) >= wish->size)) {
		*at = va->va_start;
		return va;
	}
	va = NULL;
	if (wish->align > PAGE_SIZE) {
		struct vmap_wish anywhere = *wish;

		anywhere.size += wish->align - PAGE_SIZE;
		anywhere.align = PAGE_SIZE;
		va = lowest_fit(space->free_root.node, &anywhere);
	}
	if (!va)
		va = lowest_fit(space->free_root.node, wish);
	if (va)
		*at = place_in(va, wish);
	return va;
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
			spare[1]->vm = NULL;
			spare[1]->flags = 0;
			insert_free(space, spare[1]);
			spare[1] = NULL;
		}
	}
	return busy;
}

int vmap_reserve(struct vmap_space *space, struct vm_struct *vm, const struct vmap_wish *wish, gfp_t gfp,
		 struct vmap_area **out)
{
	struct vmap_area *spare[2] = {kmem_cache_alloc(area_cache, gfp), NULL}, *va;
	uint64_t at = 0;
	unsigned long irq;

	if (unlikely(!spare[0]))
		return -ENOMEM;
	/* What is not cut off the front of a piece may leave something on both sides. */
	if (wish->align > PAGE_SIZE || wish->start > space->start) {
		spare[1] = kmem_cache_alloc(area_cache, gfp);
		if (!spare[1]) {
			kmem_cache_free(area_cache, spare[0]);
			return -ENOMEM;
		}
	}
	irq = mm_lock_write(&space->lock);
	va = find_room(space, wish, &at);
	if (likely(va)) {
		va = cut_piece(space, va, at, wish->size, spare);
		if (vm)
			vm->addr = va->va_start;
		va->vm = vm;
		va->flags = wish->flags;
		va->subtree_max = 0;
		insert_busy(space, va);
		*out = va;
	}
	mm_unlock_write(&space->lock, irq);
	for (int i = 0; i < 2; i++)
		if (unlikely(spare[i]))
			kmem_cache_free(area_cache, spare[i]);
	return likely(va) ? 0 : -ENOSPC;
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

/* ---- giving back: busy, then lazy, then free ---- */

struct vmap_area *vmap_retire(struct vmap_space *space, unsigned long addr, vmap_may_go_t *may_go)
{
	unsigned long irq = mm_lock_write(&space->lock);
	struct vmap_area *va = vmap_find(space, addr);

	if (va && va->va_start == addr && may_go(va)) {
		remove_busy(space, va);
		list_add_tail(&va->list, &space->lazy);
		space->nr_lazy++;
		space->lazy_pages += piece_size(va) >> PAGE_SHIFT;
	} else {
		va = NULL;
	}
	mm_unlock_write(&space->lock, irq);
	return va;
}

unsigned long vmap_take_lazy(struct vmap_space *space)
{
	unsigned long taken = 0, irq = mm_lock_write(&space->lock);
	struct vmap_area *va, *next;

	list_for_each_entry_safe (va, next, &space->lazy, list) {
		if (!(READ_ONCE(va->flags) & (VMAP_QUEUED | VMAP_UNMAPPED)))
			continue;
		list_move_tail(&va->list, &space->purging);
		taken++;
	}
	mm_unlock_write(&space->lock, irq);
	return taken;
}

static void remember(struct vmap_space *space, const struct vmap_area *va)
{
	struct vmap_past *past = &space->past[space->nr_past++ % VMAP_NR_PAST];

	*past = (struct vmap_past){.start = va->va_start, .end = va->va_end};
	if (!va->vm)
		return;
	past->caller = va->vm->caller;
	past->alloc_stack = va->vm->alloc_stack;
	past->free_stack = va->vm->free_stack;
}

struct vm_struct *vmap_release(struct vmap_space *space, struct vmap_area *va)
{
	struct vmap_area *unused[2] = {NULL, NULL};
	struct vm_struct *vm = va->vm;
	unsigned long irq = mm_lock_write(&space->lock);

	list_del(&va->list);
	space->nr_lazy--;
	space->lazy_pages -= piece_size(va) >> PAGE_SHIFT;
	remember(space, va);
	va->vm = NULL;
	va->flags = 0;
	free_piece(space, va, unused);
	mm_unlock_write(&space->lock, irq);
	for (int i = 0; i < 2; i++)
		if (unused[i])
			kmem_cache_free(area_cache, unused[i]);
	return vm;
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

/* The busy piece with the largest start below @addr. */
static struct vmap_area *busy_below(const struct vmap_space *space, unsigned long addr)
{
	struct rb_node *node = space->busy_root.node;
	struct vmap_area *below = NULL;

	while (node) {
		struct vmap_area *va = rb_entry(node, struct vmap_area, node);

		if (va->va_start <= addr) {
			below = va;
			node = node->right;
		} else {
			node = node->left;
		}
	}
	return below;
}

static void tell_about(struct vmap_story *story, const struct vmap_area *va)
{
	story->start = va->va_start;
	story->end = va->va_end;
	if (!va->vm)
		return;
	story->flags = va->vm->flags;
	story->caller = va->vm->caller;
	story->alloc_stack = va->vm->alloc_stack;
	story->free_stack = va->vm->free_stack;
}

static bool told_lazy(const struct list_head *list, unsigned long addr, struct vmap_story *story)
{
	const struct vmap_area *va;

	list_for_each_entry (va, list, list) {
		if (addr < va->va_start || addr >= va->va_end)
			continue;
		tell_about(story, va);
		story->place = VMAP_FREED;
		return true;
	}
	return false;
}

static bool told_past(const struct vmap_space *space, unsigned long addr, struct vmap_story *story)
{
	for (uint64_t n = space->nr_past; n > 0 && n + VMAP_NR_PAST > space->nr_past; n--) {
		const struct vmap_past *past = &space->past[(n - 1) % VMAP_NR_PAST];

		if (addr < past->start || addr >= past->end)
			continue;
		*story = (struct vmap_story){
			.place = VMAP_FREED,
			.start = past->start,
			.end = past->end,
			.caller = past->caller,
			.alloc_stack = past->alloc_stack,
			.free_stack = past->free_stack,
		};
		return true;
	}
	return false;
}

static void tell(const struct vmap_space *space, unsigned long addr, struct vmap_story *story)
{
	const struct vmap_area *va = busy_below(space, addr);

	if (va && addr < va->va_end) {
		bool guard = !va->vm || !(va->vm->flags & VM_NO_GUARD);

		tell_about(story, va);
		story->place = guard && addr >= va->va_end - PAGE_SIZE ? VMAP_GUARD : VMAP_INSIDE;
	} else if (!told_lazy(&space->lazy, addr, story) && !told_lazy(&space->purging, addr, story) &&
		   !told_past(space, addr, story) && va) {
		tell_about(story, va);
		story->place = VMAP_BEYOND;
	}
}

void vmap_tell(unsigned long addr, struct vmap_story *story)
{
	struct vmap_space *space = vmap_space_of(addr);
	unsigned long irq;

	*story = (struct vmap_story){.place = VMAP_NOWHERE};
	if (!space)
		return;
	/* Whoever asks may have come here from under the lock, or the holder may be stopped for good. */
	irq = arch_local_irq_save();
	for (unsigned int tries = 0; tries < 10000; tries++) {
		if (mm_lock_try(&space->lock)) {
			tell(space, addr, story);
			__spin_release(&space->lock);
			break;
		}
		cpu_relax();
	}
	arch_local_irq_restore(irq);
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
	INIT_LIST_HEAD(&space->lazy);
	INIT_LIST_HEAD(&space->purging);
	space->start = start;
	space->end = end;
	va->va_start = start;
	va->va_end = end;
	insert_free(space, va);
	return 0;
}
