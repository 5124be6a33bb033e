/* SPDX-License-Identifier: MIT */
/*
 * internal.h - what the allocators share among themselves.
 *
 * Lock order, outermost first: mm_root.slab_lock, a vmap space's lock or a cache's lock, a zone's lock. Equal ones never
 * nest. All are held with interrupts off and for a bounded number of steps; nothing allocates under them, except that
 * freeing pages (zone lock) is fine under any other.
 *
 * Every change of what such a lock covers lies between mm_lock_write() and mm_unlock_write(), which make the lock's
 * generation count odd and even again: that is how a reader outside the guest knows what is mid-update.
 *
 * The preempt count is left alone: interrupts are off under these locks, which says the same, and hot paths are counted
 * in instructions.
 */
#ifndef GUEST_MM_INTERNAL_H
#define GUEST_MM_INTERNAL_H

#include <linux/bug.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/spinlock.h>
#include <asm/irqflags.h>
#include <asm/processor.h>

/* BUG_ON: always on, going on would corrupt memory. MM_CHECK: debug kernel, O(1). MM_CHECK_SLOW: debug kernel, walks. */
#if MM_DEBUG >= 1
#define MM_CHECK(cond) BUG_ON(!(cond))
#else
#define MM_CHECK(cond) ((void)sizeof(cond))
#endif
#if MM_DEBUG >= 2
#define MM_CHECK_SLOW(cond) BUG_ON(!(cond))
#else
#define MM_CHECK_SLOW(cond) ((void)sizeof(cond))
#endif

/* ---- locks ---- */

/** mm_spin_acquire, mm_spin_release - the lock alone, interrupts being off already; the lock checker is told. */
static __always_inline void mm_spin_acquire(struct mm_lock *lock)
{
	lockdep_spin_acquire(lock, 0, 0);
	__spin_acquire(lock);
	lockdep_spin_acquired(lock);
}

static __always_inline void mm_spin_release(struct mm_lock *lock)
{
	lockdep_spin_release(lock);
	__spin_release(lock);
}

/** mm_lock_name - what the lock checker calls a lock that lives as long as the kernel. In the release kernel: nothing. */
static inline void mm_lock_name(struct mm_lock *lock, const char *name)
{
	if (mm_debug_hooks())
		lockdep_init_class(&lock->class, (const struct lock_class_key *)lock, name, 0);
}

/** mm_lock_kind - the same for locks that come and go: all that are made at this place are of one kind. */
#define mm_lock_kind(lock, name)                                                                                       \
	do {                                                                                                           \
		static struct lock_class_key __kind;                                                                   \
                                                                                                                       \
		if (mm_debug_hooks())                                                                                  \
			lockdep_init_class(&(lock)->class, &__kind, name, 0);                                          \
	} while (0)

/** mm_lock_write - interrupts off, lock, begin to write. Return: the interrupt flag, for mm_unlock_write(). */
static inline unsigned long mm_lock_write(struct mm_lock *lock)
{
	unsigned long irq = arch_local_irq_save();

	mm_spin_acquire(lock);
	mm_write_begin(lock);
	return irq;
}

static inline void mm_unlock_write(struct mm_lock *lock, unsigned long irq)
{
	mm_write_end(lock);
	mm_spin_release(lock);
	arch_local_irq_restore(irq);
}

/** mm_lock_write_noirq - the same where interrupts are off already. */
static inline void mm_lock_write_noirq(struct mm_lock *lock)
{
	mm_spin_acquire(lock);
	mm_write_begin(lock);
}

static inline void mm_unlock_write_noirq(struct mm_lock *lock)
{
	mm_write_end(lock);
	mm_spin_release(lock);
}

/** mm_lock_read - the same for somebody who only looks. */
static inline unsigned long mm_lock_read(struct mm_lock *lock)
{
	unsigned long irq = arch_local_irq_save();

	mm_spin_acquire(lock);
	return irq;
}

static inline void mm_unlock_read(struct mm_lock *lock, unsigned long irq)
{
	mm_spin_release(lock);
	arch_local_irq_restore(irq);
}

/** mm_lock_try - take it for looking, if nobody has it; interrupts are off already. Ends with __spin_release(). */
static inline bool mm_lock_try(struct mm_lock *lock)
{
	return __spin_try(lock, raw_smp_processor_id() + 1);
}

/* ---- pages: the first eight bytes of an entry as one word, so that a page changes state in one store ---- */

#define PAGE_WORD(state, order, owner, flags)                                                                          \
	((uint64_t)(state) | (uint64_t)(order) << 8 | (uint64_t)(owner) << 16 | (uint64_t)(flags) << 32)
/* Which part of the word says state and order. */
#define PAGE_WORD_KIND 0xffffULL

static inline uint64_t page_word(const struct page *page)
{
	return *(const volatile uint64_t *)page;
}

static inline void page_set_word(struct page *page, uint64_t word)
{
	*(volatile uint64_t *)page = word;
}

/** page_is_block - does the entry head a block of this state and order? */
static inline bool page_is_block(const struct page *page, enum page_state state, unsigned int order)
{
	return *(const volatile uint16_t *)page == (uint16_t)PAGE_WORD(state, order, 0, 0);
}

/** direct_map_page - page behind an address of the direct map; anything else gives a page that does not exist. */
static inline struct page *direct_map_page(const void *addr)
{
	return vmemmap + (((unsigned long)addr - PAGE_OFFSET) >> PAGE_SHIFT);
}

/* ---- page allocator ---- */

/** zonelists - by highest allowed zone: the zones to try, in order, NULL at the end. Constant after boot. */
extern struct zone *zonelists[MAX_NR_ZONES][MAX_NR_ZONES + 1];

/** zone_solid - by zone: a range of whole largest blocks without a hole, where every buddy has a struct page. */
extern struct pfn_range zone_solid[MAX_NR_ZONES];

/** pageblocks_boot_alloc - types of pageblocks and per-CPU lists from memblock; before zones_init(). */
void pageblocks_boot_alloc(void);
void zones_init(void);
bool zone_has_page(const struct zone *zone, unsigned long pfn);

/* The whole of __free_pages() but the reference count: for blocks whose last reference is gone. */
void free_block(struct page *page, unsigned int order);

/** bad_page - something is wrong with a page that is handed in; say so, and what. The page is left alone. */
void bad_page(const struct page *page, const char *what);

/** alloc_failed - say that a request was refused, and what there is of memory; unless it does not want to, or too often. */
void alloc_failed(gfp_t gfp, unsigned int order);

/* ---- contexts ---- */

/** nr_managed_pages - sum of zone->managed_pages over all zones. Constant after boot. */
extern unsigned long nr_managed_pages;

/** sleep_forbidden - is this a place where nobody may wait? */
static inline bool sleep_forbidden(void)
{
	return preempt_count() || arch_irqs_disabled();
}

/**
 * mm_alloc_enters - every way into an allocator passes here: what the debug kernel wants to know of a request, whatever
 * comes of it. Nothing in the release kernel.
 */
static __always_inline void mm_alloc_enters(gfp_t gfp)
{
	if (mm_debug_hooks() && gfp & __GFP_DIRECT_RECLAIM)
		debug_might_alloc(gfp);
}

/** sleeping_in_atomic - the request said it may sleep, and it may not: complain, return the mask without that right. */
gfp_t sleeping_in_atomic(gfp_t gfp);

/* ---- oom ---- */

extern struct mm_oom mm_oom;

/* ---- the node ---- */

/** node_boot_alloc - its counters and batches from memblock; before zones_init(). */
void node_boot_alloc(void);

/* ---- slab ---- */

/** slab_boot_alloc - take the per-CPU arrays of the boot caches from memblock; before zones_init(). */
void slab_boot_alloc(void);
/** slab_init - the caches that exist from the start; after zones_init(). */
void slab_init(void);
/** slab_reclaim - free what no object needs: this CPU's arrays and every empty slab. Return: pages. Context: any. */
unsigned long slab_reclaim(void);
/** slab_drain_all - the same for all CPUs' arrays. Context: task, interrupts on. */
void slab_drain_all(void);
/** slab_usage - objects that users hold, pages that are slabs. */
void slab_usage(unsigned long *objects, unsigned long *pages);

/* ---- vmalloc ---- */

extern struct vmap_space vmalloc_space, module_space;
extern struct vmap_slot vmap_slots[MMV_NR_CPUS];

void vmalloc_init(void);
/** vmalloc_purge - flush what vfree() and others left behind. Context: task; elsewhere nothing is done. Return: pages given back. */
unsigned long vmalloc_purge(void);

#endif
