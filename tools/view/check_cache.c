// SPDX-License-Identifier: MIT
/*
 * check_cache.c - the page cache: mappings, the arrays of their pages, and what the pages say themselves.
 *
 * A mapping whose array is being changed is left alone. Walks are bounded by the array's own count of nodes, plus one: a tree that
 * has more is at fault for that alone.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/view/check_impl.h"

#define MAX_MAPPINGS (1u << 20)
#define MAX_NODES (1u << 22)

/** struct walk - one mapping's array */
struct walk {
	struct check_ctx *c;
	gva_t at;
	struct address_space m;
	uint64_t nodes, pages, values, dirty, writeback;
	uint64_t *shadow_nodes; /* leaves without pages, over all mappings */
};

/** struct totals - over all mappings */
struct totals {
	uint64_t pages, dirty, shadow_nodes;
	bool whole;
};

static void cache_fault(struct walk *w, enum rule rule, uint64_t pfn, gva_t addr, const char *got, const char *want)
{
	struct check_fault *f = check_fault(w->c, rule, pfn, addr, "mapping %.16s", w->m.name);

	check_got(f, "%s", got);
	check_want(f, "%s", want);
}

static void count_fault(struct walk *w, enum rule rule, size_t field, const char *what, uint64_t got, uint64_t want)
{
	struct check_fault *f;

	if (got == want)
		return;
	f = check_fault(w->c, rule, CHECK_NO_PFN, w->at + field, "mapping %.16s", w->m.name);
	check_got(f, "%s %" PRIu64, what, got);
	check_want(f, "%" PRIu64, want);
}

/* ---- pages ---- */

/* What the marks say and what the flags say. A locked page may be between the two. */
static void check_marks(struct walk *w, const struct page *p, uint64_t pfn, unsigned int marks)
{
	bool dirty = p->flags & PG_DIRTY, writeback = p->flags & PG_WRITEBACK, locked = p->flags & PG_LOCKED;

	w->dirty += marks >> PAGECACHE_TAG_DIRTY & 1;
	w->writeback += marks >> PAGECACHE_TAG_WRITEBACK & 1;
	if (dirty && !(marks & 1u << PAGECACHE_TAG_DIRTY))
		cache_fault(w, R_CACHE_TAGS, pfn, view_page_addr(pfn), "a dirty page without the mark", "the mark");
	if (!dirty && (marks & 1u << PAGECACHE_TAG_DIRTY) && !locked)
		cache_fault(w, R_CACHE_TAGS, pfn, view_page_addr(pfn), "the mark of a dirty page", "none: it is clean");
	if (writeback != (bool)(marks & 1u << PAGECACHE_TAG_WRITEBACK))
		cache_fault(w, R_CACHE_TAGS, pfn, view_page_addr(pfn), "writeback: flag and mark differ",
			    "both or none");
}

static void check_entry(struct walk *w, gva_t entry, uint64_t index, unsigned int marks)
{
	struct page p;
	uint64_t pfn;

	w->pages++;
	if (view_pfn_of(entry, &pfn) || view_page(w->c->v, pfn, &p)) {
		cache_fault(w, R_CACHE_ENTRY, CHECK_NO_PFN, entry, "no page there", "a page");
		return;
	}
	if (p.state != PAGE_USED || p.owner != OWNER_CACHE || p.order)
		cache_fault(w, R_CACHE_ENTRY, pfn, entry, "a page that is not the page cache's", "one of its own");
	else if (p.refcount < 1)
		cache_fault(w, R_CACHE_ENTRY, pfn, entry, "a page without references", "the array's, at least");
	else if (p.mapping != w->at || p.index != index)
		cache_fault(w, R_CACHE_ENTRY, pfn, entry, "a page of another place",
			    "one that says it is in this mapping, here");
	check_marks(w, &p, pfn, marks);
	if ((p.flags & PG_DIRTY) && index >= (w->m.size + MMV_PAGE_SIZE - 1) / MMV_PAGE_SIZE &&
	    !(p.flags & PG_LOCKED) && !w->c->busy)
		cache_fault(w, R_CACHE_SIZE, pfn, entry, "a dirty page behind the file's end", "none there");
}

/* What is left of an evicted page. The clock goes on while a live guest is looked at: so it is read after the shadow. */
static void check_shadow(struct walk *w, gva_t slot, gva_t entry)
{
	uint64_t shadow = entry >> 1, age = 0;
	gva_t at = w->c->root->node.va + offsetof(struct pglist_data, lruvec.nonresident_age);
	struct check_fault *f;

	if (view_read(w->c->v, at, &age, sizeof(age)) ||
	    (!(shadow >> SHADOW_BITS) && (shadow >> 1 & SHADOW_CLOCK_MASK) <= age))
		return;
	f = check_fault(w->c, R_CACHE_AGE, CHECK_NO_PFN, slot, "mapping %.16s", w->m.name);
	check_got(f, "a shadow of a page evicted at %#" PRIx64, shadow >> 1);
	check_want(f, "at most the clock now, %#" PRIx64, age);
}

/* ---- nodes ---- */

static unsigned int marks_of(const struct xa_node *n, unsigned int slot)
{
	unsigned int marks = 0;

	for (unsigned int m = 0; m < XA_MAX_MARKS; m++)
		marks |= (unsigned int)(n->marks[m] >> slot & 1) << m;
	return marks;
}

static bool read_node(struct walk *w, gva_t entry, struct xa_node *n)
{
	return (entry & 3) == XA_ENTRY_NODE && !view_read(w->c->v, entry - XA_ENTRY_NODE, n, sizeof(*n));
}

/* Does a node below hang where it says, and do the marks of its slot sum up its own? */
static bool hangs(struct walk *w, const struct xa_node *below, gva_t parent, const struct xa_node *n, unsigned int slot)
{
	unsigned int sum = 0;

	for (unsigned int m = 0; m < XA_MAX_MARKS; m++)
		sum |= (below->marks[m] != 0) << m;
	if (sum != marks_of(n, slot))
		cache_fault(w, R_CACHE_TAGS, CHECK_NO_PFN, parent, "marks of a slot that are not those below it",
			    "a mark exactly where something below has it");
	return below->parent.va == parent && below->offset == slot && below->shift + XA_CHUNK_SHIFT == n->shift;
}

static void check_node(struct walk *w, gva_t at, const struct xa_node *n, uint64_t first)
{
	unsigned int count = 0, values = 0;

	if (++w->nodes > w->m.i_pages.nr_nodes || w->nodes > MAX_NODES)
		return;
	for (unsigned int i = 0; i < XA_CHUNK_SIZE; i++) {
		uint64_t index = first + ((uint64_t)i << n->shift);
		gva_t entry = n->slots[i].va;
		struct xa_node below;

		count += entry != 0;
		values += entry & 1;
		if (entry & 1)
			check_shadow(w, at + offsetof(struct xa_node, slots) + i * sizeof(entry), entry);
		if (!entry || entry & 1)
			continue;
		if (!n->shift) {
			check_entry(w, entry, index, marks_of(n, i));
		} else if (!read_node(w, entry, &below) || !hangs(w, &below, at, n, i)) {
			cache_fault(w, R_CACHE_NODE, CHECK_NO_PFN, at, "a slot that leads to no node of its own",
				    "a node one level down that says where it hangs");
		} else {
			check_node(w, entry - XA_ENTRY_NODE, &below, index);
		}
	}
	w->values += values;
	*w->shadow_nodes += !n->shift && count && count == values;
	if (n->count != count || n->nr_values != values || !count ||
	    n->array.va != w->at + offsetof(struct address_space, i_pages))
		cache_fault(w, R_CACHE_NODE, CHECK_NO_PFN, at, "a node that counts wrong, is empty or another array's",
			    "count and nr_values as its slots, and its array");
}

static void check_array(struct walk *w)
{
	gva_t head = w->m.i_pages.xa_head.va;
	struct xa_node n;

	if (head && (!read_node(w, head, &n) || n.parent.va || n.shift > 60))
		cache_fault(w, R_CACHE_NODE, CHECK_NO_PFN, w->at, "a head that is no node",
			    "the topmost node, or nothing");
	else if (head)
		check_node(w, head - XA_ENTRY_NODE, &n, 0);
	count_fault(w, R_CACHE_NODE, offsetof(struct address_space, i_pages), "nr_nodes", w->m.i_pages.nr_nodes,
		    w->nodes);
	count_fault(w, R_CACHE_COUNT, offsetof(struct address_space, nrpages), "nrpages", w->m.nrpages, w->pages);
	count_fault(w, R_CACHE_COUNT, offsetof(struct address_space, nrshadows), "nrshadows", w->m.nrshadows,
		    w->values);
	count_fault(w, R_CACHE_TAGS, offsetof(struct address_space, nrdirty), "nrdirty", w->m.nrdirty, w->dirty);
	count_fault(w, R_CACHE_TAGS, offsetof(struct address_space, nrwriteback), "nrwriteback", w->m.nrwriteback,
		    w->writeback);
}

/* Return: could it be looked at? */
static bool check_mapping(struct check_ctx *c, gva_t at, const struct address_space *m, struct totals *t)
{
	struct walk w = {.c = c, .at = at, .m = *m, .shadow_nodes = &t->shadow_nodes};

	if (!check_lock(c, &m->i_pages.xa_lock, at + offsetof(struct address_space, i_pages), m->name)) {
		check_flux(c, R_CACHE_ENTRY, R_CACHE_TAGS);
		return false;
	}
	check_array(&w);
	t->pages += w.pages;
	return true;
}

/* ---- all of them ---- */

static void list_fault(struct check_ctx *c, gva_t at, const char *got)
{
	struct check_fault *f = check_fault(c, R_CACHE_LINKED, CHECK_NO_PFN, at, "list of mappings");

	check_got(f, "%s", got);
	check_want(f, "a closed list of as many as it counts");
}

static void check_mappings(struct check_ctx *c, const struct page_cache *pc, struct totals *t)
{
	gva_t head = c->root->page_cache.va + offsetof(struct page_cache, mappings), node = pc->mappings.next.va,
	      prev = head;
	uint64_t nr = 0;

	for (; node != head && nr <= pc->nr_mappings && nr < MAX_MAPPINGS; nr++) {
		gva_t at = node - offsetof(struct address_space, list);
		struct address_space m;

		if (view_read(c->v, at, &m, sizeof(m)) || m.list.prev.va != prev) {
			list_fault(c, node, "a link that does not lead back");
			t->whole = false;
			return;
		}
		m.name[sizeof(m.name) - 1] = 0;
		t->whole &= check_mapping(c, at, &m, t);
		prev = node;
		node = m.list.next.va;
	}
	if (nr != pc->nr_mappings)
		list_fault(c, head, "another number of mappings than it counts");
}

static void total_fault(struct check_ctx *c, enum rule rule, gva_t at, const char *what, uint64_t got, uint64_t want)
{
	struct check_fault *f;

	if (got == want)
		return;
	f = check_fault(c, rule, CHECK_NO_PFN, at, "%s", what);
	check_got(f, "%" PRIu64, got);
	check_want(f, "%" PRIu64, want);
}

/* Every page of the cache that says where it belongs is there: so none is in two places, and none is forgotten. */
static void check_pages_back(struct check_ctx *c, struct totals *t)
{
	uint64_t in_place = 0;

	check_ran(c, R_CACHE_ONCE);
	for (size_t i = 0; i < c->cache_pages.nr; i++) {
		struct page p;

		if (view_page(c->v, c->cache_pages.at[i], &p))
			continue;
		t->dirty += (p.flags & PG_DIRTY) && p.mapping;
		/* It says so before it is there, and is locked meanwhile. */
		in_place += p.mapping && p.owner == OWNER_CACHE;
	}
	if (!c->busy)
		total_fault(c, R_CACHE_ONCE, c->root->page_cache.va, "pages that say they belong to a mapping",
			    in_place, t->pages);
}

static void check_stat(struct check_ctx *c, const struct totals *t)
{
	struct pglist_data node;

	if (view_read(c->v, c->root->node.va, &node, sizeof(node)))
		return;
	check_ran(c, R_CACHE_STAT);
	if (c->busy)
		return;
	total_fault(c, R_CACHE_STAT, c->root->node.va, "nr_dirty", (uint64_t)node.stat[NR_FILE_DIRTY], t->dirty);
	total_fault(c, R_CACHE_STAT, c->root->node.va, "nr_file_pages", (uint64_t)node.stat[NR_FILE_PAGES], t->pages);
}

/* The list of nodes that hold shadows only. */
static void check_shadows(struct check_ctx *c, const struct page_cache *pc, const struct totals *t)
{
	gva_t head = c->root->page_cache.va + offsetof(struct page_cache, shadow_nodes),
	      node = pc->shadow_nodes.next.va, prev = head;
	uint64_t nr = 0;

	if (!check_lock(c, &pc->shadow_lock, c->root->page_cache.va + offsetof(struct page_cache, shadow_lock),
			"nodes of shadows")) {
		check_flux(c, R_CACHE_SHADOW, R_CACHE_SHADOW);
		return;
	}
	check_ran(c, R_CACHE_SHADOW);
	for (; node != head && nr <= pc->nr_shadow_nodes; nr++) {
		struct list_head l;

		if (view_read(c->v, node, &l, sizeof(l)) || l.prev.va != prev)
			break;
		prev = node;
		node = l.next.va;
	}
	total_fault(c, R_CACHE_SHADOW, head, "nodes on the list of those without pages", node == head ? nr : ~0UL,
		    pc->nr_shadow_nodes);
	if (t->whole)
		total_fault(c, R_CACHE_SHADOW, head, "nodes without pages, as counted", pc->nr_shadow_nodes,
			    t->shadow_nodes);
}

void check_page_cache(struct check_ctx *c)
{
	struct totals t = {.whole = true};
	struct page_cache pc;

	if (!c->root->page_cache.va)
		return;
	if (view_read(c->v, c->root->page_cache.va, &pc, sizeof(pc))) {
		check_ran(c, R_CACHE_LINKED);
		list_fault(c, c->root->page_cache.va, "nothing readable");
		return;
	}
	if (!check_lock(c, &pc.lock, c->root->page_cache.va, "page cache")) {
		check_flux(c, R_CACHE_LINKED, R_CACHE_STAT);
		return;
	}
	check_ran_all(c, R_CACHE_LINKED, R_CACHE_TAGS);
	check_mappings(c, &pc, &t);
	check_shadows(c, &pc, &t);
	if (t.whole && !c->any_flux) {
		check_pages_back(c, &t);
		check_stat(c, &t);
	} else {
		check_flux(c, R_CACHE_ONCE, R_CACHE_STAT);
	}
}
