/* SPDX-License-Identifier: MIT */
/*
 * pagecache.h - what of files and block devices lies in memory. Operations: <linux/pagemap.h>.
 *
 * A page of the cache belongs to one mapping: page->mapping is its address, page->index its place there, and slot @index of
 * the mapping's array is the page. The array holds a reference of each. What was evicted leaves a value behind (a shadow).
 *
 * Letters behind a field: see mm.h. (X) the lock of the mapping's array; (W) the lock of struct page_cache.
 */
#ifndef MMV_SHARED_PAGECACHE_H
#define MMV_SHARED_PAGECACHE_H

#include "shared/types.h"
#include "shared/xarray.h"

/* Marks of the array. */
#define PAGECACHE_TAG_DIRTY 0     /* PG_DIRTY: newer than the disk */
#define PAGECACHE_TAG_WRITEBACK 1 /* PG_WRITEBACK: on its way there */
#define PAGECACHE_TAG_TOWRITE 2   /* was dirty when a sync began */

/*
 * A shadow is a value of 62 bits: bit 0 says whether the page had once been active, the rest is lruvec.nonresident_age as it was
 * when the page was evicted.
 */
#define SHADOW_WORKINGSET 1UL
#define SHADOW_BITS 62
#define SHADOW_CLOCK_MASK ((1UL << (SHADOW_BITS - 1)) - 1)

/* address_space.flags, bit numbers */
#define AS_EIO 0         /* a write failed since somebody looked */
#define AS_ENOSPC 1      /* the same, for want of space */
#define AS_UNEVICTABLE 3 /* pages are not reclaimed */
#define AS_EXITING 4     /* goes away: nothing is added any more */
#define AS_FLUSHING 5    /* the flusher is at it: it must stay */

/**
 * struct address_space - the pages of a file or a block device that are in memory
 * @host:    struct inode
 * @i_pages: by index: struct page, or a value for one that was evicted
 * @nrpages, @nrshadows: entries of either kind
 * @nrdirty, @nrwriteback: pages with the mark
 * @size:    bytes of the file: pages beyond are not there, but for the one that the end lies in
 * @wb_err:  number of write errors and the last one, see <linux/errseq.h>
 * @gfp_mask: what its pages are allocated with
 * @writeback_index: where the flusher goes on
 * @dirtied_when: tick when it became dirty
 * @list:    page_cache.mappings
 * @io_list: page_cache.dirty while anything is dirty, else empty
 * @name:    for readers outside
 */
struct address_space {
	GPTR(struct inode) host; /* (c) */
	struct xarray i_pages;
	uint64_t nrpages;     /* (X) */
	uint64_t nrshadows;   /* (X) */
	uint64_t nrdirty;     /* (X) */
	uint64_t nrwriteback; /* (X) */
	uint64_t size;        /* (o) the inode's rwsem; read anywhere */
	uint64_t flags;       /* (a) */
	uint32_t wb_err;      /* (a) */
	uint32_t gfp_mask;    /* (c) */
	uint64_t writeback_index;
	uint64_t dirtied_when;                             /* (W) */
	GPTR(const struct address_space_operations) a_ops; /* (c) */
	struct list_head list;                             /* (W) */
	struct list_head io_list;                          /* (W) */
	char name[16];                                     /* (c) */
};

/**
 * struct page_cache - all of it; on mm_root.page_cache
 * @mappings: every mapping, by address_space.list
 * @dirty:    those that have dirty pages, oldest first, by io_list
 * @shadow_nodes: nodes of mappings that hold nothing but shadows, by xa_node.private_list; under @shadow_lock
 */
struct page_cache {
	struct mm_lock lock;
	struct list_head mappings; /* (W) */
	struct list_head dirty;    /* (W) */
	uint64_t nr_mappings;      /* (W) */
	struct mm_lock shadow_lock;
	struct list_head shadow_nodes;
	uint64_t nr_shadow_nodes;
};

#endif
