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

#endif
