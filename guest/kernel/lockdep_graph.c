// SPDX-License-Identifier: MIT
/*
 * lockdep_graph.c - classes of locks, and the graph of what was taken under what.
 *
 * Shape:  lock_classes[1 .. nr_classes): a class each, found by its key through hash chains; its @after and @before bits are the
 *         edges. edges[] keeps the stacks of the first so many of them, for reports.
 * Always: the graph has no cycle: an edge that would close one is reported and left out, and remembered in @refused, so that it is
 *         reported once. No path leads from a class that interrupts take to one that is held with them on, unless
 *         that was reported.
 * Locks:  graph_lock, with interrupts off, for every change and every search. It is a bare word: the checker does not check
 *         itself.
 * Not here: which thread holds what.
 */
#include "guest/kernel/lockdep.h"

#if MM_CONTEXT_CHECKS

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>

#define NR_EDGES 2048
#define HASH_BITS 8
#define WORDS (MMV_LOCK_CLASSES / 64)

struct mm_lock_class lock_classes[MMV_LOCK_CLASSES];

static unsigned int graph_lock;
static unsigned int nr_classes = 1; /* (L) */
static uint16_t hash_head[1 << HASH_BITS], hash_next[MMV_LOCK_CLASSES];
static uint64_t refused[MMV_LOCK_CLASSES][WORDS];    /* (L) edges that were reported instead of added */
static uint64_t accused[2][MMV_LOCK_CLASSES][WORDS]; /* (L) by kind of interrupt: pairs that check_usage() reported */
static struct lock_edge edges[NR_EDGES];             /* (L) */
static unsigned int nr_edges;                        /* (L) */

/* The search's own, under graph_lock. */
static uint16_t queue[MMV_LOCK_CLASSES], came_from[MMV_LOCK_CLASSES], path[2 * MMV_LOCK_CLASSES];

static void lock_graph(void)
{
	lockdep_enter();
	while (__atomic_exchange_n(&graph_lock, 1, __ATOMIC_ACQUIRE))
		cpu_relax();
}

static void unlock_graph(void)
{
	__atomic_store_n(&graph_lock, 0, __ATOMIC_RELEASE);
	lockdep_leave();
}

static void set_bit_of(uint64_t *bits, unsigned int n)
{
	WRITE_ONCE(bits[n / 64], bits[n / 64] | 1ULL << n % 64);
}

/* ---- classes ---- */

static unsigned int hash_of(gva_t key, unsigned int sub)
{
	return (unsigned int)((key + sub) * 0x9e3779b97f4a7c15ULL >> (64 - HASH_BITS));
}

static unsigned int look_up(gva_t key, unsigned int sub)
{
	unsigned int id = READ_ONCE(hash_head[hash_of(key, sub)]);

	for (; id; id = READ_ONCE(hash_next[id])) {
		const struct mm_lock_class *c = &lock_classes[id];

		if (c->key == key && c->sub == sub && !c->dead)
			return id;
	}
	return 0;
}

static unsigned int new_class(gva_t key, unsigned int sub, const char *name)
{
	unsigned int h = hash_of(key, sub), id = nr_classes;
	struct mm_lock_class *c = &lock_classes[id];

	if (id == MMV_LOCK_CLASSES) {
		report_full("classes of locks");
		return 0;
	}
	c->key = key;
	c->sub = (uint16_t)sub;
	if (!name)
		snprintf(c->name, sizeof(c->name), "[<%016lx>]", (unsigned long)key);
	else if (sub)
		snprintf(c->name, sizeof(c->name), "%s/%u", name, sub);
	else
		snprintf(c->name, sizeof(c->name), "%s", name);
	hash_next[id] = hash_head[h];
	nr_classes++;
	mm_root.lock_classes = lock_classes;
	WRITE_ONCE(mm_root.nr_lock_classes, nr_classes);
	__atomic_store_n(&hash_head[h], (uint16_t)id, __ATOMIC_RELEASE);
	return id;
}

unsigned int class_find(gva_t key, unsigned int sub, const char *name)
{
	unsigned int id = look_up(key, sub);

	if (likely(id))
		return id;
	lock_graph();
	id = look_up(key, sub);
	if (!id)
		id = new_class(key, sub, name);
	unlock_graph();
	return id;
}

void lockdep_free_range(const void *start, size_t size)
{
	unsigned long irq = arch_local_irq_save();

	lock_graph();
	for (unsigned int id = 1; id < nr_classes; id++) {
		struct mm_lock_class *c = &lock_classes[id];

		if (c->key - (gva_t)start < size)
			c->dead = 1;
	}
	unlock_graph();
	arch_local_irq_restore(irq);
}

/* ---- searching ---- */

/*
 * Breadth first from @start, along @after or @before, for a class that is @target or has a usage of @bits: so the path
 * found is a shortest one. Return: the class, or 0; came_from[] leads back to @start.
 */
static unsigned int search(unsigned int start, bool forward, unsigned int target, unsigned int bits)
{
	unsigned int head = 0, tail = 0;

	memset(came_from, 0, sizeof(came_from));
	queue[tail++] = (uint16_t)start;
	came_from[start] = (uint16_t)start;
	while (head < tail) {
		unsigned int id = queue[head++];
		const struct mm_lock_class *c = &lock_classes[id];

		if (id == target || c->usage & bits)
			return id;
		for (unsigned int w = 0; w < WORDS; w++) {
			for (uint64_t left = forward ? c->after[w] : c->before[w]; left; left &= left - 1) {
				unsigned int next = w * 64 + (unsigned int)__builtin_ctzll(left);

				if (!came_from[next] && !lock_classes[next].dead) {
					came_from[next] = (uint16_t)id;
					queue[tail++] = (uint16_t)next;
				}
			}
		}
	}
	return 0;
}

/* Write the way from search()'s start to @end behind path[@nr]. Return: the new length. */
static unsigned int way_to(unsigned int end, unsigned int nr)
{
	unsigned int steps = 1;

	for (unsigned int id = end; came_from[id] != id; id = came_from[id])
		steps++;
	for (unsigned int id = end, i = steps; i--; id = came_from[id])
		path[nr + i] = (uint16_t)id;
	return nr + steps;
}

/* The same, from @end back to the start: for a search against the edges. */
static unsigned int way_from(unsigned int end)
{
	unsigned int nr = 0;

	for (unsigned int id = end;; id = came_from[id]) {
		path[nr++] = (uint16_t)id;
		if (came_from[id] == id)
			return nr;
	}
}

/* ---- interrupts ---- */

static const struct {
	unsigned int used, on;
} usages[] = {{LOCK_USED_IN_HARDIRQ, LOCK_HARDIRQS_ON}, {LOCK_USED_IN_SOFTIRQ, LOCK_SOFTIRQS_ON}};

/*
 * Is there a way from a class that interrupts take, through @from, to @to and a class that is held with them on? Then an interrupt
 * may wait for a lock whose holder waits for one that the interrupted code holds. @from and @to are one, or an edge.
 */
static void check_usage(unsigned int from, unsigned int to, unsigned int kind)
{
	unsigned int safe = search(from, false, 0, usages[kind].used), nr, end;

	if (!safe)
		return;
	nr = way_from(safe);
	end = search(to, true, 0, usages[kind].on);
	if (!end || has_bit(accused[kind][safe], end))
		return;
	set_bit_of(accused[kind][safe], end);
	/* Both ways fit into path[]: they meet nowhere else, or there were a cycle. */
	nr = way_to(end, from == to ? nr - 1 : nr);
	report_usage(usages[kind].used, path, nr);
}

void class_use(unsigned int id, unsigned int bit, unsigned long ip)
{
	struct mm_lock_class *c = &lock_classes[id];

	if (likely(READ_ONCE(c->usage) & bit))
		return;
	lock_graph();
	if (!(c->usage & bit)) {
		c->usage_ip[__builtin_ctz(bit)] = ip;
		WRITE_ONCE(c->usage, c->usage | bit);
		check_usage(id, id, bit & (LOCK_USED_IN_HARDIRQ | LOCK_HARDIRQS_ON) ? 0 : 1);
	}
	unlock_graph();
}

/* ---- edges ---- */

const struct lock_edge *edge_find(unsigned int from, unsigned int to)
{
	for (unsigned int i = 0; i < nr_edges; i++) {
		if (edges[i].from == from && edges[i].to == to)
			return &edges[i];
	}
	return NULL;
}

static void keep_edge(const struct mm_held_lock *held, unsigned int id)
{
	struct lock_edge *e;

	if (nr_edges == NR_EDGES) {
		report_full("stacks of lock orders");
		return;
	}
	e = &edges[nr_edges++];
	e->from = (uint16_t)held->class;
	e->to = (uint16_t)id;
	e->held_ip = held_ip(held);
	e->nr = callers_of_here(e->stack, EDGE_DEPTH);
}

void graph_add(const struct mm_held_lock *held, unsigned int id, unsigned long ip)
{
	unsigned int from = held->class;

	if (likely(has_bit(lock_classes[from].after, id) || has_bit(refused[from], id)))
		return;
	lock_graph();
	if (has_bit(lock_classes[from].after, id) || has_bit(refused[from], id)) {
		unlock_graph();
		return;
	}
	if (from == id) {
		set_bit_of(refused[from], id);
		report_recursion(held, id, ip);
	} else if (search(id, true, from, 0)) {
		set_bit_of(refused[from], id);
		report_order(held, id, ip, path, way_to(from, 0));
	} else {
		set_bit_of(lock_classes[from].after, id);
		set_bit_of(lock_classes[id].before, from);
		keep_edge(held, id);
		check_usage(from, id, 0);
		check_usage(from, id, 1);
	}
	unlock_graph();
}

#endif
