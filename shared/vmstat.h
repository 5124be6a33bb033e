/* SPDX-License-Identifier: MIT */
/*
 * vmstat.h - what is counted: pages of the node by what they are, and things that happened.
 *
 * Both lists are made of lines X(CONSTANT, "name"), so that constants and names cannot drift apart; the names are
 * those of Linux's vmstat where it has the thing.
 *
 * Counts of pages go up and down with locked instructions: struct pglist_data.stat. Events only grow: struct vm_event_cpu,
 * one for each CPU, whose sum counts.
 */
#ifndef MMV_SHARED_VMSTAT_H
#define MMV_SHARED_VMSTAT_H

#include "shared/types.h"

/* The first five in the order of enum lru_list. */
#define NODE_STAT_LIST(X)                                                                                              \
	X(NR_INACTIVE_ANON, "nr_inactive_anon")                                                                        \
	X(NR_ACTIVE_ANON, "nr_active_anon")                                                                            \
	X(NR_INACTIVE_FILE, "nr_inactive_file")                                                                        \
	X(NR_ACTIVE_FILE, "nr_active_file")                                                                            \
	X(NR_UNEVICTABLE, "nr_unevictable")                                                                            \
	X(NR_ISOLATED_ANON, "nr_isolated_anon")                                                                        \
	X(NR_ISOLATED_FILE, "nr_isolated_file")                                                                        \
	X(WORKINGSET_NODES, "workingset_nodes")                                                                        \
	X(WORKINGSET_REFAULT_ANON, "workingset_refault_anon")                                                          \
	X(WORKINGSET_REFAULT_FILE, "workingset_refault_file")                                                          \
	X(WORKINGSET_ACTIVATE_ANON, "workingset_activate_anon")                                                        \
	X(WORKINGSET_ACTIVATE_FILE, "workingset_activate_file")                                                        \
	X(WORKINGSET_RESTORE_ANON, "workingset_restore_anon")                                                          \
	X(WORKINGSET_RESTORE_FILE, "workingset_restore_file")                                                          \
	X(WORKINGSET_NODERECLAIM, "workingset_nodereclaim")                                                            \
	X(NR_ANON_MAPPED, "nr_anon_pages")                                                                             \
	X(NR_FILE_MAPPED, "nr_mapped")                                                                                 \
	X(NR_FILE_PAGES, "nr_file_pages")                                                                              \
	X(NR_FILE_DIRTY, "nr_dirty")                                                                                   \
	X(NR_WRITEBACK, "nr_writeback")                                                                                \
	X(NR_VMSCAN_WRITE, "nr_vmscan_write")                                                                          \
	X(NR_VMSCAN_IMMEDIATE, "nr_vmscan_immediate_reclaim")                                                          \
	X(NR_DIRTIED, "nr_dirtied")                                                                                    \
	X(NR_WRITTEN, "nr_written")                                                                                    \
	X(NR_KERNEL_MISC_RECLAIMABLE, "nr_kernel_misc_reclaimable")                                                    \
	X(NR_SWAPCACHE, "nr_swapcached")

#define VM_EVENT_LIST(X)                                                                                               \
	X(PGPGIN, "pgpgin")                                                                                            \
	X(PGPGOUT, "pgpgout")                                                                                          \
	X(PSWPIN, "pswpin")                                                                                            \
	X(PSWPOUT, "pswpout")                                                                                          \
	X(ALLOCSTALL_DMA, "allocstall_dma")                                                                            \
	X(ALLOCSTALL_DMA32, "allocstall_dma32")                                                                        \
	X(ALLOCSTALL_NORMAL, "allocstall_normal")                                                                      \
	X(ALLOCSTALL_MOVABLE, "allocstall_movable")                                                                    \
	X(PGSCAN_SKIP_DMA, "pgskip_dma")                                                                               \
	X(PGSCAN_SKIP_DMA32, "pgskip_dma32")                                                                           \
	X(PGSCAN_SKIP_NORMAL, "pgskip_normal")                                                                         \
	X(PGSCAN_SKIP_MOVABLE, "pgskip_movable")                                                                       \
	X(PGACTIVATE, "pgactivate")                                                                                    \
	X(PGDEACTIVATE, "pgdeactivate")                                                                                \
	X(PGFAULT, "pgfault")                                                                                          \
	X(PGMAJFAULT, "pgmajfault")                                                                                    \
	X(PGREFILL, "pgrefill")                                                                                        \
	X(PGREUSE, "pgreuse")                                                                                          \
	X(PGSTEAL_KSWAPD, "pgsteal_kswapd")                                                                            \
	X(PGSTEAL_DIRECT, "pgsteal_direct")                                                                            \
	X(PGSCAN_KSWAPD, "pgscan_kswapd")                                                                              \
	X(PGSCAN_DIRECT, "pgscan_direct")                                                                              \
	X(PGSCAN_DIRECT_THROTTLE, "pgscan_direct_throttle")                                                            \
	X(PGSCAN_ANON, "pgscan_anon")                                                                                  \
	X(PGSCAN_FILE, "pgscan_file")                                                                                  \
	X(PGSTEAL_ANON, "pgsteal_anon")                                                                                \
	X(PGSTEAL_FILE, "pgsteal_file")                                                                                \
	X(PGINODESTEAL, "pginodesteal")                                                                                \
	X(SLABS_SCANNED, "slabs_scanned")                                                                              \
	X(KSWAPD_INODESTEAL, "kswapd_inodesteal")                                                                      \
	X(KSWAPD_WAKE, "kswapd_wake")                                                                                  \
	X(KSWAPD_LOW_WMARK_HIT_QUICKLY, "kswapd_low_wmark_hit_quickly")                                                \
	X(KSWAPD_HIGH_WMARK_HIT_QUICKLY, "kswapd_high_wmark_hit_quickly")                                              \
	X(PAGEOUTRUN, "pageoutrun")                                                                                    \
	X(PGROTATED, "pgrotated")                                                                                      \
	X(DROP_PAGECACHE, "drop_pagecache")                                                                            \
	X(DROP_SLAB, "drop_slab")                                                                                      \
	X(OOM_KILL, "oom_kill")                                                                                        \
	X(PGMIGRATE_SUCCESS, "pgmigrate_success")                                                                      \
	X(PGMIGRATE_FAIL, "pgmigrate_fail")                                                                            \
	X(COMPACTMIGRATE_SCANNED, "compact_migrate_scanned")                                                           \
	X(COMPACTFREE_SCANNED, "compact_free_scanned")                                                                 \
	X(COMPACTISOLATED, "compact_isolated")                                                                         \
	X(COMPACTSTALL, "compact_stall")                                                                               \
	X(COMPACTFAIL, "compact_fail")                                                                                 \
	X(COMPACTSUCCESS, "compact_success")                                                                           \
	X(KCOMPACTD_WAKE, "compact_daemon_wake")                                                                       \
	X(KCOMPACTD_MIGRATE_SCANNED, "compact_daemon_migrate_scanned")                                                 \
	X(KCOMPACTD_FREE_SCANNED, "compact_daemon_free_scanned")                                                       \
	X(UNEVICTABLE_PGCULLED, "unevictable_pgs_culled")                                                              \
	X(UNEVICTABLE_PGSCANNED, "unevictable_pgs_scanned")                                                            \
	X(UNEVICTABLE_PGRESCUED, "unevictable_pgs_rescued")                                                            \
	X(UNEVICTABLE_PGMLOCKED, "unevictable_pgs_mlocked")                                                            \
	X(UNEVICTABLE_PGMUNLOCKED, "unevictable_pgs_munlocked")                                                        \
	X(WATERMARK_BOOST, "watermark_boost")                                                                          \
	X(SWAP_RA, "swap_ra")                                                                                          \
	X(SWAP_RA_HIT, "swap_ra_hit")

#define VMSTAT_CONSTANT(constant, name) constant,
#define VMSTAT_NAME(constant, name) name,

enum node_stat_item { NODE_STAT_LIST(VMSTAT_CONSTANT) NR_VM_NODE_STAT_ITEMS };
enum vm_event_item { VM_EVENT_LIST(VMSTAT_CONSTANT) NR_VM_EVENT_ITEMS };

/* clang-format off */
#define NODE_STAT_NAMES { NODE_STAT_LIST(VMSTAT_NAME) }
#define VM_EVENT_NAMES { VM_EVENT_LIST(VMSTAT_NAME) }
/* clang-format on */

/** struct vm_event_cpu - what happened on one CPU, or so: a thread may move while it counts. (a) */
struct vm_event_cpu {
	uint64_t event[NR_VM_EVENT_ITEMS];
};

#endif
