// SPDX-License-Identifier: MIT
/*
 * xarray.c - sparse arrays: a radix tree, 6 bits of the index a level (shared/xarray.h has its shape).
 *
 * Always: every node but the head is in its parent's slot @offset; count and nr_values are exact; no node is empty; a mark's bit
 *         is set in a node if and only if the entry, or anything below the slot, has it; the head is as low as the largest index
 *         allows.
 * Locks:  the array's, with interrupts off, around everything. Nodes are allocated before it is taken, as many as the path
 *         to the index lacks: so a store that fails changes nothing, and there is never a half-made path.
 * Not here: entries over several indices, reading without the lock.
 */
#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/export.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>

/* What a mask may say of the entries' pages and means nothing to nodes. */
#define NOT_FOR_NODES (GFP_ZONEMASK | __GFP_WRITE | __GFP_HARDWALL | __GFP_COMP | __GFP_RECLAIMABLE)

static struct kmem_cache *node_cache;

void xarray_init(void)
{
	node_cache = kmem_cache_create("radix_tree_node", sizeof(struct xa_node), 0, SLAB_RECLAIM_ACCOUNT | SLAB_PANIC,
				       NULL);
}

static inline bool is_node(const void *entry)
{
	return ((unsigned long)entry & 3) == XA_ENTRY_NODE;
}

static inline struct xa_node *to_node(const void *entry)
{
	return (struct xa_node *)((unsigned long)entry - XA_ENTRY_NODE);
}

static inline void *from_node(const struct xa_node *node)
{
	return (void *)((unsigned long)node + XA_ENTRY_NODE);
}

static inline struct xa_node *head_of(const struct xarray *xa)
{
	return xa->xa_head ? to_node(xa->xa_head) : NULL;
}

/* The last index that a tree with this head has room for. */
static inline unsigned long max_index(const struct xa_node *head)
{
	unsigned int bits = head->shift + XA_CHUNK_SHIFT;

	return bits >= BITS_PER_LONG ? ULONG_MAX : (1UL << bits) - 1;
}

static inline unsigned int slot_of(const struct xa_node *node, unsigned long index)
{
	return (index >> node->shift) & (XA_CHUNK_SIZE - 1);
}

/* Shift of the lowest head that covers @index. */
static inline unsigned int shift_for(unsigned long index)
{
	return index ? (unsigned int)__fls(index) / XA_CHUNK_SHIFT * XA_CHUNK_SHIFT : 0;
}

/* The node whose slot is @index's, or NULL if nothing is anywhere near it. */
static struct xa_node *leaf_of(const struct xarray *xa, unsigned long index)
{
	struct xa_node *node = head_of(xa);

	if (!node || index > max_index(node))
		return NULL;
	while (node && node->shift) {
		void *entry = node->slots[slot_of(node, index)];

		node = entry ? to_node(entry) : NULL;
	}
	return node;
}

static void updated(struct xarray *xa, struct xa_node *node)
{
	if (xa->update)
		((void (*)(struct xa_node *))xa->update)(node);
}

/* ---- nodes in stock ---- */

/** struct stock - nodes that are ready, linked by ->parent */
struct stock {
	struct xa_node *first;
	unsigned int nr;
};

static unsigned int nodes_needed(const struct xarray *xa, unsigned long index)
{
	const struct xa_node *node = head_of(xa);
	unsigned int want = shift_for(index), need = 0;

	if (!node)
		return want / XA_CHUNK_SHIFT + 1;
	/* A path from a higher head shares none of the nodes below the old one. */
	if (want > node->shift)
		return (want - node->shift) / XA_CHUNK_SHIFT + want / XA_CHUNK_SHIFT;
	while (node->shift) {
		void *entry = node->slots[slot_of(node, index)];

		if (!entry) {
			need = node->shift / XA_CHUNK_SHIFT;
			break;
		}
		node = to_node(entry);
	}
	return need;
}

static void empty_stock(struct stock *stock)
{
	while (stock->first) {
		struct xa_node *node = stock->first;

		stock->first = node->parent;
		kmem_cache_free(node_cache, node);
	}
	stock->nr = 0;
}

/* With the lock held, and again when it returns: what @index needs is in stock. Return: 0 or -ENOMEM. */
static int fill_stock(struct xarray *xa, unsigned long index, struct stock *stock, gfp_t gfp, unsigned long *flags)
{
	int err = 0;

	while (!err && nodes_needed(xa, index) > stock->nr) {
		struct xa_node *node;

		xa_unlock_irqrestore(xa, *flags);
		node = kmem_cache_alloc(node_cache, (gfp & ~NOT_FOR_NODES) | __GFP_ZERO);
		xa_lock_irqsave(xa, *flags);
		if (!node) {
			err = -ENOMEM;
			break;
		}
		node->parent = stock->first;
		stock->first = node;
		stock->nr++;
	}
	return err;
}

static struct xa_node *new_node(struct xarray *xa, struct stock *stock, unsigned int shift)
{
	struct xa_node *node = stock->first;

	BUG_ON(!node);
	stock->first = node->parent;
	stock->nr--;
	node->parent = NULL;
	node->array = xa;
	node->shift = (uint8_t)shift;
	INIT_LIST_HEAD(&node->private_list);
	xa->nr_nodes++;
	return node;
}

static void free_node(struct xarray *xa, struct xa_node *node)
{
	updated(xa, node);
	xa->nr_nodes--;
	kmem_cache_free(node_cache, node);
}

/* ---- shape ---- */

static void hang(struct xa_node *parent, unsigned int offset, struct xa_node *node)
{
	node->parent = parent;
	node->offset = (uint8_t)offset;
	parent->slots[offset] = from_node(node);
	parent->count++;
	for (unsigned int mark = 0; mark < XA_MAX_MARKS; mark++)
		if (node->marks[mark])
			parent->marks[mark] |= 1UL << offset;
}

/* A head that covers @index. */
static void grow(struct xarray *xa, unsigned long index, struct stock *stock)
{
	struct xa_node *head = head_of(xa);

	if (!head) {
		head = new_node(xa, stock, shift_for(index));
		xa->xa_head = from_node(head);
	}
	while (index > max_index(head)) {
		struct xa_node *above = new_node(xa, stock, head->shift + XA_CHUNK_SHIFT);

		hang(above, 0, head);
		head = above;
		xa->xa_head = from_node(head);
	}
}

/* The node with @index's slot; it and what leads to it are made if they are not there. */
static struct xa_node *make_leaf(struct xarray *xa, unsigned long index, struct stock *stock)
{
	struct xa_node *node;

	grow(xa, index, stock);
	node = head_of(xa);
	while (node->shift) {
		unsigned int at = slot_of(node, index);

		if (!node->slots[at])
			hang(node, at, new_node(xa, stock, node->shift - XA_CHUNK_SHIFT));
		node = to_node(node->slots[at]);
	}
	return node;
}

static void unmark(struct xa_node *node, unsigned int at, xa_mark_t mark)
{
	while (node && node->marks[mark] & 1UL << at) {
		node->marks[mark] &= ~(1UL << at);
		if (node->marks[mark])
			break;
		at = node->offset;
		node = node->parent;
	}
}

/* Nodes without entries go, and heads that are higher than need be. */
static void shrink(struct xarray *xa, struct xa_node *node)
{
	struct xa_node *head;

	while (node && !node->count) {
		struct xa_node *parent = node->parent;

		if (parent) {
			parent->slots[node->offset] = NULL;
			parent->count--;
		} else {
			xa->xa_head = NULL;
		}
		free_node(xa, node);
		node = parent;
	}
	for (head = head_of(xa); head && head->shift && head->count == 1 && head->slots[0]; head = head_of(xa)) {
		xa->xa_head = head->slots[0];
		to_node(xa->xa_head)->parent = NULL;
		head->count = 0;
		free_node(xa, head);
	}
}

/* What @at of a leaf holds becomes @entry; an entry that goes takes its marks along. Return: what was there. */
static void *set_slot(struct xarray *xa, struct xa_node *leaf, unsigned int at, void *entry)
{
	void *old = leaf->slots[at];

	mm_write_begin(&xa->xa_lock);
	leaf->slots[at] = entry;
	leaf->count = (uint8_t)(leaf->count + (entry != NULL) - (old != NULL));
	leaf->nr_values = (uint8_t)(leaf->nr_values + xa_is_value(entry) - xa_is_value(old));
	if (!entry)
		for (unsigned int mark = 0; mark < XA_MAX_MARKS; mark++)
			unmark(leaf, at, mark);
	if (leaf->count)
		updated(xa, leaf);
	else
		shrink(xa, leaf);
	mm_write_end(&xa->xa_lock);
	return old;
}

static void *put_entry(struct xarray *xa, unsigned long index, void *entry, struct stock *stock)
{
	struct xa_node *leaf;

	mm_write_begin(&xa->xa_lock);
	leaf = make_leaf(xa, index, stock);
	mm_write_end(&xa->xa_lock);
	return set_slot(xa, leaf, slot_of(leaf, index), entry);
}

/* ---- with the lock held ---- */

void *__xa_load(const struct xarray *xa, unsigned long index)
{
	struct xa_node *leaf = leaf_of(xa, index);

	return leaf ? leaf->slots[slot_of(leaf, index)] : NULL;
}
EXPORT_SYMBOL(__xa_load);

void *__xa_erase(struct xarray *xa, unsigned long index)
{
	struct xa_node *leaf = leaf_of(xa, index);

	if (!leaf || !leaf->slots[slot_of(leaf, index)])
		return NULL;
	return set_slot(xa, leaf, slot_of(leaf, index), NULL);
}
EXPORT_SYMBOL(__xa_erase);

void *__xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp, unsigned long *flags)
{
	struct stock stock = {NULL, 0};
	void *old;

	if (WARN_ON_ONCE(is_node(entry)))
		return ERR_PTR(-EINVAL);
	if (!entry)
		return __xa_erase(xa, index);
	if (fill_stock(xa, index, &stock, gfp, flags))
		old = ERR_PTR(-ENOMEM);
	else
		old = put_entry(xa, index, entry, &stock);
	empty_stock(&stock);
	return old;
}
EXPORT_SYMBOL(__xa_store);

void *__xa_replace(struct xarray *xa, unsigned long index, void *entry)
{
	struct xa_node *leaf = leaf_of(xa, index);

	if (WARN_ON_ONCE(!entry || is_node(entry)) || !leaf || !leaf->slots[slot_of(leaf, index)])
		return NULL;
	return set_slot(xa, leaf, slot_of(leaf, index), entry);
}
EXPORT_SYMBOL(__xa_replace);

bool __xa_get_mark(const struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	struct xa_node *leaf = leaf_of(xa, index);

	return leaf && (leaf->marks[mark] >> slot_of(leaf, index) & 1);
}
EXPORT_SYMBOL(__xa_get_mark);

void __xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	struct xa_node *node = leaf_of(xa, index);
	unsigned int at;

	if (!node || !node->slots[slot_of(node, index)])
		return;
	mm_write_begin(&xa->xa_lock);
	for (at = slot_of(node, index); node && !(node->marks[mark] & 1UL << at); node = node->parent) {
		node->marks[mark] |= 1UL << at;
		at = node->offset;
	}
	mm_write_end(&xa->xa_lock);
}
EXPORT_SYMBOL(__xa_set_mark);

void __xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	struct xa_node *leaf = leaf_of(xa, index);

	if (!leaf)
		return;
	mm_write_begin(&xa->xa_lock);
	unmark(leaf, slot_of(leaf, index), mark);
	mm_write_end(&xa->xa_lock);
}
EXPORT_SYMBOL(__xa_clear_mark);

bool xa_marked(const struct xarray *xa, xa_mark_t mark)
{
	const struct xa_node *head = head_of(xa);

	return head && READ_ONCE(head->marks[mark]);
}
EXPORT_SYMBOL(xa_marked);

/* ---- looking for the next ---- */

static unsigned int next_slot(const struct xa_node *node, unsigned int at, xa_mark_t filter)
{
	if (filter < XA_MAX_MARKS)
		return (unsigned int)find_next_bit(node->marks + filter, XA_CHUNK_SIZE, at);
	while (at < XA_CHUNK_SIZE && !node->slots[at])
		at++;
	return at;
}

/* The first candidate at or behind *@index, going down from the head. Return: NULL: *@index is where to go on, 0: nowhere. */
static void *descend(const struct xa_node *node, unsigned long *index, xa_mark_t filter)
{
	for (;;) {
		unsigned int from = slot_of(node, *index), at = next_slot(node, from, filter);

		if (at == XA_CHUNK_SIZE) {
			/* Behind all of this node; 0 if that is the end of the numbers. */
			*index = node->shift + XA_CHUNK_SHIFT >= BITS_PER_LONG ? 0 : (*index | max_index(node)) + 1;
			return NULL;
		}
		if (at != from) {
			*index &= ~((1UL << node->shift) - 1);
			*index += (unsigned long)(at - from) << node->shift;
		}
		if (!node->shift)
			return node->slots[at];
		node = to_node(node->slots[at]);
	}
}

void *__xa_find(const struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter)
{
	const struct xa_node *head = head_of(xa);
	unsigned long at = *index;

	while (head && at <= max && at <= max_index(head)) {
		void *entry = descend(head, &at, filter);

		if (entry) {
			if (at > max)
				break;
			*index = at;
			return entry;
		}
		if (!at)
			break;
	}
	return NULL;
}
EXPORT_SYMBOL(__xa_find);

/* ---- the same, taking the lock ---- */

void *xa_load(struct xarray *xa, unsigned long index)
{
	unsigned long flags;
	void *entry;

	xa_lock_irqsave(xa, flags);
	entry = __xa_load(xa, index);
	xa_unlock_irqrestore(xa, flags);
	return entry;
}
EXPORT_SYMBOL(xa_load);

void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	unsigned long flags;

	xa_lock_irqsave(xa, flags);
	entry = __xa_store(xa, index, entry, gfp, &flags);
	xa_unlock_irqrestore(xa, flags);
	return entry;
}
EXPORT_SYMBOL(xa_store);

void *xa_erase(struct xarray *xa, unsigned long index)
{
	unsigned long flags;
	void *entry;

	xa_lock_irqsave(xa, flags);
	entry = __xa_erase(xa, index);
	xa_unlock_irqrestore(xa, flags);
	return entry;
}
EXPORT_SYMBOL(xa_erase);

void *__xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp, unsigned long *flags)
{
	struct stock stock = {NULL, 0};
	void *found;

	if (WARN_ON_ONCE(is_node(entry)))
		return ERR_PTR(-EINVAL);
	if (entry && fill_stock(xa, index, &stock, gfp, flags)) {
		found = ERR_PTR(-ENOMEM);
	} else {
		found = __xa_load(xa, index);
		if (found == old && entry)
			put_entry(xa, index, entry, &stock);
		else if (found == old)
			__xa_erase(xa, index);
	}
	empty_stock(&stock);
	return found;
}
EXPORT_SYMBOL(__xa_cmpxchg);

void *xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp)
{
	unsigned long flags;

	xa_lock_irqsave(xa, flags);
	old = __xa_cmpxchg(xa, index, old, entry, gfp, &flags);
	xa_unlock_irqrestore(xa, flags);
	return old;
}
EXPORT_SYMBOL(xa_cmpxchg);

int xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	void *found = xa_cmpxchg(xa, index, NULL, entry, gfp);

	if (xa_is_err(found))
		return xa_err(found);
	return found ? -EBUSY : 0;
}
EXPORT_SYMBOL(xa_insert);

bool xa_get_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	unsigned long flags;
	bool has;

	xa_lock_irqsave(xa, flags);
	has = __xa_get_mark(xa, index, mark);
	xa_unlock_irqrestore(xa, flags);
	return has;
}
EXPORT_SYMBOL(xa_get_mark);

void xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	unsigned long flags;

	xa_lock_irqsave(xa, flags);
	__xa_set_mark(xa, index, mark);
	xa_unlock_irqrestore(xa, flags);
}
EXPORT_SYMBOL(xa_set_mark);

void xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	unsigned long flags;

	xa_lock_irqsave(xa, flags);
	__xa_clear_mark(xa, index, mark);
	xa_unlock_irqrestore(xa, flags);
}
EXPORT_SYMBOL(xa_clear_mark);

void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter)
{
	unsigned long flags;
	void *entry;

	xa_lock_irqsave(xa, flags);
	entry = __xa_find(xa, index, max, filter);
	xa_unlock_irqrestore(xa, flags);
	return entry;
}
EXPORT_SYMBOL(xa_find);

void *xa_find_after(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter)
{
	unsigned long next = *index + 1;
	void *entry;

	if (!next)
		return NULL;
	entry = xa_find(xa, &next, max, filter);
	if (entry)
		*index = next;
	return entry;
}
EXPORT_SYMBOL(xa_find_after);

unsigned int xa_extract(struct xarray *xa, void **dst, unsigned long start, unsigned long max, unsigned int n,
			xa_mark_t filter)
{
	unsigned int got = 0;
	unsigned long flags;

	xa_lock_irqsave(xa, flags);
	while (got < n && (dst[got] = __xa_find(xa, &start, max, filter))) {
		got++;
		if (!++start)
			break;
	}
	xa_unlock_irqrestore(xa, flags);
	return got;
}
EXPORT_SYMBOL(xa_extract);

void xa_destroy(struct xarray *xa)
{
	unsigned long flags, index = 0;

	xa_lock_irqsave(xa, flags);
	while (__xa_find(xa, &index, ULONG_MAX, XA_PRESENT))
		__xa_erase(xa, index);
	xa_unlock_irqrestore(xa, flags);
}
EXPORT_SYMBOL(xa_destroy);
