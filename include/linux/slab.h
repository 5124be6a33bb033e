/* SPDX-License-Identifier: MIT */
/*
 * slab.h - objects of one size from caches (kmem_cache_*), objects of any size (kmalloc() and friends).
 *
 * Contexts: allocation as the mask allows, freeing anywhere; creating, shrinking and destroying caches in task context.
 * Everything allocated here is freed by kfree(), whichever call it came from.
 */
#ifndef _LINUX_SLAB_H
#define _LINUX_SLAB_H

#include <stdarg.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kfree_rcu.h>
#include <linux/overflow.h>
#include <linux/types.h>

struct list_lru;

/* ---- caches ---- */

#define SLAB_CONSISTENCY_CHECKS 0x00000100u
#define SLAB_RED_ZONE 0x00000400u
#define SLAB_POISON 0x00000800u
#define SLAB_KMALLOC 0x00001000u       /* internal: one of kmalloc()'s own */
#define SLAB_HWCACHE_ALIGN 0x00002000u /* no two objects in one cache line, unless several fit */
#define SLAB_CACHE_DMA 0x00004000u     /* slabs from ZONE_DMA */
#define SLAB_CACHE_DMA32 0x00008000u   /* slabs from ZONE_DMA32 or below */
#define SLAB_STORE_USER 0x00010000u
#define SLAB_RECLAIM_ACCOUNT 0x00020000u /* objects can be dropped when memory is short */
#define SLAB_TEMPORARY SLAB_RECLAIM_ACCOUNT
#define SLAB_PANIC 0x00040000u           /* no cache, no kernel */
#define SLAB_TYPESAFE_BY_RCU 0x00080000u /* slab pages outlive their objects by a grace period */
#define SLAB_DESTROY_BY_RCU SLAB_TYPESAFE_BY_RCU
#define SLAB_MEM_SPREAD 0x00100000u
#define SLAB_TRACE 0x00200000u
#define SLAB_DEBUG_OBJECTS 0x00400000u
#define SLAB_NOLEAKTRACE 0x00800000u
#define SLAB_NO_MERGE 0x01000000u
#define SLAB_FAILSLAB 0x02000000u
#define SLAB_ACCOUNT 0x04000000u
#define SLAB_KASAN 0x08000000u
#define SLAB_NO_USER_FLAGS 0x10000000u
#define SLAB_SKIP_KFENCE 0x20000000u

/**
 * struct kmem_cache_args - what most caches can do without
 * @align:  0: as the size asks
 * @useroffset, @usersize: the part of an object that may be copied to and from user space; a bad one WARNs and is none
 * @use_freeptr_offset, @freeptr_offset: where in a free object the link may lie; with SLAB_TYPESAFE_BY_RCU only, where it
 *          otherwise lies behind the object
 * @ctor:   runs once for each object when its slab is made; objects come back in that state
 * @sheaf_capacity: how many ready objects each CPU may keep; 0: as the size suggests
 */
struct kmem_cache_args {
	unsigned int align;
	unsigned int useroffset;
	unsigned int usersize;
	unsigned int freeptr_offset;
	bool use_freeptr_offset;
	void (*ctor)(void *obj);
	unsigned int sheaf_capacity;
};

struct kmem_cache *__kmem_cache_create(const char *name, unsigned int size, unsigned int align, slab_flags_t flags,
				       void (*ctor)(void *));
struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size, struct kmem_cache_args *args,
					    slab_flags_t flags);

/**
 * kmem_cache_create - a cache of objects of one size
 *
 * Two forms: (name, size, align, flags, ctor) and (name, size, struct kmem_cache_args *, flags). The name is copied.
 * It may become another name of a cache that fits (not with SLAB_NO_MERGE, a constructor or a region for user space, nor
 * after slab_nomerge on the command line).
 * Context: task, may sleep.
 * Return: the cache, or NULL after a message (with SLAB_PANIC: no return).
 */
#define kmem_cache_create(name, size, third, ...)                                                                      \
	_Generic((third), struct kmem_cache_args *                                                                     \
		 : __kmem_cache_create_args, void *                                                                    \
		 : __kmem_cache_create_args, default                                                                   \
		 : __kmem_cache_create)(name, size, third, __VA_ARGS__)

/** kmem_cache_create_usercopy - the same with the part of each object that may be copied to and from user space. */
struct kmem_cache *kmem_cache_create_usercopy(const char *name, unsigned int size, unsigned int align,
					      slab_flags_t flags, unsigned int useroffset, unsigned int usersize,
					      void (*ctor)(void *));

#define KMEM_CACHE(tag, flags) __kmem_cache_create(#tag, sizeof(struct tag), __alignof__(struct tag), (flags), NULL)
/* @field is what may be copied. */
#define KMEM_CACHE_USERCOPY(tag, flags, field)                                                                         \
	kmem_cache_create_usercopy(#tag, sizeof(struct tag), __alignof__(struct tag), (flags),                         \
				   offsetof(struct tag, field), sizeof(((struct tag *)0)->field), NULL)

/**
 * kmem_cache_destroy - end of a cache; NULL is fine
 *
 * A merged cache ends with the last of its names. It waits for what kfree_rcu() was given. With objects still out it says
 * which cache, how many and which, and keeps the cache: they stay usable. Context: task, may sleep.
 */
void kmem_cache_destroy(struct kmem_cache *s);

/** kmem_cache_shrink - give empty slabs and per-CPU objects back. Return: 0 if no slab is left, else 1. */
int kmem_cache_shrink(struct kmem_cache *s);

/** kmem_cache_size - bytes a user may use of each object. */
unsigned int kmem_cache_size(struct kmem_cache *s);

/** kmem_cache_alloc - one object; contents undefined (with a constructor: as constructed). NULL: no memory. */
void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp);

static inline void *kmem_cache_zalloc(struct kmem_cache *s, gfp_t gfp)
{
	return kmem_cache_alloc(s, gfp | __GFP_ZERO);
}

static inline void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t gfp, int node)
{
	(void)node;
	return kmem_cache_alloc(s, gfp);
}

/** kmem_cache_alloc_lru - for objects on a list_lru; the list needs nothing prepared yet (no memory cgroups). */
static inline void *kmem_cache_alloc_lru(struct kmem_cache *s, struct list_lru *lru, gfp_t gfp)
{
	(void)lru;
	return kmem_cache_alloc(s, gfp);
}

/** kmem_cache_charge - account @obj to a memory cgroup: there are none yet, so nothing can be over its limit. */
static inline bool kmem_cache_charge(void *obj, gfp_t gfp)
{
	(void)obj;
	(void)gfp;
	return true;
}

/** kmem_cache_free - @obj comes from @s and is not NULL. */
void kmem_cache_free(struct kmem_cache *s, void *obj);

/** kmem_cache_alloc_bulk - @nr objects into @p, or none. Return: @nr or 0. */
int kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, size_t nr, void **p);

/** kmem_cache_free_bulk - free @nr objects; @s NULL: whatever kfree() takes, each to its own cache. */
void kmem_cache_free_bulk(struct kmem_cache *s, size_t nr, void **p);

static inline void kfree_bulk(size_t nr, void **p)
{
	kmem_cache_free_bulk(NULL, nr, p);
}

bool slab_is_available(void);

/* ---- several objects of one cache, set aside ---- */

/**
 * struct slab_sheaf - objects that are there already: taking one cannot fail
 * @size: how many are left
 */
struct slab_sheaf {
	unsigned int size;
	unsigned int capacity;
	void *objects[];
};

/** kmem_cache_prefill_sheaf - @size objects set aside. Return: NULL if there is no memory. */
struct slab_sheaf *kmem_cache_prefill_sheaf(struct kmem_cache *s, gfp_t gfp, unsigned int size);
/** kmem_cache_refill_sheaf - at least @size again. Return: 0 or -ENOMEM; the sheaf may have moved. */
int kmem_cache_refill_sheaf(struct kmem_cache *s, gfp_t gfp, struct slab_sheaf **sheaf, unsigned int size);
/** kmem_cache_return_sheaf - give back what is left, and the sheaf. */
void kmem_cache_return_sheaf(struct kmem_cache *s, gfp_t gfp, struct slab_sheaf *sheaf);
/** kmem_cache_alloc_from_sheaf - one of them; NULL (and a WARN) if none is left. Never sleeps. */
void *kmem_cache_alloc_from_sheaf(struct kmem_cache *s, gfp_t gfp, struct slab_sheaf *sheaf);

static inline unsigned int kmem_cache_sheaf_size(const struct slab_sheaf *sheaf)
{
	return sheaf->size;
}

/* ---- kmalloc ---- */

#define ARCH_KMALLOC_MINALIGN __alignof__(unsigned long long)
#define ARCH_SLAB_MINALIGN __alignof__(unsigned long long)

/* Devices see memory as the CPU does, so nothing more is needed for them. */
#define ARCH_DMA_MINALIGN ARCH_KMALLOC_MINALIGN

#define KMALLOC_SHIFT_LOW 3
#define KMALLOC_SHIFT_HIGH (PAGE_SHIFT + 1)
#define KMALLOC_SHIFT_MAX (MAX_PAGE_ORDER + PAGE_SHIFT)
#define KMALLOC_MIN_SIZE (1 << KMALLOC_SHIFT_LOW)
#define KMALLOC_MAX_CACHE_SIZE (1UL << KMALLOC_SHIFT_HIGH)
#define KMALLOC_MAX_SIZE (1UL << KMALLOC_SHIFT_MAX)
#define KMALLOC_MAX_ORDER MAX_PAGE_ORDER

/* What kmalloc(0) returns: not NULL, but not memory either. */
#define ZERO_SIZE_PTR ((void *)16)
#define ZERO_OR_NULL_PTR(x) ((unsigned long)(x) <= (unsigned long)ZERO_SIZE_PTR)

/* Size classes: 8 16 32 64 96 128 192 256 512 1k 2k 4k 8k. */
#define KMALLOC_NR_CLASSES 13

enum kmalloc_cache_type { KMALLOC_NORMAL, KMALLOC_DMA, KMALLOC_RECLAIM, KMALLOC_CGROUP, NR_KMALLOC_TYPES };

extern struct kmem_cache kmalloc_caches[NR_KMALLOC_TYPES][KMALLOC_NR_CLASSES];

/** kmalloc_type - which set of caches serves @gfp: DMA before RECLAIMABLE before ACCOUNT. */
static __always_inline enum kmalloc_cache_type kmalloc_type(gfp_t gfp)
{
	if (__builtin_expect(!(gfp & (__GFP_DMA | __GFP_RECLAIMABLE | __GFP_ACCOUNT)), 1))
		return KMALLOC_NORMAL;
	if (gfp & __GFP_DMA)
		return KMALLOC_DMA;
	return gfp & __GFP_RECLAIMABLE ? KMALLOC_RECLAIM : KMALLOC_CGROUP;
}

/** kmalloc_index - the class of a size from 1 to KMALLOC_MAX_CACHE_SIZE; folds away for a constant. */
static __always_inline unsigned int kmalloc_index(size_t size)
{
	if (size <= 8)
		return 0;
	if (size <= 16)
		return 1;
	if (size <= 32)
		return 2;
	if (size <= 64)
		return 3;
	if (size <= 96)
		return 4;
	if (size <= 128)
		return 5;
	if (size <= 192)
		return 6;
	/* 256 is class 7; from there each doubling is one class. */
	return size <= 256 ? 7 : 64 - (unsigned int)__builtin_clzl(size - 1) - 1;
}

/** kmalloc_size - bytes of a class. */
static inline unsigned int kmalloc_size(unsigned int index)
{
	static const unsigned short sizes[KMALLOC_NR_CLASSES] = {8,   16,  32,   64,   96,   128, 192,
								 256, 512, 1024, 2048, 4096, 8192};

	return sizes[index];
}

void *__kmalloc(size_t size, gfp_t gfp);
/* An object of one of kmalloc_caches for a request of @size bytes. */
void *__kmalloc_cache(struct kmem_cache *s, gfp_t gfp, size_t size);
void *kmalloc_large(size_t size, gfp_t gfp);

/**
 * kmalloc - @size bytes, physically contiguous
 *
 * Aligned to the largest power of two that divides @size (at least 8). Contents undefined.
 * Return: memory for kfree(); ZERO_SIZE_PTR for size 0; NULL for no memory or a size beyond KMALLOC_MAX_SIZE.
 */
static __always_inline void *kmalloc(size_t size, gfp_t gfp)
{
	if (__builtin_constant_p(size) && size) {
		if (size > KMALLOC_MAX_CACHE_SIZE)
			return kmalloc_large(size, gfp);
		return __kmalloc_cache(&kmalloc_caches[kmalloc_type(gfp)][kmalloc_index(size)], gfp, size);
	}
	return __kmalloc(size, gfp);
}

static __always_inline void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}

static __always_inline void *kmalloc_node(size_t size, gfp_t gfp, int node)
{
	(void)node;
	return kmalloc(size, gfp);
}

static __always_inline void *kzalloc_node(size_t size, gfp_t gfp, int node)
{
	(void)node;
	return kzalloc(size, gfp);
}

/** kmalloc_large_node, kmalloc_large - whole pages, whatever the size */
#define kmalloc_large_node(size, gfp, node) kmalloc_large((size), (gfp))
#define kmalloc_track_caller(size, gfp) __kmalloc((size), (gfp))
#define kmalloc_node_track_caller(size, gfp, node) __kmalloc((size), (gfp))
#define kmalloc_noprof kmalloc
#define kzalloc_noprof kzalloc

/** kmalloc_array - @n times @size bytes; NULL if that overflows. */
static __always_inline void *kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kmalloc(bytes, gfp);
}

static __always_inline void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kmalloc_array(n, size, gfp | __GFP_ZERO);
}

static __always_inline void *kmalloc_array_node(size_t n, size_t size, gfp_t gfp, int node)
{
	(void)node;
	return kmalloc_array(n, size, gfp);
}

static __always_inline void *kcalloc_node(size_t n, size_t size, gfp_t gfp, int node)
{
	(void)node;
	return kcalloc(n, size, gfp);
}

/** kfree - any object of any cache, any kmalloc(); NULL and ZERO_SIZE_PTR do nothing. */
void kfree(const void *obj);

/**
 * kmalloc_nolock - up to KMALLOC_MAX_CACHE_SIZE bytes if they can be had without waiting, from any context
 * @gfp: __GFP_ZERO, __GFP_ACCOUNT or nothing. Wakes nobody, takes no reserves. Return: NULL often enough: be ready for it.
 */
void *kmalloc_nolock(size_t size, gfp_t gfp, int node);
/** kfree_nolock - free what kmalloc_nolock() gave. Context: any but NMI. */
void kfree_nolock(const void *obj);

/** kfree_sensitive - overwrite with zeros, all of it, then free. */
void kfree_sensitive(const void *obj);
#define kzfree(obj) kfree_sensitive(obj)

/** ksize - bytes behind @obj that belong to it; 0 for NULL and ZERO_SIZE_PTR. */
size_t ksize(const void *obj);

/** kmalloc_size_roundup - what kmalloc(@size) would really hold; 0 and SIZE_MAX stay. */
size_t kmalloc_size_roundup(size_t size);

/**
 * krealloc - change the size
 *
 * NULL or ZERO_SIZE_PTR in: kmalloc(). Size 0: frees, returns ZERO_SIZE_PTR. Fits: the same address. Else a new
 * block with the old contents; on failure NULL, and the old block is untouched. With __GFP_ZERO in every call for a
 * block, what lies beyond the old size is zero.
 */
void *krealloc(const void *obj, size_t size, gfp_t gfp);

/** krealloc_node_align - the same, and the result is a multiple of @align (which the size's class must give). */
void *krealloc_node_align(const void *obj, size_t size, unsigned long align, gfp_t gfp, int node);
#define krealloc_node(obj, size, gfp, node) krealloc_node_align((obj), (size), 1, (gfp), (node))

static inline void *krealloc_array(void *obj, size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return krealloc(obj, bytes, gfp);
}

/* ---- copies ---- */

void *kmemdup(const void *src, size_t len, gfp_t gfp);
char *kmemdup_nul(const char *s, size_t len, gfp_t gfp);
char *kstrdup(const char *s, gfp_t gfp);
/** kstrdup_const - a constant of the kernel as it is, else a copy; for kfree_const(). */
const char *kstrdup_const(const char *s, gfp_t gfp);
void kfree_const(const void *obj);
char *kstrndup(const char *s, size_t max, gfp_t gfp);
char *kvasprintf(gfp_t gfp, const char *fmt, va_list args);
const char *kvasprintf_const(gfp_t gfp, const char *fmt, va_list args);
char *kasprintf(gfp_t gfp, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static inline void *kmemdup_array(const void *src, size_t n, size_t size, gfp_t gfp)
{
	return kmemdup(src, size_mul(n, size), gfp);
}
#define kmemdup_noprof kmemdup

/* Copies of user memory: an error pointer (-ENOMEM, -EFAULT, -EINVAL for a string longer than @n) instead of NULL. */
void *memdup_user(const void __user *src, size_t len);
void *memdup_user_nul(const void __user *src, size_t len);
void *vmemdup_user(const void __user *src, size_t len);
char *strndup_user(const char __user *s, long n);

DEFINE_FREE(kfree, void *, if (!IS_ERR_OR_NULL(_T)) kfree(_T))
DEFINE_FREE(kfree_sensitive, void *, if (!IS_ERR_OR_NULL(_T)) kfree_sensitive(_T))

/* ---- kmalloc, or vmalloc if that is too much to ask ---- */

/**
 * kvmalloc - @size bytes, contiguous at least virtually
 *
 * Up to a page: kmalloc(), without a second way. More: kmalloc() without effort (with effort for __GFP_RETRY_MAYFAIL), then
 * vmalloc() if the mask lets it sleep. More than INT_MAX: NULL with a warning.
 */
void *kvmalloc(size_t size, gfp_t gfp);
/** kvfree - kfree() or vfree(), by the address; NULL is fine. Context: as vfree(). */
void kvfree(const void *addr);
/** kvfree_sensitive - overwrite @len bytes with zeros, then free. */
void kvfree_sensitive(const void *addr, size_t len);

/** kvrealloc - as krealloc(), for what kvmalloc() returned; may move from kmalloc() to vmalloc(). Size 0 frees. */
void *kvrealloc(const void *addr, size_t size, gfp_t gfp);

/** kvmalloc_node_align - the same at a multiple of @align, which is at most a page. */
void *kvmalloc_node_align(size_t size, unsigned long align, gfp_t gfp, int node);

static inline void *kvzalloc(size_t size, gfp_t gfp)
{
	return kvmalloc(size, gfp | __GFP_ZERO);
}

static inline void *kvmalloc_node(size_t size, gfp_t gfp, int node)
{
	(void)node;
	return kvmalloc(size, gfp);
}

static inline void *kvzalloc_node(size_t size, gfp_t gfp, int node)
{
	(void)node;
	return kvzalloc(size, gfp);
}

/** kvmalloc_array - @n times @size bytes; NULL, silently, if that overflows. */
static inline void *kvmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kvmalloc(bytes, gfp);
}

static inline void *kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kvmalloc_array(n, size, gfp | __GFP_ZERO);
}

static inline void *kvmalloc_array_node(size_t n, size_t size, gfp_t gfp, int node)
{
	(void)node;
	return kvmalloc_array(n, size, gfp);
}

static inline void *kvcalloc_node(size_t n, size_t size, gfp_t gfp, int node)
{
	(void)node;
	return kvcalloc(n, size, gfp);
}

void *kvmemdup(const void *src, size_t len, gfp_t gfp);

DEFINE_FREE(kvfree, void *, if (!IS_ERR_OR_NULL(_T)) kvfree(_T))

/* ---- by type ---- */

#define __obj_gfp(...) __obj_gfp_(0, ##__VA_ARGS__, GFP_KERNEL)
#define __obj_gfp_(_0, gfp, ...) (gfp)

/* kmalloc_obj(type or expression[, gfp]) - one of them, as a pointer of that type; GFP_KERNEL if nothing else is said */
#define __typed(alloc, type, ...) ((__typeof__(type) *)alloc(sizeof(__typeof__(type)), __obj_gfp(__VA_ARGS__)))
#define __typed_n(alloc, type, n, ...)                                                                                 \
	((__typeof__(type) *)alloc(array_size(sizeof(__typeof__(type)), (n)), __obj_gfp(__VA_ARGS__)))
#define __typed_flex(alloc, type, member, n, ...)                                                                      \
	((__typeof__(type) *)alloc(struct_size_t(__typeof__(type), member, n), __obj_gfp(__VA_ARGS__)))

#define kmalloc_obj(type, ...) __typed(kmalloc, type, ##__VA_ARGS__)
#define kmalloc_objs(type, n, ...) __typed_n(kmalloc, type, n, ##__VA_ARGS__)
#define kmalloc_flex(type, member, n, ...) __typed_flex(kmalloc, type, member, n, ##__VA_ARGS__)
#define kzalloc_obj(type, ...) __typed(kzalloc, type, ##__VA_ARGS__)
#define kzalloc_objs(type, n, ...) __typed_n(kzalloc, type, n, ##__VA_ARGS__)
#define kzalloc_flex(type, member, n, ...) __typed_flex(kzalloc, type, member, n, ##__VA_ARGS__)
#define kvmalloc_obj(type, ...) __typed(kvmalloc, type, ##__VA_ARGS__)
#define kvmalloc_objs(type, n, ...) __typed_n(kvmalloc, type, n, ##__VA_ARGS__)
#define kvmalloc_flex(type, member, n, ...) __typed_flex(kvmalloc, type, member, n, ##__VA_ARGS__)
#define kvzalloc_obj(type, ...) __typed(kvzalloc, type, ##__VA_ARGS__)
#define kvzalloc_objs(type, n, ...) __typed_n(kvzalloc, type, n, ##__VA_ARGS__)
#define kvzalloc_flex(type, member, n, ...) __typed_flex(kvzalloc, type, member, n, ##__VA_ARGS__)

/* ---- private sets of size classes ---- */

/** struct kmem_buckets - caches of one owner, by kmalloc_index() */
typedef struct kmem_cache *kmem_buckets[KMALLOC_NR_CLASSES];

/**
 * kmem_buckets_create - caches "name-SIZE" for every size class, apart from everybody else's
 * They stay for good. Return: NULL if there is no memory. Context: task.
 */
kmem_buckets *kmem_buckets_create(const char *name, slab_flags_t flags, unsigned int useroffset, unsigned int usersize,
				  void (*ctor)(void *));
/** kmem_buckets_alloc - kmalloc() from there; sizes beyond the classes as kmalloc() does. @b NULL: plain kmalloc() */
void *kmem_buckets_alloc(kmem_buckets *b, size_t size, gfp_t gfp);
/** kmem_buckets_valloc - the same with kvmalloc()'s second way */
void *kmem_buckets_valloc(kmem_buckets *b, size_t size, gfp_t gfp);
#define kmem_buckets_alloc_track_caller(b, size, gfp) kmem_buckets_alloc((b), (size), (gfp))

/* ---- debugging (debug kernel; see also mmvisor/failslab.h) ---- */

/** kmem_dump_obj - say what is known about the slab object behind @addr: cache, place, who allocated, who freed. Context: any.
 * Return: false: it lies in no slab, nothing was said. */
bool kmem_dump_obj(void *addr);

/** mem_dump_obj - the same for any address: slab object, vmalloc area, page. Context: any. */
void mem_dump_obj(void *addr);

/**
 * validate_slab_cache - look at every object of the cache: red zones, poison, free lists, counts
 * What is found wrong is reported and repaired. Return: how much that was. Release kernel: 0.
 */
unsigned long validate_slab_cache(struct kmem_cache *s);

/** validate_slab_all - the same for every cache. */
unsigned long validate_slab_all(void);

/** struct slab_leak - objects of one cache, allocated at one place. */
struct slab_leak {
	struct kmem_cache *cache;
	unsigned long caller;
	unsigned long objects, bytes;
	u32 stack; /* depot_stack_handle_t */
};

/** slab_serial - now, for slab_leaks(). */
u32 slab_serial(void);

/**
 * slab_leaks - objects in use that were allocated after @since, by cache and stack, most bytes first
 * Caches of which nobody keeps tracks are left out. Return: how many of @leaks (@max) were filled; the last one stands for the rest
 * if there are more.
 */
unsigned int slab_leaks(u32 since, struct slab_leak *leaks, unsigned int max);

/* ---- what users hold ---- */

/** kmem_cache_objects - objects of @s that users hold; exact while nobody uses the cache. */
unsigned long kmem_cache_objects(struct kmem_cache *s);

/** kmem_cache_pages - pages in slabs of @s. */
unsigned long kmem_cache_pages(struct kmem_cache *s);

#endif
