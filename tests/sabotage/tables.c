// SPDX-License-Identifier: MIT
/*
 * tables.c - damage to the kernel's page tables and to what they map.
 */
#include "tests/sabotage/image.h"

#define FRAME(pfn) ((pfn) << MMV_PAGE_SHIFT)
#define PTE_ADDR 0x000ffffffffff000ULL
#define DATA_BITS (VIEW_PTE_PRESENT | VIEW_PTE_ACCESSED | VIEW_PTE_DIRTY | VIEW_PTE_WRITE | VIEW_PTE_NX)
#define PAGES_OF_AREA "vmalloc.mapped"

/* The PTE of the first page of some vmalloc area. */
static gva_t area_pte(void)
{
	struct vm_struct vm;

	some_area(1, &vm);
	return pte_addr(vm.addr, 1);
}

static void point_at(gva_t pte, gpa_t gpa)
{
	poke64(pte, (peek64(pte) & ~PTE_ADDR) | gpa);
}

static void map_free_page(void)
{
	unsigned int zone;

	point_at(area_pte(), FRAME(free_page_head(0, &zone)));
}

static void map_inside_free_block(void)
{
	unsigned int zone;

	point_at(area_pte(), FRAME(free_page_head(5, &zone) + 7));
}

static void map_fresh_page(void)
{
	point_at(area_pte(), FRAME(fresh_page(ZONE_DMA32)));
}

/* The page that holds a table is given to somebody else. */
static void table_disowned(void)
{
	poke8(AT(view_page_addr(used_page(OWNER_PGTABLE, 0)), struct page, owner), OWNER_RAW);
}

static void table_beyond_memory(void)
{
	struct vm_struct vm;

	some_area(1, &vm);
	point_at(pte_addr(vm.addr, 2), 1UL << 45);
}

/* A second entry leads to the same table. */
static void table_twice(void)
{
	struct vm_struct vm;
	gva_t entry;

	some_area(1, &vm);
	entry = pte_addr(vm.addr, 3);
	ck_assert_uint_eq(peek64(entry + 8), 0);
	poke64(entry + 8, peek64(entry));
}

/* A table that leads to itself: what an endless walk is made of. */
static void table_in_itself(void)
{
	struct vm_struct vm;
	gva_t entry;

	some_area(1, &vm);
	entry = pte_addr(vm.addr, 3);
	poke64(entry + 8, (peek64(entry) & ~PTE_ADDR) | ((entry - DIRECT_MAP) & PTE_ADDR));
}

static void table_leaked(void)
{
	poke8(AT(view_page_addr(used_page(OWNER_RAW, 0)), struct page, owner), OWNER_PGTABLE);
}

static void leaf_beyond_memory(void)
{
	point_at(area_pte(), 1UL << 45);
}

/* A 2 MiB mapping of RAM between the modules and the device window. */
static void leaf_in_no_area(void)
{
	gva_t entry = pte_addr(DEV_VA, 2) - 8;

	ck_assert_uint_eq(peek64(entry), 0);
	poke64(entry, 0x200000 | DATA_BITS | VIEW_PTE_HUGE);
}

static void leaf_unaligned(void)
{
	gva_t entry = pte_addr(DEV_VA, 2) - 8;

	poke64(entry, 0x203000 | DATA_BITS | VIEW_PTE_HUGE);
}

static void leaf_executable(void)
{
	gva_t pte = area_pte();

	poke64(pte, peek64(pte) & ~VIEW_PTE_NX);
}

static void text_writable(void)
{
	gva_t pte = pte_addr(image_root()->kernel_start, 1);

	ck_assert(!(peek64(pte) & VIEW_PTE_NX));
	poke64(pte, peek64(pte) | VIEW_PTE_WRITE);
}

/* All four levels must let user mode in before it gets in. */
static void leaf_for_user(void)
{
	struct vm_struct vm;

	some_area(1, &vm);
	for (int level = 1; level <= 4; level++) {
		gva_t entry = pte_addr(vm.addr, level);

		poke64(entry, peek64(entry) | VIEW_PTE_USER);
	}
}

static void direct_moved(void)
{
	gva_t pte = pte_addr(DIRECT_MAP + 0x100000, 1);

	poke64(pte, peek64(pte) + MMV_PAGE_SIZE);
}

static void direct_hole(void)
{
	poke64(pte_addr(DIRECT_MAP + 0x101000, 1), 0);
}

static gva_t fresh_map_pte(void)
{
	return pte_addr(view_page_addr(fresh_page(ZONE_DMA32) + 2048), 1);
}

static void map_unreserved(void)
{
	point_at(fresh_map_pte(), FRAME(fresh_page(ZONE_DMA32) + 100));
}

static void map_shared(void)
{
	gva_t pte = fresh_map_pte();

	poke64(pte, peek64(pte + 8));
}

static void kernel_moved(void)
{
	gva_t pte = pte_addr(image_root()->kernel_start + MMV_PAGE_SIZE, 1);

	poke64(pte, peek64(pte) + MMV_PAGE_SIZE);
}

static void direct_executable(void)
{
	gva_t pte = pte_addr(DIRECT_MAP + 0x100000, 1);

	poke64(pte, peek64(pte) & ~VIEW_PTE_NX & ~VIEW_PTE_WRITE & ~VIEW_PTE_DIRTY);
}

/* The kernel's first page of code gets writable where it lies in the direct map. */
static void code_writable_elsewhere(void)
{
	gva_t pte = pte_addr(DIRECT_MAP + image_root()->phys_base, 1);

	ck_assert(!(peek64(pte) & VIEW_PTE_WRITE));
	poke64(pte, peek64(pte) | VIEW_PTE_WRITE | VIEW_PTE_DIRTY);
}

static void leaf_global(void)
{
	poke64(area_pte(), peek64(area_pte()) | VIEW_PTE_GLOBAL);
}

static void leaf_not_accessed(void)
{
	poke64(area_pte(), peek64(area_pte()) & ~VIEW_PTE_ACCESSED);
}

static void leaf_clean(void)
{
	poke64(area_pte(), peek64(area_pte()) & ~VIEW_PTE_DIRTY);
}

static void ram_uncached(void)
{
	poke64(area_pte(), peek64(area_pte()) | VIEW_PTE_NOCACHE);
}

static void registers_cached(void)
{
	gva_t pte = pte_addr(DEV_VA, 2);

	poke64(pte, peek64(pte) & ~(VIEW_PTE_NOCACHE | 1UL << 3));
}

static gva_t table_page(gva_t va)
{
	return view_page_addr(((pte_addr(va, 1) - DIRECT_MAP) >> MMV_PAGE_SHIFT));
}

static void table_count_off(void)
{
	struct vm_struct vm;

	some_area(1, &vm);
	add64(AT(table_page(vm.addr), struct page, private), 1);
}

/* An unused page becomes a table without entries. */
static void table_empty(void)
{
	uint64_t pfn = used_page(OWNER_RAW, 0);
	struct vm_struct vm;
	gva_t entry;

	some_area(1, &vm);
	entry = pte_addr(vm.addr, 2) + 64;
	ck_assert_uint_eq(peek64(entry), 0);
	for (unsigned int i = 0; i < 512; i++)
		poke64(DIRECT_MAP + FRAME(pfn) + 8 * i, 0);
	poke8(AT(view_page_addr(pfn), struct page, owner), OWNER_PGTABLE);
	poke64(AT(view_page_addr(pfn), struct page, private), 0);
	poke64(entry, FRAME(pfn) | VIEW_PTE_PRESENT | VIEW_PTE_WRITE | VIEW_PTE_ACCESSED);
	entry = view_page_addr((entry - DIRECT_MAP) >> MMV_PAGE_SHIFT);
	add64(AT(entry, struct page, private), 1);
}

/* A free page that somebody made read-only and gave back like that: one that is mapped by a small entry. */
static gva_t free_direct_pte(void)
{
	for (uint64_t pfn = (1UL << 20 >> MMV_PAGE_SHIFT); pfn < (16UL << 20 >> MMV_PAGE_SHIFT); pfn++) {
		struct view_step steps[4];
		struct page page;
		int n = view_walk(image_view(), view_cr3(image_view()), DIRECT_MAP + FRAME(pfn), steps);

		page_copy(pfn, &page);
		if (page.state == PAGE_FREE && n == 4)
			return DIRECT_MAP + steps[3].entry_gpa;
	}
	ck_abort_msg("no free page that is mapped by a small entry");
	return 0;
}

static void free_page_read_only(void)
{
	gva_t pte = free_direct_pte();

	poke64(pte, peek64(pte) & ~(VIEW_PTE_WRITE | VIEW_PTE_DIRTY));
}

static void free_page_hidden(void)
{
	gva_t pte = free_direct_pte();

	poke64(pte, peek64(pte) & ~VIEW_PTE_PRESENT);
}

const struct sabotage table_sabotage[] = {
	{"buddy.unmapped", "a free page mapped by vmalloc", map_free_page, PAGES_OF_AREA},
	{"buddy.unmapped", "a page inside a free block mapped", map_inside_free_block, PAGES_OF_AREA},
	{"buddy.unmapped", "a fresh page mapped", map_fresh_page, PAGES_OF_AREA},
	{"pgtable.table", "a table's page owned by somebody else", table_disowned, ""},
	{"pgtable.table", "a table beyond memory", table_beyond_memory,
	 "vmalloc.mapped pgtable.owned vmalloc.block vmalloc.lazy thread.stack"},
	{"pgtable.unique", "a table reached twice", table_twice, "pgtable.count"},
	{"pgtable.unique", "a table that leads to itself", table_in_itself, "pgtable.count"},
	{"pgtable.owned", "a table page that nothing leads to", table_leaked, ""},
	{"pgtable.leaf", "a page beyond memory", leaf_beyond_memory, PAGES_OF_AREA},
	{"pgtable.leaf", "an unaligned large page", leaf_unaligned, "pgtable.area"},
	{"pgtable.area", "a mapping in no area", leaf_in_no_area, ""},
	{"pgtable.wx", "data executable", leaf_executable, "pgtable.alias"},
	{"pgtable.wx", "text writable", text_writable, "pgtable.bits"},
	{"pgtable.user", "a kernel page open to user mode", leaf_for_user, "mm.kernel_half"},
	{"pgtable.nx", "the direct map executable", direct_executable, "pgtable.alias map.rights"},
	{"pgtable.alias", "code writable by another address", code_writable_elsewhere, ""},
	{"pgtable.bits", "a global page", leaf_global, ""},
	{"pgtable.bits", "a page that is not accessed", leaf_not_accessed, ""},
	{"pgtable.bits", "a writable page that is not dirty", leaf_clean, ""},
	{"pgtable.cache", "RAM with two memory types", ram_uncached, ""},
	{"pgtable.cache", "cached registers", registers_cached, ""},
	{"pgtable.count", "the count of a table off", table_count_off, ""},
	{"pgtable.empty", "an empty table", table_empty, ""},
	{"map.rights", "a free page read-only in the direct map", free_page_read_only, ""},
	{"map.rights", "a free page not in the direct map", free_page_hidden, ""},
	{"map.direct", "a page of the direct map elsewhere", direct_moved, ""},
	{"map.direct", "a page missing in the direct map", direct_hole, ""},
	{"map.vmemmap", "memory map in RAM that is not reserved", map_unreserved, ""},
	{"map.vmemmap", "two pieces of the memory map in one page", map_shared, ""},
	{"map.kernel", "a page of the kernel elsewhere", kernel_moved, "pgtable.alias"},
};
const unsigned int nr_table_sabotage = sizeof(table_sabotage) / sizeof(table_sabotage[0]);
