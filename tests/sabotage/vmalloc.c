// SPDX-License-Identifier: MIT
/*
 * vmalloc.c - damage to address spaces, areas and what is mapped there.
 */
#include "tests/sabotage/image.h"

static gva_t space(void)
{
	return image_root()->vmalloc.va;
}

static gva_t area(struct vm_struct *vm)
{
	return some_area(2, vm);
}

static gva_t vm_of(gva_t va)
{
	return peek64(AT(va, struct vmap_area, vm));
}

/* ---- pieces ---- */

static void list_prev(void)
{
	struct vm_struct vm;

	add64(AT(area(&vm), struct vmap_area, list.prev), 16);
}

static void list_nowhere(void)
{
	struct vmap_area va;

	poke64(AT(free_piece(1, &va), struct vmap_area, list.next), 0xdead000000000122);
}

static void piece_unaligned(void)
{
	struct vm_struct vm;

	add64(AT(area(&vm), struct vmap_area, va_start), 8);
}

static void piece_backwards(void)
{
	struct vmap_area va;
	gva_t piece = free_piece(1, &va);

	poke64(AT(piece, struct vmap_area, va_start), va.va_end + MMV_PAGE_SIZE);
}

static void piece_gap(void)
{
	struct vmap_area va;

	add64(AT(free_piece(2, &va), struct vmap_area, va_start), MMV_PAGE_SIZE);
}

/* A free piece grows over the busy one after it: two users of one address soon. */
static void piece_overlap(void)
{
	struct vmap_area va;

	add64(AT(free_piece(1, &va), struct vmap_area, va_end), MMV_PAGE_SIZE);
}

/* The busy piece between two free ones goes, and the first free one grows up to the second, without being joined to it. */
static void pieces_touch(void)
{
	gva_t head = AT(space(), struct vmap_space, busy);
	struct vmap_area first, second, busy;
	gva_t piece = 0;
	unsigned int n = 0;

	for (;; n++) {
		gva_t at;

		piece = free_piece(n, &first);
		free_piece(n + 1, &second);
		for (at = peek64(head); at != head; at = peek64(at)) {
			peek(at - offsetof(struct vmap_area, list), &busy, sizeof(busy));
			if (busy.va_start == first.va_end && busy.va_end == second.va_start)
				break;
		}
		if (at == head)
			continue;
		unlink_node(at);
		add64(AT(space(), struct vmap_space, nr_busy), -1);
		poke64(AT(piece, struct vmap_area, va_end), second.va_start);
		return;
	}
}

/* ---- trees ---- */

static void tree_parent(void)
{
	struct vm_struct vm;

	add64(AT(area(&vm), struct vmap_area, node.parent_color), 64);
}

static void tree_colour(void)
{
	gva_t root = peek64(AT(space(), struct vmap_space, busy_root));

	poke64(root, peek64(root) ^ 1);
}

static void tree_order(void)
{
	gva_t root = peek64(AT(space(), struct vmap_space, busy_root));
	uint64_t left = peek64(AT(root, struct rb_node, left)), right = peek64(AT(root, struct rb_node, right));

	poke64(AT(root, struct rb_node, left), right);
	poke64(AT(root, struct rb_node, right), left);
}

static void tree_cut(void)
{
	gva_t root = peek64(AT(space(), struct vmap_space, busy_root));

	poke64(AT(root, struct rb_node, left), 0);
}

static void tree_cycle(void)
{
	gva_t root = peek64(AT(space(), struct vmap_space, free_root));

	poke64(AT(root, struct rb_node, left), root);
}

static void tree_empty(void)
{
	poke64(AT(space(), struct vmap_space, free_root), 0);
}

static void subtree_max(void)
{
	struct vmap_area va;

	add64(AT(free_piece(1, &va), struct vmap_area, subtree_max), MMV_PAGE_SIZE);
}

/* ---- counts ---- */

static void count_busy(void)
{
	add64(AT(space(), struct vmap_space, nr_busy), 1);
}

static void count_free(void)
{
	add64(AT(image_root()->module_space.va, struct vmap_space, nr_free), -1);
}

static void count_pages(void)
{
	add64(AT(space(), struct vmap_space, nr_pages), 7);
}

/* ---- areas ---- */

static void area_size(void)
{
	struct vm_struct vm;

	add64(AT(vm_of(area(&vm)), struct vm_struct, size), MMV_PAGE_SIZE);
}

static void area_pages(void)
{
	struct vm_struct vm;

	add64(AT(vm_of(area(&vm)), struct vm_struct, nr_pages), 1UL << 40);
}

static void area_nowhere(void)
{
	struct vm_struct vm;

	poke64(AT(area(&vm), struct vmap_area, vm), 0x10);
}

static void area_array_nowhere(void)
{
	struct vm_struct vm;

	poke64(AT(vm_of(area(&vm)), struct vm_struct, pages), DIRECT_MAP + DIRECT_MAP_SIZE - 8);
}

static void pte_redirected(void)
{
	struct vm_struct vm;
	gva_t pte;

	area(&vm);
	pte = pte_addr(vm.addr + MMV_PAGE_SIZE, 1);
	poke64(pte, (peek64(pte) & ~0x000ffffffffff000ULL) | used_page(OWNER_RAW, 0) << MMV_PAGE_SHIFT);
}

static void pte_gone(void)
{
	struct vm_struct vm;

	area(&vm);
	poke64(pte_addr(vm.addr + MMV_PAGE_SIZE, 1), 0);
}

static uint64_t extra_pte(void)
{
	return used_page(OWNER_RAW, 0) << MMV_PAGE_SHIFT | VIEW_PTE_PRESENT | VIEW_PTE_ACCESSED | VIEW_PTE_DIRTY |
	       VIEW_PTE_WRITE | VIEW_PTE_NX;
}

/* Entries of a table appear and go without its count: what counts them may speak up. */
#define COUNTED "pgtable.count"

static void guard_mapped(void)
{
	struct vm_struct vm;

	area(&vm);
	poke64(pte_addr(vm.addr + vm.size - MMV_PAGE_SIZE, 1), extra_pte());
}

static void stale_pte(void)
{
	struct vmap_area va;

	free_piece(1, &va);
	poke64(pte_addr(va.va_start, 1), extra_pte());
}

static void page_not_ours(void)
{
	struct vm_struct vm;

	area(&vm);
	poke8(AT(peek64(vm.pages.va + 8), struct page, owner), OWNER_RAW);
}

static void page_garbage(void)
{
	struct vm_struct vm;

	area(&vm);
	poke64(vm.pages.va + 8, 0x4141414141414141);
}

static void page_shared(void)
{
	struct vm_struct one, other;

	some_area(1, &one);
	some_area(2, &other);
	poke64(one.pages.va, peek64(other.pages.va));
}

static void page_lost(void)
{
	poke8(AT(view_page_addr(used_page(OWNER_RAW, 0)), struct page, owner), OWNER_VMALLOC);
}

/* ---- lazy ones, devices, small mappings ---- */

static gva_t lazy_piece(struct vmap_area *va)
{
	gva_t head = AT(space(), struct vmap_space, lazy), at = peek64(head);

	ck_assert_uint_ne(at, head);
	at -= offsetof(struct vmap_area, list);
	peek(at, va, sizeof(*va));
	return at;
}

/* It says that it is unmapped, and is not. */
static void lazy_mapped(void)
{
	struct vmap_area va;
	gva_t piece = lazy_piece(&va);

	ck_assert_uint_eq(va.flags, VMAP_QUEUED);
	poke32(AT(piece, struct vmap_area, flags), VMAP_UNMAPPED);
}

static void lazy_count(void)
{
	add64(AT(space(), struct vmap_space, lazy_pages), -1);
}

/* A busy piece that is no vmalloc() area: by flags of its vm_struct, or VMAP_RAM. */
static gva_t busy_with(uint64_t vm_flag, struct vmap_area *va)
{
	gva_t head = AT(space(), struct vmap_space, busy);

	for (gva_t at = peek64(head); at != head; at = peek64(at)) {
		gva_t piece = at - offsetof(struct vmap_area, list);

		peek(piece, va, sizeof(*va));
		if (vm_flag ? va->vm.va && peek64(AT(va->vm.va, struct vm_struct, flags)) & vm_flag
			    : (va->flags & VMAP_BLOCK) != 0)
			return piece;
	}
	ck_abort_msg("no such area");
	return 0;
}

static void device_is_ram(void)
{
	struct vmap_area va;
	gva_t pte;

	busy_with(VM_IOREMAP, &va);
	pte = pte_addr(va.va_start + MMV_PAGE_SIZE, 1);
	poke64(pte, (peek64(pte) & ~0x000ffffffffff000ULL) | used_page(OWNER_RAW, 0) << MMV_PAGE_SHIFT);
}

static void device_elsewhere(void)
{
	struct vmap_area va;
	gva_t pte;

	busy_with(VM_IOREMAP, &va);
	pte = pte_addr(va.va_start, 1);
	poke64(pte, peek64(pte) + MMV_PAGE_SIZE);
}

static gva_t block(struct vmap_area *va)
{
	busy_with(0, va);
	return va->block.va;
}

static void block_sum(void)
{
	struct vmap_area va;

	poke32(AT(block(&va), struct vmap_block, dirty), 1);
}

static void block_unused_mapped(void)
{
	struct vmap_area va;
	gva_t vb = block(&va);

	ck_assert_uint_eq(peek64(AT(vb, struct vmap_block, used)) & 7, 7);
	poke64(pte_addr(va.va_start + 5 * MMV_PAGE_SIZE, 1), extra_pte());
}

static void block_used_unmapped(void)
{
	struct vmap_area va;

	block(&va);
	poke64(pte_addr(va.va_start + MMV_PAGE_SIZE, 1), 0);
}

static void block_list(void)
{
	add64(AT(image_root()->vmap_slots.va, struct vmap_slot, nr), 1);
}

static void block_lost(void)
{
	struct vmap_area va;
	gva_t piece = busy_with(0, &va);

	poke64(AT(piece, struct vmap_area, block), 0x1000);
}

/* The page of one area mapped in place of a page of another. */
static void page_mapped_twice(void)
{
	struct vm_struct one, other;

	some_area(1, &one);
	some_area(2, &other);
	poke64(pte_addr(one.addr, 1), peek64(pte_addr(other.addr, 1)));
}

/* ---- modules ---- */

static void section_elsewhere(void)
{
	gva_t mod = image_root()->modules.next.va - offsetof(struct mm_module, list);

	for (unsigned int i = 0; i < 32; i++) {
		gva_t addr = mod + offsetof(struct mm_module, sections) + i * sizeof(struct mm_module_section) +
			     offsetof(struct mm_module_section, addr);

		if (!peek64(addr))
			continue;
		add64(addr, 64L << 20);
		return;
	}
	ck_abort_msg("no section has an address");
}

#define LIST_CUT "vmalloc.owned"
const struct sabotage vmalloc_sabotage[] = {
	{"vmalloc.linked", "prev off", list_prev, LIST_CUT},
	{"vmalloc.linked", "link to nowhere", list_nowhere, ""},
	{"vmalloc.sorted", "start not on a page", piece_unaligned,
	 "vmalloc.cover vmalloc.area vmalloc.mapped vmalloc.outside vmalloc.guard"},
	{"vmalloc.sorted", "end before start", piece_backwards, "vmalloc.cover vmalloc.subtree_max"},
	{"vmalloc.cover", "gap", piece_gap, "vmalloc.subtree_max"},
	{"vmalloc.cover", "overlap", piece_overlap, "vmalloc.subtree_max vmalloc.sorted"},
	{"vmalloc.merged", "two free pieces touch", pieces_touch,
	 "vmalloc.tree vmalloc.count vmalloc.outside vmalloc.owned vmalloc.subtree_max"},
	{"vmalloc.tree", "parent off", tree_parent, ""},
	{"vmalloc.tree", "red root", tree_colour, ""},
	{"vmalloc.tree", "sides swapped", tree_order, ""},
	{"vmalloc.tree", "a side cut off", tree_cut, ""},
	{"vmalloc.tree", "cycle", tree_cycle, ""},
	{"vmalloc.tree", "no root", tree_empty, ""},
	{"vmalloc.subtree_max", "too large", subtree_max, ""},
	{"vmalloc.count", "nr_busy", count_busy, ""},
	{"vmalloc.count", "nr_free of module space", count_free, ""},
	{"vmalloc.count", "nr_pages", count_pages, ""},
	{"vmalloc.area", "size off", area_size, ""},
	{"vmalloc.area", "absurd page count", area_pages, "vmalloc.count vmalloc.owned"},
	{"vmalloc.area", "description nowhere", area_nowhere, "vmalloc.count vmalloc.owned"},
	{"vmalloc.area", "array of pages nowhere", area_array_nowhere, "vmalloc.owned"},
	{"vmalloc.mapped", "page redirected", pte_redirected, ""},
	{"vmalloc.mapped", "page not mapped", pte_gone, COUNTED " thread.stack"},
	{"vmalloc.guard", "guard page mapped", guard_mapped, COUNTED " thread.stack"},
	{"vmalloc.outside", "page mapped in a free piece", stale_pte, COUNTED},
	{"vmalloc.lazy", "a lazy piece is mapped, and denies it", lazy_mapped, "vmalloc.outside"},
	{"vmalloc.count", "lazy_pages", lazy_count, ""},
	{"vmalloc.device", "RAM in a device area", device_is_ram, "pgtable.cache"},
	{"vmalloc.device", "other registers in a device area", device_elsewhere, ""},
	{"vmalloc.block", "pages of a block do not add up", block_sum, ""},
	{"vmalloc.block", "an unused page of a block is mapped", block_unused_mapped, COUNTED},
	{"vmalloc.block", "a used page of a block is not mapped", block_used_unmapped, COUNTED},
	{"vmalloc.block", "count of blocks", block_list, ""},
	{"vmalloc.block", "an area leads to no block", block_lost, ""},
	{"vmalloc.once", "a page mapped by two areas", page_mapped_twice, "vmalloc.mapped"},
	{"vmalloc.pages", "page owned by somebody else", page_not_ours, ""},
	{"vmalloc.pages", "no page at all", page_garbage, "vmalloc.owned"},
	{"vmalloc.pages", "page in two areas", page_shared, "vmalloc.mapped vmalloc.owned"},
	{"vmalloc.owned", "page in no area", page_lost, ""},
	{"module.sections", "section outside its area", section_elsewhere, ""},
};
const unsigned int nr_vmalloc_sabotage = sizeof(vmalloc_sabotage) / sizeof(vmalloc_sabotage[0]);
