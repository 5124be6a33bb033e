// SPDX-License-Identifier: MIT
/*
 * check_lru.c - the lists that reclaim takes pages from, the batches in front of them, and what is counted about them.
 *
 * The pass over the memory map (check_page.c) notes every page of a file or of a process; the walk over the lists is
 * compared with that, both ways. A list is walked as far as its links agree. While somebody holds the lists' lock, or a
 * zone was left alone, none of it is judged; what threads count after they have done it, only when the guest is done.
 */
#include <string.h>

#include "tools/view/check_impl.h"
#include "tools/view/view_impl.h"

static const char *const list_names[NR_LRU_LISTS] = LRU_NAMES;
static const char *const stat_names[NR_VM_NODE_STAT_ITEMS] = NODE_STAT_NAMES;

/** struct lru_check - @seen: pfns on lists; @length: of them, by zone and list; @whole: all lists could be walked */
struct lru_check {
	struct check_ctx *c;
	gva_t at;
	struct pglist_data node;
	struct vec seen;
	uint64_t length[MAX_NR_ZONES][NR_LRU_LISTS];
	bool whole;
};

/* Which list a page's flags name. */
static unsigned int list_of(const struct page *p)
{
	if (p->flags & PG_UNEVICTABLE)
		return LRU_UNEVICTABLE;
	return (p->flags & PG_SWAPBACKED ? 0 : LRU_FILE) + (p->flags & PG_ACTIVE ? LRU_ACTIVE : 0);
}

static bool is_reclaimable(const struct page *p)
{
	return p->state == PAGE_USED && !p->order && (p->owner == OWNER_CACHE || p->owner == OWNER_ANON);
}

/* ---- lists ---- */

static struct check_fault *list_fault(struct lru_check *k, enum rule rule, unsigned int list, uint64_t pfn, gva_t at)
{
	return check_fault(k->c, rule, pfn, at, "list %s", list_names[list]);
}

/* One page of a list. Return: false if the walk cannot go on from it. */
static bool check_entry(struct lru_check *k, unsigned int list, gva_t at, gva_t prev, struct page *p)
{
	gva_t addr = at - offsetof(struct page, lru);
	struct check_fault *f;
	uint64_t pfn;

	if (view_pfn_of(addr, &pfn) || view_page(k->c->v, pfn, p) || p->lru.prev.va != prev) {
		f = list_fault(k, R_LRU_LINKED, list, CHECK_NO_PFN, at);
		check_got(f, "no page, or one that does not lead back");
		check_want(f, "a page whose prev is %#lx", prev);
		return false;
	}
	if (!is_reclaimable(p) || !(p->flags & PG_LRU) || p->flags & PG_ISOLATED) {
		f = list_fault(k, R_LRU_ENTRY, list, pfn, addr);
		check_got(f, "state %u, order %u, owner %s, flags %#x", p->state, p->order, owner_name(p->owner),
			  p->flags);
		check_want(f, "a page of a file or a process that says it is on a list, and not isolated");
		return true;
	}
	if (list_of(p) != list) {
		f = list_fault(k, R_LRU_PLACE, list, pfn, addr);
		check_got(f, "flags %#x", p->flags);
		check_want(f, "those of a page of this list; they name %s", list_names[list_of(p)]);
	}
	vec_add(&k->seen, pfn);
	k->length[(p->flags & PG_ZONE) >> PG_ZONE_SHIFT][list]++;
	return true;
}

static void walk_list(struct lru_check *k, unsigned int list)
{
	gva_t head = k->at + offsetof(struct pglist_data, lruvec.lists) + list * sizeof(struct list_head), prev = head;
	const struct list_head *l = &k->node.lruvec.lists[list];
	struct check_fault *f;
	struct page p;

	for (gva_t at = l->next.va; at != head; at = p.lru.next.va) {
		if (!check_entry(k, list, at, prev, &p)) {
			k->whole = false;
			return;
		}
		prev = at;
	}
	if (l->prev.va == prev)
		return;
	f = list_fault(k, R_LRU_LINKED, list, CHECK_NO_PFN, head);
	check_got(f, "last page %#lx", l->prev.va);
	check_want(f, "%#lx", prev);
}

static void check_lengths(struct lru_check *k)
{
	struct check_fault *f;

	for (unsigned int list = 0; list < NR_LRU_LISTS; list++) {
		uint64_t sum = 0;

		for (unsigned int z = 0; z < MAX_NR_ZONES; z++) {
			sum += k->length[z][list];
			if (k->node.lruvec.size[z][list] == k->length[z][list])
				continue;
			f = list_fault(k, R_LRU_COUNT, list, CHECK_NO_PFN,
				       k->at + offsetof(struct pglist_data, lruvec.size));
			check_got(f, "size %lu in zone %u", k->node.lruvec.size[z][list], z);
			check_want(f, "%lu, its pages there", k->length[z][list]);
		}
		if ((uint64_t)k->node.stat[list] == sum)
			continue;
		f = list_fault(k, R_LRU_COUNT, list, CHECK_NO_PFN, k->at + offsetof(struct pglist_data, stat));
		check_got(f, "%s %ld", stat_names[list], k->node.stat[list]);
		check_want(f, "%lu, the length of the list", sum);
	}
}

/* Every page that says that it is on a list is on one, and on one only. */
static void check_complete(struct lru_check *k)
{
	const struct vec *all = &k->c->lru_pages;
	struct check_fault *f;

	vec_sort(&k->seen);
	for (size_t i = 1; i < k->seen.nr; i++) {
		if (k->seen.at[i] != k->seen.at[i - 1])
			continue;
		f = check_fault(k->c, R_LRU_COMPLETE, k->seen.at[i], view_page_addr(k->seen.at[i]), "page");
		check_got(f, "on a list twice");
		check_want(f, "once");
	}
	for (size_t i = 0; i < all->nr && k->whole; i++) {
		if (vec_find(&k->seen, all->at[i]) >= 0)
			continue;
		f = check_fault(k->c, R_LRU_COMPLETE, all->at[i], view_page_addr(all->at[i]), "page");
		check_got(f, "PG_lru, on no list");
		check_want(f, "on the list that its flags name");
	}
}

/* ---- batches ---- */

static void batch_fault(struct lru_check *k, unsigned int cpu, unsigned int kind, gva_t page, const char *got,
			const char *want)
{
	uint64_t pfn = CHECK_NO_PFN;
	struct check_fault *f;

	view_pfn_of(page, &pfn);
	/* no page: where the batch is */
	f = check_fault(k->c, R_LRU_BATCH, pfn,
			page ? page
			     : k->node.lru_cpus.va + cpu * sizeof(struct lru_cpu) + kind * sizeof(struct lru_batch),
			"batch %u of CPU %u", kind, cpu);
	check_got(f, "%s", got);
	check_want(f, "%s", want);
}

static void check_batch(struct lru_check *k, unsigned int cpu, unsigned int kind, const struct lru_batch *b)
{
	if (b->seq & 1) {
		check_flux(k->c, R_LRU_BATCH, R_LRU_BATCH);
		return;
	}
	if (b->nr > LRU_BATCH_SIZE) {
		batch_fault(k, cpu, kind, 0, "more pages than it has room for", "15 at most");
		return;
	}
	for (uint32_t i = 0; i < b->nr; i++) {
		gva_t page = b->pages[i].va;
		struct page p;
		uint64_t pfn;

		if (view_pfn_of(page, &pfn) || view_page(k->c->v, pfn, &p) || p.state != PAGE_USED || p.order)
			batch_fault(k, cpu, kind, page, "a page that is not allocated", "an allocated page");
		else if (p.refcount < 1)
			batch_fault(k, cpu, kind, page, "a page without a reference", "the batch's reference");
		else if (kind == LRU_BATCH_ADD && p.flags & PG_LRU)
			batch_fault(k, cpu, kind, page, "a page that is on a list", "one that is on none yet");
	}
}

static void check_batches(struct lru_check *k)
{
	check_ran(k->c, R_LRU_BATCH);
	for (unsigned int cpu = 0; cpu < k->c->root->nr_cpus && cpu < MMV_NR_CPUS; cpu++) {
		struct lru_cpu l;

		if (view_read(k->c->v, k->node.lru_cpus.va + cpu * sizeof(l), &l, sizeof(l))) {
			batch_fault(k, cpu, 0, 0, "a pointer to nowhere", "the CPU's batches");
			return;
		}
		for (unsigned int kind = 0; kind < NR_LRU_BATCHES; kind++)
			check_batch(k, cpu, kind, &l.batch[kind]);
	}
}

/* ---- counts ---- */

/* Pages that somebody took off their list. They are his until he puts them back; nobody has any when the guest is done. */
static void check_isolated(struct lru_check *k)
{
	struct check_fault *f;

	if (k->c->busy) {
		check_flux(k->c, R_LRU_ISOLATED, R_LRU_ISOLATED);
		return;
	}
	check_ran(k->c, R_LRU_ISOLATED);
	for (unsigned int file = 0; file < 2; file++) {
		unsigned int item = NR_ISOLATED_ANON + file;

		if (!k->node.stat[item] && !k->c->isolated[file])
			continue;
		f = check_fault(k->c, R_LRU_ISOLATED, CHECK_NO_PFN,
				k->at + offsetof(struct pglist_data, stat) + item * sizeof(int64_t), "%s",
				stat_names[item]);
		check_got(f, "%ld counted, %lu pages marked", k->node.stat[item], k->c->isolated[file]);
		check_want(f, "none: all was put back or freed");
	}
}

/* What only grows may not be negative either, but it can wrap no earlier than in centuries. */
static void check_signs(struct lru_check *k)
{
	struct check_fault *f;

	check_ran(k->c, R_VMSTAT_SIGN);
	for (unsigned int i = 0; i < NR_VM_NODE_STAT_ITEMS; i++) {
		if (k->node.stat[i] >= 0 || k->c->busy)
			continue;
		f = check_fault(k->c, R_VMSTAT_SIGN, CHECK_NO_PFN,
				k->at + offsetof(struct pglist_data, stat) + i * sizeof(int64_t), "%s", stat_names[i]);
		check_got(f, "%ld", k->node.stat[i]);
		check_want(f, "0 or more");
	}
}

static uint64_t event_sum(struct lru_check *k, enum vm_event_item item)
{
	uint64_t sum = 0;

	for (unsigned int cpu = 0; cpu < k->c->root->nr_cpus && cpu < MMV_NR_CPUS; cpu++) {
		uint64_t n;

		if (view_read(k->c->v, k->node.events.va + cpu * sizeof(struct vm_event_cpu) + item * sizeof(uint64_t),
			      &n, sizeof(n)))
			return 0;
		sum += n;
	}
	return sum;
}

static void not_more(struct lru_check *k, const char *what, uint64_t a, uint64_t b)
{
	struct check_fault *f;

	if (a <= b)
		return;
	f = check_fault(k->c, R_VMSTAT_PROGRESS, CHECK_NO_PFN, k->node.events.va, "%s", what);
	check_got(f, "%lu of %lu", a, b);
	check_want(f, "no more than those it is a part of");
}

/* Nothing is got back that was not looked at, nothing comes back that had not gone. */
static void check_progress(struct lru_check *k)
{
	const int64_t *s = k->node.stat;

	if (k->c->busy) {
		check_flux(k->c, R_VMSTAT_PROGRESS, R_VMSTAT_PROGRESS);
		return;
	}
	check_ran(k->c, R_VMSTAT_PROGRESS);
	not_more(k, "pgsteal_kswapd of pgscan_kswapd", event_sum(k, PGSTEAL_KSWAPD), event_sum(k, PGSCAN_KSWAPD));
	not_more(k, "pgsteal_direct of pgscan_direct", event_sum(k, PGSTEAL_DIRECT), event_sum(k, PGSCAN_DIRECT));
	not_more(k, "pgsteal_anon of pgscan_anon", event_sum(k, PGSTEAL_ANON), event_sum(k, PGSCAN_ANON));
	not_more(k, "pgsteal_file of pgscan_file", event_sum(k, PGSTEAL_FILE), event_sum(k, PGSCAN_FILE));
	for (unsigned int file = 0; file < 2; file++) {
		not_more(k, file ? "activations of refaults (file)" : "activations of refaults (anon)",
			 (uint64_t)s[WORKINGSET_ACTIVATE_ANON + file], (uint64_t)s[WORKINGSET_REFAULT_ANON + file]);
		not_more(k, file ? "restores of activations (file)" : "restores of activations (anon)",
			 (uint64_t)s[WORKINGSET_RESTORE_ANON + file], (uint64_t)s[WORKINGSET_ACTIVATE_ANON + file]);
	}
}

void lru_note_page(struct check_ctx *c, uint64_t pfn, const struct page *p)
{
	if (p->flags & PG_LRU)
		vec_add(&c->lru_pages, pfn);
	if (p->flags & PG_ISOLATED)
		c->isolated[!(p->flags & PG_SWAPBACKED)]++;
}

void check_lru(struct check_ctx *c)
{
	struct lru_check k = {.c = c, .at = c->root->node.va, .whole = true};
	struct check_fault *f;

	if (!k.at)
		return;
	if (view_read(c->v, k.at, &k.node, sizeof(k.node))) {
		f = check_fault(c, R_LRU_LINKED, CHECK_NO_PFN, k.at, "the memory node");
		check_got(f, "a pointer to nowhere");
		check_want(f, "struct pglist_data");
		return;
	}
	check_signs(&k);
	check_progress(&k);
	check_batches(&k);
	check_isolated(&k);
	if (c->any_flux || !check_lock(c, &k.node.lruvec.lock, k.at, "the LRU lists") || k.node.lruvec.lock.word) {
		check_flux(c, R_LRU_LINKED, R_LRU_COUNT);
		return;
	}
	check_ran_all(c, R_LRU_LINKED, R_LRU_COUNT);
	for (unsigned int list = 0; list < NR_LRU_LISTS; list++)
		walk_list(&k, list);
	check_complete(&k);
	if (k.whole)
		check_lengths(&k);
	vec_free(&k.seen);
}
