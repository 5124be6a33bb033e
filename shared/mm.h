/* SPDX-License-Identifier: MIT */
/*
 * mm.h - the allocators' own structures, as the guest keeps them and the inspector reads them.
 *
 * Letters behind a field say what protects it: (c) constant after boot, (L) the structure's lock,
 * (a) written with atomics, (p) only its own CPU writes it, with interrupts off, (o) the page's owner.
 *
 * "Zero is valid": a struct page of zeros says nothing by itself. Such a page is a tail of the block
 * whose head covers it, or lies in a zone's fresh range (free, never handed out), or was never given to
 * the page allocator (reserved: see struct memblock). So guest RAM that nobody asked for costs nothing.
 */
#ifndef MMV_SHARED_MM_H
#define MMV_SHARED_MM_H

#include "shared/debug.h"
#include "shared/dma.h"
#include "shared/layout.h"
#include "shared/mempool.h"
#include "shared/mm_struct.h"
#include "shared/oom.h"
#include "shared/node.h"
#include "shared/page.h"
#include "shared/pagecache.h"
#include "shared/ring.h"
#include "shared/shrinker.h"
#include "shared/slab.h"
#include "shared/swap.h"
#include "shared/task.h"
#include "shared/types.h"
#include "shared/vmalloc.h"
#include "shared/zone.h"

/* ---- modules: so that the host can put names to addresses ---- */

/** struct mm_module - a loaded payload. Linked on mm_root.modules. */
struct mm_module {
	struct list_head list;
	char name[56]; /* file name as given */
	uint64_t nr_sections;
	struct mm_module_section {
		uint32_t index; /* section number in the object file */
		uint32_t flags; /* sh_flags */
		gva_t addr;     /* where it was put */
		uint64_t size;
	} sections[32];
};

/* ---- the root ---- */

#define MM_ROOT_MAGIC 0x746f6f725f766d6dUL /* "mmv_root" */
#define MM_ROOT_VERSION 1

/**
 * struct mm_root - where everything begins; its address goes out by EXIT_ROOT.
 * @size, @page_size: sizeof(struct mm_root), sizeof(struct page): a reader with other ideas must refuse
 */
struct mm_root {
	uint64_t magic;
	uint32_t version;
	uint32_t size;
	uint32_t page_size;
	uint32_t debug;   /* 1 in the debug kernel */
	uint32_t nr_cpus; /* present */
	uint32_t nr_cpus_online;
	gpa_t phys_base; /* where KERNEL_BASE was loaded */
	gva_t kernel_start, kernel_end;
	gpa_t cr3;        /* the kernel's page tables */
	uint64_t max_pfn; /* one past the last page of RAM */
	GPTR(struct memblock) memblock;
	GPTR(struct zone) zones; /* MAX_NR_ZONES of them; managed_pages 0: not there */
	struct mm_lock slab_lock;
	struct list_head slab_caches;
	GPTR(struct vmap_space) vmalloc;
	GPTR(struct vmap_space) module_space;
	struct list_head modules;
	uint64_t tsc_entry, tsc_booted;       /* rdtsc at the kernel's entry and at MARK_BOOTED */
	uint64_t tsc_done;                    /* at MARK_DONE: no allocation or free is under way any more; 0 before */
	gva_t replay_result;                  /* struct replay_result (shared/replay.h), 0 if none */
	GPTR(struct stack_depot) stack_depot; /* NULL in the release kernel */
	GPTR(struct page_debug) page_debug;   /* the same */
	uint32_t
		direct_on_touch; /* 1: whole GiBs of a RAM range enter the direct map when first touched (no 1 GiB pages) */
	uint32_t reserved;
	struct mm_lock task_lock;
	struct list_head tasks;   /* every thread, by task->tasks, under task_lock */
	GPTR(struct mm_cpu) cpus; /* nr_cpus of them; 0 before the scheduler is up */
	GPTR(struct rcu_state) rcu;
	GPTR(struct per_cpu_pages) pcp; /* MAX_NR_ZONES for each of nr_cpus */
	GPTR(uint8_t) pageblocks;       /* types of pageblocks of [0, max_pfn): see zone.h */
	uint64_t movable_pfn;           /* ZONE_MOVABLE begins here; beyond all memory if nobody asked for one */
	GPTR(struct mm_lock_class) lock_classes; /* nr_lock_classes of them; NULL in the release kernel */
	struct zone_tuning tuning;               /* (c) */
	uint32_t nr_lock_classes;
	uint32_t reserved2;
	GPTR(struct dma_root) dma;         /* dma.h */
	GPTR(struct vmap_slot) vmap_slots; /* nr_cpus of them */
	GPTR(struct page_cache) page_cache;
	struct mm_lock mm_list_lock;
	struct list_head mms;          /* every user address space, by mmlist, under mm_list_lock */
	uint64_t nr_mms;               /* of them */
	GPTR(struct swap_info) swaps;  /* MAX_SWAPFILES of them */
	GPTR(struct mm_oom) oom;       /* oom.h */
	GPTR(struct pglist_data) node; /* node.h */
	struct mm_lock ring_lock;
	struct list_head rings; /* ring.h, under ring_lock */
	struct mm_lock mempool_lock;
	struct list_head mempools;  /* mempool.h, under mempool_lock */
	struct list_head shrinkers; /* shrinker.h */
};

#endif
