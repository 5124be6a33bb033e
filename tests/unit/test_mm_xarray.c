// SPDX-License-Identifier: MIT
/*
 * test_mm_xarray.c - sparse arrays on the host: random stores, erasures and marks against a model that is a plain table, with the
 * whole tree looked at in between; each allocation refused once.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/xarray.h>

#include "tests/runner.h"
#include "tests/unit/arch/sim.h"
#include "tests/unit/validate.h"

#define MiB(n) ((uint64_t)(n) << 20)

static const struct sim_range ram[] = {{0, 0xa0000}, {0x100000, MiB(15)}, {MiB(16), MiB(16)}, {0, 0}};

static struct xarray xa;

static void boot(void)
{
	sim_start(ram, 1);
	xa_init(&xa);
}

/* ---- the model: places where something may be ---- */

/** struct place - @entry: what is there, NULL: nothing; @marks: bit per mark */
struct place {
	unsigned long index;
	void *entry;
	unsigned int marks;
};

enum { PLACES = 300 };
static struct place places[PLACES];

static int by_index(const void *a, const void *b)
{
	const struct place *p = a, *q = b;

	return p->index < q->index ? -1 : p->index > q->index;
}

static unsigned long some_index(void)
{
	unsigned long at = 1UL << sim_below(64);

	switch (sim_below(4)) {
	case 0:
		return sim_below(200);
	case 1:
		return at + sim_below(5) - 2;
	case 2:
		return ULONG_MAX - sim_below(100);
	default:
		return sim_random() >> sim_below(64);
	}
}

static bool is_taken(unsigned long index, unsigned int nr)
{
	while (nr--)
		if (places[nr].index == index)
			return true;
	return false;
}

/* Close together, around powers of two, at both ends, anywhere; sorted, none twice. */
static void choose_places(void)
{
	for (unsigned int i = 0; i < PLACES; i++) {
		unsigned long index = some_index();

		while (is_taken(index, i))
			index = some_index();
		places[i] = (struct place){index, NULL, 0};
	}
	qsort(places, PLACES, sizeof(*places), by_index);
}

/* ---- the tree, looked at from outside ---- */

/** struct walk - what a walk found */
struct walk {
	unsigned long nodes, entries;
};

static struct xa_node *node_of(const void *entry)
{
	return (struct xa_node *)((unsigned long)entry - XA_ENTRY_NODE);
}

/* An assertion costs more than a look at a slot: so these only say whether all is well. */
static bool slot_is_good(const struct xa_node *node, unsigned int i)
{
	const void *entry = node->slots[i];
	const struct xa_node *below = node->shift && entry ? node_of(entry) : NULL;
	bool good = true;

	for (unsigned int m = 0; m < XA_MAX_MARKS; m++) {
		bool marked = node->marks[m] >> i & 1;

		if (!entry)
			good = good && !marked;
		else if (below)
			good = good && marked == (below->marks[m] != 0);
	}
	if (!below)
		return good;
	return good && ((unsigned long)entry & 3) == XA_ENTRY_NODE && below->parent == node && below->offset == i &&
	       below->shift + XA_CHUNK_SHIFT == node->shift;
}

static void check_node(const struct xa_node *node, struct walk *c)
{
	unsigned int count = 0, values = 0;

	c->nodes++;
	for (unsigned int i = 0; i < XA_CHUNK_SIZE; i++) {
		const void *entry = node->slots[i];

		count += entry != NULL;
		values += xa_is_value(entry);
		if (!slot_is_good(node, i))
			ck_abort_msg("slot %u of a node of shift %u", i, node->shift);
		if (entry && node->shift)
			check_node(node_of(entry), c);
	}
	if (!node->shift)
		c->entries += count;
	if (node->array != &xa || node->count != count || node->nr_values != values || !count)
		ck_abort_msg("a node of shift %u says it has %u entries and %u values", node->shift, node->count,
			     node->nr_values);
}

static void check_tree(void)
{
	struct walk c = {0, 0};
	unsigned long entries = 0;

	if (xa.xa_head) {
		const struct xa_node *head = node_of(xa.xa_head);

		ck_assert_ptr_null(head->parent);
		/* As low as it can be. */
		ck_assert(!head->shift || head->count > 1 || !head->slots[0]);
		check_node(head, &c);
	}
	ck_assert_uint_eq(xa.nr_nodes, c.nodes);
	for (unsigned int i = 0; i < PLACES; i++)
		entries += places[i].entry != NULL;
	ck_assert_uint_eq(entries, c.entries);
	ck_assert_uint_eq(xa.xa_lock.seq % 2, 0);
}

static bool wanted(const struct place *p, xa_mark_t filter)
{
	return p->entry && (filter >= XA_MAX_MARKS || p->marks >> filter & 1);
}

static void check_finds(xa_mark_t filter)
{
	unsigned long index;
	unsigned int at = 0;
	void *entry;

	xa_for_each_marked(&xa, index, entry, filter)
	{
		while (at < PLACES && !wanted(&places[at], filter))
			at++;
		if (at == PLACES || index != places[at].index || entry != places[at].entry)
			ck_abort_msg("filter %u finds %lx", filter, index);
		at++;
	}
	for (; at < PLACES; at++)
		if (wanted(&places[at], filter))
			ck_abort_msg("filter %u misses %lx", filter, places[at].index);
}

static void check_everything(void)
{
	check_tree();
	for (unsigned int i = 0; i < PLACES; i++) {
		bool good = xa_load(&xa, places[i].index) == places[i].entry;

		for (xa_mark_t m = 0; m < XA_MAX_MARKS; m++)
			good = good && xa_get_mark(&xa, places[i].index, m) == (places[i].marks >> m & 1);
		if (!good)
			ck_abort_msg("what is at %lx is not as it was put", places[i].index);
	}
	for (xa_mark_t m = 0; m < XA_MAX_MARKS; m++)
		check_finds(m);
	check_finds(XA_PRESENT);
}

/* ---- steps ---- */

static void *some_entry(void)
{
	return sim_random() % 3 ? (void *)(&places[sim_random() % PLACES]) : xa_mk_value(sim_random() >> 2);
}

static void put(struct place *p, void *entry)
{
	p->entry = entry;
	if (!entry)
		p->marks = 0;
}

static void step(struct place *p)
{
	void *entry = some_entry(), *old = p->entry;
	xa_mark_t mark = (xa_mark_t)(sim_random() % XA_MAX_MARKS);

	switch (sim_random() % 8) {
	case 0:
	case 1:
		ck_assert_ptr_eq(xa_store(&xa, p->index, entry, GFP_KERNEL), old);
		put(p, entry);
		break;
	case 2:
	case 3:
		ck_assert_ptr_eq(xa_erase(&xa, p->index), old);
		put(p, NULL);
		break;
	case 4:
		ck_assert_int_eq(xa_insert(&xa, p->index, entry, GFP_KERNEL), old ? -EBUSY : 0);
		if (!old)
			put(p, entry);
		break;
	case 5:
		ck_assert_ptr_eq(xa_cmpxchg(&xa, p->index, sim_random() % 2 ? old : &xa, entry, GFP_KERNEL), old);
		put(p, xa_load(&xa, p->index));
		ck_assert(p->entry == entry || p->entry == old);
		break;
	case 6:
		xa_set_mark(&xa, p->index, mark);
		if (old)
			p->marks |= 1u << mark;
		break;
	default:
		xa_clear_mark(&xa, p->index, mark);
		p->marks &= ~(1u << mark);
	}
}

START_TEST(random_steps_against_the_model)
{
	unsigned long steps = sim_steps(20000);

	boot();
	choose_places();
	for (unsigned long n = 0; n < steps; n++) {
		step(&places[sim_random() % PLACES]);
		if (n % 500 == 0)
			check_everything();
	}
	check_everything();
	xa_destroy(&xa);
	for (unsigned int i = 0; i < PLACES; i++)
		put(&places[i], NULL);
	check_everything();
	ck_assert(xa_empty(&xa));
	ck_assert_uint_eq(xa.nr_nodes, 0);
	assert_valid();
}
END_TEST

/* A store that finds no memory leaves everything as it was, and no node behind. */
START_TEST(a_refused_store_changes_nothing)
{
	const unsigned long far = 1UL << 61;
	unsigned long refused = 0;

	boot();
	ck_assert_ptr_null(xa_store(&xa, 3, &xa, GFP_KERNEL));
	for (long n = 0;; n++) {
		void *old;

		sim_fail_at(n);
		old = xa_store(&xa, far, &xa, GFP_KERNEL | __GFP_NOWARN);
		if (!sim_fail_hit()) {
			ck_assert_ptr_null(old);
			ck_assert_uint_gt(refused, 10);
			break;
		}
		/* A slab that is refused may be had smaller. */
		if (!xa_is_err(old)) {
			xa_erase(&xa, far);
			continue;
		}
		refused++;
		ck_assert_int_eq(xa_err(old), -ENOMEM);
		ck_assert_uint_eq(xa.nr_nodes, 1);
		ck_assert_ptr_null(xa_load(&xa, far));
		ck_assert_ptr_eq(xa_load(&xa, 3), &xa);
	}
	sim_fail_at(-1);
	ck_assert_ptr_eq(xa_erase(&xa, far), &xa);
	ck_assert_uint_eq(xa.nr_nodes, 1);
	xa_destroy(&xa);
}
END_TEST

static unsigned long update_calls, freed_nodes;

static void note_update(struct xa_node *node)
{
	update_calls++;
	freed_nodes += !node->count;
}

START_TEST(the_user_is_told_of_changes)
{
	boot();
	xa.update = (uint64_t)(uintptr_t)note_update;
	ck_assert_ptr_null(xa_store(&xa, 5, xa_mk_value(7), GFP_KERNEL));
	ck_assert_uint_eq(update_calls, 1);
	ck_assert_uint_eq(freed_nodes, 0);
	ck_assert_ptr_eq(xa_erase(&xa, 5), xa_mk_value(7));
	ck_assert_uint_eq(freed_nodes, 1);
}
END_TEST

START_TEST(a_run_of_entries)
{
	void *got[8];

	boot();
	for (unsigned long i = 60; i < 70; i++)
		ck_assert_ptr_null(xa_store(&xa, i, xa_mk_value(i), GFP_KERNEL));
	xa_set_mark(&xa, 61, XA_MARK_1);
	xa_set_mark(&xa, 66, XA_MARK_1);
	ck_assert_uint_eq(xa_extract(&xa, got, 63, 66, 8, XA_PRESENT), 4);
	ck_assert_ptr_eq(got[3], xa_mk_value(66));
	ck_assert_uint_eq(xa_extract(&xa, got, 0, ULONG_MAX, 8, XA_MARK_1), 2);
	ck_assert_ptr_eq(got[1], xa_mk_value(66));
	ck_assert_uint_eq(xa_extract(&xa, got, 0, ULONG_MAX, 3, XA_PRESENT), 3);
	ck_assert(xa_marked(&xa, XA_MARK_1) && !xa_marked(&xa, XA_MARK_0));
	/* An entry that is replaced keeps its marks, one that goes takes them along. */
	ck_assert_ptr_eq(xa_store(&xa, 61, &xa, GFP_KERNEL), xa_mk_value(61));
	ck_assert(xa_get_mark(&xa, 61, XA_MARK_1));
	xa_erase(&xa, 61);
	ck_assert_ptr_null(xa_store(&xa, 61, &xa, GFP_KERNEL));
	ck_assert(!xa_get_mark(&xa, 61, XA_MARK_1));
	xa_destroy(&xa);
}
END_TEST

static Suite *xarray_suite(void)
{
	Suite *s = suite_create("mm_xarray");
	TCase *t = tcase_create("xarray");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, random_steps_against_the_model, 0, 3);
	tcase_add_test(t, a_refused_store_changes_nothing);
	tcase_add_test(t, the_user_is_told_of_changes);
	tcase_add_test(t, a_run_of_entries);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return run_to_end(srunner_create(xarray_suite()));
}
