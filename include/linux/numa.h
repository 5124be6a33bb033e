/* SPDX-License-Identifier: MIT */
/*
 * numa.h - memory nodes. There is one, number 0; code that asks for a node says so and is told if there is no such node.
 */
#ifndef _LINUX_NUMA_H
#define _LINUX_NUMA_H

#define NODES_SHIFT 0
#define MAX_NUMNODES (1 << NODES_SHIFT)
#define NUMA_NO_NODE (-1)

#define numa_node_id() 0
#define numa_mem_id() 0
#define cpu_to_node(cpu) ((void)(cpu), 0)
#define cpu_to_mem(cpu) cpu_to_node(cpu)

#endif
