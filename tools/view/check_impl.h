/* SPDX-License-Identifier: MIT */
/*
 * check_impl.h - what the files of the checker share: the rules' names, the context of one check, the parts in order.
 *
 * Parts run in the order of the table in check.c, because later ones use what earlier ones learned. A part that cannot
 * go on (its structure is unreadable) reports that and leaves the rest to others: one fault does not hide another.
 */
#ifndef MMV_TOOLS_CHECK_IMPL_H
#define MMV_TOOLS_CHECK_IMPL_H

#include "tools/view/check.h"

enum rule {
	R_ROOT,
	R_LOCK,
	R_MEMBLOCK_SORTED,
	R_MEMBLOCK_RAM,
	R_ZONE_SPAN,
	R_ZONE_PRESENT,
	R_ZONE_MANAGED,
	R_ZONE_FRESH,
	R_ZONE_MARKS,
	R_ZONE_RESERVE,
	R_ZONE_MIN_FREE,
	R_ZONE_BALANCE,
	R_PAGE_MAPPED,
	R_PAGE_STATE,
	R_PAGE_RESERVED,
	R_PAGE_FRESH,
	R_PAGE_KIND,
	R_PAGE_ALIGNED,
	R_PAGE_INSIDE,
	R_PAGE_OVERLAP,
	R_PAGE_TAILS,
	R_PAGE_FREE_CLEAN,
	R_PAGE_REFCOUNT,
	R_PAGE_ZEROED,
	R_ZONE_FLOW,
	R_BUDDY_LINKED,
	R_BUDDY_ENTRY,
	R_BUDDY_COMPLETE,
	R_BUDDY_COUNT,
	R_BUDDY_TOTAL,
	R_BUDDY_MERGED,
	R_BUDDY_UNMAPPED,
	R_PCP_ENTRY,
	R_PCP_COUNT,
	R_PCP_BOUNDS,
	R_BLOCK_KIND,
	R_BLOCK_FREE,
	R_BLOCK_COUNT,
	R_BLOCK_AVAIL,
	R_BLOCK_HIGHATOMIC,
	R_BLOCK_ISOLATED,
	R_ZONE_MOVABLE,
	R_DEBUG_OWNER,
	R_DEBUG_POISON,
	R_DEBUG_DEPOT,
	R_PT_TABLE,
	R_PT_UNIQUE,
	R_PT_OWNED,
	R_PT_LEAF,
	R_PT_AREA,
	R_PT_WX,
	R_PT_USER,
	R_PT_NX,
	R_PT_ALIAS,
	R_PT_BITS,
	R_PT_CACHE,
	R_PT_COUNT,
	R_PT_EMPTY,
	R_MAP_RIGHTS,
	R_MAP_DIRECT,
	R_MAP_VMEMMAP,
	R_MAP_KERNEL,
	R_SLAB_CACHES,
	R_SLAB_GEOMETRY,
	R_SLAB_LINKED,
	R_SLAB_PAGE,
	R_SLAB_PLACE,
	R_SLAB_COMPLETE,
	R_SLAB_COUNT,
	R_SLAB_EMPTY,
	R_SLAB_INUSE,
	R_SLAB_FREE_CLOSED,
	R_SLAB_FREE_ACYCLIC,
	R_SLAB_FREE_COUNT,
	R_SLAB_CPU_BOUNDS,
	R_SLAB_CPU_OBJECTS,
	R_SLAB_CPU_UNIQUE,
	R_SLAB_KMALLOC,
	R_SLAB_LARGE,
	R_SLAB_SELF,
	R_SLAB_MERGED,
	R_SLAB_USERCOPY,
	R_SLAB_ZONE,
	R_SLAB_RED_ZONE,
	R_SLAB_POISON,
	R_SLAB_PADDING,
	R_SLAB_TRACK,
	R_SLAB_LINK,
	R_SLAB_INIT_FREE,
	R_VM_LINKED,
	R_VM_SORTED,
	R_VM_COVER,
	R_VM_MERGED,
	R_VM_TREE,
	R_VM_SUBTREE,
	R_VM_COUNT,
	R_VM_AREA,
	R_VM_MAPPED,
	R_VM_GUARD,
	R_VM_OUTSIDE,
	R_VM_LAZY,
	R_VM_DEVICE,
	R_VM_PAGES,
	R_VM_OWNED,
	R_VM_BLOCK,
	R_VM_ONCE,
	R_MODULE_SECTIONS,
	R_MM_LIST,
	R_MM_AREAS,
	R_MM_INSIDE,
	R_MM_KERNEL_HALF,
	R_MM_CPUS,
	R_MM_RSS,
	R_MM_SHARED,
	R_RMAP_COUNT,
	R_RMAP_LEADS_BACK,
	R_RMAP_AREAS,
	R_ANON_HELD,
	R_ANON_DIRTY,
	R_ANON_MLOCKED,
	R_SWAP_CACHE,
	R_SWAP_MAP,
	R_SWAP_COUNT,
	R_SWAP_CLUSTER,
	R_SWAP_CPU,
	R_DMA_DEVICES,
	R_DMA_OWNER,
	R_DMA_COHERENT,
	R_DMA_COUNT,
	R_DMA_POOL,
	R_DMA_POOL_CHAIN,
	R_DMA_BOUNCE,
	R_DMA_SLOTS,
	R_DMA_SLOT,
	R_DMA_MAPPING,
	R_DMA_MAPPED,
	R_DMA_OVERLAP,
	R_DMA_TABLE,
	R_DMA_SEGMENT,
	R_DMA_CHECKED,
	R_RING_LINKED,
	R_RING_FREE,
	R_RING_CHAIN,
	R_RING_BUFFER,
	R_CACHE_LINKED,
	R_CACHE_ENTRY,
	R_CACHE_NODE,
	R_CACHE_COUNT,
	R_CACHE_SIZE,
	R_CACHE_AGE,
	R_CACHE_TAGS,
	R_CACHE_SHADOW,
	R_CACHE_ONCE,
	R_CACHE_STAT,
	R_MEMPOOL_LINKED,
	R_MEMPOOL_COUNT,
	R_MEMPOOL_ELEMENTS,
	R_THREAD_LINKED,
	R_THREAD_STACK,
	R_THREAD_CPU,
	R_THREAD_ATOMIC,
	R_THREAD_SCOPE,
	R_LOCK_HELD,
	R_LOCK_QUIET,
	R_LOCK_ORDER,
	R_SCHED_QUEUE,
	R_RCU_GRACE,
	R_RCU_LISTS,
	R_RCU_CALLBACK,
	R_COMPACT_CURSOR,
	R_COMPACT_DEFER,
	R_OOM_VICTIMS,
	R_LRU_LINKED,
	R_LRU_ENTRY,
	R_LRU_PLACE,
	R_LRU_COMPLETE,
	R_LRU_COUNT,
	R_LRU_BATCH,
	R_LRU_ISOLATED,
	R_VMSTAT_SIGN,
	R_VMSTAT_PROGRESS,
	R_VMSTAT_NODE,
	R_RECLAIM_THREAD,
	R_RECLAIM_WANTED,
	R_ZONE_BOOST,
	R_SHRINKER_LINKED,
	R_SHRINKER_COUNT,
	R_PAIR_CONSTANT,
	R_PAIR_COUNTERS,
	R_PAIR_OWNER,
	NR_RULES
};
_Static_assert(NR_RULES <= CHECK_MAX_RULES, "struct check_report has room for every rule");

/** struct vec - a growing array of numbers. Out of memory is fatal: see vec_add(). */
struct vec {
	uint64_t *at;
	size_t nr, cap;
};
void vec_add(struct vec *v, uint64_t x);
void vec_sort(struct vec *v);
/** vec_has - is @x in the sorted @v? Return: its index, or -1. */
long vec_find(const struct vec *v, uint64_t x);
void vec_free(struct vec *v);

/** struct page_set - pfns seen, open addressing; 0 marks an empty slot, so what is kept is pfn + 1. */
struct page_set {
	uint64_t *at;
	size_t nr, cap;
};

/** struct user_maps - entries of user page tables that map a page: see check_user.h */
struct user_maps {
	struct user_map *at;
	size_t nr, cap;
};

/** struct check_leaf - one mapping found in the page tables: @flags as VIEW_PTE_*. */
struct check_leaf {
	gva_t va;
	gpa_t gpa;
	uint64_t size, flags;
	uint64_t entry; /* as it is in the table; @flags are those of all levels */
	bool memory;    /* all of it leads to memory */
	bool shared;    /* vmalloc and module space: by an area of somebody else's pages */
};

struct leaves {
	struct check_leaf *at;
	size_t nr, cap;
};

/** struct check_zone - a zone, and what the memory map says about it. Counts are pages, but for free_heads. */
struct check_zone {
	struct zone z; /* copy; only for zones that exist */
	gva_t addr;
	bool exists;
	bool flux;           /* a vCPU is changing it: its lists and its part of the memory map are left alone */
	uint8_t *listed;     /* bitmap by pfn - first: seen on a free list */
	uint64_t first, end; /* what the bitmap covers: the span, clipped to memory that exists */
	uint64_t free_heads[NR_PAGE_ORDERS];
	uint64_t free, pcp, fresh, reserved, lost;
	uint64_t used_heads;
	uint64_t type_pages[MIGRATE_TYPES]; /* of free blocks on the zone's lists */
	uint64_t used[NR_PAGE_OWNERS];
};

struct check_ctx {
	struct view *v;
	struct check_report *r;
	const struct mm_root *root;
	struct memblock mb;
	bool have_mb;
	struct check_zone zones[MAX_NR_ZONES];
	/*
	 * Some rules hold between operations only, and no lock's count shows an operation under way: a page whose last
	 * reference is gone but which is not on a free list yet, pages allocated for an area that has no address yet. A
	 * thread may stand at such a point for long. Until the guest says that it is done these rules accuse nobody.
	 */
	bool busy;
	struct {
		uint64_t first, nr; /* pageblocks whose types are in @bytes */
		uint8_t bytes[4096];
	} blocks;
	unsigned int workers; /* threads for the memory map; 0: as many as are worth it */
	bool watched;         /* the guest keeps an entry for each page: @page_debug says where */
	struct page_debug page_debug;
	bool any_flux;          /* some zone is in flux, so totals over all pages prove nothing */
	struct vec slab_heads;  /* pfns, ascending: found by the memory map */
	struct vec pt_pages;    /* pfns whose owner is OWNER_PGTABLE */
	struct vec cache_pages; /* pfns whose owner is OWNER_CACHE */
	struct vec dma_heads;   /* pfns of heads whose owner is OWNER_DMA */
	struct vec anon_pages;  /* pfns of pages whose owner is OWNER_ANON */
	struct user_maps user_maps;
	struct vec swap_refs; /* slots that entries of user page tables lead to, type << 56 | slot, once for each */
	uint64_t user_moving; /* entries that say that a page is being moved */
	bool users_flux; /* some address space could not be looked at: what adds up over all of them proves nothing */
	struct vec lru_pages;    /* pfns of pages that say they are on an LRU list */
	uint64_t isolated[2];    /* pages that were taken off one: anonymous, of files */
	struct vec vm_pages;     /* pfns of heads whose owner is OWNER_VMALLOC */
	bool vm_partial;         /* not every area of vmalloc and module space could be looked at */
	struct leaves vm_leaves; /* mappings in vmalloc and module space, ascending */
	uint64_t max_pfn;        /* one past the last page of any region */
};

/* ---- reporting ---- */

/** check_fault - note a fault; then check_got(), check_want() fill it in. Never NULL: what is not kept goes to a spare. */
struct check_fault *check_fault(struct check_ctx *c, enum rule rule, uint64_t pfn, gva_t addr, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void check_got(struct check_fault *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void check_want(struct check_fault *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** check_ran - the rule was evaluated; check_flux - one structure was skipped. */
void check_ran(struct check_ctx *c, enum rule rule);
/** check_tally - count anew what was checked and what is broken. */
void check_tally(struct check_report *r);
void check_ran_all(struct check_ctx *c, enum rule first, enum rule last);
void check_flux(struct check_ctx *c, enum rule first, enum rule last);

/**
 * check_lock - is what this lock covers at rest?
 * Also proves R_LOCK: a lock is free with an even count, or held by a CPU that exists.
 */
bool check_lock(struct check_ctx *c, const struct mm_lock *lock, gva_t addr, const char *what);

/* ---- facts ---- */

/** page_reserved - does any byte of the page lie in memblock.reserved? page_ram: do all lie in memblock.memory? */
bool page_reserved(const struct check_ctx *c, uint64_t pfn);
bool page_ram(const struct check_ctx *c, uint64_t pfn);
bool range_reserved(const struct check_ctx *c, gpa_t start, gpa_t end);

/** struct segment - a run of pages of one kind. */
enum segment_kind { SEG_RESERVED, SEG_MANAGED, SEG_FRESH };
struct segment {
	uint64_t start, end;
	enum segment_kind kind;
};
#define MAX_SEGMENTS (16 * MMV_NR_RANGES)
/** zone_segments - RAM of @z in ascending order. Return: how many; at most MAX_SEGMENTS. */
unsigned int zone_segments(const struct check_ctx *c, const struct check_zone *z, struct segment *seg);

/** frame_state - what the memory map says about a page: its head's entry. PAGE_QUIET: fresh, reserved or no page. */
enum page_state frame_state(const struct check_ctx *c, uint64_t pfn, struct page *head);
/** frame_fresh - does the page lie in a fresh range of a zone? */
bool frame_fresh(const struct check_ctx *c, uint64_t pfn);

const char *owner_name(unsigned int owner);

/* ---- heads that check_page.c comes across ---- */

/** check_block_type - a free block on the zone's lists is of the type of its pageblocks. */
void check_block_type(struct check_ctx *c, struct check_zone *z, uint64_t pfn, const struct page *p);
/** check_movable_only - a used block. */
void check_movable_only(struct check_ctx *c, struct check_zone *z, uint64_t pfn, const struct page *p);
/** check_owner - any block: does the debug kernel know it for what it is? */
void check_owner(struct check_ctx *c, const struct check_zone *z, uint64_t pfn, const struct page *p);
/** check_poison - a free block, in a zone or with a CPU. */
void check_poison(struct check_ctx *c, const struct check_zone *z, uint64_t pfn, const struct page *p);

/** check_zeroed - pages [pfn, pfn + nr) were never used: what exists of them holds zeros. */
void check_zeroed(struct check_ctx *c, const struct check_zone *z, uint64_t pfn, uint64_t nr, const char *what);
/** check_flow - after the pages of a zone: what went out and came back is what is out. */
void check_flow(struct check_ctx *c, const struct check_zone *z, unsigned int zone);

/** lru_note_page - a used page of a file or a process was come across. */
void lru_note_page(struct check_ctx *c, uint64_t pfn, const struct page *p);

/* ---- the parts ---- */
void check_debug_begin(struct check_ctx *c);
void check_pageblocks(struct check_ctx *c);
void check_depot(struct check_ctx *c);
void check_zones(struct check_ctx *c);
void check_buddy(struct check_ctx *c);
void check_pages(struct check_ctx *c);
void check_tables(struct check_ctx *c);
void check_slabs(struct check_ctx *c);
/* Parts of check_slabs: a cache, where one of its slabs lies, the bytes of a slab whose free objects are @free_bits
 * (NULL: nobody knows which). */
void check_slab_cache(struct check_ctx *c, const struct kmem_cache *s, gva_t addr);
void check_slab_zone(struct check_ctx *c, const struct kmem_cache *s, uint64_t pfn);
void check_slab_objects(struct check_ctx *c, const struct kmem_cache *s, uint64_t pfn, const struct slab *slab,
			const uint8_t *free_bits);
void check_vmalloc(struct check_ctx *c);
void check_dma(struct check_ctx *c);
void check_rings(struct check_ctx *c);
void check_page_cache(struct check_ctx *c);
void check_anon(struct check_ctx *c);
void check_swap(struct check_ctx *c);
void check_lru(struct check_ctx *c);
void check_reclaim(struct check_ctx *c);
void check_mempools(struct check_ctx *c);
void check_threads(struct check_ctx *c);
void check_sched(struct check_ctx *c);
void check_compaction(struct check_ctx *c);
void check_oom(struct check_ctx *c);
/* Of check_page.c, for check_scan.c: the entries of [start, end), which is part of @seg, one of the segments of zone @zone. */
void scan_segment(struct check_ctx *c, struct check_zone *z, const struct segment *seg, uint64_t start, uint64_t end);
/** scan_zones - every segment of every zone that is not in flux, by several threads if that is worth it. */
void scan_zones(struct check_ctx *c);

/* Of check_pgtable.c: a fault of one mapping. */
void leaf_fault(struct check_ctx *c, enum rule rule, const struct check_leaf *l, const char *got, const char *want);

/* Parts of check_vmalloc. */
/* The first mapping of vm_leaves that ends behind @va. */
size_t leaf_from(const struct leaves *l, gva_t va);
void check_device(struct check_ctx *c, const char *space, const struct vm_struct *vm);
void check_ram_piece(struct check_ctx *c, gva_t start, gva_t end, gva_t block, gva_t area);
void check_vm_blocks(struct check_ctx *c);
void check_mapped_once(struct check_ctx *c);
/* The tree of @nr pieces, whose nodes in order of address are @nodes. */
void check_vm_tree(struct check_ctx *c, gva_t root_addr, const struct rb_root *root, const struct vec *nodes,
		   bool augmented, const char *what);

#endif
