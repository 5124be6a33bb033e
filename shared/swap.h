/* SPDX-License-Identifier: MIT */
/*
 * swap.h - where anonymous pages wait on disk: devices, their slots, and pages that are in memory and have a slot.
 *
 * mm_root.swap has MAX_SWAPFILES entries. A slot holds one page; slot 0 is never used. What a slot is to whom says its byte in
 * swap_map: how many entries of page tables lead to it, and SWAP_HAS_CACHE if a page in memory belongs to it (the swap cache):
 * then cache[slot] is that page, and its private is the slot's number. 0: free.
 *
 * Slots are given out cluster by cluster: each CPU takes the slots of a cluster of its own in turn, and then another free
 * cluster; when none is free, whatever slot is. Letters: (L) lock, (c) constant while the device is in use.
 */
#ifndef MMV_SHARED_SWAP_H
#define MMV_SHARED_SWAP_H

#include "shared/layout.h"
#include "shared/types.h"

#define MAX_SWAPFILES 4
#define SWAP_CLUSTER_SLOTS 64
#define SWAP_NO_CLUSTER UINT32_MAX

/* swap_map bytes */
#define SWAP_MAP_COUNT 0x3f /* entries that lead to it, at most SWAP_MAP_MAX */
#define SWAP_MAP_MAX 0x3e
#define SWAP_HAS_CACHE 0x40
#define SWAP_MAP_FAILED 0x80 /* writing failed: is not given out again. Alone: bad for good */

/* swap_info.flags */
#define SWP_USED 1u    /* somebody has swapon()ed it; the rest is valid */
#define SWP_WRITEOK 2u /* slots are given out */

/** struct swap_cluster - @count: slots in use or bad; @next: the next free one, if it is on that list; @taken: a CPU's own */
struct swap_cluster {
	uint32_t next;
	uint16_t count;
	uint8_t free;
	uint8_t taken;
};
MMV_SIZE(struct swap_cluster, 8);

/** struct swap_cpu - @cluster: what this CPU takes slots from, or SWAP_NO_CLUSTER; @next: the next slot to look at */
struct swap_cpu {
	uint32_t cluster;
	uint32_t next;
};

/**
 * struct swap_info - a device
 * @max:   slots, slot 0 included
 * @pages: slots that may be used: max - 1, less the bad ones
 * @inuse_pages: of those, with a count or a page
 * @nr_cached:   with a page
 * @free_first, @free_last: list of clusters without a slot in use
 */
struct swap_info {
	struct mm_lock lock;
	uint32_t flags;                           /* (L) */
	uint32_t type;                            /* (c) its number */
	uint32_t max;                             /* (c) */
	uint32_t pages;                           /* (L) */
	uint32_t inuse_pages;                     /* (L) */
	uint32_t nr_cached;                       /* (L) */
	uint32_t nr_clusters;                     /* (c) */
	uint32_t nr_free_clusters;                /* (L) */
	uint32_t free_first, free_last;           /* (L) */
	GPTR(uint8_t) swap_map;                   /* (L) max of them */
	GPTR(GPTR(struct page)) cache;            /* (L) max of them */
	GPTR(struct swap_cluster) clusters;       /* (L) */
	GPTR(void) bdev;                          /* (c) */
	char name[8];                             /* (c) */
	struct swap_cpu cpu[MMV_NR_CPUS];         /* (L) */
	uint64_t nr_reads, nr_writes;             /* (a) pages */
	uint64_t nr_read_errors, nr_write_errors; /* (a) */
};

#endif
