// SPDX-License-Identifier: MIT
/*
 * owner.c - which page allocations the traced kernel's own slab allocator and kmalloc() made.
 *
 * The guest's allocators get their pages themselves, so these must not be done again. They are told by three things
 * together; what fails one of them is done as an ordinary page allocation:
 *
 *  1. Place. The kernel traces an object after it has it, so the pages that it needed come directly before it: same
 *     task, same interrupt level on top of it, and no other event of that context in between but further such pages.
 *     What other tasks, other CPUs and interrupts do meanwhile does not matter. A context's next event settles it.
 *  2. Mask. Slab derives the mask of a slab's pages from the request's: it keeps what says how to look for memory,
 * drops what is about the object (zeroing, accounting, write, movable), adds NORETRY, NOWARN and COMP, and, where the
 * slab could be smaller than it would like, first tries without reclaim and with NOMEMALLOC. Page-cache, anonymous and
 * pipe pages are movable, zeroed, accounted or lack NORETRY; network fragments (NORETRY|NOWARN|COMP too) have another
 * reclaim part than the object that follows.
 *  3. Size. A kmalloc() beyond the largest cache (8 KiB) gets one block of bytes_alloc bytes with the request's mask
 *     plus COMP; where pointers are not hashed, at the same address.
 *
 * The retry of a slab allocation with the request's plain mask, under fragmentation, looks like any page allocation and
 * is taken for one. Slabs of bulk allocations, whose objects are not traced, are followed by no object: they are done,
 * because the objects in them are not.
 */
#include <errno.h>
#include <string.h>

#include "tools/trace/internal.h"

#define KMALLOC_LARGEST_CACHE 8192u

enum {
#define X(name, value) BIT##name = (value),
	REPLAY_GFP_BITS(X)
#undef X
		RECLAIM = BIT__GFP_DIRECT_RECLAIM | BIT__GFP_KSWAPD_RECLAIM,
	/* How to look for memory: handed down from a request to the pages under it. */
	HOW = RECLAIM | BIT__GFP_HIGH | BIT__GFP_IO | BIT__GFP_FS | BIT__GFP_NOWARN | BIT__GFP_NORETRY |
	      BIT__GFP_RETRY_MAYFAIL | BIT__GFP_MEMALLOC | BIT__GFP_NOMEMALLOC,
	/* Belongs to the cache, the cpuset or the node, not to the request. */
	FREE_CHOICE = BIT__GFP_RECLAIMABLE | BIT__GFP_DMA | BIT__GFP_DMA32 | BIT__GFP_HARDWALL | BIT__GFP_THISNODE |
		      BIT__GFP_COMP,
	SLAB_ADDS = BIT__GFP_NORETRY | BIT__GFP_NOWARN,
};

static uint64_t context_id(const struct trace_event *ev)
{
	/* The idle tasks all have pid 0, and perf may have recorded none: there the CPU stands for the task. */
	uint64_t who = ev->pid > 0 ? (uint64_t)ev->pid : 1ull << 32 | ev->cpu;
	bool interrupt = ev->context && ev->context != '.' && ev->context != '-';

	return who | (interrupt ? (uint64_t)(unsigned char)ev->context << 33 | (uint64_t)ev->cpu << 41 : 0);
}

bool trace_is_candidate(const struct trace_event *ev)
{
	return ev->kind == TRACE_PAGE_ALLOC && !ev->null &&
	       ((ev->gfp & SLAB_ADDS) == SLAB_ADDS || (ev->order > 1 && (ev->gfp & BIT__GFP_COMP)));
}

struct trace_context *trace_context_find(struct trace_contexts *c, const struct trace_event *ev)
{
	uint64_t id = c->nr ? context_id(ev) : 0;

	for (size_t i = 0; i < c->nr; i++)
		if (c->tab[i].id == id)
			return &c->tab[i];
	return NULL;
}

int trace_context_note(struct trace_contexts *c, const struct trace_event *ev, uint8_t stream, uint32_t op)
{
	struct trace_context *ctx = trace_context_find(c, ev);

	if (!ctx) {
		if (trace_grow((void **)&c->tab, &c->cap, c->nr + 1, sizeof(*c->tab)))
			return -ENOMEM;
		ctx = &c->tab[c->nr++];
		*ctx = (struct trace_context){.id = context_id(ev)};
	}
	/* More slabs than this for one object is not believable: the oldest are ordinary allocations. */
	if (ctx->nr == TRACE_CANDIDATES)
		memmove(ctx->pages, ctx->pages + 1, --ctx->nr * sizeof(*ctx->pages));
	ctx->pages[ctx->nr++] = (struct trace_candidate){
		.pfn = ev->key, .op = op, .gfp = ev->gfp, .stream = stream, .order = ev->order};
	return 0;
}

void trace_context_settle(struct trace_contexts *c, struct trace_context *ctx)
{
	*ctx = c->tab[--c->nr];
}

bool trace_made_by_slab(uint32_t page, uint32_t event)
{
	uint32_t first = (event & HOW) | SLAB_ADDS;
	uint32_t smaller = (first & ~(uint32_t)RECLAIM) | BIT__GFP_NOMEMALLOC;
	uint32_t got = page & ~(uint32_t)FREE_CHOICE;

	return got == first || ((event & BIT__GFP_DIRECT_RECLAIM) && got == smaller);
}

bool trace_made_by_kmalloc(const struct trace_candidate *page, const struct trace_event *ev)
{
	uint32_t about_the_object = BIT__GFP_ACCOUNT | BIT__GFP_HARDWALL | BIT__GFP_COMP | BIT__GFP_THISNODE;
	uint64_t direct_map_gib = (1ull << 30) - 1;

	if (ev->kind != TRACE_KMALLOC || ev->bytes_alloc <= KMALLOC_LARGEST_CACHE || page->order > 16 ||
	    ev->bytes_alloc != 4096ull << page->order || !(page->gfp & BIT__GFP_COMP) ||
	    ((page->gfp ^ ev->gfp) & ~about_the_object))
		return false;
	/* The direct map starts at a multiple of 1 GiB, wherever it was put. Hashed pointers have 32 bits. */
	return ev->key <= UINT32_MAX || !((ev->key ^ page->pfn << 12) & direct_map_gib);
}
