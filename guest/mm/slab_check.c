// SPDX-License-Identifier: MIT
/*
 * slab_check.c - is a slab, are its objects, as they should be? Debug kernel only.
 *
 * Judged are: counts, the free list, the padding of slabs, and for every object its red zones, its padding and, while it is
 * free, its poisoned body. What is found wrong is reported once (slab_report.c) and put right, so that the run goes on: bytes get the
 * value they should have; a free list that leads astray is cut and, with red zones, rebuilt, because they say which objects are free.
 *
 * Locking: everything here runs under the lock of the cache. An object's state changes only under it (slab_page.c calls
 *          slab_debug_alloc() and slab_debug_free() there), so no other CPU's operation is seen half done. The map of free objects is
 *          one for all caches, under a lock of its own, innermost.
 */
#include <linux/bitmap.h>
#include <linux/export.h>

#include "slab_debug_impl.h"

#if MM_DEBUG

/* ---- bytes ---- */

struct where {
	const struct kmem_cache *s;
	const struct slab *slab;
	void *obj; /* the object that a report tells about, NULL: the slab */
};

/* One past the last byte in [from, from + n) that is not @value; @from if all are. */
static u8 *odd_end(u8 *from, u8 value, size_t n)
{
	while (n && from[n - 1] == value)
		n--;
	return from + n;
}

/* Are @n bytes at @start all @value? If not: report, restore. @what: as the report names them. */
static bool check_bytes(const struct where *w, const char *what, void *start, u8 value, size_t n)
{
	u8 *first = n ? memchr_inv(start, value, n) : NULL, *end;
	const struct kmem_cache *s = w->s;

	if (likely(!first))
		return true;
	end = odd_end(first, value, n - (size_t)(first - (u8 *)start));
	slab_bug(s, "%s overwritten", what);
	printk(KERN_ERR "0x%lx-0x%lx @offset=%lu. First byte 0x%x instead of 0x%x\n", (unsigned long)first,
	       (unsigned long)end - 1, (unsigned long)(first - (u8 *)slab_address(w->slab)), *first, value);
	slab_trailer(s, w->slab, w->obj);
	memset(first, value, (size_t)(end - first));
	slab_fix(s, "Restoring %s 0x%lx-0x%lx=0x%x", what, (unsigned long)first, (unsigned long)end - 1, value);
	return false;
}

static bool check_red_zones(const struct where *w, u8 *p, u8 state)
{
	const struct kmem_cache *s = w->s;
	uint32_t user = state == SLUB_RED_ACTIVE ? slab_user_size(s, p) : s->object_size;
	bool ok = check_bytes(w, "Left Redzone", p - s->red_left, state, s->red_left);

	ok &= check_bytes(w, "Right Redzone", p + s->object_size, state, s->inuse - s->object_size);
	if (user < s->object_size)
		ok &= check_bytes(w, "kmalloc Redzone", p + user, SLUB_RED_ACTIVE, s->object_size - user);
	return ok;
}

bool slab_check_object(const struct kmem_cache *s, const struct slab *slab, void *obj, u8 state)
{
	struct where w = {s, slab, obj};
	uint32_t end = slab_meta_end(s);
	u8 *p = obj;
	bool ok = true;

	if (s->red_left)
		ok &= check_red_zones(&w, p, state);
	else if (s->poison & SLAB_POISONED_PAD)
		ok &= check_bytes(&w, "Alignment padding", p + s->object_size, POISON_INUSE, s->inuse - s->object_size);
	if ((s->poison & SLAB_POISONED_BODY) && state == SLUB_RED_INACTIVE) {
		ok &= check_bytes(&w, "Poison", p, POISON_FREE, s->object_size - 1);
		ok &= check_bytes(&w, "End Poison", p + s->object_size - 1, POISON_END, 1);
	}
	if (s->poison & SLAB_POISONED_PAD)
		ok &= check_bytes(&w, "Object padding", p + end, POISON_INUSE, s->size - s->red_left - end);
	return ok;
}

bool slab_check_padding(const struct kmem_cache *s, const struct slab *slab)
{
	struct where w = {s, slab, NULL};
	u8 *base = slab_address(slab), *first = (u8 *)slab_objects(s, slab) - s->red_left;
	u8 *end = first + (unsigned long)slab->objects * s->size;
	bool ok = true;

	if (s->poison & SLAB_POISONED_PAD) {
		ok &= check_bytes(&w, "Padding", base, POISON_INUSE, (size_t)(first - base));
		ok &= check_bytes(&w, "Padding", end, POISON_INUSE, (size_t)(base + (PAGE_SIZE << slab->order) - end));
	}
	return ok;
}

void slab_mark(const struct kmem_cache *s, void *obj, u8 state)
{
	uint32_t user = state == SLUB_RED_ACTIVE ? slab_user_size(s, obj) : s->object_size;
	u8 *p = obj;

	if (s->poison & SLAB_POISONED_BODY) {
		memset(p, state == SLUB_RED_ACTIVE ? POISON_INUSE : POISON_FREE, s->object_size);
		if (state == SLUB_RED_INACTIVE)
			p[s->object_size - 1] = POISON_END;
	}
	if (s->red_left) {
		memset(p - s->red_left, state, s->red_left);
		memset(p + user, state, s->inuse - user);
	}
}

/* ---- slabs and their free lists ---- */

/* Length of the free list, as far as it makes sense. */
static unsigned int count_free(const struct kmem_cache *s, const struct slab *slab)
{
	unsigned int nr = 0;

	for (void *o = slab->freelist; o && nr < slab->objects && slab_owns(s, slab, o); o = get_free_link(s, o))
		nr++;
	return nr;
}

bool slab_check_slab(const struct kmem_cache *s, struct slab *slab)
{
	unsigned int objects = (unsigned int)(((PAGE_SIZE << slab->order) - s->first) / s->size);

	if (slab->objects != objects) {
		slab_slab_bug(s, slab, "Wrong number of objects. Found %u but should be %u", slab->objects, objects);
		slab->objects = (uint16_t)objects;
		slab_fix(s, "Number of objects adjusted");
		return false;
	}
	if (slab->inuse > slab->objects) {
		slab_slab_bug(s, slab, "inuse %u > max %u", slab->inuse, slab->objects);
		slab->inuse = (uint16_t)(slab->objects - count_free(s, slab));
		slab_fix(s, "Object count adjusted");
		return false;
	}
	return true;
}

static struct mm_lock map_lock;
static struct object_map free_map;

/* What the left red zone says. Without one nobody knows. */
static bool looks_free(const struct kmem_cache *s, const u8 *obj)
{
	return s->red_left && !memchr_inv(obj - s->red_left, SLUB_RED_INACTIVE, s->red_left);
}

/* A free list of all objects whose red zones say that they are free; without red zones, of none. */
static void rebuild(const struct kmem_cache *s, struct slab *slab)
{
	void *list = NULL;

	slab->inuse = slab->objects;
	for (unsigned int i = slab->objects; i--;) {
		void *obj = slab_nth(s, slab, i);

		if (!looks_free(s, obj))
			continue;
		set_free_link(s, obj, list);
		list = obj;
		slab->inuse--;
	}
	slab->freelist = list;
	if (s->red_left)
		slab_fix(s, "Free list rebuilt from the red zones: %u objects", slab->objects - slab->inuse);
	else
		slab_fix(s, "Free list cleared: what was on it is lost to the cache");
}

/* Follow the list as far as it makes sense. Return: NULL, or what is wrong; @at: the object whose link that is, NULL: the head. */
static const char *follow(const struct kmem_cache *s, const struct slab *slab, struct object_map *map, unsigned int *nr,
			  void **at)
{
	void *obj = slab->freelist;

	bitmap_zero(map->bits, slab->objects);
	*at = NULL;
	for (*nr = 0; obj; (*nr)++) {
		if (!slab_owns(s, slab, obj))
			return *at ? "Freechain corrupt" : "Freepointer corrupt";
		if (__test_and_set_bit(slab_index(s, slab, obj), map->bits))
			return "Freechain corrupt";
		*at = obj;
		obj = get_free_link(s, obj);
	}
	return NULL;
}

bool slab_check_free_list(const struct kmem_cache *s, struct slab *slab, struct object_map *map)
{
	const char *wrong;
	unsigned int nr;
	void *at;

	__spin_acquire(&map_lock);
	wrong = follow(s, slab, &free_map, &nr, &at);
	if (unlikely(wrong)) {
		if (at)
			slab_object_bug(s, slab, at, wrong);
		else
			slab_slab_bug(s, slab, "%s", wrong);
		rebuild(s, slab);
		follow(s, slab, &free_map, &nr, &at);
	} else if (unlikely(nr + slab->inuse != slab->objects)) {
		wrong = "count";
		slab_slab_bug(s, slab, "Wrong object count. Counter is %u but counted were %u", slab->inuse,
			      slab->objects - nr);
		slab->inuse = (uint16_t)(slab->objects - nr);
		slab_fix(s, "Object count adjusted");
	}
	if (map)
		memcpy(map->bits, free_map.bits, BITS_TO_LONGS(slab->objects) * sizeof(long));
	__spin_release(&map_lock);
	return !wrong;
}

bool slab_is_free(const struct kmem_cache *s, const struct slab *slab, const void *obj)
{
	unsigned int nr = 0;

	for (void *o = slab->freelist; o && nr <= slab->objects && slab_owns(s, slab, o); o = get_free_link(s, o), nr++)
		if (o == obj)
			return true;
	return false;
}

#endif
