/* SPDX-License-Identifier: MIT */
/* nodemask.h - sets of memory nodes, a bit each. */
#ifndef _LINUX_NODEMASK_H
#define _LINUX_NODEMASK_H

#include <linux/numa.h>
#include <linux/types.h>

typedef struct {
	unsigned long bits[1];
} nodemask_t;

#define NODE_MASK_NONE ((nodemask_t){{0}})
#define NODE_MASK_ALL ((nodemask_t){{(1UL << MAX_NUMNODES) - 1}})

static inline bool node_isset(int node, nodemask_t mask)
{
	return node >= 0 && node < MAX_NUMNODES && (mask.bits[0] >> node & 1);
}

static inline void node_set(int node, volatile nodemask_t *mask)
{
	mask->bits[0] |= 1UL << node;
}

static inline void node_clear(int node, volatile nodemask_t *mask)
{
	mask->bits[0] &= ~(1UL << node);
}

static inline bool nodes_empty(nodemask_t mask)
{
	return !mask.bits[0];
}

/** node_online - is there such a node? */
static inline bool node_online(int node)
{
	return node == 0;
}

#define num_online_nodes() 1
#define first_online_node 0
#define for_each_online_node(node) for ((node) = 0; (node) < MAX_NUMNODES; (node)++)
#define for_each_node(node) for_each_online_node(node)

#endif
