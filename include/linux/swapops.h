/* SPDX-License-Identifier: MIT */
/* swapops.h - numbers of swap slots, and entries of page tables that are such numbers (shared/mm_struct.h has the format). */
#ifndef _LINUX_SWAPOPS_H
#define _LINUX_SWAPOPS_H

#include <linux/mm.h>
#include <linux/pgtable.h>

/** swp_entry_t - a slot: device in the upper byte, its number below. 0: none. */
typedef struct {
	uint64_t val;
} swp_entry_t;

#define SWP_TYPE_SHIFT 56

static inline swp_entry_t swp_entry(unsigned int type, unsigned long offset)
{
	return (swp_entry_t){(uint64_t)type << SWP_TYPE_SHIFT | offset};
}

static inline unsigned int swp_type(swp_entry_t entry)
{
	return (unsigned int)(entry.val >> SWP_TYPE_SHIFT);
}

static inline unsigned long swp_offset(swp_entry_t entry)
{
	return entry.val & ((1UL << SWP_TYPE_SHIFT) - 1);
}

static inline pte_t swp_entry_to_pte(swp_entry_t entry)
{
	return __pte(PTE_SWAP_ENTRY | (uint64_t)swp_type(entry) << PTE_SWAP_TYPE_SHIFT |
		     swp_offset(entry) << PTE_SWAP_OFFSET_SHIFT);
}

static inline bool is_swap_pte(pte_t pte)
{
	return !pte_none(pte) && !pte_present(pte);
}

static inline swp_entry_t pte_to_swp_entry(pte_t pte)
{
	return swp_entry((unsigned int)(pte_val(pte) >> PTE_SWAP_TYPE_SHIFT & PTE_SWAP_TYPE_MASK),
			 pte_val(pte) >> PTE_SWAP_OFFSET_SHIFT);
}

/* ---- a page that is being moved ---- */

static inline swp_entry_t make_migration_entry(const struct page *page, bool write)
{
	return swp_entry(write ? SWP_MIGRATION_WRITE : SWP_MIGRATION_READ, page_to_pfn(page));
}

static inline bool is_migration_entry(swp_entry_t entry)
{
	return swp_type(entry) >= SWP_MIGRATION_READ;
}

static inline bool is_writable_migration_entry(swp_entry_t entry)
{
	return swp_type(entry) == SWP_MIGRATION_WRITE;
}

static inline struct page *pfn_swap_entry_to_page(swp_entry_t entry)
{
	return pfn_to_page(swp_offset(entry));
}

#endif
