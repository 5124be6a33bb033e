// SPDX-License-Identifier: MIT
/*
 * memblock.c - memory before the page allocator.
 *
 * Shape:   two lists of ranges, "memory" (RAM, as the FDT tells) and "reserved" (what was taken of it: kernel image,
 * page tables, vmemmap, boot-time arrays). Always:  each list is sorted by address, its ranges neither overlap nor
 * touch. Locking: none. One CPU writes, before mm_init() is over; afterwards the lists are constant and anybody reads
 * them. Cost:    by ranges, never by pages: tables hold a few dozen entries, whatever the size of memory. Not here:
 * giving ranges back; what is taken at boot stays taken. Nothing is cleared: RAM arrives zeroed and what is handed out
 * here was never used.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/memblock.h>
#include <linux/mm.h>

#define MAX_REGIONS ARRAY_SIZE(memblock.memory.regions)

struct memblock memblock;

static phys_addr_t region_end(const struct memblock_region *r)
{
	return r->base + r->size;
}

static void remove_at(struct memblock_type *type, u64 at)
{
	for (u64 i = at; i + 1 < type->cnt; i++)
		type->regions[i] = type->regions[i + 1];
	type->cnt--;
}

static int insert_at(struct memblock_type *type, u64 at, phys_addr_t base, phys_addr_t size)
{
	if (type->cnt == MAX_REGIONS)
		return -ENOMEM;
	for (u64 i = type->cnt; i > at; i--)
		type->regions[i] = type->regions[i - 1];
	type->regions[at].base = base;
	type->regions[at].size = size;
	type->cnt++;
	return 0;
}

/* Join [base, base + size) with everything it overlaps or touches. */
static int add_range(struct memblock_type *type, phys_addr_t base, phys_addr_t size)
{
	phys_addr_t end = base + size;
	u64 at = 0;

	if (!size)
		return 0;
	while (at < type->cnt && region_end(&type->regions[at]) < base)
		at++;
	while (at < type->cnt && type->regions[at].base <= end) {
		if (type->regions[at].base < base)
			base = type->regions[at].base;
		if (region_end(&type->regions[at]) > end)
			end = region_end(&type->regions[at]);
		remove_at(type, at);
	}
	return insert_at(type, at, base, end - base);
}

int memblock_add(phys_addr_t base, phys_addr_t size)
{
	return add_range(&memblock.memory, base, size);
}

int memblock_reserve(phys_addr_t base, phys_addr_t size)
{
	return add_range(&memblock.reserved, base, size);
}

static bool type_has(const struct memblock_type *type, phys_addr_t addr)
{
	for (u64 i = 0; i < type->cnt; i++)
		if (addr - type->regions[i].base < type->regions[i].size)
			return true;
	return false;
}

bool memblock_is_memory(phys_addr_t addr)
{
	return type_has(&memblock.memory, addr);
}

bool memblock_is_reserved(phys_addr_t addr)
{
	return type_has(&memblock.reserved, addr);
}

phys_addr_t memblock_phys_mem_size(void)
{
	phys_addr_t sum = 0;

	for (u64 i = 0; i < memblock.memory.cnt; i++)
		sum += memblock.memory.regions[i].size;
	return sum;
}

phys_addr_t memblock_end_of_DRAM(void)
{
	return memblock.memory.cnt ? region_end(&memblock.memory.regions[memblock.memory.cnt - 1]) : 0;
}

/*
 * The position is the address from which to look on, so it stays good when entries are added between two calls. Ends at
 * the first address that lies in memory, at or after *pos, and not in reserved.
 */
bool memblock_next_free(u64 *pos, phys_addr_t *start, phys_addr_t *end)
{
	u64 m = 0, r = 0;

	for (;;) {
		const struct memblock_type *mem = &memblock.memory, *res = &memblock.reserved;
		phys_addr_t lo, hi;

		while (m < mem->cnt && region_end(&mem->regions[m]) <= *pos)
			m++;
		if (m == mem->cnt)
			return false;
		lo = max_t(phys_addr_t, *pos, mem->regions[m].base);
		hi = region_end(&mem->regions[m]);
		while (r < res->cnt && region_end(&res->regions[r]) <= lo)
			r++;
		if (r < res->cnt && res->regions[r].base <= lo) {
			*pos = region_end(&res->regions[r]);
			continue;
		}
		if (r < res->cnt && res->regions[r].base < hi)
			hi = res->regions[r].base;
		*start = lo;
		*end = hi;
		*pos = hi;
		return true;
	}
}

phys_addr_t memblock_phys_alloc_range(phys_addr_t size, phys_addr_t align, phys_addr_t start, phys_addr_t end)
{
	phys_addr_t lo, hi, best = 0;
	u64 pos = 0;

	if (!size || !align)
		return 0;
	while (memblock_next_free(&pos, &lo, &hi)) {
		phys_addr_t at;

		lo = max_t(phys_addr_t, lo, start);
		hi = min_t(phys_addr_t, hi, end);
		if (lo >= hi || hi - lo < size)
			continue;
		at = (hi - size) & ~(align - 1);
		if (at >= lo && at)
			best = at;
	}
	if (best && memblock_reserve(best, size))
		return 0;
	return best;
}

phys_addr_t memblock_phys_alloc(phys_addr_t size, phys_addr_t align)
{
	return memblock_phys_alloc_range(size, align, 0, MEMBLOCK_ALLOC_ANYWHERE);
}

void *memblock_alloc(phys_addr_t size, phys_addr_t align)
{
	phys_addr_t at = memblock_phys_alloc(size, align);

	return at ? phys_to_virt(at) : NULL;
}
