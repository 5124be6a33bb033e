/* SPDX-License-Identifier: MIT */
/*
 * xarray.h - an array of pointers and numbers by index: a tree of nodes with 64 slots each, as the guest keeps and the
 * inspector reads it. Operations: <linux/xarray.h>.
 *
 * A slot holds 0 (nothing), a pointer whose two lowest bits are 0, a number << 1 | 1 (a "value"), or, in nodes whose @shift
 * is not 0, the address of a node | 2. The head is 0 or a node. There are no empty nodes, and the head covers no more than the
 * largest index needs.
 *
 * Letters behind a field: see mm.h. The lock is the array's.
 */
#ifndef MMV_SHARED_XARRAY_H
#define MMV_SHARED_XARRAY_H

#include "shared/types.h"

#define XA_CHUNK_SHIFT 6
#define XA_CHUNK_SIZE 64
#define XA_MAX_MARKS 3

#define XA_ENTRY_NODE 2u /* lowest two bits of a slot that holds a node */

/**
 * struct xa_node - 64 slots
 * @shift:     slot i covers the 2^shift indices from (prefix of the node) + (i << shift)
 * @offset:    which slot of @parent this is
 * @count:     slots that are not 0
 * @nr_values: of those, values
 * @parent:    0 in the head
 * @private_list: the array's user's
 * @marks:     bit i of each: slot i, or something below it, has the mark
 */
struct xa_node {
	uint8_t shift;     /* (c) */
	uint8_t offset;    /* (L) */
	uint8_t count;     /* (L) */
	uint8_t nr_values; /* (L) */
	uint32_t reserved;
	GPTR(struct xa_node) parent; /* (L) */
	GPTR(struct xarray) array;   /* (c) */
	struct list_head private_list;
	GPTR(void) slots[XA_CHUNK_SIZE]; /* (L) */
	uint64_t marks[XA_MAX_MARKS];    /* (L) */
};
MMV_SIZE(struct xa_node, 576);

/**
 * struct xarray - the array
 * @xa_head:  address of the topmost node | XA_ENTRY_NODE, or 0
 * @nr_nodes: of the tree
 * @update:   called under the lock with a node whose count changed, and before it is freed (then its count is 0); or 0
 */
struct xarray {
	struct mm_lock xa_lock;
	uint32_t xa_flags; /* (c) */
	uint32_t reserved;
	GPTR(void) xa_head; /* (L) */
	uint64_t nr_nodes;  /* (L) */
	gva_t update;       /* (c) */
};
MMV_SIZE(struct xarray, 48);

#endif
