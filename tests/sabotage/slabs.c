// SPDX-License-Identifier: MIT
/*
 * slabs.c - damage to caches, slabs, their free lists, and per-CPU arrays.
 */
#include "tests/sabotage/image.h"

#define PARTIAL offsetof(struct kmem_cache, partial)
#define FULL offsetof(struct kmem_cache, full)
#define EMPTY offsetof(struct kmem_cache, empty)

static gva_t mixed(void)
{
	return cache_named("rich-mixed");
}

static gva_t slab_at(uint64_t pfn)
{
	return view_page_addr(pfn);
}

static gva_t partial(void)
{
	return slab_at(first_slab(mixed(), PARTIAL));
}

static gva_t full(void)
{
	return slab_at(first_slab(mixed(), FULL));
}

static uint32_t offset_of_link(void)
{
	return peek32(AT(mixed(), struct kmem_cache, offset));
}

/* Entry @n of the array of the CPU that has at least that many. */
static gva_t waiting(gva_t cache, uint32_t n)
{
	for (unsigned int cpu = 0; cpu < image_root()->nr_cpus; cpu++) {
		gva_t array = peek64(AT(cache, struct kmem_cache, cpu)) + cpu * sizeof(struct slab_cpu);

		if (peek32(AT(array, struct slab_cpu, nr)) > n)
			return AT(array, struct slab_cpu, objs) + n * 8;
	}
	ck_abort_msg("no CPU has %u objects of the cache", n + 1);
	return 0;
}

/* ---- caches ---- */

static void caches_prev(void)
{
	add64(AT(cache_named("kmalloc-64"), struct kmem_cache, list.prev), 8);
}

static void caches_nowhere(void)
{
	poke64(AT(cache_named("kmalloc-64"), struct kmem_cache, list.next), 0xffffc8ff00000000);
}

static void geometry_offset(void)
{
	poke32(AT(mixed(), struct kmem_cache, offset), peek32(AT(mixed(), struct kmem_cache, size)) - 4);
}

static void geometry_order(void)
{
	poke16(AT(mixed(), struct kmem_cache, order), 60000);
}

static void geometry_objects(void)
{
	poke16(AT(mixed(), struct kmem_cache, objs_per_slab),
	       peek16(AT(mixed(), struct kmem_cache, objs_per_slab)) - 1);
}

/* ---- slabs on lists ---- */

static void slab_prev(void)
{
	add64(AT(partial(), struct slab, slab_list.prev), 64);
}

static void slab_list_nowhere(void)
{
	poke64(mixed() + PARTIAL, 0x123456);
}

static void slab_of_other_cache(void)
{
	poke64(AT(full(), struct slab, slab_cache), cache_named("kmalloc-64"));
}

static void slab_not_slab(void)
{
	poke8(AT(full(), struct slab, owner), OWNER_RAW);
}

static void move_slab(gva_t slab, size_t to, size_t count_from, size_t count_to)
{
	unlink_node(AT(slab, struct slab, slab_list));
	link_after(AT(slab, struct slab, slab_list), mixed() + to);
	add64(mixed() + count_from, -1);
	add64(mixed() + count_to, 1);
}

static void full_on_partial(void)
{
	move_slab(full(), PARTIAL, offsetof(struct kmem_cache, nr_full), offsetof(struct kmem_cache, nr_partial));
}

static void partial_on_empty(void)
{
	move_slab(partial(), EMPTY, offsetof(struct kmem_cache, nr_partial), offsetof(struct kmem_cache, nr_empty));
}

static void slab_forgotten(void)
{
	unlink_node(AT(full(), struct slab, slab_list));
	add64(AT(mixed(), struct kmem_cache, nr_full), -1);
	add64(AT(mixed(), struct kmem_cache, nr_slabs), -1);
}

static void raw_becomes_slab(void)
{
	poke8(AT(view_page_addr(used_page(OWNER_RAW, 0)), struct page, owner), OWNER_SLAB);
}

static void count_slabs(void)
{
	add64(AT(mixed(), struct kmem_cache, nr_slabs), 5);
}

static void count_empty(void)
{
	poke64(AT(cache_named("rich-empty"), struct kmem_cache, nr_empty), SLAB_EMPTY_KEEP + 1);
}

static void count_partial(void)
{
	add64(AT(mixed(), struct kmem_cache, nr_partial), 5);
	add64(AT(mixed(), struct kmem_cache, nr_slabs), 5);
}

static void count_out(void)
{
	add64(AT(mixed(), struct kmem_cache, nr_out), -1);
}

static void count_pages(void)
{
	add64(AT(mixed(), struct kmem_cache, nr_pages), 1);
}

/* The second page of a slab that has more than one. */
static gva_t tail(void)
{
	return view_page_addr(first_slab(cache_named("kmalloc-8k"), FULL) + 1);
}

static void tail_of_other_cache(void)
{
	poke64(AT(tail(), struct page, mapping), mixed());
}

static void tail_of_nobody(void)
{
	poke64(AT(tail(), struct page, mapping), 0);
	poke8(AT(tail(), struct page, owner), 0);
}

static void inuse_too_high(void)
{
	poke16(AT(full(), struct slab, inuse), peek16(AT(full(), struct slab, objects)) + 1);
}

static void objects_too_many(void)
{
	poke16(AT(full(), struct slab, objects), 60000);
}

/* ---- free lists ---- */

static void free_misaligned(void)
{
	add64(AT(partial(), struct slab, freelist), 8);
}

static void free_outside(void)
{
	add64(AT(partial(), struct slab, freelist), MMV_PAGE_SIZE);
}

static void free_link_smashed(void)
{
	poke64(peek64(AT(partial(), struct slab, freelist)) + offset_of_link(), 0x6b6b6b6b6b6b6b6b);
}

/* What a double free does. */
static void free_cycle(void)
{
	gva_t first = peek64(AT(partial(), struct slab, freelist)), second = peek64(first + offset_of_link());

	ck_assert_uint_ne(second, 0);
	poke64(second + offset_of_link(), first);
}

static void free_to_itself(void)
{
	gva_t first = peek64(AT(partial(), struct slab, freelist));

	poke64(first + offset_of_link(), first);
}

static void free_cut(void)
{
	poke64(peek64(AT(partial(), struct slab, freelist)) + offset_of_link(), 0);
}

static void inuse_off(void)
{
	poke16(AT(partial(), struct slab, inuse), peek16(AT(partial(), struct slab, inuse)) + 1);
}

static void full_with_free_object(void)
{
	gva_t slab = full();
	uint64_t pfn = first_slab(mixed(), FULL);

	/* an object that is in use gets onto the list: its first bytes are a link of zeros then */
	poke64(DIRECT_MAP + (pfn << MMV_PAGE_SHIFT) + offset_of_link(), 0);
	poke64(AT(slab, struct slab, freelist), DIRECT_MAP + (pfn << MMV_PAGE_SHIFT));
}

/* ---- per-CPU arrays ---- */

static gva_t array_of(gva_t entry)
{
	for (unsigned int cpu = 0; cpu < image_root()->nr_cpus; cpu++) {
		gva_t array = peek64(AT(mixed(), struct kmem_cache, cpu)) + cpu * sizeof(struct slab_cpu);

		if (entry > array && entry < array + sizeof(struct slab_cpu))
			return array;
	}
	ck_abort_msg("%#lx is in no array", entry);
	return 0;
}

static void array_overfull(void)
{
	gva_t array = array_of(waiting(mixed(), 0));

	poke32(AT(array, struct slab_cpu, cap), peek32(AT(array, struct slab_cpu, nr)) - 1);
}

static void array_too_large(void)
{
	poke32(AT(array_of(waiting(mixed(), 0)), struct slab_cpu, cap), SLAB_CPU_CAP + 1);
}

static void array_nowhere(void)
{
	poke64(AT(mixed(), struct kmem_cache, cpu), 0xffffc8ff00000000);
}

static void array_garbage(void)
{
	poke64(waiting(mixed(), 0), 0x4141414141414141);
}

static void array_inside_object(void)
{
	add64(waiting(mixed(), 0), 16);
}

static void array_other_cache(void)
{
	poke64(waiting(mixed(), 0), peek64(waiting(cache_named("rich-empty"), 0)));
}

static void array_twice(void)
{
	poke64(waiting(mixed(), 1), peek64(waiting(mixed(), 0)));
}

static void array_and_free_list(void)
{
	poke64(waiting(mixed(), 0), peek64(AT(partial(), struct slab, freelist)));
}

/* ---- what a cache promises ---- */

static void kmalloc_size(void)
{
	poke32(AT(cache_named("kmalloc-64"), struct kmem_cache, object_size), 60);
}

static void kmalloc_alignment(void)
{
	poke32(AT(cache_named("kmalloc-64"), struct kmem_cache, align), 32);
}

static void large_not_compound(void)
{
	gva_t flags = AT(view_page_addr(used_page(OWNER_KMALLOC, -1)), struct page, flags);

	poke32(flags, peek32(flags) & ~PG_COMP);
}

/* The structure of a cache that is in use waits for the next user: what a second kmem_cache_destroy() does. */
static void cache_in_free_object(void)
{
	poke64(waiting(cache_named("kmem_cache"), 0), mixed());
}

static void no_users(void)
{
	poke32(AT(mixed(), struct kmem_cache, refcount), 0);
}

static void merged_with_constructor(void)
{
	poke32(AT(mixed(), struct kmem_cache, refcount), 2);
	poke64(AT(mixed(), struct kmem_cache, ctor), KERNEL_BASE);
}

static void region_beyond_object(void)
{
	poke32(AT(mixed(), struct kmem_cache, usersize), 89);
}

static void dma_cache_elsewhere(void)
{
	/* __GFP_DMA */
	poke32(AT(mixed(), struct kmem_cache, gfp), 1);
}

const struct sabotage slab_sabotage[] = {
	{"slab.kmalloc", "objects smaller than the name says", kmalloc_size, "slab.usercopy"},
	{"slab.kmalloc", "alignment less than natural", kmalloc_alignment, ""},
	{"slab.kmalloc.large", "a large kmalloc that is not compound", large_not_compound, "page.refcount"},
	{"slab.self", "a cache in a free object", cache_in_free_object, ""},
	{"slab.merged", "a cache without users", no_users, ""},
	{"slab.merged", "two users of a cache with a constructor", merged_with_constructor, ""},
	{"slab.usercopy", "a region beyond the object", region_beyond_object, ""},
	{"slab.zone", "slabs of a DMA cache above the zone", dma_cache_elsewhere, ""},
	{"slab.caches", "prev off", caches_prev, "slab.complete"},
	{"slab.caches", "link to nowhere", caches_nowhere, "slab.complete"},
	{"slab.geometry", "link beyond the object", geometry_offset, ""},
	{"slab.geometry", "absurd order", geometry_order, ""},
	{"slab.geometry", "one object too few", geometry_objects, ""},
	{"slab.linked", "prev off by one entry", slab_prev, "slab.complete"},
	{"slab.linked", "link to nowhere", slab_list_nowhere, "slab.complete"},
	{"slab.page", "slab that names another cache", slab_of_other_cache, "slab.cpu.objects slab.count page.tails"},
	{"slab.page", "slab whose page is somebody else's", slab_not_slab, "slab.cpu.objects slab.count page.tails"},
	{"slab.place", "full slab on the partial list", full_on_partial, ""},
	{"slab.place", "partial slab on the empty list", partial_on_empty, ""},
	{"slab.complete", "full slab on no list", slab_forgotten, "slab.count"},
	{"slab.complete", "page that calls itself a slab", raw_becomes_slab, ""},
	{"slab.empty", "more empty slabs than a cache keeps", count_empty, "slab.count"},
	{"slab.count", "nr_slabs too high", count_slabs, ""},
	{"slab.count", "nr_partial too high", count_partial, ""},
	{"slab.count", "nr_out too low", count_out, ""},
	{"slab.count", "nr_pages too high", count_pages, ""},
	{"slab.page", "tail that names another cache", tail_of_other_cache, "page.tails"},
	{"slab.page", "tail that names nobody", tail_of_nobody, ""},
	{"slab.inuse", "more in use than there are", inuse_too_high, "slab.count"},
	{"slab.inuse", "more objects than fit", objects_too_many, "slab.place"},
	{"slab.freelist.closed", "free object between two objects", free_misaligned, ""},
	{"slab.freelist.closed", "free object in the next slab", free_outside, ""},
	{"slab.freelist.closed", "link overwritten by poison", free_link_smashed, ""},
	{"slab.freelist.acyclic", "two free objects link to each other", free_cycle, ""},
	{"slab.freelist.acyclic", "a free object links to itself", free_to_itself, ""},
	{"slab.freelist.count", "free list cut off", free_cut, ""},
	{"slab.freelist.count", "inuse too high", inuse_off, "slab.place slab.count"},
	{"slab.freelist.count", "free object in a full slab", full_with_free_object, "slab.cpu.unique"},
	{"slab.cpu.bounds", "more objects than the capacity", array_overfull, ""},
	{"slab.cpu.bounds", "capacity beyond the array", array_too_large, ""},
	{"slab.cpu.bounds", "arrays nowhere", array_nowhere, ""},
	{"slab.cpu.objects", "garbage in an array", array_garbage, ""},
	{"slab.cpu.objects", "pointer into an object", array_inside_object, ""},
	{"slab.cpu.objects", "object of another cache", array_other_cache, ""},
	{"slab.cpu.unique", "object in an array twice", array_twice, ""},
	{"slab.cpu.unique", "object in an array and on its free list", array_and_free_list, ""},
};
const unsigned int nr_slab_sabotage = sizeof(slab_sabotage) / sizeof(slab_sabotage[0]);
