// SPDX-License-Identifier: MIT
/*
 * check_vmtree.c - the red-black trees over pieces of address space: same nodes as the list, same order, legal colours, and
 * in the free tree the largest piece under every node.
 *
 * The walk keeps its own stack. It ends when it is deeper than a red-black tree of that many nodes can be, or has met more
 * nodes than the list has: so a cycle or a wild pointer ends it, and is the fault.
 */
#include <string.h>

#include "tools/view/check_impl.h"

#define MAX_DEPTH 64

/** struct at - one node on the way down. @blacks: black nodes under its left side, -1 before that was seen. */
struct at {
	gva_t node;
	struct vmap_area va;
	unsigned int stage; /* 0: left side next, 1: itself and the right side, 2: done */
	int blacks_left, blacks;
	uint64_t largest;
};

struct tree_walk {
	struct check_ctx *c;
	const struct vec *nodes;
	const char *what;
	bool augmented;
	size_t met;
	struct at stack[MAX_DEPTH];
	unsigned int depth;
	bool stop;
};

static struct check_fault *tree_fault(struct tree_walk *w, gva_t node, const char *fmt, uint64_t got)
{
	struct check_fault *f = check_fault(w->c, R_VM_TREE, CHECK_NO_PFN, node, "%s, %s tree", w->what,
					    w->augmented ? "free" : "busy");

	check_got(f, fmt, got);
	return f;
}

static bool red(const struct rb_node *n)
{
	return !(n->parent_color & 1);
}

/* Go down to @node, whose parent must be @parent. */
static void push(struct tree_walk *w, gva_t node, gva_t parent, bool parent_red)
{
	struct at *at = &w->stack[w->depth];
	struct check_fault *f;

	if (w->depth == MAX_DEPTH || w->met + w->depth > w->nodes->nr + MAX_DEPTH) {
		check_want(tree_fault(w, node, "more nodes than the list's %lu, or a cycle", w->nodes->nr),
			   "the list's");
		w->stop = true;
		return;
	}
	memset(at, 0, sizeof(*at));
	at->node = node;
	if (view_read(w->c->v, node - offsetof(struct vmap_area, node), &at->va, sizeof(at->va))) {
		check_want(tree_fault(w, parent, "a link to %#lx, which is nowhere", node), "a node");
		w->stop = true;
		return;
	}
	if ((at->va.node.parent_color & ~3ULL) != parent) {
		f = tree_fault(w, node, "parent %#lx", at->va.node.parent_color & ~3ULL);
		check_want(f, "%#lx", parent);
	}
	if (parent_red && red(&at->va.node))
		check_want(tree_fault(w, node, "red under red at depth %lu", w->depth), "a black node");
	w->depth++;
}

/* In order of address: the nth node is the nth on the list. */
static void meet(struct tree_walk *w, const struct at *at)
{
	if (w->met >= w->nodes->nr || w->nodes->at[w->met] != at->node) {
		struct check_fault *f = tree_fault(w, at->node, "this node as number %lu", w->met);

		check_want(f, "%#lx, as the list has it", w->met < w->nodes->nr ? w->nodes->at[w->met] : 0);
		w->stop = true;
	}
	w->met++;
}

static void leave(struct tree_walk *w, const struct at *at)
{
	struct check_fault *f;

	if (!w->augmented || at->va.subtree_max == at->largest)
		return;
	f = check_fault(w->c, R_VM_SUBTREE, CHECK_NO_PFN, at->node, "%s, free piece at %#lx", w->what, at->va.va_start);
	check_got(f, "subtree_max %#lx", at->va.subtree_max);
	check_want(f, "%#lx", at->largest);
}

/* The subtree on one side is done (or empty): it has @blacks black nodes on every way down. */
static void side_done(struct tree_walk *w, struct at *at, int blacks, uint64_t largest)
{
	uint64_t own = at->va.va_end - at->va.va_start;

	if (largest > at->largest)
		at->largest = largest;
	if (at->stage == 0) {
		at->blacks_left = blacks;
		at->stage = 1;
		return;
	}
	if (blacks != at->blacks_left)
		check_want(tree_fault(w, at->node, "%lu black nodes under its left side and another number right",
				      (uint64_t)at->blacks_left),
			   "as many on both");
	if (own > at->largest)
		at->largest = own;
	at->blacks = blacks + !red(&at->va.node);
	at->stage = 2;
}

static void step(struct tree_walk *w)
{
	struct at *at = &w->stack[w->depth - 1];
	gva_t next;

	if (at->stage == 2) {
		struct at done = *at;

		leave(w, at);
		w->depth--;
		if (w->depth)
			side_done(w, &w->stack[w->depth - 1], done.blacks, done.largest);
		return;
	}
	if (at->stage == 1)
		meet(w, at);
	next = at->stage ? at->va.node.right.va : at->va.node.left.va;
	if (next)
		push(w, next, at->node, red(&at->va.node));
	else
		side_done(w, at, 0, 0);
}

void check_vm_tree(struct check_ctx *c, gva_t root_addr, const struct rb_root *root, const struct vec *nodes,
		   bool augmented, const char *what)
{
	struct tree_walk w = {.c = c, .nodes = nodes, .what = what, .augmented = augmented};

	if (root->node.va)
		push(&w, root->node.va, 0, false);
	if (w.depth && red(&w.stack[0].va.node))
		check_want(tree_fault(&w, root->node.va, "a red root at depth %lu", 0), "a black root");
	while (w.depth && !w.stop)
		step(&w);
	if (!w.stop && w.met != nodes->nr)
		check_want(tree_fault(&w, root_addr, "%lu nodes", w.met), "%lu, as on the list", nodes->nr);
}
