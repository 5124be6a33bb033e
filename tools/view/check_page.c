// SPDX-License-Identifier: MIT
/*
 * check_page.c - one pass over the memory map: every page of every zone is in exactly one state.
 *
 * A zone's RAM is cut into segments (reserved, fresh, managed). In a managed segment the pass knows at every moment where
 * the next block must begin: there a head must stand, between there only zeros. What the guest never wrote does not
 * exist in the file behind its memory; such holes read as zero and are never touched, so the cost goes by what exists.
 * Speed comes from reading entries in place, eight words at a time.
 */
#include <inttypes.h>
#include <string.h>

#include "tools/view/check_impl.h"

#define NONE UINT64_MAX

/**
 * struct pass - where we are in a segment.
 * @next: where the next head must stand
 * @block: the head of the block we are in, for messages
 * @lost: start of a run of pages without a state, NONE if we are in none
 * @free_at, @free_order, @free_type: the last free block, to see whether its buddy follows
 */
struct pass {
	struct check_ctx *c;
	struct check_zone *z;
	const struct segment *seg;
	uint64_t next, block, lost;
	uint64_t free_at;
	unsigned int free_order, free_type;
};

static bool all_zero(const struct page *p)
{
	const uint64_t *w = (const uint64_t *)p;

	return !(w[0] | w[1] | w[2] | w[3] | w[4] | w[5] | w[6] | w[7]);
}

/* How many of @n entries from @p on are zero. Memory-bound: four entries per round. */
static uint64_t zeros(const struct page *p, uint64_t n)
{
	uint64_t i = 0;

	for (; i + 4 <= n; i += 4) {
		const uint64_t *w = (const uint64_t *)&p[i];
		uint64_t any = 0;

		for (unsigned int k = 0; k < 32; k++)
			any |= w[k];
		if (any)
			break;
	}
	while (i < n && all_zero(&p[i]))
		i++;
	return i;
}

static bool known_state(const struct page *p)
{
	return p->state == PAGE_FREE || p->state == PAGE_USED || p->state == PAGE_PCP;
}

static void end_lost(struct pass *s, uint64_t end)
{
	struct check_fault *f;

	if (s->lost == NONE)
		return;
	s->z->lost += end - s->lost;
	f = check_fault(s->c, R_PAGE_STATE, s->lost, view_page_addr(s->lost), "zone %.8s, %lu pages", s->z->z.name,
			end - s->lost);
	check_got(f, "neither free nor used, in no block");
	check_want(f, "a head at pfn %#lx", s->lost);
	s->lost = NONE;
}

/* Pages [from, to) are zero where a head must stand: nobody has them. */
static void lose(struct pass *s, uint64_t from, uint64_t to)
{
	if (s->lost == NONE)
		s->lost = from;
	s->next = to;
}

/* Two neighbours that should be one. Those of a pageblock's size are kept apart where one is of a type that is set aside. */
static bool mergeable(const struct pass *s, const struct page *p, uint64_t pfn)
{
	return s->free_at != NONE && s->free_order == p->order && p->order < MAX_PAGE_ORDER &&
	       (s->free_at ^ pfn) == 1UL << p->order &&
	       (p->order < PAGEBLOCK_ORDER || s->free_type == p->migratetype ||
		(s->free_type < MIGRATE_PCPTYPES && p->migratetype < MIGRATE_PCPTYPES));
}

static void check_clean(struct pass *s, uint64_t pfn, const struct page *p)
{
	struct check_zone *z = s->z;
	struct check_fault *f;
	uint64_t bit = pfn - z->first;

	if (p->owner || p->refcount || p->mapcount || p->mapping || p->index || p->private || p->memcg_data) {
		f = check_fault(s->c, R_PAGE_FREE_CLEAN, pfn, view_page_addr(pfn), "zone %.8s, free block of order %u",
				z->z.name, p->order);
		check_got(f, "refcount %d mapcount %d owner %u mapping %#lx private %#lx", p->refcount, p->mapcount,
			  p->owner, p->mapping, p->private);
		check_want(f, "zeros");
	}
	if (!(z->listed[bit / 8] >> bit % 8 & 1)) {
		f = check_fault(s->c, p->state == PAGE_PCP ? R_PCP_ENTRY : R_BUDDY_COMPLETE, pfn, view_page_addr(pfn),
				"zone %.8s, free block of order %u", z->z.name, p->order);
		check_got(f, "on no list that can be walked to it");
		check_want(f, p->state == PAGE_PCP ? "on a CPU's list of order %u" : "on the list of order %u",
			   p->order);
	}
}

static void check_pcp_head(struct pass *s, uint64_t pfn, const struct page *p)
{
	s->free_at = NONE;
	s->z->pcp += 1UL << p->order;
	check_clean(s, pfn, p);
}

static void check_free_head(struct pass *s, uint64_t pfn, const struct page *p)
{
	struct check_zone *z = s->z;
	struct check_fault *f;

	z->free_heads[p->order]++;
	z->free += 1UL << p->order;
	check_clean(s, pfn, p);
	check_block_type(s->c, z, pfn, p);
	if (p->flags & PG_ZEROED)
		check_zeroed(s->c, z, pfn, 1UL << p->order, "free block that nobody has used");
	if (mergeable(s, p, pfn)) {
		f = check_fault(s->c, R_BUDDY_MERGED, s->free_at, view_page_addr(s->free_at),
				"zone %.8s, free block of order %u", z->z.name, p->order);
		check_got(f, "its buddy at pfn %#lx free too", pfn);
		check_want(f, "one block of order %u", p->order + 1);
	}
	s->free_at = pfn;
	s->free_order = p->order;
	s->free_type = p->migratetype;
}

static void check_used_head(struct pass *s, uint64_t pfn, const struct page *p)
{
	struct check_fault *f;

	s->free_at = NONE;
	s->z->used[p->owner] += 1UL << p->order;
	s->z->used_heads++;
	if (!p->refcount && s->c->busy) {
		check_flux(s->c, R_PAGE_REFCOUNT, R_PAGE_REFCOUNT);
	} else if (p->refcount < 1 && !(p->flags & PG_FROZEN)) {
		f = check_fault(s->c, R_PAGE_REFCOUNT, pfn, view_page_addr(pfn),
				"zone %.8s, block of order %u owned by %s", s->z->z.name, p->order,
				owner_name(p->owner));
		check_got(f, "refcount %d", p->refcount);
		check_want(f, "1 or more");
	}
	check_movable_only(s->c, s->z, pfn, p);
	if (p->owner == OWNER_KMALLOC && !(p->flags & PG_COMP)) {
		f = check_fault(s->c, R_SLAB_LARGE, pfn, view_page_addr(pfn), "zone %.8s, large kmalloc of order %u",
				s->z->z.name, p->order);
		check_got(f, "flags %#x, not compound", p->flags);
		check_want(f, "a compound block");
	}
	if (p->owner == OWNER_CACHE || p->owner == OWNER_ANON)
		lru_note_page(s->c, pfn, p);
	if (p->owner == OWNER_SLAB)
		vec_add(&s->c->slab_heads, pfn);
	else if (p->owner == OWNER_PGTABLE)
		for (uint64_t i = 0; i < 1UL << p->order; i++)
			vec_add(&s->c->pt_pages, pfn + i);
	else if (p->owner == OWNER_VMALLOC)
		vec_add(&s->c->vm_pages, pfn);
	else if (p->owner == OWNER_ANON)
		vec_add(&s->c->anon_pages, pfn);
	else if (p->owner == OWNER_CACHE)
		vec_add(&s->c->cache_pages, pfn);
	else if (p->owner == OWNER_DMA)
		vec_add(&s->c->dma_heads, pfn);
}

/* The block's extent is right: aligned, and inside its segment. */
static void check_extent(struct pass *s, uint64_t pfn, struct page *p)
{
	struct check_fault *f;

	if (pfn & ((1UL << p->order) - 1)) {
		f = check_fault(s->c, R_PAGE_ALIGNED, pfn, view_page_addr(pfn), "zone %.8s, block of order %u",
				s->z->z.name, p->order);
		check_got(f, "pfn %#lx", pfn);
		check_want(f, "a multiple of %lu", 1UL << p->order);
	}
	if (pfn + (1UL << p->order) > s->seg->end) {
		f = check_fault(s->c, R_PAGE_INSIDE, pfn, view_page_addr(pfn), "zone %.8s, block of order %u",
				s->z->z.name, p->order);
		check_got(f, "ends at pfn %#lx", pfn + (1UL << p->order));
		check_want(f, "at most %#lx, where its stretch of managed RAM ends", s->seg->end);
	}
}

static void check_head(struct pass *s, uint64_t pfn, struct page p)
{
	struct check_fault *f;

	end_lost(s, pfn);
	s->block = pfn;
	if (!known_state(&p) || p.order > MAX_PAGE_ORDER || p.owner >= NR_PAGE_OWNERS) {
		f = check_fault(s->c, R_PAGE_KIND, pfn, view_page_addr(pfn), "zone %.8s", s->z->z.name);
		check_got(f, "state %u order %u owner %u", p.state, p.order, p.owner);
		check_want(f, "a free (1), used (2) or per-CPU (3) head, order up to %d, owner below %d",
			   MAX_PAGE_ORDER, NR_PAGE_OWNERS);
		s->z->lost++;
		s->next = pfn + 1;
		s->free_at = NONE;
		return;
	}
	check_extent(s, pfn, &p);
	s->next = pfn + (1UL << p.order);
	if (p.state == PAGE_FREE)
		check_free_head(s, pfn, &p);
	else if (p.state == PAGE_PCP)
		check_pcp_head(s, pfn, &p);
	else
		check_used_head(s, pfn, &p);
	check_owner(s->c, s->z, pfn, &p);
	if (p.state != PAGE_USED)
		check_poison(s->c, s->z, pfn, &p);
}

/* The first word of an entry that is to be all zero and is not. */
static void got_word(struct check_fault *f, const struct page *p)
{
	uint64_t words[sizeof(*p) / sizeof(uint64_t)];
	unsigned int i = 0;

	memcpy(words, p, sizeof(words));
	while (i < sizeof(words) / sizeof(words[0]) - 1 && !words[i])
		i++;
	check_got(f, "%#" PRIx64 " in its bytes %zu..%zu", words[i], i * sizeof(words[0]),
		  (i + 1) * sizeof(words[0]) - 1);
	check_want(f, "zeros");
}

/* The tails of a slab name its cache, and that is all they say. A guest at work may be between the two. */
static bool is_slab_tail(const struct pass *s, const struct page *p)
{
	struct page rest = *p, head;

	rest.owner = 0;
	rest.mapping = 0;
	if (p->owner != OWNER_SLAB || !p->mapping || !all_zero(&rest) || view_page(s->c->v, s->block, &head))
		return false;
	return head.state == PAGE_USED &&
	       (head.owner == OWNER_SLAB ? head.mapping == p->mapping : !s->c->root->tsc_done);
}

static void bad_tail(struct pass *s, uint64_t pfn, struct page p)
{
	bool head = known_state(&p);
	struct check_fault *f = check_fault(s->c, head ? R_PAGE_OVERLAP : R_PAGE_TAILS, pfn, view_page_addr(pfn),
					    "zone %.8s, inside the block at pfn %#lx", s->z->z.name, s->block);

	if (head) {
		check_got(f, "head of a %s block of order %u", p.state == PAGE_USED ? "used" : "free", p.order);
		check_want(f, "nothing: that block reaches to pfn %#lx", s->next);
	} else {
		got_word(f, &p);
	}
}

static void bad_quiet(struct pass *s, uint64_t pfn, struct page p)
{
	bool fresh = s->seg->kind == SEG_FRESH;
	struct check_fault *f = check_fault(s->c, fresh ? R_PAGE_FRESH : R_PAGE_RESERVED, pfn, view_page_addr(pfn),
					    "zone %.8s, %s page", s->z->z.name, fresh ? "fresh" : "reserved");

	got_word(f, &p);
}

/* Entries of [pfn, pfn + n) lie at @p. */
static void scan_run(struct pass *s, uint64_t pfn, uint64_t n, const struct page *p)
{
	for (uint64_t i = 0; i < n;) {
		uint64_t at = pfn + i, quiet;

		if (s->seg->kind == SEG_MANAGED && at >= s->next) {
			if (!all_zero(&p[i])) {
				check_head(s, at, p[i]);
				i++;
				continue;
			}
			quiet = zeros(&p[i], n - i);
			lose(s, at, at + quiet);
			i += quiet;
			continue;
		}
		quiet = s->seg->kind == SEG_MANAGED && s->next - at < n - i ? s->next - at : n - i;
		i += zeros(&p[i], quiet);
		if (pfn + i < at + quiet) {
			if (s->seg->kind == SEG_MANAGED && is_slab_tail(s, &p[i]))
				;
			else if (s->seg->kind == SEG_MANAGED)
				bad_tail(s, pfn + i, p[i]);
			else
				bad_quiet(s, pfn + i, p[i]);
			i++;
		}
	}
}

/* The entries of [start, end) do not exist in the file: zeros. */
static void scan_hole(struct pass *s, uint64_t start, uint64_t end)
{
	if (s->seg->kind == SEG_MANAGED && s->next < end)
		lose(s, s->next > start ? s->next : start, end);
}

/* One mapping of the memory map: entries of [start, end) lie at @gpa. */
static void scan_mapped(struct pass *s, uint64_t start, uint64_t end, gpa_t gpa)
{
	gpa_t at = gpa, stop = gpa + (end - start) * sizeof(struct page), run;
	uint64_t len, pfn = start;

	while (view_backed(s->c->v, at, stop, &run, &len)) {
		uint64_t first = start + (run - gpa) / sizeof(struct page), n = len / sizeof(struct page);
		const struct page *p = view_phys(s->c->v, run, len);

		if (pfn < first)
			scan_hole(s, pfn, first);
		if (p && n) {
			scan_run(s, first, n, p);
			s->c->r->pages_read += n;
		}
		pfn = first + n;
		at = run + len;
	}
	if (pfn < end)
		scan_hole(s, pfn, end);
}

/* How far the hole in the page tables that @va lies in reaches. */
static uint64_t unmapped(const struct check_ctx *c, gva_t va)
{
	struct view_step steps[4];
	int n = view_walk(c->v, view_cr3(c->v), va, steps);

	return n ? 1ULL << (12 + 9 * (steps[n - 1].level - 1)) : VMEMMAP_SIZE;
}

void scan_segment(struct check_ctx *c, struct check_zone *z, const struct segment *seg, uint64_t start, uint64_t end)
{
	struct pass s = {.c = c, .z = z, .seg = seg, .next = start, .lost = NONE, .free_at = NONE};
	uint64_t pfn = start;

	while (pfn < end) {
		uint64_t size, n = end - pfn;
		gva_t va = view_page_addr(pfn);
		struct check_fault *f;
		gpa_t gpa;

		if (view_translate(c->v, view_cr3(c->v), va, &gpa, &size, NULL)) {
			f = check_fault(c, R_PAGE_MAPPED, pfn, va, "zone %.8s", z->z.name);
			check_got(f, "not mapped");
			check_want(f, "struct page");
			size = unmapped(c, va);
			n = n < (size - va % size) / sizeof(struct page) ? n : (size - va % size) / sizeof(struct page);
			scan_hole(&s, pfn, pfn + n);
		} else {
			if (n > (size - va % size) / sizeof(struct page))
				n = (size - va % size) / sizeof(struct page);
			scan_mapped(&s, pfn, pfn + n, gpa);
		}
		pfn += n;
	}
	end_lost(&s, end);
	c->r->pages += end - start;
}

static void check_balance(struct check_ctx *c, const struct check_zone *z)
{
	uint64_t sum = z->free + z->pcp + z->fresh;
	struct check_fault *f;

	check_ran(c, R_ZONE_BALANCE);
	for (unsigned int o = 0; o < NR_PAGE_OWNERS; o++)
		sum += z->used[o];
	if (sum == z->z.managed_pages && !z->lost)
		return;
	f = check_fault(c, R_ZONE_BALANCE, CHECK_NO_PFN, z->addr, "zone %.8s", z->z.name);
	check_got(f, "%lu managed: %lu free + %lu in CPUs' lists + %lu fresh + %lu used", z->z.managed_pages, z->free,
		  z->pcp, z->fresh, sum - z->free - z->pcp - z->fresh);
	check_want(f, "remainder 0, not %ld", (long)(z->z.managed_pages - sum));
}

/* What a zone's pages say together. */
static void sum_up(struct check_ctx *c, unsigned int zone)
{
	struct check_zone *z = &c->zones[zone];
	struct segment seg[MAX_SEGMENTS];
	unsigned int n = zone_segments(c, z, seg);

	for (unsigned int k = 0; k < n; k++)
		if (seg[k].kind == SEG_FRESH)
			check_zeroed(c, z, seg[k].start, seg[k].end - seg[k].start, "fresh range");
	check_balance(c, z);
	check_flow(c, z, zone);
}

void check_pages(struct check_ctx *c)
{
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		if (!c->zones[i].exists)
			continue;
		if (c->zones[i].flux) {
			check_flux(c, R_PAGE_MAPPED, R_PAGE_REFCOUNT);
			check_flux(c, R_ZONE_BALANCE, R_ZONE_BALANCE);
			continue;
		}
		check_ran_all(c, R_PAGE_MAPPED, R_PAGE_REFCOUNT);
		check_ran(c, R_BUDDY_COMPLETE);
		check_ran(c, R_BUDDY_MERGED);
	}
	scan_zones(c);
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		if (c->zones[i].exists && !c->zones[i].flux)
			sum_up(c, i);
}

enum page_state frame_state(const struct check_ctx *c, uint64_t pfn, struct page *head)
{
	uint64_t at;

	memset(head, 0, sizeof(*head));
	if (!page_ram(c, pfn) || page_reserved(c, pfn) || frame_fresh(c, pfn) || view_page_head(c->v, pfn, &at, head))
		return PAGE_QUIET;
	return head->state;
}
