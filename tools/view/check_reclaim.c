// SPDX-License-Identifier: MIT
/*
 * check_reclaim.c - who gets memory back: the node's threads and what they were asked for, raised marks, what the node counts about
 * pages on their way, and the caches of others that reclaim makes smaller.
 *
 * What was asked for and what is under way means nothing until the guest is done: a thread is woken some time after it was asked,
 * a page counts some time before or after it has its flag.
 */
#include <inttypes.h>
#include <string.h>

#include "tools/view/check_impl.h"
#include "tools/view/thread.h"

#define MAX_SHRINKERS 65536

/* ---- threads ---- */

/** struct worker - a thread of the node: what it was asked for, and whether it may leave that be for a while */
struct worker {
	const char *name;
	gva_t task, at;
	uint32_t order, highest, nothing; /* @highest == @nothing: nothing is wanted */
	bool patient;
};

static const struct view_thread *find_thread(const struct view_threads *all, gva_t task)
{
	for (unsigned int i = 0; i < all->nr; i++)
		if (all->at[i].addr == task)
			return &all->at[i];
	return NULL;
}

static void check_worker(struct check_ctx *c, const struct view_threads *all, const struct worker *w)
{
	const struct view_thread *t = find_thread(all, w->task);
	struct check_fault *f;

	check_ran(c, R_RECLAIM_THREAD);
	if (w->order > MAX_PAGE_ORDER || w->highest > MAX_NR_ZONES) {
		f = check_fault(c, R_RECLAIM_THREAD, CHECK_NO_PFN, w->at, "%s", w->name);
		check_got(f, "asked for a block of order %u, of zones up to %u", w->order, w->highest);
		check_want(f, "an order up to %d, a zone below %d", MAX_PAGE_ORDER, MAX_NR_ZONES);
	}
	/* A damaged list is told elsewhere. */
	if (!t && all->damage[0])
		return;
	if (!t || strncmp(t->task.comm, w->name, sizeof(t->task.comm)) != 0) {
		f = check_fault(c, R_RECLAIM_THREAD, CHECK_NO_PFN, w->task, "%s", w->name);
		check_got(f, "%s%.16s", t ? "the thread " : "no thread of the list", t ? t->task.comm : "");
		check_want(f, "the thread of that name");
		return;
	}
	if (c->busy) {
		check_flux(c, R_RECLAIM_WANTED, R_RECLAIM_WANTED);
		return;
	}
	check_ran(c, R_RECLAIM_WANTED);
	/* It says that it will wait before it looks for the last time whether somebody has asked: then it runs, or is on a queue. */
	if (w->highest == w->nothing || w->patient || t->task.on_rq ||
	    !(t->task.__state & (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)))
		return;
	f = check_fault(c, R_RECLAIM_WANTED, CHECK_NO_PFN, w->at, "%s", w->name);
	check_got(f, "%s, asked for order %u of zones up to %u", thread_state(t), w->order, w->highest);
	check_want(f, "at work: who asked woke it");
}

static void check_workers(struct check_ctx *c, const struct pglist_data *node)
{
	gva_t at = c->root->node.va;
	struct worker kswapd = {
		.name = "kswapd0",
		.task = node->kswapd.va,
		.at = at + offsetof(struct pglist_data, kswapd_order),
		.order = node->kswapd_order,
		.highest = node->kswapd_highest,
		.nothing = MAX_NR_ZONES,
		/* At work it may wait for a disk; where nothing went last time it waits a little, whoever asks. */
		.patient = node->kswapd_running || node->kswapd_failures != 0};
	struct worker kcompactd = {.name = "kcompactd0",
				   .task = node->kcompactd.va,
				   .at = at + offsetof(struct pglist_data, kcompactd_order),
				   .order = node->kcompactd_order,
				   .highest = node->kcompactd_order ? node->kcompactd_highest : MAX_NR_ZONES,
				   .nothing = MAX_NR_ZONES,
				   .patient = node->kcompactd_running != 0};
	struct view_threads all;
	char err[VIEW_ERR_MAX];

	/* Before the scheduler is up there are none, and early in boot these are not made yet. */
	if (view_threads_read(c->v, &all, false, err))
		return;
	if (kswapd.task)
		check_worker(c, &all, &kswapd);
	if (kcompactd.task)
		check_worker(c, &all, &kcompactd);
	view_threads_free(&all);
}

/* ---- marks ---- */

static void check_boost(struct check_ctx *c, const struct check_zone *z)
{
	uint64_t most = z->z.watermark[WMARK_HIGH] * WATERMARK_BOOST_FACTOR / 10000;
	struct check_fault *f;

	most = most < PAGEBLOCK_PAGES ? PAGEBLOCK_PAGES : most;
	most = z->z.managed_pages < 4 * PAGEBLOCK_PAGES ? 0 : most;
	check_ran(c, R_ZONE_BOOST);
	if (z->z.watermark_boost <= most)
		return;
	f = check_fault(c, R_ZONE_BOOST, CHECK_NO_PFN, z->addr + offsetof(struct zone, watermark_boost), "zone %.8s",
			z->z.name);
	check_got(f, "raised by %" PRIu64 " pages", z->z.watermark_boost);
	check_want(f, "at most %" PRIu64 ", from %" PRIu64 " managed pages and a high mark of %" PRIu64, most,
		   z->z.managed_pages, z->z.watermark[WMARK_HIGH]);
}

/* ---- counts ---- */

static void recounted(struct check_ctx *c, const struct pglist_data *node, unsigned int item, uint64_t recount)
{
	static const char *const names[] = NODE_STAT_NAMES;
	struct check_fault *f;

	if (node->stat[item] == (int64_t)recount)
		return;
	f = check_fault(c, R_VMSTAT_NODE, CHECK_NO_PFN,
			c->root->node.va + offsetof(struct pglist_data, stat) + item * sizeof(int64_t), "%s",
			names[item]);
	check_got(f, "%" PRId64, node->stat[item]);
	check_want(f, "%" PRIu64 ", counted from the memory map", recount);
}

static uint64_t flagged(const struct check_ctx *c, const struct vec *pages, uint32_t flag)
{
	uint64_t nr = 0;

	for (size_t i = 0; i < pages->nr; i++) {
		struct page p;

		nr += !view_page(c->v, pages->at[i], &p) && (p.flags & flag);
	}
	return nr;
}

/* Those of the lists, of mapped pages, of files and dirty ones have rules where such pages are looked at. */
static void check_counts(struct check_ctx *c, const struct pglist_data *node)
{
	if (c->busy || c->any_flux) {
		check_flux(c, R_VMSTAT_NODE, R_VMSTAT_NODE);
		return;
	}
	check_ran(c, R_VMSTAT_NODE);
	recounted(c, node, NR_WRITEBACK,
		  flagged(c, &c->cache_pages, PG_WRITEBACK) + flagged(c, &c->anon_pages, PG_WRITEBACK));
	recounted(c, node, NR_SWAPCACHE, flagged(c, &c->anon_pages, PG_SWAPCACHE));
	/* Nothing maps pages of files, nothing else can be got back. */
	recounted(c, node, NR_FILE_MAPPED, 0);
	recounted(c, node, NR_KERNEL_MISC_RECLAIMABLE, 0);
}

/* ---- caches of others ---- */

static struct check_fault *shrinker_fault(struct check_ctx *c, enum rule rule, gva_t at, const struct shrinker *s)
{
	return check_fault(c, rule, CHECK_NO_PFN, at, "shrinker %.32s", s ? s->name : "(none)");
}

static void check_shrinker(struct check_ctx *c, gva_t at, const struct shrinker *s)
{
	struct check_fault *f;

	if (s->flags & SHRINKER_REGISTERED && s->refcount == 1 && s->nr_deferred >= 0 && s->count_objects.va &&
	    s->scan_objects.va)
		return;
	f = shrinker_fault(c, R_SHRINKER_COUNT, at, s);
	check_got(f, "flags %#x, refcount %d, %ld objects owed", s->flags, s->refcount, s->nr_deferred);
	check_want(f, "registered, with both its functions, nobody in it, nothing negative");
}

static void check_shrinkers(struct check_ctx *c)
{
	gva_t head = view_root_addr(c->v) + offsetof(struct mm_root, shrinkers), prev = head;
	gva_t at = c->root->shrinkers.next.va;
	struct check_fault *f;

	/* What its lock is under does not say so. */
	if (c->busy) {
		check_flux(c, R_SHRINKER_LINKED, R_SHRINKER_COUNT);
		return;
	}
	check_ran_all(c, R_SHRINKER_LINKED, R_SHRINKER_COUNT);
	for (unsigned int n = 0; at != head; n++) {
		gva_t addr = at - offsetof(struct shrinker, list);
		struct shrinker s;

		if (n == MAX_SHRINKERS || view_read(c->v, addr, &s, sizeof(s)) || s.list.prev.va != prev) {
			f = shrinker_fault(c, R_SHRINKER_LINKED, at, NULL);
			check_got(f, "no shrinker, or one that does not lead back");
			check_want(f, "a shrinker whose prev is %#lx", prev);
			return;
		}
		check_shrinker(c, addr, &s);
		prev = at;
		at = s.list.next.va;
	}
	if (c->root->shrinkers.prev.va == prev)
		return;
	f = shrinker_fault(c, R_SHRINKER_LINKED, head, NULL);
	check_got(f, "the last one at %#lx", c->root->shrinkers.prev.va);
	check_want(f, "%#lx", prev);
}

void check_reclaim(struct check_ctx *c)
{
	struct pglist_data node;

	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		if (c->zones[i].exists && !c->zones[i].flux)
			check_boost(c, &c->zones[i]);
	check_shrinkers(c);
	/* A pointer to nowhere is told by lru.linked. */
	if (!c->root->node.va || view_read(c->v, c->root->node.va, &node, sizeof(node)))
		return;
	check_workers(c, &node);
	check_counts(c, &node);
}
