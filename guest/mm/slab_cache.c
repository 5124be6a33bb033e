// SPDX-License-Identifier: MIT
/*
 * slab_cache.c - caches: making, shrinking, ending them; the list of all; reports about objects.
 *
 * Shape:   every cache is on mm_root.slab_caches. The structure of one that is made at run time is an object of the cache
 *          "kmem_cache"; that cache and kmalloc()'s are part of the kernel image, and their per-CPU arrays come from
 *          memblock, because they serve the very allocations that a cache is made with.
 * Always:  objects == nr_slabs * objs_per_slab; the geometry of a cache never changes.
 * Locking: mm_root.slab_lock covers the list; a cache's own lock nests inside it. Names are compared and caches linked
 *          under it; nothing else is.
 * Boot:    slab_boot_alloc() before the page allocator owns the memory, slab_init() after.
 */
#include <linux/export.h>
#include <linux/errno.h>
#include <linux/memblock.h>
#include <linux/panic.h>
#include <linux/string.h>

#include "slab.h"

#define SLAB_MAX_ORDER 3
/* A slab should hold at least so many objects, if that does not take a larger order than the one above. */
#define SLAB_MIN_OBJECTS 8

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

unsigned long direct_map_bytes;

/* ---- geometry ---- */

/* Capacity of a CPU's array: about 16 KiB worth of objects, never less than 8. */
static uint32_t array_cap(uint32_t size)
{
	uint32_t cap = (16u << 10) / size;

	return clamp_t(uint32_t, cap, 8, SLAB_CPU_CAP);
}

static uint32_t object_align(const struct kmem_cache *s)
{
	uint32_t align = s->align, line = 64;

	if (s->flags & SLAB_HWCACHE_ALIGN) {
		while (s->object_size <= line / 2)
			line /= 2;
		align = max(align, line);
	}
	return max_t(uint32_t, align, ARCH_SLAB_MINALIGN);
}

/* Smallest order that wastes at most 1/16, then 1/8, then 1/4 of a slab with enough objects in it; else what fits. */
static unsigned int slab_order(uint32_t size)
{
	uint32_t want = min_t(uint32_t, SLAB_MIN_OBJECTS, (PAGE_SIZE << SLAB_MAX_ORDER) / size);

	for (uint32_t fraction = 16; want && fraction >= 4; fraction /= 2)
		for (unsigned int order = get_order((unsigned long)want * size); order <= SLAB_MAX_ORDER; order++)
			if ((PAGE_SIZE << order) % size <= (PAGE_SIZE << order) / fraction)
				return order;
	return max(get_order(size), want ? SLAB_MAX_ORDER : 0u);
}

/* How many fit in a block of that order? */
static unsigned int objects_in(const struct kmem_cache *s, unsigned int order)
{
	return (unsigned int)(((PAGE_SIZE << order) - s->first) / s->size);
}

void cache_geometry(struct kmem_cache *s)
{
	bool outside = s->ctor || (s->flags & SLAB_TYPESAFE_BY_RCU);
	uint32_t bytes = ALIGN(s->object_size, sizeof(void *));

	s->align = object_align(s);
	/* The link lies in the middle of a free object, away from what an overrun of a neighbour hits first; behind the
	 * object if its contents must stay. */
	s->offset = outside ? bytes : ALIGN_DOWN(s->object_size / 2, (uint32_t)sizeof(void *));
	s->size = ALIGN(outside ? bytes + sizeof(void *) : bytes, s->align);
	s->inuse = bytes;
	if (slab_debugged(s))
		slab_debug_layout(s);
	s->min_order = (uint8_t)get_order((unsigned long)s->first + s->size);
	s->order = (uint8_t)max(slab_order(s->size), (unsigned int)s->min_order);
	s->objs_per_slab = (uint16_t)objects_in(s, s->order);
	s->gfp = (s->flags & SLAB_CACHE_DMA ? __GFP_DMA : 0) | (s->flags & SLAB_CACHE_DMA32 ? __GFP_DMA32 : 0) |
		 (s->flags & SLAB_RECLAIM_ACCOUNT ? __GFP_RECLAIMABLE : 0);
}

void cache_register(struct kmem_cache *s, struct slab_cpu *cpu)
{
	unsigned long irq;

	INIT_LIST_HEAD(&s->partial);
	INIT_LIST_HEAD(&s->full);
	INIT_LIST_HEAD(&s->empty);
	s->cpu = cpu;
	for (uint32_t i = 0; i < mm_root.nr_cpus; i++)
		cpu[i].cap = slab_debugged(s) ? 0 : array_cap(s->size);
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
	cache_geometry(s);
	cache_register(s, cpu);
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

static int check_request(const char *name, unsigned int size, unsigned int align, slab_flags_t flags)
{
	if (!name || !*name || !size || size > KMALLOC_MAX_SIZE || in_interrupt())
		return -EINVAL;
	if ((align & (align - 1)) || align > PAGE_SIZE || (flags & ~SLAB_FLAGS_KNOWN))
		return -EINVAL;
	WARN(name_taken(name), "kmem_cache of name '%s' already exists\n", name);
	return 0;
}

static int make_cache(const char *name, unsigned int size, unsigned int align, slab_flags_t flags, void (*ctor)(void *),
		      struct kmem_cache **out)
{
	int err = check_request(name, size, align, flags);
	struct slab_cpu *cpu;
	struct kmem_cache *s;

	if (err)
		return err;
	s = kmem_cache_zalloc(&cache_cache, GFP_KERNEL);
	cpu = kcalloc(mm_root.nr_cpus, sizeof(*cpu), GFP_KERNEL);
	if (!s || !cpu) {
		kfree(cpu);
		if (s)
			kmem_cache_free(&cache_cache, s);
		return -ENOMEM;
	}
	strscpy(s->name, name, sizeof(s->name));
	s->object_size = size;
	s->align = align;
	s->flags = slab_debug_flags(name, size, flags);
	s->ctor = (void *)ctor;
	s->refcount = 1;
	cache_geometry(s);
	if (s->size > KMALLOC_MAX_SIZE || !s->objs_per_slab) {
		kfree(cpu);
		kmem_cache_free(&cache_cache, s);
		return -EINVAL;
	}
	cache_register(s, cpu);
	*out = s;
	return 0;
}

struct kmem_cache *__kmem_cache_create(const char *name, unsigned int size, unsigned int align, slab_flags_t flags,
				       void (*ctor)(void *))
{
	struct kmem_cache *s = NULL;
	int err = make_cache(name, size, align, flags, ctor, &s);

	if (!err)
		return s;
	if (flags & SLAB_PANIC)
		panic("kmem_cache_create: Failed to create slab '%s'. Error %d\n", name ? name : "(null)", err);
	pr_warn("kmem_cache_create(%s) failed with error %d\n", name ? name : "(null)", err);
	dump_stack();
	return NULL;
}
EXPORT_SYMBOL(__kmem_cache_create);

struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size, struct kmem_cache_args *args,
					    slab_flags_t flags)
{
	static struct kmem_cache_args none;

	if (!args)
		args = &none;
	return __kmem_cache_create(name, size, args->align, flags, args->ctor);
}
EXPORT_SYMBOL(__kmem_cache_create_args);

void kmem_cache_destroy(struct kmem_cache *s)
{
	unsigned long irq;

	if (!s)
		return;
	/* Nobody may use the cache any more, so the arrays of all CPUs are ours. */
	for (uint32_t i = 0; i < mm_root.nr_cpus; i++)
		slab_drain(s, &s->cpu[i], s->cpu[i].nr);
	if (s->nr_partial || s->nr_full) {
		WARN(1,
		     "kmem_cache_destroy %s: Slab cache still has objects when called from %pS: %lu objects in %lu "
		     "slabs\n",
		     s->name, __builtin_return_address(0), kmem_cache_objects(s),
		     (unsigned long)(s->nr_partial + s->nr_full));
		return;
	}
	slab_discard_empty(s, 0);
	irq = mm_lock_write(&mm_root.slab_lock);
	list_del(&s->list);
	mm_unlock_write(&mm_root.slab_lock, irq);
	kfree(s->cpu);
	kmem_cache_free(&cache_cache, s);
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
	if (!(s->flags & SLAB_TYPESAFE_BY_RCU))
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
		if (s->nr_empty && !(s->flags & SLAB_TYPESAFE_BY_RCU))
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
	on_each_cpu(reclaim_on_cpu, NULL, 1);
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
