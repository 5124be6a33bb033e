// SPDX-License-Identifier: MIT
/*
 * tables.c - damage to the kernel's page tables and to what they map.
 */
#include "tests/sabotage/image.h"

#define FRAME(pfn) ((pfn) << MMV_PAGE_SHIFT)
#define PTE_ADDR 0x000ffffffffff000ULL
#define DATA_BITS (VIEW_PTE_PRESENT | VIEW_PTE_WRITE | VIEW_PTE_NX)
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

const struct sabotage table_sabotage[] = {
	{"buddy.unmapped", "a free page mapped by vmalloc", map_free_page, PAGES_OF_AREA},
	{"buddy.unmapped", "a page inside a free block mapped", map_inside_free_block, PAGES_OF_AREA},
	{"buddy.unmapped", "a fresh page mapped", map_fresh_page, PAGES_OF_AREA},
	{"pgtable.table", "a table's page owned by somebody else", table_disowned, ""},
	{"pgtable.table", "a table beyond memory", table_beyond_memory, "vmalloc.mapped pgtable.owned"},
	{"pgtable.unique", "a table reached twice", table_twice, ""},
	{"pgtable.unique", "a table that leads to itself", table_in_itself, ""},
	{"pgtable.owned", "a table page that nothing leads to", table_leaked, ""},
	{"pgtable.leaf", "a page beyond memory", leaf_beyond_memory, PAGES_OF_AREA},
	{"pgtable.leaf", "an unaligned large page", leaf_unaligned, "pgtable.area"},
	{"pgtable.area", "a mapping in no area", leaf_in_no_area, ""},
	{"pgtable.wx", "data executable", leaf_executable, ""},
	{"pgtable.wx", "text writable", text_writable, ""},
	{"pgtable.user", "a kernel page open to user mode", leaf_for_user, ""},
	{"map.direct", "a page of the direct map elsewhere", direct_moved, ""},
	{"map.direct", "a page missing in the direct map", direct_hole, ""},
	{"map.vmemmap", "memory map in RAM that is not reserved", map_unreserved, ""},
	{"map.vmemmap", "two pieces of the memory map in one page", map_shared, ""},
	{"map.kernel", "a page of the kernel elsewhere", kernel_moved, ""},
};
const unsigned int nr_table_sabotage = sizeof(table_sabotage) / sizeof(table_sabotage[0]);
