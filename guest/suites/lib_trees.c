// SPDX-License-Identifier: MIT
/*
 * lib_trees.c - suite: linked lists and red-black trees against models that are too simple to be wrong.
 */
#include <kunit/test.h>
#include <linux/list.h>
#include <linux/prandom.h>
#include <linux/rbtree_augmented.h>

#define ITEMS 48
#define STEPS 600
#define LOOK_EVERY 40

/* ---- lists: the model is the order of the numbers in an array ---- */

struct item {
	struct list_head node;
	int nr;
};

static void expect_order(struct kunit *test, struct list_head *head, const char *want)
{
	char got[ITEMS] = "";
	struct item *item;
	size_t n = 0;

	list_for_each_entry (item, head, node)
		got[n++] = (char)('a' + item->nr);
	KUNIT_EXPECT_STREQ(test, got, want);
	n = strlen(want);
	list_for_each_entry_reverse(item, head, node) KUNIT_EXPECT_EQ(test, 'a' + item->nr, want[--n]);
}

static void lists_keep_order(struct kunit *test)
{
	struct item items[6], *item, *next;
	LIST_HEAD(other);
	LIST_HEAD(list);

	KUNIT_EXPECT_TRUE(test, list_empty(&list));
	for (int i = 0; i < 6; i++) {
		items[i].nr = i;
		if (i % 2)
			list_add(&items[i].node, &list);
		else
			list_add_tail(&items[i].node, &list);
	}
	expect_order(test, &list, "fdbace");
	list_move_tail(&items[5].node, &list);
	expect_order(test, &list, "dbacef");
	list_cut_position(&other, &list, &items[0].node);
	expect_order(test, &other, "dba");
	expect_order(test, &list, "cef");
	list_splice_tail_init(&other, &list);
	expect_order(test, &list, "cefdba");
	KUNIT_EXPECT_TRUE(test, list_empty(&other));
	list_swap(&items[2].node, &items[0].node);
	expect_order(test, &list, "aefdbc");
	list_swap(&items[4].node, &items[5].node);
	expect_order(test, &list, "afedbc");
	list_rotate_left(&list);
	expect_order(test, &list, "fedbca");
	list_for_each_entry_safe (item, next, &list, node)
		if (item->nr % 2)
			list_del(&item->node);
	expect_order(test, &list, "eca");
	KUNIT_EXPECT_EQ(test, list_count_nodes(&list), (size_t)3);
	KUNIT_EXPECT_PTR_EQ(test, list_first_entry(&list, struct item, node), &items[4]);
	KUNIT_EXPECT_NULL(test, list_first_entry_or_null(&other, struct item, node));
}

struct hitem {
	struct hlist_node node;
	int nr;
};

static void chains_unlink_anywhere(struct kunit *test)
{
	struct hitem items[3] = {{.nr = 0}, {.nr = 1}, {.nr = 2}}, *item;
	HLIST_HEAD(head);
	int sum = 0;

	for (int i = 0; i < 3; i++)
		hlist_add_head(&items[i].node, &head);
	hlist_del_init(&items[1].node);
	KUNIT_EXPECT_TRUE(test, hlist_unhashed(&items[1].node));
	hlist_for_each_entry(item, &head, node) sum = sum * 10 + item->nr + 1;
	KUNIT_EXPECT_EQ(test, sum, 31);
	hlist_del(&items[2].node);
	hlist_del(&items[0].node);
	KUNIT_EXPECT_TRUE(test, hlist_empty(&head));
}

/* ---- trees: the model is one flag for each key; the summary is the largest weight below ---- */

struct leaf {
	struct rb_node node;
	unsigned int key;
	unsigned int weight;
	unsigned int heaviest;
	bool in;
};

#define leaf_weight(leaf) ((leaf)->weight)
RB_DECLARE_CALLBACKS_MAX(static, heaviest, struct leaf, node, unsigned int, heaviest, leaf_weight);

static struct leaf *leaf_of(struct rb_node *n)
{
	return rb_entry_safe(n, struct leaf, node);
}

static void insert(struct rb_root *root, struct leaf *leaf)
{
	struct rb_node **link = &root->node;
	struct rb_node *parent = NULL;

	while (*link) {
		parent = *link;
		/* On the way down: the summaries must be right before the tree is rebalanced. */
		if (leaf_of(parent)->heaviest < leaf->weight)
			leaf_of(parent)->heaviest = leaf->weight;
		link = leaf->key < leaf_of(parent)->key ? &parent->left : &parent->right;
	}
	leaf->heaviest = leaf->weight;
	rb_link_node(&leaf->node, parent, link);
	rb_insert_augmented(&leaf->node, root, &heaviest);
}

static bool is_black(struct rb_node *n)
{
	return !n || n->parent_color & 1;
}

/* Black nodes on every way down from @n, or -1 if something under it is not as it must be. */
static int black_height(struct rb_node *n, struct rb_node *parent)
{
	unsigned int most;
	int left, right;

	if (!n)
		return 0;
	if (rb_parent(n) != parent || (!is_black(n) && !is_black(parent)))
		return -1;
	left = black_height(n->left, n);
	right = black_height(n->right, n);
	most = leaf_of(n)->weight;
	if (n->left)
		most = max(most, leaf_of(n->left)->heaviest);
	if (n->right)
		most = max(most, leaf_of(n->right)->heaviest);
	if (left < 0 || left != right || leaf_of(n)->heaviest != most)
		return -1;
	return left + is_black(n);
}

/* Is the tree sound, and does a walk meet just the keys that are in, in order, both ways? */
static bool agrees(const struct rb_root *root, struct leaf *leaves)
{
	struct rb_node *up = rb_first(root);
	struct rb_node *down = rb_last(root);

	if (!is_black(root->node) || black_height(root->node, NULL) < 0)
		return false;
	for (unsigned int k = 0; k < ITEMS; k++) {
		if (leaves[k].in) {
			if (leaf_of(up) != &leaves[k])
				return false;
			up = rb_next(up);
		}
		if (leaves[ITEMS - 1 - k].in) {
			if (leaf_of(down) != &leaves[ITEMS - 1 - k])
				return false;
			down = rb_prev(down);
		}
	}
	return !up && !down;
}

static void trees_agree_with_a_model(struct kunit *test)
{
	struct leaf *leaves = kunit_kcalloc(test, ITEMS, sizeof(*leaves), GFP_KERNEL);
	struct rb_root root = RB_ROOT;
	u64 seed = get_random_u64();
	struct rnd_state rnd;

	KUNIT_ASSERT_NOT_NULL(test, leaves);
	prandom_seed_state(&rnd, seed);
	for (unsigned int step = 1; step <= STEPS; step++) {
		struct leaf *leaf = &leaves[prandom_u32_state(&rnd) % ITEMS];

		if (leaf->in) {
			rb_erase_augmented(&leaf->node, &root, &heaviest);
		} else {
			leaf->key = (unsigned int)(leaf - leaves);
			leaf->weight = prandom_u32_state(&rnd) % 1000;
			insert(&root, leaf);
		}
		leaf->in = !leaf->in;
		if (step % LOOK_EVERY == 0 && !agrees(&root, leaves)) {
			KUNIT_FAIL(test, "seed %llu, step %u: the tree is wrong", seed, step);
			return;
		}
	}
}

static bool before(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct leaf, node)->key < rb_entry(b, struct leaf, node)->key;
}

static int find_key(const void *key, const struct rb_node *n)
{
	return (int)*(const unsigned int *)key - (int)rb_entry(n, struct leaf, node)->key;
}

static void trees_without_summaries(struct kunit *test)
{
	struct leaf leaves[10], spare = {.key = 4}, *pos, *next;
	struct rb_root root = RB_ROOT;
	unsigned int seen = 0;

	KUNIT_EXPECT_NULL(test, rb_first(&root));
	for (unsigned int i = 0; i < 10; i++) {
		leaves[i].key = i * 7 % 10;
		rb_add(&leaves[i].node, &root, before);
	}
	for (unsigned int key = 0; key < 10; key++)
		KUNIT_EXPECT_PTR_EQ(test, leaf_of(rb_find(&key, &root, find_key)), &leaves[key * 3 % 10]);
	rb_replace_node(&leaves[2].node, &spare.node, &root);
	KUNIT_EXPECT_PTR_EQ(test, leaf_of(rb_find(&spare.key, &root, find_key)), &spare);
	rb_erase(&leaves[0].node, &root);
	KUNIT_EXPECT_EQ(test, leaf_of(rb_first(&root))->key, 1U);
	rbtree_postorder_for_each_entry_safe(pos, next, &root, node)
	{
		seen += 1 + 100 * pos->key;
	}
	KUNIT_EXPECT_EQ(test, seen, 9 + 100 * 45U);
}

static struct kunit_case tree_cases[] = {
	KUNIT_CASE(lists_keep_order),
	KUNIT_CASE(chains_unlink_anywhere),
	KUNIT_CASE(trees_agree_with_a_model),
	KUNIT_CASE(trees_without_summaries),
	{},
};

static struct kunit_suite tree_suite = {
	.name = "lib_trees",
	.test_cases = tree_cases,
};
kunit_test_suite(tree_suite);
