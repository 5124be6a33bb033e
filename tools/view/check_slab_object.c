// SPDX-License-Identifier: MIT
/*
 * check_slab_object.c - what a cache promises beyond its lists: sizes that fit its name, zones, regions for user space, merging; and
 * in the debug kernel every object's surroundings: red zones, poison, padding, the records of who allocated and freed it.
 *
 * An object's state is what the slab's free list says; red zones and records must agree with it. They change under the lock of
 * the cache only, and a cache whose lock says that somebody is at it was skipped before (check_slab.c), except that a user may
 * resize an object in place at any time: that is judged only when the guest is done.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/view/check_impl.h"
#include "tools/view/slabs.h"

#define RED_INACTIVE 0xbb
#define RED_ACTIVE 0xcc
#define PAD_BYTE 0x5a
#define FREE_BYTE 0x6b
#define FREE_END 0xa5

#define GFP_DMA 1u
#define GFP_DMA32 4u

/* ---- caches ---- */

static void cache_fault(struct check_ctx *c, enum rule rule, const struct kmem_cache *s, gva_t addr, const char *got,
			const char *want)
{
	struct check_fault *f = check_fault(c, rule, CHECK_NO_PFN, addr, "cache %.32s", s->name);

	check_got(f, "%s", got);
	check_want(f, "%s", want);
}

/* "kmalloc-1k" -> 1024; 0: not such a name. */
static uint32_t size_in_name(const char *name)
{
	const char *digits = strrchr(name, '-');
	unsigned long n;
	char *end;

	if (!strstr(name, "kmalloc-") || !digits)
		return 0;
	n = strtoul(digits + 1, &end, 10);
	if (*end == 'k')
		n *= 1024;
	return n <= UINT32_MAX ? (uint32_t)n : 0;
}

static void check_kmalloc_cache(struct check_ctx *c, const struct kmem_cache *s, gva_t addr)
{
	uint32_t size = size_in_name(s->name), aligned = size & -size;
	struct check_fault *f;

	check_ran(c, R_SLAB_KMALLOC);
	if (!size || addr < KERNEL_BASE)
		return;
	if (s->object_size == size && s->align >= aligned && s->size % aligned == 0 && s->first % aligned == 0)
		return;
	f = check_fault(c, R_SLAB_KMALLOC, CHECK_NO_PFN, addr, "cache %.32s", s->name);
	check_got(f, "objects of %u bytes, one every %u from %u, aligned to %u", s->object_size, s->size, s->first,
		  s->align);
	check_want(f, "objects of %u bytes at multiples of %u", size, aligned);
}

/* The structure of a cache that was made at run time is itself an object in use. */
static void check_self(struct check_ctx *c, const struct kmem_cache *s, gva_t addr)
{
	struct slab_object o;

	check_ran(c, R_SLAB_SELF);
	if (addr >= KERNEL_BASE)
		return;
	if (view_object(c->v, addr, &o) || o.offset || strcmp(o.cache, "kmem_cache") != 0)
		cache_fault(c, R_SLAB_SELF, s, addr, "no object of the cache kmem_cache", "one");
	else if (o.state != OBJECT_USED)
		cache_fault(c, R_SLAB_SELF, s, addr, "in a free object", "in one that is in use");
}

void check_slab_cache(struct check_ctx *c, const struct kmem_cache *s, gva_t addr)
{
	check_kmalloc_cache(c, s, addr);
	check_self(c, s, addr);
	check_ran_all(c, R_SLAB_MERGED, R_SLAB_ZONE);
	if (!s->refcount)
		cache_fault(c, R_SLAB_MERGED, s, addr, "no users", "at least one");
	else if (s->refcount > 1 && (s->ctor.va || s->red_left || s->track || s->poison))
		cache_fault(c, R_SLAB_MERGED, s, addr, "several users of a cache with constructor or debugging", "one");
	if ((uint64_t)s->useroffset + s->usersize > s->object_size)
		cache_fault(c, R_SLAB_USERCOPY, s, addr, "a region for user space beyond the object", "one inside");
}

void check_slab_zone(struct check_ctx *c, const struct kmem_cache *s, uint64_t pfn)
{
	struct check_fault *f;

	if ((s->gfp & GFP_DMA && pfn >= DMA_END >> MMV_PAGE_SHIFT) ||
	    (s->gfp & GFP_DMA32 && pfn >= DMA32_END >> MMV_PAGE_SHIFT)) {
		f = check_fault(c, R_SLAB_ZONE, pfn, view_page_addr(pfn), "cache %.32s", s->name);
		check_got(f, "a slab at %#lx", pfn << MMV_PAGE_SHIFT);
		check_want(f, "below %#lx", s->gfp & GFP_DMA ? (uint64_t)DMA_END : (uint64_t)DMA32_END);
	}
}

/* ---- bytes around objects ---- */

/**
 * struct body - one slab while its bytes are judged.
 * @base: its first byte, @at: where that is in the guest
 */
struct body {
	struct check_ctx *c;
	const struct kmem_cache *s;
	uint64_t pfn;
	gva_t at;
	const uint8_t *base;
	uint64_t bytes;
};

/* Are the bytes [from, from + n) of the slab all @value? Only the first fault of an object's part is told. */
static void expect_bytes(const struct body *b, enum rule rule, const char *what, int64_t from, int64_t n, uint8_t value)
{
	struct check_fault *f;

	if (from < 0 || n <= 0 || (uint64_t)(from + n) > b->bytes)
		return;
	for (int64_t i = from; i < from + n; i++) {
		if (b->base[i] == value)
			continue;
		f = check_fault(b->c, rule, b->pfn, b->at + (uint64_t)i, "cache %.32s, slab at %#lx, %s", b->s->name,
				b->at, what);
		check_got(f, "%#x", b->base[i]);
		check_want(f, "%#x", value);
		return;
	}
}

static uint32_t word32(const struct body *b, int64_t at)
{
	uint32_t x = 0;

	if (at >= 0 && (uint64_t)at + sizeof(x) <= b->bytes)
		memcpy(&x, b->base + at, sizeof(x));
	return x;
}

static void check_surroundings(const struct body *b, int64_t obj, bool is_free)
{
	const struct kmem_cache *s = b->s;
	uint8_t red = is_free ? RED_INACTIVE : RED_ACTIVE;
	int64_t pad = s->offset >= s->inuse ? s->offset + 8 : s->inuse;
	uint32_t asked = s->orig && !is_free && !b->c->busy ? word32(b, obj + s->orig) : s->object_size;

	if (s->track)
		pad = s->track + (int64_t)(NR_SLAB_TRACKS * sizeof(struct slab_track));
	if (s->orig)
		pad = s->orig + 8;
	if (s->red_left) {
		expect_bytes(b, R_SLAB_RED_ZONE, "left red zone", obj - s->red_left, s->red_left, red);
		expect_bytes(b, R_SLAB_RED_ZONE, "right red zone", obj + s->object_size,
			     (int64_t)s->inuse - s->object_size, red);
		if (asked < s->object_size)
			expect_bytes(b, R_SLAB_RED_ZONE, "what was not asked for", obj + asked,
				     (int64_t)s->object_size - asked, red);
	} else if (s->poison & SLAB_POISONED_PAD) {
		expect_bytes(b, R_SLAB_PADDING, "alignment padding", obj + s->object_size,
			     (int64_t)s->inuse - s->object_size, PAD_BYTE);
	}
	if (s->poison & SLAB_POISONED_PAD)
		expect_bytes(b, R_SLAB_PADDING, "object padding", obj + pad, (int64_t)s->size - s->red_left - pad,
			     PAD_BYTE);
	if ((s->poison & SLAB_POISONED_BODY) && is_free) {
		expect_bytes(b, R_SLAB_POISON, "a free object", obj, (int64_t)s->object_size - 1, FREE_BYTE);
		expect_bytes(b, R_SLAB_POISON, "a free object's end", obj + s->object_size - 1, 1, FREE_END);
	}
}

/* ---- records ---- */

static bool is_code(const struct check_ctx *c, gva_t addr)
{
	return (addr >= c->root->kernel_start && addr < c->root->kernel_end) ||
	       (addr >= MODULES_START && addr < MODULES_END);
}

static const char *odd_track(const struct check_ctx *c, const struct slab_track *t, const struct stack_depot *depot)
{
	if (!is_code(c, t->addr))
		return "an address outside all code";
	if (t->cpu >= c->root->nr_cpus)
		return "a CPU that does not exist";
	if (t->pid < 0)
		return "a negative pid";
	return t->handle && t->handle >= depot->used ? "a stack behind the end of the depot" : NULL;
}

static void check_tracks(const struct body *b, const struct stack_depot *depot, int64_t obj, bool is_free)
{
	struct slab_track t[NR_SLAB_TRACKS];
	const char *wrong = NULL;
	struct check_fault *f;

	if (!b->s->track || (uint64_t)(obj + b->s->track) + sizeof(t) > b->bytes)
		return;
	memcpy(t, b->base + obj + b->s->track, sizeof(t));
	for (int i = 0; i < NR_SLAB_TRACKS && !wrong; i++)
		wrong = t[i].addr ? odd_track(b->c, &t[i], depot) : NULL;
	if (!wrong && !is_free && !t[TRACK_ALLOC].addr)
		wrong = "in use and never allocated";
	if (!wrong && t[TRACK_ALLOC].addr && t[TRACK_FREE].addr &&
	    ((int32_t)(t[TRACK_FREE].serial - t[TRACK_ALLOC].serial) > 0) != is_free)
		wrong = is_free ? "free and allocated later than freed" : "in use and freed later than allocated";
	if (!wrong)
		return;
	f = check_fault(b->c, R_SLAB_TRACK, b->pfn, b->at + (uint64_t)(obj + b->s->track),
			"cache %.32s, object at %#lx", b->s->name, b->at + (uint64_t)obj);
	check_got(f, "%s", wrong);
	check_want(f, "records of who allocated and who freed it");
}

/* A free object's link is encoded: the plain address of another one is a sign that somebody wrote it who does not know how. */
static void check_link(const struct body *b, int64_t obj)
{
	gva_t first = b->at + b->s->first, word;
	struct check_fault *f;

	if ((uint64_t)(obj + b->s->offset) + sizeof(word) > b->bytes)
		return;
	memcpy(&word, b->base + obj + b->s->offset, sizeof(word));
	if (word < first || word >= b->at + b->bytes || (word - first) % b->s->size)
		return;
	f = check_fault(b->c, R_SLAB_LINK, b->pfn, b->at + (uint64_t)(obj + b->s->offset), "cache %.32s, slab at %#lx",
			b->s->name, b->at);
	check_got(f, "the plain address %#lx", word);
	check_want(f, "a link that is encoded");
}

/* Cleared on its way back, or never used: only the link to the next free one is not zero. */
static void check_cleared(const struct body *b, int64_t obj)
{
	const struct kmem_cache *s = b->s;

	expect_bytes(b, R_SLAB_INIT_FREE, "a free object", obj, s->offset < s->object_size ? s->offset : s->object_size,
		     0);
	expect_bytes(b, R_SLAB_INIT_FREE, "a free object", obj + s->offset + 8, (int64_t)s->object_size - s->offset - 8,
		     0);
}

void check_slab_objects(struct check_ctx *c, const struct kmem_cache *s, uint64_t pfn, const struct slab *slab,
			const uint8_t *free_bits)
{
	struct body b = {.c = c, .s = s, .pfn = pfn, .at = DIRECT_MAP + (pfn << MMV_PAGE_SHIFT)};
	struct stack_depot depot = {.used = 0};
	int64_t first = s->first, end = first + (int64_t)slab->objects * s->size;

	/* Where free pages are poisoned a new slab is not of zeros. */
	bool cleared = s->init & SLAB_INIT_FREE && !(c->watched && c->page_debug.stride[0]);

	if (!s->red_left && !s->poison && !s->track && !s->random && !cleared)
		return;
	if (s->red_left || s->poison || s->track || s->random)
		check_ran_all(c, R_SLAB_RED_ZONE, R_SLAB_LINK);
	if (cleared)
		check_ran(c, R_SLAB_INIT_FREE);
	b.bytes = MMV_PAGE_SIZE << slab->order;
	b.base = view_phys(c->v, pfn << MMV_PAGE_SHIFT, b.bytes);
	if (!b.base)
		return;
	if (c->root->stack_depot.va)
		view_read(c->v, c->root->stack_depot.va, &depot, sizeof(depot));
	if (s->poison & SLAB_POISONED_PAD) {
		expect_bytes(&b, R_SLAB_PADDING, "before its objects", 0, first - s->red_left, PAD_BYTE);
		expect_bytes(&b, R_SLAB_PADDING, "behind its objects", end - s->red_left,
			     (int64_t)b.bytes - end + s->red_left, PAD_BYTE);
	}
	for (unsigned int i = 0; i < slab->objects; i++) {
		bool is_free = free_bits && free_bits[i / 8] >> i % 8 & 1;
		int64_t obj = first + (int64_t)i * s->size;

		/* A link that lies behind the object is never the user's. */
		if (s->random && (is_free || s->offset >= s->inuse))
			check_link(&b, obj);
		if (!free_bits)
			continue;
		check_surroundings(&b, obj, is_free);
		if (cleared && is_free)
			check_cleared(&b, obj);
		check_tracks(&b, &depot, obj, is_free);
	}
}
