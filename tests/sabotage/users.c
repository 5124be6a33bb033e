// SPDX-License-Identifier: MIT
/*
 * users.c - damage to user address spaces, to pages that they map, and to swap. What there is: tests/sabotage/payloads/rich.c.
 */
#include "tests/sabotage/image.h"

/* The nth address space: 0 is the one that a thread was in, 1 its copy. */
static gva_t mm_nth(unsigned int n)
{
	gva_t at = image_root()->mms.next.va;

	while (n--)
		at = peek64(at);
	return at;
}

static void mm_copy(unsigned int n, struct mm_struct *mm)
{
	peek(mm_nth(n), mm, sizeof(*mm));
}

/* The lowest area of the nth, or its only one that is locked. */
static gva_t area_of(unsigned int n, bool locked)
{
	struct vm_area_struct vma;
	struct mm_struct mm;
	gva_t node;

	mm_copy(n, &mm);
	node = mm.areas.node.va;
	for (;;) {
		peek(node - offsetof(struct vm_area_struct, vm_rb), &vma, sizeof(vma));
		if (locked ? vma.vm_flags & VM_LOCKED : !vma.vm_rb.left.va)
			return node - offsetof(struct vm_area_struct, vm_rb);
		node = locked ? vma.vm_rb.right.va : vma.vm_rb.left.va;
		ck_assert_uint_ne(node, 0);
	}
}

/* Where the entry for page @page of the lowest area lies. */
static gva_t entry_at(unsigned int n, gva_t area, unsigned int page)
{
	gva_t va = peek64(AT(area, struct vm_area_struct, vm_start)) + page * MMV_PAGE_SIZE;
	struct view_step steps[4];
	struct mm_struct mm;

	mm_copy(n, &mm);
	ck_assert_int_eq(view_walk(image_view(), mm.pgd, va, steps), 4);
	return DIRECT_MAP + steps[3].entry_gpa;
}

#define SWAPPED_PAGE 0 /* of rich.c's first area: on disk, for both */
#define CACHED_PAGE 1  /* mapped by one, on disk for the other */
#define OWN_PAGE 2     /* the first address space has a copy of its own */
#define SHARED_PAGE 3
#define CLEAN_PAGE 6 /* only ever read */
#define NO_PAGE 9    /* nobody has touched it */

static gva_t entry(unsigned int page)
{
	return entry_at(0, area_of(0, false), page);
}

static gva_t page_of(gva_t entry_addr)
{
	uint64_t e = peek64(entry_addr);

	ck_assert_uint_ne(e & VIEW_PTE_PRESENT, 0);
	return view_page_addr((e & 0x000ffffffffff000ULL) >> MMV_PAGE_SHIFT);
}

static gva_t swap(void)
{
	return image_root()->swaps.va;
}

static gva_t slot_byte(unsigned int page)
{
	uint64_t e = peek64(entry_at(1, area_of(1, false), page));

	ck_assert_uint_eq(e & (VIEW_PTE_PRESENT | PTE_SWAP_ENTRY), PTE_SWAP_ENTRY);
	return peek64(AT(swap(), struct swap_info, swap_map)) + (e >> PTE_SWAP_OFFSET_SHIFT);
}

static gva_t cluster(unsigned int n)
{
	return peek64(AT(swap(), struct swap_info, clusters)) + n * sizeof(struct swap_cluster);
}

/* ---- address spaces ---- */

static void one_too_many(void)
{
	add64(AT(view_root_addr(image_view()), struct mm_root, nr_mms), 1);
}

static void no_users_left(void)
{
	poke32(AT(mm_nth(1), struct mm_struct, mm_users), (uint32_t)-1);
}

static void areas_overlap(void)
{
	add64(AT(area_of(0, false), struct vm_area_struct, vm_end), 1L << 30);
}

static void area_count(void)
{
	add64(AT(mm_nth(0), struct mm_struct, map_count), 1);
}

static void area_cycle(void)
{
	gva_t area = area_of(0, false);

	poke64(AT(area, struct vm_area_struct, vm_rb.left), AT(area, struct vm_area_struct, vm_rb));
}

static void locked_pages(void)
{
	add64(AT(mm_nth(0), struct mm_struct, locked_vm), 3);
}

static void too_many_rights(void)
{
	gva_t area = area_of(0, false);

	poke64(AT(area, struct vm_area_struct, vm_flags), VM_READ);
}

static void kernel_only(void)
{
	poke64(entry(OWN_PAGE), peek64(entry(OWN_PAGE)) & ~(uint64_t)VIEW_PTE_USER);
}

static void leads_to_a_slab(void)
{
	uint64_t pfn = used_page(OWNER_SLAB, 0);

	poke64(entry(OWN_PAGE), (peek64(entry(OWN_PAGE)) & 0xfff) | VIEW_PTE_NX | pfn << MMV_PAGE_SHIFT);
}

static void outside_of_areas(void)
{
	gva_t area = area_of(0, false);
	uint64_t pages =
		(peek64(AT(area, struct vm_area_struct, vm_end)) - peek64(AT(area, struct vm_area_struct, vm_start))) /
		MMV_PAGE_SIZE;

	/* Behind the last area: the table reaches further. */
	poke64(entry_at(0, area, (unsigned int)pages + 100), peek64(entry(OWN_PAGE)));
}

static void kernel_half(void)
{
	struct mm_struct mm;

	mm_copy(1, &mm);
	poke64(DIRECT_MAP + mm.pgd + 511 * 8, 0);
}

/* A table begins where a page begins. */
static void top_table_askew(void)
{
	add64(image_root()->mms.next.va + offsetof(struct mm_struct, pgd), 1);
}

static void cpu_bit(void)
{
	poke64(AT(mm_nth(1), struct mm_struct, cpus), 2);
}

static void cpu_lost(void)
{
	poke64(AT(mm_nth(0), struct mm_struct, cpus), 0);
}

static void rss_off(void)
{
	add64(AT(mm_nth(0), struct mm_struct, rss[MM_ANONPAGES]), -1);
}

static void swapents_off(void)
{
	add64(AT(mm_nth(1), struct mm_struct, rss[MM_SWAPENTS]), 1);
}

static void tables_off(void)
{
	add64(AT(mm_nth(0), struct mm_struct, tables), 1);
}

static void table_count(void)
{
	gva_t table = entry(OWN_PAGE) & ~(MMV_PAGE_SIZE - 1);

	add64(AT(view_page_addr((table - DIRECT_MAP) >> MMV_PAGE_SHIFT), struct page, private), 1);
}

/* ---- pages ---- */

static void shared_writable(void)
{
	poke64(entry(SHARED_PAGE), peek64(entry(SHARED_PAGE)) | VIEW_PTE_WRITE);
}

/* The other one does not map it, but its entry says where it is on disk. */
static void cached_writable(void)
{
	poke64(entry(CACHED_PAGE), peek64(entry(CACHED_PAGE)) | VIEW_PTE_WRITE);
}

static void mapcount_off(void)
{
	gva_t page = page_of(entry(SHARED_PAGE));

	poke32(AT(page, struct page, mapcount), peek32(AT(page, struct page, mapcount)) - 1);
}

static void mapped_pages(void)
{
	add64(AT(image_root()->node.va, struct pglist_data, stat[NR_ANON_MAPPED]), 1);
}

static void too_few_references(void)
{
	poke32(AT(page_of(entry(SHARED_PAGE)), struct page, refcount), 1);
}

static void wrong_index(void)
{
	add64(AT(page_of(entry(OWN_PAGE)), struct page, index), 1);
}

static void wrong_mapping(void)
{
	add64(AT(page_of(entry(OWN_PAGE)), struct page, mapping), 64);
}

static gva_t anon_vma(void)
{
	return peek64(AT(area_of(0, false), struct vm_area_struct, anon_vma));
}

static void area_unlinked(void)
{
	unlink_node(AT(area_of(1, false), struct vm_area_struct, anon_vma_node));
}

static void anon_vma_count(void)
{
	gva_t at = AT(anon_vma(), struct anon_vma, nr_areas);

	poke32(at, peek32(at) + 1);
}

static void anon_vma_references(void)
{
	gva_t at = AT(anon_vma(), struct anon_vma, refcount);

	poke32(at, peek32(at) + 1);
}

/* Its entry goes, and everything that counts it knows: nobody has the page any more, but it is not free. */
static void page_lost(void)
{
	gva_t at = entry(CLEAN_PAGE), page = page_of(at), table = at & ~(MMV_PAGE_SIZE - 1);

	poke64(at, 0);
	add64(AT(mm_nth(0), struct mm_struct, rss[MM_ANONPAGES]), -1);
	add64(AT(view_page_addr((table - DIRECT_MAP) >> MMV_PAGE_SHIFT), struct page, private), -1);
	poke32(AT(page, struct page, mapcount), 0);
	add64(AT(image_root()->node.va, struct pglist_data, stat[NR_ANON_MAPPED]), -1);
	at = entry_at(1, area_of(1, false), CLEAN_PAGE);
	table = at & ~(MMV_PAGE_SIZE - 1);
	poke64(at, 0);
	add64(AT(mm_nth(1), struct mm_struct, rss[MM_ANONPAGES]), -1);
	add64(AT(view_page_addr((table - DIRECT_MAP) >> MMV_PAGE_SHIFT), struct page, private), -1);
}

/* Somebody has written, and no bit tells. */
static void written_unseen(void)
{
	gva_t page = page_of(entry(CLEAN_PAGE));

	poke64(DIRECT_MAP + (page - VMEMMAP) / sizeof(struct page) * MMV_PAGE_SIZE + 800, 1);
}

static void dirty_bit_lost(void)
{
	gva_t page = page_of(entry(OWN_PAGE));

	poke32(AT(page, struct page, flags), peek32(AT(page, struct page, flags)) & ~PG_DIRTY);
	poke64(entry(OWN_PAGE), peek64(entry(OWN_PAGE)) & ~(uint64_t)VIEW_PTE_DIRTY);
}

static void locked_evictable(void)
{
	gva_t page = page_of(entry_at(0, area_of(0, true), 0));

	poke32(AT(page, struct page, flags), peek32(AT(page, struct page, flags)) & ~PG_MLOCKED);
}

static void mlocked_for_nobody(void)
{
	gva_t page = page_of(entry(OWN_PAGE));

	poke32(AT(page, struct page, flags), peek32(AT(page, struct page, flags)) | PG_MLOCKED);
}

/* ---- swap ---- */

static void slot_of_another(void)
{
	gva_t page = page_of(entry(CACHED_PAGE));

	add64(AT(page, struct page, private), 1);
}

static void cache_entry_lost(void)
{
	uint64_t slot = peek64(AT(page_of(entry(CACHED_PAGE)), struct page, private)) & 0xffffffff;

	poke64(peek64(AT(swap(), struct swap_info, cache)) + slot * 8, 0);
}

static void count_too_high(void)
{
	poke8(slot_byte(SWAPPED_PAGE), (uint8_t)(peek8(slot_byte(SWAPPED_PAGE)) + 1));
}

static void count_too_low(void)
{
	poke8(slot_byte(SWAPPED_PAGE), (uint8_t)(peek8(slot_byte(SWAPPED_PAGE)) - 1));
}

static void entry_nowhere(void)
{
	gva_t at = entry(SWAPPED_PAGE);

	poke64(at, PTE_SWAP_ENTRY | 0x7fffffUL << PTE_SWAP_OFFSET_SHIFT);
}

static void inuse_off(void)
{
	gva_t at = AT(swap(), struct swap_info, inuse_pages);

	poke32(at, peek32(at) + 1);
}

static void nr_cached_off(void)
{
	gva_t at = AT(swap(), struct swap_info, nr_cached);

	poke32(at, peek32(at) - 1);
}

static void cluster_count(void)
{
	gva_t at = AT(cluster(1), struct swap_cluster, count);

	poke16(at, (uint16_t)(peek16(at) + 1));
}

static void cluster_list_cut(void)
{
	gva_t first = cluster(peek32(AT(swap(), struct swap_info, free_first)));

	poke32(AT(first, struct swap_cluster, next), SWAP_NO_CLUSTER);
}

static unsigned int cpu_with_cluster(void)
{
	for (unsigned int cpu = 0; cpu < MMV_NR_CPUS; cpu++)
		if (peek32(AT(swap(), struct swap_info, cpu[cpu].cluster)) != SWAP_NO_CLUSTER)
			return cpu;
	ck_abort_msg("no CPU has a cluster");
	return 0;
}

static void slot_outside(void)
{
	poke32(AT(swap(), struct swap_info, cpu[cpu_with_cluster()].next), 1);
}

static void cluster_of_two(void)
{
	uint32_t taken = peek32(AT(swap(), struct swap_info, cpu[cpu_with_cluster()].cluster));

	poke32(AT(swap(), struct swap_info, cpu[40].cluster), taken);
	poke32(AT(swap(), struct swap_info, cpu[40].next), taken * SWAP_CLUSTER_SLOTS);
}

/* What an entry that changes does to counts that are taken from it. */
#define COUNTS "mm.rss rmap.count anon.held pgtable.count mm.shared"

const struct sabotage user_sabotage[] = {
	{"mm.list", "one address space more than are listed", one_too_many, ""},
	{"mm.list", "less than no users", no_users_left, ""},
	{"mm.areas", "two areas overlap", areas_overlap, "anon.mlocked rmap.leads_back"},
	{"mm.areas", "areas are counted wrong", area_count, ""},
	{"mm.areas", "the tree of areas has a cycle", area_cycle, "mm.inside swap.map rmap.areas anon.mlocked " COUNTS},
	{"mm.areas", "locked pages are counted wrong", locked_pages, ""},
	{"mm.inside", "a page is writable in an area that is not", too_many_rights, ""},
	{"mm.inside", "a user page that is for the kernel only", kernel_only, ""},
	{"mm.inside", "an entry leads to a slab", leads_to_a_slab, "slab.page " COUNTS},
	{"mm.inside", "an entry behind all areas", outside_of_areas, COUNTS},
	{"mm.kernel_half", "a hole in the kernel's half", kernel_half, ""},
	{"mm.kernel_half", "a top table that is no page", top_table_askew, COUNTS " pgtable.owned"},
	{"mm.cpus", "a CPU is noted that runs somebody else", cpu_bit, ""},
	{"mm.cpus", "the CPU that runs it is not noted", cpu_lost, ""},
	{"mm.rss", "pages are counted wrong", rss_off, ""},
	{"mm.rss", "swap entries are counted wrong", swapents_off, ""},
	{"mm.rss", "tables are counted wrong", tables_off, ""},
	{"pgtable.count", "a user table does not know its entries", table_count, ""},
	{"mm.shared", "one of two may write a shared page", shared_writable, ""},
	{"mm.shared", "a page is writable that another has on disk", cached_writable, ""},
	{"rmap.count", "a mapping is not counted", mapcount_off, ""},
	{"rmap.count", "the node counts a page too many", mapped_pages, "node.stat vmstat.count"},
	{"rmap.count", "less references than mappings", too_few_references, ""},
	{"rmap.leads_back", "a page thinks that it is elsewhere", wrong_index, ""},
	{"rmap.leads_back", "a page names another anon_vma", wrong_mapping, ""},
	{"rmap.areas", "an area is not on its anon_vma's list", area_unlinked, ""},
	{"rmap.areas", "an anon_vma counts one area too many", anon_vma_count, ""},
	{"rmap.areas", "an anon_vma that nobody will free", anon_vma_references, ""},
	{"anon.held", "a page that nobody has", page_lost, ""},
	{"anon.dirty", "a page was written and nobody saw it", written_unseen, ""},
	{"anon.dirty", "a dirty bit was lost", dirty_bit_lost, ""},
	{"anon.mlocked", "a page of a locked area may go", locked_evictable, "lru.place"},
	{"anon.mlocked", "a page stays and nobody asked for it", mlocked_for_nobody, "lru.place"},
	{"swap.cache", "a page thinks that it is in another slot", slot_of_another, "mm.shared"},
	{"swap.cache", "a page of the swap cache is not in it", cache_entry_lost, ""},
	{"swap.map", "more leads to a slot than there is", count_too_high, ""},
	{"swap.map", "a slot will be given away too soon", count_too_low, "swap.count swap.cluster"},
	{"swap.map", "an entry leads past the end of the device", entry_nowhere, ""},
	{"swap.count", "slots in use are counted wrong", inuse_off, ""},
	{"swap.count", "cached slots are counted wrong", nr_cached_off, ""},
	{"swap.cluster", "a cluster does not know its slots", cluster_count, ""},
	{"swap.cluster", "the list of free clusters ends too soon", cluster_list_cut, ""},
	{"swap.cpu", "a CPU looks for slots outside of its cluster", slot_outside, ""},
	{"swap.cpu", "two CPUs have the same cluster", cluster_of_two, ""},
};
const unsigned int nr_user_sabotage = sizeof(user_sabotage) / sizeof(user_sabotage[0]);
