/* SPDX-License-Identifier: MIT */
/*
 * leak_pages.h - for mm-inspect leaks: who holds pages that are neither slabs nor the backing of vmalloc areas.
 */
#ifndef MMV_TOOLS_LEAK_PAGES_H
#define MMV_TOOLS_LEAK_PAGES_H

#include "tools/inspect/inspect.h"

/** struct page_holder - blocks of one owner from one place. @owner: enum page_owner; @stack: handle, 0 if nobody knows */
struct page_holder {
	unsigned int owner;
	uint32_t stack;
	uint64_t blocks, pages;
};

struct page_holders {
	struct page_holder *h;
	size_t nr, cap;
};

/** page_holders_collect - all of them, most pages first; free(@all->h) in either case. Return: 0, or -1 with a line in @err. */
int page_holders_collect(const struct view *v, struct page_holders *all, char *err);
void print_page_holders(const struct inspect *in, const struct page_holders *all);
struct json_object *json_page_holders(const struct inspect *in, const struct page_holders *all);

#endif
