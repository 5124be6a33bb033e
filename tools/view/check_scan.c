// SPDX-License-Identifier: MIT
/*
 * check_scan.c - the memory map is cut into pieces, which threads look at side by side.
 *
 * Pieces begin and end at multiples of the largest block, so that no block and no pair of buddies lies in two of them. Each piece has
 * a context of its own: report, counts, vectors, a view with its own translations. What they found is put together in the
 * order of the pieces, so the outcome does not depend on who was quicker. A small guest is not worth a thread.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/view/check_impl.h"
#include "tools/view/view_impl.h"

#define BLOCK_PAGES (1UL << MAX_PAGE_ORDER)
#define MAX_WORKERS 16U
/* Below this many pages starting a thread takes longer than looking. */
#define WORTH_IT (1UL << 20)
#define PIECES_EACH 8

/** struct piece - [start, end) of a segment */
struct piece {
	unsigned int zone;
	struct segment seg;
	uint64_t start, end;
	struct check_ctx *c;
};

struct scan {
	struct check_ctx *c;
	struct piece *all;
	size_t nr;
	atomic_size_t next;
};

static void no_memory(void)
{
	fprintf(stderr, "out of memory while checking\n");
	abort();
}

/* The pieces of all zones, each of about @size pages. @all NULL: only count. */
static size_t cut(const struct check_ctx *c, uint64_t size, struct piece *all)
{
	struct segment seg[MAX_SEGMENTS];
	size_t nr = 0;

	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		unsigned int n;

		if (!c->zones[i].exists || c->zones[i].flux)
			continue;
		n = zone_segments(c, &c->zones[i], seg);
		for (unsigned int k = 0; k < n; k++)
			for (uint64_t at = seg[k].start, end; at < seg[k].end; at = end, nr++) {
				end = (at + size) / BLOCK_PAGES * BLOCK_PAGES;
				end = end <= at || end > seg[k].end ? seg[k].end : end;
				if (all)
					all[nr] = (struct piece){.zone = i, .seg = seg[k], .start = at, .end = end};
			}
	}
	return nr;
}

/* A context that knows what @c knows, and has found nothing. */
static struct check_ctx *fork_ctx(const struct check_ctx *c)
{
	struct check_ctx *mine = malloc(sizeof(*mine));

	if (!mine)
		no_memory();
	*mine = *c;
	mine->r = calloc(1, sizeof(*mine->r));
	mine->v = view_reader(c->v);
	if (!mine->r || !mine->v)
		no_memory();
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		struct check_zone *z = &mine->zones[i];

		z->free = z->pcp = z->lost = z->used_heads = 0;
		memset(z->free_heads, 0, sizeof(z->free_heads));
		memset(z->type_pages, 0, sizeof(z->type_pages));
		memset(z->used, 0, sizeof(z->used));
	}
	mine->blocks.nr = 0;
	memset(mine->isolated, 0, sizeof(mine->isolated));
	mine->slab_heads = mine->pt_pages = mine->dma_heads = mine->vm_pages = mine->lru_pages = mine->cache_pages =
		mine->anon_pages = (struct vec){0};
	return mine;
}

static void *work(void *arg)
{
	struct scan *s = arg;
	size_t i;

	while ((i = atomic_fetch_add(&s->next, 1)) < s->nr) {
		struct piece *p = &s->all[i];

		p->c = fork_ctx(s->c);
		scan_segment(p->c, &p->c->zones[p->zone], &p->seg, p->start, p->end);
		view_close(p->c->v);
	}
	return NULL;
}

/* ---- putting it together ---- */

static void take_vec(struct vec *to, struct vec *from)
{
	for (size_t i = 0; i < from->nr; i++)
		vec_add(to, from->at[i]);
	vec_free(from);
}

static void take_faults(struct check_ctx *c, const struct check_report *from)
{
	uint32_t kept[NR_RULES] = {0};

	for (unsigned int i = 0; i < from->nr_faults; i++) {
		const struct check_fault *f = &from->faults[i];
		struct check_fault *mine = check_fault(c, (enum rule)f->rule, f->pfn, f->addr, "%s", f->object);

		check_got(mine, "%s", f->got);
		check_want(mine, "%s", f->want);
		kept[f->rule]++;
	}
	for (unsigned int i = 0; i < NR_RULES; i++) {
		/* Counted there and not kept. */
		c->r->found[i] += from->found[i] - kept[i];
		c->r->total_faults += from->found[i] - kept[i];
		c->r->flux[i] += from->flux[i];
		c->r->ran[i] = c->r->ran[i] || from->ran[i];
	}
	c->r->total_flux += from->total_flux;
	c->r->pages += from->pages;
	c->r->pages_read += from->pages_read;
}

static void take_zone(struct check_zone *z, const struct check_zone *from)
{
	z->free += from->free;
	z->pcp += from->pcp;
	z->lost += from->lost;
	z->used_heads += from->used_heads;
	for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++)
		z->free_heads[o] += from->free_heads[o];
	for (unsigned int t = 0; t < MIGRATE_TYPES; t++)
		z->type_pages[t] += from->type_pages[t];
	for (unsigned int o = 0; o < NR_PAGE_OWNERS; o++)
		z->used[o] += from->used[o];
}

static void take(struct check_ctx *c, struct piece *p)
{
	struct check_ctx *from = p->c;

	take_faults(c, from->r);
	take_zone(&c->zones[p->zone], &from->zones[p->zone]);
	for (unsigned int i = 0; i < 2; i++)
		c->isolated[i] += from->isolated[i];
	take_vec(&c->slab_heads, &from->slab_heads);
	take_vec(&c->pt_pages, &from->pt_pages);
	take_vec(&c->dma_heads, &from->dma_heads);
	take_vec(&c->vm_pages, &from->vm_pages);
	take_vec(&c->lru_pages, &from->lru_pages);
	take_vec(&c->anon_pages, &from->anon_pages);
	take_vec(&c->cache_pages, &from->cache_pages);
	check_report_free(from->r);
	free(from->r);
	free(from);
}

static void scan_by(struct check_ctx *c, unsigned int workers, uint64_t total)
{
	uint64_t size = total / (workers * PIECES_EACH) / BLOCK_PAGES * BLOCK_PAGES + BLOCK_PAGES;
	struct scan s = {.c = c, .nr = cut(c, size, NULL)};
	pthread_t threads[MAX_WORKERS];
	unsigned int started = 0;

	s.all = calloc(s.nr + 1, sizeof(*s.all));
	if (!s.all)
		no_memory();
	cut(c, size, s.all);
	while (started + 1 < workers && !pthread_create(&threads[started], NULL, work, &s))
		started++;
	work(&s);
	for (unsigned int i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	c->r->workers = started + 1;
	for (size_t i = 0; i < s.nr; i++)
		take(c, &s.all[i]);
	free(s.all);
}

static void scan_alone(struct check_ctx *c)
{
	struct segment seg[MAX_SEGMENTS];

	c->r->workers = 1;
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		struct check_zone *z = &c->zones[i];
		unsigned int n = z->exists && !z->flux ? zone_segments(c, z, seg) : 0;

		for (unsigned int k = 0; k < n; k++)
			scan_segment(c, z, &seg[k], seg[k].start, seg[k].end);
	}
}

void scan_zones(struct check_ctx *c)
{
	uint64_t total = 0, start = view_now();
	unsigned int workers = c->workers;

	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		total += c->zones[i].exists ? c->zones[i].end - c->zones[i].first : 0;
	if (!workers) {
		long cpus = sysconf(_SC_NPROCESSORS_ONLN);

		workers = total >= WORTH_IT && cpus > 1 ? (unsigned int)cpus : 1;
	}
	workers = workers < MAX_WORKERS ? workers : MAX_WORKERS;
	if (workers > 1)
		scan_by(c, workers, total);
	else
		scan_alone(c);
	c->r->scan_ns = view_now() - start;
}
