/* SPDX-License-Identifier: MIT */
/*
 * mm.h - pages, their numbers, addresses and references; counters; and what the rest of the kernel needs from the
 * allocators at boot and at the end of a payload.
 */
#ifndef _LINUX_MM_H
#define _LINUX_MM_H

#include <linux/types.h>
#include <linux/gfp.h>
#include <linux/pfn.h>
#include <linux/overflow.h>
#include <linux/page-flags.h>
#include <linux/vmstat.h>

#define PAGE_ALIGN(addr) PFN_ALIGN(addr)
#define PAGE_ALIGN_DOWN(addr) ((unsigned long)(addr)&PAGE_MASK)
#define PAGE_ALIGNED(addr) (!((unsigned long)(addr) & (PAGE_SIZE - 1)))
#define offset_in_page(p) ((unsigned long)(p) & (PAGE_SIZE - 1))

/* ---- addresses ---- */

#define page_to_phys(page) ((phys_addr_t)page_to_pfn(page) << PAGE_SHIFT)
#define phys_to_page(phys) pfn_to_page((unsigned long)(phys) >> PAGE_SHIFT)
#define virt_to_pfn(addr) ((unsigned long)(__pa(addr) >> PAGE_SHIFT))
#define virt_to_page(addr) pfn_to_page(virt_to_pfn(addr))
#define page_to_virt(page) ((void *)__va(page_to_phys(page)))
#define page_address(page) page_to_virt(page)
#define lowmem_page_address(page) page_to_virt(page)
#define pfn_to_kaddr(pfn) ((void *)__va((phys_addr_t)(pfn) << PAGE_SHIFT))
#define nth_page(page, n) ((page) + (n))

static inline phys_addr_t virt_to_phys(const volatile void *addr)
{
	return __pa(addr);
}

static inline void *phys_to_virt(phys_addr_t phys)
{
	return (void *)__va(phys);
}

static inline struct page *virt_to_head_page(const void *addr)
{
	return compound_head(virt_to_page(addr));
}

/** pfn_to_online_page - the entry of a page that is there, or NULL */
#define pfn_to_online_page(pfn) (pfn_valid(pfn) ? pfn_to_page(pfn) : NULL)

/** pfn_valid - is there RAM, and so a struct page? */
bool pfn_valid(unsigned long pfn);

/** virt_addr_valid - does @addr lie in the direct map of RAM? */
bool virt_addr_valid(const volatile void *addr);

/** get_order - the smallest order whose block holds @size bytes; absurdly large for 0. */
static inline unsigned int get_order(unsigned long size)
{
	if (!size)
		return 64 - PAGE_SHIFT;
	if (size <= PAGE_SIZE)
		return 0;
	return 64 - (unsigned int)__builtin_clzl((size - 1) >> PAGE_SHIFT);
}

/* ---- zones and blocks ---- */

extern struct mm_root mm_root;

/** page_zonenum - enum zone_type of a page: a matter of its number alone. */
static inline unsigned int page_zonenum(const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);

	if (pfn >= mm_root.movable_pfn)
		return ZONE_MOVABLE;
	return (unsigned int)(pfn >= DMA_END >> PAGE_SHIFT) + (pfn >= DMA32_END >> PAGE_SHIFT);
}

static inline struct zone *page_zone(const struct page *page)
{
	return &mm_zones[page_zonenum(page)];
}

static inline int page_to_nid(const struct page *page)
{
	(void)page;
	return 0;
}

static inline unsigned int compound_order(const struct page *page)
{
	return PageHead(page) ? page->order : 0;
}

static inline unsigned long compound_nr(const struct page *page)
{
	return 1UL << compound_order(page);
}

static inline unsigned long page_size(const struct page *page)
{
	return PAGE_SIZE << compound_order(page);
}

/** set_page_owner - say who holds an allocated block; only whoever allocated it may. */
static inline void set_page_owner(struct page *page, enum page_owner owner)
{
	page->owner = (uint8_t)owner;
}

/* ---- folios: blocks by their heads ---- */

/** page_folio - the block that holds @page */
#define page_folio(page) ((struct folio *)compound_head(page))
#define folio_page(folio, n) (&(folio)->page + (n))

static inline unsigned int folio_order(const struct folio *folio)
{
	return compound_order(&folio->page);
}

static inline unsigned long folio_nr_pages(const struct folio *folio)
{
	return compound_nr(&folio->page);
}

static inline size_t folio_size(const struct folio *folio)
{
	return page_size(&folio->page);
}

static inline unsigned long folio_pfn(const struct folio *folio)
{
	return page_to_pfn(&folio->page);
}

static inline void *folio_address(const struct folio *folio)
{
	return page_address(&folio->page);
}

static inline struct zone *folio_zone(const struct folio *folio)
{
	return page_zone(&folio->page);
}

static inline int folio_nid(const struct folio *folio)
{
	return page_to_nid(&folio->page);
}

static inline struct folio *virt_to_folio(const void *addr)
{
	return page_folio(virt_to_page(addr));
}

/** folio_alloc - a block as a folio: __GFP_COMP is added */
static inline struct folio *folio_alloc(gfp_t gfp, unsigned int order)
{
	return (struct folio *)alloc_pages(gfp | __GFP_COMP, order);
}

static inline struct folio *__folio_alloc(gfp_t gfp, unsigned int order, int nid, nodemask_t *nodemask)
{
	return (struct folio *)__alloc_pages(gfp | __GFP_COMP, order, nid, nodemask);
}

static inline struct folio *__folio_alloc_node(gfp_t gfp, unsigned int order, int nid)
{
	return __folio_alloc(gfp, order, nid, NULL);
}

/* Memory policies of user memory do not exist yet: the same as without. */
#define vma_alloc_folio(gfp, order, vma, addr) ((void)(vma), (void)(addr), folio_alloc(gfp, order))
#define alloc_page_vma(gfp, vma, addr) ((void)(vma), (void)(addr), alloc_page(gfp))

/* ---- references: on the head of an allocated block ---- */

static inline int page_ref_count(const struct page *page)
{
	return __atomic_load_n(&page->refcount, __ATOMIC_RELAXED);
}

static inline int page_count(const struct page *page)
{
	return page_ref_count(compound_head(page));
}

static inline void page_ref_add(struct page *page, int nr)
{
	__atomic_fetch_add(&page->refcount, nr, __ATOMIC_SEQ_CST);
}

static inline void page_ref_sub(struct page *page, int nr)
{
	__atomic_fetch_sub(&page->refcount, nr, __ATOMIC_SEQ_CST);
}

static inline void page_ref_inc(struct page *page)
{
	page_ref_add(page, 1);
}

static inline void page_ref_dec(struct page *page)
{
	page_ref_sub(page, 1);
}

static inline void set_page_count(struct page *page, int count)
{
	__atomic_store_n(&page->refcount, count, __ATOMIC_RELAXED);
}

static inline void init_page_count(struct page *page)
{
	set_page_count(page, 1);
}

/** put_page_testzero - drop one; true if that was the last. The caller then frees. */
static inline bool put_page_testzero(struct page *page)
{
	return __atomic_sub_fetch(&page->refcount, 1, __ATOMIC_SEQ_CST) == 0;
}

/** get_page_unless_zero - take a reference unless the block is on its way out. */
static inline bool get_page_unless_zero(struct page *page)
{
	int old = page_ref_count(page);

	do {
		if (old <= 0)
			return false;
	} while (!__atomic_compare_exchange_n(&page->refcount, &old, old + 1, false, __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
	return true;
}

/** get_page - take a reference of the block that holds @page; the caller has one already. */
void get_page(struct page *page);

/** try_get_page - the same, refused when the count is not positive. */
bool try_get_page(struct page *page);

/** put_page - drop a reference; the last one frees the block (a compound one, or a single page). */
void put_page(struct page *page);

static inline int folio_ref_count(const struct folio *folio)
{
	return page_ref_count(&folio->page);
}

static inline void folio_get(struct folio *folio)
{
	get_page(&folio->page);
}

static inline bool folio_try_get(struct folio *folio)
{
	return get_page_unless_zero(&folio->page);
}

static inline void folio_put(struct folio *folio)
{
	put_page(&folio->page);
}

static inline int page_ref_inc_return(struct page *page)
{
	return __atomic_add_fetch(&page->refcount, 1, __ATOMIC_SEQ_CST);
}

static inline int page_ref_dec_return(struct page *page)
{
	return __atomic_sub_fetch(&page->refcount, 1, __ATOMIC_SEQ_CST);
}

static inline bool page_ref_sub_and_test(struct page *page, int nr)
{
	return __atomic_sub_fetch(&page->refcount, nr, __ATOMIC_SEQ_CST) == 0;
}

static inline bool page_ref_dec_and_test(struct page *page)
{
	return page_ref_sub_and_test(page, 1);
}

/**
 * page_ref_freeze - if exactly @count references are there, there are none: nobody can get one until page_ref_unfreeze()
 * Return: did it?
 */
static inline bool page_ref_freeze(struct page *page, int count)
{
	return __atomic_compare_exchange_n(&page->refcount, &count, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

static inline void page_ref_unfreeze(struct page *page, int count)
{
	__atomic_store_n(&page->refcount, count, __ATOMIC_RELEASE);
}

/** page_mapcount - how many user mappings there are */
static inline int page_mapcount(const struct page *page)
{
	return page->mapcount;
}

/* ---- what there is ---- */

struct sysinfo {
	unsigned long totalram, freeram, sharedram, bufferram, totalhigh, freehigh;
	unsigned int mem_unit;
};

unsigned long totalram_pages(void);
/** nr_free_pages - pages that nobody uses: those that the zones count as free, and those that CPUs keep for themselves. */
unsigned long nr_free_pages(void);
/** nr_free_buffer_pages - pages of the zones up to NORMAL beyond their high marks. */
unsigned long nr_free_buffer_pages(void);
void si_meminfo(struct sysinfo *info);
/** totalreserve_pages - pages that are kept back: marks and reserves. */
unsigned long totalreserve_pages(void);
/** si_mem_available - pages that can be had without anybody losing any. */
long si_mem_available(void);
/** show_mem - print where all memory is. Context: any. */
void show_mem(void);

/* ---- kvmalloc: declared with its siblings ---- */

#include <linux/slab.h>
#include <linux/vmalloc.h>

/* ---- user memory: areas of the running thread's address space, which it has from kthread_use_mm() ---- */

struct file;

/**
 * vm_mmap - new private memory, all zeros
 * @file:  NULL: files cannot be mapped
 * @addr:  where; 0: anywhere. With MAP_FIXED what was there goes, with MAP_FIXED_NOREPLACE it must be free
 * @prot, @flags: see mman.h
 *
 * Return: the address, or -errno. Context: task, may sleep.
 */
unsigned long vm_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot, unsigned long flags,
		      unsigned long offset);
/** vm_munmap - nothing is mapped in [start, start + len) any more. Return: 0 or -errno. Context: task, may sleep. */
int vm_munmap(unsigned long start, size_t len);
/** vm_mlock, vm_munlock - all pages of the range are there, and stay; or need not any more. Return: 0 or -errno. Context: as above. */
int vm_mlock(unsigned long start, size_t len);
int vm_munlock(unsigned long start, size_t len);

/**
 * vm_pageout - write what is mapped in [start, start + len) to swap and free it, as far as that can be (MADV_PAGEOUT)
 * Return: pages that left memory, or -errno. Context: task, may sleep.
 */
long vm_pageout(unsigned long start, size_t len);

/** find_vma - the area that holds @addr, or the next above it, or NULL. Needs: mmap_lock. */
struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr);
/** vma_lookup - the area that holds @addr, or NULL. Needs: mmap_lock. */
struct vm_area_struct *vma_lookup(struct mm_struct *mm, unsigned long addr);
/** first_vma, next_vma - all areas by address. Needs: mmap_lock. */
struct vm_area_struct *first_vma(struct mm_struct *mm);
struct vm_area_struct *next_vma(struct vm_area_struct *vma);

#define for_each_vma(mm, vma) for ((vma) = first_vma(mm); (vma); (vma) = next_vma(vma))

typedef unsigned int vm_fault_t;

/* What became of a fault. */
#define VM_FAULT_OOM 0x0001u    /* no memory */
#define VM_FAULT_SIGBUS 0x0002u /* its contents are lost: the disk failed, or the memory was taken away */
#define VM_FAULT_MAJOR 0x0004u  /* had to be read from disk */
#define VM_FAULT_SIGSEGV 0x0040u
#define VM_FAULT_ERROR (VM_FAULT_OOM | VM_FAULT_SIGBUS | VM_FAULT_SIGSEGV)

/* How the address was touched. */
#define FAULT_FLAG_WRITE 0x01u

/** handle_mm_fault - make the page at @addr accessible. Needs: mmap_lock, shared. May sleep. Return: VM_FAULT_* */
vm_fault_t handle_mm_fault(struct vm_area_struct *vma, unsigned long addr, unsigned int flags);
/** fault_in_user - the same from the outside: area and rights are looked up. Context: task, no lock. Return: VM_FAULT_* */
vm_fault_t fault_in_user(unsigned long addr, unsigned int flags);

/* How get_user_pages_fast() looks. */
#define FOLL_WRITE 0x01u        /* to write to them: what is shared is copied first */
#define FOLL_FORCE 0x10u        /* not here: -EINVAL */
#define FOLL_LONGTERM 0x10000u  /* new pages come from where they may stay */
#define FOLL_FAST_ONLY 0x80000u /* only what is there; does not sleep */

/**
 * get_user_pages_fast - a reference each to the pages behind so many user addresses of the running thread, from @start's page on
 *
 * They are neither reclaimed nor moved until put_page(). Context: task, may sleep; FOLL_FAST_ONLY: task, any.
 * Return: how many, which may be fewer; 0 for none asked for, or past the end of addresses; if there is none: -EFAULT, -ENOMEM, -EINTR
 * (the thread is being killed), -EINVAL (an unknown flag).
 */
int get_user_pages_fast(unsigned long start, int nr_pages, unsigned int gup_flags, struct page **pages);
/** pin_user_pages_fast - the same for a device; unpin_user_page, unpin_user_pages - it is done with them */
int pin_user_pages_fast(unsigned long start, int nr_pages, unsigned int gup_flags, struct page **pages);
void unpin_user_page(struct page *page);
void unpin_user_pages(struct page **pages, unsigned long npages);

/** zap_vma_range - forget the pages of a part of an area; next time it is zeros. Needs: mmap_lock. May sleep. */
void zap_vma_range(struct vm_area_struct *vma, unsigned long start, unsigned long end);

/* What mm_pagemap() says of an address; in the lower bits the page's number, or the slot's. */
#define PM_PRESENT (1UL << 63)
#define PM_SWAP (1UL << 62)
#define PM_WRITE (1UL << 61)
#define PM_DIRTY (1UL << 60)
#define PM_ACCESSED (1UL << 59)
#define PM_NUMBER ((1UL << 55) - 1)

/** mm_pagemap - what is at @addr at the moment: PM_*, 0 if nothing. Needs: mmap_lock, or nobody else who uses @mm. */
uint64_t mm_pagemap(struct mm_struct *mm, unsigned long addr);

/** get_mm_counter - entries of its page tables, by kind */
static inline unsigned long get_mm_counter(const struct mm_struct *mm, enum mm_counter which)
{
	long n = (long)READ_ONCE(mm->rss[which]);

	return n > 0 ? (unsigned long)n : 0;
}

/** get_mm_rss - pages that are mapped; mm_pgtables_bytes - what the tables take */
static inline unsigned long get_mm_rss(const struct mm_struct *mm)
{
	return get_mm_counter(mm, MM_FILEPAGES) + get_mm_counter(mm, MM_ANONPAGES) + get_mm_counter(mm, MM_SHMEMPAGES);
}

static inline unsigned long mm_pgtables_bytes(const struct mm_struct *mm)
{
	return (READ_ONCE(mm->tables) + 1) * PAGE_SIZE;
}

/* ---- for the rest of the kernel ---- */

/**
 * mm_init - bring up every allocator
 *
 * Needs the memblock lists, mm_root.nr_cpus, the direct map and vmemmap in place. One CPU, interrupts off. Afterwards
 * every call of gfp.h, slab.h and vmalloc.h works.
 */
void mm_init(void);

/**
 * struct mm_usage - what is in use, exactly, whatever per-CPU arrays and spare slabs hold back
 * @pages:   allocated pages, without slabs (they belong to the cache, not to its users) and page tables (they are kept)
 * @objects: objects that users hold, all caches
 * @areas:   vmalloc areas
 */
struct mm_usage {
	unsigned long pages;
	unsigned long objects;
	unsigned long areas;
};

/** mm_usage - count; the numbers agree with each other only while nobody else allocates. */
void mm_usage(struct mm_usage *usage);

/**
 * mm_drain - give back what allocators keep for speed: per-CPU arrays, empty slabs, vfree()s that wait
 * Context: task, interrupts on.
 */
void mm_drain(void);

/** user_mm_init - what user memory needs; before the first mm_alloc(). Context: task. */
void user_mm_init(void);

/** pgtable_alloc, pgtable_free - one zeroed page for a page table, as @gfp allows; NULL when there is none. */
struct page *pgtable_alloc(gfp_t gfp);
void pgtable_free(struct page *page);
/** pgtable_pages - pages that are page tables made after boot. */
unsigned long pgtable_pages(void);

#endif
