/* SPDX-License-Identifier: MIT */
/*
 * memblock.h - memory before the page allocator: two sorted lists of ranges, RAM and what is taken of it.
 *
 * Context: boot only, one CPU. Everything taken here stays taken and is zero (guest RAM arrives zeroed).
 */
#ifndef _LINUX_MEMBLOCK_H
#define _LINUX_MEMBLOCK_H

#include <linux/types.h>
#include "shared/mm.h"

#define MEMBLOCK_ALLOC_ANYWHERE (~(phys_addr_t)0)

extern struct memblock memblock;

/** memblock_add - [base, base + size) is RAM. May touch or overlap what is there. Return: 0 or -ENOMEM (table full). */
int memblock_add(phys_addr_t base, phys_addr_t size);

/** memblock_reserve - [base, base + size) is taken. Return: 0 or -ENOMEM (table full). */
int memblock_reserve(phys_addr_t base, phys_addr_t size);

/**
 * memblock_phys_alloc_range - take @size bytes of free RAM inside [start, end), the highest fit
 * @align: a power of two
 * Return: the address, or 0 when there is no such room (address 0 itself is never handed out).
 */
phys_addr_t memblock_phys_alloc_range(phys_addr_t size, phys_addr_t align, phys_addr_t start, phys_addr_t end);

/** memblock_phys_alloc - the same anywhere. */
phys_addr_t memblock_phys_alloc(phys_addr_t size, phys_addr_t align);

/** memblock_alloc - the same, as an address in the direct map; NULL when there is no room. */
void *memblock_alloc(phys_addr_t size, phys_addr_t align);

/** memblock_is_memory, memblock_is_reserved - does this address lie in RAM, in what is taken? Any time. */
bool memblock_is_memory(phys_addr_t addr);
bool memblock_is_reserved(phys_addr_t addr);

/** memblock_phys_mem_size - bytes of RAM. */
phys_addr_t memblock_phys_mem_size(void);

/** memblock_end_of_DRAM - one past the last byte of RAM. */
phys_addr_t memblock_end_of_DRAM(void);

/**
 * memblock_next_free - walk the RAM that is not taken
 * @pos: 0 to begin; opaque
 * Return: true with [*start, *end) filled, in ascending order; false at the end.
 */
bool memblock_next_free(u64 *pos, phys_addr_t *start, phys_addr_t *end);

#endif
