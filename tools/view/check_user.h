/* SPDX-License-Identifier: MIT */
/*
 * check_user.h - what the checks of user memory hand to each other: check_user.c walks address spaces, check_anon.c looks at the
 * pages that they map, check_swap.c at the slots that they lead to.
 */
#ifndef MMV_TOOLS_CHECK_USER_H
#define MMV_TOOLS_CHECK_USER_H

#include "tools/view/check_impl.h"

/** struct user_area - @vma: a copy */
struct user_area {
	gva_t addr;
	struct vm_area_struct vma;
};

/** struct user_map - an entry that maps a page */
struct user_map {
	uint64_t pfn;
	gva_t va;
	uint64_t entry;
	gva_t mm, area;
	struct vm_area_struct vma;
};

/** check_user_tables - every address space; what is a table of one is added to @tables. */
void check_user_tables(struct check_ctx *c, struct page_set *tables);

/* Of check_pgtable.c. */
/** table_enter - Return: the entries of a table, or NULL if it is none, or was seen before: then that was reported. */
const uint64_t *table_enter(struct check_ctx *c, struct page_set *tables, gpa_t gpa, gva_t va, unsigned int level);
/** table_leave - so many entries of a table below the top one are in use: does it count them, and is it not empty? */
void table_leave(struct check_ctx *c, uint64_t pfn, gva_t va, unsigned int level, unsigned int used);

#endif
