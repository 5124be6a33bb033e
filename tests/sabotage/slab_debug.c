// SPDX-License-Identifier: MIT
/*
 * slab_debug.c - damage that only the debug kernel's slabs show: red zones, poison, padding, records. The image is the debug kernel's.
 */
#include "tests/sabotage/image.h"

#define PARTIAL offsetof(struct kmem_cache, partial)
#define FULL offsetof(struct kmem_cache, full)

static gva_t mixed(void)
{
	return cache_named("rich-mixed");
}

static void cache_copy(gva_t addr, struct kmem_cache *s)
{
	peek(addr, s, sizeof(*s));
	ck_assert_uint_ne(s->red_left, 0);
	ck_assert_uint_ne(s->track, 0);
}

/* The first object of a full slab: in use. */
static gva_t used_object(gva_t cache, struct kmem_cache *s)
{
	cache_copy(cache, s);
	return DIRECT_MAP + (first_slab(cache, FULL) << MMV_PAGE_SHIFT) + s->first;
}

/* The first free object of a partial slab. */
static gva_t free_object(struct kmem_cache *s)
{
	cache_copy(mixed(), s);
	return peek64(AT(view_page_addr(first_slab(mixed(), PARTIAL)), struct slab, freelist));
}

static void red_left_in_use(void)
{
	struct kmem_cache s;

	poke8(used_object(mixed(), &s) - 1, 0x41);
}

static void red_right_in_use(void)
{
	struct kmem_cache s;
	gva_t obj = used_object(mixed(), &s);

	poke8(obj + s.object_size, 0);
}

static void red_right_free(void)
{
	struct kmem_cache s;
	gva_t obj = free_object(&s);

	poke8(obj + s.inuse - 1, 0xcc);
}

/* As if the user had asked for less than it uses. */
static void red_beyond_asked(void)
{
	gva_t cache = cache_named("kmalloc-64");
	struct kmem_cache s;
	gva_t slab, obj;

	cache_copy(cache, &s);
	slab = s.nr_partial ? first_slab(cache, PARTIAL) : first_slab(cache, FULL);
	obj = DIRECT_MAP + (slab << MMV_PAGE_SHIFT) + s.first;
	/* the first one in use */
	while (peek8(obj - 1) != 0xcc)
		obj += s.size;
	ck_assert_uint_ne(s.orig, 0);
	poke32(obj + s.orig, 1);
}

static void poison_body(void)
{
	struct kmem_cache s;

	poke8(free_object(&s) + 3, 0);
}

static void poison_end(void)
{
	struct kmem_cache s;
	gva_t obj = free_object(&s);

	poke8(obj + s.object_size - 1, 0x6b);
}

static void padding_of_slab(void)
{
	struct kmem_cache s;
	gva_t obj = used_object(mixed(), &s);

	poke8(obj - s.first + (MMV_PAGE_SIZE << s.order) - 1, 0);
}

static void padding_of_object(void)
{
	gva_t cache = cache_named("kmalloc-256");
	struct kmem_cache s;
	uint64_t slab;

	cache_copy(cache, &s);
	slab = s.nr_partial ? first_slab(cache, PARTIAL) : first_slab(cache, FULL);
	poke8(DIRECT_MAP + (slab << MMV_PAGE_SHIFT) + s.first + s.size - s.red_left - 1, 0);
}

static gva_t record(unsigned int kind)
{
	struct kmem_cache s;
	gva_t obj = used_object(mixed(), &s);

	return obj + s.track + kind * sizeof(struct slab_track);
}

static void track_address(void)
{
	poke64(AT(record(TRACK_ALLOC), struct slab_track, addr), DIRECT_MAP);
}

static void track_cpu(void)
{
	poke32(AT(record(TRACK_ALLOC), struct slab_track, cpu), MMV_NR_CPUS);
}

static void track_stack(void)
{
	poke32(AT(record(TRACK_ALLOC), struct slab_track, handle), 0x7fffffff);
}

static void track_missing(void)
{
	poke64(AT(record(TRACK_ALLOC), struct slab_track, addr), 0);
}

static void track_order(void)
{
	struct kmem_cache s;
	gva_t track = free_object(&s) + s.track;

	poke32(AT(track, struct slab_track, serial),
	       peek32(AT(track + sizeof(struct slab_track), struct slab_track, serial)) + 1);
}

/* Written by somebody who does not know the cache's number: an attacker, or a list that is no free list. */
static void link_plain(void)
{
	struct kmem_cache s;
	gva_t obj = free_object(&s), at = obj + s.offset, plain = obj;

	/* the last one of the list: its damage cuts nothing off */
	for (gva_t next; (next = slab_link(s.random, plain + s.offset, peek64(plain + s.offset))); plain = next)
		at = next + s.offset;
	poke64(at, obj);
}

const struct sabotage slab_debug_sabotage[] = {
	{"slab.debug.redzone", "a byte before an object in use", red_left_in_use, ""},
	{"slab.debug.redzone", "a byte behind an object in use", red_right_in_use, ""},
	{"slab.debug.redzone", "a byte behind a free object", red_right_free, ""},
	{"slab.debug.redzone", "a byte behind what kmalloc() was asked for", red_beyond_asked, ""},
	{"slab.debug.poison", "a free object's body", poison_body, ""},
	{"slab.debug.poison", "a free object's last byte", poison_end, ""},
	{"slab.debug.padding", "the end of a slab", padding_of_slab, ""},
	{"slab.debug.padding", "between two objects", padding_of_object, ""},
	{"slab.debug.track", "who allocated is no code", track_address, ""},
	{"slab.debug.track", "a CPU that is not there", track_cpu, ""},
	{"slab.debug.track", "a stack that is not there", track_stack, ""},
	{"slab.debug.track", "in use, never allocated", track_missing, ""},
	{"slab.debug.track", "a free object freed before it was allocated", track_order, ""},
	{"slab.debug.link", "a link that is a plain address", link_plain, "slab.freelist.closed slab.freelist.count"},
};
const unsigned int nr_slab_debug_sabotage = sizeof(slab_debug_sabotage) / sizeof(slab_debug_sabotage[0]);
