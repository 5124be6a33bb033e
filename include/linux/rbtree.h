/* SPDX-License-Identifier: MIT */
/*
 * rbtree.h - red-black trees whose nodes live inside the user's structures.
 *
 * The user descends and links (rb_link_node), the library keeps the balance (rb_insert_color, rb_erase). Locking is the
 * user's. A colour is bit 0 of parent_color: 0 red, 1 black, so nodes must be aligned to at least 2 bytes.
 */
#ifndef _LINUX_RBTREE_H
#define _LINUX_RBTREE_H

#include <linux/container_of.h>
#include <linux/types.h>

#define RB_ROOT ((struct rb_root){NULL})
#define rb_entry(ptr, type, member) container_of(ptr, type, member)
#define rb_entry_safe(ptr, type, member)                                                                               \
	({                                                                                                             \
		__typeof__(ptr) __rb_ptr = (ptr);                                                                      \
		__rb_ptr ? rb_entry(__rb_ptr, type, member) : NULL;                                                    \
	})

#define rb_parent(r) ((struct rb_node *)((r)->parent_color & ~3UL))
#define RB_EMPTY_ROOT(root) (READ_ONCE((root)->node) == NULL)
#define RB_EMPTY_NODE(n) ((n)->parent_color == (uint64_t)(uintptr_t)(n))
#define RB_CLEAR_NODE(n) ((n)->parent_color = (uint64_t)(uintptr_t)(n))

/** struct rb_root_cached - a tree that remembers its leftmost node */
struct rb_root_cached {
	struct rb_root rb_root;
	struct rb_node *rb_leftmost;
};
#define RB_ROOT_CACHED ((struct rb_root_cached){{NULL}, NULL})
#define rb_first_cached(root) ((root)->rb_leftmost)

void rb_insert_color(struct rb_node *node, struct rb_root *root);
void rb_erase(struct rb_node *node, struct rb_root *root);
void rb_replace_node(struct rb_node *victim, struct rb_node *fresh, struct rb_root *root);

struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);
struct rb_node *rb_first_postorder(const struct rb_root *root);
struct rb_node *rb_next_postorder(const struct rb_node *node);

/** rb_link_node - hang @node, red, at the empty place @link under @parent; rb_insert_color() must follow */
static inline void rb_link_node(struct rb_node *node, struct rb_node *parent, struct rb_node **link)
{
	node->parent_color = (uint64_t)(uintptr_t)parent;
	node->left = NULL;
	node->right = NULL;
	*link = node;
}

static inline void rb_insert_color_cached(struct rb_node *node, struct rb_root_cached *root, bool leftmost)
{
	if (leftmost)
		root->rb_leftmost = node;
	rb_insert_color(node, &root->rb_root);
}

static inline void rb_erase_cached(struct rb_node *node, struct rb_root_cached *root)
{
	if (root->rb_leftmost == node)
		root->rb_leftmost = rb_next(node);
	rb_erase(node, &root->rb_root);
}

/** rb_add - insert @node; @less says whether its first argument goes before its second; equal ones go behind */
static inline void rb_add(struct rb_node *node, struct rb_root *tree,
			  bool (*less)(struct rb_node *, const struct rb_node *))
{
	struct rb_node **link = &tree->node;
	struct rb_node *parent = NULL;

	while (*link) {
		parent = *link;
		link = less(node, parent) ? &parent->left : &parent->right;
	}
	rb_link_node(node, parent, link);
	rb_insert_color(node, tree);
}

/** rb_find - a node for which @cmp(key, node) is 0, or NULL */
static inline struct rb_node *rb_find(const void *key, const struct rb_root *tree,
				      int (*cmp)(const void *key, const struct rb_node *))
{
	struct rb_node *node = tree->node;

	while (node) {
		int c = cmp(key, node);

		if (!c)
			return node;
		node = c < 0 ? node->left : node->right;
	}
	return NULL;
}

/* @n is fetched before the body, which may free @pos. */
#define rbtree_postorder_for_each_entry_safe(pos, n, root, field)                                                      \
	for ((pos) = rb_entry_safe(rb_first_postorder(root), __typeof__(*(pos)), field),                               \
	    (n) = rb_postorder_next_entry(pos, field);                                                                 \
	     (pos); (pos) = (n), (n) = rb_postorder_next_entry(pos, field))
#define rb_postorder_next_entry(pos, field)                                                                            \
	((pos) ? rb_entry_safe(rb_next_postorder(&(pos)->field), __typeof__(*(pos)), field) : NULL)

#endif
