// SPDX-License-Identifier: MIT
/*
 * rbtree.c - red-black trees, plain and augmented (Guibas and Sedgewick 1978; deletion as in Cormen et al., chapter 13).
 *
 * Always: the root is black; a red node has black children; every way from a node down to a missing child meets the
 * same number of black nodes. So no way is more than twice as long as another.
 *
 * Both ends of a rotation are one function, lift(): a child goes up, its parent becomes its child, and what lay between
 * changes hands. Trees without summaries are compiled from the same code with callbacks that do nothing.
 */
#include <linux/export.h>
#include <linux/rbtree_augmented.h>

#define RB_BLACK 1UL

static inline bool is_red(const struct rb_node *n)
{
	return n && !(n->parent_color & RB_BLACK);
}

static inline void set_parent(struct rb_node *n, struct rb_node *parent)
{
	n->parent_color = (uint64_t)(uintptr_t)parent | (n->parent_color & RB_BLACK);
}

static inline void set_red(struct rb_node *n)
{
	n->parent_color &= ~RB_BLACK;
}

static inline void set_black(struct rb_node *n)
{
	n->parent_color |= RB_BLACK;
}

/* Whatever pointed down at @old points at @fresh now. */
static void change_child(struct rb_node *old, struct rb_node *fresh, struct rb_node *parent, struct rb_root *root)
{
	if (!parent)
		root->node = fresh;
	else if (parent->left == old)
		parent->left = fresh;
	else
		parent->right = fresh;
}

/* Rotate @child up over its parent. Colours stay with their nodes. */
static void lift(struct rb_node *child, struct rb_root *root, const struct rb_augment_callbacks *augment)
{
	struct rb_node *parent = rb_parent(child);
	struct rb_node *above = rb_parent(parent);
	struct rb_node *between;

	if (parent->left == child) {
		between = child->right;
		parent->left = between;
		child->right = parent;
	} else {
		between = child->left;
		parent->right = between;
		child->left = parent;
	}
	if (between)
		set_parent(between, parent);
	change_child(parent, child, above, root);
	set_parent(child, above);
	set_parent(parent, child);
	augment->rotate(parent, child);
}

static __always_inline void insert(struct rb_node *node, struct rb_root *root,
				   const struct rb_augment_callbacks *augment)
{
	struct rb_node *parent;

	while (is_red(parent = rb_parent(node))) {
		/* A red node is never the root, so there is a grandparent. */
		struct rb_node *above = rb_parent(parent);
		struct rb_node *uncle = above->left == parent ? above->right : above->left;

		if (is_red(uncle)) {
			set_black(parent);
			set_black(uncle);
			set_red(above);
			node = above;
			continue;
		}
		/* An inner grandchild first becomes an outer one. */
		if ((parent->left == node) != (above->left == parent)) {
			lift(node, root, augment);
			parent = node;
		}
		set_black(parent);
		set_red(above);
		lift(parent, root, augment);
		break;
	}
	set_black(root->node);
}

void rb_insert_augmented(struct rb_node *node, struct rb_root *root, const struct rb_augment_callbacks *augment)
{
	insert(node, root, augment);
}
EXPORT_SYMBOL(rb_insert_augmented);

/* The ways through @node (NULL: through the missing child of @parent) are one black node short: make up for it. */
static void erase_fixup(struct rb_node *node, struct rb_node *parent, struct rb_root *root,
			const struct rb_augment_callbacks *augment)
{
	while (parent && !is_red(node)) {
		bool left = parent->left == node;
		struct rb_node *sibling = left ? parent->right : parent->left;
		struct rb_node *near, *far;

		if (is_red(sibling)) {
			set_black(sibling);
			set_red(parent);
			lift(sibling, root, augment);
			sibling = left ? parent->right : parent->left;
		}
		near = left ? sibling->left : sibling->right;
		far = left ? sibling->right : sibling->left;
		if (!is_red(near) && !is_red(far)) {
			set_red(sibling);
			node = parent;
			parent = rb_parent(node);
			continue;
		}
		if (!is_red(far)) {
			set_black(near);
			set_red(sibling);
			lift(near, root, augment);
			far = sibling;
			sibling = near;
		}
		if (is_red(parent))
			set_red(sibling);
		else
			set_black(sibling);
		set_black(parent);
		set_black(far);
		lift(sibling, root, augment);
		return;
	}
	if (node)
		set_black(node);
}

/*
 * Unhook @node, which has two children: its successor takes its place, colour and summary.
 * Return: the node under which something is missing now; *@child is what hangs there, *@black whether a black node left.
 */
static struct rb_node *replace_by_successor(struct rb_node *node, struct rb_root *root, struct rb_node **child,
					    bool *black, const struct rb_augment_callbacks *augment)
{
	struct rb_node *next = node->right;
	struct rb_node *parent;

	while (next->left)
		next = next->left;
	*black = !is_red(next);
	*child = next->right;
	parent = rb_parent(next);
	if (parent == node) {
		parent = next;
	} else {
		parent->left = *child;
		if (*child)
			set_parent(*child, parent);
		next->right = node->right;
		set_parent(next->right, next);
	}
	next->left = node->left;
	set_parent(next->left, next);
	change_child(node, next, rb_parent(node), root);
	next->parent_color = node->parent_color;
	augment->copy(node, next);
	augment->propagate(parent, next);
	augment->propagate(next, NULL);
	return parent;
}

static __always_inline void erase(struct rb_node *node, struct rb_root *root,
				  const struct rb_augment_callbacks *augment)
{
	struct rb_node *child, *parent;
	bool black;

	if (node->left && node->right) {
		parent = replace_by_successor(node, root, &child, &black, augment);
	} else {
		child = node->left ? node->left : node->right;
		parent = rb_parent(node);
		black = !is_red(node);
		change_child(node, child, parent, root);
		if (child)
			set_parent(child, parent);
		if (parent)
			augment->propagate(parent, NULL);
	}
	if (black)
		erase_fixup(child, parent, root, augment);
}

void rb_erase_augmented(struct rb_node *node, struct rb_root *root, const struct rb_augment_callbacks *augment)
{
	erase(node, root, augment);
}
EXPORT_SYMBOL(rb_erase_augmented);

static void no_propagate(struct rb_node *node, struct rb_node *stop)
{
	(void)node;
	(void)stop;
}

static void no_summary(struct rb_node *from, struct rb_node *to)
{
	(void)from;
	(void)to;
}

static const struct rb_augment_callbacks plain = {no_propagate, no_summary, no_summary};

void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	insert(node, root, &plain);
}
EXPORT_SYMBOL(rb_insert_color);

void rb_erase(struct rb_node *node, struct rb_root *root)
{
	erase(node, root, &plain);
}
EXPORT_SYMBOL(rb_erase);

/** rb_replace_node - @fresh takes @victim's place; it must sort where @victim did */
void rb_replace_node(struct rb_node *victim, struct rb_node *fresh, struct rb_root *root)
{
	*fresh = *victim;
	if (victim->left)
		set_parent(victim->left, fresh);
	if (victim->right)
		set_parent(victim->right, fresh);
	change_child(victim, fresh, rb_parent(victim), root);
}
EXPORT_SYMBOL(rb_replace_node);

struct rb_node *rb_first(const struct rb_root *root)
{
	struct rb_node *n = root->node;

	while (n && n->left)
		n = n->left;
	return n;
}
EXPORT_SYMBOL(rb_first);

struct rb_node *rb_last(const struct rb_root *root)
{
	struct rb_node *n = root->node;

	while (n && n->right)
		n = n->right;
	return n;
}
EXPORT_SYMBOL(rb_last);

struct rb_node *rb_next(const struct rb_node *node)
{
	struct rb_node *n, *parent;

	if (RB_EMPTY_NODE(node))
		return NULL;
	if (node->right) {
		for (n = node->right; n->left; n = n->left)
			;
		return n;
	}
	while ((parent = rb_parent(node)) && node == parent->right)
		node = parent;
	return parent;
}
EXPORT_SYMBOL(rb_next);

struct rb_node *rb_prev(const struct rb_node *node)
{
	struct rb_node *n, *parent;

	if (RB_EMPTY_NODE(node))
		return NULL;
	if (node->left) {
		for (n = node->left; n->right; n = n->right)
			;
		return n;
	}
	while ((parent = rb_parent(node)) && node == parent->left)
		node = parent;
	return parent;
}
EXPORT_SYMBOL(rb_prev);

static struct rb_node *deepest_left(const struct rb_node *n)
{
	for (;;) {
		if (n->left)
			n = n->left;
		else if (n->right)
			n = n->right;
		else
			return (struct rb_node *)n;
	}
}

struct rb_node *rb_first_postorder(const struct rb_root *root)
{
	return root->node ? deepest_left(root->node) : NULL;
}
EXPORT_SYMBOL(rb_first_postorder);

struct rb_node *rb_next_postorder(const struct rb_node *node)
{
	const struct rb_node *parent;

	if (!node)
		return NULL;
	parent = rb_parent(node);
	if (parent && node == parent->left && parent->right)
		return deepest_left(parent->right);
	return (struct rb_node *)parent;
}
EXPORT_SYMBOL(rb_next_postorder);
