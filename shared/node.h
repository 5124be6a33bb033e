/* SPDX-License-Identifier: MIT */
/*
 * node.h - the memory node: LRU lists of the pages that can be got back, and what its kswapd does. There is one node.
 *
 * A page with PG_LRU is on exactly one list, by page->lru: that which its flags name (PG_UNEVICTABLE, else PG_ACTIVE and
 * PG_SWAPBACKED). New pages wait in their CPU's batch first, and whoever took a page off its list (isolated it) has it on a list
 * of his own: such pages do not have PG_LRU. A batch and who isolated hold a reference of each page.
 *
 * Letters behind a field: see mm.h.
 */
#ifndef MMV_SHARED_NODE_H
#define MMV_SHARED_NODE_H

#include "shared/page.h"
#include "shared/task.h"
#include "shared/types.h"
#include "shared/vmstat.h"
#include "shared/zone.h"

/* The order is that of the first items of enum node_stat_item. */
enum lru_list { LRU_INACTIVE_ANON, LRU_ACTIVE_ANON, LRU_INACTIVE_FILE, LRU_ACTIVE_FILE, LRU_UNEVICTABLE, NR_LRU_LISTS };
#define LRU_BASE 0
#define LRU_ACTIVE 1
#define LRU_FILE 2
#define LRU_NAMES                                                                                                      \
	{                                                                                                              \
		"inactive_anon", "active_anon", "inactive_file", "active_file", "unevictable"                          \
	}

/**
 * struct lruvec - the lists. Pages come in at the front and are taken from the back.
 * @size: pages on each list, by zone
 * @cost: what it cost lately to get back [0] anonymous, [1] file pages: I/O that reclaim caused, fading
 * @nonresident_age: pages that left an inactive list for good or became active, since boot: the clock of shadow entries
 */
struct lruvec {
	struct mm_lock lock;
	struct list_head lists[NR_LRU_LISTS];      /* (L) */
	uint64_t size[MAX_NR_ZONES][NR_LRU_LISTS]; /* (L) */
	uint64_t cost[2];                          /* (L) */
	uint64_t nonresident_age;                  /* (a) */
};

/* What a batch will do to its pages. */
enum lru_batch_kind { LRU_BATCH_ADD, LRU_BATCH_ACTIVATE, LRU_BATCH_DEACTIVATE, LRU_BATCH_ROTATE, NR_LRU_BATCHES };
#define LRU_BATCH_SIZE 15

/** struct lru_batch - pages that one CPU will treat together. Those of LRU_BATCH_ADD are on no list yet. */
struct lru_batch {
	uint32_t seq; /* (p) odd while it changes */
	uint32_t nr;  /* (p) */
	GPTR(struct page) pages[LRU_BATCH_SIZE];
};

/** struct lru_cpu - the batches of a CPU */
struct lru_cpu {
	struct lru_batch batch[NR_LRU_BATCHES];
};

/* pglist_data.flags */
#define PGDAT_DIRTY 0x1u     /* reclaim met only dirty pages at the end of the list: kswapd may write them itself */
#define PGDAT_WRITEBACK 0x2u /* reclaim met only pages that are being written */

/**
 * struct pglist_data - the node
 * @stat:      pages by what they are; those of the lists under the lruvec's lock, too
 * @lru_cpus, @events: nr_cpus of each
 * @kswapd:    its thread, or NULL before there is one
 * @kswapd_order, @kswapd_highest: what it was woken for
 * @kswapd_failures: runs in a row that freed nothing; with MAX_RECLAIM_RETRIES of them the node is hopeless
 */
struct pglist_data {
	struct lruvec lruvec;
	int64_t stat[NR_VM_NODE_STAT_ITEMS]; /* (a) */
	GPTR(struct lru_cpu) lru_cpus;       /* (c) */
	GPTR(struct vm_event_cpu) events;    /* (c) */
	GPTR(struct task_struct) kswapd;     /* (c) */
	uint32_t flags;                      /* (a) PGDAT_* */
	uint32_t nr_throttled;               /* (a) threads that wait for reclaim to get on */
	uint32_t kswapd_order;               /* (a) */
	uint32_t kswapd_highest;             /* (a) enum zone_type; MAX_NR_ZONES: nothing wanted */
	uint32_t kswapd_failures;            /* (a) */
	uint32_t kswapd_running;             /* (a) 1 while it balances */
	GPTR(struct task_struct) kcompactd;  /* (c) */
	uint32_t kcompactd_order;            /* what it was woken for; 0: nothing */
	uint32_t kcompactd_highest;          /* enum zone_type */
	uint32_t kcompactd_running;          /* (a) 1 while it compacts */
};

#endif
