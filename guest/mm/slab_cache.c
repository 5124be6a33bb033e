// SPDX-License-Identifier: MIT
/*
 * slab_cache.c - caches: making, merging, shrinking, ending them; the list of all.
 *
 * Shape:   every cache is on mm_root.slab_caches. The structure of one that is made at run time is an object of the cache
 *          "kmem_cache"; that cache and kmalloc()'s are part of the kernel image, and their per-CPU arrays come from
 *          memblock, because they serve the very allocations that a cache is made with.
 * Merging: a new cache becomes another name of an existing one if objects of either could stand for the other's: no
 *          constructor, no debugging, no region for user space, the same kind of pages, and less than a word of waste.
 *          Then @refcount grows, and object_size becomes the larger one. kmalloc()'s own caches stay by themselves.
 * Always:  the geometry of a cache never changes, except for object_size in a merge.
 * Locking: mm_root.slab_lock covers the list; a cache's own lock nests inside it. Names are compared and caches linked
 *          under it; nothing else is.
 * Boot:    slab_boot_alloc() before the page allocator owns the memory, slab_init() after.
 */
#include <linux/export.h>
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kfree_rcu.h>
#include <linux/memblock.h>
#include <linux/panic.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "slab.h"

#define SLAB_MAX_ORDER 3
/* A slab should hold at least so many objects, if that does not take a larger order than the one above. */
#define SLAB_MIN_OBJECTS 8

/* What boot arguments may set these to. */
#define SLAB_MOST_ORDER 5
#define SLAB_MOST_OBJECTS 512

#define SLAB_FLAGS_KNOWN                                                                                               \
	(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | SLAB_KMALLOC | SLAB_HWCACHE_ALIGN | SLAB_CACHE_DMA |  \
	 SLAB_CACHE_DMA32 | SLAB_STORE_USER | SLAB_RECLAIM_ACCOUNT | SLAB_PANIC | SLAB_TYPESAFE_BY_RCU |               \
	 SLAB_MEM_SPREAD | SLAB_TRACE | SLAB_DEBUG_OBJECTS | SLAB_NOLEAKTRACE | SLAB_NO_MERGE | SLAB_FAILSLAB |        \
	 SLAB_ACCOUNT | SLAB_KASAN | SLAB_NO_USER_FLAGS | SLAB_SKIP_KFENCE)

/* The cache of struct kmem_cache. */
static struct kmem_cache cache_cache = {
	.name = "kmem_cache",
	.object_size = sizeof(struct kmem_cache),
	.flags = SLAB_HWCACHE_ALIGN,
	.refcount = 1,
};

#define BOOT_CACHES (NR_KMALLOC_TYPES * KMALLOC_NR_CLASSES + 1)
static struct slab_cpu *boot_arrays;

/* A cache with one of these has something of its own. */
#define SLAB_NEVER_MERGE                                                                                               \
	(SLAB_DEBUG_FLAGS | SLAB_TYPESAFE_BY_RCU | SLAB_NOLEAKTRACE | SLAB_FAILSLAB | SLAB_KASAN | SLAB_NO_MERGE |     \
	 SLAB_KMALLOC)
/* Merged caches agree in these: what pages they want, who pays. */
#define SLAB_MERGE_SAME (SLAB_RECLAIM_ACCOUNT | SLAB_CACHE_DMA | SLAB_CACHE_DMA32 | SLAB_ACCOUNT)

/* ---- boot arguments ---- */

static bool no_merge;
static unsigned int opt_min_order, opt_max_order = SLAB_MAX_ORDER, opt_min_objects = SLAB_MIN_OBJECTS;

static int set_nomerge(char *value)
{
	no_merge = true;
	return !*value;
}
__setup("slab_nomerge", set_nomerge);

static int set_nomerge_old(char *value)
{
	return set_nomerge(value);
}
__setup("slub_nomerge", set_nomerge_old);

/* A number from 0 to @most, and nothing else. */
static int set_number(const char *value, unsigned int most, unsigned int *to)
{
	unsigned int n = 0;
	const char *p;

	for (p = value; *p >= '0' && *p <= '9' && n <= most; p++)
		n = n * 10 + (unsigned int)(*p - '0');
	if (p == value || *p || n > most)
		return 0;
	*to = n;
	return 1;
}

static int set_min_order(char *value)
{
	return set_number(value, SLAB_MOST_ORDER, &opt_min_order);
}
__setup("slub_min_order", set_min_order);

static int set_max_order(char *value)
{
	return set_number(value, SLAB_MOST_ORDER, &opt_max_order);
}
__setup("slub_max_order", set_max_order);

static int set_min_objects(char *value)
{
	return set_number(value, SLAB_MOST_OBJECTS, &opt_min_objects);
}
__setup("slub_min_objects", set_min_objects);

unsigned long direct_map_bytes;

/* ---- geometry ---- */

/* Capacity of a CPU's array: about 16 KiB worth of objects, never less than 8. */
static uint32_t array_cap(uint32_t size)
{
	uint32_t cap = (16u << 10) / size;

	return clamp_t(uint32_t, cap, 8, SLAB_CPU_CAP);
}

/* Objects share a cache line only if several fit. */
static uint32_t object_align(uint32_t size, uint32_t align, slab_flags_t flags)
{
	uint32_t line = 64;

	if (flags & SLAB_HWCACHE_ALIGN) {
		while (size <= line / 2)
			line /= 2;
		align = max(align, line);
	}
	return ALIGN(max_t(uint32_t, align, ARCH_SLAB_MINALIGN), (uint32_t)sizeof(void *));
}

/* Smallest order that wastes at most 1/16, then 1/8, then 1/4 of a slab with enough objects in it; else what fits. */
static unsigned int slab_order(uint32_t size)
{
	uint32_t want = min_t(uint32_t, opt_min_objects, (PAGE_SIZE << opt_max_order) / size);
	unsigned int least = min(opt_min_order, opt_max_order);

	for (uint32_t fraction = 16; want && fraction >= 4; fraction /= 2) {
		unsigned int order = max_t(unsigned int, get_order((unsigned long)want * size), least);

		for (; order <= opt_max_order; order++)
			if ((PAGE_SIZE << order) % size <= (PAGE_SIZE << order) / fraction)
				return order;
	}
	return max_t(unsigned int, get_order(size), want ? opt_max_order : 0u);
}

/* How many fit in a block of that order? */
static unsigned int objects_in(const struct kmem_cache *s, unsigned int order)
{
	return (unsigned int)(((PAGE_SIZE << order) - s->first) / s->size);
}

void cache_geometry(struct kmem_cache *s, int freeptr)
{
	bool outside = s->ctor || (s->flags & SLAB_TYPESAFE_BY_RCU && freeptr < 0);
	uint32_t bytes = ALIGN(s->object_size, sizeof(void *));

	s->align = object_align(s->object_size, s->align, s->flags);
	/* The link lies in the middle of a free object, away from what an overrun of a neighbour hits first; behind the
	 * object if its contents must stay, unless its owner gave a place for it. */
	s->offset = outside ? bytes : ALIGN_DOWN(s->object_size / 2, (uint32_t)sizeof(void *));
	if (!outside && freeptr >= 0)
		s->offset = (uint32_t)freeptr;
	s->size = ALIGN(outside ? bytes + sizeof(void *) : bytes, s->align);
	s->inuse = bytes;
	if (slab_debugged(s))
		slab_debug_layout(s);
	s->init = slab_init_flags(s);
	s->min_order = (uint8_t)get_order((unsigned long)s->first + s->size);
	s->order = (uint8_t)max(slab_order(s->size), (unsigned int)s->min_order);
	while (s->order > s->min_order && objects_in(s, s->order) > SLAB_OBJECTS_MAX)
		s->order--;
	s->objs_per_slab = (uint16_t)objects_in(s, s->order);
	s->gfp = (s->flags & SLAB_CACHE_DMA ? __GFP_DMA : 0) | (s->flags & SLAB_CACHE_DMA32 ? __GFP_DMA32 : 0) |
		 (s->flags & SLAB_RECLAIM_ACCOUNT ? __GFP_RECLAIMABLE : 0);
}

void cache_register(struct kmem_cache *s, struct slab_cpu *cpu, uint32_t cap)
{
	unsigned long irq;

	INIT_LIST_HEAD(&s->partial);
	INIT_LIST_HEAD(&s->full);
	INIT_LIST_HEAD(&s->empty);
	mm_lock_kind(&s->lock, "slab cache");
	s->cpu = cpu;
	for (uint32_t i = 0; i < mm_root.nr_cpus; i++)
		cpu[i].cap = slab_uncached(s) ? 0 : cap ? min_t(uint32_t, cap, SLAB_CPU_CAP) : array_cap(s->size);
	irq = mm_lock_write(&mm_root.slab_lock);
	list_add_tail(&s->list, &mm_root.slab_caches);
	mm_unlock_write(&mm_root.slab_lock, irq);
}

/* ---- boot ---- */

void slab_boot_alloc(void)
{
	boot_arrays = memblock_alloc((phys_addr_t)BOOT_CACHES * mm_root.nr_cpus * sizeof(struct slab_cpu), PAGE_SIZE);
	BUG_ON(!boot_arrays);
}

static void boot_cache(struct kmem_cache *s, struct slab_cpu *cpu)
{
	s->flags = slab_debug_flags(s->name, s->object_size, s->flags);
	cache_geometry(s, -1);
	cache_register(s, cpu, 0);
}

void slab_init(void)
{
	struct slab_cpu *cpu = boot_arrays;

	direct_map_bytes = mm_root.max_pfn << PAGE_SHIFT;
	boot_cache(&cache_cache, cpu);
	for (int type = 0; type < NR_KMALLOC_TYPES; type++) {
		for (int class = 0; class < KMALLOC_NR_CLASSES; class ++) {
			cpu += mm_root.nr_cpus;
			boot_cache(&kmalloc_caches[type][class], cpu);
		}
	}
}

bool slab_is_available(void)
{
	return cache_cache.cpu != NULL;
}
EXPORT_SYMBOL(slab_is_available);

/* ---- making and ending ---- */

static bool name_taken(const char *name)
{
	unsigned long irq = mm_lock_read(&mm_root.slab_lock);
	struct kmem_cache *s;
	bool taken = false;

	list_for_each_entry (s, &mm_root.slab_caches, list)
		taken |= !strcmp(s->name, name);
	mm_unlock_read(&mm_root.slab_lock, irq);
	return taken;
}

static int check_request(const char *name, unsigned int size, const struct kmem_cache_args *args, slab_flags_t flags)
{
	if (!name || !*name || !size || size > KMALLOC_MAX_SIZE || in_interrupt()) {
		pr_err("kmem_cache_create(%s) integrity check failed\n", name ? name : "(null)");
		return -EINVAL;
	}
	if ((args->align & (args->align - 1)) || args->align > PAGE_SIZE || (flags & ~SLAB_FLAGS_KNOWN))
		return -EINVAL;
	if (args->use_freeptr_offset &&
	    (!(flags & SLAB_TYPESAFE_BY_RCU) || args->ctor || args->freeptr_offset % sizeof(void *) ||
	     size < sizeof(void *) || args->freeptr_offset > size - sizeof(void *)))
		return -EINVAL;
	WARN(MM_DEBUG && strchr(name, ' '), "kmem_cache_create(%s): a blank in the name\n", name);
	WARN(name_taken(name), "kmem_cache of name '%s' already exists\n", name);
	return 0;
}

/* What an allocation of so much must at least look like to come from @s. */
static bool can_stand_for(const struct kmem_cache *s, unsigned int size, unsigned int align, slab_flags_t flags)
{
	uint32_t step = object_align(size, align, flags);
	uint32_t bytes = ALIGN(ALIGN(size, (unsigned int)sizeof(void *)), step);

	if (s == &cache_cache || !s->refcount || s->flags & SLAB_NEVER_MERGE || s->ctor || s->usersize)
		return false;
	return (s->flags & SLAB_MERGE_SAME) == (flags & SLAB_MERGE_SAME) && bytes <= s->size && s->size % step == 0 &&
	       s->size - bytes < sizeof(void *);
}

/* One more name for a cache that exists already. Return: NULL if there is none that would do. */
static struct kmem_cache *merge(unsigned int size, const struct kmem_cache_args *args, slab_flags_t flags)
{
	struct kmem_cache *s, *found = NULL;
	unsigned long irq;

	if (no_merge || flags & SLAB_NEVER_MERGE || args->ctor || args->usersize)
		return NULL;
	irq = mm_lock_write(&mm_root.slab_lock);
	list_for_each_entry (s, &mm_root.slab_caches, list) {
		if (!can_stand_for(s, size, args->align, flags))
			continue;
		found = s;
		s->refcount++;
		s->object_size = max(s->object_size, size);
		s->inuse = max_t(uint32_t, s->inuse, ALIGN(size, (unsigned int)sizeof(void *)));
		break;
	}
	mm_unlock_write(&mm_root.slab_lock, irq);
	return found;
}

static void free_cache(struct kmem_cache *s, struct slab_cpu *cpu)
{
	kfree(cpu);
	if (s)
		kmem_cache_free(&cache_cache, s);
}

static int make_cache(const char *name, unsigned int size, const struct kmem_cache_args *args, slab_flags_t flags,
		      struct kmem_cache **out)
{
	struct kmem_cache *s = kmem_cache_zalloc(&cache_cache, GFP_KERNEL);
	struct slab_cpu *cpu = kcalloc(mm_root.nr_cpus, sizeof(*cpu), GFP_KERNEL);

	if (!s || !cpu) {
		free_cache(s, cpu);
		return -ENOMEM;
	}
	strscpy(s->name, name, sizeof(s->name));
	s->object_size = size;
	s->align = args->align;
	s->flags = flags;
	s->ctor = (void *)args->ctor;
	s->useroffset = args->useroffset;
	s->usersize = args->usersize;
	s->refcount = 1;
	cache_geometry(s, args->use_freeptr_offset ? (int)args->freeptr_offset : -1);
	if (s->size > KMALLOC_MAX_SIZE || s->min_order > MAX_PAGE_ORDER) {
		free_cache(s, cpu);
		return -EINVAL;
	}
	cache_register(s, cpu, args->sheaf_capacity);
	*out = s;
	return 0;
}

struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size, struct kmem_cache_args *args,
					    slab_flags_t flags)
{
	struct kmem_cache_args want = args ? *args : (struct kmem_cache_args){.align = 0};
	struct kmem_cache *s = NULL;
	int err = check_request(name, size, &want, flags);

	if (!err) {
		if (WARN_ON((!want.usersize && want.useroffset) || want.usersize > size ||
			    want.useroffset > size - want.usersize))
			want.usersize = want.useroffset = 0;
		flags = slab_debug_flags(name, size, flags);
		s = merge(size, &want, flags);
		if (s)
			return s;
		err = make_cache(name, size, &want, flags, &s);
	}
	if (!err)
		return s;
	if (flags & SLAB_PANIC)
		panic("kmem_cache_create_usercopy: Failed to create slab '%s'. Error %d\n", name ? name : "(null)",
		      err);
	pr_warn("kmem_cache_create_usercopy(%s) failed with error %d\n", name ? name : "(null)", err);
	dump_stack();
	return NULL;
}
EXPORT_SYMBOL(__kmem_cache_create_args);

struct kmem_cache *__kmem_cache_create(const char *name, unsigned int size, unsigned int align, slab_flags_t flags,
				       void (*ctor)(void *))
{
	struct kmem_cache_args args = {.align = align, .ctor = ctor};

	return __kmem_cache_create_args(name, size, &args, flags);
}
EXPORT_SYMBOL(__kmem_cache_create);

struct kmem_cache *kmem_cache_create_usercopy(const char *name, unsigned int size, unsigned int align,
					      slab_flags_t flags, unsigned int useroffset, unsigned int usersize,
					      void (*ctor)(void *))
{
	struct kmem_cache_args args = {
		.align = align,
		.ctor = ctor,
		.useroffset = useroffset,
		.usersize = usersize,
	};

	return __kmem_cache_create_args(name, size, &args, flags);
}
EXPORT_SYMBOL(kmem_cache_create_usercopy);

/* ---- ending ---- */

/* Most objects to name one by one when a cache cannot end. */
#define REMAINING_NAMED 24

void slab_map_free(const struct kmem_cache *s, const struct slab *slab, unsigned long *map)
{
	const char *base = slab_objects(s, slab);
	unsigned int n = 0;

	bitmap_zero(map, SLAB_OBJECTS_MAX);
	for (const void *o = slab->freelist; o && n < slab->objects; o = get_free_link(s, o), n++)
		__set_bit((unsigned int)((const char *)o - base) / s->size, map);
}

/* The objects of a slab that nobody freed. Return: how many more may be named. */
static unsigned int say_remaining(struct kmem_cache *s, struct slab *slab, unsigned int most)
{
	DECLARE_BITMAP(map, SLAB_OBJECTS_MAX);

	slab_map_free(s, slab, map);
	if (most)
		pr_err("Slab 0x%lx objects=%u used=%u fp=0x%lx\n", (unsigned long)slab_address(slab), slab->objects,
		       slab->inuse, (unsigned long)slab->freelist);
	for (unsigned int i = 0; i < slab->objects && most; i++) {
		char *obj = slab_objects(s, slab) + (unsigned long)i * s->size;

		if (test_bit(i, map))
			continue;
		pr_err("Object 0x%lx @offset=%lu\n", (unsigned long)obj,
		       (unsigned long)(obj - (char *)slab_address(slab)));
		slab_debug_remaining(s, slab, obj);
		most--;
	}
	return most;
}

static void say_all_remaining(struct kmem_cache *s, unsigned long caller)
{
	unsigned int most = REMAINING_NAMED;
	unsigned long irq = mm_lock_read(&s->lock);
	struct slab *slab;

	pr_err("BUG %s: Objects remaining in %s on __kmem_cache_shutdown()\n", s->name, s->name);
	list_for_each_entry (slab, &s->partial, slab_list)
		most = say_remaining(s, slab, most);
	list_for_each_entry (slab, &s->full, slab_list)
		most = say_remaining(s, slab, most);
	if (s->nr_out > REMAINING_NAMED)
		pr_err("and %lu more\n", (unsigned long)s->nr_out - REMAINING_NAMED);
	mm_unlock_read(&s->lock, irq);
	WARN(1, "kmem_cache_destroy %s: Slab cache still has objects when called from %pS: %lu objects in %lu slabs\n",
	     s->name, (void *)caller, (unsigned long)s->nr_out, (unsigned long)(s->nr_partial + s->nr_full));
}

/* One user less. Return: users left. */
static uint32_t drop_user(struct kmem_cache *s)
{
	unsigned long irq = mm_lock_write(&mm_root.slab_lock);
	uint32_t left = --s->refcount;

	mm_unlock_write(&mm_root.slab_lock, irq);
	return left;
}

void kmem_cache_destroy(struct kmem_cache *s)
{
	unsigned long irq;

	if (!s || drop_user(s))
		return;
	/* Objects of it may be on their way back. */
	kvfree_rcu_barrier();
	/* Nobody may use the cache any more, so the arrays of all CPUs are ours. */
	for (uint32_t i = 0; i < mm_root.nr_cpus; i++)
		slab_drain(s, &s->cpu[i], s->cpu[i].nr);
	if (s->nr_out) {
		say_all_remaining(s, _RET_IP_);
		irq = mm_lock_write(&mm_root.slab_lock);
		s->refcount = 1;
		mm_unlock_write(&mm_root.slab_lock, irq);
		return;
	}
	slab_discard_empty(s, 0);
	irq = mm_lock_write(&mm_root.slab_lock);
	list_del(&s->list);
	mm_unlock_write(&mm_root.slab_lock, irq);
	free_cache(s, s->cpu);
}
EXPORT_SYMBOL(kmem_cache_destroy);

/* ---- giving back what is only kept for speed ---- */

/* On each CPU, with interrupts off. */
static void drain_here(void *cache)
{
	struct kmem_cache *s = cache;

	struct slab_cpu *c = this_slab_cpu(s);

	if (c->nr)
		slab_drain(s, c, c->nr);
}

int kmem_cache_shrink(struct kmem_cache *s)
{
	on_each_cpu(drain_here, s, 1);
	slab_discard_empty(s, 0);
	slab_sort_partial(s);
	return s->nr_slabs != 0;
}
EXPORT_SYMBOL(kmem_cache_shrink);

/* Every cache: this CPU's array and the empty slabs. The list is held throughout, so that no cache goes away meanwhile. */
static unsigned long reclaim_here(void)
{
	unsigned long irq = mm_lock_read(&mm_root.slab_lock);
	unsigned long pages = 0;
	struct kmem_cache *s;

	list_for_each_entry (s, &mm_root.slab_caches, list) {
		drain_here(s);
		if (s->nr_empty)
			pages += slab_discard_empty(s, 0);
	}
	mm_unlock_read(&mm_root.slab_lock, irq);
	return pages;
}

unsigned long slab_reclaim(void)
{
	return reclaim_here();
}

static void reclaim_on_cpu(void *unused)
{
	(void)unused;
	reclaim_here();
}

void slab_drain_all(void)
{
	kvfree_rcu_barrier();
	on_each_cpu(reclaim_on_cpu, NULL, 1);
	if (slab_dying_pages())
		rcu_barrier();
}

/* ---- questions ---- */

unsigned int kmem_cache_size(struct kmem_cache *s)
{
	return s->object_size;
}
EXPORT_SYMBOL(kmem_cache_size);

unsigned long kmem_cache_objects(struct kmem_cache *s)
{
	unsigned long out = READ_ONCE(s->nr_out), waiting = 0;

	for (uint32_t i = 0; i < mm_root.nr_cpus; i++)
		waiting += READ_ONCE(s->cpu[i].nr);
	/* Not one moment for all: somebody may be at work. */
	return out > waiting ? out - waiting : 0;
}
EXPORT_SYMBOL(kmem_cache_objects);

unsigned long kmem_cache_pages(struct kmem_cache *s)
{
	return READ_ONCE(s->nr_pages);
}
EXPORT_SYMBOL(kmem_cache_pages);

void slab_usage(unsigned long *objects, unsigned long *pages)
{
	unsigned long irq = mm_lock_read(&mm_root.slab_lock);
	struct kmem_cache *s;

	*objects = 0;
	*pages = 0;
	list_for_each_entry (s, &mm_root.slab_caches, list) {
		*objects += kmem_cache_objects(s);
		*pages += kmem_cache_pages(s);
	}
	mm_unlock_read(&mm_root.slab_lock, irq);
}
