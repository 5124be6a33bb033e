/* SPDX-License-Identifier: MIT */
/*
 * gfp_names.h - allocation masks and page flags in words, for the guest's messages and for tools.
 *
 * The values are those of include/linux/gfp_types.h, which guest/lib/flag_names.c compares with these.
 */
#ifndef MMV_SHARED_GFP_NAMES_H
#define MMV_SHARED_GFP_NAMES_H

#include <stdint.h>

/** struct flag_name - bits that have one name */
struct flag_name {
	uint32_t bits;
	const char *name;
};

/* Masks before the bits that they are made of, larger ones first: what a name covered is not said again. */
#define GFP_NAMES                                                                                                      \
	{                                                                                                              \
		{0x1c24ca, "GFP_TRANSHUGE"}, {0x1c20ca, "GFP_TRANSHUGE_LIGHT"}, {0x100cca, "GFP_HIGHUSER_MOVABLE"},    \
			{0x100cc2, "GFP_HIGHUSER"}, {0x100cc0, "GFP_USER"}, {0x400cc0, "GFP_KERNEL_ACCOUNT"},          \
			{0x000cc0, "GFP_KERNEL"}, {0x000c40, "GFP_NOFS"}, {0x000820, "GFP_ATOMIC"},                    \
			{0x000c00, "GFP_NOIO"}, {0x002800, "GFP_NOWAIT"}, {0x000001, "GFP_DMA"},                       \
			{0x000002, "__GFP_HIGHMEM"}, {0x000004, "GFP_DMA32"}, {0x000020, "__GFP_HIGH"},                \
			{0x000040, "__GFP_IO"}, {0x000080, "__GFP_FS"}, {0x002000, "__GFP_NOWARN"},                    \
			{0x004000, "__GFP_RETRY_MAYFAIL"}, {0x008000, "__GFP_NOFAIL"}, {0x010000, "__GFP_NORETRY"},    \
			{0x040000, "__GFP_COMP"}, {0x000100, "__GFP_ZERO"}, {0x080000, "__GFP_NOMEMALLOC"},            \
			{0x020000, "__GFP_MEMALLOC"}, {0x100000, "__GFP_HARDWALL"}, {0x200000, "__GFP_THISNODE"},      \
			{0x000010, "__GFP_RECLAIMABLE"}, {0x000008, "__GFP_MOVABLE"}, {0x400000, "__GFP_ACCOUNT"},     \
			{0x001000, "__GFP_WRITE"}, {0x000c00, "__GFP_RECLAIM"}, {0x000400, "__GFP_DIRECT_RECLAIM"},    \
			{0x000800, "__GFP_KSWAPD_RECLAIM"}, {0x800000, "__GFP_ZEROTAGS"},                              \
	}

/* struct page.flags: PG_* of page.h */
#define PAGE_FLAG_NAMES                                                                                                \
	{                                                                                                              \
		{PG_COMP, "compound"}, {PG_PFMEMALLOC, "pfmemalloc"}, {PG_ZEROED, "zeroed"}, {PG_FROZEN, "frozen"},    \
			{PG_LOCKED, "locked"}, {PG_WAITERS, "waiters"}, {PG_REFERENCED, "referenced"},                 \
			{PG_UPTODATE, "uptodate"}, {PG_DIRTY, "dirty"}, {PG_WRITEBACK, "writeback"}, {PG_LRU, "lru"},  \
			{PG_ACTIVE, "active"}, {PG_SWAPBACKED, "swapbacked"}, {PG_SWAPCACHE, "swapcache"},             \
			{PG_RECLAIM, "reclaim"}, {PG_UNEVICTABLE, "unevictable"}, {PG_ISOLATED, "isolated"},           \
			{PG_MLOCKED, "mlocked"}, {PG_ERROR, "error"}, {PG_WORKINGSET, "workingset"},                   \
	}

#endif
