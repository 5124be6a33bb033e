/* SPDX-License-Identifier: MIT */
/*
 * paging.c - the kernel's own page tables, made once at boot.
 *
 *   DIRECT_MAP  all RAM and the blob, RW NX, in the largest pages that fit
 *   VMEMMAP     struct page of RAM only, RW NX; what backs it is taken from memblock
 *   PAGE_EXT    the same for struct page_ext, in the debug kernel
 *   kernel      text RX, constants R, data RW; the guard pages under the boot CPU's stacks stay unmapped
 *   DEV_VA      the device window, RW NX uncached
 *
 * No mapping is both writable and executable. The image's bytes have a second mapping in the direct map: that of text and constants
 * becomes read-only as soon as the page allocator can give the tables for it (set_memory.c).
 *
 * The work hardly grows with memory: a loop is over ranges, then over at most one table's entries for each ragged end.
 * Without 1 GiB pages, 512 entries for each GiB of RAM would be written: there the direct map of whole GiBs is filled in
 * when it is first touched, LAZY_CHUNK at a time (paging_fault()). The tables that this takes are set aside at boot, in
 * memory that is mapped from the start, so a fault never allocates and never faults again; CPUs that meet there only write
 * what is missing.
 *
 * Tables and the backing of vmemmap come from memblock zeroed (RAM that nobody has written yet) and count as reserved.
 * Tables must lie where the first page tables reach: in the BOOT_MAP_MAX bytes from the kernel's base.
 *
 * Mappings are not global: there is one set of tables, and reloading %cr3 then drops everything.
 * No locks: one CPU, before everything else.
 */
#include <linux/export.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/panic.h>

#include <asm/pgtable.h>

#include "guest/arch/x86/arch.h"
#include "guest/arch/x86/tables.h"
#include "guest/kernel/boot_info.h"
#include "shared/boot.h"
#include "shared/mm.h"

#define TABLE_BATCH (8 * PAGE_SIZE)

unsigned long phys_base;
EXPORT_SYMBOL(phys_base);
uint64_t kernel_cr3;

static unsigned long *pml4;
static unsigned int max_level; /* largest page: 3 is 1 GiB, 2 is 2 MiB */
static phys_addr_t table_start, table_end;

/** struct lazy_range - whole GiBs [va, end) of the direct map; the n-th is to use the n-th page at @tables. */
struct lazy_range {
	unsigned long va, end;
	phys_addr_t tables;
};

/* What one fault fills in. */
#define LAZY_CHUNK (64 * PMD_SIZE)
_Static_assert(LAZY_CHUNK >= BOOT_MAP_MAX, "the window for tables touches two chunks at most");

static struct lazy_range lazy_ranges[MMV_NR_RANGES];
static unsigned int nr_lazy;

static unsigned int level_shift(unsigned int level)
{
	return PAGE_SHIFT + 9 * (level - 1);
}

/*
 * Tables lie one after the other behind the kernel's image, so that they leave no island in the free memory; taken from
 * memblock several at a time, because its search costs more than all the rest of making one.
 */
static unsigned long *table_alloc(void)
{
	static phys_addr_t next, end;

	if (next == end) {
		phys_addr_t from = end ? end : table_start;

		next = memblock_phys_alloc_range(TABLE_BATCH, PAGE_SIZE, from, from + TABLE_BATCH);
		end = next + TABLE_BATCH;
	}
	if (!next) { /* something else lies there */
		next = memblock_phys_alloc_range(PAGE_SIZE, PAGE_SIZE, table_start, table_end);
		end = next + PAGE_SIZE;
	}
	if (!next)
		panic("no room for page tables in the %lu MiB after the kernel", BOOT_MAP_MAX >> 20);
	next += PAGE_SIZE;
	return __va(next - PAGE_SIZE);
}

/* The table of @level that covers @va. */
static unsigned long *table_for(unsigned long va, unsigned int level)
{
	unsigned long *table = pml4;

	for (unsigned int l = 4; l > level; l--) {
		unsigned long *entry = &table[va >> level_shift(l) & 511];

		if (!*entry)
			*entry = __pa(table_alloc()) | TABLE_BITS;
		table = __va(*entry & PTE_PFN_MASK);
	}
	return table;
}

/* Map [va, va + size) with pages of one level; all of it is a multiple of that size. */
static void map_level(unsigned long va, phys_addr_t pa, unsigned long size, unsigned long prot, unsigned int level)
{
	unsigned long page = 1UL << level_shift(level), end = va + size;
	unsigned long entry = pa | prot | (level > 1 ? _PAGE_PSE : 0);

	while (va < end) {
		unsigned long *table = table_for(va, level);
		unsigned long *e = &table[va >> level_shift(level) & 511];
		unsigned long n = min((end - va) >> level_shift(level), (unsigned long)(&table[512] - e));

		va += n << level_shift(level);
		for (; n >= 8; n -= 8, e += 8) {
#pragma GCC unroll 8
			for (unsigned int i = 0; i < 8; i++, entry += page)
				e[i] = entry;
		}
		for (; n; n--, e++, entry += page)
			*e = entry;
	}
}

/* Map [va, va + size), page aligned, with the largest pages that fit; the ends with smaller ones. */
static void map_range(unsigned long va, phys_addr_t pa, unsigned long size, unsigned long prot)
{
	while (size) {
		unsigned int level = max_level;
		unsigned long here, next, to_border;

		while (level > 1 && ((va | pa) & ((1UL << level_shift(level)) - 1) || size < 1UL << level_shift(level)))
			level--;
		here = size & ~((1UL << level_shift(level)) - 1);
		next = 1UL << level_shift(level + 1);
		to_border = -va & (next - 1);
		/* Larger pages can go on from their next border: stop there. */
		if (level < max_level && !((va ^ pa) & (next - 1)) && to_border && to_border + next <= size)
			here = to_border;
		map_level(va, pa, here, prot, level);
		va += here;
		pa += here;
		size -= here;
	}
}

/* Fill in the LAZY_CHUNK around @va; the CPU sees its table only then. */
static void lazy_fill(const struct lazy_range *r, unsigned long va)
{
	phys_addr_t table_pa = r->tables + ((va - r->va) >> PUD_SHIFT << PAGE_SHIFT);
	unsigned long *table = __va(table_pa);
	unsigned long chunk = va & ~(LAZY_CHUNK - 1);
	unsigned long entry = (chunk - DIRECT_MAP) | pgprot_val(PAGE_KERNEL) | _PAGE_PSE;
	unsigned int first = chunk >> PMD_SHIFT & 511;

	/* Only what is not there: somebody else may have been here, and set_memory_*() may have split an entry since. */
	for (unsigned int i = first; i < first + LAZY_CHUNK / PMD_SIZE; i++, entry += PMD_SIZE)
		__sync_bool_compare_and_swap(&table[i], 0, entry);
	barrier();
	__sync_bool_compare_and_swap(&table_for(va, 3)[va >> PUD_SHIFT & 511], 0, table_pa | TABLE_BITS);
}

static bool lazy_fill_if_in(const struct lazy_range *r, unsigned long va)
{
	if (va < r->va || va >= r->end)
		return false;
	lazy_fill(r, va);
	return true;
}

bool paging_fault(unsigned long addr)
{
	unsigned int level;

	for (unsigned int i = 0; i < nr_lazy; i++) {
		/* Not there after it was filled in: somebody took it away (set_memory.c). */
		if (lazy_fill_if_in(&lazy_ranges[i], addr))
			return *table_walk(addr, &level) & _PAGE_PRESENT;
	}
	return false;
}

bool paging_on_touch(void)
{
	return nr_lazy;
}

/* Set the whole GiBs [va, end) aside for paging_fault(). Return: false if there is no room for their tables. */
static bool map_later(unsigned long va, unsigned long end)
{
	struct lazy_range *r = &lazy_ranges[nr_lazy];

	r->tables = memblock_phys_alloc_range((end - va) >> PUD_SHIFT << PAGE_SHIFT, PAGE_SIZE, table_start, table_end);
	if (!r->tables)
		return false;
	r->va = va;
	r->end = end;
	nr_lazy++;
	/* A fault finds the level above in place... */
	for (unsigned long at = va; at < end; at = (at & ~(PGDIR_SIZE - 1)) + PGDIR_SIZE)
		table_for(at, 3);
	/* ...and no table, whichever range it is for, is touched for the first time by a fault. */
	lazy_fill_if_in(r, DIRECT_MAP + table_start);
	lazy_fill_if_in(r, DIRECT_MAP + table_end - 1);
	return true;
}

static void map_ram(phys_addr_t base, phys_addr_t size)
{
	unsigned long va = DIRECT_MAP + base, end = va + size;
	unsigned long inner = (va + PUD_SIZE - 1) & ~(PUD_SIZE - 1), inner_end = end & ~(PUD_SIZE - 1);

	if (max_level == 2 && inner < inner_end && map_later(inner, inner_end)) {
		map_range(va, base, inner - va, pgprot_val(PAGE_KERNEL));
		map_range(inner_end, inner_end - DIRECT_MAP, end - inner_end, pgprot_val(PAGE_KERNEL));
	} else {
		map_range(va, base, size, pgprot_val(PAGE_KERNEL));
	}
}

static void map_direct(void)
{
	const struct memblock_type *mem = &memblock.memory;
	const struct boot_range *blob = &boot_info.blob;

	for (u64 i = 0; i < mem->cnt; i++)
		map_ram(mem->regions[i].base, mem->regions[i].size);
	if (blob->size)
		map_range(DIRECT_MAP + blob->base, blob->base, blob->size, pgprot_val(PAGE_KERNEL));
}

/* Back [va, va + size) with RAM; size is a multiple of the page size of @level. */
static void back_level(unsigned long va, unsigned long size, unsigned int level)
{
	unsigned long page = 1UL << level_shift(level);
	phys_addr_t pa;

	if (!size)
		return;
	pa = memblock_phys_alloc(size, page);
	if (pa) {
		map_level(va, pa, size, pgprot_val(PAGE_KERNEL), level);
		return;
	}
	/* No such piece: smaller pages need less alignment, then smaller pieces. */
	if (level > 1) {
		back_level(va, size, level - 1);
	} else if (size > PAGE_SIZE) {
		unsigned long half = (size / 2) & PAGE_MASK;

		back_level(va, half, level);
		back_level(va + half, size - half, level);
	} else {
		panic("no memory for struct page: %llu KiB of RAM are too few", memblock_phys_mem_size() >> 10);
	}
}

/* Cut [start, end) as the largest pages want it, and back the pieces that pages of level @only fit. */
static void back_range(unsigned long start, unsigned long end, unsigned int level, unsigned int only)
{
	unsigned long page = 1UL << level_shift(level);
	unsigned long inner_start = (start + page - 1) & ~(page - 1), inner_end = end & ~(page - 1);

	if (level < only || start >= end)
		return;
	if (inner_start >= inner_end) {
		back_range(start, end, level - 1, only);
		return;
	}
	back_range(start, inner_start, level - 1, only);
	if (level == only)
		back_level(inner_start, inner_end - inner_start, level);
	back_range(inner_end, end, level - 1, only);
}

/** struct pfn_array - an array with an entry of @entry bytes for each page, at @base, mapped where there is RAM. */
struct pfn_array {
	unsigned long base, entry;
};

/* A page of the array holds many entries, so two ranges of RAM may share one: it belongs to the first. */
static void back_array(const struct pfn_array *array, unsigned int level)
{
	const struct memblock_type *mem = &memblock.memory;
	unsigned long done = array->base;

	for (u64 i = 0; i < mem->cnt; i++) {
		unsigned long pfn = mem->regions[i].base >> PAGE_SHIFT;
		unsigned long end_pfn = (mem->regions[i].base + mem->regions[i].size) >> PAGE_SHIFT;
		unsigned long start = max(done, (array->base + pfn * array->entry) & PAGE_MASK);
		unsigned long end = (array->base + end_pfn * array->entry + PAGE_SIZE - 1) & PAGE_MASK;

		back_range(start, end, max_level, level);
		done = max(done, end);
	}
}

/* Large pieces first: then all of it lies together, at the upper end of memory, and no hole is left between them. */
static void map_array(unsigned long base, unsigned long entry)
{
	const struct pfn_array array = {base, entry};

	for (unsigned int level = max_level; level; level--)
		back_array(&array, level);
}

static void map_image(const char *start, const char *end, pgprot_t prot)
{
	map_level((unsigned long)start, __pa(start), (unsigned long)(end - start), pgprot_val(prot), 1);
}

static void map_kernel(void)
{
	map_image(__text_start, __text_end, PAGE_KERNEL_EXEC);
	map_image(__rodata_start, __rodata_end, PAGE_KERNEL_RO);
	map_image(__data_start, boot_stack_guard, PAGE_KERNEL);
	map_image(boot_stack_guard + PAGE_SIZE, boot_ist_guard, PAGE_KERNEL);
	map_image(boot_ist_guard + PAGE_SIZE, boot_irq_guard, PAGE_KERNEL);
	map_image(boot_irq_guard + PAGE_SIZE, kernel_end, PAGE_KERNEL);
	map_range(DEV_VA, DEV_GPA, DEV_SIZE, pgprot_val(PAGE_KERNEL_NOCACHE));
}

void paging_init(void)
{
	uint32_t eax, ebx, ecx, edx;

	cpuid(0x80000001, &eax, &ebx, &ecx, &edx);
	max_level = edx & (1U << 26) ? 3 : 2;

	table_start = PAGE_ALIGN(__pa(kernel_end));
	table_end = phys_base + BOOT_MAP_MAX;
	pml4 = table_alloc();
	map_direct();
	map_array(VMEMMAP, sizeof(struct page));
	if (MM_DEBUG)
		map_array(PAGE_EXT, sizeof(struct page_ext));
	map_kernel();
	kernel_cr3 = __pa(pml4);
	write_cr3(kernel_cr3);
}
