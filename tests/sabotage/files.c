// SPDX-License-Identifier: MIT
/*
 * files.c - damage to the page cache: the file of the payload has pages 0 to 2 dirty, 3 to 5 clean, and remembers that page 100 was
 * evicted.
 */
#include <string.h>

#include "tests/sabotage/image.h"

static gva_t cache(size_t offset)
{
	return image_root()->page_cache.va + offset;
}

/* The mapping with dirty pages and shadows. */
static gva_t mapping(void)
{
	gva_t head = cache(offsetof(struct page_cache, mappings)), node = peek64(head);

	for (; node != head; node = peek64(node)) {
		gva_t at = node - offsetof(struct address_space, list);

		if (peek64(AT(at, struct address_space, nrshadows)) && peek64(AT(at, struct address_space, nrdirty)))
			return at;
	}
	ck_abort_msg("no file as it should be");
	return 0;
}

static gva_t head_node(void)
{
	return peek64(AT(mapping(), struct address_space, i_pages.xa_head)) - XA_ENTRY_NODE;
}

/* The node of pages 0 to 63. */
static gva_t leaf(void)
{
	return peek64(AT(head_node(), struct xa_node, slots)) - XA_ENTRY_NODE;
}

static gva_t slot(unsigned int index)
{
	return AT(leaf(), struct xa_node, slots) + index * 8;
}

static void list_counts_wrong(void)
{
	add64(cache(offsetof(struct page_cache, nr_mappings)), 1);
}

static void link_lost(void)
{
	add64(AT(AT(mapping(), struct address_space, list), struct list_head, prev), 8);
}

static void page_of_another_index(void)
{
	add64(AT(peek64(slot(4)), struct page, index), 1);
}

static void page_of_another_mapping(void)
{
	add64(AT(peek64(slot(4)), struct page, mapping), 64);
}

static void page_that_nobody_holds(void)
{
	poke32(AT(peek64(slot(4)), struct page, refcount), 0);
}

static void two_slots_one_page(void)
{
	poke64(slot(4), peek64(slot(5)));
}

static void node_counts_wrong(void)
{
	gva_t at = AT(leaf(), struct xa_node, count);

	poke8(at, (uint8_t)(peek8(at) + 1));
}

static void node_hangs_elsewhere(void)
{
	poke8(AT(leaf(), struct xa_node, offset), 3);
}

static void array_counts_wrong(void)
{
	add64(AT(mapping(), struct address_space, i_pages.nr_nodes), 1);
}

static void mapping_counts_wrong(void)
{
	add64(AT(mapping(), struct address_space, nrpages), -1);
}

static void shadows_count_wrong(void)
{
	add64(AT(mapping(), struct address_space, nrshadows), 1);
}

static void page_taken_out_by_halves(void)
{
	gva_t count = AT(leaf(), struct xa_node, count);

	poke64(slot(4), 0);
	poke8(count, (uint8_t)(peek8(count) - 1));
	add64(AT(mapping(), struct address_space, nrpages), -1);
}

static void file_cut_short(void)
{
	poke64(AT(mapping(), struct address_space, size), MMV_PAGE_SIZE);
}

static void dirty_flag_lost(void)
{
	gva_t flags = AT(peek64(slot(1)), struct page, flags);

	poke32(flags, peek32(flags) & ~PG_DIRTY);
}

static void dirty_mark_lost(void)
{
	gva_t marks = AT(leaf(), struct xa_node, marks);

	poke64(marks, peek64(marks) & ~2UL);
}

static void mark_of_the_head_lost(void)
{
	poke64(AT(head_node(), struct xa_node, marks), 0);
}

static void writeback_without_end(void)
{
	gva_t flags = AT(peek64(slot(4)), struct page, flags);

	poke32(flags, peek32(flags) | PG_WRITEBACK);
}

static void dirty_counts_wrong(void)
{
	add64(image_root()->node.va + offsetof(struct pglist_data, stat) + NR_FILE_DIRTY * 8, 1);
}

static void files_count_wrong(void)
{
	add64(image_root()->node.va + offsetof(struct pglist_data, stat) + NR_FILE_PAGES * 8, -1);
}

static void shadow_node_lost(void)
{
	unlink_node(peek64(cache(offsetof(struct page_cache, shadow_nodes))));
}

/* The slot of the page that was evicted. */
static gva_t shadow_slot(void)
{
	gva_t node = peek64(cache(offsetof(struct page_cache, shadow_nodes))) - offsetof(struct xa_node, private_list);

	for (unsigned int i = 0; i < XA_CHUNK_SIZE; i++)
		if (peek64(AT(node, struct xa_node, slots) + i * 8) & 1)
			return AT(node, struct xa_node, slots) + i * 8;
	ck_abort_msg("no shadow in a node of shadows");
	return 0;
}

static void evicted_in_the_future(void)
{
	uint64_t now = peek64(image_root()->node.va + offsetof(struct pglist_data, lruvec.nonresident_age));

	poke64(shadow_slot(), (now + 1) << 2 | 1);
}

static void shadow_of_too_many_bits(void)
{
	poke64(shadow_slot(), peek64(shadow_slot()) | 1UL << 63);
}

static void shadow_nodes_count_wrong(void)
{
	add64(cache(offsetof(struct page_cache, nr_shadow_nodes)), -1);
}

const struct sabotage file_sabotage[] = {
	{"cache.linked", "one mapping more than there are", list_counts_wrong, ""},
	{"cache.linked", "a link that leads back elsewhere", link_lost, ""},
	{"cache.entry", "a page that says it is the next one", page_of_another_index, ""},
	{"cache.entry", "a page that says it is another file's", page_of_another_mapping, ""},
	{"cache.entry", "a page in the cache without references", page_that_nobody_holds, "page.refcount"},
	{"cache.entry", "a page in two places", two_slots_one_page, ""},
	{"cache.node", "a node that counts a slot too many", node_counts_wrong, ""},
	{"cache.node", "a node that says it hangs elsewhere", node_hangs_elsewhere,
	 "cache.count cache.tags cache.once cache.stat"},
	{"cache.node", "an array that counts a node too many", array_counts_wrong, ""},
	{"cache.count", "a mapping that counts a page too few", mapping_counts_wrong, ""},
	{"cache.count", "a mapping that counts a shadow too many", shadows_count_wrong, ""},
	{"cache.once", "a page that is out and does not know", page_taken_out_by_halves, "cache.stat"},
	{"cache.size", "dirty pages behind the end", file_cut_short, ""},
	{"cache.tags", "a page that forgot that it is dirty", dirty_flag_lost, "cache.stat"},
	{"cache.tags", "a dirty page that no sync would find", dirty_mark_lost, ""},
	{"cache.tags", "marks that do not go up", mark_of_the_head_lost, ""},
	{"cache.tags", "writeback that nobody ends", writeback_without_end, "vmstat.node"},
	{"cache.stat", "one dirty page more than there are", dirty_counts_wrong, ""},
	{"cache.stat", "one page of files fewer than there are", files_count_wrong, ""},
	{"cache.age", "a page that will have been evicted", evicted_in_the_future, ""},
	{"cache.age", "a shadow that is no time at all", shadow_of_too_many_bits, ""},
	{"cache.shadow", "a node of shadows that is not listed", shadow_node_lost, ""},
	{"cache.shadow", "one node of shadows fewer than there are", shadow_nodes_count_wrong, ""},
};
const unsigned int nr_file_sabotage = sizeof(file_sabotage) / sizeof(file_sabotage[0]);
