/* SPDX-License-Identifier: MIT */
/*
 * debug.h - what the debug kernel remembers for reports: call stacks, each kept once.
 *
 * Letters behind a field: see mm.h.
 */
#ifndef MMV_SHARED_DEBUG_H
#define MMV_SHARED_DEBUG_H

#include "shared/types.h"

/* Return addresses that one record holds at most. */
#define STACK_DEPOT_MAX_DEPTH 32

/** struct stack_record - one stack, innermost call first. Constant once a bucket leads to it. */
struct stack_record {
	uint32_t next;      /* (c) handle of the next one in the same bucket, 0: none */
	uint32_t hash;      /* (c) */
	uint32_t nr;        /* (c) entries */
	uint32_t entries[]; /* (c) low halves of return addresses: all code lies in the top 2 GiB (STACK_ENTRY()) */
};

/** STACK_ENTRY - the return address whose low half is @low */
#define STACK_ENTRY(low) ((uint64_t)(int64_t)(int32_t)(low))

/**
 * struct stack_depot - the records, and how to find one again
 * @pool:    @words 32-bit words; a stack's handle is the number of the word at which its record begins
 * @buckets: 2^@bucket_bits handles in the same pool, by the upper bits of a record's hash
 *
 * Handle 0 means "no stack". Words behind @used were never written.
 */
struct stack_depot {
	GPTR(uint32_t) pool;    /* (c) NULL: there is no depot (the release kernel) */
	GPTR(uint32_t) buckets; /* (c) */
	uint32_t words;         /* (c) */
	uint32_t bucket_bits;   /* (c) */
	uint32_t used;          /* (a) */
	uint32_t records;       /* (a) */
	uint64_t lost;          /* (a) stacks that found no room */
};
MMV_SIZE(struct stack_depot, 40);

/* ---- what the debug kernel knows about every page ---- */

#define PAGE_EXT_USED (1u << 0)   /* heads an allocated block: @alloc_stack, @gfp, @pid, @order say whose */
#define PAGE_EXT_FREED (1u << 1)  /* headed a block of @order that was freed: @free_stack, @free_pid say by whom */
#define PAGE_EXT_POISON (1u << 2) /* the page's poison words are PAGE_POISON_WORD, at page_debug.stride[0] */
#define PAGE_EXT_COARSE (1u << 3) /* the same at stride[1]; never together with PAGE_EXT_POISON */

#define PAGE_POISON_WORD 0xaaaaaaaaaaaaaaaaULL

/**
 * struct page_ext - the debug kernel's entry of a page, by pfn, at PAGE_EXT (layout.h). All of it belongs to the page's owner
 * while it is allocated, and to nobody while it is free. What a free page says about its last owner stays until
 * it heads an allocated block again. Of all entries whose block covers a page, the one with the greatest @tsc tells about it.
 */
struct page_ext {
	uint32_t alloc_stack; /* handles of the stack depot */
	uint32_t free_stack;
	uint32_t gfp;
	int32_t pid;
	uint64_t tsc; /* of the allocation, or of the freeing if that came later */
	int32_t free_pid;
	uint8_t order;
	uint8_t flags; /* PAGE_EXT_* */
	uint16_t cpu;  /* of the last event */
};
MMV_SIZE(struct page_ext, 32);

/**
 * struct page_debug - how pages are watched
 * @ext:    entries by pfn; NULL: none (the release kernel). Mapped for RAM only.
 * @stride: bytes from one poison word of a page to the next, from offset 0 on; 0: no poison. The page's last word is
 *          one too. [0] for blocks up to order @fine_order, [1] for larger ones.
 */
struct page_debug {
	GPTR(struct page_ext) ext;
	uint32_t stride[2];
	uint32_t fine_order;
	uint32_t coarse_pages; /* of larger blocks, one page in so many has poison */
	uint32_t owner;        /* stacks are kept */
	uint32_t reserved;
};
MMV_SIZE(struct page_debug, 32);

#endif
