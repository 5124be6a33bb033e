/* SPDX-License-Identifier: MIT */
/*
 * rbtree_augmented.h - trees whose nodes also keep a summary of the subtree under them (its largest gap, say).
 *
 * After rb_link_node() the user brings the summaries on the way up to the root up to date (the new node's own included),
 * then calls rb_insert_augmented(). rb_erase_augmented() needs nothing before it.
 */
#ifndef _LINUX_RBTREE_AUGMENTED_H
#define _LINUX_RBTREE_AUGMENTED_H

#include <linux/rbtree.h>

/**
 * struct rb_augment_callbacks - how to keep the summaries
 * @propagate: recompute @node and its ancestors up to but not including @stop (NULL: to the root)
 * @copy:      @to takes @from's place and its summary
 * @rotate:    @top takes @old's place and summary; then @old, now its child, is recomputed
 */
struct rb_augment_callbacks {
	void (*propagate)(struct rb_node *node, struct rb_node *stop);
	void (*copy)(struct rb_node *from, struct rb_node *to);
	void (*rotate)(struct rb_node *old, struct rb_node *top);
};

void rb_insert_augmented(struct rb_node *node, struct rb_root *root, const struct rb_augment_callbacks *augment);
void rb_erase_augmented(struct rb_node *node, struct rb_root *root, const struct rb_augment_callbacks *augment);

/**
 * RB_DECLARE_CALLBACKS - write the three callbacks from one function
 * @compute: bool compute(struct type *node, bool exit): recompute node's summary from its own value and its children's;
 *           with @exit, return true and change nothing if it is right already
 */
#define RB_DECLARE_CALLBACKS(STATIC, NAME, TYPE, FIELD, SUMMARY, COMPUTE)                                              \
	static inline void NAME##_propagate(struct rb_node *rb, struct rb_node *stop)                                  \
	{                                                                                                              \
		while (rb != stop) {                                                                                   \
			TYPE *node = rb_entry(rb, TYPE, FIELD);                                                        \
			if (COMPUTE(node, true))                                                                       \
				break;                                                                                 \
			rb = rb_parent(&node->FIELD);                                                                  \
		}                                                                                                      \
	}                                                                                                              \
	static inline void NAME##_copy(struct rb_node *from, struct rb_node *to)                                       \
	{                                                                                                              \
		rb_entry(to, TYPE, FIELD)->SUMMARY = rb_entry(from, TYPE, FIELD)->SUMMARY;                             \
	}                                                                                                              \
	static void NAME##_rotate(struct rb_node *old, struct rb_node *top)                                            \
	{                                                                                                              \
		NAME##_copy(old, top);                                                                                 \
		COMPUTE(rb_entry(old, TYPE, FIELD), false);                                                            \
	}                                                                                                              \
	STATIC const struct rb_augment_callbacks NAME = {NAME##_propagate, NAME##_copy, NAME##_rotate}

#define __RB_MAX_COMPUTE(TYPE, FIELD, SUMTYPE, SUMMARY, VALUE)                                                         \
	SUMTYPE max = VALUE(node);                                                                                     \
	if (node->FIELD.left && rb_entry(node->FIELD.left, TYPE, FIELD)->SUMMARY > max)                                \
		max = rb_entry(node->FIELD.left, TYPE, FIELD)->SUMMARY;                                                \
	if (node->FIELD.right && rb_entry(node->FIELD.right, TYPE, FIELD)->SUMMARY > max)                              \
		max = rb_entry(node->FIELD.right, TYPE, FIELD)->SUMMARY;

/** RB_DECLARE_CALLBACKS_MAX - the summary is the largest VALUE(node) in the subtree */
#define RB_DECLARE_CALLBACKS_MAX(STATIC, NAME, TYPE, FIELD, SUMTYPE, SUMMARY, VALUE)                                   \
	static inline bool NAME##_compute(TYPE *node, bool exit)                                                       \
	{                                                                                                              \
		__RB_MAX_COMPUTE(TYPE, FIELD, SUMTYPE, SUMMARY, VALUE)                                                 \
		if (exit && node->SUMMARY == max)                                                                      \
			return true;                                                                                   \
		node->SUMMARY = max;                                                                                   \
		return false;                                                                                          \
	}                                                                                                              \
	RB_DECLARE_CALLBACKS(STATIC, NAME, TYPE, FIELD, SUMMARY, NAME##_compute)

#endif
