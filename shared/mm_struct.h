/* SPDX-License-Identifier: MIT */
/*
 * mm_struct.h - user address spaces: which addresses are in use, what for, and who must be asked to find a page's mappings.
 *
 * mm_root.mms lists every address space by mmlist, under mm_root.mm_list_lock. An area is a stretch of addresses with one set of
 * rights; areas of an address space do not overlap and stand in its tree by address. Memory is private and anonymous: zeros until
 * written. An anonymous page leads to its mappings by page.mapping, an anon_vma with PAGE_MAPPING_ANON added: each area linked
 * there may map it, at vm_start + (page.index - vm_pgoff) pages.
 *
 * Letters behind a field: (m) mmap_lock, (t) page_table_lock, (L) the structure's lock, (a) atomic, (c) constant while it lives.
 */
#ifndef MMV_SHARED_MM_STRUCT_H
#define MMV_SHARED_MM_STRUCT_H

#include "shared/types.h"

/* vm_area_struct.vm_flags: rights; and VM_LOCKED, whose pages stay in memory. */
#define VM_READ 0x00000001UL
#define VM_WRITE 0x00000002UL
#define VM_EXEC 0x00000004UL
#define VM_LOCKED 0x00002000UL

/* mm_struct.flags */
#define MMF_OOM_SKIP (1UL << 21) /* nothing to be had from it any more */
#define MMF_UNSTABLE (1UL << 22) /* its memory was taken away: faults fail from now on */

/* page.mapping of an anonymous page: an anon_vma, and this bit. */
#define PAGE_MAPPING_ANON 1UL

/*
 * Entries of user page tables that are not present but not empty: bit 0 clear, this bit set, a type in bits 2 to 6, and from
 * bit 12 on a slot of that swap device; or, for the last two types, the page that is being moved.
 */
#define PTE_SWAP_ENTRY 0x2UL
#define PTE_SWAP_TYPE_SHIFT 2
#define PTE_SWAP_TYPE_MASK 0x1fUL
#define PTE_SWAP_OFFSET_SHIFT 12
#define SWP_MIGRATION_READ 30
#define SWP_MIGRATION_WRITE 31

/** enum mm_counter - mm_struct.rss: entries of its page tables by what they lead to. */
enum mm_counter { MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES, NR_MM_COUNTERS };

/**
 * struct anon_vma - all areas in which an anonymous page may be mapped: those of one address space and of its copies
 * @areas:    vm_area_struct.anon_vma_node
 * @refcount: one for each area, one for each walk under way; 0: free, though a reader may still look (RCU)
 */
struct anon_vma {
	struct mm_lock lock;
	struct list_head areas; /* (L) */
	uint32_t nr_areas;      /* (L) */
	int32_t refcount;       /* (a) */
};
MMV_SIZE(struct anon_vma, 40);

/**
 * struct vm_area_struct - addresses [vm_start, vm_end), page aligned
 * @vm_pgoff: what page.index of the page at vm_start is: its address when the area was made, in pages
 * @anon_vma: NULL: nothing was ever mapped here
 */
struct vm_area_struct {
	uint64_t vm_start, vm_end;      /* (m) */
	struct rb_node vm_rb;           /* (m) */
	GPTR(struct mm_struct) vm_mm;   /* (c) */
	uint64_t vm_flags;              /* (m) VM_* */
	uint64_t vm_pgoff;              /* (c) */
	GPTR(struct anon_vma) anon_vma; /* (m), or (m) shared and (t) to set it once */
	struct list_head anon_vma_node; /* anon_vma.lock */
};
MMV_SIZE(struct vm_area_struct, 88);

/**
 * struct mm_struct - a user address space
 * @pgd:      its top table; the upper half is a copy of the kernel's
 * @mm_users: who uses it as an address space; the last one takes its memory away
 * @mm_count: 1 for all of those, and more by mmgrab(): the structure itself
 * @cpus:     CPUs whose %cr3 is @pgd
 * @rss:      entries that map a page, by kind; MM_SWAPENTS: that lead to a swap slot
 * @tables:   tables below the top one
 * @mmap_lock: a struct rw_semaphore of the guest's
 */
struct mm_struct {
	struct list_head mmlist;
	struct rb_root areas;           /* (m) */
	uint64_t map_count;             /* (m) areas */
	gpa_t pgd;                      /* (c) */
	int32_t mm_users, mm_count;     /* (a) */
	struct mm_lock page_table_lock; /* entries and tables below @pgd */
	uint64_t cpus;                  /* (a) a bit for each */
	uint64_t flags;                 /* (a) MMF_* */
	int64_t rss[NR_MM_COUNTERS];    /* (t) */
	uint64_t tables;                /* (t) */
	uint64_t total_vm, locked_vm;   /* (m) pages */
	uint64_t faults, major_faults;  /* (a) */
	uint64_t mmap_lock[8];
};
MMV_SIZE(struct mm_struct, 216);

#endif
