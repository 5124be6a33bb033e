// SPDX-License-Identifier: MIT
/*
 * check_debug.c - what the debug kernel remembers: owners of pages, poison in free ones, the stack depot.
 *
 * check_page.c brings every head here. For a guest with the release kernel there is nothing to look at.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/view/check_impl.h"
#include "tools/view/debug.h"

#define RECORD_WORDS (sizeof(struct stack_record) / sizeof(uint32_t))
#define WORDS (MMV_PAGE_SIZE / sizeof(uint64_t))

void check_debug_begin(struct check_ctx *c)
{
	c->watched = c->root->debug && view_page_debug(c->v, &c->page_debug);
}

/* ---- owners ---- */

static bool read_ext(const struct check_ctx *c, uint64_t pfn, struct page_ext *e)
{
	return !view_read(c->v, c->page_debug.ext.va + pfn * sizeof(*e), e, sizeof(*e));
}

void check_owner(struct check_ctx *c, const struct check_zone *z, uint64_t pfn, const struct page *p)
{
	struct check_fault *f;
	struct page_ext e;

	/* Between two operations only: a block is noted after it was taken, and before it is given back. */
	if (!c->watched || c->busy)
		return;
	check_ran(c, R_DEBUG_OWNER);
	if (!read_ext(c, pfn, &e)) {
		memset(&e, 0, sizeof(e));
	} else if (p->state != PAGE_USED) {
		if (!(e.flags & PAGE_EXT_USED))
			return;
	} else if (e.flags & PAGE_EXT_USED && e.order == p->order) {
		return;
	}
	f = check_fault(c, R_DEBUG_OWNER, pfn, c->page_debug.ext.va + pfn * sizeof(e),
			"zone %.8s, %s block of order %u", z->z.name, p->state == PAGE_USED ? "used" : "free",
			p->order);
	check_got(f, "the debug kernel has it %s, order %u", e.flags & PAGE_EXT_USED ? "allocated" : "free", e.order);
	check_want(f, p->state == PAGE_USED ? "allocated, with the same order" : "not allocated");
}

/* ---- poison ---- */

static void check_page_poison(struct check_ctx *c, const struct check_zone *z, uint64_t pfn, unsigned int stride)
{
	const uint64_t *words = view_phys(c->v, pfn << MMV_PAGE_SHIFT, MMV_PAGE_SIZE);
	unsigned int step = stride / sizeof(uint64_t);
	struct check_fault *f;

	if (!words || !step)
		return;
	for (unsigned int i = 0; i < WORDS; i = i + step < WORDS || i == WORDS - 1 ? i + step : WORDS - 1) {
		if (words[i] == PAGE_POISON_WORD)
			continue;
		f = check_fault(c, R_DEBUG_POISON, pfn, DIRECT_MAP + (pfn << MMV_PAGE_SHIFT) + i * sizeof(uint64_t),
				"zone %.8s, free page", z->z.name);
		check_got(f, "%#lx at its byte %zu", words[i], i * sizeof(uint64_t));
		check_want(f, "%#llx", PAGE_POISON_WORD);
		return;
	}
}

void check_poison(struct check_ctx *c, const struct check_zone *z, uint64_t pfn, const struct page *p)
{
	const uint32_t *stride = c->page_debug.stride;

	if (!c->watched)
		return;
	check_ran(c, R_DEBUG_POISON);
	for (uint64_t at = pfn; at < pfn + (1UL << p->order); at++) {
		struct page_ext e;

		if (read_ext(c, at, &e) && e.flags & (PAGE_EXT_POISON | PAGE_EXT_COARSE))
			check_page_poison(c, z, at, stride[!(e.flags & PAGE_EXT_POISON)]);
	}
}

/* ---- stack depot ---- */

static void depot_fault(struct check_ctx *c, const struct stack_depot *d, uint32_t bucket, uint32_t at,
			const char *what)
{
	struct check_fault *f = check_fault(c, R_DEBUG_DEPOT, CHECK_NO_PFN, d->pool.va + at * 4UL,
					    "stack depot, bucket %u, record %u", bucket, at);

	check_got(f, "%s", what);
	check_want(f, "complete records of this bucket, newer ones first");
}

static uint32_t hash_of(const uint32_t *entries, uint32_t nr)
{
	uint32_t h = nr;

	for (uint32_t i = 0; i < nr; i++)
		h = ((h ^ entries[i]) * 0x9e3779b1U) ^ (h >> 15);
	return h * 0x9e3779b1U;
}

/* What is wrong with the record at @at, which the chain of @bucket leads to; NULL: nothing. */
static const char *record_fault(const struct stack_depot *d, const uint32_t *pool, uint32_t bucket, uint32_t at)
{
	uint32_t nr;

	if (at < 1u << d->bucket_bits || at >= d->used || d->used - at < RECORD_WORDS)
		return "a link to no record";
	nr = pool[at + 2];
	if (!nr || nr > STACK_DEPOT_MAX_DEPTH || RECORD_WORDS + nr > d->used - at)
		return "an absurd number of entries";
	if (pool[at + 1] >> (32 - d->bucket_bits) != bucket || hash_of(pool + at + RECORD_WORDS, nr) != pool[at + 1])
		return "a hash that is not its entries'";
	return NULL;
}

void check_depot(struct check_ctx *c)
{
	struct stack_depot d;
	uint32_t *pool;

	if (!view_depot(c->v, &d) || c->busy)
		return;
	check_ran(c, R_DEBUG_DEPOT);
	if (d.words > 1u << 24 || d.used > d.words || d.bucket_bits > 24 || 1u << d.bucket_bits > d.used) {
		depot_fault(c, &d, 0, 0, "sizes that do not fit together");
		return;
	}
	pool = calloc(d.used, sizeof(*pool));
	if (!pool || view_read(c->v, d.pool.va, pool, d.used * sizeof(*pool))) {
		free(pool);
		depot_fault(c, &d, 0, 0, "a pool that cannot be read");
		return;
	}
	/* Every record is claimed after those that its chain goes on with, so numbers only fall: no chain is endless. Two
	 * CPUs may have claimed in one order and linked in the other, so a bound on the steps does that instead. */
	for (uint32_t b = 0; b < 1u << d.bucket_bits; b++) {
		uint32_t steps = 0;

		for (uint32_t at = pool[b]; at; at = pool[at]) {
			const char *what = record_fault(&d, pool, b, at);

			if (!what && steps++ > d.used / RECORD_WORDS)
				what = "a chain without end";
			if (what) {
				depot_fault(c, &d, b, at, what);
				break;
			}
		}
	}
	free(pool);
}
