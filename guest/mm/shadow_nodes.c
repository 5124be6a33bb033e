// SPDX-License-Identifier: MIT
/*
 * shadow_nodes.c - nodes of mappings that hold nothing but shadows: of no use but to judge how soon pages come back, so they are
 * given up when memory is short.
 *
 * Such a leaf is on page_cache.shadow_nodes, by xa_node.private_list, the one that became so first in front; WORKINGSET_NODES
 * counts them. Always: a leaf is there if and only if count == nr_values > 0.
 * Locks: the array's, then page_cache.shadow_lock; the other way round by trying only.
 */
#include <linux/swap.h>

#include "page_cache.h"

static void count_nodes(long delta)
{
	page_cache.nr_shadow_nodes += (unsigned long)delta;
	mod_node_page_state(&mm_node, WORKINGSET_NODES, delta);
}

void shadow_node_update(struct xa_node *node)
{
	bool belongs = node->count && node->count == node->nr_values;

	if (node->shift || belongs == !list_empty(&node->private_list))
		return;
	mm_lock_write_noirq(&page_cache.shadow_lock);
	if (belongs) {
		list_add_tail(&node->private_list, &page_cache.shadow_nodes);
		count_nodes(1);
	} else {
		list_del_init(&node->private_list);
		count_nodes(-1);
	}
	mm_unlock_write_noirq(&page_cache.shadow_lock);
}

static unsigned long first_index(const struct xa_node *node)
{
	unsigned long index = 0;

	for (; node->parent; node = node->parent)
		index |= (unsigned long)node->offset << node->parent->shift;
	return index;
}

/* Needs: the lock of the node's array. The node is gone afterwards. */
static void give_up(struct xa_node *node)
{
	struct address_space *mapping = container_of(node->array, struct address_space, i_pages);
	unsigned long first = first_index(node);
	unsigned int left = node->count;

	mapping->nrshadows -= left;
	for (unsigned int i = 0; left; i++) {
		/* With the last of them the node goes. */
		if (!node->slots[i])
			continue;
		left--;
		__xa_erase(&mapping->i_pages, first + i);
	}
}

/* The first node, its array locked, interrupts off; NULL: there is none, or its array is busy. */
static struct xa_node *lock_first(unsigned long *irq)
{
	struct xa_node *node;

	*irq = mm_lock_write(&page_cache.shadow_lock);
	node = list_first_entry_or_null(&page_cache.shadow_nodes, struct xa_node, private_list);
	if (node && !spin_trylock(&node->array->xa_lock)) {
		list_move_tail(&node->private_list, &page_cache.shadow_nodes);
		node = NULL;
	}
	mm_unlock_write_noirq(&page_cache.shadow_lock);
	if (!node)
		arch_local_irq_restore(*irq);
	return node;
}

unsigned long shadow_nodes_shrink(unsigned long nr)
{
	unsigned long freed = 0;

	while (nr--) {
		unsigned long irq;
		struct xa_node *node = lock_first(&irq);

		if (!node)
			continue;
		struct xarray *xa = node->array;

		give_up(node);
		spin_unlock(&xa->xa_lock);
		arch_local_irq_restore(irq);
		mod_node_page_state(&mm_node, WORKINGSET_NODERECLAIM, 1);
		freed++;
	}
	return freed;
}
